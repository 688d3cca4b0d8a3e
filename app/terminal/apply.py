"""What `clearway apply` and `clearway undo` show: what was written, what was not and why."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

from app.services.apply import Applied
from app.services.undo import Undone
from app.terminal.glyphs import QUIET
from app.terminal.page import Page
from app.terminal.plan import say_change
from rules.change import Change, ChangeKind
from rules.words import say_count

_DONE = {
    ChangeKind.HOLD_CREATE: ("hold", "written"),
    ChangeKind.HOLD_MOVE: ("hold", "moved"),
    ChangeKind.HOLD_DELETE: ("hold", "removed"),
    ChangeKind.EVENT_SHORTEN: ("meeting", "shortened"),
    ChangeKind.EVENT_MOVE: ("meeting", "moved"),
}


def show_applied(page: Page, applied: Applied, out: Path, undo_file: Path) -> None:
    """What is in the new diary, and how to go back."""
    zone = applied.planned.opened.diary.pattern.zone
    page.say(_count(applied.applied), style="bold")
    page.console.print()
    page.pairs((("new diary", str(out)), ("undo file", str(undo_file))))
    _show_skipped(page, "Not written", _reasons(applied), zone)
    page.console.print()
    page.say(f"To go back: clearway undo {out} {undo_file}", style=QUIET)


def show_undone(page: Page, undone: Undone, target: Path) -> None:
    """What was taken back, and what a person has edited since."""
    zone = ZoneInfo("UTC")
    page.say(f"{say_count(len(undone.undone), 'change')} taken back.", style="bold")
    page.console.print()
    page.pairs((("diary", str(target)),))
    _show_skipped(page, "Left alone", _reasons(undone), zone)
    if undone.told:
        page.console.print()
        events = say_count(len(undone.told), "meeting")
        page.say(f"People of {events} may have been told of the change; mail cannot be unsent.")


def _reasons(done: Applied | Undone) -> list[tuple[Change, str]]:
    return [(each.change, each.reason) for each in done.skipped]


def _count(changes: Sequence[Change]) -> str:
    if not changes:
        return "Nothing had to be changed; the new diary is the same as the old one."
    counts = Counter(each.kind for each in changes)
    parts = [
        f"{say_count(counts[kind], noun)} {verb}"
        for kind, (noun, verb) in _DONE.items()
        if counts[kind]
    ]
    return f"{', '.join(parts)}."


def _show_skipped(
    page: Page, title: str, skipped: Sequence[tuple[Change, str]], zone: ZoneInfo
) -> None:
    if not skipped:
        return
    page.head(title)
    page.pairs((page.glyphs.bullet, f"{say_change(each, zone)} {why}") for each, why in skipped)
