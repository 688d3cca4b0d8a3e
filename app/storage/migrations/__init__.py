"""How the tables came to be what they are, step by step (Alembic)."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from app.storage.database import Database, set_up


def migrate(database: Database) -> None:
    """Bring a database to the newest form of its tables; one that has it stays as it is."""
    with database.engine.begin() as connection:
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    with database.transaction() as session:
        set_up(session, database.vault)


def is_current(database: Database) -> bool:
    """Whether the tables have their newest form."""
    with database.engine.connect() as connection:
        found = MigrationContext.configure(connection).get_current_revision()
    return found == ScriptDirectory.from_config(_config()).get_current_head()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.set_main_option("path_separator", "os")
    return config
