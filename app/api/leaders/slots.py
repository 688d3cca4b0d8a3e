"""Times for several leaders and others, for somebody who may act on each leader's diary."""

from typing import Any

from fastapi import APIRouter
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from app import problems
from app.api.calls import Visit, receive, reply
from app.api.operations import Given, Taken, operation
from app.api.requests import LocalDate
from app.door.entering import diary_of, id_in
from app.door.once import Reply
from app.life import times
from app.life.times import Meeting
from app.people.principal import Access
from app.services.slots import LONGEST, SHORTEST, USUAL_MOST
from app.services.slots_shape import SlotsResult
from app.shapes import Shape

router = APIRouter()
_ME = "me"


class SlotsRequest(Shape):
    """Who is to meet, for how long, and in which days."""

    leaders: list[str] = Field(
        min_length=1,
        max_length=8,
        description="ids of leaders whom you may act for; `me` for yourself",
    )
    people: list[str] = Field(
        default=[],
        max_length=20,
        description="addresses of others, asked only when they are busy, and not kept",
    )
    minutes: int = Field(ge=SHORTEST, le=LONGEST, description="how long the meeting is")
    start: LocalDate | None = Field(
        default=None, alias="from", description="first local date; Monday of this week if absent"
    )
    end: LocalDate | None = Field(
        default=None, alias="to", description="local date after the last; two weeks on if absent"
    )
    most: int = Field(default=USUAL_MOST, ge=1, le=50, description="how many times at most")


MODELS = (SlotsRequest, SlotsResult)
_ASKED: dict[str, Any] = {
    "leaders": ["me"],
    "people": ["colleague@trust.example"],
    "minutes": 50,
    "from": "2026-11-23",
    "to": "2026-11-28",
}
_FOUND: dict[str, Any] = {
    "window": {"from": "2026-11-23", "to": "2026-11-28", "time_zone": "Europe/London"},
    "minutes": 50,
    "slots": [
        {
            "start": "2026-11-24T13:00:00Z",
            "end": "2026-11-24T13:50:00Z",
            "cost": 30,
            "must_missing": 30,
            "holds_disturbed": 1,
            "lost": {"protected": 30},
            "message": "Takes 30 minutes of protected time. 1 hold moves.",
        }
    ],
    "warnings": [],
}


@router.post(
    "/v1/slots",
    **operation(
        "slots",
        "Find times that cost the least",
        "calendar",
        Given("The times, the best first. Nothing is kept.", SlotsResult, _FOUND),
        problems.CALENDAR,
        problems.SILENT,
        problems.STATE,
        takes=Taken(SlotsRequest, _ASKED),
        changes=True,
    ),
)
async def slots(request: Request) -> Response:
    """Ranks times by what they take of the leaders' protection. It tells nothing else of a calendar."""
    return await receive(request, _slots, SlotsRequest, asks=True)


def _slots(visit: Visit, taken: SlotsRequest) -> Reply:
    for each in taken.leaders:
        _right(visit, each)
    # nobody was shown anything while one of them could not be
    rights = [_right(visit, each, "slots") for each in taken.leaders]
    meeting = Meeting(taken.minutes, taken.start, taken.end, taken.people)
    leader_ids = [each.leader_id for each in rights]
    return reply(times.find(visit.deployment, leader_ids, meeting, taken.most).shape())


def _right(visit: Visit, leader_id: str, area: str = "") -> Access:
    wanted = None if leader_id == _ME else id_in({_ME: leader_id}, _ME)
    return diary_of(visit.deployment, visit.principal, wanted, own=False, area=area)
