"""The diary and what is kept in it: shown, given up, kept, locked."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256

import pytest
from sqlalchemy import update

from app.life import applying
from app.life.states import PlanState
from app.people.settings import LeaderSettings, Mode
from app.storage.tables import Plan
from rules.event import Kind, ScoredAs
from tests.api.service.conftest import House, problem
from tests.life.people import GAP, PROTECTED, create, row_at, write
from tests.life.worlds import at, hold, meeting
from tests.servers.fixtures import on_sqlite

pytestmark = on_sqlite
ME = "/v1/leaders/me"
DAYS = "from=2026-11-23&to=2026-11-28"
OWN = replace(
    meeting("therapy", at(25, "10:00"), 1), scored_as=ScoredAs.OWN_TIME, private=True, external=True
)
CHECK_IN = replace(hold("chat", Kind.CHECK_IN, at(26, "10:00", 30)), scored_as=ScoredAs.OWN_TIME)


def test_the_diary_is_what_the_calendars_have(house: House) -> None:
    found = house.client.get(f"{ME}/diary?{DAYS}", headers=house.leader())
    items = {each["uid"]: each for each in found.json()}
    assert set(items) == {each for each in house.world.calendar._events if each}
    assert items["board"] == {
        "id": "board",
        "uid": "board",
        "recurrence_id": None,
        "start": "2026-11-24T10:00:00Z",
        "end": "2026-11-24T11:00:00Z",
        "all_day": False,
        "show_as": "busy",
        "private": False,
        "status": "confirmed",
        "organizer": True,
        "other_people": 3,
        "external": False,
        "hold": None,
        "firm": False,
        "locked": False,
        "scored_as": "appointment",
    }


def test_a_check_says_what_is_missing(house: House) -> None:
    found = house.client.get(f"{ME}/check?{DAYS}", headers=house.leader()).json()
    assert found["window"] == {
        "from": "2026-11-23",
        "to": "2026-11-28",
        "time_zone": "Europe/London",
    }
    gap = next(each for each in found["findings"] if each["rule"] == "gap")
    assert gap["event_ids"] == ["board", "budget"]


def test_a_delegate_sees_no_more_than_in_outlook(new_house) -> None:
    """Of private events and check-ins that there is something, and nothing about it."""
    house = new_house((OWN, CHECK_IN, meeting("board", at(24, "10:00"), 3)))
    delegate, _ = house.delegate()
    home = f"/v1/leaders/{house.world.leader_id}"
    url = f"{home}/diary?{DAYS}"
    mine = {each["uid"]: each for each in house.client.get(url, headers=house.leader()).json()}
    seen = house.client.get(url, headers=delegate).json()
    theirs = {each["uid"]: each for each in seen if not each["private"]}
    assert theirs == {"board": mine["board"]}
    private = {each["start"]: each for each in seen if each["private"]}
    assert mine["therapy"]["other_people"] == 1
    assert mine["chat"]["hold"] == "check_in"
    for uid in ("therapy", "chat"):
        item = private[mine[uid]["start"]]
        shown = {name for name in mine[uid] if mine[uid][name] == item[name]}
        assert {"start", "end", "show_as"} <= shown
        assert (item["hold"], item["other_people"]) == (None, 0)
        assert not item["organizer"] and not item["external"]
        assert item["id"] == item["uid"] != uid


@pytest.mark.parametrize("wrong", ["from=x", "from=2026-11-23&to=2026-11-23", "days=5", "from=5"])
def test_days_that_cannot_be_are_one_sentence(house: House, wrong: str) -> None:
    for name in ("diary", "check"):
        answer = house.client.get(f"{ME}/{name}?{wrong}", headers=house.leader())
        problem(answer, 422, "bad-input")


def test_without_a_calendar_there_is_no_diary(house: House) -> None:
    headers = house.somebody(joined=True)
    # the calendars of the tests are found by leader
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("app.life.diaries.connected", lambda *_: ())
        answer = house.client.get(f"{ME}/diary", headers=headers)
    assert "connect one" in problem(answer, 409, "not-now")


def test_a_hold_is_given_up_in_one_step(new_house) -> None:
    """No reason is asked for, no calendar is waited for, and pressing twice is pressing once."""
    house = new_house(())
    headers = house.leader()
    write(house.world, create(Kind.PROTECTED, PROTECTED), create(Kind.GAP, GAP))
    listed = house.client.get(f"{ME}/holds", headers=headers).json()["holds"]
    assert [(each["kind"], each["start"]) for each in listed] == [
        ("protected", "2026-11-23T13:00:00Z"),
        ("gap", "2026-11-24T11:00:00Z"),
    ]
    url = f"{ME}/holds/{listed[0]['id']}"
    kept = house.client.post(f"{url}/keep", headers=headers)
    assert kept.json()["firm"] is True
    loose = house.client.post(f"{url}/keep", json={"firm": False}, headers=headers)
    assert loose.json()["firm"] is False

    def fail() -> None:
        raise AssertionError("a calendar was asked")

    house.world.calendar.before_read = fail
    first = house.client.post(f"{url}/lift", headers=headers)
    assert (first.status_code, first.json()["state"]) == (202, "accepted")
    assert house.client.post(f"{url}/lift", headers=headers).json() == first.json()
    house.world.alive()
    assert house.work(first.json()["id"]).state == "applied"
    assert house.world.rows_of_holds() == [("gap", "Tue 11:00-Tue 11:10")]
    gone = house.client.post(f"{url}/lift", headers=headers)
    problem(gone, 404, "not-found")


def test_a_hold_is_moved_to_another_free_time(new_house) -> None:
    house = new_house(())
    headers = house.leader()
    write(house.world, create(Kind.PROTECTED, PROTECTED), create(Kind.GAP, GAP))
    listed = house.client.get(f"{ME}/holds", headers=headers).json()["holds"]
    url, gap = (f"{ME}/holds/{each['id']}/move" for each in listed)
    for start, why in (
        ("2026-11-23T13:00:00Z", "at that time already"),
        ("2026-11-24T11:00:00Z", "Something else"),
        ("2027-11-24T11:00:00Z", "week and the one after"),
        ("9999-12-31T23:00:00Z", "week and the one after"),
        ("soon", "“start”"),
    ):
        refused = house.client.post(url, json={"start": start}, headers=headers)
        assert why in problem(refused, 422, "bad-input")
    to = {"start": "2026-11-25T09:00:00Z"}
    assert "beside" in problem(house.client.post(gap, json=to, headers=headers), 422, "bad-input")
    moved = house.client.post(url, json=to, headers=headers)
    assert (moved.status_code, moved.json()["state"]) == (202, "accepted")
    assert house.work(moved.json()["id"]).state == "applied"
    length = PROTECTED.end - PROTECTED.start
    there = house.client.get(f"{ME}/holds", headers=headers).json()["holds"]
    (protected,) = [each for each in there if each["kind"] == "protected"]
    assert protected["start"] == to["start"]
    assert (
        datetime.fromisoformat(protected["end"]) == datetime(2026, 11, 25, 9, tzinfo=UTC) + length
    )


def test_now_means_the_hold_that_runs(new_house) -> None:
    house = new_house(())
    headers = house.leader()
    write(house.world, create(Kind.PROTECTED, PROTECTED))
    problem(house.client.post(f"{ME}/holds/lift", headers=headers), 404, "not-found")
    house.world.now = PROTECTED.start.replace(minute=30)
    lifted = house.client.post(f"{ME}/holds/lift", headers=headers)
    assert lifted.status_code == 202
    assert house.work(lifted.json()["id"]).state == "applied"
    assert house.world.rows_of_holds() == []


def test_a_hold_whose_plan_came_to_nothing_can_be_given_up_again(new_house) -> None:
    house = new_house(())
    headers = house.leader()
    write(house.world, create(Kind.PROTECTED, PROTECTED))
    url = f"{ME}/holds/{row_at(house.world, PROTECTED).id}/lift"
    first = house.client.post(url, headers=headers).json()["id"]
    house.world.rest(paused_until=PROTECTED.end)
    assert house.work(first).state == "stale"
    problem(house.client.post(url, headers=headers), 409, "not-now")
    house.world.rest(paused_until=None)
    again = house.client.post(url, headers=headers).json()["id"]
    assert again != first
    assert applying.apply(house.deployment, house.world.lease(), again).state == "applied"


def test_a_delegate_sees_and_lifts_no_check_in(new_house) -> None:
    house = new_house(())
    soon = at(23, "13:00", 30)
    write(house.world, create(Kind.CHECK_IN, soon))
    delegate, _ = house.delegate()
    home = f"/v1/leaders/{house.world.leader_id}/holds"
    assert house.client.get(home, headers=delegate).json() == {"holds": []}
    assert len(house.client.get(home, headers=house.leader()).json()["holds"]) == 1
    hold_id = row_at(house.world, soon).id
    house.world.now = soon.start
    for url in (f"{home}/{hold_id}/lift", f"{home}/{hold_id}/keep", f"{home}/lift"):
        problem(house.client.post(url, headers=delegate), 404, "not-found")
    browser = {**delegate, "Sec-Fetch-Site": "same-origin"}
    pages = f"/you/{house.world.leader_id}/holds"
    for url in (f"{pages}/{hold_id}/lift", f"{pages}/{hold_id}/keep", f"{pages}/now/lift"):
        sent = house.client.post(url, files={"firm": (None, "yes")}, headers=browser)
        assert (sent.status_code, "no such hold" in sent.text) == (404, True)
    lifted = house.client.post(f"{home}/{hold_id}/lift", headers=house.leader())
    plan = f"{home.removesuffix('holds')}plans/{lifted.json()['id']}"
    assert len(lifted.json()["fates"]) == 1
    page = f"/you/{house.world.leader_id}/plans/{lifted.json()['id']}"
    assert "check-in" in house.client.get(page, headers=house.leader()).text.lower()
    problem(house.client.get(plan, headers=delegate), 404, "not-found")
    problem(house.client.post(f"{plan}/undo", headers=delegate), 404, "not-found")
    assert house.client.get(plan.rpartition("/")[0], headers=delegate).json()["plans"] == []
    assert house.client.get(page, headers=delegate).status_code == 404
    for seen in (pages, page.rpartition("/")[0], page.partition("/plans")[0]):
        text = house.client.get(seen, headers=delegate).text.lower()
        assert "check-in" not in text and "given up" not in text


def test_a_delegate_needs_the_time_of_a_hold_that_they_see(new_house) -> None:
    """A check-in is on, and protected time follows: only the leader gives up the one that is on."""
    house = new_house(())
    soon = at(23, "13:00", 30)
    write(house.world, create(Kind.CHECK_IN, soon))
    write(house.world, create(Kind.PROTECTED, at(23, "14:00", 60)))
    delegate, _ = house.delegate()
    house.world.now = soon.start
    now = f"/v1/leaders/{house.world.leader_id}/holds/lift"
    lifted = house.client.post(now, headers=delegate)
    assert [each["hold"] for each in lifted.json()["fates"]] == ["protected"]


def test_a_meeting_is_locked_and_let_go(house: House) -> None:
    headers, url = house.leader(), f"{ME}/locks"
    made = house.client.post(url, json={"event_id": "board"}, headers=headers)
    assert made.status_code == 201
    again = house.client.post(url, json={"event_id": "board"}, headers=headers)
    assert again.json() == made.json()
    assert house.client.get(url, headers=headers).json() == {"locks": [made.json()]}
    nothing = house.client.post(url, json={"event_id": "\u0000"}, headers=headers)
    problem(nothing, 422, "bad-input")
    assert house.client.delete(made.headers["location"], headers=headers).status_code == 204
    problem(house.client.delete(made.headers["location"], headers=headers), 404, "not-found")
    assert house.client.get(url, headers=headers).json() == {"locks": []}


@pytest.mark.parametrize("odd", ["x", "%00", "%F0%9F%99%82", "a" * 32 + "b", "A" * 32])
def test_an_id_that_cannot_be_one_is_not_there(house: House, odd: str) -> None:
    headers = house.leader()
    for url in (f"plans/{odd}", f"connections/{odd}"):
        problem(house.client.get(f"{ME}/{url}", headers=headers), 404, "not-found")
    for url in (f"holds/{odd}/lift", f"plans/{odd}/undo"):
        problem(house.client.post(f"{ME}/{url}", headers=headers), 404, "not-found")


WEEK_ASKED = {"tier": "holds", "from": "2026-11-23", "to": "2026-11-30"}
NOTHING_ELSE = {
    f"{rule}_severity": "off"
    for rule in (
        *("gap", "protected", "pods", "break", "end_of_day"),
        *("appreciation", "face_days", "contact"),
    )
}


def asked_for(house: House, *, auto: Kind | None = None, **more: object) -> None:
    """A leader who wants protected time and a check-in each week, and nothing else."""
    policy = {**NOTHING_ELSE, "gap_holds": "off", "protected_severity": "must", **more}
    chosen = LeaderSettings(
        time_zone="Europe/London",
        policy={"check_in_weeks": 1, **policy},
        auto=frozenset() if auto is None else frozenset({auto}),
    )
    house.world.choose(Mode.PROPOSE if auto is None else Mode.AUTO, settings=chosen)


def test_check_ins_have_a_plan_of_their_own_of_which_a_delegate_knows_nothing(new_house) -> None:
    """A check-in under a meeting is moved: nothing of that is in the plan that all may see."""
    house = new_house((meeting("board", at(24, "10:00"), 3),))
    write(house.world, create(Kind.CHECK_IN, at(24, "10:00", 30)))
    house.leave_alone()
    asked_for(house)
    delegate, _ = house.delegate()
    home = f"/v1/leaders/{house.world.leader_id}"
    assert house.client.post(f"{home}/plans", json=WEEK_ASKED, headers=house.leader()).is_success
    theirs = house.client.post(f"{home}/plans", json=WEEK_ASKED, headers=delegate).json()
    plan = f"{home}/plans/{theirs['id']}"
    mine = house.client.get(plan, headers=house.leader()).json()
    assert mine == house.client.get(plan, headers=delegate).json() == theirs
    assert {each["hold"] for each in theirs["fates"]} == {"protected"}
    assert theirs["result"]["objective"]["holds_disturbed"] == 0
    assert theirs["result"]["proof"]["bound"][-1] == 0
    written = [
        {name: value for name, value in each.items() if name != "message"}
        for each in theirs["result"]["changes"]
    ]
    text = json.dumps(written, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert theirs["plan_hash"] == f"sha256:{sha256(text.encode()).hexdigest()}"

    every = house.client.get(f"{home}/plans?state=proposed", headers=house.leader()).json()["plans"]
    (private,) = (each for each in every if each["id"] != theirs["id"])
    its = house.client.get(f"{home}/plans/{private['id']}", headers=house.leader()).json()
    assert [(each["kind"], each["hold"]) for each in its["fates"]] == [("hold.move", "check_in")]
    assert its["result"]["objective"]["holds_disturbed"] == 1
    problem(house.client.get(f"{home}/plans/{private['id']}", headers=delegate), 404, "not-found")
    listed = house.client.get(f"{home}/plans?state=proposed&limit=1", headers=delegate).json()
    assert ([each["id"] for each in listed["plans"]], listed["next"]) == ([theirs["id"]], None)

    said = {"plan_hash": theirs["plan_hash"]}
    dry = house.client.post(f"{plan}/apply", json={**said, "dry_run": True}, headers=delegate)
    assert dry.json()["would_apply"]
    taken = house.client.post(f"{plan}/apply", json=said, headers=delegate)
    assert (taken.status_code, house.work(theirs["id"]).state) == (202, PlanState.APPLIED)


def test_the_same_plan_stays_when_a_check_in_has_to_go_elsewhere(new_house) -> None:
    """Own time lands on the place that a check-in was to have: of that a delegate learns nothing."""
    house = new_house(())
    asked_for(house)
    delegate, _ = house.delegate()
    home = f"/v1/leaders/{house.world.leader_id}/plans"
    mine = house.client.post(home, json=WEEK_ASKED, headers=house.leader()).json()
    first = house.client.post(home, json=WEEK_ASKED, headers=delegate).json()
    assert first == mine
    every = house.client.get(home, headers=house.leader()).json()["plans"]
    (private,) = (each["id"] for each in every if each["id"] != first["id"])
    before = house.client.get(f"{home}/{private}", headers=house.leader()).json()
    (place,) = (each["after"] for each in before["fates"])
    start, end = (datetime.fromisoformat(place[each]) for each in ("start", "end"))
    house.world.calendar.edit("late", replace(OWN, uid="late", start=start, end=end))
    again = house.client.post(home, json=WEEK_ASKED, headers=delegate).json()
    assert again == house.client.get(f"{home}/{first['id']}", headers=delegate).json()
    assert (again["id"], again["state"]) == (first["id"], "proposed")


@pytest.mark.parametrize("auto", [Kind.PROTECTED, Kind.CHECK_IN])
def test_what_goes_by_itself_and_what_is_asked_tell_nothing_of_each_other(
    new_house, auto: Kind
) -> None:
    house = new_house((meeting("board", at(24, "10:00"), 3),))
    write(house.world, create(Kind.CHECK_IN, at(24, "10:00", 30)))
    house.leave_alone()
    asked_for(house, auto=auto)
    delegate, _ = house.delegate()
    home = f"/v1/leaders/{house.world.leader_id}/plans"
    made = house.client.post(home, json=WEEK_ASKED, headers=delegate)
    assert made.status_code == 201
    assert {each["hold"] for each in made.json()["fates"]} == {"protected"}
    assert made.json()["result"]["objective"]["holds_disturbed"] == 0
    assert (made.json()["state"] == "proposed") is (auto is Kind.CHECK_IN)
    written = 1  # the check-in above
    seen = house.client.get(home, headers=delegate).json()["plans"]
    every = house.client.get(home, headers=house.leader()).json()["plans"]
    assert len(every) == len(seen) + written, "a delegate has no check-in placed"

    assert house.client.post(home, json=WEEK_ASKED, headers=house.leader()).status_code == 201
    seen = house.client.get(home, headers=delegate).json()["plans"]
    every = house.client.get(home, headers=house.leader()).json()["plans"]
    private = [each for each in every if each not in seen]
    assert len(private) == 1 + written
    assert ("proposed" in {each["state"] for each in private}) is (auto is not Kind.CHECK_IN)


def test_no_id_number_or_count_tells_a_delegate_of_a_check_in(new_house) -> None:
    house = new_house((OWN,))
    write(house.world, create(Kind.CHECK_IN, at(23, "13:00", 30)))
    write(house.world, create(Kind.PROTECTED, at(23, "14:00", 60)))
    house.leave_alone()
    delegate, _ = house.delegate()
    home = f"/v1/leaders/{house.world.leader_id}"
    asked = f"{home}/diary?from=2026-11-23&to=2026-11-28"
    seen = house.client.get(asked, headers=delegate).json()
    private = [each for each in seen if each["private"]]
    assert len(private) == 2
    assert {each["id"].partition("-")[0] for each in private} == {"private"}
    assert {frozenset(each) for each in private} == {frozenset(private[0])}
    page = house.client.get(f"/you/{house.world.leader_id}", headers=delegate).text
    assert "One hold ahead" in page

    asked_for(house)
    before = house.client.get(f"{home}/settings", headers=delegate)
    asked_for(house, check_in_weeks=2)
    after = house.client.get(f"{home}/settings", headers=delegate)
    assert (before.content, before.headers["etag"]) == (after.content, after.headers["etag"])


def test_no_plan_is_any_different_for_what_a_leader_wishes_of_check_ins(new_house) -> None:
    """Not by where its holds go, its figures, its settings' version, its end or its fate."""
    seen, ids = [], []
    for weeks, there in ((0, OWN), (1, OWN), (1, None)):
        house = new_house((meeting("board", at(25, "10:00"), 3), *([there] if there else ())))
        if there is None:
            write(house.world, create(Kind.CHECK_IN, OWN.span))
            house.leave_alone()
        policy = {"check_in_weeks": weeks, "check_in_minutes": 45 * weeks or 30}
        chosen = LeaderSettings(time_zone="Europe/London", policy=policy)
        house.world.choose(Mode.PROPOSE, settings=chosen)
        delegate, _ = house.delegate()
        home = f"/v1/leaders/{house.world.leader_id}"
        asked = house.client.post(f"{home}/plans", json={"tier": "shorten"}, headers=delegate)
        assert asked.status_code == 201, asked.text
        made = asked.json()
        checked = house.client.get(f"{home}/check", headers=delegate).json()
        ids.append((house, delegate, f"{home}/plans/{made['id']}", made["plan_hash"]))
        del made["result"]["proof"]["seconds"]
        seen.append((made["result"], made["plan_hash"], checked))
    assert seen[0] == seen[1] == seen[2]

    house, delegate, plan, digest = ids[1]
    chosen = LeaderSettings(time_zone="Europe/London", policy={"check_in_weeks": 4})
    house.world.choose(Mode.PROPOSE, settings=chosen)
    said = {"plan_hash": digest, "dry_run": True}
    dry = house.client.post(f"{plan}/apply", json=said, headers=delegate)
    assert dry.json()["would_apply"], "what was changed bears on check-ins alone"


def test_a_locked_check_in_looks_like_any_private_event(new_house) -> None:
    house = new_house((OWN,))
    soon = at(23, "13:00", 30)
    write(house.world, create(Kind.CHECK_IN, soon))
    delegate, _ = house.delegate()
    home = f"/v1/leaders/{house.world.leader_id}"
    listed = house.client.get(f"{home}/diary", headers=house.leader()).json()
    for each in listed:
        locked = house.client.post(
            f"{home}/locks", json={"event_id": each["id"]}, headers=house.leader()
        )
        assert locked.status_code == 201
    known = {each["id"] for each in listed}
    theirs = house.client.get(f"{home}/locks", headers=delegate).json()["locks"]
    assert len(theirs) == len(known) and not known & {each["event_id"] for each in theirs}
    assert {each["event_id"].partition("-")[0] for each in theirs} == {"private"}
    page = house.client.get(f"/you/{house.world.leader_id}/locks", headers=delegate).text
    assert page.count("<li><div>A meeting that only the leader sees.") == len(known)
    assert "10am" not in page and "1pm" not in page


def test_a_plan_of_check_ins_alone_is_no_news_to_a_delegate(new_house) -> None:
    house = new_house(())
    policy = {**NOTHING_ELSE, "gap_holds": "off", "check_in_weeks": 1}
    house.world.choose(settings=LeaderSettings(time_zone="Europe/London", policy=policy))
    delegate, _ = house.delegate()
    home = f"/v1/leaders/{house.world.leader_id}"
    made = house.client.post(f"{home}/plans", json=WEEK_ASKED, headers=delegate)
    assert (made.status_code, made.content) == (204, b"")
    assert house.client.get(f"{home}/plans", headers=house.leader()).json()["plans"] == []
    made = house.client.post(f"{home}/plans", json=WEEK_ASKED, headers=house.leader())
    assert made.status_code == 201
    again = house.client.post(f"{home}/plans", json=WEEK_ASKED, headers=delegate)
    assert again.status_code == 204, "and what waits for the leader goes on waiting"
    (mine,) = house.client.get(f"{home}/plans", headers=house.leader()).json()["plans"]
    with house.world.database.transaction() as session:
        # as it is once nobody can undo it any more
        session.execute(update(Plan).where(Plan.id == mine["id"]).values(contents=None))
    assert house.client.get(f"{home}/plans", headers=delegate).json()["plans"] == []
    problem(house.client.get(f"{home}/plans/{mine['id']}", headers=delegate), 404, "not-found")
    settings = house.client.get(f"{home}/settings", headers=delegate).text
    assert "check_in" not in settings
    assert "check_in_weeks" in house.client.get(f"{home}/settings", headers=house.leader()).text
