"""A few small random weeks, as plain facts in minutes and as the diary that the rules read."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from rules.diary import Diary, in_order
from rules.event import Kind, Occurrence, ScoredAs, ShowAs
from rules.policy import Layer, Policy, override
from rules.working_pattern import parse_hours

LONDON = ZoneInfo("Europe/London")
FIRST_DAYS = (date(2026, 11, 23), date(2026, 6, 1), date(2026, 3, 23), date(2026, 10, 19))
"""Mondays of a winter week, a summer week, and the two weeks whose Sunday changes the clocks."""
HOURS = (
    "Mon-Fri 09:00-17:00",
    "Mon-Fri 09:00-13:00",
    "Mon 07:00-19:00; Wed 14:00-22:00; Sat 09:00-12:00",
    "Fri-Sun 22:00-06:00",
    "Mon-Tue 21:30-07:30; Thu 00:00-08:00; Sun 18:00-03:00",
    "Sat-Sun 23:00-11:00",
)
CLASSES = {
    "meeting": (ScoredAs.APPOINTMENT, None),
    "clinical": (ScoredAs.APPOINTMENT, Kind.CLINICAL),
    "pod": (ScoredAs.APPOINTMENT, Kind.POD),
    "one_to_one": (ScoredAs.APPOINTMENT, Kind.ONE_TO_ONE),
    "appreciation": (ScoredAs.APPOINTMENT, Kind.APPRECIATION),
    "review": (ScoredAs.APPOINTMENT, Kind.REVIEW),
    "face_day": (ScoredAs.APPOINTMENT, Kind.FACE_DAY),
    "own": (ScoredAs.OWN_TIME, None),
    "travel": (ScoredAs.OWN_TIME, Kind.TRAVEL),
    "check_in": (ScoredAs.OWN_TIME, Kind.CHECK_IN),
    "protected": (ScoredAs.HOLD, Kind.PROTECTED),
    "gap": (ScoredAs.HOLD, Kind.GAP),
    "break": (ScoredAs.HOLD, Kind.BREAK),
    "learning": (ScoredAs.HOLD, Kind.LEARNING),
    "virtual_office": (ScoredAs.NONE, Kind.VIRTUAL_OFFICE),
    "nothing": (ScoredAs.NONE, None),
}
TEAM = frozenset({"pod", "one_to_one", "appreciation", "review", "face_day"})
APPOINTMENTS = TEAM | {"meeting", "clinical"}
OWN = ("own", "travel", "check_in")
ASKED_FOR = {"pod_rotation_severity": "nudge", "learning_severity": "nudge"}
"""Rules that are off until somebody asks for them."""


@dataclass(frozen=True)
class Fact:
    """An event: what it is, minutes from the week's first midnight in UTC, and its length."""

    word: str
    start: int
    length: int

    @property
    def end(self) -> int:
        return self.start + self.length

    @property
    def minutes(self) -> range:
        return range(self.start, self.end)


@dataclass(frozen=True)
class World:
    """Weeks from a Monday on, in plain values; `leave` are numbers of days."""

    first: date
    hours: str
    facts: tuple[Fact, ...]
    leave: frozenset[int]
    settings: tuple[tuple[str, int], ...]
    weeks: int = 1

    @property
    def policy(self) -> Policy:
        return override(Policy(), ASKED_FOR | dict(self.settings), Layer.LEADER)

    @property
    def diary(self) -> Diary:
        midnight = datetime.combine(self.first, time(), UTC)
        timed = [occurrence(index, fact, midnight) for index, fact in enumerate(self.facts)]
        away = [all_day(self.first + timedelta(days=day)) for day in sorted(self.leave)]
        pattern = parse_hours(self.hours, LONDON)
        end = self.first + timedelta(weeks=self.weeks)
        return Diary(in_order([*timed, *away]), pattern, self.first, end)


def occurrence(index: int, fact: Fact, midnight: datetime) -> Occurrence:
    scored_as, kind = CLASSES[fact.word]
    start = midnight + timedelta(minutes=fact.start)
    end = start + timedelta(minutes=fact.length)
    return Occurrence(f"event-{index:03}", start, end, scored_as, kind=kind)


def all_day(day: date) -> Occurrence:
    tomorrow = day + timedelta(days=1)
    return Occurrence(f"away-{day}", day, tomorrow, ScoredAs.NONE, show_as=ShowAs.OOF)


STEPS = (-30, -5, 0, 0, 5, 9, 10, 11, 15, 30, 60)
"""Minutes from one event's end to the next one's start."""
LENGTHS = (0, 5, 20, 30, 45, 50, 60, 60, 90, 120)
DAYS = (-1, 0, 0, 0, 0, 1, 2, 5, 6, 6, 6, 7, 7, 8, 11, 14, 15, 20)


def facts(words: tuple[str, ...]) -> st.SearchStrategy[Fact]:
    """Single events, that crowd into two days and their neighbours, on a coarse grid and off it."""
    clock = st.one_of(st.integers(0, 47).map(lambda half: half * 30), st.integers(0, 1439))
    length = st.one_of(st.sampled_from(LENGTHS), st.integers(0, 300))
    return st.builds(
        lambda word, day, start, length: Fact(word, day * 1440 + start, length),
        st.sampled_from(words),
        st.sampled_from(DAYS),
        clock,
        length,
    )


def _chain(start: int, links: list[tuple[str, int, int]]) -> list[Fact]:
    found: list[Fact] = []
    for word, step, length in links:
        found.append(Fact(word, start + step, length))
        start = found[-1].end
    return found


def chains(words: tuple[str, ...]) -> st.SearchStrategy[list[Fact]]:
    """Events one after the other from some half hour on: touching, overlapping, or a little apart."""
    start = st.builds(
        lambda day, half: day * 1440 + half * 30, st.sampled_from(DAYS), st.integers(14, 47)
    )
    links = st.tuples(st.sampled_from(words), st.sampled_from(STEPS), st.sampled_from(LENGTHS))
    return st.builds(_chain, start, st.lists(links, min_size=2, max_size=8))


settings = st.fixed_dictionaries(
    {},
    optional={
        "gap_minutes": st.integers(10, 30),
        "protected_minutes": st.sampled_from((30, 60, 120, 240)),
        "protected_piece": st.sampled_from((30, 45, 60, 120)),
        "pods_per_week": st.integers(1, 5),
        "pod_minutes": st.sampled_from((15, 20, 25, 30)),
        "break_minutes": st.sampled_from((20, 30, 60)),
        "end_of_day_minutes": st.sampled_from((0, 10, 30)),
        "long_run_minutes": st.sampled_from((60, 61, 90, 180)),
        "open_minutes": st.sampled_from((0, 30, 60, 120)),
        "long_day_minutes": st.sampled_from((0, 30, 60, 240)),
        "contact_days": st.integers(1, 10),
        "reports": st.integers(0, 3),
        "one_to_one_weeks": st.integers(1, 4),
        "one_to_one_minutes": st.sampled_from((15, 30)),
        "appreciation_weeks": st.integers(1, 3),
        "face_day_weeks": st.integers(0, 3),
        "face_day_minutes": st.sampled_from((60, 120)),
        "learning_weeks": st.integers(1, 3),
        "learning_minutes": st.sampled_from((30, 60)),
        "rotation_weeks": st.integers(2, 4),
    },
).map(lambda found: tuple(found.items()))


def worlds(words: tuple[str, ...] = tuple(CLASSES)) -> st.SearchStrategy[World]:
    """Weeks with two runs of events and a few more, of the given words."""
    always_there: frozenset[int] = frozenset()
    leave = st.one_of(st.just(always_there), st.frozensets(st.integers(0, 20), max_size=3))
    return st.builds(
        World,
        st.sampled_from(FIRST_DAYS),
        st.sampled_from(HOURS),
        st.builds(
            lambda one, two, more: (*one, *two, *more),
            chains(words),
            chains(words),
            st.lists(facts(words), max_size=4),
        ),
        leave,
        settings,
        st.sampled_from((1, 1, 2, 3)),
    )
