"""What other people heard of from Clearway, by which the limits on that are counted."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from app.storage.tables import Disturbance, Mailbox


def since(session: Session, leader_id: str, moment: datetime) -> Sequence[Disturbance]:
    """What people heard of from a moment on, in order."""
    found = select(Disturbance).where(Disturbance.leader_id == leader_id, Disturbance.at >= moment)
    return session.scalars(found.order_by(Disturbance.at, Disturbance.id)).all()


def mails_between(session: Session, leader_id: str, start: datetime, end: datetime) -> int:
    """How many mails went out from a moment until another."""
    sent = select(func.coalesce(func.sum(Disturbance.mails), 0)).where(
        Disturbance.leader_id == leader_id, Disturbance.at >= start, Disturbance.at < end
    )
    return session.execute(sent).scalar_one()


def wait_turn(session: Session, leader_id: str) -> None:
    """Let nobody else count or add this leader's until the transaction ends."""
    # the row of the mailbox, which every leader has: a new disturbance has none to lock yet
    turn = select(Mailbox.leader_id).where(Mailbox.leader_id == leader_id).with_for_update()
    session.execute(turn)


def find(session: Session, disturbance_id: str) -> Disturbance | None:
    """One by id."""
    return session.get(Disturbance, disturbance_id)


def add(session: Session, disturbance: Disturbance) -> None:
    """Count something that people hear of."""
    session.add(disturbance)
    session.flush()


def remove(session: Session, disturbance_id: str) -> None:
    """Take back what was counted and then not sent."""
    session.execute(delete(Disturbance).where(Disturbance.id == disturbance_id))
