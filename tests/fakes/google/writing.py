"""Insert, patch, update and delete, as the organiser, as a guest, and as neither."""

import re
import secrets
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass

from app.clock import now
from tests.fakes.google.guests import by_address, written
from tests.fakes.google.kinds import check_kind
from tests.fakes.google.recurrence import check_rules, is_master
from tests.fakes.google.refusal import Json, Refusal, invalid
from tests.fakes.google.sharing import (
    Tell,
    decline_all,
    joined,
    keep,
    live_exceptions,
    own_of,
    respond,
    shared_of,
    tell,
)
from tests.fakes.google.store import Calendar, Item, Person, Store
from tests.fakes.google.times import settle

READ_ONLY = frozenset(
    {"kind", "etag", "id", "htmlLink", "created", "updated", "creator", "organizer", "iCalUID"}
    | {"recurringEventId", "originalStartTime", "sequence", "locked", "hangoutLink"}
)
_GUEST_RIGHTS = ("guestsCanModify", "guestsCanInviteOthers", "guestsCanSeeOtherGuests")
_RESTRAINT = {"public": 0, "default": 1, "private": 2, "confidential": 2}
_ALPHABET = "0123456789abcdefghijklmnopqrstuv"
LONGEST_KEY, LONGEST_VALUE = 44, 1024


@dataclass(frozen=True, slots=True)
class Writer:
    """Who writes, and who shall hear of it. A service account by itself may invite nobody."""

    person: Person
    tell: Tell = "none"
    invites: bool = True


def insert(store: Store, by: Writer, calendar: Calendar, given: Json) -> Item:
    """A new event, under the id that the client chose or another."""
    _check_writable(calendar)
    given = deepcopy(given)
    event_id = given.get("id") or "".join(secrets.choice(_ALPHABET) for _ in range(26))
    if not re.fullmatch(r"[a-v0-9]{5,1024}", event_id):
        raise invalid("Invalid resource id value.", problem=True)
    if "id" in given and "iCalUID" in given:
        raise invalid("Only one of id and iCalUID may be given.", problem=True)
    if event_id in calendar.items:
        raise Refusal(409, "duplicate", "The requested identifier already exists.")
    body: Json = {
        "status": "confirmed",
        "eventType": "default",
        "reminders": {"useDefault": True},
        **{name: value for name, value in given.items() if name not in READ_ONLY},
        "id": event_id,
        "iCalUID": given.get("iCalUID", f"{event_id}@google.com"),
        "htmlLink": f"https://www.google.com/calendar/event?eid={event_id}",
        "created": f"{now():%Y-%m-%dT%H:%M:%S}.000Z",
        "sequence": 0,
        "creator": {"email": by.person.address},
        "organizer": {"email": calendar.id},
    }
    if not calendar.primary:
        body["organizer"]["displayName"] = calendar.name
    _settle(None, body, calendar, by)
    keep(store, calendar, None, body)
    tell(store, None, body, by.tell, 0, by.person.address)
    decline_all(store, by.person, body)
    return calendar.items[event_id]


def patch(store: Store, by: Writer, calendar: Calendar, event_id: str, given: Json) -> Item:
    """Members merged into what is there, arrays replaced whole, null taking a member out."""
    known = store.find(calendar, event_id).body
    writable = {name: value for name, value in given.items() if name not in READ_ONLY}
    return _write(store, by, calendar, known, _merged(known, writable), given)


def update(store: Store, by: Writer, calendar: Calendar, event_id: str, given: Json) -> Item:
    """The whole event anew: what is left out is dropped."""
    known = store.find(calendar, event_id).body
    fixed = {name: known[name] for name in READ_ONLY if name in known}
    base = {"status": "confirmed", "eventType": known.get("eventType", "default")}
    return _write(store, by, calendar, known, {**base, **deepcopy(given), **fixed}, given)


def delete(store: Store, by: Writer, calendar: Calendar, event_id: str) -> None:
    """Cancel an event; a guest takes it off their own calendar and declines."""
    known = store.find(calendar, event_id)
    if known.cancelled:
        raise Refusal(410, "deleted", "Resource has been deleted")
    _write(
        store,
        by,
        calendar,
        known.body,
        {**deepcopy(known.body), "status": "cancelled"},
        {"status": "cancelled"},
    )


def dropped_properties(given: Json) -> list[str]:
    """What the service would drop or cut without a word."""
    found = []
    for kind in given.get("extendedProperties", {}).values():
        for name, value in (kind or {}).items():
            if len(name) > LONGEST_KEY:
                found.append("an extended property's key is over 44 characters, so it is dropped")
            if isinstance(value, str) and len(value) > LONGEST_VALUE:
                found.append("an extended property's value is over 1,024 characters, so it is cut")
    return found


def _write(
    store: Store, by: Writer, calendar: Calendar, before: Json, after: Json, given: Json
) -> Item:
    _check_writable(calendar)
    if before["organizer"]["email"] == calendar.id:
        return _as_organizer(store, by, calendar, before, after)
    if any(name in given and given[name] != before.get(name) for name in _GUEST_RIGHTS):
        message = "Shared properties can only be changed by the organizer of the event."
        raise Refusal(403, "forbiddenForNonOrganizer", message, domain="calendar")
    return _as_guest(store, by, calendar, before, after, given)


def _as_organizer(store: Store, by: Writer, calendar: Calendar, before: Json, after: Json) -> Item:
    if after.pop("attendeesOmitted", False):
        mine = by_address(before) | by_address({"attendees": after.get("attendees", [])})
        after["attendees"] = [mine.get(at, one) for at, one in by_address(before).items()]
    _settle(before, after, calendar, by)
    if any(
        before.get(name) != after.get(name) for name in ("start", "end", "recurrence", "status")
    ):
        after["sequence"] = before["sequence"] + 1
    if after == before:
        return store.find(calendar, before["id"])
    series = live_exceptions(calendar, before) if is_master(before) else 0
    keep(store, calendar, before, after)
    tell(store, before, after, by.tell, series, by.person.address)
    _spread_visibility(store, calendar, after)
    return store.find(calendar, after["id"])


def _as_guest(
    store: Store, by: Writer, calendar: Calendar, before: Json, after: Json, given: Json
) -> Item:
    """Own members and the own answer; anything else is taken without a word and not done."""
    event_id, me = before["id"], by.person.address
    own, known = own_of(after), own_of(before)
    _clean_properties(own)
    if given.get("status") == "cancelled":
        store.commit(calendar, {**deepcopy(before), "status": "cancelled"})
        respond(store, by.person, event_id, {"responseStatus": "declined"}, by.tell)
        return calendar.items[event_id]
    if own != known:
        store.commit(calendar, joined(shared_of(before), own))
    for entry in given.get("attendees", []):
        if entry.get("email", "").lower() == me:
            respond(store, by.person, event_id, entry, by.tell)
    if before.get("guestsCanModify"):
        _for_the_organizer(store, by, after)
    return store.find(calendar, event_id)


def _for_the_organizer(store: Store, by: Writer, after: Json) -> None:
    """Where guests may modify an event, what they write is written to the organiser's."""
    calendar = store.organizers(after)
    if calendar is None:
        return
    known = store.find(calendar, after["id"]).body
    shared = {**shared_of(after), "attendees": known.get("attendees", [])}
    changed = joined(shared, own_of(known)) | {"updated": known["updated"]}
    _as_organizer(store, by, calendar, known, changed)


def _settle(before: Json | None, after: Json, calendar: Calendar, by: Writer) -> None:
    """Bring what was written into the form that is kept, or refuse it."""
    settle(after, calendar.zone)
    if before is not None and "recurringEventId" in before and is_master(after):
        raise invalid("A member of a series has no recurrence of its own.", problem=True)
    check_rules(after)
    _clean_properties(after)
    after.pop("attendeesOmitted", None)
    organizer = after["organizer"]["email"]
    people = written(after.get("attendees") or [], by_address(before), organizer)
    if people and not by.invites:
        message = (
            "Service accounts cannot invite attendees without Domain-Wide Delegation of Authority."
        )
        raise Refusal(403, "forbiddenForServiceAccounts", message, domain="calendar")
    after["attendees"] = people
    if not people:
        del after["attendees"]
    check_kind(before, after, calendar, by.person)


def _clean_properties(body: Json) -> None:
    for kind, properties in body.get("extendedProperties", {}).items():
        body["extendedProperties"][kind] = {
            name: value[:LONGEST_VALUE]
            for name, value in properties.items()
            if len(name) <= LONGEST_KEY
        }


def _spread_visibility(store: Store, calendar: Calendar, body: Json) -> None:
    """A member made more private makes its series so; one made less private stays as it was."""
    master = calendar.items.get(body.get("recurringEventId", ""))
    if master is None:
        return
    mine, theirs = (one.get("visibility", "default") for one in (body, master.body))
    if _RESTRAINT[mine] > _RESTRAINT[theirs]:
        keep(store, calendar, master.body, {**deepcopy(master.body), "visibility": mine})
    elif mine != theirs:
        body["visibility"] = theirs


def _check_writable(calendar: Calendar) -> None:
    if calendar.role != "owner":
        message = "You need to have writer access to this calendar."
        raise Refusal(403, "requiredAccessLevel", message, domain="calendar")


def _merged(known: Json, given: Mapping[str, object]) -> Json:
    found = deepcopy(known)
    for name, value in given.items():
        if value is None:
            found.pop(name, None)
        elif isinstance(value, dict):
            inner = found.get(name)
            found[name] = _merged(inner if isinstance(inner, dict) else {}, value)
        else:
            found[name] = deepcopy(value)
    return found
