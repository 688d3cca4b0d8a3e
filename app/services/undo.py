"""Undo an application: the original bytes, or all of it but what people have edited since."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from connectors import icalendar
from connectors.base import Skipped
from connectors.errors import BadUndoRecord
from rules.change import Change

if TYPE_CHECKING:
    from app.shapes import UndoResult


@dataclass(frozen=True, slots=True)
class Undone:
    """A diary after undoing. `content` are its bytes."""

    content: bytes = field(repr=False)
    undone: tuple[Change, ...]
    skipped: tuple[Skipped, ...]

    @property
    def told(self) -> tuple[Change, ...]:
        """Changes taken back whose people may have been told: no mail can be unsent."""
        return tuple(each for each in self.undone if each.mails or each.people_told)

    def shape(self) -> "UndoResult":
        """What tools read."""
        from app.shapes import MailItem, UndoResult, change_of, skipped_of

        return UndoResult(
            undone=[change_of(each) for each in self.undone],
            skipped=[skipped_of(each.change, each.reason) for each in self.skipped],
            mails_not_unsent=[
                MailItem(event_id=each.event_id or "", mails=each.mails) for each in self.told
            ],
        )


def undo(content: bytes, record: bytes) -> Undone:
    """Take an application back from the calendar or JSON diary that it wrote.

    `record` is the undo file. Raises connectors.errors.BadUndoRecord with one sentence.
    """
    found = _parse(record)
    if found.get("diary") == "json":
        from app.services.json_write import undo_json

        return Undone(*undo_json(content, found))
    back = icalendar.undo([content], icalendar.UndoRecord.from_json(found))
    return Undone(back.files[0], back.undone, back.skipped)


def _parse(record: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(record)
    except (ValueError, RecursionError) as error:
        raise BadUndoRecord("The undo file is not JSON that can be read.") from error
    if not isinstance(found, dict) or found.get("clearway") != "undo":
        raise BadUndoRecord("This is not an undo file that Clearway wrote.")
    return found
