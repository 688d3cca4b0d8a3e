"""Finding calendar objects by their UID, and writing them only where nobody else wrote."""

import re
from collections.abc import Iterable, Sequence
from urllib.parse import quote

from caldav.lib.error import parse_preconditions

from connectors.caldav import queries
from connectors.caldav.account import Account, Collection, Resource
from connectors.caldav.reading import uid_of
from connectors.errors import (
    NOT_YOURS,
    ConnectorError,
    EventChanged,
    EventGone,
    NotPossible,
    PermissionMissing,
)
from connectors.transport import Total
from rules.interval import Interval
from rules.language import later

_MEMBER = re.compile(r"(.+)/\d{8}(?:T\d{6}Z)?", re.S)
_CALENDAR = {"Content-Type": "text/calendar; charset=utf-8"}
_SEARCH = "search.text"

NOT_TAKEN = later("The calendar's server does not take this change.")
NO_VERSIONS = later("The calendar's server tells no versions, so a change could overwrite another.")
READ_ONLY = later("The account is not allowed to change this calendar.")


class Store:
    """The objects of the chosen calendars. It remembers where it saw which UID."""

    def __init__(self, account: Account, chosen: Sequence[Collection]) -> None:
        self._account = account
        self._chosen = chosen
        self._places: dict[str, list[str]] = {}
        self._searches = account.client.knows(_SEARCH)

    def window(self, window: Interval) -> list[Resource]:
        """The objects of every chosen calendar that touch a window. Raises TooLarge too."""
        query = queries.in_window(window)
        total, found = Total(), []
        for each in self._chosen:
            page = self._account.resources(each.url, query)
            total.add(len(page), sum(len(one.data) for one in page))
            found += page
        self._remember(found)
        return found

    def find(self, event_id: str) -> list[Resource]:
        """The objects with the event, as they are now: one for each calendar that has it."""
        member = _MEMBER.fullmatch(event_id)
        for uid in (event_id, member[1] if member else ""):
            found = self._known(uid) or self._search(uid) if uid else []
            if found:
                return found
        return []

    def create(self, uid: str, text: bytes) -> None:
        """A new object, named after its UID. Where it is there already nothing is written."""
        url = f"{self._chosen[0].url.rstrip('/')}/{quote(uid, safe='')}.ics"
        self._write("PUT", url, text, {"If-None-Match": "*"}, new=True)
        self._places[uid] = [url]

    def replace(self, resource: Resource, text: bytes) -> Resource:
        """Another text for an object that is as it was read: what it is then, without an ETag
        where the server tells none. Raises EventChanged and EventGone."""
        etag = self._write("PUT", resource.url, text, _unchanged(resource))
        return Resource(resource.url, etag, text)

    def restore(self, resource: Resource) -> None:
        """Put an object back that was removed, where nothing else has come in its place."""
        self._write("PUT", resource.url, resource.data, {"If-None-Match": "*"}, new=True)

    def delete(self, resource: Resource) -> None:
        """Remove an object that is as it was read. Raises EventChanged and EventGone."""
        self._write("DELETE", resource.url, b"", _unchanged(resource))

    def _known(self, uid: str) -> list[Resource]:
        found = [self._account.one(url) for url in self._places.get(uid, ())]
        return [one for one in found if one is not None and uid_of(one.data) == uid]

    def _search(self, uid: str) -> list[Resource]:
        query = queries.of_uid(uid) if self._searches else queries.everything()
        found = [
            one
            for each in self._chosen
            for one in self._account.resources(each.url, query)
            if uid_of(one.data) == uid
        ]
        self._remember(found)
        return found

    def _remember(self, found: Iterable[Resource]) -> None:
        places: dict[str, list[str]] = {}
        for one in found:
            places.setdefault(uid_of(one.data), []).append(one.url)
        self._places.update(places)

    def _write(
        self, method: str, url: str, text: bytes, condition: dict[str, str], *, new: bool = False
    ) -> str:
        """The ETag of what was written, empty where it is not told."""
        headers = {**_CALENDAR, **condition} if text else condition
        _, answer = self._account.client.wire.send(method, url, text, headers)
        taken = new and answer.status in (409, 412)
        if answer.status >= 300 and not taken:
            raise _refusal(answer.status, parse_preconditions(answer.content))
        return str(answer.headers.get("ETag", ""))


def _unchanged(resource: Resource) -> dict[str, str]:
    """The condition that the object is as it was read. Raises NotPossible."""
    if not resource.etag:
        raise NotPossible(NO_VERSIONS)
    # proxies that compress call an ETag weak, and a weak one matches nothing (RFC 9110 section 13.1.1)
    return {"If-Match": resource.etag.removeprefix("W/")}


def _refusal(status: int, conditions: Sequence[str]) -> ConnectorError:
    """What a refused write means: the precondition says more than the status (RFC 4918 section 16)."""
    names = {one.rpartition("}")[2] for one in conditions}
    if "attendee-allowed" in names:
        return NotPossible(NOT_YOURS)
    if status in (404, 410):
        return EventGone()
    if status in (409, 412):
        return EventChanged()
    if status == 403 and (not names or "need-privileges" in names):
        return PermissionMissing(READ_ONLY)
    return NotPossible(NOT_TAKEN)
