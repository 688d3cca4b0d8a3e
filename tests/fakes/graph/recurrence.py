"""The days on which a series has a member, from Graph's recurrence pattern and range."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import takewhile
from typing import Any, Literal

from dateutil.rrule import DAILY, MONTHLY, WEEKLY, YEARLY, rrule

from tests.fakes.graph.values import Broken, Json

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_INDEX = {"first": 1, "second": 2, "third": 3, "fourth": 4, "last": -1}
_FREQUENCY: dict[str, Literal[0, 1, 2, 3]] = {
    "daily": DAILY,
    "weekly": WEEKLY,
    "absoluteMonthly": MONTHLY,
    "relativeMonthly": MONTHLY,
    "absoluteYearly": YEARLY,
    "relativeYearly": YEARLY,
}
_NEEDS = {
    "weekly": ("daysOfWeek",),
    "absoluteMonthly": ("dayOfMonth",),
    "relativeMonthly": ("daysOfWeek",),
    "absoluteYearly": ("dayOfMonth", "month"),
    "relativeYearly": ("daysOfWeek", "month"),
}


def full(recurrence: Json, start: datetime, zone: str) -> Json:
    """A recurrence with every member that Graph answers. Raises Broken where one is lacking."""
    given, reach = recurrence.get("pattern") or {}, recurrence.get("range") or {}
    lacking = [each for each in _NEEDS.get(str(given.get("type")), ()) if not given.get(each)]
    if given.get("type") not in _FREQUENCY or lacking or not given.get("interval"):
        raise Broken(f"recurrence pattern lacks {lacking or 'type or interval'}", _INVALID)
    if reach.get("type") not in ("endDate", "noEnd", "numbered"):
        raise Broken("recurrence range has no type", _INVALID)
    pattern = {
        "type": given["type"],
        "interval": given["interval"],
        "month": given.get("month", 0),
        "dayOfMonth": given.get("dayOfMonth", 0),
        "daysOfWeek": given.get("daysOfWeek", []),
        "firstDayOfWeek": given.get("firstDayOfWeek") or "sunday",
        "index": given.get("index") or "first",
    }
    ranged = {
        "type": reach["type"],
        "startDate": reach.get("startDate") or start.date().isoformat(),
        "endDate": reach.get("endDate") or "0001-01-01",
        "recurrenceTimeZone": reach.get("recurrenceTimeZone") or zone,
        "numberOfOccurrences": reach.get("numberOfOccurrences") or 0,
    }
    return {"pattern": pattern, "range": ranged}


_INVALID = "ErrorPropertyValidationFailure"


def days(recurrence: Json) -> Iterator[date]:
    """Every day of the pattern, from the first on, whether cancelled or moved later or not."""
    pattern, reach = recurrence["pattern"], recurrence["range"]
    first = date.fromisoformat(reach["startDate"])
    options = _by(pattern)
    if reach["type"] == "numbered":
        options["count"] = reach["numberOfOccurrences"]
    elif reach["type"] == "endDate":
        options["until"] = datetime.combine(date.fromisoformat(reach["endDate"]), time())
    rule = rrule(
        _FREQUENCY[pattern["type"]],
        dtstart=datetime.combine(first, time()),
        interval=pattern["interval"],
        wkst=_DAYS.index(pattern["firstDayOfWeek"]),
        **options,
    )
    return (each.date() for each in rule)


def between(recurrence: Json, first: date, last: date) -> Iterator[date]:
    """The days of the pattern from `first` to `last`, both included."""
    return (each for each in takewhile(lambda day: day <= last, days(recurrence)) if each >= first)


def around(recurrence: Json, day: date) -> tuple[list[date], list[date]]:
    """The days of the pattern before one of them and after it, the nearest first in each."""
    reach = timedelta(days=370 * max(1, recurrence["pattern"]["interval"]))
    found = list(between(recurrence, day - reach, day + reach))
    return [each for each in reversed(found) if each < day], [each for each in found if each > day]


def _by(pattern: Json) -> dict[str, Any]:
    kind = pattern["type"]
    options: dict[str, Any] = {}
    if kind == "weekly":
        options["byweekday"] = _weekdays(pattern)
    if kind.startswith("absolute"):
        day = pattern["dayOfMonth"]
        # Exchange takes the last day of a month that is too short
        options |= {"bymonthday": range(min(day, 28), day + 1), "bysetpos": -1}
    if kind.startswith("relative"):
        options |= {"byweekday": _weekdays(pattern), "bysetpos": _INDEX[pattern["index"]]}
    if kind.endswith("Yearly"):
        options["bymonth"] = pattern["month"]
    return options


def _weekdays(pattern: Json) -> list[int]:
    return [_DAYS.index(each) for each in pattern["daysOfWeek"]]
