"""`clearway serve --sample` as somebody starts it: a process of its own, on an empty data folder."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import icalendar

PATIENCE = 60.0
"""Seconds until something that must happen has happened, on a busy machine."""


@dataclass
class Service:
    """The service on one data folder, which can be killed and started again."""

    folder: Path
    port: int
    process: "subprocess.Popen[str]" = field(init=False)
    link: str = field(init=False)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """From the command to the link that signs in."""
        command = [sys.executable, "-c", "from app.cli import main; main()", "serve", "--sample"]
        own = {"CLEARWAY_DATA": str(self.folder), "CLEARWAY_PORT": str(self.port)}
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, text=True, env=os.environ | own
        )
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

    @contextmanager
    def silent_calendar(self) -> Iterator[None]:
        """The calendar server answers nobody for as long as the block lasts."""
        server = next(each for each in _below(self.process.pid) if "radicale" in _command(each))
        os.kill(server, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(server, signal.SIGCONT)


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
