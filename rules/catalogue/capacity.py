"""Whether a week's meetings, and what the other rules ask beside them, fit into its paid minutes.

For each week with a working day in the diary's window, over all working days of that week: the
time in appointments (shared time once), the gap asked between each two neighbours, and the day's
protected and end-of-day minutes, against the contracted minutes. A rule that is off asks nothing.
What is over is missing. Where dropping at most three meetings would cover it, the finding names
those that would free most, for the leader to drop, swap or, where that is enough, shorten: never
team contact, clinical or locked time.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import accumulate, combinations
from zoneinfo import ZoneInfo

from rules.diary import Diary
from rules.event import TEAM_KINDS, Kind, Occurrence
from rules.finding import Example, Finding, Rule, Scope, working_weeks
from rules.interval import Interval, total_minutes
from rules.language import later, text
from rules.policy import Policy, Severity
from rules.words import say_day, say_list, say_minutes, say_moment

_FIXED = TEAM_KINDS | {Kind.CLINICAL}
_OFFERED = 3
_LOOKED_AT = 12
"""No more appointments of a week than these are tried, the longest."""


@dataclass(frozen=True, slots=True)
class _Working:
    """A working day: its appointments, its hours, its paid minutes, and the minutes asked of it."""

    appointments: Sequence[Occurrence]
    hours: Interval
    contracted: int
    asked: int


def _working_days(first: date, diary: Diary, policy: Policy) -> list[_Working]:
    """The working days of a week."""
    days = (diary.day(first + timedelta(days=offset)) for offset in range(7))
    return [
        _Working(
            day.appointments,
            day.window.span,
            day.window.contracted,
            _asked(day.appointments, day.window.contracted, policy),
        )
        for day in days
        if day.window
    ]


def _neighbours(spans: Sequence[Interval]) -> int:
    """How many times, of appointments in order, one begins after all before it are over."""
    over = accumulate((span.end for span in spans), max)
    return sum(span.start >= busy for busy, span in zip(over, spans[1:], strict=False))


def _asked(appointments: Iterable[Occurrence], contracted: int, policy: Policy) -> int:
    """The minutes of a day that its appointments and the other rules take."""
    spans = sorted(each.span for each in appointments)
    asked = {
        "gap": policy.gap_minutes * _neighbours(spans),
        "protected": policy.protected_target(contracted),
        "end_of_day": policy.end_of_day_minutes,
    }
    on = (minutes for rule, minutes in asked.items() if policy.severity(rule) is not Severity.OFF)
    return total_minutes(spans) + sum(on)


def _freed(
    days: Sequence[_Working], fewer: Sequence[Occurrence], policy: Policy, kept: int = 0
) -> int:
    """The minutes asked less where some appointments keep only so many of theirs, or go."""
    chosen = {id(each) for each in fewer}
    freed = 0
    for day in days:
        if any(id(each) in chosen for each in day.appointments):
            left = [_cut(each, kept) if id(each) in chosen else each for each in day.appointments]
            without = (each for each in left if each)
            freed += day.asked - _asked(without, day.contracted, policy)
    return freed


def _cut(each: Occurrence, kept: int) -> Occurrence | None:
    end = min(each.span.end, each.span.start + timedelta(minutes=kept))
    return replace(each, end=end) if kept else None


def _offer(
    days: Sequence[_Working], over: int, policy: Policy
) -> tuple[tuple[Occurrence, ...], int]:
    """Up to three appointments, in order of start, and how many of them would cover what is over.

    Any that many of them do. They are those of the longest that would free most, as few as can
    be; none where three are not enough.
    """
    free = _could_give_way(days)
    longest = sorted(free, key=lambda one: (-one[1].span.minutes, one[1].span, one[1].id))
    alone = {each: _freed([day], [each], policy) for day, each in longest[:_LOOKED_AT]}
    most = sorted(alone, key=lambda each: (-alone[each], each.span, each.id))[:_OFFERED]
    for count in range(1, len(most) + 1):
        for size in range(len(most), count - 1, -1):
            sets = combinations(most[:size], count)
            if all(_freed(days, each, policy) >= over for each in sets):
                return tuple(sorted(most[:size], key=lambda each: (each.span, each.id))), count
    return (), 0


def _could_give_way(days: Sequence[_Working]) -> list[tuple[_Working, Occurrence]]:
    return [
        (working, each)
        for working in days
        for each in working.appointments
        if each.kind not in _FIXED and not each.locked
    ]


def _say_verbs(
    days: Sequence[_Working], offered: Sequence[Occurrence], count: int, over: int, policy: Policy
) -> str:
    """What to do with them: to end them early only where that would be enough too."""
    sets = combinations(offered, count)
    early = all(_freed(days, each, policy, policy.shortest_meeting) >= over for each in sets)
    return text("shorten, swap or drop") if early else text("swap or drop")


def _say_offer(verbs: str, offered: Sequence[Occurrence], count: int, zone: ZoneInfo) -> str:
    places = say_list([say_moment(each.span.start, zone) for each in offered])
    if len(offered) == 1:
        return text("You could %(verbs)s the meeting at %(place)s.", verbs=verbs, place=places)
    if count == len(offered):
        return text(
            "You could %(verbs)s these %(count)s meetings. They are at %(places)s.",
            verbs=verbs,
            count=count,
            places=places,
        )
    return text(
        "You could %(verbs)s %(count)s of %(all)s meetings. They are at %(places)s.",
        verbs=verbs,
        count=count,
        all=len(offered),
        places=places,
    )


def _find(diary: Diary, policy: Policy) -> Iterator[Finding]:
    for first in diary.weeks:
        days = _working_days(first, diary, policy)
        over = sum(day.asked - day.contracted for day in days)
        if over <= 0:
            continue
        message = text(
            "Your diary has %(time)s more than the week of %(day)s can hold.",
            time=say_minutes(over),
            day=say_day(first),
        )
        offered, count = _offer(days, over, policy)
        if offered:
            verbs = _say_verbs(days, offered, count, over, policy)
            message += f" {_say_offer(verbs, offered, count, diary.pattern.zone)}"
        elif len(_could_give_way(days)) > _OFFERED:
            message += " " + text("You could shorten, swap or drop several meetings.")
        yield RULE.finding(
            policy,
            day=first,
            span=Interval(days[0].hours.start, max(day.hours.end for day in days)),
            missing=over,
            event_ids=tuple(each.id for each in offered),
            message=message,
        )


RULE = Rule(
    id="capacity",
    title=later("Workload"),
    about=later("Whether your meetings, and the time kept around them, fit into your week."),
    cite="4.4.1, 3.1.2",
    lines="L1691-1696",
    find=_find,
    scope=Scope.WEEK,
    places=working_weeks,
    examples=(
        Example("Mon-Fri 09:00-14:00 meeting"),
        Example("hours Mon 09:00-17:00; Mon 09:00-14:20 meeting"),
        Example("hours Mon 09:00-17:00; Mon 09:00-17:00 own"),
        Example("hours Mon 09:00-17:00; Mon 09:00-17:00 mine; Mon leave"),
        Example("hours Mon 09:00-17:00; Sat 09:00-17:00 mine"),
        Example("hours Mon-Tue 09:00-17:00; Mon 09:00-17:00 mine"),
        Example("hours Mon 09:00-17:00; Mon 09:00-14:30 mine", (10,)),
        Example("hours Mon 09:00-17:00; Mon 09:00-12:00 mine; Mon 12:00-14:20 mine", (10,)),
        Example("hours Mon 09:00-17:00; Mon 09:00-14:21 mine; Mon 10:00-11:00 mine", (1,)),
        Example(
            "hours Mon 09:00-17:00; Mon 09:00-17:00 clinical; set protected_severity off", (40,)
        ),
    ),
)
