"""What happens when an invitation breaks a promise: it lands on protected time or closes a gap.

By the leader's choice the hold moves within its day, or a ready “can we move this?” waits for the
leader to send it, or Clearway answers the invitation with another time. Nobody is asked about a
meeting that begins within 24 hours, nor more than five times a week. A clinical need, a meeting
that the leader called, and one that is locked are left as they are.

Words and times are made for the page that shows them and kept nowhere.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Protocol
from zoneinfo import ZoneInfo

from app.deployment import Deployment
from app.life import limits
from app.life.journal import event_print
from app.life.lifting import grid, lacking
from app.life.limits import NOTICE, REQUEST, Spent
from app.life.proposing import Wish
from app.life.states import Origin
from app.people.history import CLEARWAY, LEADER, Actor, What, record
from app.people.settings import Reaction
from app.storage import Session, disturbances, leases
from app.storage.leases import Lease
from app.storage.tables import Disturbance
from connectors.errors import BadAnswer, ConnectorError, Throttled, Unreachable
from rules import planner
from rules.catalogue import gap
from rules.diary import Day, Diary
from rules.event import Kind, Occurrence, ScoredAs
from rules.finding import Finding
from rules.interval import Interval, subtract
from rules.language import text
from rules.planner.changes import one_day
from rules.planner.plan import Tier
from rules.planner.reasons import planned_findings
from rules.planner.rights import Unwanted
from rules.policy import Policy, Severity
from rules.words import say_minutes, say_time, say_weekday
from rules.working_pattern import dates, local_date

AHEAD = 5
"""Another time is looked for on the meeting's own day and so many working days after it."""
_DAY = timedelta(days=1)
_FAR = 14


class Promise(StrEnum):
    """What an invitation breaks."""

    PROTECTED = "protected"
    GAP = "gap"


class Step(StrEnum):
    """What is done about it."""

    MOVE_HOLD = "move-hold"
    ASK = "ask"
    PROPOSE = "propose"
    NOTHING = "nothing"


class Why(StrEnum):
    """Why nobody is asked."""

    TOO_SOON = "too-soon"
    ENOUGH = "enough"
    NO_TIME = "no-time"


class Sent(StrEnum):
    """What became of an answer to an invitation."""

    SENT = "sent"
    BEFORE = "before"
    """It was sent before, or may have been; it is not sent again."""
    ENOUGH = "enough"
    """The week's requests are used up."""
    REFUSED = "refused"
    """The calendar or the meeting does not take it; nothing was sent."""
    UNKNOWN = "unknown"
    """No answer came. It counts as sent, since nobody is to be asked twice."""


@dataclass(frozen=True, slots=True)
class Clash:
    """An invitation that breaks a promise.

    `missing` is by how many minutes a gap is too short. `holds` are the ids of the pieces of
    protected time that it lies on.
    """

    meeting: Occurrence = field(repr=False)
    day: date
    promise: Promise
    missing: int = 0
    holds: frozenset[str] = field(default=frozenset(), repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """What is done about a clash. `when` is the other time, where one was found and is needed."""

    clash: Clash
    step: Step
    when: Interval | None = None
    why: Why | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """What a reaction is decided by: the leader's choice, what the calendar can do, the limits.

    `keep` and `unwanted` bind a plan that moves the hold.
    """

    reaction: Reaction
    can_propose: bool
    spent: Spent
    keep: frozenset[str] = frozenset()
    unwanted: Unwanted = frozenset()


# --- seeing it ----------------------------------------------------------------------------------


def clashes(
    diary: Diary,
    policy: Policy,
    now: datetime,
    before: Diary | None = None,
    by_hand: Collection[str] = (),
) -> tuple[Clash, ...]:
    """The invitations of others that are new in a diary, or moved in it, and break a promise.

    Without the diary from `before`, as after a restart, those that lie on a hold are found: plans
    put no hold under a meeting, so the meeting came later. That cannot be said of holds that
    somebody put there `by_hand`, given by their ids. In order of time, each once.
    """
    known = {each.id: each for each in before.occurrences} if before is not None else {}
    fresh = [
        each
        for each in diary.occurrences
        if _is_invitation(each, diary, now) and not _is_known(each, known)
    ]
    days = {diary.pattern.day_of(each.span.start) for each in fresh}
    closed = _closed_gaps(diary, policy, before, days)
    unsure = frozenset(by_hand) if before is None else frozenset()
    found = (_clash(each, diary, closed, unsure, alone=before is None) for each in fresh)
    return tuple(each for each in found if each is not None)


def _is_invitation(each: Occurrence, diary: Diary, now: datetime) -> bool:
    mine = each.organizer or each.locked or each.kind is not None
    if mine or each.all_day or each.scored_as is not ScoredAs.APPOINTMENT:
        return False
    day = diary.pattern.day_of(each.span.start)
    return each.span.start > now and diary.start <= day < diary.end


def _is_known(each: Occurrence, known: Mapping[str, Occurrence]) -> bool:
    was = known.get(each.id)
    same = was is not None and not was.all_day and was.span == each.span
    return same and was is not None and was.scored_as is ScoredAs.APPOINTMENT


def _closed_gaps(
    diary: Diary, policy: Policy, before: Diary | None, days: Collection[date]
) -> Mapping[str, Finding]:
    """The gaps on some days that are too short and were not, by each of the meetings beside them."""
    if before is None or gap.RULE.severity(policy) is Severity.OFF:
        return {}
    found: dict[str, Finding] = {}
    for day in days:
        was = {each.id: each.missing for each in gap.RULE.find(one_day(before, day), policy)}
        for each in gap.RULE.find(one_day(diary, day), policy):
            if each.missing > was.get(each.id, 0):
                for one in each.event_ids:
                    found.setdefault(one, each)
    return found


def _clash(
    meeting: Occurrence,
    diary: Diary,
    closed: Mapping[str, Finding],
    unsure: frozenset[str],
    *,
    alone: bool,
) -> Clash | None:
    day = diary.pattern.day_of(meeting.span.start)
    under = [
        each
        for each in diary.day(day).around
        if each.scored_as is ScoredAs.HOLD
        and each.id not in unsure
        and each.span.overlaps(meeting.span)
    ]
    pieces = frozenset(each.id for each in under if each.kind is Kind.PROTECTED)
    if pieces:
        return Clash(meeting, day, Promise.PROTECTED, holds=pieces)
    if meeting.id in closed:
        return Clash(meeting, day, Promise.GAP, closed[meeting.id].missing)
    if alone and any(each.kind is Kind.GAP for each in under):
        return Clash(meeting, day, Promise.GAP)
    return None


# --- deciding -----------------------------------------------------------------------------------


def decide(clash: Clash, diary: Diary, policy: Policy, now: datetime, choice: Choice) -> Answer:
    """What is done about a clash.

    A hold that cannot move, or a gap, for which there is no hold to move, is a matter for asking;
    so is a time to propose that the calendar cannot take.
    """
    if choice.reaction is Reaction.MOVE_HOLD and _helps(clash, diary, policy, now, choice):
        return Answer(clash, Step.MOVE_HOLD)
    if clash.meeting.span.start - now < NOTICE:
        return Answer(clash, Step.NOTHING, why=Why.TOO_SOON)
    if not limits.may_ask(clash.meeting.span.start, choice.spent, policy, now):
        return Answer(clash, Step.NOTHING, why=Why.ENOUGH)
    when = suggest(clash.meeting, diary, policy, now)
    if choice.reaction is Reaction.PROPOSE_TIME and choice.can_propose and when is not None:
        return Answer(clash, Step.PROPOSE, when)
    return Answer(clash, Step.ASK, when, None if when else Why.NO_TIME)


def _helps(clash: Clash, diary: Diary, policy: Policy, now: datetime, choice: Choice) -> bool:
    """Whether moving the hold within its day wins back some of what the invitation took."""
    moving = _movable(clash, diary, now, choice)
    if clash.promise is not Promise.PROTECTED or not moving:
        return False
    alone = Diary(diary.occurrences, diary.pattern, clash.day, clash.day + _DAY)
    rest = alone.with_occurrences(each for each in diary.occurrences if each.id not in moving)
    unwanted = choice.unwanted | {(clash.day, Kind.POD)}
    made = planner.plan(rest, policy, now, Tier.HOLDS, choice.keep, unwanted=unwanted)
    left = sum(each.missing for each in made.remaining if each.finding.startswith("protected@"))
    now_missing = (each for each in planned_findings(alone, policy) if each.rule == "protected")
    return left < sum(each.missing for each in now_missing)


def _movable(clash: Clash, diary: Diary, now: datetime, choice: Choice) -> frozenset[str]:
    """The holds under an invitation that may move: not kept, not begun."""
    return frozenset(
        each.id
        for each in diary.occurrences
        if each.id in clash.holds
        and not (each.firm or each.locked or each.id in choice.keep)
        and each.span.start >= now
    )


def wish(answer: Answer, diary: Diary, now: datetime, choice: Choice) -> Wish:
    """The plan that moves the hold: of holds, for that day, and without more than that."""
    day = answer.clash.day
    return Wish(
        tier=Tier.HOLDS,
        origin=Origin.REACTION,
        start=day,
        end=day + _DAY,
        keep=choice.keep,
        unwanted=choice.unwanted | {(day, Kind.POD)},
        moving=_movable(answer.clash, diary, now, choice),
    )


def suggest(meeting: Occurrence, diary: Diary, policy: Policy, now: datetime) -> Interval | None:
    """Another time for somebody's meeting: free for the leader, in working hours, on the grid.

    Of all such times, on its own day and five working days after, it is the one with which the
    leader's days miss least, and that breaks nothing: no rule that must be kept misses more
    than without the meeting. Among equals it is the nearest. Who else is busy is not asked.
    """
    rest = diary.with_occurrences(each for each in diary.occurrences if each.id != meeting.id)
    own = diary.pattern.day_of(meeting.span.start)
    best: tuple[int, timedelta, datetime] | None = None
    for day in _search_days(rest, own):
        for start in _free_starts(meeting, day, now):
            far = abs(start - meeting.span.start)
            if best is not None and best[:2] <= (0, far):
                continue
            cost = _cost(
                replace(meeting, start=start, end=start + _length(meeting)), day, rest, policy
            )
            if cost is not None and (best is None or (cost, far, start) < best):
                best = (cost, far, start)
    return None if best is None else Interval(best[2], best[2] + _length(meeting))


def _length(meeting: Occurrence) -> timedelta:
    return meeting.span.end - meeting.span.start


def _search_days(diary: Diary, own: date) -> list[Day]:
    days = (diary.day(each) for each in dates(own, min(diary.end, own + _FAR * _DAY)))
    return [each for each in days if each.window is not None][: AHEAD + 1]


def _free_starts(meeting: Occurrence, day: Day, now: datetime) -> Iterator[datetime]:
    if day.window is None:
        return
    taken = [each.span for each in (*day.appointments, *day.around)]
    for free in subtract([day.window.span], taken):
        for start in grid(free, _length(meeting), now + NOTICE):
            if start != meeting.span.start:
                yield start


def _cost(placed: Occurrence, day: Day, rest: Diary, policy: Policy) -> int | None:
    """How many more minutes the day misses with the meeting, None where that breaks something."""
    alone = one_day(rest, day.date)
    there = alone.with_occurrences([*alone.occurrences, placed])
    without = lacking(alone, policy)
    found = planned_findings(there, policy)
    if any(
        each.severity is Severity.MUST and each.missing > without.get(each.id, 0) for each in found
    ):
        return None
    return sum(each.missing for each in found) - sum(without.values())


def say(answer: Answer, policy: Policy, zone: ZoneInfo) -> str:
    """The ready words of a request, for the leader to send in their own name. Not to be kept."""
    meeting = answer.clash.meeting.span
    if answer.clash.promise is Promise.GAP:
        kept = say_minutes(policy.gap_minutes)
        said = text("I keep %(time)s free between meetings.", time=kept)
    else:
        said = text("I keep this time free for focused work.")
    asked = _say_asked(answer, meeting, zone)
    return f"{said} {asked} {text('If it is urgent, let us keep it.')}"


def _say_asked(answer: Answer, meeting: Interval, zone: ZoneInfo) -> str:
    if answer.when is None:
        return text("Could we find another time?")
    there = say_time(answer.when.start, zone)
    day = local_date(answer.when.start, zone)
    same = day == local_date(meeting.start, zone)
    when = there
    if not same:
        when = text("%(weekday)s at %(time)s", weekday=say_weekday(day), time=there)
    if not answer.clash.missing:
        return text("Could we use %(when)s?", when=when)
    return text(
        "Could we use %(when)s, or make it %(time)s shorter?",
        when=when,
        time=say_minutes(answer.clash.missing),
    )


# --- asking -------------------------------------------------------------------------------------


class Proposer(Protocol):
    """A calendar that can answer somebody's meeting (`connectors.base.Proposer`)."""

    def propose(self, event_id: str, when: Interval, *, key: str) -> None:
        """Suggest to the organiser that the meeting is at `when`."""
        ...


def propose_time(
    deployment: Deployment,
    lease: Lease,
    diary: Proposer,
    answer: Answer,
    policy: Policy,
    zone: ZoneInfo,
) -> Sent:
    """Answer an invitation with another time, once whatever happens.

    It is counted before it is sent. Where it is not known whether it was sent, it is not sent
    again: not every calendar can tell. Raises LostLease.
    """
    if answer.when is None:
        raise ValueError("a proposal has a time")
    meeting = answer.clash.meeting
    request = request_id(deployment, lease.leader_id, meeting)
    begun = _count(deployment, lease.leader_id, meeting, policy, zone, lease)
    if begun is not Sent.SENT:
        return begun
    try:
        diary.propose(meeting.id, answer.when, key=request)
    except ConnectorError as error:
        if _may_have_been_sent(error):
            return Sent.UNKNOWN
        _take_back(deployment, request)
        return Sent.REFUSED
    _tell(deployment, lease.leader_id, What.TIME_PROPOSED, CLEARWAY)
    return Sent.SENT


def ask(
    deployment: Deployment,
    leader_id: str,
    meeting: Occurrence,
    policy: Policy,
    zone: ZoneInfo,
    by: Actor = LEADER,
) -> Sent:
    """Count that the leader takes the ready words to send them; the same meeting counts once."""
    found = _count(deployment, leader_id, meeting, policy, zone)
    if found is Sent.SENT:
        _tell(deployment, leader_id, What.MOVE_ASKED, by)
    return found


def request_id(deployment: Deployment, leader_id: str, meeting: Occurrence) -> str:
    """The name of the request about a meeting at its present time, for ever."""
    start = meeting.span.start.isoformat()
    return deployment.fingerprints.of("request", leader_id, meeting.id, start)[:32]


def _count(
    deployment: Deployment,
    leader_id: str,
    meeting: Occurrence,
    policy: Policy,
    zone: ZoneInfo,
    lease: Lease | None = None,
) -> Sent:
    now = deployment.now()
    request = request_id(deployment, leader_id, meeting)

    def work(session: Session) -> Sent:
        if lease is not None:
            leases.keep(session, lease)
        disturbances.wait_turn(session, leader_id)
        if disturbances.find(session, request) is not None:
            return Sent.BEFORE
        told = limits.heard(session, leader_id, policy, zone, now)
        if not limits.may_ask(meeting.span.start, limits.spent(told, zone, now), policy, now):
            return Sent.ENOUGH
        row = Disturbance(
            id=request,
            leader_id=leader_id,
            kind=REQUEST,
            event=event_print(deployment, meeting.id),
            at=now,
            mails=1,
        )
        disturbances.add(session, row)
        return Sent.SENT

    with deployment.database.transaction() as session:
        # not tried again here: a commit whose answer was lost would look like one from before
        return work(session)


def _may_have_been_sent(error: ConnectorError) -> bool:
    return isinstance(error, Unreachable | BadAnswer) and not isinstance(error, Throttled)


def _take_back(deployment: Deployment, request: str) -> None:
    deployment.database.persist(lambda session: disturbances.remove(session, request))


def _tell(deployment: Deployment, leader_id: str, what: What, by: Actor) -> None:
    deployment.database.persist(lambda session: record(deployment, session, leader_id, what, by))
