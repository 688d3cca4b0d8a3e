"""Plans: made, read, accepted, declined and taken back. What is written, workers write."""

from datetime import datetime
from typing import Any

from fastapi import APIRouter
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from app import problems
from app.api.calls import Call, Nothing, attend, reply
from app.api.leaders.me import LEADER
from app.api.operations import Given, Taken, operation
from app.api.paging import Paging, link, read_cursor, write_cursor
from app.api.requests import EXAMPLE_HASH, LocalDate, Words
from app.door.matching import is_known, tag_of
from app.door.once import Reply
from app.door.turns import at_the_diary
from app.door.workers import Busy
from app.life import applying, diaries, proposing, records, reports, undoing
from app.life.errors import IsPaused
from app.life.journal import StepState
from app.life.proposing import Wish
from app.life.reasons import SENTENCES, Reason
from app.life.records import Kept
from app.life.reports import Fate
from app.life.states import WORKING, Origin, PlanState
from app.services.errors import BadInput
from app.shapes import ChangeItem, Instant, PlanResult, Shape, change_of, say_moment
from app.storage.leases import LostLease
from rules.planner.plan import Tier

router = APIRouter()
PLANS = LEADER + "/plans"
PLAN = PLANS + "/{plan_id}"


class PlanWish(Shape):
    """What a plan is wanted for: how far it may go, over which local days, and what stays."""

    tier: Tier = Field(default=Tier.HOLDS, description="holds, shorten (too), or move (too)")
    start: LocalDate | None = Field(
        default=None, alias="from", description="first local date; today if absent"
    )
    end: LocalDate | None = Field(
        default=None, alias="to", description="local date after the last; as far as the tier goes"
    )
    keep: Words = Field(default=[], description="ids of events that stay as they are")


class PlanList(Paging):
    """Which page, and of which state."""

    state: PlanState | None = Field(default=None, description="only plans in this state")


class Yes(Shape):
    """Saying yes to the plan that was read."""

    plan_hash: str = Field(max_length=100, description="`plan_hash` of the plan that was read")
    dry_run: bool = Field(default=False, description="only say whether it would be applied now")
    despite_unknown: bool = Field(
        default=False,
        description="meetings may move although not everyone is known to be free",
    )


class PlanItem(Shape):
    """A plan and what has become of it. `detail` says why, where that needs a sentence.

    `plan_hash` and `changes` are null once nobody can undo it any more.
    """

    id: str
    state: PlanState
    state_since: Instant
    reason: Reason | None
    detail: str | None
    tier: Tier
    origin: Origin
    made_at: Instant
    expires_at: Instant
    undo_until: Instant | None
    plan_hash: str | None
    changes: int | None = Field(description="how many changes it has")


class PlanPage(Shape):
    """Some plans, the newest first. `next` is the cursor of the page after, null on the last."""

    plans: list[PlanItem]
    next: str | None


class FateItem(ChangeItem):
    """A change, whether it was made (`applied`) and whether that was taken back (`undone`).

    A word that is missing means that nothing was tried yet; `intent` that it is being tried.
    `detail` says why it is not as it was meant to be.
    """

    applied: StepState | None = None
    undone: StepState | None = None
    detail: str | None = None


class PlanDetail(PlanItem):
    """A plan with the fate of each change.

    `result` is the plan as `clearway plan --json` writes it; it is null for what was asked of one
    hold, and once the plan's contents are forgotten.
    """

    result: PlanResult | None
    fates: list[FateItem]
    mails_not_unsent: int = Field(description="mails that went out and that no undo takes back")


class DryRun(Shape):
    """Whether a plan would be applied now. Nothing was written or accepted."""

    plan_hash: str
    would_apply: bool
    reason: Reason | None
    detail: str | None


MODELS = (DryRun, PlanDetail, PlanPage, PlanResult, PlanWish, Yes)

_ID = "5f2b0c1de8a94c6f8f1f0f3f6a7b8c9d"
_ITEM: dict[str, Any] = {
    "id": _ID,
    "state": "proposed",
    "state_since": "2026-11-19T09:00:00Z",
    "reason": None,
    "detail": None,
    "tier": "holds",
    "origin": "person",
    "made_at": "2026-11-19T09:00:00Z",
    "expires_at": "2026-11-23T13:00:00Z",
    "undo_until": None,
    "plan_hash": EXAMPLE_HASH,
    "changes": 1,
}
_CHANGE: dict[str, Any] = {
    "kind": "hold.create",
    "hold": "protected",
    "after": {"start": "2026-11-23T13:00:00Z", "end": "2026-11-23T14:30:00Z"},
    "because": ["protected@2026-11-23"],
    "message": "Keep 1pm to 2:30pm on Monday 23 November for protected time.",
}
_RESULT: dict[str, Any] = {
    "window": {"from": "2026-11-23", "to": "2026-11-28", "time_zone": "Europe/London"},
    "tier": "holds",
    "now": "2026-11-19T09:00:00Z",
    "plan_hash": EXAMPLE_HASH,
    "findings": [],
    "changes": [_CHANGE],
    "proposals": [],
    "remaining": [],
    "objective": {
        "cost": 0,
        "must_missing": 0,
        "should_missing": 0,
        "people_told": 0,
        "meetings_changed": 0,
        "minutes_shifted": 0,
        "holds_disturbed": 0,
    },
    "proof": {"optimal": True, "bound": [0, 0, 0, 0, 0, 0], "gap": 0, "seconds": 0.02},
    "series": [],
    "policy_version": "1",
    "warnings": [],
}
DETAIL_EXAMPLE = _ITEM | {"result": _RESULT, "fates": [_CHANGE], "mails_not_unsent": 0}
_DONE = {
    "state": "applied",
    "fates": [_CHANGE | {"applied": "done"}],
    "undo_until": "2026-12-24T09:00:00Z",
}
_DRY = {"plan_hash": EXAMPLE_HASH, "would_apply": True, "reason": None, "detail": None}
_OUTSIDE = (problems.CALENDAR, problems.SILENT)


@router.post(
    PLANS,
    **operation(
        "make_plan",
        "Make a plan",
        "plans",
        Given(
            "It waits for an answer.",
            PlanDetail,
            DETAIL_EXAMPLE,
            201,
            ("Location", "ETag"),
        ),
        problems.STATE,
        *_OUTSIDE,
        takes=Taken(PlanWish, {"tier": "holds", "from": "2026-11-23", "to": "2026-11-28"}),
        others=(Given("There is nothing to change.", status=204),),
        changes=True,
        keyed=True,
    ),
)
async def make_plan(request: Request) -> Response:
    """Reads the calendars, makes the best plan and keeps it. It takes the place of older ones."""
    return await attend(request, _make, PlanWish, asks=True)


@router.get(
    PLANS,
    **operation(
        "plans",
        "List plans",
        "plans",
        Given("A page.", PlanPage, {"plans": [_ITEM], "next": None}, 200, ("Link",)),
        takes=Taken(PlanList),
    ),
)
async def list_plans(request: Request) -> Response:
    """The newest first."""
    return await attend(request, _list, PlanList, area="plans")


@router.get(
    PLAN,
    **operation(
        "read_plan",
        "Read a plan",
        "plans",
        Given(
            "The plan as it stands.",
            PlanDetail,
            DETAIL_EXAMPLE | _DONE,
            200,
            ("ETag",),
        ),
        others=(Given("It still is the version in If-None-Match.", status=304),),
    ),
)
async def read_plan(request: Request) -> Response:
    """Its state, and what has become of each change."""
    return await attend(request, _read, Nothing, area="plan")


@router.post(
    PLAN + "/apply",
    **operation(
        "apply_plan",
        "Apply a plan",
        "plans",
        Given(
            "A worker applies it: the state is read from the plan.",
            PlanDetail,
            DETAIL_EXAMPLE | {"state": "accepted"},
            202,
            ("Location", "ETag"),
        ),
        problems.STALE,
        problems.STATE,
        problems.ASK,
        *_OUTSIDE,
        takes=Taken(Yes, {"plan_hash": EXAMPLE_HASH}),
        others=(
            Given("What `dry_run` found; or the plan, which is applied already.", DryRun, _DRY),
        ),
        changes=True,
        keyed=True,
    ),
)
async def apply_plan(request: Request) -> Response:
    """Says yes to the plan with this hash. Saying it again changes nothing.

    With `dry_run` the calendars are read and compared, and nothing is accepted or written.
    """
    return await attend(request, _apply, Yes, asks=True)


@router.post(
    PLAN + "/decline",
    **operation(
        "decline_plan",
        "Decline a plan",
        "plans",
        Given(
            "It is declined.", PlanDetail, DETAIL_EXAMPLE | {"state": "declined"}, 200, ("ETag",)
        ),
        problems.STATE,
        changes=True,
        keyed=True,
    ),
)
async def decline_plan(request: Request) -> Response:
    """Says no. The same plan is not offered again for a week."""
    return await attend(request, _decline, Nothing)


@router.post(
    PLAN + "/undo",
    **operation(
        "undo_plan",
        "Take a plan back",
        "plans",
        Given(
            "A worker takes it back: the state is read from the plan.",
            PlanDetail,
            DETAIL_EXAMPLE | _DONE | {"state": "undoing"},
            202,
            ("Location", "ETag"),
        ),
        problems.STATE,
        others=(
            Given(
                "It is undone already.", PlanDetail, DETAIL_EXAMPLE | _DONE | {"state": "undone"}
            ),
        ),
        changes=True,
        keyed=True,
    ),
)
async def undo_plan(request: Request) -> Response:
    """What people have edited since stays as it is; mails that went out cannot be unsent."""
    return await attend(request, _undo, Nothing)


# --- what is done -------------------------------------------------------------------------------


def _make(call: Call, taken: PlanWish) -> Reply:
    wish = Wish(taken.tier, Origin.PERSON, taken.start, taken.end, tuple(taken.keep))
    if diaries.person_of(call.deployment, call.leader_id).rests(call.now):
        raise IsPaused
    try:
        with at_the_diary(call.deployment, call.leader_id) as lease:
            own = call.access.is_leader
            offer = proposing.propose(call.deployment, lease, wish, own=own)
    except LostLease as error:
        raise Busy("Clearway is at work on this diary; try again in a moment.") from error
    call.call_worker()
    plan_id = offer.shown(own=call.access.is_leader)
    return plan_reply(call, plan_id, 201) if plan_id else reply()


def _plan_id(call: Call) -> str:
    """The plan in the address. Raises NoPlan where whoever asks may not know of it."""
    plan_id = call.id("plan_id")
    records.check_shown(call.deployment, call.leader_id, plan_id, own=call.access.is_leader)
    return plan_id


def _list(call: Call, taken: PlanList) -> Reply:
    before, after_id = _place(taken.cursor)
    states = () if taken.state is None else (taken.state,)
    found = records.newest(
        call.deployment,
        call.leader_id,
        taken.limit + 1,
        own=call.access.is_leader,
        before=before,
        after_id=after_id,
        states=states,
    )
    shown, last = found[: taken.limit], found[taken.limit - 1 : taken.limit]
    more = len(found) > taken.limit
    cursor = write_cursor(say_moment(last[0].made_at), last[0].id) if more else None
    page = PlanPage(plans=[PlanItem(**_fields(each)) for each in shown], next=cursor)
    headers = link(f"{call.home}/plans", cursor, limit=taken.limit, state=taken.state)
    return reply(page, headers=headers)


def _place(cursor: str | None) -> tuple[datetime | None, str]:
    if cursor is None:
        return None, ""
    made_at, plan_id = read_cursor(cursor, 2)
    try:
        return records.instant(made_at), plan_id
    except (ValueError, OverflowError) as error:
        raise BadInput("The cursor leads nowhere; begin with the first page.") from error


def _read(call: Call, taken: Nothing) -> Reply:
    found = plan_reply(call, _plan_id(call))
    if is_known(call.headers, found.headers["ETag"]):
        return Reply(304, headers={"ETag": found.headers["ETag"]})
    return found


def _apply(call: Call, taken: Yes) -> Reply:
    plan_id = _plan_id(call)
    if taken.dry_run:
        return _rehearse(call, plan_id, taken)
    state = proposing.accept(
        call.deployment,
        call.leader_id,
        plan_id,
        taken.plan_hash,
        call.by,
        despite_unknown=taken.despite_unknown,
    )
    return _working(call, plan_id, state)


def _rehearse(call: Call, plan_id: str, taken: Yes) -> Reply:
    proposing.check_accept(
        call.deployment,
        call.leader_id,
        plan_id,
        taken.plan_hash,
        despite_unknown=taken.despite_unknown,
    )
    reason = applying.rehearse(call.deployment, call.leader_id, plan_id)
    return reply(
        DryRun(
            plan_hash=taken.plan_hash,
            would_apply=reason is None,
            reason=reason,
            detail=_sentence(reason),
        )
    )


def _decline(call: Call, taken: Nothing) -> Reply:
    plan_id = _plan_id(call)
    proposing.decline(call.deployment, call.leader_id, plan_id, call.by)
    return plan_reply(call, plan_id)


def _undo(call: Call, taken: Nothing) -> Reply:
    plan_id = _plan_id(call)
    state = undoing.ask_undo(call.deployment, call.leader_id, plan_id, call.by)
    return _working(call, plan_id, state)


def _working(call: Call, plan_id: str, state: PlanState) -> Reply:
    if state not in WORKING:
        return plan_reply(call, plan_id)
    call.call_worker()
    return plan_reply(call, plan_id, 202)


# --- what is shown ------------------------------------------------------------------------------


def plan_reply(call: Call, plan_id: str, status: int = 200) -> Reply:
    """A plan as it stands, with its version and address."""
    shown = reply(_detail(reports.report(call.deployment, call.leader_id, plan_id)), status)
    headers = {"ETag": tag_of(shown.content), "Location": f"{call.home}/plans/{plan_id}"}
    return Reply(status, shown.content, headers=headers)


def _detail(found: reports.Report) -> PlanDetail:
    contents = found.kept.contents
    result = None
    if contents is not None and contents.shown:
        changes = [change_of(each.change) for each in found.fates]
        result = PlanResult.model_validate({**contents.shown, "changes": changes})
    return PlanDetail(
        **_fields(found.kept),
        result=result,
        fates=[_fate(each) for each in found.fates],
        mails_not_unsent=found.mails_not_unsent,
    )


def _fields(kept: Kept) -> dict[str, Any]:
    contents = kept.contents
    return {
        "id": kept.id,
        "state": kept.state,
        "state_since": kept.state_since,
        "reason": kept.reason,
        "detail": _sentence(kept.reason),
        "tier": kept.tier,
        "origin": kept.origin,
        "made_at": kept.made_at,
        "expires_at": kept.expires_at,
        "undo_until": kept.undo_until,
        "plan_hash": None if contents is None else contents.hash,
        "changes": None if contents is None else len(contents.changes),
    }


def _fate(fate: Fate) -> FateItem:
    return FateItem(
        **dict(change_of(fate.change)),
        applied=fate.applied,
        undone=fate.undone,
        detail=fate.sentence or None,
    )


def _sentence(reason: Reason | None) -> str | None:
    return None if reason is None else SENTENCES[reason]
