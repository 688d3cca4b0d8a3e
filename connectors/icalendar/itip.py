"""Messages about meetings between calendars (iTIP, RFC 5546), and who takes part in one.

Addresses and texts pass through here to be counted, compared or sent, and are not kept.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol
from zoneinfo import available_timezones

from icalendar import Timezone

from connectors import mark
from connectors.errors import WHOLE_DAY, EventGone, NotPossible
from connectors.icalendar.component import properties
from connectors.icalendar.lines import Line, Span, Text, components, decode
from connectors.icalendar.options import Options
from connectors.icalendar.reading import Survey, survey
from connectors.icalendar.series import Found
from connectors.icalendar.surgery import Component
from connectors.lens import Lens, plain_address
from rules.event import Occurrence
from rules.interval import Interval
from rules.language import later

_PRIVATE = frozenset({mark.KIND, mark.FIRM, mark.CHANGED, "X-MICROSOFT-CDO-BUSYSTATUS"})
_MOMENT = timedelta(seconds=1)
_TZID = re.compile(r"^[A-Z-]+(?:;[^:\n]*?)?;TZID=(\"[^\"\n]*\"|[^:;\n]*)", re.I | re.M)
_FIRST_EVENT = re.compile(r"^BEGIN[ \t]*:[ \t]*VEVENT", re.I | re.M)
PRODID = "-//Clearway//EN"

OWN_MEETING = later("The meeting is the leader's own, so there is nobody to ask for another time.")
NO_PROPOSALS = later("The organiser of this meeting does not take other times.")
NOT_INVITED = later("The leader is not on this meeting's list, so no other time can be suggested.")


class Method(StrEnum):
    """What a message asks for (RFC 5546 section 1.4)."""

    REQUEST = "REQUEST"
    CANCEL = "CANCEL"
    COUNTER = "COUNTER"


@dataclass(frozen=True, slots=True)
class Invitation:
    """A message about a meeting, to be mailed as iMIP (RFC 6047): one to each recipient.

    `content` is the text/calendar part in UTF-8 with its METHOD. `key` is the same for the same
    message, so that a second sending can be known as one. The addresses have no `mailto:`.
    """

    method: Method
    sender: str = field(repr=False)
    recipients: tuple[str, ...] = field(repr=False)
    content: bytes = field(repr=False)
    key: str = ""


class Mailer(Protocol):
    """Mails messages, and remembers by their keys who is to have one and who has it."""

    def begin(self, key: str, recipients: Sequence[str]) -> None:
        """Remember, before a meeting changes, who is to be told of it."""
        ...

    def is_begun(self, key: str) -> bool:
        """Whether that is remembered, so that the change is ours."""
        ...

    def send(self, invitation: Invitation) -> None:
        """Mail it to everybody who does not have it.

        Whoever can never be told keeps nobody else from being told. Raises PartlyTold where
        somebody has it and others may later, and any other ConnectorError where nobody has it.
        """
        ...


@dataclass(frozen=True, slots=True)
class Attendee:
    """Somebody invited, or a room. `address` is the mail address, empty where none is told.

    `agent` is who tells them of changes (SCHEDULE-AGENT, RFC 6638 section 7.1) and `status` how
    that went last time (SCHEDULE-STATUS, section 7.3).
    """

    address: str = field(repr=False)
    agent: str
    status: str


@dataclass(frozen=True, slots=True)
class People:
    """Who organises the events of one resource, and who is invited besides the leader."""

    organizer: str = field(repr=False)
    invited: tuple[Attendee, ...]

    @property
    def alone(self) -> bool:
        """Whether nobody else, and no room, would have to hear of a change."""
        return not self.invited


def people(data: bytes, me: Collection[str]) -> People:
    """Who takes part in any event of a calendar object, each once. `me` is in one case."""
    view = decode(data).view
    return _people(view, components(view, frozenset({"VEVENT"})), me)


def concerned(data: bytes, event_id: str, options: Options) -> People:
    """Who takes part in one occurrence, or in any of a series for its UID. Raises EventGone."""
    me = _folded(options.me)
    seen, found = _seen(data, event_id, options)
    if found.occurrence.uid == event_id:
        return people(data, me)
    return _people(seen.files[found.event.source].view, [found.event.span], me)


def _people(view: str, spans: Sequence[Span], me: Collection[str]) -> People:
    organizer = ""
    found: dict[str, Attendee] = {}
    for span in spans:
        lines = properties(view, span)
        organizer = organizer or _address(next(iter(lines.get("ORGANIZER", ())), None))
        for line in lines.get("ATTENDEE", ()):
            if not _names(line) & set(me):
                found.setdefault(_address(line) or line.value, _attendee(line))
    return People(organizer, tuple(found.values()))


def invited(data: bytes, event_id: str, options: Options) -> tuple[str, ...]:
    """The addresses of everybody invited but the leader. Raises EventGone."""
    return tuple(one.address for one in concerned(data, event_id, options).invited if one.address)


def request(data: bytes, event_id: str, recipients: Sequence[str], options: Options) -> Invitation:
    """The meeting as it is now, from its organiser: one instance where the id names one.

    The key is left to the caller. Raises EventGone.
    """
    text = decode(data)
    spans = components(text.view, frozenset({"VEVENT"}))
    _, found = _seen(data, event_id, options)
    if found.occurrence.uid != event_id:
        spans = [found.event.span]
    events = [_outgoing(text, span).text for span in spans]
    sender = people(data, ()).organizer
    content = _message(Method.REQUEST, text, events)
    return Invitation(Method.REQUEST, sender, tuple(recipients), content)


def cancel(data: bytes, recipients: Sequence[str], stamp: datetime) -> Invitation:
    """The meeting is off, from its organiser (RFC 5546 section 3.2.5)."""
    text = decode(data)
    events = [_outgoing(text, span) for span in components(text.view, frozenset({"VEVENT"}))]
    for event in events:
        event.revise(stamp, changed=False)
        event.set("STATUS", "STATUS:CANCELLED")
    content = _message(Method.CANCEL, text, [event.text for event in events])
    return Invitation(Method.CANCEL, people(data, ()).organizer, tuple(recipients), content)


def with_zones(data: bytes) -> bytes:
    """The calendar with a VTIMEZONE for every IANA zone it names (RFC 5545 section 3.2.19).

    Some programs leave them out; a server that is given such a text may refuse it.
    """
    text = decode(data)
    defined = {
        _value(properties(text.view, span).get("TZID"))
        for span in components(text.view, frozenset({"VTIMEZONE"}))
    }
    named = {name.strip('"') for name in _TZID.findall(text.view)} - defined
    known = sorted(name for name in named if name in available_timezones())
    first = _FIRST_EVENT.search(text.view)
    if not known or first is None:
        return data
    zones = "".join(Timezone.from_tzid(name).to_ical().decode() for name in known)
    zones = zones.replace("\r\n", text.newline)
    characters = text.characters
    return text.encode(characters[: first.start()] + zones + characters[first.start() :])


def counter(data: bytes, event_id: str, when: Interval, options: Options, key: str) -> Invitation:
    """Another time for somebody else's meeting (RFC 5546 section 3.2.7): its SEQUENCE stays.

    Raises EventGone, and NotPossible where the organiser could not be asked.
    """
    seen, found = _seen(data, event_id, options)
    file = seen.files[found.event.source]
    lines = properties(file.view, found.event.span)
    if found.occurrence.organizer:
        raise NotPossible(OWN_MEETING)
    if _value(lines.get("X-MICROSOFT-DISALLOW-COUNTER")).upper() == "TRUE":
        raise NotPossible(NO_PROPOSALS)
    me = _folded(options.me)
    mine = next((line for line in lines.get("ATTENDEE", ()) if _names(line) & me), None)
    chair = _address(next(iter(lines.get("ORGANIZER", ())), None))
    if mine is None or not chair:
        raise NotPossible(NOT_INVITED)
    event = _outgoing(file.text, found.event.span)
    original = found.occurrence.recurrence_id
    if found.event.recurring and isinstance(original, datetime):
        event.except_from_series(original, file.zones.resolve, seen.zone)
    event.retime(when, file.zones.resolve, seen.zone)
    event.keep_only("ATTENDEE", lambda line: bool(_names(line) & me))
    content = _message(Method.COUNTER, file.text, [event.text])
    return Invitation(Method.COUNTER, _address(mine), (chair,), content, key)


# -- reading ------------------------------------------------------------------------------------


def _seen(data: bytes, event_id: str, options: Options) -> tuple[Survey, Found]:
    """The occurrence with the text that describes it. Raises EventGone and what reading does."""
    known = options.find([data], event_id)
    if known is None:
        raise EventGone
    lens = Lens.of(options.me, options.organisation, options.categories, options.locked_categories)
    window = _window(known)
    seen = survey([data], window=window, lens=lens, zone=options.zone, limits=options.limits)
    found = next((one for one in seen.found if one.occurrence.id == known.id), None)
    if found is None:
        raise EventGone
    return seen, found


def _window(known: Occurrence) -> Interval:
    if known.all_day:
        raise NotPossible(WHOLE_DAY)
    return Interval(known.span.start, known.span.end + _MOMENT)


def _attendee(line: Line) -> Attendee:
    return Attendee(
        address=_address(line),
        agent=line.param("SCHEDULE-AGENT").upper() or "SERVER",
        status=line.param("SCHEDULE-STATUS"),
    )


def _names(line: Line) -> set[str]:
    return {plain_address(one) for one in (line.value, line.param("EMAIL")) if one.strip()}


def _address(line: Line | None) -> str:
    if line is None:
        return ""
    known = (plain_address(one) for one in (line.param("EMAIL"), line.value))
    return next((one for one in known if "@" in one), "")


def _folded(me: Collection[str]) -> frozenset[str]:
    return frozenset(plain_address(one) for one in me)


def _value(lines: Sequence[Line] | None) -> str:
    return lines[0].value.strip() if lines else ""


# -- writing ------------------------------------------------------------------------------------


def _outgoing(text: Text, span: Span) -> Component:
    """An event without what is the sender's alone: alarms, marks and how it shows."""
    component = Component(text.characters[span.start : span.end], text.newline)
    component.drop_inner()
    component.drop(_PRIVATE)
    return component


def _message(method: Method, text: Text, events: Sequence[str]) -> bytes:
    """A calendar with these events and the time zones that came with them."""
    spans = components(text.view, frozenset({"VTIMEZONE"}))
    zones = [text.characters[span.start : span.end] for span in spans]
    head = ["BEGIN:VCALENDAR", "VERSION:2.0", f"PRODID:{PRODID}", f"METHOD:{method}"]
    parts = [part.strip("\r\n") for part in (*head, *zones, *events, "END:VCALENDAR", "")]
    return text.encode("\r\n".join(parts))
