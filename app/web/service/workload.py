"""Where the hours go: a quarter by what its hours are for, with lines to copy. The leader's alone."""

from dataclasses import dataclass

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.life.accounting import quarter
from app.services.workload import Accounted, say_hours
from app.web.service.visits import Call, attend
from rules.language import later, text
from rules.words import say_day
from rules.workload import TEAM, Week, Work

router = APIRouter()
_PAGE = "/you/{diary}/workload"
_COLUMNS: tuple[tuple[str, tuple[Work, ...]], ...] = (
    (later("Team"), TEAM),
    (later("In person"), (Work.FACE_DAY,)),
    (later("Clinical"), (Work.CLINICAL,)),
    (later("Meetings"), (Work.MEETING,)),
    (later("Protected"), (Work.PROTECTED,)),
    (later("Learning"), (Work.LEARNING,)),
    (later("Between"), (Work.GAP, Work.BREAK, Work.END_OF_DAY)),
)


@dataclass(frozen=True, slots=True)
class WeekRow:
    """One week as a row of hours."""

    name: str
    cells: tuple[str, ...]


@router.get(_PAGE)
async def workload_page(request: Request) -> Response:
    """The hours of thirteen weeks."""
    return await attend(request, _show, asks=True, own=True)


@router.post(_PAGE)
async def take_table(request: Request) -> Response:
    """The same as a table for a job plan."""
    return await attend(request, _table, asks=True, own=True)


def _show(call: Call) -> Response:
    found = quarter(call.deployment, call.leader_id)
    columns = [
        each for each in _COLUMNS if any(one.minutes(*each[1]) for one in found.ledger.weeks)
    ]
    return call.page(
        "workload.html",
        columns=[text(name) for name, _ in columns],
        weeks=[_row(each, [works for _, works in columns]) for each in found.ledger.weeks],
        has_team_time=found.ledger.team > 0,
        usual=say_hours(found.ledger.team),
        share=f"{100 * found.ledger.share:.1f}%",
        contract=say_hours(found.ledger.contract),
        job_plan=found.job_plan,
        objective=found.objective,
        warnings=found.opened.warnings,
    )


def _table(call: Call) -> Response:
    found: Accounted = quarter(call.deployment, call.leader_id)
    headers = {"Content-Disposition": 'attachment; filename="workload.csv"'}
    return Response(found.csv(), media_type="text/csv; charset=utf-8", headers=headers)


def _row(week: Week, columns: list[tuple[Work, ...]]) -> WeekRow:
    minutes = [week.minutes(*works) for works in columns]
    cells = [f"{each / 60:.1f}" if each else "–" for each in (*minutes, week.open, week.outside)]
    return WeekRow(say_day(week.first), tuple(cells))
