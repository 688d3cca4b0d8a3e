"""Times of single events: zones, floating times, clock changes, ends, days."""

from zoneinfo import ZoneInfo

import pytest

from connectors.errors import Unreadable
from connectors.icalendar import read
from tests.connectors.texts import (
    LONDON,
    at,
    between,
    calendar,
    event,
    only,
    reading,
    seen,
    short,
    spans,
)

CUSTOM_ZONE = "\r\n".join(
    (
        "BEGIN:VTIMEZONE",
        "TZID:{name}",
        "BEGIN:STANDARD",
        "DTSTART:16010101T030000",
        "RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10",
        "TZOFFSETFROM:+0200",
        "TZOFFSETTO:+0100",
        "END:STANDARD",
        "BEGIN:DAYLIGHT",
        "DTSTART:16010101T020000",
        "RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3",
        "TZOFFSETFROM:+0100",
        "TZOFFSETTO:+0200",
        "END:DAYLIGHT",
        "END:VTIMEZONE",
    )
)


def local(tzid: str, wall: str = "20261123T090000") -> str:
    """A zoned event of one hour."""
    return event(f"DTSTART;TZID={tzid}:{wall}", "DURATION:PT1H", start="")


@pytest.mark.parametrize(
    ("tzid", "hour"),
    [
        ("Europe/London", 9),
        ("europe/berlin", 8),
        ('"Europe/Berlin"', 8),
        (" Europe/Berlin ", 8),
        ("/freeassociation.sourceforge.net/Europe/Berlin", 8),
        ("/vendor.example/20050126_1/Europe/Berlin", 8),
        ("W. Europe Standard Time", 8),
        ("GMT Standard Time", 9),
        ("GMT Standard Time 1", 9),
        ('"(UTC-05:00) Eastern Time (US & Canada)"', 14),
        ("(UTC-05:00) Eastern Time (US and Canada)", 14),
        ('"(UTC+00:00) Dublin, Edinburgh, Lisbon, London"', 9),
        ("(UTC+05:30) Chennai, Kolkata, Mumbai, New Delhi", 3),
        ("(GMT +01:00)", 8),
        ("(UTC) Coordinated Universal Time", 9),
        ("tzone://Microsoft/Utc", 9),
        ("Zurich", 8),
        ("GMT+0200", 7),
        ("UTC", 9),
    ],
)
def test_a_zone_is_found_by_every_name_that_real_calendars_give_it(tzid: str, hour: int) -> None:
    found = reading(local(tzid))
    assert found.occurrences[0].span.start.hour == hour
    assert not found.warnings


def test_an_unknown_zone_is_read_in_the_diarys_and_said() -> None:
    found = reading(local("Nowhere Special"), zone=ZoneInfo("Europe/Berlin"))
    assert spans(found.occurrences) == [("11-23 08:00", "11-23 09:00")]
    assert found.warnings == (
        "1 time zone is not known; those times are read in the diary's zone.",
    )


@pytest.mark.parametrize("name", ["Customized Time Zone", " 1", "Mitteleuropaeische Zeit "])
def test_a_zone_that_the_file_defines_is_followed_on_both_sides_of_a_change(name: str) -> None:
    zone = CUSTOM_ZONE.format(name=name)
    found = seen(
        local(f'"{name}"', "20261024T120000"),
        zone,
        window=between(at(2026, 10, 1), at(2026, 11, 1)),
    )
    assert spans(found) == [("10-24 10:00", "10-24 11:00")]
    assert spans(seen(zone, local(f'"{name}"'))) == [("11-23 08:00", "11-23 09:00")]


def test_an_iana_name_outweighs_a_definition_that_contradicts_it() -> None:
    zone = CUSTOM_ZONE.format(name="America/New_York")
    assert only(zone, local("America/New_York")).start == at(2026, 11, 23, 14)


def test_a_definition_with_onsets_by_rdate_holds_the_first_offset_before_them() -> None:
    zone = "\r\n".join(
        (
            "BEGIN:VTIMEZONE",
            "TZID:Made up",
            "BEGIN:STANDARD",
            "DTSTART:20261115T030000",
            "RDATE:20261125T030000",
            "TZOFFSETFROM:+0200",
            "TZOFFSETTO:+0100",
            "END:STANDARD",
            "END:VTIMEZONE",
        )
    )
    days = [local("Made up", f"202611{day}T120000").replace("one@", f"{day}@") for day in (10, 20)]
    assert [short(one.start) for one in seen(zone, *days)] == ["11-10 10:00", "11-20 11:00"]


def test_a_broken_definition_leaves_the_zone_unknown() -> None:
    zone = "BEGIN:VTIMEZONE\r\nTZID:Odd\r\nBEGIN:STANDARD\r\nEND:STANDARD\r\nEND:VTIMEZONE"
    found = reading(zone, local("Odd"))
    assert found.occurrences[0].start == at(2026, 11, 23, 9)
    assert "not known" in found.warnings[0]


# -- the diary's zone ---------------------------------------------------------------------------


def test_floating_times_are_read_in_the_diarys_zone() -> None:
    floating = event("DURATION:PT1H", start="20261123T090000")
    assert only(floating).start == at(2026, 11, 23, 9)
    assert only(floating, zone=ZoneInfo("Europe/Berlin")).start == at(2026, 11, 23, 8)


def test_the_calendars_own_zone_holds_for_floating_times_and_leaves_utc_alone() -> None:
    weekly = event("RRULE:FREQ=WEEKLY", uid="w", start="20261019T080000Z")
    found = reading(
        "X-WR-TIMEZONE:America/New_York",
        event(start="20261102T090000"),
        weekly,
        window=between(at(2026, 10, 1), at(2026, 11, 4)),
    )
    assert found.zone == ZoneInfo("America/New_York")
    assert [short(one.start) for one in found.occurrences] == [
        "10-19 08:00",
        "10-26 08:00",
        "11-02 08:00",
        "11-02 14:00",
    ]


def test_without_a_word_the_zone_most_used_is_the_diarys_and_london_comes_last() -> None:
    two = [local("W. Europe Standard Time").replace("one@", f"{n}@") for n in "ab"]
    assert reading(local("America/New_York"), *two).zone == ZoneInfo("Europe/Berlin")
    assert reading(event()).zone == LONDON
    assert reading(local("America/New_York"), zone=LONDON).zone == LONDON


def test_what_clearway_writes_does_not_change_the_diarys_zone() -> None:
    berlin = [local("Europe/Berlin").replace("one@", f"{name}@") for name in "abc"]
    marked = berlin[0].replace("DTSTAMP", "X-CLEARWAY-KIND:gap\r\nDTSTAMP")
    moved = berlin[1].replace("DTSTAMP", "RECURRENCE-ID:20261123T080000Z\r\nDTSTAMP")
    assert reading(local("Asia/Tokyo"), marked, moved).zone == ZoneInfo("Asia/Tokyo")


# -- clock changes ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "end", "minutes"),
    [
        ("20260328T220000", "20260329T060000", 7 * 60),
        ("20261024T220000", "20261025T060000", 9 * 60),
        ("20260329T003000", "20260329T023000", 60),
        ("20261025T003000", "20261025T023000", 3 * 60),
    ],
)
def test_a_night_over_a_clock_change_has_its_true_length(
    start: str, end: str, minutes: int
) -> None:
    night = event(
        f"DTSTART;TZID=Europe/London:{start}", f"DTEND;TZID=Europe/London:{end}", start=""
    )
    found = only(night, window=between(at(2026, 3, 1), at(2026, 11, 1)))
    assert found.span.minutes == minutes


def test_a_time_in_the_gap_takes_the_offset_before_it_and_one_in_the_fold_is_the_first() -> None:
    window = between(at(2026, 3, 1), at(2026, 11, 1))
    gap = event("DTSTART;TZID=Europe/London:20260329T013000", start="")
    fold = event("DTSTART;TZID=Europe/London:20261025T013000", start="")
    assert only(gap, window=window).start == at(2026, 3, 29, 1, 30)
    assert only(fold, window=window).start == at(2026, 10, 25, 0, 30)


def test_days_of_a_duration_keep_the_clock_and_hours_do_not() -> None:
    window = between(at(2026, 3, 1), at(2026, 4, 1))
    start = "DTSTART;TZID=Europe/London:20260328T120000"
    assert only(event(start, "DURATION:P1D", start=""), window=window).end == at(2026, 3, 29, 11)
    assert only(event(start, "DURATION:PT24H", start=""), window=window).end == at(2026, 3, 29, 12)


# -- ends and days ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "span"),
    [
        (("DTSTART:20261123T090000Z",), ("11-23 09:00", "11-23 09:00")),
        (("DTSTART;VALUE=DATE:20261123",), ("11-23", "11-24")),
        (("DTSTART:20261123",), ("11-23", "11-24")),
        (("DTSTART;VALUE=DATE;TZID=Japan:20261123",), ("11-23", "11-24")),
        (("DTSTART;VALUE=DATE:20261123", "DTEND;VALUE=DATE:20261126"), ("11-23", "11-26")),
        (("DTSTART;VALUE=DATE:20261123", "DURATION:P2D"), ("11-23", "11-25")),
        (("DTSTART;VALUE=DATE:20261123", "DTEND;VALUE=DATE:20261123"), ("11-23", "11-23")),
        (("DTSTART;VALUE=DATE:20261123T090000Z",), ("11-23 09:00", "11-23 09:00")),
        (
            ("DTSTART:20261123T090000", "DTEND;TZID=Europe/Berlin:20261123T100000"),
            ("11-23 08:00", "11-23 09:00"),
        ),
        (
            ("DTSTART;TZID=Europe/Berlin:20261123T090000", "DTEND:20261123T100000"),
            ("11-23 08:00", "11-23 09:00"),
        ),
        (("DTSTART:20261123T095960Z",), ("11-23 09:59", "11-23 09:59")),
    ],
)
def test_ends_follow_from_what_is_there(lines: tuple[str, ...], span: tuple[str, str]) -> None:
    assert spans(seen(event(*lines, start=""))) == [span]


def test_an_event_that_ends_before_it_starts_is_left_out_and_counted() -> None:
    bad = event("DTEND:20261123T080000Z", uid="bad")
    found = reading(event(), bad)
    assert [one.uid for one in found.occurrences] == ["one@example"]
    assert (found.left_out, found.warnings) == (
        1,
        ("1 event could not be read and is left out.",),
    )
    with pytest.raises(Unreadable, match="its only event ends before it starts"):
        reading(bad)


def test_the_window_shows_what_overlaps_it_and_not_what_touches_it() -> None:
    window = between(at(2026, 11, 23, 9), at(2026, 11, 23, 10))
    events = [
        event("DTEND:20261123T090000Z", uid="before", start="20261123T080000Z"),
        event("DTEND:20261123T093000Z", uid="into", start="20261123T080000Z"),
        event(uid="no-length", start="20261123T090000Z"),
        event("DTEND:20261123T110000Z", uid="out", start="20261123T095900Z"),
        event("DTEND:20261123T110000Z", uid="after", start="20261123T100000Z"),
        event(uid="day", start="20261123"),
        event(uid="other-day", start="20261124"),
        event("DTEND:20271123T110000Z", uid="years", start="20191123T100000Z"),
    ]
    found = seen(*events, window=window)
    assert [one.uid for one in found] == ["years", "day", "into", "no-length", "out"]


def test_the_ends_of_time_are_dates_like_others() -> None:
    events = [
        event(
            "DTSTART;TZID=Asia/Tokyo:00010101T000000", "DTEND:20261123T090000Z", uid="a", start=""
        ),
        event("DURATION:P9999D", uid="b", start="99991231T235959Z"),
        event("DTEND;TZID=America/New_York:99991231T235959", uid="c", start="20261123T080000Z"),
    ]
    assert [one.uid for one in seen(*events)] == ["a", "c"]
    late = seen(*events, window=between(at(9999, 12, 31), at(9999, 12, 31, 23, 59, 59)))
    assert [one.uid for one in late] == ["c"]


def test_occurrences_come_in_order_of_start() -> None:
    events = [
        event(uid=name, start=start)
        for name, start in (("b", "20261124T090000Z"), ("a", "20261123T090000Z"), ("c", "20261124"))
    ]
    assert [one.uid for one in seen(*events)] == ["a", "c", "b"]


# -- files --------------------------------------------------------------------------------------


@pytest.mark.parametrize("newline", [b"\n", b"\r", b"\r\r\n", b"\r\n"])
@pytest.mark.parametrize(
    "codec", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "latin-1"]
)
def test_line_ends_and_encodings_do_not_matter(newline: bytes, codec: str) -> None:
    text = calendar(event("SUMMARY:Büro", "CATEGORIES:Büro", "DTEND:20261123T100000Z", uid="ü"))
    plain = text.replace(b"\r\n", newline).decode()
    found = read(
        [plain.encode(codec)],
        window=between(at(2026, 11, 1), at(2026, 12, 1)),
        locked_categories=["büro"],
    )
    assert [(one.uid, one.locked) for one in found.occurrences] == [("ü", True)]


def test_a_fold_may_split_a_character() -> None:
    data = calendar(event("CATEGORIES:Büro")).replace("ü".encode(), b"\xc3\r\n \xbc")
    found = read(
        [data], window=between(at(2026, 11, 1), at(2026, 12, 1)), locked_categories=["BÜRO"]
    )
    assert found.occurrences[0].locked


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "The file is empty."),
        (b"\xef\xbb\xbf\r\n", "The file is empty."),
        (b"hello", "The file is not a calendar: it is something else."),
        (b"<!DOCTYPE html><html></html>", "The file is not a calendar: it is a web page."),
        (bytes(range(256)), "The file is not a calendar: it is something else."),
        (b"\xff\xfeB", "The file is not a calendar: its characters cannot be read."),
        (calendar(event(start="")), "The file cannot be read: its only event has no start."),
        (
            calendar(event(start="nonsense")),
            "The file cannot be read: its only event has a date or time that cannot be read.",
        ),
        (
            calendar(event())[:-40],
            "The file cannot be read: its only event is cut off.",
        ),
    ],
)
def test_what_cannot_be_read_at_all_is_said_in_one_sentence(data: bytes, sentence: str) -> None:
    with pytest.raises(Unreadable) as error:
        read([data], window=between(at(2026, 11, 1), at(2026, 12, 1)))
    assert str(error.value) == sentence


def test_the_file_at_fault_is_named() -> None:
    window = between(at(2026, 11, 1), at(2026, 12, 1))
    with pytest.raises(Unreadable, match="File 2 is empty"):
        read([calendar(), b""], window=window)
    with pytest.raises(Unreadable, match=r"team\.ics is empty"):
        read([calendar(), b""], window=window, names=["mine.ics", "team.ics"])
    with pytest.raises(Unreadable, match="No calendar was given"):
        read([], window=window)


def test_a_calendar_without_events_is_said_not_hidden() -> None:
    assert reading().warnings == ("The file holds no events.",)


def test_an_event_outside_every_calendar_is_left_out_and_said() -> None:
    data = event(uid="stray").encode() + b"\r\n" + calendar(event())
    found = read([data], window=between(at(2026, 11, 1), at(2026, 12, 1)))
    assert [one.uid for one in found.occurrences] == ["one@example"]
    assert found.warnings == ("1 event is outside every calendar in its file and left out.",)


def test_malformed_lines_cost_nothing_but_themselves() -> None:
    lines = (
        "X",
        "no colon here",
        ";:",
        ":",
        "=;=",
        "X-A;B:c",
        "SUMMARY;LANGUAGE",
        "",
        " folded into nothing",
    )
    assert len(seen(event(*lines, "DTEND:20261123T100000Z"))) == 1


def test_an_end_that_is_missing_closes_with_the_next_event() -> None:
    first, second = event(uid="a").removesuffix("\r\nEND:VEVENT"), event(uid="b")
    assert [one.uid for one in seen(first, second)] == ["a", "b"]


def test_properties_of_an_alarm_are_not_the_events() -> None:
    alarm = "BEGIN:VALARM\r\nDTSTART:20260101T000000Z\r\nDURATION:PT9H\r\nTRANSP:TRANSPARENT\r\nEND:VALARM"
    found = only(event(alarm, "DTEND:20261123T100000Z"))
    assert (found.span.minutes, found.show_as) == (60, "busy")
