"""Leaders who let Clearway into Google Calendar: consent by authlib, and the calendars."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from authlib.common.security import generate_token
from authlib.oauth2 import OAuth2Error
from authlib.oauth2.client import OAuth2Client

from app import clock
from app.config import Settings
from app.connecting.connections import Provider
from app.connecting.errors import NotSetUp
from app.connecting.pacing import paced
from app.connecting.sign_in import Granted, Journey, callback, door_to
from app.connecting.tokens import Credentials, StoredToken, with_access
from app.deployment import Deployment
from app.services import live
from app.services.live import LiveDiary, Viewer
from connectors.errors import (
    BadAnswer,
    ConnectorError,
    PermissionMissing,
    SignInNeeded,
    Unreachable,
)
from connectors.google import SCOPES, Access
from connectors.google.auth import abilities
from connectors.transport import Answer, Door, FixedToken
from rules.language import later, text

_ENDED = later("Google does not accept this sign-in; please sign in again.")
_DECLINED = later("Nobody has agreed yet that Clearway may use this calendar; please agree.")
_REFUSED = later("Google does not let this application in; please tell whoever runs Clearway.")
_SILENT = later("Google's sign-in does not answer; please try again later.")
_ODD = later("Google's sign-in gave an answer that cannot be understood.")

_MEANING: Mapping[str, tuple[type[ConnectorError], str]] = {
    "invalid_grant": (SignInNeeded, _ENDED),
    "access_denied": (PermissionMissing, _DECLINED),
    "temporarily_unavailable": (Unreachable, _SILENT),
    "server_error": (Unreachable, _SILENT),
}
"""The errors of RFC 6749 that mean more than that the application is not let in."""


def start(settings: Settings) -> Journey:
    """Begin a consent (authorization code with PKCE). Raises NotSetUp."""
    verifier = generate_token(48)
    with _client(settings) as client:
        url, _ = client.create_authorization_url(
            settings.google_authorize_url,
            code_verifier=verifier,
            # without these two there is a refresh token only the first time
            access_type="offline",
            prompt="consent",
        )
    return Journey(url, {"code_verifier": verifier})


def finish(settings: Settings, flow: Mapping[str, Any], answer: Mapping[str, str]) -> Granted:
    """End a consent. Raises SignInNeeded, PermissionMissing, Unreachable and NotSetUp."""
    code = answer.get("code")
    if not code:
        raise _meant(answer.get("error", "invalid_grant"))
    with _client(settings) as client:
        told = client.fetch_token(
            settings.google_token_url,
            grant_type="authorization_code",
            code=code,
            code_verifier=flow["code_verifier"],
            redirect_uri=callback(settings),
        )
    scopes = frozenset(str(told.get("scope", "")).split())
    abilities(scopes)  # raises where events were left out of the consent
    refresh = told.get("refresh_token")
    if not isinstance(refresh, str):
        raise SignInNeeded(text("Google gave no lasting consent; please connect again."))
    credentials = {"refresh": refresh, "scopes": sorted(scopes), "over": _end(told)}
    return Granted(_with_token(credentials, told), scopes)


def renew(settings: Settings, credentials: Credentials) -> Credentials:
    """The same consent with a new access token. Raises SignInNeeded, Unreachable, NotSetUp."""
    with _client(settings) as client:
        told = client.refresh_token(
            settings.google_token_url, refresh_token=credentials["refresh"], scope=None
        )
    newer = told.get("refresh_token")
    refresh = newer if isinstance(newer, str) else credentials["refresh"]
    return _with_token({**credentials, "refresh": refresh}, told)


def open_diary(
    deployment: Deployment,
    connection_id: str,
    credentials: Credentials,
    viewer: Viewer,
    calendars: tuple[str, ...],
) -> LiveDiary:
    """The diary of a stored consent. Raises NotSetUp and PermissionMissing."""
    settings = deployment.settings
    _check_set_up(settings)
    token = StoredToken(deployment, connection_id, lambda known: renew(settings, known), _is_over)
    access = Access(token, frozenset(credentials["scopes"]))
    way = paced(deployment, Provider.GOOGLE)
    return live.open_google(access, viewer, settings, calendars=calendars or _MAIN, transport=way)


def open_new(
    settings: Settings, granted: Granted, viewer: Viewer, calendars: tuple[str, ...] = ()
) -> LiveDiary:
    """The diary of a consent that is not stored yet: its access token is new."""
    access = Access(FixedToken(granted.credentials["access"]), granted.scopes)
    return live.open_google(access, viewer, settings, calendars=calendars or _MAIN)


def revoke(settings: Settings, credentials: Credentials) -> None:
    """Tell Google that the consent is over, as far as it listens."""
    url = settings.google_token_url.removesuffix("/token") + "/revoke"
    with suppress(ConnectorError), door_to(url) as door:
        _send(door, url, {"token": str(credentials["refresh"])}, twice=True)


_MAIN = ("primary",)


def _check_set_up(settings: Settings) -> None:
    if not settings.google_client_id or not settings.google_client_secret:
        raise NotSetUp(
            text("This installation is not registered with Google; tell whoever runs it.")
        )


def _with_token(credentials: Credentials, told: Mapping[str, Any]) -> Credentials:
    try:
        seconds = timedelta(seconds=int(told.get("expires_in", 0)))
        return with_access(credentials, str(told["access_token"]), clock.now() + seconds)
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise BadAnswer(_ODD) from error


def _end(told: Mapping[str, Any]) -> str | None:
    """When the consent itself ends: Google says so where it is for a limited time."""
    try:
        seconds = timedelta(seconds=int(told["refresh_token_expires_in"]))
        return (clock.now() + seconds).isoformat()
    except (KeyError, TypeError, ValueError, OverflowError):
        return None


def _is_over(credentials: Credentials) -> bool:
    over = credentials.get("over")
    return isinstance(over, str) and datetime.fromisoformat(over) <= clock.now()


# -- authlib and the door -----------------------------------------------------------------------


@contextmanager
def _client(settings: Settings) -> Iterator[Any]:
    """authlib's client, all of whose requests go through a Door of ours."""
    _check_set_up(settings)
    with door_to(settings.google_token_url) as door, _translated():
        yield OAuth2Client(
            _Session(door),
            settings.google_client_id,
            settings.google_client_secret,
            token_endpoint_auth_method="client_secret_post",  # noqa: S106 # a method's name
            scope=" ".join(SCOPES),
            redirect_uri=callback(settings),
            code_challenge_method="S256",
        )


class _Session:
    """What authlib takes for an HTTP session: it posts forms."""

    def __init__(self, door: Door) -> None:
        self._door = door

    def post(
        self, url: str, data: Mapping[str, str], headers: Mapping[str, str], auth: Any
    ) -> "_Response":
        """As authlib calls it."""
        _, _, form = auth.prepare("POST", url, dict(headers), urlencode(data))
        return _Response(_send(self._door, url, form))


class _Response:
    """An answer in the shape that authlib wants; 5xx never come this far."""

    def __init__(self, answer: Answer) -> None:
        self.status_code = answer.status
        self.json = answer.json

    def raise_for_status(self) -> None:
        """Called for what is not a JSON object."""
        raise BadAnswer(_ODD)


def _send(door: Door, url: str, form: Mapping[str, str] | str, *, twice: bool = False) -> Answer:
    body = form if isinstance(form, str) else urlencode(form)
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    try:
        return door.send("POST", url, headers=kind, body=body.encode(), twice=twice)
    except SignInNeeded as error:
        # a 401 here is about our own id and secret, not about the person
        raise PermissionMissing(_REFUSED) from error


@contextmanager
def _translated() -> Iterator[None]:
    """What authlib raises, as one of ours; its messages may quote what Google said."""
    try:
        yield
    except OAuth2Error as error:
        raise _meant(error.error) from None
    except (ValueError, KeyError, TypeError) as error:
        raise BadAnswer(_ODD) from error


def _meant(code: str | None) -> ConnectorError:
    kind, sentence = _MEANING.get(code or "", (PermissionMissing, _REFUSED))
    return kind(sentence)
