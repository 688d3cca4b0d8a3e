"""The accounts that calendars are read from. Only the leader connects, ticks and disconnects."""

from typing import Any, Literal

from fastapi import APIRouter
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from app import problems
from app.api.calls import Call, Nothing, attend, reply
from app.api.leaders.me import LEADER
from app.api.operations import Given, Taken, operation
from app.connecting import calendars, changes, connections, consent, disconnecting
from app.connecting.caldav import connect_caldav
from app.connecting.calendars import Account
from app.connecting.connections import Connection, Provider
from app.connecting.feeds import connect_feed
from app.connecting.states import Action, State
from app.door import sessions
from app.door.once import Reply
from app.services.errors import BadInput
from app.shapes import Instant, Shape

router = APIRouter()
CONNECTIONS = LEADER + "/connections"
CONNECTION = CONNECTIONS + "/{connection_id}"


class ConnectionItem(Shape):
    """One connected account, without its secrets.

    `detail` is one sentence for the leader and `action` what helps, both null where all is well.
    `ticked` is how many calendars are read.
    """

    id: str
    provider: Provider
    state: State
    state_since: Instant
    connected_at: Instant
    read_at: Instant | None
    watched: bool = Field(description="whether its changes are called in")
    ticked: int
    detail: str | None
    action: Action | None


class ConnectionList(Shape):
    """All connected accounts, the oldest first."""

    connections: list[ConnectionItem]


class NewConnection(Shape):
    """An account with a password that is for Clearway alone, or a published calendar."""

    provider: Literal["caldav", "feed"]
    address: str = Field(min_length=1, max_length=2000, description="https://…")
    user: str | None = Field(default=None, max_length=320)
    password: str | None = Field(default=None, max_length=1000, description="an app password")


class NewConsent(Shape):
    """Who is to be asked for consent. With `connection_id` that connection gets the new one."""

    provider: Literal["microsoft", "google"]
    connection_id: str | None = Field(default=None, max_length=32)
    return_path: str = Field(default="/", max_length=2000, description="a path of this site")


class ConsentItem(Shape):
    """Where the leader agrees, in the browser that this answer went to."""

    url: str
    expires_in: int = Field(description="seconds")


class CalendarItem(Shape):
    """A calendar that can be ticked. `holds` is whether new holds are written to it."""

    id: str
    name: str
    writable: bool
    ticked: bool
    holds: bool


class AbilitiesItem(Shape):
    """What can be done by a connection."""

    holds: bool
    meetings: bool
    tells_people: bool
    proposes_times: bool
    free_busy: bool
    tells_changes: bool
    calls_back: bool
    working_hours: bool


class CalendarList(Shape):
    """The calendars of a connection as its server names them now; nothing of it is kept."""

    calendars: list[CalendarItem]
    abilities: AbilitiesItem


class Ticked(Shape):
    """The calendars to be read, by id; holds are written to the first."""

    ticked: list[str] = Field(max_length=100)


MODELS = (
    CalendarList,
    ConnectionItem,
    ConnectionList,
    ConsentItem,
    NewConnection,
    NewConsent,
    Ticked,
)

_EXAMPLE: dict[str, Any] = {
    "id": "5f2b0c1de8a94c6f8f1f0f3f6a7b8c9d",
    "provider": "caldav",
    "state": "active",
    "state_since": "2026-11-19T09:00:00Z",
    "connected_at": "2026-11-19T09:00:00Z",
    "read_at": "2026-11-19T09:05:00Z",
    "watched": False,
    "ticked": 1,
    "detail": None,
    "action": None,
}
_LOST: dict[str, Any] = {
    "state": "revoked",
    "detail": "This calendar no longer lets Clearway in; please connect it again.",
    "action": "reconnect",
}
_NEW = {
    "provider": "caldav",
    "address": "https://calendar.trust.example/",
    "user": "leader",
    "password": "an app password",
}
_CALENDARS: dict[str, Any] = {
    "calendars": [
        {"id": "work", "name": "Work", "writable": True, "ticked": True, "holds": True},
    ],
    "abilities": {
        "holds": True,
        "meetings": True,
        "tells_people": False,
        "proposes_times": False,
        "free_busy": False,
        "tells_changes": True,
        "calls_back": False,
        "working_hours": False,
    },
}
_OUTSIDE = (problems.CALENDAR, problems.SILENT, problems.STATE)
_ONE = Given("The connection.", ConnectionItem, _EXAMPLE)


@router.get(
    CONNECTIONS,
    **operation(
        "connections",
        "List connections",
        "connections",
        Given("All of them.", ConnectionList, {"connections": [_EXAMPLE | _LOST]}),
    ),
)
async def list_connections(request: Request) -> Response:
    """Each with how it is, and what helps where a person is needed."""
    return await attend(request, _list, Nothing, area="connections")


@router.get(CONNECTION, **operation("connection", "Read a connection", "connections", _ONE))
async def read_connection(request: Request) -> Response:
    """How it is."""
    return await attend(request, _read, Nothing, area="connections")


@router.post(
    CONNECTIONS,
    **operation(
        "connect",
        "Connect an account or a published calendar",
        "connections",
        Given(
            "It works, and its main calendar is ticked.",
            ConnectionItem,
            _EXAMPLE,
            201,
            ("Location",),
        ),
        *_OUTSIDE,
        takes=Taken(NewConnection, _NEW),
        changes=True,
        keyed=True,
    ),
)
async def connect(request: Request) -> Response:
    """Tries it first; what does not work is not kept. The leader's alone."""
    return await attend(request, _connect, NewConnection, own=True, asks=True)


@router.put(
    CONNECTION + "/credentials",
    **operation(
        "reconnect",
        "Give a connection another sign-in",
        "connections",
        _ONE,
        *_OUTSIDE,
        takes=Taken(NewConnection, _NEW),
        changes=True,
    ),
)
async def reconnect(request: Request) -> Response:
    """Tries it first, and lets the connection work again. The leader's alone."""
    return await attend(request, _reconnect, NewConnection, own=True, asks=True)


@router.post(
    CONNECTIONS + "/consents",
    **operation(
        "begin_consent",
        "Begin to connect Microsoft or Google",
        "connections",
        Given(
            "Open the address in the same browser.",
            ConsentItem,
            {"url": "https://login.microsoftonline.com/organizations/…", "expires_in": 600},
            201,
            ("Set-Cookie",),
        ),
        *_OUTSIDE,
        takes=Taken(NewConsent, {"provider": "microsoft", "return_path": "/"}),
        changes=True,
    ),
)
async def begin_consent(request: Request) -> Response:
    """Gives the address where the leader agrees; the way back leads to the pages."""
    return await attend(request, _begin_consent, NewConsent, own=True, asks=True)


@router.delete(
    CONNECTION,
    **operation(
        "disconnect",
        "Disconnect",
        "connections",
        Given("It is gone, with its tokens.", status=204),
        changes=True,
    ),
)
async def disconnect(request: Request) -> Response:
    """Holds stay in the calendar unless they were removed before. The leader's alone."""
    return await attend(request, _disconnect, Nothing, own=True, asks=True)


@router.post(
    CONNECTION + "/try",
    **operation(
        "try_connection",
        "Try a connection again",
        "connections",
        _ONE,
        *_OUTSIDE,
        changes=True,
        keyed=True,
    ),
)
async def try_connection(request: Request) -> Response:
    """Asks the calendar's server now. The leader's alone."""
    return await attend(request, _try, Nothing, own=True, asks=True)


@router.post(
    CONNECTION + "/confirm-empty",
    **operation(
        "confirm_empty",
        "Say that a calendar is rightly empty",
        "connections",
        _ONE,
        *_OUTSIDE,
        changes=True,
        keyed=True,
    ),
)
async def confirm_empty(request: Request) -> Response:
    """A calendar that suddenly reads empty counts again. The leader's alone."""
    return await attend(request, _confirm_empty, Nothing, own=True, asks=True)


@router.get(
    CONNECTION + "/calendars",
    **operation(
        "calendars",
        "List the calendars of a connection",
        "connections",
        Given("As the server names them now.", CalendarList, _CALENDARS),
        *_OUTSIDE,
    ),
)
async def list_calendars(request: Request) -> Response:
    """Names are asked of the server and kept nowhere. The leader's alone."""
    return await attend(request, _calendars, Nothing, own=True, asks=True)


@router.put(
    CONNECTION + "/calendars",
    **operation(
        "tick_calendars",
        "Tick calendars",
        "connections",
        _ONE,
        *_OUTSIDE,
        takes=Taken(Ticked, {"ticked": ["work"]}),
        changes=True,
    ),
)
async def tick_calendars(request: Request) -> Response:
    """What is ticked is read. The leader's alone."""
    return await attend(request, _tick, Ticked, own=True, asks=True)


def _list(call: Call, taken: Nothing) -> Reply:
    found = connections.connections(call.deployment, call.leader_id)
    return reply(ConnectionList(connections=[_item(each) for each in found]))


def _read(call: Call, taken: Nothing) -> Reply:
    return reply(_known(call))


def _connect(call: Call, taken: NewConnection) -> Reply:
    made = _sign_in(call, taken, None)
    call.call_worker()
    return reply(_item(made), 201, headers={"Location": f"{call.home}/connections/{made.id}"})


def _reconnect(call: Call, taken: NewConnection) -> Reply:
    made = _sign_in(call, taken, call.id("connection_id"))
    call.call_worker()
    return reply(_item(made))


def _sign_in(call: Call, taken: NewConnection, connection_id: str | None) -> Connection:
    if taken.provider == "feed":
        if taken.user is not None or taken.password is not None:
            raise BadInput("A published calendar has an address and no user or password.")
        return connect_feed(
            call.deployment,
            call.leader_id,
            taken.address,
            connection_id=connection_id,
            by=call.by,
        )
    return connect_caldav(
        call.deployment,
        call.leader_id,
        taken.address,
        taken.user or "",
        taken.password or "",
        connection_id=connection_id,
        by=call.by,
    )


def _begin_consent(call: Call, taken: NewConsent) -> Reply:
    gone = consent.begin(
        call.deployment,
        call.leader_id,
        Provider(taken.provider),
        return_path=taken.return_path,
        browser=call.browser,
        connection_id=taken.connection_id,
    )
    cookie = sessions.errand_header(call.deployment.settings, gone.browser)
    item = ConsentItem(url=gone.url, expires_in=sessions.ERRAND_SECONDS)
    return reply(item, 201, headers={"Set-Cookie": cookie})


def _disconnect(call: Call, taken: Nothing) -> Reply:
    disconnecting.disconnect(call.deployment, call.leader_id, call.id("connection_id"), call.by)
    call.call_worker()
    return reply()


def _try(call: Call, taken: Nothing) -> Reply:
    changes.look(call.deployment, call.leader_id, call.id("connection_id"))
    call.call_worker()
    return reply(_known(call))


def _confirm_empty(call: Call, taken: Nothing) -> Reply:
    changes.confirm_empty(call.deployment, call.leader_id, call.id("connection_id"))
    call.call_worker()
    return reply(_known(call))


def _calendars(call: Call, taken: Nothing) -> Reply:
    found = calendars.look(call.deployment, call.leader_id, call.id("connection_id"))
    return reply(_calendar_list(found))


def _tick(call: Call, taken: Ticked) -> Reply:
    made = calendars.choose(
        call.deployment, call.leader_id, call.id("connection_id"), taken.ticked, call.by
    )
    call.call_worker()
    return reply(_item(made))


def _known(call: Call) -> ConnectionItem:
    connection_id = call.id("connection_id")
    return _item(connections.connection(call.deployment, call.leader_id, connection_id))


def _item(each: Connection) -> ConnectionItem:
    trouble = each.trouble
    return ConnectionItem(
        id=each.id,
        provider=each.provider,
        state=each.state,
        state_since=each.state_since,
        connected_at=each.connected_at,
        read_at=each.read_at,
        watched=each.watched,
        ticked=len(each.calendars),
        detail=None if trouble is None else trouble.sentence,
        action=None if trouble is None else trouble.action,
    )


def _calendar_list(found: Account) -> CalendarList:
    abilities = found.abilities
    return CalendarList(
        calendars=[
            CalendarItem(
                id=each.id,
                name=each.name,
                writable=each.writable,
                ticked=each.ticked,
                holds=each.holds,
            )
            for each in found.calendars
        ],
        abilities=AbilitiesItem(
            **{name: getattr(abilities, name) for name in AbilitiesItem.model_fields}
        ),
    )
