"""A diary in memory: what the contract means, without a format. For tests and demonstrations."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

from connectors.base import Ability, Made, Reading, Synced, SyncState, check
from connectors.errors import NO_HOLD, EventChanged, EventGone, NotPossible, SuddenlyEmpty
from rules.change import Change, ChangeKind
from rules.event import Kind, Occurrence, ScoredAs, classified
from rules.interval import Interval


class MemoryDiary:
    """Occurrences by id. Every change gives its event another version. Nobody is mailed."""

    abilities = frozenset(
        {Ability.HOLDS, Ability.MEETINGS, Ability.SERIES, Ability.SYNC, Ability.VERSIONS}
    )

    def __init__(self, occurrences: Iterable[Occurrence], zone: ZoneInfo) -> None:
        self.zone = zone
        self._events = {one.id: one for one in occurrences}
        self._made: dict[str, Made] = {}
        self._writes = 0

    def read(self, window: Interval) -> Reading:
        """The occurrences that overlap the window; one without length belongs where it starts."""
        found = [one for one in self._events.values() if self._shows(one, window)]
        found.sort(key=lambda one: (*self._times(one), one.id))
        return Reading(tuple(found), self.zone)

    def get(self, event_id: str) -> Occurrence:
        """One occurrence; for the UID of a series its first."""
        return self._named(event_id)[0]

    def make(self, change: Change, *, key: str, stamp: datetime) -> Made:
        """Make a change whose event still is what the plan saw."""
        if key not in self._made:
            self._made[key] = self._create(change, key) or self._change(change, stamp)
        return self._made[key]

    def mails(self, change: Change) -> int:
        """None: nobody else can see a diary in memory."""
        if change.event_id is not None:
            self._named(change.event_id)
        return 0

    def sync(
        self, window: Interval, state: SyncState | None = None, *, allow_empty: bool = False
    ) -> Synced:
        """The window anew where anything was written since."""
        token = str(self._writes)
        if state is not None and (state.token, state.window) == (token, window):
            return Synced(state, None)
        reading = self.read(window)
        if state is not None and state.events and not reading.occurrences and not allow_empty:
            raise SuddenlyEmpty
        return Synced(SyncState(token, window, len(reading.occurrences)), reading)

    def edit(self, event_id: str, occurrence: Occurrence | None) -> None:
        """What a person does: put another event in place, or take it away."""
        self._put(event_id, occurrence)

    def _create(self, change: Change, key: str) -> Made | None:
        if change.kind is not ChangeKind.HOLD_CREATE:
            return None
        if change.after is None or change.hold is None:
            raise NotPossible(NO_HOLD)
        hold = _new_hold(f"hold-{key}", change.hold, change.after)
        return Made(change, hold.id, self._put(hold.id, hold))

    def _change(self, change: Change, stamp: datetime) -> Made:
        event_id = change.event_id or ""
        members = self._named(event_id)
        known = next((one for one in members if one.span == change.before), members[0])
        check(known, change)
        version = ""
        for one in members:
            version = self._put(one.id, _changed(one, change, stamp))
        return Made(change, event_id, version)

    def _named(self, event_id: str) -> Sequence[Occurrence]:
        """The occurrence of this id, or every member of the series, in order of start."""
        if event_id in self._events:
            return [self._events[event_id]]
        members = [one for one in self._events.values() if one.uid == event_id]
        if not members:
            raise EventGone
        return sorted(members, key=self._times)

    def _put(self, event_id: str, occurrence: Occurrence | None) -> str:
        self._writes += 1
        version = f"v{self._writes}"
        if occurrence is None:
            self._events.pop(event_id, None)
            return ""
        self._events[event_id] = replace(occurrence, version=version)
        return version

    def _shows(self, one: Occurrence, window: Interval) -> bool:
        start, end = self._times(one)
        return window.holds(start) if start == end else window.overlaps(Interval(start, end))

    def _times(self, one: Occurrence) -> tuple[datetime, datetime]:
        if not one.all_day:
            return one.span.start, one.span.end
        days = (datetime.combine(day, time.min, self.zone) for day in (one.start, one.end))
        start, end = (day.astimezone(UTC) for day in days)
        return start, end


def _changed(one: Occurrence, change: Change, stamp: datetime) -> Occurrence | None:
    """The member of a series, or the event itself, after a change; None where it is removed."""
    if change.after is None:
        return None
    if change.before is None:
        raise EventChanged
    start = one.span.start + (change.after.start - change.before.start)
    end = one.span.end + (change.after.end - change.before.end)
    return replace(one, start=start, end=end, changed=one.changed if change.hold else stamp)


def _new_hold(uid: str, kind: Kind, when: Interval) -> Occurrence:
    hold = Occurrence(uid, when.start, when.end, ScoredAs.NONE, organizer=True, kind=kind)
    return classified(hold, declined=False, with_others=False)
