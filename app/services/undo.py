"""Undo an application: the original bytes, or all of it but what people have edited since."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from app.services.errors import BadInput
from app.services.hours import find_zone
from app.services.source import Source
from connectors import icalendar
from connectors.base import Skipped
from connectors.errors import BadUndoRecord, ConnectorError
from rules.change import Change, ChangeKind
from rules.event import Occurrence, ScoredAs
from rules.interval import Interval
from rules.language import text
from rules.words import say_day, say_time
from rules.working_pattern import local_date

if TYPE_CHECKING:
    from app.shapes import UndoResult

_MEETINGS = (ChangeKind.EVENT_MOVE, ChangeKind.EVENT_SHORTEN)
_USUAL_ZONE = ZoneInfo(icalendar.DEFAULT_ZONE)


@dataclass(frozen=True, slots=True)
class Undone:
    """A diary after undoing.

    `content` are its bytes and `zone` is the clock of the plan. `whole` says that it is the
    original byte for byte.
    """

    content: bytes = field(repr=False)
    undone: tuple[Change, ...]
    skipped: tuple[Skipped, ...]
    zone: ZoneInfo = _USUAL_ZONE
    whole: bool = False

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

        written, undone, skipped = undo_json(content, found)
    else:
        back = icalendar.undo([content], icalendar.UndoRecord.from_json(found))
        written, undone, skipped = back.files[0], back.undone, back.skipped
    whole = found["files"][0].get("before") == sha256(written).hexdigest()
    return Undone(written, undone, skipped, _zone(found.get("time_zone")), whole)


def overlaps(content: bytes, undone: Undone) -> tuple[str, ...]:
    """A sentence for each time at which a meeting that went back now lies on another meeting.

    `content` is the diary before undoing: what overlapped in it is not undo's doing, and neither
    is what overlapped in the original. Of a diary that cannot be read nothing is said.
    """
    moved = [each for each in undone.undone if each.kind in _MEETINGS and each.before]
    times = [each.before for each in moved if each.before]
    if undone.whole or not times:
        return ()
    window = Interval(min(each.start for each in times), max(each.end for each in times))
    known = {_ids(one, two) for one, two in _pairs(_meetings(content, window, undone.zone))}
    ids = {each.event_id for each in moved}
    said = []
    for one, two in _pairs(_meetings(undone.content, window, undone.zone)):
        went_back = [each for each in (one, two) if not ids.isdisjoint((each.id, each.uid))]
        if len(went_back) == 1 and _ids(one, two) not in known:
            start, zone = max(one.span.start, two.span.start), undone.zone
            when = f"on {say_day(local_date(start, zone))} at {say_time(start, zone)}"
            said.append(f"Two meetings now overlap {when}; please look.")
    return tuple(dict.fromkeys(said))


def _pairs(meetings: Sequence[Occurrence]) -> list[tuple[Occurrence, Occurrence]]:
    """Those that share time. The meetings come in order of start."""
    found = []
    for number, one in enumerate(meetings, start=1):
        for two in meetings[number:]:
            if two.span.start >= one.span.end:
                break
            if one.span.overlaps(two.span):
                found.append((one, two))
    return found


def _ids(one: Occurrence, two: Occurrence) -> frozenset[str]:
    return frozenset((one.id, two.id))


def _meetings(content: bytes, window: Interval, zone: ZoneInfo) -> list[Occurrence]:
    """The meetings that touch the window, in order of start."""
    found = _occurrences(content, window, zone)
    timed = [each for each in found if not each.all_day and each.span.overlaps(window)]
    meetings = [each for each in timed if each.scored_as is ScoredAs.APPOINTMENT and not each.hold]
    return sorted(meetings, key=lambda each: (each.span, each.id))


def _occurrences(content: bytes, window: Interval, zone: ZoneInfo) -> Sequence[Occurrence]:
    # It was small enough to be taken back, so it is small enough to be read.
    most = len(content)
    try:
        if Source("", content).is_json:
            from app.services.json_diary import read_items, to_occurrences

            return to_occurrences(read_items(content, most), zone)
        limits = icalendar.Limits(most, most)
        return icalendar.read([content], window=window, zone=zone, limits=limits).occurrences
    except (BadInput, ConnectorError):
        return ()


def _zone(name: object) -> ZoneInfo:
    """The zone that the undo file names; those of before it was written down name none."""
    try:
        return find_zone(str(name))
    except BadInput:
        return _USUAL_ZONE


def _parse(record: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(record)
    except (ValueError, RecursionError) as error:
        raise BadUndoRecord(text("The undo file is not JSON that can be read.")) from error
    if not isinstance(found, dict) or found.get("clearway") != "undo":
        raise BadUndoRecord(text("This is not an undo file that Clearway wrote."))
    return found
