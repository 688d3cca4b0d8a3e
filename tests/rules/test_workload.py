"""The ledger adds up: to a count of every minute, and to the hours of the week."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.example import MONDAY, read_example
from rules.policy import Layer, Policy, override
from rules.working_pattern import parse_hours
from rules.workload import ORDER, TEAM, Ledger, Work, ledger
from tests.rules.grid import Grid
from tests.rules.worlds import CLASSES, OWN, Fact, World, facts, worlds

LONDON = ZoneInfo("Europe/London")
NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
LETTERS = {"meeting": "meeting", "clinical": "clinical"} | {
    word: word for word in CLASSES if word in {each.value for each in Work}
}


def of(text: str, now: datetime = NOON) -> Ledger:
    diary, policy = read_example(text)
    return ledger(diary, policy, now)


def counted(world: World, week: int, now: int) -> dict[str, list[int]]:
    """Minute by minute, before and from `now` on, with what is open and outside the hours."""
    grid = Grid(world)
    hours = {minute for start, end, _ in grid.worked().values() for minute in range(start, end)}
    order = [each.value for each in ORDER]
    found = {each: [0, 0] for each in [*order, "open", "outside"]}
    lines: dict[int, set[str]] = {}
    for fact in world.facts:
        for minute in fact.minutes if fact.word in LETTERS else ():
            lines.setdefault(minute, set()).add(LETTERS[fact.word])
    for minute in range(begin(grid, 7 * week), begin(grid, 7 * week + 7)):
        here = lines.get(minute, set())
        line = next((each for each in order if each in here), None)
        if line is not None:
            found[line][minute >= now] += 1
            found["outside"][0] += minute not in hours
        elif minute in hours:
            found["open"][0] += 1
    return found


def begin(grid: Grid, day: int) -> int:
    """A Monday's midnight, or the end of a shift over it."""
    shift = None if day - 1 in grid.leave else grid.hours(day - 1)
    return max(grid.at(day, 0), shift[1]) if shift else grid.at(day, 0)


@given(worlds(), st.integers(-1440, 3 * 10080))
def test_every_minute_has_one_line(world: World, now: int) -> None:
    midnight = datetime.combine(world.first, time(), UTC)
    made = ledger(world.diary, world.policy, midnight + timedelta(minutes=now))
    assert len(made.weeks) == world.weeks
    for number, week in enumerate(made.weeks):
        expected = counted(world, number, now)
        lines = {each.work.value: [each.held, each.planned] for each in week.lines}
        told = {**lines, "open": [week.open, 0], "outside": [week.outside, 0]}
        assert told == expected
        assert sum(each.minutes for each in week.lines) + week.open == week.hours + week.outside


@given(worlds(tuple(set(CLASSES) - set(OWN))), st.lists(facts(OWN), min_size=1, max_size=6))
def test_own_time_changes_nothing(world: World, own: list[Fact]) -> None:
    with_own = replace(world, facts=(*world.facts, *own))
    assert ledger(with_own.diary, world.policy, NOON) == ledger(world.diary, world.policy, NOON)


def test_a_week_that_was_held_and_one_that_is_planned() -> None:
    made = of(
        "weeks 2; Mon,Thu 10:00-10:20 pod; Tue 14:00-14:30 one_to_one; Thu+1 10:00-10:20 pod;"
        "Mon 10:10-11:00 mine; Fri 13:00-15:00 protected"
    )
    first, second = made.weeks
    assert (first.first, first.hours, first.contracted) == (MONDAY, 2400, 2250)
    assert {each.work: (each.held, each.planned) for each in first.lines if each.minutes} == {
        Work.POD: (20, 20),
        Work.ONE_TO_ONE: (30, 0),
        Work.MEETING: (40, 0),
        Work.PROTECTED: (0, 120),
    }
    assert second.minutes(*TEAM) == 20
    assert made.team == 45
    assert made.contract == 2250
    assert made.share == pytest.approx(0.02)


def test_time_for_the_team_outside_the_hours_counts() -> None:
    (week,) = of("hours Mon 09:00-17:00; Mon 18:00-18:20 pod; Tue 10:00-10:30 one_to_one").weeks
    assert week.minutes(*TEAM) == 50
    assert (week.outside, week.open) == (50, 480)


def test_a_contract_is_what_somebody_said() -> None:
    diary, _ = read_example("Mon-Wed 10:00-10:20 pod")
    said = {"contracted_minutes": 2160}
    assert ledger(diary, override(Policy(), said, Layer.LEADER), NOON).contract == 2160
    turns = parse_hours(
        "Mon-Fri 08:00-17:00 (500) | Mon-Thu 08:00-17:00 (500) from 2026-11-23", LONDON
    )
    assert ledger(replace(diary, pattern=turns), Policy(), NOON).contract == 2250
    doctor = {"programmed_activities": 10}
    made = ledger(diary, override(Policy(), doctor, Layer.LEADER), NOON)
    assert (made.contract, made.team, made.share) == (2400, 60, 0.025)


def test_weeks_of_leave_do_not_dilute_the_mean() -> None:
    made = of("weeks 2; Mon-Fri leave; Tue+1 10:00-10:20 pod")
    assert made.team == 20
    assert of("weeks 1; Mon-Fri leave").team == 0


def test_times_with_seconds_add_up_to_the_minute() -> None:
    diary, policy = read_example("hours Mon 09:00-17:00; Mon 10:00-10:30 mine; Mon 11:00-11:20 pod")
    late = diary.with_occurrences(
        replace(
            each,
            start=each.span.start + timedelta(seconds=30),
            end=each.span.end + timedelta(seconds=15),
        )
        for each in diary.occurrences
    )
    (week,) = ledger(late, policy, NOON + timedelta(seconds=20)).weeks
    assert sum(each.minutes for each in week.lines) + week.open == week.hours + week.outside
    assert week.minutes(Work.POD) == 20
