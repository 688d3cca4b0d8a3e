"""Every rule, in the order in which findings of one moment are told.

A new rule is one file with a `RULE` and one line here; its examples are picked up as tests.
"""

from rules.catalogue import (
    after_hours,
    break_,
    capacity,
    end_of_day,
    gap,
    leave,
    overlap,
    pods,
    protected,
)
from rules.diary import Diary
from rules.finding import Finding, Rule
from rules.policy import Policy, Severity

RULES: tuple[Rule, ...] = (
    gap.RULE,
    overlap.RULE,
    protected.RULE,
    pods.RULE,
    break_.RULE,
    end_of_day.RULE,
    after_hours.RULE,
    leave.RULE,
    capacity.RULE,
)


def rules_in_force(policy: Policy) -> tuple[Rule, ...]:
    """The rules that are not switched off, in the catalogue's order."""
    return tuple(rule for rule in RULES if rule.severity(policy) is not Severity.OFF)


def evaluate(diary: Diary, policy: Policy) -> tuple[Finding, ...]:
    """Every finding over the diary's window, by start, then in the catalogue's order."""
    found = (each for rule in rules_in_force(policy) for each in rule.find(diary, policy))
    return tuple(sorted(found, key=lambda each: each.start))
