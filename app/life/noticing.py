"""What people did to Clearway's holds, found by comparing what was written with what is there.

A hold that is gone or elsewhere was deleted or dragged by somebody, whoever it was and with
whatever program. That is remembered and respected. Nothing is concluded from a calendar that was
not read, from days that were not read, from one that suddenly reads empty, or about an event that
a plan is at work on.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from app.deployment import Deployment
from app.life import overrides, records
from app.life.diaries import LeaderDiary
from app.life.journal import Direction, StepState, event_print, read
from app.life.overrides import How, Override
from app.life.states import PlanState
from app.people.history import CLEARWAY, What, record
from app.storage import Session, holds, leases, plans
from app.storage.leases import Lease
from app.storage.tables import Hold
from rules.event import Kind, Occurrence, ScoredAs, Status
from rules.interval import Interval
from rules.working_pattern import WorkingPattern


@dataclass(frozen=True, slots=True)
class Look:
    """A fresh reading. `events` are what was read, by fingerprint.

    `window` is the time that was read and `connections` those that were, `empty` those of them
    that held nothing at all.
    """

    window: Interval
    connections: frozenset[str]
    empty: frozenset[str]
    events: Mapping[str, Occurrence] = field(repr=False)
    pattern: WorkingPattern
    now: datetime


class Fate(StrEnum):
    """What has become of a hold."""

    STANDS = "stands"
    """It is where it was written, or nothing can be said."""
    GONE = "gone"
    """Somebody deleted it, or gave its time away by showing it as free."""
    MOVED = "moved"
    """Somebody put it elsewhere, where it now is firm."""
    DOUBTFUL = "doubtful"
    """Its calendar reads empty: that may be a fault, so somebody has to look."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One hold and what has become of it. `now_at` is where it was moved to."""

    hold: Hold = field(repr=False)
    fate: Fate
    now_at: Occurrence | None = None


@dataclass(frozen=True, slots=True)
class Noticed:
    """What came of a look: the overrides that are new, and connections that suddenly read empty.

    While there are any of the latter no plan may be made: what is there cannot be seen.
    """

    overrides: tuple[Override, ...] = ()
    doubtful: frozenset[str] = frozenset()


def look_at(deployment: Deployment, diary: LeaderDiary) -> Look:
    """What a diary that was just read tells about holds."""
    opened = diary.opened
    holders = set(opened.holders.values())
    empty = (each for number, each in enumerate(diary.connections) if number not in holders)
    return Look(
        window=opened.diary.reach,
        connections=frozenset(diary.connections),
        empty=frozenset(empty),
        events=_events(deployment, opened.diary.occurrences),
        pattern=opened.diary.pattern,
        now=opened.now,
    )


def _events(deployment: Deployment, occurrences: Iterable[Occurrence]) -> Mapping[str, Occurrence]:
    """Occurrences by fingerprint; a series by that of its UID too, as its first member: somebody
    may have made one of a hold."""
    found: dict[str, Occurrence] = {}
    for each in occurrences:
        found[event_print(deployment, each.id)] = each
        found.setdefault(event_print(deployment, each.uid), each)
    return found


def compare(
    known: Iterable[Hold], look: Look, busy: Collection[str] = (), confirmed: Collection[str] = ()
) -> tuple[Seen, ...]:
    """What has become of each hold, in the given order.

    `busy` are the fingerprints of events that a plan is at work on. `confirmed` are connections
    of which a person said that they are rightly empty.
    """
    return tuple(_see(each, look, busy, confirmed) for each in known)


def _see(hold: Hold, look: Look, busy: Collection[str], confirmed: Collection[str]) -> Seen:
    there = look.events.get(hold.event)
    if hold.event in busy:
        return Seen(hold, Fate.STANDS)
    if there is not None:
        return _see_event(hold, there)
    was_read = hold.connection_id in look.connections
    if not was_read or not look.window.overlaps(_span(hold)):
        return Seen(hold, Fate.STANDS)
    if hold.connection_id in look.empty and hold.connection_id not in confirmed:
        return Seen(hold, Fate.DOUBTFUL)
    return Seen(hold, Fate.GONE)


def _see_event(hold: Hold, there: Occurrence) -> Seen:
    given_away = there.scored_as is ScoredAs.NONE or there.status is Status.CANCELLED
    if there.all_day or given_away or there.hold is None:
        return Seen(hold, Fate.GONE)
    if _is_where_it_was(there, hold):
        return Seen(hold, Fate.STANDS)
    return Seen(hold, Fate.MOVED, there)


def _is_where_it_was(there: Occurrence, hold: Hold) -> bool:
    return not there.all_day and there.span == _span(hold)


def _span(hold: Hold) -> Interval:
    return Interval(hold.starts_at, hold.ends_at)


def notice(
    deployment: Deployment, lease: Lease, look: Look, confirmed: Collection[str] = ()
) -> Noticed:
    """Remember what people did to a leader's holds since they were last looked at.

    The rows of holds follow in the same transaction, so nothing is noticed twice. Raises LostLease.
    """
    leader_id = lease.leader_id
    busy = at_work(deployment, leader_id)

    def work(session: Session) -> Noticed:
        leases.keep(session, lease)
        # what has passed needs no more looking at, and goes when its time of keeping is over
        known = holds.of_leader(session, leader_id, since=look.now)
        seen = compare(known, look, busy, confirmed)
        made = [_follow(deployment, session, leader_id, each, look) for each in seen]
        doubtful = {each.hold.connection_id for each in seen if each.fate is Fate.DOUBTFUL}
        return Noticed(tuple(each for each in made if each), frozenset(doubtful))

    return deployment.database.persist(work)


def _follow(
    deployment: Deployment, session: Session, leader_id: str, seen: Seen, look: Look
) -> Override | None:
    """Bring one row up to date; the override, where a person did something."""
    if seen.fate in (Fate.STANDS, Fate.DOUBTFUL):
        return None
    hold = seen.hold
    span, kind = _span(hold), Kind(hold.kind)
    if seen.fate is Fate.MOVED and seen.now_at is not None:
        _move(deployment, session, leader_id, hold, seen.now_at)
    else:
        holds.drop(session, leader_id, hold.event)
    how = How.MOVED if seen.fate is Fate.MOVED else How.DELETED
    day = look.pattern.day_of(span.start)
    found = overrides.new(day, kind, how, span, look.now)
    overrides.remember(session, leader_id, found)
    told = {"kind": kind.value, "how": how.value, "day": day.isoformat()}
    record(deployment, session, leader_id, What.OVERRIDE_NOTICED, CLEARWAY, **told)
    return found


def _move(
    deployment: Deployment, session: Session, leader_id: str, hold: Hold, there: Occurrence
) -> None:
    contents = {**deployment.database.vault.open(hold.contents), "version": there.version}
    holds.put(
        session,
        leader_id,
        hold.event,
        connection_id=hold.connection_id,
        kind=hold.kind,
        starts_at=there.span.start,
        ends_at=there.span.end,
        plan_id=hold.plan_id,
        contents=deployment.database.vault.seal(contents),
    )
    holds.keep_firm(session, leader_id, hold.id, firm=True)


def at_work(deployment: Deployment, leader_id: str) -> frozenset[str]:
    """The fingerprints of events of which it is not known whether a plan has changed them."""
    with deployment.database.transaction() as session:
        found = plans.ids_in(session, leader_id, [each.value for each in _OPEN])
    ids: set[str] = set()
    for plan_id in found:
        contents = records.load(deployment, leader_id, plan_id).contents
        lines = {each: read(deployment, plan_id, each) for each in Direction}
        begun = {
            each.number
            for some in lines.values()
            for each in some.values()
            if each.state is StepState.INTENT
        }
        made = lines[Direction.APPLY]
        ids |= {one.made.event_id for one in made.values() if one.made and one.number in begun}
        changes = contents.changes if contents is not None else ()
        ids |= {
            one.event_id for number, one in enumerate(changes) if number in begun and one.event_id
        }
    return frozenset(event_print(deployment, each) for each in ids)


_OPEN = frozenset(
    {
        PlanState.APPLYING,
        PlanState.PARTLY_APPLIED,
        PlanState.CONFLICTED,
        PlanState.UNDOING,
        PlanState.PARTLY_UNDONE,
    }
)
"""States in which a step may have been begun and have no outcome."""
