"""How much each rule's findings come to, and at how many places the diary had what it asks."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

from rules.catalogue import rules_in_force
from rules.diary import Diary, break_span
from rules.finding import Finding
from rules.policy import Policy


@dataclass(frozen=True, slots=True)
class RuleSummary:
    """One rule over a diary's window: minutes missing, and places kept out of places judged.

    A place is a working day; for `break` a working day over six hours, for `leave` a day of
    leave, for `pods` and `capacity` a week with a working day in the window.
    """

    rule: str
    missing: int
    days_met: int
    days: int


def summarise(diary: Diary, policy: Policy, findings: Iterable[Finding]) -> tuple[RuleSummary, ...]:
    """One line for each rule in force, in the catalogue's order."""
    told = tuple(findings)
    return tuple(_summary(rule.id, diary, policy, told) for rule in rules_in_force(policy))


def _summary(rule: str, diary: Diary, policy: Policy, findings: Iterable[Finding]) -> RuleSummary:
    mine = [each for each in findings if each.rule == rule]
    places = _PLACES.get(rule, _working_days)(diary, policy)
    return RuleSummary(
        rule=rule,
        missing=sum(each.missing for each in mine),
        days_met=len(places - {each.day for each in mine}),
        days=len(places),
    )


def _working_days(diary: Diary, policy: Policy) -> frozenset[date]:
    return frozenset(day.date for day in diary.days if day.window)


def _long_days(diary: Diary, policy: Policy) -> frozenset[date]:
    return frozenset(
        day.date
        for day in diary.days
        if day.window and break_span(day.window, policy, diary.pattern)
    )


def _leave_days(diary: Diary, policy: Policy) -> frozenset[date]:
    return frozenset(day.date for day in diary.days if day.leave)


def _weeks(diary: Diary, policy: Policy) -> frozenset[date]:
    return frozenset(diary.weeks)


_PLACES: Mapping[str, Callable[[Diary, Policy], frozenset[date]]] = MappingProxyType(
    {"break": _long_days, "leave": _leave_days, "pods": _weeks, "capacity": _weeks}
)
