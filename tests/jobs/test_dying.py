"""Workers are killed, frozen and cut off while plans are written and taken back.

What is compared is read from the calendars by plain HTTP. A worker that was killed is never
started again: another one, with another name, goes on.
"""

import random
import time
from collections.abc import Sequence
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.jobs.engine import Queue
from app.life import records
from app.life.proposing import QUIET, accept
from app.life.states import PlanState
from app.life.undoing import ask_undo
from app.storage import leases
from app.storage.tables import Mailbox, Plan
from rules.change import ChangeKind
from tests.jobs.conftest import Diary, Site, frozen, next_monday, until
from tests.servers.clearway import Command
from tests.servers.fixtures import on_postgresql
from tests.servers.postgresql import Postgresql

LEADERS = 2
ROUNDS = 1
SOAK_ROUNDS = 25
"""Each round kills two workers: one while plans are applied, one while they are undone."""
PARTS = [0, *(pytest.param(number, marks=pytest.mark.soak) for number in range(1, 4))]
"""Runs of all the rounds, which can go on beside each other (`-n 4`): they mostly wait."""


@pytest.fixture
def seed() -> int:
    chosen = random.SystemRandom().randrange(10**6)
    print(f"seed {chosen}")  # noqa: T201 # to repeat what failed
    return chosen


@pytest.fixture
def diaries(new_diary) -> list[Diary]:
    return [a_busy_week(new_diary(f"leader {number}")) for number in range(LEADERS)]


def a_busy_week(diary: Diary) -> Diary:
    for day in range(3):
        start = next_monday() + timedelta(days=day, hours=9)
        diary.add(f"board-{day}", start, 180)
    return diary


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize(
    "database_url",
    ["postgresql", pytest.param("sqlite", marks=pytest.mark.soak)],
    indirect=True,
)
def test_whoever_is_killed_every_plan_is_written_and_taken_back_once(
    site, queue, diaries, seed, soak, database_url, part
):
    chance = random.Random(seed)
    workers = [site.worker()]
    if not database_url.startswith("sqlite"):
        workers.append(site.worker())
    busy = []
    for number in range(SOAK_ROUNDS if soak else ROUNDS):
        proposed = [propose(site, queue, each) for each in diaries]
        accept_all(site, queue, diaries, proposed)
        busy.append(replace_one(site, workers, chance))
        settled(site, diaries, PlanState.APPLIED)
        for diary, plan in zip(diaries, proposed, strict=True):
            assert diary.holds() == wanted(plan), number
            ask_undo(site.deployment, diary.leader_id, plan.id)
            queue.put(diary.leader_id)
        busy.append(replace_one(site, workers, chance))
        settled(site, diaries, PlanState.UNDONE)
        assert [each.holds() for each in diaries] == [[]] * LEADERS
    print(f"{len(busy)} kills, {sum(busy)} in the midst of a diary")  # noqa: T201


@on_postgresql
def test_a_worker_that_wakes_up_does_nothing_twice(site, queue, diaries):
    sleeper = site.worker()
    proposed = [propose(site, queue, each) for each in diaries]
    accept_all(site, queue, diaries, proposed)
    until(lambda: any(each.holds() for each in diaries), "the first hold")
    with frozen(sleeper):
        site.worker()
        settled(site, diaries, PlanState.APPLIED)
    # whatever it was in the middle of when it fell asleep is over once it has stopped
    assert sleeper.stop() == 0
    for diary, plan in zip(diaries, proposed, strict=True):
        assert diary.holds() == wanted(plan)


@on_postgresql
def test_a_database_that_restarts_costs_nothing(site, queue, diaries, postgresql):
    worker = site.worker()
    proposed = [propose(site, queue, each) for each in diaries]
    accept_all(site, queue, diaries, proposed)
    until(lambda: any(each.holds() for each in diaries), "the first hold")
    server: Postgresql = postgresql
    server.stop("immediate")
    server.start()
    settled(site, diaries, PlanState.APPLIED)
    for diary, plan in zip(diaries, proposed, strict=True):
        assert diary.holds() == wanted(plan)
    server.stop("immediate")
    try:
        assert worker.stop() == 0
    finally:
        server.start()


def propose(site: Site, queue: Queue, diary: Diary) -> records.Kept:
    """A new plan that waits for an answer; the one that was taken back is long forgotten."""
    site.plan_now(diary.leader_id)
    with site.deployment.database.transaction() as session:
        for each in session.scalars(select(Plan).where(Plan.state == PlanState.UNDONE)):
            each.made_at -= QUIET
        leases.mark_dirty(session, diary.leader_id)
    queue.put(diary.leader_id)

    until(lambda: any(map(is_new, newest(site, diary)[:1])), "a proposal")
    return newest(site, diary)[0]


def is_new(plan: records.Kept) -> bool:
    return plan.state is PlanState.PROPOSED


def accept_all(
    site: Site, queue: Queue, diaries: Sequence[Diary], proposed: Sequence[records.Kept]
) -> None:
    for diary, plan in zip(diaries, proposed, strict=True):
        assert plan.contents is not None
        accept(site.deployment, diary.leader_id, plan.id, plan.contents.hash)
        queue.put(diary.leader_id)


def newest(site: Site, diary: Diary) -> tuple[records.Kept, ...]:
    """But for check-ins, which nobody accepts here: they have a plan of their own."""
    return records.newest(site.deployment, diary.leader_id, 200, own=False)


def settled(site: Site, diaries: Sequence[Diary], state: PlanState) -> None:
    def found() -> list[list[tuple[str, str | None]]]:
        plans = [newest(site, each)[:2] for each in diaries]
        return [[(one.state, one.reason) for one in each] for each in plans]

    until(
        lambda: all(newest(site, each)[0].state is state for each in diaries),
        lambda: f"every plan {state}, but {found()}",
    )


def wanted(plan: records.Kept) -> list[str]:
    """The holds that a plan of nothing but new holds leaves behind."""
    assert plan.contents is not None
    assert {each.kind for each in plan.contents.changes} == {ChangeKind.HOLD_CREATE}
    return sorted(f"{each.hold} {each.starts:%Y%m%dT%H%M%SZ}" for each in plan.contents.changes)


def replace_one(site: Site, workers: list[Command], chance: random.Random) -> bool:
    """Kill one worker at a random moment; another one, never seen before, comes in its place.

    Whether the killed one was in the midst of somebody's diary.
    """
    time.sleep(chance.uniform(0, 3))
    killed = workers.pop(chance.randrange(len(workers)))
    killed.kill()
    with site.deployment.database.transaction() as session:
        holders = session.scalars(select(Mailbox.holder)).all()
    workers.append(site.worker())
    return any(f"-{killed.process.pid}-" in (each or "") for each in holders)
