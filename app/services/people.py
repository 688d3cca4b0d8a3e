"""What a plan means for other people, asked of the calendars that it was made from."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from app.services.live import LiveDiary
from connectors.base import Ability, agreement
from connectors.errors import ConnectorError, EventGone
from rules.change import Change, ChangeKind

_MEETING = (ChangeKind.EVENT_SHORTEN, ChangeKind.EVENT_MOVE)
_UNASKED = "It could not be asked who else is free; agreement is not known."


def informed(
    live: Sequence[LiveDiary], changes: Sequence[Change]
) -> tuple[tuple[Change, ...], tuple[str, ...]]:
    """The changes with the mails that each will send and whether everybody is free.

    Also sentences about what could not be asked. Whoever is invited is looked at and forgotten.
    """
    notes: dict[str, None] = {}
    found = []
    for change in changes:
        try:
            found.append(_informed(live, change))
        except ConnectorError:
            notes[_UNASKED] = None
            found.append(change)
    return tuple(found), tuple(notes)


def _informed(live: Sequence[LiveDiary], change: Change) -> Change:
    if change.kind not in _MEETING:
        return change
    for each in live:
        if Ability.MEETINGS not in each.abilities:
            continue
        diary: Any = each  # its abilities say what it can do
        try:
            mails = diary.mails(change)
        except EventGone:
            continue
        known = change.kind is ChangeKind.EVENT_MOVE and Ability.FREE_BUSY in each.abilities
        answer = agreement(diary, change) if known and change.people_told else change.agreement
        return replace(change, mails=mails, agreement=answer)
    return change
