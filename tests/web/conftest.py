import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from app import sample
from app.config import Settings
from app.main import create_app
from tests.conftest import REQUIRED, find_chromium
from tests.web import eyes

NOW = datetime(2026, 11, 19, 9, tzinfo=UTC)
SMALL = Settings(max_bytes=200_000)


@pytest.fixture(scope="session")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of what was looked at, of all processes of the run together."""
    own = tmp_path_factory.getbasetemp()
    folder = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "seen"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="module", autouse=True)
def watched(request: pytest.FixtureRequest, seen: Path) -> Iterator[None]:
    """Every page that a test sees is looked at by a browser too, where the machine has one."""
    if find_chromium() is None and not REQUIRED:
        yield
        return
    with eyes.opened(request.getfixturevalue("browser"), seen):
        yield


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    """The service with small limits and the sample, at a fixed moment."""
    with TestClient(create_app(SMALL, sample=True, now=lambda: NOW)) as running:
        yield running


@pytest.fixture(scope="session")
def calendar() -> bytes:
    """A full week as a calendar file."""
    return sample.calendar(NOW).encode()


@pytest.fixture
def answers() -> dict[str, str]:
    """The form filled in for two days of that week."""
    return {
        "me": sample.LEADER,
        "hours": "Mon-Fri 09:00-17:00",
        "first": "2026-11-23",
        "last": "2026-11-24",
    }
