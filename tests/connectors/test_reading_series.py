"""Series: rules, dates, exceptions, revisions, and one event in several files."""

from datetime import date

import pytest

from connectors.icalendar import read
from rules.event import ScoredAs, Status
from tests.connectors.texts import (
    NOVEMBER,
    at,
    between,
    calendar,
    event,
    only,
    reading,
    seen,
    short,
    spans,
    starts,
)

DAILY = "RRULE:FREQ=DAILY;COUNT=5"


def test_members_of_a_series_are_named_by_their_original_start() -> None:
    found = seen(event(DAILY, "DURATION:PT1H"))
    assert [one.id for one in found][:2] == [
        "one@example/20261123T090000Z",
        "one@example/20261124T090000Z",
    ]
    days = seen(event("RRULE:FREQ=DAILY;COUNT=2", start="20261123"))
    assert [one.id for one in days] == ["one@example/20261123", "one@example/20261124"]
    assert only(event()).recurrence_id is None


def test_the_clock_time_stays_and_the_length_is_exact_over_a_clock_change() -> None:
    nights = event(
        "DTSTART;TZID=Europe/London:20261023T220000",
        "DTEND;TZID=Europe/London:20261024T060000",
        "RRULE:FREQ=DAILY;COUNT=3",
        start="",
    )
    found = seen(nights, window=between(at(2026, 10, 1), at(2026, 11, 1)))
    assert spans(found) == [
        ("10-23 21:00", "10-24 05:00"),
        ("10-24 21:00", "10-25 05:00"),
        ("10-25 22:00", "10-26 06:00"),
    ]


def test_a_rule_does_not_make_times_that_the_clock_skips() -> None:
    nightly = event(
        "DTSTART;TZID=Europe/London:20260327T013000", "RRULE:FREQ=DAILY;COUNT=4", start=""
    )
    found = seen(nightly, window=between(at(2026, 3, 1), at(2026, 5, 1)))
    assert starts(found) == ["03-27 01:30", "03-28 01:30", "03-30 00:30", "03-31 00:30"]


def test_the_first_instance_is_dtstart_even_where_the_rule_says_otherwise() -> None:
    found = seen(event("RRULE:FREQ=WEEKLY;BYDAY=TH;COUNT=1"))
    assert starts(found) == ["11-23 09:00", "11-26 09:00"]


@pytest.mark.parametrize(
    ("until", "days"),
    [
        ("20261125T090000Z", 3),
        ("20261125T085959Z", 2),
        ("20261125", 3),
        ("20261125T090000", 3),
        ("20261101", 0),
    ],
)
def test_until_is_included(until: str, days: int) -> None:
    assert len(seen(event(f"RRULE:FREQ=DAILY;UNTIL={until}"))) == days


def test_dates_are_added_with_their_own_length_where_they_are_periods() -> None:
    found = seen(
        event(
            "DTEND:20261123T100000Z",
            "RDATE:20261124T120000Z,20261125T120000Z",
            "RDATE;VALUE=PERIOD:20261126T120000Z/PT3H,20261127T120000Z/20261127T140000Z",
        )
    )
    assert spans(found) == [
        ("11-23 09:00", "11-23 10:00"),
        ("11-24 12:00", "11-24 13:00"),
        ("11-25 12:00", "11-25 13:00"),
        ("11-26 12:00", "11-26 15:00"),
        ("11-27 12:00", "11-27 14:00"),
    ]


@pytest.mark.parametrize(
    "line",
    [
        "EXDATE:20261124T090000Z",
        "EXDATE;TZID=Europe/Berlin:20261124T100000",
        "EXDATE:20261124T090000",
        "EXDATE;VALUE=DATE:20261124",
        "EXDATE:20261124T090000Z,nonsense",
    ],
)
def test_dates_are_taken_away_however_they_are_written(line: str) -> None:
    assert [text[:5] for text in starts(seen(event(DAILY, line)))] == [
        "11-23",
        "11-25",
        "11-26",
        "11-27",
    ]


def test_a_date_that_cannot_be_read_is_counted_and_the_series_stays() -> None:
    found = reading(event(DAILY, "EXDATE:nonsense", "RDATE:20261130T090000Z,never"))
    assert len(found.occurrences) == 6
    assert found.warnings == ("2 dates of a series cannot be read and are ignored.",)


def test_an_excluded_single_event_is_not_there() -> None:
    assert not seen(event("EXDATE:20261123T090000Z"))


def test_a_rule_that_cannot_be_read_leaves_the_first_date_and_a_warning() -> None:
    found = reading(event("RRULE:FREQ=DAILY;BYMONTH=13"))
    assert len(found.occurrences) == 1
    assert found.warnings == (
        "1 repeat rule cannot be read; only the dates written out are shown.",
    )


# -- overrides ----------------------------------------------------------------------------------


def test_an_override_stands_for_its_instance() -> None:
    moved = event(
        "RECURRENCE-ID:20261124T090000Z", "DTEND:20261124T160000Z", start="20261124T150000Z"
    )
    found = seen(event(DAILY, "DURATION:PT1H"), moved)
    assert starts(found) == [
        "11-23 09:00",
        "11-24 15:00",
        "11-25 09:00",
        "11-26 09:00",
        "11-27 09:00",
    ]
    assert found[1].id == "one@example/20261124T090000Z"


def test_an_override_is_found_in_another_zone_and_moves_into_the_window_from_far_away() -> None:
    moved = event("RECURRENCE-ID;TZID=Europe/Berlin:20261124T100000", start="20271124T090000Z")
    found = seen(event(DAILY), moved, window=between(at(2027, 11, 1), at(2027, 12, 1)))
    assert [one.id for one in found] == ["one@example/20261124T090000Z"]
    assert len(seen(event(DAILY), moved)) == 4


def test_a_cancelled_override_is_kept_and_counts_for_nothing() -> None:
    gone = event("RECURRENCE-ID:20261124T090000Z", "STATUS:CANCELLED", start="20261124T090000Z")
    found = seen(event(DAILY), gone)
    assert [one.status for one in found].count(Status.CANCELLED) == 1
    assert found[1].scored_as is ScoredAs.NONE


def test_an_override_without_its_series_is_an_occurrence() -> None:
    found = only(event("RECURRENCE-ID:20261124T090000Z", start="20261125T090000Z"))
    assert found.id == "one@example/20261124T090000Z"


def test_an_all_day_series_takes_exceptions_keyed_by_local_midnight() -> None:
    moved = event("RECURRENCE-ID;TZID=W. Europe Standard Time:20261124T000000", start="20261128")
    found = seen(event("RRULE:FREQ=DAILY;COUNT=3", start="20261123"), moved)
    assert spans(found) == [("11-23", "11-24"), ("11-25", "11-26"), ("11-28", "11-29")]
    assert found[2].recurrence_id == date(2026, 11, 24)
    excluded = "EXDATE;TZID=W. Europe Standard Time:20261124T000000"
    assert starts(seen(event("RRULE:FREQ=DAILY;COUNT=3", excluded, start="20261123"))) == [
        "11-23",
        "11-25",
    ]


def test_a_timed_series_takes_exceptions_keyed_by_date() -> None:
    moved = event("RECURRENCE-ID;VALUE=DATE:20261124", start="20261124T150000Z")
    assert len(seen(event(DAILY), moved)) == 5


def test_this_and_future_carries_the_rest_along() -> None:
    onward = event(
        "RECURRENCE-ID;RANGE=THISANDFUTURE:20261125T090000Z",
        "DTEND:20261125T143000Z",
        start="20261125T140000Z",
    )
    later = event("RECURRENCE-ID:20261127T090000Z", uid="one@example", start="20261127T080000Z")
    found = seen(event(DAILY, "DURATION:PT1H"), onward, later)
    assert spans(found) == [
        ("11-23 09:00", "11-23 10:00"),
        ("11-24 09:00", "11-24 10:00"),
        ("11-25 14:00", "11-25 14:30"),
        ("11-26 14:00", "11-26 14:30"),
        ("11-27 08:00", "11-27 08:00"),
    ]
    assert len({one.id for one in found}) == 5


def test_this_and_future_keeps_the_clock_time_over_a_change() -> None:
    series = event(
        "DTSTART;TZID=Europe/London:20261019T090000", "RRULE:FREQ=WEEKLY;COUNT=3", start=""
    )
    onward = event(
        "RECURRENCE-ID;RANGE=THISANDFUTURE;TZID=Europe/London:20261019T090000",
        "DTSTART;TZID=Europe/London:20261020T140000",
        start="",
    )
    found = seen(series, onward, window=between(at(2026, 10, 1), at(2026, 12, 1)))
    assert starts(found) == ["10-20 13:00", "10-27 14:00", "11-03 14:00"]


# -- revisions and several files ----------------------------------------------------------------


def test_the_highest_sequence_wins_then_the_latest_stamp() -> None:
    old, new = event("SEQUENCE:1"), event("SEQUENCE:2", start="20261125T090000Z")
    assert starts(seen(old, new)) == starts(seen(new, old)) == ["11-25 09:00"]
    early = event("LAST-MODIFIED:20261101T000000Z", "DTEND:20261123T100000Z")
    late = event("LAST-MODIFIED:20261102T000000Z", "DTEND:20261123T110000Z")
    assert only(early, late).end == only(late, early).end == at(2026, 11, 23, 11)


def test_two_events_of_one_uid_at_different_times_are_both_kept() -> None:
    both = seen(event(), event(start="20261125T090000Z"))
    assert [one.id for one in both] == [
        "one@example/20261123T090000Z",
        "one@example/20261125T090000Z",
    ]
    series = seen(event(DAILY), event("RRULE:FREQ=DAILY;COUNT=2", start="20261124T090000Z"))
    assert len({one.id for one in series}) == len(series)


def test_an_identifier_stands_for_one_occurrence() -> None:
    found = reading(event(DAILY), event(uid="one@example/20261124T090000Z"))
    assert len({one.id for one in found.occurrences}) == len(found.occurrences) == 5
    assert found.left_out == 1


def test_a_newer_series_drops_an_override_that_it_excludes_or_no_longer_has() -> None:
    override = event("RECURRENCE-ID:20261124T090000Z", "SEQUENCE:1", start="20261124T150000Z")
    excluding = event(DAILY, "SEQUENCE:2", "EXDATE:20261124T090000Z")
    ended = event("RRULE:FREQ=DAILY;COUNT=1", "SEQUENCE:2")
    keeping = event(DAILY, "SEQUENCE:2")
    assert [len(seen(one, override)) for one in (excluding, ended, keeping)] == [4, 1, 5]


def test_of_two_series_of_one_uid_an_older_override_belongs_to_either() -> None:
    override = event("RECURRENCE-ID:20261124T090000Z", "SEQUENCE:1", start="20261124T150000Z")
    morning = event(DAILY, "SEQUENCE:2")
    noon = event("SEQUENCE:2", start="20261125T120000Z")
    assert "11-24 15:00" in starts(seen(morning, noon, override))
    assert "11-24 09:00" not in starts(seen(morning, noon, override))
    other = event("RECURRENCE-ID:20261124T100000Z", "SEQUENCE:1", start="20261124T150000Z")
    assert "11-24 15:00" not in starts(seen(morning, noon, other))


def test_the_same_event_in_two_calendars_counts_once() -> None:
    override = event("RECURRENCE-ID:20261124T090000Z", start="20261124T150000Z")
    mine = calendar(event(DAILY), override, event(uid="mine"))
    team = calendar(event(DAILY), override, event(uid="team"))
    found = read([mine, team], window=NOVEMBER).occurrences
    assert len(found) == 7
    assert len({one.id for one in found}) == 7


def test_of_one_event_in_two_calendars_the_newer_state_counts() -> None:
    old = calendar(event("LAST-MODIFIED:20261101T000000Z"))
    new = calendar(event("LAST-MODIFIED:20261105T000000Z", start="20261125T090000Z"))
    for files in ([old, new], [new, old]):
        assert starts(read(files, window=NOVEMBER).occurrences) == ["11-25 09:00"]


def test_a_cancelling_method_cancels_and_another_calendar_in_the_file_is_spared() -> None:
    cancel = calendar("METHOD:CANCEL", event(uid="a"))
    publish = calendar("METHOD:PUBLISH", event(uid="b"))
    found = read([cancel + publish], window=NOVEMBER).occurrences
    assert {one.uid: one.status.value for one in found} == {"a": "cancelled", "b": "confirmed"}


def test_any_edit_gives_another_version_and_the_same_text_the_same() -> None:
    first, same, edited = (
        only(event(f"SUMMARY:{text}")).version for text in ("Talk", "Talk", "Walk")
    )
    assert first == same != edited


def test_a_series_that_began_long_ago_reaches_a_window_far_ahead() -> None:
    forever = event("RRULE:FREQ=DAILY;INTERVAL=3", "DURATION:PT1H", start="19700101T090000Z")
    found = seen(forever, window=between(at(2300, 1, 1), at(2300, 1, 7)))
    assert [short(one.start) for one in found] == ["01-02 09:00", "01-05 09:00"]


def test_a_long_event_that_repeats_is_shown_while_it_lasts() -> None:
    leave = event("RRULE:FREQ=MONTHLY", "DURATION:P40D", start="20260101T090000Z")
    found = seen(leave, window=between(at(2026, 11, 1), at(2026, 11, 2)))
    assert starts(found) == ["10-01 09:00", "11-01 09:00"]
