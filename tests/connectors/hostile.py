"""Input made to exhaust a reader, and children of this process that each read one within limits.

Run as `python -m tests.connectors.hostile NAME …`: prints what came of each, as lines of JSON.
"""

import json
import os
import resource
import sys
import traceback
from collections.abc import Callable

from connectors.errors import Unreadable
from connectors.icalendar import read
from tests.connectors.texts import NOVEMBER, calendar, event

SOAK = os.environ.get("CLEARWAY_SOAK", "") not in {"", "0"}
MANY, PART = (19_000, 1) if SOAK else (2_000, 8)
"""Events of a case, and what part of a long one is read: whole, a file is as large as is allowed."""
MEMORY = 600 * 1024 * 1024
SECONDS = 20

ALL_HOURS = ",".join(map(str, range(24)))
ALL_SIXTY = ",".join(map(str, range(60)))
NEVER = ",".join(
    f"{sign}{number}{day}"
    for number in range(54, 100)
    for day in ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
    for sign in ("", "-")
)
WEEK = "MO,TU,WE,TH,FR,SA,SU"


def many(count: int, *lines: str, start: str = "20200101T090000Z") -> bytes:
    """That many events of one kind."""
    return calendar(*[event(*lines, uid=str(number), start=start) for number in range(count)])


def zones(count: int) -> bytes:
    """Events that each need a costly zone of their own."""
    zone = (
        "BEGIN:VTIMEZONE\r\nTZID:Q{n}\r\nBEGIN:STANDARD\r\nDTSTART:19000101T000000\r\n"
        "TZOFFSETFROM:+0100\r\nTZOFFSETTO:+0200\r\nRRULE:FREQ=YEARLY;BYDAY=MO,TU\r\n"
        "END:STANDARD\r\nEND:VTIMEZONE"
    )
    events = [
        event(f"DTSTART;TZID=Q{n}:20261124T090000", uid=str(n), start="") for n in range(count)
    ]
    return calendar(*[zone.format(n=n) for n in range(count)], *events)


def overrides(count: int, extra: str) -> bytes:
    """A long series with that many exceptions."""
    each = [
        event(
            f"RECURRENCE-ID{extra}:20261124T{n // 3600:02d}{n // 60 % 60:02d}{n % 60:02d}Z", uid="x"
        )
        for n in range(count)
    ]
    series = event("RRULE:FREQ=DAILY", "SEQUENCE:5", uid="x", start="00010101T000000Z")
    return calendar(series, *each)


def one_uid(masters: int, exceptions: int, *rule: str) -> bytes:
    """Many events of one identifier, and older exceptions that belong to none of them."""
    first = [
        event(
            "SEQUENCE:5",
            *rule,
            uid="x",
            start=f"2025{n // 28 % 12 + 1:02d}{n % 28 + 1:02d}T{n // 336:02d}0000Z",
        )
        for n in range(masters)
    ]
    rest = [
        event(f"RECURRENCE-ID:20261124T{n // 3600:02d}{n // 60 % 60:02d}{n % 60:02d}Z", uid="x")
        for n in range(1, exceptions)
    ]
    return calendar(*first, *rest)


CASES: dict[str, Callable[[], bytes]] = {
    "secondly": lambda: many(1, "RRULE:FREQ=SECONDLY"),
    "secondly since the year 1": lambda: many(1, "RRULE:FREQ=SECONDLY", start="00010101T000000Z"),
    "seconds that never come": lambda: many(1, "RRULE:FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30"),
    "minutely many": lambda: many(MANY, "RRULE:FREQ=MINUTELY"),
    "secondly counted": lambda: many(MANY, "RRULE:FREQ=SECONDLY;COUNT=1000000000;BYSECOND=1"),
    "daily since the year 1": lambda: many(MANY, "RRULE:FREQ=DAILY", start="00010101T000000Z"),
    "counted since the year 1": lambda: many(
        MANY, "RRULE:FREQ=DAILY;COUNT=1000000000;BYDAY=MO", start="00010101T000000Z"
    ),
    "set positions that never come": lambda: many(
        MANY, "RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30;BYSETPOS=-1;COUNT=5"
    ),
    "weekdays that never come": lambda: many(
        MANY // 5, "RRULE:FREQ=YEARLY;BYDAY=60MO;COUNT=5", start="00010101T090000Z"
    ),
    "many weekdays that never come": lambda: many(MANY // 3, f"RRULE:FREQ=YEARLY;BYDAY={NEVER}"),
    "a year of seconds": lambda: many(
        MANY // 6,
        f"RRULE:FREQ=YEARLY;BYDAY={WEEK};BYHOUR={ALL_HOURS};BYMINUTE={ALL_SIXTY};"
        f"BYSECOND={ALL_SIXTY};BYSETPOS=-1",
    ),
    "until the year 9999": lambda: many(
        MANY, f"RRULE:FREQ=WEEKLY;UNTIL=99991231T235959Z;BYDAY={WEEK}"
    ),
    "huge intervals": lambda: many(9, "RRULE:FREQ=MINUTELY;INTERVAL=999999999999999999999"),
    "ten years each day": lambda: many(MANY // 2, "DURATION:P3650D", "RRULE:FREQ=DAILY"),
    "many zones": lambda: zones(MANY // 3),
    "many exceptions": lambda: overrides(MANY * 3 // 4, ""),
    "many onward exceptions": lambda: overrides(MANY * 3 // 4, ";RANGE=THISANDFUTURE"),
    "many of one name": lambda: one_uid(MANY // 10, MANY * 4 // 5),
    "many series of one name": lambda: one_uid(MANY // 10, MANY * 4 // 5, "RRULE:FREQ=WEEKLY"),
    "many dates": lambda: many(1, "RDATE:" + ",".join(["20261124T090000Z"] * (250_000 // PART))),
    "many rules": lambda: many(1, *["RRULE:FREQ=DAILY;COUNT=99999;BYDAY=MO"] * (90_000 // PART)),
    "a long rule": lambda: many(1, "RRULE:FREQ=WEEKLY;BYDAY=" + ",".join(["MO"] * 1_500_000)),
    "nested": lambda: b"BEGIN:VCALENDAR\n" + b"BEGIN:X\n" * 19_000 + b"END:Q\n" * (700_000 // PART),
    "quotes and semicolons": lambda: many(1, 'ATTENDEE;X="' + ';"' * 2_000_000),
    "folds": lambda: many(1, "SUMMARY:" + "\r\n x" * 1_200_000),
    "line ends": lambda: b"BEGIN:VCALENDAR\n" + b"\n" * 4_900_000,
    "a long zone": lambda: many(1, "DTEND;TZID=" + "A/" * 2_000_000 + ":x"),
    "a long number": lambda: many(1, "SEQUENCE:" + "9" * 4_000_000),
    "a long duration": lambda: many(1, "DURATION:P" + "9" * 4_000_000 + "D"),
    "categories": lambda: many(
        1, "CATEGORIES:" + "\\,," * (1_500_000 // PART), start="20261124T090000Z"
    ),
    "a crowd": lambda: many(
        1, *[f"ATTENDEE:mailto:p{n}@x.example" for n in range(10_000)], start="20261124T090000Z"
    ),
    "zeros": lambda: b"\0" * 4_900_000,
    "every byte": lambda: bytes(range(256)) * 19_000,
}


def outcome(name: str) -> str:
    """Read one case within the limits, and say what came of it."""
    data = CASES[name]()
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    try:
        found = read([data], window=NOVEMBER)
    except Unreadable as error:
        return str(error)
    return f"{len(found.occurrences)} occurrences; {' '.join(found.warnings)}"


def in_a_child(name: str) -> str:
    """What a child says that reads one case, or what it died of. It need not start Python anew."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        try:
            said = outcome(name)
        except BaseException:  # noqa: BLE001 # it is told, and nothing of the parent's goes on here
            said = f"died: {traceback.format_exc()[-2000:]}"
        os.write(writing, said.encode()[:4000])
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        said = pipe.read().decode()
    _, status = os.waitpid(child, 0)
    return f"died: signal {os.WTERMSIG(status)}" if os.WIFSIGNALED(status) else said


if __name__ == "__main__":
    for each in sys.argv[1:]:
        sys.stdout.write(json.dumps([each, in_a_child(each)]) + "\n")
