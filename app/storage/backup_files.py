"""Where backups lie: one file each, named by its time, and none for longer than it may be kept."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from secrets import token_hex

from app.storage.backup import BackupError, back_up
from app.storage.database import Database
from app.storage.retention import BACKUPS

_NAME = "clearway-%Y%m%dT%H%M%SZ.backup"
_NAMED = re.compile(r"clearway-\d{8}T\d{6}Z\.backup")


@dataclass(frozen=True, slots=True)
class Written:
    """A backup that was written, its size in bytes, and older ones that were removed."""

    path: Path
    size: int
    removed: tuple[Path, ...] = ()


def backup_target(name: str) -> Path:
    """Where backups go: what ends in a slash is a folder, made where it is not there yet.

    Raises BackupError.
    """
    target = Path(name)
    if name.endswith("/"):
        with _on_disk(target):
            target.mkdir(mode=0o700, parents=True, exist_ok=True)
    return target


def write_backup(
    database: Database, target: Path, at: datetime, keep: timedelta = BACKUPS
) -> Written:
    """Back up into a file, or into a folder under a name of its own.

    In a folder, backups that are older than `keep` are removed. Nobody but the owner can read the
    file. Raises BackupError.
    """
    if not target.is_dir():
        _write(database, target, at)
        return Written(target, target.stat().st_size)
    path = target / at.strftime(_NAME)
    _write(database, path, at)
    return Written(path, path.stat().st_size, tuple(_remove_old(target, at - keep)))


def _write(database: Database, path: Path, at: datetime) -> None:
    if path.exists():
        raise BackupError(f"There is something at {path} already; name another file.")
    draft = path.with_name(f".{path.name}-{token_hex(8)}")
    with _on_disk(path):
        try:
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                back_up(database, file, at)
                file.flush()
                os.fsync(file.fileno())
            draft.rename(path)
        finally:
            draft.unlink(missing_ok=True)


def _remove_old(folder: Path, before: datetime) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if _NAMED.fullmatch(path.name) and _time_of(path) < before:
            with _on_disk(path):
                path.unlink()
            yield path


def _time_of(path: Path) -> datetime:
    try:
        return datetime.strptime(path.name, _NAME).replace(tzinfo=UTC)
    except ValueError:
        # no time has this name, so it is none of ours
        return datetime.max.replace(tzinfo=UTC)


@contextmanager
def _on_disk(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = (error.strerror or "it is not usable").lower()
        raise BackupError(f"The backup {path} cannot be written ({reason}).") from error
