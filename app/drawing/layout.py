"""Where everything of a week stands in its picture, in minutes of the local day.

A picture holds times and kinds and nothing else: no title, name or place reaches it, and own
time is a stretch without a reason.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from enum import StrEnum
from itertools import groupby
from zoneinfo import ZoneInfo

from rules.change import Change, ChangeKind
from rules.diary import Day, Diary
from rules.event import TEAM_KINDS, Kind, Occurrence, ScoredAs
from rules.finding import Finding
from rules.interval import Interval
from rules.policy import Policy
from rules.working_pattern import local_date, monday

DAY = 24 * 60
EARLIEST_AXIS = 6 * 60
LATEST_AXIS = 22 * 60
"""Meetings outside these hours do not stretch the axis: the working day would become unreadable."""
SHORTEST_AXIS = 4 * 60


class Look(StrEnum):
    """What a block of time is, as far as a picture says."""

    MEETING = "meeting"
    TEAM = "team"
    CLINICAL = "clinical"
    PROTECTED = "protected"
    GAP = "gap"
    BREAK = "break"
    END_OF_DAY = "end-of-day"
    LEARNING = "learning"
    OWN_TIME = "own-time"


class Mark(StrEnum):
    """What a plan does to a block; `was` is the place that something leaves."""

    SAME = "same"
    NEW = "new"
    MOVED = "moved"
    SHORTER = "shorter"
    WAS = "was"


@dataclass(frozen=True, slots=True)
class Block:
    """A stretch of one day, in minutes after its local midnight, in one of several lanes."""

    start: int
    end: int
    look: Look
    mark: Mark = Mark.SAME
    lane: int = 0
    lanes: int = 1


@dataclass(frozen=True, slots=True)
class Flag:
    """A place where something is missing: the rule, when, and how many minutes."""

    rule: str
    start: int
    end: int
    missing: int


@dataclass(frozen=True, slots=True)
class Column:
    """One day. `hours` is None where it is not worked; `protected` is minutes there and asked for."""

    day: date
    hours: tuple[int, int] | None
    leave: bool
    blocks: tuple[Block, ...]
    flags: tuple[Flag, ...]
    protected: tuple[int, int]

    @property
    def missing(self) -> int:
        """Minutes missing on this day over the rules that a plan works on."""
        return sum(flag.missing for flag in self.flags)


@dataclass(frozen=True, slots=True)
class Week:
    """The days of one week, the hours that its picture covers, and team contact still to place."""

    columns: tuple[Column, ...]
    hours: tuple[int, int]
    team_missing: int

    @property
    def first(self) -> date:
        """The first day in the picture."""
        return self.columns[0].day


DAILY = ("gap", "protected", "break", "end_of_day")
"""Rules with a place in a day; team contact belongs to the week, and others are told in words."""


def weeks(
    diary: Diary, findings: Iterable[Finding], policy: Policy, changes: Sequence[Change] = ()
) -> tuple[Week, ...]:
    """The pictures of a diary, one for each week that its window touches.

    `findings` are those of this diary. `changes` are those that led to it, so that they can be
    marked. Weekends without work or meetings are left out.
    """
    found = list(findings)
    columns = [_column(each, diary, found, policy, changes) for each in diary.days]
    grouped = groupby(columns, key=lambda column: monday(column.day))
    return tuple(_week(first, list(days), found) for first, days in grouped)


def _week(first: date, columns: list[Column], findings: list[Finding]) -> Week:
    shown = [each for each in columns if each.day.weekday() < 5 or each.hours or each.blocks]
    team = sum(each.missing for each in findings if each.rule == "pods" and each.day == first)
    shown = shown or columns
    return Week(tuple(shown), _axis(shown), team)


def _axis(columns: Sequence[Column]) -> tuple[int, int]:
    hours = [each.hours for each in columns if each.hours]
    blocks = [block for each in columns for block in each.blocks if block.look is not Look.OWN_TIME]
    starts = [start for start, _ in hours]
    starts += [max(EARLIEST_AXIS, each.start) for each in blocks if each.end > EARLIEST_AXIS]
    ends = [end for _, end in hours]
    ends += [min(each.end, max([LATEST_AXIS, *ends])) for each in blocks]
    first = min(starts, default=9 * 60) // 60 * 60
    last = -(-max(ends, default=17 * 60) // 60) * 60
    return first, max(last, first + SHORTEST_AXIS)


def _column(
    day: Day, diary: Diary, findings: Sequence[Finding], policy: Policy, changes: Sequence[Change]
) -> Column:
    zone = diary.pattern.zone
    flags = tuple(
        Flag(
            each.rule,
            _wall(each.start, day.date, zone),
            _wall(each.end, day.date, zone),
            each.missing,
        )
        for each in findings
        if each.rule in DAILY and each.day == day.date and each.missing
    )
    blocks = _in_lanes(_blocks(day, diary, _marks(changes))) + _ghosts(day, diary, changes)
    window = day.window
    target = policy.protected_target(window.contracted) if window else 0
    lacking = sum(each.missing for each in flags if each.rule == "protected")
    hours = None
    if window:
        hours = (
            _wall(window.span.start, day.date, zone),
            _wall(window.span.end, day.date, zone),
        )
    return Column(day.date, hours, day.leave, blocks, flags, (max(0, target - lacking), target))


@dataclass(frozen=True, slots=True)
class _Marks:
    """What happened to which event, and where there are holds that had no identifier yet."""

    events: Mapping[str, Mark]
    new: frozenset[tuple[Kind | None, Interval]]

    def of(self, occurrence: Occurrence) -> Mark:
        if occurrence.hold and (occurrence.hold, occurrence.span) in self.new:
            return Mark.NEW
        return self.events.get(occurrence.id, Mark.SAME)


def _marks(changes: Sequence[Change]) -> _Marks:
    events = {}
    new = set()
    for change in changes:
        if change.after is None:
            continue
        if change.kind is ChangeKind.HOLD_CREATE:
            new.add((change.hold, change.after))
        elif change.event_id:
            shorter = change.kind is ChangeKind.EVENT_SHORTEN
            events[change.event_id] = Mark.SHORTER if shorter else Mark.MOVED
    return _Marks(events, frozenset(new))


def _blocks(day: Day, diary: Diary, marks: _Marks) -> Iterator[Block]:
    around = [each for each in day.around if _shown_on(each, day, diary)]
    if day.window is None and not day.leave:
        around = list(_holds_on(day, diary))
    for each in (*day.appointments, *around):
        start, end = _walls(each.span, day.date, diary.pattern.zone)
        yield Block(start, end, look_of(each), marks.of(each))


def _shown_on(occurrence: Occurrence, day: Day, diary: Diary) -> bool:
    """Holds and own time stand on each day whose hours they touch; meetings on their own day.

    On-call time is a state rather than a stretch of work, and would hide what is under it.
    """
    if occurrence.on_call:
        return False
    if occurrence.scored_as is ScoredAs.APPOINTMENT:
        return diary.pattern.day_of(occurrence.span.start) == day.date
    return True


def _holds_on(day: Day, diary: Diary) -> Iterator[Occurrence]:
    for each in diary.occurrences:
        if each.scored_as is ScoredAs.HOLD and not each.all_day:
            if local_date(each.span.start, diary.pattern.zone) == day.date:
                yield each


def look_of(occurrence: Occurrence) -> Look:
    """What an occurrence is drawn as."""
    if occurrence.scored_as is ScoredAs.OWN_TIME:
        return Look.OWN_TIME
    if occurrence.kind in TEAM_KINDS:
        return Look.TEAM
    return _LOOKS.get(occurrence.kind, Look.MEETING) if occurrence.kind else Look.MEETING


_LOOKS: Mapping[Kind, Look] = {
    Kind.PROTECTED: Look.PROTECTED,
    Kind.GAP: Look.GAP,
    Kind.BREAK: Look.BREAK,
    Kind.END_OF_DAY: Look.END_OF_DAY,
    Kind.LEARNING: Look.LEARNING,
    Kind.CHECK_IN: Look.OWN_TIME,
    Kind.CLINICAL: Look.CLINICAL,
}


def _ghosts(day: Day, diary: Diary, changes: Sequence[Change]) -> tuple[Block, ...]:
    zone = diary.pattern.zone
    left = (_left_behind(each) for each in changes)
    return tuple(
        Block(*_walls(place, day.date, zone), look, Mark.WAS)
        for place, look in filter(None, left)
        if diary.pattern.day_of(place.start) == day.date
    )


def _left_behind(change: Change) -> tuple[Interval, Look] | None:
    if change.before is None:
        return None
    look = _LOOKS.get(change.hold, Look.TEAM) if change.hold else Look.MEETING
    if change.kind is ChangeKind.EVENT_SHORTEN and change.after:
        return Interval(change.after.end, change.before.end), look
    return change.before, look


def _in_lanes(blocks: Iterable[Block]) -> tuple[Block, ...]:
    """Blocks that share time stand side by side, each group as wide as the column."""
    done: list[Block] = []
    group: list[Block] = []
    until = -DAY
    for block in sorted(blocks, key=lambda each: (each.start, -each.end, each.look)):
        if group and block.start >= until:
            done += _spread(group)
            group = []
        until = max(until, block.end) if group else block.end
        group.append(block)
    return tuple(done + _spread(group))


def _spread(group: Sequence[Block]) -> list[Block]:
    if len(group) == 1:
        return list(group)
    ends: list[int] = []
    placed: list[int] = []
    for block in group:
        free = (number for number, end in enumerate(ends) if end <= block.start)
        lane = next(free, len(ends))
        ends[lane : lane + 1] = [block.end]
        placed.append(lane)
    return [
        replace(block, lane=lane, lanes=len(ends))
        for block, lane in zip(group, placed, strict=True)
    ]


def _walls(span: Interval, day: date, zone: ZoneInfo) -> tuple[int, int]:
    start, end = _wall(span.start, day, zone), _wall(span.end, day, zone)
    return start, max(end, start)


def _wall(moment: datetime, day: date, zone: ZoneInfo) -> int:
    """What the clock on the wall says, in minutes after the midnight that begins `day`."""
    local = moment.astimezone(UTC).astimezone(zone)
    return (local.date() - day).days * DAY + local.hour * 60 + local.minute
