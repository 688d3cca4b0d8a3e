"""What `clearway apply` and `clearway undo` show: what was written, what was not and why."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

from app.services.apply import Applied
from app.services.undo import Undone
from app.terminal.diary import say_kind
from app.terminal.glyphs import QUIET
from app.terminal.page import Page
from rules.change import Change, ChangeKind
from rules.interval import Interval
from rules.words import say_count, say_day, say_span, say_time
from rules.working_pattern import local_date

_DONE = {
    ChangeKind.HOLD_CREATE: ("hold", "written"),
    ChangeKind.HOLD_MOVE: ("hold", "moved"),
    ChangeKind.HOLD_DELETE: ("hold", "removed"),
    ChangeKind.EVENT_SHORTEN: ("meeting", "shortened"),
    ChangeKind.EVENT_MOVE: ("meeting", "moved"),
}
_MEETINGS = (ChangeKind.EVENT_SHORTEN, ChangeKind.EVENT_MOVE)


def show_applied(page: Page, applied: Applied, out: Path, undo_file: Path) -> None:
    """What is in the new diary, who has to be told of it, and how to go back."""
    zone = applied.planned.opened.diary.pattern.zone
    page.say(_count(applied.applied), style="bold")
    page.console.print()
    page.pairs((("new diary", str(out)), ("undo file", str(undo_file))))
    _list(
        page, "Not written", [_say_left(each.change, each.reason, zone) for each in applied.skipped]
    )
    changed = sorted(_meetings(applied.applied), key=lambda each: each.starts)
    _list(page, "Who to tell, as a file mails nobody", [_say_tell(each, zone) for each in changed])
    page.console.print()
    page.say(f"To go back: clearway undo {out} {undo_file}", style=QUIET)


def show_undone(page: Page, undone: Undone, target: Path) -> None:
    """What was taken back, and what a person has edited since."""
    zone = undone.zone
    page.say(f"{say_count(len(undone.undone), 'change')} taken back.", style="bold")
    page.console.print()
    page.pairs((("diary", str(target)),))
    back = sorted(_meetings(undone.undone), key=lambda each: each.starts)
    _list(page, "Meetings as they were", [_say_back(each, zone) for each in back])
    _list(
        page,
        "Left alone",
        [_say_left(each.change, each.reason, zone, back=True) for each in undone.skipped],
    )
    if undone.told:
        page.console.print()
        events = say_count(len(undone.told), "meeting")
        page.say(f"People of {events} may have been told of the change; mail cannot be unsent.")


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


def _list(page: Page, title: str, sentences: Sequence[str]) -> None:
    if sentences:
        page.head(title)
        page.pairs((page.glyphs.bullet, each) for each in sentences)


def _meetings(changes: Sequence[Change]) -> list[Change]:
    return [each for each in changes if each.kind in _MEETINGS]


def _say_tell(change: Change, zone: ZoneInfo) -> str:
    """How many people have to hear of a meeting's new time."""
    meeting, people = _say_both(change, zone), change.people_told
    if not people:
        return f"Nobody else has to be told of the {meeting}."
    return f"Tell the {'1 person' if people == 1 else f'{people} people'} of the {meeting}."


def _say_both(change: Change, zone: ZoneInfo) -> str:
    """A meeting at its new time, with the old one behind: `meeting at 9:45am on … (was 10am)`."""
    old, new = change.before, change.after
    if old is None or new is None:
        return _say_event(change, new or old, zone)
    if old.minutes == new.minutes:
        meeting, was = _say_event(change, new, zone), say_time(old.start, zone)
    else:
        meeting = f"meeting from {say_span(new, zone)} on {_day(new, zone)}"
        was = say_span(old, zone)
    other_day = _day(old, zone) != _day(new, zone)
    return f"{meeting} (was {was}{f' on {_day(old, zone)}' if other_day else ''})"


def _say_back(change: Change, zone: ZoneInfo) -> str:
    """What undo did to a meeting."""
    now, goal = change.after, change.before
    event = f"The {_say_event(change, now or goal, zone)}"
    if now is None or goal is None:
        return f"{event} is as it was."
    if now.start == goal.start:
        return f"{event} ends at {say_time(goal.end, zone)} again."
    return f"{event} goes back to {say_time(goal.start, zone)}."


def _say_left(change: Change, why: str, zone: ZoneInfo, *, back: bool = False) -> str:
    """What was not done, and why; `back` where it is undo that left it alone."""
    now, goal = (change.after, change.before) if back else (change.before, change.after)
    event = _say_event(change, now or goal, zone)
    if now is None:
        what = "is not put back" if back else "is not written"
    elif goal is None:
        what = "is not removed"
    elif now.start == goal.start:
        what = f"does not end at {say_time(goal.end, zone)}{' again' if back else ''}"
    else:
        what = f"does not {'go back' if back else 'move'} to {say_time(goal.start, zone)}"
    return f"The {event} {what}. {why}"


def _say_event(change: Change, when: Interval | None, zone: ZoneInfo) -> str:
    what = f"hold ({say_kind(change.hold)})" if change.hold else "meeting"
    return f"{what} at {say_time(when.start, zone)} on {_day(when, zone)}" if when else what


def _day(when: Interval, zone: ZoneInfo) -> str:
    return say_day(local_date(when.start, zone))
