"""From a diary to the digest of one of its weeks: the same for mail and for a look ahead."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from app.digest.contents import Digest, Facts, compose
from app.digest.timing import LEAST_DAYS, chances
from rules.catalogue import evaluate
from rules.change import Change, ChangeKind
from rules.diary import Diary
from rules.event import Kind
from rules.figures import WeekFigures, figures
from rules.policy import Policy
from rules.working_pattern import monday

BEFORE, AHEAD = timedelta(weeks=4), timedelta(weeks=4)
"""How far back and ahead of its week a digest looks: a diary must be open over all of it."""
_WEEK = timedelta(weeks=1)
_FIRST = (Kind.PROTECTED, Kind.POD)
"""Holds that are worth more than others as the one thing to do."""


@dataclass(frozen=True, slots=True)
class Week:
    """One week of a diary, seen from `now`, with the figures of the weeks before it."""

    diary: Diary
    before: tuple[WeekFigures, ...]
    facts: Facts

    @property
    def away(self) -> frozenset[date]:
        """Days of it that would be worked, and on which the calendar says that there is leave."""
        return frozenset(day.date for day in self.diary.days if day.leave)


def week(whole: Diary, policy: Policy, first: date, now: datetime) -> Week:
    """The week from a Monday on, of a diary that is open from `BEFORE` it until `AHEAD` of it."""
    before = Diary(whole.occurrences, whole.pattern, first - BEFORE, first)
    diary = Diary(whole.occurrences, whole.pattern, first, first + _WEEK)
    ahead = Diary(whole.occurrences, whole.pattern, first, first + AHEAD)
    past = figures(before, policy)
    facts = Facts(
        diary=ahead,
        policy=policy,
        findings=tuple(evaluate(diary, policy)),
        now=now,
        last=past[-1] if counts(past[-1]) else None,
    )
    return Week(diary, past, facts)


def counts(figures: WeekFigures) -> bool:
    """Whether a week tells anything: it was worked, and the diary held something."""
    return figures.days >= LEAST_DAYS and bool(figures.meetings or figures.protected)


def first_step(changes: Sequence[Change], first: date, diary: Diary) -> str:
    """The one change of a plan that does most in the week from a Monday on; empty for none."""
    mine = [each for each in changes if _is_in(each, first, diary)]
    best = min(mine, key=_worth, default=None)
    return "" if best is None else best.message


def _is_in(change: Change, first: date, diary: Diary) -> bool:
    where = change.after or change.before
    if where is None or change.hold is Kind.CHECK_IN:
        return False
    return monday(diary.pattern.day_of(where.start)) == first


def _worth(change: Change) -> tuple[bool, bool, int, datetime]:
    """What comes first is best: long holds, then meetings, then all that is left."""
    where = change.after or change.before
    if where is None:
        raise ValueError("a change has a place")
    is_hold = change.kind is ChangeKind.HOLD_CREATE and change.hold in _FIRST
    is_meeting = change.kind in (ChangeKind.EVENT_MOVE, ChangeKind.EVENT_SHORTEN)
    return not is_hold, not is_meeting, -where.minutes, where.start


def preview(
    diary: Diary, policy: Policy, first: date, changes: Sequence[Change] = ()
) -> Digest | None:
    """The digest that would be sent in a week; None for one that has none.

    `changes` are those of a plan that waits. The diary is open as for `week`.
    """
    away = week(diary, policy, first, diary.span.start).away
    found = chances(diary.pattern, first, away)
    if not found:
        return None
    seen = week(diary, policy, first, found[0].start)
    return compose(replace(seen.facts, plan=first_step(changes, first, seen.diary)))
