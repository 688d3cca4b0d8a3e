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
"""

# The compiler needs plain loops over arrays in one function: the usual small shapes do not apply.
# ruff: noqa: C901

from typing import Any

import numpy as np
from numba import njit

STEP_APPOINTMENT, STEP_MEETING, STEP_HOLD, STEP_DAY_END, STEP_ADVANCE, STEP_SIEVE = (
    0,
    1,
    2,
    3,
    4,
    5,
)
ACT_STAY, ACT_SKIP, ACT_MOVE, ACT_POD, ACT_PROTECT, ACT_KEEP, ACT_REMOVE = 1, 2, 3, 4, 5, 6, 7
HOLD_PLAIN, HOLD_PROTECTED, HOLD_POD = 0, 1, 2

COST, MUST, TOLD = 1 << 40, 1 << 26, 1 << 6
SHIFTED, DISTURBED, UNLIKED, PIECES, CREATED = 1 << 45, 1 << 38, 1 << 27, 1 << 24, 1 << 13
"""The value of one unit of each number in its packed integer. The first holds cost, must missing,
people told and meetings changed; the second minutes shifted, holds disturbed, then the ties:
protected minutes outside the preferred hours, pieces, minutes created, earliness."""

NEVER = np.iinfo(np.int64).max
NARROW = 16
"""How many labels of one moment go on once the whole search holds too many."""
MOST_LABELS = 1_000_000
"""More labels than this are not held at once: they would take over 150 MB."""
CROWD = 10_000
"""The labels of one moment are taken in order of their bounds where they are more than this."""
COMPARED = 256
"""With how many of the cheapest like it a label is compared before it is kept."""


def _compiled(function: Any) -> Any:
    """Machine code for a function, kept on disk where there is a place to keep it."""
    try:
        return njit(cache=True, nogil=True)(function)
    except RuntimeError:
        # numba finds no directory it may write to: each process compiles for itself
        return njit(nogil=True)(function)


# What a label carries, by column.
MASK, PODS, KEPT, KEPT_P, SINCE, FREE, RUN, BREAK, PROT, MADE, HELD, HI, LO = range(13)
PARENT, ACT, NEXT, USED, SLOTS, KEEP = 13, 14, 15, 16, 17, 18
COLUMNS = 19

# Scalars of a day, by place in its parameter array.
(
    S_START,
    S_END,
    S_GAP,
    S_DAY_END,
    S_BREAK,
    S_TARGET,
    S_PIECE,
    S_POD,
    S_MAX_PODS,
    S_NOW,
    S_FREEZE,
    S_LIKE_FROM,
    S_LIKE_TO,
    S_FLOOR_BREAK,
    S_FLOOR_END,
    S_GAP_COST,
    S_GAP_MUST,
    S_PROT_COST,
    S_PROT_MUST,
    S_BREAK_COST,
    S_BREAK_MUST,
    S_END_COST,
    S_END_MUST,
    S_HELD_ALL,
    S_HELD_ALREADY,
    S_TIES,
    S_WIDTH,
    S_LIMIT,
    S_WEEK_END,
) = range(29)
SCALARS = 29

# What is known of a segment between two moments, by column.
G_BLOCKED, G_CUT, G_PROTECTED, G_ZONE, G_INSIDE = range(5)
# What is known of a meeting that may change, by column.
M_START, M_LENGTH, M_CUTS, M_BIT, M_PRICE, M_TOLD, M_LOW, M_HIGH, M_NEED, M_USED, M_SLOT, M_LATE = (
    range(12)
)


@_compiled
def search(
    scalars: Any,
    points: Any,
    segments: Any,
    barrier: Any,
    steps: Any,
    first_step: Any,
    appointment_end: Any,
    meetings: Any,
    holds: Any,
    suffix: Any,
    best_hi: Any,
    best_lo: Any,
) -> Any:
    """The best day for each number of team contacts.

    `points` are the moments, `segments[q]` describes `[points[q], points[q + 1])`, `steps` the
    things to decide in order with `first_step[q]` the first of each moment, `suffix[q]` what
    is left of the day for the bound, `best_hi`/`best_lo` the best known so far by number of
    contacts. Returns the labels, for each number of contacts the best label (or -1), and the
    smallest bound of what the width dropped.
    """
    start, end = scalars[S_START], scalars[S_END]
    gap, day_end = scalars[S_GAP], scalars[S_DAY_END]
    rest, target, piece = scalars[S_BREAK], scalars[S_TARGET], scalars[S_PIECE]
    max_pods = scalars[S_MAX_PODS]
    ties, width = scalars[S_TIES], scalars[S_WIDTH]
    cap = max(gap, day_end, 300)
    choosy = scalars[S_LIKE_FROM] > start or scalars[S_LIKE_TO] < end
    gap_unit = scalars[S_GAP_COST] * COST + scalars[S_GAP_MUST] * MUST
    prot_unit = scalars[S_PROT_COST] * COST + scalars[S_PROT_MUST] * MUST
    rest_unit = scalars[S_BREAK_COST] * COST + scalars[S_BREAK_MUST] * MUST
    end_unit = scalars[S_END_COST] * COST + scalars[S_END_MUST] * MUST
    moments, todo = len(points), len(steps)
    count_meetings = len(meetings)

    first_block = np.empty(moments, dtype=np.int64)
    first_block[moments - 1] = moments - 1
    for q in range(moments - 2, -1, -1):
        if segments[q, G_BLOCKED]:
            first_block[q] = q
        elif barrier[q + 1]:
            first_block[q] = q + 1
        else:
            first_block[q] = first_block[q + 1]
    place_of = np.zeros(points[moments - 1] - points[0] + 1, dtype=np.int64)
    for q in range(moments):
        place_of[points[q] - points[0]] = q
    holds_started = np.zeros(moments + 1, dtype=np.int64)
    for h in range(len(holds)):
        holds_started[holds[h, 3] + 1] += 1
    for q in range(moments):
        holds_started[q + 1] += holds_started[q]
    touch = np.zeros(moments, dtype=np.bool_)
    for q in range(moments - 1):
        if segments[q, G_PROTECTED] and (q == 0 or not segments[q - 1, G_PROTECTED]):
            touch[q] = True
    for h in range(len(holds)):
        if holds[h, 2] == HOLD_PROTECTED:
            touch[holds[h, 3]] = True

    stage, shift, offset, table = _completions(
        scalars, points, segments, steps, appointment_end, meetings, holds
    )
    labels = np.empty((4096, COLUMNS), dtype=np.int64)
    for column in range(COLUMNS):
        labels[0, column] = 0
    heads = np.full(todo + 1, -1, dtype=np.int64)
    labels[0, SINCE] = cap
    labels[0, HELD] = scalars[S_HELD_ALREADY]
    labels[0, PARENT] = -1
    labels[0, NEXT] = -1
    for m in range(count_meetings):
        if meetings[m, M_BIT] >= 0:
            labels[0, USED] += meetings[m, M_USED]
            labels[0, SLOTS] += meetings[m, M_SLOT]
    heads[0] = 0
    size, made = 1, 1
    # labels that are dropped and led to nothing are written over
    spare = np.empty(len(labels), dtype=np.int64)
    spares = 0
    full = 0
    for m in range(count_meetings):
        if meetings[m, M_BIT] >= 0:
            full |= 1 << meetings[m, M_BIT]
    dropped_hi, dropped_lo = NEVER, NEVER
    winner = np.full(max_pods + 1, -1, dtype=np.int64)
    won_hi, won_lo = best_hi.copy(), best_lo.copy()
    position = 0

    for s in range(todo):
        kind, ref = steps[s, 0], steps[s, 1]
        position = steps[s, 2]
        here = points[position]
        if kind != STEP_ADVANCE and kind != STEP_SIEVE:
            index = heads[s]
            heads[s] = -1
            while index >= 0:
                following = labels[index, NEXT]
                if size + 8 > len(labels):
                    labels, spare = _grow(labels, spare, spares)
                since = labels[index, SINCE]
                short = 0
                if 0 <= since < gap:
                    short = (gap - since + 59) // 60
                keep_label = True
                if kind == STEP_APPOINTMENT:
                    labels[index, HI] += short * gap_unit
                    labels[index, SINCE] = min(since, here - appointment_end[ref])
                elif kind == STEP_DAY_END:
                    late = 0
                    if since < 0:
                        late = day_end // 60
                    elif since < day_end:
                        late = (day_end - since + 59) // 60
                    labels[index, HI] += late * end_unit
                    if late > scalars[S_FLOOR_END]:
                        keep_label = False
                elif kind == STEP_MEETING:
                    bit = meetings[ref, M_BIT]
                    mask = labels[index, MASK]
                    if bit < 0 or not (mask >> bit) & 1:
                        if (mask & meetings[ref, M_NEED]) == meetings[ref, M_NEED]:
                            for cut in range(meetings[ref, M_CUTS], -1, -1):
                                slot = spare[spares - 1] if spares else size
                                labels[slot] = labels[index]
                                new = labels[slot]
                                new[KEEP] = 0
                                new[HI] += short * gap_unit
                                ends = here + meetings[ref, M_LENGTH] - cut * 300
                                new[SINCE] = min(since, here - ends)
                                if cut:
                                    new[HI] += _price(meetings[ref])
                                    new[LO] += cut * 5 * SHIFTED
                                if bit >= 0:
                                    new[MASK] = mask | (1 << bit)
                                    new[USED] -= meetings[ref, M_USED]
                                    new[SLOTS] -= meetings[ref, M_SLOT]
                                if cut:
                                    new[PARENT] = index
                                    new[ACT] = (ACT_STAY << 40) | (ref << 20) | cut
                                new[NEXT] = heads[s + 1]
                                heads[s + 1] = slot
                                if new[PARENT] == index:
                                    labels[index, KEEP] = 1
                                if spares:
                                    spares -= 1
                                else:
                                    size += 1
                                made += 1
                        if bit < 0:
                            keep_label = False
                        else:
                            # `index` itself goes on without the meeting, which must come later
                            labels[index, HI] += _price(meetings[ref])
                            labels[index, USED] += meetings[ref, M_LATE]
                elif kind == STEP_HOLD:
                    slot = spare[spares - 1] if spares else size
                    labels[slot] = labels[index]
                    new = labels[slot]
                    new[KEEP] = 0
                    new[LO] += DISTURBED
                    new[PARENT] = index
                    new[ACT] = (ACT_REMOVE << 40) | (ref << 20)
                    new[NEXT] = heads[s + 1]
                    heads[s + 1] = slot
                    if new[PARENT] == index:
                        labels[index, KEEP] = 1
                    if spares:
                        spares -= 1
                    else:
                        size += 1
                    made += 1
                    # `index` itself keeps the hold; its own record of that is implied
                    if holds[ref, 2] == HOLD_POD:
                        labels[index, HI] += short * gap_unit
                        labels[index, SINCE] = min(since, here - holds[ref, 1])
                        labels[index, PODS] += 1
                        if labels[index, PODS] > max_pods:
                            keep_label = False
                    elif holds[ref, 2] == HOLD_PROTECTED:
                        labels[index, KEPT_P] = max(labels[index, KEPT_P], holds[ref, 1])
                        labels[index, HELD] += 1
                    labels[index, KEPT] = max(labels[index, KEPT], holds[ref, 1])
                if keep_label:
                    labels[index, NEXT] = heads[s + 1]
                    heads[s + 1] = index
                elif not labels[index, KEEP]:
                    spare[spares] = index
                    spares += 1
                index = following
            continue

        # One moment: drop what cannot win, then wait or place something.
        q = position
        found = 0
        index = heads[s]
        while index >= 0:
            found += 1
            index = labels[index, NEXT]
        if found == 0:
            continue
        group = np.empty(found, dtype=np.int64)
        bound = np.empty(found, dtype=np.int64)
        hashed = np.empty(found, dtype=np.int64)
        group_hi = np.empty(found, dtype=np.int64)
        group_lo = np.empty(found, dtype=np.int64)
        found = 0
        index = heads[s]
        heads[s] = -1
        while index >= 0:
            row = labels[index]
            low = _bound(row, scalars, suffix[q], stage[q], shift, offset, table)
            if _hopeful(row, low, won_hi, won_lo, max_pods, ties):
                group[found] = index
                bound[found] = low
                if row[KEPT] <= here - 300:
                    row[KEPT] = 0
                if row[KEPT_P] <= here:
                    row[KEPT_P] = 0
                active = row[SINCE] if row[SINCE] < 0 else 0
                hashed[found] = (
                    row[MASK] * 1000003
                    + row[PODS] * 7919
                    + row[KEPT] * 104729
                    + row[KEPT_P] * 1299709
                    + active * 15485863
                )
                group_hi[found], group_lo[found] = row[HI], row[LO]
                found += 1
            elif not row[KEEP]:
                spare[spares] = index
                spares += 1
            index = row[NEXT]
        order = np.arange(found)
        _sort(order, found, hashed, group_hi, group_lo)
        alive = 0
        begin = 0
        chosen = np.empty(found, dtype=np.int64)
        for a in range(found):
            one = order[a]
            if a and hashed[order[a]] != hashed[order[a - 1]]:
                begin = alive
            beaten = False
            for b in range(begin, min(alive, begin + COMPARED)):
                if _beats(
                    labels[group[chosen[b]]],
                    labels[group[one]],
                    scalars,
                    here,
                    gap_unit,
                    prot_unit,
                    rest_unit,
                ):
                    beaten = True
                    break
            if not beaten:
                chosen[alive] = one
                alive += 1
            elif not labels[group[one], KEEP]:
                spare[spares] = group[one]
                spares += 1
        full_up = size > MOST_LABELS or made > scalars[S_LIMIT]
        allowed = min(width, NARROW) if full_up else width
        for a in range(found):
            group_hi[a] += bound[a] * COST
        if alive > min(allowed, CROWD):
            _sort(chosen, alive, group_hi, group_lo, hashed)
        going = min(alive, allowed)

        last = q == moments - 1
        for a in range(going):
            if a >= NARROW and (size > MOST_LABELS or made > scalars[S_LIMIT]):
                # too many came of the first of them
                going = a
                break
            index = group[chosen[a]]
            if kind == STEP_SIEVE:
                labels[index, NEXT] = heads[s + 1]
                heads[s + 1] = index
                continue
            if last:
                row = labels[index]
                if row[MASK] != full or (row[MADE] and row[MADE] + row[HELD] > 2):
                    continue
                lacking = max(0, target - row[PROT] // 60 * 60) // 60
                unrested = max(0, rest - row[BREAK]) // 60
                if row[BREAK] < rest and (rest - row[BREAK]) % 60:
                    unrested += 1
                if unrested > scalars[S_FLOOR_BREAK]:
                    continue
                hi = row[HI] + lacking * prot_unit + unrested * rest_unit
                pods = row[PODS]
                if hi < won_hi[pods] or (hi == won_hi[pods] and row[LO] < won_lo[pods] + ties):
                    won_hi[pods], won_lo[pods] = hi, row[LO]
                    winner[pods] = index
                continue
            while size + 64 * (count_meetings + 2) > len(labels):
                labels, spare = _grow(labels, spare, spares)

            since = labels[index, SINCE]
            open_here = (
                since >= 0
                and labels[index, KEPT] <= here
                and start <= here < end
                and here % 300 == 0
                and not segments[q, G_BLOCKED]
            )
            if open_here:
                short = (gap - since + 59) // 60 if since < gap else 0
                early = (here - start) // 300
                clear = first_block[q]
                mask = labels[index, MASK]
                if here >= scalars[S_FREEZE]:
                    for m in range(count_meetings):
                        bit = meetings[m, M_BIT]
                        if bit < 0 or (mask >> bit) & 1 or here == meetings[m, M_START]:
                            continue
                        if not meetings[m, M_LOW] < here < meetings[m, M_HIGH]:
                            continue
                        if (mask & meetings[m, M_NEED]) != meetings[m, M_NEED]:
                            continue
                        price = short * gap_unit
                        if here < meetings[m, M_START]:
                            price += _price(meetings[m])
                        away = abs(here - meetings[m, M_START]) // 60
                        for cut in range(meetings[m, M_CUTS] + 1):
                            ends = here + meetings[m, M_LENGTH] - cut * 300
                            if ends > min(end, points[clear]):
                                continue
                            to = place_of[ends - points[0]]
                            slot = spare[spares - 1] if spares else size
                            labels[slot] = labels[index]
                            new = labels[slot]
                            new[KEEP] = 0
                            new[HI] += price
                            new[LO] += (
                                (away + cut * 5) * SHIFTED
                                + (holds_started[to] - holds_started[q + 1]) * DISTURBED
                                + early * ties
                            )
                            new[MASK] = mask | (1 << bit)
                            new[USED] -= meetings[m, M_USED]
                            if here > meetings[m, M_START]:
                                new[USED] -= meetings[m, M_LATE]
                            new[SLOTS] -= meetings[m, M_SLOT]
                            _pass(new, meetings, here, ends)
                            new[SINCE], new[FREE], new[RUN] = 0, 0, 0
                            new[PARENT] = index
                            new[ACT] = (ACT_MOVE << 40) | (m << 20) | (q << 4) | cut
                            low = _bound(new, scalars, suffix[to], stage[to], shift, offset, table)
                            if _hopeful(new, low, won_hi, won_lo, max_pods, ties):
                                goal = first_step[to]
                                new[NEXT] = heads[goal]
                                heads[goal] = slot
                                if new[PARENT] == index:
                                    labels[index, KEEP] = 1
                                if spares:
                                    spares -= 1
                                else:
                                    size += 1
                                made += 1
                if here >= scalars[S_NOW]:
                    ends = here + scalars[S_POD]
                    room = ends <= min(end, points[clear]) and here < scalars[S_WEEK_END]
                    if labels[index, PODS] < max_pods and room:
                        to = place_of[ends - points[0]]
                        slot = spare[spares - 1] if spares else size
                        labels[slot] = labels[index]
                        new = labels[slot]
                        new[KEEP] = 0
                        new[HI] += short * gap_unit
                        new[LO] += (
                            holds_started[to] - holds_started[q + 1]
                        ) * DISTURBED + early * ties
                        new[PODS] += 1
                        _pass(new, meetings, here, ends)
                        new[SINCE], new[FREE], new[RUN] = 0, 0, 0
                        new[PARENT] = index
                        new[ACT] = (ACT_POD << 40) | (q << 4)
                        low = _bound(new, scalars, suffix[to], stage[to], shift, offset, table)
                        if _hopeful(new, low, won_hi, won_lo, max_pods, ties):
                            goal = first_step[to]
                            new[NEXT] = heads[goal]
                            heads[goal] = slot
                            if new[PARENT] == index:
                                labels[index, KEEP] = 1
                            if spares:
                                spares -= 1
                            else:
                                size += 1
                            made += 1
                    run, prot = labels[index, RUN], labels[index, PROT]
                    may_make = labels[index, MADE] + labels[index, HELD] < 2
                    before = here - 300
                    # a piece that could begin five minutes earlier is no better for waiting
                    fresh = (
                        since < 300
                        or run > 0
                        or labels[index, KEPT] > before
                        or labels[index, FREE] > 0
                        or before < max(start, scalars[S_NOW])
                        or (choosy and ties)
                        or first_block[place_of[before - points[0]]] < q
                    )
                    if prot < target and may_make:
                        longest = max(target - prot, piece)
                        ends = here
                        while True:
                            ends += 300
                            if ends > min(end, points[clear]) or ends - here > longest:
                                break
                            to = place_of[ends - points[0]]
                            if size + 8 > len(labels):
                                labels, spare = _grow(labels, spare, spares)
                            length = ends - here
                            if not touch[to] and (not fresh or (run == 0 and length < piece)):
                                continue
                            slot = spare[spares - 1] if spares else size
                            labels[slot] = labels[index]
                            new = labels[slot]
                            new[KEEP] = 0
                            new[PROT] += _gain(run, length, piece)
                            # a longer piece is tried by itself, so only a hold that follows needs the run
                            new[RUN] = min(piece, run + length) if touch[to] else 0
                            new[MADE] += 1
                            liked = min(ends, scalars[S_LIKE_TO]) - max(here, scalars[S_LIKE_FROM])
                            new[LO] += (
                                holds_started[to] - holds_started[q + 1]
                            ) * DISTURBED + ties * (
                                (length - max(0, liked)) // 60 * UNLIKED
                                + PIECES
                                + length // 60 * CREATED
                                + early
                            )
                            new[FREE] = 0
                            _pass(new, meetings, here, ends)
                            new[SINCE] = min(cap, since + length)
                            new[PARENT] = index
                            new[ACT] = (ACT_PROTECT << 40) | (to << 20) | (q << 4)
                            low = _bound(new, scalars, suffix[to], stage[to], shift, offset, table)
                            if _hopeful(new, low, won_hi, won_lo, max_pods, ties):
                                goal = first_step[to]
                                new[NEXT] = heads[goal]
                                heads[goal] = slot
                                if new[PARENT] == index:
                                    labels[index, KEEP] = 1
                                if spares:
                                    spares -= 1
                                else:
                                    size += 1
                                made += 1

            row = labels[index]
            length = points[q + 1] - here
            taken = since < 0 or segments[q, G_CUT]
            guarded = segments[q, G_PROTECTED] or row[KEPT_P] > here
            if guarded and segments[q, G_INSIDE] and not taken:
                row[PROT] += _gain(row[RUN], length, piece)
                row[RUN] = min(piece, row[RUN] + length)
                row[FREE] = 0
            else:
                row[RUN] = 0
                if not taken and segments[q, G_ZONE] and row[BREAK] < rest:
                    row[FREE] = min(rest, row[FREE] + length)
                    row[BREAK] = max(row[BREAK], row[FREE])
                else:
                    row[FREE] = 0
            row[SINCE] = min(cap, since + length)
            goal = first_step[q + 1]
            row[NEXT] = heads[goal]
            heads[goal] = index
        for a in range(going, alive):
            hi, lo = group_hi[chosen[a]], group_lo[chosen[a]]
            if hi < dropped_hi or (hi == dropped_hi and lo < dropped_lo):
                dropped_hi, dropped_lo = hi, lo
            if not labels[group[chosen[a]], KEEP]:
                spare[spares] = group[chosen[a]]
                spares += 1
    return labels[:size], winner, won_hi, won_lo, dropped_hi, dropped_lo


@_compiled
def _price(meeting: Any) -> Any:
    """What changing a meeting adds: its price, the people told, and one meeting changed."""
    return meeting[M_PRICE] * COST + meeting[M_TOLD] * TOLD + 1


@_compiled
def _pass(row: Any, meetings: Any, here: Any, ends: Any) -> None:
    """Charge the meetings whose own time this jump covers: they must come later."""
    for m in range(len(meetings)):
        bit = meetings[m, M_BIT]
        if bit >= 0 and not (row[MASK] >> bit) & 1 and here < meetings[m, M_START] < ends:
            row[HI] += _price(meetings[m])
            row[USED] += meetings[m, M_LATE]


@_compiled
def _gain(run: Any, length: Any, piece: Any) -> Any:
    if run >= piece:
        return length
    return run + length if run + length >= piece else 0


@_compiled
def _grow(labels: Any, spare: Any, spares: Any) -> Any:
    bigger = np.empty((2 * len(labels), COLUMNS), dtype=np.int64)
    for row in range(len(labels)):
        for column in range(COLUMNS):
            bigger[row, column] = labels[row, column]
    longer = np.empty(len(bigger), dtype=np.int64)
    for place in range(spares):
        longer[place] = spare[place]
    return bigger, longer


# What is left of a day from a moment on, by column of `suffix`.
L_FREE, L_FIRM, L_COVERS, L_SLOTS, L_USED, L_ZONE, L_HOLDS, L_QUIET = range(8)


@_compiled
def _bound(
    row: Any, scalars: Any, left: Any, stage: Any, shift: Any, offset: Any, table: Any
) -> Any:
    """Minutes of cost that every way of finishing this day still adds: the larger of two bounds.

    Capacity: meetings not yet placed, their gaps, protected time and the break need free time;
    each minute short is a minute missing somewhere. A gap may lie inside a protected piece, the
    break, somebody's own time, or before this moment, so that many gaps are not counted.
    Completion: see `_completions`.
    """
    need = row[USED] + left[L_USED]
    covers = left[L_COVERS] + 1
    lacking = max(0, scalars[S_BREAK] - max(row[BREAK], row[FREE]))
    protected = 0
    if scalars[S_PROT_COST]:
        run = row[RUN] if row[RUN] < scalars[S_PIECE] else 0
        protected = max(0, scalars[S_TARGET] - row[PROT] - run)
        need += max(0, protected - left[L_FIRM])
        covers += left[L_HOLDS]
        if row[PROT] < scalars[S_TARGET]:
            covers += max(0, 2 - row[MADE])
    else:
        covers += 2 + left[L_HOLDS]
    sure = 0
    if scalars[S_BREAK_COST]:
        if left[L_ZONE]:
            need += max(0, lacking - left[L_QUIET])
            covers += lacking > 0
        else:
            sure = lacking // 60
    if scalars[S_GAP_COST]:
        need += max(0, row[SLOTS] + left[L_SLOTS] - covers) * scalars[S_GAP]
    capacity = max(0, need - left[L_FREE]) // 60 + sure
    place = offset[stage]
    if place < 0:
        return capacity
    fresh = 1 if row[BREAK] == 0 and row[FREE] == 0 and left[L_ZONE] else 0
    pieces = max(0, 2 - row[MADE])
    levels = scalars[S_TARGET] // 300 + 1
    sets = 1 << (shift[len(shift) - 1] - shift[stage])
    row_of = (fresh * 3 + pieces) * levels + protected // 300
    completion = table[place + row_of * sets + (row[MASK] >> shift[stage])]
    if not left[L_ZONE]:
        completion += sure
    return max(capacity, completion)


FULL_DAY = 24 * 60
MOST_SETS = 13
"""Completions are known where at most this many movable meetings are still ahead."""


@_compiled
def _completions(
    scalars: Any,
    points: Any,
    segments: Any,
    steps: Any,
    appointment_end: Any,
    meetings: Any,
    holds: Any,
) -> Any:
    """What the rest of the day costs at least, whatever is done with the meetings ahead.

    The rest begins where an appointment of today's diary does (a stage). For every set of the
    movable meetings ahead that could be gone from their places, the others stay, and what is gone
    comes back nowhere: that leaves gaps, room for protected time, the break and the end of the
    day, and no plan that takes away just those can miss less. The least over all larger
    sets, each with its price, bounds every way to go on.

    `table[offset[stage] + ...]` is by whether nothing of the break is there yet, pieces that may
    still be made, five-minute steps of protected time lacking, and the meetings already gone.
    """
    moments = len(points)
    count = len(meetings)
    bits = 0
    for m in range(count):
        bits += meetings[m, M_BIT] >= 0
    starts = np.zeros(moments, dtype=np.bool_)
    for s in range(len(steps)):
        if steps[s, 0] == STEP_APPOINTMENT or steps[s, 0] == STEP_MEETING:
            starts[steps[s, 2]] = True
    stage = np.zeros(moments, dtype=np.int64)
    at = np.zeros(moments + 1, dtype=np.int64)
    stages = 0
    for q in range(moments):
        if starts[q]:
            stages += 1
            at[stages] = q
        stage[q] = stages
    stages += 1
    shift = np.zeros(stages + 1, dtype=np.int64)
    offset = np.full(stages, -1, dtype=np.int64)
    levels = scalars[S_TARGET] // 300 + 1
    size = 0
    for k in range(stages):
        passed = 0
        for m in range(count):
            if meetings[m, M_BIT] >= 0 and k and meetings[m, M_START] <= points[at[k]]:
                passed += 1
        shift[k] = passed
        if bits - passed <= MOST_SETS:
            offset[k] = size
            size += 6 * levels << (bits - passed)
    shift[stages] = bits
    table = np.zeros(size, dtype=np.int64)
    # prices and starts of the movable meetings in the order of their bits
    price = np.zeros(bits, dtype=np.int64)
    for m in range(count):
        if meetings[m, M_BIT] >= 0:
            price[meetings[m, M_BIT]] = meetings[m, M_PRICE]
    loose = False
    for q in range(moments):
        loose = loose or segments[q, G_PROTECTED]
    for h in range(len(holds)):
        loose = loose or holds[h, 2] == HOLD_PROTECTED
    found = np.zeros(6, dtype=np.int64)
    for k in range(stages):
        if offset[k] < 0:
            continue
        first = shift[k]
        sets = 1 << (bits - first)
        for gone in range(sets - 1, -1, -1):
            _rest_of_day(
                scalars,
                points,
                segments,
                steps,
                appointment_end,
                meetings,
                holds,
                at[k],
                k > 0,
                gone << first,
                loose,
                found,
            )
            for fresh in range(2):
                fixed = found[0] + fresh * found[1]
                for pieces in range(3):
                    for level in range(levels):
                        short = 0
                        if scalars[S_PROT_COST]:
                            short = max(0, level * 5 - found[2 + pieces])
                        best = fixed + short
                        base = offset[k] + ((fresh * 3 + pieces) * levels + level) * sets
                        for bit in range(bits - first):
                            if not (gone >> bit) & 1:
                                other = table[base + (gone | (1 << bit))] + price[first + bit]
                                best = min(best, other)
                        table[base + gone] = best
    return stage, shift, offset, table


@_compiled
def _rest_of_day(
    scalars: Any,
    points: Any,
    segments: Any,
    steps: Any,
    appointment_end: Any,
    meetings: Any,
    holds: Any,
    begin: Any,
    begun: Any,
    gone: Any,
    loose: Any,
    found: Any,
) -> None:
    """The rest of a day after a moment with some meetings gone and nothing put elsewhere.

    Into `found`: minutes missing of gaps and end of day; of the break; and the minutes of
    protected time that there is room for in no, one and two new pieces.
    """
    gap, rest, piece = scalars[S_GAP], scalars[S_BREAK], scalars[S_PIECE]
    start, end = scalars[S_START], scalars[S_END]
    busy, latest, any_before, hushed = 0, 0, False, 0
    one, two, everything, firm = 0, 0, 0, 0
    free_from, calm_from, calmest = -1, -1, 0
    missing = 0
    # what began before may still be going on, and what it overlaps is not scored
    s = 0
    while s < len(steps) and steps[s, 2] < begin + begun:
        if steps[s, 0] == STEP_APPOINTMENT:
            hushed = max(hushed, appointment_end[steps[s, 1]])
        elif steps[s, 0] == STEP_MEETING:
            hushed = max(hushed, points[steps[s, 2]] + meetings[steps[s, 1], M_LENGTH])
        elif steps[s, 0] == STEP_HOLD and holds[steps[s, 1], 2] == HOLD_POD:
            hushed = max(hushed, holds[steps[s, 1], 1])
        s += 1
    s = 0
    while s < len(steps) and steps[s, 2] < begin:
        s += 1
    for q in range(begin, len(points)):
        here = points[q]
        while s < len(steps) and steps[s, 2] == q:
            kind, ref = steps[s, 0], steps[s, 1]
            s += 1
            if kind == STEP_DAY_END:
                if any_before and scalars[S_END_COST]:
                    missing += max(0, min(latest, end) - (end - scalars[S_DAY_END]) + 59) // 60
                continue
            if begun and q == begin:
                continue
            if kind == STEP_APPOINTMENT:
                ends = appointment_end[ref]
            elif kind == STEP_MEETING:
                bit = meetings[ref, M_BIT]
                away = bit >= 0 and (gone >> bit) & 1
                if not meetings[ref, M_SLOT] and (away or bit < 0):
                    # it may still overlap others, whole or ended early: that is not scored
                    hushed = max(hushed, here + meetings[ref, M_LENGTH])
                if away:
                    continue
                ends = here + meetings[ref, M_LENGTH]
                if bit < 0:
                    ends -= 300 * meetings[ref, M_CUTS]
            else:
                if kind == STEP_HOLD and holds[ref, 2] == HOLD_POD:
                    hushed = max(hushed, holds[ref, 1])
                continue
            if any_before and here >= max(busy, hushed) and scalars[S_GAP_COST]:
                missing += max(0, gap - (here - busy) + 59) // 60
            busy = max(busy, ends)
            latest = max(latest, ends)
            any_before = True
        last = q == len(points) - 1
        taken = busy > here and any_before
        open_room = not last and not segments[q, G_BLOCKED] and not taken and start <= here < end
        if open_room and free_from < 0:
            free_from = here
        if not open_room and free_from >= 0:
            length = here // 300 * 300 - (free_from + 299) // 300 * 300
            everything += here - free_from
            if length >= piece:
                if length > one:
                    one, two = length, one
                elif length > two:
                    two = length
            free_from = -1
        calm = (
            not last
            and segments[q, G_ZONE]
            and not taken
            and not segments[q, G_CUT]
            and not segments[q, G_PROTECTED]
        )
        if calm and calm_from < 0:
            calm_from = here
        if not calm and calm_from >= 0:
            calmest = max(calmest, here - calm_from)
            calm_from = -1
        if not last and segments[q, G_PROTECTED] and not taken:
            firm += points[q + 1] - here
    found[0] = missing
    found[1] = max(0, rest - calmest) // 60 if scalars[S_BREAK_COST] else 0
    if loose:
        found[2], found[3], found[4] = FULL_DAY, FULL_DAY, FULL_DAY
        if not everything + firm:
            found[2], found[3], found[4] = 0, 0, 0
    else:
        found[2], found[3], found[4] = 0, one // 60, (one + two) // 60


@_compiled
def _hopeful(row: Any, low: Any, won_hi: Any, won_lo: Any, max_pods: Any, ties: Any) -> Any:
    """Whether this label may still become a better day than the best known."""
    hi = row[HI] + low * COST
    for pods in range(row[PODS], max_pods + 1):
        if hi < won_hi[pods] or (hi == won_hi[pods] and row[LO] < won_lo[pods] + ties):
            return True
    return False


@_compiled
def _sort(order: Any, size: Any, first: Any, second: Any, third: Any) -> None:
    """Put the first `size` places of `order` in order of three keys, then of place (Shell's sort)."""
    step = 1
    while step < size // 3:
        step = 3 * step + 1
    while step:
        for a in range(step, size):
            one = order[a]
            b = a
            while b >= step:
                other = order[b - step]
                if first[other] != first[one]:
                    later = first[other] > first[one]
                elif second[other] != second[one]:
                    later = second[other] > second[one]
                elif third[other] != third[one]:
                    later = third[other] > third[one]
                else:
                    later = other > one
                if not later:
                    break
                order[b] = other
                b -= step
            order[b] = one
        step //= 3


@_compiled
def _beats(
    one: Any, other: Any, scalars: Any, here: Any, gap_unit: Any, prot_unit: Any, rest_unit: Any
) -> Any:
    """Whether every way of finishing `other` is no better than finishing `one` the same way.

    Both are at the same moment with the same meetings placed. A minute of protected time, break
    or gap that `one` lacks costs at most one minute later, so it may lack what it is cheaper by.
    """
    if (
        one[MASK] != other[MASK]
        or one[PODS] != other[PODS]
        or one[KEPT] != other[KEPT]
        or one[KEPT_P] != other[KEPT_P]
    ):
        return False
    hi = one[HI]
    if one[SINCE] < other[SINCE] or other[SINCE] < 0:
        later = other[SINCE] - one[SINCE]
        cap = max(scalars[S_GAP], scalars[S_DAY_END], 300)
        if one[SINCE] < 0 or other[SINCE] < 0:
            if later:
                return False
        elif scalars[S_END] - here < cap - one[SINCE]:
            return False
        else:
            hi += (later + 59) // 60 * gap_unit
    if one[RUN] != other[RUN] and other[RUN] != 0:
        return False
    target = scalars[S_TARGET]
    mine, theirs = min(target, one[PROT]), min(target, other[PROT])
    if mine < theirs:
        hi += (theirs - mine + 59) // 60 * prot_unit
    if (one[PROT] < target or scalars[S_HELD_ALL] > 0) and (
        one[MADE] > other[MADE] or one[MADE] + one[HELD] > other[MADE] + other[HELD]
    ):
        return False
    rest = scalars[S_BREAK]
    if one[BREAK] < rest:
        lacking = max(other[BREAK] - one[BREAK], other[FREE] - one[FREE])
        if lacking > 0:
            if (rest - one[BREAK] + 59) // 60 > scalars[S_FLOOR_BREAK]:
                return False
            hi += (lacking + 59) // 60 * rest_unit
    return hi < other[HI] or (hi == other[HI] and one[LO] <= other[LO])
