"""The planning problem as a plain CP-SAT model: one order boolean a pair, one solve a number.

This is what one writes first, with no other thought for speed than a domain for each variable. It
is kept as the yardstick of the planner, and as a second judge of whole weeks: it shares no line
with the planner, and takes only the sorting of a day's contents from the exhaustive search.

Days are on separate clocks (minutes from the start of their window) in one model for the week.
An appointment `i` before an appointment `j` in order of start makes `j` pay for a gap too short
unless `j` begins while another one is under way. Protected time is counted in segments, each a
part of one hold with no appointment on it; segments that touch are linked, so that a short one
counts where the whole piece is long enough. A hold that is there already has at most three.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from time import monotonic
from typing import Any

from ortools.sat.python import cp_model

from rules.diary import Diary
from rules.planner.plan import Tier
from rules.policy import Policy, Severity
from rules.working_pattern import Window
from tests.oracle.rights import GRID, PIECES_A_DAY
from tests.oracle.score import counted_windows, monday_of
from tests.oracle.search import COUNTS, DaySearch, Six, pods_elsewhere

SEGMENTS = 3
Expression = Any
"""A variable, a sum of them, or a number: ortools has no one type for the three."""


@dataclass(eq=False)
class Item:
    """Something with a place on a day; `here` says whether it is there at the end."""

    index: int
    start: Expression
    end: Expression
    here: Expression = True
    fixed: bool = True


def solve(
    diary: Diary,
    policy: Policy,
    now: datetime,
    keep: frozenset[str] = frozenset(),
    *,
    seconds: float = 60,
) -> Six | None:
    """The six numbers of the best plan of tier move, or None where time ran out first."""
    week = WeekModel(diary, policy, now, keep)
    until = monotonic() + seconds
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 2
    found: list[int] = []
    for number in week.numbers():
        solver.parameters.max_time_in_seconds = max(0.01, until - monotonic())
        week.model.minimize(number)
        if solver.solve(week.model) != cp_model.OPTIMAL:
            return None
        found.append(round(solver.objective_value))
        week.model.add(number == found[-1])
    cost, must, people, meetings, shifted, disturbed = found
    return cost, must, people, meetings, shifted, disturbed


class WeekModel:
    """The days of all weeks asked for, in one model, with the pods that join them."""

    def __init__(self, diary: Diary, policy: Policy, now: datetime, keep: frozenset[str]) -> None:
        self.model, self.policy = cp_model.CpModel(), policy
        windows = counted_windows(diary, now)
        self.days = [DayModel(self.model, diary, policy, now, keep, each) for each in windows]
        self.pods_missing: list[Expression] = []
        for first in sorted({monday_of(window.day) for window in windows}):
            mine = [
                day
                for day, window in zip(self.days, windows, strict=True)
                if monday_of(window.day) == first
            ]
            there = pods_elsewhere(diary, first, [window.day for window in windows])
            lacking = self.model.new_int_var(0, policy.pods_per_week, "pods lacking")
            self.model.add(lacking >= policy.pods_per_week - there - sum(d.pods for d in mine))
            self.pods_missing.append(policy.pod_minutes * lacking)

    def numbers(self) -> list[Expression]:
        """What is minimised, in order."""
        missing = {
            "gap": sum(day.gap for day in self.days),
            "protected": sum(day.protected for day in self.days),
            "break": sum(day.rest for day in self.days),
            "end_of_day": sum(day.late for day in self.days),
            "pods": sum(self.pods_missing),
        }
        severity = self.policy.severity
        counted = sum(count for rule, count in missing.items() if severity(rule) in COUNTS)
        must = sum(count for rule, count in missing.items() if severity(rule) is Severity.MUST)
        people = sum(day.people for day in self.days)
        meetings = sum(day.changed for day in self.days)
        price = self.policy.price_person * people + self.policy.price_meeting * meetings
        shifted = sum(day.shifted for day in self.days)
        return [
            counted + price,
            must,
            people,
            meetings,
            shifted,
            sum(d.disturbed for d in self.days),
        ]


class DayModel:
    """One day: variables, rules of what a plan may do, and the minutes missing."""

    def __init__(
        self,
        model: cp_model.CpModel,
        diary: Diary,
        policy: Policy,
        now: datetime,
        keep: frozenset[str],
        window: Window,
    ) -> None:
        self.model, self.policy = model, policy
        self.day = DaySearch(diary, policy, now, Tier.MOVE, keep, window)
        self.length = self.day.length
        self.items = 0
        self.orders: dict[tuple[int, int], Expression] = {}
        self.people: Expression = 0
        self.changed: Expression = 0
        self.shifted: Expression = 0
        self.disturbed: Expression = 0
        self.blocks = [self._item(*span) for span in self.day.blocks]
        self._place_meetings()
        self._place_pods()
        self._place_holds()
        self._keep_apart()
        self._keep_series()
        self.appointments = [self._item(*span) for span in self.day.mine]
        self.appointments += self.meetings + self.old_pods + self.new_pods
        self.foreign = [self._item(*span) for span in self.day.foreign]
        self.gap = self._gap_missing()
        self.late = self._end_missing()
        self.rest = self._break_missing()
        self.protected = self._protected_missing()
        model.add(self.late <= self.day.floor_end)
        model.add(self.rest <= self.day.floor_break)

    # -- variables -------------------------------------------------------------------------------

    def _item(self, start: Expression, end: Expression, here: Expression = True) -> Item:
        self.items += 1
        fixed = isinstance(start, int) and isinstance(end, int)
        return Item(self.items, start, end, here, fixed)

    def _bool(self, name: str) -> Any:
        return self.model.new_bool_var(name)

    def _grid_var(self, first: int, last: int, name: str) -> Any:
        values = [at for at in self.day.grid if first <= at <= last] or [self.day.grid[0]]
        return self.model.new_int_var_from_domain(cp_model.Domain.from_values(values), name)

    def _place_meetings(self) -> None:
        """A start, a cut, and what follows from them. Starts under a fixed block are not left out:
        that is what the order booleans are for."""
        self.meetings: list[Item] = []
        self.moved: list[Expression] = []
        for meeting in self.day.meetings:
            stay = meeting.options[0]
            length = stay.end - stay.start
            may_move = any(option.moved for option in meeting.options)
            starts = {stay.start}
            if may_move:
                starts |= {t for t in self.day.grid if self.day.thawed <= t < self.length}
            cuts = {0} | {o.start + length - o.end for o in meeting.options if not o.moved}
            start = self._from(starts, "start")
            cut = self._from(cuts, "cut")
            moved, changed = self._bool("moved"), self._bool("changed")
            shift = self.model.new_int_var(0, self.length, "shift")
            self.model.add_abs_equality(shift, start - stay.start)
            self.model.add(shift == 0).only_enforce_if(~moved)
            self.model.add(shift > 0).only_enforce_if(moved)
            self.model.add(shift + cut == 0).only_enforce_if(~changed)
            self.model.add(shift + cut > 0).only_enforce_if(changed)
            self.model.add(start + length - cut <= self.length).only_enforce_if(moved)
            self.meetings.append(self._item(start, start + length - cut))
            self.moved.append(moved)
            self.people += meeting.people * changed
            self.changed += changed
            self.shifted += shift + cut

    def _from(self, values: set[int], name: str) -> Any:
        return self.model.new_int_var_from_domain(cp_model.Domain.from_values(sorted(values)), name)

    def _place_pods(self) -> None:
        self.old_pods = [self._item(*span, self._bool("pod stays")) for span in self.day.pods]
        self.disturbed += sum(1 - pod.here for pod in self.old_pods)
        self.new_pods: list[Item] = []
        length = self.policy.pod_minutes
        for _ in range(self.policy.pods_per_week if self.policy.pods_severity in COUNTS else 0):
            here = self._bool("new pod")
            start = self._grid_var(self.day.not_before, self.length - length, "pod start")
            self.model.add(start >= self.day.not_before).only_enforce_if(here)
            self.model.add(start + length <= self.length).only_enforce_if(here)
            self.new_pods.append(self._item(start, start + length, here))
        pods = self.old_pods + self.new_pods
        self.pods: Expression = self.day.fixed_pods + sum(pod.here for pod in pods)

    def _place_holds(self) -> None:
        """Existing holds stay or go; at most two new pieces lie where the plan likes."""
        self.anchors = [self._item(*span) for span in self.day.anchors]
        self.kept = [self._item(*span, self._bool("hold stays")) for span in self.day.protected]
        self.soft = [self._item(*span, self._bool("soft stays")) for span in self.day.soft]
        self.disturbed += sum(1 - hold.here for hold in self.kept + self.soft)
        self.pieces: list[Item] = []
        for _ in range(PIECES_A_DAY if self.policy.protected_severity in COUNTS else 0):
            self.pieces.append(self._new_piece())
        loose = sum(hold.here for hold in self.kept) + self.day.fixed_pieces
        new = sum(piece.here for piece in self.pieces)
        for piece in self.pieces:
            self.model.add(loose + new <= PIECES_A_DAY).only_enforce_if(piece.here)

    def _new_piece(self) -> Item:
        here = self._bool("new piece")
        start = self._grid_var(self.day.not_before, self.length, "piece start")
        grids = self.model.new_int_var(1, max(1, self.day.target // GRID), "piece length")
        end = start + GRID * grids
        self.model.add(start >= self.day.not_before).only_enforce_if(here)
        self.model.add(end <= self.length).only_enforce_if(here)
        beside = []
        for anchor in self.anchors + self.kept:
            for mine, theirs in ((start, anchor.end), (end, anchor.start)):
                touches = self._bool("touches")
                self.model.add(mine == theirs).only_enforce_if(touches)
                if anchor.here is not True:
                    self.model.add_implication(touches, anchor.here)
                beside.append(touches)
        long = self._bool("long")
        self.model.add(GRID * grids >= self.day.piece).only_enforce_if(long)
        self.model.add_bool_or([long, *beside, ~here])
        return self._item(start, end, here)

    # -- order -----------------------------------------------------------------------------------

    def _order(self, one: Item, two: Item) -> Expression:
        """The one boolean of a pair: whether the first starts before the second (ties by index)."""
        if one.index > two.index:
            return self._not(self._order(two, one))
        if one.fixed and two.fixed:
            return one.start <= two.start
        key = (one.index, two.index)
        if key not in self.orders:
            before = self._bool("order")
            self.model.add(one.start <= two.start).only_enforce_if(before)
            self.model.add(two.start < one.start).only_enforce_if(~before)
            self.orders[key] = before
        return self.orders[key]

    def _not(self, literal: Expression) -> Expression:
        return (not literal) if isinstance(literal, bool) else ~literal

    def _add_if(self, constraint: Any, *literals: Expression) -> None:
        """A constraint enforced by literals, of which some may be plain truths."""
        if any(literal is False for literal in literals) or constraint is True:
            return
        real = [literal for literal in literals if not isinstance(literal, bool)]
        if constraint is False:
            self.model.add_bool_or([~literal for literal in real])
        else:
            self.model.add(constraint).only_enforce_if(*real)

    def _apart(self, one: Item, two: Item, *literals: Expression) -> None:
        """No time in common where all the literals hold and both are there."""
        before = self._order(one, two)
        conditions = (*literals, one.here, two.here)
        self._add_if(one.end <= two.start, before, *conditions)
        self._add_if(two.end <= one.start, self._not(before), *conditions)

    def _keep_apart(self) -> None:
        """What a plan moves or creates lies on nothing."""
        still = self.blocks + self.old_pods + self.kept + self.soft
        created = self.new_pods + self.pieces
        for index, (meeting, moved) in enumerate(zip(self.meetings, self.moved, strict=True)):
            for other in still:
                self._apart(meeting, other, moved)
            for other in created:
                self._apart(meeting, other)
            for later in range(index + 1, len(self.meetings)):
                self._apart(meeting, self.meetings[later], moved)
                self._apart(meeting, self.meetings[later], self.moved[later])
        for index, item in enumerate(created):
            for other in [*still, *created[index + 1 :]]:
                self._apart(item, other)
        for item in self.pieces:
            for span in self.day.mine + self.day.foreign:
                self._apart(item, self._item(*span))

    def _keep_series(self) -> None:
        for index, one in enumerate(self.day.meetings):
            for start in self.day.series.get(one.uid, ()):
                self._same_side(one.start, start, self.meetings[index].start, start)
            for later in range(index + 1, len(self.meetings)):
                two = self.day.meetings[later]
                if one.uid == two.uid:
                    starts = self.meetings[index].start, self.meetings[later].start
                    self._same_side(one.start, two.start, *starts)

    def _same_side(self, one: int, two: int, new_one: Expression, new_two: Expression) -> None:
        if one < two:
            self.model.add(new_one < new_two)
        elif two < one:
            self.model.add(new_two < new_one)

    # -- minutes missing -------------------------------------------------------------------------

    def _gap_missing(self) -> Expression:
        return sum(self._gap_before(each) for each in self.appointments)

    def _gap_before(self, each: Item) -> Expression:
        """What the gap before one appointment lacks, unless it begins while another is under way."""
        others = [other for other in self.appointments if other is not each]
        missing = self.model.new_int_var(0, self.policy.gap_minutes, "gap missing")
        leads = self._bool("leads")
        covers = []
        for other in others:
            before = self._order(other, each)
            if before is False:
                continue
            cover = self._bool("covers")
            for literal in (before, other.here):
                if not isinstance(literal, bool):
                    self.model.add_implication(cover, literal)
            self._add_if(other.end > each.start, cover)
            covers.append(cover)
            lack = self.policy.gap_minutes - each.start + other.end
            self._add_if(missing >= lack, leads, before, other.here, each.here)
        self.model.add_bool_or([leads, *covers])
        return missing

    def _end_missing(self) -> Expression:
        close = self.length
        latest = self.model.new_int_var(0, self.policy.end_of_day_minutes, "end missing")
        for each in self.appointments:
            if each.fixed and each.start >= close:
                continue
            over = self.model.new_int_var(-10_000, close, "end")
            self.model.add_min_equality(over, [each.end, close])
            inside = self._bool("starts before the end")
            self._add_if(each.start < close, inside)
            self._add_if(each.start >= close, ~inside)
            lack = over - (close - self.policy.end_of_day_minutes)
            self._add_if(latest >= lack, inside, each.here)
        return latest

    def _break_missing(self) -> Expression:
        """A break lies somewhere in its hours, with no appointment and no protected hold in it."""
        where = self.day.break_bits
        if not where:
            return 0
        first, last = (where & -where).bit_length() - 1, where.bit_length()
        start = self.model.new_int_var(first, last, "break start")
        length = self.model.new_int_var(0, self.policy.break_minutes, "break length")
        self.model.add(start + length <= last)
        there = self._bool("break")
        self.model.add(length == 0).only_enforce_if(~there)
        rest = self._item(start, start + length, there)
        taken = self.appointments + self.foreign + self.anchors + self.kept + self.pieces
        for each in taken:
            self._apart(rest, each)
        return self.policy.break_minutes - length

    def _protected_missing(self) -> Expression:
        """Target less the segments that count."""
        segments = [(piece, piece) for piece in self.pieces]
        for hold in self.anchors + self.kept:
            segments += [(self._segment(hold), hold) for _ in range(SEGMENTS)]
        parts = [part for part, _ in segments]
        for index, one in enumerate(parts):
            for two in parts[index + 1 :]:
                self._apart(one, two)
        counted = self._counted(parts)
        missing = self.model.new_int_var(0, self.day.target, "protected missing")
        self.model.add(missing >= self.day.target - sum(counted))
        return missing

    def _segment(self, hold: Item) -> Item:
        """A part of a hold, inside the window, with no appointment on it."""
        here = self._bool("segment")
        low, high = max(0, hold.start), min(self.length, hold.end)
        start = self.model.new_int_var(low, max(low, high), "segment start")
        end = self.model.new_int_var(low, max(low, high), "segment end")
        self.model.add(start <= end)
        if hold.here is not True:
            self.model.add_implication(here, hold.here)
        item = self._item(start, end, here)
        for each in self.appointments + self.foreign:
            self._apart(item, each)
        return item

    def _counted(self, parts: Sequence[Item]) -> list[Expression]:
        """The length of each segment if the whole piece that it is in is long enough, else 0.

        `reach` is the length up to the segment's end, `whole` that of its piece: each segment
        has at most one that it follows on and one that follows it.
        """
        most = self.length
        reach = [self.model.new_int_var(0, most, "reach") for _ in parts]
        whole = [self.model.new_int_var(0, most, "whole") for _ in parts]
        follows: dict[tuple[int, int], Any] = {}
        for i, one in enumerate(parts):
            for j, two in enumerate(parts):
                if i != j:
                    link = follows[i, j] = self._bool("follows")
                    self.model.add(one.end == two.start).only_enforce_if(link)
                    self.model.add(one.end > one.start).only_enforce_if(link)
                    self.model.add(two.end > two.start).only_enforce_if(link)
                    self.model.add_implication(link, one.here)
                    self.model.add_implication(link, two.here)
        for i, one in enumerate(parts):
            length = one.end - one.start
            before = [follows[j, i] for j in range(len(parts)) if j != i]
            after = [follows[i, j] for j in range(len(parts)) if j != i]
            self.model.add_at_most_one(before)
            self.model.add_at_most_one(after)
            alone, last = self._bool("first"), self._bool("last")
            self.model.add_bool_or([alone, *before])
            self.model.add_bool_or([last, *after])
            self.model.add(reach[i] <= length).only_enforce_if(alone)
            self.model.add(whole[i] <= reach[i]).only_enforce_if(last)
            for j in range(len(parts)):
                if j != i:
                    self.model.add(reach[i] <= reach[j] + length).only_enforce_if(
                        follows[j, i], ~alone
                    )
                    self.model.add(whole[i] <= whole[j]).only_enforce_if(follows[i, j], ~last)
        return [self._counts(part, whole[index]) for index, part in enumerate(parts)]

    def _counts(self, part: Item, whole: Expression) -> Expression:
        counts, length = self._bool("counts"), self.model.new_int_var(0, self.length, "counted")
        self.model.add_implication(counts, part.here)
        self.model.add(whole >= self.day.piece).only_enforce_if(counts)
        self.model.add(length == 0).only_enforce_if(~counts)
        self.model.add(length <= part.end - part.start).only_enforce_if(counts)
        return length
