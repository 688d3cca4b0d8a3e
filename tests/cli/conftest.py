import io
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from app import cli


@dataclass(frozen=True)
class Ran:
    """What a command gave: its exit status, what it wrote, and what it said on standard error."""

    status: int
    bytes: bytes
    err: str

    @property
    def out(self) -> str:
        return self.bytes.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.bytes)


Run = Callable[..., Ran]


@pytest.fixture
def clearway(monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]) -> Run:
    """Run a command in this process, as if in a terminal of 80 columns without colour."""
    monkeypatch.setenv("COLUMNS", "80")

    def run(*arguments: object, stdin: bytes = b"") -> Ran:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        status = cli.run([str(each) for each in arguments])
        written = capsysbinary.readouterr()
        return Ran(status, written.out, written.err.decode())

    return run


def calendar(*events: Sequence[str], zone: str = "Europe/London", newline: str = "\r\n") -> bytes:
    """A calendar file of events, each a list of content lines."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Somebody//EN", f"X-WR-TIMEZONE:{zone}"]
    for number, event in enumerate(events, start=1):
        lines += ["BEGIN:VEVENT", f"UID:{number}@trust.example", "DTSTAMP:20261101T090000Z"]
        lines += [*event, "END:VEVENT"]
    return newline.join([*lines, "END:VCALENDAR", ""]).encode()


def meeting(start: str, end: str, *more: str, mine: bool = False, people: int = 2) -> list[str]:
    """A meeting on times such as `20261123T090000Z`, with a title that must not travel."""
    organizer = "leader" if mine else "chair"
    return [
        f"DTSTART:{start}",
        f"DTEND:{end}",
        "SUMMARY:Marker-Title",
        "LOCATION:Marker-Place",
        f"ORGANIZER:mailto:{organizer}@trust.example",
        "ATTENDEE:mailto:leader@trust.example",
        *(f"ATTENDEE;CN=Marker-Name:mailto:p{each}@trust.example" for each in range(people)),
        *more,
    ]


BUSY_MONDAY = (
    meeting("20261123T090000Z", "20261123T100000Z", mine=True),
    meeting("20261123T100000Z", "20261123T110000Z"),
    meeting("20261123T110000Z", "20261123T113000Z", mine=True),
    meeting("20261123T150000Z", "20261123T160000Z", "CLASS:PRIVATE"),
)
MONDAY = ("--me", "leader@trust.example", "--from", "2026-11-23", "--to", "2026-11-24")
NOW = ("--now", "2026-11-19T09:00:00Z")


@pytest.fixture
def diary(tmp_path):
    """A file with one busy Monday."""
    path = tmp_path / "diary.ics"
    path.write_bytes(calendar(*BUSY_MONDAY))
    return path


QUIET_POLICY = """
protected_severity = "off"
pods_severity = "off"
"""
