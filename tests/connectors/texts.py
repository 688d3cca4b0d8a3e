"""Small calendars for tests, and the reader with the usual window."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from connectors.base import Reading
from connectors.icalendar import read
from rules.event import Occurrence
from rules.interval import Interval

ME = "leader@trust.example"
LONDON = ZoneInfo("Europe/London")


def at(*parts: int) -> datetime:
    """An instant in UTC."""
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type,misc]  # year, month, day, ...


def between(start: datetime, end: datetime) -> Interval:
    """A window."""
    return Interval(start, end)


NOVEMBER = between(at(2026, 11, 1), at(2026, 12, 1))


def event(*lines: str, uid: str = "one@example", start: str = "20261123T090000Z") -> str:
    """A VEVENT whose start is `start`, or is among `lines` where empty."""
    own = (f"DTSTART:{start}",) if start else ()
    return "\r\n".join(
        ("BEGIN:VEVENT", f"UID:{uid}", "DTSTAMP:20261101T000000Z", *own, *lines, "END:VEVENT")
    )


def calendar(*parts: str) -> bytes:
    """A VCALENDAR of properties and components."""
    text = "\r\n".join(
        ("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//test//EN", *parts, "END:VCALENDAR", "")
    )
    return text.encode()


def reading(*parts: str, window: Interval = NOVEMBER, **chosen: Any) -> Reading:
    """What is read of a calendar of these parts, seen by the leader."""
    return read([calendar(*parts)], window=window, **({"me": [ME]} | chosen))


def seen(*parts: str, window: Interval = NOVEMBER, **chosen: Any) -> Sequence[Occurrence]:
    """The occurrences of a calendar of these parts."""
    return reading(*parts, window=window, **chosen).occurrences


def only(*parts: str, window: Interval = NOVEMBER, **chosen: Any) -> Occurrence:
    """The one occurrence of a calendar of these parts."""
    found = seen(*parts, window=window, **chosen)
    assert len(found) == 1, [one.start for one in found]
    return found[0]


def spans(found: Sequence[Occurrence]) -> list[tuple[str, str]]:
    """Starts and ends as short text, in order."""
    return [(short(one.start), short(one.end)) for one in found]


def starts(found: Sequence[Occurrence]) -> list[str]:
    """Starts as short text, in order."""
    return [short(one.start) for one in found]


def short(moment: datetime | date) -> str:
    """`11-23 09:00` in UTC, or `11-23` for a date."""
    return moment.strftime("%m-%d %H:%M" if isinstance(moment, datetime) else "%m-%d")
