"""What was deleted because a person wished it, so that no backup brings it back.

A note is kept for as long as a backup may be restored, and is a random id: it leads to nobody.
"""

from collections.abc import Sequence
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.storage.database import now
from app.storage.tables import Departed


class Gone(StrEnum):
    """What a person can have deleted as a whole."""

    LEADER = "leader"
    CONNECTION = "connection"


def remember(session: Session, what: Gone, row_id: str) -> None:
    """Note, in the transaction that deletes it, that this must not come back."""
    session.merge(Departed(what=what.value, id=row_id, at=now(session)))


def is_remembered(session: Session, what: Gone, row_id: str) -> bool:
    """Whether this was deleted, and a backup of before may still be restored."""
    return session.get(Departed, (what.value, row_id)) is not None


def remembered(session: Session) -> Sequence[Departed]:
    """Everything that must not come back, the first to go first."""
    return session.scalars(select(Departed).order_by(Departed.at, Departed.id)).all()
