"""Giving up a hold takes one step and no reason, and the time is offered back."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.life import lifting, overrides
from app.life.lifting import NoHold, offers
from app.life.overrides import How, Override
from app.people.history import What, page
from app.services.errors import BadInput
from app.storage import overrides as stored
from app.storage.tables import Hold
from rules.catalogue import evaluate
from rules.change import ChangeKind
from rules.event import Kind, Occurrence, ScoredAs, ShowAs
from rules.interval import Interval
from rules.outcome import after
from rules.policy import Policy
from rules.working_pattern import instant
from tests.life.people import (
    DAY,
    GAP,
    HOUR,
    PATTERN,
    PROTECTED,
    create,
    diary_of,
    invitation,
    look,
    placed,
    planned,
    row_at,
    rows,
    utc,
    write,
)
from tests.life.worlds import END, LONDON, MONDAY, NOW, World, at, hold
from tests.servers.fixtures import on_sqlite

POLICY = Policy()
DIARY = diary_of()


@pytest.fixture
def held(new_world) -> World:
    """A quiet week with two holds that Clearway wrote."""
    world: World = new_world(())
    write(world, create(Kind.PROTECTED, PROTECTED), create(Kind.GAP, GAP))
    return world


def _lift(world: World, when: Interval = PROTECTED) -> lifting.Request:
    return lifting.lift(world.deployment, world.leader_id, row_at(world, when).id, DIARY)


def test_a_hold_is_lifted_in_one_step_and_given_back_on_another_day(held: World) -> None:
    """The whole way: lifted, removed, not put back, offered on the next day, and then settled."""
    held.now = PROTECTED.start - HOUR
    asked = _lift(held)
    assert (asked.override.how, asked.override.owed_until) == (How.LIFTED, utc(2026, 11, 30, 17))
    assert _lift(held) == asked
    write(held, asked.change)
    assert [each.kind for each in rows(held)] == ["gap"]
    assert look(held).overrides == ()
    found, bound = planned(held)
    there = placed(found.plan.changes)
    assert (MONDAY, Kind.PROTECTED) not in there
    (back,) = [each for each in found.plan.changes if lifting.paid([each])]
    assert back.after is not None
    assert (back.after.start.date(), back.after.minutes) == (MONDAY + DAY, 120)
    assert "You gave up 2 hours on Monday 23 November." in back.message
    tuesday = [
        each for each in found.plan.changes if (MONDAY + DAY, Kind.PROTECTED) in placed([each])
    ]
    assert len(tuesday) == 2
    assert [each.id for each in bound.owed] == [asked.override.id]
    write(held, back)
    with held.database.transaction() as session:
        lifting.settle(held.deployment, session, held.leader_id, back)
    again, bound = planned(held)
    assert bound.owed == ()
    assert not lifting.paid(again.plan.changes)
    told = [each.what for each in page(held.deployment, held.leader_id).entries]
    assert told.count(What.HOLD_LIFTED) == told.count(What.TIME_OFFERED_BACK) == 1


@on_sqlite
def test_only_protected_time_is_owed(held: World) -> None:
    """Ten minutes beside a meeting cannot be given back elsewhere."""
    assert _lift(held, GAP).override.owed_until is None
    with held.database.transaction() as session:
        assert stored.owed(session, held.leader_id, NOW) == []


@on_sqlite
def test_what_is_not_the_leaders_cannot_be_lifted(held: World, new_world) -> None:
    other = new_world(())
    hold_id = row_at(held, PROTECTED).id
    for act in (
        lambda: lifting.lift(other.deployment, other.leader_id, hold_id, DIARY),
        lambda: lifting.keep(other.deployment, other.leader_id, hold_id),
        lambda: lifting.put(other.deployment, other.leader_id, hold_id, at(24, "10:00"), DIARY),
    ):
        with pytest.raises(NoHold):
            act()
    assert overrides.unwanted(_known(held)) == frozenset()
    assert not any(each.firm for each in rows(held))


def _known(world: World) -> tuple[Override, ...]:
    with world.database.transaction() as session:
        return overrides.of_leader(session, world.leader_id, world.now)


@on_sqlite
def test_a_hold_is_put_elsewhere_by_hand(held: World) -> None:
    """As dragging it: it is firm there and the day is left alone."""
    there = at(23, "09:30", 60)
    asked = lifting.put(held.deployment, held.leader_id, row_at(held, PROTECTED).id, there, DIARY)
    write(held, asked.change)
    assert row_at(held, there).firm
    assert look(held).overrides == ()
    found, bound = planned(held)
    assert (MONDAY, Kind.PROTECTED) in bound.unwanted
    assert (MONDAY, Kind.PROTECTED) not in placed(found.plan.changes)
    with pytest.raises(BadInput, match="still to come"):
        lifting.put(held.deployment, held.leader_id, row_at(held, there).id, at(18, "10:00"), DIARY)


@on_sqlite
def test_a_hold_is_kept_and_let_go(held: World) -> None:
    hold_id = row_at(held, PROTECTED).id
    lifting.keep(held.deployment, held.leader_id, hold_id)
    assert row_at(held, PROTECTED).firm
    assert len(planned(held)[1].keep) == 1
    lifting.keep(held.deployment, held.leader_id, hold_id, firm=False)
    assert planned(held)[1].keep == frozenset()


def _row(kind: Kind, when: Interval) -> Hold:
    return Hold(id=f"{kind} {when.start}", kind=kind.value, starts_at=when.start, ends_at=when.end)


def test_now_means_what_is_running_else_what_comes_next_today() -> None:
    """Protected time before other kinds; nothing of another day."""
    running, gap = _row(Kind.PROTECTED, at(23, "13:00", 120)), _row(Kind.GAP, at(23, "13:30", 10))
    later, tomorrow = _row(Kind.GAP, at(23, "16:00", 10)), _row(Kind.PROTECTED, at(24, "9:00", 60))
    known = [tomorrow, later, gap, running]
    now = utc(2026, 11, 23, 13, 35)
    assert lifting.current(known, now, DIARY) is running
    assert lifting.current(known, now - HOUR, DIARY) is running
    assert lifting.current(known, utc(2026, 11, 23, 15), DIARY) is later
    assert lifting.current(known, utc(2026, 11, 23, 16, 10), DIARY) is None


# --- the time that is owed ------------------------------------------------------------------------


def _owed(day: date = MONDAY, minutes: int = 120, until: datetime | None = None) -> Override:
    start = instant(day, datetime.min.time().replace(hour=13), LONDON)
    span = Interval(start, start + timedelta(minutes=minutes))
    known = overrides.new(day, Kind.PROTECTED, How.LIFTED, span, start)
    return replace(known, owed_until=until or lifting.owed_until(DIARY, day))


def test_five_working_days_are_the_leaders_own() -> None:
    """Weekends, days off and leave are none; the fifth ends when its hours do."""
    assert lifting.owed_until(DIARY, MONDAY) == utc(2026, 11, 30, 17)
    off = diary_of(pattern=replace(PATTERN, days_off=frozenset({date(2026, 11, 26)})))
    assert lifting.owed_until(off, MONDAY) == utc(2026, 12, 1, 17)
    leave = Occurrence(
        "away", date(2026, 11, 24), date(2026, 11, 28), ScoredAs.NONE, show_as=ShowAs.OOF
    )
    assert lifting.owed_until(diary_of(leave), MONDAY) == utc(2026, 12, 4, 17)
    summer = diary_of(start=date(2026, 3, 23), end=date(2026, 4, 6))
    assert lifting.owed_until(summer, date(2026, 3, 25)) == utc(2026, 4, 1, 16)


def test_it_goes_to_the_first_day_with_room() -> None:
    """Nothing is moved for it; a day that has its two pieces gets no third."""
    full = hold("a", Kind.PROTECTED, at(24, "9:00", 60))
    also = hold("b", Kind.PROTECTED, at(24, "15:00", 60))
    meetings = [invitation(str(hour), at(25, f"{hour}:00")) for hour in range(9, 17, 2)]
    (offer,) = offers([_owed()], diary_of(full, also, *meetings), POLICY, NOW)
    assert offer.change.after is not None
    assert offer.change.after.start.date() == date(2026, 11, 26)
    preferred = Policy(preferred_from=datetime.min.time().replace(hour=14))
    (offer,) = offers([_owed()], diary_of(full, also, *meetings), preferred, NOW)
    assert offer.change.after == at(26, "14:00", 120)


def test_where_there_is_no_room_for_all_of_it_a_piece_will_do() -> None:
    """An hour counts; less is not offered."""
    meetings = [
        invitation(f"{day}-{hour}", at(day, f"{hour}:00", 90))
        for day in (24, 25, 26, 27)
        for hour in (9, 11, 13, 15)
    ]
    (offer,) = offers([_owed()], diary_of(*meetings[:-1]), POLICY, NOW)
    assert offer.change.after == at(27, "14:30", 120)
    short = invitation("short", at(27, "15:50", 60))
    (offer,) = offers([_owed()], diary_of(*meetings[:-1], short), POLICY, NOW)
    assert offer.change.after == at(27, "14:30", 80)
    assert offers([_owed()], diary_of(*meetings), POLICY, NOW) == ()


def test_what_was_over_already_is_not_owed() -> None:
    """Lifted in the middle: the half that was still to come."""
    whole = _owed()
    half = replace(whole, at=whole.span.start + HOUR)
    assert [lifting.lost(each) for each in (whole, half)] == [120, 60]
    (offer,) = offers([half], DIARY, POLICY, NOW)
    assert offer.change.after is not None
    assert offer.change.after.minutes == 60


def test_it_is_not_offered_where_it_is_not_wanted() -> None:
    """Neither on a day on which it was given up nor at a time of the week that is avoided."""
    slot = overrides.slot_of(Kind.PROTECTED, at(25, "9:00", 300), LONDON)
    given = frozenset({(date(2026, 11, 24), Kind.PROTECTED)})
    (offer,) = offers([_owed()], DIARY, POLICY, NOW, given, [slot])
    assert offer.change.after == at(25, "14:00", 120)


BUSY = st.lists(st.tuples(st.integers(24, 27), st.integers(0, 90), st.integers(2, 24)), max_size=14)


@given(BUSY, st.lists(st.integers(60, 180), min_size=1, max_size=3))
def test_giving_back_harms_nothing(busy, lengths: list[int]) -> None:
    """On any week: free time of the hours and days that are owed, and no rule misses more."""
    meetings = [
        invitation(str(number), at(day, f"{9 + first // 12}:{first % 12 * 5:02}", long * 5))
        for number, (day, first, long) in enumerate(busy)
    ]
    diary = diary_of(*meetings)
    owed = [replace(_owed(minutes=each), id=str(number)) for number, each in enumerate(lengths)]
    found = offers(owed, diary, POLICY, NOW)
    done = after(diary, [each.change for each in found])
    before = {each.id: each.missing for each in evaluate(diary, POLICY)}
    assert all(
        each.missing <= before.get(each.id, 0)
        for each in evaluate(done, POLICY)
        if each.rule != "capacity"
    )
    assert len({each.override_id for each in found}) == len(found)
    for each in found:
        span = each.change.after
        assert span is not None
        assert each.change.kind is ChangeKind.HOLD_CREATE
        assert MONDAY < span.start.date() < END
        window = diary.day(span.start.date()).window
        assert window is not None
        assert window.span.contains(span)
        assert not any(one.span.overlaps(span) for one in meetings)
        assert span.start.minute % 5 == 0
    for day in done.days:
        assert len(day.holds(Kind.PROTECTED)) <= 2
