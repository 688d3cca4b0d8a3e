"""How operations for people are described: what they take, answer and refuse, with examples."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from app import problems
from app.api.calls import JSON, Nothing
from app.api.describe import problem_example, ref
from app.problems import MEDIA_TYPE, Kind, Problem
from app.shapes import Shape

Example = Mapping[str, Any]
SIGNED_IN: list[dict[str, list[str]]] = [{"token": []}, {"cookie": []}]
_USUAL = (problems.SIGN_IN, problems.NOT_FOUND, problems.LIMITED, problems.FAULT, problems.BUSY)
_CHANGES = (problems.REFUSED,)
_READS_BODY = (problems.BROKEN, problems.LARGE, problems.TYPE, problems.INPUT)
_TAG = {"description": "the version of what is shown", "schema": {"type": "string"}}
_IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "required": True,
    "description": "the ETag that was read",
    "schema": {"type": "string"},
    "example": '"3"',
}
_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "a name for the request: sent again within a day, it is answered as before",
    "schema": {"type": "string", "maxLength": 255},
    "example": '"8e03978e-40d5-43dd-bc93-6894a57f9324"',
}


@dataclass(frozen=True)
class Given:
    """What an operation answers when all is well.

    `headers` are names of headers. `listed` is whether it is a list of the model.
    """

    about: str
    model: type[Shape] | None = None
    example: Any = None
    status: int = 200
    headers: tuple[str, ...] = ()
    listed: bool = False


@dataclass(frozen=True)
class Taken:
    """What it takes: a model, as JSON or in the address, and an example of it."""

    model: type[Shape]
    example: Example | None = None


def operation(
    name: str,
    summary: str,
    tag: str,
    given: Given,
    *also: Kind,
    takes: Taken | None = None,
    others: Iterable[Given] = (),
    changes: bool = False,
    keyed: bool = False,
    versioned: bool = False,
) -> dict[str, Any]:
    """All that a route says of itself, beside its address.

    `changes` is for methods that change something, `keyed` where a key is heeded, and `versioned`
    where If-Match is needed. `also` are problems of its own, `others` are answers that are as well.
    """
    kinds = [*_USUAL, *also, *(_CHANGES if changes else ())]
    parameters: list[dict[str, Any]] = []
    extra: dict[str, Any] = {"security": SIGNED_IN}
    if takes is not None and takes.model is not Nothing:
        if changes:
            extra["requestBody"] = _body(takes)
            kinds += _READS_BODY
        else:
            parameters += _questions(takes.model)
            kinds.append(problems.INPUT)
    if keyed:
        parameters.append(_KEY)
        kinds += [problems.INPUT, problems.UNDER_WAY, problems.KEY_USED]
    if versioned:
        parameters.append(_IF_MATCH)
        kinds += [problems.CHANGED, problems.MATCH]
    extra["parameters"] = parameters
    extra["responses"] = responses(given, kinds, others)
    return {
        "tags": [tag],
        "operation_id": name,
        "summary": summary,
        "status_code": given.status,
        "openapi_extra": extra,
    }


def responses(given: Given, kinds: Iterable[Kind], others: Iterable[Given] = ()) -> dict[str, Any]:
    """The answers of an operation by status; `others` are those that are as well."""
    found = {str(each.status): _answer(each) for each in (given, *others)}
    by_status: dict[int, list[Kind]] = {}
    for kind in sorted(set(kinds), key=lambda each: (each.status, problems.KINDS.index(each))):
        by_status.setdefault(kind.status, []).append(kind)
    return found | {str(status): _problems(several) for status, several in by_status.items()}


def _body(takes: Taken) -> dict[str, Any]:
    content: dict[str, Any] = {"schema": ref(takes.model)}
    if takes.example is not None:
        content["example"] = dict(takes.example)
    return {"required": True, "content": {JSON: content}}


def _questions(model: type[Shape]) -> list[dict[str, Any]]:
    schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
    return [
        {
            "name": name,
            "in": "query",
            "required": name in schema.get("required", ()),
            "description": each.get("description", ""),
            "schema": {key: value for key, value in each.items() if key != "description"},
        }
        for name, each in schema.get("properties", {}).items()
    ]


def _answer(given: Given) -> dict[str, Any]:
    found: dict[str, Any] = {"description": given.about}
    if given.model is not None:
        schema: dict[str, Any] = ref(given.model)
        if given.listed:
            schema = {"type": "array", "items": schema}
        found["content"] = {JSON: {"schema": schema, "example": given.example}}
    if given.headers:
        found["headers"] = {name: _HEADERS[name] for name in given.headers}
    return found


_HEADERS: Mapping[str, Any] = {
    "ETag": _TAG,
    "Location": {"description": "where it is", "schema": {"type": "string"}},
    "Link": {"description": "the next page, as rel=next", "schema": {"type": "string"}},
    "Retry-After": {"description": "seconds to wait", "schema": {"type": "integer"}},
    "WWW-Authenticate": {"description": "how to sign in", "schema": {"type": "string"}},
    "Set-Cookie": {
        "description": "knows the browser again when it comes back",
        "schema": {"type": "string"},
    },
}
_OF_PROBLEMS = {401: "WWW-Authenticate", 429: "Retry-After", 503: "Retry-After"}


def _problems(kinds: list[Kind]) -> dict[str, Any]:
    """One answer for all problems of a status."""
    content: dict[str, Any] = {"schema": ref(Problem)}
    if len(kinds) == 1:
        content["example"] = problem_example(kinds[0])
    else:
        content["examples"] = {each.name: {"value": problem_example(each)} for each in kinds}
    found: dict[str, Any] = {
        "description": " ".join(f"{each.title}. {each.about}" for each in kinds),
        "content": {MEDIA_TYPE: content},
    }
    header = _OF_PROBLEMS.get(kinds[0].status)
    if header is not None:
        found["headers"] = {header: _HEADERS[header]}
    return found
