"""From a stored connection to a diary that can be asked.

Secrets leave the vault when a calendar is opened, not before, and stay in its connector.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.connecting import google, microsoft
from app.connecting.connections import Connection, Provider, connections, find, note
from app.connecting.counting import counted
from app.connecting.letters import KeptLedger
from app.connecting.states import USABLE
from app.deployment import Deployment
from app.people.settings import LeaderSettings
from app.services import live
from app.services.hours import find_zone
from app.services.live import Live, LiveDiary, Viewer
from app.services.read import calendar_limits
from app.storage import connections as stored
from app.storage import tables
from connectors.base import Ability
from connectors.caldav import Password
from connectors.errors import ConnectorError
from rules.policy import Policy


@dataclass(frozen=True, slots=True)
class Connected:
    """A connection that can be asked. `live` connects, and notes in its state what came of it."""

    connection_id: str
    live: Live


def connected(
    deployment: Deployment, leader_id: str, known: Sequence[Connection] | None = None
) -> tuple[Connected, ...]:
    """Those of a leader's connections that need no person first, the oldest first.

    `known` are all of them, where they were read just now. One whose server did not answer last
    time is among the answer: opening it is how it recovers.
    """
    if known is None:
        known = connections(deployment, leader_id)
    return tuple(
        Connected(each.id, Live(_opener(deployment, leader_id, each.id)))
        for each in known
        if each.state in USABLE
    )


def _opener(
    deployment: Deployment, leader_id: str, connection_id: str
) -> Callable[[Viewer], LiveDiary]:
    def connect(viewer: Viewer) -> LiveDiary:
        row = find(deployment, leader_id, connection_id)
        try:
            return open_row(deployment, row, viewer)
        except ConnectorError as error:
            note(deployment, connection_id, error)
            raise

    return connect


def open_row(
    deployment: Deployment,
    row: tables.Connection,
    viewer: Viewer,
    ticked: tuple[str, ...] | None = None,
) -> LiveDiary:
    """The diary of a connection; `ticked` are other calendars than the kept ones.

    Whether meetings can be changed there is noted for pages that ask no server. Raises
    ConnectorError, and NotSetUp where the installation has no application there any more.
    """
    diary = _open(deployment, row, viewer, ticked)
    meetings = Ability.MEETINGS in diary.abilities
    if row.meetings is not meetings:
        row.meetings = meetings
        with deployment.database.transaction() as session:
            # one that is only tried is not kept yet
            stored.change(session, row.id, meetings=meetings)
    return diary


def _open(
    deployment: Deployment,
    row: tables.Connection,
    viewer: Viewer,
    ticked: tuple[str, ...] | None,
) -> LiveDiary:
    vault = deployment.database.vault
    secrets: Mapping[str, Any] = vault.open(row.credentials)
    calendars = tuple(vault.open(row.calendars)) if ticked is None else ticked
    match Provider(row.provider):
        case Provider.CALDAV:
            sign_in = Password(secrets["user"], secrets["password"])
            return live.open_caldav(
                secrets["url"],
                sign_in,
                viewer,
                deployment.settings,
                calendars,
                ledger=KeptLedger(deployment, row.leader_id),
                transport=counted(Provider.CALDAV),
            )
        case Provider.FEED:
            address = secrets["address"]
            way = counted(Provider.FEED)
            return live.open_feed(address, viewer, deployment.settings, deployment.now, way)
        case Provider.MICROSOFT:
            return microsoft.open_diary(deployment, row.id, secrets, viewer, calendars)
        case Provider.GOOGLE:
            return google.open_diary(deployment, row.id, secrets, viewer, calendars)


def plain_viewer(deployment: Deployment, settings: LeaderSettings | None = None) -> Viewer:
    """Who looks where only whether and how much counts, not what it means."""
    known = settings or LeaderSettings()
    zone = None if known.time_zone is None else find_zone(known.time_zone)
    limits = calendar_limits(deployment.settings)
    return Viewer(known.addresses, zone, Policy(), limits)
