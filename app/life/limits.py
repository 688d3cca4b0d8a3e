"""How much other people hear of one leader's plans, and no more.

A meeting is changed at most once in four weeks. The plans of a week, Monday to Sunday by the
leader's calendar, mail at most 40 people, and somebody is asked to move a meeting at most 5 times.
What would be more is planned again with less, and the plan says so; nothing is cut in silence.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from app.life.records import MEETINGS
from app.services.plan import Planned
from app.storage import Session, disturbances
from app.storage.tables import Disturbance
from rules.change import Change
from rules.language import counted
from rules.planner.plan import Tier
from rules.policy import Policy
from rules.working_pattern import day_span, local_date, monday

REQUEST = "request"
"""The kind of a disturbance that is a request to move, beside the kinds of changes."""
NOTICE = timedelta(hours=24)
"""Nobody is asked to move a meeting that begins sooner than this."""
MOST_TRIES = 5
"""So often a plan is made again with fewer meetings before its tier is given up."""
_LOWER = {Tier.MOVE: Tier.SHORTEN, Tier.SHORTEN: Tier.HOLDS}

Make = Callable[[Tier, frozenset[str]], Planned]
"""Makes a plan of a tier in which these meetings stay as they are."""


@dataclass(frozen=True, slots=True)
class Told:
    """One thing that people heard of. `mails` is how many messages went out for it."""

    kind: str
    event: str
    at: datetime
    mails: int


@dataclass(frozen=True, slots=True)
class Spent:
    """What the plans and requests of the present week took of its limits."""

    mails: int
    requests: int

    def mails_left(self, policy: Policy) -> int:
        """How many mails the plans of this week may still send."""
        return max(0, policy.mails_per_week - self.mails)

    def requests_left(self, policy: Policy) -> int:
        """How often this week somebody may still be asked to move."""
        return max(0, policy.requests_per_week - self.requests)


def heard(
    session: Session, leader_id: str, policy: Policy, zone: ZoneInfo, now: datetime
) -> tuple[Told, ...]:
    """Everything that counts for a limit at present."""
    since = min(week_start(now, zone), now - timedelta(days=policy.rest_days))
    return tuple(_told(each) for each in disturbances.since(session, leader_id, since))


def _told(row: Disturbance) -> Told:
    return Told(row.kind, row.event, row.at, row.mails)


def week_start(now: datetime, zone: ZoneInfo) -> datetime:
    """When the local week began."""
    return day_span(monday(local_date(now, zone)), zone).start


def spent(told: Iterable[Told], zone: ZoneInfo, now: datetime) -> Spent:
    """What of this week's limits is used up. Taking back counts too: people hear of it."""
    begun = week_start(now, zone)
    this_week = [each for each in told if each.at >= begun]
    return Spent(
        mails=sum(each.mails for each in this_week if each.kind != REQUEST),
        requests=sum(each.kind == REQUEST for each in this_week),
    )


def rested(told: Iterable[Told], policy: Policy, now: datetime) -> frozenset[str]:
    """The fingerprints of meetings that were changed too short a while ago to change again."""
    since = now - timedelta(days=policy.rest_days)
    return frozenset(each.event for each in told if each.kind != REQUEST and each.at > since)


def may_ask(start: datetime, spent: Spent, policy: Policy, now: datetime) -> bool:
    """Whether somebody may be asked to move a meeting that begins then."""
    return start - now >= NOTICE and spent.requests_left(policy) > 0


# --- plans within the limit ---------------------------------------------------------------------


def over_limit(changes: Iterable[Change], left: int) -> int:
    """By how many mails a plan is over what is left of this week's."""
    return max(0, mails(changes) - left)


def mails(changes: Iterable[Change]) -> int:
    """How many mails making these changes sends to other people."""
    return sum(each.mails for each in changes)


def within(make: Make, tier: Tier, left: int, keep: Collection[str] = ()) -> Planned:
    """The plan of a tier that sends at most `left` mails.

    Where the best one sends more, it is planned again without changing its largest meetings, and
    where that does not do, in a lower tier: each time the best plan of those that leave these
    meetings as they are. A note says that it is so.
    """
    best = make(tier, frozenset(keep))
    if not over_limit(best.plan.changes, left):
        return best
    note = counted(
        "Plans may send %(number)s more mail this week, so fewer meetings change.",
        "Plans may send %(number)s more mails this week, so fewer meetings change.",
        left,
    )
    one: Tier | None = tier
    while one is not None:
        found = _tried(make, one, left, frozenset(keep), best)
        if found is not None:
            return replace(found, notes=(*found.notes, note))
        one = _LOWER.get(one)
        best = make(one, frozenset(keep)) if one is not None else best
    raise ValueError("a plan of holds sends more mails than are left")


def _tried(
    make: Make, tier: Tier, left: int, keep: frozenset[str], best: Planned
) -> Planned | None:
    """A plan of this tier within the limit, None where it takes too many tries."""
    for _ in range(MOST_TRIES):
        if not over_limit(best.plan.changes, left):
            return best
        keep |= _too_many(best.plan.changes, left)
        best = make(tier, keep)
    return None if over_limit(best.plan.changes, left) else best


def _too_many(changes: Sequence[Change], left: int) -> frozenset[str]:
    """The meetings to leave alone: the largest, so that they are as few as can be."""
    told = [each for each in changes if each.kind in MEETINGS and each.mails]
    kept: set[str] = set()
    over = over_limit(changes, left)
    for each in sorted(told, key=lambda one: (-one.mails, one.starts, one.event_id or "")):
        if over <= 0:
            break
        kept.add(each.event_id or "")
        over -= each.mails
    return frozenset(kept)
