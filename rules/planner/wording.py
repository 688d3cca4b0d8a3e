"""What a change says to a leader: what it does, which recommendation it rests on, who is told."""

from collections.abc import Mapping, Sequence
from zoneinfo import ZoneInfo

from rules.event import Kind
from rules.interval import Interval
from rules.language import counted, later, text
from rules.words import say_day, say_list, say_minutes, say_moment, say_span, say_time
from rules.working_pattern import local_date

HOLD_NAMES = {
    Kind.PROTECTED: later("protected time"),
    Kind.GAP: later("time between meetings"),
    Kind.BREAK: later("a break"),
    Kind.END_OF_DAY: later("the end of your day"),
    Kind.POD: later("a team chat"),
    Kind.ONE_TO_ONE: later("a one-to-one"),
    Kind.APPRECIATION: later("a time to say thank you"),
    Kind.REVIEW: later("a talk about circumstances"),
    Kind.FACE_DAY: later("a team day in person"),
    Kind.LEARNING: later("time to learn"),
    Kind.CHECK_IN: later("a check-in of your own"),
}
REASONS = {
    "gap": later("time between meetings"),
    "protected": later("protected time"),
    "pods": later("team time"),
    "break": later("a meal break"),
    "end_of_day": later("a clear end of day"),
}
KEPT = {
    "protected": later("protected time"),
    "pods": later("team time"),
    "break": later("meal break"),
    "end_of_day": later("clear end of day"),
}
_LONGEST = 20
"""Words of the longest sentence."""
LESS = {
    "gap": later("time between meetings"),
    "protected": later("protected time"),
    "break": later("meal break"),
    "end_of_day": later("time at the end of the day"),
}


def say_new_hold(kind: Kind, span: Interval, zone: ZoneInfo) -> str:
    """A hold that is created."""
    return text(
        "Keep %(span)s on %(day)s for %(hold)s.",
        span=say_span(span, zone),
        day=_day(span, zone),
        hold=text(HOLD_NAMES[kind]),
    )


def say_moved_hold(kind: Kind, before: Interval, after: Interval, zone: ZoneInfo) -> str:
    """A hold that goes elsewhere."""
    return text(
        "Move %(hold)s from %(moment)s. Its new time is %(span)s on %(day)s.",
        hold=text(HOLD_NAMES[kind]),
        moment=say_moment(before.start, zone),
        span=say_span(after, zone),
        day=_day(after, zone),
    )


def say_removed_hold(kind: Kind, before: Interval, zone: ZoneInfo) -> str:
    """A hold that goes."""
    return text(
        "Give up the hold for %(hold)s at %(moment)s.",
        hold=text(HOLD_NAMES[kind]),
        moment=say_moment(before.start, zone),
    )


def say_shortened(before: Interval, after: Interval, people: int, zone: ZoneInfo) -> str:
    """A meeting that ends early."""
    said = text(
        "End the meeting at %(moment)s %(time)s early.",
        moment=say_moment(before.start, zone),
        time=say_minutes(before.minutes - after.minutes),
    )
    return f"{said} {_told(people)}"


def say_moved(before: Interval, after: Interval, people: int, zone: ZoneInfo) -> str:
    """A meeting at another time."""
    sentence = text(
        "Move the meeting at %(moment)s to %(time)s.",
        moment=say_moment(before.start, zone),
        time=say_time(after.start, zone),
    )
    if after.minutes < before.minutes:
        cut = say_minutes(before.minutes - after.minutes)
        sentence += " " + text("End it %(time)s early.", time=cut)
    return f"{sentence} {_told(people)}"


def say_reasons(rules: Sequence[str]) -> str:
    """Which recommendations a change serves. It ends the message of a meeting's change."""
    if not rules:
        return ""
    names = say_list([text(REASONS[rule]) for rule in rules])
    return " " + text("This makes room for %(things)s.", things=names)


def say_kept(rules: Sequence[str]) -> str:
    """What the other changes would take of what a day has now, but for this one."""
    if not rules:
        return ""
    names = say_list([text(KEPT[rule]) for rule in rules])
    return " " + text(
        "This keeps your %(things)s, beside the other changes of the day.", things=names
    )


def say_for_others() -> str:
    """The reason of a change without which the rest of the plan could not be."""
    return " " + text("This makes room for the other changes of the day.")


def say_left(before: Interval, less: Mapping[str, int], zone: ZoneInfo) -> str:
    """The alternative of not changing a meeting at all."""
    return _say_less(text("Leaving it at %(time)s:", time=say_time(before.start, zone)), less)


def say_only_shorter(less: Mapping[str, int]) -> str:
    """The alternative of ending a meeting early instead of moving it."""
    return _say_less(text("Only ending it early:"), less)


def _say_less(sentence: str, less: Mapping[str, int]) -> str:
    """Minutes lost, then won, in as few sentences as are short enough to read."""
    said, parts = [], 0
    for rule, each in sorted(less.items(), key=lambda item: item[1] < 0):
        part = _say_part(rule, each)
        more = text("%(sentence)s and %(part)s", sentence=sentence, part=part)
        if parts and len(more.split()) > _LONGEST:
            said.append(f"{sentence}.")
            sentence, parts = text("Also"), 0
        sentence = more if parts else f"{sentence} {part}"
        parts += 1
    return " ".join([*said, f"{sentence}."])


def _say_part(rule: str, minutes: int) -> str:
    values = {"time": say_minutes(abs(minutes)), "thing": text(LESS[rule])}
    if minutes > 0:
        return text("%(time)s less %(thing)s", **values)
    return text("%(time)s more %(thing)s", **values)


def _told(people: int) -> str:
    if not people:
        return text("Nobody else is told.")
    return counted("%(number)s person is told.", "%(number)s people are told.", people)


def _day(span: Interval, zone: ZoneInfo) -> str:
    return say_day(local_date(span.start, zone))
