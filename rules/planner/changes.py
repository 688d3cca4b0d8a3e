"""From an arrangement of days to the list of changes, each with its reason."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from rules.change import Agreement, Change, ChangeKind
from rules.diary import Diary
from rules.event import Kind, Occurrence
from rules.finding import Finding
from rules.interval import Interval
from rules.outcome import after
from rules.planner import wording
from rules.planner.arrange import Arrangement, Task
from rules.planner.gaps import gap_holds
from rules.planner.model import Placement
from rules.working_pattern import local_date, monday

PLANNED = ("gap", "protected", "pods", "break", "end_of_day")


def changes_of(task: Task, made: Arrangement) -> tuple[Change, ...]:
    """Every change of an arrangement, in order of time, without reasons yet."""
    placed = [each for option in made.chosen.values() for each in option.placements]
    gone = [each for option in made.chosen.values() for each in option.removed]
    gaps = _new_gaps(task, after(task.diary, bare_changes(made)))
    meetings = [_meeting_change(task, each) for each in placed if each.meeting]
    holds = _paired(gone, [*(each for each in placed if each.hold), *gaps], task.diary)
    return tuple(sorted([*meetings, *holds], key=_in_order))


def _in_order(change: Change) -> tuple[datetime, str, str]:
    return change.starts, change.kind, change.event_id or ""


def bare_changes(made: Arrangement) -> list[Change]:
    """The changes of an arrangement as they affect a diary: times only."""
    placed = [each for option in made.chosen.values() for each in option.placements]
    moved = [
        Change(ChangeKind.EVENT_MOVE, each.meeting.span, each.span, each.meeting.id)
        for each in placed
        if each.meeting
    ]
    gone = [_deleted(each) for option in made.chosen.values() for each in option.removed]
    return [*moved, *gone, *(_created(each) for each in placed if each.hold)]


def _new_gaps(task: Task, planned: Diary) -> list[Placement]:
    return [
        Placement(span, hold=Kind.GAP)
        for day in task.days
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
    """A hold that goes and a new one of its kind on the same day (a pod: week) are one move."""
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
    day = local_date(span.start, diary.pattern.zone)
    return monday(day) if kind is Kind.POD else diary.pattern.day_of(span.start)


@dataclass(frozen=True)
class Gain:
    """Minutes of each rule that a plan wins on each day (each Monday for weekly rules)."""

    minutes: Mapping[tuple[str, date], int]

    @staticmethod
    def between(before: Iterable[Finding], now: Iterable[Finding]) -> "Gain":
        """What the second list of findings misses less than the first."""
        won: dict[tuple[str, date], int] = {}
        for sign, findings in ((1, before), (-1, now)):
            for each in findings:
                if each.rule in PLANNED:
                    key = each.rule, each.day
                    won[key] = won.get(key, 0) + sign * each.missing
        return Gain({key: minutes for key, minutes in won.items() if minutes > 0})


Explain = Callable[[Change], tuple[str, ...]]


def with_reasons(
    task: Task,
    changes: Sequence[Change],
    by_meetings: Gain,
    considered: Explain,
) -> tuple[Change, ...]:
    """The changes, each with the findings that it makes smaller and what else was considered.

    `by_meetings` is what changing meetings wins on top of what holds alone would.
    """
    return tuple(_reasoned(task, each, by_meetings, considered) for each in changes)


_HOLD_RULES = {Kind.PROTECTED: "protected", Kind.POD: "pods"}


def _reasoned(task: Task, change: Change, by_meetings: Gain, considered: Explain) -> Change:
    meeting = change.kind in (ChangeKind.EVENT_MOVE, ChangeKind.EVENT_SHORTEN)
    day = task.diary.pattern.day_of(change.starts)
    week = monday(local_date(change.starts, task.diary.pattern.zone))
    if meeting:
        won = by_meetings.minutes
        served = [each for each in task.findings if _served(each, won, day, week, change)]
    else:
        rule = _HOLD_RULES.get(change.hold) if change.hold else None
        place = week if change.hold is Kind.POD else day
        served = [each for each in task.findings if each.rule == rule and each.day == place]
    rules = list(dict.fromkeys(each.rule for each in served))
    message = change.message + (wording.say_reasons(rules) if meeting else "")
    return replace(
        change,
        because=tuple(each.id for each in served),
        message=message,
        considered=considered(change) if meeting else (),
    )


def _served(
    finding: Finding,
    won: Mapping[tuple[str, date], int],
    day: date,
    week: date,
    change: Change,
) -> bool:
    if finding.rule not in PLANNED or (finding.rule, finding.day) not in won:
        return False
    if finding.rule == "gap":
        return change.event_id in finding.event_ids
    return finding.day == (week if finding.rule == "pods" else day)
