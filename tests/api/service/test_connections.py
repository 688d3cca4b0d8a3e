"""Connecting accounts: a real CalDAV server, and Microsoft's and Google's sign-in as fakes."""

from collections.abc import Callable
from dataclasses import replace
from ipaddress import ip_network

import pytest
from starlette.testclient import TestClient

from app import clock
from app.config import Settings
from app.connecting import connections, consent, watching
from app.connecting.states import State
from app.deployment import Deployment
from app.main import create_app
from app.people import leaders
from app.storage.tables import Mailbox
from connectors.errors import SignInNeeded
from tests.api.service.conftest import problem, signed_in
from tests.connecting.steps import agree_at_microsoft, connect_outlook
from tests.contract.stage import ME as PERSON
from tests.fakes.graph import GraphFake
from tests.fakes.serving import Served
from tests.servers.fixtures import PASSWORD, on_sqlite

pytestmark = on_sqlite
ME = "/v1/leaders/me"
URL = f"{ME}/connections"
EVENT = {
    "subject": "x",
    "start": {"dateTime": "2026-11-23T09:00:00", "timeZone": "UTC"},
    "end": {"dateTime": "2026-11-23T10:00:00", "timeZone": "UTC"},
}


class Desk:
    """A service with a leader who has connected nothing yet."""

    def __init__(self, deployment: Deployment) -> None:
        self.deployment = deployment
        self.called: list[str] = []
        self.client = TestClient(create_app(deployment=deployment, put=self.called.append))
        self.leader_id = leaders.join(deployment, "leader").id
        self.client.headers.update(signed_in(deployment, "leader"))


@pytest.fixture
def open_desk(database) -> Callable[..., Desk]:
    """The same with settings of its own, besides leave to talk to this machine."""

    def make(**settings: object) -> Desk:
        usual = Settings(private_networks=(ip_network("127.0.0.0/8"),))
        changed: Callable[..., Settings] = replace
        chosen = changed(usual, **settings)
        return Desk(Deployment(chosen, database, database.fingerprints(), clock.now))

    return make


def test_an_account_is_connected_ticked_and_taken_away(open_desk, radicale) -> None:
    desk: Desk = open_desk()
    path = radicale.new_calendar()
    other = radicale.new_calendar()
    body = {
        "provider": "caldav",
        "address": f"{radicale.url}{path}",
        "user": "leader",
        "password": PASSWORD,
    }
    made = desk.client.post(URL, json=body)
    assert made.status_code == 201, made.text
    assert made.json() | {"state": "active", "ticked": 1, "detail": None} == made.json()
    assert PASSWORD not in made.text
    url = made.headers["location"]
    assert desk.client.get(URL).json() == {"connections": [made.json()]}
    assert desk.called == [desk.leader_id]

    listed = desk.client.get(f"{url}/calendars").json()
    assert listed["abilities"]["holds"] is True
    ids = {each["id"].rstrip("/").rpartition("/")[2]: each["id"] for each in listed["calendars"]}
    ticked = [ids[each.rstrip("/").rpartition("/")[2]] for each in (other, path)]
    answer = desk.client.put(f"{url}/calendars", json={"ticked": ticked})
    assert answer.json()["ticked"] == 2
    holding = [
        each["id"]
        for each in desk.client.get(f"{url}/calendars").json()["calendars"]
        if each["holds"]
    ]
    assert holding == ticked[:1]
    for wrong in ([], ["nowhere"], [ticked[0]] * 2):
        said = desk.client.put(f"{url}/calendars", json={"ticked": wrong})
        problem(said, 422, "bad-input")
    assert desk.client.get(f"{ME}/diary").json() == []

    assert desk.client.delete(url).status_code == 204
    problem(desk.client.get(url), 404, "not-found")
    problem(desk.client.delete(url), 404, "not-found")


def test_what_does_not_work_is_not_kept(open_desk, radicale) -> None:
    desk: Desk = open_desk()
    body = {"provider": "caldav", "address": radicale.url, "user": "leader", "password": "wrong"}
    problem(desk.client.post(URL, json=body), 409, "calendar-closed")
    silent = body | {"address": "http://127.0.0.1:9/"}
    problem(desk.client.post(URL, json=silent), 502, "calendar-silent")
    for wrong in (
        body | {"password": None},
        body | {"address": "ftp://calendar.example"},
        body | {"provider": "microsoft"},
        body | {"leader_id": "0" * 32},
        body | {"provider": "feed"},
        {"provider": "feed"},
    ):
        problem(desk.client.post(URL, json=wrong), 422, "bad-input")
    assert desk.client.get(URL).json() == {"connections": []}


def test_a_lost_connection_says_what_helps_and_is_given_another_sign_in(
    open_desk, radicale
) -> None:
    desk: Desk = open_desk()
    address = f"{radicale.url}{radicale.new_calendar()}"
    body = {"provider": "caldav", "address": address, "user": "leader", "password": PASSWORD}
    url = desk.client.post(URL, json=body).headers["location"]
    connection_id = url.rpartition("/")[2]
    connections.note(desk.deployment, connection_id, SignInNeeded("ended"))
    lost = desk.client.get(url).json()
    assert (lost["state"], lost["action"]) == ("revoked", "reconnect")
    assert lost["detail"].endswith("please connect it again.")
    assert "connect it again" in problem(desk.client.get(f"{ME}/diary"), 409, "calendar-closed")
    wrong = desk.client.put(f"{url}/credentials", json=body | {"password": "wrong"})
    problem(wrong, 409, "calendar-closed")
    assert desk.client.get(url).json()["state"] == "revoked"
    found = desk.client.put(f"{url}/credentials", json=body)
    assert (found.json()["state"], found.json()["action"]) == ("active", None)
    assert desk.client.post(f"{url}/try").json()["state"] == State.ACTIVE
    assert desk.client.post(f"{url}/confirm-empty").json()["state"] == State.ACTIVE


def test_consent_begins_here_and_ends_in_the_same_browser(open_desk) -> None:
    with GraphFake() as graph:
        graph.mailbox(PERSON)
        desk: Desk = open_desk(
            graph_url=graph.url,
            microsoft_authority=f"{graph.login}/organizations",
            microsoft_client_id="24d3b144-21ae-4080-943f-7067b395b913",
            microsoft_client_secret="s3cret-s3cret",
        )
        begun = desk.client.post(f"{URL}/consents", json={"provider": "microsoft"})
        assert begun.status_code == 201, begun.text
        assert begun.json()["expires_in"] == 600
        browser = desk.client.cookies["clearway-errand"]
        cookie = begun.headers["set-cookie"]
        assert "HttpOnly" in cookie and "SameSite=lax" in cookie and "Secure" not in cookie
        assert browser not in begun.text
        answer = agree_at_microsoft(graph.login, begun.json()["url"])
        consent.finish(desk.deployment, desk.leader_id, answer, browser=browser)
        (found,) = desk.client.get(URL).json()["connections"]
        assert (found["provider"], found["state"]) == ("microsoft", "active")
        assert graph.problems == []


def test_outlook_calls_back_at_the_address_that_it_was_given(open_desk) -> None:
    """From the handshake to the job, over HTTP."""
    site = "https://clearway.trust.example"
    with GraphFake() as graph:
        mailbox = graph.mailbox(PERSON)
        desk: Desk = open_desk(
            public_url=site,
            graph_url=graph.url,
            microsoft_authority=f"{graph.login}/organizations",
            microsoft_client_id="24d3b144-21ae-4080-943f-7067b395b913",
            microsoft_client_secret="s3cret-s3cret",
        )
        connect_outlook(desk.deployment, desk.leader_id, graph.login)
        with Served(desk.client.app) as served:
            graph.subscriptions.routes[site] = served.url
            assert watching.renew_due(desk.deployment) == 1
            with desk.deployment.database.transaction() as session:
                session.get_one(Mailbox, desk.leader_id).dirty_at = None
            mailbox.put(EVENT)
            graph.subscriptions.delivered()
        with desk.deployment.database.transaction() as session:
            assert session.get_one(Mailbox, desk.leader_id).dirty_at is not None
        assert set(graph.subscriptions.answers) == {202}
        assert graph.problems == []


def test_what_is_not_set_up_here_says_so(open_desk) -> None:
    desk: Desk = open_desk(public_url="https://clearway.trust.example")
    headers = {"Host": "clearway.trust.example"}
    for provider in ("microsoft", "google"):
        body = {"provider": provider}
        said = desk.client.post(f"{URL}/consents", json=body, headers=headers)
        assert "tell whoever runs it" in problem(said, 409, "not-now")
    problem(desk.client.post(f"{URL}/consents", json={"provider": "caldav"}), 422, "bad-input")


def test_where_browsers_come_by_https_cookies_are_bound_to_the_host(open_desk) -> None:
    desk: Desk = open_desk(public_url="https://clearway.trust.example")
    token = desk.client.headers.pop("Authorization").removeprefix("Bearer ")
    ours = {"Host": "clearway.trust.example"}
    plain = ours | {"Cookie": f"clearway={token}"}
    problem(desk.client.get("/v1/me", headers=plain), 401, "sign-in-needed")
    bound = ours | {"Cookie": f"__Host-clearway={token}", "Sec-Fetch-Site": "same-origin"}
    assert desk.client.get("/v1/me", headers=bound).json()["leader"]["id"] == desk.leader_id
    ended = desk.client.delete("/v1/session", headers=bound)
    said = ended.headers["set-cookie"]
    assert said.startswith("__Host-clearway=") and "Secure" in said and "Path=/" in said
    problem(desk.client.get("/v1/me", headers=bound), 401, "sign-in-needed")
