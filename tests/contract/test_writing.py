"""Changes are made as the plan says, once, to what the plan saw, and can be taken back."""

from dataclasses import replace

import pytest

from connectors.base import Ability, inverse
from connectors.errors import FIRM, NOT_OURS, EventChanged, EventGone, NotPossible
from rules.change import Change, ChangeKind
from rules.event import Kind, Occurrence, ScoredAs
from rules.interval import Interval
from tests.contract.stage import Planted, Stage
from tests.contract.words import (
    DAY,
    HOUR,
    NINE,
    STAMP,
    create,
    delete,
    meeting,
    move,
    move_hold,
    only,
    seen,
    shorten,
    span,
)

NOON = span(NINE + 3 * HOUR)
holds = pytest.mark.needs(Ability.HOLDS)
meetings = pytest.mark.needs(Ability.MEETINGS)
series = pytest.mark.needs(Ability.SERIES)


def made(stage: Stage, change: Change, key: str = "plan-1/0") -> Occurrence | None:
    """Make it, and read back what it says it made; mails sent are those foretold."""
    foretold, before = stage.diary.mails(change), stage.mailed()
    done = stage.diary.make(change, key=key, stamp=STAMP)
    assert stage.mailed() - before == foretold
    found = seen(stage).get(done.event_id)
    assert (found.version if found else "") == done.version
    return found


def plain(one: Occurrence) -> Occurrence:
    """Without what every write changes."""
    return replace(one, version="", changed=None)


# -- holds --------------------------------------------------------------------------------------


@holds
@pytest.mark.parametrize("kind", [Kind.PROTECTED, Kind.GAP, Kind.BREAK, Kind.END_OF_DAY, Kind.POD])
def test_a_hold_is_created_with_its_mark(stage: Stage, kind: Kind) -> None:
    hold = made(stage, create(kind, NOON))
    assert hold is not None and hold == only(stage)
    assert (hold.span, hold.hold, hold.firm, hold.organizer) == (NOON, kind, False, True)
    assert (hold.other_people, hold.changed) == (0, None)


@holds
def test_creating_again_under_the_same_key_makes_no_second(stage: Stage) -> None:
    change = create(Kind.PROTECTED, NOON)
    first = stage.diary.make(change, key="plan-1/0", stamp=STAMP)
    again = stage.diary.make(change, key="plan-1/0", stamp=STAMP)
    assert again == first
    other = stage.diary.make(change, key="plan-1/1", stamp=STAMP)
    assert set(seen(stage)) == {first.event_id, other.event_id}


@holds
def test_creating_again_finds_the_hold_wherever_somebody_put_it(stage: Stage) -> None:
    change = create(Kind.PROTECTED, NOON)
    first = stage.diary.make(change, key="plan-1/0", stamp=STAMP)
    stage.retime(first.event_id, span(NINE, 60))
    again = stage.diary.make(change, key="plan-1/0", stamp=STAMP)
    assert again.event_id == first.event_id
    assert only(stage).span == span(NINE, 60)


@holds
def test_a_hold_is_moved_and_removed(stage: Stage) -> None:
    hold = made(stage, create(Kind.GAP, NOON))
    assert hold is not None
    moved = made(stage, move_hold(hold, span(NINE, 10)), "plan-2/0")
    assert moved is not None and moved.id == hold.id
    assert (moved.span, moved.hold, moved.changed) == (span(NINE, 10), Kind.GAP, None)
    assert made(stage, delete(moved), "plan-3/0") is None
    assert not seen(stage)


@holds
def test_a_hold_that_is_gone_is_said_to_be_gone(stage: Stage) -> None:
    hold = made(stage, create(Kind.GAP, NOON))
    assert hold is not None
    stage.remove(hold.id)
    for change in (delete(hold), move_hold(hold, span(NINE, 10))):
        with pytest.raises(EventGone):
            stage.diary.make(change, key=f"plan-2/{change.kind}", stamp=STAMP)


@holds
def test_a_hold_that_the_leader_dragged_stays_where_it_is(stage: Stage) -> None:
    hold = made(stage, create(Kind.GAP, NOON))
    assert hold is not None
    stage.retime(hold.id, span(NINE, 60))
    for change in (delete(hold), move_hold(hold, span(NINE + HOUR, 60))):
        with pytest.raises(EventChanged):
            stage.diary.make(change, key=f"plan-2/{change.kind}", stamp=STAMP)
    assert only(stage).span == span(NINE, 60)


@holds
@pytest.mark.parametrize(
    ("kind", "firm", "reason"), [(None, False, NOT_OURS), (Kind.PROTECTED, True, FIRM)]
)
def test_only_holds_that_are_ours_and_may_move_are_touched(
    stage: Stage, kind: Kind | None, firm: bool, reason: str
) -> None:
    stage.plant(Planted(NINE, NINE + HOUR, kind=kind, firm=firm))
    one = only(stage)
    for change in (delete(one), move_hold(one, NOON)):
        with pytest.raises(NotPossible, match=reason):
            stage.diary.make(replace(change, hold=Kind.PROTECTED), key="k", stamp=STAMP)
    assert only(stage) == one


# -- meetings -----------------------------------------------------------------------------------


@meetings
def test_a_meeting_is_moved_and_only_that(stage: Stage) -> None:
    stage.plant(
        meeting(people=("a@trust.example", "x@partner.example"), rooms=("r@trust.example",))
    )
    before = only(stage)
    after = made(stage, move(before, NOON))
    assert after is not None
    assert plain(after) == replace(plain(before), start=NOON.start, end=NOON.end)
    assert after.changed == STAMP


@meetings
def test_a_meeting_is_shortened(stage: Stage) -> None:
    stage.plant(meeting())
    before = only(stage)
    after = made(stage, shorten(before, 10))
    assert after is not None and (after.span, after.changed) == (span(NINE, 50), STAMP)


@meetings
def test_one_member_of_a_series_is_changed_alone(stage: Stage) -> None:
    uid = stage.plant(meeting(every=1, members=4))
    before = seen(stage)
    member = before[f"{uid}/20261124T090000Z"]
    after = made(stage, shorten(member, 10))
    assert after is not None and (after.id, after.span) == (member.id, span(NINE + DAY, 50))
    others = {key: plain(one) for key, one in seen(stage).items() if key != member.id}
    assert others == {key: plain(one) for key, one in before.items() if key != member.id}


@meetings
def test_a_member_that_was_moved_before_is_moved_again(stage: Stage) -> None:
    uid = stage.plant(meeting(every=1, members=4, moved={1: HOUR}))
    member = seen(stage)[f"{uid}/20261124T090000Z"]
    after = made(stage, move(member, span(NINE + DAY + 2 * HOUR)))
    assert after is not None and after.recurrence_id == member.recurrence_id
    assert after.span == span(NINE + DAY + 2 * HOUR)


@meetings
def test_moving_again_does_nothing_twice(stage: Stage) -> None:
    stage.plant(meeting())
    change = move(only(stage), NOON)
    stage.diary.make(change, key="plan-1/0", stamp=STAMP)
    mailed, version = stage.mailed(), only(stage).version
    again = stage.diary.make(change, key="plan-1/0", stamp=STAMP)
    assert (stage.mailed(), only(stage).version, again.version) == (mailed, version, version)


@meetings
def test_somebody_elses_meeting_is_not_changed(stage: Stage) -> None:
    stage.plant(meeting(organizer="chair@trust.example"))
    one = only(stage)
    with pytest.raises(NotPossible):
        stage.diary.make(move(one, NOON), key="plan-1/0", stamp=STAMP)
    assert only(stage) == one


@meetings
def test_a_meeting_that_was_moved_meanwhile_stays_where_it_was_put(stage: Stage) -> None:
    uid = stage.plant(meeting())
    change = move(only(stage), NOON)
    stage.retime(uid, span(NINE + HOUR))
    with pytest.raises(EventChanged):
        stage.diary.make(change, key="plan-1/0", stamp=STAMP)
    assert only(stage).span == span(NINE + HOUR)


@pytest.mark.needs(Ability.MEETINGS, Ability.VERSIONS)
def test_a_plan_of_an_older_state_is_refused(stage: Stage) -> None:
    stage.plant(meeting())
    one = only(stage)
    with pytest.raises(EventChanged):
        stage.diary.make(replace(move(one, NOON), version="older"), key="k", stamp=STAMP)
    assert only(stage) == one


@meetings
def test_an_event_that_is_gone_is_said_to_be_gone(stage: Stage) -> None:
    uid = stage.plant(meeting())
    change = move(only(stage), NOON)
    stage.remove(uid)
    with pytest.raises(EventGone):
        stage.diary.make(change, key="plan-1/0", stamp=STAMP)
    with pytest.raises(EventGone):
        stage.diary.mails(change)


# -- series -------------------------------------------------------------------------------------


@series
def test_a_whole_series_is_moved(stage: Stage) -> None:
    """Each member by half an hour, in local time; what was dropped stays dropped."""
    uid = stage.plant(meeting(every=1, members=5, dropped=frozenset({3})))
    first = seen(stage)[f"{uid}/20261123T090000Z"]
    change = replace(move(first, span(NINE + HOUR / 2)), event_id=uid, version="")
    foretold, mailed = stage.diary.mails(change), stage.mailed()
    stage.diary.make(change, key="plan-1/0", stamp=STAMP)
    assert stage.mailed() - mailed == foretold
    starts = [one.span.start for one in seen(stage).values()]
    days = (0, 1, 2, 4)
    assert starts == [span(NINE + HOUR / 2 + day * DAY).start for day in days]


@series
def test_a_whole_series_is_shortened(stage: Stage) -> None:
    uid = stage.plant(meeting(every=1, members=3))
    first = seen(stage)[f"{uid}/20261123T090000Z"]
    change = replace(shorten(first, 10), event_id=uid, version="")
    stage.diary.make(change, key="plan-1/0", stamp=STAMP)
    found = seen(stage)
    assert list(found) == [f"{uid}/202611{day}T090000Z" for day in (23, 24, 25)]
    assert {one.span.minutes for one in found.values()} == {50}


# -- taking back --------------------------------------------------------------------------------


@holds
def test_a_new_hold_is_taken_back(stage: Stage) -> None:
    done = stage.diary.make(create(Kind.GAP, NOON), key="plan-1/0", stamp=STAMP)
    stage.diary.make(inverse(done), key="plan-1/0/undo", stamp=STAMP)
    assert not seen(stage)


@holds
def test_a_removed_hold_comes_back(stage: Stage) -> None:
    hold = made(stage, create(Kind.PROTECTED, NOON))
    assert hold is not None
    done = stage.diary.make(delete(hold), key="plan-2/0", stamp=STAMP)
    stage.diary.make(inverse(done), key="plan-2/0/undo", stamp=STAMP)
    back = only(stage)
    assert (back.span, back.hold, back.scored_as) == (NOON, Kind.PROTECTED, ScoredAs.HOLD)


@meetings
@pytest.mark.parametrize("every", [0, 1])
def test_a_moved_meeting_goes_back(stage: Stage, every: int) -> None:
    stage.plant(meeting(every=every, members=3 if every else 1))
    before = seen(stage)
    one = list(before.values())[-1]
    after = Interval(one.span.start + HOUR, one.span.end + HOUR / 2)
    done = stage.diary.make(move(one, after), key="plan-1/0", stamp=STAMP)
    stage.diary.make(inverse(done), key="plan-1/0/undo", stamp=STAMP)
    assert {key: plain(each) for key, each in seen(stage).items()} == {
        key: plain(each) for key, each in before.items()
    }


@holds
def test_a_new_hold_that_somebody_edited_is_not_taken_back(stage: Stage) -> None:
    done = stage.diary.make(create(Kind.GAP, NOON), key="plan-1/0", stamp=STAMP)
    stage.retime(done.event_id, span(NINE))
    with pytest.raises(EventChanged):
        stage.diary.make(inverse(done), key="plan-1/0/undo", stamp=STAMP)
    assert only(stage).span == span(NINE)


def test_a_change_without_what_it_needs_is_refused(stage: Stage) -> None:
    if Ability.HOLDS not in stage.diary.abilities:
        pytest.skip(f"{stage.name} lacks {Ability.HOLDS}")
    for change in (
        Change(ChangeKind.HOLD_CREATE, None, NOON),
        Change(ChangeKind.HOLD_CREATE, None, None, hold=Kind.GAP),
    ):
        with pytest.raises(NotPossible):
            stage.diary.make(change, key="plan-1/0", stamp=STAMP)
