"""The fake over HTTP: reads a request, checks it, has it carried out, checks the answer."""

import asyncio
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request as HttpRequest
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from tests.fakes.google import fields, methods
from tests.fakes.google.calls import Call, Desk, Reply, built, carry_out
from tests.fakes.google.faults import Faults
from tests.fakes.google.login import Grant, Logins, NoToken
from tests.fakes.google.methods import Method
from tests.fakes.google.refusal import Refusal, not_found
from tests.fakes.google.writing import dropped_properties

BASE = "/calendar/v3/"
_WIRE = "tests.fakes.google.wire"


@dataclass(frozen=True, slots=True)
class Request:
    """One request to the API as it came, with what was answered. `path` is below the base."""

    method: str
    path: str
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]
    status: int
    problems: tuple[str, ...] = ()
    body: Any = None


@dataclass(slots=True)
class Service:
    """The API without its wire."""

    desk: Desk
    logins: Logins
    faults: Faults
    requests: list[Request] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def answer(
        self, verb: str, path: str, query: dict[str, list[str]], headers: dict[str, str], raw: bytes
    ) -> Response | None:
        """The answer to one request, None where the connection is to break."""
        if self.faults.delay:
            time.sleep(self.faults.delay)
        body, problems = _json(raw)
        method = methods.find(verb, path)
        with self.desk.store.open():
            try:
                if method is None or not built(method):
                    problems.append(f"the fake has no {verb} {path}")
                    raise not_found()
                problems += methods.problems_of_request(method, query, headers, body)
                reply = self._carried_out(
                    method, Call(method, _NOBODY, query, headers, body), problems
                )
            except Refusal as refusal:
                if refusal.problem and not problems:
                    problems.append(f"{verb} {path}: {refusal.reason}: {refusal}")
                reply = Reply(refusal.body(), refusal.status)
            except Exception as error:  # noqa: BLE001 # a fault of the fake must be seen by its test
                problems.append(f"{verb} {path}: the fake failed with {error!r}")
                reply = Reply(Refusal(500, "backendError", "Backend Error").body(), 500)
            if method is not None:
                problems += methods.problems_of_answer(method, reply.status, reply.body)
            self.problems += problems
            seen = Request(verb, path, query, headers, reply.status, tuple(problems), body)
            self.requests.append(seen)
            return None if self.faults.hangs_up() else _response(reply, query)

    def _carried_out(self, method: Method, call: Call, problems: list[str]) -> Reply:
        grant = self.logins.holder(call.headers.get("authorization", ""))
        fault = self.faults.due(f"{method.doc['httpMethod']} {method.path}?{_text(call.query)}")
        if fault is not None:
            raise fault
        if problems:
            raise Refusal(400, "badRequest", "; ".join(problems))
        if not grant.scopes & method.scopes:
            message = "Request had insufficient authentication scopes."
            raise Refusal(403, "insufficientPermissions", message)
        if "fields" in call.query and method.answer is not None:
            schemas = methods.document()["schemas"]
            fields.check(fields.parse(call.query["fields"][0]), method.answer, schemas)
        reply = carry_out(self.desk, Call(method, grant, call.query, call.headers, call.body))
        if "request" in method.doc:
            problems += [f"{method.id}: {text}" for text in dropped_properties(call.body)]
        return reply


_NOBODY = Grant("", frozenset())


def application(service: Service) -> ASGIApp:
    """The fake as an application: the API, and what sign-in needs."""

    async def api(scope: Scope, receive: Receive, send: Send) -> None:
        request = HttpRequest(scope, receive)
        raw = await request.body()
        path = scope["raw_path"].decode().partition("?")[0].removeprefix(BASE)
        text, verb = scope["query_string"].decode(), request.method
        headers = {name.lower(): value for name, value in request.headers.items()}
        override = headers.pop("x-http-method-override", None)
        if override == "GET":  # how the client library sends a query of over 2,048 characters
            verb, text, raw = "GET", raw.decode(), b""
            headers.pop("content-type", None)
        query = parse_qs(text, keep_blank_values=True)
        answer = await run_in_threadpool(service.answer, verb, path, query, headers, raw)
        if answer is None:
            await _hang_up(scope[_WIRE])
            return
        await answer(scope, receive, send)

    async def token(request: HttpRequest) -> Response:
        form = dict(parse_qsl((await request.body()).decode()))
        try:
            with service.desk.store.open():
                return JSONResponse(service.logins.exchange(form))
        except NoToken as error:
            return JSONResponse(error.body, error.status)

    async def revoke(request: HttpRequest) -> Response:
        form = dict(parse_qsl((await request.body()).decode()))
        text = form.get("token") or request.query_params.get("token", "")
        if service.logins.revoke_token(text):
            return JSONResponse({})
        return JSONResponse({"error": "invalid_token"}, 400)

    async def consent(request: HttpRequest) -> Response:
        """Whoever is named, or sits at the browser, agrees at once."""
        asked = request.query_params
        state = asked.get("state", "")
        if service.logins.declines:
            answer = {"error": service.logins.declines, "state": state}
        else:
            code, scope = service.logins.code(asked)
            answer = {"code": code, "scope": scope, "state": state}
        return RedirectResponse(f"{asked['redirect_uri']}?{urlencode(answer)}", 302)

    inner = Starlette(
        routes=[
            Route("/token", token, methods=["POST"]),
            Route("/revoke", revoke, methods=["POST"]),
            Route("/o/oauth2/v2/auth", consent, methods=["GET"]),
            Route(BASE + "{path:path}", _Raw(api)),
        ]
    )

    async def outer(scope: Scope, receive: Receive, send: Send) -> None:
        await inner({**scope, _WIRE: send}, receive, send)

    return outer


class _Raw:
    """An application of its own at a route: Starlette wraps only functions."""

    def __init__(self, app: Any) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)


async def _hang_up(wire: Any) -> None:
    """Break the connection. No message of ASGI can, so this reaches for uvicorn's own object."""
    wire.__self__.transport.abort()
    await asyncio.sleep(0.01)


def _json(raw: bytes) -> tuple[Any, list[str]]:
    if not raw:
        return None, []
    try:
        return json.loads(raw), []
    except ValueError:
        return None, ["the body is not JSON"]


def _response(reply: Reply, query: Mapping[str, list[str]]) -> Response:
    headers = {"ETag": reply.etag} if reply.etag else {}
    if reply.status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="https://accounts.google.com/"'
    if reply.body is None:
        return Response(status_code=reply.status, headers=headers)
    body: Any = reply.body
    if "fields" in query and reply.status < 400:
        body = fields.chosen(body, fields.parse(query["fields"][0]))
    return JSONResponse(body, reply.status, headers)


def _text(query: Mapping[str, list[str]]) -> str:
    return urlencode(dict(query), doseq=True)
