"""Copies of the database, and the way back, which brings nobody back who has left.

A backup is one sealed file: what we keep and nothing else, not even the engine's jobs, which are
found again. SQLite copies itself; for PostgreSQL its own programs do (`pg_dump`, `pg_restore`,
`psql`). Restoring is one transaction: what a person had deleted since, delegations taken back and
everybody's sign-ins are gone before anybody can see the restored rows. Nobody's diary is changed
by a consent that may have ended since: how far Clearway may go is as the replaced database has it,
and where that is lost, Clearway only looks until its leader says more. So it is with plans: those
that waited are given up, and those at work go on only where the replaced database knows how far
they came.
"""

import json
import sqlite3
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from dataclasses import replace as replaced
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO

from sqlalchemy import (
    ColumnElement,
    Executable,
    and_,
    delete,
    exists,
    func,
    insert,
    inspect,
    literal,
    null,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Session

from app.storage import postgresql
from app.storage.columns import database_now
from app.storage.database import Database, DatabaseError, make_engine, now
from app.storage.departures import Gone
from app.storage.migrations import is_known, migrate, revision
from app.storage.retention import BACKUPS_CAP
from app.storage.sealed_file import read_sealed, write_sealed
from app.storage.tables import (
    Answered,
    Base,
    Connection,
    Delegation,
    Departed,
    Errand,
    Hold,
    Leader,
    Mailbox,
    Plan,
    SignIn,
    Step,
    Worker,
)
from app.storage.vault import VaultError

_VERSIONS = "alembic_version"
_AWAKE = timedelta(minutes=1)
"""A worker that was seen in this time may still be at work."""
_COPY_PIECE = 1 << 20
_LOOKS_ONLY = "observe"
"""How far Clearway goes for a leader who may have changed it (`app.people.settings.Mode`)."""
WAITING = ("proposed", "accepted")
"""States of plans of which nothing was written yet (`app.life.states`)."""
AT_WORK = {"applying": "partly_applied", "undoing": "partly_undone"}
"""States in which a worker goes on with a plan, and those in which it has stopped on the way."""
GOES_ON = ("sign-in", "disconnected", "unreachable")
"""Reasons for which a plan that has stopped goes on by itself (`app.life.reasons`)."""
RESTS_ON_OTHER = {"state": "stale", "reason": "settings"}
"""What becomes of a plan that rests on settings, locks and a diary which may be others by now."""
_CLOCKS = timedelta(hours=1)
"""By how much the clocks of those who write states and make backups may differ, and more."""
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


@dataclass(frozen=True, slots=True)
class _Since:
    """What happened after a backup was made that holds for the restored rows too."""

    departed: Sequence[tuple[str, str, datetime]] = ()
    leaving: Sequence[tuple[str, datetime]] = ()
    revoked: Sequence[tuple[str, datetime]] = ()
    modes: Sequence[tuple[str, str, datetime, datetime | None]] = ()
    plans: Sequence["_PlanSince"] = ()


@dataclass(frozen=True, slots=True)
class _PlanSince:
    """How a plan stands by now, with its journal and its holds: columns by name."""

    id: str
    values: Mapping[str, Any]
    steps: Sequence[Mapping[str, Any]]
    holds: Sequence[Mapping[str, Any]]


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
    since = _Since()
    if _has(database, Leader.__tablename__):
        with database.transaction() as session:
            _refuse_taken(session, replace=replace)
            since = _read_since(session, found.made_at)
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
    known = [leader_id for leader_id, *_ in since.modes]
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


def _read_since(session: Session, made_at: datetime) -> _Since:
    gone = select(Departed.what, Departed.id, Departed.at)
    leaving = select(Leader.id, Leader.leaving_at).where(Leader.leaving_at.is_not(None))
    revoked = select(Delegation.id, Delegation.revoked_at).where(Delegation.revoked_at.is_not(None))
    modes = select(Leader.id, Leader.mode, Leader.mode_since, Leader.paused_until)
    return _Since(
        [(what, row_id, when) for what, row_id, when in session.execute(gone)],
        [(row_id, when) for row_id, when in session.execute(leaving) if when],
        [(row_id, when) for row_id, when in session.execute(revoked) if when],
        [(row_id, mode, when, pause) for row_id, mode, when, pause in session.execute(modes)],
        _read_plans(session, made_at),
    )


def _read_plans(session: Session, made_at: datetime) -> Sequence[_PlanSince]:
    """The plans whose state or journal may be another than the backup has it."""
    may_differ = or_(
        Plan.state_since >= made_at - _CLOCKS, Plan.state.in_((*AT_WORK, *AT_WORK.values()))
    )
    return [
        _PlanSince(
            each.id,
            {name: getattr(each, name) for name in _PROGRESS},
            [_columns(step) for step in session.scalars(_of_plan(Step, each.id))],
            [_columns(hold) for hold in session.scalars(_of_plan(Hold, each.id))],
        )
        for each in session.scalars(select(Plan).where(may_differ).order_by(Plan.made_at, Plan.id))
    ]


_PROGRESS = ("state", "state_since", "reason", "undo_until")


def _of_plan(table: type[Step] | type[Hold], plan_id: str) -> Any:
    return select(table).where(table.plan_id == plan_id)


def _columns(row: Base) -> Mapping[str, Any]:
    return {each.name: getattr(row, each.name) for each in row.__table__.columns}


def _settle(since: _Since) -> Iterator[Executable]:
    """The statements that make a restored copy true again."""
    for what, row_id, when in since.departed:
        yield delete(Departed).where(Departed.what == what, Departed.id == row_id)
        yield insert(Departed).values(what=what, id=row_id, at=when)
    for table, what in ((Connection, Gone.CONNECTION), (Leader, Gone.LEADER)):
        gone = select(Departed.id).where(Departed.what == what.value)
        yield delete(table).where(table.id.in_(gone))
    yield update(Leader).values(mode=_LOOKS_ONLY)
    for row_id, mode, when, pause in since.modes:
        chosen = {"mode": mode, "mode_since": when, "paused_until": pause}
        yield update(Leader).where(Leader.id == row_id).values(chosen)
    for row_id, when in since.leaving:
        yield update(Leader).where(Leader.id == row_id).values(leaving_at=when)
    for row_id, when in since.revoked:
        taken_back = {"revoked_at": when, "invitation": null()}
        yield update(Delegation).where(Delegation.id == row_id).values(taken_back)
    yield from _settle_plans(since.plans)
    # one that was accepted or taken back since could be used again
    yield update(Delegation).values(invitation=null())
    for short_lived in (SignIn, Errand, Answered, Worker):
        yield delete(short_lived)
    # nobody is at work on a diary, and each has to be looked at again
    free = {"holder": null(), "leased_until": null(), "queued_at": null(), "attempts": 0}
    yield update(Mailbox).values(free | {"dirty_at": database_now()})


def _settle_plans(known: Sequence[_PlanSince]) -> Iterator[Executable]:
    """Plans stand as they did last; what nobody knows the end of is not gone on with."""
    yield from _stop_plans()
    for each in known:
        yield update(Plan).where(Plan.id == each.id).values(dict(each.values))
        yield delete(Step).where(Step.plan_id == each.id)
        yield delete(Hold).where(Hold.plan_id == each.id)
        is_there = exists().where(Plan.id == each.id)
        for step in each.steps:
            yield _insert_where(Step, step, is_there)
        for hold in each.holds:
            same = and_(Hold.leader_id == hold["leader_id"], Hold.event == hold["event"])
            yield delete(Hold).where(same, is_there)
            connected = exists().where(Connection.id == hold["connection_id"])
            yield _insert_where(Hold, hold, and_(is_there, connected))
    given_up = RESTS_ON_OTHER | {"state_since": database_now()}
    yield update(Plan).where(Plan.state.in_(WAITING)).values(given_up)


def _stop_plans() -> Iterator[Executable]:
    """Plans at work wait for their leader; one that was not begun is given up."""
    begun = exists().where(Step.plan_id == Plan.id)
    first = next(iter(AT_WORK))
    yield update(Plan).where(Plan.state == first, ~begun).values(RESTS_ON_OTHER)
    for working, stopped in AT_WORK.items():
        would_go_on = and_(Plan.state == stopped, Plan.reason.in_(GOES_ON))
        waits = RESTS_ON_OTHER | {"state": stopped}
        yield update(Plan).where(or_(Plan.state == working, would_go_on)).values(waits)


def _insert_where(
    table: type[Base], row: Mapping[str, Any], holds: ColumnElement[bool]
) -> Executable:
    """Put a row back where what it belongs to is there."""
    columns = table.__table__.columns
    values = [
        null() if row[each.name] is None else literal(row[each.name], each.type) for each in columns
    ]
    names = [each.name for each in columns]
    return insert(table).from_select(names, select(*values).where(holds))


# --- SQLite ------------------------------------------------------------------------------------


def _copy_sqlite(database: Database) -> Iterator[bytes]:
    with TemporaryDirectory(dir=_file(database).parent, prefix=".backup-") as folder:
        copy = Path(folder, "copy")
        # a fresh file: what was deleted from the old one is not in its free pages
        with closing(_connect(_file(database))) as live:
            live.execute("VACUUM INTO ?", (str(copy),))
        yield from _read(copy)


def _restore_sqlite(database: Database, file: BinaryIO, since: _Since) -> None:
    live = _file(database)
    with TemporaryDirectory(dir=live.parent, prefix=".restore-") as folder:
        copy = Path(folder, "copy")
        with copy.open("wb") as written:
            for piece in _contents(database, file):
                written.write(piece)
        engine = make_engine(f"sqlite:///{copy}")
        with engine.begin() as connection:
            for statement in _settle(since):
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


def _restore_postgresql(database: Database, file: BinaryIO, since: _Since) -> None:
    statements = [_as_text(database, each) for each in _settle(since)]
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
