"""Holds to give up or to keep, and meetings to lock."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app import problems
from app.life import diaries, lifting, locks, moving, releasing
from app.life.locks import Lock, Scope
from app.life.moving import Place
from app.life.releasing import Held
from app.people import choices, leaders
from app.people.choices import zone_of
from app.people.errors import BadChoice
from app.services.errors import BadInput
from app.web.forms import Wrong
from app.web.service.clocks import read_clock
from app.web.service.plans import begun
from app.web.service.views import hold_days, hold_view, place_options, say_slot, slot_of
from app.web.service.visits import Call, attend, go
from app.web.service.words import say_moment, say_span
from rules.event import Occurrence, ScoredAs
from rules.language import later, text
from rules.words import say_day
from rules.working_pattern import instant, local_date

router = APIRouter()
_HOLD = "/you/{diary}/holds/{hold_id}"
_LOCKS = "/you/{diary}/locks"
_AHEAD = timedelta(weeks=2)


@router.get("/you/{diary}/holds")
async def holds(request: Request) -> Response:
    """Every hold that is not over."""
    return await attend(request, _holds, area="holds")


@router.post("/you/{diary}/holds/now/lift")
async def lift_now(request: Request) -> Response:
    """Give up the hold that is running, or the next one today."""
    return await attend(request, _lift_now)


@router.get(_HOLD)
async def hold(request: Request) -> Response:
    """One hold, and all that can be done with it."""
    return await attend(request, _hold, asks=True, area="hold")


@router.post(_HOLD + "/lift")
async def lift(request: Request) -> Response:
    """Give one up. Nobody is asked why."""
    return await attend(request, _lift)


@router.post(_HOLD + "/keep")
async def keep(request: Request) -> Response:
    """Have plans leave one where it is, or let them move it again."""
    return await attend(request, _keep)


@router.post(_HOLD + "/move")
async def move(request: Request) -> Response:
    """Put one at another time."""
    return await attend(request, _move, asks=True)


@router.post(_HOLD + "/never")
async def never(request: Request) -> Response:
    """Give one up, and want none of its kind at this time of the week."""
    return await attend(request, _never, own=True)


@router.get(_LOCKS)
async def locked(request: Request) -> Response:
    """What is locked, and what can be."""
    return await attend(request, _locks, asks=True, area="locks")


@router.post(_LOCKS)
async def lock(request: Request) -> Response:
    """Lock a meeting, or all of its series."""
    return await attend(request, _lock, asks=True)


@router.post(_LOCKS + "/{lock_id}/unlock")
async def unlock(request: Request) -> Response:
    """Take a lock away."""
    return await attend(request, _unlock)


def _holds(call: Call) -> Response:
    zone = zone_of(leaders.get(call.deployment, call.leader_id).settings)
    held = releasing.ahead(call.deployment, call.leader_id, own=call.access.is_leader)
    return call.page("holds.html", days=hold_days(held, zone))


def _lift_now(call: Call) -> Response:
    return _give_up(
        call, releasing.current(call.deployment, call.leader_id, own=call.access.is_leader)
    )


def _lift(call: Call) -> Response:
    return _give_up(call, _find(call))


def _give_up(call: Call, hold: Held) -> Response:
    releasing.give_up(call.deployment, call.leader_id, hold.id, call.by)
    call.call_worker()
    return go(_back(call), "lifted")


def _back(call: Call) -> str:
    """The page on which the button was pressed; what is given up has no page of its own left."""
    pages = {"holds": f"{call.home}/holds", "hold": call.request.url.path.rpartition("/")[0]}
    return pages.get(call.form.word("back"), call.home)


def _keep(call: Call) -> Response:
    firm = call.form.word("firm") == "yes"
    lifting.keep(call.deployment, call.leader_id, _find(call).id, call.by, firm=firm)
    return go(_back(call), "kept" if firm else "loosened")


def _find(call: Call) -> Held:
    own, hold_id = call.access.is_leader, call.id("hold_id")
    return releasing.get(call.deployment, call.leader_id, hold_id, own=own)


# --- one hold -------------------------------------------------------------------------------------

_CHOOSE = later("Choose one of the times, or say another.")
_CLOCK = later("Say a day, and a time of day such as 14:30.")


def _hold(call: Call) -> Response:
    return _hold_page(call, _find(call))


def _hold_page(call: Call, found: Held, sentence: str = "") -> Response:
    leader = leaders.get(call.deployment, call.leader_id)
    zone = zone_of(leader.settings)
    places: tuple[Place, ...] = ()
    silent = ""
    try:
        places = moving.places(call.deployment, call.leader_id, found)
    except problems.EXPECTED as error:
        silent = problems.say(error)
    where = "to" if places and not call.form.word("clock") else "day"
    wrong = (Wrong(where, sentence),) if sentence else ()
    return call.page(
        "hold.html",
        422 if wrong else 200,
        hold=hold_view(found, zone),
        day=say_day(local_date(found.span.start, zone)),
        path=f"{call.home}/holds/{found.id}",
        moves=found.kind not in moving.BOUND,
        paused=leader.is_paused(call.now),
        times=place_options(places, zone),
        silent=silent,
        wrong=wrong,
        fields={each.field for each in wrong},
        answers={
            "to": call.form.word("to"),
            "day": call.form.word("day") or local_date(found.span.start, zone).isoformat(),
            "clock": call.form.word("clock"),
        },
        slot=say_slot(found, zone),
    )


def _move(call: Call) -> Response:
    found = _find(call)
    try:
        begin = _wanted(call, found)
        plan_id = moving.move_to(call.deployment, call.leader_id, found, begin, call.by)
    except (BadChoice, BadInput) as error:
        return _hold_page(call, found, str(error))
    return begun(call, plan_id, "accepted")


def _wanted(call: Call, found: Held) -> datetime:
    """The time that somebody wrote, else the one that was chosen."""
    zone = zone_of(leaders.get(call.deployment, call.leader_id).settings)
    if call.form.word("clock"):
        return _said(call.form.word("day"), call.form.word("clock"), zone)
    return _chosen(call.form.word("to"))


def _chosen(moment: str) -> datetime:
    try:
        return datetime.fromisoformat(moment).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise BadChoice(text(_CHOOSE)) from error


def _said(day: str, clock: str, zone: ZoneInfo) -> datetime:
    try:
        return instant(date.fromisoformat(day), time.fromisoformat(read_clock(clock)), zone)
    except (ValueError, OverflowError) as error:
        raise BadChoice(text(_CLOCK)) from error


def _never(call: Call) -> Response:
    found, leader = _find(call), leaders.get(call.deployment, call.leader_id)
    settings = leader.settings
    slot = slot_of(found, zone_of(settings))
    if slot not in settings.never:
        told = {**settings.to_json(), "never": [str(each) for each in {*settings.never, slot}]}
        wanted = choices.read_settings(told)
        leaders.change_settings(call.deployment, call.leader_id, wanted, leader.version, call.by)
    releasing.give_up(call.deployment, call.leader_id, found.id, call.by)
    call.call_worker()
    return go(_back(call), "never")


# --- locks ----------------------------------------------------------------------------------------


_LATER = {
    True: later("A series that is not in the next two weeks."),
    False: later("A meeting that is not in the next two weeks."),
}
_HIDDEN = {
    True: later("A series that only the leader sees."),
    False: later("A meeting that only the leader sees."),
}
"""By whether it is a series."""


@dataclass(frozen=True, slots=True)
class LockView:
    """One lock."""

    id: str
    what: str


@dataclass(frozen=True, slots=True)
class MeetingView:
    """A meeting that plans might change. It has a time and no title."""

    id: str
    when: str
    day: str
    series: bool


def _locks(call: Call) -> Response:
    zone = zone_of(leaders.get(call.deployment, call.leader_id).settings)
    known = locks.locks(call.deployment, call.leader_id)
    sentence = ""
    read: tuple[Occurrence, ...] | None = None
    meetings: tuple[Occurrence, ...] = ()
    try:
        read, meetings = _read(call)
    except problems.EXPECTED as error:
        sentence = problems.say(error)
    taken = {each.event_id for each in known}
    free = [each for each in meetings if not {each.id, each.uid} & taken]
    days = groupby(free, key=lambda each: local_date(each.span.start, zone))
    return call.page(
        "locks.html",
        locks=[_lock_view(each, read, zone, own=call.access.is_leader) for each in known],
        days=[(say_day(day), list(_views(group, zone))) for day, group in days],
        sentence=sentence,
    )


def _read(call: Call) -> tuple[tuple[Occurrence, ...], tuple[Occurrence, ...]]:
    """All events of the next two weeks, and those of them that plans may change.

    A lock may be of any of them: REST takes every event, and rights to a calendar change.
    """
    person = diaries.person_of(call.deployment, call.leader_id)
    today = local_date(call.now, zone_of(person.settings))
    with diaries.opened(call.deployment, person, today, today + _AHEAD) as found:
        read = found.opened.diary.occurrences
        return read, tuple(
            each
            for each in read
            if each.organizer
            and each.hold is None
            and not each.all_day
            and each.scored_as is ScoredAs.APPOINTMENT
            and each.id not in found.opened.fixed
        )


def _views(meetings: Iterator[Occurrence], zone: ZoneInfo) -> Iterator[MeetingView]:
    for each in meetings:
        when = say_span(each.span.start, each.span.end, zone)
        day = say_day(local_date(each.span.start, zone))
        yield MeetingView(each.id, when, day, each.recurrence_id is not None)


def _lock_view(
    lock: Lock, read: tuple[Occurrence, ...] | None, zone: ZoneInfo, *, own: bool
) -> LockView:
    """A lock and when its meeting is, as far as somebody may know; None where nothing was read."""
    series = lock.scope is Scope.SERIES
    if read is None:
        return LockView(lock.id, text("A series.") if series else text("A meeting."))
    found = next((each for each in read if lock.event_id in (each.id, each.uid)), None)
    if found is None:
        return LockView(lock.id, text(_LATER[series]))
    if not own and diaries.is_for_leader(found):
        return LockView(lock.id, text(_HIDDEN[series]))
    when = _say_start(found, zone)
    if series:
        return LockView(lock.id, text("A series: %(when)s.", when=when))
    return LockView(lock.id, text("A meeting: %(when)s.", when=when))


def _say_start(found: Occurrence, zone: ZoneInfo) -> str:
    if isinstance(found.start, datetime):
        return say_moment(found.start, zone)
    return say_day(found.start)


def _lock(call: Call) -> Response:
    scope = Scope.SERIES if call.form.word("scope") == Scope.SERIES else Scope.MEETING
    meeting = locks.find_meeting(_read(call)[1], call.form.word("event"))
    locks.lock(call.deployment, call.leader_id, meeting, scope, call.by)
    return go(f"{call.home}/locks", "locked")


def _unlock(call: Call) -> Response:
    locks.unlock(call.deployment, call.leader_id, call.id("lock_id"), call.by)
    return go(f"{call.home}/locks", "unlocked")
