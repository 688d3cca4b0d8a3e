"""An accepted plan, written into the calendars: all that can be, once, and verified.

Before the first write the diary is read again, and a plan that no longer fits is refused whole.
After it, whatever dies: the same call goes on where the last one was, by the journal.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.deployment import Deployment
from app.life import diaries, records
from app.life.bounds import Bounds, bounds
from app.life.diaries import LeaderDiary, Person
from app.life.journal import (
    Direction,
    Halted,
    Journal,
    Line,
    StepState,
    Turned,
    begin_again,
)
from app.life.limits import mails
from app.life.making import (
    WAIT,
    Job,
    Outcome,
    Stop,
    Task,
    all_stand,
    carry_out,
    find_out,
    reading_failed,
    settle_past,
    why_halted,
)
from app.life.reasons import RESUMABLE, Reason
from app.life.records import Contents, Kept, last_moments, needs, order
from app.life.states import BY_HAND, Origin, PlanState, move
from app.people.history import CLEARWAY, What, record
from app.services.begun import is_begun
from app.services.errors import ServiceError
from app.storage import Session, leases, plans
from app.storage.leases import Lease
from connectors.errors import ConnectorError
from rules.change import Change, ChangeKind
from rules.event import Occurrence
from rules.outcome import after
from rules.policy import Policy

UNDO = timedelta(days=35)
"""For how long what was applied can be undone."""


def apply(deployment: Deployment, lease: Lease, plan_id: str) -> Outcome:
    """Write an accepted plan, or go on with one; a settled one is left as it is.

    Raises NoPlan, LostLease, and what nobody foresaw; calling again is always right.
    """
    kept = records.load(deployment, lease.leader_id, plan_id)
    if kept.state not in (PlanState.ACCEPTED, PlanState.APPLYING) or kept.contents is None:
        return Outcome(kept.state, kept.reason)
    job = Job(
        deployment,
        lease,
        diaries.person_of(deployment, lease.leader_id),
        kept,
        kept.contents,
        Journal(deployment, lease, plan_id, Direction.APPLY),
        PlanState.APPLYING,
    )
    try:
        return _work(job)
    except Turned:
        now = records.load(deployment, lease.leader_id, plan_id)
        return Outcome(now.state, now.reason)


def rehearse(deployment: Deployment, leader_id: str, plan_id: str) -> Reason | None:
    """Why the plan would be refused now, None where it would be written. Nothing is.

    Raises NoPlan, ConnectorError and NoCalendar.
    """
    kept = records.load(deployment, leader_id, plan_id)
    person = diaries.person_of(deployment, leader_id)
    if kept.contents is None:
        return kept.reason or Reason.OVER
    with diaries.opened(deployment, person, kept.contents.start, kept.contents.end) as diary:
        return _why_stale(deployment, person, kept, kept.contents, diary)


def take_up(deployment: Deployment, lease: Lease) -> tuple[str, ...]:
    """Let plans go on that stopped for want of a calendar, now that it answers; their ids.

    What stopped while it was undone goes on being undone. Raises LostLease.
    """

    def work(session: Session) -> tuple[str, ...]:
        leases.keep(session, lease)
        found = []
        for row in plans.locked_in(session, lease.leader_id, _STOPPED):
            in_time = row.undo_until is not None and deployment.now() < row.undo_until
            if row.reason in RESUMABLE and row.contents is not None and in_time:
                direction, to = _STOPPED[PlanState(row.state)]
                begin_again(session, row.id, direction)
                move(row, to, deployment.now())
                found.append(row.id)
        return tuple(found)

    return deployment.database.persist(work)


_STOPPED = {
    PlanState.PARTLY_APPLIED: (Direction.APPLY, PlanState.APPLYING),
    PlanState.PARTLY_UNDONE: (Direction.UNDO, PlanState.UNDOING),
}


def _work(job: Job) -> Outcome:
    """Read, refuse or write, and verify."""
    try:
        with job.diary() as diary:
            refused = _refuse(job, diary)
            if refused is not None:
                return refused
            stop = _write(job, diary)
    except (ConnectorError, ServiceError) as error:
        stop = reading_failed(error)
        if job.kept.state is PlanState.ACCEPTED:
            return Outcome(PlanState.ACCEPTED, stop.reason, stop.again_after or WAIT)
    if stop is not None and stop.again_after is not None and not job.is_endless:
        return Outcome(PlanState.APPLYING, stop.reason, stop.again_after)
    return _settle(job, stop)


# --- before the first write -------------------------------------------------------------------


def _refuse(job: Job, diary: LeaderDiary) -> Outcome | None:
    """Refuse a plan that no longer fits while nothing of it is written; else begin it."""
    if job.journal.lines():
        return None
    reason = _why_stale(job.deployment, job.person, job.kept, job.contents, diary)

    def work(session: Session) -> Outcome | None:
        leases.keep(session, job.lease)
        row = records.lock(session, job.lease.leader_id, job.kept.id)
        if row.state not in (PlanState.ACCEPTED, PlanState.APPLYING):
            raise Turned
        if reason is not None:
            move(row, PlanState.STALE, job.deployment.now(), reason)
            _tell(job, session, What.PLAN_STALE)
            return Outcome(PlanState.STALE, reason)
        if row.state == PlanState.ACCEPTED:
            move(row, PlanState.APPLYING, job.deployment.now())
            row.undo_until = job.deployment.now() + UNDO
        return None

    return job.deployment.database.persist(work)


def _why_stale(
    deployment: Deployment, person: Person, kept: Kept, contents: Contents, diary: LeaderDiary
) -> Reason | None:
    halted = why_halted(kept, contents, person, deployment.now())
    if halted is not None:
        return halted
    if _is_old(deployment, person, kept, contents):
        return Reason.SETTINGS
    fit = _Fit.of(contents, diary, dict(enumerate(contents.changes)), exactly=True)
    found = (fit.trouble(number) for number in range(len(contents.changes)))
    trouble = next((each for each in found if each is not None), None)
    if trouble is None and kept.expires_at <= deployment.now():
        return Reason.EXPIRED
    # what a person asks of one hold is asked against all this
    if trouble is None and kept.origin not in BY_HAND:
        return _why_unbound(deployment, person, kept, contents, diary)
    return trouble


def _is_old(deployment: Deployment, person: Person, kept: Kept, contents: Contents) -> bool:
    """Whether the leader's settings have changed since; none bears on what is asked of one hold."""
    if kept.origin in BY_HAND:
        return False
    private = any(map(records.is_private, contents.changes))
    return contents.basis != diaries.basis(deployment, person.settings, private=private)


def _why_unbound(
    deployment: Deployment, person: Person, kept: Kept, contents: Contents, diary: LeaderDiary
) -> Reason | None:
    """Why the plan breaks a limit or a wish that came after it."""
    opened = diary.opened
    bound = bounds(deployment, person, opened, asked=kept.origin == Origin.PERSON)
    if mails(contents.changes) > bound.spent.mails_left(opened.policy):
        return Reason.LIMIT
    found = (_why_unwanted(each, bound, diary) for each in contents.changes)
    return next((each for each in found if each is not None), None)


def _why_unwanted(change: Change, bound: Bounds, diary: LeaderDiary) -> Reason | None:
    """Why one change is against what the leader wishes by now."""
    if change.event_id in bound.keep:
        return Reason.KEPT
    place = change.after
    if place is None or change.hold is None:
        return None
    day = diary.opened.diary.pattern.day_of(place.start)
    return Reason.UNWANTED if (day, change.hold) in bound.unwanted else None


@dataclass(frozen=True, slots=True)
class _Fit:
    """Whether changes that were not begun still fit a diary: `then` is what it becomes by them.

    `known` are the events that may lie where a change puts its own.
    """

    diary: LeaderDiary
    changes: Mapping[int, Change]
    then: Mapping[str, Occurrence]
    known: Mapping[int, frozenset[str]]
    exactly: bool

    @classmethod
    def of(
        cls,
        contents: Contents,
        diary: LeaderDiary,
        pending: Mapping[int, Change],
        made: frozenset[str] = frozenset(),
        *,
        exactly: bool,
    ) -> "_Fit":
        """`made` are the events of changes of this plan that have been made."""
        then = {each.id: each for each in after(diary.opened.diary, pending.values()).occurrences}
        known = {number: contents.beside[number] | made for number in pending}
        return cls(diary, pending, then, known, exactly)

    def trouble(self, number: int) -> Reason | None:
        """Why a change cannot be made as it was planned."""
        change, opened = self.changes[number], self.diary.opened
        if _is_past(change, opened.policy, opened.now):
            return Reason.BEGUN
        moved = diaries.event_trouble(self.diary.events, change, exactly=self.exactly)
        if moved is not None:
            return moved
        if self.diary.holding(change) is None or change.event_id in opened.fixed:
            return Reason.NOT_POSSIBLE
        taken = diaries.lying_at(self.then, change) - self.known[number]
        return Reason.TAKEN if taken else None


def _is_past(change: Change, policy: Policy, now: datetime) -> bool:
    """Whether it is too late for a change. A hold can be removed until it is over."""
    removed = change.kind is ChangeKind.HOLD_DELETE
    can_go = removed and all(now < moment for moment in last_moments(change))
    return is_begun(change, policy, now) and not can_go


# --- writing ----------------------------------------------------------------------------------


def _write(job: Job, diary: LeaderDiary) -> Stop | None:
    """Everything that has no outcome yet, what frees time for others first."""
    changes, opened = job.contents.changes, diary.opened
    settle_past(job.journal, changes, diary, lambda each: _is_past(each, opened.policy, opened.now))
    try:
        # a step that was tried would be written now where its first try came to nothing
        halted = why_halted(job.kept, job.contents, job.person, job.deployment.now())
        if halted is not None and job.journal.lines():
            raise Halted(halted)
        return _write_rest(job, diary)
    except Halted as error:
        _leave_rest(job, diary, error.reason)
        return None


def _leave_rest(job: Job, diary: LeaderDiary, reason: Reason) -> None:
    """Nothing more is begun; what was begun is found out as far as looking can tell."""
    find_out(job.journal, job.contents.changes, diary, reason)
    lines = job.journal.lines()
    for number in range(len(job.contents.changes)):
        if number not in lines or lines[number].is_untried:
            job.journal.skip(number, reason)


def _write_rest(job: Job, diary: LeaderDiary) -> Stop | None:
    changes, lines = job.contents.changes, job.journal.lines()
    skipped = {each.number for each in lines.values() if each.state is StepState.SKIPPED}
    resumed = _Resumed.of(job, diary, lines) if lines else None
    for number in order(changes):
        line = lines.get(number)
        if line is not None and line.state is not StepState.INTENT:
            continue
        if line is None or line.is_untried:
            reason = None if resumed is None else resumed.trouble(number)
            if any(needs(changes[number], changes[each]) for each in skipped):
                reason = Reason.DEPENDS
            if reason is not None:
                job.journal.skip(number, reason)
                skipped.add(number)
                continue
        came = carry_out(job, diary, _task(changes[number], number, line, diary))
        if isinstance(came, Stop):
            return came
        if came is StepState.SKIPPED:
            skipped.add(number)
    return None


@dataclass(frozen=True, slots=True)
class _Resumed:
    """What waited for the rest of the plan has to fit still, and to be wanted.

    A member's version may have changed with that of its series, so only times are compared.
    """

    fit: _Fit
    bound: Bounds
    over: bool
    old: bool

    @classmethod
    def of(cls, job: Job, diary: LeaderDiary, lines: Mapping[int, Line]) -> "_Resumed":
        """`over` is whether the rest would send too many mails, and `old` whether the leader's
        settings have changed since the plan was made."""
        changes = job.contents.changes
        begun = {n for n, line in lines.items() if not line.is_untried}
        pending = {n: each for n, each in enumerate(changes) if n not in begun}
        made = frozenset(each.made.event_id for each in lines.values() if each.made is not None)
        known = made | {changes[n].event_id or "" for n in begun}
        fit = _Fit.of(job.contents, diary, pending, known, exactly=False)
        asked = job.kept.origin == Origin.PERSON
        bound = bounds(job.deployment, job.person, diary.opened, asked=asked)
        over = mails(pending.values()) > bound.spent.mails_left(diary.opened.policy)
        old = _is_old(job.deployment, job.person, job.kept, job.contents)
        return cls(fit, bound, over, old)

    def trouble(self, number: int) -> Reason | None:
        """Why a change that was not begun is not made any more."""
        if self.old:
            return Reason.SETTINGS
        change = self.fit.changes[number]
        if self.over and change.mails:
            return Reason.LIMIT
        return _why_unwanted(change, self.bound, self.fit.diary) or self.fit.trouble(number)


def _task(change: Change, number: int, line: Line | None, diary: LeaderDiary) -> Task:
    known = None if line is None else line.connection_id
    return Task(number, change, known or diary.holding(change) or "")


# --- afterwards -------------------------------------------------------------------------------


def _settle(job: Job, stop: Stop | None) -> Outcome:
    """Look at the calendars once more, and say what has become of the plan."""
    stands = True
    try:
        with job.diary() as diary:
            if stop is not None and stop.reason is Reason.UNREACHABLE:
                find_out(job.journal, job.contents.changes, diary, Reason.UNREACHABLE)
            stands = all_stand(diary, job.journal.lines())
    except (ConnectorError, ServiceError) as error:
        failed = reading_failed(error)
        if stop is None and failed.again_after is not None and not job.is_endless:
            return Outcome(PlanState.APPLYING, failed.reason, failed.again_after)
        stop = stop or failed
    lines = job.journal.lines()
    state, reason = _judge(lines, len(job.contents.changes), stop, stands=stands)

    def work(session: Session) -> Outcome:
        leases.keep(session, job.lease)
        row = records.lock(session, job.lease.leader_id, job.kept.id)
        if row.state == state:
            return Outcome(state, reason)
        if row.state != PlanState.APPLYING:
            raise Turned
        move(row, state, job.deployment.now(), reason)
        _tell(job, session, _TOLD[state], lines)
        return Outcome(state, reason)

    return job.deployment.database.persist(work)


def _judge(
    lines: Mapping[int, Line], count: int, stop: Stop | None, *, stands: bool
) -> tuple[PlanState, Reason | None]:
    made = [each for each in lines.values() if each.state is StepState.DONE]
    skipped = [each.reason for each in lines.values() if each.state is StepState.SKIPPED]
    perhaps = any(each.state is StepState.INTENT and not each.is_untried for each in lines.values())
    first = sorted(skipped, key=lambda each: each is Reason.DEPENDS)
    reason = stop.reason if stop is not None else next(iter(first), None)
    if not made and not perhaps:
        return PlanState.STALE, reason
    if not stands:
        return PlanState.CONFLICTED, Reason.CHANGED
    if stop is None and len(made) == count:
        return PlanState.APPLIED, None
    return PlanState.PARTLY_APPLIED, reason


_TOLD: Mapping[PlanState, What] = {
    PlanState.STALE: What.PLAN_STALE,
    PlanState.APPLIED: What.PLAN_APPLIED,
    PlanState.PARTLY_APPLIED: What.PLAN_PARTLY_APPLIED,
    PlanState.CONFLICTED: What.PLAN_CONFLICTED,
}


def _tell(job: Job, session: Session, what: What, lines: Mapping[int, Line] | None = None) -> None:
    """Note in the leader's history how it ended, in counts."""
    made = [each.made for each in (lines or {}).values() if each.made is not None]
    record(
        job.deployment,
        session,
        job.lease.leader_id,
        what,
        CLEARWAY,
        plan_id=job.kept.id,
        changes=len(job.contents.changes),
        made=len(made),
        mails=sum(each.change.mails for each in made),
    )
