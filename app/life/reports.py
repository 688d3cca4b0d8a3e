"""What has become of a plan, change by change, for the leader who asks."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from app.connecting.letters import step_print
from app.deployment import Deployment
from app.life import journal, records
from app.life.journal import Direction, Line, StepState
from app.life.reasons import SENTENCES, Reason
from app.life.records import Kept
from app.storage import letters
from app.storage.letters import Letters
from rules.change import Change
from rules.language import counted, text


@dataclass(frozen=True, slots=True)
class Fate:
    """One change: whether it was made, and whether that was taken back. None: not tried yet."""

    change: Change
    applied: StepState | None = None
    reason: Reason | None = None
    undone: StepState | None = None
    undo_reason: Reason | None = None
    letters: Letters | None = None
    """What Clearway itself mailed of it, None where the calendar's server does that."""
    undo_letters: Letters | None = None

    @property
    def sentence(self) -> str:
        """Why it is not as it was meant to be, empty where it is."""
        reason = self.undo_reason or self.reason
        if reason is None and self.untold:
            return counted(
                "%(number)s mail about it may not have arrived.",
                "%(number)s mails about it may not have arrived.",
                self.untold,
            )
        return "" if reason is None else text(SENTENCES[reason])

    @property
    def untold(self) -> int:
        """How many people may not have heard of how it is now, though it is done."""
        if self.undone is StepState.DONE:
            told = self.undo_letters
        else:
            told = self.letters if self.applied is StepState.DONE else None
        return 0 if told is None else told.open + told.due

    @property
    def mails_not_unsent(self) -> int:
        """Messages about it that have gone out."""
        if self.letters is not None:
            return self.letters.gone + self.letters.open
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
    told = _letters(deployment, kept, Direction.APPLY, forth)
    untold = _letters(deployment, kept, Direction.UNDO, back)
    fates = (_fate(each, n, forth, back) for n, each in enumerate(changes))
    return Report(
        kept,
        tuple(
            replace(each, letters=told.get(n), undo_letters=untold.get(n))
            for n, each in enumerate(fates)
        ),
    )


def _letters(
    deployment: Deployment, kept: Kept, direction: Direction, lines: Mapping[int, Line]
) -> Mapping[int, Letters]:
    """What Clearway mailed of each step that was begun."""
    if not lines:
        return {}
    steps = {n: step_print(deployment, journal.step_key(kept.id, direction, n)) for n in lines}
    with deployment.database.transaction() as session:
        found = letters.counts(session, kept.leader_id, steps.values())
    return {n: found[step] for n, step in steps.items() if step in found}


def _fate(change: Change, number: int, forth: Mapping[int, Line], back: Mapping[int, Line]) -> Fate:
    one, two = forth.get(number), back.get(number)
    return Fate(
        change,
        None if one is None else one.state,
        None if one is None else one.reason,
        None if two is None else two.state,
        None if two is None else two.reason,
    )
