"""What cannot be written takes with it what counts on it, and nothing else."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from app.services import undo as undoing
from app.services.apply import DEPENDS, apply
from app.services.errors import BadInput, StalePlan
from app.services.plan import plan
from app.services.read import Ask, OpenDiary, read
from app.services.source import Source
from connectors import icalendar
from connectors.base import Skipped
from rules.change import Change, ChangeKind
from rules.event import Kind
from rules.planner.plan import Tier
from tests.cli.conftest import BUSY_MONDAY, calendar

ASK = Ask(
    now=datetime(2026, 11, 19, 9, tzinfo=UTC),
    me=("leader@trust.example",),
    start=date(2026, 11, 23),
    end=date(2026, 11, 24),
)
SOURCE = Source("diary.ics", calendar(*BUSY_MONDAY))


@pytest.fixture
def opened() -> OpenDiary:
    return read([SOURCE], ASK)


def test_the_plan_that_was_read_is_the_plan_that_is_written(opened: OpenDiary):
    planned = plan(opened, Tier.MOVE)
    applied = apply(opened, Tier.MOVE, expected=planned.hash)
    assert applied.applied == planned.plan.changes
    after = read([replace(SOURCE, content=applied.content)], ASK)
    assert {(each.start, each.end, each.scored_as) for each in after.diary.occurrences} == {
        (each.start, each.end, each.scored_as) for each in planned.after.occurrences
    }


def test_another_hash_writes_nothing(opened: OpenDiary):
    with pytest.raises(StalePlan, match="out of date"):
        apply(opened, Tier.MOVE, expected="sha256:0")
    with pytest.raises(StalePlan):
        apply(opened, Tier.MOVE, expected=plan(opened, Tier.HOLDS).hash)


def test_several_files_are_one_too_many():
    two = read([SOURCE, Source("more.ics", calendar())], ASK)
    with pytest.raises(BadInput, match="one file at a time"):
        apply(two)


def test_a_hold_in_time_that_was_not_freed_is_not_written_either(
    opened: OpenDiary, monkeypatch: pytest.MonkeyPatch
):
    planned = plan(opened, Tier.SHORTEN)
    refused = next(each for each in planned.plan.changes if each.kind is ChangeKind.EVENT_SHORTEN)
    freed = [
        each
        for each in planned.plan.changes
        if each.hold is Kind.GAP and each.after and refused.after
        if each.after.start == refused.after.end
    ]
    assert freed
    real = icalendar.apply

    def refuse(files, changes: list[Change], **more):
        written = real(files, [each for each in changes if each != refused], **more)
        return replace(written, skipped=(*written.skipped, Skipped(refused, "Not this one.")))

    monkeypatch.setattr(icalendar, "apply", refuse)
    applied = apply(opened, Tier.SHORTEN)
    reasons = {each.change: each.reason for each in applied.skipped}
    assert reasons == {refused: "Not this one."} | dict.fromkeys(freed, DEPENDS)
    assert set(applied.applied) == set(planned.plan.changes) - set(reasons)
    assert undoing.undo(applied.content, applied.undo).content == SOURCE.content


def test_the_bytes_and_the_way_back_are_in_no_printed_form(opened: OpenDiary):
    applied = apply(opened)
    assert "Marker" in applied.content.decode()
    assert "Marker" not in repr(applied)
    assert "Marker" not in repr(opened)
    assert "Marker" not in repr(SOURCE)


def test_new_holds_have_identifiers_of_their_own(opened: OpenDiary):
    applied = apply(opened, Tier.MOVE)
    after = read([replace(SOURCE, content=applied.content)], ASK).diary.occurrences
    made = [each.uid for each in after if each.hold]
    assert len(set(made)) == len(made) > 1
    assert all(each.startswith("clearway-") for each in made)


def test_without_the_leader_s_address_it_is_said_that_no_meeting_can_change():
    nameless = read([SOURCE], replace(ASK, me=()))
    assert any("address" in note for note in plan(nameless, Tier.MOVE).notes)
    assert plan(nameless, Tier.HOLDS).notes == ()


def test_a_plan_without_time_is_honest_about_it(opened: OpenDiary):
    made = plan(opened, Tier.MOVE, budget=0).plan
    assert made.proof.bound <= made.objective.numbers
    assert made.proof.optimal == (made.proof.bound == made.objective.numbers)
    assert made.proof.gap == made.objective.numbers.cost - made.proof.bound.cost
