"""Everything that is due for one diary, in the order in which it matters.

What was promised comes first: a leader who leaves, plans that were accepted or are to be taken
back. Then the diary is looked at, people's own edits are noticed, invitations are reacted to, and
once a night a new plan is made. Each part may be cut off anywhere and is right when done again.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from app import logs, metrics
from app.connecting import changes, connections, opening
from app.connecting.changes import Look
from app.connecting.connections import Connection
from app.connecting.errors import ConnectingError
from app.connecting.horizon import horizon
from app.deployment import Deployment
from app.life import (
    applying,
    diaries,
    journal,
    leaving,
    memory,
    noticing,
    proposing,
    reacting,
    undoing,
    weekly,
)
from app.life.bounds import bounds
from app.life.diaries import LeaderDiary, Person
from app.life.errors import NoPlan
from app.life.journal import Direction, Line, StepState
from app.life.making import Outcome
from app.life.proposing import Wish
from app.life.reacting import Answer, Choice, Step
from app.life.reasons import RESUMABLE
from app.life.states import WORKING, PlanState
from app.logs import Event
from app.people.choices import policy_of, zone_of
from app.people.settings import Mode
from app.services.errors import ServiceError
from app.storage import Session, leases, mailboxes, plans
from app.storage.database import now
from app.storage.leases import Lease
from connectors.base import Ability
from connectors.errors import ConnectorError, SuddenlyEmpty
from rules.diary import Diary
from rules.planner.plan import Tier
from rules.working_pattern import local_date

POLL = timedelta(minutes=10)
"""How often a diary is looked at that nobody calls about."""
POLL_WATCHED = timedelta(minutes=30)
"""The same where its provider calls: calls get lost."""
_NIGHT = time(4, 30)
"""When the nightly plan is made, by the leader's own clock."""


def tend(deployment: Deployment, lease: Lease) -> timedelta | None:
    """Do all that is due; how long to wait where a calendar asked for patience, else None.

    Raises LostLease, and what nobody foresaw; calling again is always right.
    """
    try:
        person = diaries.person_of(deployment, lease.leader_id)
    except NoPlan:
        return None
    if person.leaving:
        return leaving.see_off(deployment, lease)
    wait = _finish_plans(deployment, lease)
    news = _take_news(deployment, lease)
    if news.is_due:
        _look(deployment, lease, person, news)
    if news.plan_due:
        _plan_ahead(deployment, lease, person)
        # what the leader lets Clearway do by itself is accepted by now
        wait = _finish_plans(deployment, lease)
    if news.week_due:
        weekly.attend(deployment, lease, news.week_in)
    return wait


# --- plans ----------------------------------------------------------------------------------------


def _finish_plans(deployment: Deployment, lease: Lease) -> timedelta | None:
    """Go on with every plan that a worker has to go on with."""
    with deployment.database.transaction() as session:
        found = plans.ids_in(session, lease.leader_id, [each.value for each in WORKING])
    waits = [_finish(deployment, lease, each).again_after for each in found]
    seconds = [each for each in waits if each is not None]
    return timedelta(seconds=min(seconds)) if seconds else None


def _finish(deployment: Deployment, lease: Lease, plan_id: str) -> Outcome:
    outcome = applying.apply(deployment, lease, plan_id)
    if outcome.state is PlanState.UNDOING:
        outcome = undoing.undo(deployment, lease, plan_id)
    return outcome


def _plan_ahead(deployment: Deployment, lease: Lease, person: Person) -> None:
    """The plan of the night, and when the next one is due."""
    _offer(deployment, lease, Wish(tier=Tier.HOLDS))
    next_night = _next_night(deployment.now(), person)

    def work(session: Session) -> None:
        leases.check(session, lease)
        mailboxes.plan_next(session, lease.leader_id, next_night)

    deployment.database.persist(work)


def _offer(deployment: Deployment, lease: Lease, wish: Wish) -> None:
    try:
        proposing.propose(deployment, lease, wish)
    except (ConnectorError, ServiceError):
        # the state of the connection says why, and tomorrow is another night
        logs.note(Event.PLAN, leader=lease.leader_id, outcome=logs.Outcome.SKIPPED)


def _next_night(now: datetime, person: Person) -> datetime:
    zone = zone_of(person.settings)
    tomorrow = local_date(now, zone) + timedelta(days=1)
    return datetime.combine(tomorrow, _NIGHT, zone).astimezone(UTC)


# --- news -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _News:
    """What is due of looking and planning, and since when there is news, if anybody told.

    `week_in` is the time until the week is looked back on, None where nobody has reckoned it.
    """

    is_due: bool
    plan_due: bool
    since: datetime | None
    week_in: timedelta | None

    @property
    def week_due(self) -> bool:
        """Whether to look back on the week, or to reckon anew when: the hours may be others."""
        return self.week_in is None or self.week_in <= timedelta() or self.since is not None


def _take_news(deployment: Deployment, lease: Lease) -> _News:
    """What is due now. What is told from here on is news again."""

    def work(session: Session) -> _News:
        due = mailboxes.due(session, lease.leader_id)
        leases.clear_dirty(session, lease)
        return _News(due.told_at is not None or due.poll, due.plan, due.told_at, due.week_in)

    return deployment.database.persist(work)


def _look(deployment: Deployment, lease: Lease, person: Person, news: _News) -> None:
    """See what changed; where anything did, notice people's edits and react to invitations.

    What nobody could deal with now is news the next time: in a pause, or where a reading failed.
    """
    looks, known = _look_at_each(deployment, person)
    changed = [each for each in looks if each.changed]
    silent = len(looks) < len(opening.connected(deployment, lease.leader_id))
    judged = None
    if changed and not person.rests(deployment.now()):
        confirmed = {each.connection_id for each in changed if each.confirmed}
        judged = _judge(deployment, lease, person, confirmed)
    # what nobody could look at may have changed, and its provider calls once only
    dealt_with = (judged is not None or not changed) and not silent
    watched = all(each.watched for each in known)

    def work(session: Session) -> None:
        leases.check(session, lease)
        if judged is not None:
            memory.remember(deployment, session, lease.leader_id, judged)
            for each in changed:
                changes.keep(deployment, session, each)
        again = POLL_WATCHED if watched and dealt_with else POLL
        mailboxes.poll_next(session, lease.leader_id, again)
        if news.since is not None:
            metrics.verdict((now(session) - news.since).total_seconds())

    deployment.database.persist(work)
    _take_up(deployment, lease, looks, known)


def _look_at_each(
    deployment: Deployment, person: Person
) -> tuple[Sequence[Look], Sequence[Connection]]:
    """A look at every connection that can be asked, and all connections that there are."""
    window = horizon(deployment.now(), diaries.ahead(policy_of(person.settings)))
    looks = []
    for each in opening.connected(deployment, person.id):
        try:
            looks.append(changes.look(deployment, person.id, each.connection_id, window=window))
        except (ConnectorError, ConnectingError):
            # the connection's state has it now, and the leader is told there
            logs.note(Event.SYNC, leader=person.id, outcome=logs.Outcome.FAILED)
    return looks, connections.connections(deployment, person.id)


def _take_up(
    deployment: Deployment, lease: Lease, looks: Iterable[Look], known: Iterable[Connection]
) -> None:
    """Let plans go on that stopped for want of a calendar, where one of them gets further now."""
    there = frozenset(each.connection_id for each in looks)
    whole = there >= {each.id for each in known}
    with deployment.database.transaction() as session:
        found = plans.stopped(session, lease.leader_id, _STOPPED, RESUMABLE)
    stopped = [(plan_id, PlanState(state)) for plan_id, state in found]
    if any(_gets_further(deployment, *each, there, whole=whole) for each in stopped):
        applying.take_up(deployment, lease)


_STOPPED = (PlanState.PARTLY_APPLIED, PlanState.PARTLY_UNDONE)


def _gets_further(
    deployment: Deployment, plan_id: str, state: PlanState, there: Collection[str], *, whole: bool
) -> bool:
    """Whether the calendars of a plan's open steps answer. Applying needs the whole diary."""
    forth = journal.read(deployment, plan_id, Direction.APPLY)
    if state is PlanState.PARTLY_UNDONE:
        back = journal.read(deployment, plan_id, Direction.UNDO)
        begun = [each for each in forth.values() if each.state is not StepState.SKIPPED]
        left = [each for each in begun if not _is_settled(back.get(each.number))]
    else:
        left = [each for each in forth.values() if not _is_settled(each)]
    places = {each.connection_id for each in left if each.connection_id is not None}
    return bool(there) and places <= set(there) and (whole or state is PlanState.PARTLY_UNDONE)


def _is_settled(line: Line | None) -> bool:
    return line is not None and line.state is not StepState.INTENT


def _judge(
    deployment: Deployment, lease: Lease, person: Person, confirmed: Collection[str]
) -> Diary | None:
    """The verdict on a diary that changed; the diary, where it could be judged.

    `confirmed` are connections of which a person said that they are rightly empty.
    """
    try:
        with diaries.opened(deployment, person, *_window(deployment, person)) as diary:
            look = noticing.look_at(deployment, diary)
            noticed = noticing.notice(deployment, lease, look, confirmed)
            for each in noticed.doubtful:
                _doubt(deployment, lease.leader_id, each)
            if noticed.doubtful:
                return None
            looks_only = person.mode is Mode.OBSERVE
            wishes = () if looks_only else _react(deployment, lease, person, diary)
    except (ConnectorError, ConnectingError, ServiceError):
        logs.note(Event.SYNC, leader=lease.leader_id, outcome=logs.Outcome.FAILED)
        return None
    if wishes and proposing.is_in_hand(deployment, lease.leader_id):
        # nothing is offered beside that, and the invitation is news until something is
        return None
    for wish in wishes:
        _offer(deployment, lease, wish)
    return diary.opened.diary


def _doubt(deployment: Deployment, leader_id: str, connection_id: str) -> None:
    """Ask whether a calendar is rightly empty, unless a person has just said so."""
    if not changes.is_confirmed(deployment, leader_id, connection_id):
        connections.note(deployment, connection_id, SuddenlyEmpty())


def _window(deployment: Deployment, person: Person) -> tuple[date, date]:
    today = local_date(deployment.now(), zone_of(person.settings))
    return today, today + diaries.ahead(policy_of(person.settings))


# --- reactions ------------------------------------------------------------------------------------


def _react(
    deployment: Deployment, lease: Lease, person: Person, diary: LeaderDiary
) -> tuple[Wish, ...]:
    """Answer invitations that break a promise; the plans that holds shall give way by."""
    opened = diary.opened
    wishes = []
    by_hand = bounds(deployment, person, opened).keep
    before = memory.recall(deployment, person.id, opened.diary)
    found = reacting.clashes(opened.diary, opened.policy, opened.now, before, by_hand)
    for clash in found:
        choice = _choice(deployment, person, diary, clash.meeting.id)
        answer = reacting.decide(clash, opened.diary, opened.policy, opened.now, choice)
        if answer.step is Step.MOVE_HOLD:
            wishes.append(reacting.wish(answer, opened.diary, opened.now, choice))
        elif answer.step is Step.PROPOSE:
            _propose_time(deployment, lease, diary, answer)
    return tuple(wishes)


def _choice(deployment: Deployment, person: Person, diary: LeaderDiary, event_id: str) -> Choice:
    bound = bounds(deployment, person, diary.opened)
    return Choice(
        reaction=person.settings.reaction,
        can_propose=_proposer(diary, event_id) is not None,
        spent=bound.spent,
        keep=bound.keep,
        unwanted=bound.unwanted,
    )


def _propose_time(deployment: Deployment, lease: Lease, diary: LeaderDiary, answer: Answer) -> None:
    proposer = _proposer(diary, answer.clash.meeting.id)
    if proposer is not None:
        opened = diary.opened
        zone = opened.diary.pattern.zone
        reacting.propose_time(deployment, lease, proposer, answer, opened.policy, zone)


def _proposer(diary: LeaderDiary, event_id: str) -> Any:
    """The calendar that holds an event, where it can answer with another time."""
    number = diary.opened.holders.get(event_id)
    if number is None:
        return None
    found = diary.opened.live[number]
    return found if Ability.PROPOSE in found.abilities else None
