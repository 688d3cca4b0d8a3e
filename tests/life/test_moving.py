"""A hold that somebody puts elsewhere: which times are offered, and what becomes of the move."""

from collections.abc import Callable

import pytest

from app.life import applying, moving, releasing, undoing
from app.life.errors import IsPaused
from app.life.lifting import NoHold
from app.life.releasing import Held
from app.life.states import PlanState
from app.people.settings import Mode
from app.services.errors import BadInput
from rules.event import Kind
from rules.interval import Interval
from tests.life.people import GAP, HOUR, PROTECTED, create, row_at, rows, write
from tests.life.worlds import NOW, World, at, meeting
from tests.servers.fixtures import on_sqlite

EARLY = at(23, "09:00")


@pytest.fixture
def held(new_world) -> World:
    """A week with one meeting, and two holds that Clearway wrote."""
    world: World = new_world((meeting("board", EARLY),))
    write(world, create(Kind.PROTECTED, PROTECTED), create(Kind.GAP, GAP))
    return world


def _hold(world: World, when: Interval = PROTECTED) -> Held:
    return releasing.get(world.deployment, world.leader_id, row_at(world, when).id, own=True)


@on_sqlite
def test_free_times_of_the_week_are_offered_without_new_shortfalls(held: World) -> None:
    hold = _hold(held)
    found = moving.places(held.deployment, held.leader_id, hold)
    assert 2 <= len(found) <= 6
    for each in found:
        assert each.span.minutes == hold.span.minutes
        assert each.span != hold.span and not each.span.overlaps(EARLY)
        assert each.span.start >= held.now
    assert [each.span for each in found] == sorted(each.span for each in found)
    assert any(each.span.start.date() == hold.span.start.date() for each in found)


@on_sqlite
def test_what_belongs_beside_a_meeting_has_nowhere_to_go(held: World) -> None:
    assert moving.places(held.deployment, held.leader_id, _hold(held, GAP)) == ()


def test_a_hold_goes_where_it_is_put_and_back(held: World) -> None:
    hold = _hold(held)
    to = moving.places(held.deployment, held.leader_id, hold)[0].span
    plan_id = _move(held, hold, to)
    assert _move(held, hold, to) == plan_id, "pressing twice is asking once"
    assert applying.apply(held.deployment, held.lease(), plan_id).state is PlanState.APPLIED
    assert _spans(held) == {to, GAP}
    assert _hold(held, to).firm, "plans leave it where somebody put it"
    undoing.ask_undo(held.deployment, held.leader_id, plan_id)
    assert undoing.undo(held.deployment, held.lease(), plan_id).state is PlanState.UNDONE
    assert _spans(held) == {PROTECTED, GAP}


@on_sqlite
def test_what_is_chosen_anew_before_the_first_was_carried_out_is_another_plan(held: World) -> None:
    hold = _hold(held)
    first, second = [each.span for each in moving.places(held.deployment, held.leader_id, hold)][:2]
    before, after = _move(held, hold, first), _move(held, hold, second)
    assert before != after
    assert applying.apply(held.deployment, held.lease(), before).state is PlanState.APPLIED
    # the hold is no longer where the second plan saw it
    assert applying.apply(held.deployment, held.lease(), after).state is PlanState.STALE
    assert _spans(held) == {first, GAP}


@on_sqlite
@pytest.mark.parametrize(
    "to",
    [
        at(23, "09:30", 120),  # the meeting lies there
        at(24, "10:00", 120),  # another hold does
        at(16, "13:00", 120),  # a week ago
        PROTECTED,  # it is there already
        Interval(NOW - HOUR, NOW + HOUR),
    ],
)
def test_a_time_that_cannot_be_is_refused(held: World, to: Interval) -> None:
    with pytest.raises(BadInput):
        _move(held, _hold(held), to)
    assert not _hold(held).firm


@on_sqlite
def test_nothing_is_moved_during_a_pause_nor_by_who_has_no_such_hold(
    held: World, new_world: Callable[..., World]
) -> None:
    hold = _hold(held)
    other = new_world(())
    with pytest.raises(NoHold):
        _move(other, hold, at(25, "10:00", 120))
    held.rest(paused_until=held.now + HOUR)
    with pytest.raises(IsPaused):
        _move(held, hold, at(25, "10:00", 120))


@on_sqlite
def test_a_hold_can_be_moved_while_clearway_only_looks(held: World) -> None:
    """As with giving one up: it was asked for by hand."""
    held.choose(Mode.OBSERVE)
    plan_id = _move(held, _hold(held), at(25, "10:00", 120))
    assert applying.apply(held.deployment, held.lease(), plan_id).state is PlanState.APPLIED


def _move(world: World, hold: Held, to: Interval) -> str:
    return moving.move_to(world.deployment, world.leader_id, hold, to.start)


def _spans(world: World) -> set[Interval]:
    return {Interval(each.starts_at, each.ends_at) for each in rows(world)}
