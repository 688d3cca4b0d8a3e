"""A service that remembers: one leader with a calendar, and everybody who might ask about it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from secrets import token_urlsafe
from uuid import uuid4

import pytest
from sqlalchemy import update
from starlette.testclient import TestClient

from app.deployment import Deployment
from app.life import applying, locks, undoing
from app.life.making import Outcome
from app.main import create_app
from app.people import delegates, leaders
from app.people.delegates import Delegation
from app.people.identity import sign_in_id
from app.people.sign_in import LASTS
from app.storage import connections, people
from app.storage.tables import Mailbox, SignIn
from rules.event import Kind
from rules.interval import Interval
from tests.life.conftest import _hurry
from tests.life.people import PROTECTED, create, row_at, write
from tests.life.worlds import EVENTS, Calendar, World, connect_worlds

LABEL = "Zebedee-label"


@dataclass
class House:
    """A running service, and the leader whom most requests are about."""

    world: World
    client: TestClient
    called: list[str] = field(default_factory=list)

    @property
    def deployment(self) -> Deployment:
        return self.world.deployment

    def leader(self) -> dict[str, str]:
        """The headers of the leader."""
        return signed_in(self.deployment, self.world.leader_id)

    def somebody(self, *, joined: bool = False) -> dict[str, str]:
        """The headers of somebody else."""
        identity = uuid4().hex
        if joined:
            leaders.join(self.deployment, identity)
        return signed_in(self.deployment, identity)

    def delegate(self, days: int = 30) -> tuple[dict[str, str], Delegation]:
        """The headers of a new delegate, and the grant."""
        identity = uuid4().hex
        offered = delegates.invite(self.deployment, self.world.leader_id, LABEL, days)
        grant = delegates.accept(self.deployment, identity, offered.token)
        return signed_in(self.deployment, identity), grant

    def work(self, plan_id: str) -> Outcome:
        """What a worker does."""
        lease = self.world.lease()
        outcome = applying.apply(self.deployment, lease, plan_id)
        if outcome.state == "undoing":
            outcome = undoing.undo(self.deployment, lease, plan_id)
        return outcome

    def hold_id(self, when: Interval = PROTECTED) -> str:
        """A hold that Clearway wrote; its worker is gone again."""
        write(self.world, create(Kind.PROTECTED, when))
        self.leave_alone()
        return row_at(self.world, when).id

    def leave_alone(self) -> None:
        """No worker is at the diary."""
        with self.world.database.transaction() as session:
            mine = Mailbox.leader_id == self.world.leader_id
            session.execute(update(Mailbox).where(mine).values(leased_until=None, holder=None))

    def lock_id(self) -> str:
        """A lock of a meeting."""
        there = self.world.calendar._events["board"]
        return locks.lock(self.deployment, self.world.leader_id, there).id


def signed_in(deployment: Deployment, identity: str) -> dict[str, str]:
    """The headers of a program that signed in as somebody."""
    token = token_urlsafe(32)
    row = SignIn(
        id=sign_in_id(deployment, token),
        identity=identity,
        claims=deployment.database.vault.seal({}),
        issued_at=deployment.now(),
        # the tests turn the clock
        expires_at=deployment.now() + 1000 * LASTS,
    )
    with deployment.database.transaction() as session:
        people.add_sign_in(session, row)
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture
def new_house(database, monkeypatch) -> Iterator[Callable[..., House]]:
    """Another leader each time, all in one database and one service."""
    _hurry(database)
    worlds: list[World] = []
    clients: list[TestClient] = []

    def make(events=EVENTS) -> House:
        world = World(database, Calendar(events))
        with database.transaction() as session:
            kept = {"url": "http://127.0.0.1:9/", "user": "leader", "password": "Zebedee-password"}
            connections.change(session, world.connection_id, credentials=world.seal(kept))
        worlds.append(world)
        connect_worlds(monkeypatch, *worlds)
        called: list[str] = []
        client = TestClient(create_app(deployment=world.deployment, put=called.append))
        client.__enter__()
        clients.append(client)
        return House(world, client, called)

    yield make
    for each in clients:
        each.__exit__(None, None, None)


@pytest.fixture
def house(new_house) -> House:
    """One leader with the usual events."""
    return new_house()


def problem(answer, status: int, name: str) -> str:
    """An answer has to be this problem; what it says."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body["type"] == f"/problems#{name}", body
    assert body["status"] == status
    detail: str = body["detail"]
    assert detail.endswith((".", "?")) and len(detail.split()) <= 25
    return detail
