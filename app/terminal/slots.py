"""What `clearway slots` shows: the times, best first, and what each takes."""

from rich.text import Text

from app.services.slots import Suggested, say_cost
from app.terminal.page import Page, say_dates
from rules.words import say_day, say_minutes, say_span
from rules.working_pattern import local_date

_NONE = (
    "No time in these days suits everybody. A shorter meeting may, or more days, "
    "or one that fewer people need to be at."
)


def show_slots(page: Page, found: Suggested) -> None:
    """The whole page."""
    diary = found.opened[0].diary
    zone = diary.pattern.zone
    title = f"{say_minutes(found.minutes).capitalize()}, {say_dates(diary.start, diary.end)}"
    page.line(Text(title, style="bold"))
    page.console.print()
    if not found.slots:
        page.say(_NONE)
    for number, each in enumerate(found.slots, start=1):
        when = f"{say_day(local_date(each.span.start, zone))}, {say_span(each.span, zone)}"
        page.line(Text(f"{number:>2}  {when}", style="bold"))
        page.line(Text(f"    {say_cost(each)}"))
