"""What a plan says beside its numbers: the curve, what stays and why, series, words, time."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import combinations
from zoneinfo import ZoneInfo

import pytest

from rules.catalogue import evaluate
from rules.change import ChangeKind
from rules.diary import Diary, in_order
from rules.event import Occurrence, ScoredAs
from rules.outcome import after
from rules.planner import curve, plan
from rules.planner.plan import Plan, Tier
from rules.policy import Policy
from rules.working_pattern import parse_hours
from tests.oracle.days import Case, small_day
from tests.oracle.weeks import nhs_week

NOW = datetime(2026, 11, 19, 9, tzinfo=UTC)
LONDON = ZoneInfo("Europe/London")
FORBIDDEN = re.compile(
    r"\b(compliant|breach|violation|failed|missed|overdue|score|rank|should|must|need to|stress\w*|"
    r"attendance|mandatory|delegate|send someone|proven|guarantee\w*)\b|!",
    re.IGNORECASE,
)


def _meeting(uid: str, start: datetime, minutes: int, people: int = 2) -> Occurrence:
    end = start + timedelta(minutes=minutes)
    return Occurrence(uid, start, end, ScoredAs.APPOINTMENT, organizer=True, other_people=people)


def _weekly(uid: str, hour: int, minutes: int, weeks: int) -> list[Occurrence]:
    starts = [
        datetime(2026, 11, 23, hour, tzinfo=UTC) + week * timedelta(weeks=1)
        for week in range(weeks)
    ]
    return [replace(_meeting(uid, start, minutes), recurrence_id=start) for start in starts]


def _diary(*occurrences: Occurrence) -> Diary:
    pattern = parse_hours("Mon-Fri 09:00-17:00", LONDON)
    return Diary(in_order(occurrences), pattern, date(2026, 11, 23), date(2026, 11, 30))


@pytest.mark.parametrize("seed", range(6))
def test_a_dearer_person_is_never_told_more(seed: int) -> None:
    """Along the curve, as telling people costs more, no more of them are told; the last tells none."""
    week = nhs_week(seed, 12, 18)
    points = curve(week.diary, Policy(), week.now)
    told = [point.objective.numbers.people_told for point in points]
    assert told == sorted(told, reverse=True)
    assert points[-1].price is None or told[-1] == 0
    assert len({point.changes for point in points}) == len(points)
    assert all(point.proof.optimal for point in points)


def _missing(diary: Diary, policy: Policy, finding: str) -> int:
    return sum(each.missing for each in evaluate(diary, policy) if each.id == finding)


def _shrinks(case: Case, planned: Diary, gone: tuple[str, ...], finding: str, now: int) -> bool:
    left = planned.with_occurrences(each for each in planned.occurrences if each.id not in gone)
    again = plan(left, case.policy, case.now, Tier.HOLDS, case.keep)
    return _missing(after(left, again.changes), case.policy, finding) < now


@pytest.mark.parametrize("seed", [seed for seed in range(60) if seed % 2])
def test_what_blocks_a_finding_is_a_smallest_set(seed: int) -> None:
    """Were the named events elsewhere the finding would shrink; with fewer away it would not."""
    case = small_day(seed, Tier.HOLDS)
    if len(case.diary.occurrences) > 9:
        pytest.skip("a day with many events has too many sets to try here")
    found = plan(case.diary, case.policy, case.now, case.tier, case.keep)
    planned = after(case.diary, found.changes)
    events = [
        each.id
        for each in planned.occurrences
        if not each.all_day and not (each.hold and not each.firm)
    ]
    for left in found.remaining:
        if left.blocked_by is None:
            continue
        assert _shrinks(case, planned, left.blocked_by, left.finding, left.missing), left
        for size in range(1, len(left.blocked_by)):
            for fewer in combinations(events, size):
                assert not _shrinks(case, planned, fewer, left.finding, left.missing), (left, fewer)


def test_a_series_that_helps_every_week_is_offered_once() -> None:
    """Ending one weekly meeting early wins its gap each week: one offer, one mail a person."""
    first = _weekly("first@x", 10, 60, 5)
    second = [replace(each, organizer=False) for each in _weekly("second@x", 11, 60, 5)]
    found = plan(_diary(*first, *second), Policy(), NOW, Tier.SHORTEN)
    assert [offer.uid for offer in found.series] == ["first@x"]
    assert found.series[0].weeks == 4
    assert found.series[0].mails == 2


def test_a_meeting_by_itself_is_no_series() -> None:
    """The same change to a meeting that does not recur offers nothing."""
    start = datetime(2026, 11, 23, 10, tzinfo=UTC)
    second = replace(_meeting("second@x", start + timedelta(hours=1), 60), organizer=False)
    found = plan(_diary(_meeting("first@x", start, 60), second), Policy(), NOW, Tier.SHORTEN)
    assert [each.kind for each in found.changes if each.event_id] == [ChangeKind.EVENT_SHORTEN]
    assert found.series == ()


@pytest.mark.parametrize("seed", range(4))
def test_without_time_the_plan_says_how_far_it_may_be(seed: int) -> None:
    """With no time at all there is still a plan, never better than its bound, and it says so."""
    week = nhs_week(seed)
    hurried = plan(week.diary, Policy(), week.now, Tier.MOVE, time_left=lambda: 0.0)
    best = plan(week.diary, Policy(), week.now, Tier.MOVE)
    assert best.proof.optimal
    assert hurried.proof.bound <= best.objective.numbers <= hurried.objective.numbers
    assert hurried.proof.gap == hurried.objective.numbers.cost - hurried.proof.bound.cost
    if hurried.objective.numbers != best.objective.numbers:
        assert not hurried.proof.optimal


def _texts(found: Plan) -> list[str]:
    said = [text for change in found.changes for text in (change.message, *change.considered)]
    return [*said, *(offer.message for offer in found.series)]


@pytest.mark.parametrize("seed", range(5))
def test_every_change_says_what_it_does_in_plain_words(seed: int) -> None:
    """Each change has a message; no sentence is longer than 20 words or uses a word we avoid."""
    week = nhs_week(seed)
    found = plan(week.diary, Policy(), week.now, Tier.MOVE)
    assert all(change.message for change in found.changes)
    for text in _texts(found):
        assert not FORBIDDEN.search(text), text
        for sentence in re.split(r"(?<=[.?])\s", text):
            assert len(sentence.split()) <= 20, sentence


@pytest.mark.parametrize("seed", range(5))
def test_every_meeting_change_names_the_findings_it_makes_smaller(seed: int) -> None:
    """No meeting is changed without a reason that is one of the plan's own findings."""
    week = nhs_week(seed)
    found = plan(week.diary, Policy(), week.now, Tier.MOVE)
    known = {each.id for each in found.findings}
    for change in found.changes:
        assert set(change.because) <= known
        if change.kind in (ChangeKind.EVENT_MOVE, ChangeKind.EVENT_SHORTEN):
            assert change.because, change.message


def test_a_team_chat_after_a_sundays_midnight_is_not_counted_twice() -> None:
    """A night shift from Sunday reaches into the next week: its chat goes before midnight or nowhere."""
    start = datetime(2026, 11, 22, 20, tzinfo=UTC)
    pattern = parse_hours("Sun 20:00-08:00", LONDON)
    meeting = replace(_meeting("long@x", start, 240), organizer=False)
    diary = Diary((meeting,), pattern, date(2026, 11, 16), date(2026, 11, 23))
    found = plan(diary, Policy(), datetime(2026, 11, 12, 9, tzinfo=UTC), Tier.HOLDS)
    missing = [
        each for each in evaluate(after(diary, found.changes), Policy()) if each.rule == "pods"
    ]
    assert found.objective.numbers.must_missing == 20
    assert [each.missing for each in missing] == [20]
