"""One unbroken break on days over six hours.

It lies in the hours that policy names for it or, where the day's hours do not contain those whole,
in their middle three. What counts is the longest stretch there with no appointment and no
protected hold; own time and every other hold may sit in it.
"""

from collections.abc import Iterator
from datetime import date

from rules.diary import Day, Diary, break_span
from rules.event import Kind, ScoredAs
from rules.finding import Example, Finding, Rule
from rules.interval import Interval, subtract
from rules.language import later, text
from rules.policy import Policy
from rules.words import say_day, say_minutes, say_time


def _longest(day: Day, inside: Interval) -> int:
    """Whole minutes of the longest free stretch."""
    neighbours = (each for each in day.around if each.scored_as is ScoredAs.APPOINTMENT)
    taken = [*day.appointments, *neighbours, *day.holds(Kind.PROTECTED)]
    free = subtract([inside], [each.span for each in taken])
    return max((stretch.minutes for stretch in free), default=0)


def _message(day: Day, inside: Interval, longest: int, diary: Diary, policy: Policy) -> str:
    zone = diary.pattern.zone
    found = {
        "day": say_day(day.date),
        "start": say_time(inside.start, zone),
        "end": say_time(inside.end, zone),
        "asked": say_minutes(policy.break_minutes),
    }
    if not longest:
        return text(
            "%(day)s has no room for a break between %(start)s and %(end)s. "
            "Your settings ask for %(asked)s.",
            **found,
        )
    return text(
        "%(day)s has room for a break of %(room)s between %(start)s and %(end)s. "
        "Your settings ask for %(asked)s.",
        room=say_minutes(longest),
        **found,
    )


def _long_days(diary: Diary, policy: Policy) -> frozenset[date]:
    return frozenset(
        day.date
        for day in diary.days
        if day.window and break_span(day.window, policy, diary.pattern)
    )


def _find(diary: Diary, policy: Policy) -> Iterator[Finding]:
    for day in diary.days:
        inside = break_span(day.window, policy, diary.pattern) if day.window else None
        if inside is None:
            continue
        longest = _longest(day, inside)
        if longest < policy.break_minutes:
            yield RULE.finding(
                policy,
                day=day.date,
                span=inside,
                missing=policy.break_minutes - longest,
                message=_message(day, inside, longest, diary, policy),
            )


RULE = Rule(
    id="break",
    title=later("Meal break"),
    about=later("Room for one unbroken break in the middle of a day over six hours."),
    cite="5.2 4",
    lines="L2643-2644",
    find=_find,
    places=_long_days,
    planned=True,
    examples=(
        Example("Mon 09:00-12:00 meeting"),
        Example("Mon 11:30-12:00 meeting; Mon 12:30-14:30 meeting"),
        Example("Mon 11:30-12:30 meeting; Mon 12:30-13:00 own; Mon 13:00-14:30 meeting"),
        Example("Mon 11:30-12:30 meeting; Mon 12:30-13:00 break; Mon 13:00-14:30 meeting"),
        Example("hours Mon 09:00-15:00; Mon 09:00-15:00 meeting"),
        Example("hours Mon 22:00-06:00; Tue 02:30-05:00 meeting"),
        Example("Mon leave; Mon 09:00-17:00 meeting"),
        Example("Mon 11:00-15:00 meeting", (30,)),
        Example("Mon 11:30-13:00 meeting; Mon 13:20-14:30 meeting", (10,)),
        Example("Mon 11:30-12:30 meeting; Mon 12:30-14:30 protected", (30,)),
        Example("Mon 11:40-12:50 mine; Mon 13:00-14:20 mine", (20,)),
        Example("Mon 11:30-12:30 mine; Mon 13:00-14:30 mine; set break_minutes 45", (15,)),
        Example("hours Mon 14:00-22:00; Mon 16:45-19:00 mine; Mon 19:15-20:00 mine", (15,)),
        Example("hours Mon 22:00-06:00; Tue 00:00-04:00 clinical", (30,)),
        Example("hours Tue 00:00-08:00; Mon 20:00-05:15 mine", (15,)),
        Example("Mon 11:30-12:30 mine; Mon 12:59:30-14:30 mine", (1,)),
    ),
)
