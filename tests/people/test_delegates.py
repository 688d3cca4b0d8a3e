"""Delegates: invited by the leader, for a time, and never more than they were given."""

from datetime import timedelta

import pytest

from app.people import delegates, leaders
from app.people.delegates import State
from app.people.errors import BadChoice, BadInvitation, IsLeaving, NotAllowed
from app.people.history import What, Who, page, record_look
from app.people.principal import Principal, require_leader, require_may_act
from app.storage import people as stored
from app.storage.tables import Delegation
from tests.people.conftest import identity


@pytest.fixture
def assistant(deployment):
    return identity(deployment, "assistant")


def may(deployment, who, leader_id):
    """Whether somebody may act on a diary now."""
    with deployment.database.transaction() as session:
        rows = stored.grants(session, who, deployment.now())
    grants = tuple(delegates.read_delegation(deployment, each) for each in rows)
    try:
        return require_may_act(deployment, Principal(who, grants=grants), leader_id)
    except NotAllowed:
        return None


def test_an_invitation_makes_somebody_a_delegate_until_its_day(
    deployment, leader, assistant, clock_hand
):
    made = delegates.invite(deployment, leader.id, "My PA")
    assert made.delegation.expires_at == clock_hand.at + timedelta(days=90)
    assert may(deployment, assistant, leader.id) is None
    taken = delegates.accept(deployment, assistant, made.token)
    assert (taken.leader_id, taken.label) == (leader.id, "My PA")
    access = may(deployment, assistant, leader.id)
    assert access is not None
    assert (access.by.who, access.by.delegation_id) == (Who.DELEGATE, taken.id)
    assert not access.is_leader
    clock_hand.pass_by(days=90)
    assert may(deployment, assistant, leader.id) is None
    assert delegates.granted(deployment, leader.id)[0].state(clock_hand.at) is State.EXPIRED


def test_a_right_that_was_read_before_ends_at_its_time_too(
    deployment, leader, assistant, clock_hand
):
    made = delegates.invite(deployment, leader.id, "My PA", days=1)
    grant = delegates.accept(deployment, assistant, made.token)
    before = Principal(assistant, grants=(grant,))
    assert require_may_act(deployment, before, leader.id).leader_id == leader.id
    clock_hand.pass_by(days=1)
    with pytest.raises(NotAllowed):
        require_may_act(deployment, before, leader.id)


def test_only_the_fingerprint_of_an_invitation_is_kept(deployment, leader):
    made = delegates.invite(deployment, leader.id, "My PA")
    with deployment.database.transaction() as session:
        row = session.get_one(Delegation, made.delegation.id)
        kept = repr(vars(row)).encode()
    assert made.token.encode() not in kept
    assert b"My PA" not in kept
    assert made.token not in repr(made)
    assert "My PA" not in repr(made)


def test_an_invitation_is_used_once(deployment, leader, assistant):
    made = delegates.invite(deployment, leader.id, "My PA")
    delegates.accept(deployment, assistant, made.token)
    with pytest.raises(BadInvitation):
        delegates.accept(deployment, identity(deployment, "thief"), made.token)
    with pytest.raises(BadInvitation):
        delegates.accept(deployment, assistant, "made-up")


def test_an_invitation_lapses_after_a_week(deployment, leader, assistant, clock_hand):
    made = delegates.invite(deployment, leader.id, "My PA")
    clock_hand.pass_by(days=7)
    with pytest.raises(BadInvitation):
        delegates.accept(deployment, assistant, made.token)
    assert delegates.granted(deployment, leader.id)[0].state(clock_hand.at) is State.LAPSED


def test_a_grant_for_a_day_cannot_be_taken_up_later(deployment, leader, assistant, clock_hand):
    made = delegates.invite(deployment, leader.id, "My PA", days=1)
    clock_hand.pass_by(days=2)
    with pytest.raises(BadInvitation):
        delegates.accept(deployment, assistant, made.token)


def test_what_is_taken_back_ends_at_once(deployment, leader, assistant, clock_hand):
    open_one = delegates.invite(deployment, leader.id, "Open")
    used = delegates.invite(deployment, leader.id, "Used")
    delegates.accept(deployment, assistant, used.token)
    for each in (open_one, used):
        delegates.revoke(deployment, leader.id, each.delegation.id)
    assert may(deployment, assistant, leader.id) is None
    with pytest.raises(BadInvitation):
        delegates.accept(deployment, assistant, open_one.token)
    with pytest.raises(NotAllowed):
        delegates.revoke(deployment, leader.id, used.delegation.id)
    states = {each.state(clock_hand.at) for each in delegates.granted(deployment, leader.id)}
    assert states == {State.REVOKED}


def test_a_delegate_can_give_the_grant_back_and_nobody_elses(deployment, leader, assistant):
    made = delegates.invite(deployment, leader.id, "My PA")
    taken = delegates.accept(deployment, assistant, made.token)
    with pytest.raises(NotAllowed):
        delegates.give_up(deployment, identity(deployment, "another"), taken.id)
    delegates.give_up(deployment, assistant, taken.id)
    assert may(deployment, assistant, leader.id) is None


def test_no_leader_takes_back_what_another_gave(deployment, leader, assistant):
    other = leaders.join(deployment, identity(deployment, "other"))
    made = delegates.invite(deployment, leader.id, "My PA")
    delegates.accept(deployment, assistant, made.token)
    with pytest.raises(NotAllowed):
        delegates.revoke(deployment, other.id, made.delegation.id)
    assert delegates.granted(deployment, other.id) == ()
    assert may(deployment, assistant, leader.id)
    assert may(deployment, assistant, other.id) is None


def test_nobody_is_their_own_delegate(deployment, leader):
    made = delegates.invite(deployment, leader.id, "Me")
    with pytest.raises(BadChoice, match="your own"):
        delegates.accept(deployment, identity(deployment, "leader"), made.token)


def test_a_grant_lasts_between_a_day_and_a_year(deployment, leader):
    for days in (0, -1, 366):
        with pytest.raises(BadChoice, match="between 1 and 365"):
            delegates.invite(deployment, leader.id, "My PA", days)


def test_so_many_people_may_act_for_a_leader_and_no_more(deployment, leader):
    made = [delegates.invite(deployment, leader.id, "My PA") for _ in range(50)]
    with pytest.raises(BadChoice, match="50 people"):
        delegates.invite(deployment, leader.id, "My PA")
    delegates.revoke(deployment, leader.id, made[0].delegation.id)
    delegates.invite(deployment, leader.id, "My PA")


def test_a_grant_has_a_short_and_harmless_name(deployment, leader):
    for label in ("", "   ", "x" * 61, "a\x00b", "=HYPERLINK()", "@SUM(1)"):
        with pytest.raises(BadChoice):
            delegates.invite(deployment, leader.id, label)


def test_when_a_leader_leaves_no_delegate_may_act(deployment, leader, assistant):
    used = delegates.invite(deployment, leader.id, "Used")
    open_one = delegates.invite(deployment, leader.id, "Open")
    delegates.accept(deployment, assistant, used.token)
    leaders.leave(deployment, leader.id)
    assert may(deployment, assistant, leader.id) is None
    with pytest.raises(BadInvitation):
        delegates.accept(deployment, assistant, open_one.token)
    with pytest.raises(IsLeaving):
        delegates.invite(deployment, leader.id, "Another")


def test_what_is_for_the_leader_alone_is_not_for_a_delegate(deployment, leader, assistant):
    grant = delegates.accept(
        deployment, assistant, delegates.invite(deployment, leader.id, "My PA").token
    )
    for somebody in (Principal(assistant, grants=(grant,)), Principal(assistant)):
        with pytest.raises(NotAllowed):
            require_leader(somebody)
        with pytest.raises(NotAllowed):
            require_leader(somebody, leader.id)


def test_whether_a_leader_exists_is_told_to_nobody_else(deployment, leader, assistant):
    nobody = Principal(assistant)
    other = Principal("f" * 64, leader_id="a" * 32)
    said = set()
    for who in (nobody, other):
        for wanted in (leader.id, "0" * 32):
            for ask in (
                lambda: require_may_act(deployment, who, wanted),  # noqa: B023 # called at once
                lambda: require_leader(who, wanted),  # noqa: B023 # called at once
            ):
                with pytest.raises(NotAllowed) as caught:
                    ask()
                said.add(str(caught.value))
    assert len(said) == 1


def test_the_leader_sees_what_delegates_did_and_looked_at(deployment, leader, assistant):
    made = delegates.invite(deployment, leader.id, "My PA")
    delegates.accept(deployment, assistant, made.token)
    access = may(deployment, assistant, leader.id)
    assert access
    record_look(deployment, leader.id, access.by, "diary")
    record_look(deployment, leader.id, require_leader(Principal("x", leader.id)).by, "diary")
    delegates.revoke(deployment, leader.id, made.delegation.id)
    revoked, looked, accepted, invited, _ = page(deployment, leader.id).entries
    assert (revoked.what, revoked.by.who) == (What.DELEGATE_REVOKED, Who.LEADER)
    assert (looked.what, looked.by, looked.details) == (
        What.DELEGATE_LOOKED, access.by, {"area": "diary"},
    )  # fmt: skip
    assert (accepted.what, accepted.by) == (What.DELEGATE_ACCEPTED, access.by)
    assert (invited.what, invited.details["days"]) == (What.DELEGATE_INVITED, 90)
