"""How much each rule's findings come to, and at how many places the diary had what it asks."""

from collections.abc import Iterable
from dataclasses import dataclass

from rules.catalogue import rules_in_force
from rules.diary import Diary
from rules.finding import Finding, Rule
from rules.policy import Policy


@dataclass(frozen=True, slots=True)
class RuleSummary:
    """One rule over a diary's window: minutes missing, and places kept out of places judged.

    A place is what the rule judges: a working day, a day of leave, a week.
    """

    rule: str
    missing: int
    days_met: int
    days: int


def summarise(diary: Diary, policy: Policy, findings: Iterable[Finding]) -> tuple[RuleSummary, ...]:
    """One line for each rule in force, in the catalogue's order."""
    told = tuple(findings)
    return tuple(_summary(rule, diary, policy, told) for rule in rules_in_force(policy))


def _summary(rule: Rule, diary: Diary, policy: Policy, findings: Iterable[Finding]) -> RuleSummary:
    mine = [each for each in findings if each.rule == rule.id]
    places = rule.places(diary, policy)
    return RuleSummary(
        rule=rule.id,
        missing=sum(each.missing for each in mine),
        days_met=len(places - {each.day for each in mine}),
        days=len(places),
    )
