"""A plan without the new holds that somebody left out, and with figures of its own.

The planner plans around events that stay as they are, but it knows nothing of a hold that is not
wanted. So such a hold is taken off the plan afterwards: nothing takes its place, a meeting whose
change is then not worth its price goes back, and every number is worked out again.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property

from app.services.curve import Point
from app.services.plan import Planned, regained
from app.services.read import OpenDiary
from app.web.left_out import LeftOut
from rules.catalogue import CADENCES, RULES, evaluate, rules_in_force
from rules.change import Change, ChangeKind
from rules.diary import Diary
from rules.event import Kind
from rules.finding import Finding, Rule
from rules.interval import Interval
from rules.language import text
from rules.outcome import after
from rules.planner.gaps import gap_holds
from rules.planner.plan import Numbers, Objective, Plan, Proof, Remaining
from rules.planner.wording import say_reasons
from rules.policy import Policy, Severity

_PLANNED = frozenset(rule.id for rule in RULES if rule.planned)
_REGULAR = frozenset(each.rule for each in CADENCES)
_FLOORS = ("break", "end_of_day")


@dataclass(frozen=True, slots=True)
class Shown:
    """A plan as it is shown and written. `returned` counts meetings that went back to their time."""

    planned: Planned
    trimmed: bool = False
    returned: int = 0


def show(planned: Planned, left: LeftOut) -> Shown:
    """A plan without the holds that were left out; the plan itself where it has none of them."""
    policy = planned.opened.policy
    trim = _Trim(planned.opened, left, planned.plan.changes, policy)
    if not trim.unwanted:
        return Shown(planned)
    plan = _told(trim, planned.plan)
    told = sum(_is_of_meeting(each) for each in planned.plan.changes)
    back = told - sum(_is_of_meeting(each) for each in plan.changes)
    return Shown(replace(planned, plan=plan), trimmed=True, returned=back)


def show_points(points: Sequence[Point], opened: OpenDiary, left: LeftOut) -> tuple[Point, ...]:
    """The curve without the holds that were left out.

    Not every plan of it had them, so one can end up telling more people for no more time than
    another: such a plan is no help to choose, and is not shown.
    """
    if not left.holds:
        return tuple(points)
    shown: list[Point] = []
    for each in sorted((_show_point(each, opened, left) for each in points), key=_by_people):
        if not shown or each.minutes_regained > shown[-1].minutes_regained:
            shown.append(each)
    return tuple(shown)


def _by_people(point: Point) -> tuple[int, int]:
    return point.people_told, -point.minutes_regained


def _show_point(point: Point, opened: OpenDiary, left: LeftOut) -> Point:
    best, policy = point.best, opened.policy
    priced = policy if best.price is None else replace(policy, price_person=best.price)
    trim = _Trim(opened, left, best.changes, priced)
    if not trim.unwanted:
        return point
    best = replace(best, changes=trim.rest, objective=trim.objective(best.objective))
    return Point(best, regained(opened, trim.now, trim.rest))


@dataclass(frozen=True)
class _Trim:
    """What is left of the changes of a plan that was made with a policy."""

    opened: OpenDiary
    left: LeftOut
    changes: tuple[Change, ...]
    policy: Policy

    @cached_property
    def unwanted(self) -> tuple[Change, ...]:
        """The new holds that are not made."""
        return tuple(each for each in self.changes if self.left.rules_out(each))

    @cached_property
    def days(self) -> frozenset[date]:
        """The days on which something is not made; all other days stay as they were planned."""
        return frozenset(self._day(each) for each in self.unwanted if each.hold is not Kind.GAP)

    @cached_property
    def now(self) -> tuple[Finding, ...]:
        """What the diary misses without any change."""
        return self.findings(())

    @cached_property
    def rest(self) -> tuple[Change, ...]:
        """The changes that remain."""
        rest = tuple(each for each in self.changes if each not in self.unwanted)
        for day in sorted(self.days):
            rest = self._settled(day, rest)
        spare = frozenset(self._spare_gaps(rest))
        return tuple(each for each in rest if each not in spare)

    def findings(self, changes: Sequence[Change]) -> tuple[Finding, ...]:
        """What the diary misses with changes, over the rules that a plan works on."""
        return _findings(self.opened.diary, changes, self.policy)

    def objective(self, given: Objective) -> Objective:
        """The numbers of what remains, by the difference from those of the whole plan."""
        before, left = self.findings(self.changes), self.findings(self.rest)
        must = _sum(left, Severity.MUST) - _sum(before, Severity.MUST)
        should = _sum(left, Severity.SHOULD) - _sum(before, Severity.SHOULD)
        back = [each for each in self.changes if _is_of_meeting(each) and each not in self.rest]
        people = sum(each.people_told for each in back)
        more = Numbers(
            cost=must + should - sum(self._price(each) for each in back),
            must_missing=must,
            people_told=-people,
            meetings_changed=-len(back),
            minutes_shifted=-sum(_shifted(each) for each in back),
            holds_disturbed=0,
        )
        return Objective(given.numbers + more, given.should_missing + should)

    def told_again(self, change: Change, smaller: Collection[str]) -> Change:
        """A change that remains, with those of its reasons that still hold."""
        if self._day(change) not in self.days:
            return change
        because = tuple(each for each in change.because if each in smaller)
        message = change.message
        if _is_of_meeting(change):
            message = message.removesuffix(say_reasons(_rules(change.because)))
            message += say_reasons(_rules(because))
        return replace(change, because=because, message=message, considered=())

    def _day(self, change: Change) -> date:
        return self.opened.diary.pattern.day_of(change.starts)

    def _price(self, change: Change) -> int:
        return self.policy.price_person * change.people_told + self.policy.price_meeting

    def _settled(self, day: date, changes: tuple[Change, ...]) -> tuple[Change, ...]:
        """The changes, but those of meetings of one day that are not worth their price."""
        touching = [each for each in changes if day in self._days_of(each)]
        alone = _one_day(self.opened.diary, day, {each.event_id for each in touching})
        while idle := self._idle(alone, touching):
            touching.remove(idle)
            changes = tuple(each for each in changes if each != idle)
        return changes

    def _days_of(self, change: Change) -> set[date]:
        places = filter(None, (change.before, change.after))
        return {self.opened.diary.pattern.day_of(each.start) for each in places}

    def _idle(self, alone: Diary, changes: Sequence[Change]) -> Change | None:
        """The change of a meeting that costs most beyond what it wins, if any costs more."""
        before = _counted(_findings(alone, changes, self.policy))
        spared: dict[Change, int] = {}
        for each in changes:
            if _may_return(each, changes):
                rest = [one for one in changes if one is not each]
                found = _findings(alone, rest, self.policy)
                lost, price = _counted(found) - before, self._price(each)
                if lost < max(1, price) and self._keeps_floors(found):
                    spared[each] = price - lost
        return max(spared, key=lambda each: spared[each], default=None)

    def _keeps_floors(self, found: Iterable[Finding]) -> bool:
        now = {each.id: each.missing for each in self.now}
        return all(each.missing <= now.get(each.id, 0) for each in found if each.rule in _FLOORS)

    def _spare_gaps(self, changes: tuple[Change, ...]) -> Iterator[Change]:
        """New gaps beside something that is not there after all."""
        planned = after(self.opened.diary, [each for each in changes if not _is_new_gap(each)])
        wanted = [
            span
            for day in self.days
            for span in gap_holds(planned.day(day), self.policy, self.opened.now)
        ]
        for each in changes:
            if _is_new_gap(each) and self._day(each) in self.days:
                if not _meets(each.after, wanted):
                    yield each


def _findings(diary: Diary, changes: Iterable[Change], policy: Policy) -> tuple[Finding, ...]:
    found = evaluate(after(diary, changes), policy)
    return tuple(each for each in found if each.rule in _PLANNED)


def _one_day(diary: Diary, day: date, ids: Collection[str | None]) -> Diary:
    """One day of a diary by itself: what lies on it, and what a change brings there."""
    whole = diary.day(day)
    on_it = {each.id for each in (*whole.appointments, *whole.around)}
    alone = Diary((), diary.pattern, day, day + timedelta(days=1))
    return alone.with_occurrences(
        each for each in diary.occurrences if each.id in on_it or each.id in ids
    )


def _may_return(change: Change, changes: Iterable[Change]) -> bool:
    """Whether a meeting can have its time back: nothing but a new gap has gone there."""
    place = change.before
    if not _is_of_meeting(change) or place is None:
        return False
    others = (each.after for each in changes if each is not change and not _is_new_gap(each))
    return not any(each and each.overlaps(place) for each in others)


def _told(trim: _Trim, plan: Plan) -> Plan:
    """The plan with what remains, and nothing said of it that was true of the whole alone."""
    objective = trim.objective(plan.objective)
    left = trim.findings(trim.rest)
    smaller = _smaller(trim.now, left)
    changes = tuple(trim.told_again(each, smaller) for each in trim.rest)
    changed = {each.event_id for each in changes}
    return replace(
        plan,
        changes=changes,
        remaining=tuple(_remaining(plan, trim.findings(trim.changes), left)),
        objective=objective,
        proof=plan.proof if objective == plan.objective else _bounded(plan.proof, objective),
        series=tuple(each for each in plan.series if each.change.event_id in changed),
        notes=(*plan.notes, *_say_left_out(trim)),
    )


def _say_left_out(trim: _Trim) -> Iterator[str]:
    """A sentence for each rule that asks for something every few weeks, and now has less of it."""
    diary, policy = trim.opened.diary, trim.policy
    planned, left = after(diary, trim.changes), after(diary, trim.rest)
    for rule in rules_in_force(policy):
        if rule.id in _REGULAR and _asks(rule, left, policy) > _asks(rule, planned, policy):
            yield text("%(rule)s: you left out what would make room for it.", rule=text(rule.title))


def _asks(rule: Rule, diary: Diary, policy: Policy) -> int:
    return sum(each.missing for each in rule.find(diary, policy))


def _smaller(now: Iterable[Finding], left: Iterable[Finding]) -> frozenset[str]:
    """The findings that miss less than they do now."""
    after_all = {each.id: each.missing for each in left}
    return frozenset(each.id for each in now if after_all.get(each.id, 0) < each.missing)


def _rules(because: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(each.partition("@")[0] for each in because))


def _remaining(
    plan: Plan, before: Iterable[Finding], left: Iterable[Finding]
) -> Iterator[Remaining]:
    """What stays to find. Nothing is in the way of what was left out, so its list is empty."""
    known = {each.finding: each for each in plan.remaining}
    planned = {each.id: each.missing for each in before}
    for each in left:
        if each.missing > planned.get(each.id, 0):
            yield Remaining(each.id, each.day, each.missing, ())
        elif each.id in known:
            yield replace(known[each.id], missing=each.missing)


def _bounded(proof: Proof, objective: Objective) -> Proof:
    """What holds for every allowed plan holds for this one; that it is the best does not."""
    return Proof(False, proof.bound, objective.numbers.cost - proof.bound.cost)


def _sum(findings: Iterable[Finding], severity: Severity) -> int:
    return sum(each.missing for each in findings if each.severity is severity)


def _counted(findings: Sequence[Finding]) -> int:
    return _sum(findings, Severity.MUST) + _sum(findings, Severity.SHOULD)


def _is_of_meeting(change: Change) -> bool:
    return change.kind in (ChangeKind.EVENT_MOVE, ChangeKind.EVENT_SHORTEN)


def _is_new_gap(change: Change) -> bool:
    return change.kind is ChangeKind.HOLD_CREATE and change.hold is Kind.GAP


def _shifted(change: Change) -> int:
    """Minutes by which the start of a meeting moves and by which it is cut."""
    if change.before is None or change.after is None:
        return 0
    moved = Interval(*sorted((change.before.start, change.after.start))).minutes
    return moved + change.before.minutes - change.after.minutes


def _meets(place: Interval | None, wanted: Iterable[Interval]) -> bool:
    return place is not None and any(place.overlaps(each) for each in wanted)
