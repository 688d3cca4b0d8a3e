from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from starlette.testclient import TestClient

from app import sample
from app.config import Settings
from app.main import create_app

NOW = datetime(2026, 11, 19, 9, tzinfo=UTC)
SMALL = Settings(max_bytes=200_000)


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    """The service with small limits, at a fixed moment."""
    with TestClient(create_app(SMALL, now=lambda: NOW)) as running:
        yield running


@pytest.fixture(scope="session")
def calendar() -> str:
    """A full week as calendar text."""
    return sample.calendar(NOW)


@pytest.fixture
def options() -> dict[str, Any]:
    """Whose diary it is, and two days of it: enough for every kind of change."""
    return {
        "me": [sample.LEADER],
        "from": "2026-11-23",
        "to": "2026-11-25",
        "now": "2026-11-19T09:00:00Z",
    }
