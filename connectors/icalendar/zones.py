"""What a TZID means: an IANA zone where that can be told, else the file's own definition.

Order of trust: an IANA name (also behind a vendor's prefix), the VTIMEZONE of that name, a Windows
name, a display name of Outlook, a bare offset. An IANA name comes first even when a VTIMEZONE
contradicts it, because real contradictions are exporters' faults and people meant the place.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from connectors.icalendar.lines import Line
from connectors.icalendar.recurrence import BadRule, Budget, Exhausted, expand, parse_rule

_IANA = re.compile(r"[A-Za-z][A-Za-z0-9_+-]*(?:/[A-Za-z0-9_+-]+){0,2}")
_OFFSET = re.compile(r"(?:UTC|GMT|Etc/GMT)?\s*([+-])(\d{1,2}):?(\d{2})?", re.I)
_DISPLAY = re.compile(r"\((?:UTC|GMT)\s*([+-]\d{1,2}:\d{2})?\)\s*(.*)", re.I)
_UTC_OFFSET = re.compile(r"([+-])(\d{2})(\d{2})(\d{2})?")
_UTC_NAMES = frozenset({"utc", "gmt", "z", "zulu", "etc/utc", "tzone://microsoft/utc"})
_LONGEST_NAME = 500
_FIRST_YEAR, _LAST_YEAR = 1900, 2100

_DISPLAY_NAMES = {
    "alaska": "America/Anchorage",
    "arizona": "America/Phoenix",
    "atlantic time": "America/Halifax",
    "cape verde is.": "Atlantic/Cape_Verde",
    "caucasus standard time": "Asia/Yerevan",
    "central america": "America/Guatemala",
    "central time": "America/Chicago",
    "coordinated universal time": "Etc/UTC",
    "e. europe": "Europe/Chisinau",
    "eastern time": "America/New_York",
    "ekaterinburg": "Asia/Yekaterinburg",
    "greenland": "America/Nuuk",
    "hawaii": "Pacific/Honolulu",
    "indiana": "America/Indiana/Indianapolis",
    "international date line west": "Etc/GMT+12",
    "kyiv": "Europe/Kyiv",
    "mid-atlantic - old": "Etc/GMT+2",
    "mountain time": "America/Denver",
    "newfoundland": "America/St_Johns",
    "pacific time": "America/Los_Angeles",
    "saskatchewan": "America/Regina",
    "solomon is.": "Pacific/Guadalcanal",
    "sri jayawardenepura": "Asia/Colombo",
    "west central africa": "Africa/Lagos",
}
"""Outlook's display names that name no city of the IANA database."""


class ObservedZone(tzinfo):
    """A zone made of the onsets in a VTIMEZONE (RFC 5545 section 3.6.5).

    A local time that occurs twice is the first, one that never occurs is read with the offset
    before the gap (section 3.3.5), and the first TZOFFSETFROM holds before the first onset.
    """

    def __init__(self, name: str, onsets: Sequence["Onset"]) -> None:
        ordered = sorted(onsets, key=lambda onset: onset.instant)
        self.name = name
        self.offsets = [ordered[0].before, *(onset.after for onset in ordered)]
        self.instants = [onset.instant for onset in ordered]
        self.walls = [_latest_wall(onset) for onset in ordered]

    def utcoffset(self, moment: datetime | None) -> timedelta:
        """The offset at a local time."""
        if moment is None:
            return self.offsets[0]
        return self.offsets[bisect_right(self.walls, moment.replace(tzinfo=None))]

    def fromutc(self, moment: datetime) -> datetime:
        """The local time at an instant."""
        return moment + self.offsets[bisect_right(self.instants, moment.replace(tzinfo=None))]

    def dst(self, moment: datetime | None) -> timedelta | None:
        """Unknown: a VTIMEZONE tells offsets, not how much of them is summer time."""
        return None

    def tzname(self, moment: datetime | None) -> str:
        """The TZID."""
        return self.name


@dataclass(frozen=True, slots=True)
class Onset:
    """The instant (naive UTC) at which one offset gives way to another."""

    instant: datetime
    before: timedelta
    after: timedelta


class Zones:
    """Resolves the TZIDs of one file, and remembers which of them nobody knows."""

    def __init__(self, definitions: Iterable[Sequence[Sequence[Line]]] = ()) -> None:
        self._budget = Budget(total=500_000, per_series=20_000)
        self._defined: dict[str, Sequence[Sequence[Line]]] = {}
        for definition in definitions:
            for line in definition[0]:
                if line.name == "TZID":
                    self._defined.setdefault(_tidy(line.value), definition)
        self._cache: dict[str, tzinfo | None] = {}
        self.unknown: set[str] = set()

    def resolve(self, tzid: str) -> tzinfo | None:
        """The zone of a TZID, or None (and noted in `unknown`) where nothing tells."""
        if tzid not in self._cache:
            self._cache[tzid] = self._find(_tidy(tzid))
            if self._cache[tzid] is None:
                self.unknown.add(tzid)
        return self._cache[tzid]

    def named(self, tzid: str) -> ZoneInfo | None:
        """The IANA zone that a TZID stands for, also where the file defines it otherwise."""
        name = _tidy(tzid)[:_LONGEST_NAME]
        zone = _iana(name) or _windows(name) or _displayed(name)
        return zone if isinstance(zone, ZoneInfo) else None

    def _find(self, name: str) -> tzinfo | None:
        if len(name) > _LONGEST_NAME:
            return None
        known: tzinfo | None = _iana(name)
        if known is None and name in self._defined:
            known = self._observed(name)
        return known or _windows(name) or _displayed(name) or _fixed(name) or _city(name)

    def _observed(self, name: str) -> tzinfo | None:
        """The file's own zone, None where it is broken or costs more than a real one can."""
        try:
            return observed(name, self._defined[name], self._budget)
        except (BadRule, Exhausted, OverflowError):
            return None


def observed(
    name: str, definition: Sequence[Sequence[Line]], budget: Budget
) -> ObservedZone | None:
    """The zone that a VTIMEZONE describes, None where it describes nothing that can be used.

    `definition` is the lines of the VTIMEZONE itself, then those of each observance. Raises
    BadRule and Exhausted.
    """
    onsets: list[Onset] = []
    for observance in definition[1:]:
        onsets.extend(_onsets(observance, budget))
    return ObservedZone(name, onsets) if onsets else None


def _onsets(observance: Sequence[Line], budget: Budget) -> list[Onset]:
    lines: dict[str, Line] = {}
    for line in observance:
        lines.setdefault(line.name, line)
    after = _offset(lines.get("TZOFFSETTO"))
    before = _offset(lines.get("TZOFFSETFROM"))
    start = _wall(lines["DTSTART"].value) if "DTSTART" in lines else None
    if after is None or before is None or start is None:
        return []
    walls = {start}
    for line in observance:
        if line.name == "RDATE":
            walls.update(w for one in line.value.split(",") if (w := _wall(one)) is not None)
        elif line.name == "RRULE":
            walls.update(_repeats(line.value, start, before, budget))
    return [Onset(w - before, before, after) for w in walls if _safe(w)]


def _repeats(text: str, start: datetime, before: timedelta, budget: Budget) -> list[datetime]:
    rule = parse_rule(text)
    last = datetime(_LAST_YEAR, 1, 1)
    if isinstance(rule.until, datetime):
        # UNTIL is in UTC here while onsets are in local time before the change.
        last = min(last, rule.until.replace(tzinfo=None) + before)
    elif rule.until is not None:
        last = min(last, datetime.combine(rule.until, datetime.max.time()))
    budget.next_series()
    first = max(start, datetime(_FIRST_YEAR, 1, 1))
    return list(expand(rule, start, first, last, budget, lambda _: True))


def _safe(wall: datetime) -> bool:
    return datetime.min + timedelta(days=2) < wall < datetime.max - timedelta(days=2)


def _latest_wall(onset: Onset) -> datetime:
    return onset.instant + max(onset.before, onset.after)


def _offset(line: Line | None) -> timedelta | None:
    match = _UTC_OFFSET.fullmatch(line.value.strip()) if line else None
    if match is None:
        return None
    size = timedelta(hours=int(match[2]), minutes=int(match[3]), seconds=int(match[4] or 0))
    if size >= timedelta(hours=24):
        return None
    return -size if match[1] == "-" else size


def _wall(text: str) -> datetime | None:
    try:
        return datetime.strptime(text.strip().rstrip("Z")[:15], "%Y%m%dT%H%M%S")
    except ValueError:
        return None


def _tidy(name: str) -> str:
    return " ".join(name.replace("\\", "").strip().strip('"').split())


def _iana(name: str) -> ZoneInfo | None:
    """An IANA zone, also behind a prefix such as `/vendor.example/20050126_1/Europe/London`."""
    if name.lower() in _UTC_NAMES:
        return ZoneInfo("UTC")
    parts = name.split("/")
    tails = [name] if len(parts) < 3 else [name, "/".join(parts[-3:]), "/".join(parts[-2:])]
    for tail in tails:
        if _IANA.fullmatch(tail) and (found := _zone_names().get(tail.lower())):
            return ZoneInfo(found)
    return None


def _windows(name: str) -> ZoneInfo | None:
    """A Windows name; Exchange numbers a second definition of one zone ("... Time 1")."""
    found = _windows_names().get(re.sub(r" \d+$", "", name).lower())
    return ZoneInfo(found) if found else None


def _displayed(name: str) -> tzinfo | None:
    """What Outlook shows people, such as `(UTC+00:00) Dublin, Edinburgh, Lisbon, London`."""
    match = _DISPLAY.fullmatch(name)
    if match is None:
        return None
    offset = _fixed(match[1] or "+00:00")
    for place in re.split(r",\s*|\s*\(|\s+-\s+", match[2].lower()):
        known = _DISPLAY_NAMES.get(place.strip(" )")) or _cities().get(place.strip(" )"))
        if known and _has_offset(ZoneInfo(known), offset):
            return ZoneInfo(known)
    return offset


def _city(name: str) -> ZoneInfo | None:
    """The zone of a city that stands alone, as in `TZID=Zurich`."""
    found = _cities().get(name.lower())
    return ZoneInfo(found) if found else None


def _has_offset(zone: tzinfo, offset: tzinfo | None) -> bool:
    """Whether the zone has that offset in winter or summer of an ordinary year."""
    days = (datetime(2024, 1, 15), datetime(2024, 7, 15))
    wanted = offset.utcoffset(days[0]) if offset else None
    return any(zone.utcoffset(day.replace(tzinfo=zone)) == wanted for day in days)


def _fixed(name: str) -> tzinfo | None:
    match = _OFFSET.fullmatch(name)
    if match is None:
        return None
    size = timedelta(hours=int(match[2]), minutes=int(match[3] or 0))
    if size == timedelta(0):
        return UTC
    return timezone(-size if match[1] == "-" else size) if size < timedelta(hours=24) else None


@cache
def _zone_names() -> Mapping[str, str]:
    return {name.lower(): name for name in available_timezones()}


@cache
def _windows_names() -> Mapping[str, str]:
    return {windows.lower(): iana for windows, iana in WINDOWS_TO_OLSON.items()}


@cache
def _cities() -> Mapping[str, str]:
    names = sorted(name for name in available_timezones() if "/" in name)
    return {name.rsplit("/", 1)[1].replace("_", " ").lower(): name for name in names}
