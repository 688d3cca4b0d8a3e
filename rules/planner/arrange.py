"""Arrange the days of a plan's window: each day on its own, each week's team contacts together."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

from rules.diary import Day, Diary
from rules.event import Kind
from rules.finding import Finding
from rules.planner.model import Floors
from rules.planner.plan import Tier
from rules.planner.pods import PodTimes
from rules.planner.rights import Rights
from rules.planner.solve import (
    DayResult,
    Option,
    Score,
    TimeLeft,
    WeekResult,
    combine,
    settle,
    solve_day,
)
from rules.policy import Policy, Severity
from rules.working_pattern import local_date, monday

MOST_NEW_PODS = 5
NO_FLOOR = 24 * 60


@dataclass(frozen=True)
class Task:
    """A diary to plan and everything that binds the plan."""

    diary: Diary
    policy: Policy
    rights: Rights
    findings: tuple[Finding, ...]
    time_left: TimeLeft | None = None

    @property
    def late(self) -> bool:
        """Whether there is no time left for anything but what must be said."""
        return self.time_left is not None and self.time_left() <= 0

    @cached_property
    def today(self) -> date:
        """The leader's local day."""
        return local_date(self.rights.now, self.diary.pattern.zone)

    @cached_property
    def days(self) -> tuple[date, ...]:
        """The working days that are planned: from today, as far as protected time is placed."""
        last = self.today + timedelta(weeks=self.policy.protected_weeks)
        return tuple(
            day.date for day in self.diary.days if day.window and self.today <= day.date <= last
        )

    def day(self, day: date) -> Day:
        """A day as it is planned."""
        return self.rights.seen(self.diary.day(day))

    def floors(self, day: date) -> Floors:
        """What a day misses of break and end of day now."""
        found = {each.rule: each.missing for each in self.findings if each.day == day}

        def floor(rule: str) -> int:
            off = self.policy.severity(rule) is Severity.OFF
            return NO_FLOOR if off else found.get(rule, 0)

        return Floors(floor("break"), floor("end_of_day"))

    def wanted_pods(self, week: date) -> int:
        """Team contacts asked of a week beyond those it has; below zero where it has more."""
        if self.policy.pods_severity is Severity.OFF:
            return 0
        return self.policy.pods_per_week - len(self.diary.pods(week))

    def new_pods(self, day: date) -> int:
        """How many team contacts may be placed on a day at most."""
        if not self.rights.wants(day, Kind.POD):
            return 0
        week = monday(day)
        return min(MOST_NEW_PODS, max(0, self.wanted_pods(week)) + self.own_pods(week, day))

    def own_pods(self, week: date, but: date | None = None) -> int:
        """Team contacts of a week, other than those of one day, that a plan may move or remove."""
        return sum(
            self.rights.is_own_hold(each)
            and self.diary.pattern.day_of(each.span.start) in self.days
            and self.diary.pattern.day_of(each.span.start) != but
            for each in self.diary.pods(week)
        )


@dataclass(frozen=True)
class Arrangement:
    """The chosen option of each day, the score of all, and what no plan can go below."""

    chosen: Mapping[date, Option]
    score: Score
    bound: Score

    @property
    def optimal(self) -> bool:
        """Whether no plan has smaller numbers."""
        return self.bound[:6] >= self.score[:6]


Results = Mapping[date, DayResult]


def solve_day_alone(task: Task, day: date) -> DayResult:
    """The best options of one day, whatever the other days of its week can do."""
    return _solve(task, day, None, None)


def solve_tier(task: Task, seeds: Results | None = None) -> Results:
    """The best options of every day for one tier; `seeds` are those of the tier before.

    Where a week wants one team contact more, the days with the fewest meetings come first: they
    tell cheaply what it costs to place it, and the others need not look at anything dearer.
    """
    pods = PodTimes(task.diary, task.policy, task.wanted_pods)
    found: dict[date, DayResult] = {}
    cheapest: dict[date, Score] = {}
    for day in sorted(task.days, key=lambda each: len(task.diary.day(each).appointments)):
        week = monday(day)
        found[day] = _solve(task, day, seeds.get(day) if seeds else None, cheapest.get(week))
        alone = task.wanted_pods(week) == 1 and not task.own_pods(week)
        if alone and pods.is_as_good_as_any(day) and _adds_one(found[day]):
            added = _difference(found[day].options[1].score, found[day].options[0].score)
            cheapest[week] = min(cheapest.get(week, added), added)
    return {day: found[day] for day in task.days}


def _solve(task: Task, day: date, seed: DayResult | None, elsewhere: Score | None) -> DayResult:
    return solve_day(
        task.day(day),
        task.diary.pattern,
        task.policy,
        task.rights,
        task.floors(day),
        task.new_pods(day),
        seed,
        task.time_left,
        elsewhere,
    )


def _adds_one(result: DayResult) -> bool:
    return result.proved and {0, 1} <= result.options.keys()


def _difference(more: Score, less: Score) -> Score:
    return tuple(a - b for a, b in zip(more, less, strict=True))


def arrange(task: Task, results: Results) -> Arrangement:
    """The best choice of an option for every day."""
    weeks: dict[date, dict[date, DayResult]] = {}
    for day, result in results.items():
        weeks.setdefault(monday(day), {})[day] = result
    pods = PodTimes(task.diary, task.policy, task.wanted_pods)
    made: list[WeekResult] = []
    for week, days in weeks.items():
        best = combine(pods.told_apart(week, days), task.policy, task.wanted_pods(week))
        pods.arranged(week, best.chosen)
        made.append(best)
    chosen = {day: option for week in made for day, option in week.chosen.items()}
    if task.rights.tier is not Tier.HOLDS:
        chosen = {day: _settled(task, day, option) for day, option in chosen.items()}
    return Arrangement(chosen, _total(week.score for week in made), _total(w.bound for w in made))


def _settled(task: Task, day: date, option: Option) -> Option:
    pattern = task.diary.pattern
    return settle(task.day(day), pattern, task.policy, task.rights, task.floors(day), option)


def _total(scores: Iterable[Score]) -> Score:
    total: Score = (0,) * 10
    for score in scores:
        total = tuple(a + b for a, b in zip(total, score, strict=True))
    return total


def tiers_up_to(tier: Tier) -> tuple[Tier, ...]:
    """The tiers that a tier includes, in order."""
    order = (Tier.HOLDS, Tier.SHORTEN, Tier.MOVE)
    return order[: order.index(tier) + 1]
