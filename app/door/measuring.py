"""Counts and logs every answer, by the template of its address; never the address itself."""

import time
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app import logs, metrics
from app.logs import Event


class Measure:
    """Middleware around everything else. `logged` says whether each answer is logged too."""

    def __init__(self, app: ASGIApp, *, logged: bool) -> None:
        self._app = app
        self._logged = logged

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = time.perf_counter(), 500

        async def seen(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        with logs.about(request=uuid4().hex):
            try:
                await self._app(scope, receive, seen)
            finally:
                self._note(scope, status, time.perf_counter() - began)

    def _note(self, scope: Mapping[str, Any], status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", None)
        metrics.request(route, status, seconds)
        if self._logged:
            fields: logs.Fields = {
                "method": scope["method"],
                "status": status,
                "seconds": seconds,
            }
            if route is not None:
                fields["route"] = route
            logs.note(Event.REQUEST, **fields)
