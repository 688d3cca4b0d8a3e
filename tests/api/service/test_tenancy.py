"""Nobody sees another leader's data: every route, as everybody who might ask.

The routes are those of the running application, so a new one is walked without a line here. What a
leader alone may do is a list, so that a delegate's rights do not grow unseen.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest
from starlette.routing import Route

from app.config import Settings
from app.main import create_app
from app.people import delegates, leaders
from app.people.settings import LeaderSettings
from rules.event import Kind
from tests.api.service.conftest import LABEL, House
from tests.life.people import create
from tests.life.worlds import at
from tests.servers.fixtures import on_sqlite

APP = create_app(Settings())
DESCRIBED: dict[str, Any] = APP.openapi()["paths"]
LEADERS_ALONE = {
    "change_mode",
    "change_settings",
    "leave",
    "connect",
    "reconnect",
    "begin_consent",
    "disconnect",
    "try_connection",
    "confirm_empty",
    "calendars",
    "tick_calendars",
    "history",
    "export",
    "delegates",
    "invite",
    "revoke",
    "reminders",
    "workload",
}
MONDAY = datetime(2026, 11, 23, 8, tzinfo=UTC)
ADDRESS = "zebedee@trust.example"
ABOUT = "/v1/leaders/{leader_id}"


@dataclass(frozen=True)
class Way:
    """One method of one route."""

    method: str
    path: str

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def described(self) -> dict[str, Any]:
        found: dict[str, Any] = DESCRIBED.get(self.path, {}).get(self.method.lower(), {})
        return found

    @property
    def name(self) -> str:
        return str(self.described.get("operationId", ""))


def _ways(routes) -> Iterator[Way]:
    for each in routes:
        if hasattr(each, "original_router"):
            yield from _ways(each.original_router.routes)
        elif isinstance(each, Route):
            yield from (Way(method, each.path) for method in sorted(each.methods or ()))
        else:
            raise AssertionError(f"a kind of route that is not walked: {each}")


WAYS = sorted(set(_ways(APP.routes)), key=str)
ABOUT_A_LEADER = [each for each in WAYS if each.path.startswith(ABOUT)]
OTHERS = [each for each in WAYS if each not in ABOUT_A_LEADER]


@dataclass
class Scene:
    """A leader with something of everything, the ids of it, and what must not be told."""

    house: House
    ids: dict[str, str]
    plan_hash: str
    secrets: set[str] = field(default_factory=set)

    def ask(self, way: Way, headers: dict[str, str], leader_id: str = "") -> httpx2.Response:
        """Ask for what is the leader's; `leader_id` is what stands in its place."""
        ids = self.ids | ({"leader_id": leader_id} if leader_id else {})
        url = re.sub(r"\{(\w+)\}", lambda found: ids.get(found[1], "0" * 32), way.path)
        answer: httpx2.Response = self.house.client.request(
            way.method, url, headers=_usual(headers), json=self._body(way), follow_redirects=False
        )
        return answer

    def _body(self, way: Way) -> Any:
        if "requestBody" not in way.described:
            return None
        content = way.described["requestBody"]["content"].get("application/json", {})
        return content.get("example", {}) | self._own.get(way.name, {})

    @property
    def _own(self) -> dict[str, dict[str, Any]]:
        """What an example cannot know."""
        here = {"address": "https://127.0.0.1:9/"}
        return {
            "apply_plan": {"plan_hash": self.plan_hash},
            "lock": {"event_id": "board"},
            "connect": here,
            "reconnect": here,
        }

    def tells(self, answer: httpx2.Response) -> set[str]:
        """What of the leader's is in an answer."""
        text = f"{answer.text} {answer.headers}"
        return {each for each in self.secrets if each in text}


def _usual(headers: dict[str, str]) -> dict[str, str]:
    """What a program sends, and what a browser of the same person would: pages want a cookie."""
    token = headers.get("Authorization", "").removeprefix("Bearer ")
    browser = {"Cookie": f"clearway={token}", "Sec-Fetch-Site": "same-origin"} if token else {}
    return {"If-Match": "*", **browser, **headers}


@pytest.fixture
def new_scene(new_house) -> Callable[[], Scene]:
    def make() -> Scene:
        house: House = new_house()
        house.world.now = MONDAY
        deployment, leader_id = house.deployment, house.world.leader_id
        known = leaders.get(deployment, leader_id)
        settings = LeaderSettings(addresses=(ADDRESS,), time_zone="Europe/London")
        leaders.change_settings(deployment, leader_id, settings, known.version)
        hold_id = house.hold_id(at(24, "13:00", 120))
        plan_id = house.world.keep([create(Kind.GAP, at(24, "09:30", 10))])
        house.leave_alone()
        contents = house.world.kept(plan_id).contents
        assert contents is not None
        ids = {
            "leader_id": leader_id,
            "diary": leader_id,
            "connection_id": house.world.connection_id,
            "plan_id": plan_id,
            "hold_id": hold_id,
            "lock_id": house.lock_id(),
            "delegation_id": delegates.invite(deployment, leader_id, LABEL).delegation.id,
            "channel": "0123456789abcdef",
            "name": "page.css",
        }
        words = {ADDRESS, LABEL, contents.hash, "budget", "board", "theirs", "Zebedee-password"}
        secrets = words | set(ids.values()) - {"page.css", ids["channel"]}
        return Scene(house, ids, contents.hash, secrets)

    return make


@pytest.fixture
def scene(new_scene) -> Scene:
    found: Scene = new_scene()
    return found


def _strangers(house: House) -> dict[str, tuple[dict[str, str], int]]:
    """Everybody to whom there is nothing here, by name, and what they are answered."""
    ended, _ = house.delegate(days=1)
    revoked, grant = house.delegate()
    delegates.revoke(house.deployment, house.world.leader_id, grant.id)
    house.world.now += timedelta(days=1)
    return {
        "nobody": ({}, 401),
        "somebody with a token of no sign-in": ({"Authorization": "Bearer x"}, 401),
        "somebody who did not join": (house.somebody(), 404),
        "another leader": (house.somebody(joined=True), 404),
        "a delegate whose grant ended": (ended, 404),
        "a delegate whose grant was taken back": (revoked, 404),
    }


def _allowed(answer: httpx2.Response) -> bool:
    """Whether somebody got as far as the operation itself; a calendar may not answer there."""
    return answer.status_code in (200, 201, 202, 204, 409, 422, 502)


@on_sqlite
@pytest.mark.parametrize("way", ABOUT_A_LEADER, ids=str)
def test_a_leaders_data_is_the_leaders(new_scene, monkeypatch, way: Way) -> None:
    scene: Scene = new_scene()
    house = scene.house
    leader = house.leader()
    for name, (headers, status) in _strangers(house).items():
        answer = scene.ask(way, headers)
        assert answer.status_code == status, (name, answer.text)
        assert answer.headers["content-type"] == "application/problem+json"
        assert scene.tells(answer) == set(), name
        same = scene.ask(way, headers, "0" * 32)
        assert same.content == answer.content, f"{name} can tell whether there is such a leader"

    delegate, _ = house.delegate()
    answer = scene.ask(way, delegate)
    if way.name in LEADERS_ALONE:
        assert answer.status_code == 404, answer.text
        assert scene.tells(answer) == set()
        answer = scene.ask(way, leader)
    assert way.name and _allowed(answer), answer.text

    # another leader at an address of their own, with the ids of this one
    monkeypatch.setattr("app.life.diaries.connected", lambda deployment, leader_id: ())
    answer = scene.ask(way, house.somebody(joined=True), "me")
    assert scene.tells(answer) - ({"board"} if way.name == "lock" else set()) == set()
    if "_id}" in way.path.removeprefix(ABOUT):
        assert answer.status_code == 404, answer.text


@on_sqlite
def test_no_other_route_tells_anything_of_a_leader(scene: Scene) -> None:
    """Pages, figures, calls, and the operations about oneself; the address may be said again."""
    for way in OTHERS:
        for name, (headers, _) in _strangers(scene.house).items():
            answer = scene.ask(way, headers)
            asked = {each for each in scene.secrets if each in str(answer.request.url)}
            assert scene.tells(answer) - asked == set(), (str(way), name)
            fine = answer.status_code < 500 or way.path == "/ready"
            assert fine, (str(way), name, answer.text)


def test_the_list_of_what_is_the_leaders_alone_is_true() -> None:
    assert {each.name for each in ABOUT_A_LEADER} >= LEADERS_ALONE


def test_every_way_into_the_api_is_described() -> None:
    known = {each for each in WAYS if each.path.startswith("/v1/")}
    assert [str(each) for each in known if not each.described] == []
    for each in ABOUT_A_LEADER:
        assert each.described["security"] == [{"token": []}, {"cookie": []}]


# --- pages ---------------------------------------------------------------------------------------

DIARY = "/you/{diary}"
PAGES = [each for each in WAYS if each.path.startswith(DIARY)]
DELEGATES_PAGES = {
    "GET ",
    "GET /holds",
    "GET /holds/{hold_id}",
    "GET /locks",
    "GET /pause",
    "GET /plans",
    "GET /plans/{plan_id}",
    "GET /series",
    "GET /week",
    "POST /holds/now/lift",
    "POST /holds/{hold_id}/keep",
    "POST /holds/{hold_id}/lift",
    "POST /holds/{hold_id}/move",
    "POST /locks",
    "POST /locks/{lock_id}/unlock",
    "POST /pause",
    "POST /plans",
    "POST /plans/{plan_id}/accept",
    "POST /plans/{plan_id}/decline",
    "POST /plans/{plan_id}/undo",
    "POST /resume",
    "POST /week",
}


@on_sqlite
@pytest.mark.parametrize("way", PAGES, ids=str)
def test_a_delegate_opens_the_pages_that_are_granted_and_no_others(scene: Scene, way: Way) -> None:
    """A page that is refused names neither the leader nor anything of theirs."""
    delegate, _ = scene.house.delegate()
    url = re.sub(r"\{(\w+)\}", lambda found: scene.ids.get(found[1], "0" * 32), way.path)
    form: dict[str, Any] = {"files": {"nothing": (None, "")}} if way.method == "POST" else {}
    answer = scene.house.client.request(
        way.method, url, headers=_usual(delegate), follow_redirects=False, **form
    )
    if f"{way.method} {way.path.removeprefix(DIARY)}" not in DELEGATES_PAGES:
        assert answer.status_code == 404
        assert scene.tells(answer) == set()
    elif way.path.endswith("/holds/now/lift"):
        assert answer.status_code == 404 and "no such hold" in answer.text
    else:
        assert answer.status_code in (200, 303, 409, 422), answer.text
