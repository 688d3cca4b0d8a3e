"""What a week had: counted by hand for small diaries, and the same with and without own time."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.example import MONDAY, read_example
from rules.figures import WeekFigures, figures
from tests.rules.worlds import CLASSES, OWN, Fact, World, facts, worlds

FULL = """
    Mon 09:00-10:00 meeting; Mon 10:10-11:00 meeting; Mon 11:05-12:00 mine; Mon 14:00-16:00 protected;
    Tue 09:00-12:30 clinical; Tue 13:00-15:00 protected; Tue 16:30-17:30 meeting;
    Wed 11:00-15:00 meeting; Wed 15:00-15:20 pod; Wed 16:00-16:30 protected;
    Thu leave; Thu 10:00-11:00 meeting;
    Fri 12:00-12:30 own; Sat 10:00-11:00 meeting
"""


def of(text: str) -> tuple[WeekFigures, ...]:
    return figures(*read_example(text))


def test_a_week_counted_by_hand() -> None:
    (week,) = of(FULL)
    assert week == WeekFigures(
        first=MONDAY,
        days=4,
        contracted=4 * 450,
        protected_days=2,
        protected=2 * 120,
        pairs=4,
        spaced=2,
        chats=1,
        team=20,
        break_days=4,
        breaks=3,
        ends=3,
        meetings=9,
        meeting_minutes=60 + 50 + 55 + 210 + 60 + 240 + 20 + 60 + 60,
        outside=30 + 60,
        at_midday=30 + 60 + 180,
        contact_gap=2,
    )


@pytest.mark.parametrize(
    ("text", "gaps"),
    [
        ("weeks 3", [5, 5, 5]),
        ("weeks 3; Fri 10:00-10:20 pod; Tue+2 10:00-10:30 one_to_one", [4, 5, 3]),
        ("weeks 2; Mon-Fri leave; Wed+1 10:00-10:20 pod", [0, 2]),
    ],
)
def test_days_in_a_row_without_the_team_are_those_of_the_week(text: str, gaps: list[int]) -> None:
    assert [each.contact_gap for each in of(text)] == gaps


def test_each_week_is_what_it_is_alone() -> None:
    texts = [FULL, "Mon+1 09:00-12:00 meeting; Tue+1 09:00-11:00 protected; Tue+1 11:00-11:20 pod"]
    together = of("weeks 2;" + ";".join(texts))
    assert together[0] == of(FULL)[0]
    assert (together[1].first, together[1].protected_days, together[1].chats) == (
        MONDAY + timedelta(weeks=1),
        1,
        1,
    )


def test_weeks_read_before_it_change_nothing() -> None:
    diary, policy = read_example(f"weeks 3;{FULL}; Tue+1 09:00-11:00 protected; Thu+2 leave")
    later = type(diary)(diary.occurrences, diary.pattern, MONDAY + timedelta(weeks=1), diary.end)
    assert figures(later, policy) == figures(diary, policy)[1:]


def test_part_of_a_week_has_no_figures() -> None:
    diary, policy = read_example("weeks 2; Mon 09:00-10:00 meeting")
    part = type(diary)(diary.occurrences, diary.pattern, MONDAY + timedelta(days=1), diary.end)
    assert [each.first for each in figures(part, policy)] == [MONDAY + timedelta(weeks=1)]


@given(worlds(tuple(set(CLASSES) - set(OWN))), st.lists(facts(OWN), min_size=1, max_size=6))
def test_own_time_changes_no_figure(world: World, own: list[Fact]) -> None:
    with_own = replace(world, facts=(*world.facts, *own))
    assert figures(with_own.diary, world.policy) == figures(world.diary, world.policy)


@given(worlds())
def test_figures_stay_within_what_they_are_part_of(world: World) -> None:
    for each in figures(world.diary, world.policy):
        assert 0 <= each.protected_days <= each.days <= 7
        assert 0 <= each.spaced <= each.pairs
        assert 0 <= each.breaks <= each.break_days <= each.days
        assert 0 <= each.ends <= each.days
        assert each.outside >= 0
        assert each.team >= 0
        assert WeekFigures.from_json(each.to_json()) == each
