"""Why each change of a plan is made: what the planned diary would miss without that one change.

A change is undone by itself: its event goes back to its place, and all else stays as planned, but
that the plan's own holds give way to a meeting that goes back. A finding that then misses more
minutes is what the change is for.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property

from rules.catalogue import rules_in_force
from rules.change import Change, ChangeKind
from rules.diary import Diary
from rules.event import Kind, Occurrence
from rules.finding import Finding
from rules.interval import Interval
from rules.outcome import new_hold
from rules.planner import wording
from rules.planner.arrange import Task
from rules.planner.changes import one_day
from rules.policy import Policy
from rules.working_pattern import monday

Explain = Callable[[Change], tuple[str, ...]]
_COUNTED = (None, Kind.PROTECTED, Kind.POD)
"""What a plan's rules count of the things that it changes: meetings, and these holds."""


def with_reasons(
    task: Task, changes: Sequence[Change], planned: Diary, considered: Explain
) -> tuple[Change, ...]:
    """The changes, each with the findings that it makes smaller and what else was considered.

    `planned` is the diary with all of them made.
    """
    reasons = _Reasons(task, tuple(changes), planned)
    return tuple(_reasoned(reasons, each, considered) for each in changes)


def planned_findings(diary: Diary, policy: Policy) -> tuple[Finding, ...]:
    """What the rules find on which plans work."""
    rules = (rule for rule in rules_in_force(policy) if rule.planned)
    return tuple(each for rule in rules for each in rule.find(diary, policy))


def _reasoned(reasons: "_Reasons", change: Change, considered: Explain) -> Change:
    why = reasons.of(change)
    meeting = _is_of_meeting(change)
    rules = list(dict.fromkeys(each.rule for each in why.served))
    said = wording.say_kept(why.kept) + wording.say_reasons(rules) if meeting else ""
    if why.makes_room and not said and not why.served:
        said = wording.say_for_others()
    return replace(
        change,
        because=tuple(each.id for each in why.served),
        message=change.message + said,
        considered=considered(change) if meeting else (),
    )


def _is_of_meeting(change: Change) -> bool:
    return change.kind in (ChangeKind.EVENT_MOVE, ChangeKind.EVENT_SHORTEN)


@dataclass(frozen=True)
class _Found:
    """The findings of a day, to be looked up."""

    findings: tuple[Finding, ...]

    @cached_property
    def total(self) -> Counter[str]:
        """The minutes that each rule misses."""
        total: Counter[str] = Counter()
        for each in self.findings:
            total[each.rule] += each.missing
        return total

    def missing(self, finding: Finding) -> int:
        """The minutes of a finding."""
        return max(self._by_name.get(name, 0) for name in _names(finding))

    @cached_property
    def _by_name(self) -> Mapping[tuple[str, ...], int]:
        found: dict[tuple[str, ...], int] = {}
        for each in self.findings:
            for name in _names(each):
                found[name] = max(found.get(name, 0), each.missing)
        return found


def _names(finding: Finding) -> Iterator[tuple[str, ...]]:
    """What tells a finding from others; time between the same two meetings is the same finding."""
    yield (finding.id,)
    if finding.rule == "gap":
        yield ("gap", *finding.event_ids)


@dataclass(frozen=True)
class _Why:
    """What a change is for: the findings it makes smaller, the rules that would otherwise miss
    more than they do now, and whether the other changes could not be without it."""

    served: tuple[Finding, ...] = ()
    kept: tuple[str, ...] = ()
    makes_room: bool = False


@dataclass(frozen=True)
class _Reasons:
    """Tells, for one change of a plan, what would be missing without it."""

    task: Task
    changes: tuple[Change, ...]
    planned: Diary
    _known: dict[date, _Found] = field(default_factory=dict, init=False)
    _days_alone: dict[date, Diary] = field(default_factory=dict, init=False)

    def of(self, change: Change) -> _Why:
        """What would be missing without that change."""
        in_the_way = any(each.hold is not Kind.GAP for each in self._in_its_place(change))
        if change.hold not in _COUNTED:
            return _Why(makes_room=in_the_way)
        served: dict[str, Finding] = {}
        worse: dict[str, None] = {}
        for day in self._days(change):
            with_all, without = self._found(day), self._without(day, change)
            here = [rule for rule in without.total if without.total[rule] > with_all.total[rule]]
            worse |= dict.fromkeys(here)
            for each in self._findings(day):
                now = with_all.missing(each)
                if each.rule in here and now < min(each.missing, without.missing(each)):
                    served[each.id] = each
        done = {each.rule for each in served.values()}
        kept = tuple(rule for rule in worse if rule in wording.KEPT and rule not in done)
        return _Why(tuple(served.values()), kept, in_the_way or bool(worse))

    def _days(self, change: Change) -> list[date]:
        places = (each for each in (change.before, change.after) if each)
        return sorted({self.planned.pattern.day_of(each.start) for each in places})

    def _findings(self, day: date) -> Iterator[Finding]:
        """What the day, and its week, miss before the plan."""
        for place in sorted({*self._by_day[day], *self._by_day[monday(day)]}):
            each = self.task.findings[place]
            if each.day == (monday(day) if each.rule == "pods" else day):
                yield each

    @cached_property
    def _by_day(self) -> Mapping[date, list[int]]:
        """The places of each day's findings among all of them."""
        found: dict[date, list[int]] = defaultdict(list)
        for place, each in enumerate(self.task.findings):
            found[each.day].append(place)
        return found

    @cached_property
    def _by_id(self) -> Mapping[str, Occurrence]:
        return {each.id: each for each in self.task.diary.occurrences}

    def _found(self, day: date) -> _Found:
        if day not in self._known:
            self._known[day] = _Found(planned_findings(self._alone(day), self.task.policy))
        return self._known[day]

    def _alone(self, day: date) -> Diary:
        if day not in self._days_alone:
            self._days_alone[day] = one_day(self.planned, day)
        return self._days_alone[day]

    def _without(self, day: date, change: Change) -> _Found:
        """The same with one change not made."""
        alone = self._alone(day)
        gone = {_id_after(change)}
        back: list[Occurrence] = []
        if change.before is not None:
            known = self._by_id.get(change.event_id or "")
            back = [] if known is None else [known]
            if _is_of_meeting(change):
                gone |= {_id_after(each) for each in self._in_its_place(change) if each.hold}
        rest = (each for each in alone.occurrences if each.id not in gone)
        undone = alone.with_occurrences([*rest, *back])
        return _Found(planned_findings(undone, self.task.policy))

    def _in_its_place(self, change: Change) -> Iterator[Change]:
        """Other changes that put something where this event was."""
        for each in self.changes if change.before else ():
            if each is not change and _on(each.after, change.before):
                yield each


def _on(one: Interval | None, other: Interval | None) -> bool:
    return one is not None and other is not None and one.overlaps(other)


def _id_after(change: Change) -> str | None:
    """What the event of a change is called in the planned diary."""
    if change.event_id is None and change.hold and change.after:
        return new_hold(change.hold, change.after).id
    return change.event_id
