"""Changes written into calendar text, and nothing else touched."""

import re
from collections.abc import Sequence
from typing import Any

import icalendar
import pytest

from connectors.errors import CHANGED, GONE
from connectors.icalendar import DISCREET, Written, apply, read, undo
from connectors.icalendar.refusal import CARRIES, REPEATS, TWICE
from rules.change import Change, ChangeKind
from rules.event import Kind, Occurrence, ShowAs
from rules.interval import Interval
from tests.connectors.texts import NOVEMBER, at, between, calendar, event, short

STAMP = at(2026, 11, 19, 9)
HOUR = "DURATION:PT1H"
YEAR = between(at(2026, 1, 1), at(2027, 1, 1))


def occurrences(data: bytes, window: Interval = YEAR) -> dict[str, Occurrence]:
    return {one.id: one for one in read([data], window=window).occurrences}


def move(
    one: Occurrence, after: Interval, kind: ChangeKind = ChangeKind.EVENT_MOVE, **more: Any
) -> Change:
    return Change(kind, one.span, after, event_id=one.id, version=one.version, **more)


def write(data: bytes, *changes: Change, **chosen: Any) -> Written:
    return apply([data], changes, stamp=STAMP, new_uid=lambda _: "new@clearway", **chosen)


def hold(after: Interval, kind: Kind = Kind.PROTECTED) -> Change:
    return Change(ChangeKind.HOLD_CREATE, None, after, hold=kind)


def added(before: bytes, after: bytes) -> Sequence[bytes]:
    old = before.splitlines()
    return [line for line in after.splitlines() if line not in old]


NOON = between(at(2026, 11, 23, 12), at(2026, 11, 23, 13))


# -- holds --------------------------------------------------------------------------------------


def test_a_new_hold_stands_at_the_end_and_reads_back() -> None:
    data = calendar(event(HOUR))
    written = write(data, hold(NOON))
    assert written.files[0].startswith(data.removesuffix(b"END:VCALENDAR\r\n"))
    found = occurrences(written.files[0])["new@clearway"]
    assert (found.span, found.kind, found.firm, found.show_as) == (
        NOON,
        Kind.PROTECTED,
        False,
        ShowAs.BUSY,
    )
    text = written.files[0].decode()
    assert "SUMMARY:Protected time – please ask first" in text
    assert "TRANSP:OPAQUE" in text and "X-CLEARWAY-KIND:protected" in text
    assert "ATTENDEE" not in text and "VALARM" not in text
    assert max(len(line) for line in written.files[0].split(b"\r\n")) <= 75


def test_a_hold_can_be_discreet() -> None:
    text = write(calendar(), hold(NOON), texts={Kind.PROTECTED: DISCREET}).files[0]
    assert b"SUMMARY:Busy\r\n" in text and b"DESCRIPTION" not in text


@pytest.mark.parametrize("newline", [b"\n", b"\r", b"\r\n"])
@pytest.mark.parametrize("codec", ["utf-8-sig", "utf-16", "latin-1"])
def test_a_hold_is_written_as_its_file_is(newline: bytes, codec: str) -> None:
    plain = calendar(event("SUMMARY:Büro")).replace(b"\r\n", newline).decode().encode(codec)
    data = write(plain, hold(NOON)).files[0]
    assert "new@clearway" in occurrences(data)
    undone = undo([data], write(plain, hold(NOON)).undo)
    assert undone.files == (plain,)


def test_holds_go_to_the_first_file_and_changes_to_the_file_that_holds_the_event() -> None:
    files = [calendar(event(uid="a")), calendar(event(HOUR, uid="b"))]
    one = read(files, window=NOVEMBER).occurrences[-1]
    written = apply(files, [hold(NOON), move(one, NOON)], stamp=STAMP, new_uid=lambda _: "new")
    assert b"new" in written.files[0] and b"new" not in written.files[1]
    assert read([written.files[1]], window=NOVEMBER).occurrences[0].span == NOON
    assert undo(written.files, written.undo).files == tuple(files)


def test_our_hold_is_moved_and_removed() -> None:
    data = write(calendar(event(uid="other")), hold(NOON)).files[0]
    found = occurrences(data)["new@clearway"]
    later = between(at(2026, 11, 23, 14), at(2026, 11, 23, 15))
    moved = write(data, move(found, later, ChangeKind.HOLD_MOVE, hold=Kind.PROTECTED))
    again = occurrences(moved.files[0])["new@clearway"]
    assert (again.span, again.changed) == (later, None)
    gone = Change(
        ChangeKind.HOLD_DELETE, found.span, None, event_id=found.id, version=found.version
    )
    assert write(data, gone).files[0] == calendar(event(uid="other"))


def test_a_hold_that_repeats_is_not_removed() -> None:
    data = calendar(event(HOUR, "RRULE:FREQ=DAILY;COUNT=3", "X-CLEARWAY-KIND:gap"))
    one = occurrences(data)["one@example/20261124T090000Z"]
    gone = Change(ChangeKind.HOLD_DELETE, one.span, None, event_id=one.id, version=one.version)
    assert [skip.reason for skip in write(data, gone).skipped] == [REPEATS]


# -- events -------------------------------------------------------------------------------------

FORMS = [
    ("DTSTART:20261123T090000Z", "DTEND:20261123T100000Z", b"DTSTART:20261123T120000Z"),
    (
        "DTSTART;TZID=Europe/Berlin:20261123T100000",
        "DURATION:PT1H",
        b"DTSTART;TZID=Europe/Berlin:20261123T130000",
    ),
    (
        'DTSTART;X-A="b:c";TZID="W. Europe Standard Time":20261123T100000',
        "DTEND;TZID=America/New_York:20261123T050000",
        b'DTSTART;X-A="b:c";TZID="W. Europe Standard Time":20261123T130000',
    ),
    ("DTSTART:20261123T090000", "DTEND:20261123T100000", b"DTSTART:20261123T120000"),
]


@pytest.mark.parametrize(("start", "end", "line"), FORMS)
def test_new_times_keep_the_form_of_the_old(start: str, end: str, line: bytes) -> None:
    data = calendar(event(start, end, "X-ODD;Q=1:kept", "SEQUENCE:4", start=""))
    one = occurrences(data)["one@example"]
    written = write(data, move(one, NOON))
    assert line in written.files[0].split(b"\r\n")
    found = occurrences(written.files[0])["one@example"]
    assert (found.span, found.changed) == (NOON, STAMP)
    assert {re.split(b"[:;]", text)[0] for text in added(data, written.files[0])} <= {
        b"DTSTART",
        b"DTEND",
        b"DURATION",
        b"SEQUENCE",
        b"DTSTAMP",
        b"LAST-MODIFIED",
        b"X-CLEARWAY-CHANGED",
    }
    assert b"SEQUENCE:5\r\n" in written.files[0]


def test_an_event_without_an_end_gets_one() -> None:
    data = calendar(
        event("BEGIN:VALARM\r\nDURATION:PT5M\r\nTRIGGER:-PT5M\r\nREPEAT:1\r\nEND:VALARM")
    )
    written = write(data, move(occurrences(data)["one@example"], NOON))
    assert occurrences(written.files[0])["one@example"].span == NOON
    assert b"DURATION:PT5M" in written.files[0]


def test_the_second_of_two_equal_local_times_is_written_in_utc() -> None:
    data = calendar(event("DTSTART;TZID=Europe/London:20261025T090000", HOUR, start=""))
    one = occurrences(data)["one@example"]
    after = between(at(2026, 10, 25, 1, 30), at(2026, 10, 25, 2, 30))
    written = write(data, move(one, after))
    assert b"DTSTART:20261025T013000Z" in written.files[0]
    assert occurrences(written.files[0])["one@example"].span == after


def test_a_member_of_a_series_becomes_an_exception() -> None:
    series = event(
        "DTSTART;TZID=Europe/London:20261019T090000",
        "DTEND;TZID=Europe/London:20261019T100000",
        "RRULE:FREQ=WEEKLY;COUNT=8",
        "EXDATE;TZID=Europe/London:20261102T090000",
        "ATTENDEE:mailto:a@trust.example",
        start="",
    )
    data = calendar(series, event(uid="other"))
    before = occurrences(data)
    one = before["one@example/20261026T090000Z"]
    after = between(at(2026, 10, 26, 11), at(2026, 10, 26, 11, 50))
    written = write(data, move(one, after))
    now = occurrences(written.files[0])
    assert now.keys() == before.keys()
    assert now[one.id].span == after and now[one.id].other_people == 1
    unchanged = [key for key in before if key != one.id]
    assert all(now[key] == before[key] for key in unchanged)
    assert b"RECURRENCE-ID;TZID=Europe/London:20261026T090000\r\n" in written.files[0]
    again = write(written.files[0], move(now[one.id], one.span))
    assert occurrences(again.files[0])[one.id].span == one.span
    assert again.files[0].count(b"RECURRENCE-ID") == 1


def test_two_members_of_one_series_change_in_one_application() -> None:
    data = calendar(event(HOUR, "RRULE:FREQ=DAILY;COUNT=3"))
    found = list(occurrences(data).values())
    plan = [
        move(one, Interval(one.span.start, one.span.end.replace(minute=50, hour=9)))
        for one in found[:2]
    ]
    written = write(data, *plan)
    assert [short(one.span.end) for one in occurrences(written.files[0]).values()] == [
        "11-23 09:50",
        "11-24 09:50",
        "11-25 10:00",
    ]
    assert undo(written.files, written.undo).files == (data,)


def test_a_carried_instance_becomes_an_exception_and_the_carrier_is_left_alone() -> None:
    series = event(HOUR, "RRULE:FREQ=DAILY;COUNT=4")
    onward = event(
        "RECURRENCE-ID;RANGE=THISANDFUTURE:20261124T090000Z", HOUR, start="20261124T140000Z"
    )
    data = calendar(series, onward)
    found = occurrences(data)
    carrier, carried = found["one@example/20261124T090000Z"], found["one@example/20261125T090000Z"]
    at_noon = between(at(2026, 11, 25, 12), at(2026, 11, 25, 13))
    written = write(data, move(carrier, NOON), move(carried, at_noon))
    assert [skip.reason for skip in written.skipped] == [CARRIES]
    now = occurrences(written.files[0])
    assert now[carried.id].span == at_noon
    assert now["one@example/20261126T090000Z"] == found["one@example/20261126T090000Z"]


@pytest.mark.parametrize(
    ("edit", "reason"),
    [
        (lambda data: data.replace(b"UID:one", b"UID:two"), GONE),
        (lambda data: data.replace(b"090000Z", b"093000Z"), CHANGED),
        (lambda data: data.replace(b"SUMMARY:Talk", b"SUMMARY:Walk"), CHANGED),
    ],
)
def test_a_change_of_an_event_that_is_not_what_it_was_is_skipped(edit: Any, reason: str) -> None:
    data = calendar(event(HOUR, "SUMMARY:Talk"))
    change = move(occurrences(data)["one@example"], NOON)
    written = write(edit(data), change)
    assert written.files == (edit(data),)
    assert [(skip.change, skip.reason) for skip in written.skipped] == [(change, reason)]


def test_one_event_is_changed_once() -> None:
    data = calendar(event(HOUR))
    one = occurrences(data)["one@example"]
    written = write(data, move(one, NOON), move(one, NOON))
    assert [skip.reason for skip in written.skipped] == [TWICE]


def test_everything_else_is_the_same_for_another_parser() -> None:
    odd = event(
        'X-ODD;P="a;b":1,2',
        'ATTENDEE;CN="Q, R":mailto:q@r.example',
        "BEGIN:VALARM\r\nACTION:DISPLAY\r\nTRIGGER:-PT15M\r\nEND:VALARM",
        HOUR,
        uid="odd",
    )
    todo = "BEGIN:VTODO\r\nUID:todo\r\nDTSTAMP:20261101T000000Z\r\nSUMMARY:x\r\nEND:VTODO"
    data = calendar("X-WR-CALNAME:Mine", odd, todo, event(HOUR))
    written = write(data, move(occurrences(data)["one@example"], NOON), hold(NOON))
    before, after = (icalendar.Calendar.from_ical(one) for one in (data, written.files[0]))
    assert before.property_items(recursive=False) == after.property_items(recursive=False)
    kept = [str(one.to_ical()) for one in before.subcomponents if one["UID"] != "one@example"]
    assert [str(one.to_ical()) for one in after.subcomponents][: len(kept)] == kept
