"""When in the week team contacts are best, of plans with equal numbers.

They are on days of their own. For a leader who asks for it they also take turns: new ones are in
halves of the week's days that the weeks around use least, so what is there stays.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta

from rules.catalogue.pod_rotation import HalfDay, half_day
from rules.diary import Diary
from rules.event import Kind
from rules.interval import Interval
from rules.planner.solve import DayResult, Option
from rules.policy import Policy, Severity

_REPEAT = 24 * 60
"""What a time of the weeks around weighs in the first tie: more than all minutes of a day."""
_SAME_DAY = 100 * _REPEAT
"""What two on one day weigh: more than any number of repeated times."""


def takes_turns(policy: Policy) -> bool:
    """Whether anybody asks for contacts at changing times."""
    return policy.pod_rotation_severity is not Severity.OFF


class PodTimes:
    """When team contacts begin, week by week as they are arranged."""

    def __init__(self, diary: Diary, policy: Policy) -> None:
        self._diary = diary
        self._policy = policy
        self._arranged: dict[date, Sequence[Interval]] = {}

    def told_apart(self, week: date, days: Mapping[date, DayResult]) -> Mapping[date, DayResult]:
        """The days of a week, with options dearer in their ties that share a day or a turn."""
        used = self._used_around(week)
        return {day: self._dearer(day, result, used) for day, result in days.items()}

    def arranged(self, week: date, chosen: Mapping[date, Option]) -> None:
        """Remember what was chosen for a week."""
        new = [span for option in chosen.values() for span in _new(option)]
        gone = {each.id for option in chosen.values() for each in option.removed}
        self._arranged[week] = (*self._there(week, gone), *new)

    def _there(self, week: date, gone: set[str]) -> list[Interval]:
        return [each.span for each in self._diary.pods(week) if each.id not in gone]

    def _used_around(self, week: date) -> Counter[HalfDay]:
        if not takes_turns(self._policy):
            return Counter()
        away = range(1, self._policy.rotation_weeks)
        weeks = [week + timedelta(weeks=sign * each) for each in away for sign in (-1, 1)]
        spans = [
            span for each in weeks for span in self._arranged.get(each, self._there(each, set()))
        ]
        return Counter(self._half(each) for each in spans)

    def _dearer(self, day: date, result: DayResult, used: Counter[HalfDay]) -> DayResult:
        options = {
            change: _with_tie(option, self._tie(day, option, used))
            for change, option in result.options.items()
        }
        return replace(result, options=options)

    def _tie(self, day: date, option: Option, used: Counter[HalfDay]) -> int:
        new = _new(option)
        gone = {each.id for each in option.removed}
        day_of = self._diary.pattern.day_of
        there = self._there(day - timedelta(days=day.weekday()), gone)
        pods = len(new) + sum(day_of(each.start) == day for each in there)
        pairs = pods * (pods - 1) // 2
        return pairs * _SAME_DAY + sum(used[self._half(each)] for each in new) * _REPEAT

    def _half(self, span: Interval) -> HalfDay:
        return half_day(span.start, self._diary.pattern.zone)


def _new(option: Option) -> list[Interval]:
    return [each.span for each in option.placements if each.hold is Kind.POD]


def _with_tie(option: Option, tie: int) -> Option:
    score = (*option.score[:6], option.score[6] + tie, *option.score[7:])
    return replace(option, score=score)
