"""Hostile input stays within 20 seconds of processor time and 600 MB, and is never cut in silence."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.connectors.hostile import CASES

CUT_SHORT = {
    "secondly",
    "secondly since the year 1",
    "minutely many",
    "secondly counted",
    "daily since the year 1",
    "weekdays that never come",
    "counted since the year 1",
    "a year of seconds",
    "until the year 9999",
    "ten years each day",
    "many series of one name",
}


@pytest.fixture(scope="module")
def told(root: Path, request: pytest.FixtureRequest) -> dict[str, str]:
    """What came of each case that was asked for."""
    items = [each for each in request.session.items if each.path == request.path]
    names = [name for name in CASES if any(each.name.endswith(f"[{name}]") for each in items)]
    command = [sys.executable, "-m", "tests.connectors.hostile", *names]
    ran = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    return dict(map(json.loads, ran.stdout.splitlines()))


@pytest.mark.parametrize("name", CASES)
def test_hostile_input_is_read_within_its_limits(told: dict[str, str], name: str) -> None:
    assert told[name]
    assert not told[name].startswith("died"), told[name]
    assert ("not shown whole" in told[name]) == (name in CUT_SHORT), told[name]
