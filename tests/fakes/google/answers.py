"""Events as an answer shows them to one person: whose copy it is, in which zone, how many guests."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from tests.fakes.google.refusal import Json
from tests.fakes.google.store import Calendar, Item
from tests.fakes.google.times import shown

_TOMBSTONE = ("id", "status", "recurringEventId", "originalStartTime")


@dataclass(frozen=True, slots=True)
class View:
    """How events are to be shown."""

    calendar: Calendar
    zone: ZoneInfo
    most_attendees: int | None = None

    def event(self, item: Item) -> Json:
        """The whole resource; of a cancelled member of a series only its place."""
        if item.cancelled and "recurringEventId" in item.body:
            return self.tombstone(item)
        body = {**item.body, "kind": "calendar#event", "etag": item.etag}
        for name in ("start", "end", "originalStartTime"):
            if name in body:
                body[name] = shown(body[name], self.zone)
        for name in ("creator", "organizer"):
            body[name] = self._person(body[name])
        if "attendees" in body:
            self._guests(body)
        return body

    def tombstone(self, item: Item) -> Json:
        """What is sure of an event that is gone."""
        body = {name: item.body[name] for name in _TOMBSTONE if name in item.body}
        body.update(kind="calendar#event", etag=item.etag, status="cancelled")
        if "originalStartTime" in body:
            body["originalStartTime"] = shown(body["originalStartTime"], self.zone)
        return body

    def _person(self, one: Json) -> Json:
        mine = one["email"] in (self.calendar.id, self.calendar.owner)
        return {**one, "self": True} if mine else dict(one)

    def _guests(self, body: Json) -> None:
        people = [self._person(one) for one in body["attendees"]]
        organizer = body["organizer"].get("self", False)
        if not organizer and not body.get("guestsCanSeeOtherGuests", True):
            people = [one for one in people if one.get("self")]
        if self.most_attendees is not None and len(people) > self.most_attendees:
            people = [one for one in people if one.get("self")]
            body["attendeesOmitted"] = True
        body["attendees"] = people


def calendar_entry(calendar: Calendar) -> Json:
    """An entry of the calendar list."""
    entry: Json = {
        "kind": "calendar#calendarListEntry",
        "etag": f'"{calendar.tick}"',
        "id": calendar.id,
        "summary": calendar.name,
        "timeZone": calendar.zone.key,
        "colorId": "14",
        "backgroundColor": "#9fe1e7",
        "foregroundColor": "#000000",
        "selected": True,
        "accessRole": calendar.role,
        "defaultReminders": [{"method": "popup", "minutes": 10}],
        "conferenceProperties": {"allowedConferenceSolutionTypes": ["hangoutsMeet"]},
    }
    if calendar.primary:
        entry["primary"] = True
    elif calendar.role == "owner":
        entry["dataOwner"] = calendar.owner
    return entry


def calendar_resource(calendar: Calendar) -> Json:
    """The calendar itself."""
    return {
        "kind": "calendar#calendar",
        "etag": f'"{calendar.tick}"',
        "id": calendar.id,
        "summary": calendar.name,
        "timeZone": calendar.zone.key,
        "conferenceProperties": {"allowedConferenceSolutionTypes": ["hangoutsMeet"]},
    }


def settings(calendar: Calendar) -> Json:
    """The settings of an account by id; working hours are not among them (BRIEF.md 5.8)."""
    values = {
        "dateFieldOrder": "DMY",
        "defaultEventLength": "60",
        "format24HourTime": "true",
        "locale": "en_GB",
        "timezone": calendar.zone.key,
        "weekStart": "1",
    }
    return {
        name: {"kind": "calendar#setting", "etag": '"0"', "id": name, "value": value}
        for name, value in values.items()
    }


def colors() -> Json:
    """The palette, as far as anybody here needs one."""
    event = {
        str(number): {"background": "#a4bdfc", "foreground": "#1d1d1d"} for number in range(1, 12)
    }
    return {
        "kind": "calendar#colors",
        "updated": "2012-02-14T00:00:00.000Z",
        "calendar": {"14": {"background": "#9fe1e7", "foreground": "#1d1d1d"}},
        "event": event,
    }
