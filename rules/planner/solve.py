"""The best arrangement of one day, and of the days of a week that share its team contacts."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from rules.diary import Day, in_order
from rules.event import Kind, Occurrence
from rules.interval import Interval
from rules.planner import kernel as k
from rules.planner.model import FAR, GRID, DayModel, Floors, Placement, build, weights
from rules.planner.plan import Numbers, Tier
from rules.planner.rights import Rights
from rules.policy import Policy
from rules.working_pattern import WorkingPattern

Score = tuple[int, ...]
"""The six numbers, then the ties: outside preferred hours, pieces, minutes created, earliness."""

WIDTHS = (64, 1_000, 1 << 30)
"""How many labels of one moment the search keeps: few at first, for a good day to beat, then all."""
MOST_LABELS = 10_000_000
"""How many labels are looked at for one day, about half a minute. Past it the search narrows."""
LABELS_A_SECOND = 200_000
"""How many labels fit in a second of the time that is left, on a slow machine."""

TimeLeft = Callable[[], float]
"""Tells how many seconds a search may still take."""


@dataclass(frozen=True)
class Option:
    """The best day with one number of team contacts more or fewer than the diary has."""

    score: Score
    placements: tuple[Placement, ...]
    removed: tuple[Occurrence, ...]


@dataclass(frozen=True)
class DayResult:
    """The best options of a day by change in team contacts, each with what none can go below."""

    options: Mapping[int, Option]
    bounds: Mapping[int, Score]

    def without_ties(self) -> "DayResult":
        """The same, as a search that does not tell ties apart sees it."""
        options = {
            pods: replace(each, score=_six(each.score)) for pods, each in self.options.items()
        }
        return DayResult(options, {pods: _six(each) for pods, each in self.bounds.items()})

    def unproved(self) -> "DayResult":
        """The same where not everything could be searched, so that nothing is known of better."""
        return DayResult(self.options, dict.fromkeys(self.bounds, (0,) * 10))

    @property
    def proved(self) -> bool:
        """Whether no day is better than its option, for every number of contacts."""
        return all(
            pods in self.options and bound >= self.options[pods].score
            for pods, bound in self.bounds.items()
        )


@dataclass(frozen=True)
class WeekResult:
    """The chosen option of each day, the score of the week, and its bound."""

    chosen: Mapping[date, Option]
    pods_missing: int
    score: Score
    bound: Score


def solve_day(
    day: Day,
    pattern: WorkingPattern,
    policy: Policy,
    rights: Rights,
    floors: Floors,
    new_pods: int,
    seed: DayResult | None = None,
    time_left: TimeLeft | None = None,
    elsewhere: Score | None = None,
) -> DayResult:
    """The best day for each change in the number of its team contacts.

    `seed` is the result of a lower tier, whose options are also options here. `elsewhere` is what
    one team contact more adds on another day of the week, where the week wants one: a day on
    which it adds more than that needs no such option. The search widens until nothing that was
    dropped could have won, or until time is up.
    """
    model = build(day, pattern, policy, rights, floors, new_pods)
    if rights.tier is not Tier.HOLDS:
        seed = seed and seed.without_ties()
    known = _known(model, seed, new_pods, policy, elsewhere)
    result, complete = _run(model, known, seed, WIDTHS[0], MOST_LABELS)
    for width in WIDTHS[1:]:
        seconds = FAR if time_left is None else time_left()
        if complete or seconds <= 0:
            break
        known = _known(model, result, new_pods, policy, elsewhere)
        most = min(MOST_LABELS, int(seconds * LABELS_A_SECOND))
        result, complete = _run(model, known, result, width, most)
    return result if model.whole else result.unproved()


def _six(score: Score) -> Score:
    return (*score[:6], *(0,) * 4)


def _known(
    model: DayModel,
    seed: DayResult | None,
    new_pods: int,
    policy: Policy,
    elsewhere: Score | None,
) -> list[Score]:
    """For each number of contacts the best known score; what is no better is not searched."""
    best: list[Score] = []
    cost, must = weights(policy, "pods")
    # one contact more is worth its minutes at most
    worth = (cost * policy.pod_minutes, must * policy.pod_minutes, *(0,) * 8)
    for pods in range(model.held_pods + new_pods + 1):
        option = seed.options.get(pods - model.held_pods) if seed else None
        limit = option.score if option else (_NEVER,) * 10
        if pods and best[-1][0] != _NEVER:
            limit = min(limit, _sum(best[-1], worth))
            if elsewhere is not None and pods == model.held_pods + 1:
                limit = min(limit, _sum(best[-1], elsewhere))
        best.append(limit)
    return best


_NEVER = 1 << 60


def _run(
    model: DayModel, known: list[Score], seed: DayResult | None, width: int, most: int
) -> tuple[DayResult, bool]:
    best = np.array([(*_packed(score), -1) for score in known], dtype=k.BEST)
    found = k.search(model.day, best, width, most)
    dropped = _unpacked(*found.dropped) if found.dropped[0] != k.NEVER else None
    options: dict[int, Option] = {}
    bounds: dict[int, Score] = {}
    complete = True
    for pods, (hi, lo, label) in enumerate(found.best.tolist()):
        change = pods - model.held_pods
        if label >= 0:
            options[change] = _read(model, found.labels, label, _unpacked(hi, lo))
        elif seed and change in seed.options and known[pods] == seed.options[change].score:
            options[change] = seed.options[change]
        best_here = options[change].score if change in options else known[pods]
        complete = complete and (dropped is None or dropped >= best_here)
        if change in options or (dropped is not None and dropped < best_here):
            bounds[change] = min(best_here, dropped or best_here)
    return DayResult(options, bounds), complete


def _packed(score: Score) -> tuple[int, int]:
    if score[0] == _NEVER:
        return k.NEVER, 0
    cost, must, told, changed, shifted, disturbed, unliked, pieces, created, early = score
    return (
        cost * k.COST + must * k.MUST + told * k.TOLD + changed,
        shifted * k.SHIFTED
        + disturbed * k.DISTURBED
        + unliked * k.UNLIKED
        + pieces * k.PIECES
        + created * k.CREATED
        + early,
    )


def _unpacked(hi: int, lo: int) -> Score:
    return (
        hi // k.COST,
        hi % k.COST // k.MUST,
        hi % k.MUST // k.TOLD,
        hi % k.TOLD,
        lo // k.SHIFTED,
        lo % k.SHIFTED // k.DISTURBED,
        lo % k.DISTURBED // k.UNLIKED,
        lo % k.UNLIKED // k.PIECES,
        lo % k.PIECES // k.CREATED,
        lo % k.CREATED,
    )


def _acts(labels: k.Array, label: int) -> Iterator[tuple[int, int, int, int]]:
    """What made a label, the last first."""
    while label >= 0:
        yield k.unpacked(int(labels["act"][label]))
        label = int(labels["parent"][label])


def _read(model: DayModel, labels: k.Array, label: int, score: Score) -> Option:
    placements: list[Placement] = []
    removed: set[str] = set()
    points = model.day.moments["at"]
    for kind, ref, place, cut in _acts(labels, label):
        if kind == k.ACT_STAY:
            meeting = model.meetings[ref]
            span = Interval(meeting.span.start, meeting.span.end - cut * GRID)
            placements.append(Placement(span, meeting=meeting))
        elif kind == k.ACT_MOVE:
            meeting = model.meetings[ref]
            start = model.at(points[place])
            span = Interval(start, start + (meeting.span.end - meeting.span.start) - cut * GRID)
            placements.append(Placement(span, meeting=meeting))
        elif kind == k.ACT_POD:
            start = model.at(points[place])
            end = model.at(points[place] + model.day.terms.pod)
            placements.append(Placement(Interval(start, end), hold=Kind.POD))
        elif kind == k.ACT_PROTECT:
            span = Interval(model.at(points[place]), model.at(points[ref]))
            placements.append(Placement(span, hold=Kind.PROTECTED))
        elif kind == k.ACT_REMOVE:
            removed.add(model.holds[ref].id)
    placed = [each for each in placements if each.hold or each.span.start != _home(each)]
    gone = tuple(
        hold
        for hold in model.holds
        if hold.id in removed or any(hold.span.overlaps(each.span) for each in placed)
    )
    return Option(score, tuple(sorted(placements, key=lambda each: each.span)), gone)


def _home(placement: Placement) -> object:
    return placement.meeting.span.start if placement.meeting else None


def settle(
    day: Day,
    pattern: WorkingPattern,
    policy: Policy,
    rights: Rights,
    floors: Floors,
    option: Option,
) -> Option:
    """The same option with its new holds where they are best among equals.

    The meetings stay where the option puts them, and the day's holds are placed again: first in
    the leader's preferred hours, then in fewer pieces, then earlier.
    """
    meetings = tuple(each for each in option.placements if each.meeting)
    spans = {each.meeting.id: each.span for each in meetings if each.meeting}
    elsewhere = [each.span for each in meetings if each.span.start != _home(each)]
    gone = tuple(
        hold for hold in option.removed if any(hold.span.overlaps(span) for span in elsewhere)
    )
    arranged = replace(
        day,
        appointments=in_order(
            _placed(each, spans) for each in day.appointments if each not in gone
        ),
        around=tuple(each for each in day.around if each not in gone),
    )
    added = sum(each.hold is Kind.POD for each in option.placements)
    removed = sum(each.kind is Kind.POD for each in option.removed if each not in gone)
    only_holds = replace(rights, tier=Tier.HOLDS)
    again = solve_day(arranged, pattern, policy, only_holds, floors, max(0, added - removed))
    best = again.options.get(added - removed)
    if best is None:
        return option
    return Option(option.score, (*meetings, *best.placements), (*gone, *best.removed))


def _placed(each: Occurrence, spans: Mapping[str, Interval]) -> Occurrence:
    span = spans.get(each.id)
    return each if span is None else replace(each, start=span.start, end=span.end)


def combine(results: Mapping[date, DayResult], policy: Policy, wanted: int) -> WeekResult:
    """The best choice of one option a day, where `wanted` more team contacts are asked of the week.

    Scores add up and are compared in order, so the days are joined one at a time, keeping the
    best for each number of contacts so far.
    """
    cost, must = weights(policy, "pods")
    days = sorted(results)
    zero: Score = (0,) * 10
    best: dict[int, tuple[Score, tuple[Option, ...]]] = {0: (zero, ())}
    least: dict[int, Score] = {0: zero}
    for day in days:
        joined: dict[int, tuple[Score, tuple[Option, ...]]] = {}
        for pods, (score, chosen) in sorted(best.items(), reverse=True):
            for change, option in results[day].options.items():
                total = _sum(score, option.score)
                if pods + change not in joined or total < joined[pods + change][0]:
                    joined[pods + change] = (total, (*chosen, option))
        best = joined
        least = _least(least, results[day].bounds)

    def ended(pods: int, score: Score) -> Score:
        minutes = max(0, wanted - pods) * policy.pod_minutes
        return (score[0] + cost * minutes, score[1] + must * minutes, *score[2:])

    pods = min(best, key=lambda each: (ended(each, best[each][0]), abs(each - wanted)))
    score, chosen = best[pods]
    bound = min(ended(each, low) for each, low in least.items())
    return WeekResult(
        dict(zip(days, chosen, strict=True)), max(0, wanted - pods), ended(pods, score), bound
    )


def _least(so_far: Mapping[int, Score], bounds: Mapping[int, Score]) -> dict[int, Score]:
    joined: dict[int, Score] = {}
    for pods, low in so_far.items():
        for change, bound in bounds.items():
            total = _sum(low, bound)
            joined[pods + change] = min(joined.get(pods + change, total), total)
    return joined


def _sum(one: Sequence[int], other: Sequence[int]) -> Score:
    return tuple(a + b for a, b in zip(one, other, strict=True))


def numbers(score: Score) -> Numbers:
    """The six numbers of a score, without its ties."""
    return Numbers(*score[:6])
