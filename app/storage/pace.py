"""How fast all processes together ask a provider: one row for each, by the database's clock."""

from contextlib import suppress
from datetime import timedelta

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.storage.database import now
from app.storage.tables import Pace


def reserve(
    session: Session, provider: str, time: timedelta, burst: timedelta, longest: timedelta
) -> timedelta:
    """Take so much of a provider's time; how long to wait for it, from none on.

    Time that nobody took is kept for a `burst`. Where the wait would be longer than `longest`,
    nothing is taken, and the wait is that until there is enough.
    """
    moment = now(session)
    row = session.get(Pace, provider, with_for_update=True) or _new(session, provider)
    taken_until = max(row.taken_until or moment - burst, moment - burst) + time
    wait = max(taken_until - moment, timedelta())
    if wait <= longest:
        row.taken_until = taken_until
    return wait


def _new(session: Session, provider: str) -> Pace:
    # another process may be quicker
    with suppress(IntegrityError), session.begin_nested():
        session.add(Pace(provider=provider))
    return session.get_one(Pace, provider, with_for_update=True, populate_existing=True)
