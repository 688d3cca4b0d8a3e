"""Which days of a window a plan is made for, and what is said of the others."""

from dataclasses import dataclass
from datetime import date, timedelta

from app.services.read import OpenDiary
from rules.finding import Finding
from rules.language import counted, plural, text
from rules.planner.arrange import Task
from rules.planner.cadences import reaching
from rules.planner.plan import Tier
from rules.planner.rights import Rights
from rules.words import say_count
from rules.working_pattern import dates, local_date

_DAY, _WEEK = timedelta(days=1), timedelta(weeks=1)


@dataclass(frozen=True, slots=True)
class Ahead:
    """The working days that a plan is made for; of all days, how many are over or too far ahead.

    `regular` is whether holds that come back every few weeks may be placed, on these days or
    further ahead.
    """

    days: frozenset[date]
    total: int
    over: int
    far: int
    weeks: int
    regular: bool

    def counts(self, finding: Finding) -> bool:
        """Whether a plan could do anything about a finding; one of a week needs one day of it."""
        length = _WEEK if finding.rule == "pods" else _DAY
        return any(day in self.days for day in dates(finding.day, finding.day + length))

    @property
    def is_whole(self) -> bool:
        """Whether no day is over or too far ahead."""
        return not self.over and not self.far

    @property
    def is_uncounted(self) -> bool:
        """Whether no day is in a plan's numbers, since all are over or too far ahead."""
        return not self.days and not self.is_whole

    @property
    def is_empty(self) -> bool:
        """Whether nothing at all can be placed, for the same reason."""
        return self.is_uncounted and not self.regular

    @property
    def sentences(self) -> tuple[str, ...]:
        """What has to be said of the days that are not planned."""
        return tuple(filter(None, (self._say_over(), self._say_far())))

    def _say_over(self) -> str:
        if not self.over:
            return ""
        if self.over == self.total:
            return plural(
                "This day is over, so nothing is planned for it.",
                "These days are over, so nothing is planned for them.",
                self.total,
            )
        return counted(
            "%(number)s of these days is over; nothing is planned for it.",
            "%(number)s of these days are over; nothing is planned for them.",
            self.over,
        )

    def _say_far(self) -> str:
        if not self.far:
            return ""
        weeks = say_count(self.weeks, "week")
        if not self.regular:
            return self._say_nothing_there(weeks)
        if self.far < self.total:
            return counted(
                "%(number)s of these days is more than %(weeks)s ahead; there, plans place only "
                "what comes back every few weeks.",
                "%(number)s of these days are more than %(weeks)s ahead; there, plans place only "
                "what comes back every few weeks.",
                self.far,
                weeks=weeks,
            )
        said = plural(
            "This day is more than %(weeks)s ahead; there, plans place only "
            "what comes back every few weeks.",
            "These days are more than %(weeks)s ahead; there, plans place only "
            "what comes back every few weeks.",
            self.far,
        )
        return said % {"weeks": weeks}

    def _say_nothing_there(self, weeks: str) -> str:
        if self.far == self.total:
            return text(
                "Plans look %(weeks)s ahead, so nothing is planned for these days yet.", weeks=weeks
            )
        return text(
            "Plans look %(weeks)s ahead, so nothing is planned for %(far)s of these days yet.",
            weeks=weeks,
            far=self.far,
        )


def look_ahead(opened: OpenDiary) -> Ahead:
    """The days of a diary as the planner chooses them."""
    diary, policy = opened.diary, opened.policy
    rights = Rights(policy, opened.now, Tier.HOLDS, frozenset(), {})
    today = local_date(opened.now, diary.pattern.zone)
    last = today + policy.protected_weeks * _WEEK
    return Ahead(
        days=frozenset(Task(diary, policy, rights, ()).days),
        total=len(diary.days),
        over=sum(day.date < today for day in diary.days),
        far=sum(day.date > last for day in diary.days),
        weeks=policy.protected_weeks,
        regular=any(day.window and today <= day.date for day in diary.days)
        and bool(reaching(diary, policy)),
    )
