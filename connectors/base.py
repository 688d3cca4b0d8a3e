"""What every calendar can be asked, split by ability, in the core's values.

A calendar is a `DiaryReader`. What else it can do, it does by the protocols below and declares in
`abilities`: the protocols let a type checker refuse a write to a feed, the declaration tells what
this server or account, reached with these permissions, really allows. A caller looks before it
calls; a call of what is not declared raises NotPossible.

Ids are the contract's: the UID, or `UID/20261123T090000Z` for a member of a series, where "UID" is
what the provider keeps for the life of an event (Graph: the immutable id, or the series master's;
Google: the event id, or `recurringEventId`; iCalendar: the UID).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from zoneinfo import ZoneInfo

from connectors.errors import FIRM, NOT_OURS, NOT_YOURS, WHOLE_DAY, EventChanged, NotPossible
from rules.change import Agreement, Change, ChangeKind
from rules.event import Occurrence
from rules.interval import Interval, subtract


class Ability(StrEnum):
    """What a calendar may be asked for besides a window of its events."""

    HOLDS = "holds"
    """Holds can be created, moved and removed (`DiaryWriter`)."""
    MEETINGS = "meetings"
    """Meetings that the leader organises can be shortened and moved (`DiaryWriter`)."""
    SERIES = "series"
    """So can all of a series in one step (`DiaryWriter`, see `make`)."""
    TELLS_PEOPLE = "tells-people"
    """Who is invited hears of a change by mail, because the calendar or we send it."""
    PROPOSE = "propose"
    """Somebody else's meeting can be answered with another time (`Proposer`)."""
    SYNC = "sync"
    """It tells cheaply whether anything changed (`Syncer`)."""
    FREE_BUSY = "free-busy"
    """It tells when people and rooms are busy (`FreeBusyReader`)."""
    WORKING_HOURS = "working-hours"
    """It knows the leader's working hours (`WorkingHoursReader`)."""
    CALENDARS = "calendars"
    """A leader can have several calendars there (`CalendarLister`)."""
    PUSH = "push"
    """It calls back when something changes (`Watcher`)."""
    VERSIONS = "versions"
    """Its versions tell one state of an event from the next, so that no edit is written over."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read: occurrences in order of start, the diary's zone, and what was left out.

    Each warning is one sentence with a count and no content. `left_out` counts the events that
    could not be read. `as_of` is when the source last answered, where that may be a while ago.
    """

    occurrences: tuple[Occurrence, ...]
    zone: ZoneInfo
    warnings: tuple[str, ...] = ()
    left_out: int = 0
    as_of: datetime | None = None


@dataclass(frozen=True, slots=True)
class Skipped:
    """A change that was not made or not taken back, with one sentence that says why."""

    change: Change
    reason: str


@dataclass(frozen=True, slots=True)
class Made:
    """A change that was made. `event_id` is the event as it is called now (a new hold's, else the
    change's) and `version` its version now, empty where it is gone."""

    change: Change
    event_id: str
    version: str


@dataclass(frozen=True, slots=True)
class SyncState:
    """Where a `Syncer` left off. Opaque to all but the connector that gave it.

    `events` counts what the last reading held, so that a calendar which suddenly reads empty is
    noticed.
    """

    token: str
    window: Interval
    events: int


@dataclass(frozen=True, slots=True)
class Synced:
    """Where to go on from, and the whole window anew where anything in it may have changed."""

    state: SyncState
    reading: Reading | None


@dataclass(frozen=True, slots=True)
class Calendar:
    """One of the calendars that a leader can tick. `name` is shown, never kept."""

    id: str
    name: str = field(repr=False)
    writable: bool
    primary: bool = False


@dataclass(frozen=True, slots=True)
class WorkingHours:
    """Working hours as the provider keeps them, in the words of `rules.working_pattern`."""

    hours: str
    zone: ZoneInfo


@dataclass(frozen=True, slots=True)
class Subscription:
    """A promise to be called back, until `expires` (aware UTC). `secret` proves who calls.

    `address` is what is called: renewing needs it where the provider has forgotten.
    """

    id: str
    resource: str
    expires: datetime
    secret: str = field(repr=False)
    address: str = field(default="", repr=False)


class DiaryReader(Protocol):
    """A diary that can be read. Nothing in this protocol changes anything anywhere."""

    @property
    def abilities(self) -> frozenset[Ability]:
        """What can be asked of this calendar, found out when it was connected."""
        ...

    def read(self, window: Interval) -> Reading:
        """The occurrences that overlap the window, recurrences expanded. Raises ConnectorError."""
        ...


class ItemReader(Protocol):
    """A diary whose events can be read one at a time."""

    def get(self, event_id: str) -> Occurrence:
        """One occurrence as it is now; for the UID of a series its first. Raises EventGone."""
        ...


class DiaryWriter(Protocol):
    """A diary that can be changed, one change at a time. `inverse` tells how to change it back."""

    def make(self, change: Change, *, key: str, stamp: datetime) -> Made:
        """Make a change whose event still is what the plan saw: at `before`, of that `version`.

        `key` names this change for ever, so making it again does nothing and answers the same: of
        a new hold, wherever somebody has put it since (a hold that is gone already raises
        EventGone). `stamp` is when it is made (aware UTC). A
        change whose `event_id` is the UID of a series is made to all of it: `before` is any one
        member, and each is moved and shortened by what that member is.

        Raises EventGone, EventChanged, NotPossible and what talking to a server raises; nothing
        has been written then, but for Unreachable, after which it is not known.
        """
        ...

    def mails(self, change: Change) -> int:
        """How many messages other people get when the change is made. Raises EventGone."""
        ...


class Proposer(Protocol):
    """A diary that can answer somebody else's meeting with another time."""

    def propose(self, event_id: str, when: Interval, *, key: str) -> None:
        """Suggest to the organiser that the meeting is at `when`; it stays where it is.

        Raises EventGone, and NotPossible for the leader's own meeting or one that takes none.
        """
        ...


class Syncer(Protocol):
    """A diary that tells whether anything changed."""

    def sync(
        self, window: Interval, state: SyncState | None = None, *, allow_empty: bool = False
    ) -> Synced:
        """The window anew where anything changed since `state`, or all of it without one.

        A state that the provider has forgotten, or of another window, means reading all of it.
        Raises SuddenlyEmpty where events were there and none are, unless `allow_empty`.
        """
        ...


class FreeBusyReader(Protocol):
    """A diary whose server tells when people and rooms are busy."""

    def busy(
        self, people: Collection[str], window: Interval
    ) -> Mapping[str, tuple[Interval, ...] | None]:
        """When each address is busy, merged and in order; None where it is not known."""
        ...

    def invited(self, event_id: str) -> tuple[str, ...]:
        """The addresses of everybody invited but the leader: to be dropped once used."""
        ...


class WorkingHoursReader(Protocol):
    """A diary that knows the leader's working hours."""

    def working_hours(self) -> WorkingHours | None:
        """The hours in the leader's settings, None where none are set."""
        ...


class CalendarLister(Protocol):
    """An account with several calendars."""

    def calendars(self) -> tuple[Calendar, ...]:
        """The calendars that hold events, the leader's main one first."""
        ...


class Watcher(Protocol):
    """A diary that calls back when something changes."""

    def watch(self, address: str, *, key: str) -> Subscription:
        """Ask to be called at an https address. `key` makes the secret, the same each time."""
        ...

    def renew(self, subscription: Subscription) -> Subscription:
        """The same for longer; another one where the provider cannot or has forgotten it."""
        ...

    def unwatch(self, subscription: Subscription) -> None:
        """Ask no more; one that is gone already is no error."""
        ...


def check(known: Occurrence, change: Change) -> None:
    """Raise unless the event is what the plan saw, and one that this kind of change may touch."""
    if change.kind in (ChangeKind.HOLD_MOVE, ChangeKind.HOLD_DELETE):
        if known.hold is None or known.firm:
            raise NotPossible(FIRM if known.hold else NOT_OURS)
    elif not known.organizer:
        raise NotPossible(NOT_YOURS)
    if known.all_day:
        raise NotPossible(WHOLE_DAY)
    if known.span != change.before or change.version not in ("", known.version):
        raise EventChanged


def inverse(made: Made) -> Change:
    """The change that takes one back, where its event still is as it was left.

    A hold must not have been edited since. Of a meeting only the time counts: answers that came
    in since have given it another version, and moving it back keeps them.
    """
    change = made.change
    kind = _INVERSE.get(change.kind, change.kind)
    own = change.hold is not None
    return Change(
        kind=kind,
        before=change.after,
        after=change.before,
        event_id=None if kind is ChangeKind.HOLD_CREATE else made.event_id,
        hold=change.hold,
        version=made.version if own else "",
        people_told=change.people_told,
        mails=change.mails,
    )


_INVERSE = {
    ChangeKind.HOLD_CREATE: ChangeKind.HOLD_DELETE,
    ChangeKind.HOLD_DELETE: ChangeKind.HOLD_CREATE,
    # a meeting is not shortened back but moved to what it was
    ChangeKind.EVENT_SHORTEN: ChangeKind.EVENT_MOVE,
}


def agreement(diary: FreeBusyReader, change: Change) -> Agreement:
    """Whether everybody invited to a meeting is known to be free where a change puts it.

    What they have given to the meeting already, its own time, counts as free.
    """
    if change.event_id is None or change.before is None or change.after is None:
        return Agreement.UNKNOWN
    people = diary.invited(change.event_id)
    known = diary.busy(people, change.after)
    wanted = subtract([change.after], [change.before])
    free = all(_free(known.get(each), wanted) for each in people)
    return Agreement.FREE if free else Agreement.UNKNOWN


def _free(busy: Sequence[Interval] | None, wanted: Sequence[Interval]) -> bool:
    return busy is not None and not any(one.overlaps(two) for one in busy for two in wanted)
