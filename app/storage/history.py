"""What Clearway did for a leader, and who looked at what."""

from collections.abc import Collection, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.storage.tables import HistoryEntry


def add(session: Session, entry: HistoryEntry) -> None:
    """Note one thing that happened."""
    session.add(entry)


def newest(
    session: Session,
    leader_id: str,
    limit: int,
    *,
    before: int | None = None,
    what: Collection[str] = (),
) -> Sequence[HistoryEntry]:
    """So many of a leader's entries, the newest first: those older than one, those of some words."""
    query = select(HistoryEntry).where(HistoryEntry.leader_id == leader_id)
    if before is not None:
        query = query.where(HistoryEntry.id < before)
    if what:
        query = query.where(HistoryEntry.what.in_(what))
    return session.scalars(query.order_by(HistoryEntry.id.desc()).limit(limit)).all()
