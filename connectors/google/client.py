"""Google Calendar's methods as Clearway calls them, and what its refusals mean.

google-api-python-client builds each request from the discovery document that it ships. It is sent
through our own door, which it takes for an httplib2.Http: httplib2 is bound to one thread, has no
limit on size, and its retries would write addresses (calendar ids) into the log. So time-outs,
waiting and renewed tokens are those of every connector, and a client may serve several threads.

Whatever Google answers is untyped and untrusted. It leaves this module as `Event`, a mapping of
objects, and every refusal as one of `connectors.errors` by `failure`.
"""

import json
import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import httpx
from googleapiclient.discovery import build

from connectors.errors import (
    NOT_YOURS,
    BadAnswer,
    ConnectorError,
    EventChanged,
    EventGone,
    NotPossible,
    PermissionMissing,
    Throttled,
)
from connectors.google.mapping import Event
from connectors.transport import PATIENCE, TRIES, Answer, Door, Token, Total, time_to_wait
from rules.interval import Interval
from rules.language import text

# at DEBUG it writes every address that is asked for, and calendars are called by people's addresses
logging.getLogger("googleapiclient.discovery").setLevel(logging.INFO)

BASE = "https://www.googleapis.com/calendar/v3/"
PAGE = 2500
"""The largest page that events.list gives."""
MOST_ASKED = 50
"""Calendars in one freeBusy.query (calendarExpansionMax)."""

_TIMES = "start,end,originalStartTime,recurringEventId"
_FACTS = (
    "id,iCalUID,etag,status,transparency,visibility,eventType,locked,extendedProperties/private"
)
_CROWD = "organizer/self,attendees(self,resource,responseStatus),attendeesOmitted"
_PEOPLE = "organizer(self,email),attendees(self,email,resource,responseStatus),attendeesOmitted"


class Duplicate(ConnectorError):
    """The id is taken, by an event that is there or by one that was."""


class Conflict(EventChanged):
    """The event has another etag than the one named."""


class Refused(NotPossible):
    """Google does not do this, for this account or calendar."""


class Forgotten(ConnectorError):
    """The sync token is no longer known: everything has to be read again."""


@dataclass(frozen=True, slots=True)
class Listed:
    """Every event of a list, and the calendar's own zone by name."""

    events: Sequence[Event]
    zone: str


class Client:
    """The calendar service of one account. All methods raise ConnectorError."""

    def __init__(
        self,
        token: Token,
        *,
        base: str = BASE,
        pause: Callable[[float], None] = time.sleep,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        endpoint = f"{base.rstrip('/')}/"
        self._door = Door(endpoint, token, pause=pause, transport=transport)
        self._pause = pause
        self._once = _Wire(self._door, pause, twice=False)
        self._twice = _Wire(self._door, pause, twice=True)
        service = build(
            "calendar",
            "v3",
            http=self._once,
            static_discovery=True,
            client_options={"api_endpoint": endpoint},
        )
        self._events: Any = service.events()
        self._service: Any = service

    def close(self) -> None:
        """Let go of the connections."""
        self._door.close()

    def window(
        self, calendar: str, start: datetime, end: datetime, *, people: bool, total: Total
    ) -> Listed:
        """The occurrences that end after `start` and start before `end`, recurrences expanded.

        `total` counts what has come for the same question. Raises TooLarge. No `timeZone` is
        asked for: times come with their offset anyway, the answer then names the calendar's own
        zone, and whole days keep to it.
        """
        request = self._events.list(
            calendarId=calendar,
            timeMin=_instant(start),
            timeMax=_instant(end),
            singleEvents=True,
            showDeleted=False,
            maxResults=PAGE,
            fields=f"kind,nextPageToken,timeZone,items({_fields(people)})",
            **_limit(people),
        )
        pages = list(self._pages(request, self._events.list_next, total=total))
        zone = pages[0].get("timeZone")
        return Listed(_items(pages), zone if isinstance(zone, str) else "")

    def changes(self, calendar: str, token: str, since: datetime) -> tuple[int, str]:
        """How many events changed since the sync token, and the next token.

        Without a token, every event that ends after `since` counts. Raises Forgotten.
        """
        where: dict[str, Any] = {"syncToken": token} if token else {"timeMin": _instant(since)}
        request = self._events.list(
            calendarId=calendar,
            singleEvents=False,
            maxResults=PAGE,
            fields="kind,nextPageToken,nextSyncToken,items/id",
            **where,
        )
        pages = list(self._pages(request, self._events.list_next))
        following = pages[-1].get("nextSyncToken")
        if not isinstance(following, str):
            raise BadAnswer(text("Google's answer does not say where to go on from."))
        return len(_items(pages)), following

    def event(self, calendar: str, event_id: str, *, people: bool) -> Event:
        """One event, with its rules where it is a series. Raises EventGone, also if cancelled."""
        if not event_id:
            raise EventGone
        request = self._events.get(
            calendarId=calendar,
            eventId=event_id,
            fields=f"kind,recurrence,{_fields(people)}",
            **_limit(people),
        )
        found = _answer(request, self._once, "calendar#event")
        if found.get("status") == "cancelled":
            raise EventGone
        return found

    def members(
        self, calendar: str, event_id: str, within: Interval | None, *, people: bool
    ) -> Sequence[Event]:
        """The members of a series that overlap a time, or those that its first page holds."""
        when: dict[str, Any] = {}
        if within is not None:
            # timeMin is an excluded end
            since = within.start - timedelta(seconds=1)
            when = {"timeMin": _instant(since), "timeMax": _instant(within.end)}
        request = self._events.instances(
            calendarId=calendar,
            eventId=event_id,
            showDeleted=False,
            maxResults=PAGE,
            fields=f"kind,items({_fields(people)})",
            **when,
            **_limit(people),
        )
        return _items([_answer(request, self._once, "calendar#events")])

    def exceptions(self, calendar: str, shared_id: str, *, people: bool) -> Sequence[Event]:
        """What was changed or cancelled on its own, of the series with this iCalUID."""
        request = self._events.list(
            calendarId=calendar,
            iCalUID=shared_id,
            singleEvents=False,
            showDeleted=True,
            maxResults=PAGE,
            fields=f"kind,nextPageToken,items({_fields(people)})",
            **_limit(people),
        )
        pages = list(self._pages(request, self._events.list_next))
        return [one for one in _items(pages) if one.get("recurringEventId")]

    def insert(self, calendar: str, body: Event) -> Event:
        """Create an event under the id in `body`. Raises Duplicate and Refused.

        An id of our own makes it harmless to ask twice.
        """
        request = self._events.insert(
            calendarId=calendar, body=body, sendUpdates="none", fields=_fields(people=False)
        )
        return _answer(request, self._twice)

    def patch(self, calendar: str, event_id: str, body: Event, *, etag: str, tell: bool) -> Event:
        """Change the members in `body`, where the etag still holds. Raises Conflict.

        The etag makes it harmless to ask twice.
        """
        request = self._events.patch(
            calendarId=calendar,
            eventId=event_id,
            body=body,
            sendUpdates="all" if tell else "none",
            fields=_fields(people=False),
        )
        request.headers["If-Match"] = etag
        return _answer(request, self._twice)

    def delete(self, calendar: str, event_id: str, *, etag: str) -> None:
        """Remove an event, telling nobody, where the etag still holds. Raises Conflict."""
        request = self._events.delete(calendarId=calendar, eventId=event_id, sendUpdates="none")
        request.headers["If-Match"] = etag
        _send(request, self._twice)

    def busy(self, people: Sequence[str], window: Interval) -> Mapping[str, object]:
        """What freeBusy.query tells of at most 50 addresses, by address."""
        body = {
            "timeMin": _instant(window.start),
            "timeMax": _instant(window.end),
            "timeZone": "UTC",
            "calendarExpansionMax": MOST_ASKED,
            "items": [{"id": each} for each in people],
        }
        request = self._service.freebusy().query(body=body, fields="calendars")
        found = _answer(request, self._twice).get("calendars")
        return found if isinstance(found, dict) else {}

    def calendars(self) -> Sequence[Event]:
        """The entries of the account's calendar list."""
        methods = self._service.calendarList()
        request = methods.list(
            maxResults=250,
            fields="kind,nextPageToken,items(id,summary,summaryOverride,accessRole,primary,deleted)",
        )
        return _items(list(self._pages(request, methods.list_next, "calendar#calendarList")))

    def main_calendar(self) -> str:
        """The id of the account's main calendar, which is its address."""
        request = self._service.calendarList().get(calendarId="primary", fields="kind,id")
        found = _answer(request, self._once, "calendar#calendarListEntry").get("id")
        return found if isinstance(found, str) else ""

    def watch(self, calendar: str, body: Event) -> Event:
        """Open a channel."""
        return _answer(self._events.watch(calendarId=calendar, body=body), self._once)

    def stop(self, channel: str, resource: str) -> None:
        """Close a channel; one that is not there is no error."""
        request = self._service.channels().stop(body={"id": channel, "resourceId": resource})
        try:
            _send(request, self._twice)
        except EventGone:
            return

    def _pages(
        self,
        request: Any,
        following: Callable[[Any, Any], Any],
        kind: str = "calendar#events",
        *,
        total: Total | None = None,
    ) -> Iterator[Event]:
        """Every page; what is missing then is the calendar itself, not an event.

        All of them together are bounded, with what `total` has counted elsewhere. Raises TooLarge.
        """
        total = total or Total()
        # of its own, so that what it received is not another thread's
        wire = _Wire(self._door, self._pause, twice=False)
        while request is not None:
            try:
                page = _answer(request, wire, kind)
            except EventGone:
                raise PermissionMissing(
                    text("A calendar is not there, or not shared with this account.")
                ) from None
            total.add(len(_items([page])), wire.received)
            yield page
            try:
                request = following(request, page)
            except ValueError as error:
                raise BadAnswer(text("The server's answer holds a link that is none.")) from error


class _Response(NamedTuple):
    """What googleapiclient looks at besides the body."""

    status: int


class _Wire:
    """The door in the form of an httplib2.Http. `twice`: asking twice does no harm."""

    def __init__(self, door: Door, pause: Callable[[float], None], *, twice: bool) -> None:
        self._door, self._pause, self._twice = door, pause, twice
        self.received = 0
        """Bytes of the last answer."""

    def request(
        self, uri: str, method: str = "GET", body: str | None = None, headers: Any = None, **_: Any
    ) -> tuple[_Response, bytes]:
        """A success, or what the refusal means as an exception."""
        named = {key.lower(): value for key, value in (headers or {}).items()}
        if "x-http-method-override" in named:  # a long query, which it puts into the body
            uri, method, body = f"{uri}?{body}", named["x-http-method-override"], None
        kept = {key: named[key] for key in ("accept", "if-match", "user-agent") if key in named}
        sent = json.loads(body) if body else None
        answer = self._patiently(method, uri, kept, sent)
        if answer.status >= 300:
            raise failure(answer)
        self.received = len(answer.content)
        return _Response(answer.status), answer.content

    def _patiently(self, method: str, uri: str, headers: Mapping[str, str], body: object) -> Answer:
        """An answer that is no plea for fewer requests. Those come as 403 and do nothing, so any
        request is made again, after ever longer waits."""
        waited, attempt = 0.0, 0
        while True:
            answer = self._door.send(method, uri, headers=headers, body=body, twice=self._twice)
            wait = time_to_wait(answer, attempt)
            attempt, waited = attempt + 1, waited + wait
            last = attempt == TRIES or waited > PATIENCE
            if last or answer.status != 403 or _reason(answer) not in _BUSY:
                return answer
            self._pause(wait)


_BUSY = frozenset({"rateLimitExceeded", "userRateLimitExceeded"})
_USED_UP = frozenset({"quotaExceeded", "dailyLimitExceeded", "dailyLimitExceededUnreg"})
_TOO_NARROW = frozenset(
    {"insufficientPermissions", "ACCESS_TOKEN_SCOPE_INSUFFICIENT", "insufficientScopes"}
)
_FORBIDDEN = {
    "forbiddenForServiceAccounts": "Google lets a service account invite people only with domain-wide delegation.",
    "accessNotConfigured": "The Google Calendar API is not switched on in the Google Cloud project.",
    "requiredAccessLevel": "The calendar is shared with this account for reading only.",
}


def failure(answer: Answer) -> ConnectorError:
    """What a refusal means. Google's own message may hold an address, so it is never passed on."""
    reason = _reason(answer)
    if answer.status == 403:
        return _forbidden(reason, answer.retry_after)
    if answer.status == 404 or (answer.status == 410 and reason == "deleted"):
        return EventGone()
    if answer.status == 409:
        return Duplicate("The id of the event is taken.")
    if answer.status == 410:
        return Forgotten("Google has forgotten what was read before.")
    if answer.status == 412:
        return Conflict()
    if answer.status >= 400:
        return Refused("Google does not accept this for this calendar.")
    return BadAnswer("Google's answer points elsewhere, which is not followed.")


def _forbidden(reason: str, after: float | None) -> ConnectorError:
    if reason in _BUSY:
        return Throttled("Google asks for fewer requests; please try again later.", after)
    if reason in _USED_UP:
        used_up = "Google's limit for this account is used up; please wait some hours."
        return Throttled(used_up, after)
    if reason in _TOO_NARROW:
        return PermissionMissing("The sign-in does not cover this; please allow it and try again.")
    if reason == "forbiddenForNonOrganizer":
        return NotPossible(NOT_YOURS)
    if reason in _FORBIDDEN:
        return PermissionMissing(_FORBIDDEN[reason])
    return PermissionMissing("Google does not allow this account to do that.")


def _reason(answer: Answer) -> str:
    """The reason in the body of a refusal (`error.errors[0].reason`, newer `error.details`)."""
    try:
        error = answer.json()["error"]
        for each in (*error.get("details", ()), *error["errors"]):
            if isinstance(each.get("reason"), str):
                return str(each["reason"])
    except (BadAnswer, LookupError, TypeError, AttributeError):
        pass
    return ""


def _send(request: Any, wire: _Wire) -> Any:
    """The answer to a request. Raises BadAnswer for one that is not JSON."""
    try:
        return request.execute(http=wire)
    except (ValueError, RecursionError):
        # from None: the cause would quote the answer
        raise BadAnswer(text("Google's answer is not JSON.")) from None


def _answer(request: Any, wire: _Wire, kind: str = "") -> Event:
    """An answer of this kind where one is named, so that no odd one reads as an empty calendar."""
    found = _send(request, wire)
    if not isinstance(found, dict) or (kind and found.get("kind") != kind):
        raise BadAnswer(text("Google's answer has not the form that Google describes."))
    return found


def _items(pages: Sequence[Event]) -> list[Event]:
    """The members of all pages. Raises BadAnswer."""
    found: list[Event] = []
    for page in pages:
        items = page.get("items", [])
        if not isinstance(items, list) or not all(isinstance(each, dict) for each in items):
            raise BadAnswer(text("Google's answer has not the form that Google describes."))
        found += items
    return found


def _fields(people: bool) -> str:
    """Exactly what is needed: no title, text, place or link, and addresses only for `people`."""
    return f"{_FACTS},{_TIMES},{_PEOPLE if people else _CROWD}"


def _limit(people: bool) -> dict[str, Any]:
    """Without `people` only the leader's own entry comes; `attendeesOmitted` tells of others."""
    return {} if people else {"maxAttendees": 1}


def _instant(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
