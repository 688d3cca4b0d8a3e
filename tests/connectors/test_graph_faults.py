"""Microsoft Graph on bad days, and what a reading costs."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from connectors.base import inverse
from connectors.errors import (
    BadAnswer,
    ConnectorError,
    EventChanged,
    EventGone,
    NotPossible,
    PermissionMissing,
    SignInNeeded,
    Throttled,
    TooLarge,
    Unreachable,
)
from connectors.graph import GraphDiary, Options
from connectors.transport import Door, FixedToken
from rules.event import Kind
from rules.interval import Interval
from tests.contract.stage import LONDON, ME, SECRET
from tests.contract.stages.graph import GraphStage
from tests.contract.words import (
    DAY,
    HOUR,
    NINE,
    STAMP,
    WEEK,
    create,
    delete,
    meeting,
    move,
    move_hold,
    only,
    seen,
    shorten,
    span,
)

NOON = span(NINE + 3 * HOUR)
FOUR_WEEKS = Interval(WEEK.start, WEEK.start + 28 * DAY)


@pytest.fixture
def stage(request: pytest.FixtureRequest) -> GraphStage:
    return GraphStage(request.addfinalizer)


@pytest.fixture
def waits(stage: GraphStage) -> list[float]:
    """The same diary, which notes how long it would wait."""
    waited: list[float] = []
    stage.diary.close()
    door = Door(stage.fake.url, FixedToken(stage.fake.token(ME)), pause=waited.append)
    stage.diary = GraphDiary(door, Options(me=[ME], zone=LONDON))
    return waited


class Renewed:
    """A token that somebody renews."""

    def __init__(self, stage: GraphStage) -> None:
        self._fake = stage.fake
        self.token = stage.fake.token(ME)

    def __call__(self, *, fresh: bool = False) -> str:
        if fresh:
            self.token = self._fake.token(ME)
        return self.token


def asked(stage: GraphStage) -> Iterator[str]:
    """What went over the wire."""
    return (f"{each.method} {each.path}" for each in stage.fake.requests)


# -- what it costs ------------------------------------------------------------------------------


def test_a_quiet_mailbox_costs_one_request(stage: GraphStage) -> None:
    stage.plant(meeting(every=1, members=5))
    state = stage.diary.sync(WEEK).state
    before = len(stage.fake.requests)
    assert stage.diary.sync(WEEK, state).reading is None
    assert len(stage.fake.requests) - before == 1


def test_one_changed_event_costs_at_most_three(stage: GraphStage) -> None:
    uid = stage.plant(meeting())
    state = stage.diary.sync(WEEK).state
    stage.retime(uid, NOON)
    fresh = GraphDiary(Door(stage.fake.url, FixedToken(stage.fake.token(ME))), Options(me=[ME]))
    before = len(stage.fake.requests)
    assert fresh.sync(WEEK, state).reading is not None
    assert len(stage.fake.requests) - before <= 3
    fresh.close()


def test_four_weeks_of_120_events_cost_at_most_three(stage: GraphStage) -> None:
    for number in range(100):
        stage.plant(meeting(NINE + number * timedelta(hours=6), 5))
    stage.plant(meeting(NINE, 5, every=1, members=20))
    synced = stage.diary.sync(FOUR_WEEKS)
    assert synced.reading is not None and len(synced.reading.occurrences) == 120
    assert len(stage.fake.requests) <= 3


def test_more_than_a_page_comes_whole(stage: GraphStage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.graph.mailbox.PAGE", 7)
    uids = {stage.plant(meeting(NINE + number * HOUR / 12, 5)) for number in range(20)}
    assert {one.uid for one in stage.diary.read(WEEK).occurrences} == uids


def test_no_request_asks_for_content_and_no_answer_of_ours_shows_it(stage: GraphStage) -> None:
    stage.plant(meeting(every=1, members=3, moved={1: HOUR}))
    reading = stage.diary.read(WEEK)
    stage.diary.get(reading.occurrences[1].id)
    for each in stage.fake.requests:
        text = " ".join(each.query.values())
        assert not any(word in text for word in ("subject", "location", "onlineMeeting"))
    assert SECRET not in repr(reading)


# -- busy, gone, refused ------------------------------------------------------------------------


def test_a_busy_service_is_left_alone_as_long_as_it_asks(
    stage: GraphStage, waits: list[float]
) -> None:
    uid = stage.plant(meeting())
    stage.fake.faults.throttle(2, "2.128")
    assert list(seen(stage)) == [uid]
    assert waits == [2.128, 2.128]


def test_a_throttled_write_is_made_once(stage: GraphStage, waits: list[float]) -> None:
    stage.fake.faults.throttle(1, "1", matching="^POST")
    stage.diary.make(create(Kind.GAP, NOON), key="k", stamp=STAMP)
    assert len(stage.box.ids()) == 1


def test_a_long_wait_is_told_to_the_caller(stage: GraphStage, waits: list[float]) -> None:
    stage.fake.faults.throttle(1, "3600")
    with pytest.raises(Throttled) as raised:
        stage.diary.read(WEEK)
    assert raised.value.after == 3600


@pytest.mark.usefixtures("waits")
@pytest.mark.parametrize(
    ("status", "code", "error"),
    [
        (400, "ErrorInvalidIdMalformed", EventGone),
        (400, "ErrorOccurrenceCrossingBoundary", NotPossible),
        (403, "ErrorAccessDenied", PermissionMissing),
        (404, "ErrorItemNotFound", EventGone),
        (404, "MailboxNotEnabledForRESTAPI", NotPossible),
        (403, "ErrorNonExistentMailbox", NotPossible),
        (400, "ErrorInvalidRequest", BadAnswer),
        (418, "Whatever", BadAnswer),
        (503, "UnknownError", Unreachable),
    ],
)
def test_each_refusal_has_its_own_meaning_and_no_content(
    stage: GraphStage, status: int, code: str, error: type[ConnectorError]
) -> None:
    uid = stage.plant(meeting())
    stage.fake.faults.fail(status, code, times=9, message=f"{SECRET} {ME}")
    with pytest.raises(error) as raised:
        stage.diary.get(uid)
    told = str(raised.value)
    assert SECRET not in told and ME not in told and len(told.split()) <= 20


def test_an_expired_token_is_renewed_once(stage: GraphStage) -> None:
    uid = stage.plant(meeting())
    token = Renewed(stage)
    diary = GraphDiary(Door(stage.fake.url, token), Options(me=[ME]))
    stage.fake.faults.expire_token(token.token)
    assert [one.id for one in diary.read(WEEK).occurrences] == [uid]
    diary.close()


def test_a_consent_that_was_taken_back_needs_the_person(stage: GraphStage) -> None:
    stage.fake.faults.revoke(ME)
    with pytest.raises(SignInNeeded, match="sign in again"):
        stage.diary.read(WEEK)


def test_a_consent_that_does_not_reach_so_far_is_said(stage: GraphStage) -> None:
    token = FixedToken(stage.fake.token(ME, ["Calendars.Read"]))
    diary = GraphDiary(Door(stage.fake.url, token), Options(me=[ME]))
    stage.plant(meeting())
    reading = diary.read(WEEK)
    assert len(reading.occurrences) == 1
    assert [each for each in reading.warnings if "time zone" in each]
    with pytest.raises(PermissionMissing, match="consent"):
        diary.make(create(Kind.GAP, NOON), key="k", stamp=STAMP)
    diary.close()


# -- writing while the world moves --------------------------------------------------------------


def test_exchange_may_refuse_an_etag_once_though_nobody_wrote(stage: GraphStage) -> None:
    stage.plant(meeting())
    change = move(only(stage), NOON)
    stage.fake.faults.conflict_once()
    done = stage.diary.make(change, key="k", stamp=STAMP)
    assert (only(stage).span, only(stage).version) == (NOON, done.version)
    assert stage.mailed() == 2 + 2


def test_a_conflict_that_stays_is_somebody_elses_edit(stage: GraphStage) -> None:
    stage.plant(meeting())
    change = move(only(stage), NOON)
    stage.fake.faults.conflict_once(2)
    with pytest.raises(EventChanged):
        stage.diary.make(change, key="k", stamp=STAMP)
    assert only(stage).span == span(NINE)


def test_a_refused_etag_of_a_hold_is_looked_at_again_too(stage: GraphStage) -> None:
    done = stage.diary.make(create(Kind.GAP, NOON), key="k", stamp=STAMP)
    stage.fake.faults.conflict_once()
    stage.diary.make(inverse(done), key="k/undo", stamp=STAMP)
    assert not seen(stage)


@pytest.mark.usefixtures("waits")
@pytest.mark.parametrize("done", [True, False])
def test_a_hold_whose_answer_was_lost_is_found_by_its_key(stage: GraphStage, done: bool) -> None:
    change = create(Kind.GAP, NOON)
    # the look for an earlier one comes first, and is asked again as often as need be
    stage.fake.faults.fail(503, "UnknownError", times=1, matching="^GET")
    stage.diary.make(change, key="other", stamp=STAMP)
    stage.fake.faults.rewrite(_cut, matching="^POST", times=1)
    with pytest.raises(BadAnswer):
        stage.diary.make(change, key="k", stamp=STAMP)
    if not done:
        stage.box.delete(stage.box.ids()[-1])
    made = stage.diary.make(change, key="k", stamp=STAMP)
    assert stage.diary.make(change, key="k", stamp=STAMP) == made
    assert len(stage.box.ids()) == 2 and made.event_id == stage.box.ids()[-1]


def _cut(body: Any) -> Any:
    return {key: value for key, value in body.items() if key != "id"}


@pytest.mark.usefixtures("waits")
@pytest.mark.parametrize("done", [True, False])
def test_a_connection_that_breaks_off_makes_no_second_hold(stage: GraphStage, done: bool) -> None:
    change = create(Kind.GAP, NOON)
    stage.diary.read(WEEK)
    stage.fake.faults.drop_connection(5, done=done)
    with pytest.raises(Unreachable):
        stage.diary.make(change, key="k", stamp=STAMP)
    stage.fake.faults.clear()
    made = stage.diary.make(change, key="k", stamp=STAMP)
    assert list(seen(stage)) == [made.event_id]


@pytest.mark.parametrize("status", [200, 201, 409])
def test_whatever_a_repeated_create_is_answered_there_is_one_hold(
    stage: GraphStage, status: int
) -> None:
    """Where our own key finds nothing, because the index is late, the transactionId still does."""
    stage.fake.quirks.repeat_status = status if status < 400 else 201
    change = create(Kind.GAP, NOON)
    first = stage.diary.make(change, key="k", stamp=STAMP)
    stage.fake.faults.rewrite(lambda body: body | {"value": []}, matching="filter=", times=1)
    if status == 409:
        stage.fake.faults.fail(409, "ErrorDuplicateTransactionId", matching="^POST")
    assert stage.diary.make(change, key="k", stamp=STAMP) == first
    assert len(stage.box.ids()) == 1


@pytest.mark.usefixtures("waits")
def test_a_move_whose_answer_was_lost_is_not_made_twice(stage: GraphStage) -> None:
    stage.plant(meeting())
    change = move(only(stage), NOON)
    stage.fake.faults.drop_connection(1, done=True)
    stage.diary.make(change, key="k", stamp=STAMP)
    assert only(stage).span == NOON
    stage.diary.make(change, key="k", stamp=STAMP)
    assert stage.mailed() == 2 + 2


@pytest.mark.usefixtures("waits")
def test_the_answer_to_a_patch_that_is_lost_is_found_by_looking_again(stage: GraphStage) -> None:
    stage.plant(meeting())
    change = move(only(stage), NOON)
    stage.diary.get(only(stage).id)
    sent = len(list(asked(stage)))
    stage.fake.faults.fail(503, "UnknownError", matching="^PATCH")
    stage.diary.make(change, key="k", stamp=STAMP)
    assert [each.split()[0] for each in list(asked(stage))[sent:]] == ["GET", "PATCH", "PATCH"]
    assert stage.mailed() == 2 + 2


# -- sync ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (410, "SyncStateNotFound"),
        (400, "syncStateInvalid"),
        (404, "SyncStateNotFound"),
        (409, "ResyncRequired"),
    ],
)
def test_a_forgotten_state_is_a_full_round(stage: GraphStage, status: int, code: str) -> None:
    uid = stage.plant(meeting())
    state = stage.diary.sync(WEEK).state
    stage.fake.faults.forget_sync(status, code)
    synced = stage.diary.sync(WEEK, state)
    assert synced.reading is not None
    assert [one.id for one in synced.reading.occurrences] == [uid]
    assert stage.diary.sync(WEEK, synced.state).reading is None


def test_a_state_that_leads_elsewhere_is_not_followed(stage: GraphStage) -> None:
    stage.plant(meeting())
    state = stage.diary.sync(WEEK).state
    token = state.token.replace(stage.fake.url, "https://evil.example/v1.0")
    assert stage.diary.sync(WEEK, replace(state, token=token)).reading is not None
    assert all(each.path.startswith("/") for each in stage.fake.requests)


@pytest.mark.parametrize("odd", ["[]", "{}", "null", '{"form": 1, "links": []}', "{" * 5000])
def test_a_state_that_is_none_means_reading_all(stage: GraphStage, odd: str) -> None:
    stage.plant(meeting())
    state = replace(stage.diary.sync(WEEK).state, token=odd)
    assert stage.diary.sync(WEEK, state).reading is not None


def test_an_event_outside_the_window_is_looked_into_and_changes_nothing(stage: GraphStage) -> None:
    stage.plant(meeting())
    outside = stage.plant(meeting(NINE + 30 * DAY))
    state = stage.diary.sync(WEEK).state
    stage.remove(outside)
    synced = stage.diary.sync(WEEK, state)
    assert synced.reading is None or len(synced.reading.occurrences) == 1


# -- answers that make no sense -----------------------------------------------------------------


def broken(**odd: Any) -> Any:
    """The first event of a list with other members."""

    def change(body: Any) -> Any:
        return body | {"value": [body["value"][0] | odd, *body["value"][1:]]}

    return change


def test_an_event_that_makes_no_sense_is_left_out_and_counted(stage: GraphStage) -> None:
    stage.plant(meeting())
    stage.plant(meeting(NINE + HOUR))
    stage.fake.faults.rewrite(
        broken(start={"dateTime": "x", "timeZone": "tzone://Microsoft/Custom"}), "calendarView"
    )
    reading = stage.diary.read(WEEK)
    assert (len(reading.occurrences), reading.left_out) == (1, 1)
    assert reading.warnings == ("1 event could not be read and is left out.",)


def test_a_calendar_of_which_nothing_makes_sense_is_not_empty(stage: GraphStage) -> None:
    stage.plant(meeting())
    stage.fake.faults.rewrite(broken(start=None), "calendarView")
    with pytest.raises(BadAnswer, match="None of the events"):
        stage.diary.read(WEEK)


@pytest.mark.parametrize(
    "answer",
    [
        [],
        {"value": None},
        {"value": [], "@odata.nextLink": 5},
        {"value": [], "@odata.nextLink": "https://evil.example/v1.0/me/calendarView?x=1"},
        "text",
    ],
)
def test_an_answer_of_another_shape_is_refused(stage: GraphStage, answer: Any) -> None:
    stage.plant(meeting())
    stage.fake.faults.rewrite(lambda _: answer, "calendarView")
    with pytest.raises(BadAnswer):
        stage.diary.read(WEEK)


def test_a_circle_of_pages_ends(stage: GraphStage) -> None:
    stage.plant(meeting())

    def circle(body: Any) -> Any:
        return body | {"@odata.nextLink": f"{stage.fake.url}/me/calendars?$top=9"}

    stage.fake.faults.rewrite(circle, "calendar")
    with pytest.raises(BadAnswer, match="page"):
        stage.diary.calendars()


@pytest.mark.parametrize(
    ("bound", "most", "told"),
    [
        ("MOST_ITEMS", 14, "more than 14 entries"),
        ("MOST_BYTES_IN_ALL", 9_000, "more than 9,000 bytes"),
    ],
)
def test_more_than_is_read_in_all_is_refused_before_all_of_it_came(
    stage: GraphStage, monkeypatch: pytest.MonkeyPatch, bound: str, most: int, told: str
) -> None:
    """Every page is within the limits; all of them together are not."""
    for number in range(40):
        stage.plant(meeting(NINE + number * HOUR / 12, 5))
    monkeypatch.setattr("connectors.graph.mailbox.PAGE", 5)
    monkeypatch.setattr(f"connectors.transport.{bound}", most)
    with pytest.raises(TooLarge, match=f"{told} .* fewer days"):
        stage.diary.read(WEEK)
    with pytest.raises(TooLarge):
        stage.diary.sync(WEEK)
    pages = sum("/calendarView" in each.path for each in stage.fake.requests)
    assert pages < 2 * 8


def test_calendars_that_are_read_together_share_the_bound(
    stage: GraphStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = stage.box.add_calendar("Clinics")
    moment = {"dateTime": "2026-11-23T14:00:00", "timeZone": "GMT Standard Time"}
    for number in range(3):
        stage.plant(meeting(NINE + number * HOUR, 5))
        stage.box.put({"subject": "x", "start": moment, "end": moment}, calendar=other)
    monkeypatch.setattr("connectors.transport.MOST_ITEMS", 5)
    main = next(one.id for one in stage.diary.calendars() if one.primary)
    assert len(stage.diary.read(WEEK).occurrences) == 3
    both = Options(me=[ME], calendars=(main, other))
    diary = GraphDiary(Door(stage.fake.url, FixedToken(stage.fake.token(ME))), both)
    with pytest.raises(TooLarge):
        diary.read(WEEK)
    diary.close()


def test_a_yes_that_changed_nothing_is_not_believed(stage: GraphStage) -> None:
    stage.plant(meeting())
    change = shorten(only(stage), 10)
    old = {"dateTime": "2026-11-23T10:00:00.0000000", "timeZone": "UTC"}
    stage.fake.faults.rewrite(lambda body: body | {"end": old}, "^PATCH")
    with pytest.raises(BadAnswer, match="did not make the change"):
        stage.diary.make(change, key="k", stamp=STAMP)


@pytest.mark.parametrize(
    "odd", ["", ".", "..", "/", "a/b", "%2e", "x" * 5000, "x/20261399T000000Z"]
)
def test_an_id_that_is_none_is_gone(stage: GraphStage, odd: str) -> None:
    with pytest.raises(EventGone):
        stage.diary.get(odd)
    stage.fake.problems.clear()  # an id that no service gave is also no path of the description


def test_a_hold_that_left_meanwhile_is_gone(stage: GraphStage) -> None:
    stage.diary.make(create(Kind.GAP, NOON), key="k", stamp=STAMP)
    hold = only(stage)
    stage.remove(hold.id)
    for change in (delete(hold), move_hold(hold, span(NINE, 10))):
        with pytest.raises(EventGone):
            stage.diary.make(change, key=change.kind, stamp=STAMP)
