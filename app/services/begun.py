"""A plan that was made a while ago: refused once part of it is over or too soon to change."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from app.services.errors import StalePlan
from app.services.plan import Planned
from rules.change import Change, ChangeKind

BEGUN = "The plan is out of date: part of it is over or too soon by now, so plan again."
_MEETINGS = (ChangeKind.EVENT_MOVE, ChangeKind.EVENT_SHORTEN)


class BegunPlan(StalePlan):
    """The plan is as it was, and time has gone on."""


def refuse_begun(planned: Planned, now: datetime) -> None:
    """Raises BegunPlan where a change would touch what is over, or a meeting within the freeze.

    A plan is made again from the moment it was first made at; `now` is the present one.
    """
    thaw = now + timedelta(hours=planned.opened.policy.freeze_hours)
    for change in planned.plan.changes:
        earliest = thaw if change.kind in _MEETINGS else now
        if any(start < earliest for start in _starts(change)):
            raise BegunPlan(BEGUN)


def _starts(change: Change) -> Iterator[datetime]:
    return (place.start for place in (change.before, change.after) if place)
