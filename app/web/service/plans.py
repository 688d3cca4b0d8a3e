"""Plans: made now, looked at, accepted or declined, and taken back."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import date, timedelta
from time import monotonic, sleep

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app import problems
from app.door.turns import at_the_diary
from app.life import diaries, proposing, records, releasing, reports, undoing
from app.life.errors import IsPaused
from app.life.proposing import Wish
from app.life.states import WORKING, Origin
from app.people import leaders
from app.people.choices import zone_of
from app.people.errors import BadChoice
from app.people.settings import Mode
from app.web.legend import legend
from app.web.presenters import Picture, pictures
from app.web.service.views import plan_line, plan_view
from app.web.service.visits import Call, attend, go
from rules.change import Change
from rules.language import text
from rules.outcome import after
from rules.planner.plan import Tier
from rules.working_pattern import local_date, monday

router = APIRouter()
_PLANS = "/you/{diary}/plans"
_PLAN = _PLANS + "/{plan_id}"
_LIST = 20
_WEEKS = 2
"""Weeks of a plan that are drawn: those after them hold little else but holds."""
_SOON, _STEP = 6.0, 0.2
"""Seconds to wait for a worker before the page says that it is at work, and between two looks."""


@router.get(_PLANS)
async def list_plans(request: Request) -> Response:
    """The newest plans."""
    return await attend(request, _list, area="plans")


@router.post(_PLANS)
async def make_plan(request: Request) -> Response:
    """Make a plan now."""
    return await attend(request, _make, asks=True)


@router.get(_PLAN)
async def plan_page(request: Request) -> Response:
    """One plan: what it changes, or what has become of it."""
    return await attend(request, _show, asks=True, area="plan")


@router.post(_PLAN + "/accept")
async def accept(request: Request) -> Response:
    """Say yes."""
    return await attend(request, _accept, asks=True)


@router.post(_PLAN + "/decline")
async def decline(request: Request) -> Response:
    """Say no."""
    return await attend(request, _decline)


@router.post(_PLAN + "/undo")
async def undo(request: Request) -> Response:
    """Take it back."""
    return await attend(request, _undo, asks=True)


def _plan_id(call: Call) -> str:
    """The plan in the address. Raises NoPlan where whoever asks may not know of it."""
    plan_id = call.id("plan_id")
    records.check_shown(call.deployment, call.leader_id, plan_id, own=call.access.is_leader)
    return plan_id


def _list(call: Call) -> Response:
    zone = zone_of(leaders.get(call.deployment, call.leader_id).settings)
    found = records.newest(call.deployment, call.leader_id, _LIST, own=call.access.is_leader)
    return call.page("plans.html", plans=[plan_line(each, call.home, zone) for each in found])


def _make(call: Call) -> Response:
    try:
        tier = Tier(call.form.word("tier"))
    except ValueError as error:
        raise BadChoice(text("Choose how far the plan may go.")) from error
    if diaries.person_of(call.deployment, call.leader_id).rests(call.now):
        raise IsPaused
    with at_the_diary(call.deployment, call.leader_id) as lease:
        own = call.access.is_leader
        offer = proposing.propose(call.deployment, lease, Wish(tier, Origin.PERSON), own=own)
    call.call_worker()
    if plan_id := offer.shown(own=call.access.is_leader):
        return go(f"{call.home}/plans/{plan_id}", "planned")
    return go(call.home, "nothing")


def _show(call: Call) -> Response:
    found = reports.report(call.deployment, call.leader_id, _plan_id(call))
    leader = leaders.get(call.deployment, call.leader_id)
    given_up = releasing.given_up(call.deployment, call.leader_id)
    shown = plan_view(found, call.home, zone_of(leader.settings), call.now, given_up)
    drawn: tuple[Picture, ...] = ()
    if shown.waits and found.kept.contents is not None:
        # without its calendars the plan is shown in words
        with suppress(*problems.EXPECTED):
            drawn = _draw(call, found.kept.contents.changes)
    looks = leader.mode is Mode.OBSERVE
    return call.page("plan.html", plan=shown, pictures=drawn, key=legend(), looks=looks)


def _draw(call: Call, changes: Sequence[Change]) -> tuple[Picture, ...]:
    """The first weeks of a plan, as the diary will be by it."""
    if not changes:
        return ()
    person = diaries.person_of(call.deployment, call.leader_id)
    zone = zone_of(person.settings)
    start = monday(min(local_date(each.starts, zone) for each in changes))
    end = start + timedelta(weeks=_WEEKS)
    there = [each for each in changes if _is_in(local_date(each.starts, zone), start, end)]
    with diaries.opened(call.deployment, person, start, end) as found:
        opened = found.opened
        then = after(opened.diary, there)
        return pictures(opened, then, (), "plan", text("With the plan"), there)


def _is_in(day: date, start: date, end: date) -> bool:
    return start <= day < end


def _accept(call: Call) -> Response:
    plan_id = _plan_id(call)
    proposing.accept(
        call.deployment,
        call.leader_id,
        plan_id,
        call.form.word("hash"),
        call.by,
        despite_unknown=bool(call.form.word("despite_unknown")),
    )
    return begun(call, plan_id, "accepted")


def _decline(call: Call) -> Response:
    plan_id = _plan_id(call)
    proposing.decline(call.deployment, call.leader_id, plan_id, call.by)
    return go(call.home, "declined")


def _undo(call: Call) -> Response:
    plan_id = _plan_id(call)
    undoing.ask_undo(call.deployment, call.leader_id, plan_id, call.by)
    return begun(call, plan_id, "undoing")


def begun(call: Call, plan_id: str, done: str) -> Response:
    """Call a worker, and give it a moment: mostly the page can say how it ended."""
    call.call_worker()
    end = monotonic() + _SOON
    while monotonic() < end:
        if records.load(call.deployment, call.leader_id, plan_id).state not in WORKING:
            return go(f"{call.home}/plans/{plan_id}")
        sleep(_STEP)
    return go(f"{call.home}/plans/{plan_id}", done)
