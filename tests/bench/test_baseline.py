"""The plain model answers the same question as the exhaustive search."""

import pytest

from rules.planner.plan import Tier
from tests.bench.baseline import solve
from tests.oracle.days import small_day, small_week
from tests.oracle.search import best

CASES = [(small_day, seed) for seed in range(10, 26)] + [(small_week, seed) for seed in range(4)]


@pytest.mark.parametrize(("make", "seed"), CASES, ids=lambda each: getattr(each, "__name__", each))
def test_the_plain_model_agrees_with_the_search(make, seed: int) -> None:
    case = make(seed, Tier.MOVE) if make is small_day else make(seed)
    found = solve(case.diary, case.policy, case.now, case.keep)
    assert found == best(case.diary, case.policy, case.now, Tier.MOVE, case.keep)
