"""What the tests of people's doings share: a week of holds that Clearway wrote, and short words."""

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from app.life import applying, diaries, noticing, proposing
from app.life.bounds import Bounds, bounds, plan_within
from app.life.noticing import Noticed
from app.life.proposing import Wish
from app.life.states import Origin
from app.services.plan import Planned
from app.shapes import plan_hash
from app.storage import holds
from app.storage.tables import Hold
from rules.change import Change, ChangeKind
from rules.diary import Diary, in_order
from rules.event import Kind, Occurrence, ScoredAs
from rules.interval import Interval
from rules.planner.plan import Tier
from rules.working_pattern import WorkingPattern, parse_hours
from tests.life.worlds import END, LONDON, MONDAY, World, at

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
PATTERN = parse_hours("Mon-Fri 09:00-17:00", LONDON)
PROTECTED = at(23, "13:00", 120)
GAP = at(24, "11:00", 10)


def create(kind: Kind, when: Interval) -> Change:
    """A new hold."""
    return Change(ChangeKind.HOLD_CREATE, None, when, hold=kind)


def write(world: World, *changes: Change, origin: Origin = Origin.LIFT) -> None:
    """Have a plan of these changes applied, by default as a person asks of one hold."""
    plan_id = world.keep(changes, Wish(origin=origin))
    proposing.accept(world.deployment, world.leader_id, plan_id, plan_hash(changes))
    done = applying.apply(world.deployment, world.lease(), plan_id)
    assert done.state == "applied", done


def rows(world: World) -> list[Hold]:
    """The holds that Clearway believes to keep."""
    with world.database.transaction() as session:
        return list(holds.of_leader(session, world.leader_id))


def row_at(world: World, when: Interval) -> Hold:
    """The one at this time."""
    return next(each for each in rows(world) if each.starts_at == when.start)


def look(world: World, confirmed: Collection[str] = (), **changed: Any) -> Noticed:
    """Read the diary anew and notice what people did; `changed` is of the reading."""
    person = diaries.person_of(world.deployment, world.leader_id)
    with diaries.opened(world.deployment, person, MONDAY, END) as diary:
        seen = noticing.look_at(world.deployment, diary)
    return noticing.notice(world.deployment, world.lease(), replace(seen, **changed), confirmed)


def planned(world: World, tier: Tier = Tier.HOLDS) -> tuple[Planned, Bounds]:
    """A plan of the week within everything that binds it, and what that is."""
    person = diaries.person_of(world.deployment, world.leader_id)
    with diaries.opened(world.deployment, person, MONDAY, END) as diary:
        bound = bounds(world.deployment, person, diary.opened)
        return plan_within(diary.opened, tier, bound), bound


def placed(changes: Iterable[Change]) -> set[tuple[date, Kind]]:
    """The days on which holds are placed, with their kinds."""
    return {
        (each.after.start.date(), each.hold)
        for each in changes
        if each.hold and each.after and each.kind is not ChangeKind.HOLD_DELETE
    }


def diary_of(
    *occurrences: Occurrence,
    start: date = MONDAY,
    end: date = END,
    pattern: WorkingPattern = PATTERN,
) -> Diary:
    """A diary in no database."""
    return Diary(in_order(occurrences), pattern, start, end)


def invitation(uid: str, when: Interval, people: int = 3) -> Occurrence:
    """A meeting that somebody else calls."""
    return Occurrence(uid, when.start, when.end, ScoredAs.APPOINTMENT, other_people=people)


def utc(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    """A moment."""
    return datetime(year, month, day, hour, minute, tzinfo=UTC)
