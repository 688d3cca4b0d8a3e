"""A plan from the wish to the undo, as a program sees it; a worker is played by the test."""

import pytest

from app.life.making import WAIT
from app.people.settings import Mode
from app.storage import leases
from app.storage.tables import Mailbox
from connectors.errors import SignInNeeded, Throttled, Unreachable
from rules.change import Agreement, Change, ChangeKind
from tests.api.service.conftest import House, problem
from tests.life.worlds import AFTER, BEFORE, NOW, TOLD, World, at, changes_of
from tests.servers.fixtures import on_sqlite

pytestmark = on_sqlite
PLANS = "/v1/leaders/me/plans"
WEEK = {"from": "2026-11-23", "to": "2026-11-28"}


def _hash(house: House, plan_id: str) -> str:
    found = house.client.get(f"{PLANS}/{plan_id}", headers=house.leader()).json()["plan_hash"]
    assert isinstance(found, str)
    return found


def test_from_the_wish_to_the_undo(house: House) -> None:
    """Nothing is written in a request; what is written is what was read and accepted."""
    headers, calendar = house.leader(), house.world.calendar
    made = house.client.post(PLANS, json=WEEK, headers=headers)
    assert made.status_code == 201
    plan, url = made.json(), made.headers["location"]
    assert plan["state"] == "proposed" and plan["origin"] == "person"
    result = plan["result"]
    assert result["plan_hash"] == plan["plan_hash"]
    assert result["window"] == {**WEEK, "time_zone": "Europe/London"}
    assert [each["kind"] for each in result["changes"]] == [each["kind"] for each in plan["fates"]]
    assert plan["changes"] == len(result["changes"]) > 0

    body = {"plan_hash": plan["plan_hash"]}
    dry = house.client.post(f"{url}/apply", json=body | {"dry_run": True}, headers=headers)
    assert dry.json() == body | {"would_apply": True, "reason": None, "detail": None}
    assert house.client.get(url, headers=headers).json() == plan
    said = house.client.post(f"{url}/apply", json=body, headers=headers)
    assert (said.status_code, said.headers["location"]) == (202, url)
    assert said.json()["state"] == "accepted"
    assert calendar.picture() == BEFORE
    assert house.called[-1] == house.world.leader_id

    assert house.work(plan["id"]).state == "applied"
    applied = house.client.get(url, headers=headers).json()
    assert applied["state"] == "applied"
    assert {each["applied"] for each in applied["fates"]} == {"done"}
    assert calendar.picture() != BEFORE
    again = house.client.post(f"{url}/apply", json=body, headers=headers)
    assert (again.status_code, again.json()) == (200, applied)

    back = house.client.post(f"{url}/undo", headers=headers)
    assert (back.status_code, back.json()["state"]) == (202, "undoing")
    assert house.work(plan["id"]).state == "undone"
    undone = house.client.post(f"{url}/undo", headers=headers)
    assert (undone.status_code, undone.json()["state"]) == (200, "undone")
    assert {each["undone"] for each in undone.json()["fates"]} == {"done"}
    assert calendar.picture() == BEFORE


def test_every_kind_of_change_and_its_mails(house: House) -> None:
    """What went out is said when it is taken back."""
    plan_id = house.world.keep(changes_of(house.world.calendar))
    headers, url = house.leader(), f"{PLANS}/{plan_id}"
    body = {"plan_hash": _hash(house, plan_id)}
    assert house.client.post(f"{url}/apply", json=body, headers=headers).status_code == 202
    house.work(plan_id)
    assert house.world.calendar.picture() == AFTER
    found = house.client.get(url, headers=headers).json()
    assert found["result"] is None
    assert found["mails_not_unsent"] == sum(TOLD.values())


def test_a_version_is_sent_once(house: House) -> None:
    plan_id = house.world.keep(changes_of(house.world.calendar))
    headers, url = house.leader(), f"{PLANS}/{plan_id}"
    first = house.client.get(url, headers=headers)
    known = headers | {"If-None-Match": first.headers["etag"]}
    same = house.client.get(url, headers=known)
    assert (same.status_code, same.content) == (304, b"")
    house.client.post(f"{url}/decline", headers=headers)
    assert house.client.get(url, headers=known).json()["state"] == "declined"


def test_only_the_plan_that_was_read_is_accepted(house: House) -> None:
    plan_id = house.world.keep(changes_of(house.world.calendar))
    headers, url = house.leader(), f"{PLANS}/{plan_id}/apply"
    for dry in (True, False):
        other = {"plan_hash": "sha256:" + "0" * 64, "dry_run": dry}
        problem(house.client.post(url, json=other, headers=headers), 409, "stale-plan")
        odd = other | {"plan_hash": "é"}
        problem(house.client.post(url, json=odd, headers=headers), 409, "stale-plan")
    problem(house.client.post(url, json={}, headers=headers), 422, "bad-input")
    extra = {"plan_hash": "x", "state": "applied"}
    assert "state" in problem(house.client.post(url, json=extra, headers=headers), 422, "bad-input")
    problem(house.client.post(url, content=b"{", headers=headers), 415, "wrong-type")
    as_json = headers | {"Content-Type": "application/json"}
    problem(house.client.post(url, content=b"{", headers=as_json), 400, "broken-request")
    long = b'{"plan_hash": "' + b"0" * 70_000 + b'"}'
    problem(house.client.post(url, content=long, headers=as_json), 413, "too-large")


def test_a_meeting_whose_people_may_be_busy_needs_a_word(house: House) -> None:
    board = house.world.calendar._events["board"]
    change = Change(
        ChangeKind.EVENT_MOVE,
        board.span,
        at(24, "15:00"),
        "board",
        version=board.version,
        people_told=3,
        mails=3,
        agreement=Agreement.UNKNOWN,
    )
    plan_id = house.world.keep([change])
    headers, url = house.leader(), f"{PLANS}/{plan_id}/apply"
    body = {"plan_hash": _hash(house, plan_id)}
    for dry in (True, False):
        said = house.client.post(url, json=body | {"dry_run": dry}, headers=headers)
        problem(said, 409, "confirmation-needed")
    word = body | {"despite_unknown": True}
    assert house.client.post(url, json=word, headers=headers).status_code == 202


def test_while_clearway_only_looks_plans_are_shown_and_not_applied(house: House) -> None:
    house.world.choose(Mode.OBSERVE)
    headers = house.leader()
    made = house.client.post(PLANS, json=WEEK, headers=headers)
    assert made.status_code == 201
    body = {"plan_hash": made.json()["plan_hash"]}
    url = made.headers["location"]
    for dry in (True, False):
        said = house.client.post(f"{url}/apply", json=body | {"dry_run": dry}, headers=headers)
        problem(said, 409, "not-now")


def test_what_is_not_possible_now_says_why(house: House) -> None:
    headers = house.leader()
    plan_id = house.world.keep(changes_of(house.world.calendar))
    url = f"{PLANS}/{plan_id}"
    problem(house.client.post(f"{url}/undo", headers=headers), 409, "not-now")
    declined = house.client.post(f"{url}/decline", headers=headers)
    assert declined.json()["state"] == "declined"
    assert house.client.post(f"{url}/decline", headers=headers).json() == declined.json()
    body = {"plan_hash": _hash(house, plan_id)}
    for dry in (True, False):
        said = house.client.post(f"{url}/apply", json=body | {"dry_run": dry}, headers=headers)
        assert "declined" in problem(said, 409, "not-now")
    house.client.put("/v1/leaders/me/pause", json={"until": "day"}, headers=headers)
    assert "paused" in problem(house.client.post(PLANS, json=WEEK, headers=headers), 409, "not-now")


def test_a_dry_run_says_what_has_changed_since(house: House) -> None:
    plan_id = house.world.keep(changes_of(house.world.calendar))
    body = {"plan_hash": _hash(house, plan_id), "dry_run": True}
    house.world.calendar.edit("board", None)
    found = house.client.post(f"{PLANS}/{plan_id}/apply", json=body, headers=house.leader())
    assert found.json()["would_apply"] is False
    assert found.json()["reason"] == "gone"
    assert found.json()["detail"] == "Somebody has removed the event since."


def test_where_nothing_is_missing_there_is_no_plan(new_house) -> None:
    house = new_house(())
    body = {"from": "2026-11-21", "to": "2026-11-22"}
    answer = house.client.post(PLANS, json=body, headers=house.leader())
    assert (answer.status_code, answer.content) == (204, b"")


@pytest.mark.parametrize(
    "wrong",
    [
        {"tier": "all"},
        {"from": "soon"},
        {"from": "2026-11-28", "to": "2026-11-23"},
        {"from": "2026-11-23", "to": "2029-11-23"},
        {"from": "9999-12-31"},
        {"keep": [1]},
        {"keep": ["x"] * 501},
        {"state": "applied"},
        {"leader_id": "x"},
    ],
)
def test_a_wish_that_cannot_be_is_one_sentence(house: House, wrong) -> None:
    problem(house.client.post(PLANS, json=wrong, headers=house.leader()), 422, "bad-input")


def test_a_worker_at_the_diary_is_waited_for_and_no_longer(house: House, monkeypatch) -> None:
    monkeypatch.setattr("app.door.turns._WAIT", 0.0)
    house.world.lease()
    answer = house.client.post(PLANS, json=WEEK, headers=house.leader())
    problem(answer, 503, "busy")
    assert int(answer.headers["retry-after"]) > 0


def test_the_diary_is_given_back(house: House) -> None:
    """News that came meanwhile is left for a worker."""
    with house.world.database.transaction() as session:
        leases.mark_dirty(session, house.world.leader_id)
    house.client.post(PLANS, json=WEEK, headers=house.leader())
    with house.world.database.transaction() as session:
        row = session.get_one(Mailbox, house.world.leader_id)
        assert (row.holder, row.leased_until) == (None, None)
        assert row.dirty_at is not None
    assert house.called == [house.world.leader_id]


def test_plans_come_in_pages_that_miss_nothing(house: House) -> None:
    """Several were made in one second."""
    world: World = house.world
    changes = changes_of(world.calendar)
    ids = {world.keep(changes[: 1 + number % 2]) for number in range(5)}
    headers = house.leader()
    found, url, pages = [], f"{PLANS}?limit=2&state=proposed", 0
    while url:
        answer = house.client.get(url, headers=headers)
        found += [each["id"] for each in answer.json()["plans"]]
        url = answer.links.get("next", {}).get("url", "")
        pages += 1
    assert (len(found), set(found), pages) == (5, ids, 3)
    assert house.client.get(f"{PLANS}?state=applied", headers=headers).json()["plans"] == []
    for wrong in ("state=all", "limit=0", "cursor=x", "cursor=WyJ4IiwieSJd", "limit=1&limit=2"):
        problem(house.client.get(f"{PLANS}?{wrong}", headers=headers), 422, "bad-input")


@pytest.mark.parametrize(
    ("error", "status", "name"),
    [
        (Unreachable("The server does not answer."), 502, "calendar-silent"),
        (Throttled("The server asks for patience.", WAIT), 502, "calendar-silent"),
        (SignInNeeded("The sign-in has ended."), 409, "calendar-closed"),
    ],
)
def test_a_calendar_that_does_not_answer_is_named(
    house: House, error: Exception, status: int, name: str
) -> None:
    def fail() -> None:
        raise error

    house.world.calendar.before_read = fail
    headers = house.leader()
    for answer in (
        house.client.post(PLANS, json=WEEK, headers=headers),
        house.client.get("/v1/leaders/me/diary", headers=headers),
        house.client.get("/v1/leaders/me/check", headers=headers),
    ):
        problem(answer, status, name)
        if isinstance(error, Throttled):
            assert answer.headers["retry-after"] == "900"


def test_what_expired_cannot_be_accepted(house: House) -> None:
    plan_id = house.world.keep(changes_of(house.world.calendar))
    body = {"plan_hash": _hash(house, plan_id)}
    house.world.now = NOW.replace(month=12)
    answer = house.client.post(f"{PLANS}/{plan_id}/apply", json=body, headers=house.leader())
    problem(answer, 409, "not-now")
