"""The judge's arithmetic on days small enough to count by hand."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from rules.diary import Diary, in_order
from rules.event import Kind, Occurrence, ScoredAs
from rules.policy import Policy
from rules.working_pattern import parse_hours
from tests.oracle.score import score

DAY = date(2026, 11, 25)
NOW = datetime(2026, 11, 20, tzinfo=UTC)
WEDNESDAY = parse_hours("Wed 09:00-17:00 (450)", ZoneInfo("Europe/London"))
CASES = [
    ("gap", "A09:00-10:00 A10:00-11:00", 10),
    ("gap", "A09:00-10:00 A10:10-11:00", 0),
    ("gap", "A09:00-10:00 A10:09-11:00", 1),
    ("gap", "A09:00-10:30 A10:00-10:15 A10:34-11:00", 6),
    ("gap", "A09:00-10:00 A10:00-11:00 A10:00-10:30", 10),
    ("gap", "A08:00-08:55 A09:00-10:00 A17:00-18:00", 5),
    ("gap", "A09:00-10:00 O10:00-10:05 A10:05-11:00", 5),
    ("protected", "", 120),
    ("protected", "P09:00-10:00 P13:00-14:00", 0),
    ("protected", "P09:00-09:50 P13:00-14:00", 60),
    ("protected", "P09:00-09:30 P09:30-10:00", 60),
    ("protected", "P09:00-11:00 A09:50-10:00", 60),
    ("protected", "P08:00-10:00", 60),
    ("protected", "P09:00-11:00 O09:30-10:00", 0),
    ("pods", "", 20),
    ("pods", "T09:00-09:20", 0),
    ("break", "A11:30-14:10", 10),
    ("break", "A11:00-12:00 P12:20-14:30", 10),
    ("break", "A11:00-12:00 O12:00-14:30", 0),
    ("end_of_day", "A16:00-17:00", 10),
    ("end_of_day", "A16:00-16:50", 0),
    ("end_of_day", "A16:00-18:00 A17:00-19:00", 10),
]
WORDS = {
    "A": (ScoredAs.APPOINTMENT, None),
    "O": (ScoredAs.OWN_TIME, None),
    "P": (ScoredAs.HOLD, Kind.PROTECTED),
    "T": (ScoredAs.APPOINTMENT, Kind.POD),
}


@pytest.mark.parametrize(("rule", "words", "missing"), CASES)
def test_a_day_counted_by_hand(rule: str, words: str, missing: int) -> None:
    diary = _diary(words)
    assert score(diary, Policy(), NOW).of(rule) == missing


def test_days_before_today_do_not_count() -> None:
    late = datetime(2026, 11, 26, tzinfo=UTC)
    assert score(_diary(""), Policy(), late).missing == {}


def test_the_sums_keep_must_and_should_apart() -> None:
    found = score(_diary("A11:30-14:10 A16:00-17:00"), Policy(), NOW)
    assert (found.must, found.should) == (120 + 20, 10 + 10)


def _diary(words: str) -> Diary:
    found = [_occurrence(index, word) for index, word in enumerate(words.split())]
    return Diary(in_order(found), WEDNESDAY, DAY, DAY + timedelta(days=1))


def _occurrence(index: int, word: str) -> Occurrence:
    scored, kind = WORDS[word[0]]
    start, end = (datetime.fromisoformat(f"{DAY}T{clock}Z") for clock in word[1:].split("-"))
    start, end = start.astimezone(UTC), end.astimezone(UTC)
    return Occurrence(f"{index}@oracle", start, end, scored, kind=kind, other_people=1)
