"""What the pictures of a diary show: one small sample of each thing, with its name."""

from dataclasses import dataclass

from app.drawing.layout import Look, Mark
from app.drawing.svg import flag_sample, sample
from rules.language import later, text

_KEY = (
    (Look.MEETING, Mark.SAME, later("Meeting")),
    (Look.CLINICAL, Mark.SAME, later("C: clinical session")),
    (Look.TEAM, Mark.SAME, later("T: time with the team")),
    (Look.PROTECTED, Mark.SAME, later("P: protected time")),
    (Look.BREAK, Mark.SAME, later("B: break")),
    (Look.LEARNING, Mark.SAME, later("L: time to learn")),
    (Look.GAP, Mark.SAME, later("Time between meetings, or end of day")),
    (Look.OWN_TIME, Mark.SAME, later("Your own time")),
    (Look.PROTECTED, Mark.NEW, later("Thick edge and plus: new")),
    (Look.MEETING, Mark.MOVED, later("Two arrows: moved here")),
    (Look.MEETING, Mark.SHORTER, later("Arrow to a line: ends early")),
    (Look.MEETING, Mark.WAS, later("Dashed: the time it leaves")),
)


@dataclass(frozen=True, slots=True)
class Sign:
    """One line of the legend."""

    name: str
    svg: str


def legend() -> tuple[Sign, ...]:
    """Every line, in order."""
    made = (
        Sign(text(name), sample(look, mark, f"key-{number}"))
        for number, (look, mark, name) in enumerate(_KEY)
    )
    return (*made, Sign(text("Diamond: time still to find"), flag_sample()))
