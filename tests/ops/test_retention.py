"""Each line of the table of retention, just inside and just outside."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.life import states
from app.storage.database import Database
from app.storage.retention import RULES, UNFINISHED, Action, Rule, purge
from app.storage.tables import Base, Departed, Plan, Step, Worker
from tests.ops import rows
from tests.ops.rows import NOW

SECOND = timedelta(seconds=1)
LONG = timedelta(days=3000)
Placed = Callable[[Database, Session, str, timedelta], object]


def _plan(column: str, **usual):
    def place(database: Database, session: Session, leader: str, ago: timedelta) -> object:
        away = {"made_at": NOW, "expires_at": NOW + LONG, "undo_until": NOW + LONG}
        return rows.a_plan(database, session, leader, **away | usual | {column: NOW - ago})

    return place


def _hold(database: Database, session: Session, leader: str, ago: timedelta) -> object:
    connection = rows.a_connection(database, session, leader)
    return rows.a_hold(database, session, leader, connection, NOW - ago)


def _delegation(column: str):
    def place(database: Database, session: Session, leader: str, ago: timedelta) -> object:
        return rows.a_delegation(
            database, session, leader, **{"expires_at": NOW + LONG} | {column: NOW - ago}
        )

    return place


PLACED: dict[str, Placed] = {
    "steps": _plan("undo_until"),
    "plan contents": _plan("undo_until"),
    "contents of plans that were not carried out": _plan(
        "expires_at", undo_until=None, state="expired"
    ),
    "plans": _plan("made_at"),
    "history": lambda d, s, leader, ago: rows.a_history_entry(d, s, leader, NOW - ago),
    "holds": _hold,
    "overrides": lambda d, s, leader, ago: rows.an_override(s, leader, NOW - ago),
    "disturbances": lambda d, s, leader, ago: rows.a_disturbance(s, leader, NOW - ago),
    "delegations that ended": _delegation("expires_at"),
    "delegations taken back": _delegation("revoked_at"),
    "weekly figures": lambda d, s, leader, ago: rows.a_week_result(d, s, leader, NOW - ago),
    "weekly mails": lambda d, s, leader, ago: rows.a_mailing(s, rows.an_id(), NOW - ago),
    "sign-ins": lambda d, s, leader, ago: rows.a_sign_in(d, s, NOW - ago),
    "errands": lambda d, s, leader, ago: rows.an_errand(d, s, NOW - ago),
    "answers": lambda d, s, leader, ago: rows.an_answer(d, s, leader, NOW - ago),
    "departures": lambda d, s, leader, ago: s.add(
        Departed(what="leader", id=rows.an_id(), at=NOW - ago)
    ),
    "workers": lambda d, s, leader, ago: s.add(
        Worker(id=rows.an_id(), version="0", started_at=NOW - ago, seen_at=NOW - ago)
    ),
}
assert set(PLACED) == {rule.name for rule in RULES}


def _kept(session: Session, rule: Rule) -> int:
    table: type[Base] = rule.table
    query = select(func.count()).select_from(table)
    if rule.action is Action.EMPTY:
        query = query.where(Plan.contents.is_not(None))
    return session.scalars(query).one()


def test_every_line_takes_what_is_over_and_nothing_sooner(database):
    for rule in RULES:
        with database.transaction() as session:
            leader = rows.a_leader(database, session)
            PLACED[rule.name](database, session, leader, rule.keep - SECOND)
            PLACED[rule.name](database, session, leader, rule.keep + SECOND)
            session.flush()
            before = _kept(session, rule)
            done = purge(session, NOW)
            assert (rule.name, _kept(session, rule), done[rule.name]) == (rule.name, before - 1, 1)
            assert purge(session, NOW)[rule.name] == 0
            session.rollback()


def test_no_line_goes_beyond_its_cap_and_each_has_a_reason():
    for rule in RULES:
        assert rule.keep <= rule.cap and rule.reason


@pytest.mark.parametrize(("weeks", "kept"), [(1, 0), (26, 1), (500, 1)])
def test_an_installation_chooses_how_long_history_is_kept_up_to_the_cap(database, weeks, kept):
    with database.transaction() as session:
        leader = rows.a_leader(database, session)
        rows.a_history_entry(database, session, leader, NOW - timedelta(weeks=20))
        rows.a_history_entry(database, session, leader, NOW - timedelta(weeks=53))
        purge(session, NOW, timedelta(weeks=weeks))
        history = next(rule for rule in RULES if rule.name == "history")
        assert _kept(session, history) == kept


def test_a_plan_that_somebody_is_at_work_on_keeps_what_it_needs(database):
    assert {state.value for state in states.UNFINISHED} == UNFINISHED
    for state in UNFINISHED:
        with database.transaction() as session:
            leader = rows.a_leader(database, session)
            rows.a_plan(database, session, leader, state=state, undo_until=NOW - LONG)
            purge(session, NOW)
            assert session.scalars(select(func.count()).select_from(Step)).one() == 1
            assert session.scalars(select(Plan.contents)).one() is not None
            session.rollback()
