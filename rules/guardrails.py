"""Whether looking after a diary harms something else: told to the leader, with an offer to ease off.

What is freed in one place may turn up in another. So five figures are watched that nobody wants to
grow. One has worsened where each of the last four weeks lies more than a tenth above the median of
the weeks before anything was protected.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Guardrail:
    """One figure that should not grow: `of` a week, in `unit`.

    `least` is how much more it has to be at any rate, so that next to nothing is not told as much.
    """

    id: str
    title: str
    message: str
    unit: str
    least: float
    of: Callable[[Watched], float]


def _per_day(minutes: int, week: Watched) -> float:
    return minutes / week.figures.days if week.figures.days else 0.0


GUARDRAILS: tuple[Guardrail, ...] = (
    Guardrail(
        "outside",
        later("Meetings outside your hours"),
        later("More meetings now lie outside your hours than before."),
        "minutes",
        30,
        lambda week: week.figures.outside,
    ),
    Guardrail(
        "at_midday",
        later("Meetings in the middle of the day"),
        later("More meetings now lie in the middle of the day than before."),
        "minutes",
        30,
        lambda week: week.figures.at_midday,
    ),
    Guardrail(
        "meeting_minutes",
        later("Time in meetings on a working day"),
        later("Your days now have more time in meetings than before."),
        "minutes",
        15,
        lambda week: _per_day(week.figures.meeting_minutes, week),
    ),
    Guardrail(
        "contact_gap",
        later("Working days in a row without team time"),
        later("There are now more days in a row without team time than before."),
        "days",
        1,
        lambda week: week.figures.contact_gap,
    ),
    Guardrail(
        "told",
        later("People told of changes"),
        later("More people now hear of changes to your meetings than before."),
        "people",
        5,
        lambda week: week.told,
    ),
)


def worsened(before: Sequence[Watched], after: Sequence[Watched]) -> tuple[Guardrail, ...]:
    """The figures that have worsened; none where there are too few weeks on either side.

    Both are in order of time, without weeks that do not count, such as those of a pause.
    """
    if min(len(before), len(after)) < WEEKS:
        return ()
    return tuple(each for each in GUARDRAILS if _is_worse(each, before, after[-WEEKS:]))


def _is_worse(guardrail: Guardrail, before: Sequence[Watched], latest: Sequence[Watched]) -> bool:
    usual = median(guardrail.of(each) for each in before)
    bound = usual + max(MORE * usual, guardrail.least)
    return all(guardrail.of(each) > bound for each in latest)
