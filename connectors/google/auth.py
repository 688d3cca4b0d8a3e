"""Who Clearway acts for at Google, and what they allowed: OAuth 2.0 by google-auth.

Three ways in: a leader's refresh token, a service account that an administrator lets act for the
people of a domain, or an access token that somebody else renews. Each gives an `Access`.
"""

import json
import threading
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
from google.auth import exceptions, transport
from google.auth.credentials import Credentials
from google.oauth2 import credentials as user
from google.oauth2 import service_account

from connectors.base import Ability
from connectors.errors import ConnectorError, PermissionMissing, SignInNeeded, TooLarge, Unreachable
from connectors.transport import LONGEST, FixedToken, Token, new_client, read_at_most, until
from rules.language import later

TOKEN_URI = "https://oauth2.googleapis.com/token"  # noqa: S105 # an address

ALL = "https://www.googleapis.com/auth/calendar"
EVENTS = f"{ALL}.events"
READ = f"{ALL}.readonly"
CALENDARS = f"{ALL}.calendarlist.readonly"
FREE_BUSY = f"{ALL}.freebusy"

SCOPES = (EVENTS, CALENDARS, FREE_BUSY)
"""What Clearway asks for: the narrowest scopes that let it do everything it can."""

READING = frozenset({ALL, READ, EVENTS, f"{EVENTS}.readonly"})
"""Each lets events.list, get, instances and watch through, for every calendar of the leader."""
WRITING = frozenset({ALL, EVENTS})
LISTING = frozenset({ALL, READ, CALENDARS, f"{ALL}.calendarlist"})
ASKING = frozenset({ALL, READ, FREE_BUSY, f"{EVENTS}.freebusy"})

_MOST_BYTES = 1_000_000
_SIGN_IN = later("Google does not accept this sign-in; please sign in again.")
_NOT_ALLOWED = {
    "unauthorized_client": "The administrator of the domain has not allowed Clearway to act for this person.",
    "access_denied": "The administrator of the domain does not allow Clearway.",
    "admin_policy_enforced": "The administrator of the domain does not allow Clearway.",
    "invalid_scope": "The sign-in does not cover what Clearway needs; please sign in again.",
    "invalid_client": "Google does not know Clearway's client id or secret; please check both.",
}


@dataclass(frozen=True, slots=True)
class Access:
    """A way in: what renews the access token, and the scopes that were granted."""

    token: Token = field(repr=False)
    scopes: frozenset[str]


def with_token(token: str, scopes: Collection[str] = SCOPES) -> Access:
    """An access token that somebody else renews. It does not tell its `scopes`: they do."""
    return Access(FixedToken(token), frozenset(scopes))


def with_refresh_token(
    refresh_token: str,
    *,
    client_id: str,
    client_secret: str,
    token_uri: str = TOKEN_URI,
) -> Access:
    """A leader's own consent, with the scopes that Google says it covers: people may untick some.

    Raises SignInNeeded, PermissionMissing and Unreachable.
    """
    known = user.Credentials(
        token=None,
        refresh_token=refresh_token,
        token_uri=token_uri,
        client_id=client_id,
        client_secret=client_secret,
    )
    token = _Renewed(known)
    token()
    return Access(token, token.fetch.granted)


def with_delegation(
    key: Mapping[str, str], subject: str, *, scopes: Collection[str] = SCOPES
) -> Access:
    """A service account acting for `subject`, an address of the domain that delegated to it.

    `key` is the service account's JSON key. Raises PermissionMissing and Unreachable.
    """
    try:
        account = service_account.Credentials.from_service_account_info(key, scopes=list(scopes))
    except (ValueError, exceptions.GoogleAuthError):
        # the library's message may quote the key
        raise PermissionMissing("The service account's key cannot be read.") from None
    token = _Renewed(account.with_subject(subject))
    token()
    return Access(token, frozenset(scopes))


def abilities(scopes: Collection[str]) -> frozenset[Ability]:
    """What the granted scopes allow, by the lists in the discovery document.

    Raises PermissionMissing where they do not even reach the leader's events.
    """
    granted = frozenset(scopes)
    if not granted & READING:
        raise PermissionMissing("The sign-in does not let Clearway see events; please allow it.")
    found = {Ability.SYNC, Ability.PUSH, Ability.VERSIONS}
    if granted & WRITING:
        found |= {Ability.HOLDS, Ability.MEETINGS, Ability.SERIES, Ability.TELLS_PEOPLE}
    if granted & ASKING:
        found.add(Ability.FREE_BUSY)
    if granted & LISTING:
        found.add(Ability.CALENDARS)
    return frozenset(found)


class _Renewed:
    """An access token that google-auth renews; one thread at a time."""

    def __init__(self, known: Credentials) -> None:
        self.fetch = _Fetch()
        self._known: Any = known
        self._lock = threading.Lock()

    def __call__(self, *, fresh: bool = False) -> str:
        with self._lock:
            if fresh or not self._known.valid:
                self._renew()
            return str(self._known.token)

    def _renew(self) -> None:
        try:
            self._known.refresh(self.fetch)
        except exceptions.RefreshError as error:
            raise _refused(error) from error
        except exceptions.GoogleAuthError as error:
            raise Unreachable(
                "Google's sign-in does not answer; please try again later."
            ) from error


def _refused(error: exceptions.RefreshError) -> ConnectorError:
    if error.retryable:
        return Unreachable("Google's sign-in does not answer; please try again later.")
    told = error.args[1] if len(error.args) > 1 else None
    code = told.get("error") if isinstance(told, dict) else None
    sentence = _NOT_ALLOWED.get(code) if isinstance(code, str) else None
    return PermissionMissing(sentence) if sentence else SignInNeeded(_SIGN_IN)


class _Answer(transport.Response):
    """A token endpoint's answer as google-auth wants it."""

    def __init__(self, status: int, headers: Mapping[str, str], data: bytes) -> None:
        self._status, self._headers, self._data = status, headers, data

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self._status

    @property
    def headers(self) -> Mapping[str, str]:
        """The HTTP headers."""
        return self._headers

    @property
    def data(self) -> bytes:
        """The body."""
        return self._data


class _Fetch(transport.Request):
    """How google-auth reaches the token endpoint: with our time-outs and our limit on size.

    `granted` are the scopes that the last answer named: google-auth passes them on only where
    scopes were asked for, and asking for more than was granted is refused.
    """

    granted: frozenset[str] = frozenset()

    def __call__(
        self,
        url: str,
        method: str = "GET",
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | None = None,
        **_: object,
    ) -> _Answer:
        """One answer. Raises google.auth.exceptions.TransportError."""
        try:
            with (
                until(time.monotonic() + LONGEST),
                new_client() as client,
                client.stream(method, url, content=body, headers=headers) as answer,
            ):
                data = read_at_most(answer, _MOST_BYTES)
        except (httpx.HTTPError, TooLarge) as error:
            raise exceptions.TransportError("no answer that can be used") from error
        self.granted = _scopes(data)
        return _Answer(answer.status_code, answer.headers, data)


def _scopes(data: bytes) -> frozenset[str]:
    try:
        told = json.loads(data)["scope"]
    except (ValueError, LookupError, TypeError):
        return frozenset()
    return frozenset(told.split()) if isinstance(told, str) else frozenset()
