"""Small random days: short windows and few meetings, but every awkward thing a diary can have."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

from rules.diary import Diary, in_order
from rules.event import Kind, Occurrence, ScoredAs, ShowAs, Status
from rules.planner.plan import Tier
from rules.policy import Policy, Severity
from rules.working_pattern import Shift, Window, WorkingPattern
from tests.oracle.rights import is_changeable

LONDON = ZoneInfo("Europe/London")
DAYS = (
    date(2026, 11, 25),
    date(2026, 6, 10),
    date(2026, 3, 28),
    date(2026, 10, 24),
    date(2026, 3, 29),
)
"""Winter, summer, the nights of both clock changes, and a Sunday with one.

A shift from Sunday into Monday is left out: its pods would count in two weeks.
"""
PRICES = ((1, 5), (1, 5), (1, 5), (0, 0), (0, 0), (0, 5), (1, 0), (2, 10), (10, 60))
SHIFTS = (
    ("09:00", "12:00", 120, 240),
    ("13:30", "16:00", 120, 210),
    ("08:50", "11:30", 120, 240),
    ("09:07", "11:47", 120, 200),
    ("22:30", "01:30", 120, 240),
    ("00:15", "03:15", 120, 240),
    ("09:00", "13:00", 120, 240),
    ("09:00", "15:05", 120, 240),
    ("20:00", "02:30", 120, 240),
)
"""Start, end, and the limits of the paid minutes; the last two are long enough for a break."""
MOST_CHANGEABLE = 3
SHORT = 3 * 60
"""A window of at most so many minutes can be searched with one more meeting or pod."""


@dataclass(frozen=True)
class Case:
    """One question for a planner. `repr` of the seed is all that is needed to ask it again."""

    seed: int
    diary: Diary
    policy: Policy
    now: datetime
    tier: Tier
    keep: frozenset[str]


def small_day(seed: int, tier: Tier | None = None) -> Case:
    """A day of two to six and a half hours; the longer it is, the less of it may change."""
    return _Maker(seed).case(tier)


def small_week(seed: int) -> Case:
    """Two or three short days of one week that share its pods."""
    return _Maker(seed).week()


def tight_day(seed: int) -> Case:
    """A morning that is too full, all of it the leader's own, where time counts twice: protected
    time that may go lies over somebody's own, and members of a series begin together."""
    return _Tight(seed).case(Tier.MOVE)


class _Maker:
    name = ""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.random = Random(f"clearway {self.name}{seed}")
        self.count = 0

    def case(self, tier: Tier | None) -> Case:
        self.policy = self._policy()
        day = self.random.choice(DAYS)
        shifts = tuple(each for each in SHIFTS if day.weekday() < 6 or each[0] < each[1])
        pattern = WorkingPattern(LONDON, ((None,) * 7,), exceptions={day: self._shift(shifts)})
        window = pattern.window(day)
        if window and window.span.minutes > SHORT:
            self.policy = replace(self.policy, pods_per_week=1)
        tier = tier or self.random.choice((Tier.HOLDS, Tier.SHORTEN, Tier.MOVE, Tier.MOVE))
        return self._finish(pattern, [day], tier, MOST_CHANGEABLE)

    def week(self) -> Case:
        day = DAYS[0]
        days = [day + timedelta(days=step) for step in range(self.random.choice((2, 2, 3)))]
        self.policy = replace(
            self._policy(), pods_severity=Severity.MUST, pods_per_week=self.random.choice((1, 2))
        )
        shifts = {each: self._shift(SHIFTS[:5]) for each in days}
        pattern = WorkingPattern(LONDON, ((None,) * 7,), exceptions=shifts)
        return self._finish(pattern, days, Tier.MOVE, 3 - self.policy.pods_per_week)

    def _finish(self, pattern: WorkingPattern, days: list[date], tier: Tier, most: int) -> Case:
        found: list[Occurrence] = []
        windows = [window for day in days if (window := pattern.window(day))]
        now = self._now(windows[0])
        for window in windows:
            found += self._contents(window, now, self._most(window, most))
        found += self._around(windows[0])
        keep = frozenset(each.id for each in found if self._chance(0.04))
        first = days[0] - timedelta(days=days[0].weekday())
        whole = self._chance(0.3)
        diary = Diary(
            in_order(found),
            pattern,
            first if whole else days[0],
            first + timedelta(days=7) if whole else days[-1] + timedelta(days=1),
        )
        return Case(self.seed, diary, self.policy, now, tier, keep)

    def _most(self, window: Window, most: int) -> int:
        """How many meetings may change before a search of them all takes too long."""
        free = self.policy.price_meeting + self.policy.price_person == 0
        long = window.span.minutes > SHORT
        return most - free - long

    def _policy(self) -> Policy:
        choose = self.random.choice
        person, meeting = choose(PRICES)
        severities = (Severity.MUST,) * 6 + (Severity.SHOULD, Severity.NUDGE, Severity.OFF)
        return Policy(
            gap_minutes=choose((10, 10, 10, 15, 12, 20)),
            protected_piece=choose((30, 30, 45, 60)),
            pods_per_week=choose((1, 1, 2)),
            pod_minutes=choose((15, 20, 20)),
            break_minutes=choose((30, 30, 45, 60)),
            end_of_day_minutes=choose((0, 10, 10, 10, 25)),
            gap_severity=choose(severities),
            protected_severity=choose(severities),
            pods_severity=choose((Severity.MUST, Severity.SHOULD, Severity.OFF)),
            break_severity=choose((Severity.SHOULD, Severity.SHOULD, Severity.MUST)),
            end_of_day_severity=choose((Severity.SHOULD, Severity.SHOULD, Severity.MUST)),
            price_person=person,
            price_meeting=meeting,
            freeze_hours=choose((24, 24, 0, 2)),
            shortest_meeting=choose((15, 15, 20, 30)),
        )

    def _shift(self, shifts: tuple[tuple[str, str, int, int], ...]) -> Shift:
        start, end, low, high = self.random.choice(shifts)
        paid = self.random.randrange(low, high + 1, 5)
        return Shift(time.fromisoformat(start), time.fromisoformat(end), paid)

    def _now(self, window: Window) -> datetime:
        """Mostly days before; sometimes just before the window or in the middle of it."""
        start, end = window.span.start, window.span.end
        if self._chance(0.65):
            return start - timedelta(days=self.random.randint(2, 6))
        if self._chance(0.3):
            return start - timedelta(minutes=self.random.randint(1, 300))
        into = self.random.randint(0, (end - start) // timedelta(minutes=1) * 2 // 3)
        return start + timedelta(minutes=into, seconds=self.random.choice((0, 0, 30)))

    # -- contents --------------------------------------------------------------------------------

    def _contents(self, window: Window, now: datetime, most: int) -> list[Occurrence]:
        """Meetings first, then holds and own time anywhere, on top of them or not."""
        few = window.span.minutes <= 6 * 60
        meetings = [self._meeting(window) for _ in range(self.random.choice((1, 2, 3, 4, 4, 5)))]
        if not few:
            meetings += [self._booked(window) for _ in range(self.random.randint(0, 2))]
        for before in range(len(meetings) - 1):
            if self._chance(0.4):
                meetings[before + 1] = self._follow(meetings[before], meetings[before + 1])
        apart = len(meetings) > 1 and meetings[0].start != meetings[1].start
        if apart and self._chance(0.2):
            meetings[1] = replace(meetings[1], uid=meetings[0].uid, recurrence_id=meetings[1].start)
            meetings[0] = replace(meetings[0], recurrence_id=meetings[0].start)
        found = self._limit(meetings, now, most)
        found += [self._hold(window) for _ in range(self.random.choice((0, 0, 1, 1, 2, 3)))]
        if self._chance(0.35):
            found += [self._pod(window) for _ in range(self.random.choice((1, 1, 2)))]
        if self._chance(0.35):
            found.append(self._own_time(window))
        if self._chance(0.1):
            found.append(self._shown_free(window))
        return found

    def _limit(self, meetings: list[Occurrence], now: datetime, most: int) -> list[Occurrence]:
        """The search is exhaustive, so only so many meetings may change: others organise the rest."""
        found = []
        for each in meetings:
            if is_changeable(each, self.policy, now, frozenset()):
                most -= 1
                if most < 0:
                    each = replace(each, organizer=False)
            found.append(each)
        return found

    def _meeting(self, window: Window) -> Occurrence:
        length = self.random.choice((15, 20, 25, 30, 30, 45, 50, 60, 37))
        start, end = self._span(window, length, before=20, after=15)
        choose = self.random.choice
        kind = Kind.CLINICAL if self._chance(0.05) else None
        if self._chance(0.04):
            kind = Kind.ONE_TO_ONE
        changed = None
        if self._chance(0.06):
            changed = window.span.start - timedelta(days=choose((8, 20, 27, 28, 35)))
        return Occurrence(
            self._uid(),
            start,
            end,
            ScoredAs.APPOINTMENT,
            show_as=choose((ShowAs.BUSY, ShowAs.BUSY, ShowAs.TENTATIVE)),
            organizer=self._chance(0.75),
            other_people=choose((0, 1, 1, 2, 2, 3, 5, 8)),
            external=self._chance(0.15),
            kind=kind,
            firm=self._chance(0.04),
            locked=self._chance(0.05),
            changed=changed,
        )

    def _follow(self, first: Occurrence, second: Occurrence) -> Occurrence:
        """The second meeting straight after the first, or nearly."""
        start = first.span.end + timedelta(minutes=self.random.choice((0, 0, 0, 3, 5, 7)))
        return replace(second, start=start, end=start + (second.span.end - second.span.start))

    def _booked(self, window: Window) -> Occurrence:
        """A long meeting of somebody else, to leave little room for a break."""
        start, end = self._span(window, self.random.choice((75, 90, 120)), before=0, after=0)
        return Occurrence(self._uid(), start, end, ScoredAs.APPOINTMENT, other_people=4)

    def _hold(self, window: Window) -> Occurrence:
        kinds = (Kind.PROTECTED,) * 5 + (Kind.GAP, Kind.GAP, Kind.BREAK, Kind.END_OF_DAY)
        kind = self.random.choice((*kinds, Kind.LEARNING))
        length = self.random.choice((15, 30, 30, 45, 60))
        if kind is Kind.GAP:
            length = 10
        start, end = self._span(window, length, before=15, after=15)
        return Occurrence(
            self._uid(),
            start,
            end,
            ScoredAs.HOLD,
            kind=kind,
            organizer=True,
            firm=self._chance(0.35),
        )

    def _pod(self, window: Window) -> Occurrence:
        start, end = self._span(window, self.policy.pod_minutes, before=20, after=20)
        return Occurrence(
            self._uid(),
            start,
            end,
            ScoredAs.APPOINTMENT,
            kind=Kind.POD,
            organizer=True,
            other_people=self.random.choice((0, 3)),
            firm=self._chance(0.3),
        )

    def _own_time(self, window: Window) -> Occurrence:
        start, end = self._span(window, self.random.choice((10, 20, 30, 45)), before=20, after=20)
        return Occurrence(
            self._uid(),
            start,
            end,
            ScoredAs.OWN_TIME,
            private=self._chance(0.5),
            organizer=True,
            kind=self.random.choice((None, None, Kind.TRAVEL, Kind.CHECK_IN)),
        )

    def _shown_free(self, window: Window) -> Occurrence:
        start, end = self._span(window, 60, before=20, after=20)
        return Occurrence(
            self._uid(), start, end, ScoredAs.NONE, show_as=ShowAs.FREE, organizer=True
        )

    def _around(self, window: Window) -> list[Occurrence]:
        """What lies outside the day and still matters, or must not."""
        found = []
        start = window.span.start
        if start.astimezone(LONDON).hour == 0 and self._chance(0.6):
            reach = self.random.choice((-5, 10, 25, 40))
            found.append(
                Occurrence(
                    self._uid(),
                    start - timedelta(minutes=50),
                    start + timedelta(minutes=reach),
                    ScoredAs.APPOINTMENT,
                    other_people=2,
                )
            )
        if self._chance(0.3):
            pod = datetime.combine(window.day - timedelta(days=1), time(12), UTC)
            found.append(
                Occurrence(
                    self._uid(),
                    pod,
                    pod + timedelta(minutes=20),
                    ScoredAs.APPOINTMENT,
                    kind=Kind.POD,
                    firm=self._chance(0.5),
                    organizer=True,
                )
            )
        if self._chance(0.1):
            found.append(
                Occurrence(
                    self._uid(),
                    window.day,
                    window.day + timedelta(days=1),
                    ScoredAs.NONE,
                    show_as=self.random.choice((ShowAs.FREE, ShowAs.BUSY)),
                    status=Status.CONFIRMED,
                )
            )
        return found

    # -- dice ------------------------------------------------------------------------------------

    def _span(
        self, window: Window, length: int, before: int, after: int
    ) -> tuple[datetime, datetime]:
        """Somewhere on the day, a little outside the window at times, every fourth off the grid."""
        minutes = window.span.minutes
        outside = self._chance(0.15)
        low = -before if outside else 0
        high = max(low, minutes - length + (after if outside else 0))
        offset = self.random.randint(low, high)
        start = window.span.start + timedelta(minutes=offset)
        if not self._chance(0.25):
            start -= timedelta(minutes=start.minute % 5)
        return start, start + timedelta(minutes=length)

    def _uid(self) -> str:
        self.count += 1
        return f"event-{self.count:02}@oracle"

    def _chance(self, share: float) -> bool:
        return self.random.random() < share


class _Tight(_Maker):
    name = "tight "

    def case(self, tier: Tier | None) -> Case:
        self.policy = replace(
            self._policy(),
            gap_severity=Severity.MUST,
            protected_severity=Severity.MUST,
            pods_severity=Severity.OFF,
            freeze_hours=24,
        )
        day = DAYS[0]
        ends = self.random.choice(("11:00", "11:30", "11:30", "12:00"))
        shift = Shift(time(9), time.fromisoformat(ends), self.random.choice((120, 150)))
        pattern = WorkingPattern(LONDON, ((None,) * 7,), exceptions={day: shift})
        return self._finish(pattern, [day], tier or Tier.MOVE, MOST_CHANGEABLE)

    def _now(self, window: Window) -> datetime:
        return window.span.start - timedelta(days=3)

    def _contents(self, window: Window, now: datetime, most: int) -> list[Occurrence]:
        meetings = [self._mine(window) for _ in range(self.random.choice((2, 3, 3)))]
        for before in range(len(meetings) - 1):
            if self._chance(0.5):
                meetings[before + 1] = self._follow(meetings[before], meetings[before + 1])
        if self._chance(0.2):
            meetings = self._together(meetings)
        found = self._limit(meetings, now, most)
        for _ in range(self.random.choice((1, 1, 2))):
            own = self._own_time(window)
            found.append(own)
            found.append(self._over(own, self._hold(window)))
        return found

    def _mine(self, window: Window) -> Occurrence:
        return replace(
            self._meeting(window),
            organizer=True,
            external=False,
            kind=None,
            firm=False,
            locked=False,
            changed=None,
            other_people=self.random.choice((0, 1, 2)),
        )

    def _over(self, own: Occurrence, hold: Occurrence) -> Occurrence:
        """Protected time that begins within somebody's own, or a little before."""
        start = own.span.start + timedelta(minutes=5 * self.random.randint(-3, 5))
        length = hold.span.end - hold.span.start
        firm = self._chance(0.2)
        return replace(hold, kind=Kind.PROTECTED, start=start, end=start + length, firm=firm)

    def _together(self, meetings: list[Occurrence]) -> list[Occurrence]:
        """The first two begin together, and with the last are one series."""
        first = meetings[0]
        length = meetings[1].span.end - meetings[1].span.start
        begins = first.span.start
        meetings[1] = replace(meetings[1], start=begins, end=begins + length)
        return [
            replace(each, uid=first.uid, recurrence_id=each.span.start + timedelta(minutes=number))
            for number, each in enumerate(meetings)
        ]
