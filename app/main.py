"""The service: settings in, an application that answers requests out. Nothing opens on import."""

import gzip
import logging
import socket
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from importlib.metadata import version
from ipaddress import ip_network
from urllib.parse import urlsplit

import uvicorn
from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import Response

from app import clock, problems
from app.api import machines, notifications, routes
from app.api.describe import describe
from app.api.leaders import routes as leader_routes
from app.backstage import HOST, Backstage
from app.config import Settings, SettingsError, read_settings
from app.connecting.sign_in import CALLBACK
from app.deployment import Deployment, open_deployment
from app.door.desk import Desk, Service
from app.door.guard import Guard
from app.door.limiter import Limiter
from app.door.measuring import Measure
from app.door.speaking import Speak
from app.door.workers import Workers
from app.languages import read_languages
from app.problems import Kind
from app.storage.database import is_away
from app.web import pages, styles
from app.web.service import routes as service_routes
from app.web.service.offers import Offers, usual_offers
from rules.language import later

_PLANS_ON_A_PAGE = 4
"""Three tiers, and the plans of the curve, which share the time of one."""
_READING = 30.0
"""Seconds that reading the largest calendar may take, beyond the plans made of it."""
_CALLERS = (8, 64, 6)
"""Threads in which calendars are asked, which is mostly waiting, requests before them, and how many
of either one person may have: a server that never ends keeps its thread."""
_AWAY = later("The database does not answer at the moment; please try again.")
_NO_ACCOUNT = "The sample account is left out: it needs a service without CLEARWAY_PUBLIC_URL and CLEARWAY_OIDC_ISSUER."
_CLOSING = 2
"""Seconds that open connections are given when the service stops."""


def create_app(
    settings: Settings | None = None,
    *,
    sample: bool = False,
    now: Callable[[], datetime] = clock.now,
    deployment: Deployment | None = None,
    put: Callable[[str], None] | None = None,
    offers: Offers | None = None,
) -> FastAPI:
    """The application: the API under /v1, and the pages.

    Without settings those of the environment are read, which raises SettingsError. `sample`
    offers a sample diary on the first page. `now` is for tests.

    With a `deployment` the service remembers: people sign in, and their calendars are looked
    after. `put` has a worker attend to a leader's diary; without it the workers' sweep finds what
    there is to do. The deployment brings settings and clock, and is closed by whoever opened it.
    `offers` are the ways to sign in and what can be connected here besides, as the settings say.
    """
    if deployment is not None:
        settings, now = deployment.settings, deployment.now
    chosen = settings or read_settings()
    patience = _PLANS_ON_A_PAGE * chosen.budget + _READING
    workers, callers = Workers(patience), Workers(patience, *_CALLERS)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        yield
        workers.close()
        callers.close()

    app = FastAPI(
        title="Clearway",
        version=version("clearway"),
        lifespan=lifespan,
        # The usual documentation pages fetch their scripts from elsewhere.
        docs_url=None,
        redoc_url=None,
        middleware=[
            Middleware(Measure, logged=deployment is not None),
            Middleware(Speak, languages=read_languages(chosen.translations)),
            Middleware(GZipMiddleware, minimum_size=1000, compresslevel=4),
            Middleware(
                Guard, refuse=_refuse, fault=_fault, hosts=_names(chosen), open_to=(CALLBACK,)
            ),
        ],
    )
    service = None
    if deployment is not None:
        service = Service(
            deployment=deployment,
            put=put or _nobody,
            callers=callers,
            limiter=Limiter(chosen.requests_per_minute),
            # work that nobody waits for any more still has its thread for a while
            patience=timedelta(seconds=2 * patience),
        )
    app.state.desk = Desk(chosen, workers, now, sample, service)
    routers = (machines.router, *leader_routes.ROUTERS, notifications.router)
    app.state.offers = offers or usual_offers(chosen)
    # routes are tried one after another: those that people wait for, or that are asked most, first
    for each in (routes.router, pages.router, service_routes.router, *routers):
        app.include_router(each)
    _serve_static(app)
    for error in problems.EXPECTED:
        app.add_exception_handler(error, _expected)
    app.add_exception_handler(HTTPException, _from_router)
    models = (*machines.MODELS, *leader_routes.MODELS)
    app.openapi = lambda: describe(app, app.version, routers, models)  # type: ignore[method-assign] # as documented
    return app


def _names(settings: Settings) -> tuple[str, ...]:
    """What browsers call the service besides this machine's own names."""
    name = urlsplit(settings.public_url).hostname
    return () if name is None else (name,)


def _nobody(leader_id: str) -> None:
    """Nobody is called: the workers look for themselves."""


def serve(settings: Settings, announce: Callable[[str], None], *, sample: bool = False) -> None:
    """Run the service on this machine until it is told to stop; an embedded one does its jobs too.

    `announce` is given the line that says where to look, once the service listens, and others on
    how to sign in. `sample` offers a sample diary, and, where nobody else uses the service, a
    calendar account with it. Raises SettingsError where the port is taken or the database cannot
    be used. Open connections do not keep it from stopping.
    """
    with_sample = sample and not (settings.public_url or settings.oidc_issuer)
    if with_sample:
        own = ip_network(f"{HOST}/32")
        settings = replace(settings, private_networks=(*settings.private_networks, own))
    with _listen(settings.port) as listening, closing(open_deployment(settings)) as deployment:
        back = Backstage(deployment, announce, sample=with_sample)
        app = create_app(deployment=deployment, put=back.put, offers=back.offers, sample=sample)

        def ready() -> None:
            announce(f"Clearway is at http://{HOST}:{settings.port}/")
            if sample and not with_sample:
                announce(_NO_ACCOUNT)
            if back.offers.print_link is not None:
                back.offers.print_link()

        config = uvicorn.Config(
            app,
            # what must be said is said in sentences of our own; a cancelled half request is none
            log_level="critical",
            log_config=None,
            access_log=False,
            server_header=False,
            # whose request it is, a proxy on this machine says; without one anybody could say it
            proxy_headers=bool(settings.public_url),
            timeout_graceful_shutdown=_CLOSING,
        )
        # After stopping, the signal is raised again for whoever started the server: that is us.
        with back.at_work(), suppress(KeyboardInterrupt):
            _Server(config, ready).run(sockets=[listening])


class _Server(uvicorn.Server):
    """Says when it listens, and stops without a word."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        # Stopping while somebody still waits is what Ctrl-C asks for, and no error. Not by its
        # level: a worker that is only just starting beside this sets that.
        logger = logging.getLogger("uvicorn.error")
        logger.disabled = True
        try:
            await super().shutdown(sockets)
        finally:
            logger.disabled = False


def _listen(port: int) -> socket.socket:
    # asyncio sends small answers at once on sockets that say they are TCP; on others the end of an
    # answer waits some 40 ms for the reader to confirm its beginning
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((HOST, port))
    except OSError as error:
        listening.close()
        message = f"Port {port} cannot be used; set CLEARWAY_PORT to another."
        raise SettingsError(message) from error
    return listening


def _serve_static(app: FastAPI) -> None:
    """Styles and icon, read and packed once: no request then touches the disk.

    The name of the styles changes with them, so browsers keep them for as long as they like.
    """
    long, short = "public, max-age=31536000, immutable", "public, max-age=86400"
    css, icon = styles.stylesheets().encode(), styles.icon().encode()
    files = {
        styles.style_name(): (css, _packed(css), "text/css", long),
        "icon.svg": (icon, _packed(icon), "image/svg+xml", short),
    }

    @app.get("/static/{name}", include_in_schema=False)
    def static(request: Request, name: str) -> Response:
        if name not in files:
            raise HTTPException(404)
        plain, packed, media_type, kept = files[name]
        headers = {"Cache-Control": kept, "Vary": "Accept-Encoding"}
        if "gzip" not in request.headers.get("accept-encoding", ""):
            return Response(plain, media_type=media_type, headers=headers)
        return Response(
            packed, media_type=media_type, headers={**headers, "Content-Encoding": "gzip"}
        )


def _packed(content: bytes) -> bytes:
    return gzip.compress(content, mtime=0)


def _respond(
    request: Request, kind: Kind, detail: str, headers: Mapping[str, str] | None = None
) -> Response:
    """A problem for programs, a page for people."""
    path = request.url.path
    if path.startswith("/v1/") or path in ("/health", "/ready", "/metrics", "/openapi.json"):
        return problems.respond(kind, detail, headers)
    return pages.error_page(kind, detail)


def _refuse(request: Request) -> Response:
    return _respond(request, problems.REFUSED, problems.REFUSED.about)


def _fault(request: Request, error: Exception) -> Response:
    problems.note(error)
    if is_away(error):
        return _respond(request, problems.BUSY, _AWAY)
    return _respond(request, problems.FAULT, problems.say(error))


async def _expected(request: Request, error: Exception) -> Response:
    kind, headers = problems.kind_of(error), problems.headers_of(error)
    return _respond(request, kind, problems.say(error), headers)


async def _from_router(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else problems.FAULT.status
    kind = problems.kind_of_status(status)
    answer = _respond(request, kind, kind.about)
    if isinstance(error, HTTPException) and error.headers:
        answer.headers.update(error.headers)
    return answer
