"""10 minutes between meetings.

All appointments that start on a working day, inside its hours or not, in order of start (then of
end). Free whole minutes between one's start and the latest end so far, from 0 to fewer than
`gap_minutes`, make a finding of the rest. Exactly `gap_minutes` passes. Appointments that share
time are the rule `overlap`'s. A hold in between takes nothing from the gap; an appointment of no
length still parts the time around it.
"""

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from rules.diary import Day, Diary
from rules.event import Occurrence
from rules.finding import Example, Finding, Rule, instant_key
from rules.interval import Interval
from rules.language import counted, later, text
from rules.policy import Policy
from rules.words import say_day, say_minutes, say_time
from rules.working_pattern import local_date


def pairs(day: Day) -> Iterator[tuple[Occurrence, Occurrence]]:
    """Each appointment that begins after all before it are over, with the one that was over last."""
    latest: Occurrence | None = None
    for following in sorted(day.appointments, key=lambda each: (each.span, each.id)):
        if latest is not None and following.span.start >= latest.span.end:
            yield latest, following
        if latest is None or following.span.end >= latest.span.end:
            latest = following


def _message(between: Interval, zone: ZoneInfo, policy: Policy) -> str:
    found = {
        "day": say_day(local_date(between.start, zone)),
        "clock": say_time(between.start, zone),
        "asked": say_minutes(policy.gap_minutes),
    }
    if not between.minutes:
        return text(
            "On %(day)s there is no time between 2 meetings at %(clock)s. "
            "You could keep %(asked)s.",
            **found,
        )
    return counted(
        "On %(day)s there is %(number)s minute between 2 meetings at %(clock)s. "
        "You could keep %(asked)s.",
        "On %(day)s there are %(number)s minutes between 2 meetings at %(clock)s. "
        "You could keep %(asked)s.",
        between.minutes,
        **found,
    )


def _of_day(day: Day, zone: ZoneInfo, policy: Policy) -> Iterator[Finding]:
    used: dict[str, int] = {}
    for latest, following in pairs(day):
        between = Interval(latest.span.end, following.span.start)
        if between.minutes >= policy.gap_minutes:
            continue
        # Only an appointment of no length gives two gaps that begin together.
        key = instant_key(between.start)
        used[key] = used.get(key, 0) + 1
        yield RULE.finding(
            policy,
            day=day.date,
            span=between,
            missing=policy.gap_minutes - between.minutes,
            event_ids=(latest.id, following.id),
            key=key if used[key] == 1 else f"{key}/{used[key]}",
            message=_message(between, zone, policy),
        )


def _find(diary: Diary, policy: Policy) -> Iterator[Finding]:
    for day in diary.days:
        if day.window:
            yield from _of_day(day, diary.pattern.zone, policy)


RULE = Rule(
    id="gap",
    title=later("10 minutes between meetings"),
    about=later("Time between two meetings to finish one thing before starting the next."),
    cite="5.3 1(iii)",
    lines="L2697-2699",
    find=_find,
    planned=True,
    examples=(
        Example("Mon 09:00-10:00 meeting; Mon 10:00-10:15 travel; Mon 10:15-11:00 meeting"),
        Example("Mon 09:00-10:00 meeting; Mon 10:00-10:05 travel; Mon 10:05-11:00 meeting", (5,)),
        Example("Mon 09:00-10:00 meeting; Mon 10:10-11:00 meeting"),
        Example("Mon 09:00-10:00 meeting; Mon 10:00-11:00 own; Mon 11:00-12:00 meeting"),
        Example("Mon 09:00-10:00 meeting; Tue 10:00-11:00 meeting"),
        Example("Sat 09:00-10:00 meeting; Sat 10:00-11:00 meeting"),
        Example("Mon 09:00-11:00 meeting; Mon 10:00-10:30 meeting; Mon 11:10-12:00 meeting"),
        Example("Mon leave; Mon 09:00-10:00 meeting; Mon 10:00-11:00 meeting"),
        Example("Mon 09:00-10:00 meeting; Mon 10:00-11:00 meeting; set gap_severity off"),
        Example("Mon 09:00-10:00 meeting; Mon 10:00-11:00 meeting", (10,)),
        Example("Mon 09:00-10:00 meeting; Mon 10:09-11:00 meeting", (1,)),
        Example("Mon 09:00-10:00 meeting; Mon 10:09:59-11:00 meeting", (1,)),
        Example("Mon 09:00-10:00 meeting; Mon 10:00-10:05 gap; Mon 10:05-11:00 meeting", (5,)),
        Example("Mon 18:00-19:00 meeting; Mon 19:02-20:00 clinical", (8,)),
        Example("Mon 09:00-11:00 meeting; Mon 10:00-10:30 mine; Mon 11:00-12:00 pod", (10,)),
        Example("Mon 09:00-10:00 meeting; Mon 10:05-10:05 meeting; Mon 10:10-11:00 mine", (5, 5)),
        Example("Mon 09:00-10:00 mine; Mon 10:12-11:00 mine; set gap_minutes 15", (3,)),
        Example("hours Mon 22:00-06:00; Mon 23:00-23:55 mine; Tue 00:00-01:00 mine", (5,)),
    ),
)
