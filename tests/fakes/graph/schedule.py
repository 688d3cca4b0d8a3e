"""Who is busy when, and a mailbox's settings."""

from datetime import datetime, timedelta

from tests.fakes.graph import answers, zones
from tests.fakes.graph.queries import Asked
from tests.fakes.graph.values import Broken, Json, Refused
from tests.fakes.graph.world import Box, Seen, World

MOST_ADDRESSES = 100
MOST_ITEMS = 1000
LONGEST = timedelta(days=62)
_DIGITS = {"free": "0", "tentative": "1", "busy": "2", "oof": "3", "unknown": "0"}


def get_schedule(world: World, asker: Box | None, body: Json, asked: Asked) -> list[Json]:
    """What getSchedule answers for each address. Raises Refused for what is over its limits."""
    addresses = body.get("schedules") or []
    start, end = (_moment(body, name) for name in ("startTime", "endTime"))
    if "availabilityViewInterval" in body and body["availabilityViewInterval"] is None:
        raise Broken("availabilityViewInterval is null", "ErrorInternalServerError", 500)
    minutes = body.get("availabilityViewInterval", 30)
    if end <= start:
        raise Refused(400, "ErrorInvalidTimeInterval", "The time window is invalid.")
    if end - start > LONGEST:
        raise Refused(400, "ErrorTimeIntervalTooBig", "The time window is over 62 days.")
    if not 5 <= minutes <= 1440 or timedelta(minutes=minutes) > end - start:
        raise Refused(
            400, "ErrorInvalidMergedFreeBusyInterval", "Specify between 5 and 1440 minutes."
        )
    if len(addresses) > MOST_ADDRESSES:
        message = f"The allowed size = {MOST_ADDRESSES}; the actual size = {len(addresses)}."
        raise Refused(400, "ErrorMailboxDataArrayTooBig", message)
    window = (start, end)
    step = timedelta(minutes=minutes)
    return [_information(world, each, asker, window, step, asked) for each in addresses]


def _moment(body: Json, name: str) -> datetime:
    if not body.get(name):
        raise Broken(f"{name} is missing", "ErrorInvalidParameter")
    return zones.instant(*zones.read(body[name]))


def _information(
    world: World,
    address: str,
    asker: Box | None,
    window: tuple[datetime, datetime],
    step: timedelta,
    asked: Asked,
) -> Json:
    box = world.boxes.get(address.lower())
    if box is None:
        message = f"Unable to resolve e-mail address {address} to an Active Directory object."
        return _failed(address, message, "ErrorMailRecipientNotFound")
    seen = sorted(box.view(box.default, *window), key=lambda each: each.when.first)
    if len(seen) > MOST_ITEMS:
        return _failed(address, "The result set contains too many calendar entries.", "5006")
    answer: Json = {
        "scheduleId": address,
        "availabilityView": _digits(world, seen, window, step),
        "scheduleItems": [_item(each, asked, own=box is asker) for each in seen],
    }
    if box.hours:
        answer["workingHours"] = _hours(box)
    return answer


def _failed(address: str, message: str, code: str) -> Json:
    return {"scheduleId": address, "error": {"message": message, "responseCode": code}}


def _item(seen: Seen, asked: Asked, *, own: bool) -> Json:
    private = seen.members.get("sensitivity", "normal") != "normal"
    told: Json = {}
    if own:
        location = (seen.members.get("location") or {}).get("displayName", "")
        told = {"subject": seen.members.get("subject") or "", "location": location}
    return {
        "isPrivate": private,
        "status": status(seen),
        **told,
        **answers.times(seen, asked),
    }


def status(seen: Seen) -> str:
    """How somebody's time is taken by an event."""
    return "free" if seen.cancelled else str(seen.members.get("showAs", "busy"))


def _digits(
    world: World, seen: list[Seen], window: tuple[datetime, datetime], step: timedelta
) -> str:
    digits = {**_DIGITS, "workingElsewhere": world.quirks.elsewhere_digit}
    found = ""
    at, end = window
    while at < end:
        inside = (each for each in seen if each.when.first < at + step and each.when.last > at)
        found += max((digits.get(status(each), "0") for each in inside), default="0")
        at += step
    return found


def settings(box: Box) -> Json:
    """What mailboxSettings tells of time."""
    answer: Json = {
        "timeZone": box.zone,
        "dateFormat": "dd/MM/yyyy",
        "timeFormat": "HH:mm",
        "userPurpose": "user",
        "delegateMeetingMessageDeliveryOptions": "sendToDelegateOnly",
        "language": {"locale": "en-GB", "displayName": "English (United Kingdom)"},
    }
    if box.hours:
        answer["workingHours"] = _hours(box)
    return answer


def _hours(box: Box) -> Json:
    assert box.hours is not None
    return {
        "daysOfWeek": list(box.hours.days),
        "startTime": f"{box.hours.start}:00.0000000",
        "endTime": f"{box.hours.end}:00.0000000",
        "timeZone": {"name": box.zone},
    }
