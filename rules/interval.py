"""Half-open intervals of time, and the algebra on sorted lists of them.

Every interval is `[start, end)` in aware UTC, so touching intervals do not overlap, a
zero-length one overlaps nothing, and local clock changes cannot make time vanish.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, order=True)
class Interval:
    """A stretch of time, start included and end excluded, in UTC.

    Raises ValueError for naive times, other zones, or an end before the start.
    """

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if self.start.tzinfo is not UTC or self.end.tzinfo is not UTC:
            raise ValueError("an interval is kept in UTC")
        if self.end < self.start:
            raise ValueError("an interval ends at or after its start")

    @property
    def minutes(self) -> int:
        """Whole minutes from start to end."""
        return (self.end - self.start) // MINUTE

    def overlaps(self, other: "Interval") -> bool:
        """Whether the two share time; touching is not sharing."""
        return max(self.start, other.start) < min(self.end, other.end)

    def contains(self, other: "Interval") -> bool:
        """Whether `other` lies wholly inside, edges included."""
        return self.start <= other.start and other.end <= self.end

    def holds(self, moment: datetime) -> bool:
        """Whether the moment falls inside, the end excluded."""
        return self.start <= moment < self.end

    def clip(self, other: "Interval") -> "Interval | None":
        """The part inside `other`, or None where nothing is left."""
        start, end = max(self.start, other.start), min(self.end, other.end)
        return Interval(start, end) if start < end else None


def merge(intervals: Iterable[Interval]) -> list[Interval]:
    """The union as sorted, disjoint, non-touching intervals; empty ones vanish."""
    merged: list[Interval] = []
    for interval in sorted(intervals):
        if interval.start == interval.end:
            continue
        if merged and interval.start <= merged[-1].end:
            merged[-1] = Interval(merged[-1].start, max(merged[-1].end, interval.end))
        else:
            merged.append(interval)
    return merged


def subtract(intervals: Iterable[Interval], taken: Iterable[Interval]) -> list[Interval]:
    """What is left of the union of `intervals` without the time in `taken`."""
    left: list[Interval] = []
    gone = merge(taken)
    ends = [hole.end for hole in gone]
    for interval in merge(intervals):
        cursor = interval.start
        for place in range(bisect_right(ends, cursor), len(gone)):
            hole = gone[place]
            if hole.start >= interval.end:
                break
            if cursor < hole.start:
                left.append(Interval(cursor, hole.start))
            cursor = max(cursor, hole.end)
        if cursor < interval.end:
            left.append(Interval(cursor, interval.end))
    return left


def intersect(intervals: Iterable[Interval], other: Iterable[Interval]) -> list[Interval]:
    """The time that is in both unions."""
    right = merge(other)
    return [part for one in merge(intervals) for two in right if (part := one.clip(two))]


def total_minutes(intervals: Iterable[Interval]) -> int:
    """Whole minutes in the union."""
    return sum(interval.minutes for interval in merge(intervals))


def neighbours(sequence: Sequence[Interval]) -> Iterator[tuple[Interval, Interval]]:
    """Each interval with the next one."""
    return pairwise(sequence)
