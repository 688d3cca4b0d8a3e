"""What no plan touches, whatever that costs: clinical work and on-call time."""

import pytest

from rules.catalogue import evaluate
from rules.event import Kind, Occurrence, ScoredAs
from rules.interval import Interval
from rules.planner import plan
from rules.planner.plan import Tier
from rules.policy import Layer, override
from tests.planner.test_cadences import NONE, NOW, at, quiet

CHEAP = override(NONE, {"price_person": 0, "price_meeting": 0}, Layer.LEADER)


def booked(name: str, span: Interval, kind: Kind | None = None) -> Occurrence:
    scored = ScoredAs.NONE if kind is Kind.ON_CALL else ScoredAs.APPOINTMENT
    return Occurrence(name, span.start, span.end, scored, organizer=True, kind=kind, other_people=1)


@pytest.mark.parametrize("tier", Tier)
def test_clinical_time_is_never_changed_nor_covered(tier: Tier) -> None:
    """Two clinics touch, where ten minutes between them would cost nothing at all."""
    clinics = [
        booked(f"clinic {clock}", at(0, clock, 120), Kind.CLINICAL) for clock in ("09:00", "11:00")
    ]
    made = plan(quiet(*clinics, weeks=1), CHEAP, NOW, tier)
    assert {each.rule for each in made.findings if each.day == clinics[0].span.start.date()} >= {
        "gap"
    }
    touched = [each for each in made.changes if each.event_id]
    new = [each.after for each in made.changes if each.after]
    assert touched == []
    assert new and not any(each.overlaps(clinic.span) for each in new for clinic in clinics)
    plain = [booked(f"meeting {clock}", at(0, clock, 120)) for clock in ("09:00", "11:00")]
    changed = plan(quiet(*plain, weeks=1), CHEAP, NOW, tier).objective.numbers.meetings_changed
    assert bool(changed) is (tier is not Tier.HOLDS)


def test_on_call_time_is_scored_nowhere_and_never_covered() -> None:
    calls = [booked(f"call {day}", at(day, "12:00", 240), Kind.ON_CALL) for day in range(5)]
    diary = quiet(*calls, weeks=1)
    assert evaluate(diary, NONE) == evaluate(quiet(weeks=1), NONE)
    new = [each.after for each in plan(diary, NONE, NOW).changes if each.after]
    assert new and not any(each.overlaps(call.span) for each in new for call in calls)
