"""What more minutes cost in people told: the best plan for several prices of telling one person."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.services.plan import kept_ids, regained, stopwatch
from app.services.read import OpenDiary
from rules import planner
from rules.catalogue import evaluate
from rules.planner.plan import CurvePoint, Tier

if TYPE_CHECKING:
    from app.shapes import CurveItem


@dataclass(frozen=True, slots=True)
class Point:
    """One plan of the curve, and how many minutes it regains."""

    best: CurvePoint
    minutes_regained: int

    @property
    def people_told(self) -> int:
        """The other side of the curve."""
        return self.best.objective.numbers.people_told

    def shape(self) -> "CurveItem":
        """What tools read."""
        from app.shapes import curve_of

        return curve_of(self.best, self.minutes_regained)


def curve(
    opened: OpenDiary,
    tier: Tier = Tier.MOVE,
    *,
    keep: Collection[str] = (),
    budget: float | None = None,
) -> tuple[Point, ...]:
    """The plans of a tier for prices of 0, 1, 2, 5 and 10 minutes a person, and for telling nobody.

    In order of price, equal plans once. `budget` is in seconds, for all of them together; reading
    the files has used some of it.
    """
    kept, _ = kept_ids(opened, keep)
    left = stopwatch(opened, budget)
    findings = evaluate(opened.diary, opened.policy)
    points = planner.curve(opened.diary, opened.policy, opened.now, tier, kept, left)
    return tuple(Point(each, regained(opened, findings, each.changes)) for each in points)
