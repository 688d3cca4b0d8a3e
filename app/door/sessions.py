"""What a browser or program carries to say who it is: a cookie, or a token in a header.

A program sends `Authorization: Bearer …` (RFC 6750). A browser has a cookie that scripts cannot
read and no other host or path can set (`__Host-`, RFC 6265bis). On this machine, where there is no
https, its name is plain and it is not `Secure`: some browsers refuse that on http://localhost.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from starlette.requests import Request
from starlette.responses import Response

from app.config import Settings
from app.people import errands
from rules.language import text

_SESSION, _ERRAND = "clearway", "clearway-errand"
_SECURE = "__Host-"
CHALLENGE = 'Bearer realm="Clearway"'
ERRAND_SECONDS = int(errands.LASTS.total_seconds())
_LONGEST = 200
"""Characters of a token; ours have 43."""


class NotSignedIn(Exception):
    """Nobody is known to have sent this request."""

    def __init__(self, *, carried: bool = False) -> None:
        super().__init__(
            text("Your sign-in has ended; sign in again.") if carried else text("Sign in first.")
        )
        self.challenge = f'{CHALLENGE}, error="invalid_token"' if carried else CHALLENGE


@dataclass(frozen=True, slots=True)
class Carried:
    """The token of a sign-in, and whether a browser sent it by itself, as a cookie."""

    token: str = field(repr=False)
    by_browser: bool


def carried(request: Request, settings: Settings) -> Carried:
    """What a request carries; a header counts before a cookie. Raises NotSignedIn."""
    header = request.headers.get("authorization")
    if header is not None:
        scheme, _, token = header.partition(" ")
        if scheme.lower() != "bearer" or not _is_token(token.strip()):
            raise NotSignedIn(carried=True)
        return Carried(token.strip(), by_browser=False)
    token = request.cookies.get(session_cookie(settings), "")
    if not _is_token(token):
        raise NotSignedIn
    return Carried(token, by_browser=True)


def is_carried(request: Request, settings: Settings) -> bool:
    """Whether a browser has the cookie of a sign-in, good or not."""
    return _is_token(request.cookies.get(session_cookie(settings), ""))


def session_cookie(settings: Settings) -> str:
    """The name of the cookie of a sign-in."""
    return _named(_SESSION, settings)


def errand_cookie(settings: Settings) -> str:
    """The name of the cookie by which a browser is known that was sent elsewhere."""
    return _named(_ERRAND, settings)


def keep_session(
    response: Response, settings: Settings, token: str, until: datetime, now: datetime
) -> None:
    """Have the browser carry the token of a sign-in until it ends."""
    _set(response, session_cookie(settings), token, until - now, settings)


def end_session(response: Response, settings: Settings) -> None:
    """Have the browser forget it."""
    _set(response, session_cookie(settings), "", timedelta(), settings)


def keep_errand(response: Response, settings: Settings, browser: str) -> None:
    """Have the browser show that it is the one that left."""
    _set(response, errand_cookie(settings), browser, errands.LASTS, settings)


def errand_header(settings: Settings, browser: str) -> str:
    """The same as the value of a `Set-Cookie` header."""
    response = Response()
    keep_errand(response, settings, browser)
    return response.headers["set-cookie"]


def errand_of(request: Request, settings: Settings) -> str:
    """The value by which a browser that left is known, empty where it never did."""
    return request.cookies.get(errand_cookie(settings), "")


def _named(name: str, settings: Settings) -> str:
    return f"{_SECURE}{name}" if _is_secure(settings) else name


def _is_secure(settings: Settings) -> bool:
    """Whether browsers reach the service by https; otherwise it is for this machine alone."""
    return settings.public_url.startswith("https://")


def _set(response: Response, name: str, value: str, lasts: timedelta, settings: Settings) -> None:
    response.set_cookie(
        name,
        value,
        max_age=int(lasts.total_seconds()),
        path="/",
        secure=_is_secure(settings),
        httponly=True,
        samesite="lax",
    )


def _is_token(text: str) -> bool:
    return 0 < len(text) <= _LONGEST and text.isascii() and text.isprintable() and " " not in text
