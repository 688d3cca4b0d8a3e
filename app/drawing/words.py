"""The same week in words, for those who read or listen rather than look."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from app.drawing.layout import DAY, Block, Column, Look, Mark, Week
from rules.words import say_day, say_minutes

NAMES = {
    Look.MEETING: "meeting",
    Look.TEAM: "time with the team",
    Look.CLINICAL: "clinical session",
    Look.PROTECTED: "protected time",
    Look.GAP: "time between meetings",
    Look.BREAK: "break",
    Look.END_OF_DAY: "end of day",
    Look.LEARNING: "learning time",
    Look.OWN_TIME: "your own time",
}
_CHANGES = {
    Mark.NEW: ", new",
    Mark.MOVED: ", moved here",
    Mark.SHORTER: ", ends earlier than before",
    Mark.WAS: ", leaves this time",
}
_RULES = {
    "gap": "between meetings",
    "protected": "protected time",
    "break": "meal break",
    "end_of_day": "end of day",
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
    noun = "meeting" if meetings == 1 else "meetings"
    return f"{meetings} {noun}. Protected time is {say_minutes(kept)} of {say_minutes(asked)}."


def _is_meeting(block: Block) -> bool:
    return block.mark is not Mark.WAS and block.look in (Look.MEETING, Look.TEAM, Look.CLINICAL)


def _day(column: Column) -> DayWords:
    lines = tuple(
        f"{say_clock(block.start)} to {say_clock(block.end)}: {_name(block)}"
        for block in sorted(column.blocks, key=lambda each: (each.start, each.end))
    )
    return DayWords(
        column.day, f"{say_day(column.day)}{_hours(column)}", lines, tuple(_missing(column))
    )


def _name(block: Block) -> str:
    return NAMES[block.look] + _CHANGES.get(block.mark, "")


def _hours(column: Column) -> str:
    if column.hours:
        return f", {say_clock(column.hours[0])} to {say_clock(column.hours[1])}"
    return ", leave" if column.leave else ", not a working day"


def _missing(column: Column) -> Iterator[str]:
    for rule, name in _RULES.items():
        minutes = sum(flag.missing for flag in column.flags if flag.rule == rule)
        if minutes:
            yield f"{name}: {say_minutes(minutes)} to find"


def say_clock(minute: int) -> str:
    """Minutes after midnight as a time of day: `9am`, `5:30pm`, `midday`, `midnight`."""
    hour, rest = divmod(minute % DAY, 60)
    if rest == 0 and hour in (0, 12):
        return "midday" if hour else "midnight"
    minutes = f":{rest:02}" if rest else ""
    return f"{(hour + 11) % 12 + 1}{minutes}{'am' if hour < 12 else 'pm'}"
