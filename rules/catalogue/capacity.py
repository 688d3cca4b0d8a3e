"""Whether a week's meetings, and what the other rules ask beside them, fit into its paid minutes.

For each week with a working day in the diary's window, over all working days of that week: the
time in appointments (shared time once), the gap asked between each two neighbours, and the day's
protected and end-of-day minutes, against the contracted minutes. A rule that is off asks nothing.
What is over is missing. The finding names up to three slots that would free most, for the leader
to shorten, swap or drop: never team contact, clinical or locked time.
"""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from rules.diary import Day, Diary
from rules.event import TEAM_KINDS, Kind, Occurrence
from rules.finding import Example, Finding, Rule
from rules.interval import Interval, total_minutes
from rules.policy import Policy, Severity
from rules.words import say_day

_FIXED = TEAM_KINDS | {Kind.CLINICAL}
_OFFERED = 3


def _working_days(first: date, diary: Diary) -> list[tuple[Day, Interval, int]]:
    """The working days of a week with their hours and their paid minutes."""
    days = (diary.day(first + timedelta(days=offset)) for offset in range(7))
    return [(day, day.window.span, day.window.contracted) for day in days if day.window]


def _neighbours(day: Day) -> int:
    """How many times an appointment begins after all before it are over."""
    spans = sorted(each.span for each in day.appointments)
    ends = [span.end for span in spans]
    return sum(spans[i].start >= max(ends[:i]) for i in range(1, len(spans)))


def _asked(day: Day, contracted: int, policy: Policy) -> int:
    """The minutes of a day that its appointments and the other rules take."""
    asked = {
        "gap": policy.gap_minutes * _neighbours(day),
        "protected": policy.protected_target(contracted),
        "end_of_day": policy.end_of_day_minutes,
    }
    on = (minutes for rule, minutes in asked.items() if policy.severity(rule) is not Severity.OFF)
    return total_minutes(each.span for each in day.appointments) + sum(on)


def _slots(days: Sequence[Day]) -> tuple[Occurrence, ...]:
    """The longest appointments that could give way, in order of start."""
    found = [
        each
        for day in days
        for each in day.appointments
        if each.kind not in _FIXED and not each.locked
    ]
    longest = sorted(found, key=lambda each: (-each.span.minutes, each.span, each.id))[:_OFFERED]
    return tuple(sorted(longest, key=lambda each: (each.span, each.id)))


def _message(first: date, slots: int) -> str:
    week = f"the week of {say_day(first)}"
    fact = f"There is more in your diary than {week} can hold."
    if slots == 0:
        return fact
    which = "1 slot" if slots == 1 else f"one of {slots} slots"
    return f"{fact} You could shorten, swap or drop {which}."


def _find(diary: Diary, policy: Policy) -> Iterator[Finding]:
    for first in diary.weeks:
        days = _working_days(first, diary)
        room = sum(contracted for _, _, contracted in days)
        over = sum(_asked(day, contracted, policy) for day, _, contracted in days) - room
        if over > 0:
            slots = _slots([day for day, _, _ in days])
            yield RULE.finding(
                policy,
                day=first,
                span=Interval(days[0][1].start, max(hours.end for _, hours, _ in days)),
                missing=over,
                event_ids=tuple(each.id for each in slots),
                message=_message(first, len(slots)),
            )


RULE = Rule(
    id="capacity",
    title="Workload",
    about="Whether your meetings, and the time kept around them, fit into your week.",
    cite="4.4.1, 3.1.2",
    lines="L1691-1696",
    severity=lambda policy: Severity.SHOULD,
    find=_find,
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
