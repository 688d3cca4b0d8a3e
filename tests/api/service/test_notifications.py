"""Being called by Microsoft and Google: believed by a secret, and answered alike whoever calls."""

import pytest
from starlette.testclient import TestClient

from app.connecting import watching
from app.connecting.connections import Provider
from app.main import create_app
from app.storage import connections, mailboxes
from app.storage.tables import Connection, Mailbox
from tests.api.service.conftest import House, problem
from tests.servers.fixtures import on_sqlite

pytestmark = on_sqlite
CHANNEL = "0123456789abcdef" * 2
SECRET = "s3cret-of-the-channel"


@pytest.fixture(params=list(Provider)[:2])
def provider(request, house: House) -> Provider:
    """A provider that was asked to call about the leader's diary."""
    kept = house.deployment.fingerprints.of("channel", request.param.value, CHANNEL)
    subscription = {
        "id": "1",
        "resource": "r",
        "expires": "2026-12-01T00:00:00+00:00",
        "secret": SECRET,
        "address": f"https://clearway.example{watching.NOTIFY}/{request.param.value}/{CHANNEL}",
    }
    with house.world.database.transaction() as session:
        sealed = house.world.seal(subscription)
        connections.change(session, house.world.connection_id, channel=kept, subscription=sealed)
    return request.param


def _call(house: House, provider: Provider, channel: str = CHANNEL, secret: str = SECRET, **more):
    url = f"/v1/notifications/{provider.value}/{channel}"
    if provider is Provider.GOOGLE:
        return house.client.post(url, headers={"X-Goog-Channel-Token": secret})
    return house.client.post(url, json={"value": [{"clientState": secret, **more}]})


def _is_dirty(house: House) -> bool:
    with house.world.database.transaction() as session:
        return session.get_one(Mailbox, house.world.leader_id).dirty_at is not None


def test_a_call_has_the_diary_looked_at(house: House, provider: Provider) -> None:
    """Calls come in bunches; the workers' sweep finds the diary once."""
    for _ in range(3):
        answer = _call(house, provider)
        assert (answer.status_code, answer.content) == (202, b"")
    with house.world.database.transaction() as session:
        assert mailboxes.claim_due(session, ()) == [house.world.leader_id]
        assert mailboxes.claim_due(session, ()) == []


def test_who_does_not_know_the_secret_learns_nothing(house: House, provider: Provider) -> None:
    for channel, secret in (
        (CHANNEL, "wrong"),
        (CHANNEL, ""),
        (CHANNEL, "x" * 5000),
        ("0" * 32, SECRET),
        ("Zebedee", SECRET),
        ("%00", SECRET),
    ):
        answer = _call(house, provider, channel, secret)
        assert (answer.status_code, answer.content) == (202, b"")
    other = Provider.GOOGLE if provider is Provider.MICROSOFT else Provider.MICROSOFT
    assert _call(house, other).status_code == 202
    assert not _is_dirty(house) and house.called == []
    problem(house.client.post(f"/v1/notifications/caldav/{CHANNEL}"), 404, "not-found")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'{"value": 5}',
        b'{"value": ["x", 5, null]}',
        b'{"value": [{"clientState": ["x"], "lifecycleEvent": ["x"]}]}',
        b'{"value": [{"clientState": "s3cret-of-the-channel"}, {"clientState": "other"}]}',
        b'{"value": [{"clientState": "s3cret-of-the-channel"}' + b" " * 70_000 + b"]}",
        b"[" * 60_000,
    ],
)
def test_odd_bodies_are_taken_and_mean_nothing(house: House, provider, body: bytes) -> None:
    url = f"/v1/notifications/microsoft/{CHANNEL}"
    assert house.client.post(url, content=body).status_code == 202
    assert not _is_dirty(house)


def test_graph_asks_first_whether_it_may_call(house: House) -> None:
    token = "Validation: <token> & more+1"
    url = f"/v1/notifications/microsoft/{CHANNEL}"
    answer = house.client.post(url, params={"validationToken": token})
    assert (answer.status_code, answer.text) == (200, token)
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.headers["x-content-type-options"] == "nosniff"
    long = house.client.post(url, params={"validationToken": "x" * 5000})
    assert (long.status_code, long.content) == (202, b"")


def test_what_ends_is_renewed(house: House, provider: Provider) -> None:
    def renewed() -> bool:
        with house.world.database.transaction() as session:
            return session.get_one(Connection, house.world.connection_id).renew_at is not None

    _call(house, provider, lifecycleEvent="missed")
    assert not renewed()
    _call(house, provider, lifecycleEvent="reauthorizationRequired")
    assert renewed() is (provider is Provider.MICROSOFT)


def test_without_anything_to_remember_nobody_is_called(house: House) -> None:
    with TestClient(create_app(house.deployment.settings)) as client:
        problem(client.post(f"/v1/notifications/google/{CHANNEL}"), 404, "not-found")
        problem(client.get("/v1/me", headers=house.leader()), 404, "not-found")
        problem(client.get("/v1/leaders/me/plans"), 404, "not-found")
        assert client.get("/ready").json()["status"] == "ok"


def test_a_queue_that_is_away_loses_nothing(house: House, provider: Provider) -> None:
    """The sweep finds what was noted."""

    def fail(leader_id: str) -> None:
        raise ConnectionError

    with TestClient(create_app(deployment=house.deployment, put=fail)) as client:
        url = f"/v1/notifications/google/{CHANNEL}"
        assert client.post(url, headers={"X-Goog-Channel-Token": SECRET}).status_code == 202
    assert _is_dirty(house) is (provider is Provider.GOOGLE)
