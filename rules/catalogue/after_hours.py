"""Meetings outside working hours, and on days that are not worked: asked for by nobody.

The minutes of a day's appointments that lie in no working hours, its own or the next day's.
On-call time is never counted, and meetings on leave have a rule of their own. A report only: no
plan moves a meeting for it.
"""

from collections.abc import Iterator
from datetime import date, timedelta

from rules.diary import Day, Diary
from rules.event import Occurrence
from rules.finding import Example, Finding, Rule, working_days
from rules.interval import Interval, subtract
from rules.language import counted, later
from rules.policy import Policy
from rules.words import say_day, say_span


def _hours(day: Day, diary: Diary) -> list[Interval]:
    near = (diary.day(day.date + timedelta(days=offset)) for offset in (0, 1))
    return [each.window.span for each in near if each.window]


def _outside(day: Day, diary: Diary) -> dict[Occurrence, list[Interval]]:
    """The appointments that are partly or wholly outside working hours, and those parts."""
    hours = _hours(day, diary)
    parts = {each: subtract([each.span], hours) for each in day.appointments}
    return {each: found for each, found in parts.items() if found}


def _is_judged(day: Day, diary: Diary) -> bool:
    """Whether it is worked, or a day off other than leave; a day of an hour's work is neither."""
    return bool(day.window) or not (day.leave or diary.pattern.shift(day.date))


def _places(diary: Diary, policy: Policy) -> frozenset[date]:
    """Working days, and days off on which something lies."""
    off = {day.date for day in diary.days if _is_judged(day, diary) and _outside(day, diary)}
    return working_days(diary, policy) | off


def _message(day: Day, outside: int, diary: Diary) -> str:
    if day.window is None:
        return counted(
            "%(number)s meeting lies on %(day)s, which is no working day of yours.",
            "%(number)s meetings lie on %(day)s, which is no working day of yours.",
            outside,
            day=say_day(day.date),
        )
    return counted(
        "On %(day)s %(number)s meeting lies at least partly outside your hours, %(hours)s.",
        "On %(day)s %(number)s meetings lie at least partly outside your hours, %(hours)s.",
        outside,
        day=say_day(day.date),
        hours=say_span(day.window.span, diary.pattern.zone),
    )


def _find(diary: Diary, policy: Policy) -> Iterator[Finding]:
    for day in diary.days:
        outside = _outside(day, diary) if _is_judged(day, diary) else {}
        if not outside:
            continue
        parts = [part for found in outside.values() for part in found]
        yield RULE.finding(
            policy,
            day=day.date,
            span=Interval(min(parts).start, max(part.end for part in parts)),
            missing=sum(part.minutes for part in subtract(parts, ())),
            event_ids=tuple(each.id for each in outside),
            message=_message(day, len(outside), diary),
        )


RULE = Rule(
    id="after_hours",
    title=later("Meetings outside your hours"),
    about=later("Which meetings lie outside your working hours. For your information only."),
    cite="5.2 4",
    lines="L2643-2645",
    find=_find,
    places=_places,
    examples=(
        Example("Mon 09:00-17:00 meeting"),
        Example("Mon 18:00-19:00 own; Mon 19:00-20:00 on_call"),
        Example("Sat 10:00-11:00 on_call; Sat 12:00-13:00 own"),
        Example("hours Mon 22:00-06:00; Tue 01:00-02:00 meeting"),
        Example("Mon 18:00-19:00 meeting; Mon leave"),
        Example("Sat leave; Sat 10:00-11:00 meeting"),
        Example("Mon 18:00-19:00 meeting", (60,)),
        Example("Sat 10:00-11:00 meeting; Sun 10:00-10:20 pod", (60, 20)),
        Example("hours Sun 22:00-06:00; Tue 05:30-07:00 meeting", (90,)),
        Example("Mon 08:30-09:30 meeting; Mon 16:30-17:15 meeting", (45,)),
        Example("Mon 18:00-19:00 meeting; Mon 18:30-19:30 meeting", (90,)),
        Example("hours Mon 09:00-17:00; hours Tue 00:00-08:00; Mon 23:30-01:00 mine", (30,)),
        Example("Mon 18:00-19:00 mine; Tue 17:00-17:20 pod", (60, 20)),
    ),
)
