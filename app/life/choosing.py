"""One week of a leader's diary and its plans, to choose one of: nothing is kept until that.

What is for the leader alone stays out of it: check-ins have plans of their own, which the night
makes.
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from uuid import uuid4

from app.deployment import Deployment
from app.life import diaries, proposing
from app.life.diaries import LeaderDiary, Person
from app.life.proposing import Wish
from app.life.states import Origin
from app.services.curve import Point
from app.services.plan import Planned, regained
from app.services.read import OpenDiary
from app.storage import Session
from app.storage.leases import Lease
from rules.catalogue import evaluate
from rules.change import Change
from rules.diary import Diary
from rules.planner import CURVE
from rules.planner.plan import CurvePoint, SeriesOffer, Tier
from rules.planner.series import WEEKS as SERIES_WEEKS


@dataclass(frozen=True, slots=True)
class Week:
    """A diary that is open, between two local days."""

    deployment: Deployment
    person: Person
    diary: LeaderDiary
    start: date
    end: date

    @property
    def opened(self) -> OpenDiary:
        """The diary as it was read."""
        return self.diary.opened

    def plan(self, tier: Tier, keep: Collection[str] = ()) -> Planned:
        """The best plan of a tier within all that binds it; events in `keep` stay as they are."""
        return proposing.plan_for(self.deployment, self.person, self.diary, self._wish(tier, keep))

    def _wish(self, tier: Tier, keep: Collection[str]) -> Wish:
        return Wish(tier, Origin.PERSON, self.start, self.end, tuple(keep))

    def curve(self, keep: Collection[str] = ()) -> tuple[Point, ...]:
        """The plans for several prices of telling a person, the last telling nobody; equal ones
        once.

        Whether everybody is free is not asked again: only times and counts are shown of them.
        """
        found: dict[frozenset[object], Point] = {}
        for price in (*CURVE, None):
            point = self._point(price, keep)
            found.setdefault(frozenset(map(_edit, point.best.changes)), point)
        return tuple(found.values())

    def _point(self, price: int | None, keep: Collection[str]) -> Point:
        opened, tier = self.opened, Tier.HOLDS if price is None else Tier.MOVE
        priced = opened.policy if price is None else replace(opened.policy, price_person=price)
        quiet = replace(self.diary, opened=replace(opened, policy=priced))
        wish = self._wish(tier, keep)
        plan = proposing.plan_for(self.deployment, self.person, quiet, wish, asks=False).plan
        best = CurvePoint(price, plan.changes, plan.objective, plan.proof)
        findings = evaluate(opened.diary, opened.policy)
        return Point(best, regained(opened, findings, plan.changes))


def _edit(change: Change) -> object:
    return (change.kind, change.hold, change.event_id, change.before, change.after)


@contextmanager
def week(
    deployment: Deployment, leader_id: str, start: date, end: date, at: datetime | None = None
) -> Iterator[Week]:
    """A leader's diary over some local days, read now and closed with the block.

    `at` is the moment to plan for, where somebody goes on from a page of a few minutes ago: plans
    leave alone what begins soon, and so change as time goes by.

    Raises ConnectorError where a calendar cannot be read, and NoCalendar where none is connected.
    """
    person = diaries.person_of(deployment, leader_id)
    with diaries.opened(deployment, person, start, end) as found:
        public = diaries.without_check_ins(found)
        if at is not None:
            public = replace(public, opened=replace(public.opened, now=at))
        yield Week(deployment, person, public, start, end)


def series_offers(deployment: Deployment, leader_id: str, start: date) -> tuple[SeriesOffer, ...]:
    """Changes of one week's plan that would help week after week, each for its whole series.

    To tell, the weeks after it are read as well; raises what `week` raises.
    """
    end = start + timedelta(weeks=1)
    with week(deployment, leader_id, start, start + timedelta(weeks=SERIES_WEEKS)) as found:
        whole = found.opened.diary
        first = Diary(whole.occurrences, whole.pattern, start, end)
        diary = replace(found.diary, opened=replace(found.opened, diary=first))
        return replace(found, diary=diary, end=end).plan(Tier.MOVE).plan.series


def take(lease: Lease, chosen: Week, planned: Planned) -> str:
    """Keep a plan of this week as it was shown, to be accepted; its id. Once, however often.

    Other plans that wait give way to it, but for those of check-ins. Raises LostLease.
    """
    deployment, person = chosen.deployment, chosen.person
    contents = proposing.contents_of(deployment, person, planned, planned.plan.changes)
    plan_id, wish = uuid4().hex, Wish(planned.plan.tier, Origin.PERSON, chosen.start, chosen.end)

    def work(session: Session) -> str:
        known = proposing.waiting(deployment, session, person.id, contents)
        if known is not None:
            return known
        proposing.keep(deployment, session, lease, plan_id, contents, chosen.opened.policy, wish)
        proposing.supersede(deployment, session, person.id, but={plan_id}, private=False)
        return plan_id

    return deployment.database.persist(work)
