"""Answers to requests that may be sent again, so that what they asked for is done once."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.storage.tables import Answered
from app.storage.vault import Sealed

KEPT = timedelta(days=1)
"""For how long an answer is given again."""


@dataclass(frozen=True, slots=True)
class Known:
    """A request that came before. `request` is the fingerprint of what it said.

    `status` and `contents` are None while it is worked on.
    """

    request: str
    status: int | None
    contents: Sealed | None


def begin(session: Session, row: Answered, *, abandoned: timedelta) -> Known | None:
    """Claim a key for the request in `row`; what is known where it was claimed before.

    An answer that is too old counts no longer, nor does work that began longer than `abandoned`
    ago and has no answer: whoever did it is dead.
    """
    _forget(session, row, abandoned)
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:
        found = session.get(Answered, (row.leader_id, row.key), populate_existing=True)
        if found is None:
            # it was dropped a moment ago: as if it were still worked on
            return Known(row.request, None, None)
        return Known(found.request, found.status, found.contents)
    return None


def finish(session: Session, leader_id: str, key: str, status: int, contents: Sealed) -> None:
    """Keep the answer; where the leader is gone meanwhile, nothing."""
    chosen = update(Answered).where(Answered.leader_id == leader_id, Answered.key == key)
    session.execute(chosen.values(status=status, contents=contents))


def drop(session: Session, leader_id: str, key: str) -> None:
    """Forget a key, so that the request can be sent again."""
    session.execute(delete(Answered).where(Answered.leader_id == leader_id, Answered.key == key))


def _forget(session: Session, row: Answered, abandoned: timedelta) -> None:
    old = (Answered.at <= row.at - KEPT) | (
        Answered.status.is_(None) & (Answered.at <= row.at - abandoned)
    )
    mine = (Answered.leader_id == row.leader_id) & (Answered.key == row.key)
    session.execute(delete(Answered).where(mine, old))
