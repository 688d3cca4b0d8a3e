"""Days fuller than anybody's: the search says that it did not look at everything, and stays small."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from rules.diary import Diary, in_order
from rules.event import Kind, Occurrence, ScoredAs
from rules.planner import kernel, plan
from rules.planner.model import Floors, build
from rules.planner.plan import Tier
from rules.planner.rights import Rights
from rules.policy import Policy
from rules.working_pattern import parse_hours
from tests.oracle.legal import Judge

NOW = datetime(2026, 11, 19, 9, tzinfo=UTC)
MORNING = datetime(2026, 11, 23, 8, tzinfo=UTC)
PATTERN = parse_hours("Mon 08:00-18:00", ZoneInfo("Europe/London"))


def _minutes_apart(count: int) -> list[Occurrence]:
    """One-minute meetings, two minutes from start to start, of nobody's but the leader's calling."""
    starts = [MORNING + timedelta(minutes=2 * each) for each in range(count)]
    return [
        Occurrence(
            f"minute-{place}",
            start,
            start + timedelta(minutes=1),
            ScoredAs.APPOINTMENT,
            organizer=True,
            other_people=place % 9,
        )
        for place, start in enumerate(starts)
    ]


def _holds(count: int) -> list[Occurrence]:
    kinds = (Kind.PROTECTED, Kind.GAP, Kind.BREAK)
    starts = [MORNING + timedelta(minutes=5 * (7 * each % 110)) for each in range(count)]
    return [
        Occurrence(
            f"hold-{place}",
            start,
            start + timedelta(minutes=(10, 30, 60)[place % 3]),
            ScoredAs.HOLD,
            kind=kinds[place % 3],
        )
        for place, start in enumerate(starts)
    ]


def _diary(occurrences: list[Occurrence]) -> Diary:
    return Diary(in_order(occurrences), PATTERN, date(2026, 11, 23), date(2026, 11, 24))


@pytest.mark.parametrize("crowd", [_minutes_apart, _holds])
def test_a_plan_of_a_crowded_day_keeps_its_word(crowd: Callable[[int], list[Occurrence]]) -> None:
    """Not looked at whole, so not called the best; all else that a plan promises holds."""
    diary = _diary(crowd(200))
    found = plan(diary, Policy(), NOW, Tier.MOVE, time_left=lambda: 0.0)
    assert not found.proof.optimal
    Judge(found, diary, Policy(), NOW, frozenset()).check()


def test_the_search_holds_no_more_than_it_may() -> None:
    """Many meetings that may go anywhere in many moments: what is held stays near the limit."""
    diary = _diary(_minutes_apart(200))
    rights = Rights(Policy(), NOW, Tier.MOVE, frozenset(), {})
    model = build(diary.day(diary.start), PATTERN, Policy(), rights, Floors(480, 480), 0)
    limit = 50_000
    unknown = np.array([(kernel.NEVER, 0, -1)], dtype=kernel.BEST)
    found = kernel.search(model.day, unknown, 1 << 30, limit)
    assert found.dropped[0] < kernel.NEVER
    assert len(found.labels) < 3 * limit
