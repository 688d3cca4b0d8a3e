"""The made-up weeks: as busy as they say, and the same as values and as calendar text."""

from dataclasses import replace

import pytest

from connectors.icalendar import read
from rules.event import Kind, ScoredAs
from tests.oracle.weeks import LEADER, LONDON, nhs_week

SEEDS = range(40)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_text_says_what_the_values_say(seed: int) -> None:
    week = nhs_week(seed)
    found = read(
        [week.ics.encode()],
        window=week.diary.span,
        me=[LEADER],
        zone=LONDON,
        categories={"clinical": Kind.CLINICAL},
    )
    plain = tuple(replace(each, version="") for each in found.occurrences)
    assert {each.id: each for each in plain} == {each.id: each for each in week.diary.occurrences}
    assert found.left_out == 0


@pytest.mark.parametrize("seed", SEEDS)
def test_a_week_has_25_to_45_meetings(seed: int) -> None:
    occurrences = nhs_week(seed).diary.occurrences
    meetings = [
        each
        for each in occurrences
        if each.scored_as is ScoredAs.APPOINTMENT and each.kind is not Kind.POD
    ]
    assert 25 <= len(meetings) <= 45
    assert len({each.id for each in occurrences}) == len(occurrences)


def test_the_same_seed_gives_the_same_week() -> None:
    assert nhs_week(7) == nhs_week(7)
    assert nhs_week(7).ics == nhs_week(7).ics
