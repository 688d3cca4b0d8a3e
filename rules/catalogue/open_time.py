"""Time in which the team can reach the leader: neither booked nor protected.

At least `open_minutes` of each working day's hours, where its appointments leave so much: protected
time and time to learn must not take the last of it.
"""

from collections.abc import Iterator

from rules.diary import Day, Diary
from rules.event import Kind, ScoredAs
from rules.finding import Example, Finding, Rule, Scope
from rules.interval import Interval, subtract, total_minutes
from rules.language import later, text
from rules.policy import Policy
from rules.words import say_day, say_minutes

_QUIET = (Kind.PROTECTED, Kind.LEARNING)


def _find(diary: Diary, policy: Policy) -> Iterator[Finding]:
    for day in diary.days:
        if day.window is None:
            continue
        allowed, left = _free(day, day.window.span)
        asked = min(policy.open_minutes, allowed)
        if left < asked:
            yield RULE.finding(
                policy,
                day=day.date,
                span=day.window.span,
                missing=asked - left,
                message=_message(day, left, policy),
            )


def _message(day: Day, left: int, policy: Policy) -> str:
    found = {"day": say_day(day.date), "asked": say_minutes(policy.open_minutes)}
    if not left:
        return text(
            "%(day)s leaves no time in which your team can reach you. "
            "Your settings ask for %(asked)s.",
            **found,
        )
    return text(
        "%(day)s leaves %(free)s in which your team can reach you. "
        "Your settings ask for %(asked)s.",
        free=say_minutes(left),
        **found,
    )


def _free(day: Day, hours: Interval) -> tuple[int, int]:
    """The minutes that appointments leave, and what quiet holds leave of those."""
    around = [each for each in day.around if each.scored_as is ScoredAs.APPOINTMENT]
    booked = [each.span for each in (*day.appointments, *around)]
    quiet = [each.span for kind in _QUIET for each in day.holds(kind)]
    unbooked = subtract([hours], booked)
    return total_minutes(unbooked), total_minutes(subtract(unbooked, quiet))


RULE = Rule(
    id="open_time",
    title=later("Time for the team to reach you"),
    about=later("Some time of the day that is neither booked nor protected."),
    cite="4.3.1, 4.5.1",
    lines="L2014-2017",
    find=_find,
    scope=Scope.DAY,
    examples=(
        Example("hours Mon 09:00-17:00; Mon 13:00-15:00 protected"),
        Example("hours Mon 09:00-17:00; Mon 09:00-17:00 meeting"),
        Example("hours Mon 09:00-17:00; Mon 09:00-16:30 meeting"),
        Example("hours Mon 09:00-17:00; Mon 09:00-14:00 mine; Mon 14:00-16:00 own"),
        Example("hours Mon 09:00-17:00; Mon 09:00-14:00 mine; Mon 14:00-16:00 protected"),
        Example("hours Mon 09:00-17:00; Mon 09:00-14:30 mine; Mon 14:30-16:30 protected", (30,)),
        Example("hours Mon 09:00-17:00; Mon 09:00-16:30 mine; Mon 16:30-17:00 protected", (30,)),
        Example(
            "hours Mon 09:00-13:00; Mon 09:00-12:30 protected; Mon 12:30-13:00 learning", (60,)
        ),
        Example("hours Mon 09:00-17:00; Mon 09:00-16:00 protected; set open_minutes 90", (30,)),
    ),
)
