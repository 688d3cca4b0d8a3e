"""The diary as the calendars have it now, and what it is missing. Nothing of it is kept.

Titles are in neither: no shape has them. A delegate sees of private events and check-ins that there
is something, and nothing about it; Outlook shows no more either.
"""

from collections.abc import Iterator
from contextlib import contextmanager
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
from app.life import diaries
from app.people.choices import zone_of
from app.services.check import check as check_diary
from app.services.read import OpenDiary
from app.services.window import choose_window
from app.shapes import CheckResult, OccurrenceItem, Shape, occurrence_of
from rules.event import Occurrence

router = APIRouter()


class Days(Shape):
    """Which local days of the diary."""

    start: LocalDate | None = Field(
        default=None, alias="from", description="first local date; Monday of this week if absent"
    )
    end: LocalDate | None = Field(
        default=None, alias="to", description="local date after the last; two weeks on if absent"
    )


MODELS = ()
_OUTSIDE = (problems.CALENDAR, problems.SILENT, problems.STATE)
_EVENT: dict[str, Any] = {
    "id": "1@trust.example",
    "uid": "1@trust.example",
    "recurrence_id": None,
    "start": "2026-11-23T09:00:00Z",
    "end": "2026-11-23T10:00:00Z",
    "all_day": False,
    "show_as": "busy",
    "private": False,
    "status": "confirmed",
    "organizer": True,
    "other_people": 3,
    "external": False,
    "hold": None,
    "firm": False,
    "locked": False,
    "scored_as": "appointment",
}
_CHECKED: dict[str, Any] = {
    "window": {"from": "2026-11-23", "to": "2026-11-28", "time_zone": "Europe/London"},
    "findings": [
        {
            "id": "gap@2026-11-23T10:00:00Z",
            "rule": "gap",
            "severity": "must",
            "day": "2026-11-23",
            "start": "2026-11-23T10:00:00Z",
            "end": "2026-11-23T10:10:00Z",
            "missing": 10,
            "event_ids": ["1@trust.example", "2@trust.example"],
            "cite": "5.3 1(iii)",
            "message": "There are 0 of 10 minutes between two meetings at 10am.",
        }
    ],
    "summary": {"gap": {"missing": 10, "days_met": 4, "days": 5}},
    "policy_version": "1",
    "warnings": [],
}


@router.get(
    LEADER + "/diary",
    **operation(
        "diary",
        "Read the diary",
        "calendar",
        Given("The occurrences, by start.", OccurrenceItem, [_EVENT], listed=True),
        *_OUTSIDE,
        takes=Taken(Days),
    ),
)
async def diary(request: Request) -> Response:
    """What Clearway sees in all connected calendars, asked of them now."""
    return await attend(request, _diary, Days, asks=True, area="diary")


@router.get(
    LEADER + "/check",
    **operation(
        "check_diary",
        "Find what the diary is missing",
        "calendar",
        Given("Findings, and for each rule how much is there.", CheckResult, _CHECKED),
        *_OUTSIDE,
        takes=Taken(Days),
    ),
)
async def check(request: Request) -> Response:
    """Evaluates every rule over the connected calendars as they are now."""
    return await attend(request, _check, Days, asks=True, area="check")


def _diary(call: Call, taken: Days) -> Reply:
    with _opened(call, taken) as opened:
        return reply([_item(each, call) for each in opened.listed])


def _check(call: Call, taken: Days) -> Reply:
    with _opened(call, taken) as opened:
        return reply(check_diary(opened).shape())


@contextmanager
def _opened(call: Call, taken: Days) -> Iterator[OpenDiary]:
    person = diaries.person_of(call.deployment, call.leader_id)
    zone = zone_of(person.settings)
    start, end = choose_window(taken.start, taken.end, call.now, zone)
    with diaries.opened(call.deployment, person, start, end) as found:
        yield (found if call.access.is_leader else diaries.without_check_ins(found)).opened


def _item(each: Occurrence, call: Call) -> OccurrenceItem:
    item = occurrence_of(each)
    if call.access.is_leader or not diaries.is_for_leader(each):
        return item
    opaque = diaries.opaque(call.deployment, call.leader_id, each.id)
    return OccurrenceItem(
        id=opaque,
        uid=opaque,
        start=item.start,
        end=item.end,
        all_day=item.all_day,
        show_as=item.show_as,
        private=True,
        status=item.status,
        scored_as=item.scored_as,
    )
