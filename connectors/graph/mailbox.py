"""One leader's mailbox as it is looked at: which calendars, in which zone, and each event by id."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from itertools import chain
from zoneinfo import ZoneInfo

from connectors.base import Reading
from connectors.errors import BadAnswer, EventGone, NotPossible, PermissionMissing
from connectors.graph import mapping
from connectors.graph.client import Client, Refused, bounds, segment
from connectors.graph.mapping import Body, Broken, NamedZone, View
from connectors.hold_text import HOLD_TEXTS, HoldText
from connectors.icalendar.zones import Zones
from connectors.lens import Lens, doubts
from connectors.transport import Total
from rules.event import Kind, Occurrence
from rules.interval import Interval
from rules.language import text

DEFAULT_ZONE = ZoneInfo("Europe/London")
PAGE = 500
"""Events on one page: several times what four weeks of a full diary hold."""

EXCEPTIONS = "exceptionOccurrences($select=id,originalStart,isAllDay,start,end)"
"""The `$expand` of the members of a series that were changed by themselves."""

_MEMBER = re.compile(r"(?P<uid>.+)/(?P<day>\d{8})(?:T(?P<clock>\d{6})Z)?", re.S)
_DAY = timedelta(days=1)
_ENOUGH_FOR_A_FIRST = timedelta(days=366 * 2)


@dataclass(frozen=True, slots=True)
class Options:
    """How a mailbox is reached and read.

    `mailbox` is an address or id where it is not the signed-in person's own; an application
    always names one. `scopes` are what the sign-in granted, None for all that was asked. Without
    `people` no attendee is ever requested, which is enough for holds. `calendars` are the ids of
    those that were ticked, the first of which gets new holds; none means the main one.
    """

    me: Collection[str] = field(default=(), repr=False)
    mailbox: str | None = field(default=None, repr=False)
    app_only: bool = False
    scopes: frozenset[str] | None = None
    calendars: tuple[str, ...] = ()
    people: bool = True
    zone: ZoneInfo | None = None
    organisation: Collection[str] = ()
    categories: Mapping[str, Kind] = field(default_factory=dict)
    locked_categories: Collection[str] = ()
    texts: Mapping[Kind, HoldText] = field(default_factory=lambda: HOLD_TEXTS)

    def __post_init__(self) -> None:
        if self.app_only and self.mailbox is None:
            raise ValueError("an application has no mailbox of its own: name one")

    def grants(self, *scopes: str) -> bool:
        """Whether any of these, or the same for shared calendars, was granted."""
        if self.scopes is None:
            return True
        granted = {one.rpartition("/")[2].casefold() for one in self.scopes}
        wanted = {one.casefold() for one in scopes}
        return bool(granted & (wanted | {f"{one}.shared" for one in wanted}))

    @property
    def own_settings(self) -> bool:
        """Whether the settings of this mailbox can be read: a person reads no one else's."""
        own = self.app_only or self.mailbox is None
        return own and self.grants("MailboxSettings.Read", "MailboxSettings.ReadWrite")


@dataclass(frozen=True, slots=True)
class Invited:
    """Who was invited to one of the leader's own meetings when it was read: how many are mailed,
    and every address but the leader's. It lives no longer than the connection."""

    version: str
    mails: int
    addresses: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Slot:
    """The original start in one of our ids; of a whole day its date, as midnight in UTC."""

    start: datetime
    whole_day: bool

    def is_of(self, body: Body) -> bool:
        """Whether a member is the one that is meant."""
        found = mapping.original(body)
        if found is None or (body.get("isAllDay") is True) is not self.whole_day:
            return False
        # a whole day starts at midnight of some zone, and the nearest date is meant
        return found == self.start or (self.whole_day and abs(found - self.start) <= _DAY / 2)


class Mailbox:
    """What is known of the mailbox while this object lives: its zone, whose it is, Graph's ids of
    members, and who is invited to the leader's own meetings."""

    def __init__(self, client: Client, options: Options) -> None:
        self.client = client
        self.options = options
        self.invited: dict[str, Invited] = {}
        """By our ids, as the last reading saw it."""
        self._zones = Zones()
        self._ids: dict[str, str] = {}

    # -- settings -------------------------------------------------------------------------------

    @cached_property
    def lens(self) -> Lens:
        """Who looks: the addresses that were given, else that of the mailbox's owner."""
        options = self.options
        given = Lens.of(
            options.me, options.organisation, options.categories, options.locked_categories
        )
        return given if given.me or not options.people else given.knowing(self._owner())

    def _owner(self) -> tuple[str, ...]:
        try:
            found = self.client.get(f"{self.client.root}/calendar", {"$select": "owner"})
        except (BadAnswer, EventGone, NotPossible, PermissionMissing):
            return ()
        owner = found.get("owner")
        address = owner.get("address") if isinstance(owner, Mapping) else None
        return (address,) if isinstance(address, str) and "@" in address else ()

    @cached_property
    def home(self) -> NamedZone | None:
        """The leader's zone as the settings name it, None where they do not tell."""
        if self.options.zone is not None:
            return NamedZone(self.options.zone.key, self.options.zone)
        if not self.options.own_settings:
            return None
        try:
            return self.named(self.settings("timeZone").get("timeZone"))
        except PermissionMissing:
            return None

    @property
    def zone(self) -> NamedZone:
        """The zone that new times are written in."""
        return self.home or NamedZone(DEFAULT_ZONE.key, DEFAULT_ZONE)

    @cached_property
    def view(self) -> View:
        """How the events of this mailbox are looked at."""
        zone = self.zone.zone
        diary = zone if isinstance(zone, ZoneInfo) else DEFAULT_ZONE
        return View(self.lens, diary, self.options.people, self._zones)

    def settings(self, select: str) -> Body:
        """Some of the mailbox's settings."""
        return self.client.get(f"{self.client.root}/mailboxSettings", {"$select": select})

    def named(self, name: object) -> NamedZone | None:
        """A zone by the name that Exchange gives it."""
        return mapping.named_zone(name, self._zones)

    # -- a window -------------------------------------------------------------------------------

    @property
    def calendars(self) -> list[str]:
        """Where the ticked calendars are."""
        root = self.client.root
        return [f"{root}/calendars/{segment(one)}" for one in self.options.calendars] or [root]

    def read(self, window: Interval) -> Reading:
        """The occurrences that overlap the window, with a count of those that cannot be read.

        Raises TooLarge for more than Total allows in all calendars together.
        """
        view = self.view
        self.invited.clear()
        found: dict[str, Occurrence] = {}
        elsewhere: set[object] = set()
        left_out = seen = 0
        total = Total()
        for path in self.calendars:
            here: set[object] = set()
            for body in self._events(path, window, total):
                seen += 1
                try:
                    one = mapping.occurrence(body, view)
                except Broken:
                    left_out += 1
                    continue
                self.remember(one, body)
                self._note(one, body)
                shared = mapping.text(body.get("iCalUId"))
                here.add(shared)
                again = shared in elsewhere - {""}
                if not again and _shows(one, window, view.zone):
                    found.setdefault(one.id, one)
            elsewhere |= here
        if left_out and left_out == seen:
            raise BadAnswer(text("None of the events that the calendar's server sent can be read."))
        ordered = sorted(found.values(), key=lambda one: (*_instants(one, view.zone), one.id))
        warnings = self._warnings(left_out)
        if self.options.people:
            warnings += doubts(self.lens.me, self.lens.organisation, ordered)
        return Reading(tuple(ordered), view.zone, warnings, left_out)

    def _events(self, path: str, window: Interval, total: Total) -> Iterator[Body]:
        people, several = self.options.people, len(self.options.calendars) > 1
        wanted = {
            **bounds(window),
            "$select": mapping.fields(people=people, several=several),
            "$expand": mapping.expansion(people=people),
            "$top": str(PAGE),
        }
        try:
            yield from self.client.items(f"{path}/calendarView", wanted, total=total)
        except EventGone as error:
            raise NotPossible(
                text("One of the calendars chosen is no longer in the mailbox.")
            ) from error

    def _warnings(self, left_out: int) -> tuple[str, ...]:
        found = []
        if self.home is None:
            found.append(f"The mailbox's time zone cannot be read; {DEFAULT_ZONE.key} is used.")
        if left_out:
            many = "1 event" if left_out == 1 else f"{left_out:,} events"
            verb = "is" if left_out == 1 else "are"
            found.append(f"{many} could not be read and {verb} left out.")
        return tuple(found)

    # -- one event ------------------------------------------------------------------------------

    def path(self, graph_id: object) -> str:
        """Where an event is, by Graph's own id."""
        return f"{self.client.root}/events/{segment(str(graph_id or ''))}"

    def find(self, event_id: str, *more: str) -> Body:
        """The event of one of our ids, with more members of it where asked. Raises EventGone."""
        member = _MEMBER.fullmatch(event_id)
        if member is None:
            return self.client.get(self.path(event_id), self._item(more))
        slot = _slot(member)
        known = self._ids.pop(event_id, None)
        if known is not None:
            body = self._if_there(known, more)
            if body is not None and slot.is_of(body):
                self._ids[event_id] = known
                return body
        found = self._member(member["uid"], slot)
        body = self.client.get(self.path(found), self._item(more))
        self._ids[event_id] = found
        return body

    def first(self, master: Body) -> Body:
        """The first member that a series still has. Raises EventGone."""
        start = self.instant(master, "start")
        try:
            around = Interval(start - _DAY, start + _ENOUGH_FOR_A_FIRST)
        except OverflowError:
            raise BadAnswer(text("The server's answer holds a time that cannot be.")) from None
        ordered = {**self._item(()), "$orderby": "start/dateTime"}
        one = next(self.instances(master.get("id"), around, ordered, page=1), None)
        if one is None:
            raise EventGone
        return one

    def at(self, master: Body, when: Interval) -> Occurrence | None:
        """The member of a series that is exactly at that time."""
        for body in self.instances(master.get("id"), when, self._item(())):
            one = self.occurrence(body)
            if not one.all_day and one.span == when:
                return one
        return None

    def instances(
        self, uid: object, window: Interval, wanted: Mapping[str, str], page: int = 100
    ) -> Iterator[Body]:
        """The members of a series that overlap a window. Raises EventGone."""
        params = {**wanted, **bounds(window), "$top": str(page)}
        try:
            for one in self.client.items(f"{self.path(uid)}/instances", params):
                if isinstance(one, dict) and isinstance(one.get("id"), str):
                    yield one
        except Refused as error:
            # what is no series has no members
            raise EventGone from error

    def exceptions(self, uid: object) -> Iterator[Body]:
        """The members of a series that were changed by themselves. Raises EventGone."""
        found = self.client.get(self.path(uid), {"$select": "id", "$expand": EXCEPTIONS})
        return exceptions(found)

    def occurrence(self, body: Body) -> Occurrence:
        """An event as the core knows it. Raises BadAnswer where it cannot be understood."""
        try:
            return mapping.occurrence(body, self.view)
        except Broken as error:
            raise BadAnswer(
                text("The calendar's server sent an event that makes no sense.")
            ) from error

    def instant(self, body: Body, name: str) -> datetime:
        """The start or end of an event. Raises BadAnswer."""
        try:
            return mapping.instant(body.get(name), self._zones)
        except Broken as error:
            raise BadAnswer(
                text("The calendar's server sent an event that makes no sense.")
            ) from error

    def remember(self, one: Occurrence, body: Body) -> None:
        """Keep Graph's own id of a member of a series, to find it again in one request."""
        if one.recurrence_id is not None and isinstance(body.get("id"), str):
            self._ids[one.id] = body["id"]

    def _note(self, one: Occurrence, body: Body) -> None:
        if one.organizer and self.options.people:
            mails = mapping.other_people(body, self.lens)
            self.invited[one.id] = Invited(one.version, mails, self.others(body))

    def others(self, body: Body) -> tuple[str, ...]:
        """The addresses of everybody invited but the leader, rooms too."""
        return tuple(each for each in mapping.invited(body) if each not in self.lens.me)

    def _item(self, more: Iterable[str]) -> dict[str, str]:
        people = self.options.people
        return {
            "$select": ",".join((mapping.fields(people=people, writing=True), *more)),
            "$expand": mapping.expansion(people=people),
        }

    def _if_there(self, graph_id: str, more: Iterable[str]) -> Body | None:
        try:
            return self.client.get(self.path(graph_id), self._item(more))
        except EventGone:
            return None

    def _member(self, uid: str, slot: _Slot) -> str:
        """Graph's own id of a member: where it was at first, else among those that were moved."""
        around = Interval(slot.start - _DAY, slot.start + 2 * _DAY)
        near = self.instances(uid, around, {"$select": "id,originalStart,isAllDay"})
        for one in chain(near, self.exceptions(uid)):
            if slot.is_of(one):
                return str(one["id"])
        raise EventGone


def exceptions(master: Body) -> Iterator[Body]:
    """The changed members that were read with a series."""
    listed = master.get("exceptionOccurrences")
    if isinstance(listed, list):
        yield from (one for one in listed if isinstance(one, dict) and one.get("id"))


def is_series(body: Body) -> bool:
    """Whether an event stands for all of a series."""
    return body.get("type") == "seriesMaster"


def _slot(member: re.Match[str]) -> _Slot:
    """Raises EventGone for what is no date."""
    try:
        text = f"{member['day']}T{member['clock'] or '000000'}"
        found = datetime.strptime(text, "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
    except ValueError as error:
        raise EventGone from error
    if not 1900 < found.year < 9000:
        raise EventGone
    return _Slot(found, member["clock"] is None)


def _shows(one: Occurrence, window: Interval, zone: ZoneInfo) -> bool:
    """Whether it overlaps the window; one without length belongs where it starts."""
    start, end = _instants(one, zone)
    return window.holds(start) if start == end else window.overlaps(Interval(start, end))


def _instants(one: Occurrence, zone: ZoneInfo) -> tuple[datetime, datetime]:
    if not one.all_day:
        return one.span.start, one.span.end
    return midnight(one.start, zone), midnight(one.end, zone)


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """When a local date begins."""
    return datetime.combine(day, time(), zone).astimezone(UTC)
