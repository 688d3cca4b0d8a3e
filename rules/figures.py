"""What a week had, in figures: what a digest praises, and what is compared before and after.

All but the lengths that a leader asks for is counted from meetings, holds and hours alone: own time
changes none of it. A week that is over never changes any more, unless somebody edits the past.
"""

from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import Any

from rules.catalogue import after_hours, break_, contact, end_of_day, gap, protected
from rules.diary import Day, Diary, break_span
from rules.finding import Finding, Rule
from rules.interval import intersect, total_minutes
from rules.policy import Policy
from rules.working_pattern import monday
from rules.workload import TEAM, Week, ledger

_WEEK = timedelta(weeks=1)


@dataclass(frozen=True, slots=True)
class WeekFigures:
    """One week from a Monday on. Lengths are minutes; `contracted` are the paid ones.

    `days` are those worked. On `protected_days` there was all the protected time that the settings
    ask for, on `breaks` of `break_days` room for a break, and on `ends` the end of the day was
    free. Of `pairs` of meetings that follow each other on a day, `spaced` had the time in between
    that the settings ask for. `outside` and `at_midday` are meetings outside the hours and where a
    break would lie. `contact_gap` is the longest run of its working days without time for the team:
    days before it do not count, since how many of them were read is chance.
    """

    first: date
    days: int
    contracted: int
    protected_days: int
    protected: int
    pairs: int
    spaced: int
    chats: int
    team: int
    break_days: int
    breaks: int
    ends: int
    meetings: int
    meeting_minutes: int
    outside: int
    at_midday: int
    contact_gap: int

    def to_json(self) -> dict[str, Any]:
        """As it is kept."""
        return {**asdict(self), "first": self.first.isoformat()}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "WeekFigures":
        """As it was kept."""
        return cls(**{**value, "first": date.fromisoformat(value["first"])})


def figures(diary: Diary, policy: Policy) -> tuple[WeekFigures, ...]:
    """The figures of each whole week of the diary's window, worked or not."""
    whole = [
        (first, list(days)) for first, days in groupby(diary.days, lambda day: monday(day.date))
    ]
    ledgers = {each.first: each for each in ledger(diary, policy, diary.span.end).weeks}
    contacts = contact.contact_dates(diary)
    return tuple(
        _week(first, days, diary, policy, ledgers[first], _contact_gap(days, contacts))
        for first, days in whole
        if len(days) == _WEEK.days
    )


def _week(
    first: date, days: list[Day], diary: Diary, policy: Policy, spent: Week, contact_gap: int
) -> WeekFigures:
    worked = [day for day in days if day.window]
    one = Diary(diary.occurrences, diary.pattern, first, first + _WEEK)
    targets = {
        day.date: policy.protected_target(day.window.contracted) for day in worked if day.window
    }
    short = _by_day(protected.RULE, one, policy)
    appointments = [each for day in days for each in day.appointments]
    pairs = [pair for day in worked for pair in gap.pairs(day)]
    return WeekFigures(
        first=first,
        days=len(worked),
        contracted=spent.contracted,
        protected_days=len(targets.keys() - short.keys()),
        protected=sum(targets.values()) - sum(short.values()),
        pairs=len(pairs),
        spaced=len(pairs) - len(list(gap.RULE.find(one, policy))),
        chats=len(diary.pods(first)),
        team=spent.minutes(*TEAM),
        break_days=len(break_.RULE.places(one, policy)),
        breaks=len(break_.RULE.places(one, policy) - _by_day(break_.RULE, one, policy).keys()),
        ends=len(targets.keys() - _by_day(end_of_day.RULE, one, policy).keys()),
        meetings=len(appointments),
        meeting_minutes=sum(each.span.minutes for each in appointments),
        outside=sum(_by_day(after_hours.RULE, one, policy).values()),
        at_midday=sum(_at_midday(worked, diary, policy)),
        contact_gap=contact_gap,
    )


def _by_day(rule: Rule, diary: Diary, policy: Policy) -> Mapping[date, int]:
    """The minutes that a rule misses on each day of a week; other days are left out."""
    return _sums(rule.find(diary, policy))


def _sums(found: Iterable[Finding]) -> Mapping[date, int]:
    sums: dict[date, int] = {}
    for each in found:
        sums[each.day] = sums.get(each.day, 0) + each.missing
    return sums


def _at_midday(days: Iterable[Day], diary: Diary, policy: Policy) -> Iterator[int]:
    for day in days:
        inside = break_span(day.window, policy, diary.pattern) if day.window else None
        if inside is not None:
            yield total_minutes(intersect([each.span for each in day.appointments], [inside]))


def _contact_gap(days: Iterable[Day], contacts: Container[date]) -> int:
    worked = (day.date in contacts for day in days if day.window)
    return max((len(list(run)) for met, run in groupby(worked) if not met), default=0)
