"""What `clearway workload` shows: the hours of each week by what they are for."""

from rich.text import Text

from app.services.workload import Accounted, say_hours
from app.terminal.page import Page, say_dates
from rules.workload import TEAM, Week, Work

_COLUMNS: tuple[tuple[str, tuple[Work, ...]], ...] = (
    ("team", TEAM),
    ("in person", (Work.FACE_DAY,)),
    ("clinical", (Work.CLINICAL,)),
    ("meetings", (Work.MEETING,)),
    ("protected", (Work.PROTECTED,)),
    ("learning", (Work.LEARNING,)),
    ("between", (Work.GAP, Work.BREAK, Work.END_OF_DAY)),
)
_ENDS = ("open", "outside")
_FIRST, _CELL = 13, 11
"""How wide the column of weeks and the others are, in characters."""


def show_workload(page: Page, found: Accounted) -> None:
    """The whole page."""
    weeks = found.ledger.weeks
    page.line(Text(say_dates(found.opened.diary.start, found.opened.diary.end), style="bold"))
    page.console.print()
    shown = [
        (name, works) for name, works in _COLUMNS if any(each.minutes(*works) for each in weeks)
    ]
    names = [name for name, _ in shown] + list(_ENDS)
    cells = {week.first: _cells(week, shown) for week in weeks}
    most = max((page.width - _FIRST) // _CELL, 1)
    for start in range(0, len(names), most):
        if start:
            page.console.print()
        page.line(_row("Hours", names[start : start + most], "bold"))
        for first, row in cells.items():
            page.line(_row(f"{first.day:>2} {first:%b %Y}", row[start : start + most]))
    page.head("For the team")
    page.pairs(
        [
            ("A usual week", f"{say_hours(found.ledger.team)}, {100 * found.ledger.share:.1f}%"),
            ("A contracted week", say_hours(found.ledger.contract)),
            ("For a job plan", found.job_plan),
            ("For an appraisal", found.objective),
        ]
    )
    page.console.print()
    page.say(
        "Each minute counts once. “Open” is the rest of your working time: free, or time of your "
        "own. “Outside” is what lies beyond your hours."
    )


def _cells(week: Week, shown: list[tuple[str, tuple[Work, ...]]]) -> list[str]:
    minutes = [week.minutes(*works) for _, works in shown]
    return [f"{each / 60:.1f}" if each else "·" for each in (*minutes, week.open, week.outside)]


def _row(first: str, cells: list[str], style: str = "") -> Text:
    return Text(f"{first:<{_FIRST}}" + "".join(f"{each:>{_CELL}}" for each in cells), style=style)
