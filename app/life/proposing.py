"""Plans that are kept: made, offered, accepted or declined, and forgotten in time.

While a leader only looks, plans can be made and shown, and none is offered or accepted. A newer
plan takes the place of those that nobody has answered.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import Enum
from hmac import compare_digest
from uuid import uuid4

from app.deployment import Deployment
from app.life import diaries, records
from app.life.bounds import bounds, plan_within
from app.life.diaries import LeaderDiary, Person
from app.life.errors import AskFirst, IsPaused, OnlyLooks, OtherPlan, WrongState
from app.life.reasons import Reason
from app.life.records import LONGEST, MEETINGS, Contents, last_moments, needs
from app.life.states import MOVES, UNFINISHED, WAITING, Origin, PlanState, count, move
from app.people.choices import policy_of, zone_of
from app.people.history import CLEARWAY, LEADER, Actor, What, record
from app.people.settings import Mode
from app.services.plan import Planned
from app.storage import Session, leases, plans
from app.storage.leases import Lease
from app.storage.tables import Plan
from rules.catalogue import CADENCES
from rules.change import Agreement, Change, ChangeKind
from rules.event import Kind
from rules.finding import Finding
from rules.outcome import after
from rules.planner.plan import Tier
from rules.planner.rights import Unwanted
from rules.policy import Policy
from rules.working_pattern import local_date

NOTICE = timedelta(hours=1)
"""A plan changes nothing that begins sooner."""
QUIET = timedelta(days=7)
"""For how long the same plan is not made again by itself once it was declined or taken back."""
_UNWELCOME = frozenset({PlanState.DECLINED, PlanState.UNDONE})
_IN_HAND = frozenset({PlanState.APPLYING, PlanState.UNDOING})
_MEETING_WEEKS = 2
_NEAR = frozenset({Kind.GAP, Kind.BREAK, Kind.END_OF_DAY})
_MANY = 500


@dataclass(frozen=True, slots=True)
class Wish:
    """What a plan is asked for.

    `start` and `end` are local dates; by default from today on, as far as the tier looks ahead.
    `keep` are ids of events to leave alone, `unwanted` days without holds of a kind, `moving`
    holds that do not stay where they are.
    """

    tier: Tier = Tier.HOLDS
    origin: Origin = Origin.ROUTINE
    start: date | None = None
    end: date | None = None
    keep: Collection[str] = ()
    unwanted: Unwanted = frozenset()
    moving: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Offer:
    """What came of a wish: a plan that waits for an answer, one that needs none, and one of
    check-ins, of which only the leader may know."""

    proposed: str | None = None
    accepted: str | None = None
    private: str | None = None

    def shown(self, *, own: bool) -> str | None:
        """The plan to show to the leader, or to a delegate, who asked for one."""
        return self.proposed or self.accepted or (self.private if own else None)


class _For(Enum):
    """What somebody has to do about a part of a plan."""

    ASKING = "proposed"
    ITSELF = "accepted"
    LEADER = "private"


@dataclass(frozen=True, slots=True)
class _Part:
    """Changes that are kept as a plan of their own; `waits` where somebody has to say yes."""

    whose: _For
    changes: tuple[Change, ...]
    waits: bool


@dataclass(frozen=True, slots=True)
class _Made:
    """A part with all that is kept of it, and its id."""

    part: _Part
    contents: Contents
    id: str


def propose(deployment: Deployment, lease: Lease, wish: Wish, *, own: bool = True) -> Offer:
    """Make a plan and keep it, where there is anything to change.

    In mode auto, what the leader switched on is accepted at once, and the rest offered.

    Check-ins have a plan of their own, made once everything else has its place and in what is left
    then: no other plan is any different for them, so that nothing tells a delegate of them. Where
    the wish is not the leader's `own`, none is made and those that wait go on waiting.

    Raises ConnectorError and BadInput where the diary cannot be read, and LostLease.
    """
    person = diaries.person_of(deployment, lease.leader_id)
    by_person = wish.origin is Origin.PERSON
    waits = not by_person and is_in_hand(deployment, person.id)
    if waits or not _may_offer(person, wish, deployment.now()):
        return Offer()
    start, end = _window(wish, policy_of(person.settings), deployment.now(), person)
    with diaries.opened(deployment, person, start, end) as diary:
        public = _public(diary, wish, deployment.now(), person)
        planned = plan_for(deployment, person, public, wish)
        made = [
            _Made(part, contents_of(deployment, person, planned, part.changes), uuid4().hex)
            for part in _parted(planned.plan.changes, person)
            if part.changes
        ]
        if own and diary.opened.policy.check_in_weeks:
            made += _check_ins(deployment, person, diary, planned.plan.changes, wish)
        policy = diary.opened.policy
    return _keep(deployment, lease, wish, policy, made, own=own)


def keep(
    deployment: Deployment,
    session: Session,
    lease: Lease,
    plan_id: str,
    contents: Contents,
    policy: Policy,
    wish: Wish,
) -> None:
    """Keep a plan as proposed, in a transaction under the lease; once, however often it is asked.

    Raises LostLease.
    """
    leases.keep(session, lease)
    add(deployment, session, lease.leader_id, plan_id, contents, policy, wish)


def add(
    deployment: Deployment,
    session: Session,
    leader_id: str,
    plan_id: str,
    contents: Contents,
    policy: Policy,
    wish: Wish,
) -> None:
    """Keep a plan as proposed, for a person who asks for it: that needs no lease. Once."""
    if plans.find(session, leader_id, plan_id) is not None:
        return
    now = deployment.now()
    row = Plan(
        id=plan_id,
        leader_id=leader_id,
        digest=records.digest_of(deployment, contents.hash),
        state=PlanState.PROPOSED.value,
        state_since=now,
        tier=wish.tier.value,
        origin=wish.origin.value,
        made_at=now,
        expires_at=_expiry(contents.changes, policy, now),
        contents=deployment.database.vault.seal(contents.to_json()),
    )
    plans.add(session, row)
    count(row)


def accept(
    deployment: Deployment,
    leader_id: str,
    plan_id: str,
    plan_hash: str,
    by: Actor = LEADER,
    *,
    despite_unknown: bool = False,
) -> PlanState:
    """Say yes to the plan with this hash; saying it again changes nothing.

    `despite_unknown` is the word that a meeting may move although it is not known whether everyone
    is free then. Raises NoPlan, OtherPlan, WrongState, OnlyLooks, IsPaused and AskFirst. No lease
    is needed: it is one move of one row.
    """

    def work(session: Session) -> PlanState:
        row = records.lock(session, leader_id, plan_id)
        person = diaries.person_in(deployment, session, leader_id)
        if not compare_digest(row.digest, records.digest_of(deployment, plan_hash)):
            raise OtherPlan
        if row.state in _YES:
            return PlanState(row.state)
        _check_yes(deployment, person, row, despite_unknown=despite_unknown)
        move(row, PlanState.ACCEPTED, deployment.now())
        record(deployment, session, leader_id, What.PLAN_ACCEPTED, by, plan_id=plan_id)
        return PlanState.ACCEPTED

    return deployment.database.persist(work)


_YES = frozenset({PlanState.ACCEPTED, PlanState.APPLYING, PlanState.APPLIED})


def _check_yes(deployment: Deployment, person: Person, row: Plan, *, despite_unknown: bool) -> None:
    now = deployment.now()
    if row.state == PlanState.PROPOSED and row.expires_at <= now:
        raise WrongState(PlanState.EXPIRED, PlanState.ACCEPTED)
    _check_awake(person, now)
    contents = records.kept(deployment, row).contents
    changes = contents.changes if contents is not None else ()
    if not despite_unknown and any(each.agreement is Agreement.UNKNOWN for each in changes):
        raise AskFirst


def check_awake(deployment: Deployment, leader_id: str) -> None:
    """Raises IsPaused and OnlyLooks where no plan may be accepted now."""
    _check_awake(diaries.person_of(deployment, leader_id), deployment.now())


def _check_awake(person: Person, now: datetime) -> None:
    if person.rests(now):
        raise IsPaused
    if person.mode is Mode.OBSERVE:
        raise OnlyLooks


def check_accept(
    deployment: Deployment,
    leader_id: str,
    plan_id: str,
    plan_hash: str,
    *,
    despite_unknown: bool = False,
) -> None:
    """Raise what `accept` would raise, and change nothing."""
    person = diaries.person_of(deployment, leader_id)
    with deployment.database.transaction() as session:
        row = records.lock(session, leader_id, plan_id)
        if not compare_digest(row.digest, records.digest_of(deployment, plan_hash)):
            raise OtherPlan
        if row.state in _YES:
            return
        if PlanState.ACCEPTED not in MOVES[PlanState(row.state)]:
            raise WrongState(row.state, PlanState.ACCEPTED)
        _check_yes(deployment, person, row, despite_unknown=despite_unknown)


def decline(deployment: Deployment, leader_id: str, plan_id: str, by: Actor = LEADER) -> None:
    """Say no to a plan that was not begun; saying it again changes nothing.

    Raises NoPlan and WrongState.
    """

    def work(session: Session) -> None:
        row = records.lock(session, leader_id, plan_id)
        if row.state == PlanState.DECLINED:
            return
        move(row, PlanState.DECLINED, deployment.now())
        record(deployment, session, leader_id, What.PLAN_DECLINED, by, plan_id=plan_id)

    deployment.database.persist(work)


def expire(deployment: Deployment) -> int:
    """End the plans of all leaders whose time to be begun is over; how many that was."""
    with deployment.database.transaction() as session:
        found = plans.overdue(session, WAITING, deployment.now(), _MANY)
    return sum(_expire(deployment, leader_id, plan_id) for leader_id, plan_id in found)


def _expire(deployment: Deployment, leader_id: str, plan_id: str) -> bool:
    now = deployment.now()

    def work(session: Session) -> bool:
        row = plans.locked(session, leader_id, plan_id)
        if row is None or row.state not in WAITING or row.expires_at > now:
            return False
        move(row, PlanState.EXPIRED, now)
        record(deployment, session, leader_id, What.PLAN_EXPIRED, CLEARWAY, plan_id=plan_id)
        return True

    return deployment.database.persist(work)


# --- making -----------------------------------------------------------------------------------


def _may_offer(person: Person, wish: Wish, now: datetime) -> bool:
    asked = wish.origin is Origin.PERSON
    return not person.rests(now) and (asked or person.mode is not Mode.OBSERVE)


def is_in_hand(deployment: Deployment, leader_id: str) -> bool:
    """Whether a plan is being written or taken back: what it makes cannot be seen yet."""
    with deployment.database.transaction() as session:
        return bool(plans.ids_in(session, leader_id, [each.value for each in _IN_HAND]))


def _window(wish: Wish, policy: Policy, now: datetime, person: Person) -> tuple[date, date]:
    start = wish.start or local_date(now, zone_of(person.settings))
    far = diaries.ahead(policy)
    ahead = far if wish.tier is Tier.HOLDS else timedelta(weeks=_MEETING_WEEKS)
    # a start near the end of all dates is refused by whoever reads the diary
    return start, wish.end or min(start, date.max - ahead) + ahead


def _public(diary: LeaderDiary, wish: Wish, now: datetime, person: Person) -> LeaderDiary:
    """The diary without check-ins, and no further ahead than without them."""
    found = diaries.without_check_ins(diary)
    start, end = _window(wish, found.opened.policy, now, person)
    narrow = replace(found.opened.diary, start=start, end=end)
    return replace(found, opened=replace(found.opened, diary=narrow))


def _check_ins(
    deployment: Deployment,
    person: Person,
    diary: LeaderDiary,
    others: Sequence[Change],
    wish: Wish,
) -> list[_Made]:
    """A plan of check-ins in the time that everything else leaves, and that is free as yet: they
    need no other plan to be carried out first."""
    then = after(diary.opened.diary, others)
    later = replace(diary, opened=replace(diary.opened, diary=then))
    planned = plan_for(deployment, person, later, replace(wish, tier=Tier.HOLDS), asks=False)
    private = [each for each in planned.plan.changes if records.is_private(each)]
    rest = [each for each in planned.plan.changes if not records.is_private(each)]
    there = diary.events
    found = [each for each in _without(private, rest) if not diaries.lying_at(there, each)]
    if not found:
        return []
    auto = person.settings.auto if person.mode is Mode.AUTO else frozenset()
    part = _Part(_For.LEADER, tuple(found), waits=Kind.CHECK_IN not in auto)
    as_it_is = replace(planned, opened=diary.opened)
    return [_Made(part, contents_of(deployment, person, as_it_is, part.changes), uuid4().hex)]


def plan_for(
    deployment: Deployment,
    person: Person,
    diary: LeaderDiary,
    wish: Wish,
    *,
    asks: bool = True,
) -> Planned:
    """The best plan within all that binds it, and no holds of a kind further ahead than it goes.

    It is made for a while from now, since somebody has to read and accept it. Of the weeks for
    which no protected time is placed yet, it tells only what is asked for every so many weeks.
    Where it `asks`, the calendars are asked whether those invited are free.
    """
    now = diary.opened.now
    live = diary.opened.live if asks else ()
    planned = plan_within(
        replace(diary.opened, now=now + NOTICE, live=live),
        wish.tier,
        bounds(deployment, person, diary.opened, asked=wish.origin is Origin.PERSON),
        keep=wish.keep,
        unwanted=wish.unwanted,
        moving=wish.moving,
        budget=deployment.settings.budget,
    )
    writable = diary.holding(_A_HOLD) is not None
    far = now + timedelta(weeks=diary.opened.policy.gap_weeks)
    changes = tuple(each for each in planned.plan.changes if writable and not _is_far(each, far))
    last = local_date(now, zone_of(person.settings)) + timedelta(
        weeks=diary.opened.policy.protected_weeks
    )
    findings = tuple(each for each in planned.plan.findings if _is_told(each, last))
    plan = replace(planned.plan, now=now, findings=findings, changes=changes)
    return replace(planned, opened=diary.opened, plan=plan)


def _is_told(finding: Finding, last: date) -> bool:
    return finding.day <= last or finding.rule in _REGULAR


_REGULAR = frozenset(each.rule for each in CADENCES)
_A_HOLD = Change(ChangeKind.HOLD_CREATE, None, None)


def _is_far(change: Change, far: datetime) -> bool:
    """Whether it is a new hold of a kind that is not placed so far ahead."""
    new = change.kind is ChangeKind.HOLD_CREATE
    return new and change.hold in _NEAR and change.starts >= far


def _parted(changes: Sequence[Change], person: Person) -> tuple[_Part, ...]:
    """What somebody has to say yes to, and what needs no acceptance.

    A change that needs time which one that is asked frees waits with it.
    """
    auto = person.settings.auto if person.mode is Mode.AUTO else frozenset()
    asked = [each for each in changes if each.hold not in auto]
    free = _without([each for each in changes if each.hold in auto], asked)
    asked = [each for each in changes if each not in free]
    return (
        _Part(_For.ASKING, tuple(asked), waits=True),
        _Part(_For.ITSELF, tuple(free), waits=False),
    )


def _without(changes: Sequence[Change], others: Sequence[Change]) -> list[Change]:
    """Those of the changes that need no time which one of the others frees, nor one left out."""
    left, out = list(changes), list(others)
    while waiting := [one for one in left if any(needs(one, each) for each in out)]:
        left = [each for each in left if each not in waiting]
        out.extend(waiting)
    return left


def contents_of(
    deployment: Deployment, person: Person, planned: Planned, changes: tuple[Change, ...]
) -> Contents:
    """What is kept of some changes of a plan."""
    others = sum(_disturbs(each) for each in planned.plan.changes if each not in changes)
    plan = replace(planned.plan.disturbing(-others), changes=changes)
    private = all(map(records.is_private, changes))
    if private:
        plan = replace(plan, notes=())
    part = replace(planned, plan=plan)
    shown = part.shape().model_dump(mode="json", by_alias=True)
    del shown["changes"]
    diary = planned.opened.diary
    then = {each.id: each for each in after(diary, changes).occurrences}
    return Contents(
        hash=part.hash,
        changes=changes,
        start=diary.start,
        end=diary.end,
        basis=diaries.basis(deployment, person.settings, private=private),
        beside=tuple(diaries.lying_at(then, each) for each in changes),
        shown=shown,
    )


def _disturbs(change: Change) -> bool:
    """Whether it moves or removes a hold that is there."""
    return change.kind not in MEETINGS and change.before is not None


def _expiry(changes: Sequence[Change], policy: Policy, now: datetime) -> datetime:
    freeze = timedelta(hours=policy.freeze_hours)
    ends = [
        end - (freeze if each.kind in MEETINGS else timedelta())
        for each in changes
        for end in last_moments(each)
    ]
    return min([now + LONGEST, *ends])


# --- keeping ----------------------------------------------------------------------------------


def _keep(
    deployment: Deployment,
    lease: Lease,
    wish: Wish,
    policy: Policy,
    made: Sequence[_Made],
    *,
    own: bool,
) -> Offer:
    by_person = wish.origin is Origin.PERSON
    if by_person and not made:
        # what waits is about more than the days that were asked about
        return Offer()
    alone = wish if by_person else replace(wish, origin=Origin.AUTO)

    def work(session: Session) -> Offer:
        leases.keep(session, lease)
        known = {
            each.id: waiting(deployment, session, lease.leader_id, each.contents)
            for each in made
            if each.part.waits
        }
        made_now = {*known.values(), *map(_id, made)}
        supersede(deployment, session, lease.leader_id, but=made_now, private=own)
        kept = {}
        for each in made:
            found = known.get(each.id)
            if found is None and not _is_unwelcome(deployment, session, lease, each.contents, wish):
                found = each.id
                asked = wish if each.part.waits else alone
                keep(deployment, session, lease, found, each.contents, policy, asked)
                _settle(deployment, session, lease, each)
            kept[each.part.whose.value] = found
        return Offer(**kept)

    return deployment.database.persist(work)


def _id(made: _Made) -> str:
    return made.id


def _settle(deployment: Deployment, session: Session, lease: Lease, made: _Made) -> None:
    """A new plan is offered, or accepted for the leader who asked for that."""
    if made.part.waits:
        _tell(deployment, session, lease, What.PLAN_PROPOSED, made.id, made.contents)
    else:
        _say_yes(deployment, session, lease, made.id, made.contents)


def waiting(
    deployment: Deployment, session: Session, leader_id: str, contents: Contents
) -> str | None:
    """The plan with these very changes that waits for an answer already, or got it just now."""
    digest = records.digest_of(deployment, contents.hash)
    since = deployment.now() - LONGEST
    row = plans.alike(session, leader_id, digest, UNFINISHED, since)
    known = None if row is None else records.kept(deployment, row)
    if known is None or known.contents is None or known.contents.basis != contents.basis:
        return None
    return known.id


def _is_unwelcome(
    deployment: Deployment, session: Session, lease: Lease, contents: Contents, wish: Wish
) -> bool:
    """Whether the same was declined or taken back a short while ago, and nobody asks for it."""
    digest = records.digest_of(deployment, contents.hash)
    since = deployment.now() - QUIET
    known = plans.alike(session, lease.leader_id, digest, _UNWELCOME, since)
    return known is not None and wish.origin is not Origin.PERSON


def supersede(
    deployment: Deployment,
    session: Session,
    leader_id: str,
    but: Collection[str | None],
    *,
    private: bool = True,
) -> None:
    """Earlier plans that nobody answered, or nobody had to, give way to a newer one; those of
    check-ins where they are `private` to it as well."""
    for row in plans.locked_in(session, leader_id, WAITING):
        answered = row.state == PlanState.ACCEPTED and row.origin != Origin.AUTO
        stays = not private and records.is_of_check_ins(records.kept(deployment, row))
        if row.id not in but and not answered and not stays:
            move(row, PlanState.STALE, deployment.now(), Reason.NEWER)


def _say_yes(
    deployment: Deployment, session: Session, lease: Lease, plan_id: str, contents: Contents
) -> None:
    row = records.lock(session, lease.leader_id, plan_id)
    if row.state == PlanState.PROPOSED:
        move(row, PlanState.ACCEPTED, deployment.now())
        _tell(deployment, session, lease, What.PLAN_ACCEPTED, plan_id, contents)


def _tell(
    deployment: Deployment,
    session: Session,
    lease: Lease,
    what: What,
    plan_id: str,
    contents: Contents,
) -> None:
    count = len(contents.changes)
    record(deployment, session, lease.leader_id, what, CLEARWAY, plan_id=plan_id, changes=count)
