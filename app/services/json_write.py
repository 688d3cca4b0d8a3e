"""Changes into a JSON diary, and out of it again, as connectors.icalendar does for calendars."""

import json
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Any

from pydantic import ValidationError

from app.shapes import ChangeItem, OccurrenceItem, change_of, occurrence_of, say_moment
from connectors.base import Skipped
from connectors.errors import GONE, NOT_APPLIED, BadUndoRecord
from rules.change import Change, ChangeKind
from rules.interval import Interval
from rules.language import later, text
from rules.outcome import new_hold

SCHEMA = 1
_EDITED = later("Somebody has edited the event since.")
_REMOVED = later("Somebody has removed the event since.")
_RETURNED = later("Somebody has put the event back since.")

Item = dict[str, Any]


def apply_json(
    content: bytes, changes: Sequence[Change], new_uid: Callable[[Change], str]
) -> tuple[bytes, tuple[Change, ...], tuple[Skipped, ...], dict[str, Any]]:
    """The diary with the changes in it, those made, those skipped, and the record to undo them.

    The changes are of a plan made from these very bytes, so that no `before` has to be compared.
    Fields that a change does not mean to touch stay as they were given.
    """
    items: list[Item] = json.loads(content)
    places = {_id(item): index for index, item in enumerate(items)}
    edits: list[dict[str, Any]] = []
    applied: list[Change] = []
    skipped: list[Skipped] = []
    for change in changes:
        place = places.get(change.event_id or "")
        before = None if place is None else items[place]
        if change.kind is not ChangeKind.HOLD_CREATE and before is None:
            skipped.append(Skipped(change, GONE))
            continue
        after = _after(change, before, new_uid)
        if place is None and after is not None:
            items.append(after)
        elif place is not None:
            items[place] = after if after is not None else {}
        applied.append(change)
        edits.append({"before": before, "after": after, "change": _written(change)})
    written = _dump([item for item in items if item])
    record = {
        "schema": SCHEMA,
        "files": [{"before": _print(content), "after": _print(written)}],
        "original": b64encode(content).decode(),
        "edits": edits,
    }
    return written, tuple(applied), tuple(skipped), record


def undo_json(
    content: bytes, record: Mapping[str, Any]
) -> tuple[bytes, tuple[Change, ...], tuple[Skipped, ...]]:
    """The diary as it was: byte for byte where nobody wrote since, else edit by edit.

    Raises BadUndoRecord where the record is damaged, the diary cannot be read, or nothing that the
    application wrote is in it.
    """
    try:
        edits = [
            (each["before"], each["after"], _change(each["change"])) for each in record["edits"]
        ]
        if record["files"][0]["after"] == _print(content):
            original = b64decode(record["original"], validate=True)
            if _print(original) != record["files"][0]["before"]:
                raise ValueError("another original")
            return original, tuple(change for *_, change in edits), ()
        items = json.loads(content)
        original = record["files"][0]["before"] == _print(content)
        if edits and (original or not _is_applied(items, edits)):
            raise BadUndoRecord(NOT_APPLIED)
        return _one_by_one(items, edits)
    except (LookupError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise BadUndoRecord(text("The undo file is damaged, or is not of this diary.")) from error


def _is_applied(
    items: Sequence[Item], edits: Sequence[tuple[Item | None, Item | None, Change]]
) -> bool:
    """Whether anything that the edits wrote is in the diary, even if people edited it since."""
    found = {_id(item): item for item in items}
    wrote = [(before or {}, after) for before, after, _ in edits if after]
    if not wrote:
        # That an item is absent, as after a removal, is true of any other diary too.
        return any(_id(before) not in found for before, *_ in edits if before)
    return any(
        (name, value) in found[_id(after)].items() and (name, value) not in before.items()
        for before, after in wrote
        if _id(after) in found
        for name, value in after.items()
    )


def _one_by_one(
    items: list[Item], edits: Sequence[tuple[Item | None, Item | None, Change]]
) -> tuple[bytes, tuple[Change, ...], tuple[Skipped, ...]]:
    undone: list[Change] = []
    skipped: list[Skipped] = []
    for before, after, change in edits:
        wanted = _id(after or before or {})
        place = next((index for index, item in enumerate(items) if _id(item) == wanted), None)
        reason = _reason_not_to(None if place is None else items[place], after)
        if reason:
            skipped.append(Skipped(change, reason))
            continue
        undone.append(change)
        if place is None:
            items.append(before or {})
        else:
            items[place : place + 1] = [before] if before else []
    return _dump(items), tuple(undone), tuple(skipped)


def _reason_not_to(found: Item | None, after: Item | None) -> str:
    if after is None:
        return "" if found is None else _RETURNED
    if found is None:
        return _REMOVED
    return "" if found == after else _EDITED


def _after(change: Change, before: Item | None, new_uid: Callable[[Change], str]) -> Item | None:
    if change.hold and change.after and change.before is None:
        made = replace(new_hold(change.hold, change.after), uid=new_uid(change))
        return occurrence_of(made).model_dump(mode="json")
    if change.after is None or before is None:
        return None
    times = {"start": say_moment(change.after.start), "end": say_moment(change.after.end)}
    return before | times


def _id(item: Item) -> str:
    try:
        return OccurrenceItem.model_validate(item).id
    except ValidationError:
        return ""


def _written(change: Change) -> Item:
    return change_of(change).model_dump(mode="json")


def _change(written: Item) -> Change:
    item = ChangeItem.model_validate(written)
    before, after = item.before, item.after
    return Change(
        kind=item.kind,
        before=Interval(before.start, before.end) if before else None,
        after=Interval(after.start, after.end) if after else None,
        event_id=item.event_id,
        hold=item.hold,
        people_told=item.people_told or 0,
        mails=item.mails or 0,
        agreement=item.agreement,
        because=tuple(item.because),
        message=item.message,
    )


def _dump(items: Sequence[Item]) -> bytes:
    return (json.dumps(items, indent=2, ensure_ascii=False) + "\n").encode("utf-8", "replace")


def _print(content: bytes) -> str:
    return sha256(content).hexdigest()
