"""A small notation for diaries, so that each rule can carry good and bad ones beside it.

A text is entries separated by `;`, for the week of Monday 23 November 2026 in London and those
after it:

    Mon 09:00-10:00 meeting       one occurrence; `Mon,Wed` and `Mon-Fri` repeat it on each day
    Mon 22:30-00:30 meeting       an end before the start is the next morning's; equal is no length
    Mon+2 10:00-10:20 pod         in the second week after; `weeks 4` makes the diary so long
    Mon-Tue leave                 all day out of office, one event a day
    hours Mon-Fri 09:00-17:00     working hours as `parse_hours` reads them, in place of the default
    set gap_minutes 15            a leader's setting, in place of the default

What an occurrence is stands last: `meeting` (someone else's), `mine` (the leader's, with three
others), `own` (the leader alone), `private`, `away` (out of office), `tentative`, `free`,
`elsewhere`, `declined`, `cancelled`, or the word of a kind such as `protected`, `pod`, `travel`,
`clinical` or `on_call`. Times may carry seconds. Identifiers are `1`, `2`, … as written.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from types import MappingProxyType
from zoneinfo import ZoneInfo

from rules.diary import Diary, in_order
from rules.event import Kind, Occurrence, ScoredAs, ShowAs, Status, classified
from rules.policy import Layer, Policy, override
from rules.working_pattern import DAYS, WorkingPattern, instant, parse_hours

MONDAY = date(2026, 11, 23)
"""The first day of every example."""
ZONE = ZoneInfo("Europe/London")
HOURS = "Mon-Fri 09:00-17:00"

_DAYS = r"(?P<days>[A-Za-z]{3}(?:[-,][A-Za-z]{3})*(?:\+\d\d?)?)"
_CLOCK = r"\d\d:\d\d(?::\d\d)?"
_TIMED = re.compile(rf"{_DAYS} (?P<start>{_CLOCK})-(?P<end>{_CLOCK}) (?P<word>[a-z_]+)")
_LEAVE = re.compile(rf"{_DAYS} leave")
_WEEKS = re.compile(r"weeks (?P<number>\d\d?)")
_SETTING = re.compile(r"set (?P<name>[a-z_]+) (?P<value>\S+)")


class ExampleError(ValueError):
    """A text that is not in the notation; the message names the entry."""


@dataclass(frozen=True, slots=True)
class _Facts:
    """What a calendar would say about an occurrence."""

    show_as: ShowAs = ShowAs.BUSY
    status: Status = Status.CONFIRMED
    private: bool = False
    declined: bool = False
    organizer: bool = False
    other_people: int = 1
    kind: Kind | None = None


_ALONE = _Facts(organizer=True, other_people=0)
_WORDS: Mapping[str, _Facts] = MappingProxyType(
    {
        "meeting": _Facts(),
        "mine": _Facts(organizer=True, other_people=3),
        "own": _ALONE,
        "private": _Facts(private=True),
        "away": _Facts(show_as=ShowAs.OOF),
        "tentative": _Facts(show_as=ShowAs.TENTATIVE, status=Status.TENTATIVE),
        "free": _Facts(show_as=ShowAs.FREE),
        "elsewhere": _Facts(show_as=ShowAs.WORKING_ELSEWHERE),
        "declined": _Facts(declined=True),
        "cancelled": _Facts(status=Status.CANCELLED),
    }
    | {kind.value: _Facts(organizer=True, other_people=0, kind=kind) for kind in Kind}
)


def read_example(text: str) -> tuple[Diary, Policy]:
    """The diary and the settings that a text describes.

    Raises ExampleError for an entry that is not in the notation, PatternError and PolicyError
    for hours and settings that cannot be.
    """
    entries = [" ".join(entry.split()) for entry in text.split(";") if entry.strip()]
    hours = [entry.removeprefix("hours ") for entry in entries if entry.startswith("hours ")]
    settings = [entry for entry in entries if entry.startswith("set ")]
    weeks = [int(match["number"]) for entry in entries if (match := _WEEKS.fullmatch(entry))]
    words = ("hours ", "set ", "weeks ")
    events = [entry for entry in entries if not entry.startswith(words)]
    pattern = parse_hours("; ".join(hours) or HOURS, ZONE)
    return _diary(events, pattern, timedelta(weeks=max(weeks, default=1))), _policy(settings)


def _diary(events: list[str], pattern: WorkingPattern, length: timedelta) -> Diary:
    found: list[Occurrence] = []
    for entry in events:
        for draft in _drafts(entry):
            found.append(_occurrence(str(len(found) + 1), *draft))
    return Diary(in_order(found), pattern, MONDAY, MONDAY + length)


def _policy(settings: list[str]) -> Policy:
    values: dict[str, object] = {}
    for entry in settings:
        match = _SETTING.fullmatch(entry)
        if not match:
            raise ExampleError(f"“{entry}” is not a setting such as “set gap_minutes 15”.")
        value = match["value"]
        values[match["name"]] = int(value) if value.isdigit() else value
    return override(Policy(), values, Layer.LEADER)


_Draft = tuple[datetime | date, datetime | date, _Facts]


def _drafts(entry: str) -> Iterator[_Draft]:
    if match := _LEAVE.fullmatch(entry):
        away = _Facts(show_as=ShowAs.OOF, organizer=True, other_people=0)
        for day in _dates(match["days"], entry):
            yield day, day + timedelta(days=1), away
    elif match := _TIMED.fullmatch(entry):
        if match["word"] not in _WORDS:
            raise ExampleError(f"“{match['word']}” in “{entry}” is not a word of this notation.")
        start, end = _clock(match["start"], entry), _clock(match["end"], entry)
        for day in _dates(match["days"], entry):
            last = day if end >= start else day + timedelta(days=1)
            yield instant(day, start, ZONE), instant(last, end, ZONE), _WORDS[match["word"]]
    else:
        raise ExampleError(f"“{entry}” is not an entry such as “Mon 09:00-10:00 meeting”.")


def _clock(text: str, entry: str) -> time:
    try:
        return time.fromisoformat(text)
    except ValueError as error:
        raise ExampleError(f"“{text}” in “{entry}” is not a time of day.") from error


def _dates(text: str, entry: str) -> Iterator[date]:
    named, _, week = text.lower().partition("+")
    monday = MONDAY + timedelta(weeks=int(week or 0))
    for part in named.split(","):
        first, _, last = part.partition("-")
        if first not in DAYS or (last or first) not in DAYS:
            raise ExampleError(f"“{part}” in “{entry}” is not a day of the week.")
        indices = range(DAYS.index(first), DAYS.index(last or first) + 1)
        if not indices:
            raise ExampleError(f"“{part}” in “{entry}” runs past the end of the week.")
        for index in indices:
            yield monday + timedelta(days=index)


def _occurrence(
    uid: str, start: datetime | date, end: datetime | date, facts: _Facts
) -> Occurrence:
    seen = Occurrence(
        uid=uid,
        start=start,
        end=end,
        scored_as=ScoredAs.NONE,
        show_as=facts.show_as,
        private=facts.private,
        status=facts.status,
        organizer=facts.organizer,
        other_people=facts.other_people,
        kind=facts.kind,
    )
    others = facts.other_people > 0 or not facts.organizer
    return classified(seen, declined=facts.declined, with_others=others)
