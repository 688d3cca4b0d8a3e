"""Push channels: one for each calendar, kept by the caller as one Subscription. Pure.

Google lists no channels and renews none. So a Subscription holds what stopping and opening anew
takes: `id` the channels' ids, `resource` the calendars' resource ids and the address, as JSON.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256

from connectors.base import Subscription
from connectors.errors import BadAnswer, NotPossible
from connectors.google.mapping import Event

WEEK = "604800"
"""Seconds that a channel is asked to live; Google may give less, and says so."""


@dataclass(frozen=True, slots=True)
class Channel:
    """One channel as Google opened it."""

    id: str
    resource: str
    expires: datetime


@dataclass(frozen=True, slots=True)
class Opened:
    """What a Subscription tells about its channels: (id, resource id) of each, and the address."""

    channels: tuple[tuple[str, str], ...]
    address: str = field(repr=False)


def secret_of(key: str) -> str:
    """The secret that Google sends back with every call, the same for the same key."""
    return sha256(f"clearway channel {key}".encode()).hexdigest()


def request_body(channel_id: str, address: str, secret: str) -> Event:
    """What opens a channel. Raises NotPossible for an address that Google would not call."""
    if not address.startswith("https://"):
        raise NotPossible("Google only calls an https address.")
    return {
        "id": channel_id,
        "type": "web_hook",
        "address": address,
        "token": secret,
        "params": {"ttl": WEEK},
    }


def channel(answer: Event) -> Channel:
    """An opened channel. `expiration` is text in Google's schema and a number in its examples."""
    own, resource, expires = (answer.get(name) for name in ("id", "resourceId", "expiration"))
    if not (isinstance(own, str) and isinstance(resource, str) and own and resource):
        raise BadAnswer("Google's answer does not say which channel it opened.")
    try:
        moment = datetime.fromtimestamp(int(str(expires)) / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        raise BadAnswer("Google's answer does not say how long the channel lives.") from None
    return Channel(own, resource, moment)


def pack(opened: Sequence[Channel], address: str, secret: str) -> Subscription:
    """All channels as one promise, which ends with the first of them."""
    resources = [one.resource for one in opened]
    return Subscription(
        id=" ".join(one.id for one in opened),
        resource=json.dumps({"address": address, "resources": resources}),
        expires=min(one.expires for one in opened),
        secret=secret,
    )


def unpack(subscription: Subscription) -> Opened:
    """What `pack` put together. Raises NotPossible for what it did not."""
    ids = subscription.id.split()
    try:
        told = json.loads(subscription.resource)
        resources, address = [str(one) for one in told["resources"]], str(told["address"])
        return Opened(tuple(zip(ids, resources, strict=True)), address)
    except (ValueError, LookupError, TypeError):
        raise NotPossible("The subscription is not one to Google Calendar.") from None
