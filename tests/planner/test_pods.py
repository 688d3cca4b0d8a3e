"""When in the week team contacts are placed: on days of their own, and in turns where asked for."""

import os
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from rules.catalogue import evaluate
from rules.diary import Diary, in_order
from rules.event import Kind, Occurrence, ScoredAs
from rules.planner import plan
from rules.planner.plan import Plan, Tier
from rules.policy import Layer, Policy, Severity, override
from rules.working_pattern import local_date, monday
from tests.oracle.apply import apply_changes
from tests.oracle.weeks import Week, nhs_weeks
from tests.planner.test_cadences import NONE, NOW, at, leave, quiet, there

SOAK = os.environ.get("CLEARWAY_SOAK") == "1"
LONDON = ZoneInfo("Europe/London")
TURNS = override(NONE, {"pod_rotation_severity": "should"}, Layer.LEADER)


def starts(made: Plan) -> list[datetime]:
    """When the new team contacts begin, on the leader's clock."""
    spans = [each.after for each in made.changes if each.hold is Kind.POD and each.after]
    return sorted(each.start.astimezone(LONDON) for each in spans)


def asking(pods: int, policy: Policy = NONE) -> Policy:
    return override(policy, {"pods_per_week": pods}, Layer.LEADER)


@pytest.mark.parametrize("tier", Tier)
@pytest.mark.parametrize("pods", range(2, 6))
def test_each_is_on_a_day_of_its_own(pods: int, tier: Tier) -> None:
    made = starts(plan(quiet(weeks=1), asking(pods), NOW, tier))
    assert len({each.date() for each in made}) == len(made) == pods


@pytest.mark.parametrize("tier", Tier)
def test_a_new_one_leaves_the_day_alone_that_has_one(tier: Tier) -> None:
    diary = quiet(there(Kind.POD, at(0, "14:00", 20), people=4), weeks=1)
    (new,) = starts(plan(diary, asking(2), NOW, tier))
    assert new.strftime("%a") != "Mon"


def test_who_works_two_days_has_the_rest_beside_each_other() -> None:
    made = starts(plan(quiet(weeks=1, hours="Tue-Wed 09:00-17:00"), asking(4), NOW))
    assert sorted(each.weekday() for each in made) == [1, 1, 2, 2]


@pytest.mark.parametrize("tier", Tier)
def test_they_take_turns(tier: Tier) -> None:
    made = starts(plan(quiet(weeks=6), TURNS, NOW, tier))
    assert [each.strftime("%a") for each in made] == ["Mon", "Tue", "Wed", "Thu", "Mon", "Tue"]


def test_a_new_week_takes_a_turn_that_the_weeks_before_it_left() -> None:
    """As every night: what is there stays, and only the last week is planned."""
    there_now = [there(Kind.POD, at(7 * week, "09:00", 20)) for week in range(4)]
    made = plan(quiet(*there_now, weeks=5), TURNS, NOW)
    assert made.objective.numbers.holds_disturbed == 0
    (new,) = starts(made)
    assert new.date() - at(28, "09:00").start.date() == timedelta(days=1)


@pytest.mark.parametrize("seed", range(300 if SOAK else 24))
def test_turns_change_no_number_and_are_never_fewer(seed: int) -> None:
    week = nhs_weeks(seed, 4, 12, 30)
    plain, made = plan(week.diary, NONE, week.now), plan(week.diary, TURNS, week.now)
    assert made.objective == plain.objective
    assert (made.proof.optimal, plain.proof.optimal) == (True, True)
    assert missing(week, made) <= missing(week, plain)


def missing(week: Week, made: Plan) -> int:
    """What the rule about turns finds in a planned diary."""
    planned = apply_changes(week.diary.occurrences, made.changes, week.now)
    found = evaluate(week.diary.with_occurrences(planned), TURNS)
    return sum(each.missing for each in found if each.rule == "pod_rotation")


# --- long times without contact ---------------------------------------------------------------------


def silences(diary: Diary, made: Plan) -> list[str]:
    planned = apply_changes(diary.occurrences, made.changes, NOW)
    found = evaluate(diary.with_occurrences(planned), NONE)
    return [each.id for each in found if each.rule == "contact"]


def test_a_silence_of_more_than_five_working_days_is_offered_a_chat() -> None:
    """On Monday and on the Friday of the week after: each week has one, and eight days have none."""
    chats = [there(Kind.POD, at(day, "14:00", 20), people=4) for day in (0, 11)]
    diary = quiet(*chats, weeks=2)
    made = plan(diary, NONE, NOW)
    (new,) = [each for each in made.changes if each.hold is Kind.POD]
    assert new.because == ("contact@2026-11-24",)
    assert silences(diary, made) == []
    without = plan(diary, replace(NONE, contact_severity=Severity.OFF), NOW)
    assert starts(without) == []
    assert without.objective == made.objective


@pytest.mark.parametrize("policy", [Policy(), NONE], ids=["usual", "chats-alone"])
def test_each_night_brings_one_chat_for_a_new_week_and_no_more(policy: Policy) -> None:
    """A window of 13 weeks, of which the last 7 have no chats yet: that is no silence."""
    diary = quiet(weeks=13)
    there_now: tuple[Occurrence, ...] = ()
    for night in range(11):
        today, now = diary.start + timedelta(days=night), NOW + timedelta(days=night)
        seen = Diary(in_order(there_now), diary.pattern, today, today + timedelta(weeks=13))
        there_now = tuple(apply_changes(seen.occurrences, plan(seen, policy, now).changes, now))
    days = [local_date(each.span.start, LONDON) for each in there_now if each.kind is Kind.POD]
    assert set(Counter(map(monday, days)).values()) == {1}
    assert len(days) == 7


@pytest.mark.parametrize("seed", [15, 40, 72])
def test_a_chat_that_goes_is_no_contact_for_the_weeks_after_it(seed: int) -> None:
    """Diaries in which a second chat was placed for a silence that there would not have been."""
    week = nhs_weeks(seed, 5, 12, 45)
    chats = len(starts(plan(week.diary, NONE, week.now)))
    off = replace(NONE, contact_severity=Severity.OFF)
    assert chats == len(starts(plan(week.diary, off, week.now)))


def test_what_ended_a_silence_stays_when_the_diary_is_planned_again() -> None:
    chats = [there(Kind.POD, at(day, "14:00", 20), people=4) for day in (0, 11)]
    diary = quiet(*chats, weeks=2)
    planned = apply_changes(diary.occurrences, plan(diary, NONE, NOW).changes, NOW)
    again = plan(diary.with_occurrences(planned), NONE, NOW)
    assert [each for each in again.changes if each.hold is Kind.POD] == []


def test_a_silence_on_leave_is_none_and_where_chats_are_unwanted_none_is_placed() -> None:
    chats = [there(Kind.POD, at(day, "14:00", 20), people=4) for day in (0, 11)]
    assert starts(plan(quiet(*chats, leave(2, 8), weeks=2), NONE, NOW)) == []
    days = {at(day, "09:00").start.date() for day in range(12)}
    unwanted = frozenset((day, Kind.POD) for day in days)
    assert starts(plan(quiet(*chats, weeks=2), NONE, NOW, unwanted=unwanted)) == []


def test_a_full_diary_has_the_chat_where_there_is_room() -> None:
    """Four of the eight days are full; the chat is on another, and on nothing else."""
    chats = [there(Kind.POD, at(day, "14:00", 20), people=4) for day in (0, 11)]
    full = [meeting(day, "09:00", 480) for day in (2, 3, 4, 7)]
    diary = quiet(*chats, *full, weeks=2)
    made = plan(diary, NONE, NOW)
    (new,) = starts(made)
    assert new.strftime("%a %d") in ("Tue 24", "Tue 01")
    assert silences(diary, made) == []


def meeting(day: int, clock: str, minutes: int) -> Occurrence:
    span = at(day, clock, minutes)
    return Occurrence(f"meeting {day}", span.start, span.end, ScoredAs.APPOINTMENT, other_people=3)
