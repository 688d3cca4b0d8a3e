"""What the suite needs of a calendar besides the connector: to act as the people around it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from rules.event import Kind, ShowAs
from rules.interval import Interval

ME = "leader@trust.example"
SECRET = "Disciplinary hearing of A. Person"
"""The title of every planted event: it must come out nowhere."""
LONDON = ZoneInfo("Europe/London")


@dataclass(frozen=True)
class Planted:
    """An event as somebody puts it into the calendar, by whatever program they use.

    Times are aware (in the zone they were made in) or plain dates. `organizer` is ME or somebody
    else; `people` and `rooms` are the addresses invited besides the leader. `answer` is the
    leader's to somebody else's meeting: accepted, tentative, declined or none. A series repeats
    every `every` days, `members` times; `moved` and `dropped` are by number from 0.
    """

    start: datetime | date
    end: datetime | date
    organizer: str = ME
    people: tuple[str, ...] = ()
    rooms: tuple[str, ...] = ()
    show_as: ShowAs = ShowAs.BUSY
    private: bool = False
    answer: str = "accepted"
    cancelled: bool = False
    kind: Kind | None = None
    firm: bool = False
    every: int = 0
    members: int = 1
    moved: Mapping[int, timedelta] = field(default_factory=dict)
    dropped: frozenset[int] = frozenset()


class Stage(Protocol):
    """A calendar with people around it.

    `diary` is the connector under test. It has whatever abilities it declares, so its type says
    nothing: the suite asks before it calls.
    """

    name: str
    diary: Any

    def plant(self, event: Planted) -> str:
        """Put an event into the calendar, not through the connector; its id as a series or event."""
        ...

    def retime(self, event_id: str, when: Interval) -> None:
        """What a person does: put an event at another time."""
        ...

    def remove(self, event_id: str) -> None:
        """What a person does: remove an event (its organiser cancels it)."""
        ...

    def mailed(self) -> int:
        """How many messages have gone to other people so far."""
        ...
