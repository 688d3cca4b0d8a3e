"""What a diary becomes once changes are made, as values."""

from collections.abc import Iterable
from dataclasses import replace

from rules.change import Change, ChangeKind
from rules.diary import Diary
from rules.event import HOLD_CLASS, Kind, Occurrence, ScoredAs
from rules.finding import instant_key
from rules.interval import Interval

_CLASS = {
    **dict.fromkeys(HOLD_CLASS, ScoredAs.HOLD),
    Kind.CHECK_IN: ScoredAs.OWN_TIME,
}


def after(diary: Diary, changes: Iterable[Change]) -> Diary:
    """The diary with the changes made. New holds get identifiers that mean nothing outside it."""
    given = tuple(changes)
    edits = {each.event_id: each for each in given if each.event_id is not None}
    kept = [
        occurrence if edit is None or edit.after is None else _placed(occurrence, edit.after)
        for occurrence in diary.occurrences
        if (edit := edits.get(occurrence.id)) is None or edit.kind is not ChangeKind.HOLD_DELETE
    ]
    made = [
        new_hold(each.hold, each.after)
        for each in given
        if each.kind is ChangeKind.HOLD_CREATE and each.hold and each.after
    ]
    return diary.with_occurrences([*kept, *made])


def new_hold(kind: Kind, span: Interval) -> Occurrence:
    """A hold that does not exist yet."""
    return Occurrence(
        uid=f"new {kind} {instant_key(span.start)}",
        start=span.start,
        end=span.end,
        scored_as=_CLASS.get(kind, ScoredAs.APPOINTMENT),
        organizer=True,
        kind=kind,
    )


def _placed(occurrence: Occurrence, span: Interval) -> Occurrence:
    return replace(occurrence, start=span.start, end=span.end)
