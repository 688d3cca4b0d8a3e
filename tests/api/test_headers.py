"""What every answer carries, and the description of the API."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from starlette.testclient import TestClient

from app.main import create_app
from app.problems import KINDS
from tests.api.conftest import NOW, SMALL

OPERATIONS = ("check", "plan", "apply", "undo")


@pytest.mark.parametrize(
    "path",
    ["/", "/undo", "/problems", "/health", "/openapi.json", "/v1/nothing", "/nothing", "/v1/plan"],
)
def test_every_answer_keeps_browsers_careful(client: TestClient, path: str) -> None:
    """Errors and pages alike."""
    headers = client.get(path).headers

    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cache-control"] == "no-store"


def test_styles_may_be_kept_and_nothing_else(client: TestClient) -> None:
    """They hold nothing of anybody."""
    styles = re.search(r'href="(/static/[^"]+\.css)"', client.get("/").text)
    assert styles is not None
    assert "immutable" in client.get(styles[1]).headers["cache-control"]
    assert "max-age" in client.get("/static/icon.svg").headers["cache-control"]
    assert client.get("/static/../main.py").status_code == 404


@pytest.fixture(scope="module")
def described(client: TestClient) -> dict[str, Any]:
    """The OpenAPI document."""
    found: dict[str, Any] = client.get("/openapi.json").json()
    return found


def test_the_description_is_the_same_every_time(described: dict[str, Any]) -> None:
    """So that a change of the API shows as a difference of one file."""
    again = json.dumps(create_app(SMALL).openapi())
    assert json.dumps(create_app(SMALL, sample=True, now=lambda: NOW).openapi()) == again
    assert json.dumps(described) == again


def test_every_reference_in_the_description_leads_somewhere(described: dict[str, Any]) -> None:
    """And every schema is used or reachable."""
    text = json.dumps(described)
    schemas = described["components"]["schemas"]
    wanted = {part.partition('"')[0] for part in text.split("#/components/schemas/")[1:]}

    assert described["openapi"].startswith("3.1")
    assert wanted == set(schemas) - {name for name in schemas if f'schemas/{name}"' not in text}
    assert wanted - set(schemas) == set()
    for schema in schemas.values():
        Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_operation_names_what_can_go_wrong(described: dict[str, Any], name: str) -> None:
    """Each status with an example that is a problem document."""
    operation = described["paths"][f"/v1/{name}"]["post"]
    expected = {"200", "400", "403", "413", "415", "422", "500", "503"}
    if name == "apply":
        expected.add("409")

    assert operation["operationId"] == name
    assert set(operation["responses"]) == expected
    assert set(operation["requestBody"]["content"]) == {"application/json", "multipart/form-data"}
    names = {f"/problems#{kind.name}" for kind in KINDS}
    for status in expected - {"200"}:
        content = operation["responses"][status]["content"]["application/problem+json"]
        assert content["example"]["type"] in names
        _fits(described, "Problem", content["example"])


@pytest.mark.parametrize(
    ("name", "model"),
    [("check", "CheckRequest"), ("plan", "PlanRequest")],
)
def test_the_examples_work(
    client: TestClient, described: dict[str, Any], name: str, model: str
) -> None:
    """What the description shows can be posted as it stands."""
    for example in described["components"]["schemas"][model]["examples"]:
        _fits(described, model, example)
        assert client.post(f"/v1/{name}", json=example).status_code == 200


def test_answers_fit_the_description(
    client: TestClient, described: dict[str, Any], calendar: str, options: dict[str, Any]
) -> None:
    """Every operation's, on a full week."""
    asked = options | {"tier": "move"}
    checked = client.post("/v1/check", json=options | {"calendars": [calendar]}).json()
    planned = client.post("/v1/plan", json=asked | {"calendars": [calendar]}).json()
    chosen = asked | {"calendar": calendar, "plan_hash": planned["plan_hash"]}
    _fits(described, "ApplyRequest", chosen)
    applied = client.post("/v1/apply", json=chosen).json()
    back = {"calendar": applied["calendar"], "undo": applied["undo"]}
    _fits(described, "UndoRequest", back)
    undone = client.post("/v1/undo", json=back).json()

    _fits(described, "CheckResult", checked)
    _fits(described, "PlanResult", planned)
    _fits(described, "ApplyAnswer", applied)
    _fits(described, "UndoAnswer", undone)


def _fits(described: dict[str, Any], model: str, value: Any) -> None:
    schema = {"$ref": f"#/components/schemas/{model}", "components": described["components"]}
    Draft202012Validator(schema).validate(value)


def test_the_committed_description_is_this_one(described: dict[str, Any], root: Path) -> None:
    """`make openapi` writes it."""
    path = root / "openapi" / "openapi.json"
    if not path.exists():
        pytest.skip("openapi/openapi.json is not written yet: make openapi")
    assert json.loads(path.read_text("utf-8")) == described
