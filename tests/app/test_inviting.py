"""Where a server tells nobody, people hear of a change by mail: Radicale and a real SMTP server."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from datetime import UTC, timedelta
from ipaddress import ip_network

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

from app.config import Settings, SettingsError
from app.services.inviting import Memory, inviting
from app.services.live import Viewer, open_caldav
from app.services.read import calendar_limits
from connectors.base import Ability, Made
from connectors.caldav import CalDavDiary, Password
from connectors.caldav.account import Resource
from connectors.caldav.store import Store
from connectors.errors import (
    ConnectorError,
    EventChanged,
    NotPossible,
    PartlyTold,
    PermissionMissing,
    Unreachable,
)
from connectors.icalendar.itip import Invitation, Method
from rules.change import Change, ChangeKind
from rules.interval import Interval
from rules.policy import Policy
from tests.contract.stage import LONDON, ME, SECRET
from tests.contract.stages.text import calendar, vevents
from tests.contract.words import HOUR, NINE, STAMP, WEEK, meeting
from tests.servers.fixtures import PASSWORD, CalDavServer
from tests.servers.mail import Inbox, receiving

LOOPBACK = (ip_network("127.0.0.0/8"),)
PEOPLE = ("a@trust.example", "b@trust.example")
NO = "no@trust.example"
COUNTER = Invitation(Method.COUNTER, ME, (NO,), b"BEGIN:VCALENDAR")


def settings(**more: object) -> Settings:
    return Settings(smtp_host="127.0.0.1", smtp_security="none", **more)  # type: ignore[arg-type]  # by name


@dataclass
class Scene:
    """A meeting on Radicale, and a relay; each `move` is another try of the same change."""

    server: CalDavServer
    path: str
    inbox: Inbox
    port: int
    ledger: Memory
    change: Change | None = None

    def move(self) -> Made:
        """Move the meeting by four hours, over a new connection."""
        chosen = settings(smtp_port=self.port, private_networks=LOOPBACK)
        viewer = Viewer((ME,), LONDON, Policy(), calendar_limits(chosen))
        url, sign_in = f"{self.server.url}{self.path}", Password("leader", PASSWORD)
        with closing(open_caldav(url, sign_in, viewer, chosen, (), ledger=self.ledger)) as diary:
            assert isinstance(diary, CalDavDiary) and Ability.MEETINGS in diary.abilities
            self.change = self.change or _moved(diary)
            return diary.make(self.change, key="plan-1/0", stamp=STAMP)

    @property
    def text(self) -> str:
        """The meeting as it is on the server."""
        with self.server.client() as client:
            return client.get(f"{self.path}m.ics").text

    def has_moved(self) -> bool:
        """Whether it is at the new time."""
        return "T130000" in self.text

    def told(self) -> list[str]:
        """To whom the relay took a letter, once for each."""
        return sorted(to for envelope, _ in self.inbox.letters for to in envelope.rcpt_tos)


def _moved(diary: CalDavDiary) -> Change:
    (one,) = diary.read(WEEK).occurrences
    start = (NINE + 4 * HOUR).astimezone(UTC)
    after = Interval(start, start + timedelta(hours=1))
    return Change(ChangeKind.EVENT_MOVE, one.span, after, event_id=one.id, version=one.version)


Scenes = Callable[..., Scene]


@pytest.fixture
def scenes(radicale: CalDavServer) -> Iterator[Scenes]:
    """Plants a meeting with these people, beside a relay that takes letters as `inbox` says."""
    with ExitStack() as stack:

        def make(people: tuple[str, ...] = PEOPLE, inbox: Inbox | None = None) -> Scene:
            path = radicale.new_calendar()
            with radicale.client() as client:
                client.put(f"{path}m.ics", content=calendar(vevents("m", meeting(people=people))))
            chosen = inbox or Inbox()
            port = stack.enter_context(receiving(chosen)).port
            return Scene(radicale, path, chosen, port, Memory())

        yield make


class Moody(Inbox):
    """Takes letters only while it is `open`."""

    def __init__(self, *, refuses: str = "451 later", only: str = "") -> None:
        super().__init__()
        self.refuses, self.only, self.open = refuses, only, False

    async def handle_RCPT(  # noqa: N802 # aiosmtpd calls it so
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if not self.open and address.startswith(self.only):
            return self.refuses
        return await super().handle_RCPT(server, session, envelope, address, options)


def test_moving_a_meeting_mails_the_new_time_to_everybody(scenes: Scenes) -> None:
    scene = scenes()
    scene.move()
    assert scene.told() == list(PEOPLE)
    for _, message in scene.inbox.letters:
        assert SECRET not in message["Subject"]
        (part,) = [
            each for each in message.iter_parts() if each.get_content_subtype() == "calendar"
        ]
        text = part.get_content()
        assert "METHOD:REQUEST" in text and "DTSTART" in text and "T130000" in text


@pytest.mark.parametrize("people", [("a@trust.example", NO), (NO, "a@trust.example")])
def test_one_whom_the_relay_refuses_keeps_nobody_else_from_being_told(
    scenes: Scenes, people: tuple[str, ...]
) -> None:
    scene = scenes(people)
    scene.move()
    assert scene.told() == ["a@trust.example"] and scene.has_moved()


def test_where_nobody_can_be_told_the_meeting_is_put_back(scenes: Scenes) -> None:
    scene = scenes((NO,))
    before = scene.text
    with pytest.raises(NotPossible):
        scene.move()
    assert not scene.has_moved() and scene.text == before


@pytest.mark.parametrize("waiting", PEOPLE)
def test_who_was_told_is_not_told_again_when_another_has_to_wait(
    scenes: Scenes, waiting: str
) -> None:
    """Greylisting: the relay takes one letter now and the other one later."""
    inbox = Moody(only=waiting)
    scene = scenes(inbox=inbox)
    for _ in range(3):
        with pytest.raises(PartlyTold):
            scene.move()
        assert scene.has_moved() and scene.told() == [each for each in PEOPLE if each != waiting]
    inbox.open = True
    for _ in range(2):
        scene.move()
        assert scene.has_moved() and scene.told() == list(PEOPLE)


@pytest.mark.parametrize("refuses", ["451 later", "421 closing"])
def test_a_busy_relay_leaves_the_meeting_where_it_was_until_later(
    scenes: Scenes, refuses: str
) -> None:
    inbox = Moody(refuses=refuses)
    scene = scenes(inbox=inbox)
    with pytest.raises(Unreachable) as busy:
        scene.move()
    assert type(busy.value) is Unreachable and not scene.has_moved() and not scene.told()
    inbox.open = True
    scene.move()
    assert scene.has_moved() and scene.told() == list(PEOPLE)


def test_where_putting_back_fails_people_are_told_by_the_next_try(
    scenes: Scenes, monkeypatch: pytest.MonkeyPatch
) -> None:
    inbox = Moody()
    scene = scenes(inbox=inbox)
    _fail_to_put_back(monkeypatch, Unreachable("The server does not answer."))
    with pytest.raises(Unreachable):
        scene.move()
    assert scene.has_moved() and not scene.told()
    inbox.open = True
    scene.move()
    assert scene.has_moved() and scene.told() == list(PEOPLE)


@pytest.mark.parametrize("trouble", [NotPossible("No."), PermissionMissing("No.")])
def test_a_meeting_that_cannot_be_put_back_is_not_taken_for_one_that_was_left_alone(
    scenes: Scenes, monkeypatch: pytest.MonkeyPatch, trouble: ConnectorError
) -> None:
    scene = scenes((NO,))
    _fail_to_put_back(monkeypatch, trouble)
    with pytest.raises(Unreachable):
        scene.move()
    scene.move()
    assert scene.has_moved() and not scene.told()


def _fail_to_put_back(monkeypatch: pytest.MonkeyPatch, trouble: ConnectorError) -> None:
    """The first write is made and the second one is not."""
    real, written = Store.replace, []

    def replace(self: Store, resource: Resource, text: bytes) -> Resource:
        written.append(text)
        if len(written) == 2:
            raise trouble
        return real(self, resource, text)

    monkeypatch.setattr(Store, "replace", replace)


@pytest.mark.parametrize("tells_etags", [True, False])
def test_what_somebody_edits_in_the_meantime_is_not_written_over(
    scenes: Scenes, monkeypatch: pytest.MonkeyPatch, tells_etags: bool
) -> None:
    """The meeting is written, somebody edits it, it is read back, and the relay refuses."""
    scene = scenes((NO,))
    real = Store.replace

    def then_edited(self: Store, resource: Resource, text: bytes) -> Resource:
        written = real(self, resource, text)
        with scene.server.client() as client:
            edited = scene.text.replace("BEGIN:VEVENT", "BEGIN:VEVENT\r\nLOCATION:Room 4")
            client.put(resource.url, content=edited.encode())
        return written if tells_etags else replace(written, etag="")

    monkeypatch.setattr(Store, "replace", then_edited)
    with pytest.raises(EventChanged):
        scene.move()
    assert "Room 4" in scene.text and scene.has_moved()


def test_a_server_that_tells_no_etag_of_a_write_is_put_back_to_all_the_same(
    scenes: Scenes, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = scenes((NO,))
    real = Store.replace

    def silent(self: Store, resource: Resource, text: bytes) -> Resource:
        return replace(real(self, resource, text), etag="")

    monkeypatch.setattr(Store, "replace", silent)
    with pytest.raises(NotPossible):
        scene.move()
    assert not scene.has_moved()


def test_a_meeting_that_somebody_else_moved_there_is_mailed_to_nobody(scenes: Scenes) -> None:
    scene = scenes()
    scene.move()
    scene.inbox.letters.clear()
    scene.ledger = Memory()
    scene.move()
    assert not scene.told()


def test_a_letter_whose_fate_is_not_known_is_not_sent_again(scenes: Scenes) -> None:
    """The relay takes the letter and falls silent before it says so."""

    class Silent(Inbox):
        async def handle_DATA(  # noqa: N802 # aiosmtpd calls it so
            self, server: SMTP, session: Session, envelope: Envelope
        ) -> str:
            await super().handle_DATA(server, session, envelope)
            assert server.transport is not None
            server.transport.close()
            return "250 OK"

    scene = scenes(inbox=Silent())
    with pytest.raises(PartlyTold):
        scene.move()
    scene.move()
    assert scene.has_moved() and scene.told() == list(PEOPLE)


def test_without_a_relay_nobody_is_mailed() -> None:
    assert inviting(Settings()) is None


def test_what_the_relay_refuses_is_not_possible_and_silence_is_unreachable() -> None:
    with receiving(Inbox()) as relay:
        mailer = inviting(settings(smtp_port=relay.port))
        assert mailer is not None
        with pytest.raises(NotPossible):
            mailer.send(COUNTER)
    with pytest.raises(Unreachable):
        mailer.send(COUNTER)


def test_mail_leaves_the_machine_encrypted() -> None:
    with pytest.raises(SettingsError, match="CLEARWAY_SMTP_SECURITY"):
        Settings(smtp_host="mail.trust.example", smtp_security="none")
