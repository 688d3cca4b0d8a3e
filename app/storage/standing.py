"""How things stand, as figures about everybody at once."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.storage.database import now
from app.storage.tables import Connection


def lag(session: Session, state: str) -> float:
    """Seconds since the reading that is longest ago, among connections in this state."""
    waiting = func.coalesce(Connection.read_at, Connection.connected_at)
    oldest = session.scalars(
        select(Connection).where(Connection.state == state).order_by(waiting).limit(1)
    ).one_or_none()
    if oldest is None:
        return 0.0
    return max(0.0, (now(session) - (oldest.read_at or oldest.connected_at)).total_seconds())
