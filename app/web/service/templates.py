"""Words and templates: texts to copy, and events to take as a file."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, time
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.people import leaders
from app.people.choices import zone_of
from app.services.errors import BadInput
from app.services.templates import LONGEST, SHORTEST, Filled, Wanted, fill, template_of
from app.web.forms import Wrong
from app.web.service.clocks import read_clock
from app.web.service.visits import Call, attend
from rules.language import later, text
from rules.reminders import REMINDERS
from rules.templates import TEMPLATES, WORDS, Words
from rules.working_pattern import local_date

router = APIRouter()
_TEMPLATES = "/you/{diary}/templates"
_FIELDS = ("template", "day", "at", "minutes")
_TEXTS = (
    *WORDS,
    *(Words(each.id, each.title, each.lines, each.text) for each in REMINDERS if each.text),
)


class _WrongFields(Exception):
    """Some answers do not fit."""

    def __init__(self, *wrong: Wrong) -> None:
        super().__init__("Some answers do not fit.")
        self.wrong = wrong


@router.get(_TEMPLATES)
async def templates(request: Request) -> Response:
    """What there is to copy and to take."""
    return await attend(request, _show, own=True)


@router.post(_TEMPLATES)
async def take_template(request: Request) -> Response:
    """One of them as a file."""
    return await attend(request, _take, own=True)


def _show(call: Call) -> Response:
    today = local_date(call.now, zone_of(leaders.get(call.deployment, call.leader_id).settings))
    return _page(call, {"template": TEMPLATES[0].name, "day": today.isoformat(), "at": "10:00"})


def _page(call: Call, written: Mapping[str, str], wrong: Sequence[Wrong] = ()) -> Response:
    return call.page(
        "templates.html",
        422 if wrong else 200,
        templates=TEMPLATES,
        texts=_TEXTS,
        wrong=wrong,
        fields={each.field for each in wrong},
        answers={name: written.get(name, "") for name in _FIELDS},
        shortest=SHORTEST,
        longest=LONGEST,
    )


def _take(call: Call) -> Response:
    written = {name: call.form.word(name) for name in _FIELDS}
    try:
        filled = _filled(call, written)
    except _WrongFields as error:
        return _page(call, written, error.wrong)
    headers = {"Content-Disposition": f'attachment; filename="{filled.template.name}.ics"'}
    return Response(filled.content, media_type="text/calendar; charset=utf-8", headers=headers)


def _filled(call: Call, written: Mapping[str, str]) -> Filled:
    """The template at its time. Raises _WrongFields."""
    try:
        found = template_of(written["template"])
    except BadInput as error:
        raise _WrongFields(Wrong("template", text("Choose one of the templates."))) from error
    zone = zone_of(leaders.get(call.deployment, call.leader_id).settings)
    wanted = _wanted(written, zone)
    try:
        return fill(found, wanted, call.now)
    except BadInput as error:
        raise _WrongFields(Wrong(error.field or "day", str(error))) from error


def _wanted(written: Mapping[str, str], zone: ZoneInfo) -> Wanted:
    """When it is to be. Raises _WrongFields with all that does not fit."""
    read: dict[str, Any] = {}
    wrong = []
    for name, (reader, sentence) in _READERS.items():
        try:
            read[name] = reader(written[name])
        except ValueError:
            wrong.append(Wrong(name, text(sentence)))
    if wrong:
        raise _WrongFields(*wrong)
    return Wanted(read["day"], zone, read["at"], read["minutes"])


def _time(written: str) -> time | None:
    if not written:
        return None
    found = time.fromisoformat(read_clock(written))
    if found.tzinfo is not None:
        raise ValueError("a local time of day")
    return found


def _minutes(written: str) -> int | None:
    if len(written) > 5:
        raise ValueError("a few minutes")
    return int(written) if written else None


_READERS: Mapping[str, tuple[Callable[[str], Any], str]] = {
    "day": (date.fromisoformat, later("The day is a date, such as 2026-11-25.")),
    "at": (_time, later("The time is one of the day, such as 10:00 or 2pm.")),
    "minutes": (_minutes, later("The length is a number of minutes, such as 20.")),
}
