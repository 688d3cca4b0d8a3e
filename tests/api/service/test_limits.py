"""How much one person, and one address that nobody is known at, may send."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from starlette.testclient import TestClient

from app.connecting.sign_in import CALLBACK
from app.door.limiter import Limiter, TooManyRequests
from app.main import create_app
from tests.api.service.conftest import House, problem
from tests.servers.fixtures import on_sqlite


@on_sqlite
def test_who_sends_too_much_is_told_when_to_go_on(house: House) -> None:
    """Signing in again does not help, and others are not held up by it."""
    with _narrow(house) as client:
        found = [client.get("/v1/me", headers=house.leader()) for _ in range(6)]
        assert [each.status_code for each in found[:3]] == [200] * 3
        problem(found[-1], 429, "too-many-requests")
        assert 0 < int(found[-1].headers["retry-after"]) <= 20
        assert client.get("/v1/me", headers=house.somebody()).status_code == 200


@on_sqlite
def test_who_has_not_signed_in_is_counted_by_address(house: House) -> None:
    """Else a stranger could try tokens without end, or fill the table of those who are away."""
    with _narrow(house) as client:
        tried = [
            client.get("/v1/me", headers={"Authorization": f"Bearer guess-{number}"})
            for number in range(6)
        ]
        assert tried[0].status_code == 401
        problem(tried[-1], 429, "too-many-requests")
        filled = client.post(CALLBACK, data={"state": "x", "code": "y"}, follow_redirects=False)
        assert filled.status_code == 429
        assert client.get("/v1/me", headers=house.leader()).status_code == 200


@contextmanager
def _narrow(house: House) -> Iterator[TestClient]:
    """The same service where three requests a minute are allowed."""
    settings = replace(house.deployment.settings, requests_per_minute=3)
    deployment = replace(house.deployment, settings=settings)
    with TestClient(create_app(deployment=deployment)) as client:
        yield client


def test_a_bucket_fills_again_with_time() -> None:
    now = 0.0
    limiter = Limiter(60, lambda: now)

    def taken(key: str) -> int:
        count = 0
        while count < 1000 and _is_taken(limiter, key):
            count += 1
        return count

    assert taken("a") == 60
    assert taken("b") == 60
    now = 10.0
    assert taken("a") == 10
    now = 10_000.0
    assert taken("a") == 60
    limiter.take("c")
    with pytest.raises(TooManyRequests) as refused:
        limiter.take("a")
    assert refused.value.after == 1


def _is_taken(limiter: Limiter, key: str) -> bool:
    try:
        limiter.take(key)
    except TooManyRequests:
        return False
    return True
