"""What a plan means for other people, asked of the calendars that it was made from."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, runtime_checkable

from app.services.live import LiveDiary
from connectors.base import Ability, agreement
from connectors.errors import ConnectorError, EventGone
from rules.change import Change, ChangeKind
from rules.interval import Interval
from rules.language import later, text


@runtime_checkable
class Remembering(Protocol):
    """A diary that knows from its last reading what would take a request for each change."""

    def read_mails(self, change: Change) -> int | None:
        """As `DiaryWriter.mails`; None where it was not read."""
        ...

    def read_invited(self, event_id: str) -> tuple[str, ...] | None:
        """As `FreeBusyReader.invited`; None where it was not read."""
        ...


_MEETING = (ChangeKind.EVENT_SHORTEN, ChangeKind.EVENT_MOVE)
_UNASKED = later("It could not be asked who else is free; agreement is not known.")


def informed(
    live: Sequence[LiveDiary], changes: Sequence[Change]
) -> tuple[tuple[Change, ...], tuple[str, ...]]:
    """The changes with the mails that each will send and whether everybody is free.

    Also sentences about what could not be asked. Whoever is invited is looked at and forgotten;
    each calendar is asked once who is busy, for all changes together.
    """
    found = list(changes)
    notes: dict[str, None] = {}
    moves: dict[int, list[int]] = {}
    for number, change in enumerate(changes):
        try:
            holder, found[number] = _mailed(live, change)
        except ConnectorError:
            notes[text(_UNASKED)] = None
            continue
        if holder is not None and _needs_agreement(live[holder], change):
            moves.setdefault(holder, []).append(number)
    for holder, numbers in moves.items():
        try:
            asked = _ask(live[holder], [changes[each] for each in numbers])
            for each in numbers:
                found[each] = replace(found[each], agreement=agreement(asked, changes[each]))
        except ConnectorError:
            notes[text(_UNASKED)] = None
    return tuple(found), tuple(notes)


def _mailed(live: Sequence[LiveDiary], change: Change) -> tuple[int | None, Change]:
    """Which calendar holds the meeting, and the change with how many mails it sends."""
    if change.kind in _MEETING:
        for number, each in enumerate(live):
            if Ability.MEETINGS not in each.abilities:
                continue
            diary: Any = each  # its abilities say what it can do
            try:
                return number, replace(change, mails=_mails(diary, change))
            except EventGone:
                continue
    return None, change


def _mails(diary: Any, change: Change) -> int:
    known = diary.read_mails(change) if isinstance(diary, Remembering) else None
    return diary.mails(change) if known is None else known


def _invited(diary: Any, event_id: str) -> tuple[str, ...]:
    known = diary.read_invited(event_id) if isinstance(diary, Remembering) else None
    return diary.invited(event_id) if known is None else known


def _needs_agreement(diary: LiveDiary, change: Change) -> bool:
    moved = change.kind is ChangeKind.EVENT_MOVE and change.people_told > 0
    return moved and Ability.FREE_BUSY in diary.abilities


@dataclass(frozen=True, slots=True)
class _Asked:
    """Who is invited to the meetings of a plan, and when they are busy while it would move them."""

    people: Mapping[str, tuple[str, ...]] = field(repr=False)
    known: Mapping[str, tuple[Interval, ...] | None] = field(repr=False)

    def invited(self, event_id: str) -> tuple[str, ...]:
        """As `FreeBusyReader.invited`."""
        return self.people[event_id]

    def busy(
        self, people: Collection[str], window: Interval
    ) -> Mapping[str, tuple[Interval, ...] | None]:
        """As `FreeBusyReader.busy`, for a window inside the one that was asked for."""
        return {each: self.known.get(each) for each in people}


def _ask(holder: LiveDiary, changes: Sequence[Change]) -> _Asked:
    diary: Any = holder  # its abilities say what it can do
    people = {one.event_id: _invited(diary, one.event_id) for one in changes if one.event_id}
    spans = [one.after for one in changes if one.after is not None]
    whole = Interval(min(one.start for one in spans), max(one.end for one in spans))
    everybody = sorted({one for each in people.values() for one in each})
    return _Asked(people, diary.busy(everybody, whole) if everybody else {})
