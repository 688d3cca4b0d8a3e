"""The search itself: an exact dynamic programme over one day, compiled to machine code.

Time is cut at every moment where something can begin or end. A label is a partial day up to one
moment: what it has cost, and the little of its past that the future depends on. Labels are
carried from moment to moment; one that another is at least as good as in every respect is
dropped, and so is one that cannot beat the best whole day already known. What is left at the end
is the best day for each number of team contacts, so the result is a proof.

Where a limit on the width of the search drops labels, the smallest bound of what was dropped
comes back with the result, and the caller says so.

Whether ties are told apart is a choice: telling them apart keeps many more labels, so a day with
meetings to move is searched for its six numbers first, and its holds are placed again after.

Everything is in whole seconds since the day's origin. The six numbers are packed into two
integers, compared in order, so that adding days and comparing plans stay single operations.

The file reads from the outside in: what the search is given and gives back, the walk through the
day, what can become of a label, which labels go on, and the two bounds. It is one file because
compiled code is not renewed when a function that it calls in another file changes. Everywhere `s`
is a row of the day's steps, `q` a row of its moments and `index` a row of the labels.
"""

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar, get_type_hints

import numpy as np
from numba import njit

STEP_APPOINTMENT, STEP_MEETING, STEP_HOLD, STEP_DAY_END, STEP_ADVANCE, STEP_SIEVE = range(6)
ACT_STAY, ACT_MOVE, ACT_POD, ACT_PROTECT, ACT_REMOVE = range(1, 6)
HOLD_PLAIN, HOLD_PROTECTED, HOLD_POD = range(3)
ACT, REF, PLACE = 1 << 40, 1 << 20, 1 << 4
"""What made a label is packed as well: the act, the row of what it was done to (of protected time,
the moment where it ends), the moment where that begins, and the five-minute steps cut off."""

COST, MUST, TOLD = 1 << 40, 1 << 26, 1 << 6
SHIFTED, DISTURBED, UNLIKED, PIECES, CREATED = 1 << 45, 1 << 38, 1 << 27, 1 << 24, 1 << 13
"""The value of one unit of each number in its packed integer. The first holds cost, must missing,
people told and meetings changed; the second minutes shifted, holds disturbed, then the ties:
protected minutes outside the preferred hours, pieces, minutes created, earliness."""

NEVER = np.iinfo(np.int64).max
GRID = 300
NARROW = 16
"""How many labels of one moment go on once the whole search holds too many."""
ROOM = 4096
"""For how many labels there is room at first."""
MOST_LABELS = 1_000_000
"""More labels than this are not held at once: they would take over 150 MB."""
CROWD = 10_000
"""The labels of one moment are taken in order of their bounds where they are more than this."""
COMPARED = 256
"""With how many of the cheapest like it a label is compared before it is kept."""
FULL_DAY = 24 * 60
MOST_SETS = 13
"""Completions are known where at most this many movable meetings are still ahead."""

Array = np.ndarray[Any, Any]
Score = tuple[int, int]
"""The two packed integers."""


def _layout(columns: type) -> np.dtype[Any]:
    """The type of an array whose rows have the attributes that a class declares."""
    kinds = {int: np.int64, bool: np.bool_}
    fields = [(name, kinds[kind]) for name, kind in get_type_hints(columns).items()]
    return np.dtype((np.record, np.dtype(fields, align=True)))


# --- what the search is given ----------------------------------------------------------------


class Moment(NamedTuple):
    """A moment, and what is known of the time from it to the next.

    `clear` is until when something new may last from here, `first_step` the first thing to decide
    here, `holds_before` how many of Clearway's holds begin earlier, `passed` the bits of the
    meetings that do; `follows` says that protected time begins here, which a new piece before it
    may be a part of. The time is `inside` the working hours, `blocked` for anything new, `cut` by
    an appointment that is not scored, firmly `protected`, `held` by protected time that may stay or
    go, or in the `zone` of the break.
    """

    at: int
    clear: int
    first_step: int
    holds_before: int
    passed: int
    follows: bool
    inside: bool
    blocked: bool
    cut: bool
    protected: bool
    held: bool
    zone: bool


class Left(NamedTuple):
    """What is left of a day from a moment on, as far as the capacity bound asks.

    Seconds that are `free`, and `firm` ones that may be protected though they are not; what may
    cover a gap (`covers`), and how many appointments that stay want one (`slots`); what meetings
    that cannot move use (`used`); whether there is a `zone` for the break, and its `quiet` seconds
    that are not free; protected `holds`.
    """

    free: int
    firm: int
    covers: int
    slots: int
    used: int
    zone: bool
    quiet: int
    holds: int


class Step(NamedTuple):
    """A thing that happens at a moment, whose row is `place`.

    `ref` is the end of an appointment, or the row of a meeting or a hold.
    """

    kind: int
    ref: int
    place: int


class Meeting(NamedTuple):
    """A meeting that may change: end early in `cuts` steps and, where it has a `bit`, move.

    It may begin between `low` and `high` if the meetings `need` have their places. It uses
    `used` seconds of free time, `late` more where it comes later, and may want a gap (`slot`).

    Of meetings of one length that both move, the `earlier` goes before the `later` (both are
    bits): were they to change places, the same would be changed, and no more minutes shifted.
    """

    start: int
    length: int
    cuts: int
    bit: int
    price: int
    told: int
    low: int
    high: int
    need: int
    used: int
    late: int
    slot: bool
    earlier: int
    later: int


class Hold(NamedTuple):
    """A hold of Clearway's own, which may be kept or removed."""

    end: int
    kind: int


MOMENT, LEFT, STEP, MEETING, HOLD = map(_layout, (Moment, Left, Step, Meeting, Hold))


class Terms(NamedTuple):
    """What a day is asked for, in seconds, and what a missing minute adds to a score (a `unit`).

    Nothing new begins before `now` and no meeting before `thaw`; a team contact from `week_end`
    on would count for another week. `floor_rest` and `floor_day_end` are the minutes that may be
    missing at most. `movable` are the bits of all meetings that may move, `held_already` the
    protected holds that are not looked at, and `loose` says that there is protected time already.
    `memory` is how long after an appointment it still matters how long ago it was, and `ties` is
    1 where ties are told apart.
    """

    start: int
    end: int
    now: int
    thaw: int
    week_end: int
    gap: int
    day_end: int
    rest: int
    target: int
    piece: int
    pod: int
    most_pods: int
    like_from: int
    like_to: int
    floor_rest: int
    floor_day_end: int
    gap_unit: int
    day_end_unit: int
    rest_unit: int
    protected_unit: int
    movable: int
    holds_protected: int
    held_already: int
    loose: int
    memory: int
    ties: int


class Day(NamedTuple):
    """One day. `place_at` has for each second from the first moment on the row of its moment."""

    terms: Terms
    moments: Array
    left: Array
    place_at: Array
    steps: Array
    meetings: Array
    holds: Array


# --- what it works with and gives back -------------------------------------------------------


class Label:
    """A partial day up to one moment.

    `placed` are the movable meetings that have their places, by bit; `kept` and `kept_protected`
    until when a kept hold lasts. `since` counts from the end of the last appointment, below zero
    while one goes on; `free` and `rest` are the seconds of break now and at most; `run` and
    `protected` those of protected time in this piece and altogether, in `made` new pieces and
    `held` kept ones. `hi` and `lo` are the score; `used` and `slots` what the meetings without
    places still need.

    `parent` and `act` tell how it came about. One that `leads` to another is not written over.
    `next` is the next label of those that wait at the same step.
    """

    placed: int
    pods: int
    kept: int
    kept_protected: int
    since: int
    free: int
    run: int
    rest: int
    protected: int
    made: int
    held: int
    hi: int
    lo: int
    parent: int
    act: int
    next: int
    used: int
    slots: int
    leads: bool


class Best:
    """The best day known with one number of team contacts; no label where it was known before."""

    hi: int
    lo: int
    label: int


class Candidate:
    """A label that may go on from a moment. Only those of the same `key` are compared.

    `bound` is the first packed integer of what the whole day costs at least.
    """

    label: int
    key: int
    hi: int
    lo: int
    bound: int


class Stage:
    """The part of a day that begins where an appointment does (`begun`), or with the day.

    `hushed` is until when something that began before it may go on, `passed` how many movable
    meetings did, `sets` how many sets there are of the others, and `offset` where its part of the
    table begins, or -1.
    """

    begin: int
    begun: bool
    hushed: int
    passed: int
    offset: int
    sets: int


class State:
    """How far a search is.

    At `step` so many labels are `waiting`, or it is below zero where nobody looked; those in the
    `group` go on, and so many have `gone_on`. `in_use` are the rows of labels in use, `spare` the
    first of those that may be written over, and `made` how many labels there ever were. What was
    dropped for want of width has no smaller bound than the score `dropped_hi` and `dropped_lo`.
    """

    step: int
    waiting: int
    group: int
    gone_on: int
    in_use: int
    spare: int
    made: int
    dropped_hi: int
    dropped_lo: int


LABEL, BEST, CANDIDATE, STAGE, STATE = map(_layout, (Label, Best, Candidate, Stage, State))


class Completions(NamedTuple):
    """The least cost of what is left, by stage, and the stage of each moment."""

    stages: Array
    stage_of: Array
    table: Array


class Work(NamedTuple):
    """What a search works with.

    `heads` has for each step the first label that waits there; the `crowd` are those of the step
    that the search is at, to be taken in that `order`. `draft` is the one row of a label that may
    become another, and `children` how many can come of one at one moment. There is room in `crowd`
    and `order` for all labels.
    """

    labels: Array
    crowd: Array
    order: Array
    heads: Array
    draft: Array
    children: int
    state: Array
    best: Array
    ahead: Completions


class Found(NamedTuple):
    """The best day for each number of contacts, and the smallest bound of what was dropped."""

    labels: Array
    best: Array
    dropped: Score


Function = TypeVar("Function", bound=Callable[..., Any])


def _entrance(function: Function) -> Function:
    """Machine code for a function, kept on disk where there is a place to keep it."""
    compiled: Function
    try:
        compiled = njit(cache=True, nogil=True)(function)
    except RuntimeError:
        # numba finds no directory it may write to: each process compiles for itself
        compiled = njit(nogil=True)(function)
    return compiled


def _compiled(function: Function) -> Function:
    """Machine code for a function that only compiled code calls, and that is kept with that."""
    compiled: Function = njit(nogil=True, no_cpython_wrapper=True, no_cfunc_wrapper=True)(function)
    return compiled


def _lean(function: Function) -> Function:
    """The same for a function that neither makes an array nor gives one back.

    Such a function need not count who refers to the arrays that it is given, which took half the
    time of a search. numba refuses to compile one that makes an array; one that gave back an
    array would have it freed too early, which a test forbids.
    """
    compiled: Function = njit(
        nogil=True, no_cpython_wrapper=True, no_cfunc_wrapper=True, _nrt=False
    )(function)
    return compiled


# --- the walk through the day ----------------------------------------------------------------


@_entrance
def search(day: Day, known: Array, width: int, most: int) -> Found:
    """The best day for each number of team contacts.

    `known` is the best known so far by number of contacts. At most `width` labels go on from one
    moment, and few once `most` were made.
    """
    work = _work(day, known)
    while not _walk(day, work, width, most):
        work = _grow(work)
    state = work.state[0]
    return Found(work.labels[: state.in_use], work.best, (state.dropped_hi, state.dropped_lo))


@_lean
def _walk(day: Day, work: Work, width: int, most: int) -> bool:
    """Take the labels from step to step; false where there is no room for more, to go on later."""
    state = work.state[0]
    while state.step < len(day.steps):
        if state.waiting < 0:
            _gather(work)
            if day.steps[state.step].kind in (STEP_ADVANCE, STEP_SIEVE):
                _sieve(day, work, _allowed(day, state, width, most))
        # fewer are allowed once too many came of the first of them
        while state.gone_on < min(state.group, _allowed(day, state, width, most)):
            if state.in_use + work.children > len(work.labels):
                return False
            _go_on(day, work, state.step, work.crowd[work.order[state.gone_on]].label)
            state.gone_on += 1
        _drop_rest(work)
        state.step += 1
        state.waiting = -1
    return True


@_lean
def _allowed(day: Day, state: State, width: int, most: int) -> int:
    """How many labels may go on from the step: all of them where something is decided."""
    if day.steps[state.step].kind not in (STEP_ADVANCE, STEP_SIEVE):
        return state.group
    if state.in_use > MOST_LABELS or state.made > most:
        return min(width, NARROW)
    return width


@_lean
def _go_on(day: Day, work: Work, s: int, index: int) -> None:
    """Take a label through a step: a decision, or the time to the next moment."""
    step, label = day.steps[s], work.labels[index]
    q = step.place
    if step.kind == STEP_SIEVE:
        _link(work, index, s + 1)
    elif step.kind != STEP_ADVANCE:
        _take(day, work, s, index)
    elif q == len(day.moments) - 1:
        _finish(day, work, label, index)
    else:
        _begin(day, work, q, index)
        _wait(day, label, q)
        _link(work, index, day.moments[q + 1].first_step)


@_lean
def _gather(work: Work) -> None:
    """Take the labels that wait at the step."""
    state = work.state[0]
    waiting = 0
    index = work.heads[state.step]
    while index >= 0:
        work.crowd[waiting].label = index
        work.order[waiting] = waiting
        waiting += 1
        index = work.labels[index].next
    state.waiting = state.group = waiting
    state.gone_on = 0


@_lean
def _drop_rest(work: Work) -> None:
    """Drop the labels that the width leaves no room for, and remember the smallest bound."""
    state = work.state[0]
    for one in work.order[state.gone_on : state.group]:
        each = work.crowd[one]
        if (each.bound, each.lo) < (state.dropped_hi, state.dropped_lo):
            state.dropped_hi, state.dropped_lo = each.bound, each.lo
        _drop(work, each.label)


# --- labels, and where they wait -------------------------------------------------------------


@_compiled
def _work(day: Day, known: Array) -> Work:
    """All that a search needs, with the label of an empty day at the first step."""
    children = day.terms.target // GRID + 2
    for meeting in day.meetings:
        children += meeting.cuts + 1
    work = Work(
        labels=np.empty(ROOM, LABEL),
        crowd=np.empty(ROOM, CANDIDATE),
        order=np.empty(ROOM, np.int64),
        heads=np.full(len(day.steps) + 1, -1),
        draft=np.zeros(1, LABEL),
        children=children,
        state=np.zeros(1, STATE),
        best=known.copy(),
        ahead=_completions(day),
    )
    _start(day, work)
    return work


@_lean
def _start(day: Day, work: Work) -> None:
    """Put the label of an empty day at the first step."""
    state, label = work.state[0], work.draft[0]
    state.waiting = state.spare = -1
    state.dropped_hi = state.dropped_lo = NEVER
    label.since = day.terms.memory
    label.held = day.terms.held_already
    label.parent = -1
    for meeting in day.meetings:
        if meeting.bit >= 0:
            label.used += meeting.used
            label.slots += meeting.slot
    _enter(work, state.step)


@_compiled
def _grow(work: Work) -> Work:
    """The same with twice the room, and enough for the children of one more label."""
    state, room = work.state[0], 2 * len(work.labels) + work.children
    return Work(
        labels=_longer(work.labels, state.in_use, room),
        crowd=_longer(work.crowd, state.waiting, room),
        order=_longer(work.order, state.group, room),
        heads=work.heads,
        draft=work.draft,
        children=work.children,
        state=work.state,
        best=work.best,
        ahead=work.ahead,
    )


@_compiled
def _longer(rows: Array, used: int, room: int) -> Array:
    """An array with more room and the same rows, as far as they are used."""
    longer = np.empty(room, rows.dtype)
    for place in range(used):
        longer[place] = rows[place]
    return longer


@_lean
def _link(work: Work, index: int, s: int) -> None:
    """Let a label wait at a step."""
    work.labels[index].next = work.heads[s]
    work.heads[s] = index


@_lean
def _drop(work: Work, index: int) -> None:
    """Let a label be written over, unless others came of it."""
    label, state = work.labels[index], work.state[0]
    if not label.leads:
        label.next = state.spare
        state.spare = index


@_lean
def _draft(work: Work, index: int) -> Label:
    """A child of a label, which `_enter` keeps."""
    work.draft[0] = work.labels[index]
    draft: Label = work.draft[0]
    return draft


@_lean
def _enter(work: Work, s: int) -> None:
    """Keep the draft as a label that waits at a step."""
    state = work.state[0]
    slot = state.spare
    if slot >= 0:
        state.spare = work.labels[slot].next
    else:
        slot = state.in_use
        state.in_use += 1
    work.labels[slot] = work.draft[0]
    child = work.labels[slot]
    child.leads = False
    if child.parent >= 0:
        work.labels[child.parent].leads = True
    _link(work, slot, s)
    state.made += 1


def unpacked(act: int) -> tuple[int, int, int, int]:
    """What made a label: the act, the row, the moment and the cut."""
    return act // ACT, act % ACT // REF, act % REF // PLACE, act % PLACE


# --- what begins at a moment -----------------------------------------------------------------


@_lean
def _take(day: Day, work: Work, s: int, index: int) -> None:
    """Take what begins at a step in the diary; the label itself goes on with it where it can."""
    step, label = day.steps[s], work.labels[index]
    goes_on = True
    if step.kind == STEP_APPOINTMENT:
        _take_appointment(day.terms, label, step.ref - day.moments[step.place].at)
    elif step.kind == STEP_DAY_END:
        goes_on = _end_day(day.terms, label)
    elif step.kind == STEP_MEETING:
        goes_on = _leave_meeting(day, work, s, index)
    else:
        goes_on = _keep_hold(day, work, s, index)
    if goes_on:
        _link(work, index, s + 1)
    else:
        _drop(work, index)


@_lean
def _take_appointment(terms: Terms, label: Label, length: int) -> None:
    """Charge the gap before an appointment, and let it go on."""
    label.hi += _gap_missing(terms, label)
    label.since = min(label.since, -length)


@_lean
def _gap_missing(terms: Terms, label: Label) -> int:
    """What the gap before an appointment that begins now lacks, as a score."""
    if 0 <= label.since < terms.gap:
        return _minutes(terms.gap - label.since) * terms.gap_unit
    return 0


@_lean
def _minutes(seconds: int) -> int:
    """Minutes, where a part of one counts as a whole."""
    return (seconds + 59) // 60


@_lean
def _end_day(terms: Terms, label: Label) -> bool:
    """Charge what the end of the day lacks; false where that is more than the diary lacks now."""
    late = 0
    if label.since < 0:
        late = terms.day_end // 60
    elif label.since < terms.day_end:
        late = _minutes(terms.day_end - label.since)
    label.hi += late * terms.day_end_unit
    return late <= terms.floor_day_end


@_lean
def _leave_meeting(day: Day, work: Work, s: int, index: int) -> bool:
    """Leave a meeting at its time, whole or ending early.

    The label itself goes on without it if it may move: it then has to come later.
    """
    step, label = day.steps[s], work.labels[index]
    meeting = day.meetings[step.ref]
    bit = 1 << meeting.bit if meeting.bit >= 0 else 0
    if label.placed & bit:
        return True
    if label.placed & meeting.need == meeting.need:
        for cut in range(meeting.cuts, -1, -1):
            draft = _draft(work, index)
            _take_appointment(day.terms, draft, meeting.length - cut * GRID)
            draft.placed |= bit
            if bit:
                draft.used -= meeting.used
                draft.slots -= meeting.slot
            if cut:
                draft.hi += _price(meeting)
                draft.lo += cut * 5 * SHIFTED
                draft.parent, draft.act = index, ACT_STAY * ACT + step.ref * REF + cut
            _enter(work, s + 1)
    label.hi += _price(meeting)
    label.used += meeting.late
    return bit != 0 and not label.placed & meeting.later


@_lean
def _price(meeting: Meeting) -> int:
    """What changing a meeting adds: its price, the people told, and one meeting changed."""
    return meeting.price * COST + meeting.told * TOLD + 1


@_lean
def _keep_hold(day: Day, work: Work, s: int, index: int) -> bool:
    """Keep a hold; a child is without it. Keeping is what happens where no act says otherwise."""
    step, label = day.steps[s], work.labels[index]
    hold = day.holds[step.ref]
    draft = _draft(work, index)
    draft.lo += DISTURBED
    draft.parent, draft.act = index, ACT_REMOVE * ACT + step.ref * REF
    _enter(work, s + 1)
    if hold.kind == HOLD_POD:
        _take_appointment(day.terms, label, hold.end - day.moments[step.place].at)
        label.pods += 1
    elif hold.kind == HOLD_PROTECTED:
        label.kept_protected = max(label.kept_protected, hold.end)
        label.held += 1
    label.kept = max(label.kept, hold.end)
    goes_on: bool = label.pods <= day.terms.most_pods
    return goes_on


# --- from one moment to the next -------------------------------------------------------------


@_lean
def _finish(day: Day, work: Work, label: Label, index: int) -> None:
    """Take a whole day where it is the best with its number of team contacts."""
    terms, known = day.terms, work.best[label.pods]
    if label.placed != terms.movable or (label.made and label.made + label.held > 2):
        return
    lacking = max(0, terms.target - label.protected // 60 * 60) // 60
    unrested = _minutes(max(0, terms.rest - label.rest))
    if unrested > terms.floor_rest:
        return
    hi = label.hi + lacking * terms.protected_unit + unrested * terms.rest_unit
    if (hi, label.lo) < (known.hi, known.lo + terms.ties):
        known.hi, known.lo, known.label = hi, label.lo, index


@_lean
def _begin(day: Day, work: Work, q: int, index: int) -> None:
    """Let something new begin at a moment, where something may."""
    moment, label = day.moments[q], work.labels[index]
    if moment.blocked or not moment.inside or moment.at % GRID:
        return
    if label.since < 0 or label.kept > moment.at:
        return
    if moment.at >= day.terms.thaw:
        for m in range(len(day.meetings)):
            if _may_begin(day.meetings[m], label, moment):
                _place_meeting(day, work, q, index, m)
    if moment.at >= day.terms.now:
        _place_team_contact(day, work, q, index)
        _place_protected(day, work, q, index)


@_lean
def _may_begin(meeting: Meeting, label: Label, moment: Moment) -> bool:
    """Whether a meeting that has no place yet may begin here, at another time than its own."""
    here = moment.at
    if meeting.bit < 0 or (label.placed >> meeting.bit) & 1:
        return False
    if label.placed & meeting.need != meeting.need:
        return False
    if meeting.earlier & moment.passed & ~label.placed:
        return False
    return here != meeting.start and meeting.low < here < meeting.high


@_lean
def _place_meeting(day: Day, work: Work, q: int, index: int, m: int) -> None:
    """Put a meeting at a moment, whole or ending early."""
    moment, meeting = day.moments[q], day.meetings[m]
    away = abs(moment.at - meeting.start) // 60
    for cut in range(meeting.cuts + 1):
        ends = moment.at + meeting.length - cut * GRID
        if ends > moment.clear:
            continue
        draft = _draft_appointment(day, work, index)
        draft.lo += (away + cut * 5) * SHIFTED
        draft.placed |= 1 << meeting.bit
        draft.used -= meeting.used
        draft.slots -= meeting.slot
        # one that comes later was charged at its own time
        if moment.at < meeting.start:
            draft.hi += _price(meeting)
        else:
            draft.used -= meeting.late
        draft.parent, draft.act = index, ACT_MOVE * ACT + m * REF + q * PLACE + cut
        _leap(day, work, q, ends)


@_lean
def _draft_appointment(day: Day, work: Work, index: int) -> Label:
    """A child of a label with something new that it goes on at the end of."""
    draft = _draft(work, index)
    draft.hi += _gap_missing(day.terms, draft)
    draft.since = draft.free = draft.run = 0
    return draft


@_lean
def _place_team_contact(day: Day, work: Work, q: int, index: int) -> None:
    """Put a team contact at a moment."""
    terms, moment = day.terms, day.moments[q]
    ends = moment.at + terms.pod
    if ends > moment.clear or moment.at >= terms.week_end:
        return
    if work.labels[index].pods < terms.most_pods:
        draft = _draft_appointment(day, work, index)
        draft.pods += 1
        draft.parent, draft.act = index, ACT_POD * ACT + q * PLACE
        _leap(day, work, q, ends)


@_lean
def _place_protected(day: Day, work: Work, q: int, index: int) -> None:
    """Begin a piece of protected time at a moment, of every length that may be needed."""
    terms, moment, label = day.terms, day.moments[q], work.labels[index]
    if label.protected >= terms.target or label.made + label.held >= 2:
        return
    fresh = _is_fresh(day, label, q)
    longest = moment.at + max(terms.target - label.protected, terms.piece)
    for ends in range(moment.at + GRID, min(moment.clear, longest) + 1, GRID):
        to, length = _place_at(day, ends), ends - moment.at
        follows = day.moments[to].follows
        if not follows and (not fresh or (label.run == 0 and length < terms.piece)):
            continue
        draft = _draft(work, index)
        draft.protected += _gain(label.run, length, terms.piece)
        # a longer piece is tried by itself, so only a hold that follows needs the run
        draft.run = min(terms.piece, label.run + length) if follows else 0
        draft.made += 1
        draft.lo += terms.ties * _unliked(terms, moment.at, ends)
        draft.free = 0
        draft.since = min(terms.memory, label.since + length)
        draft.parent, draft.act = index, ACT_PROTECT * ACT + to * REF + q * PLACE
        _leap(day, work, q, ends)


@_lean
def _place_at(day: Day, second: int) -> int:
    """The row of the moment at that second."""
    place: int = day.place_at[second - day.moments[0].at]
    return place


@_lean
def _unliked(terms: Terms, begins: int, ends: int) -> int:
    """The ties of a new piece: minutes outside the preferred hours, a piece, minutes created."""
    liked = max(0, min(ends, terms.like_to) - max(begins, terms.like_from))
    length = ends - begins
    return (length - liked) // 60 * UNLIKED + PIECES + length // 60 * CREATED


@_lean
def _is_fresh(day: Day, label: Label, q: int) -> bool:
    """Whether a piece that begins here could not as well have begun five minutes earlier."""
    terms, here = day.terms, day.moments[q].at
    before = here - GRID
    if label.since < GRID or label.run or label.kept > before or label.free:
        return True
    if terms.ties and (terms.like_from > terms.start or terms.like_to < terms.end):
        return True
    if before < max(terms.start, terms.now):
        return True
    blocked: bool = day.moments[_place_at(day, before)].clear < here
    return blocked


@_lean
def _gain(run: int, length: int, piece: int) -> int:
    """Seconds that count more when a piece goes on for that long: none while it is too short."""
    if run >= piece:
        return length
    return run + length if run + length >= piece else 0


@_lean
def _leap(day: Day, work: Work, q: int, ends: int) -> None:
    """Enter the draft where what it puts at a moment ends, if it may still win.

    Holds that begin on the way give way, and meetings whose own time is passed must come later.
    """
    draft, here, terms = work.draft[0], day.moments[q].at, day.terms
    to = _place_at(day, ends)
    disturbed = day.moments[to].holds_before - day.moments[q + 1].holds_before
    draft.lo += disturbed * DISTURBED + (here - terms.start) // GRID * terms.ties
    for meeting in day.meetings:
        if meeting.bit >= 0 and not (draft.placed >> meeting.bit) & 1:
            if here < meeting.start < ends:
                if draft.placed & meeting.later:
                    return
                draft.hi += _price(meeting)
                draft.used += meeting.late
    if _is_hopeful(work, draft, _bound(day, work, draft, to), terms.ties):
        _enter(work, day.moments[to].first_step)


@_lean
def _wait(day: Day, label: Label, q: int) -> None:
    """Let the time to the next moment pass."""
    terms, moment = day.terms, day.moments[q]
    length = day.moments[q + 1].at - moment.at
    taken = label.since < 0 or moment.cut
    guarded = moment.protected or label.kept_protected > moment.at
    if guarded and moment.inside and not taken:
        label.protected += _gain(label.run, length, terms.piece)
        label.run = min(terms.piece, label.run + length)
        label.free = 0
    else:
        label.run = 0
        if not taken and moment.zone and label.rest < terms.rest:
            label.free = min(terms.rest, label.free + length)
            label.rest = max(label.rest, label.free)
        else:
            label.free = 0
    label.since = min(terms.memory, label.since + length)


# --- which labels go on ----------------------------------------------------------------------


@_lean
def _sieve(day: Day, work: Work, allowed: int) -> None:
    """Leave those in the crowd that may win and that none beats, the cheapest first in a big one."""
    state, crowd = work.state[0], work.crowd
    _drop_hopeless(day, work)
    _sort(work.order[: state.group], crowd["key"], crowd["hi"], crowd["lo"])
    _drop_beaten(day, work)
    if state.group > min(allowed, CROWD):
        _sort(work.order[: state.group], crowd["bound"], crowd["lo"], crowd["key"])


@_lean
def _drop_hopeless(day: Day, work: Work) -> None:
    """Leave the labels in the crowd that may still win."""
    state = work.state[0]
    q = day.steps[state.step].place
    here = day.moments[q].at
    found = 0
    for place in range(state.group):
        index = work.crowd[place].label
        label = work.labels[index]
        low = _bound(day, work, label, q)
        if _is_hopeful(work, label, low, day.terms.ties):
            if label.kept <= here - GRID:
                label.kept = 0
            if label.kept_protected <= here:
                label.kept_protected = 0
            one = work.crowd[found]
            one.label, one.key = index, _key(label)
            one.hi, one.lo, one.bound = label.hi, label.lo, label.hi + low * COST
            found += 1
        else:
            _drop(work, index)
    state.group = found


@_lean
def _drop_beaten(day: Day, work: Work) -> None:
    """Leave the labels in the order that none before them beats."""
    state, order = work.state[0], work.order
    here = day.moments[day.steps[state.step].place].at
    alive, begin, key = 0, 0, 0
    for place in range(state.group):
        one = work.crowd[order[place]]
        if one.key != key:
            begin, key = alive, one.key
        rivals = order[begin : min(alive, begin + COMPARED)]
        if _is_beaten(day.terms, work, rivals, one.label, here):
            _drop(work, one.label)
        else:
            order[alive] = order[place]
            alive += 1
    state.group = alive


@_lean
def _is_beaten(terms: Terms, work: Work, rivals: Array, index: int, here: int) -> bool:
    """Whether one of its rivals beats a label."""
    label = work.labels[index]
    for each in rivals:
        rival = work.labels[work.crowd[each].label]
        if _beats(rival, label, terms, here):
            return True
    return False


@_lean
def _key(label: Label) -> int:
    """The same number for labels of which one may beat the other."""
    return (
        label.placed * 1000003
        + label.pods * 7919
        + label.kept * 104729
        + label.kept_protected * 1299709
        + min(label.since, 0) * 15485863
    )


@_lean
def _is_hopeful(work: Work, label: Label, low: int, ties: int) -> bool:
    """Whether this label may still become a better day than the best known."""
    hi = label.hi + low * COST
    for pods in range(label.pods, len(work.best)):
        known = work.best[pods]
        if (hi, label.lo) < (known.hi, known.lo + ties):
            return True
    return False


@_lean
def _sort(order: Array, first: Array, second: Array, third: Array) -> None:
    """Put row numbers in order of three keys, then of themselves (Shell's sort)."""
    step = 1
    while step < len(order) // 3:
        step = 3 * step + 1
    while step:
        for a in range(step, len(order)):
            one = order[a]
            key = (first[one], second[one], third[one], one)
            b = a
            while b >= step:
                other = order[b - step]
                if (first[other], second[other], third[other], other) < key:
                    break
                order[b] = other
                b -= step
            order[b] = one
        step //= 3


@_lean
def _beats(one: Label, other: Label, terms: Terms, here: int) -> bool:
    """Whether every way of finishing `other` is no better than finishing `one` the same way.

    Both are at the same moment with the same meetings placed. A minute of protected time, break
    or gap that `one` lacks costs at most one minute later, so it may lack what it is cheaper by.
    """
    if (
        one.placed != other.placed
        or one.pods != other.pods
        or one.kept != other.kept
        or one.kept_protected != other.kept_protected
    ):
        return False
    if one.run != other.run and other.run != 0:
        return False
    hi = one.hi
    if one.since < other.since or other.since < 0:
        if one.since < 0 or other.since < 0:
            if one.since != other.since:
                return False
        elif terms.end - here < terms.memory - one.since:
            return False
        else:
            hi += _minutes(other.since - one.since) * terms.gap_unit
    mine, theirs = min(terms.target, one.protected), min(terms.target, other.protected)
    if mine < theirs:
        hi += _minutes(theirs - mine) * terms.protected_unit
    if (one.protected < terms.target or terms.holds_protected) and (
        one.made > other.made or one.made + one.held > other.made + other.held
    ):
        return False
    if one.rest < terms.rest:
        lacking = max(other.rest - one.rest, other.free - one.free)
        if lacking > 0:
            if _minutes(terms.rest - one.rest) > terms.floor_rest:
                return False
            hi += _minutes(lacking) * terms.rest_unit
    return (hi, one.lo) <= (other.hi, other.lo)


# --- the bounds ------------------------------------------------------------------------------


@_lean
def _bound(day: Day, work: Work, label: Label, q: int) -> int:
    """Minutes of cost that every way of finishing this day still adds: the larger of two bounds."""
    terms, left = day.terms, day.left[q]
    lacking, protected = 0, 0
    if terms.rest_unit:
        lacking = max(0, terms.rest - max(label.rest, label.free))
    if terms.protected_unit:
        run = label.run if label.run < terms.piece else 0
        protected = max(0, terms.target - label.protected - run)
    sure = 0
    if not left.zone:
        sure, lacking = lacking // 60, 0
    capacity = _capacity(terms, left, label, lacking, protected)
    return sure + max(capacity, _completion(day, work.ahead, label, q, protected))


@_lean
def _capacity(terms: Terms, left: Left, label: Label, lacking: int, protected: int) -> int:
    """The bound that the free time sets, where that much break and protected time is lacking.

    Meetings not yet placed, their gaps, protected time and the break need free time; each minute
    short is a minute missing somewhere. A gap may lie inside a protected piece, the break,
    somebody's own time, or before this moment, so that many gaps are not counted.
    """
    need = label.used + left.used + max(0, lacking - left.quiet) + max(0, protected - left.firm)
    if terms.gap_unit:
        covers = left.covers + 1 + left.holds + (lacking > 0)
        if not terms.protected_unit:
            covers += 2
        elif label.protected < terms.target:
            covers += max(0, 2 - label.made)
        need += max(0, label.slots + left.slots - covers) * terms.gap
    return max(0, need - left.free) // 60


@_lean
def _completion(day: Day, ahead: Completions, label: Label, q: int, protected: int) -> int:
    """The bound of `_completions`, where that much protected time is lacking."""
    stage = ahead.stages[ahead.stage_of[q]]
    if stage.offset < 0:
        return 0
    fresh = label.rest == 0 and label.free == 0 and day.left[q].zone
    levels = day.terms.target // GRID + 1
    row = (fresh * 3 + max(0, 2 - label.made)) * levels + protected // GRID
    least: int = ahead.table[stage.offset + row * stage.sets + (label.placed >> stage.passed)]
    return least


@_compiled
def _completions(day: Day) -> Completions:
    """What the rest of the day costs at least, whatever is done with the meetings ahead.

    The rest begins where an appointment of today's diary does (a stage). For every set of the
    movable meetings ahead that could be gone from their places, the others stay, and what is gone
    comes back nowhere: that leaves gaps, room for protected time, the break and the end of the
    day, and no plan that takes away just those can miss less. The least over all larger
    sets, each with its price, bounds every way to go on.

    The table of a stage is by whether nothing of the break is there yet, pieces that may still be
    made, five-minute steps of protected time lacking, and the meetings already gone.
    """
    prices = np.empty(len(day.meetings), dtype=np.int64)
    movable = 0
    for meeting in day.meetings:
        if meeting.bit >= 0:
            prices[movable] = meeting.price
            movable += 1
    prices = prices[:movable]
    stages, stage_of = _stages(day, len(prices))
    size = 0
    for stage in stages:
        if len(prices) - stage.passed <= MOST_SETS:
            stage.offset = size
            size += 6 * (day.terms.target // GRID + 1) * stage.sets
    table = np.zeros(size, dtype=np.int64)
    taken = np.zeros(len(day.moments), dtype=np.bool_)
    for stage in stages:
        if stage.offset >= 0:
            _complete(day, stage, prices[stage.passed :], taken, table)
    return Completions(stages, stage_of, table)


@_lean
def _complete(day: Day, stage: Stage, prices: Array, taken: Array, table: Array) -> None:
    """Fill the table of a stage, the sets with the most meetings gone first."""
    for gone in range(stage.sets - 1, -1, -1):
        missing = _leave_out(day, stage, gone << stage.passed, taken)
        unrested = _unrested(day, stage.begin, taken)
        rooms = _rooms(day, stage.begin, taken)
        place = stage.offset + gone
        for fresh in range(2):
            for pieces in range(3):
                for lacking in range(0, day.terms.target + 1, GRID):
                    cost = missing + fresh * unrested
                    if day.terms.protected_unit:
                        cost += max(0, lacking // 60 - rooms[pieces])
                    table[place] = _with_more(table, place, prices, gone, cost)
                    place += stage.sets


@_lean
def _with_more(table: Array, place: int, prices: Array, gone: int, cost: int) -> int:
    """The least of a cost and of what it is with one meeting more gone, and its price."""
    for bit in range(len(prices)):
        if not (gone >> bit) & 1:
            cost = min(cost, table[place + (1 << bit)] + prices[bit])
    return cost


@_compiled
def _stages(day: Day, movable: int) -> tuple[Array, Array]:
    """The stages of a day, and for each moment its own."""
    stages = np.zeros(len(day.moments) + 1, STAGE)
    stage_of = np.zeros(len(day.moments), dtype=np.int64)
    found = 0
    for step in day.steps:
        if step.kind in (STEP_APPOINTMENT, STEP_MEETING):
            if not found or stages[found].begin < step.place:
                found += 1
                stages[found].begin, stages[found].begun = step.place, True
        elif step.kind == STEP_ADVANCE:
            stage_of[step.place] = found
    stages = stages[: found + 1]
    for stage in stages:
        for meeting in day.meetings:
            if meeting.bit >= 0 and stage.begun:
                stage.passed += meeting.start <= day.moments[stage.begin].at
        stage.offset = -1
        stage.sets = 1 << (movable - stage.passed)
        stage.hushed = _hushed(day, stage)
    return stages, stage_of


@_lean
def _hushed(day: Day, stage: Stage) -> int:
    """Until when what began before a stage may still go on: what it overlaps is not scored."""
    hushed = 0
    for step in day.steps:
        if step.place < stage.begin + stage.begun:
            hushed = max(hushed, _last_end(day, step))
    return hushed


@_lean
def _last_end(day: Day, step: Step) -> int:
    """When what is decided at a step ends at the latest; 0 for what nothing can overlap."""
    ends = 0
    if step.kind == STEP_APPOINTMENT:
        ends = step.ref
    elif step.kind == STEP_MEETING:
        ends = day.moments[step.place].at + day.meetings[step.ref].length
    elif step.kind == STEP_HOLD and day.holds[step.ref].kind == HOLD_POD:
        ends = day.holds[step.ref].end
    return ends


@_lean
def _leave_out(day: Day, stage: Stage, gone: int, taken: Array) -> int:
    """Minutes missing of gaps and end of day with some meetings gone and nothing put elsewhere.

    Says in `taken` where an appointment goes on.
    """
    terms = day.terms
    busy, hushed, missing = -1, stage.hushed, 0
    for s in range(day.moments[stage.begin].first_step, len(day.steps)):
        step = day.steps[s]
        here = day.moments[step.place].at
        if step.kind == STEP_ADVANCE:
            taken[step.place] = busy > here
        elif step.kind == STEP_DAY_END:
            if busy >= 0 and terms.day_end_unit:
                missing += _minutes(max(0, min(busy, terms.end) - (terms.end - terms.day_end)))
        elif not stage.begun or step.place > stage.begin:
            stays, scored = _stays(day, step, gone)
            if not scored:
                hushed = max(hushed, _last_end(day, step))
            if stays >= 0:
                if busy >= 0 and here >= max(busy, hushed) and terms.gap_unit:
                    missing += _minutes(max(0, terms.gap - (here - busy)))
                busy = max(busy, stays)
    return missing


@_lean
def _stays(day: Day, step: Step, gone: int) -> tuple[int, bool]:
    """Until when what is decided at a step stays, -1 if it does not; whether it is scored.

    A meeting that is gone may still overlap others, and one that cannot move may end early.
    """
    if step.kind == STEP_APPOINTMENT:
        return step.ref, True
    if step.kind != STEP_MEETING:
        return -1, False
    meeting = day.meetings[step.ref]
    if meeting.bit < 0:
        return _last_end(day, step) - GRID * meeting.cuts, meeting.slot
    if (gone >> meeting.bit) & 1:
        return -1, meeting.slot
    return _last_end(day, step), True


@_lean
def _unrested(day: Day, begin: int, taken: Array) -> int:
    """Minutes of the break that the longest quiet time from a moment on lacks."""
    if not day.terms.rest_unit:
        return 0
    quiet, longest = 0, 0
    for q in range(begin, len(day.moments) - 1):
        moment = day.moments[q]
        if moment.zone and not (taken[q] or moment.cut or moment.protected):
            quiet += day.moments[q + 1].at - moment.at
            longest = max(longest, quiet)
        else:
            quiet = 0
    return max(0, day.terms.rest - longest) // 60


@_lean
def _rooms(day: Day, begin: int, taken: Array) -> tuple[int, int, int]:
    """The minutes of protected time that there is room for in no, one and two new pieces.

    Where there is protected time already, a short piece may be a part of it.
    """
    one, two, free_from = 0, 0, -1
    some = False
    for q in range(begin, len(day.moments)):
        moment = day.moments[q]
        some = some or ((moment.protected or moment.held) and not taken[q])
        if moment.inside and not moment.blocked and not taken[q]:
            some = True
            if free_from < 0:
                free_from = moment.at
        elif free_from >= 0:
            length = moment.at // GRID * GRID - (free_from + GRID - 1) // GRID * GRID
            free_from = -1
            if length >= day.terms.piece:
                one, two = max(one, length), max(two, min(one, length))
    if day.terms.loose:
        room = FULL_DAY if some else 0
        return room, room, room
    return 0, one // 60, (one + two) // 60
