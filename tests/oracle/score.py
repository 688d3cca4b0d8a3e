"""The contract's numbers of a diary, recomputed minute by minute.

This is a judge: it shares no line with the rules that it judges. Each day is turned into sets of
minutes (the bits of an int, bit 0 being the first minute of the window), and every rule is
counted on those bits, so a mistake in interval arithmetic cannot be made twice.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from rules.diary import Diary
from rules.event import Kind, Occurrence, ScoredAs, ShowAs, Status
from rules.policy import Policy, Severity
from rules.working_pattern import Window, WorkingPattern

RULES = ("gap", "protected", "pods", "break", "end_of_day")
LONG_WINDOW = 6 * 60
MIDDLE = 3 * 60


@dataclass(frozen=True)
class Score:
    """Minutes missing by rule and day (pods: by Monday), and their two sums."""

    missing: dict[tuple[str, date], int]
    must: int
    should: int

    def of(self, rule: str) -> int:
        """Minutes missing of one rule over all days."""
        return sum(count for (name, _), count in self.missing.items() if name == rule)


def minute(moment: datetime) -> int:
    """Whole minutes since 1970, the only clock in this package."""
    return int(moment.timestamp()) // 60


def bits(start: int, end: int) -> int:
    """The minutes from `start` to `end` as a set; minutes before 0 are dropped."""
    start, end = max(start, 0), max(end, 0)
    return (1 << end) - (1 << start) if start < end else 0


def runs(mask: int) -> list[int]:
    """The lengths of the unbroken stretches of a set of minutes."""
    found = []
    while mask:
        carried = mask + (mask & -mask)
        found.append((mask & ~carried).bit_count())
        mask &= carried
    return found


def is_timed(each: Occurrence) -> bool:
    """Whether an occurrence takes part in anything: it has instants and a class."""
    return isinstance(each.start, datetime) and each.scored_as is not ScoredAs.NONE


def takes_room(each: Occurrence) -> bool:
    """Whether nothing new may lie on it: on-call time of a shift, scored nowhere, is such too."""
    if each.kind is not Kind.ON_CALL or not isinstance(each.start, datetime):
        return is_timed(each)
    here = each.show_as not in (ShowAs.FREE, ShowAs.WORKING_ELSEWHERE)
    return here and each.status is not Status.CANCELLED and times(each)[1] - times(each)[0] < 1440


def is_appointment(each: Occurrence) -> bool:
    """Whether every rule reads it as an appointment."""
    return is_timed(each) and each.scored_as is ScoredAs.APPOINTMENT


def is_protected(each: Occurrence) -> bool:
    """Whether it is a protected hold."""
    return is_timed(each) and each.scored_as is ScoredAs.HOLD and each.kind is Kind.PROTECTED


def times(each: Occurrence) -> tuple[int, int]:
    """Start and end of a timed occurrence on the minute clock."""
    return minute(each.span.start), minute(each.span.end)


def local_day(moment: datetime, zone: ZoneInfo) -> date:
    """The date on the wall."""
    return moment.astimezone(zone).date()


def day_of(each: Occurrence, pattern: WorkingPattern) -> date:
    """The day of an occurrence: that of the shift it starts in, else its local date."""
    today = local_day(each.span.start, pattern.zone)
    start = minute(each.span.start)
    for candidate in (today, today - timedelta(days=1)):
        window = pattern.window(candidate)
        if window and minute(window.span.start) <= start < minute(window.span.end):
            return candidate
    return today


def working_windows(diary: Diary) -> list[Window]:
    """The windows of the working days that the diary asks about, leave taken out."""
    found = []
    for offset in range((diary.end - diary.start).days):
        window = diary.pattern.window(diary.start + timedelta(days=offset))
        if window and not any(_is_leave(each, window) for each in diary.occurrences):
            found.append(window)
    return found


def counted_windows(diary: Diary, now: datetime) -> list[Window]:
    """The working days that count in a plan: today's date and later."""
    today = local_day(now, diary.pattern.zone)
    return [window for window in working_windows(diary) if window.day >= today]


def monday_of(day: date) -> date:
    """The first day of a date's week."""
    return date.fromordinal(day.toordinal() - day.weekday())


def _is_leave(each: Occurrence, window: Window) -> bool:
    if each.show_as is not ShowAs.OOF or each.scored_as is not ScoredAs.NONE:
        return False
    if each.status is Status.CANCELLED:
        return False
    if isinstance(each.start, datetime):
        start, end = times(each)
        return start <= minute(window.span.start) and minute(window.span.end) <= end
    return each.start == window.day or each.start <= window.day < each.end


def score(diary: Diary, policy: Policy, now: datetime) -> Score:
    """What the five planned rules miss on the days that count in a plan."""
    missing: dict[tuple[str, date], int] = {}
    windows = counted_windows(diary, now)
    for window in windows:
        day = window.day
        missing["gap", day] = gap_missing(diary, window, policy)
        missing["protected", day] = protected_missing(diary, window, policy)
        missing["break", day] = break_missing(diary, window, policy)
        missing["end_of_day", day] = end_of_day_missing(diary, window, policy)
    for first in sorted({monday_of(window.day) for window in windows}):
        missing["pods", first] = pods_missing(diary, first, policy)
    return Score(
        missing,
        must=_sum(missing, policy, Severity.MUST),
        should=_sum(missing, policy, Severity.SHOULD),
    )


def _sum(missing: dict[tuple[str, date], int], policy: Policy, severity: Severity) -> int:
    return sum(count for (rule, _), count in missing.items() if policy.severity(rule) is severity)


def gap_missing(diary: Diary, window: Window, policy: Policy) -> int:
    """Look back from every minute at which an appointment starts and none is under way.

    Nothing is under way at a minute when no appointment covers both it and the one before; then
    the idle minutes just before it are the gap, unless the day's first appointment starts there.
    """
    mine = [
        times(each)
        for each in diary.occurrences
        if is_appointment(each) and day_of(each, diary.pattern) == window.day
    ]
    if not mine:
        return 0
    origin = min(start for start, _ in mine)
    covered = _union((start - origin, end - origin) for start, end in mine)
    under_way = _union((start - origin + 1, end - origin) for start, end in mine)
    total = 0
    for begin in {start - origin for start, _ in mine} - {0}:
        if under_way >> begin & 1:
            continue
        idle = 0
        while not covered >> (begin - 1 - idle) & 1:
            idle += 1
        total += max(0, policy.gap_minutes - idle)
    return total


def _union(spans: Iterable[tuple[int, int]]) -> int:
    mask = 0
    for start, end in spans:
        mask |= bits(start, end)
    return mask


def _in_window(occurrences: Iterable[Occurrence], window: Window) -> int:
    """The minutes of a window that some of these take."""
    origin, end = minute(window.span.start), minute(window.span.end)
    spans = (times(each) for each in occurrences)
    return _union((a - origin, b - origin) for a, b in spans) & bits(0, end - origin)


def smallest_piece(policy: Policy, target: int) -> int:
    """The shortest stretch of protected time that counts on a day with that target."""
    return min(policy.protected_piece, target)


def protected_missing(diary: Diary, window: Window, policy: Policy) -> int:
    """Target less the unbroken stretches, long enough, under a hold and under no appointment."""
    target = policy.protected_target(window.contracted)
    held = _in_window(filter(is_protected, diary.occurrences), window)
    held &= ~_in_window(filter(is_appointment, diary.occurrences), window)
    piece = smallest_piece(policy, target)
    return max(0, target - sum(length for length in runs(held) if length >= piece))


def break_bits(window: Window, policy: Policy, zone: ZoneInfo) -> int:
    """Where the break may lie, as minutes of the window; nothing on windows of six hours or less."""
    origin, end = minute(window.span.start), minute(window.span.end)
    if end - origin <= LONG_WINDOW:
        return 0
    for day in (window.day, window.day + timedelta(days=1)):
        first = minute(datetime.combine(day, policy.break_from, zone)) - origin
        last = minute(datetime.combine(day, policy.break_to, zone)) - origin
        if first >= 0 and last <= end - origin:
            return bits(first, last)
    first = (end - origin - MIDDLE) // 2
    return bits(first, first + MIDDLE)


def break_missing(diary: Diary, window: Window, policy: Policy) -> int:
    """The break less the longest stretch with no appointment and no protected hold."""
    where = break_bits(window, policy, diary.pattern.zone)
    if not where:
        return 0
    taken = _in_window(filter(is_protected, diary.occurrences), window)
    taken |= _in_window(filter(is_appointment, diary.occurrences), window)
    return max(0, policy.break_minutes - max(runs(where & ~taken), default=0))


def end_of_day_missing(diary: Diary, window: Window, policy: Policy) -> int:
    """How far the day's last appointment reaches into the minutes before the window's end."""
    close = minute(window.span.end)
    ends = [
        min(times(each)[1], close)
        for each in diary.occurrences
        if is_appointment(each)
        and day_of(each, diary.pattern) == window.day
        and times(each)[0] < close
    ]
    return max(0, max(ends, default=0) - (close - policy.end_of_day_minutes))


def pods_in_week(occurrences: Iterable[Occurrence], first: date, zone: ZoneInfo) -> int:
    """The team contacts that start in the local week of a Monday."""
    return sum(
        is_appointment(each)
        and each.kind is Kind.POD
        and monday_of(local_day(each.span.start, zone)) == first
        for each in occurrences
    )


def pods_missing(diary: Diary, first: date, policy: Policy) -> int:
    """The length of each team contact that a week lacks."""
    found = pods_in_week(diary.occurrences, first, diary.pattern.zone)
    return max(0, policy.pods_per_week - found) * policy.pod_minutes
