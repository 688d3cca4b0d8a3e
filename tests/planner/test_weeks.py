"""Plans of whole weeks: too large to search, so judged by the rules and by the plain model."""

import os

import pytest

from rules.planner import plan
from rules.planner.plan import Tier
from rules.policy import Policy
from tests.bench.baseline import solve
from tests.oracle.apply import apply_changes
from tests.oracle.legal import Judge
from tests.oracle.weeks import nhs_week

SOAK = os.environ.get("CLEARWAY_SOAK") == "1"
POLICY = Policy()
TIERS = (Tier.HOLDS, Tier.SHORTEN, Tier.MOVE)


@pytest.mark.parametrize("seed", range(200 if SOAK else 4))
def test_a_week_is_planned_legally_and_once_for_all(seed: int) -> None:
    week = nhs_week(seed)
    numbers = []
    for tier in TIERS:
        found = plan(week.diary, POLICY, week.now, tier)
        Judge(found, week.diary, POLICY, week.now, frozenset()).check()
        numbers.append(found.objective.numbers)
        done = apply_changes(week.diary.occurrences, found.changes, week.now)
        again = plan(week.diary.with_occurrences(done), POLICY, week.now, tier)
        assert not found.proof.optimal or again.changes == (), (seed, tier)
    assert numbers == sorted(numbers, reverse=True), seed


@pytest.mark.parametrize("seed", range(30 if SOAK else 3))
def test_the_plain_model_finds_the_same_numbers(seed: int) -> None:
    """On weeks with fewer meetings: on full ones that model takes minutes."""
    week = nhs_week(seed, fewest=10, most=14)
    found = plan(week.diary, POLICY, week.now, Tier.MOVE)
    expected = solve(week.diary, POLICY, week.now, seconds=120)
    if expected is None:
        pytest.skip("the plain model took more than two minutes")
    assert found.objective.numbers.as_tuple() == expected
