"""Meetings and series that a leader wants left alone."""

from collections.abc import Sequence

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.storage.tables import Lock


def add(session: Session, lock: Lock) -> bool:
    """Keep a lock; False where this event is locked already."""
    try:
        with session.begin_nested():
            session.add(lock)
    except IntegrityError:
        return False
    return True


def of_leader(session: Session, leader_id: str) -> Sequence[Lock]:
    """A leader's locks, the oldest first."""
    found = select(Lock).where(Lock.leader_id == leader_id)
    return session.scalars(found.order_by(Lock.at, Lock.id)).all()


def of_event(session: Session, leader_id: str, event: str) -> Lock | None:
    """The lock of this event, given by its fingerprint."""
    found = select(Lock).where(Lock.leader_id == leader_id, Lock.event == event)
    return session.scalars(found).one_or_none()


def remove(session: Session, leader_id: str, lock_id: str) -> bool:
    """Take a lock away; False where there is none of this leader."""
    gone = delete(Lock).where(Lock.id == lock_id, Lock.leader_id == leader_id)
    return session.scalars(gone.returning(Lock.id)).one_or_none() is not None
