"""A page of terminal output: the console it goes to, its characters, and the pieces all pages share."""

import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from io import TextIOWrapper
from types import MappingProxyType
from typing import IO

from rich.console import Console, ConsoleDimensions
from rich.text import Text

from app.terminal.glyphs import BOXES, FREE, PLAIN, Glyphs, encodable, legend
from app.terminal.week import (
    Mark,
    Scale,
    choose_scale,
    draw_day,
    draw_hours,
    draw_marks,
    drawn_days,
)
from rules.diary import Day, Diary
from rules.words import say_day

LABEL = 13
"""Characters before a row: the day and a sign, or `now` and `plan`."""
_WIDEST = 140
_LEAST = 20
"""No terminal is so narrow, but COLUMNS may say 0, and then nothing at all would be shown."""
_NARROW = 24
"""Characters below which a text stands under what it is about, not beside it."""
_AIRY = 7
"""Days up to which each has a line of space around it."""
_SPLIT = re.compile(r"[\n\t]")


@dataclass(frozen=True)
class Page:
    """Where a page goes. `glyphs` are the characters that its terminal can show."""

    console: Console
    glyphs: Glyphs

    @property
    def room(self) -> int:
        """Characters for the hours of a drawn row; the last label may stand past the last hour."""
        return max(self.width - LABEL - 4, 24)

    @property
    def width(self) -> int:
        """Characters in a line of text."""
        return min(self.console.width, _WIDEST)

    def say(self, text: str | Text = "", style: str = "", lead: str | Text = "") -> None:
        """One paragraph, broken at the terminal's width; later lines stand under the first word.

        `lead` is what stands before the first word.
        """
        self._lines(self._broken(_text(text, style), _text(lead)))

    def line(self, text: Text) -> None:
        """One row as it is; a terminal too narrow for it loses its end."""
        self._lines([text])

    def head(self, text: str) -> None:
        """A heading, with a line of space above it."""
        self.console.print()
        self.line(Text(text, style="bold"))

    def pairs(self, rows: Iterable[tuple[str | Text, str | Text]]) -> None:
        """Rows of a short thing and a longer one; only the longer one is broken."""
        lines: list[Text] = []
        listed = [(_text(left), _text(right)) for left, right in rows]
        widest = max((left.cell_len for left, _ in listed), default=0)
        stacked = self.width - widest - 4 < _NARROW
        for left, right in listed:
            lead = Text("  ").append_text(left)
            if stacked:
                lines += [*self._broken(lead, Text()), *self._broken(right, Text("    "))]
            else:
                lead.pad_right(widest + 4 - lead.cell_len)
                lines += self._broken(right, lead)
        self._lines(lines)

    def _broken(self, body: Text, lead: Text) -> Iterator[Text]:
        """The lines of a paragraph."""
        room = max(self.width - lead.cell_len, 8)
        # Most texts are short, and it takes long to find where one breaks.
        whole = body.cell_len <= room and not _SPLIT.search(body.plain)
        for index, part in enumerate([body] if whole else body.wrap(self.console, room)):
            start = lead if index == 0 else Text(" " * lead.cell_len)
            yield start.copy().append_text(part)

    def _lines(self, lines: Iterable[Text]) -> None:
        """Lines, all at once: rich takes long to begin printing, and not long to print."""
        listed = list(lines)
        for each in listed:
            each.truncate(self.console.width, overflow="crop")
            each.rstrip()
        if listed:
            self.console.print(
                *listed, sep="\n", no_wrap=True, overflow="ignore", crop=False, highlight=False
            )


def _text(given: str | Text, style: str = "") -> Text:
    return Text(given, style=style) if isinstance(given, str) else given


class _Console(Console):
    """Leaves it to the command line what to do when nobody reads on; rich would end with status 1."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


def open_page(stream: IO[str] | None = None, width: int | None = None) -> Page:
    """A page on a stream, standard output unless given. NO_COLOR and COLUMNS are respected."""
    out = stream or sys.stdout
    if isinstance(out, TextIOWrapper):
        # A sentence may hold a character that this terminal has not.
        out.reconfigure(errors="replace")
    console = _Console(file=out, width=width, highlight=False, emoji=False, markup=False)
    # Once and for all: rich would look at the terminal again for every line.
    console.size = ConsoleDimensions(max(console.width, _LEAST), console.height)
    return Page(
        console, BOXES if encodable(BOXES, getattr(out, "encoding", None) or "ascii") else PLAIN
    )


def draw_legend(page: Page, used: str, signs: Iterable[tuple[str, str, str]] = ()) -> None:
    """What each character in `used` stands for, on as few lines as the width allows."""
    lines: list[Text] = [Text(" " * LABEL)]
    for sign, style, word in [*legend(page.glyphs), *signs]:
        if sign not in used:
            continue
        entry = Text.assemble((sign, style), f" {word}")
        if lines[-1].cell_len + entry.cell_len > page.width:
            lines.append(Text(" " * LABEL))
        lines[-1].append_text(entry).append("   ")
    for each in lines:
        page.line(each)


def draw_week(
    page: Page,
    diary: Diary,
    marks: Mapping[date, Sequence[Mark]] = MappingProxyType({}),
    signs: Mapping[date, tuple[str, str]] = MappingProxyType({}),
) -> str:
    """Every day of a diary, with space between weeks and, in a short window, between days.

    `marks` are the signs under a day; `signs` are one sign with its colour beside its date.
    Returns all characters that were used.
    """
    used: list[str] = []
    scale = choose_scale([diary], page.room)
    page.line(Text(" " * LABEL).append_text(draw_hours(scale)))
    days = drawn_days(diary)
    for day, new_week in _with_weeks(days):
        if new_week or (used and marks and len(days) <= _AIRY):
            page.console.print()
        label = Text.assemble(f"{short_day(day.date)} ", signs.get(day.date, ("", "")))
        used.append(draw_row(page, diary, day, scale, label))
        if marks.get(day.date):
            below = draw_marks(day.date, diary.pattern.zone, scale, marks[day.date])
            page.line(Text(" " * LABEL).append_text(below))
            used.append(below.plain)
        used.append(label.plain)
    return "".join(used)


def draw_row(page: Page, diary: Diary, day: Day, scale: Scale, label: str | Text) -> str:
    """One day with a label before it; a day of leave says so. Returns the characters of the day."""
    row = draw_day(day, diary.pattern.zone, scale, page.glyphs)
    if day.leave and not day.appointments:
        row = Text("leave", style=FREE)
    before = _text(label).copy()
    before.pad_right(LABEL - before.cell_len)
    page.line(before.append_text(row))
    return row.plain


def _with_weeks(days: Sequence[Day]) -> Iterator[tuple[Day, bool]]:
    before: date | None = None
    for day in days:
        yield day, before is not None and before.isocalendar()[:2] != day.date.isocalendar()[:2]
        before = day.date


def short_day(day: date) -> str:
    """`Mon 23 Nov`, whatever the machine's language."""
    weekday, number, month = say_day(day).split()
    return f"{weekday[:3]} {number:>2} {month[:3]}"


def say_dates(start: date, end: date) -> str:
    """A window in words: `Monday 23 November to Friday 27 November`."""
    last = end - timedelta(days=1)
    return say_day(start) if last == start else f"{say_day(start)} to {say_day(last)}"
