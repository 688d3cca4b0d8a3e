"""What Clearway did, when, and for whom: the leader's own record, in words and counts only.

An entry is written in the transaction of what it tells of, so there is none without the other.
It never holds anything from a calendar: a detail is a number or a single word of the code.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from app import logs
from app.deployment import Deployment
from app.logs import Event
from app.people.errors import BadChoice
from app.storage import Session
from app.storage import history as stored
from app.storage.tables import HistoryEntry
from rules.language import text

Detail = int | str | bool | None

PAGE = 50
LARGEST_PAGE = 200
_WORD = re.compile(r"[A-Za-z0-9_.:+-]{1,64}")
"""One word: an id, a kind, a day or an instant; no text of a person fits."""


class What(StrEnum):
    """Everything that can be told of."""

    JOINED = "joined"
    SIGNED_IN = "signed-in"
    SIGNED_OUT = "signed-out"
    SETTINGS_CHANGED = "settings-changed"
    MODE_CHANGED = "mode-changed"
    PAUSED = "paused"
    RESUMED = "resumed"
    LEAVING = "leaving"

    CONNECTED = "connected"
    CONNECTION_LOST = "connection-lost"
    RECONNECTED = "reconnected"
    DISCONNECTED = "disconnected"
    CALENDARS_CHOSEN = "calendars-chosen"

    PLAN_PROPOSED = "plan-proposed"
    PLAN_ACCEPTED = "plan-accepted"
    PLAN_DECLINED = "plan-declined"
    PLAN_APPLIED = "plan-applied"
    PLAN_PARTLY_APPLIED = "plan-partly-applied"
    PLAN_CONFLICTED = "plan-conflicted"
    PLAN_STALE = "plan-stale"
    PLAN_EXPIRED = "plan-expired"
    PLAN_UNDO_ASKED = "plan-undo-asked"
    PLAN_UNDONE = "plan-undone"
    PLAN_PARTLY_UNDONE = "plan-partly-undone"

    HOLDS_PLACED = "holds-placed"
    HOLDS_MOVED = "holds-moved"
    HOLDS_REMOVED = "holds-removed"
    HOLD_LIFTED = "hold-lifted"
    HOLD_KEPT = "hold-kept"
    OVERRIDE_NOTICED = "override-noticed"
    TIME_OFFERED_BACK = "time-offered-back"
    NEW_TIME_OFFERED = "new-time-offered"
    LOCKED = "locked"
    UNLOCKED = "unlocked"
    CLASH_SEEN = "clash-seen"
    MOVE_ASKED = "move-asked"
    TIME_PROPOSED = "time-proposed"

    DELEGATE_INVITED = "delegate-invited"
    DELEGATE_ACCEPTED = "delegate-accepted"
    DELEGATE_REVOKED = "delegate-revoked"
    DELEGATE_LOOKED = "delegate-looked"
    DATA_EXPORTED = "data-exported"


_AUDITED: Mapping[What, Event] = {
    What.JOINED: Event.JOINED,
    What.SETTINGS_CHANGED: Event.SETTINGS_CHANGED,
    What.DELEGATE_ACCEPTED: Event.DELEGATE_ADDED,
    What.DELEGATE_REVOKED: Event.DELEGATE_REMOVED,
    What.DATA_EXPORTED: Event.EXPORTED,
}
"""What the operator's log tells of too, without details."""


class Who(StrEnum):
    """Who did it."""

    LEADER = "leader"
    DELEGATE = "delegate"
    CLEARWAY = "clearway"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did it; for a delegate, by which of the leader's delegations."""

    who: Who
    delegation_id: str | None = None


LEADER = Actor(Who.LEADER)
CLEARWAY = Actor(Who.CLEARWAY)


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened at `at` (aware UTC). `details` are counts and words."""

    id: int
    at: datetime
    what: What
    by: Actor
    plan_id: str | None
    details: Mapping[str, Detail]


@dataclass(frozen=True, slots=True)
class Page:
    """Some entries, the newest first. `next` is the cursor of the page after, None on the last."""

    entries: tuple[Entry, ...]
    next: str | None


def record(
    deployment: Deployment,
    session: Session,
    leader_id: str,
    what: What,
    by: Actor = CLEARWAY,
    *,
    plan_id: str | None = None,
    **details: Detail,
) -> None:
    """Note what happened, in the transaction that it happens in.

    Each detail is a number or one word (a kind, a day, an id), never a text: ValueError.
    """
    for name, value in details.items():
        if isinstance(value, str) and not _WORD.fullmatch(value):
            raise ValueError(f"the detail {name} of a history entry is not a word")
    kept = {"delegation": by.delegation_id, **details} if by.delegation_id else details
    entry = HistoryEntry(
        leader_id=leader_id,
        at=deployment.now(),
        what=what.value,
        who=by.who.value,
        plan_id=plan_id,
        details=deployment.database.vault.seal(kept) if kept else None,
    )
    stored.add(session, entry)
    if what in _AUDITED:
        logs.note(_AUDITED[what], leader=leader_id, role=by.who)


def record_look(deployment: Deployment, leader_id: str, by: Actor, area: str) -> None:
    """Note that a delegate was shown something of the leader's: `area` says what, in one word.

    What leaders see of their own is not noted.
    """
    if by.who is Who.LEADER:
        return
    with deployment.database.transaction() as session:
        record(deployment, session, leader_id, What.DELEGATE_LOOKED, by, area=area)


def page(
    deployment: Deployment,
    leader_id: str,
    *,
    after: str | None = None,
    limit: int = PAGE,
    what: Collection[What] = (),
) -> Page:
    """A page of a leader's history, the newest first; `after` is the `next` of the page before.

    With `what`, only entries of these words. Raises BadChoice for a cursor or limit that is none.
    """
    if not 1 <= limit <= LARGEST_PAGE:
        raise BadChoice(
            text("A page has between 1 and %(largest_page)s entries.", largest_page=LARGEST_PAGE)
        )
    before = None if after is None else _read_cursor(after)
    words = [each.value for each in what]
    with deployment.database.transaction() as session:
        rows = stored.newest(session, leader_id, limit + 1, before=before, what=words)
    entries = tuple(_entry(deployment, each) for each in rows[:limit])
    return Page(entries, str(entries[-1].id) if len(rows) > limit else None)


def _read_cursor(written: str) -> int:
    if not (written.isascii() and written.isdigit() and len(written) < 19):
        raise BadChoice(text("This is no place in the history; begin with the newest page."))
    return int(written)


def _entry(deployment: Deployment, row: HistoryEntry) -> Entry:
    details = dict(deployment.database.vault.open(row.details)) if row.details else {}
    delegation = details.pop("delegation", None)
    by = Actor(Who(row.who), delegation)
    return Entry(row.id, row.at, What(row.what), by, row.plan_id, MappingProxyType(details))
