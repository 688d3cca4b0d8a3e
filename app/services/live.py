"""Calendars on servers, read where they are kept: a named place becomes a diary that can be asked.

`open_…` connect with credentials that somebody gives: the command line's settings (`caldav`,
`graph`, `google`, `feed` here) or a leader's stored connection (`app.connecting`). What an
installation needs to know for them is in `app.config`. Nothing is written here.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from app.config import Settings
from app.services.errors import BadInput
from connectors.base import Ability, Reading
from connectors.icalendar import Limits, Options
from rules.interval import Interval
from rules.policy import Policy

if TYPE_CHECKING:
    from httpx import BaseTransport

    from app.services.inviting import Ledger
    from connectors.caldav import Password
    from connectors.google import Access
    from connectors.transport import Token


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


def open_caldav(
    url: str,
    sign_in: "Password",
    viewer: Viewer,
    settings: Settings,
    calendars: Sequence[str] = (),
    *,
    ledger: "Ledger | None" = None,
    transport: "BaseTransport | None" = None,
) -> LiveDiary:
    """A CalDAV account, or one calendar of it; new holds go to the first of `calendars`.

    `ledger` remembers who was mailed. `transport` is what sends, below the check of where it goes
    to. Raises ConnectorError.
    """
    from app.services.inviting import inviting
    from connectors.caldav import connect

    return connect(
        url,
        sign_in,
        viewer.options(sign_in.user),
        calendars=calendars,
        mailer=inviting(settings, ledger),
        private=settings.private_networks,
        transport=transport,
    )


def open_graph(
    token: "Token",
    viewer: Viewer,
    settings: Settings,
    *,
    mailbox: str | None = None,
    scopes: frozenset[str] | None = None,
    calendars: tuple[str, ...] = (),
    transport: "BaseTransport | None" = None,
) -> LiveDiary:
    """A mailbox on Microsoft 365, by default the token's own; see `connectors.graph.Options`."""
    from connectors.graph import GraphDiary
    from connectors.graph import Options as GraphOptions
    from connectors.transport import Door

    options = GraphOptions(
        me=viewer.also(mailbox),
        mailbox=mailbox,
        scopes=scopes,
        calendars=calendars,
        zone=viewer.zone,
        organisation=viewer.policy.organisation,
        categories=viewer.policy.categories,
        locked_categories=viewer.policy.locked_categories,
    )
    return GraphDiary(Door(settings.graph_url, token, transport=transport), options)


def open_google(
    access: "Access",
    viewer: Viewer,
    settings: Settings,
    *,
    me: Collection[str] = (),
    calendars: Sequence[str] = ("primary",),
    transport: "BaseTransport | None" = None,
) -> LiveDiary:
    """Calendars of a Google account; `me` are more addresses of the leader's.

    Raises PermissionMissing where the scopes do not let events be read.
    """
    from connectors.google import GoogleDiary
    from connectors.lens import Lens

    lens = Lens.of(
        viewer.also(*me),
        viewer.policy.organisation,
        viewer.policy.categories,
        viewer.policy.locked_categories,
    )
    return GoogleDiary(
        access,
        lens,
        calendars=calendars,
        zone=viewer.zone,
        base=settings.google_url,
        transport=transport,
    )


def open_feed(
    address: str,
    viewer: Viewer,
    settings: Settings,
    now: Callable[[], datetime],
    transport: "BaseTransport | None" = None,
) -> LiveDiary:
    """A calendar that is published at an address. Raises NotPossible for what is no address."""
    from connectors.feed import FeedDiary
    from connectors.transport import PublicOnly

    return FeedDiary(
        address, PublicOnly(settings.private_networks, transport), now, viewer.options()
    )


# -- what the command line names ----------------------------------------------------------------


def caldav(url: str, settings: Settings) -> Live:
    """A CalDAV account, or one calendar of it, by address. Raises BadInput for what is no address,
    and without a sign-in."""
    if not is_address(url):
        raise BadInput(f"“{url}” is not an address of a CalDAV server; it begins with https://.")
    if not settings.caldav_user or not settings.caldav_password:
        raise BadInput("Put the sign-in into CLEARWAY_CALDAV_USER and CLEARWAY_CALDAV_PASSWORD.")

    def connect(viewer: Viewer) -> LiveDiary:
        from connectors.caldav import Password

        sign_in = Password(settings.caldav_user, settings.caldav_password)
        return open_caldav(url, sign_in, viewer, settings)

    return Live(connect)


def is_address(text: str) -> bool:
    """Whether this is a whole web address."""
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
        from connectors.transport import FixedToken

        return open_graph(FixedToken(settings.graph_token), viewer, settings, mailbox=named)

    return Live(connect)


def google(calendar: str, settings: Settings) -> Live:
    """A Google calendar: its id, or `primary` for the main one of whose token it is.

    Raises BadInput.
    """
    if not settings.google_token:
        raise BadInput("Put an access token for Google Calendar into CLEARWAY_GOOGLE_TOKEN.")

    def connect(viewer: Viewer) -> LiveDiary:
        from connectors.google import with_token
        from connectors.google.mapping import of_a_person

        access = with_token(settings.google_token)
        me = of_a_person(calendar)
        return open_google(access, viewer, settings, me=me, calendars=(calendar,))

    return Live(connect)


def feed(address: str, settings: Settings, now: Callable[[], datetime]) -> Live:
    """A calendar that is published at an address."""
    return Live(lambda viewer: open_feed(address, viewer, settings, now))
