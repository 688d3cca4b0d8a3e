"""The five kinds of change a plan can make, as values that can be compared, hashed and inverted."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from rules.event import Kind
from rules.interval import Interval


class ChangeKind(StrEnum):
    """The words that stand in every plan."""

    HOLD_CREATE = "hold.create"
    HOLD_MOVE = "hold.move"
    HOLD_DELETE = "hold.delete"
    EVENT_SHORTEN = "event.shorten"
    EVENT_MOVE = "event.move"


class Agreement(StrEnum):
    """Whether everybody invited is known to be free at the new time."""

    FREE = "free"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Change:
    """One edit: a hold created, moved or removed; a meeting shortened or moved.

    `before` and `after` are None where the event did not exist or will not. `hold` is the kind
    of a hold. `version` is what the event looked like when the plan was made. `because` names
    the findings that this change makes smaller.
    """

    kind: ChangeKind
    before: Interval | None
    after: Interval | None
    event_id: str | None = None
    hold: Kind | None = None
    version: str = ""
    people_told: int = 0
    mails: int = 0
    agreement: Agreement | None = None
    because: tuple[str, ...] = ()
    message: str = ""
    considered: tuple[str, ...] = ()

    @property
    def starts(self) -> datetime:
        """When the change begins to matter, to put a plan in order."""
        place = self.after or self.before
        if place is None:
            raise ValueError("a change has a time before or after it")
        return place.start
