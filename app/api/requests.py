"""What each operation takes, as JSON or as a form, and how both become one question."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Annotated, Any, TypeVar

from pydantic import BeforeValidator, ConfigDict, Field, JsonValue, ValidationError
from starlette.requests import Request

from app.bank_holidays import Nation
from app.door.intake import Form, content_type, read_form, read_json
from app.problems import say_field, say_unknown
from app.services.errors import BadInput
from app.services.read import Ask
from app.services.source import Source
from app.shapes import Instant, Shape
from rules.planner.plan import Tier

JSON = "application/json"
FORM = "multipart/form-data"

_EXAMPLE_DIARY: list[JsonValue] = [
    {
        "uid": "1@trust.example",
        "start": "2026-11-23T09:00:00Z",
        "end": "2026-11-23T10:00:00Z",
        "organizer": True,
        "other_people": 3,
    },
    {
        "uid": "2@trust.example",
        "start": "2026-11-23T10:00:00Z",
        "end": "2026-11-23T11:00:00Z",
        "other_people": 5,
    },
]
_EXAMPLE: dict[str, JsonValue] = {
    "me": ["leader@trust.example"],
    "from": "2026-11-23",
    "to": "2026-11-28",
    "now": "2026-11-19T09:00:00Z",
    "diary": _EXAMPLE_DIARY,
}
S = TypeVar("S", bound=Shape)

EXAMPLE_HASH = "sha256:" + "0" * 64


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


Words = Annotated[list[str], BeforeValidator(_listed), Field(max_length=500)]


def _written(value: object) -> object:
    """A number would be read as seconds since 1970, which nobody means."""
    if value is not None and not isinstance(value, str | date):
        raise ValueError("is not a date like 2026-11-23")
    return value


LocalDate = Annotated[date, BeforeValidator(_written)]


class Question(Shape):
    """Whose diary, over which days, by which hours and settings. All of it may be left out."""

    me: Words = Field(default=[], description="mail addresses of the leader")
    start: LocalDate | None = Field(
        default=None, alias="from", description="first local date; Monday of this week if absent"
    )
    end: LocalDate | None = Field(
        default=None, alias="to", description="local date after the last; two weeks on if absent"
    )
    time_zone: str | None = Field(
        default=None, max_length=100, description="IANA name; the calendar's if absent"
    )
    now: Instant | None = Field(default=None, description="the moment to plan from; now if absent")
    hours: str | None = Field(
        default=None,
        max_length=2000,
        description="working hours in words; `|` separates weeks that take turns, and `from` "
        "a Monday says when the first of them is",
        examples=[
            "Mon-Thu 09:00-17:00; Fri 09:00-13:00",
            "Mon-Fri 07:00-15:00 | Mon-Thu 20:00-07:30 from 2026-11-23",
        ],
    )
    nation: Nation | None = Field(default=None, description="whose bank holidays are days off")


class PlanOptions(Question):
    """The same, and how far a plan may go."""

    tier: Tier = Field(default=Tier.HOLDS, description="holds, shorten (too), or move (too)")
    keep: Words = Field(default=[], description="identifiers of events that stay as they are")


class PlanQuestion(PlanOptions):
    """The same, and whether the curve is wanted too."""

    curve: bool = Field(
        default=False, description="also the best plans of tier move for other prices of a person"
    )


class WithDiary(Shape):
    """A JSON diary."""

    diary: list[Any] | None = Field(
        default=None,
        description="occurrences, as `clearway diary --json` lists them",
        json_schema_extra={"items": {"$ref": "#/components/schemas/OccurrenceItem"}},
    )


class Calendars(WithDiary):
    """What to read: texts of .ics files, several as one diary, or a JSON diary; one of the two."""

    calendars: list[str] | None = Field(
        default=None, min_length=1, max_length=20, description="texts of .ics files"
    )


class Calendar(WithDiary):
    """What to write to: the text of one .ics file, or a JSON diary; one of the two."""

    calendar: str | None = Field(default=None, description="text of the .ics file")


class WithPolicy(Shape):
    """The parameters of a policy file, as an object."""

    policy: dict[str, Any] | None = Field(
        default=None,
        description="parameters by name, as in a policy file; tables as objects",
        examples=[{"protected_minutes": 90}],
    )


class CheckRequest(Calendars, WithPolicy, Question):
    """What `POST /v1/check` takes."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})


class PlanRequest(Calendars, WithPolicy, PlanQuestion):
    """What `POST /v1/plan` takes."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE | {"tier": "move"}]})


class ApplyRequest(Calendar, WithPolicy, PlanOptions):
    """What `POST /v1/apply` takes: the calendar and the options of the plan, and its hash."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "me": ["leader@trust.example"],
                    "from": "2026-11-23",
                    "to": "2026-11-28",
                    "now": "2026-11-19T09:00:00Z",
                    "tier": "move",
                    "plan_hash": EXAMPLE_HASH,
                    "calendar": "BEGIN:VCALENDAR\r\nVERSION:2.0\r\n…",
                }
            ]
        }
    )

    plan_hash: str = Field(max_length=100, description="`plan_hash` of the plan that was read")


class UndoRequest(Calendar):
    """What `POST /v1/undo` takes: the calendar as it is now, and what `apply` answered with it."""

    undo: dict[str, Any] = Field(description="`undo` as `POST /v1/apply` gave it")


class CheckForm(Question):
    """The same as a form. Text fields may be repeated where JSON has a list."""

    calendar: list[bytes] = Field(description=".ics files or JSON diaries")
    policy: list[bytes] = Field(default=[], description="policy files (TOML)")


class PlanForm(PlanQuestion):
    """The same as a form. Text fields may be repeated where JSON has a list."""

    calendar: list[bytes] = Field(description=".ics files or JSON diaries")
    policy: list[bytes] = Field(default=[], description="policy files (TOML)")


class ApplyForm(PlanOptions):
    """The same as a form."""

    calendar: bytes = Field(description="the .ics file or JSON diary")
    policy: list[bytes] = Field(default=[], description="policy files (TOML)")
    plan_hash: str = Field(max_length=100, description="`plan_hash` of the plan that was read")


class UndoForm(Shape):
    """The same as a form."""

    calendar: bytes = Field(description="the .ics file or JSON diary as it is now")
    undo: bytes = Field(description="the undo file")


class _ApplyOptions(PlanOptions):
    plan_hash: str = Field(max_length=100)


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that has been read: what is wanted, and the files it is wanted of."""

    options: PlanOptions
    sources: tuple[Source, ...] = field(repr=False)
    policy: tuple[Source, ...] = field(repr=False, default=())
    plan_hash: str = ""
    curve: bool = False

    def ask(self, now: datetime) -> Ask:
        """What the services take, with `now` where the request names no moment."""
        return Ask(
            now=self.options.now or now,
            me=tuple(self.options.me),
            start=self.options.start,
            end=self.options.end,
            time_zone=self.options.time_zone,
            hours=self.options.hours,
            nation=self.options.nation,
            policy=self.policy,
        )


async def read_check(request: Request, limit: int) -> Asked:
    """A question for `check`. Raises BodyError and BadInput, as do the others."""
    if content_type(request, (JSON, FORM)) == JSON:
        return _from_json(await read_json(request, limit), CheckRequest, Question)
    return _from_form(await read_form(request, limit), Question)


async def read_plan(request: Request, limit: int) -> Asked:
    """A question for `plan`."""
    if content_type(request, (JSON, FORM)) == JSON:
        return _from_json(await read_json(request, limit), PlanRequest, PlanOptions)
    return _from_form(await read_form(request, limit), PlanQuestion)


async def read_apply(request: Request, limit: int) -> Asked:
    """A plan to apply: one calendar, and the hash of the plan."""
    if content_type(request, (JSON, FORM)) == JSON:
        found = _valid(ApplyRequest, await read_json(request, limit))
        options = PlanOptions.model_validate(_only(found, PlanOptions))
        return Asked(options, (_one_source(found),), _policy(found.policy), found.plan_hash)
    asked = _from_form(await read_form(request, limit), _ApplyOptions)
    if len(asked.sources) > 1:
        raise BadInput("A plan is applied to one calendar at a time.")
    return asked


async def read_undo(request: Request, limit: int) -> tuple[Source, bytes]:
    """A calendar or JSON diary, and the bytes of its undo record."""
    if content_type(request, (JSON, FORM)) == JSON:
        found = _valid(UndoRequest, await read_json(request, limit))
        return _one_source(found), _dumped(found.undo, "undo")
    form = await read_form(request, limit)
    _refuse_unknown(form, UndoForm)
    return Source("calendar", _single(form, "calendar")), _single(form, "undo")


def _from_json(
    body: Mapping[str, object], whole: type[Calendars], options: type[Question]
) -> Asked:
    found = _valid(whole, body)
    policy = found.policy if isinstance(found, WithPolicy) else None
    return Asked(
        _options(_only(found, options)),
        _sources(found),
        _policy(policy),
        curve=_wants_curve(found),
    )


def _wants_curve(found: Shape) -> bool:
    return isinstance(found, PlanQuestion) and found.curve


def _options(values: Mapping[str, object]) -> PlanOptions:
    return PlanOptions.model_validate(values)


def _only(found: Shape, part: type[Shape]) -> dict[str, object]:
    return {name: getattr(found, name) for name in part.model_fields}


def _sources(found: Calendars) -> tuple[Source, ...]:
    if (found.calendars is None) is (found.diary is None):
        raise BadInput("Send either “calendars” or “diary”.")
    if found.diary is not None:
        return (_json_source(found.diary),)
    texts = found.calendars or []
    return tuple(
        Source(f"calendar {number}", _encoded(text)) for number, text in enumerate(texts, start=1)
    )


def _one_source(found: Calendar) -> Source:
    if (found.calendar is None) is (found.diary is None):
        raise BadInput("Send either “calendar” or “diary”.")
    if found.calendar is None:
        return _json_source(found.diary)
    return Source("calendar", _encoded(found.calendar))


def _json_source(diary: list[Any] | None) -> Source:
    return Source("diary.json", _dumped(diary, "diary"))


def _dumped(value: object, name: str) -> bytes:
    """A part of the body as bytes. Nesting that could just be read may be too deep to be written."""
    try:
        return json.dumps(value).encode()
    except RecursionError as error:
        raise BadInput(f"The field “{name}” is nested too deeply.") from error


def _from_form(form: Form, options: type[Question]) -> Asked:
    taken = {"calendar", "policy"}
    values: dict[str, object] = {
        name: words if name in ("me", "keep") else words[-1]
        for name, words in form.words.items()
        if name not in taken
    }
    found = _valid(options, values, taken)
    calendars = form.contents("calendar")
    if not calendars:
        raise BadInput("Send at least one calendar in the field “calendar”.")
    return Asked(
        _options(_only(found, PlanOptions if isinstance(found, PlanOptions) else Question)),
        tuple(_named("calendar", calendars)),
        tuple(_named("policy", form.contents("policy"))),
        str(values.get("plan_hash", "")),
        _wants_curve(found),
    )


def _named(name: str, contents: list[bytes]) -> list[Source]:
    if len(contents) == 1:
        return [Source(name, contents[0])]
    return [Source(f"{name} {number}", each) for number, each in enumerate(contents, start=1)]


def _single(form: Form, name: str) -> bytes:
    contents = form.contents(name)
    if len(contents) != 1:
        raise BadInput(f"Send one file in the field “{name}”.")
    return contents[0]


def _refuse_unknown(form: Form, model: type[Shape]) -> None:
    for name in (*form.words, *form.files):
        if name not in model.model_fields:
            raise BadInput(say_unknown(name, _names(model)))


def _valid(model: type[S], values: Mapping[str, object], more: Collection[str] = ()) -> S:
    """`more` are fields of the operation that are read elsewhere."""
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise BadInput(say_field(error, {*_names(model), *more})) from error


def _names(model: type[Shape]) -> list[str]:
    return [field.alias or name for name, field in model.model_fields.items()]


def _encoded(text: str) -> bytes:
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise BadInput("The calendar holds half of a character, so it is not text.") from error


def _policy(values: Mapping[str, Any] | None) -> tuple[Source, ...]:
    try:
        return (Source("policy", to_toml(values).encode()),) if values else ()
    except RecursionError as error:
        raise BadInput("The field “policy” is nested too deeply.") from error


def to_toml(values: Mapping[str, Any]) -> str:
    """An object of JSON as the policy file that says the same. Raises BadInput for null."""
    plain = {name: value for name, value in values.items() if not isinstance(value, Mapping)}
    tables = {name: value for name, value in values.items() if isinstance(value, Mapping)}
    lines = [f"{json.dumps(name)} = {_toml(value)}" for name, value in plain.items()]
    for name, table in tables.items():
        lines += [f"[{json.dumps(name)}]"]
        lines += [f"{json.dumps(key)} = {_toml(value)}" for key, value in table.items()]
    return "\n".join(lines)


def _toml(value: object) -> str:
    if isinstance(value, Mapping):
        pairs = (f"{json.dumps(key)} = {_toml(each)}" for key, each in value.items())
        return f"{{{', '.join(pairs)}}}"
    if isinstance(value, list):
        return f"[{', '.join(_toml(each) for each in value)}]"
    if isinstance(value, str | int | float | bool):
        return json.dumps(value)
    raise BadInput("A policy holds numbers, words, lists and tables, and no null.")
