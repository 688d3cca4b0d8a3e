"""A plan that was made a while ago: refused once part of it is over or too soon to change."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from app.services.errors import StalePlan
from app.services.plan import Planned
from rules.change import Change, ChangeKind
from rules.language import later
from rules.policy import Policy

BEGUN = later("The plan is out of date: part of it is over or too soon by now, so plan again.")
_MEETINGS = (ChangeKind.EVENT_MOVE, ChangeKind.EVENT_SHORTEN)


class BegunPlan(StalePlan):
    """The plan is as it was, and time has gone on."""


def refuse_begun(planned: Planned, now: datetime) -> None:
    """Raises BegunPlan where a change would touch what is over, or a meeting within the freeze.

    A plan is made again from the moment it was first made at; `now` is the present one.
    """
    if any(is_begun(each, planned.opened.policy, now) for each in planned.plan.changes):
        raise BegunPlan(BEGUN)


def is_begun(change: Change, policy: Policy, now: datetime) -> bool:
    """Whether a change would touch what is over, or a meeting within the freeze."""
    thaw = now + timedelta(hours=policy.freeze_hours)
    earliest = thaw if change.kind in _MEETINGS else now
    return any(start < earliest for start in _starts(change))


def _starts(change: Change) -> Iterator[datetime]:
    return (place.start for place in (change.before, change.after) if place)
