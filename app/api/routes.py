"""The operations of the API. Each takes all that it works on and answers with all that it made."""

import json
from collections.abc import Callable

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app import problems
from app.api import answers, requests
from app.api.describe import answer, operation
from app.api.requests import Asked
from app.door.desk import Desk, desk_of
from app.services import apply as applying
from app.services import undo as undoing
from app.services.check import check as check_diary
from app.services.curve import curve as make_curve
from app.services.plan import plan as make_plan
from app.services.read import read
from app.services.source import Source
from app.shapes import CheckResult, PlanResult, Shape, to_json

router = APIRouter()

_CHECK = operation(
    requests.CheckRequest,
    requests.CheckForm,
    CheckResult,
    "What the diary is missing, and for each rule how much of it is there.",
)
_PLAN = operation(
    requests.PlanRequest,
    requests.PlanForm,
    PlanResult,
    "The best plan, with its proof. Nothing has been written.",
)
_APPLY = operation(
    requests.ApplyRequest,
    requests.ApplyForm,
    answers.ApplyAnswer,
    "What was changed, the new calendar, and the record that undoes it.",
    problems.STALE,
)
_UNDO = operation(
    requests.UndoRequest,
    requests.UndoForm,
    answers.UndoAnswer,
    "What was taken back, and the calendar after it.",
)


@router.post(
    "/v1/check",
    tags=["diary"],
    operation_id="check",
    summary="Find what a diary is missing",
    openapi_extra=_CHECK,
)
async def check(request: Request) -> Response:
    """Evaluates every rule over the days asked for."""
    desk = desk_of(request)
    asked = await requests.read_check(request, desk.body_limit)
    return await _answer(desk, lambda: _check(desk, asked))


@router.post(
    "/v1/plan",
    tags=["diary"],
    operation_id="plan",
    summary="Plan the least disruptive repair",
    openapi_extra=_PLAN,
)
async def plan(request: Request) -> Response:
    """Makes the best plan for one tier and proves it. Writes nothing."""
    desk = desk_of(request)
    asked = await requests.read_plan(request, desk.body_limit)
    return await _answer(desk, lambda: _plan(desk, asked))


@router.post(
    "/v1/apply",
    tags=["diary"],
    operation_id="apply",
    summary="Apply a plan to a calendar",
    openapi_extra=_APPLY,
)
async def apply(request: Request) -> Response:
    """Makes the plan again, refuses it where it is no longer the same, and writes a new calendar.

    Send the calendar and options of the plan, `now` included, and the plan's hash.
    """
    desk = desk_of(request)
    asked = await requests.read_apply(request, desk.body_limit)
    return await _answer(desk, lambda: _apply(desk, asked))


@router.post(
    "/v1/undo",
    tags=["diary"],
    operation_id="undo",
    summary="Take a plan back",
    openapi_extra=_UNDO,
)
async def undo(request: Request) -> Response:
    """Gives back the calendar as it was, but for what a person has edited since."""
    desk = desk_of(request)
    calendar, record = await requests.read_undo(request, desk.pair_limit)
    return await _answer(desk, lambda: _undo(calendar, record))


@router.get(
    "/health",
    tags=["service"],
    operation_id="health",
    summary="Ask whether the service runs",
    openapi_extra=answer(answers.Health, "It runs."),
)
async def health() -> Response:
    """Answers at once, whatever else is being worked on."""
    return _json(answers.Health())


def _check(desk: Desk, asked: Asked) -> Shape:
    return check_diary(read(asked.sources, asked.ask(desk.now()), desk.settings)).shape()


def _plan(desk: Desk, asked: Asked) -> Shape:
    opened = read(asked.sources, asked.ask(desk.now()), desk.settings)
    options = asked.options
    budget = float(desk.settings.budget)
    made = make_plan(opened, options.tier, keep=options.keep, budget=budget)
    if not asked.curve:
        return made.shape()
    return made.shape(
        [each.shape() for each in make_curve(opened, keep=options.keep, budget=budget)]
    )


def _apply(desk: Desk, asked: Asked) -> Shape:
    opened = read(asked.sources, asked.ask(desk.now()), desk.settings)
    options = asked.options
    done = applying.apply(
        opened,
        options.tier,
        keep=options.keep,
        budget=float(desk.settings.budget),
        expected=asked.plan_hash,
    )
    return answers.ApplyAnswer(
        **dict(done.shape(None)),
        **answers.carried(done.content, asked.sources[0].is_json),
        undo=json.loads(done.undo),
    )


def _undo(brought: Source, record: bytes) -> Shape:
    done = undoing.undo(brought.content, record)
    return answers.UndoAnswer(
        **dict(done.shape()), **answers.carried(done.content, brought.is_json)
    )


async def _answer(desk: Desk, work: Callable[[], Shape]) -> Response:
    """The shape that work gives, as JSON. Making the text is work too, so it is done over there."""
    return Response(await desk.workers.run(lambda: to_json(work())), media_type=requests.JSON)


def _json(shape: Shape) -> Response:
    return Response(to_json(shape), media_type=requests.JSON)
