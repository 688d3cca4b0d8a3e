"""One budget is for reading the files and for making the plan, and the plan says what it lacks."""

from dataclasses import replace
from typing import Any

import pytest

from app.services.plan import plan, stopwatch
from app.services.read import Ask, OpenDiary, read
from app.services.source import Source
from rules.planner.plan import Tier
from tests.oracle.weeks import LEADER, nhs_week


@pytest.fixture(scope="module")
def opened() -> OpenDiary:
    week = nhs_week(0)
    ask = Ask(now=week.now, me=(LEADER,), start=week.diary.start, end=week.diary.end)
    return read([Source("week.ics", week.ics.encode())], ask)


def test_what_reading_took_is_taken_off_the_budget(opened: OpenDiary):
    assert opened.seconds > 0
    assert 3 < stopwatch(replace(opened, seconds=6.0), 10.0)() <= 4
    assert 3 < stopwatch(replace(opened, seconds=6.0), None)() <= 4


def test_a_tenth_of_the_budget_is_left_however_long_reading_took(opened: OpenDiary):
    assert 0 < stopwatch(replace(opened, seconds=600.0), 10.0)() <= 1
    assert stopwatch(replace(opened, seconds=600.0), 0.0)() <= 0


def test_the_slowness_of_a_server_is_not_taken_off(opened: OpenDiary):
    server: Any = object()
    assert 9 < stopwatch(replace(opened, seconds=6.0, live=(server,)), 10.0)() <= 10


def test_a_plan_whose_budget_was_spent_reading_tells_how_good_it_is(opened: OpenDiary):
    late = plan(replace(opened, seconds=600.0), Tier.MOVE, budget=0.01).plan
    best = plan(opened, Tier.MOVE, budget=60).plan
    assert best.proof.optimal
    assert late.proof.bound <= best.objective.numbers <= late.objective.numbers
    assert not late.proof.optimal or late.objective == best.objective
