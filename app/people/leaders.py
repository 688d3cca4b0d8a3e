"""Joining, choosing, pausing and leaving. Nobody is a leader who did not join."""

import secrets
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from app.deployment import Deployment
from app.people.choices import checked, zone_of
from app.people.errors import BadChoice, IsLeaving, NotAllowed, WrongVersion
from app.people.history import LEADER, Actor, What, record
from app.people.settings import LeaderSettings, Mode
from app.storage import Session, departures, leases, mailboxes, rows, tables
from app.storage import people as stored
from app.storage.database import now as database_now
from rules.language import text
from rules.working_pattern import instant, local_date, monday

WATCHED = timedelta(weeks=4)
"""For how long Clearway only looks, unless the leader goes on earlier."""
LONGEST_PAUSE = timedelta(days=366)


class Stretch(StrEnum):
    """A pause that ends by itself, at the local midnight that ends today or this week."""

    DAY = "day"
    WEEK = "week"


@dataclass(frozen=True, slots=True)
class Leader:
    """Somebody whose diary is looked after. All times are aware UTC.

    `identity` is the fingerprint of who signs in. `version` counts changes of the settings. Since `started_at` Clearway does more than look. Until `paused_until`, nothing is written. Since
    `leaving_at`, everything of theirs is being removed.
    """

    id: str
    identity: str
    joined_at: datetime
    settings: LeaderSettings
    version: int
    mode: Mode
    mode_since: datetime
    started_at: datetime | None
    paused_until: datetime | None
    leaving_at: datetime | None

    @property
    def watched_until(self) -> datetime:
        """When the weeks of only looking are over, where that is the mode."""
        return self.mode_since + WATCHED

    def is_paused(self, now: datetime) -> bool:
        """Whether nothing is to be written now."""
        return self.paused_until is not None and now < self.paused_until


def join(deployment: Deployment, identity: str) -> Leader:
    """Opt in. The diary is only looked at first. Who has joined already is found as they are.

    `identity` is the fingerprint of who signed in. Raises IsLeaving until all of a former stay
    is removed.
    """
    moment = deployment.now()
    row = tables.Leader(
        id=secrets.token_hex(16),
        identity=identity,
        joined_at=moment,
        settings=deployment.database.vault.seal(LeaderSettings().to_json()),
        version=1,
        mode=Mode.OBSERVE.value,
        mode_since=moment,
    )
    with deployment.database.transaction() as session:
        if stored.add_leader(session, row):
            record(deployment, session, row.id, What.JOINED, LEADER)
    found = find(deployment, identity)
    if found is None or found.leaving_at is not None:
        raise IsLeaving
    return found


def find(deployment: Deployment, identity: str) -> Leader | None:
    """The leader whom an identity belongs to; None for who did not join."""
    with deployment.database.transaction() as session:
        row = stored.leader_of(session, identity)
    return None if row is None else _leader(deployment, row)


def get(deployment: Deployment, leader_id: str) -> Leader:
    """A leader by id. Raises NotAllowed where there is none."""
    with deployment.database.transaction() as session:
        row = stored.leader(session, leader_id)
    if row is None:
        raise NotAllowed
    return _leader(deployment, row)


def change_settings(
    deployment: Deployment,
    leader_id: str,
    settings: LeaderSettings,
    version: int,
    by: Actor = LEADER,
) -> Leader:
    """Replace the settings that have this version, and have the diary looked at by the new ones.

    Raises BadChoice, WrongVersion, NotAllowed and IsLeaving.
    """
    sealed = deployment.database.vault.seal(checked(settings).to_json())
    with deployment.database.transaction() as session:
        must_stay(session, leader_id)
        if not stored.change_settings(session, leader_id, version, sealed):
            raise WrongVersion
        record(deployment, session, leader_id, What.SETTINGS_CHANGED, by, version=version + 1)
        leases.mark_dirty(session, leader_id)
    return get(deployment, leader_id)


def change_mode(deployment: Deployment, leader_id: str, mode: Mode, by: Actor = LEADER) -> Leader:
    """Set how much Clearway does by itself, from now on. Raises NotAllowed and IsLeaving.

    Unless Clearway only looks, a plan is due at once: nobody who starts now means tonight.
    """
    with deployment.database.transaction() as session:
        must_stay(session, leader_id)
        if stored.change_mode(session, leader_id, mode.value, deployment.now()):
            record(deployment, session, leader_id, What.MODE_CHANGED, by, mode=mode.value)
            leases.mark_dirty(session, leader_id)
        if mode is not Mode.OBSERVE:
            stored.start(session, leader_id, deployment.now())
            mailboxes.plan_next(session, leader_id, database_now(session))
    return get(deployment, leader_id)


def pause(
    deployment: Deployment, leader_id: str, until: Stretch | date, by: Actor = LEADER
) -> Leader:
    """Do nothing for the rest of today or of this week, or until a date begins.

    Days are those of the leader's zone. Raises BadChoice for a date that is not after today or
    more than a year ahead, NotAllowed and IsLeaving.
    """
    moment = deployment.now()
    zone = zone_of(get(deployment, leader_id).settings)
    today = local_date(moment, zone)
    end = _first_day_back(today, until)
    if not timedelta() < end - today <= LONGEST_PAUSE:
        raise BadChoice(text("A pause ends on a date after today and at most a year ahead."))
    with deployment.database.transaction() as session:
        must_stay(session, leader_id)
        stored.pause(session, leader_id, instant(end, time(), zone))
        record(deployment, session, leader_id, What.PAUSED, by, until=end.isoformat())
    return get(deployment, leader_id)


def resume(deployment: Deployment, leader_id: str, by: Actor = LEADER) -> Leader:
    """End a pause, and have the diary looked at. Raises NotAllowed and IsLeaving."""
    with deployment.database.transaction() as session:
        if must_stay(session, leader_id).paused_until is not None:
            stored.pause(session, leader_id, None)
            record(deployment, session, leader_id, What.RESUMED, by)
            leases.mark_dirty(session, leader_id)
    return get(deployment, leader_id)


def leave(deployment: Deployment, leader_id: str) -> Leader:
    """Opt out. From now on nothing is placed and no delegate may act.

    A job removes the holds from the calendars and then calls `forget`. Doing it twice changes
    nothing. Raises NotAllowed.
    """
    with deployment.database.transaction() as session:
        if stored.leave(session, leader_id, deployment.now()):
            record(deployment, session, leader_id, What.LEAVING, LEADER)
            leases.mark_dirty(session, leader_id)
    return get(deployment, leader_id)


def leaving(deployment: Deployment) -> tuple[str, ...]:
    """The ids of leaders whose holds and rows are to be removed, the first to leave first."""
    with deployment.database.transaction() as session:
        return tuple(stored.leaving(session))


def forget(deployment: Deployment, leader_id: str) -> dict[str, int]:
    """Delete every row of a leader, and sign them out everywhere; how many of each table went.

    Nothing is left to tell that they were here. It may be done twice.
    """
    return deployment.database.persist(lambda session: rows.delete_all(session, leader_id))


def has_left(deployment: Deployment, leader_id: str) -> bool:
    """Whether every row of this leader is gone, as far back as such notes are kept."""
    with deployment.database.transaction() as session:
        return departures.is_remembered(session, departures.Gone.LEADER, leader_id)


def must_stay(session: Session, leader_id: str) -> tables.Leader:
    """A leader whose choices may still change. Raises NotAllowed and IsLeaving."""
    row = stored.leader(session, leader_id)
    if row is None:
        raise NotAllowed
    if row.leaving_at is not None:
        raise IsLeaving
    return row


def _first_day_back(today: date, until: Stretch | date) -> date:
    if until is Stretch.DAY:
        return today + timedelta(days=1)
    if until is Stretch.WEEK:
        return monday(today) + timedelta(weeks=1)
    return until


def _leader(deployment: Deployment, row: tables.Leader) -> Leader:
    return Leader(
        id=row.id,
        identity=row.identity,
        joined_at=row.joined_at,
        settings=LeaderSettings.from_json(deployment.database.vault.open(row.settings)),
        version=row.version,
        mode=Mode(row.mode),
        mode_since=row.mode_since,
        started_at=row.started_at,
        paused_until=row.paused_until,
        leaving_at=row.leaving_at,
    )
