"""Files: what is read is never written, and nothing is ever half written."""

from pathlib import Path

import pytest

from connectors import ics
from connectors.base import inverse
from connectors.errors import CalendarChanged, TooLarge, Unreadable
from connectors.icalendar import Limits
from connectors.ics import IcsDiary, IcsReader, Options
from rules.change import Change, ChangeKind
from rules.event import Kind
from tests.connectors.texts import NOVEMBER, at, between, calendar, event

BREAK = Change(
    ChangeKind.HOLD_CREATE, None, between(at(2026, 11, 24), at(2026, 11, 25)), hold=Kind.BREAK
)
STAMP = at(2026, 11, 19)


def written(folder: Path) -> IcsDiary:
    names = ("mine.ics", "team.ics")
    for name in names:
        (folder / name).write_bytes(calendar(event("DURATION:PT1H", uid=name)))
    return IcsDiary([folder / name for name in names])


def test_holds_go_to_the_first_file_and_the_other_keeps_its_bytes(tmp_path: Path) -> None:
    diary = written(tmp_path)
    before = diary.contents()
    made = diary.make(BREAK, key="plan/0", stamp=STAMP)
    after = diary.contents()
    assert made.event_id.encode() in after[0] and after[1] == before[1]
    diary.make(inverse(made), key="plan/0/undo", stamp=STAMP)
    assert diary.contents() == before
    assert not list(tmp_path.glob(".*")), "no temporary file stays"


def test_a_file_that_changes_meanwhile_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    diary = written(tmp_path)
    before = diary.contents()
    contents = IcsReader.contents
    reads = iter(range(100))

    def changing(self: IcsReader) -> list[bytes]:
        late = next(reads) >= 3
        return [each + b"\r\n" if late else each for each in contents(self)]

    monkeypatch.setattr(IcsReader, "contents", changing)
    with pytest.raises(CalendarChanged):
        diary.make(BREAK, key="plan/0", stamp=STAMP)
    monkeypatch.undo()
    assert diary.contents() == before


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


def test_no_more_than_the_limit_is_read(tmp_path: Path) -> None:
    (tmp_path / "big.ics").write_bytes(b"x" * 101)
    with pytest.raises(TooLarge, match=r"big\.ics has more than 100 bytes"):
        IcsReader([tmp_path / "big.ics"], Options(limits=Limits(max_bytes=100))).read(NOVEMBER)


def test_each_hold_has_a_uid_of_its_own() -> None:
    assert ics.hold_uid("plan/0") == ics.hold_uid("plan/0") != ics.hold_uid("plan/1")
