"""What follows from giving up a hold: not that day, and after three times not at that time."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.life import overrides
from app.life.overrides import ENOUGH, WITHIN, Habit, How, Override
from app.life.proposing import Wish
from app.people.choices import read_settings
from app.people.errors import BadChoice
from app.people.settings import LeaderSettings, Slot
from app.storage import overrides as stored
from rules.change import Change, ChangeKind
from rules.diary import Diary
from rules.event import Kind, Occurrence, ScoredAs
from rules.interval import Interval
from rules.planner import plan
from rules.policy import Policy
from rules.working_pattern import instant
from tests.life.people import (
    DAY,
    HOUR,
    create,
    diary_of,
    invitation,
    look,
    placed,
    planned,
    utc,
    write,
)
from tests.life.worlds import LONDON, MONDAY, NOW, World, at, hold
from tests.servers.fixtures import on_sqlite

FRIDAYS = [date(2026, 10, 16) + number * 7 * DAY for number in range(3)]
"""The clocks go back on 25 October: the third is in winter time."""
LATER = utc(2026, 11, 2, 9)
THREE = time(15)


def given_up(
    day: date, clock: time = THREE, kind: Kind = Kind.PROTECTED, hours: int = 2
) -> Override:
    """Somebody deleted a hold that began then, by the clock of London."""
    start = instant(day, clock, LONDON)
    span = Interval(start, start + hours * HOUR)
    return overrides.new(day, kind, How.DELETED, span, start)


def test_three_times_at_one_time_of_the_week_are_a_habit() -> None:
    """By the leader's clock, over the end of summer time as well."""
    (habit,) = overrides.habits([given_up(each) for each in FRIDAYS], LONDON, LATER)
    assert habit == Habit(Slot(Kind.PROTECTED, 4, THREE, time(17)), 3)


@pytest.mark.parametrize(
    "others",
    [
        [],
        [given_up(FRIDAYS[0], time(15, 31))],
        [given_up(FRIDAYS[0] - DAY)],
        [given_up(FRIDAYS[0], kind=Kind.GAP)],
        [given_up(FRIDAYS[0] - 4 * 7 * DAY)],
        [given_up(FRIDAYS[1], time(15, 20))],
    ],
    ids=[
        "two",
        "another time",
        "another weekday",
        "another kind",
        "long ago",
        "the same day twice",
    ],
)
def test_what_is_none(others: list[Override]) -> None:
    known = [*(given_up(each) for each in FRIDAYS[1:]), *others]
    assert overrides.habits(known, LONDON, LATER) == ()


def test_half_an_hour_more_or_less_is_the_same_time() -> None:
    """Plans place a hold a little earlier or later; the newest gives the time."""
    clocks = (time(14, 30), time(15, 30), THREE)
    known = [given_up(day, clock) for day, clock in zip(FRIDAYS, clocks, strict=True)]
    assert [each.slot.start for each in overrides.habits(known, LONDON, LATER)] == [THREE]


@given(
    st.lists(st.tuples(st.integers(0, 60), st.integers(0, 3)), max_size=25),
    st.integers(0, 70),
)
def test_a_habit_is_never_fewer_than_three_days_of_five_weeks(drawn, later: int) -> None:
    """Whatever people did, over both changes of the clock."""
    for first in (date(2026, 3, 1), date(2026, 10, 1)):
        known = [given_up(first + ahead * DAY, time(9 + hour)) for ahead, hour in drawn]
        now = instant(first + later * DAY, time(12), LONDON)
        for habit in overrides.habits(known, LONDON, now):
            there = {
                each.day
                for each in known
                if each.span.end > now - WITHIN
                and overrides.slot_of(each.kind, each.span, LONDON) == habit.slot
            }
            # these holds begin whole hours apart, so the same time is the very same
            assert len(there) == habit.days >= ENOUGH


def _friday_diary(*occurrences: Occurrence) -> Diary:
    return diary_of(*occurrences, start=date(2026, 11, 6), end=date(2026, 11, 14))


HABIT = Habit(Slot(Kind.PROTECTED, 4, time(9), time(11)), 3)


def test_another_time_is_offered_for_the_next_such_day() -> None:
    """The best other one, as a plan finds it, in place of the hold that is there."""
    now = utc(2026, 11, 5, 9)
    there = hold("there", Kind.PROTECTED, _span(date(2026, 11, 6), time(9), 120))
    busy = invitation("busy", _span(date(2026, 11, 6), time(11), 60))
    found = overrides.new_time(HABIT, _friday_diary(there, busy), Policy(), now)
    assert found is not None
    assert (found.day, found.hold) == (date(2026, 11, 6), there)
    assert not found.span.overlaps(there.span)
    assert not found.span.overlaps(busy.span)
    assert found.span.minutes == 120


def test_it_is_for_a_later_day_where_that_one_was_given_up() -> None:
    """What was given up for a day is not offered again for it."""
    now = utc(2026, 11, 5, 9)
    given = frozenset({(date(2026, 11, 6), Kind.PROTECTED)})
    found = overrides.new_time(HABIT, _friday_diary(), Policy(), now, given)
    assert found is not None
    assert (found.day, found.hold) == (date(2026, 11, 13), None)
    assert found.span.start.astimezone(LONDON).time() >= time(11)


def test_none_is_offered_where_there_is_no_room_and_for_time_beside_meetings() -> None:
    full = invitation("all day", _span(date(2026, 11, 6), time(11), 360))
    now = utc(2026, 11, 5, 9)
    assert overrides.new_time(HABIT, _friday_diary(full), Policy(), now) is None
    beside = replace(HABIT, slot=replace(HABIT.slot, kind=Kind.GAP))
    assert overrides.new_time(beside, _friday_diary(), Policy(), now) is None


def _span(day: date, clock: time, minutes: int) -> Interval:
    start = instant(day, clock, LONDON)
    return Interval(start, start + timedelta(minutes=minutes))


def test_a_time_that_is_avoided_changes_no_finding() -> None:
    """It is as the leader's own time is: only what is placed knows it."""
    diary = _friday_diary(invitation("a", _span(date(2026, 11, 6), time(10), 60)))
    seen = overrides.without_times(diary, [HABIT.slot])
    before, after = (plan(each, Policy(), NOW - 20 * DAY) for each in (diary, seen))
    assert [(each.id, each.missing) for each in before.findings] == [
        (each.id, each.missing) for each in after.findings
    ]
    taken = overrides.times_of(HABIT.slot, diary.start, diary.end, LONDON)
    assert len(taken) == 2
    assert not any(
        each.after.overlaps(one)
        for each in after.changes
        if each.after
        for one in taken
        if each.hold is Kind.PROTECTED
    )


def test_gap_holds_at_such_a_time_are_left_out_and_nothing_else() -> None:
    """They are in no number of a plan, so the rest is still the best."""
    slot = Slot(Kind.GAP, 0, time(11), time(11, 10))
    there, later = create(Kind.GAP, at(23, "11:00", 10)), create(Kind.GAP, at(24, "11:00", 10))
    protected = create(Kind.PROTECTED, at(23, "10:00", 120))
    moved = Change(ChangeKind.HOLD_MOVE, at(23, "9:00", 10), at(23, "11:00", 10), "id", Kind.GAP)
    changes = (there, later, protected, moved)
    assert overrides.without_gaps(changes, [slot], LONDON) == (later, protected, moved)
    diary = diary_of()
    assert overrides.without_times(diary, [slot]) is diary


def test_a_time_over_midnight_and_in_a_clock_change() -> None:
    """It ends the next morning; on the night of a change it is as long as it is."""
    slot = Slot(Kind.PROTECTED, 5, time(23), time(2))
    spring, autumn = date(2026, 3, 28), date(2026, 10, 24)
    hours = [
        [each.minutes for each in overrides.times_of(slot, day, day + DAY, LONDON)]
        for day in (spring, autumn)
    ]
    assert hours == [[120], [240]]


@pytest.mark.parametrize("word", ["protected fri 15:00-17:00", "pod mon 09:05-00:00"])
def test_the_leaders_never_is_a_setting(word: str) -> None:
    """It is kept, comes back as it was, and is read from what tools send."""
    settings = read_settings({"never": [word]})
    assert {str(each) for each in settings.never} == {word}
    assert LeaderSettings.from_json(settings.to_json()) == settings


@pytest.mark.parametrize("word", ["", "protected", "protected friday 15-17", "tea fri 15:00-17:00"])
def test_what_is_no_time_of_the_week_is_refused(word: str) -> None:
    with pytest.raises(BadChoice, match="times such as"):
        read_settings({"never": [word]})


# --- kept -----------------------------------------------------------------------------------------


def test_it_is_remembered_as_it_was(database, new_world) -> None:
    """On both databases, for this leader, for five weeks."""
    world, other = new_world(), new_world()
    known = given_up(date(2026, 11, 13))
    owed = replace(known, id="other", how=How.LIFTED, owed_until=NOW + DAY)
    with database.transaction() as session:
        overrides.remember(session, world.leader_id, known)
        overrides.remember(session, world.leader_id, owed)
    with database.transaction() as session:
        found = overrides.of_leader(session, world.leader_id, NOW)
        assert {each.id: each for each in found} == {known.id: known, "other": owed}
        assert overrides.of_leader(session, world.leader_id, known.span.end + WITHIN) == ()
        assert overrides.of_leader(session, other.leader_id, NOW) == ()
        assert [each.id for each in stored.owed(session, world.leader_id, NOW)] == ["other"]
        assert stored.owed(session, world.leader_id, NOW + DAY) == []
        assert not stored.settle(session, other.leader_id, "other")
        assert stored.settle(session, world.leader_id, "other")
        assert not stored.settle(session, world.leader_id, "other")
        assert stored.owed(session, world.leader_id, NOW) == []


@on_sqlite
def test_three_deletions_and_the_plan_looks_elsewhere(new_world) -> None:
    """Three Mondays long somebody deletes the hold; the fourth is planned at another time."""
    world = new_world(())
    first = _planned_start(world, MONDAY)
    for weeks in (3, 2, 1):
        with world.database.transaction() as session:
            span = Interval(first - weeks * 7 * DAY, first + 2 * HOUR - weeks * 7 * DAY)
            each = overrides.new(
                MONDAY - weeks * 7 * DAY, Kind.PROTECTED, How.DELETED, span, span.start
            )
            overrides.remember(session, world.leader_id, each)
    plan_now, bound = planned(world)
    assert [each.slot.start for each in bound.habits] == [first.astimezone(LONDON).time()]
    there = [each.after for each in plan_now.plan.changes if each.hold is Kind.PROTECTED]
    taken = Interval(first, first + 2 * HOUR)
    assert len(there) == 5
    assert not any(each is not None and each.overlaps(taken) for each in there)
    assert plan_now.plan.proof.optimal


@on_sqlite
def test_never_at_this_time_binds_every_plan(new_world) -> None:
    world = new_world(())
    first = _planned_start(world, MONDAY)
    span = Interval(first, first + 2 * HOUR)
    never = frozenset({overrides.slot_of(Kind.PROTECTED, span, LONDON)})
    world.choose(settings=LeaderSettings(time_zone="Europe/London", never=never))
    found, bound = planned(world)
    assert bound.avoided == never
    assert (MONDAY, Kind.PROTECTED) in placed(found.plan.changes)
    assert not any(each.after.overlaps(span) for each in found.plan.changes if each.after)


@on_sqlite
def test_never_at_this_time_moves_what_comes_back_every_few_weeks(new_world) -> None:
    world = new_world(())

    def starts() -> list[datetime]:
        changes = world.best(Wish()).plan.changes
        return [each.after.start for each in changes if each.hold is Kind.CHECK_IN and each.after]

    usual = starts()
    mornings = {Slot(Kind.CHECK_IN, day, time(0), time(12)) for day in range(5)}
    never = frozenset(mornings)
    world.choose(settings=LeaderSettings(time_zone="Europe/London", never=never))
    assert any(each.hour < 12 for each in usual)
    assert len(starts()) == len(usual)
    assert all(each.hour >= 12 for each in starts())


def _planned_start(world: World, day: date) -> datetime:
    found, _ = planned(world)
    return next(
        each.after.start
        for each in found.plan.changes
        if each.hold is Kind.PROTECTED and each.after and each.after.start.date() == day
    )


@on_sqlite
def test_deleting_it_week_after_week_in_the_calendar_offers_another_time(new_world) -> None:
    """The whole way: written, deleted by a person, noticed, three times."""
    world = new_world(())
    for weeks in (0, 1, 2):
        when = Interval(
            utc(2026, 11, 23, 14) + weeks * 7 * DAY, utc(2026, 11, 23, 16) + weeks * 7 * DAY
        )
        world.now = when.start - 2 * DAY
        write(world, create(Kind.PROTECTED, when), create(Kind.GAP, _after(when)))
        (event,) = [
            each for each in world.calendar.read(when).occurrences if each.hold is Kind.PROTECTED
        ]
        world.calendar.edit(event.id, None)
        assert len(look(world).overrides) == 1
    with world.database.transaction() as session:
        known = overrides.of_leader(session, world.leader_id, world.now)
    (habit,) = overrides.habits(known, LONDON, world.now)
    assert (habit.slot.weekday, habit.slot.start, habit.days) == (0, time(14), 3)
    ahead = diary_of(start=date(2026, 12, 14), end=date(2026, 12, 15))
    offered = overrides.new_time(habit, ahead, Policy(), world.now, overrides.unwanted(known))
    assert offered is not None
    assert not offered.span.overlaps(Interval(utc(2026, 12, 14, 14), utc(2026, 12, 14, 16)))


def _after(when: Interval) -> Interval:
    return Interval(when.end, when.end + timedelta(minutes=10))


def test_own_time_stands_for_it_under_a_name_of_its_own() -> None:
    """Where it is in the way, a page can say what it is."""
    seen = overrides.without_times(_friday_diary(), [HABIT.slot])
    assert {each.scored_as for each in seen.occurrences} == {ScoredAs.OWN_TIME}
    assert all(each.id.startswith(overrides.AVOIDED) for each in seen.occurrences)
