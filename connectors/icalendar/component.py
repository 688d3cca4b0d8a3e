"""One VEVENT (RFC 5545 section 3.6.1) as values: its times, its repeats, and the facts we keep.

Titles, texts, places, names and addresses are never copied out of the text that was read.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from hashlib import blake2b

from connectors import mark
from connectors.icalendar.lines import Line, Span, own_lines, parse_line, text_list, unescape
from connectors.icalendar.values import (
    DAY,
    Length,
    Moment,
    parse_duration,
    parse_moment,
    to_utc,
    to_wall,
)
from connectors.icalendar.zones import Zones
from connectors.lens import Lens, domain_of, plain_address
from rules.event import Kind, ShowAs, Status

_BUSY_STATUS = {
    "FREE": ShowAs.FREE,
    "TENTATIVE": ShowAs.TENTATIVE,
    "BUSY": ShowAs.BUSY,
    "OOF": ShowAs.OOF,
    "WORKINGELSEWHERE": ShowAs.WORKING_ELSEWHERE,
}
_STATUS = {"TENTATIVE": Status.TENTATIVE, "CANCELLED": Status.CANCELLED}
_NAMELESS = "no-uid-"
_ROOMS = frozenset({"ROOM", "RESOURCE"})

Properties = Mapping[str, Sequence[Line]]


class Broken(ValueError):
    """The component has no times that can be used; the message completes "the event ..."."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is kept of a VEVENT besides its times."""

    show_as: ShowAs
    status: Status
    private: bool
    declined: bool
    organizer: bool
    other_people: int
    external: bool
    resources: int
    kind: Kind | None
    firm: bool
    locked: bool
    changed: datetime | None


@dataclass(frozen=True, slots=True)
class Event:
    """One VEVENT. `revision` orders the states of one event, newest last.

    `recurring` is true for the master of a series, even of one whose rule is empty.
    `unread_dates` counts members of EXDATE and RDATE that are no dates.
    """

    uid: str
    start: Moment
    length: Length
    facts: Facts
    version: str
    revision: tuple[int, str, str]
    source: int
    span: Span
    recurring: bool = False
    rules: tuple[str, ...] = ()
    rdates: tuple[tuple[Moment, Length], ...] = ()
    exdates: tuple[Moment, ...] = ()
    unread_dates: int = 0
    recurrence_id: Moment | None = None
    this_and_future: bool = False

    @property
    def nameless(self) -> bool:
        """Whether the event came without a UID, against RFC 5545 section 3.8.4.7."""
        return self.uid == _NAMELESS + self.version

    @property
    def happens_once(self) -> bool:
        """Whether this is all there is of the event: neither a series nor a part of one."""
        return not self.recurring and self.recurrence_id is None and not self.exdates

    @property
    def sequence(self) -> int:
        """SEQUENCE, 0 where it is missing or no number."""
        return self.revision[0]


def properties(view: str, span: Span) -> dict[str, list[Line]]:
    """The properties of a component by name, in their order."""
    found: dict[str, list[Line]] = {}
    for text in own_lines(view, span):
        line = parse_line(text)
        if line is not None:
            found.setdefault(line.name, []).append(line)
    return found


def parse_event(
    view: str, span: Span, *, source: int, zones: Zones, floating: tzinfo, lens: Lens, method: str
) -> Event:
    """A VEVENT from its place in the text. Raises Broken.

    `floating` is the diary's zone. `method` is the calendar's METHOD: CANCEL cancels every event
    in it (RFC 5546 section 3.2.5).
    """
    raw = view[span.start : span.end]
    found = properties(view, span)
    version = blake2b(raw.encode("utf-8", "surrogatepass"), digest_size=10).hexdigest()
    try:
        start, length = _times(found, zones, floating)
        recurrence_id = _moment(found, "RECURRENCE-ID", zones)
        dates = _Dates(start, length, zones, floating)
        return Event(
            uid=unescape(_value(found, "UID")) or _NAMELESS + version,
            start=start,
            length=length,
            facts=_facts(found, lens, method),
            version=version,
            revision=_revision(found),
            source=source,
            span=span,
            recurring=recurrence_id is None and ("RRULE" in found or "RDATE" in found),
            rules=() if recurrence_id else _rules(found),
            rdates=() if recurrence_id else dates.added(found),
            exdates=dates.excluded(found),
            unread_dates=dates.unread,
            recurrence_id=recurrence_id,
            this_and_future=_is_range(found),
        )
    except Broken:
        raise
    except ValueError as error:
        raise Broken("has a date or time that cannot be read") from error


# -- times --------------------------------------------------------------------------------------


def _times(found: Properties, zones: Zones, floating: tzinfo) -> tuple[Moment, Length]:
    start = _moment(found, "DTSTART", zones)
    if start is None:
        raise Broken("has no start")
    end = _moment(found, "DTEND", zones)
    if end is not None:
        if start.zone is None and end.zone is not None and not start.whole_day:
            # One end has a zone and the other none: only the shared zone gives a sane length.
            start = Moment(start.wall, end.zone)
        return start, _length_between(start, end, floating)
    length = parse_duration(_value(found, "DURATION")) if "DURATION" in found else None
    if start.whole_day:
        days = length.days + -(-length.exact // DAY) if length else 1
        return start, Length(days=max(1, days))
    return start, length or Length()


def _length_between(start: Moment, end: Moment, floating: tzinfo) -> Length:
    if start.whole_day:
        days = (_as_date(end, floating) - start.wall).days
        if days < 0:
            raise Broken("ends before it starts")
        return Length(days=days)
    zone = start.zone or floating
    exact = to_utc(end.wall, end.zone or zone) - start.instant(floating)
    if exact < timedelta(0):
        raise Broken("ends before it starts")
    return Length(exact=exact)


def _as_date(moment: Moment, floating: tzinfo) -> datetime:
    """Midnight of a moment's date; a UTC time stands for the date that it has in the diary."""
    wall = moment.wall
    if moment.zone is UTC:
        wall = to_wall(moment.instant(floating), floating)
    return datetime(wall.year, wall.month, wall.day)


def _rules(found: Properties) -> tuple[str, ...]:
    return tuple(line.value for line in found.get("RRULE", ()) if line.value.strip())


class _Dates:
    """The dates that are written out in a series. One that cannot be read costs only itself."""

    def __init__(self, start: Moment, length: Length, zones: Zones, floating: tzinfo) -> None:
        self.start = start
        self.length = length
        self.zones = zones
        self.floating = floating
        self.unread = 0

    def added(self, found: Properties) -> tuple[tuple[Moment, Length], ...]:
        """RDATE (RFC 5545 section 3.8.5.2); a PERIOD there has its own length."""
        return tuple(self._members(found.get("RDATE", ())))

    def excluded(self, found: Properties) -> tuple[Moment, ...]:
        """EXDATE (section 3.8.5.1)."""
        return tuple(moment for moment, _ in self._members(found.get("EXDATE", ())))

    def _members(self, lines: Sequence[Line]) -> Iterator[tuple[Moment, Length]]:
        for line in lines:
            for text in line.value.split(","):
                if not text.strip():
                    continue
                try:
                    yield self._member(text, line.param("TZID"))
                except ValueError:
                    self.unread += 1

    def _member(self, text: str, tzid: str) -> tuple[Moment, Length]:
        first, slash, last = text.partition("/")
        moment = parse_moment(first, tzid, self.zones)
        if not slash:
            return moment, self.length
        if last.strip().upper().startswith(("P", "+", "-")):
            return moment, parse_duration(last)
        end = parse_moment(last, tzid, self.zones)
        return moment, _length_between(moment, end, self.floating)


def _is_range(found: Properties) -> bool:
    lines = found.get("RECURRENCE-ID", ())
    return bool(lines) and lines[0].param("RANGE").upper() == "THISANDFUTURE"


def _moment(found: Properties, name: str, zones: Zones) -> Moment | None:
    lines = found.get(name)
    if not lines or not lines[0].value.strip():
        return None
    return parse_moment(lines[0].value, lines[0].param("TZID"), zones)


def _value(found: Properties, name: str) -> str:
    lines = found.get(name)
    return lines[0].value if lines else ""


def _revision(found: Properties) -> tuple[int, str, str]:
    """SEQUENCE, then LAST-MODIFIED, then DTSTAMP (RFC 5546 section 2.1.5); UTC text sorts by time."""
    text = _value(found, "SEQUENCE").strip()
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
    return number, _value(found, "LAST-MODIFIED").strip(), _value(found, "DTSTAMP").strip()


# -- facts --------------------------------------------------------------------------------------


def _facts(found: Properties, lens: Lens, method: str) -> Facts:
    names = [one for line in found.get("CATEGORIES", ()) for one in text_list(line.value)]
    ours = _value(found, mark.KIND)
    kind = mark.read_kind(ours, names, lens.categories)
    people = _People(found, lens)
    changed = _value(found, mark.CHANGED)
    return Facts(
        show_as=_show_as(found),
        status=_status(found, method),
        private=_value(found, "CLASS").strip().upper() not in ("", "PUBLIC"),
        declined=people.declined,
        organizer=people.organizer,
        other_people=len(people.others),
        external=any(domain_of(one) not in lens.organisation for one in people.others),
        resources=len(people.rooms),
        kind=kind,
        firm=mark.read_firm(ours, _value(found, mark.FIRM), kind),
        locked=any(one.casefold() in lens.locked for one in names),
        changed=mark.read_changed(changed) if changed else None,
    )


def _show_as(found: Properties) -> ShowAs:
    """Outlook's own property says more than TRANSP (RFC 5545 section 3.8.2.7) and wins over it."""
    exact = _BUSY_STATUS.get(_value(found, "X-MICROSOFT-CDO-BUSYSTATUS").strip().upper())
    if exact is not None:
        return exact
    free = _value(found, "TRANSP").strip().upper() == "TRANSPARENT"
    return ShowAs.FREE if free else ShowAs.BUSY


def _status(found: Properties, method: str) -> Status:
    if method == "CANCEL":
        return Status.CANCELLED
    return _STATUS.get(_value(found, "STATUS").strip().upper(), Status.CONFIRMED)


class _People:
    """Who is invited, counted and compared, then dropped with this object."""

    def __init__(self, found: Properties, lens: Lens) -> None:
        invited = [(line, _addresses(line)) for line in found.get("ATTENDEE", ())]
        organizer = [(line, _addresses(line)) for line in found.get("ORGANIZER", ())[:1]]
        mine = [line for line, known in invited if known & lens.me]
        self.declined = bool(mine) and all(_answer(line) == "DECLINED" for line in mine)
        self.rooms = {_identity(line, known) for line, known in invited if _is_room(line)}
        self.others = {
            _identity(line, known)
            for line, known in (*invited, *organizer)
            if not _is_room(line) and not known & lens.me and line.value.strip()
        } - self.rooms
        alone = not invited and not organizer
        self.organizer = alone or any(
            (known | _act_for(line)) & lens.me for line, known in organizer
        )


def _answer(line: Line) -> str:
    return line.param("PARTSTAT").upper()


def _is_room(line: Line) -> bool:
    return line.param("CUTYPE").upper() in _ROOMS


def _addresses(line: Line) -> frozenset[str]:
    """Every address that a calendar user goes by on this line (EMAIL is RFC 7986 section 6.2)."""
    return frozenset(plain_address(one) for one in (line.value, line.param("EMAIL")) if one.strip())


def _act_for(line: Line) -> frozenset[str]:
    """Who acts for the organizer (SENT-BY, RFC 5545 section 3.2.18)."""
    return frozenset(plain_address(one) for one in line.params.get("SENT-BY", ()))


def _identity(line: Line, known: frozenset[str]) -> str:
    """One person however often listed: the mail address, else the value with the name beside it."""
    address = next((one for one in sorted(known) if "@" in one), None)
    email = plain_address(line.param("EMAIL"))
    if "@" in email:
        return email
    return address or f"{plain_address(line.value)} {line.param('CN').casefold()}"
