"""Where the hours of a quarter go: the leader's alone, and nothing of it is kept."""

from typing import Any

from fastapi import APIRouter
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from app import problems
from app.api.calls import Call, attend, reply
from app.api.leaders.me import LEADER
from app.api.operations import Given, Taken, operation
from app.api.requests import LocalDate
from app.door.once import Reply
from app.life.accounting import quarter
from app.services.workload_shape import WorkloadResult
from app.shapes import Shape

router = APIRouter()


class Quarter(Shape):
    """Which weeks of the diary."""

    start: LocalDate | None = Field(
        default=None, alias="from", description="a day of the first week; this week if absent"
    )


MODELS = (WorkloadResult,)
_FOUND: dict[str, Any] = {
    "window": {"from": "2026-11-23", "to": "2027-02-22", "time_zone": "Europe/London"},
    "contract_minutes": 2250,
    "team_minutes": 50.0,
    "team_share": 0.0222,
    "job_plan": "Regular time with the team, as part of the role: 0.8 hours a week "
    "(2.2% of 37.5 hours).",
    "objective": "Keep 1 team chat of 20 minutes in the diary every week, "
    "and count that time as work.",
    "weeks": [
        {
            "week": "2026-11-23",
            "hours": 2400,
            "contracted": 2250,
            "open": 2350,
            "outside": 0,
            "lines": [{"work": "pod", "held": 0, "planned": 50}],
        }
    ],
    "warnings": [],
}


@router.get(
    LEADER + "/workload",
    **operation(
        "workload",
        "Count where the hours go",
        "calendar",
        Given("Minutes of thirteen weeks, by what they are for.", WorkloadResult, _FOUND),
        problems.CALENDAR,
        problems.SILENT,
        problems.STATE,
        takes=Taken(Quarter),
    ),
)
async def workload(request: Request) -> Response:
    """Counts the hours by purpose, for a job plan. No own time is in them. The leader's alone."""
    return await attend(request, _workload, Quarter, own=True, asks=True)


def _workload(call: Call, taken: Quarter) -> Reply:
    return reply(quarter(call.deployment, call.leader_id, taken.start).shape())
