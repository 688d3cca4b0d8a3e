"""The planner and the plain model on the same made-up weeks, in one warm process."""

import sys
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from statistics import median, quantiles
from time import perf_counter

from rules.diary import Diary
from rules.planner import plan
from rules.planner.plan import Tier
from rules.policy import Policy, Severity
from tests.bench import baseline
from tests.oracle.weeks import nhs_week, nhs_weeks

IN_TIME = 10
"""Seconds within which a week should be proved."""
POLICY = Policy()
WITH_REPORTS = Policy(reports=8)
ALONE = Policy(
    appreciation_severity=Severity.OFF, face_days_severity=Severity.OFF, check_in_weeks=0
)
"""Nothing comes back."""
QUARTER = 13
"""Weeks."""


@dataclass(frozen=True)
class PlannedWeek:
    """One week planned: how long it took and whether all six numbers were proved."""

    seed: int
    seconds: float
    proved: bool
    gap: int
    numbers: tuple[int, ...]


@dataclass(frozen=True)
class ModelledWeek:
    """One week by the plain model; `numbers` is None where the cap came first."""

    seed: int
    seconds: float
    numbers: tuple[int, ...] | None


@dataclass(frozen=True)
class Spread:
    """Seconds over some weeks."""

    median: float
    p95: float
    longest: float

    @staticmethod
    def of(seconds: list[float]) -> "Spread":
        """The spread of one or more measurements."""
        p95 = quantiles(seconds, n=20, method="inclusive")[-1] if len(seconds) > 1 else seconds[0]
        return Spread(median(seconds), p95, max(seconds))


def run_planner(weeks: int) -> list[PlannedWeek]:
    """Plan each week at tier move, after one that is not counted."""
    _plan_week(10_000)
    found = []
    for seed in range(weeks):
        found.append(_plan_week(seed))
        tell(f"planner: week {seed + 1} of {weeks}, {found[-1].seconds:.2f} s")
    return found


def _plan_week(seed: int) -> PlannedWeek:
    week = nhs_week(seed)
    started = perf_counter()
    found = plan(week.diary, POLICY, week.now, Tier.MOVE)
    seconds = perf_counter() - started
    numbers = found.objective.numbers.as_tuple()
    return PlannedWeek(seed, seconds, found.proof.optimal, found.proof.gap, numbers)


def time_quarters(count: int = 8) -> list[float]:
    """How many times a week's plan it takes to place what comes back in 13 weeks."""
    ratios = []
    for seed in range(count):
        long = nhs_weeks(seed, QUARTER)
        week = replace(long.diary, end=long.diary.start + timedelta(weeks=1))
        more = _timed(long.diary, WITH_REPORTS, long.now) - _timed(long.diary, ALONE, long.now)
        ratios.append(more / _timed(week, ALONE, long.now))
        tell(f"quarters: {seed + 1} of {count}, {ratios[-1]:.1f} times a week")
    return ratios


def _timed(diary: Diary, policy: Policy, now: datetime) -> float:
    """The quickest of three: the difference of two times is small beside what else runs."""
    found = []
    for _ in range(3):
        started = perf_counter()
        plan(diary, policy, now, Tier.HOLDS)
        found.append(perf_counter() - started)
    return min(found)


def run_baseline(weeks: int | None, cap: float, budget: float) -> list[ModelledWeek]:
    """The same weeks from the first on: as many as asked for, or as fit into the budget."""
    found: list[ModelledWeek] = []
    until = perf_counter() + budget
    while len(found) < weeks if weeks is not None else perf_counter() + cap < until:
        week = nhs_week(len(found))
        started = perf_counter()
        numbers = baseline.solve(week.diary, POLICY, week.now, seconds=cap)
        seconds = perf_counter() - started if numbers else cap
        found.append(ModelledWeek(week.seed, seconds, numbers))
        tell(f"plain model: week {len(found)}, {seconds:.1f} s{'' if numbers else ' (the cap)'}")
    return found


def tell(line: str) -> None:
    """Progress, on standard error so that the table can be piped."""
    sys.stderr.write(line + "\n")
    sys.stderr.flush()
