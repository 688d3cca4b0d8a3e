"""From the VEVENTs of one UID to its occurrences in a window.

The recurrence set is DTSTART, RRULE and RDATE without EXDATE (RFC 5545 section 3.8.5). Overrides
replace instances by their original start; a THISANDFUTURE override also carries every later one
along. Of several revisions of one event the newest counts (RFC 5546 section 2.1.5).
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import cached_property
from typing import NamedTuple

from connectors.icalendar.component import Event
from connectors.icalendar.recurrence import BadRule, Budget, Exhausted, Rule, expand, parse_rule
from connectors.icalendar.values import DAY, Length, Moment, plus, to_utc, to_wall
from rules.event import Occurrence, ScoredAs, classified
from rules.interval import Interval

Key = datetime | date
"""The original start of an instance: an instant in UTC, or a date."""

MOST_INSTANCES = 5_000
"""More instances of one series than this in one window are no diary."""

MOST_OCCURRENCES = 50_000
"""More occurrences than this in one window are no diary."""

LONG_UID = 200
"""An occurrence counts once more for every so many characters of its identifier, which each has of
its own and which stand in all that is said of it."""

MOST_RULES = 20
"""RFC 5545 section 3.8.5.3 wants one rule an event; old exports have a few."""

_MOST_COMPARED = 50_000
"""Older overrides times repeating masters of one UID; where there are more, all overrides stay."""
_CLOCK_CHANGE = timedelta(hours=3)


@dataclass(slots=True)
class Shortfalls:
    """How many series are not shown whole, and why."""

    cut_short: int = 0
    bad_rules: int = 0


class View:
    """One window on one diary: what every series needs to know to be expanded."""

    def __init__(self, window: Interval, zone: tzinfo, budget: Budget) -> None:
        self.window = window
        self.zone = zone
        self.budget = budget
        self.shortfalls = Shortfalls()
        self.left = MOST_OCCURRENCES

    def admits(self, event: Event) -> bool:
        """Whether there is room for one more occurrence of an event, which then is taken."""
        if self.left <= 0:
            return False
        self.left -= 1 + len(event.uid) // LONG_UID
        return True

    def shows(self, start: Key, end: Key) -> bool:
        """Whether an occurrence overlaps the window; one without length belongs where it starts."""
        first, last = self._instant(start), self._instant(end)
        if first == last:
            return self.window.holds(first)
        return first < self.window.end and self.window.start < last

    def _instant(self, moment: Key) -> datetime:
        if isinstance(moment, datetime):
            return moment
        return to_utc(datetime.combine(moment, time.min), self.zone)


class Found(NamedTuple):
    """An occurrence with the VEVENT that describes it."""

    occurrence: Occurrence
    event: Event


def occurrences(events: Sequence[Event], view: View) -> Iterator[Found]:
    """Every occurrence of one UID that overlaps the view's window.

    `events` are all VEVENTs of the UID in all files.
    """
    if len(events) == 1 and events[0].happens_once:
        yield from _only(events[0], view)
        return
    masters = _masters([one for one in events if one.recurrence_id is None])
    overrides = _Overrides([one for one in events if one.recurrence_id is not None], masters, view)
    seen: set[Key] = set()
    for master in masters:
        yield from _Series(master, overrides, view, by_start=len(masters) > 1).found(seen)
    for key, event in overrides.shown():
        found = _found(event, event.start, event.length, key, view)
        if found is not None:
            yield found


def _only(event: Event, view: View) -> Iterator[Found]:
    """The occurrence of an event that is no series: most are none, and need nothing of one."""
    found = _found(event, event.start, event.length, None, view)
    if found is None:
        return
    if view.admits(event):
        yield found
    else:
        view.shortfalls.cut_short += 1


def _masters(events: Sequence[Event]) -> list[Event]:
    """The newest revision; more than one only where one file gives one UID to different times."""
    if len(events) < 2:
        return list(events)
    highest = max(one.sequence for one in events)
    newest = [one for one in events if one.sequence == highest]
    source = max(newest, key=lambda one: (one.revision, -one.source)).source
    by_start: dict[Moment, Event] = {}
    for one in newest:
        known = by_start.get(one.start)
        if one.source == source and (known is None or known.revision < one.revision):
            by_start[one.start] = one
    return list(by_start.values())


class _Overrides:
    """The VEVENTs that stand for single instances of the series, newest revision each."""

    def __init__(self, events: Sequence[Event], masters: Sequence[Event], view: View) -> None:
        self._events: dict[Key, Event] = {}
        whole_days = bool(masters) and all(one.start.whole_day for one in masters)
        for one in events:
            key = _recurrence_key(one, whole_days, masters, view)
            known = self._events.get(key)
            if known is None or known.revision < one.revision:
                self._events[key] = one
        self._drop_superseded(masters, view)
        onward = [
            (_as_instant(key, view.zone), key, one)
            for key, one in self._events.items()
            if one.this_and_future
        ]
        self.onward = sorted(onward, key=lambda one: one[0])
        self._onward_starts = [instant for instant, _, _ in self.onward]

    def __contains__(self, key: Key) -> bool:
        return key in self._events

    def shown(self) -> Iterable[tuple[Key, Event]]:
        """Each override with the original start of its instance."""
        return self._events.items()

    def carrying(self, key: Key, view: View) -> tuple[Key, Event] | None:
        """The last THISANDFUTURE override before this instance."""
        before = bisect_left(self._onward_starts, _as_instant(key, view.zone))
        return self.onward[before - 1][1:] if before else None

    def _drop_superseded(self, masters: Sequence[Event], view: View) -> None:
        """An older override goes where no newer master has its instance any more."""
        newest = max((each.sequence for each in masters), default=0)
        older = [key for key, one in self._events.items() if one.sequence < newest]
        if not older:
            return
        series = [_Series(each, self, view) for each in masters]
        once = {key for each in series for key in each.written_out}
        older = [key for key in older if key not in once]
        repeating = [each for each in series if each.master.rules]
        if len(older) * len(repeating) > _MOST_COMPARED:
            view.shortfalls.cut_short += 1
            return
        for key in older:
            if not any(each.generates(key) for each in repeating):
                del self._events[key]


class _Exclusions:
    """EXDATE (RFC 5545 section 3.8.5.1), also where its type is not that of DTSTART."""

    def __init__(self, master: Event, view: View) -> None:
        self._zone = master.start.zone or view.zone
        self._keys: set[Key] = set()
        self._days: set[date] = set()
        for moment in master.exdates:
            if moment.whole_day:
                self._days.add(moment.wall.date())
            elif master.start.whole_day:
                self._days.add(_date_of(moment, view.zone))
            else:
                self._keys.add(moment.instant(self._zone))

    def holds(self, key: Key) -> bool:
        """Whether the instance with this original start is excluded."""
        if not isinstance(key, datetime):
            return key in self._days
        return key in self._keys or (
            bool(self._days) and to_wall(key, self._zone).date() in self._days
        )


class _Series:
    """One master with its recurrence set.

    `by_start` is for several events of one UID: each is told apart by its start, as the members
    of a series are, because one identifier must not stand for two meetings.
    """

    def __init__(
        self, master: Event, overrides: _Overrides, view: View, *, by_start: bool = False
    ) -> None:
        self.master = master
        self.by_start = by_start
        self.overrides = overrides
        self.view = view
        self.zone = master.start.zone or view.zone
        self.excluded = _Exclusions(master, view)

    def found(self, seen: set[Key]) -> Iterator[Found]:
        """Instances that overlap the window, are not `seen` and have no override for them."""
        shown = 0
        for moment, length in self._instances(*self._reach()):
            key = _key(moment, self.zone)
            if key in seen or key in self.overrides or self.excluded.holds(key):
                continue
            seen.add(key)
            found = self._found(key, moment, length)
            if found is None:
                continue
            if shown >= MOST_INSTANCES or not self.view.admits(self.master):
                self.view.shortfalls.cut_short += 1
                return
            shown += 1
            yield found

    def generates(self, key: Key) -> bool:
        """Whether the recurrence set holds an instance with this original start."""
        if self.excluded.holds(key):
            return False
        if key in self.written_out:
            return True
        instant = _as_instant(key, self.view.zone)
        wall = to_wall(instant, self.zone if isinstance(key, datetime) else self.view.zone)
        return any(_key(moment, self.zone) == key for moment in self._repeated(wall, wall))

    def _found(self, key: Key, moment: Moment, length: Length) -> Found | None:
        original = key if self.master.recurring or self.by_start else None
        carrying = self.overrides.carrying(key, self.view)
        if carrying is None:
            return _found(self.master, moment, length, original, self.view)
        since, event = carrying
        moved = _carried(moment, since, event, self.view)
        return _found(event, moved, event.length, original, self.view, self.master.version)

    def _instances(self, first: datetime, last: datetime) -> Iterator[tuple[Moment, Length]]:
        """The recurrence set: what is written out, and what the rules give between two times."""
        # RDATE comes first: a PERIOD there gives its own length to an instance of the rule.
        yield from self._dates()
        yield from ((moment, self.master.length) for moment in self._repeated(first, last))

    def _dates(self) -> Iterator[tuple[Moment, Length]]:
        """What is written out: RDATE, and DTSTART unless every rule ended before it."""
        master, rules = self.master, self._rules
        yield from ((self._like_start(moment), length) for moment, length in master.rdates)
        if not (rules and all(_over_before(rule, master.start, self.zone) for rule in rules)):
            yield master.start, master.length

    @cached_property
    def written_out(self) -> frozenset[Key]:
        """The original starts of the instances that are there without a rule."""
        found = (_key(moment, self.zone) for moment, _ in self._dates())
        return frozenset(key for key in found if not self.excluded.holds(key))

    def _repeated(self, first: datetime, last: datetime) -> Iterator[Moment]:
        """What the rules give between two times."""
        for rule in self._rules:
            yield from self._repeats(rule, first, last)

    def _like_start(self, moment: Moment) -> Moment:
        """An RDATE in the type of DTSTART."""
        start = self.master.start
        if start.whole_day and not moment.whole_day:
            day = _date_of(moment, self.view.zone)
            return Moment(datetime.combine(day, time.min), whole_day=True)
        if moment.whole_day and not start.whole_day:
            return Moment(datetime.combine(moment.wall.date(), start.wall.time()), start.zone)
        return moment if moment.zone or moment.whole_day else Moment(moment.wall, self.zone)

    @cached_property
    def _rules(self) -> list[Rule]:
        rules = []
        texts = self.master.rules
        self.view.shortfalls.bad_rules += max(0, len(texts) - MOST_RULES)
        for text in texts[:MOST_RULES]:
            try:
                rule = parse_rule(text)
                rules.append(rule.for_dates() if self.master.start.whole_day else rule)
            except BadRule:
                self.view.shortfalls.bad_rules += 1
        return rules

    def _repeats(self, rule: Rule, first: datetime, last: datetime) -> Iterator[Moment]:
        start = self.master.start
        last = min(last, _until_wall(rule, self.zone))
        try:
            if self.view.left <= 0:
                raise Exhausted
            self.view.budget.next_series()
            for wall in expand(rule, start.wall, first, last, self.view.budget, self._exists):
                moment = Moment(wall, start.zone, start.whole_day)
                if _past_until(moment, rule, self.zone):
                    return
                yield moment
        except (Exhausted, OverflowError):
            self.view.shortfalls.cut_short += 1

    def _reach(self) -> tuple[datetime, datetime]:
        """Local times between which an original start can put something into the window."""
        back, ahead = self.master.length.longest + _CLOCK_CHANGE, _CLOCK_CHANGE
        for _, original, event in self.overrides.onward:
            shift = abs(event.start.instant(self.view.zone) - _as_instant(original, self.view.zone))
            back = max(back, event.length.longest + shift + DAY)
            ahead = max(ahead, shift + DAY)
        first = plus(self.view.window.start, -back)
        last = plus(self.view.window.end, ahead)
        return to_wall(first, self.zone), to_wall(last, self.zone)

    def _exists(self, wall: datetime) -> bool:
        if self.master.start.whole_day:
            return True
        return to_wall(to_utc(wall, self.zone), self.zone) == wall


def _found(
    event: Event, start: Moment, length: Length, key: Key | None, view: View, *more_versions: str
) -> Found | None:
    """The occurrence, or None where it lies outside the window."""
    first, last = _ends(start, length, view.zone)
    if not view.shows(first, last):
        return None
    version = "+".join((event.version, *more_versions))
    return Found(_occurrence(event, first, last, key, version), event)


def _occurrence(event: Event, first: Key, last: Key, key: Key | None, version: str) -> Occurrence:
    facts = event.facts
    seen = Occurrence(
        uid=event.uid,
        start=first,
        end=last,
        scored_as=ScoredAs.NONE,
        recurrence_id=key,
        show_as=facts.show_as,
        private=facts.private,
        status=facts.status,
        organizer=facts.organizer,
        other_people=facts.other_people,
        external=facts.external,
        resources=facts.resources,
        kind=facts.kind,
        firm=facts.firm,
        locked=facts.locked,
        version=version,
        changed=facts.changed,
    )
    return classified(seen, declined=facts.declined, with_others=facts.other_people > 0)


def _ends(start: Moment, length: Length, floating: tzinfo) -> tuple[Key, Key]:
    last = plus(start.wall, DAY * length.days)
    if start.whole_day:
        return start.wall.date(), last.date()
    zone = start.zone or floating
    first = to_utc(start.wall, zone)
    return first, max(first, plus(to_utc(last, zone), length.exact))


def _carried(moment: Moment, since: Key, event: Event, view: View) -> Moment:
    """An instance moved by as much as a THISANDFUTURE override moved its own.

    The clock time moves when both are in one zone, so that a clock change shifts nothing.
    """
    zone = event.start.zone or view.zone
    if isinstance(since, datetime):
        wall = moment.wall if moment.whole_day else to_wall(moment.instant(view.zone), zone)
        original = to_wall(since, zone)
    else:
        wall, original = moment.wall, datetime.combine(since, time.min)
    moved = plus(wall, event.start.wall - original)
    return Moment(moved, event.start.zone, event.start.whole_day)


# -- original starts ----------------------------------------------------------------------------


def _key(moment: Moment, zone: tzinfo) -> Key:
    return moment.wall.date() if moment.whole_day else moment.instant(zone)


def _as_instant(key: Key, zone: tzinfo) -> datetime:
    if isinstance(key, datetime):
        return key
    return to_utc(datetime.combine(key, time.min), zone)


def _recurrence_key(event: Event, whole_days: bool, masters: Sequence[Event], view: View) -> Key:
    """The original start that a RECURRENCE-ID means, in the type of the series.

    Exchange keys the exceptions of an all-day series by local midnight as a DATE-TIME.
    """
    moment = event.recurrence_id or event.start
    if whole_days:
        return _date_of(moment, view.zone)
    zone = (masters[0].start.zone if masters else event.start.zone) or view.zone
    if not moment.whole_day:
        return moment.instant(zone)
    if masters:
        at = masters[0].start.wall.time()
        return to_utc(datetime.combine(moment.wall.date(), at), zone)
    return moment.wall.date()


def _date_of(moment: Moment, floating: tzinfo) -> date:
    """The date of a time; midnight in UTC keeps its date, other UTC times take the diary's."""
    if moment.zone is UTC and moment.wall.time() != time.min:
        return to_wall(moment.instant(floating), floating).date()
    return moment.wall.date()


# -- UNTIL --------------------------------------------------------------------------------------


def _until_wall(rule: Rule, zone: tzinfo) -> datetime:
    """A local time that no instance passes, with room for the offset."""
    if rule.until is None:
        return datetime.max
    if not isinstance(rule.until, datetime):
        return datetime.combine(rule.until, time.max)
    return plus(to_wall(rule.until.replace(tzinfo=UTC), zone), DAY)


def _past_until(moment: Moment, rule: Rule, zone: tzinfo) -> bool:
    """Whether an instance lies after UNTIL, which is included (RFC 5545 section 3.3.10)."""
    until = rule.until
    if until is None:
        return False
    if not isinstance(until, datetime):
        return moment.wall.date() > until
    if moment.whole_day:
        return moment.wall > until.replace(tzinfo=None)
    if until.tzinfo is None and moment.zone is None:
        return moment.wall > until
    # The form that RFC 5545 forbids, UNTIL without Z on a series with a zone, means UTC to most.
    return moment.instant(zone) > until.replace(tzinfo=UTC)


def _over_before(rule: Rule, start: Moment, zone: tzinfo) -> bool:
    """Whether a rule ended before the series began: then not even DTSTART belongs to it."""
    return _past_until(start, rule, zone)
