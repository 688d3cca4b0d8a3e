"""The addresses of the pages. Each answers with a whole page or a file, and keeps nothing."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from app import problems
from app.door import sessions
from app.door.desk import Desk, desk_of
from app.door.intake import Form, content_type, read_form
from app.problems import EXPECTED, Kind
from app.services import apply as applying
from app.services import undo as undoing
from app.services.begun import BegunPlan, refuse_begun
from app.services.curve import Point, curve
from app.services.errors import BadInput, StalePlan
from app.services.plan import plan
from app.services.read import OpenDiary, read
from app.services.source import Source
from app.web import forms
from app.web.carry import pack, unpack
from app.web.forms import Answers, Wrong, WrongAnswers
from app.web.left_out import LeftOut, find
from app.web.legend import legend
from app.web.presenters import curve_rows, left_view, overview, tier_views
from app.web.rendering import render
from app.web.trimming import Shown, show, show_points
from app.web.undone import undone_view
from rules.language import later, text
from rules.planner.plan import Tier
from rules.words import say_minutes

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

FORM = "multipart/form-data"
CALENDAR = "text/calendar; charset=utf-8"
_STALE = later("The week looks different now. Show it again, and take the new plan.")
_NOT_TAKEN = later(
    "Nothing is taken yet. Here are the plans with what you ticked, to look at first."
)
_NOTHING_TICKED = later("Nothing was ticked, so the plans are as they were.")
NATIONS = (
    ("", later("As the time zone says")),
    ("england", later("England")),
    ("scotland", later("Scotland")),
    ("wales", later("Wales")),
    ("northern-ireland", later("Northern Ireland")),
    ("none", later("None")),
)


def error_page(kind: Kind, detail: str) -> HTMLResponse:
    """A page for what no form can help with."""
    headers = {"Retry-After": problems.RETRY_AFTER} if kind is problems.BUSY else {}
    return render("problem.html", kind.status, headers, title=text(kind.title), detail=detail)


@router.get("/")
def start(request: Request) -> HTMLResponse:
    """The first page: bring a diary."""
    desk = desk_of(request)
    answers = forms.usual_answers(desk.now())
    return _start(desk, answers, signed_in=sessions.is_carried(request, desk.settings))


@router.get("/sample")
async def show_sample(request: Request) -> HTMLResponse:
    """The sample diary, as if it had been brought, where the service offers it."""
    desk = desk_of(request)
    if not desk.sample:
        raise HTTPException(404)
    return await _week(desk, forms.sample_answers(desk.now()))


@router.get("/week")
def week_without_a_diary() -> RedirectResponse:
    """Somebody comes back to the address of a page of which nothing was kept."""
    return RedirectResponse("/", 303)


@router.post("/week")
async def show_week(request: Request) -> HTMLResponse:
    """The diary that was brought, before and after; or again, without what was left out."""
    desk = desk_of(request)
    form = await _form(request, desk)
    again = form.word("again")
    note = text(_NOTHING_TICKED) if again and not forms.has_ticks(form) else ""
    return await _week(desk, forms.read_answers(form, desk.settings.max_bytes), again, note)


@router.post("/take")
async def take(request: Request) -> Response:
    """The changed diary, or the file that undoes it."""
    desk = desk_of(request)
    form = await _form(request, desk)
    answers = forms.read_answers(form, desk.settings.max_bytes)
    name, _, ending = form.word("take").partition(".")
    if name not in set(Tier) or ending not in ("ics", "json"):
        raise BadInput(text("The page is out of date; please start again."))
    if forms.has_ticks(form):
        return await _week(desk, answers, name, text(_NOT_TAKEN))
    plan_hash = form.word(f"hash-{name}")
    try:
        done = await desk.workers.run(lambda: _apply(desk, answers, Tier(name), plan_hash))
    except WrongAnswers as error:
        return _start(desk, error.answers, error.wrong, 422)
    except BegunPlan as error:
        return error_page(problems.STALE, problems.say(error))
    except StalePlan:
        return error_page(problems.STALE, text(_STALE))
    if ending == "json":
        return _file(done.undo, "application/json", f"clearway-{name}-undo.json")
    return _file(done.content, CALENDAR, f"clearway-{name}.ics")


@router.get("/undo")
def start_undo(request: Request) -> HTMLResponse:
    """Bring a changed diary and its undo file."""
    return _undo_page(())


@router.post("/undo")
async def undo(request: Request) -> Response:
    """What was taken back and what was left alone, with the diary as it is then."""
    desk = desk_of(request)
    content_type(request, (FORM,))
    form = await read_form(request, desk.pair_limit)
    calendar, record = form.contents("calendar"), form.contents("undo")
    wrong = [
        Wrong(name, sentence)
        for name, sentence, brought in (
            ("calendar", text("Choose the changed diary."), calendar),
            ("undo", text("Choose the undo file."), record),
        )
        if len(brought) != 1
    ]
    if wrong:
        return _undo_page(wrong)
    try:
        done = await desk.workers.run(lambda: undoing.undo(calendar[0], record[0]))
    except EXPECTED as error:
        return _undo_page([Wrong("undo", problems.say(error))], problems.kind_of(error).status)
    return render("undone.html", undone=undone_view(done), packed=pack(done.content))


@router.post("/undone")
async def take_undone(request: Request) -> Response:
    """The diary that the page before carries, as a file."""
    desk = desk_of(request)
    content_type(request, (FORM,))
    # What is packed can be a third larger than what is in it.
    form = await read_form(request, 2 * desk.pair_limit)
    content = unpack(form.word("kept"), desk.pair_limit)
    if Source("", content).is_json:
        return _file(content, "application/json", "clearway-undone.json")
    return _file(content, CALENDAR, "clearway-undone.ics")


@router.get("/problems")
def explain_problems() -> HTMLResponse:
    """What each kind of problem is."""
    return render("problems.html", kinds=problems.KINDS)


async def _form(request: Request, desk: Desk) -> Form:
    content_type(request, (FORM,))
    return await read_form(request, desk.body_limit)


async def _week(desk: Desk, given: Answers, again: str = "", note: str = "") -> HTMLResponse:
    """The page of a diary. `again` is the tier to open, and `note` says what came of a button."""
    answers = forms.remember(given, desk.now())
    try:
        seen = await desk.workers.run(lambda: _look(desk, answers))
    except WrongAnswers as error:
        return _start(desk, error.answers, error.wrong, 422)
    except EXPECTED as error:
        wrong = (Wrong("calendar", problems.say(error)),)
        return _start(desk, answers, wrong, problems.kind_of(error).status)
    opened, plans = seen.opened, seen.plans
    return render(
        "week.html",
        now=overview(opened, plans[-1].planned.plan.findings),
        left=left_view(seen.left, opened),
        told=note,
        again=again if again in set(Tier) else plans[-1].planned.plan.tier.value,
        tiers=tier_views(plans),
        curve=curve_rows(seen.points, plans[-1].planned),
        price=say_minutes(opened.policy.price_person),
        answers=asdict(answers) | {"packed": answers.packed},
        can_take=len(answers.contents) == 1 and not answers.sources[0].is_json,
        key=legend(),
        wrong=(),
    )


@dataclass(frozen=True, slots=True)
class _Seen:
    """All that the page of a diary shows."""

    opened: OpenDiary
    left: LeftOut
    plans: tuple[Shown, ...]
    points: tuple[Point, ...]


def _look(desk: Desk, answers: Answers) -> _Seen:
    opened, left = _open(desk, answers)
    budget = float(desk.settings.budget)
    plans = tuple(show(plan(opened, tier, keep=left.keep, budget=budget), left) for tier in Tier)
    points = curve(opened, keep=left.keep, budget=budget)
    return _Seen(opened, left, plans, show_points(points, opened, left))


def _apply(desk: Desk, answers: Answers, tier: Tier, plan_hash: str) -> applying.Applied:
    opened, left = _open(desk, answers)
    planned = plan(opened, tier, keep=left.keep, budget=float(desk.settings.budget))
    shown = show(planned, left).planned
    refuse_begun(shown, desk.now())
    return applying.write(shown, expected=plan_hash)


def _open(desk: Desk, answers: Answers) -> tuple[OpenDiary, LeftOut]:
    opened = read(answers.sources, forms.to_ask(answers, desk.now()), desk.settings)
    return opened, find(answers.left, opened.diary)


def _start(
    desk: Desk,
    answers: Answers,
    wrong: Sequence[Wrong] = (),
    status: int = 200,
    *,
    signed_in: bool = False,
) -> HTMLResponse:
    return render(
        "start.html",
        status,
        answers=answers,
        wrong=wrong,
        fields={each.field for each in wrong},
        nations=tuple((value, text(name)) for value, name in NATIONS),
        sample=desk.sample,
        remembers=desk.service is not None,
        signed_in=signed_in,
    )


def _undo_page(wrong: Sequence[Wrong], status: int = 422) -> HTMLResponse:
    fields = {each.field for each in wrong}
    return render("undo.html", status if wrong else 200, wrong=wrong, fields=fields)


def _file(content: bytes, media_type: str, name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type=media_type, headers=headers)
