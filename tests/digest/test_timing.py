"""Each digest at the right local minute, or rightly not at all: a whole year, day by day.

The expectation is made here from local clocks and lists of days, minute by minute where it matters.
"""

from collections.abc import Collection
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from app.bank_holidays import Nation, bank_holidays
from app.digest.timing import chance, chances, next_due
from app.services.hours import make_pattern
from app.services.policy_file import PolicyFiles
from rules.policy import Policy
from rules.working_pattern import WorkingPattern

LONDON = ZoneInfo("Europe/London")
FIRST, LAST = date(2026, 1, 5), date(2027, 1, 4)

_EVERYWHERE = {date(2026, 1, 1), date(2026, 4, 3), date(2026, 5, 4), date(2026, 5, 25)}
_EVERYWHERE |= {date(2026, 12, 25), date(2026, 12, 28), date(2027, 1, 1)}
_ENGLISH = _EVERYWHERE | {date(2026, 4, 6), date(2026, 8, 31)}
HOLIDAYS = {
    Nation.ENGLAND: _ENGLISH,
    Nation.WALES: _ENGLISH,
    Nation.SCOTLAND: _EVERYWHERE
    | {date(2026, 1, 2), date(2026, 6, 15), date(2026, 8, 3), date(2026, 11, 30)},
    Nation.NORTHERN_IRELAND: _ENGLISH | {date(2026, 3, 17), date(2026, 7, 13)},
    Nation.NONE: set[date](),
}
"""As the government publishes them."""
HOURS: dict[str, dict[int, tuple[str, int]]] = {
    "Mon-Fri 09:00-17:00": dict.fromkeys(range(5), ("09:00", 480)),
    "Wed-Fri 08:30-12:30": dict.fromkeys((2, 3, 4), ("08:30", 240)),
    "Mon-Tue 09:00-17:00": dict.fromkeys((0, 1), ("09:00", 480)),
    "Fri 09:00-17:00": {4: ("09:00", 480)},
    "Mon-Thu 20:00-07:30": dict.fromkeys(range(4), ("20:00", 690)),
    "Sat-Sun 00:45-09:00; Mon 22:00-06:00": {
        0: ("22:00", 480),
        5: ("00:45", 495),
        6: ("00:45", 495),
    },
}
"""Hours as they are written, and by weekday when they begin on the wall's clock."""
LEAVE = frozenset(
    {
        *(date(2026, 8, 3) + timedelta(days=each) for each in range(14)),
        *(date(2026, 2, 16) + timedelta(days=each) for each in range(2)),
        *(date(2026, 10, 26) + timedelta(days=each) for each in range(3)),
    }
)


def pattern_of(hours: str, nation: Nation) -> WorkingPattern:
    files = PolicyFiles(policy=Policy(), hours=hours, nation=nation, days_off=LEAVE)
    return make_pattern(LONDON, files, FIRST, LAST)


def expected(hours: str, nation: Nation) -> list[datetime]:
    """When each digest of the year is due, in UTC."""
    off = HOLIDAYS[nation] | LEAVE
    found = []
    for week in range((LAST - FIRST).days // 7):
        days = [FIRST + timedelta(days=7 * week + each) for each in range(7)]
        worked = [day for day in days if day.weekday() in HOURS[hours] and day not in off]
        if len(worked) >= 2:
            start, _ = HOURS[hours][worked[0].weekday()]
            local = datetime.combine(worked[0], time.fromisoformat(start), LONDON)
            found.append(local.astimezone(UTC) + timedelta(minutes=30))
    return found


def travel(pattern: WorkingPattern, away: Collection[date] = ()) -> list[datetime]:
    """Every digest of the year, each found from the moment of the one before."""
    moment = datetime.combine(FIRST, time(), UTC)
    found = []
    while (due := next_due(pattern, moment, away)) and due.date() < LAST:
        found.append(due)
        moment = due
    return found


@pytest.mark.parametrize("nation", HOLIDAYS)
@pytest.mark.parametrize("hours", HOURS)
def test_every_digest_of_a_year_is_due_at_its_minute(hours: str, nation: Nation) -> None:
    assert travel(pattern_of(hours, nation)) == expected(hours, nation)


def test_the_clock_on_the_wall_stays_when_the_clocks_change() -> None:
    found = travel(pattern_of("Mon-Fri 09:00-17:00", Nation.NONE))
    assert {each.astimezone(LONDON).strftime("%a %H:%M") for each in found} <= {
        "Mon 09:30",
        "Wed 09:30",
        "Thu 09:30",
    }
    assert {each.hour for each in found} == {8, 9}


@pytest.mark.parametrize("hours", HOURS)
def test_no_minute_of_the_year_is_a_chance_outside_the_hours(hours: str) -> None:
    nation = Nation.ENGLAND
    pattern = pattern_of(hours, nation)
    off = HOLIDAYS[nation] | LEAVE
    for week in range((LAST - FIRST).days // 7):
        first = FIRST + timedelta(days=7 * week)
        for each in chances(pattern, first):
            local = each.start.astimezone(LONDON) - timedelta(minutes=30)
            day = local.date()
            start, minutes = HOURS[hours][day.weekday()]
            begins = datetime.combine(day, time.fromisoformat(start), LONDON).astimezone(UTC)
            assert day not in off
            assert each.start == begins + timedelta(minutes=30)
            assert each.end - begins <= timedelta(minutes=minutes + 60)


def test_a_digest_that_is_late_waits_for_the_next_hours_and_not_for_the_next_week() -> None:
    pattern = pattern_of("Mon-Wed 09:00-17:00", Nation.NONE)
    first = date(2026, 11, 23)

    def when(day: int, clock: str) -> str:
        hour, minute = map(int, clock.split(":"))
        found = chance(pattern, first, datetime(2026, 11, day, hour, minute, tzinfo=UTC))
        return "never" if found is None else f"{found.start:%a %H:%M}"

    assert [when(22, "12:00"), when(23, "09:30"), when(23, "16:59")] == ["Mon 09:30"] * 3
    assert when(23, "17:00") == "Tue 09:30"
    assert when(25, "16:59") == "Wed 09:30"
    assert when(25, "17:00") == "never"


def test_leave_that_only_the_calendar_knows_moves_it_on() -> None:
    pattern = pattern_of("Mon-Fri 09:00-17:00", Nation.NONE)
    first = date(2026, 11, 23)
    away = {first, first + timedelta(days=1)}
    assert chances(pattern, first, away)[0].start == datetime(2026, 11, 25, 9, 30, tzinfo=UTC)
    assert chances(pattern, first, away | {date(2026, 11, 25), date(2026, 11, 26)}) == ()


def test_nobodys_hours_have_no_digest() -> None:
    pattern = pattern_of("Fri 09:00-17:00", Nation.NONE)
    assert next_due(pattern, datetime(2026, 1, 5, tzinfo=UTC)) is None


def test_the_lists_of_holidays_are_those_that_patterns_have() -> None:
    for nation, known in HOLIDAYS.items():
        assert bank_holidays(nation, 2026, 2026) == {each for each in known if each.year == 2026}
