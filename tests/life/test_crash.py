"""A process may die at any moment of applying or undoing, and another one goes on.

Every moment is tried: before and after each commit, each reading and each change of the calendar.
An ordinary run tries all of them on SQLite with a plan of each kind of change, and some on
PostgreSQL with a larger one whose changes hang together; a long run tries all everywhere.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import pytest

from app.deployment import Deployment
from app.life import applying, undoing
from app.life.making import Outcome
from app.life.states import PlanState
from app.storage.leases import Lease
from rules.change import Change
from tests.conftest import SOAK
from tests.life.worlds import (
    AFTER,
    BEFORE,
    TOLD,
    TOLD_BACK,
    Calendar,
    Death,
    Picture,
    Points,
    World,
    at,
    changes_of,
    picture,
    say,
)

Work = Callable[[Deployment, Lease, str], Outcome]


@dataclass(frozen=True)
class Script:
    """Some changes, with what a calendar holds after them and whom it told what, by hand."""

    numbers: tuple[int, ...]
    after: Picture
    told: Mapping[tuple[str, str], int]
    told_back: Mapping[tuple[str, str], int]

    def changes(self, calendar: Calendar) -> list[Change]:
        """The changes of the larger plan that this one has."""
        found = changes_of(calendar)
        return [found[number] for number in self.numbers]


LARGE = Script((0, 1, 2, 3, 4, 5, 6), AFTER, TOLD, TOLD_BACK)
SMALL = Script(
    (0, 1, 4, 6),
    picture(
        ("protected", at(23, "13:00", 120)),
        ("board", at(24, "15:00")),
        ("budget", at(24, "11:00")),
        ("staff", at(25, "14:00")),
        ("protected", at(26, "13:00", 120)),
        ("theirs", at(27, "09:00")),
    ),
    {("board", say(at(24, "15:00"))): 3},
    {("board", say(at(24, "10:00"))): 3},
)


@pytest.fixture
def script(database) -> Script:
    """The smaller one where every moment is tried."""
    return LARGE if SOAK or database.engine.dialect.name == "postgresql" else SMALL


def moments(database, first: int) -> Iterator[int]:
    """Moments to die at; of a short run on PostgreSQL each seventh."""
    every = 1 if SOAK or database.engine.dialect.name == "sqlite" else 7
    moment = first if every > 1 else 1
    while True:
        yield moment
        moment += every


def die_at(world: World, moment: int, work: Work, plan_id: str) -> bool:
    """Work until that moment; whether it came."""
    mortal = world.mortal(Points(moment))
    lease = world.lease()
    try:
        work(mortal, lease, plan_id)
    except Death:
        return True
    finally:
        world.alive()
    return False


def assert_applied(world: World, plan_id: str, script: Script) -> None:
    assert world.calendar.picture() == script.after
    assert Counter(world.calendar.told) == script.told
    assert world.kept(plan_id).state is PlanState.APPLIED
    assert world.counted() == len(world.calendar.told)
    kinds = ("gap", "protected")
    assert world.rows_of_holds() == [each for each in script.after if each[0] in kinds]


def assert_undone(world: World, plan_id: str, script: Script) -> None:
    """As it was; whoever heard of a change has heard that it was taken back, and no one else."""
    assert world.calendar.picture() == BEFORE
    told = Counter(world.calendar.told)
    for (uid, when), people in script.told.items():
        back = next(each for each in script.told_back if each[0] == uid)
        assert (told[(uid, when)], told[back]) in ((0, 0), (people, people))
    assert set(told) <= set(script.told) | set(script.told_back)
    assert world.kept(plan_id).state is PlanState.UNDONE
    assert world.counted() == len(world.calendar.told)


def test_whenever_it_dies_the_plan_is_applied_once(new_world, database, script):
    for moment in moments(database, 2):
        world = new_world()
        plan_id = world.accepted(script.changes(world.calendar))
        died = die_at(world, moment, applying.apply, plan_id)
        applying.apply(world.deployment, world.lease(), plan_id)
        assert_applied(world, plan_id, script)
        if not died:
            assert moment > 30
            return


def test_whenever_it_dies_the_plan_is_undone_once(new_world, database, script):
    for moment in moments(database, 4):
        world = new_world()
        plan_id = world.accepted(script.changes(world.calendar))
        applying.apply(world.deployment, world.lease(), plan_id)
        undoing.ask_undo(world.deployment, world.leader_id, plan_id)
        died = die_at(world, moment, undoing.undo, plan_id)
        undoing.undo(world.deployment, world.lease(), plan_id)
        assert_undone(world, plan_id, script)
        assert Counter(world.calendar.told) == Counter(script.told) + Counter(script.told_back)
        if not died:
            assert moment > 30
            return


def test_whenever_applying_died_it_can_be_undone(new_world, database, script):
    for moment in moments(database, 6):
        world = new_world()
        plan_id = world.accepted(script.changes(world.calendar))
        died = die_at(world, moment, applying.apply, plan_id)
        if world.kept(plan_id).state is not PlanState.ACCEPTED:
            undoing.ask_undo(world.deployment, world.leader_id, plan_id)
            undoing.undo(world.deployment, world.lease(), plan_id)
            assert_undone(world, plan_id, script)
        if not died:
            return


@pytest.mark.soak
def test_whenever_it_dies_again_and_again(new_world, script):
    """Death in applying, and again and again in undoing what was half applied."""
    for first in range(1, 60, 3):
        for second in range(1, 60, 5):
            world = new_world()
            plan_id = world.accepted(script.changes(world.calendar))
            die_at(world, first, applying.apply, plan_id)
            if world.kept(plan_id).state is PlanState.ACCEPTED:
                continue
            undoing.ask_undo(world.deployment, world.leader_id, plan_id)
            later = second
            while die_at(world, later, undoing.undo, plan_id):
                later += 4
            assert_undone(world, plan_id, script)
