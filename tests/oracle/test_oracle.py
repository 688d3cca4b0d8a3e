"""The judge judged: what the search found is carried out, and counted by the other code."""

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache

import pytest

from rules.change import Agreement, Change, ChangeKind
from rules.event import Kind, Occurrence
from rules.interval import Interval
from rules.planner.plan import Numbers, Objective, Plan, Proof
from tests.oracle.days import Case, small_day
from tests.oracle.legal import Judge
from tests.oracle.score import counted_windows, score
from tests.oracle.search import DaySearch, Option, Six, Span, Witness, best

DAYS = range(40)


@cache
def _best(seed: int) -> tuple[Case, Six]:
    case = small_day(seed)
    return case, best(case.diary, case.policy, case.now, case.tier, case.keep)


@pytest.mark.parametrize("seed", DAYS)
def test_what_the_search_found_is_a_legal_plan_with_its_numbers(seed: int) -> None:
    case, expected = _best(seed)
    windows = counted_windows(case.diary, case.now)
    if not windows:
        assert expected == (0, 0, 0, 0, 0, 0)
        return
    search = DaySearch(case.diary, case.policy, case.now, case.tier, case.keep, windows[0])
    search.table()
    judges = [_judge(case, search, witness) for witness in search.witness.values()]
    for judge in judges:
        judge.check()
    assert min(judge.numbers() for judge in judges) == expected


@pytest.mark.parametrize("seed", DAYS)
def test_nothing_is_worse_than_doing_nothing(seed: int) -> None:
    case, expected = _best(seed)
    found = score(case.diary, case.policy, case.now)
    nothing: Six = (found.must + found.should, found.must, 0, 0, 0, 0)
    assert expected <= nothing


def _judge(case: Case, search: DaySearch, witness: Witness) -> Judge:
    """A judge of what stands behind one row of a table, put in the planner's words."""
    changes = tuple(_changes(case, search, witness))
    zero = Numbers(0, 0, 0, 0, 0, 0)
    plan = Plan(
        case.tier,
        case.now,
        (),
        changes,
        (),
        Objective(zero, 0),
        Proof(optimal=True, bound=zero, gap=0),
    )
    judge = Judge(plan, case.diary, case.policy, case.now, case.keep)
    should = score(judge.after, case.policy, case.now).should
    judge.plan = Plan(
        plan.tier,
        plan.now,
        (),
        changes,
        (),
        Objective(Numbers(*judge.numbers()), should),
        plan.proof,
    )
    return judge


def _changes(case: Case, search: DaySearch, witness: Witness) -> Iterator[Change]:
    known = {each.id: each for each in case.diary.occurrences}
    for meeting, option in zip(search.meetings, witness.options, strict=True):
        if option.changed:
            yield _meeting_change(known[meeting.id], search, option)
    for gone in witness.gone:
        old = known[gone]
        yield Change(ChangeKind.HOLD_DELETE, old.span, None, old.id, hold=old.kind)
    for kind, spans in ((Kind.POD, witness.new_pods), (Kind.PROTECTED, witness.pieces)):
        for span in spans:
            yield Change(ChangeKind.HOLD_CREATE, None, _interval(search, span), hold=kind)


def _meeting_change(old: Occurrence, search: DaySearch, option: Option) -> Change:
    return Change(
        ChangeKind.EVENT_MOVE if option.moved else ChangeKind.EVENT_SHORTEN,
        old.span,
        _interval(search, (option.start, option.end)),
        old.id,
        people_told=old.other_people,
        agreement=Agreement.UNKNOWN,
    )


def _interval(search: DaySearch, span: Span) -> Interval:
    start, end = (datetime.fromtimestamp((search.origin + at) * 60, UTC) for at in span)
    return Interval(start, end)
