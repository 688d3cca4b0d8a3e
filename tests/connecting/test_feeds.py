"""Published calendars: an address that is a secret, read and never written."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.connecting import calendars, changes
from app.connecting.connections import MOST, connection, connections, in_trouble
from app.connecting.errors import BadChoice
from app.connecting.feeds import connect_feed
from app.connecting.opening import connected
from app.connecting.states import Action, State
from connectors.errors import (
    EventGone,
    NotPossible,
    PermissionMissing,
    SuddenlyEmpty,
    Unreachable,
    Unreadable,
)
from tests.connecting.conftest import with_settings
from tests.connecting.steps import action, event_text, kept
from tests.contract.stages.text import calendar
from tests.fakes.serving import Served
from tests.servers.fixtures import on_sqlite

SECRET_PATH = "/private-9f8e7d/basic.ics"
# what is kept here is the same for every connection: test_caldav and test_tokens try both
pytestmark = on_sqlite


class Publisher:
    """Publishes one calendar, or answers otherwise."""

    def __init__(self, content: bytes) -> None:
        self.content, self.status = content, 200
        app = Starlette(routes=[Route(SECRET_PATH, self._answer)])
        self.served = Served(app)
        self.address = self.served.url + SECRET_PATH

    async def _answer(self, request: Request) -> Response:
        return Response(self.content, self.status, media_type="text/calendar")


@pytest.fixture
def publisher(clock_hand) -> Iterator[Publisher]:
    found = Publisher(event_text(clock_hand.at + timedelta(days=1)))
    with found.served:
        yield found


def test_a_feed_is_connected_and_says_what_changed(deployment, leader, publisher, clock_hand):
    made = connect_feed(deployment, leader, publisher.address)
    first = changes.look(deployment, leader, made.id)
    assert first.reading is not None and first.reading.as_of == clock_hand.at
    assert len(first.reading.occurrences) == 1
    kept(deployment, first)
    clock_hand.pass_by(minutes=6)
    assert not changes.look(deployment, leader, made.id).changed
    assert connection(deployment, leader, made.id).read_at == clock_hand.at
    publisher.content = event_text(clock_hand.at + timedelta(days=2))
    assert changes.look(deployment, leader, made.id).changed


def test_a_leader_has_so_many_connections_and_no_more(deployment, leader, publisher):
    for number in range(MOST):
        connect_feed(deployment, leader, f"{publisher.address}?{number}")
    with pytest.raises(BadChoice, match="disconnect one"):
        connect_feed(deployment, leader, f"{publisher.address}?{MOST}")
    assert len(connections(deployment, leader)) == MOST


def test_the_same_calendar_is_not_connected_twice(deployment, leader, publisher):
    connect_feed(deployment, leader, publisher.address)
    with pytest.raises(BadChoice, match="connected already"):
        connect_feed(deployment, leader, publisher.address)
    assert len(connections(deployment, leader)) == 1


def test_nothing_can_be_chosen_or_written_there(deployment, leader, publisher):
    made = connect_feed(deployment, leader, publisher.address)
    account = calendars.look(deployment, leader, made.id)
    assert account.calendars == () and not account.abilities.holds
    with pytest.raises(BadChoice):
        calendars.choose(deployment, leader, made.id, ["x"])


@pytest.mark.parametrize(
    ("status", "content", "error"),
    [
        (404, b"", EventGone),
        (403, b"", PermissionMissing),
        (500, b"", Unreachable),
        (200, b"<html>", Unreadable),
    ],
)
def test_what_is_no_calendar_is_not_kept(deployment, leader, publisher, status, content, error):
    publisher.status, publisher.content = status, content
    with pytest.raises(error):
        connect_feed(deployment, leader, publisher.address)
    with pytest.raises(NotPossible):
        connect_feed(deployment, leader, "file:///etc/passwd")
    assert connections(deployment, leader) == ()


def test_no_address_inside_the_house_is_called(deployment, leader, publisher):
    outside = with_settings(deployment, private_networks=())
    with pytest.raises(NotPossible, match="inside a network"):
        connect_feed(outside, leader, publisher.address)


def test_a_silent_server_is_tried_again_and_recovers(deployment, leader, publisher):
    made = connect_feed(deployment, leader, publisher.address)
    publisher.status = 503
    with pytest.raises(Unreachable):
        changes.look(deployment, leader, made.id)
    silent = connection(deployment, leader, made.id)
    assert silent.state is State.UNREACHABLE
    assert action(silent) is Action.TRY_AGAIN
    assert len(connected(deployment, leader)) == 1 and in_trouble(deployment, leader) == ()
    publisher.status = 200
    changes.look(deployment, leader, made.id)
    assert connection(deployment, leader, made.id).state is State.ACTIVE


def test_an_address_that_was_taken_back_can_be_given_anew(deployment, leader, publisher):
    made = connect_feed(deployment, leader, publisher.address)
    publisher.status = 410
    with pytest.raises(EventGone):
        changes.look(deployment, leader, made.id)
    assert connection(deployment, leader, made.id).state is State.REVOKED
    publisher.status = 200
    again = connect_feed(deployment, leader, publisher.address, connection_id=made.id)
    assert again.id == made.id and again.state is State.ACTIVE


def test_a_feed_that_is_suddenly_empty_is_confirmed_first(deployment, leader, publisher):
    made = connect_feed(deployment, leader, publisher.address)
    kept(deployment, changes.look(deployment, leader, made.id))
    publisher.content = calendar()
    with pytest.raises(SuddenlyEmpty):
        changes.look(deployment, leader, made.id)
    assert connection(deployment, leader, made.id).state is State.EMPTY
    changes.confirm_empty(deployment, leader, made.id)
    told = changes.look(deployment, leader, made.id)
    assert told.confirmed and told.changed, "its holds are to be looked at"
    kept(deployment, told)
    assert not changes.look(deployment, leader, made.id).changed
