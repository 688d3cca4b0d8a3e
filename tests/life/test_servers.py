"""The same life of a change on real CalDAV servers, and on Graph and Google over HTTP."""

from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import pytest

from app.connecting.opening import Connected
from app.life import applying, diaries, undoing
from app.life.states import PlanState
from app.services.live import Live
from connectors.base import Ability
from connectors.errors import Unreachable
from rules.change import Agreement, Change, ChangeKind
from rules.event import Kind
from tests.conftest import SOAK
from tests.contract.conftest import STAGES
from tests.contract.stage import Planted, Stage
from tests.life.worlds import WEEK, Death, World, at, say
from tests.servers.fixtures import on_sqlite

pytestmark = on_sqlite
LOST = [(each, Death()) for each in (1, 2, 3, 4)] + [(each, Unreachable("lost")) for each in (1, 3)]
"""After which write the answer is lost, and how; an ordinary run tries a few."""
LOST = LOST if SOAK else [LOST[1], LOST[3], LOST[4]]
SERVERS = ("radicale", "xandikos", "graph", "google")


class Line:
    """The way to a calendar: what is asked is done, and what goes wrong goes wrong afterwards."""

    def __init__(self, diary: Any) -> None:
        self._diary = diary
        self.calls = 0
        self.error: BaseException | None = None
        self.at = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._diary, name)

    def make(self, change: Change, **more: Any) -> Any:
        """Make it; the answer may not arrive."""
        made = self._diary.make(change, **more)
        self.calls += 1
        if self.error is not None and self.calls == self.at:
            raise self.error
        return made

    def close(self) -> None:
        """The stage closes it."""


@dataclass
class Played:
    """A leader whose calendar is on a server, with what was there at first."""

    stage: Stage
    world: World
    line: Line
    changes: list[Change]
    before: list[tuple[str, str]]
    after: list[tuple[str, str]]

    def seen(self) -> list[tuple[str, str]]:
        """What is in the calendar: holds by kind, others as meetings."""
        found = self.stage.diary.read(WEEK).occurrences
        return sorted((each.hold or "meeting", say(each.span)) for each in found)

    @property
    def mails(self) -> int:
        """How many messages making the plan sends."""
        return sum(each.mails for each in self.changes)


def plant(stage: Stage) -> dict[str, str]:
    """The same events in every calendar; a meeting only where meetings can be changed."""
    when = {"old-gap": at(23, "09:00", 10), "old-time": at(26, "09:00", 120)}
    kinds = {"old-gap": Kind.GAP, "old-time": Kind.PROTECTED}
    planted = {
        name: stage.plant(Planted(when[name].start, when[name].end, kind=kinds[name]))
        for name in when
    }
    if Ability.MEETINGS in stage.diary.abilities:
        people = ("a@trust.example", "b@trust.example")
        board = at(24, "10:00")
        planted["board"] = stage.plant(Planted(board.start, board.end, people=people))
    return planted


def changes_of(stage: Stage, planted: dict[str, str]) -> list[Change]:
    known = {each.id: each for each in stage.diary.read(WEEK).occurrences}

    def change(kind: ChangeKind, name: str, after) -> Change:
        one = known[planted[name]]
        told = Change(kind, one.span, after, one.id, one.hold, one.version, one.other_people)
        return replace(told, mails=stage.diary.mails(told) if one.hold is None else 0)

    found = [
        change(ChangeKind.HOLD_DELETE, "old-gap", None),
        Change(ChangeKind.HOLD_CREATE, None, at(23, "13:00", 120), hold=Kind.PROTECTED),
        change(ChangeKind.HOLD_MOVE, "old-time", at(26, "13:00", 120)),
    ]
    if "board" in planted:
        moved = change(ChangeKind.EVENT_MOVE, "board", at(24, "15:00"))
        found.append(replace(moved, agreement=Agreement.FREE))
    return found


@pytest.fixture(params=SERVERS)
def played(request, tmp_path, database, monkeypatch) -> Played:
    """One server after the other."""
    stage = STAGES[request.param](request, tmp_path)
    line = Line(stage.diary)
    world = World(database, line)  # type: ignore[arg-type]  # only what is asked of it here

    def connected(deployment, leader_id, *_):
        return (Connected(world.connection_id, Live(lambda viewer: line)),)

    monkeypatch.setattr(diaries, "connected", connected)
    planted = plant(stage)
    changes = changes_of(stage, planted)
    before = [("gap", at(23, "09:00", 10)), ("protected", at(26, "09:00", 120))]
    after = [("protected", at(23, "13:00", 120)), ("protected", at(26, "13:00", 120))]
    if "board" in planted:
        before.append(("meeting", at(24, "10:00")))
        after.append(("meeting", at(24, "15:00")))

    def said(entries) -> list[tuple[str, str]]:
        return sorted((name, say(when)) for name, when in entries)

    return Played(stage, world, line, changes, said(before), said(after))


def carry_on(played: Played, work, plan_id: str) -> PlanState:
    """Work until it is settled, as a job does."""
    found = work(played.world.deployment, played.world.lease(), plan_id)
    while found.again_after is not None:
        found = work(played.world.deployment, played.world.lease(), plan_id)
    return found.state


def test_a_plan_is_applied_and_undone(played):
    plan_id = played.world.accepted(played.changes)
    assert played.seen() == played.before
    mailed = played.stage.mailed()
    assert carry_on(played, applying.apply, plan_id) is PlanState.APPLIED
    assert played.seen() == played.after
    assert played.stage.mailed() - mailed == played.mails
    undoing.ask_undo(played.world.deployment, played.world.leader_id, plan_id)
    assert carry_on(played, undoing.undo, plan_id) is PlanState.UNDONE
    assert played.seen() == played.before
    assert played.stage.mailed() - mailed == 2 * played.mails


@pytest.mark.parametrize(("number", "error"), LOST)
def test_an_answer_that_is_lost_after_the_write_repeats_nothing(played, number, error):
    """In applying and again in undoing."""
    plan_id = played.world.accepted(played.changes)
    mailed = played.stage.mailed()
    for work, state in ((applying.apply, PlanState.APPLIED), (undoing.undo, PlanState.UNDONE)):
        if work is undoing.undo:
            undoing.ask_undo(played.world.deployment, played.world.leader_id, plan_id)
        played.line.calls, played.line.at, played.line.error = 0, number, error
        with suppress(Death):
            work(played.world.deployment, played.world.lease(), plan_id)
        played.line.error = None
        assert carry_on(played, work, plan_id) is state
    assert played.seen() == played.before
    assert played.stage.mailed() - mailed == 2 * played.mails
    assert played.world.counted() == 2 * played.mails


@pytest.mark.parametrize("number", [1, 2, 3, 4] if SOAK else [4])
def test_what_was_half_applied_goes_back(played, number):
    plan_id = played.world.accepted(played.changes)
    mailed = played.stage.mailed()
    played.line.at, played.line.error = number, Death()
    with suppress(Death):
        applying.apply(played.world.deployment, played.world.lease(), plan_id)
    played.line.error = None
    undoing.ask_undo(played.world.deployment, played.world.leader_id, plan_id)
    assert carry_on(played, undoing.undo, plan_id) is PlanState.UNDONE
    assert played.seen() == played.before
    assert played.stage.mailed() - mailed in (0, 2 * played.mails)
