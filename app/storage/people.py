"""Leaders, their delegations, who has signed in, and who is on an errand elsewhere."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.storage.database import now
from app.storage.tables import Delegation, Errand, Leader, Mailbox, SignIn
from app.storage.vault import Sealed

# --- leaders ---------------------------------------------------------------------------------


def add_leader(session: Session, leader: Leader) -> bool:
    """Keep a new leader, whose diary is due at once; False where the identity is one already."""
    try:
        with session.begin_nested():
            session.add(leader)
    except IntegrityError:
        return False
    session.add(Mailbox(leader_id=leader.id, poll_at=now(session)))
    return True


def leader(session: Session, leader_id: str) -> Leader | None:
    """A leader by id."""
    return session.get(Leader, leader_id, populate_existing=True)


def leader_of(session: Session, identity: str) -> Leader | None:
    """The leader whom a fingerprint of issuer and subject belongs to."""
    return session.scalars(select(Leader).where(Leader.identity == identity)).one_or_none()


def leaving(session: Session) -> Sequence[str]:
    """The ids of leaders whose holds and data are to be removed, the first to leave first."""
    found = select(Leader.id).where(Leader.leaving_at.is_not(None)).order_by(Leader.leaving_at)
    return session.scalars(found).all()


def change_settings(session: Session, leader_id: str, version: int, settings: Sealed) -> bool:
    """Replace a leader's settings; False where they have another version by now."""
    changed = session.execute(
        update(Leader)
        .where(Leader.id == leader_id, Leader.version == version)
        .values(settings=settings, version=version + 1)
        .returning(Leader.id)
    )
    return changed.one_or_none() is not None


def change_mode(session: Session, leader_id: str, mode: str, since: datetime) -> bool:
    """Set how much Clearway may do; False where it may do just that already."""
    changed = session.execute(
        update(Leader)
        .where(Leader.id == leader_id, Leader.mode != mode)
        .values(mode=mode, mode_since=since)
        .returning(Leader.id)
    )
    return changed.one_or_none() is not None


def start(session: Session, leader_id: str, at: datetime) -> None:
    """Note when Clearway first did more than look; what is noted stays."""
    first = update(Leader).where(Leader.id == leader_id, Leader.started_at.is_(None))
    session.execute(first.values(started_at=at))


def pause(session: Session, leader_id: str, until: datetime | None) -> None:
    """Set until when nothing is done for a leader; None ends the pause."""
    session.execute(update(Leader).where(Leader.id == leader_id).values(paused_until=until))


def leave(session: Session, leader_id: str, at: datetime) -> bool:
    """Mark that a leader leaves; False where that is so already."""
    changed = session.execute(
        update(Leader)
        .where(Leader.id == leader_id, Leader.leaving_at.is_(None))
        .values(leaving_at=at)
        .returning(Leader.id)
    )
    return changed.one_or_none() is not None


# --- delegations -----------------------------------------------------------------------------


def add_delegation(session: Session, delegation: Delegation) -> None:
    """Keep a new delegation, not accepted yet."""
    session.add(delegation)


def delegations(session: Session, leader_id: str) -> Sequence[Delegation]:
    """Everything that a leader ever granted, the newest first."""
    found = select(Delegation).where(Delegation.leader_id == leader_id)
    return session.scalars(found.order_by(Delegation.granted_at.desc(), Delegation.id)).all()


def open_delegations(session: Session, leader_id: str, moment: datetime) -> int:
    """How many grants of a leader hold or may yet be accepted."""
    found = select(func.count()).where(
        Delegation.leader_id == leader_id,
        Delegation.revoked_at.is_(None),
        Delegation.expires_at > moment,
    )
    return session.scalar(found) or 0


def invited(
    session: Session, invitation: str, moment: datetime, valid: timedelta
) -> Delegation | None:
    """The delegation that an invitation offers while it can be accepted, for nobody else now."""
    found = (
        select(Delegation)
        .join(Leader, Leader.id == Delegation.leader_id)
        .where(
            Delegation.invitation == invitation,
            Delegation.revoked_at.is_(None),
            Delegation.granted_at > moment - valid,
            Delegation.expires_at > moment,
            Leader.leaving_at.is_(None),
        )
    )
    return session.scalars(found.with_for_update(of=Delegation)).one_or_none()


def revoke(session: Session, delegation_id: str, leader_id: str, at: datetime) -> str | None:
    """End a delegation of this leader: the leader's id, None where there is none to end."""
    return _end(session, delegation_id, Delegation.leader_id == leader_id, at)


def give_up(session: Session, delegation_id: str, identity: str, at: datetime) -> str | None:
    """End a delegation to this person: the leader's id, None where there is none to end."""
    return _end(session, delegation_id, Delegation.identity == identity, at)


def rename(
    session: Session, delegation_id: str, identity: str, name: Sealed, moment: datetime
) -> bool:
    """What somebody calls the diary of a grant that they have; whether they have it."""
    named = (
        update(Delegation)
        .where(
            Delegation.id == delegation_id,
            Delegation.identity == identity,
            Delegation.revoked_at.is_(None),
            Delegation.expires_at > moment,
        )
        .values(diary_label=name)
        .returning(Delegation.id)
    )
    return session.scalars(named).one_or_none() is not None


def _end(
    session: Session, delegation_id: str, whose: ColumnElement[bool], at: datetime
) -> str | None:
    ended = (
        update(Delegation)
        .where(Delegation.id == delegation_id, whose, Delegation.revoked_at.is_(None))
        .values(revoked_at=at, invitation=None)
        .returning(Delegation.leader_id)
    )
    return session.scalars(ended).one_or_none()


def grants(session: Session, identity: str, moment: datetime) -> Sequence[Delegation]:
    """The delegations by which somebody may act now; none of a leader who is leaving."""
    found = (
        select(Delegation)
        .join(Leader, Leader.id == Delegation.leader_id)
        .where(
            Delegation.identity == identity,
            Delegation.accepted_at.is_not(None),
            Delegation.revoked_at.is_(None),
            Delegation.expires_at > moment,
            Leader.leaving_at.is_(None),
        )
    )
    return session.scalars(found.order_by(Delegation.expires_at)).all()


# --- who has signed in -----------------------------------------------------------------------


def add_sign_in(session: Session, sign_in: SignIn) -> None:
    """Keep that somebody has signed in."""
    session.add(sign_in)


def sign_in(session: Session, sign_in_id: str, moment: datetime) -> SignIn | None:
    """A sign-in that still holds."""
    found = select(SignIn).where(SignIn.id == sign_in_id, SignIn.expires_at > moment)
    return session.scalars(found).one_or_none()


def delete_sign_in(session: Session, sign_in_id: str) -> str | None:
    """End a sign-in; whose it was (the fingerprint), None where there is no such one."""
    gone = delete(SignIn).where(SignIn.id == sign_in_id).returning(SignIn.identity)
    return session.scalars(gone).one_or_none()


# --- errands ---------------------------------------------------------------------------------


def add_errand(session: Session, errand: Errand) -> None:
    """Keep what somebody who was sent elsewhere will need when back."""
    session.add(errand)


def take_errand(session: Session, errand_id: str, purpose: str, moment: datetime) -> Sealed | None:
    """What an errand carries, once: it is gone afterwards. None for one too old or used."""
    gone = (
        delete(Errand)
        .where(Errand.id == errand_id, Errand.purpose == purpose, Errand.expires_at > moment)
        .returning(Errand.carried)
    )
    return session.scalars(gone).one_or_none()
