"""Team time at different times, for people with different patterns: off until somebody asks.

Of a period of `rotation_weeks` with at least three team chats, those begin in at least three
different halves of the week's days (before and after midday).
"""

from collections.abc import Iterator
from datetime import date, datetime
from zoneinfo import ZoneInfo

from rules.cadence import local_day, periods
from rules.diary import Diary, in_order
from rules.event import Kind, Occurrence, ScoredAs
from rules.finding import Example, Finding, Rule, Scope
from rules.interval import Interval
from rules.language import counted, later
from rules.policy import Policy
from rules.words import say_day

_DIFFERENT = 3

HalfDay = tuple[int, bool]
"""A weekday from Monday (0), and whether it is before midday."""


def half_day(moment: datetime, zone: ZoneInfo) -> HalfDay:
    """The half of a week's day in which a moment is, on the leader's clock."""
    local = moment.astimezone(zone)
    return local.weekday(), local.hour < 12


def _pods(diary: Diary, first: date, end: date) -> list[Occurrence]:
    return [
        each
        for each in in_order(diary.occurrences)
        if each.kind is Kind.POD
        and each.scored_as is ScoredAs.APPOINTMENT
        and first <= local_day(each, diary) < end
    ]


def _half_days(pods: list[Occurrence], diary: Diary) -> int:
    """At how many halves of a week's days they begin."""
    return len({half_day(each.span.start, diary.pattern.zone) for each in pods})


def _places(diary: Diary, policy: Policy) -> frozenset[date]:
    return frozenset(
        first
        for first, end in periods(diary, policy.rotation_weeks)
        if len(_pods(diary, first, end)) >= _DIFFERENT
    )


def _find(diary: Diary, policy: Policy) -> Iterator[Finding]:
    for first, end in periods(diary, policy.rotation_weeks):
        pods = _pods(diary, first, end)
        times = _half_days(pods, diary)
        if len(pods) >= _DIFFERENT > times:
            yield RULE.finding(
                policy,
                day=first,
                span=Interval(pods[0].span.start, max(each.span.end for each in pods)),
                missing=(_DIFFERENT - times) * policy.pod_minutes,
                event_ids=tuple(each.id for each in pods),
                message=counted(
                    "In the %(weeks)s weeks from %(day)s your team chats are at %(number)s time "
                    "of the week. People with another pattern may never be there.",
                    "In the %(weeks)s weeks from %(day)s your team chats are at %(number)s times "
                    "of the week. People with another pattern may never be there.",
                    times,
                    weeks=policy.rotation_weeks,
                    day=say_day(first),
                ),
            )


RULE = Rule(
    id="pod_rotation",
    title=later("Team time that takes turns"),
    about=later("Team chats on different days, so that everybody can be at some of them."),
    cite="5.2 2",
    lines="L2609-2614",
    find=_find,
    scope=Scope.WEEKS,
    places=_places,
    examples=(
        Example("weeks 4; Mon 10:00-10:20 pod; Mon+1 10:00-10:20 pod; Mon+2 10:00-10:20 pod"),
        Example(
            "weeks 4; Mon 10:00-10:20 pod; Tue+1 10:00-10:20 pod; Mon+2 14:00-14:20 pod;"
            "set pod_rotation_severity nudge"
        ),
        Example(
            "weeks 4; Mon 10:00-10:20 pod; Mon+1 10:00-10:20 pod; set pod_rotation_severity nudge"
        ),
        Example(
            "weeks 2; Mon 10:00-10:20 pod; Mon 11:00-11:20 pod; Mon+1 10:00-10:20 pod;"
            "set pod_rotation_severity nudge; set rotation_weeks 2",
            (40,),
        ),
        Example(
            "weeks 4; Mon 10:00-10:20 pod; Mon+1 10:00-10:20 pod; Mon+2 14:00-14:20 pod;"
            "set pod_rotation_severity nudge",
            (20,),
        ),
        Example(
            "weeks 4; Mon,Wed 10:00-10:30 pod; Mon+1 10:00-10:30 pod; Wed+3 10:00-10:30 pod;"
            "set pod_rotation_severity should; set pod_minutes 30",
            (30,),
        ),
    ),
)
