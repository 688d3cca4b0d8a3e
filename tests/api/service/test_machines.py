"""What machines ask: whether the service lives, is ready, and how much it does."""

import io
import json
import logging
from dataclasses import replace

import pytest
from starlette.testclient import TestClient

from app.logs import Lines
from app.main import create_app
from app.storage import mailboxes
from tests.api.service.conftest import House, problem
from tests.servers.fixtures import on_sqlite

pytestmark = on_sqlite
TOKEN = {"Authorization": "Bearer for-prometheus"}


@pytest.fixture
def measured(house: House):
    """The same service with a token for its figures."""
    settings = replace(house.deployment.settings, metrics_token="for-prometheus")
    with TestClient(create_app(deployment=replace(house.deployment, settings=settings))) as client:
        yield client


def test_it_is_ready_once_a_worker_is_there(house: House) -> None:
    assert house.client.get("/health").json() == {"status": "ok"}
    answer = house.client.get("/ready")
    assert (answer.status_code, answer.json()["worker"]) == (503, "missing")
    with house.world.database.transaction() as session:
        mailboxes.see_worker(session, "a worker", "1")
    answer = house.client.get("/ready")
    assert answer.status_code == 200
    assert answer.json() == {
        "status": "ok",
        "database": "reachable",
        "tables": "current",
        "keys": "right",
        "worker": "seen",
    }


def test_without_a_database_it_is_busy_and_lives(house: House, tmp_path) -> None:
    headers = house.leader()
    (tmp_path / "clearway.db").rename(tmp_path / "away.db")
    (tmp_path / "clearway.db").mkdir()
    house.world.database.engine.dispose()
    assert house.client.get("/health").status_code == 200
    assert house.client.get("/ready").json()["database"] == "away"
    answer = house.client.get("/v1/me", headers=headers)
    problem(answer, 503, "busy")
    assert answer.headers["retry-after"]


def test_figures_are_for_who_has_the_token(house: House, measured: TestClient) -> None:
    problem(house.client.get("/metrics", headers=TOKEN), 404, "not-found")
    for headers in ({}, {"Authorization": "Bearer x"}, house.leader()):
        answer = measured.get("/metrics", headers=headers)
        problem(answer, 401, "sign-in-needed")
        assert answer.headers["www-authenticate"].startswith("Bearer")
    measured.get("/v1/leaders/me/plans/" + "0" * 32, headers=house.leader())
    answer = measured.get("/metrics", headers=TOKEN)
    assert answer.headers["content-type"].startswith("text/plain; version=")
    route = 'route="/v1/leaders/{leader_id}/plans/{plan_id}",status="404"'
    assert f"clearway_requests_total{{{route}}}" in answer.text
    assert 'clearway_connections{state="active"} 1.0' in answer.text
    assert house.world.leader_id not in answer.text


def test_each_request_is_one_line_of_the_log_that_tells_no_address(house: House) -> None:
    lines = io.StringIO()
    handler = logging.StreamHandler(lines)
    handler.setFormatter(Lines())
    logger = logging.getLogger("app")
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        house.client.get("/v1/leaders/me/diary?from=2026-11-23", headers=house.leader())
        house.client.get("/nothing/Zebedee")
    finally:
        logger.removeHandler(handler)
        logger.setLevel(logging.NOTSET)
    told = [json.loads(each) for each in lines.getvalue().splitlines()]
    asked, lost = [each for each in told if each["event"] == "request.answered"]
    assert (asked["method"], asked["status"]) == ("GET", 200)
    assert asked["route"] == "/v1/leaders/{leader_id}/diary"
    assert len(asked["request"]) == 32
    assert "route" not in lost and "Zebedee" not in lines.getvalue()
