"""An invitation that breaks a promise is answered as the leader chose, and nobody is asked twice."""

import re
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.life import applying, proposing, reacting
from app.life.limits import Spent
from app.life.reacting import Answer, Choice, Clash, Promise, Sent, Step, Why, clashes, decide
from app.people.history import What, page
from app.people.settings import Reaction
from app.storage import disturbances
from connectors.errors import (
    ConnectorError,
    EventGone,
    NotPossible,
    SignInNeeded,
    Throttled,
    Unreachable,
)
from rules.catalogue import evaluate
from rules.diary import Diary
from rules.event import Kind, Occurrence, ScoredAs
from rules.interval import Interval
from rules.policy import Policy
from tests.life.people import (
    DAY,
    HOUR,
    PROTECTED,
    create,
    diary_of,
    invitation,
    planned,
    row_at,
    write,
)
from tests.life.worlds import LONDON, MONDAY, NOW, World, at, hold
from tests.servers.fixtures import on_sqlite

POLICY = Policy()
NEW = invitation("new@trust.example", at(23, "14:00"))
HELD = hold("time", Kind.PROTECTED, PROTECTED)
ASK = Choice(Reaction.ASK, can_propose=True, spent=Spent(0, 0))
MOVE = replace(ASK, reaction=Reaction.MOVE_HOLD)
PROPOSE = replace(ASK, reaction=Reaction.PROPOSE_TIME)


# --- seeing ---------------------------------------------------------------------------------------


def _seen(
    *after: Occurrence, before: tuple[Occurrence, ...] | None = ()
) -> list[tuple[str, Promise]]:
    then = None if before is None else diary_of(*before)
    found = clashes(diary_of(*after), POLICY, NOW, then)
    return [(each.meeting.uid, each.promise) for each in found]


def test_a_new_invitation_on_protected_time_is_seen() -> None:
    """As news, and after a restart, when nobody knows what was there before."""
    expected = [(NEW.uid, Promise.PROTECTED)]
    assert _seen(HELD, NEW, before=(HELD,)) == expected
    assert _seen(HELD, NEW, before=None) == expected
    elsewhere = replace(NEW, start=at(23, "9:00").start, end=at(23, "9:00").end)
    assert _seen(HELD, NEW, before=(HELD, elsewhere)) == expected
    assert _seen(HELD, NEW, before=(HELD, NEW)) == []


def test_one_that_closes_a_gap_is_seen() -> None:
    """Straight after a meeting that had ten minutes behind it, and by how much it is short."""
    first = invitation("first", at(24, "10:00"))
    after = invitation("after", at(24, "11:04"))
    (found,) = clashes(diary_of(first, after), POLICY, NOW, diary_of(first))
    assert (found.meeting, found.promise, found.missing) == (after, Promise.GAP, 6)
    room = hold("gap", Kind.GAP, at(24, "11:00", 10))
    assert _seen(first, room, after, before=None) == [("after", Promise.GAP)]
    assert _seen(first, after, before=None) == []
    later = invitation("later", at(24, "11:10"))
    assert _seen(first, later, before=(first,)) == []


@pytest.mark.parametrize(
    "changed",
    [
        {"organizer": True},
        {"locked": True},
        {"kind": Kind.CLINICAL},
        {"kind": Kind.ON_CALL, "scored_as": ScoredAs.NONE},
        {"scored_as": ScoredAs.NONE},
        {"scored_as": ScoredAs.OWN_TIME, "private": True},
        {"start": at(18, "14:00").start, "end": at(18, "15:00").start},
    ],
    ids=["own", "locked", "clinical", "on call", "declined", "own time", "over"],
)
def test_what_is_nobodys_to_ask_about(changed) -> None:
    """The leader's own meeting, a clinical need, what is locked, declined, private or over."""
    assert _seen(HELD, replace(NEW, **changed), before=(HELD,)) == []


def test_a_hold_that_somebody_put_over_a_meeting_is_no_clash() -> None:
    """After a restart it cannot be told which came first, so nobody is asked."""
    diary = diary_of(HELD, NEW)
    assert clashes(diary, POLICY, NOW, by_hand=[HELD.id]) == ()
    assert len(clashes(diary, POLICY, NOW, diary_of(HELD), by_hand=[HELD.id])) == 1


# --- deciding -------------------------------------------------------------------------------------


def _answer(choice: Choice, *occurrences: Occurrence, now: datetime = NOW) -> Answer:
    diary = diary_of(*(occurrences or (HELD, NEW)))
    (clash,) = clashes(diary, POLICY, now)
    return decide(clash, diary, POLICY, now, choice)


def test_the_leader_chooses_what_happens() -> None:
    assert _answer(MOVE).step is Step.MOVE_HOLD
    asked, proposed = _answer(ASK), _answer(PROPOSE)
    assert (asked.step, proposed.step) == (Step.ASK, Step.PROPOSE)
    assert asked.when == proposed.when == at(23, "15:00")


def test_what_cannot_be_done_becomes_a_question_to_the_leader() -> None:
    """A hold without room or that stays, and a calendar that takes no proposals."""
    full = [invitation(f"full-{hour}", at(23, f"{hour}:00")) for hour in (9, 10, 11, 12, 15, 16)]
    assert _answer(MOVE, HELD, NEW, *full).step is Step.ASK
    assert _answer(replace(MOVE, keep=frozenset({HELD.id}))).step is Step.ASK
    given = frozenset({(MONDAY, Kind.PROTECTED)})
    assert _answer(replace(MOVE, unwanted=given)).step is Step.ASK
    assert _answer(replace(PROPOSE, can_propose=False)).step is Step.ASK


def test_nobody_is_asked_late_or_too_often() -> None:
    """Within 24 hours, or after five in a week; the hold may still move."""
    late = NEW.span.start - 23 * HOUR
    for choice in (ASK, PROPOSE):
        found = _answer(choice, now=late)
        assert (found.step, found.why) == (Step.NOTHING, Why.TOO_SOON)
        found = _answer(replace(choice, spent=Spent(0, 5)))
        assert (found.step, found.why) == (Step.NOTHING, Why.ENOUGH)
    assert _answer(MOVE, now=late).step is Step.MOVE_HOLD
    assert _answer(replace(MOVE, spent=Spent(0, 5))).step is Step.MOVE_HOLD


BUSY = st.lists(
    st.tuples(st.integers(23, 27), st.integers(0, 90), st.integers(1, 24), st.booleans()),
    max_size=14,
)


@settings(max_examples=12)
@given(BUSY, st.sampled_from([20, 30, 37, 60, 120]), st.integers(0, 5))
def test_the_other_time_is_free_breaks_nothing_and_is_the_best(busy, minutes, hours) -> None:
    """Against every five minutes of those days, each tried."""
    meeting = invitation("asked", at(24, "14:00", minutes))
    rest = [
        hold(str(number), Kind.PROTECTED, at(day, _clock(first), long * 5))
        if own
        else invitation(str(number), at(day, _clock(first), long * 5))
        for number, (day, first, long, own) in enumerate(busy)
    ]
    now = NOW + 4 * DAY + hours * HOUR
    diary = diary_of(meeting, *rest)
    assert reacting.suggest(meeting, diary, POLICY, now) == _best(meeting, rest, now)


def _clock(steps: int) -> str:
    return f"{9 + steps // 12}:{steps % 12 * 5:02}"


def _best(meeting: Occurrence, rest: list[Occurrence], now: datetime) -> Interval | None:
    """The same by trying everything, a whole diary each time."""
    length = meeting.span.end - meeting.span.start
    base = _missing(diary_of(*rest))
    found = []
    start = at(24, "09:00").start
    while start < at(27, "17:00").start:
        span = Interval(start, start + length)
        start += timedelta(minutes=5)
        day = diary_of(*rest).day(span.start.date())
        if day.window is None or not day.window.span.contains(span) or span == meeting.span:
            continue
        if span.start < now + DAY or any(each.span.overlaps(span) for each in rest):
            continue
        there = _missing(diary_of(*rest, replace(meeting, start=span.start, end=span.end)))
        worse = {one: each - base.get(one, 0) for one, each in there.items()}
        if any(each > 0 for (rule, _), each in worse.items() if rule in ("gap", "protected")):
            continue
        cost = sum(there.values()) - sum(base.values())
        found.append((cost, abs(span.start - meeting.span.start), span))
    return min(found)[2] if found else None


def _missing(diary: Diary) -> dict[tuple[str, str], int]:
    planned_rules = ("gap", "protected", "pods", "break", "end_of_day")
    return {
        (each.rule, each.id): each.missing
        for each in evaluate(diary, POLICY)
        if each.rule in planned_rules
    }


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (
            Answer(Clash(NEW, MONDAY, Promise.PROTECTED), Step.ASK, at(26, "11:00")),
            (
                "I keep this time free for focused work. Could we use Thursday at 11am? "
                "If it is urgent, let us keep it."
            ),
        ),
        (
            Answer(Clash(NEW, MONDAY, Promise.GAP, 6), Step.ASK, at(23, "16:00")),
            (
                "I keep 10 minutes free between meetings. Could we use 4pm, or make it 6 minutes "
                "shorter? If it is urgent, let us keep it."
            ),
        ),
        (
            Answer(Clash(NEW, MONDAY, Promise.PROTECTED), Step.ASK, None, Why.NO_TIME),
            (
                "I keep this time free for focused work. Could we find another time? "
                "If it is urgent, let us keep it."
            ),
        ),
    ],
)
def test_the_ready_words_are_short_and_plain(answer: Answer, said: str) -> None:
    found = reacting.say(answer, POLICY, LONDON)
    assert found == said
    assert all(len(each.split()) <= 20 for each in re.split(r"(?<=[.?])\s", found))
    assert not re.search(r"[—!]|must|should|need", found)


# --- moving the hold ------------------------------------------------------------------------------


@on_sqlite
def test_the_hold_moves_within_its_day_and_nothing_else_changes(new_world) -> None:
    """The whole way: an invitation lands, the plan of that day is accepted and applied."""
    world: World = new_world(())
    write(world, create(Kind.PROTECTED, PROTECTED))
    world.calendar.edit(NEW.id, NEW)
    found, bound = planned(world)
    diary = found.opened.diary
    (clash,) = clashes(diary, POLICY, NOW)
    choice = Choice(Reaction.MOVE_HOLD, False, bound.spent, bound.keep, bound.unwanted)
    answer = decide(clash, diary, POLICY, NOW, choice)
    assert answer.step is Step.MOVE_HOLD
    wish = reacting.wish(answer, diary, NOW, choice)
    offer = proposing.propose(world.deployment, world.lease(), wish)
    assert offer.proposed
    kept = world.kept(offer.proposed)
    assert kept.contents
    assert {each.starts.date() for each in kept.contents.changes} == {MONDAY}
    assert Kind.POD not in {each.hold for each in kept.contents.changes}
    proposing.accept(world.deployment, world.leader_id, kept.id, kept.contents.hash)
    assert applying.apply(world.deployment, world.lease(), kept.id).state == "applied"
    there = [each for each in world.calendar.read(DAY_OF_IT).occurrences if each.hold]
    times = [each.span for each in there if each.hold is Kind.PROTECTED]
    assert [each.minutes for each in times] == [120]
    assert not times[0].overlaps(NEW.span)
    assert row_at(world, times[0])
    found, _ = planned(world)
    assert clashes(found.opened.diary, POLICY, NOW) == ()


DAY_OF_IT = Interval(at(23, "00:00").start, at(24, "00:00").start)


# --- asking ---------------------------------------------------------------------------------------


@dataclass
class Organiser:
    """A calendar that passes proposals on, or fails before or after it has."""

    before: ConnectorError | None = None
    after: ConnectorError | None = None
    sent: list[tuple[str, Interval]] = field(default_factory=list)
    keys: set[str] = field(default_factory=set)

    def propose(self, event_id: str, when: Interval, *, key: str) -> None:
        if self.before is not None:
            raise self.before
        self.sent.append((event_id, when))
        self.keys.add(key)
        if self.after is not None:
            raise self.after


def _propose(world: World, organiser: Organiser, meeting: Occurrence = NEW) -> Sent:
    clash = Clash(meeting, MONDAY, Promise.PROTECTED)
    answer = Answer(clash, Step.PROPOSE, at(23, "11:00"))
    return reacting.propose_time(world.deployment, world.lease(), organiser, answer, POLICY, LONDON)


def _asked(world: World) -> int:
    with world.database.transaction() as session:
        return len(disturbances.since(session, world.leader_id, NOW - 7 * DAY))


def test_a_proposal_is_sent_once(world: World) -> None:
    """However often it is tried, under one key; once the meeting is elsewhere it is another one."""
    organiser = Organiser()
    assert [_propose(world, organiser) for _ in range(3)] == [Sent.SENT, Sent.BEFORE, Sent.BEFORE]
    assert organiser.sent == [(NEW.id, at(23, "11:00"))]
    moved = replace(NEW, start=at(24, "14:00").start, end=at(24, "15:00").start)
    assert _propose(world, organiser, moved) is Sent.SENT
    assert len(organiser.keys) == _asked(world) == 2
    told = page(world.deployment, world.leader_id, what=[What.TIME_PROPOSED]).entries
    assert len(told) == 2


def test_the_sixth_of_a_week_is_not_sent(world: World) -> None:
    """The ready words that the leader takes count with them; a new week begins anew."""
    organiser = Organiser()
    several = [
        invitation(f"{number}@trust.example", at(day, "14:00"))
        for number, day in enumerate((23, 23, 24, 24, 25, 25, 26))
    ]
    assert reacting.ask(world.deployment, world.leader_id, several[0], POLICY, LONDON) is Sent.SENT
    assert (
        reacting.ask(world.deployment, world.leader_id, several[0], POLICY, LONDON) is Sent.BEFORE
    )
    found = [_propose(world, organiser, each) for each in several[1:6]]
    assert found == [Sent.SENT] * 4 + [Sent.ENOUGH]
    assert planned(world)[1].spent == Spent(mails=0, requests=5)
    world.now = at(22, "23:59").start
    assert _propose(world, organiser, several[6]) is Sent.ENOUGH
    world.now = at(23, "00:00").start
    assert _propose(world, organiser, several[6]) is Sent.SENT
    assert len(organiser.sent) == 5


@pytest.mark.parametrize(
    "error", [EventGone(), NotPossible("no"), SignInNeeded("no"), Throttled("no")]
)
@on_sqlite
def test_what_was_refused_is_not_counted(world: World, error: ConnectorError) -> None:
    """A definite no: it may be tried again."""
    assert _propose(world, Organiser(before=error)) is Sent.REFUSED
    assert _asked(world) == 0
    assert _propose(world, Organiser()) is Sent.SENT


@on_sqlite
def test_what_may_have_been_sent_is_not_sent_again(world: World) -> None:
    """No answer came, or the process died with the request on its way."""
    organiser = Organiser(after=Unreachable("no answer"))
    assert _propose(world, organiser) is Sent.UNKNOWN
    assert _propose(world, organiser) is Sent.BEFORE
    assert len(organiser.sent) == _asked(world) == 1


@on_sqlite
def test_nobody_is_asked_within_24_hours(world: World) -> None:
    world.now = NEW.span.start - DAY + timedelta(seconds=1)
    organiser = Organiser()
    assert _propose(world, organiser) is Sent.ENOUGH
    assert reacting.ask(world.deployment, world.leader_id, NEW, POLICY, LONDON) is Sent.ENOUGH
    assert (organiser.sent, _asked(world)) == ([], 0)


@on_sqlite
def test_the_row_of_a_request_tells_nothing_of_the_meeting(world: World) -> None:
    _propose(world, Organiser())
    with world.database.transaction() as session:
        (row,) = disturbances.since(session, world.leader_id, NOW - DAY)
        assert "new@" not in repr(vars(row))
        assert row.kind == "request"
