"""Team time, every week.

Each team contact missing in a week that has a working day in the diary's window is its length
missing. Contacts anywhere in that week, Monday to Sunday, count; they need no online link and
nobody's attendance is read.
"""

from collections.abc import Iterator
from datetime import date, timedelta

from rules.diary import Diary
from rules.finding import Example, Finding, Rule, Scope, working_weeks
from rules.interval import Interval
from rules.language import later, text
from rules.policy import Policy
from rules.words import say_count, say_day, say_so_far


def _working_span(first: date, diary: Diary) -> Interval:
    """From the first to the last working hour of a week, as far as the diary's window goes."""
    days = [day for day in diary.days if first <= day.date < first + timedelta(days=7)]
    windows = [day.window.span for day in days if day.window]
    return Interval(windows[0].start, max(window.end for window in windows))


def _message(first: date, had: int, policy: Policy) -> str:
    return text(
        "The week of %(week)s has %(had)s. Your settings ask for %(asked)s.",
        week=say_day(first),
        had=say_so_far(had, "team chat"),
        asked=say_count(policy.pods_per_week, "team chat"),
    )


def _find(diary: Diary, policy: Policy) -> Iterator[Finding]:
    for first in diary.weeks:
        pods = diary.pods(first)
        if len(pods) < policy.pods_per_week:
            yield RULE.finding(
                policy,
                day=first,
                span=_working_span(first, diary),
                missing=(policy.pods_per_week - len(pods)) * policy.pod_minutes,
                event_ids=tuple(pod.id for pod in pods),
                message=_message(first, len(pods), policy),
            )


RULE = Rule(
    id="pods",
    title=later("Team time"),
    about=later("Regular time in the diary to talk with the team, as part of the work."),
    cite="5.3 1(i)",
    lines="L2689-2691",
    find=_find,
    scope=Scope.WEEK,
    places=working_weeks,
    planned=True,
    examples=(
        Example("Wed 10:00-10:20 pod"),
        Example("Sat 10:00-10:20 pod"),
        Example("Fri 18:00-18:20 pod; Fri leave"),
        Example("hours Sat-Sun off"),
        Example("Mon-Fri leave"),
        Example("Mon 10:00-10:20 pod; Wed 10:00-10:20 pod; set pods_per_week 2"),
        Example("Mon 10:00-11:00 meeting", (20,)),
        Example("Mon 10:00-10:20 pod; set pods_per_week 3", (40,)),
        Example("Mon 10:00-10:30 one_to_one; set pod_minutes 30", (30,)),
        Example("Mon 10:00-16:00 virtual_office", (20,)),
    ),
)
