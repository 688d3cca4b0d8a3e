"""Subscriptions to a mailbox's events: handshake, notifications, lifecycle.

The notification address has to be https, as with Microsoft. `routes` tells which loopback server
stands behind which address, such as {"https://clearway.trust.example": "http://127.0.0.1:8000"}.
An address without a route is taken to answer well; what it would have got is in `sent`.
"""

import re
import ssl
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import count
from urllib.parse import quote
from uuid import NAMESPACE_DNS, uuid5

import httpx

from tests.fakes.graph import zones
from tests.fakes.graph.checking import Checker
from tests.fakes.graph.login import TENANT, Grant
from tests.fakes.graph.values import Broken, Json, Refused
from tests.fakes.graph.world import Box, Entry, World, make_id

LONGEST = timedelta(minutes=10_080)
SHORTEST = timedelta(minutes=45)
_RESOURCE = re.compile(r"/?(?:me|users/([^/]+))/(?:events|calendar/events)")
_KINDS = {"created", "updated", "deleted"}
_MEMBERS = "microsoft.graph.changeNotificationCollection"


@dataclass(slots=True)
class Kept:
    """A subscription."""

    body: Json
    box: Box
    owner: str
    expires: datetime
    immutable: bool

    @property
    def kinds(self) -> set[str]:
        """Which changes it is told of."""
        return set(self.body["changeType"].split(","))


class Subscriptions:
    """All subscriptions of the tenant, and the post that carries their notifications."""

    def __init__(self, world: World, checker: Checker, problems: list[str]) -> None:
        self._world = world
        self._checker = checker
        self._problems = problems
        self._post = ThreadPoolExecutor(1)
        # addresses are on this machine: no certificates to load
        self._client = httpx.Client(verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
        self._under_way: list[Future[None]] = []
        self._numbers = count(1)
        self.kept: dict[str, Kept] = {}
        self.routes: dict[str, str] = {}
        self.sent: list[Json] = []
        self.answers: list[int] = []
        """The status of each delivery over a route."""
        world.listeners.append(self._on_change)

    def close(self) -> None:
        """Deliver what is on its way and stop."""
        self._post.shutdown(wait=True)
        self._client.close()

    def delivered(self) -> None:
        """Wait until every notification so far has arrived."""
        while self._under_way:
            self._under_way.pop(0).result(timeout=30)

    # -- what a client asks for -------------------------------------------------------------------

    def create(self, grant: Grant, body: Json, *, immutable: bool) -> Json:
        """A new subscription, after the handshake. Raises Refused."""
        box = self._box(grant, str(body.get("resource")))
        self._check(body)
        with self._world.lock:
            self._check_duplicate(grant, body)
        for name in ("notificationUrl", "lifecycleNotificationUrl"):
            if body.get(name):
                self._shake_hands(body[name])
        expires = self._expiry(body)
        with self._world.lock:
            identity = str(uuid5(NAMESPACE_DNS, f"subscription {next(self._numbers)}"))
            whole = {
                "id": identity,
                **dict.fromkeys(_NULL),
                **body,
                "applicationId": str(uuid5(NAMESPACE_DNS, "application")),
                "creatorId": box.id,
                "expirationDateTime": zones.stamp(expires),
                "latestSupportedTlsVersion": body.get("latestSupportedTlsVersion", "v1_2"),
            }
            self.kept[identity] = Kept(whole, box, grant.address or "", expires, immutable)
        return whole

    def get(self, grant: Grant, identity: str) -> Kept:
        """A subscription of whoever asks. Raises Refused 404."""
        found = self.kept.get(identity)
        if found and found.expires <= self._world.clock():
            del self.kept[identity]
            found = None
        if found is None or found.owner != (grant.address or ""):
            raise Refused(404, "ResourceNotFound", "The object was not found.")
        return found

    def renew(self, grant: Grant, identity: str, body: Json) -> Json:
        """Another expiry, which is all that can be changed. Raises Refused."""
        found = self.get(grant, identity)
        others = set(body) - {"expirationDateTime", "notificationUrl"}
        if others:
            raise Broken(f"{', '.join(sorted(others))} of a subscription cannot be changed")
        found.expires = self._expiry(body)
        found.body = {**found.body, **body, "expirationDateTime": zones.stamp(found.expires)}
        return found.body

    def delete(self, grant: Grant, identity: str) -> None:
        """No more. Raises Refused 404."""
        self.get(grant, identity)
        del self.kept[identity]

    def _box(self, grant: Grant, resource: str) -> Box:
        match = _RESOURCE.fullmatch(resource)
        if not match:
            raise Broken(f"resource {resource!r} is not one that is played here")
        name = match[1] or grant.address
        if name is None:
            raise Refused(400, "BadRequest", "/me needs a delegated sign-in.")
        box = self._world.box(name)
        if grant.address is not None and box.address != grant.address:
            raise Refused(403, "ErrorAccessDenied", "Only the own mailbox can be subscribed to.")
        if not grant.allows({"Calendars.Read", "Calendars.ReadWrite"}, box.address):
            raise Refused(403, "ErrorAccessDenied", "Access is denied. Check credentials.")
        return box

    def _check(self, body: Json) -> None:
        for name in ("notificationUrl", "lifecycleNotificationUrl"):
            address = body.get(name)
            if name == "notificationUrl" and not address:
                raise Broken("notificationUrl is missing", "ValidationError")
            if address and not str(address).startswith("https://"):
                raise Broken(f"{name} is not https", "ValidationError")
        kinds = set(str(body.get("changeType")).split(","))
        if not kinds or not kinds <= _KINDS:
            raise Broken("changeType lists created, updated and deleted", "ValidationError")
        if len(str(body.get("clientState") or "")) > 128:
            raise Broken("clientState has more than 128 characters", "ValidationError")
        if body.get("includeResourceData"):
            raise Broken("rich notifications are not played here", "ValidationError")

    def _check_duplicate(self, grant: Grant, body: Json) -> None:
        now = self._world.clock()
        for each in self.kept.values():
            same = all(each.body[name] == body.get(name) for name in ("resource", "changeType"))
            if same and each.owner == (grant.address or "") and each.expires > now:
                raise Refused(409, "Conflict", "There is one for this resource and these changes.")

    def _expiry(self, body: Json) -> datetime:
        if not body.get("expirationDateTime"):
            raise Broken("expirationDateTime is missing", "ValidationError")
        now = self._world.clock()
        wanted = zones.moment(body["expirationDateTime"])
        if wanted <= now:
            raise Refused(400, "ValidationError", "Subscription expiration is in the past.")
        if wanted - now > LONGEST:
            message = "Subscription expiration can only be 10080 minutes in the future."
            raise Refused(400, "ValidationError", message)
        return max(wanted, now + SHORTEST)

    def _shake_hands(self, address: str) -> None:
        """The address has to give a token back in plain text, and within ten seconds."""
        target = self._target(address)
        if target is None:
            return
        token = "Validation: <token> & more+1"
        try:
            answer = self._client.post(
                f"{target}?validationToken={quote(token, safe='')}",
                headers={"Content-Type": "text/plain; charset=utf-8"},
                timeout=10,
            )
        except httpx.HTTPError:
            raise Refused(400, "ValidationError", "Subscription validation failed.") from None
        plain = answer.headers.get("Content-Type", "").startswith("text/plain")
        if answer.status_code != 200 or not plain or answer.text != token:
            raise Refused(400, "ValidationError", "Subscription validation request failed.")

    def _target(self, address: str) -> str | None:
        for prefix, target in self.routes.items():
            if address.startswith(prefix):
                return target + address.removeprefix(prefix)
        return None

    # -- what a subscriber is told ----------------------------------------------------------------

    def lifecycle(self, identity: str, event: str) -> None:
        """Tell of `missed`, `reauthorizationRequired` or `subscriptionRemoved` (which it does)."""
        with self._world.lock:
            kept = self.kept[identity]
            if event == "subscriptionRemoved":
                del self.kept[identity]
        item = _common(identity, kept) | {"lifecycleEvent": event}
        address = kept.body.get("lifecycleNotificationUrl") or kept.body["notificationUrl"]
        self._send(address, item)

    def _on_change(self, box: Box, entry: Entry, slot: date | None, kind: str) -> None:
        """One to three notifications for each change, our client's own included."""
        now = self._world.clock()
        for identity, kept in list(self.kept.items()):
            if kept.box is not box or kind not in kept.kinds or kept.expires <= now:
                continue
            times = 1 if kind == "deleted" else 1 + entry.version % 3
            item = _common(identity, kept) | self._change(kept, entry, slot, kind)
            for _ in range(times):
                self._send(kept.body["notificationUrl"], {"id": str(next(self._numbers)), **item})

    def _change(self, kept: Kept, entry: Entry, slot: date | None, kind: str) -> Json:
        identity = make_id(kept.box, entry.key, slot, immutable=kept.immutable)
        path = f"Users/{kept.box.id}/Events/{identity}"
        data = {
            "@odata.type": "#Microsoft.Graph.Event",
            "@odata.id": path,
            "@odata.etag": f'W/"{entry.version}"',
            "id": identity,
        }
        return {"changeType": kind, "resource": path, "resourceData": data}

    def _send(self, address: str, item: Json) -> None:
        body = {"value": [item]}
        self._problems += [f"notification: {each}" for each in self._checker.named(_MEMBERS, body)]
        self.sent.append(item)
        target = self._target(address)
        if target is not None:
            self._under_way.append(self._post.submit(self._deliver, target, body))

    def _deliver(self, target: str, body: Json) -> None:
        """Who does not answer in three seconds is called again, as Graph does for hours."""
        for _ in range(_CALLS):
            try:
                self.answers.append(self._client.post(target, json=body, timeout=3).status_code)
            except httpx.TimeoutException:
                continue
            except httpx.HTTPError:
                self.answers.append(0)
            return
        self.answers.append(0)


_CALLS = 5


_NULL = (
    *("clientState", "lifecycleNotificationUrl", "notificationQueryOptions"),
    *("includeResourceData", "encryptionCertificate", "encryptionCertificateId"),
    "notificationUrlAppId",
)


def _common(identity: str, kept: Kept) -> Json:
    return {
        "subscriptionId": identity,
        "subscriptionExpirationDateTime": zones.stamp(kept.expires),
        "clientState": kept.body["clientState"],
        "tenantId": TENANT,
    }
