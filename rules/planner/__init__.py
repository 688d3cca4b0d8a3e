"""The planner: the least disruptive repair of a diary, with a proof.

`plan()` answers for one tier; `curve()` for several prices of telling people.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from rules.catalogue import evaluate
from rules.change import Change
from rules.diary import Diary
from rules.outcome import after
from rules.planner.alternatives import Alternatives
from rules.planner.arrange import Arrangement, Results, Task, arrange, solve_tier, tiers_up_to
from rules.planner.cadences import regular_holds, say_lacking, served
from rules.planner.changes import Regular, changes_of
from rules.planner.plan import CurvePoint, Objective, Plan, Proof, Tier
from rules.planner.reasons import with_reasons
from rules.planner.remaining import remaining
from rules.planner.rights import Closed, Rights, Unwanted, left_alone, series_neighbours
from rules.planner.series import series_offers
from rules.planner.solve import TimeLeft, numbers
from rules.planner.worse import say_worse
from rules.policy import Policy

__all__ = ["curve", "plan"]

CURVE = (0, 1, 2, 5, 10)
"""Prices of telling one person, in minutes, for which the curve has a plan."""


def plan(
    diary: Diary,
    policy: Policy,
    now: datetime,
    tier: Tier = Tier.HOLDS,
    keep: frozenset[str] = frozenset(),
    time_left: TimeLeft | None = None,
    unwanted: Unwanted = frozenset(),
    closed: Closed = (),
) -> Plan:
    """The best plan of a tier for the days of the diary's window from `now` on.

    `keep` are identifiers of occurrences that stay as they are. On a day on which a kind of hold
    is `unwanted`, none of that kind is placed or moved: the plan is the best of those that leave
    it so. At a time that is `closed` to a kind, no hold of it that comes back every few weeks is
    placed. Without `time_left` the search goes on until the plan is proved (or memory bounds it);
    with it, the best plan found in the seconds it tells is given.
    """
    solved = _solve(diary, policy, now, tier, keep, time_left, unwanted)
    regular = regular_holds(solved.task, solved.made, closed)
    bare = changes_of(solved.task, solved.made, regular)
    planned = after(diary, bare)
    left = evaluate(planned, policy)
    changes = tuple(
        replace(each, because=each.because or served(solved.task, each))
        for each in with_reasons(solved.task, bare, planned, Alternatives(solved.task, solved.made))
    )
    made = Plan(
        tier=tier,
        now=now,
        findings=solved.task.findings,
        changes=changes,
        remaining=remaining(solved.task, planned, left),
        objective=solved.objective,
        proof=_proof(solved.made),
        series=series_offers(solved.task, changes),
        notes=(*say_lacking(solved.task, left), *say_worse(solved.task.findings, left)),
    )
    return made.disturbing(len(regular.gone))


def curve(
    diary: Diary,
    policy: Policy,
    now: datetime,
    tier: Tier = Tier.MOVE,
    keep: frozenset[str] = frozenset(),
    time_left: TimeLeft | None = None,
    unwanted: Unwanted = frozenset(),
) -> tuple[CurvePoint, ...]:
    """What more minutes cost in people told: the best plans for several prices, equal ones once.

    In order of price; the last tells nobody. The changes carry no reasons, and holds that come
    back every few weeks are not among them, since those are the same at every price.
    """
    points: dict[tuple[Change, ...], CurvePoint] = {}
    for price in (*CURVE, None):
        priced = policy if price is None else replace(policy, price_person=price)
        one = Tier.HOLDS if price is None else tier
        solved = _solve(diary, priced, now, one, keep, time_left, unwanted)
        changes = changes_of(solved.task, solved.made, Regular())
        point = CurvePoint(price, changes, solved.objective, _proof(solved.made))
        points.setdefault(changes, point)
    return tuple(points.values())


@dataclass(frozen=True)
class _Solved:
    """The arrangement of a tier."""

    task: Task
    made: Arrangement

    @property
    def objective(self) -> Objective:
        """The six numbers, recomputed nowhere: the search counted them while it looked."""
        six = numbers(self.made.score)
        policy = self.task.policy
        prices = policy.price_person * six.people_told + policy.price_meeting * six.meetings_changed
        return Objective(six, six.cost - six.must_missing - prices)


def _solve(
    diary: Diary,
    policy: Policy,
    now: datetime,
    tier: Tier,
    keep: frozenset[str],
    time_left: TimeLeft | None,
    unwanted: Unwanted,
) -> _Solved:
    findings = evaluate(diary, policy)
    kept = keep | left_alone(diary, unwanted)
    neighbours = series_neighbours(diary)
    rights = Rights(policy, now, Tier.HOLDS, kept, neighbours, unwanted=unwanted)
    task = Task(diary, policy, rights, findings, time_left)
    results: Results | None = None
    for one in tiers_up_to(tier):
        task = replace(task, rights=replace(rights, tier=one))
        results = solve_tier(task, results)
    if results is None:
        raise ValueError("every tier has at least itself to search")
    return _Solved(task, arrange(task, results))


def _proof(made: Arrangement) -> Proof:
    bound = made.score if made.optimal else made.bound
    return Proof(made.optimal, numbers(bound), made.score[0] - bound[0])
