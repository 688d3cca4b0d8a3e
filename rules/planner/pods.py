"""When in the week team contacts are best, of plans with equal numbers.

They are on days of their own, and where no more working days go by without contact than the rule
about that allows. For a leader who asks for it they also take turns: new ones are in halves of the
week's days that the weeks around use least, so what is there stays.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import cached_property

from rules.catalogue.contact import contact_dates
from rules.catalogue.pod_rotation import HalfDay, half_day
from rules.diary import Diary
from rules.event import Kind
from rules.interval import Interval
from rules.planner.solve import DayResult, Option
from rules.policy import Policy, Severity
from rules.working_pattern import monday

_REPEAT = 24 * 60
"""What a time of the weeks around weighs in the first tie: more than all minutes of a day."""
_SILENCE = 100 * _REPEAT
"""What a long time without contact weighs: more than any number of repeated times."""
_SAME_DAY = 100 * _SILENCE
"""What two on one day weigh."""
_WEEK = timedelta(weeks=1)


class PodTimes:
    """When team contacts begin, week by week as they are arranged.

    `wanted` tells how many more a week wants, from its Monday on.
    """

    def __init__(self, diary: Diary, policy: Policy, wanted: Callable[[date], int]) -> None:
        self._diary = diary
        self._policy = policy
        self._wanted = wanted
        self._turns = policy.pod_rotation_severity is not Severity.OFF
        self._arranged: dict[date, Sequence[Interval]] = {}

    def is_as_good_as_any(self, day: date) -> bool:
        """Whether no other day can be better for one contact, where that adds no less to the
        numbers."""
        there = {
            self._diary.pattern.day_of(each.span.start) for each in self._diary.pods(monday(day))
        }
        return not (self._turns or day in there or self._silences(day))

    def told_apart(self, week: date, days: Mapping[date, DayResult]) -> Mapping[date, DayResult]:
        """The days of a week, with options dearer in their ties that share a day or a turn."""
        used = self._used_around(week)
        return {day: self._dearer(day, result, used) for day, result in days.items()}

    def arranged(self, week: date, chosen: Mapping[date, Option]) -> None:
        """Remember what was chosen for a week."""
        new = [span for option in chosen.values() for span in _new(option)]
        gone = {each.id for option in chosen.values() for each in option.removed}
        self._arranged[week] = (*self._there(week, gone), *new)
        if gone:
            rest = [each for each in self._diary.occurrences if each.id not in gone]
            self._contacts -= contact_dates(self._diary) - contact_dates(
                self._diary.with_occurrences(rest)
            )
        self._contacts |= {self._diary.pattern.day_of(each.start) for each in new}

    def _there(self, week: date, gone: set[str]) -> list[Interval]:
        return [each.span for each in self._diary.pods(week) if each.id not in gone]

    def _used_around(self, week: date) -> Counter[HalfDay]:
        if not self._turns:
            return Counter()
        away = range(1, self._policy.rotation_weeks)
        weeks = [week + sign * each * _WEEK for each in away for sign in (-1, 1)]
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
        there = self._there(monday(day), gone)
        pods = len(new) + sum(day_of(each.start) == day for each in there)
        pairs = pods * (pods - 1) // 2
        silences = self._silences(day) if new else 0
        repeats = sum(used[self._half(each)] for each in new)
        return pairs * _SAME_DAY + silences * _SILENCE + repeats * _REPEAT

    def _silences(self, day: date) -> int:
        """How many long runs without contact there are with a team contact on a day.

        Weeks that still want some are taken to have them whenever it is best.
        """
        if self._policy.contact_severity is Severity.OFF:
            return 0
        most = self._policy.contact_days
        found = run = 0
        for each in self._working_days:
            week = monday(each)
            open_yet = week != monday(day) and week not in self._arranged and self._wanted(week) > 0
            if each == day or open_yet or each in self._contacts:
                run = 0
            else:
                run += 1
                found += run == most + 1
        return found

    @cached_property
    def _working_days(self) -> Sequence[date]:
        return [day.date for day in self._diary.days if day.window]

    @cached_property
    def _contacts(self) -> set[date]:
        return set(contact_dates(self._diary))

    def _half(self, span: Interval) -> HalfDay:
        return half_day(span.start, self._diary.pattern.zone)


def _new(option: Option) -> list[Interval]:
    return [each.span for each in option.placements if each.hold is Kind.POD]


def _with_tie(option: Option, tie: int) -> Option:
    score = (*option.score[:6], option.score[6] + tie, *option.score[7:])
    return replace(option, score=score)
