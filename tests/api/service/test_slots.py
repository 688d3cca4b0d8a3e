"""`POST /v1/slots`: for leaders whom somebody may act for, and nobody else."""

from rules.event import Kind, ScoredAs
from tests.api.service.conftest import problem
from tests.life.people import create, write
from tests.life.worlds import at, meeting
from tests.servers.fixtures import on_sqlite

pytestmark = on_sqlite
DAYS = {"from": "2026-11-23", "to": "2026-11-24"}


def ask(house, headers, *leaders: str, **more):
    body = {"leaders": list(leaders), "minutes": 60, **DAYS, **more}
    return house.client.post("/v1/slots", json=body, headers=headers)


def test_a_leader_finds_times(new_house) -> None:
    house = new_house((meeting("board", at(23, "09:00", 7 * 60), 3),))
    found = ask(house, house.leader(), "me")
    assert found.status_code == 200, found.text
    (only,) = found.json()["slots"]
    assert (only["start"], only["end"]) == ("2026-11-23T16:00:00Z", "2026-11-23T17:00:00Z")
    assert only["lost"]["protected"] == 60
    assert "board" not in found.text


def test_a_delegate_finds_times_for_all_whom_they_act_for(new_house) -> None:
    one = new_house((meeting("board", at(23, "09:00", 4 * 60), 3),))
    two = new_house((meeting("ward", at(23, "14:00", 3 * 60), 3),))
    delegate, _ = one.delegate()
    ids = one.world.leader_id, two.world.leader_id
    problem(ask(one, delegate, *ids), 404, "not-found")
    found = ask(one, delegate, ids[0])
    assert found.status_code == 200, found.text
    assert all(each["start"] >= "2026-11-23T13:00:00Z" for each in found.json()["slots"])
    (look,) = [
        each
        for each in one.client.get(f"/v1/leaders/{ids[0]}/history", headers=one.leader()).json()[
            "entries"
        ]
        if each["what"] == "delegate-looked"
    ]
    assert "slots" in str(look)


def test_a_stranger_finds_none(new_house) -> None:
    house = new_house()
    problem(ask(house, {}, house.world.leader_id), 401, "sign-in-needed")
    problem(ask(house, house.somebody(), house.world.leader_id), 404, "not-found")
    problem(ask(house, house.leader(), "\u0000"), 404, "not-found")
    problem(ask(house, house.leader(), "me", minutes=7), 422, "bad-input")
    problem(ask(house, house.leader(), "me", minutes=9999), 422, "bad-input")
    problem(ask(house, house.leader()), 422, "bad-input")


def test_a_check_in_is_only_time_that_is_taken(new_house) -> None:
    house = new_house((meeting("board", at(23, "09:00", 6 * 60), 3),))
    write(house.world, create(Kind.CHECK_IN, at(23, "15:00", 60)))
    assert ScoredAs.OWN_TIME in {each.scored_as for each in house.world.calendar._events.values()}
    delegate, _ = house.delegate()
    found = ask(house, delegate, house.world.leader_id)
    assert [each["start"] for each in found.json()["slots"]] == ["2026-11-23T16:00:00Z"]
    assert "check" not in found.text
