"""Times at which several leaders and others can meet, by what they take of the leaders' days."""

from collections.abc import Collection, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from datetime import date

from app.deployment import Deployment
from app.life import diaries
from app.life.diaries import LeaderDiary
from app.people.choices import zone_of
from app.services.slots import USUAL_MOST, Suggested, suggest
from app.services.window import choose_window


@dataclass(frozen=True, slots=True)
class Meeting:
    """What times are looked for.

    It lasts so many minutes, within local days: from Monday of this week and for two weeks, where
    they are not said. `people` are addresses of others; nothing of them is kept.
    """

    minutes: int
    start: date | None = None
    end: date | None = None
    people: Sequence[str] = ()


def find(
    deployment: Deployment,
    leader_ids: Collection[str],
    meeting: Meeting,
    most: int = USUAL_MOST,
) -> Suggested:
    """The times that cost these leaders the least, read now.

    Whoever asks may act for each of them. Raises BadInput, NoCalendar and ConnectorError.
    """
    with ExitStack() as stack:
        found = [
            stack.enter_context(_opened(deployment, each, meeting)).opened
            for each in dict.fromkeys(leader_ids)
        ]
        return suggest(
            found,
            meeting.minutes,
            people=meeting.people,
            most=most,
            budget=float(deployment.settings.budget),
        )


def _opened(
    deployment: Deployment, leader_id: str, meeting: Meeting
) -> AbstractContextManager[LeaderDiary]:
    person = diaries.person_of(deployment, leader_id)
    zone = zone_of(person.settings)
    start, end = choose_window(meeting.start, meeting.end, deployment.now(), zone)
    return diaries.opened(deployment, person, start, end)
