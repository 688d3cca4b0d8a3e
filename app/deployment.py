"""One running installation: settings, database and clock, opened together and handed around."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from app import clock
from app.config import Settings, SettingsError
from app.storage.database import Database, open_database
from app.storage.migrations import is_current, migrate
from app.storage.vault import Fingerprints, Vault, VaultError, new_key

_KEYS = "keys"
_DATABASE = "clearway.db"


@dataclass(frozen=True, slots=True)
class Deployment:
    """What everything that remembers works with. `now` is the only clock (aware UTC)."""

    settings: Settings
    database: Database = field(repr=False)
    fingerprints: Fingerprints = field(repr=False)
    now: Callable[[], datetime] = clock.now

    def close(self) -> None:
        """Let go of the database."""
        self.database.close()


def open_deployment(settings: Settings, now: Callable[[], datetime] = clock.now) -> Deployment:
    """The installation that the settings describe.

    Without an address it is embedded: a database in the data folder, with its keys in a file of
    its own, both made and migrated when missing. A database that was named is never changed here.
    Raises SettingsError and app.storage.database.DatabaseError.
    """
    database = find_database(settings)
    if not settings.database:
        migrate(database)
    elif not is_current(database):
        database.close()
        raise SettingsError("The database has not its newest form; run `clearway migrate`.")
    return Deployment(settings, database, database.fingerprints(), now)


def find_database(settings: Settings) -> Database:
    """The database, not looked into yet. Raises SettingsError and DatabaseError."""
    if settings.database and not settings.keys:
        raise SettingsError("A database of your own needs CLEARWAY_KEYS; `clearway keys new`.")
    address = settings.database or f"sqlite:///{settings.folder / _DATABASE}"
    try:
        vault = Vault(_keys(settings))
    except VaultError as error:
        raise SettingsError(f"CLEARWAY_KEYS: {error}") from error
    return open_database(address, vault)


def _keys(settings: Settings) -> list[str]:
    if settings.keys:
        return settings.keys.replace(",", " ").split()
    return _own_keys(settings.folder / _KEYS).split()


def _own_keys(path: Path) -> str:
    """The keys of the embedded database, which nobody but its owner can read."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text(encoding="ascii")
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        key = new_key()
        file.write(key + "\n")
    return key
