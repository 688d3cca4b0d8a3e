"""A leader's connections: where calendars are, how to get in, and where the last reading left off.

Everything that a leader asks for is looked up with the leader's id, so nobody reaches another's.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from app.storage import departures
from app.storage.departures import Gone
from app.storage.tables import Connection
from app.storage.vault import Sealed


def add(session: Session, row: Connection) -> None:
    """Keep a new connection."""
    session.add(row)


def of_leader(session: Session, leader_id: str) -> Sequence[Connection]:
    """All of a leader's connections, the oldest first."""
    query = select(Connection).where(Connection.leader_id == leader_id)
    return session.scalars(query.order_by(Connection.connected_at, Connection.id)).all()


def find(session: Session, leader_id: str, connection_id: str) -> Connection | None:
    """One connection of this leader; None for another's as for none."""
    query = select(Connection).where(
        Connection.id == connection_id, Connection.leader_id == leader_id
    )
    return session.scalars(query).one_or_none()


def lock(session: Session, connection_id: str) -> Connection | None:
    """One connection, which nobody else changes until the transaction ends."""
    query = select(Connection).where(Connection.id == connection_id).with_for_update()
    return session.scalars(query).one_or_none()


def by_channel(session: Session, channel: str) -> Connection | None:
    """The connection that notifications with this fingerprint are for."""
    return session.scalars(select(Connection).where(Connection.channel == channel)).one_or_none()


def change(session: Session, connection_id: str, **values: Any) -> bool:
    """Set columns of a connection; False where there is none any more."""
    changed = (
        update(Connection)
        .where(Connection.id == connection_id)
        .values(**values)
        .returning(Connection.id)
    )
    return session.execute(changed).one_or_none() is not None


def keep_look(
    session: Session, connection_id: str, since: Sealed | None, sync: Sealed, read_at: datetime
) -> bool:
    """Go on from another look, unless what is kept is no longer the one that it began from."""
    same = Connection.sync.is_(None) if since is None else Connection.sync == since
    changed = update(Connection).where(Connection.id == connection_id, same)
    kept = changed.values(sync=sync, read_at=read_at).returning(Connection.id)
    return session.execute(kept).one_or_none() is not None


def remove(session: Session, leader_id: str, connection_id: str) -> Connection | None:
    """Delete a connection of this leader with its credentials; what it was, None if none.

    No backup brings it back.
    """
    row = find(session, leader_id, connection_id)
    if row is not None:
        session.execute(delete(Connection).where(Connection.id == connection_id))
        departures.remember(session, Gone.CONNECTION, connection_id)
        session.expunge(row)
    return row


def claim_renewals(
    session: Session, now: datetime, again: datetime, states: Collection[str], most: int = 100
) -> Sequence[tuple[str, str]]:
    """Leader and id of connections whose subscription is to be renewed, each given out once.

    Whoever is given one sets the next time; else it is given out again at `again`.
    """
    due = (
        select(Connection.id)
        .where(Connection.renew_at <= now, Connection.state.in_(states))
        .order_by(Connection.renew_at)
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    claimed = update(Connection).where(Connection.id.in_(due)).values(renew_at=again)
    rows = session.execute(claimed.returning(Connection.leader_id, Connection.id))
    return [(leader_id, connection_id) for leader_id, connection_id in rows]


def count_states(session: Session) -> dict[str, int]:
    """How many connections are in each state."""
    asked = select(Connection.state, func.count().label("number")).group_by(Connection.state)
    return {each.state: each.number for each in session.execute(asked)}
