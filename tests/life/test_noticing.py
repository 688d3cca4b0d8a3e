"""What people do to holds is noticed once, respected, and never guessed."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.connecting.opening import Connected
from app.life import applying, diaries, noticing
from app.life.noticing import Fate, Look, compare
from app.life.overrides import How
from app.people.history import What, page
from app.services.live import Live
from app.storage.leases import LostLease
from app.storage.tables import Hold
from connectors.caldav import Password, connect
from connectors.errors import Unreachable
from connectors.icalendar import Options
from rules.change import Change, ChangeKind
from rules.event import Kind, Occurrence, ScoredAs, ShowAs, Status
from rules.interval import Interval
from tests.contract.stage import ME
from tests.contract.stages.caldav import FEATURES, LOOPBACK, CalDavStage
from tests.life.people import (
    DAY,
    GAP,
    HOUR,
    PATTERN,
    PROTECTED,
    create,
    look,
    placed,
    planned,
    row_at,
    rows,
    write,
)
from tests.life.worlds import END, LONDON, MONDAY, NOW, WEEK, World, at
from tests.servers.fixtures import PASSWORD, on_sqlite

KEPT = (create(Kind.PROTECTED, PROTECTED), create(Kind.GAP, GAP))


@pytest.fixture
def held(world: World) -> World:
    """A leader with two holds that Clearway wrote."""
    write(world, *KEPT)
    return world


def _event(world: World, when: Interval) -> Occurrence:
    there = world.calendar.read(when).occurrences
    (found,) = [each for each in there if not each.all_day and each.span == when]
    return found


def _put(world: World, when: Interval, to: Interval) -> None:
    """Somebody drags a hold."""
    each = _event(world, when)
    world.calendar.edit(each.id, replace(each, start=to.start, end=to.end))


def test_nothing_happened(held: World) -> None:
    before = held.rows_of_holds()
    assert look(held).overrides == ()
    assert held.rows_of_holds() == before


def test_a_deleted_hold_is_not_put_back_that_day(held: World) -> None:
    """It is remembered, its row goes, and the next plan leaves the day to the leader."""
    held.calendar.edit(_event(held, PROTECTED).id, None)
    (found,) = look(held).overrides
    assert (found.day, found.kind, found.how, found.span) == (
        PROTECTED.start.date(),
        Kind.PROTECTED,
        How.DELETED,
        PROTECTED,
    )
    assert [each.kind for each in rows(held)] == ["gap"]
    plan, bound = planned(held)
    assert (found.day, Kind.PROTECTED) in bound.unwanted
    there = placed(plan.plan.changes)
    assert (found.day, Kind.PROTECTED) not in there
    assert (found.day + 2 * DAY, Kind.PROTECTED) in there
    assert plan.plan.proof.optimal


def test_it_is_noticed_once(held: World) -> None:
    """Looking again finds nothing new, and the history tells of it once, without a word of it."""
    held.calendar.edit(_event(held, PROTECTED).id, None)
    assert len(look(held).overrides) == 1
    assert look(held).overrides == ()
    (entry,) = page(held.deployment, held.leader_id, what=[What.OVERRIDE_NOTICED]).entries
    assert dict(entry.details) == {"kind": "protected", "how": "deleted", "day": "2026-11-23"}


def test_a_dragged_hold_is_firm_where_it_is(held: World) -> None:
    """Its row follows, and no plan moves it back or adds to it that day."""
    there = at(23, "09:30", 60)
    _put(held, PROTECTED, there)
    (found,) = look(held).overrides
    assert (found.how, found.span) == (How.MOVED, PROTECTED)
    row = row_at(held, there)
    assert (row.ends_at, row.firm) == (there.end, True)
    plan, bound = planned(held)
    assert _event(held, there).id in bound.keep
    assert (found.day, Kind.PROTECTED) not in placed(plan.plan.changes)
    assert _event(held, there).id not in {each.event_id for each in plan.plan.changes}


@on_sqlite
def test_it_may_be_dragged_again_and_deleted_in_the_end(held: World) -> None:
    first, second = at(23, "09:30", 120), at(24, "13:00", 120)
    _put(held, PROTECTED, first)
    assert [each.how for each in look(held).overrides] == [How.MOVED]
    _put(held, first, second)
    assert [(each.how, each.span) for each in look(held).overrides] == [(How.MOVED, first)]
    held.calendar.edit(_event(held, second).id, None)
    assert [(each.how, each.span) for each in look(held).overrides] == [(How.DELETED, second)]
    assert [each.kind for each in rows(held)] == ["gap"]


@on_sqlite
def test_a_hold_that_is_put_to_another_use_is_given_up(world: World) -> None:
    """Shown as free, cancelled, made all-day, or no hold any more."""
    uses: tuple[dict[str, Any], ...] = (
        {"show_as": ShowAs.FREE, "scored_as": ScoredAs.NONE},
        {"status": Status.CANCELLED, "scored_as": ScoredAs.NONE},
        {"start": MONDAY, "end": MONDAY + DAY, "scored_as": ScoredAs.NONE},
        {"kind": None, "scored_as": ScoredAs.OWN_TIME},
    )
    times = [at(23, f"{10 + number}:00", 10) for number in range(len(uses))]
    write(world, *(create(Kind.GAP, each) for each in times))
    for when, changed in zip(times, uses, strict=True):
        each = _event(world, when)
        world.calendar.edit(each.id, replace(each, **changed))
    assert [each.how for each in look(world).overrides] == [How.DELETED] * len(uses)
    assert look(world).overrides == ()


@on_sqlite
def test_a_hold_that_somebody_repeats_is_still_the_hold(held: World) -> None:
    """It has another id as the first of a series."""
    each = _event(held, PROTECTED)
    held.calendar.edit(each.id, None)
    for number in range(3):
        start = each.span.start + number * 7 * DAY
        one = replace(each, start=start, end=start + 2 * HOUR, recurrence_id=start)
        held.calendar.edit(one.id, one)
    assert look(held).overrides == ()


@on_sqlite
def test_a_calendar_or_days_that_were_not_read_say_nothing(held: World) -> None:
    """One that cannot be reached is not empty."""
    held.calendar.edit(_event(held, PROTECTED).id, None)
    assert look(held, connections=frozenset()).overrides == ()
    assert look(held, window=Interval(GAP.start, GAP.end)).overrides == ()
    assert len(rows(held)) == 2
    assert len(look(held).overrides) == 1


@on_sqlite
def test_a_calendar_that_suddenly_reads_empty_is_doubted(held: World) -> None:
    """A fault looks the same: nothing is remembered until a person says that it is right."""
    for each in held.calendar.read(WEEK).occurrences:
        held.calendar.edit(each.id, None)
    found = look(held)
    assert found.overrides == ()
    assert found.doubtful == {held.connection_id}
    assert len(rows(held)) == 2
    (doubted,) = found.doubtful
    found = look(held, confirmed={doubted})
    assert [each.how for each in found.overrides] == [How.DELETED, How.DELETED]


@on_sqlite
def test_what_has_passed_is_no_override(held: World) -> None:
    """Whoever tidies up last week gives nothing up."""
    held.now = PROTECTED.end
    held.calendar.edit(_event(held, PROTECTED).id, None)
    assert look(held).overrides == ()


@on_sqlite
def test_what_clearway_moves_and_removes_is_no_override(held: World) -> None:
    """Its own plans are no person's doing, whenever the look comes."""
    event = _event(held, PROTECTED)
    moved = Change(ChangeKind.HOLD_MOVE, PROTECTED, at(23, "15:00", 120), event.id, Kind.PROTECTED)
    gap = _event(held, GAP)
    write(held, moved, Change(ChangeKind.HOLD_DELETE, GAP, None, gap.id, Kind.GAP))
    assert look(held).overrides == ()


@on_sqlite
def test_a_step_of_unknown_outcome_is_no_override(held: World) -> None:
    """The calendar made the change and its answer was lost: the row is behind, not the person."""
    event = _event(held, PROTECTED)
    to = at(23, "15:00", 120)
    plan_id = held.accepted([Change(ChangeKind.HOLD_MOVE, PROTECTED, to, event.id, Kind.PROTECTED)])
    held.calendar.after_make = _fail
    applying.apply(held.deployment, held.lease(), plan_id)
    assert _event(held, to).id == event.id
    assert look(held).overrides == ()
    held.alive()
    assert applying.apply(held.deployment, held.lease(), plan_id).state == "applied"
    assert look(held).overrides == ()
    assert not row_at(held, to).firm


def _fail(change: Change) -> None:
    raise Unreachable("no answer")


def test_whoever_lost_the_lease_notices_nothing(held: World) -> None:
    held.calendar.edit(_event(held, PROTECTED).id, None)
    person = diaries.person_of(held.deployment, held.leader_id)
    with diaries.opened(held.deployment, person, MONDAY, END) as diary:
        seen = noticing.look_at(held.deployment, diary)
    old = held.lease()
    held.lease()
    with pytest.raises(LostLease):
        noticing.notice(held.deployment, old, seen)
    assert len(rows(held)) == 2
    assert len(look(held).overrides) == 1


# --- with an ordinary CalDAV client ---------------------------------------------------------------


@pytest.fixture
def radicale_world(database, radicale, request, monkeypatch):
    """A leader whose calendar is on a real server, and what other programs do there."""
    stage = CalDavStage(radicale, request.addfinalizer)
    # what it does as a calendar, the server does
    calendar: Any = stage.diary
    world = World(database, calendar)

    def afresh(viewer):
        return connect(
            radicale.url + stage.path,
            Password("leader", PASSWORD),
            Options(me=[ME], zone=LONDON),
            private=LOOPBACK,
            features=FEATURES["radicale"],
            transport=httpx.HTTPTransport(verify=False),
        )

    found = (Connected(world.connection_id, Live(afresh)),)
    monkeypatch.setattr(diaries, "connected", lambda deployment, leader_id, *_: found)
    write(world, *KEPT)
    return world, stage


def _uid(world: World, when: Interval) -> str:
    contents = world.database.vault.open(row_at(world, when).contents)
    return contents["event_id"]


@on_sqlite
def test_a_client_deletes_and_drags_on_a_real_server(radicale_world) -> None:
    """Plain requests of another program, and nothing is put back."""
    world, stage = radicale_world
    assert look(world).overrides == ()
    there = at(24, "15:00", 10)
    stage.retime(_uid(world, GAP), there)
    stage.remove(_uid(world, PROTECTED))
    found = {(each.kind, each.how) for each in look(world).overrides}
    assert found == {(Kind.PROTECTED, How.DELETED), (Kind.GAP, How.MOVED)}
    assert row_at(world, there).firm
    plan, bound = planned(world)
    assert not placed(plan.plan.changes) & bound.unwanted
    assert look(world).overrides == ()
    stage.remove(_uid(world, there))
    then = look(world)
    assert not then.overrides
    assert then.doubtful == {world.connection_id}


# --- as values ------------------------------------------------------------------------------------

_FATES = st.sampled_from(["stands", "moved", "gone", "busy", "far", "unread"])


@given(st.lists(_FATES, max_size=12))
def test_each_hold_is_judged_by_itself(fates: list[str]) -> None:
    """Whatever became of the others."""
    known, events, busy = [], {}, set()
    for number, fate in enumerate(fates):
        start = NOW + timedelta(days=60 if fate == "far" else 2, hours=number)
        row = Hold(
            id=str(number),
            event=f"print-{number}",
            kind="gap",
            connection_id="other" if fate == "unread" else "read",
            starts_at=start,
            ends_at=start + HOUR,
        )
        known.append(row)
        if fate == "busy":
            busy.add(row.event)
        if fate in ("stands", "moved"):
            begin = start if fate == "stands" else start + 3 * DAY
            events[row.event] = Occurrence(
                row.event, begin, begin + HOUR, ScoredAs.HOLD, kind=Kind.GAP
            )
    seen = Look(
        window=Interval(NOW, NOW + 30 * DAY),
        connections=frozenset({"read"}),
        empty=frozenset(),
        events=events,
        pattern=PATTERN,
        now=NOW,
    )
    expected = {"moved": Fate.MOVED, "gone": Fate.GONE}
    assert [each.fate for each in compare(known, seen, busy)] == [
        expected.get(fate, Fate.STANDS) for fate in fates
    ]
