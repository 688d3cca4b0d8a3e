"""Times for several people, ranked by what they cost those whom Clearway serves."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from app.services.errors import BadInput
from app.services.plan import stopwatch
from app.services.read import OpenDiary, check_addresses
from connectors.base import Ability
from connectors.errors import ConnectorError
from rules.interval import Interval
from rules.language import counted, later, text
from rules.slots import Seat, Slot, slots
from rules.words import say_list, say_minutes

if TYPE_CHECKING:
    from app.services.slots_shape import SlotsResult

USUAL_MOST = 10
SHORTEST, LONGEST = 5, 480
"""Minutes of a meeting."""
MOST_WEEKS = 6
_NAMES = {
    "gap": later("time between meetings"),
    "protected": later("protected time"),
    "pods": later("team time"),
    "break": later("meal break"),
    "end_of_day": later("time at the end of the day"),
}
_NOTHING = later("Takes nothing that is kept for anybody.")


@dataclass(frozen=True, slots=True)
class Suggested:
    """The times, best first. `notes` are sentences about whom nobody could ask."""

    opened: tuple[OpenDiary, ...]
    minutes: int
    slots: tuple[Slot, ...]
    notes: tuple[str, ...] = field(default=())

    @property
    def warnings(self) -> tuple[str, ...]:
        """Everything that whoever reads the times has to know about how they were found."""
        said = (each for one in self.opened for each in one.warnings)
        return tuple(dict.fromkeys((*said, *self.notes)))

    def shape(self) -> "SlotsResult":
        """What tools read."""
        from app.services.slots_shape import slots_of

        return slots_of(self)


def suggest(
    opened: Sequence[OpenDiary],
    minutes: int,
    *,
    people: Sequence[str] = (),
    most: int = USUAL_MOST,
    budget: float | None = None,
) -> Suggested:
    """The times at which everybody can meet that cost the least.

    `opened` are the diaries of those whom Clearway serves, over the same days. `people` are the
    addresses of others, of whom nothing is asked but when they are busy. Raises BadInput.
    """
    _check(opened, minutes)
    check_addresses(people)
    busy, unknown = _busy(opened, people)
    notes = (*unknown, *_same_hours(opened))
    seats = [Seat(each.diary, each.policy, each.fixed) for each in opened]
    left = stopwatch(opened[0], budget)
    found = slots(seats, busy, minutes, opened[0].now, most, left)
    return Suggested(tuple(opened), minutes, found, notes)


def say_cost(slot: Slot) -> str:
    """What a time takes, in a sentence or two."""
    parts = [
        text("%(time)s of %(what)s", time=say_minutes(lost), what=text(_NAMES[rule]))
        for rule, lost in slot.lost.items()
        if lost > 0
    ]
    said = text("Takes %(things)s.", things=say_list(parts)) if parts else text(_NOTHING)
    if slot.holds > 0:
        said += " " + counted("%(number)s hold moves.", "%(number)s holds move.", slot.holds)
    return said


def _check(opened: Sequence[OpenDiary], minutes: int) -> None:
    if not SHORTEST <= minutes <= LONGEST or minutes % SHORTEST:
        raise BadInput(
            text(
                "A meeting has between %(shortest)s and %(longest)s minutes, in steps of %(step)s.",
                shortest=SHORTEST,
                longest=LONGEST,
                step=SHORTEST,
            )
        )
    if any(each.diary.end - each.diary.start > timedelta(weeks=MOST_WEEKS) for each in opened):
        raise BadInput(text("Times are looked for in at most %(most)s weeks.", most=MOST_WEEKS))


def _busy(
    opened: Sequence[OpenDiary], people: Sequence[str]
) -> tuple[list[tuple[Interval, ...]], tuple[str, ...]]:
    """When each of the others is busy, as far as anybody's calendar tells."""
    wanted = tuple(dict.fromkeys(each.strip().lower() for each in people if each.strip()))
    known: dict[str, tuple[Interval, ...]] = {}
    for one in opened:
        for live in one.live:
            left = [each for each in wanted if each not in known]
            if left and Ability.FREE_BUSY in live.abilities:
                known |= _asked(live, left, one.diary.span)
    unknown = len(wanted) - len(known)
    if not unknown:
        return list(known.values()), ()
    note = counted(
        "It is not known when %(number)s person can meet; ask them.",
        "It is not known when %(number)s people can meet; ask them.",
        unknown,
    )
    return list(known.values()), (note,)


def _same_hours(opened: Sequence[OpenDiary]) -> tuple[str, ...]:
    """What to say where several people's hours are one person's, or nobody's."""
    patterns = {each.diary.pattern.weeks for each in opened}
    if len(opened) == 1 or len(patterns) > 1:
        return ()
    return (text("Everybody is taken to work the same hours; check those who do not."),)


def _asked(live: Any, people: Sequence[str], window: Interval) -> dict[str, tuple[Interval, ...]]:
    try:
        found = live.busy(people, window)
    except ConnectorError:
        return {}
    return {each: spans for each, spans in found.items() if spans is not None}
