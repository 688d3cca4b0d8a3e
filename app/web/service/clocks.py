"""Times of day as people write them."""

import re

_TIME = re.compile(r"(?P<hour>\d{1,2})(?:[:.](?P<minute>[0-5]\d))? ?(?P<half>am|pm)?")


def read_clock(text: str) -> str:
    """A time of day such as 2pm, 9:30am or 14.00, as settings have it.

    Anything else stays as it was written.
    """
    found = _TIME.fullmatch(text.strip().lower())
    if found is None or not (found["minute"] or found["half"]):
        return text
    hour, half = int(found["hour"]), found["half"]
    if half and not 1 <= hour <= 12:
        return text
    if half:
        hour = hour % 12 + (12 if half == "pm" else 0)
    return f"{hour:02}:{found['minute'] or '00'}"
