"""Every pair of states is either a move of the table or refused."""

from itertools import product

import pytest

from app import metrics
from app.life.errors import WrongState
from app.life.reasons import SENTENCES, Reason
from app.life.states import MOVES, UNDOABLE, UNFINISHED, WAITING, WORKING, PlanState, move
from app.storage import plans
from app.storage.tables import Plan
from tests.life.worlds import NOW
from tests.ops.rows import a_leader, a_plan

ALLOWED = """
proposed -> accepted declined expired stale
accepted -> applying declined expired stale
applying -> applied partly_applied conflicted stale undoing
applied -> undoing
partly_applied -> applying undoing
conflicted -> undoing
undoing -> undone partly_undone
undone -> undoing
partly_undone -> undoing
"""
"""Written again by hand, so that a slip in the table is seen."""


def pairs() -> set[tuple[str, str]]:
    found = set()
    for line in ALLOWED.strip().splitlines():
        before, after = line.split(" -> ")
        found |= {(before, each) for each in after.split()}
    return found


@pytest.mark.parametrize(("before", "after"), list(product(PlanState, PlanState)))
def test_every_pair(before, after):
    plan = Plan(state=before.value, state_since=NOW, reason="newer")
    if (before, after) in pairs():
        move(plan, after, NOW)
        assert (plan.state, plan.state_since, plan.reason) == (after, NOW, None)
    else:
        with pytest.raises(WrongState, match=before.replace("_", " ")):
            move(plan, after, NOW, Reason.CHANGED)
        assert (plan.state, plan.reason) == (before, "newer")


def test_every_state_is_in_the_table_and_can_be_reached():
    assert set(MOVES) == set(PlanState)
    assert set().union(*MOVES.values()) == set(PlanState) - {PlanState.PROPOSED}


def test_nothing_ends_while_there_is_work():
    assert all(MOVES[each] for each in UNFINISHED)
    assert WORKING <= UNFINISHED and WAITING <= UNFINISHED


def test_every_reason_has_a_short_sentence():
    assert set(SENTENCES) == set(Reason)
    assert all(len(each.split()) <= 20 and each.endswith(".") for each in SENTENCES.values())


def counted(state: PlanState) -> float:
    name = f'clearway_plans_total{{state="{state}"}} '
    lines = metrics.exposition().decode().splitlines()
    return sum(float(each.removeprefix(name)) for each in lines if each.startswith(name))


def test_a_plan_is_counted_in_each_state_that_it_came_into_and_only_where_that_is_kept(database):
    states = (PlanState.ACCEPTED, PlanState.APPLYING)
    before = [counted(each) for each in states]
    with database.transaction() as session:
        leader = a_leader(database, session)
        plan_id = a_plan(database, session, leader, state=PlanState.PROPOSED.value)

    def kept(*, fails: bool) -> None:
        with database.transaction() as session:
            row = plans.locked(session, leader, plan_id)
            assert row is not None
            for each in states:
                move(row, each, NOW)
            if fails:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        kept(fails=True)
    assert [counted(each) for each in states] == before
    kept(fails=False)
    assert [counted(each) for each in states] == [each + 1 for each in before]


def test_what_a_person_can_have_taken_back_is_not_taken_back_yet():
    turns = {state for state in PlanState if PlanState.UNDOING in MOVES[state]}
    assert turns - UNDOABLE == {PlanState.UNDONE}
    assert turns >= UNDOABLE
