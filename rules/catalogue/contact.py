"""No long stretch of working days without any team contact.

A team chat, a one-to-one, a time for appreciation, a talk about circumstances, a day in person and
an open virtual office are contact on the day they begin, and on each day that they take whole.
After each `contact_days` working days in a row without any, one team chat is missing. Leave and
days that are not worked do not count.
"""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from rules.cadence import takes_place
from rules.diary import Day, Diary
from rules.event import TEAM_KINDS, Kind, Occurrence, ScoredAs
from rules.finding import Example, Finding, Rule, Scope
from rules.interval import Interval
from rules.language import counted, later
from rules.policy import Policy
from rules.words import say_day
from rules.working_pattern import dates

_CONTACT = TEAM_KINDS | {Kind.VIRTUAL_OFFICE}


def contact_dates(diary: Diary) -> frozenset[date]:
    """The days on which the team has some of the leader's time."""
    found: set[date] = set()
    for each in diary.occurrences:
        if each.kind in _CONTACT and _is_there(each):
            found.update(_days_of(each, diary))
    return frozenset(found)


def _is_there(each: Occurrence) -> bool:
    if each.all_day or _is_open(each.kind):
        return takes_place(each)
    return each.scored_as is ScoredAs.APPOINTMENT


def _days_of(each: Occurrence, diary: Diary) -> Iterator[date]:
    if each.all_day:
        return dates(each.start, max(each.end, each.start + timedelta(days=1)))
    return iter((diary.pattern.day_of(each.span.start),))


def _is_open(kind: Kind | None) -> bool:
    """Shown as free, and contact all the same."""
    return kind is Kind.VIRTUAL_OFFICE


def _runs(diary: Diary) -> Iterator[Sequence[tuple[Day, Interval]]]:
    """Working days in a row without contact."""
    contacts, run = contact_dates(diary), list[tuple[Day, Interval]]()
    for day in diary.days:
        if day.date in contacts:
            yield run
            run = []
        elif day.window:
            run.append((day, day.window.span))
    yield run


def _find(diary: Diary, policy: Policy) -> Iterator[Finding]:
    for run in _runs(diary):
        missing = len(run) // (policy.contact_days + 1)
        if missing:
            (first, begins), (last, ends) = run[0], run[-1]
            yield RULE.finding(
                policy,
                day=first.date,
                span=Interval(begins.start, max(begins.end, ends.end)),
                missing=missing * policy.pod_minutes,
                message=counted(
                    "From %(first)s to %(last)s there are %(number)s working day without team time.",
                    "From %(first)s to %(last)s there are %(number)s working days without team time.",
                    len(run),
                    first=say_day(first.date),
                    last=say_day(last.date),
                ),
            )


RULE = Rule(
    id="contact",
    title=later("Contact with the team"),
    about=later("No long stretch of working days without any time for the team."),
    cite="4.5.2",
    lines="L2102-2109",
    find=_find,
    scope=Scope.WEEKS,
    examples=(
        Example("Mon-Fri 10:00-11:00 meeting"),
        Example("weeks 2; Fri 10:00-10:20 pod"),
        Example("weeks 2; Wed 10:00-10:30 one_to_one; Wed+1 10:00-16:00 virtual_office"),
        Example("weeks 2; Mon-Wed leave; Mon-Wed+1 leave"),
        Example("weeks 2; Mon+1 10:00-10:20 pod; set contact_days 5"),
        Example("weeks 2", (20,)),
        Example("weeks 2; Tue+1 10:00-10:20 pod", (20,)),
        Example("weeks 3; Mon 10:00-15:00 face_day; set pod_minutes 30", (60,)),
        Example("weeks 3; set contact_days 4; Fri+1 10:00-10:15 appreciation", (20, 20)),
    ),
)
