"""A glance at VEVENTs that decides which cannot matter to a window, before any is parsed.

Only single events with a UID of their own are left aside, because a revision or an override far
away can change what the window shows. Whatever a glance cannot tell is read in full.
"""

import re
from collections import Counter
from collections.abc import Iterable
from datetime import timedelta

from connectors.icalendar.lines import Span
from connectors.icalendar.values import plus
from rules.interval import Interval

_UID = re.compile(r"^UID[^:\n]*:(.*(?:\n+[ \t].*)*)", re.I | re.M)
_TELLING = re.compile(r"^(?:RRULE|RDATE|RECURRENCE-ID|DURATION)", re.I | re.M)
_START = re.compile(r"^DTSTART(?:;[^\n:]*)?:(\d{8})", re.I | re.M)
_END = re.compile(r"^DTEND(?:;[^\n:]*)?:(\d{8})", re.I | re.M)
_MARGIN = timedelta(days=3)
"""More than a zone's offset, a day without an end, and the clock change together."""


class Peek:
    """Which events of several texts may matter to one window."""

    def __init__(self, texts: Iterable[tuple[str, Iterable[Span]]], window: Interval) -> None:
        self._first = f"{plus(window.start, -_MARGIN):%Y%m%d}".zfill(8)
        self._last = f"{plus(window.end, _MARGIN):%Y%m%d}".zfill(8)
        self._uids = Counter(_uid(view[s.start : s.end]) for view, spans in texts for s in spans)

    def may_matter(self, text: str) -> bool:
        """Whether the event has to be read."""
        if _TELLING.search(text) or self._uids[_uid(text)] > 1:
            return True
        start, end = _START.search(text), _END.search(text)
        if start is None:
            return True
        first = start[1]
        last = end[1] if end else first
        return last < first or (first <= self._last and last >= self._first)


def _uid(text: str) -> str:
    found = _UID.search(text)
    return found[1] if found else ""
