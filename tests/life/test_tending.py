"""What a look finds is dealt with, however often something comes between; nothing goes in circles."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from app.connecting import changes, connections, opening
from app.life import applying, diaries, tending
from app.life.states import PlanState
from app.people import leaders
from app.people.history import What, page
from app.storage import leases, mailboxes
from app.storage.database import now
from app.storage.tables import Connection, Mailbox, Override
from connectors.errors import SignInNeeded, SuddenlyEmpty, Unreachable
from rules.change import Change, ChangeKind
from rules.event import Kind
from tests.life.people import PROTECTED, create, write
from tests.life.worlds import AFTER, NOW, World, at, changes_of, meeting
from tests.servers.fixtures import on_sqlite

pytestmark = on_sqlite


@pytest.fixture
def seen(world: World, monkeypatch) -> World:
    """A leader with one hold in a diary that was looked at; no plans are made at night."""
    monkeypatch.setattr(changes, "open_row", lambda *_, **__: world.calendar)
    with world.database.transaction() as session:
        mailboxes.plan_next(session, world.leader_id, NOW + timedelta(days=3650))
    write(world, create(Kind.PROTECTED, PROTECTED))
    tend(world)
    return world


def tend(world: World, *, told: bool = True) -> None:
    """A worker comes by, by default since somebody told of a change."""
    if told:
        with world.database.transaction() as session:
            leases.mark_dirty(session, world.leader_id)
    tending.tend(world.deployment, world.lease())
    world.free()


def delete_hold(world: World) -> None:
    """Somebody removes it in the calendar."""
    (event,) = [each for each in world.calendar._events if each.startswith("hold-")]
    world.calendar.edit(event, None)


def empty(world: World) -> None:
    """Nothing is left in the calendar."""
    for each in list(world.calendar._events):
        world.calendar.edit(each, None)


def noticed(world: World) -> list[str]:
    """How holds were given up."""
    with world.database.transaction() as session:
        found = select(Override.how).where(Override.leader_id == world.leader_id)
        return list(session.scalars(found))


def state(world: World) -> str:
    return connections.connection(world.deployment, world.leader_id, world.connection_id).state


def test_a_hold_deleted_in_a_pause_is_noticed_after_it(seen) -> None:
    leaders.pause(seen.deployment, seen.leader_id, leaders.Stretch.DAY)
    delete_hold(seen)
    tend(seen)
    assert noticed(seen) == []
    leaders.resume(seen.deployment, seen.leader_id)
    tend(seen, told=False)
    assert noticed(seen) == ["deleted"]


def test_a_hold_deleted_while_a_reading_fails_is_noticed_later(seen, monkeypatch) -> None:
    delete_hold(seen)

    def silent(*_, **__):
        raise Unreachable("no answer")

    with monkeypatch.context() as patch:
        patch.setattr(diaries, "opened", silent)
        tend(seen)
    assert noticed(seen) == []
    tend(seen)
    assert noticed(seen) == ["deleted"]


def test_a_watched_calendar_that_was_silent_is_asked_again_soon(seen, monkeypatch) -> None:
    """Its provider calls once for a change, and the look that followed came to nothing."""
    whole = connections.connections
    monkeypatch.setattr(
        connections,
        "connections",
        lambda *asked: [replace(each, watched=True) for each in whole(*asked)],
    )
    tend(seen)
    assert until_next_look(seen) > tending.POLL

    def silent(*_, **__):
        raise Unreachable("no answer")

    monkeypatch.setattr(changes, "look", silent)
    tend(seen)
    assert until_next_look(seen) <= tending.POLL


def until_next_look(world: World) -> timedelta:
    with world.database.transaction() as session:
        return session.get_one(Mailbox, world.leader_id).poll_at - now(session)


def test_a_calendar_rightly_empty_in_a_pause_stays_so(seen) -> None:
    """What the leader said is still known when the pause is over."""
    empty(seen)
    tend(seen)
    assert state(seen) == "empty"
    leaders.pause(seen.deployment, seen.leader_id, leaders.Stretch.DAY)
    changes.confirm_empty(seen.deployment, seen.leader_id, seen.connection_id)
    tend(seen, told=False)
    leaders.resume(seen.deployment, seen.leader_id)
    tend(seen, told=False)
    assert (state(seen), noticed(seen), seen.rows_of_holds()) == ("active", ["deleted"], [])
    tend(seen)
    assert state(seen) == "active"


def test_what_a_leader_confirms_while_a_worker_looks_is_not_lost(seen, monkeypatch) -> None:
    """Neither written over nor asked about again."""
    seen.calendar.edit("news", meeting("news", at(23, "10:00")))
    look = changes.look

    def look_then_confirm(*found, **chosen):
        monkeypatch.setattr(changes, "look", look)
        before = look(*found, **chosen)
        empty(seen)
        with pytest.raises(SuddenlyEmpty):
            look(*found, **chosen)
        changes.confirm_empty(seen.deployment, seen.leader_id, seen.connection_id)
        return before

    monkeypatch.setattr(changes, "look", look_then_confirm)
    tend(seen)
    assert changes.is_confirmed(seen.deployment, seen.leader_id, seen.connection_id)
    tend(seen, told=False)
    assert (state(seen), noticed(seen), seen.rows_of_holds()) == ("active", ["deleted"], [])


def test_a_look_is_kept_only_from_where_it_began(seen) -> None:
    """The later of two workers does not go back behind the first."""
    ask = (seen.deployment, seen.leader_id, seen.connection_id)
    seen.calendar.edit("news", meeting("news", at(23, "10:00")))
    first, second = changes.look(*ask), changes.look(*ask)
    with seen.database.transaction() as session:
        assert changes.keep(seen.deployment, session, first)
        assert not changes.keep(seen.deployment, session, second)
    assert not changes.look(*ask).changed


# --- plans that stopped ---------------------------------------------------------------------------


def stop_half_way(world: World) -> str:
    """A plan whose meetings could not be moved, since the calendar asks to sign in again."""
    plan_id = world.accepted(changes_of(world.calendar))

    def no(change: Change) -> None:
        if change.kind is ChangeKind.EVENT_MOVE:
            raise SignInNeeded("revoked")

    world.calendar.before_make = no
    applying.apply(world.deployment, world.lease(), plan_id)
    world.alive()
    assert world.kept(plan_id).state is PlanState.PARTLY_APPLIED
    return plan_id


@pytest.fixture
def looked_at(world: World, monkeypatch) -> World:
    """A leader with the usual events; no plans are made at night."""
    monkeypatch.setattr(changes, "open_row", lambda *_, **__: world.calendar)
    with world.database.transaction() as session:
        mailboxes.plan_next(session, world.leader_id, NOW + timedelta(days=3650))
    return world


def told_of_it(world: World) -> int:
    """How often the leader's history says that a plan was made in part."""
    found = page(world.deployment, world.leader_id, what=[What.PLAN_PARTLY_APPLIED])
    return len(found.entries)


def test_a_plan_waits_while_its_calendar_is_out_of_reach(looked_at, monkeypatch) -> None:
    """It does not begin anew with every look, nor fill the history."""
    plan_id = stop_half_way(looked_at)
    there = opening.connected
    with monkeypatch.context() as patch:
        for place in (diaries, opening):
            patch.setattr(place, "connected", lambda *_: ())
        for _ in range(3):
            tend(looked_at)
            tend(looked_at, told=False)
    assert looked_at.kept(plan_id).state is PlanState.PARTLY_APPLIED
    assert told_of_it(looked_at) == 1
    # and it goes on when the calendar is back
    assert opening.connected is there
    with looked_at.database.transaction() as session:
        session.execute(update(Connection).values(state="active"))
    tend(looked_at)
    tend(looked_at, told=False)
    assert looked_at.kept(plan_id).state is PlanState.APPLIED
    assert looked_at.calendar.picture() == AFTER


def test_a_plan_waits_while_another_calendar_is_in_trouble(looked_at) -> None:
    """What lies at the new times cannot be seen then."""
    plan_id = stop_half_way(looked_at)
    with looked_at.database.transaction() as session:
        session.execute(update(Connection).values(state="active"))
        session.add(
            Connection(
                id="f" * 32,
                leader_id=looked_at.leader_id,
                provider="caldav",
                state="revoked",
                state_since=NOW,
                connected_at=NOW,
                credentials=looked_at.seal({}),
                calendars=looked_at.seal([]),
            )
        )
    for _ in range(3):
        tend(looked_at)
    assert looked_at.kept(plan_id).state is PlanState.PARTLY_APPLIED
    assert told_of_it(looked_at) == 1


def test_an_invitation_is_news_until_the_plan_in_hand_is_settled(seen, monkeypatch) -> None:
    """What holds are there cannot be seen while one is being written."""
    offered: list[object] = []
    monkeypatch.setattr(tending, "_react", lambda *_: ("wish",))
    monkeypatch.setattr(tending, "_offer", lambda deployment, lease, wish: offered.append(wish))
    plan_id = seen.accepted([create(Kind.PROTECTED, at(25, "09:00", 60))])

    def silent(change: Change) -> None:
        raise Unreachable("no answer")

    seen.calendar.before_make = silent
    seen.calendar.edit("new", meeting("new", at(26, "15:00")))
    tend(seen)
    assert seen.kept(plan_id).state is PlanState.APPLYING
    assert offered == []
    seen.alive()
    tend(seen)
    assert seen.kept(plan_id).state is PlanState.APPLIED
    assert offered == ["wish"]
