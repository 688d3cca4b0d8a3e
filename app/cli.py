"""The command line. It reads words and files, asks a service, and writes what people or tools read.

Whatever a command does not need is imported inside it: `check` has to start fast.
"""

import errno
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import click

from app import clock
from app.config import Settings, SettingsError, read_settings
from app.services.errors import BadInput, ServiceError
from app.services.files import (
    open_source,
    open_sources,
    refuse_existing,
    refuse_same,
    write_whole,
)
from connectors.errors import ConnectorError

if TYPE_CHECKING:
    from app.services.read import Ask, OpenDiary
    from app.shapes import Shape
    from app.terminal.page import Page

FOUND = 1
"""Exit status of `check` when something is missing that a rule asks first."""
UNREADABLE = 2
"""Exit status when nothing could be done with what was given."""
_FULL = (errno.ENOSPC, errno.EDQUOT)

_F = TypeVar("_F", bound=Callable[..., Any])


class _InOrder(click.Group):
    """Lists commands in the order in which a person needs them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)


@click.group(cls=_InOrder, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="clearway", message="%(prog)s %(version)s")
def cli() -> None:
    """Keep a leader's diary clear enough to lead well.

    Clearway reads a diary, finds what it is missing, plans the least disruptive repair with a
    proof, and writes nothing until you say so.

    \b
    Example:
      clearway check DIARY.ics --me leader@trust.example
    """


def main() -> NoReturn:
    """Run the command line of this process and end it with the right status."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run one command and give its exit status; every error is one sentence on standard error."""
    # Somebody may have closed them; what is written then goes nowhere.
    sys.stdout = sys.stdout or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    sys.stderr = sys.stderr or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    try:
        status = cli.main(list(arguments), prog_name="clearway", standalone_mode=False)
        sys.stdout.flush()
        return status if isinstance(status, int) else 0
    except BrokenPipeError:
        return _leave_quietly()
    except (KeyboardInterrupt, click.Abort):
        return 130
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message(), err=True)
        return UNREADABLE
    except click.UsageError as error:
        return _say_error(_in_one_sentence(error))
    except (ServiceError, ConnectorError, SettingsError) as error:
        return _say_error(str(error))
    except OSError as error:
        if error.errno not in _FULL:
            return _say_unforeseen(error)
        _leave_quietly()
        return _say_error("The output cannot be written: there is no room left for it.")
    except Exception as error:  # noqa: BLE001 # a person gets a sentence
        return _say_unforeseen(error)


def _say_unforeseen(error: Exception) -> int:
    """A person gets a sentence; CLEARWAY_DEBUG shows the rest."""
    if os.environ.get("CLEARWAY_DEBUG"):
        raise error
    return _say_error(
        f"Clearway met something it did not expect ({type(error).__name__}); "
        "with CLEARWAY_DEBUG=1 it shows where."
    )


def _leave_quietly() -> int:
    """Whoever read our output has stopped; Python must not complain when it closes it."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _in_one_sentence(error: click.UsageError) -> str:
    message = " ".join(error.format_message().split())
    command = f" See: {error.ctx.command_path} --help" if error.ctx else ""
    return f"{message}{command}"


def _say_error(message: str) -> int:
    click.echo(_visible(message), err=True)
    return UNREADABLE


def _warn(warnings: Iterable[str]) -> None:
    for each in warnings:
        click.echo(_visible(f"Note: {each}"), err=True)


def _visible(text: str) -> str:
    """Text without control characters: a file name or an identifier may hold some."""
    return "".join(each if each.isprintable() else "\ufffd" for each in text)


# -- options ------------------------------------------------------------------------------------


def _date(value: str) -> date:
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

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        seconds = super().convert(value, param, ctx)
        if isnan(seconds):
            self.fail(f"{value} is not a number of seconds.", param, ctx)
        return seconds


def _together(*options: Callable[[_F], _F]) -> Callable[[_F], _F]:
    def decorate(command: _F) -> _F:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


_files = click.argument("files", nargs=-1, required=True, metavar="FILES...")
_json = click.option("--json", "as_json", is_flag=True, help="Write what tools read.")
_reading = _together(
    click.option(
        "--me",
        multiple=True,
        metavar="ADDRESS",
        help="Your address; more than once if you have more.",
    ),
    click.option(
        "--from",
        "start",
        type=_date,
        metavar="DATE",
        help="First day. Default: Monday of this week.",
    ),
    click.option(
        "--to",
        "end",
        type=_date,
        metavar="DATE",
        help="The day after the last. Default: two weeks on.",
    ),
    click.option("--now", type=_moment, metavar="TIME", help="Take this as the present moment."),
    click.option(
        "--time-zone",
        metavar="ZONE",
        help="Zone of the diary. Default: the file's, else Europe/London.",
    ),
    click.option("--hours", metavar="HOURS", help='Working hours. Default: "Mon-Fri 09:00-17:00".'),
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
_planning = _together(
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
        help="Time to make each plan. Default: 10.",
    ),
)


@dataclass(frozen=True, slots=True)
class _Wish:
    """The options that every command about a diary shares, as they were typed."""

    me: tuple[str, ...]
    start: date | None
    end: date | None
    now: datetime | None
    time_zone: str | None
    hours: str | None
    nation: str | None
    policy: tuple[str, ...]

    def ask(self, settings: Settings) -> "Ask":
        """The question for the services. Raises BadInput."""
        from app.services.policy_file import read_nation
        from app.services.read import Ask

        return Ask(
            now=self.now or clock.now(),
            me=self.me,
            start=self.start,
            end=self.end,
            time_zone=self.time_zone,
            hours=self.hours,
            nation=read_nation(self.nation) if self.nation else None,
            policy=open_sources(self.policy, settings.max_bytes),
        )


def _open(files: Sequence[str], wish: _Wish) -> "OpenDiary":
    from app.services.read import read

    settings = read_settings()
    opened = read(open_sources(files, settings.max_bytes), wish.ask(settings), settings)
    _warn(opened.warnings)
    return opened


# -- output -------------------------------------------------------------------------------------


def _write_json(shape: "Shape | Sequence[Shape]") -> None:
    from app.shapes import to_json

    _write(to_json(shape))


def _write(text: str) -> None:
    """Text as UTF-8, whatever the terminal's own encoding is: tools read it."""
    sys.stdout.flush()
    sys.stdout.buffer.write(text.encode())
    sys.stdout.buffer.flush()


def _page() -> "Page":
    from app.terminal.page import open_page

    return open_page()


@contextmanager
def _waiting(what: str) -> Iterator[None]:
    """Say on a terminal's standard error what is being done, once it takes more than a second."""
    if not sys.stderr.isatty():
        yield
        return
    from threading import Timer

    from rich.console import Console

    status = Console(stderr=True).status(what)
    timer = Timer(1.0, status.start)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        status.stop()


# -- commands -----------------------------------------------------------------------------------


@cli.command()
@_files
@_reading
@_json
def diary(files: tuple[str, ...], as_json: bool, **given: Any) -> None:
    """List what Clearway sees in a diary. No title, place or name is read.

    With --json it writes the JSON diary, which every command takes in place of a calendar.

    \b
    Example:
      clearway diary DIARY.ics --from 2026-11-23 --to 2026-11-28
    """
    with _waiting("Reading the diary"):
        opened = _open(files, _Wish(**given))
    if as_json:
        from app.shapes import occurrence_of

        _write_json([occurrence_of(each) for each in opened.listed])
        return
    from app.terminal.diary import show_diary

    show_diary(_page(), opened)


@cli.command()
@_files
@_reading
@_json
def check(files: tuple[str, ...], as_json: bool, **given: Any) -> int:
    """Find what a diary is missing. Exit status 1 when something is that comes first.

    \b
    Example:
      clearway check DIARY.ics --me leader@trust.example --hours "Mon-Thu 08:00-16:00"
    """
    from app.services.check import check as look

    with _waiting("Reading the diary"):
        checked = look(_open(files, _Wish(**given)))
    if as_json:
        _write_json(checked.shape())
    else:
        from app.terminal.check import show_check

        show_check(_page(), checked)
    return FOUND if checked.has_must else 0


@cli.command()
@_files
@_reading
@_planning
@click.option("--all-tiers", is_flag=True, help="All three tiers, then side by side.")
@click.option("--curve", is_flag=True, help="Also what more minutes would cost in people told.")
@_json
def plan(
    files: tuple[str, ...],
    tier: str | None,
    keep: tuple[str, ...],
    budget: float | None,
    all_tiers: bool,
    curve: bool,
    as_json: bool,
    **given: Any,
) -> None:
    """Plan the least disruptive repair of a diary, with a proof. Nothing is written.

    \b
    Example:
      clearway plan DIARY.ics --me leader@trust.example --tier move
    """
    if all_tiers and (tier or curve):
        raise BadInput("--all-tiers goes with neither --tier nor --curve.")
    with _waiting("Reading the diary"):
        opened = _open(files, _Wish(**given))
    from app.services.curve import curve as bend
    from app.services.plan import plan as make
    from rules.planner.plan import Tier

    tiers = list(Tier) if all_tiers else [Tier(tier or Tier.HOLDS)]
    with _waiting("Making the plan and its proof (the first on a machine takes longer)"):
        made = [make(opened, each, keep=keep, budget=budget) for each in tiers]
        points = bend(opened, keep=keep, budget=budget) if curve else ()
    _warn(made[0].notes)
    if as_json:
        line = [each.shape() for each in points] if curve else None
        shapes = [each.shape(line) for each in made]
        _write_json(shapes if all_tiers else shapes[0])
        return
    from app.terminal.plan import show_curve, show_plan, show_tiers

    page = _page()
    if all_tiers:
        show_tiers(page, made)
    else:
        show_plan(page, made[0])
        show_curve(page, points)


@cli.command()
@click.argument("file", metavar="FILE")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    required=True,
    metavar="NEW",
    help="Where the changed diary goes.",
)
@click.option(
    "--undo",
    "undo_file",
    type=click.Path(path_type=Path),
    metavar="UNDO",
    help="Where the undo file goes. Default: NEW.undo.json.",
)
@click.option(
    "--plan",
    "plan_file",
    metavar="PLAN",
    help="A plan that `plan --json` wrote: apply this one or none.",
)
@click.option("--force", is_flag=True, help="Write over files that are there.")
@_reading
@_planning
@_json
def apply(
    file: str,
    out: Path,
    undo_file: Path | None,
    plan_file: str | None,
    force: bool,
    tier: str | None,
    keep: tuple[str, ...],
    budget: float | None,
    as_json: bool,
    **given: Any,
) -> None:
    """Write a new diary with the plan in it, and an undo file.

    FILE itself stays as it is. With --plan the plan's own dates, tier and moment are taken, and
    the rest of the options are given again as they were; a plan that has gone stale is refused
    whole. Where it is not known whether people are free, applying --tier move is your word that
    the new times are agreed: Clearway lists how many meetings that concerns and mails nobody.

    \b
    Example:
      clearway plan DIARY.ics --me leader@trust.example --json > PLAN.json
      clearway apply DIARY.ics --me leader@trust.example --plan PLAN.json --out NEW.ics
    """
    from app.services.apply import apply as write
    from rules.planner.plan import Tier

    refuse_existing(out, force=force)
    way_back = undo_file or out.with_name(f"{out.name}.undo.json")
    refuse_existing(way_back, force=force)
    refuse_same(way_back, out, "where the changed diary goes")
    for path in (out, way_back) if file != "-" else ():
        refuse_same(path, Path(file), "the diary itself, which stays as it is")
    wish, expected = _Wish(**given), None
    if plan_file is not None:
        wish, tier, expected = _of_plan(plan_file, wish, tier)
    opened = _open([file], wish)
    with _waiting("Making the plan again and writing it (the first on a machine takes longer)"):
        applied = write(
            opened, Tier(tier or Tier.HOLDS), keep=keep, budget=budget, expected=expected
        )
    # The way back is there before the change is.
    write_whole(way_back, applied.undo)
    write_whole(out, applied.content)
    _warn(applied.warnings[len(opened.warnings) :])
    if as_json:
        _write_json(applied.shape(str(way_back)))
        return
    from app.terminal.apply import show_applied

    show_applied(_page(), applied, out, way_back)


def _of_plan(name: str, wish: _Wish, tier: str | None) -> tuple[_Wish, str, str]:
    """What a plan file says about how it was made, under what was typed; and its hash."""
    from pydantic import ValidationError

    from app.shapes import PlanResult

    source = open_source(name, read_settings().max_bytes)
    try:
        made = PlanResult.model_validate_json(source.content)
    except ValidationError as error:
        raise BadInput(f"{source.name} is not a plan that “clearway plan --json” wrote.") from error
    asked = replace(
        wish,
        start=wish.start or made.window.start,
        end=wish.end or made.window.end,
        now=wish.now or made.now,
        time_zone=wish.time_zone or made.window.time_zone,
    )
    return asked, tier or made.tier, made.plan_hash


@cli.command()
@click.argument("file", metavar="NEW")
@click.argument("undo_file", metavar="[UNDO]", required=False)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Where the diary goes. Default: NEW itself is changed back.",
)
@click.option("--force", is_flag=True, help="Write over a file that is there.")
@_json
def undo(file: str, undo_file: str | None, out: Path | None, force: bool, as_json: bool) -> None:
    """Take an applied plan back, by its undo file.

    UNDO is what `apply` wrote; without it, NEW.undo.json. The result is the original byte for byte where nobody has edited NEW since; otherwise what
    was edited is left alone and listed.

    \b
    Example:
      clearway undo NEW.ics NEW.ics.undo.json --out DIARY.ics
    """
    from app.services.undo import undo as take_back

    target = out or Path(file)
    if out is not None:
        refuse_existing(out, force=force)
    elif file == "-":
        raise BadInput("With standard input, say with --out where the diary goes.")
    limit = read_settings().max_bytes
    # An undo file holds the text before and after, and for a JSON diary the whole of it.
    record = open_source(undo_file or f"{file}.undo.json", 4 * limit)
    undone = take_back(open_source(file, 2 * limit).content, record.content)
    write_whole(target, undone.content)
    if as_json:
        _write_json(undone.shape())
        return
    from app.terminal.apply import show_undone

    show_undone(_page(), undone, target)


@cli.command()
@click.option(
    "--port",
    type=click.IntRange(1, 65_535),
    metavar="PORT",
    help="Default: CLEARWAY_PORT, else 8000.",
)
@click.option("--sample", is_flag=True, help="Offer a made-up diary of the coming week.")
@_json
def serve(port: int | None, sample: bool, as_json: bool) -> None:
    """Start the page and the API on this machine. Ctrl-C stops them.

    With --json the line that says where to look is {"message": …}.

    \b
    Example:
      clearway serve --sample
    """
    import json

    from app.main import serve as run_service

    def announce(line: str) -> None:
        click.echo(json.dumps({"message": line}) if as_json else line)
        sys.stdout.flush()

    settings = read_settings()
    chosen = settings if port is None else replace(settings, port=port)
    run_service(chosen, announce, sample=sample)


@cli.command()
@_json
def openapi(as_json: bool) -> None:
    """Write the description of the API (OpenAPI 3.1).

    It is JSON with and without --json.

    \b
    Example:
      clearway openapi > openapi.json
    """
    import json

    from app.main import create_app

    _write(json.dumps(create_app().openapi(), indent=2, ensure_ascii=False) + "\n")


@cli.command()
@_json
def doctor(as_json: bool) -> int:
    """Look whether this machine has what Clearway needs.

    \b
    Example:
      clearway doctor
    """
    from app.doctor import examine

    found = examine()
    if as_json:
        import json

        _write(json.dumps([each.plain() for each in found], indent=2, ensure_ascii=False) + "\n")
    else:
        from app.terminal.doctor import show_doctor

        show_doctor(_page(), found)
    return 0 if all(each.good for each in found) else FOUND
