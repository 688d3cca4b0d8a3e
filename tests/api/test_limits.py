"""Size is counted while bytes arrive, and hostile bytes end in a sentence."""

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient
from starlette.types import Message

from app.main import create_app
from tests.api.conftest import NOW, SMALL

KILOBYTE = b"x" * 1024


def _post_forever(path: str, content_type: bytes) -> tuple[int, int]:
    """Post a body without an end; the status, and how many kilobytes were taken before it."""
    app = create_app(SMALL, now=lambda: NOW)
    taken = 0
    statuses: list[int] = []

    async def receive() -> Message:
        nonlocal taken
        taken += 1
        return {"type": "http.request", "body": KILOBYTE, "more_body": True}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    scope: dict[str, Any] = {
        "type": "http",
        "method": "POST",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(b"content-type", content_type)],
        "http_version": "1.1",
        "scheme": "http",
        "server": ("testserver", 80),
        "client": ("testclient", 1),
        "root_path": "",
    }
    asyncio.run(app(scope, receive, send))
    return statuses[0], taken


@pytest.mark.parametrize("content_type", [b"application/json", b"multipart/form-data; boundary=b"])
@pytest.mark.parametrize("path", ["/v1/check", "/v1/plan", "/v1/apply"])
def test_an_endless_body_is_cut_off_at_the_limit(path: str, content_type: bytes) -> None:
    """It is refused as soon as it is too long, without being kept or parsed."""
    status, taken = _post_forever(path, content_type)

    limit = SMALL.max_bytes * 5 // 4 + 262_144
    assert status == 413
    assert taken == limit // 1024 + 1


def test_an_announced_length_over_the_limit_is_not_read_at_all(client: TestClient) -> None:
    """The first byte need not arrive."""
    headers = {"content-type": "application/json", "content-length": "999999999"}
    assert client.post("/v1/plan", content=b"{}", headers=headers).status_code == 413


@given(st.binary(max_size=400))
def test_any_bytes_as_a_calendar_get_a_sensible_answer(client: TestClient, content: bytes) -> None:
    """Never a fault of ours."""
    files = {"calendar": ("a.ics", b"BEGIN:VCALENDAR\r\n" + content, "text/calendar")}
    answer = client.post("/v1/check", files=files)
    assert answer.status_code in (200, 422), answer.text
    files = {"calendar": ("a.ics", content, "text/calendar")}
    assert client.post("/v1/check", files=files).status_code in (200, 422)


_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)
_FIELDS = ("me", "from", "to", "now", "time_zone", "hours", "nation", "tier", "keep", "policy")


@given(st.sampled_from(_FIELDS), _JSON)
def test_any_json_as_an_option_gets_a_sensible_answer(
    client: TestClient, name: str, value: Any
) -> None:
    """Never a fault of ours."""
    text = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nEND:VCALENDAR\r\n"
    answer = client.post("/v1/plan", json={"calendars": [text], name: value})
    assert answer.status_code in (200, 422), answer.text


@given(_JSON)
def test_any_json_as_a_diary_gets_a_sensible_answer(client: TestClient, value: Any) -> None:
    """Never a fault of ours."""
    answer = client.post("/v1/check", json={"diary": value})
    assert answer.status_code in (200, 422), answer.text
    answer = client.post("/v1/undo", json={"diary": [value], "undo": {"clearway": value}})
    assert answer.status_code in (200, 422), answer.text
