"""What must not grow while a diary is looked after."""

from dataclasses import replace
from typing import Any

import pytest

from rules.example import read_example
from rules.figures import figures
from rules.guardrails import GUARDRAILS, Watched, worsened

WEEK = "Mon-Fri 09:00-12:00 meeting; Wed 14:00-14:20 pod; Tue 13:00-15:00 protected"
(USUAL,) = (Watched(each, told=0) for each in figures(*read_example(WEEK)))
LATE = "Mon-Fri 09:00-12:00 meeting; Wed 14:00-14:20 pod; Mon,Tue 18:00-19:00 meeting"
(EVENINGS,) = (Watched(each, told=0) for each in figures(*read_example(LATE)))


def ids(before: list[Watched], after: list[Watched]) -> list[str]:
    return [each.id for each in worsened(before, after)]


def test_meetings_that_moved_to_the_evening_are_told() -> None:
    assert ids([USUAL] * 4, [EVENINGS] * 4) == ["outside", "meeting_minutes"]


def test_three_weeks_are_not_four() -> None:
    assert ids([USUAL] * 4, [USUAL, EVENINGS, EVENINGS, EVENINGS]) == []
    assert ids([USUAL] * 4, [EVENINGS, EVENINGS, EVENINGS, USUAL]) == []
    assert ids([USUAL] * 3, [EVENINGS] * 8) == []


def test_the_latest_weeks_count() -> None:
    assert ids([USUAL] * 4, [EVENINGS] * 4 + [USUAL] * 4) == []
    assert ids([USUAL] * 4, [USUAL] * 4 + [EVENINGS] * 4) == ["outside", "meeting_minutes"]


@pytest.mark.parametrize(
    ("name", "before", "bearable", "worse"),
    [
        ("outside", 600, 660, 661),
        ("outside", 0, 30, 31),
        ("at_midday", 400, 440, 441),
        ("meeting_minutes", 1500, 1650, 1655),
        ("contact_gap", 4, 5, 6),
        ("contact_gap", 20, 22, 23),
    ],
)
def test_more_than_a_tenth_is_worse(name: str, before: int, bearable: int, worse: int) -> None:
    def weeks(value: int) -> list[Watched]:
        changed: dict[str, Any] = {
            "days": 5,
            "outside": 0,
            "at_midday": 0,
            "meeting_minutes": 0,
            name: value,
        }
        return [replace(USUAL, figures=replace(USUAL.figures, **changed))] * 4

    assert ids(weeks(before), weeks(bearable)) == []
    assert ids(weeks(before), weeks(worse)) == [name]


def test_people_who_hear_of_changes_are_watched_too() -> None:
    assert ids([USUAL] * 4, [replace(USUAL, told=6)] * 4) == ["told"]
    assert ids([USUAL] * 4, [replace(USUAL, told=5)] * 4) == []


def test_each_guardrail_can_be_reached() -> None:
    worst = replace(
        USUAL,
        told=99,
        figures=replace(
            USUAL.figures, outside=999, at_midday=999, meeting_minutes=9999, contact_gap=99
        ),
    )
    assert ids([USUAL] * 4, [worst] * 4) == [each.id for each in GUARDRAILS]
