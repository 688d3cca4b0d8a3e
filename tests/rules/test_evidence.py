"""Before and after: the interval holds what it says, and nothing is claimed where nothing happened.

The trials are drawn here, by distributions that weeks have; the code under test sees numbers only.
"""

import random
from collections.abc import Callable, Sequence
from itertools import product
from statistics import median

import pytest

from rules.evidence import LEAST, Comparison, compare

Draw = Callable[[random.Random], float]
TRIALS = 1_000
WEEKS: dict[str, Draw] = {
    "even": lambda draw: draw.gauss(300, 60),
    "to five minutes": lambda draw: 5 * round(draw.gauss(60, 15)),
    "a few full weeks": lambda draw: draw.lognormvariate(5, 0.6),
    "mostly nothing": lambda draw: draw.expovariate(1 / 100),
}
DAYS: Draw = lambda draw: sum(draw.random() < 0.4 for _ in range(5))  # noqa: E731 # like the others


def trials(draw_week: Draw, effect: float, sizes: tuple[int, int], seed: int) -> list[Comparison]:
    draw = random.Random(seed)
    found = []
    for _ in range(TRIALS):
        before = [draw_week(draw) for _ in range(sizes[0])]
        made = compare(before, [draw_week(draw) + effect for _ in range(sizes[1])])
        assert made is not None
        found.append(made)
    return found


def part(found: Sequence[bool]) -> float:
    return sum(found) / len(found)


@pytest.mark.parametrize(("name", "effect"), [*zip(WEEKS, (0, 90, -60, 30), strict=True)])
def test_the_interval_has_the_true_shift_in_it_19_times_out_of_20(name: str, effect: int) -> None:
    made = trials(WEEKS[name], effect, (4, 8), seed=2026)
    assert 0.93 <= part([each.low <= effect <= each.high for each in made]) <= 0.97


@pytest.mark.parametrize("name", WEEKS)
@pytest.mark.parametrize("sizes", [(4, 8), (4, 4)])
def test_where_nothing_happened_a_shift_is_seldom_claimed(
    name: str, sizes: tuple[int, int]
) -> None:
    made = trials(WEEKS[name], 0, sizes, seed=7)
    assert part([each.is_clear for each in made]) <= 0.07


def test_counted_days_are_claimed_more_seldom_still() -> None:
    made = trials(DAYS, 0, (4, 8), seed=11)
    assert part([each.low <= 0 <= each.high for each in made]) >= 0.95
    assert part([each.is_clear for each in made]) <= 0.05


def test_a_large_shift_is_mostly_seen() -> None:
    made = trials(WEEKS["even"], 150, (4, 8), seed=3)
    assert part([each.is_clear for each in made]) > 0.85


def by_all_orders(before: Sequence[float], after: Sequence[float], shift: float) -> float:
    """The same test by looking at every way to deal the weeks out."""
    pooled = [each + shift for each in before] + list(after)

    def wins(late: Sequence[int]) -> float:
        early = [at for at in range(len(pooled)) if at not in late]
        pairs = product(late, early)
        return sum((pooled[a] > pooled[b]) + (pooled[a] == pooled[b]) / 2 for a, b in pairs)

    def deals(start: int, left: int) -> list[list[int]]:
        if not left:
            return [[]]
        return [[at, *rest] for at in range(start, len(pooled)) for rest in deals(at + 1, left - 1)]

    seen = wins(range(len(before), len(pooled)))
    every = [wins(each) for each in deals(0, len(after))]
    less = sum((each < seen) + (each == seen) / 2 for each in every) / len(every)
    return 2 * min(less, 1 - less)


@pytest.mark.parametrize("seed", range(12))
def test_exactly_the_shifts_that_the_test_does_not_rule_out_are_inside(seed: int) -> None:
    draw = random.Random(seed)
    before = [draw.choice((0, 30, 60, 60, 90, 125)) for _ in range(4)]
    after = [draw.choice((30, 60, 120, 150, 155)) for _ in range(5)]
    made = compare(before, after)
    assert made is not None
    tried = [each / 2 for each in range(-300, 400)]
    possible = [each for each in tried if by_all_orders(before, after, each) > 0.05]
    assert (made.low, made.high) == pytest.approx((min(possible), max(possible)), abs=0.5)


def test_medians_are_those_of_the_weeks() -> None:
    made = compare([0, 60, 30, 120], [200, 240, 100, 300, 120])
    assert made is not None
    assert (made.before, made.after) == (45, 200)
    differences = [a - b for a in (200, 240, 100, 300, 120) for b in (0, 60, 30, 120)]
    assert made.shift == median(differences)


@pytest.mark.parametrize("sizes", [(0, 0), (LEAST - 1, 20), (20, LEAST - 1)])
def test_too_few_weeks_say_nothing(sizes: tuple[int, int]) -> None:
    assert compare([1.0] * sizes[0], [2.0] * sizes[1]) is None


def test_weeks_that_are_all_alike_show_no_shift() -> None:
    made = compare([60.0] * 4, [60.0] * 8)
    assert made is not None
    assert (made.shift, made.low, made.high, made.is_clear) == (0, 0, 0, False)
