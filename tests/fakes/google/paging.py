"""Pages and sync tokens: opaque texts, of which the fake remembers what they stand for."""

import secrets
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.fakes.google.refusal import Json, full_sync_required, invalid

Query = Mapping[str, list[str]]

_FREE = frozenset({"pageToken", "syncToken", "maxResults", "fields", "alt", "prettyPrint", "key"})
_MOST_TOKENS = 10_000


@dataclass(frozen=True, slots=True)
class Rest:
    """What a page token stands for: what is still to come of a list.

    `sync` is how far a sync token at its end reaches, where there is one; `spent` is the sync
    token that began the list, which is of no use once the last page has been given.
    """

    place: str
    asked: Mapping[str, Any]
    items: tuple[Json, ...]
    sync: tuple[int, Mapping[str, Any]] | None
    spent: str = ""


@dataclass(frozen=True, slots=True)
class Mark:
    """What a sync token stands for: how far somebody has read a list."""

    place: str
    asked: Mapping[str, Any]
    tick: int


class Tokens:
    """All tokens that have been given out and not been spent or forgotten."""

    def __init__(self) -> None:
        self._pages: OrderedDict[str, Rest] = OrderedDict()
        self._marks: OrderedDict[str, Mark] = OrderedDict()

    def forget_sync(self) -> None:
        """From now on every sync token is too old."""
        self._marks.clear()

    def since(self, token: str, place: str, query: Query) -> int:
        """The tick up to which its holder has read. Raises Refusal 410, or 400 for another list."""
        mark = self._marks.get(token)
        if mark is None or mark.place != place:
            raise full_sync_required()
        if mark.asked != asked(query):
            message = "A sync token goes with the parameters of the list that gave it."
            raise invalid(message, parameter="syncToken", problem=True)
        return mark.tick

    def rest(self, token: str, place: str, query: Query) -> Rest:
        """What is still to come. Raises Refusal 400 for a token of another list."""
        found = self._pages.get(token)
        if found is None or found.place != place or found.asked != asked(query):
            raise invalid("Invalid page token value.", parameter="pageToken", problem=True)
        return found

    def page(self, rest: Rest, size: int) -> Json:
        """One page, with the token for the next or, on the last, the one for changes."""
        answer: Json = {"items": list(rest.items[:size])}
        if len(rest.items) > size:
            token = _opaque("C")
            left = Rest(rest.place, rest.asked, rest.items[size:], rest.sync, rest.spent)
            _remember(self._pages, token, left)
            answer["nextPageToken"] = token
        elif rest.sync is not None:
            token = _opaque("S")
            tick, same = rest.sync
            self._marks.pop(rest.spent, None)
            _remember(self._marks, token, Mark(rest.place, same, tick))
            answer["nextSyncToken"] = token
        return answer


def started(place: str, query: Query, items: list[Json], tick: int | None) -> Rest:
    """A list of which no page has been given yet; `tick` where it can be gone on from."""
    kept = {name: values for name, values in query.items() if name not in ("timeMin", "timeMax")}
    sync = None if tick is None else (tick, asked(kept))
    return Rest(place, asked(query), tuple(items), sync, query.get("syncToken", [""])[0])


def asked(query: Query) -> dict[str, list[str]]:
    """The parameters that have to stay the same."""
    return {name: sorted(values) for name, values in query.items() if name not in _FREE}


def _opaque(letter: str) -> str:
    return letter + secrets.token_urlsafe(20) + "="


def _remember(where: OrderedDict[str, Any], token: str, what: object) -> None:
    where[token] = what
    while len(where) > _MOST_TOKENS:
        where.popitem(last=False)
