"""Who asks, joining and leaving, how much Clearway does, and pausing."""

from datetime import date
from typing import Any

from fastapi import APIRouter
from pydantic import Field, field_validator
from starlette.requests import Request
from starlette.responses import Response

from app import problems
from app.api.calls import Call, Nothing, Visit, attend, receive, reply
from app.api.operations import Given, Taken, operation
from app.door import sessions
from app.door.once import Reply
from app.people import leaders, sign_in
from app.people.leaders import Leader, Stretch
from app.people.settings import Mode
from app.shapes import Instant, Shape

router = APIRouter()
LEADER = "/v1/leaders/{leader_id}"


class LeaderItem(Shape):
    """Somebody whose diary is looked after.

    Until `watched_until` Clearway only looks, unless the leader goes on earlier. Until
    `paused_until` nothing is written. Since `leaving_at` everything is being removed.
    """

    id: str
    joined_at: Instant
    mode: Mode
    mode_since: Instant
    watched_until: Instant | None
    paused_until: Instant | None
    leaving_at: Instant | None


class ActingItem(Shape):
    """A leader for whom you may act, what they call you, and what you call their diary."""

    leader_id: str
    delegation_id: str
    label: str
    name: str
    expires_at: Instant


class Me(Shape):
    """Whoever asks. `leader` is null for somebody who did not join."""

    leader: LeaderItem | None
    acting_for: list[ActingItem]


class ModeChoice(Shape):
    """How much Clearway may do."""

    mode: Mode


class PauseChoice(Shape):
    """Until when nothing is to be done."""

    until: Stretch | date = Field(
        description="`day` or `week` for the rest of it, or the date of the first day back"
    )

    @field_validator("until", mode="before")
    @classmethod
    def _written(cls, value: object) -> object:
        if isinstance(value, str) and value not in set(Stretch):
            try:
                return date.fromisoformat(value)
            except ValueError:
                pass
        if not isinstance(value, str):
            raise ValueError("is “day”, “week” or a date like 2026-11-23")
        if value not in set(Stretch):
            raise ValueError("is “day”, “week” or a date like 2026-11-23")
        return Stretch(value)


MODELS = (Me, LeaderItem, ModeChoice, PauseChoice)

LEADER_EXAMPLE: dict[str, Any] = {
    "id": "0a1b2c3d4e5f60718293a4b5c6d7e8f9",
    "joined_at": "2026-11-19T09:00:00Z",
    "mode": "propose",
    "mode_since": "2026-11-20T09:00:00Z",
    "watched_until": None,
    "paused_until": None,
    "leaving_at": None,
}
_LEADER = Given("How the leader is looked after.", LeaderItem, LEADER_EXAMPLE)


@router.get(
    "/v1/me",
    **operation(
        "me",
        "Say who asks",
        "me",
        Given("Who you are.", Me, {"leader": LEADER_EXAMPLE, "acting_for": []}),
    ),
)
async def me(request: Request) -> Response:
    """The leader whom you are, where you have joined, and the leaders for whom you may act."""
    return await receive(request, _me, Nothing)


@router.delete(
    "/v1/session",
    **operation(
        "sign_out", "Sign out", "me", Given("You are signed out.", status=204), changes=True
    ),
)
async def sign_out(request: Request) -> Response:
    """Ends the sign-in that this request carries."""
    answer = await receive(request, _sign_out, Nothing)
    sessions.end_session(answer, request.app.state.desk.settings)
    return answer


@router.post(
    "/v1/leaders",
    **operation(
        "join",
        "Join",
        "me",
        Given(
            "You have joined.", LeaderItem, LEADER_EXAMPLE | {"mode": "observe"}, 201, ("Location",)
        ),
        problems.STATE,
        changes=True,
    ),
)
async def join(request: Request) -> Response:
    """Opts in. Your diary is only looked at first. Joining again changes nothing."""
    return await receive(request, _join, Nothing)


@router.get(LEADER, **operation("leader", "Read how a leader is looked after", "me", _LEADER))
async def leader(request: Request) -> Response:
    """Mode and pause."""
    return await attend(request, _leader, Nothing, area="leader")


@router.delete(
    LEADER,
    **operation(
        "leave",
        "Leave",
        "me",
        Given(
            "Holds and data are being removed.",
            LeaderItem,
            LEADER_EXAMPLE | {"leaving_at": "2026-11-23T09:00:00Z"},
            202,
            ("Location",),
        ),
        changes=True,
    ),
)
async def leave(request: Request) -> Response:
    """Opts out. Holds go from your calendars within a day, then everything that is held of you."""
    return await attend(request, _leave, Nothing, own=True)


@router.put(
    LEADER + "/mode",
    **operation(
        "change_mode",
        "Say how much Clearway may do",
        "settings",
        _LEADER,
        problems.STATE,
        takes=Taken(ModeChoice, {"mode": "propose"}),
        changes=True,
    ),
)
async def change_mode(request: Request) -> Response:
    """Only look, ask first, or do by itself what the settings switch on. The leader's alone."""
    return await attend(request, _change_mode, ModeChoice, own=True)


@router.put(
    LEADER + "/pause",
    **operation(
        "pause",
        "Pause",
        "settings",
        Given(
            "Nothing is written until then.",
            LeaderItem,
            LEADER_EXAMPLE | {"paused_until": "2026-11-30T00:00:00Z"},
        ),
        problems.STATE,
        takes=Taken(PauseChoice, {"until": "week"}),
        changes=True,
    ),
)
async def pause(request: Request) -> Response:
    """Nothing is written for the rest of today or of this week, or until a date begins."""
    return await attend(request, _pause, PauseChoice)


@router.delete(
    LEADER + "/pause",
    **operation("resume", "End the pause", "settings", _LEADER, problems.STATE, changes=True),
)
async def resume(request: Request) -> Response:
    """Clearway goes on."""
    return await attend(request, _resume, Nothing)


def leader_item(found: Leader) -> LeaderItem:
    """A leader as tools read it."""
    return LeaderItem(
        id=found.id,
        joined_at=found.joined_at,
        mode=found.mode,
        mode_since=found.mode_since,
        watched_until=found.watched_until if found.mode is Mode.OBSERVE else None,
        paused_until=found.paused_until,
        leaving_at=found.leaving_at,
    )


def _me(visit: Visit, taken: Nothing) -> Reply:
    found = leaders.find(visit.deployment, visit.principal.identity)
    acting = [
        ActingItem(
            leader_id=each.leader_id,
            delegation_id=each.id,
            label=each.label,
            name=each.name,
            expires_at=each.expires_at,
        )
        for each in visit.principal.grants
    ]
    return reply(Me(leader=None if found is None else leader_item(found), acting_for=acting))


def _sign_out(visit: Visit, taken: Nothing) -> Reply:
    sign_in.sign_out(visit.deployment, visit.token)
    return reply()


def _join(visit: Visit, taken: Nothing) -> Reply:
    found = leaders.join(visit.deployment, visit.principal.identity)
    visit.service.call_worker(found.id)
    known = visit.principal.leader_id is not None
    return reply(
        leader_item(found), 200 if known else 201, headers={"Location": f"/v1/leaders/{found.id}"}
    )


def _leader(call: Call, taken: Nothing) -> Reply:
    return reply(leader_item(leaders.get(call.deployment, call.leader_id)))


def _leave(call: Call, taken: Nothing) -> Reply:
    found = leaders.leave(call.deployment, call.leader_id)
    call.call_worker()
    return reply(leader_item(found), 202, headers={"Location": call.home})


def _change_mode(call: Call, taken: ModeChoice) -> Reply:
    found = leaders.change_mode(call.deployment, call.leader_id, taken.mode, call.by)
    call.call_worker()
    return reply(leader_item(found))


def _pause(call: Call, taken: PauseChoice) -> Reply:
    return reply(leader_item(leaders.pause(call.deployment, call.leader_id, taken.until, call.by)))


def _resume(call: Call, taken: Nothing) -> Reply:
    found = leaders.resume(call.deployment, call.leader_id, call.by)
    call.call_worker()
    return reply(leader_item(found))
