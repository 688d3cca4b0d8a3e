"""One leader's diary on a CalDAV server.

Events are expanded here and not by the server, because servers differ in it. An occurrence's
version is that of `connectors.icalendar`: a digest of the text of the events that describe it, as
the server gives it. The ETag is of the whole resource: it guards the time between the last look at
that version and the write (If-Match), and nobody else's answer to another day of the series makes
a plan stale. Two changes to one series therefore stay possible in one plan.
"""

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import httpx

from connectors.base import Ability, Calendar, Made, Reading, Synced, SyncState, check
from connectors.caldav import freebusy, sync, telling
from connectors.caldav.account import Account, Resource
from connectors.caldav.reading import calendar_zone, read_resources, same_text
from connectors.caldav.store import READ_ONLY, Store
from connectors.caldav.wire import Client, SignIn, Wire
from connectors.errors import (
    CHANGED,
    GONE,
    NO_HOLD,
    BadAnswer,
    ConnectorError,
    EventChanged,
    EventGone,
    NotPossible,
    PartlyTold,
    SuddenlyEmpty,
    Unreachable,
)
from connectors.icalendar import DEFAULT_OPTIONS, Options, apply, hold_uid, itip
from connectors.icalendar.itip import Mailer
from connectors.lens import doubts
from connectors.transport import Network, until
from rules.change import Change, ChangeKind
from rules.event import Occurrence
from rules.interval import Interval
from rules.language import later

LONGEST_CONNECT, LONGEST_READ = 120.0, 300.0
"""Seconds for all requests together, however many a server makes of them."""
_MOMENT = timedelta(seconds=1)
_FREE_BUSY = "scheduling.freebusy-query"
_EMPTY = b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Clearway//EN\r\nEND:VCALENDAR\r\n"

NOT_KEPT = later("The calendar's server did not keep the change as it was made.")
NOT_PUT_BACK = later(
    "The meeting could not be put back yet; people are told of its new time later."
)
NO_MAILER = later("This calendar has no way to suggest another time.")
NO_FREE_BUSY = later("This calendar's server does not tell when people are busy.")


def connect(
    url: str,
    sign_in: SignIn | None,
    options: Options = DEFAULT_OPTIONS,
    *,
    calendars: Sequence[str] = (),
    mailer: Mailer | None = None,
    private: Collection[Network] = (),
    features: str | Mapping[str, object] | None = None,
    transport: httpx.BaseTransport | None = None,
    pause: Callable[[float], None] = time.sleep,
) -> "CalDavDiary":
    """The diary at an address: of a server, an account, or one calendar of it.

    `calendars` are chosen by address or the last part of it; new holds go to the first. `mailer`
    tells people where the server does not. `private` are the networks inside the house that may
    be called. `features` names what is known of the server's ways, in the words of
    `caldav.compatibility_hints`. Raises ConnectorError.
    """
    wire = Wire(url, sign_in, private=private, transport=transport, pause=pause)
    try:
        with until(time.monotonic() + LONGEST_CONNECT):
            account = Account(Client(url, wire, features), url)
        return CalDavDiary(account, options, calendars=calendars, mailer=mailer)
    except BaseException:
        wire.close()
        raise


class CalDavDiary:
    """Calendars of one account, read as one diary and changed by conditional writes."""

    def __init__(
        self,
        account: Account,
        options: Options = DEFAULT_OPTIONS,
        *,
        calendars: Sequence[str] = (),
        mailer: Mailer | None = None,
    ) -> None:
        self.account = account
        self.chosen = account.chosen(calendars)
        self.mailer = mailer
        zone: ZoneInfo = options.zone or calendar_zone(self.chosen[0].zone)
        self.options = replace(options, me={*options.me, *account.addresses}, zone=zone)
        self.abilities = self._abilities()
        self._store = Store(account, self.chosen)
        self._proposed: set[str] = set()

    def _abilities(self) -> frozenset[Ability]:
        found = {Ability.CALENDARS, Ability.SYNC, Ability.VERSIONS}
        if self.mailer is not None:
            found.add(Ability.PROPOSE)
        if self.chosen[0].writable:
            found.add(Ability.HOLDS)
            if self.account.schedules or self.mailer is not None:
                found |= {Ability.MEETINGS, Ability.SERIES, Ability.TELLS_PEOPLE}
        if self.account.outbox and self.account.client.knows(_FREE_BUSY):
            found.add(Ability.FREE_BUSY)
        return frozenset(found)

    def close(self) -> None:
        """Let go of the connections."""
        self.account.close()

    # -- reading --------------------------------------------------------------------------------

    def read(self, window: Interval) -> Reading:
        """The occurrences that overlap the window. One request for each calendar."""
        with until(time.monotonic() + LONGEST_READ):
            resources = self._store.window(window)
        return self._read(resources, window)

    def _read(self, resources: Sequence[Resource], window: Interval) -> Reading:
        reading = read_resources(resources, window, self.options)
        options = self.options
        told = doubts(options.me, options.organisation, reading.occurrences)
        return replace(reading, warnings=(*reading.warnings, *told))

    def get(self, event_id: str) -> Occurrence:
        """One occurrence; for the UID of a series its first. Raises EventGone."""
        return self._known(event_id, self._store.find(event_id))

    def calendars(self) -> tuple[Calendar, ...]:
        """The calendars that hold events, the leader's main one first."""
        return self.account.calendars()

    def sync(
        self, window: Interval, state: SyncState | None = None, *, allow_empty: bool = False
    ) -> Synced:
        """The window anew where anything in it changed. A quiet calendar costs one request."""
        with until(time.monotonic() + LONGEST_READ):
            return self._sync(window, state, allow_empty=allow_empty)

    def _sync(self, window: Interval, state: SyncState | None, *, allow_empty: bool) -> Synced:
        mark = sync.read_mark(state, window)
        now, quiet = sync.look(self.account, self.chosen, mark)
        if state is not None and mark is not None and quiet:
            return Synced(replace(state, token=now.token), None)
        resources = self._store.window(window)
        now = now.with_resources(resources)
        if state is not None and mark is not None and mark.digest == now.digest:
            # something else changed, or the server forgot its token and lists everything
            return Synced(replace(state, token=now.token), None)
        reading = self._read(resources, window)
        if state is not None and state.events and not reading.occurrences and not allow_empty:
            raise SuddenlyEmpty
        return Synced(SyncState(now.token, window, len(reading.occurrences)), reading)

    # -- changing -------------------------------------------------------------------------------

    def make(self, change: Change, *, key: str, stamp: datetime) -> Made:
        """Make a change whose event still is what the plan saw."""
        if Ability.HOLDS not in self.abilities:
            raise NotPossible(READ_ONLY)
        if change.kind is ChangeKind.HOLD_CREATE:
            return self._create(change, hold_uid(key), stamp)
        return self._change(change, key, stamp)

    def mails(self, change: Change) -> int:
        """How many messages other people get when the change is made. Raises EventGone."""
        if change.event_id is None:
            return 0
        found = self._store.find(change.event_id)
        known = self._known(change.event_id, found)
        try:
            return self._plan(self._holding(found, known), change.event_id).mails
        except NotPossible:
            return 0

    def _create(self, change: Change, uid: str, stamp: datetime) -> Made:
        if change.hold is None or change.after is None:
            raise NotPossible(NO_HOLD)
        known = self._store.find(uid)
        if not known:
            text = self._applied(_EMPTY, change, stamp, uid)
            self._store.create(uid, text)
            known = self._store.find(uid)
        # by our own first try, whose answer was lost; somebody may have moved it since
        hold = self._member(known, uid, change.after) or self._known(uid, known)
        if hold.hold is None:
            raise EventChanged
        return Made(change, hold.id, hold.version)

    def _change(self, change: Change, key: str, stamp: datetime) -> Made:
        event_id = change.event_id or ""
        found = self._store.find(event_id)
        known = self._member(found, event_id, change.before)
        if known is None:
            return self._already(change, found, key)
        check(known, change)
        resource = self._holding(found, known)
        plan = self._plan(resource, event_id)
        after = self._applied(resource.data, change, stamp, "")
        if self.mailer is not None and plan.ours:
            self.mailer.begin(key, plan.ours)
        if change.after is None:
            self._remove(resource, after)
            self._cancel(resource, plan.cancelled(resource.data, stamp), key)
            return Made(change, event_id, "")
        written, made = self._replace(resource, after, change)
        try:
            self._tell(plan.moved(after, event_id, self.options), key)
        except PartlyTold:
            raise
        except Exception:
            # nobody was told, so nothing has changed
            self._put_back(resource, written, change)
            raise
        return Made(change, event_id, made.version)

    def _cancel(self, resource: Resource, message: itip.Invitation | None, key: str) -> None:
        """Tell of what has been removed; where nobody hears of it, it is put back."""
        try:
            self._tell(message, key)
        except PartlyTold:
            # nothing is left to write a message from, so whoever waits is not told any more
            return
        except Exception:
            self._store.restore(resource)
            raise

    def _put_back(self, resource: Resource, written: Resource, change: Change) -> None:
        """The text as it was, unless somebody has edited ours: then EventChanged is raised.

        Raises Unreachable where it stays ours, so that the next try tells of it.
        """
        if not written.etag:
            raise EventChanged
        try:
            self._store.replace(written, resource.data)
        except EventChanged:
            # perhaps by our own first try, whose answer was lost
            now = self._store.find(change.event_id or "")
            if self._member(now, change.event_id or "", change.before) is None:
                raise
        except (EventGone, Unreachable):
            raise
        except ConnectorError as error:
            raise Unreachable(NOT_PUT_BACK) from error

    def _replace(
        self, resource: Resource, text: bytes, change: Change
    ) -> tuple[Resource, Occurrence]:
        """Write it, and read back what the server has made of it: ours, and the event in it."""
        event_id = change.event_id or ""
        refused: EventChanged | None = None
        written = Resource(resource.url, "", text)
        try:
            written = self._store.replace(resource, text)
        except EventChanged as error:
            # perhaps by our own first try, whose answer was lost
            refused = error
        now = self._store.find(event_id)
        made = self._member(now, event_id, change.after)
        if made is None:
            raise refused or BadAnswer(NOT_KEPT)
        if refused is not None and self._member(now, event_id, change.before) is not None:
            raise refused
        there = self._holding(now, made)
        if not written.etag and same_text(there.data, text):
            written = there
        return written, made

    def _already(self, change: Change, found: Sequence[Resource], key: str) -> Made:
        """The answer where the event is not as the plan saw it: perhaps it is as it should be.

        Where it is by an earlier try of ours, whoever was not told then is told now.
        """
        event_id = change.event_id or ""
        done = self._member(found, event_id, change.after)
        if done is None:
            check(self._known(event_id, found), change)
            raise EventChanged
        if self.mailer is not None and self.mailer.is_begun(key):
            resource = self._holding(found, done)
            told = self._plan(resource, event_id).moved(resource.data, event_id, self.options)
            # what the meeting was is not known any more: it stays where it is
            with suppress(NotPossible):
                self._tell(told, key)
        return Made(change, event_id, done.version)

    def _remove(self, resource: Resource, left: bytes) -> None:
        if b"BEGIN:VEVENT" in left.upper():
            self._store.replace(resource, left)
        else:
            self._store.delete(resource)

    def _applied(self, text: bytes, change: Change, stamp: datetime, uid: str) -> bytes:
        """The text with the change in it; what the plan saw was compared before."""
        written = apply(
            [text],
            [replace(change, version="")],
            stamp=stamp,
            new_uid=lambda _: uid,
            zone=self.options.zone,
            texts=self.options.texts,
            limits=self.options.limits,
        )
        for skipped in written.skipped:
            raise _ERRORS.get(skipped.reason, NotPossible)(skipped.reason)
        return itip.with_zones(written.files[0])

    def _plan(self, resource: Resource, event_id: str) -> telling.Telling:
        return telling.plan(resource.data, event_id, self.options, self.account, self.mailer)

    def _tell(self, invitation: itip.Invitation | None, key: str) -> None:
        if invitation is not None and self.mailer is not None:
            self.mailer.send(replace(invitation, key=key))

    # -- people ---------------------------------------------------------------------------------

    def propose(self, event_id: str, when: Interval, *, key: str) -> None:
        """Suggest another time to the organiser by mail (RFC 5546 section 3.2.7)."""
        if self.mailer is None:
            raise NotPossible(NO_MAILER)
        if key in self._proposed:
            return
        found = self._store.find(event_id)
        known = self._known(event_id, found)
        data = self._holding(found, known).data
        self.mailer.send(itip.counter(data, event_id, when, self.options, key))
        self._proposed.add(key)

    def busy(
        self, people: Collection[str], window: Interval
    ) -> Mapping[str, tuple[Interval, ...] | None]:
        """When each address is busy, as far as the server tells (RFC 6638 section 5)."""
        if not self.account.outbox:
            raise NotPossible(NO_FREE_BUSY)
        return freebusy.ask(self.account, people, window)

    def invited(self, event_id: str) -> tuple[str, ...]:
        """The addresses of everybody invited but the leader: to be dropped once used."""
        found = self._store.find(event_id)
        known = self._known(event_id, found)
        return itip.invited(self._holding(found, known).data, event_id, self.options)

    # -- looking --------------------------------------------------------------------------------

    def _known(self, event_id: str, found: Sequence[Resource]) -> Occurrence:
        known = self.options.find([one.data for one in found], event_id) if found else None
        if known is None:
            raise EventGone
        return known

    def _member(
        self, found: Sequence[Resource], event_id: str, when: Interval | None
    ) -> Occurrence | None:
        """The event, or a member of the series, that is at this very time."""
        if when is None or not found:
            return None
        window = Interval(when.start, when.end + _MOMENT)
        seen = self.options.read([one.data for one in found], window).occurrences
        named = (one for one in seen if event_id in (one.id, one.uid) and not one.all_day)
        return next((one for one in named if one.span == when), None)

    def _holding(self, found: Sequence[Resource], known: Occurrence) -> Resource:
        """The resource that an occurrence was read from, where several calendars have its UID."""
        for one in found[:-1]:
            same = self.options.find([one.data], known.id)
            if same is not None and same.version == known.version:
                return one
        return found[-1]


_ERRORS: Mapping[str, type[ConnectorError]] = {GONE: EventGone, CHANGED: EventChanged}
