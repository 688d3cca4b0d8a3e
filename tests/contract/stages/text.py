"""Planted events as iCalendar text, written by hand: what another program would have written."""

from datetime import UTC, date, datetime, timedelta

from rules.event import ShowAs
from tests.contract.stage import ME, SECRET, Planted

_BUSY = {
    ShowAs.FREE: "FREE",
    ShowAs.TENTATIVE: "TENTATIVE",
    ShowAs.BUSY: "BUSY",
    ShowAs.OOF: "OOF",
    ShowAs.WORKING_ELSEWHERE: "WORKINGELSEWHERE",
}


def vevents(uid: str, event: Planted) -> str:
    """The master and its exceptions, or the one event, each line ended by CRLF."""
    components = [_vevent(uid, event, event.start, event.end, _repeats(event))]
    for number, shift in event.moved.items():
        step = timedelta(days=event.every * number)
        original = _time("RECURRENCE-ID", event.start + step)
        start, end = event.start + step + shift, event.end + step + shift
        components.append(_vevent(uid, event, start, end, [original]))
    return "".join(components)


def vtimezone() -> str:
    """London as every recent file describes it."""
    lines = (
        *("BEGIN:VTIMEZONE", "TZID:Europe/London"),
        *("BEGIN:DAYLIGHT", "DTSTART:19810329T010000", "TZOFFSETFROM:+0000", "TZOFFSETTO:+0100"),
        *("RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU", "END:DAYLIGHT"),
        *("BEGIN:STANDARD", "DTSTART:19961027T020000", "TZOFFSETFROM:+0100", "TZOFFSETTO:+0000"),
        *("RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU", "END:STANDARD", "END:VTIMEZONE"),
    )
    return "".join(f"{line}\r\n" for line in lines)


def calendar(*components: str) -> bytes:
    """A whole file."""
    head = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Somebody else//EN\r\n"
    return (head + vtimezone() + "".join(components) + "END:VCALENDAR\r\n").encode()


def _vevent(
    uid: str, event: Planted, start: datetime | date, end: datetime | date, more: list[str]
) -> str:
    lines = [
        "BEGIN:VEVENT",
        f"UID:{uid}",
        "DTSTAMP:20261101T000000Z",
        _time("DTSTART", start),
        _time("DTEND", end),
        f"SUMMARY:{SECRET}",
        f"X-MICROSOFT-CDO-BUSYSTATUS:{_BUSY[event.show_as]}",
        "TRANSP:TRANSPARENT" if event.show_as is ShowAs.FREE else "TRANSP:OPAQUE",
        *more,
        *_people(event),
    ]
    if event.private:
        lines.append("CLASS:PRIVATE")
    if event.cancelled:
        lines.append("STATUS:CANCELLED")
    if event.kind:
        lines.append(f"X-CLEARWAY-KIND:{event.kind.value}")
    if event.firm:
        lines.append("X-CLEARWAY-FIRM:TRUE")
    return "".join(f"{line}\r\n" for line in [*lines, "END:VEVENT"])


def _people(event: Planted) -> list[str]:
    if event.organizer == ME and not event.people and not event.rooms:
        return []
    lines = [f"ORGANIZER:mailto:{event.organizer}"]
    if event.organizer != ME:
        lines.append(f"ATTENDEE;PARTSTAT={event.answer.upper()}:mailto:{ME}")
    lines += [f"ATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:{each}" for each in event.people]
    return lines + [f"ATTENDEE;CUTYPE=ROOM;PARTSTAT=ACCEPTED:mailto:{each}" for each in event.rooms]


def _repeats(event: Planted) -> list[str]:
    if not event.every:
        return []
    lines = [f"RRULE:FREQ=DAILY;INTERVAL={event.every};COUNT={event.members}"]
    for number in sorted(event.dropped):
        lines.append(_time("EXDATE", event.start + timedelta(days=event.every * number)))
    return lines


def _time(name: str, moment: datetime | date) -> str:
    if not isinstance(moment, datetime):
        return f"{name};VALUE=DATE:{moment:%Y%m%d}"
    if moment.tzinfo is UTC:
        return f"{name}:{moment:%Y%m%dT%H%M%SZ}"
    return f"{name};TZID={moment.tzinfo}:{moment:%Y%m%dT%H%M%S}"
