"""A plan's changes carried out on values, without any connector."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from rules.change import Change, ChangeKind
from rules.event import Kind, Occurrence, ScoredAs
from rules.interval import Interval

TEAM = (Kind.POD, Kind.ONE_TO_ONE, Kind.APPRECIATION, Kind.REVIEW, Kind.FACE_DAY)
MEETING_CHANGES = (ChangeKind.EVENT_MOVE, ChangeKind.EVENT_SHORTEN)


def created_id(change: Change) -> str:
    """The UID that a created hold gets here: its kind and start, which are unique in a plan."""
    return f"new-{change.hold}-{change.starts:%Y%m%dT%H%M%SZ}"


def apply_changes(
    occurrences: Iterable[Occurrence], changes: Iterable[Change], now: datetime
) -> tuple[Occurrence, ...]:
    """The occurrences after the changes; meetings changed say so, so that they are left to rest."""
    found = {each.id: each for each in occurrences}
    for change in changes:
        if change.kind is ChangeKind.HOLD_CREATE:
            found[created_id(change)] = _create(change)
            continue
        assert change.event_id in found, f"{change.kind} of an unknown event {change.event_id}"
        old = found.pop(change.event_id)
        if change.kind is not ChangeKind.HOLD_DELETE:
            found[old.id] = _place(old, change, now)
    return tuple(found.values())


def _create(change: Change) -> Occurrence:
    after = _after(change)
    return Occurrence(
        created_id(change),
        after.start,
        after.end,
        _scored_as(change.hold),
        kind=change.hold,
        organizer=True,
    )


def _scored_as(kind: Kind | None) -> ScoredAs:
    if kind is Kind.CHECK_IN:
        return ScoredAs.OWN_TIME
    return ScoredAs.APPOINTMENT if kind in TEAM else ScoredAs.HOLD


def _place(old: Occurrence, change: Change, now: datetime) -> Occurrence:
    after = _after(change)
    changed = now if change.kind in MEETING_CHANGES else old.changed
    return replace(old, start=after.start, end=after.end, changed=changed)


def _after(change: Change) -> Interval:
    assert change.after is not None, f"{change.kind} says where the event goes"
    return change.after
