"""Holds that come back every so many weeks: that they take nothing, and that there are enough."""

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from rules.catalogue import evaluate
from rules.change import Change, ChangeKind
from rules.diary import Diary, break_span, in_order
from rules.event import Kind, Occurrence, ScoredAs, ShowAs
from rules.interval import Interval
from rules.planner import plan
from rules.planner.plan import Plan
from rules.policy import Policy, Severity
from rules.working_pattern import instant, parse_hours
from tests.oracle.apply import apply_changes
from tests.oracle.legal import Judge
from tests.oracle.rights import CADENCE_KINDS
from tests.oracle.score import score
from tests.oracle.weeks import Week, nhs_weeks

SOAK = os.environ.get("CLEARWAY_SOAK") == "1"
LONDON = ZoneInfo("Europe/London")
MONDAY = date(2026, 11, 23)
NOW = datetime(2026, 11, 19, 9, tzinfo=UTC)
WEEK = timedelta(weeks=1)
OFF = Severity.OFF
NONE = Policy(appreciation_severity=OFF, face_days_severity=OFF, check_in_weeks=0)
"""Nothing comes back by itself."""
ALL = Policy(
    protected_weeks=12,
    reports=5,
    face_day_weeks=8,
    review_weeks=13,
    learning_severity=Severity.SHOULD,
)


WEEKS = 11
"""As far as protected time is placed at most, whole weeks of it."""


def quarter(seed: int) -> Week:
    return nhs_weeks(seed, WEEKS, 12, 30)


def quiet(*occurrences: Occurrence, weeks: int = 4, hours: str = "Mon-Fri 09:00-17:00") -> Diary:
    pattern = parse_hours(hours, LONDON)
    return Diary(in_order(occurrences), pattern, MONDAY, MONDAY + weeks * WEEK)


def at(day: int, clock: str, minutes: int = 30) -> Interval:
    """So many minutes from a time on a day, counted from the Monday."""
    start = instant(MONDAY + timedelta(days=day), time.fromisoformat(clock), LONDON)
    return Interval(start, start + timedelta(minutes=minutes))


def there(kind: Kind, span: Interval, *, firm: bool = False, people: int = 0) -> Occurrence:
    scored = ScoredAs.OWN_TIME if kind is Kind.CHECK_IN else ScoredAs.APPOINTMENT
    return Occurrence(
        f"{kind} {span.start}",
        span.start,
        span.end,
        scored,
        organizer=True,
        kind=kind,
        firm=firm,
        other_people=people,
    )


def leave(first: int, last: int) -> Occurrence:
    start, end = (MONDAY + timedelta(days=each) for each in (first, last + 1))
    return Occurrence("leave", start, end, ScoredAs.NONE, show_as=ShowAs.OOF)


def of(found: Plan, *kinds: Kind) -> list[Change]:
    return [each for each in found.changes if each.hold in (kinds or CADENCE_KINDS)]


def weeks_of(changes: Sequence[Change]) -> list[int]:
    """The weeks in which they are, counted from the Monday."""
    days = (each.after.start.date() - MONDAY for each in changes if each.after)
    return sorted(each.days // 7 for each in days)


# --- beside a plan --------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(100 if SOAK else 2))
def test_they_change_no_number_of_a_plan(seed: int) -> None:
    week = quarter(seed)
    without = replace(
        NONE, protected_weeks=12, one_to_ones_severity=OFF, reviews_severity=OFF, reports=5
    )
    alone = plan(week.diary, without, week.now)
    found = plan(week.diary, ALL, week.now)
    assert of(found)
    assert not of(alone)
    assert found.objective == alone.objective
    assert found.proof == alone.proof
    Judge(found, week.diary, ALL, week.now, frozenset()).check()


def test_a_time_that_is_closed_to_a_kind_is_passed_over() -> None:
    """As many are placed, elsewhere; to other kinds the time is open."""
    policy = replace(NONE, check_in_weeks=3)
    usual = [each.after for each in of(plan(quiet(), policy, NOW)) if each.after]
    mornings = [(Kind.CHECK_IN, at(day, "00:00", 12 * 60)) for day in range(28)]
    found = [each.after for each in of(plan(quiet(), policy, NOW, closed=mornings)) if each.after]
    assert len(found) == len(usual) > 0
    assert any(each.start.hour < 12 for each in usual)
    assert all(each.start.hour >= 12 for each in found)
    others = [(Kind.FACE_DAY, span) for _, span in mornings]
    assert plan(quiet(), policy, NOW, closed=others) == plan(quiet(), policy, NOW)


@pytest.mark.parametrize("seed", range(100 if SOAK else 2))
def test_every_stretch_of_weeks_has_enough_or_no_room(seed: int) -> None:
    week = quarter(seed)
    found = plan(week.diary, ALL, week.now)
    done = week.diary.with_occurrences(
        apply_changes(week.diary.occurrences, found.changes, week.now)
    )
    for kind, weeks, wanted, minutes in (
        (Kind.ONE_TO_ONE, ALL.one_to_one_weeks, ALL.reports, ALL.one_to_one_minutes),
        (Kind.APPRECIATION, ALL.appreciation_weeks, 1, ALL.appreciation_minutes),
        (Kind.FACE_DAY, ALL.face_day_weeks, 1, ALL.face_day_minutes),
        (Kind.LEARNING, ALL.learning_weeks, 1, ALL.learning_minutes),
        (Kind.CHECK_IN, ALL.check_in_weeks, 1, ALL.check_in_minutes),
    ):
        for first in range(WEEKS - weeks + 1):
            start = week.diary.start + first * WEEK
            days = [start + timedelta(days=each) for each in range(7 * weeks)]
            here = sum(
                each.kind is kind and each.span.start.date() in days for each in done.occurrences
            )
            if here < wanted:
                assert not any(True for day in days for _ in room(done, day, kind, minutes, ALL))


def room(
    diary: Diary, day: date, kind: Kind, minutes: int, policy: Policy
) -> Iterator[tuple[int, Interval]]:
    """Every place of a day where such a hold takes nothing, with the open time that it takes."""
    window = diary.pattern.window(day)
    if window is None or diary.day(day).window is None:
        return
    before = score(diary, policy, NOW)
    open_before = open_time(diary, policy)
    start = window.span.start
    while start + timedelta(minutes=minutes) <= window.span.end:
        span = Interval(start, start + timedelta(minutes=minutes))
        start += timedelta(minutes=5)
        if any(span.overlaps(each.span) for each in timed(diary)) or is_near(span, diary, policy):
            continue
        then = diary.with_occurrences([*diary.occurrences, there(kind, span)])
        if score(then, policy, NOW).missing == before.missing:
            yield open_time(then, policy) - open_before, span


def timed(diary: Diary) -> list[Occurrence]:
    return [
        each
        for each in diary.occurrences
        if not each.all_day and each.scored_as is not ScoredAs.NONE
    ]


def is_near(span: Interval, diary: Diary, policy: Policy) -> bool:
    """Whether somebody would come to it straight from an appointment, or go straight on."""
    gap = timedelta(minutes=policy.gap_minutes)
    wide = Interval(span.start - gap, span.end + gap)
    booked = (each for each in timed(diary) if each.scored_as is ScoredAs.APPOINTMENT)
    return any(wide.overlaps(each.span) for each in booked)


def open_time(diary: Diary, policy: Policy) -> int:
    return sum(each.missing for each in evaluate(diary, policy) if each.rule == "open_time")


# --- where it costs least -------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(60 if SOAK else 2))
def test_a_hold_is_where_the_fullest_search_would_put_it(seed: int) -> None:
    """One time to say thank you in two weeks: of all places those that take least of the open
    time, then the later week, the day with the fewest minutes in meetings, outside the
    hours of the break, the quarters of an hour, the earliest."""
    week = nhs_weeks(seed, 2, 15, 30)
    policy = replace(NONE, appreciation_severity=Severity.SHOULD, appreciation_weeks=2)
    planned = plan(week.diary, replace(policy, appreciation_severity=OFF), week.now).changes
    bare = [each for each in planned if each.hold is not Kind.GAP]
    before = week.diary.with_occurrences(apply_changes(week.diary.occurrences, bare, week.now))
    places = []
    for each in before.days:
        days = each.date - before.start
        booked = sum(one.span.minutes for one in each.appointments)
        for taken, span in room(before, each.date, Kind.APPRECIATION, 15, policy):
            lunch = break_span(each.window, policy, week.diary.pattern) if each.window else None
            eaten = lunch is not None and lunch.overlaps(span)
            odd = span.start.minute % 15 != 0
            places.append((taken, -(days.days // 7), booked, eaten, odd, span.start))
    found = of(plan(week.diary, policy, week.now), Kind.APPRECIATION)
    assert [each.after.start for each in found if each.after] == (
        [min(places)[-1]] if places else []
    )


def test_a_full_diary_gets_none_and_says_so() -> None:
    day = [
        Occurrence(f"m{day}", span.start, span.end, ScoredAs.APPOINTMENT, other_people=2)
        for day in range(28)
        for span in [at(day, "09:00", 7 * 60 + 30)]
    ]
    found = plan(quiet(*day), replace(NONE, appreciation_severity=Severity.SHOULD), NOW)
    assert of(found) == []
    assert "appreciation@2026-11-23" in {each.id for each in found.findings}


def test_room_is_left_for_protected_time_further_ahead() -> None:
    """Protected time is placed for two weeks here, and the learning hold in the fourth leaves it
    the only two hours that the days there have."""
    booked = [
        Occurrence(f"m{day}", span.start, span.end, ScoredAs.APPOINTMENT, other_people=2)
        for day in range(21, 28)
        for span in [at(day, "09:00", 6 * 60)]
    ]
    policy = replace(NONE, protected_weeks=2, learning_severity=Severity.SHOULD, open_minutes=0)
    found = of(plan(quiet(*booked), policy, NOW), Kind.LEARNING)
    assert weeks_of(found) == [2]


# --- the rhythm -----------------------------------------------------------------------------------


def test_one_to_ones_are_spread_over_their_weeks() -> None:
    policy = replace(NONE, reports=4)
    assert weeks_of(of(plan(quiet(), policy, NOW))) == [0, 0, 1, 1, 2, 2, 3, 3]


def test_what_comes_back_is_as_far_apart_as_may_be() -> None:
    policy = replace(NONE, check_in_weeks=3)
    found = of(plan(quiet(weeks=12), policy, NOW))
    assert weeks_of(found) == [2, 5, 8, 11]
    assert {each.hold for each in found} == {Kind.CHECK_IN}


@pytest.mark.parametrize("seed", range(40 if SOAK else 2))
def test_they_stay_when_the_weeks_go_on(seed: int) -> None:
    week = quarter(seed)
    diary, now = week.diary, week.now
    for _ in range(3):
        found = plan(diary, ALL, now)
        assert not [each for each in of(found) if each.kind is not ChangeKind.HOLD_CREATE]
        done = apply_changes(diary.occurrences, found.changes, now)
        diary = replace(diary.with_occurrences(done), start=diary.start + WEEK, end=diary.end)
        now += WEEK


def test_more_people_get_more_of_what_is_asked_for_in_half_a_year() -> None:
    """Of eight talks in 52 weeks, four are in the 26 that are looked at."""
    policy = replace(NONE, reports=8, review_weeks=52, one_to_ones_severity=OFF)
    found = of(plan(quiet(weeks=26), policy, NOW))
    assert Counter(each.hold for each in found) == {Kind.REVIEW: 4}


# --- leave, hands and words -----------------------------------------------------------------------


def test_leave_is_skipped_and_what_was_there_goes_elsewhere() -> None:
    policy = replace(NONE, check_in_weeks=3)
    before = there(Kind.CHECK_IN, at(16, "10:00"))
    found = plan(quiet(before, leave(14, 20), weeks=3), policy, NOW)
    (moved,) = of(found)
    assert moved.kind is ChangeKind.HOLD_MOVE
    assert moved.event_id == before.id
    assert weeks_of([moved]) == [1]
    assert found.objective.numbers.holds_disturbed == 1
    assert of(plan(quiet(leave(0, 27)), policy, NOW)) == []


def test_a_hold_under_a_meeting_goes_elsewhere_and_a_firm_one_does_not() -> None:
    policy = replace(NONE, appreciation_severity=Severity.SHOULD)
    span = at(22, "10:00", 15)
    over = Occurrence("m", span.start, span.end, ScoredAs.APPOINTMENT, other_people=2)
    for hold, expected in (
        (there(Kind.APPRECIATION, span), [ChangeKind.HOLD_MOVE]),
        (there(Kind.APPRECIATION, span, firm=True), []),
        (there(Kind.APPRECIATION, span, people=6), []),
    ):
        found = of(plan(quiet(over, hold), policy, NOW))
        assert [each.kind for each in found] == expected


@pytest.mark.parametrize("hour", [16, 17, 18, 23])
def test_a_plan_can_be_made_at_any_hour(hour: int) -> None:
    """When today's hours are over, or nearly, the days after are as good as ever."""
    late = datetime(2026, 11, 23, hour, 5, tzinfo=UTC)
    found = of(plan(quiet(), replace(NONE, reports=4), late))
    assert weeks_of(found) == [0, 0, 1, 1, 2, 2, 3, 3]
    assert all(each.after and each.after.start >= late for each in found)


def test_none_on_a_day_that_was_given_up() -> None:
    policy = replace(NONE, appreciation_severity=Severity.SHOULD)
    first = of(plan(quiet(), policy, NOW))[0]
    assert first.after is not None
    unwanted = frozenset({(first.after.start.date(), Kind.APPRECIATION)})
    (second,) = of(plan(quiet(), policy, NOW, unwanted=unwanted))
    assert second.after is not None
    assert second.after.start.date() != first.after.start.date()
    assert weeks_of([second]) == weeks_of([first])


def test_a_day_in_person_has_its_travel_around_it() -> None:
    policy = replace(NONE, face_days_severity=Severity.SHOULD, face_day_weeks=1, face_day_travel=60)
    meetings = [
        Occurrence(f"m{day}", span.start, span.end, ScoredAs.APPOINTMENT, other_people=2)
        for day in range(4)
        for span in [at(day, "11:00", 60)]
    ]
    (found,) = of(plan(quiet(*meetings, weeks=1), policy, NOW))
    assert found.after is not None
    assert found.after.start.date() == MONDAY + timedelta(days=4)
    (other,) = of(plan(quiet(*meetings[:1], weeks=1, hours="Mon 09:00-17:00"), policy, NOW))
    assert other.after is not None
    assert other.after.start >= at(0, "13:00").start


def test_a_check_in_is_in_no_finding_and_names_none() -> None:
    policy = replace(NONE, check_in_weeks=1)
    diary = quiet(weeks=1)
    found = plan(diary, policy, NOW)
    (check_in,) = of(found)
    assert check_in.because == ()
    assert check_in.message.endswith("for a check-in of your own.")
    then = diary.with_occurrences(apply_changes(diary.occurrences, [check_in], NOW))
    assert evaluate(then, policy) == evaluate(diary, policy)


def test_a_hold_names_the_finding_that_it_serves() -> None:
    (found,) = of(plan(quiet(), replace(NONE, appreciation_severity=Severity.SHOULD), NOW))
    assert found.because == ("appreciation@2026-11-23",)
    assert "for a time to say thank you." in found.message


def test_a_day_in_person_that_somebody_else_plans_counts_unless_it_was_declined() -> None:
    """What the leader declined shows free; the leader's own whole days often do too."""
    day = Occurrence(
        "away day",
        MONDAY,
        MONDAY + timedelta(days=2),
        ScoredAs.NONE,
        kind=Kind.FACE_DAY,
        show_as=ShowAs.FREE,
    )

    def found(occurrence: Occurrence) -> set[str]:
        asked = replace(NONE, face_days_severity=Severity.SHOULD, face_day_weeks=4)
        return {each.rule for each in evaluate(quiet(occurrence), asked)}

    assert "face_days" in found(day)
    assert "face_days" not in found(replace(day, organizer=True))
    assert "face_days" not in found(replace(day, show_as=ShowAs.BUSY))


def test_time_to_learn_never_takes_the_last_time_for_the_team() -> None:
    """Each day is booked until half past one: two hours of protected time leave it just that."""
    days = [
        Occurrence(
            f"day {day}",
            at(day, "09:00").start,
            at(day, "13:30").start,
            ScoredAs.APPOINTMENT,
            other_people=3,
        )
        for day in [7 * week + each for week in range(4) for each in range(5)]
    ]
    policy = replace(NONE, learning_severity=Severity.SHOULD, protected_weeks=6)
    diary = quiet(*days)
    made = plan(diary, policy, NOW)
    planned = apply_changes(diary.occurrences, made.changes, NOW)
    left = evaluate(diary.with_occurrences(planned), policy)
    assert [each.id for each in left if each.rule == "open_time"] == []
    assert [each for each in made.changes if each.hold is Kind.LEARNING] == []
