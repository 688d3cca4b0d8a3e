"""When the leader is reminded of something, and in which words."""

from collections import Counter
from dataclasses import fields, replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.policy import Layer, Policy, PolicyError, override
from rules.reminders import LEAVE_WEEKS, REMINDERS, due, one_for
from rules.working_pattern import monday

PARAMETERS = {each.name: each for each in fields(Policy)}
DAYS = st.dates(date(2024, 1, 1), date(2032, 1, 1))
WEEK = timedelta(weeks=1)


@st.composite
def policies(draw) -> Policy:
    def weeks(name: str):
        about = PARAMETERS[name].metadata
        return st.one_of(st.just(0), st.integers(about["least"], about["high"]))

    return replace(Policy(), **{each.setting: draw(weeks(each.setting)) for each in REMINDERS})


def first_monday(joined: date) -> date:
    return monday(joined + timedelta(days=6))


def weekly(policy: Policy, joined: date, weeks: int) -> list[tuple[str, ...]]:
    """The ids of each week, from the second whole one on."""
    start = first_monday(joined) + WEEK
    return [
        tuple(each.id for each in due(policy, joined, start + number * WEEK))
        for number in range(weeks)
    ]


@settings(max_examples=40)
@given(policies(), DAYS)
def test_each_falls_due_exactly_once_in_its_weeks_and_never_where_it_is_off(
    policy: Policy, joined: date
) -> None:
    told = weekly(policy, joined, 104)
    for each in REMINDERS:
        weeks = each.weeks(policy)
        if not weeks:
            assert not any(each.id in one for one in told)
            continue
        for first in range(0, 104 - weeks + 1, weeks):
            counted = Counter(id_ for one in told[first : first + weeks] for id_ in one)
            assert counted[each.id] == 1


@given(policies(), DAYS, st.integers(0, 400))
def test_all_days_of_a_week_have_the_same_and_it_depends_on_nothing_else(
    policy: Policy, joined: date, days: int
) -> None:
    today = joined + timedelta(days=days)
    found = due(policy, joined, today)
    for number in range(7):
        assert due(policy, joined, monday(today) + timedelta(days=number)) == found


@given(policies(), DAYS, st.integers(-30, 7))
def test_nobody_is_reminded_of_anything_in_the_first_week(
    policy: Policy, joined: date, days: int
) -> None:
    assert due(policy, joined, joined + timedelta(days=days)) == ()
    assert due(policy, joined, first_monday(joined) + timedelta(days=6)) == ()


@settings(max_examples=10)
@given(DAYS)
def test_with_the_usual_settings_there_is_at_most_one_in_a_week(joined: date) -> None:
    told = weekly(Policy(), joined, 208)
    assert max(map(len, told)) == 1
    assert sum(map(len, told)) == 208 // 4 + 2 * (208 // 8) + 2 * (208 // 26)


@settings(max_examples=10)
@given(DAYS)
def test_those_that_are_rare_are_not_asked_soon_after_joining(joined: date) -> None:
    told = weekly(Policy(), joined, 26)
    for name in ("face_rhythm", "pattern_changed"):
        assert next(number for number, one in enumerate(told) if name in one) >= 13


@given(policies(), DAYS, st.integers(0, 60))
def test_two_share_a_week_only_where_one_of_them_has_no_other(
    policy: Policy, joined: date, weeks: int
) -> None:
    """The others of that week had been put off to their last one."""
    told = weekly(policy, joined, weeks + 1)[weeks]
    by_id = {each.id: each.weeks(policy) for each in REMINDERS}
    last = [name for name in told if (weeks + 1) % by_id[name] == 0]
    assert len(told) <= max(1, len(last))


@given(policies(), DAYS, st.integers(0, 400))
def test_one_at_most_is_shown_and_those_of_a_week_take_turns(
    policy: Policy, joined: date, days: int
) -> None:
    first = monday(joined + timedelta(days=days))
    found = due(policy, joined, first)
    shown = [one_for(found, first + timedelta(days=number)) for number in range(7)]
    assert shown == [None] * 7 if not found else set(shown) == set(found)


def test_leave_that_is_told_of_is_not_asked_for() -> None:
    policy = override(Policy(), {"take_leave_weeks": 4, "reach_out_weeks": 0}, Layer.LEADER)
    joined = date(2026, 1, 5)
    days = [joined + number * WEEK for number in range(12)]
    today = next(
        day for day in days if "take_leave" in [each.id for each in due(policy, joined, day)]
    )
    for ahead, told in ((0, False), (90, False), (7 * LEAVE_WEEKS, True), (-1, True)):
        found = due(policy, joined, today, {today + timedelta(days=ahead)})
        assert ("take_leave" in [each.id for each in found]) is told


@pytest.mark.parametrize("each", REMINDERS, ids=lambda each: each.id)
def test_each_can_be_switched_off_and_keeps_its_limits(each) -> None:
    about = PARAMETERS[each.setting].metadata
    least, high = about["least"], about["high"]
    for value in (0, least, high):
        assert each.weeks(override(Policy(), {each.setting: value}, Layer.LEADER)) == value
    with pytest.raises(PolicyError, match=f"is 0, or between {least} and {high} weeks, not 1"):
        override(Policy(), {each.setting: 1}, Layer.LEADER)


def test_what_is_usual_is_what_was_settled() -> None:
    usual = {each.id: each.weeks(Policy()) for each in REMINDERS}
    assert usual == {
        "reach_out": 4,
        "tell_team": 8,
        "talk_about_breaks": 8,
        "take_leave": 0,
        "face_rhythm": 26,
        "pattern_changed": 26,
    }
