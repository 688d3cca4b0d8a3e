"""Several diaries side by side, for somebody who acts for more than one leader, and for a leader.

Everything here is what the diary's own pages show to the same person, and no more: of private time
and of check-ins whoever acts for a leader sees nothing.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app import problems
from app.connecting.connections import in_trouble
from app.door.entering import diary_of
from app.life import moving, records, releasing, times
from app.life.releasing import Held
from app.life.states import PlanState
from app.life.times import Meeting
from app.people import delegates, leaders
from app.people.choices import zone_of
from app.people.errors import BadChoice, NotAllowed
from app.people.leaders import Leader, Stretch
from app.people.principal import Access
from app.people.settings import Mode
from app.services.errors import BadInput
from app.services.slots import LONGEST, SHORTEST, say_cost
from app.web.forms import Wrong
from app.web.service.clocks import FURTHEST, read_days, read_pause, read_week
from app.web.service.views import HoldView, PlanLine, hold_view, plan_line
from app.web.service.visits import HOME, MINE, Member, admit, go
from app.web.service.words import say_until
from rules.language import counted, text
from rules.slots import Slot
from rules.words import say_day, say_span
from rules.working_pattern import local_date, monday

router = APIRouter()
ACTING = "/you/acting"
_TIMES, _PAUSE, _RESUME = f"{ACTING}/times", f"{ACTING}/pause", f"{ACTING}/resume"
_WEEK, _DAY = timedelta(weeks=1), timedelta(days=1)
_MOST_WAITING = 20
_MOST_DIARIES = 8
"""Diaries in which times are looked for at once."""
_USUAL_MINUTES = "50"
_BETWEEN = re.compile(r"[\s,;]+")


@router.get(ACTING)
async def acting(request: Request) -> Response:
    """How each diary is, the plans that wait, and the holds of a week side by side."""
    return await admit(request, _acting)


@router.get(_TIMES)
async def times_page(request: Request) -> Response:
    """Who is to meet, for how long, and when."""
    return await admit(request, _times)


@router.post(_TIMES)
async def find_times(request: Request) -> Response:
    """The times that cost the least. Nothing is kept or booked."""
    return await admit(request, _find_times, asks=True)


@router.get(_PAUSE)
async def pause_page(request: Request) -> Response:
    """Pause several diaries, or let them go on."""
    return await admit(request, _pauses)


@router.post(_PAUSE)
async def pause(request: Request) -> Response:
    """Pause those that are ticked."""
    return await admit(request, _pause)


@router.post(_RESUME)
async def resume(request: Request) -> Response:
    """Let those go on that are ticked."""
    return await admit(request, _resume)


@router.post(ACTING + "/{delegation_id}/name")
async def rename(request: Request) -> Response:
    """Call a diary something else."""
    return await admit(request, _rename)


@router.post(ACTING + "/{delegation_id}/end")
async def give_up(request: Request) -> Response:
    """Stop acting for somebody."""
    return await admit(request, _give_up)


# --- the diaries of somebody ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Diary:
    """A diary on which somebody may act. `key` stands for it in addresses and forms."""

    key: str
    name: str
    access: Access
    leader: Leader
    delegation_id: str = ""
    ends: datetime | None = None

    @property
    def home(self) -> str:
        return f"{HOME}/{self.key}"

    @property
    def zone(self) -> ZoneInfo:
        return zone_of(self.leader.settings)

    @property
    def own(self) -> bool:
        return self.access.is_leader


def _diaries(member: Member, area: str = "") -> tuple[_Diary, ...]:
    """One's own diary and those one acts for; `area` tells each leader what is being looked at."""
    who = member.principal
    found: dict[str, _Diary] = {}
    if who.leader_id is not None and not who.leaving:
        found[MINE] = _diary(member, MINE, text("Your diary"), area)
    for each in who.grants:
        if each.leader_id != who.leader_id:
            found[each.leader_id] = _diary(
                member, each.leader_id, each.name, area, each.id, each.expires_at
            )
    return tuple(found.values())


def _diary(
    member: Member,
    key: str,
    name: str,
    area: str,
    delegation_id: str = "",
    ends: datetime | None = None,
) -> _Diary:
    leader_id = None if key == MINE else key
    access = diary_of(member.deployment, member.principal, leader_id, own=False, area=area)
    leader = leaders.get(member.deployment, access.leader_id)
    return _Diary(key, name, access, leader, delegation_id, ends)


def _ticked(member: Member) -> tuple[_Diary, ...]:
    """The diaries that a form names. Raises BadChoice, and NotAllowed for another's."""
    known = {each.key: each for each in _diaries(member)}
    wanted = dict.fromkeys(member.form.words.get("diary", ()))
    if not wanted:
        raise BadChoice(text("Tick at least one diary."))
    if not wanted.keys() <= known.keys():
        raise NotAllowed
    return tuple(known[each] for each in wanted)


def _options(diaries: Iterable[_Diary]) -> list[tuple[str, str, str]]:
    return [(each.key, each.name, "") for each in diaries]


# --- side by side ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Standing:
    """One diary in a line."""

    name: str
    path: str
    state: str
    until: str
    delegation_id: str


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A plan that waits, and in which diary."""

    diary: str
    plan: PlanLine = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Cell:
    """The holds of one day in one diary; `beside` says how many lie beside something else."""

    diary: str
    home: str
    holds: tuple[HoldView, ...]
    beside: str


@dataclass(frozen=True, slots=True)
class _Row:
    """One day in all diaries."""

    heading: str
    cells: tuple[_Cell, ...]


def _acting(member: Member) -> Response:
    diaries = _diaries(member, "acting")
    if not diaries:
        return go(HOME)
    this = monday(min(local_date(member.now, each.zone) for each in diaries))
    start = read_week(member.query.get("from", ""), this)
    waiting = [line for each in diaries for line in _plans(member, each)]
    zones = {each.zone.key for each in diaries}
    return member.page(
        "acting.html",
        diaries=[_standing(member, each) for each in diaries],
        waiting=waiting,
        columns=[_heading(each, several=len(zones) > 1) for each in diaries],
        rows=_rows(member, diaries, start),
        week=say_day(start),
        earlier="" if start <= this else (start - _WEEK).isoformat(),
        later=(start + _WEEK).isoformat() if start + _WEEK <= this + FURTHEST else "",
        may_join=member.principal.leader_id is None,
    )


def _heading(diary: _Diary, *, several: bool) -> str:
    if not several:
        return diary.name
    return text("%(diary)s, %(zone)s time", diary=diary.name, zone=diary.zone.key)


def _standing(member: Member, diary: _Diary) -> _Standing:
    until = ""
    if diary.ends is not None:
        until = text("You may act until %(day)s.", day=say_until(diary.ends, diary.zone))
    return _Standing(
        diary.name, diary.home, _say_standing(member, diary), until, diary.delegation_id
    )


def _say_standing(member: Member, diary: _Diary) -> str:
    found = diary.leader
    if found.paused_until is not None and found.is_paused(member.now):
        return text("Paused until %(day)s.", day=say_until(found.paused_until, diary.zone))
    if in_trouble(member.deployment, found.id):
        return text("A calendar cannot be read. Its owner has to connect it again.")
    if found.mode is Mode.OBSERVE:
        return text("Clearway only looks so far, and writes nothing.")
    return text("Clearway looks after it.")


def _plans(member: Member, diary: _Diary) -> Iterable[_Waiting]:
    found = records.newest(
        member.deployment,
        diary.access.leader_id,
        _MOST_WAITING,
        own=diary.own,
        states=(PlanState.PROPOSED,),
    )
    return (_Waiting(diary.name, plan_line(each, diary.home, diary.zone)) for each in found)


def _rows(member: Member, diaries: Sequence[_Diary], start: date) -> list[_Row]:
    """The days of a week that have holds in any diary, each by its own clock."""
    held = {
        each.key: releasing.ahead(member.deployment, each.access.leader_id, own=each.own)
        for each in diaries
    }
    days = [start + number * _DAY for number in range(7)]
    rows = [
        _Row(say_day(day), tuple(_cell(each, held[each.key], day) for each in diaries))
        for day in days
    ]
    return [each for each in rows if any(cell.holds or cell.beside for cell in each.cells)]


def _cell(diary: _Diary, held: Sequence[Held], day: date) -> _Cell:
    zone = diary.zone
    mine = [each for each in held if local_date(each.span.start, zone) == day]
    beside = sum(each.kind in moving.BOUND for each in mine)
    return _Cell(
        diary.name,
        diary.home,
        tuple(hold_view(each, zone) for each in mine if each.kind not in moving.BOUND),
        counted("And %(number)s beside a meeting", "And %(number)s beside meetings", beside)
        if beside
        else "",
    )


# --- a time for several people --------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Found:
    """A time, and what it takes of the diaries."""

    day: str
    when: str
    cost: str


def _times(member: Member) -> Response:
    return _times_page(member, _diaries(member))


def _times_page(
    member: Member,
    diaries: Sequence[_Diary],
    sentence: str = "",
    about: str = "",
    **values: object,
) -> Response:
    if not diaries:
        return go(HOME)
    form, today = member.form, local_date(member.now, diaries[0].zone)
    wrong = (Wrong(about, sentence),) if sentence else ()
    return member.page(
        "times.html",
        422 if wrong else 200,
        wrong=wrong,
        fields={each.field for each in wrong},
        options=_options(diaries),
        chosen=form.words.get("diary", [each.key for each in diaries[:1]]),
        minutes=form.word("minutes") or _USUAL_MINUTES,
        first=form.word("first") or (today + _DAY).isoformat(),
        last=form.word("last") or (today + 2 * _WEEK).isoformat(),
        people=form.word("people"),
        **{"looked": False, "silent": "", "slots": (), "notes": (), **values},
    )


def _find_times(member: Member) -> Response:
    diaries = _diaries(member)
    try:
        chosen, meeting = _chosen(member), _meeting(member)
    except BadChoice as error:
        return _times_page(member, diaries, str(error), _field_of(member))
    for each in chosen:
        diary_of(
            member.deployment, member.principal, each.access.leader_id, own=False, area="slots"
        )
    try:
        found = times.find(member.deployment, [each.access.leader_id for each in chosen], meeting)
    except BadInput as error:
        return _times_page(
            member, diaries, str(error), "people" if "@" in str(error) else "minutes"
        )
    except problems.EXPECTED as error:
        return _times_page(member, diaries, silent=problems.say(error))
    slots = [_found(each, chosen[0].zone) for each in found.slots]
    return _times_page(member, diaries, looked=True, slots=slots, notes=found.warnings)


def _chosen(member: Member) -> tuple[_Diary, ...]:
    found = _ticked(member)
    if len(found) > _MOST_DIARIES:
        raise BadChoice(text("Tick %(most)s diaries at most.", most=_MOST_DIARIES))
    return found


def _field_of(member: Member) -> str:
    """Which answer is the one that does not fit: the first that is asked for and not given well."""
    ticked = len(member.form.words.get("diary", ()))
    if not 0 < ticked <= _MOST_DIARIES:
        return "diary"
    return "first" if member.form.word("minutes").isdecimal() else "minutes"


def _meeting(member: Member) -> Meeting:
    form = member.form
    minutes = form.word("minutes")
    if not minutes.isdecimal() or len(minutes) > 3:
        low, high = SHORTEST, LONGEST
        raise BadChoice(text("Say the minutes, from %(low)s to %(high)s.", low=low, high=high))
    start, end = read_days(form.word("first"), form.word("last"))
    people = [each for each in _BETWEEN.split(form.word("people")) if each]
    return Meeting(int(minutes), start, end, people)


def _found(slot: Slot, zone: ZoneInfo) -> _Found:
    day = say_day(local_date(slot.span.start, zone))
    return _Found(day, say_span(slot.span, zone), say_cost(slot))


# --- pausing several ------------------------------------------------------------------------------


def _pauses(member: Member) -> Response:
    return _pause_page(member)


def _pause_page(member: Member, sentence: str = "", about: str = "") -> Response:
    diaries = _diaries(member)
    if not diaries:
        return go(HOME)
    paused = [each for each in diaries if each.leader.is_paused(member.now)]
    wrong = (Wrong(about, sentence),) if sentence else ()
    return member.page(
        "pauses.html",
        422 if wrong else 200,
        wrong=wrong,
        fields={each.field for each in wrong},
        awake=_options(each for each in diaries if each not in paused),
        paused=[(each.key, each.name, _say_standing(member, each)) for each in paused],
        ticked=member.form.words.get("diary", ()),
        day=member.form.word("day"),
        until=member.form.word("until") or Stretch.DAY.value,
    )


def _pause(member: Member) -> Response:
    try:
        chosen = _ticked(member)
    except BadChoice as error:
        return _pause_page(member, str(error), "diary")
    try:
        until = read_pause(member.form)
        for each in chosen:
            leaders.pause(member.deployment, each.access.leader_id, until, each.access.by)
    except BadChoice as error:
        return _pause_page(member, str(error), "day")
    return go(ACTING, "paused")


def _resume(member: Member) -> Response:
    try:
        chosen = _ticked(member)
    except BadChoice as error:
        return _pause_page(member, str(error), "again")
    for each in chosen:
        leaders.resume(member.deployment, each.access.leader_id, each.access.by)
        member.service.call_worker(each.access.leader_id)
    return go(ACTING, "resumed")


# --- one's own part in it -------------------------------------------------------------------------


def _rename(member: Member) -> Response:
    delegates.rename(
        member.deployment,
        member.principal.identity,
        member.id("delegation_id"),
        member.form.word("name"),
    )
    return go(ACTING, "renamed")


def _give_up(member: Member) -> Response:
    delegates.give_up(member.deployment, member.principal.identity, member.id("delegation_id"))
    return go(HOME, "given-up")
