"""One running installation: settings, database and clock, opened together and handed around."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from secrets import token_hex

from app import clock
from app.config import Settings, SettingsError
from app.storage.database import Database, DatabaseError, open_database
from app.storage.migrations import is_current, migrate
from app.storage.trouble import explaining
from app.storage.vault import Fingerprints, Vault, VaultError, new_key

KEYS = "keys"
DATABASE = "clearway.db"


class Unusable(SettingsError):
    """An installation that cannot be used as it is; the message is one sentence about it."""


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


@contextmanager
def plainly() -> Iterator[None]:
    """Raise Unusable, with one sentence, for whatever database, keys or disk refuse in here."""
    try:
        with explaining():
            yield
    except (DatabaseError, VaultError) as error:
        raise Unusable(str(error)) from error


def open_deployment(settings: Settings, now: Callable[[], datetime] = clock.now) -> Deployment:
    """The installation that the settings describe.

    Without an address it is embedded: a database in the data folder, with its keys in a file of
    its own, both made and migrated when missing. A database that was named is never changed here.
    Raises SettingsError.
    """
    database = find_database(settings)
    try:
        with plainly():
            if not settings.database:
                migrate(database)
            elif not is_current(database):
                raise Unusable("The database has not its newest form; run `clearway migrate`.")
        return Deployment(settings, database, open_fingerprints(settings, database), now)
    except BaseException:
        database.close()
        raise


def find_database(settings: Settings) -> Database:
    """The database, not looked into yet; the folder and keys of an embedded one are made.

    Raises SettingsError.
    """
    if settings.database and not settings.keys:
        raise SettingsError("A database of your own needs CLEARWAY_KEYS; `clearway keys new`.")
    vault = _open_vault(settings)
    with plainly():
        if settings.database:
            return open_database(settings.database, vault)
        path = settings.folder / DATABASE
        with _on_disk(settings.folder):
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            # SQLite gives the files beside it the same rights
            path.touch(mode=0o600, exist_ok=True)
        return open_database(f"sqlite:///{path}", vault)


def open_fingerprints(settings: Settings, database: Database) -> Fingerprints:
    """The keyed hashes of the installation. Raises Unusable where other keys sealed it."""
    try:
        with explaining():
            return database.fingerprints()
    except VaultError as error:
        raise Unusable(
            f"The database was sealed with other keys than {_where(settings)} has."
        ) from error
    except DatabaseError as error:
        raise Unusable(str(error)) from error


def _open_vault(settings: Settings) -> Vault:
    text = settings.keys or _own_keys(settings.folder)
    try:
        return Vault(text.replace(",", " ").split())
    except VaultError as error:
        raise SettingsError(f"{_where(settings)}: {error}") from error


def _where(settings: Settings) -> str:
    """Where the keys come from, in words."""
    return "CLEARWAY_KEYS" if settings.keys else f"the file {settings.folder / KEYS}"


def _own_keys(folder: Path) -> str:
    """The keys of the embedded database, which nobody but its owner can read.

    The file appears with its key in it or not at all, and of several processes that make it one
    wins. Raises Unusable.
    """
    path = folder / KEYS
    with _on_disk(folder):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not path.exists():
            _make_keys(path)
        return path.read_text(encoding="ascii", errors="replace")


def _make_keys(path: Path) -> None:
    draft = path.with_name(f".{path.name}-{token_hex(8)}")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(new_key() + "\n")
            file.flush()
            os.fsync(file.fileno())
        # unlike a renaming, a link never takes the place of what another process put there
        os.link(draft, path)
    except FileExistsError:
        return
    finally:
        draft.unlink(missing_ok=True)


@contextmanager
def _on_disk(folder: Path) -> Iterator[None]:
    """Raises Unusable, with one sentence that names the folder."""
    try:
        yield
    except OSError as error:
        reason = (error.strerror or "it is not usable").lower()
        raise Unusable(
            f"The data folder {folder} cannot be used ({reason}); CLEARWAY_DATA names another."
        ) from error
