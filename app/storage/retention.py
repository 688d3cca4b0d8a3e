"""How long what is kept is kept: one table, carried out by `purge`.

An age counts from the column of its line. `cap` is what no installation may go beyond; a leader's
leaving ends everything at once, whatever stands here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, null, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.storage import rows
from app.storage.departures import Gone
from app.storage.tables import (
    Answered,
    Base,
    Delegation,
    Departed,
    Disturbance,
    Errand,
    HistoryEntry,
    Hold,
    Leader,
    Mailing,
    Override,
    Plan,
    SignIn,
    Step,
    WeekResult,
    Worker,
)

_NONE, _DAY = timedelta(), timedelta(days=1)
_WEEK = timedelta(weeks=1)
BACKUPS = timedelta(days=30)
"""How long backups are kept, unless somebody says more or less."""
BACKUPS_CAP = timedelta(days=35)
"""No backup that is older is restored: who left in the meantime is known for so long."""
_HISTORY = 13 * _WEEK
UNFINISHED = frozenset({"proposed", "accepted", "applying", "undoing"})
"""States of plans whose changes are still needed, however old they are (`app.life.states`)."""


class Action(StrEnum):
    """What happens at the end: the row goes, or what is sealed in it."""

    DELETE = "delete"
    EMPTY = "empty"


@dataclass(frozen=True, slots=True)
class Rule:
    """One line: rows of `table` go `keep` after `column`. `reason` is for people.

    A column of another table is that of the plan that the row belongs to.
    """

    name: str
    table: type[Base]
    column: InstrumentedAttribute[Any]
    keep: timedelta
    cap: timedelta
    action: Action
    reason: str
    history: bool = False
    """Whether an installation chooses how long, up to the cap (CLEARWAY_HISTORY_WEEKS)."""


RULES = (
    Rule("steps", Step, Plan.undo_until, _NONE, _NONE, Action.DELETE, "undo is over"),
    Rule("plan contents", Plan, Plan.undo_until, _NONE, _NONE, Action.EMPTY, "undo is over"),
    Rule(
        "contents of plans that were not carried out", Plan, Plan.expires_at, _WEEK, 5 * _WEEK,
        Action.EMPTY, "nothing is left to do with them",
    ),
    Rule(
        "plans", Plan, Plan.made_at, _HISTORY, 52 * _WEEK,
        Action.DELETE, "as long as the history that names them", history=True,
    ),
    Rule(
        "history", HistoryEntry, HistoryEntry.at, _HISTORY, 52 * _WEEK,
        Action.DELETE, "a leader can look back over a quarter", history=True,
    ),
    Rule("holds", Hold, Hold.ends_at, _WEEK, 5 * _WEEK, Action.DELETE, "last week's page"),
    Rule(
        "overrides", Override, Override.ends_at, 5 * _WEEK, 5 * _WEEK,
        Action.DELETE, "three of them offer a new time",
    ),
    Rule(
        "disturbances", Disturbance, Disturbance.at, 5 * _WEEK, 5 * _WEEK,
        Action.DELETE, "a meeting changes once in four weeks",
    ),
    Rule(
        "delegations that ended", Delegation, Delegation.expires_at, 5 * _WEEK, 5 * _WEEK,
        Action.DELETE, "a restored backup must not bring them back",
    ),
    Rule(
        "delegations taken back", Delegation, Delegation.revoked_at, 5 * _WEEK, 5 * _WEEK,
        Action.DELETE, "a restored backup must not bring them back",
    ),
    Rule(
        "weekly figures", WeekResult, WeekResult.at, 26 * _WEEK, 52 * _WEEK,
        Action.DELETE, "weeks before can be compared with weeks after",
    ),
    Rule(
        "weekly mails", Mailing, Mailing.at, 30 * _DAY, 90 * _DAY,
        Action.DELETE, "a mail that comes back is known by it",
    ),
    Rule("sign-ins", SignIn, SignIn.expires_at, _NONE, _NONE, Action.DELETE, "they are over"),
    Rule("errands", Errand, Errand.expires_at, _NONE, _NONE, Action.DELETE, "they are over"),
    Rule("answers", Answered, Answered.at, _DAY, _DAY, Action.DELETE, "a request may come again"),
    Rule(
        "departures", Departed, Departed.at, BACKUPS_CAP, BACKUPS_CAP,
        Action.DELETE, "no backup that has them can be restored",
    ),
    Rule("workers", Worker, Worker.seen_at, _DAY, _DAY, Action.DELETE, "they are gone"),
)  # fmt: skip


def purge(session: Session, now: datetime, history: timedelta | None = None) -> Mapping[str, int]:
    """Carry the table out; how many rows each line changed. Safe to do at any time, and twice.

    `history` is how long history is kept instead of 13 weeks; more than the cap counts as the cap.
    Whoever left and is back from a backup is deleted again.
    """
    done = {rule.name: _carry_out(session, _chosen(rule, history), now) for rule in RULES}
    return done | {"leaders who left": _delete_departed(session)}


def _chosen(rule: Rule, history: timedelta | None) -> Rule:
    if history is None or not rule.history:
        return rule
    return replace(rule, keep=min(history, rule.cap))


def _carry_out(session: Session, rule: Rule, now: datetime) -> int:
    key = next(iter(rule.table.__table__.primary_key))
    over = rule.column <= now - rule.keep
    if rule.table is Step:
        over = Step.plan_id.in_(select(Plan.id).where(over, _is_settled()))
    elif rule.table is Plan:
        over = and_(over, _is_settled())
    if rule.action is Action.DELETE:
        gone = delete(rule.table).where(over).returning(key)
    else:
        gone = _empty(rule, over).returning(key)
    return len(session.execute(gone).all())


def _empty(rule: Rule, over: ColumnElement[bool]) -> Any:
    never_begun = [] if rule.column is Plan.undo_until else [Plan.undo_until.is_(None)]
    full = Plan.contents.is_not(None)
    return update(Plan).where(over, full, *never_begun).values(contents=null())


def _is_settled() -> ColumnElement[bool]:
    return Plan.state.not_in(UNFINISHED)


def _delete_departed(session: Session) -> int:
    gone = select(Departed.id).where(Departed.what == Gone.LEADER.value)
    back = session.scalars(select(Leader.id).where(Leader.id.in_(gone))).all()
    for leader_id in back:
        rows.delete_all(session, leader_id)
    return len(back)
