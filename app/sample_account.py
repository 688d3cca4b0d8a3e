"""A calendar account to try Clearway with: a CalDAV server on this machine with the sample diary.

The server is Radicale, which `make run` installs. It is a program beside this one, and ends
with it, whatever ends that: a process between the two waits for the pipe to it to close.
"""

import os
import secrets
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

import httpx

from app import sample

HOST = "127.0.0.1"
_CALENDAR = "diary"
_PATIENCE = 20.0
"""Seconds until the server answers, or until its former self has let go of the port."""
_STEP = 0.05
_ENDING = 5.0
_NEW = (
    '<?xml version="1.0"?><C:mkcalendar xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav">'
    "<D:set><D:prop><D:displayname>Sample diary</D:displayname></D:prop></D:set></C:mkcalendar>"
)
_TEXT = "text/calendar; charset=utf-8"


class NoSampleAccount(Exception):
    """The account cannot be had here; the message is one sentence."""


@dataclass(frozen=True, slots=True)
class SampleAccount:
    """Where the account is, and how to sign in. Any CalDAV client can."""

    url: str
    user: str
    password: str = field(repr=False)


@contextmanager
def running(folder: Path, now: datetime) -> Iterator[SampleAccount]:
    """The account for as long as the block lasts; what is in it stays in the folder.

    In a new week it gets that week's meetings. Raises NoSampleAccount.
    """
    if find_spec("radicale") is None:
        raise NoSampleAccount("The sample account needs Radicale: `make run` installs it.")
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    port = int(_kept(folder, "port", _free_port()))
    password = _kept(folder, "password", secrets.token_urlsafe(12))
    config = _configure(folder, port, password)
    server = _start(folder, config, port)
    try:
        _wait(server, port)
        account = SampleAccount(f"http://{HOST}:{port}/", sample.LEADER, password)
        _fill(account, folder, now)
        yield account
    finally:
        _stop(server)


def _kept(folder: Path, name: str, new: str) -> str:
    """A word that stays the same from start to start."""
    path = folder / name
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(new, encoding="ascii")
    return path.read_text(encoding="ascii")


def _free_port() -> str:
    with socket.socket() as one:
        one.bind((HOST, 0))
        return str(one.getsockname()[1])


def _configure(folder: Path, port: int, password: str) -> Path:
    users, config = folder / "users", folder / "config"
    users.touch(mode=0o600)
    users.write_text(f"{sample.LEADER}:{password}\n", encoding="ascii")
    config.write_text(
        f"[server]\nhosts = {HOST}:{port}\n"
        f"[auth]\ntype = htpasswd\nhtpasswd_filename = {users}\nhtpasswd_encryption = plain\n"
        f"[storage]\nfilesystem_folder = {folder / 'calendars'}\n"
        "[web]\ntype = none\n"
        "[logging]\nlevel = warning\n",
        encoding="utf-8",
    )
    return config


def _start(folder: Path, config: Path, port: int) -> "subprocess.Popen[bytes]":
    end = time.monotonic() + _PATIENCE
    while not _is_free(port):
        # a former one may be ending still
        if time.monotonic() > end:
            message = f"The sample account needs port {port} of this machine, which is in use."
            raise NoSampleAccount(message)
        time.sleep(_STEP)
    command = [sys.executable, "-m", "app.sample_account", str(config)]
    with (folder / "server.log").open("wb") as log:
        # in a session of its own, Ctrl-C does not end it before the jobs that write to it
        return subprocess.Popen(  # noqa: S603 # our own program and a path of ours
            command, stdin=subprocess.PIPE, stdout=log, stderr=log, start_new_session=True
        )


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def _wait(server: "subprocess.Popen[bytes]", port: int) -> None:
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end and server.poll() is None:
        with suppress(OSError):
            socket.create_connection((HOST, port), timeout=1).close()
            return
        time.sleep(_STEP)
    raise NoSampleAccount("The sample account's server did not start.")


def _stop(server: "subprocess.Popen[bytes]") -> None:
    if server.stdin is not None:
        server.stdin.close()
    try:
        server.wait(_ENDING)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def _fill(account: SampleAccount, folder: Path, now: datetime) -> None:
    """Put the meetings of the coming week into the calendar, once for each week."""
    marker, week = folder / "week", sample.week(now)[0].isoformat()
    if marker.exists() and marker.read_text(encoding="ascii") == week:
        return
    home = f"{quote(account.user, safe='@')}/{_CALENDAR}/"
    try:
        with httpx.Client(base_url=account.url, auth=(account.user, account.password)) as client:
            # refused where it is there already
            client.request("MKCALENDAR", home, content=_NEW)
            for number, text in enumerate(_events(sample.calendar(now)), start=1):
                put = client.put(
                    f"{home}sample-{number}.ics", content=text, headers={"Content-Type": _TEXT}
                )
                put.raise_for_status()
    except httpx.HTTPError as error:
        raise NoSampleAccount("The sample account could not be filled.") from error
    marker.write_text(week, encoding="ascii")


def _events(calendar: str) -> Iterator[str]:
    """Each event as a calendar of its own: on a server, one resource holds one event."""
    begin, end = "BEGIN:VEVENT", "END:VEVENT"
    head, *events = calendar.split(begin)
    for each in events:
        body, _, _ = each.partition(end)
        yield f"{head}{begin}{body}{end}\r\nEND:VCALENDAR\r\n"


def _stand_between(config: str) -> int:
    """Run the server until it ends, or until whoever started this is gone."""
    command = [sys.executable, "-m", "radicale", "--config", config]
    server = subprocess.Popen(command, stdin=subprocess.DEVNULL)  # noqa: S603 # see `_start`

    def watch() -> None:
        os.read(sys.stdin.fileno(), 1)
        server.terminate()

    threading.Thread(target=watch, daemon=True).start()
    return server.wait()


if __name__ == "__main__":
    sys.exit(_stand_between(sys.argv[1]))
