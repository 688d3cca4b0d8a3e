"""What is Graph's own: how it is reached, single members of a series, whole series, and people."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from connectors import base
from connectors.base import Ability, inverse
from connectors.errors import EventChanged, EventGone, NotPossible, PermissionMissing
from connectors.graph import GraphDiary, Options, abilities
from connectors.hold_text import HoldText
from connectors.transport import Door, FixedToken
from rules.change import Change, ChangeKind
from rules.event import Kind, ScoredAs
from rules.interval import Interval
from tests.contract.stage import ME, Planted
from tests.contract.stages.graph import GraphStage
from tests.contract.words import (
    DAY,
    HOUR,
    NINE,
    STAMP,
    WEEK,
    create,
    meeting,
    move,
    move_hold,
    only,
    seen,
    shorten,
    span,
)
from tests.fakes.graph import WorkingHours

NOON = span(NINE + 3 * HOUR)
CHAIR = "chair@trust.example"
EVERYTHING = frozenset(Ability)


@pytest.fixture
def stage(request: pytest.FixtureRequest) -> GraphStage:
    return GraphStage(request.addfinalizer)


@contextmanager
def reached(stage: GraphStage, options: Options, token: str | None = None) -> Iterator[GraphDiary]:
    """The same mailbox, reached in another way."""
    diary = GraphDiary(Door(stage.fake.url, FixedToken(token or stage.fake.token(ME))), options)
    try:
        yield diary
    finally:
        diary.close()


def sent(stage: GraphStage, method: str) -> list[Any]:
    return [each for each in stage.fake.requests if each.method == method]


def whole(change: Change, uid: str) -> Change:
    """The same for all of a series."""
    return replace(change, event_id=uid, version="")


# -- how it is reached --------------------------------------------------------------------------


def test_it_is_all_that_it_says_it_is(stage: GraphStage) -> None:
    diary = stage.diary
    reader: base.DiaryReader = diary
    parts: tuple[Any, ...] = (
        base.ItemReader,
        base.DiaryWriter,
        base.Proposer,
        base.Syncer,
        base.FreeBusyReader,
        base.WorkingHoursReader,
        base.CalendarLister,
        base.Watcher,
    )
    assert reader.abilities == EVERYTHING
    for part in parts:
        names = [name for name in vars(part) if not name.startswith("_")]
        assert names and all(callable(getattr(diary, name)) for name in names)


@pytest.mark.parametrize(
    ("options", "lacking"),
    [
        (Options(), set()),
        (Options(mailbox=ME, app_only=True), set()),
        (Options(mailbox=CHAIR), {Ability.PUSH, Ability.WORKING_HOURS}),
        (
            Options(people=False),
            {Ability.MEETINGS, Ability.SERIES, Ability.TELLS_PEOPLE, Ability.FREE_BUSY},
        ),
        (
            Options(scopes=frozenset({"https://graph.microsoft.com/Calendars.Read"})),
            {
                *(Ability.HOLDS, Ability.MEETINGS, Ability.SERIES, Ability.TELLS_PEOPLE),
                *(Ability.PROPOSE, Ability.WORKING_HOURS),
            },
        ),
        (Options(scopes=frozenset({"Calendars.ReadWrite", "MailboxSettings.Read"})), set()),
    ],
)
def test_what_can_be_asked_depends_on_the_way_in(options: Options, lacking: set[Ability]) -> None:
    assert abilities(options) == EVERYTHING - lacking


def test_an_application_names_a_mailbox(stage: GraphStage) -> None:
    with pytest.raises(ValueError, match="name one"):
        Options(app_only=True)
    stage.plant(meeting())
    token = stage.fake.app_token(mailboxes=[ME])
    with reached(stage, Options(me=[ME], mailbox=ME, app_only=True), token) as diary:
        (one,) = diary.read(WEEK).occurrences
        diary.make(move(one, NOON), key="k", stamp=STAMP)
        assert diary.get(one.id).span == NOON
        hours = diary.working_hours()
        assert hours is not None and hours.hours == "Mon-Fri 08:00-17:00"
    outside = Options(mailbox=CHAIR, app_only=True)
    with reached(stage, outside, token) as diary, pytest.raises(PermissionMissing):
        diary.sync(WEEK)


def test_without_people_nobody_is_asked_for(stage: GraphStage) -> None:
    stage.plant(meeting())
    with reached(stage, Options(me=[ME], people=False)) as diary:
        (one,) = diary.read(WEEK).occurrences
        assert (one.other_people, one.external, one.scored_as) == (0, False, ScoredAs.APPOINTMENT)
        made = diary.make(create(Kind.GAP, NOON), key="k", stamp=STAMP)
        hold = diary.get(made.event_id)
        assert diary.mails(move_hold(hold, span(NINE, 10))) == 0
        diary.make(move_hold(hold, span(NINE, 10)), key="k2", stamp=STAMP)
        with pytest.raises(NotPossible, match="meetings"):
            diary.make(move(one, NOON), key="k3", stamp=STAMP)
        with pytest.raises(NotPossible):
            diary.invited(one.id)
    asked = [each.query.get("$select", "") for each in stage.fake.requests]
    assert not any("attendees" in each or "organizer" in each for each in asked)


def test_several_calendars_are_one_diary(stage: GraphStage) -> None:
    main, other = stage.box.event, stage.box.add_calendar("Clinics")
    first = stage.plant(meeting())
    body = main(first)
    times = {name: body[name] for name in ("start", "end")}
    second = stage.box.put({"subject": "x", **times}, calendar=other)
    listed = stage.diary.calendars()
    assert [one.primary for one in listed] == [True, False]
    assert {one.id for one in listed} >= {other}
    ticked = (other, listed[0].id)
    with reached(stage, Options(me=[ME], calendars=ticked)) as diary:
        synced = diary.sync(WEEK)
        assert synced.reading is not None
        assert {one.uid for one in synced.reading.occurrences} == {first, second}
        before = len(stage.fake.requests)
        assert diary.sync(WEEK, synced.state).reading is None
        assert len(stage.fake.requests) - before == 2
        diary.make(create(Kind.GAP, NOON), key="k", stamp=STAMP)
        assert sent(stage, "POST")[-1].path.endswith(f"/calendars/{other}/events")
    with reached(stage, Options(me=[ME], calendars=(other,))) as diary:
        assert len(diary.read(WEEK).occurrences) == 2
        assert diary.sync(WEEK, synced.state).reading is not None
    gone = Options(me=[ME], calendars=("AQMkADgone",))
    with reached(stage, gone) as diary, pytest.raises(NotPossible, match="no longer"):
        diary.read(WEEK)


def test_the_same_meeting_in_two_calendars_counts_once(stage: GraphStage) -> None:
    stage.plant(meeting())
    other = stage.box.add_calendar("Copies")
    stage.box.put(
        {"subject": "x", **{n: stage.box.event(stage.box.ids()[0])[n] for n in ("start", "end")}},
        calendar=other,
    )
    stage.fake.faults.rewrite(
        lambda body: body | {"value": [one | {"iCalUId": "SAME"} for one in body["value"]]},
        "calendarView",
    )
    listed = stage.diary.calendars()
    with reached(stage, Options(me=[ME], calendars=(listed[0].id, other))) as diary:
        assert [one.other_people for one in diary.read(WEEK).occurrences] == [2]


# -- holds --------------------------------------------------------------------------------------


def test_a_hold_is_what_others_may_read_and_mails_nobody(stage: GraphStage) -> None:
    texts = {Kind.GAP: HoldText("Breathing space", "Ten minutes.", private=True)}
    with reached(stage, Options(me=[ME], texts=texts)) as diary:
        for number, kind in enumerate((Kind.GAP, Kind.PROTECTED)):
            when = span(NINE + number * HOUR, 10)
            diary.make(create(kind, when), key=f"k{number}", stamp=STAMP)
    gap, busy = (stage.box.event(each) for each in stage.box.ids())
    assert (gap["subject"], gap["sensitivity"], gap["isReminderOn"]) == (
        "Breathing space",
        "private",
        False,
    )
    assert (busy["subject"], busy["sensitivity"], busy["attendees"]) == ("Busy", "normal", [])
    assert (gap["originalStartTimeZone"], stage.fake.mails) == ("GMT Standard Time", [])


# -- meetings -----------------------------------------------------------------------------------


def test_only_times_and_our_mark_are_written(stage: GraphStage) -> None:
    uid = stage.plant(meeting())
    before = stage.box.event(uid)
    stage.diary.make(move(only(stage), NOON), key="k", stamp=STAMP)
    (patch,) = sent(stage, "PATCH")
    assert set(patch.body) == {"start", "end", "singleValueExtendedProperties"}
    assert patch.headers["if-match"] == before["@odata.etag"]
    after = stage.box.event(uid)
    kept = ("subject", "body", "location", "showAs", "sensitivity", "originalStartTimeZone")
    assert all(after[name] == before[name] for name in kept)


def test_a_member_is_found_without_having_been_read(stage: GraphStage) -> None:
    """Also one that was moved far from where it was; one that was dropped is gone."""
    uid = stage.plant(
        meeting(every=7, members=4, moved={0: -30 * DAY, 2: 3 * DAY}, dropped=frozenset({1}))
    )
    with reached(stage, Options(me=[ME])) as diary:
        assert diary.get(f"{uid}/20261123T090000Z").span == span(NINE - 30 * DAY)
        assert diary.get(f"{uid}/20261207T090000Z").span == span(NINE + 17 * DAY)
        assert diary.get(f"{uid}/20261214T090000Z").span == span(NINE + 21 * DAY)
        before = len(stage.fake.requests)
        diary.get(f"{uid}/20261214T090000Z")
        assert len(stage.fake.requests) - before == 1
        for odd in ("20261130T090000Z", "20261214T100000Z", "20261214", "20270101T090000Z"):
            with pytest.raises(EventGone):
                diary.get(f"{uid}/{odd}")


def test_a_member_that_is_called_otherwise_since_is_looked_for(stage: GraphStage) -> None:
    """The day of a member stays its id when its series gets another time of day."""
    uid = stage.plant(meeting(every=1, members=3))
    old = list(seen(stage))[1]
    change = whole(move(seen(stage)[f"{uid}/20261123T090000Z"], span(NINE + HOUR)), uid)
    stage.diary.make(change, key="k", stamp=STAMP)
    with pytest.raises(EventGone):
        stage.diary.get(old)


@pytest.mark.parametrize("first", [date(2026, 11, 23), date(2026, 6, 29)])
def test_a_whole_day_member_is_found_by_its_date(stage: GraphStage, first: date) -> None:
    """In summer London's midnight is in the day before, in UTC."""
    uid = stage.plant(Planted(first, first + timedelta(days=1), every=2, members=3))
    window = Interval(WEEK.start - 180 * DAY, WEEK.end)
    for found in seen(stage, window).values():
        with reached(stage, Options(me=[ME])) as diary:
            assert diary.get(found.id) == found
    assert list(seen(stage, window))[1] == f"{uid}/{first + timedelta(days=2):%Y%m%d}"


@pytest.mark.parametrize("days", [1, 2, -1])
def test_a_member_stays_between_its_neighbours(stage: GraphStage, days: int) -> None:
    """That is known before it is tried."""
    stage.plant(meeting(every=1, members=4))
    member = list(seen(stage).values())[1]
    when = Interval(member.span.start + days * DAY, member.span.end + days * DAY)
    with pytest.raises(NotPossible, match="another of its series"):
        stage.diary.make(move(member, when), key="k", stamp=STAMP)
    assert not sent(stage, "PATCH")


def test_a_member_may_go_to_a_free_day(stage: GraphStage) -> None:
    stage.plant(meeting(every=7, members=2))
    member = only(stage)
    stage.diary.make(move(member, span(NINE + 2 * DAY)), key="k", stamp=STAMP)
    assert only(stage).span == span(NINE + 2 * DAY)


# -- whole series -------------------------------------------------------------------------------


@pytest.mark.parametrize("loses", [False, True])
def test_what_people_did_to_single_members_stays(stage: GraphStage, loses: bool) -> None:
    """Whether Exchange forgets it with the change of the series is not documented."""
    stage.fake.quirks.series_patch_loses_exceptions = loses
    uid = stage.plant(meeting(every=1, members=5, moved={2: 5 * HOUR}, dropped=frozenset({3})))
    first = seen(stage)[f"{uid}/20261123T090000Z"]
    change = whole(move(first, span(NINE + HOUR / 2, 45)), uid)
    foretold, mailed = stage.diary.mails(change), stage.mailed()
    stage.diary.make(change, key="k", stamp=STAMP)
    assert foretold == 2 * (1 + 1)
    if not loses:
        assert stage.mailed() - mailed == foretold
    spans = [one.span for one in seen(stage).values()]
    half = NINE + HOUR / 2
    kept = [span(half, 45), span(half + DAY, 45), span(NINE + 2 * DAY + 5 * HOUR)]
    assert spans == [*kept, span(half + 4 * DAY, 45)]


def test_a_series_is_written_in_its_own_zone_and_once(stage: GraphStage) -> None:
    uid = stage.plant(meeting(NINE - 60 * DAY, every=7, members=20))
    one = only(stage)
    change = whole(move(one, Interval(one.span.start + HOUR, one.span.end + HOUR)), uid)
    first = stage.diary.make(change, key="k", stamp=STAMP)
    assert stage.diary.make(change, key="k", stamp=STAMP) == first
    (patch,) = sent(stage, "PATCH")
    assert patch.body["start"] == {
        "dateTime": f"{(NINE - 60 * DAY).date()}T10:00:00",
        "timeZone": "GMT Standard Time",
    }
    assert only(stage).span.start.hour == one.span.start.hour + 1


def test_a_series_goes_back_to_where_it_was(stage: GraphStage) -> None:
    uid = stage.plant(meeting(every=1, members=3))
    before = [one.span for one in seen(stage).values()]
    first = seen(stage)[f"{uid}/20261123T090000Z"]
    done = stage.diary.make(whole(shorten(first, 10), uid), key="k", stamp=STAMP)
    assert done.version == seen(stage)[f"{uid}/20261123T090000Z"].version
    stage.fake.faults.conflict_once()
    stage.diary.make(inverse(done), key="k/undo", stamp=STAMP)
    assert [one.span for one in seen(stage).values()] == before


def test_a_series_stays_within_its_days(stage: GraphStage) -> None:
    uid = stage.plant(meeting(every=7, members=3))
    one = only(stage)
    with pytest.raises(NotPossible, match="within its days"):
        stage.diary.make(whole(move(one, span(NINE + DAY)), uid), key="k", stamp=STAMP)
    elsewhere = replace(whole(move(one, NOON), uid), before=span(NINE + HOUR))
    with pytest.raises(EventChanged):
        stage.diary.make(elsewhere, key="k", stamp=STAMP)
    with pytest.raises(EventChanged):
        stage.diary.make(
            replace(move(one, NOON), event_id=uid, version='W/"0"'), key="k", stamp=STAMP
        )
    assert only(stage) == one


def test_somebody_elses_series_is_not_changed(stage: GraphStage) -> None:
    uid = stage.plant(meeting(every=1, members=3, organizer=CHAIR))
    first = seen(stage)[f"{uid}/20261123T090000Z"]
    with pytest.raises(NotPossible):
        stage.diary.make(whole(move(first, NOON), uid), key="k", stamp=STAMP)


def test_a_series_of_our_holds_is_removed_whole(stage: GraphStage) -> None:
    uid = stage.plant(Planted(NINE, NINE + HOUR, kind=Kind.PROTECTED, every=1, members=3))
    first = seen(stage)[f"{uid}/20261123T090000Z"]
    change = Change(ChangeKind.HOLD_DELETE, first.span, None, uid, hold=first.kind)
    stage.diary.make(change, key="k", stamp=STAMP)
    assert not seen(stage)


def test_a_change_of_nothing_that_was_there_is_stale(stage: GraphStage) -> None:
    uid = stage.plant(meeting())
    with pytest.raises(EventChanged):
        stage.diary.make(Change(ChangeKind.EVENT_MOVE, None, NOON, uid), key="k", stamp=STAMP)


# -- people -------------------------------------------------------------------------------------


def invited_by(stage: GraphStage, **more: Any) -> str:
    """A meeting that a colleague calls, with the leader in it; its id in the leader's mailbox."""
    chair = stage.fake.mailbox("head@trust.example")
    body = {
        "subject": "x",
        "start": {"dateTime": "2026-11-23T09:00:00", "timeZone": "GMT Standard Time"},
        "end": {"dateTime": "2026-11-23T10:00:00", "timeZone": "GMT Standard Time"},
        "attendees": [{"type": "required", "emailAddress": {"name": "L", "address": ME}}],
    }
    uid = chair.event(chair.put(body | more))["iCalUId"]
    found = stage.box.find(uid)
    assert found is not None
    return found


def test_another_time_reaches_the_organiser_once(stage: GraphStage) -> None:
    uid = invited_by(stage)
    mailed = stage.mailed()
    for _ in range(2):
        stage.diary.propose(uid, NOON, key="k")
    assert stage.mailed() == mailed + 1
    stage.diary.propose(uid, span(NINE + HOUR), key="k2")
    assert stage.mailed() == mailed + 2
    (first, _) = [each for each in sent(stage, "POST") if "tentativelyAccept" in each.path]
    assert set(first.body) == {"sendResponse", "proposedNewTime"}


def test_another_time_is_suggested_only_where_it_is_taken(stage: GraphStage) -> None:
    uid = invited_by(stage, allowNewTimeProposals=False)
    with pytest.raises(NotPossible, match="takes no suggestions"):
        stage.diary.propose(uid, NOON, key="k")
    assert not sent(stage, "POST")


def test_many_people_over_many_days_are_asked_in_parts(stage: GraphStage) -> None:
    stage.plant(meeting(people=("a@trust.example",)))
    stage.plant(meeting(NINE + 100 * DAY, people=("a@trust.example",)))
    people = ["a@trust.example", *(f"p{number}@trust.example" for number in range(44))]
    window = Interval(WEEK.start, WEEK.start + 130 * DAY)
    found = stage.diary.busy(people, window)
    assert found["a@trust.example"] == (span(NINE), span(NINE + 100 * DAY))
    assert list(found) == people and {found[one] for one in people[1:]} == {None}
    calls = [each.body for each in sent(stage, "POST") if "getSchedule" in each.path]
    assert len(calls) == 9 and max(len(each["schedules"]) for each in calls) == 20


@pytest.mark.parametrize("minutes", [1, 5, 90])
def test_a_short_window_can_be_asked_about(stage: GraphStage, minutes: int) -> None:
    stage.plant(meeting(people=("a@trust.example",)))
    found = stage.diary.busy(["A@trust.example"], span(NINE + HOUR / 2, minutes))
    assert found["A@trust.example"] == (span(NINE + HOUR / 2, min(minutes, 30)),)
    assert stage.diary.busy([], WEEK) == {}


@pytest.mark.parametrize(
    ("status", "busy"), [("tentative", 1), ("oof", 1), ("new", 1), ("workingElsewhere", 0)]
)
def test_what_keeps_somebody_from_coming(stage: GraphStage, status: str, busy: int) -> None:
    stage.plant(meeting(people=("a@trust.example",)))

    def change(body: Any) -> Any:
        (one,) = body["value"]
        return body | {
            "value": [one | {"scheduleItems": [one["scheduleItems"][0] | {"status": status}]}]
        }

    stage.fake.faults.rewrite(change, "getSchedule")
    found = stage.diary.busy(["a@trust.example"], WEEK)["a@trust.example"]
    assert found is not None and len(found) == busy


@pytest.mark.parametrize(
    "odd",
    [
        {"scheduleItems": None},
        {"scheduleItems": [5]},
        {"scheduleItems": [{"status": "busy"}]},
        {"error": {"responseCode": "5006"}},
        {"scheduleId": "somebody@else.example"},
    ],
)
def test_what_cannot_be_read_of_somebody_is_not_known(
    stage: GraphStage, odd: dict[str, Any]
) -> None:
    stage.fake.faults.rewrite(
        lambda body: body | {"value": [body["value"][0] | odd]}, "getSchedule"
    )
    assert stage.diary.busy(["a@trust.example"], WEEK) == {"a@trust.example": None}


# -- settings -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hours", "zone", "expected"),
    [
        (
            WorkingHours(("monday", "thursday"), "08:30", "16:30"),
            "W. Europe Standard Time",
            ("Mon, Thu 08:30-16:30", "Europe/Berlin"),
        ),
        (None, "GMT Standard Time", None),
    ],
)
def test_working_hours_of_other_people(
    stage: GraphStage, hours: WorkingHours | None, zone: str, expected: tuple[str, str] | None
) -> None:
    other = "other@trust.example"
    stage.fake.mailbox(other, zone=zone, hours=hours)
    with reached(stage, Options(me=[other]), stage.fake.token(other)) as diary:
        found = diary.working_hours()
        assert (found and (found.hours, str(found.zone))) == expected
        assert str(diary.read(WEEK).zone) == (expected[1] if expected else "Europe/London")


def test_a_zone_of_ones_own_making_falls_back_and_says_so(stage: GraphStage) -> None:
    stage.fake.faults.rewrite(
        lambda body: (
            body
            | {"timeZone": "Customized Time Zone"}
            | {"workingHours": body.get("workingHours", {}) | {"timeZone": {"name": "Customized"}}}
        ),
        "mailboxSettings",
    )
    hours = stage.diary.working_hours()
    assert hours is not None
    assert (hours.hours, str(hours.zone)) == ("Mon-Fri 08:00-17:00", "Europe/London")
    assert stage.diary.read(WEEK).warnings == (
        "The mailbox's time zone cannot be read; Europe/London is used.",
    )


# -- being called back --------------------------------------------------------------------------

HOOK = "https://clearway.trust.example/hooks/graph"


def test_a_subscription_is_made_kept_and_ended(stage: GraphStage) -> None:
    first = stage.diary.watch(HOOK, key="leader-7")
    (create_,) = [each for each in sent(stage, "POST") if each.path.endswith("/subscriptions")]
    assert create_.body["clientState"] == first.secret and len(first.secret) == 64
    assert create_.body["lifecycleNotificationUrl"] == HOOK
    life = first.expires - datetime.now(UTC)  # noqa: TID251 # the fake lives by the real clock
    assert timedelta(days=6, hours=23) < life < timedelta(minutes=10_080)
    assert stage.diary.renew(first).id == first.id
    assert stage.diary.watch(HOOK, key="leader-7").id == first.id
    assert "leader-7" not in repr(first) and first.secret not in repr(first)
    for _ in range(2):
        stage.diary.unwatch(first)
    again = stage.diary.renew(first)
    assert again.id != first.id and (again.secret, again.address) == (first.secret, HOOK)


def test_one_subscription_takes_the_place_of_another(stage: GraphStage) -> None:
    first = stage.diary.watch(HOOK, key="leader-7")
    second = stage.diary.watch(f"{HOOK}/new", key="leader-8")
    assert second.id != first.id and second.secret != first.secret
    assert set(stage.fake.subscriptions.kept) == {second.id}


def test_what_changes_is_told_with_the_secret(stage: GraphStage) -> None:
    subscription = stage.diary.watch(HOOK, key="leader-7")
    stage.plant(meeting())
    assert {each["clientState"] for each in stage.fake.subscriptions.sent} == {subscription.secret}


def test_the_mailbox_itself_tells_whose_it_is(stage: GraphStage) -> None:
    """With one request, at the first reading, and only where nobody has said so."""
    stage.plant(meeting())
    with reached(stage, Options()) as diary:
        readings = [diary.read(WEEK) for _ in range(2)]
    owner = [each for each in stage.fake.requests if each.path.endswith("/me/calendar")]
    assert len(owner) == 1
    for reading in readings:
        assert [one.external for one in reading.occurrences] == [False] and not reading.warnings
