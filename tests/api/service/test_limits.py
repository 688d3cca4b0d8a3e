"""How much one sign-in may send."""

from dataclasses import replace

import pytest
from starlette.testclient import TestClient

from app.door.limiter import Limiter, TooManyRequests
from app.main import create_app
from tests.api.service.conftest import House, problem, sqlite


@sqlite
def test_who_sends_too_much_is_told_when_to_go_on(house: House) -> None:
    """Others are not held up by it."""
    settings = replace(house.deployment.settings, requests_per_minute=3)
    deployment = replace(house.deployment, settings=settings)
    headers, other = house.leader(), house.leader()
    with TestClient(create_app(deployment=deployment)) as client:
        found = [client.get("/v1/me", headers=headers) for _ in range(6)]
        assert [each.status_code for each in found[:3]] == [200] * 3
        problem(found[-1], 429, "too-many-requests")
        assert 0 < int(found[-1].headers["retry-after"]) <= 20
        assert client.get("/v1/me", headers=other).status_code == 200


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
