"""RFC 5545 text to values and back: reading a diary, changing it in place, undoing the change.

Pure functions of bytes. Files are the business of `connectors.ics`.
"""

from connectors.base import Reading, Skipped
from connectors.hold_text import DISCREET, HOLD_TEXTS, HoldText
from connectors.icalendar.lookup import find
from connectors.icalendar.options import DEFAULT_OPTIONS, Options, hold_uid
from connectors.icalendar.reading import DEFAULT_LIMITS, DEFAULT_ZONE, Limits, Opened, read
from connectors.icalendar.undo_record import UndoRecord
from connectors.icalendar.writing import Undone, Written, apply, undo

__all__ = [
    "DEFAULT_LIMITS",
    "DEFAULT_OPTIONS",
    "DEFAULT_ZONE",
    "DISCREET",
    "HOLD_TEXTS",
    "HoldText",
    "Limits",
    "Opened",
    "Options",
    "Reading",
    "Skipped",
    "UndoRecord",
    "Undone",
    "Written",
    "apply",
    "find",
    "hold_uid",
    "read",
    "undo",
]
