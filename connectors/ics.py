"""Diaries in .ics files: the files are only read, and changes go to new files with an undo file."""

import json
import os
import tempfile
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from uuid import uuid4
from zoneinfo import ZoneInfo

from connectors import icalendar
from connectors.base import Outcome, Reading
from connectors.errors import BadUndoRecord, CalendarChanged, TooLarge, Unreadable
from connectors.icalendar import DEFAULT_LIMITS, HOLD_TEXTS, HoldText, Limits, UndoRecord
from rules.change import Change
from rules.event import Kind
from rules.interval import Interval


def random_uid(change: Change) -> str:
    """A UID for a new hold (RFC 7986 section 5.3: random, telling nothing)."""
    return str(uuid4())


@dataclass(frozen=True, slots=True)
class Options:
    """How files are read and written: see `connectors.icalendar.read` and `apply`."""

    me: Collection[str] = ()
    zone: ZoneInfo | None = None
    organisation: Collection[str] = ()
    categories: Mapping[str, Kind] = field(default_factory=dict)
    locked_categories: Collection[str] = ()
    limits: Limits = DEFAULT_LIMITS
    texts: Mapping[Kind, HoldText] = field(default_factory=lambda: HOLD_TEXTS)
    new_uid: Callable[[Change], str] = random_uid


DEFAULT_OPTIONS = Options()


class IcsReader:
    """One diary in several .ics files."""

    def __init__(self, paths: Sequence[Path], options: Options = DEFAULT_OPTIONS) -> None:
        self.paths = tuple(paths)
        self.options = options

    def read(self, window: Interval) -> Reading:
        """The occurrences that overlap the window. Raises Unreadable and TooLarge."""
        chosen = self.options
        return icalendar.read(
            self.contents(),
            window=window,
            me=chosen.me,
            zone=chosen.zone,
            organisation=chosen.organisation,
            categories=chosen.categories,
            locked_categories=chosen.locked_categories,
            limits=chosen.limits,
            names=[path.name for path in self.paths],
        )

    def contents(self) -> list[bytes]:
        """The bytes of each file. Raises Unreadable and TooLarge."""
        return [read_file(path, self.options.limits.max_bytes) for path in self.paths]


class IcsDiary(IcsReader):
    """One diary in .ics files whose changes go to `outs`, one for each file, and to `undo_file`."""

    def __init__(
        self,
        paths: Sequence[Path],
        outs: Sequence[Path],
        undo_file: Path,
        options: Options = DEFAULT_OPTIONS,
    ) -> None:
        super().__init__(paths, options)
        if len(outs) != len(paths):
            raise ValueError("each calendar file needs a file to write to")
        self.outs = tuple(outs)
        self.undo_file = undo_file

    def apply(self, changes: Sequence[Change], *, stamp: datetime) -> Outcome:
        """Write the changed files, the undo file first: a crash between leaves no edit without it.

        Raises Unreadable, TooLarge, and CalendarChanged where a file changed while this ran.
        """
        before = self.contents()
        written = icalendar.apply(
            before,
            changes,
            stamp=stamp,
            new_uid=self.options.new_uid,
            zone=self.options.zone,
            texts=self.options.texts,
            limits=self.options.limits,
        )
        if self.contents() != before:
            raise CalendarChanged("A calendar file changed while it was read; nothing was written.")
        write_undo_file(self.undo_file, written.undo)
        for path, data in zip(self.outs, written.files, strict=True):
            write_file(path, data)
        return Outcome(written.applied, written.skipped)

    def undo(self) -> Outcome:
        """Take the last application back in the written files. Raises Unreadable, BadUndoRecord."""
        record = read_undo_file(self.undo_file)
        limit = 2 * self.options.limits.max_bytes
        undone = icalendar.undo([read_file(path, limit) for path in self.outs], record)
        for path, data in zip(self.outs, undone.files, strict=True):
            write_file(path, data)
        return Outcome(undone.undone, undone.skipped, undone.mails_not_unsent)


def read_file(path: Path, max_bytes: int) -> bytes:
    """The bytes of a file, never more than the limit and one. Raises Unreadable and TooLarge."""
    try:
        with path.open("rb") as file:
            data = file.read(max_bytes + 1)
    except OSError as error:
        reason = (error.strerror or "it is not there").lower()
        raise Unreadable(f"{path.name} cannot be opened: {reason}.") from error
    if len(data) > max_bytes:
        raise TooLarge(f"{path.name} has more than {max_bytes:,} bytes, the most that is read.")
    return data


def write_file(path: Path, data: bytes) -> None:
    """Put a whole file in place at once, so that no reader ever sees half of one."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def write_undo_file(path: Path, record: UndoRecord) -> None:
    """Keep what is needed to take an application back."""
    write_file(path, json.dumps(record.to_json(), indent=1).encode("ascii") + b"\n")


def read_undo_file(path: Path) -> UndoRecord:
    """The record in an undo file. Raises BadUndoRecord."""
    try:
        value = json.loads(path.read_bytes())
    except OSError as error:
        raise BadUndoRecord(f"{path.name} cannot be opened.") from error
    except ValueError as error:
        raise BadUndoRecord(f"{path.name} is not an undo file.") from error
    return UndoRecord.from_json(value)
