"""What `clearway doctor` shows."""

from collections.abc import Sequence

from rich.text import Text

from app.doctor import Answer
from app.terminal.glyphs import FINDING
from app.terminal.page import Page


def show_doctor(page: Page, answers: Sequence[Answer], praise: str) -> None:
    """One line for each thing that was looked at, and `praise` where all is as it should be."""
    page.pairs((_sign(each), each.message) for each in answers)
    page.console.print()
    good = all(each.good for each in answers)
    page.say(praise if good else "See the lines that say “look”.")


def _sign(answer: Answer) -> Text:
    return Text("ok") if answer.good else Text("look", style=FINDING)
