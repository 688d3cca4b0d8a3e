"""Every rule, in the order in which findings of one moment are told.

A new rule is one file with a `RULE` and one line here; its examples are picked up as tests.
"""

from rules.cadence import Cadence
from rules.catalogue import (
    after_hours,
    appreciation,
    break_,
    capacity,
    contact,
    end_of_day,
    face_days,
    gap,
    learning,
    leave,
    long_days,
    long_run,
    no_pause,
    one_to_ones,
    open_time,
    overlap,
    pod_apart,
    pod_rotation,
    pods,
    protected,
    reviews,
)
from rules.diary import Diary
from rules.finding import Finding, Rule
from rules.policy import Policy, Severity

RULES: tuple[Rule, ...] = (
    gap.RULE,
    long_run.RULE,
    no_pause.RULE,
    overlap.RULE,
    protected.RULE,
    open_time.RULE,
    pods.RULE,
    pod_apart.RULE,
    pod_rotation.RULE,
    one_to_ones.RULE,
    contact.RULE,
    appreciation.RULE,
    reviews.RULE,
    face_days.RULE,
    break_.RULE,
    end_of_day.RULE,
    after_hours.RULE,
    long_days.RULE,
    leave.RULE,
    learning.RULE,
    capacity.RULE,
)


CADENCES: tuple[Cadence, ...] = (
    one_to_ones.CADENCE,
    appreciation.CADENCE,
    reviews.CADENCE,
    face_days.CADENCE,
    learning.CADENCE,
)
"""What rules ask for every so many weeks, in the catalogue's order."""


def rules_in_force(policy: Policy) -> tuple[Rule, ...]:
    """The rules that are not switched off, in the catalogue's order."""
    return tuple(rule for rule in RULES if rule.severity(policy) is not Severity.OFF)


def evaluate(diary: Diary, policy: Policy) -> tuple[Finding, ...]:
    """Every finding over the diary's window, by start, then in the catalogue's order."""
    found = (each for rule in rules_in_force(policy) for each in rule.find(diary, policy))
    return tuple(sorted(found, key=lambda each: each.start))
