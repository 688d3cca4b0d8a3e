"""What machines are told: whether it lives, whether it is ready, and figures without people."""

import re
import urllib.request
from dataclasses import replace
from enum import StrEnum

from app import metrics
from app.config import Settings
from app.deployment import Deployment
from app.health import alive, measure, ready
from app.storage.database import open_database
from app.storage.mailboxes import see_worker
from app.storage.tables import Base
from app.storage.vault import Fingerprints, Vault, new_key
from tests.ops.rows import a_connection, a_leader
from tests.servers.processes import free_port


class _Kind(StrEnum):
    SYNC = "sync"
    DONE = "done"


def _deployment(database) -> Deployment:
    return Deployment(Settings(), database, database.fingerprints())


def test_it_is_ready_once_a_worker_was_seen(database):
    deployment = _deployment(database)
    assert ready(deployment).plain() == {
        "status": "unavailable",
        "database": "reachable",
        "tables": "current",
        "keys": "right",
        "worker": "missing",
    }
    with database.transaction() as session:
        see_worker(session, "worker", "0.1.0")
    assert ready(deployment).good
    assert alive().plain() == {"status": "ok"}


def test_it_is_not_ready_with_other_keys_than_the_database_was_sealed_with(database):
    deployment = _deployment(database)
    with database.transaction() as session:
        see_worker(session, "worker", "0.1.0")
    other = open_database(str(database.engine.url.render_as_string(False)), Vault([new_key()]))
    found = ready(replace(deployment, database=other))
    assert (found.good, found.looked_at["keys"]) == (False, "wrong")
    other.close()


def test_it_is_not_ready_without_its_tables_or_its_database(database):
    deployment = _deployment(database)
    with database.engine.begin() as connection:
        Base.metadata.drop_all(connection)
        connection.exec_driver_sql("drop table alembic_version")
    found = ready(deployment)
    assert (found.good, found.looked_at["tables"]) == (False, "old")


def test_a_database_that_is_away_is_told(tmp_path):
    away = open_database("postgresql://nobody@127.0.0.1:9/clearway", Vault([new_key()]))
    found = ready(Deployment(Settings(), away, Fingerprints(b"")))
    assert found.plain()["status"] == "unavailable"
    assert found.looked_at["database"] == "away"
    away.close()


def _values(text: str) -> dict[str, float]:
    lines = (line.rpartition(" ") for line in text.splitlines() if line[0] != "#")
    return {name: float(value) for name, _, value in lines}


def test_what_happens_is_counted(database):
    before = _values(measure(_deployment(database)).decode())
    metrics.request("/v1/plans/{plan_id}", 200, 0.1)
    metrics.request(None, 404, 0.1)
    metrics.provider_call("graph", _Kind.DONE)
    metrics.plan("applied")
    metrics.job(_Kind.SYNC, _Kind.DONE)
    metrics.verdict(3)
    with database.transaction() as session:
        leader = a_leader(database, session)
        a_connection(database, session, leader)
        see_worker(session, "worker", "0.1.0")
    after = _values(measure(_deployment(database)).decode())

    def grew(name: str) -> float:
        return after[name] - before.get(name, 0)

    assert grew('clearway_requests_total{route="/v1/plans/{plan_id}",status="200"}') == 1
    assert grew('clearway_requests_total{route="unknown",status="404"}') == 1
    assert grew('clearway_provider_calls_total{outcome="done",provider="graph"}') == 1
    assert grew('clearway_plans_total{state="applied"}') == 1
    assert grew('clearway_jobs_total{kind="sync",outcome="done"}') == 1
    assert grew('clearway_verdict_seconds_bucket{le="5.0"}') == 1
    assert after["clearway_mailboxes_due"] == 1
    assert after['clearway_connections{state="connected"}'] == 1
    assert after["clearway_workers"] == 1
    assert leader not in measure(_deployment(database)).decode()


def test_labels_are_words_of_the_code_only():
    labels = set(re.findall(r'[{,](\w+)="', metrics.exposition(whole=True).decode()))
    assert labels <= {"route", "status", "provider", "outcome", "state", "kind", "le"}


def test_a_worker_serves_its_figures_on_this_machine():
    port = free_port()
    stop = metrics.publish(port)
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        told = answer.read().decode()
    stop()
    assert "clearway_jobs_total" in told
    assert "clearway_workers" not in told, "only who has just looked tells of the installation"
