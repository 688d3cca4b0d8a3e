"""The notation of examples: what it reads, and that nothing else slips through."""

from datetime import UTC, date, datetime, timedelta

import pytest

from rules.event import Kind, ScoredAs
from rules.example import MONDAY, ExampleError, read_example
from rules.policy import Policy, PolicyError
from rules.working_pattern import PatternError


def test_an_empty_text_is_a_usual_week_without_events() -> None:
    diary, policy = read_example("")
    assert policy.version == Policy().version
    assert diary.occurrences == ()
    assert (diary.start, diary.end) == (MONDAY, MONDAY + timedelta(days=7))
    assert [bool(day.window) for day in diary.days] == [True] * 5 + [False] * 2


def test_days_may_be_listed_and_ranged() -> None:
    diary, _ = read_example("Mon-Wed,Sat 09:00-10:00 meeting")
    assert [each.span.start.day for each in diary.occurrences] == [23, 24, 25, 28]
    assert [each.id for each in diary.occurrences] == ["1", "2", "3", "4"]


def test_an_end_before_the_start_is_the_next_morning() -> None:
    diary, _ = read_example("Sun 22:30:30-00:30 mine; Mon 09:00-09:00 mine")
    moment, late = diary.occurrences
    assert moment.start == moment.end
    assert late.start == datetime(2026, 11, 29, 22, 30, 30, tzinfo=UTC)
    assert late.end == datetime(2026, 11, 30, 0, 30, tzinfo=UTC)


def test_leave_is_one_all_day_event_a_day() -> None:
    diary, _ = read_example("Mon-Tue leave")
    assert [each.start for each in diary.occurrences] == [date(2026, 11, 23), date(2026, 11, 24)]


@pytest.mark.parametrize(
    ("word", "scored_as"),
    [
        ("meeting", ScoredAs.APPOINTMENT),
        ("mine", ScoredAs.APPOINTMENT),
        ("tentative", ScoredAs.APPOINTMENT),
        ("clinical", ScoredAs.APPOINTMENT),
        ("pod", ScoredAs.APPOINTMENT),
        ("own", ScoredAs.OWN_TIME),
        ("private", ScoredAs.OWN_TIME),
        ("away", ScoredAs.OWN_TIME),
        ("travel", ScoredAs.OWN_TIME),
        ("free", ScoredAs.NONE),
        ("elsewhere", ScoredAs.NONE),
        ("declined", ScoredAs.NONE),
        ("cancelled", ScoredAs.NONE),
        ("on_call", ScoredAs.NONE),
        ("protected", ScoredAs.HOLD),
    ],
)
def test_words_are_classified_as_a_calendar_would(word: str, scored_as: ScoredAs) -> None:
    diary, _ = read_example(f"Mon 09:00-10:00 {word}")
    assert diary.occurrences[0].scored_as is scored_as


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_is_a_word(kind: Kind) -> None:
    diary, _ = read_example(f"Mon 09:00-10:00 {kind.value}")
    assert diary.occurrences[0].kind is kind


def test_hours_and_settings_replace_the_defaults() -> None:
    diary, policy = read_example(
        "hours Mon 09:00-17:00; hours Tue 09:00-13:00; set gap_minutes 15; set break_from 12:00"
    )
    assert [day.window.contracted for day in diary.days if day.window] == [450, 240]
    assert policy.gap_minutes == 15


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("Mon 09:00-10:00", "“Mon 09:00-10:00” is not an entry"),
        ("Mon 9:00-10:00 meeting", "is not an entry"),
        ("Mon 09:00-10:00 chat", "“chat” in"),
        ("Mon 09:00-10:00 leave", "“leave” in"),
        ("Foo 09:00-10:00 meeting", "“foo” in"),
        ("Mon 09:00-25:00 meeting", "“25:00” in"),
        ("Sun-Mon 09:00-10:00 meeting", "runs past the end of the week"),
        ("set gap_minutes", "is not a setting"),
    ],
)
def test_what_is_not_in_the_notation_is_refused(text: str, sentence: str) -> None:
    with pytest.raises(ExampleError, match=sentence):
        read_example(text)


def test_hours_and_settings_that_cannot_be_are_refused() -> None:
    with pytest.raises(PatternError):
        read_example("hours Monday to Friday")
    with pytest.raises(PolicyError):
        read_example("set gap_minutes 9")
