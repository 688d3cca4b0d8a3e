"""A leader goes: the holds leave the calendars first, then every row goes.

A calendar that does not answer is tried again for a day and no longer: the rows go then, and what
is left of the holds is the leader's to delete.
"""

from datetime import timedelta

from app.connecting import connections
from app.connecting.disconnecting import disconnect
from app.deployment import Deployment
from app.life import diaries
from app.life.diaries import LeaderDiary
from app.people import leaders
from app.services.errors import ServiceError
from app.storage import holds
from app.storage.leases import Lease, check
from app.storage.tables import Hold
from connectors.errors import ConnectorError, EventGone, NotPossible
from rules.change import Change, ChangeKind
from rules.event import Kind
from rules.interval import Interval

_LONGEST = timedelta(hours=23)
"""Rows are gone within a day of leaving, whatever a calendar does."""
_PAUSE = timedelta(minutes=15)
_LEFT_ALONE = (EventGone, NotPossible)
"""Somebody removed the hold, or took its mark away: then it is theirs now."""


def see_off(deployment: Deployment, lease: Lease) -> timedelta | None:
    """Remove the holds of a leader who leaves, then all rows; how long to wait before the next try.

    Raises LostLease.
    """
    leader = leaders.get(deployment, lease.leader_id)
    since = leader.leaving_at or deployment.now()
    try:
        left = _remove_holds(deployment, lease)
    except (ConnectorError, ServiceError):
        left = True
    if left and deployment.now() < since + _LONGEST:
        return _PAUSE
    with deployment.database.transaction() as session:
        check(session, lease)
    for each in connections.connections(deployment, lease.leader_id):
        disconnect(deployment, lease.leader_id, each.id)
    leaders.forget(deployment, lease.leader_id)
    return None


def _remove_holds(deployment: Deployment, lease: Lease) -> bool:
    """Remove what is still to come; whether any is left of a calendar that did not answer."""
    now = deployment.now()
    with deployment.database.transaction() as session:
        ahead = holds.of_leader(session, lease.leader_id, since=now)
    if not ahead:
        return False
    person = diaries.person_of(deployment, lease.leader_id)
    first, last = ahead[0].starts_at.date(), max(each.ends_at for each in ahead).date()
    day = timedelta(days=1)
    with diaries.opened(deployment, person, first - day, last + 2 * day) as diary:
        stay = [_stays(deployment, lease, diary, each) for each in ahead]
    return any(stay)


def _stays(deployment: Deployment, lease: Lease, diary: LeaderDiary, hold: Hold) -> bool:
    """Remove one hold, wherever somebody moved it to; whether it has to be tried again."""
    known = deployment.database.vault.open(hold.contents)
    writer = diary.writer(hold.connection_id)
    if writer is None:
        return True
    now = diary.events.get(known["event_id"])
    span = Interval(hold.starts_at, hold.ends_at) if now is None else now.span
    version = "" if now is None else now.version
    kind = Kind(hold.kind)
    change = Change(ChangeKind.HOLD_DELETE, span, None, known["event_id"], kind, version)
    with deployment.database.transaction() as session:
        check(session, lease)
    try:
        writer.make(change, key=f"leave {hold.id}", stamp=deployment.now())
    except _LEFT_ALONE:
        pass
    except ConnectorError:
        return True
    with deployment.database.transaction() as session:
        check(session, lease)
        holds.drop(session, lease.leader_id, hold.event)
    return False
