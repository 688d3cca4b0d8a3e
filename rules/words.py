"""How times, days and lengths are said to a leader: `5:30pm`, `Monday 23 November`, `2 hours`.

The style is the NHS service manual's. Nothing here depends on the machine's language or zone.
"""

from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from rules.interval import Interval

_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


def say_time(moment: datetime, zone: ZoneInfo) -> str:
    """A moment on the local clock: `9am`, `5:30pm`, `midday`, `midnight`; seconds are dropped."""
    local = moment.astimezone(zone)
    hour, minute = local.hour, local.minute
    if minute == 0 and hour in (0, 12):
        return "midday" if hour == 12 else "midnight"
    minutes = f":{minute:02}" if minute else ""
    return f"{(hour + 11) % 12 + 1}{minutes}{'am' if hour < 12 else 'pm'}"


def say_span(span: Interval, zone: ZoneInfo, joint: str = "to") -> str:
    """Two moments on the local clock: `10am to 11:30am`."""
    return f"{say_time(span.start, zone)} {joint} {say_time(span.end, zone)}"


def say_day(day: date) -> str:
    """A date without its year: `Monday 23 November`."""
    return f"{_WEEKDAYS[day.weekday()]} {day.day} {_MONTHS[day.month - 1]}"


def say_weekday(day: date) -> str:
    """The weekday of a date: `Monday`."""
    return _WEEKDAYS[day.weekday()]


def say_minutes(minutes: int) -> str:
    """A length: `1 minute`, `45 minutes`, `2 hours`, `1 hour 30 minutes`."""
    hours, rest = divmod(minutes, 60)
    if not hours:
        return say_count(rest, "minute")
    return say_count(hours, "hour") + (f" {say_count(rest, 'minute')}" if rest else "")


def say_count(number: int, noun: str) -> str:
    """A number of things, in numerals: `1 meeting`, `3 meetings`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def say_list(words: Sequence[str]) -> str:
    """Several things: `9am`, `9am and 10am`, `9am, 10am and 11am`."""
    *most, last = words
    return f"{', '.join(most)} and {last}" if most else last
