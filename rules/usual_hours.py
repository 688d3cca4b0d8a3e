"""Working hours as a calendar suggests them, for its leader to confirm.

Meetings show when somebody works from within: nobody's day ends with the last of them. So the
usual hours hold, but for days without any meeting, and they are wider where meetings regularly
are.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from rules.interval import Interval
from rules.working_pattern import DAYS, local_date, monday

LEAST_WEEKS = 3
"""Weeks with meetings below which nothing is suggested."""
_USUAL = (9 * 60, 17 * 60)
_WIDEST = (7 * 60, 19 * 60)
"""Minutes of the day. What regularly lies beyond is for the leader to say."""
_GRID = 30
_WEEKEND = (5, 6)
_LONGEST = timedelta(hours=12)
"""A longer one is no meeting: an on-call turn, or a day away."""
_Ends = tuple[int, int]


def usual_hours(meetings: Iterable[Interval], zone: ZoneInfo) -> str | None:
    """Hours in the words of `rules.working_pattern`, such as `Mon-Thu 08:30-17:00`.

    None where there are too few weeks with meetings to tell.
    """
    days = _days(meetings, zone)
    weeks = len({monday(each) for each in days})
    if weeks < LEAST_WEEKS:
        return None
    by_weekday = [
        [ends for day, ends in days.items() if day.weekday() == number] for number in range(7)
    ]
    found = [_hours(number, ends, weeks) for number, ends in enumerate(by_weekday)]
    return "; ".join(_in_words(found)) or None


def _days(meetings: Iterable[Interval], zone: ZoneInfo) -> Mapping[date, _Ends]:
    """The first start and last end of each local day with meetings, in minutes of that day."""
    found: dict[date, _Ends] = {}
    for each in meetings:
        start, end = each.start.astimezone(zone), each.end.astimezone(zone)
        day = local_date(each.start, zone)
        if each.end - each.start > _LONGEST or local_date(each.end, zone) != day:
            continue
        first, last = found.get(day, (_minute(start), _minute(end)))
        found[day] = (min(first, _minute(start)), max(last, _minute(end)))
    return found


def _minute(moment: datetime) -> int:
    return moment.hour * 60 + moment.minute


def _hours(weekday: int, ends: Sequence[_Ends], weeks: int) -> _Ends | None:
    """The hours of one weekday, None where there are none."""
    regular = 3 * len(ends) >= weeks
    if not ends or (weekday in _WEEKEND and not regular):
        return None
    if not regular:
        return _USUAL
    # a third of such days begins no later, and a third ends no earlier
    third = -(-len(ends) // 3) - 1
    first = sorted(start for start, _ in ends)[third] // _GRID * _GRID
    last = -(-sorted((end for _, end in ends), reverse=True)[third] // _GRID) * _GRID
    return max(min(first, _USUAL[0]), _WIDEST[0]), min(max(last, _USUAL[1]), _WIDEST[1])


def _in_words(week: Sequence[_Ends | None]) -> Iterator[str]:
    for hours, days in groupby(range(7), key=lambda number: week[number]):
        if hours is None:
            continue
        names = [DAYS[each].capitalize() for each in days]
        span = names[0] if len(names) == 1 else f"{names[0]}-{names[-1]}"
        yield f"{span} {_clock(hours[0])}-{_clock(hours[1])}"


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
