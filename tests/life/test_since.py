"""What a leader chooses while a plan is accepted or in hand binds the rest of it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import update

from app.life import applying, locks, overrides, proposing, releasing, undoing
from app.life.proposing import Wish
from app.life.reasons import Reason
from app.life.states import Origin, PlanState
from app.people import leaders
from app.people.settings import LeaderSettings, Mode
from app.shapes import plan_hash
from app.storage import overrides as stored
from app.storage.leases import LostLease
from app.storage.tables import Connection, Plan
from connectors.errors import SignInNeeded, Unreachable
from rules.change import Change, ChangeKind
from rules.event import Kind
from tests.life.people import create, row_at, rows, write
from tests.life.worlds import AFTER, BEFORE, MONDAY, World, at, changes_of, picture
from tests.servers.fixtures import on_sqlite

pytestmark = on_sqlite
WHEN = at(23, "13:00", 120)
HOLD = create(Kind.PROTECTED, WHEN)
PROTECTED = LeaderSettings(time_zone="Europe/London", auto=frozenset({Kind.PROTECTED}))


def apply(world: World, plan_id: str):
    return applying.apply(world.deployment, world.lease(), plan_id)


def undo(world: World, plan_id: str):
    undoing.ask_undo(world.deployment, world.leader_id, plan_id)
    return undoing.undo(world.deployment, world.lease(), plan_id)


def look_only(world: World) -> None:
    leaders.change_mode(world.deployment, world.leader_id, Mode.OBSERVE)


def pause(world: World) -> None:
    leaders.pause(world.deployment, world.leader_id, leaders.Stretch.DAY)


def leave(world: World) -> None:
    leaders.leave(world.deployment, world.leader_id)


def reconnected(world: World) -> None:
    with world.database.transaction() as session:
        mine = Connection.leader_id == world.leader_id
        session.execute(update(Connection).where(mine).values(state="active"))


def stopped_half_way(world: World) -> str:
    """The meetings are still where they were, and the calendar answers again."""
    plan_id = world.accepted(changes_of(world.calendar))

    def refuse(change: Change) -> None:
        if change.kind is ChangeKind.EVENT_MOVE:
            raise SignInNeeded("revoked")

    world.calendar.before_make = refuse
    assert apply(world, plan_id).state is PlanState.PARTLY_APPLIED
    world.alive()
    reconnected(world)
    return plan_id


CHOICES = [(look_only, Reason.LOOKS), (pause, Reason.PAUSED), (leave, Reason.PAUSED)]


@pytest.mark.parametrize(("choose", "reason"), CHOICES)
def test_a_plan_that_was_accepted_before_is_refused(world, choose, reason):
    plan_id = world.accepted(changes_of(world.calendar))
    choose(world)
    found = apply(world, plan_id)
    assert (found.state, found.reason) == (PlanState.STALE, reason)
    assert world.calendar.picture() == BEFORE


@pytest.mark.parametrize(("choose", "reason"), CHOICES)
def test_a_plan_in_hand_goes_no_further(world, choose: Callable[[World], None], reason):
    plan_id = world.accepted(changes_of(world.calendar))
    made: list[Change] = []

    def chosen(change: Change) -> None:
        made.append(change)
        if len(made) == 2:
            choose(world)

    world.calendar.after_make = chosen
    found = apply(world, plan_id)
    assert (found.state, found.reason) == (PlanState.PARTLY_APPLIED, reason)
    assert len(made) == 2
    # what was made can be taken back all the same
    world.alive()
    assert undo(world, plan_id).state is PlanState.UNDONE
    assert world.calendar.picture() == BEFORE


@pytest.mark.parametrize(("choose", "reason"), CHOICES)
def test_a_plan_that_stopped_does_not_go_on(world, choose, reason):
    plan_id = stopped_half_way(world)
    told = list(world.calendar.told)
    choose(world)
    applying.take_up(world.deployment, world.lease())
    found = apply(world, plan_id)
    assert (found.state, found.reason) == (PlanState.PARTLY_APPLIED, reason)
    assert world.calendar.told == told


@pytest.mark.parametrize(("choose", "reason"), CHOICES)
def test_a_step_that_may_have_been_made_is_looked_for_and_not_made(world, choose, reason):
    """Its first try never reached the calendar."""
    plan_id = world.accepted(changes_of(world.calendar))

    def silent(change: Change) -> None:
        if change.kind is ChangeKind.EVENT_MOVE:
            raise Unreachable("no answer")

    world.calendar.before_make = silent
    assert apply(world, plan_id).state is PlanState.APPLYING
    world.alive()
    told = list(world.calendar.told)
    choose(world)
    found = apply(world, plan_id)
    assert (found.state, found.reason) == (PlanState.PARTLY_APPLIED, reason)
    assert world.calendar.told == told
    assert undo(world, plan_id).state is PlanState.UNDONE
    assert world.calendar.picture() == BEFORE


def test_what_is_locked_since_stays_and_the_rest_goes_on(world):
    plan_id = stopped_half_way(world)
    locks.lock(world.deployment, world.leader_id, world.calendar.get("staff"))
    applying.take_up(world.deployment, world.lease())
    assert apply(world, plan_id).state is PlanState.PARTLY_APPLIED
    assert {name for name, _ in world.calendar.told} == {"board", "budget"}


def test_other_settings_end_what_was_not_begun(world):
    plan_id = stopped_half_way(world)
    world.choose(Mode.PROPOSE, LeaderSettings(time_zone="Europe/Paris"))
    applying.take_up(world.deployment, world.lease())
    found = apply(world, plan_id)
    assert (found.state, found.reason) == (PlanState.PARTLY_APPLIED, Reason.SETTINGS)


def test_a_plan_goes_on_for_a_week_and_no_longer(world):
    plan_id = stopped_half_way(world)
    with world.database.transaction() as session:
        long_ago = world.now - timedelta(days=8)
        session.execute(update(Plan).where(Plan.id == plan_id).values(made_at=long_ago))
    applying.take_up(world.deployment, world.lease())
    found = apply(world, plan_id)
    assert (found.state, found.reason) == (PlanState.PARTLY_APPLIED, Reason.EXPIRED)


def test_a_plan_that_has_run_out_is_not_begun(world):
    plan_id = world.accepted([HOLD])
    with world.database.transaction() as session:
        session.execute(update(Plan).where(Plan.id == plan_id).values(expires_at=world.now))
    found = apply(world, plan_id)
    assert (found.state, found.reason) == (PlanState.STALE, Reason.EXPIRED)


def test_a_kind_that_was_switched_off_again_is_not_placed(world):
    world.choose(Mode.AUTO, PROTECTED)
    offer = propose(world)
    world.choose(Mode.AUTO, LeaderSettings(time_zone="Europe/London"))
    found = apply(world, offer.accepted)
    assert (found.state, found.reason) == (PlanState.STALE, Reason.SETTINGS)
    assert world.calendar.picture() == BEFORE


def propose(world: World):
    lease = world.lease()
    return proposing.propose(world.deployment, lease, Wish(start=MONDAY))


# --- answers that were lost -----------------------------------------------------------------------


def lost_and_then_refused(world: World) -> str:
    """A hold whose answer was lost, and a second try that was turned away at the door."""
    plan_id = world.accepted([HOLD])
    world.calendar.after_make = raising(Unreachable("lost"))
    apply(world, plan_id)
    world.alive()
    world.calendar.before_make = raising(SignInNeeded("revoked"))
    assert apply(world, plan_id).state is PlanState.PARTLY_APPLIED
    world.alive()
    return plan_id


def raising(error: Exception) -> Callable[[Change], None]:
    def fail(change: Change) -> None:
        raise error

    return fail


def test_a_step_that_was_tried_stays_known_as_such(world):
    plan_id = lost_and_then_refused(world)
    # the connection still waits for its leader
    applying.take_up(world.deployment, world.lease())
    world.calendar.before_read = lambda: raising(SignInNeeded("revoked"))(HOLD)
    assert apply(world, plan_id).state is PlanState.PARTLY_APPLIED
    world.alive()
    reconnected(world)
    assert undo(world, plan_id).state is PlanState.UNDONE
    assert world.calendar.picture() == BEFORE


def test_a_hold_of_a_lost_answer_that_somebody_moved_is_theirs(world):
    plan_id = world.accepted([HOLD])
    world.calendar.after_make = raising(Unreachable("lost"))
    apply(world, plan_id)
    world.alive()
    (new,) = [each for each in world.calendar._events.values() if each.id.startswith("hold-")]
    drag(world, new.id, at(23, "15:30", 120))
    assert apply(world, plan_id).state is PlanState.CONFLICTED
    found = undo(world, plan_id)
    assert (found.state, found.reason) == (PlanState.PARTLY_UNDONE, Reason.CHANGED)
    assert world.calendar.get(new.id).span == at(23, "15:30", 120)


def drag(world: World, event_id: str, when) -> None:

    known = world.calendar.get(event_id)
    world.calendar.edit(event_id, replace(known, start=when.start, end=when.end))


def test_no_hold_is_made_twice_by_two_plans(world):
    world.choose(Mode.AUTO, PROTECTED)
    first = propose(world).accepted
    world.calendar.before_make = raising(Unreachable("no answer"))
    assert apply(world, first).state is PlanState.APPLYING
    assert propose(world) == proposing.Offer(), "the first one is still in hand"
    world.alive()
    assert apply(world, first).state is PlanState.APPLIED
    holds = [(each.kind, each.starts_at) for each in rows(world)]
    assert len(holds) == len(set(holds)) > 0


# --- taken back -----------------------------------------------------------------------------------


def test_what_was_never_made_of_a_plan_without_asking_does_not_come_again(world):
    world.choose(Mode.AUTO, PROTECTED)
    plan_id = propose(world).accepted
    made: list[Change] = []

    def fail(change: Change) -> None:
        made.append(change)
        if len(made) > 1:
            raise Unreachable("no answer")

    world.calendar.before_make = fail
    apply(world, plan_id)
    world.alive()
    assert undo(world, plan_id).state is PlanState.UNDONE
    assert propose(world).accepted is None


def test_taking_back_again_and_again_is_one_decision(world):
    wanted = [HOLD, create(Kind.PROTECTED, at(25, "09:00", 60))]
    world.choose(Mode.AUTO, PROTECTED)
    plan_id = world.keep(wanted, Wish(origin=Origin.AUTO))
    proposing.accept(world.deployment, world.leader_id, plan_id, plan_hash(wanted))
    assert apply(world, plan_id).state is PlanState.APPLIED
    undoing.ask_undo(world.deployment, world.leader_id, plan_id)

    def refuse(change: Change) -> None:
        if change.before == HOLD.after:
            raise SignInNeeded("revoked")

    world.calendar.before_make = refuse
    for _ in range(3):
        assert undoing.undo(world.deployment, world.lease(), plan_id).state == "partly_undone"
        applying.take_up(world.deployment, world.lease())
    with world.database.transaction() as session:
        assert len(overrides.of_leader(session, world.leader_id, world.now)) == 2


def test_nothing_is_owed_for_a_hold_that_is_there_again(world):
    write(world, HOLD)
    (hold,) = [each for each in rows(world) if each.starts_at == HOLD.starts]
    plan_id = releasing.give_up(world.deployment, world.leader_id, hold.id)
    assert apply(world, plan_id).state is PlanState.APPLIED
    assert undo(world, plan_id).state is PlanState.UNDONE
    with world.database.transaction() as session:
        assert not stored.owed(session, world.leader_id, world.now)
        assert not overrides.of_leader(session, world.leader_id, world.now)


def test_a_worker_that_slept_through_an_undo_leaves_nothing(world):
    """It wakes in the middle of a write, when another one has undone the plan."""
    plan_id = world.accepted([HOLD])
    asleep: list[bool] = []

    def sleep(change: Change) -> None:
        if not asleep:
            asleep.append(True)
            undoing.ask_undo(world.deployment, world.leader_id, plan_id)
            found = undoing.undo(world.deployment, world.lease(), plan_id)
            assert found.state is PlanState.UNDONE

    world.calendar.before_make = sleep
    with pytest.raises(LostLease):
        apply(world, plan_id)
    assert world.calendar.picture() != BEFORE, "it has made the hold after all"
    assert world.kept(plan_id).state is PlanState.UNDOING
    found = undoing.undo(world.deployment, world.lease(), plan_id)
    assert found.state is PlanState.UNDONE
    assert world.calendar.picture() == BEFORE


def test_everything_chosen_in_time_changes_nothing_else(world):
    """The usual way is as it was."""
    plan_id = stopped_half_way(world)
    applying.take_up(world.deployment, world.lease())
    assert apply(world, plan_id).state is PlanState.APPLIED
    assert world.calendar.picture() == AFTER


def test_a_hold_that_was_made_before_a_pause_is_known(world):
    """The answer was lost, then the leader paused: it is found in the calendar, not made again."""
    plan_id = world.accepted([HOLD])

    def lost(change: Change) -> None:
        raise Unreachable("the answer was lost")

    world.calendar.after_make = lost
    apply(world, plan_id)
    world.alive()
    pause(world)
    assert apply(world, plan_id).state is PlanState.APPLIED
    assert world.rows_of_holds() == picture(("protected", WHEN))


def test_a_hold_is_given_up_whatever_is_chosen_meanwhile(world):
    write(world, HOLD)
    plan_id = releasing.give_up(world.deployment, world.leader_id, row_at(world, WHEN).id)
    world.choose(
        Mode.PROPOSE, LeaderSettings(time_zone="Europe/London", policy={"gap_minutes": 15})
    )
    assert apply(world, plan_id).state is PlanState.APPLIED
    assert world.rows_of_holds() == []
