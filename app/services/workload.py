"""Where the hours of a leader's weeks go, for people, tools and job plans."""

import csv
from dataclasses import dataclass
from io import StringIO
from typing import TYPE_CHECKING

from app.services.read import OpenDiary
from rules.language import counted, text
from rules.words import say_count, say_minutes
from rules.workload import Ledger, ledger

if TYPE_CHECKING:
    from app.services.workload_shape import WorkloadResult

_COLUMNS = ("week", "work", "held_minutes", "planned_minutes", "minutes")


@dataclass(frozen=True, slots=True)
class Accounted:
    """A diary and its ledger."""

    opened: OpenDiary
    ledger: Ledger

    def shape(self) -> "WorkloadResult":
        """What tools read."""
        from app.services.workload_shape import workload_of

        return workload_of(self)

    def csv(self) -> str:
        """One line for each week and purpose, then its open time, what lies outside the hours, and
        the hours: `week` is its Monday. The purposes and the open time come to the other two."""
        written = StringIO()
        table = csv.writer(written, lineterminator="\r\n")
        table.writerow(_COLUMNS)
        for week in self.ledger.weeks:
            for line in week.lines:
                row = (line.work.value, line.held, line.planned, line.minutes)
                table.writerow((week.first, *row))
            rest = {"open": week.open, "outside": week.outside, "hours": week.hours}
            for name, minutes in rest.items():
                table.writerow((week.first, name, "", "", minutes))
        return written.getvalue()

    @property
    def job_plan(self) -> str:
        """A line to copy into a job plan."""
        if not self.ledger.team:
            return text("These weeks have no time with the team yet.")
        length = self.opened.policy.programmed_activity_minutes
        found = {
            "hours": say_hours(self.ledger.team),
            "share": f"{100 * self.ledger.share:.1f}%",
            "contract": say_hours(self.ledger.contract),
        }
        if not self.opened.policy.programmed_activities:
            return text(
                "Regular time with the team, as part of the role: %(hours)s a week "
                "(%(share)s of %(contract)s).",
                **found,
            )
        return text(
            "Regular time with the team, as part of the role: %(hours)s a week "
            "(%(share)s of %(contract)s, %(activities)s programmed activities).",
            activities=f"{self.ledger.team / length:.2f}",
            **found,
        )

    @property
    def objective(self) -> str:
        """A sentence to copy into an appraisal."""
        policy = self.opened.policy
        chats = {
            "chats": say_count(policy.pods_per_week, "team chat"),
            "length": say_minutes(policy.pod_minutes),
        }
        if not policy.reports:
            return text(
                "Keep %(chats)s of %(length)s in the diary every week, and count that time as work.",
                **chats,
            )
        return counted(
            "Keep %(chats)s of %(length)s in the diary every week, and a one-to-one with each of "
            "%(number)s people every %(weeks)s, and count that time as work.",
            "Keep %(chats)s of %(length)s in the diary every week, and a one-to-one with each of "
            "%(number)s people every %(weeks)s, and count that time as work.",
            policy.reports,
            weeks=say_count(policy.one_to_one_weeks, "week"),
            **chats,
        )


def account(opened: OpenDiary) -> Accounted:
    """The ledger of every week of the diary's window."""
    return Accounted(opened, ledger(opened.diary, opened.policy, opened.now))


def say_hours(minutes: float) -> str:
    """A length as job plans write it: `1.5 hours`, or `20 minutes` where it is less than one."""
    if 0 < minutes < 60:
        return say_minutes(max(round(minutes), 1))
    return text("%(hours)s hours", hours=f"{minutes / 60:.1f}")
