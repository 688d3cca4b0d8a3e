"""One week as an SVG picture: days across, hours down.

Colour comes from `week.css` through classes, so that the picture follows a dark or forced scheme;
every kind and every change also has its own letter, pattern or outline.
"""

from collections.abc import Iterator
from functools import lru_cache
from html import escape
from importlib.resources import files

from app.drawing.layout import Block, Column, Flag, Look, Mark, Week
from rules.language import later, text
from rules.words import say_minutes

WIDTH = 300
AXIS = 29
TOP = 26
HOUR = 34
FOOT = 38
MARGIN = 4

LETTERS = {
    Look.PROTECTED: "P",
    Look.TEAM: "T",
    Look.BREAK: "B",
    Look.CLINICAL: "C",
    Look.LEARNING: "L",
}
_TALL_ENOUGH = 10.4
"""A letter in a lower block would touch its edges."""
_WIDE = 45
"""A column that has room for three letters and a number."""
_LONG = len("100 min")
_DAYS = (
    later("Mon"),
    later("Tue"),
    later("Wed"),
    later("Thu"),
    later("Fri"),
    later("Sat"),
    later("Sun"),
)


def stylesheet(*, alone: bool = False) -> str:
    """The rules that give a picture its colours: on a page those of day, `alone` also of night."""
    names = ("week.css", "night.css") if alone else ("week.css",)
    return "".join(files("app.drawing").joinpath(each).read_text("utf-8") for each in names)


def draw(week: Week, name: str, title: str, about: str, *, alone: bool = False) -> str:
    """The picture of a week.

    `name` is unique on its page and holds letters, digits and hyphens. `title` and `about` are
    what is read out. `alone` makes a file that carries its own styles.
    """
    height = _bottom(week) + FOOT
    parts = "".join(_parts(week, name))
    style = f"<style>{stylesheet(alone=True)}</style>" if alone else ""
    size = f' xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}"' if alone else ""
    return (
        f'<svg class="week"{size} viewBox="0 0 {WIDTH} {height}" role="img"'
        f' aria-labelledby="{name}-title {name}-about">'
        f'<title id="{name}-title">{escape(title)}</title>'
        f'<desc id="{name}-about">{escape(about)}</desc>'
        f"{style}{_patterns(name)}{parts}</svg>"
    )


def sample(look: Look, mark: Mark, name: str) -> str:
    """A small picture of one kind of block, for a key; it says nothing when read out."""
    block = Block(0, 30, look, mark)
    return (
        '<svg class="week week-key" viewBox="0 0 34 20" width="34" height="20" aria-hidden="true">'
        f"{_patterns(name)}{_block(block, name, 1, 1, 32, 18)}</svg>"
    )


def flag_sample() -> str:
    """The mark of a place where something is missing, for a key."""
    return (
        '<svg class="week week-key" viewBox="0 0 34 20" width="34" height="20" aria-hidden="true">'
        f"{_diamond(17, 10, 6)}</svg>"
    )


def _patterns(name: str) -> str:
    return (
        "<defs>"
        f'<pattern id="{name}-hatch" width="6" height="6" patternUnits="userSpaceOnUse"'
        ' patternTransform="rotate(45)"><path class="week-line" d="M0 0V6"/></pattern>'
        f'<pattern id="{name}-dots" width="4" height="4" patternUnits="userSpaceOnUse">'
        '<circle class="week-dot" cx="2" cy="2" r="1"/></pattern></defs>'
    )


def _parts(week: Week, name: str) -> Iterator[str]:
    yield from _hours(week)
    width = (WIDTH - AXIS - MARGIN) / len(week.columns)
    for number, column in enumerate(week.columns):
        yield from _column(column, week, name, AXIS + number * width, width)


def _hours(week: Week) -> Iterator[str]:
    first, last = week.hours
    step = 60 if last - first <= 14 * 60 else 120
    for minute in range(first, last + 1, step):
        y = _y(minute, week)
        yield f'<path class="week-grid" d="M{AXIS} {_n(y)}H{WIDTH - MARGIN}"/>'
        yield (
            f'<text class="week-hour" x="{AXIS - 4}" y="{_n(y + 3.5)}"'
            f' text-anchor="end">{_clock(minute)}</text>'
        )


def _column(column: Column, week: Week, name: str, x: float, width: float) -> Iterator[str]:
    middle = x + width / 2
    name_of_day = text(_DAYS[column.day.weekday()])
    label = escape(f"{name_of_day if width > _WIDE else name_of_day[:2]} {column.day.day}")
    yield (
        f'<text class="week-day" x="{_n(middle)}" y="{TOP - 10}" text-anchor="middle">{label}</text>'
    )
    yield _background(column, week, x, width)
    for block in column.blocks:
        yield from _placed(block, week, name, x, width)
    for flag in column.flags:
        yield from _flag(flag, week, x, width)
    yield from _foot(column, week, x, width)


def _background(column: Column, week: Week, x: float, width: float) -> str:
    if column.hours is None:
        return f'<path class="week-off" d="{_box(x + 1, TOP, width - 2, _bottom(week) - TOP)}"/>'
    start, end = (_clip(minute, week) for minute in column.hours)
    top = _y(start, week)
    return f'<path class="week-open" d="{_box(x + 1, top, width - 2, _y(end, week) - top)}"/>'


def _placed(block: Block, week: Week, name: str, x: float, width: float) -> Iterator[str]:
    start, end = _clip(block.start, week), _clip(block.end, week)
    if start >= end:
        return
    top, inner = _y(start, week), width - 5
    lane = inner / block.lanes
    left = x + 3 + lane * block.lane
    height = max(2.0, _y(end, week) - top - 0.8)
    yield _block(block, name, left, top, max(1.5, lane - 0.8), height)


def _block(block: Block, name: str, x: float, y: float, width: float, height: float) -> str:
    box = f'x="{_n(x)}" y="{_n(y)}" width="{_n(width)}" height="{_n(height)}" rx="1.5"'
    if block.mark is Mark.WAS:
        return f'<rect class="week-was" {box}/>'
    parts = [f'<rect class="week-{block.look.value}" {box}/>']
    pattern = {Look.OWN_TIME: "hatch", Look.GAP: "dots", Look.END_OF_DAY: "dots"}.get(block.look)
    if pattern:
        parts.append(f'<rect {box} fill="url(#{name}-{pattern})"/>')
    if block.mark is not Mark.SAME:
        weight = "week-changed" if height >= _TALL_ENOUGH else "week-changed week-thin"
        parts.append(f'<rect class="{weight}" {box}/>')
    if height >= _TALL_ENOUGH:
        parts += _letters(block, x, y, width)
    return "".join(parts)


def _letters(block: Block, x: float, y: float, width: float) -> Iterator[str]:
    letter = LETTERS.get(block.look)
    if letter and width >= 10:
        yield (
            f'<text class="week-letter week-on-{block.look.value}" x="{_n(x + 4)}"'
            f' y="{_n(y + 9.2)}">{letter}</text>'
        )
    sign = _SIGNS.get(block.mark)
    if sign and width >= 22:
        move = f"translate({_n(x + width - 11)} {_n(y + 1.5)})"
        yield f'<path class="week-sign week-on-{block.look.value}" transform="{move}" d="{sign}"/>'


_SIGNS = {
    Mark.NEW: "M4 0.5V7.5M0.5 4H7.5",
    Mark.MOVED: "M4 0.5V8.5M1 3L4 0.5L7 3M1 6L4 8.5L7 6",
    Mark.SHORTER: "M0.5 1H7.5M4 8.5V3M1 5.5L4 3L7 5.5",
}


def _flag(flag: Flag, week: Week, x: float, width: float) -> Iterator[str]:
    start, end = _clip(flag.start, week), _clip(flag.end, week)
    if flag.rule == "gap":
        yield _diamond(x + 3, _y((start + end) / 2, week), 4)
    elif flag.rule == "end_of_day":
        yield _diamond(x + width / 2, _y(end, week), 4)
    elif flag.rule == "break":
        top, bottom, right = _y(start, week), _y(end, week), x + width - 0.5
        d = f"M{_n(right - 4)} {_n(top)}H{_n(right)}V{_n(bottom)}H{_n(right - 4)}"
        yield f'<path class="week-bracket" d="{d}"/>'
        yield _diamond(right, (top + bottom) / 2, 4)


def _foot(column: Column, week: Week, x: float, width: float) -> Iterator[str]:
    kept, target = column.protected
    top = _bottom(week) + 8
    if target:
        full = width - 10
        yield f'<rect class="week-target" x="{_n(x + 5)}" y="{top}" width="{_n(full)}" height="7"/>'
        if kept:
            part = full * kept / target
            yield f'<rect class="week-kept" x="{_n(x + 5)}" y="{top}" width="{_n(part)}" height="7"/>'
    if column.missing:
        missing = _short(column.missing)
        # in a week of seven days there is no room for as much, whatever the font
        fit = f' textLength="{_n(width - 3)}" lengthAdjust="spacingAndGlyphs"'
        yield (
            f'<text class="week-missing" x="{_n(x + width / 2)}" y="{top + 20}"'
            f'{fit if width < _WIDE and len(missing) >= _LONG else ""} text-anchor="middle">{missing}</text>'
        )


def _short(minutes: int) -> str:
    short = text("%(minutes)s min", minutes=minutes)
    return escape(short if minutes < 600 else say_minutes(minutes))


def _diamond(x: float, y: float, size: float) -> str:
    points = f"M{_n(x)} {_n(y - size)}L{_n(x + size)} {_n(y)}L{_n(x)} {_n(y + size)}L{_n(x - size)} {_n(y)}Z"
    return f'<path class="week-flag" d="{points}"/>'


def _box(x: float, y: float, width: float, height: float) -> str:
    return f"M{_n(x)} {_n(y)}h{_n(width)}v{_n(height)}h{_n(-width)}Z"


def _clip(minute: int, week: Week) -> int:
    first, last = week.hours
    return min(max(minute, first), last)


def _y(minute: float, week: Week) -> float:
    return TOP + (minute - week.hours[0]) / 60 * HOUR


def _bottom(week: Week) -> int:
    return TOP + (week.hours[1] - week.hours[0]) * HOUR // 60


def _clock(minute: int) -> str:
    hour = minute // 60 % 24
    clock = hour % 12 or 12
    said = text("%(clock)sam", clock=clock) if hour < 12 else text("%(clock)spm", clock=clock)
    return escape(said)


@lru_cache(maxsize=4096)
def _n(number: float) -> str:
    """A number as short as it can be written: the same picture is the same bytes everywhere."""
    return f"{number:.1f}".removesuffix(".0")
