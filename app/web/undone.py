"""What came of undoing a plan, in the words of the plan."""

from dataclasses import dataclass

from app.services.undo import Undone
from rules.change import Change, ChangeKind
from rules.words import say_count

_KINDS = {
    ChangeKind.HOLD_CREATE: "A new hold",
    ChangeKind.HOLD_MOVE: "A hold that was moved",
    ChangeKind.HOLD_DELETE: "A hold that was given up",
    ChangeKind.EVENT_SHORTEN: "A meeting that was to end early",
    ChangeKind.EVENT_MOVE: "A meeting that was moved",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One change of the plan, and why it was left alone; no reason where it was taken back."""

    what: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class UndoneView:
    """What was taken back, what was left alone, and whose mail stays sent."""

    lead: str
    back: tuple[Line, ...]
    alone: tuple[Line, ...]
    told: str


def undone_view(done: Undone) -> UndoneView:
    """The page after an undo file was brought."""
    return UndoneView(
        lead=_lead(len(done.undone), len(done.skipped), whole=done.whole),
        back=tuple(Line(_say(each)) for each in done.undone),
        alone=tuple(Line(_say(each.change), each.reason) for each in done.skipped),
        told=_say_told(len(done.told)),
    )


def _lead(back: int, alone: int, *, whole: bool) -> str:
    if not back:
        return "Nothing was undone, so your calendar is as you brought it."
    taken = f"{say_count(back, 'change')} taken back"
    if whole:
        return f"{taken}. Your calendar is as it was."
    left = f", and {alone} left alone" if alone else ""
    return f"{taken}{left}. What somebody edited since stays as it is."


def _say(change: Change) -> str:
    """The first sentence that the plan said; the rest is why, and who is told."""
    said = change.message.partition(". ")[0].rstrip(".")
    return f"{said or _KINDS[change.kind]}."


def _say_told(meetings: int) -> str:
    if not meetings:
        return ""
    return f"People of {say_count(meetings, 'meeting')} may have been told. Sent mail cannot be unsent."
