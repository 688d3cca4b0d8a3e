"""What machines ask of the service itself: whether it lives, is ready, and how much it does."""

import hmac
from typing import Any, Literal

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app import health, metrics, problems
from app.api.operations import Given, responses
from app.deployment import Unusable
from app.door.desk import Desk, desk_of
from app.door.sessions import NotSignedIn
from app.shapes import Shape, to_json

router = APIRouter()


class Readiness(Shape):
    """Whether work can be given to the service, with a word about each thing that was looked at.

    Without a database there is nothing to look at: the words are null.
    """

    status: Literal["ok", "unavailable"]
    database: str | None = None
    tables: str | None = None
    keys: str | None = None
    worker: str | None = None


MODELS = (Readiness,)

_READY: dict[str, Any] = {
    "status": "ok",
    "database": "reachable",
    "tables": "current",
    "keys": "right",
    "worker": "seen",
}
_UNREADY = {"status": "unavailable", "worker": "missing"}


@router.get(
    "/ready",
    tags=["service"],
    operation_id="ready",
    summary="Ask whether work can be given to the service",
    openapi_extra={
        "responses": responses(
            Given("It can.", Readiness, _READY),
            (),
            [Given("It cannot.", Readiness, _READY | _UNREADY, 503)],
        )
    },
)
async def ready(request: Request) -> Response:
    """The database answers, in its newest form, it can be read by the keys that this process has,
    and a worker was seen within a minute."""
    service = desk_of(request).service
    if service is None:
        found = health.alive()
    else:
        found = await run_in_threadpool(health.ready, service.deployment)
    shape = Readiness.model_validate(found.plain())
    status = 200 if found.good else 503
    return Response(to_json(shape), status, media_type="application/json")


@router.get(
    "/metrics",
    tags=["service"],
    operation_id="metrics",
    summary="Read what is counted",
    openapi_extra={
        "security": [{"metrics": []}],
        "responses": {
            "200": {
                "description": "Prometheus' text format. No label tells who anybody is.",
                "content": {
                    "text/plain": {
                        "schema": {"type": "string"},
                        "example": "clearway_mailboxes_due 0.0\n",
                    }
                },
            },
            **{
                status: each
                for status, each in responses(
                    Given(""), (problems.SIGN_IN, problems.NOT_FOUND)
                ).items()
                if status != "200"
            },
        },
    },
)
async def read_metrics(request: Request) -> Response:
    """For whoever has CLEARWAY_METRICS_TOKEN; without that setting there is nothing here.

    Where a request comes from is no proof: behind a proxy all come from this machine.
    """
    desk = desk_of(request)
    _check(request, desk)
    content = await run_in_threadpool(_measured, desk)
    return Response(content, headers={"Content-Type": metrics.MEDIA_TYPE})


def _check(request: Request, desk: Desk) -> None:
    token = desk.settings.metrics_token
    if not token:
        raise HTTPException(404)
    given = request.headers.get("authorization", "")
    if not hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
        raise NotSignedIn(carried=bool(given))


def _measured(desk: Desk) -> bytes:
    if desk.service is None:
        return metrics.exposition()
    try:
        return health.measure(desk.service.deployment)
    except Unusable:
        # how things stand cannot be told now, what was counted can
        return metrics.exposition()
