"""What a leader wished after a plan was made binds it too."""

from uuid import uuid4

from app.life import applying, locks, proposing
from app.life.proposing import Wish
from app.life.reasons import Reason
from app.life.states import Origin, PlanState
from app.shapes import plan_hash
from app.storage import disturbances
from app.storage.tables import Disturbance
from rules.event import Kind
from tests.life.people import create, look, write
from tests.life.worlds import BEFORE, NOW, World, at, changes_of
from tests.servers.fixtures import on_sqlite

pytestmark = on_sqlite


def refused(world: World, plan_id: str) -> Reason | None:
    """Why it is refused, with nothing written."""
    found = applying.apply(world.deployment, world.lease(), plan_id)
    assert found.state is PlanState.STALE
    return found.reason


def test_a_meeting_that_was_locked_since_is_not_moved(world):
    plan_id = world.accepted(changes_of(world.calendar))
    locks.lock(world.deployment, world.leader_id, world.calendar.get("board"))
    assert refused(world, plan_id) is Reason.KEPT
    assert world.calendar.picture() == BEFORE


def test_a_plan_over_the_limit_of_the_week_waits_for_another(world):
    plan_id = world.accepted(changes_of(world.calendar))
    told = Disturbance(
        id=uuid4().hex,
        leader_id=world.leader_id,
        kind="event.move",
        event="another",
        at=NOW,
        mails=34,
    )
    with world.database.transaction() as session:
        disturbances.add(session, told)
    assert refused(world, plan_id) is Reason.LIMIT


def test_a_hold_that_was_given_up_that_day_is_not_put_back(world):
    change = create(Kind.PROTECTED, at(23, "13:00", 120))
    write(world, change)
    hold_id = next(
        each.id for each in world.calendar._events.values() if each.id.startswith("hold-")
    )
    later = create(Kind.PROTECTED, at(23, "15:00", 60))
    plan_id = world.accepted([later])
    world.calendar.edit(hold_id, None)
    assert look(world).overrides
    assert refused(world, plan_id) is Reason.UNWANTED


def test_what_a_person_asks_of_one_hold_is_done(world):
    """Also where plans would leave that hold alone."""
    gap = next(each for each in changes_of(world.calendar) if each.event_id == "old-gap")
    locks.lock(world.deployment, world.leader_id, world.calendar.get("old-gap"))
    plan_id = world.keep([gap], Wish(origin=Origin.LIFT))
    proposing.accept(world.deployment, world.leader_id, plan_id, plan_hash([gap]))
    assert applying.apply(world.deployment, world.lease(), plan_id).state is PlanState.APPLIED
