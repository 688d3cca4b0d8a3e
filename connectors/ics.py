"""Diaries in .ics files on this machine."""

import os
import tempfile
from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from connectors import icalendar
from connectors.base import Ability, Made, Reading, Synced, SyncState, check
from connectors.errors import (
    CHANGED,
    GONE,
    NO_HOLD,
    CalendarChanged,
    ConnectorError,
    EventChanged,
    EventGone,
    NotPossible,
    SuddenlyEmpty,
    TooLarge,
    Unreadable,
)
from connectors.icalendar import DEFAULT_OPTIONS, Options, hold_uid
from rules.change import Change, ChangeKind
from rules.event import Occurrence
from rules.interval import Interval
from rules.language import text

__all__ = ["DEFAULT_OPTIONS", "IcsDiary", "IcsReader", "Options", "hold_uid"]


class IcsReader:
    """One diary in several .ics files, only read."""

    abilities: frozenset[Ability] = frozenset()

    def __init__(self, paths: Sequence[Path], options: Options = DEFAULT_OPTIONS) -> None:
        self.paths = tuple(paths)
        self.options = options

    def read(self, window: Interval) -> Reading:
        """The occurrences that overlap the window. Raises Unreadable and TooLarge."""
        return self.options.read(self.contents(), window, names=[path.name for path in self.paths])

    def get(self, event_id: str) -> Occurrence:
        """One occurrence; for the UID of a series its first. Raises EventGone, Unreadable, TooLarge."""
        found = self.options.find(self.contents(), event_id)
        if found is None:
            raise EventGone
        return found

    def contents(self) -> list[bytes]:
        """The bytes of each file. Raises Unreadable and TooLarge."""
        return [read_file(path, self.options.limits.max_bytes) for path in self.paths]


class IcsDiary(IcsReader):
    """The same files, changed in place. Holds go to the first; nobody is mailed by a file."""

    abilities = frozenset(
        {Ability.HOLDS, Ability.MEETINGS, Ability.SERIES, Ability.SYNC, Ability.VERSIONS}
    )

    def make(self, change: Change, *, key: str, stamp: datetime) -> Made:
        """Make a change whose event still is what the plan saw.

        Raises CalendarChanged, and writes nothing, where a file changed while this ran.
        """
        if change.kind is ChangeKind.HOLD_CREATE and None in (change.hold, change.after):
            raise NotPossible(NO_HOLD)
        uid = hold_uid(key)
        created = change.kind is ChangeKind.HOLD_CREATE
        event_id = uid if created else change.event_id or ""
        known = self._find(event_id, change.after)
        if created and known is None:
            known = self._anywhere(uid)
        if known is not None and self._find(event_id, change.before) is None:
            return Made(change, event_id, known.version)
        self._check(change)
        before = self.contents()
        written = icalendar.apply(
            before,
            [change],
            stamp=stamp,
            new_uid=lambda _: uid,
            zone=self.options.zone,
            texts=self.options.texts,
            limits=self.options.limits,
        )
        for skipped in written.skipped:
            raise _ERRORS.get(skipped.reason, NotPossible)(skipped.reason)
        if self.contents() != before:
            raise CalendarChanged(
                text("A calendar file changed while it was read; nothing was written.")
            )
        for path, old, new in zip(self.paths, before, written.files, strict=True):
            if new != old:
                write_file(path, new)
        now = self._find(event_id, change.after)
        return Made(change, event_id, now.version if now else "")

    def mails(self, change: Change) -> int:
        """None: a file tells nobody."""
        if change.event_id is not None:
            self.get(change.event_id)
        return 0

    def sync(
        self, window: Interval, state: SyncState | None = None, *, allow_empty: bool = False
    ) -> Synced:
        """The window anew where any byte of the files has changed."""
        digest = sha256()
        for content in self.contents():
            digest.update(sha256(content).digest())
        token = digest.hexdigest()
        if state is not None and (state.token, state.window) == (token, window):
            return Synced(state, None)
        reading = self.read(window)
        if state is not None and state.events and not reading.occurrences and not allow_empty:
            raise SuddenlyEmpty
        return Synced(SyncState(token, window, len(reading.occurrences)), reading)

    def _anywhere(self, uid: str) -> Occurrence | None:
        """The hold of this UID wherever somebody has put it, None where it was never made."""
        try:
            return self.get(uid)
        except EventGone:
            return None

    def _find(self, event_id: str, when: Interval | None) -> Occurrence | None:
        """The event, or a member of the series, that is at this very time; None without one."""
        if when is None:
            return None
        named = (one for one in self._named(event_id, when) if not one.all_day)
        return next((one for one in named if one.span == when), None)

    def _named(self, event_id: str, window: Interval) -> list[Occurrence]:
        found = self.read(window).occurrences
        return [one for one in found if event_id in (one.id, one.uid)]

    def _check(self, change: Change) -> None:
        if change.before is None:
            return
        event_id = change.event_id or ""
        known = self._find(event_id, change.before)
        for one in (known,) if known else self._named(event_id, change.before):
            check(one, change)


_ERRORS: Mapping[str, type[ConnectorError]] = {GONE: EventGone, CHANGED: EventChanged}


def read_file(path: Path, max_bytes: int) -> bytes:
    """The bytes of a file, never more than the limit and one. Raises Unreadable and TooLarge."""
    try:
        with path.open("rb") as file:
            data = file.read(max_bytes + 1)
    except OSError as error:
        reason = (error.strerror or "it is not there").lower()
        raise Unreadable(
            text("%(name)s cannot be opened: %(reason)s.", name=path.name, reason=reason)
        ) from error
    if len(data) > max_bytes:
        raise TooLarge(
            text(
                "%(name)s has more than %(max_bytes)s bytes, the most that is read.",
                name=path.name,
                max_bytes=f"{max_bytes:,}",
            )
        )
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
