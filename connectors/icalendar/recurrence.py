"""Recurrence rules (RFC 5545 section 3.3.10), expanded within bounds of time and memory.

The grammar is icalendar's (`vRecur`). The expansion is ours: the usual one walks from DTSTART and
cannot be stopped inside a rule that never matches, while a diary that arrives from outside may
hold `FREQ=SECONDLY` from the year 1. Here a rule is entered near the window wherever COUNT allows,
and every candidate it looks at is charged to a budget. Times are local times without a zone.
"""

import calendar
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import MAXYEAR, MINYEAR, date, datetime, time, timedelta
from functools import lru_cache
from itertools import product

from icalendar.prop import vRecur

DAY = timedelta(days=1)
_UNITS = {
    "WEEKLY": timedelta(weeks=1),
    "DAILY": DAY,
    "HOURLY": timedelta(hours=1),
    "MINUTELY": timedelta(minutes=1),
    "SECONDLY": timedelta(seconds=1),
}
_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_FAR = 10**9
_WALKED = 20_000
_DAYS_A_CANDIDATE = 8
"""To look whether a day fits is so much less work than to make a candidate of it."""
_LONGEST_RULE = 5_000


class BadRule(ValueError):
    """The rule breaks the grammar, or counts in a calendar that is not Gregorian."""


class Exhausted(Exception):
    """The budget is spent."""


@dataclass(slots=True)
class Budget:
    """How many candidates may still be looked at, for one series and for the whole reading."""

    total: int = 600_000
    per_series: int = 250_000
    series_left: int = field(default=0, init=False)

    def next_series(self) -> None:
        """Begin a series with its own share. Raises Exhausted when nothing is left for it."""
        if self.total <= 0:
            raise Exhausted
        self.series_left = min(self.per_series, self.total)

    def spend(self, candidates: int) -> None:
        """Charge candidates before they are made. Raises Exhausted."""
        self.total -= min(candidates, self.series_left)
        self.series_left -= candidates
        if self.series_left < 0:
            raise Exhausted


@dataclass(frozen=True, slots=True)
class Rule:
    """One RRULE. Weekdays count from Monday as 0; an ordinal of 0 means every such weekday."""

    freq: str
    interval: int = 1
    count: int | None = None
    until: datetime | date | None = None
    by_month: tuple[int, ...] = ()
    by_week_no: tuple[int, ...] = ()
    by_year_day: tuple[int, ...] = ()
    by_month_day: tuple[int, ...] = ()
    by_day: tuple[tuple[int, int], ...] = ()
    by_hour: tuple[int, ...] = ()
    by_minute: tuple[int, ...] = ()
    by_second: tuple[int, ...] = ()
    by_set_pos: tuple[int, ...] = ()
    week_start: int = 0

    @property
    def leaps(self) -> bool:
        """Whether the last instance is found by arithmetic instead of by counting.

        Only for a COUNT that nobody would walk to: counting also knows the instances that a
        clock change leaves out.
        """
        return self.one_a_period and self.count is not None and self.count > _WALKED

    def for_dates(self) -> "Rule":
        """The rule of a DATE: parts of the day are ignored (RFC 5545 section 3.3.10)."""
        return replace(self, by_hour=(), by_minute=(), by_second=())

    @property
    def one_a_period(self) -> bool:
        """Whether each period has exactly one instance."""
        parts = (self.by_month, self.by_week_no, self.by_year_day, self.by_month_day, self.by_day)
        times = (self.by_hour, self.by_minute, self.by_second, self.by_set_pos)
        return self.freq in _UNITS and not any(parts) and not any(times)


@lru_cache(maxsize=512)
def parse_rule(text: str) -> Rule:
    """A rule from its text. Raises BadRule; forgives blanks, empty parts and COUNT below 1."""
    if len(text) > _LONGEST_RULE:
        raise BadRule("a repeat rule is too long")
    tidy = ";".join(part for part in "".join(text.split()).strip(";").split(";") if part)
    try:
        parts: Mapping[str, Sequence[object]] = vRecur.from_ical(tidy)
        return _rule(parts)
    except (ValueError, TypeError, KeyError, IndexError, OverflowError) as error:
        raise BadRule("a repeat rule cannot be read") from error


def expand(
    rule: Rule,
    start: datetime,
    after: datetime,
    before: datetime,
    budget: Budget,
    exists: Callable[[datetime], bool],
) -> Iterator[datetime]:
    """Instances from `after` to `before`, both included, in order, none before `start`.

    `exists` says whether a local time is there at all: the rest are ignored and not counted
    (RFC 5545 section 3.3.10). Raises Exhausted.
    """
    walker = _Walker(rule, start, budget)
    counted = rule.count is not None and not rule.leaps
    first = start if counted else max(start, after)
    left = rule.count if counted and rule.count is not None else _FAR
    for instance in walker.instances(first, before):
        if instance < start or not exists(instance):
            continue
        if instance > before or left <= 0:
            return
        left -= 1
        if instance >= after:
            yield instance


def _rule(parts: Mapping[str, Sequence[object]]) -> Rule:
    if str(next(iter(parts.get("RSCALE", ())), "GREGORIAN")).upper() != "GREGORIAN":
        raise BadRule("a repeat rule counts in another calendar")
    count = _first_number(parts, "COUNT", 0)
    until = next(iter(parts.get("UNTIL", ())), None)
    weekday = str(next(iter(parts.get("WKST", ())), "MO")).upper()
    return Rule(
        freq=str(parts["FREQ"][0]).upper(),
        interval=max(1, _first_number(parts, "INTERVAL", 1)),
        count=count if count > 0 else None,
        until=until if isinstance(until, date) else None,
        by_month=_numbers(parts, "BYMONTH", 1, 12),
        by_week_no=_numbers(parts, "BYWEEKNO", -53, 53),
        by_year_day=_numbers(parts, "BYYEARDAY", -366, 366),
        by_month_day=_numbers(parts, "BYMONTHDAY", -31, 31),
        by_day=tuple(sorted({_weekday(str(one)) for one in parts.get("BYDAY", ())})),
        by_hour=_numbers(parts, "BYHOUR", 0, 23),
        by_minute=_numbers(parts, "BYMINUTE", 0, 59),
        by_second=tuple(sorted({min(s, 59) for s in _numbers(parts, "BYSECOND", 0, 60)})),
        by_set_pos=_numbers(parts, "BYSETPOS", -366, 366),
        week_start=_WEEKDAYS.index(weekday),
    )


def _first_number(parts: Mapping[str, Sequence[object]], name: str, default: int) -> int:
    return int(str(next(iter(parts.get(name, ())), default)))


def _numbers(
    parts: Mapping[str, Sequence[object]], name: str, low: int, high: int
) -> tuple[int, ...]:
    numbers = {int(str(one)) for one in parts.get(name, ())}
    if low < 0:
        numbers.discard(0)
    if (numbers and not all(low <= one <= high for one in numbers)) or (
        parts.get(name) and not numbers
    ):
        raise BadRule(f"{name} is out of range")
    return tuple(sorted(numbers))


def _weekday(text: str) -> tuple[int, int]:
    return int(text[:-2] or 0), _WEEKDAYS.index(text[-2:].upper())


class _Walker:
    """Goes through the periods of one rule and makes the candidates of each."""

    def __init__(self, rule: Rule, start: datetime, budget: Budget) -> None:
        self.rule = rule
        self.start = start
        self.budget = budget
        self.weekdays = frozenset(day for _, day in rule.by_day)
        self.ordinals_of = {
            day: frozenset(n for n, each in rule.by_day if each == day) for day in self.weekdays
        }
        self.month_days = frozenset(rule.by_month_day)
        self.year_days = frozenset(rule.by_year_day)
        self.week_numbers = frozenset(rule.by_week_no)
        self.ordinals = any(ordinal for ordinal, _ in rule.by_day)
        self.times = self._times()

    def instances(self, after: datetime, before: datetime) -> Iterator[datetime]:
        """Candidates in order, from the period that holds `after`."""
        if self.rule.freq in ("HOURLY", "MINUTELY", "SECONDLY"):
            yield from self._fine(after, before)
            return
        for days in self._periods(after.date(), before.date()):
            self.budget.spend(len(days) * len(self.times) + 1)
            yield from self._choose([datetime.combine(d, t) for d in days for t in self.times])

    def _choose(self, candidates: list[datetime]) -> list[datetime]:
        positions = self.rule.by_set_pos
        if not positions:
            return candidates
        size = len(candidates)
        places = {p - 1 if p > 0 else size + p for p in positions}
        return [candidates[place] for place in sorted(places) if 0 <= place < size]

    def _times(self) -> list[time]:
        rule, start = self.rule, self.start
        hours = rule.by_hour or (start.hour,)
        minutes = rule.by_minute or (start.minute,)
        seconds = rule.by_second or (start.second,)
        self.budget.spend(len(hours) * len(minutes) * len(seconds))
        return [time(*one) for one in product(hours, minutes, seconds)]

    # -- periods of a day and longer ------------------------------------------------------------

    def _periods(self, after: date, before: date) -> Iterator[list[date]]:
        match self.rule.freq:
            case "YEARLY":
                yield from self._years(after, before)
            case "MONTHLY":
                yield from self._months(after, before)
            case _:
                yield from self._stretches(after, before)

    def _years(self, after: date, before: date) -> Iterator[list[date]]:
        first = self._week_year(self.start.date()) if self.rule.by_week_no else self.start.year
        skip = max(0, (after.year - 1 - first) // self.rule.interval)
        year = first + skip * self.rule.interval
        while year <= min(before.year + 1, MAXYEAR):
            yield self._fitting(self._year_days(year))
            year += self.rule.interval

    def _year_days(self, year: int) -> Iterator[date]:
        rule = self.rule
        if rule.by_week_no:
            yield from self._week_days(year)
        elif rule.by_year_day:
            length = 366 if calendar.isleap(year) else 365
            numbers = {n if n > 0 else length + 1 + n for n in self.year_days}
            yield from (
                date(year, 1, 1) + DAY * (n - 1) for n in sorted(numbers) if 0 < n <= length
            )
        else:
            # A day of the month alone takes its month from DTSTART, as two test tables read it.
            every = rule.by_day and not rule.by_month_day
            for month in rule.by_month or (range(1, 13) if every else (self.start.month,)):
                yield from self._month_days(year, month)

    def _week_days(self, year: int) -> Iterator[date]:
        first = self._first_week(year)
        following = self._first_week(year + 1) if year < MAXYEAR else date.max
        weeks = (following - first).days // 7
        numbers = {n if n > 0 else weeks + 1 + n for n in self.week_numbers}
        self.budget.spend(7 * len(numbers) // _DAYS_A_CANDIDATE)
        by_date = self.rule.by_month_day or self.rule.by_year_day
        weekdays = self.weekdays or (range(7) if by_date else {self.start.weekday()})
        for number in sorted(n for n in numbers if 0 < n <= weeks):
            for offset in range(7):
                day = first + timedelta(weeks=number - 1, days=offset)
                if day.weekday() in weekdays:
                    yield day

    def _first_week(self, year: int) -> date:
        """The start of the first week with at least four days in the year."""
        fourth = date(year, 1, 4)
        back = (fourth.weekday() - self.rule.week_start) % 7
        return fourth - DAY * min(back, (fourth - date.min).days)

    def _week_year(self, day: date) -> int:
        if day.year < MAXYEAR and day >= self._first_week(day.year + 1):
            return day.year + 1
        return day.year if day >= self._first_week(day.year) else max(MINYEAR, day.year - 1)

    def _months(self, after: date, before: date) -> Iterator[list[date]]:
        first = self.start.year * 12 + self.start.month - 1
        skip = max(0, (after.year * 12 + after.month - 2 - first) // self.rule.interval)
        month = first + skip * self.rule.interval
        last = min(before.year * 12 + before.month - 1, MAXYEAR * 12 + 11)
        while month <= last:
            yield self._fitting(self._month_days(month // 12, month % 12 + 1))
            month += self.rule.interval

    def _month_days(self, year: int, month: int) -> Iterator[date]:
        rule = self.rule
        if rule.by_month and month not in rule.by_month:
            return
        length = calendar.monthrange(year, month)[1]
        if rule.by_month_day:
            numbers = sorted({n if n > 0 else length + 1 + n for n in self.month_days})
        else:
            every = rule.by_day or (rule.freq == "MONTHLY" and rule.by_year_day)
            numbers = list(range(1, length + 1)) if every else [self.start.day]
        yield from (date(year, month, n) for n in numbers if 0 < n <= length)

    def _stretches(self, after: date, before: date) -> Iterator[list[date]]:
        """Weeks or days. With one instance a period, COUNT is a last period."""
        rule, first = self.rule, self.start.date()
        weekly = rule.freq == "WEEKLY"
        if weekly:
            back = (first.weekday() - rule.week_start) % 7
            first -= DAY * min(back, (first - date.min).days)
        length = 7 if weekly else 1
        step = rule.interval * length
        index = max(0, ((after - first).days - length) // step)
        last = (before - first).days // step
        if rule.leaps and rule.count is not None:
            last = min(last, rule.count - 1)
        while index <= last:
            day = first + DAY * (index * step)
            yield self._fitting(self._week_of(day) if weekly else iter((day,)))
            index += 1

    def _week_of(self, day: date) -> Iterator[date]:
        by_date = self.rule.by_month_day or self.rule.by_year_day
        weekdays = self.weekdays or (range(7) if by_date else {self.start.weekday()})
        for offset in range(min(7, (date.max - day).days + 1)):
            if (day + DAY * offset).weekday() in weekdays:
                yield day + DAY * offset

    # -- which days fit -------------------------------------------------------------------------

    def _fitting(self, days: Iterator[date]) -> list[date]:
        looked_at = list(days)
        self.budget.spend(len(looked_at) // _DAYS_A_CANDIDATE)
        return [day for day in looked_at if self._fits(day)]

    def _fits(self, day: date) -> bool:
        rule = self.rule
        if rule.by_month and day.month not in rule.by_month:
            return False
        if rule.by_month_day and not self._in_month(day):
            return False
        if rule.by_year_day and not self._in_year(day):
            return False
        return not rule.by_day or self._on_weekday(day)

    def _in_month(self, day: date) -> bool:
        length = calendar.monthrange(day.year, day.month)[1]
        return day.day in self.month_days or day.day - length - 1 in self.month_days

    def _in_year(self, day: date) -> bool:
        number = day.timetuple().tm_yday
        length = 366 if calendar.isleap(day.year) else 365
        return number in self.year_days or number - length - 1 in self.year_days

    def _on_weekday(self, day: date) -> bool:
        if day.weekday() not in self.weekdays:
            return False
        ordinal_counts = self.rule.freq in ("MONTHLY", "YEARLY") and not self.rule.by_week_no
        if not (self.ordinals and ordinal_counts):
            return True
        return not self._ordinals(day).isdisjoint(self.ordinals_of[day.weekday()])

    def _ordinals(self, day: date) -> set[int]:
        """The how-many-th such weekday of its month this is, or of its year without BYMONTH."""
        if self.rule.freq == "MONTHLY" or self.rule.by_month:
            number, length = day.day, calendar.monthrange(day.year, day.month)[1]
        else:
            number = day.timetuple().tm_yday
            length = 366 if calendar.isleap(day.year) else 365
        return {0, (number - 1) // 7 + 1, -((length - number) // 7 + 1)}

    # -- periods shorter than a day -------------------------------------------------------------

    def _fine(self, after: datetime, before: datetime) -> Iterator[datetime]:
        """Hours, minutes or seconds, leaping over days that do not fit."""
        rule = self.rule
        unit = _UNITS[rule.freq]
        base = _floor(self.start, rule.freq)
        if rule.interval > (datetime.max - base) // unit:
            yield from self._period(base)
            return
        step = unit * rule.interval
        index = max(0, (after - base) // step - 1)
        last = (before - base) // step
        if rule.leaps and rule.count is not None:
            last = min(last, rule.count - 1)
        while index <= last:
            self.budget.spend(1)
            moment = base + step * index
            unfit_until = self._unfit_until(moment)
            if unfit_until is None:
                yield from self._period(moment)
                index += 1
            else:
                index = (unfit_until - base) // step + 1

    def _unfit_until(self, moment: datetime) -> datetime | None:
        """The last second of the day, hour or minute that cannot hold an instance, else None."""
        rule = self.rule
        if not self._fits(moment.date()):
            return moment.replace(hour=23, minute=59, second=59)
        if rule.by_hour and moment.hour not in rule.by_hour:
            return moment.replace(minute=59, second=59)
        fixed_minute = rule.freq != "HOURLY" and rule.by_minute
        if fixed_minute and moment.minute not in rule.by_minute:
            return moment.replace(second=59)
        return None

    def _period(self, moment: datetime) -> list[datetime]:
        rule = self.rule
        if rule.freq == "SECONDLY":
            fits = not rule.by_second or moment.second in rule.by_second
            return self._choose([moment]) if fits else []
        minutes = rule.by_minute or (self.start.minute,)
        if rule.freq == "MINUTELY":
            minutes = (moment.minute,)
        seconds = rule.by_second or (self.start.second,)
        self.budget.spend(len(minutes) * len(seconds))
        return self._choose(
            [moment.replace(minute=m, second=s) for m, s in product(minutes, seconds)]
        )


def _floor(moment: datetime, freq: str) -> datetime:
    if freq == "HOURLY":
        return moment.replace(minute=0, second=0)
    return moment.replace(second=0) if freq == "MINUTELY" else moment
