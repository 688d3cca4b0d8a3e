"""What a leader locks stays as it is in every plan, and nobody can read what it is."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from app.life import locks
from app.life.locks import NoLock, NoMeeting, Scope
from app.people.history import What, page
from app.storage.vault import Fingerprints
from rules.change import ChangeKind
from rules.event import Occurrence
from rules.interval import Interval
from rules.planner.plan import Tier
from tests.life.people import DAY, planned
from tests.life.worlds import World, at, meeting


def _member(number: int) -> Occurrence:
    when = at(23, "10:00")
    start, end = (moment + number * DAY for moment in (when.start, when.end))
    one = meeting("daily@trust.example", Interval(start, end), people=1)
    return replace(one, recurrence_id=start)


BOARD = meeting("board@trust.example", at(24, "11:00"), 1)
EVENTS = (*(_member(number) for number in range(3)), BOARD)


@pytest.fixture
def crowded(new_world) -> World:
    """Meetings that are worth ending early, with few people to tell."""
    events = [*EVENTS]
    for number in range(3):
        when = at(23 + number, "11:00")
        events.append(meeting(f"next-{number}@trust.example", when, 0))
    return new_world(tuple(events))


def _changed(world: World) -> set[str]:
    found, _ = planned(world, Tier.MOVE)
    kinds = (ChangeKind.EVENT_MOVE, ChangeKind.EVENT_SHORTEN)
    return {each.event_id or "" for each in found.plan.changes if each.kind in kinds}


def test_a_locked_meeting_is_kept_and_unlocking_lets_it_go(crowded: World) -> None:
    """One, then its whole series, then none."""
    free = _changed(crowded)
    assert free
    chosen = min(free)
    for each in crowded.calendar.read(_WHOLE).occurrences:
        if each.id == chosen:
            locks.lock(crowded.deployment, crowded.leader_id, each)
    assert chosen not in _changed(crowded)
    (lock,) = locks.locks(crowded.deployment, crowded.leader_id)
    assert (lock.event_id, lock.scope) == (chosen, Scope.MEETING)
    locks.unlock(crowded.deployment, crowded.leader_id, lock.id)
    assert _changed(crowded) == free
    told = [each.what for each in page(crowded.deployment, crowded.leader_id).entries]
    assert told[:2] == [What.UNLOCKED, What.LOCKED]


_WHOLE = Interval(at(22, "00:00").start, at(29, "00:00").start)


def test_a_series_is_locked_with_every_member(world: World) -> None:
    """By its UID, those too that are not there yet."""
    locks.lock(world.deployment, world.leader_id, _member(0), Scope.SERIES)
    kept = locks.kept(world.deployment, world.leader_id, [*EVENTS, _member(9)], ())
    assert kept == {each.id for each in (_member(0), _member(1), _member(2), _member(9))}
    one = locks.lock(world.deployment, world.leader_id, BOARD)
    assert locks.lock(world.deployment, world.leader_id, BOARD) == one
    assert len(locks.locks(world.deployment, world.leader_id)) == 2


def test_a_member_is_locked_without_the_others(world: World) -> None:
    locks.lock(world.deployment, world.leader_id, _member(1))
    assert locks.kept(world.deployment, world.leader_id, EVENTS, ()) == {_member(1).id}


def test_nobody_unlocks_what_is_another_leaders(new_world) -> None:
    world, other = new_world(), new_world()
    lock = locks.lock(world.deployment, world.leader_id, BOARD)
    with pytest.raises(NoLock):
        locks.unlock(other.deployment, other.leader_id, lock.id)
    assert locks.locks(other.deployment, other.leader_id) == ()
    assert locks.kept(other.deployment, other.leader_id, EVENTS, ()) == frozenset()
    assert locks.kept(world.deployment, world.leader_id, EVENTS, ()) == {BOARD.id}


def test_the_row_tells_nothing_of_the_event(world: World) -> None:
    """No id stands in the clear."""
    locks.lock(world.deployment, world.leader_id, BOARD)
    with world.database.transaction() as session:
        found = session.execute(text("SELECT * FROM lock")).all()
    assert found
    assert "board" not in repr(found)


def test_a_meeting_is_found_by_its_id_or_its_series() -> None:
    assert locks.find_meeting(EVENTS, _member(2).id) == _member(2)
    assert locks.find_meeting(EVENTS, "daily@trust.example") == _member(0)
    with pytest.raises(NoMeeting):
        locks.find_meeting(EVENTS, "nothing@trust.example")


@given(st.sets(st.integers(0, 3)))
def test_what_rests_is_kept_by_its_fingerprint(chosen: set[int]) -> None:
    """A changed meeting is known again without its id being kept."""

    class Installed:
        fingerprints = Fingerprints(b"a secret of the tests")

    rested = {Installed.fingerprints.of("event", EVENTS[number].id) for number in chosen}
    kept = locks.having(Installed, EVENTS, rested)  # type: ignore[arg-type]  # all that is needed
    assert kept == {EVENTS[number].id for number in chosen}
