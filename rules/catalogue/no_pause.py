"""Days of meetings without a single pause.

A working day with at least three appointments, and nowhere `gap_minutes` free between two of them.
"""

from collections.abc import Iterator

from rules.diary import Diary
from rules.finding import Example, Finding, Rule, Scope
from rules.language import counted, later
from rules.policy import Policy
from rules.runs import runs
from rules.words import say_day, say_minutes

_MANY = 3


def _find(diary: Diary, policy: Policy) -> Iterator[Finding]:
    for day in diary.days:
        if day.window is None or len(day.appointments) < _MANY:
            continue
        run, *others = runs(day.appointments, policy.gap_minutes)
        if not others:
            yield RULE.finding(
                policy,
                day=day.date,
                span=run.span,
                missing=policy.gap_minutes,
                event_ids=tuple(each.id for each in run.appointments),
                message=counted(
                    "%(day)s has %(number)s meeting, and nowhere %(time)s between them.",
                    "%(day)s has %(number)s meetings, and nowhere %(time)s between them.",
                    len(day.appointments),
                    day=say_day(day.date),
                    time=say_minutes(policy.gap_minutes),
                ),
            )


RULE = Rule(
    id="no_pause",
    title=later("A pause in the day"),
    about=later("No day of meetings without a single pause."),
    cite="4.4.1, 3.1.3",
    lines="L1735-1738",
    find=_find,
    scope=Scope.DAY,
    examples=(
        Example("Mon 09:00-10:00 meeting; Mon 10:00-11:00 meeting"),
        Example("Mon 09:00-10:00 mine; Mon 10:00-11:00 meeting; Mon 11:10-12:00 meeting"),
        Example("Sat 09:00-10:00 mine; Sat 10:00-11:00 meeting; Sat 11:00-12:00 meeting"),
        Example(
            "Mon 09:00-10:00 mine; Mon 10:00-11:00 own; Mon 11:00-12:00 mine; Mon 12:00-13:00 mine"
        ),
        Example("Mon 09:00-10:00 mine; Mon 10:00-11:00 meeting; Mon 11:05-12:00 pod", (10,)),
        Example("Mon 09:00-12:00 mine; Mon 10:00-11:00 mine; Mon 11:30-12:30 mine", (10,)),
        Example(
            "Mon-Tue 09:00-10:00 mine; Mon-Tue 10:10-11:00 mine; Mon-Tue 11:10-12:00 mine;"
            "set gap_minutes 15",
            (15, 15),
        ),
    ),
)
