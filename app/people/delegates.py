"""A leader lets somebody act on the diary, for a time. The leader alone grants, and takes back.

An invitation is a token that is shown once; whoever is signed in and brings it within a week is
the delegate. The grant ends by itself.
"""

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from app.deployment import Deployment
from app.people.errors import BadChoice, BadInvitation, BadName, NotAllowed
from app.people.history import LEADER, Actor, What, Who, record
from app.people.leaders import must_stay
from app.storage import people as stored
from app.storage import tables
from app.storage.vault import Sealed
from rules.language import later, text

USUAL_DAYS = 90
LONGEST_DAYS = 365
INVITATION = timedelta(days=7)
"""For how long an invitation can be accepted."""
_LONGEST_NAME = 60
_MOST = 50
"""Grants of one leader at a time, with invitations that nobody has accepted yet."""


class State(StrEnum):
    """Where a delegation stands."""

    INVITED = "invited"
    ACTIVE = "active"
    LAPSED = "lapsed"
    EXPIRED = "expired"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class Delegation:
    """One grant. Times are aware UTC.

    `label` is what the leader calls the delegate. `name` is what the delegate calls the diary, to
    tell several apart: as long as there is none, it is the label.
    """

    id: str
    leader_id: str
    label: str = field(repr=False)
    name: str = field(repr=False)
    granted_at: datetime
    accepted_at: datetime | None
    expires_at: datetime
    revoked_at: datetime | None

    def state(self, now: datetime) -> State:
        """Where it stands at a moment."""
        if self.revoked_at is not None:
            return State.REVOKED
        if now >= self.expires_at:
            return State.EXPIRED
        if self.accepted_at is not None:
            return State.ACTIVE
        return State.INVITED if now < self.granted_at + INVITATION else State.LAPSED


@dataclass(frozen=True, slots=True)
class Invitation:
    """A new grant, with the token that accepts it: to be shown once, and kept nowhere."""

    delegation: Delegation
    token: str = field(repr=False)


def invite(
    deployment: Deployment, leader_id: str, label: str, days: int = USUAL_DAYS
) -> Invitation:
    """Offer somebody to act on the leader's diary for so many days from now, at most a year.

    Raises BadChoice, NotAllowed, and IsLeaving where the leader is on the way out.
    """
    label, moment = _read_name(label, later("A delegate")), deployment.now()
    if not 1 <= days <= LONGEST_DAYS:
        raise BadChoice(
            text(
                "A delegate may act for between 1 and %(most)s days.",
                most=LONGEST_DAYS,
            )
        )
    token = secrets.token_urlsafe(32)
    row = tables.Delegation(
        id=secrets.token_hex(16),
        leader_id=leader_id,
        invitation=_fingerprint(deployment, token),
        label=deployment.database.vault.seal(label),
        granted_at=moment,
        expires_at=moment + timedelta(days=days),
    )
    with deployment.database.transaction() as session:
        must_stay(session, leader_id)
        if stored.open_delegations(session, leader_id, moment) >= _MOST:
            raise BadChoice(
                text("%(most)s people may act for you at most; end a grant first.", most=_MOST)
            )
        stored.add_delegation(session, row)
        what = What.DELEGATE_INVITED
        record(deployment, session, leader_id, what, LEADER, delegation_id=row.id, days=days)
    return Invitation(read_delegation(deployment, row), token)


def accept(deployment: Deployment, identity: str, token: str, name: str = "") -> Delegation:
    """Become the delegate whom an invitation asks for. `identity` is who signed in.

    `name` is what the delegate calls the diary. Raises BadInvitation for an invitation that is
    used, taken back or older than a week, and BadChoice for the leader's own or such a name.
    """
    moment, sealed = deployment.now(), _sealed_name(deployment, name) if name else None
    with deployment.database.transaction() as session:
        fingerprint = _fingerprint(deployment, token)
        row = stored.invited(session, fingerprint, moment, INVITATION)
        if row is None:
            raise BadInvitation
        leader = stored.leader(session, row.leader_id)
        if leader is None or leader.identity == identity:
            raise BadChoice(text("This is your own diary; send the invitation to your delegate."))
        row.identity, row.accepted_at, row.invitation = identity, moment, None
        row.diary_label = sealed
        by = Actor(Who.DELEGATE, row.id)
        record(deployment, session, row.leader_id, What.DELEGATE_ACCEPTED, by)
    return read_delegation(deployment, row)


def granted(deployment: Deployment, leader_id: str) -> tuple[Delegation, ...]:
    """Everything that a leader granted and that is still kept, the newest first."""
    with deployment.database.transaction() as session:
        rows = stored.delegations(session, leader_id)
    return tuple(read_delegation(deployment, each) for each in rows)


def revoke(deployment: Deployment, leader_id: str, delegation_id: str) -> None:
    """End a grant at once, or take an invitation back. Raises NotAllowed where it is not there."""
    moment = deployment.now()
    with deployment.database.transaction() as session:
        if stored.revoke(session, delegation_id, leader_id, moment) is None:
            raise NotAllowed
        what = What.DELEGATE_REVOKED
        record(deployment, session, leader_id, what, LEADER, delegation_id=delegation_id)


def give_up(deployment: Deployment, identity: str, delegation_id: str) -> None:
    """End a grant that somebody has. Raises NotAllowed where it is not theirs."""
    moment = deployment.now()
    with deployment.database.transaction() as session:
        leader_id = stored.give_up(session, delegation_id, identity, moment)
        if leader_id is None:
            raise NotAllowed
        by = Actor(Who.DELEGATE, delegation_id)
        record(deployment, session, leader_id, What.DELEGATE_REVOKED, by)


def rename(deployment: Deployment, identity: str, delegation_id: str, name: str) -> None:
    """Call a diary something else. Raises BadChoice, and NotAllowed where the grant is not theirs."""
    sealed = _sealed_name(deployment, name)
    with deployment.database.transaction() as session:
        if not stored.rename(session, delegation_id, identity, sealed, deployment.now()):
            raise NotAllowed


def _sealed_name(deployment: Deployment, name: str) -> Sealed:
    return deployment.database.vault.seal(_read_name(name, later("A diary")))


def _read_name(written: str, what: str) -> str:
    name = " ".join(written.split())
    if not 1 <= len(name) <= _LONGEST_NAME or not name.isprintable():
        raise BadName(
            text(
                "%(what)s is called something of 1 to %(most)s characters.",
                what=text(what),
                most=_LONGEST_NAME,
            )
        )
    if not name[0].isalnum():
        # a spreadsheet that opens the leader's export would take = or @ for a formula
        raise BadName(text("A name begins with a letter or a digit."))
    return name


def _fingerprint(deployment: Deployment, token: str) -> str:
    return deployment.fingerprints.of("invitation", token)


def read_delegation(deployment: Deployment, row: tables.Delegation) -> Delegation:
    """A row as a value."""
    label = deployment.database.vault.open(row.label)
    return Delegation(
        id=row.id,
        leader_id=row.leader_id,
        label=label,
        name=label if row.diary_label is None else deployment.database.vault.open(row.diary_label),
        granted_at=row.granted_at,
        accepted_at=row.accepted_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
    )
