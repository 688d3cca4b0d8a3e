"""The service: settings in, an application that answers requests out. Nothing opens on import."""

import logging
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from hashlib import sha256
from importlib.metadata import version

import uvicorn
from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import Response

from app import clock, problems
from app.api import routes
from app.api.describe import describe
from app.config import Settings, SettingsError, read_settings
from app.door.desk import Desk
from app.door.guard import Guard
from app.door.workers import Workers
from app.problems import Kind
from app.web import pages

HOST = "127.0.0.1"
_PLANS_ON_A_PAGE = 4
"""Three tiers, and the plans of the curve, which share the time of one."""
_READING = 30.0
"""Seconds that reading the largest calendar may take, beyond the plans made of it."""
_CLOSING = 2
"""Seconds that open connections are given when the service stops."""


def create_app(
    settings: Settings | None = None,
    *,
    sample: bool = False,
    now: Callable[[], datetime] = clock.now,
) -> FastAPI:
    """The application: the API under /v1, and the pages.

    Without settings those of the environment are read, which raises SettingsError. `sample`
    offers a sample diary on the first page. `now` is for tests.
    """
    chosen = settings or read_settings()
    workers = Workers(_PLANS_ON_A_PAGE * chosen.budget + _READING)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        yield
        workers.close()

    app = FastAPI(
        title="Clearway",
        version=version("clearway"),
        lifespan=lifespan,
        # The usual documentation pages fetch their scripts from elsewhere.
        docs_url=None,
        redoc_url=None,
        middleware=[
            Middleware(GZipMiddleware, minimum_size=1000, compresslevel=6),
            Middleware(Guard, refuse=_refuse, fault=_fault),
        ],
    )
    app.state.desk = Desk(chosen, workers, now, sample)
    app.include_router(routes.router)
    app.include_router(pages.router)
    _serve_static(app)
    for error in problems.EXPECTED:
        app.add_exception_handler(error, _expected)
    app.add_exception_handler(HTTPException, _from_router)
    app.openapi = lambda: describe(app, app.version)  # type: ignore[method-assign] # as documented
    return app


def serve(settings: Settings, announce: Callable[[str], None], *, sample: bool = False) -> None:
    """Run the service on this machine until it is told to stop.

    `announce` is given the one line that says where to look, once the service listens. Raises
    SettingsError where the port is taken. Open connections do not keep it from stopping.
    """
    app = create_app(settings, sample=sample)
    config = uvicorn.Config(
        app,
        # what must be said is said in sentences of our own; a cancelled half request is none of it
        log_level="critical",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=_CLOSING,
    )
    with _listen(settings.port) as listening:
        server = _Server(config, lambda: announce(f"Clearway is at http://{HOST}:{settings.port}/"))
        # After stopping, the signal is raised again for whoever started the server: that is us.
        with suppress(KeyboardInterrupt):
            server.run(sockets=[listening])


class _Server(uvicorn.Server):
    """Says when it listens, and stops without a word."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        # Stopping while somebody still waits is what Ctrl-C asks for, and no error.
        logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
        await super().shutdown(sockets)


def _listen(port: int) -> socket.socket:
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((HOST, port))
    except OSError as error:
        listening.close()
        message = f"Port {port} cannot be used; set CLEARWAY_PORT to another."
        raise SettingsError(message) from error
    return listening


def _serve_static(app: FastAPI) -> None:
    """Styles and icon, read once: they are small, and no request then touches the disk."""
    files = {
        "page.css": (pages.stylesheets(), "text/css"),
        "icon.svg": (pages.icon(), "image/svg+xml"),
    }

    @app.get("/static/{name}", include_in_schema=False)
    def static(name: str) -> Response:
        if name not in files:
            raise HTTPException(404)
        text, media_type = files[name]
        tag = sha256(text.encode()).hexdigest()[:16]
        headers = {"Cache-Control": "public, max-age=300", "ETag": f'"{tag}"'}
        return Response(text, media_type=media_type, headers=headers)


def _respond(request: Request, kind: Kind, detail: str) -> Response:
    """A problem for programs, a page for people."""
    path = request.url.path
    if path.startswith("/v1/") or path in ("/health", "/openapi.json"):
        return problems.respond(kind, detail)
    return pages.error_page(kind, detail)


def _refuse(request: Request) -> Response:
    return _respond(request, problems.REFUSED, problems.REFUSED.about)


def _fault(request: Request, error: Exception) -> Response:
    problems.note(error)
    return _respond(request, problems.FAULT, problems.say(error))


async def _expected(request: Request, error: Exception) -> Response:
    return _respond(request, problems.kind_of(error), problems.say(error))


async def _from_router(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else problems.FAULT.status
    kind = problems.kind_of_status(status)
    answer = _respond(request, kind, kind.about)
    if isinstance(error, HTTPException) and error.headers:
        answer.headers.update(error.headers)
    return answer
