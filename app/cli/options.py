"""Options that commands share, and what may be typed into them."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from math import isnan
from typing import Any, TypeVar

import click

_F = TypeVar("_F", bound=Callable[..., Any])


def together(*options: Callable[[_F], _F]) -> Callable[[_F], _F]:
    """Several options as one decorator; help lists them in this order."""

    def decorate(command: _F) -> _F:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


def one_date(value: str) -> date:
    """A date as it is typed."""
    try:
        return date.fromisoformat(value)
    except ValueError as error:
        raise click.BadParameter(f"“{value}” is not a date such as 2026-11-23.") from error


def _moment(value: str) -> datetime:
    problem = click.BadParameter(f"“{value}” is not a time such as 2026-11-19T09:00:00Z.")
    try:
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None:
            raise problem
        return moment.astimezone(UTC).replace(microsecond=0)
    except (ValueError, OverflowError) as error:
        raise problem from error


class _Seconds(click.FloatRange):
    """A range of seconds that NaN, which compares with nothing, does not lie in."""

    def _describe_range(self) -> str:
        return f"{self.min} to {self.max}"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        seconds = super().convert(value, param, ctx)
        if isnan(seconds):
            self.fail(f"{value} is not a number of seconds.", param, ctx)
        return seconds


json_option = click.option("--json", "as_json", is_flag=True, help="Write what tools read.")


_me = click.option(
    "--me",
    multiple=True,
    metavar="ADDRESS",
    help="Your address; more than once if you have more.",
)
_how = together(
    click.option("--now", type=_moment, metavar="TIME", help="Take this as the present moment."),
    click.option(
        "--time-zone",
        metavar="ZONE",
        help="Zone of the diary. Default: the file's, else Europe/London.",
    ),
    click.option(
        "--hours",
        metavar="HOURS",
        help='Working hours. Default: "Mon-Fri 09:00-17:00". Weeks that take turns: '
        '"Mon-Fri 07:00-15:00 | Mon-Thu 20:00-07:30 from 2026-11-23".',
    ),
    click.option(
        "--nation",
        metavar="NATION",
        help="Whose bank holidays: england, scotland, wales, northern-ireland, none.",
    ),
    click.option(
        "--policy",
        multiple=True,
        metavar="FILE",
        help="Settings (TOML): the trust's, then your own.",
    ),
)


def _reading(length: str) -> Callable[[_F], _F]:
    """The options for reading a diary, which is so long where nobody says when it ends."""
    return together(
        _me,
        click.option(
            "--from",
            "start",
            type=one_date,
            metavar="DATE",
            help="First day. Default: Monday of this week.",
        ),
        click.option(
            "--to",
            "end",
            type=one_date,
            metavar="DATE",
            help=f"The day after the last. Default: {length} on.",
        ),
        _how,
    )


reading_options = _reading("two weeks")
"""How a diary is to be read, whatever it is read from: `opening.Wish` takes them."""
quarter_options = _reading("13 weeks")
"""The same for a quarter."""
week_options = together(
    _me,
    click.option(
        "--from",
        "start",
        type=one_date,
        metavar="DATE",
        help="A day of the week. Default: this week.",
    ),
    _how,
)
"""The same for one week."""

planning_options = together(
    click.option(
        "--tier",
        type=click.Choice(["holds", "shorten", "move"]),
        help="How far the plan may go. Default: holds.",
    ),
    click.option(
        "--keep", multiple=True, metavar="ID", help="Leave this event as it is; may be repeated."
    ),
    click.option(
        "--budget",
        type=_Seconds(0, 600),
        metavar="SECONDS",
        help="Time to read the files and make each plan. Default: 10.",
    ),
)
