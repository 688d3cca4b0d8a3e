"""Times of day, days and weeks as people write and choose them."""

import re
from datetime import date, timedelta

from app.door.intake import Form
from app.people.errors import BadChoice
from app.people.leaders import Stretch
from rules.language import text
from rules.working_pattern import monday

FURTHEST = timedelta(weeks=26)
"""How far ahead a week can be looked at."""
_DAY = timedelta(days=1)
_TIME = re.compile(r"(?P<hour>\d{1,2})(?:[:.](?P<minute>[0-5]\d))? ?(?P<half>am|pm)?")


def read_clock(said: str) -> str:
    """A time of day such as 2pm, 9:30am or 14.00, as settings have it.

    Anything else stays as it was written.
    """
    found = _TIME.fullmatch(said.strip().lower())
    if found is None or not (found["minute"] or found["half"]):
        return said
    hour, half = int(found["hour"]), found["half"]
    if half and not 1 <= hour <= 12:
        return said
    if half:
        hour = hour % 12 + (12 if half == "pm" else 0)
    return f"{hour:02}:{found['minute'] or '00'}"


def read_week(day: str, this: date) -> date:
    """The Monday of the week that one of its days names, `this` where none is named.

    Raises BadChoice for what is no day, and for a week that is past or more than half a year off.
    """
    try:
        asked = monday(date.fromisoformat(day)) if day else this
    except (ValueError, OverflowError) as error:
        raise BadChoice(
            text("The week is named by one of its days, such as 2026-11-23.")
        ) from error
    if not this <= asked <= this + FURTHEST:
        raise BadChoice(text("Choose a week from this one on, at most 26 weeks ahead."))
    return asked


def read_days(first: str, last: str) -> tuple[date, date]:
    """The first of some days, and the one after the last. Raises BadChoice."""
    try:
        return date.fromisoformat(first), date.fromisoformat(last) + _DAY
    except (ValueError, OverflowError) as error:
        raise BadChoice(text("Say the first and the last day, such as 2026-11-23.")) from error


def read_pause(form: Form) -> Stretch | date:
    """For how long somebody wants a pause. Raises BadChoice."""
    word = form.word("until")
    if word in set(Stretch):
        return Stretch(word)
    try:
        return date.fromisoformat(form.word("day"))
    except ValueError as error:
        raise BadChoice(text("Choose today, this week, or the first day back.")) from error
