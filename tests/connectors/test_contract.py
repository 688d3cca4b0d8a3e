"""One contract for every diary that can be written: in memory, and in .ics files."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

import pytest

from connectors.base import CHANGED, FIRM, GONE, NOT_OURS, DiaryReader, DiaryWriter
from connectors.ics import IcsDiary, Options
from connectors.memory import MemoryDiary
from rules.change import Change, ChangeKind
from rules.event import Kind, Occurrence
from rules.interval import Interval
from tests.connectors.texts import LONDON, ME, NOVEMBER, at, between, calendar, event, seen

HOUR = "DURATION:PT1H"
EVENTS = (
    event(HOUR, f"ORGANIZER:mailto:{ME}", "ATTENDEE:mailto:a@trust.example", uid="meeting"),
    event(HOUR, "X-CLEARWAY-KIND:gap", uid="gap", start="20261124T090000Z"),
    event(HOUR, "RRULE:FREQ=DAILY;COUNT=3", uid="series", start="20261125T090000Z"),
    event(uid="day", start="20261126"),
    event(
        HOUR, "X-CLEARWAY-KIND:gap", "X-CLEARWAY-FIRM:TRUE", uid="firm", start="20261127T120000Z"
    ),
)
NOON = between(at(2026, 11, 23, 12), at(2026, 11, 23, 13))
STAMP = at(2026, 11, 19, 9)


class Diary(DiaryReader, DiaryWriter, Protocol):
    """Both abilities."""


class Written:
    """An .ics diary that is read where it writes, as a provider's diary is."""

    def __init__(self, folder: Path) -> None:
        source = folder / "diary.ics"
        source.write_bytes(calendar(*EVENTS))
        self.diary = IcsDiary(
            [source], [source], folder / "undo.json", Options(me=[ME], zone=LONDON)
        )
        self.read, self.apply, self.undo = self.diary.read, self.diary.apply, self.diary.undo


@pytest.fixture(params=["memory", "ics"])
def diary(request: pytest.FixtureRequest, tmp_path: Path) -> Diary:
    if request.param == "memory":
        return MemoryDiary(seen(*EVENTS, zone=LONDON), LONDON)
    return Written(tmp_path)


def shown(diary: Diary) -> dict[str, Occurrence]:
    return {one.id: one for one in diary.read(NOVEMBER).occurrences}


def move(one: Occurrence, after: Interval) -> Change:
    return Change(
        ChangeKind.EVENT_MOVE, one.span, after, event_id=one.id, version=one.version, people_told=1
    )


def test_reading_is_in_order_and_overlaps_the_window(diary: Diary) -> None:
    assert list(shown(diary)) == [
        "meeting",
        "gap",
        "series/20261125T090000Z",
        "day",
        "series/20261126T090000Z",
        "series/20261127T090000Z",
        "firm",
    ]
    narrow = between(at(2026, 11, 23, 9, 30), at(2026, 11, 23, 9, 45))
    assert [one.id for one in diary.read(narrow).occurrences] == ["meeting"]
    after = between(at(2026, 11, 23, 10), at(2026, 11, 24, 9))
    assert not diary.read(after).occurrences


def test_every_kind_of_change_is_made_and_taken_back(diary: Diary) -> None:
    before = shown(diary)
    member = before["series/20261126T090000Z"]
    gap = before["gap"]
    plan: Sequence[Change] = [
        move(before["meeting"], NOON),
        move(member, Interval(member.span.start, at(2026, 11, 26, 9, 50))),
        Change(
            ChangeKind.HOLD_DELETE,
            gap.span,
            None,
            event_id=gap.id,
            hold=Kind.GAP,
            version=gap.version,
        ),
        Change(
            ChangeKind.HOLD_CREATE,
            None,
            between(at(2026, 11, 24, 13), at(2026, 11, 24, 14)),
            hold=Kind.PROTECTED,
        ),
    ]
    outcome = diary.apply(plan, stamp=STAMP)
    assert outcome.done == tuple(plan) and not outcome.skipped
    after = shown(diary)
    assert after["meeting"].span == NOON and after["meeting"].changed == STAMP
    assert after["meeting"].version != before["meeting"].version
    assert after[member.id].span.minutes == 50
    assert "gap" not in after
    new = [one for key, one in after.items() if key not in before]
    assert [(one.hold, one.firm, one.span.start) for one in new] == [
        (Kind.PROTECTED, False, at(2026, 11, 24, 13))
    ]
    undone = diary.undo()
    assert set(undone.done) == set(plan)
    assert set(undone.mails_not_unsent) == {"meeting", member.id}
    assert shown(diary) == before


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda one: Change(ChangeKind.EVENT_MOVE, one.span, NOON, event_id="nobody"), GONE),
        (lambda one: Change(ChangeKind.EVENT_MOVE, NOON, NOON, event_id=one.id), CHANGED),
        (
            lambda one: Change(
                ChangeKind.EVENT_MOVE, one.span, NOON, event_id=one.id, version="old"
            ),
            CHANGED,
        ),
    ],
)
def test_a_change_of_something_else_is_skipped(
    diary: Diary, spoil: Callable[[Occurrence], Change], reason: str
) -> None:
    before = shown(diary)
    change = spoil(before["meeting"])
    outcome = diary.apply([change], stamp=STAMP)
    assert [(one.change, one.reason) for one in outcome.skipped] == [(change, reason)]
    assert shown(diary) == before


@pytest.mark.parametrize(("name", "reason"), [("meeting", NOT_OURS), ("firm", FIRM)])
@pytest.mark.parametrize("kind", [ChangeKind.HOLD_MOVE, ChangeKind.HOLD_DELETE])
def test_only_our_own_holds_that_are_not_firm_are_moved_or_removed(
    diary: Diary, name: str, reason: str, kind: ChangeKind
) -> None:
    one = shown(diary)[name]
    after = NOON if kind is ChangeKind.HOLD_MOVE else None
    change = Change(kind, one.span, after, event_id=name, hold=Kind.GAP, version=one.version)
    assert [skip.reason for skip in diary.apply([change], stamp=STAMP).skipped] == [reason]


def test_nothing_to_do_does_nothing(diary: Diary) -> None:
    before = shown(diary)
    assert diary.apply([], stamp=STAMP).done == ()
    assert diary.undo().done == ()
    assert shown(diary) == before
