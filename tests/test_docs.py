"""What the documents promise is there."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from app.services.policy_file import read_policy
from app.services.source import Source
from rules.policy import Severity

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    """A link to another page or settings file of the project names a file that is there."""
    links = re.findall(r"\]\((?!\w+:)([^)#]+\.(?:md|toml))", page.read_text("utf-8"))

    assert [link for link in links if not (page.parent / link).is_file()] == []


def test_every_decision_is_in_the_list() -> None:
    """A record that the list does not name is not found by anybody."""
    listed = (ROOT / "docs" / "adr" / "README.md").read_text("utf-8")
    records = [path.name for path in (ROOT / "docs" / "adr").glob("0*.md")]

    assert [name for name in records if f"({name})" not in listed] == []


def test_the_settings_in_the_readme_can_be_used() -> None:
    """The example that people copy is accepted as it stands."""
    readme = (ROOT / "README.md").read_text("utf-8")
    examples = re.findall(r"```toml\n(.*?)```", readme, re.S)

    assert examples
    for example in examples:
        read_policy([Source("README.md", example.encode())])


def test_the_settings_to_copy_can_be_used() -> None:
    """The annotated example is accepted as it stands, the leader's part over the trust's."""
    path = ROOT / "docs" / "policy.toml"
    found = read_policy([Source(path.name, path.read_bytes())])
    assert found.policy.reports == 4
    assert found.policy.learning_severity is Severity.SHOULD


def test_every_dependency_is_explained() -> None:
    """Each package asked for in pyproject.toml has its line, with its licence, in the table."""
    table = (ROOT / "docs" / "dependencies.md").read_text("utf-8")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    groups = project["dependency-groups"].values()
    asked = [
        Requirement(entry).name
        for entry in [
            *project["project"]["dependencies"],
            *(one for group in groups for one in group),
        ]
        if isinstance(entry, str)
    ]
    rows = "\n".join(line.split("|")[1] for line in table.splitlines() if line.startswith("| "))

    assert [name for name in asked if not re.search(rf"\b{name}\b", rows)] == []
