"""Who may work on a leader's diary now. One at a time, whatever dies.

A lease is held until a moment by the database's clock, and carries the mailbox's `fence`, which
grows with every lease. Everything that is written down about the work checks the number in the
same transaction, so a worker that slept through its lease cannot write over its successor.
"""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from app.storage.database import now
from app.storage.tables import Mailbox

LEASE = timedelta(seconds=15)
"""For how long a lease is given; whoever holds it makes it longer in time."""


class LostLease(Exception):
    """Somebody else works on the diary by now, so nothing more may be written."""


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to work on one leader's diary. `attempts` counts this and those that ended in
    silence before it."""

    leader_id: str
    fence: int
    attempts: int


def take(session: Session, leader_id: str, holder: str) -> Lease | None:
    """The lease of a diary, None while somebody else has it. `holder` names the worker.

    Either way the job that asked for it waits in no queue any more, and the next one can come.
    """
    moment = now(session)
    taken = session.execute(
        update(Mailbox)
        .where(
            Mailbox.leader_id == leader_id,
            or_(Mailbox.leased_until.is_(None), Mailbox.leased_until < moment),
        )
        .values(
            holder=holder,
            leased_until=moment + LEASE,
            fence=Mailbox.fence + 1,
            attempts=Mailbox.attempts + 1,
            queued_at=None,
        )
        .returning(Mailbox.fence, Mailbox.attempts)
    ).one_or_none()
    if taken is None:
        session.execute(
            update(Mailbox).where(Mailbox.leader_id == leader_id).values(queued_at=None)
        )
        return None
    return Lease(leader_id, taken.fence, taken.attempts)


def keep(session: Session, lease: Lease) -> None:
    """Hold on to a lease from now on; nobody can take it until the transaction ends.

    Raises LostLease.
    """
    moment = now(session)
    held = session.execute(
        update(Mailbox)
        .where(
            Mailbox.leader_id == lease.leader_id,
            Mailbox.fence == lease.fence,
            Mailbox.leased_until >= moment,
        )
        .values(leased_until=moment + LEASE)
        .returning(Mailbox.fence)
        .execution_options(synchronize_session=False)
    ).one_or_none()
    if held is None:
        raise LostLease


def check(session: Session, lease: Lease) -> None:
    """Raise LostLease unless the lease is still held; nobody can take it until the transaction
    ends."""
    moment = now(session)
    held = session.execute(
        select(Mailbox.leased_until)
        .where(Mailbox.leader_id == lease.leader_id, Mailbox.fence == lease.fence)
        .with_for_update()
    ).scalar_one_or_none()
    if held is None or held < moment:
        raise LostLease


def is_there(session: Session, lease: Lease) -> bool:
    """Whether there is a diary at all: its leader may have left."""
    return session.get(Mailbox, lease.leader_id) is not None


def release(session: Session, lease: Lease) -> bool:
    """Give a lease back; False, and it stays, where there is news that nobody has looked at.

    Raises LostLease.
    """
    check(session, lease)
    given = session.execute(
        update(Mailbox)
        .where(Mailbox.leader_id == lease.leader_id, Mailbox.dirty_at.is_(None))
        .values(holder=None, leased_until=None, attempts=0, rest_until=None)
        .returning(Mailbox.leader_id)
    ).one_or_none()
    return given is not None


def put_off(session: Session, lease: Lease, pause: timedelta) -> None:
    """Give a lease back with the work undone: nobody tries again before the pause is over.

    Raises LostLease.
    """
    check(session, lease)
    session.execute(
        update(Mailbox)
        .where(Mailbox.leader_id == lease.leader_id)
        .values(holder=None, leased_until=None, attempts=0, rest_until=now(session) + pause)
    )


def mark_dirty(session: Session, leader_id: str) -> None:
    """Note that a diary may have changed; the first of several notes counts."""
    session.execute(
        update(Mailbox)
        .where(Mailbox.leader_id == leader_id, Mailbox.dirty_at.is_(None))
        .values(dirty_at=now(session))
    )


def clear_dirty(session: Session, lease: Lease) -> None:
    """What is noted so far is about to be looked at. Raises LostLease."""
    check(session, lease)
    session.execute(
        update(Mailbox).where(Mailbox.leader_id == lease.leader_id).values(dirty_at=None)
    )
