"""Seals everything again with the newest key, while the service runs.

It is found in the tables' description which columns are sealed, so a new one needs no line here.
Each batch is a transaction of its own, and what the newest key has sealed already is left as it
is: a rotation that was interrupted is simply begun again. The secret of the fingerprints is a
sealed value like the others, and stays the same.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import Column, Row, Table, select, tuple_, update
from sqlalchemy.orm import Session

from app.storage.columns import SealedBytes
from app.storage.database import Database
from app.storage.tables import Base
from app.storage.vault import Sealed, Vault

BATCH = 200


@dataclass(frozen=True, slots=True)
class Rotated:
    """What was done in one table: its rows, and how many of them were sealed again."""

    rows: int
    sealed_again: int


def rotate(database: Database, batch: int = BATCH) -> dict[str, Rotated]:
    """Seal every sealed column with the first key; what was done, by table.

    Raises VaultError where none of the keys opens a value; what was done until then stays done.
    """
    return {
        table.name: _rotate_table(database, table, batch)
        for table in Base.metadata.sorted_tables
        if _sealed_columns(table)
    }


def _rotate_table(database: Database, table: Table, batch: int) -> Rotated:
    rows, again, after = 0, 0, None
    while True:
        work = partial(_rotate_batch, vault=database.vault, table=table, after=after, batch=batch)
        found, changed, after = database.persist(work)
        rows, again = rows + found, again + changed
        if after is None:
            return Rotated(rows, again)


def _rotate_batch(
    session: Session, vault: Vault, table: Table, after: Sequence[Any] | None, batch: int
) -> tuple[int, int, Sequence[Any] | None]:
    """Rows looked at, rows changed, and the key of the last one unless that was the end."""
    keys = list(table.primary_key.columns)
    query = select(*keys, *_sealed_columns(table)).order_by(*keys).limit(batch).with_for_update()
    if after is not None:
        query = query.where(tuple_(*keys) > tuple_(*after))
    found = session.execute(query).all()
    changed = sum(_reseal(session, vault, table, row) for row in found)
    last = None if len(found) < batch else [found[-1]._mapping[each] for each in keys]
    return len(found), changed, last


def _reseal(session: Session, vault: Vault, table: Table, row: Row[Any]) -> bool:
    values: Mapping[Column[Any], Sealed | None] = {
        each: row._mapping[each] for each in _sealed_columns(table)
    }
    old = {
        column.name: vault.reseal(sealed)
        for column, sealed in values.items()
        if sealed is not None and not vault.is_newest(sealed)
    }
    if not old:
        return False
    whose = [each == row._mapping[each] for each in table.primary_key.columns]
    session.execute(update(table).where(*whose).values(old))
    return True


def _sealed_columns(table: Table) -> list[Column[Any]]:
    return [each for each in table.columns if isinstance(each.type, SealedBytes)]
