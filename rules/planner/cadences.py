"""Holds that come back every so many weeks: one-to-ones, thanks, talks, days in person, check-ins.

They are placed last, only where every number of the plan stays as it is: never over protected time,
a break or anything else, and with time between. Beyond the weeks for which protected time is
placed, room is left for it. In as many weeks in a row as a cadence has there are then as many as it
asks for, whichever week somebody begins to count with; so a hold that is there stays when the weeks
go on, and the next one is as far away as may be. Weeks without a working day ask for nothing.

After all of them, where a planned diary keeps the team waiting for more working days than the
contact rule allows, there is one team chat more.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import cached_property

from rules.cadence import Cadence, local_day
from rules.catalogue import CADENCES, RULES, contact, open_time
from rules.change import Change
from rules.diary import Day, Diary, break_span
from rules.event import TEAM_KINDS, Kind, Occurrence, ScoredAs
from rules.finding import Finding
from rules.interval import Interval, merge, subtract
from rules.language import counted, text
from rules.outcome import after, new_hold
from rules.planner.arrange import Arrangement, Task
from rules.planner.changes import Regular, bare_changes, changes_of_day, one_day
from rules.planner.gaps import GRID
from rules.planner.model import Placement
from rules.planner.plan import Tier
from rules.planner.reasons import planned_findings
from rules.planner.rights import Closed
from rules.planner.solve import solve_day
from rules.policy import Policy, Severity
from rules.words import say_day
from rules.working_pattern import dates, monday

CHECK_INS = Cadence(
    "",  # no rule: a check-in is the leader's own time, and in no figure
    Kind.CHECK_IN,
    "check-in",
    weeks=lambda policy: policy.check_in_weeks,
    wanted=lambda policy: 1,
    minutes=lambda policy: policy.check_in_minutes,
)
_ALL = (*CADENCES, CHECK_INS)
_CHAT = Cadence(
    contact.RULE.id,
    Kind.POD,
    "team chat",
    weeks=lambda policy: 1,
    wanted=lambda policy: policy.pods_per_week,
    minutes=lambda policy: policy.pod_minutes,
)
"""What ends a long time without contact, beside those that the weeks ask for."""

LONGEST = 26
"""Weeks in a row that are looked at together; nobody plans further ahead."""
_BOOKED = ScoredAs.APPOINTMENT
_QUARTER = 15
_INSTANT = timedelta(microseconds=1)
_WEEK = timedelta(weeks=1)
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)

_Place = tuple[int, int, int, int, int, datetime]
"""The minutes of open time that a place takes from the team; how many there are that week; the
week, the later the smaller; how many there are that day; how full the day is; when it begins. The
smallest place is the best."""


def weeks_ahead(policy: Policy) -> int:
    """How far ahead a calendar has to be seen for all of them, in weeks; 0 where none is asked."""
    return max((_stretch(each, policy)[0] for each in in_force(policy)), default=0)


def in_force(policy: Policy) -> tuple[Cadence, ...]:
    """The cadences that something is asked of, the longest holds first: they need the most room."""
    asked = [
        each for each in _ALL if each.weeks(policy) and each.wanted(policy) and _is_on(each, policy)
    ]
    return tuple(sorted(asked, key=lambda each: -each.minutes(policy)))


def reaching(diary: Diary, policy: Policy) -> tuple[Cadence, ...]:
    """Those of which a window shows enough weeks in a row to tell what is lacking."""
    weeks = len({monday(each) for each in dates(diary.start, diary.end)})
    return tuple(each for each in in_force(policy) if _stretch(each, policy)[0] <= weeks)


def say_lacking(task: Task, left: Iterable[Finding]) -> Iterator[str]:
    """A sentence for each rule of a cadence of which something stays, given what a plan leaves.

    Nothing is said of weeks that are over, or in which the leader wants none.
    """
    findings = tuple(left)
    for cadence in CADENCES:
        stays = [each for each in findings if each.rule == cadence.rule and each.missing]
        stays = [each for each in stays if _is_wanted(task, cadence, each)]
        if stays:
            yield _say_stays(cadence, task.policy, stays)


def _is_wanted(task: Task, cadence: Cadence, finding: Finding) -> bool:
    span = dates(finding.day, finding.day + cadence.weeks(task.policy) * _WEEK)
    return any(
        task.today <= day and task.rights.wants(day, cadence.kind)
        for day in span
        if task.diary.day(day).window
    )


def _say_stays(cadence: Cadence, policy: Policy, stays: Sequence[Finding]) -> str:
    title = next(each.title for each in RULES if each.id == cadence.rule)
    first, *more = (each.missing // cadence.minutes(policy) for each in stays)
    weeks = cadence.weeks(policy)
    values = {"rule": text(title), "weeks": weeks, "day": say_day(stays[0].day), "later": sum(more)}
    if weeks > 1:
        room = counted(
            "%(rule)s: %(number)s finds no room in the %(weeks)s weeks from %(day)s",
            "%(rule)s: %(number)s find no room in the %(weeks)s weeks from %(day)s",
            first,
            **values,
        )
    else:
        room = counted(
            "%(rule)s: %(number)s finds no room in the week of %(day)s",
            "%(rule)s: %(number)s find no room in the week of %(day)s",
            first,
            **values,
        )
    if more:
        room = text("%(room)s, and %(later)s later", room=room, later=sum(more))
    return text("%(room)s; meetings, protected time and breaks come first.", room=room)


def served(task: Task, change: Change) -> tuple[str, ...]:
    """The ids of the findings that a new hold placed here makes smaller."""
    if change.after is None:
        return ()
    if change.hold is Kind.POD:
        there = (each for each in task.findings if each.rule == contact.RULE.id)
        return tuple(
            each.id for each in there if Interval(each.start, each.end).overlaps(change.after)
        )
    day = task.diary.pattern.day_of(change.after.start)
    return tuple(
        finding.id
        for each in in_force(task.policy)
        for finding in task.findings
        if each.kind is change.hold
        and finding.rule == each.rule
        and finding.day <= day < finding.day + each.weeks(task.policy) * _WEEK
    )


def regular_holds(task: Task, made: Arrangement, closed: Closed = ()) -> Regular:
    """The holds of every cadence over the diary's window, beside an arrangement of its days."""
    placing = _Placing(task, after(task.diary, bare_changes(made)), closed)
    for each in in_force(task.policy):
        placing.place(each)
    placing.end_silences()
    return placing.result()


def _stretch(cadence: Cadence, policy: Policy) -> tuple[int, int]:
    """In how many weeks in a row how many are asked for, at the same rate where that is shorter."""
    weeks, wanted = cadence.weeks(policy), cadence.wanted(policy)
    length = min(weeks, LONGEST)
    return length, -(-wanted * length // weeks)


def _is_on(cadence: Cadence, policy: Policy) -> bool:
    return not cadence.rule or policy.severity(cadence.rule) is not Severity.OFF


@dataclass(frozen=True)
class _There:
    """How many of a cadence there are in each week, by its Monday, and on each day."""

    weeks: Counter[date] = field(default_factory=Counter)
    days: Counter[date] = field(default_factory=Counter)

    def add(self, day: date) -> None:
        self.weeks[monday(day)] += 1
        self.days[day] += 1


class _Placing:
    """The days as they fill up."""

    def __init__(self, task: Task, planned: Diary, closed: Closed) -> None:
        self._task = task
        self._closed_to: dict[Kind, list[Interval]] = defaultdict(list)
        for kind, span in closed:
            self._closed_to[kind].append(span)
        self._policy = task.policy
        self._planned = planned
        self._gone: list[Occurrence] = []
        self._new: list[Placement] = []
        self._filled: dict[date, Diary] = {}
        self._loads: dict[date, int] = {}
        self._best: dict[tuple[date, Kind], tuple[int, datetime] | None] = {}

    def place(self, cadence: Cadence) -> None:
        """Place what each stretch of weeks lacks."""
        length, wanted = _stretch(cadence, self._policy)
        weeks = sorted(self._days)
        if length > len(weeks):
            return  # nobody can tell what is lacking, so nothing goes either
        there = self._there(cadence)
        for last in range(length, len(weeks) + 1):
            stretch = weeks[last - length : last]
            missing = wanted - sum(there.weeks[week] for week in stretch)
            self._fill(cadence, stretch, there, missing)

    def end_silences(self) -> None:
        """Place a team chat in each long run of working days without contact.

        A run ends with the last day that chats are placed on: of the weeks after it, which the
        window reaches for what comes back more seldom, nothing is known yet.
        """
        policy, planned = self._policy, self._task.days
        if policy.contact_severity is Severity.OFF or policy.pods_severity is Severity.OFF:
            return
        filled = after(self._planned, self.result().bare_changes)
        for finding in contact.RULE.find(filled, policy) if planned else ():
            last = min(filled.pattern.day_of(finding.end - _INSTANT), max(planned))
            self._end_silence(
                [day.date for day in filled.days if day.window and finding.day <= day.date <= last]
            )

    def _end_silence(self, run: Sequence[date]) -> None:
        most = self._policy.contact_days
        while len(run) > most:
            middle = min(most, len(run) // 2)
            places = [
                (found[0], abs(number - middle), number, found[1])
                for number, day in enumerate(run[: most + 1])
                if day in self._task.days and (found := self._best_on(_CHAT, day))
            ]
            if places:
                self._put(_CHAT, min(places)[-1])
            run = run[min(places)[2] + 1 if places else most + 1 :]

    def result(self) -> Regular:
        """All that was placed, and what goes."""
        return Regular(tuple(self._gone), tuple(self._new))

    @cached_property
    def _days(self) -> Mapping[date, Sequence[date]]:
        """The working days of each week of the window that are not over."""
        diary, today = self._task.diary, self._task.today
        found: dict[date, list[date]] = {}
        for day in dates(monday(diary.start), diary.end):
            days = found.setdefault(monday(day), [])
            if max(diary.start, today) <= day and self._planned.day(day).window:
                days.append(day)
        return found

    def _there(self, cadence: Cadence) -> _There:
        there = _There()
        for each in self._task.diary.occurrences:
            if not cadence.counts(each, self._policy):
                continue
            if self._is_misplaced(each):
                self._gone.append(each)
            else:
                there.add(local_day(each, self._task.diary))
        return there

    def _is_misplaced(self, each: Occurrence) -> bool:
        """Whether this hold of the plan's own is outside the hours, or under something else."""
        if not self._task.rights.is_regular_hold(each):
            return False
        day = self._planned.day(self._task.diary.pattern.day_of(each.span.start))
        if day.window is None or not day.window.span.contains(each.span):
            return True
        on_call = (each for each in day.around if each.on_call)
        busy = (*day.appointments, *day.own_time(), *on_call)
        return any(other.id != each.id and other.span.overlaps(each.span) for other in busy)

    def _fill(self, cadence: Cadence, stretch: Sequence[date], there: _There, missing: int) -> None:
        for _ in range(missing):
            place = self._best_in(cadence, stretch, there)
            if place is None:
                return
            there.add(self._put(cadence, place[-1]))

    def _best_in(self, cadence: Cadence, stretch: Sequence[date], there: _There) -> _Place | None:
        """The best place in some weeks. No day is looked at that cannot be better than one found:
        a place takes no less than nothing, and of equal days the first comes first."""
        ranked = sorted(
            (there.weeks[week], -week.toordinal(), there.days[day], self._load(day), day)
            for week in stretch
            for day in self._days[week]
        )
        best: _Place | None = None
        for there_then, late, that_day, load, day in ranked:
            if best is not None and (0, there_then, late, that_day, load) >= best[:-1]:
                break
            found = self._best_on(cadence, day)
            if found is not None:
                place = (found[0], there_then, late, that_day, load, found[1])
                best = place if best is None else min(best, place)
        return best

    def _put(self, cadence: Cadence, start: datetime) -> date:
        """Place a hold; the day on which it is."""
        day = self._task.diary.pattern.day_of(start)
        span = Interval(start, start + timedelta(minutes=cadence.minutes(self._policy)))
        self._new.append(Placement(span, hold=cadence.kind))
        self._filled[day] = _with(self._as_filled(day), cadence.kind, span)
        if cadence.kind in TEAM_KINDS:
            self._loads[day] = self._load(day) + span.minutes
        for other in (*_ALL, _CHAT):
            self._best.pop((day, other.kind), None)
        return day

    def _best_on(self, cadence: Cadence, day: date) -> tuple[int, datetime] | None:
        """The place on a day that takes the fewest minutes of open time, and when it begins."""
        key = day, cadence.kind
        if key not in self._best:
            wanted = self._task.rights.wants(day, cadence.kind)
            self._best[key] = self._look(cadence, day) if wanted else None
        return self._best[key]

    def _look(self, cadence: Cadence, day: date) -> tuple[int, datetime] | None:
        filled = self._as_filled(day)
        misses, closed = self._misses(filled), self._closed(filled)
        length = timedelta(minutes=cadence.minutes(self._policy))
        best: tuple[int, datetime] | None = None
        for start in self._starts(cadence, filled.day(day)):
            then = _with(filled, cadence.kind, Interval(start, start + length))
            if any(minutes > misses[rule] for rule, minutes in self._misses(then).items()):
                continue
            taken = self._closed(then) - closed
            if not taken:
                return 0, start
            if cadence.kind in TEAM_KINDS:
                # time with the team is what it would come to the leader for
                best = min(best or (taken, start), (taken, start))
        return best

    def _starts(self, cadence: Cadence, day: Day) -> Sequence[datetime]:
        """When a hold could begin on a day: outside the hours of the break, then on quarters of an
        hour, then early."""
        if day.window is None:
            return ()
        begins = max(day.window.span.start, self._task.rights.now)
        ends = day.window.span.end - timedelta(minutes=self._end_of_day)
        if ends <= begins:
            return ()
        hours = Interval(begins, ends)
        margin = timedelta(minutes=self._margin(cadence))
        booked = [each for each in (*day.appointments, *day.around) if each.scored_as is _BOOKED]
        taken = [Interval(each.span.start - margin, each.span.end + margin) for each in booked]
        taken += [each.span for each in day.around] + self._closed_to[cadence.kind]
        free = subtract([hours], merge(taken))
        length = timedelta(minutes=cadence.minutes(self._policy))
        lunch = break_span(day.window, self._policy, self._task.diary.pattern)

        def key(start: datetime) -> tuple[bool, bool, datetime]:
            eaten = lunch is not None and lunch.overlaps(Interval(start, start + length))
            return eaten, start.minute % _QUARTER != 0, start

        return sorted((start for each in free for start in _grid(each, length)), key=key)

    @property
    def _end_of_day(self) -> int:
        """Minutes that stay free before the day ends, of the leader's own time too."""
        off = self._policy.end_of_day_severity is Severity.OFF
        return 0 if off else self._policy.end_of_day_minutes

    def _margin(self, cadence: Cadence) -> int:
        gap = 0 if self._policy.gap_severity is Severity.OFF else self._policy.gap_minutes
        travel = self._policy.face_day_travel if cadence.kind is Kind.FACE_DAY else 0
        return max(gap, travel)

    def _load(self, day: date) -> int:
        if day not in self._loads:
            appointments = self._planned.day(day).appointments
            self._loads[day] = sum(each.span.minutes for each in appointments)
        return self._loads[day]

    def _misses(self, filled: Diary) -> Counter[str]:
        """The minutes that each rule of a plan's numbers misses."""
        found: Counter[str] = Counter()
        for each in planned_findings(filled, self._policy):
            found[each.rule] += each.missing
        return found

    def _closed(self, filled: Diary) -> int:
        if self._policy.open_time_severity is Severity.OFF:
            return 0
        return sum(each.missing for each in open_time.RULE.find(filled, self._policy))

    def _as_filled(self, day: date) -> Diary:
        """A day by itself with all that is placed on it so far."""
        if day not in self._filled:
            alone = one_day(self._planned, day)
            self._filled[day] = alone if day in self._task.days else self._with_room(alone, day)
        return self._filled[day]

    def _with_room(self, alone: Diary, day: date) -> Diary:
        """A day further ahead than holds are placed, with what will be placed on it."""
        task = self._task
        rights = replace(task.rights, tier=Tier.HOLDS)
        pattern, policy, floors = task.diary.pattern, task.policy, task.floors(day)
        found = solve_day(task.day(day), pattern, policy, rights, floors, 0, None, task.time_left)
        option = found.options.get(0)
        return alone if option is None else after(alone, changes_of_day(option))


def _with(diary: Diary, kind: Kind, span: Interval) -> Diary:
    return diary.with_occurrences([*diary.occurrences, new_hold(kind, span)])


def _grid(free: Interval, length: timedelta) -> Iterator[datetime]:
    start = free.start + (_EPOCH - free.start) % GRID
    while start + length <= free.end:
        yield start
        start += GRID
