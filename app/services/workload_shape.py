"""The shape of a ledger, as `workload --json` writes it."""

from datetime import date
from typing import TYPE_CHECKING

from app.shapes import Count, Shape, WindowItem, window_of
from rules.workload import Work

if TYPE_CHECKING:
    from app.services.workload import Accounted


class LineItem(Shape):
    """Minutes of one week for one purpose: before `now`, and from then on."""

    work: Work
    held: Count
    planned: Count


class WeekItem(Shape):
    """One week from a Monday on. The lines and `open` come to `hours` and `outside`, in minutes."""

    week: date
    hours: Count
    contracted: Count
    open: Count
    outside: Count
    lines: list[LineItem]


class WorkloadResult(Shape):
    """What `workload --json` writes. `team_minutes` are of a usual week, `team_share` is 0 to 1."""

    window: WindowItem
    contract_minutes: Count
    team_minutes: float
    team_share: float
    job_plan: str
    objective: str
    weeks: list[WeekItem]
    warnings: list[str]


def workload_of(found: "Accounted") -> WorkloadResult:
    """The ledger as a shape."""
    return WorkloadResult(
        window=window_of(found.opened.diary),
        contract_minutes=found.ledger.contract,
        team_minutes=round(found.ledger.team, 1),
        team_share=round(found.ledger.share, 4),
        job_plan=found.job_plan,
        objective=found.objective,
        weeks=[
            WeekItem(
                week=week.first,
                hours=week.hours,
                contracted=week.contracted,
                open=week.open,
                outside=week.outside,
                lines=[
                    LineItem(work=each.work, held=each.held, planned=each.planned)
                    for each in week.lines
                ],
            )
            for week in found.ledger.weeks
        ],
        warnings=list(found.opened.warnings),
    )
