"""OpenID Connect 1.0 as its relying party: where to send people, and who came back.

Authorization code with PKCE (RFC 7636), state and nonce. Of what the provider tells, only the
words that name the person for good are read; names and addresses are dropped unread.
"""

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from urllib.parse import quote, urlsplit

import httpx
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import ClaimError, ExpiredTokenError, InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

from app import logs
from app.config import Settings
from app.logs import Event, Outcome
from app.people.errors import SignInFailed
from rules.language import later, text

_SCOPE = "openid profile"
"""Entra names the person for good (oid, tid) only where `profile` is asked for."""
_ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
"""Signatures by a key pair. None at all, or one by a shared secret, is refused."""
_TIMES = httpx.Timeout(10.0, connect=5.0)
_FRESH = 3600.0
"""Seconds for which the provider's description and keys are not asked for again."""
_SKEW = 60
"""Seconds by which the provider's clock may differ."""
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")

_AWAY = later("The sign-in service does not answer at the moment; please try again in a minute.")
_MISFIT = later(
    "The sign-in service answers other than expected; please tell whoever runs Clearway."
)
_AGAIN = later("Signing in did not work; please begin again.")


class Reason(StrEnum):
    """Why signing in failed, for the log."""

    AWAY = "away"
    DESCRIPTION = "description"
    KEYS = "keys"
    ANSWER = "answer"
    ISSUER = "issuer"
    CODE = "code"
    TOKEN = "token"  # noqa: S105 # it names a reason
    CLAIMS = "claims"
    EXPIRED = "expired"


_SENTENCES: Mapping[Reason, str] = {
    Reason.AWAY: _AWAY,
    Reason.DESCRIPTION: _MISFIT,
    Reason.KEYS: _MISFIT,
    Reason.ANSWER: _MISFIT,
}


@dataclass(frozen=True, slots=True)
class Journey:
    """What binds a return to its departure: random words, of which the browser sees the state."""

    redirect_uri: str
    state: str = field(repr=False)
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)


class Provider:
    """The one issuer that this installation believes. It remembers the issuer's keys for an hour."""

    def __init__(self, settings: Settings) -> None:
        """Nothing is asked of the issuer yet."""
        self._issuer = settings.oidc_issuer
        self._client_id = settings.oidc_client_id
        self._secret = settings.oidc_client_secret
        self._lock = threading.Lock()
        # reading the certificates takes longer than asking
        self._tls = httpx.create_ssl_context()
        self._about: tuple[float, Mapping[str, Any]] | None = None
        self._keys: tuple[float, KeySet] | None = None

    def departure(self, journey: Journey) -> str:
        """The address at the issuer to send somebody to. Raises SignInFailed."""
        address: str = prepare_grant_uri(
            self._describe()["authorization_endpoint"],
            client_id=self._client_id,
            response_type="code",
            redirect_uri=journey.redirect_uri,
            scope=_SCOPE,
            state=journey.state,
            nonce=journey.nonce,
            code_challenge=create_s256_code_challenge(journey.verifier),
            code_challenge_method="S256",
        )
        return address

    def arrival(
        self, journey: Journey, code: str, issuer: str | None, now: datetime
    ) -> tuple[str, ...]:
        """The words that name for good whoever came back with this code.

        `issuer` is the parameter `iss`, where one came along (RFC 9207). Raises SignInFailed.
        """
        about = self._describe()
        if issuer is None and about.get("authorization_response_iss_parameter_supported") is True:
            raise _failed(Reason.ISSUER)
        if issuer is not None and issuer != about["issuer"]:
            raise _failed(Reason.ISSUER)
        answer = self._redeem(journey, code)
        return _subject(self._verified(answer, journey.nonce, now))

    def _describe(self) -> Mapping[str, Any]:
        """What the issuer says of itself (OpenID Connect Discovery 1.0 section 4)."""
        with self._lock:
            if self._about is None or _is_old(self._about[0]):
                found = self._ask("GET", f"{self._issuer}/.well-known/openid-configuration")
                _check_description(found, self._issuer)
                self._about = (time.monotonic(), found)
            return self._about[1]

    def _key_set(self, *, refresh: bool) -> KeySet:
        address = self._describe()["jwks_uri"]
        with self._lock:
            if refresh or self._keys is None or _is_old(self._keys[0]):
                found: Any = self._ask("GET", address)
                try:
                    self._keys = (time.monotonic(), KeySet.import_key_set(found))
                except (JoseError, KeyError, TypeError, ValueError) as error:
                    raise _failed(Reason.KEYS) from error
            return self._keys[1]

    def _redeem(self, journey: Journey, code: str) -> Mapping[str, Any]:
        """The tokens for a code (RFC 6749 section 4.1.3)."""
        about = self._describe()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": journey.redirect_uri,
            "code_verifier": journey.verifier,
        }
        methods = about.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        if self._secret and "client_secret_basic" in methods:
            # section 2.3.1: both are encoded first
            words = (quote(self._client_id, safe=""), quote(self._secret, safe=""))
            return self._ask("POST", about["token_endpoint"], form, httpx.BasicAuth(*words))
        form |= {"client_id": self._client_id}
        if self._secret:
            form |= {"client_secret": self._secret}
        return self._ask("POST", about["token_endpoint"], form)

    def _verified(self, answer: Mapping[str, Any], nonce: str, now: datetime) -> Mapping[str, Any]:
        """The claims of an ID token that is signed, fresh, and for us (Core section 3.1.3.7)."""
        try:
            token = self._signed(str(answer.get("id_token", "")))
            claims = CodeIDToken(
                token.claims,
                token.header,
                {
                    "iss": {"essential": True, "value": str(self._describe()["issuer"])},
                    "aud": {"essential": True, "value": self._client_id},
                    "sub": {"essential": True},
                },
                {
                    "nonce": nonce,
                    "client_id": self._client_id,
                    "access_token": answer.get("access_token"),
                },
            )
            claims.validate(now=int(now.timestamp()), leeway=_SKEW)
        except (JoseError, ValueError, TypeError) as error:
            raise _failed(_reason(error)) from error
        return token.claims

    def _signed(self, token: str) -> jwt.Token:
        """A token by one of the issuer's keys, which are read again for a key that is new."""
        try:
            keys = self._key_set(refresh=False)
            return jwt.decode(token, keys, algorithms=_ALGORITHMS)
        except InvalidKeyIdError:
            keys = self._key_set(refresh=True)
            return jwt.decode(token, keys, algorithms=_ALGORITHMS)

    def _ask(
        self,
        method: str,
        address: str,
        form: Mapping[str, str] | None = None,
        auth: httpx.Auth | None = None,
    ) -> Mapping[str, Any]:
        """The JSON object that the issuer answers. Raises SignInFailed."""
        accept = {"Accept": "application/json"}
        try:
            with httpx.Client(timeout=_TIMES, verify=self._tls) as client:
                answer = client.request(method, address, data=form, auth=auth, headers=accept)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise _failed(Reason.AWAY) from error
        if answer.status_code >= 500 or answer.status_code == 429:
            raise _failed(Reason.AWAY)
        if answer.status_code != 200:
            raise _failed(Reason.CODE if form else Reason.DESCRIPTION)
        try:
            found = answer.json()
        except ValueError as error:
            raise _failed(Reason.ANSWER) from error
        if not isinstance(found, dict):
            raise _failed(Reason.ANSWER)
        return found


def _subject(claims: Mapping[str, Any]) -> tuple[str, ...]:
    """The issuer and its subject; in Entra the tenant and the person, as `sub` is per application.

    The tenant has to be the issuer's own: elsewhere people may be free to choose such words.
    """
    issuer, tenant, person = str(claims["iss"]), claims.get("tid"), claims.get("oid")
    if isinstance(tenant, str) and isinstance(person, str) and tenant in issuer.split("/"):
        return ("entra", tenant, person)
    return (issuer, str(claims["sub"]))


def _check_description(found: Mapping[str, Any], issuer: str) -> None:
    # an issuer may end in a slash, which our setting has lost
    if str(found.get("issuer", "")).removesuffix("/") != issuer:
        raise _failed(Reason.DESCRIPTION)
    for name in _ENDPOINTS:
        if not _is_safe(found.get(name)):
            raise _failed(Reason.DESCRIPTION)


def _is_safe(address: object) -> bool:
    try:
        parts = urlsplit(address if isinstance(address, str) else "")
        host = parts.hostname
    except ValueError:
        return False
    return bool(host) and (parts.scheme == "https" or (parts.scheme, host) in _LOCAL)


_LOCAL = frozenset(("http", host) for host in _LOOPBACK)


def _is_old(since: float) -> bool:
    return time.monotonic() - since > _FRESH


def _reason(error: Exception) -> Reason:
    if isinstance(error, ExpiredTokenError):
        return Reason.EXPIRED
    return Reason.CLAIMS if isinstance(error, ClaimError) else Reason.TOKEN


def _failed(reason: Reason) -> SignInFailed:
    """The error with its sentence; the reason goes to the log."""
    logs.note(Event.SIGN_IN_REFUSED, outcome=Outcome.FAILED, reason=reason)
    return SignInFailed(text(_SENTENCES.get(reason, _AGAIN)))
