"""Delegates, invited and taken back; and leaving."""

from collections.abc import Sequence

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.people import delegates, leaders
from app.people.choices import zone_of
from app.people.delegates import USUAL_DAYS
from app.people.errors import BadChoice, BadName
from app.web.forms import Wrong
from app.web.service.views import delegate_view
from app.web.service.visits import HOME, Call, Guest, Member, admit, attend, go, greet
from rules.language import text

router = APIRouter()
_DELEGATES = "/you/{diary}/delegates"
_INVITATION = "/you/invitation/{token}"


@router.get(_DELEGATES)
async def delegates_page(request: Request) -> Response:
    """Who may act on the diary."""
    return await attend(request, _page, own=True)


@router.post(_DELEGATES)
async def invite(request: Request) -> Response:
    """Invite somebody: the answer shows the link, once, and it is kept nowhere."""
    return await attend(request, _invite, own=True)


@router.post(_DELEGATES + "/{delegation_id}/revoke")
async def revoke(request: Request) -> Response:
    """End a grant."""
    return await attend(request, _revoke, own=True)


@router.get(_INVITATION)
async def invitation(request: Request) -> Response:
    """Somebody was invited to act on a diary."""
    return await admit(request, _invitation)


@router.post(_INVITATION)
async def accept(request: Request) -> Response:
    """Become the delegate."""
    return await admit(request, _accept)


@router.get("/you/{diary}/leave")
async def leave_page(request: Request) -> Response:
    """What happens when somebody leaves."""
    return await attend(request, lambda call: call.page("leave.html"), own=True)


@router.post("/you/{diary}/leave")
async def leave(request: Request) -> Response:
    """Leave: holds and data are removed."""
    return await attend(request, _leave, own=True)


@router.get("/you/left/{leader_id}")
async def left(request: Request) -> Response:
    """A goodbye to somebody who is signed out by now and knows this address from leaving."""
    return await greet(request, _left)


def _page(call: Call, link: str = "", wrong: Sequence[Wrong] = ()) -> Response:
    zone = zone_of(leaders.get(call.deployment, call.leader_id).settings)
    granted = delegates.granted(call.deployment, call.leader_id)
    return call.page(
        "delegates.html",
        422 if wrong else 200,
        wrong=wrong,
        fields={each.field for each in wrong},
        grants=[delegate_view(each, call.now, zone) for each in granted],
        link=link,
        alone=call.offers.provider is None,
        label=call.form.word("label") if wrong else "",
        days=call.form.word("days") if wrong else str(USUAL_DAYS),
    )


def _invite(call: Call) -> Response:
    days = call.form.word("days")
    try:
        made = delegates.invite(
            call.deployment,
            call.leader_id,
            call.form.word("label"),
            int(days) if days.isdecimal() and len(days) < 6 else 0,
        )
    except BadChoice as error:
        field = "label" if isinstance(error, BadName) else "days"
        return _page(call, wrong=[Wrong(field, str(error))])
    return _page(call, link=f"{call.site}/you/invitation/{made.token}")


def _revoke(call: Call) -> Response:
    delegates.revoke(call.deployment, call.leader_id, call.id("delegation_id"))
    return go(f"{call.home}/delegates", "revoked")


def _invitation(member: Member, sentence: str = "") -> Response:
    wrong = (Wrong("name", sentence),) if sentence else ()
    return member.page(
        "invitation.html", 422 if wrong else 200, wrong=wrong, name=member.form.word("name")
    )


def _accept(member: Member) -> Response:
    name, token = member.form.word("name"), member.path["token"]
    if not name:
        return _invitation(member, text("Say what you call this diary."))
    try:
        found = delegates.accept(member.deployment, member.principal.identity, token, name)
    except BadName as error:
        return _invitation(member, str(error))
    return go(f"{HOME}/{found.leader_id}", "accepted-invitation")


def _left(guest: Guest) -> Response:
    if leaders.has_left(guest.deployment, guest.id("leader_id")):
        return guest.page("left.html")
    return go(HOME)


def _leave(call: Call) -> Response:
    leaders.leave(call.deployment, call.leader_id)
    call.call_worker()
    return go(f"{HOME}/left/{call.leader_id}")
