"""Where the hours of a leader's weeks go, so that time for the team counts as work.

Each minute of a week has one line, the first of `ORDER` that takes it, wherever in the week it is;
working time that none takes is `open`. A shift over Sunday's midnight is in the week it begins in.
So the lines and the open time of a week come to its working hours and what lies outside them, to
the minute. The leader's own time has no line: adding or removing some changes nothing here. What
lies before `now` is `held`, the rest `planned`.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from rules.diary import Diary
from rules.event import Kind, Occurrence, ScoredAs
from rules.interval import Interval, subtract, total_minutes
from rules.policy import Policy
from rules.working_pattern import dates, day_span, monday

WEEKS = 13
"""A quarter, which is what a job plan looks at."""


class Work(StrEnum):
    """What a minute of a week is for."""

    POD = "pod"
    ONE_TO_ONE = "one_to_one"
    APPRECIATION = "appreciation"
    REVIEW = "review"
    FACE_DAY = "face_day"
    CLINICAL = "clinical"
    MEETING = "meeting"
    PROTECTED = "protected"
    LEARNING = "learning"
    BREAK = "break"
    GAP = "gap"
    END_OF_DAY = "end_of_day"


ORDER = tuple(Work)
"""Which line takes a minute that several could: time with people, then holds."""
TEAM = (Work.POD, Work.ONE_TO_ONE, Work.APPRECIATION, Work.REVIEW)
"""What the report asks to be in the workload."""


@dataclass(frozen=True, slots=True)
class Line:
    """Minutes of one week for one purpose: before now, and from now on."""

    work: Work
    held: int
    planned: int

    @property
    def minutes(self) -> int:
        """Both together."""
        return self.held + self.planned


@dataclass(frozen=True, slots=True)
class Week:
    """One week from a Monday on, in minutes.

    `hours` are its working hours, `contracted` what is paid of them, and `outside` what the lines
    have beyond the hours: the lines and `open` come to `hours` and `outside`.
    """

    first: date
    hours: int
    contracted: int
    lines: tuple[Line, ...]
    open: int
    outside: int

    def minutes(self, *works: Work) -> int:
        """What some lines come to."""
        return sum(each.minutes for each in self.lines if each.work in works)


@dataclass(frozen=True, slots=True)
class Ledger:
    """The weeks of a diary's window, and what a contracted week is (minutes)."""

    weeks: tuple[Week, ...]
    contract: int

    @property
    def team(self) -> float:
        """Minutes for the team in a usual week: the mean over the weeks with a working day."""
        worked = [week for week in self.weeks if week.hours]
        return sum(week.minutes(*TEAM) for week in worked) / len(worked) if worked else 0.0

    @property
    def share(self) -> float:
        """The part of a contracted week that is for the team, 0 to 1."""
        return self.team / self.contract if self.contract else 0.0


def ledger(diary: Diary, policy: Policy, now: datetime) -> Ledger:
    """Where the hours of each week of the window go; whole weeks, from Monday to Sunday."""
    first, last = monday(diary.start), monday(diary.end - timedelta(days=1))
    mondays = [each for each in dates(first, last + timedelta(days=7)) if each.weekday() == 0]
    minute = now.replace(second=0, microsecond=0)
    weeks = tuple(_week(each, diary, minute) for each in mondays)
    return Ledger(weeks, _contract(diary, policy))


def _contract(diary: Diary, policy: Policy) -> int:
    """The minutes of a contracted week: as somebody said, else those of the working pattern."""
    if policy.programmed_activities:
        return policy.programmed_activities * policy.programmed_activity_minutes
    return policy.contracted_minutes or diary.pattern.contracted_week


def _week(first: date, diary: Diary, now: datetime) -> Week:
    after = first + timedelta(days=7)
    whole = Interval(_begin(first, diary), _begin(after, diary))
    windows = [window for each in dates(first, after) if (window := diary.day(each).window)]
    hours = [window.span for window in windows]
    taken = dict(_taken(diary.occurrences, whole))
    everything = [span for spans in taken.values() for span in spans]
    return Week(
        first=first,
        hours=total_minutes(hours),
        contracted=sum(window.contracted for window in windows),
        lines=tuple(_line(work, spans, now) for work, spans in taken.items()),
        open=total_minutes(subtract(hours, everything)),
        outside=total_minutes(subtract(everything, hours)),
    )


def _begin(first: date, diary: Diary) -> datetime:
    """When a week begins: at its first midnight, or at the end of a shift over that."""
    midnight = day_span(first, diary.pattern.zone).start
    window = diary.day(first - timedelta(days=1)).window
    return max(midnight, window.span.end) if window else midnight


def _taken(
    occurrences: Iterable[Occurrence], whole: Interval
) -> Iterator[tuple[Work, list[Interval]]]:
    """The time of each line, which no line before it has."""
    by_work: dict[Work, list[Interval]] = {work: [] for work in ORDER}
    for each in occurrences:
        work = work_of(each)
        span = _in_minutes(each.span).clip(whole) if work is not None else None
        if work is not None and span is not None:
            by_work[work].append(span)
    before: list[Interval] = []
    for work in ORDER:
        yield work, subtract(by_work[work], before)
        before += by_work[work]


def _in_minutes(span: Interval) -> Interval:
    """From one whole minute to another, so that the minutes of all lines add up."""
    return Interval(*(each.replace(second=0, microsecond=0) for each in (span.start, span.end)))


def work_of(occurrence: Occurrence) -> Work | None:
    """The line of an occurrence; None for own time and for what takes no time."""
    if occurrence.all_day:
        return None
    if occurrence.scored_as is ScoredAs.APPOINTMENT:
        return _PEOPLE.get(occurrence.kind, Work.MEETING)
    if occurrence.scored_as is ScoredAs.HOLD and occurrence.kind is not None:
        return Work(occurrence.kind.value)
    return None


_PEOPLE: dict[Kind | None, Work] = {
    Kind.POD: Work.POD,
    Kind.ONE_TO_ONE: Work.ONE_TO_ONE,
    Kind.APPRECIATION: Work.APPRECIATION,
    Kind.REVIEW: Work.REVIEW,
    Kind.FACE_DAY: Work.FACE_DAY,
    Kind.CLINICAL: Work.CLINICAL,
}


def _line(work: Work, spans: Sequence[Interval], now: datetime) -> Line:
    whole = total_minutes(spans)
    before = [span for each in spans if (span := _until(each, now))]
    held = total_minutes(before)
    return Line(work, held, whole - held)


def _until(span: Interval, now: datetime) -> Interval | None:
    return Interval(span.start, min(span.end, now)) if span.start < now else None
