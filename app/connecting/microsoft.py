"""Leaders who let Clearway into Outlook: consent by msal, calendars by Microsoft Graph."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

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
from connectors.errors import PermissionMissing
from connectors.graph import Options, auth
from connectors.transport import FixedToken
from rules.language import text

_READS = ("Calendars.Read", "Calendars.ReadWrite")
_UNUSED = timedelta(days=90)
"""A consent that was not used for so long ends by itself."""
_NO_EVENTS = (
    "The consent does not let Clearway see events; please allow it, or ask to have it allowed."
)


def start(settings: Settings) -> Journey:
    """Begin a consent (authorization code with PKCE). Raises NotSetUp and Unreachable."""
    with door_to(settings.microsoft_authority) as door:
        flow = auth.start(_app(settings), door, callback(settings))
    return Journey(flow["auth_uri"], flow)


def finish(settings: Settings, flow: Mapping[str, Any], answer: Mapping[str, str]) -> Granted:
    """End a consent. Raises SignInNeeded, PermissionMissing, Unreachable and NotSetUp."""
    # msal compares with a state of its own; that this errand is the right one is known by now
    known = {**answer, "state": str(flow["state"])}
    with door_to(settings.microsoft_authority) as door:
        found = auth.finish(_app(settings), door, flow, known)
    if not Options(scopes=found.scopes).grants(*_READS):
        raise PermissionMissing(_NO_EVENTS)
    credentials = {"cache": found.cache, "scopes": sorted(found.scopes)}
    return Granted(_renewed_now(credentials), found.scopes)


def renew(settings: Settings, credentials: Credentials) -> Credentials:
    """The same consent with a new access token. Raises SignInNeeded, Unreachable, NotSetUp."""
    kept: list[str] = []
    with door_to(settings.microsoft_authority) as door:
        scopes = auth.WRITE if _writes(credentials) else auth.READ
        token = auth.Delegated(
            _app(settings), door, credentials["cache"], save=kept.append, scopes=scopes
        )
        token(fresh=True)
    return _renewed_now({**credentials, "cache": kept[-1]})


def open_diary(
    deployment: Deployment,
    connection_id: str,
    credentials: Credentials,
    viewer: Viewer,
    calendars: tuple[str, ...],
) -> LiveDiary:
    """The diary of a stored consent. Raises NotSetUp."""
    settings = deployment.settings
    _app(settings)
    token = StoredToken(deployment, connection_id, lambda known: renew(settings, known), _is_over)
    return live.open_graph(
        token,
        viewer,
        settings,
        scopes=frozenset(credentials["scopes"]),
        calendars=calendars,
        transport=paced(deployment, Provider.MICROSOFT),
    )


def open_new(
    settings: Settings, granted: Granted, viewer: Viewer, calendars: tuple[str, ...] = ()
) -> LiveDiary:
    """The diary of a consent that is not stored yet: its access token is new."""
    token = FixedToken(_newest(granted.credentials["cache"])[0])
    return live.open_graph(token, viewer, settings, scopes=granted.scopes, calendars=calendars)


def _app(settings: Settings) -> auth.App:
    if not settings.microsoft_client_id or not settings.microsoft_client_secret:
        raise NotSetUp(
            text("This installation is not registered with Microsoft; tell whoever runs it.")
        )
    authority, _, tenant = settings.microsoft_authority.rpartition("/")
    graph = urlsplit(settings.graph_url)
    app = auth.App(
        settings.microsoft_client_id,
        settings.microsoft_client_secret,
        tenant,
        # msal takes no http; where the requests really go is the door's business
        f"https://{urlsplit(authority).netloc}",
    )
    # what runs on this machine passes things on to Microsoft's own, whose names then hold
    national = graph.scheme == "https"
    return replace(app, graph=f"https://{graph.netloc}") if national else app


def _writes(credentials: Credentials) -> bool:
    return Options(scopes=frozenset(credentials["scopes"])).grants("Calendars.ReadWrite")


def _renewed_now(credentials: Credentials) -> Credentials:
    token, until = _newest(credentials["cache"])
    used = {**credentials, "used": clock.now().isoformat()}
    return with_access(used, token, until)


def _is_over(credentials: Credentials) -> bool:
    return datetime.fromisoformat(credentials["used"]) + _UNUSED <= clock.now()


def _newest(cache: str) -> tuple[str, datetime]:
    """The access token in msal's cache that lasts longest, and its end."""
    kept = json.loads(cache).get("AccessToken", {}).values()
    newest = max(kept, key=lambda each: int(each["expires_on"]))
    return newest["secret"], datetime.fromtimestamp(int(newest["expires_on"]), UTC)
