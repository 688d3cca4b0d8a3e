"""What people do: agree on a provider's page, and put events into calendars."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from html import unescape
from urllib.parse import parse_qsl, urlsplit

import httpx

from app.connecting import changes, consent
from app.connecting.connections import Connection, Provider, new_row
from app.connecting.opening import connected, plain_viewer
from app.connecting.states import Action, State
from app.deployment import Deployment
from app.services.live import LiveDiary
from app.storage import connections as stored
from app.storage import tables
from tests.contract.stages.text import calendar
from tests.servers.fixtures import CalDavServer


def agree_at_microsoft(login: str, url: str) -> Mapping[str, str]:
    """Open the page, agree; the fields of the form that is sent back."""
    parts = urlsplit(url)
    page = httpx.get(f"{login}{parts.path}?{parts.query}").text
    found = re.findall(r'name="(\w+)" value="([^"]*)"', page)
    return {name: unescape(value) for name, value in found}


def agree_at_google(url: str) -> Mapping[str, str]:
    """Open the page, agree; the fields in the address that leads back."""
    return dict(parse_qsl(urlsplit(httpx.get(url).headers["Location"]).query))


def connect_outlook(
    deployment: Deployment, leader: str, login: str, connection_id: str | None = None
) -> Connection:
    """Connect whoever sits at the browser."""
    left = consent.begin(deployment, leader, Provider.MICROSOFT, connection_id=connection_id)
    answer = agree_at_microsoft(login, left.url)
    return consent.finish(deployment, leader, answer, browser=left.browser).connection


def connect_google(
    deployment: Deployment, leader: str, connection_id: str | None = None
) -> Connection:
    """Connect whoever sits at the browser."""
    left = consent.begin(deployment, leader, Provider.GOOGLE, connection_id=connection_id)
    answer = agree_at_google(left.url)
    return consent.finish(deployment, leader, answer, browser=left.browser).connection


def opened(deployment: Deployment, leader: str) -> LiveDiary:
    """The leader's one diary, to be closed."""
    (one,) = connected(deployment, leader)
    return one.live.open(plain_viewer(deployment))


def row_of(deployment: Deployment, connection: Connection) -> tables.Connection:
    """A connection as it is stored."""
    with deployment.database.transaction() as session:
        row = stored.find(session, connection.leader_id, connection.id)
    assert row is not None
    return row


def sealed_in(deployment: Deployment, connection: Connection) -> dict[str, object]:
    """The credentials of a connection."""
    found: dict[str, object] = deployment.database.vault.open(
        row_of(deployment, connection).credentials
    )
    return found


def reseal(deployment: Deployment, connection: Connection, **credentials: object) -> None:
    """Put something else into the credentials of a connection."""
    known = {**sealed_in(deployment, connection), **credentials}
    with deployment.database.transaction() as session:
        sealed = deployment.database.vault.seal(known)
        stored.change(session, connection.id, credentials=sealed)


def put_event(server: CalDavServer, path: str, start: datetime, title: str = "Title") -> str:
    """Put an event of an hour onto a server; its path there."""
    where = f"{path}{start:%Y%m%dT%H%M%S}.ics"
    with server.client() as client:
        kind = {"Content-Type": "text/calendar; charset=utf-8"}
        answer = client.put(where, content=event_text(start, title), headers=kind)
    assert answer.status_code in (201, 204)
    return where


def event_text(start: datetime, title: str = "Title") -> bytes:
    """An .ics of one event."""
    begin, end = (f"{each:%Y%m%dT%H%M%SZ}" for each in (start, start + timedelta(hours=1)))
    lines = (
        "BEGIN:VEVENT",
        f"UID:{begin}@trust.example",
        f"DTSTAMP:{begin}",
        f"DTSTART:{begin}",
        f"DTEND:{end}",
        f"SUMMARY:{title}",
        "END:VEVENT",
    )
    return calendar("".join(f"{line}\r\n" for line in lines))


def add_row(
    deployment: Deployment,
    leader: str,
    provider: Provider = Provider.CALDAV,
    state: State = State.ACTIVE,
) -> str:
    """A connection that leads nowhere; its id."""
    row = new_row(deployment, leader, provider, {})
    row.state = state.value
    with deployment.database.transaction() as session:
        stored.add(session, row)
    return row.id


def kept(deployment: Deployment, seen: changes.Look) -> None:
    """What a look found has been dealt with."""
    with deployment.database.transaction() as session:
        changes.keep(deployment, session, seen)


def count(seen: changes.Look) -> int:
    """How many events a look found."""
    assert seen.reading is not None
    return len(seen.reading.occurrences)


def action(connection: Connection) -> Action:
    """What a person can do about a connection in trouble."""
    assert connection.trouble is not None
    return connection.trouble.action
