"""A diary in memory: what the contract means, without a format. For tests and demonstrations."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

from connectors.base import CHANGED, FIRM, GONE, NOT_OURS, Outcome, Reading, Skipped
from rules.change import Change, ChangeKind
from rules.event import Kind, Occurrence, ScoredAs, ShowAs, Status, classify
from rules.interval import Interval


class MemoryDiary:
    """Occurrences by id. Every change gives its event another version."""

    def __init__(self, occurrences: Sequence[Occurrence], zone: ZoneInfo) -> None:
        self.zone = zone
        self._events = {one.id: one for one in occurrences}
        self._undo: list[tuple[Change, Occurrence | None, Occurrence | None]] = []
        self._writes = 0

    def read(self, window: Interval) -> Reading:
        """The occurrences that overlap the window; one without length belongs where it starts."""
        found = [one for one in self._events.values() if self._shows(one, window)]
        found.sort(key=lambda one: (*self._times(one), one.id))
        return Reading(tuple(found), self.zone)

    def apply(self, changes: Sequence[Change], *, stamp: datetime) -> Outcome:
        """Make the changes whose events still are what the plan saw."""
        self._undo = []
        done: list[Change] = []
        skipped: list[Skipped] = []
        for change in changes:
            reason = self._reason(change)
            if reason:
                skipped.append(Skipped(change, reason))
                continue
            self._make(change, stamp)
            done.append(change)
        return Outcome(tuple(done), tuple(skipped))

    def undo(self) -> Outcome:
        """Take the last application back, without what was edited since."""
        done: list[Change] = []
        skipped: list[Skipped] = []
        for change, before, after in reversed(self._undo):
            key = _id(after or before)
            if self._events.get(key) != after:
                skipped.insert(0, Skipped(change, CHANGED))
                continue
            self._put(key, before)
            done.insert(0, change)
        self._undo = []
        told = tuple(one.event_id for one in done if one.event_id and one.people_told)
        return Outcome(tuple(done), tuple(skipped), told)

    def edit(self, key: str, occurrence: Occurrence | None) -> None:
        """What a person does: put another event in place, or take it away."""
        self._put(key, occurrence)

    def _reason(self, change: Change) -> str:
        if change.kind is ChangeKind.HOLD_CREATE:
            return ""
        known = self._events.get(change.event_id or "")
        if known is None:
            return GONE
        if change.kind in (ChangeKind.HOLD_MOVE, ChangeKind.HOLD_DELETE) and (
            known.hold is None or known.firm
        ):
            return FIRM if known.hold else NOT_OURS
        same = not known.all_day and known.span == change.before
        return "" if same and change.version in ("", known.version) else CHANGED

    def _make(self, change: Change, stamp: datetime) -> None:
        self._writes += 1
        version = f"v{self._writes}"
        before = self._events.get(change.event_id or "")
        after: Occurrence | None = None
        if before is None and change.after is not None and change.hold is not None:
            after = _new_hold(f"hold-{self._writes}", change.hold, change.after, version)
        elif before is not None and change.after is not None:
            changed = before.changed if change.hold else stamp
            start, end = change.after.start, change.after.end
            after = replace(before, start=start, end=end, version=version, changed=changed)
        self._put(_id(after or before), after)
        self._undo.append((change, before, after))

    def _put(self, key: str, occurrence: Occurrence | None) -> None:
        if occurrence is None:
            self._events.pop(key, None)
        else:
            self._events[key] = occurrence

    def _shows(self, one: Occurrence, window: Interval) -> bool:
        start, end = self._times(one)
        return window.holds(start) if start == end else window.overlaps(Interval(start, end))

    def _times(self, one: Occurrence) -> tuple[datetime, datetime]:
        if not one.all_day:
            return one.span.start, one.span.end
        days = (datetime.combine(day, time.min, self.zone) for day in (one.start, one.end))
        start, end = (day.astimezone(UTC) for day in days)
        return start, end


def _id(occurrence: Occurrence | None) -> str:
    return occurrence.id if occurrence else ""


def _new_hold(uid: str, kind: Kind, when: Interval, version: str) -> Occurrence:
    scored: ScoredAs = classify(
        start=when.start,
        end=when.end,
        show_as=ShowAs.BUSY,
        status=Status.CONFIRMED,
        private=False,
        declined=False,
        organizer=True,
        with_others=False,
        kind=kind,
    )
    return Occurrence(
        uid=uid,
        start=when.start,
        end=when.end,
        scored_as=scored,
        organizer=True,
        kind=kind,
        version=version,
    )
