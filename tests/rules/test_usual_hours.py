"""Which working hours a calendar suggests: the usual ones, but for what it regularly shows."""

from collections.abc import Iterator
from datetime import date, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.interval import Interval
from rules.usual_hours import LEAST_WEEKS, usual_hours
from rules.working_pattern import instant, parse_hours

LONDON = ZoneInfo("Europe/London")
FIRST = date(2026, 10, 5)  # the clocks change within these weeks


def at(week: int, weekday: int, start: str, end: str) -> Interval:
    day = FIRST + timedelta(weeks=week, days=weekday)
    first, last = (instant(day, time.fromisoformat(clock), LONDON) for clock in (start, end))
    return Interval(first, last)


def every_week(weekdays: range, start: str, end: str, weeks: int = 6) -> Iterator[Interval]:
    for week in range(weeks):
        for weekday in weekdays:
            yield at(week, weekday, start, end)


WEEKDAYS = range(5)
LONG = [*every_week(WEEKDAYS, "08:10", "09:00"), *every_week(WEEKDAYS, "17:00", "17:45")]


@pytest.mark.parametrize(
    ("meetings", "hours"),
    [
        (list(every_week(WEEKDAYS, "10:00", "15:00")), "Mon-Fri 09:00-17:00"),
        (LONG, "Mon-Fri 08:00-18:00"),
        (list(every_week(range(4), "10:00", "11:00")), "Mon-Thu 09:00-17:00"),
        # one late evening in six weeks is no habit
        (
            [*every_week(WEEKDAYS, "10:00", "11:00"), at(0, 1, "18:00", "19:00")],
            "Mon-Fri 09:00-17:00",
        ),
        # every other week is one
        (
            [
                *every_week(WEEKDAYS, "10:00", "11:00"),
                *[at(week, 1, "17:00", "18:30") for week in (0, 2, 4)],
            ],
            "Mon 09:00-17:00; Tue 09:00-18:30; Wed-Fri 09:00-17:00",
        ),
        # nor is one Saturday, but Saturdays are
        (
            [*every_week(WEEKDAYS, "10:00", "11:00"), at(0, 5, "10:00", "11:00")],
            "Mon-Fri 09:00-17:00",
        ),
        (list(every_week(range(2, 6), "10:00", "11:00")), "Wed-Sat 09:00-17:00"),
        # what is very early or late is for the leader to say
        (list(every_week(WEEKDAYS, "05:00", "21:00")), None),
        (
            [*every_week(WEEKDAYS, "05:00", "06:00"), *every_week(WEEKDAYS, "20:00", "21:00")],
            "Mon-Fri 07:00-19:00",
        ),
        # nights and whole days are no meetings
        ([at(week, 1, "20:00", "21:00") for week in range(LEAST_WEEKS - 1)], None),
        ([], None),
    ],
)
def test_the_hours_that_meetings_suggest(meetings: list[Interval], hours: str | None) -> None:
    assert usual_hours(meetings, LONDON) == hours


@given(
    st.lists(
        st.tuples(st.integers(0, 8), st.integers(0, 6), st.integers(0, 1439), st.integers(1, 2000)),
        max_size=60,
    )
)
def test_what_is_suggested_can_be_read_and_lies_between_seven_and_seven(
    drawn: list[tuple[int, int, int, int]],
) -> None:
    meetings = []
    for week, weekday, minute, length in drawn:
        day = FIRST + timedelta(weeks=week, days=weekday)
        start = instant(day, time(), LONDON) + timedelta(minutes=minute)
        meetings.append(Interval(start, start + timedelta(minutes=length)))
    hours = usual_hours(meetings, LONDON)
    if hours is None:
        return
    for shift in filter(None, parse_hours(hours, LONDON).weeks[0]):
        assert 7 <= shift.start.hour <= 9 and 17 <= shift.end.hour <= 19
