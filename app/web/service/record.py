"""What was done, and what is held."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.life import releasing
from app.people import delegates, held, history, leaders
from app.people.choices import zone_of
from app.people.errors import BadChoice
from app.people.held import Table
from app.web.service.views import Known, history_days
from app.web.service.visits import Call, attend
from app.web.service.words import say_heading, say_table
from rules.language import text

router = APIRouter()
_SHOWN = 20
"""Rows of a table on the page; the downloads have all."""
_KINDS = {"json": "application/json", "zip": "application/zip"}


@router.get("/you/{diary}/history")
async def history_page(request: Request) -> Response:
    """What Clearway and people did, the newest first."""
    return await attend(request, _history, own=True)


@router.get("/you/{diary}/held")
async def held_page(request: Request) -> Response:
    """Everything that is held about a leader."""
    return await attend(request, _held, own=True)


@router.post("/you/{diary}/held")
async def take_along(request: Request) -> Response:
    """The same as a file."""
    return await attend(request, _export, own=True)


def _history(call: Call) -> Response:
    zone = zone_of(leaders.get(call.deployment, call.leader_id).settings)
    found = history.page(call.deployment, call.leader_id, after=call.query.get("after") or None)
    granted = delegates.granted(call.deployment, call.leader_id)
    labels = {each.id: each.label for each in granted}
    plans = {each.plan_id for each in found.entries if each.plan_id is not None}
    removals = releasing.removals(call.deployment, call.leader_id, plans)
    days = history_days(found.entries, Known(labels, removals), call.home, zone)
    return call.page("history.html", days=days, next=found.next, first=not call.query.get("after"))


@dataclass(frozen=True, slots=True)
class TableView:
    """A table as a page shows it."""

    name: str
    heading: str
    about: str
    count: int
    rows: tuple[tuple[tuple[str, str], ...], ...]


def _held(call: Call) -> Response:
    found = held.look(call.deployment, call.leader_id)
    tables = [_table(each) for each in found.tables]
    return call.page("held.html", tables=tables, most=_SHOWN)


def _table(table: Table) -> TableView:
    rows = tuple(_row(table, each) for each in table.rows[:_SHOWN])
    return TableView(
        table.name, say_heading(table.name), say_table(table.name), len(table.rows), rows
    )


def _row(table: Table, row: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    return tuple((name, _cell(row[name])) for name in table.columns if row[name] is not None)


def _cell(value: Any) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def _export(call: Call) -> Response:
    kind = call.form.word("kind")
    if kind not in _KINDS:
        raise BadChoice(text("The data comes as one JSON file, or as CSV files in a zip."))
    found = held.export(call.deployment, call.leader_id)
    whole = json.dumps(found.to_json(), indent=2, ensure_ascii=False)
    content = found.to_zip() if kind == "zip" else whole.encode()
    headers = {"Content-Disposition": f'attachment; filename="clearway-data.{kind}"'}
    return Response(content, media_type=_KINDS[kind], headers=headers)
