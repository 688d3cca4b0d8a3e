"""Connecting calendars, choosing among them, and mending what no longer works."""

from collections.abc import Callable
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app import problems
from app.connecting import calendars, changes, consent, disconnecting
from app.connecting.caldav import connect_caldav
from app.connecting.connections import Connection, Provider, connection, connections
from app.connecting.errors import BadChoice, NotSetUp
from app.connecting.feeds import connect_feed
from app.connecting.sign_in import CALLBACK
from app.door import sessions
from app.door.desk import desk_of
from app.door.guard import OtherSite, from_other_site
from app.door.intake import content_type, read_body
from app.people import leaders
from app.people.choices import zone_of
from app.people.errors import LostErrand
from app.people.principal import require_leader
from app.web.forms import Wrong
from app.web.service import joining
from app.web.service.views import SAMPLE, ConnectionView, connection_view
from app.web.service.visits import (
    HOME,
    LARGEST,
    MINE,
    Call,
    Guest,
    Member,
    admit,
    attend,
    go,
    receive_form,
)
from rules.language import text

router = APIRouter()
_CONNECT = "/you/{diary}/connect"
_ONE = "/you/{diary}/calendars/{connection_id}"
_NUMBER = "127.0.0.1"
_ENCODED = "application/x-www-form-urlencoded"


@router.get(_CONNECT)
async def connect_page(request: Request) -> Response:
    """What can be connected, and what is."""
    return await attend(request, _connect_page, own=True)


@router.post(_CONNECT + "/caldav")
async def caldav(request: Request) -> Response:
    """Connect a CalDAV account, or give one another sign-in."""
    return await attend(request, _caldav, own=True, asks=True)


@router.post(_CONNECT + "/feed")
async def feed(request: Request) -> Response:
    """Connect a published calendar, or give one another address."""
    return await attend(request, _feed, own=True, asks=True)


@router.post(_CONNECT + "/sample")
async def sample(request: Request) -> Response:
    """Connect the sample account."""
    return await attend(request, _sample, own=True, asks=True)


@router.get(_CONNECT + "/{provider}")
async def depart(request: Request) -> Response:
    """Send a leader to give consent.

    It is no form: a browser follows no form to another site (`form-action` in the policy).
    """
    return await attend(request, _depart, own=True, asks=True)


@router.get(CALLBACK)
async def come_back(request: Request) -> Response:
    """Somebody gave consent, or did not."""
    elsewhere = _where_signed_in(request)
    return elsewhere or await admit(request, _come_back, asks=True)


@router.post(CALLBACK)
async def set_aside(request: Request) -> Response:
    """Microsoft sends people back by a form of its own, with which no cookie of ours comes."""
    content_type(request, (_ENCODED,))
    body = (await read_body(request, LARGEST)).decode("utf-8", "replace")
    answer = dict(parse_qsl(body, keep_blank_values=True))
    return await receive_form(request, lambda guest: _set_aside(guest, answer))


@router.get(_ONE)
async def one(request: Request) -> Response:
    """One connection: its calendars to tick, its state, and how to end it."""
    return await attend(request, _one, own=True, asks=True)


@router.post(_ONE)
async def tick(request: Request) -> Response:
    """Tick calendars."""
    return await attend(request, _tick, own=True, asks=True)


@router.post(_ONE + "/try")
async def look_again(request: Request) -> Response:
    """Ask the server now."""
    return await attend(request, _try, own=True, asks=True)


@router.post(_ONE + "/empty")
async def confirm_empty(request: Request) -> Response:
    """It is right that the calendar is empty."""
    return await attend(request, _confirm_empty, own=True, asks=True)


@router.post(_ONE + "/disconnect")
async def disconnect(request: Request) -> Response:
    """Delete a connection with its sign-in."""
    return await attend(request, _disconnect, own=True, asks=True)


# --- connecting -----------------------------------------------------------------------------------


def _connect_page(call: Call) -> Response:
    return _page(call)


def _page(call: Call, sentence: str = "", where: str = "", status: int = 200) -> Response:
    """The page of all that can be connected, with what somebody typed but for a password."""
    settings = call.deployment.settings
    wrong = (Wrong(where, sentence),) if sentence else ()
    known = connection_views(call, _zone(call))
    again = call.form.word("again") or call.query.get("again", "")
    return call.page(
        "connect.html",
        status,
        wrong=wrong,
        fields={each.field for each in wrong},
        connections=known,
        again=next((each for each in known if each.id == again), None),
        microsoft=bool(settings.microsoft_client_id),
        google=bool(settings.google_client_id),
        account=call.offers.account,
        sampled=any(each.name == text(SAMPLE) for each in known),
        answers={name: call.form.word(name) for name in ("url", "user", "address")},
    )


def connection_views(call: Call, zone: ZoneInfo) -> tuple[ConnectionView, ...]:
    """Every connection of the diary."""
    found = connections(call.deployment, call.leader_id)
    return tuple(_view(call, each, zone) for each in found)


def _view(call: Call, known: Connection, zone: ZoneInfo) -> ConnectionView:
    sample = "" if call.offers.account is None else call.offers.account.url
    own = call.access.is_leader
    return connection_view(known, call.home, zone, own=own, sample=sample)


def _zone(call: Call) -> ZoneInfo:
    return zone_of(leaders.get(call.deployment, call.leader_id).settings)


def _caldav(call: Call) -> Response:
    url, user, password = (call.form.word(name) for name in ("url", "user", "password"))
    again = call.form.word("again") or None

    def connect() -> Connection:
        return connect_caldav(
            call.deployment, call.leader_id, url, user, password, connection_id=again, by=call.by
        )

    return _tried(call, connect, "url", again)


def _feed(call: Call) -> Response:
    address, again = call.form.word("address"), call.form.word("again") or None

    def connect() -> Connection:
        return connect_feed(
            call.deployment, call.leader_id, address, connection_id=again, by=call.by
        )

    return _tried(call, connect, "address", again)


def _tried(
    call: Call, connect: Callable[[], Connection], where: str, again: str | None
) -> Response:
    """On to the connection's calendars, or the form again with what was not right."""
    try:
        made = connect()
    except problems.EXPECTED as error:
        return _page(call, problems.say(error), where, problems.kind_of(error).status)
    call.call_worker()
    return _to_calendars(made, call.home, "connected" if again is None else "reconnected")


def _to_calendars(made: Connection, home: str, done: str) -> Response:
    if made.provider is Provider.FEED:
        return go(f"{home}/connect", done)
    return go(f"{home}/calendars/{made.id}", done)


def _sample(call: Call) -> Response:
    account = call.offers.account
    if account is None:
        raise NotSetUp(text("The sample account does not run; start Clearway with --sample."))
    made = connect_caldav(
        call.deployment, call.leader_id, account.url, account.user, account.password, by=call.by
    )
    call.call_worker()
    return _to_calendars(made, call.home, "connected")


# --- consent --------------------------------------------------------------------------------------


def _depart(call: Call) -> Response:
    if from_other_site(call.request.headers):
        raise OtherSite
    try:
        provider = Provider(call.path["provider"])
    except ValueError as error:
        raise BadChoice(text("That kind of calendar is not connected by consent.")) from error
    left = consent.begin(
        call.deployment,
        call.leader_id,
        provider,
        return_path=call.home,
        browser=call.browser,
        connection_id=call.query.get("again") or None,
    )
    answer = go(left.url)
    sessions.keep_errand(answer, call.deployment.settings, left.browser)
    return answer


def _where_signed_in(request: Request) -> Response | None:
    """On this machine Google sends people back to `localhost`; they may have signed in at the
    number, whose cookies a browser keeps apart."""
    settings = desk_of(request).settings
    here = request.url.hostname == "localhost" and not settings.public_url
    if not here or sessions.is_carried(request, settings):
        return None
    return RedirectResponse(str(request.url.replace(hostname=_NUMBER)), 303)


def _set_aside(guest: Guest, answer: dict[str, str]) -> Response:
    return go(CALLBACK, **{consent.SET_ASIDE: consent.set_aside(guest.deployment, answer)})


def _come_back(member: Member) -> Response:
    access = require_leader(member.principal)
    if not member.browser:
        raise LostErrand
    back = consent.finish(
        member.deployment,
        access.leader_id,
        dict(member.query),
        browser=member.browser,
        by=access.by,
    )
    member.service.call_worker(access.leader_id)
    return _to_calendars(back.connection, f"{HOME}/{MINE}", "connected")


# --- one connection -------------------------------------------------------------------------------


def _one(call: Call) -> Response:
    connection_id = call.id("connection_id")
    listed: tuple[calendars.Choice, ...] = ()
    abilities, sentence = None, ""
    try:
        account = calendars.look(call.deployment, call.leader_id, connection_id)
        listed, abilities = account.calendars, account.abilities
    except problems.EXPECTED as error:
        if problems.kind_of(error) is problems.NOT_FOUND:
            raise
        sentence = problems.say(error)
    known = connection(call.deployment, call.leader_id, connection_id)
    return call.page(
        "calendars.html",
        one=_view(call, known, _zone(call)),
        choices=listed,
        first=next((each.id for each in listed if each.holds), ""),
        abilities=abilities,
        sentence=sentence,
        following=_following(call),
    )


def _tick(call: Call) -> Response:
    connection_id = call.id("connection_id")
    ticked, first = call.form.words.get("calendar", []), call.form.word("first")
    ordered = sorted(ticked, key=lambda each: each != first)
    calendars.choose(call.deployment, call.leader_id, connection_id, ordered, call.by)
    call.call_worker()
    return go(_following(call), "ticked")


def _following(call: Call) -> str:
    """Whoever is on the way in goes on to the hours."""
    found = leaders.get(call.deployment, call.leader_id)
    return f"{call.home}/hours" if found.version == joining.NEW else call.home


def _try(call: Call) -> Response:
    changes.look(call.deployment, call.leader_id, call.id("connection_id"))
    call.call_worker()
    return go(call.home, "tried")


def _confirm_empty(call: Call) -> Response:
    changes.confirm_empty(call.deployment, call.leader_id, call.id("connection_id"))
    call.call_worker()
    return go(call.home, "tried")


def _disconnect(call: Call) -> Response:
    disconnecting.disconnect(call.deployment, call.leader_id, call.id("connection_id"), call.by)
    call.call_worker()
    return go(f"{call.home}/connect", "disconnected")
