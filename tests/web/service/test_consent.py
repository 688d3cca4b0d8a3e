"""Outlook and Google by consent, on the pages: there, back, and what can go wrong on the way."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.config import Settings
from tests.connecting.steps import agree_at_google, agree_at_microsoft
from tests.contract.stage import ME
from tests.fakes.google import GoogleFake
from tests.fakes.graph import GraphFake
from tests.servers.openid import CLIENT, SECRET, OpenIdServer
from tests.web.service.conftest import SITE, Browser

Make = Callable[..., Browser]


@pytest.fixture
def graph() -> Iterator[GraphFake]:
    with GraphFake() as running:
        running.mailbox(ME)
        yield running


@pytest.fixture
def google() -> Iterator[GoogleFake]:
    with GoogleFake() as running:
        running.account(ME)
        yield running


@pytest.fixture
def settings(
    tmp_path: Path, openid: OpenIdServer, graph: GraphFake, google: GoogleFake
) -> Settings:
    """An installation that is registered with both."""
    signing_in = Settings(
        data=str(tmp_path / "data"),
        public_url=SITE,
        oidc_issuer=openid.issuer,
        oidc_client_id=CLIENT,
        oidc_client_secret=SECRET,
    )
    return replace(
        signing_in,
        graph_url=graph.url,
        microsoft_authority=f"{graph.login}/organizations",
        microsoft_client_id="24d3b144-21ae-4080-943f-7067b395b913",
        microsoft_client_secret="s3cret-s3cret",
        google_url=google.url,
        google_authorize_url=google.authorize_uri,
        google_token_url=google.token_uri,
        google_client_id="client.apps.example",
        google_client_secret="s3cret-s3cret",
    )


@pytest.fixture
def leader(new_browser: Make) -> Browser:
    """Somebody who has joined."""
    browser = new_browser("leader")
    browser.send("/you/start")
    return browser


def _leave(browser: Browser, provider: str) -> str:
    left = browser.client.get(f"/you/mine/connect/{provider}", follow_redirects=False)
    assert left.status_code == 303 and left.headers["cache-control"] == "no-store"
    return str(left.headers["location"])


def test_google_is_connected_once_by_the_browser_that_left(
    leader: Browser, new_browser: Make
) -> None:
    answer = agree_at_google(_leave(leader, "google"))
    path = "/connections/back?" + "&".join(f"{name}={each}" for name, each in answer.items())
    other = new_browser("other")
    other.send("/you/start")
    assert "please begin again" in other.see(path, 422)

    answer = agree_at_google(_leave(leader, "google"))
    back = leader.client.get("/connections/back", params=answer)
    assert "Google Calendar" in back.text and "The calendar is connected" in back.text
    again = leader.client.get("/connections/back", params=answer)
    assert again.status_code == 422 and "Begin again" in again.text
    assert ME not in leader.see("/you/mine")


def test_outlook_sends_people_back_by_a_form_of_its_own(leader: Browser, graph: GraphFake) -> None:
    """A browser sends no cookie with it. The page that it leads on to gets the cookie."""
    answer = agree_at_microsoft(graph.login, _leave(leader, "microsoft"))
    away = {"sec-fetch-site": "cross-site", "cookie": ""}
    posted = leader.client.post(
        "/connections/back", data=dict(answer), headers=away, follow_redirects=False
    )
    assert posted.status_code == 303
    html = leader.see(posted.headers["location"])
    assert "Outlook (Microsoft 365)" in html and "Holds are written to" in html
    # the mailbox of the stand-in says when its owner works
    html = leader.see("/you/mine/hours")
    assert 'value="Mon-Fri 08:00-17:00"' in html and "in the settings of your calendar" in html


def test_a_consent_that_is_refused_is_a_page_with_a_way_on(leader: Browser) -> None:
    state = re.search("state=([^&]+)", _leave(leader, "google"))
    assert state
    html = leader.see(f"/connections/back?state={state[1]}&error=access_denied", 409)
    assert "See your calendars" in html


def test_another_site_cannot_send_a_leader_to_consent(leader: Browser) -> None:
    answer = leader.client.get(
        "/you/mine/connect/google", headers={"sec-fetch-site": "cross-site"}, follow_redirects=False
    )
    assert answer.status_code == 403
