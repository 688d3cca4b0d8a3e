"""The mailboxes, their events, and how a series becomes what is seen of it.

Meeting   what everybody invited shares; an appointment is a meeting with nobody
Entry     a meeting in one mailbox: its own ids, show-as, marks and answers
Seen      one line of a calendar: a single event, a master, or one member of a series
"""

import base64
import hashlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any
from uuid import NAMESPACE_DNS, uuid5

from tests.fakes.graph import recurrence, zones
from tests.fakes.graph.values import NEVER, Json, Mail, Quirks, Refused, WorkingHours

UID_HEAD = "040000008200E00074C5B7101A82E008"


@dataclass(slots=True)
class Attendee:
    """Somebody invited, and the answer as the organiser knows it."""

    address: str
    name: str
    kind: str = "required"
    response: str = "none"
    time: str = NEVER
    proposed: Json | None = None


@dataclass(slots=True)
class When:
    """A start and an end on the wall, each in its zone."""

    start: datetime
    end: datetime
    start_zone: str
    end_zone: str

    @property
    def first(self) -> datetime:
        """The moment it starts."""
        return zones.instant(self.start, self.start_zone)

    @property
    def last(self) -> datetime:
        """The moment it ends."""
        return zones.instant(self.end, self.end_zone)

    def on(self, day: date) -> "When":
        """The same times of day, beginning on another day."""
        start = datetime.combine(day, self.start.time())
        return When(start, start + (self.end - self.start), self.start_zone, self.end_zone)


@dataclass(slots=True)
class Part:
    """What the organiser changed in one member of a series."""

    shared: Json = field(default_factory=dict)
    when: When | None = None
    attendees: list[Attendee] | None = None


@dataclass(slots=True)
class Meeting:
    """What organiser and attendees share."""

    uid: str
    organizer: str
    organizer_name: str
    shared: Json
    when: When
    recurrence: Json | None = None
    attendees: list[Attendee] = field(default_factory=list)
    changed: dict[date, Part] = field(default_factory=dict)
    dropped: set[date] = field(default_factory=set)
    answers: dict[date, dict[str, Attendee]] = field(default_factory=dict)
    """The answers to one member only."""

    def ical_uid(self, slot: date | None) -> str:
        """The iCalUId, which names the day of a member."""
        day = f"{slot.year:04X}{slot.month:02X}{slot.day:02X}" if slot else "00000000"
        return f"{UID_HEAD}{day}{self.uid}"

    def invited(self, slot: date | None) -> list[Attendee]:
        """Everybody invited to all of it, or to one member."""
        part = self.changed.get(slot) if slot else None
        found = part.attendees if part and part.attendees is not None else self.attendees
        own = self.answers.get(slot, {}) if slot else {}
        return [own.get(each.address, each) for each in found]

    def has(self, slot: date) -> bool:
        """Whether a day is one of the pattern."""
        return self.recurrence is not None and any(recurrence.between(self.recurrence, slot, slot))


@dataclass(slots=True)
class Entry:
    """A meeting in one mailbox."""

    key: int
    calendar: str
    meeting: Meeting
    own: Json
    created: datetime
    modified: datetime
    version: int
    own_parts: dict[date, Json] = field(default_factory=dict)
    versions: dict[date, int] = field(default_factory=dict)
    gone: set[date] = field(default_factory=set)
    """Members that this attendee alone removed or declined."""
    cancelled: set[date | None] = field(default_factory=set)
    """What the organiser called off and is still here: a member, or None for all."""
    properties: dict[date | None, dict[str, str]] = field(default_factory=dict)
    transaction: str | None = None

    def touched(self, slot: date | None) -> bool:
        """Whether a member is an exception here."""
        return slot in self.meeting.changed or slot in self.own_parts or slot in self.cancelled

    def absent(self, slot: date) -> bool:
        """Whether a member is not in this calendar."""
        off = slot in self.meeting.dropped and slot not in self.cancelled
        return off or slot in self.gone


@dataclass(frozen=True, slots=True)
class Seen:
    """One line of a calendar."""

    box: "Box"
    entry: Entry
    slot: date | None
    type: str
    when: When
    members: Json
    attendees: list[Attendee]

    @property
    def organizer(self) -> bool:
        """Whether this calendar's owner called it."""
        return self.entry.meeting.organizer == self.box.address

    @property
    def whole_day(self) -> bool:
        """Whether it lasts whole days."""
        return bool(self.members.get("isAllDay"))

    @property
    def cancelled(self) -> bool:
        """Whether the organiser called it off."""
        return bool({None, self.slot} & self.entry.cancelled or self.members.get("isCancelled"))

    @property
    def original(self) -> datetime | None:
        """When a member of a series was to start (aware UTC)."""
        return self.entry.meeting.when.on(self.slot).first if self.slot else None

    @property
    def change_key(self) -> str:
        """What changes whenever anything of it does."""
        version = self.entry.versions.get(self.slot, 0) if self.slot else 0
        text = f"{self.box.number}/{self.entry.key}/{max(version, self.entry.version)}"
        return base64.b64encode(hashlib.sha256(text.encode()).digest()[:18]).decode()

    @property
    def etag(self) -> str:
        """The change key as a weak entity tag."""
        return f'W/"{self.change_key}"'

    def properties(self) -> dict[str, str]:
        """The extended properties, a member's own over its series'."""
        found = self.entry.properties
        return found.get(None, {}) | (found.get(self.slot, {}) if self.slot else {})


@dataclass(slots=True)
class CalendarFolder:
    """One of the calendars of a mailbox."""

    id: str
    name: str
    default: bool = False
    can_edit: bool = True


@dataclass(slots=True)
class Gone:
    """What is left of an event that was removed."""

    sequence: int
    key: int
    calendar: str


@dataclass(slots=True)
class Box:
    """A mailbox."""

    number: int
    address: str
    zone: str
    hours: WorkingHours | None
    calendars: dict[str, CalendarFolder]
    entries: dict[int, Entry] = field(default_factory=dict)
    removed: list[Gone] = field(default_factory=list)
    at_once: int = 0
    categories: list[Json] = field(default_factory=list)

    @property
    def id(self) -> str:
        """The directory's id of the person."""
        return str(uuid5(NAMESPACE_DNS, self.address))

    @property
    def name(self) -> str:
        """A display name out of the address."""
        return self.address.partition("@")[0].replace(".", " ").title()

    @property
    def default(self) -> str:
        """The id of the default calendar."""
        return next(each.id for each in self.calendars.values() if each.default)

    def of(self, meeting: Meeting) -> Entry | None:
        """This mailbox's copy of a meeting."""
        return next((each for each in self.entries.values() if each.meeting is meeting), None)

    # -- what is seen of an entry ----------------------------------------------------------------

    def whole(self, entry: Entry) -> Seen:
        """A single event or a series master."""
        meeting = entry.meeting
        members = {**meeting.shared, **entry.own}
        kind, when = "singleInstance", meeting.when
        if meeting.recurrence is not None:
            kind = "seriesMaster"
            first = next(recurrence.days(meeting.recurrence), None)
            when = when.on(first) if first else when
        return Seen(self, entry, None, kind, when, members, meeting.invited(None))

    def member(self, entry: Entry, slot: date) -> Seen:
        """One member of a series."""
        meeting, part = entry.meeting, entry.meeting.changed.get(slot, Part())
        members = {
            **meeting.shared,
            **part.shared,
            **entry.own,
            **entry.own_parts.get(slot, {}),
        }
        when = part.when or meeting.when.on(slot)
        kind = "exception" if entry.touched(slot) else "occurrence"
        return Seen(self, entry, slot, kind, when, members, meeting.invited(slot))

    def find(self, key: int, slot: date | None) -> Seen:
        """An event or a member by its parts of the id. Raises Refused 404."""
        entry = self.entries.get(key)
        if entry is None:
            raise Refused(404, "ErrorItemNotFound", "The object was not found in the store.")
        if slot is None:
            return self.whole(entry)
        if entry.absent(slot) or not entry.meeting.has(slot):
            raise Refused(404, "ErrorItemNotFound", "The object was not found in the store.")
        return self.member(entry, slot)

    def members(self, entry: Entry, start: datetime, end: datetime) -> Iterator[Seen]:
        """The members of a series that overlap a window, moved ones where they are now."""
        meeting = entry.meeting
        if meeting.recurrence is None:
            return
        slack = timedelta(days=2) + (meeting.when.end - meeting.when.start)
        for day in recurrence.between(
            meeting.recurrence, (start - slack).date(), (end + slack).date()
        ):
            if day not in meeting.changed and not entry.absent(day):
                seen = self.member(entry, day)
                if overlaps(seen.when, start, end):
                    yield seen
        for day in sorted(meeting.changed):
            if not entry.absent(day) and meeting.has(day):
                seen = self.member(entry, day)
                if overlaps(seen.when, start, end):
                    yield seen

    def view(self, calendar: str, start: datetime, end: datetime) -> list[Seen]:
        """A window with series expanded, in no promised order."""
        return [
            seen
            for entry in self.entries.values()
            if entry.calendar == calendar
            for seen in self.of_entry(entry, start, end)
        ]

    def of_entry(self, entry: Entry, start: datetime, end: datetime) -> list[Seen]:
        """What one entry has in a window."""
        if entry.meeting.recurrence is not None:
            return list(self.members(entry, start, end))
        seen = self.whole(entry)
        return [seen] if overlaps(seen.when, start, end) else []


def overlaps(when: When, start: datetime, end: datetime) -> bool:
    """Whether something is in a window; touching is not, but for an event without length."""
    if when.first == when.last:
        return start <= when.first < end
    return when.first < end and when.last > start


Listener = Callable[[Box, Entry, date | None, str], None]


class World:
    """Everything behind the service. Whoever touches it holds `lock`."""

    def __init__(self, clock: Callable[[], datetime] | None = None) -> None:
        self.clock = clock or _clock
        self.quirks = Quirks()
        self.lock = threading.RLock()
        self.boxes: dict[str, Box] = {}
        self.mails: list[Mail] = []
        self.listeners: list[Listener] = []
        self.sequence = 0
        self._keys = count(1)

    def add_box(self, address: str, zone: str, hours: WorkingHours | None) -> Box:
        """A new mailbox with its default calendar."""
        number = len(self.boxes) + 1
        box = Box(number, address.lower(), zone, hours, {})
        self.boxes[box.address] = box
        self.add_calendar(box, "Calendar", default=True)
        return box

    def add_calendar(
        self, box: Box, name: str, *, default: bool = False, can_edit: bool = True
    ) -> CalendarFolder:
        """One more calendar in a mailbox."""
        text = f"{box.number}/{len(box.calendars)}"
        calendar = CalendarFolder("AQMkAD" + _text(text), name, default, can_edit)
        box.calendars[calendar.id] = calendar
        return calendar

    def box(self, name: str) -> Box:
        """A mailbox by address or directory id. Raises Refused 404."""
        for box in self.boxes.values():
            if name.lower() in (box.address, box.id):
                return box
        raise Refused(404, "ErrorNonExistentMailbox", "No mailbox has this address.")

    def add_entry(
        self, box: Box, meeting: Meeting, own: Json, calendar: str | None = None
    ) -> Entry:
        """Put a meeting into a mailbox."""
        now = self.clock()
        entry = Entry(next(self._keys), calendar or box.default, meeting, own, now, now, 0)
        box.entries[entry.key] = entry
        self.bump(box, entry, None, "created")
        return entry

    def remove_entry(self, box: Box, entry: Entry) -> None:
        """Take one out of a mailbox, leaving what a round has to say about it."""
        self.sequence += 1
        del box.entries[entry.key]
        box.removed.append(Gone(self.sequence, entry.key, entry.calendar))
        self._tell(box, entry, None, "deleted")

    def bump(self, box: Box, entry: Entry, slot: date | None, kind: str = "updated") -> None:
        """Note a change: another etag, for all of a series when one member changes."""
        self.sequence += 1
        entry.version = self.sequence
        entry.modified = self.clock()
        if slot:
            entry.versions[slot] = self.sequence
        self._tell(box, entry, slot, kind)

    def new_uid(self) -> str:
        """The part of an iCalUId that is the meeting's own."""
        digest = hashlib.sha256(f"meeting {next(self._keys)}".encode()).hexdigest()
        return f"DA2B357D94B5D201{'0' * 16}10000000{digest[:32].upper()}"

    def _tell(self, box: Box, entry: Entry, slot: date | None, kind: str) -> None:
        for listener in self.listeners:
            listener(box, entry, slot, kind)


def _clock() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 # a server has a clock


# -- ids ----------------------------------------------------------------------------------------

_IMMUTABLE, _USUAL = "AAkALg", "AAMkAD"


def identify(seen: Seen, *, immutable: bool) -> str:
    """The id of what is seen, of the one kind or the other."""
    return make_id(seen.box, seen.entry.key, seen.slot, immutable=immutable)


def make_id(box: Box, key: int, slot: date | None, *, immutable: bool) -> str:
    """An id, which holds in one mailbox only."""
    text = f"{box.number}/{key}/{slot.isoformat() if slot else ''}/item"
    return (_IMMUTABLE if immutable else _USUAL) + _text(text)


def parse_id(box: Box, text: str) -> tuple[int, date | None]:
    """What an id of either kind names. Raises Refused 400 and 404."""
    head, tail = text[:6], text[6:]
    try:
        number, key, slot, _ = base64.urlsafe_b64decode(tail).decode().split("/")
        found = int(number), int(key), date.fromisoformat(slot) if slot else None
    except ValueError:
        raise Refused(400, "ErrorInvalidIdMalformed", "Id is malformed.") from None
    if head not in (_IMMUTABLE, _USUAL):
        raise Refused(400, "ErrorInvalidIdMalformed", "Id is malformed.")
    if found[0] != box.number:
        raise Refused(404, "ErrorItemNotFound", "The object was not found in the store.")
    return found[1], found[2]


def _text(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode()


def person(address: str, name: str) -> dict[str, Any]:
    """How Graph writes a person."""
    return {"emailAddress": {"name": name, "address": address}}
