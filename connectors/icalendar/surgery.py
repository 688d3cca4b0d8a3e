"""Changing single properties of a component as text, so that every other byte stays as it was.

A component here is its text from BEGIN to END, with the line ends and folds of its file.
"""

import re
from collections.abc import Callable, Collection, Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from typing import NamedTuple

from icalendar import Event as NewEvent

from connectors import mark
from connectors.hold_text import HoldText
from connectors.icalendar.lines import Line, line_name, parse_line
from connectors.icalendar.values import to_utc, to_wall
from rules.event import Kind
from rules.interval import Interval

_NEWLINE = re.compile(r"\r\n|\n|\r")
_FOLDED = re.compile(r"(?:\r\n|\n|\r)[ \t]")
_MOST_OCTETS = 75
_SERIES_ONLY = frozenset({"RRULE", "RDATE", "EXDATE", "EXRULE", "RECURRENCE-ID"})


class Piece(NamedTuple):
    """One content line of a component with its folds and line end, as it stands in the file.

    `name` is empty for everything that belongs to a component inside this one.
    """

    name: str
    raw: str

    @property
    def line(self) -> str:
        """The line unfolded, without its end."""
        return _NEWLINE.sub("", _FOLDED.sub("", self.raw))


class Component:
    """The text of one VEVENT, taken apart into pieces and put together again."""

    def __init__(self, text: str, newline: str) -> None:
        self.newline = newline
        self.pieces = list(_pieces(text))

    @property
    def text(self) -> str:
        """The component as it goes into the file."""
        return "".join(piece.raw for piece in self.pieces)

    def find(self, name: str) -> int | None:
        """The place of the first property of this name."""
        return next((i for i, piece in enumerate(self.pieces) if piece.name == name), None)

    def value(self, name: str) -> str:
        """The value of the first property of this name, empty where there is none."""
        place = self.find(name)
        line = parse_line(self.pieces[place].line) if place is not None else None
        return line.value.strip() if line else ""

    def set(self, name: str, line: str, *, after: str = "DTSTART") -> None:
        """Put a whole content line in place of the first of its name, or after another."""
        piece = Piece(name, fold(line, self.newline))
        place = self.find(name)
        if place is not None:
            self.pieces[place] = piece
            return
        anchor = self.find(after)
        self.pieces.insert(1 if anchor is None else anchor + 1, piece)

    def drop(self, names: Collection[str]) -> None:
        """Leave out every property of these names."""
        self.pieces = [piece for piece in self.pieces if piece.name not in names]

    def drop_inner(self) -> None:
        """Leave out the components inside this one, such as alarms."""
        first, *inside, last = self.pieces
        self.pieces = [first, *(piece for piece in inside if piece.name), last]

    def keep_only(self, name: str, wanted: Callable[[Line], bool]) -> None:
        """Leave out every property of this name that is not wanted."""
        self.pieces = [
            piece
            for piece in self.pieces
            if piece.name != name or ((line := parse_line(piece.line)) and wanted(line))
        ]

    def rewrite(self, names: Collection[str], new: Callable[[str], str]) -> None:
        """Put another content line in place of every one of these names."""
        for place, piece in enumerate(self.pieces):
            if piece.name in names and (line := new(piece.line)) != piece.line:
                self.pieces[place] = Piece(piece.name, fold(line, self.newline))

    def retime(
        self, after: Interval, zone_of: Callable[[str], tzinfo | None], floating: tzinfo
    ) -> None:
        """Give the event other times, each in the form that it has: zone, UTC or floating."""
        start = self._timed("DTSTART", after.start, zone_of, floating)
        if self.find("DTEND") is None and self.find("DURATION") is not None:
            self.set("DURATION", f"DURATION:{_duration(after.end - after.start)}")
        elif self.find("DTEND") is not None:
            self.set("DTEND", self._timed("DTEND", after.end, zone_of, floating))
        else:
            end = self._timed("DTSTART", after.end, zone_of, floating)
            self.set("DTEND", "DTEND" + end.removeprefix("DTSTART"))
        self.set("DTSTART", start)

    def except_from_series(
        self, original: datetime, zone_of: Callable[[str], tzinfo | None], floating: tzinfo
    ) -> None:
        """Make a copy of a series stand for one instance (RFC 5545 section 3.8.4.4)."""
        written = self._timed("DTSTART", original, zone_of, floating)
        self.drop(_SERIES_ONLY)
        self.set("RECURRENCE-ID", "RECURRENCE-ID" + written.removeprefix("DTSTART"), after="UID")

    def revise(self, stamp: datetime, *, changed: bool) -> None:
        """Count the revision (RFC 5546 section 2.1.4) and say when it was made."""
        text = mark.write_changed(stamp)
        number = self.value("SEQUENCE")
        count = int(number) + 1 if number.isascii() and number.isdigit() and len(number) < 10 else 1
        self.set("SEQUENCE", f"SEQUENCE:{count}", after="UID")
        self.set("DTSTAMP", f"DTSTAMP:{text}")
        self.set("LAST-MODIFIED", f"LAST-MODIFIED:{text}", after="DTSTAMP")
        if changed:
            self.set(mark.CHANGED, f"{mark.CHANGED}:{text}", after="DTEND")

    def _timed(
        self,
        name: str,
        instant: datetime,
        zone_of: Callable[[str], tzinfo | None],
        floating: tzinfo,
    ) -> str:
        """A content line like the present one for another instant, under the name it has."""
        place = self.find(name)
        present = self.pieces[place].line if place is not None else name
        head, _, value = present.rpartition(":")
        line = parse_line(present)
        tzid = line.param("TZID") if line else ""
        zone = (zone_of(tzid) if tzid else None) or floating
        wall = to_wall(instant, zone)
        if value.strip().upper().endswith("Z"):
            return f"{head}:{instant:%Y%m%dT%H%M%SZ}"
        if to_utc(wall, zone) != instant:
            # The second of two equal local times can be written in UTC only (section 3.3.5).
            return f"{name}:{instant.astimezone(UTC):%Y%m%dT%H%M%SZ}"
        return f"{head}:{wall:%Y%m%dT%H%M%S}"


def new_hold(uid: str, kind: Kind, when: Interval, words: HoldText, stamp: datetime) -> str:
    """The text of a new hold, with CRLF. In UTC, which every calendar reads without a VTIMEZONE."""
    event = NewEvent()
    event.add("uid", uid)
    for name in ("dtstamp", "created", "last-modified"):
        event.add(name, stamp.astimezone(UTC))
    event.add("sequence", 0)
    event.add("dtstart", when.start)
    event.add("dtend", when.end)
    event.add("summary", words.title)
    if words.text:
        event.add("description", words.text)
    if words.private:
        event.add("class", "PRIVATE")
    event.add("transp", "OPAQUE")
    event.add("x-microsoft-cdo-busystatus", "BUSY")
    event.add(mark.KIND, kind.value)
    text: bytes = event.to_ical()
    return text.decode("utf-8")


def fold(line: str, newline: str) -> str:
    """A content line of at most 75 octets each, with its line end (RFC 5545 section 3.1)."""
    folded: list[str] = []
    rest = line
    while rest:
        room = _MOST_OCTETS - (1 if folded else 0)
        size = _fitting(rest, room)
        folded.append(rest[:size])
        rest = rest[size:]
    return (newline + " ").join(folded) + newline


def plain(text: str) -> list[str]:
    """A component's lines without folds and line ends, to compare what two programs wrote."""
    unfolded = _FOLDED.sub("", text.strip())
    return [line.rstrip() for line in _NEWLINE.split(unfolded) if line.strip()]


def _fitting(text: str, octets: int) -> int:
    size = min(len(text), octets)
    while len(text[:size].encode("utf-8", "surrogatepass")) > octets:
        size -= 1
    return size


def _duration(length: timedelta) -> str:
    hours, seconds = divmod(int(length.total_seconds()), 3600)
    minutes, seconds = divmod(seconds, 60)
    parts = ((hours, "H"), (minutes, "M"), (seconds, "S"))
    return "PT" + ("".join(f"{number}{unit}" for number, unit in parts if number) or "0S")


def _pieces(text: str) -> Iterator[Piece]:
    depth = 0
    for raw in _logical(text):
        name = line_name(_FOLDED.sub("", raw))
        if name == "BEGIN":
            depth += 1
        own = depth <= 1 and name not in ("BEGIN", "END")
        yield Piece(name if own else "", raw)
        if name == "END":
            depth -= 1


def _logical(text: str) -> Iterator[str]:
    """Content lines with their folds and line ends."""
    start = place = 0
    while place < len(text):
        end = _NEWLINE.search(text, place)
        place = end.end() if end else len(text)
        if text[place : place + 1] not in (" ", "\t"):
            yield text[start:place]
            start = place
