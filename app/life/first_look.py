"""The working hours of somebody who has just connected a calendar, as that calendar tells them."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

from app.deployment import Deployment
from app.life import diaries
from app.people.choices import zone_of
from app.services.hours import USUAL_HOURS
from app.services.read import OpenDiary
from connectors.base import Ability, WorkingHours
from connectors.errors import ConnectorError
from rules.event import ScoredAs
from rules.usual_hours import usual_hours
from rules.working_pattern import local_date

AROUND = timedelta(weeks=4)
"""So far back and ahead meetings are looked at."""


class Source(StrEnum):
    """Where hours come from."""

    MAILBOX = "mailbox"
    MEETINGS = "meetings"
    USUAL = "usual"


@dataclass(frozen=True, slots=True)
class Suggested:
    """Hours in the words of `rules.working_pattern`, in an IANA time zone."""

    hours: str
    time_zone: str
    source: Source


def suggest(deployment: Deployment, leader_id: str) -> Suggested:
    """Hours for the leader to confirm. Nothing of it is kept.

    Those in the settings of the calendar, else those that fit its meetings, else the usual ones.
    Raises ConnectorError and NoCalendar where no calendar can be read.
    """
    person = diaries.person_of(deployment, leader_id)
    today = local_date(deployment.now(), zone_of(person.settings))
    with diaries.opened(deployment, person, today - AROUND, today + AROUND, whole=False) as found:
        told = _told(found.opened)
        zone = found.opened.diary.pattern.zone
        if told is not None:
            return Suggested(told.hours, told.zone.key, Source.MAILBOX)
        meetings = [
            each.span
            for each in found.opened.diary.occurrences
            if each.scored_as is ScoredAs.APPOINTMENT and not each.all_day and each.hold is None
        ]
        hours = usual_hours(meetings, zone)
    if hours is None:
        return Suggested(USUAL_HOURS, zone.key, Source.USUAL)
    return Suggested(hours, zone.key, Source.MEETINGS)


def _told(opened: OpenDiary) -> WorkingHours | None:
    """What the first calendar with such a setting says; a calendar that does not answer is let be."""
    for live in opened.live:
        if Ability.WORKING_HOURS not in live.abilities:
            continue
        reader: Any = live  # its abilities say what it can do
        with suppress(ConnectorError):
            found: WorkingHours | None = reader.working_hours()
            if found is not None:
                return found
    return None
