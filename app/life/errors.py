"""Why a person cannot do something with a plan. Each message is one sentence to act on.

ServiceError
├── NoPlan          there is no such plan of this leader
├── NoCalendar      no calendar is connected
├── AskFirst        a meeting would move without its people being known to be free
└── StalePlan
    ├── WrongState  the plan is past what was asked
    ├── OtherPlan   it is not the plan that the person saw
    ├── OnlyLooks   the leader let Clearway look, and nothing else
    ├── IsPaused    Clearway is paused, or the leader is leaving
    └── TooLate     the time for undoing is over
"""

from app.services.errors import ServiceError, StalePlan
from rules.language import text


class NoPlan(ServiceError):
    """There is no such plan of this leader."""

    def __init__(self) -> None:
        super().__init__(text("There is no such plan; look at the newest one."))


class NoCalendar(ServiceError):
    """No calendar is connected."""

    def __init__(self) -> None:
        super().__init__(text("No calendar is connected yet; connect one first."))


class AskFirst(ServiceError):
    """A meeting would move without it being known whether everyone invited is free then."""

    def __init__(self) -> None:
        super().__init__(
            "The plan moves a meeting and not everyone is known to be free; confirm that too."
        )


class WrongState(StalePlan):
    """The plan is past what was asked."""

    def __init__(self, state: str, wanted: str) -> None:
        said = state.replace("_", " ")
        super().__init__(f"The plan is {said}, so it cannot become {wanted.replace('_', ' ')}.")


class OtherPlan(StalePlan):
    """The hash is not that of this plan."""

    def __init__(self) -> None:
        super().__init__(text("This is not the plan that you were shown; look at it again."))


class OnlyLooks(StalePlan):
    """The leader let Clearway look, and nothing else."""

    def __init__(self) -> None:
        super().__init__(text("Clearway only looks at your diary so far; let it propose first."))


class IsPaused(StalePlan):
    """Clearway does nothing for this leader at present."""

    def __init__(self) -> None:
        super().__init__(text("Clearway is paused for you; end the pause first."))


class TooLate(StalePlan):
    """The time for undoing is over."""

    def __init__(self) -> None:
        super().__init__(text("The time for undoing this plan is over."))
