"""A leader's diary over some days: what belongs to which day, and what each day is for."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from itertools import accumulate
from typing import Generic, TypeVar

from rules.event import Kind, Occurrence, ScoredAs, ShowAs, Status
from rules.interval import Interval
from rules.policy import Policy
from rules.working_pattern import (
    Window,
    WorkingPattern,
    dates,
    day_span,
    local_date,
    local_span,
    monday,
)

AHEAD = timedelta(weeks=3)
"""How far past the weeks asked for a calendar is read."""
LONG_DAY = timedelta(hours=6)
"""A window longer than this has a break."""
MIDDLE = timedelta(hours=3)
"""Where the break may lie when the window does not contain the usual time."""


@dataclass(frozen=True)
class Day:
    """One local day: its working hours (None where it is not worked) and what lies on it.

    `appointments` are those that start on this day, in order of start. `around` is every other
    timed occurrence that touches the window and is not of class `none`: own time, holds, and
    appointments that belong to a neighbouring day. On-call time is there too, since nothing new
    may cover it, though no rule scores it.
    """

    date: date
    window: Window | None
    leave: bool
    appointments: tuple[Occurrence, ...] = ()
    around: tuple[Occurrence, ...] = ()

    def holds(self, kind: Kind | None = None) -> tuple[Occurrence, ...]:
        """Occurrences of class `hold` in the window, of one kind or of all."""
        return tuple(
            each
            for each in self.around
            if each.scored_as is ScoredAs.HOLD and kind in (None, each.kind)
        )

    def own_time(self) -> tuple[Occurrence, ...]:
        """The leader's own time in the window."""
        return tuple(each for each in self.around if each.scored_as is ScoredAs.OWN_TIME)


@dataclass(frozen=True)
class Diary:
    """Occurrences and a working pattern over the local dates from `start`, `end` not included.

    The occurrences cover whole weeks (Monday to Sunday), since some rules count by week.
    """

    occurrences: tuple[Occurrence, ...]
    pattern: WorkingPattern
    start: date
    end: date
    _days: dict[date, Day] = field(default_factory=dict, init=False, repr=False, compare=False)

    @cached_property
    def span(self) -> Interval:
        """The instants of the window asked for."""
        zone = self.pattern.zone
        return Interval(day_span(self.start, zone).start, day_span(self.end, zone).start)

    @property
    def reach(self) -> Interval:
        """The instants that must have been read; see the function of the same name."""
        return reach(self.start, self.end, self.pattern)

    @cached_property
    def days(self) -> tuple[Day, ...]:
        """Each day of the window asked for, worked or not."""
        return tuple(self.day(each) for each in dates(self.start, self.end))

    @cached_property
    def weeks(self) -> tuple[date, ...]:
        """The Monday of each week that has a working day in the window asked for."""
        return tuple(sorted({monday(day.date) for day in self.days if day.window}))

    def day(self, day: date) -> Day:
        """One day, inside the window asked for or not."""
        if day not in self._days:
            self._days[day] = self._make_day(day)
        return self._days[day]

    def pods(self, first: date) -> tuple[Occurrence, ...]:
        """The team contacts in the week that begins on that Monday."""
        return tuple(self._pods.get(first, ()))

    def with_occurrences(self, occurrences: Iterable[Occurrence]) -> "Diary":
        """The same days with other contents."""
        return Diary(in_order(occurrences), self.pattern, self.start, self.end)

    @cached_property
    def _timed(self) -> tuple[Occurrence, ...]:
        return tuple(
            each
            for each in in_order(self.occurrences)
            if not each.all_day and each.scored_as is not ScoredAs.NONE
        )

    @cached_property
    def _by_day(self) -> Mapping[date, list[Occurrence]]:
        found: dict[date, list[Occurrence]] = defaultdict(list)
        for each in self._timed:
            if each.scored_as is ScoredAs.APPOINTMENT:
                found[self.pattern.day_of(each.span.start)].append(each)
        return found

    @cached_property
    def _pods(self) -> Mapping[date, list[Occurrence]]:
        found: dict[date, list[Occurrence]] = defaultdict(list)
        for each in self._timed:
            if each.kind is Kind.POD and each.scored_as is ScoredAs.APPOINTMENT:
                found[monday(local_date(each.span.start, self.pattern.zone))].append(each)
        return found

    @cached_property
    def _leave(self) -> tuple[Occurrence, ...]:
        return tuple(
            each
            for each in self.occurrences
            if each.show_as is ShowAs.OOF
            and each.status is not Status.CANCELLED
            and each.scored_as is ScoredAs.NONE
        )

    @cached_property
    def _dates_away(self) -> "_Covers[date]":
        return _Covers((each.start, _last_date(each)) for each in self._leave if each.all_day)

    @cached_property
    def _hours_away(self) -> "_Covers[datetime]":
        spans = (each.span for each in self._leave if not each.all_day)
        return _Covers((each.start, each.end) for each in spans)

    def _make_day(self, day: date) -> Day:
        window = self.pattern.window(day)
        leave = self._dates_away.any_over(day, day) or (
            window is not None and self._hours_away.any_over(window.span.start, window.span.end)
        )
        if leave or window is None:
            return Day(day, None, leave, tuple(self._by_day.get(day, ())))
        mine = tuple(self._by_day.get(day, ()))
        ours = {id(each) for each in mine}
        around = tuple(each for each in self._near(window.span) if id(each) not in ours)
        return Day(day, window, leave, mine, around)

    def _near(self, span: Interval) -> Iterator[Occurrence]:
        """Timed occurrences that share time with a span."""
        earliest = bisect_left(self._starts, _plus(span.start, -self._longest))
        latest = bisect_left(self._starts, span.end)
        return (each for each in self._taking[earliest:latest] if each.span.overlaps(span))

    @cached_property
    def _taking(self) -> tuple[Occurrence, ...]:
        if not any(each.on_call for each in self.occurrences):
            return self._timed
        return in_order((*self._timed, *(each for each in self.occurrences if each.on_call)))

    @cached_property
    def _longest(self) -> timedelta:
        return max((each.span.end - each.span.start for each in self._taking), default=timedelta())

    @cached_property
    def _starts(self) -> list[datetime]:
        return [each.span.start for each in self._taking]


_Moment = TypeVar("_Moment", bound=date)


class _Covers(Generic[_Moment]):
    """Stretches of time, to be asked whether any of them lies over another."""

    def __init__(self, stretches: Iterable[tuple[_Moment, _Moment]]) -> None:
        ordered = sorted(stretches)
        self._starts = [start for start, _ in ordered]
        self._latest = list(accumulate((end for _, end in ordered), max))

    def any_over(self, start: _Moment, end: _Moment) -> bool:
        """Whether one begins at or before the start and ends at or after the end."""
        begun = bisect_right(self._starts, start)
        return begun > 0 and self._latest[begun - 1] >= end


def _last_date(each: Occurrence) -> date:
    """The last day of an all-day occurrence; one that ends as it begins has that day."""
    return each.end - timedelta(days=1) if each.end > each.start else each.start


def _plus(moment: datetime, shift: timedelta) -> datetime:
    """The moment so much later, at the edge of the calendar where it would lie beyond."""
    try:
        return moment + shift
    except OverflowError:
        return datetime.min.replace(tzinfo=UTC)


def in_order(occurrences: Iterable[Occurrence]) -> tuple[Occurrence, ...]:
    """Occurrences by start, all-day ones first on their date, then by id: the order of every list."""

    def key(each: Occurrence) -> tuple[date, bool, datetime | date, str]:
        if isinstance(each.start, datetime):
            return each.start.date(), True, each.start, each.id
        return each.start, False, each.start, each.id

    return tuple(sorted(occurrences, key=key))


def reach(start: date, end: date, pattern: WorkingPattern) -> Interval:
    """What a calendar must be read over for a window of local dates.

    Whole weeks and a day on either side, and the three weeks after: a change is offered for a
    whole series where it helps in those too.
    """
    first = monday(start) - timedelta(days=1)
    last = monday(end - timedelta(days=1)) + timedelta(days=8) + AHEAD
    return Interval(day_span(first, pattern.zone).start, day_span(last, pattern.zone).start)


def break_span(window: Window, policy: Policy, pattern: WorkingPattern) -> Interval | None:
    """Where the break of a day may lie; None on windows of six hours or less.

    The policy's hours where the window contains them whole, else the window's middle three hours.
    """
    length = window.span.end - window.span.start
    if length <= LONG_DAY:
        return None
    for day in (window.day, window.day + timedelta(days=1)):
        usual = local_span(day, policy.break_from, policy.break_to, pattern.zone)
        if window.span.contains(usual):
            return usual
    start = window.span.start + (length - MIDDLE) / 2
    return Interval(start, start + MIDDLE)
