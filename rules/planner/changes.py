"""From an arrangement of days to the list of changes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from rules.change import Agreement, Change, ChangeKind
from rules.diary import Diary
from rules.event import REGULAR_KINDS, Kind, Occurrence
from rules.interval import Interval
from rules.outcome import after
from rules.planner import wording
from rules.planner.arrange import Arrangement, Task
from rules.planner.gaps import gap_holds
from rules.planner.model import Placement
from rules.planner.solve import Option
from rules.working_pattern import local_date, monday

PLANNED = ("gap", "protected", "pods", "break", "end_of_day")
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Regular:
    """What becomes of the holds that come back: those that go, and where there are new ones."""

    gone: tuple[Occurrence, ...] = ()
    new: tuple[Placement, ...] = ()

    @property
    def bare_changes(self) -> list[Change]:
        """As they affect a diary: times only."""
        return [*map(_deleted, self.gone), *map(_created, self.new)]


def changes_of(task: Task, made: Arrangement, regular: Regular) -> tuple[Change, ...]:
    """Every change of an arrangement, and of holds beside it, by time and without reasons yet."""
    placed = [each for option in made.chosen.values() for each in option.placements]
    gone = [each for option in made.chosen.values() for each in option.removed]
    gaps = _new_gaps(task, after(task.diary, [*bare_changes(made), *regular.bare_changes]))
    meetings = [_meeting_change(task, each) for each in placed if each.meeting]
    new = [each for each in placed if each.hold]
    holds = _paired([*gone, *regular.gone], [*new, *regular.new, *gaps], task.diary)
    return tuple(sorted([*meetings, *holds], key=_in_order))


def _in_order(change: Change) -> tuple[datetime, str, str]:
    return change.starts, change.kind, change.event_id or ""


def bare_changes(made: Arrangement) -> list[Change]:
    """The changes of an arrangement as they affect a diary: times only."""
    return [each for option in made.chosen.values() for each in changes_of_day(option)]


def changes_of_day(option: Option) -> list[Change]:
    """The changes of one day as they affect a diary: times only."""
    placed = option.placements
    moved = [
        Change(ChangeKind.EVENT_MOVE, each.meeting.span, each.span, each.meeting.id)
        for each in placed
        if each.meeting
    ]
    gone = [_deleted(each) for each in option.removed]
    return [*moved, *gone, *(_created(each) for each in placed if each.hold)]


def one_day(diary: Diary, day: date) -> Diary:
    """One day of a diary by itself, with the team contacts of its week."""
    alone = Diary((), diary.pattern, day, day + _DAY)
    whole = diary.day(day)
    kept = {each.id: each for each in (*whole.appointments, *whole.around)}
    kept |= {each.id: each for each in diary.pods(monday(day))}
    return alone.with_occurrences(kept.values())


def _new_gaps(task: Task, planned: Diary) -> list[Placement]:
    return [
        Placement(span, hold=Kind.GAP)
        for day in task.days
        if task.rights.wants(day, Kind.GAP)
        for span in gap_holds(planned.day(day), task.policy, task.rights.now)
    ]


def _meeting_change(task: Task, placed: Placement) -> Change:
    meeting = placed.meeting
    if meeting is None:
        raise ValueError("a placement of a meeting names it")
    moved = placed.span.start != meeting.span.start
    alone = not meeting.other_people and not meeting.resources
    zone = task.diary.pattern.zone
    say = wording.say_moved if moved else wording.say_shortened
    return Change(
        kind=ChangeKind.EVENT_MOVE if moved else ChangeKind.EVENT_SHORTEN,
        before=meeting.span,
        after=placed.span,
        event_id=meeting.id,
        version=meeting.version,
        people_told=meeting.other_people,
        mails=meeting.other_people,
        agreement=(Agreement.FREE if alone else Agreement.UNKNOWN) if moved else None,
        message=say(meeting.span, placed.span, meeting.other_people, zone),
    )


def _deleted(hold: Occurrence) -> Change:
    return Change(
        ChangeKind.HOLD_DELETE, hold.span, None, hold.id, hold=hold.kind, version=hold.version
    )


def _created(placed: Placement) -> Change:
    return Change(ChangeKind.HOLD_CREATE, None, placed.span, hold=placed.hold)


def _paired(gone: Sequence[Occurrence], new: Sequence[Placement], diary: Diary) -> Iterable[Change]:
    """A hold that goes and a new one of its kind are one move, where both are on one day. A pod
    moves within its week, and what comes back every few weeks to anywhere."""
    zone = diary.pattern.zone
    waiting = sorted(gone, key=lambda each: each.span)
    for placed in sorted(new, key=lambda each: each.span):
        kind = placed.hold
        if kind is None:
            continue
        place = _place(placed.span, kind, diary)
        partner = next(
            (one for one in waiting if one.kind is kind and _place(one.span, kind, diary) == place),
            None,
        )
        if partner is None:
            yield replace(_created(placed), message=wording.say_new_hold(kind, placed.span, zone))
        else:
            waiting.remove(partner)
            yield replace(
                _deleted(partner),
                kind=ChangeKind.HOLD_MOVE,
                after=placed.span,
                message=wording.say_moved_hold(kind, partner.span, placed.span, zone),
            )
    for hold in waiting:
        message = wording.say_removed_hold(hold.kind, hold.span, zone) if hold.kind else ""
        yield replace(_deleted(hold), message=message)


def _place(span: Interval, kind: Kind, diary: Diary) -> date:
    if kind in REGULAR_KINDS:
        return diary.start
    day = local_date(span.start, diary.pattern.zone)
    return monday(day) if kind is Kind.POD else diary.pattern.day_of(span.start)
