"""Whatever stands in a calendar, its window is read, and what cannot be read is counted."""

from datetime import UTC, datetime

import pytest

from connectors.base import Ability
from connectors.caldav import CalDavDiary
from connectors.caldav.account import NO_ACCOUNT
from connectors.caldav.store import READ_ONLY
from connectors.errors import NotPossible, PermissionMissing, SignInNeeded, TooLarge
from connectors.icalendar import Limits, Options
from rules.event import Kind
from rules.interval import Interval
from tests.connectors.caldav import connected
from tests.contract.stage import LONDON, ME
from tests.contract.stages.caldav import ICS, CalDavStage
from tests.contract.stages.text import calendar, vevents
from tests.contract.words import DAY, HOUR, NINE, STAMP, WEEK, create, meeting, seen, span
from tests.servers.transports import Changing, Counting


@pytest.fixture(params=["radicale", "xandikos"])
def stage(request: pytest.FixtureRequest) -> CalDavStage:
    """A new calendar on each server."""
    return CalDavStage(request.getfixturevalue(request.param), request.addfinalizer)


def test_a_window_costs_one_request(stage: CalDavStage) -> None:
    for number in range(5):
        stage.plant(meeting(NINE + number * HOUR, every=number, members=3 if number else 1))
    counting = Counting()
    with connected(stage, transport=counting) as diary:
        asked = len(counting.methods)
        assert len(diary.read(WEEK).occurrences) == 12
    assert counting.methods[asked:] == ["REPORT"]


def test_connecting_costs_few_requests(stage: CalDavStage) -> None:
    counting = Counting()
    with connected(stage, transport=counting):
        assert len(counting.methods) <= 4


def test_the_account_is_found_from_the_server_alone(stage: CalDavStage) -> None:
    """By /.well-known/caldav, with its redirect."""
    with connected(stage, path="/") as diary:
        known = {one.id for one in diary.calendars()}
    assert stage.server.url + stage.path in known


def test_a_broken_event_is_counted_and_costs_no_other(stage: CalDavStage) -> None:
    uid = stage.plant(meeting())

    def tell(method: str, body: bytes) -> bytes:
        return body.replace(b"DTSTART;TZID=Europe/London:20261124T", b"DTSTART:nonsense")

    stage.plant(meeting(NINE + DAY))
    with connected(stage, transport=Changing(tell=tell)) as diary:
        reading = diary.read(WEEK)
    assert [one.uid for one in reading.occurrences] == [uid]
    assert reading.left_out == 1 and len(reading.warnings) == 1
    assert "cannot be read" in reading.warnings[0]


def test_garbage_instead_of_a_calendar_is_counted(stage: CalDavStage) -> None:
    uid = stage.plant(meeting())
    other = stage.plant(meeting(NINE + DAY))

    def tell(method: str, body: bytes) -> bytes:
        text = body.decode()
        head, found, tail = text.partition(f"UID:{other}")
        if not found:
            return body
        start, end = head.rindex("BEGIN:VCALENDAR"), tail.index("END:VCALENDAR") + 13
        return (head[:start] + "what is this?" + tail[end:]).encode()

    with connected(stage, transport=Changing(tell=tell)) as diary:
        reading = diary.read(WEEK)
    assert [one.uid for one in reading.occurrences] == [uid]
    assert reading.left_out == 1


def test_tasks_beside_the_events_are_no_events(stage: CalDavStage) -> None:
    todo = (
        "BEGIN:VTODO\r\nUID:t\r\nDTSTAMP:20261101T000000Z\r\nDUE:20261124T090000Z\r\nEND:VTODO\r\n"
    )
    assert stage.client.put(f"{stage.path}t.ics", content=calendar(todo), headers=ICS).is_success
    reading = stage.diary.read(WEEK)
    assert (reading.occurrences, reading.left_out, reading.warnings) == ((), 0, ())


def test_a_floating_time_is_the_leaders(stage: CalDavStage) -> None:
    """Also where it lies, in the server's zone, on the other side of the window's edge."""
    text = vevents("f@trust.example", meeting(people=()))
    stage._put("f@trust.example", calendar(text.replace(";TZID=Europe/London", "")))
    auckland = Options(me=[ME], zone=type(LONDON)("Pacific/Auckland"))
    start = datetime(2026, 11, 22, 20, tzinfo=UTC)  # 09:00 in Auckland
    with connected(stage, options=auckland) as diary:
        (one,) = diary.read(Interval(start, start + HOUR)).occurrences
    assert one.span.start == start


def test_a_whole_window_keeps_within_the_limits(stage: CalDavStage) -> None:
    for number in range(3):
        stage.plant(meeting(NINE + number * HOUR))
    tight = Options(me=[ME], zone=LONDON, limits=Limits(max_components=5))
    with connected(stage, options=tight) as diary, pytest.raises(TooLarge):
        diary.read(WEEK)


def test_a_wrong_password_asks_to_sign_in(stage: CalDavStage) -> None:
    with pytest.raises(SignInNeeded), connected(stage, password="wrong"):
        raise AssertionError("connected with a wrong password")


def test_where_there_is_no_account_it_is_said(stage: CalDavStage) -> None:
    def tell(method: str, body: bytes) -> bytes:
        return b"<html>Welcome</html>"

    with (
        pytest.raises(NotPossible, match=NO_ACCOUNT),
        connected(stage, transport=Changing(tell=tell)),
    ):
        raise AssertionError("connected to a web page")


def test_a_calendar_that_may_only_be_read_is_only_read(radicale_stage: CalDavStage) -> None:
    """Somebody else's, shared with this account, in no home of it."""
    uid = radicale_stage.plant(meeting())
    with connected(radicale_stage, user="assistant") as diary:
        assert [one.uid for one in diary.read(WEEK).occurrences] == [uid]
        assert not {Ability.HOLDS, Ability.MEETINGS, Ability.SERIES} & diary.abilities
        with pytest.raises(NotPossible, match=READ_ONLY):
            diary.make(create(Kind.GAP, span(NINE, 10)), key="k", stamp=STAMP)
        with pytest.raises(PermissionMissing):
            diary._store.create("u", calendar(vevents("u", meeting())))
    assert len(seen(radicale_stage)) == 1


def test_only_calendars_for_events_are_taken(radicale_stage: CalDavStage) -> None:
    path = "/leader/tasks-only/"
    body = (
        '<C:mkcalendar xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><D:set><D:prop>'
        '<C:supported-calendar-component-set><C:comp name="VTODO"/>'
        "</C:supported-calendar-component-set></D:prop></D:set></C:mkcalendar>"
    )
    radicale_stage.client.request("MKCALENDAR", path, content=body)
    with connected(radicale_stage) as diary:
        assert all(path not in one.id for one in diary.calendars())
        assert "Personal" not in repr(diary.calendars())


def test_the_calendars_own_zone_counts_where_none_is_given(radicale_stage: CalDavStage) -> None:
    zone = (
        "BEGIN:VCALENDAR\r\nBEGIN:VTIMEZONE\r\nTZID:America/New_York\r\nEND:VTIMEZONE\r\n"
        "END:VCALENDAR\r\n"
    )
    radicale_stage.server.property(
        radicale_stage.path, f"<C:calendar-timezone>{zone}</C:calendar-timezone>"
    )
    with connected(radicale_stage, options=Options(me=[ME])) as diary:
        assert str(diary.read(WEEK).zone) == "America/New_York"
        assert isinstance(diary, CalDavDiary)


@pytest.fixture
def radicale_stage(request: pytest.FixtureRequest) -> CalDavStage:
    """A new calendar on Radicale."""
    return CalDavStage(request.getfixturevalue("radicale"), request.addfinalizer)
