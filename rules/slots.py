"""Times for several people that cost the least protection of those whom Clearway serves.

What a time costs one of them is what the best plan of holds leaves missing with the meeting there,
beyond what it leaves without: holds give way where they can. The answer has times, minutes and
counts, and nothing else of anybody's diary.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from heapq import heapify, heappop, heappush

from rules.diary import Diary
from rules.event import Kind, Occurrence, ScoredAs
from rules.interval import Interval, intersect, merge, subtract
from rules.outcome import after
from rules.planner.arrange import Arrangement, Results, Task, arrange, solve_day_alone
from rules.planner.changes import bare_changes
from rules.planner.plan import Tier
from rules.planner.reasons import planned_findings
from rules.planner.rights import Rights, series_neighbours
from rules.planner.solve import TimeLeft
from rules.policy import Policy
from rules.working_pattern import monday

GRID = timedelta(minutes=5)
_QUARTER = 15
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_MEETING = "the meeting"
_GIVES_WAY = frozenset({Kind.PROTECTED, Kind.GAP, Kind.BREAK, Kind.END_OF_DAY})
"""Holds over which a meeting may be put, where they are not firm. Team time is not among them."""
_WEEK = timedelta(weeks=1)
_ANY = -(1 << 60)

_Cost = tuple[int, int, int]
"""Minutes that all, and that the must rules miss more, and holds that move or go."""
_NOTHING: _Cost = (0, 0, 0)


@dataclass(frozen=True, slots=True)
class Seat:
    """Somebody whom Clearway serves: the diary over the days to look at, and the settings.

    Occurrences in `keep` stay as they are.
    """

    diary: Diary = field(repr=False)
    policy: Policy
    keep: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Slot:
    """A time at which everybody can meet, and what it costs, all people together.

    `lost` are minutes by rule. `holds` are those that move or go to make room.
    """

    span: Interval
    cost: int
    must: int
    holds: int
    lost: Mapping[str, int]


def slots(
    seats: Sequence[Seat],
    busy: Sequence[Sequence[Interval]],
    minutes: int,
    now: datetime,
    most: int = 10,
    time_left: TimeLeft | None = None,
) -> tuple[Slot, ...]:
    """The best times that share nothing with each other, at most so many, the best first.

    `busy` is when each of the others is busy. A time is inside the working hours of everybody
    served, on the five-minute grid, from `now` on, and over nothing but holds that may give way.
    The best costs the fewest minutes, then the fewest of the must rules, then moves the fewest
    holds, then begins on a quarter of an hour, then earlier. Needs somebody who is served. Once
    `time_left` tells that no seconds are, crowded days are looked at less closely.
    """
    rooms = [_Room(each, now, time_left) for each in seats]
    chosen: list[Slot] = []
    for span in _ranked(rooms, _spans(rooms, busy, minutes)):
        if not any(span.overlaps(each.span) for each in chosen):
            chosen.append(_slot(rooms, span))
        if len(chosen) >= most:
            break
    return tuple(chosen)


def _spans(
    rooms: Sequence["_Room"], busy: Sequence[Sequence[Interval]], minutes: int
) -> Iterator[Interval]:
    free = rooms[0].free
    for other in rooms[1:]:
        free = intersect(free, other.free)
    taken = merge(span for person in busy for span in person)
    length = timedelta(minutes=minutes)
    for each in subtract(free, taken):
        start = each.start + (_EPOCH - each.start) % GRID
        while start + length <= each.end:
            yield Interval(start, start + length)
            start += GRID


def _ranked(rooms: Sequence["_Room"], spans: Iterator[Interval]) -> Iterator[Interval]:
    """The spans, the best first.

    The next person is asked about a span only while no other is better so far: what one more
    person loses is never below zero minutes, though it may be fewer of the must rules' minutes, or
    fewer holds, than so far.
    """
    waiting = [((0, _ANY, _ANY), _odd(each), each, _NOTHING) for each in spans]
    asked = dict.fromkeys((span for *_, span, _ in waiting), 0)
    heapify(waiting)
    while waiting:
        _, odd, span, cost = heappop(waiting)
        if asked[span] == len(rooms):
            yield span
            continue
        more = rooms[asked[span]].cost(span)
        asked[span] += 1
        total = (cost[0] + more[0], cost[1] + more[1], cost[2] + more[2])
        whole = asked[span] == len(rooms)
        heappush(waiting, (total if whole else (total[0], _ANY, _ANY), odd, span, total))


def _odd(span: Interval) -> bool:
    return span.start.minute % _QUARTER != 0


def _slot(rooms: Sequence["_Room"], span: Interval) -> Slot:
    costs = [each.cost(span) for each in rooms]
    lost: Counter[str] = Counter()
    for each in rooms:
        lost.update(each.lost(span))
    cost, must, holds = (sum(each[place] for each in costs) for place in range(3))
    return Slot(span, cost, must, holds, {rule: lost[rule] for rule in lost if lost[rule]})


class _Room:
    """One person's diary, as it is asked about."""

    def __init__(self, seat: Seat, now: datetime, time_left: TimeLeft | None) -> None:
        self._seat = seat
        self._now = now
        self._time_left = time_left
        self._plain: dict[date, _Planned] = {}
        self._with: dict[Interval, _Planned] = {}

    @cached_property
    def free(self) -> list[Interval]:
        """Working hours in which nothing lies that stays."""
        diary, rights = self._seat.diary, self._rights
        hours = [
            Interval(max(day.window.span.start, self._now), day.window.span.end)
            for day in diary.days
            if day.window and day.window.span.end > self._now
        ]
        stays = (
            each.span
            for each in diary.occurrences
            if not each.all_day
            and (each.on_call or each.scored_as is not ScoredAs.NONE)
            and not (each.kind in _GIVES_WAY and rights.is_own_hold(each))
        )
        return subtract(merge(hours), merge(stays))

    def cost(self, span: Interval) -> _Cost:
        """What a meeting at that time costs."""
        plain, then = self._planned(span)
        lost = [b - a for a, b in zip(plain.made.score[:6], then.made.score[:6], strict=True)]
        return lost[0], lost[1], lost[5]

    def lost(self, span: Interval) -> Counter[str]:
        """The same in minutes, by rule."""
        plain, then = self._planned(span)
        lost = then.missing
        lost.subtract(plain.missing)
        return lost

    @cached_property
    def _rights(self) -> Rights:
        seat = self._seat
        neighbours = series_neighbours(seat.diary)
        return Rights(seat.policy, self._now, Tier.HOLDS, seat.keep, neighbours)

    def _planned(self, span: Interval) -> "tuple[_Planned, _Planned]":
        week = monday(self._seat.diary.pattern.day_of(span.start))
        if week not in self._plain:
            self._plain[week] = self._plan(week, ())
        if span not in self._with:
            meeting = Occurrence(
                _MEETING, span.start, span.end, ScoredAs.APPOINTMENT, other_people=1
            )
            self._with[span] = self._plan(week, (meeting,), self._plain[week])
        return self._plain[week], self._with[span]

    def _plan(
        self, week: date, more: Sequence[Occurrence], plain: "_Planned | None" = None
    ) -> "_Planned":
        """The best plan of holds for one week; days that stay as they are are not planned anew."""
        seat = self._seat
        whole = seat.diary
        start, end = max(whole.start, week), min(whole.end, week + _WEEK)
        diary = Diary((*whole.occurrences, *more), whole.pattern, start, end)
        found = planned_findings(diary, seat.policy)
        task = Task(diary, seat.policy, self._rights, found, self._time_left)
        changed = [whole.pattern.day_of(each.span.start) for each in more]
        results = {
            day: solve_day_alone(task, day)
            if plain is None or day in changed
            else plain.results[day]
            for day in task.days
        }
        return _Planned(task, results, arrange(task, results))


@dataclass(frozen=True)
class _Planned:
    task: Task
    results: Results
    made: Arrangement

    @property
    def missing(self) -> Counter[str]:
        """The minutes of each rule that the planned week misses."""
        task = self.task
        found: Counter[str] = Counter()
        for each in planned_findings(after(task.diary, bare_changes(self.made)), task.policy):
            found[each.rule] += each.missing
        return found
