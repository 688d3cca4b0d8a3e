"""The commands about the installation: serve, openapi and doctor."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request

import pytest

from tests.cli.conftest import Run


@pytest.fixture
def free_port() -> int:
    """A port that nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def test_openapi_is_a_description_of_the_api_and_the_same_each_time(clearway: Run):
    one, two = (clearway("openapi", *more).bytes for more in ((), ("--json",)))
    assert one == two
    described = json.loads(one)
    assert described["openapi"].startswith("3.1")
    assert {"/v1/check", "/v1/plan", "/v1/apply", "/v1/undo"} <= set(described["paths"])


def test_doctor_looks_at_everything_and_says_what_to_do(
    clearway: Run, monkeypatch, free_port, tmp_path
):
    monkeypatch.setenv("CLEARWAY_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("CLEARWAY_PORT", str(free_port))
    ran = clearway("doctor", "--json")
    assert ran.status == 0
    assert all(each["good"] for each in ran.json)
    looked_at = "python packages time_zones settings public_url data_folder database clock"
    assert [each["name"] for each in ran.json] == [*looked_at.split(), "planner", "port"]
    assert "Everything Clearway needs is here." in clearway("doctor").out


def test_doctor_sees_a_port_that_is_taken_and_a_setting_that_cannot_be(
    clearway: Run, monkeypatch, tmp_path
):
    monkeypatch.setenv("CLEARWAY_DATA", str(tmp_path / "data"))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        monkeypatch.setenv("CLEARWAY_PORT", str(taken.getsockname()[1]))
        ran = clearway("doctor", "--json")
        assert ran.status == 1
        assert [each["name"] for each in ran.json if not each["good"]] == ["port"]
    monkeypatch.setenv("CLEARWAY_PORT", "many")
    bad = [each["name"] for each in clearway("doctor", "--json").json if not each["good"]]
    assert bad == ["settings", "public_url", "data_folder", "database", "clock", "port"]


def test_serve_says_where_to_look_and_how_to_sign_in_and_stops_cleanly(free_port, tmp_path):
    command = [sys.executable, "-c", "from app.cli import main; main()", "serve"]
    own = {"CLEARWAY_PORT": str(free_port), "CLEARWAY_DATA": str(tmp_path / "data")}
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | own,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        line = process.stdout.readline()
        assert re.search(rf"http://127\.0\.0\.1:{free_port}/", line)
        link = process.stdout.readline().split()[-1]
        assert re.fullmatch(rf"http://127\.0\.0\.1:{free_port}/you/link/[\w-]{{40,}}", link)
        with urllib.request.urlopen(f"http://127.0.0.1:{free_port}/", timeout=30) as answer:
            assert answer.status == 200
        process.send_signal(signal.SIGINT)
        began = time.monotonic()
        assert process.wait(timeout=30) in (0, 130)
        assert time.monotonic() - began < 20
        assert process.stdout.read() == ""
        assert process.stderr.read() == ""


def test_a_port_that_is_taken_is_one_sentence(clearway: Run):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        ran = clearway("serve", "--port", taken.getsockname()[1])
    assert (ran.status, ran.bytes, ran.err.count("\n")) == (2, b"", 1)
    assert "CLEARWAY_PORT" in ran.err
