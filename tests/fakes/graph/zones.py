"""Graph's times: a wall clock and the name of a zone, in Windows' words or IANA's."""

import re
from datetime import UTC, datetime
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from tests.fakes.graph.values import Broken, Json

_WALL = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,7})?)?")


@cache
def zone(name: str) -> ZoneInfo:
    """A zone by its Windows or IANA name. Raises Broken."""
    try:
        return ZoneInfo(WINDOWS_TO_OLSON.get(name, name))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Broken(
            f"time zone {name!r} is not supported", "TimeZoneNotSupportedException"
        ) from None


def read(member: Json) -> tuple[datetime, str]:
    """A dateTimeTimeZone as wall clock (naive) and zone name. Raises Broken."""
    text, name = str(member.get("dateTime")), str(member.get("timeZone") or "UTC")
    if not _WALL.fullmatch(text):
        raise Broken(f"dateTime {text!r} is no wall clock time", "ErrorPropertyValidationFailure")
    zone(name)
    try:
        return datetime.fromisoformat(text), name
    except ValueError:
        raise Broken(
            f"dateTime {text!r} does not exist", "ErrorPropertyValidationFailure"
        ) from None


def instant(wall: datetime, name: str) -> datetime:
    """The moment (aware UTC) of a wall clock time."""
    return wall.replace(tzinfo=zone(name)).astimezone(UTC)


def shown(wall: datetime, name: str, *, wanted: str, whole_day: bool) -> Json:
    """A time as Graph answers it: in the wanted zone, but for whole days, which stay dates."""
    if not whole_day:
        wall = instant(wall, name).astimezone(zone(wanted)).replace(tzinfo=None)
    return {"dateTime": f"{wall:%Y-%m-%dT%H:%M:%S}.{wall.microsecond:06d}0", "timeZone": wanted}


def stamp(moment: datetime) -> str:
    """A moment as Graph writes it in UTC."""
    moment = moment.astimezone(UTC)
    return (
        f"{moment:%Y-%m-%dT%H:%M:%S}{f'.{moment.microsecond:06d}0' if moment.microsecond else ''}Z"
    )


def moment(text: str) -> datetime:
    """startDateTime and endDateTime of a window: their own offset counts, else UTC. Raises Broken."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise Broken(f"{text!r} is no date and time", "ErrorInvalidParameter") from None
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
