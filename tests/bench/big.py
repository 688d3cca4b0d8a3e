"""A file of 2,000 events, 60 of them weekly series, to time reading on.

The recipe that is shared with the project is used where it is found, so that figures compare;
elsewhere one like it is written here.
"""

import os
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

ROOT = Path(__file__).resolve().parents[2]
EVENTS, SERIES = 2000, 60
FIRST = datetime(2024, 1, 1)  # noqa: DTZ001  wall-clock times; the zone stands in the text
ZONE = """BEGIN:VTIMEZONE
TZID:Europe/London
BEGIN:DAYLIGHT
TZOFFSETFROM:+0000
TZOFFSETTO:+0100
DTSTART:19700329T010000
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU
END:DAYLIGHT
BEGIN:STANDARD
TZOFFSETFROM:+0100
TZOFFSETTO:+0000
DTSTART:19701025T020000
RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU
END:STANDARD
END:VTIMEZONE"""


def write_big(path: Path) -> str:
    """Write the file, and say which recipe it came from."""
    recipe = _shared_recipe()
    if recipe is None:
        path.write_bytes(_own().encode())
        return "our own recipe"
    subprocess.run([sys.executable, str(recipe), str(path)], check=True)
    return "make_big.py"


def _shared_recipe() -> Path | None:
    for folder in (os.environ.get("CLEARWAY_SHARED"), str(ROOT.parent / "shared")):
        found = Path(folder or ".") / "corpus" / "timing" / "make_big.py"
        if folder and found.is_file():
            return found
    return None


def _own() -> str:
    random = Random(5545)
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Clearway//bench//EN", *ZONE.splitlines()]
    for number in range(SERIES):
        start = FIRST + timedelta(days=number % 5, hours=random.randint(8, 16))
        lines += _event(
            random, f"weekly-{number}", start, "RRULE:FREQ=WEEKLY;UNTIL=20261231T235959Z"
        )
        for week in random.sample(range(1, 155), 3):
            moved = start + timedelta(weeks=week)
            original = f"RECURRENCE-ID;TZID=Europe/London:{moved:%Y%m%dT%H%M%S}"
            lines += _event(random, f"weekly-{number}", moved + timedelta(hours=1), original)
    for number in range(EVENTS - 4 * SERIES):
        day = timedelta(days=random.randrange(1096), hours=random.randint(7, 18))
        lines += _event(random, f"single-{number}", FIRST + day, "SEQUENCE:0")
    return "\r\n".join([*lines, "END:VCALENDAR", ""])


def _event(random: Random, uid: str, start: datetime, more: str) -> list[str]:
    end = start + timedelta(minutes=random.choice((15, 30, 45, 60, 90)))
    people = [
        f"ATTENDEE;PARTSTAT=ACCEPTED:mailto:p{random.randint(1, 300)}@example.invalid"
        for _ in range(random.randint(0, 4))
    ]
    return [
        "BEGIN:VEVENT",
        f"UID:{uid}@example.invalid",
        "DTSTAMP:20231231T090000Z",
        f"DTSTART;TZID=Europe/London:{start:%Y%m%dT%H%M%S}",
        f"DTEND;TZID=Europe/London:{end:%Y%m%dT%H%M%S}",
        more,
        f"SUMMARY:Event {uid}",
        f"LOCATION:Room {random.randint(1, 40)}",
        "DESCRIPTION:" + "Notes. " * random.randint(1, 8),
        "ORGANIZER:mailto:organiser@example.invalid",
        *people,
        "END:VEVENT",
    ]
