"""What belongs to which day, what each day is for, and how far a diary must be read."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest

from rules.diary import Day, Diary, break_span, in_order, reach
from rules.event import Kind, Occurrence, ScoredAs, ShowAs, Status
from rules.example import MONDAY, ZONE, read_example
from rules.working_pattern import instant, parse_hours

TUESDAY = MONDAY + timedelta(days=1)
SUNDAY = MONDAY + timedelta(days=6)


def week(text: str) -> Diary:
    return read_example(text)[0]


def ids(occurrences: tuple[Occurrence, ...]) -> list[str]:
    return [each.id for each in occurrences]


def out_of_office(start: datetime | date, end: datetime | date) -> Occurrence:
    return Occurrence("away", start, end, ScoredAs.NONE, show_as=ShowAs.OOF)


def test_appointments_belong_to_the_day_they_start_on_in_hours_or_not() -> None:
    diary = week("Mon 07:00-08:00 mine; Mon 23:30-01:00 mine; Tue 09:00-10:00 mine")
    assert ids(diary.day(MONDAY).appointments) == ["1", "2"]
    assert ids(diary.day(TUESDAY).appointments) == ["3"]


def test_appointments_in_a_night_shift_belong_to_its_day() -> None:
    diary = week("hours Mon 22:00-06:00; Tue 05:00-07:00 mine; Tue 06:00-06:30 mine")
    assert ids(diary.day(MONDAY).appointments) == ["1"]
    assert ids(diary.day(TUESDAY).appointments) == ["2"]


def test_around_is_what_else_touches_the_hours() -> None:
    diary = week(
        "Mon 09:00-10:00 mine; Mon 10:00-11:00 own; Mon 13:00-15:00 protected;"
        "Mon 11:00-12:00 free; Mon 07:00-09:00 own; Mon 17:00-18:00 own"
    )
    day = diary.day(MONDAY)
    assert ids(day.around) == ["2", "3"]
    assert ids(day.own_time()) == ["2"]
    assert ids(day.holds()) == ids(day.holds(Kind.PROTECTED)) == ["3"]
    assert day.holds(Kind.GAP) == ()


def test_on_call_time_of_a_shift_is_around_and_of_whole_days_is_not() -> None:
    diary = week("Mon 08:00-10:00 on_call; Tue 17:00-09:30 on_call; Tue 09:00-10:00 mine")
    assert ids(diary.day(MONDAY).around) == ["1"]
    assert ids(diary.day(TUESDAY + timedelta(days=1)).around) == ["2"]
    on_call = diary.occurrences[0]
    long = replace(on_call, end=on_call.span.start + timedelta(hours=24))
    whole = replace(on_call, start=MONDAY, end=TUESDAY)
    away = replace(on_call, show_as=ShowAs.FREE)
    cancelled = replace(on_call, status=Status.CANCELLED)
    for each in (long, whole, away, cancelled):
        assert diary.with_occurrences([each]).day(MONDAY).around == ()


def test_an_appointment_of_the_day_before_that_runs_into_the_hours_is_around() -> None:
    diary = week("hours Tue 00:00-08:00; Mon 23:00-01:00 mine")
    assert ids(diary.day(TUESDAY).around) == ["1"]
    assert diary.day(TUESDAY).appointments == ()


def test_all_day_out_of_office_makes_the_day_leave() -> None:
    day = week("Mon leave; Mon 09:00-10:00 mine").day(MONDAY)
    assert day.leave
    assert day.window is None
    assert ids(day.appointments) == ["2"]


def test_leave_over_several_days_ends_before_its_end() -> None:
    diary = week("").with_occurrences([out_of_office(MONDAY, MONDAY + timedelta(days=2))])
    assert [day.leave for day in diary.days] == [True, True, False, False, False, False, False]
    same_day = diary.with_occurrences([out_of_office(MONDAY, MONDAY)])
    assert same_day.day(MONDAY).leave


def test_a_timed_day_out_of_office_is_leave_where_it_covers_the_hours() -> None:
    start = datetime(2026, 11, 23, 9, tzinfo=UTC)
    diary = week("").with_occurrences([out_of_office(start, start + timedelta(hours=24))])
    assert diary.day(MONDAY).leave
    assert not diary.day(TUESDAY).leave


def test_cancelled_or_timed_out_of_office_is_no_leave() -> None:
    cancelled = replace(out_of_office(MONDAY, TUESDAY), status=Status.CANCELLED)
    assert not week("").with_occurrences([cancelled]).day(MONDAY).leave
    assert not week("Mon 09:00-17:00 away").day(MONDAY).leave


def test_all_day_events_otherwise_change_nothing() -> None:
    busy = Occurrence("all day", MONDAY, TUESDAY, ScoredAs.NONE)
    day = week("").with_occurrences([busy]).day(MONDAY)
    assert day.window is not None
    assert day.appointments == day.around == ()


def test_a_week_counts_where_it_has_a_working_day_in_the_window() -> None:
    pattern = parse_hours("Mon-Fri 09:00-17:00", ZONE)
    two = Diary((), pattern, MONDAY - timedelta(days=1), MONDAY + timedelta(days=8))
    assert two.weeks == (MONDAY, MONDAY + timedelta(days=7))
    assert Diary((), pattern, SUNDAY, MONDAY + timedelta(days=7)).weeks == ()
    assert week("Mon-Fri leave").weeks == ()


def test_pods_count_from_monday_to_sunday_wherever_the_window_is() -> None:
    whole = week("Mon 00:00-00:20 pod; Sun 23:50-00:10 pod; Wed 10:00-10:20 one_to_one")
    part = replace(whole, start=TUESDAY, end=TUESDAY + timedelta(days=1))
    assert ids(part.pods(MONDAY)) == ["1", "2"]
    assert part.pods(MONDAY + timedelta(days=7)) == ()


def test_reach_is_whole_weeks_and_a_day_on_either_side_then_three_weeks() -> None:
    diary = replace(week(""), start=TUESDAY, end=SUNDAY + timedelta(days=2))
    assert diary.reach == reach(diary.start, diary.end, diary.pattern)
    assert diary.reach.start == instant(MONDAY - timedelta(days=1), time(), ZONE)
    assert diary.reach.end == instant(MONDAY + timedelta(days=15 + 21), time(), ZONE)
    assert diary.span.start == instant(TUESDAY, time(), ZONE)
    assert diary.span.end == instant(MONDAY + timedelta(days=8), time(), ZONE)


def test_order_is_by_start_with_all_day_first_then_id() -> None:
    early = datetime(2026, 11, 23, 0, tzinfo=UTC)
    whole = Occurrence("z", MONDAY, TUESDAY, ScoredAs.NONE)
    two = Occurrence("b", early, early, ScoredAs.APPOINTMENT)
    one = Occurrence("a", early, early, ScoredAs.APPOINTMENT)
    assert in_order([two, one, whole]) == (whole, one, two)


def span_of_break(text: str) -> tuple[str, str] | None:
    diary, policy = read_example(text)
    window = diary.pattern.window(MONDAY)
    assert window is not None
    found = break_span(window, policy, diary.pattern)
    return None if found is None else (found.start.strftime("%H:%M"), found.end.strftime("%H:%M"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("hours Mon 09:00-17:00", ("11:30", "14:30")),
        ("hours Mon 09:00-17:00; set break_from 12:00", ("12:00", "14:30")),
        ("hours Mon 08:29-14:30", ("11:30", "14:30")),
        ("hours Mon 08:30-14:30", None),
        ("hours Mon 08:00-14:10", ("09:35", "12:35")),
        ("hours Mon 14:00-22:00", ("16:30", "19:30")),
        ("hours Mon 22:00-06:00", ("00:30", "03:30")),
        ("hours Mon 20:00-16:00", ("11:30", "14:30")),
    ],
)
def test_where_the_break_may_lie(text: str, expected: tuple[str, str] | None) -> None:
    assert span_of_break(text) == expected


def test_a_day_asked_for_twice_is_the_same_value() -> None:
    diary = week("Mon 09:00-10:00 mine")
    assert diary.day(MONDAY) is diary.day(MONDAY)
    assert diary.day(SUNDAY) == Day(SUNDAY, None, False)


def test_a_diary_with_other_contents_forgets_what_the_first_one_knew() -> None:
    full = week("Mon 09:00-10:00 mine")
    assert full.day(MONDAY).appointments
    assert replace(full, occurrences=()).day(MONDAY).appointments == ()
    assert full.with_occurrences(()).day(MONDAY).appointments == ()
