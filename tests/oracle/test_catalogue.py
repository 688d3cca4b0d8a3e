"""The catalogue's findings add up to what the judge counts."""

from collections import Counter
from datetime import date

import pytest

from rules.catalogue import evaluate
from rules.policy import Policy, Severity
from tests.oracle.days import Case, small_day, small_week
from tests.oracle.score import RULES, counted_windows, monday_of, score
from tests.oracle.weeks import nhs_week


@pytest.mark.parametrize("seed", range(150))
def test_small_days(seed: int) -> None:
    for make in (small_day, small_week):
        _compare(make(seed))


@pytest.mark.parametrize("seed", range(40))
def test_weeks(seed: int) -> None:
    week = nhs_week(seed)
    found = Counter[tuple[str, date]]()
    for each in evaluate(week.diary, Policy()):
        found[each.rule, each.day] += each.missing if each.rule in RULES else 0
    assert +found == +Counter(score(week.diary, Policy(), week.now).missing)


def _compare(case: Case) -> None:
    days = {window.day for window in counted_windows(case.diary, case.now)}
    mondays = {monday_of(day) for day in days}
    found = Counter[tuple[str, date]]()
    for each in evaluate(case.diary, case.policy):
        counted = mondays if each.rule == "pods" else days
        if each.rule in RULES and each.day in counted:
            found[each.rule, each.day] += each.missing
    expected = score(case.diary, case.policy, case.now).missing
    off = {rule for rule in RULES if case.policy.severity(rule) is Severity.OFF}
    assert +found == +Counter({key: n for key, n in expected.items() if key[0] not in off})
