"""Times for several people: equal to an exhaustive search by the judge of plans."""

import os
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest

from rules.diary import Diary, in_order
from rules.event import Kind, Occurrence, ScoredAs
from rules.interval import Interval
from rules.planner.plan import Tier
from rules.policy import Policy
from rules.slots import Seat, Slot, slots
from rules.working_pattern import parse_hours
from tests.oracle.days import Case, small_day
from tests.oracle.rights import is_own_hold
from tests.oracle.score import takes_room
from tests.oracle.search import best

SOAK = os.environ.get("CLEARWAY_SOAK") == "1"
LONDON = ZoneInfo("Europe/London")
MONDAY = date(2026, 11, 23)
NOW = datetime(2026, 11, 19, 9, tzinfo=UTC)
MAY_GIVE_WAY = (Kind.PROTECTED, Kind.GAP, Kind.BREAK, Kind.END_OF_DAY)


@pytest.mark.parametrize("seed", range(3_000 if SOAK else 300))
def test_slots_equal_an_exhaustive_search(seed: int) -> None:
    """One or two people on a small day, and somebody else who is busy at times."""
    random = Random(f"slots {seed}")
    cases = [_case(seed)]
    if random.random() < 0.4:
        cases.append(_case(seed + 50_000, like=cases[0]))
    minutes = random.choice((15, 30, 50))
    busy = [_busy(random, cases[0])]
    seats = [Seat(each.diary, each.policy, each.keep) for each in cases]
    found = slots(seats, busy, minutes, cases[0].now, 3)
    assert [(each.span, each.cost, each.must, each.holds) for each in found] == _all(
        cases, busy, minutes
    )[:3]


def _case(seed: int, like: Case | None = None) -> Case:
    """A small day; the second person's is put on the first one's day and hours."""
    case = small_day(seed, Tier.HOLDS)
    if like is None:
        return case
    shift = like.diary.start - case.diary.start
    moved = [
        replace(each, start=each.start + shift, end=each.end + shift, recurrence_id=None)
        for each in case.diary.occurrences
    ]
    unlike = [replace(each, uid=f"two {number}") for number, each in enumerate(moved)]
    return replace(case, diary=like.diary.with_occurrences(unlike), now=like.now)


def _busy(random: Random, case: Case) -> list[Interval]:
    start = case.diary.span.start + timedelta(minutes=random.randrange(8 * 60, 16 * 60))
    return [Interval(start, start + timedelta(minutes=random.randrange(10, 120)))]


def _all(
    cases: Sequence[Case], busy: Sequence[Sequence[Interval]], minutes: int
) -> list[tuple[Interval, int, int, int]]:
    """Every time of the day, asked one at a time, the best first, none over a better one."""
    before = [_numbers(each) for each in cases]
    start = cases[0].diary.span.start
    places = []
    end = max((day.window.span.end for day in cases[0].diary.days if day.window), default=start)
    while start < end:
        span = Interval(start, start + timedelta(minutes=minutes))
        start += timedelta(minutes=5)
        if any(span.overlaps(each) for person in busy for each in person):
            continue
        if all(_has_room(each, span) for each in cases):
            then = [_numbers(_with(each, span)) for each in cases]
            cost, must, holds = (
                sum(b[n] - a[n] for a, b in zip(before, then, strict=True)) for n in (0, 1, 5)
            )
            places.append(((cost, must, holds), span.start.minute % 15 != 0, span))
    chosen: list[tuple[Interval, int, int, int]] = []
    for costs, _, span in sorted(places):
        if not any(span.overlaps(other) for other, *_ in chosen):
            chosen.append((span, *costs))
    return chosen


def _numbers(case: Case) -> tuple[int, ...]:
    return best(case.diary, case.policy, case.now, Tier.HOLDS, case.keep)


def _with(case: Case, span: Interval) -> Case:
    meeting = Occurrence("m", span.start, span.end, ScoredAs.APPOINTMENT, other_people=1)
    return replace(case, diary=case.diary.with_occurrences([*case.diary.occurrences, meeting]))


def _has_room(case: Case, span: Interval) -> bool:
    windows = [day.window.span for day in case.diary.days if day.window]
    if span.start < case.now or not any(each.contains(span) for each in windows):
        return False
    return not any(
        takes_room(each)
        and each.span.overlaps(span)
        and not (each.kind in MAY_GIVE_WAY and is_own_hold(each, case.now, case.keep))
        for each in case.diary.occurrences
    )


# --- by hand --------------------------------------------------------------------------------------


def seat(*occurrences: Occurrence, policy: Policy | None = None) -> Seat:
    pattern = parse_hours("Mon-Tue 09:00-17:00", LONDON)
    diary = Diary(in_order(occurrences), pattern, MONDAY, MONDAY + timedelta(days=7))
    return Seat(diary, policy or Policy())


def at(day: int, hour: int, minute: int = 0, minutes: int = 60) -> Interval:
    start = datetime(2026, 11, 23 + day, hour, minute, tzinfo=UTC)
    return Interval(start, start + timedelta(minutes=minutes))


def meeting(span: Interval) -> Occurrence:
    return Occurrence(f"m{span.start}", span.start, span.end, ScoredAs.APPOINTMENT, other_people=2)


def of(found: Sequence[Slot]) -> list[tuple[Interval, int]]:
    return [(each.span, each.cost) for each in found]


def test_a_quiet_diary_costs_nothing() -> None:
    found = slots([seat()], [], 50, NOW, 3)
    assert [each.cost for each in found] == [0, 0, 0]
    assert found[0].span == at(0, 9, 0, 50)
    assert [each.span.overlaps(other.span) for each in found for other in found].count(True) == 3


def test_what_it_costs_is_told_by_rule() -> None:
    """Monday has 70 minutes left, all of which would be protected. At the very end, the meeting
    also takes the ten minutes that end the day, and leaves room for one gap only."""
    full = [meeting(at(0, 9, 0, 6 * 60 + 50)), meeting(at(1, 9, 0, 8 * 60))]
    found = slots([seat(*full)], [], 50, NOW)[0]
    assert found.span == at(0, 16, 0, 50)
    assert found.lost == {"protected": 70}
    assert found.cost == found.must == 70


def test_nobody_meets_over_own_time_team_time_or_what_stays() -> None:
    taken = [
        Occurrence("own", at(0, 9).start, at(0, 9, 0, 180).end, ScoredAs.OWN_TIME, private=True),
        Occurrence(
            "pod",
            at(0, 12).start,
            at(0, 12, 0, 120).end,
            ScoredAs.APPOINTMENT,
            kind=Kind.POD,
            organizer=True,
        ),
        Occurrence(
            "firm",
            at(0, 14).start,
            at(0, 14, 0, 120).end,
            ScoredAs.HOLD,
            kind=Kind.PROTECTED,
            firm=True,
        ),
        meeting(at(1, 9, 0, 8 * 60)),
    ]
    found = slots([seat(*taken)], [], 30, NOW)
    assert all(each.span.start >= at(0, 16).start for each in found)
    assert found


def test_the_busy_times_of_others_and_the_past_are_left_out() -> None:
    found = slots([seat()], [[at(0, 9, 0, 8 * 60)]], 60, at(1, 16).start)
    assert of(found) == [(at(1, 16), found[0].cost)]
    assert slots([seat()], [[at(0, 9, 0, 8 * 60), at(1, 9, 0, 8 * 60)]], 60, NOW) == ()


def test_it_is_put_where_fewest_of_all_lose() -> None:
    """Monday is full of protected time for one of them; Tuesday costs neither anything."""
    full = seat(meeting(at(0, 9, 0, 300)))
    found = slots([seat(), full], [], 60, NOW, 1)
    assert found[0].span.start.date() == MONDAY + timedelta(days=1)
    assert found[0].cost == 0
