"""What a leader chose, read and replaced as a whole."""

from dataclasses import replace
from datetime import date
from typing import Any

from fastapi import APIRouter
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from app import problems
from app.api.calls import Call, Nothing, attend, reply
from app.api.leaders.me import LEADER
from app.api.operations import Given, Taken, operation
from app.door.matching import matched_version, tag_of
from app.door.once import Reply
from app.people import choices, leaders
from app.people.leaders import Leader
from app.people.settings import Reaction
from app.shapes import Shape
from rules.event import Kind

router = APIRouter()
SETTINGS = LEADER + "/settings"


class SettingsItem(Shape):
    """The choices of a leader. What is left out has its default."""

    addresses: list[str] = Field(default=[], description="the leader's own mail addresses")
    time_zone: str | None = Field(default=None, description="IANA name; Europe/London if null")
    hours: str | None = Field(
        default=None,
        description="working hours in words; `|` separates weeks that take turns, and `from` a "
        "Monday says when the first of them is",
    )
    nation: str | None = Field(default=None, description="whose bank holidays are days off")
    days_off: list[date] = Field(default=[], description="leave and local holidays")
    policy: dict[str, Any] = Field(default={}, description="parameters, as in a policy file")
    never: list[str] = Field(
        default=[], description="times of the week without a kind of hold, by the leader's clock"
    )
    auto: list[Kind] = Field(default=[], description="holds that need no acceptance in mode auto")
    reaction: Reaction = Field(
        default=Reaction.ASK, description="what happens when an invitation lands on protected time"
    )
    titles: bool = Field(default=True, description="whether the leader's own page shows titles")


MODELS = (SettingsItem,)

_EXAMPLE: dict[str, Any] = {
    "addresses": ["leader@trust.example"],
    "time_zone": "Europe/London",
    "hours": "Mon-Thu 09:00-17:00; Fri 09:00-13:00",
    "nation": "england",
    "days_off": ["2026-12-24"],
    "policy": {"protected_minutes": 90},
    "never": ["protected fri 15:00-17:00"],
    "auto": ["gap"],
    "reaction": "ask",
    "titles": True,
}
_GIVEN = Given("The settings, and their version as ETag.", SettingsItem, _EXAMPLE, 200, ("ETag",))


@router.get(SETTINGS, **operation("settings", "Read the settings", "settings", _GIVEN))
async def settings(request: Request) -> Response:
    """What the leader chose."""
    return await attend(request, _settings, Nothing, area="settings")


@router.put(
    SETTINGS,
    **operation(
        "change_settings",
        "Replace the settings",
        "settings",
        _GIVEN,
        problems.STATE,
        takes=Taken(SettingsItem, _EXAMPLE),
        changes=True,
        versioned=True,
    ),
)
async def change_settings(request: Request) -> Response:
    """Replaces all of them, where nobody has changed them meanwhile. The leader's alone."""
    return await attend(request, _change_settings, SettingsItem, own=True)


def _settings(call: Call, taken: Nothing) -> Reply:
    found = leaders.get(call.deployment, call.leader_id)
    if call.access.is_leader:
        return _reply(found)
    # its number would tell that something was changed which is not shown
    shown = _reply(replace(found, settings=found.settings.without_check_ins()))
    return Reply(shown.status, shown.content, headers={"ETag": tag_of(shown.content)})


def _change_settings(call: Call, taken: SettingsItem) -> Reply:
    known = leaders.get(call.deployment, call.leader_id)
    version = matched_version(call.headers, known.version)
    chosen = choices.read_settings(taken.model_dump(mode="json"))
    found = leaders.change_settings(call.deployment, call.leader_id, chosen, version, call.by)
    call.call_worker()
    return _reply(found)


def _reply(found: Leader) -> Reply:
    item = SettingsItem.model_validate(found.settings.to_json())
    return reply(item, headers={"ETag": f'"{found.version}"'})
