"""One change of a plan, made: journal, calendar, journal. Safe to begin again at any point."""

import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from app.connecting.connections import note
from app.deployment import Deployment
from app.life import diaries
from app.life.diaries import LeaderDiary, Person
from app.life.journal import Direction, Journal, Line, StepState, step_key
from app.life.reasons import Reason
from app.life.records import LONGEST, Contents, Kept
from app.life.states import BY_HAND, Origin, PlanState
from app.people.settings import Mode
from app.storage import Session
from app.storage.leases import Lease, LostLease
from connectors.base import Made
from connectors.errors import (
    ConnectorError,
    EventChanged,
    EventGone,
    NotPossible,
    PermissionMissing,
    SignInNeeded,
    Throttled,
)
from rules.change import Change, ChangeKind

logger = logging.getLogger(__name__)

MOST_ATTEMPTS = 10
"""After so many attempts at one step without an outcome, it is given up."""
PATIENCE = timedelta(days=1)
"""For so long reading is tried again where nothing else is left to do."""
WAIT = 900.0
"""The longest pause between two attempts, in seconds."""
_FIRST_PAUSE = 5.0

_NO: Mapping[type[ConnectorError], Reason] = {
    EventChanged: Reason.CHANGED,
    EventGone: Reason.GONE,
    NotPossible: Reason.NOT_POSSIBLE,
    PermissionMissing: Reason.NOT_ALLOWED,
}
"""A definite no: nothing was written, and asking again would change nothing."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a plan stands after some work on it.

    `again_after` is in how many seconds there is more to do, None where it is settled.
    """

    state: PlanState
    reason: Reason | None = None
    again_after: float | None = None


@dataclass(frozen=True, slots=True)
class Stop:
    """The work ends here for now (`again_after` in seconds) or until something else happens."""

    reason: Reason
    again_after: float | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """A plan that is worked on in one direction, by whoever holds the lease."""

    deployment: Deployment = field(repr=False)
    lease: Lease
    person: Person
    kept: Kept
    contents: Contents = field(repr=False)
    journal: Journal
    going: PlanState

    @property
    def is_endless(self) -> bool:
        """Whether it has gone on for so long without an outcome that there will be none."""
        begun = self.kept.state is self.going
        return begun and self.deployment.now() - self.kept.state_since > PATIENCE

    def diary(self, *, whole: bool = True) -> AbstractContextManager[LeaderDiary]:
        """The diary over the days of the plan, read now."""
        window = (self.contents.start, self.contents.end)
        return diaries.opened(self.deployment, self.person, *window, whole=whole)

    def halted(self, session: Session) -> Reason | None:
        """Why nothing more of the plan may be begun, by what its leader has chosen until now.

        What is taken back is taken back, and a hold that somebody gives up is asked for by hand.
        """
        if self.journal.direction is Direction.UNDO:
            return None
        person = diaries.person_in(self.deployment, session, self.lease.leader_id)
        return why_halted(self.kept, self.contents, person, self.deployment.now())

    def key(self, number: int) -> str:
        """The name of one change for ever."""
        return step_key(self.kept.id, self.journal.direction, number)


def why_halted(kept: Kept, contents: Contents, person: Person, now: datetime) -> Reason | None:
    """Why an accepted plan may not be begun or gone on with, None where it may."""
    if person.rests(now):
        return Reason.PAUSED
    if kept.origin in BY_HAND:
        return None
    if person.mode is Mode.OBSERVE:
        return Reason.LOOKS
    if kept.origin == Origin.AUTO:
        held = {each.hold for each in contents.changes}
        if person.mode is not Mode.AUTO or not held <= person.settings.auto:
            return Reason.SETTINGS
    return Reason.EXPIRED if kept.made_at + LONGEST <= now else None


@dataclass(frozen=True, slots=True)
class Task:
    """One change that is due, and by which connection."""

    number: int
    change: Change
    connection_id: str


def carry_out(job: Job, diary: LeaderDiary, task: Task) -> StepState | Stop:
    """Make one change, or note why it cannot be made.

    Raises LostLease, Turned, Halted, and whatever nobody foresaw: then its outcome is not known,
    and doing this again finds it out.
    """
    writer = diary.writer(task.connection_id)
    if writer is None:
        job.journal.wait(task.number, Reason.DISCONNECTED)
        return Stop(Reason.DISCONNECTED)
    line = job.journal.intend(task.number, task.connection_id, job.going, job.halted)
    if line.attempts > MOST_ATTEMPTS:
        job.journal.wait(task.number, Reason.UNREACHABLE)
        return Stop(Reason.UNREACHABLE)
    if line.stamp is None:
        raise ValueError("a step that is begun has a stamp")
    try:
        made = writer.make(task.change, key=job.key(task.number), stamp=line.stamp)
    except ConnectorError as error:
        if not _is_gone_as_wanted(task.change, error):
            return _refused(job, line, error)
        made = Made(task.change, task.change.event_id or "", "")
    _note_done(job, line, made)
    return StepState.DONE


def _is_gone_as_wanted(change: Change, error: ConnectorError) -> bool:
    """A hold to be removed that is not there: it was when this work began, or by an earlier try
    of ours, whose answer was lost."""
    return change.kind is ChangeKind.HOLD_DELETE and isinstance(error, EventGone)


def _refused(job: Job, line: Line, error: ConnectorError) -> StepState | Stop:
    """What an error means for a step: a definite no, a stop, or another try later; never two."""
    for kind, reason in _NO.items():
        if isinstance(error, kind):
            job.journal.skip(line.number, reason)
            return StepState.SKIPPED
    if isinstance(error, SignInNeeded):
        job.journal.wait(line.number, Reason.SIGN_IN)
        if line.connection_id is not None:
            note(job.deployment, line.connection_id, error)
        return Stop(Reason.SIGN_IN)
    job.journal.wait(line.number, Reason.UNREACHABLE)
    if line.attempts >= MOST_ATTEMPTS:
        return Stop(Reason.UNREACHABLE)
    return Stop(Reason.UNREACHABLE, pause(line.attempts, error))


def pause(attempts: int, error: Exception | None = None) -> float:
    """In how many seconds to try again: as the server asks, else longer each time."""
    asked = error.after if isinstance(error, Throttled) and error.after is not None else 0.0
    usual: float = min(_FIRST_PAUSE * 2 ** min(max(attempts - 1, 0), 20), WAIT)
    return max(asked, usual)


def _note_done(job: Job, line: Line, made: Made) -> None:
    try:
        job.journal.done(line, made)
    except LostLease:
        job.journal.late(line, made)
        logger.warning("a step was made after its lease was lost")
        raise


def reading_failed(error: Exception) -> Stop:
    """What it means that a diary could not be read."""
    if isinstance(error, SignInNeeded | PermissionMissing):
        return Stop(Reason.SIGN_IN)
    if isinstance(error, ConnectorError):
        return Stop(Reason.UNREACHABLE, pause(3, error))
    return Stop(Reason.DISCONNECTED)


def find_out(
    journal: Journal, changes: Sequence[Change], diary: LeaderDiary, not_made: Reason
) -> None:
    """Settle steps of unknown outcome by what the calendars show, where they can tell.

    That a new hold is not there tells nothing: making it again under the same key does.
    """
    for line in journal.lines().values():
        change = changes[line.number]
        if line.state is not StepState.INTENT or line.connection_id not in diary.connections:
            continue
        made = None if line.is_untried else diaries.as_made(diary.events, change)
        if made is not None:
            journal.done(line, made)
        elif change.kind is not ChangeKind.HOLD_CREATE:
            journal.skip(line.number, diaries.event_trouble(diary.events, change) or not_made)


def settle_past(
    journal: Journal, changes: Sequence[Change], diary: LeaderDiary, past: Callable[[Change], bool]
) -> None:
    """Settle steps of unknown outcome whose time has come: it is too late to ask for them again."""
    for line in journal.lines().values():
        change = changes[line.number]
        if line.state is not StepState.INTENT or not past(change):
            continue
        made = diaries.as_made(diary.events, change)
        if made is not None and line.connection_id in diary.connections:
            journal.done(line, made)
        else:
            journal.skip(line.number, Reason.BEGUN)


def all_stand(diary: LeaderDiary, lines: Mapping[int, Line]) -> bool:
    """Whether a fresh look shows everything that the journal says was made."""
    events = diary.events
    reached = set(diary.connections)
    return all(
        diaries.standing(events, each.made)
        for each in lines.values()
        if each.made is not None and each.connection_id in reached
    )
