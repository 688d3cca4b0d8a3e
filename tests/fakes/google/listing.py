"""events.list and events.instances: which events, in which order (BRIEF.md 5.2 and 5.3)."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from app.clock import now
from tests.fakes.google.answers import View
from tests.fakes.google.paging import Query
from tests.fakes.google.recurrence import is_master, member, member_id, slots
from tests.fakes.google.refusal import Json, Refusal, invalid, time_range_empty
from tests.fakes.google.store import Calendar, Item
from tests.fakes.google.times import Slot, instant, parsed

NEVER_WITH_SYNC = (
    "iCalUID",
    "orderBy",
    "privateExtendedProperty",
    "q",
    "sharedExtendedProperty",
    "timeMin",
    "timeMax",
    "updatedMin",
)
_NO_SYNC_AFTER = tuple(name for name in NEVER_WITH_SYNC if name not in ("timeMin", "timeMax"))
AHEAD = timedelta(days=730)
"""How far an endless series is expanded where nothing else bounds it."""
_OLDEST = timedelta(days=28)


def one(query: Query, name: str, default: str = "") -> str:
    """A parameter that is given once."""
    return query.get(name, [default])[0]


def true(query: Query, name: str) -> bool:
    """A parameter that is true or false."""
    return one(query, name) == "true"


def page_size(query: Query, default: int, most: int) -> int:
    """How many to a page; more than the most is the most."""
    return min(int(one(query, "maxResults", str(default))), most)


def can_go_on(query: Query) -> bool:
    """Whether changes to this list can be followed."""
    return not any(name in query for name in _NO_SYNC_AFTER)


def check_sync(query: Query) -> None:
    """Refuse what does not go with a sync token."""
    wrong = [name for name in NEVER_WITH_SYNC if name in query]
    if wrong:
        message = f"Sync token cannot be used with {', '.join(wrong)}."
        raise invalid(message, parameter="syncToken", problem=True)
    if one(query, "showDeleted") == "false":
        raise invalid("showDeleted cannot be false with a sync token.", problem=True)


def window(query: Query) -> tuple[datetime | None, datetime | None]:
    """timeMin and timeMax. Raises Refusal for an empty range."""
    low, high = (
        parsed(one(query, name)) if name in query else None for name in ("timeMin", "timeMax")
    )
    if low is not None and high is not None and low >= high:
        raise time_range_empty()
    return low, high


def listed(calendar: Calendar, query: Query, view: View) -> list[Json]:
    """The events of a list that is not about changes."""
    if true(query, "singleEvents") is False and one(query, "orderBy") == "startTime":
        message = "The requested ordering is not available for the particular query."
        raise invalid(message, parameter="orderBy", problem=True)
    since = parsed(one(query, "updatedMin")) if "updatedMin" in query else None
    if since is not None and since < now() - _OLDEST:
        message = "The requested minimum modification time lies too far in the past."
        raise Refusal(410, "updatedMinTooLongAgo", message, domain="calendar")
    low, high = window(query)
    found = [
        item
        for item in _candidates(calendar, query, low, high)
        if _wanted(item, query) and _updated(item, since) and _inside(item, calendar, low, high)
    ]
    return [view.event(item) for item in _ordered(found, query, calendar)]


def changed(calendar: Calendar, query: Query, view: View, since: int) -> list[Json]:
    """What changed after a tick: resources as they are now, and what is left of those gone."""
    found: list[Item] = []
    for item in calendar.items.values():
        if item.tick <= since:
            continue
        if is_master(item.body) and true(query, "singleEvents"):
            found += _members(calendar, item, None, None)
        else:
            found.append(item)
    found += [item for item in calendar.lost.values() if item.tick > since]
    wanted = [item for item in found if _wanted(item, query)]
    wanted.sort(key=lambda item: (item.tick, item.body["id"]))
    return [view.tombstone(item) if item.cancelled else view.event(item) for item in wanted]


def instances(calendar: Calendar, master: Item, query: Query, view: View) -> list[Json]:
    """The members of one series, exceptions included."""
    low, high = window(query)
    found = [*_members(calendar, master, low, high), *calendar.exceptions(master.body["id"])]
    original = one(query, "originalStart")
    if original:
        found = [each for each in found if _starts(each, calendar, original)]
    shown = [
        each
        for each in found
        if (not each.cancelled or true(query, "showDeleted")) and _inside(each, calendar, low, high)
    ]
    return [view.event(each) for each in _ordered(shown, {}, calendar)]


def busy(calendar: Calendar, low: datetime, high: datetime) -> list[tuple[datetime, datetime]]:
    """The times that a calendar shows as taken, merged and in order."""
    spans = sorted(
        (max(low, start), min(high, end))
        for item in _candidates(calendar, {"singleEvents": ["true"]}, low, high)
        if _takes_time(item, calendar)
        for start, end in [_span(item, calendar)]
        if end > low and start < high and end > start
    )
    merged: list[tuple[datetime, datetime]] = []
    for start, end in spans:
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged


def _candidates(
    calendar: Calendar, query: Query, low: datetime | None, high: datetime | None
) -> Iterator[Item]:
    single, deleted = true(query, "singleEvents"), true(query, "showDeleted")
    deleted = deleted or "updatedMin" in query
    for item in calendar.items.values():
        if is_master(item.body) and single:
            if deleted or not item.cancelled:
                yield from _members(calendar, item, low, high)
        elif not item.cancelled or deleted or (not single and _dropped(calendar, item)):
            yield item


def _dropped(calendar: Calendar, item: Item) -> bool:
    """Whether it is a cancelled member of a series that goes on."""
    master = calendar.items.get(item.body.get("recurringEventId", ""))
    return master is not None and not master.cancelled


def _members(
    calendar: Calendar, master: Item, low: datetime | None, high: datetime | None
) -> Iterator[Item]:
    """The members of a series that no exception stands for."""
    start = instant(master.body["start"], calendar.zone)
    first = low or start
    last = high or max(now(), first, start) + AHEAD
    for slot in slots(master.body, first, last):
        if member_id(master.body["id"], slot) not in calendar.items:
            yield Item(member(master.body, slot), master.tick, master.version)


def _wanted(item: Item, query: Query) -> bool:
    body = item.body
    if "eventTypes" in query and body.get("eventType", "default") not in query["eventTypes"]:
        return False
    if "iCalUID" in query and body.get("iCalUID") != one(query, "iCalUID"):
        return False
    for name, kind in (
        ("privateExtendedProperty", "private"),
        ("sharedExtendedProperty", "shared"),
    ):
        properties = body.get("extendedProperties", {}).get(kind, {})
        for text in query.get(name, []):
            key, _, value = text.partition("=")
            if properties.get(key) != value:
                return False
    return _mentions(body, one(query, "q").lower())


def _mentions(body: Json, text: str) -> bool:
    people = [*body.get("attendees", []), body["organizer"]]
    words = [body.get(name, "") for name in ("summary", "description", "location")]
    words += [each.get(name, "") for each in people for name in ("email", "displayName")]
    return not text or any(text in word.lower() for word in words)


def _updated(item: Item, since: datetime | None) -> bool:
    return since is None or parsed(item.body["updated"]) >= since


def _inside(item: Item, calendar: Calendar, low: datetime | None, high: datetime | None) -> bool:
    if is_master(item.body):
        if low is None and high is None:
            return True
        members = _members(calendar, item, low, high)
        return any(_inside(each, calendar, low, high) for each in members)
    start, end = _span(item, calendar)
    return (low is None or end > low) and (high is None or start < high)


def _span(item: Item, calendar: Calendar) -> tuple[datetime, datetime]:
    return instant(item.body["start"], calendar.zone), instant(item.body["end"], calendar.zone)


def _takes_time(item: Item, calendar: Calendar) -> bool:
    answers = {
        each.get("responseStatus")
        for each in item.body.get("attendees", [])
        if each["email"] == calendar.owner
    }
    return item.body.get("transparency", "opaque") == "opaque" and "declined" not in answers


def _ordered(found: list[Item], query: Query, calendar: Calendar) -> list[Item]:
    """By start where asked for; else stable, but by nothing that a client could lean on."""
    if one(query, "orderBy") == "startTime":
        return sorted(found, key=lambda item: (_span(item, calendar)[0], item.body["id"]))
    if one(query, "orderBy") == "updated":
        return sorted(found, key=lambda item: (item.body["updated"], item.tick))
    return sorted(found, key=lambda item: item.body["id"][::-1])


def _starts(item: Item, calendar: Calendar, text: str) -> bool:
    original = item.body["originalStartTime"]
    slot: Slot = instant(original, calendar.zone)
    return original.get("date") == text or ("T" in text and slot == parsed(text))
