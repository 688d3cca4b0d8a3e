"""Gap holds: beside appointments that have room, so that nobody can book straight on.

They change none of a plan's numbers: they only keep the gaps that are there.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from rules.diary import Day
from rules.event import Kind, Occurrence, ScoredAs
from rules.interval import Interval, merge
from rules.policy import GapHolds, Policy

GRID = timedelta(minutes=5)
_START = datetime(2000, 1, 1, tzinfo=UTC)


def gap_holds(day: Day, policy: Policy, now: datetime) -> list[Interval]:
    """Where a planned day gets new gap holds: on the grid, from `now` on, neighbours merged.

    A side that touches protected time or the edge of the hours needs none; one that lacks
    the whole room gets none.
    """
    window = day.window
    if window is None or policy.gap_holds is GapHolds.OFF:
        return []
    if window.day > (now + timedelta(weeks=policy.gap_weeks)).date():
        return []
    taken = merge(each.span for each in (*day.appointments, *day.around))
    protected = [each.span for each in day.holds(Kind.PROTECTED)]
    length = _whole(timedelta(minutes=policy.gap_minutes))
    wanted = [
        span
        for span in dict.fromkeys(_sides(day.appointments, policy.gap_holds, length))
        if span.start >= now
        and window.span.start < span.start
        and span.end < window.span.end
        and not any(span.overlaps(other) for other in taken)
        and not any(other.start <= span.end and span.start <= other.end for other in protected)
    ]
    return merge(wanted)


def _sides(
    appointments: Iterable[Occurrence], sides: GapHolds, length: timedelta
) -> Iterable[Interval]:
    for each in appointments:
        if each.scored_as is not ScoredAs.APPOINTMENT:
            continue
        after = _up(each.span.end)
        yield Interval(after, after + length)
        if sides is GapHolds.BOTH:
            before = _down(each.span.start)
            yield Interval(before - length, before)


def _down(moment: datetime) -> datetime:
    return moment - (moment - _START) % GRID


def _up(moment: datetime) -> datetime:
    return moment + (_START - moment) % GRID


def _whole(length: timedelta) -> timedelta:
    return length + (-length) % GRID
