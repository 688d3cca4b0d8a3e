"""Push: channels, and the callbacks that carry nothing but headers (BRIEF.md 5.4).

A callback goes to an https address with a valid certificate, which no test has. `routes` says
where an origin is to be found on this machine; a callback to any other is only written down.
"""

import hashlib
import queue
import re
import secrets
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import format_datetime
from urllib.parse import urlsplit

import httpx

from app.clock import now
from tests.fakes.google.refusal import Json, Refusal, invalid, not_found

LIFE = timedelta(days=7)
_RETRIED = frozenset({500, 502, 503, 504})
_TRIES = 3


@dataclass(slots=True)
class Channel:
    """One promise to call back."""

    id: str
    owner: str
    calendar: str
    resource: str
    uri: str
    address: str
    token: str
    expires: datetime
    number: int = 1


@dataclass(slots=True)
class Callback:
    """One message, and what came back: a status, or None where it went nowhere."""

    address: str
    headers: Mapping[str, str]
    status: int | None = None


@dataclass(slots=True)
class Channels:
    """All channels that are not stopped. Callbacks leave by a thread of their own."""

    callbacks: list[Callback] = field(default_factory=list)
    routes: dict[str, str] = field(default_factory=dict)
    _open: dict[str, Channel] = field(default_factory=dict)
    _used: set[str] = field(default_factory=set)
    _outbox: "queue.Queue[Callback | None]" = field(default_factory=queue.Queue)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to deliver."""
        self._thread = threading.Thread(target=self._deliver, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Deliver what is left, then no more."""
        self._outbox.put(None)
        if self._thread:
            self._thread.join(timeout=10)

    def settle(self) -> None:
        """Wait until every callback so far has been made."""
        self._outbox.join()

    def open(self, owner: str, calendar: str, uri: str, given: Json) -> Json:
        """A new channel, which calls back with `sync` at once. Raises Refusal."""
        _check(given)
        if given["id"] in self._used:
            message = f"Channel id {given['id']} not unique"
            raise Refusal(400, "channelIdNotUnique", message, problem=True)
        self._used.add(given["id"])
        channel = Channel(
            id=given["id"],
            owner=owner,
            calendar=calendar,
            resource=_resource(owner, uri),
            uri=uri,
            address=given["address"],
            token=given.get("token", ""),
            expires=_expires(given),
        )
        self._open[channel.id] = channel
        self._post(channel, "sync")
        answer = {
            "kind": "api#channel",
            "id": channel.id,
            "resourceId": channel.resource,
            "resourceUri": channel.uri,
            "expiration": str(int(channel.expires.timestamp()) * 1000),
        }
        return answer | ({"token": channel.token} if channel.token else {})

    def close(self, owner: str, given: Json) -> None:
        """Stop a channel; only who opened it may. Raises Refusal."""
        channel = self._open.get(given.get("id", ""))
        if channel is None or (channel.owner, channel.resource) != (owner, given.get("resourceId")):
            raise not_found()
        del self._open[channel.id]

    def changed(self, calendar: str) -> None:
        """Tell everybody who watches a calendar that something in it changed."""
        for channel in self._open.values():
            if channel.calendar == calendar and channel.expires > now():
                channel.number += 1 + secrets.randbelow(3)  # rising, not one by one
                self._post(channel, "exists")

    def _post(self, channel: Channel, state: str) -> None:
        headers = {
            "User-Agent": "APIs-Google",
            "Content-Length": "0",
            "X-Goog-Channel-ID": channel.id,
            "X-Goog-Channel-Expiration": format_datetime(channel.expires, usegmt=True),
            "X-Goog-Resource-ID": channel.resource,
            "X-Goog-Resource-URI": channel.uri,
            "X-Goog-Resource-State": state,
            "X-Goog-Message-Number": str(channel.number),
        }
        if channel.token:
            headers["X-Goog-Channel-Token"] = channel.token
        callback = Callback(channel.address, headers)
        self.callbacks.append(callback)
        self._outbox.put(callback)

    def _deliver(self) -> None:
        with httpx.Client(timeout=5, verify=False) as client:  # plain HTTP on this machine
            while (callback := self._outbox.get()) is not None:
                for attempt in range(_TRIES):
                    callback.status = self._once(client, callback)
                    if callback.status not in _RETRIED:
                        break
                    time.sleep(0.05 * 2**attempt)
                self._outbox.task_done()
            self._outbox.task_done()

    def _once(self, client: httpx.Client, callback: Callback) -> int | None:
        parts = urlsplit(callback.address)
        origin = self.routes.get(f"{parts.scheme}://{parts.netloc}")
        if origin is None:
            return None
        try:
            url = f"{origin}{parts.path}"
            return client.post(url, headers=dict(callback.headers)).status_code
        except httpx.HTTPError:
            return None


def _check(given: Json) -> None:
    if not re.fullmatch(r"[A-Za-z0-9\-_+/=]{1,64}", given.get("id", "")):
        raise invalid("Invalid channel id.", problem=True)
    if given.get("type") not in ("web_hook", "webhook"):
        raise invalid("Invalid channel type.", problem=True)
    if len(given.get("token", "")) > 256:
        raise invalid("The channel token is too long.", problem=True)
    if not given.get("address", "").startswith("https://"):
        message = "WebHook callback must be HTTPS"
        raise Refusal(400, "push.webhookUrlNotHttps", message, problem=True)


def _expires(given: Json) -> datetime:
    """The shorter of what was asked for and what Google gives."""
    moment = now()
    most = moment + LIFE
    if "ttl" in given.get("params", {}):
        most = min(most, moment + timedelta(seconds=int(given["params"]["ttl"])))
    if "expiration" in given:
        asked = timedelta(milliseconds=int(given["expiration"]) - moment.timestamp() * 1000)
        most = min(most, moment + asked)
    return most


def _resource(owner: str, uri: str) -> str:
    """The same for one person's same list."""
    return hashlib.sha256(f"{owner} {uri}".encode()).hexdigest()[:27]
