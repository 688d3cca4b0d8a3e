"""Each way in which a request can go wrong has its status, one sentence, and tells no more."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send

from app.door.guard import Guard
from app.main import create_app
from tests.api.conftest import NOW, SMALL

OPERATIONS = ("/v1/check", "/v1/plan", "/v1/apply", "/v1/undo")
JSON = {"content-type": "application/json"}


def _is_a_problem(answer: Any, status: int, name: str) -> None:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    found = answer.json()
    assert found.keys() == {"type", "title", "status", "detail"}
    assert found["status"] == status
    assert found["type"] == f"/problems#{name}"
    assert found["detail"].endswith(".")
    assert "Traceback" not in answer.text


@pytest.mark.parametrize("path", OPERATIONS)
@pytest.mark.parametrize(
    ("body", "headers", "status", "name"),
    [
        (b"", {}, 415, "wrong-type"),
        (b"BEGIN:VCALENDAR", {"content-type": "text/plain"}, 415, "wrong-type"),
        (b"me=1", {"content-type": "application/x-www-form-urlencoded"}, 415, "wrong-type"),
        (b"{", JSON, 400, "broken-request"),
        (b"[]", JSON, 400, "broken-request"),
        (b'{"policy": {"gap_minutes": NaN}}', JSON, 400, "broken-request"),
        (b"\xff\xfe\x00", JSON, 400, "broken-request"),
        (b"[" * 100_000, JSON, 400, "broken-request"),
        (b'{"x": 1' + b"0" * 5000 + b"}", JSON, 400, "broken-request"),
        (b"x", {"content-type": "multipart/form-data"}, 400, "broken-request"),
        (b"x", {"content-type": "multipart/form-data; boundary=b"}, 400, "broken-request"),
        (b"{}", JSON, 422, "bad-input"),
        (b'{"unknown": 1}', JSON, 422, "bad-input"),
        (b'{"calendar": "\\ud800", "calendars": ["\\ud800"], "undo": {}}', JSON, 422, "bad-input"),
        (b"x" * 1_200_000, JSON, 413, "too-large"),
    ],
)
def test_what_cannot_be_read(
    client: TestClient, path: str, body: bytes, headers: dict[str, str], status: int, name: str
) -> None:
    """The status tells a program what to do, the sentence tells a person."""
    _is_a_problem(client.post(path, content=body, headers=headers), status, name)


def _nested(depth: int) -> list[Any]:
    """A list in a list in a list: fewer than can be read, more than can be written."""
    found: list[Any] = []
    for _ in range(depth):
        found = [found]
    return found


@pytest.mark.parametrize(
    "change",
    [
        {"from": "2026-11-28", "to": "2026-11-23"},
        {"from": "yesterday"},
        {"now": "2026-11-19T09:00:00"},
        {"now": "0001-01-01T00:00:00+14:00"},
        {"time_zone": "Mars/Olympus"},
        {"time_zone": "../../etc/passwd"},
        {"hours": "whenever"},
        {"nation": "narnia"},
        {"tier": "everything"},
        {"policy": {"no_such_setting": 1}},
        {"policy": {"gap_minutes": None}},
        {"policy": {"gap_minutes": 5}},
        {"policy": {"gap_minutes": "\x7f"}},
        {"policy": {"a\nb = 1 #": 2}},
        {"calendars": []},
        {"calendars": None},
        {"calendars": ["no calendar"]},
        {"calendars": [""]},
        {"diary": []},
        {"calendars": None, "diary": [1]},
        {"calendars": None, "diary": [{"uid": "1"}]},
        {"calendars": None, "diary": {"uid": "1"}},
        {"keep": 7},
        {"from": 1_700_000_000},
        {"to": 1e30},
        {"now": "0001-01-01T00:00:00Z"},
        {"now": "9999-12-31T23:59:59Z"},
        {"time_zone": "localtime"},
        {"policy": {"a": _nested(800)}},
        {"calendars": None, "diary": [_nested(800)]},
    ],
)
def test_options_that_cannot_be(
    client: TestClient, calendar: str, options: dict[str, Any], change: dict[str, Any]
) -> None:
    """Each is one sentence, and none is a fault of ours."""
    asked = options | {"calendars": [calendar]} | change
    _is_a_problem(client.post("/v1/plan", json=asked), 422, "bad-input")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        *(
            ({"from": given}, "The field “from” is not a date like 2026-11-23.")
            for given in ("yesterday", "2026-13-40", "", 7, "2026-11-23T10:00:00")
        ),
        (
            {"now": "2026-11-19T09:00:00"},
            "The field “now” is a time with its offset, such as 2026-11-23T09:00:00Z.",
        ),
        ({"tier": "all"}, "The field “tier” is one of “holds”, “shorten” or “move”."),
        ({"keep": 7}, "The field “keep” is not a list."),
        ({"keep": [7]}, "An entry of the field “keep” is not text."),
        ({"keep": ["a"] * 501}, "The field “keep” is a list of at most 500."),
        ({"calendars": []}, "The field “calendars” is a list of at least 1."),
        ({"hours": 7}, "The field “hours” is not text."),
        ({"time_zone": "x" * 101}, "The field “time_zone” has more than 100 characters."),
        ({"curve": "maybe"}, "The field “curve” is neither true nor false."),
        ({"curve": []}, "The field “curve” is neither true nor false."),
        ({"policy": []}, "The field “policy” is not an object."),
        (
            {"calendar": "x"},
            "There is no field “calendar” here; this operation has “calendars”.",
        ),
        ({"xyzzy": 1}, "There is no field “xyzzy” here."),
        ({"Dr Zebedee": 1}, "There is a field that this operation does not have."),
    ],
)
def test_what_does_not_fit_is_a_whole_sentence(
    client: TestClient, options: dict[str, Any], change: dict[str, Any], sentence: str
) -> None:
    """It names the field and what it takes, never what was given."""
    answer = client.post("/v1/plan", json=options | change)
    _is_a_problem(answer, 422, "bad-input")
    assert answer.json()["detail"] == sentence


def test_an_unknown_field_of_a_form_is_named_too(
    client: TestClient, calendar: str, options: dict[str, Any]
) -> None:
    """Fields that are files there are offered as well."""
    files = {"calendar": ("a.ics", calendar.encode(), "text/calendar")}
    answer = client.post("/v1/check", data={"calendars": "x"}, files=files)
    said = "There is no field “calendars” here; this operation has “calendar”."
    assert answer.json()["detail"] == said
    answer = client.post("/v1/undo", files=files | {"undone": ("u.json", b"{}")})
    assert answer.json()["detail"] == said.replace("calendars", "undone").replace(
        "“calendar”", "“undo”"
    )


def test_a_stale_plan_is_refused_whole(
    client: TestClient, calendar: str, options: dict[str, Any]
) -> None:
    """Another hash than the plan has now is never guessed at."""
    asked = options | {"calendar": calendar, "plan_hash": "sha256:" + "0" * 64}
    _is_a_problem(client.post("/v1/apply", json=asked), 409, "stale-plan")


@pytest.mark.parametrize(
    "undo", [{}, {"clearway": "undo"}, {"clearway": "undo", "diary": "json", "edits": 5}]
)
def test_an_undo_record_of_somebody_else(
    client: TestClient, calendar: str, undo: dict[str, Any]
) -> None:
    """A record that Clearway did not write is named as such."""
    answer = client.post("/v1/undo", json={"calendar": calendar, "undo": undo})
    _is_a_problem(answer, 422, "bad-input")


def test_a_calendar_over_the_limit_that_fits_the_body(
    client: TestClient, calendar: str, options: dict[str, Any]
) -> None:
    """The limit is the calendar's own, however it was framed."""
    long = calendar.replace("END:VCALENDAR", "X-PAD:" + "x" * 210_000 + "\r\nEND:VCALENDAR")
    _is_a_problem(client.post("/v1/check", json=options | {"calendars": [long]}), 413, "too-large")


def test_nothing_there_and_wrong_methods(client: TestClient) -> None:
    """Programs get problems under /v1, people get pages elsewhere."""
    _is_a_problem(client.get("/v1/nothing"), 404, "not-found")
    answer = client.get("/v1/plan")
    _is_a_problem(answer, 405, "wrong-method")
    assert answer.headers["allow"] == "POST"
    assert client.get("/nothing").headers["content-type"].startswith("text/html")


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "https://evil.example"},
        {"origin": "null"},
    ],
)
@pytest.mark.parametrize("path", [*OPERATIONS, "/week", "/take", "/undo"])
def test_another_site_cannot_make_a_browser_post(
    client: TestClient, path: str, headers: dict[str, str]
) -> None:
    """Nothing here has authority, and it still is nobody else's business."""
    assert client.post(path, headers=headers).status_code == 403


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:8000", "127.0.0.1.evil.example", "[", "", "a@localhost:x"],
)
def test_another_sites_name_that_leads_here_gets_nothing(client: TestClient, host: str) -> None:
    """To the browser all of it is one site then, so what it says of the sender tells nothing."""
    ours = {"host": host, "origin": f"http://{host}", "sec-fetch-site": "same-origin"}
    for path in OPERATIONS:
        _is_a_problem(client.post(path, headers=ours, json={}), 403, "other-site")
    for path in ("/", "/undo", "/static/page.css"):
        answer = client.get(path, headers=ours)
        assert answer.status_code == 403
        assert answer.headers["x-frame-options"] == "DENY"
        assert "<form" not in answer.text


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:8000", "127.0.0.1:8000", "[::1]:8000", "testserver"]
)
def test_this_machine_may_be_called_by_any_of_its_names(client: TestClient, host: str) -> None:
    """With the port of a tunnel, too; a program that names none is no browser."""
    assert client.get("/", headers={"host": host}).status_code == 200


def test_an_installation_has_names_of_its_own() -> None:
    """As its users call it, in whatever case."""

    def refuse(request: Request) -> Response:
        return Response(status_code=403)

    async def inside(scope: Scope, receive: Receive, send: Send) -> None:
        await Response(status_code=200)(scope, receive, send)

    guard = Guard(
        inside, refuse, lambda request, error: refuse(request), ["Clearway.Trust.example"]
    )
    client = TestClient(guard)
    for host, status in (("clearway.trust.example", 200), ("trust.example", 403)):
        assert client.get("/", headers={"host": host}).status_code == status


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"sec-fetch-site": "same-origin"},
        {"sec-fetch-site": "none"},
        {"origin": "http://testserver"},
    ],
)
def test_our_own_pages_and_programs_can_post(client: TestClient, headers: dict[str, str]) -> None:
    """They get as far as having their input read."""
    assert client.post("/v1/plan", headers=headers).status_code == 415


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    """A service with a fault in it."""

    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("MARKER in an error")

    monkeypatch.setattr("app.api.routes.read", fail)
    monkeypatch.setattr("app.web.pages.read", fail)
    with TestClient(create_app(SMALL, sample=True, now=lambda: NOW)) as running:
        yield running


def test_a_fault_of_ours_says_sorry_and_nothing_else(
    broken: TestClient,
    calendar: str,
    options: dict[str, Any],
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """An error's words can hold what was posted, so they are neither answered nor logged."""
    answer = broken.post("/v1/check", json=options | {"calendars": [calendar]})
    _is_a_problem(answer, 500, "our-fault")
    page = broken.get("/sample")
    assert page.status_code == 500

    told = caplog.text + "".join(capfd.readouterr())
    assert "RuntimeError" in caplog.text
    assert "MARKER" not in answer.text + page.text + told


def test_half_a_character_in_what_is_kept_is_a_note(
    client: TestClient, calendar: str, options: dict[str, Any]
) -> None:
    """The identifier comes back in a warning, in which it has to be text."""
    body = json.dumps(options | {"calendars": [calendar], "keep": ["\ud800"]})
    answer = client.post("/v1/plan", content=body, headers=JSON)
    assert answer.status_code == 200
    assert "\ufffd" in answer.json()["warnings"][0]
