"""What the fake keeps: people, their calendars, the events on each, and the mails that went out."""

import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal
from zoneinfo import ZoneInfo

from app.clock import now
from tests.fakes.google.recurrence import has_slot, is_master, member, slot_named
from tests.fakes.google.refusal import Json, not_found
from tests.fakes.google.times import zone_of

MailKind = Literal["invitation", "update", "cancellation", "response"]
HOLIDAYS = "en.uk#holiday@group.v.calendar.google.com"


@dataclass(frozen=True, slots=True)
class Mail:
    """One message to one person."""

    to: str
    sender: str
    kind: MailKind
    ical_uid: str


@dataclass(slots=True)
class Item:
    """One event resource on one calendar. `tick` tells when it changed last, `version` its etag."""

    body: Json
    tick: int
    version: int

    @property
    def etag(self) -> str:
        """With its quotes, as the API has it."""
        return f'"{self.version}"'

    @property
    def cancelled(self) -> bool:
        """Whether it is deleted."""
        return bool(self.body["status"] == "cancelled")


@dataclass(slots=True)
class Calendar:
    """One calendar. `lost` keeps members of series that a new rule no longer gives."""

    id: str
    name: str
    zone: ZoneInfo
    owner: str
    primary: bool = False
    role: str = "owner"
    items: dict[str, Item] = field(default_factory=dict)
    lost: dict[str, Item] = field(default_factory=dict)
    tick: int = 0

    def exceptions(self, master_id: str) -> list[Item]:
        """The members of a series that differ from their rule."""
        return [one for one in self.items.values() if one.body.get("recurringEventId") == master_id]


@dataclass(slots=True)
class Person:
    """An account. The primary calendar has the account's address as its id."""

    address: str
    workspace: bool
    calendars: dict[str, Calendar] = field(default_factory=dict)

    @property
    def primary(self) -> Calendar:
        """The calendar that invitations come to."""
        return self.calendars[self.address]


class Store:
    """Everything, behind one lock. `changed` hears of each calendar that was written to."""

    def __init__(self, changed: Callable[[Calendar], None]) -> None:
        self.people: dict[str, Person] = {}
        self.mails: list[Mail] = []
        self.tick = 0
        self._version = 0
        self._lock = threading.RLock()
        self._touched: dict[str, Calendar] = {}
        self._changed = changed

    @contextmanager
    def open(self) -> Iterator[None]:
        """Everything inside is one step for everybody else."""
        with self._lock:
            try:
                yield
            finally:
                touched, self._touched = self._touched, {}
                for calendar in touched.values():
                    self._changed(calendar)

    def add_person(self, address: str, zone: str, *, workspace: bool) -> Person:
        """A new account with a primary calendar and its country's holidays."""
        address = address.lower()
        person = Person(address, workspace)
        place = zone_of(zone)
        person.calendars = {
            HOLIDAYS: Calendar(
                HOLIDAYS, "Holidays in United Kingdom", place, address, role="reader"
            ),
            address: Calendar(address, address, place, address, primary=True),
        }
        self.people[address] = person
        return person

    def add_calendar(self, person: Person, name: str) -> Calendar:
        """A second calendar."""
        new = f"c_{secrets.token_hex(16)}@group.calendar.google.com"
        person.calendars[new] = Calendar(new, name, person.primary.zone, person.address)
        return person.calendars[new]

    def person(self, address: str) -> Person | None:
        """Whose address this is, None for somebody who has no account."""
        return self.people.get(address.lower())

    def calendar(self, person: Person, calendar_id: str) -> Calendar:
        """A calendar that somebody may see. What belongs to others is not found."""
        name = person.address if calendar_id == "primary" else calendar_id.lower()
        found = person.calendars.get(name)
        if found is None:
            raise not_found()
        return found

    def organizers(self, body: Json) -> Calendar | None:
        """The calendar that an event was called on."""
        address = body["organizer"]["email"]
        for person in self.people.values():
            if address in person.calendars and person.calendars[address].role == "owner":
                return person.calendars[address]
        return None

    def find(self, calendar: Calendar, event_id: str) -> Item:
        """An event by its id, or the member of a series that its rule gives."""
        if event_id in calendar.items:
            return calendar.items[event_id]
        master_id, _, text = event_id.rpartition("_")
        master, slot = calendar.items.get(master_id), slot_named(text)
        if master is None or slot is None or not is_master(master.body):
            raise not_found()
        if not has_slot(master.body, slot):
            raise not_found()
        return Item(member(master.body, slot), master.tick, master.version)

    def commit(self, calendar: Calendar, body: Json) -> Item:
        """Keep a resource as it is now, under a new etag."""
        body["updated"] = f"{now():%Y-%m-%dT%H:%M:%S}.000Z"
        item = Item(body, *self._stamp(calendar))
        calendar.items[body["id"]] = item
        calendar.lost.pop(body["id"], None)
        return item

    def lose(self, calendar: Calendar, item: Item) -> None:
        """Take out a member that its series no longer has; whoever follows the changes is told."""
        calendar.items.pop(item.body["id"], None)
        gone = {**item.body, "status": "cancelled"}
        calendar.lost[item.body["id"]] = Item(gone, *self._stamp(calendar))

    def _stamp(self, calendar: Calendar) -> tuple[int, int]:
        self.tick += 1
        calendar.tick = self.tick
        self._touched[calendar.id] = calendar
        self._version = max(self._version + 2, int(now().timestamp()) * 2000)
        return self.tick, self._version
