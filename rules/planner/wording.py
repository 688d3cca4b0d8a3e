"""What a change says to a leader: what it does, which recommendation it rests on, who is told."""

from zoneinfo import ZoneInfo

from rules.event import Kind
from rules.interval import Interval
from rules.words import say_count, say_day, say_minutes, say_span, say_time
from rules.working_pattern import local_date

HOLD_NAMES = {
    Kind.PROTECTED: "protected time",
    Kind.GAP: "time between meetings",
    Kind.BREAK: "a break",
    Kind.END_OF_DAY: "the end of your day",
    Kind.POD: "a team chat",
}
REASONS = {
    "gap": "time between meetings",
    "protected": "protected time",
    "pods": "team time",
    "break": "a break",
    "end_of_day": "a clear end to the day",
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


def say_reasons(rules: list[str]) -> str:
    """Which recommendations a change serves."""
    names = [REASONS[rule] for rule in rules if rule in REASONS]
    if not names:
        return ""
    joined = names[0] if len(names) == 1 else ", ".join(names[:-1]) + f" and {names[-1]}"
    return f" This makes room for {joined}."


def say_left(before: Interval, minutes: int, zone: ZoneInfo) -> str:
    """The alternative of not changing a meeting at all."""
    return f"Leaving it at {say_time(before.start, zone)}: {say_minutes(minutes)} less of these."


def say_only_shorter(minutes: int) -> str:
    """The alternative of ending a meeting early instead of moving it."""
    return f"Only ending it early: {say_minutes(minutes)} less of these."


def _told(people: int) -> str:
    if not people:
        return "Nobody else is told."
    verb = "is" if people == 1 else "are"
    return f"{say_count(people, 'person') if people == 1 else f'{people} people'} {verb} told."


def _day(span: Interval, zone: ZoneInfo) -> str:
    return say_day(local_date(span.start, zone))


def _at(span: Interval, zone: ZoneInfo) -> str:
    return f"{say_time(span.start, zone)} on {_day(span, zone)}"
