"""The last minutes of each working day, without an appointment.

The latest end of the appointments that start before the day's hours are over, cut there, leaves
some whole minutes free; what `end_of_day_minutes` asks beyond those is missing.
"""

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from rules.diary import Day, Diary
from rules.event import Occurrence
from rules.finding import Example, Finding, Rule
from rules.interval import Interval
from rules.language import later, text
from rules.policy import Policy
from rules.words import say_day, say_minutes, say_time
from rules.working_pattern import local_date


def _last(day: Day, end_of_hours: Interval) -> Occurrence | None:
    """The appointment that is over last among those that begin within or before the hours."""
    begun = [each for each in day.appointments if each.span.start < end_of_hours.end]
    return max(begun, key=lambda each: (each.span.end, each.span.start, each.id), default=None)


def _message(last: Occurrence, free: Interval, zone: ZoneInfo, policy: Policy) -> str:
    found = {
        "day": say_day(local_date(last.span.start, zone)),
        "end": say_time(free.end, zone),
        "kept": say_minutes(policy.end_of_day_minutes),
    }
    if not free.minutes:
        return text(
            "On %(day)s a meeting takes up the last minutes of your day, to %(end)s. "
            "Your settings keep %(kept)s free.",
            **found,
        )
    return text(
        "On %(day)s a meeting ends %(free)s before your day does, at %(end)s. "
        "Your settings keep %(kept)s free.",
        free=say_minutes(free.minutes),
        **found,
    )


def _find(diary: Diary, policy: Policy) -> Iterator[Finding]:
    for day in diary.days:
        last = _last(day, day.window.span) if day.window else None
        if day.window is None or last is None:
            continue
        end = day.window.span.end
        free = Interval(min(last.span.end, end), end)
        if free.minutes < policy.end_of_day_minutes:
            yield RULE.finding(
                policy,
                day=day.date,
                span=free,
                missing=policy.end_of_day_minutes - free.minutes,
                event_ids=(last.id,),
                message=_message(last, free, diary.pattern.zone, policy),
            )


RULE = Rule(
    id="end_of_day",
    title=later("End of day"),
    about=later("The last minutes of your working day, free of meetings."),
    cite="4.4.1, 3.1.3",
    lines="L1718-1721",
    find=_find,
    planned=True,
    examples=(
        Example("Mon 15:00-16:50 meeting"),
        Example("Mon 15:00-17:00 own"),
        Example("Mon 17:00-18:00 meeting"),
        Example("Sat 15:00-17:00 meeting"),
        Example("Mon 07:00-08:00 meeting"),
        Example("Mon 15:00-17:00 meeting; set end_of_day_minutes 0"),
        Example("hours Mon 22:00-06:00; Tue 05:00-05:50 meeting"),
        Example("Mon 15:00-17:00 meeting", (10,)),
        Example("Mon 16:00-16:55 meeting; Mon 16:50-17:00 end_of_day", (5,)),
        Example("Mon 16:50:30-16:50:30 meeting", (1,)),
        Example("Mon 16:30-18:00 meeting; Mon 17:30-19:00 meeting", (10,)),
        Example("hours Mon-Tue 22:00-06:00; Tue 05:00-05:58 mine; Wed 05:00-06:00 mine", (8, 10)),
        Example("hours Fri 09:00-13:00; Fri 12:00-13:00 mine; set end_of_day_minutes 30", (30,)),
    ),
)
