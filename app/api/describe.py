"""The parts of the OpenAPI document that cannot be read off the functions' signatures."""

from collections.abc import Sequence
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from app import problems
from app.api import answers, requests
from app.problems import MEDIA_TYPE, Kind, Problem
from app.shapes import CheckResult, OccurrenceItem, PlanResult

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
    "Finds what a diary is missing and plans the least disruptive repair, with a proof. Writes "
    "the plan to a calendar file. Nothing that is posted is stored or logged. Times are RFC 3339 in "
    "UTC; durations are whole minutes."
)
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
        requests.JSON: {"schema": _ref(taken)},
        requests.FORM: {"schema": _ref(form)},
    }
    return {
        "requestBody": {"required": True, "content": content},
        "responses": {
            "200": {"description": about, "content": {requests.JSON: {"schema": _ref(given)}}}
        }
        | {
            str(kind.status): _problem(kind)
            for kind in sorted((*ALWAYS, *also), key=lambda kind: kind.status)
        },
    }


def answer(given: type[BaseModel], about: str) -> dict[str, Any]:
    """What an operation without a body answers."""
    content = {requests.JSON: {"schema": _ref(given)}}
    return {"responses": {"200": {"description": about, "content": content}}}


def describe(app: FastAPI, version: str) -> dict[str, Any]:
    """The whole document, the same bytes for the same code."""
    found = get_openapi(
        title="Clearway",
        version=version,
        openapi_version="3.1.0",
        description=_ABOUT,
        license_info={"name": "MIT", "identifier": "MIT"},
        tags=[
            {"name": "diary", "description": "Stateless work on the calendar that comes with it."},
            {"name": "service", "description": "The service itself."},
        ],
        servers=[{"url": "/", "description": "This installation."}],
        routes=app.routes,
    )
    _, schemas = models_json_schema([(model, "validation") for model in _MODELS], ref_template=_REF)
    found["components"] = {"schemas": dict(sorted(schemas["$defs"].items()))}
    return found


def _ref(model: type[BaseModel]) -> dict[str, str]:
    return {"$ref": _REF.format(model=model.__name__)}


def _problem(kind: Kind) -> dict[str, Any]:
    example = {
        "type": f"/problems#{kind.name}",
        "title": kind.title,
        "status": kind.status,
        "detail": kind.about,
    }
    described: dict[str, Any] = {
        "description": f"{kind.title}. {kind.about}",
        "content": {MEDIA_TYPE: {"schema": _ref(Problem), "example": example}},
    }
    if kind is problems.BUSY:
        seconds = {"description": "seconds to wait", "schema": {"type": "integer"}}
        described["headers"] = {"Retry-After": seconds}
    return described
