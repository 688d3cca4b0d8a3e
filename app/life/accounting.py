"""A leader's own ledger of hours, from the calendars as they are now. Nothing of it is kept."""

from datetime import date, timedelta

from app.deployment import Deployment
from app.life import diaries
from app.people.choices import zone_of
from app.services.workload import Accounted, account
from rules.working_pattern import local_date, monday
from rules.workload import WEEKS


def quarter(deployment: Deployment, leader_id: str, start: date | None = None) -> Accounted:
    """The hours of thirteen weeks from the week of that day, or this week, on.

    Raises ConnectorError where a calendar cannot be read, BadInput for days that have no calendar,
    NoPlan and NoCalendar.
    """
    person = diaries.person_of(deployment, leader_id)
    first = monday(start or local_date(deployment.now(), zone_of(person.settings)))
    length = timedelta(weeks=WEEKS)
    with diaries.opened(deployment, person, first, min(first, date.max - length) + length) as diary:
        return account(diary.opened)
