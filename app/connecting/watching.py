"""Being called back: subscriptions that are made, renewed, believed, and ended.

Each connection has an address of its own, so a notification finds it by that address alone; what
the provider calls its channel may change with every renewal. What is sent says only "look now".
"""

import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from app import logs
from app.connecting.connections import Provider, can_be_called, find, note
from app.connecting.errors import NoConnection, NotSetUp
from app.connecting.opening import open_row, plain_viewer
from app.connecting.states import USABLE
from app.deployment import Deployment
from app.logs import Event
from app.storage import connections as stored
from app.storage import leases, tables
from connectors.base import Ability, Subscription
from connectors.errors import ConnectorError, NotPossible, SignInNeeded

NOTIFY = "/v1/notifications"
"""Where providers call, below the service's own address: `/v1/notifications/{provider}/{channel}`."""
_AGAIN = timedelta(minutes=10)
"""After so long a renewal that failed, or whose worker died, is tried again."""


def renew_due(deployment: Deployment) -> int:
    """Make or renew every subscription that is due; how many are good for longer now.

    Two workers at once do each of them once.
    """
    now = deployment.now()
    with deployment.database.transaction() as session:
        due = stored.claim_renewals(session, now, now + _AGAIN, [each.value for each in USABLE])
    return sum(watch(deployment, leader_id, each) for leader_id, each in due)


def watch(deployment: Deployment, leader_id: str, connection_id: str) -> bool:
    """Ask a connection's provider to call, or to go on calling; whether it will.

    Where it does not, polling still finds every change.
    """
    try:
        row = find(deployment, leader_id, connection_id)
        subscription = _watch(deployment, row)
    except (NoConnection, NotSetUp):
        return False
    except NotPossible:
        # this is about being called, not about the calendar
        _stop_asking(deployment, connection_id)
        return False
    except SignInNeeded as error:
        note(deployment, connection_id, error)
        return False
    except ConnectorError:
        # the calendar itself may be read as ever; `renew_due` tries again
        return False
    if subscription is None:
        _stop_asking(deployment, connection_id)
        return False
    _keep(deployment, row, subscription)
    return True


def notified(
    deployment: Deployment,
    provider: Provider,
    channel: str,
    secret: str,
    *,
    ending: bool = False,
) -> str | None:
    """Believe a notification: the leader whose diary is to be looked at, None where it is none.

    `channel` is the last part of the address that was called, and `secret` Graph's `clientState`
    or Google's `X-Goog-Channel-Token`. `ending` is for Graph's lifecycle notifications: the
    subscription is then renewed too.
    """
    kept = deployment.fingerprints.of("channel", provider.value, channel)
    with deployment.database.transaction() as session:
        row = stored.by_channel(session, kept)
        known = None if row is None else opened_subscription(deployment, row)
        if row is None or known is None or not _same(known.secret, secret):
            return None
        if ending:
            stored.change(session, row.id, renew_at=deployment.now())
        leases.mark_dirty(session, row.leader_id)
    logs.note(Event.NOTIFIED, leader=row.leader_id, connection=row.id, provider=provider)
    return row.leader_id


def opened_subscription(deployment: Deployment, row: tables.Connection) -> Subscription | None:
    """The subscription of a connection, with its secret."""
    if row.subscription is None:
        return None
    value: Mapping[str, Any] = deployment.database.vault.open(row.subscription)
    return Subscription(
        id=value["id"],
        resource=value["resource"],
        expires=datetime.fromisoformat(value["expires"]),
        secret=value["secret"],
        address=value["address"],
    )


def _watch(deployment: Deployment, row: tables.Connection) -> Subscription | None:
    if not can_be_called(deployment, row.provider):
        return None
    channel = _channel(deployment, row)
    known = opened_subscription(deployment, row)
    if known is None:
        _expect(deployment, row, channel)
    diary: Any = open_row(deployment, row, plain_viewer(deployment))
    try:
        if Ability.PUSH not in diary.abilities:
            return None
        address = f"{deployment.settings.public_url}{NOTIFY}/{row.provider}/{channel}"
        if known is not None and known.address in (address, ""):
            renewed: Subscription = diary.renew(known)
            return renewed
        made: Subscription = diary.watch(address, key=_key(deployment, row))
        return made
    finally:
        diary.close()


def _expect(deployment: Deployment, row: tables.Connection, channel: str) -> None:
    """Know the address before anybody calls it."""
    kept = deployment.fingerprints.of("channel", row.provider, channel)
    with deployment.database.transaction() as session:
        stored.change(session, row.id, channel=kept)


def _keep(deployment: Deployment, row: tables.Connection, subscription: Subscription) -> None:
    now = deployment.now()
    value = {
        "id": subscription.id,
        "resource": subscription.resource,
        "expires": subscription.expires.isoformat(),
        "secret": subscription.secret,
        "address": subscription.address,
    }
    # half of its life is left for all that can go wrong with the next renewal
    following = now + max((subscription.expires - now) / 2, _AGAIN)
    with deployment.database.transaction() as session:
        sealed = deployment.database.vault.seal(value)
        stored.change(session, row.id, subscription=sealed, renew_at=following)
        if row.subscription is None:
            # whatever changed before anybody could call
            leases.mark_dirty(session, row.leader_id)


def _stop_asking(deployment: Deployment, connection_id: str) -> None:
    with deployment.database.transaction() as session:
        stored.change(session, connection_id, subscription=None, renew_at=None)


def _channel(deployment: Deployment, row: tables.Connection) -> str:
    """The last part of the connection's address: the same each time, and not to be guessed."""
    return deployment.fingerprints.of("channel-address", row.id)[:40]


def _key(deployment: Deployment, row: tables.Connection) -> str:
    return deployment.fingerprints.of("channel-key", row.id)


def _same(one: str, two: str) -> bool:
    return hmac.compare_digest(one.encode(), two.encode("utf-8", "surrogatepass"))
