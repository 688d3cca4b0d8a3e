"""A whole series at another time: what the one PATCH of its master has to say."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rruleset, rrulestr

from connectors.errors import NotPossible
from connectors.google.series import NOT_READ, OTHER_DAY, Shift
from rules.interval import Interval
from tests.connectors.google_events import HOUR, NINE, google_event

BEFORE = Interval(NINE, NINE + HOUR)
LATER = Interval(NINE + HOUR / 2, NINE + 1.5 * HOUR)
LONDON = ZoneInfo("Europe/London")


def body(after: Interval, *lines: str, dropped: tuple[datetime, ...] = (), **more: Any) -> Any:
    master = google_event(recurrence=list(lines or ("RRULE:FREQ=DAILY",)), **more)
    return Shift(master, BEFORE, after).body(master, dropped, "key", None)


def test_a_series_that_is_shortened_keeps_its_rules() -> None:
    changed = body(Interval(NINE, NINE + 5 * HOUR / 6))
    assert changed["start"]["dateTime"] == "2026-11-23T09:00:00+00:00"
    assert changed["end"] == {"dateTime": "2026-11-23T09:50:00+00:00", "timeZone": "Europe/London"}
    assert "recurrence" not in changed


def test_the_first_member_moves_as_the_one_that_was_seen() -> None:
    """In local time: the series began in summer, the member is in winter."""
    start = {"dateTime": "2026-07-06T09:00:00+01:00", "timeZone": "Europe/London"}
    end = {"dateTime": "2026-07-06T10:00:00+01:00", "timeZone": "Europe/London"}
    changed = body(LATER, start=start, end=end)
    assert changed["start"]["dateTime"] == "2026-07-06T09:30:00+01:00"
    assert changed["end"]["dateTime"] == "2026-07-06T10:30:00+01:00"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("RRULE:FREQ=DAILY;UNTIL=20261130T090000Z", "RRULE:FREQ=DAILY;UNTIL=20261130T093000Z"),
        ("RRULE:FREQ=DAILY;UNTIL=20260701T080000Z", "RRULE:FREQ=DAILY;UNTIL=20260701T083000Z"),
        ("RRULE:FREQ=WEEKLY;BYDAY=MO;COUNT=5", "RRULE:FREQ=WEEKLY;BYDAY=MO;COUNT=5"),
        ("EXDATE:20261126T090000Z", "EXDATE:20261126T093000Z"),
        (
            "EXDATE;TZID=Europe/London:20261126T090000,20260701T090000",
            "EXDATE;TZID=Europe/London:20261126T093000,20260701T093000",
        ),
        ("RDATE;VALUE=DATE:20261126", "RDATE;VALUE=DATE:20261126"),
    ],
)
def test_every_line_moves_along(before: str, after: str) -> None:
    assert body(LATER, before)["recurrence"] == [after]


def test_what_was_dropped_by_itself_stays_dropped() -> None:
    dropped = (NINE + timedelta(days=3), datetime(2026, 7, 1, 8, tzinfo=UTC))
    lines = body(LATER, "RRULE:FREQ=DAILY", dropped=dropped)["recurrence"]
    assert lines == [
        "RRULE:FREQ=DAILY",
        "EXDATE;TZID=Europe/London:20260701T093000,20261126T093000",
    ]


def test_the_members_after_are_those_before_each_moved() -> None:
    """By another implementation of RFC 5545, on London's clock, over the end of summer time."""
    lines = ("RRULE:FREQ=WEEKLY;BYDAY=MO,TH;UNTIL=20261214T090000Z", "EXDATE:20261126T090000Z")
    first = datetime(2026, 10, 19, 9, tzinfo=LONDON)
    times: dict[str, Any] = {"start": _time(first), "end": _time(first + HOUR)}
    changed = body(LATER, *lines, **times)
    moved = [each + HOUR / 2 for each in _members(lines, first)]
    assert _members(changed["recurrence"], first + HOUR / 2) == moved
    assert len(moved) == 16


@pytest.mark.parametrize(
    "line",
    [
        "RRULE:FREQ=DAILY;BYHOUR=9,14",
        "EXRULE:FREQ=WEEKLY",
        "EXDATE:someday",
        "RDATE;VALUE=PERIOD:20261126T090000Z/PT1H",
        "",
    ],
)
def test_rules_that_cannot_be_moved_are_refused(line: str) -> None:
    with pytest.raises(NotPossible, match=NOT_READ):
        body(LATER, line)


def test_a_series_stays_within_its_day() -> None:
    tuesday = Interval(NINE + 24 * HOUR, NINE + 25 * HOUR)
    with pytest.raises(NotPossible, match=OTHER_DAY):
        body(tuesday)


@pytest.mark.parametrize("zone", [None, "", "Mars/Base", 5])
def test_a_series_without_a_zone_is_not_changed(zone: Any) -> None:
    start = {"dateTime": "2026-11-23T09:00:00Z", "timeZone": zone}
    with pytest.raises(NotPossible, match=NOT_READ):
        body(LATER, start=start)


def test_nothing_is_left_of_a_short_first_member() -> None:
    end = {"dateTime": "2026-11-23T09:10:00Z", "timeZone": "Europe/London"}
    with pytest.raises(NotPossible, match="no length"):
        body(Interval(NINE, NINE + HOUR / 2), end=end)


def _time(moment: datetime) -> dict[str, str]:
    return {"dateTime": moment.isoformat(), "timeZone": "Europe/London"}


def _members(lines: tuple[str, ...] | list[str], first: datetime) -> list[datetime]:
    """Local times, without their zone, by dateutil."""
    text = "\n".join(lines)
    zoned = rrulestr(text, dtstart=first, forceset=True)
    assert isinstance(zoned, rruleset)
    return [each.replace(tzinfo=None) for each in zoned]
