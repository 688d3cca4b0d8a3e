"""A leader goes: what was asked to be undone goes back, then the holds go, and then every row.

Each calendar is on its own, so that one which does not answer keeps nothing in another. It is
tried again for a day and no longer: the rows go then, and what is left of the holds is the
leader's to delete. So is, from the first, every hold that somebody has edited since. Clearway's
mark does not tell whose hold it is, so only what the leader's own rows and journal name is touched.
"""

import logging
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from app.connecting import connections, opening
from app.connecting.disconnecting import disconnect
from app.connecting.errors import ConnectingError
from app.deployment import Deployment
from app.life import diaries, farewell, records, undoing
from app.life.diaries import Person, Writer
from app.life.errors import TooLate
from app.life.journal import Direction, Journal, Line, StepState, event_print, read
from app.life.making import Job
from app.life.reasons import RESUMABLE, Reason
from app.life.states import PlanState
from app.people import leaders
from app.people.history import CLEARWAY
from app.services.errors import ServiceError
from app.storage import holds, plans
from app.storage.leases import Lease, LostLease, check
from app.storage.tables import Hold
from connectors.base import Ability
from connectors.errors import ConnectorError, EventChanged, EventGone, NotPossible
from rules.change import Change, ChangeKind
from rules.event import Kind
from rules.interval import Interval

_LONGEST = timedelta(hours=23)
"""Rows are gone within a day of leaving, whatever a calendar does."""
logger = logging.getLogger(__name__)
_PAUSE = timedelta(minutes=15)
_LEFT_ALONE = (EventGone, EventChanged, NotPossible)
"""Somebody removed or edited the hold, or took its mark away: then it is theirs now."""
_UNSETTLED = frozenset(
    {
        PlanState.APPLYING,
        PlanState.PARTLY_APPLIED,
        PlanState.CONFLICTED,
        PlanState.PARTLY_UNDONE,
    }
)
"""States of plans in which a step that made something may have no outcome."""
_WRITTEN = _UNSETTLED | {PlanState.APPLIED, PlanState.UNDOING, PlanState.UNDONE}
"""States of plans of which something may have been written."""


def see_off(deployment: Deployment, lease: Lease) -> timedelta | None:
    """Remove the holds of a leader who leaves, then all rows; how long to wait before the next try.

    Raises LostLease.
    """
    leader = leaders.get(deployment, lease.leader_id)
    since = leader.leaving_at or deployment.now()
    last = deployment.now() >= since + _LONGEST
    try:
        left = _take_away(deployment, lease)
    except LostLease:
        raise
    except Exception:
        if not last:
            raise
        # whatever a calendar does, nothing is kept of somebody who has left
        logger.warning("a diary could not be put in order before its rows went")
        left = True
    if left and not last:
        return _PAUSE
    with deployment.database.transaction() as session:
        check(session, lease)
    for each in connections.connections(deployment, lease.leader_id):
        disconnect(deployment, lease.leader_id, each.id)
    farewell.say(deployment, leader)
    leaders.forget(deployment, lease.leader_id)
    return None


def _take_away(deployment: Deployment, lease: Lease) -> bool:
    """Undo what that was asked for and remove the holds; whether any has to be tried again."""
    person = diaries.person_of(deployment, lease.leader_id)
    left = _finish_undoing(deployment, lease)
    with _reached(deployment, person) as writers:
        farewell = _Farewell(deployment, lease, person, writers, _connected(deployment, person.id))
        left |= _find_out(farewell)
        left |= _remove_holds(farewell)
    return left


@dataclass(frozen=True, slots=True)
class _Farewell:
    """The work for one leader: the calendars that can be written now, by their connections.

    `connected` are all connections that there are.
    """

    deployment: Deployment = field(repr=False)
    lease: Lease
    person: Person
    writers: Mapping[str, Writer] = field(repr=False)
    connected: Collection[str]

    def check(self) -> None:
        """Raise LostLease before a calendar is asked for somebody else's work."""
        with self.deployment.database.transaction() as session:
            check(session, self.lease)


@contextmanager
def _reached(deployment: Deployment, person: Person) -> Iterator[Mapping[str, Writer]]:
    """The calendars that can be written now, by connection; closed with the block."""
    viewer = opening.plain_viewer(deployment, person.settings)
    writers: dict[str, Writer] = {}
    with ExitStack() as stack:
        for each in opening.connected(deployment, person.id):
            try:
                live = each.live.open(viewer)
            except (ConnectorError, ConnectingError, ServiceError):
                # what it holds waits, and the others do not
                continue
            stack.callback(live.close)
            if Ability.HOLDS in live.abilities:
                writer: Any = live  # its abilities say what it can do
                writers[each.connection_id] = writer
        yield writers


def _connected(deployment: Deployment, leader_id: str) -> frozenset[str]:
    return frozenset(each.id for each in connections.connections(deployment, leader_id))


# --- plans ----------------------------------------------------------------------------------------


def _finish_undoing(deployment: Deployment, lease: Lease) -> bool:
    """Take back what that was asked for; whether a calendar did not answer."""
    found = _plans(deployment, lease.leader_id, {PlanState.UNDOING, PlanState.PARTLY_UNDONE})
    left = [_undo(deployment, lease, each) for each in found]
    return any(left)


def _undo(deployment: Deployment, lease: Lease, plan_id: str) -> bool:
    kept = records.load(deployment, lease.leader_id, plan_id)
    if kept.state is PlanState.PARTLY_UNDONE:
        # nothing else that stopped it is over by itself
        if kept.reason not in RESUMABLE:
            return False
        try:
            undoing.ask_undo(deployment, lease.leader_id, plan_id, CLEARWAY)
        except TooLate:
            return False
    outcome = undoing.undo(deployment, lease, plan_id)
    return outcome.state is PlanState.UNDOING or outcome.reason is Reason.UNREACHABLE


def _plans(deployment: Deployment, leader_id: str, states: Collection[PlanState]) -> Sequence[str]:
    with deployment.database.transaction() as session:
        return plans.ids_in(session, leader_id, [each.value for each in states])


def _find_out(farewell: _Farewell) -> bool:
    """Settle the steps that may have written a hold; whether any has to be tried again."""
    leader_id, left = farewell.lease.leader_id, False
    for plan_id in _plans(farewell.deployment, leader_id, _UNSETTLED):
        kept = records.load(farewell.deployment, leader_id, plan_id)
        if kept.contents is None:
            continue
        journal = Journal(farewell.deployment, farewell.lease, plan_id, Direction.APPLY)
        job = Job(
            farewell.deployment,
            farewell.lease,
            farewell.person,
            kept,
            kept.contents,
            journal,
            kept.state,
        )
        for line in journal.lines().values():
            left |= _settle(farewell, job, line)
    return left


def _settle(farewell: _Farewell, job: Job, line: Line) -> bool:
    """Make a step again whose hold may be there: under the same key it is made once, and known."""
    change, place = job.contents.changes[line.number], line.connection_id
    perhaps = line.state is StepState.INTENT and not line.is_untried and change.hold is not None
    ahead = change.after is not None and farewell.deployment.now() < change.after.end
    if not perhaps or not ahead or place is None or line.stamp is None:
        return False
    if place not in farewell.connected:
        return False
    writer = farewell.writers.get(place)
    if writer is None:
        return True
    farewell.check()
    try:
        made = writer.make(change, key=job.key(line.number), stamp=line.stamp)
    except _LEFT_ALONE:
        job.journal.skip(line.number, Reason.CHANGED)
        return False
    except ConnectorError:
        return True
    job.journal.done(line, made)
    return False


# --- holds ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Ours:
    """A hold as Clearway last wrote it; `event` is the fingerprint of its id."""

    event: str
    event_id: str
    kind: Kind
    span: Interval
    version: str
    connection_id: str | None

    @property
    def removal(self) -> Change:
        """What removes it where it still is like this, and only there."""
        return Change(
            ChangeKind.HOLD_DELETE, self.span, None, self.event_id, self.kind, self.version
        )


def _remove_holds(farewell: _Farewell) -> bool:
    """Remove what is still to come and nobody has edited; whether any has to be tried again."""
    deployment, leader_id = farewell.deployment, farewell.lease.leader_id
    now = deployment.now()
    last = _last_made(deployment, leader_id)
    with deployment.database.transaction() as session:
        rows = holds.of_leader(session, leader_id, since=now)
    kept = [_of_row(deployment, each) for each in rows]
    known = {each.event for each in kept}
    unedited = [each for each in kept if last.get(each.event, each) == each]
    # a row can be gone and its hold be there: where an account was connected anew, for one
    unlisted = [each for each in last.values() if each.event not in known and now < each.span.end]
    left = [_is_left(farewell, each) for each in (*unedited, *unlisted)]
    return any(left)


def _of_row(deployment: Deployment, row: Hold) -> _Ours:
    known = deployment.database.vault.open(row.contents)
    return _Ours(
        row.event,
        known["event_id"],
        Kind(row.kind),
        Interval(row.starts_at, row.ends_at),
        known["version"],
        row.connection_id,
    )


def _last_made(deployment: Deployment, leader_id: str) -> Mapping[str, _Ours]:
    """Every hold that stands by the journal, as it was written last, by fingerprint."""
    lines = [
        line
        for plan_id in _plans(deployment, leader_id, _WRITTEN)
        for direction in Direction
        for line in read(deployment, plan_id, direction).values()
        if line.stamp is not None
    ]
    found: dict[str, _Ours] = {}
    for line in sorted(lines, key=lambda each: each.stamp or deployment.now()):
        if line.made is None or line.made.change.hold is None:
            continue
        change, event = line.made.change, event_print(deployment, line.made.event_id)
        found.pop(event, None)
        if change.after is not None and change.hold is not None:
            found[event] = _Ours(
                event,
                line.made.event_id,
                change.hold,
                change.after,
                line.made.version,
                line.connection_id,
            )
    return found


def _is_left(farewell: _Farewell, hold: _Ours) -> bool:
    """Remove one hold; whether that has to be tried again."""
    place = hold.connection_id
    if place is None or place not in farewell.connected:
        # the account may be connected anew; whoever does not know the hold is not asked again
        for each in farewell.writers.values():
            _remove(farewell, hold, each)
        return False
    writer = farewell.writers.get(place)
    return writer is None or not _remove(farewell, hold, writer)


def _remove(farewell: _Farewell, hold: _Ours, writer: Writer) -> bool:
    """Whether it is settled: removed, or somebody's own by now."""
    farewell.check()
    deployment, lease = farewell.deployment, farewell.lease
    try:
        writer.make(hold.removal, key=f"leave {hold.event}", stamp=deployment.now())
    except _LEFT_ALONE:
        pass
    except ConnectorError:
        return False
    with deployment.database.transaction() as session:
        check(session, lease)
        holds.drop(session, lease.leader_id, hold.event)
    return True
