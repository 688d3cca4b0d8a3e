"""Real workers as processes of their own, a real CalDAV server, both kinds of database."""

import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest

from app import clock
from app.config import Settings
from app.connecting.caldav import connect_caldav
from app.deployment import Deployment, open_deployment
from app.jobs import engine
from app.jobs.engine import Queue
from app.people import leaders
from app.people.settings import LeaderSettings, Mode
from app.storage import mailboxes
from app.storage.database import open_database
from app.storage.migrations import migrate
from app.storage.vault import Vault, new_key
from rules.event import Kind
from tests.servers.clearway import PATIENCE, Command, start
from tests.servers.fixtures import PASSWORD, CalDavServer
from tests.servers.processes import free_port

LOOPBACK = "127.0.0.0/8"
SHORT = {"protected_weeks": 2, "face_day_weeks": 0}
"""What makes a plan of some thirty holds: enough to be killed in the midst of."""


def until(done: Callable[[], bool], about: str | Callable[[], str]) -> None:
    """Wait for something, and fail where it does not happen."""
    end = time.monotonic() + PATIENCE
    while not done():
        if time.monotonic() > end:
            pytest.fail(f"it did not happen: {about if isinstance(about, str) else about()}")
        time.sleep(0.2)


@dataclass
class Site:
    """An installation with its workers."""

    deployment: Deployment
    environment: dict[str, str]
    folder: Path
    started: list[Command] = field(default_factory=list)

    def worker(self) -> Command:
        """One more worker, at work by now."""
        return self._start("worker", self.environment)

    def serve(self) -> str:
        """The service, listening by now; its address."""
        port = free_port()
        self._start("serve", {**self.environment, "CLEARWAY_PORT": str(port)})
        return f"http://127.0.0.1:{port}"

    def _start(self, name: str, environment: Mapping[str, str]) -> Command:
        self.started.append(start(name, environment, self.folder))
        return self.started[-1]

    def plan_now(self, leader_id: str) -> None:
        """Have the plan of the night made with the next job."""
        with self.deployment.database.transaction() as session:
            mailboxes.plan_next(session, leader_id, None)

    def close(self) -> None:
        """End whatever still runs."""
        for each in self.started:
            each.close()


@pytest.fixture
def site(database_url: str, tmp_path: Path) -> Iterator[Site]:
    key = new_key()
    settings = Settings(database=database_url, keys=key, private_networks=(ip_network(LOOPBACK),))
    database = open_database(database_url, Vault([key]))
    migrate(database)
    database.close()
    deployment = open_deployment(settings)
    engine.set_up(deployment.database)
    environment = {
        **os.environ,
        "CLEARWAY_DATABASE": database_url,
        "CLEARWAY_KEYS": key,
        "CLEARWAY_PRIVATE_NETWORKS": LOOPBACK,
    }
    running = Site(deployment, environment, tmp_path)
    yield running
    running.close()
    deployment.close()


@pytest.fixture
def queue(site: Site) -> Iterator[Queue]:
    opened = Queue(site.deployment)
    yield opened
    opened.close()


@dataclass
class Diary:
    """A leader's calendar on a real server, looked at with plain HTTP."""

    leader_id: str
    server: CalDavServer
    path: str

    def add(self, uid: str, start: datetime, minutes: int, *lines: str) -> None:
        """Put an event there, as any other program does."""
        form = "%Y%m%dT%H%M%SZ"
        end = start + timedelta(minutes=minutes)
        text = [
            "BEGIN:VCALENDAR",
            "VERSION:2.0",
            "PRODID:-//Somebody//EN",
            "BEGIN:VEVENT",
            f"UID:{uid}",
            "DTSTAMP:20260101T000000Z",
            f"DTSTART:{start:{form}}",
            f"DTEND:{end:{form}}",
            *(lines or ("SUMMARY:Budget",)),
            "END:VEVENT",
            "END:VCALENDAR",
            "",
        ]
        with self.server.client() as client:
            answer = client.put(
                f"{self.path}{uid}.ics",
                content="\r\n".join(text),
                headers={"Content-Type": "text/calendar"},
            )
        assert answer.status_code in (201, 204), answer.status_code

    def holds(self) -> list[str]:
        """The holds that are there: kind and start, in order."""
        found = []
        with self.server.client() as client:
            answer = client.request(
                "REPORT",
                self.path,
                headers={"Depth": "1", "Content-Type": "application/xml"},
                content=(
                    '<C:calendar-query xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav">'
                    "<D:prop><C:calendar-data/></D:prop><C:filter>"
                    '<C:comp-filter name="VCALENDAR"/></C:filter></C:calendar-query>'
                ),
            )
        assert answer.status_code == 207, answer.status_code
        kind, start = "", ""
        for line in answer.text.replace("&#13;", "").splitlines():
            if line.startswith("DTSTART"):
                start = line.rpartition(":")[2].strip()
            elif line.startswith("X-CLEARWAY-KIND"):
                kind = line.rpartition(":")[2].strip()
            elif line.startswith("END:VEVENT"):
                if kind:
                    found.append(f"{kind} {start}")
                kind = ""
        return sorted(found)


@pytest.fixture
def new_diary(site: Site, radicale: CalDavServer) -> Callable[..., Diary]:
    """A leader with a new calendar; `auto` are the kinds that need no acceptance."""

    def make(name: str = "leader", auto: frozenset[Kind] = frozenset()) -> Diary:
        leader = leaders.join(site.deployment, name)
        settings = LeaderSettings(time_zone="UTC", auto=auto, policy=SHORT)
        leaders.change_settings(site.deployment, leader.id, settings, leader.version)
        leaders.change_mode(site.deployment, leader.id, Mode.AUTO if auto else Mode.PROPOSE)
        path = radicale.new_calendar()
        connect_caldav(site.deployment, leader.id, f"{radicale.url}{path}", "leader", PASSWORD)
        return Diary(leader.id, radicale, path)

    return make


def next_monday() -> datetime:
    """Midnight of a Monday that is wholly to come."""
    today = clock.now().replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=UTC)
    return today + timedelta(days=7 - today.weekday())


@contextmanager
def frozen(worker: Command) -> Iterator[None]:
    """A worker that sleeps for as long as the block lasts."""
    worker.freeze()
    try:
        yield
    finally:
        worker.wake()
