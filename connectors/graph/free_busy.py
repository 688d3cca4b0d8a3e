"""getSchedule: when people and rooms are busy. Subjects and places that come along are dropped."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from connectors.graph import mapping
from connectors.graph.client import Client, as_object, members
from connectors.graph.mapping import IN_UTC, Broken
from connectors.icalendar.zones import Zones
from connectors.lens import plain_address
from rules.interval import Interval, merge

MOST_PEOPLE = 20
"""Addresses in one call. Exchange's own limit has been told as 20 and as 100."""
LONGEST = timedelta(days=62)
_SHORTEST = timedelta(hours=1)
_COARSE = timedelta(days=2)
_FREE = frozenset({"free", "workingelsewhere"})
"""Who works elsewhere can be met."""

Busy = tuple[Interval, ...] | None


def busy(client: Client, people: Collection[str], window: Interval) -> dict[str, Busy]:
    """When each address is busy, tentative times too; None where Exchange cannot tell all of it."""
    known: dict[str, Busy] = {plain_address(one): () for one in people}
    addresses = list(known)
    for start in range(0, len(addresses), MOST_PEOPLE):
        some = addresses[start : start + MOST_PEOPLE]
        for part in _parts(window):
            found = _ask(client, some, part)
            for one in some:
                before, now = known[one], found.get(one)
                known[one] = None if before is None or now is None else (*before, *now)
    return {one: _within(known[plain_address(one)], window) for one in people}


def _parts(window: Interval) -> Iterator[Interval]:
    start = window.start
    while start < window.end:
        end = min(window.end, start + LONGEST)
        yield Interval(start, end)
        start = end


def _within(found: Busy, window: Interval) -> Busy:
    if found is None:
        return None
    return tuple(merge(part for one in found if (part := one.clip(window))))


def _ask(client: Client, people: Sequence[str], part: Interval) -> dict[str, Busy]:
    """One call. The step of its overview, which is not used, must be shorter than the window."""
    asked = Interval(part.start, max(part.end, part.start + _SHORTEST))
    times = mapping.times(asked, IN_UTC)
    body = {
        "schedules": list(people),
        "startTime": times["start"],
        "endTime": times["end"],
        "availabilityViewInterval": 1440 if asked.end - asked.start > _COARSE else 30,
    }
    url = f"{client.root}/calendar/getSchedule"
    answer = as_object(client.ask("POST", url, body=body, twice=True))
    entries = (one for one in members(answer) if isinstance(one, Mapping))
    return {plain_address(str(one.get("scheduleId"))): _read(one) for one in entries}


def _read(entry: Mapping[str, Any]) -> Busy:
    items = entry.get("scheduleItems")
    if entry.get("error") is not None or not isinstance(items, list):
        return None
    zones = Zones()
    try:
        return tuple(_item(one, zones) for one in items if not _is_free(one))
    except (Broken, ValueError, AttributeError):
        return None


def _is_free(item: Mapping[str, Any]) -> bool:
    return str(item.get("status")).casefold() in _FREE


def _item(item: Mapping[str, Any], zones: Zones) -> Interval:
    return Interval(
        mapping.instant(item.get("start"), zones), mapping.instant(item.get("end"), zones)
    )
