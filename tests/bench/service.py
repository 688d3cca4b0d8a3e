"""From a change in a calendar to the verdict on it: real processes, PostgreSQL, the fake of Graph.

A service and two workers as somebody would start them look after the leaders of one tenant. A
verdict is there when what Clearway remembers of the diary changes in the database, which is asked
several times a second; the moment of a change is when it is put into the mailbox.
"""

import os
import random
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any

from sqlalchemy import func, select, update

from app import clock
from app.config import Settings
from app.connecting import consent, watching
from app.connecting.connections import Provider
from app.deployment import Deployment, open_deployment
from app.jobs import engine
from app.people import leaders
from app.people.settings import Mode
from app.storage import mailboxes
from app.storage.database import now, open_database
from app.storage.migrations import migrate
from app.storage.tables import Mailbox as Row
from app.storage.vault import Vault, new_key
from tests.bench.weeks import Spread, tell
from tests.connecting.steps import agree_at_microsoft
from tests.fakes.graph import GraphFake
from tests.fakes.graph.fake import Mailbox
from tests.servers.clearway import start
from tests.servers.postgresql import missing_postgresql, running_postgresql
from tests.servers.processes import free_port

LEADERS = 200
WORKERS = 2
SPREAD = 60.0
"""Seconds over which the changes come: every leader's diary changes once."""
_HEARD = (200, 202)
PATIENCE = 300.0
SITE = "https://clearway.trust.example"
_NAME, _SECRET = "24d3b144-21ae-4080-943f-7067b395b913", "s3cret-s3cret"
_LOOK = 0.1
"""Seconds between two looks at the database, which is also how exact the figures are."""
_MEETINGS = ((9, 0, 60), (10, 0, 30), (11, 0, 60), (13, 0, 60), (14, 0, 45), (16, 0, 30))
"""Hour, minute and length of what every leader has on each of ten working days."""


@dataclass(frozen=True)
class Verdicts:
    """Seconds from a change to its verdict, where the provider called and where nobody did.

    `polled` counts from the moment at which a look was due.
    """

    called: Spread
    polled: Spread


def time_verdicts(folder: Path, count: int = LEADERS) -> Verdicts | None:
    """Change every leader's diary, once with calls and once without. None without PostgreSQL."""
    if missing_postgresql():
        return None
    chance = random.Random(1)
    with running_postgresql() as server, GraphFake() as graph, ExitStack() as stack:
        port = free_port()
        deployment, environment = _install(server.new_database(), graph, port)
        stack.callback(deployment.close)
        stack.callback(start("serve", environment, folder).close)
        graph.subscriptions.routes[SITE] = f"http://127.0.0.1:{port}"
        tell(f"{count} leaders connect their mailboxes")
        tenant = Tenant(deployment, graph, [_join(deployment, graph, n) for n in range(count)])
        watched = sum(iter(lambda: watching.renew_due(deployment), 0))
        if watched != count:
            raise AssertionError(f"{watched} of {count} mailboxes are watched")
        tenant.rest()
        for _ in range(WORKERS):
            stack.callback(start("worker", environment, folder).close)
        tenant.settle()
        tell("their provider calls")
        called = tenant.change_all(chance, lambda leader_id: None)
        tenant.settle()
        unheard = sum(each not in _HEARD for each in graph.subscriptions.answers)
        if unheard:
            raise AssertionError(f"{unheard} calls were not answered")
        graph.subscriptions.routes[SITE] = "http://127.0.0.1:9"
        tell("nobody calls")
        polled = tenant.change_all(chance, tenant.look_now)
        problems = graph.problems
    if problems:
        raise AssertionError(problems[0])
    return Verdicts(Spread.of(called), Spread.of(polled))


@dataclass(frozen=True)
class Leader:
    """Somebody with a mailbox."""

    id: str
    mailbox: Mailbox


@dataclass
class Tenant:
    """Leaders who are looked after, and what is known of them in the database."""

    deployment: Deployment
    graph: GraphFake
    leaders: list[Leader]

    def rest(self) -> None:
        """The plans of the night are made, and the next look is far off."""
        far = timedelta(days=1)
        with self.deployment.database.transaction() as session:
            later = now(session) + far
            session.execute(update(Row).values(plan_at=later, poll_at=later))

    def settle(self) -> None:
        """Wait until every diary was judged, and nobody has anything to do."""
        self.graph.subscriptions.delivered()
        busy = Row.memory.is_(None) | Row.dirty_at.is_not(None) | Row.leased_until.is_not(None)
        for _ in self._looks():
            with self.deployment.database.transaction() as session:
                if not session.scalar(select(func.count()).where(busy)):
                    break

    def look_now(self, leader_id: str) -> None:
        """The pause between two looks ends."""
        with self.deployment.database.transaction() as session:
            mailboxes.poll_next(session, leader_id, timedelta())

    def change_all(self, chance: random.Random, then: Callable[[str], None]) -> list[float]:
        """Put one more meeting into each mailbox; the seconds to each verdict."""
        before = self._known()
        when = {each.id: chance.uniform(0, SPREAD) for each in self.leaders}
        changed: dict[str, float] = {}
        thread = threading.Thread(target=self._change, args=(when, then, changed))
        thread.start()
        seconds: dict[str, float] = {}
        for moment in self._looks():
            known = self._known()
            for each in changed.keys() - seconds.keys():
                if known[each] != before[each]:
                    seconds[each] = moment - changed[each]
            if len(seconds) == len(self.leaders):
                break
        thread.join()
        return list(seconds.values())

    def _change(
        self, when: Mapping[str, float], then: Callable[[str], None], changed: dict[str, float]
    ) -> None:
        begin = time.monotonic()
        for each in sorted(self.leaders, key=lambda one: when[one.id]):
            time.sleep(max(0.0, begin + when[each.id] - time.monotonic()))
            changed[each.id] = time.monotonic()
            each.mailbox.put(event(coming_monday() + timedelta(hours=12), 30))
            then(each.id)

    def _known(self) -> dict[str, bytes]:
        with self.deployment.database.transaction() as session:
            rows = session.execute(select(Row.leader_id, Row.memory)).all()
        return {each.leader_id: each.memory for each in rows}

    def _looks(self) -> Iterator[float]:
        end = time.monotonic() + PATIENCE
        while (moment := time.monotonic()) < end:
            yield moment
            time.sleep(_LOOK)
        raise TimeoutError(f"there were diaries without a verdict after {PATIENCE:.0f} s")


# --- setting up ----------------------------------------------------------------------------------


def _install(url: str, graph: GraphFake, port: int) -> tuple[Deployment, dict[str, str]]:
    """An empty installation, and the environment in which its processes find it."""
    settings = settings_for(graph, database=url, port=port, public_url=SITE)
    database = open_database(url, Vault([settings.keys]))
    migrate(database)
    engine.set_up(database)
    database.close()
    return open_deployment(settings), environment_of(settings)


def settings_for(graph: GraphFake, **more: Any) -> Settings:
    """An installation whose leaders' mailboxes are the fake's."""
    return Settings(
        keys=new_key(),
        private_networks=(ip_network("127.0.0.0/8"),),
        graph_url=graph.url,
        microsoft_authority=f"{graph.login}/organizations",
        microsoft_client_id=_NAME,
        microsoft_client_secret=_SECRET,
        **more,
    )


def environment_of(settings: Settings) -> dict[str, str]:
    """The same for a process of its own."""
    told = {f"CLEARWAY_{name.upper()}": str(getattr(settings, name)) for name in _TOLD}
    networks = {"CLEARWAY_PRIVATE_NETWORKS": "127.0.0.0/8"}
    return {**os.environ, **told, **networks}


_TOLD = (
    *("database", "data", "keys", "port", "requests_per_minute", "public_url", "graph_url"),
    *("microsoft_authority", "microsoft_client_id", "microsoft_client_secret"),
)


def _join(deployment: Deployment, graph: GraphFake, number: int) -> Leader:
    """Somebody joins, with two busy weeks, and consents."""
    address = f"leader-{number}@trust.example"
    mailbox = graph.mailbox(address)
    for day in range(10):
        first = coming_monday() + timedelta(days=day + 2 * (day // 5))
        for hour, minute, length in _MEETINGS:
            mailbox.put(event(first + timedelta(hours=hour, minutes=minute), length))
    leader = leaders.join(deployment, address)
    leaders.change_mode(deployment, leader.id, Mode.PROPOSE)
    agree(deployment, graph, leader.id, address)
    return Leader(leader.id, mailbox)


def agree(deployment: Deployment, graph: GraphFake, leader_id: str, address: str) -> None:
    """A leader lets Clearway into the mailbox."""
    graph.sign_in.signed_in = address
    left = consent.begin(deployment, leader_id, Provider.MICROSOFT)
    answer = agree_at_microsoft(graph.login, left.url)
    consent.finish(deployment, leader_id, answer, browser=left.browser)


def coming_monday() -> datetime:
    """Midnight (UTC) of the next Monday."""
    today = clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
    return today + timedelta(days=7 - today.weekday())


def event(start: datetime, minutes: int) -> dict[str, object]:
    """A meeting as Graph has it."""
    end = start + timedelta(minutes=minutes)
    times = ({"dateTime": f"{each:%Y-%m-%dT%H:%M:%S}", "timeZone": "UTC"} for each in (start, end))
    return {"subject": "Title", **dict(zip(("start", "end"), times, strict=True))}
