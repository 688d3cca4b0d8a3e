"""Protected time, every working day.

The target is `protected_minutes` on a day of 7.5 contracted hours, pro rata, rounded to 5. What
counts are protected holds inside the day's hours, where no appointment lies on them, in pieces of
at least `protected_piece` minutes (or the whole target, where that is less). Holds that touch are
one piece. Own time on a hold is the leader's choice and cuts nothing. Free time without a hold
does not count: others can book it.
"""

from collections.abc import Iterator

from rules.diary import Day, Diary
from rules.event import Kind, ScoredAs
from rules.finding import Example, Finding, Rule, Scope
from rules.interval import Interval, subtract
from rules.language import later, text
from rules.policy import Policy
from rules.words import say_day, say_minutes


def _pieces(day: Day, inside: Interval) -> list[Interval]:
    """The parts of a day's protected holds that nothing else takes."""
    neighbours = (each for each in day.around if each.scored_as is ScoredAs.APPOINTMENT)
    taken = [each.span for each in (*day.appointments, *neighbours)]
    held = [part for each in day.holds(Kind.PROTECTED) if (part := each.span.clip(inside))]
    return subtract(held, taken)


def _message(day: Day, kept: int, target: int) -> str:
    found = {"day": say_day(day.date), "asked": say_minutes(target)}
    if not kept:
        return text("%(day)s has no protected time yet. Your settings ask for %(asked)s.", **found)
    return text(
        "%(day)s has %(kept)s of protected time. Your settings ask for %(asked)s.",
        kept=say_minutes(kept),
        **found,
    )


def _find(diary: Diary, policy: Policy) -> Iterator[Finding]:
    for day in diary.days:
        if day.window is None:
            continue
        target = policy.protected_target(day.window.contracted)
        shortest = min(policy.protected_piece, target)
        lengths = (piece.minutes for piece in _pieces(day, day.window.span))
        kept = sum(length for length in lengths if length >= shortest)
        if kept < target:
            yield RULE.finding(
                policy,
                day=day.date,
                span=day.window.span,
                missing=target - kept,
                message=_message(day, kept, target),
            )


RULE = Rule(
    id="protected",
    title=later("Protected time"),
    about=later("Time in your hours, held in your diary, with no meetings."),
    cite="5.3 1(ii)",
    lines="L2693-2695",
    find=_find,
    scope=Scope.DAY,
    planned=True,
    examples=(
        Example("hours Mon 09:00-17:00; Mon 13:00-15:00 protected"),
        Example("hours Mon 09:00-17:00; Mon 09:00-10:00 protected; Mon 13:00-14:00 protected"),
        Example("hours Mon 09:00-17:00; Mon 13:00-13:30 protected; Mon 13:30-15:00 protected"),
        Example("hours Mon 09:00-17:00; Mon 13:00-15:00 protected; Mon 13:30-14:30 own"),
        Example("hours Mon 09:00-13:00; Mon 09:00-10:05 protected"),
        Example("hours Mon 09:00-17:00; Mon leave"),
        Example("hours Mon 21:00-05:00; Tue 00:00-02:00 protected"),
        Example("hours Mon 09:00-11:00; Mon 09:00-09:30 protected"),
        Example("hours Mon 09:00-17:00", (120,)),
        Example("hours Mon-Fri 09:00-17:00; Mon,Wed,Fri 13:00-15:00 protected", (120, 120)),
        Example("hours Mon 09:00-17:00; Mon 13:00-14:30 protected", (30,)),
        Example(
            "hours Mon 09:00-17:00; Mon 09:00-09:55 protected; Mon 13:00-14:05 protected", (55,)
        ),
        Example("hours Mon 09:00-17:00; Mon 13:00-15:00 protected; Mon 14:00-14:20 meeting", (60,)),
        Example("hours Mon 09:00-17:00; Mon 13:00-15:00 protected; Mon 13:55-14:20 pod", (120,)),
        Example("hours Mon 09:00-17:00; Mon 08:00-10:00 protected", (60,)),
        Example("hours Mon 09:00-17:00; Mon 13:00-15:00 learning", (120,)),
        Example("hours Tue 00:00-08:00; Tue 00:00-02:00 protected; Mon 23:30-00:30 mine", (30,)),
        Example("hours Mon 07:00-19:00; Mon 13:00-15:00 protected", (65,)),
        Example("hours Mon 09:00-17:00; Mon 13:00-13:45 protected; set protected_piece 45", (75,)),
        Example("hours Mon-Tue 22:00-06:00; Wed 01:00-03:00 protected", (120,)),
    ),
)
