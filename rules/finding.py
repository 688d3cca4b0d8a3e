"""A finding: one place where the diary falls short of one rule, and the shape every rule has."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from rules.diary import Diary
from rules.interval import Interval
from rules.policy import Policy, Severity


@dataclass(frozen=True, slots=True)
class Finding:
    """What one rule asks for that the diary does not have.

    `missing` is in minutes (0 for a plain fact). `day` is the local day it counts towards, for a
    weekly rule the Monday. `cite` is the place in the report, `lines` its lines.
    """

    rule: str
    severity: Severity
    day: date
    start: datetime
    end: datetime
    missing: int
    event_ids: tuple[str, ...]
    cite: str
    lines: str
    policy_version: str
    message: str
    key: str

    @property
    def id(self) -> str:
        """The rule and the place, such as `gap@2026-11-23T10:00:00Z` or `protected@2026-11-23`."""
        return f"{self.rule}@{self.key}"


class Scope(StrEnum):
    """What one finding of a rule is about."""

    MOMENT = "moment"
    DAY = "day"
    WEEK = "week"
    WEEKS = "weeks"


@dataclass(frozen=True, slots=True)
class Example:
    """A small diary in words, and the minutes each of its findings misses (none when it is good)."""

    week: str
    missing: tuple[int, ...] = ()


def working_days(diary: Diary, policy: Policy) -> frozenset[date]:
    """The days of the window that are worked."""
    return frozenset(day.date for day in diary.days if day.window)


def working_weeks(diary: Diary, policy: Policy) -> frozenset[date]:
    """The Monday of each week with a working day in the window."""
    return frozenset(diary.weeks)


@dataclass(frozen=True, slots=True)
class Rule:
    """One recommendation of the report that a diary can show.

    `find` is pure and gives findings in order of time. `examples` are good and bad diaries, each
    of which is a test. `planned` is true for the five rules that enter a plan's numbers. `scope`
    is what a finding is about, and `places` are the days that the rule judges, working days unless
    it says, each as findings name it: for weeks their first Monday.
    """

    id: str
    title: str
    about: str
    cite: str
    lines: str
    find: Callable[[Diary, Policy], Iterable[Finding]]
    examples: tuple[Example, ...]
    planned: bool = False
    scope: Scope = Scope.MOMENT
    places: Callable[[Diary, Policy], frozenset[date]] = working_days

    def severity(self, policy: Policy) -> Severity:
        """How much it asks: a setting of its own name."""
        return policy.severity(self.id)

    def finding(
        self,
        policy: Policy,
        *,
        day: date,
        span: Interval,
        message: str,
        missing: int = 0,
        event_ids: tuple[str, ...] = (),
        key: str = "",
    ) -> Finding:
        """A finding of this rule; `key` is the ISO date unless the rule can speak twice a day."""
        return Finding(
            rule=self.id,
            severity=self.severity(policy),
            day=day,
            start=span.start,
            end=span.end,
            missing=missing,
            event_ids=event_ids,
            cite=self.cite,
            lines=self.lines,
            policy_version=policy.version,
            message=message,
            key=key or day.isoformat(),
        )


def instant_key(moment: datetime) -> str:
    """A moment as it stands in identifiers and shapes: RFC 3339, UTC, seconds."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
