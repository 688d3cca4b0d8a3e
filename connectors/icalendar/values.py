"""Values of date and time properties: RFC 5545 sections 3.3.4 to 3.3.6, read leniently."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from icalendar.prop import vDuration

from connectors.icalendar.zones import Zones

_MOMENT = re.compile(r"(\d{4})(\d{2})(\d{2})(?:[Zz]|[Tt](\d{2})(\d{2})(\d{2})?\s*([Zz])?)?")
_FIRST = datetime.min.replace(tzinfo=UTC)
_LAST = datetime.max.replace(microsecond=0, tzinfo=UTC)
DAY = timedelta(days=1)
_MIDDLE_YEAR = 5000


@dataclass(frozen=True, slots=True)
class Moment:
    """A DATE or DATE-TIME as written. `zone` is None for a floating time and for a date."""

    wall: datetime
    zone: tzinfo | None = None
    whole_day: bool = False

    def instant(self, floating: tzinfo) -> datetime:
        """The instant in UTC; a time without a zone is read in `floating`."""
        return to_utc(self.wall, self.zone or floating)


@dataclass(frozen=True, slots=True)
class Length:
    """How long an instance lasts: days on the calendar, then an exact time.

    RFC 5545 section 3.8.5.3: a DTEND gives every instance the same exact length, while the days
    and weeks of a DURATION keep the wall clock (section 3.3.6).
    """

    days: int = 0
    exact: timedelta = timedelta(0)

    @property
    def longest(self) -> timedelta:
        """An upper bound, clock changes included."""
        return DAY * (self.days * 2) + self.exact


def to_utc(wall: datetime, zone: tzinfo) -> datetime:
    """The instant of a local time: the first of two, with the offset before a gap (section 3.3.5).

    Where the years 1 and 9999 end, the nearest instant that can be written.
    """
    try:
        return wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    except OverflowError:
        return _FIRST if wall.year < _MIDDLE_YEAR else _LAST


def to_wall(instant: datetime, zone: tzinfo) -> datetime:
    """The local time of an instant, without its zone."""
    try:
        return instant.astimezone(zone).replace(tzinfo=None, fold=0)
    except OverflowError:
        return instant.replace(tzinfo=None)


def plus(moment: datetime, length: timedelta) -> datetime:
    """A sum that stays inside the years 1 to 9999."""
    try:
        return moment + length
    except OverflowError:
        end = _LAST if length > timedelta(0) else _FIRST
        return end.replace(tzinfo=moment.tzinfo)


def parse_moment(text: str, tzid: str, zones: Zones) -> Moment:
    """A DATE or DATE-TIME. Raises ValueError.

    The value decides its type, whatever VALUE says; a date ignores TZID (section 3.2.19 forbids
    it there) and a Z outweighs one.
    """
    match = _MOMENT.fullmatch(text.strip())
    if match is None:
        raise ValueError("a date or time cannot be read")
    year, month, day = int(match[1]), int(match[2]), int(match[3])
    if match[4] is None:
        return Moment(datetime(year, month, day), whole_day=True)
    # A leap second (section 3.3.12) has no instant here: the second before it stands for it.
    second = min(int(match[6] or 0), 59)
    wall = datetime(year, month, day, int(match[4]), int(match[5]), second)
    if match[7]:
        return Moment(wall, UTC)
    return Moment(wall, zones.resolve(tzid) if tzid else None)


def parse_duration(text: str) -> Length:
    """A DURATION that is not negative. Raises ValueError."""
    tidy = text.strip().upper()
    try:
        total, nominal = _duration(tidy), _duration(tidy.split("T")[0])
    except (ValueError, OverflowError, TypeError) as error:
        raise ValueError("a duration cannot be read") from error
    if total < timedelta(0) or tidy in ("", "P"):
        raise ValueError("a duration is negative or empty")
    return Length(nominal.days, total - nominal)


def _duration(text: str) -> timedelta:
    value: timedelta = vDuration.from_ical(text)  # type: ignore[no-untyped-call]  # icalendar's own
    return value
