"""Whether the weeks after differ from the weeks before, with an interval that says how sure that is.

The shift between two groups of weeks is estimated as Hodges and Lehmann do, by the median of all
differences, with the interval of the Wilcoxon-Mann-Whitney test: every shift that the test, exact
given its ties, does not rule out at 5 %. Half of the probability of the very case is counted
(mid-p), since few weeks make the plain test claim too little. No shape of the weeks' distribution is
assumed; that weeks are alike but for the shift, and do not depend on each other, is.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

LEAST = 4
"""Weeks on either side: with fewer, even the most different ones could be chance."""
MOST = 13
"""Weeks on either side that are looked at, the latest; more would cost time and tell no more."""
DOUBT = 0.05
"""How often the interval leaves the true shift out."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two medians, the shift from one to the other, and between what it lies 19 times out of 20."""

    before: float
    after: float
    shift: float
    low: float
    high: float

    @property
    def is_clear(self) -> bool:
        """Whether it is hardly chance that there is a shift at all."""
        return self.low > 0 or self.high < 0


def compare(before: Sequence[float], after: Sequence[float]) -> Comparison | None:
    """How a figure of the weeks after differs from that of the weeks before.

    None where there are fewer than `LEAST` on either side.
    """
    if min(len(before), len(after)) < LEAST:
        return None
    before, after = before[-MOST:], after[-MOST:]
    low, high = _interval(before, after)
    return Comparison(
        before=median(before),
        after=median(after),
        shift=median(_differences(before, after)),
        low=low,
        high=high,
    )


def _differences(before: Sequence[float], after: Sequence[float]) -> list[float]:
    return [late - early for late in after for early in before]


def _interval(before: Sequence[float], after: Sequence[float]) -> tuple[float, float]:
    """The smallest and the largest shift that is not ruled out."""
    stretches = _stretches(sorted(set(_differences(before, after))))

    def is_possible(at: int) -> bool:
        start, end = stretches[at]
        return _doubt(before, after, (start + end) / 2) > DOUBT

    middle = bisect_left(stretches, (median(_differences(before, after)),) * 2)
    low = bisect_left(range(middle), True, key=is_possible)
    high = bisect_left(range(middle, len(stretches)), True, key=lambda at: not is_possible(at))
    return stretches[low][0], stretches[middle + high - 1][1]


def _stretches(steps: Sequence[float]) -> list[tuple[float, float]]:
    """What the test says changes at the differences of two weeks, and nowhere between them."""
    between = [(one, other) for one, other in pairwise(steps)]
    return sorted([(each, each) for each in steps] + between)


def _doubt(before: Sequence[float], after: Sequence[float], shift: float) -> float:
    """How likely weeks at least as different would be, were this the shift (two-sided mid-p)."""
    moved = [each + shift for each in before]
    ranks = _ranks([*moved, *after])
    counts = _rank_sums(ranks, len(after))
    seen = sum(ranks[len(before) :])
    whole = sum(counts)
    less = sum(counts[:seen]) + counts[seen] / 2
    return 2 * min(less, whole - less) / whole


def _ranks(values: Sequence[float]) -> list[int]:
    """Twice the place of each value, equal ones sharing the mean of theirs; rounding is no tie."""
    rounded = [round(each, 6) for each in values]
    order = sorted(rounded)
    return [bisect_left(order, each) + bisect_right(order, each) + 1 for each in rounded]


def _rank_sums(ranks: Sequence[int], size: int) -> list[int]:
    """In how many ways so many of the ranks come to each sum."""
    ways = [[0] * (sum(ranks) + 1) for _ in range(size + 1)]
    ways[0][0] = 1
    highest = 0
    for number, rank in enumerate(ranks):
        highest += rank
        for taken in range(min(number + 1, size), 0, -1):
            fewer, more = ways[taken - 1], ways[taken]
            for total in range(rank, highest + 1):
                if fewer[total - rank]:
                    more[total] += fewer[total - rank]
    return ways[size]
