"""Going to Microsoft or Google, agreeing there, and coming back."""

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from app.connecting import calendars, consent
from app.connecting.connections import Provider, connection, connections
from app.connecting.errors import BadChoice, NoConnection, NotSetUp
from app.connecting.horizon import horizon
from app.connecting.states import Action, State
from app.people import leaders
from app.people.errors import LostErrand
from app.people.history import What, page
from connectors.errors import PermissionMissing, SignInNeeded
from tests.connecting.conftest import SITE
from tests.connecting.steps import (
    action,
    add_row,
    agree_at_google,
    agree_at_microsoft,
    connect_google,
    connect_outlook,
    opened,
    sealed_in,
)
from tests.contract.stage import ME
from tests.servers.fixtures import on_sqlite

BACK = f"{SITE}/connections/back"
# what is kept here is the same for every connection: test_caldav and test_tokens try both
pytestmark = on_sqlite


def begun(deployment, leader, graph, **more):
    left = consent.begin(deployment, leader, Provider.MICROSOFT, **more)
    return left, agree_at_microsoft(graph.login, left.url)


def asked_in(url):
    return dict(parse_qsl(urlsplit(url).query))


def test_a_leader_connects_outlook(outlook, leader, graph, clock_hand):
    left, answer = begun(outlook, leader, graph, return_path="/week?from=2026-11-23")
    asked = asked_in(left.url)
    assert asked["code_challenge_method"] == "S256" and asked["redirect_uri"] == BACK
    assert {"Calendars.ReadWrite", "offline_access"} <= set(asked["scope"].split())
    back = consent.finish(outlook, leader, answer, browser=left.browser)
    assert back.path == "/week?from=2026-11-23"
    assert back.connection.state is State.ACTIVE and len(back.connection.calendars) == 1
    account = calendars.look(outlook, leader, back.connection.id)
    assert account.calendars[0].holds and account.abilities.calls_back
    diary = opened(outlook, leader)
    assert diary.read(horizon(clock_hand.at)).occurrences == ()
    diary.close()
    assert page(outlook, leader).entries[0].what is What.CONNECTED


def test_a_leader_connects_google(workspace, leader, google, clock_hand):
    left = consent.begin(workspace, leader, Provider.GOOGLE, return_path="/settings")
    asked = asked_in(left.url)
    assert asked["access_type"] == "offline" and asked["prompt"] == "consent"
    assert asked["code_challenge_method"] == "S256" and asked["redirect_uri"] == BACK
    answer = agree_at_google(left.url)
    back = consent.finish(workspace, leader, answer, browser=left.browser)
    assert back.path == "/settings" and back.connection.calendars == (ME,)
    account = calendars.look(workspace, leader, back.connection.id)
    assert account.calendars[0].holds and account.abilities.free_busy
    diary = opened(workspace, leader)
    assert diary.read(horizon(clock_hand.at)).occurrences == ()
    diary.close()


def test_one_comes_back_once_in_time_in_the_same_browser_as_oneself(
    outlook, leader, graph, clock_hand
):
    other = leaders.join(outlook, "other").id
    left, answer = begun(outlook, leader, graph)
    for who, browser in ((leader, "another"), (leader, "")):
        with pytest.raises(LostErrand):
            consent.finish(outlook, who, answer, browser=browser)
    left, answer = begun(outlook, leader, graph)
    with pytest.raises(LostErrand):
        consent.finish(outlook, other, answer, browser=left.browser)
    left, answer = begun(outlook, leader, graph)
    clock_hand.pass_by(minutes=10)
    with pytest.raises(LostErrand):
        consent.finish(outlook, leader, answer, browser=left.browser)
    left, answer = begun(outlook, leader, graph)
    consent.finish(outlook, leader, answer, browser=left.browser)
    with pytest.raises(LostErrand):
        consent.finish(outlook, leader, answer, browser=left.browser)
    assert len(connections(outlook, leader)) == 1


def test_a_code_of_another_journey_is_worth_nothing(workspace, leader, google):
    stolen = agree_at_google(consent.begin(workspace, leader, Provider.GOOGLE).url)
    left = consent.begin(workspace, leader, Provider.GOOGLE)
    mixed = {**agree_at_google(left.url), "code": stolen["code"]}
    with pytest.raises(SignInNeeded):
        consent.finish(workspace, leader, mixed, browser=left.browser)
    assert connections(workspace, leader) == ()


def test_nobody_is_led_to_another_site(outlook, leader, graph):
    for path in ("https://evil.example/", "//evil.example", "/\\evil.example"):
        left, answer = begun(outlook, leader, graph, return_path=path)
        assert consent.finish(outlook, leader, answer, browser=left.browser).path == "/"


def test_an_answer_without_a_cookie_is_put_aside_for_a_moment(outlook, leader, graph, clock_hand):
    left, answer = begun(outlook, leader, graph)
    aside = {consent.SET_ASIDE: consent.set_aside(outlook, answer)}
    assert answer["code"] not in aside.values()
    back = consent.finish(outlook, leader, aside, browser=left.browser)
    assert back.connection.state is State.ACTIVE
    left, answer = begun(outlook, leader, graph)
    aside = {consent.SET_ASIDE: consent.set_aside(outlook, answer)}
    clock_hand.pass_by(minutes=2)
    with pytest.raises(LostErrand):
        consent.finish(outlook, leader, aside, browser=left.browser)
    for nonsense in ({}, {"state": "x" * 100_000}):
        with pytest.raises(LostErrand):
            consent.set_aside(outlook, nonsense)


def test_where_an_administrator_has_to_agree_nothing_is_connected(outlook, leader, graph):
    graph.sign_in.declines = "access_denied"
    left, answer = begun(outlook, leader, graph)
    with pytest.raises(PermissionMissing):
        consent.finish(outlook, leader, answer, browser=left.browser)
    graph.sign_in.declines = ""
    graph.sign_in.unconsented = frozenset({"Calendars.ReadWrite"})
    left, answer = begun(outlook, leader, graph)
    with pytest.raises(PermissionMissing, match="see events"):
        consent.finish(outlook, leader, answer, browser=left.browser)
    assert connections(outlook, leader) == ()


def test_what_a_leader_unticks_at_google_is_not_offered(workspace, leader, google):
    google.sign_in.unticked = frozenset({"calendar.freebusy", "calendar.calendarlist.readonly"})
    made = connect_google(workspace, leader)
    assert made.calendars == ()
    account = calendars.look(workspace, leader, made.id)
    assert account.abilities.holds and not account.abilities.free_busy
    google.sign_in.unticked = frozenset({"calendar.events"})
    with pytest.raises(PermissionMissing, match="see events"):
        connect_google(workspace, leader)
    google.sign_in.declines = "access_denied"
    with pytest.raises(PermissionMissing):
        connect_google(workspace, leader)
    assert connections(workspace, leader) == (account.connection,)


def test_a_consent_can_be_given_anew(outlook, leader, graph):
    made = connect_outlook(outlook, leader, graph.login)
    graph.faults.revoke(ME)
    with pytest.raises(SignInNeeded):
        calendars.look(outlook, leader, made.id)
    assert connection(outlook, leader, made.id).state is State.REVOKED
    graph.sign_in.declines = "access_denied"
    with pytest.raises(PermissionMissing):
        connect_outlook(outlook, leader, graph.login, made.id)
    waiting = connection(outlook, leader, made.id)
    assert waiting.state is State.CONSENT and action(waiting) is Action.ASK_ADMIN
    graph.sign_in.declines = ""
    again = connect_outlook(outlook, leader, graph.login, made.id)
    assert again.id == made.id and again.state is State.ACTIVE
    assert again.calendars == made.calendars
    assert calendars.look(outlook, leader, made.id).calendars[0].ticked


def test_another_account_is_not_taken_for_the_same(workspace, leader, google):
    made = connect_google(workspace, leader)
    before = sealed_in(workspace, made)
    google.account("b@trust.example")
    google.sign_in.signed_in = "b@trust.example"
    with pytest.raises(BadChoice, match="another account"):
        connect_google(workspace, leader, made.id)
    assert sealed_in(workspace, made) == before


def test_a_consent_begins_only_where_it_can_end(deployment, outlook, leader):
    feed = add_row(outlook, leader, Provider.FEED)
    with pytest.raises(BadChoice):
        consent.begin(outlook, leader, Provider.CALDAV)
    with pytest.raises(BadChoice):
        consent.begin(outlook, leader, Provider.MICROSOFT, connection_id=feed)
    with pytest.raises(NoConnection):
        consent.begin(outlook, leader, Provider.MICROSOFT, connection_id="0" * 32)
    for provider in (Provider.MICROSOFT, Provider.GOOGLE):
        with pytest.raises(NotSetUp):
            consent.begin(deployment, leader, provider)


def test_an_access_token_lasts_as_long_as_the_provider_says(outlook, leader, graph):
    graph.sign_in.life = timedelta(minutes=4)
    connect_outlook(outlook, leader, graph.login)
    diary: Any = opened(outlook, leader)
    before = len(graph.sign_in.requests)
    diary.calendars()
    assert len(graph.sign_in.requests) == before + 1
    diary.close()
