"""Google's events as occurrences and back: what each member means, and that nothing else changes."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.google import mapping
from connectors.google.mapping import (
    BACKWARDS,
    BAD_TIME,
    MIXED_TIMES,
    NO_ID,
    NO_SLOT,
    NO_TIME,
    REFUSALS,
    Removed,
    Unmapped,
    change_body,
    hold_body,
    hold_id,
    named,
    occurrence,
    own_ids,
)
from connectors.hold_text import HOLD_TEXTS
from connectors.lens import Lens
from rules.event import NOT_HOLDS, Kind, Occurrence, ScoredAs, ShowAs, Status
from rules.interval import Interval
from tests.connectors.google_events import (
    HOUR,
    ME,
    NINE,
    google_event,
    invited,
    merged,
    recorded,
)

LENS = Lens.of([ME], (), {}, ())
A, PARTNER, ROOM = "a@trust.example", "x@partner.example", "room4@resource.calendar.google.com"


def seen(**more: Any) -> Occurrence:
    return occurrence(google_event(**more), LENS)


# -- recorded bodies ----------------------------------------------------------------------------


def test_every_recorded_event_is_an_occurrence_or_refused_by_name(corpus: Path) -> None:
    """The refusals are told in docs/connectors/google.md."""
    found: Counter[str] = Counter()
    reasons = set()
    for _, event in recorded(corpus / "google-json"):
        try:
            one = occurrence(event, LENS)
        except Unmapped as error:
            reasons.add(str(error))
            found[type(error).__name__] += 1
        else:
            assert one.uid in (event["id"], event.get("recurringEventId"))
            found["read"] += 1
    assert found == {"read": 25, "Removed": 4, "Unmapped": 2}
    assert reasons <= REFUSALS


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("northworld-find__all_day_event_by_id.json", BAD_TIME),
        ("northworld-missing_date.json", NO_TIME),
    ],
)
def test_recorded_bodies_that_break_the_description_are_refused(
    corpus: Path, name: str, reason: str
) -> None:
    """Both were edited by hand where they come from: a time in `date`, and `dateTimes`."""
    (event,) = [each for file, each in recorded(corpus / "google-json") if file == name]
    with pytest.raises(Unmapped, match=reason):
        occurrence(event, LENS)


def test_a_recorded_absence_is_an_absence(corpus: Path) -> None:
    events = dict(recorded(corpus / "google-json"))
    one = occurrence(events["grafana-oncall-out-of-office.json"], LENS)
    assert (one.show_as, one.scored_as) == (ShowAs.OOF, ScoredAs.OWN_TIME)
    assert one.kind is None and not one.firm


# -- what each member means ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("more", "show_as"),
    [
        ({}, ShowAs.BUSY),
        ({"transparency": "opaque"}, ShowAs.BUSY),
        ({"transparency": "transparent"}, ShowAs.FREE),
        ({"transparency": "translucent"}, ShowAs.UNKNOWN),
        ({"transparency": 7}, ShowAs.BUSY),
        ({"eventType": "outOfOffice"}, ShowAs.OOF),
        ({"eventType": "outOfOffice", "transparency": "transparent"}, ShowAs.FREE),
        ({"eventType": "workingLocation", "transparency": "transparent"}, ShowAs.WORKING_ELSEWHERE),
        ({"eventType": "somethingNew"}, ShowAs.BUSY),
        ({"status": "tentative"}, ShowAs.TENTATIVE),
        ({"attendees": invited(A, answer="tentative")}, ShowAs.TENTATIVE),
        ({"attendees": invited(A, answer="needsAction")}, ShowAs.BUSY),
        ({"attendees": invited(A, answer="declined")}, ShowAs.FREE),
        ({"attendees": invited(A, answer="perhaps")}, ShowAs.BUSY),
    ],
)
def test_how_time_shows(more: dict[str, Any], show_as: ShowAs) -> None:
    assert seen(**more).show_as is show_as


@pytest.mark.parametrize(
    ("visibility", "private"),
    [("default", False), ("public", False), ("private", True), ("confidential", True), ("x", True)],
)
def test_what_is_not_open_is_private(visibility: str, private: bool) -> None:
    one = seen(visibility=visibility, attendees=invited(A))
    assert one.private is private
    assert (one.scored_as is ScoredAs.OWN_TIME) is private


def test_people_are_counted_once_without_the_leader_and_rooms() -> None:
    room = {"email": ROOM, "resource": True, "responseStatus": "accepted"}
    one = seen(attendees=[*invited(A, A.upper(), PARTNER), room, "no entry"])
    assert (one.other_people, one.external, one.resources, one.organizer) == (2, True, 1, True)
    assert one.scored_as is ScoredAs.APPOINTMENT
    assert not seen(attendees=invited(A)).external


def test_who_calls_a_meeting_is_in_it() -> None:
    theirs = {"email": "chair@trust.example"}
    one = seen(organizer=theirs, attendees=invited(A))
    assert (one.organizer, one.other_people) == (False, 2)
    also = [*invited(A), {"email": "chair@trust.example", "organizer": True}]
    assert seen(organizer=theirs, attendees=also).other_people == 2


def test_an_entry_without_an_address_is_somebody() -> None:
    assert seen(attendees=[*invited(), {"responseStatus": "accepted"}, {}]).other_people == 2


def test_a_guest_list_that_is_held_back_counts_as_somebody() -> None:
    one = seen(attendees=invited(), attendeesOmitted=True)
    assert (one.other_people, one.scored_as) == (1, ScoredAs.APPOINTMENT)


def test_a_meeting_that_the_leader_declined_takes_no_time() -> None:
    one = seen(organizer={"email": A}, attendees=invited(A, answer="declined"))
    assert one.scored_as is ScoredAs.NONE


def test_a_focus_block_of_the_leaders_own_is_firm_protected_time() -> None:
    one = seen(eventType="focusTime")
    assert (one.kind, one.firm, one.scored_as) == (Kind.PROTECTED, True, ScoredAs.HOLD)


def test_a_focus_block_that_clearway_wrote_is_ours_to_move() -> None:
    mark: dict[str, dict[str, str]] = {"private": {"clearwayKind": "protected"}}
    one = seen(eventType="focusTime", extendedProperties=mark)
    assert (one.kind, one.firm) == (Kind.PROTECTED, False)
    mark["private"]["clearwayFirm"] = "TRUE"
    assert seen(eventType="focusTime", extendedProperties=mark).firm


@pytest.mark.parametrize(
    "private", [{"clearwayKind": 3}, {"clearwayKind": "no-such-kind"}, {"other": "x"}, [], 1]
)
def test_marks_of_other_programs_mean_nothing(private: Any) -> None:
    one = seen(extendedProperties={"private": private})
    assert (one.kind, one.firm, one.changed) == (None, False, None)


@pytest.mark.parametrize("event_type", ["birthday", "fromGmail"])
def test_what_google_adds_by_itself_is_no_meeting(event_type: str) -> None:
    """A whole day takes no time; a flight from a mail is the leader's own time."""
    day = {"start": {"date": "2026-11-23"}, "end": {"date": "2026-11-24"}}
    assert seen(eventType=event_type, **day).scored_as is ScoredAs.NONE
    assert seen(eventType=event_type).scored_as is ScoredAs.OWN_TIME


def test_what_google_locks_is_locked() -> None:
    assert seen(locked=True).locked and not seen(locked="yes").locked


def test_status_is_told() -> None:
    found = [seen(status=each).status for each in ("confirmed", "tentative", "cancelled", "new")]
    assert found == [Status.CONFIRMED, Status.TENTATIVE, Status.CANCELLED, Status.CONFIRMED]


# -- times and ids ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("start", "hour"),
    [
        ({"dateTime": "2026-11-23T09:00:00Z"}, 9),
        ({"dateTime": "2026-11-23T10:00:00.000+01:00", "timeZone": "Europe/Berlin"}, 9),
        ({"dateTime": "2026-11-23T04:00:00", "timeZone": "America/New_York"}, 9),
    ],
)
def test_times_are_instants(start: dict[str, str], hour: int) -> None:
    assert seen(start=start).start == datetime(2026, 11, 23, hour, tzinfo=UTC)


def test_whole_days_are_dates() -> None:
    one = seen(start={"date": "2026-11-23"}, end={"date": "2026-11-25"})
    assert (one.start, one.end, one.all_day) == (date(2026, 11, 23), date(2026, 11, 25), True)


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"id": ""}, NO_ID),
        ({"id": 5}, NO_ID),
        ({"start": None}, NO_TIME),
        ({"start": {}}, NO_TIME),
        ({"end": {"dateTime": 20261123}}, NO_TIME),
        ({"start": {"dateTime": "tomorrow"}}, BAD_TIME),
        ({"start": {"dateTime": "0001-01-01T00:00:00+10:00"}}, BAD_TIME),
        ({"start": {"dateTime": "2026-11-23T09:00:00"}}, BAD_TIME),
        ({"start": {"dateTime": "2026-11-23T09:00:00", "timeZone": "../../etc"}}, BAD_TIME),
        ({"start": {"dateTime": "2026-11-23T09:00:00", "timeZone": "Mars/Base"}}, BAD_TIME),
        ({"start": {"date": "2026-13-01"}}, BAD_TIME),
        ({"start": {"date": "2026-11-23"}}, MIXED_TIMES),
        ({"end": {"dateTime": "2026-11-23T08:00:00Z"}}, BACKWARDS),
        ({"recurringEventId": "abc"}, NO_SLOT),
        ({"recurringEventId": "abc", "id": "abc_20269999"}, NO_SLOT),
    ],
)
def test_what_cannot_be_read_is_refused_by_name(more: dict[str, Any], reason: str) -> None:
    with pytest.raises(Unmapped, match=reason):
        seen(**more)


def test_what_is_left_of_a_cancelled_event_is_no_fault() -> None:
    with pytest.raises(Removed):
        occurrence({"id": "abc123", "status": "cancelled"}, LENS)


def test_a_member_of_a_series_is_called_after_it() -> None:
    slot = {"dateTime": "2026-11-16T10:00:00+01:00"}
    one = seen(id="ser_20261116T090000Z", recurringEventId="ser", originalStartTime=slot)
    assert one.id == "ser/20261116T090000Z"
    untold = seen(id="ser_20261116T090000Z", recurringEventId="ser")
    assert untold.id == one.id
    day = seen(id="ser_20261116", recurringEventId="ser", originalStartTime={"date": "2026-11-16"})
    assert day.id == "ser/20261116"


@pytest.mark.parametrize(
    ("event_id", "own"),
    [
        ("abc123", ("abc123",)),
        ("ser/20261116T090000Z", ("ser_20261116T090000Z",)),
        ("ser/20261116", ("ser_20261116",)),
        (
            "ser_R20261102T090000/20261116T090000Z",
            ("ser_20261116T090000Z", "ser_R20261102T090000_20261116T090000Z"),
        ),
        ("ser/no-stamp", ("ser/no-stamp",)),
    ],
)
def test_what_google_calls_an_event_is_known_without_asking(
    event_id: str, own: tuple[str, ...]
) -> None:
    assert own_ids(named(event_id)) == own


def test_the_id_of_a_hold_follows_from_its_key() -> None:
    one, other = hold_id("plan-1/0"), hold_id("plan-1/1")
    assert one == hold_id("plan-1/0") != other
    assert set(one) <= set("0123456789abcdefghijklmnopqrstuv") and 5 <= len(one) <= 1024


# -- there and back -----------------------------------------------------------------------------

instants = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)).map(  # noqa: DTZ001
    lambda moment: moment.replace(microsecond=0, tzinfo=UTC)
)
spans = st.builds(
    lambda start, minutes: Interval(start, start + timedelta(minutes=minutes)),
    instants,
    st.integers(1, 600),
)
people = st.lists(st.sampled_from([A, PARTNER, "b@trust.example"]), unique=True)


@st.composite
def events(draw: st.DrawFn) -> dict[str, Any]:
    """Events in the forms that Google gives, with members that Clearway does not know."""
    member = draw(st.booleans())
    slot = {"dateTime": "2026-11-16T09:00:00Z", "timeZone": "Europe/London"}
    more: dict[str, Any] = {
        "summary": draw(st.text()),
        "transparency": draw(st.sampled_from(["opaque", "transparent"])),
        "visibility": draw(st.sampled_from(["default", "private", "public"])),
        "attendees": invited(
            *draw(people), answer=draw(st.sampled_from(["accepted", "tentative"]))
        ),
        "hangoutLink": "https://meet.example/abc",
        "extendedProperties": {
            "shared": {"theirs": draw(st.text())},
            "private": draw(
                st.dictionaries(
                    st.sampled_from(["other", "clearwayKind", "clearwayFirm"]), st.text()
                )
            ),
        },
    }
    if member:
        more |= {"recurringEventId": "ser", "originalStartTime": slot, "id": "ser_20261116T090000Z"}
    return google_event(**more)


@given(event=events(), when=spans, stamp=instants)
def test_a_change_changes_the_time_and_our_mark_and_nothing_else(
    event: dict[str, Any], when: Interval, stamp: datetime
) -> None:
    after = merged(event, change_body(when, "key", stamp))
    known = occurrence(event, LENS)
    expected = replace(known, start=when.start, end=when.end, changed=stamp)
    got = occurrence(after, LENS)
    # a time of 24 hours and longer is in another class
    assert replace(got, scored_as=known.scored_as) == expected
    kept = {name: value for name, value in event.items() if name not in ("start", "end")}
    kept["extendedProperties"] = {
        "shared": event["extendedProperties"]["shared"],
        "private": after["extendedProperties"]["private"],
    }
    assert {name: value for name, value in after.items() if name not in ("start", "end")} == kept
    assert after["start"]["timeZone"] == event["start"]["timeZone"]
    private = after["extendedProperties"]["private"]
    assert event["extendedProperties"]["private"].items() <= private.items()


@given(kind=st.sampled_from(sorted(set(Kind) - NOT_HOLDS)), when=spans, focus=st.booleans())
def test_a_hold_reads_as_what_was_written(kind: Kind, when: Interval, focus: bool) -> None:
    text = HOLD_TEXTS.get(kind, HOLD_TEXTS[Kind.BREAK])
    body = dict(hold_body("holdid", kind, when, text, "key", focus=focus))
    one = occurrence({**body, "organizer": {"self": True}}, LENS)
    assert (one.uid, one.span, one.hold, one.firm) == ("holdid", when, kind, False)
    assert (one.show_as, one.private, one.changed) == (ShowAs.BUSY, text.private, None)
    assert (one.organizer, one.other_people) == (True, 0)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=8),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
        max_leaves=12,
    ),
    st.sampled_from(sorted(google_event(attendees=[], recurringEventId="", locked=False))),
)
def test_whatever_stands_in_a_member_is_read_or_refused(value: Any, name: str) -> None:
    try:
        one: Occurrence | None = occurrence(google_event() | {name: value}, LENS)
        reason = ""
    except Unmapped as error:
        one, reason = None, str(error)
    if one is None:
        assert reason in REFUSALS
    else:
        assert one.all_day or one.span.start == NINE or one.span.end == NINE + HOUR


def test_an_event_tells_whose_diary_it_is_in() -> None:
    group = {"email": "x1@group.calendar.google.com", "self": True}
    own = {"email": "Leader@trust.example", "self": True}
    other = {"email": "a@trust.example"}
    assert mapping.own_addresses({"organizer": group, "attendees": [own, other]}) == {
        "leader@trust.example"
    }
    assert not mapping.own_addresses({"organizer": group, "attendees": [other]})
    assert not mapping.of_a_person("primary")


@pytest.mark.parametrize("hostile", ["\ud800", [], {}, 7, None])
def test_an_id_that_cannot_be_sent_back_is_none(hostile: object) -> None:
    """Half a character, or no text at all."""
    with pytest.raises(mapping.Unmapped):
        mapping.occurrence(google_event(id=hostile), Lens())
