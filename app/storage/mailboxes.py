"""Which diaries have something due. Whatever is due stands in the tables, so no notice is lost.

All times here are the database's: workers whose clocks differ agree on what is due.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, update
from sqlalchemy.orm import Session

from app.storage.database import now
from app.storage.tables import Leader, Mailbox, Plan, Worker
from app.storage.vault import Sealed

QUEUED = timedelta(seconds=60)
"""After so long a queued job is taken for lost, and another one is put into the queue."""
_MANY = 5
"""After so many attempts that nobody finished, the next one waits for `_REST`."""
_REST = timedelta(minutes=15)


def claim_due(session: Session, working: Collection[str], most: int = 500) -> Sequence[str]:
    """Leaders whose diaries have something due and nobody at work, each given out once.

    `working` are the states of plans that a worker has to go on with. Whoever calls puts a job
    for each into the queue; where that fails, they are due again after `QUEUED`.
    """
    moment = now(session)
    waiting = select(Mailbox.leader_id).where(
        _is_free(moment), _is_unqueued(moment), _is_due(moment, working)
    )
    chosen = waiting.order_by(Mailbox.dirty_at).limit(most).with_for_update(skip_locked=True)
    taken = update(Mailbox).where(Mailbox.leader_id.in_(chosen)).values(queued_at=moment)
    return session.scalars(taken.returning(Mailbox.leader_id)).all()


def claim(session: Session, leader_id: str) -> bool:
    """Whether a job for this leader is to be put into the queue now: not where one waits."""
    moment = now(session)
    return (
        session.execute(
            update(Mailbox)
            .where(Mailbox.leader_id == leader_id, _is_unqueued(moment))
            .values(queued_at=moment)
            .returning(Mailbox.leader_id)
        ).one_or_none()
        is not None
    )


def is_due(session: Session, leader_id: str, working: Collection[str]) -> bool:
    """Whether anything is due for this leader now, whoever is at work."""
    asked = select(Mailbox.leader_id).where(
        Mailbox.leader_id == leader_id, _is_due(now(session), working)
    )
    return session.execute(asked).one_or_none() is not None


@dataclass(frozen=True, slots=True)
class Due:
    """What is due for one diary. `told_at` is when somebody told that it changed.

    `week_in` is the time until its week is looked back on, None where nobody has reckoned it.
    """

    told_at: datetime | None
    poll: bool
    plan: bool
    week_in: timedelta | None


def due(session: Session, leader_id: str) -> Due:
    """What is due of looking and planning now; a first plan is due whenever somebody is here."""
    moment = now(session)
    row = session.get_one(Mailbox, leader_id, populate_existing=True)
    plan = row.plan_at is None or row.plan_at <= moment
    week_in = None if row.week_at is None else row.week_at - moment
    return Due(row.dirty_at, row.poll_at <= moment, plan, week_in)


def poll_next(session: Session, leader_id: str, pause: timedelta) -> None:
    """Look at the diary again after a pause, even where nobody says that it changed."""
    _set(session, leader_id, poll_at=now(session) + pause)


def plan_next(session: Session, leader_id: str, at: datetime | None) -> None:
    """When the next plan is made that nobody asked for; None for never."""
    _set(session, leader_id, plan_at=at)


def week_next(session: Session, leader_id: str, pause: timedelta) -> None:
    """Look back on the week after a pause."""
    _set(session, leader_id, week_at=now(session) + pause)


def memory(session: Session, leader_id: str) -> Sealed | None:
    """What the diary held when it was last judged (`app.life.memory`)."""
    asked = select(Mailbox.memory).where(Mailbox.leader_id == leader_id)
    return session.execute(asked).scalar_one_or_none()


def keep_memory(session: Session, leader_id: str, sealed: Sealed) -> None:
    """Keep what the diary holds now."""
    changed = update(Mailbox).where(Mailbox.leader_id == leader_id)
    session.execute(changed.values(memory=sealed))


def count_due(session: Session, working: Collection[str]) -> int:
    """How many diaries wait for a worker."""
    asked = select(func.count()).where(_is_free(now(session)), _is_due(now(session), working))
    return session.execute(asked).scalar_one()


def see_worker(session: Session, worker: str, version: str, key: str | None = None) -> None:
    """Note that a worker is alive; `key` is the fingerprint of the key by which it seals."""
    moment = now(session)
    row = session.get(Worker, worker)
    if row is None:
        session.add(Worker(id=worker, version=version, key=key, started_at=moment, seen_at=moment))
    else:
        row.seen_at = moment


def workers_seen(session: Session, within: timedelta) -> Sequence[str]:
    """The workers that were alive not longer ago than this."""
    asked = select(Worker.id).where(Worker.seen_at >= now(session) - within)
    return session.scalars(asked).all()


def workers_by_other_keys(session: Session, within: timedelta, key: str) -> int:
    """How many workers that were alive not longer ago than this seal by another key."""
    asked = select(func.count()).select_from(Worker)
    seen = Worker.seen_at >= now(session) - within
    return session.execute(asked.where(seen, Worker.key != key)).scalar_one()


def _set(session: Session, leader_id: str, **values: datetime | None) -> None:
    session.execute(update(Mailbox).where(Mailbox.leader_id == leader_id).values(**values))


def _is_free(moment: datetime) -> ColumnElement[bool]:
    tried = Mailbox.attempts < _MANY
    given_back = Mailbox.leased_until.is_(None)
    over = and_(Mailbox.leased_until < moment, tried)
    free = or_(given_back, over, Mailbox.leased_until < moment - _REST)
    return and_(free, or_(Mailbox.rest_until.is_(None), Mailbox.rest_until <= moment))


def _is_unqueued(moment: datetime) -> ColumnElement[bool]:
    return or_(Mailbox.queued_at.is_(None), Mailbox.queued_at < moment - QUEUED)


def _is_due(moment: datetime, working: Collection[str]) -> ColumnElement[bool]:
    unfinished = exists().where(Plan.leader_id == Mailbox.leader_id, Plan.state.in_(working))
    leaving = exists().where(Leader.id == Mailbox.leader_id, Leader.leaving_at.is_not(None))
    return or_(
        Mailbox.dirty_at.is_not(None),
        Mailbox.poll_at <= moment,
        Mailbox.plan_at <= moment,
        Mailbox.week_at <= moment,
        unfinished,
        leaving,
    )
