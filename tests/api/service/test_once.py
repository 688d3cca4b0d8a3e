"""Requests that are sent again, and changes that meet, on both kinds of database."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.door.once import Reply, Sent, once
from app.people import delegates
from app.storage.tables import Answered, HistoryEntry
from app.storage.vault import VaultError
from connectors.errors import Unreachable
from tests.api.service.conftest import LABEL, House, problem
from tests.life.worlds import NOW, changes_of
from tests.servers.fixtures import on_sqlite

ME = "/v1/leaders/me"
KEY = {"Idempotency-Key": '"8e03978e-40d5-43dd-bc93-6894a57f9324"'}


def _rows(house: House) -> list[Answered]:
    with house.world.database.transaction() as session:
        return list(session.scalars(select(Answered)))


def _told(house: House, what: str) -> int:
    with house.world.database.transaction() as session:
        found = select(HistoryEntry).where(HistoryEntry.what == what)
        return len(session.scalars(found).all())


def test_a_request_that_comes_again_is_answered_as_before(house: House) -> None:
    headers = house.leader() | KEY
    body = {"label": LABEL, "days": 5}
    first = house.client.post(f"{ME}/delegates", json=body, headers=headers)
    again = house.client.post(f"{ME}/delegates", json=body, headers=headers)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json() | {"token": None}, "a token is shown once"
    assert first.json()["token"]
    assert again.headers["location"] == first.headers["location"]
    assert len(delegates.granted(house.deployment, house.world.leader_id)) == 1
    other = house.client.post(f"{ME}/delegates", json=body | {"days": 6}, headers=headers)
    problem(other, 422, "key-used")
    elsewhere = house.client.post(f"{ME}/holds/lift", headers=headers)
    problem(elsewhere, 422, "key-used")
    bare = headers | {"Idempotency-Key": KEY["Idempotency-Key"].strip('"')}
    assert house.client.post(f"{ME}/delegates", json=body, headers=bare).json() == again.json()


@on_sqlite
def test_what_is_kept_of_an_answer_is_sealed(house: House) -> None:
    body = {"label": LABEL}
    token = house.client.post(f"{ME}/delegates", json=body, headers=house.leader() | KEY).json()
    (row,) = _rows(house)
    assert row.contents is not None
    assert LABEL.encode() not in bytes(row.contents)
    opened = house.deployment.database.vault.open(row.contents)
    assert LABEL in opened["content"]
    assert token["token"] not in opened["content"]
    with pytest.raises(VaultError):
        house.deployment.database.vault.open(type(row.contents)(b"x"))


@on_sqlite
def test_a_refusal_is_an_answer_too(house: House) -> None:
    headers = house.leader() | KEY
    plan_id = house.world.keep(changes_of(house.world.calendar))
    url = f"{ME}/plans/{plan_id}/undo"
    first = house.client.post(url, headers=headers)
    assert problem(first, 409, "not-now") == problem(
        house.client.post(url, headers=headers), 409, "not-now"
    )


@on_sqlite
def test_what_did_not_work_on_our_side_is_tried_again(house: House) -> None:
    headers = house.leader() | KEY

    def fail() -> None:
        raise Unreachable("The server does not answer.")

    body = {"event_id": "board"}
    house.world.calendar.before_read = fail
    problem(house.client.post(f"{ME}/locks", json=body, headers=headers), 502, "calendar-silent")

    def fall() -> None:
        raise ZeroDivisionError

    house.world.calendar.before_read = fall
    problem(house.client.post(f"{ME}/locks", json=body, headers=headers), 500, "our-fault")
    assert _rows(house) == []
    house.world.alive()
    assert house.client.post(f"{ME}/locks", json=body, headers=headers).status_code == 201


@on_sqlite
@pytest.mark.parametrize("key", ['""', "", "a b", "ü", "x" * 256, '"a"b"'])
def test_a_key_that_cannot_be_is_one_sentence(house: House, key: str) -> None:
    sent = house.leader() | {"Idempotency-Key": key}
    headers = {name.encode(): value.encode() for name, value in sent.items()}
    problem(house.client.post(f"{ME}/holds/lift", headers=headers), 422, "bad-input")


@on_sqlite
def test_keys_of_two_people_are_two_keys(house: House) -> None:
    delegate, _ = house.delegate()
    plan_id = house.world.keep(changes_of(house.world.calendar))
    url = f"/v1/leaders/{house.world.leader_id}/plans/{plan_id}/decline"
    for headers in (house.leader(), delegate):
        assert house.client.post(url, headers=headers | KEY).status_code == 200
    assert len(_rows(house)) == 2


@on_sqlite
def test_after_a_day_a_key_is_new(house: House) -> None:
    headers = house.leader() | KEY
    body = {"label": LABEL}
    house.client.post(f"{ME}/delegates", json=body, headers=headers)
    house.world.now = NOW + timedelta(days=1)
    house.client.post(f"{ME}/delegates", json=body, headers=headers)
    assert len(delegates.granted(house.deployment, house.world.leader_id)) == 2


def test_while_it_is_worked_on_it_is_not_begun_again(house: House) -> None:
    """And after a while without an answer whoever did it is taken for dead."""
    begun, go_on = threading.Event(), threading.Event()

    def slowly() -> None:
        begun.set()
        assert go_on.wait(30)

    house.world.calendar.before_read = slowly
    headers = house.leader() | KEY
    body = {"event_id": "board"}
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(
            lambda: house.client.post(f"{ME}/locks", json=body, headers=headers).status_code
        )
        assert begun.wait(30)
        again = house.client.post(f"{ME}/locks", json=body, headers=headers)
        problem(again, 409, "under-way")
        other = house.client.post(f"{ME}/locks", json={"event_id": "x"}, headers=headers)
        problem(other, 422, "key-used")
        go_on.set()
        assert first.result() == 201
    assert house.client.post(f"{ME}/locks", json=body, headers=headers).status_code == 201
    assert _told(house, "locked") == 1

    house.world.alive()
    (row,) = _rows(house)
    with house.world.database.transaction() as session:
        abandoned = session.get_one(Answered, (row.leader_id, row.key))
        abandoned.status = abandoned.contents = None
    problem(house.client.post(f"{ME}/locks", json=body, headers=headers), 409, "under-way")
    house.world.now = NOW + timedelta(hours=1)
    assert house.client.post(f"{ME}/locks", json=body, headers=headers).status_code == 201


def test_who_was_taken_for_dead_keeps_no_answer_of_another(house: House) -> None:
    """The key was claimed again meanwhile: the late answer is not the newer request's."""
    of, patience = house.deployment, timedelta(minutes=1)
    sent = Sent(house.world.leader_id, "key", "request")

    def late() -> Reply:
        house.world.now += 2 * patience
        newer = once(of, sent, patience, lambda: Reply(200, b"newer"))
        assert newer.content == b"newer"
        return Reply(200, b"late")

    assert once(of, sent, patience, late).content == b"late"
    assert once(of, sent, patience, late).content == b"newer"


def test_of_many_at_once_one_is_carried_out(house: House) -> None:
    headers = house.leader() | KEY
    body = {"label": LABEL}

    def send(_: int) -> int:
        return house.client.post(f"{ME}/delegates", json=body, headers=headers).status_code

    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(send, range(6)))
    assert set(found) <= {201, 409} and 201 in found
    assert len(delegates.granted(house.deployment, house.world.leader_id)) == 1


def test_of_many_changes_of_one_version_one_is_kept(house: House) -> None:
    headers = house.leader()
    url = f"{ME}/settings"
    tag = house.client.get(url, headers=headers).headers["etag"]

    def change(number: int) -> int:
        body = {"days_off": [f"2026-12-{number + 1:02}"]}
        answer = house.client.put(url, json=body, headers=headers | {"If-Match": tag})
        return answer.status_code

    with ThreadPoolExecutor(6) as pool:
        found = sorted(pool.map(change, range(6)))
    assert found == [200, 412, 412, 412, 412, 412]
    assert _told(house, "settings-changed") == 1


def test_of_many_who_say_yes_at_once_one_is_told(house: House) -> None:
    headers = house.leader()
    plan_id = house.world.keep(changes_of(house.world.calendar))
    url = f"{ME}/plans/{plan_id}"
    body = {"plan_hash": house.client.get(url, headers=headers).json()["plan_hash"]}

    def say(_: int) -> int:
        return house.client.post(f"{url}/apply", json=body, headers=headers).status_code

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(say, range(4))) == {202}
    assert _told(house, "plan-accepted") == 1
    assert house.called.count(house.world.leader_id) == 1, "one job waits, so no other is put"
