"""The way in: the first page after signing in, joining, hours, and how much Clearway does."""

from collections.abc import Collection, Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app import problems
from app.connecting.connections import connections
from app.life import first_look
from app.life.first_look import Source
from app.people import choices, leaders
from app.people.errors import BadChoice
from app.people.leaders import Leader
from app.people.settings import BY_ITSELF, Mode
from app.services.hours import USUAL_HOURS, USUAL_ZONE
from app.web.forms import Wrong
from app.web.pages import NATIONS
from app.web.service.acting import ACTING
from app.web.service.visits import HOME, MINE, Call, Member, admit, attend, go
from app.web.service.words import HOLDS, hold_name, say_until
from rules.event import Kind
from rules.language import later, text
from rules.working_pattern import local_date, monday

router = APIRouter()
_START = "/you/start"
NEW = 1
"""The version of settings that nobody has looked at."""
_SOURCES: Mapping[Source, str] = {
    Source.MAILBOX: later("These hours stand in the settings of your calendar."),
    Source.MEETINGS: later("These hours fit the meetings of eight weeks in your calendar."),
    Source.USUAL: later("Your calendar does not tell your hours, so these are usual ones."),
}
_NOTHING_TICKED = later("Tick what Clearway may place, or choose to be asked first.")
_AUTO = tuple(each for each in HOLDS if each in BY_ITSELF)


@router.get(HOME)
async def home(request: Request) -> Response:
    """Wherever somebody belongs: their own diary, those they act for, or the way in."""
    return await admit(request, _home)


@router.get(_START)
async def start(request: Request) -> Response:
    """What Clearway will and will never do, before anybody joins."""
    return await admit(request, lambda member: member.page("start.html"))


@router.post(_START)
async def join(request: Request) -> Response:
    """Opt in."""
    return await admit(request, _join)


@router.get("/you/{diary}/hours")
async def hours(request: Request) -> Response:
    """Addresses, hours and holidays."""
    return await attend(request, _hours, own=True, asks=True)


@router.post("/you/{diary}/hours")
async def change_hours(request: Request) -> Response:
    """Save them."""
    return await attend(request, _change_hours, own=True)


@router.get("/you/{diary}/mode")
async def mode(request: Request) -> Response:
    """How much Clearway does."""
    return await attend(request, _mode, own=True)


@router.post("/you/{diary}/mode")
async def change_mode(request: Request) -> Response:
    """Choose it."""
    return await attend(request, _change_mode, own=True)


def _home(member: Member) -> Response:
    who = member.principal
    if who.leader_id is not None and not who.leaving:
        return go(f"{HOME}/{MINE}", member.query.get("done", ""))
    if who.leaving:
        return member.page("leaving.html", left=f"{HOME}/left/{who.leader_id}")
    if who.grants:
        return go(ACTING, member.query.get("done", ""))
    return go(_START, member.query.get("done", ""))


def _join(member: Member) -> Response:
    found = leaders.join(member.deployment, member.principal.identity)
    member.service.call_worker(found.id)
    return go(f"{HOME}/{MINE}/connect", "joined")


# --- hours -------------------------------------------------------------------------------------


def _hours(call: Call) -> Response:
    found = leaders.get(call.deployment, call.leader_id)
    if found.version != NEW:
        return _hours_page(call, found, _answers(found))
    suggested = {}
    source = Source.USUAL
    # a calendar that cannot be read keeps nobody from saying their hours
    with suppress(*problems.EXPECTED):
        told = first_look.suggest(call.deployment, call.leader_id)
        suggested = {"hours": told.hours, "time_zone": told.time_zone}
        source = told.source
    answers = {**_answers(found), **suggested}
    return _hours_page(call, found, answers, source=source)


def _answers(found: Leader) -> dict[str, str]:
    chosen = found.settings
    return {
        "addresses": ", ".join(chosen.addresses),
        "hours": chosen.hours or USUAL_HOURS,
        "time_zone": chosen.time_zone or USUAL_ZONE,
        "nation": chosen.nation or "",
        "days_off": ", ".join(each.isoformat() for each in sorted(chosen.days_off)),
        "version": str(found.version),
    }


def _hours_page(
    call: Call,
    found: Leader,
    answers: Mapping[str, str],
    sentence: str = "",
    source: Source | None = None,
) -> Response:
    wrong = (Wrong(_field(sentence), sentence),) if sentence else ()
    return call.page(
        "hours.html",
        422 if wrong else 200,
        wrong=wrong,
        fields={each.field for each in wrong},
        answers=answers,
        nations=tuple((value, text(name)) for value, name in NATIONS),
        is_new=found.version == NEW,
        read="" if source is None else text(_SOURCES[source]),
    )


def _field(sentence: str) -> str:
    """The field that a sentence is about: each names it, or what it holds."""
    words = {"addresses": "addresses", "days_off": "days_off", "zone": "time_zone"}
    return next((name for word, name in words.items() if word in sentence), "hours")


def _change_hours(call: Call) -> Response:
    found = leaders.get(call.deployment, call.leader_id)
    answers = {name: call.form.word(name) for name in _answers(found)}
    try:
        chosen = choices.read_settings({**found.settings.to_json(), **_read(answers)})
    except BadChoice as error:
        return _hours_page(call, found, answers, str(error))
    given = answers["version"]
    version = int(given) if given.isdecimal() and len(given) < 10 else 0
    leaders.change_settings(call.deployment, call.leader_id, chosen, version, call.by)
    call.call_worker()
    if version != NEW:
        return go(f"{call.home}/hours", "settings")
    if not connections(call.deployment, call.leader_id):
        return go(f"{call.home}/mode", "settings")
    today = local_date(call.now, choices.zone_of(chosen))
    following = monday(today) + timedelta(weeks=1)
    return go(f"{call.home}/week", "first-look", **{"from": following.isoformat()})


def _read(answers: Mapping[str, str]) -> dict[str, Any]:
    return {
        "addresses": _several(answers["addresses"]),
        "hours": answers["hours"] or None,
        "time_zone": answers["time_zone"] or None,
        "nation": answers["nation"] or None,
        "days_off": _several(answers["days_off"]),
    }


def _several(text: str) -> list[str]:
    return [each for each in text.replace(",", " ").split() if each]


# --- how much Clearway does -----------------------------------------------------------------------


def _mode(call: Call) -> Response:
    found = leaders.get(call.deployment, call.leader_id)
    return _mode_page(call, found, found.mode, found.settings.auto)


def _mode_page(
    call: Call, found: Leader, chosen: Mode, auto: Collection[Kind], wrong: tuple[Wrong, ...] = ()
) -> Response:
    zone = choices.zone_of(found.settings)
    return call.page(
        "mode.html",
        422 if wrong else 200,
        wrong=wrong,
        fields={each.field for each in wrong},
        mode=chosen.value,
        looks=found.mode is Mode.OBSERVE,
        auto=auto,
        kinds=tuple((each.value, hold_name(each), "") for each in _AUTO),
        until=say_until(found.watched_until, zone),
    )


def _change_mode(call: Call) -> Response:
    try:
        chosen = Mode(call.form.word("mode"))
    except ValueError as error:
        raise BadChoice(text("Choose how much Clearway does.")) from error
    ticked = set(call.form.words.get("auto", ()))
    auto = frozenset(each for each in Kind if each.value in ticked)
    found = leaders.get(call.deployment, call.leader_id)
    if chosen is Mode.AUTO and not auto:
        return _mode_page(call, found, chosen, auto, (Wrong("auto", text(_NOTHING_TICKED)),))
    # what is ticked is kept for when it counts
    if auto != found.settings.auto:
        told = {**found.settings.to_json(), "auto": sorted(auto)}
        wanted = choices.read_settings(told)
        leaders.change_settings(call.deployment, call.leader_id, wanted, found.version, call.by)
    leaders.change_mode(call.deployment, call.leader_id, chosen, call.by)
    call.call_worker()
    if chosen is Mode.PROPOSE and auto:
        return go(call.home, "mode-kept")
    return go(call.home, f"mode-{chosen.value}")
