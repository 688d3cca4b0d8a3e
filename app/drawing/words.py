"""The same week in words, for those who read or listen rather than look."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from app.drawing.layout import DAY, Block, Column, Look, Mark, Week
from rules.language import later, text
from rules.words import say_count, say_day, say_hour, say_minutes

NAMES = {
    Look.MEETING: later("meeting"),
    Look.TEAM: later("time with the team"),
    Look.CLINICAL: later("clinical session"),
    Look.PROTECTED: later("protected time"),
    Look.GAP: later("time between meetings"),
    Look.BREAK: later("break"),
    Look.END_OF_DAY: later("end of day"),
    Look.LEARNING: later("learning time"),
    Look.OWN_TIME: later("your own time"),
}
_CHANGES = {
    Mark.NEW: later("%(name)s, new"),
    Mark.MOVED: later("%(name)s, moved here"),
    Mark.SHORTER: later("%(name)s, ends earlier than before"),
    Mark.WAS: later("%(name)s, leaves this time"),
}
_RULES = {
    "gap": later("between meetings"),
    "protected": later("protected time"),
    "break": later("meal break"),
    "end_of_day": later("end of day"),
}


@dataclass(frozen=True, slots=True)
class DayWords:
    """A day, one line for each stretch of it in order, and what is still to find."""

    day: date
    heading: str
    lines: tuple[str, ...]
    missing: tuple[str, ...]


def describe(week: Week) -> tuple[DayWords, ...]:
    """Everything that the picture of a week shows."""
    return tuple(_day(column) for column in week.columns)


def summarise(week: Week) -> str:
    """The week in two sentences, to be read out with its picture."""
    meetings = sum(_is_meeting(block) for column in week.columns for block in column.blocks)
    kept = sum(column.protected[0] for column in week.columns)
    asked = sum(column.protected[1] for column in week.columns)
    said = say_count(meetings, "meeting")
    return text(
        "%(meetings)s. Protected time is %(kept)s of %(asked)s.",
        meetings=said,
        kept=say_minutes(kept),
        asked=say_minutes(asked),
    )


def _is_meeting(block: Block) -> bool:
    return block.mark is not Mark.WAS and block.look in (Look.MEETING, Look.TEAM, Look.CLINICAL)


def _day(column: Column) -> DayWords:
    lines = tuple(
        text(
            "%(start)s to %(end)s: %(what)s",
            start=say_clock(block.start),
            end=say_clock(block.end),
            what=_name(block),
        )
        for block in sorted(column.blocks, key=lambda each: (each.start, each.end))
    )
    return DayWords(column.day, _heading(column), lines, tuple(_missing(column)))


def _name(block: Block) -> str:
    name, change = text(NAMES[block.look]), _CHANGES.get(block.mark)
    return name if change is None else text(change, name=name)


def _heading(column: Column) -> str:
    day = say_day(column.day)
    if column.hours:
        start, end = (say_clock(each) for each in column.hours)
        return text("%(day)s, %(start)s to %(end)s", day=day, start=start, end=end)
    if column.leave:
        return text("%(day)s, leave", day=day)
    return text("%(day)s, not a working day", day=day)


def _missing(column: Column) -> Iterator[str]:
    for rule, name in _RULES.items():
        minutes = sum(flag.missing for flag in column.flags if flag.rule == rule)
        if minutes:
            yield text("%(what)s: %(time)s to find", what=text(name), time=say_minutes(minutes))


def say_clock(minute: int) -> str:
    """Minutes after midnight as a time of day: `9am`, `5:30pm`, `midday`, `midnight`."""
    return say_hour(*divmod(minute % DAY, 60))
