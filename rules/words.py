"""How times, days and lengths are said to a leader: `5:30pm`, `Monday 23 November`, `2 hours`.

The style is the NHS service manual's. The language is that of `rules.language`; nothing here
depends on the machine's own, or on its zone.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from rules.interval import Interval
from rules.language import Messages, counted, current, later, text


class Noun(NamedTuple):
    """A thing that is counted: one of them, several, and how it is said that there is none yet."""

    one: str
    many: str
    none: str = ""


_NOUNS: Mapping[str, Noun] = {
    "appointment": Noun("%(number)s appointment", "%(number)s appointments"),
    "change": Noun("%(number)s change", "%(number)s changes"),
    "check-in": Noun("%(number)s check-in", "%(number)s check-ins", later("no check-in yet")),
    "clinical session": Noun("%(number)s clinical session", "%(number)s clinical sessions"),
    "day": Noun("%(number)s day", "%(number)s days"),
    "day in person": Noun(
        "%(number)s day in person", "%(number)s days in person", later("no day in person yet")
    ),
    "hold": Noun("%(number)s hold", "%(number)s holds"),
    "hour": Noun("%(number)s hour", "%(number)s hours"),
    "leader": Noun("%(number)s leader", "%(number)s leaders"),
    "mail": Noun("%(number)s mail", "%(number)s mails"),
    "meeting": Noun("%(number)s meeting", "%(number)s meetings"),
    "minute": Noun("%(number)s minute", "%(number)s minutes"),
    "one-to-one": Noun(
        "%(number)s one-to-one", "%(number)s one-to-ones", later("no one-to-one yet")
    ),
    "other person": Noun("%(number)s other person", "%(number)s other people"),
    "period": Noun("%(number)s period", "%(number)s periods"),
    "person": Noun("%(number)s person", "%(number)s people"),
    "request": Noun("%(number)s request", "%(number)s requests"),
    "row": Noun("%(number)s row", "%(number)s rows"),
    "talk about circumstances": Noun(
        "%(number)s talk about circumstances",
        "%(number)s talks about circumstances",
        later("no talk about circumstances yet"),
    ),
    "team chat": Noun("%(number)s team chat", "%(number)s team chats", later("no team chat yet")),
    "time for appreciation": Noun(
        "%(number)s time for appreciation",
        "%(number)s times for appreciation",
        later("no time for appreciation yet"),
    ),
    "time to learn": Noun(
        "%(number)s time to learn", "%(number)s times to learn", later("no time to learn yet")
    ),
    "week": Noun("%(number)s week", "%(number)s weeks"),
    "worker": Noun("%(number)s worker", "%(number)s workers"),
}

_WEEKDAYS = (
    later("Monday"),
    later("Tuesday"),
    later("Wednesday"),
    later("Thursday"),
    later("Friday"),
    later("Saturday"),
    later("Sunday"),
)
_MONTHS = (
    later("January"),
    later("February"),
    later("March"),
    later("April"),
    later("May"),
    later("June"),
    later("July"),
    later("August"),
    later("September"),
    later("October"),
    later("November"),
    later("December"),
)


def say_time(moment: datetime, zone: ZoneInfo) -> str:
    """A moment on the local clock: `9am`, `5:30pm`, `midday`, `midnight`; seconds are dropped."""
    local = moment.astimezone(zone)
    return say_hour(local.hour, local.minute)


def say_hour(hour: int, minute: int) -> str:
    """A time of day: `9am`, `5:30pm`, `midday`, `midnight`."""
    return _say_hour(current(), hour, minute)


@lru_cache(maxsize=4096)
def _say_hour(messages: Messages, hour: int, minute: int) -> str:
    # a page says hundreds of times of day
    if minute == 0 and hour in (0, 12):
        return text("midday") if hour == 12 else text("midnight")
    clock = f"{(hour + 11) % 12 + 1}" + (f":{minute:02}" if minute else "")
    return text("%(clock)sam", clock=clock) if hour < 12 else text("%(clock)spm", clock=clock)


def say_moment(moment: datetime, zone: ZoneInfo) -> str:
    """A moment on the local clock, with its day: `9am on Monday 23 November`."""
    return text(
        "%(time)s on %(day)s",
        time=say_time(moment, zone),
        day=say_day(moment.astimezone(zone).date()),
    )


def say_span(span: Interval, zone: ZoneInfo) -> str:
    """Two moments on the local clock: `10am to 11:30am`."""
    return text(
        "%(start)s to %(end)s", start=say_time(span.start, zone), end=say_time(span.end, zone)
    )


def say_day(day: date) -> str:
    """A date without its year: `Monday 23 November`."""
    return text(
        "%(weekday)s %(day)s %(month)s",
        weekday=say_weekday(day),
        day=day.day,
        month=text(_MONTHS[day.month - 1]),
    )


def say_weekday(day: date) -> str:
    """The weekday of a date: `Monday`."""
    return text(_WEEKDAYS[day.weekday()])


def say_minutes(minutes: int) -> str:
    """A length: `1 minute`, `45 minutes`, `2 hours`, `1 hour 30 minutes`."""
    hours, rest = divmod(minutes, 60)
    if not hours:
        return say_count(rest, "minute")
    if not rest:
        return say_count(hours, "hour")
    return text(
        "%(hours)s %(minutes)s", hours=say_count(hours, "hour"), minutes=say_count(rest, "minute")
    )


def say_count(number: int, noun: str) -> str:
    """A number of things, in numerals: `1 meeting`, `3 meetings`."""
    known = _NOUNS[noun]
    return counted(known.one, known.many, number)


def say_so_far(number: int, noun: str) -> str:
    """A number of things that may still come: `no team chat yet`, `1 team chat`."""
    return say_count(number, noun) if number else text(_NOUNS[noun].none)


def say_list(words: Sequence[str]) -> str:
    """Several things: `9am`, `9am and 10am`, `9am, 10am and 11am`."""
    *most, last = words
    return text("%(most)s and %(last)s", most=", ".join(most), last=last) if most else last
