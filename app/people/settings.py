"""What a leader chose, as one value. It is kept sealed, and changed as a whole."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from rules.event import Kind


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


@dataclass(frozen=True, slots=True)
class LeaderSettings:
    """The choices of one leader; without them the report's defaults hold.

    `addresses` are the leader's own. `hours` are words as in `rules.working_pattern`, `nation` one
    of `app.bank_holidays`. `policy` are the leader's overrides by parameter, as a policy file has
    them. In mode auto, `auto` are the kinds of holds that need no acceptance; a meeting always
    does. `titles` is whether the leader's own page shows titles.
    """

    addresses: tuple[str, ...] = field(default=(), repr=False)
    time_zone: str | None = None
    hours: str | None = None
    nation: str | None = None
    policy: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    auto: frozenset[Kind] = frozenset()
    reaction: Reaction = Reaction.ASK
    titles: bool = True

    def to_json(self) -> dict[str, Any]:
        """As the vault seals it."""
        return {
            "addresses": list(self.addresses),
            "time_zone": self.time_zone,
            "hours": self.hours,
            "nation": self.nation,
            "policy": dict(self.policy),
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
            policy=MappingProxyType(dict(value.get("policy", {}))),
            auto=frozenset(Kind(each) for each in value.get("auto", ())),
            reaction=Reaction(value.get("reaction", usual.reaction)),
            titles=value.get("titles", usual.titles),
        )
