"""The stages, and how a case says what it needs."""

from collections.abc import Callable
from pathlib import Path

import pytest

from connectors.base import Ability
from tests.contract.stage import Stage
from tests.contract.stages.ics import IcsStage
from tests.contract.stages.memory import MemoryStage

STAGES: dict[str, Callable[[pytest.FixtureRequest, Path], Stage]] = {
    "memory": lambda request, folder: MemoryStage(),
    "ics": lambda request, folder: IcsStage(folder),
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
