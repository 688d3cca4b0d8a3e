"""What the rules have in common that ask for something every so many weeks.

The diary's window is cut into periods of so many weeks, from the Monday of its first week on. A
period is judged where all its weeks are in the window and somebody works in it.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from rules.diary import Diary, in_order
from rules.event import Kind, Occurrence, ScoredAs, ShowAs, Status
from rules.finding import Finding, Rule
from rules.interval import Interval
from rules.language import text
from rules.policy import Policy
from rules.words import say_count, say_day, say_minutes, say_so_far
from rules.working_pattern import dates, local_date, monday

_WEEK = timedelta(weeks=1)


@dataclass(frozen=True, slots=True)
class Cadence:
    """So many events of a kind in each period: all numbers are settings.

    `rule` is the id of the rule that asks for it, empty where none does. `noun` is one such event
    as `say_count` knows it, `minutes` its length and `shortest` from which it counts. Nothing is
    asked for where one of `weeks` and `wanted` is 0.
    """

    rule: str
    kind: Kind
    noun: str
    weeks: Callable[[Policy], int]
    wanted: Callable[[Policy], int]
    minutes: Callable[[Policy], int]
    shortest: Callable[[Policy], int] = lambda policy: 0

    def places(self, diary: Diary, policy: Policy) -> frozenset[date]:
        """The first Monday of each period that is judged."""
        return frozenset(first for first, _ in self.periods(diary, policy))

    def periods(self, diary: Diary, policy: Policy) -> Iterator[tuple[date, date]]:
        """Each period that is judged: its first day, and the first after it."""
        if self.wanted(policy):
            yield from periods(diary, self.weeks(policy))

    def findings(self, rule: Rule, diary: Diary, policy: Policy) -> Iterator[Finding]:
        """What is missing of it, period by period."""
        wanted, length = self.wanted(policy), self.minutes(policy)
        for first, end in self.periods(diary, policy):
            there = [each for each in self._of(diary, policy) if first <= each[0] < end]
            if len(there) < wanted:
                yield rule.finding(
                    policy,
                    day=first,
                    span=_working_span(diary, first, end),
                    missing=(wanted - len(there)) * length,
                    event_ids=tuple(each.id for _, each in there),
                    message=self._message(first, policy, len(there)),
                )

    def counts(self, each: Occurrence, policy: Policy) -> bool:
        """Whether an occurrence is one of these."""
        return each.kind is self.kind and _counts(each, self.shortest(policy))

    def _of(self, diary: Diary, policy: Policy) -> Sequence[tuple[date, Occurrence]]:
        there = in_order(diary.occurrences)
        return [(local_day(each, diary), each) for each in there if self.counts(each, policy)]

    def _message(self, first: date, policy: Policy, had: int) -> str:
        found = {
            "day": say_day(first),
            "had": say_so_far(had, self.noun),
            "asked": say_count(self.wanted(policy), self.noun),
            "time": say_minutes(self.minutes(policy)),
        }
        weeks = self.weeks(policy)
        if weeks <= 1:
            return text(
                "In the week of %(day)s your diary has %(had)s. "
                "Your settings ask for %(asked)s of %(time)s.",
                **found,
            )
        return text(
            "In the %(weeks)s weeks from %(day)s your diary has %(had)s. "
            "Your settings ask for %(asked)s of %(time)s.",
            weeks=weeks,
            **found,
        )


def periods(diary: Diary, weeks: int) -> Iterator[tuple[date, date]]:
    """Each whole period of so many weeks with a working day: its first day, the first after it."""
    if not weeks:
        return
    first, after = monday(diary.start), monday(diary.end - timedelta(days=1)) + _WEEK
    while first + weeks * _WEEK <= after:
        end = first + weeks * _WEEK
        if any(diary.day(each).window for each in dates(first, end)):
            yield first, end
        first = end


def local_day(each: Occurrence, diary: Diary) -> date:
    """The day on which an occurrence begins, all day or not."""
    if isinstance(each.start, datetime):
        return local_date(each.span.start, diary.pattern.zone)
    return each.start


def takes_place(each: Occurrence) -> bool:
    """Whether something without a class of its own is in the diary: whole days are often shown as
    free, and so is what the leader declined, which is somebody else's."""
    mine = each.organizer or each.show_as is not ShowAs.FREE
    return mine and each.status is not Status.CANCELLED


def _counts(each: Occurrence, shortest: int) -> bool:
    if each.all_day:
        # a whole day in person has no hours, so no other rule counts it
        return takes_place(each)
    return each.scored_as is not ScoredAs.NONE and each.span.minutes >= shortest


def _working_span(diary: Diary, first: date, end: date) -> Interval:
    """From the first working hour of a period to its last."""
    windows = [window.span for each in dates(first, end) if (window := diary.day(each).window)]
    return Interval(windows[0].start, max(each.end for each in windows))
