"""The one door to servers: time-outs, waiting when told to, credentials, and where not to go.

Door          one server, with the credentials for it
Token         what a Door needs of whoever keeps the credentials
Total         what a list may bring in all, over its pages
PublicOnly    an httpx transport that goes to no address inside the house
Paced         an httpx transport that waits for its turn
Counted       an httpx transport that tells of each request how it ended
new_client    an httpx client whose every step ends by the moment that `until` names
"""

import ipaddress
import json
import logging
import random
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from functools import cache, partial
from math import isfinite, nan
from typing import Any, Protocol

import httpcore
import httpx

from connectors.errors import BadAnswer, NotPossible, SignInNeeded, Throttled, TooLarge, Unreachable
from rules.language import later, text

# httpx logs whole addresses, which hold ids of calendars and sometimes a person's own
logging.getLogger("httpx").setLevel(logging.WARNING)

TIMEOUT = httpx.Timeout(30.0, connect=10.0)
"""Seconds for one step: to connect, or until some more of an answer is there."""
LONGEST = 60.0
"""Seconds that one call may spend with a server in all: to connect, for headers and body however
they trickle in, and for every further try."""
PATIENCE = 60.0
"""Seconds that one call may spend waiting for a server that is busy, beyond those."""
MOST_BYTES = 20_000_000
"""The largest answer that is read."""
MOST_ITEMS, MOST_BYTES_IN_ALL, MOST_PAGES = 20_000, 100_000_000, 500
"""The longest list that is read, over all its pages."""
SHORTEST_WAIT, LONGEST_WAIT = 0.5, 86_400.0
"""Between these a server's own wish to wait is believed."""
TRIES = 5
PACKED = {"Accept-Encoding": "gzip"}
"""The only packing that `read_at_most` undoes."""

_SAFE = frozenset({"GET", "HEAD", "OPTIONS", "PROPFIND", "REPORT"})
_TO_TRY_AGAIN = frozenset({429, 500, 502, 503, 504})

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@cache
def certificates() -> ssl.SSLContext:
    """How servers prove who they are, to every client of this process.

    Reading the authorities takes longer than most requests, so they are read once.
    """
    return httpx.create_ssl_context()


class Token(Protocol):
    """An OAuth access token, renewed by whoever keeps the refresh token."""

    def __call__(self, *, fresh: bool = False) -> str:
        """The token; a new one when `fresh`. Raises SignInNeeded and Unreachable."""
        ...


class FixedToken:
    """An access token that somebody else renews: from a file, the environment, or a test."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, *, fresh: bool = False) -> str:
        """The token; there is no fresher one."""
        if fresh:
            raise SignInNeeded(_REFUSED)
        return self._token


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server said. Header names are compared without regard to case."""

    status: int
    headers: httpx.Headers = field(repr=False)
    content: bytes = field(repr=False)

    def json(self) -> Any:
        """The body as JSON. Raises BadAnswer."""
        try:
            return json.loads(self.content)
        except (ValueError, RecursionError) as error:
            raise BadAnswer(text("The server's answer is not JSON.")) from error

    @property
    def retry_after(self) -> float | None:
        """Seconds to wait, from a number (perhaps a decimal) or a date; None where it is not told."""
        value = self.headers.get("Retry-After", "")
        try:
            wait = float(value)
        except ValueError:
            wait = self._until(value)
        return min(max(wait, SHORTEST_WAIT), LONGEST_WAIT) if isfinite(wait) else None

    def _until(self, value: str) -> float:
        """Seconds from the answer's own date to another, NaN where it is none."""
        try:
            wait = parsedate_to_datetime(value) - parsedate_to_datetime(self.headers["Date"])
        except (ValueError, TypeError, KeyError, OverflowError):
            return nan
        return wait.total_seconds()


class Door:
    """One server. A call that changes nothing is tried again where the server is busy or silent;
    any other only where it is sure that nothing was done, or the caller says it does no harm."""

    def __init__(
        self,
        base: str,
        token: Token | None = None,
        *,
        transport: httpx.BaseTransport | None = None,
        headers: Mapping[str, str] | None = None,
        at_once: int = 4,
        most_bytes: int = MOST_BYTES,
        longest: float = LONGEST,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self.base = base.rstrip("/")
        self._token = token
        self._client = new_client(transport, {**(headers or {}), **PACKED})
        self._room = threading.BoundedSemaphore(at_once)
        self._most_bytes = most_bytes
        self._longest = longest
        self._pause = pause

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()

    def send(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        body: Any = None,
        twice: bool = False,
        most_bytes: int | None = None,
    ) -> Answer:
        """One answer, whatever its status but 401, 429, 500, 502, 503 and 504.

        `url` is a path of this server or a whole link that it gave; `body` goes as JSON, bytes as
        they are. `twice` says that the call may be made twice without harm; `most_bytes` is the
        largest answer where that is not the door's. Raises SignInNeeded,
        Throttled, Unreachable, TooLarge, and BadAnswer for a link that leads to another server.
        """
        again = twice or method in _SAFE
        build = partial(self._request, method, self._target(url), params, headers, body)
        request, fresh = build(fresh=False), False
        attempt = 0
        spent = waited = 0.0
        while True:
            begun = time.monotonic()
            with until(begun + self._longest - spent):
                answer, untouched, error = self._once(request, most_bytes or self._most_bytes)
            spent += time.monotonic() - begun
            if answer is not None and answer.status == 401:
                if fresh or self._token is None:
                    raise SignInNeeded(_REFUSED)
                request, fresh = build(fresh=True), True
                continue
            if answer is not None and answer.status not in _TO_TRY_AGAIN:
                return answer
            wait = time_to_wait(answer, attempt)
            attempt += 1
            waited += wait
            used_up = attempt == TRIES or waited > PATIENCE or spent >= self._longest
            used_up = used_up or _is_over(wait)
            if used_up or not (again or untouched) or _is_nowhere(error):
                raise _failure(answer, error) from error
            self._pause(wait)

    def _request(
        self,
        method: str,
        target: httpx.URL,
        params: Mapping[str, str] | None,
        headers: Mapping[str, str] | None,
        body: Any,
        *,
        fresh: bool,
    ) -> httpx.Request:
        sent = {**(headers or {}), **self._credentials(fresh=fresh)}
        raw = isinstance(body, bytes)
        try:
            return self._client.build_request(
                method,
                target,
                params=params,
                headers=sent,
                json=None if raw else body,
                content=body if raw else None,
            )
        except (httpx.InvalidURL, ValueError) as problem:
            raise BadAnswer(text("What the server gave cannot be sent back to it.")) from problem

    def _target(self, url: str) -> httpx.URL:
        """Where a path or a link leads: always to this server, below its base."""
        whole = url if url.startswith(("http://", "https://")) else f"{self.base}/{url.lstrip('/')}"
        try:
            target, base = httpx.URL(whole), httpx.URL(self.base)
        except (httpx.InvalidURL, ValueError) as error:
            raise BadAnswer(text("The server's answer holds a link that is none.")) from error
        same = (target.scheme, target.host, target.port) == (base.scheme, base.host, base.port)
        if not same or target.userinfo:
            raise BadAnswer(
                text("The server's answer points to another server, which is not followed.")
            )
        if {".", ".."} & set(whole.partition("?")[0].split("/")):
            raise BadAnswer(text("The server's answer holds a link that leads astray."))
        return target

    def _credentials(self, *, fresh: bool) -> dict[str, str]:
        if self._token is None:
            return {}
        token = self._token(fresh=fresh)
        if not (token.isascii() and token.isprintable()):
            raise SignInNeeded(_REFUSED)
        return {"Authorization": f"Bearer {token}"}

    def _once(
        self, request: httpx.Request, most: int
    ) -> tuple[Answer | None, bool, httpx.HTTPError | None]:
        """The answer or None, whether it is sure that nothing was done, and what went wrong."""
        try:
            with self._room:
                answer = self._client.send(request, stream=True)
                try:
                    content = read_at_most(answer, most)
                finally:
                    answer.close()
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            return None, True, error
        except httpx.HTTPError as error:
            return None, False, error
        found = Answer(answer.status_code, answer.headers, content)
        return found, answer.status_code == 429, None


_REFUSED = (
    "The calendar's server does not accept this sign-in; "
    "it may be mistyped or have ended, so please sign in again."
)
_SILENT = later("The calendar's server does not answer; please try again later.")
_NO_SUCH_NAME = later("The server's name is not known; please look at the address for a slip.")
_NOBODY_THERE = (
    "Nothing answers at the server's address; please look at it for a slip, or try again later."
)


def unreachable(error: BaseException | None) -> Unreachable:
    """What a failure to reach a server means, looking for the system's own reason in it."""
    reason = _reason(error)
    if isinstance(reason, socket.gaierror | UnicodeError):
        return Unreachable(_NO_SUCH_NAME)
    return Unreachable(_NOBODY_THERE if isinstance(reason, ConnectionRefusedError) else _SILENT)


def _reason(error: BaseException | None) -> BaseException | None:
    """The error that was there first."""
    for _ in range(8):
        inner = error.__cause__ or error.__context__ if error is not None else None
        if inner is None:
            break
        error = inner
    return error


def _is_nowhere(error: BaseException | None) -> bool:
    """Whether it is sure that the server's name does not exist, so that waiting does not help."""
    reason = _reason(error)
    unknown = {socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)}
    return isinstance(reason, UnicodeError) or (
        isinstance(reason, socket.gaierror) and reason.errno in unknown
    )


def time_to_wait(answer: Answer | None, attempt: int) -> float:
    """Seconds until the next try: what the server asks for, else doubling with some chance."""
    told = answer.retry_after if answer is not None else None
    if told is not None:
        return told
    return (2.0**attempt) * random.uniform(0.5, 1.0)  # noqa: S311 # no secret: it spreads the load


def _failure(answer: Answer | None, error: httpx.HTTPError | None) -> Unreachable:
    if answer is not None and answer.status == 429:
        return Throttled(
            "The calendar's server asks for fewer requests; please try again later.",
            answer.retry_after,
        )
    return unreachable(error)


def read_at_most(answer: httpx.Response, most: int) -> bytes:
    """The body of a streamed answer.

    It is unpacked here, a little at a time: a few hundred bytes can be packed gigabytes. Raises
    TooLarge with little more than `most` held, BadAnswer, and httpx.HTTPError.
    """
    unpacker = _unpacker(answer.headers.get("Content-Encoding", ""))
    content = bytearray()
    try:
        for chunk in answer.iter_raw():
            room = most + 1 - len(content)
            content += unpacker.decompress(chunk, room) if unpacker else chunk
            if len(content) > most:
                raise TooLarge(
                    text(
                        "The server's answer has more than %(most)s bytes, the most allowed.",
                        most=f"{most:,}",
                    )
                )
    except zlib.error as error:
        raise BadAnswer(text("The server's answer cannot be unpacked.")) from error
    return bytes(content)


def _unpacker(encoding: str) -> "zlib._Decompress | None":
    """What undoes the one packing that is asked for. Raises BadAnswer for any other."""
    found = encoding.strip().lower()
    if found in ("", "identity"):
        return None
    if found == "gzip":
        return zlib.decompressobj(16 + zlib.MAX_WBITS)
    raise BadAnswer(text("The server's answer is packed in a way that was not asked for."))


class Total:
    """What a list has brought so far, over all its pages, and where that is too much.

    The door bounds each answer; a list may come in any number of them.
    """

    def __init__(self) -> None:
        self._pages = self._items = self._size = 0

    def add(self, items: int, size: int) -> None:
        """Count one page with so many items and bytes. Raises TooLarge and BadAnswer."""
        self._pages += 1
        self._items += items
        self._size += size
        for count, most, what in (
            (self._items, MOST_ITEMS, "entries"),
            (self._size, MOST_BYTES_IN_ALL, "bytes"),
        ):
            if count > most:
                raise TooLarge(
                    text(
                        "The calendar's server gives more than %(most)s %(what)s for this time, the most that is read; please ask for fewer days.",
                        most=f"{most:,}",
                        what=what,
                    )
                )
        if self._pages > MOST_PAGES:
            raise BadAnswer(text("The calendar's server gives more pages than any calendar has."))


# -- one end for every step ---------------------------------------------------------------------

_END: ContextVar[float | None] = ContextVar("end", default=None)
_PIECE = 65_536


@contextmanager
def until(end: float) -> Iterator[None]:
    """Whatever a client of `new_client` does inside has ended by a moment of `time.monotonic`.

    Inside another such block it has ended by whichever moment comes first.
    """
    outer = _END.get()
    before = _END.set(end if outer is None else min(outer, end))
    try:
        yield
    finally:
        _END.reset(before)


def _is_over(wait: float) -> bool:
    """Whether nothing can be asked any more after so many seconds."""
    end = _END.get()
    return end is not None and time.monotonic() + wait >= end


def new_client(
    transport: httpx.BaseTransport | None = None, headers: Mapping[str, str] | None = None
) -> httpx.Client:
    """A client that follows no redirect and keeps to TIMEOUT and `until`.

    httpx bounds each read, not their number, so a server that sends a byte now and then could
    hold a call for ever; nor does it pass a network on to httpcore, hence the private names.
    """
    client = httpx.Client(
        verify=certificates(),
        transport=transport,
        timeout=TIMEOUT,
        headers=headers,
        follow_redirects=False,
    )
    for each in (client._transport, *client._mounts.values()):
        own = _innermost(each)
        if isinstance(own, httpx.HTTPTransport):
            network = own._pool._network_backend
            if not isinstance(network, _Network):
                own._pool._network_backend = _Network(network)
    return client


def _innermost(transport: httpx.BaseTransport | None) -> httpx.BaseTransport | None:
    """What sends in the end, below whatever of ours is around it."""
    while isinstance(transport, PublicOnly | Paced | Counted):
        transport = transport.inner
    return transport


def _left(timeout: float | None, late: type[httpcore.TimeoutException]) -> float | None:
    """The seconds that a step has: its own, and no more than are left of all."""
    end = _END.get()
    if end is None:
        return timeout
    left = end - time.monotonic()
    if left <= 0:
        raise late(text("the whole of it takes too long"))
    return left if timeout is None else min(timeout, left)


class _Network(httpcore.NetworkBackend):
    """A network on which every step ends in time."""

    def __init__(self, inner: httpcore.NetworkBackend) -> None:
        self._inner = inner

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        error: Exception = httpcore.ConnectError("the name has no address")
        # one by one, because the time is for each address of a name
        for address in addresses(host, port):
            left = _left(timeout, httpcore.ConnectTimeout)
            try:
                return _Stream(
                    self._inner.connect_tcp(address, port, left, local_address, socket_options)
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as problem:
                error = problem
        raise error


class _Stream(httpcore.NetworkStream):
    """A connection on which every step ends in time."""

    def __init__(self, inner: httpcore.NetworkStream) -> None:
        self._inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, _left(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        # in pieces, because the time is for each that the network takes at once
        for start in range(0, len(buffer), _PIECE):
            piece = buffer[start : start + _PIECE]
            self._inner.write(piece, _left(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        left = _left(timeout, httpcore.ConnectTimeout)
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, left))

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


# -- where it does not go -----------------------------------------------------------------------

_INSIDE = (
    "That address leads inside a network where Clearway does not go; "
    "CLEARWAY_PRIVATE_NETWORKS allows networks of your own."
)


class PublicOnly(httpx.BaseTransport):
    """Goes only to public addresses, or to networks that the installation allows.

    For servers that a person names. The name is looked up once and that very address is called,
    so a name that changes between looking and calling gains nothing; a redirect comes through
    here again.
    """

    def __init__(
        self,
        allowed: Collection[Network] = (),
        inner: httpx.BaseTransport | None = None,
        resolve: Callable[[str, int], Collection[str]] | None = None,
    ) -> None:
        self._allowed = tuple(allowed)
        self.inner = inner or httpx.HTTPTransport(verify=certificates())
        self._resolve = resolve or addresses

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """The answer of the address that the name has now. Raises NotPossible."""
        host = request.url.host
        port = request.url.port or (443 if request.url.scheme == "https" else 80)
        address = public_address(self._resolve(host, port), self._allowed)
        if request.url.scheme == "http" and "Authorization" in request.headers:
            _check_private(address, self._allowed)
        extensions = {**request.extensions, "sni_hostname": host}
        # the Host header was set from the name when the request was built
        direct = httpx.Request(
            request.method,
            request.url.copy_with(host=address),
            headers=request.headers,
            stream=request.stream,
            extensions=extensions,
        )
        return self.inner.handle_request(direct)

    def close(self) -> None:
        """Let go of the connections."""
        self.inner.close()


class Paced(httpx.BaseTransport):
    """Asks for a turn before each request. `wait` returns when it may be sent, or raises."""

    def __init__(self, wait: Callable[[], None], inner: httpx.BaseTransport | None = None) -> None:
        self._wait = wait
        self.inner = inner or httpx.HTTPTransport(verify=certificates())

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """The answer, a while later. Raises what `wait` raises."""
        self._wait()
        return self.inner.handle_request(request)

    def close(self) -> None:
        """Let go of the connections."""
        self.inner.close()


class Counted(httpx.BaseTransport):
    """Tells how each request ended: the status of its answer, or None where there was none."""

    def __init__(
        self, tell: Callable[[int | None], None], inner: httpx.BaseTransport | None = None
    ) -> None:
        self._tell = tell
        self.inner = inner or httpx.HTTPTransport(verify=certificates())

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """The answer. Raises what sending it raises."""
        try:
            answer = self.inner.handle_request(request)
        except httpx.HTTPError:
            self._tell(None)
            raise
        self._tell(answer.status_code)
        return answer

    def close(self) -> None:
        """Let go of the connections."""
        self.inner.close()


def addresses(host: str, port: int) -> tuple[str, ...]:
    """Every address of a name. Raises httpx.ConnectError."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise httpx.ConnectError(text("the name has no address")) from error
    return tuple(str(each[4][0]) for each in found)


def public_address(found: Collection[str], allowed: Collection[Network] = ()) -> str:
    """The first address, where all of them may be called. Raises NotPossible."""
    for each in found:
        address = ipaddress.ip_address(each.partition("%")[0])
        if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
            address = address.ipv4_mapped
        if not _is_public(address) and not any(address in network for network in allowed):
            raise NotPossible(_INSIDE)
    if not found:
        raise httpx.ConnectError(text("the name has no address"))
    return next(iter(found))


def _check_private(address: str, allowed: Collection[Network]) -> None:
    """Raise NotPossible where a password would be read on its way over the open internet."""
    found = ipaddress.ip_address(address.partition("%")[0])
    if not any(found in network for network in allowed):
        raise NotPossible(text("A sign-in goes to a server on the open internet by https only."))


_GLOBAL_V6 = ipaddress.ip_network("2000::/3")
_NOT_PUBLIC = tuple(
    ipaddress.ip_network(each)
    for each in (
        *("192.0.0.0/24", "192.88.99.0/24"),  # for protocols; what led to 6to4
        *("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"),  # 6to4 holds an IPv4 address
    )
)


def _is_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Whether an address is one of the open internet, and stands for no other."""
    if not address.is_global or address.is_multicast:
        return False
    if address.version == 6 and address not in _GLOBAL_V6:
        return False
    return not any(address in network for network in _NOT_PUBLIC)
