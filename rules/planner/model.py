"""One day as numbers: what the search needs to know, and how its answer becomes times again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from rules.diary import Day, break_span, in_order
from rules.event import Kind, Occurrence, ScoredAs
from rules.interval import Interval
from rules.planner import kernel as k
from rules.planner.plan import Tier
from rules.planner.rights import Rights
from rules.policy import Policy, Severity
from rules.working_pattern import WorkingPattern, day_span, instant, monday

GRID = timedelta(minutes=5)
SECOND = timedelta(seconds=1)
FAR = 1 << 40
MOST_CHANGED = 40
"""No more meetings than this are looked at in one day, the cheapest first; the rest stay."""
MOST_HELD = 24
"""No more of Clearway's holds than this are looked at in one day, the earliest; the rest stay."""


@dataclass(frozen=True)
class Floors:
    """Minutes of break and end of day that the diary misses now; a plan never leaves more."""

    rest: int
    day_end: int


@dataclass(frozen=True)
class Placement:
    """One thing that the search put at a time: a meeting (by its occurrence) or a new hold."""

    span: Interval
    meeting: Occurrence | None = None
    hold: Kind | None = None


@dataclass(frozen=True)
class DayModel:
    """The arrays of one day, and the occurrences behind them.

    `whole` is false where the day has more movable meetings or holds than are searched.
    """

    origin: datetime
    arrays: tuple[Any, ...]
    meetings: tuple[Occurrence, ...]
    holds: tuple[Occurrence, ...]
    held_pods: int
    whole: bool

    def at(self, seconds: int) -> datetime:
        """The moment that many seconds after the day's origin."""
        return self.origin + int(seconds) * SECOND


class _Moments:
    """Moments in seconds from an origin; ends with seconds of their own stay exact."""

    def __init__(self, origin: datetime) -> None:
        self.origin = origin
        self.found: set[int] = set()

    def second(self, moment: datetime) -> int:
        return (moment - self.origin) // SECOND

    def add(self, *seconds: int) -> None:
        self.found.update(seconds)


def build(
    day: Day,
    pattern: WorkingPattern,
    policy: Policy,
    rights: Rights,
    floors: Floors,
    new_pods: int,
) -> DayModel:
    """The model of a working day on which up to `new_pods` team contacts may be added."""
    window = day.window
    if window is None:
        raise ValueError("only a working day is planned")
    everything = [*day.appointments, *day.around]
    origin = min([window.span.start, *(each.span.start for each in everything)])
    origin = origin.replace(minute=0, second=0, microsecond=0)
    moments = _Moments(origin)
    start, end = moments.second(window.span.start), moments.second(window.span.end)
    # past a Sunday's midnight a team contact would count for the week after the shift's own
    week_end = day_span(monday(window.day) + timedelta(weeks=1), pattern.zone).start
    own = in_order(
        each
        for each in everything
        if rights.is_own_hold(each) and not (each.kind is Kind.POD and each.span.start >= week_end)
    )
    holds = own[:MOST_HELD]
    changeable, fixed, whole = _split(day, rights, window.span, holds)
    movable = [each for each in changeable if rights.movable(each, window.span)]
    bits = {each.id: bit for bit, each in enumerate(movable)}
    spans = {each.id: _seconds(moments, each) for each in everything}
    _add_moments(moments, start, end, everything, spans, changeable, rights, bits)
    zone = break_span(window, policy, pattern)
    if zone and policy.break_severity is not Severity.OFF:
        moments.add(moments.second(zone.start), moments.second(zone.end))
    else:
        zone = None
    points = np.array(sorted(moments.found), dtype=np.int64)
    index = {int(point): place for place, point in enumerate(points)}
    segments = _segments(points, index, start, end, day, spans, holds, moments, zone)
    barrier = np.zeros(len(points), dtype=np.bool_)
    for each in [*fixed, *(one for one in changeable if one.id not in bits)]:
        barrier[index[spans[each.id][0]]] = True
    pods = [each for each in holds if each.kind is Kind.POD]
    static = [spans[each.id] for each in day.around if each not in holds]
    meetings = _meetings(changeable, [*fixed, *pods], static, spans, bits, rights, moments)
    hold_rows = np.array(
        [_hold_row(each, spans, index) for each in holds] or np.zeros((0, 4)), dtype=np.int64
    ).reshape(len(holds), 4)
    steps, first_step = _steps(points, index, end, fixed, changeable, holds, spans)
    held_pods = sum(each.kind is Kind.POD for each in holds)
    scalars = _scalars(
        policy, window.contracted, rights, moments, start, end, zone, floors, held_pods + new_pods
    )
    scalars[k.S_WEEK_END] = moments.second(week_end)
    scalars[k.S_HELD_ALL] = sum(each.kind is Kind.PROTECTED for each in holds)
    scalars[k.S_HELD_ALREADY] = sum(
        each not in holds and not rights.is_firm(each) for each in day.holds(Kind.PROTECTED)
    )
    liked = _liked(policy, day, pattern, moments)
    scalars[k.S_LIKE_FROM], scalars[k.S_LIKE_TO] = liked or (start, end)
    suffix = _suffix(points, segments, fixed, changeable, holds, spans, bits, meetings)
    ends = np.array([spans[each.id][1] for each in fixed], dtype=np.int64)
    arrays = (
        scalars,
        points,
        segments,
        barrier,
        steps,
        first_step,
        ends,
        meetings,
        hold_rows,
        suffix,
    )
    whole = whole and len(own) <= MOST_HELD
    return DayModel(origin, arrays, tuple(changeable), holds, held_pods, whole)


def _seconds(moments: _Moments, each: Occurrence) -> tuple[int, int]:
    return moments.second(each.span.start), moments.second(each.span.end)


def _split(
    day: Day, rights: Rights, window: Interval, holds: Sequence[Occurrence]
) -> tuple[list[Occurrence], list[Occurrence], bool]:
    """Meetings that may change, other appointments but own holds, and whether that is all."""
    own = {each.id for each in holds}
    rest = [each for each in day.appointments if each.id not in own]
    free = [each for each in rest if rights.cuts(each) or rights.movable(each, window)]
    cheapest = sorted(free, key=lambda each: (each.other_people, each.span, each.id))
    looked_at = {each.id for each in cheapest[:MOST_CHANGED]}
    changeable = [each for each in free if each.id in looked_at]
    fixed = [each for each in rest if each.id not in looked_at]
    return changeable, fixed, len(free) <= MOST_CHANGED


def _add_moments(
    moments: _Moments,
    start: int,
    end: int,
    everything: Sequence[Occurrence],
    spans: dict[str, tuple[int, int]],
    changeable: Sequence[Occurrence],
    rights: Rights,
    bits: dict[str, int],
) -> None:
    moments.add(start, end)
    for each in everything:
        moments.add(*spans[each.id])
    odd = {0}
    for each in changeable:
        first, last = spans[each.id]
        moments.add(*(last - 300 * cut for cut in range(rights.cuts(each) + 1)))
        if each.id in bits:
            odd.add((last - first) % 300)
    grid = range(-(-start // 300) * 300, end + 1, 300)
    moments.add(*(point + rest for rest in odd for point in grid if point + rest <= end))


def _segments(
    points: Any,
    index: dict[int, int],
    start: int,
    end: int,
    day: Day,
    spans: dict[str, tuple[int, int]],
    holds: Sequence[Occurrence],
    moments: _Moments,
    zone: Interval | None,
) -> Any:
    segments = np.zeros((len(points), 5), dtype=np.bool_)
    segments[index[start] : index[end], k.G_INSIDE] = True
    own = {each.id for each in holds}
    for each in day.around:
        if each.id in own:
            continue
        first, last = (index[second] for second in spans[each.id])
        segments[first:last, k.G_BLOCKED] = True
        if each.scored_as is ScoredAs.APPOINTMENT:
            segments[first:last, k.G_CUT] = True
        elif each.kind is Kind.PROTECTED and each.scored_as is ScoredAs.HOLD:
            segments[first:last, k.G_PROTECTED] = True
    segments[:, k.G_PROTECTED] &= segments[:, k.G_INSIDE]
    if zone:
        first, last = (index[moments.second(edge)] for edge in (zone.start, zone.end))
        segments[first:last, k.G_ZONE] = True
    return segments


def _meetings(
    changeable: Sequence[Occurrence],
    fixed: Sequence[Occurrence],
    static: Sequence[tuple[int, int]],
    spans: dict[str, tuple[int, int]],
    bits: dict[str, int],
    rights: Rights,
    moments: _Moments,
) -> Any:
    policy = rights.policy
    rows = np.zeros((len(changeable), 12), dtype=np.int64)
    for place, each in enumerate(changeable):
        first, last = spans[each.id]
        others = [spans[one.id] for one in [*changeable, *fixed] if one is not each]
        alone = _uncovered(first, last, others)
        # time that is taken anyway is no free time, so it is not used up either
        taken = _uncovered(first, last, [*others, *static])
        before, after = rights.neighbours.get(each.id, (None, None))
        rows[place, k.M_START] = first
        rows[place, k.M_LENGTH] = last - first
        rows[place, k.M_CUTS] = rights.cuts(each)
        rows[place, k.M_BIT] = bits.get(each.id, -1)
        rows[place, k.M_PRICE] = policy.price_meeting + policy.price_person * each.other_people
        rows[place, k.M_TOLD] = each.other_people
        rows[place, k.M_LOW] = moments.second(before) if before else -FAR
        rows[place, k.M_HIGH] = moments.second(after) if after else FAR
        rows[place, k.M_NEED] = _earlier_members(each, changeable, bits)
        # ending early saves time only beyond what it costs; once that is paid, all of it
        cut = 300 * rights.cuts(each)
        rows[place, k.M_USED] = max(0, taken - max(0, cut - 60 * rows[place, k.M_PRICE]))
        rows[place, k.M_LATE] = last - first - cut - rows[place, k.M_USED]
        rows[place, k.M_SLOT] = alone == last - first and first < last
        for one in changeable:
            # order, not today's place, binds two members that may both move
            if one.uid == each.uid and one.id in bits and before and after:
                if one.span.start == before:
                    rows[place, k.M_LOW] = -FAR
                if one.span.start == after:
                    rows[place, k.M_HIGH] = FAR
    return rows


def _earlier_members(
    each: Occurrence, changeable: Sequence[Occurrence], bits: dict[str, int]
) -> int:
    if each.recurrence_id is None:
        return 0
    return sum(
        1 << bits[one.id]
        for one in changeable
        if one.uid == each.uid and one.id in bits and one.span.start < each.span.start
    )


def _uncovered(first: int, last: int, others: Sequence[tuple[int, int]]) -> int:
    """Seconds of a meeting that no other appointment shares."""
    left, cursor = 0, first
    for start, end in sorted(others):
        left += max(0, min(start, last) - cursor)
        cursor = max(cursor, end)
        if cursor >= last:
            return left
    return left + max(0, last - cursor)


def _alone(spans: Sequence[tuple[int, int]]) -> set[tuple[int, int]]:
    """The spans of some length that share time with no other."""
    found: set[tuple[int, int]] = set()
    busy = -FAR
    in_order = sorted(spans)
    for (first, last), (following, _) in zip(in_order, [*in_order[1:], (FAR, FAR)], strict=False):
        if busy <= first < last <= following:
            found.add((first, last))
        busy = max(busy, last)
    return found


def _hold_row(
    each: Occurrence, spans: dict[str, tuple[int, int]], index: dict[int, int]
) -> tuple[int, int, int, int]:
    first, last = spans[each.id]
    kinds = {Kind.PROTECTED: k.HOLD_PROTECTED, Kind.POD: k.HOLD_POD}
    kind = kinds.get(each.kind, k.HOLD_PLAIN) if each.kind else k.HOLD_PLAIN
    return first, last, kind, index[first]


def _steps(
    points: Any,
    index: dict[int, int],
    end: int,
    fixed: Sequence[Occurrence],
    changeable: Sequence[Occurrence],
    holds: Sequence[Occurrence],
    spans: dict[str, tuple[int, int]],
) -> tuple[Any, Any]:
    """What is decided, in order: at each moment the day's end, then what begins, then time."""
    begins: dict[int, list[tuple[int, int]]] = {}
    begins.setdefault(index[end], []).append((k.STEP_DAY_END, 0))
    for kind, group in (
        (k.STEP_APPOINTMENT, fixed),
        (k.STEP_MEETING, changeable),
        (k.STEP_HOLD, holds),
    ):
        for place, each in enumerate(group):
            begins.setdefault(index[spans[each.id][0]], []).append((kind, place))
    steps: list[tuple[int, int, int]] = []
    first = np.zeros(len(points), dtype=np.int64)
    for place in range(len(points)):
        first[place] = len(steps)
        for kind, ref in begins.get(place, []):
            steps.append((kind, ref, place))
            if kind in (k.STEP_MEETING, k.STEP_HOLD):
                # many that begin together would multiply before time passes
                steps.append((k.STEP_SIEVE, 0, place))
        steps.append((k.STEP_ADVANCE, place, place))
    return np.array(steps, dtype=np.int64), first


def _scalars(
    policy: Policy,
    contracted: int,
    rights: Rights,
    moments: _Moments,
    start: int,
    end: int,
    zone: Interval | None,
    floors: Floors,
    max_pods: int,
) -> Any:
    scalars = np.zeros(k.SCALARS, dtype=np.int64)
    target = policy.protected_target(contracted)
    scalars[k.S_START], scalars[k.S_END] = start, end
    scalars[k.S_GAP] = policy.gap_minutes * 60
    scalars[k.S_DAY_END] = policy.end_of_day_minutes * 60
    scalars[k.S_BREAK] = policy.break_minutes * 60 if zone else 0
    scalars[k.S_TARGET] = target * 60
    scalars[k.S_PIECE] = min(policy.protected_piece, target) * 60
    scalars[k.S_POD] = policy.pod_minutes * 60
    scalars[k.S_MAX_PODS] = max_pods
    scalars[k.S_NOW] = moments.second(rights.now)
    scalars[k.S_FREEZE] = moments.second(rights.thaw)
    scalars[k.S_FLOOR_BREAK], scalars[k.S_FLOOR_END] = floors.rest, floors.day_end
    scalars[k.S_TIES] = rights.tier is Tier.HOLDS
    scalars[k.S_WIDTH] = FAR
    for rule, cost, must in (
        ("gap", k.S_GAP_COST, k.S_GAP_MUST),
        ("protected", k.S_PROT_COST, k.S_PROT_MUST),
        ("break", k.S_BREAK_COST, k.S_BREAK_MUST),
        ("end_of_day", k.S_END_COST, k.S_END_MUST),
    ):
        scalars[cost], scalars[must] = weights(policy, rule)
    return scalars


def weights(policy: Policy, rule: str) -> tuple[int, int]:
    """Whether a missing minute of a rule counts in the cost, and in the must minutes."""
    severity = policy.severity(rule)
    return int(severity in (Severity.MUST, Severity.SHOULD)), int(severity is Severity.MUST)


def _liked(
    policy: Policy, day: Day, pattern: WorkingPattern, moments: _Moments
) -> tuple[int, int] | None:
    start, end = policy.preferred_from, policy.preferred_to
    if day.window is None or (start is None and end is None):
        return None
    window, zone = day.window, pattern.zone
    first = instant(window.day, start, zone) if start else window.span.start
    last = instant(window.day, end, zone) if end else window.span.end
    span = window.span.clip(Interval(first, max(first, last)))
    return (moments.second(span.start), moments.second(span.end)) if span else None


def _suffix(
    points: Any,
    segments: Any,
    fixed: Sequence[Occurrence],
    changeable: Sequence[Occurrence],
    holds: Sequence[Occurrence],
    spans: dict[str, tuple[int, int]],
    bits: dict[str, int],
    meetings: Any,
) -> Any:
    """For each moment, what the bound may count on from there to the end of the window."""
    size = len(points)
    lengths = np.diff(points, append=points[-1])
    inside, blocked = segments[:, k.G_INSIDE], segments[:, k.G_BLOCKED]
    covered = np.zeros(size, dtype=np.bool_)
    index = {int(point): place for place, point in enumerate(points)}
    for each in fixed:
        first, last = (index[second] for second in spans[each.id])
        covered[first:last] = True
    start, end = (int(points[inside][0]), int(points[inside][-1] + lengths[inside][-1]))
    suffix = np.zeros((size, 8), dtype=np.int64)
    suffix[:, k.L_FREE] = _from_here(np.where(inside & ~blocked & ~covered, lengths, 0))
    firm = inside & segments[:, k.G_PROTECTED] & ~covered
    suffix[:, k.L_FIRM] = _from_here(np.where(firm, lengths, 0))
    runs = inside & blocked & ~np.append(blocked[1:], False)
    suffix[:, k.L_COVERS] = _from_here(runs.astype(np.int64))
    suffix[:, k.L_ZONE] = _from_here(segments[:, k.G_ZONE].astype(np.int64)) > 0
    # a break may lie over own time, which is no free time
    quiet = segments[:, k.G_ZONE] & blocked & ~segments[:, k.G_CUT] & ~segments[:, k.G_PROTECTED]
    suffix[:, k.L_QUIET] = _from_here(np.where(quiet, lengths, 0))
    for place, each in enumerate(changeable):
        if each.id not in bits and start < spans[each.id][0] and spans[each.id][1] <= end:
            suffix[: index[spans[each.id][0]], k.L_USED] += meetings[place, k.M_USED]
            suffix[: index[spans[each.id][0]], k.L_SLOTS] += meetings[place, k.M_SLOT]
    pods = [each for each in holds if each.kind is Kind.POD]
    everyone = [spans[each.id] for each in [*fixed, *changeable, *pods]]
    alone = _alone(everyone)
    for each in fixed:
        first, last = spans[each.id]
        if start < first < end and (first, last) in alone:
            suffix[: index[first], k.L_SLOTS] += 1
    for each in holds:
        if each.kind is Kind.PROTECTED:
            suffix[: index[spans[each.id][0]] + 1, k.L_HOLDS] += 1
    return suffix


def _from_here(values: Any) -> Any:
    return values[::-1].cumsum()[::-1]
