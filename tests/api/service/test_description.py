"""The description of the operations for people: whole, with examples that fit."""

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from app.config import Settings
from app.main import create_app
from app.problems import KINDS

DESCRIBED: dict[str, Any] = create_app(Settings()).openapi()
PEOPLE = [
    (method, path, operation)
    for path, operations in DESCRIBED["paths"].items()
    for method, operation in operations.items()
    if operation["tags"] not in (["diary"], ["service"])
]
NAMES = [operation["operationId"] for _, _, operation in PEOPLE]


def _check(schema: dict[str, Any], example: Any) -> None:
    whole = {"components": DESCRIBED["components"], **schema}
    Draft202012Validator(whole).validate(example)


def _named(value: Any) -> set[str]:
    """Every schema that a part of the description leads to."""
    if isinstance(value, dict):
        here = {str(value["$ref"]).rpartition("/")[2]} if "$ref" in value else set()
        return here.union(*(_named(each) for each in value.values()))
    return set().union(*(_named(each) for each in value)) if isinstance(value, list) else set()


@pytest.mark.parametrize(("method", "path", "operation"), PEOPLE, ids=NAMES)
def test_every_operation_has_examples_that_fit(
    method: str, path: str, operation: dict[str, Any]
) -> None:
    contents = [operation["requestBody"]] if "requestBody" in operation else []
    contents += operation["responses"].values()
    for each in contents:
        for name, content in each.get("content", {}).items():
            examples = [one["value"] for one in content.get("examples", {}).values()]
            examples += [content["example"]] if "example" in content else []
            assert examples, f"{name} has no example"
            for example in examples:
                _check(content["schema"], example)
    for each in operation.get("parameters", []):
        if "example" in each:
            _check(each["schema"], each["example"])


@pytest.mark.parametrize(("method", "path", "operation"), PEOPLE, ids=NAMES)
def test_every_operation_says_what_it_does_and_refuses(
    method: str, path: str, operation: dict[str, Any]
) -> None:
    assert operation["summary"] and operation["description"]
    for sentence in operation["description"].split(". "):
        assert len(sentence.split()) <= 20, sentence
    good = {status for status in operation["responses"] if status < "400"}
    assert (good and "200" in good) or method != "get"
    wanted = {"404", "500", "503"}
    if operation["tags"] != ["notifications"]:
        wanted |= {"401", "429"}
        if method != "get":
            wanted.add("403")
    assert wanted <= set(operation["responses"])
    ids = {each["name"] for each in operation.get("parameters", []) if each["in"] == "path"}
    assert ids == {part[1:-1] for part in path.split("/") if part.startswith("{")}
    if method == "post" and path.startswith("/v1/leaders/") and "consents" not in path:
        names = {each["name"] for each in operation["parameters"]}
        assert "Idempotency-Key" in names


def test_every_reference_leads_somewhere_and_every_tag_is_told() -> None:
    assert _named(DESCRIBED) <= set(DESCRIBED["components"]["schemas"])
    tags = {each["name"] for each in DESCRIBED["tags"]}
    used = {tag for _, _, operation in PEOPLE for tag in operation["tags"]}
    assert used <= tags
    assert len(NAMES) == len(set(NAMES))
    assert set(DESCRIBED["components"]["securitySchemes"]) == {"token", "cookie", "metrics"}


def test_the_problems_are_in_order_of_their_status() -> None:
    assert [each.status for each in KINDS] == sorted(each.status for each in KINDS)
    assert len({each.name for each in KINDS}) == len(KINDS)
