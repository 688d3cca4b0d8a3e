"""The life of a plan as one table: in which state it is, and what may come next.

proposed ─▶ accepted ─▶ applying ─▶ applied ─┐
    │           │           ├─────▶ partly applied ◀─▶ (applying again)
    ▼           ▼           ├─────▶ conflicted ├─▶ undoing ◀─▶ undone
declined     expired        ▼                  ┘      ▲ └──▶ partly undone
expired      stale        stale                       └─────────────┘
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from app import metrics
from app.life.errors import WrongState
from app.life.reasons import Reason
from app.storage.database import once_kept
from app.storage.tables import Plan


class PlanState(StrEnum):
    """What has become of a plan."""

    PROPOSED = "proposed"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    EXPIRED = "expired"
    STALE = "stale"
    """Refused or given up with nothing of it written."""
    APPLYING = "applying"
    APPLIED = "applied"
    PARTLY_APPLIED = "partly_applied"
    CONFLICTED = "conflicted"
    """Written, and a fresh look finds something else in its place."""
    UNDOING = "undoing"
    UNDONE = "undone"
    PARTLY_UNDONE = "partly_undone"


class Origin(StrEnum):
    """Who or what asked for a plan."""

    ROUTINE = "routine"
    REACTION = "reaction"
    LIFT = "lift"
    """One hold that somebody gives up."""
    MOVE = "move"
    """One hold that somebody puts elsewhere."""
    PERSON = "person"
    AUTO = "auto"
    """The part of another one, which nobody asked for, that Clearway does by itself."""


BY_HAND = frozenset({Origin.LIFT, Origin.MOVE})
"""What a person asks of one hold is asked against limits, wishes and modes."""

MOVES: Mapping[PlanState, frozenset[PlanState]] = MappingProxyType(
    {
        PlanState.PROPOSED: frozenset(
            {PlanState.ACCEPTED, PlanState.DECLINED, PlanState.EXPIRED, PlanState.STALE}
        ),
        PlanState.ACCEPTED: frozenset(
            {PlanState.APPLYING, PlanState.DECLINED, PlanState.EXPIRED, PlanState.STALE}
        ),
        PlanState.DECLINED: frozenset(),
        PlanState.EXPIRED: frozenset(),
        PlanState.STALE: frozenset(),
        PlanState.APPLYING: frozenset(
            {
                PlanState.APPLIED,
                PlanState.PARTLY_APPLIED,
                PlanState.CONFLICTED,
                PlanState.STALE,
                PlanState.UNDOING,
            }
        ),
        PlanState.APPLIED: frozenset({PlanState.UNDOING}),
        PlanState.PARTLY_APPLIED: frozenset({PlanState.APPLYING, PlanState.UNDOING}),
        PlanState.CONFLICTED: frozenset({PlanState.UNDOING}),
        PlanState.UNDOING: frozenset({PlanState.UNDONE, PlanState.PARTLY_UNDONE}),
        # something of it turned up after all
        PlanState.UNDONE: frozenset({PlanState.UNDOING}),
        PlanState.PARTLY_UNDONE: frozenset({PlanState.UNDOING}),
    }
)
"""Every move that there is; all others are refused."""

WORKING = frozenset({PlanState.ACCEPTED, PlanState.APPLYING, PlanState.UNDOING})
"""States in which a worker has something to do for the plan."""
WAITING = frozenset({PlanState.PROPOSED, PlanState.ACCEPTED})
"""States in which nothing was written yet, and something may be."""
UNDOABLE = frozenset(
    {
        PlanState.APPLYING,
        PlanState.APPLIED,
        PlanState.PARTLY_APPLIED,
        PlanState.CONFLICTED,
        PlanState.PARTLY_UNDONE,
    }
)
"""States in which a person can have a plan taken back."""
UNFINISHED = WORKING | {PlanState.PROPOSED}
"""States in which the changes are still needed, however old the plan is."""


def move(plan: Plan, to: PlanState, at: datetime, reason: Reason | None = None) -> None:
    """Bring a plan, locked in a transaction, into its next state. Raises WrongState."""
    if to not in MOVES[PlanState(plan.state)]:
        raise WrongState(plan.state, to)
    plan.state, plan.state_since = to.value, at
    plan.reason = None if reason is None else reason.value
    count(plan)


def count(plan: Plan) -> None:
    """Count that a plan came into its state, once the transaction that says so is kept."""
    state = plan.state
    once_kept(plan, lambda: metrics.plan(state))
