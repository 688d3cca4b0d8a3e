"""Google Calendar when it says no, says nothing, or says yes and does nothing."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import httpx
import pytest

from app.clock import now
from connectors.base import (
    Ability,
    CalendarLister,
    DiaryReader,
    DiaryWriter,
    FreeBusyReader,
    ItemReader,
    Subscription,
    Syncer,
    Watcher,
    inverse,
)
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
from connectors.google import (
    SCOPES,
    Access,
    GoogleDiary,
    with_delegation,
    with_refresh_token,
    with_token,
)
from connectors.google.auth import ASKING, EVENTS, FREE_BUSY, LISTING, READ, READING, WRITING
from connectors.google.diary import HIDDEN, IGNORED, LOCKED
from connectors.google.mapping import hold_id
from connectors.google.series import EDITED
from connectors.lens import Lens
from connectors.transport import FixedToken
from rules.change import Change, ChangeKind
from rules.event import Kind, Occurrence, ScoredAs
from rules.interval import Interval
from tests.connectors.google_events import google_event, invited, page
from tests.contract.stage import ME
from tests.contract.words import (
    DAY,
    HOUR,
    NINE,
    STAMP,
    WEEK,
    create,
    delete,
    move,
    move_hold,
    shorten,
    span,
)
from tests.fakes.google import GoogleFake, Request
from tests.fakes.google.methods import document
from tests.fakes.played import Played

A = "a@trust.example"
NOON = span(NINE + 3 * HOUR)
MONTH = Interval(WEEK.start, WEEK.start + 28 * DAY)


@dataclass
class Place:
    """A fake with the leader's account, and the connector at it."""

    fake: GoogleFake
    waited: list[float] = field(default_factory=list)
    opened: list[GoogleDiary] = field(default_factory=list)

    def diary(self, access: Access | None = None, **more: Any) -> GoogleDiary:
        access = access or with_token(self.fake.token(ME, SCOPES), SCOPES)
        lens = Lens.of([ME], (), {}, ())
        made = GoogleDiary(access, lens, base=self.fake.url, pause=self.waited.append, **more)
        self.opened.append(made)
        return made

    def put(self, **more: Any) -> str:
        event = {
            "start": {"dateTime": NINE.isoformat(), "timeZone": "Europe/London"},
            "end": {"dateTime": (NINE + HOUR).isoformat(), "timeZone": "Europe/London"},
        }
        return self.fake.account(ME).put(event | more)

    def asked(self, what: Callable[[], object]) -> list[Request]:
        """The requests that something costs."""
        before = len(self.fake.requests)
        what()
        return self.fake.requests[before:]


@pytest.fixture
def place() -> Iterator[Place]:
    with GoogleFake() as fake:
        fake.account(ME)
        made = Place(fake)
        yield made
        for diary in made.opened:
            diary.close()
    assert fake.problems == []


def only(diary: GoogleDiary) -> Occurrence:
    (found,) = diary.read(WEEK).occurrences
    return found


def test_a_google_diary_is_all_that_it_declares(place: Place) -> None:
    """For the type checker: each protocol that the abilities speak of, and no other."""

    def typed(
        one: GoogleDiary,
    ) -> tuple[
        DiaryReader, ItemReader, DiaryWriter, Syncer, FreeBusyReader, CalendarLister, Watcher
    ]:
        return one, one, one, one, one, one, one

    diary = typed(place.diary())[0]
    lacking = {Ability.PROPOSE, Ability.WORKING_HOURS}
    assert diary.abilities == set(Ability) - lacking
    assert not hasattr(diary, "propose") and not hasattr(diary, "working_hours")


# -- what reading costs -------------------------------------------------------------------------


def test_a_full_reading_of_four_weeks_costs_two_requests(place: Place) -> None:
    for number in range(120):
        start = NINE + (number % 20) * DAY + (number // 20) * HOUR
        place.put(
            start={"dateTime": start.isoformat(), "timeZone": "Europe/London"},
            end={"dateTime": (start + HOUR).isoformat(), "timeZone": "Europe/London"},
        )
    diary = place.diary()
    assert len(place.asked(lambda: diary.sync(MONTH))) == 2
    assert len(diary.read(MONTH).occurrences) == 120


def test_a_quiet_calendar_costs_one_request_and_a_changed_one_two(place: Place) -> None:
    uid = place.put()
    diary = place.diary()
    states = [diary.sync(MONTH).state]

    def sync() -> None:
        """From where the last one left off: Google's token is spent by its use."""
        states.append(diary.sync(MONTH, states[-1]).state)

    assert [len(place.asked(sync)) for _ in range(2)] == [1, 1]
    place.fake.account(ME).patch(uid, {"transparency": "transparent"})
    assert [len(place.asked(sync)) for _ in range(2)] == [2, 1]


def test_a_state_that_was_used_already_means_reading_all(place: Place) -> None:
    """As after a crash between asking and keeping the answer."""
    uid = place.put()
    diary = place.diary()
    state = diary.sync(WEEK).state
    assert diary.sync(WEEK, state).reading is None
    reading = diary.sync(WEEK, state).reading
    assert reading is not None and [one.id for one in reading.occurrences] == [uid]


def test_a_change_costs_two_requests(place: Place) -> None:
    place.put(attendees=[{"email": A}])
    diary = place.diary()
    change = move(only(diary), NOON)
    asked = place.asked(lambda: diary.make(change, key="k", stamp=STAMP))
    assert [(one.method, one.query.get("sendUpdates")) for one in asked] == [
        ("GET", None),
        ("PATCH", ["all"]),
    ]
    assert set(asked[1].body) == {"start", "end", "extendedProperties"}
    assert asked[1].headers["if-match"] == change.version


def test_nothing_is_asked_for_that_is_not_needed(place: Place) -> None:
    """No title, text, place or link; addresses only where the guest list may be asked for."""
    uid = place.put(attendees=[{"email": A}])
    for people in (True, False):
        diary = place.diary(people=people)

        def everything(diary: GoogleDiary = diary) -> None:
            state = diary.sync(WEEK).state
            diary.sync(WEEK, state)
            diary.get(uid)
            diary.make(create(Kind.GAP, NOON), key="k", stamp=STAMP)

        fields = " ".join(one.query["fields"][0] for one in place.asked(everything))
        named = set(re.findall(r"\w+", fields))
        unwanted = {"summary", "description", "location", "conferenceData", "hangoutLink"}
        assert not named & (unwanted | {"attachments", "creator", "displayName"})
        assert ("email" in named) is people


def test_without_the_guest_list_it_is_known_whether_anybody_is_invited(place: Place) -> None:
    place.put(attendees=[{"email": A}, {"email": "b@trust.example"}])
    with_all, without = only(place.diary()), only(place.diary(people=False))
    assert (with_all.other_people, without.other_people) == (2, 1)
    assert without.scored_as is ScoredAs.APPOINTMENT and not without.external


def test_the_same_meeting_in_two_calendars_counts_once(place: Place) -> None:
    """The organiser's copy, which can be changed, whichever calendar comes first."""
    other = place.fake.account(ME).add_calendar("Other")
    event = {
        "id": "sharedid",
        "start": {"dateTime": NINE.isoformat(), "timeZone": "Europe/London"},
        "end": {"dateTime": (NINE + HOUR).isoformat(), "timeZone": "Europe/London"},
        "attendees": [{"email": ME}],
    }
    place.fake.account(ME).put(event, other)
    diary = place.diary(calendars=("primary", other))
    one = only(diary)
    assert one.organizer
    diary.make(move(one, NOON), key="k", stamp=STAMP)
    assert only(diary).span == NOON


# -- throttling ---------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [403, 429])
@pytest.mark.parametrize("reason", ["rateLimitExceeded", "userRateLimitExceeded"])
def test_a_plea_for_fewer_requests_is_heard(place: Place, status: int, reason: str) -> None:
    place.put()
    diary = place.diary()
    place.fake.faults.throttle(3, status, reason)
    assert only(diary).span == span(NINE)
    assert len(place.waited) == 3 and place.waited == sorted(place.waited)


@pytest.mark.parametrize("status", [403, 429])
def test_patience_has_an_end(place: Place, status: int) -> None:
    diary = place.diary()
    place.fake.faults.throttle(100, status)
    with pytest.raises(Throttled, match="fewer requests"):
        diary.read(WEEK)
    assert len(place.waited) == 4 and sum(place.waited) <= 60


def test_a_write_waits_too(place: Place) -> None:
    """A plea for fewer requests does nothing, so even a new hold is not made twice."""
    diary = place.diary()
    place.fake.faults.throttle(2)
    diary.make(create(Kind.GAP, NOON), key="k", stamp=STAMP)
    assert len(diary.read(WEEK).occurrences) == 1


def test_a_limit_that_is_used_up_is_not_asked_again(place: Place) -> None:
    diary = place.diary()
    place.fake.faults.throttle(1, 403, "quotaExceeded")
    with pytest.raises(Throttled, match="used up"):
        diary.read(WEEK)
    assert place.waited == []


def test_a_fault_of_googles_own_is_asked_again_when_reading(place: Place) -> None:
    place.put()
    diary = place.diary()
    place.fake.faults.fail(503, "backendError", times=2)
    assert only(diary).span == span(NINE)


# -- signing in ---------------------------------------------------------------------------------


def leader(place: Place, scopes: tuple[str, ...] = SCOPES) -> Access:
    return with_refresh_token(
        place.fake.refresh_token(ME, scopes),
        client_id="client",
        client_secret="secret",
        token_uri=place.fake.token_uri,
    )


def test_a_refresh_token_opens_the_diary_and_renews_what_expired(place: Place) -> None:
    place.put()
    access = leader(place)
    diary = place.diary(access)
    assert only(diary).span == span(NINE)
    place.fake.faults.expire_token(access.token())
    assert [one.status for one in place.asked(lambda: diary.read(WEEK))] == [401, 200]


def test_a_consent_that_has_ended_needs_the_person(place: Place) -> None:
    access = leader(place)
    diary = place.diary(access)
    place.fake.faults.revoke(ME)
    with pytest.raises(SignInNeeded, match="sign in again"):
        diary.read(WEEK)
    with pytest.raises(SignInNeeded, match="sign in again"):
        leader_of_nobody(place)


def leader_of_nobody(place: Place) -> None:
    with_refresh_token("1//no", client_id="c", client_secret="s", token_uri=place.fake.token_uri)


def test_a_plain_token_that_expired_needs_the_person(place: Place) -> None:
    token = place.fake.token(ME, SCOPES)
    diary = place.diary(with_token(token))
    place.fake.faults.expire_token(token)
    with pytest.raises(SignInNeeded):
        diary.read(WEEK)


def test_a_delegated_service_account_acts_for_a_leader(place: Place) -> None:
    uid = place.put(attendees=[{"email": A}])
    diary = place.diary(with_delegation(place.fake.robot_key(), ME))
    diary.make(move(diary.get(uid), NOON), key="k", stamp=STAMP)
    assert only(diary).span == NOON


def test_without_delegation_nobody_is_acted_for(place: Place) -> None:
    with pytest.raises(PermissionMissing, match="administrator"):
        with_delegation(place.fake.robot_key(), "stranger@elsewhere.example")
    with pytest.raises(PermissionMissing, match="key cannot be read"):
        with_delegation({"type": "service_account"}, ME)


def test_a_client_that_google_does_not_know_is_named() -> None:
    """No client id at all, which the fake refuses as Google does."""
    with GoogleFake() as fake:
        token = fake.refresh_token(ME)
        with pytest.raises(PermissionMissing, match="client id or secret"):
            with_refresh_token(token, client_id="", client_secret="", token_uri=fake.token_uri)


def test_no_sign_in_server_is_said_to_be_silent() -> None:
    with pytest.raises(Unreachable, match="sign-in does not answer"):
        with_refresh_token(
            "1//x", client_id="c", client_secret="s", token_uri="http://127.0.0.1:9/token"
        )


# -- scopes -------------------------------------------------------------------------------------


def test_abilities_follow_from_the_scopes_that_were_granted(place: Place) -> None:
    """A leader may untick some; Google's answer tells which are left."""
    reading = {Ability.SYNC, Ability.PUSH, Ability.VERSIONS}
    writing = {Ability.HOLDS, Ability.MEETINGS, Ability.SERIES, Ability.TELLS_PEOPLE}
    cases = {
        SCOPES: reading | writing | {Ability.FREE_BUSY, Ability.CALENDARS},
        (EVENTS,): reading | writing,
        (READ,): reading | {Ability.FREE_BUSY, Ability.CALENDARS},
        (f"{EVENTS}.readonly", FREE_BUSY): reading | {Ability.FREE_BUSY},
    }
    for scopes, expected in cases.items():
        assert place.diary(leader(place, scopes)).abilities == expected
    with pytest.raises(PermissionMissing, match="see events"):
        place.diary(leader(place, (FREE_BUSY,)))


@pytest.mark.parametrize(
    ("scopes", "resource", "methods"),
    [
        (READING, "events", ("list", "get", "instances", "watch")),
        (READING, "channels", ("stop",)),
        (WRITING, "events", ("insert", "patch", "delete")),
        (ASKING, "freebusy", ("query",)),
        (LISTING, "calendarList", ("list",)),
    ],
)
def test_each_scope_lets_through_what_its_ability_needs(
    scopes: frozenset[str], resource: str, methods: tuple[str, ...]
) -> None:
    """By the lists in the discovery document."""
    found = document()["resources"][resource]["methods"]
    assert all(scopes <= set(found[method]["scopes"]) for method in methods)


def test_what_the_consent_does_not_cover_is_said(place: Place) -> None:
    """Declared abilities keep callers away; a consent that shrank since is met with a sentence."""
    token = place.fake.token(ME, (f"{EVENTS}.readonly",))
    shrunk = place.diary(with_token(token, SCOPES))
    with pytest.raises(PermissionMissing, match="does not cover"):
        shrunk.make(create(Kind.GAP, NOON), key="k", stamp=STAMP)
    with pytest.raises(PermissionMissing, match="does not cover"):
        shrunk.busy([A], WEEK)
    honest = place.diary(with_token(token, (f"{EVENTS}.readonly",)))
    for ask in (
        lambda: honest.make(create(Kind.GAP, NOON), key="k", stamp=STAMP),
        lambda: honest.busy([A], WEEK),
        honest.calendars,
    ):
        with pytest.raises(NotPossible):
            ask()


def test_a_calendar_that_is_not_shared_is_named_as_such(place: Place) -> None:
    diary = place.diary(calendars=("stranger@elsewhere.example",))
    with pytest.raises(PermissionMissing, match="not shared"):
        diary.read(WEEK)
    with pytest.raises(PermissionMissing, match="not shared"):
        diary.sync(WEEK)


def test_a_calendar_for_reading_only_takes_no_hold(place: Place) -> None:
    found = place.diary().calendars()
    (holidays,) = [one.id for one in found if not one.writable]
    with pytest.raises(PermissionMissing, match="reading only"):
        place.diary(calendars=(holidays,)).make(create(Kind.GAP, NOON), key="k", stamp=STAMP)


# -- conflicts ----------------------------------------------------------------------------------


def test_a_refused_etag_of_an_unchanged_event_is_tried_once_more(place: Place) -> None:
    place.put()
    diary = place.diary()
    change = move(only(diary), NOON)
    place.fake.faults.fail(412, "conditionNotMet", matching="PATCH")
    asked = place.asked(lambda: diary.make(change, key="k", stamp=STAMP))
    assert [one.method for one in asked] == ["GET", "PATCH", "GET", "PATCH"]
    assert only(diary).span == NOON


def test_a_second_refusal_is_believed(place: Place) -> None:
    place.put()
    diary = place.diary()
    change = move(only(diary), NOON)
    place.fake.faults.fail(412, "conditionNotMet", times=2, matching="PATCH")
    with pytest.raises(EventChanged):
        diary.make(change, key="k", stamp=STAMP)
    assert only(diary).span == span(NINE)


def test_an_edit_between_reading_and_writing_is_not_written_over(place: Place) -> None:
    uid = place.put()
    edit = Edit(lambda: place.fake.account(ME).patch(uid, {"summary": "Other"}))
    diary = place.diary(transport=edit)
    change = replace(move(only(diary), NOON), version="")
    edit.before = "PATCH"
    with pytest.raises(EventChanged):
        diary.make(change, key="k", stamp=STAMP)
    assert only(diary).span == span(NINE)


def test_a_hold_that_is_removed_while_we_remove_it_is_removed(place: Place) -> None:
    diary = place.diary()
    done = diary.make(create(Kind.GAP, NOON), key="k", stamp=STAMP)
    edit = Edit(lambda: place.fake.account(ME).delete(done.event_id))
    other = place.diary(transport=edit)
    edit.before = "DELETE"
    assert other.make(delete(only(diary)), key="k2", stamp=STAMP).version == ""
    assert diary.read(WEEK).occurrences == ()


def test_a_meeting_that_is_cancelled_while_we_move_it_is_gone(place: Place) -> None:
    uid = place.put()
    edit = Edit(lambda: place.fake.account(ME).delete(uid))
    diary = place.diary(transport=edit)
    change = move(only(diary), NOON)
    edit.before = "PATCH"
    with pytest.raises(EventGone):
        diary.make(change, key="k", stamp=STAMP)


class Edit(httpx.HTTPTransport):
    """Somebody else is quicker: their edit comes before our request of some kind, once."""

    def __init__(self, edit: Callable[[], object]) -> None:
        super().__init__()
        self.edit = edit
        self.before = ""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.method == self.before:
            self.before = ""
            self.edit()
        return super().handle_request(request)


def test_a_forgotten_sync_token_means_reading_all(place: Place) -> None:
    uid = place.put()
    diary = place.diary()
    state = diary.sync(WEEK).state
    place.fake.faults.forget_sync()
    synced = diary.sync(WEEK, state)
    assert synced.reading is not None and [one.id for one in synced.reading.occurrences] == [uid]
    assert place.fake.requests[-3].status == 410
    assert diary.sync(WEEK, synced.state).reading is None


def test_every_calendar_has_its_own_token(place: Place) -> None:
    other = place.fake.account(ME).add_calendar("Other")
    place.put()
    diary = place.diary(calendars=("primary", other))
    state = diary.sync(WEEK).state
    place.fake.account(ME).put(
        {
            "start": {"dateTime": NINE.isoformat()},
            "end": {"dateTime": (NINE + HOUR).isoformat()},
        },
        other,
    )
    synced = diary.sync(WEEK, state)
    assert synced.reading is not None and len(synced.reading.occurrences) == 2
    assert place.diary().sync(WEEK, synced.state).reading is not None  # of other calendars
    assert other not in state.token and ME not in state.token


# -- nothing comes back -------------------------------------------------------------------------


def test_a_connection_that_drops_during_a_new_hold_makes_one_hold(place: Place) -> None:
    """The door asks again by itself, since the id is ours; Google says 409, and it is read."""
    diary = place.diary()
    place.fake.faults.drop_connection()
    change = create(Kind.GAP, NOON)
    asked = place.asked(lambda: diary.make(change, key="k", stamp=STAMP))
    assert [(one.method, one.status) for one in asked] == [
        ("POST", 200),
        ("POST", 409),
        ("GET", 200),
    ]
    assert only(diary).id == hold_id("k")


def test_the_same_key_after_no_answer_finds_the_hold(place: Place) -> None:
    diary = place.diary()
    change = create(Kind.PROTECTED, NOON)
    place.fake.faults.drop_connection(5)
    with pytest.raises(Unreachable):
        diary.make(change, key="k", stamp=STAMP)
    again = diary.make(change, key="k", stamp=STAMP)
    assert again.event_id == only(diary).id and again.version == only(diary).version


def test_a_hold_that_was_made_and_removed_is_gone_under_its_key(place: Place) -> None:
    diary = place.diary()
    change = create(Kind.GAP, NOON)
    done = diary.make(change, key="k", stamp=STAMP)
    place.fake.account(ME).delete(done.event_id)
    with pytest.raises(EventGone):
        diary.make(change, key="k", stamp=STAMP)
    assert diary.read(WEEK).occurrences == ()


def test_an_id_that_somebody_elses_event_has_is_not_ours(place: Place) -> None:
    place.put(id=hold_id("k"))
    with pytest.raises(EventChanged):
        place.diary().make(create(Kind.GAP, NOON), key="k", stamp=STAMP)


@pytest.mark.parametrize("times", [1, 5])
def test_a_move_that_got_no_answer_is_made_once(place: Place, times: int) -> None:
    """Whether the door asks again or the caller does: the event already is where it should be."""
    place.put(attendees=[{"email": A}])
    diary = place.diary()
    change = move(only(diary), NOON)
    mails = len(place.fake.mails)
    first = place.asked(lambda: diary.get(change.event_id or ""))
    assert len(first) == 1
    drop = Drop("PATCH", times)
    lossy = place.diary(transport=drop)
    try:
        done = lossy.make(change, key="k", stamp=STAMP)
    except Unreachable:
        done = lossy.make(change, key="k", stamp=STAMP)
    assert len(place.fake.mails) == mails + 1
    assert only(diary).span == NOON and done.version == only(diary).version


def test_a_removal_that_got_no_answer_is_made_once(place: Place) -> None:
    diary = place.diary()
    hold = diary.make(create(Kind.GAP, NOON), key="k", stamp=STAMP)
    change = delete(diary.get(hold.event_id))
    lossy = place.diary(transport=Drop("DELETE", 1))
    assert lossy.make(change, key="k2", stamp=STAMP).version == ""
    assert diary.read(WEEK).occurrences == ()


class Drop(httpx.HTTPTransport):
    """The answer is lost, after the request was carried out."""

    def __init__(self, method: str, times: int) -> None:
        super().__init__()
        self.method, self.times = method, times

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        answer = super().handle_request(request)
        if request.method == self.method and self.times:
            self.times -= 1
            answer.close()
            raise httpx.ReadError("lost")
        return answer


# -- yes, and nothing done ----------------------------------------------------------------------


def test_an_edit_that_google_ignores_is_not_taken_for_made() -> None:
    """The event still says that it is ours, and Google answers 200 with the old times."""
    event = google_event(attendees=invited(A))
    with scripted(lambda request: event) as diary:
        change = Change(ChangeKind.EVENT_MOVE, span(NINE), NOON, event_id="abc123")
        with pytest.raises(NotPossible, match=IGNORED):
            diary.make(change, key="k", stamp=STAMP)


def test_what_another_service_manages_is_left_alone() -> None:
    event = google_event(attendees=invited(A), locked=True)
    with scripted(lambda request: event) as diary:
        change = Change(ChangeKind.EVENT_SHORTEN, span(NINE), span(NINE, 50), event_id="abc123")
        with pytest.raises(NotPossible, match=LOCKED):
            diary.make(change, key="k", stamp=STAMP)


def test_a_guest_list_that_is_held_back_is_not_taken_for_all() -> None:
    event = google_event(attendees=invited(), attendeesOmitted=True)
    with scripted(lambda request: event) as diary, pytest.raises(NotPossible, match=HIDDEN):
        diary.invited("abc123")


class scripted:  # noqa: N801 # reads as a verb
    """A diary whose every request is answered by a function."""

    def __init__(self, answer: Callable[[httpx.Request], Any]) -> None:
        def respond(request: httpx.Request) -> httpx.Response:
            found = answer(request)
            if isinstance(found, httpx.Response):
                return found
            return httpx.Response(200, json=found)

        access = Access(FixedToken("token"), frozenset(SCOPES))
        self.diary = GoogleDiary(
            access,
            Lens.of([ME], (), {}, ()),
            transport=Played(respond),
            pause=lambda _: None,
        )

    def __enter__(self) -> GoogleDiary:
        return self.diary

    def __exit__(self, *_: object) -> None:
        self.diary.close()


# -- answers that Google's description does not allow -------------------------------------------


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(200, content=b"<html>"),
        httpx.Response(200, content=b"\xff\xfe"),
        httpx.Response(200, json=[]),
        httpx.Response(200, json={}),
        httpx.Response(200, json={"items": [], "timeZone": "Europe/London"}),
        httpx.Response(200, json=page() | {"items": {}}),
        httpx.Response(200, json=page("x")),
        httpx.Response(200, json=page({"id": "a"})),
        httpx.Response(200, json=page(nextPageToken="again")),
        httpx.Response(302, headers={"Location": "https://elsewhere.example/"}),
        httpx.Response(204),
    ],
)
def test_nonsense_is_refused_by_name(answer: httpx.Response) -> None:
    with scripted(lambda request: answer) as diary, pytest.raises(BadAnswer):
        diary.read(WEEK)


@pytest.mark.parametrize(
    ("bound", "most", "told"),
    [
        ("MOST_ITEMS", 14, "more than 14 entries"),
        ("MOST_BYTES_IN_ALL", 4_000, "more than 4,000 bytes"),
    ],
)
def test_more_than_is_read_in_all_is_refused_before_all_of_it_came(
    place: Place, monkeypatch: pytest.MonkeyPatch, bound: str, most: int, told: str
) -> None:
    """Every page is within the limits; all of them together are not."""
    for _ in range(40):
        place.put()
    monkeypatch.setattr("connectors.google.client.PAGE", 5)
    monkeypatch.setattr(f"connectors.transport.{bound}", most)
    diary = place.diary()
    with pytest.raises(TooLarge, match=f"{told} .* fewer days"):
        diary.read(WEEK)
    assert len(place.fake.requests) < 8


def test_calendars_that_are_read_together_share_the_bound(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = place.fake.account(ME).add_calendar("Other")
    moment = {"dateTime": NINE.isoformat(), "timeZone": "Europe/London"}
    for _ in range(3):
        place.put()
        place.fake.account(ME).put({"start": moment, "end": moment}, other)
    monkeypatch.setattr("connectors.transport.MOST_ITEMS", 5)
    assert len(place.diary().read(WEEK).occurrences) == 3
    with pytest.raises(TooLarge):
        place.diary(calendars=("primary", other)).read(WEEK)


def test_pages_without_an_end_end() -> None:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> Any:
        asked.append(request)
        return page(nextPageToken=str(len(asked)))

    with scripted(answer) as diary, pytest.raises(BadAnswer, match="more pages"):
        diary.read(WEEK)
    assert len(asked) < 1000


def test_an_event_that_cannot_be_read_is_counted() -> None:
    items = [google_event(), google_event(id="x", start={"date": "someday"})]
    with scripted(lambda request: page(*items, timeZone="Mars/Base")) as diary:
        reading = diary.read(WEEK)
    assert (len(reading.occurrences), reading.left_out) == (1, 1)
    assert str(reading.zone) == "Europe/London"
    assert reading.warnings == (
        "The calendar's time zone is not known; London's is used.",
        "1 event could not be read and is left out.",
    )


def test_what_is_left_of_cancelled_events_is_not_counted() -> None:
    gone = {"id": "x", "status": "cancelled"}
    with scripted(lambda request: page(gone, google_event())) as diary:
        reading = diary.read(WEEK)
    assert (len(reading.occurrences), reading.left_out) == (1, 0)


def test_an_event_without_length_belongs_where_it_starts(place: Place) -> None:
    """Google leaves out what ends at timeMin, so a second more is asked for."""
    place.put(end={"dateTime": NINE.isoformat(), "timeZone": "Europe/London"})
    diary = place.diary()
    hour = span(NINE)
    assert len(diary.read(hour).occurrences) == 1
    assert diary.read(Interval(hour.start - HOUR, hour.start)).occurrences == ()


def test_a_list_of_changes_without_a_token_is_refused() -> None:
    with scripted(lambda request: page()) as diary, pytest.raises(BadAnswer, match="go on from"):
        diary.sync(WEEK)


def test_an_event_without_times_is_refused_by_name() -> None:
    event = google_event(start=None)
    with scripted(lambda request: event) as diary, pytest.raises(BadAnswer, match="no start"):
        diary.get("abc123")


def test_without_a_calendar_there_is_no_diary(place: Place) -> None:
    with pytest.raises(NotPossible, match="ticked"):
        place.diary(calendars=())


@pytest.mark.parametrize(
    ("status", "reason", "error"),
    [
        (400, "invalid", NotPossible),
        (403, "forbidden", PermissionMissing),
        (403, "accessNotConfigured", PermissionMissing),
        (403, "forbiddenForServiceAccounts", PermissionMissing),
        (403, "forbiddenForNonOrganizer", NotPossible),
        (403, "SomeRandomError", PermissionMissing),
        (500, "backendError", Unreachable),
    ],
)
def test_each_refusal_has_its_sentence(
    place: Place, status: int, reason: str, error: type[ConnectorError]
) -> None:
    """One sentence, which says nothing of what Google said: that may hold an address."""
    diary = place.diary()
    place.fake.faults.fail(status, reason, times=9)
    with pytest.raises(error) as caught:
        diary.get("abc123")
    sentence = str(caught.value)
    assert sentence.endswith(".") and len(sentence.split()) <= 20 and reason not in sentence


@pytest.mark.parametrize(
    "body", [b"", b"no", b"[]", b'{"error": "x"}', b'{"error": {"errors": 1}}']
)
def test_a_refusal_without_a_reason_is_one_all_the_same(body: bytes) -> None:
    answer = httpx.Response(403, content=body)
    with scripted(lambda request: answer) as diary, pytest.raises(PermissionMissing):
        diary.read(WEEK)


def test_a_long_query_goes_the_way_of_a_short_one() -> None:
    """The client library puts it into the body of a POST; it stays what it is, a GET."""
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> Any:
        asked.append(request)
        return page() if len(asked) > 1 else page(nextPageToken="x" * 3000)

    with scripted(answer) as diary:
        diary.read(WEEK)
    assert [one.method for one in asked] == ["GET", "GET"]
    assert asked[1].url.params["pageToken"] == "x" * 3000


# -- focus time ---------------------------------------------------------------------------------


def test_protected_time_is_focus_time_that_declines_nothing(place: Place) -> None:
    diary = place.diary()
    asked = place.asked(lambda: diary.make(create(Kind.PROTECTED, NOON), key="k", stamp=STAMP))
    (request,) = asked
    assert request.body["eventType"] == "focusTime"
    assert request.body["focusTimeProperties"] == {
        "autoDeclineMode": "declineNone",
        "chatStatus": "available",
    }
    assert request.query["sendUpdates"] == ["none"]
    one = only(diary)
    assert (one.hold, one.firm) == (Kind.PROTECTED, False)
    diary.make(move_hold(one, span(NINE)), key="k2", stamp=STAMP)
    assert only(diary).span == span(NINE)


def test_where_there_is_no_focus_time_an_ordinary_event_does() -> None:
    """The refusal is remembered, so that it costs one request and not one for each hold."""
    with GoogleFake() as fake:
        fake.account(ME, workspace=False)
        place = Place(fake)
        diary = place.diary()
        for number, expected in enumerate(([400, 200], [200])):
            change = create(Kind.PROTECTED, span(NINE + number * HOUR))
            asked = place.asked(lambda: diary.make(change, key=f"k{number}", stamp=STAMP))  # noqa: B023
            assert [one.status for one in asked] == expected
        assert {one.hold for one in diary.read(WEEK).occurrences} == {Kind.PROTECTED}
        diary.close()


def test_a_private_kind_of_hold_is_private_and_others_are_not(place: Place) -> None:
    diary = place.diary()
    for number, kind in enumerate((Kind.REVIEW, Kind.GAP)):
        diary.make(create(kind, span(NINE + number * HOUR)), key=f"k{number}", stamp=STAMP)
    assert [one.private for one in diary.read(WEEK).occurrences] == [True, False]
    body = place.fake.requests[0].body
    assert body["reminders"] == {"useDefault": False, "overrides": []}


# -- series -------------------------------------------------------------------------------------


def series(place: Place, **more: Any) -> str:
    people = [{"email": A}, {"email": "b@trust.example"}]
    return place.put(attendees=people, recurrence=["RRULE:FREQ=DAILY;COUNT=5"], **more)


def all_of(one: Occurrence, change: Change) -> Change:
    return replace(change, event_id=one.uid, version="")


def test_a_series_with_a_member_changed_by_itself_is_not_moved(place: Place) -> None:
    """Google would drop what somebody changed there (BRIEF 5.7), whatever that was."""
    uid = series(place)
    place.fake.account(ME).patch(f"{uid}_20261125T090000Z", {"summary": "Other"})
    diary = place.diary()
    first = diary.get(uid)
    change = all_of(first, move(first, span(NINE + HOUR)))
    mails = len(place.fake.mails)
    with pytest.raises(NotPossible, match=EDITED):
        diary.make(change, key="k", stamp=STAMP)
    assert len(place.fake.mails) == mails


def test_a_series_is_shortened_with_its_later_exceptions(place: Place) -> None:
    """Those before the member that the plan saw are history. Mails are those foretold."""
    uid = series(place)
    leader = place.fake.account(ME)
    for day, hour in (("23", 14), ("25", 15)):
        times = [f"2026-11-{day}T{each}:00:00Z" for each in (hour, hour + 1)]
        start, end = ({"dateTime": each} for each in times)
        leader.patch(f"{uid}_202611{day}T090000Z", {"start": start, "end": end})
    diary = place.diary()
    seen = {one.id: one for one in diary.read(WEEK).occurrences}
    member = seen[f"{uid}/20261124T090000Z"]
    change = all_of(member, shorten(member, 10))
    foretold, mails = diary.mails(change), len(place.fake.mails)
    done = diary.make(change, key="k", stamp=STAMP)
    assert len(place.fake.mails) - mails == foretold == 2 * 3 + 2
    lengths = {one.id[-16:-8]: one.span.minutes for one in diary.read(WEEK).occurrences}
    assert lengths == {
        "20261123": 60,
        "20261124": 50,
        "20261125": 50,
        "20261126": 50,
        "20261127": 50,
    }
    again = diary.make(change, key="k", stamp=STAMP)
    assert again == done and len(place.fake.mails) - mails == foretold


@pytest.mark.parametrize("times", [1, 5])
def test_a_series_whose_change_got_no_answer_is_changed_once(place: Place, times: int) -> None:
    uid = series(place)
    first = place.diary().get(uid)
    change = all_of(first, move(first, span(NINE + HOUR)))
    mails = len(place.fake.mails)
    lossy = place.diary(transport=Drop("PATCH", times))
    try:
        done = lossy.make(change, key="k", stamp=STAMP)
    except Unreachable:
        done = lossy.make(change, key="k", stamp=STAMP)
    assert len(place.fake.mails) == mails + 2
    assert done.event_id == uid
    assert {one.span.start.hour for one in lossy.read(WEEK).occurrences} == {10}


def test_a_series_that_was_edited_meanwhile_is_not_written_over(place: Place) -> None:
    uid = series(place)
    leader = place.fake.account(ME)
    edit = Edit(lambda: leader.patch(uid, {"summary": "Other"}))
    diary = place.diary(transport=edit)
    first = diary.get(uid)
    edit.before = "PATCH"
    with pytest.raises(EventChanged):
        diary.make(all_of(first, move(first, span(NINE + HOUR))), key="k", stamp=STAMP)
    assert diary.get(uid).span == span(NINE)


def test_a_moved_series_is_moved_back(place: Place) -> None:
    uid = series(place)
    place.fake.account(ME).delete(f"{uid}_20261126T090000Z")
    diary = place.diary()
    before = diary.read(WEEK).occurrences
    change = all_of(before[0], move(before[0], span(NINE + HOUR)))
    done = diary.make(change, key="k", stamp=STAMP)
    assert [one.span.start for one in diary.read(WEEK).occurrences] == [
        one.span.start + HOUR for one in before
    ]
    diary.make(inverse(done), key="k/undo", stamp=STAMP)
    assert [one.span for one in diary.read(WEEK).occurrences] == [one.span for one in before]


def test_a_member_of_the_rest_of_a_series_is_found_by_either_name() -> None:
    """`<series>_R<start>` has members called `<series>_<start>`, or after itself."""
    rest = "ser_R20261102T090000"
    for own in ("ser_20261123T090000Z", f"{rest}_20261123T090000Z"):
        event = google_event(
            id=own,
            recurringEventId=rest,
            originalStartTime={"dateTime": "2026-11-23T09:00:00Z"},
        )

        def answer(request: httpx.Request, own: str = own, event: Any = event) -> Any:
            if request.url.path.endswith(f"/events/{own}"):
                return event
            return httpx.Response(404, json={"error": {"errors": [{"reason": "notFound"}]}})

        with scripted(answer) as diary:
            assert diary.get(f"{rest}/20261123T090000Z").span == span(NINE)


def test_a_namesake_of_another_series_is_not_taken_for_the_member() -> None:
    event = google_event(
        id="ser_20261123T090000Z",
        recurringEventId="ser",
        originalStartTime={"dateTime": "2026-11-23T09:00:00Z"},
    )
    with scripted(lambda request: event) as diary, pytest.raises(EventGone):
        diary.get("ser_R20261102T090000/20261123T090000Z")


def test_a_series_of_holds_is_removed_whole(place: Place) -> None:
    uid = place.put(
        recurrence=["RRULE:FREQ=DAILY;COUNT=3"],
        extendedProperties={"private": {"clearwayKind": "gap"}},
    )
    diary = place.diary()
    one = diary.get(uid)
    diary.make(all_of(one, delete(one)), key="k", stamp=STAMP)
    assert diary.read(WEEK).occurrences == ()


def test_a_series_of_which_nothing_is_left_is_gone(place: Place) -> None:
    uid = place.put(recurrence=["RRULE:FREQ=DAILY;COUNT=1"])
    place.fake.account(ME).delete(f"{uid}_20261123T090000Z")
    with pytest.raises(EventGone):
        place.diary().get(uid)


def test_a_series_that_google_leaves_where_it_was_is_not_taken_for_moved() -> None:
    master = google_event(
        attendees=invited(A), recurrence=["RRULE:FREQ=DAILY"], iCalUID="abc123@google.com"
    )

    def answer(request: httpx.Request) -> Any:
        return master if request.url.path.endswith("/abc123") else page()

    change = Change(ChangeKind.EVENT_MOVE, span(NINE), NOON, event_id="abc123")
    with scripted(answer) as diary, pytest.raises(NotPossible, match=IGNORED):
        diary.make(change, key="k", stamp=STAMP)


# -- people and rooms ---------------------------------------------------------------------------


def test_many_people_are_asked_for_fifty_at_a_time(place: Place) -> None:
    people = [f"p{number}@trust.example" for number in range(120)]
    diary = place.diary()
    asked = place.asked(lambda: diary.busy(people, WEEK))
    assert [len(one.body["items"]) for one in asked] == [50, 50, 20]


@pytest.mark.parametrize(
    "told",
    [
        None,
        {},
        {"busy": "x"},
        {"busy": ["x"]},
        {"busy": [{"start": "x"}]},
        {"busy": [{"start": "2026-11-23T10:00:00Z", "end": "2026-11-23T09:00:00Z"}]},
        {"busy": [], "errors": [{"reason": "internalError"}]},
    ],
)
def test_what_is_not_told_about_somebody_is_not_known(told: Any) -> None:
    with scripted(lambda request: {"calendars": {A: told}}) as diary:
        assert diary.busy([A], WEEK) == {A: None}


# -- push ---------------------------------------------------------------------------------------


def test_a_subscription_is_opened_renewed_with_an_overlap_and_ended(place: Place) -> None:
    other = place.fake.account(ME).add_calendar("Other")
    diary = place.diary(calendars=("primary", other))
    first = diary.watch("https://clearway.example/google", key="conn-17")
    assert timedelta(days=6) < first.expires - now() <= timedelta(days=7)
    place.put()
    second = diary.renew(first)
    asked = [one.path.rpartition("/")[2] for one in place.fake.requests if one.method == "POST"]
    assert asked == ["watch", "watch", "watch", "watch", "stop", "stop"]
    assert second.secret == first.secret and not {*first.id.split()} & {*second.id.split()}
    diary.unwatch(second)
    diary.unwatch(second)  # gone already
    tokens = {one.headers["X-Goog-Channel-Token"] for one in place.fake.callbacks}
    assert tokens == {first.secret}
    assert first.secret not in repr(first) and ME not in repr(first)


def test_where_one_channel_cannot_be_opened_none_stays(place: Place) -> None:
    other = place.fake.account(ME).add_calendar("Other")
    diary = place.diary(calendars=("primary", other))
    place.fake.faults.fail(400, "pushNotSupportedForRequestedResource", matching=re.escape("group"))
    with pytest.raises(NotPossible):
        diary.watch("https://clearway.example/google", key="conn-17")
    assert place.fake.requests[-1].path == "channels/stop"


@pytest.mark.parametrize(
    ("own", "resource"),
    [("c", "no JSON"), ("c", "{}"), ("c d", '{"address": "", "resources": ["r"]}')],
)
def test_a_subscription_to_something_else_is_refused(place: Place, own: str, resource: str) -> None:
    other = Subscription(own, resource, now(), "secret")
    with pytest.raises(NotPossible, match="not one to Google"):
        place.diary().unwatch(other)


def test_google_is_told_no_address_that_it_would_not_call(place: Place) -> None:
    with pytest.raises(NotPossible, match="https"):
        place.diary().watch("http://clearway.example/google", key="conn-17")


@pytest.mark.parametrize("expiration", [1795939200000, "1795939200000"])
def test_when_a_channel_ends_is_read_as_text_and_as_a_number(expiration: Any) -> None:
    answer = {"id": "c", "resourceId": "r", "expiration": expiration}
    with scripted(lambda request: answer) as diary:
        found = diary.watch("https://clearway.example/google", key="conn-17")
    assert found.expires.isoformat() == "2026-11-29T08:00:00+00:00"


@pytest.mark.parametrize("lacking", ["id", "resourceId", "expiration"])
def test_a_channel_that_is_half_told_is_refused(lacking: str) -> None:
    answer = {"id": "c", "resourceId": "r", "expiration": "1795939200000"}
    del answer[lacking]
    with scripted(lambda request: answer) as diary, pytest.raises(BadAnswer):
        diary.watch("https://clearway.example/google", key="conn-17")
