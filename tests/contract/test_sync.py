"""Whether anything changed is told cheaply, and never wrongly."""

from dataclasses import replace

import pytest

from connectors.base import Ability
from connectors.errors import SuddenlyEmpty
from rules.event import Kind
from rules.interval import Interval
from tests.contract.stage import Stage
from tests.contract.words import DAY, HOUR, NINE, STAMP, WEEK, create, meeting, span

pytestmark = pytest.mark.needs(Ability.SYNC)


def test_the_first_time_reads_all(stage: Stage) -> None:
    uid = stage.plant(meeting())
    synced = stage.diary.sync(WEEK)
    assert synced.reading == stage.diary.read(WEEK)
    assert [one.id for one in synced.reading.occurrences] == [uid]
    assert (synced.state.window, synced.state.events) == (WEEK, 1)


def test_where_nothing_changed_nothing_is_read(stage: Stage) -> None:
    stage.plant(meeting())
    state = stage.diary.sync(WEEK).state
    again = stage.diary.sync(WEEK, state)
    assert again.reading is None
    assert stage.diary.sync(WEEK, again.state).reading is None


def test_what_changed_is_seen(stage: Stage) -> None:
    first = stage.plant(meeting())
    state = stage.diary.sync(WEEK).state
    second = stage.plant(meeting(NINE + HOUR, every=1, members=2))
    synced = stage.diary.sync(WEEK, state)
    assert {one.uid for one in synced.reading.occurrences} == {first, second}
    stage.retime(first, span(NINE + 3 * HOUR))
    synced = stage.diary.sync(WEEK, synced.state)
    assert synced.reading == stage.diary.read(WEEK)
    stage.remove(first)
    synced = stage.diary.sync(WEEK, synced.state)
    assert {one.uid for one in synced.reading.occurrences} == {second}
    assert stage.diary.sync(WEEK, synced.state).reading is None


@pytest.mark.needs(Ability.SYNC, Ability.HOLDS)
def test_our_own_writes_are_seen_too(stage: Stage) -> None:
    state = stage.diary.sync(WEEK).state
    done = stage.diary.make(create(Kind.GAP, span(NINE, 10)), key="k", stamp=STAMP)
    synced = stage.diary.sync(WEEK, state)
    assert [one.id for one in synced.reading.occurrences] == [done.event_id]


def test_another_window_is_read_whole(stage: Stage) -> None:
    stage.plant(meeting())
    late = stage.plant(meeting(NINE + 7 * DAY))
    state = stage.diary.sync(WEEK).state
    following = Interval(WEEK.start + 7 * DAY, WEEK.end + 7 * DAY)
    synced = stage.diary.sync(following, state)
    assert [one.id for one in synced.reading.occurrences] == [late]
    assert synced.state.window == following


def test_a_state_that_is_forgotten_means_reading_all(stage: Stage) -> None:
    uid = stage.plant(meeting())
    state = replace(stage.diary.sync(WEEK).state, token="of-another-life")
    synced = stage.diary.sync(WEEK, state)
    assert [one.id for one in synced.reading.occurrences] == [uid]
    assert stage.diary.sync(WEEK, synced.state).reading is None


def test_a_calendar_that_suddenly_reads_empty_stops(stage: Stage) -> None:
    uid = stage.plant(meeting())
    state = stage.diary.sync(WEEK).state
    stage.remove(uid)
    with pytest.raises(SuddenlyEmpty, match="reads empty now"):
        stage.diary.sync(WEEK, state)
    synced = stage.diary.sync(WEEK, state, allow_empty=True)
    assert synced.reading.occurrences == ()
    assert stage.diary.sync(WEEK, synced.state).reading is None
