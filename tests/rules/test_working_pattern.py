"""Working hours: part-time, rotating, over midnight, both clock changes, and days off."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from rules.working_pattern import (
    PatternError,
    Shift,
    WorkingPattern,
    dates,
    day_span,
    instant,
    local_date,
    local_span,
    monday,
    parse_hours,
)

LONDON = ZoneInfo("Europe/London")
MONDAY = date(2026, 11, 23)
FORWARD = date(2026, 3, 29)
"""The Sunday on which London goes from 1am to 2am."""
BACK = date(2026, 10, 25)
"""The Sunday on which London lives 1am to 2am twice."""


def utc(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=UTC)


def hours(text: str, anchor: date = MONDAY) -> WorkingPattern:
    return parse_hours(text, LONDON, anchor)


def test_a_usual_week_has_450_paid_minutes_a_day() -> None:
    pattern = hours("Mon-Fri 09:00-17:00")
    window = pattern.window(MONDAY)
    assert window is not None
    assert (window.span.start, window.span.end) == (utc(MONDAY, 9), utc(MONDAY, 17))
    assert window.contracted == 450
    assert pattern.window(MONDAY + timedelta(days=5)) is None


def test_summer_hours_are_an_hour_earlier_in_utc() -> None:
    window = hours("Mon-Fri 09:00-17:00").window(date(2026, 6, 1))
    assert window is not None
    assert window.span.start == utc(date(2026, 6, 1), 8)


@pytest.mark.parametrize(
    ("text", "paid"),
    [
        ("Mon 09:00-13:00", 240),
        ("Mon 09:00-15:00", 360),
        ("Mon 09:00-15:01", 331),
        ("Mon 07:00-19:00", 690),
        ("Mon 09:00-17:00 (420)", 420),
        ("Mon 20:00-08:00", 690),
        ("Mon 16:00-24:00", 450),
        ("Mon 08:00-08:00", 1410),
    ],
)
def test_paid_minutes_leave_out_a_meal_break_over_six_hours(text: str, paid: int) -> None:
    window = hours(text).window(MONDAY)
    assert window is not None
    assert window.contracted == paid


def test_a_day_of_fewer_than_two_paid_hours_is_not_a_working_day() -> None:
    assert hours("Mon 09:00-10:59").window(MONDAY) is None
    assert hours("Mon 09:00-11:00").window(MONDAY) is not None


def test_part_time_days_have_hours_of_their_own() -> None:
    pattern = hours("Mon, Wed 09:00-17:00; Fri 9:00-13:00; Thu off")
    worked = [pattern.window(MONDAY + timedelta(days=offset)) for offset in range(7)]
    assert [bool(window) for window in worked] == [True, False, True, False, True, False, False]


def test_days_may_run_over_the_end_of_the_week() -> None:
    pattern = hours("Fri-Mon 10:00-18:00")
    worked = [pattern.window(MONDAY + timedelta(days=offset)) for offset in range(7)]
    assert [bool(window) for window in worked] == [True, False, False, False, True, True, True]


def test_weeks_rotate_from_the_anchor_in_both_directions() -> None:
    pattern = hours("Mon 09:00-17:00 | Tue 09:00-17:00 | Wed 09:00-17:00")
    for week in range(-4, 5):
        first = MONDAY + timedelta(weeks=week)
        worked = [day.weekday() for day in dates(first, first + timedelta(days=7))]
        assert [index for index in worked if pattern.window(first + timedelta(days=index))] == [
            week % 3
        ]


def test_a_night_shift_belongs_to_the_day_it_starts_on() -> None:
    pattern = hours("Mon-Tue 22:00-06:00")
    tuesday = MONDAY + timedelta(days=1)
    assert pattern.day_of(utc(MONDAY, 23)) == MONDAY
    assert pattern.day_of(utc(tuesday, 5, 59)) == MONDAY
    assert pattern.day_of(utc(tuesday, 6)) == tuesday
    assert pattern.day_of(utc(tuesday, 22)) == tuesday
    assert pattern.day_of(utc(MONDAY, 3)) == MONDAY


@pytest.mark.parametrize(
    ("saturday", "start", "end", "length"),
    [
        pytest.param(FORWARD - timedelta(days=1), 22, 5, 7, id="clocks go forward"),
        pytest.param(BACK - timedelta(days=1), 21, 6, 9, id="clocks go back"),
    ],
)
def test_a_night_shift_over_a_clock_change(
    saturday: date, start: int, end: int, length: int
) -> None:
    window = hours("Sat 22:00-06:00").window(saturday)
    assert window is not None
    assert window.span.start == utc(saturday, start)
    assert window.span.end == utc(saturday + timedelta(days=1), end)
    assert window.span.minutes == length * 60
    assert window.contracted == 450


def test_days_of_23_and_25_hours() -> None:
    assert day_span(FORWARD, LONDON).minutes == 23 * 60
    assert day_span(BACK, LONDON).minutes == 25 * 60
    assert day_span(MONDAY, LONDON).minutes == 24 * 60


def test_a_skipped_time_is_read_with_the_offset_before_and_a_repeated_one_is_the_first() -> None:
    assert instant(FORWARD, time(1, 30), LONDON) == utc(FORWARD, 1, 30)
    assert instant(BACK, time(1, 30), LONDON) == utc(BACK, 0, 30)
    assert local_span(FORWARD, time(1, 30), time(2, 15), LONDON).minutes == 0


def test_a_shift_inside_the_skipped_hour_is_not_a_working_day() -> None:
    pattern = WorkingPattern(LONDON, ((None,) * 6 + (Shift(time(1, 30), time(2), 120),),))
    assert pattern.window(FORWARD) is None
    assert pattern.window(FORWARD + timedelta(days=7)) is not None


def test_dates_are_local() -> None:
    late = utc(date(2026, 6, 1), 23, 30)
    assert local_date(late, LONDON) == date(2026, 6, 2)
    assert hours("Mon-Fri 09:00-17:00").day_of(late) == date(2026, 6, 2)
    assert local_date(utc(date(2026, 6, 2), 1), ZoneInfo("America/New_York")) == date(2026, 6, 1)


def test_a_bank_holiday_is_off_unless_an_exception_says_otherwise() -> None:
    weekly = hours("Mon-Fri 09:00-17:00").weeks
    christmas = date(2026, 12, 25)
    off = WorkingPattern(LONDON, weekly, MONDAY, days_off=frozenset({christmas}))
    assert off.window(christmas) is None
    long_shift = Shift.between(time(7), time(19))
    worked = WorkingPattern(LONDON, weekly, MONDAY, {christmas: long_shift}, frozenset({christmas}))
    window = worked.window(christmas)
    assert window is not None
    assert window.contracted == 690


def test_an_exception_can_take_a_day_away_or_add_one() -> None:
    weekly = hours("Mon-Fri 09:00-17:00").weeks
    saturday = MONDAY + timedelta(days=5)
    changes = {MONDAY: None, saturday: Shift.between(time(9), time(13))}
    pattern = WorkingPattern(LONDON, weekly, MONDAY, changes)
    assert pattern.window(MONDAY) is None
    assert pattern.window(saturday) is not None


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("Monday to Friday", "“Monday to Friday” is not working hours"),
        ("Mon 9-5", "“9-5” is not a time of day"),
        ("Mon 25:00-26:00", "“25:00” is not a time of day."),
        ("Mon 09:60-10:00", "“9:60” is not a time of day."),
        ("Foo 09:00-17:00", "“foo” is not a day of the week."),
        ("Mo 09:00-17:00", "“mo” is not a day of the week."),
        ("Mon 09:00-17:00; Mon 10:00-12:00", "“Mon” is named twice in one week of hours"),
        ("Mon-Fri 09:00-17:00; Wed off", "“Wed” is named twice"),
        ("Tue-Thu, Thu 09:00-17:00", "“Thu” is named twice"),
        ("Mon 09:00-17:00 | Tue 09:00-17:00; Tue off", "“Tue” is named twice"),
        ("", "The working hours say nothing"),
        (" \t", "The working hours say nothing"),
        (";", "The working hours say nothing"),
        ("|", "The working hours say nothing"),
        ("Mon 09:00-17:00 |", "A week of the rotation says nothing"),
        ("Mon 09:00-17:00 (481)", "“09:00-17:00” has at most 480 paid minutes"),
        ("Mon 09:00-17:00 (9999999)", "at most 480 paid minutes"),
        pytest.param(f"Mon 09:00-17:00 ({'9' * 5_000})", "at most 480", id="thousands of digits"),
        ("Mon 22:00-06:00 (481)", "at most 480 paid minutes"),
        ("Mon 08:00-08:00 (1441)", "at most 1440 paid minutes"),
        ("Mon 09:00-17:00 from 2026-11-23", "is for hours of several weeks"),
        ("Mon 09:00-17:00 | Tue 09:00-17:00 from 2026-11-24", "counted from a Monday"),
        ("Mon 09:00-17:00 | Tue 09:00-17:00 from 2026-13-01", "“2026-13-01” is not a date"),
        ("Mon 09:00-17:00 | Tue 09:00-17:00 from", "is not"),
        ("from 2026-11-23", "A week of the rotation says nothing|several weeks"),
        ("Mon 09:00-17:00 | from 2026-11-23", "A week of the rotation says nothing"),
    ],
)
def test_hours_that_cannot_be_read_are_refused_in_one_sentence(text: str, sentence: str) -> None:
    with pytest.raises(PatternError, match=sentence):
        hours(text)


@pytest.mark.parametrize(
    ("text", "paid"),
    [
        pytest.param("Mon 09:00-17:00 (480)", 480, id="a paid break"),
        pytest.param("Mon 07:00-19:30 (750)", 750, id="a long day"),
        pytest.param("Mon 20:00-08:00 (0720)", 720, id="a night"),
        pytest.param("Mon 08:00-08:00 (1440)", 1440, id="24 hours on call"),
        pytest.param("Mon 09:00-17:00 (0)", 0, id="none"),
    ],
)
def test_all_of_a_shift_may_be_paid(text: str, paid: int) -> None:
    shift = hours(text).shift(MONDAY)
    assert shift is not None
    assert shift.contracted == paid


def test_a_week_of_a_rotation_may_be_off() -> None:
    pattern = hours("Mon-Fri 09:00-17:00 | Mon-Sun off")
    assert pattern.window(MONDAY) is not None
    assert pattern.window(MONDAY + timedelta(days=7)) is None


@pytest.mark.parametrize("end", [" from 2026-11-30", "; FROM 2026-11-30 ", "\nfrom 2026-11-30\n"])
def test_the_words_may_say_when_a_rotation_begins(end: str) -> None:
    pattern = hours(f"Mon 09:00-17:00 | Tue 09:00-17:00 | Mon-Sun off{end}", MONDAY)
    worked = [pattern.shift(MONDAY + timedelta(days=n)) is not None for n in (7, 8, 14, 15, 21, 22)]
    assert pattern.anchor == date(2026, 11, 30)
    assert worked == [True, False, False, True, False, False]


def test_weeks_that_take_turns_say_which_is_the_first() -> None:
    with pytest.raises(PatternError, match="end with the Monday of the first one"):
        parse_hours("Mon 09:00-17:00 | Mon off", LONDON)


def test_a_contract_is_the_mean_of_the_weeks_that_take_turns() -> None:
    assert hours("Mon-Fri 08:00-17:00 (500) | Mon-Thu 08:00-17:00 (500)").contracted_week == 2250


def test_a_day_may_be_named_again_in_the_next_week_of_a_rotation() -> None:
    pattern = hours("Mon 09:00-17:00 | Mon 12:00-20:00")
    assert [pattern.shift(MONDAY + timedelta(days=n)) for n in (0, 7)] == [
        Shift.between(time(9), time(17)),
        Shift.between(time(12), time(20)),
    ]


def test_a_rotation_has_one_to_eight_whole_weeks_from_a_monday() -> None:
    week = hours("Mon 09:00-17:00").weeks
    with pytest.raises(PatternError, match="between 1 and 8 weeks"):
        WorkingPattern(LONDON, week * 9)
    with pytest.raises(PatternError, match="7 days"):
        WorkingPattern(LONDON, (week[0][:6],))
    with pytest.raises(PatternError, match="Monday"):
        WorkingPattern(LONDON, week, MONDAY + timedelta(days=1))


def test_full_names_of_days_and_long_dashes_are_read() -> None:
    assert hours("Monday–Friday 09:00–17:00").weeks == hours("Mon-Fri 09:00-17:00").weeks


def test_weeks_begin_on_monday() -> None:
    assert monday(MONDAY) == monday(MONDAY + timedelta(days=6)) == MONDAY
    assert monday(MONDAY + timedelta(days=7)) == MONDAY + timedelta(days=7)
