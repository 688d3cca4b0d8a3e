"""Calendars that real programs wrote: an answer or a sentence, never a traceback, never silence."""

import os
from pathlib import Path

import pytest

from tests.cli.conftest import NOW, Run

SHARED = Path(os.environ.get("CLEARWAY_SHARED", Path(__file__).resolve().parents[3] / "shared"))
FILES = sorted((SHARED / "corpus" / "ics").rglob("*.ics"))
SOAK = os.environ.get("CLEARWAY_SOAK", "") not in {"", "0"}
SAMPLE = FILES if SOAK else FILES[::9]

pytestmark = pytest.mark.skipif(not FILES, reason="the corpus of third-party calendars is not here")


@pytest.mark.parametrize("path", SAMPLE, ids=lambda path: path.name)
@pytest.mark.parametrize("command", ["diary", "check"])
def test_every_file_gives_an_answer_or_a_sentence(clearway: Run, path: Path, command: str):
    ran = clearway(command, path, *NOW, "--from", "2019-01-01", "--to", "2019-12-31", "--json")
    assert ran.status in (0, 1, 2)
    assert "Traceback" not in ran.err
    assert "did not expect" not in ran.err
    if ran.status == 2:
        assert ran.bytes == b""
        assert ran.err.count("\n") == 1
    elif command == "diary" and not ran.json:
        assert ran.err
