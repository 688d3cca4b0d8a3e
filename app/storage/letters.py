"""Letters about a step of a plan that Clearway mails itself: who is to have one and who has it.

They lie among the disturbances, since each that goes out counts for the limits, whatever becomes
of the step. A letter is known by the fingerprint of its recipient and its step: no address is kept.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app.storage.disturbances import find, wait_turn
from app.storage.tables import Disturbance

DUE, OPEN, GONE = "letter-due", "letter-open", "letter"
"""Kinds of disturbances: a letter that is to go out, one that was handed over without a word of
the relay, and one that it took."""
_ALL = (DUE, OPEN, GONE)


@dataclass(frozen=True, slots=True)
class Letters:
    """How many letters about one step are out, may be out, and are not."""

    gone: int = 0
    open: int = 0
    due: int = 0


def begin(
    session: Session, leader_id: str, step: str, letters: Sequence[str], at: datetime
) -> None:
    """Note letters about a step that are to go out; what is known of any of them stays."""
    wait_turn(session, leader_id)
    for each in dict.fromkeys(letters):
        if find(session, each) is None:
            session.add(_row(leader_id, step, each, at))
    session.flush()


def note(session: Session, leader_id: str, step: str, letter: str, kind: str, at: datetime) -> None:
    """Note how far a letter is; one that is out, or may be, counts."""
    wait_turn(session, leader_id)
    row = find(session, letter)
    if row is None:
        row = _row(leader_id, step, letter, at)
        session.add(row)
    row.kind, row.mails, row.at = kind, int(kind != DUE), at
    session.flush()


def of_step(session: Session, leader_id: str, step: str) -> Sequence[Disturbance]:
    """Every letter about a step."""
    return session.scalars(_about(leader_id, [step])).all()


def counts(session: Session, leader_id: str, steps: Collection[str]) -> Mapping[str, Letters]:
    """How the letters went, for each of these steps that has any."""
    found: dict[str, Letters] = {}
    for each in session.scalars(_about(leader_id, steps)):
        one = found.get(each.event, Letters())
        found[each.event] = Letters(
            one.gone + (each.kind == GONE),
            one.open + (each.kind == OPEN),
            one.due + (each.kind == DUE),
        )
    return found


def _about(leader_id: str, steps: Collection[str]) -> Select[Disturbance]:
    return select(Disturbance).where(
        Disturbance.leader_id == leader_id,
        Disturbance.event.in_(steps),
        Disturbance.kind.in_(_ALL),
    )


def _row(leader_id: str, step: str, letter: str, at: datetime) -> Disturbance:
    return Disturbance(id=letter, leader_id=leader_id, kind=DUE, event=step, at=at, mails=0)
