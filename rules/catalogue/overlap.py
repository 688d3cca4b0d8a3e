"""Meetings that share time: a fact, shown and never scored.

Appointments of a working day that overlap, directly or through others, are one block and one
finding of 0 minutes. Touching is not sharing.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from rules.diary import Day, Diary
from rules.event import Occurrence
from rules.finding import Example, Finding, Rule, instant_key
from rules.interval import Interval
from rules.language import counted, later
from rules.policy import Policy
from rules.words import say_day, say_span
from rules.working_pattern import local_date


def _blocks(day: Day) -> Iterator[Sequence[Occurrence]]:
    """The appointments of a day, those that share time together."""
    block: list[Occurrence] = []
    busy: datetime | None = None
    for each in sorted(day.appointments, key=lambda each: (each.span, each.id)):
        span = each.span
        if block and busy is not None and span.start >= busy:
            yield block
            block, busy = [], None
        block.append(each)
        busy = span.end if busy is None else max(busy, span.end)
    if block:
        yield block


def _message(span: Interval, size: int, zone: ZoneInfo) -> str:
    day, when = say_day(local_date(span.start, zone)), say_span(span, zone)
    return counted(
        "On %(day)s %(number)s meeting share time, from %(when)s.",
        "On %(day)s %(number)s meetings share time, from %(when)s.",
        size,
        day=day,
        when=when,
    )


def _find(diary: Diary, policy: Policy) -> Iterator[Finding]:
    for day in diary.days:
        for block in _blocks(day) if day.window else ():
            if len(block) > 1:
                span = Interval(block[0].span.start, max(each.span.end for each in block))
                yield RULE.finding(
                    policy,
                    day=day.date,
                    span=span,
                    event_ids=tuple(each.id for each in block),
                    key=instant_key(span.start),
                    message=_message(span, len(block), diary.pattern.zone),
                )


RULE = Rule(
    id="overlap",
    title=later("Meetings at the same time"),
    about=later("Two or more meetings share time. A fact, not counted against your diary."),
    cite="5.3 1(iii)",
    lines="L2697-2699",
    find=_find,
    examples=(
        Example("Mon 09:00-10:00 meeting; Mon 10:00-11:00 meeting"),
        Example("Mon 09:00-10:00 meeting; Mon 09:30-11:00 private"),
        Example("Mon 09:00-10:00 meeting; Mon 09:30-11:00 declined; Mon 09:00-09:30 free"),
        Example("Sun 09:00-10:00 meeting; Sun 09:30-11:00 meeting"),
        Example("Mon 09:00-10:00 meeting; Mon 10:00-10:00 meeting"),
        Example("Mon 09:00-10:00 meeting; Mon 09:30-11:00 tentative", (0,)),
        Example("Mon 09:00-10:00 mine; Mon 09:30-11:00 mine; Mon 10:30-12:00 mine", (0,)),
        Example("Mon 09:00-10:00 mine; Mon 09:00-10:00 mine; Mon 12:00-13:00 mine", (0,)),
        Example("Mon 09:00-11:00 mine; Mon 10:00-10:00 mine", (0,)),
        Example("Tue 09:00-10:00 mine; Tue 09:30-10:00 pod; Wed 19:00-20:00 mine", (0,)),
    ),
)
