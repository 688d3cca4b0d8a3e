"""The ledger of random calendars equals a count of each minute from their raw text.

The count reads the text with a library that the product does not use, and works out classes,
hours and weeks from the contract's words alone.
"""

import os
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import recurring_ical_events  # type: ignore[import-untyped]  # it has no types
from icalendar import Calendar

from app.services.read import Ask, read
from app.services.source import Source
from app.services.workload import account
from tests.connectors.texts import ME, calendar, event

LONDON = ZoneInfo("Europe/London")
DIARIES = 20_000 if os.environ.get("CLEARWAY_SOAK") == "1" else 500
AT_ONCE = 50
MONDAYS = (date(2026, 11, 23), date(2026, 6, 1), date(2026, 3, 23), date(2026, 10, 19))
"""A winter fortnight, a summer one, and two in which the clocks change."""
EASTER = {date(2026, 4, 3), date(2026, 4, 6)}
"""The bank holidays of those weeks in England."""
WEEKS = 2
DAYS = (-2, -1, 0, 1, 4, 4, 4, 5, 6, 6, 7, 11, 11, 13, 14)
"""On which days of the fortnight events begin: crowded, and about the ends of weeks."""
SHIFTS = {
    "Mon-Fri 09:00-17:00": dict.fromkeys(range(5), (540, 1020)),
    "Mon 07:00-19:00; Wed 14:00-22:00; Sat 09:00-12:00": {
        0: (420, 1140),
        2: (840, 1320),
        5: (540, 720),
    },
    "Fri-Sun 22:00-06:00": dict.fromkeys((4, 5, 6), (1320, 1800)),
}
"""Hours in words, and in minutes from midnight by weekday."""
LINES = (
    *("pod", "one_to_one", "appreciation", "review", "face_day", "clinical", "meeting"),
    *("protected", "learning", "break", "gap", "end_of_day"),
)
"""Whichever comes first takes a minute that several could."""
KINDS = (
    *(each for each in LINES if each != "meeting"),
    "travel",
    "check_in",
    "on_call",
    "virtual_office",
)
POLICY = "[categories]\n" + "\n".join(f'"the {kind}" = "{kind}"' for kind in KINDS)


@pytest.mark.parametrize("first", range(0, DIARIES, AT_ONCE))
def test_each_line_equals_a_count_from_the_raw_calendar(first: int) -> None:
    for seed in range(first, first + AT_ONCE):
        random = Random(f"ledger {seed}")
        monday, hours = random.choice(MONDAYS), random.choice(list(SHIFTS))
        text = calendar(
            *(_event(random, monday, number) for number in range(random.randint(1, 16)))
        )
        now = _instant(monday, random.randrange(WEEKS * 7 * 1440))
        end = monday + timedelta(weeks=WEEKS)
        policy = Source("trust.toml", POLICY.encode())
        ask = Ask(
            now=now, me=(ME,), start=monday, end=end, time_zone="Europe/London",
            hours=hours, policy=(policy,),
        )  # fmt: skip
        told = account(read([Source("diary.ics", text)], ask)).ledger
        counted = _count(Calendar.from_ical(text), monday, SHIFTS[hours], now)
        assert len(told.weeks) == WEEKS
        for week in told.weeks:
            lines = {
                (line.work.value, word): minutes
                for line in week.lines
                for word, minutes in (("held", line.held), ("planned", line.planned))
            }
            rest = {("open", ""): week.open, ("outside", ""): week.outside}
            assert +Counter(lines | rest) == +counted[week.first], seed


# --- random calendars -------------------------------------------------------------------------------


def _event(random: Random, monday: date, number: int) -> str:
    """An event, or a series with exceptions, in one of the forms that calendars use."""
    day = monday + timedelta(days=random.choice(DAYS))
    if random.random() < 0.07:
        after = day + timedelta(days=random.randint(1, 3))
        shown = random.choice(("OOF", "BUSY", "FREE"))
        return event(
            f"DTSTART;VALUE=DATE:{day:%Y%m%d}",
            f"DTEND;VALUE=DATE:{after:%Y%m%d}",
            f"X-MICROSOFT-CDO-BUSYSTATUS:{shown}",
            uid=f"{number}@example",
            start="",
        )
    minutes = random.choice((0, 5, 20, 30, 45, 60, 60, 90, 240, 1560))
    lines = [*_times(random, day, minutes), *_marks(random)]
    if random.random() < 0.7:
        return event(*lines, uid=f"{number}@example", start="")
    return _series(random, lines, number)


def _times(random: Random, day: date, minutes: int) -> list[str]:
    """In UTC at any minute, or on London's clock in the daytime, which no change of clocks skips."""
    if random.random() < 0.5:
        start = _instant(day, random.choice((random.randrange(1440), random.randrange(540, 780))))
        return [f"DTSTART:{start:%Y%m%dT%H%M%S}Z", f"DURATION:PT{minutes}M"]
    wall = datetime.combine(
        day, time(random.choice((6, 9, 9, 10, 10, 11, 14, 16, 21)), random.choice((0, 15, 30, 50)))
    )
    return [f"DTSTART;TZID=Europe/London:{wall:%Y%m%dT%H%M%S}", f"DURATION:PT{minutes}M"]


def _series(random: Random, lines: list[str], number: int) -> str:
    """Some days in a row; one may be left out, and one may be at another time."""
    name, value = lines[0].split(":")
    starts = datetime.strptime(value.rstrip("Z"), "%Y%m%dT%H%M%S")  # noqa: DTZ007
    out, moved = (starts + timedelta(days=random.randint(0, 4)) for _ in range(2))
    utc = "Z" if value.endswith("Z") else ""
    more = [f"RRULE:FREQ=DAILY;COUNT={random.randint(2, 6)}"]
    if random.random() < 0.5:
        more.append(f"{name.replace('DTSTART', 'EXDATE')}:{out:%Y%m%dT%H%M%S}{utc}")
    master = event(*lines, *more, uid=f"{number}@example", start="")
    if random.random() < 0.5 or moved == out or moved - starts >= timedelta(days=2):
        return master
    later = moved + timedelta(minutes=random.choice((30, 60, 1440)))
    exception = event(
        f"{name}:{later:%Y%m%dT%H%M%S}{utc}",
        f"{name.replace('DTSTART', 'RECURRENCE-ID')}:{moved:%Y%m%dT%H%M%S}{utc}",
        *lines[1:],
        uid=f"{number}@example",
        start="",
    )
    return f"{master}\r\n{exception}"


def _marks(random: Random) -> Iterator[str]:
    if random.random() < 0.6:
        yield f"CATEGORIES:the {random.choice(KINDS)}"
    yield from random.choice(([], [], [], ["STATUS:CANCELLED"], ["STATUS:TENTATIVE"]))
    yield from random.choice(([], [], [], ["TRANSP:TRANSPARENT"]))
    yield from random.choice(([], [], [], ["CLASS:PRIVATE"], ["CLASS:PUBLIC"]))
    yield from random.choice(([], [], [], ["X-MICROSOFT-CDO-BUSYSTATUS:OOF"]))
    answer = random.choice(("ACCEPTED", "ACCEPTED", "NEEDS-ACTION", "DECLINED"))
    yield from random.choice(
        (
            [],
            [f"ORGANIZER:mailto:{ME}", "ATTENDEE;PARTSTAT=DECLINED:mailto:a@trust.example"],
            ["ORGANIZER:mailto:a@trust.example", f"ATTENDEE;PARTSTAT={answer}:mailto:{ME}"],
        )
    )


# --- another count ----------------------------------------------------------------------------------


def _count(
    raw: Any, monday: date, shifts: Mapping[int, tuple[int, int]], now: datetime
) -> dict[date, Counter[tuple[str, str]]]:
    """The minutes of each line before and from `now` on, by the week's Monday."""
    end = monday + timedelta(weeks=WEEKS)
    around = monday - timedelta(days=3), end + timedelta(days=3)
    there: list[Any] = list(recurring_ical_events.of(raw).between(*around))
    away = [
        each for each in there if _shown(each) == "OOF" and _is_long(each) and not _is_gone(each)
    ]
    days = (monday + timedelta(days=number) for number in range(-1, 7 * WEEKS))
    shifted = {
        each: (_wall(each, shifts[each.weekday()][0]), _wall(each, shifts[each.weekday()][1]))
        for each in days
        if each.weekday() in shifts and each not in EASTER
    }
    hours = {
        each: span
        for each, span in shifted.items()
        if not any(_is_leave(leave, each, span) for leave in away)
    }
    working = {minute for start, until in hours.values() for minute in _minutes(start, until)}
    lines: dict[datetime, set[str]] = defaultdict(set)
    for each in there:
        line = _line(each)
        if line is not None:
            for minute in _minutes(each.start, each.end):
                lines[minute].add(line)
    found: dict[date, Counter[tuple[str, str]]] = {}
    for number in range(WEEKS):
        first = monday + timedelta(weeks=number)
        after = first + timedelta(weeks=1)
        counts = found.setdefault(first, Counter())
        for minute in _minutes(_begin(first, hours), _begin(after, hours)):
            if minute in lines:
                line = min(lines[minute], key=LINES.index)
                counts[line, "planned" if minute >= now else "held"] += 1
                counts["outside", ""] += minute not in working
            else:
                counts["open", ""] += minute in working
    return found


def _line(each: Any) -> str | None:
    """What the contract's table makes of an event; None for own time and for no time at all."""
    kinds = [str(name)[4:] for name in (each["CATEGORIES"].cats if "CATEGORIES" in each else ())]
    kind = kinds[0] if kinds else None
    elsewhere = kind in ("on_call", "virtual_office", "travel", "check_in")
    if _is_gone(each) or _is_long(each) or elsewhere:
        return None
    if kind is not None:
        return kind
    private = each.get("CLASS", "PUBLIC") != "PUBLIC"
    alone = "ATTENDEE" not in each
    return None if private or _shown(each) == "OOF" or alone else "meeting"


def _is_gone(each: Any) -> bool:
    """Cancelled, declined by the leader, or shown free."""
    guests = each.get("ATTENDEE", [])
    guests = guests if isinstance(guests, list) else [guests]
    declined = any(ME in guest and guest.params["PARTSTAT"] == "DECLINED" for guest in guests)
    shown = _shown(each)
    free = shown == "FREE" if shown else each.get("TRANSP") == "TRANSPARENT"
    return each.get("STATUS") == "CANCELLED" or declined or free


def _is_long(each: Any) -> bool:
    """All day, or a day and more."""
    return not isinstance(each.start, datetime) or each.end - each.start >= timedelta(days=1)


def _is_leave(away: Any, day: date, shift: tuple[datetime, datetime]) -> bool:
    """Whether an absence has a day, or all of its shift."""
    if isinstance(away.start, datetime):
        return away.start <= shift[0] and shift[1] <= away.end
    return away.start <= day < away.end


def _shown(each: Any) -> str | None:
    value = each.get("X-MICROSOFT-CDO-BUSYSTATUS")
    return None if value is None else str(value)


def _begin(monday: date, hours: Mapping[date, tuple[datetime, datetime]]) -> datetime:
    """A Monday's midnight, or the end of Sunday's shift where that is later."""
    _, until = hours.get(monday - timedelta(days=1), (None, _wall(monday, 0)))
    return max(until, _wall(monday, 0))


def _minutes(start: datetime, until: datetime) -> Iterator[datetime]:
    start, until = start.astimezone(UTC), until.astimezone(UTC)
    return (start + timedelta(minutes=n) for n in range(int((until - start).total_seconds()) // 60))


def _wall(day: date, minute: int) -> datetime:
    """A minute of a day on London's clock, in UTC."""
    clock = datetime.combine(day, time()) + timedelta(minutes=minute)
    return clock.replace(tzinfo=LONDON).astimezone(UTC)


def _instant(day: date, minute: int) -> datetime:
    return datetime.combine(day, time(), UTC) + timedelta(minutes=minute)
