"""A plan as it is kept: what is sealed of it, and how it comes back as values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from app.deployment import Deployment
from app.life.errors import NoPlan
from app.life.reasons import Reason
from app.life.states import PlanState
from app.storage import Session, plans
from app.storage.tables import Plan
from connectors.base import Made
from rules.change import Agreement, Change, ChangeKind
from rules.event import Kind
from rules.interval import Interval

LONGEST = timedelta(days=7)
"""For how long a plan can be accepted and begun, where nothing in it begins before."""
MEETINGS = frozenset({ChangeKind.EVENT_MOVE, ChangeKind.EVENT_SHORTEN})


@dataclass(frozen=True, slots=True)
class Contents:
    """All that applying and showing a plan needs, and nothing that names a person.

    `start` and `end` are the local days of its window. `basis` is the fingerprint of the settings
    that it rests on. `beside` are, for each change, the events that lay at its new time already
    when the plan was made. `shown` is the plan as tools read it (`app.shapes.PlanResult`) without
    its changes.
    """

    hash: str
    changes: tuple[Change, ...]
    start: date
    end: date
    basis: str
    beside: tuple[frozenset[str], ...]
    shown: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """As the vault seals it."""
        return {
            "hash": self.hash,
            "changes": [change_to_json(each) for each in self.changes],
            "start": self.start.isoformat(),
            "end": self.end.isoformat(),
            "basis": self.basis,
            "beside": [sorted(each) for each in self.beside],
            "shown": dict(self.shown),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Contents":
        """As it was sealed."""
        return cls(
            hash=value["hash"],
            changes=tuple(change_from_json(each) for each in value["changes"]),
            start=date.fromisoformat(value["start"]),
            end=date.fromisoformat(value["end"]),
            basis=value["basis"],
            beside=tuple(frozenset(each) for each in value["beside"]),
            shown=value["shown"],
        )


@dataclass(frozen=True, slots=True)
class Kept:
    """A plan as it stands. `contents` are None once nobody can undo it any more."""

    id: str
    leader_id: str
    digest: str
    state: PlanState
    state_since: datetime
    reason: Reason | None
    tier: str
    origin: str
    made_at: datetime
    expires_at: datetime
    undo_until: datetime | None
    contents: Contents | None = field(repr=False)


def check_shown(deployment: Deployment, leader_id: str, plan_id: str, *, own: bool) -> None:
    """Raise NoPlan where somebody may not even know of a plan: a delegate, of one of check-ins."""
    if not own and is_of_check_ins(load(deployment, leader_id, plan_id)):
        raise NoPlan


def is_of_check_ins(kept: Kept) -> bool:
    """Whether a plan is about check-ins, or nobody can tell any more that it was not."""
    changes = None if kept.contents is None else kept.contents.changes
    return changes is None or any(is_private(each) for each in changes)


def is_private(change: Change) -> bool:
    """Whether a change is for the leader alone to know of."""
    return change.hold is Kind.CHECK_IN


def load(deployment: Deployment, leader_id: str, plan_id: str) -> Kept:
    """A plan of this leader. Raises NoPlan."""
    with deployment.database.transaction() as session:
        row = plans.find(session, leader_id, plan_id)
    if row is None:
        raise NoPlan
    return kept(deployment, row)


def lock(session: Session, leader_id: str, plan_id: str) -> Plan:
    """The row of a plan, locked until the transaction ends. Raises NoPlan."""
    row = plans.locked(session, leader_id, plan_id)
    if row is None:
        raise NoPlan
    return row


def newest(
    deployment: Deployment,
    leader_id: str,
    limit: int = 20,
    *,
    own: bool = True,
    before: datetime | None = None,
    after_id: str = "",
    states: Sequence[PlanState] = (),
) -> tuple[Kept, ...]:
    """So many of a leader's plans, the newest first, or of those that a delegate may know of.

    `before` and `after_id` are those of the last one before.
    """
    words = [each.value for each in states]
    found: list[Kept] = []
    while len(found) < limit:
        with deployment.database.transaction() as session:
            rows = plans.newest(
                session, leader_id, limit, before=before, after_id=after_id, states=words
            )
        several = [kept(deployment, each) for each in rows]
        found.extend(each for each in several if own or not is_of_check_ins(each))
        if len(several) < limit:
            break
        before, after_id = several[-1].made_at, several[-1].id
    return tuple(found[:limit])


def kept(deployment: Deployment, row: Plan) -> Kept:
    """A row as a value."""
    vault = deployment.database.vault
    return Kept(
        id=row.id,
        leader_id=row.leader_id,
        digest=row.digest,
        state=PlanState(row.state),
        state_since=row.state_since,
        reason=None if row.reason is None else Reason(row.reason),
        tier=row.tier,
        origin=row.origin,
        made_at=row.made_at,
        expires_at=row.expires_at,
        undo_until=row.undo_until,
        contents=None if row.contents is None else Contents.from_json(vault.open(row.contents)),
    )


def digest_of(deployment: Deployment, plan_hash: str) -> str:
    """What stands in the clear for the hash of a plan."""
    return deployment.fingerprints.of("plan", plan_hash)


# --- what hangs together ------------------------------------------------------------------------


def needs(change: Change, other: Change) -> bool:
    """Whether a change takes time that the event of another one has to leave first."""
    if change is other or other.before is None or change.after is None:
        return False
    return other.before.overlaps(change.after)


def last_moments(change: Change) -> tuple[datetime, ...]:
    """When it is too late for a change: at the start of what it touches.

    A hold that is only removed can go until it is over.
    """
    if change.kind is ChangeKind.HOLD_DELETE and change.before is not None:
        return (change.before.end,)
    return tuple(place.start for place in (change.before, change.after) if place is not None)


def order(changes: Sequence[Change]) -> list[int]:
    """The numbers of changes, each after those whose time it needs, as far as that can be."""
    left = list(range(len(changes)))
    found: list[int] = []
    while left:
        free = (one for one in left if not any(needs(changes[one], changes[two]) for two in left))
        chosen = next(free, left[0])
        left.remove(chosen)
        found.append(chosen)
    return found


# --- values as JSON ---------------------------------------------------------------------------


def change_to_json(change: Change) -> dict[str, Any]:
    """A change exactly, with the version of its event; ids are whatever the calendar calls them."""
    return {
        "kind": change.kind.value,
        "before": _times(change.before),
        "after": _times(change.after),
        "event_id": change.event_id,
        "hold": change.hold,
        "version": change.version,
        "people_told": change.people_told,
        "mails": change.mails,
        "agreement": change.agreement,
        "because": list(change.because),
        "message": change.message,
        "considered": list(change.considered),
    }


def change_from_json(value: Mapping[str, Any]) -> Change:
    """The same change again."""
    return Change(
        kind=ChangeKind(value["kind"]),
        before=_interval(value["before"]),
        after=_interval(value["after"]),
        event_id=value["event_id"],
        hold=None if value["hold"] is None else Kind(value["hold"]),
        version=value["version"],
        people_told=value["people_told"],
        mails=value["mails"],
        agreement=None if value["agreement"] is None else Agreement(value["agreement"]),
        because=tuple(value["because"]),
        message=value["message"],
        considered=tuple(value["considered"]),
    )


def made_to_json(made: Made) -> dict[str, Any]:
    """A change that was made."""
    change = change_to_json(made.change)
    return {"change": change, "event_id": made.event_id, "version": made.version}


def made_from_json(value: Mapping[str, Any]) -> Made:
    """The same again."""
    return Made(change_from_json(value["change"]), value["event_id"], value["version"])


def _times(span: Interval | None) -> list[str] | None:
    return None if span is None else [span.start.isoformat(), span.end.isoformat()]


def _interval(value: Sequence[str] | None) -> Interval | None:
    return None if value is None else Interval(instant(value[0]), instant(value[1]))


def instant(text: str) -> datetime:
    """An instant as it was written, in the one object that values have for UTC."""
    return datetime.fromisoformat(text).astimezone(UTC)
