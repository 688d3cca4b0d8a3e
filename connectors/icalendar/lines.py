"""Bytes, characters, components and content lines: what RFC 5545 section 3.1 calls the stream.

Nothing here knows what a property means. Offsets always count characters of the decoded text,
so that a component can be replaced without disturbing a byte around it.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

_BOMS = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)
_EDGE = re.compile(r"^(BEGIN|END)[ \t]*:[ \t]*([A-Z0-9-]+)[ \t]*$", re.I | re.M)
_LAST = re.compile(r"^END[ \t]*:[ \t]*VCALENDAR\s*\Z", re.I | re.M)
_BEGIN = re.compile(r"^BEGIN[ \t]*:", re.I | re.M)
# Looked for where line ends begin and nowhere among them: else a run of them would take its square.
_FOLD = re.compile(r"(?<!\n)\n++[ \t]")
_NAME_END = re.compile(r"[;:]")
_PARAM = re.compile(r'(?:[^;"]++|"[^"]*+"?)++')
_LIST_ITEM = re.compile(r'"([^"]*)"?|([^,]+)')
_ESCAPED = re.compile(r"\\(.)", re.S)
_SPLIT_TEXT = re.compile(r"(?:[^,\\]++|\\.)++", re.S)

TIMED = frozenset({"DTSTART", "DTEND", "RECURRENCE-ID", "EXDATE", "RDATE"})
"""Properties whose values never hold a colon, while their TZID, unquoted, sometimes does."""


@dataclass(frozen=True, slots=True)
class Text:
    """A calendar as characters, with what is needed to give back the same bytes.

    Bytes that are not UTF-8 travel as lone surrogates, because a fold may split a character
    (RFC 5545 section 3.1) and because old exports mix encodings.
    """

    characters: str
    codec: str
    bom: bytes = b""

    @property
    def view(self) -> str:
        """The same length with LF for every CR: any mixture of line ends reads alike."""
        return self.characters.replace("\r", "\n")

    @property
    def newline(self) -> str:
        """The line end that this calendar uses."""
        found = re.search(r"\r\n|\n|\r", self.characters)
        return found.group() if found else "\r\n"

    def encode(self, characters: str) -> bytes:
        """The bytes of changed characters, in the encoding that was read."""
        return self.bom + characters.encode(self.codec, _errors(self.codec))


class Span(NamedTuple):
    """Where a component lies. `closed` is false when the text ends inside it.

    `stray` is true outside every VCALENDAR: such text is an example or a fragment, no diary.
    """

    name: str
    start: int
    end: int
    closed: bool = True
    stray: bool = False


class Line(NamedTuple):
    """One unfolded content line. Parameter names are in capitals, values without quotes."""

    name: str
    params: Mapping[str, Sequence[str]]
    value: str

    def param(self, name: str) -> str:
        """The first value of a parameter, or an empty string."""
        values = self.params.get(name)
        return values[0] if values else ""


def decode(data: bytes) -> Text:
    """Characters of a calendar. Raises UnicodeDecodeError for UTF-16 that is cut or broken."""
    bom, codec = next(((b, c) for b, c in _BOMS if data.startswith(b)), (b"", _guess(data)))
    return Text(data[len(bom) :].decode(codec, _errors(codec)), codec, bom)


def count_components(view: str) -> int:
    """How many components begin, counted without reading any of them."""
    return sum(1 for _ in _BEGIN.finditer(view))


def ends_early(view: str) -> bool:
    """Whether the last calendar is still open where the text ends: a file that was cut off."""
    if _LAST.search(view[-100:]):
        return False
    edges = [edge[1].upper() for edge in _EDGE.finditer(view) if edge[2].upper() == "VCALENDAR"]
    return edges[-1:] == ["BEGIN"]


def components(view: str, names: frozenset[str]) -> list[Span]:
    """Every component of these names, in the order in which they end, never one inside another.

    A component that is not ended by its own line ends where its parent does, or where the next
    of these begins: truncated exports lose a line far more often than they nest events.
    """
    scan = _Scan(names)
    for edge in _EDGE.finditer(view):
        name = edge[2].upper()
        if edge[1].upper() == "BEGIN":
            scan.begin(name, edge.start())
        else:
            scan.end(name, edge.start(), edge.end())
    scan.finish(len(view))
    return scan.found


class _Scan:
    """The components open at one place. Each is opened and closed once, so time stays linear."""

    def __init__(self, names: frozenset[str]) -> None:
        self.names = names
        self.found: list[Span] = []
        self.opened: list[tuple[str, int]] = []
        self.counts: Counter[str] = Counter()

    def begin(self, name: str, start: int) -> None:
        if name in self.names:
            while any(self.counts[wanted] for wanted in self.names):
                self._close(start)
        self.opened.append((name, start))
        self.counts[name] += 1

    def end(self, name: str, start: int, end: int) -> None:
        if not self.counts[name]:
            return
        while self.opened[-1][0] != name:
            self._close(start)
        self._close(end)

    def finish(self, end: int) -> None:
        while self.opened:
            self._close(end, closed=False)

    def _close(self, end: int, *, closed: bool = True) -> None:
        name, start = self.opened.pop()
        self.counts[name] -= 1
        if name in self.names:
            self.found.append(Span(name, start, end, closed, not self.counts["VCALENDAR"]))


def own_lines(view: str, span: Span) -> Iterator[str]:
    """The unfolded lines of a component, without those of the components inside it."""
    depth = 0
    for text in _FOLD.sub("", view[span.start : span.end]).split("\n"):
        edge = text[:6].upper()
        if edge.startswith(("BEGIN:", "BEGIN ")):
            depth += 1
        elif edge.startswith(("END:", "END ")):
            depth -= 1
        elif depth <= 1 and text:
            yield text


def parse_line(text: str) -> Line | None:
    """A content line as name, parameters and value, or None where it is not one."""
    end = _NAME_END.search(text)
    if end is None:
        return None
    name = text[: end.start()].strip().upper()
    if text[end.start()] == ":":
        return Line(name, {}, text[end.end() :])
    if name in TIMED:
        head, _, value = text.rpartition(":")
        return Line(name, _params(head[end.start() :], greedy=True), value.strip())
    stop = _value_start(text, end.start())
    return Line(name, _params(text[end.start() : stop - 1]), text[stop:]) if stop else None


def line_name(text: str) -> str:
    """The name of a content line in capitals, empty where the text is none."""
    end = _NAME_END.search(text)
    return text[: end.start()].strip().upper() if end else ""


def unescape(value: str) -> str:
    """A TEXT value as a person reads it (RFC 5545 section 3.3.11)."""
    plain = _ESCAPED.sub(lambda m: "\n" if m[1] in "nN" else m[1], value)
    return repair(plain).strip()


def text_list(value: str) -> list[str]:
    """The members of a list of TEXT values."""
    return [unescape(part) for part in _SPLIT_TEXT.findall(value)]


def repair(value: str) -> str:
    """Characters that were split by a fold, or written in Latin-1, made whole again."""
    if value.isascii():
        return value
    octets = value.encode("utf-8", "surrogateescape") if _escaped(value) else None
    if octets is None:
        return value
    try:
        return octets.decode("utf-8")
    except UnicodeDecodeError:
        return octets.decode("latin-1")


def _escaped(value: str) -> bool:
    """Whether the value holds bytes carried over; UTF-16 may hold other lone surrogates."""
    lone = [c for c in value if "\ud800" <= c <= "\udfff"]
    return bool(lone) and all("\udc80" <= c <= "\udcff" for c in lone)


def _guess(data: bytes) -> str:
    if data[1:2] == b"\0" and data[:1] not in (b"", b"\0"):
        return "utf-16-le"
    return "utf-16-be" if data[:1] == b"\0" and data[1:2] not in (b"", b"\0") else "utf-8"


def _errors(codec: str) -> str:
    return "surrogateescape" if codec == "utf-8" else "surrogatepass"


def _value_start(text: str, at: int) -> int:
    """The place after the first colon outside quotes, or after any colon when quotes never end."""
    quoted = False
    for place in range(at, len(text)):
        character = text[place]
        if character == '"':
            quoted = not quoted
        elif character == ":" and not quoted:
            return place + 1
    return text.find(":", at) + 1


def _params(text: str, *, greedy: bool = False) -> dict[str, Sequence[str]]:
    """Parameters from `;A=1;B="2"`. `greedy` lets a value hold what only quotes should allow."""
    params: dict[str, Sequence[str]] = {}
    for part in _PARAM.findall(text):
        name, equals, value = part.partition("=")
        if not equals:
            continue
        values = [value] if greedy else [a or b for a, b in _LIST_ITEM.findall(value)]
        params[name.strip().upper()] = [repair(one).strip().strip('"') for one in values]
    return params
