"""Weeks as NHS leaders have them: 25 to 45 meetings, some on top of each other, made up from a seed.

Each week comes as values and as calendar text that means the same, so that planner, benchmarks and
the command line can be asked the same question.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

from rules.diary import Diary, in_order
from rules.event import Kind, Occurrence, ScoredAs, ShowAs, Status
from rules.working_pattern import WorkingPattern, instant, parse_hours

LEADER = "leader@trust.example"
LONDON = ZoneInfo("Europe/London")
FULL_TIME = "Mon-Fri 09:00-17:00 (450)"
HOURS = (
    *(FULL_TIME,) * 6,
    "Mon-Fri 08:30-16:30 (450)",
    "Mon-Thu 09:00-17:00 (450)",
    "Mon-Thu 08:00-17:30 (540)",
    "Mon-Wed 09:00-17:00 (450); Thu-Fri 09:00-13:00 (240)",
)
FIRST_MONDAY = date(2026, 1, 5)
STARTS = (*(0, 30) * 6, *(15, 45) * 2, 5, 10, 20, 40, 50, 3, 12, 37)
"""Minutes past the hour: mostly the half hours, at times off the 5-minute grid."""
LENGTHS = (15, 25, 30, 30, 30, 30, 45, 45, 50, 60, 60, 60, 90)
PEOPLE = (1, 1, 1, 2, 2, 3, 3, 4, 5, 6, 8, 10, 12)


@dataclass(frozen=True)
class Week:
    """A leader's week, with the working hours as the command line takes them."""

    seed: int
    diary: Diary
    hours: str
    now: datetime

    @property
    def ics(self) -> str:
        """The same week as calendar text."""
        return "".join(f"{line}\r\n" for line in _calendar(self.diary.occurrences))


def nhs_week(seed: int, fewest: int = 25, most: int = 45) -> Week:
    """A week of 25 to 45 meetings, of a part-timer 25 to 35; every other one gets holds, one firm."""
    return _Maker(seed).week(fewest, most)


def nhs_weeks(seed: int, count: int, fewest: int = 25, most: int = 45) -> Week:
    """So many such weeks in a row, with the hours of the first; no series goes on in the next."""
    first = _Maker(seed)
    week = first.week(fewest, most)
    found = [*week.diary.occurrences]
    for number in range(1, count):
        maker = _Maker(10_000 * number + seed)
        maker.work(first.first + timedelta(weeks=number), first.hours)
        found += maker.week(fewest, most).diary.occurrences
    end = week.diary.start + timedelta(weeks=count)
    diary = Diary(in_order(found), week.diary.pattern, week.diary.start, end)
    return replace(week, diary=diary)


class _Maker:
    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.random = Random(f"nhs week {seed}")
        self.found: list[Occurrence] = []
        first = FIRST_MONDAY + timedelta(weeks=self.random.randrange(100))
        self.work(first, self.random.choice(HOURS))

    def work(self, first: date, hours: str) -> None:
        """Be about the week from that Monday, with those hours."""
        self.first, self.hours = first, hours
        self.pattern: WorkingPattern = parse_hours(hours, LONDON)
        self.days = [
            day
            for day in (self.first + timedelta(days=step) for step in range(5))
            if self.pattern.window(day)
        ]

    def week(self, fewest: int, most: int) -> Week:
        part = len(self.days) < 5 or "13:00" in self.hours
        meetings = self.random.randint(fewest, (fewest + most) // 2 if part else most)
        self._daily_series()
        while len(self.found) < meetings:
            self._meeting()
        self._own_time()
        if self._chance(0.5):
            self._holds()
        if self._chance(0.3):
            self._pod()
        diary = Diary(
            in_order(self.found), self.pattern, self.first, self.first + timedelta(days=7)
        )
        now = datetime.combine(self.first - timedelta(days=4), time(9), UTC)
        return Week(self.seed, diary, self.hours, now)

    # -- meetings --------------------------------------------------------------------------------

    def _daily_series(self) -> None:
        """A short meeting on several days at the same time, often the leader's own."""
        start = time(self.random.choice((9, 12, 16)), self.random.choice((0, 15, 30)))
        mine, people = self._chance(0.5), self.random.choice((4, 6, 9))
        uid = self._uid()
        for day in self.days[: self.random.choice((3, 4, 5))]:
            begin = instant(day, start, LONDON)
            self._add(uid, begin, 15, organizer=mine, other_people=people, recurrence_id=begin)

    def _meeting(self) -> None:
        """Mostly where there is room; double bookings happen as they do."""
        length = self.random.choice(LENGTHS)
        begin = self._start(length)
        for _ in range(12):
            if self._chance(0.12) or not self._taken(begin, length):
                break
            begin = self._start(length)
        clinical = self._chance(0.04)
        weekly = not clinical and self._chance(0.3)
        mine = not clinical and self._chance(0.5)
        self._add(
            self._uid(),
            begin,
            length,
            organizer=mine,
            other_people=self.random.choice(PEOPLE),
            external=self._chance(0.12),
            recurrence_id=begin if weekly else None,
            kind=Kind.CLINICAL if clinical else None,
            show_as=ShowAs.TENTATIVE if self._chance(0.1) else ShowAs.BUSY,
        )

    def _start(self, length: int) -> datetime:
        """A start on a working day: straight after another meeting, or on the clock, and at times
        a little outside the hours."""
        if self.found and self._chance(0.35):
            return self.random.choice(self.found).span.end
        day = self.random.choice(self.days)
        window = self.pattern.window(day)
        assert window is not None
        hours = window.span.minutes // 60
        hour = self.random.choice(range(-1 if self._chance(0.04) else 0, hours))
        begin = window.span.start + timedelta(hours=hour, minutes=self.random.choice(STARTS))
        latest = window.span.end - timedelta(minutes=length)
        return begin if begin <= latest or self._chance(0.05) else latest

    def _taken(self, begin: datetime, length: int) -> bool:
        end = begin + timedelta(minutes=length)
        return any(each.span.start < end and begin < each.span.end for each in self.found)

    # -- the rest --------------------------------------------------------------------------------

    def _own_time(self) -> None:
        for _ in range(self.random.randint(0, 3)):
            length = self.random.choice((30, 45, 60))
            self._add(
                self._uid(),
                self._free(length),
                length,
                scored_as=ScoredAs.OWN_TIME,
                private=True,
                organizer=True,
            )

    def _holds(self) -> None:
        """Protected time put there before, some of it since booked over, and one firm block."""
        for index in range(self.random.randint(1, 4)):
            length = self.random.choice((60, 60, 90))
            begin = self._free(length)
            self._add(
                self._uid(),
                begin - timedelta(minutes=begin.minute % 5),
                length,
                scored_as=ScoredAs.HOLD,
                kind=Kind.PROTECTED,
                organizer=True,
                firm=index == 0,
            )

    def _pod(self) -> None:
        self._add(self._uid(), self._free(20), 20, kind=Kind.POD, organizer=True, other_people=6)

    def _free(self, length: int) -> datetime:
        begin = self._start(length)
        for _ in range(20):
            if not self._taken(begin, length):
                break
            begin = self._start(length)
        return begin

    def _add(
        self,
        uid: str,
        begin: datetime,
        length: int,
        *,
        scored_as: ScoredAs = ScoredAs.APPOINTMENT,
        recurrence_id: datetime | None = None,
        show_as: ShowAs = ShowAs.BUSY,
        private: bool = False,
        organizer: bool = False,
        other_people: int = 0,
        external: bool = False,
        kind: Kind | None = None,
        firm: bool = False,
    ) -> None:
        occurrence = Occurrence(
            uid,
            begin,
            begin + timedelta(minutes=length),
            scored_as,
            recurrence_id=recurrence_id,
            show_as=show_as,
            private=private,
            status=Status.CONFIRMED,
            organizer=organizer,
            other_people=other_people,
            external=external,
            kind=kind,
            firm=firm,
        )
        self.found.append(occurrence)

    def _uid(self) -> str:
        return f"{self.seed}-{len(self.found)}@trust.example"

    def _chance(self, share: float) -> bool:
        return self.random.random() < share


# -- calendar text -----------------------------------------------------------------------------


def _calendar(occurrences: tuple[Occurrence, ...]) -> Iterator[str]:
    yield from ("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Clearway//tests//EN")
    series: dict[str, list[Occurrence]] = {}
    for each in occurrences:
        series.setdefault(each.uid, []).append(each)
    for members in series.values():
        yield from _event(members)
    yield "END:VCALENDAR"


def _event(members: list[Occurrence]) -> Iterator[str]:
    """One component: a series of several members is daily, one of a single member weekly."""
    first = members[0]
    yield from ("BEGIN:VEVENT", f"UID:{first.uid}", "DTSTAMP:20260101T000000Z", "SEQUENCE:0")
    for name, moment in (("DTSTART", first.span.start), ("DTEND", first.span.end)):
        yield f"{name};TZID=Europe/London:{moment.astimezone(LONDON):%Y%m%dT%H%M%S}"
    if len(members) > 1:
        yield f"RRULE:FREQ=DAILY;COUNT={len(members)}"
    elif first.recurrence_id is not None:
        yield "RRULE:FREQ=WEEKLY;COUNT=4"
    yield f"SUMMARY:Meeting {first.uid.partition('@')[0]}"
    yield from _marks(first)
    yield from _people(first)
    yield "END:VEVENT"


def _marks(each: Occurrence) -> Iterator[str]:
    if each.private:
        yield "CLASS:PRIVATE"
    if each.show_as is ShowAs.TENTATIVE:
        yield "X-MICROSOFT-CDO-BUSYSTATUS:TENTATIVE"
    if each.kind is Kind.CLINICAL:
        yield "CATEGORIES:clinical"
    elif each.kind is not None:
        yield f"X-CLEARWAY-KIND:{each.kind}"
    if each.firm:
        yield "X-CLEARWAY-FIRM:TRUE"


def _people(each: Occurrence) -> Iterator[str]:
    if not each.other_people:
        return
    others = [f"colleague{number}@trust.example" for number in range(each.other_people)]
    if each.external:
        others[-1] = "partner@supplier.example"
    yield f"ORGANIZER:mailto:{LEADER if each.organizer else others[0]}"
    for address in (LEADER, *others):
        yield f"ATTENDEE;PARTSTAT=ACCEPTED:mailto:{address}"
