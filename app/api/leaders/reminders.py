"""What the leader is reminded of this week: for nobody else, and kept nowhere."""

from typing import Any

from fastapi import APIRouter
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from app.api.calls import Call, Nothing, attend, reply
from app.api.leaders.me import LEADER
from app.api.operations import Given, operation
from app.door.once import Reply
from app.people import reminding
from app.shapes import Shape
from rules.reminders import REMINDERS, Reminder

router = APIRouter()


class ReminderItem(Shape):
    """One reminder. `text` is to share with others, empty where there is none."""

    id: str
    title: str
    message: str
    text: str
    lines: str = Field(description="the lines of the report that it rests on")
    setting: str = Field(description="in how many weeks it comes: 0 in `policy` is never")


class ReminderList(Shape):
    """The reminders of this week."""

    reminders: list[ReminderItem]


MODELS = (ReminderItem, ReminderList)


def _item(each: Reminder) -> ReminderItem:
    return ReminderItem(
        id=each.id,
        title=each.title,
        message=each.message,
        text=each.text,
        lines=each.lines,
        setting=each.setting,
    )


_EXAMPLE: dict[str, Any] = {"reminders": [_item(REMINDERS[0]).model_dump()]}


@router.get(
    LEADER + "/reminders",
    **operation(
        "reminders",
        "List this week's reminders",
        "me",
        Given("Mostly none or one.", ReminderList, _EXAMPLE),
    ),
)
async def reminders(request: Request) -> Response:
    """What you may want to think of this week, each as often as the settings say. Yours alone."""
    return await attend(request, _list, Nothing, own=True)


def _list(call: Call, taken: Nothing) -> Reply:
    found = reminding.due_now(call.deployment, call.leader_id)
    return reply(ReminderList(reminders=[_item(each) for each in found]))
