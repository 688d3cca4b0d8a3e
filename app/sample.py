"""A diary to try Clearway with: one leader's coming week, made up from beginning to end.

It is calendar text, so that it takes the same way as a file that somebody brings.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from rules.working_pattern import local_date, monday

LEADER = "sam.okafor@trust.example"
ZONE = ZoneInfo("Europe/London")
NAME = "sample.ics"

_TEAM = ("ines.moreau", "tom.reid", "priya.nair", "joan.clarke", "lev.aronson", "mei.tan")
_BOARD = ("ada.bello", "hugh.morgan", "ruth.levy", "omar.haddad")
_PARTNER = "kim.larsen@supplier.example"
_MON, _TUE, _WED, _THU, _FRI = range(5)


@dataclass(frozen=True, slots=True)
class _Entry:
    """One event: the days after Monday, local times, title, how many are invited."""

    day: int
    start: str
    end: str
    title: str
    people: int = 0
    mine: bool = False
    more: tuple[str, ...] = ()


def _mine(day: int, start: str, end: str, title: str, people: int, *more: str) -> _Entry:
    return _Entry(day, start, end, title, people, mine=True, more=more)


_DAILY = "RRULE:FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR"
_WEEKLY = "RRULE:FREQ=WEEKLY"
_WEEK = (
    _Entry(_MON, "09:00", "09:15", "Site huddle", 5, more=(_DAILY,)),
    _mine(_MON, "09:15", "10:15", "Service planning", 3),
    _Entry(_MON, "10:15", "11:15", "Quality committee", 4),
    _mine(_MON, "11:45", "12:15", "Rota review", 2),
    _Entry(_MON, "12:15", "13:15", "Lunchtime briefing", 6),
    _mine(_MON, "13:15", "13:45", "Catch-up with Priya", 1),
    _Entry(_MON, "14:15", "15:15", "Finance meeting", 3),
    _mine(_MON, "15:45", "16:15", "Estates working group", 4),
    _Entry(_TUE, "09:30", "12:30", "Outpatient clinic", 2, more=("CATEGORIES:clinical",)),
    _mine(_TUE, "12:30", "13:30", "Lunch and learn", 2),
    _Entry(_TUE, "13:30", "14:30", "Patient safety panel", 4),
    _mine(_TUE, "15:20", "15:50", "Digital steering group", 3),
    _mine(_WED, "09:45", "10:15", "Catch-up with Tom", 1),
    _mine(_WED, "11:00", "11:30", "Complaints review", 2),
    _mine(_WED, "12:15", "13:15", "Team meeting", 6, _WEEKLY),
    _Entry(_WED, "14:00", "15:00", "System partners call", 3),
    _mine(_WED, "15:30", "16:00", "Research update", 2),
    _mine(_WED, "16:30", "17:00", "Catch-up with Joan", 1),
    _mine(_THU, "09:15", "10:00", "Interview panel briefing", 2),
    _Entry(_THU, "10:00", "12:00", "Interviews", 3),
    _mine(_THU, "12:00", "13:00", "Supplier review", 2, f"ATTENDEE:mailto:{_PARTNER}"),
    _Entry(_THU, "13:00", "14:00", "Infection control group", 4),
    _mine(_THU, "15:00", "15:30", "Winter plan", 3),
    _mine(_THU, "16:30", "17:00", "Bed planning", 2),
    _mine(_FRI, "09:30", "10:30", "Performance review", 4),
    _Entry(_FRI, "10:30", "11:30", "Executive meeting", 4),
    _mine(_FRI, "11:30", "12:15", "Catch-up with Ines", 1),
    _Entry(_FRI, "13:00", "14:00", "Clinical audit", 3),
    _Entry(_FRI, "15:00", "16:00", "School play", mine=True, more=("CLASS:PRIVATE",)),
)


def week(now: datetime) -> tuple[date, date]:
    """The Monday after `now` where the leader is, and the Monday after that."""
    first = monday(local_date(now, ZONE)) + timedelta(days=7)
    return first, first + timedelta(days=7)


def calendar(now: datetime) -> str:
    """The sample diary as iCalendar text, for the week that follows `now`."""
    first, _ = week(now)
    stamp = now.astimezone(UTC).strftime("%Y%m%dT000000Z")
    events = (
        line
        for number, entry in enumerate(_WEEK, start=1)
        for line in _event(number, entry, first, stamp)
    )
    return "\r\n".join([*_HEAD, *events, "END:VCALENDAR", ""])


_HEAD = (
    "BEGIN:VCALENDAR",
    "VERSION:2.0",
    "PRODID:-//Clearway//Sample diary//EN",
    "X-WR-TIMEZONE:Europe/London",
    "BEGIN:VTIMEZONE",
    "TZID:Europe/London",
    "BEGIN:STANDARD",
    "DTSTART:19961027T020000",
    "RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU",
    "TZNAME:GMT",
    "TZOFFSETFROM:+0100",
    "TZOFFSETTO:+0000",
    "END:STANDARD",
    "BEGIN:DAYLIGHT",
    "DTSTART:19810329T010000",
    "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU",
    "TZNAME:BST",
    "TZOFFSETFROM:+0000",
    "TZOFFSETTO:+0100",
    "END:DAYLIGHT",
    "END:VTIMEZONE",
)


def _event(number: int, entry: _Entry, first: date, stamp: str) -> Iterator[str]:
    yield "BEGIN:VEVENT"
    yield f"UID:sample-{number}@trust.example"
    yield f"DTSTAMP:{stamp}"
    yield f"DTSTART;TZID=Europe/London:{_moment(first, entry.day, entry.start)}"
    yield f"DTEND;TZID=Europe/London:{_moment(first, entry.day, entry.end)}"
    yield f"SUMMARY:{entry.title}"
    yield from entry.more
    yield from _people(entry)
    yield "END:VEVENT"


def _moment(first: date, day: int, clock: str) -> str:
    moment = datetime.combine(first + timedelta(days=day), time.fromisoformat(clock))
    return moment.strftime("%Y%m%dT%H%M%S")


def _people(entry: _Entry) -> Iterator[str]:
    if not entry.people:
        return
    names = _TEAM if entry.mine else (*_BOARD, *_TEAM)
    organizer = LEADER if entry.mine else f"{_BOARD[0]}@trust.example"
    yield f"ORGANIZER:mailto:{organizer}"
    yield f"ATTENDEE;PARTSTAT=ACCEPTED:mailto:{LEADER}"
    for name in names[: entry.people]:
        yield f"ATTENDEE:mailto:{name}@trust.example"
