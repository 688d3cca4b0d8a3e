"""One database, SQLite or PostgreSQL, behind the same few calls.

Everything that reads or writes does so within `transaction`; work that must not be lost when the
database is away for a moment goes through `persist`, which tries again. SQLite transactions take
the write lock when they begin, so that none fails half way for want of it.
"""

import secrets
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Engine, create_engine, event, select
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, InterfaceError, OperationalError
from sqlalchemy.orm import Session, object_session, sessionmaker

from app.storage.columns import database_now
from app.storage.tables import Installation
from app.storage.vault import Fingerprints, Vault

_PATIENCE = 60.0
"""Seconds for which `persist` goes on trying."""
_BUSY = 30
"""Seconds for which SQLite waits for somebody else's transaction."""
_ANSWER = 10
"""Seconds in which a server has to answer."""
_ASLEEP = 10
"""Seconds after which PostgreSQL ends a transaction in which nobody does anything."""
Result = TypeVar("Result")


class DatabaseError(Exception):
    """A database that cannot be used as it is; the message is one sentence."""


@dataclass(frozen=True, slots=True)
class Database:
    """An open database with the vault for what is sealed in it."""

    engine: Engine = field(repr=False)
    vault: Vault = field(repr=False)
    _sessions: sessionmaker[Session] = field(repr=False)

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """A session whose work is kept when the block ends well, and else none of it."""
        with self._sessions.begin() as session:
            yield session

    def persist(
        self,
        work: Callable[[Session], Result],
        *,
        patience: float = _PATIENCE,
        pause: Callable[[float], None] = time.sleep,
    ) -> Result:
        """What `work` gives, done in one transaction; again where the database went away.

        `work` must be safe to do twice: the answer to a commit can be lost. Raises what it raises,
        and OperationalError once `patience` (seconds) is over.
        """
        waited, wait = 0.0, 0.05
        while True:
            try:
                with self.transaction() as session:
                    return work(session)
            except DBAPIError as error:
                if waited >= patience or not is_away(error):
                    raise
            pause(wait)
            waited, wait = waited + wait, min(2 * wait, 2.0)

    def attempt(self, work: Callable[[Session], object]) -> bool:
        """Do `work` in one transaction, once; False where the database is away. Raises the rest."""
        try:
            with self.transaction() as session:
                work(session)
        except DBAPIError as error:
            if not is_away(error):
                raise
            return False
        return True

    def fingerprints(self) -> Fingerprints:
        """The keyed hashes of this installation."""
        with self.transaction() as session:
            row = session.get(Installation, 1)
            if row is None:
                raise DatabaseError("The database is not set up; run `clearway migrate`.")
            return Fingerprints(bytes.fromhex(self.vault.open(row.secret)))

    def close(self) -> None:
        """Let go of every connection."""
        self.engine.dispose()


def open_database(url: str, vault: Vault) -> Database:
    """A database by its address: `sqlite:///…` or `postgresql://…`. Nothing is read yet.

    Raises DatabaseError for an address that is neither.
    """
    engine = make_engine(url)
    return Database(engine, vault, sessionmaker(engine, expire_on_commit=False))


def make_engine(url: str) -> Engine:
    """The engine for an address. Raises DatabaseError."""
    chosen = _read_address(url)
    if chosen.get_backend_name() == "sqlite":
        if chosen.database and not chosen.database.startswith("file:"):  # a URI, not a path
            Path(chosen.database).parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(chosen, connect_args={"timeout": _BUSY}, hide_parameters=True)
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    engine = create_engine(
        chosen,
        pool_pre_ping=True,
        pool_size=10,
        max_overflow=20,
        connect_args={"connect_timeout": _ANSWER} if "connect_timeout" not in chosen.query else {},
        hide_parameters=True,  # an error tells what was asked, never with which values
    )
    event.listen(engine, "connect", _set_up_postgresql)
    return engine


def now(session: Session) -> datetime:
    """This moment by the database's clock (aware UTC)."""
    return session.execute(select(database_now())).scalar_one()


def once_kept(row: object, work: Callable[[], object]) -> None:
    """Do something once the transaction in which a row was changed is kept, and not before.

    Where it is not kept, or the row belongs to none, nothing is done. A counter may be told so;
    what must not be lost belongs into the transaction itself.
    """
    session = object_session(row)
    if session is not None:
        event.listen(session, "after_commit", lambda _: work(), once=True)


def set_up(session: Session, vault: Vault) -> None:
    """Make what a new database needs beyond its tables; in one that has it, nothing."""
    if session.get(Installation, 1) is None:
        session.add(Installation(id=1, secret=vault.seal(secrets.token_hex(32))))


def _read_address(url: str) -> URL:
    try:
        chosen = make_url(url)
    except ArgumentError as error:
        raise DatabaseError(_ADDRESS) from error
    if chosen.drivername in ("postgresql", "postgres", "postgresql+psycopg"):
        return chosen.set(drivername="postgresql+psycopg")
    if chosen.drivername in ("sqlite", "sqlite+pysqlite"):
        return chosen
    raise DatabaseError(_ADDRESS)


_ADDRESS = "A database has an address such as sqlite:///clearway.db or postgresql://host/clearway."


def is_away(error: Exception) -> bool:
    """Whether trying again may help: the connection broke, or the server is busy or restarting."""
    if not isinstance(error, DBAPIError):
        return False
    return error.connection_invalidated or isinstance(error, OperationalError | InterfaceError)


def _set_up_sqlite(connection: Any, record: Any) -> None:
    # transactions are begun by `_begin_sqlite`, not by the driver when it sees fit
    connection.isolation_level = None
    _write_ahead(connection)
    for pragma in ("synchronous = FULL", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {pragma}")


def _write_ahead(connection: Any) -> None:
    """Give a new file its write-ahead log; SQLite does not wait where several do it at once."""
    last = time.monotonic() + _BUSY
    while connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > last:
                raise
            time.sleep(0.02)


def _set_up_postgresql(connection: Any, record: Any) -> None:
    # a worker that freezes within a transaction must not keep its locks from the others
    connection.execute(f"SET idle_in_transaction_session_timeout = '{_ASLEEP}s'")
    connection.commit()


def _begin_sqlite(connection: Any) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")
