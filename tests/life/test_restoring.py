"""A restored backup writes nothing into a calendar that a leader has thought better of since."""

import io
from dataclasses import replace
from datetime import timedelta

import pytest

from app.life import applying, bounds, diaries, locks, proposing, tending, undoing
from app.life.proposing import Wish
from app.life.states import PlanState
from app.people.settings import LeaderSettings, Mode
from app.storage import mailboxes
from app.storage.backup import back_up, restore
from app.storage.database import open_database
from app.storage.migrations import migrate
from rules.event import Kind
from tests.life.people import create
from tests.life.worlds import AFTER, BEFORE, END, MONDAY, NOW, WEEK, World, at, changes_of, say
from tests.servers.fixtures import on_sqlite

pytestmark = on_sqlite
BY_ITSELF = LeaderSettings(time_zone="Europe/London", auto=frozenset({Kind.PROTECTED}))


@pytest.fixture
def saved(world: World, monkeypatch):
    """Back up what there is; call the answer to restore it and let a worker come by."""
    monkeypatch.setattr(tending, "_look_at_each", lambda *_: ([], []))
    with world.database.transaction() as session:
        mailboxes.plan_next(session, world.leader_id, NOW + timedelta(days=3650))

    def save():
        file = io.BytesIO()
        back_up(world.database, file, world.now)

        def come_back(path=None) -> None:
            world.free()
            if path is not None:
                lost = open_database(f"sqlite:///{path}", world.database.vault)
                migrate(lost)
                world.database = lost
                world.deployment = replace(world.deployment, database=lost)
            restore(world.database, file, world.now + timedelta(hours=2), replace=True)
            tending.tend(world.deployment, world.lease())

        return come_back

    return save


def test_what_was_declined_since_is_not_written(world, saved, tmp_path) -> None:
    """Also where nobody knows of that any more."""
    plan_id = world.accepted(changes_of(world.calendar))
    come_back = saved()
    proposing.decline(world.deployment, world.leader_id, plan_id)
    come_back()
    assert world.kept(plan_id).state is PlanState.DECLINED
    come_back(tmp_path / "new.db")
    assert world.kept(plan_id).state is PlanState.STALE
    assert (world.calendar.picture(), world.calendar.told) == (BEFORE, [])


def test_what_was_undone_since_is_not_written_again(world, saved) -> None:
    plan_id = world.accepted(changes_of(world.calendar))
    come_back = saved()
    applying.apply(world.deployment, world.lease(), plan_id)
    undoing.ask_undo(world.deployment, world.leader_id, plan_id)
    undoing.undo(world.deployment, world.lease(), plan_id)
    told = list(world.calendar.told)
    come_back()
    assert world.kept(plan_id).state is PlanState.UNDONE
    assert (world.calendar.picture(), world.calendar.told) == (BEFORE, told)


def test_what_was_written_since_can_be_undone(world, saved) -> None:
    """Its journal is as the replaced database had it."""
    plan_id = world.accepted(changes_of(world.calendar))
    come_back = saved()
    applying.apply(world.deployment, world.lease(), plan_id)
    come_back()
    assert (world.kept(plan_id).state, world.calendar.picture()) == (PlanState.APPLIED, AFTER)
    undoing.ask_undo(world.deployment, world.leader_id, plan_id)
    assert undoing.undo(world.deployment, world.lease(), plan_id).state is PlanState.UNDONE
    assert world.calendar.picture() == BEFORE


def test_what_was_being_undone_waits_for_its_leader_where_that_is_lost(
    world, saved, tmp_path
) -> None:
    plan_id = world.accepted(changes_of(world.calendar))
    applying.apply(world.deployment, world.lease(), plan_id)
    undoing.ask_undo(world.deployment, world.leader_id, plan_id)
    saved()(tmp_path / "new.db")
    assert world.kept(plan_id).state is PlanState.PARTLY_UNDONE
    assert world.calendar.picture() == AFTER
    undoing.ask_undo(world.deployment, world.leader_id, plan_id)
    assert undoing.undo(world.deployment, world.lease(), plan_id).state is PlanState.UNDONE
    assert world.calendar.picture() == BEFORE


def _run_by_itself(world: World) -> str | None:
    """Make a plan as a worker does, and write it where it needs no yes."""
    offer = proposing.propose(world.deployment, world.lease(), Wish())
    if offer.accepted:
        applying.apply(world.deployment, world.lease(), offer.accepted)
    return offer.accepted


@pytest.mark.parametrize("before", [Mode.AUTO, Mode.PROPOSE])
def test_no_hold_is_put_whose_kind_was_switched_off_since(world, saved, before) -> None:
    """Also where everything that is done by itself was switched on since."""
    world.choose(before, BY_ITSELF)
    come_back = saved()
    world.choose(Mode.AUTO, replace(BY_ITSELF, auto=frozenset({Kind.GAP})))
    there = world.calendar.picture()
    come_back()
    _run_by_itself(world)
    assert {name for name, _ in world.calendar.picture() if (name, _) not in there} <= {"gap"}


def test_what_was_made_by_itself_and_undone_since_is_not_made_again(world, saved) -> None:
    world.choose(Mode.AUTO, BY_ITSELF)
    come_back = saved()
    there = world.calendar.picture()
    plan_id = _run_by_itself(world)
    assert plan_id and world.calendar.picture() != there
    undoing.ask_undo(world.deployment, world.leader_id, plan_id)
    undoing.undo(world.deployment, world.lease(), plan_id)
    come_back()
    assert _run_by_itself(world) is None
    assert world.calendar.picture() == there


def test_what_was_made_and_written_since_can_be_undone(world, saved) -> None:
    come_back = saved()
    plan_id = world.accepted(changes_of(world.calendar))
    applying.apply(world.deployment, world.lease(), plan_id)
    come_back()
    undoing.ask_undo(world.deployment, world.leader_id, plan_id)
    assert undoing.undo(world.deployment, world.lease(), plan_id).state is PlanState.UNDONE
    assert world.calendar.picture() == BEFORE


def test_leaving_takes_what_was_made_since(world, saved) -> None:
    come_back = saved()
    when = at(23, "13:00", 120)
    plan_id = world.accepted([create(Kind.PROTECTED, when)])
    applying.apply(world.deployment, world.lease(), plan_id)
    assert ("protected", say(when)) in world.calendar.picture()
    come_back()
    world.rest(leaving_at=world.now)
    tending.tend(world.deployment, world.lease())
    assert ("protected", say(when)) not in world.calendar.picture()


def test_what_people_heard_of_since_counts(world, saved) -> None:
    """Both the mails of a week and the meetings that have changed."""

    def limits():
        person = diaries.person_of(world.deployment, world.leader_id)
        with diaries.opened(world.deployment, person, MONDAY, END) as diary:
            return world.counted(), bounds.bounds(world.deployment, person, diary.opened).keep

    plan_id = world.accepted(changes_of(world.calendar))
    come_back = saved()
    applying.apply(world.deployment, world.lease(), plan_id)
    before = limits()
    assert before[0] == 7
    come_back()
    assert limits() == before


def test_what_was_locked_since_is_locked(world, saved) -> None:
    come_back = saved()
    (board,) = (each for each in world.calendar.read(WEEK).occurrences if each.uid == "board")
    locks.lock(world.deployment, world.leader_id, board)
    before = locks.locks(world.deployment, world.leader_id)
    come_back()
    assert locks.locks(world.deployment, world.leader_id) == before != ()
