"""Plans, and the journal of what was done for each of them."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import and_, delete, false, or_, select
from sqlalchemy.orm import Session

from app.storage.tables import Disturbance, Plan, Step


def add(session: Session, plan: Plan) -> None:
    """Keep a new plan."""
    session.add(plan)
    session.flush()


def find(session: Session, leader_id: str, plan_id: str) -> Plan | None:
    """A plan of this leader."""
    found = select(Plan).where(Plan.id == plan_id, Plan.leader_id == leader_id)
    return session.scalars(found.execution_options(populate_existing=True)).one_or_none()


def locked(session: Session, leader_id: str, plan_id: str) -> Plan | None:
    """A plan of this leader, which nobody else changes until the transaction ends."""
    found = select(Plan).where(Plan.id == plan_id, Plan.leader_id == leader_id).with_for_update()
    return session.scalars(found.execution_options(populate_existing=True)).one_or_none()


def state_of(session: Session, plan_id: str) -> str | None:
    """The state of a plan, which nobody changes until the transaction ends."""
    found = select(Plan.state).where(Plan.id == plan_id).with_for_update()
    return session.scalars(found).one_or_none()


def locked_in(session: Session, leader_id: str, states: Collection[str]) -> Sequence[Plan]:
    """A leader's plans in some states, the oldest first, locked as above."""
    found = select(Plan).where(Plan.leader_id == leader_id, Plan.state.in_(states))
    ordered = found.order_by(Plan.made_at, Plan.id).with_for_update()
    return session.scalars(ordered.execution_options(populate_existing=True)).all()


def ids_in(session: Session, leader_id: str, states: Collection[str]) -> Sequence[str]:
    """The ids of a leader's plans in some states, the oldest first."""
    found = select(Plan.id).where(Plan.leader_id == leader_id, Plan.state.in_(states))
    return session.scalars(found.order_by(Plan.made_at, Plan.id)).all()


def stopped(
    session: Session, leader_id: str, states: Collection[str], reasons: Collection[str]
) -> Sequence[tuple[str, str]]:
    """Id and state of a leader's plans in some states for some reasons, the oldest first."""
    found = select(Plan.id, Plan.state).where(
        Plan.leader_id == leader_id, Plan.state.in_(states), Plan.reason.in_(reasons)
    )
    rows = session.execute(found.order_by(Plan.made_at, Plan.id)).all()
    return [(row.id, row.state) for row in rows]


def of_origin(
    session: Session, leader_id: str, origin: str, plan_ids: Collection[str]
) -> Sequence[str]:
    """Those of a leader's plans that were made for this."""
    found = select(Plan.id).where(Plan.leader_id == leader_id, Plan.origin == origin)
    return session.scalars(found.where(Plan.id.in_(plan_ids))).all()


def newest(
    session: Session,
    leader_id: str,
    limit: int,
    *,
    before: datetime | None = None,
    after_id: str = "",
    states: Collection[str] = (),
) -> Sequence[Plan]:
    """So many of a leader's plans, the newest first: those made earlier, those in some states.

    Of plans made at the moment `before` itself those count as earlier that have a greater id than
    `after_id`, where it is given.
    """
    found = select(Plan).where(Plan.leader_id == leader_id)
    if before is not None:
        same = and_(Plan.made_at == before, Plan.id > after_id) if after_id else false()
        found = found.where(or_(Plan.made_at < before, same))
    if states:
        found = found.where(Plan.state.in_(states))
    return session.scalars(found.order_by(Plan.made_at.desc(), Plan.id).limit(limit)).all()


def alike(
    session: Session, leader_id: str, digest: str, states: Collection[str], since: datetime
) -> Plan | None:
    """The newest plan with the same changes, made since a moment and now in one of the states."""
    found = select(Plan).where(
        Plan.leader_id == leader_id,
        Plan.digest == digest,
        Plan.state.in_(states),
        Plan.made_at >= since,
    )
    return session.scalars(found.order_by(Plan.made_at.desc(), Plan.id).limit(1)).one_or_none()


def overdue(
    session: Session, states: Collection[str], moment: datetime, limit: int
) -> Sequence[tuple[str, str]]:
    """Leader and id of plans in some states whose time to be accepted and begun is over."""
    found = select(Plan.leader_id, Plan.id).where(Plan.state.in_(states), Plan.expires_at <= moment)
    rows = session.execute(found.order_by(Plan.expires_at).limit(limit)).all()
    return [(row.leader_id, row.id) for row in rows]


# --- the journal ------------------------------------------------------------------------------


def steps(session: Session, plan_id: str, direction: str) -> Sequence[Step]:
    """What was begun or settled in one direction, in order of number."""
    found = select(Step).where(Step.plan_id == plan_id, Step.direction == direction)
    ordered = found.order_by(Step.number).execution_options(populate_existing=True)
    return session.scalars(ordered).all()


def step(session: Session, plan_id: str, direction: str, number: int) -> Step | None:
    """One step, None where it was not begun."""
    return session.get(Step, (plan_id, direction, number), populate_existing=True)


def keep_step(session: Session, step: Step) -> None:
    """Write a step down, new or changed."""
    session.add(step)
    session.flush()


def drop_step(session: Session, plan_id: str, direction: str, number: int) -> None:
    """Forget a step, so that it is begun again; one that is not there is no error."""
    found = delete(Step).where(
        Step.plan_id == plan_id, Step.direction == direction, Step.number == number
    )
    session.execute(found)


def disturb_once(session: Session, disturbance: Disturbance) -> None:
    """Note that people heard of a step, where that is not noted yet."""
    known = select(Disturbance.id).where(
        Disturbance.plan_id == disturbance.plan_id,
        Disturbance.number == disturbance.number,
        Disturbance.direction == disturbance.direction,
    )
    if session.scalars(known).one_or_none() is None:
        session.add(disturbance)
        session.flush()
