"""What somebody leaves out of the plans, and the words in which a page carries it.

An event's word is made from its identifier, which can be long and can tell something. A hold
that would be new has no identifier: its word is its kind and its time.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from zoneinfo import ZoneInfo

from rules.change import Change, ChangeKind
from rules.diary import Diary
from rules.event import Kind, Occurrence
from rules.interval import Interval
from rules.working_pattern import day_span, local_date, monday

MOST = 80
"""Words of one form: with as many ticks they stay within the fields that a form may have."""
_LONGEST = timedelta(days=8)
"""A week in which the clock goes back is longer than seven days."""
_WEEK = timedelta(weeks=1)
_MOMENT = "%Y%m%dT%H%M%SZ"
_NEW_HOLD = re.compile(r"new-([a-z_]{1,20})-(\d{8}T\d{6}Z)-(\d{8}T\d{6}Z)")


@dataclass(frozen=True, slots=True)
class NewHold:
    """Holds that are not made: their kind, and the time in which none of it is new."""

    kind: Kind
    span: Interval

    @property
    def word(self) -> str:
        """What the page carries."""
        start, end = self.span.start.strftime(_MOMENT), self.span.end.strftime(_MOMENT)
        return f"new-{self.kind}-{start}-{end}"

    def rules_out(self, change: Change) -> bool:
        """Whether a change makes such a hold."""
        if change.kind is not ChangeKind.HOLD_CREATE or change.after is None:
            return False
        return change.hold is self.kind and change.after.overlaps(self.span)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Events that stay as they are, holds that are not made, and how many words meant nothing."""

    events: tuple[Occurrence, ...] = ()
    holds: tuple[NewHold, ...] = ()
    unknown: int = 0

    @property
    def keep(self) -> frozenset[str]:
        """The identifiers that the planner plans around."""
        return frozenset(each.id for each in self.events)

    def rules_out(self, change: Change) -> bool:
        """Whether a change makes a hold that is not wanted."""
        return any(each.rules_out(change) for each in self.holds)


def event_word(event_id: str) -> str:
    """The word for an event: short, and no part of a page whatever the identifier holds."""
    return f"event-{sha256(event_id.encode('utf-8', 'backslashreplace')).hexdigest()[:24]}"


def word_of(change: Change, zone: ZoneInfo) -> str:
    """The word for a change, or for the small holds of a day, which are told together."""
    if change.event_id is not None:
        return event_word(change.event_id)
    if change.hold is None or change.after is None:
        raise ValueError("a change without an event makes a hold")
    return NewHold(change.hold, _within(change.hold, change.after, zone)).word


def _within(kind: Kind, span: Interval, zone: ZoneInfo) -> Interval:
    """The time in which no such hold is made: what it was asked for, or its own time.

    A team chat is asked for in its week, and the gaps of a day go with its meetings: left out
    at their own time alone, they would come back beside it in the next plan.
    """
    day = local_date(span.start, zone)
    if kind is Kind.POD:
        first = monday(day)
        return Interval(day_span(first, zone).start, day_span(first + _WEEK, zone).start)
    return day_span(day, zone) if kind is Kind.GAP else span


def find(words: Iterable[str], diary: Diary) -> LeftOut:
    """What these words mean in a diary. Words that mean nothing there are counted, no more."""
    wanted = frozenset(words)
    if not wanted:
        return LeftOut()
    events = tuple(_events(wanted, diary))
    holds = {word: hold for word in wanted if (hold := _new_hold(word, diary))}
    return LeftOut(
        events,
        tuple(sorted(holds.values(), key=lambda each: (each.span, each.kind))),
        len(wanted) - len(events) - len(holds),
    )


def _events(wanted: frozenset[str], diary: Diary) -> Iterator[Occurrence]:
    return (
        each for each in diary.occurrences if not each.all_day and event_word(each.id) in wanted
    )


def _new_hold(word: str, diary: Diary) -> NewHold | None:
    found = _NEW_HOLD.fullmatch(word)
    if found is None:
        return None
    try:
        kind = Kind(found[1])
        span = Interval(_moment(found[2]), _moment(found[3]))
    except ValueError:
        return None
    near = span.overlaps(diary.span) and span.end - span.start <= _LONGEST
    return NewHold(kind, span) if near else None


def _moment(text: str) -> datetime:
    return datetime.strptime(text, _MOMENT).replace(tzinfo=UTC)
