"""How the caldav package reaches a server: by our own door, to public addresses, within bounds.

Wire      every request of one account, with credentials only where they belong
Client    the package's client, whose requests all go by a Wire
"""

import logging
import time
from base64 import b64encode
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin

import httpx
from caldav.davclient import DAVClient
from caldav.response import DAVResponse
from lxml import etree  # type: ignore[import-untyped]  # it has no types of its own

from connectors.errors import BadAnswer, ConnectorError, NotPossible, SignInNeeded, TooLarge
from connectors.transport import Answer, Door, Network, PublicOnly, Token
from rules.language import later, text

_MOST_REDIRECTS = 5
_PIECE = 65_536
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_FOLLOWED = frozenset({"GET", "HEAD", "OPTIONS", "PROPFIND", "REPORT"})
_TEXT = {"content-type": "text/plain"}
MOST_LISTED = 5_000_000
"""The largest answer in bytes to whatever asks for no events."""
_HOLDS_EVENTS = frozenset({"GET", "REPORT"})
MOST_NODES = 200_000
"""The most elements, attributes and comments of an answer: each needs a hundred times its text."""

MOVED = later("The server sends its calendars to another host; please connect to that host.")
NOT_SAFE = later("The server sends its calendars to an address that is not encrypted.")
NOT_PLAIN = (
    "The address has to begin with https://, so that the password is not read on its way; "
    "CLEARWAY_PRIVATE_NETWORKS allows http in networks of your own."
)
NO_ADDRESS = later("This is not an address of a CalDAV server; it begins with https://.")

# The package quotes answers in its log, and answers hold titles and names.
for _name in ("caldav", "caldav.response"):
    logging.getLogger(_name).setLevel(logging.CRITICAL)


@dataclass(frozen=True, slots=True)
class Password:
    """A user name with a password, best one that is for this program alone."""

    user: str = field(repr=False)
    password: str = field(repr=False)

    @property
    def header(self) -> str:
        """The value of Authorization (RFC 7617)."""
        return f"Basic {b64encode(f'{self.user}:{self.password}'.encode()).decode()}"


SignIn = Password | Token


def joined(base: str, href: str) -> str:
    """Where a reference in an answer leads (RFC 3986 section 5). Raises BadAnswer."""
    try:
        return urljoin(base, href)
    except ValueError as error:
        raise BadAnswer(text("The server's answer holds an address that is none.")) from error


@dataclass(frozen=True, slots=True)
class _Origin:
    """What credentials belong to: scheme, host and port."""

    scheme: str
    host: str
    port: int | None

    @classmethod
    def of(cls, url: str) -> "_Origin":
        """The origin of a whole address. Raises BadAnswer."""
        try:
            parts = httpx.URL(url)
        except httpx.InvalidURL as error:
            raise BadAnswer(text("The server's answer holds an address that is none.")) from error
        if parts.scheme not in ("http", "https") or not parts.host:
            raise BadAnswer(text("The server's answer holds an address that is none."))
        return cls(parts.scheme, parts.host, parts.port)

    @property
    def base(self) -> str:
        """The address of the whole origin."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}" + (f":{self.port}" if self.port else "")


class Wire:
    """The requests of one account.

    `private` are the networks inside the house that may be called; without them the server has
    to be public and speak https. A redirect is followed for what only reads. The credentials go
    to the host that the person named, by https also after a redirect, and to a host of which that
    server says, once it knows who asks, that the calendars are there (`trust`).
    """

    def __init__(
        self,
        url: str,
        sign_in: SignIn | None,
        *,
        private: Collection[Network] = (),
        transport: httpx.BaseTransport | None = None,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        try:
            self.home = _Origin.of(url)
        except BadAnswer as error:
            raise NotPossible(NO_ADDRESS) from error
        if self.home.scheme != "https" and not private:
            raise NotPossible(NOT_PLAIN)
        self._sign_in = sign_in
        self._pause = pause
        self._transport = PublicOnly(private, transport)
        self._trusted = {self.home}
        self._doors: dict[_Origin, Door] = {}

    def close(self) -> None:
        """Let go of the connections."""
        self._transport.close()

    def trust(self, url: str, *, said_by: str | None = None) -> None:
        """Send the credentials to this host too, unless that is less safe than the first.

        `said_by` is the address whose answer names it: one that has no credentials itself cannot
        ask for them, neither for itself nor for another. Raises NotPossible.
        """
        origin = _Origin.of(url)
        if origin in self._trusted:
            return
        if said_by is not None and _Origin.of(said_by) not in self._trusted:
            raise NotPossible(MOVED)
        if origin.scheme == "https":
            self._trusted.add(origin)
            self._doors.pop(origin, None)

    def send(
        self, method: str, url: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> tuple[str, Answer]:
        """The address that answered in the end, and its answer, whatever its status.

        Raises SignInNeeded, Unreachable, Throttled, TooLarge, BadAnswer, and NotPossible for an
        address inside a network that is not allowed.
        """
        for _ in range(_MOST_REDIRECTS):
            origin = _Origin.of(url)
            if origin.host == self.home.host and origin.port is None:
                self.trust(url)
            try:
                # a conditional write that is made twice is refused the second time
                answer = self._door(origin).send(
                    method,
                    url,
                    headers=headers,
                    body=body or None,
                    twice=True,
                    most_bytes=None if method in _HOLDS_EVENTS else MOST_LISTED,
                )
            except SignInNeeded as error:
                if origin not in self._trusted:
                    raise NotPossible(MOVED) from error
                raise
            if answer.status not in _REDIRECTS:
                return url, answer
            if method not in _FOLLOWED:
                raise NotPossible(MOVED)
            url = joined(url, answer.headers.get("Location", ""))
            if origin.scheme == "https" and _Origin.of(url).scheme != "https":
                raise BadAnswer(NOT_SAFE)
        raise BadAnswer(text("The server sends from one address to the next without an end."))

    def _door(self, origin: _Origin) -> Door:
        if origin not in self._doors:
            headers: dict[str, str] = {}
            token: Token | None = None
            sign_in = self._sign_in if origin in self._trusted else None
            if isinstance(sign_in, Password):
                headers["Authorization"] = sign_in.header
            else:
                token = sign_in
            self._doors[origin] = Door(
                origin.base,
                token,
                transport=self._transport,
                headers=headers,
                pause=self._pause,
            )
        return self._doors[origin]


@dataclass(frozen=True, slots=True)
class _Received:
    """An answer in the form that the package reads.

    It is always called plain text: the package then takes it as XML where it is, and neither
    raises nor logs where it is not.
    """

    status_code: int
    content: bytes
    headers: httpx.Headers
    reason: str = ""
    text: str = ""


class _Counter:
    """Counts what a tree of the text would be made of, without making one."""

    def __init__(self) -> None:
        self._nodes = 0

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """One element with its attributes."""
        self._add(1 + len(attributes))

    def comment(self, text: str) -> None:
        """A comment."""
        self._add(1)

    def pi(self, target: str, data: str | None = None) -> None:
        """A processing instruction."""
        self._add(1)

    def close(self) -> None:
        """Nothing is made of it."""

    def _add(self, nodes: int) -> None:
        self._nodes += nodes
        if self._nodes > MOST_NODES:
            raise TooLarge(
                text(
                    "The server's answer has more than %(most)s parts, the most allowed.",
                    most=f"{MOST_NODES:,}",
                )
            )


def check_nodes(content: bytes) -> None:
    """Raise TooLarge where a tree of this text would be too big; what is no XML passes."""
    counter = etree.XMLParser(target=_Counter(), huge_tree=True, resolve_entities=False)
    # by the same library that makes the tree, so that both understand the text alike
    with suppress(etree.XMLSyntaxError):
        for start in range(0, len(content), _PIECE):
            counter.feed(content[start : start + _PIECE])
        counter.close()


class Client(DAVClient):
    """The package's client: it makes the requests and reads the answers, and sends nothing itself."""

    def __init__(self, url: str, wire: Wire, features: Any = None) -> None:
        super().__init__(url=url, features=features, enable_rfc6764=False)
        self.session.close()
        self.wire = wire
        self.address = url
        """Where the last answer came from, after redirects."""

    def knows(self, feature: str) -> bool:
        """Whether this server is known to do something, in `caldav.compatibility_hints`' words."""
        known: Any = self.features
        return known is None or bool(known.is_supported(feature))

    def request(
        self,
        url: Any,
        method: str = "GET",
        body: Any = "",
        headers: Mapping[str, str] | None = None,
        rate_limit_time_slept: float = 0,
    ) -> DAVResponse:
        """One answer, whatever its status. Raises as `Wire.send` does."""
        content = body.encode() if isinstance(body, str) else bytes(body or b"")
        sent = dict(headers or {})
        if content:
            sent.setdefault("Content-Type", "application/xml; charset=utf-8")
        self.address, answer = self.wire.send(method, str(url), content, sent)
        check_nodes(answer.content)
        received = httpx.Headers({**answer.headers, **_TEXT})
        return DAVResponse(_Received(answer.status, answer.content, received), self)


def check(status: int) -> None:
    """Raise for an answer that refuses what only reads."""
    if status < 400:
        return
    raise _REFUSED.get(status, BadAnswer)(
        _SENTENCES.get(status, "The calendar's server refused the request.")
    )


_REFUSED: Mapping[int, type[ConnectorError]] = {
    404: NotPossible,
    405: NotPossible,
    501: NotPossible,
}
_SENTENCES = {
    404: "There is no calendar at this address.",
    405: "There is no calendar server at this address.",
    501: "There is no calendar server at this address.",
}
