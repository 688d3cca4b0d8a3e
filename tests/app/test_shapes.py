"""The shapes are compared with SPEC section 5 as it is written there, name by name."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from hashlib import sha256
from zoneinfo import ZoneInfo

from app import shapes
from rules.change import Agreement, Change, ChangeKind
from rules.diary import Diary
from rules.event import Kind, Occurrence, ScoredAs, Status
from rules.example import read_example
from rules.finding import Finding
from rules.interval import Interval
from rules.planner.plan import (
    Numbers,
    Objective,
    Plan,
    Proof,
    Remaining,
    SeriesOffer,
    Tier,
    Unnamed,
)
from rules.policy import Severity


def at(hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, 23, hour, minute, tzinfo=UTC)


MOVE = Change(
    kind=ChangeKind.EVENT_MOVE,
    before=Interval(at(9), at(10)),
    after=Interval(at(9, 20), at(10, 20)),
    event_id="a@trust.example",
    version="7",
    people_told=3,
    mails=3,
    agreement=Agreement.UNKNOWN,
    because=("gap@2026-11-23T10:00:00Z",),
    message="It leaves 10 minutes.",
    considered=("Ending early.",),
)
CREATE = Change(
    kind=ChangeKind.HOLD_CREATE,
    before=None,
    after=Interval(at(13), at(15)),
    hold=Kind.PROTECTED,
    because=("protected@2026-11-23",),
    message="Two hours.",
)
FINDING = Finding(
    rule="gap",
    severity=Severity.MUST,
    day=date(2026, 11, 23),
    start=at(10),
    end=at(10),
    missing=10,
    event_ids=("a", "b"),
    cite="5.3 1(iii)",
    lines="L2697-2699",
    policy_version="1",
    message="No time.",
    key="2026-11-23T10:00:00Z",
)


def written(shape: shapes.Shape) -> dict:
    return json.loads(shapes.to_json(shape))


def diary() -> Diary:
    return read_example("Mon 09:00-10:00 mine; Mon 10:00-11:00 meeting")[0]


def plan(*changes: Change) -> Plan:
    numbers = Numbers(23, 15, 3, 1, 20, 0)
    return Plan(
        tier=Tier.MOVE,
        now=datetime(2026, 11, 19, 9, tzinfo=UTC),
        findings=(FINDING,),
        changes=changes,
        remaining=(
            Remaining("protected@2026-11-24", date(2026, 11, 24), 15, ("a",)),
            Remaining("protected@2026-11-25", date(2026, 11, 25), 15, Unnamed.MANY),
        ),
        objective=Objective(numbers, 0),
        proof=Proof(True, numbers, 0),
    )


def test_a_plan_has_the_fields_of_the_contract_in_their_order():
    found = written(shapes.plan_of(diary(), plan(MOVE), 0.0213, policy_version="1"))
    assert list(found)[:10] == [
        "window",
        "tier",
        "now",
        "plan_hash",
        "findings",
        "changes",
        "proposals",
        "remaining",
        "objective",
        "proof",
    ]
    assert found["window"] == {
        "from": "2026-11-23",
        "to": "2026-11-30",
        "time_zone": "Europe/London",
    }
    assert found["now"] == "2026-11-19T09:00:00Z"
    assert found["proposals"] == []
    assert found["objective"] == {
        "cost": 23,
        "must_missing": 15,
        "should_missing": 0,
        "people_told": 3,
        "meetings_changed": 1,
        "minutes_shifted": 20,
        "holds_disturbed": 0,
    }
    assert found["proof"] == {
        "optimal": True,
        "bound": [23, 15, 3, 1, 20, 0],
        "gap": 0,
        "seconds": 0.02,
    }
    assert [each["blocked_by"] for each in found["remaining"]] == [["a"], "many"]


def test_a_finding_has_the_fields_of_the_contract():
    assert written(shapes.finding_of(FINDING)) == {
        "id": "gap@2026-11-23T10:00:00Z",
        "rule": "gap",
        "severity": "must",
        "day": "2026-11-23",
        "start": "2026-11-23T10:00:00Z",
        "end": "2026-11-23T10:00:00Z",
        "missing": 10,
        "event_ids": ["a", "b"],
        "cite": "5.3 1(iii)",
        "message": "No time.",
    }


def test_a_moved_event_says_who_is_told_and_whether_they_agree():
    found = written(shapes.change_of(MOVE))
    assert list(found.items()) == [
        ("kind", "event.move"),
        ("event_id", "a@trust.example"),
        ("before", {"start": "2026-11-23T09:00:00Z", "end": "2026-11-23T10:00:00Z"}),
        ("after", {"start": "2026-11-23T09:20:00Z", "end": "2026-11-23T10:20:00Z"}),
        ("people_told", 3),
        ("mails", 3),
        ("agreement", "unknown"),
        ("because", ["gap@2026-11-23T10:00:00Z"]),
        ("message", "It leaves 10 minutes."),
    ]


def test_people_told_stands_on_every_change_of_an_event_even_when_nobody_is():
    shortened = replace(MOVE, kind=ChangeKind.EVENT_SHORTEN, people_told=0, mails=0, agreement=None)
    assert written(shapes.change_of(shortened))["people_told"] == 0


def test_a_new_hold_has_neither_a_before_nor_people():
    found = written(shapes.change_of(CREATE))
    assert list(found) == ["kind", "hold", "after", "because", "message"]
    removed = replace(
        CREATE, kind=ChangeKind.HOLD_DELETE, event_id="h", after=None, before=CREATE.after
    )
    assert list(written(shapes.change_of(removed))) == [
        "kind",
        "event_id",
        "hold",
        "before",
        "because",
        "message",
    ]


def test_the_hash_is_that_of_the_changes_in_canonical_json_with_versions_and_without_messages():
    text = (
        '[{"after":{"end":"2026-11-23T10:20:00Z","start":"2026-11-23T09:20:00Z"},'
        '"agreement":"unknown","because":["gap@2026-11-23T10:00:00Z"],'
        '"before":{"end":"2026-11-23T10:00:00Z","start":"2026-11-23T09:00:00Z"},'
        '"event_id":"a@trust.example","kind":"event.move","mails":3,"people_told":3,"version":"7"},'
        '{"after":{"end":"2026-11-23T15:00:00Z","start":"2026-11-23T13:00:00Z"},'
        '"because":["protected@2026-11-23"],"hold":"protected","kind":"hold.create"}]'
    )
    assert shapes.plan_hash([MOVE, CREATE]) == f"sha256:{sha256(text.encode()).hexdigest()}"


def test_the_hash_follows_what_would_be_written_and_nothing_else():
    same = replace(MOVE, message="Other words.", considered=())
    assert shapes.plan_hash([same]) == shapes.plan_hash([MOVE])
    others = [
        replace(MOVE, version="8"),
        replace(MOVE, after=Interval(at(9, 25), at(10, 25))),
        replace(MOVE, event_id="b"),
    ]
    assert len({shapes.plan_hash([each]) for each in [MOVE, *others]}) == 4


def test_an_occurrence_has_the_fields_of_the_contract_and_nothing_else():
    each = Occurrence(
        uid="a",
        start=at(9),
        end=at(10),
        scored_as=ScoredAs.APPOINTMENT,
        recurrence_id=at(8),
        organizer=True,
        other_people=3,
        resources=1,
        version="secret",
    )
    assert list(written(shapes.occurrence_of(each)).items()) == [
        ("id", "a/20261123T080000Z"),
        ("uid", "a"),
        ("recurrence_id", "2026-11-23T08:00:00Z"),
        ("start", "2026-11-23T09:00:00Z"),
        ("end", "2026-11-23T10:00:00Z"),
        ("all_day", False),
        ("show_as", "busy"),
        ("private", False),
        ("status", "confirmed"),
        ("organizer", True),
        ("other_people", 3),
        ("external", False),
        ("hold", None),
        ("firm", False),
        ("locked", False),
        ("scored_as", "appointment"),
    ]


def test_an_all_day_occurrence_has_plain_dates():
    day = date(2026, 11, 23)
    each = Occurrence("a", day, date(2026, 11, 24), ScoredAs.NONE, status=Status.TENTATIVE)
    found = written(shapes.occurrence_of(each))
    assert (found["start"], found["end"], found["all_day"]) == ("2026-11-23", "2026-11-24", True)
    assert found["recurrence_id"] is None


def test_seconds_are_written_and_fractions_dropped():
    paris = datetime(2026, 7, 1, 9, 30, 15, tzinfo=ZoneInfo("Europe/Paris"))
    assert shapes.say_moment(paris) == "2026-07-01T07:30:15Z"


def test_half_a_character_in_an_identifier_does_not_stop_the_answer():
    each = Occurrence("a\udce9", at(9), at(10), ScoredAs.APPOINTMENT)
    assert "a\ufffd" in shapes.to_json([shapes.occurrence_of(each)])
    assert shapes.plan_hash([replace(MOVE, event_id="a\udce9")]).startswith("sha256:")


def test_a_plan_reads_back_as_it_was_written():
    made = shapes.plan_of(diary(), plan(MOVE, CREATE), 0.5, policy_version="1", warnings=["x"])
    assert shapes.PlanResult.model_validate_json(shapes.to_json(made)) == made


def test_a_series_offer_is_written_with_its_change():
    offer = SeriesOffer("a", MOVE, weeks=3, mails=9, message="Once for all.")
    assert written(shapes.series_of(offer))["change"]["kind"] == "event.move"
