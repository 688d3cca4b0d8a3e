"""The servers as fixtures of a whole session: `radicale`, `xandikos`, `openid` and
`postgresql`.

`database` is a new and migrated database, once on SQLite and once on PostgreSQL.
"""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import httpx
import pytest

from app.storage.database import Database, open_database
from app.storage.migrations import migrate
from app.storage.vault import Vault, new_key
from tests.fakes.serving import Served
from tests.servers.openid import OpenIdServer, running_openid
from tests.servers.postgresql import Postgresql, missing_postgresql, running_postgresql
from tests.servers.processes import Running, free_port, missing
from tests.servers.proxy import signing_in

PASSWORD = "secret"
DAV = "DAV:"
CALDAV = "urn:ietf:params:xml:ns:caldav"


@dataclass(frozen=True)
class CalDavServer:
    """A running server: where it is, and how to act as one of its users."""

    name: str
    url: str
    home: str
    """The path of a user's calendars, with `{user}` in it."""

    def client(self, user: str = "leader") -> httpx.Client:
        """Plain HTTP as this user, for what other programs do. To be closed by the caller."""
        return httpx.Client(base_url=self.url, auth=(user, PASSWORD), timeout=30, verify=False)

    def new_calendar(self, user: str = "leader", name: str = "") -> str:
        """The path of a new and empty calendar."""
        path = f"{self.home.format(user=user)}{name or f'calendar-{next(_numbers)}'}/"
        with self.client(user) as client:
            answer = client.request("MKCALENDAR", path)
        assert answer.status_code == 201, answer.status_code
        return path

    def property(self, path: str, body: str, user: str = "leader") -> None:
        """Set properties of a resource; `body` is what stands inside DAV:prop."""
        content = (
            f'<D:propertyupdate xmlns:D="{DAV}" xmlns:C="{CALDAV}">'
            f"<D:set><D:prop>{body}</D:prop></D:set></D:propertyupdate>"
        )
        with self.client(user) as client:
            answer = client.request("PROPPATCH", path, content=content, headers=XML)
        assert answer.status_code == 207, answer.status_code


on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""For tests of what is decided: that both databases keep it alike is for others."""
on_postgresql = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
"""For several processes, and a database that can go away by itself."""
XML = {"Content-Type": "application/xml; charset=utf-8"}
_numbers = count(1)


@pytest.fixture(scope="session")
def radicale(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CalDavServer]:
    """Radicale with the users leader and assistant; it has no scheduling."""
    if reason := missing("radicale"):
        pytest.skip(reason)
    folder = tmp_path_factory.mktemp("radicale")
    port = free_port()
    config = _radicale_config(folder, port)
    with Running(["radicale", "--config", str(config)], port, folder):
        yield CalDavServer("radicale", f"http://127.0.0.1:{port}", "/{user}/")


@pytest.fixture(scope="session")
def openid(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenIdServer]:
    """An OpenID provider; whoever makes it misbehave says when that is over."""
    with running_openid(tmp_path_factory.mktemp("openid")) as server:
        yield server


@pytest.fixture(scope="session")
def xandikos(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CalDavServer]:
    """Xandikos for several users, with scheduling between them, behind a proxy that signs in."""
    if reason := missing("xandikos"):
        pytest.skip(reason)
    folder = tmp_path_factory.mktemp("xandikos")
    port = free_port()
    command = ["xandikos", "multi-user", "-d", str(folder / "data"), "--defaults"]
    command += ["-l", "127.0.0.1", "-p", str(port), "--no-detect-systemd"]
    command += ["--trust-x-remote-user-from", "127.0.0.1"]
    proxy = signing_in(f"http://127.0.0.1:{port}", PASSWORD)
    with Running(command, port, folder), Served(proxy) as served:
        server = CalDavServer("xandikos", served.url, "/{user}/calendars/")
        for user, address in PEOPLE.items():
            _introduce(server, user, address)
        yield server


PEOPLE = {"leader": "leader@trust.example", "a": "a@trust.example"}
"""Who has a mailbox on Xandikos; everybody else is unknown to it."""


def _introduce(server: CalDavServer, user: str, address: str) -> None:
    with server.client(user) as client:
        client.request("PROPFIND", f"/{user}/", headers={"Depth": "0"})
    addresses = f"<D:href>mailto:{address}</D:href>"
    body = f"<C:calendar-user-address-set>{addresses}</C:calendar-user-address-set>"
    server.property(f"/{user}/", body, user)


def _radicale_config(folder: Path, port: int) -> Path:
    (folder / "users").write_text(f"leader:{PASSWORD}\nassistant:{PASSWORD}\n")
    # the assistant reads the leader's calendars and changes nothing there
    (folder / "rights").write_text(
        "[read]\nuser: assistant\ncollection: leader(/.*)?\npermissions: Rr\n"
        "[own]\nuser: .+\ncollection: {user}(/.*)?\npermissions: RWrw\n"
        "[root]\nuser: .+\ncollection:\npermissions: R\n"
    )
    config = folder / "config"
    config.write_text(
        f"[server]\nhosts = 127.0.0.1:{port}\nmax_connections = 20\ntimeout = 30\n"
        f"[auth]\ntype = htpasswd\nhtpasswd_filename = {folder / 'users'}\n"
        "htpasswd_encryption = plain\ndelay = 0\n"
        f"[rights]\ntype = from_file\nfile = {folder / 'rights'}\n"
        f"[storage]\ntype = multifilesystem\nfilesystem_folder = {folder / 'data'}\n"
        "[web]\ntype = none\n"
        "[logging]\nlevel = warning\n"
    )
    return config


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Postgresql]:
    """A PostgreSQL server for as long as the tests run."""
    if reason := missing_postgresql():
        pytest.skip(reason)
    with running_postgresql() as server:
        yield server


KEYS = new_key()
"""The keys of every `database`, since each is a copy of one."""
_VAULT = Vault([KEYS])


@pytest.fixture(scope="session")
def sqlite_mold(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with migrated tables, of which each test gets a copy: migrating takes longer."""
    mold = tmp_path_factory.mktemp("mold") / "clearway.db"
    _migrated(f"sqlite:///{mold}").close()
    return mold


@pytest.fixture(scope="session")
def postgresql_mold(postgresql: Postgresql) -> str:
    """The same on PostgreSQL: its address."""
    url = postgresql.new_database()
    _migrated(url).close()
    return url


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a new database, once of each kind; empty unless the test asks for `database`."""
    filled = "database" in request.fixturenames
    if request.param == "sqlite":
        if filled:
            shutil.copy(request.getfixturevalue("sqlite_mold"), tmp_path / "clearway.db")
        yield f"sqlite:///{tmp_path}/clearway.db"
        return
    server: Postgresql = request.getfixturevalue("postgresql")
    url = server.new_database(request.getfixturevalue("postgresql_mold") if filled else "")
    yield url
    server.drop(url)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A new database with its tables, once of each kind."""
    opened = open_database(database_url, _VAULT)
    yield opened
    opened.close()


def _migrated(url: str) -> Database:
    opened = open_database(url, _VAULT)
    migrate(opened)
    return opened
