"""A plan is written once or refused whole, whatever the calendar's server does in between."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest

from app.life import applying, journal, reports, undoing
from app.life.journal import Direction
from app.life.reasons import Reason
from app.life.states import PlanState
from app.people.history import What, page
from app.people.settings import LeaderSettings, Mode
from app.storage import connections
from app.storage.leases import LostLease
from connectors.errors import (
    BadAnswer,
    EventChanged,
    EventGone,
    NotPossible,
    PermissionMissing,
    SignInNeeded,
    Throttled,
    Unreachable,
)
from rules.change import ChangeKind
from rules.event import Kind
from tests.life.worlds import AFTER, BEFORE, TOLD, at, changes_of, hold, meeting, picture
from tests.life.worlds import say as say_span
from tests.servers.fixtures import on_sqlite

COUNT = 7


def apply(world, plan_id):
    return applying.apply(world.deployment, world.lease(), plan_id)


def trouble(number: int, error: Exception, times: int = 1):
    """Raises at the change with this number (from 1 on), and so often."""
    seen = {"calls": 0, "raised": 0}

    def raising(change) -> None:
        seen["calls"] += 1
        if seen["calls"] >= number and seen["raised"] < times:
            seen["raised"] += 1
            raise error

    return raising


def history(world) -> list[What]:
    return [each.what for each in page(world.deployment, world.leader_id).entries]


def test_a_plan_is_written_and_verified(world):
    plan_id = world.accepted(changes_of(world.calendar))
    assert apply(world, plan_id).state is PlanState.APPLIED
    assert world.calendar.picture() == AFTER
    assert Counter(world.calendar.told) == TOLD
    assert history(world)[0] is What.PLAN_APPLIED
    kept = world.kept(plan_id)
    assert kept.undo_until == world.now + timedelta(days=35)


@on_sqlite
def test_applying_again_does_nothing(world):
    plan_id = world.accepted(changes_of(world.calendar))
    first = apply(world, plan_id)
    told = list(world.calendar.told)
    assert apply(world, plan_id) == first
    assert (world.calendar.picture(), world.calendar.told) == (AFTER, told)


@on_sqlite
def test_what_was_not_accepted_is_not_written(world):
    plan_id = world.keep(changes_of(world.calendar))
    assert apply(world, plan_id).state is PlanState.PROPOSED
    assert world.calendar.picture() == BEFORE


# --- refused whole ------------------------------------------------------------------------------


def move_board(world) -> None:
    known = world.calendar.get("board")
    world.calendar.edit(
        "board", replace(known, start=at(24, "12:00").start, end=at(24, "13:00").start)
    )


STALE = {
    "a meeting was moved": (move_board, Reason.CHANGED),
    "a meeting was edited": (
        lambda world: world.calendar.edit("staff", world.calendar.get("staff")),
        Reason.CHANGED,
    ),
    "a meeting is gone": (lambda world: world.calendar.edit("staff", None), Reason.GONE),
    "a hold is gone": (lambda world: world.calendar.edit("old-gap", None), Reason.GONE),
    "a new meeting is where a hold would be": (
        lambda world: world.calendar.edit("new", meeting("new", at(23, "14:00"))),
        Reason.TAKEN,
    ),
    "own time is where a meeting would go": (
        lambda world: world.calendar.edit("own", meeting("own", at(24, "15:30"), 0)),
        Reason.TAKEN,
    ),
    "part of it has begun": (
        lambda world: setattr(world, "now", at(23, "14:00").start),
        Reason.BEGUN,
    ),
    "other hours were chosen": (
        lambda world: world.choose(
            settings=LeaderSettings(time_zone="Europe/London", hours="Mon-Fri 10:00-16:00")
        ),
        Reason.SETTINGS,
    ),
    "the leader is paused": (
        lambda world: world.rest(paused_until=world.now + timedelta(days=1)),
        Reason.PAUSED,
    ),
}


@on_sqlite
@pytest.mark.parametrize("what", STALE)
def test_a_plan_that_no_longer_fits_is_refused_whole(world, what):
    happens, reason = STALE[what]
    plan_id = world.accepted(changes_of(world.calendar))
    happens(world)
    before = world.calendar.picture()
    assert applying.rehearse(world.deployment, world.leader_id, plan_id) is reason
    found = apply(world, plan_id)
    assert (found.state, found.reason) == (PlanState.STALE, reason)
    assert (world.calendar.picture(), world.calendar.told) == (before, [])
    assert not journal.read(world.deployment, plan_id, Direction.APPLY)
    assert history(world)[0] is What.PLAN_STALE


@on_sqlite
def test_a_meeting_that_is_too_near_by_now_is_not_changed(world):
    board = [each for each in changes_of(world.calendar) if each.event_id == "board"]
    plan_id = world.accepted(board)
    world.now = at(23, "10:30").start
    found = apply(world, plan_id)
    assert (found.state, found.reason) == (PlanState.STALE, Reason.BEGUN)


@on_sqlite
def test_a_hold_that_has_begun_can_still_go(world):
    gap = [each for each in changes_of(world.calendar) if each.event_id == "old-gap"]
    plan_id = world.accepted(gap)
    world.now = at(23, "09:05").start
    assert apply(world, plan_id).state is PlanState.APPLIED


@on_sqlite
def test_settings_that_a_plan_does_not_rest_on_may_change(world):
    plan_id = world.accepted(changes_of(world.calendar))
    world.choose(Mode.AUTO, LeaderSettings(time_zone="Europe/London", titles=False))
    assert apply(world, plan_id).state is PlanState.APPLIED


@on_sqlite
def test_what_lay_there_when_the_plan_was_made_is_no_surprise(world):
    """A gap hold beside a private appointment that overlaps it, say."""
    world.calendar.edit("old", hold("old", Kind.BREAK, at(24, "11:00", 30)))
    plan_id = world.accepted(changes_of(world.calendar))
    assert apply(world, plan_id).state is PlanState.APPLIED


# --- faults -------------------------------------------------------------------------------------

LATER = [Unreachable("no answer"), Throttled("slow down", 42.0), BadAnswer("what?")]


@on_sqlite
@pytest.mark.parametrize("error", LATER, ids=lambda each: type(each).__name__)
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("number", range(1, COUNT + 1))
def test_a_silent_server_is_asked_again_and_nothing_is_done_twice(world, number, after, error):
    """Whether the change had been made when the answer was lost, or not."""
    plan_id = world.accepted(changes_of(world.calendar))
    setattr(world.calendar, "after_make" if after else "before_make", trouble(number, error))
    first = apply(world, plan_id)
    assert first.state is PlanState.APPLYING
    assert first.again_after == (42.0 if isinstance(error, Throttled) else 5.0)
    assert apply(world, plan_id).state is PlanState.APPLIED
    assert (world.calendar.picture(), Counter(world.calendar.told)) == (AFTER, TOLD)
    assert world.counted() == len(world.calendar.told)


@on_sqlite
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("number", [1, 4, 7])
def test_a_plan_with_a_lost_answer_can_be_undone(world, number, after):
    plan_id = world.accepted(changes_of(world.calendar))
    lost = trouble(number, Unreachable("no answer"))
    setattr(world.calendar, "after_make" if after else "before_make", lost)
    apply(world, plan_id)
    undoing.ask_undo(world.deployment, world.leader_id, plan_id)
    assert undoing.undo(world.deployment, world.lease(), plan_id).state is PlanState.UNDONE
    assert world.calendar.picture() == BEFORE
    told = Counter(uid for uid, _ in world.calendar.told)
    assert all(
        count in (0, 2 * world.calendar.get(uid).other_people) for uid, count in told.items()
    )


NO = {
    EventChanged(): Reason.CHANGED,
    EventGone(): Reason.GONE,
    NotPossible("no"): Reason.NOT_POSSIBLE,
    PermissionMissing("no"): Reason.NOT_ALLOWED,
}


@on_sqlite
@pytest.mark.parametrize("error", NO, ids=lambda each: type(each).__name__)
def test_a_definite_no_leaves_one_change_out_and_what_depends_on_it(world, error):
    """`board` does not make room, so `budget` stays, and so does what was to come in its place."""

    def refuse(change) -> None:
        if change.event_id == "board":
            raise error

    plan_id = world.accepted(changes_of(world.calendar))
    world.calendar.before_make = refuse
    found = apply(world, plan_id)
    assert (found.state, found.reason) == (PlanState.PARTLY_APPLIED, NO[error])
    assert world.calendar.picture() == picture(
        ("board", at(24, "10:00")),
        ("budget", at(24, "11:00")),
        ("protected", at(23, "13:00", 120)),
        ("staff", at(25, "14:00", 50)),
        ("protected", at(26, "13:00", 120)),
        ("theirs", at(27, "09:00")),
    )
    fates = reports.report(world.deployment, world.leader_id, plan_id).fates
    left = {each.change.event_id or each.change.hold: each.reason for each in fates if each.reason}
    assert left == {"board": NO[error], "budget": Reason.DEPENDS, Kind.GAP: Reason.DEPENDS}
    world.alive()
    undoing.ask_undo(world.deployment, world.leader_id, plan_id)
    assert undoing.undo(world.deployment, world.lease(), plan_id).state is PlanState.UNDONE
    assert world.calendar.picture() == BEFORE


@on_sqlite
def test_where_everything_is_refused_nothing_was_written(world):
    plan_id = world.accepted(changes_of(world.calendar))
    world.calendar.before_make = trouble(1, NotPossible("read only"), times=99)
    found = apply(world, plan_id)
    assert (found.state, found.reason) == (PlanState.STALE, Reason.NOT_POSSIBLE)
    assert world.calendar.picture() == BEFORE


@on_sqlite
def test_a_hold_that_vanished_by_an_answer_that_was_lost_counts_as_removed(world):
    """The first try removed it, the second is told that it is gone."""
    plan_id = world.accepted(changes_of(world.calendar))

    def twice(change) -> None:
        if change.kind is ChangeKind.HOLD_DELETE:
            world.calendar.edit(change.event_id, None)

    world.calendar.before_make = twice
    assert apply(world, plan_id).state is PlanState.APPLIED
    undoing.ask_undo(world.deployment, world.leader_id, plan_id)
    world.alive()
    undoing.undo(world.deployment, world.lease(), plan_id)
    assert world.calendar.picture() == BEFORE


@pytest.mark.parametrize("number", [1, 3])
def test_a_token_revoked_in_mid_plan_stops_it_until_the_leader_signs_in(world, number):
    plan_id = world.accepted(changes_of(world.calendar))
    world.calendar.before_make = trouble(number, SignInNeeded("revoked"), times=99)
    stopped = apply(world, plan_id)
    nothing = number == 1
    state = PlanState.STALE if nothing else PlanState.PARTLY_APPLIED
    assert (stopped.state, stopped.reason) == (state, Reason.SIGN_IN)
    assert len(world.calendar.told) in (0, 3)
    world.alive()
    assert applying.take_up(world.deployment, world.lease()) == (() if nothing else (plan_id,))
    again = apply(world, plan_id)
    assert again.state is (PlanState.STALE if nothing else PlanState.PARTLY_APPLIED)
    if nothing:
        return
    # the connection still waits for the leader, so the diary is not whole
    with world.database.transaction() as session:
        connections.change(session, world.connection_id, state="active")
    applying.take_up(world.deployment, world.lease())
    assert apply(world, plan_id).state is PlanState.APPLIED
    assert (world.calendar.picture(), Counter(world.calendar.told)) == (AFTER, TOLD)


@on_sqlite
def test_a_server_that_never_answers_is_given_up_and_what_is_there_is_said(world):
    plan_id = world.accepted(changes_of(world.calendar))
    world.calendar.before_make = trouble(4, Unreachable("no answer"), times=99)
    calls = 1
    found = apply(world, plan_id)
    while found.again_after is not None:
        found = apply(world, plan_id)
        calls += 1
    assert calls == 10
    assert (found.state, found.reason) == (PlanState.PARTLY_APPLIED, Reason.UNREACHABLE)
    assert Counter(world.calendar.told) == {("board", say_of("board", world)): 3}
    world.alive()
    undoing.ask_undo(world.deployment, world.leader_id, plan_id)
    assert undoing.undo(world.deployment, world.lease(), plan_id).state is PlanState.UNDONE
    assert world.calendar.picture() == BEFORE


def say_of(uid: str, world) -> str:
    return dict(world.calendar.picture())[uid]


@on_sqlite
def test_a_calendar_that_cannot_be_read_leaves_the_plan_as_it_is(world):
    plan_id = world.accepted(changes_of(world.calendar))

    def silent() -> None:
        raise Unreachable("no answer")

    world.calendar.before_read = silent
    found = apply(world, plan_id)
    assert found.state is PlanState.ACCEPTED
    assert found.again_after
    world.alive()
    assert apply(world, plan_id).state is PlanState.APPLIED


@on_sqlite
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_nothing_is_made_whose_time_has_come_meanwhile(world, after):
    """The answer about the new hold is lost, and the next attempt comes after the hold began."""
    new = [each for each in changes_of(world.calendar) if each.kind is ChangeKind.HOLD_CREATE]
    plan_id = world.accepted(new)
    lost = trouble(1, Unreachable("no answer"))
    setattr(world.calendar, "after_make" if after else "before_make", lost)
    apply(world, plan_id)
    world.now = at(23, "13:30").start
    found = apply(world, plan_id)
    there = ("protected", say_span(at(23, "13:00", 120))) in world.calendar.picture()
    assert there is after
    assert found.state is (PlanState.APPLIED if after else PlanState.PARTLY_APPLIED)
    assert found.reason is (None if after else Reason.BEGUN)


@on_sqlite
def test_what_is_not_as_it_was_written_is_a_conflict(world):
    """Somebody drags a meeting before the calendar is looked at once more."""
    plan_id = world.accepted(changes_of(world.calendar))
    reads = []

    def drag() -> None:
        reads.append(1)
        if len(reads) == 2:
            move_board(world)

    world.calendar.before_read = drag
    found = apply(world, plan_id)
    assert (found.state, found.reason) == (PlanState.CONFLICTED, Reason.CHANGED)
    world.alive()
    undoing.ask_undo(world.deployment, world.leader_id, plan_id)
    back = undoing.undo(world.deployment, world.lease(), plan_id)
    assert (back.state, back.reason) == (PlanState.PARTLY_UNDONE, Reason.CHANGED)
    assert say_of("board", world) == dict(picture(("board", at(24, "12:00"))))["board"]


# --- one at a time ------------------------------------------------------------------------------


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_worker_that_slept_through_its_lease_does_no_harm(world, after):
    """While it sleeps in the middle of a change, another one does all the work."""
    plan_id = world.accepted(changes_of(world.calendar))
    seen = []

    def sleep(change) -> None:
        seen.append(change)
        if len(seen) == 3:
            assert apply(world, plan_id).state is PlanState.APPLIED

    setattr(world.calendar, "after_make" if after else "before_make", sleep)
    with pytest.raises(LostLease):
        apply(world, plan_id)
    assert (world.calendar.picture(), Counter(world.calendar.told)) == (AFTER, TOLD)
    assert world.kept(plan_id).state is PlanState.APPLIED
    assert world.counted() == len(world.calendar.told)


def test_undo_that_is_asked_for_in_the_middle_stops_applying(world):
    plan_id = world.accepted(changes_of(world.calendar))
    seen = []

    def ask(change) -> None:
        seen.append(change)
        if len(seen) == 3:
            undoing.ask_undo(world.deployment, world.leader_id, plan_id)

    world.calendar.before_make = ask
    assert apply(world, plan_id).state is PlanState.UNDOING
    assert len(seen) == 3
    world.alive()
    assert undoing.undo(world.deployment, world.lease(), plan_id).state is PlanState.UNDONE
    assert world.calendar.picture() == BEFORE
