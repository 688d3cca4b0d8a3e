"""Where a diary still has room for protected time: what a digest can say before anything is planned."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from rules.catalogue import protected
from rules.diary import Day, Diary, break_span
from rules.event import Kind
from rules.interval import Interval, subtract
from rules.policy import Policy
from rules.working_pattern import Window


@dataclass(frozen=True, slots=True)
class Room:
    """A working day that is not over: whether the time that the settings ask for finds room in it.

    `target` is that time in minutes. `free` is the longest free stretch from now on that is long
    enough for a piece of it, None where there is none or nothing is missing.
    """

    day: date
    target: int
    has_room: bool
    free: Interval | None


def rooms(diary: Diary, policy: Policy, now: datetime) -> tuple[Room, ...]:
    """The working days of the window from now on, with the room that each has."""
    missing = {each.day: each.missing for each in protected.RULE.find(diary, policy)}
    return tuple(
        _room(day, diary, policy, now, missing.get(day.date, 0))
        for day in diary.days
        if day.window and day.window.span.end > now
    )


def _window(day: Day) -> Window:
    if day.window is None:
        raise ValueError("a day that is not worked has no room")
    return day.window


def _room(day: Day, diary: Diary, policy: Policy, now: datetime, missing: int) -> Room:
    window = _window(day)
    target = policy.protected_target(window.contracted)
    shortest = min(policy.protected_piece, target)
    stretches = [each for each in _free(day, now) if each.minutes >= shortest]
    spare = sum(each.minutes for each in stretches) - _for_break(day, diary, policy)
    longest = max(stretches, key=lambda each: (each.minutes, each.end), default=None)
    return Room(
        day=day.date,
        target=target,
        has_room=spare >= missing,
        free=_piece(longest, target) if missing and longest else None,
    )


def _free(day: Day, now: datetime) -> Iterator[Interval]:
    """What nothing lies on: on a hold of its own kind nobody is asked to put another."""
    taken = [each.span for each in (*day.appointments, *day.around)]
    inside = _window(day).span
    yield from subtract([Interval(max(inside.start, now), inside.end)], taken)


def _for_break(day: Day, diary: Diary, policy: Policy) -> int:
    """Minutes of free time that are left for a break, which has no hold yet."""
    if break_span(_window(day), policy, diary.pattern) is None or day.holds(Kind.BREAK):
        return 0
    return policy.break_minutes


def _piece(longest: Interval, target: int) -> Interval:
    """As much of a stretch as is asked for, from its beginning."""
    return Interval(longest.start, min(longest.end, longest.start + timedelta(minutes=target)))
