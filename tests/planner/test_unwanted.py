"""What a person gave up for a day is not put back that day, and the rest is still the best plan.

The small days are those of tests/oracle; a failure names its seed.
"""

import os
from dataclasses import replace
from datetime import date, datetime
from functools import lru_cache
from itertools import product
from random import Random

import pytest

from rules.change import Change
from rules.diary import Diary
from rules.event import Kind, Occurrence, ScoredAs
from rules.planner import curve, plan
from rules.planner.plan import Plan, Tier
from rules.policy import GapHolds, Policy
from rules.working_pattern import local_date, monday
from tests.oracle.apply import apply_changes
from tests.oracle.days import Case, small_day, small_week
from tests.oracle.legal import Judge
from tests.oracle.search import best, pinned
from tests.oracle.weeks import nhs_week

SOAK = os.environ.get("CLEARWAY_SOAK") == "1"
DAYS = range(3000 if SOAK else 40)
WEEKS = range(800 if SOAK else 20)
KINDS = (Kind.PROTECTED, Kind.POD, Kind.GAP)
Unwanted = frozenset[tuple[date, Kind]]

every_case = pytest.mark.parametrize(
    ("case_of", "seed"), [*product(["day"], DAYS), *product(["week"], WEEKS)]
)


@lru_cache(maxsize=None if SOAK else 1024)
def _planned(case_of: str, seed: int) -> tuple[Case, Unwanted, Plan]:
    case = small_day(seed) if case_of == "day" else small_week(seed)
    random = Random(f"unwanted {seed}")
    days = [each.date for each in case.diary.days if each.window]
    pairs = list(product(days, KINDS))
    unwanted = frozenset(random.sample(pairs, random.randint(1, len(pairs))))
    return case, unwanted, _plan(case, unwanted)


def _plan(case: Case, unwanted: Unwanted) -> Plan:
    return plan(case.diary, case.policy, case.now, case.tier, case.keep, unwanted=unwanted)


def _placed(diary: Diary, changes: tuple[Change, ...]) -> set[tuple[date, Kind]]:
    """The days on which a plan puts holds, with their kinds."""
    return {
        (diary.pattern.day_of(each.after.start), each.hold)
        for each in changes
        if each.hold and each.after
    }


@every_case
def test_nothing_is_put_back(case_of: str, seed: int) -> None:
    """No hold of the kind is created, moved there, or moved within the day."""
    case, unwanted, found = _planned(case_of, seed)
    assert not _placed(case.diary, found.changes) & unwanted, f"{case_of} {seed}"
    touched = {each.event_id for each in found.changes}
    assert not touched & pinned(case.diary, unwanted), f"{case_of} {seed}"


@every_case
def test_no_plan_that_leaves_it_so_is_better(case_of: str, seed: int) -> None:
    """The proof stays one: the search through all plans knows no better either."""
    case, unwanted, found = _planned(case_of, seed)
    expected = best(case.diary, case.policy, case.now, case.tier, case.keep, unwanted)
    assert found.objective.numbers.as_tuple() == expected, f"{case_of} {seed}"
    assert found.proof.optimal, f"{case_of} {seed}"


@every_case
def test_it_is_legal_and_gives_what_it_says(case_of: str, seed: int) -> None:
    """Everything else that binds a plan binds this one."""
    case, unwanted, found = _planned(case_of, seed)
    kept = case.keep | pinned(case.diary, unwanted)
    Judge(found, case.diary, case.policy, case.now, kept).check()


@every_case
def test_planning_again_changes_nothing(case_of: str, seed: int) -> None:
    """It is not put back by the next plan either."""
    case, unwanted, found = _planned(case_of, seed)
    done = case.diary.with_occurrences(
        apply_changes(case.diary.occurrences, found.changes, case.now)
    )
    assert _plan(replace(case, diary=done), unwanted).changes == (), f"{case_of} {seed}"


@pytest.mark.parametrize("tier", Tier)
def test_a_week_without_one_of_its_days(tier: Tier) -> None:
    """A whole week: what was given up on Tuesday is missing on Tuesday and nowhere else."""
    week = nhs_week(3, fewest=10, most=14)
    tuesday = week.diary.days[1].date
    unwanted = frozenset({(tuesday, kind) for kind in KINDS})
    free = plan(week.diary, Policy(), week.now, tier)
    found = plan(week.diary, Policy(), week.now, tier, unwanted=unwanted)
    assert any(day == tuesday for day, _ in _placed(week.diary, free.changes))
    assert not _placed(week.diary, found.changes) & unwanted
    assert found.proof.optimal
    assert found.objective.numbers >= free.objective.numbers
    missing = {each.finding: each.blocked_by for each in found.remaining}
    assert missing[f"protected@{tuesday}"] == ()


def test_a_team_contact_goes_to_another_day_of_its_week() -> None:
    """Given up on one day, it is placed on the next best."""
    week = nhs_week(3, fewest=10, most=14)
    contacts = {pair for pair in _placed(week.diary, _holds(week.diary, week.now)) if _is_pod(pair)}
    ((day, _),) = contacts
    again = _holds(week.diary, week.now, frozenset(contacts))
    ((other, _),) = filter(_is_pod, _placed(week.diary, again))
    assert other != day
    assert monday(other) == monday(day)


def _holds(diary: Diary, now: datetime, unwanted: Unwanted = frozenset()) -> tuple[Change, ...]:
    return plan(diary, Policy(), now, unwanted=unwanted).changes


def _is_pod(pair: tuple[date, Kind]) -> bool:
    return pair[1] is Kind.POD


def test_gap_holds_too() -> None:
    """A gap hold that was deleted does not come back, and its neighbours of other days stay."""
    week = nhs_week(3, fewest=10, most=14)
    policy = Policy(gap_holds=GapHolds.AFTER)
    found = plan(week.diary, policy, week.now).changes
    day = next(day for day, kind in sorted(_placed(week.diary, found)) if kind is Kind.GAP)
    again = plan(week.diary, policy, week.now, unwanted=frozenset({(day, Kind.GAP)})).changes
    left = {each for each in _placed(week.diary, again) if each[1] is Kind.GAP}
    assert left == {
        each
        for each in _placed(week.diary, found)
        if each[1] is Kind.GAP and each != (day, Kind.GAP)
    }


def test_a_piece_that_was_left_stays_where_it_is() -> None:
    """Somebody deleted one of two pieces: the other one is neither moved nor made longer."""
    week = nhs_week(3, fewest=10, most=14)
    day = next(
        day
        for day, kind in sorted(_placed(week.diary, _holds(week.diary, week.now)))
        if kind is Kind.PROTECTED
    )
    window = week.diary.day(day).window
    assert window
    left = Occurrence(
        "left@trust.example",
        window.span.start,
        window.span.start.replace(hour=window.span.start.hour + 1),
        ScoredAs.HOLD,
        organizer=True,
        kind=Kind.PROTECTED,
    )
    alone = week.diary.with_occurrences(
        [each for each in week.diary.occurrences if _local(each, week.diary) != day] + [left]
    )
    found = plan(alone, Policy(), week.now, unwanted=frozenset({(day, Kind.PROTECTED)}))
    assert all(each.event_id != left.id for each in found.changes)
    assert (day, Kind.PROTECTED) not in _placed(alone, found.changes)


def _local(each: Occurrence, diary: Diary) -> date:
    """The local day that an occurrence starts on."""
    return local_date(each.span.start, diary.pattern.zone)


def test_the_curve_knows_it_too() -> None:
    """At no price is it put back."""
    week = nhs_week(3, fewest=10, most=14)
    unwanted = frozenset({(each.date, Kind.PROTECTED) for each in week.diary.days})
    for point in curve(week.diary, Policy(), week.now, unwanted=unwanted):
        assert not _placed(week.diary, point.changes) & unwanted
        assert point.proof.optimal
