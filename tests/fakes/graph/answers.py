"""Events, calendars and errors as Graph writes them."""

import re
from collections.abc import Iterable
from datetime import datetime
from urllib.parse import quote
from uuid import uuid4

from tests.fakes.graph import zones
from tests.fakes.graph.queries import Asked
from tests.fakes.graph.values import NEVER, Json, Refused
from tests.fakes.graph.world import (
    Attendee,
    Box,
    CalendarFolder,
    Entry,
    Seen,
    World,
    identify,
    person,
)

ROOT = "https://graph.microsoft.com/v1.0"
_KEPT = {
    "importance": "normal",
    "sensitivity": "normal",
    "isReminderOn": True,
    "reminderMinutesBeforeStart": 15,
    "categories": [],
    "responseRequested": True,
    "allowNewTimeProposals": True,
    "hideAttendees": False,
    "isOnlineMeeting": False,
    "onlineMeeting": None,
    "onlineMeetingUrl": None,
    "showAs": "busy",
}
"""What an event has without being told."""


def event(seen: Seen, asked: Asked) -> Json:
    """An event with what `$select` and `$expand` ask for; the etag always comes along."""
    full = whole_event(seen, asked)
    picked = {key: full[key] for key in asked.select if key in full} if asked.select else full
    answer = {"@odata.etag": seen.etag, "id": full["id"], **picked}
    if "cancelledOccurrences" in asked.select and seen.type == "seriesMaster":
        answer["cancelledOccurrences"] = _dropped(seen, full["id"])
    if asked.properties:
        kept = seen.properties()
        found = [{"id": each, "value": kept[each]} for each in asked.properties if each in kept]
        if found:
            answer["singleValueExtendedProperties"] = found
    if asked.exceptions is not None and seen.type == "seriesMaster":
        inner = Asked(zone=asked.zone, immutable=asked.immutable, select=asked.exceptions)
        answer["exceptionOccurrences"] = [event(each, inner) for each in _exceptions(seen)]
    return answer


def whole_event(seen: Seen, asked: Asked) -> Json:
    """Every member that an event is answered with."""
    members, entry = seen.members, seen.entry
    meeting = entry.meeting
    subject = members.get("subject") or ""
    identity = identify(seen, immutable=asked.immutable)
    member_of = entry.meeting.recurrence is not None and seen.slot is not None
    answer: Json = {
        "id": identity,
        "createdDateTime": zones.stamp(entry.created),
        "lastModifiedDateTime": zones.stamp(entry.modified),
        "changeKey": seen.change_key,
        "transactionId": entry.transaction,
        "originalStartTimeZone": seen.when.start_zone,
        "originalEndTimeZone": seen.when.end_zone,
        "iCalUId": meeting.ical_uid(seen.slot),
        "hasAttachments": False,
        "subject": f"Canceled: {subject}" if seen.cancelled else subject,
        "isAllDay": seen.whole_day,
        "isCancelled": seen.cancelled,
        "isOrganizer": seen.organizer,
        "isDraft": False,
        "seriesMasterId": _master_id(seen, asked) if member_of else None,
        "type": seen.type,
        "webLink": f"https://outlook.office365.com/owa/?itemid={quote(identity, safe='')}&exvsurl=1&path=/calendar/item",
        "recurrence": meeting.recurrence if seen.slot is None else None,
        "organizer": person(meeting.organizer, meeting.organizer_name),
        "attendees": [_attendee(each, seen, asked) for each in _visible(seen)],
        "responseStatus": _response(seen),
        **times(seen, asked),
        **_text(members, asked),
        **{key: members.get(key, usual) for key, usual in _KEPT.items()},
    }
    online = members.get("isOnlineMeeting")
    answer["onlineMeetingProvider"] = members.get(
        "onlineMeetingProvider", "teamsForBusiness" if online else "unknown"
    )
    if seen.cancelled:
        answer["showAs"] = "free"
    if seen.original is not None:
        answer["originalStart"] = zones.stamp(seen.original)
    return answer


def thin(seen: Seen, asked: Asked) -> Json:
    """What a delta round says of a member of a series that is like its master."""
    return {
        "@odata.type": "#microsoft.graph.event",
        "@odata.etag": seen.etag,
        "id": identify(seen, immutable=asked.immutable),
        "seriesMasterId": _master_id(seen, asked),
        "type": seen.type,
        **times(seen, asked),
    }


def times(seen: Seen, asked: Asked) -> Json:
    """Start and end in the wanted zone."""
    when, whole_day = seen.when, seen.whole_day
    return {
        "start": zones.shown(when.start, when.start_zone, wanted=asked.zone, whole_day=whole_day),
        "end": zones.shown(when.end, when.end_zone, wanted=asked.zone, whole_day=whole_day),
    }


def _text(members: Json, asked: Asked) -> Json:
    body = members.get("body") or {}
    content = body.get("content") or ""
    plain = re.sub(r"<[^>]*>", "", content)
    location = members.get("location") or {"displayName": ""}
    location = {"locationType": "default", "uniqueIdType": "unknown", **location}
    kind = "text" if asked.text else body.get("contentType", "html")
    return {
        "body": {"contentType": kind, "content": plain if asked.text else content},
        "bodyPreview": plain[:255],
        "location": location,
        "locations": members.get("locations") or ([location] if location["displayName"] else []),
    }


def _master_id(seen: Seen, asked: Asked) -> str:
    return identify(seen.box.whole(seen.entry), immutable=asked.immutable)


def _visible(seen: Seen) -> list[Attendee]:
    hidden = seen.members.get("hideAttendees") and not seen.organizer
    own = seen.box.address
    return [each for each in seen.attendees if not hidden or each.address == own]


def _attendee(each: Attendee, seen: Seen, asked: Asked) -> Json:
    known = seen.organizer or each.address == seen.box.address
    status = {"response": each.response, "time": each.time}
    answer: Json = {
        "type": each.kind,
        "status": status if known else {"response": "none", "time": NEVER},
        **person(each.address, each.name),
    }
    if seen.organizer and each.proposed:
        answer["proposedNewTime"] = {
            end: zones.shown(*zones.read(each.proposed[end]), wanted=asked.zone, whole_day=False)
            for end in ("start", "end")
        }
    return answer


def _response(seen: Seen) -> Json:
    if seen.organizer:
        return {"response": "organizer", "time": NEVER}
    own = next((each for each in seen.attendees if each.address == seen.box.address), None)
    told = seen.members.get("responseStatus")
    if told is not None:
        return {"time": NEVER, **told}
    response = own.response if own and own.response != "none" else "notResponded"
    return {"response": response, "time": own.time if own else NEVER}


def _dropped(seen: Seen, identity: str) -> list[str]:
    entry = seen.entry
    gone = {day for day in entry.meeting.dropped | entry.gone if entry.absent(day)}
    return [f"OID.{identity}.{day.isoformat()}" for day in sorted(gone) if entry.meeting.has(day)]


def _exceptions(seen: Seen) -> list[Seen]:
    entry: Entry = seen.entry
    days = set(entry.meeting.changed) | set(entry.own_parts)
    here = sorted(day for day in days if not entry.absent(day) and entry.meeting.has(day))
    return [seen.box.member(entry, day) for day in here]


def calendar(box: Box, folder: CalendarFolder) -> Json:
    """One of a mailbox's calendars."""
    return {
        "id": folder.id,
        "name": folder.name,
        "color": "auto",
        "hexColor": "",
        "isDefaultCalendar": folder.default,
        "changeKey": "nfZyf7VcrEKLNoU37KWlkQAAA0x0+w==",
        "canShare": folder.default,
        "canViewPrivateItems": True,
        "canEdit": folder.can_edit,
        "allowedOnlineMeetingProviders": ["teamsForBusiness"],
        "defaultOnlineMeetingProvider": "teamsForBusiness",
        "isTallyingResponses": folder.default,
        "isRemovable": not folder.default,
        "owner": {"name": box.name, "address": box.address},
    }


def error(refused: Refused, now: datetime, client_request_id: str | None = None) -> Json:
    """The body of an error."""
    inner = {"date": f"{now:%Y-%m-%dT%H:%M:%S}", "request-id": str(uuid4())}
    if client_request_id:
        inner["client-request-id"] = client_request_id
    return {"error": {"code": refused.code, "message": refused.message, "innerError": inner}}


def collection(context: str, items: Iterable[Json], **links: str) -> Json:
    """A list of things."""
    named = {f"@odata.{name}": link for name, link in links.items()}
    return {"@odata.context": f"{ROOT}/$metadata#{context}", "value": list(items), **named}


def one_event(world: World, box: Box, seen: Seen, asked: Asked) -> Json:
    """An event alone, as it is after what was done to it."""
    known = box.find(seen.entry.key, seen.slot)
    context = f"{ROOT}/$metadata#users('{box.id}')/events/$entity"
    return {"@odata.context": context, **event(known, asked)}
