"""What a leader may wish for beyond hours and numbers: answers to invitations, times without holds."""

from collections.abc import Mapping, Sequence
from datetime import time
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.people import choices, leaders
from app.people.errors import BadChoice
from app.people.leaders import Leader
from app.people.settings import BY_ITSELF, Reaction
from app.web.forms import Wrong
from app.web.service.clocks import read_clock
from app.web.service.visits import Call, attend, go
from app.web.service.words import HOLDS, hold_name
from rules.event import Kind
from rules.language import later, text
from rules.working_pattern import DAYS

router = APIRouter()
_WISHES = "/you/{diary}/wishes"
_KINDS = tuple(each for each in HOLDS if each in {*BY_ITSELF, Kind.POD})
_WEEKDAYS = tuple(
    zip(
        DAYS,
        (
            later("Monday"),
            later("Tuesday"),
            later("Wednesday"),
            later("Thursday"),
            later("Friday"),
            later("Saturday"),
            later("Sunday"),
        ),
        strict=True,
    )
)
_REACTIONS = (
    (
        Reaction.ASK,
        later("Tell me"),
        later("Clearway writes a question that is ready to send."),
    ),
    (
        Reaction.MOVE_HOLD,
        later("Move the protected time"),
        later("It goes where it costs least. No one is told."),
    ),
    (
        Reaction.PROPOSE_TIME,
        later("Answer with another time"),
        later("Where the calendar can do that, and at most five times a week. Else I am told."),
    ),
)
_SPARE_ROWS = 2
_PARTS = ("kind", "day", "from", "to")
Row = Mapping[str, str]
"""One line of the times without holds, as it stands in the form."""


@router.get(_WISHES)
async def wishes(request: Request) -> Response:
    """What the leader wishes for now."""
    return await attend(request, _show, own=True)


@router.post(_WISHES)
async def change_wishes(request: Request) -> Response:
    """Save it."""
    return await attend(request, _change, own=True)


def _show(call: Call) -> Response:
    found = leaders.get(call.deployment, call.leader_id)
    rows = [
        dict(
            zip(
                _PARTS, (each.kind, DAYS[each.weekday], *_clocks(each.start, each.end)), strict=True
            )
        )
        for each in sorted(found.settings.never)
    ]
    return _page(call, found, found.settings.reaction.value, rows)


def _clocks(*times: time) -> tuple[str, ...]:
    return tuple(f"{each:%H:%M}" for each in times)


def _page(
    call: Call,
    found: Leader,
    reaction: str,
    rows: Sequence[Row],
    wrong: Sequence[Wrong] = (),
) -> Response:
    return call.page(
        "wishes.html",
        422 if wrong else 200,
        wrong=wrong,
        fields={each.field for each in wrong},
        version=call.form.word("version") if wrong else str(found.version),
        reaction=reaction,
        reactions=tuple((each, text(name), text(about)) for each, name, about in _REACTIONS),
        rows=[*rows, *[dict.fromkeys(_PARTS, "")] * _SPARE_ROWS],
        kinds=tuple((each.value, hold_name(each)) for each in _KINDS),
        weekdays=tuple((day, text(name)) for day, name in _WEEKDAYS),
    )


def _wrong(sentence: str) -> Wrong:
    """A sentence in the words of the page, at the field that it is about."""
    if "“never”" in sentence:
        return Wrong(
            "never", text("Each time without holds has a kind, a day, and two times of day.")
        )
    return Wrong("reaction", sentence)


def _change(call: Call) -> Response:
    found = leaders.get(call.deployment, call.leader_id)
    rows = _rows(call)
    reaction = call.form.word("reaction")
    wishes: dict[str, Any] = {"reaction": reaction, "never": [_slot(each) for each in rows]}
    told = {**found.settings.to_json(), **wishes}
    try:
        chosen = choices.read_settings(told)
    except BadChoice as error:
        parts = [{name: value} for name, value in wishes.items()]
        wrong = _each_wrong(parts) or [_wrong(str(error))]
        return _page(call, found, reaction, rows, wrong)
    given = call.form.word("version")
    version = int(given) if given.isdecimal() and len(given) < 10 else 0
    leaders.change_settings(call.deployment, call.leader_id, chosen, version, call.by)
    call.call_worker()
    return go(f"{call.home}/wishes", "settings")


def _rows(call: Call) -> Sequence[Row]:
    """The lines that stay, of which something is filled in."""
    out = set(call.form.words.get("never-out", ()))
    columns = [call.form.words.get(f"never-{part}", []) for part in _PARTS]
    lines = enumerate(zip(*columns, strict=False), 1)
    stay = (each for number, each in lines if str(number) not in out)
    rows = [dict(zip(_PARTS, map(str.strip, each), strict=True)) for each in stay]
    return [each for each in rows if any(each.values())]


def _each_wrong(parts: Sequence[Mapping[str, Any]]) -> list[Wrong]:
    """What is wrong with each part by itself, so that nobody mends one after the other."""
    found = []
    for each in parts:
        try:
            choices.read_settings(each)
        except BadChoice as error:
            found.append(_wrong(str(error)))
    return found


def _slot(row: Row) -> str:
    return f"{row['kind']} {row['day']} {read_clock(row['from'])}-{read_clock(row['to'])}"
