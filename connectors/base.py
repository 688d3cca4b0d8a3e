"""What every calendar can be asked, split by ability, in the core's values.

A connector that can only read (a feed) is a `DiaryReader`; one that may also write is a
`DiaryWriter` too, so a type checker refuses a write to what is read-only.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from rules.change import Change
from rules.event import Occurrence
from rules.interval import Interval

GONE = "The event is no longer in the calendar."
CHANGED = "The event has changed since the plan was made."
NOT_OURS = "The event is not a hold that Clearway wrote."
FIRM = "The hold is marked to stay as it is."


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read: occurrences in order of start, the diary's zone, and what was left out.

    Each warning is one sentence with a count and no content. `left_out` counts the events that
    could not be read.
    """

    occurrences: tuple[Occurrence, ...]
    zone: ZoneInfo
    warnings: tuple[str, ...] = ()
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class Skipped:
    """A change that was not made or not taken back, with one sentence that says why."""

    change: Change
    reason: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a list of changes.

    `mails_not_unsent`, after taking back, names the events whose people had been told.
    """

    done: tuple[Change, ...]
    skipped: tuple[Skipped, ...] = ()
    mails_not_unsent: tuple[str, ...] = ()


class DiaryReader(Protocol):
    """A diary that can be read."""

    def read(self, window: Interval) -> Reading:
        """The occurrences that overlap the window. Raises ConnectorError."""
        ...


class DiaryWriter(Protocol):
    """A diary that can be changed, and changed back."""

    def apply(self, changes: Sequence[Change], *, stamp: datetime) -> Outcome:
        """Make the changes whose events still are what the plan saw. Raises ConnectorError."""
        ...

    def undo(self) -> Outcome:
        """Take the last application back, without what people edited since. Raises ConnectorError."""
        ...
