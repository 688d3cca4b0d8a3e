"""What the pictures of a diary show: one small sample of each thing, with its name."""

from dataclasses import dataclass

from app.drawing.layout import Look, Mark
from app.drawing.svg import flag_sample, sample

_KEY = (
    (Look.MEETING, Mark.SAME, "Meeting"),
    (Look.CLINICAL, Mark.SAME, "C: clinical session"),
    (Look.TEAM, Mark.SAME, "T: time with the team"),
    (Look.PROTECTED, Mark.SAME, "P: protected time"),
    (Look.BREAK, Mark.SAME, "B: break"),
    (Look.LEARNING, Mark.SAME, "L: time to learn"),
    (Look.GAP, Mark.SAME, "Time between meetings, or end of day"),
    (Look.OWN_TIME, Mark.SAME, "Your own time"),
    (Look.PROTECTED, Mark.NEW, "Thick edge and plus: new"),
    (Look.MEETING, Mark.MOVED, "Two arrows: moved here"),
    (Look.MEETING, Mark.SHORTER, "Arrow to a line: ends early"),
    (Look.MEETING, Mark.WAS, "Dashed: the time it leaves"),
)


@dataclass(frozen=True, slots=True)
class Sign:
    """One line of the legend."""

    name: str
    svg: str


def legend() -> tuple[Sign, ...]:
    """Every line, in order."""
    made = (
        Sign(name, sample(look, mark, f"key-{number}"))
        for number, (look, mark, name) in enumerate(_KEY)
    )
    return (*made, Sign("Diamond: time still to find", flag_sample()))
