"""CalDAV accounts of real servers: connected, read, chosen from, and found wanting."""

from datetime import timedelta

import pytest

from app.connecting import calendars, changes
from app.connecting.caldav import connect_caldav
from app.connecting.connections import connection, connections, in_trouble
from app.connecting.disconnecting import disconnect
from app.connecting.errors import BadChoice, NoConnection
from app.connecting.horizon import horizon
from app.connecting.opening import connected
from app.connecting.states import Action, State
from app.people import leaders
from app.people.errors import IsLeaving
from connectors.errors import NotPossible, SignInNeeded, SuddenlyEmpty
from tests.connecting.conftest import Clock
from tests.connecting.steps import action, count, kept, opened, put_event, reseal
from tests.servers.fixtures import PASSWORD


@pytest.fixture
def server(request, database):
    """One of the two beside each kind of database."""
    name = "radicale" if database.engine.name == "sqlite" else "xandikos"
    return request.getfixturevalue(name)


@pytest.fixture
def here(server):
    """A new calendar on the server."""
    return server.new_calendar()


@pytest.fixture
def mine(deployment, leader, server, here):
    return connect_caldav(deployment, leader, server.url + here, "leader", PASSWORD)


def tomorrow(clock_hand: Clock):
    return clock_hand.at.replace(hour=10, minute=0, second=0) + timedelta(days=1)


def test_a_connected_calendar_can_be_read(deployment, leader, server, here, mine, clock_hand):
    put_event(server, here, tomorrow(clock_hand))
    assert mine.state is State.ACTIVE and mine.trouble is None
    assert mine.calendars == (server.url + here,)
    diary = opened(deployment, leader)
    found = diary.read(horizon(clock_hand.at)).occurrences
    diary.close()
    assert [each.span.start for each in found] == [tomorrow(clock_hand)]


def test_an_account_ticks_its_main_calendar(deployment, leader, radicale, clock_hand):
    path = radicale.new_calendar()
    made = connect_caldav(deployment, leader, radicale.url, "leader", PASSWORD)
    account = calendars.look(deployment, leader, made.id)
    assert [each.id for each in account.calendars if each.ticked] == list(made.calendars)
    assert [each.holds for each in account.calendars].count(True) == 1
    assert radicale.url + path in {each.id for each in account.calendars}
    assert account.abilities.holds and account.abilities.tells_changes
    assert not account.abilities.calls_back


def test_what_does_not_let_us_in_is_not_kept(deployment, leader, radicale):
    with pytest.raises(SignInNeeded):
        connect_caldav(deployment, leader, radicale.url, "leader", "wrong")
    for url, user, password in (
        (radicale.url, "", PASSWORD),
        (radicale.url, "leader", ""),
        ("ftp://calendar.example", "leader", PASSWORD),
    ):
        with pytest.raises(BadChoice):
            connect_caldav(deployment, leader, url, user, password)
    assert connections(deployment, leader) == ()


def test_a_password_that_was_taken_back_waits_for_the_leader(
    deployment, leader, server, here, mine
):
    reseal(deployment, mine, password="no longer")
    with pytest.raises(SignInNeeded):
        opened(deployment, leader)
    (lost,) = in_trouble(deployment, leader)
    assert lost.state is State.REVOKED and action(lost) is Action.RECONNECT
    assert connected(deployment, leader) == ()
    again = connect_caldav(
        deployment, leader, server.url + here, "leader", PASSWORD, connection_id=mine.id
    )
    assert again.id == mine.id and again.state is State.ACTIVE
    assert in_trouble(deployment, leader) == ()
    opened(deployment, leader).close()


def test_only_a_change_is_told_and_only_once_it_is_dealt_with(
    deployment, leader, server, here, mine, clock_hand
):
    first = changes.look(deployment, leader, mine.id)
    assert first.changed
    assert changes.look(deployment, leader, mine.id).changed, "nobody has dealt with it"
    kept(deployment, first)
    assert not changes.look(deployment, leader, mine.id).changed
    put_event(server, here, tomorrow(clock_hand))
    second = changes.look(deployment, leader, mine.id)
    assert count(second) == 1
    kept(deployment, second)
    quiet = changes.look(deployment, leader, mine.id)
    assert not quiet.changed
    assert connection(deployment, leader, mine.id).read_at == clock_hand.at


def test_a_calendar_that_is_suddenly_empty_is_left_alone_until_somebody_looked(
    deployment, leader, server, here, mine, clock_hand
):
    where = put_event(server, here, tomorrow(clock_hand))
    kept(deployment, changes.look(deployment, leader, mine.id))
    with server.client() as client:
        client.delete(where)
    for _ in range(2):
        with pytest.raises(SuddenlyEmpty):
            changes.look(deployment, leader, mine.id)
    (stopped,) = in_trouble(deployment, leader)
    assert stopped.state is State.EMPTY and action(stopped) is Action.CONFIRM_EMPTY
    assert changes.confirm_empty(deployment, leader, mine.id) is State.ACTIVE
    told = changes.look(deployment, leader, mine.id)
    assert told.confirmed and told.changed, "its holds are to be looked at"
    kept(deployment, told)
    assert not changes.look(deployment, leader, mine.id).changed
    assert in_trouble(deployment, leader) == ()


def test_events_that_come_back_end_the_doubt(deployment, leader, server, here, mine, clock_hand):
    where = put_event(server, here, tomorrow(clock_hand))
    kept(deployment, changes.look(deployment, leader, mine.id))
    with server.client() as client:
        client.delete(where)
    with pytest.raises(SuddenlyEmpty):
        changes.look(deployment, leader, mine.id)
    put_event(server, here, tomorrow(clock_hand))
    changes.look(deployment, leader, mine.id)
    assert connection(deployment, leader, mine.id).state is State.ACTIVE


def test_the_leader_ticks_calendars_and_the_first_gets_the_holds(
    deployment, leader, server, here, mine, clock_hand
):
    other = server.new_calendar()
    put_event(server, here, tomorrow(clock_hand))
    put_event(server, other, tomorrow(clock_hand) + timedelta(hours=2))
    ticked = [server.url + other, server.url + here]
    chosen = calendars.choose(deployment, leader, mine.id, ticked)
    assert chosen.calendars == tuple(ticked)
    account = calendars.look(deployment, leader, mine.id)
    assert {each.id for each in account.calendars if each.ticked} == set(ticked)
    assert [each.id for each in account.calendars if each.holds] == [server.url + other]
    assert count(changes.look(deployment, leader, mine.id)) == 2


def test_what_cannot_be_ticked_is_refused(deployment, leader, mine):
    for ticked in ([], ["https://elsewhere.example/c/"], [mine.calendars[0]] * 2):
        with pytest.raises(BadChoice):
            calendars.choose(deployment, leader, mine.id, ticked)
    assert connection(deployment, leader, mine.id).calendars == mine.calendars


def test_holds_are_not_written_to_what_can_only_be_read(deployment, leader, radicale):
    shared, own = radicale.new_calendar("leader"), radicale.new_calendar("assistant")
    made = connect_caldav(deployment, leader, radicale.url + shared, "assistant", PASSWORD)
    account = calendars.look(deployment, leader, made.id)
    assert not account.abilities.holds
    ids = [radicale.url + shared, radicale.url + own]
    with pytest.raises(BadChoice, match="only be read"):
        calendars.choose(deployment, leader, made.id, ids)


def test_another_calendar_can_be_ticked_when_the_ticked_one_is_gone(
    deployment, leader, server, clock_hand
):
    one, other = server.new_calendar(), server.new_calendar()
    made = connect_caldav(deployment, leader, server.url, "leader", PASSWORD)
    calendars.choose(deployment, leader, made.id, [server.url + one])
    with server.client() as client:
        client.delete(one)
    with pytest.raises(NotPossible):
        changes.look(deployment, leader, made.id)
    assert connection(deployment, leader, made.id).state is State.REVOKED
    calendars.choose(deployment, leader, made.id, [server.url + other])
    changes.look(deployment, leader, made.id)
    assert connection(deployment, leader, made.id).state is State.ACTIVE


def test_nobody_reaches_the_connection_of_another(deployment, leader, radicale):
    path = radicale.new_calendar()
    mine = connect_caldav(deployment, leader, radicale.url + path, "leader", PASSWORD)
    other = leaders.join(deployment, "other").id
    for attempt in (
        lambda: connection(deployment, other, mine.id),
        lambda: calendars.look(deployment, other, mine.id),
        lambda: calendars.choose(deployment, other, mine.id, mine.calendars),
        lambda: changes.look(deployment, other, mine.id),
        lambda: changes.confirm_empty(deployment, other, mine.id),
        lambda: disconnect(deployment, other, mine.id),
        lambda: connect_caldav(
            deployment, other, radicale.url, "leader", PASSWORD, connection_id=mine.id
        ),
    ):
        with pytest.raises(NoConnection):
            attempt()
    assert connections(deployment, other) == () and connected(deployment, other) == ()
    assert connections(deployment, leader) == (mine,)


def test_a_leader_who_leaves_connects_nothing_more(deployment, leader, radicale):
    path = radicale.new_calendar()
    leaders.leave(deployment, leader)
    with pytest.raises(IsLeaving):
        connect_caldav(deployment, leader, radicale.url + path, "leader", PASSWORD)
    assert connections(deployment, leader) == ()
