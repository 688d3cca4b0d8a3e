"""Google's events as occurrences, and Clearway's changes as bodies of requests. Pure.

Our mark stands in extendedProperties.private, on the leader's own copy, where nobody else sees it:

    clearwayKind     what the event is for, and clearwayFirm, clearwayChanged: see connectors.mark
    clearwayKey      a digest of the key of the last change that Clearway made to the event
"""

import re
from base64 import b32hexencode
from collections.abc import Mapping
from datetime import UTC, date, datetime
from hashlib import sha256
from types import MappingProxyType
from typing import NamedTuple
from zoneinfo import ZoneInfo

from connectors import mark
from connectors.hold_text import HoldText
from connectors.lens import Lens, domain_of, plain_address
from rules.event import Kind, Occurrence, ScoredAs, ShowAs, Status, classified
from rules.interval import Interval
from rules.language import later

Event = Mapping[str, object]
"""One resource or answer of the API, untyped and untrusted."""

KIND = "clearwayKind"
FIRM = "clearwayFirm"
CHANGED = "clearwayChanged"
KEY = "clearwayKey"

NO_ID = later("The event has no id.")
NO_TIME = later("The event has no start or no end.")
BAD_TIME = later("The event has a time that cannot be read.")
MIXED_TIMES = later("The event has a date and a time.")
BACKWARDS = later("The event ends before it starts.")
NO_SLOT = later("The event belongs to a series and does not say where.")
REFUSALS = frozenset({NO_ID, NO_TIME, BAD_TIME, MIXED_TIMES, BACKWARDS, NO_SLOT})
"""Every reason for which an event is left out of a reading, and counted there."""

FOCUS = "focusTime"
_FOCUS_IS_PROTECTED: Mapping[str, Kind] = MappingProxyType({FOCUS.casefold(): Kind.PROTECTED})
_STATUS = {"tentative": Status.TENTATIVE, "cancelled": Status.CANCELLED}
_SHOWN_BY_TYPE = {"outOfOffice": ShowAs.OOF, "workingLocation": ShowAs.WORKING_ELSEWHERE}
_SHOWN = {"": ShowAs.BUSY, "opaque": ShowAs.BUSY, "transparent": ShowAs.FREE}
_NOTHING: Mapping[str, object] = MappingProxyType({})
_NOBODYS = ".calendar.google.com"
_SPLIT = re.compile(r"_R\d{8}(?:T\d{6})?$")
_SLOT = re.compile(r"(\d{8})(?:T\d{6}Z)?")


class Unmapped(ValueError):
    """The event is no occurrence; the message is one of REFUSALS."""


class Removed(Unmapped):
    """A cancelled event of which only the id is left: nothing is missing from the diary."""


# -- reading ------------------------------------------------------------------------------------


def occurrence(event: Event, lens: Lens) -> Occurrence:
    """One event as the core sees it; the master of a series as its first member would be.

    A block of type focusTime that Clearway did not write is one that the leader set by hand, so
    it is protected time and firm (SPEC section 1, "hold"). Raises Unmapped.
    """
    removed = event.get("status") == "cancelled" and "start" not in event
    try:
        return _occurrence(event, lens)
    except Unmapped as error:
        if removed:
            raise Removed(str(error)) from None
        raise


def _occurrence(event: Event, lens: Lens) -> Occurrence:
    uid, slot = identity(event)
    start, end = times(event)
    people = _People(event, lens)
    private = _table(_table(event, "extendedProperties"), "private")
    event_type = _text(event, "eventType")
    ours, changed = _text(private, KIND), _text(private, CHANGED)
    kind = mark.read_kind(ours, (event_type,), _FOCUS_IS_PROTECTED)
    status = _STATUS.get(_text(event, "status"), Status.CONFIRMED)
    show_as = _show_as(event, event_type, tentative=people.tentative or status is Status.TENTATIVE)
    seen = Occurrence(
        uid=uid,
        start=start,
        end=end,
        scored_as=ScoredAs.NONE,
        recurrence_id=slot,
        show_as=show_as,
        private=_text(event, "visibility") not in ("", "default", "public"),
        status=status,
        organizer=people.organizer,
        other_people=people.others,
        external=people.external,
        resources=people.rooms,
        kind=kind,
        firm=mark.read_firm(ours, _text(private, FIRM), kind),
        locked=is_locked(event),
        version=etag(event),
        changed=mark.read_changed(changed) if changed else None,
    )
    others = bool(people.others or people.rooms)
    return classified(seen, declined=people.declined, with_others=others)


def identity(event: Event) -> tuple[str, datetime | date | None]:
    """The id of the event or of its series, and its original start in there. Raises Unmapped."""
    own = _text(event, "id")
    if not own:
        raise Unmapped(NO_ID)
    series = _text(event, "recurringEventId")
    if not series:
        return own, None
    if "originalStartTime" in event:
        return series, _moment(event["originalStartTime"])
    return series, _slot_of(own)


def times(event: Event) -> tuple[datetime | date, datetime | date]:
    """Start and end, both instants in UTC or both dates. Raises Unmapped."""
    start, end = _moment(event.get("start")), _moment(event.get("end"))
    if isinstance(start, datetime) is not isinstance(end, datetime):
        raise Unmapped(MIXED_TIMES)
    if end < start:
        raise Unmapped(BACKWARDS)
    return start, end


def zone_named(name: str) -> ZoneInfo | None:
    """The IANA zone of this name, None where there is none."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return None


def etag(event: Event) -> str:
    """The version, with the quotes that belong to it."""
    return _text(event, "etag")


def shared_id(event: Event) -> str:
    """What the same meeting is called in every calendar, all members of a series alike."""
    return _text(event, "iCalUID") or _text(event, "recurringEventId") or _text(event, "id")


def written_under(event: Event) -> str:
    """The digest of the key of the last change that Clearway made."""
    return _text(_table(_table(event, "extendedProperties"), "private"), KEY)


def is_ours(event: Event) -> bool:
    """Whether Clearway created the event."""
    return bool(_text(_table(_table(event, "extendedProperties"), "private"), KIND))


def is_organizer(event: Event) -> bool:
    """Whether this is the copy of who called it, or an entry that nobody is invited to."""
    organizer = _table(event, "organizer")
    return organizer.get("self") is True or not (organizer or _attendees(event))


def is_series(event: Event) -> bool:
    """Whether the event is the master of a series."""
    return bool(event.get("recurrence"))


def is_locked(event: Event) -> bool:
    """Whether Google lets nobody change the time (an event that another service manages)."""
    return event.get("locked") is True


def addresses(event: Event, lens: Lens) -> tuple[str, ...]:
    """Everybody invited but the leader, rooms too, each once."""
    found: dict[str, None] = {}
    for one in (*_attendees(event), _table(event, "organizer")):
        address = plain_address(_text(one, "email"))
        if address and one.get("self") is not True and address not in lens.me:
            found[address] = None
    return tuple(found)


def own_addresses(event: Event) -> set[str]:
    """The addresses by which an event names the leader."""
    named = (_table(event, "organizer"), *_attendees(event))
    own = (_text(one, "email") for one in named if one.get("self") is True)
    return {address for one in own for address in of_a_person(one)}


def of_a_person(address: str) -> set[str]:
    """An address as a set, empty for that of a calendar which is nobody's main one."""
    plain = plain_address(address)
    return set() if "@" not in plain or plain.endswith(_NOBODYS) else {plain}


def guests_hidden(event: Event) -> bool:
    """Whether there are more people than the list tells."""
    return event.get("attendeesOmitted") is True


def interval(value: object) -> Interval:
    """A busy time of freeBusy.query. Raises Unmapped."""
    if not isinstance(value, dict):
        raise Unmapped(BAD_TIME)
    start, end = (_moment({"dateTime": value.get(name)}) for name in ("start", "end"))
    if not isinstance(start, datetime) or not isinstance(end, datetime):
        raise Unmapped(BAD_TIME)
    if end < start:
        raise Unmapped(BACKWARDS)
    return Interval(start, end)


def _moment(value: object) -> datetime | date:
    """An EventDateTime: an instant in UTC, or a date."""
    if not isinstance(value, dict):
        raise Unmapped(NO_TIME)
    instant = value.get("dateTime")
    try:
        if isinstance(instant, str):
            moment = datetime.fromisoformat(instant)
            if moment.tzinfo is None:
                moment = moment.replace(tzinfo=ZoneInfo(str(value.get("timeZone") or "")))
            return moment.astimezone(UTC)
        day = value.get("date")
        if isinstance(day, str):
            return date.fromisoformat(day)
    except (ValueError, KeyError, OSError, OverflowError):
        raise Unmapped(BAD_TIME) from None
    raise Unmapped(NO_TIME)


def _slot_of(own_id: str) -> datetime | date:
    stamp = own_id.rpartition("_")[2]
    if not _SLOT.fullmatch(stamp):
        raise Unmapped(NO_SLOT)
    try:
        if "T" in stamp:
            return datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        return date.fromisoformat(stamp)
    except ValueError:
        raise Unmapped(NO_SLOT) from None


def _show_as(event: Event, event_type: str, *, tentative: bool) -> ShowAs:
    """Google's transparency and type of event in one word; what is free is free for any type."""
    if event_type == "workingLocation":
        return ShowAs.WORKING_ELSEWHERE
    transparency = _SHOWN.get(_text(event, "transparency"), ShowAs.UNKNOWN)
    if transparency is not ShowAs.BUSY:
        return transparency
    exact = _SHOWN_BY_TYPE.get(event_type)
    return exact or (ShowAs.TENTATIVE if tentative else ShowAs.BUSY)


class _People:
    """Who is invited, counted and compared, then dropped with this object."""

    def __init__(self, event: Event, lens: Lens) -> None:
        answers: list[str] = []
        others: set[str] = set()
        rooms: set[str] = set()
        for number, one in enumerate(_attendees(event)):
            address = plain_address(_text(one, "email"))
            if one.get("self") is True or address in lens.me:
                answers.append(_text(one, "responseStatus"))
            else:
                # who came without an address is somebody all the same
                who = address or str(number)
                (rooms if one.get("resource") is True else others).add(who)
        self.organizer = is_organizer(event)
        organizer = _table(event, "organizer")
        if organizer and not self.organizer:
            address = plain_address(_text(organizer, "email"))
            others |= {address} - lens.me
        self.declined = bool(answers) and all(one == "declined" for one in answers)
        self.tentative = bool(answers) and all(one == "tentative" for one in answers)
        self.others = max(len(others), int(guests_hidden(event)))
        self.rooms = len(rooms)
        self.external = any(
            domain and domain not in lens.organisation for domain in map(domain_of, others)
        )


def _attendees(event: Event) -> list[Mapping[str, object]]:
    found = event.get("attendees")
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _text(table: Mapping[str, object], name: str) -> str:
    value = table.get(name)
    try:
        return value if isinstance(value, str) and value.encode() else ""
    except UnicodeEncodeError:
        return ""


def _table(table: Mapping[str, object], name: str) -> Mapping[str, object]:
    value = table.get(name)
    return value if isinstance(value, dict) else _NOTHING


# -- ids ----------------------------------------------------------------------------------------


class Name(NamedTuple):
    """An event as the contract calls it: the series or event, and the member's stamp."""

    uid: str
    stamp: str


def named(event_id: str) -> Name:
    """What a contract id says: `UID`, or `UID/20261123T090000Z` for a member of a series."""
    uid, slash, stamp = event_id.rpartition("/")
    return Name(uid, stamp) if slash and _SLOT.fullmatch(stamp) else Name(event_id, "")


def own_ids(name: Name) -> tuple[str, ...]:
    """What Google may call the event, likeliest first.

    A member is its series and its original start. The rest of a series that somebody split is
    called `<series>_R<start>`, and its members are called after the series as it was before.
    """
    if not name.stamp:
        return (name.uid,)
    whole = _SPLIT.sub("", name.uid)
    return tuple(dict.fromkeys(f"{uid}_{name.stamp}" for uid in (whole, name.uid)))


def is_named(event: Event, name: Name) -> bool:
    """Whether an event is the one of this name, and not a namesake of another series."""
    series = _text(event, "recurringEventId")
    return series == name.uid if name.stamp else _text(event, "id") == name.uid


def hold_id(key: str) -> str:
    """The id of a new hold: the same for the same key, in the letters that Google allows
    (base32hex, RFC 4648 section 7), and telling nothing."""
    return b32hexencode(sha256(key.encode()).digest()).decode().rstrip("=").lower()


def digest(key: str) -> str:
    """What `clearwayKey` keeps of the key of a change."""
    return sha256(key.encode()).hexdigest()[:32]


# -- writing ------------------------------------------------------------------------------------


def hold_body(
    event_id: str, kind: Kind, when: Interval, text: HoldText, key: str, *, focus: bool
) -> Event:
    """A new hold: shown busy, without a reminder, as focus time where `focus`.

    Google would decline meetings by itself in focus time, mailing whoever called them; that and
    a "do not disturb" are the leader's to choose, so neither is set.
    """
    body: dict[str, object] = {
        "id": event_id,
        "summary": text.title,
        "start": time_body(when.start),
        "end": time_body(when.end),
        "transparency": "opaque",
        "reminders": {"useDefault": False, "overrides": []},
        "extendedProperties": {"private": {KIND: kind.value, KEY: key}},
    }
    if text.text:
        body["description"] = text.text
    if text.private:
        body["visibility"] = "private"
    if focus:
        body["eventType"] = FOCUS
        body["focusTimeProperties"] = {
            "autoDeclineMode": "declineNone",
            "chatStatus": "available",
        }
    return body


def change_body(when: Interval, key: str, changed: datetime | None) -> Event:
    """Another time for an event, and nothing else but our mark: PATCH keeps what is not named."""
    return {
        "start": time_body(when.start),
        "end": time_body(when.end),
        "extendedProperties": {"private": mark_body(key, changed)},
    }


def mark_body(key: str, changed: datetime | None) -> dict[str, str]:
    """Our mark after a change; `changed` is when a meeting was changed, None for a hold."""
    private = {KEY: key}
    if changed is not None:
        private[CHANGED] = mark.write_changed(changed)
    return private


def time_body(moment: datetime) -> Event:
    """An instant as Google takes it."""
    return {"dateTime": moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")}
