"""Nothing of what is posted is logged, shown or kept; only the calendar that is given back has it."""

import logging
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from app.main import create_app
from tests.api.conftest import NOW, SMALL

MARKER = "Zebedee-Q7"

_written: list[str] = []
_watching: list[bool] = []
"""Holds something while a test watches: an audit hook cannot be taken away, only told to rest."""


def _watch(event: str, details: tuple[Any, ...]) -> None:
    """Python tells an audit hook of each file that is opened, by whatever library."""
    if not _watching:
        return
    if event == "open":
        path, mode, flags = details
        writes = any(letter in (mode or "") for letter in "wax+") or flags & 3
        if writes and path != "/dev/null":
            _written.append(str(path))
    elif event in ("os.mkdir", "os.rename", "tempfile.mkstemp", "tempfile.mkdtemp"):
        _written.append(f"{event} {details}")


sys.addaudithook(_watch)


@pytest.fixture
def written() -> Iterator[list[str]]:
    """Every file that is opened to be written while the test runs."""
    _written.clear()
    _watching.append(True)
    yield _written
    _watching.clear()


@pytest.fixture
def marked(calendar: str) -> str:
    """The calendar with a word in all that could tell who meets whom about what."""
    lines = []
    for line in calendar.split("\r\n"):
        lines.append(line.replace("SUMMARY:", f"SUMMARY:{MARKER} ", 1))
        if line.startswith("SUMMARY:"):
            lines += [f"{name}:{MARKER}" for name in ("DESCRIPTION", "LOCATION", "COMMENT")]
            lines += [f'ATTENDEE;CN="{MARKER}":mailto:{MARKER.lower()}@trust.example']
            lines += ["BEGIN:VALARM", "ACTION:DISPLAY", f"DESCRIPTION:{MARKER}", "END:VALARM"]
    return "\r\n".join(lines)


def _told(text: str) -> bool:
    return MARKER.lower() in text.lower()


def test_a_word_in_the_calendar_travels_nowhere_else(
    marked: str,
    options: dict[str, Any],
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    written: list[str],
) -> None:
    """Not into findings, plans, pages, errors, logs or files; only back to whoever brought it."""
    caplog.set_level(logging.DEBUG)
    asked = options | {"tier": "move"}
    seen: list[str] = []
    with TestClient(create_app(SMALL, sample=True, now=lambda: NOW)) as client:
        # Compiled code may be cached on disk the first time that a plan is made.
        written.clear()
        seen.append(client.post("/v1/check", json=options | {"calendars": [marked]}).text)
        planned = client.post("/v1/plan", json=asked | {"calendars": [marked]})
        seen.append(planned.text)
        chosen = asked | {"calendar": marked, "plan_hash": planned.json()["plan_hash"]}
        applied = client.post("/v1/apply", json=chosen).json()
        assert _told(applied.pop("calendar"))
        undo = applied.pop("undo")
        seen.append(str(applied))
        broken = {"calendars": [marked.replace("END:VCALENDAR", MARKER)]}
        seen.append(client.post("/v1/check", json=options | broken).text)
        seen.append(client.post("/v1/undo", json={"calendar": marked, "undo": undo}).text[:200])
        seen.append(client.post("/v1/plan", json=asked | {"calendars": [MARKER]}).text)
        stale = {"calendar": marked, "plan_hash": f"sha256:{'0' * 64}"}
        seen.append(client.post("/v1/apply", json=asked | stale).text)
        form = {
            "me": options["me"][0],
            "hours": "Mon-Fri 09:00-17:00",
            "first": "2026-11-23",
            "last": "2026-11-27",
        }
        files = {"calendar": (f"{MARKER}.ics", marked.encode(), "text/calendar")}
        page = client.post("/week", data=form, files=files)
        assert page.status_code == 200
        seen.append(page.text)
        wrong = client.post("/week", data=form | {"last": "never"}, files=files)
        assert wrong.status_code == 422
        seen.append(wrong.text)

    assert [text[:80] for text in seen if _told(text)] == []
    assert not _told(caplog.text + "".join(capfd.readouterr()))
    assert [path for path in written if Path(path).suffix not in (".nbc", ".nbi")] == []


def test_a_large_upload_is_not_put_on_disk(
    calendar: str, options: dict[str, Any], written: list[str]
) -> None:
    """Libraries like to spool forms into files; ours stay in memory."""
    long = calendar.replace("END:VCALENDAR", "X-PAD:" + "x" * 3_000_000 + "\r\nEND:VCALENDAR")
    with TestClient(create_app(now=lambda: NOW)) as client:
        written.clear()
        files = {"calendar": ("a.ics", long.encode(), "text/calendar")}
        assert client.post("/v1/check", data=options, files=files).status_code == 200

    assert written == []


def test_a_broken_form_tells_the_log_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    """The library that reads forms would tell which byte it met."""
    form = {"content-type": "multipart/form-data; boundary=x"}
    with TestClient(create_app(SMALL, now=lambda: NOW)) as client:
        assert client.post("/v1/check", content=b"secret", headers=form).status_code == 400
    assert capfd.readouterr().err == ""
