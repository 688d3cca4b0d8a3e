"""Letters that Clearway mails itself: what the limits count, and what a plan says of them.

A leader's meeting lies on Radicale, which tells nobody, and a real relay takes the letters.
"""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest

from app.connecting import opening
from app.deployment import Deployment
from app.life import applying, diaries, reports, undoing
from app.life.reasons import Reason
from app.life.reports import Fate
from app.life.states import PlanState
from app.storage.backup import back_up, restore
from app.storage.tables import Disturbance
from rules.change import Agreement, Change, ChangeKind
from tests.contract.stage import Planted
from tests.life.test_kill import connect, put
from tests.life.victim import settings
from tests.life.worlds import NOW, World, at, say
from tests.servers.fixtures import CalDavServer
from tests.servers.mail import Inbox, receiving

A, B, NO = "a@trust.example", "b@trust.example", "no@trust.example"
MOVED = at(24, "15:00")


class Greylisting(Inbox):
    """Turns somebody's first letters away, so many of them."""

    def __init__(self) -> None:
        super().__init__()
        self.left: dict[str, int] = {}

    async def handle_RCPT(self, server, session, envelope, address, options) -> str:  # noqa: N802 # aiosmtpd calls it so
        if self.left.get(address, 0):
            self.left[address] -= 1
            return "451 try again later"
        return await super().handle_RCPT(server, session, envelope, address, options)


@dataclass
class Scene:
    """A leader with one meeting, and a plan that moves it."""

    world: World
    inbox: Greylisting
    path: str
    server: CalDavServer
    plan_id: str = ""

    def accept(self, *people: str) -> None:
        """Put the meeting, and say yes to moving it."""
        when = at(24, "10:00")
        with self.server.client() as client:
            put(client, self.path, "board", Planted(when.start, when.end, people=people))
        connect(self.world, self.server.url + self.path)
        known = self._known()
        told = known.other_people
        kind, free = ChangeKind.EVENT_MOVE, Agreement.FREE
        change = Change(
            kind, known.span, MOVED, known.id, None, known.version, told, len(people), free
        )
        self.plan_id = self.world.accepted([change])

    def _known(self):
        person = diaries.person_of(self.world.deployment, self.world.leader_id)
        window = (at(23, "09:00").start.date(), at(28, "09:00").start.date())
        with diaries.opened(self.world.deployment, person, *window) as diary:
            (known,) = diary.events.values()
        return known

    def apply(self):
        """One job."""
        return applying.apply(self.world.deployment, self.world.lease(), self.plan_id)

    def told(self) -> list[str]:
        """To whom the relay took a letter, once for each."""
        return sorted(to for envelope, _ in self.inbox.letters for to in envelope.rcpt_tos)

    def fate(self) -> Fate:
        """What the plan says of its one change."""
        found = reports.report(self.world.deployment, self.world.leader_id, self.plan_id)
        assert found.mails_not_unsent == len(self.told())
        return found.fates[0]


@pytest.fixture
def scene(new_world, monkeypatch, radicale) -> Iterator[Scene]:
    """A leader with a calendar on Radicale, and a relay that can be told whom to keep waiting."""
    opened = opening.connected
    world = new_world()
    monkeypatch.setattr(diaries, "connected", opened)
    inbox = Greylisting()
    with receiving(inbox) as relay:
        database = world.database
        world.deployment = Deployment(
            settings(relay.port), database, database.fingerprints(), lambda: NOW
        )
        yield Scene(world, inbox, radicale.new_calendar(), radicale)


def test_who_waits_is_told_later_and_nobody_is_told_again(scene):
    scene.accept(A, B)
    scene.inbox.left[B] = 2
    for tries in range(1, 3):
        assert scene.apply().state is PlanState.APPLYING
        assert scene.told() == [A], f"after {tries}"
        assert scene.world.counted() == 1, "what a failed try mailed counts"
    assert scene.apply().state is PlanState.APPLIED
    assert scene.told() == [A, B] and scene.world.counted() == 2
    assert scene.fate().sentence == ""


def test_one_who_cannot_be_told_is_said(scene):
    scene.accept(A, NO)
    assert scene.apply().state is PlanState.APPLIED
    assert scene.told() == [A] and scene.world.counted() == 1
    assert scene.fate().sentence == "1 mail about it may not have arrived."
    undoing.ask_undo(scene.world.deployment, scene.world.leader_id, scene.plan_id)
    undoing.undo(scene.world.deployment, scene.world.lease(), scene.plan_id)
    assert scene.told() == [A, A] and scene.world.counted() == 2


def test_a_meeting_that_was_put_back_was_told_to_nobody(scene):
    scene.accept(NO)
    found = scene.apply()
    assert (found.state, found.reason) == (PlanState.STALE, Reason.NOT_POSSIBLE)
    assert say(scene._known().span) == say(at(24, "10:00"))
    assert scene.world.counted() == 0 and scene.fate().untold == 0


def test_who_never_could_be_told_is_said_when_trying_ends(scene):
    scene.accept(A, B)
    scene.inbox.left[B] = 99
    while scene.apply().again_after is not None:
        assert scene.told() == [A]
    assert scene.told() == [A] and say(scene._known().span) == say(MOVED)
    assert scene.fate().sentence == "1 mail about it may not have arrived."


def test_no_address_is_in_the_ledger(scene):
    scene.accept(A, NO)
    scene.apply()
    with scene.world.database.transaction() as session:
        rows = session.query(Disturbance).filter_by(leader_id=scene.world.leader_id).all()
    assert len(rows) == 3
    for each in rows:
        held = " ".join(str(getattr(each, one.name)) for one in Disturbance.__table__.c)
        assert "@" not in held and "board" not in held


def test_who_is_due_a_letter_has_it_once_after_a_restore(scene) -> None:
    scene.accept(A, B)
    file = io.BytesIO()
    back_up(scene.world.database, file, NOW)
    scene.inbox.left[B] = 1
    assert scene.apply().state is PlanState.APPLYING
    assert scene.told() == [A]
    scene.world.free()
    restore(scene.world.database, file, NOW + timedelta(hours=1), replace=True)
    assert scene.apply().state is PlanState.APPLIED
    assert scene.told() == [A, B]
