"""Signing in, by the organisation or by a link that is printed here, and signing out."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.door import sessions
from app.door.entering import count_guest
from app.people import sign_in
from app.people.errors import LostErrand, SignInFailed
from app.people.openid import Provider
from app.people.sign_in import Return, SignedIn, local_path
from app.web.service.visits import HOME, SIGN_IN, Guest, Member, admit, go, greet
from rules.language import later, text

router = APIRouter()
_BACK = "/you/sign-in/back"
_USED = later("This link was used before, or is older than ten minutes; print another one.")


@router.get(SIGN_IN)
async def sign_in_page(request: Request) -> Response:
    """How to sign in here."""
    return await greet(request, _page)


@router.get("/you/sign-in/go")
async def depart(request: Request) -> Response:
    """Send somebody to sign in at their organisation.

    It is no form: a browser follows no form to another site (`form-action` in the policy).
    """
    return await greet(request, _depart, asks=True)


@router.get(_BACK)
async def come_back(request: Request) -> Response:
    """Somebody has signed in at their organisation."""
    return await greet(request, _come_back, asks=True)


@router.get("/you/link/{token}")
async def use_link(request: Request) -> Response:
    """Sign in by the link that was printed where the service was started."""
    return await greet(request, _use_link)


@router.post("/you/sign-in/link")
async def print_link(request: Request) -> Response:
    """Print another link there."""
    return await greet(request, _print_link)


@router.post("/you/sign-out")
async def sign_out(request: Request) -> Response:
    """End the sign-in of this browser."""
    return await admit(request, _sign_out)


def _page(guest: Guest) -> Response:
    return guest.page(
        "sign-in.html",
        elsewhere=guest.offers.provider is not None,
        printed=guest.offers.print_link is not None,
        ended=guest.query.get("why") == "ended",
        to=_to(guest),
    )


def _to(guest: Guest) -> str:
    """Where somebody wanted to go: nowhere but to these pages."""
    path = local_path(guest.query.get("to", HOME))
    return path if path == HOME or path.startswith(f"{HOME}/") else HOME


def _provider(guest: Guest) -> Provider:
    if guest.offers.provider is None:
        raise SignInFailed(text("Nobody signs in elsewhere here; use the link that was printed."))
    return guest.offers.provider


def _depart(guest: Guest) -> Response:
    count_guest(guest.service, guest.request)
    settings = guest.deployment.settings
    left = sign_in.begin(
        guest.deployment,
        _provider(guest),
        guest.site + _BACK,
        return_path=_to(guest),
        browser=guest.browser,
    )
    answer = go(left.url)
    sessions.keep_errand(answer, settings, left.browser)
    return answer


def _come_back(guest: Guest) -> Response:
    query = guest.query
    back = Return(
        state=query.get("state", ""),
        code=query.get("code", ""),
        error=query.get("error", ""),
        issuer=query.get("iss"),
    )
    found = sign_in.finish(
        guest.deployment,
        _provider(guest),
        back,
        browser=guest.browser,
        replaces=_former(guest),
    )
    return _welcome(guest, found, found.return_path)


def _use_link(guest: Guest) -> Response:
    token = guest.path["token"]
    try:
        found = sign_in.use_local_link(guest.deployment, token, replaces=_former(guest))
    except LostErrand as error:
        raise SignInFailed(text(_USED)) from error
    return _welcome(guest, found, HOME)


def _former(guest: Guest) -> str:
    name = sessions.session_cookie(guest.deployment.settings)
    return guest.request.cookies.get(name, "")


def _welcome(guest: Guest, found: SignedIn, path: str) -> Response:
    answer = go(path)
    settings = guest.deployment.settings
    sessions.keep_session(answer, settings, found.token, found.expires_at, guest.now)
    return answer


def _print_link(guest: Guest) -> Response:
    if guest.offers.print_link is None:
        raise SignInFailed(
            text("People sign in with their organisation here; there is no local link.")
        )
    count_guest(guest.service, guest.request)
    guest.offers.print_link()
    return go(SIGN_IN, "link")


def _sign_out(member: Member) -> Response:
    sign_in.sign_out(member.deployment, member.token)
    answer = go(SIGN_IN, "signed-out")
    sessions.end_session(answer, member.deployment.settings)
    return answer
