"""Copies of the database, and the way back, which brings nobody back who has left.

A backup is one sealed file: what we keep and nothing else, not even the engine's jobs, which are
found again. SQLite copies itself; for PostgreSQL its own programs do (`pg_dump`, `pg_restore`,
`psql`). Restoring is one transaction: what happened since (`app.storage.since`) holds before anybody
can see the restored rows.
"""

import json
import sqlite3
from collections.abc import Collection, Iterator
from contextlib import closing
from dataclasses import dataclass
from dataclasses import replace as replaced
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO

from sqlalchemy import func, inspect, select
from sqlalchemy.orm import Session

from app.storage import postgresql
from app.storage.database import Database, DatabaseError, make_engine, now
from app.storage.departures import Gone
from app.storage.migrations import is_known, migrate, revision
from app.storage.retention import BACKUPS_CAP
from app.storage.sealed_file import read_sealed, write_sealed
from app.storage.since import Since, read_since, settle
from app.storage.tables import Base, Leader, Worker
from app.storage.vault import VaultError

_VERSIONS = "alembic_version"
_AWAKE = timedelta(minutes=1)
"""A worker that was seen in this time may still be at work."""
_COPY_PIECE = 1 << 20
_PATIENCE = 30
"""Seconds for which a copy waits for somebody else's transaction."""


class BackupError(DatabaseError):
    """A backup that cannot be made or restored; the message is one sentence."""


_OTHER_KEYS = (
    "Other keys sealed this backup; add those of its time to the end of your keys and try again."
)


@dataclass(frozen=True, slots=True)
class Backup:
    """What a backup says of itself: the kind of database, the form of its tables, and when."""

    kind: str
    revision: str
    made_at: datetime


@dataclass(frozen=True, slots=True)
class Restored:
    """What was restored: from when it is, the leaders in it, and how many left after that.

    For `looked_at` of the leaders nobody knows what they have changed since.
    """

    made_at: datetime
    leaders: int
    departed: int
    looked_at: int


def back_up(database: Database, file: BinaryIO, at: datetime) -> int:
    """Write a backup into a file, while the service runs; how many bytes it has unsealed.

    Raises BackupError.
    """
    found = revision(database)
    if found is None:
        raise BackupError("There is nothing to back up yet: the database has no tables.")
    kind = database.engine.dialect.name
    head = {"kind": kind, "revision": found, "made_at": at.isoformat()}
    copy = _copy_sqlite(database) if kind == "sqlite" else _copy_postgresql(database)
    return write_sealed(database.vault, _after(json.dumps(head).encode(), copy), file)


def look(database: Database, file: BinaryIO) -> Backup:
    """Read a backup to its end, and what it says of itself.

    Raises BackupError for one that is damaged or that other keys sealed.
    """
    file.seek(0)
    pieces = read_sealed(database.vault, file)
    try:
        head = json.loads(next(pieces))
    except VaultError as error:
        raise BackupError(_OTHER_KEYS) from error
    for _ in pieces:
        pass
    return Backup(head["kind"], head["revision"], datetime.fromisoformat(head["made_at"]))


def restore(
    database: Database,
    file: BinaryIO,
    at: datetime,
    *,
    departed: Collection[str] = (),
    replace: bool = False,
) -> Restored:
    """Put a backup in the place of what the database holds, all of it or none.

    `departed` are ids of leaders who are known to have left, beside those that the database
    knows of. Without `replace`, a database with leaders is left alone. The service and its
    workers must have been stopped. Raises BackupError.
    """
    found = look(database, file)
    _refuse(database, found, at)
    since = Since()
    if _has(database, Leader.__tablename__):
        with database.transaction() as session:
            _refuse_taken(session, replace=replace)
            since = read_since(session, database.vault, found.made_at)
    given = [(Gone.LEADER.value, each, at) for each in departed]
    since = replaced(since, departed=(*since.departed, *given))
    # what open connections know of the tables is about to be wrong
    database.engine.dispose()
    if found.kind == "sqlite":
        _restore_sqlite(database, file, since)
    else:
        _restore_postgresql(database, file, since)
    migrate(database)
    left = {
        row_id
        for what, row_id, when in since.departed
        if what == Gone.LEADER.value and when >= found.made_at
    }
    known = [leader_id for leader_id, _ in since.chosen]
    with database.transaction() as session:
        leaders = session.scalars(select(func.count()).select_from(Leader)).one()
        unknown = select(func.count()).where(Leader.id.not_in(known))
        looked_at = session.scalars(unknown).one()
    return Restored(found.made_at, leaders, len(left), looked_at)


def _refuse(database: Database, found: Backup, at: datetime) -> None:
    if found.kind != database.engine.dialect.name:
        raise BackupError(f"This is a backup of {_NAMES[found.kind]}; name such a database.")
    if not is_known(found.revision):
        raise BackupError("A newer Clearway made this backup; install that one first.")
    if at - found.made_at > BACKUPS_CAP:
        raise BackupError(
            f"This backup is older than {BACKUPS_CAP.days} days; "
            "who has left since is no longer known, so it is not restored."
        )


_NAMES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


def _refuse_taken(session: Session, *, replace: bool) -> None:
    if session.scalars(select(Worker.id).where(Worker.seen_at > now(session) - _AWAKE)).first():
        raise BackupError("Somebody is at work; stop the service and its workers for a minute.")
    if not replace and session.scalars(select(Leader.id).limit(1)).first():
        raise BackupError("The database holds leaders already; --force replaces all of it.")


def _has(database: Database, table: str) -> bool:
    with database.engine.connect() as connection:
        return inspect(connection).has_table(table)


# --- SQLite ------------------------------------------------------------------------------------


def _copy_sqlite(database: Database) -> Iterator[bytes]:
    with TemporaryDirectory(dir=_file(database).parent, prefix=".backup-") as folder:
        copy = Path(folder, "copy")
        # a fresh file: what was deleted from the old one is not in its free pages
        with closing(_connect(_file(database))) as live:
            live.execute("VACUUM INTO ?", (str(copy),))
        yield from _read(copy)


def _restore_sqlite(database: Database, file: BinaryIO, since: Since) -> None:
    live = _file(database)
    with TemporaryDirectory(dir=live.parent, prefix=".restore-") as folder:
        copy = Path(folder, "copy")
        with copy.open("wb") as written:
            for piece in _contents(database, file):
                written.write(piece)
        engine = make_engine(f"sqlite:///{copy}")
        with engine.begin() as connection:
            for statement in settle(since):
                connection.execute(statement)
        engine.dispose()
        # page by page within one transaction of the old file, whoever else has it open
        with closing(_connect(copy)) as source, closing(_connect(live)) as target:
            source.backup(target)


def _connect(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=_PATIENCE)


def _file(database: Database) -> Path:
    name = database.engine.url.database
    if not name or name == ":memory:" or name.startswith("file:"):
        raise BackupError("A database without a plain file cannot be backed up.")
    return Path(name)


# --- PostgreSQL --------------------------------------------------------------------------------


def _copy_postgresql(database: Database) -> Iterator[bytes]:
    tables = [each for each in (*Base.metadata.tables, _VERSIONS) if _has(database, each)]
    return postgresql.dump(database.engine.url, tables)


def _restore_postgresql(database: Database, file: BinaryIO, since: Since) -> None:
    statements = [_as_text(database, each) for each in settle(since)]
    postgresql.load(database.engine.url, _contents(database, file), statements)


def _as_text(database: Database, statement: Any) -> str:
    """A statement with its values in it: ids, instants and words of the code."""
    dialect = database.engine.dialect
    return str(statement.compile(dialect=dialect, compile_kwargs={"literal_binds": True}))


# --- parts -------------------------------------------------------------------------------------


def _contents(database: Database, file: BinaryIO) -> Iterator[bytes]:
    file.seek(0)
    pieces = read_sealed(database.vault, file)
    next(pieces)
    return pieces


def _read(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(_COPY_PIECE):
            yield piece


def _after(head: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield head
    yield from rest
