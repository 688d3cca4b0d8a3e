"""calendarView/delta, as a sign that something changed: what is true is read with calendarView.

What it sends is thin (no mark, no facts of the members of a series) and also tells of events
outside the window, so its items are only counted. Its window is frozen in its links.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from connectors.base import SyncState
from connectors.errors import BadAnswer
from connectors.graph.client import Client, bounds, members
from rules.interval import Interval

_PAGE = "odata.maxpagesize=500"
_FORM = 1


@dataclass(frozen=True, slots=True)
class Round:
    """Where the next round starts, and whether this one had anything to tell."""

    link: str
    changed: bool


def begin(client: Client, calendar: str, window: Interval) -> Round:
    """A first round of a window, whose content is not used."""
    return _round(client, f"{calendar}/calendarView/delta", bounds(window))


def go_on(client: Client, link: str) -> Round:
    """What came since. Raises Forgotten."""
    return _round(client, link, None)


def _round(client: Client, url: str, params: Mapping[str, str] | None) -> Round:
    changed = False
    link: object = None
    for page in client.pages(url, params, prefer=_PAGE):
        changed = changed or bool(members(page))
        link = page.get("@odata.deltaLink")
    if not isinstance(link, str):
        raise BadAnswer("The calendar's server does not say where to go on from.")
    return Round(link, changed)


@dataclass(frozen=True, slots=True)
class Rounds:
    """A round of each ticked calendar."""

    by_calendar: Mapping[str, Round]

    @property
    def changed(self) -> bool:
        """Whether any of them had anything to tell."""
        return any(one.changed for one in self.by_calendar.values())

    @property
    def token(self) -> str:
        """Where the next rounds start, as one token."""
        links = {path: one.link for path, one in self.by_calendar.items()}
        return json.dumps({"form": _FORM, "links": links}, sort_keys=True)


def links(state: SyncState | None, window: Interval) -> dict[str, str]:
    """The links of each calendar in a token; none where it is of another window or no token."""
    if state is None or state.window != window:
        return {}
    try:
        found = json.loads(state.token)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(found, dict) or found.get("form") != _FORM:
        return {}
    listed = found.get("links")
    kept = listed.items() if isinstance(listed, dict) else ()
    return {
        path: link
        for path, link in kept
        if isinstance(link, str) and link.startswith(("https://", "http://"))
    }
