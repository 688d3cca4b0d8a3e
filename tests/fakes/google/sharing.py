"""How an event spreads: from a series to its exceptions, and to the copies of who is invited.

A copy has the organiser's id and iCalUID. Of an attendee's copy its reminders, colour, visibility,
transparency and private properties are the attendee's own; all else is the organiser's.
"""

from collections.abc import Mapping
from copy import deepcopy
from typing import Literal

from tests.fakes.google.guests import answered, by_address, followed, guests
from tests.fakes.google.recurrence import has_slot, is_master, slot_of
from tests.fakes.google.refusal import Json
from tests.fakes.google.store import Calendar, Item, Mail, MailKind, Person, Store
from tests.fakes.google.times import instant, length

Tell = Literal["all", "externalOnly", "none"]

OWN = frozenset({"transparency", "visibility", "colorId", "eventLabelId", "reminders"})
_NEWS = ("summary", "description", "location", "start", "end", "recurrence", "conferenceData")
_TIMES = ("start", "end", "originalStartTime", "recurrence", "recurringEventId", "id")
_BOOKKEEPING = ("updated", "sequence", "status", "created", "htmlLink")


def shared_of(body: Json) -> Json:
    """What all copies have in common."""
    found = {name: value for name, value in body.items() if name not in OWN and name != "updated"}
    found.pop("extendedProperties", None)
    if shared := body.get("extendedProperties", {}).get("shared"):
        found["extendedProperties"] = {"shared": shared}
    return deepcopy(found)


def own_of(body: Json) -> Json:
    """What one copy has for itself."""
    found = {name: value for name, value in body.items() if name in OWN}
    if private := body.get("extendedProperties", {}).get("private"):
        found["extendedProperties"] = {"private": private}
    return deepcopy(found)


def joined(shared: Json, own: Json) -> Json:
    """A copy from its two halves."""
    body = {**shared, **own}
    both = {**shared.get("extendedProperties", {}), **own.get("extendedProperties", {})}
    if both:
        body["extendedProperties"] = both
    return body


def keep(store: Store, calendar: Calendar, before: Json | None, after: Json) -> Item:
    """Keep the organiser's event, with what follows for its series and for everybody invited."""
    item = store.commit(calendar, after)
    if is_master(after) or (before is not None and is_master(before)):
        _follow(store, calendar, before or after, after)
    if before is None or shared_of(before) != shared_of(after):
        _hand_out(store, calendar, before, after)
    return item


def tell(store: Store, before: Json | None, after: Json, how: Tell, series: int, by: str) -> None:
    """Count the mails of a change: one to each guest for the event and each of `series` exceptions."""
    old, new = guests(before), guests(after)
    news = before is not None and any(before.get(name) != after.get(name) for name in _NEWS)
    for address in sorted((old | new | {after["organizer"]["email"]}) - {by}):
        mails: list[MailKind] = []
        if address in old and address in new:
            mails = ["update"] * (1 + series) if news else []
        elif address in new:
            mails = ["invitation"]
        elif address in old:
            mails = ["cancellation"]
        elif news and store.person(address):  # the organiser, whose event a guest changed
            mails = ["update"]
        for kind in mails:
            post(store, address, by, kind, after, how)


def post(store: Store, to: str, sender: str, kind: MailKind, body: Json, how: Tell) -> None:
    """Send one message, unless the writer of the change did not want it."""
    if how == "all" or (how == "externalOnly" and store.person(to) is None):
        store.mails.append(Mail(to, sender, kind, body["iCalUID"]))


def respond(
    store: Store, person: Person, event_id: str, given: Mapping[str, object], how: Tell
) -> None:
    """An attendee's answer: the organiser's event has it, and by that every copy."""
    mine = store.find(person.primary, event_id).body
    calendar = store.organizers(mine)
    if calendar is None:
        return
    before = store.find(calendar, event_id).body
    after = deepcopy(before)
    if answered(after, person.address, given):
        keep(store, calendar, before, after)
        if "responseStatus" in given:
            post(store, calendar.owner, person.address, "response", after, how)


def live_exceptions(calendar: Calendar, body: Json) -> int:
    """How many members of a series have been changed, not counting those dropped."""
    return sum(not one.cancelled for one in calendar.exceptions(body["id"]))


def _follow(store: Store, calendar: Calendar, before: Json, after: Json) -> None:
    """Exceptions take over what they did not change; those that no longer fit are gone."""
    for item in calendar.exceptions(after["id"]):
        known = item.body
        if after["status"] == "cancelled":
            changed = {**known, "status": "cancelled"}
        elif not is_master(after) or not has_slot(after, slot_of(known)):
            for each in _calendars(store, calendar, known):
                if known["id"] in each.items:
                    store.lose(each, each.items[known["id"]])
            continue
        else:
            changed = _followed(before, after, known)
        store.commit(calendar, changed)
        _hand_out(store, calendar, known, changed)


def _followed(before: Json, after: Json, known: Json) -> Json:
    changed = deepcopy(known)
    for name in {*before, *after} - {*_TIMES, *_BOOKKEEPING, "attendees"}:
        if known.get(name) == before.get(name) and name in after:
            changed[name] = deepcopy(after[name])
        elif known.get(name) == before.get(name):
            changed.pop(name, None)
    people = followed(by_address(before), by_address(after), by_address(known))
    if people:
        changed["attendees"] = deepcopy(people)
    else:
        changed.pop("attendees", None)
    return changed


def _calendars(store: Store, organizers: Calendar, body: Json) -> list[Calendar]:
    people = [store.person(address) for address in by_address(body)]
    copies = [one.primary for one in people if one and one.primary.id != organizers.id]
    return [organizers, *copies]


def _hand_out(store: Store, calendar: Calendar, before: Json | None, after: Json) -> None:
    """Bring the copies of everybody invited, now or before, up to date."""
    new = by_address(after) if after["status"] != "cancelled" else {}
    invited: list[Person] = []
    for address in sorted({*by_address(before), *by_address(after)} - {calendar.owner}):
        person = store.person(address)
        if person is None:
            continue
        if address in new:
            if _copy(store, person, after):
                invited.append(person)
        elif {after["id"], after.get("recurringEventId")} & person.primary.items.keys():
            store.commit(person.primary, {**shared_of(after), "status": "cancelled"})
    for person in invited:
        decline_new(store, person, after)


def _copy(store: Store, person: Person, body: Json) -> bool:
    """Put a copy on a guest's calendar; whether it is their first."""
    items = person.primary.items
    known = items.get(body["id"]) or items.get(body.get("recurringEventId", ""))
    if known is None:
        own = {"reminders": {"useDefault": True}}
        own |= {name: body[name] for name in ("transparency", "visibility") if name in body}
        store.commit(person.primary, joined(shared_of(body), own))
        return True
    copy = joined(shared_of(body), own_of(known.body))
    if body["id"] in items and items[body["id"]].cancelled and _declined(body, person.address):
        return False  # removed from this calendar by its owner
    if {**copy, "updated": known.body["updated"]} != known.body:
        store.commit(person.primary, copy)
    return False


def _declined(body: Json, address: str) -> bool:
    return bool(by_address(body)[address].get("responseStatus") == "declined")


# -- invitations that focus time and absences decline by themselves -----------------------------

_MODES = ("focusTimeProperties", "outOfOfficeProperties")


def mode_of(body: Json) -> str:
    """What an absence does with invitations. Where nothing is said, new ones are declined."""
    for name in _MODES:
        if body.get("eventType") == name.removesuffix("Properties"):
            told = body.get(name, {}).get("autoDeclineMode")
            return str(told or "declineOnlyNewConflictingInvitations")
    return "declineNone"


def decline_new(store: Store, person: Person, body: Json) -> None:
    """An invitation that has just come is declined where an absence says so."""
    kept = [one for one in person.primary.items.values() if not one.cancelled]
    if any(mode_of(one.body) != "declineNone" and _meet(one.body, body, person) for one in kept):
        respond(store, person, body["id"], {"responseStatus": "declined"}, "all")


def decline_all(store: Store, person: Person, absence: Json) -> None:
    """What is there already is declined where a new absence says so."""
    if mode_of(absence) != "declineAllConflictingInvitations":
        return
    for item in list(person.primary.items.values()):
        invited = by_address(item.body).get(person.address)
        if item.cancelled or invited is None or invited.get("organizer"):
            continue
        if invited.get("responseStatus") != "declined" and _meet(absence, item.body, person):
            respond(store, person, item.body["id"], {"responseStatus": "declined"}, "all")


def _meet(one: Json, two: Json, person: Person) -> bool:
    """Whether two events overlap; of a series the first member counts."""
    zone = person.primary.zone
    first, second = instant(one["start"], zone), instant(two["start"], zone)
    return first < second + length(two) and second < first + length(one)
