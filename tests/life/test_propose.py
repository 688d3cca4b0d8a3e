"""Plans are offered where the leader lets them be, answered once, and forgotten in time."""

from dataclasses import replace
from datetime import timedelta

import pytest

from app.life import applying, proposing, records, undoing
from app.life.errors import (
    AskFirst,
    IsPaused,
    NoPlan,
    OnlyLooks,
    OtherPlan,
    WrongState,
)
from app.life.proposing import Offer, Wish
from app.life.reasons import Reason
from app.life.states import Origin, PlanState
from app.people.settings import LeaderSettings, Mode
from app.shapes import plan_hash
from app.storage import plans, retention
from rules.change import Agreement, Change, ChangeKind
from rules.event import Kind
from rules.planner.plan import Tier
from tests.life.worlds import AFTER, NOW, at, changes_of, hold, meeting
from tests.servers.fixtures import on_sqlite

ZONE = LeaderSettings(time_zone="Europe/London")
WEEK = timedelta(weeks=1)


def propose(world, **wish) -> Offer:
    """What everybody may know of: check-ins have a plan of their own."""
    return replace(proposing.propose(world.deployment, world.lease(), Wish(**wish)), private=None)


def offered(world, **wish) -> str:
    """The id of a plan that waits for an answer."""
    plan_id = propose(world, **wish).proposed
    assert plan_id is not None
    return plan_id


def hash_of(world, plan_id: str) -> str:
    contents = world.kept(plan_id).contents
    assert contents is not None
    return contents.hash


@on_sqlite
def test_while_clearway_only_looks_a_plan_is_shown_and_none_is_offered(world):
    world.choose(Mode.OBSERVE)
    shown = world.best(Wish())
    assert shown.plan.changes
    assert propose(world) == Offer()
    asked = offered(world, origin=Origin.PERSON)
    with pytest.raises(OnlyLooks):
        proposing.accept(world.deployment, world.leader_id, asked, hash_of(world, asked))


@on_sqlite
@pytest.mark.parametrize("values", [{"paused_until": NOW + WEEK}, {"leaving_at": NOW}])
def test_nothing_is_offered_to_somebody_who_is_paused_or_leaves(world, values):
    plan_id = world.keep(changes_of(world.calendar))
    world.rest(**values)
    assert propose(world) == Offer()
    with pytest.raises(IsPaused):
        proposing.accept(world.deployment, world.leader_id, plan_id, hash_of(world, plan_id))


@on_sqlite
def test_a_plan_holds_all_that_applying_it_needs_and_the_clear_tells_nothing(world):
    plan_id = offered(world)
    kept = world.kept(plan_id)
    assert kept.contents.changes and kept.contents.hash == plan_hash(kept.contents.changes)
    assert {"window", "findings", "objective", "proof", "warnings"} <= set(kept.contents.shown)
    assert kept.contents.shown["warnings"] == []
    with world.database.transaction() as session:
        row = plans.find(session, world.leader_id, plan_id)
        assert row is not None and row.contents is not None
        assert row.digest == records.digest_of(world.deployment, kept.contents.hash)
        assert kept.contents.hash not in row.digest
        assert b"protected" not in bytes(row.contents)


@on_sqlite
def test_holds_are_placed_as_far_ahead_as_their_kind_goes(world):
    """Protected time six weeks ahead, holds between meetings two."""
    for week in range(2, 6):
        when = at(24, "14:00")
        later = type(when)(when.start + week * WEEK, when.end + week * WEEK)
        world.calendar.edit(f"later-{week}", meeting(f"later-{week}", later))
    changes = world.kept(offered(world)).contents.changes
    new = [each for each in changes if each.kind is ChangeKind.HOLD_CREATE]
    last = {kind: max(each.starts for each in new if each.hold is kind) - NOW for kind in _KINDS}
    assert last[Kind.PROTECTED] > 5 * WEEK
    assert last[Kind.GAP] < 2 * WEEK


_KINDS = (Kind.PROTECTED, Kind.GAP)


def test_a_newer_plan_takes_the_place_of_the_one_before(world):
    first = offered(world)
    world.calendar.edit("new", meeting("new", at(24, "14:00")))
    second = offered(world)
    assert second != first
    old = world.kept(first)
    assert (old.state, old.reason) == (PlanState.STALE, Reason.NEWER)
    with pytest.raises(WrongState):
        proposing.accept(world.deployment, world.leader_id, first, hash_of(world, first))


@on_sqlite
def test_the_same_plan_is_offered_once(world):
    first = propose(world)
    assert propose(world) == first
    assert len(records.newest(world.deployment, world.leader_id, own=False)) == 1


@on_sqlite
def test_a_plan_that_was_accepted_meanwhile_is_not_offered_again(world):
    """The leader's yes came while the same plan was being made once more."""
    first = offered(world)
    kept = world.kept(first)
    proposing.accept(world.deployment, world.leader_id, first, kept.contents.hash)
    assert propose(world).proposed == first
    assert len(records.newest(world.deployment, world.leader_id, own=False)) == 1


@on_sqlite
def test_a_declined_plan_comes_back_only_when_somebody_asks(world):
    first = offered(world)
    proposing.decline(world.deployment, world.leader_id, first)
    proposing.decline(world.deployment, world.leader_id, first)
    assert propose(world) == Offer()
    assert offered(world, origin=Origin.PERSON)
    world.now += timedelta(days=8)
    assert offered(world)


def done_and_taken_back(world, plan_id: str) -> None:
    assert applying.apply(world.deployment, world.lease(), plan_id).state == "applied"
    undoing.ask_undo(world.deployment, world.leader_id, plan_id)
    assert undoing.undo(world.deployment, world.lease(), plan_id).state == "undone"


@on_sqlite
def test_a_plan_that_was_taken_back_comes_again_only_when_somebody_asks(world):
    first = offered(world)
    proposing.accept(world.deployment, world.leader_id, first, hash_of(world, first))
    done_and_taken_back(world, first)
    assert propose(world) == Offer()
    assert offered(world, origin=Origin.PERSON)


@on_sqlite
def test_what_was_done_without_asking_and_taken_back_is_not_done_again(world):
    gaps = LeaderSettings(time_zone="Europe/London", auto=frozenset({Kind.GAP}))
    world.choose(Mode.AUTO, gaps)
    alone = propose(world).accepted
    assert alone is not None
    done_and_taken_back(world, alone)
    assert propose(world).accepted is None
    # nor is it with a new meeting beside it, whose own day is another
    world.calendar.edit("new", meeting("new", at(27, "13:00")))
    days = {each.after.start.day for each in world.kept(alone).contents.changes}
    assert days and 27 not in days
    again = propose(world).accepted
    assert again is not None
    assert {each.after.start.day for each in world.kept(again).contents.changes} == {27}
    asked = propose(world, origin=Origin.PERSON).accepted
    assert asked is not None
    assert days < {each.after.start.day for each in world.kept(asked).contents.changes}
    assert applying.apply(world.deployment, world.lease(), asked).state == "applied"


@on_sqlite
def test_where_nothing_is_missing_nothing_is_offered(world):
    with_everything = offered(world)
    proposing.accept(
        world.deployment, world.leader_id, with_everything, hash_of(world, with_everything)
    )
    assert applying.apply(world.deployment, world.lease(), with_everything).state == "applied"
    assert propose(world) == Offer()


@on_sqlite
def test_what_was_switched_on_is_accepted_at_once_and_the_rest_is_offered(world):
    world.choose(Mode.AUTO, LeaderSettings(time_zone="Europe/London", auto=frozenset({Kind.GAP})))
    offer = propose(world)
    assert offer.accepted and offer.proposed
    by_itself, asked = world.kept(offer.accepted), world.kept(offer.proposed)
    assert (by_itself.state, asked.state) == (PlanState.ACCEPTED, PlanState.PROPOSED)
    assert {each.hold for each in by_itself.contents.changes} == {Kind.GAP}
    assert Kind.GAP not in {each.hold for each in asked.contents.changes}
    assert applying.apply(world.deployment, world.lease(), offer.accepted).state == "applied"
    proposing.accept(
        world.deployment, world.leader_id, offer.proposed, hash_of(world, offer.proposed)
    )
    assert applying.apply(world.deployment, world.lease(), offer.proposed).state == "applied"


@on_sqlite
def test_a_meeting_always_needs_a_yes(new_world):
    """Also where every kind of hold is switched on."""
    world = new_world([meeting("one", at(24, "10:00")), meeting("two", at(24, "11:00"))])
    everything = frozenset(Kind)
    world.choose(Mode.AUTO, LeaderSettings(time_zone="Europe/London", auto=everything))
    offer = propose(world, tier=Tier.SHORTEN)
    meetings = {ChangeKind.EVENT_SHORTEN, ChangeKind.EVENT_MOVE}
    accepted = world.kept(offer.accepted).contents.changes
    asked = world.kept(offer.proposed).contents.changes
    assert not meetings & {each.kind for each in accepted}
    assert meetings & {each.kind for each in asked}


def test_only_the_plan_that_was_seen_is_accepted_and_only_by_its_leader(new_world):
    world, other = new_world(), new_world()
    plan_id = world.keep(changes_of(world.calendar))
    with pytest.raises(OtherPlan):
        proposing.accept(world.deployment, world.leader_id, plan_id, "sha256:another")
    with pytest.raises(NoPlan):
        proposing.accept(world.deployment, other.leader_id, plan_id, hash_of(world, plan_id))
    for _ in range(2):
        proposing.accept(world.deployment, world.leader_id, plan_id, hash_of(world, plan_id))
    assert world.kept(plan_id).state is PlanState.ACCEPTED
    applying.apply(world.deployment, world.lease(), plan_id)
    assert world.calendar.picture() == AFTER


@on_sqlite
def test_a_meeting_whose_people_may_be_busy_moves_only_by_an_explicit_word(world):
    board = world.calendar.get("board")
    change = Change(
        ChangeKind.EVENT_MOVE,
        board.span,
        at(24, "15:00"),
        "board",
        version=board.version,
        people_told=3,
        mails=3,
        agreement=Agreement.UNKNOWN,
    )
    plan_id = world.keep([change])
    known = (world.deployment, world.leader_id, plan_id, plan_hash([change]))
    with pytest.raises(AskFirst):
        proposing.accept(*known)
    assert applying.apply(world.deployment, world.lease(), plan_id).state == "proposed"
    proposing.accept(*known, despite_unknown=True)
    assert applying.apply(world.deployment, world.lease(), plan_id).state == "applied"


@on_sqlite
def test_a_plan_expires_before_its_first_change_begins(world):
    plan_id = world.keep(changes_of(world.calendar))
    # the first thing in it is a hold to remove, which can go until it is over
    assert world.kept(plan_id).expires_at == at(23, "09:10").start
    assert proposing.expire(world.deployment) == 0
    world.now = world.kept(plan_id).expires_at
    with pytest.raises(WrongState):
        proposing.accept(world.deployment, world.leader_id, plan_id, hash_of(world, plan_id))
    assert proposing.expire(world.deployment) == 1
    assert world.kept(plan_id).state is PlanState.EXPIRED


def test_an_accepted_plan_that_nobody_began_expires_too(world):
    plan_id = world.accepted(changes_of(world.calendar))
    world.now = world.kept(plan_id).expires_at
    proposing.expire(world.deployment)
    assert applying.apply(world.deployment, world.lease(), plan_id).state == "expired"


def test_what_is_in_a_plan_is_forgotten_once_nobody_can_undo_it(world):
    plan_id = world.accepted(changes_of(world.calendar))
    applying.apply(world.deployment, world.lease(), plan_id)

    def forget() -> None:
        with world.database.transaction() as session:
            retention.purge(session, world.now)

    world.now += timedelta(days=34)
    forget()
    assert world.kept(plan_id).contents is not None
    world.now += timedelta(days=1)
    forget()
    assert world.kept(plan_id).contents is None
    with world.database.transaction() as session:
        assert not plans.steps(session, plan_id, "apply")


@on_sqlite
def test_a_hold_in_a_plan_does_not_lie_on_what_is_there(world):
    """What a plan sees as free is what the check before applying sees as free."""
    world.calendar.edit("own", hold("own", Kind.BREAK, at(25, "12:00", 30)))
    plan_id = offered(world)
    assert all(not each for each in world.kept(plan_id).contents.beside)
    assert applying.rehearse(world.deployment, world.leader_id, plan_id) is None
