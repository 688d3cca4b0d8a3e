"""All rows of one leader, whatever tables there are: to be taken along, and to be deleted.

A new table with a `leader_id` is part of both without a line here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Table, delete, select
from sqlalchemy.orm import Session

from app import logs
from app.logs import Event
from app.storage import departures
from app.storage.columns import SealedBytes
from app.storage.departures import Gone
from app.storage.tables import Base, Leader, Mailing, Postbox, SignIn

_BY_IDENTITY = {each.__tablename__ for each in (SignIn, Postbox, Mailing)}


@dataclass(frozen=True, slots=True)
class Held:
    """What a table holds of one leader.

    `sealed` and `secret` name columns: the sealed ones, and those of them that would let whoever
    has them into a calendar. A row is its values by column.
    """

    table: str
    columns: tuple[str, ...]
    sealed: frozenset[str]
    secret: frozenset[str]
    rows: Sequence[Mapping[str, Any]]


def held(session: Session, leader_id: str) -> tuple[Held, ...]:
    """Every row that is a leader's, by table, in the order of the tables' keys.

    Nothing where there is no such leader.
    """
    return tuple(_read(session, table, whose) for table, whose in _theirs(session, leader_id))


def delete_all(session: Session, leader_id: str) -> dict[str, int]:
    """Delete every row that is a leader's; how many of each table went. No backup brings it back."""
    counts: dict[str, int] = {}
    for table, whose in reversed(_theirs(session, leader_id)):
        key = next(iter(table.primary_key.columns))
        counts[table.name] = len(session.execute(delete(table).where(whose).returning(key)).all())
    if counts:
        departures.remember(session, Gone.LEADER, leader_id)
        logs.note(Event.LEFT, leader=leader_id)
    return counts


def _theirs(session: Session, leader_id: str) -> list[tuple[Table, ColumnElement[bool]]]:
    """The tables with which of their rows are this leader's; a table follows what it points to."""
    identity = session.scalars(select(Leader.identity).where(Leader.id == leader_id)).one_or_none()
    if identity is None:
        return []
    found: list[tuple[Table, ColumnElement[bool]]] = []
    for table in Base.metadata.sorted_tables:
        if table.name == Leader.__tablename__:
            found.append((table, table.c.id == leader_id))
        elif table.name in _BY_IDENTITY:
            found.append((table, table.c.identity == identity))
        elif "leader_id" in table.c:
            found.append((table, table.c.leader_id == leader_id))
    return found


def _read(session: Session, table: Table, whose: ColumnElement[bool]) -> Held:
    query = select(table).where(whose).order_by(*table.primary_key.columns)
    return Held(
        table.name,
        tuple(table.c.keys()),
        frozenset(each.name for each in table.c if isinstance(each.type, SealedBytes)),
        frozenset(each.name for each in table.c if each.info.get("secret")),
        [dict(row) for row in session.execute(query).mappings()],
    )
