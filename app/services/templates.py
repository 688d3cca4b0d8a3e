"""A template as calendar text: one event or series without anybody in it, and Clearway's mark."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING
from uuid import uuid4
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event

from app.services.errors import BadInput
from connectors import mark
from rules.language import text
from rules.templates import NAMES, Template, find_template
from rules.working_pattern import instant

if TYPE_CHECKING:
    from app.services.template_shape import TemplateFile

SHORTEST, LONGEST = 5, 720
"""Minutes of one event."""
PRODUCT = "-//Clearway//Clearway//EN"
_EARLIEST, _LATEST = 2000, 2100


@dataclass(frozen=True, slots=True)
class Wanted:
    """When a template is to be. Without `at` it is all day; without `minutes` as long as usual."""

    first: date
    zone: ZoneInfo
    at: time | None = None
    minutes: int | None = None


@dataclass(frozen=True, slots=True)
class Filled:
    """A template with its time, as calendar text. `end` is excluded; dates where it is all day."""

    template: Template
    zone: ZoneInfo
    start: datetime | date
    end: datetime | date
    content: bytes

    def shape(self, file: str | None = None) -> "TemplateFile":
        """What tools read; `file` is where it was written."""
        from app.services.template_shape import template_file

        return template_file(self, file)


def template_of(name: str) -> Template:
    """The template of this name. Raises BadInput."""
    found = find_template(name)
    if found is None:
        raise BadInput(
            text(
                "There is no template called “%(name)s”; there are %(names)s.",
                name=name[:40],
                names=", ".join(NAMES),
            )
        )
    return found


def fill(
    template: Template,
    wanted: Wanted,
    now: datetime,
    new_uid: Callable[[], str] = lambda: f"clearway-{uuid4().hex}",
) -> Filled:
    """The template at its time. Raises BadInput with one sentence.

    Each has a UID of its own: two leaders who take the same template have two meetings.
    """
    start, end = _times(template, wanted)
    event = Event()
    event.add("uid", new_uid())
    event.add("dtstamp", now)
    event.add("dtstart", start)
    event.add("dtend", end)
    if template.weeks:
        count = {"count": template.times} if template.times else {}
        event.add("rrule", {"freq": "weekly", "interval": template.weeks, **count})
    event.add("summary", text(template.summary))
    event.add("description", text(template.text))
    event.add("transp", "TRANSPARENT" if template.free else "OPAQUE")
    event.add("x-microsoft-cdo-busystatus", "FREE" if template.free else "BUSY")
    event.add(mark.KIND, template.kind.value)
    # the leader put it there, so plans leave it where it is
    event.add(mark.FIRM, "TRUE")
    return Filled(template, wanted.zone, start, end, _calendar(event))


def _calendar(event: Event) -> bytes:
    calendar = Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", PRODUCT)
    calendar.add_component(event)
    # a series keeps its hour when the clocks change, so it is in local time
    calendar.add_missing_timezones()
    content: bytes = calendar.to_ical()
    return content


def _times(template: Template, wanted: Wanted) -> tuple[datetime | date, datetime | date]:
    first = wanted.first
    if not _EARLIEST <= first.year < _LATEST:
        raise BadInput(
            text(
                "A template begins between %(earliest)s and %(latest)s.",
                earliest=_EARLIEST,
                latest=_LATEST,
            )
        )
    if wanted.at is None:
        return _dates(template, wanted)
    minutes = template.minutes if wanted.minutes is None else wanted.minutes
    if not SHORTEST <= minutes <= LONGEST:
        raise BadInput(
            text(
                "A template has %(shortest)s to %(longest)s minutes.",
                shortest=SHORTEST,
                longest=LONGEST,
            ),
            "minutes",
        )
    start = instant(first, wanted.at, wanted.zone)
    end = start + timedelta(minutes=minutes)
    ends = end.astimezone(wanted.zone)
    if start.astimezone(wanted.zone).utcoffset() != ends.utcoffset():
        # local times over a change of the clocks would not say how long it is
        raise BadInput(text("The clocks change during that time; choose another day or hour."))
    return start.astimezone(wanted.zone), ends


def _dates(template: Template, wanted: Wanted) -> tuple[date, date]:
    if not template.whole_day:
        raise BadInput(
            text("%(title)s has a time of day, such as 10:00.", title=text(template.title)),
            "at",
        )
    if wanted.minutes is not None:
        raise BadInput(text("What lasts all day has no number of minutes."), "minutes")
    return wanted.first, wanted.first + timedelta(days=1)
