"""The calendars of a connection: which there are, which are ticked, and what can be done there.

Names of calendars are shown as they are now and kept nowhere.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from app.connecting.connections import Connection, can_be_called, find, note, value
from app.connecting.errors import BadChoice
from app.connecting.opening import open_row, plain_viewer
from app.deployment import Deployment
from app.people import history
from app.people.history import LEADER, Actor, What
from app.services.live import LiveDiary
from app.storage import connections as stored
from app.storage import holds, leases, tables
from connectors.base import Ability, Calendar
from connectors.errors import ConnectorError, NotPossible
from rules.language import text


@dataclass(frozen=True, slots=True)
class Choice:
    """A calendar that the leader can tick. `holds` is whether new holds are written to it."""

    id: str = field(repr=False)
    name: str = field(repr=False)
    writable: bool
    ticked: bool
    holds: bool


@dataclass(frozen=True, slots=True)
class Abilities:
    """What can be done by a connection, as far as the calendar and the consent go."""

    holds: bool
    meetings: bool
    tells_people: bool
    proposes_times: bool
    free_busy: bool
    tells_changes: bool
    calls_back: bool
    working_hours: bool


@dataclass(frozen=True, slots=True)
class Account:
    """A connection as its server sees it now. A published calendar lists nothing to choose from."""

    connection: Connection
    calendars: tuple[Choice, ...] = field(repr=False)
    abilities: Abilities


def look(deployment: Deployment, leader_id: str, connection_id: str) -> Account:
    """Ask the server what there is. Raises NoConnection, NotSetUp and ConnectorError."""
    row = find(deployment, leader_id, connection_id)
    try:
        diary = _open(deployment, row)
        try:
            listed = list_calendars(diary)
            found = diary.abilities
        finally:
            diary.close()
    except ConnectorError as error:
        note(deployment, connection_id, error)
        raise
    known = value(deployment, row)
    return Account(known, _choices(listed, known.calendars), abilities_of(found))


def _open(deployment: Deployment, row: tables.Connection) -> LiveDiary:
    viewer = plain_viewer(deployment)
    try:
        return open_row(deployment, row, viewer)
    except NotPossible:
        # a ticked calendar is gone, so that another one has to be ticked
        return open_row(deployment, row, viewer, ())


def choose(
    deployment: Deployment,
    leader_id: str,
    connection_id: str,
    ticked: Sequence[str],
    by: Actor = LEADER,
) -> Connection:
    """Tick calendars by id; holds are written to the first.

    Raises BadChoice, NoConnection, NotSetUp and ConnectorError.
    """
    account = look(deployment, leader_id, connection_id)
    _check(account.calendars, ticked)
    with deployment.database.transaction() as session:
        stored.change(
            session,
            connection_id,
            calendars=deployment.database.vault.seal(list(ticked)),
            # where the last reading left off is of other calendars
            sync=None,
            renew_at=_watch_again(deployment, account.connection),
        )
        if not set(account.connection.calendars) <= set(ticked):
            # holds in a calendar that is read no more would look as if somebody had deleted them
            holds.drop_of_connection(session, connection_id)
        told = len(ticked)
        history.record(deployment, session, leader_id, What.CALENDARS_CHOSEN, by, calendars=told)
        leases.mark_dirty(session, leader_id)
    return value(deployment, find(deployment, leader_id, connection_id))


def list_calendars(diary: LiveDiary) -> tuple[Calendar, ...]:
    """The calendars of an open account, the main one first; none where it cannot tell."""
    if Ability.CALENDARS not in diary.abilities:
        return ()
    account: Any = diary  # its abilities say what it can do
    return tuple(account.calendars())


def abilities_of(found: frozenset[Ability]) -> Abilities:
    """The same for faces."""
    return Abilities(
        holds=Ability.HOLDS in found,
        meetings=Ability.MEETINGS in found,
        tells_people=Ability.TELLS_PEOPLE in found,
        proposes_times=Ability.PROPOSE in found,
        free_busy=Ability.FREE_BUSY in found,
        tells_changes=Ability.SYNC in found,
        calls_back=Ability.PUSH in found,
        working_hours=Ability.WORKING_HOURS in found,
    )


def _choices(listed: Sequence[Calendar], ticked: Sequence[str]) -> tuple[Choice, ...]:
    return tuple(
        Choice(
            id=each.id,
            name=each.name,
            writable=each.writable,
            ticked=each.id in ticked,
            holds=bool(ticked) and each.id == ticked[0],
        )
        for each in listed
    )


def _check(there: Sequence[Choice], ticked: Sequence[str]) -> None:
    known = {each.id: each for each in there}
    if not there:
        raise BadChoice(text("This connection has one calendar, so there is nothing to choose."))
    if not ticked or len(set(ticked)) < len(ticked):
        raise BadChoice(text("Tick at least one calendar, and each of them once."))
    if any(each not in known for each in ticked):
        raise BadChoice(text("One of the ticked calendars is not in the account any more."))
    if not known[ticked[0]].writable and any(known[each].writable for each in ticked):
        raise BadChoice(text("The first ticked calendar gets the holds, and it can only be read."))


def _watch_again(deployment: Deployment, known: Connection) -> Any:
    """Now, where being called back is of single calendars or of none yet."""
    return deployment.now() if can_be_called(deployment, known.provider) else None
