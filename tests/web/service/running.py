"""`clearway serve --sample` as somebody starts it: a process of its own, on an empty data folder.

`Cluster` is the same on PostgreSQL with two workers beside it, by the commands of docs/operate.md.
"""

import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import icalendar
import psycopg

from tests.ops import page
from tests.servers.clearway import Command, start
from tests.servers.processes import free_port

PATIENCE = 60.0
"""Seconds until something that must happen has happened, on a busy machine."""


@dataclass
class Service:
    """The service on one data folder, which can be killed and started again."""

    folder: Path
    port: int
    settings: dict[str, str] = field(default_factory=dict)
    process: "subprocess.Popen[str]" = field(init=False)
    link: str = field(init=False)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """From the command to the link that signs in."""
        command = [sys.executable, "-c", "from app.cli import main; main()", "serve", "--sample"]
        own = {"CLEARWAY_DATA": str(self.folder), "CLEARWAY_PORT": str(self.port)}
        environment = page.environment(own | self.settings)
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
        assert self.process.stdout is not None
        assert self.address in self.process.stdout.readline()
        self.link = self.process.stdout.readline().split()[-1]

    def stop(self) -> None:
        """As Ctrl-C does."""
        self.process.send_signal(signal.SIGINT)
        self.process.communicate(timeout=PATIENCE)

    def kill(self) -> None:
        """As a power cut does, but for the calendar server, which ends a little later."""
        self.process.send_signal(signal.SIGKILL)
        self.process.communicate()

    def go_on(self) -> None:
        """Whoever was killed is started again."""
        self.start()

    @contextmanager
    def silent_calendar(self) -> Iterator[None]:
        """The calendar server answers nobody for as long as the block lasts."""
        server = next(each for each in _below(self.process.pid) if "radicale" in _command(each))
        os.kill(server, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(server, signal.SIGCONT)


@dataclass
class Cluster(Service):
    """The service on a PostgreSQL, which does no jobs itself, and its workers."""

    url: str = ""
    workers: list[Command] = field(default_factory=list)

    def start(self) -> None:
        """The commands of the page, one after the other, as far as the last worker's."""
        script = page.blocks("PostgreSQL and two workers") + page.blocks("To try it")
        address = "postgresql://clearway@database.trust.example/clearway"
        assert address in script
        self.folder.mkdir(exist_ok=True)
        exported = self.folder.with_suffix(".environment")
        script = script.replace(address, shlex.quote(self.url))
        subprocess.run(
            ["bash", "-euc", f"{script}\nenv -0 >{shlex.quote(str(exported))}"],
            env=page.environment({"CLEARWAY_PORT": str(self.port)}),
            stdout=subprocess.DEVNULL,
            check=True,
        )
        found = dict(each.split("=", 1) for each in exported.read_text().split("\0") if each)
        self.settings = {name: found[name] for name in found if name[:9] == "CLEARWAY_"}
        serve, *workers = page.blocks("To try it", "console").splitlines()
        assert serve == "clearway serve --sample" and len(workers) == 2
        super().start()
        self.workers = [self._worker(each) for each in workers]

    def _worker(self, line: str) -> Command:
        metrics, *command = shlex.split(line)
        assert command == ["clearway", "worker"]
        own = {metrics.partition("=")[0]: str(free_port())}
        return start("worker", page.environment(self.settings | own), self.folder)

    def kill(self) -> None:
        """Kill the worker that has a diary in hand, for good."""
        end = time.monotonic() + PATIENCE
        while (holder := self._holder()) is None:
            assert time.monotonic() < end, "no worker took the diary in hand"
            time.sleep(0.05)
        busy = next(each for each in self.workers if f"-{each.process.pid}-" in holder)
        busy.kill()
        self.workers.remove(busy)

    def _holder(self) -> str | None:
        """Who works on the only diary."""
        with psycopg.connect(self.url) as connection:
            row = connection.execute("select holder from mailbox").fetchone()
        assert row is not None
        return row[0]

    def go_on(self) -> None:
        """The other worker does, by itself."""

    def stop(self) -> None:
        """As an administrator does, everywhere."""
        for each in self.workers:
            assert each.stop() == 0
        super().stop()


def _below(pid: int) -> Iterator[int]:
    for task in Path(f"/proc/{pid}/task").iterdir():
        for each in (task / "children").read_text().split():
            yield int(each)
            yield from _below(int(each))


def _command(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ").partition("--")[0]


@dataclass(frozen=True)
class Client:
    """Another calendar program, which knows what the page told of the account."""

    url: str
    user: str
    password: str

    def events(self) -> dict[str, Any]:
        """Everything in the calendar, by address."""
        with httpx.Client(base_url=self.url, auth=(self.user, self.password), timeout=30) as asking:
            home = f"/{self.user}/diary/"
            listed = asking.request("PROPFIND", home, headers={"Depth": "1"})
            assert listed.status_code == 207, listed.status_code
            paths = [part.partition("</href>")[0] for part in listed.text.split("<href>")[1:]]
            found = {path: asking.get(path).text for path in paths if path.endswith(".ics")}
        return {path: icalendar.Calendar.from_ical(text).events[0] for path, text in found.items()}
