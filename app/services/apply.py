"""Apply a plan to the files it was made from, and keep the way back.

The files are read and planned again, so what is written is the plan that the caller has read, or
nothing. Giving a plan's hash is the leader's word for what is in it.
"""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from app.services.errors import BadInput, StalePlan
from app.services.plan import Planned, plan
from app.services.read import OpenDiary, calendar_limits
from app.services.source import Source
from connectors import icalendar
from connectors.base import Skipped
from rules.change import Agreement, Change, ChangeKind
from rules.interval import Interval
from rules.language import later, text
from rules.planner.plan import Tier

if TYPE_CHECKING:
    from app.shapes import ApplyResult

STALE = later(
    "The plan is out of date, so nothing was written. Plan again with the diary as it is now."
)
DEPENDS = later("It needs time that a change which could not be made would have freed.")


@dataclass(frozen=True, slots=True)
class Applied:
    """A diary after a plan.

    `content` are the bytes of the new calendar or JSON diary, `undo` those of the undo file: the
    leader's own event text is in both.
    """

    planned: Planned
    content: bytes = field(repr=False)
    undo: bytes = field(repr=False)
    applied: tuple[Change, ...]
    skipped: tuple[Skipped, ...]
    warnings: tuple[str, ...] = ()

    def shape(self, undo_file: str | None) -> "ApplyResult":
        """What tools read; `undo_file` is where the undo file was put, None where it goes along."""
        from app.shapes import ApplyResult, change_of, skipped_of

        return ApplyResult(
            plan_hash=self.planned.hash,
            applied=[change_of(each) for each in self.applied],
            skipped=[skipped_of(each.change, each.reason) for each in self.skipped],
            undo_file=undo_file,
            warnings=list(self.warnings),
        )


def apply(
    opened: OpenDiary,
    tier: Tier = Tier.HOLDS,
    *,
    keep: Collection[str] = (),
    budget: float | None = None,
    expected: str | None = None,
) -> Applied:
    """Plan again with the same arguments and write the plan into the diary's one file.

    `expected` is the hash of the plan that was read; None takes the plan as it comes out now.
    Raises StalePlan where they differ (nothing is written then), and BadInput for a diary of
    several files.
    """
    _one_file(opened)
    return write(plan(opened, tier, keep=keep, budget=budget), expected=expected)


def write(planned: Planned, *, expected: str | None = None) -> Applied:
    """Write a plan that was just made into the diary's one file; raises as `apply` does."""
    source = _one_file(planned.opened)
    if expected is not None and expected != planned.hash:
        raise StalePlan(STALE)
    written, undo, applied, skipped = _write(source, planned)
    return Applied(
        planned=planned,
        content=written,
        undo=json.dumps(undo, indent=1).encode() + b"\n",
        applied=applied,
        skipped=skipped,
        warnings=(*planned.warnings, *_to_ask(applied)),
    )


def _one_file(opened: OpenDiary) -> Source:
    if len(opened.sources) != 1:
        raise BadInput(text("A plan is applied to one file at a time."))
    return opened.sources[0]


_Attempt = tuple[bytes, dict[str, Any], tuple[Change, ...], tuple[Skipped, ...]]


def _write(source: Source, planned: Planned) -> _Attempt:
    """Write all changes; where one cannot be written, leave out those that count on it too."""
    changes: Sequence[Change] = planned.plan.changes
    left: tuple[Skipped, ...] = ()
    while True:
        content, undo, applied, skipped = _attempt(source, planned, changes)
        dependent = [each for each in applied if _depends(each, skipped)]
        left += tuple(Skipped(each, DEPENDS) for each in dependent)
        if not dependent:
            return content, undo, applied, (*skipped, *left)
        changes = [each for each in changes if each not in dependent]


def _depends(change: Change, skipped: Sequence[Skipped]) -> bool:
    """Whether a change takes time that an event which stays where it is does not give up."""
    return any(_frees(each.change, change.after) for each in skipped)


def _frees(change: Change, wanted: Interval | None) -> bool:
    return wanted is not None and change.before is not None and change.before.overlaps(wanted)


def _attempt(source: Source, planned: Planned, changes: Sequence[Change]) -> _Attempt:
    zone = planned.opened.diary.pattern.zone
    head = {"clearway": "undo", "plan_hash": planned.hash, "time_zone": zone.key}

    def new_uid(change: Change) -> str:
        return _new_uid(planned.hash, change)

    if source.is_json:
        from app.services.json_write import apply_json

        content, applied, skipped, record = apply_json(source.content, changes, new_uid)
        return content, head | {"diary": "json"} | record, applied, skipped
    written = icalendar.apply(
        [source.content],
        changes,
        stamp=planned.opened.now,
        new_uid=new_uid,
        zone=zone,
        limits=calendar_limits(planned.opened.settings),
    )
    content = written.files[0]
    record = written.undo.to_json()
    return content, head | {"diary": "ics"} | record, written.applied, written.skipped


def _new_uid(plan_hash: str, change: Change) -> str:
    """The UID of a new hold: the same for the same plan, so that applying twice writes the same."""
    place = change.after or change.before
    text = f"{plan_hash} {change.kind} {change.hold} {place}"
    return f"clearway-{sha256(text.encode()).hexdigest()[:32]}"


def _to_ask(applied: Sequence[Change]) -> tuple[str, ...]:
    unknown = sum(each.agreement is Agreement.UNKNOWN for each in applied)
    moved = [each for each in applied if each.kind is ChangeKind.EVENT_MOVE]
    if not moved or not unknown:
        return ()
    meetings = "1 meeting has" if unknown == 1 else f"{unknown} meetings have"
    return (
        f"{meetings} moved without it being known whether everyone invited is free then: ask them.",
    )
