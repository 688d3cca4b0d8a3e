"""The shape of the house: what rules/ may lean on, where the clock is, what the lock pins.

Import contracts (`make check`) refuse what is known to be wrong. A list of wrong things cannot
know tomorrow's library, so here rules/ is held to what is known to be right.
"""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("app", "connectors", "rules")

# Standard library that computes and does nothing else: no files, no network, no clock, no chance.
PURE = {
    "__future__",
    "abc",
    "array",
    "bisect",
    "collections",
    "contextlib",
    "contextvars",  # which language sentences are in: said by whoever answers, never kept
    "dataclasses",
    "datetime",
    "decimal",
    "enum",
    "fractions",
    "functools",
    "hashlib",
    "heapq",
    "itertools",
    "json",
    "math",
    "operator",
    "re",
    "statistics",
    "string",
    "textwrap",
    "tomllib",
    "types",
    "typing",
    "zoneinfo",
}
COMPILED = {"numba", "numpy"}
DOORS = {"__import__", "breakpoint", "eval", "exec", "input", "open", "print"}


def _sources(*packages: str) -> list[Path]:
    return sorted(path for package in packages for path in (ROOT / package).rglob("*.py"))


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{_name(path)}:{node.lineno} imports relatively"
            yield node.module or ""


@pytest.mark.parametrize("path", _sources("rules"), ids=_name)
def test_the_rules_lean_on_pure_modules_only(path: Path) -> None:
    """A rule's answer depends on its arguments: nothing it imports can reach out or vary."""
    allowed = PURE | {"rules"}
    if (ROOT / "rules" / "planner") in path.parents:
        allowed |= COMPILED

    outside = {name for name in _imports(path) if name.partition(".")[0] not in allowed}

    assert outside == set()


@pytest.mark.parametrize("path", _sources("rules"), ids=_name)
def test_the_rules_open_no_door(path: Path) -> None:
    """Files, the terminal and text run as code are reached by builtins too, without an import."""
    calls = {
        node.func.id
        for node in ast.walk(_tree(path))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }

    assert calls & DOORS == set()


def test_every_folder_with_code_is_a_package() -> None:
    """A folder without __init__.py is left out of the wheel and of the import contracts."""
    folders = {path.parent for path in _sources(*PACKAGES)}

    assert [
        _name(folder) for folder in sorted(folders) if not (folder / "__init__.py").exists()
    ] == []


def _project() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def _wanted(group: str) -> list[Requirement]:
    entries = _project()["dependency-groups"][group]
    own = [Requirement(entry) for entry in entries if isinstance(entry, str)]
    included = [entry["include-group"] for entry in entries if isinstance(entry, dict)]
    return own + [requirement for name in included for requirement in _wanted(name)]


def _pinned(lock: Path) -> dict[str, list[str]]:
    """Names and versions; one name may be pinned twice, for different Pythons."""
    pins: dict[str, list[str]] = {}
    for name, version in re.findall(r"^([\w.-]+)==([\w.!+-]+)", lock.read_text("utf-8"), re.M):
        pins.setdefault(canonicalize_name(name), []).append(version)
    return pins


LOCKS = {"run.txt": "build", "sample.txt": "sample", "dev.txt": "dev"}


@pytest.mark.parametrize(("lock", "group"), LOCKS.items())
def test_the_lock_pins_what_the_project_asks_for(lock: str, group: str) -> None:
    """A dependency added or raised in pyproject.toml is installed only after `make lock`."""
    pins = _pinned(ROOT / "requirements" / lock)
    asked = [Requirement(text) for text in _project()["project"]["dependencies"]] + _wanted(group)

    unmet = [
        str(requirement)
        for requirement in asked
        if not pins.get(canonicalize_name(requirement.name))
        or not all(
            version in requirement.specifier
            for version in pins[canonicalize_name(requirement.name)]
        )
    ]

    assert unmet == []


@pytest.mark.parametrize("lock", ["run.txt", "sample.txt"])
def test_the_locks_agree(lock: str) -> None:
    """Tests run on the versions that people run."""
    run = _pinned(ROOT / "requirements" / lock)
    dev = _pinned(ROOT / "requirements" / "dev.txt")

    assert {name: dev.get(name) for name in run} == run


@pytest.mark.parametrize("lock", LOCKS)
def test_the_lock_names_hashes_and_no_place(lock: str) -> None:
    """Every pin carries hashes; where packages come from is the machine's own setting."""
    text = (ROOT / "requirements" / lock).read_text("utf-8")
    pins = re.findall(r"^[\w.-]+==.*(?:\n    .*)*", text, re.M)

    assert "://" not in text
    assert [pin.split()[0] for pin in pins if "--hash=sha256:" not in pin] == []
