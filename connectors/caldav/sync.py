"""Whether anything changed, for one request a calendar.

Asked by sync-collection (RFC 6578) where the server has it, else by the ctag, else by all ETags.
Whatever goes wrong with a token means reading all: some servers answer 403 as they should, others
412 or 500, and some list everything as changed. So the window's texts are compared as well.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256

from caldav.elements import dav
from caldav.lib.error import DAVError

from connectors.base import SyncState
from connectors.caldav import queries
from connectors.caldav.account import Account, Collection, Resource
from connectors.errors import BadAnswer, Throttled, Unreachable
from rules.interval import Interval


@dataclass(frozen=True, slots=True)
class Mark:
    """Where each calendar stood, by its address, and a digest of the window's texts."""

    places: Mapping[str, str]
    digest: str = ""

    @property
    def token(self) -> str:
        """The text that is kept in a SyncState."""
        return json.dumps({"places": dict(self.places), "digest": self.digest})

    def with_resources(self, resources: Iterable[Resource]) -> "Mark":
        """The same with the digest of what was read."""
        texts = ((one.url, sha256(one.data).hexdigest()) for one in resources)
        return replace(self, digest=_digest(texts))


def read_mark(state: SyncState | None, window: Interval) -> Mark | None:
    """What a state says of this window, None where it says nothing that can be used."""
    if state is None or state.window != window:
        return None
    try:
        value = json.loads(state.token)
        places = {str(key): str(place) for key, place in value["places"].items()}
        return Mark(places, str(value["digest"]))
    except (ValueError, TypeError, KeyError, AttributeError):
        return None


def look(account: Account, chosen: Sequence[Collection], mark: Mark | None) -> tuple[Mark, bool]:
    """Where the calendars stand now, and whether that is where they stood."""
    places: dict[str, str] = {}
    quiet = mark is not None and set(mark.places) == {one.url for one in chosen}
    for one in chosen:
        known = mark.places.get(one.url, "") if mark is not None else ""
        places[one.url], same = _look_at(account, one, known)
        quiet = quiet and same
    return Mark(places, mark.digest if mark is not None else ""), quiet


def _look_at(account: Account, one: Collection, known: str) -> tuple[str, bool]:
    how, _, value = known.partition(":")
    if how == "sync":
        token, same = _changes(account, one.url, value)
        if token:
            return f"sync:{token}", same
    now = _state(account, one)
    return now, now == known


def _changes(account: Account, url: str, token: str) -> tuple[str, bool]:
    """The next token, empty where this one is of no use, and whether nothing changed."""
    try:
        response = account.client.report(url, queries.changes(token), 1)
        if response.status != 207:
            return "", False
        found = response.parse_sync_collection()
    except Throttled:
        raise
    except (Unreachable, BadAnswer, DAVError, ValueError, TypeError, AttributeError):
        return "", False
    quiet = not (found.changed or found.deleted or found.truncated)
    return found.sync_token or "", quiet


def _state(account: Account, one: Collection) -> str:
    """What can be compared later: a sync token, a ctag, or a digest of all ETags."""
    found = account.properties(one.url, queries.STATE)
    known = found[0].properties if found else {}
    token, ctag = known.get(dav.SyncToken.tag), known.get(queries.CTag.tag)
    if one.syncs and isinstance(token, str) and token:
        return f"sync:{token}"
    if isinstance(ctag, str) and ctag:
        return f"ctag:{ctag}"
    listed = account.properties(one.url, queries.ETAG, depth=1)
    etags = ((each.href, str(each.properties.get(dav.GetEtag.tag))) for each in listed)
    return f"etags:{_digest(etags)}"


def _digest(pairs: Iterable[tuple[str, str]]) -> str:
    text = json.dumps(sorted(pairs))
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
