"""Team time of its own, and not at the tail of another meeting.

Before each team chat of a working day `gap_minutes` are clear. A chat that begins while another
meeting is on has none of them.
"""

from collections.abc import Iterator

from rules.diary import Day, Diary
from rules.event import Kind, Occurrence
from rules.finding import Example, Finding, Rule, instant_key
from rules.interval import Interval
from rules.language import later, text
from rules.policy import Policy
from rules.words import say_minutes, say_moment


def _find(diary: Diary, policy: Policy) -> Iterator[Finding]:
    for day in diary.days:
        for pod in day.appointments if day.window else ():
            clear = _clear(pod, day, policy) if pod.kind is Kind.POD else policy.gap_minutes
            if clear < policy.gap_minutes:
                yield RULE.finding(
                    policy,
                    day=day.date,
                    span=pod.span,
                    missing=policy.gap_minutes - clear,
                    event_ids=(pod.id,),
                    key=f"{instant_key(pod.span.start)}/{pod.id}",
                    message=_message(pod, clear, diary, policy),
                )


def _message(pod: Occurrence, clear: int, diary: Diary, policy: Policy) -> str:
    found = {
        "moment": say_moment(pod.span.start, diary.pattern.zone),
        "asked": say_minutes(policy.gap_minutes),
    }
    if not clear:
        return text(
            "The team chat at %(moment)s has no time clear before it. You could keep %(asked)s.",
            **found,
        )
    return text(
        "The team chat at %(moment)s has %(clear)s clear before it. You could keep %(asked)s.",
        clear=say_minutes(clear),
        **found,
    )


def _clear(pod: Occurrence, day: Day, policy: Policy) -> int:
    """The minutes clear before a chat, `gap_minutes` where nothing is before it that day."""
    before = [
        each.span.end
        for each in day.appointments
        if each is not pod and each.span.start <= pod.span.start
    ]
    latest = max(before, default=None)
    if latest is None:
        return policy.gap_minutes
    return Interval(min(latest, pod.span.start), pod.span.start).minutes


RULE = Rule(
    id="pod_apart",
    title=later("Team time of its own"),
    about=later("A team chat is not the tail of another meeting."),
    cite="5.2 1",
    lines="L2595-2597",
    find=_find,
    examples=(
        Example("Mon 09:00-10:00 mine; Mon 10:10-10:30 pod"),
        Example("Mon 10:00-10:20 pod; Mon 10:20-11:00 mine"),
        Example("Mon 09:00-10:00 own; Mon 10:00-10:20 pod"),
        Example("Mon 09:00-10:00 mine; Mon 10:00-10:30 one_to_one"),
        Example("Mon 09:00-10:00 mine; Mon 10:00-10:20 pod", (10,)),
        Example("Mon 09:00-10:00 mine; Mon 10:04-10:24 pod", (6,)),
        Example("Mon 09:00-10:00 mine; Mon 09:40-10:00 pod", (10,)),
        Example("Mon-Tue 09:00-10:00 mine; Mon-Tue 10:05-10:25 pod; set gap_minutes 15", (10, 10)),
    ),
)
