"""The nine rules again, minute by minute on strips of text: slow, plain, and sharing no code.

A day's window is a string with one letter a minute, so a stretch is a match of a pattern. Moments
are minutes from the week's first midnight in UTC.
"""

import re
from collections import defaultdict
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from tests.rules.worlds import APPOINTMENTS, Fact, World

LONDON = ZoneInfo("Europe/London")
NAMES = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
DEFAULTS = {
    "gap_minutes": 10,
    "protected_minutes": 120,
    "protected_piece": 60,
    "pods_per_week": 1,
    "pod_minutes": 20,
    "break_minutes": 30,
    "end_of_day_minutes": 10,
}


class Grid:
    """One week, worked out from its plain facts."""

    def __init__(self, world: World) -> None:
        self.first = world.first
        self.leave = world.leave
        self.asks = DEFAULTS | dict(world.settings)
        self.shifts = read_hours(world.hours)
        self.facts = world.facts
        self.meetings = sorted(
            (fact for fact in world.facts if fact.word in APPOINTMENTS),
            key=lambda fact: (fact.start, fact.end),
        )
        self.midnights = [self.at(day, 0) for day in range(-3, 11)]
        self.by_day: dict[int, list[Fact]] = defaultdict(list)
        for fact in self.meetings:
            self.by_day[self.day_of(fact.start)].append(fact)

    def at(self, day: int, clock: int) -> int:
        """The moment of a wall-clock minute of a day, the first where there are two."""
        wall = datetime.combine(self.first + timedelta(days=day), time(clock // 60, clock % 60))
        offset = wall.replace(tzinfo=LONDON).utcoffset()
        assert offset is not None
        return day * 1440 + clock - int(offset.total_seconds()) // 60

    def hours(self, day: int) -> tuple[int, int, int] | None:
        """First minute, end and paid minutes of a day's shift, leave or not."""
        shift = self.shifts.get(day % 7)
        if shift is None:
            return None
        start, end = shift
        length = (end - start) % 1440
        later = day + (end <= start)
        return self.at(day, start), self.at(later, end), length - 30 * (length > 360)

    def worked(self) -> dict[int, tuple[int, int, int]]:
        """The working days of the week."""
        found = {day: self.hours(day) for day in range(7) if day not in self.leave}
        return {day: hours for day, hours in found.items() if hours}

    def day_of(self, moment: int) -> int:
        """The day whose shift holds a moment, else its local day."""
        local = sum(midnight <= moment for midnight in self.midnights) - 4
        for day in (local, local - 1):
            hours = self.hours(day)
            if hours and hours[0] <= moment < hours[1]:
                return day
        return local

    def strip(self, start: int, end: int) -> str:
        """M for a minute in a meeting, P for protected without one, a dot for any other."""
        return "".join(self.letter(minute) for minute in range(start, end))

    def letter(self, minute: int) -> str:
        here = {fact.word for fact in self.facts if fact.start <= minute < fact.end}
        if here & APPOINTMENTS:
            return "M"
        return "P" if "protected" in here else "."

    def gap(self) -> list[int]:
        asked = self.asks["gap_minutes"]
        free = [
            fact.start - max(before.end for before in day[:index])
            for number in self.worked()
            for day in [self.by_day[number]]
            for index, fact in enumerate(day)
            if index
        ]
        return [asked - minutes for minutes in free if 0 <= minutes < asked]

    def overlap(self) -> list[int]:
        """A zero for each group of two or more that share time."""
        groups = []
        for number in self.worked():
            rest = list(self.by_day[number])
            while rest:
                members, grown = [rest.pop(0)], True
                while grown:
                    more = [x for x in rest if any(shares(one, x) for one in members)]
                    grown = bool(more)
                    members += more
                    rest = [x for x in rest if not any(x is one for one in members)]
                groups.append(members)
        return [0 for members in groups if len(members) > 1]

    def protected(self) -> list[int]:
        found = []
        for start, end, paid in self.worked().values():
            target = round_half_up_to_5(self.asks["protected_minutes"] * paid / 450)
            shortest = min(self.asks["protected_piece"], target)
            pieces = [len(piece) for piece in re.findall("P+", self.strip(start, end))]
            found.append(max(0, target - sum(x for x in pieces if x >= shortest)))
        return [missing for missing in found if missing]

    def pods(self) -> list[int]:
        if not self.worked():
            return []
        week = range(self.at(0, 0), self.at(7, 0))
        had = sum(fact.word == "pod" and fact.start in week for fact in self.facts)
        missing = max(0, self.asks["pods_per_week"] - had) * self.asks["pod_minutes"]
        return [missing] if missing else []

    def break_(self) -> list[int]:
        found = []
        for day, (start, end, _) in self.worked().items():
            if end - start <= 360:
                continue
            middle = start + (end - start - 180) / 2
            inside = (middle, middle + 180)
            for usual in (day + 1, day):
                lunch = self.at(usual, 11 * 60 + 30), self.at(usual, 14 * 60 + 30)
                if start <= lunch[0] and lunch[1] <= end:
                    inside = lunch
            strip = self.strip(int(inside[0]), int(inside[1]))
            longest = max(map(len, re.findall(r"\.+", strip)), default=0)
            found.append(max(0, self.asks["break_minutes"] - longest))
        return [missing for missing in found if missing]

    def end_of_day(self) -> list[int]:
        found = []
        for day, (_, end, _) in self.worked().items():
            last_minutes = range(end - self.asks["end_of_day_minutes"], end)
            begun = [fact for fact in self.by_day[day] if fact.start < end]
            found.append(sum(any(fact.end > x for fact in begun) for x in last_minutes))
        return [missing for missing in found if missing]

    def after_hours(self) -> list[int]:
        found = []
        for day in self.worked():
            near = [each for each in (day - 1, day, day + 1) if each not in self.leave]
            hours = [span for each in near if (span := self.hours(each))]
            minutes = covered(self.by_day[day])
            for start, end, _ in hours:
                minutes -= set(range(start, end))
            found.append(len(minutes))
        return [missing for missing in found if missing]

    def on_leave(self) -> list[int]:
        return [len(covered(self.by_day[day])) for day in sorted(self.leave) if self.by_day[day]]

    def capacity(self) -> list[int]:
        over = 0
        for day, (_, _, paid) in self.worked().items():
            meetings = self.by_day[day]
            pairs = sum(
                fact.start >= max(before.end for before in meetings[:index])
                for index, fact in enumerate(meetings)
                if index
            )
            over += len(covered(meetings)) + pairs * self.asks["gap_minutes"]
            over += round_half_up_to_5(self.asks["protected_minutes"] * paid / 450)
            over += self.asks["end_of_day_minutes"] - paid
        return [over] if over > 0 else []


def shares(one: Fact, two: Fact) -> bool:
    """Whether the later of two begins while the earlier goes on."""
    early, late = sorted((one, two), key=lambda fact: (fact.start, fact.end))
    return late.start < early.end


def covered(facts: list[Fact]) -> set[int]:
    return {minute for fact in facts for minute in range(fact.start, fact.end)}


def round_half_up_to_5(minutes: float) -> int:
    return 5 * int(minutes / 5 + 0.5)


def read_hours(text: str) -> dict[int, tuple[int, int]]:
    """Start and end, in minutes of the day, for each day of the week that is worked."""
    found = {}
    for days, start, end in re.findall(r"(\S+) (\d\d:\d\d)-(\d\d:\d\d)", text):
        first, _, last = days.partition("-")
        for day in range(NAMES.index(first), NAMES.index(last or first) + 1):
            found[day] = (clock(start), clock(end))
    return found


def clock(text: str) -> int:
    hour, minute = text.split(":")
    return int(hour) * 60 + int(minute)
