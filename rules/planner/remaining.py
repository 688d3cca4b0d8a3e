"""Why a finding stays: a smallest set of events that keep it so."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from itertools import combinations
from math import comb

from rules.catalogue import RULES
from rules.diary import Diary
from rules.event import Kind, Occurrence
from rules.finding import Finding
from rules.interval import subtract, total_minutes
from rules.outcome import after
from rules.planner.arrange import Task, arrange, solve_tier
from rules.planner.changes import PLANNED, bare_changes, one_day
from rules.planner.plan import Remaining, Tier, Unnamed
from rules.planner.reasons import planned_findings
from rules.policy import Policy
from rules.working_pattern import dates

MOST = 3
MOST_SETS = 200_000
"""Where there are more sets than this to try, it is taken that a finding needs more than three."""
_DAY = timedelta(days=1)


def remaining(task: Task, planned: Diary, left: Iterable[Finding]) -> tuple[Remaining, ...]:
    """For each finding that a plan leaves, what keeps it: were those events elsewhere, and the
    holds placed again, it would miss fewer minutes. No smaller set of events does that. No event
    keeps what the leader gave up for the day."""
    alone = cache(lambda day: one_day(planned, day))
    return tuple(
        Remaining(each.id, each.day, each.missing, _blockers(task, alone, each))
        for each in left
        if each.rule in PLANNED and each.missing and _is_planned(task, each)
    )


def _is_planned(task: Task, finding: Finding) -> bool:
    return bool(_days(task, finding))


def _days(task: Task, finding: Finding) -> list[date]:
    week = finding.rule == "pods"
    span = dates(finding.day, finding.day + (7 * _DAY if week else _DAY))
    return [day for day in span if day in task.days]


def _blockers(
    task: Task, alone: Callable[[date], Diary], finding: Finding
) -> tuple[str, ...] | Unnamed:
    days = [alone(day) for day in _days(task, finding) if not _given_up(task, finding, alone(day))]
    if not days:
        return ()
    for size in range(1, MOST + 1):
        if _are_too_many(days, size):
            return Unnamed.MANY
        for chosen in sorted(_sets(days, size), key=lambda each: [one.start for one in each[1]]):
            if task.late:
                return Unnamed.UNKNOWN
            if _would_shrink(task, *chosen, finding):
                return tuple(each.id for each in chosen[1])
    return Unnamed.MANY


def _given_up(task: Task, finding: Finding, diary: Diary) -> bool:
    """Whether all that a finding asks for is a kind of hold that the leader gave up that day."""
    day = diary.day(diary.start)
    if finding.rule == "pods":
        return not task.rights.wants(day.date, Kind.POD)
    if finding.rule != "protected" or task.rights.wants(day.date, Kind.PROTECTED):
        return False
    # one that is there may be cut by a meeting, which then is in the way
    return not day.holds(Kind.PROTECTED)


def _are_too_many(days: Sequence[Diary], size: int) -> bool:
    """Whether no set is to be tried: putting them in order takes long too."""
    return sum(comb(len(_candidates(each)), size) for each in days) > MOST_SETS


def _sets(days: Sequence[Diary], size: int) -> Iterator[tuple[Diary, tuple[Occurrence, ...]]]:
    for diary in days:
        for events in combinations(_candidates(diary), size):
            yield diary, events


def _candidates(diary: Diary) -> list[Occurrence]:
    """Events of a day that stand in the way of something: all but Clearway's own holds."""
    day = diary.day(diary.start)
    events = [*day.appointments, *day.around]
    return [each for each in events if not (each.hold and not each.firm)]


def _would_shrink(task: Task, diary: Diary, gone: Sequence[Occurrence], finding: Finding) -> bool:
    ids = {each.id for each in gone}
    emptied = diary.with_occurrences(each for each in diary.occurrences if each.id not in ids)
    if not _might_shrink(task, emptied, finding):
        return False
    rights = replace(task.rights, tier=Tier.HOLDS)
    again = replace(
        task, diary=emptied, rights=rights, findings=planned_findings(diary, task.policy)
    )
    made = arrange(again, solve_tier(again))
    return _missing(task.policy, after(emptied, bare_changes(made)), finding) < finding.missing


def _might_shrink(task: Task, diary: Diary, finding: Finding) -> bool:
    """Whether there is room for it at all: a quick look that spares most searches."""
    if finding.rule in ("gap", "end_of_day"):
        return _missing(task.policy, diary, finding) < finding.missing
    day = diary.day(diary.start)
    if finding.rule != "protected" or day.window is None:
        return True
    own = {each.id for each in diary.occurrences if task.rights.is_own_hold(each)}
    others = [each for each in (*day.appointments, *day.around) if each.id not in own]
    firm = [each for each in others if each.kind is Kind.PROTECTED and each.hold]
    target = task.policy.protected_target(day.window.contracted)
    room = subtract([day.window.span], [each.span for each in others])
    if not firm:
        shortest = min(task.policy.protected_piece, target)
        room = sorted(room, key=lambda each: each.minutes)[-2:]
        room = [each for each in room if each.minutes >= shortest]
    return total_minutes([*room, *(each.span for each in firm)]) > target - finding.missing


def _missing(policy: Policy, diary: Diary, finding: Finding) -> int:
    rule = next(each for each in RULES if each.id == finding.rule)
    return sum(each.missing for each in rule.find(diary, policy) if each.id == finding.id)
