"""Partial responses: `fields=items(id,start),nextPageToken`, as every Google API has them."""

import re
from collections.abc import Mapping
from typing import Any

from tests.fakes.google.refusal import Refusal

Tree = dict[str, "Tree"]
"""Member names with what is chosen inside; nothing inside means all of it."""

_TOKEN = re.compile(r"[\w.$-]+|[*(),/]")


def parse(text: str) -> Tree:
    """The chosen members. Raises Refusal for what is no selector."""
    tokens = _TOKEN.findall(text)
    if "".join(tokens) != text:
        raise _wrong(text)
    tree, rest = _list(tokens, text)
    if rest:
        raise _wrong(text)
    return tree


def chosen(value: Any, tree: Tree) -> Any:
    """What is left of a value."""
    if not tree:
        return value
    if isinstance(value, list):
        return [chosen(one, tree) for one in value]
    if not isinstance(value, dict):
        return value
    found = {}
    for name, inner in value.items():
        if name in tree or "*" in tree:
            found[name] = chosen(inner, tree.get(name, tree.get("*", {})))
    return found


def check(tree: Tree, schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> None:
    """Refuse members that the discovery document does not know there."""
    while "$ref" in schema or "items" in schema:
        schema = schemas[schema["$ref"]] if "$ref" in schema else schema["items"]
    known = schema.get("properties", {})
    if not known:
        return
    for name, inner in tree.items():
        if name not in known and name != "*":
            raise _wrong(name)
        if name != "*":
            check(inner, known[name], schemas)


def _list(tokens: list[str], text: str) -> tuple[Tree, list[str]]:
    tree: Tree = {}
    while True:
        tokens = _path(tree, tokens, text)
        if not tokens or tokens[0] != ",":
            return tree, tokens
        tokens = tokens[1:]


def _path(tree: Tree, tokens: list[str], text: str) -> list[str]:
    if not tokens or tokens[0] in "(),/":
        raise _wrong(text)
    inner = tree.setdefault(tokens[0], {})
    tokens = tokens[1:]
    if tokens and tokens[0] == "/":
        return _path(inner, tokens[1:], text)
    if tokens and tokens[0] == "(":
        found, tokens = _list(tokens[1:], text)
        if not tokens or tokens[0] != ")":
            raise _wrong(text)
        inner.update(found)
        return tokens[1:]
    return tokens


def _wrong(text: str) -> Refusal:
    message = f"Invalid field selection {text}"
    return Refusal(400, "invalidParameter", message, where=("parameter", "fields"), problem=True)
