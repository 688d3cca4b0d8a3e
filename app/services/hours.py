"""The working hours of one leader: what was asked, else the policy files, else Monday to Friday."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from app.bank_holidays import Nation, bank_holidays
from app.services.errors import BadInput
from app.services.policy_file import PolicyFiles
from rules.diary import AHEAD
from rules.working_pattern import PatternError, Shift, WorkingPattern, parse_hours

USUAL_ZONE = "Europe/London"
USUAL_HOURS = "Mon-Fri 09:00-17:00"
_UNITED_KINGDOM = frozenset({"Europe/London", "GB", "Europe/Belfast"})
_OF_THE_MACHINE = frozenset({"localtime", "posixrules"})
"""Files beside the zones whose meaning differs between machines, so a diary cannot name them."""


def find_zone(name: str) -> ZoneInfo:
    """An IANA zone by its name. Raises BadInput."""
    message = f"“{name}” is not a time zone such as Europe/London."
    if name in _OF_THE_MACHINE:
        raise BadInput(message)
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise BadInput(message) from error


def make_pattern(
    zone: ZoneInfo,
    files: PolicyFiles,
    start: date,
    end: date,
    *,
    hours: str | None = None,
    nation: Nation | None = None,
) -> WorkingPattern:
    """When the leader works, with bank holidays over the weeks around the dates asked for.

    Hours that are None are not given; empty ones are refused. Without a nation, England's bank
    holidays are taken where the zone is the United Kingdom's, and none elsewhere. Raises BadInput
    with one sentence.
    """
    words = files.hours or USUAL_HOURS if hours is None else hours
    around = timedelta(days=14)
    whose = nation or files.nation or _usual_nation(zone)
    off = bank_holidays(whose, (start - around).year, (end + around + AHEAD).year)
    try:
        pattern = parse_hours(words, zone, files.anchor)
        exceptions = _exceptions(files.exceptions, zone)
        return replace(pattern, exceptions=exceptions, days_off=files.days_off | off)
    except PatternError as error:
        raise BadInput(str(error)) from error


def _usual_nation(zone: ZoneInfo) -> Nation:
    return Nation.ENGLAND if zone.key in _UNITED_KINGDOM else Nation.NONE


def _exceptions(given: Mapping[date, str], zone: ZoneInfo) -> Mapping[date, Shift | None]:
    return {day: parse_hours(f"mon {text}", zone).weeks[0][0] for day, text in given.items()}
