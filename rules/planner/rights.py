"""What a plan may touch: the contract's list of what is left alone, in one place."""

from bisect import bisect_left
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from rules.diary import Day, Diary
from rules.event import REGULAR_KINDS, Kind, Occurrence, ScoredAs
from rules.interval import Interval
from rules.planner.plan import Tier
from rules.policy import Policy

OWN_KINDS = frozenset({Kind.PROTECTED, Kind.GAP, Kind.BREAK, Kind.END_OF_DAY, Kind.POD})
CUTS = (5, 10)
"""Minutes by which a meeting may end early."""
LARGEST_MEETING = 20_000
"""A meeting of more people than this is left alone, at any price."""
PIECES_A_DAY = 2
"""How many pieces of protected time a day has at most."""

Unwanted = frozenset[tuple[date, Kind]]
"""Days on which a person gave up a hold of a kind, each with that kind."""

Closed = Collection[tuple[Kind, Interval]]
"""Times that a person keeps free of holds of a kind, each with that kind."""

_GIVEN_UP = "given up"
_PLACED = frozenset({Kind.PROTECTED, Kind.POD})

_LONG_AGO = datetime(1, 1, 1, tzinfo=UTC)
_FAR_OFF = datetime(9999, 12, 31, tzinfo=UTC)


@dataclass(frozen=True)
class Rights:
    """Who may be changed, decided once for a plan.

    Occurrences in `keep` stay as they are; those in `unmoved` may end early but not go elsewhere.
    No hold is placed on a day on which it is `unwanted`.
    """

    policy: Policy
    now: datetime
    tier: Tier
    keep: frozenset[str]
    neighbours: Mapping[str, tuple[datetime, datetime]]
    unmoved: frozenset[str] = frozenset()
    unwanted: Unwanted = frozenset()

    @property
    def thaw(self) -> datetime:
        """The moment before which no meeting is changed and none is moved to."""
        return self.now + timedelta(hours=self.policy.freeze_hours)

    def is_firm(self, each: Occurrence) -> bool:
        """Whether the leader wants this hold where it is."""
        return each.firm or each.locked or each.id in self.keep

    def is_own_hold(self, each: Occurrence) -> bool:
        """Whether this is a hold that a plan may move or remove."""
        if each.kind not in OWN_KINDS or self.is_firm(each) or each.uid == _GIVEN_UP:
            return False
        timed = not each.all_day and each.scored_as in (ScoredAs.HOLD, ScoredAs.APPOINTMENT)
        return timed and each.span.start >= self.now

    def is_regular_hold(self, each: Occurrence) -> bool:
        """Whether this is a hold of a cadence, with nobody else in it, that a plan may move."""
        if each.kind not in REGULAR_KINDS or self.is_firm(each) or each.all_day:
            return False
        alone = each.organizer and not each.other_people
        return alone and each.scored_as is not ScoredAs.NONE and each.span.start >= self.now

    def cuts(self, each: Occurrence) -> int:
        """In how many steps of five minutes the meeting may end early."""
        if self.tier is Tier.HOLDS or not self._changeable(each):
            return 0
        return sum(each.span.minutes - cut >= self.policy.shortest_meeting for cut in CUTS)

    def movable(self, each: Occurrence, window: Interval) -> bool:
        """Whether the meeting may go elsewhere in its window."""
        if self.tier is not Tier.MOVE or each.external or each.id in self.unmoved:
            return False
        if not self._changeable(each):
            return False
        return window.contains(each.span) and each.span.start < each.span.end

    def wants(self, day: date, kind: Kind) -> bool:
        """Whether a hold of this kind may be placed on a day."""
        return (day, kind) not in self.unwanted

    def seen(self, day: Day) -> Day:
        """The day as it is planned. Where protected time is unwanted, what was given up stands in
        for the pieces of the day, so that none is placed; having no length, it is in no rule."""
        if day.window is None or self.wants(day.date, Kind.PROTECTED):
            return day
        start = day.window.span.start
        given_up = Occurrence(_GIVEN_UP, start, start, ScoredAs.HOLD, kind=Kind.PROTECTED)
        return replace(day, around=(*day.around, *([given_up] * PIECES_A_DAY)))

    def _changeable(self, each: Occurrence) -> bool:
        if not each.organizer or each.kind or self.is_firm(each):
            return False
        if each.other_people > LARGEST_MEETING or each.scored_as is not ScoredAs.APPOINTMENT:
            return False
        rested = each.changed is None or (
            each.changed + timedelta(days=self.policy.rest_days) <= self.now
        )
        return rested and each.span.start >= self.thaw


def left_alone(diary: Diary, unwanted: Unwanted) -> frozenset[str]:
    """The holds that a person left on a day while giving up others of their kind.

    They stay as they are that day: what somebody has just put in order is not put in order again.
    """
    return frozenset(
        each.id
        for each in diary.occurrences
        if each.kind in _PLACED
        and not each.all_day
        and (diary.pattern.day_of(each.span.start), each.kind) in unwanted
    )


def series_neighbours(diary: Diary) -> dict[str, tuple[datetime, datetime]]:
    """For each timed member of a series, the starts of the members before and after it.

    Members that begin together are neither before nor after each other.
    """
    series: dict[str, list[Occurrence]] = {}
    for each in diary.occurrences:
        if each.recurrence_id is not None and not each.all_day:
            series.setdefault(each.uid, []).append(each)
    found: dict[str, tuple[datetime, datetime]] = {}
    for members in series.values():
        starts = sorted({each.span.start for each in members})
        around = [_LONG_AGO, *starts, _FAR_OFF]
        for each in members:
            place = bisect_left(starts, each.span.start)
            found[each.id] = (around[place], around[place + 2])
    return found
