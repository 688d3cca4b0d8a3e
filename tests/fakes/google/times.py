"""EventDateTime: dates and times as the API has them, and the instants that they mean."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from tests.fakes.google.refusal import Json, invalid, required, time_range_empty

Slot = datetime | date
"""The start of one member of a series: an instant in UTC, or a day."""


def zone_of(name: str) -> ZoneInfo:
    """The zone of an IANA name, the only names that the API takes."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:  # not there, not a name, not a file
        raise invalid(f"Invalid time zone {name!r}.", problem=True) from error


def is_date(moment: Json) -> bool:
    """Whether it is the day of an all-day event."""
    return "date" in moment


def instant(moment: Json, zone: ZoneInfo) -> datetime:
    """When it is; a day begins at midnight in the calendar's zone."""
    if is_date(moment):
        return midnight(date.fromisoformat(moment["date"]), zone)
    return datetime.fromisoformat(moment["dateTime"]).astimezone(UTC)


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """The instant at which a day begins."""
    return datetime.combine(day, time.min, zone).astimezone(UTC)


def parsed(text: str) -> datetime:
    """An RFC 3339 timestamp with its offset, as parameters have to be."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise invalid("Bad Request", problem=True) from error
    if found.tzinfo is None:
        raise invalid("A timestamp needs an offset.", problem=True)
    return found.astimezone(UTC).replace(microsecond=0)


def shown(moment: Json, zone: ZoneInfo) -> Json:
    """As an answer in a zone shows it: the offset is the answer's, `timeZone` the event's own."""
    if is_date(moment):
        return dict(moment)
    at = datetime.fromisoformat(moment["dateTime"]).astimezone(zone)
    return {**moment, "dateTime": rfc3339(at)}


def rfc3339(moment: datetime) -> str:
    """Text with an offset, `Z` for none."""
    return moment.isoformat().replace("+00:00", "Z")


def settle(body: Json, zone: ZoneInfo) -> None:
    """Put `start` and `end` into one form, or refuse them."""
    for name in ("start", "end"):
        body[name] = _settled(
            name, body.get(name) or {}, zone, repeats=bool(body.get("recurrence"))
        )
    start, end = body["start"], body["end"]
    if is_date(start) != is_date(end):
        raise invalid("The start and end times must either both be date or both be dateTime.")
    if instant(end, zone) < instant(start, zone) or (is_date(start) and start == end):
        raise time_range_empty()


def _settled(name: str, moment: Json, zone: ZoneInfo, *, repeats: bool) -> Json:
    if ("date" in moment) == ("dateTime" in moment):
        raise required(f"Missing {name} time.")
    if "date" in moment:
        return {"date": _day(moment["date"])}
    own = moment.get("timeZone")
    if repeats and own is None:
        raise required(f"Missing time zone definition for {name} time.")
    place = zone_of(own) if own else zone
    try:
        at = datetime.fromisoformat(moment["dateTime"])
    except ValueError as error:
        raise invalid(f"Invalid value for {name} time.", problem=True) from error
    if at.tzinfo is None:
        if own is None:
            raise required(f"Missing time zone definition for {name} time.")
        at = at.replace(tzinfo=place)
    local = at.astimezone(UTC).astimezone(place).replace(microsecond=0)
    return {"dateTime": rfc3339(local), "timeZone": place.key}


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise invalid("Invalid date.", problem=True) from error


def local(moment: Json) -> datetime:
    """On the clock of the event's own zone, without that zone; a day as its midnight."""
    if is_date(moment):
        return datetime.fromisoformat(moment["date"])
    at = datetime.fromisoformat(moment["dateTime"])
    return at.astimezone(zone_of(moment["timeZone"])).replace(tzinfo=None)


def length(body: Json) -> timedelta:
    """How long an event lasts: true hours, or whole days."""
    start, end = body["start"], body["end"]
    if is_date(start):
        return date.fromisoformat(end["date"]) - date.fromisoformat(start["date"])
    ends, starts = (datetime.fromisoformat(each["dateTime"]) for each in (end, start))
    return ends.astimezone(UTC) - starts.astimezone(UTC)
