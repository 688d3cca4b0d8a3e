"""The settings of a leader: an overview, and a page for each topic of the policy."""

from collections.abc import Mapping, Sequence
from dataclasses import MISSING, Field, dataclass, fields, replace
from enum import StrEnum
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.people import choices, leaders
from app.people.errors import BadChoice, NotAllowed
from app.people.leaders import Leader
from app.web.forms import Wrong
from app.web.service.clocks import read_clock
from app.web.service.topics import HOW_MUCH, SIDES, TOPICS, ZEROS, Topic, label, topic
from app.web.service.visits import Call, attend, go
from rules.event import Kind
from rules.language import later, text
from rules.policy import Policy
from rules.words import say_count, say_list

router = APIRouter()
_SETTINGS = "/you/{diary}/settings"
_TOPIC = _SETTINGS + "/{topic}"
_PARAMETERS: Mapping[str, Field[Any]] = {each.name: each for each in fields(Policy)}
_CHOICES: Mapping[str, Mapping[Any, str]] = {"severity": HOW_MUCH, "choice": SIDES}
_CATEGORIES = later("Each category has a kind, such as Ward round = clinical.")
_COUNTED = {
    **{f"{each}s": each for each in ("minute", "week", "hour", "day", "mail", "request")},
    "people": "person",
}
"""Units that are said after a number, and one of each."""
_UNITS: Mapping[str, str] = {
    "minutes": later("minutes"),
    "weeks": later("weeks"),
    "hours": later("hours"),
    "days": later("days"),
    "mails": later("mails"),
    "requests": later("requests"),
    "people": later("people"),
}
"""The same after a lowest and a highest number."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One setting in the form. `options` are what it can be, where that is one of a few words."""

    name: str
    label: str
    hint: str
    value: str
    options: tuple[tuple[str, str], ...]
    numeric: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """A topic in the overview."""

    path: str
    title: str
    about: str


@router.get(_SETTINGS)
async def settings(request: Request) -> Response:
    """All that can be set, and where."""
    return await attend(request, _overview, own=True)


@router.get(_TOPIC)
async def one_topic(request: Request) -> Response:
    """The settings of one topic."""
    return await attend(request, _show, own=True)


@router.post(_TOPIC)
async def change_topic(request: Request) -> Response:
    """Save them."""
    return await attend(request, _change, own=True)


def _overview(call: Call) -> Response:
    policy = leaders.get(call.deployment, call.leader_id).settings.policy
    entries = [
        Entry(f"{call.home}/settings/{each.id}", text(each.title), _say_own(each, policy))
        for each in TOPICS
    ]
    return call.page("settings.html", entries=entries)


def _say_own(found: Topic, policy: Mapping[str, Any]) -> str:
    own = sum(name in policy for name in found.labels)
    if not own:
        return text("All as usual")
    return text("%(number)s of %(all)s set by you", number=own, all=len(found.labels))


def _show(call: Call) -> Response:
    found = leaders.get(call.deployment, call.leader_id)
    policy = found.settings.policy
    return _page(
        call, found, {name: _written(policy.get(name, "")) for name in _topic(call).labels}
    )


def _topic(call: Call) -> Topic:
    found = topic(call.path["topic"])
    if found is None:
        raise NotAllowed
    return found


def _page(
    call: Call, found: Leader, written: Mapping[str, str], wrong: Sequence[Wrong] = ()
) -> Response:
    chosen = _topic(call)
    return call.page(
        "topic.html",
        422 if wrong else 200,
        wrong=wrong,
        fields={each.field for each in wrong},
        version=call.form.word("version") if wrong else str(found.version),
        topic=replace(chosen, title=text(chosen.title), point=text(chosen.point)),
        parameters=[_parameter(name, said, written[name]) for name, said in chosen.labels.items()],
    )


# --- in words ---------------------------------------------------------------------------------


def _parameter(name: str, said: str, value: str) -> Parameter:
    about = _PARAMETERS[name]
    options = _CHOICES.get(about.metadata["unit"], {})
    usual = _usual(about)
    return Parameter(
        name=name,
        label=text(said),
        hint=" ".join((*_limits(about), _say_usual(about, usual))),
        value=value,
        options=(
            ("", text("As usual: %(usual)s", usual=usual)),
            *((each.value, text(options[each])) for each in options),
        )
        if options
        else (),
        numeric=about.metadata.get("low") is not None,
    )


def _usual(about: Field[Any]) -> str:
    """What a setting is where nobody sets it."""
    factory = about.default_factory
    default: Any = about.default if factory is MISSING else factory()
    options = _CHOICES.get(about.metadata["unit"], {})
    if options:
        return _inside(text(options[default]))
    if default is None or default == ():
        return text("none")
    if about.metadata["unit"] in _COUNTED:
        return say_count(default, _COUNTED[about.metadata["unit"]]) if default else text("none")
    return _written(default)


def _inside(words: str) -> str:
    return words[0].lower() + words[1:]


def _limits(about: Field[Any]) -> Sequence[str]:
    """What a setting may be, in a sentence or two."""
    unit = about.metadata["unit"]
    if unit == "time":
        return (text("A time of day, such as 13:00 or 1pm."),)
    if unit == "domains":
        return (text("Such as trust.example, more.example."),)
    if about.name == "categories":
        kinds = say_list([each.value for each in (Kind.CLINICAL, Kind.ON_CALL, Kind.POD)])
        return (
            text(
                "Such as Ward round = clinical. A meeting can be %(kinds)s, for example.",
                kinds=kinds,
            ),
        )
    if unit == "categories":
        return (text("Their names in your calendar, with commas between them."),)
    if about.metadata.get("low") is None:
        return ()
    zero = (text(ZEROS[about.name]),) if about.name in ZEROS else ()
    return (_say_range(about), *zero)


def _say_range(about: Field[Any]) -> str:
    """From the lowest to the highest number, by steps where there are any."""
    unit, step = about.metadata["unit"], about.metadata["step"]
    least, high = about.metadata["least"] or about.metadata["low"], about.metadata["high"]
    found = text("%(start)s to %(end)s", start=least, end=high)
    if unit in _UNITS:
        units = text(_UNITS[unit])
        found = text("%(least)s to %(most)s %(units)s", least=least, most=high, units=units)
    if about.metadata["least"]:
        return text("%(range)s or 0 for never.", range=found)
    if step > 1:
        return text("%(range)s, by steps of %(step)s.", range=found, step=step)
    return text("%(range)s.", range=found)


def _say_usual(about: Field[Any], usual: str) -> str:
    """The usual value, and on what it rests."""
    cite = about.metadata.get("cite", "")
    if not cite or cite == "ours":
        return text("Usually %(usual)s (ours).", usual=usual)
    first, _, last = cite.removeprefix("L").partition("-")
    if not last:
        return text("Usually %(usual)s (the report, line %(line)s).", usual=usual, line=first)
    return text(
        "Usually %(usual)s (the report, lines %(first)s to %(last)s).",
        usual=usual,
        first=first,
        last=last,
    )


def _written(value: Any) -> str:
    """A value as it stands in the form."""
    if isinstance(value, Mapping):
        return ", ".join(f"{name} = {_written(each)}" for name, each in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(map(_written, value))
    if isinstance(value, StrEnum):
        return value.value
    return value.isoformat("minutes") if hasattr(value, "hour") else str(value)


# --- saving -----------------------------------------------------------------------------------


def _change(call: Call) -> Response:
    found, chosen = leaders.get(call.deployment, call.leader_id), _topic(call)
    written = {name: call.form.word(name).strip() for name in chosen.labels}
    others = {name: each for name, each in found.settings.policy.items() if name not in written}
    policy = {name: _read(_PARAMETERS[name], said) for name, said in written.items() if said}
    told = {**found.settings.to_json(), "policy": {**others, **policy}}
    try:
        wanted = choices.read_settings(told)
    except BadChoice as error:
        wrong = _each_wrong(policy) or [_wrong(str(error), next(iter(chosen.labels)))]
        return _page(call, found, written, wrong)
    given = call.form.word("version")
    version = int(given) if given.isdecimal() and len(given) < 10 else 0
    leaders.change_settings(call.deployment, call.leader_id, wanted, version, call.by)
    call.call_worker()
    return go(f"{call.home}/settings/{chosen.id}", "settings")


def _read(about: Field[Any], said: str) -> Any:
    """What somebody wrote, as a policy file has it; what it is not, checking tells."""
    unit = about.metadata["unit"]
    if unit == "time":
        return read_clock(said)
    if about.name == "categories":
        pairs = (each.partition("=") for each in said.split(",") if each.strip())
        return {name.strip(): kind.strip().lower() for name, _, kind in pairs}
    if unit in ("domains", "categories"):
        return [each.strip() for each in said.split(",") if each.strip()]
    return int(said) if said.isdecimal() and len(said) < 10 else said


def _each_wrong(policy: Mapping[str, Any]) -> list[Wrong]:
    """What is wrong with each by itself, so that nobody mends one after the other."""
    found = []
    for name, value in policy.items():
        try:
            choices.read_settings({"policy": {name: value}})
        except BadChoice as error:
            found.append(_wrong(str(error), name))
    return found


def _wrong(sentence: str, where: str) -> Wrong:
    """A sentence in the words of the page, at the setting that it is about."""
    if where == "categories":
        return Wrong(where, text(_CATEGORIES))
    for name in _PARAMETERS:
        called = label(name)
        if called is not None and f"“{name}”" in sentence:
            sentence = sentence.replace(f"“{name}”", f"“{text(called)}”")
    return Wrong(where, sentence)
