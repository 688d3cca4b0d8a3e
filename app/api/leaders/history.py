"""What happened, and everything that is held: the leader's alone."""

import json
from typing import Any, Literal

from fastapi import APIRouter
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from app.api.calls import JSON, Call, attend, reply
from app.api.leaders.me import LEADER
from app.api.operations import Given, Taken, operation
from app.api.paging import Paging, link, read_cursor, write_cursor
from app.door.once import Reply
from app.people import held, history
from app.people.history import Entry, What, Who
from app.shapes import Instant, Shape

router = APIRouter()
HISTORY = LEADER + "/history"


class HistoryList(Paging):
    """Which page, and of which word."""

    what: What | None = Field(default=None, description="only entries of this word")


class EntryItem(Shape):
    """One thing that happened. `details` are counts and words of Clearway's own."""

    at: Instant
    what: What
    who: Who
    delegation_id: str | None
    plan_id: str | None
    details: dict[str, int | str | bool | None]


class HistoryPage(Shape):
    """Some entries, the newest first. `next` is the cursor of the page after, null on the last."""

    entries: list[EntryItem]
    next: str | None


class Form(Shape):
    """In which form everything is taken along."""

    form: Literal["json", "zip"] = Field(default="json", description="zip: one CSV file a table")


class Everything(Shape):
    """All that is held: the rows of each table, opened."""

    at: Instant
    tables: dict[str, list[dict[str, Any]]]


MODELS = (Everything, HistoryPage)

_ENTRY: dict[str, Any] = {
    "at": "2026-11-19T09:00:00Z",
    "what": "plan-applied",
    "who": "clearway",
    "delegation_id": None,
    "plan_id": "5f2b0c1de8a94c6f8f1f0f3f6a7b8c9d",
    "details": {"changes": 3, "made": 3, "mails": 0},
}


@router.get(
    HISTORY,
    **operation(
        "history",
        "Read the history",
        "history",
        Given("A page.", HistoryPage, {"entries": [_ENTRY], "next": None}, 200, ("Link",)),
        takes=Taken(HistoryList),
    ),
)
async def read_history(request: Request) -> Response:
    """What Clearway did, and who looked at what. The leader's alone."""
    return await attend(request, _history, HistoryList, own=True)


@router.get(
    LEADER + "/export",
    **operation(
        "export",
        "Take everything along",
        "history",
        Given(
            "Everything that is held, equal to the rows.",
            Everything,
            {"at": "2026-11-19T09:00:00Z", "tables": {"lock": []}},
        ),
        takes=Taken(Form),
    ),
)
async def export(request: Request) -> Response:
    """Everything but what would open a calendar to its finder. The leader's alone."""
    return await attend(request, _export, Form, own=True)


def _history(call: Call, taken: HistoryList) -> Reply:
    found = history.page(
        call.deployment,
        call.leader_id,
        after=None if taken.cursor is None else read_cursor(taken.cursor, 1)[0],
        limit=taken.limit,
        what=() if taken.what is None else (taken.what,),
    )
    cursor = None if found.next is None else write_cursor(found.next)
    page = HistoryPage(entries=[_item(each) for each in found.entries], next=cursor)
    headers = link(f"{call.home}/history", cursor, limit=taken.limit, what=taken.what)
    return reply(page, headers=headers)


def _export(call: Call, taken: Form) -> Reply:
    everything = held.export(call.deployment, call.leader_id)
    name = f"clearway-{everything.at:%Y-%m-%d}.{taken.form}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    if taken.form == "zip":
        return Reply(200, everything.to_zip(), "application/zip", headers)
    text = json.dumps(everything.to_json(), indent=2, ensure_ascii=False)
    return Reply(200, text.encode("utf-8", "replace"), JSON, headers)


def _item(each: Entry) -> EntryItem:
    return EntryItem(
        at=each.at,
        what=each.what,
        who=each.by.who,
        delegation_id=each.by.delegation_id,
        plan_id=each.plan_id,
        details=dict(each.details),
    )
