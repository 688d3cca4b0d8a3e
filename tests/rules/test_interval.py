"""The algebra of time: what touches, what overlaps, and laws that hold for any intervals."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.interval import (
    MINUTE,
    Interval,
    intersect,
    merge,
    neighbours,
    subtract,
    total_minutes,
)

ORIGIN = datetime(2026, 11, 23, 9, tzinfo=UTC)


def span(start: int, end: int) -> Interval:
    """Minutes after nine."""
    return Interval(ORIGIN + start * MINUTE, ORIGIN + end * MINUTE)


def minutes(intervals: list[Interval]) -> set[int]:
    """The whole minutes covered, after nine."""
    return {
        minute
        for one in intervals
        for minute in range((one.start - ORIGIN) // MINUTE, (one.end - ORIGIN) // MINUTE)
    }


spans = st.builds(
    lambda start, length: span(start, start + length), st.integers(0, 60), st.integers(0, 20)
)
many = st.lists(spans, max_size=6)


def test_an_interval_keeps_utc_and_runs_forward() -> None:
    with pytest.raises(ValueError, match="UTC"):
        Interval(datetime(2026, 11, 23, 9), datetime(2026, 11, 23, 10))  # noqa: DTZ001
    with pytest.raises(ValueError, match="UTC"):
        Interval(ORIGIN.astimezone(ZoneInfo("Europe/London")), ORIGIN)
    with pytest.raises(ValueError, match="ends at or after"):
        span(10, 9)


def test_minutes_are_whole_and_rounded_down() -> None:
    assert Interval(ORIGIN, ORIGIN + timedelta(minutes=9, seconds=59)).minutes == 9


@pytest.mark.parametrize(
    ("other", "overlaps", "contains", "clipped"),
    [
        pytest.param((10, 20), True, True, (10, 20), id="the same"),
        pytest.param((20, 30), False, False, None, id="touching after"),
        pytest.param((0, 10), False, False, None, id="touching before"),
        pytest.param((12, 15), True, True, (12, 15), id="inside"),
        pytest.param((5, 25), True, False, (10, 20), id="around"),
        pytest.param((15, 25), True, False, (15, 20), id="over the end"),
        pytest.param((15, 15), False, True, None, id="no length, inside"),
        pytest.param((10, 10), False, True, None, id="no length, at the start"),
        pytest.param((20, 20), False, True, None, id="no length, at the end"),
        pytest.param((30, 40), False, False, None, id="apart"),
    ],
)
def test_two_intervals(
    other: tuple[int, int], overlaps: bool, contains: bool, clipped: tuple[int, int] | None
) -> None:
    one, two = span(10, 20), span(*other)
    assert one.overlaps(two) is two.overlaps(one) is overlaps
    assert one.contains(two) is contains
    assert one.clip(two) == two.clip(one) == (span(*clipped) if clipped else None)


def test_a_moment_at_the_end_is_outside() -> None:
    assert span(0, 10).holds(ORIGIN)
    assert not span(0, 10).holds(ORIGIN + 10 * MINUTE)


def test_merge_joins_what_touches_and_forgets_what_is_empty() -> None:
    assert merge([span(5, 10), span(0, 5), span(20, 20), span(12, 15)]) == [
        span(0, 10),
        span(12, 15),
    ]


def test_neighbours_are_each_with_the_next() -> None:
    assert list(neighbours([span(0, 1), span(2, 3), span(4, 5)])) == [
        (span(0, 1), span(2, 3)),
        (span(2, 3), span(4, 5)),
    ]
    assert list(neighbours([span(0, 1)])) == []


@given(many)
def test_merged_intervals_are_sorted_apart_and_cover_the_same(intervals: list[Interval]) -> None:
    merged = merge(intervals)
    assert minutes(merged) == minutes(intervals)
    assert all(one.end < two.start for one, two in neighbours(merged))
    assert all(one.start < one.end for one in merged)
    assert merge(merged) == merged
    assert total_minutes(intervals) == len(minutes(intervals))


@given(many, many)
def test_subtract_and_intersect_part_a_union_in_two(
    intervals: list[Interval], taken: list[Interval]
) -> None:
    left, shared = subtract(intervals, taken), intersect(intervals, taken)
    assert minutes(left) == minutes(intervals) - minutes(taken)
    assert minutes(shared) == minutes(intervals) & minutes(taken)
    assert merge([*left, *shared]) == merge(intervals)
    assert shared == intersect(taken, intervals)


@given(spans, spans)
def test_overlapping_is_sharing_time(one: Interval, two: Interval) -> None:
    assert one.overlaps(two) is (one.clip(two) is not None)
    assert one.overlaps(two) is bool(minutes([one]) & minutes([two]))
