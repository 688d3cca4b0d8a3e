"""Microsoft's sign-in: tokens, what they allow, and the pages that msal talks to.

Access tokens look like JWTs (unsigned) so that what is read out of their claims can be tried; the
service knows each one it gave.
"""

import base64
import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from html import escape
from itertools import count
from urllib.parse import urlencode
from uuid import NAMESPACE_DNS, uuid5

from tests.fakes.graph.values import Json, Refused, Reply

TENANT = "84bd8158-6d4d-4958-8b9f-9d6445542f95"
AUTHORITY = "https://login.microsoftonline.com"
LIFE = timedelta(seconds=3599)
USER_SCOPES = ("Calendars.ReadWrite", "MailboxSettings.Read")
APP_ROLES = ("Calendars.ReadWrite", "MailboxSettings.Read")
RBAC_ROLES = frozenset({"Calendars.ReadWrite", "MailboxSettings.Read"})
"""What RBAC for Applications grants in the mailboxes of its scope. It is in no claim."""


@dataclass(slots=True)
class Grant:
    """What one access token allows."""

    address: str | None
    """The signed-in person; None for an application."""
    scopes: frozenset[str]
    expires: datetime
    mailboxes: frozenset[str] = frozenset()
    void: bool = False

    def allows(self, wanted: Iterable[str], address: str) -> bool:
        """Whether one of the permissions is there for a mailbox. Grants add up."""
        wanted = set(wanted)
        if self.address is None:
            inside = address in self.mailboxes and bool(wanted & RBAC_ROLES)
            return bool(wanted & self.scopes) or inside
        if address == self.address:
            return bool(wanted & self.scopes)
        return bool({f"{each}.Shared" for each in wanted} & self.scopes)


@dataclass(frozen=True, slots=True)
class Code:
    """An authorisation code, waiting for the person's program to fetch the tokens."""

    address: str
    scope: str
    nonce: str | None
    challenge: str | None
    redirect: str


@dataclass(slots=True)
class Login:
    """The tenant's sign-in."""

    clock: Callable[[], datetime]
    client_secret: str | None = None
    """What a client has to prove itself with; None takes anything."""
    app_roles: tuple[str, ...] = APP_ROLES
    app_mailboxes: tuple[str, ...] = ()
    life: timedelta = LIFE
    signed_in: str = ""
    """Whoever sits at the browser where no login_hint tells."""
    declines: str = ""
    """The error that a consent ends with, such as access_denied; empty where people agree."""
    unconsented: frozenset[str] = frozenset()
    """Scopes that are left out of what is granted."""
    rotates: bool = False
    """Whether a refresh token can be used once, and using it again ends the whole consent."""
    requests: list[dict[str, str]] = field(default_factory=list)
    """The forms that came to the token endpoint."""
    _grants: dict[str, Grant] = field(default_factory=dict)
    _refresh: dict[str, tuple[str, str]] = field(default_factory=dict)
    _codes: dict[str, Code] = field(default_factory=dict)
    _revoked: set[str] = field(default_factory=set)
    _used: set[str] = field(default_factory=set)
    _numbers: "count[int]" = field(default_factory=lambda: count(1))

    # -- tokens ----------------------------------------------------------------------------------

    def user_token(self, address: str, scopes: Iterable[str]) -> str:
        """A delegated access token."""
        scopes, address = tuple(scopes), address.lower()
        claims = {"scp": " ".join(scopes), "upn": address, "oid": _id(address), "idtyp": "user"}
        return self._issue(claims, Grant(address, frozenset(scopes), self.clock() + self.life))

    def app_token(self, roles: Iterable[str], mailboxes: Iterable[str]) -> str:
        """An app-only access token."""
        roles = tuple(roles)
        inside = frozenset(each.lower() for each in mailboxes)
        claims: Json = {"idtyp": "app", "oid": _id("app")}
        if roles:
            claims["roles"] = list(roles)
        grant = Grant(None, frozenset(roles), self.clock() + self.life, inside)
        return self._issue(claims, grant)

    def grant(self, header: str) -> Grant:
        """What the Authorization header allows. Raises Refused 401."""
        kind, _, token = header.partition(" ")
        found = self._grants.get(token)
        if kind != "Bearer" or found is None:
            raise _unauthorised("CompactToken parsing failed with error code: 80049217")
        if found.void or found.expires <= self.clock():
            raise _unauthorised("Lifetime validation failed, the token is expired.")
        return found

    def expire(self, token: str) -> None:
        """Accept an access token no more."""
        self._grants[token].void = True

    def revoke(self, address: str) -> None:
        """Accept nothing of somebody's any more, until they sign in again."""
        self._revoked.add(address.lower())
        for grant in self._grants.values():
            if grant.address == address.lower():
                grant.void = True

    def _issue(self, claims: Json, grant: Grant) -> str:
        now = int(self.clock().timestamp())
        base = {
            "aud": "https://graph.microsoft.com",
            "iss": f"https://sts.windows.net/{TENANT}/",
            "tid": TENANT,
            "iat": now,
            "nbf": now,
            "exp": int(grant.expires.timestamp()),
            "uti": str(next(self._numbers)),
        }
        token = _jwt(base | claims)
        self._grants[token] = grant
        return token

    # -- pages -----------------------------------------------------------------------------------

    def configuration(self, tenant: str) -> Reply:
        """The OpenID configuration, in the names of the real host as msal wants them."""
        base = f"{AUTHORITY}/{tenant}"
        body = {
            "token_endpoint": f"{base}/oauth2/v2.0/token",
            "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
            "device_authorization_endpoint": f"{base}/oauth2/v2.0/devicecode",
            "issuer": f"{base}/v2.0",
        }
        return Reply(200, body)

    def authorize(self, query: Mapping[str, str]) -> Reply:
        """Somebody consents at once and is sent back with a code."""
        code = f"0.code-{next(self._numbers)}"
        address = (query.get("login_hint") or self.signed_in).lower()
        self._revoked.discard(address)
        self._codes[code] = Code(
            address,
            query["scope"],
            query.get("nonce"),
            query.get("code_challenge"),
            query["redirect_uri"],
        )
        state = query.get("state", "")
        back = {"code": code, "state": state}
        if self.declines:
            back = {"error": self.declines, "error_description": "AADSTS65004", "state": state}
        if query.get("response_mode") == "form_post":
            return Reply(200, _form(query["redirect_uri"], back))
        return Reply(302, None, {"Location": f"{query['redirect_uri']}?{urlencode(back)}"})

    def token(self, form: Mapping[str, str]) -> Reply:
        """The token endpoint."""
        self.requests.append(dict(form))
        secret = form.get("client_secret")
        if self.client_secret is not None and secret != self.client_secret:
            return self._refuse("invalid_client", 7000215, "Invalid client secret provided.", 401)
        if form.get("grant_type") == "client_credentials":
            return self._for_client()
        if form.get("grant_type") == "authorization_code":
            return self._for_code(form)
        if form.get("grant_type") == "refresh_token":
            return self._for_refresh(form)
        return self._refuse("unsupported_grant_type", 70003, "The grant type is not supported.")

    def _for_client(self) -> Reply:
        token = self.app_token(self.app_roles, self.app_mailboxes)
        seconds = int(self.life.total_seconds())
        times = {"expires_in": seconds, "ext_expires_in": seconds}
        return Reply(200, {"token_type": "Bearer", "access_token": token, **times})

    def _for_code(self, form: Mapping[str, str]) -> Reply:
        code = self._codes.pop(form.get("code", ""), None)
        if code is None or code.redirect != form.get("redirect_uri"):
            return self._refuse("invalid_grant", 70008, "The code has expired.")
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if code.challenge is not None and code.challenge != challenge:
            return self._refuse("invalid_grant", 501481, "The code verifier does not match.")
        return self._tokens(code.address, code.scope, form.get("client_id", ""), code.nonce)

    def _for_refresh(self, form: Mapping[str, str]) -> Reply:
        token = form.get("refresh_token", "")
        known = self._refresh.get(token)
        if known is not None and self.rotates and token in self._used:
            self.revoke(known[0])
        self._used.add(token)
        if known is None or known[0] in self._revoked:
            return self._refuse("invalid_grant", 50173, "The grant has expired: it was revoked.")
        return self._tokens(known[0], form.get("scope", known[1]), form.get("client_id", ""), None)

    def _tokens(self, address: str, scope: str, client: str, nonce: str | None) -> Reply:
        scopes = [each for each in scope.split() if each not in _OPENID]
        asked = [each.removeprefix("https://graph.microsoft.com/") for each in scopes]
        plain = [each for each in asked if each not in self.unconsented]
        refresh = f"0.refresh-{next(self._numbers)}"
        self._refresh[refresh] = (address, scope)
        now = int(self.clock().timestamp())
        identity = {
            "iss": f"{AUTHORITY}/{TENANT}/v2.0",
            "aud": client,
            "iat": now,
            "exp": now + 3600,
            "sub": _id(address),
            "oid": _id(address),
            "tid": TENANT,
            "preferred_username": address,
        }
        body = {
            "token_type": "Bearer",
            "scope": " ".join([*plain, "openid", "profile"]),
            "expires_in": int(self.life.total_seconds()),
            "access_token": self.user_token(address, plain),
            "refresh_token": refresh,
            "id_token": _jwt(identity | ({"nonce": nonce} if nonce else {})),
            "client_info": _part({"uid": _id(address), "utid": TENANT}),
        }
        return Reply(200, body)

    def _refuse(self, error: str, code: int, text: str, status: int = 400) -> Reply:
        body = {
            "error": error,
            "error_description": f"AADSTS{code}: {text}",
            "error_codes": [code],
            "timestamp": f"{self.clock():%Y-%m-%d %H:%M:%SZ}",
            "trace_id": _id("trace"),
            "correlation_id": _id("correlation"),
        }
        return Reply(status, body)


_OPENID = {"openid", "profile", "offline_access", "email"}


def _form(target: str, fields: Mapping[str, str]) -> str:
    """The page that sends itself to where the person came from."""
    inputs = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
        for name, value in fields.items()
    )
    return (
        f'<form method="post" action="{escape(target)}">{inputs}<button>Continue</button></form>'
        "<script>document.forms[0].submit()</script>"
    )


def _unauthorised(message: str) -> Refused:
    told = 'Bearer realm="", authorization_uri="https://login.microsoftonline.com/common/oauth2/authorize"'
    return Refused(401, "InvalidAuthenticationToken", message, headers={"WWW-Authenticate": told})


def _id(name: str) -> str:
    return str(uuid5(NAMESPACE_DNS, name))


def _jwt(claims: Json) -> str:
    return f"{_part({'typ': 'JWT', 'alg': 'none'})}.{_part(claims)}."


def _part(value: Json) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()
