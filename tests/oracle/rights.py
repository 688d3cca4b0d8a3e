"""Who may be touched: the contract's list of what a plan leaves alone, said once for the judge."""

from datetime import datetime, timedelta

from rules.event import Kind, Occurrence, ScoredAs
from rules.policy import Policy
from tests.oracle.score import is_appointment, is_timed

GRID = 5
CUTS = (5, 10)
PIECES_A_DAY = 2
OWN_KINDS = frozenset({Kind.PROTECTED, Kind.GAP, Kind.BREAK, Kind.END_OF_DAY, Kind.POD})
"""The holds that a plan may move or remove."""
CADENCE_KINDS = frozenset(
    {
        Kind.ONE_TO_ONE,
        Kind.APPRECIATION,
        Kind.REVIEW,
        Kind.FACE_DAY,
        Kind.LEARNING,
        Kind.CHECK_IN,
    }
)
"""The holds that come back every so many weeks."""
SOFT_KINDS = frozenset({Kind.GAP, Kind.BREAK, Kind.END_OF_DAY})
"""The holds among them that change no number, whether they are there or not."""


def is_firm(each: Occurrence, keep: frozenset[str]) -> bool:
    """Whether a hold stays whatever happens: firm, locked, or asked to be kept this time."""
    return each.firm or each.locked or each.id in keep


def is_own_hold(each: Occurrence, now: datetime, keep: frozenset[str]) -> bool:
    """Whether a plan may move or remove it: Clearway's, not firm, and still to come."""
    if not is_timed(each) or each.hold is None or is_firm(each, keep):
        return False
    classes = (ScoredAs.HOLD, ScoredAs.APPOINTMENT)
    return each.kind in OWN_KINDS and each.scored_as in classes and each.span.start >= now


def is_cadence_hold(each: Occurrence, now: datetime, keep: frozenset[str]) -> bool:
    """Whether it is one that comes back, with nobody else in it: moved where it cannot stay, and
    never for a better number."""
    if not is_timed(each) or each.kind not in CADENCE_KINDS or is_firm(each, keep):
        return False
    return each.organizer and not each.other_people and each.span.start >= now


def frozen_until(policy: Policy, now: datetime) -> datetime:
    """Meetings that start before this are left alone."""
    return now + timedelta(hours=policy.freeze_hours)


def is_changeable(each: Occurrence, policy: Policy, now: datetime, keep: frozenset[str]) -> bool:
    """Whether the leader may end this meeting early (moving asks for more)."""
    if not is_appointment(each) or not each.organizer:
        return False
    if each.locked or each.firm or each.kind is not None or each.id in keep:
        return False
    if each.span.start < frozen_until(policy, now):
        return False
    rest = timedelta(days=policy.rest_days)
    return each.changed is None or each.changed + rest <= now


def cuts_of(each: Occurrence, policy: Policy) -> list[int]:
    """The minutes by which it may end early."""
    return [cut for cut in CUTS if each.span.minutes - cut >= policy.shortest_meeting]


def on_grid(moment: datetime) -> bool:
    """Whether a moment is a whole multiple of five minutes of UTC."""
    return moment.timestamp() % (60 * GRID) == 0


def next_grid(value: int) -> int:
    """The first grid minute at or after one."""
    return -(-value // GRID) * GRID
