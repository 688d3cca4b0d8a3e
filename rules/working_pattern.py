"""When a leader works: the only place with local-day and clock-change arithmetic.

A pattern is one to eight rotating weeks of shifts in an IANA zone, with dated exceptions and
days off. A shift may cross midnight; it belongs to the day it starts on. Everything leaves as
UTC, so days of 23 and 25 hours need no special case anywhere else.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from rules.interval import Interval

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
UNPAID_BREAK = 30
"""Minutes of meal break taken off a shift of more than six hours when nothing else is said."""
LONGEST_ROTATION = 8
NOT_SCORED_BELOW = 120
"""A day of fewer contracted minutes is not a working day for any rule."""


_ANY_MONDAY = date(2024, 1, 1)
"""What a pattern of one week is counted from, which changes nothing."""


class PatternError(ValueError):
    """Working hours that cannot be read; the message is one sentence for the person who wrote them."""


@dataclass(frozen=True, slots=True)
class Shift:
    """Local start and end of one day's work; an end at or before the start is the next morning's.

    `contracted` is the paid minutes.
    """

    start: time
    end: time
    contracted: int

    @staticmethod
    def between(start: time, end: time, contracted: int | None = None) -> "Shift":
        """A shift whose paid minutes, unless given, leave out an unpaid meal break over six hours."""
        wall = _wall_minutes(start, end)
        if contracted is None:
            contracted = wall - UNPAID_BREAK if wall > 6 * 60 else wall
        return Shift(start, end, contracted)


Week = tuple[Shift | None, ...]
"""Seven days from Monday; None is a day not worked."""


@dataclass(frozen=True, slots=True)
class Window:
    """The working hours of one day: the local date they start on, the instants, the paid minutes."""

    day: date
    span: Interval
    contracted: int


@dataclass(frozen=True)
class WorkingPattern:
    """Rotating weeks from `anchor` (a Monday), with exceptions and days off, in one zone."""

    zone: ZoneInfo
    weeks: tuple[Week, ...]
    anchor: date = _ANY_MONDAY
    exceptions: Mapping[date, Shift | None] = field(default_factory=dict)
    days_off: frozenset[date] = frozenset()

    def __post_init__(self) -> None:
        if not 1 <= len(self.weeks) <= LONGEST_ROTATION:
            raise PatternError("A working pattern has between 1 and 8 weeks.")
        if any(len(week) != len(DAYS) for week in self.weeks):
            raise PatternError("Each week of a working pattern has 7 days.")
        if self.anchor.weekday() != 0:
            raise PatternError("A rotation is counted from a Monday.")

    @property
    def contracted_week(self) -> int:
        """The paid minutes of a usual week: the mean over the weeks that take turns."""
        shifts = [shift for week in self.weeks for shift in week if shift]
        return round(sum(each.contracted for each in shifts) / len(self.weeks))

    def shift(self, day: date) -> Shift | None:
        """The shift that starts on a local date, or None."""
        if day in self.exceptions:
            return self.exceptions[day]
        if day in self.days_off:
            return None
        turn = (day - self.anchor).days // 7 % len(self.weeks)
        return self.weeks[turn][day.weekday()]

    def window(self, day: date) -> Window | None:
        """The working hours that start on a local date, or None where it is not a working day."""
        shift = self.shift(day)
        if shift is None or shift.contracted < NOT_SCORED_BELOW:
            return None
        start = instant(day, shift.start, self.zone)
        last = day if _minute_of(shift.end) > _minute_of(shift.start) else day + timedelta(days=1)
        end = instant(last, shift.end, self.zone)
        return Window(day, Interval(start, end), shift.contracted) if start < end else None

    def day_of(self, moment: datetime) -> date:
        """The day a moment counts towards: the shift it falls in, else its local date."""
        today = local_date(moment, self.zone)
        for day in (today, today - timedelta(days=1) if today > date.min else today):
            window = self.window(day)
            if window and window.span.holds(moment):
                return day
        return today


def local_date(moment: datetime, zone: ZoneInfo) -> date:
    """The calendar date of a moment in a zone; at the edges of the calendar, that in UTC."""
    try:
        return moment.astimezone(zone).date()
    except OverflowError:
        return moment.date()


@lru_cache(maxsize=4096)
def instant(day: date, clock: time, zone: ZoneInfo) -> datetime:
    """The UTC moment of a local wall-clock time.

    A time skipped by a clock change is read with the offset before it, a repeated one is the
    first of the two (RFC 5545, section 3.3.5).
    """
    return datetime.combine(day, clock, zone).astimezone(UTC)


def local_span(day: date, start: time, end: time, zone: ZoneInfo) -> Interval:
    """The time between two wall-clock times of one local date, the second not before the first."""
    first = instant(day, start, zone)
    return Interval(first, max(first, instant(day, end, zone)))


def day_span(day: date, zone: ZoneInfo) -> Interval:
    """A whole local day, 23 to 25 hours long."""
    return Interval(instant(day, time(), zone), instant(day + timedelta(days=1), time(), zone))


def monday(day: date) -> date:
    """The first day of the week a date is in."""
    return day - timedelta(days=day.weekday())


def dates(start: date, end: date) -> Iterator[date]:
    """Each date from `start`, `end` not included."""
    return (start + timedelta(days=offset) for offset in range((end - start).days))


_HOURS = re.compile(
    r"(?P<hours>(\d{1,2}):(\d{2})\s*[-–]\s*(\d{1,2}):(\d{2}))(?:\s*\((?P<paid>\d+)\))?"
)
_NOTHING = re.compile(r"[\s;|]*")
_ENTRY = re.compile(r"([a-z, \-–]+?)\s*((?:\d.*)|off)", re.IGNORECASE)
_FIRST_WEEK = re.compile(r"\bfrom\s+(?P<date>[\d-]+)\s*$", re.IGNORECASE)


def parse_hours(text: str, zone: ZoneInfo, anchor: date | None = None) -> WorkingPattern:
    """A pattern from words such as `Mon-Thu 09:00-17:00; Fri 09:00-13:00`.

    A day has one shift, so a week names it once; a week off is `Mon-Sun off`. Weeks of a rotation
    are separated by `|`, and `from 2026-11-23` at the end is the Monday of the first of them;
    without it that is `anchor`, and one of the two is needed. A shift that ends at or before its
    start ends the next morning. Paid minutes may follow in brackets, at most as many as the shift
    is long: `(450)`. Raises PatternError with one sentence.
    """
    if _NOTHING.fullmatch(text):
        raise PatternError("The working hours say nothing; write them like “Mon-Fri 09:00-17:00”.")
    named = _FIRST_WEEK.search(text)
    weeks = tuple(
        _parse_week(week) for week in (text[: named.start()] if named else text).split("|")
    )
    if named is not None:
        return WorkingPattern(zone, weeks, _parse_first_week(named["date"], len(weeks)))
    if anchor is None and len(weeks) > 1:
        raise PatternError(
            "Hours of several weeks end with the Monday of the first one, like “from 2026-11-23”."
        )
    return WorkingPattern(zone, weeks, anchor or _ANY_MONDAY)


def _parse_first_week(text: str, weeks: int) -> date:
    if weeks == 1:
        # it would look like the day on which the hours begin, and they have always been
        raise PatternError(f"“from {text}” is for hours of several weeks, which “|” separates.")
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise PatternError(f"“{text}” is not a date such as 2026-11-23.") from error


def _parse_week(text: str) -> Week:
    week: dict[int, Shift | None] = {}
    for entry in filter(None, (part.strip() for part in text.split(";"))):
        match = _ENTRY.fullmatch(entry)
        if not match:
            raise PatternError(f"“{entry}” is not working hours such as “Mon-Fri 09:00-17:00”.")
        shift = _parse_shift(match.group(2))
        for index in _parse_days(match.group(1)):
            _refuse_second(index, week)
            week[index] = shift
    if not week:
        raise PatternError("A week of the rotation says nothing; a week off is “Mon-Sun off”.")
    return tuple(week.get(index) for index in range(len(DAYS)))


def _refuse_second(index: int, week: Mapping[int, Shift | None]) -> None:
    """Taking the last of two shifts in silence would plan a day by hours nobody works."""
    if index in week:
        day = DAYS[index].capitalize()
        raise PatternError(f"“{day}” is named twice in one week of hours; each day has one shift.")


def _parse_shift(text: str) -> Shift | None:
    if text.strip().lower() == "off":
        return None
    match = _HOURS.fullmatch(text.strip())
    if not match:
        raise PatternError(f"“{text}” is not a time of day such as “09:00-17:00”.")
    hours = [int(group) for group in match.groups()[1:5]]
    start, end = _clock(hours[0], hours[1]), _clock(hours[2], hours[3])
    return Shift.between(start, end, _parse_paid(match, start, end))


def _parse_paid(match: re.Match[str], start: time, end: time) -> int | None:
    """The paid minutes of a shift; more than it is long would ask for time that it does not have."""
    if match["paid"] is None:
        return None
    digits, most = match["paid"].lstrip("0") or "0", _wall_minutes(start, end)
    # Python reads no number of thousands of digits.
    if len(digits) > len(str(most)) or int(digits) > most:
        raise PatternError(f"“{match['hours']}” has at most {most} paid minutes, not so many.")
    return int(digits)


def _clock(hour: int, minute: int) -> time:
    if (hour, minute) == (24, 0):
        return time()
    if hour > 23 or minute > 59:
        raise PatternError(f"“{hour}:{minute:02}” is not a time of day.")
    return time(hour, minute)


def _parse_days(text: str) -> list[int]:
    found: list[int] = []
    for part in re.split(r"[,\s]+", text.strip().lower().replace("–", "-")):
        first, _, last = part.partition("-")
        start, end = _day_index(first), _day_index(last or first)
        found += [(start + step) % 7 for step in range((end - start) % 7 + 1)]
    return found


def _day_index(word: str) -> int:
    if len(word) >= 3:
        for index, name in enumerate(DAYS):
            if word.startswith(name):
                return index
    raise PatternError(f"“{word}” is not a day of the week.")


def _wall_minutes(start: time, end: time) -> int:
    return (_minute_of(end) - _minute_of(start)) % (24 * 60) or 24 * 60


def _minute_of(clock: time) -> int:
    return clock.hour * 60 + clock.minute
