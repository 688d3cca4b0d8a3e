"""A plan taken back: the newest change first, but for what people have edited since.

That it is taken back is written down before the first calendar is asked, so nothing of the plan is
made any more, whatever dies. What has begun stays as it is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import NAMESPACE_OID, uuid5

from app.deployment import Deployment
from app.life import diaries, overrides, records
from app.life.diaries import LeaderDiary, as_made
from app.life.errors import TooLate
from app.life.journal import (
    Direction,
    Journal,
    Line,
    StepState,
    Turned,
    begin_again,
    event_print,
)
from app.life.making import (
    Job,
    Outcome,
    Stop,
    Task,
    all_stand,
    carry_out,
    find_out,
    reading_failed,
    settle_past,
)
from app.life.overrides import How, Override
from app.life.reasons import Reason
from app.life.records import order
from app.life.states import BY_HAND, Origin, PlanState, move
from app.people.history import CLEARWAY, LEADER, Actor, What, record
from app.services.errors import ServiceError
from app.storage import Session, holds, leases, plans
from app.storage.leases import Lease
from connectors.base import Made, inverse
from connectors.errors import ConnectorError
from rules.change import Change, ChangeKind


def ask_undo(deployment: Deployment, leader_id: str, plan_id: str, by: Actor = LEADER) -> PlanState:
    """Have a plan taken back; from now on nothing of it is made. Asking again changes nothing.

    Raises NoPlan, WrongState for one of which nothing was written, and TooLate. No lease is
    needed: it is one move of one row.
    """

    def work(session: Session) -> PlanState:
        row = records.lock(session, leader_id, plan_id)
        if row.state in (PlanState.UNDOING, PlanState.UNDONE):
            return PlanState(row.state)
        over = row.undo_until is not None and row.undo_until <= deployment.now()
        if over or row.contents is None:
            raise TooLate
        move(row, PlanState.UNDOING, deployment.now())
        for direction in Direction:
            begin_again(session, plan_id, direction)
        record(deployment, session, leader_id, What.PLAN_UNDO_ASKED, by, plan_id=plan_id)
        return PlanState.UNDOING

    return deployment.database.persist(work)


def undo(deployment: Deployment, lease: Lease, plan_id: str) -> Outcome:
    """Take back a plan for which that was asked, or go on; another one is left as it is.

    Raises NoPlan, LostLease, and what nobody foresaw; calling again is always right.
    """
    kept = records.load(deployment, lease.leader_id, plan_id)
    if kept.state is not PlanState.UNDOING or kept.contents is None:
        return Outcome(kept.state, kept.reason)
    job = Job(
        deployment,
        lease,
        diaries.person_of(deployment, lease.leader_id),
        kept,
        kept.contents,
        Journal(deployment, lease, plan_id, Direction.UNDO),
        PlanState.UNDOING,
    )
    way = _Way(job, replace(job, journal=Journal(deployment, lease, plan_id, Direction.APPLY)))
    try:
        return _work(way)
    except Turned:
        now = records.load(deployment, lease.leader_id, plan_id)
        return Outcome(now.state, now.reason)


@dataclass(frozen=True, slots=True)
class _Way:
    """The work of taking back, and the work that is taken back."""

    back: Job
    forth: Job


def _work(way: _Way) -> Outcome:
    try:
        with way.back.diary(whole=False) as diary:
            stop = _turn_round(way, diary)
    except (ConnectorError, ServiceError) as error:
        stop = reading_failed(error)
    if stop is not None and stop.again_after is not None and not way.back.is_endless:
        return Outcome(PlanState.UNDOING, stop.reason, stop.again_after)
    return _settle(way, stop)


def _turn_round(way: _Way, diary: LeaderDiary) -> Stop | None:
    """Find out what was made, and take that back."""
    forth, changes, now = way.forth.journal, way.forth.contents.changes, way.back.deployment.now()
    settle_past(forth, changes, diary, lambda change: _has_begun(change, now))
    find_out(forth, changes, diary, Reason.NEVER_MADE)
    asked, stop = _settle_new_holds(way, diary)
    if stop is not None and stop.again_after is not None:
        return stop
    return _take_back(way, diary, asked) or stop


def _settle_new_holds(way: _Way, diary: LeaderDiary) -> tuple[frozenset[int], Stop | None]:
    """Find out about new holds by making them again under the same key, to take them back then.

    The numbers of those: they may not have been there when the diary was read.
    """
    asked: set[int] = set()
    for line in way.forth.journal.lines().values():
        if line.is_untried:
            way.forth.journal.skip(line.number, Reason.NEVER_MADE)
            continue
        if line.state is not StepState.INTENT or line.connection_id not in diary.connections:
            continue
        change = way.forth.contents.changes[line.number]
        came = carry_out(way.forth, diary, Task(line.number, change, line.connection_id))
        if isinstance(came, Stop):
            return frozenset(asked), came
        asked.add(line.number)
    return frozenset(asked), None


def _take_back(way: _Way, diary: LeaderDiary, asked: frozenset[int]) -> Stop | None:
    """Every change that was made and has no outcome here yet, the newest first."""
    forth, back = way.forth.journal.lines(), way.back.journal.lines()
    stopped: Stop | None = None
    for number in reversed(order(way.forth.contents.changes)):
        line, known = forth.get(number), back.get(number)
        settled = known is not None and known.state is not StepState.INTENT
        if line is None or line.made is None or settled:
            continue
        change = inverse(line.made)
        if known is not None and not known.is_untried:
            if _is_too_late(way, diary, known, change):
                continue
        else:
            reason = None if number in asked else _left_alone(way, diary, line, line.made)
            if reason is not None:
                way.back.journal.skip(number, reason)
                continue
        came = carry_out(way.back, diary, Task(number, change, line.connection_id or ""))
        if isinstance(came, Stop):
            if came.again_after is not None:
                return came
            # another calendar may be within reach
            stopped = came
    return stopped


def _is_too_late(way: _Way, diary: LeaderDiary, known: Line, change: Change) -> bool:
    """Whether the time of a change that may have been taken back has come: it is found out by
    looking then, and not asked for again."""
    reached = known.connection_id in diary.connections
    if not reached or not _has_begun(change, way.back.deployment.now()):
        return False
    made = as_made(diary.events, change)
    if made is None:
        way.back.journal.skip(known.number, Reason.OVER)
    else:
        way.back.journal.done(known, made)
    return True


def _left_alone(way: _Way, diary: LeaderDiary, line: Line, made: Made) -> Reason | None:
    """Why a change that was made stays."""
    if _has_begun(made.change, way.back.deployment.now()):
        return Reason.OVER
    reached = line.connection_id in diary.connections
    if _is_new_hold(made) and reached and made.event_id not in diary.events:
        return Reason.GONE
    return None


def _has_begun(change: Change, now: datetime) -> bool:
    places = (place for place in (change.before, change.after) if place is not None)
    return any(place.start <= now for place in places)


def _is_new_hold(made: Made | None) -> bool:
    return made is not None and made.change.kind is ChangeKind.HOLD_CREATE


# --- afterwards -------------------------------------------------------------------------------


def _settle(way: _Way, stop: Stop | None) -> Outcome:
    """Look at the calendars once more, and say what has become of the plan."""
    job = way.back
    stands, given_up = True, list[Override]()
    try:
        with job.diary(whole=False) as diary:
            stands = all_stand(diary, job.journal.lines())
            given_up = _given_up(way, diary)
    except (ConnectorError, ServiceError) as error:
        failed = reading_failed(error)
        if stop is None and failed.again_after is not None and not job.is_endless:
            return Outcome(PlanState.UNDOING, failed.reason, failed.again_after)
        stop = stop or failed
    forth, back = way.forth.journal.lines(), job.journal.lines()
    reason = _why_partly(forth, back, stop, stands=stands)
    state = PlanState.UNDONE if reason is None else PlanState.PARTLY_UNDONE

    def work(session: Session) -> Outcome:
        leases.keep(session, job.lease)
        row = records.lock(session, job.lease.leader_id, job.kept.id)
        if row.state == state:
            return Outcome(state, reason)
        if row.state != PlanState.UNDOING:
            raise Turned
        if len(plans.steps(session, job.kept.id, Direction.UNDO)) != len(back):
            # a worker that had slept made something meanwhile: that goes too
            return Outcome(PlanState.UNDOING, None, 0.0)
        move(row, state, job.deployment.now(), reason)
        _respect(job, session, given_up, forth, back)
        what = What.PLAN_UNDONE if reason is None else What.PLAN_PARTLY_UNDONE
        _tell(job, session, what, forth, back)
        return Outcome(state, reason)

    return job.deployment.database.persist(work)


def _given_up(way: _Way, diary: LeaderDiary) -> list[Override]:
    """What nobody had asked for and somebody took back: it does not come again by itself."""
    if way.back.kept.origin != Origin.AUTO:
        return []
    day_of, now = diary.opened.diary.pattern.day_of, way.back.deployment.now()
    return [
        replace(
            overrides.new(day_of(each.after.start), each.hold, How.UNDONE, each.after, now),
            # the same however often it is taken back
            id=uuid5(NAMESPACE_OID, f"{way.back.kept.id}/{number}").hex,
        )
        for number, each in enumerate(way.forth.contents.changes)
        if each.kind is ChangeKind.HOLD_CREATE and each.hold is not None and each.after is not None
    ]


def _respect(
    job: Job,
    session: Session,
    given_up: Sequence[Override],
    forth: Mapping[int, Line],
    back: Mapping[int, Line],
) -> None:
    """What follows for plans to come from what was taken back."""
    leader_id = job.lease.leader_id
    if job.kept.origin in BY_HAND:
        # the hold is there again, so nothing is owed for it, nor its day left alone
        overrides.forget(session, leader_id, job.kept.id)
    for each in given_up:
        overrides.remember(session, leader_id, each)
    moved = (
        line.made.event_id
        for number, line in forth.items()
        if job.kept.origin == Origin.AUTO
        and line.made is not None
        and line.made.change.kind is ChangeKind.HOLD_MOVE
        and number in back
        and back[number].state is StepState.DONE
    )
    for event_id in moved:
        hold = holds.of_event(session, leader_id, event_print(job.deployment, event_id))
        if hold is not None:
            holds.keep_firm(session, leader_id, hold.id, firm=True)


def _why_partly(
    forth: Mapping[int, Line], back: Mapping[int, Line], stop: Stop | None, *, stands: bool
) -> Reason | None:
    """Why something of the plan is left, None where nothing is."""
    if stop is not None:
        return stop.reason
    for number, line in forth.items():
        if line.state is StepState.INTENT:
            return Reason.DISCONNECTED
        undone = back.get(number)
        if line.made is None or undone is None:
            continue
        nothing_left = _is_new_hold(line.made) and undone.reason is Reason.GONE
        if undone.state is not StepState.DONE and not nothing_left:
            return undone.reason or Reason.UNREACHABLE
    return None if stands else Reason.CHANGED


def _tell(
    job: Job, session: Session, what: What, forth: Mapping[int, Line], back: Mapping[int, Line]
) -> None:
    """Note in the leader's history how it ended, in counts."""
    undone = [each.made for each in back.values() if each.made is not None]
    record(
        job.deployment,
        session,
        job.lease.leader_id,
        what,
        CLEARWAY,
        plan_id=job.kept.id,
        undone=len(undone),
        left=sum(each.state is StepState.SKIPPED for each in back.values()),
        mails_not_unsent=sum(each.made.change.mails for each in forth.values() if each.made),
    )
