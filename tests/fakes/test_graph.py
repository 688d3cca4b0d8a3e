"""The fake of Microsoft Graph does what the protocol brief (section 4) says Graph does."""

import base64
import json
import re
import ssl
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx
import msal  # type: ignore[import-untyped]  # the package has no type information
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from tests.fakes import official
from tests.fakes.graph import GraphFake, Mailbox
from tests.fakes.serving import Served

ME, ANNA, BEN = "leader@trust.example", "anna@trust.example", "ben@trust.example"
LONDON = "GMT Standard Time"
IMMUTABLE = {"Prefer": 'IdType="ImmutableId"'}
WEEK = {"startDateTime": "2026-11-23T00:00:00Z", "endDateTime": "2026-11-30T00:00:00Z"}
MARK = "String {66f5a359-4659-4638-81a3-d1d2b2f5c5b4} Name ClearwayKind"
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Everything is plain HTTP here, so no certificates are loaded."""
described = pytest.mark.skipif(official.graph() is None, reason=official.ABSENT)


class Client(httpx.Client):
    """A plain client with a token."""

    def __init__(self, graph: GraphFake, token: str) -> None:
        super().__init__(
            base_url=graph.url,
            headers={"Authorization": f"Bearer {token}", **IMMUTABLE},
            verify=NO_TLS,
        )

    def all(self, url: str, **query: str) -> list[dict[str, Any]]:
        """Every page of a list."""
        page = self.get(url, params=query).raise_for_status().json()
        found: list[dict[str, Any]] = page["value"]
        while "@odata.nextLink" in page:
            page = self.get(page["@odata.nextLink"]).raise_for_status().json()
            found += page["value"]
        return found

    def round(self, url: str, **query: str) -> tuple[list[dict[str, Any]], str]:
        """A round of delta: its items, and the link to go on from."""
        page = self.get(url, params=query or None).raise_for_status().json()
        found = page["value"]
        while "@odata.nextLink" in page:
            page = self.get(page["@odata.nextLink"]).raise_for_status().json()
            found += page["value"]
        return found, page["@odata.deltaLink"]


@pytest.fixture
def graph() -> Iterator[GraphFake]:
    with GraphFake() as running:
        yield running


@pytest.fixture
def me(graph: GraphFake) -> Mailbox:
    return graph.mailbox(ME)


@pytest.fixture
def client(graph: GraphFake, me: Mailbox) -> Iterator[Client]:
    with Client(graph, graph.token(ME)) as plain:
        yield plain


def at(day: int, hour: int, minute: int = 0, zone: str = LONDON) -> dict[str, str]:
    return {"dateTime": f"2026-11-{day:02}T{hour:02}:{minute:02}:00", "timeZone": zone}


def event(day: int = 23, hour: int = 9, *people: str, **more: Any) -> dict[str, Any]:
    body: dict[str, Any] = {"subject": "x", "start": at(day, hour), "end": at(day, hour + 1)}
    if people:
        invited = [{"type": "required", "emailAddress": {"address": each}} for each in people]
        body["attendees"] = invited
    return body | more


def every(kind: str = "daily", count: int = 5, first: str = "2026-11-23", **more: Any) -> Any:
    reach = {"type": "numbered", "startDate": first, "numberOfOccurrences": count}
    return {"pattern": {"type": kind, "interval": 1, **more}, "range": reach}


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


def starts(items: list[dict[str, Any]]) -> list[str]:
    return sorted(each["start"]["dateTime"][:16] for each in items)


# -- reading ------------------------------------------------------------------------------------


def test_a_view_has_members_and_a_list_has_masters(
    graph: GraphFake, me: Mailbox, client: Client
) -> None:
    me.put(event(23, 14))
    master = me.put(event(recurrence=every()))
    view, listed = client.all("/me/calendarView", **WEEK), client.all("/me/events")
    assert {each["type"] for each in view} == {"singleInstance", "occurrence"} and len(view) == 6
    assert {each["type"] for each in listed} == {"singleInstance", "seriesMaster"}
    member = next(each for each in view if each["type"] == "occurrence")
    assert (member["seriesMasterId"], member["recurrence"]) == (master, None)
    assert len({each["iCalUId"] for each in view}) == 6
    instances = client.all(f"/me/events/{master}/instances", **WEEK)
    assert [each["originalStart"] for each in instances][:2] == [
        "2026-11-23T09:00:00Z",
        "2026-11-24T09:00:00Z",
    ]
    assert not graph.problems


def test_pages_hold_ten_unless_asked(graph: GraphFake, me: Mailbox, client: Client) -> None:
    for minute in range(23):
        me.put(event(23) | {"start": at(23, 9, minute)})
    page = client.get("/me/calendarView", params={**WEEK, "$select": "start"}).json()
    assert len(page["value"]) == 10 and set(page["value"][0]) == {"@odata.etag", "id", "start"}
    assert len({each["id"] for each in client.all("/me/calendarView", **WEEK)}) == 23
    asked = len(graph.requests)
    assert len(client.all("/me/calendarView", **WEEK, **{"$top": "1000"})) == 23
    assert len(graph.requests) == asked + 1
    prefer = {"Prefer": 'odata.maxpagesize=7, outlook.timezone="Europe/London"'}
    answer = client.get("/me/calendarView", params=WEEK, headers=prefer)
    assert len(answer.json()["value"]) == 7 and "odata.maxpagesize" in answer.headers.get(
        "Preference-Applied"
    )
    assert not graph.problems


def test_times_are_in_the_preferred_zone_and_ids_of_the_preferred_kind(
    graph: GraphFake, me: Mailbox, client: Client
) -> None:
    uid = me.put({**event(), "start": at(23, 9, zone="W. Europe Standard Time")})
    me.put(event() | {"isAllDay": True, "start": at(24, 0), "end": at(25, 0)})
    plain = {"Prefer": 'outlook.timezone="Eastern Standard Time"'}
    view = client.get("/me/calendarView", params=WEEK, headers=plain).json()["value"]
    assert starts(view) == ["2026-11-23T03:00", "2026-11-24T00:00"]
    assert view[0]["id"] != uid and view[0]["originalStartTimeZone"] == "W. Europe Standard Time"
    assert client.get(f"/me/events/{view[0]['id']}").json()["id"] == uid
    for odd in ("nothing-of-this-name", "a%2Fb", "%2e%2E"):
        assert code(client.get(f"/me/events/{odd}")) == (400, "ErrorInvalidIdMalformed")
    other = graph.mailbox(ANNA).put(event())
    assert code(client.get(f"/me/events/{other}")) == (404, "ErrorItemNotFound")
    assert not graph.problems


def test_a_series_keeps_its_time_over_the_change_of_clocks(me: Mailbox, client: Client) -> None:
    weekly = every("weekly", 3, "2026-10-19", daysOfWeek=["monday"])
    start = {"dateTime": "2026-10-19T09:00:00", "timeZone": LONDON}
    end = {"dateTime": "2026-10-19T10:00:00", "timeZone": LONDON}
    uid = me.put({"start": start, "end": end, "recurrence": weekly})
    window = {"startDateTime": "2026-10-01T00:00:00Z", "endDateTime": "2026-11-30T00:00:00Z"}
    hours = ["2026-10-19T08:00", "2026-10-26T09:00", "2026-11-02T09:00"]
    assert starts(client.all("/me/calendarView", **window)) == hours
    in_utc = {"dateTime": "2026-10-19T08:00:00", "timeZone": "UTC"}
    me.patch(uid, {"start": in_utc, "end": {**in_utc, "dateTime": "2026-10-19T09:00:00"}})
    assert {each[11:] for each in starts(client.all("/me/calendarView", **window))} == {"08:00"}


def test_patterns_fall_on_their_days(me: Mailbox, client: Client) -> None:
    last, second = {"index": "last"}, {"index": "second"}
    cases: list[tuple[Any, list[str]]] = [
        (every("weekly", 3, daysOfWeek=["wednesday", "friday"]), ["11-25", "11-27", "12-02"]),
        (every("absoluteMonthly", 3, dayOfMonth=31), ["11-30", "12-31", "01-31"]),
        (every("relativeMonthly", 2, daysOfWeek=["thursday"], **last), ["11-26", "12-31"]),
        (every("absoluteYearly", 2, dayOfMonth=25, month=12), ["12-25", "12-25"]),
        (every("relativeYearly", 1, daysOfWeek=["monday"], month=12, **second), ["12-14"]),
    ]
    window = {"startDateTime": "2026-11-01T00:00:00Z", "endDateTime": "2028-01-01T00:00:00Z"}
    for rule, days in cases:
        uid = me.put(event(recurrence=rule))
        found = client.all("/me/calendarView", **window)
        assert [each["originalStart"][5:10] for each in found] == days
        me.delete(uid)


def test_several_calendars_are_apart(graph: GraphFake, me: Mailbox, client: Client) -> None:
    other = me.add_calendar("Rota", can_edit=False)
    me.put(event(), calendar=other)
    assert client.all("/me/calendarView", **WEEK) == []
    assert len(client.all(f"/me/calendars/{other}/calendarView", **WEEK)) == 1
    listed = client.all("/me/calendars")
    assert [each["canEdit"] for each in listed] == [True, False]
    refused = client.post(f"/me/calendars/{other}/events", json=event())
    assert code(refused) == (403, "ErrorAccessDenied")
    assert not graph.problems


# -- writing ------------------------------------------------------------------------------------


def test_marks_are_kept_and_not_echoed(graph: GraphFake, client: Client) -> None:
    marked = event(singleValueExtendedProperties=[{"id": MARK, "value": "gap"}])
    made = client.post("/me/events", json=marked)
    assert made.status_code == 201
    assert "singleValueExtendedProperties" not in made.json()
    client.post("/me/events", json=event())
    expand = f"singleValueExtendedProperties($filter=id eq '{MARK}')"
    view = client.all("/me/calendarView", **WEEK, **{"$expand": expand, "$select": "start"})
    found = [each.get("singleValueExtendedProperties") for each in view]
    assert sorted(found, key=bool) == [None, [{"id": MARK, "value": "gap"}]]
    search = f"singleValueExtendedProperties/any(ep: ep/id eq '{MARK}' and ep/value eq 'GAP')"
    assert [each["id"] for each in client.all("/me/events", **{"$filter": search})] == [
        made.json()["id"]
    ]
    assert not graph.problems and not graph.mails


def test_the_same_transaction_makes_no_second_event(graph: GraphFake, client: Client) -> None:
    body = event(transactionId="6f0e1f0a-0d4c-4d2b-9a57-2f4b0b1c7a10")
    first, again = (client.post("/me/events", json=body).json() for _ in range(2))
    assert first["id"] == again["id"] and len(client.all("/me/events")) == 1
    assert first["transactionId"] == body["transactionId"]
    assert not graph.problems


def test_a_write_of_an_older_state_is_refused(
    graph: GraphFake, me: Mailbox, client: Client
) -> None:
    uid = me.put(event())
    old = {"If-Match": client.get(f"/me/events/{uid}").json()["@odata.etag"]}
    me.patch(uid, {"showAs": "free"})
    for answer in (
        client.patch(f"/me/events/{uid}", json={"showAs": "oof"}, headers=old),
        client.delete(f"/me/events/{uid}", headers=old),
    ):
        assert code(answer) == (412, "ErrorIrresolvableConflict")
    new = {"If-Match": client.get(f"/me/events/{uid}").json()["@odata.etag"]}
    graph.faults.conflict_once()
    once, twice = (
        client.patch(f"/me/events/{uid}", json={"showAs": "oof"}, headers=new) for _ in range(2)
    )
    assert (once.status_code, twice.status_code) == (412, 200)
    assert twice.json()["@odata.etag"] not in (old["If-Match"], new["If-Match"])
    assert client.delete(f"/me/events/{uid}").status_code == 204
    assert code(client.delete(f"/me/events/{uid}")) == (404, "ErrorItemNotFound")
    assert not graph.problems


def test_one_member_changes_alone_and_stays_between_its_neighbours(
    graph: GraphFake, me: Mailbox, client: Client
) -> None:
    master = me.put(event(recurrence=every()))
    second = me.occurrence(master, datetime(2026, 11, 24, 9, tzinfo=UTC))
    third = me.occurrence(master, datetime(2026, 11, 25, 9, tzinfo=UTC))
    moved = client.patch(
        f"/me/events/{second}", json={"start": at(24, 12), "end": at(24, 13)}
    ).json()
    assert (moved["id"], moved["type"]) == (second, "exception")
    assert moved["originalStart"] == "2026-11-24T09:00:00Z"
    over = client.patch(f"/me/events/{second}", json={"start": at(25, 7), "end": at(25, 8)})
    assert code(over) == (400, "ErrorOccurrenceCrossingBoundary")
    client.delete(f"/me/events/{third}")
    assert client.get(f"/me/events/{third}").status_code == 404
    free = client.patch(f"/me/events/{second}", json={"start": at(25, 7), "end": at(25, 8)})
    assert free.status_code == 200
    query = {"$select": "type,cancelledOccurrences", "$expand": "exceptionOccurrences"}
    whole = client.get(f"/me/events/{master}", params=query).json()
    assert whole["cancelledOccurrences"] == [f"OID.{master}.2026-11-25"]
    assert [each["id"] for each in whole["exceptionOccurrences"]] == [second]
    assert len(client.all("/me/calendarView", **WEEK)) == 4
    assert not graph.problems


# -- people -------------------------------------------------------------------------------------


def test_a_move_reaches_the_attendees_copies_and_asks_them_anew(
    graph: GraphFake, me: Mailbox, client: Client
) -> None:
    anna = graph.mailbox(ANNA)
    uid = me.put(event(23, 9, ANNA, BEN))
    ical = me.event(uid)["iCalUId"]
    copy = anna.find(ical)
    assert copy is not None and copy != uid
    assert anna.event(copy)["responseStatus"]["response"] == "notResponded"
    anna.answer(copy, "accept")
    assert me.event(uid)["attendees"][0]["status"]["response"] == "accepted"
    assert anna.event(copy)["showAs"] == "busy"
    graph.mails.clear()
    client.patch(f"/me/events/{uid}", json={"start": at(23, 12), "end": at(23, 13)})
    assert [(each.to, each.kind, each.event) for each in graph.mails] == [
        (ANNA, "update", ical),
        (BEN, "update", ical),
    ]
    there = anna.event(copy)
    assert (there["start"], there["isOrganizer"]) == (me.event(uid)["start"], False)
    assert there["responseStatus"]["response"] == "notResponded"
    assert me.event(uid)["attendees"][0]["status"]["response"] == "notResponded"
    assert not graph.problems


def test_only_who_is_concerned_gets_a_mail(graph: GraphFake, me: Mailbox, client: Client) -> None:
    uid = me.put(event(23, 9, ANNA, BEN))
    series = me.put(event(23, 14, ANNA, BEN, recurrence=every()))
    for day, hour in ((24, 15), (25, 16)):
        member = me.occurrence(series, datetime(2026, 11, day, 14, tzinfo=UTC))
        me.patch(member, {"start": at(day, hour), "end": at(day, hour + 1)})
    cases: list[tuple[str, dict[str, Any], int]] = [
        (uid, {"showAs": "free", "categories": ["x"], "isReminderOn": False}, 0),
        (uid, {"attendees": event(23, 9, ANNA, "new@trust.example")["attendees"]}, 2),
        (uid, {"end": at(23, 11)}, 2),
        (series, {"start": at(23, 13), "end": at(23, 14)}, 2 * 3),
    ]
    for target, change, mails in cases:
        graph.mails.clear()
        assert client.patch(f"/me/events/{target}", json=change).status_code == 200
        assert len(graph.mails) == mails, change
    graph.mails.clear()
    client.delete(f"/me/events/{uid}")
    assert {each.kind for each in graph.mails} == {"cancellation"} and len(graph.mails) == 2
    assert not graph.problems


def test_an_attendee_cannot_move_and_cancel(graph: GraphFake, me: Mailbox, client: Client) -> None:
    anna = graph.mailbox(ANNA)
    theirs = anna.put(event(23, 9, ME))
    uid = me.ids()[0]
    assert client.patch(f"/me/events/{uid}", json={"showAs": "oof"}).status_code == 200
    assert code(client.post(f"/me/events/{uid}/cancel", json={})) == (400, "ErrorInvalidRequest")
    assert not graph.problems
    refused = client.patch(f"/me/events/{uid}", json={"start": at(23, 10), "end": at(23, 11)})
    assert refused.status_code == 403
    assert "an attendee may not change end, start" in graph.problems[0]
    anna.delete(theirs)
    gone = me.event(uid)
    assert gone["isCancelled"] and gone["subject"] == "Canceled: x" and gone["showAs"] == "free"


def test_another_time_is_proposed_only_where_it_may_be(
    graph: GraphFake, me: Mailbox, client: Client
) -> None:
    anna = graph.mailbox(ANNA)
    theirs = anna.put(event(23, 9, ME))
    anna.put(event(24, 9, ME, allowNewTimeProposals=False))
    own = me.put(event(25, 9, ANNA))
    uid, closed, _ = me.ids()
    propose = {"proposedNewTime": {"start": at(23, 14), "end": at(23, 15)}}
    silent = {**propose, "sendResponse": False}
    graph.mails.clear()
    for target, body in ((closed, propose), (uid, silent), (own, {"comment": "no"})):
        answer = client.post(f"/me/events/{target}/tentativelyAccept", json=body)
        assert answer.status_code == 400, target
    assert not graph.mails
    done = client.post(f"/me/events/{uid}/tentativelyAccept", json={**propose, "comment": "?"})
    assert (done.status_code, done.content) == (202, b"")
    assert [(each.to, each.kind) for each in graph.mails] == [(ANNA, "proposal")]
    told = anna.event(theirs)["attendees"][0]
    assert told["proposedNewTime"]["start"]["dateTime"] == "2026-11-23T14:00:00.0000000"
    assert starts([me.event(uid)]) == ["2026-11-23T09:00"]
    client.post(f"/me/events/{uid}/decline", json={"sendResponse": True})
    assert client.get(f"/me/events/{uid}").status_code == 404
    assert not graph.problems


def test_who_is_busy_is_told_within_limits(graph: GraphFake, me: Mailbox, client: Client) -> None:
    anna = graph.mailbox(ANNA)
    anna.put(event(23, 10, sensitivity="private"))
    me.put(event(23, 12, showAs="workingElsewhere"))
    body = {
        "schedules": [ANNA, ME, "nobody@elsewhere.example"],
        "startTime": at(23, 9),
        "endTime": at(23, 17),
        "availabilityViewInterval": 60,
    }
    hers, mine, nobody = client.post("/me/calendar/getSchedule", json=body).json()["value"]
    assert (hers["availabilityView"], mine["availabilityView"]) == ("02000000", "00040000")
    (item,) = hers["scheduleItems"]
    assert item["isPrivate"] and item["status"] == "busy" and "subject" not in item
    assert mine["scheduleItems"][0]["subject"] == "x"
    assert nobody["error"]["responseCode"] == "ErrorMailRecipientNotFound"
    for change, refused in (
        ({"schedules": [ME] * 101}, "ErrorMailboxDataArrayTooBig"),
        ({"availabilityViewInterval": 4}, "ErrorInvalidMergedFreeBusyInterval"),
        ({"endTime": at(23, 9)}, "ErrorInvalidTimeInterval"),
        (
            {"endTime": {"dateTime": "2027-01-25T09:00:00", "timeZone": "UTC"}},
            "ErrorTimeIntervalTooBig",
        ),
    ):
        assert code(client.post("/me/calendar/getSchedule", json=body | change)) == (400, refused)
    assert not graph.problems


def test_settings_tell_zone_and_hours(graph: GraphFake, client: Client) -> None:
    found = client.get("/me/mailboxSettings").json()
    assert found["timeZone"] == LONDON
    assert found["workingHours"]["startTime"] == "08:00:00.0000000"
    assert not graph.problems


# -- delta --------------------------------------------------------------------------------------

DELTA = "/me/calendarView/delta"


def test_a_round_has_thin_members_masters_and_removals(
    graph: GraphFake, me: Mailbox, client: Client
) -> None:
    single = me.put(event(23, 14))
    master = me.put(event(recurrence=every(count=12)))
    items, link = client.round(DELTA, **WEEK)
    by_id = {each["id"]: each for each in items}
    assert len(by_id) == 1 + 1 + 7 and len(items) == 10  # one of them twice
    assert by_id[master]["type"] == "seriesMaster" and by_id[master]["subject"] == "x"
    thin = next(each for each in items if each["type"] == "occurrence")
    kept = {"@odata.type", "@odata.etag", "id", "seriesMasterId", "type", "start", "end"}
    assert set(thin) == kept
    items, link = client.round(link)
    assert items == []
    me.patch(single, {"start": at(30, 9), "end": at(30, 10)})
    outside = me.put(event(30, 14))
    items, link = client.round(link)
    assert {each["id"] for each in items} == {single, outside}
    assert all(each["@removed"] == {"reason": "deleted"} for each in items)
    me.delete(me.occurrence(master, datetime(2026, 11, 24, 9, tzinfo=UTC)))
    items, link = client.round(link)
    assert all("@removed" not in each for each in items)
    assert len({each["id"] for each in items}) == 1 + 6
    me.delete(master)
    items, link = client.round(link)
    assert len(items) == 1 + 6 and all("@removed" in each for each in items)
    assert not graph.problems


def test_a_round_takes_its_links_only(graph: GraphFake, me: Mailbox, client: Client) -> None:
    me.put(event())
    _, link = client.round(DELTA, **WEEK)
    assert client.get(DELTA, params={**WEEK, "$select": "id"}).status_code == 400
    assert client.get(f"{link}&startDateTime=2026-11-23T00:00:00Z").status_code == 400
    assert len(graph.problems) == 2
    graph.faults.forget_sync()
    assert code(client.get(link)) == (410, "SyncStateNotFound")
    unknown = client.get(DELTA, params={"$deltatoken": "of-another-life"})
    assert unknown.status_code == 410
    items, _ = client.round(DELTA, **WEEK)
    assert {each["id"] for each in items} == set(me.ids())
    assert len(graph.problems) == 2


def test_what_is_not_documented_is_a_switch(graph: GraphFake, me: Mailbox, client: Client) -> None:
    anna = graph.mailbox(ANNA)
    theirs = anna.put(event(23, 14, ME))
    master = me.put(event(recurrence=every()))
    invited = me.ids()[0]
    _, link = client.round(DELTA, **WEEK)
    graph.quirks.delta_tells_dropped = graph.quirks.declined_stay = True
    dropped = me.occurrence(master, datetime(2026, 11, 24, 9, tzinfo=UTC))
    me.delete(dropped)
    me.answer(invited, "decline")
    items, _ = client.round(link)
    assert [each["id"] for each in items if "@removed" in each] == [dropped]
    declined = me.event(invited)
    assert (declined["showAs"], declined["responseStatus"]["response"]) == ("free", "declined")
    graph.quirks.series_patch_loses_exceptions = True
    me.patch(master, {"start": at(23, 8), "end": at(23, 9)})
    assert len(client.all(f"/me/events/{master}/instances", **WEEK)) == 5
    graph.quirks.cancelled_stay = False
    anna.delete(theirs)
    assert client.get(f"/me/events/{invited}").status_code == 404
    assert not graph.problems


# -- signing in ---------------------------------------------------------------------------------


class Rewritten:
    """What msal asks of an HTTP client: here every https host is the fake."""

    def __init__(self, graph: GraphFake) -> None:
        self._client = httpx.Client(base_url=graph.login, verify=NO_TLS)

    def get(self, url: str, params: Any = None, headers: Any = None, **_: Any) -> Any:
        return self._client.get(_path(url), params=params, headers=headers)

    def post(
        self, url: str, params: Any = None, data: Any = None, headers: Any = None, **_: Any
    ) -> Any:
        return self._client.post(_path(url), params=params, data=data, headers=headers)

    def close(self) -> None:
        self._client.close()


def _path(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.path}{'?' if parts.query else ''}{parts.query}"


@pytest.fixture
def application(graph: GraphFake) -> Iterator[msal.ConfidentialClientApplication]:
    http = Rewritten(graph)
    yield msal.ConfidentialClientApplication(
        "11111111-1111-1111-1111-111111111111",
        client_credential="secret",
        authority="https://login.microsoftonline.com/tenant",
        http_client=http,
        instance_discovery=False,
    )
    http.close()


def test_msal_gets_an_application_token(
    graph: GraphFake, me: Mailbox, application: msal.ConfidentialClientApplication
) -> None:
    wanted = ["https://graph.microsoft.com/.default"]
    token = application.acquire_token_for_client(wanted)["access_token"]
    claims = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
    assert claims["roles"] == ["Calendars.ReadWrite", "MailboxSettings.Read"]
    with Client(graph, token) as client:
        assert client.all(f"/users/{ME}/calendarView", **WEEK) == []
        assert client.get("/me/calendarView", params=WEEK).status_code == 400
    graph.sign_in.client_secret = "another"
    again = application.acquire_token_for_client(["https://graph.microsoft.com/x/.default"])
    assert again["error_codes"] == [7000215]


def test_msal_signs_a_person_in_and_sees_the_consent_end(
    graph: GraphFake, me: Mailbox, application: msal.ConfidentialClientApplication
) -> None:
    graph.sign_in.life = timedelta(seconds=1)
    flow = application.initiate_auth_code_flow(
        ["Calendars.ReadWrite"],
        redirect_uri="http://localhost/back",
        response_mode="form_post",
        login_hint=ME,
    )
    with httpx.Client(base_url=graph.login, verify=NO_TLS) as browser:
        page = browser.get(_path(flow["auth_uri"])).text
    answer = dict(re.findall(r'name="(\w+)" value="([^"]*)"', page))
    got = application.acquire_token_by_auth_code_flow(flow, answer)
    assert got["id_token_claims"]["preferred_username"] == ME
    with Client(graph, got["access_token"]) as client:
        assert client.get("/me/calendarView", params=WEEK).status_code == 200
    (account,) = application.get_accounts()
    fresh = application.acquire_token_silent_with_error(["Calendars.ReadWrite"], account=account)
    assert fresh is not None and fresh["access_token"] != got["access_token"]
    graph.faults.revoke(ME)
    ended = application.acquire_token_silent_with_error(["Calendars.ReadWrite"], account=account)
    assert ended is not None
    assert (ended["error"], ended["error_codes"]) == ("invalid_grant", [50173])


def test_tokens_allow_what_they_say_and_end(graph: GraphFake, me: Mailbox) -> None:
    uid = me.put(event())
    anna = graph.mailbox(ANNA)

    def status(token: str, path: str, method: str = "GET") -> int:
        with Client(graph, token) as client:
            body = {"showAs": "free"} if method == "PATCH" else None
            return client.request(method, path, json=body).status_code

    reader = graph.token(ME, ["Calendars.Read"])
    scoped = graph.app_token(mailboxes=[ME])
    wide = graph.app_token(["Calendars.Read"], mailboxes=[ME])
    hers = f"/users/{anna.address}/events"
    assert status(reader, f"/me/events/{uid}") == 200
    assert status(reader, f"/me/events/{uid}", "PATCH") == 403
    assert status(reader, "/me/mailboxSettings") == 403
    assert status(reader, hers) == 403
    assert status(scoped, f"/users/{ME}/events/{uid}", "PATCH") == 200
    assert status(scoped, hers) == 403
    assert status(wide, hers) == 200  # grants add up
    assert status(wide, "/users/nobody@trust.example/events") == 404
    graph.faults.expire_token(reader)
    assert status(reader, f"/me/events/{uid}") == 401
    assert status("made-up", f"/me/events/{uid}") == 401
    assert not graph.problems


# -- limits and faults --------------------------------------------------------------------------


def test_a_busy_service_says_how_long_to_wait_or_does_not(graph: GraphFake, client: Client) -> None:
    graph.faults.throttle(1, "2.128")
    graph.faults.throttle(1, None)
    told, untold = (client.get("/me/events") for _ in range(2))
    assert code(told) == code(untold) == (429, "ApplicationThrottled")
    assert (told.headers["Retry-After"], "Retry-After" in untold.headers) == ("2.128", False)
    graph.faults.fail(503, "UnknownError", matching=r"^GET /me/events")
    assert client.get("/me/mailboxSettings").status_code == 200
    assert code(client.get("/me/events")) == (503, "UnknownError")
    assert client.get("/me/events").status_code == 200
    assert not graph.problems


def test_four_requests_at_once_are_served_in_a_mailbox(graph: GraphFake, client: Client) -> None:
    graph.faults.slow(0.4)
    with ThreadPoolExecutor(7) as pool:
        found = list(pool.map(lambda _: client.get("/me/events").status_code, range(7)))
    assert sorted(found) == [200] * 4 + [429] * 3


def test_a_batch_runs_four_parts_at_once_or_a_chain(
    graph: GraphFake, me: Mailbox, client: Client
) -> None:
    uid = me.put(event())

    def send(*parts: dict[str, Any]) -> dict[str, dict[str, Any]]:
        answer = client.post("/$batch", json={"requests": list(parts)})
        assert answer.status_code == 200
        return {each["id"]: each for each in answer.json()["responses"]}

    reads = [{"id": str(n), "method": "GET", "url": f"/me/events/{uid}"} for n in range(6)]
    found = send(*reads)
    assert [found[str(n)]["status"] for n in range(6)] == [200] * 4 + [429] * 2
    assert "Retry-After" in found["5"]["headers"]
    chain = [each | ({"dependsOn": [str(n - 1)]} if n else {}) for n, each in enumerate(reads)]
    assert {each["status"] for each in send(*chain).values()} == {200}
    chain[0]["url"] = "/me/events/nothing"
    found = send(*chain)
    assert [found[str(n)]["status"] for n in (0, 1, 5)] == [400, 424, 424]
    headers = {"Content-Type": "application/json"}
    write = {"id": "1", "method": "PATCH", "url": f"/me/events/{uid}", "headers": headers}
    assert send(write | {"body": {"showAs": "oof"}})["1"]["body"]["showAs"] == "oof"
    assert not graph.problems and len(graph.requests) == 4


def test_an_answer_that_is_lost_was_done_or_not(graph: GraphFake, client: Client) -> None:
    for done in (False, True):
        graph.faults.drop_connection(done=done)
        with pytest.raises(httpx.RemoteProtocolError):
            client.post("/me/events", json=event())
        assert len(client.all("/me/events")) == int(done)


def test_answers_can_be_made_to_say_what_no_service_should(
    graph: GraphFake, me: Mailbox, client: Client
) -> None:
    me.put(event())

    def odd(page: dict[str, Any]) -> dict[str, Any]:
        return {**page, "value": [{**each, "showAs": "away"} for each in page["value"]]}

    graph.faults.rewrite(odd, "calendarView", times=1)
    first, second = (client.all("/me/calendarView", **WEEK)[0]["showAs"] for _ in range(2))
    assert (first, second) == ("away", "busy") and not graph.problems


# -- subscriptions ------------------------------------------------------------------------------


class Receiver:
    """A server that is called back."""

    def __init__(self) -> None:
        self.got: list[dict[str, Any]] = []

    async def answer(self, request: Request) -> Response:
        token = request.query_params.get("validationToken")
        if token is not None:
            return PlainTextResponse(token)
        self.got += (await request.json())["value"]
        return Response(status_code=202)


def _subscription(**more: Any) -> dict[str, Any]:
    return {
        "changeType": "created,updated,deleted",
        "notificationUrl": "https://clearway.trust.example/hooks",
        "resource": "me/events",
        "expirationDateTime": _in(minutes=5000),
        "clientState": "a secret",
    } | more


def _in(**span: int) -> str:
    return f"{datetime.now(UTC) + timedelta(**span):%Y-%m-%dT%H:%M:%SZ}"  # noqa: TID251 # real server


def test_subscribers_are_called_after_a_handshake(
    graph: GraphFake, me: Mailbox, client: Client
) -> None:
    receiver = Receiver()
    app = Starlette(routes=[Route("/hooks", receiver.answer, methods=["POST"])])
    with Served(app) as served:
        graph.subscriptions.routes["https://clearway.trust.example"] = served.url
        made = client.post("/subscriptions", json=_subscription())
        assert made.status_code == 201
        uid = client.post("/me/events", json=event()).json()["id"]
        me.patch(uid, {"showAs": "free"})
        me.delete(uid)
        graph.subscriptions.lifecycle(made.json()["id"], "missed")
        graph.subscriptions.delivered()
    kinds = [each.get("changeType") or each["lifecycleEvent"] for each in receiver.got]
    assert (kinds[0], kinds[-2:]) == ("created", ["deleted", "missed"]) and "updated" in kinds
    assert len(kinds) > 4  # one change, up to three calls
    assert {each["clientState"] for each in receiver.got} == {"a secret"}
    assert receiver.got[0]["resourceData"]["id"] == uid
    assert set(graph.subscriptions.answers) == {202}
    assert not graph.problems


def test_subscriptions_have_an_end_and_are_renewed(graph: GraphFake, client: Client) -> None:
    made = client.post("/subscriptions", json=_subscription(expirationDateTime=_in(minutes=5)))
    raised = datetime.fromisoformat(made.json()["expirationDateTime"])
    assert raised > datetime.fromisoformat(_in(minutes=40))
    assert code(client.post("/subscriptions", json=_subscription())) == (409, "Conflict")
    far = {"expirationDateTime": _in(days=8)}
    url = f"/subscriptions/{made.json()['id']}"
    assert client.patch(url, json=far).status_code == 400
    assert client.patch(url, json={"expirationDateTime": _in(days=6)}).status_code == 200
    assert client.post(f"{url}/reauthorize").status_code == 204
    assert client.delete(url).status_code == 204
    assert client.patch(url, json=far).status_code == 404
    assert not graph.problems
    graph.subscriptions.routes["https://clearway.trust.example"] = "http://127.0.0.1:9"
    silent = client.post("/subscriptions", json=_subscription())
    assert code(silent) == (400, "ValidationError")
    plain = _subscription(notificationUrl="http://clearway.trust.example/hooks")
    assert client.post("/subscriptions", json=plain).status_code == 400
    assert len(graph.problems) == 1


# -- what is refused ----------------------------------------------------------------------------


BROKEN: list[tuple[str, str, Any, dict[str, str], str]] = [
    ("GET", "/me/calendarView?startDateTime=2026-11-23", None, {}, "missing endDateTime"),
    ("GET", "/me/events?singleEvents=true", None, {}, "unknown query parameter singleEvents"),
    ("GET", "/me/events?$select=colour", None, {}, "'colour' cannot be selected"),
    ("GET", "/me/events?$top=1001", None, {}, "a page holds 1 to 1000 items"),
    ("GET", "/me/events", None, {"X-Goog-Thing": "1"}, "unknown header x-goog-thing"),
    ("GET", "/me/events", None, {"Prefer": "return=minimal"}, "unknown preference"),
    ("GET", "/me/messages", None, {}, "no such path and method"),
    ("POST", "/me/events", event(colour="red"), {}, "colour"),
    ("POST", "/me/events", event(showAs="away"), {}, "'away' is not valid"),
    ("POST", "/me/events", event(iCalUId="x"), {}, "iCalUId is read-only"),
    ("POST", "/me/events", {"subject": "x"}, {}, "an event needs start and end"),
    (
        "POST",
        "/me/events",
        event(start={"dateTime": "2026-11-23T09:00:00Z", "timeZone": "UTC"}),
        {},
        "is no wall clock time",
    ),
    ("POST", "/me/events", event(start=at(23, 9, zone="Mars")), {}, "'Mars' is not supported"),
    ("PATCH", "/me/events/x", {"transactionId": "x"}, {}, "transactionId cannot be changed"),
    ("PATCH", "/me/events/x", {"showAs": "oof"}, {"If-Match": '"x"'}, "If-Match"),
    (
        "POST",
        "/me/events/x/accept",
        {"proposedNewTime": {"start": at(23, 9), "end": at(23, 10)}},
        {},
        "proposedNewTime",
    ),
    ("GET", "/me/mailboxSettings", {}, {}, "there is no body in this request"),
]


@described
def test_what_the_description_refuses_is_refused_and_told(graph: GraphFake, client: Client) -> None:
    for method, path, body, headers, problem in BROKEN:
        graph.problems.clear()
        answer = client.request(method, path, json=body, headers=headers)
        assert (answer.status_code, graph.requests[-1].status) == (400, 400), path
        assert problem in " ".join(graph.problems), path
        assert graph.requests[-1].problems, path


def test_it_runs_alone() -> None:
    command = [sys.executable, "-m", "tests.fakes.graph", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        told = dict(process.stdout.readline().split() for _ in range(4))
        headers = {"Authorization": f"Bearer {told['token']}"}
        now = datetime.now(UTC)  # noqa: TID251 # what it shows is about now
        window = {
            "startDateTime": f"{now - timedelta(days=7):%Y-%m-%d}",
            "endDateTime": f"{now + timedelta(days=40):%Y-%m-%d}",
            "$top": "1000",
        }
        answer = httpx.get(f"{told['Graph']}/me/calendarView", params=window, headers=headers)
        process.terminate()
    assert len(answer.json()["value"]) == 120
