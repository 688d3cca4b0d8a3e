"""Writes are conditional, keep what they do not mean to touch, and stay in one resource."""

import re
from dataclasses import replace

import httpx
import pytest

from connectors.caldav.store import NO_VERSIONS
from connectors.errors import (
    EventChanged,
    EventGone,
    NotPossible,
)
from rules.event import Kind
from tests.connectors.caldav import connected
from tests.contract.stage import SECRET
from tests.contract.stages.caldav import ICS, CalDavStage
from tests.contract.stages.text import calendar, vevents, vtimezone
from tests.contract.words import (
    HOUR,
    NINE,
    STAMP,
    create,
    meeting,
    move,
    only,
    seen,
    shorten,
    span,
)
from tests.servers.transports import Changing


@pytest.fixture(params=["radicale", "xandikos"])
def stage(request: pytest.FixtureRequest) -> CalDavStage:
    """A new calendar on each server."""
    return CalDavStage(request.getfixturevalue(request.param), request.addfinalizer)


def test_a_write_of_what_somebody_edited_since_is_refused(stage: CalDavStage) -> None:
    """If-Match, on PUT and on DELETE."""
    uid = stage.plant(meeting(people=()))
    store = stage.diary._store
    (known,) = store.find(uid)
    stage.retime(uid, span(NINE + HOUR))
    with pytest.raises(EventChanged):
        store.replace(known, known.data)
    with pytest.raises(EventChanged):
        store.delete(known)
    assert only(stage).span == span(NINE + HOUR)


def test_a_write_of_what_is_gone_is_refused(stage: CalDavStage) -> None:
    uid = stage.plant(meeting(people=()))
    (known,) = stage.diary._store.find(uid)
    stage.remove(uid)
    for write in (
        lambda: stage.diary._store.delete(known),
        lambda: stage.diary._store.replace(known, known.data),
    ):
        with pytest.raises((EventGone, EventChanged)):
            write()
    assert not seen(stage)


def test_an_edit_between_the_look_and_the_write_is_not_lost(stage: CalDavStage) -> None:
    """Somebody's edit arrives just before our PUT does."""
    uid = stage.plant(meeting(people=()))
    edits = [lambda: stage.retime(uid, span(NINE + 4 * HOUR))]

    def ask(method: str, body: bytes) -> bytes:
        if method == "PUT" and edits:
            edits.pop()()
        return body

    with connected(stage, transport=Changing(ask=ask)) as diary:
        change = move(diary.get(uid), span(NINE + HOUR))
        with pytest.raises(EventChanged):
            diary.make(change, key="k", stamp=STAMP)
    assert only(stage).span == span(NINE + 4 * HOUR)


def test_a_write_whose_answer_was_lost_is_known_as_done(stage: CalDavStage) -> None:
    """The second try meets our own first, and says what is there."""
    uid = stage.plant(meeting(people=()))
    lost: list[str] = []

    def tell(method: str, body: bytes) -> bytes:
        if method == "PUT" and not lost:
            lost.append(method)
            raise httpx.ReadError("lost")
        return body

    with connected(stage, transport=Changing(tell=tell)) as diary:
        done = diary.make(move(diary.get(uid), span(NINE + HOUR)), key="k", stamp=STAMP)
    assert lost and done.version == only(stage).version
    assert only(stage).span == span(NINE + HOUR)


def test_a_hold_that_is_under_another_name_already_is_not_made_twice(stage: CalDavStage) -> None:
    """The same UID elsewhere: a person moved it, or a server names resources itself."""
    change = create(Kind.GAP, span(NINE, 10))
    done = stage.diary.make(change, key="k", stamp=STAMP)
    (known,) = stage.diary._store.find(done.event_id)
    stage.client.delete(known.url)
    stage.client.put(f"{stage.path}somebody-named-it.ics", content=known.data, headers=ICS)
    again = stage.diary.make(change, key="k", stamp=STAMP)
    assert again.event_id == done.event_id and len(seen(stage)) == 1


def test_a_uid_that_another_resource_has_is_never_stored_twice(stage: CalDavStage) -> None:
    stage.diary._store.create(
        "one@trust.example", calendar(vevents("one@trust.example", meeting()))
    )
    stage.client.request(
        "MOVE",
        f"{stage.path}one%40trust.example.ics",
        headers={"Destination": f"{stage.server.url}{stage.path}two.ics"},
    )
    stage.diary._store.create(
        "one@trust.example", calendar(vevents("one@trust.example", meeting()))
    )
    assert len(seen(stage)) == 1


def test_what_a_move_does_not_mean_survives_it(stage: CalDavStage) -> None:
    """Unknown properties and parameters, answers, alarms, titles."""
    uid = "kept@trust.example"
    kept = [
        "ATTENDEE;CN=A;PARTSTAT=ACCEPTED;X-ROUTE=7:mailto:a@trust.example",
        "ATTENDEE;PARTSTAT=DECLINED:mailto:x@partner.example",
        "X-VENDOR-THING;X-P=1:kept as it is",
        "LOCATION:Room 4",
    ]
    alarm = ["BEGIN:VALARM", "ACTION:DISPLAY", "TRIGGER:-PT15M", "DESCRIPTION:Soon", "END:VALARM"]
    text = vevents(uid, meeting(people=()))
    lines = "".join(
        f"{line}\r\n" for line in ["ORGANIZER:mailto:leader@trust.example", *kept, *alarm]
    )
    stage._put(uid, calendar(text.replace("END:VEVENT", f"{lines}END:VEVENT")))
    stage.diary.make(move(only(stage), span(NINE + HOUR)), key="k", stamp=STAMP)
    after = stage._get(uid).replace("\r\n ", "")
    for line in (*alarm, "LOCATION:Room 4", "X-VENDOR-THING;X-P=1:kept as it is", SECRET):
        assert line in after
    # Xandikos notes beside each attendee how telling them went
    plain = re.sub(r';SCHEDULE-STATUS="?[\d.;A-Za-z ]+"?', "", after)
    assert "PARTSTAT=ACCEPTED" in plain and "PARTSTAT=DECLINED" in plain and "X-ROUTE=7" in plain
    assert "SEQUENCE:1" in after and "DTSTART;TZID=Europe/London:20261123T100000" in after


def test_exceptions_stay_in_the_resource_of_their_series(stage: CalDavStage) -> None:
    uid = stage.plant(meeting(every=1, members=5))
    for number, day in enumerate(("20261124", "20261125")):
        one = seen(stage)[f"{uid}/{day}T090000Z"]
        stage.diary.make(shorten(one, 10), key=f"k/{number}", stamp=STAMP)
    assert len(stage.diary._store.find(uid)) == 1
    text = stage._get(uid)
    assert text.count("BEGIN:VEVENT") == 3
    assert len(re.findall(r"RECURRENCE-ID;TZID=Europe/London:2026112[45]T090000", text)) == 2


def test_two_changes_of_one_series_are_made_by_one_plan(stage: CalDavStage) -> None:
    """The first gives the resource another ETag; the second is still what the plan saw."""
    uid = stage.plant(meeting(every=1, members=3))
    members = list(seen(stage).values())
    for number, one in enumerate(members):
        stage.diary.make(shorten(one, 5), key=f"k/{number}", stamp=STAMP)
    assert {one.span.minutes for one in seen(stage).values()} == {55}
    assert {one.uid for one in seen(stage).values()} == {uid}


def test_a_zone_that_nobody_described_is_described_when_written(stage: CalDavStage) -> None:
    uid = "zoneless@trust.example"
    stage._put(uid, calendar(vevents(uid, meeting(people=()))).replace(vtimezone().encode(), b""))
    # Radicale describes it by itself
    assert ("BEGIN:VTIMEZONE" in stage._get(uid)) == (stage.name == "radicale")
    stage.diary.make(move(only(stage), span(NINE + HOUR)), key="k", stamp=STAMP)
    assert stage._get(uid).count("TZID:Europe/London") == 1
    assert only(stage).span == span(NINE + HOUR)


def test_a_series_in_another_calendar_of_the_account_is_found_and_changed(
    stage: CalDavStage,
) -> None:
    other = stage.server.new_calendar()
    uid = "elsewhere@trust.example"
    stage.client.put(
        f"{other}a.ics", content=calendar(vevents(uid, meeting(people=()))), headers=ICS
    )
    with connected(stage) as diary:
        names = [stage.path.rstrip("/").rpartition("/")[2], other]
        both = type(diary)(
            diary.account, diary.options, calendars=[names[0], stage.server.url + other]
        )
        one = both.get(uid)
        both.make(move(one, span(NINE + HOUR)), key="k", stamp=STAMP)
        assert [each.span for each in both.read(span(NINE, 480)).occurrences] == [span(NINE + HOUR)]
        with pytest.raises(NotPossible):
            type(diary)(diary.account, diary.options, calendars=["no-such-calendar"])


def test_what_a_server_will_not_store_is_refused_with_a_sentence(stage: CalDavStage) -> None:
    uid = stage.plant(meeting(people=()))
    (known,) = stage.diary._store.find(uid)
    with pytest.raises((NotPossible, EventChanged)) as refused:
        stage.diary._store.replace(known, b"not a calendar")
    assert SECRET not in str(refused.value)
    with pytest.raises(NotPossible, match=NO_VERSIONS):
        stage.diary._store.replace(replace(known, etag=""), known.data)
    assert only(stage).span == span(NINE)


def test_a_weak_version_still_guards(stage: CalDavStage) -> None:
    """As proxies that compress make of a strong one."""
    uid = stage.plant(meeting(people=()))
    (known,) = stage.diary._store.find(uid)
    stage.diary._store.replace(replace(known, etag=f"W/{known.etag}"), known.data)
    stage.retime(uid, span(NINE + HOUR))
    with pytest.raises(EventChanged):
        stage.diary._store.replace(replace(known, etag=f"W/{known.etag}"), known.data)
