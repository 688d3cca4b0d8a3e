"""What a week had that can be compared with others, and what has worsened since time is protected.

What is freed in one place may turn up in another. So five figures are watched that nobody wants to
grow. One has worsened where each of the last four weeks lies more than a tenth above the median of
the weeks before anything was protected.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import median

from rules.figures import WeekFigures
from rules.language import later

WEEKS = 4
"""Weeks before to compare with, and weeks in a row that are worse."""
MORE = 0.1
"""The part by which a week is worse, of what weeks before had."""


@dataclass(frozen=True, slots=True)
class Watched:
    """A week's figures, and how many people heard of changes from Clearway in it."""

    figures: WeekFigures
    told: int


class Unit(StrEnum):
    """What a figure counts."""

    MINUTES = "minutes"
    DAYS = "days"
    PEOPLE = "people"
    PERCENT = "percent"


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure `of` a week that can be compared with that of other weeks."""

    id: str
    title: str
    unit: Unit
    of: Callable[[Watched], float]


@dataclass(frozen=True, slots=True)
class Guardrail:
    """A figure that should not grow, and what is said where it has.

    `least` is how much more it has to be at any rate, so that next to nothing is not told as much.
    """

    figure: Figure
    message: str
    least: float

    @property
    def id(self) -> str:
        """The figure's."""
        return self.figure.id


def _per_day(minutes: int, week: Watched) -> float:
    return minutes / week.figures.days if week.figures.days else 0.0


def _share(part: int, whole: int) -> float:
    return 100 * part / whole if whole else 0.0


BENEFITS: tuple[Figure, ...] = (
    Figure(
        "protected",
        later("Protected time on a working day"),
        Unit.MINUTES,
        lambda week: _per_day(week.figures.protected, week),
    ),
    Figure(
        "spaced",
        later("Meetings with time before the next"),
        Unit.PERCENT,
        lambda week: _share(week.figures.spaced, week.figures.pairs),
    ),
    Figure(
        "team", later("Time with the team in a week"), Unit.MINUTES, lambda week: week.figures.team
    ),
    Figure(
        "breaks",
        later("Days with room for a break"),
        Unit.PERCENT,
        lambda week: _share(week.figures.breaks, week.figures.break_days),
    ),
)
"""What should grow. By the first of them it is judged whether protecting helps at all."""

GUARDRAILS: tuple[Guardrail, ...] = (
    Guardrail(
        Figure(
            "outside",
            later("Meetings outside your hours in a week"),
            Unit.MINUTES,
            lambda week: week.figures.outside,
        ),
        later("More meetings now lie outside your hours than before."),
        least=30,
    ),
    Guardrail(
        Figure(
            "at_midday",
            later("Meetings in the middle of the day in a week"),
            Unit.MINUTES,
            lambda week: week.figures.at_midday,
        ),
        later("More meetings now lie in the middle of the day than before."),
        least=30,
    ),
    Guardrail(
        Figure(
            "meeting_minutes",
            later("Time in meetings on a working day"),
            Unit.MINUTES,
            lambda week: _per_day(week.figures.meeting_minutes, week),
        ),
        later("Your days now have more time in meetings than before."),
        least=15,
    ),
    Guardrail(
        Figure(
            "contact_gap",
            later("Working days in a row without team time"),
            Unit.DAYS,
            lambda week: week.figures.contact_gap,
        ),
        later("There are now more days in a row without team time than before."),
        least=1,
    ),
    Guardrail(
        Figure(
            "told",
            later("People told of changes in a week"),
            Unit.PEOPLE,
            lambda week: week.told,
        ),
        later("More people now hear of changes to your meetings than before."),
        least=5,
    ),
)
"""What should not grow."""


def worsened(before: Sequence[Watched], after: Sequence[Watched]) -> tuple[Guardrail, ...]:
    """The figures that have worsened; none where there are too few weeks on either side.

    Both are in order of time, without weeks that do not count, such as those of a pause.
    """
    if min(len(before), len(after)) < WEEKS:
        return ()
    return tuple(each for each in GUARDRAILS if _is_worse(each, before, after[-WEEKS:]))


def _is_worse(guardrail: Guardrail, before: Sequence[Watched], latest: Sequence[Watched]) -> bool:
    usual = median(guardrail.figure.of(each) for each in before)
    bound = usual + max(MORE * usual, guardrail.least)
    return all(guardrail.figure.of(each) > bound for each in latest)
