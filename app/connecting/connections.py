"""A leader's connections as everything but storage sees them."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from app import logs
from app.connecting.errors import BadChoice, NoConnection
from app.connecting.states import (
    TROUBLES,
    USABLE,
    State,
    Trouble,
    may_follow,
    state_after,
)
from app.deployment import Deployment
from app.logs import Event
from app.people import history
from app.people.history import Actor, What
from app.people.leaders import must_stay
from app.storage import Session, leases, tables
from app.storage import connections as stored
from connectors.errors import ConnectorError
from rules.language import text

MOST = 10
"""Connections of one leader: each is asked whenever the diary is read."""


class Provider(StrEnum):
    """Where a calendar is."""

    MICROSOFT = "microsoft"
    GOOGLE = "google"
    CALDAV = "caldav"
    FEED = "feed"


@dataclass(frozen=True, slots=True)
class Connection:
    """One connection without its secrets. Instants are aware UTC.

    `calendars` are the ids of the ticked calendars, which may be addresses; holds are written to
    the first. `read_at` is when it was last looked at with success. `watched` is whether its
    changes are called in, and `meetings` whether its meetings can be changed, None while not known.
    `account` is what tells it from others of its kind, for the leader alone.
    """

    id: str
    leader_id: str
    provider: Provider
    state: State
    state_since: datetime
    connected_at: datetime
    calendars: tuple[str, ...] = field(repr=False)
    read_at: datetime | None
    watched: bool
    meetings: bool | None = None
    account: str = field(default="", repr=False)

    @property
    def trouble(self) -> Trouble | None:
        """What to tell the leader, None where all is well."""
        return TROUBLES.get(self.state)


def connections(deployment: Deployment, leader_id: str) -> tuple[Connection, ...]:
    """All connections of a leader, the oldest first."""
    with deployment.database.transaction() as session:
        return tuple(value(deployment, each) for each in stored.of_leader(session, leader_id))


def connection(deployment: Deployment, leader_id: str, connection_id: str) -> Connection:
    """One connection of this leader. Raises NoConnection."""
    return value(deployment, find(deployment, leader_id, connection_id))


def can_change_meetings(deployment: Deployment, leader_id: str) -> bool:
    """Whether a plan could change a meeting in any calendar, as far as that is known."""
    return any(each.meetings is not False for each in connections(deployment, leader_id))


def in_trouble(deployment: Deployment, leader_id: str) -> tuple[Connection, ...]:
    """The connections that wait for a person. While there are any, the diary is not whole.

    A plan made without them could put holds over what nobody can see.
    """
    found = connections(deployment, leader_id)
    return tuple(each for each in found if each.state not in USABLE)


def note(deployment: Deployment, connection_id: str, error: ConnectorError | None) -> State | None:
    """What came of using a connection: its state afterwards, None where it is gone.

    `error` is what opening or reading it raised; without one it works (again).
    """
    after = State.ACTIVE if error is None else state_after(error)
    with deployment.database.transaction() as session:
        row = stored.lock(session, connection_id)
        if row is None:
            return None
        before = State(row.state)
        if after is None or not may_follow(before, after):
            return before
        _move(deployment, session, row, before, after)
        return after


def _move(
    deployment: Deployment, session: Session, row: tables.Connection, before: State, after: State
) -> None:
    stored.change(session, row.id, state=after.value, state_since=deployment.now())
    what = _told(before, after)
    if what is not None:
        leader_id, provider = row.leader_id, row.provider
        history.record(deployment, session, leader_id, what, provider=provider, state=after.value)


def _told(before: State, after: State) -> What | None:
    """What the history says of a move: only that a person is needed, and is needed no more."""
    if after not in USABLE:
        return What.CONNECTION_LOST
    return What.RECONNECTED if before not in USABLE else None


# -- for this package ---------------------------------------------------------------------------


def find(deployment: Deployment, leader_id: str, connection_id: str) -> tables.Connection:
    """The row of one connection of this leader. Raises NoConnection."""
    with deployment.database.transaction() as session:
        row = stored.find(session, leader_id, connection_id)
    if row is None:
        raise NoConnection
    return row


def check_provider(row: tables.Connection, provider: Provider) -> None:
    """Raise BadChoice where a connection is to another kind of calendar."""
    if row.provider != provider:
        raise BadChoice(text("That connection is to another kind of calendar."))


def check_new(
    deployment: Deployment,
    leader_id: str,
    provider: Provider,
    account: str,
    calendars: Sequence[str],
) -> None:
    """Raise BadChoice where an account, or one of its calendars, is connected already.

    Read twice, each of its meetings would count twice, and holds could be written by either.
    """
    for each in connections(deployment, leader_id):
        same = each.account == account or set(calendars) & set(each.calendars)
        if each.provider is provider and same:
            raise BadChoice(text("This calendar is connected already; it is in the list of yours."))


def account_of(provider: Provider, credentials: Mapping[str, Any]) -> str:
    """What tells one account of a kind from another for whoever connected it; often nothing."""
    if provider is Provider.FEED:
        return str(credentials.get("address", ""))
    if provider is Provider.CALDAV:
        return f"{credentials.get('user', '')} {credentials.get('url', '')}".rstrip("/")
    return ""


def new_row(
    deployment: Deployment,
    leader_id: str,
    provider: Provider,
    credentials: Mapping[str, Any],
    calendars: tuple[str, ...] = (),
) -> tables.Connection:
    """A connection that is not kept yet."""
    seal, now = deployment.database.vault.seal, deployment.now()
    return tables.Connection(
        id=secrets.token_hex(16),
        leader_id=leader_id,
        provider=provider.value,
        state=State.ACTIVE.value,
        state_since=now,
        connected_at=now,
        credentials=seal(dict(credentials)),
        calendars=seal(list(calendars)),
    )


def keep(deployment: Deployment, row: tables.Connection, by: Actor) -> Connection:
    """Keep a connection that was tried; the diary is then looked at soon.

    Raises IsLeaving, and BadChoice where there are too many.
    """
    with deployment.database.transaction() as session:
        must_stay(session, row.leader_id)
        if len(stored.of_leader(session, row.leader_id)) >= MOST:
            raise BadChoice(
                text(
                    "You have %(most)s connections already; disconnect one of them first.",
                    most=MOST,
                )
            )
        # one that can call back is asked to by the next renewal, not while somebody waits
        row.renew_at = deployment.now() if can_be_called(deployment, row.provider) else None
        stored.add(session, row)
        history.record(
            deployment, session, row.leader_id, What.CONNECTED, by, provider=row.provider
        )
        leases.mark_dirty(session, row.leader_id)
    _log_consent(row)
    return value(deployment, row)


def renew(
    deployment: Deployment, row: tables.Connection, credentials: Mapping[str, Any], by: Actor
) -> Connection:
    """Give a connection other credentials and let it work again.

    Raises NoConnection and IsLeaving.
    """
    with deployment.database.transaction() as session:
        must_stay(session, row.leader_id)
        held = stored.lock(session, row.id)
        if held is None:
            raise NoConnection
        sealed = deployment.database.vault.seal(dict(credentials))
        called = can_be_called(deployment, held.provider)
        stored.change(
            session,
            held.id,
            credentials=sealed,
            state=State.ACTIVE.value,
            state_since=deployment.now(),
            renew_at=deployment.now() if called else None,
        )
        history.record(
            deployment, session, held.leader_id, What.RECONNECTED, by, provider=held.provider
        )
        leases.mark_dirty(session, held.leader_id)
    _log_consent(row)
    return connection(deployment, row.leader_id, row.id)


def _log_consent(row: tables.Connection) -> None:
    told = Provider(row.provider)
    logs.note(Event.CONSENT_GIVEN, leader=row.leader_id, connection=row.id, provider=told)


def can_be_called(deployment: Deployment, provider: str) -> bool:
    """Whether this provider calls back where something changes: only an https address."""
    calls = provider in (Provider.MICROSOFT, Provider.GOOGLE)
    return calls and deployment.settings.public_url.startswith("https://")


def value(deployment: Deployment, row: tables.Connection) -> Connection:
    """A row without its secrets."""
    open_ = deployment.database.vault.open
    provider = Provider(row.provider)
    return Connection(
        id=row.id,
        leader_id=row.leader_id,
        provider=provider,
        state=State(row.state),
        state_since=row.state_since,
        connected_at=row.connected_at,
        calendars=tuple(open_(row.calendars)),
        read_at=row.read_at,
        watched=row.subscription is not None,
        meetings=row.meetings,
        account=account_of(provider, open_(row.credentials)),
    )
