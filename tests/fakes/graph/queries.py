"""What a query and the Prefer header ask for."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.fakes import official
from tests.fakes.graph import zones
from tests.fakes.graph.values import Broken, Json

DEFAULT_PAGE = 10
MOST_A_PAGE = 1000
_TEXT = r"'((?:[^']|'')*)'"
_EXPANDED = re.compile(
    rf"singleValueExtendedProperties\(\$filter=(id eq {_TEXT}( or id eq {_TEXT})*)\)"
)
_EXCEPTIONS = re.compile(r"exceptionOccurrences(\(\$select=(?P<select>[\w,]+)\))?")
_WITH_PROPERTY = re.compile(
    rf"singleValueExtendedProperties/any\((\w+):\s*\1/id eq {_TEXT} and \1/value eq {_TEXT}\)"
)
_COMPARED = re.compile(rf"([A-Za-z/]+) (eq|ne|ge|gt|le|lt) (?:{_TEXT}|(true|false))")
_PREFERRED = re.compile(r'([\w.-]+)(?:\s*=\s*"?([^",]*)"?)?')
_UNSELECTABLE = {"@odata.etag", "singleValueExtendedProperties", "exceptionOccurrences"}
_NOT_IN_A_VIEW = {"createdDateTime", "lastModifiedDateTime"}


@dataclass(frozen=True, slots=True)
class Asked:
    """How an answer is to look."""

    zone: str = "UTC"
    immutable: bool = False
    text: bool = False
    page: int = DEFAULT_PAGE
    skip: int = 0
    select: tuple[str, ...] = ()
    properties: tuple[str, ...] = ()
    exceptions: tuple[str, ...] | None = None
    """Which members of exceptionOccurrences are wanted (all for an empty one); None for no such."""
    applied: tuple[str, ...] = ()


def asked(query: Mapping[str, str], headers: Mapping[str, str], *, view: bool = False) -> Asked:
    """Read query and headers; `view` is a calendarView, where less can be selected. Raises Broken."""
    unplayed = [each for each in ("$search", "$count") if each in query]
    if unplayed:
        raise Broken(f"{', '.join(unplayed)} is not played here")
    preferred = _preferred(headers.get("prefer", ""))
    top = _number(query, "$top", DEFAULT_PAGE)
    if top > MOST_A_PAGE:
        raise Broken(f"a page holds 1 to {MOST_A_PAGE} items")
    page = min(top, int(preferred.get("odata.maxpagesize", MOST_A_PAGE)))
    if "$top" not in query and "odata.maxpagesize" in preferred:
        page = int(preferred["odata.maxpagesize"])
    if not 1 <= page <= MOST_A_PAGE:
        raise Broken(f"a page holds 1 to {MOST_A_PAGE} items")
    zone = preferred.get("outlook.timezone", "UTC")
    zones.zone(zone)
    properties, exceptions = _expanded(query.get("$expand", ""))
    return Asked(
        zone=zone,
        immutable=preferred.get("IdType") == "ImmutableId",
        text=preferred.get("outlook.body-content-type") == "text",
        page=page,
        skip=_number(query, "$skip", 0),
        select=_selected(query.get("$select", ""), view=view),
        properties=properties,
        exceptions=exceptions,
        applied=tuple(f'{key}="{value}"' for key, value in preferred.items()),
    )


_KNOWN = {"outlook.timezone", "outlook.body-content-type", "odata.maxpagesize", "IdType"}


def _preferred(header: str) -> dict[str, str]:
    found = {}
    for each in filter(None, (part.strip() for part in header.split(","))):
        match = _PREFERRED.fullmatch(each)
        if not match or match[1] not in _KNOWN or not match[2]:
            raise Broken(f"unknown preference {each!r}")
        found[match[1]] = match[2]
    if found.get("IdType", "ImmutableId") != "ImmutableId":
        raise Broken("IdType has one value, ImmutableId")
    if not found.get("odata.maxpagesize", "1").isdigit():
        raise Broken("odata.maxpagesize is a number")
    return found


def _number(query: Mapping[str, str], name: str, usual: int) -> int:
    text = query.get(name, str(usual))
    if not text.isdigit():
        raise Broken(f"{name} is a number")
    return int(text)


def _selected(text: str, *, view: bool) -> tuple[str, ...]:
    names = tuple(filter(None, (each.strip() for each in text.split(","))))
    known = event_members()
    for each in names:
        if each in _UNSELECTABLE or (known and each not in known):
            raise Broken(f"{each!r} cannot be selected", "RequestBroker--ParseUri")
        if view and each in _NOT_IN_A_VIEW:
            raise Broken(f"{each!r} cannot be selected in a calendarView")
    return names


def event_members() -> frozenset[str]:
    """The members of an event by the official description, or none where that is not here."""
    described = official.graph()
    if described is None:
        return frozenset()
    return frozenset(_members(described.schemas, "microsoft.graph.event"))


def _members(schemas: Json, name: str) -> set[str]:
    found: set[str] = set()
    for part in schemas[name].get("allOf", [schemas[name]]):
        if "$ref" in part:
            found |= _members(schemas, part["$ref"].rpartition("/")[2])
        found |= set(part.get("properties", {}))
    return found


def _expanded(text: str) -> tuple[tuple[str, ...], tuple[str, ...] | None]:
    inner = _EXCEPTIONS.search(text)
    exceptions: tuple[str, ...] | None = None
    if inner:
        exceptions = _selected(inner["select"] or "", view=False)
        text = text.replace(inner[0], "").strip(", ")
    if not text:
        return (), exceptions
    match = _EXPANDED.fullmatch(text)
    if not match:
        raise Broken(f"$expand {text!r} is not one that is played here")
    names = re.findall(rf"id eq {_TEXT}", match[1])
    return tuple(property_id(each.replace("''", "'")) for each in names), exceptions


def property_id(text: str) -> str:
    """An extended property's id as the service keeps it: its name as given, its GUID in lower
    case."""
    head, brace, tail = text.partition("}")
    return head[:7] + head[7:].lower() + brace + tail


# -- filters and order ----------------------------------------------------------------------------

Test = Callable[[Json, Mapping[str, str]], bool]
"""Whether an event (as answered) with its extended properties is wanted."""


def wanted(text: str) -> Test:
    """A test out of `$filter`: comparisons of members, and one by extended property, with `and`."""
    found = _WITH_PROPERTY.search(text)
    rest = text
    tests: list[Test] = []
    if found:
        rest = text.replace(found[0], "").strip()
        rest = re.sub(r"^and | and$", "", rest).strip()
        tests.append(_by_property(found[2].replace("''", "'"), found[3].replace("''", "'")))
    for each in filter(None, rest.split(" and ")):
        tests.append(_by_member(each.strip()))
    return lambda item, properties: all(test(item, properties) for test in tests)


def _by_property(name: str, value: str) -> Test:
    name = property_id(name)
    return lambda item, properties: properties.get(name, "").lower() == value.lower()


def _by_member(text: str) -> Test:
    match = _COMPARED.fullmatch(text)
    if not match or match[1].split("/")[0] not in (event_members() or {match[1].split("/")[0]}):
        raise Broken(f"$filter {text!r} is not one that is played here")
    path, how, value = match[1].split("/"), match[2], match[3]
    against: Any = {"true": True, "false": False}.get(match[4]) if match[4] else value
    return lambda item, properties: _compare(_at(item, path), how, against)


def _compare(one: Any, how: str, two: Any) -> bool:
    if one is None:
        return how == "ne"
    if isinstance(one, str) and how not in ("eq", "ne"):
        one, two = one.rstrip("Z"), str(two).rstrip("Z")
    return {
        "eq": lambda: one == two,
        "ne": lambda: one != two,
        "ge": lambda: one >= two,
        "gt": lambda: one > two,
        "le": lambda: one <= two,
        "lt": lambda: one < two,
    }[how]()


def _at(item: Json, path: list[str]) -> Any:
    found: Any = item
    for each in path:
        found = found.get(each) if isinstance(found, dict) else None
    return found


def ordered(items: list[tuple[Any, Json]], text: str) -> list[tuple[Any, Json]]:
    """Pairs of something and its event, in the order that `$orderby` asks for."""
    for each in reversed([part.strip() for part in text.split(",") if part.strip()]):
        path, _, direction = each.partition(" ")
        if direction not in ("", "asc", "desc"):
            raise Broken(f"$orderby {each!r} is not understood")
        steps = path.split("/")
        items = sorted(
            items, key=lambda pair: str(_at(pair[1], steps)), reverse=direction == "desc"
        )
    return items
