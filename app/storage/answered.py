"""Answers to requests that may be sent again, so that what they asked for is done once."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, update
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


@dataclass(frozen=True, slots=True)
class Claim:
    """A key of a leader's, claimed at a moment (aware UTC)."""

    leader_id: str
    key: str
    at: datetime


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


def finish(session: Session, claim: Claim, status: int, contents: Sealed) -> None:
    """Keep the answer; where the claim is no longer there, nothing."""
    session.execute(update(Answered).where(_is(claim)).values(status=status, contents=contents))


def drop(session: Session, claim: Claim) -> None:
    """Forget a key, so that the request can be sent again."""
    session.execute(delete(Answered).where(_is(claim)))


def _is(claim: Claim) -> ColumnElement[bool]:
    """Only whoever claimed a key answers for it: work that took too long was taken for dead, and
    somebody else may have claimed it since."""
    mine = (Answered.leader_id == claim.leader_id) & (Answered.key == claim.key)
    return mine & (Answered.at == claim.at) & Answered.status.is_(None)


def _forget(session: Session, row: Answered, abandoned: timedelta) -> None:
    old = (Answered.at <= row.at - KEPT) | (
        Answered.status.is_(None) & (Answered.at <= row.at - abandoned)
    )
    mine = (Answered.leader_id == row.leader_id) & (Answered.key == row.key)
    session.execute(delete(Answered).where(mine, old))
