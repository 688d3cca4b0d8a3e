"""A leader's whole diary, from every connection, with the leader's own hours and settings."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any, Protocol

from app.connecting.connections import connections
from app.connecting.opening import connected
from app.connecting.states import USABLE
from app.deployment import Deployment
from app.life.errors import NoCalendar, NoPlan
from app.life.reasons import Reason
from app.people.choices import files_of
from app.people.settings import LeaderSettings, Mode
from app.services.read import Ask, OpenDiary, read
from app.storage import Session, people
from app.storage.tables import Leader
from connectors.base import Ability, Made
from connectors.errors import SignInNeeded
from rules.change import Change, ChangeKind
from rules.event import Kind, Occurrence, ScoredAs
from rules.planner.cadences import weeks_ahead
from rules.policy import Policy


class Writer(Protocol):
    """A calendar that takes changes (`connectors.base.DiaryWriter`)."""

    def make(self, change: Change, *, key: str, stamp: datetime) -> Made:
        """Make a change whose event still is what the plan saw."""
        ...


@dataclass(frozen=True, slots=True)
class Person:
    """A leader as far as plans are concerned."""

    id: str
    settings: LeaderSettings = field(repr=False)
    mode: Mode
    paused_until: datetime | None
    leaving: bool

    def rests(self, now: datetime) -> bool:
        """Whether nothing is to be done for the leader."""
        return self.leaving or (self.paused_until is not None and now < self.paused_until)


@dataclass(frozen=True, slots=True)
class LeaderDiary:
    """An open diary, and by which connection each of its calendars is reached, in their order."""

    opened: OpenDiary
    connections: tuple[str, ...]

    @property
    def events(self) -> Mapping[str, Occurrence]:
        """What was read, by id."""
        return {each.id: each for each in self.opened.diary.occurrences}

    def holding(self, change: Change) -> str | None:
        """The connection that a change goes to, None where there is none for it.

        A new hold goes to the first calendar that takes holds.
        """
        if change.kind is not ChangeKind.HOLD_CREATE:
            number = self.opened.holders.get(change.event_id or "")
            return None if number is None else self.connections[number]
        for connection_id, diary in zip(self.connections, self.opened.live, strict=True):
            if Ability.HOLDS in diary.abilities:
                return connection_id
        return None

    def writer(self, connection_id: str) -> Writer | None:
        """The calendar of a connection, None where it is no longer connected or cannot be written."""
        for each, diary in zip(self.connections, self.opened.live, strict=True):
            if each == connection_id and Ability.HOLDS in diary.abilities:
                writer: Any = diary  # its abilities say what it can do
                return writer  # type: ignore[no-any-return]  # see above
        return None


@contextmanager
def opened(
    deployment: Deployment, person: Person, start: date, end: date, *, whole: bool = True
) -> Iterator[LeaderDiary]:
    """A leader's diary over some local days, read now and closed with the block.

    It is the whole of it, unless what can be reached will do. Raises ConnectorError where a
    calendar cannot be read or waits for the leader, and NoCalendar where none is connected.
    """
    settings = person.settings
    known = connections(deployment, person.id)
    trouble = next((each.trouble for each in known if each.state not in USABLE), None)
    places = connected(deployment, person.id, known)
    if trouble is not None and (whole or not places):
        raise SignInNeeded(trouble.sentence)
    if not places:
        raise NoCalendar
    ask = Ask(
        now=deployment.now(),
        me=settings.addresses,
        start=start,
        end=end,
        files=files_of(settings),
    )
    found = read((), ask, deployment.settings, [each.live for each in places])
    try:
        yield LeaderDiary(found, tuple(each.connection_id for each in places))
    finally:
        found.close()


def without_check_ins(found: LeaderDiary) -> LeaderDiary:
    """The diary as whoever acts for the leader may know it: no check-in is asked for.

    Those that are there are private time like any other.
    """
    policy = public_policy(found.opened.policy)
    return replace(found, opened=replace(found.opened, policy=policy))


def public_policy(policy: Policy) -> Policy:
    """The same for everybody whose wishes for check-ins differ, its version too."""
    return replace(policy, check_in_weeks=0, check_in_minutes=Policy().check_in_minutes)


def is_for_leader(event: Occurrence) -> bool:
    """Whether whoever acts for the leader may know no more of an event than that it takes time."""
    return event.hold is Kind.CHECK_IN or (event.private and event.hold is None)


def opaque(deployment: Deployment, leader_id: str, event_id: str) -> str:
    """An id in place of one that can tell what an event is: Clearway's holds have ids of a kind."""
    return f"private-{deployment.fingerprints.of('private', leader_id, event_id)[:32]}"


def ahead(policy: Policy) -> timedelta:
    """How far ahead a diary is looked at: as far as holds of any kind are placed."""
    return timedelta(weeks=max(policy.protected_weeks, weeks_ahead(policy)))


def person_of(deployment: Deployment, leader_id: str) -> Person:
    """A leader by id. Raises NoPlan for one who is not there (any more)."""
    with deployment.database.transaction() as session:
        return person_in(deployment, session, leader_id)


def person_in(deployment: Deployment, session: Session, leader_id: str) -> Person:
    """The same within a transaction. Raises NoPlan."""
    row = people.leader(session, leader_id)
    if row is None:
        raise NoPlan
    return as_person(deployment, row)


def as_person(deployment: Deployment, row: Leader) -> Person:
    """A leader's row as a value."""
    return Person(
        id=row.id,
        settings=LeaderSettings.from_json(deployment.database.vault.open(row.settings)),
        mode=Mode(row.mode),
        paused_until=row.paused_until,
        leaving=row.leaving_at is not None,
    )


def basis(deployment: Deployment, settings: LeaderSettings, *, private: bool) -> str:
    """The fingerprint of those settings that a plan rests on: others may change meanwhile.

    What the leader wishes of check-ins bears on plans of check-ins alone, which are `private`.
    """
    chosen = (settings if private else settings.without_check_ins()).to_json()
    rests_on = ("addresses", "time_zone", "hours", "nation", "days_off", "policy", "never")
    text = json.dumps({name: chosen[name] for name in rests_on}, sort_keys=True, default=str)
    return deployment.fingerprints.of("settings", text)


# --- whether the diary still is what a plan saw ---------------------------------------------------


def lying_at(occurrences: Mapping[str, Occurrence], change: Change) -> frozenset[str]:
    """The ids of what takes time where a change puts its event, but for that event itself."""
    if change.after is None:
        return frozenset()
    return frozenset(
        each.id
        for each in occurrences.values()
        if not each.all_day
        and each.scored_as is not ScoredAs.NONE
        and each.id != change.event_id
        and not _is_new(each, change)
        and each.span.overlaps(change.after)
    )


def _is_new(each: Occurrence, change: Change) -> bool:
    """Whether this is the very hold that the change makes, as `rules.outcome` shows it."""
    new = change.kind is ChangeKind.HOLD_CREATE and each.uid.startswith("new ")
    return new and each.kind is change.hold and each.span == change.after


def event_trouble(
    events: Mapping[str, Occurrence], change: Change, *, exactly: bool = False
) -> Reason | None:
    """Why the event of a change is not where the plan saw it, or `exactly` as it saw it."""
    if change.kind is ChangeKind.HOLD_CREATE:
        return None
    known = events.get(change.event_id or "")
    if known is None:
        return Reason.GONE
    if known.all_day or known.span != change.before:
        return Reason.CHANGED
    edited = exactly and change.version not in ("", known.version)
    return Reason.CHANGED if edited else None


def as_made(events: Mapping[str, Occurrence], change: Change) -> Made | None:
    """What was made of a change, by what the calendar shows; None where it was not.

    A hold of the kind at the very time of a new one is taken for that one.
    """
    event_id = change.event_id or ""
    known = events.get(event_id)
    if change.after is None:
        return Made(change, event_id, "") if known is None else None
    there = events.values() if change.kind is ChangeKind.HOLD_CREATE else filter(None, [known])
    for each in there:
        if not each.all_day and (each.span, each.hold) == (change.after, change.hold):
            return Made(change, each.id, each.version)
    return None


def standing(events: Mapping[str, Occurrence], made: Made) -> bool:
    """Whether the calendar shows what was made."""
    change = made.change
    if change.after is None:
        return made.event_id not in events
    return any(
        not each.all_day and each.span == change.after
        for each in events.values()
        if made.event_id in (each.id, each.uid) and each.hold == change.hold
    )
