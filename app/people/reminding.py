"""What a leader is reminded of now. It is theirs alone, and nothing of it is kept or mailed."""

from datetime import date

from app.deployment import Deployment
from app.people import leaders
from app.people.choices import policy_of, zone_of
from app.people.leaders import Leader
from rules.reminders import Reminder, due, one_for
from rules.working_pattern import local_date


def due_now(deployment: Deployment, leader_id: str) -> tuple[Reminder, ...]:
    """The reminders of this week; none while Clearway is paused or leaves. Raises NotAllowed."""
    found = leaders.get(deployment, leader_id)
    return _due(deployment, found)


def shown_to(deployment: Deployment, found: Leader) -> Reminder | None:
    """The one for the leader's own page today."""
    return one_for(_due(deployment, found), _today(deployment, found))


def _due(deployment: Deployment, found: Leader) -> tuple[Reminder, ...]:
    if found.is_paused(deployment.now()) or found.leaving_at is not None:
        return ()
    settings = found.settings
    joined = local_date(found.joined_at, zone_of(settings))
    return due(policy_of(settings), joined, _today(deployment, found), settings.days_off)


def _today(deployment: Deployment, found: Leader) -> date:
    return local_date(deployment.now(), zone_of(found.settings))
