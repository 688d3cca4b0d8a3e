"""Calendar files in, occurrences of a window out. Pure: no file, no clock, no network.

`recurring-ical-events` is not used. It needs every component parsed first (this reads a month of
2,000 events in a fifth of that time), cannot be stopped inside a hostile rule, moves UTC times by
X-WR-TIMEZONE, and loses the original start of instances after a THISANDFUTURE override.
icalendar gives the grammar of rules and durations and the Windows zone names.
"""

import re
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from types import MappingProxyType
from zoneinfo import ZoneInfo

from connectors import mark
from connectors.base import Reading
from connectors.errors import TooLarge, Unreadable
from connectors.icalendar.component import Broken, Event, parse_event
from connectors.icalendar.lines import (
    Line,
    Span,
    Text,
    components,
    count_components,
    decode,
    ends_early,
    own_lines,
    parse_line,
    unescape,
)
from connectors.icalendar.peek import Peek
from connectors.icalendar.recurrence import Budget
from connectors.icalendar.series import Found, Shortfalls, View, occurrences
from connectors.icalendar.values import to_utc
from connectors.icalendar.zones import Zones
from connectors.lens import Lens
from rules.event import Kind, Occurrence
from rules.interval import Interval
from rules.language import text

DEFAULT_ZONE = "Europe/London"
NO_CATEGORIES: Mapping[str, Kind] = MappingProxyType({})
_CALENDAR = re.compile(r"^BEGIN[ \t]*:[ \t]*VCALENDAR", re.I | re.M)
_ZONED_START = re.compile(r"^DTSTART;.*TZID.*", re.I | re.M)
_UNCOUNTED = re.compile(rf"^(?:RECURRENCE-ID|{mark.KIND})\b", re.I | re.M)
_INSIDE = frozenset({"VEVENT", "VTIMEZONE", "VTODO", "VJOURNAL", "VFREEBUSY"})


@dataclass(frozen=True, slots=True)
class Limits:
    """The largest input that is read, over all files together, before anything is parsed."""

    max_bytes: int = 5_000_000
    max_components: int = 20_000


DEFAULT_LIMITS = Limits()


@dataclass(slots=True)
class File:
    """One calendar file on its way through."""

    index: int
    name: str
    text: Text
    view: str = ""
    spans: list[Span] = field(default_factory=list)
    zones: Zones = field(default_factory=Zones)
    stray: int = 0
    unread_dates: int = 0
    broken: int = 0


@dataclass(frozen=True, slots=True)
class Opened:
    """Calendar files in which every event has been found and none read; to be read once."""

    files: Sequence[File]
    zone: ZoneInfo


@dataclass(frozen=True, slots=True)
class Survey:
    """Everything that one look at the files gave: for writing, which needs places too."""

    files: Sequence[File]
    zone: ZoneInfo
    found: Sequence[Found]
    shortfalls: Shortfalls


def read(
    files: Sequence[bytes],
    *,
    window: Interval,
    me: Collection[str] = (),
    zone: ZoneInfo | None = None,
    organisation: Collection[str] = (),
    categories: Mapping[str, Kind] = NO_CATEGORIES,
    locked_categories: Collection[str] = (),
    limits: Limits = DEFAULT_LIMITS,
    names: Sequence[str] = (),
) -> Reading:
    """The occurrences of one diary, kept in several files, that overlap the window.

    `me` are the leader's addresses and `organisation` the domains that count as inside. `zone` is
    the diary's zone: floating times and dates are read in it; where None, the files tell. `names`
    are what messages call the files. The same event in two files counts once.

    Raises Unreadable when a file is no calendar or none of its events can be read, and TooLarge.
    """
    lens = Lens.of(me, organisation, categories, locked_categories)
    return read_opened(open_files(files, zone=zone, limits=limits, names=names), window, lens)


def read_opened(opened: Opened, window: Interval, lens: Lens) -> Reading:
    """What `read` gives of files that are open already. Raises Unreadable."""
    seen = _survey(opened, window, lens)
    found = sorted((one.occurrence for one in seen.found), key=lambda one: _order(one, seen.zone))
    left_out = sum(one.broken + one.stray for one in seen.files)
    return Reading(tuple(found), seen.zone, _warnings(seen, left_out), left_out)


def survey(
    files: Sequence[bytes],
    *,
    window: Interval,
    lens: Lens,
    zone: ZoneInfo | None,
    limits: Limits,
    names: Sequence[str] = (),
) -> Survey:
    """What `read` sees, with the place of each event in its file. Raises as `read` does."""
    return _survey(open_files(files, zone=zone, limits=limits, names=names), window, lens)


def open_files(
    files: Sequence[bytes],
    *,
    zone: ZoneInfo | None = None,
    limits: Limits = DEFAULT_LIMITS,
    names: Sequence[str] = (),
) -> Opened:
    """The files with the diary's zone, which they tell where it is None.

    Raises Unreadable when a file is no calendar, and TooLarge.
    """
    _check_bytes(files, limits)
    opened = [_open(i, data, _name(i, len(files), names)) for i, data in enumerate(files)]
    _check_components(opened, limits)
    for one in opened:
        _scan(one)
    return Opened(opened, zone or _diary_zone(opened))


def _survey(opened: Opened, window: Interval, lens: Lens) -> Survey:
    files, zone = opened.files, opened.zone
    series: dict[str, list[Event]] = defaultdict(list)
    peek = Peek(((one.view, one.spans) for one in files), window)
    for one in files:
        for event in _events(one, zone, lens, peek):
            series[event.uid].append(event)
    view = View(window, zone, Budget())
    found = [each for events in series.values() for each in occurrences(events, view)]
    return Survey(files, zone, _told_apart(found, files), view.shortfalls)


def _told_apart(found: Sequence[Found], opened: Sequence[File]) -> list[Found]:
    """One occurrence for each identifier; another event that takes its form is left out.

    A UID may look like that of a member of somebody else's series: `UID/20261123T090000Z`.
    """
    known: dict[str, Found] = {}
    for each in sorted(found, key=lambda one: one.occurrence.recurrence_id is None):
        if known.setdefault(each.occurrence.id, each) is not each:
            opened[each.event.source].broken += 1
    return list(known.values())


# -- before anything is parsed ------------------------------------------------------------------


def _check_bytes(files: Sequence[bytes], limits: Limits) -> None:
    if not files:
        raise Unreadable(text("No calendar was given."))
    size = sum(len(data) for data in files)
    if size > limits.max_bytes:
        raise TooLarge(
            text(
                "The calendar has %(size)s bytes; at most %(max_bytes)s are read.",
                size=f"{size:,}",
                max_bytes=f"{limits.max_bytes:,}",
            )
        )


def _check_components(opened: Sequence[File], limits: Limits) -> None:
    count = sum(count_components(one.view) for one in opened)
    if count > limits.max_components:
        most = limits.max_components
        raise TooLarge(
            text(
                "The calendar has %(count)s components; at most %(most)s are read.",
                count=f"{count:,}",
                most=f"{most:,}",
            )
        )


def _name(index: int, count: int, names: Sequence[str]) -> str:
    if index < len(names):
        return names[index]
    return "The file" if count == 1 else f"File {index + 1}"


def _open(index: int, data: bytes, name: str) -> File:
    if not data.strip(b" \t\r\n\0\xef\xbb\xbf\xff\xfe"):
        raise Unreadable(text("%(name)s is empty.", name=name))
    try:
        content = decode(data)
    except UnicodeDecodeError as error:
        raise Unreadable(
            text("%(name)s is not a calendar: its characters cannot be read.", name=name)
        ) from error
    return File(index, name, content, content.view)


def _scan(one: File) -> None:
    """Find the components. Raises Unreadable for what is no calendar."""
    spans = components(one.view, _INSIDE)
    events = [span for span in spans if span.name == "VEVENT"]
    one.spans = [span for span in events if not span.stray]
    one.stray = len(events) - len(one.spans)
    if not events and "BEGIN:VCALENDAR" not in one.view.upper():
        page = "<html" in one.view[:2000].lower()
        what = "a web page" if page else "something else"
        raise Unreadable(
            text("%(name)s is not a calendar: it is %(what)s.", name=one.name, what=what)
        )
    one.zones = Zones(_definition(one.view, span) for span in spans if span.name == "VTIMEZONE")


def _definition(view: str, span: Span) -> list[list[Line]]:
    """The lines of a VTIMEZONE, then those of each observance in it."""
    inner = components(view[span.start : span.end], frozenset({"STANDARD", "DAYLIGHT"}))
    text = view[span.start : span.end]
    parts = [list(own_lines(view, span)), *(list(own_lines(text, part)) for part in inner)]
    return [[line for raw in part if (line := parse_line(raw)) is not None] for part in parts]


# -- the calendar's own properties --------------------------------------------------------------


def _calendar_lines(view: str, name: str, spans: Sequence[Span]) -> Iterator[tuple[int, str]]:
    """Place and value of a property that stands outside every event."""
    inside = sorted((span.start, span.end) for span in spans)
    for match in re.finditer(rf"^{name}[ \t]*[;:].*", view, re.I | re.M):
        before = bisect_right(inside, (match.start(), len(view))) - 1
        line = parse_line(match.group())
        if line is not None and (before < 0 or inside[before][1] <= match.start()):
            yield match.start(), unescape(line.value)


def _diary_zone(opened: Sequence[File]) -> ZoneInfo:
    """X-WR-TIMEZONE, else the zone that most events start in, else London."""
    for one in opened:
        for _, value in _calendar_lines(one.view, "X-WR-TIMEZONE", one.spans):
            zone = one.zones.named(value)
            if zone is not None:
                return zone
    used: Counter[ZoneInfo] = Counter()
    for one in opened:
        for tzid, count in _start_zones(one).items():
            zone = one.zones.named(tzid)
            if zone is not None:
                used[zone] += count
    return used.most_common(1)[0][0] if used else ZoneInfo(DEFAULT_ZONE)


def _start_zones(one: File) -> Counter[str]:
    """How many events start in each zone.

    Exceptions and Clearway's holds do not count: what Clearway writes must not tip the balance,
    or floating times would move with it.
    """
    counts: Counter[str] = Counter()
    for span in one.spans:
        text = one.view[span.start : span.end]
        start = _ZONED_START.search(text)
        if start is not None and not _UNCOUNTED.search(text):
            line = parse_line(start.group())
            counts[line.param("TZID") if line else ""] += 1
    return counts


def _methods(one: File) -> list[tuple[int, str]]:
    """Where each calendar of the file begins, in order, with its METHOD."""
    begins = [match.start() for match in _CALENDAR.finditer(one.view)] or [0]
    found = dict.fromkeys(begins, "")
    for place, value in _calendar_lines(one.view, "METHOD", one.spans):
        begin = begins[max(0, bisect_right(begins, place) - 1)]
        found[begin] = found[begin] or value.upper()
    return sorted(found.items())


# -- events -------------------------------------------------------------------------------------


def _events(one: File, zone: ZoneInfo, lens: Lens, peek: Peek) -> Iterator[Event]:
    """The events of a file that can be read. Raises Unreadable when none of several can."""
    methods = _methods(one)
    begins = [begin for begin, _ in methods]
    reason = ""
    for span in one.spans:
        if span.closed and not peek.may_matter(one.view[span.start : span.end]):
            continue
        method = methods[max(0, bisect_right(begins, span.start) - 1)][1]
        try:
            yield _event(one, span, zone, lens, method)
        except Broken as error:
            one.broken += 1
            reason = str(error)
    if one.spans and one.broken == len(one.spans):
        many = f"all {one.broken:,} events in it are broken; the last one"
        which = "its only event" if one.broken == 1 else many
        raise Unreadable(
            text(
                "%(name)s cannot be read: %(which)s %(reason)s.",
                name=one.name,
                which=which,
                reason=reason,
            )
        )


def _event(one: File, span: Span, zone: ZoneInfo, lens: Lens, method: str) -> Event:
    if not span.closed:
        raise Broken(text("is cut off"))
    zones, source = one.zones, one.index
    event = parse_event(
        one.view, span, source=source, zones=zones, floating=zone, lens=lens, method=method
    )
    one.unread_dates += event.unread_dates
    return event


def _order(one: Occurrence, zone: ZoneInfo) -> tuple[datetime, datetime, str]:
    return _instant(one.start, zone), _instant(one.end, zone), one.id


def _instant(moment: datetime | date, zone: ZoneInfo) -> datetime:
    if isinstance(moment, datetime):
        return moment
    return to_utc(datetime.combine(moment, time.min), zone)


# -- warnings -----------------------------------------------------------------------------------


def _warnings(seen: Survey, left_out: int) -> tuple[str, ...]:
    opened = seen.files
    sentences = [f"{one.name} holds no events." for one in opened if not one.spans]
    sentences += [
        f"{one.name} ends early, so events may be missing."
        for one in opened
        if ends_early(one.view)
    ]
    stray = sum(one.stray for one in opened)
    left_out -= stray
    unknown = len({tzid for one in opened for tzid in one.zones.unknown})
    short, bad = seen.shortfalls.cut_short, seen.shortfalls.bad_rules
    if stray:
        where = "outside every calendar in its file"
        sentences.append(f"{_count(stray, 'event')} {_is(stray)} {where} and left out.")
    if left_out:
        sentences.append(
            f"{_count(left_out, 'event')} could not be read and {_is(left_out)} left out."
        )
    unread = sum(one.unread_dates for one in opened)
    if unread:
        sentences.append(
            f"{_count(unread, 'date')} of a series cannot be read and {_is(unread)} ignored."
        )
    if unknown:
        sentences.append(
            f"{_count(unknown, 'time zone')} {_is(unknown)} not known; those times are read in the diary's zone."
        )
    if bad:
        sentences.append(
            f"{_count(bad, 'repeat rule')} cannot be read; only the dates written out are shown."
        )
    if short:
        sentences.append(
            f"{_count(short, 'series')} {_is(short)} not shown whole: too many repeats."
        )
    return tuple(sentences)


def _count(number: int, noun: str) -> str:
    plural = noun if noun.endswith("s") or number == 1 else f"{noun}s"
    return f"{number:,} {plural}"


def _is(number: int) -> str:
    return "is" if number == 1 else "are"
