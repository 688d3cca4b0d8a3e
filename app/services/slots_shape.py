"""The shape of times for several people, as `slots --json` and `POST /v1/slots` write it."""

from typing import TYPE_CHECKING

from pydantic import Field

from app.shapes import Count, Instant, Shape, WindowItem, window_of

if TYPE_CHECKING:
    from app.services.slots import Suggested


class SlotItem(Shape):
    """A time, and what it costs all people together. Nothing says whose diary it costs."""

    start: Instant
    end: Instant
    cost: int = Field(description="minutes that plans then leave missing, beyond those now")
    must_missing: int = Field(description="those of them that the must rules ask for")
    holds_disturbed: int = Field(description="holds that move or go to make room")
    lost: dict[str, int] = Field(description="the minutes by rule")
    message: str


class SlotsResult(Shape):
    """Times at which everybody can meet, the best first."""

    window: WindowItem
    minutes: Count
    slots: list[SlotItem]
    warnings: list[str]


def slots_of(found: "Suggested") -> SlotsResult:
    """The times as a shape."""
    from app.services.slots import say_cost

    return SlotsResult(
        window=window_of(found.opened[0].diary),
        minutes=found.minutes,
        slots=[
            SlotItem(
                start=each.span.start,
                end=each.span.end,
                cost=each.cost,
                must_missing=each.must,
                holds_disturbed=each.holds,
                lost=dict(each.lost),
                message=say_cost(each),
            )
            for each in found.slots
        ],
        warnings=list(found.warnings),
    )
