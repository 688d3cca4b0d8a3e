"""The best plan of a small diary by trying them all.

Everything a plan may do on a day is enumerated: which of Clearway's own pods stay, where new ones
go, what becomes of each meeting that the leader may change, which protected holds stay, and where
at most two new pieces go. Only these shortcuts are taken, each sound on its face:

* a partial plan is dropped when its numbers so far (prices, and what nothing later can mend)
  already are no better than a plan that was found;
* a pod beyond the number the week asks for is never created, and a new protected piece is never
  longer than the day's target: without the surplus the plan is legal, and no number is worse;
* gap, break and end-of-day holds change no number, so they are never created, and the existing
  ones are disturbed only where something new lies on them.

Days touch each other only through the pods of their week. The six numbers are compared in order,
and such an order survives addition, so the best of a week is put together from the best of each
day for each number of pods.

Times are minutes from the start of the window; sets of minutes are the bits of an int.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import chain, combinations, pairwise

from rules.diary import Diary
from rules.event import Kind, Occurrence, ScoredAs
from rules.planner.plan import Tier
from rules.policy import Policy, Severity
from rules.working_pattern import Window
from tests.oracle.rights import (
    GRID,
    PIECES_A_DAY,
    cuts_of,
    frozen_until,
    is_changeable,
    is_firm,
    is_own_hold,
)
from tests.oracle.score import (
    bits,
    break_bits,
    counted_windows,
    day_of,
    is_appointment,
    is_protected,
    is_timed,
    local_day,
    minute,
    monday_of,
    runs,
    smallest_piece,
    takes_room,
    times,
)

Six = tuple[int, int, int, int, int, int]
Span = tuple[int, int]
Table = dict[int, Six]
"""The best numbers of a day for each number of pods on it, what the week lacks left out."""

ZERO: Six = (0, 0, 0, 0, 0, 0)
COUNTS = (Severity.MUST, Severity.SHOULD)


@dataclass(frozen=True)
class Option:
    """One thing that may become of a meeting."""

    start: int
    end: int
    shifted: int
    moved: bool

    @property
    def changed(self) -> bool:
        return self.shifted > 0


@dataclass(frozen=True)
class Meeting:
    """A meeting that may change, with everything that may become of it; staying comes first."""

    id: str
    uid: str
    start: int
    price: int
    people: int
    options: tuple[Option, ...]


@dataclass(frozen=True)
class Witness:
    """How numbers come about, so that they can be checked by carrying it out."""

    options: tuple[Option, ...]
    new_pods: tuple[Span, ...]
    gone: tuple[str, ...]
    pieces: tuple[Span, ...]


def best(
    diary: Diary,
    policy: Policy,
    now: datetime,
    tier: Tier,
    keep: frozenset[str] = frozenset(),
    unwanted: frozenset[tuple[date, Kind]] = frozenset(),
) -> Six:
    """The smallest six numbers that any legal plan has."""
    keep |= pinned(diary, unwanted)
    weeks: dict[date, list[Window]] = {}
    for window in counted_windows(diary, now):
        weeks.setdefault(monday_of(window.day), []).append(window)
    total = ZERO
    for first, windows in weeks.items():
        tables = [
            DaySearch(diary, policy, now, tier, keep, window, unwanted).table()
            for window in windows
        ]
        total = _add(total, _best_week(diary, policy, first, windows, tables))
    return total


def pinned(diary: Diary, unwanted: frozenset[tuple[date, Kind]]) -> frozenset[str]:
    """The pieces and pods on a day on which a person gave up others of their kind."""
    return frozenset(
        each.id
        for each in diary.occurrences
        if is_timed(each)
        and each.kind in (Kind.PROTECTED, Kind.POD)
        and (day_of(each, diary.pattern), each.kind) in unwanted
    )


def _best_week(
    diary: Diary, policy: Policy, first: date, windows: list[Window], tables: list[Table]
) -> Six:
    """The best sum over the days of a week, with the pods it then lacks."""
    sums: Table = {pods_elsewhere(diary, first, [window.day for window in windows]): ZERO}
    for table in tables:
        joined: Table = {}
        for before, numbers in sums.items():
            for count, more in table.items():
                both = _add(numbers, more)
                joined[before + count] = min(joined.get(before + count, both), both)
        sums = joined
    return min(_add(numbers, _lack(policy, count)) for count, numbers in sums.items())


def pods_elsewhere(diary: Diary, first: date, days: Sequence[date]) -> int:
    """The pods of a week that lie on none of the days that are planned."""
    return sum(
        each.kind is Kind.POD
        and monday_of(local_day(each.span.start, diary.pattern.zone)) == first
        and day_of(each, diary.pattern) not in days
        for each in diary.occurrences
        if is_appointment(each)
    )


def _lack(policy: Policy, count: int) -> Six:
    missing = max(0, policy.pods_per_week - count) * policy.pod_minutes
    severity = policy.pods_severity
    must = missing if severity is Severity.MUST else 0
    return (missing if severity in COUNTS else 0, must, 0, 0, 0, 0)


def _add(one: Six, two: Six) -> Six:
    a, b, c, d, e, f = (x + y for x, y in zip(one, two, strict=True))
    return a, b, c, d, e, f


def _minute_after(moment: datetime) -> int:
    """The first whole minute at or after a moment."""
    return minute(moment) + (moment.timestamp() % 60 > 0)


def _overlap(one: Span, two: Span) -> bool:
    return one[0] < two[1] and two[0] < one[1]


def _hits(span: Span, others: Sequence[Span]) -> bool:
    return any(span[0] < end and start < span[1] for start, end in others)


def _subsets(items: Sequence[int]) -> Iterator[tuple[int, ...]]:
    return chain.from_iterable(combinations(items, size) for size in range(len(items) + 1))


class DaySearch:
    """All plans of one day."""

    def __init__(
        self,
        diary: Diary,
        policy: Policy,
        now: datetime,
        tier: Tier,
        keep: frozenset[str],
        window: Window,
        unwanted: frozenset[tuple[date, Kind]] = frozenset(),
    ) -> None:
        self.new_pieces = (window.day, Kind.PROTECTED) not in unwanted
        self.new_contacts = (window.day, Kind.POD) not in unwanted
        self.policy, self.tier = policy, tier
        self.origin = minute(window.span.start)
        self.length = minute(window.span.end) - self.origin
        self.not_before = _minute_after(now) - self.origin
        self.thawed = _minute_after(frozen_until(policy, now)) - self.origin
        self.target = policy.protected_target(window.contracted)
        self.piece = smallest_piece(policy, self.target)
        self.break_bits = break_bits(window, policy, diary.pattern.zone)
        self.inside = bits(0, self.length)
        self.grid = [t for t in range(self.length) if (t + self.origin) % GRID == 0]
        self.results: Table = {}
        self.witness: dict[int, Witness] = {}
        self._sort(diary, now, keep, window)
        self._set_floors()

    # -- what lies on the day -------------------------------------------------------------------

    def _sort(self, diary: Diary, now: datetime, keep: frozenset[str], window: Window) -> None:
        """Sort the occurrences by what a plan may do with them."""
        self.blocks: list[Span] = []  # never moves, and nothing new may lie on it
        self.mine: list[Span] = []  # appointments of this day that never change
        self.foreign: list[Span] = []  # appointments of other days that reach into the window
        self.pods: list[Span] = []  # own pods
        self.fixed_pods = 0
        self.soft: list[Span] = []  # own gap, break and end-of-day holds
        self.ids: dict[Kind, list[str]] = {}  # of own holds, in the order of these three lists
        self.protected: list[Span] = []  # own protected holds
        self.anchors: list[Span] = []  # protected holds that stay whatever happens
        self.fixed_pieces = 0  # those of them that are not firm
        self.series: dict[str, list[int]] = {}  # starts of members of a series that never change
        movable: list[Occurrence] = []
        for each in filter(takes_room, diary.occurrences):
            of_day = is_appointment(each) and day_of(each, diary.pattern) == window.day
            if not of_day and not _overlap(self._span(each), (0, self.length)):
                continue
            if of_day and is_changeable(each, self.policy, now, keep) and self.tier != Tier.HOLDS:
                movable.append(each)
            elif is_own_hold(each, now, keep) and (of_day or each.scored_as is ScoredAs.HOLD):
                self._sort_own(each)
            else:
                self._sort_fixed(each, of_day, is_firm(each, keep))
        self.meetings = [self._meeting(each) for each in movable]

    def _sort_own(self, each: Occurrence) -> None:
        lists = {Kind.POD: self.pods, Kind.PROTECTED: self.protected}
        kind = each.kind if each.kind in lists else Kind.GAP
        assert kind is not None
        lists.get(kind, self.soft).append(self._span(each))
        self.ids.setdefault(kind, []).append(each.id)

    def _sort_fixed(self, each: Occurrence, of_day: bool, firm: bool) -> None:
        span = self._span(each)
        self.blocks.append(span)
        if of_day:
            self.mine.append(span)
            self.fixed_pods += each.kind is Kind.POD
            self.series.setdefault(each.uid, []).append(span[0])
        elif is_appointment(each):
            self.foreign.append(span)
        elif is_protected(each):
            self.anchors.append(span)
            self.fixed_pieces += not firm

    def _span(self, each: Occurrence) -> Span:
        start, end = times(each)
        return start - self.origin, end - self.origin

    def _meeting(self, each: Occurrence) -> Meeting:
        start, end = self._span(each)
        options = [Option(start, end, 0, False)]
        cuts = cuts_of(each, self.policy)
        options += [Option(start, end - cut, cut, False) for cut in cuts]
        inside = start >= 0 and end <= self.length
        if self.tier is Tier.MOVE and inside and not each.external:
            options += self._moves(start, end, cuts)
        price = self.policy.price_meeting + self.policy.price_person * each.other_people
        return Meeting(each.id, each.uid, start, price, each.other_people, tuple(options))

    def _moves(self, start: int, end: int, cuts: list[int]) -> Iterator[Option]:
        for cut in (0, *cuts):
            for new in self.grid:
                last = new + end - start - cut
                if new == start or new < self.thawed or last > self.length:
                    continue
                if not _hits((new, last), self.blocks):
                    yield Option(new, last, abs(new - start) + cut, True)

    def _set_floors(self) -> None:
        """What the diary has now, which no plan may make worse."""
        today = [(m.start, m.options[0].end) for m in self.meetings]
        booked = self.mine + self.pods + today
        self.floor_end = self._end_missing(booked)
        held = self._mask(self.anchors + self.protected)
        self.floor_break = self._break_missing(self._mask(booked + self.foreign) | held)

    # -- the rules -------------------------------------------------------------------------------

    def _mask(self, spans: Sequence[Span]) -> int:
        mask = 0
        for start, end in spans:
            mask |= bits(start, end)
        return mask & self.inside

    def _gap_missing(self, booked: list[Span]) -> int:
        total, latest = 0, None
        for start, end in sorted(booked):
            if latest is not None and start >= latest:
                total += max(0, self.policy.gap_minutes - (start - latest))
            latest = end if latest is None else max(latest, end)
        return total

    def _end_missing(self, booked: list[Span]) -> int:
        latest = max((min(b, self.length) for a, b in booked if a < self.length), default=0)
        return max(0, latest - (self.length - self.policy.end_of_day_minutes))

    def _break_missing(self, taken: int) -> int:
        if not self.break_bits:
            return 0
        free = max(runs(self.break_bits & ~taken), default=0)
        return max(0, self.policy.break_minutes - free)

    def _protected_missing(self, held: int) -> int:
        return max(0, self.target - sum(run for run in runs(held) if run >= self.piece))

    def _counted(self, rule: str, missing: int) -> int:
        return missing if self.policy.severity(rule) in COUNTS else 0

    def _must(self, rule: str, missing: int) -> int:
        return missing if self.policy.severity(rule) is Severity.MUST else 0

    # -- pods ------------------------------------------------------------------------------------

    def table(self) -> Table:
        """The best numbers for each number of pods on the day."""
        for stay in sorted(_subsets(range(len(self.pods))), key=len, reverse=True):
            kept = [self.pods[index] for index in stay]
            self.pods_gone = [i for i in range(len(self.pods)) if i not in stay]
            for new in self._new_pods(kept):
                self._meetings(kept, new)
        return self.results

    def _new_pods(self, kept: list[Span]) -> Iterator[list[Span]]:
        """No new pod, one, or more up to what a week asks for, wherever pods may be created."""
        yield []
        if self.policy.pods_severity not in COUNTS or not self.new_contacts:
            return
        length, taken = self.policy.pod_minutes, self.blocks + kept
        places = [
            (start, start + length)
            for start in self.grid
            if start >= self.not_before
            and start + length <= self.length
            and not _hits((start, start + length), taken)
        ]
        most = self.policy.pods_per_week - len(kept) - self.fixed_pods
        for count in range(1, most + 1):
            for chosen in combinations(places, count):
                if all(a[1] <= b[0] for a, b in pairwise(chosen)):
                    yield list(chosen)

    # -- meetings --------------------------------------------------------------------------------

    def _meetings(self, kept: list[Span], new: list[Span]) -> None:
        """Each meeting in turn takes each of its options."""
        self.pods_there, self.pods_new = kept + new, new
        self.count = len(self.pods_there) + self.fixed_pods
        self._choose([], (0, 0, 0, 0, 0, len(self.pods_gone)))

    def _choose(self, chosen: list[Option], spent: Six) -> None:
        if not self._may_win(spent):
            return
        if len(chosen) == len(self.meetings):
            self._evaluate(chosen, spent)
            return
        meeting = self.meetings[len(chosen)]
        for option in meeting.options:
            if self._fits(option, chosen) and self._in_series(meeting, option, chosen):
                price: Six = (meeting.price, 0, meeting.people, 1, option.shifted, 0)
                extra = price if option.changed else ZERO
                self._choose([*chosen, option], _add(spent, extra))

    def _may_win(self, least: Six) -> bool:
        """Whether a plan with at least these numbers could beat the best with as many pods."""
        return self.count not in self.results or least < self.results[self.count]

    def _fits(self, option: Option, chosen: list[Option]) -> bool:
        """Nothing that is moved or created may lie on anything at the end of the plan."""
        span = (option.start, option.end)
        if _hits(span, self.pods_there if option.moved else self.pods_new):
            return False
        return not any(
            (option.moved or other.moved) and _overlap(span, (other.start, other.end))
            for other in chosen
        )

    def _in_series(self, meeting: Meeting, option: Option, chosen: list[Option]) -> bool:
        """A member of a series stays on its side of every other member."""
        fixed = self.series.get(meeting.uid, ())
        if any((s < meeting.start) != (s < option.start) for s in fixed if s != meeting.start):
            return False
        for other, placed in zip(self.meetings, chosen, strict=False):
            if other.uid == meeting.uid and other.start != meeting.start:
                if (other.start < meeting.start) != (placed.start < option.start):
                    return False
        return True

    # -- holds -----------------------------------------------------------------------------------

    def _evaluate(self, chosen: list[Option], spent: Six) -> None:
        """With the appointments in place: the rules they decide alone, then every choice of holds."""
        booked = self.mine + self.pods_there + [(o.start, o.end) for o in chosen]
        gap, end = self._gap_missing(booked), self._end_missing(booked)
        if end > self.floor_end:
            return
        cost = self._counted("gap", gap) + self._counted("end_of_day", end)
        must = self._must("gap", gap) + self._must("end_of_day", end)
        self.base = _add(spent, (cost, must, 0, 0, 0, 0))
        if not self._may_win(self.base):
            return
        self.chosen = chosen
        self.placed = self.pods_new + [(o.start, o.end) for o in chosen if o.moved]
        self.appointments = self._mask(booked + self.foreign)
        forced = {i for i, hold in enumerate(self.protected) if _hits(hold, self.placed)}
        for gone in _subsets(range(len(self.protected))):
            if forced <= set(gone):
                self._holds(gone)

    def _holds(self, gone: tuple[int, ...]) -> None:
        """Some protected holds are gone, the others stay: try every choice of new pieces."""
        kept = [hold for index, hold in enumerate(self.protected) if index not in gone]
        self.held = self._mask(self.anchors + kept)
        self.gone = gone
        blocked = self._mask(self.blocks + kept) | self.appointments
        room = PIECES_A_DAY - len(kept) - self.fixed_pieces
        self._record(())
        if room < 1 or self.policy.protected_severity not in COUNTS or not self.new_pieces:
            return
        free = self.inside & ~blocked & ~bits(0, self.not_before)
        if not self._may_improve(free.bit_count()):
            return
        pieces = list(self._pieces(free, self.anchors + kept))
        for piece in pieces:
            self._record((piece,))
        if room > 1:
            self._pairs(pieces)

    def _pairs(self, pieces: list[Span]) -> None:
        """Every two new pieces. One that cannot win beside the longest, were nothing else between
        them and the target, is in no pair: a second piece leaves no more room for the break."""
        longest = max((end - start for start, end in pieces), default=0)
        fit = [one for one in pieces if self._may_improve(one[1] - one[0] + longest, one)]
        for index, one in enumerate(fit):
            if not self._may_improve(2 * (one[1] - one[0])):
                break
            for two in fit[index + 1 :]:
                if not self._may_improve(one[1] - one[0] + two[1] - two[0]):
                    break
                if not _overlap(one, two):
                    self._record((one, two))

    def _may_improve(self, most: int, *pieces: Span) -> bool:
        """Whether that many more minutes of protected time, these pieces among them, could win."""
        held = (self.held & ~self.appointments).bit_count()
        lost = max(0, self.target - held - most)
        rest = self._break_missing(self.appointments | self.held | self._mask(pieces))
        disturbed = len(self.gone) + len(self._disturbed(pieces))
        return self._may_win(self._total(lost, rest, disturbed))

    def _disturbed(self, pieces: Sequence[Span]) -> list[int]:
        """Which existing gap, break and end-of-day holds lie under something new."""
        new = [*self.placed, *pieces]
        return [index for index, hold in enumerate(self.soft) if _hits(hold, new)]

    def _pieces(self, free: int, anchors: list[Span]) -> list[Span]:
        """Every new piece, the longest first: on the grid, where nothing is, no longer than the
        target, and shorter than the smallest piece only beside a protected hold that stays."""
        found = []
        begins, ends = {b for _, b in anchors}, {a for a, _ in anchors}
        for start in self.grid:
            for end in range(start + GRID, start + self.target + 1, GRID):
                if bits(start, end) & ~free:
                    break
                if end - start >= self.piece or start in begins or end in ends:
                    found.append((start, end))
        return sorted(found, key=lambda piece: piece[0] - piece[1])

    def _record(self, pieces: tuple[Span, ...]) -> None:
        """Count a whole plan of the day, and keep it if it is the best with as many pods."""
        held = self.held | self._mask(pieces)
        rest = self._break_missing(self.appointments | held)
        if rest > self.floor_break:
            return
        lost = self._protected_missing(held & ~self.appointments)
        disturbed = len(self.gone) + len(self._disturbed(pieces))
        found = self._total(lost, rest, disturbed)
        if self._may_win(found):
            self.results[self.count] = found
            self.witness[self.count] = self._witness(pieces)

    def _witness(self, pieces: tuple[Span, ...]) -> Witness:
        gone = {
            Kind.POD: self.pods_gone,
            Kind.PROTECTED: self.gone,
            Kind.GAP: self._disturbed(pieces),
        }
        ids = [self.ids[kind][index] for kind, indices in gone.items() for index in indices]
        return Witness(tuple(self.chosen), tuple(self.pods_new), tuple(ids), pieces)

    def _total(self, lost: int, rest: int, disturbed: int) -> Six:
        """The numbers of the appointments in place, with those that the holds decide."""
        cost = self._counted("protected", lost) + self._counted("break", rest)
        must = self._must("protected", lost) + self._must("break", rest)
        return _add(self.base, (cost, must, 0, 0, 0, disturbed))
