"""Who asks, joining, choosing, pausing, leaving, and letting others act."""

import io
import json
import zipfile

import pytest

from app.people import sign_in
from app.people.settings import Mode
from tests.api.service.conftest import House, problem
from tests.life.worlds import NOW
from tests.servers.fixtures import on_sqlite

pytestmark = on_sqlite
ME = "/v1/leaders/me"


def test_nobody_is_told_how_to_sign_in(house: House) -> None:
    nobody = {"Authorization": "Bearer nobody"}
    for headers in ({}, {"Authorization": "Basic abc"}, nobody):
        answer = house.client.get("/v1/me", headers=headers)
        problem(answer, 401, "sign-in-needed")
        assert answer.headers["www-authenticate"].startswith("Bearer ")
    answer = house.client.get("/v1/me", headers=nobody)
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]


def test_a_sign_in_ends(house: House) -> None:
    token = sign_in.use_local_link(house.deployment, sign_in.local_link(house.deployment)).token
    headers = {"Authorization": f"Bearer {token}"}
    assert house.client.get("/v1/me", headers=headers).json() == {"leader": None, "acting_for": []}
    house.world.now = NOW + sign_in.LASTS
    problem(house.client.get("/v1/me", headers=headers), 401, "sign-in-needed")


def test_signing_out_ends_it_at_once(house: House) -> None:
    headers = house.leader()
    answer = house.client.delete("/v1/session", headers=headers)
    assert answer.status_code == 204
    assert "Max-Age=0" in answer.headers["set-cookie"]
    problem(house.client.get("/v1/me", headers=headers), 401, "sign-in-needed")


def test_a_browser_carries_a_cookie_and_changes_things_from_our_pages_only(house: House) -> None:
    """Another site's page can make a browser send the cookie; it cannot say that it is ours."""
    token = house.leader()["Authorization"].removeprefix("Bearer ")
    house.client.cookies.set("clearway", token)
    assert house.client.get("/v1/me").json()["leader"]["id"] == house.world.leader_id
    pause = {"until": "day"}
    for headers in (
        {},
        {"Origin": "https://evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ):
        answer = house.client.put(f"{ME}/pause", json=pause, headers=headers)
        problem(answer, 403, "other-site")
    own = {"Sec-Fetch-Site": "same-origin"}
    assert house.client.put(f"{ME}/pause", json=pause, headers=own).status_code == 200
    wrong = {"Authorization": "Bearer nobody"}
    problem(house.client.get("/v1/me", headers=wrong), 401, "sign-in-needed")


def test_who_joins_is_only_looked_at_first(house: House) -> None:
    headers = house.somebody()
    problem(house.client.get(ME, headers=headers), 404, "not-found")
    made = house.client.post("/v1/leaders", headers=headers)
    assert made.status_code == 201
    assert made.json()["mode"] == "observe"
    assert made.json()["watched_until"] == "2026-12-17T09:00:00Z"
    assert house.client.get(made.headers["location"], headers=headers).json() == made.json()
    again = house.client.post("/v1/leaders", headers=headers)
    assert (again.status_code, again.json()) == (200, made.json())
    assert house.client.get("/v1/me", headers=headers).json()["leader"] == made.json()
    assert made.json()["id"] in house.called


def test_mode_and_pause(house: House) -> None:
    headers = house.leader()
    put, delete = house.client.put, house.client.delete
    assert put(f"{ME}/mode", json={"mode": "auto"}, headers=headers).json()["mode"] == "auto"
    for until, end in (
        ("day", "2026-11-20T00:00:00Z"),
        ("week", "2026-11-23T00:00:00Z"),
        ("2026-12-01", "2026-12-01T00:00:00Z"),
    ):
        answer = put(f"{ME}/pause", json={"until": until}, headers=headers)
        assert answer.json()["paused_until"] == end
    for wrong in ({"until": "2026-11-19"}, {"until": 5}, {"until": "never"}, {}):
        problem(put(f"{ME}/pause", json=wrong, headers=headers), 422, "bad-input")
    assert delete(f"{ME}/pause", headers=headers).json()["paused_until"] is None
    assert "“mode” is one of" in problem(
        put(f"{ME}/mode", json={"mode": "all"}, headers=headers), 422, "bad-input"
    )


def test_settings_change_by_whoever_has_seen_them(house: House) -> None:
    headers, url = house.leader(), f"{ME}/settings"
    first = house.client.get(url, headers=headers)
    tag = first.headers["etag"]
    chosen = first.json() | {"addresses": ["Leader@Trust.example"], "hours": "Mon-Thu 09:00-17:00"}
    problem(house.client.put(url, json=chosen, headers=headers), 428, "version-needed")
    changed = house.client.put(url, json=chosen, headers=headers | {"If-Match": tag})
    assert changed.status_code == 200
    assert changed.json() == chosen | {"addresses": ["leader@trust.example"]}
    assert changed.headers["etag"] != tag
    assert house.client.get(url, headers=headers).json() == changed.json()
    for old in (tag, 'W/"2"', '"x"', "2"):
        late = house.client.put(url, json=chosen, headers=headers | {"If-Match": old})
        problem(late, 412, "changed-meanwhile")
    any_version = headers | {"If-Match": "*"}
    assert house.client.put(url, json={}, headers=any_version).json()["addresses"] == []


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"admin": True}, "admin"),
        ({"addresses": "x"}, "addresses"),
        ({"addresses": ["not an address"]}, "mail address"),
        ({"hours": "whenever"}, "whenever"),
        ({"time_zone": "\ud800"}, "time zone"),
        ({"policy": {"protected_minutes": -5}}, "protected_minutes"),
        ({"auto": ["pod"]}, "auto"),
        ({"never": ["always"]}, "never"),
        ({"days_off": ["2026-13-01"]}, "days_off"),
        ({"titles": "perhaps"}, "titles"),
    ],
)
def test_a_setting_that_cannot_be_is_one_sentence(house: House, wrong, said: str) -> None:
    headers = house.leader() | {"If-Match": "*"}
    answer = house.client.put(
        f"{ME}/settings",
        content=json.dumps(wrong),
        headers=headers | {"Content-Type": "application/json"},
    )
    assert said in problem(answer, 422, "bad-input")


def test_a_delegate_is_invited_acts_and_is_ended(house: House) -> None:
    leader, delegate = house.leader(), house.somebody()
    made = house.client.post(
        f"{ME}/delegates", json={"label": "My PA", "days": 30}, headers=leader
    ).json()
    token = {"token": made["token"]}
    accepted = house.client.post("/v1/delegations", json=token, headers=delegate)
    assert accepted.status_code == 201
    home = accepted.headers["location"]
    assert home == f"/v1/leaders/{house.world.leader_id}"
    (acting,) = house.client.get("/v1/me", headers=delegate).json()["acting_for"]
    assert acting["label"] == "My PA"
    assert house.client.get(home, headers=delegate).status_code == 200
    again = house.client.post("/v1/delegations", json=token, headers=house.somebody())
    problem(again, 422, "bad-input")
    shown = house.client.get(f"{ME}/history?what=delegate-looked", headers=leader).json()
    assert [each["details"] for each in shown["entries"]] == [{"area": "leader"}]
    assert shown["entries"][0]["delegation_id"] == made["id"]
    ended = house.client.delete(f"{ME}/delegates/{made['id']}", headers=leader)
    assert ended.status_code == 204
    problem(house.client.get(home, headers=delegate), 404, "not-found")
    (known,) = house.client.get(f"{ME}/delegates", headers=leader).json()["delegates"]
    assert known["state"] == "revoked"
    assert "token" not in known


def test_a_delegation_can_be_given_up_by_who_has_it(house: House) -> None:
    headers, grant = house.delegate()
    url = f"/v1/delegations/{grant.id}"
    problem(house.client.delete(url, headers=house.somebody()), 404, "not-found")
    assert house.client.delete(url, headers=headers).status_code == 204
    assert house.client.get("/v1/me", headers=headers).json()["acting_for"] == []


def test_everything_that_is_held_can_be_taken_along(house: House) -> None:
    headers = house.leader()
    answer = house.client.get(f"{ME}/export", headers=headers)
    tables = answer.json()["tables"]
    assert [each["id"] for each in tables["connection"]] == [house.world.connection_id]
    assert "Zebedee-password" not in answer.text
    assert "data-exported" in [each["what"] for each in tables["history"]]
    packed = house.client.get(f"{ME}/export?form=zip", headers=headers)
    assert packed.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(packed.content)) as archive:
        assert "connection.csv" in archive.namelist()
    problem(house.client.get(f"{ME}/export?form=pdf", headers=headers), 422, "bad-input")


def test_history_comes_in_pages_that_miss_nothing(house: House) -> None:
    headers = house.leader()
    for mode in (Mode.OBSERVE, Mode.PROPOSE, Mode.AUTO):
        house.client.put(f"{ME}/mode", json={"mode": mode}, headers=headers)
    whole = house.client.get(f"{ME}/history", headers=headers).json()
    assert whole["next"] is None
    assert [each["details"] for each in whole["entries"]] == [
        {"mode": "auto"},
        {"mode": "propose"},
        {"mode": "observe"},
    ]
    found, url = [], f"{ME}/history?limit=1"
    while url:
        answer = house.client.get(url, headers=headers)
        found += answer.json()["entries"]
        url = answer.links.get("next", {}).get("url", "")
    assert found == whole["entries"]
    for wrong in ("limit=0", "limit=101", "limit=x", "cursor=!", "cursor=WyJ4Il0", "page=2"):
        problem(house.client.get(f"{ME}/history?{wrong}", headers=headers), 422, "bad-input")


def test_leaving_stops_everything_at_once(house: House) -> None:
    leader, (delegate, _) = house.leader(), house.delegate()
    answer = house.client.delete(ME, headers=leader)
    assert answer.status_code == 202
    assert answer.json()["leaving_at"] == "2026-11-19T09:00:00Z"
    assert house.called == [house.world.leader_id]
    home = f"/v1/leaders/{house.world.leader_id}"
    problem(house.client.get(home, headers=delegate), 404, "not-found")
    late = house.client.put(f"{ME}/mode", json={"mode": "auto"}, headers=leader)
    problem(late, 409, "not-now")
    problem(house.client.post("/v1/leaders", headers=leader), 409, "not-now")
