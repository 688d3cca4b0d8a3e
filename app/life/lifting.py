"""Holds in the hands of the leader: give one up in one step, keep one, put one elsewhere.

Nobody is asked for a reason. Protected time that was given up is offered back within five working
days, where there is room. The planner knows no debts, so what is offered is one more hold beside
its plan: none of the plan's numbers grows by it, and days that have their two pieces get none.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from app.deployment import Deployment
from app.life import overrides
from app.life.overrides import How, Override
from app.people.history import CLEARWAY, LEADER, Actor, What, record
from app.people.settings import Slot
from app.services.errors import BadInput, ServiceError
from app.storage import Session, holds
from app.storage import overrides as stored
from app.storage.tables import Hold
from rules.catalogue import open_time
from rules.change import Change, ChangeKind
from rules.diary import Day, Diary
from rules.event import Kind
from rules.interval import Interval, subtract
from rules.language import text
from rules.outcome import after
from rules.planner.changes import one_day
from rules.planner.reasons import planned_findings
from rules.planner.rights import PIECES_A_DAY, Unwanted
from rules.planner.wording import say_moved_hold
from rules.policy import Policy
from rules.words import say_day, say_minutes, say_span
from rules.working_pattern import dates, instant, local_date

BACK = 5
"""Within so many working days time that was given up is offered back."""
OWED = frozenset({Kind.PROTECTED})
"""What is owed: a team chat is asked for again by its week, and time beside a meeting goes with it."""
GRID = timedelta(minutes=5)
_DAY = timedelta(days=1)
_FAR = 60
"""Days after which no more working days are looked for."""
_OWED = "owed@"


class NoHold(ServiceError):
    """There is no such hold of this leader."""

    def __init__(self) -> None:
        super().__init__(text("There is no such hold; it may be over or removed already."))


@dataclass(frozen=True, slots=True)
class Request:
    """What a person asked of one hold: the change to make now, and the override it is."""

    change: Change
    override: Override


@dataclass(frozen=True, slots=True)
class Offer:
    """Time given back: a hold to create for what was given up by an override."""

    override_id: str
    change: Change


# --- what a person asks of a hold ---------------------------------------------------------------


def current(known: Iterable[Hold], now: datetime, diary: Diary) -> Hold | None:
    """The hold that somebody means who says only “now”: the one that is running, else the next
    one today; protected time before other kinds."""
    today = diary.pattern.day_of(now)
    there = [
        each
        for each in known
        if each.ends_at > now and diary.pattern.day_of(each.starts_at) == today
    ]

    def key(each: Hold) -> tuple[bool, bool, datetime]:
        return each.starts_at > now, each.kind != Kind.PROTECTED, each.starts_at

    return min(there, key=key, default=None)


def lift(
    deployment: Deployment, leader_id: str, hold_id: str, diary: Diary, by: Actor = LEADER
) -> Request:
    """Give up a hold. The change that removes it is to be made at once.

    That it is not put back that day is remembered here, whatever becomes of the change. Lifting it
    again changes nothing. Raises NoHold.
    """

    def work(session: Session) -> Request:
        hold = _find(session, leader_id, hold_id)
        change = Change(
            ChangeKind.HOLD_DELETE, _span(hold), None, _event(deployment, hold), Kind(hold.kind)
        )
        known = _known(session, leader_id, hold, How.LIFTED)
        if known is not None:
            return Request(change, known)
        override = _new(deployment, hold, How.LIFTED, diary)
        if override.kind in OWED:
            until = owed_until(diary, override.day)
            override = replace(override, owed_until=until)
        overrides.remember(session, leader_id, override)
        told = {"kind": hold.kind, "day": override.day.isoformat()}
        record(deployment, session, leader_id, What.HOLD_LIFTED, by, **told)
        return Request(change, override)

    return deployment.database.persist(work)


def put(
    deployment: Deployment,
    leader_id: str,
    hold_id: str,
    to: Interval,
    diary: Diary,
    by: Actor = LEADER,
) -> Request:
    """Put a hold elsewhere by hand, as dragging it does: it is firm there, and that day is left
    alone. The change is to be made at once. Raises NoHold, and BadInput for a time that is over.
    """
    if to.start < deployment.now() or to.start >= to.end:
        raise BadInput(text("A hold can be put at a time that is still to come."))

    def work(session: Session) -> Request:
        hold = _find(session, leader_id, hold_id)
        kind, event_id = Kind(hold.kind), _event(deployment, hold)
        message = say_moved_hold(kind, _span(hold), to, diary.pattern.zone)
        change = Change(ChangeKind.HOLD_MOVE, _span(hold), to, event_id, kind, message=message)
        known = _known(session, leader_id, hold, How.MOVED)
        override = known or _new(deployment, hold, How.MOVED, diary)
        if known is None:
            overrides.remember(session, leader_id, override)
        holds.keep_firm(session, leader_id, hold_id, firm=True)
        record(deployment, session, leader_id, What.HOLDS_MOVED, by, kind=hold.kind)
        return Request(change, override)

    return deployment.database.persist(work)


def keep(
    deployment: Deployment, leader_id: str, hold_id: str, by: Actor = LEADER, *, firm: bool = True
) -> None:
    """Have plans leave a hold where it is, or let them move it again. Raises NoHold."""
    with deployment.database.transaction() as session:
        if not holds.keep_firm(session, leader_id, hold_id, firm=firm):
            raise NoHold
        record(deployment, session, leader_id, What.HOLD_KEPT, by, firm=firm)


def _find(session: Session, leader_id: str, hold_id: str) -> Hold:
    hold = holds.find(session, leader_id, hold_id)
    if hold is None:
        raise NoHold
    return hold


def _event(deployment: Deployment, hold: Hold) -> str:
    event_id: str = deployment.database.vault.open(hold.contents)["event_id"]
    return event_id


def _span(hold: Hold) -> Interval:
    return Interval(hold.starts_at, hold.ends_at)


def _new(deployment: Deployment, hold: Hold, how: How, diary: Diary) -> Override:
    day = diary.pattern.day_of(hold.starts_at)
    return overrides.new(day, Kind(hold.kind), how, _span(hold), deployment.now())


def _known(session: Session, leader_id: str, hold: Hold, how: How) -> Override | None:
    """The same said before: somebody may press twice."""
    for row in stored.of_leader(session, leader_id):
        each = overrides.value(row)
        if (each.kind, each.how, each.span) == (Kind(hold.kind), how, _span(hold)):
            return each
    return None


# --- the time that is owed ----------------------------------------------------------------------


def owed_until(diary: Diary, day: date) -> datetime:
    """The end of the fifth working day after a day; leave and days off are no working days."""
    worked = list(_working_days(diary, day))[:BACK]
    last = worked[-1].window if worked else None
    if last is None:
        return instant(day + BACK * _DAY, datetime.min.time(), diary.pattern.zone)
    return last.span.end


def _working_days(diary: Diary, day: date) -> Iterator[Day]:
    """The working days after a day, in order."""
    for each in dates(day + _DAY, day + _FAR * _DAY):
        found = diary.day(each)
        if found.window is not None:
            yield found


def offers(
    owed: Sequence[Override],
    planned: Diary,
    policy: Policy,
    now: datetime,
    unwanted: Unwanted = frozenset(),
    avoided: Collection[Slot] = (),
) -> tuple[Offer, ...]:
    """Where time that is owed is given back, the most urgent first: at most one hold for each.

    `planned` is the diary with the plan's changes made. Each hold goes to the earliest working day
    with room for all of it, else for as much as counts as a piece of protected time; there first
    into the preferred hours, then as early as can be.
    """
    found: list[Offer] = []
    diary = planned
    for override in owed:
        span = _place(override, diary, policy, now, unwanted, avoided)
        if span is None:
            continue
        offer = Offer(override.id, _give_back(override, span, diary))
        diary = after(diary, [offer.change])
        found.append(offer)
    return tuple(found)


def _give_back(override: Override, span: Interval, diary: Diary) -> Change:
    zone = diary.pattern.zone
    day = say_day(local_date(span.start, zone))
    message = text(
        "Keep %(span)s on %(day)s for protected time. You gave up %(time)s on %(lost)s.",
        span=say_span(span, zone),
        day=day,
        time=say_minutes(lost(override)),
        lost=say_day(override.day),
    )
    return Change(
        ChangeKind.HOLD_CREATE,
        None,
        span,
        hold=override.kind,
        because=(f"{_OWED}{override.id}",),
        message=message,
    )


def _place(
    override: Override,
    diary: Diary,
    policy: Policy,
    now: datetime,
    unwanted: Unwanted,
    avoided: Collection[Slot],
) -> Interval | None:
    """The best place for what an override gave up, None where there is none."""
    days = [
        _room(each, override, diary, policy, avoided)
        for each in _working_days(diary, override.day)
        if _takes_more(each, override, diary, unwanted)
    ]
    wanted = lost(override)
    wanted += -wanted % 5
    for minutes in range(wanted, min(policy.protected_piece, wanted) - 1, -5):
        for day in days:
            for span in day.places(timedelta(minutes=minutes), now):
                if day.takes(span):
                    return span
    return None


def lost(override: Override) -> int:
    """The minutes that were still to come when a hold was given up."""
    span = override.span
    return Interval(min(max(span.start, override.at), span.end), span.end).minutes


def _takes_more(day: Day, override: Override, diary: Diary, unwanted: Unwanted) -> bool:
    """Whether one more piece may be placed on a day."""
    window, until = day.window, override.owed_until
    if window is None or until is None or not diary.start <= day.date < diary.end:
        return False
    due = window.span.start < until
    full = len(day.holds(override.kind)) >= PIECES_A_DAY
    return due and not full and (day.date, override.kind) not in unwanted


@dataclass(frozen=True)
class _Room:
    """A day that may take time back. `alone` is that day by itself, which misses `lacking`."""

    free: tuple[Interval, ...]
    liked: Interval
    kind: Kind
    alone: Diary
    lacking: Mapping[str, int]
    policy: Policy

    def places(self, length: timedelta, now: datetime) -> list[Interval]:
        """Where so much fits, the best first."""
        found = [
            Interval(start, start + length)
            for free in self.free
            for start in grid(free, length, now)
        ]
        return sorted(found, key=lambda each: (not self.liked.contains(each), each.start))

    def takes(self, span: Interval) -> bool:
        """Whether no rule misses more with the hold than without: it may not take the break."""
        hold = Change(ChangeKind.HOLD_CREATE, None, span, hold=self.kind)
        there = lacking(after(self.alone, [hold]), self.policy)
        return all(minutes <= self.lacking.get(each, 0) for each, minutes in there.items())


def _room(
    day: Day, override: Override, diary: Diary, policy: Policy, avoided: Collection[Slot]
) -> _Room:
    if day.window is None:
        raise ValueError("only a working day has room")
    zone, span = diary.pattern.zone, day.window.span
    taken = [each.span for each in (*day.appointments, *day.around)]
    for slot in avoided:
        if slot.kind is override.kind:
            taken += overrides.times_of(slot, day.date - _DAY, day.date + 2 * _DAY, zone)
    first = instant(day.date, policy.preferred_from, zone) if policy.preferred_from else span.start
    last = instant(day.date, policy.preferred_to, zone) if policy.preferred_to else span.end
    alone = one_day(diary, day.date)
    return _Room(
        free=tuple(subtract([span], taken)),
        liked=Interval(first, max(first, last)),
        kind=override.kind,
        alone=alone,
        lacking=lacking(alone, policy),
        policy=policy,
    )


def lacking(diary: Diary, policy: Policy) -> Mapping[str, int]:
    """The minutes that a diary misses of what plans work on, by finding."""
    # nor does what is given back take the last of the time in which the team can call
    reachable = open_time.RULE.find(diary, policy)
    return {each.id: each.missing for each in (*planned_findings(diary, policy), *reachable)}


def grid(free: Interval, length: timedelta, now: datetime) -> Iterator[datetime]:
    """The starts on the five-minute grid, from now on, at which so much fits into free time."""
    start = max(free.start, now)
    start += (datetime.min.replace(tzinfo=start.tzinfo) - start) % GRID
    while start + length <= free.end:
        yield start
        start += GRID


def paid(changes: Iterable[Change]) -> frozenset[str]:
    """The ids of the overrides whose time these changes give back."""
    return frozenset(
        each.removeprefix(_OWED)
        for change in changes
        for each in change.because
        if each.startswith(_OWED)
    )


def settle(deployment: Deployment, session: Session, leader_id: str, change: Change) -> None:
    """What a change gives back is owed no longer; to be called in the transaction that notes it as
    made. For any other change, nothing."""
    for override_id in paid([change]):
        if stored.settle(session, leader_id, override_id):
            record(deployment, session, leader_id, What.TIME_OFFERED_BACK, CLEARWAY)
