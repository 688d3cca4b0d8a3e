"""Who is busy when, who is invited, other times, working hours, several calendars."""

import pytest

from connectors.base import Ability, agreement
from connectors.errors import EventGone, NotPossible
from rules.change import Agreement
from tests.contract.stage import Stage
from tests.contract.words import HOUR, NINE, WEEK, meeting, move, only, span

free_busy = pytest.mark.needs(Ability.FREE_BUSY)
proposes = pytest.mark.needs(Ability.PROPOSE)
A, B, ROOM = "a@trust.example", "b@trust.example", "room4@trust.example"
NOBODY = "nobody@elsewhere.example"


@free_busy
def test_people_and_rooms_are_busy_where_they_are_booked(stage: Stage) -> None:
    stage.plant(meeting(people=(A,), rooms=(ROOM,)))
    stage.plant(meeting(NINE + 2 * HOUR, people=(A, B)))
    busy = stage.diary.busy([A, B, ROOM, NOBODY], WEEK)
    assert busy[A] == (span(NINE), span(NINE + 2 * HOUR))
    assert (busy[B], busy[ROOM]) == ((span(NINE + 2 * HOUR),), (span(NINE),))
    assert busy[NOBODY] is None


@free_busy
def test_who_is_invited_is_told_without_the_leader(stage: Stage) -> None:
    uid = stage.plant(meeting(people=(A, B), rooms=(ROOM,)))
    assert set(stage.diary.invited(uid)) == {A, B, ROOM}


@free_busy
def test_whether_everybody_can_come_is_known(stage: Stage) -> None:
    uid = stage.plant(meeting(people=(A,)))
    stage.plant(meeting(NINE + 2 * HOUR, people=(A,)))
    one = stage.diary.get(uid)
    cases = {
        span(NINE + HOUR / 2): Agreement.FREE,
        span(NINE + HOUR): Agreement.FREE,
        span(NINE + 1.5 * HOUR): Agreement.UNKNOWN,
    }
    assert {after: agreement(stage.diary, move(one, after)) for after in cases} == cases


@free_busy
def test_somebody_unknown_cannot_be_known_to_be_free(stage: Stage) -> None:
    stage.plant(meeting(people=(NOBODY,)))
    assert agreement(stage.diary, move(only(stage), span(NINE + HOUR))) is Agreement.UNKNOWN


@proposes
def test_another_time_is_suggested_once_and_nothing_moves(stage: Stage) -> None:
    uid = stage.plant(meeting(organizer="chair@trust.example"))
    mailed = stage.mailed()
    stage.diary.propose(uid, span(NINE + HOUR), key="plan-1/0")
    assert stage.mailed() == mailed + 1
    assert only(stage).span == span(NINE)


@proposes
def test_nothing_is_suggested_to_oneself(stage: Stage) -> None:
    uid = stage.plant(meeting())
    with pytest.raises(NotPossible):
        stage.diary.propose(uid, span(NINE + HOUR), key="plan-1/0")
    with pytest.raises(EventGone):
        stage.diary.propose("nothing-of-this-name", span(NINE), key="plan-1/1")


@pytest.mark.needs(Ability.WORKING_HOURS)
def test_working_hours_are_read_from_the_settings(stage: Stage) -> None:
    """Every stage's leader works Monday to Friday, 08:00 to 17:00 in London."""
    found = stage.diary.working_hours()
    assert (found.hours, str(found.zone)) == ("Mon-Fri 08:00-17:00", "Europe/London")


@pytest.mark.needs(Ability.CALENDARS)
def test_calendars_are_listed_with_the_main_one_first(stage: Stage) -> None:
    found = stage.diary.calendars()
    assert found[0].primary and found[0].writable
    assert len({each.id for each in found}) == len(found)
