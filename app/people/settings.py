"""What a leader chose, as one value. It is kept sealed, and changed as a whole."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, time
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from rules.event import HOLD_CLASS, REGULAR_KINDS, Kind
from rules.working_pattern import DAYS

BY_ITSELF = HOLD_CLASS | REGULAR_KINDS
"""Kinds of holds that a leader may switch on, so that none of them is asked first."""

CHECK_IN = Kind.CHECK_IN.value
"""What the name of each parameter of check-ins has in it."""


class Mode(StrEnum):
    """How much Clearway does: it only looks, it asks first, or it does what was switched on."""

    OBSERVE = "observe"
    PROPOSE = "propose"
    AUTO = "auto"


class Reaction(StrEnum):
    """What happens when an invitation lands on protected time."""

    MOVE_HOLD = "move-hold"
    ASK = "ask"
    PROPOSE_TIME = "propose-time"


@dataclass(frozen=True, slots=True, order=True)
class Slot:
    """A time of the week, by the leader's clock, and a kind of hold that is not wanted then.

    `weekday` counts from Monday, 0. One that ends at or before its start ends the next morning.
    """

    kind: Kind
    weekday: int
    start: time
    end: time

    def __str__(self) -> str:
        """As it is kept: `protected fri 15:00-17:00`."""
        return f"{self.kind} {DAYS[self.weekday]} {self.start:%H:%M}-{self.end:%H:%M}"

    @classmethod
    def read(cls, text: str) -> "Slot":
        """The same again. Raises ValueError for anything else."""
        kind, weekday, clocks = text.split()
        start, end = (time.fromisoformat(each) for each in clocks.split("-"))
        slot = cls(Kind(kind), DAYS.index(weekday), start, end)
        if str(slot) != text:
            raise ValueError("a slot has a kind, a weekday and two times of day")
        return slot


@dataclass(frozen=True, slots=True)
class LeaderSettings:
    """The choices of one leader; without them the report's defaults hold.

    `addresses` are the leader's own. `hours` are words as in `rules.working_pattern`, `nation` one
    of `app.bank_holidays`, `days_off` the leader's leave and local holidays. `policy` are the
    leader's overrides by parameter, as a policy file has them. At `never`, no such hold is placed.
    In mode auto, `auto` are the kinds of holds that need no acceptance; a meeting always does.
    `titles` is whether the leader's own page shows titles.
    """

    addresses: tuple[str, ...] = field(default=(), repr=False)
    time_zone: str | None = None
    hours: str | None = None
    nation: str | None = None
    days_off: frozenset[date] = frozenset()
    policy: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    never: frozenset[Slot] = frozenset()
    auto: frozenset[Kind] = frozenset()
    reaction: Reaction = Reaction.ASK
    titles: bool = True

    def without_check_ins(self) -> "LeaderSettings":
        """The same with nothing in it of check-ins, which are for the leader alone to know of."""
        told = {name: value for name, value in self.policy.items() if CHECK_IN not in name}
        return replace(
            self,
            policy=MappingProxyType(told),
            never=frozenset(each for each in self.never if each.kind is not Kind.CHECK_IN),
            auto=self.auto - {Kind.CHECK_IN},
        )

    def to_json(self) -> dict[str, Any]:
        """As the vault seals it."""
        return {
            "addresses": list(self.addresses),
            "time_zone": self.time_zone,
            "hours": self.hours,
            "nation": self.nation,
            "days_off": [each.isoformat() for each in sorted(self.days_off)],
            "policy": dict(self.policy),
            "never": [str(each) for each in sorted(self.never)],
            "auto": sorted(self.auto),
            "reaction": self.reaction,
            "titles": self.titles,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "LeaderSettings":
        """As it was sealed; what an older version did not know has its default."""
        usual = cls()
        return cls(
            addresses=tuple(value.get("addresses", ())),
            time_zone=value.get("time_zone"),
            hours=value.get("hours"),
            nation=value.get("nation"),
            days_off=frozenset(date.fromisoformat(each) for each in value.get("days_off", ())),
            policy=MappingProxyType(dict(value.get("policy", {}))),
            never=frozenset(Slot.read(each) for each in value.get("never", ())),
            auto=frozenset(Kind(each) for each in value.get("auto", ())),
            reaction=Reaction(value.get("reaction", usual.reaction)),
            titles=value.get("titles", usual.titles),
        )
