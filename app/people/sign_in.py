"""Signing in, staying so for twelve hours, and signing out. No passwords of our own.

With an issuer in the settings people sign in there (OpenID Connect). Without one the installation
is embedded: `clearway serve` prints a link that works once, and who opens it is its one person.
What a browser carries afterwards is a random token, of which only the fingerprint is kept.
"""

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from app import logs
from app.deployment import Deployment
from app.logs import Event
from app.people import errands
from app.people.errors import LostErrand, SignInFailed
from app.people.history import LEADER, What, record
from app.people.identity import identity_of, local_identity, sign_in_id
from app.people.openid import Journey, Provider
from app.storage import people as stored
from app.storage.tables import SignIn
from rules.language import text

LASTS = timedelta(hours=12)
_PURPOSE = "sign-in"
_LINK = "local-link"
_LONGEST_PATH = 2_000


@dataclass(frozen=True, slots=True)
class Departure:
    """Where to send a browser, and the value of the cookie by which it is known when back.

    The cookie is for this site alone, unreadable to scripts, and lasts ten minutes.
    """

    url: str = field(repr=False)
    browser: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A browser or program that has signed in, what it carries, and where it was going."""

    identity: str = field(repr=False)
    token: str = field(repr=False)
    expires_at: datetime
    return_path: str


@dataclass(frozen=True, slots=True)
class Return:
    """What came back from the issuer in the address (RFC 6749 section 4.1.2, RFC 9207)."""

    state: str = field(default="", repr=False)
    code: str = field(default="", repr=False)
    error: str = ""
    issuer: str | None = None


def begin(
    deployment: Deployment,
    provider: Provider,
    redirect_uri: str,
    *,
    return_path: str = "/",
    browser: str = "",
) -> Departure:
    """Send somebody to sign in. `redirect_uri` is where the issuer sends them back to.

    `browser` is the cookie's value where the browser has one. Only a path of this site is
    returned to; anything else becomes the first page. Raises SignInFailed.
    """
    known = browser or errands.new_browser()
    carried = {
        "redirect_uri": redirect_uri,
        "nonce": secrets.token_urlsafe(32),
        "verifier": secrets.token_urlsafe(64),
    }
    kept = {**carried, "return_path": local_path(return_path)}
    state = errands.depart(deployment, _PURPOSE, kept, browser=known)
    return Departure(provider.departure(Journey(state=state, **carried)), known)


def finish(
    deployment: Deployment,
    provider: Provider,
    back: Return,
    *,
    browser: str,
    replaces: str = "",
) -> SignedIn:
    """Sign in who came back. `browser` is the cookie's value, `replaces` a former token to end.

    Raises LostErrand and SignInFailed.
    """
    if not browser:
        raise LostErrand
    kept = errands.arrive(deployment, _PURPOSE, back.state, browser=browser)
    if back.error or not back.code:
        raise SignInFailed(text("Signing in was stopped before it was done; you can begin again."))
    journey = Journey(kept["redirect_uri"], back.state, kept["nonce"], kept["verifier"])
    subject = provider.arrival(journey, back.code, back.issuer, deployment.now())
    identity = identity_of(deployment, *subject)
    return _sign_in(deployment, identity, kept["return_path"], replaces)


def local_link(deployment: Deployment) -> str:
    """A token that signs in the one person of an embedded installation, once, within ten minutes.

    Raises SignInFailed where people sign in elsewhere.
    """
    _refuse_unless_embedded(deployment)
    return errands.depart(deployment, _LINK, {})


def use_local_link(deployment: Deployment, token: str, *, replaces: str = "") -> SignedIn:
    """Sign in by the token of a local link. Raises LostErrand and SignInFailed."""
    _refuse_unless_embedded(deployment)
    errands.arrive(deployment, _LINK, token)
    return _sign_in(deployment, local_identity(deployment), "/", replaces)


def sign_out(deployment: Deployment, token: str) -> None:
    """End a sign-in at once; where there is none, nothing."""
    with deployment.database.transaction() as session:
        identity = stored.delete_sign_in(session, sign_in_id(deployment, token))
        leader = None if identity is None else stored.leader_of(session, identity)
        if leader is not None:
            record(deployment, session, leader.id, What.SIGNED_OUT, LEADER)
    if identity is not None:
        logs.note(Event.SIGNED_OUT, actor=identity)


def local_path(path: str) -> str:
    """A path of this site as it is, and the first page for what would lead elsewhere.

    Browsers read `//` and a backslash as the beginning of another host.
    """
    plain = path.startswith("/") and not path.startswith("//") and "\\" not in path
    if not plain or len(path) > _LONGEST_PATH or not path.isascii() or not path.isprintable():
        return "/"
    try:
        parts = urlsplit(path)
    except ValueError:
        return "/"
    return "/" if parts.scheme or parts.netloc else path


def _refuse_unless_embedded(deployment: Deployment) -> None:
    if deployment.settings.oidc_issuer:
        raise SignInFailed(
            text("People sign in with their organisation here; there is no local link.")
        )


def _sign_in(deployment: Deployment, identity: str, return_path: str, replaces: str) -> SignedIn:
    moment, token = deployment.now(), secrets.token_urlsafe(32)
    how = "openid" if deployment.settings.oidc_issuer else "local-link"
    row = SignIn(
        id=sign_in_id(deployment, token),
        identity=identity,
        claims=deployment.database.vault.seal({"how": how}),
        issued_at=moment,
        expires_at=moment + LASTS,
    )
    with deployment.database.transaction() as session:
        if replaces:
            stored.delete_sign_in(session, sign_in_id(deployment, replaces))
        stored.add_sign_in(session, row)
        leader = stored.leader_of(session, identity)
        if leader is not None:
            record(deployment, session, leader.id, What.SIGNED_IN, LEADER)
    logs.note(Event.SIGNED_IN, actor=identity)
    return SignedIn(identity, token, row.expires_at, return_path)
