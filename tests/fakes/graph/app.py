"""One request from the socket to its answer."""

import json
import re
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit
from uuid import uuid4

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request as Incoming
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from tests.fakes.graph import answers, routes
from tests.fakes.graph.checking import Checker
from tests.fakes.graph.login import Grant, Login
from tests.fakes.graph.routes import Call, Parts
from tests.fakes.graph.values import Broken, Json, Refused, Reply, Request
from tests.fakes.graph.world import Box

AT_ONCE = 4
"""Requests that one mailbox serves at a time."""
MOST_PARTS = 20
_JSON = (
    "application/json;odata.metadata=minimal;odata.streaming=true;"
    "IEEE754Compatible=false;charset=utf-8"
)
_TOO_MANY = "Application is over its MailboxConcurrency limit."
_LOGIN = re.compile(
    r"/(?P<tenant>[^/]+)/(?P<page>v2\.0/\.well-known/openid-configuration|oauth2/v2\.0/\w+)"
)


class Service:
    """Graph and its sign-in."""

    def __init__(self, parts: Parts, login: Login, checker: Checker, problems: list[str]) -> None:
        self._parts = parts
        self._login = login
        self._checker = checker
        self._problems = problems
        self.requests: list[Request] = []

    def app(self) -> Starlette:
        """The whole of it for a server."""
        every = ["GET", "POST", "PATCH", "DELETE", "PUT"]
        return Starlette(routes=[Route("/{path:path}", self._endpoint, methods=every)])

    async def _endpoint(self, incoming: Incoming) -> Response:
        content = await incoming.body()
        return await run_in_threadpool(self._respond, incoming, content)

    def _respond(self, incoming: Incoming, content: bytes) -> Response:
        path = _path(incoming.scope["raw_path"].decode("ascii", "replace"))
        query = dict(parse_qsl(incoming.scope["query_string"].decode(), keep_blank_values=True))
        if not path.startswith("/v1.0/"):
            return _response(self._sign_in(incoming.method, path, query, content))
        headers = dict(incoming.headers)
        request = Request(incoming.method, path.removeprefix("/v1.0"), query, headers)
        with self._parts.world.lock:
            self.requests.append(request)
        reply = self._answer(request, content)
        return _response(reply, headers.get("client-request-id"))

    def _sign_in(self, method: str, path: str, query: Mapping[str, str], content: bytes) -> Reply:
        matched = _LOGIN.fullmatch(path)
        page = matched["page"].rpartition("/")[2] if matched else ""
        with self._parts.world.lock:
            if matched and (method, page) == ("GET", "openid-configuration"):
                return self._login.configuration(matched["tenant"])
            if (method, page) == ("GET", "authorize"):
                return self._login.authorize(query)
            if (method, page) == ("POST", "token"):
                return self._login.token(dict(parse_qsl(content.decode())))
        return Reply(404, {"error": "not_found"})

    # -- one request -----------------------------------------------------------------------------

    def _answer(self, request: Request, content: bytes) -> Reply:
        faults, line = self._parts.faults, _line(request)
        with self._parts.world.lock:
            dropping = faults.dropping()
        if dropping is False:
            return Reply(200, drop=True)

        def work() -> Reply:
            with self._parts.world.lock:
                faults.check(line)
            request.body = _parsed(content)
            grant = self._login.grant(request.headers.get("authorization", ""))
            if request.path == "/$batch":
                return self._batch(grant, request)
            return self._one(grant, request)

        reply = self._guarded(request, work)
        return Reply(200, drop=True) if dropping else reply

    def _guarded(self, request: Request, work: Callable[[], Reply]) -> Reply:
        """What comes of it, checked and recorded; refusals as Graph's errors."""
        try:
            reply = work()
        except Refused as refused:
            if isinstance(refused, Broken):
                request.problems.append(refused.rule)
            client = request.headers.get("client-request-id")
            body = answers.error(refused, self._parts.world.clock(), client)
            reply = Reply(refused.status, body, refused.headers)
        except Exception as error:  # noqa: BLE001 # a test has to hear of it, whatever it is
            request.problems.append(f"the fake itself failed: {error!r}")
            body = answers.error(Refused(500, "UnknownError"), self._parts.world.clock())
            reply = Reply(500, body)
        found = self._checker.answer(request.method, request.path, reply.status, reply.body)
        request.problems += [f"answer {reply.status}: {each}" for each in found]
        request.status = reply.status
        with self._parts.world.lock:
            where = f"{request.method} {request.path}"
            self._problems += [f"{where}: {each}" for each in request.problems]
            body = self._parts.faults.rewritten(_line(request), reply.body)
        return Reply(reply.status, body, reply.headers)

    def _one(self, grant: Grant, request: Request) -> Reply:
        found = self._checker.request(
            request.method, request.path, request.query, request.headers, request.body
        )
        if found:
            request.problems += found[1:]
            raise Broken(found[0], "BadRequest")
        known = routes.find(request.method, request.path)
        if known is None:
            raise Broken("this path is not played here", "NotImplemented", 501)
        route, matched, user = known
        box = self._box(grant, user)
        if box and not grant.allows(route.needs, box.address):
            raise Refused(
                403, "ErrorAccessDenied", "Access is denied. Check credentials and try again."
            )
        groups = {
            name: each and each.replace(_SLASH, "/") for name, each in matched.groupdict().items()
        }
        call = Call(self._parts, request, grant, box, groups)
        if not route.locked:
            time.sleep(self._parts.faults.pause)
            return route.handler(call)
        return self._in_turn(box, lambda: route.handler(call))

    def _box(self, grant: Grant, user: str | None) -> Box | None:
        """Whose mailbox it is about: None where it is about none."""
        if user is None:
            return None
        if user:
            return self._parts.world.box(user)
        if grant.address is None:
            message = "/me request is only valid with delegated authentication flow."
            raise Refused(400, "BadRequest", message)
        return self._parts.world.box(grant.address)

    def _in_turn(self, box: Box | None, work: Callable[[], Reply]) -> Reply:
        """Four at a time in one mailbox, counted for as long as each is made to take."""
        lock, pause = self._parts.world.lock, self._parts.faults.pause
        with lock:
            if box and box.at_once >= AT_ONCE:
                headers = {"Retry-After": "1"}
                raise Refused(429, "ApplicationThrottled", _TOO_MANY, headers=headers)
            if box:
                box.at_once += 1
        try:
            time.sleep(pause)
            with lock:
                return work()
        finally:
            with lock:
                if box:
                    box.at_once -= 1

    # -- batches ---------------------------------------------------------------------------------

    def _batch(self, grant: Grant, request: Request) -> Reply:
        found = self._checker.request("POST", "/$batch", {}, request.headers, request.body)
        parts = (request.body or {}).get("requests") or []
        if not found and (
            len({each["id"] for each in parts}) < len(parts) or len(parts) > MOST_PARTS
        ):
            found = ["the parts of a batch have ids of their own, and are 20 at most"]
        if found:
            request.problems += found[1:]
            raise Broken(found[0], "BadRequest")
        crowded = _crowded(parts)
        done: dict[str, Json] = {}
        for part in parts:
            parents = part.get("dependsOn") or []
            if any(each not in done for each in parents):
                raise Broken("a part depends on one that does not come before it", "BadRequest")
            failed = any(done[each]["status"] >= 400 for each in parents)
            done[part["id"]] = self._part(grant, request, part, failed, part["id"] in crowded)
        return Reply(200, {"responses": list(reversed(done.values()))})

    def _part(
        self, grant: Grant, request: Request, part: Json, failed: bool, crowded: bool
    ) -> Json:
        url = urlsplit(part["url"])
        query = dict(parse_qsl(url.query, keep_blank_values=True))
        headers = {name.lower(): value for name, value in (part.get("headers") or {}).items()}
        inner = Request(part["method"], _path(url.path), query, headers, part.get("body"))
        request.parts.append(inner)

        def work() -> Reply:
            if failed:
                raise Refused(424, "FailedDependency", "A request it depends on has failed.")
            if crowded:
                told = {"Retry-After": "1"}
                raise Refused(429, "ApplicationThrottled", _TOO_MANY, headers=told)
            with self._parts.world.lock:
                self._parts.faults.check(_line(inner))
            return self._one(grant, inner)

        reply = self._guarded(inner, work)
        answer: Json = {"id": part["id"], "status": reply.status}
        if reply.headers or reply.body is not None:
            answer["headers"] = {**reply.headers, "Content-Type": "application/json"}
        if reply.body is not None:
            answer["body"] = reply.body
        return answer


def _crowded(parts: list[Json]) -> set[str]:
    """The parts above four that would run at once in one mailbox."""
    depth: dict[str, int] = {}
    running: dict[tuple[str, int], int] = {}
    found = set()
    for part in parts:
        depth[part["id"]] = 1 + max(
            (depth.get(each, 0) for each in part.get("dependsOn") or []), default=0
        )
        path = part["url"].strip("/").split("/")
        mailbox = path[1] if path[0] == "users" and len(path) > 1 else "me"
        key = (mailbox, depth[part["id"]])
        running[key] = running.get(key, 0) + 1
        if running[key] > AT_ONCE:
            found.add(part["id"])
    return found


_SLASH = "%2F"


def _path(raw: str) -> str:
    """A path decoded, but for slashes that are inside one of its steps, as an id may have them."""
    return "/".join(unquote(each).replace("/", _SLASH) for each in raw.split("/"))


def _line(request: Request) -> str:
    query = "&".join(f"{name}={value}" for name, value in request.query.items())
    return f"{request.method} {request.path}{'?' if query else ''}{query}"


def _parsed(content: bytes) -> Any:
    if not content:
        return None
    try:
        return json.loads(content)
    except ValueError:
        raise Broken("the body is not JSON", "RequestBodyRead") from None


def _response(reply: Reply, client_request_id: str | None = None) -> Response:
    if reply.drop:
        return _BrokenOff(status_code=200)
    headers = {"request-id": str(uuid4()), **reply.headers}
    if client_request_id:
        headers["client-request-id"] = client_request_id
    if reply.body is None:
        return Response(status_code=reply.status, headers=headers)
    if isinstance(reply.body, str):
        return HTMLResponse(reply.body, reply.status, headers)
    return Response(json.dumps(reply.body), reply.status, headers, _JSON)


class _BrokenOff(Response):
    """An answer that promises more than it gives, so that the server cuts the connection."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(b"content-length", b"1000"), (b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b'{"value":', "more_body": True})
