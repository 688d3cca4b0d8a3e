"""What plans leave alone: what the leader locked, what was set by hand, what changed of late.

A lock is of one meeting or of a whole series. Kept are its fingerprint, by which the event is known
again, and its id under seal, for the leader's own page.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import uuid4

from app.deployment import Deployment
from app.life import diaries
from app.life.journal import event_print
from app.people.history import LEADER, Actor, What, record
from app.services.errors import ServiceError
from app.storage import Session, holds, tables
from app.storage import locks as stored
from rules.event import Occurrence
from rules.language import text


class NoMeeting(ServiceError):
    """There is no such meeting in the diary."""

    def __init__(self) -> None:
        super().__init__(text("There is no such meeting in these weeks; look at your diary again."))


class NoLock(ServiceError):
    """There is no such lock of this leader."""

    def __init__(self) -> None:
        super().__init__(text("There is no such lock; it may have been taken away."))


class Scope(StrEnum):
    """How much is locked."""

    MEETING = "meeting"
    SERIES = "series"


@dataclass(frozen=True, slots=True)
class Lock:
    """A meeting or series that stays as it is. `event_id` is its id, or the UID of the series.

    It is `private` where only the leader may know what is locked.
    """

    id: str
    scope: Scope
    at: datetime
    event_id: str = field(repr=False)
    private: bool = True


def lock(
    deployment: Deployment,
    leader_id: str,
    occurrence: Occurrence,
    scope: Scope = Scope.MEETING,
    by: Actor = LEADER,
) -> Lock:
    """Leave a meeting, or all of its series, as it is from now on; doing it twice changes nothing."""
    event_id = occurrence.uid if scope is Scope.SERIES else occurrence.id
    row = tables.Lock(
        id=uuid4().hex,
        leader_id=leader_id,
        event=event_print(deployment, event_id),
        scope=scope.value,
        at=deployment.now(),
        contents=deployment.database.vault.seal(
            {"event_id": event_id, "private": diaries.is_for_leader(occurrence)}
        ),
    )

    def work(session: Session) -> Lock:
        known = stored.of_event(session, leader_id, row.event)
        if known is not None:
            return _value(deployment, known)
        if stored.add(session, row):
            record(deployment, session, leader_id, What.LOCKED, by, scope=scope.value)
        return _value(deployment, stored.of_event(session, leader_id, row.event) or row)

    return deployment.database.persist(work)


def unlock(deployment: Deployment, leader_id: str, lock_id: str, by: Actor = LEADER) -> None:
    """Let plans change it again. Raises NoLock."""
    with deployment.database.transaction() as session:
        if not stored.remove(session, leader_id, lock_id):
            raise NoLock
        record(deployment, session, leader_id, What.UNLOCKED, by)


def locks(deployment: Deployment, leader_id: str) -> tuple[Lock, ...]:
    """What a leader locked, the oldest first."""
    with deployment.database.transaction() as session:
        return tuple(_value(deployment, each) for each in stored.of_leader(session, leader_id))


def _value(deployment: Deployment, row: tables.Lock) -> Lock:
    contents = deployment.database.vault.open(row.contents)
    # older rows do not say, and what nobody knows is not told
    private = contents.get("private", True)
    return Lock(row.id, Scope(row.scope), row.at, contents["event_id"], private)


def find_meeting(occurrences: Iterable[Occurrence], event_id: str) -> Occurrence:
    """The occurrence with this id, or the first of the series with this UID. Raises NoMeeting."""
    several = tuple(occurrences)
    for each in several:
        if each.id == event_id:
            return each
    for each in several:
        if each.uid == event_id:
            return each
    raise NoMeeting


# --- what a plan keeps --------------------------------------------------------------------------


def kept(
    deployment: Deployment, leader_id: str, occurrences: Iterable[Occurrence], rested: Iterable[str]
) -> frozenset[str]:
    """The ids of what stays as it is in a plan.

    That is what is locked, holds that are firm because somebody set them by hand, and meetings
    with a fingerprint in `rested` (`app.life.limits.rested`).
    """
    with deployment.database.transaction() as session:
        locked = {each.event for each in stored.of_leader(session, leader_id)}
        firm = {each.event for each in holds.of_leader(session, leader_id) if each.firm}
    return having(deployment, occurrences, {*locked, *firm, *rested})


def having(
    deployment: Deployment, occurrences: Iterable[Occurrence], events: Iterable[str]
) -> frozenset[str]:
    """The ids of occurrences whose own fingerprint, or that of whose series, is among these."""
    wanted = frozenset(events)
    return frozenset(
        each.id
        for each in occurrences
        if event_print(deployment, each.id) in wanted or event_print(deployment, each.uid) in wanted
    )
