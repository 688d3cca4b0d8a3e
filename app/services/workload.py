"""Where the hours of a leader's weeks go, for people, tools and job plans."""

import csv
from dataclasses import dataclass
from io import StringIO
from typing import TYPE_CHECKING

from app.services.read import OpenDiary
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
        text = StringIO()
        table = csv.writer(text, lineterminator="\r\n")
        table.writerow(_COLUMNS)
        for week in self.ledger.weeks:
            for line in week.lines:
                row = (line.work.value, line.held, line.planned, line.minutes)
                table.writerow((week.first, *row))
            rest = {"open": week.open, "outside": week.outside, "hours": week.hours}
            for name, minutes in rest.items():
                table.writerow((week.first, name, "", "", minutes))
        return text.getvalue()

    @property
    def job_plan(self) -> str:
        """A line to copy into a job plan."""
        if not self.ledger.team:
            return "These weeks have no time with the team yet."
        hours = f"{say_hours(self.ledger.team)} a week"
        share = f"{100 * self.ledger.share:.1f}% of {say_hours(self.ledger.contract)}"
        activities = self.opened.policy.programmed_activities
        length = self.opened.policy.programmed_activity_minutes
        also = f", {self.ledger.team / length:.2f} programmed activities" if activities else ""
        return f"Regular time with the team, as part of the role: {hours} ({share}{also})."

    @property
    def objective(self) -> str:
        """A sentence to copy into an appraisal."""
        policy = self.opened.policy
        chats = say_count(policy.pods_per_week, "team chat")
        text = f"Keep {chats} of {say_minutes(policy.pod_minutes)} in the diary every week"
        if policy.reports:
            weeks = say_count(policy.one_to_one_weeks, "week")
            text += f", and a one-to-one with each of {policy.reports} people every {weeks}"
        return f"{text}, and count that time as work."


def account(opened: OpenDiary) -> Accounted:
    """The ledger of every week of the diary's window."""
    return Accounted(opened, ledger(opened.diary, opened.policy, opened.now))


def say_hours(minutes: float) -> str:
    """A length as job plans write it: `1.5 hours`, or `20 minutes` where it is less than one."""
    if 0 < minutes < 60:
        return say_minutes(max(round(minutes), 1))
    return f"{minutes / 60:.1f} hours"
