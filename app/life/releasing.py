"""The holds of a leader, to be seen and to be given up in one step.

Giving one up asks no calendar: it is remembered, and a plan that removes the hold is accepted in
the same moment, for a worker to carry out. So is one that moves it (`app.life.moving`).
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

from app.deployment import Deployment
from app.life import diaries, lifting, overrides, proposing, records
from app.life.diaries import Person
from app.life.errors import IsPaused
from app.life.lifting import NoHold, Request
from app.life.overrides import How
from app.life.proposing import Wish
from app.life.records import Contents
from app.life.states import Origin, PlanState, move
from app.people.choices import files_of, policy_of, zone_of
from app.people.history import LEADER, Actor, What, record
from app.services.hours import make_pattern
from app.shapes import plan_hash
from app.storage import Session, holds, plans
from app.storage.tables import Hold
from rules.change import Change
from rules.diary import Diary
from rules.event import Kind
from rules.interval import Interval
from rules.working_pattern import local_date

_AHEAD = timedelta(weeks=10)
"""As far as holds are placed, and the working days in which time is given back after that."""
_DAY = timedelta(days=1)
_CAME_TO_NOTHING = frozenset(
    {
        PlanState.DECLINED,
        PlanState.EXPIRED,
        PlanState.STALE,
        PlanState.UNDONE,
        PlanState.PARTLY_UNDONE,
    }
)


@dataclass(frozen=True, slots=True)
class Held:
    """A hold as Clearway last wrote it. `firm` is whether plans leave it where it is."""

    id: str
    kind: Kind
    span: Interval
    firm: bool
    plan_id: str | None


def ahead(deployment: Deployment, leader_id: str, *, own: bool) -> tuple[Held, ...]:
    """The holds that are not over, in order of time; of check-ins only the leader knows."""
    with deployment.database.transaction() as session:
        rows = holds.of_leader(session, leader_id, since=deployment.now())
    return tuple(_value(each) for each in rows if own or each.kind != Kind.CHECK_IN)


def get(deployment: Deployment, leader_id: str, hold_id: str, *, own: bool) -> Held:
    """One hold. Raises NoHold, and for a delegate of a check-in too."""
    with deployment.database.transaction() as session:
        row = holds.find(session, leader_id, hold_id)
    if row is None or (row.kind == Kind.CHECK_IN and not own):
        raise NoHold
    return _value(row)


def give_up(deployment: Deployment, leader_id: str, hold_id: str, by: Actor = LEADER) -> str:
    """Give up a hold; the id of the plan by which it goes.

    Doing it again gives the same plan, unless that one came to nothing. Raises NoHold, and
    IsPaused while nothing is written.
    """
    person = _awake(deployment, leader_id)
    asked = lifting.lift(deployment, leader_id, hold_id, _hours(deployment, person), by)
    return by_hand(deployment, person, asked, Origin.LIFT, by)


def by_hand(
    deployment: Deployment, person: Person, asked: Request, origin: Origin, by: Actor = LEADER
) -> str:
    """Keep what a person asked of one hold as a plan that is accepted; its id.

    Asking the same again gives the same plan, unless that one came to nothing.
    """
    leader_id = person.id
    contents = _contents(deployment, person, asked.change)
    wish, another = Wish(origin=origin), uuid4().hex
    digest = records.digest_of(deployment, contents.hash)

    def work(session: Session) -> str:
        policy, plan_id = policy_of(person.settings), asked.override.id
        known = plans.find(session, leader_id, plan_id)
        if known is not None and (known.state in _CAME_TO_NOTHING or known.digest != digest):
            plan_id = another
        proposing.add(deployment, session, leader_id, plan_id, contents, policy, wish)
        row = records.lock(session, leader_id, plan_id)
        if row.state == PlanState.PROPOSED:
            move(row, PlanState.ACCEPTED, deployment.now())
            record(deployment, session, leader_id, What.PLAN_ACCEPTED, by, plan_id=plan_id)
        return plan_id

    return deployment.database.persist(work)


def given_up(deployment: Deployment, leader_id: str) -> frozenset[tuple[Kind, Interval]]:
    """The holds that were given up here of late, by kind and time."""
    with deployment.database.transaction() as session:
        known = overrides.of_leader(session, leader_id, deployment.now())
    return frozenset((each.kind, each.span) for each in known if each.how is How.LIFTED)


def removals(deployment: Deployment, leader_id: str, plan_ids: Collection[str]) -> frozenset[str]:
    """Those of a leader's plans by which a hold goes that was given up."""
    with deployment.database.transaction() as session:
        return frozenset(plans.of_origin(session, leader_id, Origin.LIFT, plan_ids))


def current(deployment: Deployment, leader_id: str, *, own: bool) -> Held:
    """The hold that is running, or the next one today; for a delegate, where it is not the
    leader's `own` wish, no check-in. Raises NoHold where there is none.
    """
    person, now = diaries.person_of(deployment, leader_id), deployment.now()
    with deployment.database.transaction() as session:
        rows = holds.of_leader(session, leader_id, since=now)
    rows = [each for each in rows if own or each.kind != Kind.CHECK_IN]
    found = lifting.current(rows, now, _hours(deployment, person))
    if found is None:
        raise NoHold
    return _value(found)


def _awake(deployment: Deployment, leader_id: str) -> Person:
    person = diaries.person_of(deployment, leader_id)
    if person.rests(deployment.now()):
        raise IsPaused
    return person


def _hours(deployment: Deployment, person: Person) -> Diary:
    """An empty diary: all that counts is when the leader works."""
    zone = zone_of(person.settings)
    start = local_date(deployment.now(), zone) - _DAY
    pattern = make_pattern(zone, files_of(person.settings), start, start + _AHEAD)
    return Diary((), pattern, start, start + _AHEAD)


def _contents(deployment: Deployment, person: Person, change: Change) -> Contents:
    start, end = _days(change, zone_of(person.settings))
    return Contents(
        hash=plan_hash([change]),
        changes=(change,),
        start=start,
        end=end,
        basis=diaries.basis(deployment, person.settings, private=records.is_private(change)),
        beside=(frozenset(),),
    )


def _days(change: Change, zone: ZoneInfo) -> tuple[date, date]:
    """The local days of a hold, and of where it goes, with the day after the last."""
    spans = [each for each in (change.before, change.after) if each is not None]
    first = min(local_date(each.start, zone) for each in spans)
    return first, max(local_date(each.end, zone) for each in spans) + _DAY


def _value(row: Hold) -> Held:
    return Held(row.id, Kind(row.kind), Interval(row.starts_at, row.ends_at), row.firm, row.plan_id)
