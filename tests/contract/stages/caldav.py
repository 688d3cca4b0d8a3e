"""Real CalDAV servers, on which other people act by programs of their own."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC
from ipaddress import ip_network
from itertools import count
from urllib.parse import quote

import httpx

from connectors.caldav import Password, connect
from connectors.icalendar import Options
from connectors.icalendar.itip import Invitation
from rules.interval import Interval
from tests.contract.stage import LONDON, ME, Planted
from tests.contract.stages.text import calendar, vevents
from tests.servers.fixtures import PASSWORD, PEOPLE, XML, CalDavServer

LOOPBACK = (ip_network("127.0.0.0/8"),)
ICS = {"Content-Type": "text/calendar; charset=utf-8"}
_numbers = count(1)


class Outbox:
    """A mailer that keeps what it is given, each message once."""

    def __init__(self, sent: list[Invitation]) -> None:
        self.sent = sent
        self.begun: list[str] = []

    def begin(self, key: str, recipients: Sequence[str]) -> None:
        """Remember that the change is ours."""
        self.begun.append(key)

    def is_begun(self, key: str) -> bool:
        """Whether it is."""
        return key in self.begun

    def send(self, invitation: Invitation) -> None:
        """Keep it, unless it is there."""
        if invitation.key not in (each.key for each in self.sent if each.key):
            self.sent.append(invitation)


class CalDavStage:
    """A new calendar on a running server; what is mailed by us ends in a list."""

    def __init__(self, server: CalDavServer, later: Callable[[Callable[[], None]], None]) -> None:
        self.name = server.name
        self.server = server
        self.path = server.new_calendar()
        self.sent: list[Invitation] = []
        self.client = server.client()
        later(self.client.close)
        self.diary = connect(
            server.url + self.path,
            Password("leader", PASSWORD),
            Options(me=[ME], zone=LONDON),
            mailer=Outbox(self.sent),
            private=LOOPBACK,
            features=FEATURES[server.name],
            transport=httpx.HTTPTransport(verify=False),  # no TLS here, and loading roots is slow
        )
        later(self.diary.close)

    def plant(self, event: Planted) -> str:
        """Put a resource of its own."""
        uid = f"planted-{next(_numbers)}@trust.example"
        self._put(uid, calendar(vevents(uid, event)))
        return uid

    def retime(self, event_id: str, when: Interval) -> None:
        """Rewrite the times in its resource."""
        start, end = (
            f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}" for moment in (when.start, when.end)
        )
        text = self._get(event_id)
        zones, event = text[: text.index("BEGIN:VEVENT")], text[text.index("BEGIN:VEVENT") :]
        event = re.sub(r"DTSTART.*?\r\n", f"DTSTART:{start}\r\n", event)
        event = re.sub(r"DTEND.*?\r\n", f"DTEND:{end}\r\n", event)
        self._put(event_id, (zones + event).encode())

    def remove(self, event_id: str) -> None:
        """Delete its resource."""
        assert self.client.delete(self._url(event_id)).status_code in (200, 204)

    def mailed(self) -> int:
        """What we sent, and what the server put into other people's inboxes."""
        ours = sum(len(one.recipients) for one in self.sent)
        return ours + sum(self._inbox(user) for user in PEOPLE if user != "leader")

    def _inbox(self, user: str) -> int:
        if self.name == "radicale":
            return 0
        with self.server.client(user) as client:
            found = client.request(
                "PROPFIND",
                f"/{user}/inbox/",
                headers={**XML, "Depth": "1"},
                content='<D:propfind xmlns:D="DAV:"><D:prop><D:getetag/></D:prop></D:propfind>',
            )
        return len(re.findall(r"href>[^<]*\.ics<", found.text))

    def _get(self, uid: str) -> str:
        answer = self.client.get(self._url(uid))
        assert answer.status_code == 200
        return answer.content.decode()

    def _put(self, uid: str, text: bytes) -> None:
        answer = self.client.put(self._url(uid), content=text, headers=ICS)
        assert answer.status_code in (201, 204), answer.status_code

    def _url(self, uid: str) -> str:
        return f"{self.path}{quote(uid, safe='')}.ics"


FEATURES: dict[str, str | Mapping[str, object]] = {
    "radicale": "radicale",
    # its outbox answers for the account that asks and for nobody else
    "xandikos": {"base": "xandikos", "scheduling.freebusy-query": {"support": "unsupported"}},
}
