"""What else was considered for a meeting that a plan changes, and how much less it would win."""

from dataclasses import dataclass, replace

from rules.change import Change, ChangeKind
from rules.event import Kind
from rules.planner import wording
from rules.planner.arrange import Arrangement, Task
from rules.planner.rights import Rights
from rules.planner.solve import Option, solve_day


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
        kept = self._lost(change, replace(rights, keep=rights.keep | {change.event_id}))
        said = [wording.say_left(change.before, kept, zone)] if kept else []
        if change.kind is ChangeKind.EVENT_MOVE:
            stay = replace(rights, unmoved=rights.unmoved | {change.event_id})
            shorter = self._lost(change, stay)
            if shorter and shorter != kept:
                said.append(wording.say_only_shorter(shorter))
        return tuple(said)

    def _late(self) -> bool:
        return self.task.late

    def _lost(self, change: Change, rights: Rights) -> int | None:
        """Minutes of the day that the best plan under other rights misses more; None if unproved."""
        day = self.task.diary.pattern.day_of(change.starts)
        chosen = self.made.chosen[day]
        pods = _pods(chosen)
        result = solve_day(
            self.task.diary.day(day),
            self.task.diary.pattern,
            self.task.policy,
            rights,
            self.task.floors(day),
            max(0, pods),
            time_left=lambda: 0.0,
        )
        option = result.options.get(pods)
        if option is None or not result.proved:
            return None
        return max(0, self._missing(option) - self._missing(chosen))

    def _missing(self, option: Option) -> int:
        policy = self.task.policy
        cost, _, told, changed = option.score[:4]
        return cost - policy.price_person * told - policy.price_meeting * changed


def _pods(option: Option) -> int:
    added = sum(each.hold is Kind.POD for each in option.placements)
    return added - sum(each.kind is Kind.POD for each in option.removed)
