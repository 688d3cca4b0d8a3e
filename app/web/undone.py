"""What came of undoing a plan, in the words of the plan."""

from dataclasses import dataclass

from app.services.undo import Undone
from rules.change import Change, ChangeKind
from rules.language import counted, later, text

_KINDS = {
    ChangeKind.HOLD_CREATE: later("A new hold."),
    ChangeKind.HOLD_MOVE: later("A hold that was moved."),
    ChangeKind.HOLD_DELETE: later("A hold that was given up."),
    ChangeKind.EVENT_SHORTEN: later("A meeting that was to end early."),
    ChangeKind.EVENT_MOVE: later("A meeting that was moved."),
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
        return text("Nothing was undone, so your calendar is as you brought it.")
    if whole:
        return counted(
            "%(number)s change taken back. Your calendar is as it was.",
            "%(number)s changes taken back. Your calendar is as it was.",
            back,
        )
    if not alone:
        return counted(
            "%(number)s change taken back. What somebody edited since stays as it is.",
            "%(number)s changes taken back. What somebody edited since stays as it is.",
            back,
        )
    return counted(
        "%(number)s change taken back, and %(alone)s left alone."
        " What somebody edited since stays as it is.",
        "%(number)s changes taken back, and %(alone)s left alone."
        " What somebody edited since stays as it is.",
        back,
        alone=alone,
    )


def _say(change: Change) -> str:
    """The first sentence that the plan said; the rest is why, and who is told."""
    said = change.message.partition(". ")[0].rstrip(".")
    return f"{said}." if said else text(_KINDS[change.kind])


def _say_told(meetings: int) -> str:
    if not meetings:
        return ""
    return counted(
        "People of %(number)s meeting may have been told. Sent mail cannot be unsent.",
        "People of %(number)s meetings may have been told. Sent mail cannot be unsent.",
        meetings,
    )
