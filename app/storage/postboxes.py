"""Where weekly mail goes, and which of it has gone out: one to each person, kind and week."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import date, datetime

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.storage.tables import Mailing, Postbox

SENDING, SENT, REFUSED, BACK = "sending", "sent", "refused", "back"
"""States of a mail: it is handed over, the relay took it, refused it, or it came back."""


def find(session: Session, identity: str) -> Postbox | None:
    """Somebody's postbox."""
    return session.get(Postbox, identity, populate_existing=True)


def locked(session: Session, identity: str) -> Postbox:
    """The same, made where there is none, and locked until the transaction ends."""
    asked = select(Postbox).where(Postbox.identity == identity).with_for_update()
    row = session.scalars(asked).one_or_none()
    if row is not None:
        return row
    with suppress(IntegrityError), session.begin_nested():
        session.add(Postbox(identity=identity, digest=False, acting=False))
    # whoever made it at the same moment has made it by now
    return session.scalars(asked).one()


def claim_acting(
    session: Session, moment: datetime, again: datetime, most: int = 200
) -> Sequence[str]:
    """Who is to hear of what waits in diaries that they act on, each given out once until `again`."""
    due = select(Postbox.identity).where(Postbox.acting, Postbox.acting_at <= moment)
    chosen = due.order_by(Postbox.acting_at).limit(most).with_for_update(skip_locked=True)
    taken = update(Postbox).where(Postbox.identity.in_(chosen)).values(acting_at=again)
    return session.scalars(taken.returning(Postbox.identity)).all()


def acting_next(session: Session, identity: str, at: datetime) -> None:
    """When somebody is to hear of that next."""
    session.execute(update(Postbox).where(Postbox.identity == identity).values(acting_at=at))


# --- mails ----------------------------------------------------------------------------------------


def mailing(session: Session, identity: str, what: str, week: date) -> Mailing | None:
    """The mail of a week, where it was begun."""
    return session.get(Mailing, (identity, what, week), populate_existing=True)


def begin(
    session: Session, identity: str, what: str, week: date, message: str, at: datetime
) -> datetime | None:
    """Note that the mail of a week is about to be handed over; when that was first begun.

    None where it has gone out, or was refused: then there is nothing left to do.
    """
    row = mailing(session, identity, what, week)
    if row is None:
        session.add(
            Mailing(identity=identity, what=what, week=week, state=SENDING, at=at, message=message)
        )
        return at
    return row.at if row.state == SENDING else None


def settle(session: Session, identity: str, what: str, week: date, state: str) -> None:
    """Note what became of the mail of a week."""
    row = mailing(session, identity, what, week)
    if row is not None:
        row.state = state


def come_back(session: Session, message: str) -> str | None:
    """Note that a mail came back; whose it was, None where none of ours has this Message-ID."""
    changed = (
        update(Mailing)
        .where(Mailing.message == message)
        .values(state=BACK)
        .returning(Mailing.identity)
    )
    return session.scalars(changed).one_or_none()


def newest(session: Session, identity: str, most: int = 10) -> Sequence[Mailing]:
    """The last mails to somebody, the newest first."""
    asked = select(Mailing).where(Mailing.identity == identity).order_by(Mailing.week.desc())
    return session.scalars(asked.limit(most)).all()
