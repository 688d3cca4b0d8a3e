"""What has become of a plan, change by change, for the leader who asks."""

from collections.abc import Mapping
from dataclasses import dataclass

from app.deployment import Deployment
from app.life import journal, records
from app.life.journal import Direction, Line, StepState
from app.life.reasons import SENTENCES, Reason
from app.life.records import Kept
from rules.change import Change


@dataclass(frozen=True, slots=True)
class Fate:
    """One change: whether it was made, and whether that was taken back. None: not tried yet."""

    change: Change
    applied: StepState | None = None
    reason: Reason | None = None
    undone: StepState | None = None
    undo_reason: Reason | None = None

    @property
    def sentence(self) -> str:
        """Why it is not as it was meant to be, empty where it is."""
        reason = self.undo_reason or self.reason
        return "" if reason is None else SENTENCES[reason]

    @property
    def mails_not_unsent(self) -> int:
        """Messages about it that have gone out."""
        return self.change.mails if self.applied is StepState.DONE else 0


@dataclass(frozen=True, slots=True)
class Report:
    """A plan with the fate of each of its changes; none once its contents are forgotten."""

    kept: Kept
    fates: tuple[Fate, ...]

    @property
    def mails_not_unsent(self) -> int:
        """Messages that have gone out and that no undo takes back."""
        return sum(each.mails_not_unsent for each in self.fates)


def report(deployment: Deployment, leader_id: str, plan_id: str) -> Report:
    """How a plan of this leader stands. Raises NoPlan."""
    kept = records.load(deployment, leader_id, plan_id)
    forth = journal.read(deployment, plan_id, Direction.APPLY)
    back = journal.read(deployment, plan_id, Direction.UNDO)
    changes = () if kept.contents is None else kept.contents.changes
    return Report(kept, tuple(_fate(each, n, forth, back) for n, each in enumerate(changes)))


def _fate(change: Change, number: int, forth: Mapping[int, Line], back: Mapping[int, Line]) -> Fate:
    one, two = forth.get(number), back.get(number)
    return Fate(
        change,
        None if one is None else one.state,
        None if one is None else one.reason,
        None if two is None else two.state,
        None if two is None else two.reason,
    )
