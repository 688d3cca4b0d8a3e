"""A restored backup writes nothing into a calendar that a leader has thought better of since."""

import io
from dataclasses import replace
from datetime import timedelta

import pytest

from app.life import applying, proposing, tending, undoing
from app.life.states import PlanState
from app.storage import mailboxes
from app.storage.backup import back_up, restore
from app.storage.database import open_database
from app.storage.migrations import migrate
from tests.life.worlds import AFTER, BEFORE, NOW, World, changes_of
from tests.servers.fixtures import on_sqlite

pytestmark = on_sqlite


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
