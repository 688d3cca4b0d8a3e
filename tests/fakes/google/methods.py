"""The methods of the API, their scopes and parameters, from Google's own discovery document.

The document comes with google-api-python-client, so scopes are checked everywhere. Bodies are
checked where ../shared/protocols is (tests.fakes.official).
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any
from urllib.parse import unquote

from tests.fakes import official
from tests.fakes.google.refusal import Json

SCOPE = "https://www.googleapis.com/auth/"
_HEADERS = frozenset(
    {"accept", "accept-encoding", "authorization", "connection", "content-length", "content-type"}
    | {"host", "user-agent", "x-goog-api-client", "x-goog-user-project", "x-http-method-override"}
)
_CONDITIONS = {"if-match": ("PATCH", "PUT", "DELETE"), "if-none-match": ("GET",)}


@dataclass(frozen=True, slots=True)
class Method:
    """One method, reached by one path. `arguments` are the parts of the path by name."""

    id: str
    doc: Json
    path: str
    arguments: Mapping[str, str]

    @property
    def scopes(self) -> frozenset[str]:
        """Any one of these is enough."""
        return frozenset(self.doc.get("scopes", []))

    @property
    def answer(self) -> Json | None:
        """The schema of its answer, None where it has no body."""
        return self.doc.get("response")


@cache
def document() -> Json:
    """The discovery document."""
    folder = resources.files("googleapiclient") / "discovery_cache" / "documents"
    found: Json = json.loads((folder / "calendar.v3.json").read_text("utf-8"))
    return found


def find(verb: str, path: str) -> Method | None:
    """The method of a path below the API's base, still percent-encoded."""
    for pattern, doc in _patterns():
        match = pattern.fullmatch(path)
        if match and doc["httpMethod"] == verb:
            given = {name: unquote(value) for name, value in match.groupdict().items()}
            return Method(doc["id"], doc, path, given)
    return None


def problems_of_request(
    method: Method, query: Mapping[str, list[str]], headers: Mapping[str, str], body: Any
) -> list[str]:
    """What the discovery document does not allow."""
    found = [f"{method.id}: {text}" for text in _query(method, query)]
    for name in headers:
        verbs = _CONDITIONS.get(name)
        if verbs is None and name not in _HEADERS:
            found.append(f"{method.id}: unknown header {name}")
        elif verbs is not None and method.doc["httpMethod"] not in verbs:
            found.append(f"{method.id}: {name} has no meaning here")
    if "request" not in method.doc:
        return found + ([f"{method.id}: takes no body"] if body is not None else [])
    if not isinstance(body, dict):
        return [*found, f"{method.id}: wants a JSON object"]
    if method.doc["httpMethod"] == "PATCH":
        body = without_nulls(body)
    name = method.doc["request"]["$ref"]
    return found + [f"{method.id}: {text}" for text in _errors(name, method.id, body)]


def problems_of_answer(method: Method, status: int, body: Any) -> list[str]:
    """What the fake itself got wrong."""
    if status >= 400:
        return [f"{method.id} answers {text}" for text in _errors("error", "", body)]
    if method.answer is None or status in (204, 304):
        return [] if body is None else [f"{method.id} answers with a body"]
    return [f"{method.id} answers {text}" for text in _errors(method.answer["$ref"], "", body)]


def without_nulls(value: Any) -> Any:
    """A patch without the members that it takes out; the schema knows no null."""
    if isinstance(value, dict):
        return {name: without_nulls(each) for name, each in value.items() if each is not None}
    return value


def _query(method: Method, query: Mapping[str, list[str]]) -> list[str]:
    known = {
        name: each
        for name, each in {**document()["parameters"], **method.doc.get("parameters", {})}.items()
        if each["location"] == "query"
    }
    found = []
    for name, values in query.items():
        parameter = known.get(name)
        if parameter is None:
            found.append(f"unknown query parameter {name}")
            continue
        if len(values) > 1 and not parameter.get("repeated"):
            found.append(f"{name} is given more than once")
        found += [f"{name} cannot be {text!r}" for text in values if not _fits(text, parameter)]
    missing = [name for name, each in known.items() if each.get("required") and name not in query]
    return found + [f"missing {name}" for name in missing]


def _fits(text: str, parameter: Json) -> bool:
    if "enum" in parameter and text not in parameter["enum"]:
        return False
    if parameter["type"] == "boolean":
        return text in ("true", "false")
    if parameter["type"] == "integer":
        low, high = int(parameter.get("minimum", 0)), int(parameter.get("maximum", 2**31 - 1))
        return re.fullmatch(r"\d+", text) is not None and low <= int(text) <= high
    if parameter.get("format") == "date-time":
        form = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)"
        return re.fullmatch(form, text) is not None
    return True


def _errors(schema: str, method_id: str, body: Any) -> list[str]:
    validator = _validator(schema, method_id)
    if validator is None:
        return []
    return [
        f"{'/'.join(map(str, error.absolute_path)) or 'body'}: {error.message[:160]}"
        for error in validator.iter_errors(body)
    ]


@cache
def _validator(schema: str, method_id: str) -> Any | None:
    """One validator for each schema: making one takes longer than using it."""
    google = official.google()
    return google.validator(schema, method_id or None) if google else None


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], Json], ...]:
    methods = sorted(_walk(document()["resources"]), key=lambda doc: doc["path"].count("{"))
    return tuple((_pattern(doc["path"]), doc) for doc in methods)


def _walk(resources: Json) -> list[Json]:
    found: list[Json] = []
    for resource in resources.values():
        found += resource.get("methods", {}).values()
        found += _walk(resource.get("resources", {}))
    return found


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path))
