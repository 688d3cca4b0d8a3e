"""What Clearway holds about a leader: every row, opened, to read and to take along.

The tables themselves say what there is, so nothing can be held and left out. One thing is not
handed out: what would let its finder into a calendar. That it is held is said in its place.
"""

import csv
import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from app.deployment import Deployment
from app.people.errors import NotAllowed
from app.people.history import LEADER, What, record
from app.storage import rows
from app.storage.rows import Held
from app.storage.vault import Vault

KEPT_BACK = "held, and left out here: it would let whoever finds this into your calendar"
_EARLIEST = 1980
"""A zip file knows no earlier year."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table with the leader's rows: values that JSON can hold, in the order of `columns`."""

    name: str
    columns: tuple[str, ...]
    rows: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Everything:
    """All that is held about one leader at `at` (aware UTC)."""

    at: datetime
    tables: tuple[Table, ...]

    def to_json(self) -> dict[str, Any]:
        """The tables by name; instants are RFC 3339 in UTC."""
        return {
            "at": _plain(self.at),
            "tables": {each.name: [dict(row) for row in each.rows] for each in self.tables},
        }

    def to_zip(self) -> bytes:
        """A zip file with one CSV file (RFC 4180) a table; lists and tables in cells are JSON."""
        file = io.BytesIO()
        moment = (max(self.at.year, _EARLIEST), *self.at.timetuple()[1:6])
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for each in self.tables:
                entry = zipfile.ZipInfo(f"{each.name}.csv", moment)
                entry.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(entry, to_csv(each))
        return file.getvalue()


def look(deployment: Deployment, leader_id: str) -> Everything:
    """Everything that is held, for the leader's own page. Raises NotAllowed for no leader."""
    with deployment.database.transaction() as session:
        found = rows.held(session, leader_id)
    return _opened(deployment, found)


def export(deployment: Deployment, leader_id: str) -> Everything:
    """Everything that is held, to take along; that it was taken stands in the history, and here.

    Raises NotAllowed for no leader.
    """
    with deployment.database.transaction() as session:
        if rows.held(session, leader_id):
            record(deployment, session, leader_id, What.DATA_EXPORTED, LEADER)
            session.flush()
        found = rows.held(session, leader_id)
    return _opened(deployment, found)


def to_csv(table: Table) -> str:
    """One table as CSV, its columns in the first line."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(table.columns)
    for row in table.rows:
        writer.writerow([_cell(row[name]) for name in table.columns])
    return text.getvalue()


def _opened(deployment: Deployment, found: Sequence[Held]) -> Everything:
    if not found:
        raise NotAllowed
    vault = deployment.database.vault
    tables = [
        Table(each.table, each.columns, [_row(vault, each, row) for row in each.rows])
        for each in found
    ]
    return Everything(deployment.now(), tuple(tables))


def _row(vault: Vault, held: Held, row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _value(vault, held, name, row[name]) for name in held.columns}


def _value(vault: Vault, held: Held, name: str, value: Any) -> Any:
    if value is None:
        return None
    if name in held.secret:
        return KEPT_BACK
    return vault.open(value) if name in held.sealed else _plain(value)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return value.isoformat() if isinstance(value, date) else value


def _cell(value: Any) -> Any:
    if isinstance(value, dict | list | bool):
        return json.dumps(value)
    return value
