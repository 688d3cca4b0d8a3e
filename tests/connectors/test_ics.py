"""Files: what is read is never written, and nothing is ever half written."""

from pathlib import Path

import pytest

from connectors import ics
from connectors.errors import BadUndoRecord, CalendarChanged, TooLarge, Unreadable
from connectors.icalendar import Limits
from connectors.ics import IcsDiary, IcsReader, Options
from rules.change import Change, ChangeKind
from rules.event import Kind
from tests.connectors.texts import NOVEMBER, at, between, calendar, event

PLAN = [
    Change(
        ChangeKind.HOLD_CREATE, None, between(at(2026, 11, 24), at(2026, 11, 25)), hold=Kind.BREAK
    )
]
STAMP = at(2026, 11, 19)


def written(folder: Path) -> IcsDiary:
    names = ("mine.ics", "team.ics")
    for name in names:
        (folder / name).write_bytes(calendar(event("DURATION:PT1H", uid=name)))
    outs = [folder / f"new-{name}" for name in names]
    return IcsDiary([folder / name for name in names], outs, folder / "undo.json")


def test_changes_go_to_new_files_and_back(tmp_path: Path) -> None:
    diary = written(tmp_path)
    before = diary.contents()
    assert len(diary.apply(PLAN, stamp=STAMP).done) == 1
    assert diary.contents() == before
    assert diary.outs[0].read_bytes() != before[0]
    assert diary.outs[1].read_bytes() == before[1]
    assert len(diary.undo().done) == 1
    assert [path.read_bytes() for path in diary.outs] == before
    assert not list(tmp_path.glob(".*")), "no temporary file stays"


def test_a_file_that_changes_meanwhile_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    diary = written(tmp_path)
    later = iter([[path.read_bytes() for path in diary.paths], [b"", b""]])
    monkeypatch.setattr(IcsReader, "contents", lambda _: next(later))
    with pytest.raises(CalendarChanged):
        diary.apply(PLAN, stamp=STAMP)
    assert not diary.undo_file.exists()


def test_a_crash_leaves_the_old_file_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "a.ics"
    target.write_bytes(b"old")

    def crash(_: int) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("os.fsync", crash)
    with pytest.raises(OSError, match="disk full"):
        ics.write_file(target, b"new")
    assert [path.name for path in tmp_path.iterdir()] == ["a.ics"]
    assert target.read_bytes() == b"old"


def test_files_that_cannot_be_opened_are_named(tmp_path: Path) -> None:
    with pytest.raises(
        Unreadable, match=r"none\.ics cannot be opened: no such file or directory\."
    ):
        IcsReader([tmp_path / "none.ics"]).read(NOVEMBER)
    with pytest.raises(Unreadable, match="cannot be opened: is a directory"):
        IcsReader([tmp_path]).read(NOVEMBER)
    with pytest.raises(BadUndoRecord, match="cannot be opened"):
        ics.read_undo_file(tmp_path / "none.json")


def test_no_more_than_the_limit_is_read(tmp_path: Path) -> None:
    (tmp_path / "big.ics").write_bytes(b"x" * 101)
    with pytest.raises(TooLarge, match=r"big\.ics has more than 100 bytes"):
        IcsReader([tmp_path / "big.ics"], Options(limits=Limits(max_bytes=100))).read(NOVEMBER)


def test_what_is_no_undo_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "undo.json").write_bytes(b"\xff{")
    with pytest.raises(BadUndoRecord, match=r"undo\.json is not an undo file"):
        ics.read_undo_file(tmp_path / "undo.json")


def test_each_hold_has_a_uid_of_its_own() -> None:
    assert ics.random_uid(PLAN[0]) != ics.random_uid(PLAN[0])
