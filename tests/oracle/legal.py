"""Whether a plan does only what the contract lets it do, one assertion a rule."""

from collections import Counter
from datetime import datetime

from rules.change import Agreement, Change, ChangeKind
from rules.diary import Diary
from rules.event import Kind, Occurrence
from rules.interval import Interval
from rules.planner.plan import Plan, Tier
from rules.policy import Policy
from rules.working_pattern import Window
from tests.oracle.apply import MEETING_CHANGES, apply_changes, created_id
from tests.oracle.rights import (
    CADENCE_KINDS,
    OWN_KINDS,
    PIECES_A_DAY,
    cuts_of,
    frozen_until,
    is_cadence_hold,
    is_changeable,
    is_firm,
    is_own_hold,
    on_grid,
)
from tests.oracle.score import (
    break_missing,
    counted_windows,
    day_of,
    end_of_day_missing,
    is_protected,
    is_timed,
    minute,
    score,
    smallest_piece,
    takes_room,
)

PLACED = (ChangeKind.HOLD_CREATE, ChangeKind.HOLD_MOVE)
DISTURBED = (ChangeKind.HOLD_MOVE, ChangeKind.HOLD_DELETE)
NEEDS_WINDOW = CADENCE_KINDS | {Kind.PROTECTED, Kind.POD}


class Judge:
    """One plan beside the diary that it was made for."""

    def __init__(
        self, plan: Plan, diary: Diary, policy: Policy, now: datetime, keep: frozenset[str]
    ) -> None:
        self.plan, self.diary, self.policy, self.now, self.keep = plan, diary, policy, now, keep
        self.old = {each.id: each for each in diary.occurrences}
        self.after = diary.with_occurrences(apply_changes(diary.occurrences, plan.changes, now))
        self.final = {each.id: each for each in self.after.occurrences}
        self.windows = counted_windows(diary, now)

    def check(self) -> None:
        """Every rule of the contract on what a plan may do, and then its numbers."""
        counts = Counter(change.event_id for change in self.plan.changes if change.event_id)
        assert all(count == 1 for count in counts.values()), f"one change an event: {counts}"
        for change in self.plan.changes:
            if change.event_id is not None:
                self._check_before(change)
            if change.kind in MEETING_CHANGES:
                self._check_meeting(change)
            else:
                self._check_hold(change)
        self._check_series()
        self._check_pieces()
        self._check_floors()
        self._check_objective()

    def _check_before(self, change: Change) -> None:
        assert change.event_id in self.old, f"unknown event: {change}"
        old = self.old[change.event_id]
        assert change.before == old.span, f"`before` is not where the event is: {change}"
        assert change.version == old.version, f"another version: {change}"

    # -- meetings --------------------------------------------------------------------------------

    def _check_meeting(self, change: Change) -> None:
        assert change.event_id is not None and change.after is not None
        old = self.old[change.event_id]
        assert self.plan.tier is not Tier.HOLDS, f"tier holds changes no meeting: {change}"
        assert is_changeable(old, self.policy, self.now, self.keep), f"not to be touched: {old}"
        assert change.people_told == old.other_people, f"people told: {change}"
        if change.kind is ChangeKind.EVENT_SHORTEN:
            assert change.after.start == old.start, (
                f"a shortened meeting starts as before: {change}"
            )
            cut = old.span.minutes - change.after.minutes
            assert cut in cuts_of(old, self.policy), f"cut by {cut}: {change}"
        else:
            self._check_move(change, old, change.after)

    def _check_move(self, change: Change, old: Occurrence, after: Interval) -> None:
        assert self.plan.tier is Tier.MOVE, f"this tier moves nothing: {change}"
        assert not old.external, f"somebody outside would be told: {change}"
        assert after.start != old.start, f"not moved: {change}"
        cut = old.span.minutes - after.minutes
        assert cut == 0 or cut in cuts_of(old, self.policy), f"cut by {cut}: {change}"
        assert on_grid(after.start), f"off the grid: {change}"
        assert after.start >= frozen_until(self.policy, self.now), f"into the freeze: {change}"
        window = self._window(old.span, change)
        assert window.span.contains(after), f"out of its window: {change}"
        assert day_of(old, self.diary.pattern) == window.day
        if old.other_people:
            assert change.agreement is Agreement.UNKNOWN, f"nobody was asked: {change}"
        self._check_alone(self.final[old.id], change)

    def _window(self, span: Interval, change: Change) -> Window:
        found = [window for window in self.windows if window.span.contains(span)]
        assert found, f"not inside the window of a day that is planned: {change}"
        return found[0]

    def _check_alone(self, placed: Occurrence, change: Change) -> None:
        for other in self.after.occurrences:
            if other.id != placed.id and takes_room(other):
                assert not other.span.overlaps(placed.span), f"{change} lies on {other}"

    def _check_series(self) -> None:
        """Members of a series keep their order on every day."""
        for change in self.plan.changes:
            if change.kind is not ChangeKind.EVENT_MOVE or change.event_id is None:
                continue
            old = self.old[change.event_id]
            for other in self.diary.occurrences:
                if not self._same_series(old, other):
                    continue
                new = self.final[other.id].span.start
                before = old.span.start < other.span.start
                assert before == (self.final[old.id].span.start < new), f"passes {other}: {change}"

    def _same_series(self, one: Occurrence, two: Occurrence) -> bool:
        if one.uid != two.uid or one.id == two.id or not is_timed(two):
            return False
        if one.span.start == two.span.start:
            return False
        return day_of(one, self.diary.pattern) == day_of(two, self.diary.pattern)

    # -- holds -----------------------------------------------------------------------------------

    def _check_hold(self, change: Change) -> None:
        assert change.hold in OWN_KINDS | CADENCE_KINDS, f"no such hold is planned: {change}"
        if change.kind in DISTURBED:
            assert change.event_id is not None
            old = self.old[change.event_id]
            own = is_own_hold(old, self.now, self.keep)
            own = own or is_cadence_hold(old, self.now, self.keep)
            assert own, f"not a plan's to move or remove: {old}"
            assert old.kind is change.hold, f"another kind of hold: {change}"
        if change.kind not in PLACED:
            return
        assert change.after is not None and change.after.minutes > 0
        assert on_grid(change.after.start) and on_grid(change.after.end), f"off the grid: {change}"
        assert change.after.start >= self.now, f"in the past: {change}"
        self._check_alone(self.final[self._placed_id(change)], change)
        if change.hold in NEEDS_WINDOW:
            self._window(change.after, change)
        if change.hold is Kind.POD:
            assert change.after.minutes == self.policy.pod_minutes, f"a pod's length: {change}"

    def _placed_id(self, change: Change) -> str:
        return change.event_id or created_id(change)

    def _check_pieces(self) -> None:
        """At most two pieces a day, none too short unless beside a hold that stays."""
        placed = {
            self._placed_id(change)
            for change in self.plan.changes
            if change.kind in PLACED and change.hold is Kind.PROTECTED
        }
        held = [each for each in self.after.occurrences if is_protected(each)]
        for window in self.windows:
            here = [each for each in held if each.span.overlaps(window.span)]
            new = [each for each in here if each.id in placed]
            if new:
                loose = [each for each in here if not is_firm(each, self.keep)]
                assert len(loose) <= PIECES_A_DAY, f"too many pieces on {window.day}: {loose}"
            target = self.policy.protected_target(window.contracted)
            for each in new:
                beside = any(
                    each.span.start == other.span.end or each.span.end == other.span.start
                    for other in here
                    if other.id not in placed
                )
                long = each.span.minutes >= smallest_piece(self.policy, target)
                assert long or beside, f"too short: {each}"

    def _check_floors(self) -> None:
        for window in self.windows:
            for rule in (break_missing, end_of_day_missing):
                now = rule(self.diary, window, self.policy)
                then = rule(self.after, window, self.policy)
                assert then <= now, f"{rule.__name__} on {window.day} rises from {now} to {then}"

    # -- numbers ---------------------------------------------------------------------------------

    def numbers(self) -> tuple[int, int, int, int, int, int]:
        """The six numbers of the diary that the plan leaves."""
        found = score(self.after, self.policy, self.now)
        meetings = [change for change in self.plan.changes if change.kind in MEETING_CHANGES]
        people = sum(self.old[change.event_id or ""].other_people for change in meetings)
        price = self.policy.price_person * people + self.policy.price_meeting * len(meetings)
        return (
            found.must + found.should + price,
            found.must,
            people,
            len(meetings),
            sum(_shifted(change) for change in meetings),
            sum(change.kind in DISTURBED for change in self.plan.changes),
        )

    def _check_objective(self) -> None:
        found = self.numbers()
        said = self.plan.objective
        assert said.numbers.as_tuple() == found, f"says {said.numbers}, gives {found}"
        should = score(self.after, self.policy, self.now).should
        assert said.should_missing == should, f"says {said.should_missing}, gives {should}"


def _shifted(change: Change) -> int:
    assert change.before is not None and change.after is not None
    moved = abs(minute(change.after.start) - minute(change.before.start))
    return moved + change.before.minutes - change.after.minutes
