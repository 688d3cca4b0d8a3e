"""Calendars on servers, read where they are kept: a named place becomes a diary that can be asked.

What an installation needs to know for them is in `app.config`. Nothing is written here.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from app.config import Settings
from app.services.errors import BadInput
from connectors.base import Ability, Reading
from connectors.icalendar import Limits, Options
from rules.interval import Interval
from rules.policy import Policy


class LiveDiary(Protocol):
    """A diary on a server. What more it can do, `abilities` say."""

    @property
    def abilities(self) -> frozenset[Ability]:
        """What can be asked of it besides reading."""
        ...

    def read(self, window: Interval) -> Reading:
        """The occurrences that overlap the window. Raises ConnectorError."""
        ...

    def close(self) -> None:
        """Let go of the connections."""
        ...


@dataclass(frozen=True, slots=True)
class Viewer:
    """Whose diary it is and by which policy it is looked at."""

    me: tuple[str, ...]
    zone: ZoneInfo | None
    policy: Policy
    limits: Limits

    def also(self, *addresses: str | None) -> Collection[str]:
        """The leader's addresses with those by which the place itself knows them."""
        return {*self.me, *(each for each in addresses if each and "@" in each)}

    def options(self, *addresses: str | None) -> Options:
        """The same for what reads calendar text."""
        return Options(
            me=self.also(*addresses),
            zone=self.zone,
            organisation=self.policy.organisation,
            categories=self.policy.categories,
            locked_categories=self.policy.locked_categories,
            limits=self.limits,
        )


@dataclass(frozen=True, slots=True)
class Live:
    """A calendar on a server. `open` connects, and raises ConnectorError where it cannot."""

    open: Callable[[Viewer], LiveDiary] = field(repr=False)


def caldav(url: str, settings: Settings) -> Live:
    """A CalDAV account, or one calendar of it, by address. Raises BadInput for what is no address,
    and without a sign-in."""
    if not _is_address(url):
        raise BadInput(f"“{url}” is not an address of a CalDAV server; it begins with https://.")
    if not settings.caldav_user or not settings.caldav_password:
        raise BadInput("Put the sign-in into CLEARWAY_CALDAV_USER and CLEARWAY_CALDAV_PASSWORD.")

    def connect(viewer: Viewer) -> LiveDiary:
        from app.services.inviting import inviting
        from connectors.caldav import Password
        from connectors.caldav import connect as connect_caldav

        return connect_caldav(
            url,
            Password(settings.caldav_user, settings.caldav_password),
            viewer.options(settings.caldav_user),
            mailer=inviting(settings),
            private=settings.private_networks,
        )

    return Live(connect)


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return False


def graph(mailbox: str, settings: Settings) -> Live:
    """A mailbox on Microsoft 365: an address, or `me` for whose token it is. Raises BadInput."""
    if not settings.graph_token:
        raise BadInput("Put an access token for Microsoft Graph into CLEARWAY_GRAPH_TOKEN.")
    named = None if mailbox == "me" else mailbox

    def connect(viewer: Viewer) -> LiveDiary:
        from connectors.graph import GraphDiary
        from connectors.graph import Options as GraphOptions
        from connectors.transport import Door, FixedToken

        options = GraphOptions(
            me=viewer.also(named),
            mailbox=named,
            zone=viewer.zone,
            organisation=viewer.policy.organisation,
            categories=viewer.policy.categories,
            locked_categories=viewer.policy.locked_categories,
        )
        return GraphDiary(Door(settings.graph_url, FixedToken(settings.graph_token)), options)

    return Live(connect)


def google(calendar: str, settings: Settings) -> Live:
    """A Google calendar: its id, or `primary` for the main one of whose token it is.

    Raises BadInput.
    """
    if not settings.google_token:
        raise BadInput("Put an access token for Google Calendar into CLEARWAY_GOOGLE_TOKEN.")

    def connect(viewer: Viewer) -> LiveDiary:
        from connectors.google import GoogleDiary, with_token
        from connectors.google.mapping import of_a_person
        from connectors.lens import Lens

        lens = Lens.of(
            viewer.also(*of_a_person(calendar)),
            viewer.policy.organisation,
            viewer.policy.categories,
            viewer.policy.locked_categories,
        )
        return GoogleDiary(
            with_token(settings.google_token),
            lens,
            calendars=(calendar,),
            zone=viewer.zone,
            base=settings.google_url,
        )

    return Live(connect)


def feed(address: str, settings: Settings, now: Callable[[], datetime]) -> Live:
    """A calendar that is published at an address."""

    def connect(viewer: Viewer) -> LiveDiary:
        from connectors.feed import FeedDiary
        from connectors.transport import PublicOnly

        return FeedDiary(address, PublicOnly(settings.private_networks), now, viewer.options())

    return Live(connect)
