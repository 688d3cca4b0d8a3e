"""Weeks in which meetings stretch more than one day well beyond its hours.

A day is long where its first appointment's start and its last one's end are more than
`long_day_minutes` further apart than its hours. One such day in a week is an exception; from the
second on, the minutes beyond the hours of all of them are told. This is about what is booked: it
says nothing of how long anybody worked, and it never leaves the leader's own page.
"""

from collections.abc import Iterator

from rules.diary import Day, Diary
from rules.finding import Example, Finding, Rule, Scope, working_weeks
from rules.interval import Interval
from rules.language import counted, later
from rules.policy import Policy
from rules.words import say_day, say_minutes
from rules.working_pattern import monday

_EXCEPTION = 1


def _find(diary: Diary, policy: Policy) -> Iterator[Finding]:
    for first in diary.weeks:
        days = [day for day in diary.days if monday(day.date) == first]
        long = {day.date: over for day in days if (over := _over(day)) > policy.long_day_minutes}
        if len(long) > _EXCEPTION:
            spans = [_spread(day) for day in days if day.date in long]
            yield RULE.finding(
                policy,
                day=first,
                span=Interval(spans[0].start, max(span.end for span in spans)),
                missing=sum(long.values()),
                message=counted(
                    "In the week of %(week)s meetings stretch %(number)s day "
                    "by %(time)s beyond your hours.",
                    "In the week of %(week)s meetings stretch %(number)s days "
                    "by %(time)s beyond your hours.",
                    len(long),
                    week=say_day(first),
                    time=say_minutes(sum(long.values())),
                ),
            )


def _over(day: Day) -> int:
    """The minutes by which a day's appointments spread further than its hours."""
    if day.window is None or not day.appointments:
        return 0
    return _spread(day).minutes - day.window.span.minutes


def _spread(day: Day) -> Interval:
    spans = [each.span for each in day.appointments]
    return Interval(min(span.start for span in spans), max(span.end for span in spans))


RULE = Rule(
    id="long_days",
    title=later("Long days"),
    about=later("Long days are the exception. For your information only."),
    cite="5.2 4",
    lines="L2644-2645",
    find=_find,
    scope=Scope.WEEK,
    places=working_weeks,
    examples=(
        Example("Mon 08:00-09:00 meeting; Mon 18:00-19:00 meeting"),
        Example("Mon-Tue 08:30-09:30 meeting; Mon-Tue 17:00-17:30 meeting"),
        Example("Mon-Wed 18:00-22:00 meeting"),
        Example("Mon-Tue 08:00-09:00 own; Mon-Tue 18:00-19:00 meeting"),
        Example("Mon-Tue 08:00-09:00 mine; Mon-Tue 18:00-19:00 mine", (360,)),
        Example("Mon,Fri 08:00-18:01 mine; Wed 09:00-17:00 mine", (242,)),
        Example("Mon-Wed 08:00-16:45 mine; set long_day_minutes 30", (135,)),
    ),
)
