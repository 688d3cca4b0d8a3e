"""What else was considered for a meeting that a plan changes, and how much less it would win."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from rules.change import Change, ChangeKind
from rules.event import Kind
from rules.outcome import after
from rules.planner import wording
from rules.planner.arrange import Arrangement, Task
from rules.planner.changes import PLANNED, changes_of_day, one_day
from rules.planner.reasons import planned_findings
from rules.planner.rights import Rights
from rules.planner.solve import Option, solve_day
from rules.policy import Severity


@dataclass(frozen=True)
class Alternatives:
    """Tells, for one change of a plan, what the other things to do would have left."""

    task: Task
    made: Arrangement

    def __call__(self, change: Change) -> tuple[str, ...]:
        """Sentences on leaving the meeting as it is, and on only ending it early."""
        if change.event_id is None or change.before is None or self._late():
            return ()
        zone = self.task.diary.pattern.zone
        rights = self.task.rights
        kept = self._less(change, replace(rights, keep=rights.keep | {change.event_id}))
        said = [wording.say_left(change.before, kept, zone)] if kept else []
        if change.kind is ChangeKind.EVENT_MOVE:
            stay = replace(rights, unmoved=rights.unmoved | {change.event_id})
            shorter = self._less(change, stay)
            if shorter and shorter != kept:
                said.append(wording.say_only_shorter(shorter))
        return tuple(said)

    def _late(self) -> bool:
        return self.task.late

    def _less(self, change: Change, rights: Rights) -> Mapping[str, int]:
        """Minutes of each rule that the day would have less under other rights, less than nothing
        where it would have more. Empty where the best such day is unproved or no worse."""
        day = self.task.diary.pattern.day_of(change.starts)
        chosen = self.made.chosen[day]
        pods = _pods(chosen)
        result = solve_day(
            self.task.day(day),
            self.task.diary.pattern,
            self.task.policy,
            rights,
            self.task.floors(day),
            max(0, pods),
            time_left=lambda: 0.0,
        )
        option = result.options.get(pods)
        if option is None or not result.proved or self._cost(option) <= self._cost(chosen):
            return {}
        found = self._missing(day, option)
        found.subtract(self._missing(day, chosen))
        return {rule: found[rule] for rule in PLANNED if found[rule]}

    def _cost(self, option: Option) -> int:
        """The minutes that a day misses, without the prices of its changes."""
        policy = self.task.policy
        cost, _, told, changed = option.score[:4]
        return cost - policy.price_person * told - policy.price_meeting * changed

    def _missing(self, day: date, option: Option) -> Counter[str]:
        """The minutes of each rule that make up that cost."""
        arranged = after(one_day(self.task.diary, day), changes_of_day(option))
        found: Counter[str] = Counter()
        for each in planned_findings(arranged, self.task.policy):
            if each.severity in (Severity.MUST, Severity.SHOULD) and each.rule != "pods":
                found[each.rule] += each.missing
        return found


def _pods(option: Option) -> int:
    added = sum(each.hold is Kind.POD for each in option.placements)
    return added - sum(each.kind is Kind.POD for each in option.removed)
