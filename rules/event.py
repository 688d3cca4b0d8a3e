"""Occurrences as a calendar has them, in the field's words, and what each one counts as.

The words are those of RFC 5545, Microsoft Graph and Google Calendar. A title, body, place,
name or address has no field here, so none can travel further than the connector that read it.
"""

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

from rules.interval import Interval


class ShowAs(StrEnum):
    """How the time is shown to others: Graph's `showAs`, RFC 5545 TRANSP, Google `transparency`."""

    FREE = "free"
    TENTATIVE = "tentative"
    BUSY = "busy"
    OOF = "oof"
    WORKING_ELSEWHERE = "workingElsewhere"
    UNKNOWN = "unknown"


class Status(StrEnum):
    """RFC 5545 STATUS of an event."""

    CONFIRMED = "confirmed"
    TENTATIVE = "tentative"
    CANCELLED = "cancelled"


class Kind(StrEnum):
    """What an event is for, from Clearway's mark or a category named in policy, never from a title."""

    PROTECTED = "protected"
    GAP = "gap"
    BREAK = "break"
    END_OF_DAY = "end_of_day"
    LEARNING = "learning"
    POD = "pod"
    ONE_TO_ONE = "one_to_one"
    APPRECIATION = "appreciation"
    REVIEW = "review"
    FACE_DAY = "face_day"
    CHECK_IN = "check_in"
    VIRTUAL_OFFICE = "virtual_office"
    CLINICAL = "clinical"
    ON_CALL = "on_call"
    TRAVEL = "travel"


HOLD_CLASS = frozenset({Kind.PROTECTED, Kind.GAP, Kind.BREAK, Kind.END_OF_DAY, Kind.LEARNING})
TEAM_KINDS = frozenset({Kind.POD, Kind.ONE_TO_ONE, Kind.APPRECIATION, Kind.REVIEW, Kind.FACE_DAY})
REGULAR_KINDS = frozenset(
    {
        Kind.ONE_TO_ONE,
        Kind.APPRECIATION,
        Kind.REVIEW,
        Kind.FACE_DAY,
        Kind.LEARNING,
        Kind.CHECK_IN,
    }
)
"""Holds that come back every so many weeks."""
NOT_HOLDS = frozenset({Kind.CLINICAL, Kind.ON_CALL, Kind.TRAVEL})
"""Kinds that describe somebody's event and never one that Clearway wrote."""


class ScoredAs(StrEnum):
    """The one class of an occurrence, which decides how every rule reads it."""

    NONE = "none"
    HOLD = "hold"
    APPOINTMENT = "appointment"
    OWN_TIME = "own_time"


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One instance of an event, recurrences expanded.

    `start` and `end` are aware UTC, or plain dates (end excluded) for an all-day one.
    `recurrence_id` is the original start of a member of a series, None where not recurring.
    `other_people` counts attendees without the leader, rooms and resources; `external` is true
    when one of them is outside the organisation; `resources` counts the rooms. `version` is
    whatever the source gives to tell one state of the event from the next (ETag, SEQUENCE).
    `changed` is when Clearway last shortened or moved it.
    """

    uid: str
    start: datetime | date
    end: datetime | date
    scored_as: ScoredAs
    recurrence_id: datetime | date | None = None
    show_as: ShowAs = ShowAs.BUSY
    private: bool = False
    status: Status = Status.CONFIRMED
    organizer: bool = False
    other_people: int = 0
    external: bool = False
    resources: int = 0
    kind: Kind | None = None
    firm: bool = False
    locked: bool = False
    version: str = ""
    changed: datetime | None = None
    # Both are asked for again and again of every occurrence, and never change.
    _id: str = field(init=False, repr=False, compare=False)
    _span: Interval | None = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        _check_times(self.start, self.end)
        object.__setattr__(self, "_id", occurrence_id(self.uid, self.recurrence_id))
        object.__setattr__(self, "_span", _interval(self.start, self.end))

    @property
    def all_day(self) -> bool:
        """Whether the times are plain dates."""
        return not isinstance(self.start, datetime)

    @property
    def id(self) -> str:
        """The UID, or `UID/20261123T090000Z` (`UID/20261123` for a date) for a member of a series."""
        return self._id

    @property
    def hold(self) -> Kind | None:
        """The kind when this is a hold (Clearway's, or a block the leader nominated), else None."""
        return None if self.kind in NOT_HOLDS else self.kind

    @property
    def on_call(self) -> bool:
        """Whether it is on-call time that nothing new may cover, though no rule scores it.

        A spell of a day or more is not: it would leave no room for days, so it is a heading.
        """
        if self.kind is not Kind.ON_CALL or self._span is None:
            return False
        shown = self.show_as not in (ShowAs.FREE, ShowAs.WORKING_ELSEWHERE)
        short = self._span.end - self._span.start < timedelta(hours=24)
        return shown and short and self.status is not Status.CANCELLED

    @property
    def span(self) -> Interval:
        """The instants of a timed occurrence. Raises TypeError for an all-day one."""
        if self._span is None:
            raise TypeError("an all-day occurrence has dates, not instants")
        return self._span


def occurrence_id(uid: str, recurrence_id: datetime | date | None) -> str:
    """The identifier of an occurrence, the same in every shape Clearway reads or writes."""
    if recurrence_id is None:
        return uid
    form = "%Y%m%dT%H%M%SZ" if isinstance(recurrence_id, datetime) else "%Y%m%d"
    return f"{uid}/{recurrence_id.strftime(form)}"


def classify(
    *,
    start: datetime | date,
    end: datetime | date,
    show_as: ShowAs,
    status: Status,
    private: bool,
    declined: bool,
    organizer: bool,
    with_others: bool,
    kind: Kind | None,
) -> ScoredAs:
    """The class of an occurrence: the first row of the contract's table that matches.

    `declined` is the leader's own answer. `with_others` is true when anybody but the leader,
    or a room, is invited, or when somebody else organises it.
    """
    if status is Status.CANCELLED or declined or _outside_the_day(start, end, show_as, kind):
        return ScoredAs.NONE
    if kind in HOLD_CLASS:
        return ScoredAs.HOLD
    if kind in TEAM_KINDS or kind is Kind.CLINICAL:
        return ScoredAs.APPOINTMENT
    own = kind in (Kind.CHECK_IN, Kind.TRAVEL) or private or show_as is ShowAs.OOF
    if own or (organizer and not with_others):
        return ScoredAs.OWN_TIME
    return ScoredAs.APPOINTMENT


def classified(seen: Occurrence, *, declined: bool, with_others: bool) -> Occurrence:
    """What a calendar tells of an event, with its class: every connector ends with this.

    `declined` is the leader's own answer: what they declined takes no time, so it shows free
    (the organiser's choice would make a declined away day leave). `with_others` is true when
    anybody but the leader, or a room, is invited, or when somebody else organises it.
    """
    scored = classify(
        start=seen.start,
        end=seen.end,
        show_as=seen.show_as,
        status=seen.status,
        private=seen.private,
        declined=declined,
        organizer=seen.organizer,
        with_others=with_others,
        kind=seen.kind,
    )
    return replace(seen, scored_as=scored, show_as=ShowAs.FREE if declined else seen.show_as)


def _outside_the_day(
    start: datetime | date, end: datetime | date, show_as: ShowAs, kind: Kind | None
) -> bool:
    if not isinstance(start, datetime) or end - start >= timedelta(hours=24):
        return True
    shown_away = show_as in (ShowAs.FREE, ShowAs.WORKING_ELSEWHERE)
    return shown_away or kind in (Kind.ON_CALL, Kind.VIRTUAL_OFFICE)


def _interval(start: datetime | date, end: datetime | date) -> Interval | None:
    if isinstance(start, datetime) and isinstance(end, datetime):
        return Interval(start, end)
    return None


def _check_times(start: datetime | date, end: datetime | date) -> None:
    if isinstance(start, datetime) != isinstance(end, datetime):
        raise ValueError("an occurrence has two instants or two dates")
    if isinstance(start, datetime) and isinstance(end, datetime):
        if start.tzinfo is not UTC or end.tzinfo is not UTC:
            raise ValueError("an occurrence is kept in UTC")
    if end < start:
        raise ValueError("an occurrence ends at or after its start")
