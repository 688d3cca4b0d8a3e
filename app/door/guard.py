"""What holds for every answer: headers that keep browsers careful, and no error that tells too much."""

import re
from collections.abc import Callable, Collection

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rules.language import text

CONTENT_POLICY = "Content-Security-Policy"
HEADERS = {
    CONTENT_POLICY: (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # With no-referrer, browsers would send our own forms with an origin of null.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
NOT_KEPT = "no-store"
SAFE = ("GET", "HEAD", "OPTIONS")
"""Methods that change nothing."""
_THIS_MACHINE = frozenset({"localhost", "127.0.0.1", "::1"})
_HOST = re.compile(r"(?:\[([0-9a-f:.]+)\]|([^:@/\[\]]+))(?::\d*)?")
"""The form of a Host header (RFC 9110 section 7.2): an address or a name, and perhaps a port."""


class OtherSite(Exception):
    """A browser does not say that a page of ours sent this, which changes something."""

    def __init__(self) -> None:
        super().__init__(text("Browsers may send this from our own pages only."))


class Guard:
    """Middleware around everything else.

    `refuse` answers a browser's request that another site sent, and any that calls the service by
    another name than the address that it listens at, this machine's, or one of `hosts`; `fault`
    answers after an error that nobody handled, which must not travel further: its traceback can
    hold what was posted. What comes to the paths `open_to` all sites may have come from one.
    """

    def __init__(
        self,
        app: ASGIApp,
        refuse: Callable[[Request], Response],
        fault: Callable[[Request, Exception], Response],
        hosts: Collection[str] = (),
        open_to: Collection[str] = (),
    ) -> None:
        self._app = app
        self._refuse = refuse
        self._fault = fault
        self._hosts = frozenset(each.lower() for each in hosts)
        self._open_to = frozenset(open_to)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        begun = False

        async def careful(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                _add_headers(message)
            await send(message)

        unsafe = scope["method"] not in SAFE and scope["path"] not in self._open_to
        if by_other_name(request, self._hosts) or (unsafe and from_other_site(request.headers)):
            await self._refuse(request)(scope, receive, careful)
            return
        try:
            await self._app(scope, receive, careful)
        except Exception as error:  # noqa: BLE001 # the last place that can keep it to itself
            answer = self._fault(request, error)
            if not begun:
                await answer(scope, receive, careful)


def by_other_name(request: Request, hosts: Collection[str] = ()) -> bool:
    """Whether the name that was called (Host) is not ours.

    Another site can have its own name lead here (DNS rebinding). To a browser its page and our
    answers are then of one site, so only the name tells them apart.
    """
    host = request.headers.get("host")
    if host is None:
        return False
    called = _HOST.fullmatch(host.lower())
    name = called and (called[1] or called[2])
    listens_at, _ = request.scope.get("server") or ("", None)
    return name not in {*_THIS_MACHINE, *hosts, listens_at}


def from_other_site(headers: Headers) -> bool:
    """Whether a browser says that another site's page sent this; other programs say nothing."""
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site not in ("same-origin", "none")
    origin = headers.get("origin")
    if origin is None:
        return False
    return origin.partition("://")[2] != headers.get("host", "")


def says_own_site(headers: Headers) -> bool:
    """Whether a browser says that a page of ours sent this. Old ones that say nothing do not."""
    said = "sec-fetch-site" in headers or "origin" in headers
    return said and not from_other_site(headers)


def _add_headers(message: Message) -> None:
    headers = MutableHeaders(scope=message)
    for name, value in HEADERS.items():
        # a mail that is shown as a page carries its styles, and says so in a policy of its own
        if name != CONTENT_POLICY or name not in headers:
            headers[name] = value
    if "cache-control" not in headers:
        headers["Cache-Control"] = NOT_KEPT
