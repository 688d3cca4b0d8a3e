"""What a plan says beside its numbers: the curve, what stays and why, series, words, time."""

import os
import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import combinations
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from rules.catalogue import evaluate
from rules.change import Change, ChangeKind
from rules.diary import Diary, in_order
from rules.event import Kind, Occurrence, ScoredAs
from rules.interval import Interval
from rules.outcome import after
from rules.planner import curve, plan
from rules.planner.plan import Plan, Tier, Unnamed
from rules.planner.wording import REASONS
from rules.policy import Policy, Severity
from rules.working_pattern import parse_hours
from tests.oracle.apply import MEETING_CHANGES, apply_changes
from tests.oracle.days import Case, small_day
from tests.oracle.score import score
from tests.oracle.weeks import nhs_week

NOW = datetime(2026, 11, 19, 9, tzinfo=UTC)
LONDON = ZoneInfo("Europe/London")
SOAK = os.environ.get("CLEARWAY_SOAK") == "1"
SOAKED_WEEKS, SOAKED_DAYS = (100, 1000) if SOAK else (8, 50)
COUNTED = (Severity.MUST, Severity.SHOULD)
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
        if isinstance(left.blocked_by, Unnamed):
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
    assert found.series[0].message.endswith("the series in your calendar: 1 mail to each person.")


def test_series_alike_are_one_offer_that_names_the_weekdays() -> None:
    """Two series at one time with one change are one line, which says how to do it."""
    week: list[Occurrence] = []
    for day in range(3):
        later = day * timedelta(days=1)
        for uid, hour, mine in (("first", 10, True), ("second", 11, False)):
            for each in _weekly(f"{uid} {day}@x", hour, 60, 5):
                start, end = each.span.start + later, each.span.end + later
                week.append(
                    replace(each, start=start, end=end, recurrence_id=start, organizer=mine)
                )
    found = plan(_diary(*week), Policy(), NOW, Tier.SHORTEN)
    (offer,) = found.series
    assert offer.message == (
        "You could end every meeting of the 10am series on Mondays, Tuesdays and Wednesdays "
        "10 minutes early. It helps in 4 of the next 4 weeks. "
        "To do it, edit the 3 series in your calendar: 1 mail to each person for each of them."
    )
    assert offer.mails == 6


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


def _week(seed: int) -> Case:
    week = nhs_week(seed)
    return Case(seed, week.diary, Policy(), week.now, Tier.MOVE, frozenset())


REASONED = [
    *(pytest.param(_week, seed, id=f"week {seed}") for seed in range(SOAKED_WEEKS)),
    *(pytest.param(small_day, seed, id=f"day {seed}") for seed in range(SOAKED_DAYS)),
]


@pytest.mark.parametrize(("case_of", "seed"), REASONED)
def test_every_reason_is_true(case_of: Callable[[int], Case], seed: int) -> None:
    """With one change undone and all else as planned, what it is said to be for misses more.

    What is said and what is true are the same both ways, but for single gaps: those are told by
    the minutes of their day.
    """
    case = case_of(seed)
    found = plan(case.diary, case.policy, case.now, case.tier, case.keep)
    known = {each.id: each for each in found.findings}
    before = score(case.diary, case.policy, case.now).missing
    planned = _scored(case, found.changes)
    for change in found.changes:
        undone = _scored(case, _all_but(found, change))
        worse = {key for key in planned if undone[key] > planned[key]}
        smaller = {key for key in worse if planned[key] < before[key]}
        named = {(known[each].rule, known[each].day) for each in change.because}
        assert named <= worse, (change, worse)
        assert all(before[key] for key in named), change
        assert {key for key in smaller if key[0] != "gap"} <= named, (change, smaller)
        if change.kind in MEETING_CHANGES:
            kept = {rule for rule, _ in worse} - {rule for rule, _ in named}
            assert ("keeps your meal break" in change.message) == ("break" in kept), change
            last = re.findall(r"makes room for ([a-z ,]+)[.]$", change.message)
            if "room for the other changes" in change.message:
                assert not named
                assert worse or _is_taken(found, change), change
            else:
                told = " and ".join(last)
                rules = {rule for rule, words in REASONS.items() if words in told}
                assert rules == {rule for rule, _ in named}, change
            assert named or "keeps" in change.message or "other changes" in change.message, change


def _scored(case: Case, changes: Iterable[Change]) -> dict[tuple[str, date], int]:
    done = apply_changes(case.diary.occurrences, changes, case.now)
    return score(case.diary.with_occurrences(done), case.policy, case.now).missing


def _all_but(found: Plan, change: Change) -> list[Change]:
    """All other changes; a hold that would lie on a meeting that goes back is not there."""
    rest = [each for each in found.changes if each is not change]
    if change.kind not in MEETING_CHANGES or change.before is None:
        return rest
    on_it = [each for each in rest if each.hold and _lies_on(each, change.before)]
    gone = [
        replace(each, kind=ChangeKind.HOLD_DELETE, after=None)
        for each in on_it
        if each.kind is ChangeKind.HOLD_MOVE
    ]
    return [*(each for each in rest if each not in on_it), *gone]


def _is_taken(found: Plan, change: Change) -> bool:
    place = change.before
    others = (each for each in found.changes if each is not change)
    return place is not None and any(_lies_on(each, place) for each in others)


def _lies_on(change: Change, place: Interval) -> bool:
    return change.after is not None and change.after.overlaps(place)


def test_a_change_at_nine_is_not_said_to_clear_the_end_of_the_day() -> None:
    """The first meeting ends early for its own gap; the last one for the end of the day."""
    day = datetime(2026, 11, 23, tzinfo=UTC)
    first = _meeting("first@x", day.replace(hour=9), 60)
    second = replace(_meeting("second@x", day.replace(hour=10), 60), organizer=False)
    last = _meeting("last@x", day.replace(hour=16), 60)
    found = plan(_diary(first, second, last), Policy(), NOW, Tier.SHORTEN)
    told = {each.event_id: each for each in found.changes if each.event_id}
    assert told["first@x"].because == ("gap@2026-11-23T10:00:00Z",)
    assert told["last@x"].because == ("end_of_day@2026-11-23",)
    assert told["first@x"].message.endswith("This makes room for time between meetings.")
    assert told["last@x"].message.endswith("This makes room for a clear end of day.")
    assert told["first@x"].considered == (
        "Leaving it at 9am: 10 minutes less time between meetings.",
    )


@pytest.mark.parametrize("seed", range(60))
def test_what_leaving_a_meeting_costs_is_told_by_rule(seed: int) -> None:
    """The minutes listed add up to what the best plan with that meeting left misses more."""
    case = small_day(seed)
    found = plan(case.diary, case.policy, case.now, case.tier, case.keep)
    planned = _scored(case, found.changes)
    for change in found.changes:
        left = [each for each in change.considered if each.startswith("Leaving")]
        if not left:
            continue
        kept = plan(
            case.diary, case.policy, case.now, case.tier, case.keep | {change.event_id or ""}
        )
        without = _scored(case, kept.changes)
        pods = [key for key in planned if key[0] == "pods"]
        if any(without[key] != planned[key] for key in pods):
            continue
        counts = [key for key in planned if case.policy.severity(key[0]) in COUNTED]
        assert _listed(left[0]) == sum(without[key] - planned[key] for key in counts), change


def _listed(text: str) -> int:
    parts = re.findall(r"(?:(\d+) hours? ?)?(?:(\d+) minutes?)? (less|more)", text)
    return sum(
        (60 * int(hours or 0) + int(minutes or 0)) * (1 if less == "less" else -1)
        for hours, minutes, less in parts
    )


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


@pytest.mark.parametrize(
    ("liked", "start"), [({"preferred_from": time(13)}, 13), ({"preferred_to": time(12)}, 9)]
)
def test_one_end_of_the_preferred_hours_is_enough(liked: dict[str, Any], start: int) -> None:
    """An empty day's protected time goes after the one, or before the other."""
    found = plan(_diary(), replace(Policy(), **liked), NOW)
    kept = [each for each in found.changes if each.hold is Kind.PROTECTED]
    assert kept and {each.starts.hour for each in kept} == {start}
