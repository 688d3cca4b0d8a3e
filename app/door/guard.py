"""What holds for every answer: headers that keep browsers careful, and no error that tells too much."""

from collections.abc import Callable

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HEADERS = {
    "Content-Security-Policy": (
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
_SAFE = ("GET", "HEAD", "OPTIONS")


class Guard:
    """Middleware around everything else.

    `refuse` answers a browser's request that another site sent; `fault` answers after an error
    that nobody handled, which must not travel further: its traceback can hold what was posted.
    """

    def __init__(
        self,
        app: ASGIApp,
        refuse: Callable[[Request], Response],
        fault: Callable[[Request, Exception], Response],
    ) -> None:
        self._app = app
        self._refuse = refuse
        self._fault = fault

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

        if scope["method"] not in _SAFE and from_other_site(request.headers):
            await self._refuse(request)(scope, receive, careful)
            return
        try:
            await self._app(scope, receive, careful)
        except Exception as error:  # noqa: BLE001 # the last place that can keep it to itself
            answer = self._fault(request, error)
            if not begun:
                await answer(scope, receive, careful)


def from_other_site(headers: Headers) -> bool:
    """Whether a browser says that another site's page sent this; other programs say nothing."""
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site not in ("same-origin", "none")
    origin = headers.get("origin")
    if origin is None:
        return False
    return origin.partition("://")[2] != headers.get("host", "")


def _add_headers(message: Message) -> None:
    headers = MutableHeaders(scope=message)
    for name, value in HEADERS.items():
        headers[name] = value
    if "cache-control" not in headers:
        headers["Cache-Control"] = NOT_KEPT
