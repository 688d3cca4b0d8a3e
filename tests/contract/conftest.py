"""The stages, and how a case says what it needs."""

from collections.abc import Callable
from pathlib import Path

import pytest

from connectors.base import Ability
from tests.contract.stage import Stage
from tests.contract.stages.caldav import CalDavStage
from tests.contract.stages.google import GoogleStage
from tests.contract.stages.graph import GraphStage
from tests.contract.stages.ics import IcsStage
from tests.contract.stages.memory import MemoryStage

STAGES: dict[str, Callable[[pytest.FixtureRequest, Path], Stage]] = {
    "memory": lambda request, folder: MemoryStage(),
    "ics": lambda request, folder: IcsStage(folder),
    "radicale": lambda request, folder: CalDavStage(
        request.getfixturevalue("radicale"), request.addfinalizer
    ),
    "xandikos": lambda request, folder: CalDavStage(
        request.getfixturevalue("xandikos"), request.addfinalizer
    ),
    "graph": lambda request, folder: GraphStage(request.addfinalizer),
    "google": lambda request, folder: GoogleStage(request.addfinalizer),
}


@pytest.fixture(params=STAGES)
def stage(request: pytest.FixtureRequest, tmp_path: Path) -> Stage:
    """One calendar after the other; a case is skipped by the name of the ability that is lacking."""
    found = STAGES[request.param](request, tmp_path)
    marker = request.node.get_closest_marker("needs")
    wanted: tuple[Ability, ...] = marker.args if marker else ()
    lacking = [each for each in wanted if each not in found.diary.abilities]
    if lacking:
        pytest.skip(f"{found.name} lacks {', '.join(lacking)}")
    return found
