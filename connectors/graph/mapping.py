"""Events as Microsoft Graph sends and takes them, and the core's values. Pure: no I/O, no clock.

An event that cannot be an occurrence is refused by `Broken`, whose message completes "the event
…": docs/connectors/microsoft-graph.md lists them. Titles, texts, places and links are never
looked at; addresses are counted and compared, then dropped.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from hashlib import sha256
from typing import Any
from uuid import NAMESPACE_URL, uuid5
from zoneinfo import ZoneInfo

from connectors import mark
from connectors.hold_text import HoldText
from connectors.icalendar.zones import Zones
from connectors.lens import Lens, domain_of, plain_address
from rules.event import Kind, Occurrence, ScoredAs, ShowAs, Status, classified
from rules.interval import Interval

Body = Mapping[str, Any]
"""A JSON object. Whatever is in it comes from outside, so every member is looked at as Any."""

_GUID = "{8f9c1b0e-5d0a-4c1c-9a77-6f3a2c9d7e41}"
KIND, FIRM, CHANGED, KEY = ("ClearwayKind", "ClearwayFirm", "ClearwayChanged", "ClearwayKey")
_STATE_FLAGS = "Integer {00062002-0000-0000-C000-000000000046} Id 0x8217"
"""PidLidAppointmentStateFlags ([MS-OXOCAL] section 2.2.1.10): its first bit says "a meeting"."""
_MEETING = 1

_PLAIN = (
    "id",
    "type",
    "seriesMasterId",
    "originalStart",
    "start",
    "end",
    "isAllDay",
    "isCancelled",
    "isOrganizer",
    "showAs",
    "sensitivity",
    "responseStatus",
    "categories",
)
_WITH_PEOPLE = (*_PLAIN, "attendees", "organizer")
_TO_WRITE = ("originalStartTimeZone",)

_SHOW_AS = {one.value.casefold(): one for one in ShowAs}
_UTC_NAMES = frozenset({"utc", "etc/utc"})
_HALF_A_DAY = timedelta(hours=12)
_MIDNIGHT = time()


class Broken(ValueError):
    """The event cannot be read; the message completes "the event …" and holds nothing of it."""


@dataclass(frozen=True, slots=True)
class NamedZone:
    """A zone with the name that the mailbox knows it by, which may be one of Windows'."""

    name: str
    zone: tzinfo


IN_UTC = NamedZone("UTC", UTC)


@dataclass(frozen=True, slots=True)
class View:
    """Who looks, in which zone the diary is, and whether people may be counted."""

    lens: Lens
    zone: ZoneInfo
    people: bool = True
    zones: Zones = field(default_factory=Zones)


# -- what to ask for ----------------------------------------------------------------------------


def property_id(name: str) -> str:
    """How Graph calls one of our extended properties."""
    return f"String {_GUID} Name {name}"


def fields(*, people: bool, writing: bool = False, several: bool = False) -> str:
    """The `$select` of what is needed, and nothing else.

    `writing` adds what a change is written back with, `several` what tells the same meeting in
    two calendars.
    """
    chosen = _WITH_PEOPLE if people else _PLAIN
    return ",".join((*chosen, *(_TO_WRITE if writing else ()), *(("iCalUId",) if several else ())))


def expansion(*, people: bool) -> str:
    """The `$expand` of our mark; without people also of the flag that tells a meeting from none."""
    wanted = [property_id(name) for name in (KIND, FIRM, CHANGED, KEY)]
    if not people:
        wanted.append(_STATE_FLAGS)
    alternatives = " or ".join(f"id eq '{each}'" for each in wanted)
    return f"singleValueExtendedProperties($filter={alternatives})"


def with_key(key: str) -> str:
    """The `$filter` that finds the hold of a key."""
    value = hashed(key)
    return (
        "singleValueExtendedProperties/any("
        f"ep: ep/id eq '{property_id(KEY)}' and ep/value eq '{value}')"
    )


def hashed(key: str) -> str:
    """What stands in the calendar for the key of a change."""
    return sha256(key.encode()).hexdigest()[:32]


_OF_MARK = tuple(property_id(name).casefold() for name in (KIND, FIRM, CHANGED))


# -- events in ----------------------------------------------------------------------------------


def occurrence(body: Any, view: View) -> Occurrence:
    """An event of a calendar view, or one read by itself. Raises Broken."""
    if not isinstance(body, dict):
        raise Broken("is not an object")
    if "@removed" in body:
        raise Broken("is only said to be gone")
    start, end = _times(body, view)
    uid, slot = _series(body, start)
    kind, firm, changed, names = _mark(body, view.lens)
    people = _people(body, view)
    organizer = people.organizer
    declined = _declined(body) and not organizer
    seen = Occurrence(
        uid=uid,
        start=start,
        end=end,
        scored_as=ScoredAs.NONE,
        recurrence_id=slot,
        show_as=_show_as(body),
        private=_private(body),
        status=Status.CANCELLED if body.get("isCancelled") is True else Status.CONFIRMED,
        organizer=organizer,
        other_people=people.others,
        external=people.external,
        resources=people.resources,
        kind=kind,
        firm=firm,
        locked=any(name.casefold() in view.lens.locked for name in names),
        version=version(body),
        changed=changed,
    )
    return classified(seen, declined=declined, with_others=people.with_others)


def version(body: Body) -> str:
    """The ETag of an event, empty where there is none."""
    return text(body.get("@odata.etag"))


def marked(body: Body, name: str) -> str:
    """The value of one of our extended properties, empty where there is none."""
    return _properties(body).get(property_id(name).casefold(), "")


def instant(value: Any, zones: Zones) -> datetime:
    """The instant of a dateTimeTimeZone, in UTC. Raises Broken."""
    wall, zone = _wall(value, zones)
    return _utc(wall, zone)


def original(body: Body) -> datetime | None:
    """The original start of a member of a series, None where it is not told."""
    try:
        found = datetime.fromisoformat(body["originalStart"])
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (KeyError, TypeError, ValueError, OverflowError):
        return None


def invited(body: Body) -> tuple[str, ...]:
    """The addresses of the attendees, rooms too, each once."""
    found = (_address(each) for each in _attendees(body))
    return tuple(dict.fromkeys(each for each in found if "@" in each))


def other_people(body: Body, lens: Lens) -> int:
    """How many people but the leader are on the list of a meeting. Rooms are no people."""
    return _Counted(body, lens).others


def home_zone(body: Body, zones: Zones) -> NamedZone | None:
    """The zone that an event was made in, None where it is not one that can be written."""
    return named_zone(body.get("originalStartTimeZone"), zones)


def named_zone(value: Any, zones: Zones) -> NamedZone | None:
    """A zone by its Windows or IANA name, None for a custom or unknown one."""
    name = text(value)
    found = zones.named(name) if name else None
    return NamedZone(name, found) if found is not None else None


# -- times --------------------------------------------------------------------------------------


def _times(body: Body, view: View) -> tuple[datetime | date, datetime | date]:
    start, zone = _wall(body.get("start"), view.zones)
    end, end_zone = _wall(body.get("end"), view.zones)
    first: datetime | date
    last: datetime | date
    if body.get("isAllDay") is True:
        first, last = _day(start, zone, view.zone), _day(end, end_zone, view.zone)
        if last == first:
            last = _next_day(first)
    else:
        first, last = _utc(start, zone), _utc(end, end_zone)
    if last < first:
        raise Broken("ends before it starts")
    return first, last


def _wall(value: Any, zones: Zones) -> tuple[datetime, tzinfo]:
    """A dateTimeTimeZone as the local time it holds, and its zone."""
    if not isinstance(value, dict):
        raise Broken("has no start or end")
    try:
        wall = datetime.fromisoformat(value["dateTime"])
    except (KeyError, TypeError, ValueError) as error:
        raise Broken("has a date or time that cannot be read") from error
    if wall.tzinfo is not None:
        return wall.replace(tzinfo=None), wall.tzinfo
    name = text(value.get("timeZone")) or "UTC"
    if name.casefold() in _UTC_NAMES:
        return wall, UTC
    zone = zones.resolve(name)
    if zone is None:
        raise Broken("is in a time zone that nobody knows")
    return wall, zone


def _utc(wall: datetime, zone: tzinfo) -> datetime:
    if zone is UTC:
        return wall.replace(tzinfo=UTC)
    try:
        return wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    except (OverflowError, ValueError) as error:
        raise Broken("has a date or time that cannot be read") from error


def _day(wall: datetime, zone: tzinfo, diary: ZoneInfo) -> date:
    """The date of an end of an all-day event, which is midnight in the zone it was made in.

    Where the answer gives that midnight in UTC, the diary's zone tells whose; the nearest
    midnight there is meant.
    """
    if wall.time() == _MIDNIGHT:
        return wall.date()
    try:
        return (_utc(wall, zone).astimezone(diary) + _HALF_A_DAY).date()
    except OverflowError as error:
        raise Broken("has a date or time that cannot be read") from error


def _next_day(day: date) -> date:
    try:
        return day + timedelta(days=1)
    except OverflowError as error:
        raise Broken("has a date or time that cannot be read") from error


def _series(body: Body, start: datetime | date) -> tuple[str, datetime | date | None]:
    """What the event is called: its own id, or that of its series and its original start."""
    kind = text(body.get("type")).casefold()
    series, own = text(body.get("seriesMasterId")), text(body.get("id"))
    if kind not in ("occurrence", "exception") and not series:
        if not own:
            raise Broken("has no id")
        return own, None
    if not series:
        raise Broken("is of a series that it does not name")
    if body.get("originalStart") is None and kind == "occurrence":
        return series, start
    slot = original(body)
    if slot is None:
        raise Broken("is of a series and has no original start")
    if isinstance(start, datetime):
        return series, slot
    try:
        return series, (slot + _HALF_A_DAY).date()
    except OverflowError as error:
        raise Broken("is of a series and has no original start") from error


# -- facts --------------------------------------------------------------------------------------


def text(value: Any) -> str:
    """A text that can be sent on, else the empty one."""
    try:
        return value if isinstance(value, str) and value.encode() else ""
    except UnicodeEncodeError:
        return ""


def _show_as(body: Body) -> ShowAs:
    return _SHOW_AS.get(text(body.get("showAs")).casefold(), ShowAs.UNKNOWN)


def _private(body: Body) -> bool:
    """Whatever is set and is not "normal" counts, a word of the future too."""
    sensitivity = body.get("sensitivity")
    return sensitivity is not None and text(sensitivity).casefold() != "normal"


def _declined(body: Body) -> bool:
    status = body.get("responseStatus")
    response = status.get("response") if isinstance(status, dict) else None
    return text(response).casefold() == "declined"


def _mark(body: Body, lens: Lens) -> tuple[Kind | None, bool, datetime | None, Sequence[str]]:
    """Kind, firm, changed, and the names of the categories, by connectors/mark.py."""
    listed = body.get("categories")
    names = [text(one).strip() for one in listed] if isinstance(listed, list) else []
    ours = firm = changed = ""
    if body.get("singleValueExtendedProperties"):
        kept = _properties(body)
        ours, firm, changed = (kept.get(each, "") for each in _OF_MARK)
    kind = mark.read_kind(ours, names, lens.categories)
    since = mark.read_changed(changed) if changed else None
    return kind, mark.read_firm(ours, firm, kind), since, names


def _properties(body: Body) -> dict[str, str]:
    """The extended properties by id. Exchange does not keep the case of the GUID."""
    listed = body.get("singleValueExtendedProperties")
    if not isinstance(listed, list):
        return {}
    return {
        text(one.get("id")).casefold(): text(one.get("value"))
        for one in listed
        if isinstance(one, dict)
    }


# -- people -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Facts:
    organizer: bool
    with_others: bool
    others: int = 0
    resources: int = 0
    external: bool = False


def _people(body: Body, view: View) -> _Facts:
    if not view.people:
        return _without_people(body)
    counted = _Counted(body, view.lens)
    return _Facts(
        organizer=counted.organizer,
        with_others=bool(counted.others or counted.resources) or not counted.organizer,
        others=counted.others,
        resources=counted.resources,
        external=counted.external,
    )


def _without_people(body: Body) -> _Facts:
    """Who called it, and from Exchange's own flag whether it is a meeting at all.

    Where the flag is missing it is taken for one: better a gap too many than one too few.
    """
    organizer = body.get("isOrganizer") is not False
    flags = _properties(body).get(_STATE_FLAGS.casefold(), "")
    alone = flags.isascii() and flags.isdigit() and len(flags) < 10 and not int(flags) & _MEETING
    return _Facts(organizer=organizer, with_others=not (organizer and alone))


class _Counted:
    """Who is invited, counted and compared, then dropped with this object."""

    def __init__(self, body: Body, lens: Lens) -> None:
        host = _address({"emailAddress": _email(body.get("organizer"))})
        told = body.get("isOrganizer")
        self.organizer = told if isinstance(told, bool) else not host or host in lens.me
        mine = {*lens.me, host} if self.organizer else lens.me
        rooms: set[str] = set()
        people = {host}
        for each in _attendees(body):
            chosen = rooms if text(each.get("type")).casefold() == "resource" else people
            chosen.add(_address(each))
        others = people - rooms - mine - {""}
        self.others = len(others)
        self.resources = len(rooms - {""})
        self.external = any(domain_of(one) not in lens.organisation for one in others)


def _attendees(body: Body) -> Iterator[Body]:
    listed = body.get("attendees")
    if isinstance(listed, list):
        yield from (one for one in listed if isinstance(one, dict))


def _email(recipient: Any) -> Any:
    return recipient.get("emailAddress") if isinstance(recipient, dict) else None


def _address(recipient: Any) -> str:
    """One person however often listed: the address, else the name. Empty where neither is told."""
    email = _email(recipient)
    if not isinstance(email, dict):
        return ""
    return plain_address(text(email.get("address"))) or text(email.get("name")).casefold()


# -- changes out --------------------------------------------------------------------------------


def times(when: Interval, zone: NamedZone) -> dict[str, Any]:
    """`start` and `end` of an event at `when`, as its zone's clock shows them.

    In UTC where that clock shows a time twice, because the format cannot tell which is meant.
    """
    written = [_clock(moment, zone.zone) for moment in (when.start, when.end)]
    if None in written:
        zone, written = IN_UTC, [_clock(moment, UTC) for moment in (when.start, when.end)]
    return {
        name: {"dateTime": wall, "timeZone": zone.name}
        for name, wall in zip(("start", "end"), written, strict=True)
    }


def _clock(moment: datetime, zone: tzinfo) -> str | None:
    local = moment.astimezone(zone)
    if local.replace(fold=0).astimezone(UTC) != moment:
        return None
    return local.replace(tzinfo=None, fold=0).isoformat(timespec="seconds")


def ours(values: Mapping[str, str]) -> dict[str, Any]:
    """Our extended properties by name, as a body has them."""
    return {
        "singleValueExtendedProperties": [
            {"id": property_id(name), "value": value} for name, value in values.items()
        ]
    }


def new_hold(
    kind: Kind, when: Interval, text: HoldText, zone: NamedZone, key: str
) -> dict[str, Any]:
    """The body of a new hold. Nobody is invited, so nobody is mailed."""
    return {
        "subject": text.title,
        "body": {"contentType": "text", "content": text.text},
        **times(when, zone),
        "showAs": ShowAs.BUSY.value,
        "sensitivity": "private" if text.private else "normal",
        "isReminderOn": False,
        "transactionId": str(uuid5(NAMESPACE_URL, f"clearway:{hashed(key)}")),
        **ours({KIND: kind.value, KEY: hashed(key)}),
    }


def moved(when: Interval, zone: NamedZone, marks: Mapping[str, str]) -> dict[str, Any]:
    """The body that puts an event at another time: its times and our mark, nothing else."""
    return {**times(when, zone), **(ours(marks) if marks else {})}


def proposal(when: Interval) -> dict[str, Any]:
    """The body of an answer that suggests another time."""
    return {"sendResponse": True, "proposedNewTime": times(when, IN_UTC)}


# -- settings -----------------------------------------------------------------------------------

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def hours_in_words(body: Body) -> str | None:
    """Working hours such as `Mon-Fri 08:00-17:00`, None where none are set or they make no sense."""
    listed = body.get("daysOfWeek")
    names = {text(one).casefold() for one in listed} if isinstance(listed, list) else set()
    days = [index for index, name in enumerate(_DAYS) if name in names]
    start, end = _hour(body.get("startTime")), _hour(body.get("endTime"))
    if not days or start is None or end is None or start == end:
        return None
    return f"{_days_in_words(days)} {start}-{end}"


def _hour(value: Any) -> str | None:
    try:
        return time.fromisoformat(text(value)).strftime("%H:%M")
    except ValueError:
        return None


def _days_in_words(days: Iterable[int]) -> str:
    runs: list[list[int]] = []
    for day in days:
        if runs and runs[-1][-1] == day - 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    return ", ".join("-".join(dict.fromkeys((_short(run[0]), _short(run[-1])))) for run in runs)


def _short(day: int) -> str:
    return _DAYS[day][:3].capitalize()
