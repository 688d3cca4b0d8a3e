"""The journal of a plan: written before a calendar is asked and after it has answered.

A step is `intent` from before the first request until its outcome is known: after a crash an
`intent` may or may not have been made. It is settled as `done`, with what was made, or as
`skipped`, with the reason. Every line is written under the lease, in one transaction with all that
follows from it: the rows of holds, and the count of who was told.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import uuid4

from app.connecting.letters import step_print
from app.deployment import Deployment
from app.life import lifting, records
from app.life.reasons import Reason
from app.life.records import MEETINGS, made_from_json, made_to_json
from app.life.states import PlanState, move
from app.storage import Session, holds, leases, letters, plans
from app.storage.leases import Lease
from app.storage.tables import Disturbance, Step
from connectors.base import Made


class Direction(StrEnum):
    """Whether the plan is made or taken back."""

    APPLY = "apply"
    UNDO = "undo"


_BACK = frozenset({PlanState.UNDOING, PlanState.UNDONE, PlanState.PARTLY_UNDONE})


class StepState(StrEnum):
    """What is known of a step."""

    INTENT = "intent"
    DONE = "done"
    SKIPPED = "skipped"


class Turned(Exception):
    """The plan goes another way by now: somebody has asked to undo it."""


class Halted(Exception):
    """Nothing more of the plan may be begun: `reason` is what its leader has chosen since."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Line:
    """One step. `stamp` and `connection_id` are those of its first attempt, and stay the same."""

    number: int
    state: StepState
    reason: Reason | None = None
    attempts: int = 0
    stamp: datetime | None = None
    connection_id: str | None = None
    made: Made | None = field(default=None, repr=False)

    @property
    def is_untried(self) -> bool:
        """Whether it is known that nothing was written: the first attempt was turned away at the
        door, or there was none."""
        turned_away = self.attempts == 1 and self.reason is Reason.SIGN_IN
        return self.state is StepState.INTENT and (self.attempts == 0 or turned_away)

    def to_json(self) -> dict[str, Any]:
        """What is sealed of it."""
        return {
            "stamp": None if self.stamp is None else self.stamp.isoformat(),
            "connection": self.connection_id,
            "made": None if self.made is None else made_to_json(self.made),
        }


@dataclass(frozen=True, slots=True)
class Journal:
    """The lines of one plan in one direction, and the right to write them.

    Everything that writes raises LostLease.
    """

    deployment: Deployment = field(repr=False)
    lease: Lease
    plan_id: str
    direction: Direction

    def lines(self) -> dict[int, Line]:
        """Every line by number."""
        return read(self.deployment, self.plan_id, self.direction)

    def intend(
        self,
        number: int,
        connection_id: str,
        going: PlanState,
        halted: Callable[[Session], Reason | None],
    ) -> Line:
        """Note that the calendar is about to be asked; the same stamp however often that is.

        Raises Turned where the plan is no longer `going` this way, and Halted for a step that is
        known not to be written where `halted` gives a reason.
        """

        def work(session: Session) -> Line:
            leases.keep(session, self.lease)
            if plans.state_of(session, self.plan_id) != going:
                raise Turned
            row, line = self._find(session, number)
            reason = halted(session) if line.is_untried else None
            if reason is not None:
                raise Halted(reason)
            if line.stamp is None:
                line = replace(line, stamp=self.deployment.now(), connection_id=connection_id)
            line = replace(line, attempts=line.attempts + 1, reason=None)
            self._write(session, row, line)
            return line

        return self.deployment.database.persist(work)

    def done(self, line: Line, made: Made) -> None:
        """Note what was made, with all that follows from it, once."""

        def work(session: Session) -> None:
            leases.keep(session, self.lease)
            row, known = self._find(session, line.number)
            if known.state is StepState.DONE:
                return
            done = replace(line, state=StepState.DONE, reason=None, made=made)
            self._write(session, row, done)
            if made.change.hold is not None:
                self._keep_hold(session, line, made)
                lifting.settle(self.deployment, session, self.lease.leader_id, made.change)
            elif made.change.kind in MEETINGS:
                self._count(session, line.number, made)

        self.deployment.database.persist(work)

    def late(self, line: Line, made: Made) -> None:
        """Note what was made after the lease was lost, without one.

        Whoever has the lease by now may have taken the plan back, and not have seen this: then
        that begins again for this step, with the event as this worker has left it.
        """

        def work(session: Session) -> None:
            plan = plans.locked(session, self.lease.leader_id, self.plan_id)
            leases.mark_dirty(session, self.lease.leader_id)
            if plan is None or self.direction is not Direction.APPLY or plan.state not in _BACK:
                return
            row, _ = self._find(session, line.number)
            done = replace(line, state=StepState.DONE, reason=None, made=made)
            self._write(session, row, done)
            plans.drop_step(session, self.plan_id, Direction.UNDO, line.number)
            if plan.state != PlanState.UNDOING:
                move(plan, PlanState.UNDOING, self.deployment.now())

        self.deployment.database.persist(work)

    def skip(self, number: int, reason: Reason) -> None:
        """Note that a step is not made, for good."""
        self._settle(number, StepState.SKIPPED, reason)

    def wait(self, number: int, reason: Reason) -> None:
        """Note why a step has no outcome yet."""
        self._settle(number, StepState.INTENT, reason)

    def _settle(self, number: int, state: StepState, reason: Reason) -> None:
        def work(session: Session) -> None:
            leases.keep(session, self.lease)
            row, line = self._find(session, number)
            self._write(session, row, replace(line, state=state, reason=reason))

        self.deployment.database.persist(work)

    def _find(self, session: Session, number: int) -> tuple[Step | None, Line]:
        """The row of a step, None where it was not begun, and its line as it is or begins."""
        row = plans.step(session, self.plan_id, self.direction, number)
        if row is None:
            return None, Line(number, StepState.INTENT)
        return row, _line(self.deployment, row)

    def _write(self, session: Session, known: Step | None, line: Line) -> None:
        row = known or Step(
            plan_id=self.plan_id,
            direction=self.direction.value,
            number=line.number,
            leader_id=self.lease.leader_id,
        )
        row.state, row.at = line.state.value, self.deployment.now()
        row.reason = None if line.reason is None else line.reason.value
        row.attempts = line.attempts
        row.contents = self.deployment.database.vault.seal(line.to_json())
        plans.keep_step(session, row)

    def _keep_hold(self, session: Session, line: Line, made: Made) -> None:
        change, leader_id = made.change, self.lease.leader_id
        event = event_print(self.deployment, made.event_id)
        if change.after is None or change.hold is None or line.connection_id is None:
            holds.drop(session, leader_id, event)
            return
        kept = {"event_id": made.event_id, "version": made.version}
        holds.put(
            session,
            leader_id,
            event,
            connection_id=line.connection_id,
            kind=change.hold.value,
            starts_at=change.after.start,
            ends_at=change.after.end,
            plan_id=self.plan_id,
            contents=self.deployment.database.vault.seal(kept),
        )

    def _count(self, session: Session, number: int, made: Made) -> None:
        # letters that Clearway mailed itself are counted one by one, as they went out
        step = step_print(self.deployment, step_key(self.plan_id, self.direction, number))
        ours = letters.of_step(session, self.lease.leader_id, step)
        told = Disturbance(
            id=uuid4().hex,
            leader_id=self.lease.leader_id,
            kind=made.change.kind.value,
            event=event_print(self.deployment, made.event_id),
            at=self.deployment.now(),
            mails=0 if ours else made.change.mails,
            plan_id=self.plan_id,
            number=number,
            direction=self.direction.value,
        )
        plans.disturb_once(session, told)


def read(deployment: Deployment, plan_id: str, direction: Direction) -> dict[int, Line]:
    """The lines of a plan by number."""
    with deployment.database.transaction() as session:
        rows = plans.steps(session, plan_id, direction)
    return {each.number: _line(deployment, each) for each in rows}


def begin_again(session: Session, plan_id: str, direction: Direction) -> None:
    """Give steps without an outcome all their attempts once more; that they were tried stays known."""
    for row in plans.steps(session, plan_id, direction):
        if row.state == StepState.INTENT:
            row.attempts = min(row.attempts, 2)


def step_key(plan_id: str, direction: Direction, number: int) -> str:
    """The name of one change for ever."""
    end = "/undo" if direction is Direction.UNDO else ""
    return f"{plan_id}/{number}{end}"


def event_print(deployment: Deployment, event_id: str) -> str:
    """The fingerprint by which an event is known in the tables."""
    return deployment.fingerprints.of("event", event_id)


def _line(deployment: Deployment, row: Step) -> Line:
    kept: Mapping[str, Any] = deployment.database.vault.open(row.contents)
    return Line(
        number=row.number,
        state=StepState(row.state),
        reason=None if row.reason is None else Reason(row.reason),
        attempts=row.attempts,
        stamp=None if kept["stamp"] is None else records.instant(kept["stamp"]),
        connection_id=kept["connection"],
        made=None if kept["made"] is None else made_from_json(kept["made"]),
    )
