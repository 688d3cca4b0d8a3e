"""The service in this process, with a real calendar server and a real OpenID provider."""

import gzip
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from app import clock, sample
from app.config import Settings
from app.deployment import DATABASE, Deployment, open_deployment
from app.jobs import attending
from app.main import create_app
from app.web import styles
from tests.servers.fixtures import KEYS, PASSWORD, CalDavServer
from tests.servers.openid import CLIENT, SECRET, OpenIdServer
from tests.web.eyes import look
from tests.web.lint import Page, problems

SITE = "https://clearway.example"
TITLE = "MarkerTitle"
LARGEST = 100_000
"""Bytes over the wire of any page, to a browser that has nothing yet."""
_FIRST_TIME = sum(len(gzip.compress(each().encode())) for each in (styles.stylesheets, styles.icon))


@dataclass
class Clock:
    """A clock that stands until it is set."""

    at: datetime = field(default_factory=clock.now)

    def __call__(self) -> datetime:
        return self.at

    def pass_by(self, **time: float) -> None:
        """Let some time go by."""
        self.at += timedelta(**time)


def _monday() -> datetime:
    first, _ = sample.week(clock.now())
    return datetime(first.year, first.month, first.day, 9, tzinfo=UTC)


@pytest.fixture
def clock_hand() -> Clock:
    """The clock of the service, which begins with the real one: the provider goes by that."""
    return Clock()


@pytest.fixture
def settings(tmp_path: Path, openid: OpenIdServer, sqlite_mold: Path) -> Settings:
    """An installation whose people sign in at the provider."""
    folder = tmp_path / "data"
    folder.mkdir()
    shutil.copy(sqlite_mold, folder / DATABASE)
    return Settings(
        data=str(folder),
        keys=KEYS,
        public_url=SITE,
        private_networks=(ip_network("127.0.0.0/8"),),
        oidc_issuer=openid.issuer,
        oidc_client_id=CLIENT,
        oidc_client_secret=SECRET,
    )


@pytest.fixture
def deployment(settings: Settings, clock_hand: Clock) -> Iterator[Deployment]:
    """The installation on an empty data folder."""
    opened = open_deployment(settings, clock_hand)
    yield opened
    opened.close()


@dataclass
class Browser:
    """Somebody's browser, which follows where it is sent; every page is looked at."""

    client: TestClient
    openid: OpenIdServer

    def sign_in(self, user: str) -> None:
        """At the provider, and back."""
        self.openid.act_as(user)
        left = self.client.get("/you/sign-in/go?to=/you", follow_redirects=False)
        assert left.status_code == 303, left.text
        back = self.openid.visit(left.headers["location"])
        assert self.client.get("/you/sign-in/back", params=back).status_code == 200

    def see(self, path: str, status: int = 200) -> str:
        """A page, well made and kept by nobody."""
        answer = self.client.get(path)
        return _looked_at(answer, status)

    def send(self, path: str, status: int = 200, **form: str | list[str]) -> str:
        """What comes of a form."""
        parts = [
            (name, (None, each))
            for name, value in form.items()
            for each in ([value] if isinstance(value, str) else value)
        ]
        answer = self.client.post(path, files=parts or [("nothing", (None, ""))])
        return _looked_at(answer, status)


def act_for(leader: Browser, delegate: Browser, name: str = "Ward 4") -> str:
    """The leader invites somebody, who accepts: the address of the diary as the delegate has it."""
    html = leader.send("/you/mine/delegates", label="PA", days="30")
    link = re.search(f"{SITE}(/you/invitation/[\\w-]+)", html)
    assert link
    home = re.search("/you/[0-9a-f]{32}", delegate.send(link[1], name=name))
    assert home
    return home[0]


def _looked_at(answer, status: int) -> str:
    assert answer.status_code == status, answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert TITLE not in answer.text
    assert len(gzip.compress(answer.content)) + _FIRST_TIME < LARGEST
    shown = re.sub("<dd>.*?</dd>", "<dd></dd>", answer.text, flags=re.DOTALL)
    # what is held is shown as it is held: those are no sentences
    assert problems(Page(shown)) == []
    assert look(answer.text) == []
    return str(answer.text)


@pytest.fixture
def new_browser(deployment: Deployment, openid: OpenIdServer) -> Iterator[Callable[..., Browser]]:
    """Another browser each time; whatever is due is done at once."""

    def attend(leader_id: str) -> None:
        attending.attend(deployment, "test", leader_id)

    app = create_app(deployment=deployment, put=attend)
    opened: list[TestClient] = []

    def make(user: str = "") -> Browser:
        headers = {"sec-fetch-site": "same-origin"}
        opened.append(TestClient(app, base_url=SITE, headers=headers))
        made = Browser(opened[-1], openid)
        if user:
            made.sign_in(user)
        return made

    with TestClient(app):
        yield make
    for each in opened:
        each.close()


@dataclass(frozen=True)
class Account:
    """A calendar of its own on the real server."""

    server: CalDavServer
    path: str

    @property
    def form(self) -> dict[str, str]:
        """What connects it."""
        return {"url": self.server.url + self.path, "user": "leader", "password": PASSWORD}

    def put(self, name: str, start: datetime, minutes: int, *more: str) -> None:
        """An event, as another program writes it."""
        end = start + timedelta(minutes=minutes)
        lines = [
            *("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//x//y//EN", "BEGIN:VEVENT"),
            *(f"UID:{name}", f"SUMMARY:{TITLE} {name}", "DTSTAMP:20261101T000000Z"),
            *(f"DTSTART:{start:%Y%m%dT%H%M%SZ}", f"DTEND:{end:%Y%m%dT%H%M%SZ}", *more),
            *("END:VEVENT", "END:VCALENDAR", ""),
        ]
        with self.server.client() as client:
            put = client.put(f"{self.path}{name}.ics", content="\r\n".join(lines))
        assert put.status_code == 201, put.status_code

    def drag(self, path: str) -> None:
        """Move an event to the next day, as another program does."""

        def later(found: re.Match[str]) -> str:
            day = datetime.strptime(found[2], "%Y%m%d").replace(tzinfo=UTC) + timedelta(days=1)
            return f"{found[1]}{day:%Y%m%d}T"

        with self.server.client() as client:
            text = client.get(path).text
            moved, count = re.subn(r"(DT(?:START|END)[^:\n]*:)(\d{8})T", later, text)
            assert count >= 2
            assert client.put(path, content=moved.encode()).status_code in (201, 204)

    def names(self) -> set[str]:
        """The resources in it."""
        with self.server.client() as client:
            listed = client.request("PROPFIND", self.path, headers={"Depth": "1"})
        return {part.partition("</href>")[0] for part in listed.text.split("<href>")[1:]}


@pytest.fixture
def account(radicale: CalDavServer) -> Account:
    """A calendar with three meetings on the coming Monday, one of them private."""
    made = Account(radicale, radicale.new_calendar())
    monday = _monday()
    made.put("one", monday, 60, "ATTENDEE:mailto:a@trust.example")
    made.put("two", monday + timedelta(hours=1), 60, "ATTENDEE:mailto:a@trust.example")
    made.put("three", monday + timedelta(hours=5), 30, "CLASS:PRIVATE")
    return made
