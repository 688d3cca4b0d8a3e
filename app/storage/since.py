"""What happened after a backup was made, and how it is carried into the restored copy.

What a person had deleted since, delegations taken back and everybody's sign-ins are gone. Nobody's
diary is changed by a consent that may have ended since: how far Clearway may go, and by which
settings, is as the replaced database has it, and where that is lost, Clearway only looks until its
leader says more. So it is with plans: those that waited are given up, and those at work go on only
where the replaced database knows how far they came. Plans made since are carried as a whole, and
so is what was given up, locked and told to other people. Weekly mail goes where the replaced
database says, and nowhere where that is lost; what has gone out is not sent again. A leader who is not in the copy, or who
left since, gets nothing back.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from sqlalchemy import (
    ColumnElement,
    Executable,
    PrimaryKeyConstraint,
    UniqueConstraint,
    and_,
    delete,
    exists,
    insert,
    literal,
    null,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.orm import Session

from app.storage.columns import SealedBytes, database_now
from app.storage.departures import Gone
from app.storage.tables import (
    Answered,
    Base,
    Connection,
    Delegation,
    Departed,
    Disturbance,
    Errand,
    Hold,
    Leader,
    Lock,
    Mailbox,
    Mailing,
    Override,
    Plan,
    Postbox,
    SignIn,
    Step,
    Worker,
)
from app.storage.vault import Vault, VaultError

LOOKS_ONLY, ASKS, BY_ITSELF = "observe", "propose", "auto"
"""How far Clearway goes for a leader (`app.people.settings.Mode`)."""
WAITING = ("proposed", "accepted")
"""States of plans of which nothing was written yet (`app.life.states`)."""
AT_WORK = {"applying": "partly_applied", "undoing": "partly_undone"}
"""States in which a worker goes on with a plan, and those in which it has stopped on the way."""
GOES_ON = ("sign-in", "disconnected", "unreachable")
"""Reasons for which a plan that has stopped goes on by itself (`app.life.reasons`)."""
RESTS_ON_OTHER = {"state": "stale", "reason": "settings"}
"""What becomes of a plan that rests on settings, locks and a diary which may be others by now."""
_CLOCKS = timedelta(hours=1)
"""By how much the clocks of those who write rows and make backups may differ, and more."""
_MODE = ("mode", "mode_since", "paused_until")
_SETTINGS = ("settings", "version")
_PROGRESS = ("state", "state_since", "reason", "undo_until")
_Row: TypeAlias = Mapping[str, Any]
"""Values by column."""


@dataclass(frozen=True, slots=True)
class Since:
    """What happened after a backup was made that holds for the restored rows too.

    `chosen` is what leaders chose, by id; `rows` are those of tables that only grow, and `mail`
    says where weekly mail goes and which has gone out.
    """

    departed: Sequence[tuple[str, str, datetime]] = ()
    leaving: Sequence[tuple[str, datetime]] = ()
    revoked: Sequence[tuple[str, datetime]] = ()
    chosen: Sequence[tuple[str, _Row]] = ()
    plans: Sequence["_PlanSince"] = ()
    rows: Sequence[tuple[type[Base], _Row]] = ()
    mail: Sequence[tuple[type[Base], _Row]] = ()


@dataclass(frozen=True, slots=True)
class _PlanSince:
    """A plan as it is by now, with its journal and its holds, and whether our keys open them."""

    row: _Row
    steps: Sequence[_Row]
    holds: Sequence[_Row]
    is_readable: bool


# --- what the replaced database knows ------------------------------------------------------------


def read_since(session: Session, vault: Vault, made_at: datetime) -> Since:
    """What a database that is about to be replaced knows of the time after a backup was made."""
    gone = select(Departed.what, Departed.id, Departed.at)
    leaving = select(Leader.id, Leader.leaving_at).where(Leader.leaving_at.is_not(None))
    revoked = select(Delegation.id, Delegation.revoked_at).where(Delegation.revoked_at.is_not(None))
    return Since(
        [(what, row_id, when) for what, row_id, when in session.execute(gone)],
        [(row_id, when) for row_id, when in session.execute(leaving) if when],
        [(row_id, when) for row_id, when in session.execute(revoked) if when],
        [(each.id, _chosen(vault, each)) for each in session.scalars(select(Leader))],
        _read_plans(session, vault, made_at - _CLOCKS),
        _read_rows(session, vault, made_at - _CLOCKS),
        _read_mail(session, vault, made_at - _CLOCKS),
    )


def _chosen(vault: Vault, leader: Leader) -> _Row:
    """How far Clearway may go, with the settings that say by itself in what."""
    if _opens(vault, leader):
        return _columns(leader, (*_MODE, *_SETTINGS))
    mode = _columns(leader, _MODE)
    # the backup's settings may have kinds of holds that were switched off since
    return {**mode, "mode": ASKS} if leader.mode == BY_ITSELF else mode


def _read_plans(session: Session, vault: Vault, since: datetime) -> Sequence[_PlanSince]:
    """The plans whose state or journal may be another than the backup has it, or that it lacks."""
    may_differ = or_(Plan.state_since >= since, Plan.state.in_((*AT_WORK, *AT_WORK.values())))
    found = session.scalars(select(Plan).where(may_differ).order_by(Plan.made_at, Plan.id))
    return [_read_plan(session, vault, each) for each in found]


def _read_plan(session: Session, vault: Vault, plan: Plan) -> _PlanSince:
    steps = session.scalars(select(Step).where(Step.plan_id == plan.id)).all()
    holds = session.scalars(select(Hold).where(Hold.plan_id == plan.id)).all()
    return _PlanSince(
        _columns(plan),
        [_columns(each) for each in steps],
        [_columns(each) for each in holds],
        _opens(vault, plan, *steps, *holds),
    )


def _read_rows(
    session: Session, vault: Vault, since: datetime
) -> Sequence[tuple[type[Base], _Row]]:
    """What was given up, locked and told to other people, with letters that are still due."""
    # an override whose time was given back since tells no moment of that
    newer = ((Override, true()), (Lock, Lock.at >= since), (Disturbance, Disturbance.at >= since))
    return [
        (table, _columns(each))
        for table, chosen in newer
        for each in session.scalars(select(table).where(chosen))
        if _opens(vault, each)
    ]


def _read_mail(
    session: Session, vault: Vault, since: datetime
) -> Sequence[tuple[type[Base], _Row]]:
    boxes = [each for each in session.scalars(select(Postbox)) if _opens(vault, each)]
    gone_out = session.scalars(select(Mailing).where(Mailing.at >= since))
    return [(type(each), _columns(each)) for each in (*boxes, *gone_out)]


def _columns(row: Base, names: Sequence[str] = ()) -> _Row:
    return {each: getattr(row, each) for each in names or row.__table__.columns.keys()}


def _opens(vault: Vault, *rows: Base) -> bool:
    """Whether our keys open all that is sealed in rows."""
    for row in rows:
        for column in row.__table__.columns:
            sealed = getattr(row, column.name)
            if isinstance(column.type, SealedBytes) and sealed is not None:
                try:
                    vault.open_bytes(sealed)
                except VaultError:
                    return False
    return True


# --- what follows for the restored copy ----------------------------------------------------------


def settle(since: Since) -> Iterator[Executable]:
    """The statements that make a restored copy true again."""
    for what, row_id, when in since.departed:
        yield delete(Departed).where(Departed.what == what, Departed.id == row_id)
        yield insert(Departed).values(what=what, id=row_id, at=when)
    for table, what in ((Connection, Gone.CONNECTION), (Leader, Gone.LEADER)):
        gone = select(Departed.id).where(Departed.what == what.value)
        yield delete(table).where(table.id.in_(gone))
    yield from _settle_mail(since)
    yield update(Leader).values(mode=LOOKS_ONLY)
    for row_id, chosen in since.chosen:
        yield update(Leader).where(Leader.id == row_id).values(dict(chosen))
    for row_id, when in since.leaving:
        yield update(Leader).where(Leader.id == row_id).values(leaving_at=when)
    for row_id, when in since.revoked:
        taken_back = {"revoked_at": when, "invitation": null()}
        yield update(Delegation).where(Delegation.id == row_id).values(taken_back)
    yield from _settle_plans(since.plans)
    for grown, row in since.rows:
        yield from _put(grown, row, _has_leader(row))
    # one that was accepted or taken back since could be used again
    yield update(Delegation).values(invitation=null())
    for short_lived in (SignIn, Errand, Answered, Worker):
        yield delete(short_lived)
    # nobody is at work on a diary, and each has to be looked at again
    free = {"holder": null(), "leased_until": null(), "queued_at": null(), "attempts": 0}
    yield update(Mailbox).values(free | {"dirty_at": database_now()})


def _settle_mail(since: Since) -> Iterator[Executable]:
    nowhere = {"goes_to": null(), "asked": null(), "digest": False, "acting": False}
    yield update(Postbox).values(nowhere | {"verified_at": null(), "acting_at": null()})
    for table, row in since.mail:
        yield from _put(table, row, true())
    leads, acts = select(Leader.identity), select(Delegation.identity)
    acts = acts.where(Delegation.identity.is_not(None))
    yield delete(Postbox).where(Postbox.identity.not_in(leads), Postbox.identity.not_in(acts))
    yield delete(Mailing).where(Mailing.identity.not_in(leads), Mailing.identity.not_in(acts))


def _settle_plans(known: Sequence[_PlanSince]) -> Iterator[Executable]:
    """Plans stand as they did last; what nobody knows the end of is not gone on with."""
    for each in known:
        progress = {name: each.row[name] for name in _PROGRESS}
        yield update(Plan).where(Plan.id == each.row["id"]).values(progress)
    # before the journals come: a plan without one that we can read stops, too
    yield from _stop_plans()
    for each in known:
        if each.is_readable:
            yield from _put_plan(each)
    given_up = RESTS_ON_OTHER | {"state_since": database_now()}
    yield update(Plan).where(Plan.state.in_(WAITING)).values(given_up)


def _put_plan(plan: _PlanSince) -> Iterator[Executable]:
    there = _has_leader(plan.row)
    # the journal that the backup has goes with it
    yield from _put(Plan, plan.row, there)
    for step in plan.steps:
        yield from _put(Step, step, there)
    yield delete(Hold).where(Hold.plan_id == plan.row["id"])
    for hold in plan.holds:
        connected = exists().where(Connection.id == hold["connection_id"])
        yield from _put(Hold, hold, and_(there, connected))


def _stop_plans() -> Iterator[Executable]:
    """Plans at work wait for their leader; one that was not begun is given up."""
    begun = exists().where(Step.plan_id == Plan.id)
    first = next(iter(AT_WORK))
    yield update(Plan).where(Plan.state == first, ~begun).values(RESTS_ON_OTHER)
    for working, stopped in AT_WORK.items():
        would_go_on = and_(Plan.state == stopped, Plan.reason.in_(GOES_ON))
        waits = RESTS_ON_OTHER | {"state": stopped}
        yield update(Plan).where(or_(Plan.state == working, would_go_on)).values(waits)


def _has_leader(row: _Row) -> ColumnElement[bool]:
    return exists().where(Leader.id == row["leader_id"])


def _put(table: type[Base], row: _Row, holds: ColumnElement[bool]) -> Iterator[Executable]:
    """Put a row in the place of the same one, where what it belongs to is there."""
    yield delete(table).where(_is_same(table, row), holds)
    columns = table.__table__.columns
    values = [
        null() if row[each.name] is None else literal(row[each.name], each.type) for each in columns
    ]
    names = [each.name for each in columns]
    yield insert(table).from_select(names, select(*values).where(holds))


def _is_same(table: type[Base], row: _Row) -> ColumnElement[bool]:
    """Whether a row has a key of this one, so that there cannot be both."""
    keys = [
        each.columns
        for each in table.metadata.tables[table.__tablename__].constraints
        if isinstance(each, PrimaryKeyConstraint | UniqueConstraint)
    ]
    # what has no value is like nothing else
    whole = [each for each in keys if all(row[one.name] is not None for one in each)]
    return or_(*(and_(*(one == row[one.name] for one in each)) for each in whole))
