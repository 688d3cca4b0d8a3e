"""One day as numbers: what the search needs to know, and how its answer becomes times again."""

from collections.abc import Mapping, Sequence
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
from rules.working_pattern import Window, WorkingPattern, day_span, instant, monday

GRID = timedelta(minutes=5)
SECOND = timedelta(seconds=1)
FAR = 1 << 40
MOST_CHANGED = 40
"""No more meetings than this are looked at in one day, the cheapest first; the rest stay."""
MOST_HELD = 24
"""No more of Clearway's holds than this are looked at in one day, the earliest; the rest stay."""

Span = tuple[int, int]
"""Start and end in seconds since a day's origin."""


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
    """A day as the search takes it, and the occurrences behind its numbers.

    `whole` is false where the day has more movable meetings or holds than are searched.
    """

    origin: datetime
    day: k.Day
    meetings: tuple[Occurrence, ...]
    holds: tuple[Occurrence, ...]
    held_pods: int
    whole: bool

    def at(self, seconds: int) -> datetime:
        """The moment that many seconds after the day's origin."""
        return self.origin + int(seconds) * SECOND


@dataclass(frozen=True)
class _Parts:
    """The occurrences of a day by what may become of them, and their times in seconds.

    `bits` number the meetings that may move, by identifier. `own` are Clearway's holds that may
    change, of which `holds` are looked at; `whole` says that all meetings are.
    """

    day: Day
    window: Window
    rights: Rights
    origin: datetime
    week_end: int
    spans: Mapping[str, Span]
    own: tuple[Occurrence, ...]
    holds: tuple[Occurrence, ...]
    changeable: tuple[Occurrence, ...]
    fixed: tuple[Occurrence, ...]
    whole: bool
    bits: Mapping[str, int]

    @property
    def hours(self) -> Span:
        """The working hours."""
        return _seconds(self.origin, self.window.span)

    def held(self, kind: Kind) -> list[Occurrence]:
        """The holds of a kind that are looked at."""
        return [each for each in self.holds if each.kind is kind]


@dataclass(frozen=True)
class _Frame:
    """The moments of a day, and the row of each."""

    points: Any
    rows: Mapping[int, int]

    def within(self, span: Span) -> slice:
        """The rows from the start of a span to its end."""
        return slice(self.rows[span[0]], self.rows[span[1]])


def build(
    day: Day,
    pattern: WorkingPattern,
    policy: Policy,
    rights: Rights,
    floors: Floors,
    new_pods: int,
) -> DayModel:
    """The model of a working day on which up to `new_pods` team contacts may be added."""
    if day.window is None:
        raise ValueError("only a working day is planned")
    parts = _parts(day, day.window, pattern, rights)
    zone = _zone(parts, pattern, policy)
    frame = _frame(parts, zone)
    steps = _steps(parts, frame)
    meetings = _meetings(parts)
    moments = _moments(parts, frame, steps, zone)
    terms = _terms(parts, policy, floors)
    liked = _liked(parts, pattern, policy)
    pods = len(parts.held(Kind.POD))
    given = k.Day(
        terms=terms._replace(
            rest=policy.break_minutes * 60 if zone else 0,
            like_from=liked[0],
            like_to=liked[1],
            most_pods=pods + new_pods,
            loose=int(moments["follows"].any()),
        ),
        moments=moments,
        left=_left(parts, frame, moments, meetings),
        place_at=_place_at(frame.points),
        steps=steps,
        meetings=np.array(meetings, k.MEETING),
        holds=np.array([_hold(parts, each) for each in parts.holds], k.HOLD),
    )
    whole = parts.whole and len(parts.own) == len(parts.holds)
    return DayModel(parts.origin, given, parts.changeable, parts.holds, pods, whole)


def _parts(day: Day, window: Window, pattern: WorkingPattern, rights: Rights) -> _Parts:
    everything = [*day.appointments, *day.around]
    origin = min([window.span.start, *(each.span.start for each in everything)])
    origin = origin.replace(minute=0, second=0, microsecond=0)
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
    return _Parts(
        day=day,
        window=window,
        rights=rights,
        origin=origin,
        week_end=_second(origin, week_end),
        spans={each.id: _seconds(origin, each.span) for each in everything},
        own=own,
        holds=holds,
        changeable=changeable,
        fixed=fixed,
        whole=whole,
        bits={each.id: bit for bit, each in enumerate(movable)},
    )


def _second(origin: datetime, moment: datetime) -> int:
    """Seconds since the day's origin; ends with seconds of their own stay exact."""
    return (moment - origin) // SECOND


def _seconds(origin: datetime, interval: Interval) -> Span:
    return _second(origin, interval.start), _second(origin, interval.end)


def _split(
    day: Day, rights: Rights, window: Interval, holds: Sequence[Occurrence]
) -> tuple[tuple[Occurrence, ...], tuple[Occurrence, ...], bool]:
    """Meetings that may change, other appointments but own holds, and whether that is all."""
    own = {each.id for each in holds}
    rest = [each for each in day.appointments if each.id not in own]
    free = [each for each in rest if rights.cuts(each) or rights.movable(each, window)]
    cheapest = sorted(free, key=lambda each: (each.other_people, each.span, each.id))
    looked_at = {each.id for each in cheapest[:MOST_CHANGED]}
    changeable = tuple(each for each in free if each.id in looked_at)
    fixed = tuple(each for each in rest if each.id not in looked_at)
    return changeable, fixed, len(free) <= MOST_CHANGED


def _zone(parts: _Parts, pattern: WorkingPattern, policy: Policy) -> Span | None:
    """Where the break may lie, on a day that has one."""
    zone = break_span(parts.window, policy, pattern)
    if zone is None or policy.break_severity is Severity.OFF:
        return None
    return _seconds(parts.origin, zone)


def _frame(parts: _Parts, zone: Span | None) -> _Frame:
    start, end = parts.hours
    found = {start, end, *(zone or ())}.union(*parts.spans.values())
    odd = {0}
    for each in parts.changeable:
        first, last = parts.spans[each.id]
        found.update(last - k.GRID * cut for cut in range(parts.rights.cuts(each) + 1))
        if each.id in parts.bits:
            odd.add((last - first) % k.GRID)
    grid = range(-(-start // k.GRID) * k.GRID, end + 1, k.GRID)
    found.update(point + rest for rest in odd for point in grid if point + rest <= end)
    points = sorted(found)
    rows = {point: row for row, point in enumerate(points)}
    return _Frame(np.array(points, dtype=np.int64), rows)


def _steps(parts: _Parts, frame: _Frame) -> Any:
    """What is decided, in order: at each moment the day's end, then what begins, then time."""
    begins: dict[int, list[tuple[int, int]]] = {parts.hours[1]: [(k.STEP_DAY_END, 0)]}
    for each in parts.fixed:
        first, last = parts.spans[each.id]
        begins.setdefault(first, []).append((k.STEP_APPOINTMENT, last))
    for kind, group in ((k.STEP_MEETING, parts.changeable), (k.STEP_HOLD, parts.holds)):
        for row, each in enumerate(group):
            begins.setdefault(parts.spans[each.id][0], []).append((kind, row))
    steps: list[k.Step] = []
    for point, place in frame.rows.items():
        for kind, ref in begins.get(point, []):
            steps.append(k.Step(kind, ref, place))
            if kind in (k.STEP_MEETING, k.STEP_HOLD):
                # many that begin together would multiply before time passes
                steps.append(k.Step(k.STEP_SIEVE, 0, place))
        steps.append(k.Step(k.STEP_ADVANCE, 0, place))
    return np.array(steps, k.STEP)


def _moments(parts: _Parts, frame: _Frame, steps: Any, zone: Span | None) -> Any:
    moments = np.zeros(len(frame.points), k.MOMENT)
    moments["at"] = frame.points
    moments["first_step"] = np.searchsorted(steps["place"], np.arange(len(frame.points)))
    moments["inside"][frame.within(parts.hours)] = True
    if zone:
        moments["zone"][frame.within(zone)] = True
    protected = np.zeros(len(frame.points), dtype=np.bool_)
    held = {each.id for each in parts.holds}
    for each in parts.day.around:
        if each.id in held:
            continue
        here = frame.within(parts.spans[each.id])
        moments["blocked"][here] = True
        if each.scored_as is ScoredAs.APPOINTMENT:
            moments["cut"][here] = True
        elif each.kind is Kind.PROTECTED and each.scored_as is ScoredAs.HOLD:
            protected[here] = True
    protected &= moments["inside"]
    moments["protected"] = protected
    moments["follows"] = protected & ~np.append(False, protected[:-1])
    for each in parts.holds:
        place = frame.rows[parts.spans[each.id][0]]
        moments["holds_before"][place + 1 :] += 1
        if each.kind is Kind.PROTECTED:
            moments["follows"][place] = True
            moments["held"][frame.within(parts.spans[each.id])] = True
    for each in parts.changeable:
        if each.id in parts.bits:
            place = frame.rows[parts.spans[each.id][0]]
            moments["passed"][place + 1 :] |= 1 << parts.bits[each.id]
    moments["clear"] = _clear(parts, moments)
    return moments


def _clear(parts: _Parts, moments: Any) -> list[int]:
    """For each moment, until when something new may last: the next thing that stays, or the end."""
    stay = [*parts.fixed, *(each for each in parts.changeable if each.id not in parts.bits)]
    barriers = {parts.spans[each.id][0] for each in stay}
    until = parts.hours[1]
    clear: list[int] = []
    at, blocked = moments["at"].tolist(), moments["blocked"].tolist()
    for here, closed in zip(reversed(at), reversed(blocked), strict=True):
        until = min(until, here) if closed else until
        clear.append(until)
        until = min(until, here) if here in barriers else until
    return clear[::-1]


def _place_at(points: Any) -> Any:
    places = np.zeros(points[-1] - points[0] + 1, dtype=np.int64)
    places[points - points[0]] = np.arange(len(points))
    return places


def _hold(parts: _Parts, each: Occurrence) -> k.Hold:
    kinds = {Kind.PROTECTED: k.HOLD_PROTECTED, Kind.POD: k.HOLD_POD}
    kind = kinds.get(each.kind, k.HOLD_PLAIN) if each.kind else k.HOLD_PLAIN
    return k.Hold(parts.spans[each.id][1], kind)


def _meetings(parts: _Parts) -> list[k.Meeting]:
    scored = [*parts.changeable, *parts.fixed, *parts.held(Kind.POD)]
    around = [parts.spans[each.id] for each in parts.day.around if each not in parts.holds]
    found = [
        _meeting(parts, each, [parts.spans[one.id] for one in scored if one is not each], around)
        for each in parts.changeable
    ]
    free = [each for each in found if _is_free(each, found)]
    return [_with_twins(each, free) if each in free else each for each in found]


def _with_twins(meeting: k.Meeting, free: Sequence[k.Meeting]) -> k.Meeting:
    """The same with the meetings that could take its place."""
    earlier, later = 0, 0
    for each in free:
        if (each.length, each.cuts) == (meeting.length, meeting.cuts):
            earlier |= (each.start < meeting.start) << each.bit
            later |= (each.start > meeting.start) << each.bit
    return meeting._replace(earlier=earlier, later=later)


def _is_free(meeting: k.Meeting, all_of_them: Sequence[k.Meeting]) -> bool:
    """Whether a meeting may move anywhere: one of a series keeps its place among the others."""
    if meeting.bit < 0 or meeting.need or (meeting.low, meeting.high) != (-FAR, FAR):
        return False
    return not any(each.need >> meeting.bit & 1 for each in all_of_them)


def _meeting(
    parts: _Parts, each: Occurrence, others: Sequence[Span], around: Sequence[Span]
) -> k.Meeting:
    """A meeting among the other appointments, and among what else is `around`."""
    policy, (first, last) = parts.rights.policy, parts.spans[each.id]
    cuts = parts.rights.cuts(each)
    price = policy.price_meeting + policy.price_person * each.other_people
    low, high = _order(parts, each)
    # time that is taken anyway is no free time, so it is not used up either; and ending early
    # saves time only beyond what it costs: once that is paid, all of it
    saved = max(0, k.GRID * cuts - 60 * price)
    used = max(0, _uncovered(first, last, [*others, *around]) - saved)
    return k.Meeting(
        start=first,
        length=last - first,
        cuts=cuts,
        bit=parts.bits.get(each.id, -1),
        price=price,
        told=each.other_people,
        low=low,
        high=high,
        need=_earlier_members(parts, each),
        used=used,
        late=last - first - k.GRID * cuts - used,
        slot=_uncovered(first, last, others) == last - first and first < last,
        earlier=0,
        later=0,
    )


def _order(parts: _Parts, each: Occurrence) -> Span:
    """Between which moments a member of a series begins, so that the series keeps its order."""
    before, after = parts.rights.neighbours.get(each.id, (None, None))
    if before is None or after is None:
        return -FAR, FAR
    low, high = _second(parts.origin, before), _second(parts.origin, after)
    # order, not today's place, binds two members that may both move; and what lies outside the
    # hours binds nobody, since nothing moves there
    start, end = parts.hours
    return (
        -FAR if low < start or _may_all_move(parts, each.uid, before) else low,
        FAR if high > end or _may_all_move(parts, each.uid, after) else high,
    )


def _may_all_move(parts: _Parts, uid: str, start: datetime) -> bool:
    """Whether every member of a series that begins then is here and may move."""
    here = [*parts.changeable, *parts.fixed]
    members = [one for one in here if one.uid == uid and one.span.start == start]
    return bool(members) and all(one.id in parts.bits for one in members)


def _earlier_members(parts: _Parts, each: Occurrence) -> int:
    if each.recurrence_id is None:
        return 0
    return sum(
        1 << parts.bits[one.id]
        for one in parts.changeable
        if one.uid == each.uid and one.id in parts.bits and one.span.start < each.span.start
    )


def _uncovered(first: int, last: int, others: Sequence[Span]) -> int:
    """Seconds of a meeting that no other appointment shares."""
    left, cursor = 0, first
    for start, end in sorted(others):
        left += max(0, min(start, last) - cursor)
        cursor = max(cursor, end)
        if cursor >= last:
            return left
    return left + max(0, last - cursor)


def _terms(parts: _Parts, policy: Policy, floors: Floors) -> k.Terms:
    """What the policy asks of the day; what depends on its moments is for `build` to fill in."""
    rights, (start, end) = parts.rights, parts.hours
    target = policy.protected_target(parts.window.contracted)
    gap, day_end = policy.gap_minutes * 60, policy.end_of_day_minutes * 60
    protected = [each for each in parts.day.holds(Kind.PROTECTED) if not rights.is_firm(each)]
    return k.Terms(
        start=start,
        end=end,
        now=_second(parts.origin, rights.now),
        thaw=_second(parts.origin, rights.thaw),
        week_end=parts.week_end,
        gap=gap,
        day_end=day_end,
        rest=0,
        target=target * 60,
        piece=min(policy.protected_piece, target) * 60,
        pod=policy.pod_minutes * 60,
        most_pods=0,
        like_from=start,
        like_to=end,
        floor_rest=floors.rest,
        floor_day_end=floors.day_end,
        gap_unit=_unit(policy, "gap"),
        day_end_unit=_unit(policy, "end_of_day"),
        rest_unit=_unit(policy, "break"),
        protected_unit=_unit(policy, "protected"),
        movable=(1 << len(parts.bits)) - 1,
        holds_protected=len(parts.held(Kind.PROTECTED)),
        held_already=sum(each not in parts.holds for each in protected),
        loose=0,
        memory=max(gap, day_end, k.GRID),
        ties=int(rights.tier is Tier.HOLDS),
    )


def _unit(policy: Policy, rule: str) -> int:
    cost, must = weights(policy, rule)
    return cost * k.COST + must * k.MUST


def weights(policy: Policy, rule: str) -> tuple[int, int]:
    """Whether a missing minute of a rule counts in the cost, and in the must minutes."""
    severity = policy.severity(rule)
    return int(severity in (Severity.MUST, Severity.SHOULD)), int(severity is Severity.MUST)


def _liked(parts: _Parts, pattern: WorkingPattern, policy: Policy) -> Span:
    """The preferred hours for protected time, of which one end may be open, or else all."""
    window, start, end = parts.window, policy.preferred_from, policy.preferred_to
    first = instant(window.day, start, pattern.zone) if start else window.span.start
    last = instant(window.day, end, pattern.zone) if end else window.span.end
    liked = window.span.clip(Interval(first, max(first, last)))
    return _seconds(parts.origin, liked) if liked else parts.hours


def _left(parts: _Parts, frame: _Frame, moments: Any, meetings: Sequence[k.Meeting]) -> Any:
    """For each moment, what the bound may count on from there to the end of the window."""
    start, end = parts.hours
    lengths = np.diff(frame.points, append=frame.points[-1])
    inside, blocked, protected = (moments[name] for name in ("inside", "blocked", "protected"))
    covered = np.zeros(len(frame.points), dtype=np.bool_)
    for each in parts.fixed:
        covered[frame.within(parts.spans[each.id])] = True
    left = np.zeros(len(frame.points), k.LEFT)
    left["free"] = _from_here(np.where(inside & ~blocked & ~covered, lengths, 0))
    # protected time that may stay needs no free time where it lies over somebody's own
    firm = protected | (moments["held"] & blocked)
    left["firm"] = _from_here(np.where(inside & firm & ~covered, lengths, 0))
    runs = inside & blocked & ~np.append(blocked[1:], False)
    left["covers"] = _from_here(runs.astype(np.int64))
    left["zone"] = _from_here(moments["zone"].astype(np.int64)) > 0
    # a break may lie over own time, which is no free time
    quiet = moments["zone"] & blocked & ~moments["cut"] & ~protected
    left["quiet"] = _from_here(np.where(quiet, lengths, 0))
    for meeting in meetings:
        first, last = meeting.start, meeting.start + meeting.length
        if meeting.bit < 0 and start < first and last <= end:
            left["used"][: frame.rows[first]] += meeting.used
            left["slots"][: frame.rows[first]] += meeting.slot
    alone = _alone(parts)
    for each in parts.fixed:
        first, last = parts.spans[each.id]
        if start < first < end and (first, last) in alone:
            left["slots"][: frame.rows[first]] += 1
    for each in parts.held(Kind.PROTECTED):
        left["holds"][: frame.rows[parts.spans[each.id][0]] + 1] += 1
    return left


def _from_here(values: Any) -> Any:
    return values[::-1].cumsum()[::-1]


def _alone(parts: _Parts) -> set[Span]:
    """The spans of appointments of some length that share time with no other."""
    scored = [*parts.fixed, *parts.changeable, *parts.held(Kind.POD)]
    spans = sorted(parts.spans[each.id] for each in scored)
    found: set[Span] = set()
    busy = -FAR
    for (first, last), (following, _) in zip(spans, [*spans[1:], (FAR, FAR)], strict=False):
        if busy <= first < last <= following:
            found.add((first, last))
        busy = max(busy, last)
    return found
