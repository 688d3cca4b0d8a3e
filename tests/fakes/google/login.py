"""Signing in: the token endpoint that drives the real google-auth, and who a token stands for."""

import base64
import hashlib
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from google.auth import jwt

from app.clock import now
from tests.fakes.google.methods import SCOPE
from tests.fakes.google.refusal import Json, Refusal
from tests.fakes.google.store import Store

LIFE = timedelta(seconds=3599)
DEFAULT_SCOPES = (f"{SCOPE}calendar.events", f"{SCOPE}calendar.readonly")
JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_AUDIENCE = "https://oauth2.googleapis.com/token"
"""What google-auth's service accounts claim to speak to, wherever their token endpoint is."""
ROBOT = "clearway@project.iam.gserviceaccount.com"


@dataclass(frozen=True, slots=True)
class Grant:
    """Whose data a token opens, and how far. A service account by itself is nobody's delegate."""

    address: str
    scopes: frozenset[str]
    delegated: bool = True


@dataclass(frozen=True, slots=True)
class Code:
    """An authorization code that waits to be exchanged."""

    grant: Grant
    redirect: str
    offline: bool
    challenge: str


class NoToken(Exception):
    """An answer of the token endpoint that gives no token (RFC 6749 section 5.2)."""

    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(description)
        self.status = status
        self.body = {"error": error, "error_description": description}


@dataclass(slots=True)
class Logins:
    """Every token that has been given out."""

    store: Store
    token_uri: str = ""
    signed_in: str = ""
    """Whoever sits at the browser where no login_hint tells."""
    declines: str = ""
    """The error that a consent ends with, such as access_denied; empty where people agree."""
    unticked: frozenset[str] = frozenset()
    """Scopes that people leave out when they agree."""
    lasts: timedelta | None = None
    """How long a consent is for, where Google says so."""
    rotates: bool = False
    """Whether each renewal brings another refresh token and ends the one before."""
    requests: list[dict[str, str]] = field(default_factory=list)
    """The forms that came to the token endpoint."""
    _access: dict[str, tuple[Grant, datetime]] = field(default_factory=dict)
    _refresh: dict[str, Grant] = field(default_factory=dict)
    _codes: dict[str, "Code"] = field(default_factory=dict)
    _key: rsa.RSAPrivateKey | None = None

    def access(self, grant: Grant) -> str:
        """A new access token."""
        token = f"ya29.{secrets.token_urlsafe(32)}"
        self._access[token] = (grant, now() + LIFE)
        return token

    def refresh(self, grant: Grant) -> str:
        """A new refresh token."""
        token = f"1//{secrets.token_urlsafe(32)}"
        self._refresh[token] = grant
        return token

    def code(self, asked: Mapping[str, str]) -> tuple[str, str]:
        """A new authorization code, good for one exchange, and the scopes that were agreed to."""
        address = (asked.get("login_hint") or self.signed_in).lower()
        scopes = full(asked["scope"].split()) - full(self.unticked)
        offline = asked.get("access_type") == "offline"
        code = f"4/{secrets.token_urlsafe(24)}"
        challenge = asked.get("code_challenge", "")
        grant = Grant(address, scopes)
        self._codes[code] = Code(grant, asked["redirect_uri"], offline, challenge)
        return code, " ".join(sorted(scopes))

    def expire(self, token: str) -> None:
        """Let an access token end now."""
        grant, _ = self._access[token]
        self._access[token] = (grant, now())

    def revoke(self, address: str) -> None:
        """Let everything end that opens an account."""
        for tokens in (self._access, self._refresh):
            for token in [one for one in tokens if self._whose(one) == address.lower()]:
                del tokens[token]

    def revoke_token(self, token: str) -> bool:
        """What the owner of a token can do themselves; whether there was such a token."""
        whose = self._whose(token)
        if whose:
            self.revoke(whose)
        return bool(whose)

    def holder(self, header: str) -> Grant:
        """Who sends an Authorization header. Raises Refusal 401."""
        scheme, _, token = header.partition(" ")
        if scheme.lower() != "bearer" or not token:
            where = ("header", "Authorization")
            raise Refusal(401, "required", "Login Required.", where=where, problem=True)
        found = self._access.get(token)
        if found is None or found[1] <= now():
            where = ("header", "Authorization")
            raise Refusal(401, "authError", "Invalid Credentials", where=where)
        return found[0]

    def exchange(self, form: Mapping[str, str]) -> Json:
        """The answer of the token endpoint. Raises NoToken."""
        self.requests.append(dict(form))
        kind = form.get("grant_type")
        if kind == JWT_BEARER:
            return self._answer(self._asserted(form.get("assertion", "")))
        if not form.get("client_id"):
            raise NoToken("invalid_client", "The OAuth client was not found.", 401)
        if kind == "refresh_token":
            grant = self._renewed(form)
            again = {"refresh_token": self._rotated(form["refresh_token"])} if self.rotates else {}
            return self._answer(grant) | again
        if kind == "authorization_code":
            grant, offline = self._exchanged(form)
            more: Json = {"refresh_token": self.refresh(grant)} if offline else {}
            if offline and self.lasts is not None:
                more["refresh_token_expires_in"] = int(self.lasts.total_seconds())
            return self._answer(grant) | more
        raise NoToken("unsupported_grant_type", "Invalid grant_type.")

    def robot_key(self) -> Json:
        """The key file of a service account that may act for every workspace account."""
        private = self._private()
        text = private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        return {
            "type": "service_account",
            "client_email": ROBOT,
            "private_key_id": "one",
            "private_key": text.decode(),
            "token_uri": self.token_uri,
        }

    def _answer(self, grant: Grant) -> Json:
        return {
            "access_token": self.access(grant),
            "expires_in": int(LIFE.total_seconds()),
            "scope": " ".join(sorted(grant.scopes)),
            "token_type": "Bearer",
        }

    def _renewed(self, form: Mapping[str, str]) -> Grant:
        grant = self._refresh.get(form.get("refresh_token", ""))
        if grant is None:
            raise NoToken("invalid_grant", "Token has been expired or revoked.")
        if set(form.get("scope", "").split()) - grant.scopes:
            raise NoToken("invalid_scope", "Some requested scopes were not granted.")
        return grant

    def _rotated(self, token: str) -> str:
        return self.refresh(self._refresh.pop(token))

    def _exchanged(self, form: Mapping[str, str]) -> tuple[Grant, bool]:
        found = self._codes.pop(form.get("code", ""), None)
        if found is None or found.redirect != form.get("redirect_uri"):
            raise NoToken("invalid_grant", "Malformed auth code.")
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        if found.challenge not in ("", base64.urlsafe_b64encode(digest).rstrip(b"=").decode()):
            raise NoToken("invalid_grant", "Invalid code verifier.")
        return found.grant, found.offline

    def _asserted(self, assertion: str) -> Grant:
        public = self._private().public_key()
        pem = public.public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        try:
            claims: dict[str, Any] = dict(jwt.decode(assertion, certs=pem, audience=_AUDIENCE))
        except ValueError as error:
            raise NoToken("invalid_grant", "Invalid JWT Signature.") from error
        scopes = frozenset(str(claims.get("scope", "")).split())
        subject = claims.get("sub")
        if not subject or subject == claims["iss"]:
            if self.store.person(claims["iss"]) is None:
                self.store.add_person(claims["iss"], "UTC", workspace=False)
            return Grant(claims["iss"], scopes, delegated=False)
        person = self.store.person(subject)
        if person is None or not person.workspace or not scopes:
            message = "Client is unauthorized to retrieve access tokens using this method."
            raise NoToken("unauthorized_client", message, 401)
        return Grant(person.address, scopes)

    def _private(self) -> rsa.RSAPrivateKey:
        if self._key is None:
            self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        return self._key

    def _whose(self, token: str) -> str:
        if token in self._access:
            return self._access[token][0].address
        return self._refresh[token].address if token in self._refresh else ""


def full(scopes: Iterable[str]) -> frozenset[str]:
    """Scopes by their whole names."""
    return frozenset(one if one.startswith("https:") else SCOPE + one for one in scopes)
