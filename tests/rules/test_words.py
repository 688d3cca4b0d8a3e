"""How times, days and lengths are said."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from rules.interval import Interval
from rules.words import say_count, say_day, say_minutes, say_span, say_time

LONDON = ZoneInfo("Europe/London")


@pytest.mark.parametrize(
    ("hour", "minute", "said"),
    [
        (0, 0, "midnight"),
        (0, 5, "12:05am"),
        (9, 0, "9am"),
        (9, 5, "9:05am"),
        (11, 59, "11:59am"),
        (12, 0, "midday"),
        (12, 30, "12:30pm"),
        (17, 30, "5:30pm"),
        (23, 0, "11pm"),
    ],
)
def test_times_are_on_the_local_clock(hour: int, minute: int, said: str) -> None:
    moment = datetime(2026, 11, 23, hour, minute, 59, tzinfo=UTC)
    assert say_time(moment, LONDON) == said
    summer = datetime(2026, 6, 1, hour, minute, tzinfo=LONDON).astimezone(UTC)
    assert say_time(summer, LONDON) == said


def test_two_times_and_a_day() -> None:
    start = datetime(2026, 11, 23, 10, tzinfo=UTC)
    assert say_span(Interval(start, start + timedelta(minutes=90)), LONDON) == "10am to 11:30am"
    assert say_day(date(2026, 11, 23)) == "Monday 23 November"
    assert say_day(date(2027, 8, 1)) == "Sunday 1 August"


@pytest.mark.parametrize(
    ("minutes", "said"),
    [
        (0, "0 minutes"),
        (1, "1 minute"),
        (45, "45 minutes"),
        (60, "1 hour"),
        (61, "1 hour 1 minute"),
        (90, "1 hour 30 minutes"),
        (120, "2 hours"),
    ],
)
def test_lengths(minutes: int, said: str) -> None:
    assert say_minutes(minutes) == said


def test_counts_are_numerals() -> None:
    assert [say_count(number, "meeting") for number in (0, 1, 2)] == [
        "0 meetings",
        "1 meeting",
        "2 meetings",
    ]
