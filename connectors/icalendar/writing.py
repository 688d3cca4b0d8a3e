"""Changes into calendar text, and out of it again.

A change is applied only where the event still is what the plan saw. Everything a change does not
mean to touch keeps its bytes: unknown properties, order, folds, line ends, encoding. Taking back
gives the original bytes where nobody wrote in between, and otherwise takes back its own edits only.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from hashlib import sha256
from typing import NamedTuple
from zoneinfo import ZoneInfo

from connectors.base import Skipped
from connectors.errors import (
    CHANGED,
    FIRM,
    GONE,
    NOT_APPLIED,
    NOT_OURS,
    WHOLE_DAY,
    BadUndoRecord,
)
from connectors.hold_text import DISCREET, HOLD_TEXTS, HoldText
from connectors.icalendar.component import Broken, Event, parse_event, properties
from connectors.icalendar.lines import Span, Text, components, decode, unescape
from connectors.icalendar.reading import DEFAULT_LIMITS, File, Limits, Survey, survey
from connectors.icalendar.refusal import (
    CARRIES,
    EDITED,
    NAMELESS,
    REMOVED,
    REPEATS,
    RETURNED,
    TWICE,
    UNSURE,
    Refused,
)
from connectors.icalendar.series import Found
from connectors.icalendar.surgery import Component, new_hold, plain
from connectors.icalendar.undo_record import Edit, Prints, UndoRecord
from connectors.icalendar.whole import members, shift
from connectors.lens import Lens
from rules.change import Change, ChangeKind
from rules.event import NOT_HOLDS, Kind
from rules.interval import Interval

_END_OF_CALENDAR = re.compile(r"^END[ \t]*:[ \t]*VCALENDAR[ \t]*$", re.I | re.M)
_NEWLINE = re.compile(r"\r\n|\n|\r")
_OWN_EVENT = (ChangeKind.EVENT_SHORTEN, ChangeKind.EVENT_MOVE)
_OWN_HOLD = (ChangeKind.HOLD_MOVE, ChangeKind.HOLD_DELETE)


@dataclass(frozen=True, slots=True)
class Written:
    """Files after an application, in the order they came, and how to take it back."""

    files: tuple[bytes, ...]
    applied: tuple[Change, ...]
    skipped: tuple[Skipped, ...]
    undo: UndoRecord


@dataclass(frozen=True, slots=True)
class Undone:
    """Files after taking an application back.

    `mails_not_unsent` names the events whose people had been told.
    """

    files: tuple[bytes, ...]
    undone: tuple[Change, ...]
    skipped: tuple[Skipped, ...]
    mails_not_unsent: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Cut:
    """Characters of one file to be replaced."""

    file: int
    start: int
    end: int
    text: str
    change: Change


def apply(
    files: Sequence[bytes],
    changes: Sequence[Change],
    *,
    stamp: datetime,
    new_uid: Callable[[Change], str],
    zone: ZoneInfo | None = None,
    texts: Mapping[Kind, HoldText] = HOLD_TEXTS,
    limits: Limits = DEFAULT_LIMITS,
) -> Written:
    """The files with the changes in them; holds are created in the first file.

    A change of the UID of a series is made to every member of it: `before` is any one of them.
    `stamp` is when this is done, `new_uid` gives each new hold its UID. `zone` is the diary's zone
    as it was read. A change whose event is gone, or differs from its `before` or `version`, is
    skipped with a reason: refusing the whole plan then is the caller's choice. Raises Unreadable
    and TooLarge as reading does.
    """
    seen = survey(files, window=_window(changes), lens=Lens(), zone=zone, limits=limits)
    writer = _Writer(seen, stamp, new_uid, texts)
    cuts: list[_Cut] = []
    skipped: list[Skipped] = []
    for change in changes:
        try:
            cuts.extend(writer.cuts(change))
        except Refused as refusal:
            skipped.append(Skipped(change, str(refusal)))
    written, record = _carry_out(seen.files, files, cuts)
    applied = tuple(_each_once([cut.change for cut in cuts]))
    return Written(written, applied, tuple(skipped), record)


def undo(files: Sequence[bytes], record: UndoRecord) -> Undone:
    """The files as they were before an application.

    Byte for byte where they are as it left them. Where somebody wrote since, each edit is taken
    back that still stands as it was made, found by UID and RECURRENCE-ID; the others are skipped
    with a reason. Raises BadUndoRecord where the record is not of these files, or where nothing
    that the application wrote is in them: in other files, the original, or what is undone already.
    """
    if len(files) != len(record.files):
        raise BadUndoRecord("The undo file belongs to another number of calendar files.")
    results = [_undo_one(i, data, record) for i, data in enumerate(files)]
    if record.edits and not any(one.applied for one in results):
        raise BadUndoRecord(NOT_APPLIED)
    undone = tuple(_each_once([edit.change for one in results for edit in one.undone]))
    return Undone(
        files=tuple(one.data for one in results),
        undone=undone,
        skipped=tuple(skip for one in results for skip in one.skipped),
        mails_not_unsent=tuple(
            one.event_id for one in undone if one.event_id and (one.mails or one.people_told)
        ),
    )


# -- applying -----------------------------------------------------------------------------------


class _Writer:
    """Turns changes into cuts of the text that was read, one event at most once."""

    def __init__(
        self,
        seen: Survey,
        stamp: datetime,
        new_uid: Callable[[Change], str],
        texts: Mapping[Kind, HoldText],
    ) -> None:
        self.seen = seen
        self.stamp = stamp
        self.new_uid = new_uid
        self.texts = texts
        self.touched: set[tuple[str, str]] = set()
        self.uids: set[str] = set()
        self.whole: set[str] = set()

    def cuts(self, change: Change) -> list[_Cut]:
        """What the change does to the text. Raises Refused."""
        if change.kind is ChangeKind.HOLD_CREATE:
            return [self._create(change)]
        found = self._find(change)
        uid = found.occurrence.uid
        if uid in self.whole:
            raise Refused(TWICE)
        if change.event_id == uid and found.occurrence.recurrence_id is not None:
            return self._shift(change, uid)
        cut = self._cut(change, found)
        self.uids.add(uid)
        return [cut]

    def _shift(self, change: Change, uid: str) -> list[_Cut]:
        """A whole series: every VEVENT that it has."""
        if uid in self.uids:
            raise Refused(TWICE)
        if change.kind in _OWN_HOLD:
            for event in members(self.seen, uid):
                _check_ours(event)
        if change.kind is ChangeKind.HOLD_DELETE:
            raise Refused(REPEATS)
        mark = change.kind in _OWN_EVENT
        rewritten = shift(self.seen, uid, change, self.stamp, mark=mark)
        self.whole.add(uid)
        return [_Cut(one.file, one.span.start, one.span.end, one.text, change) for one in rewritten]

    def _cut(self, change: Change, found: Found) -> _Cut:
        """One event, or one member of a series."""
        event = found.event
        if event.nameless:
            raise Refused(NAMELESS)
        if change.kind in _OWN_HOLD:
            _check_ours(event)
        key = (found.occurrence.id, event.version)
        if key in self.touched:
            raise Refused(TWICE)
        self.touched.add(key)
        if change.kind is ChangeKind.HOLD_DELETE:
            return self._delete(change, event)
        return self._edit(change, found)

    def _find(self, change: Change) -> Found:
        found = self.seen.found
        named = [one for one in found if one.occurrence.id == change.event_id]
        named = named or [one for one in found if one.occurrence.uid == change.event_id]
        if not named:
            raise Refused(CHANGED if self._has(change.event_id or "") else GONE)
        for one in named:
            occurrence = one.occurrence
            if occurrence.all_day:
                continue
            same_version = change.version in ("", occurrence.version)
            if same_version and occurrence.span == change.before:
                return one
        raise Refused(WHOLE_DAY if all(one.occurrence.all_day for one in named) else CHANGED)

    def _has(self, event_id: str) -> bool:
        """Whether the event is anywhere in the files, at whatever time."""
        uids = {event_id, event_id.rpartition("/")[0]} - {""}
        spans = ((file.view, span) for file in self.seen.files for span in file.spans)
        return any(_identity(view[span.start : span.end])[0] in uids for view, span in spans)

    def _create(self, change: Change) -> _Cut:
        if change.after is None or change.hold is None:
            raise Refused(UNSURE)
        file = self.seen.files[0]
        words = self.texts.get(change.hold, DISCREET)
        text = new_hold(self.new_uid(change), change.hold, change.after, words, self.stamp)
        newline = file.text.newline
        text = text.replace("\r\n", newline)
        return _insertion(file, text, change)

    def _delete(self, change: Change, event: Event) -> _Cut:
        if event.recurring or event.recurrence_id is not None:
            raise Refused(REPEATS)
        characters = self.seen.files[event.source].text.characters
        newline = _NEWLINE.match(characters, event.span.end)
        end = newline.end() if newline else event.span.end
        return _Cut(event.source, event.span.start, end, "", change)

    def _edit(self, change: Change, found: Found) -> _Cut:
        event = found.event
        file = self.seen.files[event.source]
        if change.after is None:
            raise Refused(UNSURE)
        if event.this_and_future and not self._is_carried(found):
            raise Refused(CARRIES)
        component = Component(
            file.text.characters[event.span.start : event.span.end], file.text.newline
        )
        exception = event.recurring or event.this_and_future
        original = found.occurrence.recurrence_id
        if exception and isinstance(original, datetime):
            component.except_from_series(original, file.zones.resolve, self.seen.zone)
        component.retime(change.after, file.zones.resolve, self.seen.zone)
        component.revise(self.stamp, changed=change.kind in _OWN_EVENT)
        self._check(component.text, file, change)
        if exception:
            return _Cut(
                event.source,
                event.span.end,
                event.span.end,
                file.text.newline + component.text,
                change,
            )
        return _Cut(event.source, event.span.start, event.span.end, component.text, change)

    def _is_carried(self, found: Found) -> bool:
        """Whether a THISANDFUTURE override describes this occurrence, which is not its own."""
        moment = found.event.recurrence_id
        original = found.occurrence.recurrence_id
        return moment is not None and moment.instant(self.seen.zone) != original

    def _check(self, text: str, file: File, change: Change) -> None:
        """Read back what would be written. Raises Refused where it does not say the new times."""
        view = text.replace("\r", "\n")
        span = Span("VEVENT", 0, len(view))
        zone = self.seen.zone
        try:
            event = parse_event(
                view, span, source=0, zones=file.zones, floating=zone, lens=Lens(), method=""
            )
        except Broken as error:
            raise Refused(UNSURE) from error
        if _interval(event, zone) != change.after:
            raise Refused(UNSURE)


def _check_ours(event: Event) -> None:
    """Raise Refused unless the event has Clearway's mark and may move: read without categories."""
    if event.facts.kind is None or event.facts.kind in NOT_HOLDS:
        raise Refused(NOT_OURS)
    if event.facts.firm:
        raise Refused(FIRM)


def _interval(event: Event, zone: tzinfo) -> Interval | None:
    if event.start.whole_day or event.length.days:
        return None
    start = event.start.instant(zone)
    return Interval(start, start + event.length.exact)


def _insertion(file: File, text: str, change: Change) -> _Cut:
    """New text before the end of the first calendar, or at the end of a file that was cut off."""
    end = _END_OF_CALENDAR.search(file.view)
    if end is not None:
        return _Cut(file.index, end.start(), end.start(), text, change)
    characters = file.text.characters
    lead = "" if characters.endswith(("\r", "\n")) else file.text.newline
    return _Cut(file.index, len(characters), len(characters), lead + text, change)


def _window(changes: Sequence[Change]) -> Interval:
    """All the time that the changed events take up today."""
    times = [change.before for change in changes if change.before is not None]
    if not times:
        moment = min(
            (change.starts for change in changes), default=datetime(2000, 1, 1, tzinfo=UTC)
        )
        return Interval(moment, moment)
    end = max(one.end for one in times)
    return Interval(min(one.start for one in times), end + timedelta(seconds=1))


def _carry_out(
    opened: Sequence[File], files: Sequence[bytes], cuts: Sequence[_Cut]
) -> tuple[tuple[bytes, ...], UndoRecord]:
    written: list[bytes] = []
    edits: list[Edit] = []
    for file in opened:
        data, made = _cut_file(file.text, [cut for cut in cuts if cut.file == file.index])
        written.append(data if made else files[file.index])
        edits.extend(made)
    prints = zip(files, written, strict=True)
    return tuple(written), UndoRecord(
        tuple(Prints(_print(before), _print(after)) for before, after in prints), tuple(edits)
    )


def _cut_file(text: Text, cuts: Sequence[_Cut]) -> tuple[bytes, list[Edit]]:
    """One file with its cuts made, and the edits with their places in the result."""
    parts: list[str] = []
    edits: list[Edit] = []
    place = length = 0
    for cut in sorted(cuts, key=lambda one: one.start):
        kept = text.characters[place : cut.start]
        length += len(kept)
        before = text.characters[cut.start : cut.end]
        edits.append(Edit(cut.file, length, before, cut.text, cut.change))
        parts += (kept, cut.text)
        length += len(cut.text)
        place = cut.end
    parts.append(text.characters[place:])
    return text.encode("".join(parts)), edits


def _print(data: bytes) -> str:
    return sha256(data).hexdigest()


# -- taking back --------------------------------------------------------------------------------


class _Back(NamedTuple):
    """One file taken back. `applied` is whether anything that the application wrote was in it."""

    data: bytes
    undone: Sequence[Edit]
    skipped: Sequence[Skipped]
    applied: bool


def _undo_one(index: int, data: bytes, record: UndoRecord) -> _Back:
    prints = record.files[index]
    edits = [edit for edit in record.edits if edit.file == index]
    if not edits:
        return _Back(data, [], [], applied=False)
    text = _decoded(data)
    if _print(data) == prints.after:
        original = _exactly(text, edits)
        if _print(original) != prints.before:
            raise BadUndoRecord("The undo file does not belong to this calendar.")
        return _Back(original, edits, [], applied=True)
    back = _one_by_one(text, edits)
    return back._replace(applied=False) if _print(data) == prints.before else back


def _decoded(data: bytes) -> Text:
    try:
        return decode(data)
    except UnicodeDecodeError as error:
        raise BadUndoRecord("The calendar to restore cannot be read.") from error


def _exactly(text: Text, edits: Sequence[Edit]) -> bytes:
    characters = text.characters
    for edit in reversed(edits):
        if not characters.startswith(edit.after, edit.at):
            raise BadUndoRecord("The undo file does not belong to this calendar.")
        characters = characters[: edit.at] + edit.before + characters[edit.at + len(edit.after) :]
    return text.encode(characters)


def _one_by_one(text: Text, edits: Sequence[Edit]) -> _Back:
    standing = _Standing(text)
    cuts: list[_Cut] = []
    undone: list[Edit] = []
    skipped: list[Skipped] = []
    for step in _steps(edits):
        try:
            cuts.extend(standing.without(step))
            undone.extend(step)
        except Refused as refusal:
            skipped.append(Skipped(step[0].change, str(refusal)))
    # That an event is absent, as after a removal, is true of any other diary too.
    wrote = [edit for edit in edits if edit.after.strip()]
    applied = any(standing.shows(edit) for edit in wrote) if wrote else bool(undone)
    return _Back(_cut_file(text, cuts)[0], undone, skipped, applied)


def _steps(edits: Sequence[Edit]) -> list[list[Edit]]:
    """The edits of each change together: a whole series is taken back whole or not at all."""
    steps: list[list[Edit]] = []
    by_change: dict[Change, list[Edit]] = {}
    for edit in edits:
        known = by_change.get(edit.change) if edit.change.event_id else None
        if known is not None:
            known.append(edit)
            continue
        steps.append([edit])
        by_change[edit.change] = steps[-1]
    return steps


def _each_once(changes: Sequence[Change]) -> list[Change]:
    """The changes without repeats; two new holds may be alike, two edits of one event cannot."""
    seen: set[Change] = set()
    found = []
    for change in changes:
        if change.event_id and change in seen:
            continue
        seen.add(change)
        found.append(change)
    return found


class _Standing:
    """The events of a calendar as they stand now, by UID and RECURRENCE-ID."""

    def __init__(self, text: Text) -> None:
        self.text = text
        view = text.view
        self.end = _END_OF_CALENDAR.search(view)
        self.taken: set[Span] = set()
        self.events: dict[tuple[str, str], list[Span]] = defaultdict(list)
        for span in components(view, frozenset({"VEVENT"})):
            self.events[_identity(view[span.start : span.end])].append(span)

    def without(self, step: Sequence[Edit]) -> list[_Cut]:
        """What takes the edits of one change back, all of them. Raises Refused."""
        taken = set(self.taken)
        try:
            return [self._without(edit) for edit in step]
        except Refused:
            self.taken = taken
            raise

    def shows(self, edit: Edit) -> bool:
        """Whether the event still has a line that the edit wrote, even if people edited it since."""
        wrote = set(plain(edit.after)) - set(plain(edit.before))
        return any(
            not wrote.isdisjoint(plain(self.text.characters[span.start : span.end]))
            for span in self.events.get(_identity(_as_view(edit.after)), [])
        )

    def _without(self, edit: Edit) -> _Cut:
        """What takes one edit back, wherever its event stands now. Raises Refused."""
        before = _NEWLINE.sub(self.text.newline, edit.before.strip("\r\n"))
        same = self.events.get(_identity(_as_view(edit.after or edit.before)), [])
        if not edit.after.strip():
            if same:
                raise Refused(RETURNED)
            place = self.end.start() if self.end else len(self.text.characters)
            return _Cut(edit.file, place, place, before + self.text.newline, edit.change)
        if not same:
            raise Refused(REMOVED)
        span = self._unedited(same, edit.after)
        stop = span.end
        if not before:
            follows = _NEWLINE.match(self.text.characters, span.end)
            stop = follows.end() if follows else span.end
        return _Cut(edit.file, span.start, stop, before, edit.change)

    def _unedited(self, spans: Sequence[Span], text: str) -> Span:
        wanted = plain(text)
        for span in spans:
            text_now = self.text.characters[span.start : span.end]
            if span not in self.taken and plain(text_now) == wanted:
                self.taken.add(span)
                return span
        raise Refused(EDITED)


def _as_view(text: str) -> str:
    return text.strip().replace("\r", "\n")


def _identity(view: str) -> tuple[str, str]:
    found = properties(view, Span("VEVENT", 0, len(view)))
    uid, original = found.get("UID"), found.get("RECURRENCE-ID")
    return (
        unescape(uid[0].value) if uid else "",
        original[0].value.strip() if original else "",
    )
