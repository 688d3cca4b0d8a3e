"""A leader's calendars on Microsoft 365, read and changed through Microsoft Graph."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from connectors.base import (
    Ability,
    Calendar,
    Made,
    Reading,
    Subscription,
    Synced,
    SyncState,
    WorkingHours,
)
from connectors.errors import BadAnswer, EventChanged, EventGone, NotPossible, SuddenlyEmpty
from connectors.graph import delta, free_busy, mapping, subscriptions, writing
from connectors.graph.client import Client
from connectors.graph.mailbox import Mailbox, Options, is_series
from connectors.transport import Door
from rules.change import Change, ChangeKind
from rules.event import Occurrence
from rules.interval import Interval
from rules.language import text

_OF_HOLDS = frozenset({ChangeKind.HOLD_CREATE, ChangeKind.HOLD_MOVE, ChangeKind.HOLD_DELETE})


def abilities(options: Options) -> frozenset[Ability]:
    """What a mailbox that is reached like this can be asked for.

    A signed-in person subscribes to no mailbox but the own one, and reads no other's settings. To
    change a meeting one has to know who hears of it, so without people there are only holds.
    """
    found = {Ability.SYNC, Ability.CALENDARS, Ability.VERSIONS}
    writes = options.grants("Calendars.ReadWrite")
    if writes:
        found |= {Ability.HOLDS, Ability.PROPOSE}
    if options.people:
        found.add(Ability.FREE_BUSY)
    if options.people and writes:
        found |= {Ability.MEETINGS, Ability.SERIES, Ability.TELLS_PEOPLE}
    if options.app_only or options.mailbox is None:
        found.add(Ability.PUSH)
    if options.own_settings:
        found.add(Ability.WORKING_HOURS)
    return frozenset(found)


class GraphDiary:
    """The ticked calendars of one mailbox, for one thread at a time.

    What is true is read with calendarView; delta only tells that something changed. An event is
    called by its immutable id, a member of a series by its series' and its original start.
    """

    def __init__(self, door: Door, options: Options) -> None:
        self.abilities = abilities(options)
        self._client = Client(door, options.mailbox)
        self._box = Mailbox(self._client, options)

    def close(self) -> None:
        """Let go of the connections."""
        self._box.invited.clear()
        self._client.close()

    def read(self, window: Interval) -> Reading:
        """The occurrences that overlap the window, with a count of those that cannot be read."""
        return self._box.read(window)

    def get(self, event_id: str) -> Occurrence:
        """One occurrence as it is now; for the UID of a series its first."""
        body = self._box.find(event_id)
        return self._box.occurrence(self._box.first(body) if is_series(body) else body)

    def make(self, change: Change, *, key: str, stamp: datetime) -> Made:
        """Make a change whose event still is what the plan saw."""
        self._need(Ability.HOLDS if change.kind in _OF_HOLDS else Ability.MEETINGS)
        if change.kind is ChangeKind.HOLD_CREATE:
            return writing.create(self._box, change, key=key)
        if change.before is None:
            raise EventChanged
        body = self._box.find(change.event_id or "")
        self._box.invited.pop(change.event_id or "", None)
        if not is_series(body):
            return writing.change_one(self._box, body, change, stamp=stamp)
        self._need(Ability.SERIES)
        return writing.change_series(self._box, body, change, key=key, stamp=stamp)

    def mails(self, change: Change) -> int:
        """How many messages other people get; none for a new hold, which invites nobody."""
        if change.event_id is None:
            return 0
        return writing.mails(self._box, self._box.find(change.event_id))

    def read_mails(self, change: Change) -> int | None:
        """The same without a request, by what the last reading saw; None where it saw another
        version of the event or none."""
        known = self._box.invited.get(change.event_id or "")
        return known.mails if known is not None and known.version == change.version else None

    def read_invited(self, event_id: str) -> tuple[str, ...] | None:
        """As `invited`, without a request, by what the last reading saw."""
        self._need(Ability.FREE_BUSY)
        known = self._box.invited.get(event_id)
        return known.addresses if known is not None else None

    def propose(self, event_id: str, when: Interval, *, key: str) -> None:
        """Answer "tentative" with another time, where the organiser takes suggestions."""
        self._need(Ability.PROPOSE)
        writing.propose(self._box, event_id, when, key=key)

    def sync(
        self, window: Interval, state: SyncState | None = None, *, allow_empty: bool = False
    ) -> Synced:
        """The window anew where anything changed; one request for each calendar where not."""
        links = self._unchanged(window, state) if state is not None else None
        if state is not None and links is not None and not links.changed:
            return Synced(SyncState(links.token, window, state.events), None)
        if links is None:
            links = self._begun(window)
        reading = self.read(window)
        if state is not None and state.events and not reading.occurrences and not allow_empty:
            raise SuddenlyEmpty
        return Synced(SyncState(links.token, window, len(reading.occurrences)), reading)

    def busy(
        self, people: Collection[str], window: Interval
    ) -> Mapping[str, tuple[Interval, ...] | None]:
        """When each address is busy, tentative times too; None where Exchange cannot tell."""
        self._need(Ability.FREE_BUSY)
        return free_busy.busy(self._client, people, window)

    def invited(self, event_id: str) -> tuple[str, ...]:
        """The addresses of everybody invited but the leader, rooms too."""
        self._need(Ability.FREE_BUSY)
        return self._box.others(self._box.find(event_id))

    def working_hours(self) -> WorkingHours | None:
        """The hours in the mailbox's settings, in the zone that they name there."""
        self._need(Ability.WORKING_HOURS)
        settings = self._box.settings("workingHours,timeZone")
        hours = settings.get("workingHours")
        if not isinstance(hours, Mapping):
            return None
        words = mapping.hours_in_words(hours)
        if words is None:
            return None
        told = hours.get("timeZone")
        named = told.get("name") if isinstance(told, Mapping) else None
        found = self._box.named(named) or self._box.named(settings.get("timeZone"))
        zone = (found or self._box.zone).zone
        return WorkingHours(words, zone if isinstance(zone, ZoneInfo) else self._box.view.zone)

    def calendars(self) -> tuple[Calendar, ...]:
        """The calendars of the mailbox, the main one first."""
        wanted = {"$select": "id,name,canEdit,isDefaultCalendar", "$top": "100"}
        listed = self._client.items(f"{self._client.root}/calendars", wanted)
        found = [_calendar(one) for one in listed if isinstance(one, Mapping) and one.get("id")]
        return tuple(sorted(found, key=lambda one: not one.primary))

    def watch(self, address: str, *, key: str) -> Subscription:
        """Ask to be called, for as long as Graph allows: seven days."""
        self._need(Ability.PUSH)
        return subscriptions.watch(self._client, address, key=key)

    def renew(self, subscription: Subscription) -> Subscription:
        """The same for another seven days, or another one where Graph has forgotten it."""
        self._need(Ability.PUSH)
        return subscriptions.renew(self._client, subscription)

    def unwatch(self, subscription: Subscription) -> None:
        """Ask no more."""
        self._need(Ability.PUSH)
        subscriptions.unwatch(self._client, subscription)

    def _unchanged(self, window: Interval, state: SyncState) -> delta.Rounds | None:
        """What came since, or None where Graph cannot go on from there."""
        known = delta.links(state, window)
        if set(known) != set(self._box.calendars):
            return None
        try:
            return delta.Rounds({path: delta.go_on(self._client, known[path]) for path in known})
        except (BadAnswer, EventGone):
            return None

    def _begun(self, window: Interval) -> delta.Rounds:
        begun = {path: delta.begin(self._client, path, window) for path in self._box.calendars}
        return delta.Rounds(begun)

    def _need(self, ability: Ability) -> None:
        if ability not in self.abilities:
            raise NotPossible(
                text(
                    "This connection to Microsoft 365 does not cover “%(ability)s”.",
                    ability=ability,
                )
            )


def _calendar(body: Mapping[str, Any]) -> Calendar:
    return Calendar(
        id=str(body["id"]),
        name=str(body.get("name") or ""),
        writable=body.get("canEdit") is True,
        primary=body.get("isDefaultCalendar") is True,
    )
