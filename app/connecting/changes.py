"""Whether anything changed in a connected diary, for as little as it takes to know.

Where the last look left off is sealed with the connection. It moves on only when the caller has
done what the change asks for (`keep`), so that a worker that dies in between loses nothing, and
only from where the look began, so that what a person says in between is not lost either.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from app.connecting.connections import find, note
from app.connecting.horizon import horizon
from app.connecting.opening import open_row, plain_viewer
from app.connecting.states import State
from app.deployment import Deployment
from app.services.live import LiveDiary, Viewer
from app.storage import Session, leases
from app.storage import connections as stored
from app.storage.vault import Sealed
from connectors.base import Ability, Reading, Synced, SyncState
from connectors.errors import ConnectorError, SuddenlyEmpty
from rules.interval import Interval

_CONFIRMED = "confirmed"


@dataclass(frozen=True, slots=True)
class Look:
    """What a look found. `reading` is the window anew, None where nothing in it changed.

    `confirmed` is whether a person said since the last look that was kept that the diary is
    rightly empty. `since` is that look, sealed.
    """

    connection_id: str
    reading: Reading | None = field(repr=False)
    state: SyncState = field(repr=False)
    at: datetime
    confirmed: bool = False
    since: Sealed | None = field(default=None, repr=False)

    @property
    def changed(self) -> bool:
        """Whether there is anything to deal with since the look that was kept last."""
        return self.reading is not None or self.confirmed


def look(
    deployment: Deployment,
    leader_id: str,
    connection_id: str,
    viewer: Viewer | None = None,
    *,
    window: Interval | None = None,
    allow_empty: bool = False,
) -> Look:
    """Ask whether a diary changed, usually for one request to each calendar.

    The connection's state afterwards says what came of it. A look that found nothing new is kept
    at once, any other by `keep`. Raises NoConnection, NotSetUp and ConnectorError; SuddenlyEmpty
    where all events went, unless `allow_empty`.
    """
    row = find(deployment, leader_id, connection_id)
    span = window or horizon(deployment.now())
    before = _opened(deployment, row.sync)
    try:
        diary = open_row(deployment, row, viewer or plain_viewer(deployment))
        try:
            found = _sync(deployment, diary, span, before, allow_empty=allow_empty)
        finally:
            diary.close()
    except ConnectorError as error:
        note(deployment, connection_id, error)
        raise
    note(deployment, connection_id, None)
    confirmed = _is_confirmed(deployment, row.sync)
    seen = Look(connection_id, found.reading, found.state, deployment.now(), confirmed, row.sync)
    if not seen.changed:
        with deployment.database.transaction() as session:
            keep(deployment, session, seen)
    return seen


def keep(deployment: Deployment, session: Session, seen: Look) -> bool:
    """Go on from this look the next time: what it found has been dealt with.

    False, and nothing is kept, where another look was kept or a person said something meanwhile:
    the next look goes on from that.
    """
    sealed = deployment.database.vault.seal(_to_json(seen.state))
    return stored.keep_look(session, seen.connection_id, seen.since, sealed, seen.at)


def is_confirmed(deployment: Deployment, leader_id: str, connection_id: str) -> bool:
    """Whether a person said that the calendar is rightly empty, and nobody has dealt with it yet.

    Raises NoConnection.
    """
    return _is_confirmed(deployment, find(deployment, leader_id, connection_id).sync)


def confirm_empty(deployment: Deployment, leader_id: str, connection_id: str) -> State:
    """The leader says that it is right for the calendar to be empty: it counts again, and its
    holds are gone because somebody removed them.

    Raises NoConnection, NotSetUp and ConnectorError.
    """
    seen = look(deployment, leader_id, connection_id, allow_empty=True)
    sealed = deployment.database.vault.seal({**_to_json(seen.state), _CONFIRMED: True})
    with deployment.database.transaction() as session:
        stored.change(session, connection_id, sync=sealed, read_at=seen.at)
        leases.mark_dirty(session, leader_id)
    return State.ACTIVE


def _sync(
    deployment: Deployment,
    diary: LiveDiary,
    span: Interval,
    before: SyncState | None,
    *,
    allow_empty: bool,
) -> Synced:
    if Ability.SYNC in diary.abilities:
        syncer: Any = diary  # its abilities say what it can do
        synced: Synced = syncer.sync(span, before, allow_empty=allow_empty)
        return synced
    reading = diary.read(span)
    state = SyncState(_digest(deployment, reading), span, len(reading.occurrences))
    if before is not None and before.events and not state.events and not allow_empty:
        raise SuddenlyEmpty
    return Synced(state, None if state == before else reading)


def _digest(deployment: Deployment, reading: Reading) -> str:
    """The fingerprint of what was read where the server itself tells of no changes."""
    facts = sorted(repr(each) for each in reading.occurrences)
    return deployment.fingerprints.of("reading", *facts)


def _opened(deployment: Deployment, sealed: Any) -> SyncState | None:
    if sealed is None:
        return None
    value: Mapping[str, Any] = deployment.database.vault.open(sealed)
    start, end = (datetime.fromisoformat(value[name]) for name in ("start", "end"))
    return SyncState(value["token"], Interval(start, end), value["events"])


def _is_confirmed(deployment: Deployment, sealed: Any) -> bool:
    return sealed is not None and _CONFIRMED in deployment.database.vault.open(sealed)


def _to_json(state: SyncState) -> dict[str, Any]:
    return {
        "token": state.token,
        "start": state.window.start.isoformat(),
        "end": state.window.end.isoformat(),
        "events": state.events,
    }
