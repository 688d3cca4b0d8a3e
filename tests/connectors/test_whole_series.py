"""A whole series moves as one: its master, its exceptions and every date that is written out."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.errors import CHANGED, GONE, WHOLE_DAY
from connectors.icalendar import Written, apply, read, undo
from connectors.icalendar.refusal import (
    CARRIES,
    EDITED,
    HOURS,
    OTHER_DAY,
    REPEATS,
    SPREAD,
    TOO_SHORT,
    TWICE,
    UNSURE,
)
from rules.change import Change, ChangeKind
from rules.event import Kind
from rules.interval import Interval
from tests.connectors.texts import LONDON, ME, at, calendar, event

STAMP = at(2026, 11, 19, 9)
YEAR = Interval(at(2026, 8, 1), at(2027, 6, 1))
SERIES = "series@example"
LOCAL = "DTSTART;TZID=Europe/London:20261019T090000"
END = "DTEND;TZID=Europe/London:20261019T100000"
WEEKLY = "RRULE:FREQ=WEEKLY;COUNT=10"
MONDAY = Interval(at(2026, 11, 23, 9), at(2026, 11, 23, 10))


def master(*lines: str, start: str = LOCAL, end: str = END, rule: str = WEEKLY) -> str:
    """A weekly hour on Monday morning, from summer time into winter time."""
    return event(start, end, rule, *lines, uid=SERIES, start="")


def exception(original: str, *lines: str) -> str:
    """Another time for one day of it."""
    return event(f"RECURRENCE-ID;TZID=Europe/London:{original}", *lines, uid=SERIES, start="")


def moving(start: int = 30, end: int = 30, **more: object) -> Change:
    """All of it by so many minutes, told by the Monday in November."""
    after = Interval(MONDAY.start + timedelta(minutes=start), MONDAY.end + timedelta(minutes=end))
    fields = {"kind": ChangeKind.EVENT_MOVE, "before": MONDAY, "after": after, "event_id": SERIES}
    return Change(**(fields | more))  # type: ignore[arg-type]  # by name


def written(text: bytes, *changes: Change) -> Written:
    """The text with the changes in it."""
    return apply([text], changes, stamp=STAMP, new_uid=lambda _: "new@example", zone=LONDON)


def times(text: bytes, uid: str = SERIES) -> list[tuple[datetime, datetime]]:
    """Where each timed member is, in London's clock time."""
    found = read([text], window=YEAR, me=[ME], zone=LONDON).occurrences
    local = [one for one in found if one.uid == uid and not one.all_day]
    return [
        (
            one.span.start.astimezone(LONDON).replace(tzinfo=None),
            one.span.end.astimezone(LONDON).replace(tzinfo=None),
        )
        for one in local
    ]


def shifted(
    before: list[tuple[datetime, datetime]], start: int, end: int
) -> list[tuple[datetime, datetime]]:
    """The same, by so many minutes of clock time; what has no length has none after."""
    by, to = timedelta(minutes=start), timedelta(minutes=end)
    return [(first + by, last + (to if last > first else by)) for first, last in before]


FORMS = {
    "in a zone": calendar(master()),
    "with a duration": calendar(master(end="DURATION:PT1H")),
    "dropped days": calendar(
        master(
            "EXDATE;TZID=Europe/London:20261026T090000,20261109T090000", "EXDATE:20261130T090000Z"
        )
    ),
    "added days": calendar(master("RDATE;TZID=Europe/London:20261028T110000,20261029T110000")),
    "an end in UTC": calendar(master(rule="RRULE:FREQ=WEEKLY;UNTIL=20261207T090000Z")),
    "an end by date": calendar(master(rule="RRULE:FREQ=WEEKLY;UNTIL=20261207")),
    "on weekdays": calendar(master(rule="RRULE:FREQ=WEEKLY;BYDAY=MO,WE;COUNT=20")),
    "monthly": calendar(
        master(
            start="DTSTART;TZID=Europe/London:20260928T090000",
            end="DTEND;TZID=Europe/London:20260928T100000",
            rule="RRULE:FREQ=MONTHLY;BYDAY=4MO;COUNT=6",
        )
    ),
    "exceptions": calendar(
        master("EXDATE;TZID=Europe/London:20261116T090000"),
        exception(
            "20261102T090000",
            "DTSTART;TZID=Europe/London:20261103T140000",
            "DTEND;TZID=Europe/London:20261103T160000",
        ),
        exception("20261130T090000", "DTSTART:20261130T110000Z", "DURATION:PT45M"),
        exception("20261207T090000", LOCAL.replace("1019", "1207"), "STATUS:CANCELLED"),
    ),
    "floating": calendar(
        master(
            start="DTSTART:20261019T090000",
            end="DTEND:20261019T100000",
            rule="RRULE:FREQ=WEEKLY;UNTIL=20261207T090000",
        )
    ),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(("start", "end"), [(30, 30), (-45, -45), (0, -10), (15, 5)])
def test_every_member_moves_by_the_clock(form: str, start: int, end: int) -> None:
    """Over the end of summer time too; what was dropped stays dropped."""
    before = FORMS[form]
    done = written(before, moving(start, end))
    assert not done.skipped
    assert times(done.files[0]) == shifted(times(before), start, end)
    assert len(times(before)) > 3


@pytest.mark.parametrize("form", FORMS)
def test_taking_back_gives_the_same_bytes(form: str) -> None:
    before = FORMS[form]
    change = moving(mails=3, people_told=3)
    done = written(before, change)
    back = undo(done.files, done.undo)
    assert back.files == (before,)
    assert (back.undone, back.mails_not_unsent) == ((change,), (SERIES,))
    assert done.applied == (change,)


@given(
    start=st.integers(-24, 24).map(lambda five: five * 5),
    cut=st.integers(0, 8).map(lambda five: five * 5),
    form=st.sampled_from(sorted(FORMS)),
)
def test_there_and_back_changes_nothing(start: int, cut: int, form: str) -> None:
    before = FORMS[form]
    done = written(before, moving(start, start - cut))
    assert not done.skipped
    after = times(done.files[0])
    assert after == shifted(times(before), start, start - cut)
    moved = Interval(
        MONDAY.start + timedelta(minutes=start), MONDAY.end + timedelta(minutes=start - cut)
    )
    again = written(done.files[0], moving(before=moved, after=MONDAY))
    assert times(again.files[0]) == times(before)


def test_everything_else_keeps_its_bytes() -> None:
    other = event("DTEND:20261123T100000Z", "SUMMARY:Somebody's", uid="other@example")
    lines = "SUMMARY:Board", "ATTENDEE;PARTSTAT=ACCEPTED:mailto:a@trust.example", "X-KEPT;P=1:x"
    text = calendar(other, master(*lines)).decode()
    after = written(text.encode(), moving()).files[0].decode()
    assert other in after
    for line in lines:
        assert f"\r\n{line}\r\n" in after
    assert "SEQUENCE:1" in after and "X-CLEARWAY-CHANGED:20261119T090000Z" in after


def test_each_vevent_counts_the_revision() -> None:
    after = written(FORMS["exceptions"], moving()).files[0].decode()
    assert after.count("SEQUENCE:1") == 4


def test_a_long_list_of_dropped_days_is_folded_again() -> None:
    days = ",".join(f"202611{day:02}T090000" for day in range(2, 17, 7))
    text = calendar(master(f"EXDATE;TZID=Europe/London:{days[:20]}\r\n {days[20:]}"))
    after = written(text, moving()).files[0].decode()
    assert all(len(line) <= 75 for line in after.split("\r\n"))
    assert times(after.encode()) == shifted(times(text), 30, 30)


def test_a_series_in_utc_keeps_utc() -> None:
    text = calendar(master(start="DTSTART:20261019T090000Z", end="DTEND:20261019T100000Z"))
    after = written(text, moving()).files[0].decode()
    assert "DTSTART:20261019T093000Z" in after


def test_a_series_of_another_zone_moves_by_that_zones_clock() -> None:
    """New York leaves summer time a week after London."""
    zone = "America/New_York"
    text = calendar(
        master(
            start=f"DTSTART;TZID={zone}:20261019T040000",
            end=f"DTEND;TZID={zone}:20261019T050000",
        )
    )
    after = written(text, moving()).files[0]
    starts = read([after], window=YEAR, me=[ME], zone=LONDON).occurrences
    local = {one.span.start.astimezone(ZoneInfo(zone)).time() for one in starts}
    assert {f"{one:%H:%M}" for one in local} == {"04:30"}


RANGE = exception("20261123T090000", LOCAL.replace("1019", "1123"), "DURATION:PT1H").replace(
    "RECURRENCE-ID;", "RECURRENCE-ID;RANGE=THISANDFUTURE;"
)


@pytest.mark.parametrize(
    ("text", "change", "reason"),
    [
        (calendar(master(rule="RRULE:FREQ=WEEKLY;BYHOUR=9,14")), moving(), HOURS),
        (calendar(master(rule="RRULE:FREQ=WEEKLY;BYMINUTE=0")), moving(), HOURS),
        (calendar(master(rule="RRULE:FREQ=HOURLY;INTERVAL=24")), moving(), HOURS),
        (calendar(master()), moving(15 * 60, 15 * 60), OTHER_DAY),
        (calendar(master()), moving(-10 * 60, -10 * 60), OTHER_DAY),
        (calendar(master(), RANGE), moving(), CARRIES),
        (calendar(master("EXRULE:FREQ=MONTHLY")), moving(), UNSURE),
        (calendar(master("RDATE;VALUE=PERIOD:20261125T090000Z/PT1H")), moving(), UNSURE),
        (calendar(master("EXDATE:nonsense")), moving(), UNSURE),
        (
            calendar(
                master(),
                exception("20261102T090000", LOCAL.replace("1019", "1102"), "DURATION:PT5M"),
            ),
            moving(0, -10),
            TOO_SHORT,
        ),
        (calendar(master()), moving(before=Interval(MONDAY.start, MONDAY.start)), CHANGED),
        (calendar(master()), moving(version="older"), CHANGED),
        (calendar(), moving(), GONE),
        (
            calendar(master("X-CLEARWAY-KIND:pod")),
            moving(kind=ChangeKind.HOLD_DELETE, after=None, hold=Kind.POD),
            REPEATS,
        ),
    ],
)
def test_what_is_not_safe_is_refused_with_a_reason(
    text: bytes, change: Change, reason: str
) -> None:
    done = written(text, change)
    assert [one.reason for one in done.skipped] == [reason]
    assert done.files == (text,)


def test_a_series_of_whole_days_has_no_time_to_change() -> None:
    text = calendar(event("DTSTART;VALUE=DATE:20261123", "RRULE:FREQ=DAILY", uid=SERIES, start=""))
    change = moving(before=Interval(at(2026, 11, 23), at(2026, 11, 24)))
    assert [one.reason for one in written(text, change).skipped] == [WHOLE_DAY]


def test_a_series_over_two_files_is_not_changed() -> None:
    moved = exception("20261102T090000", LOCAL.replace("1019", "1103"))
    files = [calendar(master()), calendar(moved)]
    done = apply(files, [moving()], stamp=STAMP, new_uid=lambda _: "x", zone=LONDON)
    assert [one.reason for one in done.skipped] == [SPREAD]


def test_a_series_and_a_day_of_it_are_not_changed_at_once() -> None:
    day = moving(event_id=f"{SERIES}/20261123T090000Z")
    for changes in ([moving(), day], [day, moving()]):
        done = written(calendar(master()), *changes)
        assert [one.reason for one in done.skipped] == [TWICE]
        assert done.applied == (changes[0],)


def test_a_series_is_taken_back_whole_or_not_at_all() -> None:
    """Somebody edited one exception since; elsewhere the edit is taken back as ever."""
    before = FORMS["exceptions"]
    done = written(before, moving())
    touched = done.files[0].replace(b"DURATION:PT45M", b"DURATION:PT40M")
    back = undo([touched], done.undo)
    assert (back.files, back.undone) == ((touched,), ())
    assert [one.reason for one in back.skipped] == [EDITED]
    beside = done.files[0].replace(b"END:VCALENDAR", f"{event(uid='n')}\r\nEND:VCALENDAR".encode())
    again = undo([beside], done.undo)
    assert len(again.undone) == 1 and times(again.files[0]) == times(before)


def test_a_repeating_hold_of_ours_moves_as_one() -> None:
    text = calendar(master("X-CLEARWAY-KIND:pod"))
    done = written(text, moving(kind=ChangeKind.HOLD_MOVE, hold=Kind.POD))
    assert times(done.files[0]) == shifted(times(text), 30, 30)
    assert b"X-CLEARWAY-CHANGED" not in done.files[0]
    firm = written(
        calendar(master("X-CLEARWAY-KIND:pod", "X-CLEARWAY-FIRM:TRUE")),
        moving(kind=ChangeKind.HOLD_MOVE, hold=Kind.POD),
    )
    assert len(firm.skipped) == 1
