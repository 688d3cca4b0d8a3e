"""The fake is Google Calendar as the brief and the discovery document describe it."""

import importlib
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import httpx
import pytest
from google.auth.exceptions import RefreshError
from google.auth.transport.requests import Request as AuthRequest
from google.oauth2.credentials import Credentials
from google.oauth2.service_account import Credentials as RobotCredentials

from app.clock import now
from tests.fakes import official
from tests.fakes.google import GoogleFake

LEADER, ANN, OUTSIDE = "leader@trust.example", "ann@trust.example", "x@partner.example"
EVENTS = "calendars/primary/events"
WINDOW = {"timeMin": "2026-11-23T00:00:00Z", "timeMax": "2026-11-30T00:00:00Z"}
SCOPE = "https://www.googleapis.com/auth/"


@pytest.fixture
def google() -> Iterator[GoogleFake]:
    with GoogleFake() as fake:
        fake.account(LEADER)
        fake.account(ANN)
        yield fake


@pytest.fixture(scope="module")
def refusing() -> Iterator[tuple[GoogleFake, httpx.Client]]:
    """One fake for all requests that are refused, since nothing comes of them."""
    with GoogleFake() as fake:
        fake.account(LEADER)
        with client(fake, LEADER) as found:
            yield fake, found


@pytest.fixture
def http(google: GoogleFake) -> Iterator[httpx.Client]:
    """The leader's own client."""
    with client(google, LEADER) as found:
        yield found


def client(google: GoogleFake, address: str, *scopes: str) -> httpx.Client:
    token = google.token(address, scopes) if scopes else google.token(address)
    return spoken(google, token)


def spoken(google: GoogleFake, token: str) -> httpx.Client:
    """A client for plain HTTP, so it reads no certificates."""
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.Client(base_url=google.url, headers=headers, verify=False)


def event(hour: int = 9, *, day: int = 23, minutes: int = 60, **more: Any) -> dict[str, Any]:
    """An event in London, as a client sends it."""
    start = datetime(2026, 11, day, hour)  # noqa: DTZ001 # the zone stands beside it
    end = start + timedelta(minutes=minutes)
    times = {
        name: {"dateTime": at.isoformat(), "timeZone": "Europe/London"}
        for name, at in (("start", start), ("end", end))
    }
    return {"summary": "Budget", **times, **more}


def meeting(*addresses: str, hour: int = 9, **more: Any) -> dict[str, Any]:
    return event(hour, attendees=[{"email": each} for each in addresses], **more)


def weekly(count: int = 4, **more: Any) -> dict[str, Any]:
    return event(recurrence=[f"RRULE:FREQ=WEEKLY;COUNT={count}"], **more)


def at(moment: str) -> dict[str, str]:
    return {"dateTime": moment, "timeZone": "Europe/London"}


def reason(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["errors"][0]["reason"]


def ids(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [each["id"] for each in answer.json().get("items", [])]


# -- reading ------------------------------------------------------------------------------------


def test_a_series_is_expanded_on_its_own_clock(google: GoogleFake, http: httpx.Client) -> None:
    """Weekly at nine over the end of summer time; an id holds the original start in UTC."""
    body = {
        "start": at("2026-10-19T09:00:00"),
        "end": at("2026-10-19T10:00:00"),
        "recurrence": ["RRULE:FREQ=WEEKLY;UNTIL=20261116T090000Z", "EXDATE:20261102T090000Z"],
    }
    uid = google.account(LEADER).put(body)
    found = http.get(EVENTS, params={"singleEvents": "true", "orderBy": "startTime"}).json()
    assert [each["id"] for each in found["items"]] == [
        f"{uid}_{day}T0{hour}0000Z"
        for day, hour in ((20261019, 8), (20261026, 9), (20261109, 9), (20261116, 9))
    ]
    assert {each["start"]["dateTime"][11:19] for each in found["items"]} == {"09:00:00"}
    assert {each["iCalUID"] for each in found["items"]} == {f"{uid}@google.com"}
    assert all("recurrence" not in each for each in found["items"])
    assert google.problems == []


def test_exceptions_stand_beside_their_master(google: GoogleFake, http: httpx.Client) -> None:
    """Expanded: as they are. Not expanded: as resources, the dropped one with its place only."""
    leader = google.account(LEADER)
    uid = leader.put(weekly())
    moved, dropped = f"{uid}_20261130T090000Z", f"{uid}_20261207T090000Z"
    leader.patch(moved, {"start": at("2026-11-24T11:00:00"), "end": at("2026-11-24T12:00:00")})
    leader.delete(dropped)
    expanded = http.get(EVENTS, params={"singleEvents": "true", **WINDOW})
    assert set(ids(expanded)) == {f"{uid}_20261123T090000Z", moved}
    plain = {each["id"]: each for each in http.get(EVENTS).json()["items"]}
    assert set(plain) == {uid, moved, dropped}
    assert set(plain[dropped]) == {
        *("kind", "etag", "id", "status", "recurringEventId", "originalStartTime")
    }
    assert plain[moved]["originalStartTime"]["dateTime"] == "2026-11-30T09:00:00Z"
    assert http.get(f"{EVENTS}/{dropped}").json()["status"] == "cancelled"
    members = http.get(f"{EVENTS}/{uid}/instances", params={"showDeleted": "true"})
    assert len(ids(members)) == 4 and dropped in ids(members)


def test_the_window_leaves_out_what_only_touches_it(google: GoogleFake, http: httpx.Client) -> None:
    """timeMin bounds the end and timeMax the start, both exclusively."""
    leader = google.account(LEADER)
    nine, ten, eleven = (leader.put(event(hour)) for hour in (9, 10, 11))
    window = {"timeMin": "2026-11-23T10:00:00Z", "timeMax": "2026-11-23T11:00:00Z"}
    assert ids(http.get(EVENTS, params=window)) == [ten]
    assert set(ids(http.get(EVENTS))) == {nine, ten, eleven}
    empty = {"timeMin": WINDOW["timeMax"], "timeMax": WINDOW["timeMin"]}
    assert reason(http.get(EVENTS, params=empty)) == (400, "timeRangeEmpty")


def test_a_member_of_a_patch_may_be_taken_out(google: GoogleFake, http: httpx.Client) -> None:
    """A timed event becomes a whole day: null takes the time out, arrays are replaced whole."""
    uid = google.account(LEADER).put(meeting(ANN, OUTSIDE))
    day = {
        "start": {"date": "2026-11-23", "dateTime": None, "timeZone": None},
        "end": {"date": "2026-11-24", "dateTime": None, "timeZone": None},
        "attendees": [{"email": ANN}],
    }
    found = http.patch(f"{EVENTS}/{uid}", json=day).json()
    assert (found["start"], found["end"]) == ({"date": "2026-11-23"}, {"date": "2026-11-24"})
    assert [each["email"] for each in found["attendees"]] == [ANN]
    assert google.problems == []


def test_pages_are_of_250_and_the_last_has_the_sync_token(
    google: GoogleFake, http: httpx.Client
) -> None:
    leader = google.account(LEADER)
    uids = {leader.put(event(minutes=5 + number)) for number in range(251)}
    first = http.get(EVENTS, params=WINDOW).json()
    assert len(first["items"]) == 250 and "nextSyncToken" not in first
    rest = http.get(EVENTS, params=WINDOW | {"pageToken": first["nextPageToken"]}).json()
    assert len(rest["items"]) == 1 and "nextPageToken" not in rest and rest["nextSyncToken"]
    assert {each["id"] for each in first["items"] + rest["items"]} == uids
    whole = http.get(EVENTS, params={"maxResults": "9999"}).json()
    assert len(whole["items"]) == 251
    wrong = http.get(EVENTS, params={"pageToken": first["nextPageToken"]})
    assert reason(wrong) == (400, "invalid") and len(google.problems) == 1


def test_fields_choose_what_comes(google: GoogleFake, http: httpx.Client) -> None:
    uid = google.account(LEADER).put(
        event(extendedProperties={"private": {"one": "1", "two": "2"}})
    )
    wanted = "items(id,start/dateTime,extendedProperties/private/one),nextSyncToken"
    found = http.get(EVENTS, params={"fields": wanted}).json()
    assert set(found) == {"items", "nextSyncToken"}
    assert found["items"] == [
        {
            "id": uid,
            "start": {"dateTime": "2026-11-23T09:00:00Z"},
            "extendedProperties": {"private": {"one": "1"}},
        }
    ]
    assert http.get(f"{EVENTS}/{uid}", params={"fields": "id"}).json() == {"id": uid}
    wrong = http.get(EVENTS, params={"fields": "items(id,subject)"})
    assert reason(wrong) == (400, "invalidParameter") and google.problems


def test_lists_are_filtered(google: GoogleFake, http: httpx.Client) -> None:
    leader = google.account(LEADER)
    ours = leader.put(event(extendedProperties={"private": {"kind": "gap", "firm": "no"}}))
    focus = leader.put(event(11, eventType="focusTime"))
    for params, expected in (
        ({"privateExtendedProperty": ["kind=gap", "firm=no"]}, [ours]),
        ({"privateExtendedProperty": ["kind=gap", "firm=yes"]}, []),
        ({"eventTypes": ["focusTime", "outOfOffice"]}, [focus]),
        ({"iCalUID": f"{ours}@google.com"}, [ours]),
        ({"q": "nothing like it"}, []),
    ):
        assert ids(http.get(EVENTS, params=params)) == expected
    assert google.problems == []


def test_many_guests_are_cut_down_to_oneself(google: GoogleFake, http: httpx.Client) -> None:
    uid = google.account(LEADER).put(meeting(ANN, OUTSIDE))
    found = http.get(f"{EVENTS}/{uid}", params={"maxAttendees": "1"}).json()
    assert found["attendeesOmitted"] is True
    assert [each["email"] for each in found["attendees"]] == [LEADER]


# -- incremental sync ---------------------------------------------------------------------------


def test_a_sync_round_tells_what_changed_and_what_is_gone(
    google: GoogleFake, http: httpx.Client
) -> None:
    leader = google.account(LEADER)
    single, series = leader.put(event()), leader.put(weekly(hour=11))
    token = http.get(EVENTS, params=WINDOW).json()["nextSyncToken"]
    quiet = http.get(EVENTS, params={"syncToken": token}).json()
    assert quiet["items"] == []
    leader.delete(single)
    leader.delete(f"{series}_20261130T110000Z")
    answer = http.get(EVENTS, params={"syncToken": quiet["nextSyncToken"]}).json()
    gone, dropped = answer["items"]
    assert (gone["id"], gone["status"], "summary" in gone) == (single, "cancelled", False)
    assert (dropped["recurringEventId"], dropped["status"]) == (series, "cancelled")
    spent = http.get(EVENTS, params={"syncToken": quiet["nextSyncToken"]})
    assert reason(spent) == (410, "fullSyncRequired")
    assert google.problems == []


def test_members_that_a_new_rule_does_not_give_are_gone(
    google: GoogleFake, http: httpx.Client
) -> None:
    """An exception of a series that moved is lost, for the leader and for who is invited."""
    leader = google.account(LEADER)
    uid = leader.put(weekly(attendees=[{"email": ANN}]))
    moved = f"{uid}_20261130T090000Z"
    leader.patch(moved, {"start": at("2026-11-30T15:00:00"), "end": at("2026-11-30T16:00:00")})
    token = http.get(EVENTS).json()["nextSyncToken"]
    mailed = len(google.mails)
    times = {"start": at("2026-11-23T09:30:00"), "end": at("2026-11-23T10:30:00")}
    http.patch(f"{EVENTS}/{uid}", json=times, params={"sendUpdates": "all"})
    assert len(google.mails) - mailed == 2  # one for the series, one for its exception
    answer = http.get(EVENTS, params={"syncToken": token}).json()
    assert {each["id"]: each["status"] for each in answer["items"]} == {
        uid: "confirmed",
        moved: "cancelled",
    }
    for address in (LEADER, ANN):
        with client(google, address) as each:
            found = each.get(EVENTS, params={"singleEvents": "true"})
            assert {name[-7:] for name in ids(found)} == {"093000Z"}
            assert len(ids(found)) == 4


@pytest.mark.parametrize(
    "wrong",
    [
        {"timeMin": WINDOW["timeMin"]},
        {"orderBy": "updated"},
        {"privateExtendedProperty": "a=b"},
        {"showDeleted": "false"},
        {"singleEvents": "true"},
    ],
)
def test_a_sync_token_goes_with_little_else(
    refusing: tuple[GoogleFake, httpx.Client], wrong: dict[str, str]
) -> None:
    google, http = refusing
    before = len(google.problems)
    token = http.get(EVENTS).json()["nextSyncToken"]
    assert reason(http.get(EVENTS, params={"syncToken": token, **wrong})) == (400, "invalid")
    assert len(google.problems) == before + 1


def test_a_forgotten_sync_token_asks_for_a_full_sync(
    google: GoogleFake, http: httpx.Client
) -> None:
    token = http.get(EVENTS).json()["nextSyncToken"]
    google.faults.forget_sync()
    for each in (token, "of-another-life"):
        answer = http.get(EVENTS, params={"syncToken": each})
        assert reason(answer) == (410, "fullSyncRequired")
    assert google.problems == []


# -- writing ------------------------------------------------------------------------------------


def test_an_id_is_the_clients_to_choose_once(google: GoogleFake, http: httpx.Client) -> None:
    """Even a deleted one stays taken, and can be revived."""
    body = event(id="hold42a0b1c2")
    assert http.post(EVENTS, json=body).json()["id"] == "hold42a0b1c2"
    assert reason(http.post(EVENTS, json=body)) == (409, "duplicate")
    gone = http.delete(f"{EVENTS}/hold42a0b1c2")
    assert (gone.status_code, gone.content) == (204, b"")
    assert reason(http.delete(f"{EVENTS}/hold42a0b1c2")) == (410, "deleted")
    assert reason(http.post(EVENTS, json=body)) == (409, "duplicate")
    assert http.get(f"{EVENTS}/hold42a0b1c2").json()["status"] == "cancelled"
    assert ids(http.get(EVENTS)) == []
    http.patch(f"{EVENTS}/hold42a0b1c2", json={"status": "confirmed"})
    assert ids(http.get(EVENTS)) == ["hold42a0b1c2"]
    assert google.problems == []
    assert reason(http.post(EVENTS, json=event(id="hold-42"))) == (400, "invalid")
    assert len(google.problems) == 1


def test_no_edit_is_written_over(google: GoogleFake, http: httpx.Client) -> None:
    uid = google.account(LEADER).put(weekly())
    member = f"{uid}_20261123T090000Z"
    known = http.get(f"{EVENTS}/{member}").json()["etag"]
    assert known.startswith('"')
    fresh = http.get(f"{EVENTS}/{member}", headers={"If-None-Match": known})
    assert (fresh.status_code, fresh.content) == (304, b"")
    google.account(LEADER).patch(uid, {"summary": "Another"})
    for answer in (
        http.patch(f"{EVENTS}/{member}", json={"summary": "x"}, headers={"If-Match": known}),
        http.delete(f"{EVENTS}/{member}", headers={"If-Match": known}),
    ):
        assert reason(answer) == (412, "conditionNotMet")
    fresh = http.get(f"{EVENTS}/{member}")
    match = {"If-Match": fresh.headers["ETag"]}
    assert http.delete(f"{EVENTS}/{member}", headers=match).status_code == 204


def test_long_keys_are_dropped_and_long_values_cut(google: GoogleFake, http: httpx.Client) -> None:
    properties = {"private": {"k" * 44: "v" * 2000, "k" * 45: "v"}}
    found = http.post(EVENTS, json=event(extendedProperties=properties))
    assert found.json()["extendedProperties"] == {"private": {"k" * 44: "v" * 1024}}
    assert len(google.problems) == 2


def test_put_drops_what_it_leaves_out(google: GoogleFake, http: httpx.Client) -> None:
    uid = google.account(LEADER).put(meeting(ANN, location="Room 4"))
    found = http.put(f"{EVENTS}/{uid}", json=event(10)).json()
    assert "attendees" not in found and "location" not in found
    assert google.account(ANN).event(uid)["status"] == "cancelled"


@pytest.mark.parametrize(
    "wrong",
    [
        {"eventType": "focusTime", "start": {"date": "2026-11-23"}, "end": {"date": "2026-11-24"}},
        {"eventType": "outOfOffice", "attendees": [{"email": ANN}]},
        {"eventType": "focusTime", "transparency": "transparent"},
        {"eventType": "workingLocation"},
        {"eventType": "fromGmail"},
        {"outOfOfficeProperties": {}},
    ],
)
def test_kinds_of_events_have_their_rules(
    refusing: tuple[GoogleFake, httpx.Client], wrong: dict[str, Any]
) -> None:
    """No account can know all of them beforehand, so breaking one is no problem of the client's."""
    google, http = refusing
    before = len(google.problems)
    assert http.post(EVENTS, json=event() | wrong).status_code == 400
    assert len(google.problems) == before


def test_focus_time_is_for_work_accounts_main_calendars(
    google: GoogleFake, http: httpx.Client
) -> None:
    body = event(eventType="focusTime", focusTimeProperties={"autoDeclineMode": "declineNone"})
    made = http.post(EVENTS, json=body).json()
    assert made["eventType"] == "focusTime"
    change = http.patch(f"{EVENTS}/{made['id']}", json={"eventType": "default"})
    assert reason(change) == (400, "eventTypeRestriction")
    second = quote(google.account(LEADER).add_calendar("Second"), safe="")
    assert http.post(f"calendars/{second}/events", json=body).status_code == 400
    plain = http.post(f"calendars/{second}/events", json=event()).json()
    path = f"calendars/{second}/events/{plain['id']}"
    assert http.patch(path, json=event(11), params={"sendUpdates": "all"}).status_code == 200
    assert google.mails == []
    google.account("me@gmail.example", workspace=False)
    with client(google, "me@gmail.example") as private:
        assert reason(private.post(EVENTS, json=body)) == (400, "eventTypeRestriction")
    assert google.problems == []


def test_focus_time_declines_meetings_where_it_is_told_to(
    google: GoogleFake, http: httpx.Client
) -> None:
    uid = google.account(ANN).put(meeting(LEADER))
    sent = len(google.mails)
    body = event(eventType="focusTime", focusTimeProperties={"autoDeclineMode": "declineNone"})
    http.post(EVENTS, json=body)
    assert len(google.mails) == sent
    body["focusTimeProperties"] = {"autoDeclineMode": "declineAllConflictingInvitations"}
    http.post(EVENTS, json=body)
    assert google.mails[-1].kind == "response" and google.mails[-1].to == ANN
    answers = {each["email"]: each for each in google.account(ANN).event(uid)["attendees"]}
    assert answers[LEADER]["responseStatus"] == "declined"


def test_a_series_needs_a_zone_and_ends_in_utc(google: GoogleFake, http: httpx.Client) -> None:
    body = weekly()
    body["start"] = {"dateTime": "2026-11-23T09:00:00Z"}
    assert reason(http.post(EVENTS, json=body)) == (400, "required")
    rule = ["RRULE:FREQ=DAILY;UNTIL=20261201T090000"]
    assert reason(http.post(EVENTS, json=event(recurrence=rule))) == (400, "invalid")
    assert len(google.problems) == 2


def test_a_member_made_private_makes_its_series_private(
    google: GoogleFake, http: httpx.Client
) -> None:
    uid = google.account(LEADER).put(weekly())
    member = f"{EVENTS}/{uid}_20261123T090000Z"
    http.patch(member, json={"visibility": "private"})
    assert http.get(f"{EVENTS}/{uid}").json()["visibility"] == "private"
    assert http.patch(member, json={"visibility": "public"}).json()["visibility"] == "private"


# -- people -------------------------------------------------------------------------------------


def test_a_meeting_reaches_everybody_invited_under_one_id(google: GoogleFake) -> None:
    leader, ann = google.account(LEADER), google.account(ANN)
    uid = leader.put(meeting(ANN, OUTSIDE))
    copy = ann.event(uid)
    assert (copy["id"], copy["iCalUID"]) == (uid, f"{uid}@google.com")
    assert copy["organizer"] == {"email": LEADER}
    assert [each["email"] for each in copy["attendees"] if each.get("self")] == [ANN]
    leader.patch(uid, {"start": at("2026-11-23T14:00:00"), "end": at("2026-11-23T15:00:00")})
    assert ann.event(uid)["start"]["dateTime"] == "2026-11-23T14:00:00Z"
    ann.answer(uid, "tentative")
    answers = {each["email"]: each["responseStatus"] for each in leader.event(uid)["attendees"]}
    assert answers == {LEADER: "accepted", ANN: "tentative", OUTSIDE: "needsAction"}
    leader.delete(uid)
    assert ann.event(uid)["status"] == "cancelled"


def test_what_a_guest_writes_is_taken_and_not_done(google: GoogleFake, http: httpx.Client) -> None:
    """Times and titles are the organiser's; own members and the own answer are one's own."""
    ann = google.account(ANN)
    uid = ann.put(meeting(LEADER))
    later = {"start": at("2026-11-23T14:00:00"), "end": at("2026-11-23T15:00:00")}
    answer = http.patch(f"{EVENTS}/{uid}", json={**later, "summary": "Mine"})
    assert answer.status_code == 200
    assert answer.json()["start"]["dateTime"] == "2026-11-23T09:00:00Z"
    assert answer.json()["summary"] == "Budget"
    own = {"colorId": "9", "extendedProperties": {"private": {"kind": "pod"}}}
    assert http.patch(f"{EVENTS}/{uid}", json=own).json()["colorId"] == "9"
    assert "colorId" not in ann.event(uid)
    reply = {
        "attendeesOmitted": True,
        "attendees": [{"email": LEADER, "responseStatus": "declined", "comment": "At two?"}],
    }
    http.patch(f"{EVENTS}/{uid}", json=reply, params={"sendUpdates": "all"})
    told = {each["email"]: each.get("comment") for each in ann.event(uid)["attendees"]}
    assert told == {LEADER: "At two?", ANN: None}
    assert (google.mails[-1].to, google.mails[-1].kind) == (ANN, "response")
    refused = http.patch(f"{EVENTS}/{uid}", json={"guestsCanModify": True})
    assert reason(refused) == (403, "forbiddenForNonOrganizer")
    ann.patch(uid, {"guestsCanModify": True})
    http.patch(f"{EVENTS}/{uid}", json=later)
    assert ann.event(uid)["start"]["dateTime"] == "2026-11-23T14:00:00Z"
    assert google.problems == []


@pytest.mark.parametrize(
    ("params", "told"),
    [
        ({}, set()),
        ({"sendUpdates": "none"}, set()),
        ({"sendUpdates": "externalOnly"}, {OUTSIDE}),
        ({"sendUpdates": "all"}, {ANN, OUTSIDE}),
    ],
)
def test_mails_go_to_whom_the_writer_wants(
    google: GoogleFake, http: httpx.Client, params: dict[str, str], told: set[str]
) -> None:
    """A room gets none; what is private to a copy is no news."""
    room = {"email": "room4@trust.example", "resource": True}
    body = meeting(ANN, OUTSIDE)
    body["attendees"].append(room)
    for kind, send in (
        ("invitation", lambda: http.post(EVENTS, json={**body, "id": "board1"}, params=params)),
        ("update", lambda: http.patch(f"{EVENTS}/board1", json=event(11), params=params)),
        ("cancellation", lambda: http.delete(f"{EVENTS}/board1", params=params)),
    ):
        before = len(google.mails)
        assert send().status_code < 300
        new = google.mails[before:]
        assert {mail.to for mail in new} == told and len(new) == len(told)
        assert {mail.kind for mail in new} <= {kind}
    http.patch(f"{EVENTS}/board1", json={"colorId": "3"}, params=params)
    assert len(google.mails) == 3 * len(told)


def test_free_and_busy_are_told_within_the_organisation(
    google: GoogleFake, http: httpx.Client
) -> None:
    ann = google.account(ANN)
    ann.put(event(9))
    ann.put(event(10))
    ann.put(event(13, transparency="transparent"))
    google.account(OUTSIDE)
    asked = [{"id": ANN}, {"id": OUTSIDE}, {"id": "primary"}]
    body = {**WINDOW, "timeZone": "Europe/Berlin", "items": asked}
    found = http.post("freeBusy", json=body).json()["calendars"]
    assert found[ANN]["busy"] == [
        {"start": "2026-11-23T10:00:00+01:00", "end": "2026-11-23T12:00:00+01:00"}
    ]
    assert found[OUTSIDE]["errors"] == [{"domain": "global", "reason": "notFound"}]
    assert found["primary"] == {"busy": []}
    assert http.post("freeBusy", json={**body, "calendarExpansionMax": 51}).status_code == 400
    too_many = {**body, "calendarExpansionMax": 1}
    answer = http.post("freeBusy", json=too_many).json()["calendars"]["primary"]
    assert answer["errors"][0]["reason"] == "tooManyCalendarsRequested"


def test_calendars_and_settings_are_told(google: GoogleFake, http: httpx.Client) -> None:
    second = google.account(LEADER).add_calendar("Clinic")
    listed = http.get("users/me/calendarList").json()["items"]
    assert {each["id"]: each["accessRole"] for each in listed}[second] == "owner"
    assert [each["id"] for each in listed if each.get("primary")] == [LEADER]
    readers = [each["id"] for each in listed if each["accessRole"] == "reader"]
    for each in (second, *readers):
        name = quote(each, safe="")
        assert http.get(f"users/me/calendarList/{name}").json()["id"] == each
        assert http.get(f"calendars/{name}").json()["timeZone"] == "Europe/London"
        assert ids(http.get(f"calendars/{name}/events")) == []
    denied = http.post(f"calendars/{quote(readers[0], safe='')}/events", json=event())
    assert reason(denied) == (403, "requiredAccessLevel")
    assert http.get("users/me/settings/timezone").json()["value"] == "Europe/London"
    assert reason(http.get(f"calendars/{ANN}/events")) == (404, "notFound")
    assert http.get("colors").json()["event"]["11"]
    assert google.problems == []


# -- push ---------------------------------------------------------------------------------------


@pytest.fixture
def hook() -> Iterator[tuple[str, list[dict[str, str]]]]:
    """Where callbacks arrive, and those that did. The first try of each finds it out of service."""
    seen: list[dict[str, str]] = []

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            seen.append({name.lower(): value for name, value in self.headers.items()})
            self.send_response(503 if len(seen) % 2 else 204)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
            """Nothing to the terminal."""

    with HTTPServer(("127.0.0.1", 0), Hook) as server:
        thread = Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", seen
        server.shutdown()
        thread.join()


def test_a_channel_calls_back_with_headers_only(
    google: GoogleFake, http: httpx.Client, hook: tuple[str, list[dict[str, str]]]
) -> None:
    here, seen = hook
    google.route("https://clearway.example", here)
    body = {"id": "channel-1", "type": "web_hook", "address": "https://clearway.example/google"}
    channel = http.post(f"{EVENTS}/watch", json={**body, "token": "secret"}).json()
    week = now() + timedelta(days=7)
    assert abs(int(channel["expiration"]) / 1000 - week.timestamp()) < 60
    google.account(LEADER).put(event())
    states = [call.headers["X-Goog-Resource-State"] for call in google.callbacks]
    assert states == ["sync", "exists"] and {call.status for call in google.callbacks} == {204}
    assert len(seen) == 4 and {call["content-length"] for call in seen} == {"0"}
    assert {call["x-goog-channel-token"] for call in seen} == {"secret"}
    again = http.post(f"{EVENTS}/watch", json=body)
    assert reason(again) == (400, "channelIdNotUnique")
    stop = {"id": "channel-1", "resourceId": channel["resourceId"]}
    with client(google, ANN) as other:
        assert other.post("channels/stop", json=stop).status_code == 404
    assert http.post("channels/stop", json=stop).status_code == 204
    google.account(LEADER).put(event())
    assert len(google.callbacks) == 2
    plain = {**body, "id": "channel-2", "address": "http://clearway.example/google"}
    assert http.post(f"{EVENTS}/watch", json=plain).status_code == 400


# -- signing in ---------------------------------------------------------------------------------


def test_each_method_wants_its_scope(google: GoogleFake) -> None:
    """calendar.events is not enough for free/busy, the calendar list or the settings."""
    with client(google, LEADER, "calendar.events") as narrow:
        assert narrow.get(EVENTS).status_code == 200
        for answer in (
            narrow.post("freeBusy", json=WINDOW),
            narrow.get("users/me/calendarList"),
            narrow.get("users/me/settings/timezone"),
        ):
            assert reason(answer) == (403, "insufficientPermissions")
            assert "ACCESS_TOKEN_SCOPE_INSUFFICIENT" in answer.text
    with client(google, LEADER, "calendar.readonly") as reader:
        assert reader.post("freeBusy", json=WINDOW).status_code == 200
        assert reason(reader.post(EVENTS, json=event())) == (403, "insufficientPermissions")


def test_a_code_becomes_tokens(google: GoogleFake, http: httpx.Client) -> None:
    """The web flow; the answer tells which scopes were granted."""
    scope = f"{SCOPE}calendar.events"
    server = google.token_uri.removesuffix("/token")
    asked = {"client_id": "c", "redirect_uri": "http://localhost/cb", "response_type": "code"}
    asked |= {"scope": scope, "state": "s", "access_type": "offline", "login_hint": LEADER}
    found = http.get(f"{server}/o/oauth2/v2/auth", params=asked).headers["Location"]
    answer = {name: each[0] for name, each in parse_qs(urlsplit(found).query).items()}
    assert answer["state"] == "s"
    form = {"grant_type": "authorization_code", "code": answer["code"], "client_id": "c"}
    form["redirect_uri"] = "http://localhost/cb"
    tokens = http.post(google.token_uri, data=form).json()
    assert (tokens["scope"], tokens["expires_in"]) == (scope, 3599)
    assert http.post(google.token_uri, data=form).json()["error"] == "invalid_grant"
    renew = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    renewed = http.post(google.token_uri, data={**renew, "client_id": "c"}).json()
    assert "refresh_token" not in renewed
    http.post(f"{server}/revoke", data={"token": tokens["refresh_token"]})
    assert http.post(google.token_uri, data={**renew, "client_id": "c"}).status_code == 400


def test_a_service_account_acts_for_people(google: GoogleFake) -> None:
    """Where the organisation lets it; by itself it may invite nobody."""
    robot = RobotCredentials.from_service_account_info(
        google.robot_key(), scopes=[f"{SCOPE}calendar.events"]
    )
    with_session(google, robot.with_subject(LEADER)).close()
    google.account("me@gmail.example", workspace=False)
    with pytest.raises(RefreshError, match="unauthorized_client"):
        with_session(google, robot.with_subject("me@gmail.example"))
    with with_session(google, robot) as alone:
        refused = alone.post(EVENTS, json=meeting(ANN))
        assert reason(refused) == (403, "forbiddenForServiceAccounts")
        assert alone.post(EVENTS, json=event()).status_code == 200


def with_session(google: GoogleFake, credentials: Any) -> httpx.Client:
    """A client with a token that google-auth fetched."""
    requests = importlib.import_module("requests")
    with requests.Session() as session:
        credentials.refresh(AuthRequest(session))
    return spoken(google, credentials.token)


# -- the real client library --------------------------------------------------------------------


@pytest.fixture
def service(google: GoogleFake) -> Iterator[Any]:
    """googleapiclient with google-auth, which has nothing but a refresh token."""
    discovery = importlib.import_module("googleapiclient.discovery")
    found = discovery.build(
        "calendar",
        "v3",
        credentials=_credentials(google),
        client_options={"api_endpoint": google.url},
        static_discovery=True,
    )
    yield found
    found.close()


def _credentials(google: GoogleFake) -> Credentials:
    return Credentials(
        token=None,
        refresh_token=google.refresh_token(LEADER),
        token_uri=google.token_uri,
        client_id="client",
        client_secret="secret",
        scopes=[f"{SCOPE}calendar.events", f"{SCOPE}calendar.readonly"],
    )


def test_the_library_pages_writes_and_meets_conflicts(google: GoogleFake, service: Any) -> None:
    errors = importlib.import_module("googleapiclient.errors")
    events = service.events()
    for number in range(3):
        events.insert(
            calendarId="primary", body=event(id=f"hold{number}"), sendUpdates="none"
        ).execute()
    found, request = [], events.list(calendarId="primary", maxResults=2, **WINDOW)
    while request is not None:
        page = request.execute()
        found += page["items"]
        request = events.list_next(request, page)
    assert {each["id"] for each in found} == {"hold0", "hold1", "hold2"}
    stale = events.patch(calendarId="primary", eventId="hold0", body={"summary": "x"})
    stale.headers["If-Match"] = '"1"'
    with pytest.raises(errors.HttpError) as refused:
        stale.execute()
    assert refused.value.status_code == 412
    assert refused.value.error_details[0]["reason"] == "conditionNotMet"
    assert events.delete(calendarId="primary", eventId="hold0").execute() == ""
    long = [f"key{number}={'v' * 100}" for number in range(30)]
    assert events.list(calendarId="primary", privateExtendedProperty=long).execute()["items"] == []
    assert google.problems == []


def test_the_library_renews_waits_and_asks_again(google: GoogleFake, service: Any) -> None:
    errors = importlib.import_module("googleapiclient.errors")
    request = service.events().list(calendarId="primary")
    request.execute()
    google.faults.expire_token(google.requests[-1].headers["authorization"].split()[1])
    request.execute()
    assert [seen.status for seen in google.requests] == [200, 401, 200]
    google.faults.throttle(1, 429)
    google.faults.throttle(1, 403, "userRateLimitExceeded")
    request._sleep = lambda _: None
    request.execute(num_retries=2)
    assert [seen.status for seen in google.requests[3:]] == [429, 403, 200]
    google.faults.throttle(1, 403, "quotaExceeded")
    with pytest.raises(errors.HttpError, match="Calendar usage limits exceeded"):
        request.execute(num_retries=2)
    google.faults.drop_connection()
    body = event(id="holdlost")
    with pytest.raises(errors.HttpError, match="already exists"):  # the library asked twice
        service.events().insert(calendarId="primary", body=body).execute()
    assert google.problems == []


def test_the_library_says_when_consent_is_gone(google: GoogleFake, service: Any) -> None:
    service.events().list(calendarId="primary").execute()
    google.faults.revoke(LEADER)
    with pytest.raises(RefreshError) as ended:
        service.events().list(calendarId="primary").execute()
    assert ended.value.args[1] == {
        "error": "invalid_grant",
        "error_description": "Token has been expired or revoked.",
    }


# -- faults, and what no client may ask -----------------------------------------------------------


def test_faults_meet_what_they_are_meant_for(google: GoogleFake, http: httpx.Client) -> None:
    google.faults.fail(500, "backendError", times=2, matching=r"^PATCH .*/events/")
    uid = google.account(LEADER).put(event())
    assert http.get(EVENTS).status_code == 200
    for expected in (500, 500, 200):
        assert http.patch(f"{EVENTS}/{uid}", json={"summary": "x"}).status_code == expected
    google.faults.drop_connection()
    with pytest.raises(httpx.RemoteProtocolError):
        http.patch(f"{EVENTS}/{uid}", json={"summary": "done all the same"})
    assert google.account(LEADER).event(uid)["summary"] == "done all the same"
    google.faults.slow(0.2)
    with pytest.raises(httpx.ReadTimeout):
        http.get(EVENTS, timeout=0.05)
    google.faults.slow(0)
    assert http.get(EVENTS, headers={"Authorization": "Bearer no"}).status_code == 401


@pytest.mark.parametrize(
    ("verb", "path", "more"),
    [
        ("GET", EVENTS, {"params": {"startDateTime": "2026-11-23T00:00:00Z"}}),
        ("GET", EVENTS, {"params": {"timeMin": "2026-11-23T00:00:00"}}),
        ("GET", EVENTS, {"params": {"maxResults": "0"}}),
        ("GET", EVENTS, {"params": {"singleEvents": "yes"}}),
        ("GET", EVENTS, {"headers": {"Prefer": "outlook.timezone"}}),
        ("POST", EVENTS, {"json": event(), "headers": {"If-Match": '"1"'}}),
        ("POST", EVENTS, {"json": event(), "params": {"sendUpdates": "some"}}),
        ("POST", EVENTS, {"content": b"{"}),
    ],
)
def test_a_query_or_header_that_is_not_described_is_refused(
    refusing: tuple[GoogleFake, httpx.Client], verb: str, path: str, more: dict[str, Any]
) -> None:
    google, http = refusing
    before = len(google.problems)
    assert http.request(verb, path, **more).status_code == 400
    assert tuple(google.problems[before:]) == google.requests[-1].problems != ()


@pytest.mark.skipif(official.google() is None, reason=official.ABSENT)
@pytest.mark.parametrize(
    "body",
    [
        event(subject="x"),
        event(eventType="focus"),
        event(attendees="ann"),
        event(extendedProperties={"private": {"n": 1}}),
        {"summary": "without times"},
    ],
)
def test_a_body_that_is_not_described_is_refused(
    refusing: tuple[GoogleFake, httpx.Client], body: dict[str, Any]
) -> None:
    google, http = refusing
    before = len(google.problems)
    assert http.post(EVENTS, json=body).status_code == 400
    assert len(google.problems) > before
    assert ids(http.get(EVENTS)) == []


def test_the_fake_runs_alone() -> None:
    """It says where it is and with which token, and stops when told to."""
    command = [sys.executable, "-m", "tests.fakes.google", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as alone:
        assert alone.stdout is not None
        told = dict(alone.stdout.readline().strip().split(": ") for _ in range(4))
        headers = {"Authorization": f"Bearer {told['token']}"}
        url = f"{told['url']}{EVENTS}?singleEvents=true"
        with httpx.Client(verify=False) as http:
            assert len(ids(http.get(url, headers=headers))) == 45
        alone.send_signal(signal.SIGINT)
        assert alone.wait(timeout=20) == 0
