"""The picture of a week as PNG, for mail: most mail programs draw no SVG.

It says what `app.drawing.svg` says, on a ground of its own, so that it can be read in dark mode.
"""

import re
from functools import cache
from importlib.resources import files
from io import BytesIO

from PIL import Image, ImageDraw, ImageFont

from app.drawing.layout import Block, Column, Look, Week
from app.drawing.svg import LETTERS
from rules.words import say_hour, say_weekday

WIDTH = 560
"""Pixels of a mail; the picture has twice as many each way, for fine screens."""
_SCALE = 2
_AXIS, _TOP, _FOOT, _HOUR, _MARGIN = 40, 26, 20, 22, 6
_ON_DARK = (Look.MEETING, Look.CLINICAL, Look.TEAM)
_Box = tuple[float, float, float, float]


def paint(week: Week) -> bytes:
    """The picture; the same week gives the same bytes."""
    first, last = week.hours
    height = _TOP + (last - first) * _HOUR // 60 + _FOOT
    image = Image.new("RGB", (WIDTH * _SCALE, height * _SCALE), _colours()["paper"])
    painter = _Painter(week, ImageDraw.Draw(image))
    painter.hours()
    width = (WIDTH - _AXIS - _MARGIN) / len(week.columns)
    for number, column in enumerate(week.columns):
        painter.column(column, _AXIS + number * width, width)
    file = BytesIO()
    # the fast way takes a tenth of the time, and the file is hardly larger
    image.quantize(64, Image.Quantize.FASTOCTREE).save(file, "PNG")
    return file.getvalue()


def size(week: Week) -> tuple[int, int]:
    """Width and height at which it is shown, in pixels."""
    first, last = week.hours
    return WIDTH, _TOP + (last - first) * _HOUR // 60 + _FOOT


@cache
def _colours() -> dict[str, str]:
    """Those of the pages, by day."""
    css = files("app.drawing").joinpath("week.css").read_text("utf-8")
    day = css.partition("}")[0]
    return dict(re.findall(r"--week-([a-z]+): (#[0-9a-f]{6})", day))


@cache
def _font(points: float) -> ImageFont.FreeTypeFont:
    found = ImageFont.load_default(points * _SCALE)
    if not isinstance(found, ImageFont.FreeTypeFont):
        raise TypeError("this Pillow came without its font")
    return found


class _Painter:
    """Draws in the pixels of a mail."""

    def __init__(self, week: Week, draw: ImageDraw.ImageDraw) -> None:
        self._week = week
        self._draw = draw

    def hours(self) -> None:
        """Lines and times of day."""
        first, last = self._week.hours
        step = 60 if last - first <= 14 * 60 else 120
        for minute in range(first, last + 1, step):
            y = self._y(minute)
            self._fill((_AXIS, y, WIDTH - _MARGIN, y + 0.5), "rule")
            self._write(_AXIS - 4, y, say_hour(minute // 60 % 24, 0), 8.5, "rm")

    def column(self, column: Column, x: float, width: float) -> None:
        """One day."""
        label = f"{say_weekday(column.day)[:3]} {column.day.day}"
        self._write(x + width / 2, _TOP - 12, label, 10, "mm")
        bottom = self._y(self._week.hours[1])
        if column.hours is None:
            self._fill((x + 1, _TOP, x + width - 1, bottom), "off")
        else:
            start, end = (self._y(self._clip(each)) for each in column.hours)
            self._outline((x + 1, start, x + width - 1, end), "soft")
        for block in column.blocks:
            self._block(block, x, width)
        self._foot(column, x, width, bottom)

    def _block(self, block: Block, x: float, width: float) -> None:
        start, end = self._clip(block.start), self._clip(block.end)
        if start >= end:
            return
        lane = (width - 5) / block.lanes
        left = x + 3 + lane * block.lane
        top = self._y(start)
        box = (left, top, left + lane - 1, max(top + 2, self._y(end) - 0.8))
        fill, edge = _paints(block.look)
        self._fill(box, fill)
        if edge:
            self._outline(box, edge)
        letter = LETTERS.get(block.look)
        if letter and box[3] - box[1] >= 11 and lane >= 10:
            self._write(left + 4, top + 6, letter, 8, "lm", _ink(block.look))

    def _foot(self, column: Column, x: float, width: float, bottom: float) -> None:
        kept, target = column.protected
        if not target:
            return
        box = (x + 5, bottom + 6, x + width - 5, bottom + 13)
        self._fill((box[0], box[1], box[0] + (width - 10) * kept / target, box[3]), "edge")
        self._outline(box, "edge")

    def _y(self, minute: float) -> float:
        return _TOP + (minute - self._week.hours[0]) / 60 * _HOUR

    def _clip(self, minute: int) -> int:
        first, last = self._week.hours
        return min(max(minute, first), last)

    def _fill(self, box: _Box, colour: str) -> None:
        if box[2] > box[0]:
            self._draw.rectangle(_scaled(box), fill=_colours()[colour])

    def _outline(self, box: _Box, colour: str) -> None:
        self._draw.rectangle(_scaled(box), outline=_colours()[colour], width=1)

    def _write(
        self, x: float, y: float, said: str, points: float, anchor: str, colour: str = "ink"
    ) -> None:
        place = (x * _SCALE, y * _SCALE)
        self._draw.text(place, said, _colours()[colour], _font(points), anchor)


def _paints(look: Look) -> tuple[str, str]:
    """The colours of a block and of its edge, if it has one."""
    if look in _ON_DARK:
        return look.value, ""
    return ("protected" if look is Look.PROTECTED else "quiet"), "edge"


def _ink(look: Look) -> str:
    return "light" if look in _ON_DARK else "ink"


def _scaled(box: _Box) -> _Box:
    left, top, right, bottom = (each * _SCALE for each in box)
    return left, top, right, bottom
