"""When people and rooms are busy, asked through the scheduling outbox (RFC 6638 section 5)."""

from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime
from hashlib import sha256

from caldav.elements import cdav

from connectors.caldav.account import Account
from connectors.caldav.wire import check
from connectors.errors import BadAnswer
from connectors.icalendar.lines import Span, components, own_lines, parse_line
from connectors.icalendar.values import parse_duration, parse_moment
from connectors.icalendar.zones import Zones
from connectors.lens import plain_address
from rules.interval import Interval, intersect, merge

_CALENDAR = {"Content-Type": "text/calendar; charset=utf-8"}
Busy = tuple[Interval, ...] | None


def ask(account: Account, people: Collection[str], window: Interval) -> Mapping[str, Busy]:
    """When each address is busy inside the window, None where the server does not know."""
    if not people:
        return {}
    text = _request(sorted(account.addresses)[0], sorted(people), window)
    response = account.client.post(account.outbox, text, _CALENDAR)
    check(response.status)
    if response.tree is None:
        raise BadAnswer("The server's answer is not what calendar servers send.")
    told: dict[str, Busy] = {}
    for one in response.tree.iter(cdav.Response.tag):
        recipient = "".join(
            text for each in one.iter(cdav.Recipient.tag) for text in each.itertext()
        )
        status = one.findtext(cdav.RequestStatus.tag) or ""
        data = one.findtext(cdav.CalendarData.tag)
        if status.startswith("2") and data:
            told[plain_address(recipient)] = _busy(data, window)
    return {each: told.get(plain_address(each)) for each in people}


def _request(organizer: str, people: Collection[str], window: Interval) -> str:
    start, end = (f"{moment:%Y%m%dT%H%M%SZ}" for moment in (window.start, window.end))
    uid = sha256("\n".join((start, end, *people)).encode()).hexdigest()[:32]
    lines = [
        *("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Clearway//EN", "METHOD:REQUEST"),
        *("BEGIN:VFREEBUSY", f"UID:{uid}", f"DTSTAMP:{start}", f"DTSTART:{start}"),
        *(f"DTEND:{end}", f"ORGANIZER:mailto:{organizer}"),
        *(f"ATTENDEE:mailto:{plain_address(each)}" for each in people),
        *("END:VFREEBUSY", "END:VCALENDAR", ""),
    ]
    return "\r\n".join(lines)


def _busy(data: str, window: Interval) -> Busy:
    """The busy time in a VFREEBUSY (RFC 5545 section 3.6.4), None where it cannot be read."""
    view = data.replace("\r\n", "\n")
    try:
        found = [
            period
            for span in components(view, frozenset({"VFREEBUSY"}))
            for period in _periods(view, span)
        ]
    except ValueError:
        return None
    return tuple(merge(intersect(found, [window])))


def _periods(view: str, span: Span) -> Iterator[Interval]:
    zones = Zones()
    for text in own_lines(view, span):
        line = parse_line(text)
        if line is None or line.name != "FREEBUSY" or line.param("FBTYPE").upper() == "FREE":
            continue
        for part in line.value.split(","):
            first, _, last = part.partition("/")
            start = parse_moment(first, "", zones).instant(UTC)
            yield Interval(start, _end(start, last, zones))


def _end(start: datetime, text: str, zones: Zones) -> datetime:
    if text.strip().upper().startswith(("P", "+")):
        return start + parse_duration(text).longest
    return parse_moment(text, "", zones).instant(UTC)
