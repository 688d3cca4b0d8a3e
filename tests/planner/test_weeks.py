"""Plans of whole weeks: too large to search, so judged by the rules and by the plain model."""

import os
import random
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from rules.diary import Diary, in_order
from rules.event import Occurrence, ScoredAs
from rules.planner import plan
from rules.planner.plan import Tier
from rules.policy import Policy
from rules.working_pattern import parse_hours
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


@pytest.mark.parametrize(("count", "every", "length"), [(7, 60, 60), (8, 60, 45), (10, 45, 30)])
def test_a_packed_day_of_like_meetings_is_proved(count: int, every: int, length: int) -> None:
    """Which of them goes where makes thousands of plans that are as good as each other."""
    meetings = [_own(place, every * place, length, 2) for place in range(count)]
    diary = _one_day(meetings)
    found = plan(diary, POLICY, BEFORE, Tier.MOVE)
    Judge(found, diary, POLICY, BEFORE, frozenset()).check()
    assert found.proof.optimal


@pytest.mark.parametrize("seed", range(40 if SOAK else 4))
def test_meetings_that_could_change_places_go_where_they_are_best(seed: int) -> None:
    """The plain model knows nothing of that."""
    chance = random.Random(f"alike {seed}")
    lengths = chance.choice(((30,), (60,), (30, 60)))
    meetings = [
        _own(place, 30 * chance.randrange(15), chance.choice(lengths), chance.choice((1, 2, 6)))
        for place in range(4)
    ]
    diary = _one_day(meetings)
    expected = solve(diary, POLICY, BEFORE, seconds=120)
    if expected is None:
        pytest.skip("the plain model took more than two minutes")
    assert plan(diary, POLICY, BEFORE, Tier.MOVE).objective.numbers.as_tuple() == expected


BEFORE = datetime(2026, 11, 19, 9, tzinfo=UTC)
MONDAY = date(2026, 11, 23)


def _own(place: int, minutes: int, length: int, people: int) -> Occurrence:
    """A meeting of the leader's own, so many minutes into the day."""
    start = datetime(2026, 11, 23, 9, tzinfo=UTC) + timedelta(minutes=minutes)
    end = start + timedelta(minutes=length)
    scored = ScoredAs.APPOINTMENT
    return Occurrence(f"own-{place}", start, end, scored, organizer=True, other_people=people)


def _one_day(meetings: Sequence[Occurrence]) -> Diary:
    pattern = parse_hours("Mon-Fri 09:00-17:00 (450)", ZoneInfo("Europe/London"))
    return Diary(in_order(meetings), pattern, MONDAY, MONDAY + timedelta(days=1))
