"""One event of a calendar by its id, wherever in time it is."""

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from connectors.icalendar.reading import DEFAULT_LIMITS, NO_CATEGORIES, Limits, read
from rules.event import Kind, Occurrence
from rules.interval import Interval

EVER = Interval(datetime(1970, 1, 2, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))
FURTHEST_MOVE = timedelta(days=400)
"""A member of a series is looked for as far as this from where it was."""

_MEMBER = re.compile(r"/(\d{8})(?:T\d{6}Z)?$")


def find(
    files: Sequence[bytes],
    event_id: str,
    *,
    me: Collection[str] = (),
    zone: ZoneInfo | None = None,
    organisation: Collection[str] = (),
    categories: Mapping[str, Kind] = NO_CATEGORIES,
    locked_categories: Collection[str] = (),
    limits: Limits = DEFAULT_LIMITS,
) -> Occurrence | None:
    """The occurrence of this id, for the UID of a series its first, or None.

    The arguments and errors are those of `read`.
    """
    for window in (_around(event_id), EVER):
        if window is None:
            continue
        found = read(
            files,
            window=window,
            me=me,
            zone=zone,
            organisation=organisation,
            categories=categories,
            locked_categories=locked_categories,
            limits=limits,
        ).occurrences
        exact = next((one for one in found if one.id == event_id), None)
        known = exact or next((one for one in found if one.uid == event_id), None)
        if known is not None:
            return known
    return None


def _around(event_id: str) -> Interval | None:
    """Where a member of a series may be, by its original start."""
    member = _MEMBER.search(event_id)
    if member is None:
        return None
    try:
        day = datetime.strptime(member[1], "%Y%m%d").replace(tzinfo=UTC)
        return Interval(day - FURTHEST_MOVE, day + FURTHEST_MOVE)
    except (ValueError, OverflowError):
        return None
