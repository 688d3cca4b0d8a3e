"""Being called back: asked for, believed, renewed, and ended with the connection."""

from datetime import timedelta

import pytest

from app.connecting import calendars, watching
from app.connecting.connections import Provider, connection
from app.connecting.disconnecting import disconnect
from app.connecting.errors import NoConnection
from app.connecting.states import State
from app.people.history import What, page
from app.storage.tables import Mailbox
from tests.connecting.conftest import SITE, with_settings
from tests.connecting.steps import (
    add_row,
    connect_google,
    connect_outlook,
    row_of,
    sealed_in,
)
from tests.contract.stage import ME


def is_dirty(deployment, leader) -> bool:
    """Whether the diary is to be looked at; it is as if somebody did."""
    with deployment.database.transaction() as session:
        row = session.get_one(Mailbox, leader)
        dirty, row.dirty_at = row.dirty_at is not None, None
    return dirty


def called(address: str, provider: Provider) -> str:
    """The channel in the address that a provider calls."""
    prefix = f"{SITE}{watching.NOTIFY}/{provider.value}/"
    assert address.startswith(prefix)
    return address.removeprefix(prefix)


def test_outlook_calls_and_is_believed_by_its_secret(outlook, leader, graph):
    made = connect_outlook(outlook, leader, graph.login)
    assert watching.renew_due(outlook) == 1
    assert connection(outlook, leader, made.id).watched and is_dirty(outlook, leader)
    assert watching.renew_due(outlook) == 0, "it is good for days"
    (kept,) = graph.subscriptions.kept.values()
    channel = called(kept.body["notificationUrl"], Provider.MICROSOFT)
    secret = kept.body["clientState"]
    for wrong in ((channel, "x"), ("0" * 40, secret), (channel, ""), (channel, "ü\udc80")):
        assert watching.notified(outlook, Provider.MICROSOFT, *wrong) is None
    assert watching.notified(outlook, Provider.GOOGLE, channel, secret) is None
    assert not is_dirty(outlook, leader)
    assert watching.notified(outlook, Provider.MICROSOFT, channel, secret) == leader
    assert is_dirty(outlook, leader)


def test_google_calls_for_each_ticked_calendar(workspace, leader, google):
    second = google.account(ME).add_calendar("Another")
    made = connect_google(workspace, leader)
    assert watching.renew_due(workspace) == 1
    is_dirty(workspace, leader)
    calendars.choose(workspace, leader, made.id, [ME, second])
    assert watching.renew_due(workspace) == 1
    is_dirty(workspace, leader)
    before = len(google.callbacks)
    for where in ("primary", second):
        google.account(ME).put(_event(), where)
    told = google.callbacks[before:]
    assert len(told) == 2, "the first channel was closed when the second were opened"
    for each in told:
        channel = called(each.address, Provider.GOOGLE)
        token = each.headers["X-Goog-Channel-Token"]
        assert watching.notified(workspace, Provider.GOOGLE, channel, token) == leader


def _event():
    times = ("2026-11-24T10:00:00Z", "2026-11-24T11:00:00Z")
    start, end = ({"dateTime": each, "timeZone": "UTC"} for each in times)
    return {"summary": "Title", "start": start, "end": end}


def test_a_subscription_is_renewed_before_it_ends(outlook, leader, graph, clock_hand):
    made = connect_outlook(outlook, leader, graph.login)
    watching.renew_due(outlook)
    first = row_of(outlook, made)
    assert first.renew_at < clock_hand.at + timedelta(days=5)
    clock_hand.at = first.renew_at
    assert watching.renew_due(outlook) == 1
    assert len(graph.subscriptions.kept) == 1
    assert row_of(outlook, made).renew_at > clock_hand.at


def test_a_subscription_that_was_forgotten_is_made_anew(outlook, leader, graph, clock_hand):
    made = connect_outlook(outlook, leader, graph.login)
    watching.renew_due(outlook)
    (kept,) = graph.subscriptions.kept.values()
    channel = called(kept.body["notificationUrl"], Provider.MICROSOFT)
    secret = kept.body["clientState"]
    graph.subscriptions.kept.clear()
    clock_hand.pass_by(minutes=1)
    told = watching.notified(outlook, Provider.MICROSOFT, channel, secret, ending=True)
    assert told == leader
    assert watching.renew_due(outlook) == 1 and len(graph.subscriptions.kept) == 1
    assert connection(outlook, leader, made.id).watched


def test_a_renewal_that_fails_is_tried_again(outlook, leader, graph, clock_hand):
    made = connect_outlook(outlook, leader, graph.login)
    graph.faults.fail(400, "ValidationError", matching="subscriptions")
    assert watching.renew_due(outlook) == 0 and watching.renew_due(outlook) == 0
    # nobody calls, which says nothing of the calendar
    assert connection(outlook, leader, made.id).state is State.ACTIVE
    clock_hand.pass_by(minutes=10)
    assert watching.renew_due(outlook) == 1


def test_a_consent_that_ended_is_seen_when_it_is_renewed(outlook, leader, graph):
    made = connect_outlook(outlook, leader, graph.login)
    graph.faults.revoke(ME)
    assert watching.renew_due(outlook) == 0
    assert connection(outlook, leader, made.id).state is State.REVOKED


def test_without_an_address_that_can_be_called_there_is_only_polling(outlook, leader, graph):
    inside = with_settings(outlook, public_url="")
    made = connect_outlook(inside, leader, graph.login)
    assert watching.renew_due(inside) == 0 and graph.subscriptions.kept == {}
    assert not watching.watch(inside, leader, made.id)
    assert not watching.watch(inside, leader, add_row(inside, leader))
    assert not watching.watch(inside, leader, "0" * 32)


def test_what_waits_for_a_person_is_not_asked_for(outlook, leader, graph, clock_hand):
    add_row(outlook, leader, Provider.MICROSOFT, State.REVOKED)
    assert watching.renew_due(outlook) == 0


def test_disconnecting_ends_everything_but_the_history(
    outlook, leader, graph, workspace, google, database
):
    at_outlook = connect_outlook(outlook, leader, graph.login)
    at_google = connect_google(workspace, leader)
    assert watching.watch(outlook, leader, at_outlook.id)
    assert watching.watch(workspace, leader, at_google.id)
    refresh = sealed_in(workspace, at_google)["refresh"]
    disconnect(outlook, leader, at_outlook.id)
    disconnect(workspace, leader, at_google.id)
    assert graph.subscriptions.kept == {}
    assert not google.sign_in.revoke_token(str(refresh)), "Google was told already"
    before = len(google.callbacks)
    google.account(ME).put(_event())
    assert len(google.callbacks) == before
    for made in (at_outlook, at_google):
        with pytest.raises(NoConnection):
            connection(outlook, leader, made.id)
    told = [each.what for each in page(outlook, leader).entries]
    assert told.count(What.DISCONNECTED) == 2 and told.count(What.CONNECTED) == 2


def test_disconnecting_needs_nobody_at_the_other_end(outlook, leader, graph):
    made = connect_outlook(outlook, leader, graph.login)
    assert watching.watch(outlook, leader, made.id)
    graph.faults.revoke(ME)
    disconnect(outlook, leader, made.id)
    with pytest.raises(NoConnection):
        disconnect(outlook, leader, made.id)
