"""How far ahead a connected diary is looked at."""

from datetime import UTC, datetime, time, timedelta

from rules.interval import Interval

BEHIND, AHEAD = timedelta(days=7), timedelta(weeks=6)
"""SPEC section 6: protected time and pods six weeks ahead; a week back for what limits count."""


def horizon(now: datetime, ahead: timedelta = AHEAD) -> Interval:
    """The window around a moment (aware), by whole days, so that it stays the same all day."""
    midnight = datetime.combine(now.astimezone(UTC).date(), time(), UTC)
    return Interval(midnight - BEHIND, midnight + ahead + timedelta(days=1))
