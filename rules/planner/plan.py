"""What a planner answers with: changes, what they cost, and a proof of how good they are."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from rules.change import Change
from rules.finding import Finding


class Tier(StrEnum):
    """How far a plan may go; each includes the one before."""

    HOLDS = "holds"
    SHORTEN = "shorten"
    MOVE = "move"


@dataclass(frozen=True, slots=True, order=True)
class Numbers:
    """The six numbers that make one plan better than another, compared in order, smaller first.

    All are minutes but `people_told`, `meetings_changed` and `holds_disturbed`, which are counts.
    """

    cost: int
    must_missing: int
    people_told: int
    meetings_changed: int
    minutes_shifted: int
    holds_disturbed: int

    def __add__(self, other: "Numbers") -> "Numbers":
        return Numbers(*(a + b for a, b in zip(self.as_tuple(), other.as_tuple(), strict=True)))

    def as_tuple(self) -> tuple[int, int, int, int, int, int]:
        """The numbers in the order in which they are compared."""
        return (
            self.cost,
            self.must_missing,
            self.people_told,
            self.meetings_changed,
            self.minutes_shifted,
            self.holds_disturbed,
        )


@dataclass(frozen=True, slots=True)
class Objective:
    """The six numbers of a plan, and the minutes of the rules that ask quietly."""

    numbers: Numbers
    should_missing: int


@dataclass(frozen=True, slots=True)
class Proof:
    """Whether no plan is better. Otherwise `bound` is what none can go below, and `gap` the minutes
    of cost between the two."""

    optimal: bool
    bound: Numbers
    gap: int


class Unnamed(StrEnum):
    """Why no events are named that keep a finding: it takes more than three of them, or there was
    no time left to look."""

    MANY = "many"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Remaining:
    """A finding that stays, and a smallest set of events that keep it so.

    Were all of `blocked_by` elsewhere, the finding would lose minutes, and no smaller set does it.
    """

    finding: str
    day: date
    missing: int
    blocked_by: tuple[str, ...] | Unnamed


@dataclass(frozen=True, slots=True)
class SeriesOffer:
    """One change that helps in at least three of the next four weeks, offered once for a series."""

    uid: str
    change: Change
    weeks: int
    mails: int
    message: str


@dataclass(frozen=True, slots=True)
class Plan:
    """A set of changes and a proof. Nothing is written until it is applied.

    `notes` say what comes back every few weeks and finds no room.
    """

    tier: Tier
    now: datetime
    findings: tuple[Finding, ...]
    changes: tuple[Change, ...]
    remaining: tuple[Remaining, ...]
    objective: Objective
    proof: Proof
    series: tuple[SeriesOffer, ...] = ()
    notes: tuple[str, ...] = ()

    def disturbing(self, holds: int) -> "Plan":
        """The plan with so many holds more that it moves or removes, in its numbers and bound."""
        more = Numbers(0, 0, 0, 0, 0, holds)
        objective = replace(self.objective, numbers=self.objective.numbers + more)
        proof = replace(self.proof, bound=self.proof.bound + more)
        return replace(self, objective=objective, proof=proof)


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """The best plan for one price of telling a person; `price` is None for telling nobody."""

    price: int | None
    changes: tuple[Change, ...]
    objective: Objective
    proof: Proof
