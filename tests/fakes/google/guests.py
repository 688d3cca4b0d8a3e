"""Who is invited, and what an attendee list becomes when somebody writes one."""

from collections.abc import Mapping
from typing import Any

from tests.fakes.google.refusal import Json, required

People = dict[str, Json]


def by_address(body: Json | None) -> People:
    """The attendees of an event by address."""
    return {one["email"]: one for one in (body or {}).get("attendees", [])}


def guests(body: Json | None) -> set[str]:
    """Everybody who hears of an event: no rooms, and not who called it."""
    if body is None or body["status"] == "cancelled":
        return set()
    everybody = by_address(body).items()
    organizer = body["organizer"]["email"]
    return {at for at, one in everybody if at != organizer and not one.get("resource")}


def written(given: list[Json], known: People, organizer: str) -> list[Json]:
    """A list as a writer gives it: whole, so whoever is not in it is no longer invited.

    That somebody is a room is settled when they are first invited.
    """
    found: People = {}
    for one in given:
        if not one.get("email"):
            raise required("Missing attendee email.")
        address = one["email"].lower()
        entry = {"responseStatus": "needsAction", **one, "email": address}
        for name in ("self", "organizer", "id"):
            entry.pop(name, None)
        if address in known:
            entry.pop("resource", None)
            if known[address].get("resource"):
                entry["resource"] = True
        if address == organizer:
            entry["organizer"] = True
        if entry.get("resource"):
            entry["responseStatus"] = "accepted"
        found[address] = entry
    return list(found.values())


def answered(body: Json, address: str, given: Mapping[str, Any]) -> bool:
    """Enter somebody's own answer; whether that changed anything."""
    entry = by_address(body).get(address)
    if entry is None:
        return False
    before = dict(entry)
    for name in ("responseStatus", "comment", "additionalGuests"):
        if name in given:
            entry[name] = given[name]
    return entry != before


def followed(old: People, new: People, own: People) -> list[Json]:
    """The attendees of an exception after those of its series went from old to new."""
    kept = {at: one for at, one in own.items() if at in new or at not in old}
    same = {at: new[at] for at, one in kept.items() if at in new and old.get(at) == one}
    added = {at: one for at, one in new.items() if at not in old and at not in own}
    return list({**kept, **same, **added}.values())
