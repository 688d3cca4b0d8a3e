"""The characters and colours of a drawn week, for terminals with box characters and without.

Every kind of time has a character of its own, so that colour is never needed to tell them apart.
Colours are the terminal's own sixteen, which people have chosen to be readable.
"""

from dataclasses import dataclass, fields

from rules.event import Kind, Occurrence, ScoredAs


@dataclass(frozen=True, slots=True)
class Glyphs:
    """One character for each kind of time. `seam` begins a meeting that touches the one before."""

    meeting: str
    seam: str
    double: str
    team: str
    protected: str
    hold: str
    own: str
    free: str
    must: str
    should: str
    bullet: str
    rule: str


BOXES = Glyphs(
    "█",
    "▐",
    "▓",
    "◆",
    "▒",
    "░",
    "\N{BOX DRAWINGS LIGHT DIAGONAL UPPER RIGHT TO LOWER LEFT}",
    "·",
    "▲",
    "△",
    "•",
    "─",
)
PLAIN = Glyphs("#", "|", "%", "@", "=", "-", "/", ".", "^", "'", "*", "-")

MEETING, TEAM, PROTECTED, HOLD = "blue", "cyan", "green", "green"
OWN, FREE, FINDING, QUIET = "", "bright_black", "bold magenta", "bright_black"
"""Only what says nothing by itself is quiet: on some screens it can hardly be read."""


def encodable(glyphs: Glyphs, encoding: str) -> bool:
    """Whether a terminal of that encoding can show these characters."""
    try:
        "".join(getattr(glyphs, each.name) for each in fields(glyphs)).encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def look(each: Occurrence, glyphs: Glyphs) -> tuple[str, str]:
    """The character and the colour of one occurrence."""
    if each.scored_as is ScoredAs.OWN_TIME:
        return glyphs.own, OWN
    if each.scored_as is ScoredAs.HOLD:
        protected = each.kind is Kind.PROTECTED
        return (glyphs.protected, PROTECTED) if protected else (glyphs.hold, HOLD)
    team = each.hold is not None
    return (glyphs.team, TEAM) if team else (glyphs.meeting, MEETING)


def legend(glyphs: Glyphs) -> tuple[tuple[str, str, str], ...]:
    """Character, colour and word of each kind of time, in the order of the legend."""
    return (
        (glyphs.meeting, MEETING, "meeting"),
        (glyphs.double, MEETING, "2 at once"),
        (glyphs.team, TEAM, "with the team"),
        (glyphs.protected, PROTECTED, "protected time"),
        (glyphs.hold, HOLD, "other hold"),
        (glyphs.own, OWN, "own time"),
        (glyphs.free, FREE, "free"),
    )
