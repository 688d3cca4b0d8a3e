"""What organisers and attendees may do with an event, and whom it mails."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from tests.fakes.graph import recurrence, zones
from tests.fakes.graph.queries import property_id
from tests.fakes.graph.values import NEVER, Broken, Json, Mail, Refused
from tests.fakes.graph.world import Attendee, Box, Entry, Meeting, Part, Seen, When, World

OWN = {"showAs", "categories", "isReminderOn", "reminderMinutesBeforeStart", "sensitivity"}
"""What everybody may set on the own copy; nobody hears of it."""
SHARED = {
    *("subject", "body", "start", "end", "isAllDay", "location", "locations", "importance"),
    *("attendees", "recurrence", "allowNewTimeProposals", "responseRequested", "hideAttendees"),
    *("isOnlineMeeting", "onlineMeetingProvider"),
}
"""What belongs to the organiser; who is invited is mailed."""
_TIMES = {"start", "end", "isAllDay", "recurrence"}
_PROPERTIES = "singleValueExtendedProperties"
MOST_ATTENDEES = 500


# -- creating -----------------------------------------------------------------------------------


def create(world: World, box: Box, body: Json, calendar: str | None = None) -> Entry:
    """A new event, with invitations to whoever is in it.

    A body whose `organizer` is somebody else is what came from outside: no mail, and this mailbox
    is an attendee. Raises Refused.
    """
    organizer = (body.get("organizer") or {}).get("emailAddress", {})
    address = str(organizer.get("address", box.address)).lower()
    meeting = Meeting(
        uid=world.new_uid(),
        organizer=address,
        organizer_name=organizer.get("name", box.name),
        shared={key: value for key, value in body.items() if key in SHARED - _PLACED},
        when=_when(body, None),
        attendees=_attendees(body.get("attendees") or [], address),
    )
    _check_whole_day(meeting.when, whole_day=bool(body.get("isAllDay")))
    if body.get("recurrence"):
        _repeat(meeting, body["recurrence"])
    if address != box.address and all(each.address != box.address for each in meeting.attendees):
        meeting.attendees.append(Attendee(box.address, box.name, response="notResponded"))
    if meeting.shared.get("isOnlineMeeting"):
        meeting.shared["onlineMeeting"] = {"joinUrl": "https://teams.example/l/meetup-join/x"}
    entry = world.add_entry(box, meeting, _own(body), calendar)
    entry.transaction = body.get("transactionId")
    entry.properties[None] = _properties(body)
    invite(world, meeting)
    if address == box.address:
        _mail(world, meeting, None, meeting.attendees, "invitation")
    return entry


_PLACED = {"start", "end", "recurrence", "attendees"}
_OUTLOOK = {"responseStatus", "isCancelled"}
"""Set by what people do in Outlook, never through the interface."""


def _own(body: Json) -> Json:
    return {key: value for key, value in body.items() if key in OWN | _OUTLOOK}


def _properties(body: Json) -> dict[str, str]:
    return {property_id(each["id"]): each["value"] for each in body.get(_PROPERTIES) or ()}


def _when(body: Json, known: When | None) -> When:
    """The times in a body, with those of before for what it leaves out."""
    if known is None and not (body.get("start") and body.get("end")):
        raise Broken("an event needs start and end", "ErrorPropertyValidationFailure")
    start = zones.read(body["start"]) if body.get("start") else None
    end = zones.read(body["end"]) if body.get("end") else None
    if known is not None:
        start = start or (known.start, known.start_zone)
        end = end or (known.end, known.end_zone)
    assert start is not None and end is not None
    found = When(start[0], end[0], start[1], end[1])
    if found.last < found.first:
        raise Broken("the end is before the start", "ErrorCalendarEndDateIsEarlierThanStartDate")
    return found


def _check_whole_day(when: When, *, whole_day: bool) -> None:
    at_midnight = when.start.time() == when.end.time() == datetime.min.time()
    if whole_day and not (
        at_midnight and when.start_zone == when.end_zone and when.end > when.start
    ):
        raise Broken("a whole day runs from midnight to midnight", "ErrorPropertyValidationFailure")


def _repeat(meeting: Meeting, given: Json) -> None:
    """Let it recur. The times move to the first day of the pattern."""
    meeting.recurrence = recurrence.full(given, meeting.when.start, meeting.when.start_zone)
    first = next(recurrence.days(meeting.recurrence), None)
    if first is None:
        raise Broken("the recurrence has no member", "ErrorPropertyValidationFailure")
    meeting.when = meeting.when.on(first)


def _attendees(given: Iterable[Json], organizer: str) -> list[Attendee]:
    found = []
    for each in given:
        email = each.get("emailAddress") or {}
        address = str(email.get("address", "")).lower()
        if "@" not in address:
            raise Broken("an attendee has no address", "ErrorPropertyValidationFailure")
        if address != organizer:
            status = each.get("status") or {}
            kind = each.get("type", "required")
            response = status.get("response", "none")
            found.append(Attendee(address, email.get("name", address), kind, response))
    if len(found) > MOST_ATTENDEES:
        raise Broken("more than 500 attendees", "ErrorInvalidRequest")
    return found


# -- who else has it ----------------------------------------------------------------------------


def invite(world: World, meeting: Meeting) -> None:
    """Give everybody invited, who has a mailbox here, the own copy. Rooms accept at once."""
    organizer = world.boxes.get(meeting.organizer)
    source = organizer.of(meeting) if organizer else None
    for attendee in meeting.attendees:
        box = world.boxes.get(attendee.address)
        if box is None:
            continue
        if box.of(meeting) is None:
            own = dict(source.own) if source else {}
            sensitivity = own.get("sensitivity", "normal")
            world.add_entry(box, meeting, {"showAs": "tentative", "sensitivity": sensitivity})
        if attendee.kind == "resource":
            attendee.response, attendee.time = "accepted", zones.stamp(world.clock())
            entry = box.of(meeting)
            assert entry is not None
            entry.own["showAs"] = "busy"


def copies(world: World, meeting: Meeting) -> list[tuple[Box, Entry]]:
    """The attendees' copies."""
    found = ((box, box.of(meeting)) for box in world.boxes.values())
    return [
        (b, entry) for b, entry in found if entry is not None and b.address != meeting.organizer
    ]


def _mail(
    world: World, meeting: Meeting, slot: date | None, to: Iterable[Attendee], kind: str
) -> None:
    uid = meeting.ical_uid(slot)
    for each in to:
        room = each.kind == "resource"
        world.mails.append(Mail(each.address, meeting.organizer, kind, uid, room))


# -- changing -----------------------------------------------------------------------------------


def patch(world: World, seen: Seen, changes: Json) -> None:
    """Change an event, a series or one member. Raises Refused, and Broken for what is not theirs."""
    touched = SHARED & set(changes)
    if touched and not seen.organizer:
        raise Broken(
            f"an attendee may not change {', '.join(sorted(touched))}", "ErrorAccessDenied", 403
        )
    if "body" in touched and seen.members.get("isOnlineMeeting"):
        raise Broken("the body of an online meeting holds the way to join")
    if seen.members.get("isOnlineMeeting") and changes.get("isOnlineMeeting") is False:
        raise Broken("isOnlineMeeting cannot be turned off")
    if seen.slot is None:
        _patch_whole(world, seen, changes)
    else:
        _patch_member(world, seen, seen.slot, changes)
    entry, slot = seen.entry, seen.slot
    entry.properties.setdefault(slot, {}).update(_properties(changes))
    world.bump(seen.box, entry, slot)
    if touched:
        for box, copy in copies(world, entry.meeting):
            world.bump(box, copy, slot)


def _patch_whole(world: World, seen: Seen, changes: Json) -> None:
    entry, meeting = seen.entry, seen.entry.meeting
    before = list(meeting.attendees)
    when = _when(changes, seen.when)
    _check_whole_day(when, whole_day=bool(changes.get("isAllDay", seen.whole_day)))
    attendees = _replaced(changes, meeting)
    again = changes.get("recurrence", meeting.recurrence)
    if _TIMES & set(changes):
        meeting.when = when
        meeting.recurrence = None
        if again:
            _reform(world, meeting, again, given="recurrence" in changes, start=when.start.date())
        _reset(world, meeting, None)
    meeting.shared |= {key: changes[key] for key in (SHARED - _PLACED) & set(changes)}
    meeting.attendees = attendees
    entry.own |= {key: changes[key] for key in OWN & set(changes)}
    if not SHARED & set(changes):
        return
    _notify(world, meeting, None, before, only_people=SHARED & set(changes) == {"attendees"})
    for slot in sorted(set(meeting.changed) - meeting.dropped):
        if SHARED & set(changes) != {"attendees"}:
            _mail(world, meeting, slot, meeting.invited(slot), "update")
    invite(world, meeting)


def _reform(world: World, meeting: Meeting, again: Json, *, given: bool, start: date) -> None:
    """Lay the series out anew; what was changed in it stays on days that it still has."""
    if not given:
        again = {**again, "range": {**again["range"], "startDate": start.isoformat()}}
    _repeat(meeting, again)
    if world.quirks.series_patch_loses_exceptions:
        meeting.changed.clear()
        meeting.dropped.clear()
    meeting.changed = {day: part for day, part in meeting.changed.items() if meeting.has(day)}


def _patch_member(world: World, seen: Seen, slot: date, changes: Json) -> None:
    entry, meeting = seen.entry, seen.entry.meeting
    if changes.get("recurrence"):
        raise Broken("one member of a series has no recurrence", "ErrorPropertyValidationFailure")
    if SHARED & set(changes):
        part = meeting.changed.get(slot) or Part()
        before = meeting.invited(slot)
        when = _when(changes, seen.when)
        _check_whole_day(when, whole_day=bool(changes.get("isAllDay", seen.whole_day)))
        if _TIMES & set(changes):
            _check_boundary(seen, slot, when)
            part.when = when
        part.shared |= {key: changes[key] for key in (SHARED - _PLACED) & set(changes)}
        if "attendees" in changes:
            part.attendees = _replaced(changes, meeting)
        meeting.changed[slot] = part
        if _TIMES & set(changes):
            _reset(world, meeting, slot)
        only = SHARED & set(changes) == {"attendees"}
        _notify(world, meeting, slot, before, only_people=only)
    own = {key: changes[key] for key in OWN & set(changes)}
    entry.own_parts[slot] = entry.own_parts.get(slot, {}) | own


def _replaced(changes: Json, meeting: Meeting) -> list[Attendee]:
    """The list of attendees after a change, which replaces all of it; who stays keeps the answer."""
    if "attendees" not in changes:
        return meeting.attendees
    known = {each.address: each for each in meeting.attendees}
    given = _attendees(changes["attendees"] or [], meeting.organizer)
    return [known.get(each.address, each) for each in given]


def _notify(
    world: World, meeting: Meeting, slot: date | None, before: list[Attendee], *, only_people: bool
) -> None:
    """Updates to who stays, invitations to who is new, cancellations to who is out."""
    after = meeting.invited(slot)
    old, new = ({each.address for each in some} for some in (before, after))
    _mail(world, meeting, slot, (a for a in after if a.address not in old), "invitation")
    out = [each for each in before if each.address not in new]
    _mail(world, meeting, slot, out, "cancellation")
    for each in out:
        box = world.boxes.get(each.address)
        entry = box.of(meeting) if box else None
        if box and entry:
            call_off(world, box, entry, slot)
    if not only_people:
        _mail(world, meeting, slot, (a for a in after if a.address in old), "update")


def _reset(world: World, meeting: Meeting, slot: date | None) -> None:
    """Another time needs another answer from everybody."""
    if slot is None:
        meeting.answers.clear()
        for each in meeting.attendees:
            _forget(each)
    else:
        for each in meeting.invited(slot):
            fresh = Attendee(each.address, each.name, each.kind)
            _forget(fresh)
            meeting.answers.setdefault(slot, {})[each.address] = fresh
    for box, entry in copies(world, meeting):
        if any(
            each.address == box.address and each.kind == "resource" for each in meeting.attendees
        ):
            continue
        asked = {
            "showAs": "tentative",
            "responseStatus": {"response": "notResponded", "time": NEVER},
        }
        if slot is None:
            entry.own |= asked
        else:
            entry.own_parts[slot] = entry.own_parts.get(slot, {}) | asked
            entry.gone.discard(slot)


def _forget(attendee: Attendee) -> None:
    room = attendee.kind == "resource"
    attendee.response = "accepted" if room else "notResponded"
    attendee.proposed = None


def _check_boundary(seen: Seen, slot: date, when: When) -> None:
    """A member stays between its neighbours: not on or past the day of either."""
    meeting = seen.entry.meeting
    assert meeting.recurrence is not None
    zone = zones.zone(meeting.when.start_zone)
    start = when.first.astimezone(zone).date()
    for days, wrong in zip(
        recurrence.around(meeting.recurrence, slot), (date.__le__, date.__ge__), strict=True
    ):
        neighbour = next((day for day in days if not seen.entry.absent(day)), None)
        if neighbour is None:
            continue
        there = seen.box.member(seen.entry, neighbour).when.first.astimezone(zone).date()
        if wrong(start, there):
            message = "Modified occurrence is crossing or overlapping adjacent occurrence."
            raise Refused(400, "ErrorOccurrenceCrossingBoundary", message)


# -- removing -----------------------------------------------------------------------------------


def remove(world: World, seen: Seen) -> None:
    """Delete from this calendar. An organiser calls the meeting off with it; an attendee does not
    tell anybody."""
    box, entry, slot = seen.box, seen.entry, seen.slot
    if seen.organizer:
        _mail(world, entry.meeting, slot, entry.meeting.invited(slot), "cancellation")
        if slot:
            entry.meeting.dropped.add(slot)
        for other, copy in copies(world, entry.meeting):
            call_off(world, other, copy, slot)
    if slot is None:
        world.remove_entry(box, entry)
        return
    if not seen.organizer:
        entry.gone.add(slot)
    world.bump(box, entry, slot, "deleted")


def cancel(world: World, seen: Seen) -> None:
    """Call a meeting off, which only its organiser may. Raises Refused."""
    if not seen.organizer:
        message = (
            "Your request can't be completed. You need to be an organizer to cancel a meeting."
        )
        raise Refused(400, "ErrorInvalidRequest", message)
    remove(world, seen)


def call_off(world: World, box: Box, entry: Entry, slot: date | None) -> None:
    """What a cancellation does to an attendee's calendar."""
    if world.quirks.cancelled_stay:
        entry.cancelled.add(slot)
        world.bump(box, entry, slot)
    elif slot is None:
        world.remove_entry(box, entry)
    else:
        entry.gone.add(slot)
        world.bump(box, entry, slot, "deleted")


# -- answering ----------------------------------------------------------------------------------

_ANSWERED = {
    "accept": ("accepted", "busy"),
    "tentativelyAccept": ("tentativelyAccepted", "tentative"),
    "decline": ("declined", "free"),
}


def respond(world: World, seen: Seen, action: str, body: Json) -> None:
    """Answer an invitation: `accept`, `tentativelyAccept` or `decline`. Raises Refused."""
    proposed, send = body.get("proposedNewTime"), body.get("sendResponse", True)
    if seen.organizer:
        message = "You can't respond to this meeting because you're the meeting organizer."
        raise Refused(400, "ErrorInvalidRequest", message)
    if seen.cancelled:
        raise Refused(400, "ErrorInvalidRequest", "The meeting has been cancelled.")
    if proposed is not None:
        _check_proposal(seen, action, proposed, send=send is not False)
    box, entry, slot = seen.box, seen.entry, seen.slot
    response, show_as = _ANSWERED[action]
    if action == "accept":
        show_as = _intended(world, seen)
    if send is not False and seen.members.get("responseRequested", True):
        _hear(world, seen, response, proposed)
    status = {"response": response, "time": zones.stamp(world.clock())}
    answered = {"showAs": show_as, "responseStatus": status}
    if action == "decline" and not world.quirks.declined_stay:
        _drop(world, box, entry, slot)
        return
    if slot is None:
        entry.own |= answered
    else:
        entry.own_parts[slot] = entry.own_parts.get(slot, {}) | answered
    world.bump(box, entry, slot)


def _drop(world: World, box: Box, entry: Entry, slot: date | None) -> None:
    if slot is None:
        world.remove_entry(box, entry)
    else:
        entry.gone.add(slot)
        world.bump(box, entry, slot, "deleted")


def _intended(world: World, seen: Seen) -> str:
    organizer = world.boxes.get(seen.entry.meeting.organizer)
    source = organizer.of(seen.entry.meeting) if organizer else None
    return str(source.own.get("showAs", "busy")) if source else "busy"


def _check_proposal(seen: Seen, action: str, proposed: Json, *, send: bool) -> None:
    allowed = seen.members.get("allowNewTimeProposals", True) is not False
    if action == "accept" or not allowed or not send:
        raise Refused(400, "ErrorInvalidRequest", "No new time can be proposed for this meeting.")
    start, end = proposed.get("start"), proposed.get("end")
    if not start or not end:
        raise Broken("proposedNewTime needs start and end", "ErrorPropertyValidationFailure")
    if zones.instant(*zones.read(end)) - zones.instant(*zones.read(start)) <= timedelta():
        raise Broken("the proposed end is not after its start", "ErrorPropertyValidationFailure")


def _hear(world: World, seen: Seen, response: str, proposed: Json | None) -> None:
    """The organiser gets a mail, and the answer into the own copy."""
    meeting, slot = seen.entry.meeting, seen.slot
    kind = "proposal" if proposed else "response"
    uid = meeting.ical_uid(slot)
    world.mails.append(Mail(meeting.organizer, seen.box.address, kind, uid))
    known = next((each for each in meeting.invited(slot) if each.address == seen.box.address), None)
    if known is None:
        return
    if slot is not None:
        known = Attendee(known.address, known.name, known.kind)
        meeting.answers.setdefault(slot, {})[known.address] = known
    known.response, known.time = response, zones.stamp(world.clock())
    known.proposed = proposed
    organizer = world.boxes.get(meeting.organizer)
    source = organizer.of(meeting) if organizer else None
    if organizer and source:
        world.bump(organizer, source, slot)
