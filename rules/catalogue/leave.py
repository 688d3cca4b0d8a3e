"""Meetings on days of leave.

A day is leave where an all-day out-of-office event, or a timed one of a whole day or longer that
covers the hours, says so. Its appointments are counted so that the leader can move them.
"""

from collections.abc import Iterator
from datetime import date

from rules.diary import Day, Diary
from rules.event import Kind
from rules.finding import Example, Finding, Rule, Scope
from rules.interval import Interval, total_minutes
from rules.language import later, plural, text
from rules.policy import Policy
from rules.words import say_count, say_day, say_list


def _message(day: Day) -> str:
    clinical = sum(each.kind is Kind.CLINICAL for each in day.appointments)
    others = len(day.appointments) - clinical
    parts = [say_count(others, "meeting")] if others else []
    parts += [say_count(clinical, "clinical session")] if clinical else []
    told = text(
        "%(day)s is leave and has %(things)s.", day=say_day(day.date), things=say_list(parts)
    )
    if not others:
        return told  # clinical work is never moved, so it is not asked either
    asked = plural("Would you like to move it?", "Would you like to move the meetings?", others)
    return f"{told} {asked}"


def _leave_days(diary: Diary, policy: Policy) -> frozenset[date]:
    return frozenset(day.date for day in diary.days if day.leave)


def _find(diary: Diary, policy: Policy) -> Iterator[Finding]:
    for day in diary.days:
        if not day.leave or not day.appointments:
            continue
        spans = [each.span for each in day.appointments]
        yield RULE.finding(
            policy,
            day=day.date,
            span=Interval(min(spans).start, max(span.end for span in spans)),
            missing=total_minutes(spans),
            event_ids=tuple(each.id for each in day.appointments),
            message=_message(day),
        )


RULE = Rule(
    id="leave",
    title=later("Leave without meetings"),
    about=later("Meetings that lie on a day of your leave."),
    cite="5.2 4",
    lines="L2643-2644",
    find=_find,
    scope=Scope.DAY,
    places=_leave_days,
    examples=(
        Example("Mon-Fri leave"),
        Example("Mon leave; Tue 09:00-10:00 meeting"),
        Example("Mon leave; Mon 09:00-10:00 own; Mon 10:00-11:00 declined"),
        Example("Mon 09:00-17:00 away; Mon 10:00-11:00 meeting"),
        Example("Mon leave; Mon 09:00-10:00 meeting", (60,)),
        Example("Mon leave; Mon 09:00-10:00 meeting; Mon 09:30-11:00 meeting", (120,)),
        Example("Mon-Tue leave; Mon 09:00-10:00 mine; Tue 18:00-18:20 pod", (60, 20)),
        Example("Sat leave; Sat 09:00-09:30 meeting", (30,)),
    ),
)
