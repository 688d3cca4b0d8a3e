"""Draw the sample week before and after a plan, for the first page of the README.

python -m app.web.readme docs/week.svg
"""

import re
import sys
from datetime import UTC, datetime
from html import escape
from pathlib import Path

from app import sample
from app.drawing import layout
from app.drawing.svg import WIDTH, draw, stylesheet
from app.drawing.words import summarise
from app.services.plan import plan
from app.services.read import Ask, read
from app.services.source import Source
from rules.catalogue import evaluate
from rules.planner.plan import Tier
from rules.words import say_minutes

NOW = datetime(2026, 11, 19, 9, tzinfo=UTC)
"""A fixed moment: the same code draws the same picture."""
_PATIENCE = 120.0
"""Seconds: a slow machine is to draw the proved plan too."""
_GAP = 24
_HEAD = 30


def before_and_after(now: datetime) -> str:
    """The sample week now and with the plan that goes furthest, beside each other."""
    start, end = sample.week(now)
    source = Source(sample.NAME, sample.calendar(now).encode())
    opened = read([source], Ask(now=now, me=(sample.LEADER,), start=start, end=end))
    planned = plan(opened, Tier.MOVE, budget=_PATIENCE)
    changes, policy = planned.plan.changes, opened.policy
    first = layout.weeks(opened.diary, evaluate(opened.diary, policy), policy)[0]
    then = layout.weeks(planned.after, evaluate(planned.after, policy), policy, changes)[0]
    regained = say_minutes(planned.minutes_regained)
    return side_by_side(
        "A week before and after",
        (first, "now", "Now"),
        (then, "after", f"After: {regained} regained"),
    )


def side_by_side(heading: str, *weeks: tuple[layout.Week, str, str]) -> str:
    """One file of several pictures; each has a name that is unique there, and a title."""
    drawn = [draw(week, name, title, summarise(week)) for week, name, title in weeks]
    height = _HEAD + max(_height(each) for each in drawn)
    width = len(drawn) * WIDTH + (len(drawn) - 1) * _GAP
    inner = "".join(
        f'<text class="week-title" x="{number * (WIDTH + _GAP) + 4}" y="18">{title}</text>'
        + each.replace(
            '<svg class="week"',
            f'<svg x="{number * (WIDTH + _GAP)}" y="{_HEAD}" width="{WIDTH}"'
            f' height="{_height(each)}"',
            1,
        )
        for number, (each, (_, _, title)) in enumerate(zip(drawn, weeks, strict=True))
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="week" role="img"'
        f' viewBox="0 0 {width} {height}" width="{width}" height="{height}">'
        f"<title>{escape(heading)}</title><style>{stylesheet(alone=True)}"
        ".week .week-title { font-size: 12px; font-weight: bold; }</style>"
        f'<rect class="week-sheet" width="{width}" height="{height}"/>{inner}</svg>\n'
    )


def _height(svg: str) -> int:
    found = re.search(rf'viewBox="0 0 {WIDTH} (\d+)"', svg)
    if found is None:
        raise ValueError("a picture says how high it is")
    return int(found[1])


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(before_and_after(NOW), encoding="utf-8")
