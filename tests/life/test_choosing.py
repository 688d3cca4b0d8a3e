"""A week to choose a plan of: what is shown is what is taken, once, and for as long as it fits."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from app.life import choosing
from app.services.plan import Planned
from rules.event import Kind
from rules.interval import Interval
from rules.planner.plan import Tier
from tests.life.people import create, write
from tests.life.worlds import MONDAY, World, at, meeting
from tests.servers.fixtures import on_sqlite

WEEK = timedelta(weeks=1)


@pytest.fixture
def world(new_world) -> World:
    """The Monday of a week, at twenty to eleven, with a meeting later."""
    made: World = new_world((meeting("board", at(23, "14:00")), meeting("next", at(23, "15:00"))))
    made.now = at(23, "10:40").start
    return made


def plan(world: World, seen_at: datetime | None = None) -> Planned:
    with choosing.week(
        world.deployment, world.leader_id, MONDAY, MONDAY + WEEK, seen_at
    ) as open_week:
        return open_week.plan(Tier.HOLDS)


def take(world: World) -> str:
    with choosing.week(world.deployment, world.leader_id, MONDAY, MONDAY + WEEK) as open_week:
        return choosing.take(world.lease(), open_week, open_week.plan(Tier.HOLDS))


@on_sqlite
def test_time_that_goes_by_changes_no_plan_that_was_just_looked_at(world: World) -> None:
    """Plans leave alone what begins soon, so each quarter of an hour has another plan."""
    then, shown = world.now, plan(world)
    world.now += timedelta(minutes=25)
    assert plan(world).hash != shown.hash
    assert plan(world, then).hash == shown.hash


@on_sqlite
def test_the_same_plan_is_taken_once(world: World) -> None:
    assert take(world) == take(world)


@on_sqlite
def test_nothing_of_a_check_in_is_in_a_week(world: World) -> None:
    before = plan(world)
    write(world, create(Kind.CHECK_IN, at(26, "02:00", 30)))
    assert plan(world).hash == before.hash
    assert not any(each.hold is Kind.CHECK_IN for each in before.plan.changes)


@on_sqlite
def test_a_change_that_helps_every_week_is_offered_for_its_series(new_world) -> None:
    """Of the one week that is looked at, though it takes the weeks after it to tell."""
    weekly = [
        replace(
            meeting(f"{name}-{week}", shifted(at(24, clock), week)),
            uid=name,
            recurrence_id=shifted(at(24, clock), week).start,
        )
        for week in range(5)
        for name, clock in (("board", "10:00"), ("next", "11:00"))
    ]
    world = new_world(tuple(weekly))
    offers = choosing.series_offers(world.deployment, world.leader_id, MONDAY)
    assert {each.uid for each in offers} <= {"board", "next"} and offers
    assert all("every meeting of the" in each.message and each.weeks >= 3 for each in offers)
    once = new_world(tuple(weekly[:2]))
    assert choosing.series_offers(once.deployment, once.leader_id, MONDAY) == ()


def shifted(when: Interval, weeks: int) -> Interval:
    return Interval(when.start + weeks * WEEK, when.end + weeks * WEEK)
