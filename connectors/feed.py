"""A calendar that somebody publishes at an address (webcal, .ics by subscription): only read.

The address is often a secret, so it stands in no message and no printed form.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import httpx

from connectors.base import Ability, Reading
from connectors.errors import (
    BadAnswer,
    EventGone,
    NotPossible,
    PermissionMissing,
    Unreachable,
)
from connectors.icalendar import Options
from connectors.transport import PACKED, new_client, read_at_most, unreachable, until
from rules.event import Occurrence
from rules.interval import Interval
from rules.language import text

REST = timedelta(minutes=5)
"""A feed is not asked again before this has passed: those who publish one change it rarely."""
MOST_HOPS = 5
LONGEST = 30.0
"""Seconds that fetching a feed may take in all, redirects included, however it trickles in."""

_REDIRECTS = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True, slots=True)
class Copy:
    """What a feed said last: its bytes, what it is asked with next time, and when it answered."""

    content: bytes = field(repr=False)
    as_of: datetime
    etag: str = ""
    last_modified: str = ""


class FeedDiary:
    """One published calendar. `copy` is what was fetched last, to start from next time."""

    abilities: frozenset[Ability] = frozenset()

    def __init__(
        self,
        address: str,
        transport: httpx.BaseTransport,
        now: Callable[[], datetime],
        options: Options | None = None,
        copy: Copy | None = None,
        longest: float = LONGEST,
    ) -> None:
        """`transport` is a PublicOnly wherever a person gives the address."""
        self._address = web_address(address)
        self._client = new_client(transport)
        self._longest = longest
        self._now = now
        self._options = options or Options()
        self.copy = copy

    def read(self, window: Interval) -> Reading:
        """The occurrences that overlap the window, as of when the server last answered.

        Raises Unreadable, TooLarge, NotPossible for an address that leads inside, and, where
        there is no earlier copy, EventGone, PermissionMissing and Unreachable.
        """
        copy, warnings = self._fresh()
        reading = self._options.read([copy.content], window, names=["What is published there"])
        return replace(reading, warnings=(*reading.warnings, *warnings), as_of=copy.as_of)

    def get(self, event_id: str) -> Occurrence:
        """One occurrence; for the UID of a series its first. Raises as `read` does."""
        copy, _ = self._fresh()
        found = self._options.find([copy.content], event_id)
        if found is None:
            raise EventGone
        return found

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()

    def _fresh(self) -> tuple[Copy, tuple[str, ...]]:
        """A copy that is recent enough, else the last one with a warning."""
        now = self._now()
        if self.copy is not None and now - self.copy.as_of < REST:
            return self.copy, ()
        try:
            self.copy = self._fetch(now)
        except Unreachable:
            if self.copy is None:
                raise
            when = f"{self.copy.as_of:%d %B %Y, %H:%M} UTC"
            return self.copy, (f"The calendar's server does not answer; this is as of {when}.",)
        return self.copy, ()

    def _fetch(self, now: datetime) -> Copy:
        address = self._address
        with until(time.monotonic() + self._longest):
            for _ in range(MOST_HOPS):
                status, headers, content = self._ask(address)
                if status not in _REDIRECTS:
                    return self._copied(status, headers, content, now)
                address = _next_address(address, headers.get("Location", ""))
        raise BadAnswer(text("The calendar's address leads on and on."))

    def _ask(self, address: httpx.URL) -> tuple[int, httpx.Headers, bytes]:
        headers = {"Accept": "text/calendar", "User-Agent": "Clearway", **PACKED}
        if self.copy is not None and self.copy.etag:
            headers["If-None-Match"] = self.copy.etag
        if self.copy is not None and self.copy.last_modified:
            headers["If-Modified-Since"] = self.copy.last_modified
        try:
            with self._client.stream("GET", address, headers=headers) as answer:
                most = self._options.limits.max_bytes
                content = read_at_most(answer, most)
                return answer.status_code, answer.headers, content
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise unreachable(error) from error

    def _copied(self, status: int, headers: httpx.Headers, content: bytes, now: datetime) -> Copy:
        if status == 304 and self.copy is not None:
            return replace(self.copy, as_of=now)
        if status in (401, 403):
            raise PermissionMissing(text("The calendar's server does not let Clearway read it."))
        if status in (404, 410):
            raise EventGone(text("There is no calendar at this address."))
        if status != 200:
            raise unreachable(None)
        return Copy(
            content,
            as_of=now,
            etag=headers.get("ETag", ""),
            last_modified=headers.get("Last-Modified", ""),
        )


def web_address(address: str) -> httpx.URL:
    """The https or http address of a feed; webcal means https. Raises NotPossible."""
    try:
        url = httpx.URL(address.strip())
        if url.scheme in ("webcal", "webcals"):
            url = url.copy_with(scheme="https")
    except httpx.InvalidURL as error:
        raise NotPossible(text("This is not an address that can be called.")) from error
    if url.scheme not in ("http", "https") or not url.host:
        raise NotPossible(text("The address of a calendar begins with https:// or webcal://."))
    if url.userinfo:
        raise NotPossible(text("The address of a calendar holds no name and password."))
    return url


def _next_address(here: httpx.URL, location: str) -> httpx.URL:
    try:
        following = here.join(location)
    except httpx.InvalidURL as error:
        raise BadAnswer(text("The calendar's address leads nowhere.")) from error
    if here.scheme == "https" and following.scheme != "https":
        raise BadAnswer(text("The calendar's address leads on to one that is not encrypted."))
    return web_address(str(following))
