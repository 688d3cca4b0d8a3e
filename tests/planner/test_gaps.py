"""Gap holds: where they are placed, and that they follow the policy."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from rules.change import ChangeKind
from rules.diary import Diary, in_order
from rules.event import Kind, Occurrence, ScoredAs
from rules.planner import plan
from rules.policy import GapHolds, Policy
from rules.working_pattern import parse_hours

NOW = datetime(2026, 11, 19, 9, tzinfo=UTC)
QUIET = Policy(gap_holds=GapHolds.AFTER)


def _at(hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, 23, hour, minute, tzinfo=UTC)


def _booked(uid: str, start: datetime, end: datetime, kind: Kind | None = None) -> Occurrence:
    scored = ScoredAs.HOLD if kind else ScoredAs.APPOINTMENT
    return Occurrence(uid, start, end, scored, kind=kind, firm=kind is not None, other_people=1)


def _gaps(policy: Policy, *occurrences: Occurrence, now: datetime = NOW) -> list[tuple[str, str]]:
    pattern = parse_hours("Mon 09:00-17:00", ZoneInfo("Europe/London"))
    diary = Diary(in_order(occurrences), pattern, date(2026, 11, 23), date(2026, 11, 24))
    return [
        (f"{each.after.start:%H:%M}", f"{each.after.end:%H:%M}")
        for each in plan(diary, policy, now).changes
        if each.kind is ChangeKind.HOLD_CREATE and each.hold is Kind.GAP and each.after
    ]


FULL = _booked("protected", _at(14), _at(16), Kind.PROTECTED)
POD = replace(_booked("pod", _at(16, 20), _at(16, 40), Kind.POD), scored_as=ScoredAs.APPOINTMENT)


def test_one_after_each_appointment_that_has_room() -> None:
    """By default the ten minutes after an appointment are kept, where they are free."""
    first, second = _booked("a", _at(10), _at(11)), _booked("b", _at(11, 30), _at(12))
    assert _gaps(QUIET, first, second, FULL, POD) == [
        ("11:00", "11:10"),
        ("12:00", "12:10"),
        ("16:40", "16:50"),
    ]


def test_none_where_there_is_no_room() -> None:
    """Back to back, or with less room than a gap, nothing is placed."""
    first, second = _booked("a", _at(10), _at(11)), _booked("b", _at(11, 5), _at(12))
    assert ("11:00", "11:10") not in _gaps(QUIET, first, second, FULL, POD)


def test_both_sides_merge_into_one() -> None:
    """With a hold on both sides, two that touch or overlap are one."""
    both = replace(QUIET, gap_holds=GapHolds.BOTH)
    first, second = _booked("a", _at(10), _at(11)), _booked("b", _at(11, 15), _at(12))
    assert ("11:00", "11:15") in _gaps(both, first, second, FULL, POD)


def test_off_places_none() -> None:
    """A leader who wants none gets none."""
    off = replace(QUIET, gap_holds=GapHolds.OFF)
    assert _gaps(off, _booked("a", _at(10), _at(11)), FULL, POD) == []


def test_none_beside_protected_time_or_the_edge_of_the_day() -> None:
    """Protected time does the job already, and nobody books beyond the edge."""
    before = _booked("a", _at(13), _at(13, 50))
    last = _booked("b", _at(16, 45), _at(16, 50))
    found = _gaps(QUIET, before, FULL, POD, last)
    assert ("13:50", "14:00") not in found
    assert ("16:50", "17:00") not in found


def test_off_grid_ends_are_kept_from_the_next_five_minutes() -> None:
    """Holds lie on the five-minute grid."""
    assert ("10:55", "11:05") in _gaps(QUIET, _booked("a", _at(10), _at(10, 52)), FULL, POD)


def test_none_beyond_the_horizon() -> None:
    """Gap holds reach two weeks ahead, no further."""
    early = NOW - timedelta(weeks=3)
    assert _gaps(QUIET, _booked("a", _at(10), _at(11)), FULL, POD, now=early) == []
