"""A week drawn in characters: a row for each day, the hours across."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from rich.text import Text

from app.terminal.glyphs import FREE, Glyphs, look
from rules.diary import Day, Diary
from rules.event import Occurrence, ScoredAs
from rules.interval import Interval

_SCALES = (5, 10, 15, 20, 30, 60)
"""Minutes that one character may stand for, finest first."""
_DAY = 24 * 60
_LONGEST = 2 * _DAY
_USUAL = (9 * 60, 17 * 60)


@dataclass(frozen=True, slots=True)
class Scale:
    """Which minutes of a day are drawn, counted from its local midnight, and how wide."""

    start: int
    end: int
    minutes: int

    @property
    def width(self) -> int:
        """Characters in a row."""
        return -(-(self.end - self.start) // self.minutes)

    def first(self, minute: int) -> int:
        """The character that a minute falls in."""
        return min(max((minute - self.start) // self.minutes, 0), self.width)

    def last(self, minute: int) -> int:
        """The character after the one that a minute ends in."""
        return min(max(-(-(minute - self.start) // self.minutes), 0), self.width)


@dataclass(frozen=True, slots=True)
class Mark:
    """A sign under a row, at a moment."""

    moment: datetime
    sign: str
    style: str


def minute_of(moment: datetime, day: date, zone: ZoneInfo) -> int:
    """Minutes on the wall clock from a date's midnight; over 24 hours for the night after it."""
    local = moment.astimezone(zone)
    return (local.toordinal() - day.toordinal()) * _DAY + local.hour * 60 + local.minute


def choose_scale(diaries: Sequence[Diary], width: int) -> Scale:
    """Hours that show every day's work and meetings, at the finest scale that fits."""
    edges = [edge for diary in diaries for day in drawn_days(diary) for edge in _edges(day, diary)]
    start = max(min((edge[0] for edge in edges), default=_USUAL[0]), 0) // 60 * 60
    latest = min(max((edge[1] for edge in edges), default=_USUAL[1]), _LONGEST)
    end = max(-(-latest // 60) * 60, start + 60)
    fitting = (each for each in _SCALES if (end - start) // each <= width)
    return Scale(start, end, next(fitting, _SCALES[-1]))


def drawn_days(diary: Diary) -> tuple[Day, ...]:
    """The days worth a row: worked, on leave, or with an appointment."""
    return tuple(day for day in diary.days if day.window or day.leave or day.appointments)


def _edges(day: Day, diary: Diary) -> Iterable[tuple[int, int]]:
    spans = [each.span for each in day.appointments]
    if day.window:
        spans.append(day.window.span)
    zone = diary.pattern.zone
    for span in spans:
        yield minute_of(span.start, day.date, zone), minute_of(span.end, day.date, zone)


def draw_hours(scale: Scale) -> Text:
    """The clock above the rows: `9am`, `10`, `11`, `12`, `1pm`, …"""
    row = [" "] * (scale.width + 4)
    free_from = 0
    for minute in range(scale.start, scale.end + 1, 60):
        at = (minute - scale.start) // scale.minutes
        label = _hour(minute // 60 % 24, first=minute == scale.start)
        if at >= free_from:
            row[at : at + len(label)] = label
            free_from = at + len(label) + 1
    return Text("".join(row).rstrip(), style=FREE)


def _hour(hour: int, *, first: bool) -> str:
    told = str((hour + 11) % 12 + 1)
    half = "am" if hour < 12 else "pm"
    return f"{told}{half}" if first or hour in (0, 1 + 12) else told


def draw_day(day: Day, zone: ZoneInfo, scale: Scale, glyphs: Glyphs) -> Text:
    """One row: the working hours as free time, then own time, holds and meetings over it."""
    row = _Row(day.date, zone, scale, glyphs)
    if day.window:
        row.paint(day.window.span, glyphs.free, FREE)
    drawn = (each for each in (*day.around, *day.appointments) if not each.on_call)
    for each in sorted(drawn, key=_depth):
        row.place(each)
    return row.text()


def _depth(each: Occurrence) -> tuple[int, datetime]:
    order = (ScoredAs.OWN_TIME, ScoredAs.HOLD, ScoredAs.APPOINTMENT)
    return order.index(each.scored_as), each.span.start


class _Row:
    """The characters of one day while they are being painted, what comes later on top."""

    def __init__(self, day: date, zone: ZoneInfo, scale: Scale, glyphs: Glyphs) -> None:
        self._day, self._zone, self._scale, self._glyphs = day, zone, scale, glyphs
        self._cells = [(" ", "")] * scale.width
        self._ends: list[int] = [0] * scale.width

    def paint(self, span: Interval, sign: str, style: str) -> range:
        start = minute_of(span.start, self._day, self._zone)
        end = minute_of(span.end, self._day, self._zone)
        cells = range(self._scale.first(start), self._scale.last(max(end, start + 1)))
        for index in cells:
            self._cells[index] = (sign, style)
        return cells

    def place(self, each: Occurrence) -> None:
        sign, style = look(each, self._glyphs)
        if each.scored_as is not ScoredAs.APPOINTMENT:
            self.paint(each.span, sign, style)
            return
        start = minute_of(each.span.start, self._day, self._zone)
        end = minute_of(each.span.end, self._day, self._zone)
        before = list(self._ends)
        for index in self.paint(each.span, sign, style):
            if before[index] > start:
                self._cells[index] = (self._glyphs.double, style)
            self._ends[index] = max(self._ends[index], end)
        self._part(start, before, style)

    def _part(self, start: int, before: Sequence[int], style: str) -> None:
        """Show where a meeting begins that follows another without a free character between."""
        at = self._scale.first(start)
        if at < len(before) and 0 < max(before[at], before[at - 1] if at else 0) <= start:
            self._cells[at] = (self._glyphs.seam, style)

    def text(self) -> Text:
        return Text.assemble(*self._cells)


def draw_marks(day: date, zone: ZoneInfo, scale: Scale, marks: Iterable[Mark]) -> Text:
    """The row of signs under a day; one that finds its place taken stands to the right of it."""
    row: list[tuple[str, str]] = [(" ", "")] * scale.width
    free_from = 0
    for mark in sorted(marks, key=lambda each: each.moment):
        last = scale.width - len(mark.sign)
        at = max(min(scale.first(minute_of(mark.moment, day, zone)), last), free_from)
        if at > last:
            continue
        for offset, character in enumerate(mark.sign):
            row[at + offset] = (character, mark.style)
        # Two numbers side by side would read as one.
        free_from = at + len(mark.sign) + mark.sign.isdigit()
    return Text.assemble(*row)
