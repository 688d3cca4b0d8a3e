"""Holds that a person deleted, dragged or lifted."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from app.storage.tables import Override


def add(session: Session, override: Override) -> None:
    """Remember that somebody gave up or moved a hold."""
    session.add(override)
    session.flush()


def find(session: Session, leader_id: str, override_id: str) -> Override | None:
    """One of this leader's by its id."""
    found = select(Override).where(Override.id == override_id, Override.leader_id == leader_id)
    return session.scalars(found).one_or_none()


def drop(session: Session, leader_id: str, override_id: str) -> None:
    """Forget one; one that is not there is no error."""
    session.execute(
        delete(Override).where(Override.id == override_id, Override.leader_id == leader_id)
    )


def of_leader(
    session: Session, leader_id: str, *, since: datetime | None = None
) -> Sequence[Override]:
    """A leader's overrides by the start of their holds: those that ended after `since`, or all."""
    found = select(Override).where(Override.leader_id == leader_id)
    if since is not None:
        found = found.where(Override.ends_at > since)
    return session.scalars(found.order_by(Override.starts_at, Override.at, Override.id)).all()


def owed(session: Session, leader_id: str, now: datetime) -> Sequence[Override]:
    """Those whose time is still to be offered back, the most urgent first."""
    found = select(Override).where(Override.leader_id == leader_id, Override.owed_until > now)
    return session.scalars(found.order_by(Override.owed_until, Override.starts_at)).all()


def settle(session: Session, leader_id: str, override_id: str) -> bool:
    """The time was given back: it is owed no longer. False where it was not owed."""
    changed = (
        update(Override)
        .where(
            Override.id == override_id,
            Override.leader_id == leader_id,
            Override.owed_until.is_not(None),
        )
        .values(owed_until=None)
        .returning(Override.id)
    )
    return session.scalars(changed).one_or_none() is not None
