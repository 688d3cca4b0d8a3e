"""One leader's plans tell only so many people, week by week, and say so where that binds them."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.life import limits
from app.life.limits import REQUEST, Spent, Told, within
from app.people.settings import LeaderSettings
from app.services.plan import Planned
from app.storage.tables import Disturbance
from rules.change import Change, ChangeKind
from rules.planner.plan import Tier
from rules.policy import Policy
from rules.working_pattern import local_date
from tests.life.people import DAY, HOUR, planned, utc, write
from tests.life.worlds import LONDON, NOW, World, at, changes_of, meeting

POLICY = Policy()
CHANGES = ("event.move", "event.shorten")
NIGHT = utc(2026, 1, 1)
MOMENTS = st.builds(lambda hours: NIGHT + hours * HOUR, st.integers(0, 17_000))
NIGHTS = (utc(2026, 3, 29, 1), utc(2026, 10, 25, 1), utc(2026, 11, 23), utc(2026, 6, 15))
"""Both changes of the clock, and the ends of a week in winter and in summer."""
NEAR = st.builds(
    lambda night, hours: night + timedelta(minutes=hours),
    st.sampled_from(NIGHTS),
    st.integers(-12_000, 12_000),
)
TOLD = st.lists(
    st.builds(
        Told, st.sampled_from((*CHANGES, REQUEST)), st.just("print"), NEAR, st.integers(0, 12)
    ),
    max_size=30,
)


def _monday(moment: datetime) -> date:
    """The Monday of a moment's local week, found another way than the code does."""
    day = moment.astimezone(LONDON).date()
    while day.strftime("%a") != "Mon":
        day -= DAY
    return day


@given(TOLD, NEAR)
def test_a_week_is_counted_from_its_local_monday(told: list[Told], now: datetime) -> None:
    """Over the ends of weeks and the changes of the clock."""
    told = [each for each in told if each.at <= now]
    found = limits.spent(told, LONDON, now)
    same = [each for each in told if _monday(each.at) == _monday(now)]
    assert found.mails == sum(each.mails for each in same if each.kind != REQUEST)
    assert found.requests == sum(each.kind == REQUEST for each in same)
    assert found.mails_left(POLICY) == max(0, 40 - found.mails)
    assert found.requests_left(POLICY) == max(0, 5 - found.requests)


@given(st.lists(st.tuples(st.integers(0, 400), st.integers(1, 15)), max_size=40), MOMENTS)
def test_no_week_gets_more_than_its_limit(wishes, begin: datetime) -> None:
    """Whoever asks first what is left never sends more in any local week."""
    told: list[Told] = []
    now = begin
    for pause, mails in wishes:
        now += timedelta(hours=pause)
        if mails <= limits.spent(told, LONDON, now).mails_left(POLICY):
            told.append(Told("event.move", "print", now, mails))
    for week in {_monday(each.at) for each in told}:
        assert sum(each.mails for each in told if _monday(each.at) == week) <= 40


@given(MOMENTS)
def test_a_new_week_begins_at_local_midnight(moment: datetime) -> None:
    begun = limits.week_start(moment, LONDON)
    assert begun <= moment
    assert local_date(begun, LONDON).weekday() == 0
    assert local_date(begun - timedelta(seconds=1), LONDON).weekday() == 6
    assert limits.week_start(begun, LONDON) == begun


@given(NEAR, st.integers(-3, 70))
def test_a_meeting_rests_for_four_weeks(now: datetime, days: int) -> None:
    """To the day, over a change of the clock too; a request is no change."""
    told = [
        Told("event.move", "changed", now - days * DAY, 3),
        Told(REQUEST, "asked", now - DAY, 1),
    ]
    assert ("changed" in limits.rested(told, POLICY, now)) == (days < 28)
    assert "asked" not in limits.rested(told, POLICY, now)


@pytest.mark.parametrize(
    ("ahead", "asked", "may"),
    [(24 * HOUR, 0, True), (24 * HOUR - timedelta(seconds=1), 0, False), (3 * DAY, 5, False)],
)
def test_who_may_be_asked_to_move(ahead: timedelta, asked: int, *, may: bool) -> None:
    """None for what begins within 24 hours, and none after the fifth."""
    assert limits.may_ask(NOW + ahead, Spent(0, asked), POLICY, NOW) is may


# --- plans ----------------------------------------------------------------------------------------


@dataclass
class Planner:
    """Plans that change every meeting that they may; each sends so many mails."""

    sizes: tuple[int, ...]
    asked: list[tuple[Tier, frozenset[str]]] = field(default_factory=list)

    def __call__(self, tier: Tier, keep: frozenset[str]) -> Planned:
        self.asked.append((tier, keep))
        kind = ChangeKind.EVENT_MOVE if tier is Tier.MOVE else ChangeKind.EVENT_SHORTEN
        changes = tuple(
            Change(kind, at(24, "10:00"), at(24, "11:00"), str(number), mails=mails)
            for number, mails in enumerate(self.sizes)
            if tier is not Tier.HOLDS and str(number) not in keep
        )
        return Planned(None, _Made(changes), 0.0)  # type: ignore[arg-type]  # only these are looked at


@dataclass(frozen=True)
class _Made:
    changes: tuple[Change, ...]


@given(st.lists(st.integers(1, 30), max_size=8), st.integers(0, 60))
def test_a_plan_within_what_is_left_changes_as_many_meetings_as_can_be(sizes, left: int) -> None:
    """Only the largest are left alone, and none where everything fits."""
    planner = Planner(tuple(sizes))
    found = within(planner, Tier.MOVE, left)
    changes = found.plan.changes
    assert limits.mails(changes) <= left
    assert len(changes) == _most(sizes, left)
    assert bool(found.notes) == (sum(sizes) > left)
    if sum(sizes) <= left:
        assert planner.asked == [(Tier.MOVE, frozenset())]


def _most(sizes: Iterable[int], left: int) -> int:
    several = list(sizes)
    fits = (
        number
        for number in range(len(several), -1, -1)
        if any(sum(chosen) <= left for chosen in combinations(several, number))
    )
    return next(fits)


def test_what_is_kept_stays_kept_when_planned_again() -> None:
    planner = Planner((30, 20))
    found = within(planner, Tier.MOVE, 25, {"a"})
    assert [(tier, sorted(keep)) for tier, keep in planner.asked] == [
        (Tier.MOVE, ["a"]),
        (Tier.MOVE, ["0", "a"]),
    ]
    assert found.notes == ("Plans may send 25 more mails this week, so fewer meetings change.",)


class Restless(Planner):
    """Moves another meeting for each that is left alone; its lower tier changes one."""

    def __call__(self, tier: Tier, keep: frozenset[str]) -> Planned:
        made = super().__call__(tier, keep)
        if tier is Tier.SHORTEN:
            return made
        new = Change(
            ChangeKind.EVENT_MOVE, at(24, "10:00"), at(24, "11:00"), f"x{len(keep)}", mails=9
        )
        changes = (new,) if tier is Tier.MOVE else ()
        return Planned(made.opened, _Made(changes), 0.0)  # type: ignore[arg-type]  # as above


def test_where_fewer_meetings_do_not_do_the_tier_is_lower() -> None:
    """It is given up after a few tries, and the next one is asked from the start."""
    planner = Restless((3,))
    found = within(planner, Tier.MOVE, 5)
    assert [each.kind for each in found.plan.changes] == [ChangeKind.EVENT_SHORTEN]
    assert planner.asked[-1] == (Tier.SHORTEN, frozenset())
    assert len(planner.asked) <= limits.MOST_TRIES + 2


# --- kept -----------------------------------------------------------------------------------------


def test_a_plan_that_was_applied_counts_and_its_meetings_rest(world: World) -> None:
    """Seven people heard of three changes; the meetings stay as they are for four weeks."""
    write(world, *changes_of(world.calendar))
    _, bound = planned(world, Tier.MOVE)
    assert bound.spent == Spent(mails=7, requests=0)
    assert {"board", "budget", "staff"} <= bound.keep
    world.now = NOW + 4 * DAY
    _, bound = planned(world, Tier.MOVE)
    assert bound.spent == Spent(0, 0)
    assert {"board", "budget", "staff"} <= bound.keep


def _busy(world: World, mails: int) -> None:
    """Plans of this week have sent so many mails."""
    with world.database.transaction() as session:
        session.add(
            Disturbance(
                id=world.leader_id,
                leader_id=world.leader_id,
                kind="event.move",
                event="of another meeting",
                at=NOW - HOUR,
                mails=mails,
            )
        )


def test_a_real_plan_keeps_to_what_is_left(new_world) -> None:
    """Two meetings would change; the larger stays as it is once the week is nearly used up."""
    events = [
        each
        for day, people in ((24, 6), (26, 3))
        for each in (
            meeting(f"first-{day}", at(day, "10:00"), people),
            replace(meeting(f"then-{day}", at(day, "11:00"), 30), organizer=False),
            replace(meeting(f"third-{day}", at(day, "13:00"), 30), organizer=False),
        )
    ]
    world = new_world(tuple(events))
    world.calendar.mails = lambda change: change.people_told
    cheap = {"price_person": 0, "price_meeting": 0}
    world.choose(settings=LeaderSettings(time_zone="Europe/London", policy=cheap))
    free, _ = planned(world, Tier.SHORTEN)
    assert _meetings(free) == {"first-24", "first-26"}
    assert _notes(free) == []
    _busy(world, 35)
    less, bound = planned(world, Tier.SHORTEN)
    assert bound.spent.mails_left(POLICY) == 5
    assert _meetings(less) == {"first-26"}
    assert less.plan.proof.optimal
    assert _notes(less) == ["Plans may send 5 more mails this week, so fewer meetings change."]


def _meetings(found: Planned) -> set[str]:
    return {each.event_id or "" for each in found.plan.changes if not each.hold}


def _notes(found: Planned) -> list[str]:
    return [each for each in found.notes if each.startswith("Plans may send")]
