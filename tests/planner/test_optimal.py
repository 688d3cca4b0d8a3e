"""Plans of small random days against a search through all plans, and what must hold of each.

A failure names its seed: `small_day(seed)` of tests/oracle makes the same day again.
`CLEARWAY_SOAK=1` asks thousands of days instead of hundreds.
"""

import os
from dataclasses import replace
from functools import lru_cache

import pytest

from rules.change import Change, ChangeKind
from rules.diary import Diary
from rules.event import Kind, Occurrence, ScoredAs
from rules.planner import plan
from rules.planner.plan import Plan, Tier
from tests.oracle.apply import MEETING_CHANGES, apply_changes, created_id
from tests.oracle.days import Case, small_day, small_week, tight_day
from tests.oracle.legal import Judge
from tests.oracle.score import break_missing, counted_windows, end_of_day_missing
from tests.oracle.search import best

SOAK = os.environ.get("CLEARWAY_SOAK") == "1"
DAYS = range(6000 if SOAK else 320)
WEEKS = range(1500 if SOAK else 60)
TIGHT = range(4000) if SOAK else (*range(40), 139, 316, 415, 422, 491)
"""The last ones once were called proved and were not."""
MAKERS = {"day": small_day, "week": small_week, "tight": tight_day}
TIERS = (Tier.HOLDS, Tier.SHORTEN, Tier.MOVE)


@lru_cache(maxsize=None if SOAK else 1024)
def _planned(case_of: str, seed: int) -> tuple[Case, Plan]:
    case = MAKERS[case_of](seed)
    return case, _plan(case)


def _plan(case: Case) -> Plan:
    return plan(case.diary, case.policy, case.now, case.tier, case.keep)


def _each(days: range, weeks: range) -> list[tuple[str, int]]:
    return [("day", seed) for seed in days] + [("week", seed) for seed in weeks]


CASES = [*_each(DAYS, WEEKS), *(("tight", seed) for seed in TIGHT)]
every_case = pytest.mark.parametrize(("case_of", "seed"), CASES)
some_cases = pytest.mark.parametrize(("case_of", "seed"), CASES if SOAK else CASES[::3])


@pytest.mark.parametrize("seed", range(600 if SOAK else 15))
def test_nothing_is_laid_over_on_call_time(seed: int) -> None:
    """The day of that seed with own time, and each meeting whose turn it is, spent on call."""
    case = small_day(seed)
    occurrences = [
        replace(each, kind=Kind.ON_CALL, scored_as=ScoredAs.NONE)
        if each.scored_as is ScoredAs.OWN_TIME or (each.kind is None and number % 3 == 0)
        else each
        for number, each in enumerate(case.diary.occurrences)
    ]
    case = replace(case, diary=case.diary.with_occurrences(occurrences))
    found = _plan(case)
    expected = best(case.diary, case.policy, case.now, case.tier, case.keep)
    assert found.objective.numbers.as_tuple() == expected
    assert found.proof.optimal
    Judge(found, case.diary, case.policy, case.now, case.keep).check()


@every_case
def test_no_plan_is_better(case_of: str, seed: int) -> None:
    case, found = _planned(case_of, seed)
    expected = best(case.diary, case.policy, case.now, case.tier, case.keep)
    assert found.objective.numbers.as_tuple() == expected, f"{case_of} {seed}"
    assert found.proof.optimal, f"{case_of} {seed}"
    assert found.proof.bound == found.objective.numbers
    assert found.proof.gap == 0


@every_case
def test_it_is_legal_and_gives_what_it_says(case_of: str, seed: int) -> None:
    case, found = _planned(case_of, seed)
    Judge(found, case.diary, case.policy, case.now, case.keep).check()


@some_cases
def test_planning_again_changes_nothing(case_of: str, seed: int) -> None:
    case, found = _planned(case_of, seed)
    done = case.diary.with_occurrences(
        apply_changes(case.diary.occurrences, found.changes, case.now)
    )
    again = _plan(replace(case, diary=done))
    assert again.changes == (), f"{case_of} {seed}"


@some_cases
def test_no_meeting_was_changed_for_nothing(case_of: str, seed: int) -> None:
    """Putting one meeting back and planning the holds again never lowers the cost.

    Meetings that could not go back alone, because another one now lies there or a floor would be
    broken, are passed over: without them the plan would not be a plan.
    """
    case, found = _planned(case_of, seed)
    changed = [change for change in found.changes if change.kind in MEETING_CHANGES]
    for change in changed:
        without = _put_back(case, found, change)
        if without is None:
            continue
        held = plan(without, case.policy, case.now, Tier.HOLDS, case.keep)
        if _breaks_a_floor(case, without, held):
            continue
        others = [each for each in changed if each is not change]
        price = sum(
            case.policy.price_meeting + case.policy.price_person * each.people_told
            for each in others
        )
        assert held.objective.numbers.cost + price >= found.objective.numbers.cost, (
            f"{case_of} {seed}: {change}"
        )


@pytest.mark.parametrize("seed", DAYS[::6])
def test_each_tier_is_as_good_as_the_one_before(seed: int) -> None:
    case = small_day(seed)
    numbers = [_plan(replace(case, tier=tier)).objective.numbers for tier in TIERS]
    assert numbers == sorted(numbers, reverse=True), seed


@pytest.mark.parametrize(("case_of", "seed"), _each(DAYS[::8], WEEKS[::8]))
def test_the_same_diary_gives_the_same_plan(case_of: str, seed: int) -> None:
    case, found = _planned(case_of, seed)
    turned = Diary(
        tuple(reversed(case.diary.occurrences)),
        case.diary.pattern,
        case.diary.start,
        case.diary.end,
    )
    assert _plan(case) == found
    assert _plan(replace(case, diary=turned)).changes == found.changes


def _put_back(case: Case, found: Plan, change: Change) -> Diary | None:
    """The planned diary without its new holds, with one meeting where and as it was."""
    created = {created_id(each) for each in found.changes if each.kind is ChangeKind.HOLD_CREATE}
    created |= {each.event_id or "" for each in found.changes if each.kind is ChangeKind.HOLD_MOVE}
    moved = {each.event_id for each in found.changes if each.kind is ChangeKind.EVENT_MOVE}
    old = next(each for each in case.diary.occurrences if each.id == change.event_id)
    rest = [
        each
        for each in apply_changes(case.diary.occurrences, found.changes, case.now)
        if each.id != old.id and each.id not in created
    ]
    if any(each.id in moved and each.span.overlaps(old.span) for each in rest):
        return None
    return case.diary.with_occurrences([*rest, old])


def _breaks_a_floor(case: Case, without: Diary, held: Plan) -> bool:
    done: tuple[Occurrence, ...] = apply_changes(without.occurrences, held.changes, case.now)
    after = without.with_occurrences(done)
    return any(
        rule(after, window, case.policy) > rule(case.diary, window, case.policy)
        for window in counted_windows(case.diary, case.now)
        for rule in (break_missing, end_of_day_missing)
    )
