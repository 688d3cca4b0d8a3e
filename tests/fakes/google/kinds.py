"""What Google demands of each kind of event (BRIEF.md 5.5)."""

from tests.fakes.google.refusal import Json, Refusal, invalid
from tests.fakes.google.store import Calendar, Person
from tests.fakes.google.times import is_date, length

OWN_PROPERTIES = {
    "focusTime": "focusTimeProperties",
    "outOfOffice": "outOfOfficeProperties",
    "workingLocation": "workingLocationProperties",
    "birthday": "birthdayProperties",
}
AWAY = ("focusTime", "outOfOffice")


def check_kind(before: Json | None, after: Json, calendar: Calendar, person: Person) -> None:
    """Refuse what this kind of event, calendar or account does not allow."""
    kind = after.get("eventType", "default")
    if before is not None and before.get("eventType", "default") != kind:
        raise Refusal(400, "eventTypeRestriction", "The event type cannot be changed.")
    for owner, name in OWN_PROPERTIES.items():
        if name in after and owner != kind:
            raise Refusal(400, "malformedEventType", f"{name} do not go with this event type.")
    if kind in ("fromGmail", "birthday") and before is None:
        raise Refusal(400, "eventTypeRestriction", "Events of this type cannot be created.")
    if kind in (*AWAY, "workingLocation"):
        _check_status_event(kind, after, calendar, person)
    if kind in AWAY:
        _check_away(kind, after)
    elif kind == "workingLocation":
        _check_place(after)


def _check_status_event(kind: str, after: Json, calendar: Calendar, person: Person) -> None:
    if not calendar.primary:
        raise Refusal(400, "eventTypeRestriction", f"{kind} events live on the primary calendar.")
    if not person.workspace:
        raise Refusal(400, "eventTypeRestriction", f"The account cannot have {kind} events.")
    if after.get("attendees"):
        raise Refusal(400, "eventTypeRestriction", f"A {kind} event has no attendees.")


def _check_away(kind: str, after: Json) -> None:
    if is_date(after["start"]):
        raise Refusal(400, "eventTypeRestriction", f"A {kind} event has a time of day.")
    if after.get("transparency", "opaque") != "opaque":
        raise Refusal(400, "eventTypeRestriction", f"A {kind} event blocks time.")
    if kind == "outOfOffice" and "chatStatus" in after.get("outOfOfficeProperties", {}):
        raise invalid("An outOfOffice event has no chatStatus.", problem=True)


def _check_place(after: Json) -> None:
    if after.get("visibility") != "public" or after.get("transparency") != "transparent":
        raise Refusal(400, "eventTypeRestriction", "A working location is public and transparent.")
    if is_date(after["start"]) and length(after).days != 1:
        raise Refusal(400, "eventTypeRestriction", "A working location lasts one day.")
    if "type" not in after.get("workingLocationProperties", {}):
        raise Refusal(400, "required", "Missing workingLocationProperties.")
