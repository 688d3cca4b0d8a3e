"""The service as people start it: a process, a port, one line, and Ctrl-C."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import httpx2

from app.main import _listen

COMMAND = [sys.executable, "-c", "from app.cli import main; main()", "serve"]


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


@contextmanager
def _running(root: Path, home: Path, port: int, *more: str) -> Iterator[subprocess.Popen[str]]:
    environment = os.environ | {"CLEARWAY_PORT": str(port), "HOME": str(home)}
    process = subprocess.Popen(
        [*COMMAND, *more],
        cwd=root,
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def _line(stream: IO[str] | None) -> str:
    assert stream is not None
    return stream.readline()


def test_it_says_where_to_look_answers_and_stops(
    root: Path, tmp_path: Path, calendar: str, options: dict[str, Any]
) -> None:
    """Where to look and how to sign in on the way up, nothing on the way down, though a connection
    is still open."""
    port = _free_port()
    with _running(root, tmp_path, port, "--sample") as process:
        assert _line(process.stdout) == f"Clearway is at http://127.0.0.1:{port}/\n"
        assert _line(process.stdout).startswith("Sign in by this link, once: ")
        with httpx2.Client(base_url=f"http://127.0.0.1:{port}") as client:
            assert "sample" in client.get("/").text
            assert client.get("/", headers={"host": "evil.example"}).status_code == 403
            files = [("calendar", ("a.ics", calendar.encode(), "text/calendar"))]
            planned = client.post("/v1/plan", data=options, files=files, timeout=60)
            assert planned.status_code == 200
            assert "server" not in planned.headers
            chosen = options | {"plan_hash": planned.json()["plan_hash"]}
            applied = client.post("/v1/apply", data=chosen, files=files, timeout=60).json()
            back = {"calendar": applied["calendar"], "undo": applied["undo"]}
            undone = client.post("/v1/undo", json=back).json()
            assert undone["calendar"].encode() == calendar.encode()

            with socket.create_connection(("127.0.0.1", port)) as halfway:
                halfway.sendall(
                    b"POST /v1/plan HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{"
                )
                process.send_signal(signal.SIGINT)
                out, err = process.communicate(timeout=60)
        assert process.returncode == 0
        assert out == ""
        assert err == ""


def test_a_plan_under_way_does_not_keep_it_from_stopping(root: Path, tmp_path: Path) -> None:
    """A long window takes a while; Ctrl-C does not wait for it."""
    port = _free_port()
    event = (
        "BEGIN:VEVENT\r\nUID:{n}\r\nDTSTART:20260105T{h:02}0000Z\r\nDTEND:20260105T{h:02}4500Z\r\n"
        "ORGANIZER:mailto:a@t.example\r\nATTENDEE:mailto:b@t.example\r\n"
        "RRULE:FREQ=DAILY\r\nEND:VEVENT\r\n"
    )
    events = "".join(event.format(n=n, h=9 + n) for n in range(7))
    text = f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{events}END:VCALENDAR\r\n"
    asked = {"calendars": [text], "me": "a@t.example", "tier": "move"}
    days = {"from": "2026-01-05", "to": "2027-01-05", "now": "2026-01-01T00:00:00Z"}
    body = json.dumps(asked | days).encode()
    head = (
        "POST /v1/plan HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    with _running(root, tmp_path, port) as process:
        _line(process.stdout)
        with socket.create_connection(("127.0.0.1", port)) as asking:
            asking.sendall(head.encode() + body)
            with httpx2.Client(base_url=f"http://127.0.0.1:{port}") as client:
                assert client.get("/health", timeout=20).json() == {"status": "ok"}
            process.send_signal(signal.SIGINT)
            _, err = process.communicate(timeout=15)
        assert process.returncode == 0
        assert err == ""


def test_a_port_that_is_taken_is_one_sentence(root: Path, tmp_path: Path) -> None:
    """With what to do about it."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with _running(root, tmp_path, port) as process:
            _, err = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "CLEARWAY_PORT" in err
    assert len(err.splitlines()) == 1


def test_no_answer_waits_for_its_reader_to_confirm_the_beginning() -> None:
    """With Nagle's algorithm on, head and body of an answer come some 40 ms apart."""
    port = _free_port()

    async def delay_is_off() -> bool:
        found: list[int] = []

        async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            sock = writer.get_extra_info("socket")
            found.append(sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
            writer.close()

        async with await asyncio.start_server(meet, sock=_listen(port)):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            assert await reader.read() == b""
            writer.close()
        return bool(found[0])

    assert asyncio.run(delay_is_off())


def test_importing_opens_nothing(root: Path) -> None:
    """No thread, no socket: a tool may read the application without running it.

    urllib3 asks once, by a port that it lets go of, whether the machine has IPv6.
    """
    look = (
        "import sys, threading; sys.path.insert(0, '.'); opened = []\n"
        "asks = lambda event, told: event == 'socket.bind' and told[1] != ('::1', 0)\n"
        "sys.addaudithook(lambda *found: opened.append(found[0]) if asks(*found) else None)\n"
        "import app.main; print(threading.active_count(), opened)"
    )
    found = subprocess.run(
        [sys.executable, "-c", look], cwd=root, capture_output=True, text=True, check=True
    )
    assert found.stdout == "1 []\n"
