"""A leader's Google calendars behind the contract of `connectors.base`."""

import json
import time
import uuid
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock_time
from hashlib import sha256
from typing import NamedTuple
from zoneinfo import ZoneInfo

import httpx

from connectors.base import (
    Ability,
    Calendar,
    Made,
    Reading,
    Subscription,
    Synced,
    SyncState,
    check,
)
from connectors.errors import (
    NO_HOLD,
    BadAnswer,
    ConnectorError,
    EventChanged,
    EventGone,
    NotPossible,
    PermissionMissing,
    SuddenlyEmpty,
)
from connectors.google import channels, mapping
from connectors.google.auth import Access, abilities
from connectors.google.client import (
    BASE,
    MOST_ASKED,
    Client,
    Conflict,
    Duplicate,
    Forgotten,
    Refused,
)
from connectors.google.mapping import Event
from connectors.google.series import EDITED, Shift
from connectors.hold_text import DISCREET, HOLD_TEXTS, HoldText
from connectors.lens import Lens, doubts
from connectors.transport import Total
from rules.change import Change, ChangeKind
from rules.event import Kind, Occurrence, Status
from rules.interval import Interval, merge
from rules.language import later, text

LOCKED = later("Another service manages this event, so its time cannot be changed here.")
IGNORED = later("Google left the event where it was: only its organiser can change it.")
HIDDEN = later("Google does not show who else is invited.")

_DEFAULT_ZONE = "Europe/London"
_SECOND = timedelta(seconds=1)
_WRITABLE = frozenset({"owner", "writer", "writerWithoutPrivateAccess"})
_HOLDS = frozenset({ChangeKind.HOLD_CREATE, ChangeKind.HOLD_MOVE, ChangeKind.HOLD_DELETE})


_Key = tuple[str, datetime | date | None]
"""One meeting in all calendars: its iCalUID, and its original start in a series."""


class _Place(NamedTuple):
    """An event, and the calendar that it was found in."""

    calendar: str
    event: Event


@dataclass(frozen=True, slots=True)
class _Invited:
    """Who was invited to a meeting when it was read. It lives no longer than the connection."""

    version: str
    mails: int
    addresses: tuple[str, ...] = field(repr=False)


class GoogleDiary:
    """The ticked calendars of one account; new holds go to the first.

    `people` says whether the guest list may be asked for: without it, only whether anybody else is
    invited is known, and counts are the least that there can be. `zone` overrides the first
    calendar's own. One thread at a time may use it; give it back with `close`.
    """

    def __init__(
        self,
        access: Access,
        lens: Lens,
        *,
        calendars: Sequence[str] = ("primary",),
        people: bool = True,
        zone: ZoneInfo | None = None,
        texts: Mapping[Kind, HoldText] = HOLD_TEXTS,
        base: str = BASE,
        pause: Callable[[float], None] = time.sleep,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        """Raises PermissionMissing where the granted scopes do not let events be read."""
        if not calendars:
            raise NotPossible(text("No calendar is ticked."))
        self.abilities = abilities(access.scopes)
        self._client = Client(access.token, base=base, pause=pause, transport=transport)
        self._calendars = tuple(calendars)
        self._lens = lens
        self._people = people
        self._zone = zone
        self._texts = texts
        self._focus = True
        """Whether this account may have focus time, until Google has refused one."""
        self._guests: dict[str, _Invited] = {}
        """Who is invited to the leader's own meetings, as the last reading saw it."""
        self._asked = False
        """Whether the account was asked whose it is."""

    def close(self) -> None:
        """Let go of the connections."""
        self._guests.clear()
        self._client.close()

    # -- reading ----------------------------------------------------------------------------------

    def read(self, window: Interval) -> Reading:
        """The occurrences that overlap the window, one request for each 2,500 of a calendar.

        Raises BadAnswer where there are events and none can be read, and TooLarge for more than
        Total allows in all calendars together.
        """
        total = Total()
        # timeMin is an excluded end: an event without length at the window's start belongs
        since = window.start - _SECOND
        listings = [
            self._client.window(calendar, since, window.end, people=self._people, total=total)
            for calendar in self._calendars
        ]
        self._guests.clear()
        self._learn([event for each in listings for event in each.events])
        found: dict[_Key, Occurrence] = {}
        seen = sum(len(each.events) for each in listings)
        left_out = sum(self._gather(each.events, found) for each in listings)
        if seen and left_out == seen:
            raise BadAnswer(text("None of the events in Google's answer can be read."))
        zone, warnings = self._zone_of(listings[0].zone)
        timed = sorted(_Timed(one, zone) for one in found.values())
        shown = tuple(one.occurrence for one in timed if one.in_window(window))
        if left_out:
            warnings += (_left_out(left_out),)
        if self._people:
            warnings += doubts(self._lens.me, self._lens.organisation, shown)
        return Reading(shown, zone, warnings, left_out)

    def _learn(self, events: Sequence[Event]) -> None:
        """Whose diary it is, where nobody has said so: the events tell, else the account, once."""
        if self._lens.me or not self._people:
            return
        found = {one for event in events for one in mapping.own_addresses(event)}
        if not found and Ability.CALENDARS in self.abilities and not self._asked:
            self._asked = True
            with suppress(BadAnswer, EventGone, NotPossible, PermissionMissing):
                found = mapping.of_a_person(self._client.main_calendar())
        self._lens = self._lens.knowing(found)

    def _gather(self, events: Sequence[Event], found: dict[_Key, Occurrence]) -> int:
        """Add what can be read; how many cannot."""
        left_out = 0
        for event in events:
            try:
                one = mapping.occurrence(event, self._lens)
            except mapping.Removed:
                continue
            except mapping.Unmapped:
                left_out += 1
                continue
            key = (mapping.shared_id(event), one.recurrence_id)
            # of one meeting in two calendars, the copy that can be changed counts
            if key not in found or (one.organizer and not found[key].organizer):
                found[key] = one
                self._note(one, event)
        return left_out

    def _note(self, one: Occurrence, event: Event) -> None:
        if self._people and one.organizer and not mapping.guests_hidden(event):
            addresses = mapping.addresses(event, self._lens)
            self._guests[one.id] = _Invited(one.version, one.other_people, addresses)

    def get(self, event_id: str) -> Occurrence:
        """One occurrence; for the UID of a series its first."""
        place = self._locate(event_id, people=self._people)
        if not mapping.is_series(place.event):
            return self._seen(place.event)
        members = self._client.members(
            place.calendar, _own_id(place.event), None, people=self._people
        )
        if not members:
            raise EventGone
        return min((self._seen(one) for one in members), key=_start)

    def sync(
        self, window: Interval, state: SyncState | None = None, *, allow_empty: bool = False
    ) -> Synced:
        """The window anew where Google's sync tokens tell of any change.

        The tokens only say that something changed: lists of changes expand no series. Each
        calendar has its own.
        """
        known = self._tokens(state) if state is not None and state.window == window else None
        if state is not None and known is not None:
            changed, tokens = self._changes(window, known)
            if not changed:
                return Synced(SyncState(self._packed(tokens), window, state.events), None)
        else:
            _, tokens = self._changes(window, [""] * len(self._calendars))
        reading = self.read(window)
        count = len(reading.occurrences)
        if state is not None and state.events and not count and not allow_empty:
            raise SuddenlyEmpty
        return Synced(SyncState(self._packed(tokens), window, count), reading)

    # -- writing ----------------------------------------------------------------------------------

    def make(self, change: Change, *, key: str, stamp: datetime) -> Made:
        """Make a change whose event still is what the plan saw. See `DiaryWriter.make`."""
        if Ability.HOLDS not in self.abilities:
            raise NotPossible(text("The sign-in lets Clearway read this calendar, not change it."))
        if change.kind is ChangeKind.HOLD_CREATE:
            return self._create(change, key)
        people = change.kind not in _HOLDS
        place = self._locate(change.event_id or "", people=people)
        if mapping.is_series(place.event):
            return self._change_series(place, change, mapping.digest(key), stamp)
        return self._change_one(place, change, mapping.digest(key), stamp)

    def mails(self, change: Change) -> int:
        """One to each other person, and again for each member that was changed on its own where a
        series is. Rooms are resources: they answer by themselves and get no mail."""
        if change.event_id is None:
            return 0
        place = self._locate(change.event_id, people=change.kind not in _HOLDS)
        if change.kind in _HOLDS:
            return 0
        known = self._seen(place.event)
        if not mapping.is_series(place.event):
            return known.other_people
        live, _ = self._exceptions(place, people=True)
        carried = [self._seen(one) for one in self._carried(live, change)]
        return known.other_people * (1 + len(live)) + sum(one.other_people for one in carried)

    def read_mails(self, change: Change) -> int | None:
        """The same without a request, by what the last reading saw; None where it saw another
        version of the event or none."""
        known = self._guests.get(change.event_id or "")
        return known.mails if known is not None and known.version == change.version else None

    def read_invited(self, event_id: str) -> tuple[str, ...] | None:
        """As `invited`, without a request, by what the last reading saw."""
        known = self._guests.get(event_id)
        return known.addresses if known is not None else None

    # -- people -----------------------------------------------------------------------------------

    def busy(
        self, people: Collection[str], window: Interval
    ) -> Mapping[str, tuple[Interval, ...] | None]:
        """When each address is busy, at most 50 to a request; None where Google does not say."""
        self._need(Ability.FREE_BUSY)
        asked = sorted(set(people))
        told: dict[str, object] = {}
        for first in range(0, len(asked), MOST_ASKED):
            told |= self._client.busy(asked[first : first + MOST_ASKED], window)
        return {each: _busy(told.get(each)) for each in people}

    def invited(self, event_id: str) -> tuple[str, ...]:
        """The addresses of everybody invited but the leader. Raises NotPossible if hidden."""
        event = self._locate(event_id, people=True).event
        if mapping.guests_hidden(event):
            raise NotPossible(HIDDEN)
        return mapping.addresses(event, self._lens)

    def calendars(self) -> tuple[Calendar, ...]:
        """The calendars whose events the account can see, the main one first."""
        self._need(Ability.CALENDARS)
        found = [one for each in self._client.calendars() if (one := _calendar(each)) is not None]
        return tuple(sorted(found, key=lambda one: not one.primary))

    # -- push -------------------------------------------------------------------------------------

    def watch(self, address: str, *, key: str) -> Subscription:
        """Open a channel for each calendar."""
        return self._open(address, channels.secret_of(key))

    def renew(self, subscription: Subscription) -> Subscription:
        """New channels, and only then the end of the old ones, so that no change falls between."""
        known = channels.unpack(subscription)
        fresh = self._open(known.address, subscription.secret)
        self._stop(known.channels)
        return fresh

    def unwatch(self, subscription: Subscription) -> None:
        """Close the channels. A call that is on its way may still come."""
        self._stop(channels.unpack(subscription).channels)

    # -- events -----------------------------------------------------------------------------------

    def _locate(self, event_id: str, *, people: bool) -> _Place:
        """The event of this id, in the calendar whose copy counts. Raises EventGone."""
        found: _Place | None = None
        for calendar in self._calendars:
            event = self._event(calendar, mapping.named(event_id), people=people)
            if event is not None and mapping.is_organizer(event):
                return _Place(calendar, event)
            if event is not None and found is None:
                found = _Place(calendar, event)
        if found is None:
            raise EventGone
        return found

    def _event(self, calendar: str, name: mapping.Name, *, people: bool) -> Event | None:
        for own_id in mapping.own_ids(name):
            try:
                event = self._client.event(calendar, own_id, people=people)
            except EventGone:
                continue
            if mapping.is_named(event, name):
                return event
        return None

    def _seen(self, event: Event) -> Occurrence:
        """An event that is asked for by itself. Raises BadAnswer where it cannot be read."""
        try:
            return mapping.occurrence(event, self._lens)
        except mapping.Unmapped as error:
            raise BadAnswer(str(error)) from None

    def _zone_of(self, name: str) -> tuple[ZoneInfo, tuple[str, ...]]:
        zone = self._zone or mapping.zone_named(name)
        if zone is not None:
            return zone, ()
        warning = "The calendar's time zone is not known; London's is used."
        return ZoneInfo(_DEFAULT_ZONE), (warning,)

    # -- holds and meetings -----------------------------------------------------------------------

    def _create(self, change: Change, key: str) -> Made:
        if change.after is None or change.hold is None:
            raise NotPossible(NO_HOLD)
        when, kind, event_id = change.after, change.hold, mapping.hold_id(key)
        text = self._texts.get(kind, DISCREET)

        def insert(*, focus: bool) -> Event:
            body = mapping.hold_body(event_id, kind, when, text, mapping.digest(key), focus=focus)
            return self._inserted(event_id, body)

        if kind is Kind.PROTECTED and self._focus:
            try:
                event = insert(focus=True)
            except (Refused, PermissionMissing):
                # not every account has focus time, and no domain tells which
                event = insert(focus=False)
                self._focus = False
        else:
            event = insert(focus=False)
        return Made(change, event_id, self._seen(event).version)

    def _inserted(self, event_id: str, body: Event) -> Event:
        """A new hold, or the one that was made under this id before. Raises EventGone."""
        calendar = self._calendars[0]
        try:
            return self._client.insert(calendar, body)
        except Duplicate:
            event = self._client.event(calendar, event_id, people=False)
            if not mapping.is_ours(event):
                raise EventChanged from None
            return event

    def _change_one(self, place: _Place, change: Change, key: str, stamp: datetime) -> Made:
        """One write, where the event still is at `before`; once more where only the etag of an
        unchanged event was not accepted."""
        calendar, event = place
        for _ in range(2):
            known = self._seen(event)
            if _is_done(event, known, change, key):
                return Made(change, change.event_id or "", known.version)
            self._check(event, known, change)
            try:
                return self._write(calendar, event, known, change, key, stamp)
            except Conflict:
                again = self._again(calendar, event, change)
            if again is None:
                return Made(change, change.event_id or "", "")
            unedited = mapping.etag(again) == mapping.etag(event)
            if not unedited and not _is_done(again, self._seen(again), change, key):
                raise EventChanged
            event = again
        raise EventChanged

    def _again(self, calendar: str, event: Event, change: Change) -> Event | None:
        """The event after a write was refused; None where it is gone, as the change wanted."""
        people = change.kind not in _HOLDS
        try:
            return self._client.event(calendar, _own_id(event), people=people)
        except EventGone:
            if change.after is not None:
                raise
            return None

    def _check(self, event: Event, known: Occurrence, change: Change) -> None:
        check(known, change)
        if mapping.is_locked(event):
            raise NotPossible(LOCKED)

    def _write(
        self,
        calendar: str,
        event: Event,
        known: Occurrence,
        change: Change,
        key: str,
        stamp: datetime,
    ) -> Made:
        event_id = change.event_id or ""
        if change.after is None:
            return self._removed(calendar, event, change)
        body = mapping.change_body(change.after, key, _changed(change, stamp))
        answer = self._patched(calendar, event, body, tell=_tells(known, change))
        now = self._seen(answer)
        if now.all_day or now.span != change.after:
            raise NotPossible(IGNORED)
        return Made(change, event_id, now.version)

    def _removed(self, calendar: str, event: Event, change: Change) -> Made:
        # it was there a moment ago: gone, by an answer that was lost or by somebody else
        with suppress(EventGone):
            self._client.delete(calendar, _own_id(event), etag=mapping.etag(event))
        return Made(change, change.event_id or "", "")

    def _patched(self, calendar: str, event: Event, body: Event, *, tell: bool) -> Event:
        return self._client.patch(
            calendar, _own_id(event), body, etag=mapping.etag(event), tell=tell
        )

    # -- series -----------------------------------------------------------------------------------

    def _change_series(self, place: _Place, change: Change, key: str, stamp: datetime) -> Made:
        """A whole series. The master is written last: its mark says that all has been done."""
        calendar, master = place
        event_id = change.event_id or ""
        if mapping.written_under(master) == key:
            return Made(change, event_id, mapping.etag(master))
        before = self._check_member(place, change)
        if change.after is None:
            return self._removed(calendar, master, change)
        shift = Shift(master, before, change.after)
        live, dropped = self._exceptions(place, people=change.kind not in _HOLDS)
        if live and shift.start:
            raise NotPossible(EDITED)
        changed = _changed(change, stamp)
        body = shift.body(master, dropped, key, changed)
        carried = self._carried(live, change)
        for one in carried:
            self._carry(calendar, one, shift, change, key, changed)
        if carried:
            master = self._unedited(place)
        now = self._seen(self._marked(calendar, master, body, change, key))
        if now.all_day or now.span != shift.when(master):
            raise NotPossible(IGNORED)
        return Made(change, event_id, now.version)

    def _unedited(self, place: _Place) -> Event:
        """The master again: what was done to its members may have given it another etag."""
        event = self._client.event(place.calendar, _own_id(place.event), people=True)
        if any(event.get(name) != place.event.get(name) for name in ("start", "end", "recurrence")):
            raise EventChanged
        return event

    def _marked(self, calendar: str, event: Event, body: Event, change: Change, key: str) -> Event:
        """An event of a series after a PATCH, or as an answer that was lost has left it."""
        try:
            return self._patched(calendar, event, body, tell=_tells(self._seen(event), change))
        except Conflict:
            again = self._client.event(calendar, _own_id(event), people=True)
            if mapping.written_under(again) != key:
                raise EventChanged from None
            return again

    def _check_member(self, place: _Place, change: Change) -> Interval:
        """Where a member is that the plan saw. Raises as `check` does."""
        calendar, master = place
        if change.before is None:
            raise EventChanged
        members = self._client.members(calendar, _own_id(master), change.before, people=False)
        found = [self._seen(one) for one in members]
        timed = (one for one in found if not one.all_day and one.span == change.before)
        known = next(timed, self._seen(master))
        self._check(master, known, change)
        return change.before

    def _exceptions(self, place: _Place, *, people: bool) -> tuple[list[Event], list[datetime]]:
        """The members that were changed on their own, and the original starts of those dropped."""
        shared = mapping.shared_id(place.event)
        live: list[Event] = []
        dropped: list[datetime] = []
        for one in self._client.exceptions(place.calendar, shared, people=people):
            if one.get("recurringEventId") != _own_id(place.event):
                continue
            if one.get("status") != Status.CANCELLED:
                live.append(one)
            else:
                dropped.append(_slot(one))
        return live, dropped

    def _carried(self, live: Sequence[Event], change: Change) -> list[Event]:
        """The exceptions that a change of length reaches too: those from the member on that the
        plan saw. What lies before is history, of which nobody need hear."""
        since = change.before.start if change.before else None
        return [one for one in live if since is not None and _start(self._seen(one)) >= since]

    def _carry(
        self,
        calendar: str,
        event: Event,
        shift: Shift,
        change: Change,
        key: str,
        changed: datetime | None,
    ) -> None:
        if mapping.written_under(event) == key:
            return
        body = mapping.change_body(shift.when(event), key, changed)
        self._marked(calendar, event, body, change, key)

    # -- sync tokens ------------------------------------------------------------------------------

    def _changes(self, window: Interval, tokens: Sequence[str]) -> tuple[bool, list[str]]:
        """Whether anything changed in any calendar, and where to go on from in each."""
        changed = False
        following: list[str] = []
        for calendar, token in zip(self._calendars, tokens, strict=True):
            try:
                count, fresh = self._client.changes(calendar, token, window.start)
            except (Forgotten, Refused):
                if not token:
                    raise
                count, fresh = 1, self._client.changes(calendar, "", window.start)[1]
            changed = changed or count > 0
            following.append(fresh)
        return changed, following

    def _packed(self, tokens: Sequence[str]) -> str:
        return json.dumps([self._print(), *tokens])

    def _tokens(self, state: SyncState) -> list[str] | None:
        """The tokens of a state of these calendars, None where it is of others or no state."""
        try:
            own, *tokens = json.loads(state.token)
        except (ValueError, TypeError):
            return None
        texts = all(isinstance(one, str) and one for one in tokens)
        fits = own == self._print() and texts and len(tokens) == len(self._calendars)
        return tokens if fits else None

    def _print(self) -> str:
        """The calendars, so that the state of others is known, without an address."""
        return sha256("\n".join(self._calendars).encode()).hexdigest()[:16]

    # -- abilities and channels -------------------------------------------------------------------

    def _need(self, ability: Ability) -> None:
        if ability not in self.abilities:
            raise NotPossible(
                text("The sign-in does not cover this; please allow it and try again.")
            )

    def _open(self, address: str, secret: str) -> Subscription:
        """One channel for each calendar, or none where one cannot be opened."""
        opened: list[channels.Channel] = []
        try:
            for calendar in self._calendars:
                body = channels.request_body(str(uuid.uuid4()), address, secret)
                opened.append(channels.channel(self._client.watch(calendar, body)))
        except ConnectorError:
            self._stop([(one.id, one.resource) for one in opened])
            raise
        return channels.pack(opened, address, secret)

    def _stop(self, opened: Sequence[tuple[str, str]]) -> None:
        for channel, resource in opened:
            self._client.stop(channel, resource)


class _Timed:
    """An occurrence with its instants: a whole day begins at midnight in the diary's zone."""

    def __init__(self, occurrence: Occurrence, zone: ZoneInfo) -> None:
        self.occurrence = occurrence
        self.start = _instant(occurrence.start, zone)
        self.end = _instant(occurrence.end, zone)

    def __lt__(self, other: "_Timed") -> bool:
        mine = (self.start, self.end, self.occurrence.id)
        return mine < (other.start, other.end, other.occurrence.id)

    def in_window(self, window: Interval) -> bool:
        """Whether it overlaps; one without length belongs where it starts."""
        if self.start == self.end:
            return window.holds(self.start)
        return self.start < window.end and window.start < self.end


def _instant(moment: datetime | date, zone: ZoneInfo) -> datetime:
    if isinstance(moment, datetime):
        return moment
    try:
        return datetime.combine(moment, clock_time.min, zone).astimezone(UTC)
    except OverflowError:
        return datetime.combine(moment, clock_time.min, UTC)


def _start(one: Occurrence) -> datetime:
    return _instant(one.start, ZoneInfo("UTC"))


def _slot(event: Event) -> datetime:
    """The original start of a member that was cancelled. Raises BadAnswer."""
    try:
        slot = mapping.identity(event)[1]
    except mapping.Unmapped as error:
        raise BadAnswer(str(error)) from None
    if not isinstance(slot, datetime):
        raise BadAnswer(mapping.MIXED_TIMES)
    return slot


def _own_id(event: Event) -> str:
    """What Google calls the event. It has an id, or it would not have been found by one."""
    return str(event["id"])


def _is_done(event: Event, known: Occurrence, change: Change, key: str) -> bool:
    """Whether this very change has been made, or the event is already where it would put it."""
    there = change.after is not None and not known.all_day and known.span == change.after
    return there or mapping.written_under(event) == key


def _changed(change: Change, stamp: datetime) -> datetime | None:
    return None if change.kind in _HOLDS else stamp


def _tells(known: Occurrence, change: Change) -> bool:
    """Whether Google shall tell who else is invited, rooms by their own rules included."""
    return change.kind not in _HOLDS and bool(known.other_people or known.resources)


def _busy(told: object) -> tuple[Interval, ...] | None:
    if not isinstance(told, dict) or told.get("errors") or not isinstance(told.get("busy"), list):
        return None
    try:
        return tuple(merge(mapping.interval(each) for each in told["busy"]))
    except mapping.Unmapped:
        return None


def _calendar(entry: Event) -> Calendar | None:
    """An entry of the calendar list; None where its events cannot be seen or it is taken off."""
    own, role = entry.get("id"), entry.get("accessRole")
    if (
        not isinstance(own, str)
        or not isinstance(role, str)
        or entry.get("deleted") is True
        or role == "freeBusyReader"
    ):
        return None
    name = entry.get("summaryOverride") or entry.get("summary")
    return Calendar(
        id=own,
        name=name if isinstance(name, str) else "",
        writable=role in _WRITABLE,
        primary=entry.get("primary") is True,
    )


def _left_out(count: int) -> str:
    if count == 1:
        return "1 event could not be read and is left out."
    return f"{count:,} events could not be read and are left out."
