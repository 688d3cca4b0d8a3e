"""Each rule against the good and bad diaries beside it, and what all rules have in common."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from rules.catalogue import RULES, evaluate, rules_in_force
from rules.example import MONDAY, read_example
from rules.finding import Example, Finding, Rule, instant_key
from rules.policy import Layer, Policy, Severity, override

PLANNED = {"gap", "protected", "pods", "break", "end_of_day"}
BUSY = (
    "Mon 09:00-10:00 mine; Mon 10:00-11:00 mine; Mon 10:30-15:00 meeting; Mon 15:00-18:00 meeting;"
    "Tue leave; Tue 10:00-11:00 meeting; Wed-Fri 08:00-17:00 meeting; Wed-Fri 17:05-18:00 mine"
)
ALL = BUSY + (
    "; weeks 26; Fri+3 09:00-17:00 protected; Mon+1 09:00-10:00 mine; Mon+1 10:00-10:20 pod;"
    "Mon+2 10:00-10:20 pod; Mon+3 10:00-10:20 pod; Mon+4 09:00-10:00 mine; Mon+4 10:00-11:00 mine;"
    "Mon+4 11:00-12:00 mine; Mon+1 10:20-11:00 mine; set reports 1; set pods_per_week 2;"
    "set learning_severity nudge; set pod_rotation_severity nudge"
)
EXAMPLES = [
    pytest.param(rule, example, id=f"{rule.id}: {example.week}")
    for rule in RULES
    for example in rule.examples
]


def findings(text: str) -> tuple[Finding, ...]:
    return evaluate(*read_example(text))


def of(rule: str, text: str) -> list[Finding]:
    return [each for each in findings(text) if each.rule == rule]


@pytest.mark.parametrize(("rule", "example"), EXAMPLES)
def test_a_rule_finds_what_its_examples_say(rule: Rule, example: Example) -> None:
    assert tuple(each.missing for each in of(rule.id, example.week)) == example.missing


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_has_good_and_bad_examples_and_a_place_in_the_report(rule: Rule) -> None:
    kinds = [bool(example.missing) for example in rule.examples]
    assert kinds.count(True) >= 3
    assert kinds.count(False) >= 3
    assert rule.title
    assert rule.about.endswith(".")
    assert re.fullmatch(r"\d\.\d[\d., ()iv]*", rule.cite)
    assert re.fullmatch(r"L\d{4}-\d{4}", rule.lines)


def test_ids_are_unique_and_five_rules_are_planned() -> None:
    ids = [rule.id for rule in RULES]
    assert len(ids) == len(set(ids))
    assert {rule.id for rule in RULES if rule.planned} == PLANNED


def test_a_rule_that_is_off_finds_nothing() -> None:
    off = {f"{rule}_severity": "off" for rule in PLANNED}
    diary, _ = read_example(BUSY)
    policy = override(Policy(), off, Layer.LEADER)
    assert not {rule.id for rule in rules_in_force(policy)} & PLANNED
    assert not {each.rule for each in evaluate(diary, policy)} & PLANNED


def test_findings_are_in_order_of_start_then_of_the_catalogue() -> None:
    order = [rule.id for rule in RULES]
    found = findings(ALL)
    assert {each.rule for each in found} == set(order)
    assert list(found) == sorted(found, key=lambda each: (each.start, order.index(each.rule)))


def test_a_finding_carries_the_severity_policy_gives_it_and_where_it_rests() -> None:
    diary, policy = read_example(BUSY + "; set gap_severity nudge")
    rules = {rule.id: rule for rule in RULES}
    for each in evaluate(diary, policy):
        rule = rules[each.rule]
        assert each.severity is rule.severity(policy)
        assert (each.cite, each.lines) == (rule.cite, rule.lines)
        assert each.policy_version == policy.version
    assert rules["gap"].severity(policy) is Severity.NUDGE


def test_a_finding_is_named_by_its_rule_and_its_place() -> None:
    (gap,) = of("gap", "Mon 09:00-10:00 mine; Mon 10:04-11:00 mine")
    assert gap.id == "gap@2026-11-23T10:00:00Z"
    assert (instant_key(gap.start), instant_key(gap.end)) == (
        "2026-11-23T10:00:00Z",
        "2026-11-23T10:04:00Z",
    )
    assert gap.event_ids == ("1", "2")
    assert gap.day == MONDAY
    assert [each.id for each in of("protected", "hours Mon 09:00-17:00")] == [
        "protected@2026-11-23"
    ]
    assert [each.id for each in of("pods", "hours Wed 09:00-17:00")] == ["pods@2026-11-23"]


def test_a_gap_names_the_appointment_that_is_over_last() -> None:
    (gap,) = of("gap", "Mon 09:00-11:00 mine; Mon 09:30-10:00 mine; Mon 11:00-12:00 mine")
    assert gap.event_ids == ("1", "3")


def test_two_gaps_that_begin_together_have_names_of_their_own() -> None:
    found = of("gap", "Mon 09:00-10:00 mine; Mon 10:00-10:00 mine; Mon 10:05-11:00 mine")
    assert [each.missing for each in found] == [10, 5]
    assert [each.key for each in found] == ["2026-11-23T10:00:00Z", "2026-11-23T10:00:00Z/2"]


def test_overlaps_through_others_are_one_block() -> None:
    text = "Mon 09:00-10:00 mine; Mon 09:30-11:00 mine; Mon 10:30-12:00 mine; Mon 12:00-13:00 mine"
    (overlap,) = of("overlap", text)
    assert overlap.event_ids == ("1", "2", "3")
    assert overlap.id == "overlap@2026-11-23T09:00:00Z"
    assert overlap.severity is Severity.NUDGE
    (around,) = of("overlap", "Mon 09:00-12:00 mine; Mon 09:30-10:00 mine; Mon 10:30-11:00 mine")
    assert around.event_ids == ("1", "2", "3")


def test_pods_count_over_the_whole_week_and_are_missed_once() -> None:
    diary, policy = read_example("Sat 10:00-10:20 pod")
    wednesday = MONDAY + timedelta(days=2)
    part = replace(diary, start=wednesday, end=wednesday + timedelta(days=2))
    assert not [each for each in evaluate(part, policy) if each.rule == "pods"]
    none = part.with_occurrences(())
    (pods,) = [each for each in evaluate(none, policy) if each.rule == "pods"]
    assert pods.day == MONDAY
    assert (instant_key(pods.start), instant_key(pods.end)) == (
        "2026-11-25T09:00:00Z",
        "2026-11-26T17:00:00Z",
    )


FULL_DAY = (
    "hours Mon 09:00-17:00; Mon 09:00-12:00 clinical; Mon 12:00-13:00 mine;"
    "Mon 13:00-13:30 meeting; Mon 13:30-15:00 meeting; Mon 15:00-16:00 mine; Mon 16:00-16:20 pod"
)


def test_capacity_offers_what_would_be_enough_and_could_give_way() -> None:
    (over,) = of("capacity", FULL_DAY)
    assert over.missing == 170
    assert over.event_ids == ("2", "4")
    assert over.severity is Severity.SHOULD
    assert over.message == (
        "Your diary has 2 hours 50 minutes more than the week of Monday 23 November can hold. "
        "You could swap or drop these 2 meetings. "
        "They are at midday on Monday 23 November and 1:30pm on Monday 23 November."
    )


def test_capacity_offers_a_choice_where_each_would_be_enough() -> None:
    (over,) = of("capacity", "hours Mon 09:00-17:00; Mon 09:00-12:00 mine; Mon 12:00-14:20 mine")
    assert over.event_ids == ("1", "2")
    assert over.message == (
        "Your diary has 10 minutes more than the week of Monday 23 November can hold. "
        "You could shorten, swap or drop 1 of 2 meetings. "
        "They are at 9am on Monday 23 November and midday on Monday 23 November."
    )


def test_capacity_names_no_meetings_where_three_are_not_enough() -> None:
    many = "; ".join(f"Mon {hour:02}:00-{hour + 1:02}:00 mine" for hour in range(9, 17))
    (over,) = of("capacity", f"hours Mon 09:00-17:00; {many}")
    assert over.missing == 230
    assert over.event_ids == ()
    assert over.message == (
        "Your diary has 3 hours 50 minutes more than the week of Monday 23 November can hold. "
        "You could shorten, swap or drop several meetings."
    )


def test_a_locked_slot_is_not_offered() -> None:
    diary, policy = read_example("hours Mon 09:00-17:00; Mon 09:00-17:00 mine")
    locked = diary.with_occurrences(replace(each, locked=True) for each in diary.occurrences)
    (over,) = [each for each in evaluate(locked, policy) if each.rule == "capacity"]
    assert over.event_ids == ()


def test_days_outside_the_window_are_not_judged() -> None:
    diary, policy = read_example(BUSY)
    tuesday = MONDAY + timedelta(days=1)
    one = replace(diary, end=tuesday)
    weekly = {"pods", "capacity", "long_days"}
    assert {each.day for each in evaluate(one, policy) if each.rule not in weekly} == {MONDAY}
