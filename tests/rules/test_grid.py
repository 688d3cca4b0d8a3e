"""Every rule gives what a slow second telling of it gives, and own time is invisible to all."""

import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.catalogue import RULES, evaluate
from rules.finding import Finding
from tests.rules.grid import Grid
from tests.rules.worlds import CLASSES, OWN, Fact, World, facts, worlds

METHODS = {
    rule.id: {"break": "break_", "leave": "on_leave"}.get(rule.id, rule.id) for rule in RULES
}


def missing(found: tuple[Finding, ...], rule: str) -> list[int]:
    return [each.missing for each in found if each.rule == rule]


@given(worlds())
def test_every_rule_agrees_with_its_second_telling(world: World) -> None:
    found, grid = evaluate(world.diary, world.policy), Grid(world)
    told = {rule: getattr(grid, method)() for rule, method in METHODS.items()}
    assert {rule: missing(found, rule) for rule in METHODS} == told


@given(worlds(("meeting", "clinical")))
def test_crowded_days_agree_too(world: World) -> None:
    found, grid = evaluate(world.diary, world.policy), Grid(world)
    for rule in ("gap", "overlap", "end_of_day", "after_hours", "capacity"):
        assert missing(found, rule) == getattr(grid, METHODS[rule])()


@given(worlds(("protected", "meeting", "break", "gap")))
def test_days_of_holds_agree_too(world: World) -> None:
    found, grid = evaluate(world.diary, world.policy), Grid(world)
    for rule in ("protected", "break"):
        assert missing(found, rule) == getattr(grid, METHODS[rule])()


@given(worlds(tuple(set(CLASSES) - set(OWN))), st.lists(facts(OWN), min_size=1, max_size=6))
def test_own_time_changes_no_finding(world: World, own: list[Fact]) -> None:
    with_own = replace(world, facts=(*world.facts, *own))
    assert evaluate(with_own.diary, world.policy) == evaluate(world.diary, world.policy)


@given(worlds(), st.randoms(use_true_random=False))
def test_the_order_of_events_changes_nothing(world: World, chance: random.Random) -> None:
    diary = world.diary
    mixed = list(diary.occurrences)
    chance.shuffle(mixed)
    assert evaluate(replace(diary, occurrences=tuple(mixed)), world.policy) == evaluate(
        diary, world.policy
    )


@given(worlds())
def test_findings_have_names_of_their_own_and_times_that_run_forward(world: World) -> None:
    found = evaluate(world.diary, world.policy)
    assert len({each.id for each in found}) == len(found)
    assert all(each.start <= each.end and each.missing >= 0 for each in found)
    assert list(found) == sorted(found, key=lambda each: each.start)


@pytest.mark.parametrize("rule", METHODS)
def test_the_second_telling_covers_every_rule(rule: str) -> None:
    assert hasattr(Grid, METHODS[rule])
