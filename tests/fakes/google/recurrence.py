"""Series: which members a master has, what they are called, and when each one is.

Rules are expanded on the clock of the master's own zone (BRIEF.md 5.7), so a weekly nine o'clock
stays nine o'clock over the clock changes. A member lasts as long as the first one, in true time.
"""

from collections.abc import Iterator
from copy import deepcopy
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import takewhile
from zoneinfo import ZoneInfo

from dateutil import rrule

from tests.fakes.google.refusal import Json, invalid
from tests.fakes.google.times import Slot, is_date, length, local, rfc3339, zone_of

DAY = timedelta(days=1)


def is_master(body: Json) -> bool:
    """Whether the resource stands for a series."""
    return bool(body.get("recurrence"))


def member_id(master_id: str, slot: Slot) -> str:
    """`<master>_20261020T070000Z`, for whole days `<master>_20261020`."""
    form = "%Y%m%dT%H%M%SZ" if isinstance(slot, datetime) else "%Y%m%d"
    return f"{master_id}_{slot.strftime(form)}"


def slot_named(text: str) -> Slot | None:
    """The slot at the end of a member's id, None where it is none."""
    try:
        if text.endswith("Z"):
            return datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        return datetime.strptime(text, "%Y%m%d").replace(tzinfo=UTC).date()
    except ValueError:
        return None


def slot_of(member: Json) -> Slot:
    """The slot of a member, from its `originalStartTime`."""
    original = member["originalStartTime"]
    if is_date(original):
        return date.fromisoformat(original["date"])
    return datetime.fromisoformat(original["dateTime"]).astimezone(UTC)


def slots(master: Json, start: datetime, end: datetime) -> Iterator[Slot]:
    """The slots of members that may overlap some time, in order; callers look closer."""
    zone = _zone(master)
    low = _plain(start, zone) - length(master) - DAY
    high = _plain(end, zone) + DAY
    rules = _rules(tuple(master["recurrence"]), local(master["start"]), zone.key)
    found = rules.xafter(low, inc=True)
    for at in takewhile(lambda at: at <= high, found):
        yield at.date() if is_date(master["start"]) else at.replace(tzinfo=zone).astimezone(UTC)


def has_slot(master: Json, slot: Slot) -> bool:
    """Whether the rules give this member."""
    if isinstance(slot, datetime) == is_date(master["start"]):
        return False
    at = (
        slot
        if isinstance(slot, datetime)
        else datetime(slot.year, slot.month, slot.day, tzinfo=UTC)
    )
    return slot in slots(master, at - DAY, at + DAY)


def member(master: Json, slot: Slot) -> Json:
    """The member as the rules have it, before anybody changed it."""
    body = deepcopy(master)
    del body["recurrence"]
    start, end = _moment(master, slot), _moment(master, slot + length(master))
    body.update(
        id=member_id(master["id"], slot),
        recurringEventId=master["id"],
        originalStartTime=start,
        start=dict(start),
        end=end,
    )
    return body


def check_rules(body: Json) -> None:
    """Refuse what cannot be expanded, and an UNTIL that is not UTC (BRIEF.md 5.7)."""
    if not is_master(body):
        return
    for line in body["recurrence"]:
        name, _, value = line.partition(":")
        parts = dict(part.partition("=")[::2] for part in value.split(";"))
        until = parts.get("UNTIL", "")
        if until and not is_date(body["start"]) and not until.endswith("Z"):
            raise invalid("Invalid recurrence rule: UNTIL is not UTC.", problem=True)
        if name in ("DTSTART", "DTEND"):
            raise invalid("Invalid recurrence rule.", problem=True)
    try:
        _rules(tuple(body["recurrence"]), local(body["start"]), _zone(body).key)
    except (ValueError, TypeError, KeyError) as error:
        raise invalid("Invalid recurrence rule.", problem=True) from error


def _moment(master: Json, slot: Slot) -> Json:
    if not isinstance(slot, datetime):
        return {"date": slot.isoformat()}
    zone = _zone(master)
    return {"dateTime": rfc3339(slot.astimezone(zone)), "timeZone": zone.key}


def _zone(master: Json) -> ZoneInfo:
    return zone_of(master["start"].get("timeZone", "UTC"))


def _plain(moment: datetime, zone: ZoneInfo) -> datetime:
    return moment.astimezone(zone).replace(tzinfo=None)


@lru_cache(maxsize=1024)
def _rules(lines: tuple[str, ...], start: datetime, zone: str) -> rrule.rruleset:
    """Everything on one plain clock, because rules are told in local time."""
    found = rrule.rruleset(cache=True)
    for line in lines:
        name, _, value = line.partition(":")
        kind = name.partition(";")[0].upper()
        if kind in ("RRULE", "EXRULE"):
            rule = rrule.rrulestr(_local_until(value, ZoneInfo(zone)), dtstart=start)
            (found.rrule if kind == "RRULE" else found.exrule)(rule)  # type: ignore[arg-type]  # one rule
        elif kind in ("RDATE", "EXDATE"):
            for at in _listed(name, value, ZoneInfo(zone)):
                (found.rdate if kind == "RDATE" else found.exdate)(at)
        else:
            raise ValueError(kind)
    if not any(line.upper().startswith("RRULE") for line in lines):
        found.rdate(start)
    return found


def _local_until(rule: str, zone: ZoneInfo) -> str:
    parts = []
    for part in rule.split(";"):
        name, _, value = part.partition("=")
        if name.upper() == "UNTIL" and value.endswith("Z"):
            at = _plain(datetime.strptime(value, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC), zone)
            part = f"UNTIL={at:%Y%m%dT%H%M%S}"
        parts.append(part)
    return ";".join(parts)


def _listed(name: str, value: str, zone: ZoneInfo) -> Iterator[datetime]:
    """The moments of an EXDATE or RDATE, on the master's clock."""
    parameters = dict(part.partition("=")[::2] for part in name.split(";")[1:])
    own = ZoneInfo(parameters.get("TZID", zone.key))
    for text in value.split(","):
        if len(text) == 8:
            yield datetime.strptime(text, "%Y%m%d").replace(tzinfo=UTC).replace(tzinfo=None)
        elif text.endswith("Z"):
            at = datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
            yield _plain(at, zone)
        else:
            at = datetime.strptime(text, "%Y%m%dT%H%M%S").replace(tzinfo=own)
            yield _plain(at, zone)
