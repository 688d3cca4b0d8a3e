"""Long stretches of meetings without a break.

Appointments of a working day with fewer than `gap_minutes` between them are one stretch, and so is
one long appointment. In each whole `long_run_minutes` of it, but where it ends there, a pause of
`gap_minutes` is missing.
"""

from collections.abc import Iterator

from rules.diary import Diary
from rules.finding import Example, Finding, Rule, instant_key
from rules.language import later, text
from rules.policy import Policy
from rules.runs import Run, runs
from rules.words import say_day, say_minutes, say_time


def _find(diary: Diary, policy: Policy) -> Iterator[Finding]:
    for day in diary.days:
        if day.window is None:
            continue
        for run in runs(day.appointments, policy.gap_minutes):
            pauses = _pauses(run, policy)
            if pauses:
                yield RULE.finding(
                    policy,
                    day=day.date,
                    span=run.span,
                    missing=pauses * policy.gap_minutes,
                    event_ids=tuple(each.id for each in run.appointments),
                    key=instant_key(run.span.start),
                    message=text(
                        "From %(clock)s on %(day)s there are %(time)s of meetings without a break.",
                        clock=say_time(run.span.start, diary.pattern.zone),
                        day=say_day(day.date),
                        time=say_minutes(run.span.minutes),
                    ),
                )


def _pauses(run: Run, policy: Policy) -> int:
    """How many are missing: with so many, no part is longer than it may be."""
    return max(0, run.span.minutes - 1) // policy.long_run_minutes


RULE = Rule(
    id="long_run",
    title=later("A break in long meetings"),
    about=later("A pause in every long stretch of meetings."),
    cite="5.3 1(iii)",
    lines="L2698-2699",
    find=_find,
    examples=(
        Example("Mon 09:00-10:30 meeting"),
        Example("Mon 09:00-10:30 mine; Mon 10:40-12:00 meeting"),
        Example("Mon 09:00-10:00 meeting; Mon 10:00-12:00 own; Mon 12:00-13:00 meeting"),
        Example("Sat 09:00-12:00 meeting"),
        Example("Mon 09:00-11:00 meeting; set long_run_minutes 120"),
        Example("Mon 09:00-10:31 meeting", (10,)),
        Example("Mon 09:00-10:00 mine; Mon 10:00-10:45 mine", (10,)),
        Example("Mon 09:00-12:01 meeting", (20,)),
        Example("Mon 09:00-10:00 mine; Mon 10:09-11:00 mine; Mon 14:00-16:00 pod", (10, 10)),
    ),
)
