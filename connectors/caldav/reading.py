"""Calendar objects as a server gives them, made into one reading."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from zoneinfo import ZoneInfo

from connectors.base import Reading
from connectors.caldav.account import Resource
from connectors.errors import TooLarge, Unreadable
from connectors.icalendar import DEFAULT_ZONE, Options
from connectors.icalendar.lines import unescape
from connectors.icalendar.zones import Zones
from rules.interval import Interval

_UID = re.compile(rb"^UID[^:\r\n]*:(.*(?:\r\n[ \t].*)*)", re.I | re.M)
_FOLD = re.compile(r"\r\n[ \t]")
_STAMPS = re.compile(r"(?:DTSTAMP|LAST-MODIFIED|CREATED|PRODID)[;:]", re.I)
_TZID = re.compile(r"^TZID[^:\r\n]*:(.*)", re.I | re.M)


def uid_of(data: bytes) -> str:
    """The UID of a calendar object: all its events have the same (RFC 4791 section 4.1)."""
    found = _UID.search(data)
    return unescape(_FOLD.sub("", found[1].decode("utf-8", "surrogateescape"))) if found else ""


def same_text(one: bytes, other: bytes) -> bool:
    """Whether two texts of a calendar object say the same; a server may fold, order and stamp."""
    return _lines(one) == _lines(other)


def _lines(data: bytes) -> list[str]:
    text = data.decode("utf-8", "surrogateescape").replace("\r\n", "\n").replace("\n", "\r\n")
    lines = _FOLD.sub("", text).split("\r\n")
    return sorted(each for each in lines if each and not _STAMPS.match(each))


def calendar_zone(text: str) -> ZoneInfo:
    """The zone of a calendar's own VTIMEZONE, London where there is none that is known."""
    found = _TZID.search(text)
    return (Zones().named(found[1]) if found else None) or ZoneInfo(DEFAULT_ZONE)


def read_resources(resources: Iterable[Resource], window: Interval, options: Options) -> Reading:
    """The occurrences of all together, within the limits of one file.

    An object that cannot be read is left out and counted; it never costs the others. Raises
    TooLarge.
    """
    files = [one.data for one in resources if not _holds_something_else(one.data)]
    try:
        return _read(files, window, options)
    except TooLarge:
        raise
    except Unreadable:
        good = [one for one in files if _readable(one, window, options)]
    reading = _read(good, window, options)
    lost = len(files) - len(good)
    told = "1 calendar entry cannot be read and is left out."
    if lost > 1:
        told = f"{lost:,} calendar entries cannot be read and are left out."
    return replace(reading, left_out=reading.left_out + lost, warnings=(*reading.warnings, told))


def _read(files: Sequence[bytes], window: Interval, options: Options) -> Reading:
    if not files:
        return Reading((), options.zone or ZoneInfo(DEFAULT_ZONE))
    return options.read(files, window)


def _readable(data: bytes, window: Interval, options: Options) -> bool:
    try:
        options.read([data], window)
    except Unreadable:
        return False
    return True


def _holds_something_else(data: bytes) -> bool:
    """Whether this is a task or a note, which a server sent along."""
    text = data.upper()
    return b"BEGIN:VCALENDAR" in text and b"BEGIN:VEVENT" not in text
