"""The rules again, minute by minute on strips of text: slow, plain, and sharing no code.

A day's window is a string with one letter a minute, so a stretch is a match of a pattern. Moments
are minutes from the week's first midnight in UTC.
"""

import re
from collections import defaultdict
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from tests.rules.worlds import APPOINTMENTS, TEAM, Fact, World

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
    "long_run_minutes": 90,
    "open_minutes": 60,
    "long_day_minutes": 60,
    "contact_days": 5,
    "reports": 0,
    "one_to_one_weeks": 2,
    "one_to_one_minutes": 30,
    "appreciation_weeks": 4,
    "appreciation_minutes": 15,
    "review_weeks": 26,
    "review_minutes": 45,
    "face_day_weeks": 13,
    "face_day_minutes": 120,
    "learning_weeks": 4,
    "learning_minutes": 60,
    "rotation_weeks": 4,
}


class Grid:
    """Some weeks, worked out from their plain facts."""

    def __init__(self, world: World) -> None:
        self.first, self.weeks = world.first, world.weeks
        self.leave = world.leave
        self.asks = DEFAULTS | dict(world.settings)
        self.shifts = read_hours(world.hours)
        self.facts = world.facts
        self.meetings = sorted(
            (fact for fact in world.facts if fact.word in APPOINTMENTS),
            key=lambda fact: (fact.start, fact.end),
        )
        self.midnights = [self.at(day, 0) for day in range(-3, 7 * world.weeks + 30)]
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
        """The working days."""
        days = range(7 * self.weeks)
        found = {day: self.hours(day) for day in days if day not in self.leave}
        return {day: hours for day, hours in found.items() if hours}

    def day_of(self, moment: int) -> int:
        """The day whose shift holds a moment, else its local day."""
        local = self.local_day(moment)
        for day in (local, local - 1):
            hours = self.hours(day)
            if hours and hours[0] <= moment < hours[1]:
                return day
        return local

    def local_day(self, moment: int) -> int:
        return sum(midnight <= moment for midnight in self.midnights) - 4

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
        weekly = self.asks["pods_per_week"]
        return self.cadence("pod", 1, weekly, self.asks["pod_minutes"])

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
        for day in range(7 * self.weeks):
            if day in self.leave:
                continue
            near = [each for each in (day - 1, day, day + 1) if each not in self.leave]
            hours = [span for each in near if (span := self.hours(each))]
            minutes = covered(self.by_day[day])
            for start, end, _ in hours:
                minutes -= set(range(start, end))
            found.append(len(minutes))
        return [missing for missing in found if missing]

    def on_leave(self) -> list[int]:
        days = [day for day in sorted(self.leave) if day < 7 * self.weeks]
        return [len(covered(self.by_day[day])) for day in days if self.by_day[day]]

    def capacity(self) -> list[int]:
        over = [self.over(week) for week in range(self.weeks)]
        return [minutes for minutes in over if minutes > 0]

    def over(self, week: int) -> int:
        over = 0
        for day, (_, _, paid) in self.worked().items():
            if day // 7 != week:
                continue
            meetings = self.by_day[day]
            pairs = sum(
                fact.start >= max(before.end for before in meetings[:index])
                for index, fact in enumerate(meetings)
                if index
            )
            over += len(covered(meetings)) + pairs * self.asks["gap_minutes"]
            over += round_half_up_to_5(self.asks["protected_minutes"] * paid / 450)
            over += self.asks["end_of_day_minutes"] - paid
        return over

    def long_run(self) -> list[int]:
        found = []
        for day in self.worked():
            for length in self.stretches(day):
                pauses = 0
                while length > self.asks["long_run_minutes"] * (pauses + 1):
                    pauses += 1
                found.append(pauses * self.asks["gap_minutes"])
        return [missing for missing in found if missing]

    def no_pause(self) -> list[int]:
        crowded = [day for day in self.worked() if len(self.by_day[day]) >= 3]
        return [self.asks["gap_minutes"] for day in crowded if len(self.stretches(day)) == 1]

    def stretches(self, day: int) -> list[int]:
        """How long meetings go on without a pause."""
        found, rest = [], list(self.by_day[day])
        while rest:
            members, grown = [rest.pop(0)], True
            while grown:
                more = [x for x in rest if any(self.is_near(x, one) for one in members)]
                grown = bool(more)
                members += more
                rest = [x for x in rest if not any(x is one for one in members)]
            found.append(max(x.end for x in members) - min(x.start for x in members))
        return found

    def is_near(self, one: Fact, two: Fact) -> bool:
        return max(one.start, two.start) - min(one.end, two.end) < self.asks["gap_minutes"]

    def open_time(self) -> list[int]:
        found = []
        for start, end, _ in self.worked().values():
            free = [each for each in range(start, end) if self.letter(each) != "M"]
            quiet = {"protected", "learning"}
            left = [
                x for x in free if not any(f.word in quiet and x in f.minutes for f in self.facts)
            ]
            found.append(min(self.asks["open_minutes"], len(free)) - len(left))
        return [missing for missing in found if missing > 0]

    def pod_apart(self) -> list[int]:
        found = []
        for day in self.worked():
            for pod in self.by_day[day]:
                others = [x for x in self.by_day[day] if x is not pod and x.start <= pod.start]
                if pod.word == "pod" and others:
                    clear = max(0, pod.start - max(x.end for x in others))
                    found.append(max(0, self.asks["gap_minutes"] - clear))
        return [missing for missing in found if missing]

    def contact(self) -> list[int]:
        meets = TEAM | {"virtual_office"}
        days = {self.day_of(fact.start) for fact in self.facts if fact.word in meets}
        text = ""
        for day in range(7 * self.weeks):
            text += "+" if day in days else "-" if day in self.worked() else ""
        lengths = [len(run) for run in re.findall("-+", text)]
        asked = self.asks["contact_days"] + 1
        return [length // asked * self.asks["pod_minutes"] for length in lengths if length >= asked]

    def cadence(
        self, word: str, weeks: int, wanted: int, minutes: int, shortest: int = 0
    ) -> list[int]:
        found = []
        for first in range(0, self.weeks - weeks + 1, weeks) if weeks else ():
            days = range(7 * first, 7 * (first + weeks))
            had = sum(
                fact.word == word and fact.length >= shortest and self.local_day(fact.start) in days
                for fact in self.facts
            )
            worked = any(day in self.worked() for day in days)
            found.append(max(0, wanted - had) * minutes if worked else 0)
        return [missing for missing in found if missing]

    def of(self, word: str, name: str, wanted: int, shortest: int = 0) -> list[int]:
        weeks, minutes = self.asks[f"{name}_weeks"], self.asks[f"{name}_minutes"]
        return self.cadence(word, weeks, wanted, minutes, shortest)

    def one_to_ones(self) -> list[int]:
        return self.of("one_to_one", "one_to_one", self.asks["reports"])

    def appreciation(self) -> list[int]:
        return self.of("appreciation", "appreciation", 1)

    def reviews(self) -> list[int]:
        return self.of("review", "review", self.asks["reports"])

    def face_days(self) -> list[int]:
        return self.of("face_day", "face_day", 1, self.asks["face_day_minutes"])

    def learning(self) -> list[int]:
        return self.of("learning", "learning", 1, self.asks["learning_minutes"])

    def long_days(self) -> list[int]:
        found = []
        for week in range(self.weeks):
            beyond = []
            for day, (start, end, _) in self.worked().items():
                meetings = self.by_day[day]
                if day // 7 == week and meetings:
                    last = max(fact.end for fact in meetings)
                    beyond.append(last - meetings[0].start - (end - start))
            long = [minutes for minutes in beyond if minutes > self.asks["long_day_minutes"]]
            found.append(sum(long) if len(long) > 1 else 0)
        return [missing for missing in found if missing]

    def pod_rotation(self) -> list[int]:
        weeks, found = self.asks["rotation_weeks"], []
        for first in range(0, self.weeks - weeks + 1, weeks):
            days = range(7 * first, 7 * (first + weeks))
            halves = [
                (day % 7, fact.start < self.at(day, 12 * 60))
                for fact in self.facts
                if fact.word == "pod" and (day := self.local_day(fact.start)) in days
            ]
            missing = 3 - len(set(halves)) if len(halves) >= 3 else 0
            worked = any(day in self.worked() for day in days)
            found.append(max(0, missing) * self.asks["pod_minutes"] if worked else 0)
        return [missing for missing in found if missing]


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
