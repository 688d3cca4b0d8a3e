"""Where Microsoft and Google call when a diary changed: "look now", and nothing else.

Anybody can call here. A call is believed by the secret that only the provider was given; what it
says of events is not read. Whether it was believed cannot be told from the answer, and all calls
take the same few steps. Where the database is away they are refused, and the providers call again.

One change brings up to three calls within a moment. So no worker is called for any: the workers'
sweep, every few seconds, finds the diary once for all of them.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from app import problems
from app.api.operations import Given, responses
from app.connecting import watching
from app.connecting.connections import Provider
from app.connecting.watching import NOTIFY
from app.door.desk import Service
from app.door.entering import service_of
from app.door.intake import BodyError, read_body

router = APIRouter()
_LARGEST = 65_536
"""Bytes of a call that are read; Graph sends some hundred for each change."""
_LONGEST = 4_000
"""Characters of a token that is given back, as Graph asks before it calls the first time."""
_SECRET = re.compile(r"[\x21-\x7e]{1,128}")
_CHANNEL = re.compile(r"[0-9a-f]{1,64}")
_RENEW = frozenset({"reauthorizationRequired", "subscriptionRemoved"})
_TAKEN = Given("Taken, whoever called.", status=202)
_REFUSED = (problems.NOT_FOUND, problems.FAULT, problems.BUSY)


@router.post(
    NOTIFY + "/microsoft/{channel}",
    tags=["notifications"],
    operation_id="notify_microsoft",
    summary="Be called by Microsoft Graph",
    status_code=202,
    openapi_extra={
        "parameters": [
            {
                "name": "validationToken",
                "in": "query",
                "required": False,
                "description": "given back as text, once, when a subscription is made",
                "schema": {"type": "string", "maxLength": _LONGEST},
            }
        ],
        "requestBody": {
            "required": False,
            "content": {
                "application/json": {
                    "schema": {"type": "object"},
                    "example": {"value": [{"clientState": "the secret", "changeType": "updated"}]},
                }
            },
        },
        "responses": responses(_TAKEN, _REFUSED)
        | {
            "200": {
                "description": "The token.",
                "content": {"text/plain": {"schema": {"type": "string"}, "example": "token"}},
            }
        },
    },
)
async def microsoft(request: Request) -> Response:
    """Change and lifecycle notifications of one subscription, or the question before them."""
    service = service_of(request)
    token = request.query_params.get("validationToken")
    if token is not None and len(token) <= _LONGEST:
        return PlainTextResponse(token)
    secret, ending = _read(await _body(request))
    await _note(service, request, Provider.MICROSOFT, secret, ending)
    return Response(status_code=202)


@router.post(
    NOTIFY + "/google/{channel}",
    tags=["notifications"],
    operation_id="notify_google",
    summary="Be called by Google Calendar",
    status_code=202,
    openapi_extra={
        "parameters": [
            {
                "name": "X-Goog-Channel-Token",
                "in": "header",
                "required": False,
                "description": "the secret of the channel",
                "schema": {"type": "string"},
                "example": "the secret",
            }
        ],
        "responses": responses(_TAKEN, _REFUSED),
    },
)
async def google(request: Request) -> Response:
    """What is called about stands in headers; a body is not read."""
    secret = request.headers.get("x-goog-channel-token", "")
    await _note(service_of(request), request, Provider.GOOGLE, secret, ending=False)
    return Response(status_code=202)


async def _body(request: Request) -> bytes:
    try:
        return await read_body(request, _LARGEST)
    except BodyError:
        return b""


def _read(body: bytes) -> tuple[str, bool]:
    """The one secret in a call, empty where there is none or several, and whether to renew."""
    try:
        found = json.loads(body)
        items: Any = found["value"]
        given = [each for each in items if isinstance(each, Mapping)]
    except (ValueError, KeyError, TypeError, RecursionError):
        return "", False
    secrets = {str(each.get("clientState", "")) for each in given}
    ending = any(str(each.get("lifecycleEvent")) in _RENEW for each in given)
    return (secrets.pop() if len(secrets) == 1 else ""), ending


async def _note(
    service: Service, request: Request, provider: Provider, secret: str, ending: bool
) -> None:
    channel = request.path_params["channel"]
    # the same steps for what cannot be right
    plain = bool(_CHANNEL.fullmatch(channel) and _SECRET.fullmatch(secret))
    await run_in_threadpool(
        watching.notified,
        service.deployment,
        provider,
        channel if plain else "0",
        secret if plain else "",
        ending=ending,
    )
