"""What people did to holds, and what follows: not put back that day, and in time not at that hour.

Deleting or dragging a hold is a decision, and no reason is asked for. Three such decisions about
one time of the week say that the time is wrong, so another one is offered.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from uuid import uuid4
from zoneinfo import ZoneInfo

from app.people.settings import Slot
from app.storage import Session, tables
from app.storage import overrides as stored
from rules import planner
from rules.change import Change, ChangeKind
from rules.diary import Diary
from rules.event import REGULAR_KINDS, Kind, Occurrence, ScoredAs
from rules.interval import Interval
from rules.planner.rights import Closed, Unwanted
from rules.policy import Policy
from rules.working_pattern import dates, instant, local_date

WITHIN = timedelta(weeks=5)
"""How far back overrides are looked at: that is how long they are kept, and a time of the week
comes up five times in it, so that three are most of them."""
ENOUGH = 3
"""After so many a new time is offered."""
NEAR = timedelta(minutes=30)
"""Holds of one weekday that begin no further apart are at the same time of day: plans place a hold
a little earlier or later from week to week."""
AVOIDED = "avoided"
"""The id of a time that the leader does not want, where a plan says what is in the way."""

_PLACED = frozenset({Kind.PROTECTED, Kind.POD})
_DAY = timedelta(days=1)


class How(StrEnum):
    """What somebody did to a hold."""

    DELETED = "deleted"
    MOVED = "moved"
    LIFTED = "lifted"
    UNDONE = "undone"
    """It was put there without asking, and taken back with its plan. Whoever asks for a plan then
    gets it all the same, and it says nothing about the time of the week."""


@dataclass(frozen=True, slots=True)
class Override:
    """A hold that somebody gave up or moved. `day` is the working day on which it was."""

    id: str
    day: date
    kind: Kind
    how: How
    span: Interval
    at: datetime
    owed_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Habit:
    """A time of the week at which a kind of hold was given up again and again, on so many days."""

    slot: Slot
    days: int


@dataclass(frozen=True, slots=True)
class NewTime:
    """Another time for a hold that is not wanted where it was.

    `hold` is the one that is there for the day already, None where there is none.
    """

    habit: Habit
    day: date
    hold: Occurrence | None
    span: Interval


def of_leader(session: Session, leader_id: str, now: datetime) -> tuple[Override, ...]:
    """What a leader did to holds of late, by the start of the holds."""
    return tuple(value(each) for each in stored.of_leader(session, leader_id, since=now - WITHIN))


def remember(session: Session, leader_id: str, override: Override) -> None:
    """Keep it, in the transaction in which what it follows from is kept; once."""
    if stored.find(session, leader_id, override.id) is not None:
        return
    row = tables.Override(
        id=override.id,
        leader_id=leader_id,
        day=override.day,
        kind=override.kind.value,
        how=override.how.value,
        starts_at=override.span.start,
        ends_at=override.span.end,
        at=override.at,
        owed_until=override.owed_until,
    )
    stored.add(session, row)


def forget(session: Session, leader_id: str, override_id: str) -> None:
    """It is as if nobody had done it; one that is not there is no error."""
    stored.drop(session, leader_id, override_id)


def new(day: date, kind: Kind, how: How, span: Interval, at: datetime) -> Override:
    """An override that is not kept yet. Nothing is owed for it."""
    return Override(uuid4().hex, day, kind, how, span, at)


def value(row: tables.Override) -> Override:
    """A row as a value."""
    return Override(
        id=row.id,
        day=row.day,
        kind=Kind(row.kind),
        how=How(row.how),
        span=Interval(row.starts_at, row.ends_at),
        at=row.at,
        owed_until=row.owed_until,
    )


def unwanted(overrides: Iterable[Override], *, asked: bool = False) -> Unwanted:
    """The days on which a kind of hold is not put back, as plans take them.

    `asked` is whether somebody asks for the plan.
    """
    return frozenset(
        (each.day, each.kind) for each in overrides if not asked or each.how is not How.UNDONE
    )


# --- the same time again and again --------------------------------------------------------------


def habits(overrides: Iterable[Override], zone: ZoneInfo, now: datetime) -> tuple[Habit, ...]:
    """Times of the week at which a kind was given up on at least three days within five weeks.

    The time is that of the newest override. One that was dragged counts where it was.
    """
    left = sorted(
        (each for each in overrides if now - WITHIN < each.span.end and each.how is not How.UNDONE),
        key=lambda each: (each.span.start, each.id),
    )
    found: list[Habit] = []
    while left:
        newest = left.pop()
        slot = slot_of(newest.kind, newest.span, zone)
        alike = [each for each in left if _is_alike(slot, slot_of(each.kind, each.span, zone))]
        left = [each for each in left if each not in alike]
        days = {each.day for each in (newest, *alike)}
        if len(days) >= ENOUGH:
            found.append(Habit(slot, len(days)))
    return tuple(sorted(found, key=lambda each: each.slot))


def slot_of(kind: Kind, span: Interval, zone: ZoneInfo) -> Slot:
    """The time of the week that a hold takes, by the clock of the zone."""
    start, end = (moment.astimezone(zone) for moment in (span.start, span.end))
    return Slot(kind, start.weekday(), _minute(start), _minute(end))


def _minute(local: datetime) -> time:
    return time(local.hour, local.minute)


def _is_alike(one: Slot, other: Slot) -> bool:
    if (one.kind, one.weekday) != (other.kind, other.weekday):
        return False
    return abs(_of_day(one.start) - _of_day(other.start)) <= NEAR


def _of_day(clock: time) -> timedelta:
    return timedelta(hours=clock.hour, minutes=clock.minute)


# --- what plans make of it ----------------------------------------------------------------------


def avoided(habits: Iterable[Habit], never: Collection[Slot]) -> frozenset[Slot]:
    """The times of the week at which no such hold is placed: those the leader said, and habits."""
    return frozenset({*never, *(each.slot for each in habits)})


def without_times(diary: Diary, slots: Iterable[Slot]) -> Diary:
    """The diary as plans see it, in which these times are taken.

    They are taken as the leader's own time is: no rule counts it, and nothing is placed on it. That
    keeps other holds and moved meetings out too. Gap holds are left to `without_gaps`: one small
    time must not stand in the way of everything else.
    """
    taken = [
        _taken(span)
        for slot in slots
        if slot.kind in _PLACED
        for span in times_of(slot, diary.start, diary.end, diary.pattern.zone)
    ]
    return diary.with_occurrences([*diary.occurrences, *taken]) if taken else diary


def closed_times(diary: Diary, slots: Iterable[Slot]) -> Closed:
    """These times over the days of a diary, each with the kind that is not wanted then."""
    return tuple(
        (slot.kind, span)
        for slot in slots
        if slot.kind in REGULAR_KINDS
        for span in times_of(slot, diary.start, diary.end, diary.pattern.zone)
    )


def without_gaps(
    changes: Sequence[Change], slots: Collection[Slot], zone: ZoneInfo
) -> tuple[Change, ...]:
    """The changes of a plan but for new holds at these times that change none of its numbers."""
    return tuple(
        each
        for each in changes
        if not (
            each.kind is ChangeKind.HOLD_CREATE
            and each.hold not in _PLACED
            and each.after is not None
            and any(_lies_at(slot, each, zone) for slot in slots)
        )
    )


def _lies_at(slot: Slot, change: Change, zone: ZoneInfo) -> bool:
    if change.after is None or slot.kind is not change.hold:
        return False
    day = local_date(change.after.start, zone)
    return any(each.overlaps(change.after) for each in times_of(slot, day - _DAY, day + _DAY, zone))


def times_of(slot: Slot, start: date, end: date, zone: ZoneInfo) -> list[Interval]:
    """When a time of the week is, for the local dates from `start`, `end` not included."""
    days = (each for each in dates(start, end) if each.weekday() == slot.weekday)
    return [_span_of(slot, each, zone) for each in days]


def _span_of(slot: Slot, day: date, zone: ZoneInfo) -> Interval:
    first = instant(day, slot.start, zone)
    last = day if slot.end > slot.start else day + _DAY
    return Interval(first, max(first, instant(last, slot.end, zone)))


def _taken(span: Interval) -> Occurrence:
    uid = f"{AVOIDED}/{span.start:%Y%m%dT%H%M%SZ}"
    return Occurrence(uid, span.start, span.end, ScoredAs.OWN_TIME, organizer=True)


def new_time(
    habit: Habit,
    diary: Diary,
    policy: Policy,
    now: datetime,
    unwanted: Unwanted = frozenset(),
    avoided: Collection[Slot] = (),
) -> NewTime | None:
    """Where the hold of the next such day goes instead, by a plan of that day alone.

    None where the day has no room elsewhere, where none of the diary's days is such a day, and for
    a kind that is tied to its meeting.
    """
    if habit.slot.kind not in _PLACED:
        return None
    zone = diary.pattern.zone
    for span in times_of(habit.slot, diary.start, diary.end, zone):
        day = diary.pattern.day_of(span.start)
        worked = diary.start <= day < diary.end and diary.day(day).window is not None
        if span.start > now and worked and (day, habit.slot.kind) not in unwanted:
            return _elsewhere(habit, diary, policy, now, day, span, {*avoided, habit.slot})
    return None


def _elsewhere(
    habit: Habit,
    diary: Diary,
    policy: Policy,
    now: datetime,
    day: date,
    span: Interval,
    slots: Collection[Slot],
) -> NewTime | None:
    kind = habit.slot.kind
    there = [
        each
        for each in diary.occurrences
        if each.hold is kind and not each.all_day and each.span.overlaps(span)
    ]
    rest = [each for each in diary.occurrences if each not in there]
    alone = Diary(tuple(rest), diary.pattern, day, day + _DAY)
    others = frozenset((day, other) for other in _PLACED if other is not kind)
    made = planner.plan(without_times(alone, slots), policy, now, unwanted=others)
    for change in made.changes:
        if change.kind is ChangeKind.HOLD_CREATE and change.hold is kind and change.after:
            return NewTime(habit, day, there[0] if there else None, change.after)
    return None
