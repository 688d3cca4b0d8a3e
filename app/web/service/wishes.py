"""What a leader may wish for beyond hours: answers to invitations, times without holds, numbers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
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
from app.web.service.words import HOLDS
from rules.event import Kind
from rules.policy import Policy, Severity
from rules.reminders import REMINDERS
from rules.working_pattern import DAYS

router = APIRouter()
_WISHES = "/you/{diary}/wishes"
_KINDS = tuple((each.value, name) for each, name in HOLDS.items() if each in {*BY_ITSELF, Kind.POD})
_WEEKDAYS = tuple(
    zip(
        DAYS,
        ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
        strict=True,
    )
)
_REACTIONS = (
    (Reaction.ASK, "Tell me", "Clearway writes a question that is ready to send."),
    (
        Reaction.MOVE_HOLD,
        "Move the protected time",
        "It goes where it costs least. No one is told.",
    ),
    (
        Reaction.PROPOSE_TIME,
        "Answer with another time",
        "Where the calendar can do that, and at most five times a week. Else I am told.",
    ),
)
_EACH_WEEK: Mapping[str, str] = {
    "gap_minutes": "Free time between two meetings",
    "protected_minutes": "Protected time on a full day",
    "preferred_from": "Protected time is best after",
    "preferred_to": "Protected time is best before",
    "pods_per_week": "Team times a week",
    "pod_minutes": "Length of a team time",
    "break_minutes": "Break on days over six hours",
    "end_of_day_minutes": "Free of meetings before the day ends",
}
_EVERY_FEW_WEEKS: Mapping[str, str] = {
    "reports": "People who report to you",
    "one_to_one_weeks": "How often each of them has a one-to-one",
    "one_to_one_minutes": "Length of a one-to-one",
    "review_weeks": "How often each has a talk about circumstances",
    "review_minutes": "Length of a talk about circumstances",
    "appreciation_weeks": "How often there is a time to say thank you",
    "appreciation_minutes": "Length of a time to say thank you",
    "face_day_weeks": "How often there is a day in person",
    "face_day_minutes": "Length of the time together on a day in person",
    "face_day_travel": "Free of meetings before and after a day in person",
}
_FOR_YOURSELF: Mapping[str, str] = {
    "check_in_weeks": "How often there is a check-in",
    "check_in_minutes": "Length of a check-in",
    "learning_weeks": "How often there is time to learn",
    "learning_minutes": "Length of a time to learn",
}
_JOB_PLAN: Mapping[str, str] = {
    "contracted_minutes": "A contracted week",
    "programmed_activities": "Programmed activities in a week, for consultants",
    "programmed_activity_minutes": "Length of a programmed activity or session",
}
_GROUPS = (
    ("Every day and week", _EACH_WEEK),
    ("With the team, every few weeks", _EVERY_FEW_WEEKS),
    ("For yourself, every few weeks", _FOR_YOURSELF),
    ("For your job plan", _JOB_PLAN),
)
_REMINDERS: Mapping[str, str] = {each.setting: each.title for each in REMINDERS}
_LABELS: Mapping[str, str] = {
    **_EACH_WEEK,
    **_EVERY_FEW_WEEKS,
    **_FOR_YOURSELF,
    **_JOB_PLAN,
    **_REMINDERS,
}
"""The settings of the policy that leaders change; the others are for a policy file or REST."""
_ZEROS: Mapping[str, str] = {
    "reports": "0 means that none is planned for",
    "face_day_weeks": "0 means not now",
    "check_in_weeks": "0 means none",
    "contracted_minutes": "0 means what your working hours come to",
    "programmed_activities": "0 means none; they come before a contracted week",
}
_TICKS: Mapping[str, str] = {"learning": "learning_severity", "turns": "pod_rotation_severity"}
"""Rules that are off until somebody asks for them, by their names in the form."""
_CLOCKS = frozenset({"preferred_from", "preferred_to"})
_SPARE_ROWS = 2
_PARTS = ("kind", "day", "from", "to")
Row = Mapping[str, str]
"""One line of the times without holds, as it stands in the form."""


@dataclass(frozen=True, slots=True)
class Number:
    """One setting of the policy, in the form and in words."""

    name: str
    label: str
    hint: str
    value: str


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
    policy = found.settings.policy
    written = {name: str(policy.get(name, "")) for name in (*_LABELS, *_TICKS.values())}
    rows = [
        dict(
            zip(
                _PARTS, (each.kind, DAYS[each.weekday], *_clocks(each.start, each.end)), strict=True
            )
        )
        for each in sorted(found.settings.never)
    ]
    return _page(call, found, found.settings.reaction.value, rows, written)


def _clocks(*times: time) -> tuple[str, ...]:
    return tuple(f"{each:%H:%M}" for each in times)


def _page(
    call: Call,
    found: Leader,
    reaction: str,
    rows: Sequence[Row],
    written: Mapping[str, str],
    wrong: Sequence[Wrong] = (),
) -> Response:
    return call.page(
        "wishes.html",
        422 if wrong else 200,
        wrong=wrong,
        fields={each.field for each in wrong},
        version=call.form.word("version") if wrong else str(found.version),
        reaction=reaction,
        reactions=_REACTIONS,
        rows=[*rows, *[dict.fromkeys(_PARTS, "")] * _SPARE_ROWS],
        kinds=_KINDS,
        weekdays=_WEEKDAYS,
        groups=[
            (title, [_number(name, written[name]) for name in each]) for title, each in _GROUPS
        ],
        ticked={name for name, rule in _TICKS.items() if written[rule] not in ("", Severity.OFF)},
        reminders=[_often(name, written[name]) for name in _REMINDERS],
    )


def _number(name: str, value: str) -> Number:
    about = next(each for each in fields(Policy) if each.name == name)
    usual, low, high = about.default, about.metadata["low"], about.metadata["high"]
    if low is None:
        return Number(
            name, _LABELS[name], "A time of day, such as 13:00 or 1pm, or nothing.", value
        )
    unit = about.metadata["unit"]
    units = f" {unit}" if unit in ("minutes", "weeks") else ""
    zero = f" {_ZEROS[name]}." if name in _ZEROS else ""
    hint = f"{low} to {high}{units}. Usually {usual}.{zero}"
    return Number(name, _LABELS[name], hint, value)


def _often(name: str, value: str) -> Number:
    """In how many weeks a reminder comes."""
    about = next(each for each in fields(Policy) if each.name == name)
    least, high = about.metadata["least"], about.metadata["high"]
    usual = about.default or "0, which is never"
    hint = f"Once in so many weeks: {least} to {high}, or 0 for never. Usually {usual}."
    return Number(name, _LABELS[name], hint, value)


def _wrong(sentence: str) -> Wrong:
    """A sentence in the words of the page, at the field that it is about."""
    for name, label in _LABELS.items():
        if f"“{name}”" in sentence:
            return Wrong(name, sentence.replace(f"“{name}”", f"“{label}”"))
    if "“never”" in sentence:
        return Wrong("never", "Each time without holds has a kind, a day, and two times of day.")
    return Wrong("reaction", sentence)


def _change(call: Call) -> Response:
    found = leaders.get(call.deployment, call.leader_id)
    rows = _rows(call)
    written = {name: call.form.word(name) for name in _LABELS}
    for name, rule in _TICKS.items():
        written[rule] = _severity(found, rule, wanted=call.form.word(name) == "yes")
    reaction = call.form.word("reaction")
    others = {name: value for name, value in found.settings.policy.items() if name not in written}
    policy = {name: _read(name, text) for name, text in written.items() if text}
    wishes: dict[str, Any] = {"reaction": reaction, "never": [_slot(each) for each in rows]}
    told = {**found.settings.to_json(), **wishes, "policy": {**others, **policy}}
    try:
        chosen = choices.read_settings(told)
    except BadChoice as error:
        parts = [{name: value} for name, value in wishes.items()]
        parts += [{"policy": {name: value}} for name, value in policy.items()]
        wrong = _each_wrong(parts) or [_wrong(str(error))]
        return _page(call, found, reaction, rows, written, wrong)
    given = call.form.word("version")
    version = int(given) if given.isdecimal() and len(given) < 10 else 0
    leaders.change_settings(call.deployment, call.leader_id, chosen, version, call.by)
    call.call_worker()
    return go(f"{call.home}/wishes", "settings")


def _severity(found: Leader, rule: str, *, wanted: bool) -> str:
    """How much a rule asks that is off: as much as before, or as rules of its sort do."""
    if not wanted:
        return ""
    before = str(found.settings.policy.get(rule, Severity.OFF))
    return Severity.SHOULD.value if before == Severity.OFF else before


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


def _read(name: str, text: str) -> Any:
    if name in _CLOCKS:
        return read_clock(text)
    return int(text) if text.isdecimal() and len(text) < 10 else text
