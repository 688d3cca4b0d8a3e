"""A leader with a calendar, and a worker that can die anywhere.

The calendar is a diary in memory that outlives every worker, as a server does. It knows a change
again only by what is there, as CalDAV does, so that nothing rests on a server's memory. What the
tests compare is read from it, never from Clearway's own tables.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from app.config import Settings
from app.connecting import opening
from app.connecting.opening import Connected
from app.deployment import Deployment
from app.life import diaries, proposing, records
from app.life.proposing import Wish
from app.life.records import Contents
from app.people.settings import LeaderSettings, Mode
from app.services.live import Live
from app.services.plan import Planned
from app.shapes import plan_hash
from app.storage import leases
from app.storage.database import Database
from app.storage.leases import Lease
from app.storage.tables import Base, Connection, Disturbance, Hold, Leader, Mailbox
from connectors.base import Ability, Made, Reading
from connectors.memory import MemoryDiary
from rules.change import Agreement, Change, ChangeKind
from rules.event import Kind, Occurrence, ScoredAs
from rules.interval import Interval
from rules.outcome import after as outcome
from rules.policy import Policy

LONDON = ZoneInfo("Europe/London")
NOW = datetime(2026, 11, 19, 9, tzinfo=UTC)
MONDAY = date(2026, 11, 23)
END = date(2026, 11, 28)
WEEK = Interval(datetime(2026, 11, 22, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC))
Picture = list[tuple[str, str]]


def at(day: int, clock: str, minutes: int = 60) -> Interval:
    """So many minutes from a time of that day of November on."""
    hour, minute = clock.split(":")
    start = datetime(2026, 11, day, int(hour), int(minute), tzinfo=UTC)
    return Interval(start, start + timedelta(minutes=minutes))


def meeting(uid: str, when: Interval, people: int = 2) -> Occurrence:
    """A meeting that the leader calls."""
    return Occurrence(
        uid, when.start, when.end, ScoredAs.APPOINTMENT, organizer=True, other_people=people
    )


def hold(uid: str, kind: Kind, when: Interval) -> Occurrence:
    """A hold of ours."""
    return Occurrence(uid, when.start, when.end, ScoredAs.HOLD, organizer=True, kind=kind)


class Calendar(MemoryDiary):
    """A calendar that tells who is invited of every change, and lists whom it told what."""

    abilities = MemoryDiary.abilities | {Ability.TELLS_PEOPLE}

    def __init__(self, events: Sequence[Occurrence] = ()) -> None:
        super().__init__((), LONDON)
        for each in events:
            self.edit(each.id, each)
        self.told: list[tuple[str, str]] = []
        self.before_make: Callable[[Change], None] = lambda change: None
        self.after_make: Callable[[Change], None] = lambda change: None
        self.before_read: Callable[[], None] = lambda: None

    def read(self, window: Interval) -> Reading:
        """As the diary in memory, or with trouble first."""
        self.before_read()
        return super().read(window)

    def make(self, change: Change, *, key: str, stamp: datetime) -> Made:
        """Make a change, with trouble before it or after it has been made."""
        self.before_make(change)
        made = self._known(change, key) or self._tell(super().make(change, key=key, stamp=stamp))
        self._made.clear()
        self.after_make(change)
        return made

    def close(self) -> None:
        """Nothing to let go of."""

    def _known(self, change: Change, key: str) -> Made | None:
        if change.kind is ChangeKind.HOLD_CREATE:
            known = self._events.get(f"hold-{key}")
        else:
            known = self._named(change.event_id or "")[0]
        again = change.kind is ChangeKind.HOLD_CREATE or (known and known.span == change.after)
        return Made(change, known.id, known.version) if known is not None and again else None

    def _tell(self, made: Made) -> Made:
        known = self._events.get(made.event_id)
        people = 0 if known is None or known.hold else known.other_people
        self.told += [(made.event_id, say(made.change.after))] * people
        return made

    def picture(self) -> Picture:
        """Everything in it: meetings by name, holds by kind, with their times."""
        return picture(
            *((each.hold or each.uid, each.span) for each in self._events.values() if each.uid)
        )


def say(span: Interval | None) -> str:
    """A time in one word."""
    return "" if span is None else f"{span.start:%a %H:%M}-{span.end:%a %H:%M}"


class Death(BaseException):
    """The process is gone from one moment to the next."""


@dataclass
class Points:
    """Counts the moments at which a process could die, and lets it die at one of them."""

    last: int | None = None
    count: int = 0

    def reach(self) -> None:
        """One more moment."""
        self.count += 1
        if self.count == self.last:
            raise Death


class Mortal(Database):
    """A database that a process may lose itself before or after each commit."""

    points: Points

    @classmethod
    def of(cls, database: Database, points: Points) -> "Mortal":
        """The same database for a process that may die."""
        made = cls(database.engine, database.vault, database._sessions)
        object.__setattr__(made, "points", points)
        return made

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """A transaction with a moment to die on either side of its end."""
        with super().transaction() as session:
            yield session
            self.points.reach()
        self.points.reach()


_AHEAD = timedelta(weeks=13)


@dataclass
class World:
    """One leader with one calendar, in a database that others use as well."""

    database: Database
    calendar: Calendar
    now: datetime = NOW
    leader_id: str = field(default_factory=lambda: uuid4().hex)
    connection_id: str = field(default_factory=lambda: uuid4().hex)

    def __post_init__(self) -> None:
        self.deployment = Deployment(
            Settings(), self.database, self.database.fingerprints(), lambda: self.now
        )
        with self.database.transaction() as session:
            session.add(
                Leader(
                    id=self.leader_id,
                    identity=self.leader_id,
                    joined_at=NOW,
                    settings=self.seal(LeaderSettings(time_zone="Europe/London").to_json()),
                    mode=Mode.PROPOSE.value,
                    mode_since=NOW,
                )
            )
            session.flush()
            session.add(Mailbox(leader_id=self.leader_id, poll_at=NOW))
            session.add(
                Connection(
                    id=self.connection_id,
                    leader_id=self.leader_id,
                    provider="caldav",
                    state="active",
                    state_since=NOW,
                    connected_at=NOW,
                    credentials=self.seal({}),
                    calendars=self.seal([]),
                )
            )

    def seal(self, value: object):
        return self.database.vault.seal(value)

    def choose(self, mode: Mode = Mode.PROPOSE, settings: LeaderSettings | None = None) -> None:
        """What the leader chose."""
        chosen = settings or LeaderSettings(time_zone="Europe/London")
        with self.database.transaction() as session:
            session.execute(
                update(Leader)
                .where(Leader.id == self.leader_id)
                .values(mode=mode.value, settings=self.seal(chosen.to_json()))
            )

    def rest(self, **values: datetime | None) -> None:
        """The leader is paused or leaves."""
        with self.database.transaction() as session:
            session.execute(update(Leader).where(Leader.id == self.leader_id).values(**values))

    def mortal(self, points: Points) -> Deployment:
        """A process of this installation that may die, at the calendar too."""
        self.calendar.before_make = self.calendar.after_make = lambda change: points.reach()
        self.calendar.before_read = points.reach
        return replace(self.deployment, database=Mortal.of(self.database, points))

    def free(self) -> None:
        """Whoever held the lease is dead, and its time is over."""
        with self.database.transaction() as session:
            session.execute(
                update(Mailbox)
                .where(Mailbox.leader_id == self.leader_id)
                .values(leased_until=None, holder=None)
            )

    def lease(self) -> Lease:
        """The lease, by whomever it was held."""
        self.free()
        with self.database.transaction() as session:
            taken = leases.take(session, self.leader_id, "a test")
        assert taken is not None
        return taken

    def alive(self) -> None:
        """The calendar works as it should again."""
        self.calendar.before_make = self.calendar.after_make = lambda change: None
        self.calendar.before_read = lambda: None

    def keep(self, changes: Sequence[Change], wish: Wish | None = None) -> str:
        """A plan of these changes, proposed."""
        plan_id = uuid4().hex
        contents = self.contents(changes)
        lease = self.lease()
        with self.database.transaction() as session:
            proposing.keep(
                self.deployment, session, lease, plan_id, contents, Policy(), wish or Wish()
            )
        return plan_id

    def contents(self, changes: Sequence[Change]) -> Contents:
        person = diaries.person_of(self.deployment, self.leader_id)
        with diaries.opened(self.deployment, person, MONDAY, END) as diary:
            then = {each.id: each for each in outcome(diary.opened.diary, changes).occurrences}
        private = any(map(records.is_private, changes))
        return Contents(
            hash=plan_hash(changes),
            changes=tuple(changes),
            start=MONDAY,
            end=END,
            basis=diaries.basis(self.deployment, person.settings, private=private),
            beside=tuple(diaries.lying_at(then, each) for each in changes),
        )

    def best(self, wish: Wish) -> Planned:
        """The best plan of the weeks ahead, whoever may see it."""
        person = diaries.person_of(self.deployment, self.leader_id)
        with diaries.opened(self.deployment, person, MONDAY, MONDAY + _AHEAD) as diary:
            return proposing.plan_for(self.deployment, person, diary, wish)

    def accepted(self, changes: Sequence[Change]) -> str:
        """A plan of these changes that the leader said yes to."""
        plan_id = self.keep(changes)
        proposing.accept(self.deployment, self.leader_id, plan_id, plan_hash(changes))
        return plan_id

    def kept(self, plan_id: str) -> records.Kept:
        return records.load(self.deployment, self.leader_id, plan_id)

    def counted(self) -> int:
        """Mails that the limits know of."""
        with self.database.transaction() as session:
            found = select(Disturbance.mails).where(Disturbance.leader_id == self.leader_id)
            return sum(session.scalars(found))

    def forget(self, table: type[Base]) -> None:
        """Take away this leader's rows of a table."""
        with self.database.transaction() as session:
            session.execute(delete(table).where(table.__table__.c.leader_id == self.leader_id))

    def rows_of_holds(self) -> Picture:
        """The holds that Clearway believes to keep, as the calendar's picture has them."""
        with self.database.transaction() as session:
            rows = session.scalars(select(Hold).where(Hold.leader_id == self.leader_id)).all()
        return picture(*((each.kind, Interval(each.starts_at, each.ends_at)) for each in rows))


def connect_worlds(monkeypatch, *worlds: World) -> None:
    """Let each leader's calendar be found, in place of one on a server."""
    by_leader = {each.leader_id: each for each in worlds}

    def connected(deployment: Deployment, leader_id: str, *_: object) -> tuple[Connected, ...]:
        world = by_leader.get(leader_id)
        if world is None:
            return ()
        return (Connected(world.connection_id, Live(lambda viewer: world.calendar)),)

    for place in (diaries, opening):
        monkeypatch.setattr(place, "connected", connected)


# --- a plan with every kind of change ------------------------------------------------------------

EVENTS = (
    meeting("board", at(24, "10:00"), 3),
    meeting("budget", at(24, "11:00"), 2),
    meeting("staff", at(25, "14:00"), 2),
    hold("old-gap", Kind.GAP, at(23, "09:00", 10)),
    hold("old-time", Kind.PROTECTED, at(26, "09:00", 120)),
    meeting("theirs", at(27, "09:00")),
)


def changes_of(calendar: Calendar) -> tuple[Change, ...]:
    """Of every kind; `budget` goes where `board` was, which therefore goes first."""
    known = {each.uid: each for each in calendar.read(WEEK).occurrences}

    def change(kind: ChangeKind, uid: str, after: Interval | None) -> Change:
        one = known[uid]
        return Change(
            kind,
            one.span,
            after,
            one.id,
            hold=one.hold,
            version=one.version,
            people_told=one.other_people,
            mails=0 if one.hold else one.other_people,
            agreement=Agreement.FREE if kind is ChangeKind.EVENT_MOVE else None,
        )

    return (
        change(ChangeKind.HOLD_DELETE, "old-gap", None),
        Change(ChangeKind.HOLD_CREATE, None, at(23, "13:00", 120), hold=Kind.PROTECTED),
        change(ChangeKind.EVENT_MOVE, "budget", at(24, "10:00")),
        Change(ChangeKind.HOLD_CREATE, None, at(24, "11:00", 10), hold=Kind.GAP),
        change(ChangeKind.EVENT_MOVE, "board", at(24, "15:00")),
        change(ChangeKind.EVENT_SHORTEN, "staff", at(25, "14:00", 50)),
        change(ChangeKind.HOLD_MOVE, "old-time", at(26, "13:00", 120)),
    )


def picture(*entries: tuple[str, Interval]) -> Picture:
    """What a calendar should hold, written by hand."""
    return sorted((str(name), say(when)) for name, when in entries)


BEFORE = picture(
    ("board", at(24, "10:00")),
    ("budget", at(24, "11:00")),
    ("staff", at(25, "14:00")),
    ("gap", at(23, "09:00", 10)),
    ("protected", at(26, "09:00", 120)),
    ("theirs", at(27, "09:00")),
)
AFTER = picture(
    ("protected", at(23, "13:00", 120)),
    ("gap", at(24, "11:00", 10)),
    ("budget", at(24, "10:00")),
    ("board", at(24, "15:00")),
    ("staff", at(25, "14:00", 50)),
    ("protected", at(26, "13:00", 120)),
    ("theirs", at(27, "09:00")),
)
TOLD = {
    ("board", say(at(24, "15:00"))): 3,
    ("budget", say(at(24, "10:00"))): 2,
    ("staff", say(at(25, "14:00", 50))): 2,
}
TOLD_BACK = {
    ("board", say(at(24, "10:00"))): 3,
    ("budget", say(at(24, "11:00"))): 2,
    ("staff", say(at(25, "14:00"))): 2,
}
