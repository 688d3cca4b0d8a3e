"""The holds that Clearway keeps in diaries, as it last wrote them."""

from collections.abc import Sequence
from datetime import datetime
from uuid import uuid4

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from app.storage.tables import Hold
from app.storage.vault import Sealed


def of_leader(session: Session, leader_id: str, *, since: datetime | None = None) -> Sequence[Hold]:
    """A leader's holds in order of start: those that end after `since`, or all."""
    found = select(Hold).where(Hold.leader_id == leader_id)
    if since is not None:
        found = found.where(Hold.ends_at > since)
    return session.scalars(found.order_by(Hold.starts_at, Hold.id)).all()


def find(session: Session, leader_id: str, hold_id: str) -> Hold | None:
    """One hold of this leader by its own id."""
    found = select(Hold).where(Hold.id == hold_id, Hold.leader_id == leader_id)
    return session.scalars(found).one_or_none()


def of_event(session: Session, leader_id: str, event: str) -> Hold | None:
    """The hold that is this event, given by its fingerprint."""
    found = select(Hold).where(Hold.leader_id == leader_id, Hold.event == event)
    return session.scalars(found).one_or_none()


def put(
    session: Session,
    leader_id: str,
    event: str,
    *,
    connection_id: str,
    kind: str,
    starts_at: datetime,
    ends_at: datetime,
    plan_id: str | None,
    contents: Sealed,
) -> None:
    """Keep a hold as it was just written, whether it is new or was known before."""
    known = of_event(session, leader_id, event)
    if known is None:
        known = Hold(id=uuid4().hex, leader_id=leader_id, event=event, firm=False)
        session.add(known)
    known.connection_id = connection_id
    known.kind = kind
    known.starts_at, known.ends_at = starts_at, ends_at
    known.plan_id = plan_id
    known.contents = contents
    session.flush()


def keep_firm(session: Session, leader_id: str, hold_id: str, *, firm: bool) -> bool:
    """Mark a hold as one that plans leave alone, or not; False where it is not there."""
    changed = update(Hold).where(Hold.id == hold_id, Hold.leader_id == leader_id)
    return session.scalars(changed.values(firm=firm).returning(Hold.id)).one_or_none() is not None


def drop(session: Session, leader_id: str, event: str) -> None:
    """Forget the hold that is this event; one that is not known is no error."""
    session.execute(delete(Hold).where(Hold.leader_id == leader_id, Hold.event == event))


def drop_of_connection(session: Session, connection_id: str) -> None:
    """Forget the holds of a connection; they stay in its calendars."""
    session.execute(delete(Hold).where(Hold.connection_id == connection_id))
