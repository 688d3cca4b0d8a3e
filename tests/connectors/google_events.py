"""Google's events in short, for tests."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

NINE = datetime(2026, 11, 23, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
ME = "leader@trust.example"


def google_event(**more: Any) -> dict[str, Any]:
    """An event of the leader's own, Monday 09:00 to 10:00 in London."""
    return {
        "kind": "calendar#event",
        "id": "abc123",
        "etag": '"3181161784712000"',
        "status": "confirmed",
        "start": {"dateTime": "2026-11-23T09:00:00Z", "timeZone": "Europe/London"},
        "end": {"dateTime": "2026-11-23T10:00:00Z", "timeZone": "Europe/London"},
        "organizer": {"email": ME, "self": True},
        **more,
    }


def invited(*people: str, answer: str = "accepted", **leader: Any) -> list[dict[str, Any]]:
    """A guest list with the leader on it."""
    mine = {"email": ME, "self": True, "responseStatus": answer, **leader}
    return [mine, *({"email": each, "responseStatus": "needsAction"} for each in people)]


def merged(known: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    """What PATCH makes of an event: members are merged, arrays replaced whole."""
    found = dict(known)
    for name, value in patch.items():
        inner = found.get(name)
        if isinstance(value, dict) and isinstance(inner, dict):
            found[name] = merged(inner, value)
        else:
            found[name] = value
    return found


def recorded(folder: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every event in the recorded bodies, with the name of its file."""
    for path in sorted(folder.glob("*.json")):
        for event in _events(json.loads(path.read_text("utf-8"))):
            yield path.name, event


def _events(body: Any) -> Iterator[dict[str, Any]]:
    if isinstance(body, list):
        for each in body:
            yield from _events(each)
    elif isinstance(body, dict) and body.get("kind") == "calendar#event":
        yield body
    elif isinstance(body, dict):
        yield from _events(body.get("items", []))


def page(*events: Any, **more: Any) -> dict[str, Any]:
    """A page of events.list."""
    return {"kind": "calendar#events", "timeZone": "Europe/London", "items": list(events), **more}
