"""What a type checker knows of the contract."""

from pathlib import Path

from mypy import api

PROGRAM = """
from datetime import datetime
from connectors.base import {wanted}
from connectors.{module} import {name}

def use(diary: {name}) -> {wanted}:
    return diary
"""


def complaints(folder: Path, root: Path, **names: str) -> str:
    program = folder / f"uses_{names['wanted']}.py"
    program.write_text(PROGRAM.format(**names))
    told, _, _ = api.run([str(program), "--config-file", str(root / "pyproject.toml")])
    return told


def test_writing_to_a_feed_is_a_type_error(tmp_path: Path, root: Path) -> None:
    names = {"module": "feed", "name": "FeedDiary"}
    assert "Success" in complaints(tmp_path, root, wanted="DiaryReader", **names)
    told = complaints(tmp_path, root, wanted="DiaryWriter", **names)
    assert 'got "FeedDiary", expected "DiaryWriter"' in told


def test_a_diary_that_can_be_written_is_a_writer(tmp_path: Path, root: Path) -> None:
    told = complaints(tmp_path, root, wanted="DiaryWriter", module="memory", name="MemoryDiary")
    assert "Success" in told
