"""Joining, choosing, pausing and leaving."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from app.people import leaders
from app.people.errors import BadChoice, IsLeaving, NotAllowed, WrongVersion
from app.people.history import Actor, What, Who, page
from app.people.leaders import Stretch
from app.people.settings import LeaderSettings, Mode, Reaction, Slot
from app.storage import rows
from app.storage.database import now
from app.storage.tables import Base, Mailbox
from rules.event import Kind
from tests.people.conftest import THURSDAY, identity
from tests.people.filling import fill


def whats(deployment, leader_id):
    return [each.what for each in page(deployment, leader_id).entries]


def test_who_joins_is_only_watched_and_looked_at_at_once(deployment, leader):
    assert leader.mode is Mode.OBSERVE
    assert leader.watched_until == THURSDAY + timedelta(weeks=4)
    assert leader.settings == LeaderSettings()
    with deployment.database.transaction() as session:
        assert session.get_one(Mailbox, leader.id).poll_at <= now(session)
    assert whats(deployment, leader.id) == [What.JOINED]


def test_joining_twice_is_joining_once(deployment, leader):
    again = leaders.join(deployment, identity(deployment, "leader"))
    assert again == leader
    assert leaders.find(deployment, identity(deployment, "leader")) == leader
    assert whats(deployment, leader.id) == [What.JOINED]


def test_who_did_not_join_is_no_leader(deployment, leader):
    assert leaders.find(deployment, identity(deployment, "another")) is None
    with pytest.raises(NotAllowed):
        leaders.get(deployment, "0" * 32)


CHOSEN = LeaderSettings(
    addresses=("leader@trust.example",),
    time_zone="Europe/London",
    hours="Mon-Thu 08:00-16:00",
    nation="scotland",
    days_off=frozenset({date(2026, 12, 24)}),
    policy={"protected_minutes": 90, "preferred_from": "13:00"},
    never=frozenset({Slot(Kind.PROTECTED, 4, time(15), time(17))}),
    auto=frozenset({Kind.GAP}),
    reaction=Reaction.MOVE_HOLD,
    titles=False,
)


def test_settings_are_kept_whole_and_have_the_diary_looked_at(deployment, leader):
    changed = leaders.change_settings(deployment, leader.id, CHOSEN, leader.version)
    assert changed.settings == CHOSEN
    assert changed.version == leader.version + 1
    assert leaders.get(deployment, leader.id) == changed
    with deployment.database.transaction() as session:
        assert session.get_one(Mailbox, leader.id).dirty_at is not None


def test_of_two_changes_of_the_same_settings_the_second_is_refused(deployment, leader):
    leaders.change_settings(deployment, leader.id, CHOSEN, leader.version)
    with pytest.raises(WrongVersion, match="changed meanwhile"):
        leaders.change_settings(deployment, leader.id, LeaderSettings(), leader.version)
    assert leaders.get(deployment, leader.id).settings == CHOSEN


def test_settings_that_cannot_be_used_change_nothing(deployment, leader):
    with pytest.raises(BadChoice, match="between 30 and 240"):
        leaders.change_settings(
            deployment, leader.id, LeaderSettings(policy={"protected_minutes": 1}), leader.version
        )
    assert leaders.get(deployment, leader.id) == leader


def test_a_leader_may_go_on_before_the_four_weeks_are_over(deployment, leader, clock_hand):
    clock_hand.pass_by(days=1)
    changed = leaders.change_mode(deployment, leader.id, Mode.PROPOSE)
    assert (changed.mode, changed.mode_since) == (Mode.PROPOSE, clock_hand.at)
    clock_hand.pass_by(days=1)
    assert leaders.change_mode(deployment, leader.id, Mode.PROPOSE) == changed
    assert whats(deployment, leader.id) == [What.MODE_CHANGED, What.JOINED]


def test_a_pause_ends_with_a_day_of_the_leader(deployment, leader, clock_hand):
    for until, end in (
        (Stretch.DAY, datetime(2026, 11, 20, tzinfo=UTC)),
        (Stretch.WEEK, datetime(2026, 11, 23, tzinfo=UTC)),
        (date(2026, 12, 1), datetime(2026, 12, 1, tzinfo=UTC)),
        (date(2027, 6, 1), datetime(2027, 5, 31, 23, tzinfo=UTC)),  # summer time
    ):
        paused = leaders.pause(deployment, leader.id, until)
        assert paused.paused_until == end
        assert paused.is_paused(clock_hand.at)
        assert not paused.is_paused(end)


def test_the_day_of_a_pause_is_that_of_the_leaders_zone(deployment, leader):
    settings = LeaderSettings(time_zone="Pacific/Auckland")  # 22:30 there
    leaders.change_settings(deployment, leader.id, settings, leader.version)
    paused = leaders.pause(deployment, leader.id, Stretch.DAY)
    assert paused.paused_until == datetime(2026, 11, 19, 11, tzinfo=UTC)


def test_a_pause_ends_after_today_and_within_a_year(deployment, leader):
    for until in (date(2026, 11, 19), date(2020, 1, 1), date(2027, 11, 21)):
        with pytest.raises(BadChoice, match="after today"):
            leaders.pause(deployment, leader.id, until)


def test_a_pause_can_be_ended(deployment, leader, clock_hand):
    delegate = Actor(Who.DELEGATE, "a" * 32)
    leaders.pause(deployment, leader.id, Stretch.WEEK, delegate)
    resumed = leaders.resume(deployment, leader.id)
    assert not resumed.is_paused(clock_hand.at)
    leaders.resume(deployment, leader.id)
    first, second, _ = page(deployment, leader.id).entries
    assert (first.what, first.by.who) == (What.RESUMED, Who.LEADER)
    assert (second.what, second.by) == (What.PAUSED, delegate)
    assert second.details == {"until": "2026-11-23"}


def test_who_leaves_can_change_nothing_and_join_again_only_when_all_is_gone(deployment, leader):
    left = leaders.leave(deployment, leader.id)
    assert left.leaving_at == THURSDAY
    assert leaders.leave(deployment, leader.id) == left
    assert leaders.leaving(deployment) == (leader.id,)
    for change in (
        lambda: leaders.pause(deployment, leader.id, Stretch.DAY),
        lambda: leaders.resume(deployment, leader.id),
        lambda: leaders.change_mode(deployment, leader.id, Mode.AUTO),
        lambda: leaders.change_settings(deployment, leader.id, CHOSEN, leader.version),
        lambda: leaders.join(deployment, identity(deployment, "leader")),
    ):
        with pytest.raises(IsLeaving):
            change()
    leaders.forget(deployment, leader.id)
    assert leaders.join(deployment, identity(deployment, "leader")).id != leader.id


def test_forgetting_deletes_every_row_of_one_leader_and_none_of_another(deployment, leader):
    other = leaders.join(deployment, identity(deployment, "other"))
    fill(deployment, leader.id)
    fill(deployment, other.id)
    with deployment.database.transaction() as session:
        before = rows.held(session, other.id)
        assert all(each.rows for each in before), "every table of a leader is filled"
    counts = leaders.forget(deployment, leader.id)
    assert all(counts.values())
    with deployment.database.transaction() as session:
        assert rows.held(session, leader.id) == ()
        assert rows.held(session, other.id) == before
        mine = {table.name for table in Base.metadata.sorted_tables if "leader_id" in table.c}
    assert mine < counts.keys()
    assert leaders.forget(deployment, leader.id) == {}
