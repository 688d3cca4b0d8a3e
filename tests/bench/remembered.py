"""`clearway serve` whose calendars are read once, and whose plans of a week are made once.

What is left of a page is then its own time: who asks, what is kept, the drawing and the words.
"""

from collections.abc import Callable
from typing import Any

from app.cli import main
from app.life import choosing, diaries

_diaries: Any = diaries
_week: Any = choosing.Week


def remember() -> None:
    """Have everything that is read or planned kept by the first who asks for it."""
    read = _diaries.read
    kept: dict[object, object] = {}

    def read_once(sources: Any, ask: Any, settings: Any, live: Any) -> Any:
        days = (ask.start, ask.end)
        if days not in kept:
            kept[days] = read(sources, ask, settings, live)
        return kept[days]

    _diaries.read = read_once
    _week.plan, _week.curve = _once(_week.plan), _once(_week.curve)


def _once(work: Callable[..., Any]) -> Callable[..., Any]:
    made: dict[object, object] = {}

    def first(week: Any, *asked: Any) -> Any:
        key = (week.start, *map(repr, asked))
        if key not in made:
            made[key] = work(week, *asked)
        return made[key]

    return first


if __name__ == "__main__":
    remember()
    main()
