"""Meetings and series that stay as they are."""

from datetime import date, timedelta
from typing import Any

from fastapi import APIRouter
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from app import problems
from app.api.calls import Call, Nothing, attend, reply
from app.api.leaders.me import LEADER
from app.api.operations import Given, Taken, operation
from app.door.once import Reply
from app.life import diaries, locks
from app.life.locks import Lock, Scope
from app.people.choices import zone_of
from app.shapes import Instant, Shape
from rules.working_pattern import local_date

router = APIRouter()
LOCKS = LEADER + "/locks"
_AHEAD = timedelta(weeks=6)


class LockItem(Shape):
    """A meeting, by its id, or a series, by its UID, that plans leave alone."""

    id: str
    scope: Scope
    at: Instant
    event_id: str


class LockList(Shape):
    """What is locked, the oldest first."""

    locks: list[LockItem]


class NewLock(Shape):
    """What is to be left alone: an event of the next six weeks, or all of its series."""

    event_id: str = Field(min_length=1, max_length=2000, description="`id` in the diary")
    scope: Scope = Scope.MEETING


MODELS = (LockItem, LockList, NewLock)

_EXAMPLE: dict[str, Any] = {
    "id": "5f2b0c1de8a94c6f8f1f0f3f6a7b8c9d",
    "scope": "meeting",
    "at": "2026-11-19T09:00:00Z",
    "event_id": "1@trust.example",
}


@router.get(
    LOCKS,
    **operation(
        "locks", "List locks", "locks", Given("All of them.", LockList, {"locks": [_EXAMPLE]})
    ),
)
async def list_locks(request: Request) -> Response:
    """What plans leave alone because somebody said so."""
    return await attend(request, _list, Nothing, area="locks")


@router.post(
    LOCKS,
    **operation(
        "lock",
        "Lock a meeting or series",
        "locks",
        Given("It is locked.", LockItem, _EXAMPLE, 201, ("Location",)),
        problems.CALENDAR,
        problems.SILENT,
        problems.STATE,
        takes=Taken(NewLock, {"event_id": "1@trust.example", "scope": "meeting"}),
        changes=True,
        keyed=True,
    ),
)
async def lock(request: Request) -> Response:
    """Looks the event up in the calendars. Locking it again changes nothing."""
    return await attend(request, _lock, NewLock, asks=True)


@router.delete(
    LOCKS + "/{lock_id}",
    **operation("unlock", "Unlock", "locks", Given("It may change.", status=204), changes=True),
)
async def unlock(request: Request) -> Response:
    """Plans may change it again."""
    return await attend(request, _unlock, Nothing)


def _list(call: Call, taken: Nothing) -> Reply:
    found = locks.locks(call.deployment, call.leader_id)
    return reply(LockList(locks=[_item(call, each) for each in found]))


def _lock(call: Call, taken: NewLock) -> Reply:
    person = diaries.person_of(call.deployment, call.leader_id)
    today: date = local_date(call.now, zone_of(person.settings))
    with diaries.opened(call.deployment, person, today, today + _AHEAD) as diary:
        meeting = locks.find_meeting(diary.opened.diary.occurrences, taken.event_id)
    made = locks.lock(call.deployment, call.leader_id, meeting, taken.scope, call.by)
    return reply(_item(call, made), 201, headers={"Location": f"{call.home}/locks/{made.id}"})


def _unlock(call: Call, taken: Nothing) -> Reply:
    locks.unlock(call.deployment, call.leader_id, call.id("lock_id"), call.by)
    return reply()


def _item(call: Call, each: Lock) -> LockItem:
    event_id = each.event_id
    if each.private and not call.access.is_leader:
        event_id = diaries.opaque(call.deployment, call.leader_id, event_id)
    return LockItem(id=each.id, scope=each.scope, at=each.at, event_id=event_id)
