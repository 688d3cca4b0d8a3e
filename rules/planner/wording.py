"""What a change says to a leader: what it does, which recommendation it rests on, who is told."""

from collections.abc import Mapping, Sequence
from zoneinfo import ZoneInfo

from rules.event import Kind
from rules.interval import Interval
from rules.words import say_count, say_day, say_list, say_minutes, say_span, say_time
from rules.working_pattern import local_date

HOLD_NAMES = {
    Kind.PROTECTED: "protected time",
    Kind.GAP: "time between meetings",
    Kind.BREAK: "a break",
    Kind.END_OF_DAY: "the end of your day",
    Kind.POD: "a team chat",
    Kind.ONE_TO_ONE: "a one-to-one",
    Kind.APPRECIATION: "a time to say thank you",
    Kind.REVIEW: "a talk about circumstances",
    Kind.FACE_DAY: "a team day in person",
    Kind.LEARNING: "time to learn",
    Kind.CHECK_IN: "a check-in of your own",
}
REASONS = {
    "gap": "time between meetings",
    "protected": "protected time",
    "pods": "team time",
    "break": "a meal break",
    "end_of_day": "a clear end of day",
}
KEPT = {
    "protected": "protected time",
    "pods": "team time",
    "break": "meal break",
    "end_of_day": "clear end of day",
}
_LONGEST = 20
"""Words of the longest sentence."""
LESS = {
    "gap": "time between meetings",
    "protected": "protected time",
    "break": "meal break",
    "end_of_day": "time at the end of the day",
}


def say_new_hold(kind: Kind, span: Interval, zone: ZoneInfo) -> str:
    """A hold that is created."""
    return f"Keep {say_span(span, zone)} on {_day(span, zone)} for {HOLD_NAMES[kind]}."


def say_moved_hold(kind: Kind, before: Interval, after: Interval, zone: ZoneInfo) -> str:
    """A hold that goes elsewhere."""
    return (
        f"Move {HOLD_NAMES[kind]} from {say_time(before.start, zone)} on {_day(before, zone)}. "
        f"Its new time is {say_span(after, zone)} on {_day(after, zone)}."
    )


def say_removed_hold(kind: Kind, before: Interval, zone: ZoneInfo) -> str:
    """A hold that goes."""
    return f"Give up the hold for {HOLD_NAMES[kind]} at {_at(before, zone)}."


def say_shortened(before: Interval, after: Interval, people: int, zone: ZoneInfo) -> str:
    """A meeting that ends early."""
    cut = say_minutes(before.minutes - after.minutes)
    return f"End the meeting at {_at(before, zone)} {cut} early. {_told(people)}"


def say_moved(before: Interval, after: Interval, people: int, zone: ZoneInfo) -> str:
    """A meeting at another time."""
    sentence = f"Move the meeting at {_at(before, zone)} to {say_time(after.start, zone)}."
    if after.minutes < before.minutes:
        sentence += f" End it {say_minutes(before.minutes - after.minutes)} early."
    return f"{sentence} {_told(people)}"


def say_reasons(rules: Sequence[str]) -> str:
    """Which recommendations a change serves. It ends the message of a meeting's change."""
    return f" This makes room for {say_list([REASONS[rule] for rule in rules])}." if rules else ""


def say_kept(rules: Sequence[str]) -> str:
    """What the other changes would take of what a day has now, but for this one."""
    if not rules:
        return ""
    names = say_list([KEPT[rule] for rule in rules])
    return f" This keeps your {names}, beside the other changes of the day."


def say_for_others() -> str:
    """The reason of a change without which the rest of the plan could not be."""
    return " This makes room for the other changes of the day."


def say_left(before: Interval, less: Mapping[str, int], zone: ZoneInfo) -> str:
    """The alternative of not changing a meeting at all."""
    return _say_less(f"Leaving it at {say_time(before.start, zone)}:", less)


def say_only_shorter(less: Mapping[str, int]) -> str:
    """The alternative of ending a meeting early instead of moving it."""
    return _say_less("Only ending it early:", less)


def _say_less(sentence: str, less: Mapping[str, int]) -> str:
    """Minutes lost, then won, in as few sentences as are short enough to read."""
    said, parts = [], 0
    for rule, each in sorted(less.items(), key=lambda item: item[1] < 0):
        part = f"{say_minutes(abs(each))} {'less' if each > 0 else 'more'} {LESS[rule]}"
        if parts and len(f"{sentence} and {part}".split()) > _LONGEST:
            said.append(f"{sentence}.")
            sentence, parts = "Also", 0
        sentence += f" and {part}" if parts else f" {part}"
        parts += 1
    return " ".join([*said, f"{sentence}."])


def _told(people: int) -> str:
    if not people:
        return "Nobody else is told."
    verb = "is" if people == 1 else "are"
    return f"{say_count(people, 'person') if people == 1 else f'{people} people'} {verb} told."


def _day(span: Interval, zone: ZoneInfo) -> str:
    return say_day(local_date(span.start, zone))


def _at(span: Interval, zone: ZoneInfo) -> str:
    return f"{say_time(span.start, zone)} on {_day(span, zone)}"
