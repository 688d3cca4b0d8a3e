"""Subscriptions: Graph calls an address when something in the mailbox changes.

What it sends holds no content and may come twice or late, so it only says "sync now". The same
address gets the lifecycle notifications, which cannot be asked for later.
"""

import hmac
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from connectors.base import Subscription
from connectors.errors import BadAnswer, EventGone
from connectors.graph.client import Client, Exists, as_object, segment, told_at

LONGEST = timedelta(minutes=10_070)
"""Ten minutes less than Graph grants, for clocks that disagree."""
CHANGES = "created,updated,deleted"
_PURPOSE = b"clearway graph subscription"


def watch(client: Client, address: str, *, key: str) -> Subscription:
    """Ask to be called. One that exists already for the same address and secret is renewed.

    Graph allows one subscription for a mailbox and application, so any other is replaced.
    """
    secret = secret_of(key)
    first = _clock(client)
    for one in _ours(client):
        if (one.get("notificationUrl"), one.get("clientState")) == (address, secret):
            return renew(client, _subscription(one, address, secret))
    try:
        return _create(client, address, secret, first)
    except Exists:
        for one in list(_ours(client)):
            _delete(client, str(one.get("id")))
        return _create(client, address, secret, first)


def renew(client: Client, subscription: Subscription) -> Subscription:
    """The same for longer; another one, with the same secret, where Graph has forgotten it."""
    now = _clock(client)
    body = {"expirationDateTime": _until(now)}
    try:
        url = f"subscriptions/{segment(subscription.id)}"
        found = as_object(client.ask("PATCH", url, body=body, twice=True))
    except EventGone:
        return _create(client, subscription.address, subscription.secret, now)
    return _subscription(found, subscription.address, subscription.secret)


def unwatch(client: Client, subscription: Subscription) -> None:
    """Ask no more."""
    _delete(client, subscription.id)


def secret_of(key: str) -> str:
    """The clientState of a key, 64 of at most 128 characters: what a caller has to know."""
    return hmac.new(key.encode(), _PURPOSE, sha256).hexdigest()


def _create(client: Client, address: str, secret: str, now: datetime) -> Subscription:
    body = {
        "changeType": CHANGES,
        "resource": f"{client.root}/events",
        "notificationUrl": address,
        "lifecycleNotificationUrl": address,
        "expirationDateTime": _until(now),
        "clientState": secret,
    }
    found = as_object(client.ask("POST", "subscriptions", body=body))
    return _subscription(found, address, secret)


def _delete(client: Client, identity: str) -> None:
    try:
        client.ask("DELETE", f"subscriptions/{segment(identity)}")
    except EventGone:
        return


def _ours(client: Client) -> Iterator[Mapping[str, Any]]:
    """The subscriptions of this application to this mailbox and these changes."""
    resource = f"{client.root}/events".casefold()
    for one in client.items("subscriptions"):
        if isinstance(one, dict) and one.get("changeType") == CHANGES:
            if str(one.get("resource")).strip("/").casefold() == resource:
                yield one


def _clock(client: Client) -> datetime:
    """What time it is by Graph's own clock, which also decides when a subscription ends."""
    return told_at(client.ask("GET", f"{client.root}/calendar", params={"$select": "id"}))


def _until(now: datetime) -> str:
    return (now + LONGEST).strftime("%Y-%m-%dT%H:%M:%SZ")


def _subscription(body: Mapping[str, Any], address: str, secret: str) -> Subscription:
    identity, ends = body.get("id"), body.get("expirationDateTime")
    try:
        expires = datetime.fromisoformat(str(ends)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise BadAnswer("The calendar's server does not say how long it calls back.") from error
    if not isinstance(identity, str):
        raise BadAnswer("The calendar's server does not say what it calls the subscription.")
    return Subscription(identity, str(body.get("resource") or ""), expires, secret, address)
