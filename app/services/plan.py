"""Plan the least disruptive repair of a diary. Nothing is written."""

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from time import perf_counter
from typing import TYPE_CHECKING

from app.services.people import informed
from app.services.read import OpenDiary
from rules import planner
from rules.catalogue import RULES, evaluate
from rules.change import Change
from rules.diary import Diary
from rules.finding import Finding
from rules.outcome import after
from rules.planner.plan import Plan, Tier
from rules.planner.rights import Closed, Unwanted

if TYPE_CHECKING:
    from app.shapes import CurveItem, PlanResult

USUAL_BUDGET = 10.0
"""Seconds after which the best plan so far is given, with its bound."""
_NOBODYS = (
    "No meeting here is known to be set up by the leader, so none can change. "
    "Giving the address of the leader may help."
)
_ELSEWHERE = (
    "Nothing was written: plans of a calendar on a server are applied by the service "
    "(clearway serve)."
)
_PLANNED = frozenset(rule.id for rule in RULES if rule.planned)


@dataclass(frozen=True)
class Planned:
    """A plan for one tier, and how many seconds it took to make and prove.

    `notes` are sentences about the options it was made with; `warnings` are those, the plan's and
    the diary's own.
    """

    opened: OpenDiary
    plan: Plan
    seconds: float
    notes: tuple[str, ...] = ()

    @cached_property
    def hash(self) -> str:
        """What `apply` asks for, to be sure that it writes the plan that was read."""
        from app.shapes import plan_hash

        return plan_hash(self.plan.changes)

    @cached_property
    def after(self) -> Diary:
        """The diary as it will be once the plan is applied."""
        return after(self.opened.diary, self.plan.changes)

    @cached_property
    def minutes_regained(self) -> int:
        """Minutes of the five planned rules that the diary misses now and will not miss then."""
        return _missing(self.plan.findings) - _missing(self.left)

    @cached_property
    def left(self) -> tuple[Finding, ...]:
        """What is found in the diary then."""
        return evaluate(self.after, self.opened.policy)

    @property
    def warnings(self) -> tuple[str, ...]:
        """Everything that whoever reads the plan has to know about how it was made."""
        return (*self.opened.warnings, *self.notes, *self.plan.notes)

    def shape(self, curve: "Sequence[CurveItem] | None" = None) -> "PlanResult":
        """What tools read, with the curve where that was asked for."""
        from app.shapes import plan_of

        return plan_of(
            self.opened.diary,
            self.plan,
            self.seconds,
            policy_version=self.opened.policy.version,
            warnings=self.warnings,
            curve=curve,
        )


def regained(opened: OpenDiary, findings: Sequence[Finding], changes: Sequence[Change]) -> int:
    """How many minutes fewer the five planned rules miss once the changes are made.

    `findings` are those of the diary as it is.
    """
    left = evaluate(after(opened.diary, changes), opened.policy)
    return _missing(findings) - _missing(left)


def _missing(findings: Sequence[Finding]) -> int:
    return sum(each.missing for each in findings if each.rule in _PLANNED)


def plan(
    opened: OpenDiary,
    tier: Tier = Tier.HOLDS,
    *,
    keep: Collection[str] = (),
    budget: float | None = None,
    unwanted: Unwanted = frozenset(),
    closed: Closed = (),
    kept_for_later: bool = False,
) -> Planned:
    """The best plan for one tier.

    `keep` are identifiers of events that stay as they are; the UID of a series keeps all of it.
    `budget` is in seconds, 10 unless given; reading the files has used some of it. On an `unwanted`
    day no hold of that kind is placed, and at a time that is `closed` to a kind none that comes back
    every few weeks. A plan that is `kept_for_later` can be applied to a
    calendar on a server; others say that they cannot.
    """
    kept, notes = kept_ids(opened, keep)
    if tier is not Tier.HOLDS and not any(each.organizer for each in opened.diary.occurrences):
        notes += (_NOBODYS,)
    if tier is not Tier.HOLDS:
        notes += opened.fixed_because
    began = perf_counter()
    left = stopwatch(opened, budget)
    made = planner.plan(opened.diary, opened.policy, opened.now, tier, kept, left, unwanted, closed)
    if opened.live:
        changes, more = informed(opened.live, made.changes)
        made, notes = replace(made, changes=changes), (*notes, *more)
    if opened.live and not kept_for_later:
        notes += (_ELSEWHERE,)
    return Planned(opened, made, perf_counter() - began, notes)


def stopwatch(opened: OpenDiary, budget: float | None) -> Callable[[], float]:
    """How many of so many seconds, 10 unless given, are left from now on after reading a diary.

    A tenth of them is, however long that took. A server's slowness is not counted.
    """
    seconds = USUAL_BUDGET if budget is None else budget
    spent = 0.0 if opened.live else opened.seconds
    seconds = max(seconds - spent, seconds / 10)
    began = perf_counter()
    return lambda: seconds - (perf_counter() - began)


def kept_ids(opened: OpenDiary, keep: Collection[str]) -> tuple[frozenset[str], tuple[str, ...]]:
    """The occurrences to keep, and a note on each identifier that names none.

    What its calendar does not let Clearway change is kept too.
    """
    found = set(opened.fixed)
    notes: list[str] = []
    named: dict[str, set[str]] = defaultdict(set)
    for each in opened.diary.occurrences if keep else ():
        named[each.id].add(each.id)
        named[each.uid].add(each.id)
    for wanted in keep:
        if wanted not in named:
            notes.append(
                f"No event in these weeks has the identifier “{wanted}”, so nothing is kept by it."
            )
        found |= named.get(wanted, set())
    return frozenset(found), tuple(notes)
