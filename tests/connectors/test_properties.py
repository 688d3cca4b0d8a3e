"""Properties: the reader survives anything, and applying then taking back changes no byte."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import icalendar
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.base import Reading
from connectors.errors import BadUndoRecord, Unreadable
from connectors.icalendar import apply, read, undo
from rules.change import Change, ChangeKind
from rules.event import Kind
from rules.interval import Interval
from tests.connectors.texts import NOVEMBER, calendar, event

STAMP = datetime(2026, 10, 30, 9, tzinfo=UTC)
QUARTER = timedelta(minutes=15)
SEEDS = ("jens-maus+node-ical", "collective+icalendar", "closeio+sync-engine")

zones = st.sampled_from(
    ["Europe/London", "America/New_York", "W. Europe Standard Time", "Asia/Kolkata"]
)
walls = st.integers(0, 29 * 96).map(lambda n: datetime(2026, 10, 20) + n * QUARTER)  # noqa: DTZ001
words = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=90)


@st.composite
def events(draw: st.DrawFn, number: int) -> str:
    """One event in one of the forms that calendars use, with odd properties around it."""
    wall = draw(walls)
    form = draw(st.sampled_from(["DTSTART:{}Z", "DTSTART:{}", "DTSTART;TZID={zone}:{}"]))
    start = form.format(f"{wall:%Y%m%dT%H%M%S}", zone=draw(zones))
    end = draw(st.sampled_from(["DURATION:PT1H", "DURATION:PT45M", "X-NO-END:1"]))
    rule = draw(
        st.sampled_from(["X-SINGLE:1", "RRULE:FREQ=WEEKLY;COUNT=4", "RRULE:FREQ=DAILY;COUNT=9"])
    )
    lines = [
        start,
        end,
        rule,
        f"SUMMARY:{draw(words)}",
        f'X-ODD;P="{draw(st.sampled_from("a;:"))}":{draw(words)}',
    ]
    extra = draw(st.sampled_from(["", "SEQUENCE:3", "BEGIN:VALARM\r\nTRIGGER:-PT5M\r\nEND:VALARM"]))
    kind = draw(st.sampled_from(["", "X-CLEARWAY-KIND:gap"]))
    return event(*[line for line in (*lines, kind, extra) if line], uid=f"uid-{number}", start="")


@st.composite
def diaries(draw: st.DrawFn) -> bytes:
    """A calendar with any line end, in any encoding that keeps every character."""
    count = draw(st.integers(1, 5))
    data = calendar(*[draw(events(number)) for number in range(count)])
    newline = draw(st.sampled_from([b"\r\n", b"\n", b"\r"]))
    codec = draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]))
    return data.replace(b"\r\n", newline).decode().encode(codec)


@st.composite
def plans(draw: st.DrawFn, data: bytes) -> list[Change]:
    """Changes of some of what the diary holds, and a hold or two."""
    changes = [
        Change(ChangeKind.HOLD_CREATE, None, Interval(STAMP, STAMP + n * QUARTER), hold=Kind.BREAK)
        for n in draw(st.lists(st.integers(1, 8), max_size=2))
    ]
    for one in read([data], window=NOVEMBER).occurrences:
        choices = ["leave", "move", "shorten"] + (["delete"] if one.hold else [])
        what = draw(st.sampled_from(choices))
        if what == "leave":
            continue
        shift = draw(st.integers(-8, 8)) * QUARTER if what == "move" else timedelta(0)
        end = max(one.span.start, one.span.end - (QUARTER if what == "shorten" else timedelta(0)))
        after = None if what == "delete" else Interval(one.span.start + shift, end + shift)
        kind = ChangeKind.HOLD_DELETE if what == "delete" else ChangeKind.EVENT_MOVE
        changes.append(Change(kind, one.span, after, event_id=one.id, version=one.version))
    return changes


def uid(change: Change) -> str:
    return f"hold-{change.after}"


@given(st.data())
def test_applying_and_taking_back_changes_no_byte(data: st.DataObject) -> None:
    before = data.draw(diaries())
    written = apply([before], data.draw(plans(before)), stamp=STAMP, new_uid=uid)
    undone = undo(written.files, written.undo)
    assert undone.files == (before,)
    assert len(undone.undone) == len(written.applied)


@given(st.data())
def test_taking_back_after_another_edit_leaves_that_edit_alone(data: st.DataObject) -> None:
    before = data.draw(diaries().filter(lambda made: not made.startswith(b"\xff")))
    written = apply([before], data.draw(plans(before)), stamp=STAMP, new_uid=uid)
    old, new = b"PRODID:-//test//EN", b"PRODID:-//other//EN"
    undone = undo([written.files[0].replace(old, new)], written.undo)
    assert not undone.skipped
    expected = read([before.replace(old, new)], window=NOVEMBER).occurrences
    got = read(list(undone.files), window=NOVEMBER).occurrences
    assert got == expected


@given(st.data())
def test_what_is_applied_is_read_and_the_rest_is_as_it_was(data: st.DataObject) -> None:
    before = data.draw(diaries())
    written = apply([before], data.draw(plans(before)), stamp=STAMP, new_uid=uid)
    wide = Interval(NOVEMBER.start - 40 * timedelta(days=1), NOVEMBER.end + 40 * timedelta(days=1))
    old = {one.id: one for one in read([before], window=wide).occurrences}
    new = {one.id: one for one in read(list(written.files), window=wide).occurrences}
    for change in written.applied:
        if change.after is None:
            assert old.pop(change.event_id or "", None) and (change.event_id not in new)
        elif change.event_id is not None:
            assert new.pop(change.event_id).span == change.after
            old.pop(change.event_id)
    holds = {key for key in new if key.startswith("hold-")}
    assert {key: one for key, one in new.items() if key not in holds} == old


@given(st.data())
def test_another_parser_sees_the_same_outside_the_changed_events(data: st.DataObject) -> None:
    before = data.draw(diaries())
    written = apply([before], data.draw(plans(before)), stamp=STAMP, new_uid=uid)
    touched = {(change.event_id or "").split("/")[0] for change in written.applied}
    assert untouched(before, touched) == untouched(written.files[0], touched)


def untouched(data: bytes, touched: set[str]) -> list[bytes]:
    codec = "utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    text = data.decode(codec).replace("\r\n", "\n").replace("\r", "\n")
    parsed = icalendar.Calendar.from_ical(text)
    kept = [
        one
        for one in parsed.subcomponents
        if str(one["UID"]) not in touched and not str(one["UID"]).startswith("hold-")
    ]
    return [one.to_ical() for one in kept]


# -- anything at all ----------------------------------------------------------------------------


def survives(data: bytes) -> None:
    """Reading gives a Reading or Unreadable, and so do writing and taking back."""
    try:
        assert isinstance(read([data], window=NOVEMBER), Reading)
    except Unreadable:
        return
    change = Change(ChangeKind.HOLD_CREATE, None, Interval(STAMP, STAMP + QUARTER), hold=Kind.GAP)
    written = apply([data], [change], stamp=STAMP, new_uid=uid)
    assert undo(written.files, written.undo).files == (data,)


@given(st.binary(max_size=300))
def test_any_bytes_are_survived(data: bytes) -> None:
    survives(data)
    survives(b"BEGIN:VCALENDAR\r\n" + data + b"\r\nEND:VCALENDAR\r\n")


LINES = st.sampled_from(
    [
        "BEGIN:VEVENT",
        "END:VEVENT",
        "BEGIN:VCALENDAR",
        "END:VCALENDAR",
        "BEGIN:VTIMEZONE",
        "END:VTIMEZONE",
        "BEGIN:STANDARD",
        "END:STANDARD",
        "TZID:Here",
        "TZOFFSETFROM:+0100",
        "TZOFFSETTO:-9959",
        "BEGIN:VALARM",
        "END:VALARM",
        "UID:1",
        "UID:2",
        "UID:",
        "DTSTART:20261123T090000",
        "DTSTART;TZID=Here:20261110T090000",
        "DTSTART:20261102",
        "DTSTART:00010101T000000Z",
        "DTSTART:99991231T235959",
        "DTEND:20261125T090000Z",
        "DTEND:20261101",
        "DURATION:P3W",
        "DURATION:-P1D",
        "RRULE:FREQ=DAILY",
        "RRULE:FREQ=YEARLY;BYWEEKNO=53;BYDAY=SU",
        "RRULE:FREQ=HOURLY;BYSETPOS=-1",
        "RRULE:FREQ=SECONDLY;BYDAY=FR;COUNT=9",
        "RDATE:20261111,20261112T000000",
        "RDATE;VALUE=PERIOD:20261112T000000Z/P1D,/,x/",
        "EXDATE:20261123T090000",
        "EXDATE;TZID=Here:20261123T090000,",
        "RECURRENCE-ID:20261123",
        "RECURRENCE-ID:20261123T090000Z",
        "RECURRENCE-ID;RANGE=THISANDFUTURE:20261123T090000",
        "SEQUENCE:-1",
        "SEQUENCE:7",
        "METHOD:CANCEL",
        "X-WR-TIMEZONE:Here",
        "X-WR-TIMEZONE:Asia/Tokyo",
        'ATTENDEE;CN="',
        "ORGANIZER:",
        "CATEGORIES:\\",
        " folded",
        "\t",
        "X",
        ";",
        ":",
    ]
)


@given(st.lists(LINES, max_size=40).map("\n".join))
def test_any_order_of_real_lines_is_survived(text: str) -> None:
    survives(text.encode())
    survives(f"BEGIN:VCALENDAR\n{text}\nEND:VEVENT\nEND:VCALENDAR".encode())


@pytest.fixture(scope="module")
def seeds(corpus: Path) -> list[bytes]:
    """Real files, the small ones, to be damaged."""
    files = [path for name in SEEDS for path in sorted((corpus / "ics" / name).glob("*"))]
    return [data for path in files if len(data := path.read_bytes()) < 6_000]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(draw=st.data())
def test_damaged_real_files_are_survived(seeds: list[bytes], draw: st.DataObject) -> None:
    data = bytearray(draw.draw(st.sampled_from(seeds)))
    for _ in range(draw.draw(st.integers(1, 8))):
        start = draw.draw(st.integers(0, len(data)))
        size = draw.draw(st.integers(0, 40))
        data[start : start + size] = draw.draw(st.binary(max_size=6))
    survives(bytes(data))


@given(draw=st.data())
def test_a_damaged_undo_record_never_harms_a_file(draw: st.DataObject) -> None:
    before = calendar(event("DURATION:PT1H"))
    change = Change(ChangeKind.HOLD_CREATE, None, Interval(STAMP, STAMP + QUARTER), hold=Kind.GAP)
    written = apply([before], [change], stamp=STAMP, new_uid=uid)
    data = bytearray(written.files[0])
    place = draw.draw(st.integers(0, len(data) - 1))
    data[place] = draw.draw(st.integers(0, 255))
    try:
        undone = undo([bytes(data)], written.undo)
    except BadUndoRecord:
        return
    assert undone.files == (before,) or undone.skipped or len(undone.undone) == 1
