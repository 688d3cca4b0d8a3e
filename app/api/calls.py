"""From a request to somebody who may make it, and back: what every operation for people shares.

Who somebody is comes first, then whether the diary is theirs to act on, then what the request says.
So whoever may not do something learns nothing, not even whether a field was right.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from types import MappingProxyType
from typing import TypeVar

from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from app import logs, problems
from app.deployment import Deployment
from app.door import once, sessions
from app.door.desk import Service
from app.door.entering import diary_of, enter, id_in, service_of
from app.door.intake import content_type, parse_json, read_body
from app.door.once import Reply, Sent
from app.people.history import Actor
from app.people.principal import Access, Principal
from app.services.errors import BadInput
from app.shapes import Shape, to_json

JSON = "application/json"
LARGEST = 65_536
"""Bytes of a body: choices and short texts, never a calendar."""
_BODIES = ("POST", "PUT")
Taken = TypeVar("Taken", bound=Shape)


class Nothing(Shape):
    """An operation that takes nothing; an empty object will do."""


@dataclass(frozen=True, slots=True)
class Visit:
    """A request by somebody who has signed in. `path` are the ids in its address."""

    service: Service = field(repr=False)
    principal: Principal
    token: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    path: Mapping[str, str]
    browser: str = field(repr=False)

    @property
    def deployment(self) -> Deployment:
        """What remembers."""
        return self.service.deployment

    @property
    def now(self) -> datetime:
        """This moment (aware UTC)."""
        return self.deployment.now()

    def id(self, name: str) -> str:
        """An id in the address. Raises NotAllowed for what cannot be one."""
        return id_in(self.path, name)


@dataclass(frozen=True, slots=True)
class Call(Visit):
    """A request about one leader's diary, by that leader or a delegate."""

    access: Access

    @property
    def leader_id(self) -> str:
        """Whose diary it is."""
        return self.access.leader_id

    @property
    def by(self) -> Actor:
        """Who asks, for the history."""
        return self.access.by

    @property
    def home(self) -> str:
        """The address of the leader, as it was called."""
        return f"/v1/leaders/{self.path['leader_id']}"

    def call_worker(self) -> None:
        """Have a worker attend to the diary soon."""
        self.service.call_worker(self.leader_id)


def reply(
    shape: Shape | Sequence[Shape] | None = None,
    status: int = 200,
    *,
    headers: Mapping[str, str] | None = None,
    again: Shape | None = None,
) -> Reply:
    """An answer with a shape as JSON.

    `again` is for whoever sends the same request again, where that is another answer.
    """
    return Reply(
        204 if shape is None else status,
        b"" if shape is None else _bytes(shape),
        headers=MappingProxyType(dict(headers or {})),
        again=None if again is None else _bytes(again),
    )


async def receive(
    request: Request,
    work: Callable[[Visit, Taken], Reply],
    takes: type[Taken],
    *,
    asks: bool = False,
) -> Response:
    """Answer somebody who has signed in, whoever that is; `asks` is as of `attend`."""
    service = service_of(request)
    visit = await run_in_threadpool(_enter, service, request)
    taken = await _read(request, takes)
    with logs.about(actor=visit.principal.identity):
        if asks:
            found = await service.callers.run(lambda: work(visit, taken), visit.principal.identity)
            return _send(found)
        return _send(await run_in_threadpool(work, visit, taken))


async def attend(
    request: Request,
    work: Callable[[Call, Taken], Reply],
    takes: type[Taken],
    *,
    own: bool = False,
    asks: bool = False,
    area: str = "",
) -> Response:
    """Answer a leader or a delegate about one diary; where it is `own`, the leader alone.

    `asks` is whether calendars are asked, which takes a while. `area` is one word for what is
    shown: the leader's history tells that a delegate has seen it.
    """
    service = service_of(request)
    visit = await run_in_threadpool(_enter, service, request)
    call = await run_in_threadpool(_admit, visit, own, area)
    body = await read_body(request, LARGEST)
    taken = _take(request, body, takes)
    sent = _sent(request, call, body)

    def carry_out() -> Reply:
        if sent is None:
            return work(call, taken)
        return once.once(
            call.deployment, sent, service.patience, lambda: _settled(lambda: work(call, taken))
        )

    with logs.about(actor=visit.principal.identity, leader=call.leader_id, role=call.by.who):
        if asks:
            return _send(await service.callers.run(carry_out, visit.principal.identity))
        return _send(await run_in_threadpool(carry_out))


# --- who it is ----------------------------------------------------------------------------------


def _enter(service: Service, request: Request) -> Visit:
    entered = enter(service, request)
    return Visit(
        service=service,
        principal=entered.principal,
        token=entered.token,
        headers=request.headers,
        path=dict(request.path_params),
        browser=sessions.errand_of(request, service.deployment.settings),
    )


def _admit(visit: Visit, own: bool, area: str) -> Call:
    named = visit.path["leader_id"]
    leader_id = None if named == "me" else named
    access = diary_of(visit.deployment, visit.principal, leader_id, own=own, area=area)
    return Call(
        visit.service,
        visit.principal,
        visit.token,
        visit.headers,
        visit.path,
        visit.browser,
        access,
    )


# --- what is said -------------------------------------------------------------------------------


async def _read(request: Request, takes: type[Taken]) -> Taken:
    return _take(request, await read_body(request, LARGEST), takes)


def _take(request: Request, body: bytes, takes: type[Taken]) -> Taken:
    """What a request says: in its body, or in its address where it only asks."""
    if request.method in _BODIES:
        if body:
            content_type(request, (JSON,))
        return valid(takes, parse_json(body) if body else {})
    return valid(takes, _query(request))


def _query(request: Request) -> dict[str, object]:
    found: dict[str, object] = {}
    for name, value in request.query_params.multi_items():
        if name in found:
            raise BadInput("Each part of the address's question may stand there once.")
        found[name] = value
    return found


def valid(model: type[Taken], values: Mapping[str, object]) -> Taken:
    """The values as this model. Raises BadInput with one sentence about the first that is wrong."""
    try:
        return model.model_validate(values)
    except ValidationError as error:
        names = [field.alias or name for name, field in model.model_fields.items()]
        raise BadInput(problems.say_field(error, names)) from error


def _sent(request: Request, call: Call, body: bytes) -> Sent | None:
    """The request as it is known when it comes again, where it has a key."""
    key = once.read_key(request.headers) if request.method == "POST" else None
    if key is None:
        return None
    of = call.deployment.fingerprints.of
    said = of("request", request.url.path, request.url.query, sha256(body).hexdigest())
    return Sent(call.leader_id, of("idempotency-key", call.principal.identity, key), said)


# --- what is answered ---------------------------------------------------------------------------


def _settled(work: Callable[[], Reply]) -> Reply:
    """An answer, though it be that it cannot be done: that too is given again."""
    try:
        return work()
    except problems.EXPECTED as error:
        kind = problems.kind_of(error)
        told = problems.respond(kind, problems.say(error), problems.headers_of(error))
        headers = problems.headers_of(error)
        return Reply(kind.status, bytes(told.body), problems.MEDIA_TYPE, headers)


def _send(answer: Reply) -> Response:
    headers = dict(answer.headers)
    if not answer.content:
        return Response(status_code=answer.status, headers=headers)
    return Response(answer.content, answer.status, headers, answer.media_type)


def _bytes(shape: Shape | Sequence[Shape]) -> bytes:
    return to_json(shape).encode("utf-8", "replace")
