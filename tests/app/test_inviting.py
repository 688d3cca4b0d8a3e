"""Where a server tells nobody, people hear of a change by mail: Radicale and a real SMTP server."""

from datetime import UTC, timedelta
from ipaddress import ip_network

import pytest

from app.config import Settings, SettingsError
from app.services.inviting import inviting
from app.services.live import Viewer, caldav
from app.services.read import calendar_limits
from connectors.base import Ability
from connectors.errors import NotPossible, Unreachable
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
COUNTER = Invitation(Method.COUNTER, ME, ("no@trust.example",), b"BEGIN:VCALENDAR")


def settings(**more: object) -> Settings:
    return Settings(smtp_host="127.0.0.1", smtp_security="none", **more)  # type: ignore[arg-type]  # by name


def test_moving_a_meeting_mails_the_new_time_to_everybody(radicale: CalDavServer) -> None:
    path = radicale.new_calendar()
    with radicale.client() as client:
        client.put(f"{path}m.ics", content=calendar(vevents("m", meeting(people=PEOPLE))))
    inbox = Inbox()
    with receiving(inbox) as relay:
        chosen = settings(
            smtp_port=relay.port,
            caldav_user="leader",
            caldav_password=PASSWORD,
            private_networks=LOOPBACK,
        )
        viewer = Viewer((ME,), LONDON, Policy(), calendar_limits(chosen))
        diary: object = caldav(f"{radicale.url}{path}", chosen).open(viewer)
        _move(diary)
    told = sorted(recipient for envelope, _ in inbox.letters for recipient in envelope.rcpt_tos)
    assert told == list(PEOPLE)
    for _, message in inbox.letters:
        assert SECRET not in message["Subject"]
        (part,) = [
            each for each in message.iter_parts() if each.get_content_subtype() == "calendar"
        ]
        text = part.get_content()
        assert "METHOD:REQUEST" in text and "DTSTART" in text and "T130000" in text


def _move(diary: object) -> None:
    assert Ability.MEETINGS in diary.abilities  # type: ignore[attr-defined]  # its abilities say it
    (one,) = diary.read(WEEK).occurrences  # type: ignore[attr-defined]  # a LiveDiary
    start = (NINE + 4 * HOUR).astimezone(UTC)
    change = Change(
        ChangeKind.EVENT_MOVE,
        one.span,
        Interval(start, start + timedelta(hours=1)),
        event_id=one.id,
        version=one.version,
    )
    assert diary.mails(change) == len(PEOPLE)  # type: ignore[attr-defined]  # its abilities say it
    diary.make(change, key="plan-1/0", stamp=STAMP)  # type: ignore[attr-defined]  # its abilities say it
    diary.close()  # type: ignore[attr-defined]  # a LiveDiary


def test_without_a_relay_nobody_is_mailed() -> None:
    assert inviting(Settings()) is None


def test_what_the_relay_refuses_is_not_possible_and_silence_is_unreachable() -> None:
    with receiving(Inbox()) as relay:
        send = inviting(settings(smtp_port=relay.port))
        assert send is not None
        with pytest.raises(NotPossible):
            send(COUNTER)
    with pytest.raises(Unreachable):
        send(COUNTER)


def test_mail_leaves_the_machine_encrypted() -> None:
    with pytest.raises(SettingsError, match="CLEARWAY_SMTP_SECURITY"):
        Settings(smtp_host="mail.trust.example", smtp_security="none")
