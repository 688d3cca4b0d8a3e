"""The page of one diary: how its calendars are, which plan waits, and the holds of today."""

from datetime import date

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.connecting.connections import can_change_meetings
from app.life import records, releasing
from app.life.releasing import Held
from app.life.states import WORKING, PlanState
from app.people import leaders, reminding
from app.people.choices import policy_of, zone_of
from app.people.errors import BadChoice
from app.people.leaders import Leader, Stretch
from app.people.settings import Mode
from app.web.forms import Wrong
from app.web.presenters import TIERS
from app.web.service.clocks import read_pause
from app.web.service.connecting import connection_views
from app.web.service.views import PlanLine, hold_days, plan_line
from app.web.service.visits import Call, attend, go
from app.web.service.words import say_until
from rules.language import text
from rules.planner.plan import Tier
from rules.working_pattern import local_date

router = APIRouter()
_LATEST = 5
_SETTLED = tuple(each for each in PlanState if each not in WORKING | {PlanState.PROPOSED})


@router.get("/you/{diary}")
async def diary(request: Request) -> Response:
    """Everything that there is to see and to do about one diary."""
    return await attend(request, _diary, area="diary")


@router.get("/you/{diary}/pause")
async def pause_page(request: Request) -> Response:
    """Pause, or end a pause."""
    return await attend(request, _pause_page)


@router.post("/you/{diary}/pause")
async def pause(request: Request) -> Response:
    """Do nothing for a while."""
    return await attend(request, _pause)


@router.post("/you/{diary}/resume")
async def resume(request: Request) -> Response:
    """Go on."""
    return await attend(request, _resume)


def _diary(call: Call) -> Response:
    found = leaders.get(call.deployment, call.leader_id)
    zone, own = zone_of(found.settings), call.access.is_leader

    def plans(*states: PlanState) -> list[PlanLine]:
        found = records.newest(call.deployment, call.leader_id, _LATEST, own=own, states=states)
        # what everybody may know of comes first
        return sorted((plan_line(each, call.home, zone) for each in found), key=_is_own)

    today = local_date(call.now, zone)
    held = releasing.ahead(call.deployment, call.leader_id, own=own)
    return call.page(
        "diary.html",
        connections=connection_views(call, zone),
        waiting=plans(PlanState.PROPOSED),
        working=plans(*WORKING),
        settled=plans(*_SETTLED),
        today=hold_days([each for each in held if _is_on(each, today, found)], zone),
        holds=len(held),
        tiers=offered_tiers(call),
        limited=len(offered_tiers(call)) < len(TIERS),
        reach=policy_of(found.settings).protected_weeks,
        looks=found.mode is Mode.OBSERVE,
        until=say_until(found.watched_until, zone),
        paused=_paused(found, call),
        # the leader's own: a delegate is not shown what the leader is asked to think of
        reminder=reminding.shown_to(call.deployment, found) if own else None,
    )


def _is_own(line: PlanLine) -> bool:
    return line.own


def offered_tiers(call: Call) -> list[tuple[str, str, str]]:
    """How far a plan may go here: steps that no calendar takes are not offered."""
    all_of_them = can_change_meetings(call.deployment, call.leader_id)
    return [
        (each.value, text(name), text(about))
        for each, (name, about) in TIERS.items()
        if all_of_them or each is Tier.HOLDS
    ]


def _is_on(held: Held, today: date, found: Leader) -> bool:
    return local_date(held.span.start, zone_of(found.settings)) == today


def _paused(found: Leader, call: Call) -> str:
    """The first day back, empty where nothing is paused."""
    end = found.paused_until
    if end is None or not found.is_paused(call.now):
        return ""
    return say_until(end, zone_of(found.settings))


def _pause_page(call: Call) -> Response:
    found = leaders.get(call.deployment, call.leader_id)
    return _show_pause(call, found)


def _show_pause(call: Call, found: Leader, sentence: str = "") -> Response:
    wrong = (Wrong("day", sentence),) if sentence else ()
    return call.page(
        "pause.html",
        422 if wrong else 200,
        paused=_paused(found, call),
        wrong=wrong,
        fields={each.field for each in wrong},
        day=call.form.word("day") if wrong else "",
        chosen=call.form.word("until") if wrong else Stretch.DAY.value,
    )


def _pause(call: Call) -> Response:
    try:
        leaders.pause(call.deployment, call.leader_id, read_pause(call.form), call.by)
    except BadChoice as error:
        found = leaders.get(call.deployment, call.leader_id)
        return _show_pause(call, found, str(error))
    return go(call.home, "paused")


def _resume(call: Call) -> Response:
    leaders.resume(call.deployment, call.leader_id, call.by)
    call.call_worker()
    return go(call.home, "resumed")
