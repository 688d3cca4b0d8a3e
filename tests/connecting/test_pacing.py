"""All processes together ask a provider no more than it lets one application ask."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from app.connecting.connections import Provider
from app.connecting.pacing import paced
from app.storage import pace
from app.storage.tables import Pace
from connectors.errors import Throttled
from rules.interval import Interval
from tests.connecting.conftest import with_settings
from tests.connecting.steps import connect_google, opened

SECOND = timedelta(seconds=1)


def reserve(database, provider, seconds):
    with database.transaction() as session:
        return pace.reserve(session, provider, seconds * SECOND, 10 * SECOND, 20 * SECOND)


def test_what_was_not_used_is_there_for_a_burst_and_then_turns_come_one_by_one(database):
    assert reserve(database, "google", 10) == timedelta()
    first, second = (reserve(database, "google", 3) for _ in range(2))
    # the clock is the database's, so some of it has passed
    assert 2 * SECOND < first <= 3 * SECOND < second <= 6 * SECOND
    assert reserve(database, "microsoft", 10) == timedelta(), "another provider's time"


def test_whoever_would_wait_too_long_takes_nothing(database):
    reserve(database, "google", 28)
    refused = [reserve(database, "google", 5) for _ in range(3)]
    assert all(20 * SECOND < each <= 23 * SECOND for each in refused)
    assert reserve(database, "google", 1) <= 19 * SECOND


def test_each_request_has_its_turn_and_too_many_are_put_off(workspace, leader, google):
    """A few turns are taken together, whoever asks."""
    slowly = with_settings(workspace, google_per_minute=60)
    waits: list[float] = []
    first, second = (paced(slowly, Provider.GOOGLE, waits.append) for _ in range(2))
    ask(first, 4)
    ask(second, 4)
    assert waits == [], "ten seconds of turns are there at once"
    for _ in range(8):
        ask(first)
        ask(second)
    assert waits == sorted(waits) and 1 < waits[0] < waits[-1] <= 20
    with pytest.raises(Throttled) as refused:
        ask(first, 40)
    assert refused.value.after is not None and 20 < refused.value.after < 60


def ask(way, times=1):
    for _ in range(times):
        way._wait()


def test_what_is_read_from_a_provider_is_counted(workspace, leader, google, database):
    connect_google(workspace, leader)
    diary = opened(workspace, leader)
    before = taken_until(database)
    now = workspace.now()
    diary.read(Interval(now, now + timedelta(days=1)))
    diary.close()
    assert taken_until(database) != before


def taken_until(database):
    with database.transaction() as session:
        return session.scalar(select(Pace.taken_until))
