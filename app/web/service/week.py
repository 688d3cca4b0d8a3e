"""One week of a diary: what it keeps and misses, its plans side by side, and one that is accepted."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.door.turns import at_the_diary
from app.life import choosing, proposing
from app.life.choosing import Week
from app.life.errors import AskFirst
from app.people import leaders
from app.people.choices import zone_of
from app.people.errors import BadChoice
from app.people.leaders import Leader
from app.people.settings import Mode
from app.services.curve import Point
from app.services.read import OpenDiary
from app.web import forms
from app.web.left_out import LeftOut, find
from app.web.legend import legend
from app.web.presenters import curve_rows, left_view, overview, tier_views
from app.web.service.clocks import FURTHEST, read_week
from app.web.service.diary import offered_tiers
from app.web.service.plans import begun
from app.web.service.visits import Call, attend
from app.web.service.words import say_until
from app.web.trimming import Shown, show, show_points
from rules.language import later, text
from rules.planner.plan import Tier
from rules.words import say_day, say_minutes
from rules.working_pattern import local_date, monday

router = APIRouter()
_WEEK = timedelta(weeks=1)
_PATIENCE = timedelta(minutes=30)
"""For so long the plans of a page can be accepted as they were made."""
_CHANGED = later("This plan no longer fits the diary. Here are the plans for it as it is now.")
_NOT_TAKEN = later(
    "Nothing is accepted yet. Here are the plans with what you ticked, to look at first."
)
_NOTHING_TICKED = later("Nothing was ticked, so the plans are as they were.")


@router.get("/you/{diary}/week")
async def week(request: Request) -> Response:
    """This week, or the one that is asked for."""
    return await attend(request, _look, asks=True, area="week")


@router.get("/you/{diary}/series")
async def series(request: Request) -> Response:
    """What would help every week, to be changed once."""
    return await attend(request, _series, asks=True, area="week")


@router.post("/you/{diary}/week")
async def choose(request: Request) -> Response:
    """The week without what is left out, or one of its plans, accepted."""
    return await attend(request, _choose, asks=True)


@dataclass(frozen=True, slots=True)
class _Seen:
    """All that the page shows of a week."""

    leader: Leader
    start: date
    opened: OpenDiary
    left: LeftOut
    plans: tuple[Shown, ...]
    points: tuple[Point, ...]


def _look(call: Call) -> Response:
    leader = leaders.get(call.deployment, call.leader_id)
    start = _start(call, leader, call.query.get("from", ""))
    with choosing.week(call.deployment, call.leader_id, start, start + _WEEK) as open_week:
        seen = _see(call, leader, open_week, ())
    return _page(call, seen)


def _series(call: Call) -> Response:
    leader = leaders.get(call.deployment, call.leader_id)
    start = _start(call, leader, call.query.get("from", ""))
    offers = choosing.series_offers(call.deployment, call.leader_id, start)
    return call.page(
        "series.html",
        offers=[each.message for each in offers],
        day=say_day(start),
        start=start.isoformat(),
    )


def _choose(call: Call) -> Response:
    form, leader = call.form, leaders.get(call.deployment, call.leader_id)
    start = _start(call, leader, form.word("from"))
    taken, again = form.word("take"), form.word("again")
    left = forms.left_words(form)
    ticked = forms.has_ticks(form)
    if taken and not ticked:
        return _take(call, leader, start, left, taken)
    with choosing.week(call.deployment, call.leader_id, start, start + _WEEK) as open_week:
        seen = _see(call, leader, open_week, left)
    told = text(_NOT_TAKEN) if taken else "" if ticked else text(_NOTHING_TICKED)
    return _page(call, seen, told, taken or again)


def _take(call: Call, leader: Leader, start: date, left: tuple[str, ...], taken: str) -> Response:
    if taken not in _tiers(call):
        raise BadChoice(text("Choose one of the plans."))
    with (
        at_the_diary(call.deployment, call.leader_id) as lease,
        choosing.week(
            call.deployment, call.leader_id, start, start + _WEEK, _seen_at(call)
        ) as open_week,
    ):
        found = find(left, open_week.opened.diary)
        planned = show(open_week.plan(Tier(taken), found.keep), found).planned
        if planned.hash != call.form.word(f"hash-{taken}") or not planned.plan.changes:
            return _page(call, _see(call, leader, open_week, left), text(_CHANGED), taken)
        _start_now(call)
        proposing.check_awake(call.deployment, call.leader_id)
        plan_id = choosing.take(lease, open_week, planned)
    # whoever has to look once more finds the plan waiting, with what to tick
    with suppress(AskFirst):
        proposing.accept(call.deployment, call.leader_id, plan_id, planned.hash, call.by)
    return begun(call, plan_id, "accepted")


def _seen_at(call: Call) -> datetime | None:
    """When the page was made, where that was a short while ago."""
    try:
        at = datetime.fromisoformat(call.form.word("at")).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return at if timedelta() <= call.now - at <= _PATIENCE else None


def _start_now(call: Call) -> None:
    """A leader who says yes to a plan while Clearway only looks starts it; it asks from then on."""
    found = leaders.get(call.deployment, call.leader_id)
    waits = found.is_paused(call.now) or not call.access.is_leader
    if found.mode is Mode.OBSERVE and not waits:
        leaders.change_mode(call.deployment, call.leader_id, Mode.PROPOSE, call.by)


def _see(call: Call, leader: Leader, open_week: Week, words: tuple[str, ...]) -> _Seen:
    left = find(words, open_week.opened.diary)
    tiers = _tiers(call)
    plans = tuple(show(open_week.plan(tier, left.keep), left) for tier in tiers)
    points: tuple[Point, ...] = ()
    if len(tiers) > 1:
        points = show_points(open_week.curve(left.keep), open_week.opened, left)
    return _Seen(leader, open_week.start, open_week.opened, left, plans, points)


def _tiers(call: Call) -> tuple[Tier, ...]:
    return tuple(Tier(value) for value, *_ in offered_tiers(call))


def _start(call: Call, leader: Leader, day: str) -> date:
    return read_week(day, monday(local_date(call.now, zone_of(leader.settings))))


def _page(call: Call, seen: _Seen, told: str = "", again: str = "") -> Response:
    found, opened, plans = seen.leader, seen.opened, seen.plans
    this = monday(local_date(call.now, zone_of(found.settings)))
    return call.page(
        "week.html",
        now=overview(opened, plans[-1].planned.plan.findings),
        left=left_view(seen.left, opened),
        told=told,
        again=again,
        tiers=tier_views(plans),
        curve=curve_rows(seen.points, plans[-1].planned),
        can_change=len(plans) > 1,
        price=say_minutes(opened.policy.price_person),
        start=seen.start.isoformat(),
        before=(seen.start - _WEEK).isoformat() if seen.start > this else "",
        after=(seen.start + _WEEK).isoformat() if seen.start + _WEEK <= this + FURTHEST else "",
        at=opened.now.isoformat(),
        looks=found.mode is Mode.OBSERVE,
        until=say_until(found.watched_until, zone_of(found.settings)),
        paused=found.is_paused(call.now),
        key=legend(),
    )
