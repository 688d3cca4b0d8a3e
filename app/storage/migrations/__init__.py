"""How the tables came to be what they are, step by step (Alembic)."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, func, select
from sqlalchemy.orm import Session

from app.storage.database import Database, set_up

_LOCK = 0x436C6561
"""Any number, as long as it is always the same one: PostgreSQL's lock for those who migrate."""


def migrate(database: Database) -> tuple[str, ...]:
    """Bring a database to the newest form of its tables; the steps that were done, in words.

    One that has that form, or a newer one, stays as it is. Of several at once, one works and the
    others wait.
    """
    with database.engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(select(func.pg_advisory_xact_lock(_LOCK)))
        before = _revision(connection)
        if _is_newer(before):
            return ()
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        with Session(connection, join_transaction_mode="rollback_only") as session:
            set_up(session, database.vault)
            session.commit()
        return _steps(before)


def revision(database: Database) -> str | None:
    """The form that the tables have, None where there are none yet."""
    with database.engine.connect() as connection:
        return _revision(connection)


def is_known(found: str) -> bool:
    """Whether this version of the code knows a form of the tables."""
    return any(each.revision == found for each in _scripts().walk_revisions())


def is_current(database: Database) -> bool:
    """Whether the tables have the form that this version needs.

    A form that it does not know is newer and will do: migrations only add, so that the old
    version can go on beside the new one.
    """
    found = revision(database)
    return found == _scripts().get_current_head() or _is_newer(found)


def _is_newer(found: str | None) -> bool:
    return found is not None and not is_known(found)


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _steps(before: str | None) -> tuple[str, ...]:
    """What leads from one form to the newest, the first step first."""
    newer = list(_scripts().iterate_revisions("head", before or "base"))
    return tuple(f"{each.revision} {each.doc}".rstrip(".") for each in reversed(newer))


def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.set_main_option("path_separator", "os")
    return config
