"""Who may act for a leader: invited, accepted, given up, and taken back."""

from typing import Any

from fastapi import APIRouter
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from app import problems
from app.api.calls import Call, Nothing, Visit, attend, receive, reply
from app.api.leaders.me import LEADER
from app.api.operations import Given, Taken, operation
from app.door.once import Reply
from app.people import delegates
from app.people.delegates import LONGEST_DAYS, USUAL_DAYS, Delegation, State
from app.shapes import Instant, Shape

router = APIRouter()
DELEGATES = LEADER + "/delegates"


class DelegateItem(Shape):
    """Somebody who may act, or may become so. `label` is what the leader calls them."""

    id: str
    label: str
    state: State
    granted_at: Instant
    accepted_at: Instant | None
    expires_at: Instant
    revoked_at: Instant | None


class DelegateList(Shape):
    """Everything that was granted, the newest first."""

    delegates: list[DelegateItem]


class NewDelegate(Shape):
    """Whom the leader lets act, and for how many days."""

    label: str = Field(max_length=200, description="what you call them")
    days: int = Field(default=USUAL_DAYS, ge=1, le=LONGEST_DAYS)


class InvitationItem(DelegateItem):
    """A new grant. `token` is shown this once: who is signed in and sends it is the delegate."""

    token: str | None = Field(description="null where the same request is answered again")


class Acceptance(Shape):
    """The token of an invitation, and what you call the leader's diary."""

    token: str = Field(min_length=1, max_length=200)
    name: str = Field(
        default="", max_length=200, description="to tell diaries apart; the leader may see it"
    )


class DelegationItem(Shape):
    """The leader for whom you may act now."""

    id: str
    leader_id: str
    label: str = Field(description="what the leader calls you")
    name: str = Field(description="what you call the diary")
    expires_at: Instant


MODELS = (Acceptance, DelegateList, DelegationItem, InvitationItem, NewDelegate)

_EXAMPLE: dict[str, Any] = {
    "id": "5f2b0c1de8a94c6f8f1f0f3f6a7b8c9d",
    "label": "My assistant",
    "state": "invited",
    "granted_at": "2026-11-19T09:00:00Z",
    "accepted_at": None,
    "expires_at": "2027-02-17T09:00:00Z",
    "revoked_at": None,
}
_TOKEN = "the token"  # noqa: S105 # an example


@router.get(
    DELEGATES,
    **operation(
        "delegates",
        "List delegates",
        "delegates",
        Given("All of them.", DelegateList, {"delegates": [_EXAMPLE]}),
    ),
)
async def list_delegates(request: Request) -> Response:
    """Those who may act, might, and did. The leader's alone."""
    return await attend(request, _list, Nothing, own=True)


@router.post(
    DELEGATES,
    **operation(
        "invite",
        "Invite a delegate",
        "delegates",
        Given(
            "Pass the token on.", InvitationItem, _EXAMPLE | {"token": _TOKEN}, 201, ("Location",)
        ),
        problems.STATE,
        takes=Taken(NewDelegate, {"label": "My assistant", "days": 90}),
        changes=True,
        keyed=True,
    ),
)
async def invite(request: Request) -> Response:
    """Gives a token that can be accepted once, within a week. The leader's alone."""
    return await attend(request, _invite, NewDelegate, own=True)


@router.delete(
    DELEGATES + "/{delegation_id}",
    **operation(
        "revoke",
        "Take a grant back",
        "delegates",
        Given("It has ended.", status=204),
        changes=True,
    ),
)
async def revoke(request: Request) -> Response:
    """Ends it at once. The leader's alone."""
    return await attend(request, _revoke, Nothing, own=True)


@router.post(
    "/v1/delegations",
    **operation(
        "accept_invitation",
        "Accept an invitation",
        "delegates",
        Given(
            "You may act for this leader.",
            DelegationItem,
            {
                "id": "5f2b0c1de8a94c6f8f1f0f3f6a7b8c9d",
                "leader_id": "0a1b2c3d4e5f60718293a4b5c6d7e8f9",
                "label": "My assistant",
                "name": "Ward 4",
                "expires_at": "2027-02-17T09:00:00Z",
            },
            201,
            ("Location",),
        ),
        takes=Taken(Acceptance, {"token": _TOKEN, "name": "Ward 4"}),
        changes=True,
    ),
)
async def accept(request: Request) -> Response:
    """Makes you the delegate whom the invitation asks for. It works once."""
    return await receive(request, _accept, Acceptance)


@router.delete(
    "/v1/delegations/{delegation_id}",
    **operation(
        "give_up_delegation",
        "Give a delegation up",
        "delegates",
        Given("You act for this leader no longer.", status=204),
        changes=True,
    ),
)
async def give_up(request: Request) -> Response:
    """Ends what somebody granted you."""
    return await receive(request, _give_up, Nothing)


def _list(call: Call, taken: Nothing) -> Reply:
    found = delegates.granted(call.deployment, call.leader_id)
    return reply(DelegateList(delegates=[DelegateItem(**_fields(each, call)) for each in found]))


def _invite(call: Call, taken: NewDelegate) -> Reply:
    made = delegates.invite(call.deployment, call.leader_id, taken.label, taken.days)
    fields = _fields(made.delegation, call)
    return reply(
        InvitationItem(**fields, token=made.token),
        201,
        again=InvitationItem(**fields, token=None),
        headers={"Location": f"{call.home}/delegates/{made.delegation.id}"},
    )


def _revoke(call: Call, taken: Nothing) -> Reply:
    delegates.revoke(call.deployment, call.leader_id, call.id("delegation_id"))
    return reply()


def _accept(visit: Visit, taken: Acceptance) -> Reply:
    identity = visit.principal.identity
    made = delegates.accept(visit.deployment, identity, taken.token, taken.name)
    item = DelegationItem(
        id=made.id,
        leader_id=made.leader_id,
        label=made.label,
        name=made.name,
        expires_at=made.expires_at,
    )
    return reply(item, 201, headers={"Location": f"/v1/leaders/{made.leader_id}"})


def _give_up(visit: Visit, taken: Nothing) -> Reply:
    delegates.give_up(visit.deployment, visit.principal.identity, visit.id("delegation_id"))
    return reply()


def _fields(each: Delegation, visit: Visit) -> dict[str, Any]:
    return {
        "id": each.id,
        "label": each.label,
        "state": each.state(visit.now),
        "granted_at": each.granted_at,
        "accepted_at": each.accepted_at,
        "expires_at": each.expires_at,
        "revoked_at": each.revoked_at,
    }
