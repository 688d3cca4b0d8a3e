"""Bodies of Microsoft Graph and the core's values, there and back."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.graph import mapping
from connectors.graph.mapping import Broken, NamedZone, View
from connectors.hold_text import HOLD_TEXTS
from connectors.lens import Lens
from connectors.mark import write_changed
from rules.event import Kind, Occurrence, ScoredAs, ShowAs, Status
from rules.interval import Interval
from rules.working_pattern import parse_hours

LONDON = ZoneInfo("Europe/London")
ME = "leader@trust.example"
LENS = Lens.of([ME], [], {"Clinic": Kind.CLINICAL, "Focus": Kind.PROTECTED}, ["locked"])
VIEW = View(LENS, LONDON)
STAMP = datetime(2026, 11, 19, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)

REFUSALS = {
    # neither times nor an id were recorded
    "close-event_occurrences_crossing_dst.json /0": "has no start or end",
    "close-event_occurrences_crossing_dst.json /1": "has no start or end",
    # a client that did not ask for originalStart and type: which member it is cannot be told
    "ms365cal-calendar1_calendar_view.json /value/1": "is of a series and has no original start",
    "ms365cal-calendar1_event2.json ": "is of a series and has no original start",
    "msdocs-beta-event-list-instances-0.json /value/0": "is of a series and has no original start",
    "msdocs-v1-event-list-instances-0.json /value/0": "is of a series and has no original start",
    "msdocs-concept-delta-query-events-3.json /value/0": "is only said to be gone",
}
"""Each recorded body that is no occurrence, with the documented reason."""


def recorded(folder: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every event of the recorded bodies, with where it stands."""
    for path in sorted((folder / "graph-json").glob("*.json")):
        for place, body in _events(json.loads(path.read_text()), ""):
            yield f"{path.name} {place}", body


def _events(value: Any, place: str) -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(value, dict):
        whole = {"id", "start", "end"} <= set(value)
        if whole or "@removed" in value or "originalStart" in value:
            yield place, value
        for name, each in value.items():
            yield from _events(each, f"{place}/{name}")
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from _events(each, f"{place}/{index}")


def at(text: str, zone: str = "UTC") -> dict[str, str]:
    return {"dateTime": text, "timeZone": zone}


def body(**more: Any) -> dict[str, Any]:
    """A meeting as a calendar view has it."""
    return {
        "@odata.etag": 'W/"1"',
        "id": "AAkA=",
        "type": "singleInstance",
        "seriesMasterId": None,
        "start": at("2026-11-23T09:00:00.0000000"),
        "end": at("2026-11-23T10:00:00.0000000"),
        "isAllDay": False,
        "isCancelled": False,
        "isOrganizer": True,
        "showAs": "busy",
        "sensitivity": "normal",
        "responseStatus": {"response": "organizer", "time": "0001-01-01T00:00:00Z"},
        "categories": [],
        "organizer": {"emailAddress": {"name": "L", "address": ME}},
        "attendees": [],
    } | more


def person(address: str, kind: str = "required") -> dict[str, Any]:
    return {"type": kind, "emailAddress": {"name": "N", "address": address}}


def read(**more: Any) -> Occurrence:
    return mapping.occurrence(body(**more), VIEW)


# -- recorded bodies ----------------------------------------------------------------------------


def test_every_recorded_event_is_understood_or_refused_by_name(corpus: Path) -> None:
    refused, understood = {}, 0
    for place, each in recorded(corpus):
        try:
            mapping.occurrence(each, VIEW)
            understood += 1
        except Broken as error:
            refused[place] = str(error)
    assert refused == REFUSALS
    assert understood >= 75


def test_putting_a_recorded_event_elsewhere_changes_its_time_and_our_mark_only(
    corpus: Path,
) -> None:
    tried = 0
    for place, each in recorded(corpus):
        if place in REFUSALS:
            continue
        known = mapping.occurrence(each, VIEW)
        if known.all_day:
            continue
        after = Interval(known.span.start + 90 * MINUTE, known.span.end + 90 * MINUTE)
        zone = mapping.home_zone(each, VIEW.zones) or mapping.IN_UTC
        marks = {mapping.CHANGED: write_changed(STAMP)}
        written = mapping.moved(after, zone, marks)
        assert set(written) == {"start", "end", "singleValueExtendedProperties"}
        # Graph gives a member that was moved its original start, also where none was recorded
        slot = known.recurrence_id and {"originalStart": known.recurrence_id.isoformat()}
        found = mapping.occurrence({**each, **(slot or {}), **written}, VIEW)
        assert found == replace(known, start=after.start, end=after.end, changed=STAMP)
        tried += 1
    assert tried >= 60


# -- facts --------------------------------------------------------------------------------------


def test_people_are_counted_and_compared() -> None:
    one = read(
        attendees=[
            person("a@trust.example"),
            person("A@Trust.example", "optional"),
            person("x@partner.example"),
            person("room4@trust.example", "resource"),
            person(ME),
        ]
    )
    assert (one.other_people, one.external, one.resources) == (2, True, 1)
    assert one.scored_as is ScoredAs.APPOINTMENT


def test_the_organiser_of_somebody_elses_meeting_is_one_of_the_people() -> None:
    chair = {"emailAddress": {"name": "C", "address": "chair@trust.example"}}
    one = read(isOrganizer=False, organizer=chair, attendees=[person(ME)])
    assert (one.organizer, one.other_people, one.external) == (False, 1, False)


def test_an_organiser_under_another_address_is_still_the_leader() -> None:
    """isOrganizer speaks for the mailbox, whatever address it had when it sent the invitation."""
    old = {"emailAddress": {"name": "L", "address": "leader@old.example"}}
    one = read(organizer=old, attendees=[person("leader@old.example"), person("a@trust.example")])
    assert (one.organizer, one.other_people, one.external) == (True, 1, False)


@pytest.mark.parametrize(
    ("flags", "scored"),
    [("0", ScoredAs.OWN_TIME), ("1", ScoredAs.APPOINTMENT), (None, ScoredAs.APPOINTMENT)],
)
def test_without_people_exchanges_own_flag_tells_a_meeting(
    flags: str | None, scored: ScoredAs
) -> None:
    asked = mapping.expansion(people=False)
    name = "Integer {00062002-0000-0000-C000-000000000046} Id 0x8217"
    assert name in asked and name not in mapping.expansion(people=True)
    kept = [{"id": name.lower(), "value": flags}] if flags else []
    plain = {key: value for key, value in body().items() if key not in ("attendees", "organizer")}
    view = replace(VIEW, people=False)
    one = mapping.occurrence({**plain, "singleValueExtendedProperties": kept}, view)
    assert (one.scored_as, one.other_people) == (scored, 0)


@pytest.mark.parametrize(
    ("member", "value", "name", "expected"),
    [
        ("showAs", "workingElsewhere", "show_as", ShowAs.WORKING_ELSEWHERE),
        ("showAs", "Oof", "show_as", ShowAs.OOF),
        ("showAs", "asleep", "show_as", ShowAs.UNKNOWN),
        ("showAs", None, "show_as", ShowAs.UNKNOWN),
        ("sensitivity", "personal", "private", True),
        ("sensitivity", "confidential", "private", True),
        ("sensitivity", "secret-of-2031", "private", True),
        ("sensitivity", None, "private", False),
        ("isCancelled", True, "status", Status.CANCELLED),
        ("categories", ["Locked"], "locked", True),
        ("categories", ["CLINIC"], "kind", Kind.CLINICAL),
        ("categories", "Clinic", "kind", None),
    ],
)
def test_words_of_the_format_are_read(member: str, value: Any, name: str, expected: Any) -> None:
    assert getattr(read(**{member: value}), name) == expected


def test_what_was_declined_shows_as_free() -> None:
    declined = {"response": "declined", "time": "2026-11-01T00:00:00Z"}
    one = read(isOrganizer=False, responseStatus=declined, showAs="oof")
    assert (one.show_as, one.scored_as) == (ShowAs.FREE, ScoredAs.NONE)


def test_our_mark_wins_over_a_category_and_a_category_is_firm() -> None:
    ours = mapping.ours({mapping.KIND: "gap", mapping.CHANGED: "20261119T090000Z"})
    one = read(categories=["Focus"], **ours)
    assert (one.kind, one.firm, one.changed) == (Kind.GAP, False, STAMP)
    by_hand = read(categories=["Focus"])
    assert (by_hand.kind, by_hand.firm, by_hand.scored_as) == (Kind.PROTECTED, True, ScoredAs.HOLD)
    upper = [{**ours["singleValueExtendedProperties"][0]}]
    upper[0]["id"] = upper[0]["id"].replace("8f9c1b0e", "8F9C1B0E")
    assert read(singleValueExtendedProperties=upper).kind is Kind.GAP


# -- times --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("zone", "hour"),
    [
        ("UTC", 9),
        ("Europe/London", 8),
        ("GMT Standard Time", 8),
        ("W. Europe Standard Time", 7),
        ("America/New_York", 13),
    ],
)
def test_times_in_windows_and_iana_zones_are_instants(zone: str, hour: int) -> None:
    start, end = at("2026-07-01T09:00:00.0000000", zone), at("2026-07-01T09:30:00", zone)
    assert read(start=start, end=end).span == Interval(
        datetime(2026, 7, 1, hour, tzinfo=UTC), datetime(2026, 7, 1, hour, 30, tzinfo=UTC)
    )


@pytest.mark.parametrize(
    "start",
    [
        None,
        "2026-11-23T09:00:00Z",
        {},
        at("yesterday"),
        at("2026-13-01T00:00:00"),
        at("0001-01-01T00:00:00", "Asia/Tokyo"),
        at("2026-11-23T09:00:00", "tzone://Microsoft/Custom"),
        at("2026-11-23T09:00:00", "Customized Time Zone"),
        {"dateTime": 5, "timeZone": "UTC"},
        at("2026-11-23T11:00:00"),
    ],
)
def test_times_that_cannot_be_read_are_refused(start: Any) -> None:
    with pytest.raises(Broken) as raised:
        read(start=start)
    assert "2026" not in str(raised.value)


@pytest.mark.parametrize(
    ("start", "end", "days"),
    [
        ("2026-07-01T00:00:00.0000000", "2026-07-02T00:00:00.0000000", (1, 2)),
        ("2026-06-30T23:00:00.0000000", "2026-07-01T23:00:00.0000000", (1, 2)),
        ("2026-07-01T00:00:00.0000000", "2026-07-01T00:00:00.0000000", (1, 2)),
    ],
)
def test_whole_days_are_dates(start: str, end: str, days: tuple[int, int]) -> None:
    """Midnight in London is 23:00 in UTC in summer, and some old clients write it so."""
    one = read(isAllDay=True, start=at(start), end=at(end))
    assert (one.start, one.end) == tuple(date(2026, 7, day) for day in days)


def test_a_member_keeps_its_original_start() -> None:
    member = {
        "type": "exception",
        "seriesMasterId": "MASTER",
        "originalStart": "2026-11-22T09:00:00Z",
    }
    assert read(**member).id == "MASTER/20261122T090000Z"
    assert read(**member | {"type": "occurrence", "originalStart": None}).id.endswith("3T090000Z")
    for lacking in ({"originalStart": "soon"}, {"originalStart": None}, {"seriesMasterId": ""}):
        with pytest.raises(Broken, match="is of a series"):
            read(**member | lacking)
    whole = {"isAllDay": True, "start": at("2026-11-23T00:00:00"), "end": at("2026-11-24T00:00:00")}
    assert read(**member | whole).id == "MASTER/20261122"


@given(
    st.integers(0, 10_000_000),
    st.integers(1, 600),
    st.sampled_from(["UTC", "Europe/London", "America/St_Johns", "Australia/Lord_Howe"]),
)
def test_times_there_and_back_are_the_same(since: int, minutes: int, name: str) -> None:
    """Also in the hour that a clock shows twice, and over both clock changes."""
    first = datetime(2020, 1, 1, tzinfo=UTC) + since * MINUTE
    when = Interval(first, first + minutes * MINUTE)
    written = mapping.times(when, NamedZone(name, ZoneInfo(name)))
    assert read(**written).span == when


def test_a_time_that_the_clock_shows_twice_is_written_in_utc() -> None:
    second = datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    zone = NamedZone("GMT Standard Time", LONDON)
    written = mapping.times(Interval(second, second + 60 * MINUTE), zone)
    assert {each["timeZone"] for each in written.values()} == {"UTC"}


# -- what is written and asked ------------------------------------------------------------------


@pytest.mark.parametrize("kind", sorted(HOLD_TEXTS))
def test_a_new_hold_reads_as_what_it_is(kind: Kind) -> None:
    when = Interval(STAMP, STAMP + 30 * MINUTE)
    text = HOLD_TEXTS[kind]
    zone = NamedZone("GMT Standard Time", LONDON)
    written = mapping.new_hold(kind, when, text, zone, "plan-1/0")
    assert "attendees" not in written and written["isReminderOn"] is False
    one = read(**{k: v for k, v in written.items() if k not in ("subject", "body")})
    assert (one.span, one.kind, one.firm, one.private) == (when, kind, False, text.private)
    assert mapping.marked(written, mapping.KEY) == mapping.hashed("plan-1/0")
    again = mapping.new_hold(kind, when, text, zone, "plan-1/0")
    other = mapping.new_hold(kind, when, text, zone, "plan-1/1")
    assert again == written and other["transactionId"] != written["transactionId"]
    assert "plan-1" not in json.dumps(written)


@pytest.mark.parametrize("people", [True, False])
@pytest.mark.parametrize("writing", [True, False])
def test_nothing_is_asked_for_that_tells_what_a_meeting_is_about(
    people: bool, writing: bool
) -> None:
    asked = set(mapping.fields(people=people, writing=writing, several=True).split(","))
    content = {"subject", "body", "bodyPreview", "location", "locations", "onlineMeeting"}
    assert not asked & (content | {"onlineMeetingUrl", "webLink", "hasAttachments"})
    assert ("attendees" in asked, "organizer" in asked) == (people, people)


@given(
    st.lists(st.sampled_from(mapping._DAYS), unique=True, min_size=1),
    st.times(),
    st.times(),
)
def test_working_hours_are_words_that_the_core_reads(days: list[str], start: Any, end: Any) -> None:
    form = "%H:%M:%S.0000000"
    told = {"daysOfWeek": days, "startTime": start.strftime(form), "endTime": end.strftime(form)}
    words = mapping.hours_in_words(told)
    if words is None:
        assert (start.hour, start.minute) == (end.hour, end.minute)
        return
    (week,) = parse_hours(words, LONDON).weeks
    shifts = {mapping._DAYS[index]: shift for index, shift in enumerate(week) if shift}
    assert set(shifts) == set(days)
    assert {(s.start.hour, s.start.minute) for s in shifts.values()} == {(start.hour, start.minute)}


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (["monday", "tuesday", "wednesday", "thursday", "friday"], "Mon-Fri 08:00-17:00"),
        (["friday", "monday", "tuesday"], "Mon-Tue, Fri 08:00-17:00"),
        (["sunday"], "Sun 08:00-17:00"),
        ([], None),
        (None, None),
    ],
)
def test_working_days_are_grouped(days: Any, words: str | None) -> None:
    told = {"daysOfWeek": days, "startTime": "08:00:00.0000000", "endTime": "17:00:00.0000000"}
    assert mapping.hours_in_words(told) == words
    assert mapping.hours_in_words({**told, "startTime": "late"}) is None


# -- whatever comes -----------------------------------------------------------------------------

JSON: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=12)
    | st.sampled_from(
        ["9999-12-31T23:59:59", "0001-01-01T00:00:00Z", "UTC", "Tonga Standard Time"]
    ),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["dateTime", "timeZone", "emailAddress", "address", "id", "value", "type"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from([*body(), "originalStart", "@removed"]), JSON, max_size=4))
def test_whatever_comes_is_an_occurrence_or_a_refusal(odd: dict[str, Any]) -> None:
    for view in (VIEW, replace(VIEW, people=False)):
        try:
            found = mapping.occurrence({**body(), **odd}, view)
        except Broken:
            continue
        assert isinstance(found, Occurrence)


@pytest.mark.parametrize("odd", [None, [], "event", 5, {}])
def test_what_is_no_event_is_refused(odd: Any) -> None:
    with pytest.raises(Broken):
        mapping.occurrence(odd, VIEW)


@pytest.mark.parametrize("hostile", ["\ud800", [], {}, 7, None])
def test_an_id_that_cannot_be_sent_back_is_none(hostile: Any) -> None:
    """Half a character, or no text at all."""
    with pytest.raises(Broken, match="no id"):
        mapping.occurrence(body(id=hostile), VIEW)
