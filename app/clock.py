"""The only reader of the clock; everything else is told what time it is."""

from datetime import UTC, datetime


def now() -> datetime:
    """This moment in UTC, in whole seconds as every shape has them."""
    return datetime.now(UTC).replace(microsecond=0)
