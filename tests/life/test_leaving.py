"""Who leaves takes along what Clearway wrote, as far as a calendar answers and nobody edited it."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from app.connecting import opening
from app.connecting.opening import Connected
from app.life import applying, diaries, leaving, tending, undoing
from app.life.states import PlanState
from app.people import leaders
from app.services.live import Live
from app.storage.tables import Connection, Hold
from connectors.errors import NotPossible, SignInNeeded, Unreachable
from rules.change import Change, ChangeKind
from rules.event import Kind
from tests.life.people import GAP, PROTECTED, create, look, write
from tests.life.worlds import (
    AFTER,
    BEFORE,
    NOW,
    Calendar,
    Picture,
    World,
    at,
    changes_of,
    hold,
    picture,
)
from tests.servers.fixtures import on_sqlite

pytestmark = on_sqlite
HOLD = create(Kind.PROTECTED, PROTECTED)
LONGEST = timedelta(hours=23)


def leave(world: World) -> bool:
    """The leader leaves and a worker comes by, once; whether all rows are gone."""
    leaders.leave(world.deployment, world.leader_id)
    tending.tend(world.deployment, world.lease())
    return leaders.has_left(world.deployment, world.leader_id)


def again(world: World, later: timedelta) -> bool:
    """Another try."""
    world.now += later
    tending.tend(world.deployment, world.lease())
    return leaders.has_left(world.deployment, world.leader_id)


def connect(world: World, state: str) -> str:
    """A row of another connection."""
    made = Connection(
        id=uuid4().hex,
        leader_id=world.leader_id,
        provider="caldav",
        state=state,
        state_since=NOW,
        connected_at=NOW,
        credentials=world.seal({}),
        calendars=world.seal([]),
    )
    with world.database.transaction() as session:
        session.add(made)
    return made.id


def lose_answer(world: World) -> None:
    """Every write is made, and no answer comes."""

    def lost(change: Change) -> None:
        raise Unreachable("no answer")

    world.calendar.after_make = lost


def written(world: World) -> str:
    """The event of the one hold that was written."""
    (found,) = [each for each in world.calendar._events if each.startswith("hold-")]
    return found


def _meetings(found: Picture) -> Picture:
    """What of it is no hold."""
    return [each for each in found if each[0] not in ("protected", "gap")]


def test_holds_leave_and_meetings_stay(world) -> None:
    plan_id = world.accepted(changes_of(world.calendar))
    assert applying.apply(world.deployment, world.lease(), plan_id).state is PlanState.APPLIED
    assert leave(world)
    assert world.calendar.picture() == _meetings(AFTER)


@pytest.mark.parametrize("state", ["revoked", "active"])
def test_a_calendar_out_of_reach_keeps_no_hold_in_another(world, monkeypatch, state) -> None:
    """Whether it waits for somebody to sign in or its server is silent."""
    write(world, HOLD)
    other = connect(world, state)

    def silent(viewer):
        raise Unreachable("no answer")

    there = [Connected(world.connection_id, Live(lambda viewer: world.calendar))]
    there += [Connected(other, Live(silent))] if state == "active" else []
    for place in (diaries, opening):
        monkeypatch.setattr(place, "connected", lambda *_: tuple(there))
    leave(world)
    assert world.calendar.picture() == BEFORE


def test_what_does_not_answer_is_tried_again_for_a_day_and_no_longer(world) -> None:
    write(world, HOLD)

    def silent(change: Change) -> None:
        raise Unreachable("no answer")

    world.calendar.before_make = silent
    assert not leave(world)
    assert not again(world, LONGEST - timedelta(minutes=1))
    world.calendar.before_make = lambda change: None
    assert again(world, timedelta(seconds=30))
    assert world.calendar.picture() == BEFORE


def test_rows_go_within_a_day_whatever_a_calendar_does(world) -> None:
    write(world, HOLD)

    def silent(change: Change) -> None:
        raise SignInNeeded("revoked")

    world.calendar.before_make = silent
    assert not leave(world)
    assert again(world, LONGEST)


@pytest.mark.parametrize("tries", [1, 10])
def test_a_hold_whose_answer_was_lost_leaves_too(world, tries) -> None:
    """Also where the plan was given up meanwhile; then the hold was found by a last look."""
    plan_id = world.accepted([HOLD])
    lose_answer(world)
    for _ in range(tries):
        applying.apply(world.deployment, world.lease(), plan_id)
    found = picture(("protected", PROTECTED)) if tries > 1 else []
    assert world.rows_of_holds() == found
    world.alive()
    assert leave(world)
    assert world.calendar.picture() == BEFORE


def test_a_hold_whose_move_was_not_answered_leaves_too(world) -> None:
    write(world, HOLD)
    event = written(world)
    known = world.calendar.get(event)
    move = Change(
        ChangeKind.HOLD_MOVE,
        known.span,
        at(24, "16:00", 120),
        event,
        hold=Kind.PROTECTED,
        version=known.version,
    )
    world.now += timedelta(minutes=1)
    plan_id = world.accepted([move])
    lose_answer(world)
    applying.apply(world.deployment, world.lease(), plan_id)
    world.alive()
    assert leave(world)
    assert world.calendar.picture() == BEFORE


def test_an_unanswered_hold_waits_for_its_calendar(world) -> None:
    plan_id = world.accepted([HOLD])
    lose_answer(world)
    applying.apply(world.deployment, world.lease(), plan_id)
    assert not leave(world)
    world.alive()
    assert again(world, timedelta(minutes=15))
    assert world.calendar.picture() == BEFORE


def test_an_undo_that_was_asked_for_is_done_first(world) -> None:
    plan_id = world.accepted(changes_of(world.calendar))
    applying.apply(world.deployment, world.lease(), plan_id)
    undoing.ask_undo(world.deployment, world.leader_id, plan_id)
    assert leave(world)
    assert _meetings(world.calendar.picture()) == _meetings(BEFORE)


def test_an_undo_goes_on_where_its_calendar_answers_again(world) -> None:
    """Also after so many attempts that it was given up."""
    plan_id = world.accepted(changes_of(world.calendar))
    applying.apply(world.deployment, world.lease(), plan_id)
    undoing.ask_undo(world.deployment, world.leader_id, plan_id)

    def silent(change: Change) -> None:
        raise Unreachable("no answer")

    world.calendar.before_make = silent
    assert not leave(world)
    for _ in range(12):
        assert not again(world, timedelta(minutes=15))
    world.alive()
    # the attempt that is one too many says so, and the next one begins anew
    assert again(world, timedelta(minutes=15)) or again(world, timedelta(minutes=15))
    assert _meetings(world.calendar.picture()) == _meetings(BEFORE)


@pytest.mark.parametrize("noticed", [False, True])
@pytest.mark.parametrize("hours", [0, 2])
def test_a_hold_that_somebody_edited_is_theirs(world, hours, noticed) -> None:
    """Given another title it looks the same and has another version; or it was dragged."""
    write(world, HOLD, create(Kind.GAP, GAP))
    event = next(each.id for each in world.calendar._events.values() if each.hold and
                 not each.all_day and each.span == PROTECTED)  # fmt: skip
    known = world.calendar.get(event)
    later = timedelta(hours=hours)
    world.calendar.edit(event, replace(known, start=known.start + later, end=known.end + later))
    if noticed:
        look(world)
    assert leave(world)
    dragged = at(23, f"{13 + hours}:00", 120)
    assert world.calendar.picture() == sorted([*BEFORE, *picture(("protected", dragged))])


def test_a_hold_that_lost_its_mark_is_theirs(world) -> None:
    write(world, HOLD)

    def refuse(change: Change) -> None:
        raise NotPossible("The event is not a hold that Clearway wrote.")

    world.calendar.before_make = refuse
    assert leave(world)


def test_a_hold_without_a_row_is_known_by_the_journal(world) -> None:
    """Its account was connected anew, so its row went with the old connection."""
    write(world, HOLD)
    world.forget(Hold)
    world.forget(Connection)
    world.connection_id = connect(world, "active")
    assert leave(world)
    assert world.calendar.picture() == BEFORE


def test_marked_holds_that_are_not_this_leaders_stay(world) -> None:
    """Another installation may have written them, and the leader's own blocks look alike."""
    world.calendar.edit("other", hold("other", Kind.PROTECTED, at(27, "13:00", 120)))
    write(world, HOLD)
    assert leave(world)
    assert world.calendar.picture() == sorted(
        [*BEFORE, *picture(("protected", at(27, "13:00", 120)))]
    )


def test_what_dies_on_the_way_begins_again(world) -> None:
    """Whoever comes next finds what is left."""
    plan_id = world.accepted([HOLD, create(Kind.GAP, GAP)])
    lose_answer(world)
    applying.apply(world.deployment, world.lease(), plan_id)

    class Gone(BaseException):
        pass

    def die(change: Change) -> None:
        raise Gone

    world.calendar.after_make = die
    leaders.leave(world.deployment, world.leader_id)
    for _ in range(3):
        with pytest.raises(Gone):
            leaving.see_off(world.deployment, world.lease())
    world.alive()
    assert again(world, timedelta())
    assert world.calendar.picture() == BEFORE


def test_a_calendar_that_is_only_read_has_nothing_to_wait_for(world, monkeypatch) -> None:
    class ReadOnly(Calendar):
        abilities = frozenset()

    world.calendar = ReadOnly()
    assert leave(world)


@pytest.mark.parametrize("which", ["meeting", "hold"])
def test_an_undo_that_waits_for_a_sign_in_is_finished_first(world, which):
    """The account is signed in to again, and the leader leaves before anybody looks."""
    lost = which == "hold"
    board = [each for each in changes_of(world.calendar) if each.event_id == "board"]
    before = world.calendar.picture()
    plan_id = world.accepted([HOLD] if lost else board)

    def silent(change: Change) -> None:
        raise Unreachable("the answer was lost")

    if lost:
        world.calendar.after_make = silent
    applying.apply(world.deployment, world.lease(), plan_id)

    def refuse(change: Change) -> None:
        raise SignInNeeded("no")

    world.calendar.after_make = lambda change: None
    world.calendar.before_make = refuse
    undoing.ask_undo(world.deployment, world.leader_id, plan_id)
    undoing.undo(world.deployment, world.lease(), plan_id)
    world.alive()
    assert leave(world)
    assert world.calendar.picture() == before


def test_rows_go_whatever_a_calendar_does(world):
    write(world, HOLD)

    def crash(change: Change) -> None:
        raise RuntimeError("an answer that nobody foresaw")

    world.calendar.before_make = crash
    with pytest.raises(RuntimeError):
        leave(world)
    world.free()
    assert again(world, timedelta(hours=30))
