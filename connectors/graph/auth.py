"""Signing in at Microsoft Entra with msal: a person who consents, or an application.

msal keeps, renews and checks the tokens; every request of it goes through a Door of ours, like
all other traffic. Nothing is stored here: the cache is text that the caller keeps encrypted.
"""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx
import msal  # type: ignore[import-untyped]  # the package has no type information

from connectors.errors import (
    BadAnswer,
    ConnectorError,
    PermissionMissing,
    SignInNeeded,
    Unreachable,
)
from connectors.transport import Door
from rules.language import later

LOGIN = "https://login.microsoftonline.com"
"""Where people sign in, but for national clouds."""
GRAPH = "https://graph.microsoft.com"

READ = ("Calendars.Read", "MailboxSettings.Read")
"""What looking at a diary takes."""
WRITE = ("Calendars.ReadWrite", "MailboxSettings.Read")
"""What changing it takes."""

_ENDED = later("The consent to use the Microsoft 365 calendar has ended; please sign in again.")
_NOBODY = later("Nobody has signed in to Microsoft 365 yet; please sign in.")
_NO_CONSENT = later(
    "Nobody has agreed yet that Clearway may use this calendar; please sign in and agree."
)
_RULES = later("The trust's sign-in rules ask for more proof of who you are; please sign in again.")
_OWN_PROOF = (
    "Clearway's own secret at Microsoft 365 is wrong or has expired; please tell whoever runs it."
)
_REFUSED = later(
    "Microsoft 365 does not let this application in; please tell whoever runs Clearway."
)
_SILENT = later("Microsoft 365's sign-in does not answer; please try again later.")
_ODD = later("Microsoft 365's sign-in gave an answer that cannot be understood.")

_BY_CODE: Mapping[int, tuple[type[ConnectorError], str]] = {
    65001: (PermissionMissing, _NO_CONSENT),
    65004: (PermissionMissing, _NO_CONSENT),
    90094: (PermissionMissing, _NO_CONSENT),
    50076: (SignInNeeded, _RULES),
    50079: (SignInNeeded, _RULES),
    53003: (SignInNeeded, _RULES),
    7000215: (PermissionMissing, _OWN_PROOF),
    7000222: (PermissionMissing, _OWN_PROOF),
}
"""AADSTS codes that mean more than the word beside them."""
_BY_WORD: Mapping[str, tuple[type[ConnectorError], str]] = {
    "invalid_client": (PermissionMissing, _OWN_PROOF),
    "invalid_grant": (SignInNeeded, _ENDED),
    "interaction_required": (SignInNeeded, _ENDED),
    "login_required": (SignInNeeded, _ENDED),
    "access_denied": (PermissionMissing, _NO_CONSENT),
    "consent_required": (PermissionMissing, _NO_CONSENT),
    "temporarily_unavailable": (Unreachable, _SILENT),
    "server_error": (Unreachable, _SILENT),
}


@dataclass(frozen=True, slots=True)
class App:
    """The application as the tenant registered it.

    `credential` is the client secret, or what msal takes for a certificate. `authority` and
    `graph` have other hosts in national clouds.
    """

    client_id: str
    credential: str | Mapping[str, str] = field(repr=False)
    tenant: str = "organizations"
    authority: str = LOGIN
    graph: str = GRAPH

    def scopes(self, names: tuple[str, ...]) -> list[str]:
        """Permissions as the token endpoint names them in its answer too.

        msal looks into its cache by these very words, and short ones mean Graph by themselves.
        """
        if self.graph == GRAPH:
            return list(names)
        return [f"{self.graph}/{name}" for name in names]


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A person's sign-in: the cache to keep, what was granted, and who it was."""

    cache: str = field(repr=False)
    scopes: frozenset[str]
    address: str = field(repr=False)


class Delegated:
    """A Token (see connectors.transport) of a person, renewed as long as the consent holds.

    `save` gets the cache whenever it has changed: a renewal brings another refresh token.
    """

    def __init__(
        self,
        app: App,
        door: Door,
        cache: str,
        *,
        save: Callable[[str], None],
        scopes: tuple[str, ...] = WRITE,
    ) -> None:
        self._cache = _cache(cache)
        self._save = save
        self._scopes = app.scopes(scopes)
        self._lock = threading.Lock()
        self._app = _client(app, door, self._cache)

    def __call__(self, *, fresh: bool = False) -> str:
        """The access token; another one when `fresh`. Raises SignInNeeded, PermissionMissing."""
        with self._lock, _translated():
            accounts = self._app.get_accounts()
            if not accounts:
                raise SignInNeeded(_NOBODY)
            found = self._app.acquire_token_silent_with_error(
                self._scopes, account=accounts[0], force_refresh=fresh
            )
            if self._cache.has_state_changed:
                self._save(self._cache.serialize())
        return _access_token(found)


class AppOnly:
    """A Token of the application itself, for the mailboxes that the trust put into its scope."""

    def __init__(self, app: App, door: Door) -> None:
        if app.tenant in ("common", "organizations", "consumers"):
            raise ValueError("an application signs in at its own tenant: name it")
        self._scopes = [f"{app.graph}/.default"]
        self._lock = threading.Lock()
        self._app = _client(app, door, None)

    def __call__(self, *, fresh: bool = False) -> str:
        """The access token; another one when `fresh`. Raises PermissionMissing, Unreachable."""
        with self._lock, _translated():
            if fresh:
                self._app.remove_tokens_for_client()
            found = self._app.acquire_token_for_client(self._scopes)
        return _access_token(found)


def start(
    app: App, door: Door, redirect: str, *, scopes: tuple[str, ...] = WRITE, hint: str = ""
) -> dict[str, Any]:
    """Begin a sign-in: `auth_uri` is where the person goes; keep all of it on the server."""
    with _translated():
        client = _client(app, door, None)
        found: dict[str, Any] = client.initiate_auth_code_flow(
            app.scopes(scopes),
            redirect_uri=redirect,
            login_hint=hint or None,
            # the code comes back in a form, so that it stays out of addresses and logs
            response_mode="form_post",
        )
    return found


def finish(app: App, door: Door, flow: Mapping[str, Any], answer: Mapping[str, str]) -> SignedIn:
    """End a sign-in with what the person came back with. Raises SignInNeeded, PermissionMissing."""
    cache = _cache("")
    with _translated():
        try:
            client = _client(app, door, cache)
            found = client.acquire_token_by_auth_code_flow(dict(flow), dict(answer))
        except ValueError as error:
            # msal's word for an answer of another sign-in than the one that was begun
            raise SignInNeeded(_ENDED) from error
    _access_token(found)
    claims = found.get("id_token_claims") or {}
    scopes = frozenset(str(found.get("scope") or "").split())
    return SignedIn(cache.serialize(), scopes, str(claims.get("preferred_username") or ""))


# -- msal and the door --------------------------------------------------------------------------


class HttpClient:
    """The `http_client` of msal: every request through one Door, whichever host its link names."""

    def __init__(self, door: Door) -> None:
        self._door = door

    def get(self, url: str, params: Any = None, headers: Any = None, **_: Any) -> "Response":
        """As msal calls it; its own time-outs and the like are the door's business."""
        return self._send("GET", url, params, headers, None)

    def post(
        self, url: str, params: Any = None, data: Any = None, headers: Any = None, **_: Any
    ) -> "Response":
        """As msal calls it, with a form."""
        form = urlencode(data or {}).encode()
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        return self._send("POST", url, params, {**(headers or {}), **kind}, form)

    def close(self) -> None:
        """The door belongs to whoever opened it."""

    def _send(self, method: str, url: str, params: Any, headers: Any, form: Any) -> "Response":
        parts = urlsplit(url)
        path = f"{parts.path}?{parts.query}" if parts.query else parts.path
        sent = {name: str(value) for name, value in (headers or {}).items()}
        try:
            answer = self._door.send(method, path, params=params or None, headers=sent, body=form)
        except SignInNeeded:
            # the door keeps the body of a 401, which here says that our own secret is refused
            return Response(401, httpx.Headers(), '{"error": "invalid_client"}')
        return Response(answer.status, answer.headers, answer.content.decode("utf-8", "replace"))


@dataclass(frozen=True, slots=True)
class Response:
    """An answer in the shape that msal wants."""

    status_code: int
    headers: httpx.Headers = field(repr=False)
    text: str = field(repr=False)

    def raise_for_status(self) -> None:
        """Raise BadAnswer for a refusal; 5xx never come this far."""
        if self.status_code >= 400:
            raise BadAnswer(_ODD)


def _client(app: App, door: Door, cache: Any) -> Any:
    return msal.ConfidentialClientApplication(
        app.client_id,
        client_credential=app.credential,
        authority=f"{app.authority}/{app.tenant}",
        token_cache=cache,
        http_client=HttpClient(door),
        instance_discovery=False,
    )


def _cache(text: str) -> Any:
    found = msal.SerializableTokenCache()
    if text:
        try:
            found.deserialize(text)
        except ValueError as error:
            raise SignInNeeded(_NOBODY) from error
    return found


@contextmanager
def _translated() -> Iterator[None]:
    """What msal raises, as one of ours."""
    try:
        yield
    except (ValueError, KeyError, TypeError, RuntimeError) as error:
        raise BadAnswer(_ODD) from error


def _access_token(found: Any) -> str:
    """The token in msal's answer. Raises what its error means."""
    if not isinstance(found, dict):
        raise SignInNeeded(_NOBODY)
    token = found.get("access_token")
    if isinstance(token, str):
        return token
    listed = found.get("error_codes")
    codes = [code for code in listed if isinstance(code, int)] if isinstance(listed, list) else []
    fallback = _BY_WORD.get(str(found.get("error")), (PermissionMissing, _REFUSED))
    kind, sentence = next((_BY_CODE[code] for code in codes if code in _BY_CODE), fallback)
    raise kind(sentence)
