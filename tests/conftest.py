"""What every test shares: a zone of its own, Hypothesis profiles, and things that may be absent."""

import gc
import os
import re
import shutil
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytest_plugins = ["tests.servers.fixtures"]

ROOT = Path(__file__).resolve().parent.parent
REQUIRED = bool(os.environ.get("CLEARWAY_REQUIRE_BROWSER"))
SCREENS = os.environ.get("CLEARWAY_SCREENS", "")
"""A folder for pictures of every page that a test sees, where somebody wants to look as well."""
SOAK = os.environ.get("CLEARWAY_SOAK", "") not in {"", "0"}

# Neither UTC nor London, and half an hour off: a forgotten conversion shows at once.
os.environ["TZ"] = "America/St_Johns"
time.tzset()

# No person's settings reach a test, but for what is meant for the tests themselves.
_OURS = {f"CLEARWAY_{each}" for each in ("GOLDEN", "REQUIRE_BROWSER", "SCREENS", "SHARED", "SOAK")}
for _name in [name for name in os.environ if name.startswith("CLEARWAY_")]:
    if _name not in _OURS:
        del os.environ[_name]

# Speed belongs to the benchmarks: a slow machine is no failed property.
_SLOW_IS_FINE = [HealthCheck.too_slow]
settings.register_profile(
    "default", max_examples=60, deadline=None, suppress_health_check=_SLOW_IS_FINE, print_blob=True
)
settings.register_profile(
    "soak", max_examples=3000, deadline=None, suppress_health_check=_SLOW_IS_FINE, print_blob=True
)
settings.load_profile("soak" if SOAK else "default")


_SLOW = (
    "tests/jobs/test_dying",
    "tests/planner/test_optimal",
    "tests/web/service/test_life",
    "tests/connectors/test_hostile",
    "tests/jobs/test_working",
    "tests/web/test_",
    "tests/jobs/",
    "tests/life/",
    "tests/web/",
    "tests/app/test_workload_counts",
    "tests/rules/test_evidence",
    "tests/planner/",
    "tests/ops/",
)
"""What takes longest first; what waits for other processes beside what does not."""


def _slowest_first(item: pytest.Item) -> int:
    place = (number for number, name in enumerate(_SLOW) if item.nodeid.startswith(name))
    return next(place, len(_SLOW))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave the long tests out of an ordinary run, and begin with the slowest."""
    items.sort(key=_slowest_first)
    if SOAK:
        return
    skip = pytest.mark.skip(reason="long: runs with CLEARWAY_SOAK=1 (make soak)")
    for item in items:
        if item.get_closest_marker("soak"):
            item.add_marker(skip)


def pytest_collection_finish() -> None:
    """What was collected stays to the end: looking for garbage in it takes a part of every test."""
    gc.freeze()


@pytest.fixture(scope="session")
def root() -> Path:
    """The project's top folder."""
    return ROOT


@pytest.fixture(scope="session")
def soak() -> bool:
    """Whether this run has time for many more examples."""
    return SOAK


@pytest.fixture(scope="session")
def shared() -> Path:
    """The project's reference material: the folder `shared` beside the repository."""
    folder = Path(os.environ.get("CLEARWAY_SHARED", ROOT.parent / "shared"))
    if not (folder / "corpus").is_dir():
        pytest.skip("no reference material: CLEARWAY_SHARED or ../shared names no such folder")
    return folder.resolve()


@pytest.fixture(scope="session")
def corpus(shared: Path) -> Path:
    """Real calendar files with the occurrences that they mean."""
    return shared / "corpus"


def find_chromium() -> Path | None:
    """The system's Chromium, if it has one."""
    names = map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))
    return next((Path(found) for found in names if found), None)


@pytest.fixture(scope="session")
def chromium() -> Path:
    """The system's Chromium; nothing is downloaded."""
    if found := find_chromium():
        return found
    reason = "no Chromium on this machine; on Debian: apt-get install chromium"
    if REQUIRED:
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="module")  # its event loop must not outlive the module: asyncio.run elsewhere
def browser(chromium: Path) -> Iterator["Browser"]:
    """A headless Chromium that calls nobody but the pages under test."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(
            executable_path=str(chromium),
            args=[
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-gpu",
                "--disable-quic",
                "--disable-sync",
                "--no-first-run",
                # Chromium's own sandbox refuses to run as root, as in a container.
                *(["--no-sandbox"] if os.geteuid() == 0 else []),
            ],
        )
        yield running
        running.close()


_CASE = re.compile(r"tests/contract/test_\w+\.py::\w+\[(\w+)[\]-]")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """How many cases of the contract each calendar passed, and for how many it lacks the ability."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for outcome in ("passed", "skipped", "failed", "error"):
        for report in terminalreporter.stats.get(outcome, ()):
            case = _CASE.match(report.nodeid)
            if case:
                counts[case[1]][outcome] += 1
    if counts:
        terminalreporter.section("the contract, by calendar")
    for name, found in counts.items():
        said = ", ".join(f"{number} {outcome}" for outcome, number in found.items())
        terminalreporter.line(f"{name:10} {said}")
