"""Taking a connection away: its credentials first, then whatever rested on them elsewhere."""

from collections.abc import Mapping
from contextlib import suppress
from types import ModuleType
from typing import Any

from app import logs
from app.connecting import google, microsoft
from app.connecting.connections import Provider
from app.connecting.errors import NoConnection, NotSetUp
from app.connecting.opening import plain_viewer
from app.connecting.sign_in import Granted
from app.connecting.watching import opened_subscription
from app.deployment import Deployment
from app.logs import Event
from app.people import history
from app.people.history import LEADER, Actor, What
from app.storage import connections as stored
from app.storage import leases, tables
from connectors.errors import ConnectorError


def disconnect(
    deployment: Deployment, leader_id: str, connection_id: str, by: Actor = LEADER
) -> None:
    """Delete a connection with its tokens, at once; what Clearway did with it stays told.

    Only then, as far as they listen, the provider is asked to call no more, and Google to end the
    consent. Microsoft has no such request: people end it on their page of applications. Holds stay
    in the calendar unless they were removed before. Raises NoConnection.
    """
    with deployment.database.transaction() as session:
        row = stored.remove(session, leader_id, connection_id)
        if row is None:
            raise NoConnection
        provider = Provider(row.provider)
        history.record(
            deployment, session, leader_id, What.DISCONNECTED, by, provider=provider.value
        )
        leases.mark_dirty(session, leader_id)
    logs.note(
        Event.CONSENT_WITHDRAWN, leader=leader_id, connection=connection_id, provider=provider
    )
    with suppress(ConnectorError, NotSetUp):
        _unwatch(deployment, row)
    if provider is Provider.GOOGLE:
        google.revoke(deployment.settings, deployment.database.vault.open(row.credentials))


def _unwatch(deployment: Deployment, row: tables.Connection) -> None:
    settings, vault = deployment.settings, deployment.database.vault
    subscription = opened_subscription(deployment, row)
    calls = _CALLING.get(Provider(row.provider))
    if subscription is None or calls is None:
        return
    # not by a StoredToken: there is nothing stored any more
    credentials = calls.renew(settings, vault.open(row.credentials))
    granted = Granted(credentials, frozenset(credentials["scopes"]))
    ticked = tuple(vault.open(row.calendars))
    diary: Any = calls.open_new(settings, granted, plain_viewer(deployment), ticked)
    try:
        diary.unwatch(subscription)
    finally:
        diary.close()


_CALLING: Mapping[Provider, ModuleType] = {
    Provider.MICROSOFT: microsoft,
    Provider.GOOGLE: google,
}
