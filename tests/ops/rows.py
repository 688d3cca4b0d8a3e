"""Rows for every table, made up."""

from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.storage.database import Database
from app.storage.tables import (
    Answered,
    Base,
    Connection,
    Delegation,
    Disturbance,
    Errand,
    HistoryEntry,
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
    WeekResult,
)
from app.storage.vault import Sealed

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
_numbers = count(1)


def an_id() -> str:
    return f"{next(_numbers):032x}"


def a_leader(database: Database, session: Session, **more: Any) -> str:
    leader_id = an_id()
    values = {
        "id": leader_id,
        "identity": f"identity-{leader_id}",
        "joined_at": NOW,
        "settings": database.vault.seal({"time_zone": "Europe/London"}),
        "mode": "propose",
        "mode_since": NOW,
    }
    session.add(Leader(**values | more))
    session.flush()
    memory = database.vault.seal({"until": NOW.isoformat(), "events": []})
    row = Mailbox(leader_id=leader_id, poll_at=NOW, holder="gone", leased_until=NOW, memory=memory)
    session.add(row)
    return leader_id


def a_connection(database: Database, session: Session, leader_id: str) -> str:
    connection_id = an_id()
    session.add(
        Connection(
            id=connection_id,
            leader_id=leader_id,
            provider="caldav",
            state="connected",
            state_since=NOW,
            connected_at=NOW,
            credentials=database.vault.seal({"password": f"secret-{connection_id}"}),
            calendars=database.vault.seal(["one"]),
        )
    )
    session.flush()
    return connection_id


def a_plan(database: Database, session: Session, leader_id: str, **more: Any) -> str:
    plan_id = an_id()
    values = {
        "id": plan_id,
        "leader_id": leader_id,
        "digest": "0" * 64,
        "state": "applied",
        "state_since": NOW,
        "tier": "holds",
        "origin": "leader",
        "made_at": NOW,
        "expires_at": NOW + timedelta(days=1),
        "undo_until": NOW + timedelta(days=35),
        "contents": database.vault.seal([plan_id]),
    }
    session.add(Plan(**values | more))
    session.flush()
    session.add(
        Step(
            plan_id=plan_id,
            direction="forward",
            number=0,
            leader_id=leader_id,
            state="done",
            at=NOW,
            contents=database.vault.seal({"of": plan_id}),
        )
    )
    session.flush()
    return plan_id


def a_hold(
    database: Database, session: Session, leader_id: str, connection_id: str, ends_at: datetime
) -> Hold:
    hold = Hold(
        id=an_id(),
        leader_id=leader_id,
        connection_id=connection_id,
        event=an_id(),
        kind="protected",
        starts_at=ends_at - timedelta(hours=1),
        ends_at=ends_at,
        contents=database.vault.seal({}),
    )
    session.add(hold)
    return hold


def a_delegation(database: Database, session: Session, leader_id: str, **more: Any) -> str:
    delegation_id = an_id()
    values = {
        "id": delegation_id,
        "leader_id": leader_id,
        "identity": "delegate",
        "label": database.vault.seal("PA"),
        "granted_at": NOW,
        "expires_at": NOW + timedelta(days=90),
    }
    session.add(Delegation(**values | more))
    session.flush()
    return delegation_id


def an_override(session: Session, leader_id: str, ends_at: datetime) -> Override:
    override = Override(
        id=an_id(),
        leader_id=leader_id,
        day=date(2026, 11, 23),
        kind="protected",
        how="deleted",
        starts_at=ends_at - timedelta(hours=1),
        ends_at=ends_at,
        at=ends_at,
    )
    session.add(override)
    return override


def a_disturbance(session: Session, leader_id: str, at: datetime) -> Disturbance:
    row = Disturbance(id=an_id(), leader_id=leader_id, kind="plan", event=an_id(), at=at, mails=3)
    session.add(row)
    return row


def a_lock(session: Session, leader_id: str, at: datetime, contents: Sealed) -> Lock:
    row = Lock(
        id=an_id(), leader_id=leader_id, event=an_id(), scope="event", at=at, contents=contents
    )
    session.add(row)
    return row


def a_history_entry(database: Database, session: Session, leader_id: str, at: datetime) -> Any:
    row = HistoryEntry(
        leader_id=leader_id,
        at=at,
        what="joined",
        who="leader",
        details=database.vault.seal({"number": 1}),
    )
    session.add(row)
    return row


def a_mailing(session: Session, identity: str, at: datetime) -> Mailing:
    row = Mailing(
        identity=identity,
        what="digest",
        week=date(2026, 11, 16),
        state="sent",
        at=at,
        message=an_id(),
    )
    session.add(row)
    return row


def a_postbox(database: Database, session: Session, identity: str) -> Postbox:
    row = Postbox(
        identity=identity,
        goes_to=database.vault.seal("leader@trust.example"),
        verified_at=NOW,
        asked=database.vault.seal({"sent": []}),
        digest=True,
        acting=False,
    )
    session.add(row)
    return row


def a_week_result(database: Database, session: Session, leader_id: str, at: datetime) -> WeekResult:
    row = WeekResult(
        leader_id=leader_id,
        week=date(2026, 11, 16) - timedelta(weeks=next(_numbers) % 1000),
        at=at,
        counts=True,
        contents=database.vault.seal({"protected": 240}),
    )
    session.add(row)
    return row


def a_sign_in(database: Database, session: Session, expires_at: datetime) -> SignIn:
    row = SignIn(
        id=an_id(),
        identity="identity",
        claims=database.vault.seal({}),
        issued_at=NOW,
        expires_at=expires_at,
    )
    session.add(row)
    return row


def an_errand(database: Database, session: Session, expires_at: datetime) -> Errand:
    row = Errand(
        id=an_id(), purpose="sign-in", carried=database.vault.seal({}), expires_at=expires_at
    )
    session.add(row)
    return row


def an_answer(database: Database, session: Session, leader_id: str, at: datetime) -> Answered:
    row = Answered(
        leader_id=leader_id,
        key=an_id(),
        request=an_id(),
        at=at,
        status=200,
        contents=database.vault.seal({}),
    )
    session.add(row)
    return row


def a_full_leader(database: Database) -> str:
    """A leader with something in every table that can hold something of one."""
    with database.transaction() as session:
        leader_id = a_leader(database, session)
        connection_id = a_connection(database, session, leader_id)
        a_plan(database, session, leader_id)
        a_hold(database, session, leader_id, connection_id, NOW + timedelta(days=1))
        a_delegation(database, session, leader_id)
        an_override(session, leader_id, NOW)
        a_disturbance(session, leader_id, NOW)
        a_history_entry(database, session, leader_id, NOW)
        an_answer(database, session, leader_id, NOW)
        a_lock(session, leader_id, NOW, contents=database.vault.seal({}))
        a_week_result(database, session, leader_id, NOW)
        identity = f"identity-{leader_id}"
        a_postbox(database, session, identity)
        a_mailing(session, identity, NOW)
        a_sign_in(database, session, NOW + timedelta(days=1))
        an_errand(database, session, NOW + timedelta(days=1))
    return leader_id


def everything(database: Database) -> dict[str, list[dict[str, Any]]]:
    """All rows of all tables, what is sealed as its value."""
    with database.transaction() as session:
        return {
            table.name: [
                {key: _opened(database, value) for key, value in row.items()}
                for row in session.execute(
                    select(table).order_by(*table.primary_key.columns)
                ).mappings()
            ]
            for table in Base.metadata.sorted_tables
        }


def _opened(database: Database, value: Any) -> Any:
    return database.vault.open(Sealed(value)) if isinstance(value, bytes) else value
