"""A reverse proxy that signs people in, as Xandikos with several users is run behind one.

It checks the password and hands the name on as X-Remote-User, which Xandikos trusts from here.
"""

from base64 import b64decode
from binascii import Error

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

_METHODS = [
    *("GET", "HEAD", "OPTIONS", "PUT", "POST", "DELETE"),
    *("PROPFIND", "PROPPATCH", "REPORT", "MKCOL", "MKCALENDAR"),
]
_HOPS = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length", "server"})


def signing_in(target: str, password: str) -> Starlette:
    """The proxy in front of `target`; everybody has the one password."""
    # no connection is kept, because nothing tells when the last request has come
    limits = httpx.Limits(max_keepalive_connections=0)
    client = httpx.AsyncClient(base_url=target, timeout=30, limits=limits, verify=False)

    async def forward(request: Request) -> Response:
        user = _user(request.headers.get("Authorization", ""), password)
        if user is None:
            return Response(status_code=401, headers={"WWW-Authenticate": 'Basic realm="test"'})
        kept = {
            name: value
            for name, value in request.headers.items()
            if name not in {"authorization", "x-remote-user", "content-length"}
        }
        answer = await client.request(
            request.method,
            request.url.path,
            headers={**kept, "X-Remote-User": user},
            content=await request.body(),
        )
        headers = {name: value for name, value in answer.headers.items() if name not in _HOPS}
        headers.pop("content-encoding", None)
        return Response(answer.content, answer.status_code, headers)

    return Starlette(routes=[Route("/{path:path}", forward, methods=_METHODS)])


def _user(authorization: str, password: str) -> str | None:
    scheme, _, value = authorization.partition(" ")
    try:
        user, _, given = b64decode(value).decode().partition(":")
    except (Error, UnicodeDecodeError):
        return None
    return user if scheme.lower() == "basic" and given == password else None
