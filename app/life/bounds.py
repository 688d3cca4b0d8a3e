"""Everything that binds a leader's plans beside the rules: one value, and the plan that keeps to it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from app.deployment import Deployment
from app.life import limits, locks, overrides
from app.life.diaries import Person
from app.life.lifting import offers
from app.life.limits import Spent
from app.life.overrides import Habit, Override
from app.people.settings import Slot
from app.services.plan import Planned, plan
from app.services.read import OpenDiary
from app.storage import overrides as stored
from rules.catalogue import evaluate
from rules.change import Change, ChangeKind
from rules.diary import Diary
from rules.event import Occurrence
from rules.outcome import after
from rules.planner.plan import Tier
from rules.planner.rights import Unwanted
from rules.planner.wording import say_moved_hold, say_removed_hold


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a plan leaves alone, does not put back, may not use, and still owes.

    `keep` are ids of occurrences; `avoided` times of the week without a kind of hold: those that
    the leader said and those of `habits`.
    """

    keep: frozenset[str]
    unwanted: Unwanted
    habits: tuple[Habit, ...]
    avoided: frozenset[Slot]
    spent: Spent
    owed: tuple[Override, ...]


def bounds(
    deployment: Deployment, person: Person, opened: OpenDiary, *, asked: bool = False
) -> Bounds:
    """What binds a leader's plans of this diary now. `asked` is whether somebody asks for one."""
    diary, policy, now = opened.diary, opened.policy, opened.now
    zone = diary.pattern.zone
    with deployment.database.transaction() as session:
        known = overrides.of_leader(session, person.id, now)
        owed = tuple(overrides.value(each) for each in stored.owed(session, person.id, now))
        told = limits.heard(session, person.id, policy, zone, now)
    rested = limits.rested(told, policy, now)
    found = overrides.habits(known, zone, now)
    return Bounds(
        keep=locks.kept(deployment, person.id, diary.occurrences, rested),
        unwanted=overrides.unwanted(known, asked=asked),
        habits=found,
        avoided=overrides.avoided(found, person.settings.never),
        spent=limits.spent(told, zone, now),
        owed=owed,
    )


def plan_within(
    opened: OpenDiary,
    tier: Tier,
    bound: Bounds,
    *,
    keep: Collection[str] = (),
    unwanted: Unwanted = frozenset(),
    moving: frozenset[str] = frozenset(),
    budget: float | None = None,
) -> Planned:
    """The best plan of a tier that keeps to the bounds, with what is owed beside it.

    `keep` and `unwanted` are more of the same. Holds that are `moving`, by their ids, do not stay
    where they are: the plan is the best of those in which they do not. `budget` is in seconds for
    each plan that is tried.
    """
    gone = [each for each in opened.diary.occurrences if each.id in moving]
    there = opened.diary.with_occurrences(
        each for each in opened.diary.occurrences if each.id not in moving
    )
    seen = replace(opened, diary=overrides.without_times(there, bound.avoided))
    given_up = bound.unwanted | unwanted
    closed = overrides.closed_times(there, bound.avoided)

    def make(one: Tier, kept: frozenset[str]) -> Planned:
        return plan(
            seen,
            one,
            keep=kept,
            budget=budget,
            unwanted=given_up,
            closed=closed,
            kept_for_later=True,
        )

    left = bound.spent.mails_left(opened.policy)
    made = limits.within(make, tier, left, {*bound.keep, *keep})
    zone = opened.diary.pattern.zone
    changes = overrides.without_gaps(made.plan.changes, bound.avoided, zone)
    changes = _moved(gone, changes, opened.diary)
    planned = after(opened.diary, changes)
    back = offers(bound.owed, planned, opened.policy, opened.now, given_up, bound.avoided)
    everything = sorted([*changes, *(each.change for each in back)], key=lambda each: each.starts)
    whole = replace(made.plan.disturbing(len(gone)), changes=tuple(everything))
    if gone:
        whole = replace(whole, findings=evaluate(opened.diary, opened.policy))
    return replace(made, opened=opened, plan=whole)


def _moved(
    gone: Sequence[Occurrence], changes: Sequence[Change], diary: Diary
) -> tuple[Change, ...]:
    """The changes with what becomes of holds that do not stay: each goes to where the plan places
    one of its kind that day, and is removed where it places none."""
    left = list(changes)
    for hold in gone:
        if hold.hold is None:
            continue
        new = next((each for each in left if _is_same(each, hold, diary)), None)
        zone = diary.pattern.zone
        if new is not None and new.after is not None:
            left.remove(new)
            kind, to = ChangeKind.HOLD_MOVE, new.after
            message = say_moved_hold(hold.hold, hold.span, to, zone)
        else:
            kind, to = ChangeKind.HOLD_DELETE, None
            message = say_removed_hold(hold.hold, hold.span, zone)
        because = new.because if new is not None else ()
        left.append(
            Change(
                kind,
                hold.span,
                to,
                hold.id,
                hold.hold,
                hold.version,
                because=because,
                message=message,
            )
        )
    return tuple(left)


def _is_same(change: Change, hold: Occurrence, diary: Diary) -> bool:
    new = change.kind is ChangeKind.HOLD_CREATE and change.hold is hold.hold
    pattern = diary.pattern
    return new and pattern.day_of(change.starts) == pattern.day_of(hold.span.start)
