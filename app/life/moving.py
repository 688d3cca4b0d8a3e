"""A hold that somebody puts elsewhere: the times that are offered for it, and the move itself.

As with giving one up, the move is a plan of one change that is accepted in the same moment, for a
worker to carry out; it can be taken back like any other.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.deployment import Deployment
from app.life import diaries, lifting, releasing
from app.life.diaries import LeaderDiary
from app.life.errors import IsPaused
from app.life.lifting import NoHold
from app.life.releasing import Held
from app.life.states import Origin
from app.people.choices import zone_of
from app.people.history import LEADER, Actor
from app.services.errors import BadInput
from rules.change import Change, ChangeKind
from rules.diary import Day, Diary
from rules.event import Kind, Occurrence, ScoredAs
from rules.interval import Interval, subtract
from rules.language import later, text
from rules.outcome import after
from rules.policy import Policy
from rules.working_pattern import dates, local_date, monday

BOUND = frozenset({Kind.GAP, Kind.END_OF_DAY})
"""Kinds that lie where they do because of what they lie beside."""
_A_DAY, _MOST = 2, 6
_GRID = timedelta(minutes=30)
_DAY = timedelta(days=1)
_TAKEN = later("Something else is at that time. Choose another.")
_BESIDE = later("This hold belongs beside something, so it has no other time.")
_THERE = later("The hold is at that time already.")
_ELSEWHERE = later("This hold can be moved within its own week and the one after.")


@dataclass(frozen=True, slots=True)
class Place:
    """A time to which a hold can go. `missing` are the minutes that the week would lack more."""

    span: Interval
    missing: int


def places(deployment: Deployment, leader_id: str, hold: Held) -> tuple[Place, ...]:
    """Free times in the hold's own week that take it, the best first: none of them costs a promise
    that is kept now where one that does not is left, and the nearest comes first.

    None for a hold that belongs beside something. Raises ConnectorError and NoCalendar where the
    diary cannot be read.
    """
    if hold.kind in BOUND:
        return ()
    person = diaries.person_of(deployment, leader_id)
    start = monday(local_date(hold.span.start, zone_of(person.settings)))
    with diaries.opened(deployment, person, start, start + 7 * _DAY) as found:
        there = _event(found, hold)
        if there is None:
            return ()
        opened = found.opened
        return _best(opened.diary, opened.policy, opened.now, hold, there)


def _event(found: LeaderDiary, hold: Held) -> Occurrence | None:
    """The hold as the calendar shows it, None where it is no longer there."""
    return next(
        (
            each
            for each in found.opened.diary.occurrences
            if (each.hold, each.span) == (hold.kind, hold.span) and not each.all_day
        ),
        None,
    )


def _best(
    diary: Diary, policy: Policy, now: datetime, hold: Held, there: Occurrence
) -> tuple[Place, ...]:
    lacks = sum(lifting.lacking(diary, policy).values())
    found = []
    for span in _free(diary, now, hold, there):
        move = Change(ChangeKind.HOLD_MOVE, hold.span, span, there.id, hold.kind)
        lack = sum(lifting.lacking(after(diary, [move]), policy).values())
        found.append(Place(span, max(lack - lacks, 0)))
    return tuple(sorted(_few(found, diary, hold), key=lambda each: each.span))


def _few(found: list[Place], diary: Diary, hold: Held) -> Iterator[Place]:
    """A few of them, spread over the days."""
    day_of = diary.pattern.day_of
    own = day_of(hold.span.start)

    def key(each: Place) -> tuple[int, bool, timedelta]:
        far = abs(each.span.start - hold.span.start)
        return each.missing, day_of(each.span.start) != own, far

    kept: list[Place] = []
    for each in sorted(found, key=key):
        day = day_of(each.span.start)
        same = [one for one in kept if day_of(one.span.start) == day]
        apart = all(not one.span.overlaps(each.span) for one in same)
        if len(same) < _A_DAY and apart and len(kept) < _MOST:
            kept.append(each)
    yield from kept


def _free(diary: Diary, now: datetime, hold: Held, there: Occurrence) -> Iterator[Interval]:
    """Where the hold fits on the working days of its week, from now on, but for where it is."""
    length = hold.span.end - hold.span.start
    for date_ in dates(diary.start, diary.end):
        day = diary.day(date_)
        for free in _gaps(day, there):
            for start in _starts(free, length, now):
                span = Interval(start, start + length)
                if span != hold.span:
                    yield span


def _gaps(day: Day, there: Occurrence) -> list[Interval]:
    if day.window is None:
        return []
    taken = [
        each.span
        for each in (*day.appointments, *day.around)
        if each.id != there.id and each.scored_as is not ScoredAs.NONE
    ]
    return list(subtract([day.window.span], taken))


def _starts(free: Interval, length: timedelta, now: datetime) -> Iterator[datetime]:
    """The beginning of free time, each half hour in it, and the last moment at which it fits."""
    first = next(lifting.grid(free, length, now), None)
    if first is None:
        return
    wanted = {first, free.end - length}
    start = first + (datetime.min.replace(tzinfo=first.tzinfo) - first) % _GRID
    while start + length <= free.end:
        wanted.add(start)
        start += _GRID
    yield from sorted(each for each in wanted if each >= first)


def move_to(
    deployment: Deployment, leader_id: str, hold: Held, begin: datetime, by: Actor = LEADER
) -> str:
    """Have a hold begin at another time; the id of the plan by which it goes.

    Raises NoHold, IsPaused while nothing is written, BadInput for a time that is taken, over or
    far away, and ConnectorError and NoCalendar where the diary cannot be read.
    """
    person = diaries.person_of(deployment, leader_id)
    if person.rests(deployment.now()):
        raise IsPaused
    if hold.kind in BOUND:
        raise BadInput(text(_BESIDE))
    if abs(begin - hold.span.start) > 14 * _DAY:
        raise BadInput(text(_ELSEWHERE))
    to = Interval(begin, begin + (hold.span.end - hold.span.start))
    zone = zone_of(person.settings)
    if to == hold.span:
        raise BadInput(text(_THERE))
    start = monday(local_date(hold.span.start, zone))
    end = start + 14 * _DAY
    if not start <= local_date(to.start, zone) < end:
        raise BadInput(text(_ELSEWHERE))
    with diaries.opened(deployment, person, start, end) as found:
        there = _event(found, hold)
        if there is None:
            raise NoHold
        move = Change(ChangeKind.HOLD_MOVE, hold.span, to, there.id, hold.kind)
        then = {each.id: each for each in found.opened.diary.occurrences}
        if diaries.lying_at(then, move):
            raise BadInput(text(_TAKEN))
        asked = lifting.put(deployment, leader_id, hold.id, to, found.opened.diary, by)
    return releasing.by_hand(deployment, person, asked, Origin.MOVE, by)
