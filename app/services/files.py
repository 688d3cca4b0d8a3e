"""Files in and out: read within a limit, written whole or not at all."""

import errno
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from tempfile import NamedTemporaryFile

from app.services.errors import BadInput
from app.services.source import Source

STANDARD_INPUT = "-"


def open_sources(names: Iterable[str], limit: int) -> tuple[Source, ...]:
    """The files of these names; `-` is standard input. `limit` is in bytes, for each file.

    Raises BadInput with one sentence.
    """
    return tuple(open_source(name, limit) for name in names)


def open_source(name: str, limit: int) -> Source:
    """One file. One byte more than the limit is read at most."""
    if name == STANDARD_INPUT and sys.stdin is None:
        raise BadInput("There is no standard input to read.")
    if name == STANDARD_INPUT:
        return _within(Source("Standard input", sys.stdin.buffer.read(limit + 1)), limit)
    if not name:
        raise BadInput("A file was given without a name.")
    shown = Path(name).name or name
    try:
        with Path(name).open("rb") as file:
            return _within(Source(shown, file.read(limit + 1)), limit)
    except FileNotFoundError as error:
        raise BadInput(f"There is no file {name}.") from error
    except IsADirectoryError as error:
        raise BadInput(f"{name} is a folder, not a file.") from error
    except (OSError, ValueError) as error:
        raise BadInput(f"{name} cannot be read.") from error


def _within(source: Source, limit: int) -> Source:
    if len(source.content) > limit:
        raise BadInput(
            f"{source.name} is larger than {limit:,} bytes, which is the most that is read."
        )
    return source


def refuse_existing(path: Path, *, force: bool) -> None:
    """Raise BadInput where a file would be written over, unless that is wanted."""
    if path.is_dir():
        raise BadInput(f"{path} is a folder, not a file.")
    if path.exists() and not path.is_file():
        raise BadInput(f"{path} is not an ordinary file, so it is not written over.")
    if (path.exists() or path.is_symlink()) and not force:
        raise BadInput(f"{path} is there already; choose another name, or add --force.")


def refuse_same(path: Path, other: Path, what: str) -> None:
    """Raise BadInput where two names are of one file; `what` says what the other one is."""
    same = path.absolute() == other.absolute()
    if same or (path.exists() and other.exists() and path.samefile(other)):
        raise BadInput(f"{path} is {what}; choose another name.")


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that nobody ever sees half of it, readable by its owner alone.

    Raises BadInput with one sentence.
    """
    made: Path | None = None
    try:
        with NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
            made = Path(file.name)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        made.replace(path)
    except OSError as error:
        if made is not None:
            made.unlink(missing_ok=True)
        raise BadInput(f"{path} cannot be written{_why_not(path, error)}.") from error


def _why_not(path: Path, error: OSError) -> str:
    """The end of the sentence, as far as the reason is one that a person can do something about."""
    match error.errno:
        case errno.ENOENT:
            return f": the folder {path.parent} is missing"
        case errno.ENOTDIR:
            return f": {path.parent} is not a folder"
        case errno.EACCES | errno.EPERM:
            return f": you may not write in the folder {path.parent}"
        case errno.EROFS:
            return f": the folder {path.parent} is read-only"
        case errno.ENOSPC | errno.EDQUOT:
            return ": there is no room left for it"
        case errno.ENAMETOOLONG:
            return ": its name is too long"
    return ""
