"""kill -9 at random while two workers send weekly mail to a real relay: one mail for each leader.

What arrived is read from the relay. It tells two copies of one mail by their Message-ID, as mail
servers and programs do; a copy can only come of a kill between the relay's yes and its being noted.
"""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Empty, Queue
from threading import Thread
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select, update

from app import clock
from app.connecting.feeds import connect_feed
from app.deployment import Deployment
from app.digest.making import preview
from app.digest.previewing import ADDRESSES
from app.digest.rendering import render
from app.people.settings import LeaderSettings
from app.storage.database import open_database
from app.storage.migrations import migrate
from app.storage.tables import Connection, Leader, Mailbox, Mailing, Postbox
from app.storage.vault import Vault, new_key
from tests.digest.weeks import FIRST, WEEKS, diary_of
from tests.life.mailers import settings
from tests.servers.fixtures import on_sqlite
from tests.servers.mail import Inbox, receiving

LONDON = ZoneInfo("Europe/London")
LEADERS, KILLS = 200, 4
SOAK_LEADERS, SOAK_KILLS = 10_000, 60
_PATIENCE = 120.0


class Publisher(BaseHTTPRequestHandler):
    """Gives everybody the same diary."""

    content = b""

    def do_GET(self) -> None:  # as the library calls it
        self.send_response(200)
        self.send_header("Content-Type", "text/calendar")
        self.send_header("Content-Length", str(len(self.content)))
        self.end_headers()
        self.wfile.write(self.content)

    def log_message(self, *_: object) -> None:
        """Quietly."""


@pytest.fixture
def published() -> Iterator[str]:
    """Where a diary with a full week behind and one ahead is published."""
    now = clock.now().replace(minute=0, second=0, microsecond=0)
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//trust.example//EN"]
    for number in range(-60, 60):
        start = now + timedelta(hours=4 * number)
        lines += ["BEGIN:VEVENT", f"UID:{number}@trust.example", "DTSTAMP:20260101T000000Z"]
        lines += [f"DTSTART:{start:%Y%m%dT%H%M%SZ}", "DURATION:PT1H", "SUMMARY:Marker"]
        lines += ["END:VEVENT"]
    Publisher.content = "\r\n".join([*lines, "END:VCALENDAR", ""]).encode()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Publisher)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/diary.ics"
    server.shutdown()
    server.server_close()


@dataclass
class Scene:
    """Leaders who are due, workers to kill, and the relay."""

    deployment: Deployment
    inbox: Inbox
    workers: "subprocess.Popen[str]"
    said: "Queue[str]" = field(default_factory=Queue)
    running: set[int] = field(default_factory=set)

    def start(self) -> None:
        assert self.workers.stdin
        self.workers.stdin.write("\n")
        self.workers.stdin.flush()
        self.running.add(int(self.hear()))

    def hear(self) -> str:
        """The next thing said; whoever has ended is taken off the list."""
        while (line := self.said.get(timeout=_PATIENCE)).startswith("ended"):
            self.running.discard(int(line.split()[1]))
        return line

    def settle(self) -> None:
        with suppress(Empty):
            while line := self.said.get_nowait():
                self.running.discard(int(line.split()[1]))

    def kill(self, chance: random.Random) -> None:
        """Kill one of the two, give back what it held, as time does, and start another."""
        self.settle()
        if not self.running:
            return
        victim = chance.choice(sorted(self.running))
        with suppress(ProcessLookupError):
            os.kill(victim, signal.SIGKILL)
        self.running.discard(victim)
        time.sleep(0.05)
        with self.deployment.database.transaction() as session:
            mine = update(Mailbox).where(Mailbox.holder == str(victim))
            session.execute(mine.values(leased_until=None, holder=None, attempts=0))
            session.execute(update(Mailbox).values(queued_at=None))

    def left(self) -> int:
        with self.deployment.database.transaction() as session:
            due = select(func.count()).where(Mailbox.week_at <= clock.now())
            return session.execute(due).scalar_one()


@pytest.fixture
def scene(database_url: str) -> Iterator[Scene]:
    key = new_key()
    database = open_database(database_url, Vault([key]))
    migrate(database)
    inbox = Inbox()
    with receiving(inbox) as relay:
        deployment = Deployment(settings(relay.port), database, database.fingerprints())
        command = [sys.executable, "-m", "tests.life.mailers", database_url, key, str(relay.port)]
        workers = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        scene = Scene(deployment, inbox, workers)
        listening = Thread(target=_listen, args=(scene,), daemon=True)
        listening.start()
        yield scene
        assert workers.stdin
        workers.stdin.close()
        workers.wait(timeout=30)
        listening.join()
        assert workers.stdout
        workers.stdout.close()
    database.close()


def _listen(scene: Scene) -> None:
    assert scene.workers.stdout
    for line in scene.workers.stdout:
        scene.said.put(line.strip())


def add_leaders(deployment: Deployment, published: str, number: int) -> dict[str, bool]:
    """Leaders with an address each; whether now is in their hours. Every fifth is not at work."""
    seal = deployment.database.vault.seal
    now = clock.now().astimezone(LONDON)
    at_work = f"Mon-Sun {now - timedelta(hours=3):%H}:00-{now + timedelta(hours=8):%H}:00"
    asleep = f"Mon-Sun {now + timedelta(hours=2):%H}:00-{now + timedelta(hours=10):%H}:00"
    first = ""
    found = {}
    for each in range(number):
        leader_id, is_at_work = uuid4().hex, each % 5 > 0
        chosen = LeaderSettings(
            time_zone="Europe/London", nation="none", hours=at_work if is_at_work else asleep
        )
        address = f"leader-{each}@trust.example"
        found[address] = is_at_work
        with deployment.database.transaction() as session:
            long_ago = clock.now() - timedelta(days=90)
            session.add(
                Leader(
                    id=leader_id,
                    identity=leader_id,
                    joined_at=long_ago,
                    settings=seal(chosen.to_json()),
                    mode="observe",
                    mode_since=long_ago,
                )
            )
            session.flush()
            later = clock.now() + timedelta(days=30)
            due = clock.now() - timedelta(minutes=1)
            session.add(Mailbox(leader_id=leader_id, poll_at=later, plan_at=later, week_at=due))
            session.add(
                Postbox(identity=leader_id, goes_to=seal(address), digest=True, acting=False)
            )
        if not first:
            first = connect_feed(deployment, leader_id, published).id
            with deployment.database.transaction() as session:
                session.execute(update(Mailbox).values(dirty_at=None))
        else:
            _copy_connection(deployment, first, leader_id)
    return found


def _copy_connection(deployment: Deployment, first: str, leader_id: str) -> None:
    with deployment.database.transaction() as session:
        one = session.get_one(Connection, first)
        names = [each.name for each in one.__table__.columns]
        names = [each for each in names if each not in ("id", "leader_id")]
        values = {each: getattr(one, each) for each in names}
        session.add(Connection(id=uuid4().hex, leader_id=leader_id, **values))


def run(scene: Scene, published: str, number: int, kills: int) -> None:
    seed = random.SystemRandom().randrange(10**6)
    chance = random.Random(seed)
    print(f"\nleaders: {number}, kills: {kills}, seed: {seed}")  # noqa: T201 # to do it again
    leaders = add_leaders(scene.deployment, published, number)
    at_work = sum(leaders.values())
    began = time.monotonic()
    killed, end = 0, began + _PATIENCE + number
    while scene.left() and time.monotonic() < end:
        scene.settle()
        while len(scene.running) < 2:
            scene.start()
        goal = at_work * (killed + 1) // (kills + 1)
        if killed < kills and len(scene.inbox.letters) >= goal:
            time.sleep(chance.uniform(0, 0.2))
            scene.kill(chance)
            killed += 1
        time.sleep(0.02)
    seconds = time.monotonic() - began
    got = Counter(envelope.rcpt_tos[0] for envelope, _ in scene.inbox.letters)
    ids = {
        address: {m["Message-ID"] for e, m in scene.inbox.letters if e.rcpt_tos == [address]}
        for address in (leaders if number <= LEADERS else list(leaders)[:LEADERS])
    }
    copies = sum(got.values()) - len(got)
    _tell_rate(len(scene.inbox.letters) / seconds, copies, killed)
    assert killed == kills
    assert set(got) == {address for address, is_at_work in leaders.items() if is_at_work}
    assert all(len(each) == leaders[address] for address, each in ids.items())
    assert len({m["Message-ID"] for _, m in scene.inbox.letters}) == at_work
    assert copies <= kills
    assert not any(b"Marker" in (envelope.content or b"") for envelope, _ in scene.inbox.letters)
    with scene.deployment.database.transaction() as session:
        states = Counter(session.scalars(select(Mailing.state)))
    assert states == {"sent": at_work}


def _tell_rate(sent: float, copies: int, killed: int) -> None:
    """Against rendering alone, in the same run."""
    diary, policy = diary_of(WEEKS["usual"])
    began = time.monotonic()
    for _ in range(20):
        found = preview(diary, policy, FIRST)
        assert found is not None
        render(found, ADDRESSES)
    rendered = 20 / (time.monotonic() - began)
    print(  # noqa: T201 # the figure that is asked for
        f"sent {sent:.1f} a second with two workers, {killed} killed, {copies} copies; "
        f"rendered alone {rendered:.1f} a second with one"
    )


@on_sqlite
def test_two_hundred_leaders_get_one_mail_each(scene: Scene, published: str) -> None:
    run(scene, published, LEADERS, KILLS)


@pytest.mark.soak
def test_ten_thousand_leaders_get_one_mail_each(scene: Scene, published: str) -> None:
    run(scene, published, SOAK_LEADERS, SOAK_KILLS)
