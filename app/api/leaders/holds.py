"""The time that Clearway keeps: seen, given up in one step, and kept where it is."""

from typing import Any

from fastapi import APIRouter
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from app import problems
from app.api.calls import Call, Nothing, attend, reply
from app.api.leaders.me import LEADER
from app.api.leaders.plans import DETAIL_EXAMPLE, PlanDetail, plan_reply
from app.api.operations import Given, Taken, operation
from app.door.once import Reply
from app.life import lifting, moving, releasing
from app.life.releasing import Held
from app.shapes import Instant, Shape
from rules.event import Kind

router = APIRouter()
HOLDS = LEADER + "/holds"
HOLD = HOLDS + "/{hold_id}"


class HoldItem(Shape):
    """Time that is kept. `plan_id` is the plan that wrote it last."""

    id: str
    kind: Kind
    start: Instant
    end: Instant
    firm: bool = Field(description="whether plans leave it where it is")
    plan_id: str | None


class HoldList(Shape):
    """The holds that are not over, by start."""

    holds: list[HoldItem]


class Firm(Shape):
    """Whether plans are to leave a hold where it is."""

    firm: bool = True


class MoveTo(Shape):
    """When a hold begins instead; it keeps its length."""

    start: Instant


MODELS = (Firm, HoldItem, HoldList, MoveTo)

_EXAMPLE: dict[str, Any] = {
    "id": "5f2b0c1de8a94c6f8f1f0f3f6a7b8c9d",
    "kind": "protected",
    "start": "2026-11-23T13:00:00Z",
    "end": "2026-11-23T14:30:00Z",
    "firm": False,
    "plan_id": "0a1b2c3d4e5f60718293a4b5c6d7e8f9",
}
_MOVED = Given(
    "A worker moves it: the state is read from the plan.",
    PlanDetail,
    DETAIL_EXAMPLE | {"state": "accepted", "origin": "move"},
    202,
    ("Location", "ETag"),
)
_LIFTED = Given(
    "A worker removes it: the state is read from the plan.",
    PlanDetail,
    DETAIL_EXAMPLE
    | {
        "state": "accepted",
        "origin": "lift",
        "result": None,
        "fates": [
            {
                "kind": "hold.delete",
                "event_id": "hold@trust.example",
                "hold": "protected",
                "before": {"start": "2026-11-23T13:00:00Z", "end": "2026-11-23T14:30:00Z"},
                "because": [],
                "message": "",
            }
        ],
    },
    202,
    ("Location", "ETag"),
)


@router.get(
    HOLDS,
    **operation(
        "holds",
        "List holds",
        "holds",
        Given("Those that are not over.", HoldList, {"holds": [_EXAMPLE]}),
    ),
)
async def holds(request: Request) -> Response:
    """As Clearway last wrote them. A delegate sees no check-ins."""
    return await attend(request, _list, Nothing, area="holds")


@router.post(
    HOLDS + "/lift",
    **operation(
        "lift_now",
        "Give up the time that is kept now",
        "holds",
        _LIFTED,
        problems.STATE,
        changes=True,
        keyed=True,
    ),
)
async def lift_now(request: Request) -> Response:
    """The hold that is running, or the next one today. Nobody asks why."""
    return await attend(request, _lift_now, Nothing)


@router.post(
    HOLD + "/lift",
    **operation(
        "lift_hold",
        "Give up a hold",
        "holds",
        _LIFTED,
        problems.STATE,
        changes=True,
        keyed=True,
    ),
)
async def lift(request: Request) -> Response:
    """It is not put back that day, and protected time is offered back. Nobody asks why."""
    return await attend(request, _lift, Nothing)


@router.post(
    HOLD + "/move",
    **operation(
        "move_hold",
        "Move a hold",
        "holds",
        _MOVED,
        problems.STATE,
        takes=Taken(MoveTo, {"start": "2026-11-24T09:00:00Z"}),
        changes=True,
        keyed=True,
    ),
)
async def move(request: Request) -> Response:
    """To another time in its own week or the one after. Nobody asks why."""
    return await attend(request, _move, MoveTo, asks=True)


@router.post(
    HOLD + "/keep",
    **operation(
        "keep_hold",
        "Keep a hold where it is",
        "holds",
        Given("The hold.", HoldItem, _EXAMPLE | {"firm": True}),
        takes=Taken(Firm, {"firm": True}),
        changes=True,
        keyed=True,
    ),
)
async def keep(request: Request) -> Response:
    """Plans leave it alone, or may move it again with `firm` false."""
    return await attend(request, _keep, Firm)


def _list(call: Call, taken: Nothing) -> Reply:
    found = releasing.ahead(call.deployment, call.leader_id, own=call.access.is_leader)
    return reply(HoldList(holds=[_item(each) for each in found]))


def _lift_now(call: Call, taken: Nothing) -> Reply:
    return _give_up(
        call, releasing.current(call.deployment, call.leader_id, own=call.access.is_leader)
    )


def _lift(call: Call, taken: Nothing) -> Reply:
    return _give_up(call, _find(call))


def _give_up(call: Call, hold: Held) -> Reply:
    plan_id = releasing.give_up(call.deployment, call.leader_id, hold.id, call.by)
    call.call_worker()
    return plan_reply(call, plan_id, 202)


def _move(call: Call, taken: MoveTo) -> Reply:
    hold = _find(call)
    plan_id = moving.move_to(call.deployment, call.leader_id, hold, taken.start, call.by)
    call.call_worker()
    return plan_reply(call, plan_id, 202)


def _keep(call: Call, taken: Firm) -> Reply:
    hold = _find(call)
    lifting.keep(call.deployment, call.leader_id, hold.id, call.by, firm=taken.firm)
    return reply(_item(_find(call)))


def _find(call: Call) -> Held:
    own, hold_id = call.access.is_leader, call.id("hold_id")
    return releasing.get(call.deployment, call.leader_id, hold_id, own=own)


def _item(hold: Held) -> HoldItem:
    return HoldItem(
        id=hold.id,
        kind=hold.kind,
        start=hold.span.start,
        end=hold.span.end,
        firm=hold.firm,
        plan_id=hold.plan_id,
    )
