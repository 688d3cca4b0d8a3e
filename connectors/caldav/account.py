"""An account on a CalDAV server: its calendars and what the server does with them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, unquote, urljoin, urlsplit

from caldav.elements import cdav, dav
from caldav.lib.error import DAVError
from caldav.response import CalendarQueryResult, DAVResponse, PropfindResult

from connectors.base import Calendar
from connectors.caldav import queries
from connectors.caldav.wire import Client, check, joined
from connectors.errors import BadAnswer, NotPossible, PermissionMissing, TooLarge
from connectors.lens import plain_address
from rules.language import later, text

_WELL_KNOWN = "/.well-known/caldav"
_WRITES = frozenset({"{DAV:}all", "{DAV:}write", "{DAV:}write-content"})
_SYNC = "{DAV:}sync-collection"
_KNOWN = frozenset({207, 403, 404, 410})
"""What a calendar server says of one of its own addresses. Any other answer is of another program."""
_SAFE = "/:@!$&'()*+,;=~-._"

MOST_HOMES, MOST_CALENDARS = 5, 200
TOO_MANY = later("The account has more calendars than Clearway reads.")
NO_ACCOUNT = later("There is no calendar account at this address.")
NO_CALENDAR = later("The account has no calendar for events.")
NOT_HERE = later("There is no calendar at this address.")
NOT_THERE = later("One of the chosen calendars is not in the account.")


@dataclass(frozen=True, slots=True)
class Collection:
    """One calendar of the account. `url` is whole; `zone` is its VTIMEZONE text, if it has one."""

    url: str
    name: str = field(repr=False)
    writable: bool
    syncs: bool
    zone: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Resource:
    """One calendar object as it was read: the events of one UID, with the version of them all."""

    url: str
    etag: str
    data: bytes = field(repr=False)


class Account:
    """What the server said when it was asked who this is and what calendars there are.

    `schedules` is true where the server itself tells attendees of changes (RFC 6638): it says so
    and knows the account by one of `addresses`. `outbox` is where free/busy can be asked for.
    """

    def __init__(self, client: Client, url: str) -> None:
        """Discovery (RFC 6764 section 6). Raises ConnectorError."""
        self.client = client
        principal, given = _principal(client, url)
        found = _first(client, principal, queries.PRINCIPAL, depth=0)
        homes = _homes(client.address, found)
        addresses = _texts(found.get(cdav.CalendarUserAddressSet.tag))
        self.addresses = frozenset(plain_address(one) for one in addresses if "@" in one)
        outbox = _hrefs(client.address, found.get(cdav.ScheduleOutboxURL.tag))
        for address in (*homes, *outbox):
            client.wire.trust(address, said_by=client.address)
        self.collections = _collections(client, homes)
        self._direct = self._meant(given, (principal, *homes)) if given else ""
        if not self.collections:
            raise NotPossible(NO_CALENDAR)
        self.schedules = bool(self.addresses) and _schedules(client, homes)
        self.outbox = outbox[0] if outbox and self.schedules else ""

    def close(self) -> None:
        """Let go of the connections."""
        self.client.wire.close()

    def calendars(self) -> tuple[Calendar, ...]:
        """The calendars for events, the main one first: the first that can be written to."""
        return tuple(
            Calendar(id=one.url, name=one.name, writable=one.writable, primary=not number)
            for number, one in enumerate(self.collections)
        )

    def chosen(self, names: Sequence[str]) -> tuple[Collection, ...]:
        """Calendars by address or by the last part of it, in that order.

        Without a choice the one that was connected to, else the main one. Raises NotPossible.
        """
        if not names:
            return (self._named(self._direct) or self.collections[0],)
        found = tuple(self._named(name) for name in names)
        if None in found:
            raise NotPossible(NOT_THERE)
        return tuple(one for one in found if one is not None)

    def _meant(self, given: str, account: Sequence[str]) -> str:
        """The address of the calendar that was given, empty where it is the account's or leads to
        it. Raises NotPossible for any other, so that no other calendar is read in its place."""
        if self._named(given) is not None:
            return given
        if any(_leads_to(given, one) for one in account):
            return ""
        # somebody else's calendar that is shared with this account lies in no home of it
        found = _shared(self.client, given)
        if found:
            self.collections = (*self.collections, *found)
            return found[0].url
        own = _hrefs(self.client.address, _homes_of(self.client, given))
        if any(_leads_to(one, home) for one in own for home in account):
            return ""
        raise NotPossible(NOT_HERE)

    def _named(self, name: str) -> Collection | None:
        wanted = unquote(name).rstrip("/")
        for one in self.collections:
            url = unquote(one.url).rstrip("/")
            if wanted and wanted in (url, url.rpartition("/")[2]):
                return one
        return None

    # -- what is read ---------------------------------------------------------------------------

    def resources(self, url: str, query: str, *, depth: int | None = 1) -> list[Resource]:
        """The calendar objects that a REPORT finds. Raises ConnectorError."""
        response = self.client.report(url, query, depth)
        _check(response)
        found = _parsed(response.parse_calendar_query, response)
        return [one for each in found if (one := self._resource(each)) is not None]

    def one(self, url: str) -> Resource | None:
        """One calendar object as it is now, None where it is gone."""
        # with multiget, so that the text is the same as in a query
        folder = url.rpartition("/")[0] + "/"
        path = url[len(urljoin(url, "/")) - 1 :]
        found = self.resources(folder, queries.these([path]), depth=None)
        return found[0] if found else None

    def properties(
        self, url: str, wanted: Iterable[type[Any]], *, depth: int = 0
    ) -> list[PropfindResult]:
        """Properties of a resource, or of those in a collection. Raises ConnectorError."""
        return _propfind(self.client, url, wanted, depth)

    def _resource(self, found: CalendarQueryResult) -> Resource | None:
        if found.status == 404 or found.calendar_data is None:
            return None
        return Resource(_url(self.client.address, found.href), found.etag or "", _crlf(found))


def _crlf(found: CalendarQueryResult) -> bytes:
    """The text with the line ends of RFC 5545, which XML has taken away."""
    text = (found.calendar_data or "").replace("\r\n", "\n").replace("\r", "\n")
    return text.replace("\n", "\r\n").encode("utf-8", "surrogatepass")


# -- discovery ----------------------------------------------------------------------------------


def _principal(client: Client, url: str) -> tuple[str, str]:
    """The address of the principal, and the one that was given where it is more than a server's
    and the server knows what is there, or that nothing is."""
    root = urljoin(url, "/")
    known = urljoin(url, _WELL_KNOWN)
    places = [known, url] if url.rstrip("/") == root.rstrip("/") else [url, known, root]
    refused, given = False, ""
    for place in places:
        response = _ask(client, place, queries.CURRENT_USER, 0)
        refused = refused or response.status == 403
        if place == url and place != root and response.status in _KNOWN:
            given = client.address
        for each in _results(response):
            href = each.properties.get(dav.CurrentUserPrincipal.tag)
            if isinstance(href, str) and href:
                return joined(client.address, href), given
    if refused:
        raise PermissionMissing(text("The account is not allowed to read its calendars."))
    raise NotPossible(NO_ACCOUNT)


def _leads_to(address: str, goal: str) -> bool:
    """Whether an address is this one or a folder above it. Hosts may differ, as iCloud's do."""
    above, below = (f"{unquote(urlsplit(one).path).rstrip('/')}/" for one in (address, goal))
    return below.startswith(above)


def _shared(client: Client, url: str) -> list[Collection]:
    try:
        return _calendars_at(client, url, 0)
    except (BadAnswer, NotPossible, PermissionMissing):
        return []


def _homes_of(client: Client, url: str) -> object:
    """Where the calendars of the principal at this address are: an account has several names."""
    try:
        return _first(client, url, queries.PRINCIPAL, depth=0).get(cdav.CalendarHomeSet.tag)
    except (BadAnswer, NotPossible, PermissionMissing):
        return None


def _schedules(client: Client, homes: Sequence[str]) -> bool:
    for home in homes:
        dav_header = str(client.options(home).headers.get("DAV", ""))
        if "calendar-auto-schedule" in {one.strip() for one in dav_header.split(",")}:
            return True
    return False


def _homes(base: str, found: Mapping[str, Any]) -> list[str]:
    """Where the account's calendars are: each place costs requests. Raises TooLarge."""
    homes = list(dict.fromkeys(_hrefs(base, found.get(cdav.CalendarHomeSet.tag))))
    if len(homes) > MOST_HOMES:
        raise TooLarge(TOO_MANY)
    return homes


def _collections(client: Client, homes: Sequence[str]) -> tuple[Collection, ...]:
    """The calendars for events, those that can be written to first."""
    found: dict[str, Collection] = {}
    for home in homes:
        for one in _calendars_at(client, home, 1):
            found.setdefault(one.url, one)
        if len(found) > MOST_CALENDARS:
            raise TooLarge(TOO_MANY)
    return tuple(sorted(found.values(), key=lambda one: not one.writable))


def _calendars_at(client: Client, url: str, depth: int) -> list[Collection]:
    listed = _propfind(client, url, queries.COLLECTION, depth)
    found = (_collection(_url(client.address, each.href), each.properties) for each in listed)
    return [one for one in found if one is not None]


def _collection(url: str, found: Mapping[str, Any]) -> Collection | None:
    if cdav.Calendar.tag not in _texts(found.get(dav.ResourceType.tag)):
        return None
    kinds = _texts(found.get(cdav.SupportedCalendarComponentSet.tag))
    if kinds and "VEVENT" not in {kind.upper() for kind in kinds}:
        return None
    privileges = found.get(dav.CurrentUserPrivilegeSet.tag)
    reports = _texts(found.get(dav.SupportedReportSet.tag))
    name, zone = (found.get(tag) for tag in (dav.DisplayName.tag, cdav.CalendarTimeZone.tag))
    return Collection(
        url=url,
        name=name if isinstance(name, str) else "",
        writable=privileges is None or bool(_WRITES & set(_texts(privileges))),
        syncs=_SYNC in reports,
        zone=zone if isinstance(zone, str) else "",
    )


# -- answers ------------------------------------------------------------------------------------


def _first(client: Client, url: str, wanted: Iterable[type[Any]], *, depth: int) -> dict[str, Any]:
    found = _propfind(client, url, wanted, depth)
    return found[0].properties if found else {}


def _propfind(
    client: Client, url: str, wanted: Iterable[type[Any]], depth: int
) -> list[PropfindResult]:
    response = _ask(client, url, wanted, depth)
    _check(response)
    return _results(response)


def _ask(client: Client, url: str, wanted: Iterable[type[Any]], depth: int) -> DAVResponse:
    # not with the package's propfind, which reads the answer and may raise anything
    return client.request(url, "PROPFIND", queries.properties(wanted), {"Depth": str(depth)})


def _results(response: DAVResponse) -> list[PropfindResult]:
    if response.status != 207:
        return []
    return list(_parsed(response.parse_propfind, response))


def _check(response: DAVResponse) -> None:
    if response.status == 403:
        raise PermissionMissing(text("The account is not allowed to read this calendar."))
    check(response.status)


def _parsed(parse: Any, response: DAVResponse) -> Any:
    """What the package makes of an answer. Raises BadAnswer."""
    if response.tree is None:
        raise BadAnswer(text("The server's answer is not what calendar servers send."))
    try:
        return parse()
    except (DAVError, ValueError, TypeError, AttributeError, IndexError) as error:
        raise BadAnswer(text("The server's answer is not what calendar servers send.")) from error


def _url(base: str, href: str) -> str:
    """The whole address of a path that the package has decoded."""
    return joined(base, quote(href, safe=_SAFE))


def _hrefs(base: str, value: object) -> list[str]:
    return [joined(base, one) for one in _texts(value)]


def _texts(value: object) -> list[str]:
    """A property as the package gives it: nothing, a text, or several."""
    if isinstance(value, str):
        return [value] if value.strip() else []
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []
