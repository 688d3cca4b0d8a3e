"""Weekly mail: where it goes, a look at it, and what links in it lead to without signing in."""

from collections.abc import Callable

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.digest.sending import Kind
from app.door.guard import CONTENT_POLICY
from app.life import proposing, reports, weekly
from app.people import leaders, links, postbox
from app.people.choices import zone_of
from app.people.errors import BadChoice, NotAllowed
from app.people.links import Purpose
from app.web.forms import Wrong
from app.web.service.acting import ACTING
from app.web.service.views import plan_view
from app.web.service.visits import Call, Guest, Member, admit, attend, go, greet, receive_form
from rules.language import later, text

router = APIRouter()
_MAIL = "/you/{diary}/mail"
_ACTING = f"{ACTING}/mail"
_PLAN = "/you/mail/plan/{token}"
_STOP = "/you/mail/stop/{token}"
_AS_MAIL = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox allow-popups; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""A mail carries its styles and its picture; no script runs and nothing is fetched."""
_TROUBLES = {
    "refused": later("Mail to this address was refused, so nothing is sent there."),
    "back": later("Mail to this address came back, so nothing is sent there."),
}


@router.get(_PLAN)
async def plan_of_mail(request: Request) -> Response:
    """The plan that a mail speaks of, for whoever has the mail. To look is not to accept."""
    return await greet(request, _plan)


@router.post(_PLAN)
async def accept_by_mail(request: Request) -> Response:
    """Say yes to it."""
    return await greet(request, _accept)


@router.get(_STOP)
async def stop_page(request: Request) -> Response:
    """Asks whether to stop: programs follow links, and people press buttons."""
    return await greet(request, _ask_stop)


@router.post(_STOP)
async def stop(request: Request) -> Response:
    """No more such mail. Mail programs may ask for it in one step (RFC 8058)."""
    return await receive_form(request, _stop)


@router.get(_ACTING)
async def acting_page(request: Request) -> Response:
    """Mail about plans that wait in diaries that somebody acts for."""
    return await admit(request, _acting_page)


@router.post(_ACTING)
async def ask_for_acting(request: Request) -> Response:
    """Have a code mailed to an address."""
    return await admit(request, _ask_for_acting, asks=True)


@router.post(_ACTING + "/code")
async def confirm_acting(request: Request) -> Response:
    """The code that came there."""
    return await admit(request, _confirm_acting)


@router.post(_ACTING + "/start")
async def start_acting(request: Request) -> Response:
    """To the address that is known already."""
    return await admit(request, _start_acting)


@router.post(_ACTING + "/stop")
async def stop_acting(request: Request) -> Response:
    """No more of it."""
    return await admit(request, _stop_acting)


@router.get(_MAIL)
async def mail_page(request: Request) -> Response:
    """Where the weekly mail goes."""
    return await attend(request, _page, own=True)


@router.post(_MAIL)
async def ask_for_code(request: Request) -> Response:
    """Have a code mailed to an address."""
    return await attend(request, _ask, own=True, asks=True)


@router.post(_MAIL + "/code")
async def confirm(request: Request) -> Response:
    """The code that came there."""
    return await attend(request, _confirm, own=True)


@router.post(_MAIL + "/stop")
async def stop_own(request: Request) -> Response:
    """No more weekly mail."""
    return await attend(request, _stop_own, own=True)


@router.get(_MAIL + "/preview")
async def preview(request: Request) -> Response:
    """This week's mail, as mail programs show it."""
    return await attend(request, _preview, own=True, asks=True)


@router.post(_MAIL + "/start")
async def start_own(request: Request) -> Response:
    """To the address that is known already."""
    return await attend(request, _start_own, own=True)


# --- where it goes --------------------------------------------------------------------------------


def _page(call: Call, wrong: tuple[Wrong, ...] = (), address: str = "") -> Response:
    own = leaders.get(call.deployment, call.leader_id).settings.addresses
    return _show(call, "mail.html", wrong, address, own[0] if own else "")


def _acting_page(member: Member, wrong: tuple[Wrong, ...] = (), address: str = "") -> Response:
    return _show(member, "acting-mail.html", wrong, address, "")


def _show(
    member: Member, template: str, wrong: tuple[Wrong, ...], typed: str, usual: str
) -> Response:
    found = postbox.find(member.deployment, member.principal.identity)
    trouble = _TROUBLES.get(found.trouble or "", "")
    return member.page(
        template,
        422 if wrong else 200,
        wrong=wrong,
        found=found,
        trouble=text(trouble) if trouble else "",
        address=typed or found.asked or found.address or usual,
        is_set_up=postbox.is_set_up(member.deployment.settings),
        minutes=postbox.LASTS.seconds // 60,
    )


def _ask(call: Call) -> Response:
    return _mail_code(call, f"{call.home}/mail", lambda wrong, typed: _page(call, wrong, typed))


def _ask_for_acting(member: Member) -> Response:
    return _mail_code(member, _ACTING, lambda wrong, typed: _acting_page(member, wrong, typed))


def _mail_code(
    member: Member, path: str, again: Callable[[tuple[Wrong, ...], str], Response]
) -> Response:
    address = member.form.word("address").strip()
    try:
        postbox.ask(member.deployment, member.principal.identity, address)
    except BadChoice as error:
        return again((Wrong("address", str(error)),), address)
    return go(path, "code-sent")


def _confirm(call: Call) -> Response:
    try:
        postbox.confirm(
            call.deployment, call.principal.identity, call.form.word("code"), digest=True
        )
    except BadChoice as error:
        return _page(call, (Wrong("code", str(error)),))
    return go(f"{call.home}/mail", "mail-on")


def _confirm_acting(member: Member) -> Response:
    try:
        postbox.confirm(
            member.deployment, member.principal.identity, member.form.word("code"), acting=True
        )
    except BadChoice as error:
        return _acting_page(member, (Wrong("code", str(error)),))
    return go(_ACTING, "mail-on")


def _start_own(call: Call) -> Response:
    postbox.choose(call.deployment, call.principal.identity, digest=True)
    return go(f"{call.home}/mail", "mail-on")


def _start_acting(member: Member) -> Response:
    postbox.choose(member.deployment, member.principal.identity, acting=True)
    return go(_ACTING, "mail-on")


def _stop_own(call: Call) -> Response:
    postbox.choose(call.deployment, call.principal.identity, digest=False)
    return go(f"{call.home}/mail", "mail-off")


def _stop_acting(member: Member) -> Response:
    postbox.choose(member.deployment, member.principal.identity, acting=False)
    return go(_ACTING, "mail-off")


def _preview(call: Call) -> Response:
    found = weekly.preview(call.deployment, call.leader_id)
    if found is None:
        return call.page("no-mail.html")
    return Response(found.html, media_type="text/html", headers={CONTENT_POLICY: _AS_MAIL})


# --- links in mail --------------------------------------------------------------------------------


def _ask_stop(guest: Guest) -> Response:
    _stoppable(guest)
    return guest.page("stop-mail.html", path=guest.request.url.path, stopped=False)


def _stop(guest: Guest) -> Response:
    kind, identity = _stoppable(guest)
    if kind is Kind.DIGEST:
        postbox.choose(guest.deployment, identity, digest=False)
    else:
        postbox.choose(guest.deployment, identity, acting=False)
    return guest.page("stop-mail.html", path=guest.request.url.path, stopped=True)


def _stoppable(guest: Guest) -> tuple[Kind, str]:
    subject = links.read(guest.deployment, Purpose.STOP, guest.path["token"])
    if subject is None:
        raise NotAllowed
    kind, _, identity = subject.partition(".")
    return Kind(kind), identity


def _plan(guest: Guest) -> Response:
    leader_id, plan_id = _linked(guest)
    found = reports.report(guest.deployment, leader_id, plan_id)
    zone = zone_of(leaders.get(guest.deployment, leader_id).settings)
    shown = plan_view(found, "/you/mine", zone, guest.now)
    return guest.page("mail-plan.html", plan=shown, path=guest.request.url.path)


def _accept(guest: Guest) -> Response:
    leader_id, plan_id = _linked(guest)
    proposing.accept(guest.deployment, leader_id, plan_id, guest.form.word("hash"))
    guest.service.call_worker(leader_id)
    return go(guest.request.url.path, "accepted")


def _linked(guest: Guest) -> tuple[str, str]:
    subject = links.read(guest.deployment, Purpose.PLAN, guest.path["token"])
    if subject is None:
        raise NotAllowed
    leader_id, _, plan_id = subject.partition(".")
    return leader_id, plan_id
