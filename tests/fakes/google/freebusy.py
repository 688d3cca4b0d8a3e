"""freeBusy: when people and rooms are busy, as far as they let the asker see (BRIEF.md 5.8)."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from tests.fakes.google.listing import busy
from tests.fakes.google.refusal import Json, Refusal, invalid, required, time_range_empty
from tests.fakes.google.store import Calendar, Person, Store
from tests.fakes.google.times import parsed, rfc3339, zone_of

MOST_CALENDARS = 50


def query(store: Store, person: Person, given: Json) -> Json:
    """The answer for every calendar asked for; one that cannot be seen has an error of its own."""
    for name in ("timeMin", "timeMax"):
        if name not in given:
            raise required(f"Missing {name}.")
    low, high = parsed(given["timeMin"]), parsed(given["timeMax"])
    if low >= high:
        raise time_range_empty()
    most = given.get("calendarExpansionMax", MOST_CALENDARS)
    if not 0 < most <= MOST_CALENDARS or not 0 < given.get("groupExpansionMax", 100) <= 100:
        raise invalid("The expansion limit is out of range.", problem=True)
    zone = zone_of(given.get("timeZone", "UTC"))
    calendars: Json = {}
    for number, item in enumerate(given.get("items", [])):
        found = _seen(store, person, item["id"])
        if number >= most:
            calendars[item["id"]] = _error("tooManyCalendarsRequested")
        elif found is None:
            calendars[item["id"]] = _error("notFound")
        else:
            spans = busy(found, low, high)
            calendars[item["id"]] = {
                "busy": [
                    {"start": _text(start, zone), "end": _text(end, zone)} for start, end in spans
                ]
            }
    return {
        "kind": "calendar#freeBusy",
        "timeMin": f"{low.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.000Z",
        "timeMax": f"{high.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.000Z",
        "calendars": calendars,
    }


def _seen(store: Store, person: Person, calendar_id: str) -> Calendar | None:
    """One's own calendars, and the primary ones of colleagues in the same organisation."""
    try:
        return store.calendar(person, calendar_id)
    except Refusal:
        other = store.person(calendar_id)
    same = other is not None and _domain(other) == _domain(person)
    return other.primary if other and same and other.workspace and person.workspace else None


def _domain(person: Person) -> str:
    return person.address.rpartition("@")[2]


def _text(moment: datetime, zone: ZoneInfo) -> str:
    return rfc3339(moment.astimezone(zone))


def _error(reason: str) -> Json:
    return {"errors": [{"domain": "global", "reason": reason}], "busy": []}
