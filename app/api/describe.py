"""The parts of the OpenAPI document that cannot be read off the functions' signatures."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema
from starlette.routing import BaseRoute

from app import problems
from app.api import answers, requests
from app.problems import MEDIA_TYPE, Kind, Problem
from app.shapes import CheckResult, OccurrenceItem, PlanResult

_MODE: JsonSchemaMode = "validation"
_REF = "#/components/schemas/{model}"
_MODELS: Sequence[type[BaseModel]] = (
    requests.ApplyForm,
    requests.ApplyRequest,
    requests.CheckForm,
    requests.CheckRequest,
    requests.PlanForm,
    requests.PlanRequest,
    requests.UndoForm,
    requests.UndoRequest,
    answers.ApplyAnswer,
    answers.Health,
    answers.UndoAnswer,
    CheckResult,
    OccurrenceItem,
    PlanResult,
    Problem,
)
_ABOUT = (
    "Finds what a diary is missing and plans the least disruptive repair, with a proof. Under "
    "`/v1/check`, `plan`, `apply` and `undo` the calendar comes with the request, and nothing of it "
    "is stored or logged. Under `/v1/leaders` leaders and their delegates work with connected "
    "calendars. Programs send the token of a sign-in as bearer token. Today only browsers are given "
    "one: it is the value of the cookie after signing in at the pages, and it holds for 12 hours. "
    "Times are RFC 3339 in UTC; durations are whole minutes."
)
_TAGS = (
    {"name": "me", "description": "Who you are, and whether Clearway looks after your diary."},
    {"name": "settings", "description": "What a leader chose."},
    {"name": "connections", "description": "The accounts that calendars are read from."},
    {"name": "calendar", "description": "The diary as it is now. Titles are never in it."},
    {"name": "plans", "description": "Changes that are proposed, applied and undone."},
    {"name": "holds", "description": "The time that Clearway keeps."},
    {"name": "locks", "description": "Meetings that stay as they are."},
    {"name": "history", "description": "What happened, and everything that is held."},
    {"name": "delegates", "description": "Who may act for a leader."},
    {"name": "notifications", "description": "Where calendars call when something changed."},
)
_IDS = {
    "leader_id": "`me`, or the id of a leader for whom you may act",
    "connection_id": "id of the connection",
    "plan_id": "id of the plan",
    "hold_id": "id of the hold",
    "lock_id": "id of the lock",
    "delegation_id": "id of the delegation",
    "channel": "the part of the address that the provider was given",
}
_SECURITY = {
    "token": {
        "type": "http",
        "scheme": "bearer",
        "description": "The token of a sign-in, for programs.",
    },
    "cookie": {
        "type": "apiKey",
        "in": "cookie",
        "name": "__Host-clearway",
        "description": "The same for browsers; without `__Host-` on this machine's own address.",
    },
    "metrics": {
        "type": "http",
        "scheme": "bearer",
        "description": "CLEARWAY_METRICS_TOKEN, for Prometheus.",
    },
}
ALWAYS = (
    problems.BROKEN,
    problems.REFUSED,
    problems.LARGE,
    problems.TYPE,
    problems.INPUT,
    problems.FAULT,
    problems.BUSY,
)


def operation(
    taken: type[BaseModel],
    form: type[BaseModel],
    given: type[BaseModel],
    about: str,
    *also: Kind,
) -> dict[str, Any]:
    """What an operation takes as JSON and as a form, what it answers, and how it can go wrong."""
    content = {
        requests.JSON: {"schema": ref(taken)},
        requests.FORM: {"schema": ref(form)},
    }
    return {
        "requestBody": {"required": True, "content": content},
        "responses": {
            "200": {"description": about, "content": {requests.JSON: {"schema": ref(given)}}}
        }
        | {
            str(kind.status): _problem(kind)
            for kind in sorted((*ALWAYS, *also), key=lambda kind: kind.status)
        },
    }


def answer(given: type[BaseModel], about: str) -> dict[str, Any]:
    """What an operation without a body answers."""
    content = {requests.JSON: {"schema": ref(given)}}
    return {"responses": {"200": {"description": about, "content": content}}}


def describe(
    app: FastAPI,
    version: str,
    routers: Iterable[APIRouter] = (),
    models: Iterable[type[BaseModel]] = (),
) -> dict[str, Any]:
    """The whole document, the same bytes for the same code.

    `routers` are those whose routes say all of themselves, and `models` what they refer to.
    """
    found = get_openapi(
        title="Clearway",
        version=version,
        openapi_version="3.1.0",
        description=_ABOUT,
        license_info={"name": "MIT", "identifier": "MIT"},
        tags=[
            {"name": "diary", "description": "Stateless work on the calendar that comes with it."},
            *_TAGS,
            {"name": "service", "description": "The service itself."},
        ],
        servers=[{"url": "/", "description": "This installation."}],
        routes=app.routes,
    )
    wanted = [(model, _MODE) for model in dict.fromkeys((*_MODELS, *models))]
    _, schemas = models_json_schema(wanted, ref_template=_REF)
    found["components"] = {
        "schemas": dict(sorted(schemas["$defs"].items())),
        "securitySchemes": _SECURITY,
    }
    for router in routers:
        for route in router.routes:
            _as_said(found["paths"], route)
    for path, operations in found["paths"].items():
        for described in operations.values():
            _add_ids(path, described)
    return found


def _as_said(paths: dict[str, Any], route: BaseRoute) -> None:
    """Take what a route says of itself as it is: an example's null means null."""
    if isinstance(route, APIRoute):
        for method in route.methods or ():
            paths[route.path][method.lower()] |= route.openapi_extra or {}


def _add_ids(path: str, described: dict[str, Any]) -> None:
    """Name the ids in an address, which no function's signature has."""
    ids = [
        {
            "name": name,
            "in": "path",
            "required": True,
            "description": _IDS[name],
            "schema": {"type": "string"},
            "example": "me" if name == "leader_id" else "5f2b0c1de8a94c6f8f1f0f3f6a7b8c9d",
        }
        for name in re.findall(r"\{(\w+)\}", path)
    ]
    if ids:
        described["parameters"] = [*ids, *described.get("parameters", [])]


def ref(model: type[BaseModel]) -> dict[str, str]:
    """Where the description has the schema of a model."""
    return {"$ref": _REF.format(model=model.__name__)}


def problem_example(kind: Kind) -> dict[str, Any]:
    """A problem document of this kind."""
    return {
        "type": f"/problems#{kind.name}",
        "title": kind.title,
        "status": kind.status,
        "detail": kind.about,
    }


def _problem(kind: Kind) -> dict[str, Any]:
    example = problem_example(kind)
    described: dict[str, Any] = {
        "description": f"{kind.title}. {kind.about}",
        "content": {MEDIA_TYPE: {"schema": ref(Problem), "example": example}},
    }
    if kind is problems.BUSY:
        seconds = {"description": "seconds to wait", "schema": {"type": "integer"}}
        described["headers"] = {"Retry-After": seconds}
    return described
