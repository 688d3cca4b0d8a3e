"""Short ways to say times and changes in the suite's cases."""

from datetime import UTC, date, datetime, timedelta

from rules.change import Change, ChangeKind
from rules.event import Kind, Occurrence
from rules.interval import Interval
from tests.contract.stage import LONDON, Planted, Stage

STAMP = datetime(2026, 11, 19, 9, tzinfo=UTC)
MONDAY = date(2026, 11, 23)
WEEK = Interval(datetime(2026, 11, 23, tzinfo=UTC), datetime(2026, 11, 30, tzinfo=UTC))
NINE = datetime(2026, 11, 23, 9, tzinfo=LONDON)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def utc(moment: datetime) -> datetime:
    """The instant of a local time."""
    return moment.astimezone(UTC)


def span(start: datetime, minutes: int = 60) -> Interval:
    """So many minutes from a local time on."""
    return Interval(utc(start), utc(start) + timedelta(minutes=minutes))


def meeting(start: datetime = NINE, minutes: int = 60, **more: object) -> Planted:
    """A meeting that the leader calls, with two colleagues."""
    people = {"people": ("a@trust.example", "b@trust.example")}
    return Planted(start, start + timedelta(minutes=minutes), **(people | more))  # type: ignore[arg-type]  # by name


def seen(stage: Stage, window: Interval = WEEK) -> dict[str, Occurrence]:
    """What the connector reads, by id."""
    return {each.id: each for each in stage.diary.read(window).occurrences}


def only(stage: Stage, window: Interval = WEEK) -> Occurrence:
    """The one occurrence that it reads."""
    (found,) = stage.diary.read(window).occurrences
    return found


def move(one: Occurrence, after: Interval) -> Change:
    """Another time for a meeting."""
    return Change(
        kind=ChangeKind.EVENT_MOVE,
        before=one.span,
        after=after,
        event_id=one.id,
        version=one.version,
        people_told=one.other_people,
    )


def shorten(one: Occurrence, minutes: int) -> Change:
    """A meeting that ends earlier."""
    after = Interval(one.span.start, one.span.end - timedelta(minutes=minutes))
    return Change(
        kind=ChangeKind.EVENT_SHORTEN,
        before=one.span,
        after=after,
        event_id=one.id,
        version=one.version,
        people_told=one.other_people,
    )


def create(kind: Kind, after: Interval) -> Change:
    """A new hold."""
    return Change(kind=ChangeKind.HOLD_CREATE, before=None, after=after, hold=kind)


def move_hold(one: Occurrence, after: Interval) -> Change:
    """Another time for a hold."""
    return Change(
        kind=ChangeKind.HOLD_MOVE,
        before=one.span,
        after=after,
        event_id=one.id,
        hold=one.kind,
        version=one.version,
    )


def delete(one: Occurrence) -> Change:
    """A hold taken out."""
    return Change(
        kind=ChangeKind.HOLD_DELETE,
        before=one.span,
        after=None,
        event_id=one.id,
        hold=one.kind,
        version=one.version,
    )
