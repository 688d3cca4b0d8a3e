"""A window of a diary, the same whoever keeps it."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from connectors.errors import EventGone
from rules.event import Kind, ScoredAs, ShowAs, Status
from rules.interval import Interval
from tests.contract.stage import LONDON, SECRET, Planted, Stage
from tests.contract.words import DAY, HOUR, MONDAY, NINE, WEEK, meeting, only, seen, span, utc

OTHER = "chair@trust.example"


def test_a_meeting_reads_as_what_it_is(stage: Stage) -> None:
    uid = stage.plant(
        meeting(people=("a@trust.example", "x@partner.example"), rooms=("room4@trust.example",))
    )
    one = only(stage)
    assert one.id == uid and one.recurrence_id is None
    assert one.span == span(NINE)
    assert one.scored_as is ScoredAs.APPOINTMENT
    assert (one.organizer, one.other_people, one.external, one.resources) == (True, 2, True, 1)
    assert (one.show_as, one.status, one.private) == (ShowAs.BUSY, Status.CONFIRMED, False)
    assert (one.kind, one.firm, one.locked, one.changed) == (None, False, False, None)


def test_nothing_that_is_read_holds_a_title_or_an_address(stage: Stage) -> None:
    stage.plant(meeting())
    told = repr(stage.diary.read(WEEK))
    assert SECRET not in told and "a@trust.example" not in told


def test_the_window_takes_what_overlaps_it_in_order(stage: Stage) -> None:
    late = stage.plant(meeting(NINE + 3 * HOUR))
    early = stage.plant(meeting(NINE))
    stage.plant(meeting(NINE + 7 * DAY))
    assert list(seen(stage)) == [early, late]
    assert list(seen(stage, span(NINE + HOUR / 2, 10))) == [early]
    assert not seen(stage, Interval(utc(NINE + HOUR), utc(NINE + 3 * HOUR)))


def test_somebody_elses_meeting_is_theirs(stage: Stage) -> None:
    stage.plant(meeting(organizer=OTHER))
    one = only(stage)
    assert (one.organizer, one.other_people) == (False, 3)


def test_a_meeting_that_the_leader_declined_takes_no_time(stage: Stage) -> None:
    stage.plant(meeting(organizer=OTHER, answer="declined"))
    assert all(one.scored_as is ScoredAs.NONE for one in seen(stage).values())


def test_an_appointment_of_ones_own_is_own_time(stage: Stage) -> None:
    stage.plant(meeting(people=()))
    one = only(stage)
    assert (one.scored_as, one.organizer, one.other_people) == (ScoredAs.OWN_TIME, True, 0)


@pytest.mark.parametrize("show_as", [ShowAs.FREE, ShowAs.TENTATIVE, ShowAs.OOF])
def test_how_time_shows_is_told(stage: Stage, show_as: ShowAs) -> None:
    organizer = OTHER if show_as is ShowAs.TENTATIVE else "leader@trust.example"
    people = () if show_as is ShowAs.OOF else ("a@trust.example",)
    answer = "tentative" if show_as is ShowAs.TENTATIVE else "accepted"
    stage.plant(meeting(show_as=show_as, people=people, organizer=organizer, answer=answer))
    assert only(stage).show_as is show_as


def test_what_is_private_is_told_and_is_own_time(stage: Stage) -> None:
    stage.plant(meeting(private=True))
    one = only(stage)
    assert (one.private, one.scored_as) == (True, ScoredAs.OWN_TIME)


def test_a_whole_day_has_dates(stage: Stage) -> None:
    stage.plant(Planted(MONDAY, MONDAY + timedelta(days=2), show_as=ShowAs.FREE))
    one = only(stage)
    assert (one.all_day, one.start, one.end) == (True, date(2026, 11, 23), date(2026, 11, 25))
    assert one.scored_as is ScoredAs.NONE


def test_what_is_cancelled_takes_no_time(stage: Stage) -> None:
    """Some calendars drop it, some show it as cancelled; either way nobody waits there."""
    stage.plant(meeting(organizer=OTHER, cancelled=True))
    assert all(one.scored_as is ScoredAs.NONE for one in seen(stage).values())


def test_our_own_holds_are_known_again(stage: Stage) -> None:
    gap = stage.plant(Planted(NINE, NINE + HOUR / 6, kind=Kind.GAP))
    firm = stage.plant(Planted(NINE + HOUR, NINE + 2 * HOUR, kind=Kind.PROTECTED, firm=True))
    found = seen(stage)
    assert (found[gap].hold, found[gap].firm, found[gap].scored_as) == (
        Kind.GAP,
        False,
        ScoredAs.HOLD,
    )
    assert (found[firm].hold, found[firm].firm) == (Kind.PROTECTED, True)


def test_a_series_is_expanded_with_its_exceptions(stage: Stage) -> None:
    """The third is moved to the afternoon, the fourth is dropped; each keeps its original start."""
    uid = stage.plant(meeting(every=1, members=5, moved={2: 5 * HOUR}, dropped=frozenset({3})))
    found = seen(stage)
    assert list(found) == [f"{uid}/202611{day}T090000Z" for day in (23, 24, 25, 27)]
    moved = found[f"{uid}/20261125T090000Z"]
    assert moved.span == span(NINE + 2 * DAY + 5 * HOUR)
    assert moved.recurrence_id == utc(NINE + 2 * DAY)
    assert {one.other_people for one in found.values()} == {2}


def test_a_member_that_was_moved_out_of_the_window_is_not_in_it(stage: Stage) -> None:
    stage.plant(meeting(every=7, members=2, moved={0: -8 * DAY}))
    assert not seen(stage)


def test_a_member_that_was_moved_into_the_window_is_in_it(stage: Stage) -> None:
    uid = stage.plant(meeting(NINE - 7 * DAY, every=7, members=1, moved={0: 7 * DAY + HOUR}))
    one = only(stage)
    assert (one.id, one.span) == (f"{uid}/20261116T090000Z", span(NINE + HOUR))


@pytest.mark.parametrize(
    ("first", "hours"),
    [
        (datetime(2026, 10, 23, 9, tzinfo=LONDON), (8, 9)),
        (datetime(2027, 3, 26, 9, tzinfo=LONDON), (9, 8)),
    ],
)
def test_a_series_keeps_its_local_time_over_a_clock_change(
    stage: Stage, first: datetime, hours: tuple[int, int]
) -> None:
    """Friday to Monday over the last Sunday of October and of March."""
    stage.plant(meeting(first, every=3, members=2))
    found = seen(stage, Interval(utc(first) - DAY, utc(first) + 7 * DAY))
    assert [one.span.start.hour for one in found.values()] == list(hours)
    assert {one.span.minutes for one in found.values()} == {60}


def test_a_night_over_a_clock_change_has_its_true_length(stage: Stage) -> None:
    """22:00 to 06:00 over the end of summer time is nine hours."""
    start, end = (
        datetime(2026, 10, 24, 22, tzinfo=LONDON),
        datetime(2026, 10, 25, 6, tzinfo=LONDON),
    )
    stage.plant(replace(meeting(), start=start, end=end))
    assert only(stage, Interval(utc(start) - DAY, utc(end) + DAY)).span.minutes == 9 * 60


def test_many_events_come_whole(stage: Stage) -> None:
    """More than any provider's page by default (10 on Graph, 250 on Google)."""
    uids = {stage.plant(meeting(NINE + number * HOUR / 12, 5)) for number in range(30)}
    uids.add(stage.plant(meeting(NINE, 5, every=1, members=7)))
    assert {one.uid for one in stage.diary.read(WEEK).occurrences} == uids
    assert len(stage.diary.read(WEEK).occurrences) == 37


def test_one_event_can_be_read_by_itself(stage: Stage) -> None:
    single, series = stage.plant(meeting()), stage.plant(meeting(NINE + HOUR, every=1, members=3))
    for event_id, one in seen(stage).items():
        assert stage.diary.get(event_id) == one
    assert stage.diary.get(single).id == single
    assert stage.diary.get(series).span == span(NINE + HOUR)


def test_what_is_not_there_is_gone(stage: Stage) -> None:
    uid = stage.plant(meeting())
    stage.remove(uid)
    with pytest.raises(EventGone, match="no longer in the calendar"):
        stage.diary.get(uid)
    with pytest.raises(EventGone):
        stage.diary.get(f"{uid}/20261125T090000Z")


def test_times_are_utc_and_the_zone_is_the_leaders(stage: Stage) -> None:
    stage.plant(meeting())
    reading = stage.diary.read(WEEK)
    assert str(reading.zone) == "Europe/London"
    assert reading.occurrences[0].span.start.tzinfo is UTC
    assert not reading.warnings and reading.left_out == 0
