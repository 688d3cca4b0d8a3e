"""What the four operations answer to input that is in order."""

import json
from typing import Any

import pytest
from starlette.testclient import TestClient

from app import sample
from app.services.check import check
from app.services.plan import plan
from app.services.read import Ask, OpenDiary, read
from app.services.source import Source
from app.shapes import occurrence_of
from rules.planner.plan import Tier
from tests.api.conftest import NOW, SMALL

TIERS = list(Tier)


def _opened(calendar: str, last: int = 25) -> OpenDiary:
    start, end = NOW.date().replace(day=23), NOW.date().replace(day=last)
    ask = Ask(now=NOW, me=(sample.LEADER,), start=start, end=end)
    return read([Source("calendar", calendar.encode())], ask, SMALL)


def _timeless(found: dict[str, Any]) -> dict[str, Any]:
    found["proof"].pop("seconds")
    return found


def test_check_gives_what_the_service_gives(
    client: TestClient, calendar: str, options: dict[str, Any]
) -> None:
    """The API adds nothing to the core's findings and leaves nothing out."""
    answer = client.post("/v1/check", json=options | {"calendars": [calendar]})

    assert answer.status_code == 200
    expected = check(_opened(calendar)).shape().model_dump(mode="json", by_alias=True)
    assert answer.json() == expected


@pytest.mark.parametrize("tier", TIERS)
def test_plan_gives_what_the_service_gives(
    client: TestClient, calendar: str, options: dict[str, Any], tier: Tier
) -> None:
    """The same input gives the same plan as the command line does, but for the seconds."""
    answer = client.post("/v1/plan", json=options | {"calendars": [calendar], "tier": tier})

    assert answer.status_code == 200
    expected = plan(_opened(calendar), tier).shape().model_dump(mode="json", by_alias=True)
    assert _timeless(answer.json()) == _timeless(expected)


def test_a_form_says_the_same_as_json(
    client: TestClient, calendar: str, options: dict[str, Any]
) -> None:
    """Integrators may post the file itself."""
    as_json = client.post("/v1/plan", json=options | {"calendars": [calendar], "tier": "move"})
    files = [("calendar", ("diary.ics", calendar.encode(), "text/calendar"))]
    as_form = client.post("/v1/plan", data=options | {"tier": "move"}, files=files)

    assert as_form.status_code == 200
    assert _timeless(as_form.json()) == _timeless(as_json.json())


def test_the_curve_comes_where_it_is_asked_for(
    client: TestClient, calendar: str, options: dict[str, Any]
) -> None:
    """By JSON and by form, of the tier that goes furthest, and never unasked."""
    asked = options | {"curve": True}
    as_json = client.post("/v1/plan", json=asked | {"calendars": [calendar]})
    files = [("calendar", ("diary.ics", calendar.encode(), "text/calendar"))]
    as_form = client.post("/v1/plan", data=asked, files=files)
    plain = client.post("/v1/plan", json=options | {"calendars": [calendar]})

    points = as_json.json()["curve"]
    assert [each["price_person"] for each in points][-1] == "nobody"
    assert [each["people_told"] for each in points][-1] == 0
    assert as_form.json()["curve"] == points
    assert "curve" not in plain.json()


def test_a_json_diary_gives_the_same_findings(
    client: TestClient, calendar: str, options: dict[str, Any]
) -> None:
    """What `clearway diary --json` lists of whole weeks can be checked in place of the calendar."""
    asked = options | {"to": "2026-11-30"}
    listed = [occurrence_of(each).model_dump(mode="json") for each in _opened(calendar, 30).listed]
    from_items = client.post("/v1/check", json=asked | {"diary": listed})
    from_text = client.post("/v1/check", json=asked | {"calendars": [calendar]})

    assert from_items.status_code == 200
    assert from_items.json()["findings"] == from_text.json()["findings"]


def test_several_calendars_are_one_diary(
    client: TestClient, calendar: str, options: dict[str, Any]
) -> None:
    """The same meeting in two calendars counts once."""
    one = client.post("/v1/check", json=options | {"calendars": [calendar]})
    two = client.post("/v1/check", json=options | {"calendars": [calendar, calendar]})

    assert two.json()["findings"] == one.json()["findings"]


def test_policy_is_an_object_with_the_names_of_a_policy_file(
    client: TestClient, calendar: str, options: dict[str, Any]
) -> None:
    """Plain parameters and tables reach the rules."""
    policy = {"leader": {"protected_minutes": 30, "protected_piece": 30}, "gap_minutes": 15}
    answer = client.post("/v1/check", json=options | {"calendars": [calendar], "policy": policy})

    assert answer.status_code == 200
    protected = [each for each in answer.json()["findings"] if each["rule"] == "protected"]
    assert {each["missing"] for each in protected} == {30}


def test_keep_leaves_an_event_as_it_is(
    client: TestClient, calendar: str, options: dict[str, Any]
) -> None:
    """An event that is named is in no change of the plan."""
    asked = options | {"calendars": [calendar], "tier": "move"}
    first = client.post("/v1/plan", json=asked).json()
    changed = [each["event_id"] for each in first["changes"] if each.get("event_id")]
    again = client.post("/v1/plan", json=asked | {"keep": changed}).json()

    assert changed
    assert not set(changed) & {each.get("event_id") for each in again["changes"]}


@pytest.mark.parametrize("ends", ["\r\n", "\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("tier", TIERS)
def test_apply_then_undo_gives_back_the_same_bytes(
    client: TestClient, calendar: str, options: dict[str, Any], tier: Tier, ends: str, mark: str
) -> None:
    """Whatever the line ends, with or without a byte order mark."""
    brought = mark + calendar.replace("\r\n", ends)
    planned = client.post("/v1/plan", json=options | {"calendars": [brought], "tier": tier}).json()
    asked = options | {"calendar": brought, "tier": tier, "plan_hash": planned["plan_hash"]}
    applied = client.post("/v1/apply", json=asked)

    assert applied.status_code == 200
    answer = applied.json()
    assert [each["kind"] for each in answer["applied"]] == [
        each["kind"] for each in planned["changes"]
    ]
    assert answer["skipped"] == []
    assert answer["calendar"] != brought

    undone = client.post("/v1/undo", json={"calendar": answer["calendar"], "undo": answer["undo"]})
    assert undone.status_code == 200
    assert undone.json()["calendar"].encode() == brought.encode()
    assert len(undone.json()["undone"]) == len(answer["applied"])


def test_apply_and_undo_take_forms_too(
    client: TestClient, calendar: str, options: dict[str, Any]
) -> None:
    """The files themselves, as curl posts them."""
    files = {"calendar": ("diary.ics", calendar.encode(), "text/calendar")}
    planned = client.post("/v1/plan", data=options, files=files).json()
    chosen = options | {"plan_hash": planned["plan_hash"]}
    applied = client.post("/v1/apply", data=chosen, files=files).json()
    back = {
        "calendar": ("new.ics", applied["calendar"].encode(), "text/calendar"),
        "undo": ("undo.json", json.dumps(applied["undo"]).encode(), "application/json"),
    }
    undone = client.post("/v1/undo", files=back)

    assert undone.status_code == 200
    assert undone.json()["calendar"].encode() == calendar.encode()


def test_a_json_diary_can_be_applied_to_and_undone(
    client: TestClient, calendar: str, options: dict[str, Any]
) -> None:
    """A program without .ics files gets its items back."""
    listed = [occurrence_of(each).model_dump(mode="json") for each in _opened(calendar).listed]
    asked = options | {"diary": listed}
    planned = client.post("/v1/plan", json=asked).json()
    applied = client.post("/v1/apply", json=asked | {"plan_hash": planned["plan_hash"]})

    assert applied.status_code == 200
    assert "calendar" not in applied.json()
    assert len(applied.json()["diary"]) > len(listed)
    back = {"diary": applied.json()["diary"], "undo": applied.json()["undo"]}
    undone = client.post("/v1/undo", json=back)
    assert undone.json()["diary"] == listed


def test_undo_leaves_alone_what_somebody_edited_since(
    client: TestClient, calendar: str, options: dict[str, Any]
) -> None:
    """The rest is taken back, and the answer says which was not."""
    asked = options | {"tier": "move"}
    planned = client.post("/v1/plan", json=asked | {"calendars": [calendar]}).json()
    chosen = asked | {"calendar": calendar, "plan_hash": planned["plan_hash"]}
    applied = client.post("/v1/apply", json=chosen).json()
    first = next(each for each in applied["applied"] if each.get("event_id"))
    uid = first["event_id"].partition("/")[0]
    edited = applied["calendar"].replace(f"UID:{uid}", f"UID:{uid}\r\nLOCATION:Room 2", 1)
    undone = client.post("/v1/undo", json={"calendar": edited, "undo": applied["undo"]}).json()

    assert [each["event_id"] for each in undone["skipped"]] == [first["event_id"]]
    assert undone["skipped"][0]["reason"]
    assert len(undone["undone"]) == len(applied["applied"]) - 1
    assert "LOCATION:Room 2" in undone["calendar"]


def test_health_says_ok(client: TestClient) -> None:
    """A balancer asks nothing else."""
    assert client.get("/health").json() == {"status": "ok"}
