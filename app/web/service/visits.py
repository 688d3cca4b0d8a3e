"""From a request to somebody who may make it, and back to a page.

Each page is a function of a `Guest` (anybody), a `Member` (somebody who signed in) or a `Call`
(somebody who may act on one diary). `greet`, `admit` and `attend` find out which, run the function
in a thread, and answer with a page about what went wrong where something did.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app import logs, problems
from app.deployment import Deployment
from app.door import sessions
from app.door.desk import Service, desk_of
from app.door.entering import count_guest, diary_of, enter, id_in, service_of
from app.door.guard import SAFE, OtherSite, from_other_site
from app.door.intake import Form, content_type, read_form
from app.door.sessions import NotSignedIn
from app.people.delegates import Delegation
from app.people.history import Actor
from app.people.principal import Access, Principal
from app.web.rendering import render
from app.web.service.offers import Offers, offers_of
from app.web.service.trouble import way_on
from app.web.service.words import DONE
from rules.language import later, text

LARGEST = 65_536
"""Bytes of a form: choices and short texts, never a calendar."""
FORM = "multipart/form-data"
HOME, SIGN_IN = "/you", "/you/sign-in"
MINE = "mine"
"""The word for one's own diary in an address; others have their leader's id."""
PLACES = (
    ("", later("Your diary")),
    ("/week", later("Your week")),
    ("/plans", later("Plans")),
    ("/holds", later("Holds")),
    ("/workload", later("Workload")),
    ("/history", later("History")),
    ("/settings", later("Settings")),
)
"""The menu of a leader: the end of each address, and what it is called."""
PLACES_OF_OTHERS = (
    ("", later("The diary")),
    ("/week", later("The week")),
    *PLACES[2:4],
    ("/locks", later("Locks")),
    ("/pause", later("Pause")),
)
"""The same for a delegate."""
_NOTHING = Form({}, {})
_NOWHERE: Mapping[str, Any] = {
    "done": "",
    "home": "",
    "here": "",
    "whose": "",
    "own": False,
    "acts": False,
}
"""What a page says that is about no diary."""


@dataclass(frozen=True, slots=True)
class Guest:
    """A request by anybody."""

    request: Request = field(repr=False)
    service: Service = field(repr=False)
    offers: Offers = field(repr=False)
    form: Form = field(repr=False)

    @property
    def deployment(self) -> Deployment:
        """What remembers."""
        return self.service.deployment

    @property
    def now(self) -> datetime:
        """This moment (aware UTC)."""
        return self.deployment.now()

    @property
    def path(self) -> Mapping[str, str]:
        """The parts of the address."""
        return self.request.path_params

    @property
    def query(self) -> QueryParams:
        """What stands after the address."""
        return self.request.query_params

    @property
    def browser(self) -> str:
        """How a browser is known that was sent elsewhere."""
        return sessions.errand_of(self.request, self.deployment.settings)

    @property
    def site(self) -> str:
        """The address of the service as this browser calls it, without a slash at its end."""
        return self.deployment.settings.public_url or str(self.request.base_url).rstrip("/")

    def id(self, name: str) -> str:
        """An id in the address. Raises NotAllowed for what cannot be one."""
        return id_in(self.path, name)

    def context(self) -> dict[str, Any]:
        """What every page says."""
        done = DONE.get(self.query.get("done", ""), "")
        said = text(done) if done else ""
        return {**_NOWHERE, "signed_in": False, "done": said}

    def page(self, template: str, status: int = 200, **values: Any) -> Response:
        """A page of this package."""
        return render(f"service/{template}", status, **{**self.context(), **values})


@dataclass(frozen=True, slots=True)
class Member(Guest):
    """A request by somebody who signed in."""

    principal: Principal
    token: str = field(repr=False)

    def context(self) -> dict[str, Any]:
        """What every page says."""
        # slots=True makes another class, which a bare super() does not find
        about = {"here": self.request.url.path, "acts": bool(self.principal.grants)}
        return {**Guest.context(self), "signed_in": True, **about}


@dataclass(frozen=True, slots=True)
class Call(Member):
    """A request about one diary, by its leader or a delegate."""

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
        """The address of the diary's page."""
        return f"{HOME}/{self.path['diary']}"

    @property
    def grant(self) -> Delegation | None:
        """The delegation by which somebody acts; None for the leader."""
        found = (each for each in self.principal.grants if each.id == self.by.delegation_id)
        return next(found, None)

    def context(self) -> dict[str, Any]:
        """What every page says."""
        name = "" if self.grant is None else self.grant.name
        own = self.access.is_leader
        menu = PLACES if own else PLACES_OF_OTHERS
        places = tuple((end, text(name)) for end, name in menu)
        about = {"home": self.home, "own": own, "whose": name, "places": places}
        return {**Member.context(self), **about}

    def call_worker(self) -> None:
        """Have a worker attend to the diary soon."""
        self.service.call_worker(self.leader_id)


def go(path: str, done: str = "", **query: str) -> Response:
    """On to another page, which says what was done: a word of `DONE`."""
    told = {**query, **({"done": done} if done else {})}
    return RedirectResponse(f"{path}?{urlencode(told)}" if told else path, 303)


async def greet(
    request: Request, work: Callable[[Guest], Response], *, asks: bool = False
) -> Response:
    """Answer anybody. `asks` is whether somebody else's server is asked, which takes a while."""

    async def answer() -> Response:
        guest = await _guest(request)
        return await _run(guest, lambda: work(guest), asks=asks)

    return await _careful(request, answer)


async def receive_form(request: Request, work: Callable[[Guest], Response]) -> Response:
    """Answer another site's form, which tells nothing about who sent it and brings no cookie."""

    async def answer() -> Response:
        service = service_of(request)
        count_guest(service, request)
        guest = Guest(request, service, offers_of(request), _NOTHING)
        return await _run(guest, lambda: work(guest), asks=False)

    return await _careful(request, answer)


async def admit(
    request: Request, work: Callable[[Member], Response], *, asks: bool = False
) -> Response:
    """Answer somebody who signed in; others are sent to do so."""

    async def answer() -> Response:
        member = await run_in_threadpool(_enter, await _guest(request))
        with logs.about(actor=member.principal.identity):
            return await _run(member, lambda: work(member), asks=asks)

    return await _careful(request, answer)


async def attend(
    request: Request,
    work: Callable[[Call], Response],
    *,
    own: bool = False,
    asks: bool = False,
    area: str = "",
) -> Response:
    """Answer a leader or a delegate about one diary; where it is `own`, the leader alone.

    `area` is one word for what is shown: the history tells that a delegate has seen it.
    """

    async def answer() -> Response:
        call = await run_in_threadpool(_call, await _guest(request), own, area)
        with logs.about(actor=call.principal.identity, leader=call.leader_id, role=call.by.who):
            return await _run(call, lambda: work(call), asks=asks)

    return await _careful(request, answer)


async def _guest(request: Request) -> Guest:
    service, form = service_of(request), _NOTHING
    if request.method not in SAFE:
        if from_other_site(request.headers):
            raise OtherSite
        content_type(request, (FORM,))
        form = await read_form(request, LARGEST)
    return Guest(request, service, offers_of(request), form)


def _enter(guest: Guest) -> Member:
    entered = enter(guest.service, guest.request)
    return Member(
        guest.request,
        guest.service,
        guest.offers,
        guest.form,
        entered.principal,
        entered.token,
    )


def _call(guest: Guest, own: bool, area: str) -> Call:
    member = _enter(guest)
    named = member.path["diary"]
    leader_id = None if named == MINE else member.id("diary")
    access = diary_of(member.deployment, member.principal, leader_id, own=own, area=area)
    return Call(
        member.request,
        member.service,
        member.offers,
        member.form,
        member.principal,
        member.token,
        access,
    )


async def _run(guest: Guest, work: Callable[[], Response], *, asks: bool) -> Response:
    if not asks:
        return await run_in_threadpool(work)
    whose = guest.principal.identity if isinstance(guest, Member) else ""
    return await guest.service.callers.run(work, whose)


async def _careful(request: Request, answer: Callable[[], Any]) -> Response:
    """What was answered, or a page with one sentence and a way on."""
    try:
        found: Response = await answer()
    except NotSignedIn as error:
        return _send_to_sign_in(request, error)
    except problems.EXPECTED as error:
        return _tell(request, error)
    return found


def _send_to_sign_in(request: Request, error: NotSignedIn) -> Response:
    ended = {"why": "ended"} if "error=" in error.challenge else {}
    back = request.url.path if request.method in SAFE else HOME
    return go(SIGN_IN, **ended, to=back)


def _tell(request: Request, error: Exception) -> Response:
    kind = problems.kind_of(error)
    label, path = way_on(request, error)
    return render(
        "service/trouble.html",
        kind.status,
        problems.headers_of(error),
        title=text(kind.title),
        detail=problems.say(error),
        label=label,
        way=path,
        signed_in=sessions.is_carried(request, desk_of(request).settings),
        **_NOWHERE,
    )
