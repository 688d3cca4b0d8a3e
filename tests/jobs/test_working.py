"""What a leader sees while workers come, go and die."""

from datetime import timedelta

from app.life import records
from app.life.proposing import accept
from app.life.states import PlanState
from app.life.undoing import ask_undo
from app.people import leaders
from app.storage import leases
from rules.event import Kind
from tests.jobs.conftest import next_monday, until
from tests.servers.fixtures import on_sqlite

PROTECTED = frozenset({Kind.PROTECTED})


def told(site, queue, diary):
    """What a notification does."""
    with site.deployment.database.transaction() as session:
        leases.mark_dirty(session, diary.leader_id)
    queue.put(diary.leader_id)


def test_a_diary_is_protected_by_itself_until_its_leader_leaves(site, queue, new_diary):
    diary = new_diary(auto=PROTECTED)
    diary.add("board", next_monday() + timedelta(hours=9), 180)
    site.worker()
    told(site, queue, diary)
    until(lambda: any(each.startswith("protected") for each in diary.holds()), "protected time")
    assert all(each.startswith("protected") for each in diary.holds())
    # and who leaves takes every hold and row along
    leaders.leave(site.deployment, diary.leader_id)
    queue.put(diary.leader_id)
    until(lambda: leaders.find(site.deployment, "leader") is None, "gone")
    assert diary.holds() == []


def test_a_plan_waits_for_its_leader_and_is_taken_back_on_demand(site, queue, new_diary):
    diary = new_diary()
    diary.add("board", next_monday() + timedelta(hours=9), 180)
    worker = site.worker()
    told(site, queue, diary)
    until(lambda: bool(newest(site, diary)), "a proposal")
    assert diary.holds() == []
    plan = newest(site, diary)[0]
    accept(site.deployment, diary.leader_id, plan.id, plan.contents.hash)
    # nobody puts a job into the queue: the sweep finds it
    until(lambda: newest(site, diary)[0].state is PlanState.APPLIED, "applied")
    assert len(diary.holds()) == len(plan.contents.changes)
    ask_undo(site.deployment, diary.leader_id, plan.id)
    queue.put(diary.leader_id)
    until(lambda: newest(site, diary)[0].state is PlanState.UNDONE, "undone")
    assert diary.holds() == []
    assert worker.stop() == 0


@on_sqlite
def test_what_a_dead_worker_left_another_one_finishes(site, queue, new_diary):
    """On PostgreSQL workers die in earnest: tests/jobs/test_dying.py."""
    diary = new_diary(auto=PROTECTED)
    diary.add("board", next_monday() + timedelta(hours=9), 180)
    with site.deployment.database.transaction() as session:
        leases.mark_dirty(session, diary.leader_id)
        # it died the moment it had the lease
        assert leases.take(session, diary.leader_id, "dead") is not None
    site.worker()
    queue.put(diary.leader_id)
    until(lambda: bool(diary.holds()), "another worker went on")


def newest(site, diary):
    return records.newest(site.deployment, diary.leader_id, 1, own=False)
