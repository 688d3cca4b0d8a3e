"""The diary in memory: people edit it directly."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import count

from connectors.memory import MemoryDiary
from rules.event import Occurrence, ShowAs, Status, classify
from rules.interval import Interval
from tests.contract.stage import LONDON, ME, Planted

INSIDE = "@trust.example"


class MemoryStage:
    """Expands what is planted by itself, in local time, as a calendar would."""

    name = "memory"

    def __init__(self) -> None:
        self.diary = MemoryDiary((), LONDON)
        self._numbers = count(1)

    def plant(self, event: Planted) -> str:
        """Put it in as the occurrences that it has."""
        uid = f"planted-{next(self._numbers)}"
        for one in _occurrences(uid, event):
            self.diary.edit(one.id, one)
        return uid

    def retime(self, event_id: str, when: Interval) -> None:
        """Another time for one occurrence."""
        known = self.diary.get(event_id)
        self.diary.edit(event_id, replace(known, start=when.start, end=when.end))

    def remove(self, event_id: str) -> None:
        """Take it out."""
        self.diary.edit(event_id, None)

    def mailed(self) -> int:
        """Nobody, ever."""
        return 0


def _occurrences(uid: str, event: Planted) -> Iterator[Occurrence]:
    for number in range(event.members):
        if number in event.dropped:
            continue
        step = timedelta(days=event.every * number)
        original = _utc(event.start + step)
        shift = event.moved.get(number, timedelta())
        start, end = (_utc(each + step + shift) for each in (event.start, event.end))
        yield _occurrence(uid, event, start, end, original if event.every else None)


def _utc(moment: datetime | date) -> datetime | date:
    return moment.astimezone(UTC) if isinstance(moment, datetime) else moment


def _occurrence(
    uid: str,
    event: Planted,
    start: datetime | date,
    end: datetime | date,
    original: datetime | date | None,
) -> Occurrence:
    others = {*event.people, event.organizer} - {ME}
    status = Status.CANCELLED if event.cancelled else Status.CONFIRMED
    declined = event.organizer != ME and event.answer == "declined"
    scored = classify(
        start=start,
        end=end,
        show_as=event.show_as,
        status=status,
        private=event.private,
        declined=declined,
        organizer=event.organizer == ME,
        with_others=bool(others or event.rooms),
        kind=event.kind,
    )
    return Occurrence(
        uid=uid,
        start=start,
        end=end,
        scored_as=scored,
        recurrence_id=original,
        show_as=ShowAs.FREE if declined else event.show_as,
        private=event.private,
        status=status,
        organizer=event.organizer == ME,
        other_people=len(others),
        external=any(not each.endswith(INSIDE) for each in others),
        resources=len(event.rooms),
        kind=event.kind,
        firm=event.firm,
    )
