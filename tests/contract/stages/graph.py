"""A mailbox in a Microsoft 365 tenant, with colleagues and a room; people use Outlook."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from connectors.graph import GraphDiary, Options
from connectors.transport import Door, FixedToken
from rules.interval import Interval
from tests.contract.stage import LONDON, ME, SECRET, Planted
from tests.fakes.graph import GraphFake

COLLEAGUES = ("a@trust.example", "b@trust.example", "chair@trust.example")
ROOM = "room4@trust.example"
_ANSWERS = {
    "accepted": "accepted",
    "tentative": "tentativelyAccepted",
    "declined": "declined",
    "none": "notResponded",
}
_GUID = "{8f9c1b0e-5d0a-4c1c-9a77-6f3a2c9d7e41}"


class GraphStage:
    """The leader signed in and agreed; the diary is reached with that token."""

    name = "graph"

    def __init__(self, at_the_end: Callable[[Callable[[], None]], None]) -> None:
        self.fake = GraphFake()
        self.fake.__enter__()
        self.box = self.fake.mailbox(ME)
        for each in (*COLLEAGUES, ROOM):
            self.fake.mailbox(each)
        door = Door(self.fake.url, FixedToken(self.fake.token(ME)))
        self.diary = GraphDiary(door, Options(me=[ME]))
        at_the_end(self.close)

    def close(self) -> None:
        """End it; nothing that was said may have been against Microsoft's own description."""
        self.diary.close()
        self.fake.__exit__(None, None, None)
        assert self.fake.problems == []

    def plant(self, event: Planted) -> str:
        """Put it in as Outlook would, or as it comes from outside where somebody else calls it."""
        event_id = self.box.put(_body(event))
        for number in sorted(event.moved):
            shift = event.moved[number]
            step = timedelta(days=event.every * number)
            member = self._member(event_id, event.start + step)
            start, end = (each + step + shift for each in (event.start, event.end))
            self.box.patch(member, {"start": _moment(start), "end": _moment(end)})
        for number in sorted(event.dropped):
            start = event.start + timedelta(days=event.every * number)
            self.box.delete(self._member(event_id, start))
        return event_id

    def retime(self, event_id: str, when: Interval) -> None:
        """Drag it to another time."""
        self.box.patch(event_id, {"start": _moment(when.start), "end": _moment(when.end)})

    def remove(self, event_id: str) -> None:
        """Delete it."""
        self.box.delete(event_id)

    def mailed(self) -> int:
        """What people were sent; a room answers by itself and reads nothing."""
        return sum(not each.resource for each in self.fake.mails)

    def _member(self, event_id: str, start: datetime | date) -> str:
        assert isinstance(start, datetime)
        return self.box.occurrence(event_id, start)


def _body(event: Planted) -> dict[str, Any]:
    whole_day = not isinstance(event.start, datetime)
    body = {
        "subject": SECRET,
        "body": {"contentType": "text", "content": SECRET},
        "start": _moment(event.start),
        "end": _moment(event.end),
        "isAllDay": whole_day,
        "showAs": event.show_as.value,
        "sensitivity": "private" if event.private else "normal",
        "attendees": [_person(each, "required") for each in event.people]
        + [_person(each, "resource") for each in event.rooms],
        "singleValueExtendedProperties": _mark(event),
    }
    if event.organizer != ME:
        body["organizer"] = _person(event.organizer)
        body["responseStatus"] = {
            "response": _ANSWERS[event.answer],
            "time": "2026-11-01T00:00:00Z",
        }
        body["isCancelled"] = event.cancelled
    if event.every:
        body["recurrence"] = _recurrence(event)
    return body


def _mark(event: Planted) -> list[dict[str, str]]:
    marks = {"ClearwayKind": event.kind.value} if event.kind else {}
    if event.firm:
        marks["ClearwayFirm"] = "TRUE"
    return [{"id": f"String {_GUID} Name {name}", "value": value} for name, value in marks.items()]


def _recurrence(event: Planted) -> dict[str, Any]:
    first = event.start.date() if isinstance(event.start, datetime) else event.start
    return {
        "pattern": {"type": "daily", "interval": event.every},
        "range": {
            "type": "numbered",
            "startDate": first.isoformat(),
            "numberOfOccurrences": event.members,
            "recurrenceTimeZone": "GMT Standard Time",
        },
    }


def _person(address: str, kind: str = "") -> dict[str, Any]:
    person: dict[str, Any] = {"emailAddress": {"name": address, "address": address}}
    return {**person, "type": kind} if kind else person


def _moment(moment: datetime | date) -> dict[str, str]:
    """As London's clock shows it, by the name that Windows has for it."""
    if isinstance(moment, datetime):
        wall = moment.astimezone(LONDON).replace(tzinfo=None)
    else:
        wall = datetime.combine(moment, datetime.min.time())
    return {"dateTime": wall.isoformat(timespec="seconds"), "timeZone": "GMT Standard Time"}
