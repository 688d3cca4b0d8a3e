"""From what was typed to an open diary.

What a diary can be read from is known here alone. Another kind of source is an option in
`source_options`, a field of `Wish` and a part of `_sources`; the commands stay as they are.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import click

from app import clock
from app.cli.options import together
from app.cli.output import warn
from app.config import Settings, read_settings
from app.services.errors import BadInput
from app.services.files import open_sources

if TYPE_CHECKING:
    from app.services.live import Live
    from app.services.read import Ask, OpenDiary
    from app.services.source import Source

source_options = together(
    click.argument("files", nargs=-1, metavar="[FILES...]"),
    click.option(
        "--caldav",
        multiple=True,
        metavar="URL",
        help="A CalDAV account or calendar, by its address.",
    ),
    click.option(
        "--graph",
        multiple=True,
        metavar="MAILBOX",
        help="An Outlook mailbox, or “me”.",
    ),
    click.option(
        "--google", multiple=True, metavar="CALENDAR", help="A Google calendar, or “primary”."
    ),
    click.option(
        "--feed",
        multiple=True,
        metavar="URL",
        help="A calendar published at an address.",
    ),
)


_ADVICE = "Give your own address with --me."
_NO_SOURCE = "Name the FILES of a diary, or a calendar such as “--graph me”."


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a diary is read from and how, as it was typed: sources, then `reading_options`."""

    files: tuple[str, ...]
    caldav: tuple[str, ...] = ()
    graph: tuple[str, ...] = ()
    google: tuple[str, ...] = ()
    feed: tuple[str, ...] = ()
    me: tuple[str, ...]
    start: date | None
    end: date | None
    now: datetime | None
    time_zone: str | None
    hours: str | None
    nation: str | None
    policy: tuple[str, ...]


def apart(wish: Wish) -> list[Wish]:
    """A wish for each source, where each is another person's. Raises BadInput where none is."""
    alone = replace(wish, files=(), caldav=(), graph=(), google=(), feed=())
    found = [
        *(replace(alone, files=(each,)) for each in wish.files),
        *(replace(alone, caldav=(each,)) for each in wish.caldav),
        *(replace(alone, graph=(each,)) for each in wish.graph),
        *(replace(alone, google=(each,)) for each in wish.google),
        *(replace(alone, feed=(each,)) for each in wish.feed),
    ]
    if not found:
        raise BadInput(_NO_SOURCE)
    return found


def open_diary(wish: Wish, usual: timedelta | None = None) -> "OpenDiary":
    """The diary, with notes on standard error about what was left out.

    `usual` is how long its window is where nobody says when it ends. Raises BadInput.
    """
    from app.services.read import NO_ADDRESS, read

    settings = read_settings()
    files, live = _sources(wish, settings), _live(wish, settings)
    if not files and not live:
        raise BadInput(_NO_SOURCE)
    ask = _ask(wish, settings)
    opened = read(files, ask if usual is None else replace(ask, usual=usual), settings, live)
    click.get_current_context().call_on_close(opened.close)
    warn(opened.warnings)
    if NO_ADDRESS in opened.warnings:
        warn([_ADVICE])
    return opened


def _sources(wish: Wish, settings: Settings) -> "tuple[Source, ...]":
    return open_sources(wish.files, settings.max_bytes)


def _live(wish: Wish, settings: Settings) -> "list[Live]":
    from app.services import live

    return [
        *(live.caldav(each, settings) for each in wish.caldav),
        *(live.graph(each, settings) for each in wish.graph),
        *(live.google(each, settings) for each in wish.google),
        *(live.feed(each, settings, clock.now) for each in wish.feed),
    ]


def _ask(wish: Wish, settings: Settings) -> "Ask":
    from app.services.policy_file import read_nation
    from app.services.read import Ask

    return Ask(
        now=wish.now or clock.now(),
        me=wish.me,
        start=wish.start,
        end=wish.end,
        time_zone=wish.time_zone,
        hours=wish.hours,
        nation=None if wish.nation is None else read_nation(wish.nation),
        policy=open_sources(wish.policy, settings.max_bytes),
    )
