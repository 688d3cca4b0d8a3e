"""A plan over two accounts is carried out and taken back in both, and says where it could not."""

from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid4

import pytest

from app.connecting.opening import Connected
from app.life import applying, diaries, reports, undoing
from app.life.reasons import Reason
from app.life.states import PlanState
from app.services.live import Live
from app.storage.tables import Connection
from connectors.errors import SignInNeeded, Unreachable
from tests.life.worlds import AFTER, BEFORE, EVENTS, NOW, Calendar, World, changes_of, picture
from tests.servers.fixtures import on_sqlite

pytestmark = on_sqlite
HERE = ("budget", "old-time", "theirs")
"""What is in the second account; new holds go to the first."""


@dataclass
class TwoCalendars:
    """A leader with the usual events in two accounts. `gone` are disconnected ones."""

    world: World
    second: Calendar
    second_id: str
    gone: bool = False

    def connected(self, *_: object) -> tuple[Connected, ...]:
        """What can be reached now."""
        world = self.world
        found = [Connected(world.connection_id, Live(lambda viewer: world.calendar))]
        if not self.gone:
            found.append(Connected(self.second_id, Live(lambda viewer: self.second)))
        return tuple(found)

    def read(self, window):
        """Both as one."""
        first, second = self.world.calendar.read(window), self.second.read(window)
        return replace(first, occurrences=(*first.occurrences, *second.occurrences))

    def picture(self):
        """Everything in both."""
        return sorted([*self.world.calendar.picture(), *self.second.picture()])

    def told(self) -> int:
        """Letters to people invited."""
        return len(self.world.calendar.told) + len(self.second.told)

    def applied(self) -> str:
        both: Any = self
        plan_id = self.world.accepted(changes_of(both))
        found = applying.apply(self.world.deployment, self.world.lease(), plan_id)
        assert found.state is PlanState.APPLIED
        assert self.picture() == AFTER
        return plan_id

    def undo(self, plan_id: str):
        undoing.ask_undo(self.world.deployment, self.world.leader_id, plan_id)
        return undoing.undo(self.world.deployment, self.world.lease(), plan_id)


@pytest.fixture
def two(new_world, monkeypatch) -> TwoCalendars:
    world = new_world([each for each in EVENTS if each.uid not in HERE])
    made = TwoCalendars(world, Calendar([each for each in EVENTS if each.uid in HERE]), uuid4().hex)
    row = Connection(
        id=made.second_id,
        leader_id=world.leader_id,
        provider="caldav",
        state="active",
        state_since=NOW,
        connected_at=NOW,
        credentials=world.seal({}),
        calendars=world.seal([]),
    )
    with world.database.transaction() as session:
        session.add(row)
    monkeypatch.setattr(diaries, "connected", made.connected)
    return made


def test_both_go_back(two):
    assert two.undo(two.applied()).state is PlanState.UNDONE
    assert two.picture() == BEFORE
    assert (two.told(), two.world.counted()) == (14, 14)


@pytest.mark.parametrize("trouble", [Unreachable("no answer"), SignInNeeded("revoked")])
def test_one_that_is_out_of_reach_in_the_middle_goes_back_later(two, trouble):
    plan_id = two.applied()

    def silent(change) -> None:
        raise trouble

    two.second.before_make = silent
    found = two.undo(plan_id)
    assert found.state in (PlanState.UNDOING, PlanState.PARTLY_UNDONE)
    two.second.before_make = lambda change: None
    applying.take_up(two.world.deployment, two.world.lease())
    found = undoing.undo(two.world.deployment, two.world.lease(), plan_id)
    assert found.state is PlanState.UNDONE
    assert two.picture() == BEFORE
    assert (two.told(), two.world.counted()) == (14, 14)


def test_one_that_the_leader_took_away_stays_and_is_said(two):
    plan_id = two.applied()
    two.gone = True
    found = two.undo(plan_id)
    assert (found.state, found.reason) == (PlanState.PARTLY_UNDONE, Reason.DISCONNECTED)
    # what the first account had is there again, and the second is as the plan left it
    own = [each for each in EVENTS if each.uid not in HERE]
    there = picture(*((each.hold or each.uid, each.span) for each in own))
    assert two.world.calendar.picture() == there
    fates = reports.report(two.world.deployment, two.world.leader_id, plan_id).fates
    left = [each for each in fates if each.undo_reason]
    assert {each.undo_reason for each in left} == {Reason.DISCONNECTED}
    assert len(left) == 2
