"""Undoing takes back what nobody has edited since, and says what it left."""

from dataclasses import replace
from datetime import timedelta

import pytest

from app.life import applying, proposing, reports, undoing
from app.life.errors import NoPlan, TooLate, WrongState
from app.life.reasons import Reason
from app.life.states import PlanState
from connectors.errors import EventChanged, SignInNeeded, Throttled, Unreachable
from tests.life.worlds import AFTER, BEFORE, at, changes_of, picture
from tests.servers.fixtures import on_sqlite


def applied(world) -> str:
    plan_id = world.accepted(changes_of(world.calendar))
    assert applying.apply(world.deployment, world.lease(), plan_id).state is PlanState.APPLIED
    return plan_id


def undo(world, plan_id):
    undoing.ask_undo(world.deployment, world.leader_id, plan_id)
    return undoing.undo(world.deployment, world.lease(), plan_id)


def new_hold(world, start) -> str:
    return next(
        each.id for each in world.calendar._events.values() if each.hold and each.start == start
    )


def drag(world, event_id: str, when) -> None:
    known = world.calendar.get(event_id)
    world.calendar.edit(event_id, replace(known, start=when.start, end=when.end))


def test_everything_goes_back(world):
    plan_id = applied(world)
    assert undo(world, plan_id).state is PlanState.UNDONE
    assert world.calendar.picture() == BEFORE
    rows = [each for each in BEFORE if each[0] in ("gap", "protected")]
    assert world.rows_of_holds() == rows
    assert reports.report(world.deployment, world.leader_id, plan_id).mails_not_unsent == 7


@on_sqlite
def test_undoing_again_does_nothing(world):
    plan_id = applied(world)
    first = undo(world, plan_id)
    told = list(world.calendar.told)
    assert undo(world, plan_id) == first
    assert (world.calendar.picture(), world.calendar.told) == (BEFORE, told)


def test_what_people_edited_since_stays_and_is_said(world):
    plan_id = applied(world)
    drag(world, "staff", at(25, "16:00", 50))
    drag(world, new_hold(world, at(23, "13:00").start), at(23, "15:00", 60))
    found = undo(world, plan_id)
    assert (found.state, found.reason) == (PlanState.PARTLY_UNDONE, Reason.CHANGED)
    assert world.calendar.picture() == picture(
        ("board", at(24, "10:00")),
        ("budget", at(24, "11:00")),
        ("staff", at(25, "16:00", 50)),
        ("protected", at(23, "15:00", 60)),
        ("gap", at(23, "09:00", 10)),
        ("protected", at(26, "09:00", 120)),
        ("theirs", at(27, "09:00")),
    )
    fates = reports.report(world.deployment, world.leader_id, plan_id).fates
    assert [each.undo_reason for each in fates if each.undo_reason] == [Reason.CHANGED] * 2
    assert {each.sentence for each in fates} == {"", "Somebody has edited the event since."}


@on_sqlite
def test_a_meeting_that_people_answered_since_goes_back(world):
    """An answer gives the meeting another version and changes nothing of its time."""
    plan_id = applied(world)
    world.calendar.edit("board", world.calendar.get("board"))
    assert undo(world, plan_id).state is PlanState.UNDONE


@on_sqlite
def test_a_new_hold_that_is_gone_leaves_nothing_to_undo(world):
    plan_id = applied(world)
    world.calendar.edit(new_hold(world, at(23, "13:00").start), None)
    assert undo(world, plan_id).state is PlanState.UNDONE
    assert world.calendar.picture() == BEFORE
    fates = reports.report(world.deployment, world.leader_id, plan_id).fates
    assert Reason.GONE in {each.undo_reason for each in fates}


@on_sqlite
def test_what_has_begun_stays(world):
    plan_id = applied(world)
    world.now = at(24, "10:30").start
    found = undo(world, plan_id)
    assert (found.state, found.reason) == (PlanState.PARTLY_UNDONE, Reason.OVER)
    assert world.calendar.picture() == picture(
        ("protected", at(23, "13:00", 120)),
        ("board", at(24, "15:00")),
        ("budget", at(24, "10:00")),
        ("staff", at(25, "14:00")),
        ("protected", at(26, "09:00", 120)),
        ("theirs", at(27, "09:00")),
    )


@on_sqlite
def test_nothing_is_undone_after_35_days(world):
    plan_id = applied(world)
    world.now += timedelta(days=35)
    with pytest.raises(TooLate):
        undoing.ask_undo(world.deployment, world.leader_id, plan_id)
    assert undoing.undo(world.deployment, world.lease(), plan_id).state is PlanState.APPLIED
    assert world.calendar.picture() == AFTER


@on_sqlite
def test_only_what_was_begun_can_be_undone_and_only_by_its_leader(new_world):
    world, other = new_world(), new_world()
    plan_id = world.keep(changes_of(world.calendar))
    with pytest.raises(WrongState):
        undoing.ask_undo(world.deployment, world.leader_id, plan_id)
    proposing.decline(world.deployment, world.leader_id, plan_id)
    with pytest.raises(WrongState):
        undoing.ask_undo(world.deployment, world.leader_id, plan_id)
    with pytest.raises(NoPlan):
        undoing.ask_undo(world.deployment, other.leader_id, plan_id)


@on_sqlite
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("number", range(1, 8))
def test_a_silent_server_is_asked_again(world, number, after):
    plan_id = applied(world)
    calls = []

    def silent(change) -> None:
        calls.append(change)
        if len(calls) == number:
            raise Throttled("slow down", 42.0) if number % 2 else Unreachable("no answer")

    setattr(world.calendar, "after_make" if after else "before_make", silent)
    first = undo(world, plan_id)
    assert first.state is PlanState.UNDOING
    assert first.again_after
    assert undo(world, plan_id).state is PlanState.UNDONE
    assert world.calendar.picture() == BEFORE
    assert len(world.calendar.told) == 14
    assert world.counted() == 14


@on_sqlite
def test_a_revoked_token_stops_it_until_the_leader_signs_in(world):
    plan_id = applied(world)
    calls = []

    def revoked(change) -> None:
        calls.append(change)
        if len(calls) > 2:
            raise SignInNeeded("revoked")

    world.calendar.before_make = revoked
    found = undo(world, plan_id)
    assert (found.state, found.reason) == (PlanState.PARTLY_UNDONE, Reason.SIGN_IN)
    world.alive()
    assert applying.take_up(world.deployment, world.lease()) == (plan_id,)
    assert undoing.undo(world.deployment, world.lease(), plan_id).state is PlanState.UNDONE
    assert world.calendar.picture() == BEFORE


@on_sqlite
def test_one_refusal_does_not_keep_the_rest(world):
    plan_id = applied(world)

    def refuse(change) -> None:
        if change.event_id == "staff":
            raise EventChanged

    world.calendar.before_make = refuse
    assert undo(world, plan_id).state is PlanState.PARTLY_UNDONE
    there, before = world.calendar.picture(), BEFORE
    assert [each for each in there if each not in before] == picture(("staff", at(25, "14:00", 50)))


@on_sqlite
@pytest.mark.parametrize("error", [SignInNeeded, Unreachable])
def test_what_has_begun_since_the_first_try_to_undo_stays(world, error):
    board = [each for each in changes_of(world.calendar) if each.event_id == "board"]
    plan_id = world.accepted(board)
    assert applying.apply(world.deployment, world.lease(), plan_id).state is PlanState.APPLIED
    there, told = world.calendar.picture(), list(world.calendar.told)

    def silent(change):
        raise error("no answer")

    world.calendar.before_make = silent
    undo(world, plan_id)
    world.alive()
    world.now = at(24, "15:30").start
    applying.take_up(world.deployment, world.lease())
    found = undoing.undo(world.deployment, world.lease(), plan_id)
    assert found.state is PlanState.PARTLY_UNDONE
    assert world.calendar.picture() == there
    assert world.calendar.told == told


@on_sqlite
def test_what_was_taken_back_before_it_began_is_found_out(world):
    """The answer was lost; half an hour into the meeting it is looked for, not asked again."""
    board = [each for each in changes_of(world.calendar) if each.event_id == "board"]
    plan_id = world.accepted(board)
    applying.apply(world.deployment, world.lease(), plan_id)

    def lost(change):
        raise Unreachable("the answer was lost")

    world.calendar.after_make = lost
    undo(world, plan_id)
    world.alive()
    told = list(world.calendar.told)
    world.now = at(24, "15:30").start
    found = undoing.undo(world.deployment, world.lease(), plan_id)
    assert found.state is PlanState.UNDONE
    assert world.calendar.told == told
