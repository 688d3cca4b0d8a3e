"""Figures of a leader's weeks."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.storage.tables import WeekResult


def weeks(session: Session, leader_id: str) -> Sequence[WeekResult]:
    """All that are kept, the oldest first."""
    asked = select(WeekResult).where(WeekResult.leader_id == leader_id)
    return session.scalars(asked.order_by(WeekResult.week)).all()


def keep(session: Session, result: WeekResult) -> None:
    """Keep a week, unless it is kept already: what was measured first stays."""
    if session.get(WeekResult, (result.leader_id, result.week)) is None:
        session.add(result)


def is_kept(session: Session, leader_id: str, week: date) -> bool:
    """Whether a week is kept."""
    return session.get(WeekResult, (leader_id, week)) is not None
