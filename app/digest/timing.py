"""When a digest may be sent: once a week, in the leader's hours, on their first working day.

The week is the one that a working day belongs to, Monday to Sunday, as `rules.working_pattern`
counts: a night shift belongs to the day it begins on.
"""

from collections.abc import Collection, Iterator
from datetime import date, datetime, timedelta

from rules.interval import Interval
from rules.working_pattern import WorkingPattern, dates, monday

SETTLED = timedelta(minutes=30)
"""How long somebody has been at work before mail about the week comes."""
LEAST_DAYS = 2
"""Weeks with fewer working days have no digest."""
_WEEK = timedelta(weeks=1)
_LONGEST = 60
"""Weeks to look ahead: nobody's hours leave out more than a year."""


def chances(
    pattern: WorkingPattern, first: date, away: Collection[date] = ()
) -> tuple[Interval, ...]:
    """The times of the week from a Monday on at which its digest may be sent, in order.

    It is due when the first begins. `away` are days of leave. There are none in a week with fewer
    than two working days.
    """
    spans = [
        Interval(window.span.start + SETTLED, window.span.end)
        for day in dates(first, first + _WEEK)
        if day not in away
        and (window := pattern.window(day)) is not None
        and window.span.start + SETTLED < window.span.end
    ]
    return tuple(spans) if len(spans) >= LEAST_DAYS else ()


def next_due(
    pattern: WorkingPattern, after: datetime, away: Collection[date] = ()
) -> datetime | None:
    """When the first digest is due that is due later than a moment; None for nobody's hours."""
    return next((each for each in _due(pattern, after, away) if each > after), None)


def _due(pattern: WorkingPattern, after: datetime, away: Collection[date]) -> Iterator[datetime]:
    first = week_of(pattern, after)
    for number in range(_LONGEST):
        found = chances(pattern, first + number * _WEEK, away)
        if found:
            yield found[0].start


def chance(
    pattern: WorkingPattern, first: date, now: datetime, away: Collection[date] = ()
) -> Interval | None:
    """The time at which the digest of a week can go out: the one that is now, else the next.

    None where the week has no time left for it.
    """
    return next((each for each in chances(pattern, first, away) if now < each.end), None)


def week_of(pattern: WorkingPattern, moment: datetime) -> date:
    """The Monday of the week that a moment belongs to."""
    return monday(pattern.day_of(moment))
