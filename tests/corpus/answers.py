"""Expected occurrences as others wrote them down, and ours in the same form."""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from connectors.base import Reading
from connectors.icalendar import read
from rules.event import Occurrence, Status
from rules.interval import Interval

Answer = tuple[str, str, str, bool, bool, str | None]
Parsed = datetime | date
UTC_ZONE = ZoneInfo("UTC")


def windows(path: Path) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Each file of expectations with each of its windows."""
    for file in sorted(path.rglob("*.json")):
        found = json.loads(file.read_text())
        for window in found["windows"]:
            yield found, window


def interval(window: list[str]) -> Interval:
    """A window of expectations."""
    start, end = (datetime.fromisoformat(one).replace(tzinfo=UTC) for one in window)
    return Interval(start, end)


def begin(moment: Parsed) -> datetime:
    """A start as an instant; dates are compared as if in UTC."""
    if isinstance(moment, datetime):
        return moment
    return datetime(moment.year, moment.month, moment.day, tzinfo=UTC)


def ours(data: bytes, window: Interval) -> tuple[list[Occurrence], Reading]:
    """Our occurrences that start in the window, in a diary kept in UTC."""
    found = read([data], window=window, zone=UTC_ZONE)
    return [one for one in found.occurrences if window.holds(begin(one.start))], found


def answers(found: list[Occurrence]) -> Counter[Answer]:
    """What the expectations tell of each occurrence."""
    return Counter(
        (
            "" if one.uid.startswith("no-uid-") else one.uid,
            one.start.isoformat(),
            one.end.isoformat(),
            one.private,
            one.status is Status.CANCELLED,
            one.recurrence_id.isoformat() if one.recurrence_id else None,
        )
        for one in found
    )


def expected(occurrences: list[dict[str, Any]]) -> Counter[Answer]:
    """The expectations in the same form."""
    return Counter(
        (
            one["uid"] or "",
            _parsed(one["start"]).isoformat(),
            _parsed(one["end"]).isoformat(),
            one["private"],
            (one["status"] or "").upper() == "CANCELLED",
            _parsed(one["recurrence_id"]).isoformat() if one["recurrence_id"] else None,
        )
        for one in occurrences
    )


def _parsed(text: str) -> Parsed:
    if "T" not in text:
        return date.fromisoformat(text)
    moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
