"""The offer for a whole series: one change that helps week after week, asked once."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from rules.catalogue import evaluate
from rules.change import Change, ChangeKind
from rules.diary import Diary
from rules.event import Occurrence
from rules.interval import Interval
from rules.language import later, text
from rules.outcome import after
from rules.planner.arrange import Task, arrange, solve_tier
from rules.planner.changes import PLANNED
from rules.planner.plan import SeriesOffer, Tier
from rules.planner.rights import Rights
from rules.words import say_list, say_minutes, say_time
from rules.working_pattern import local_date

WEEKS, ENOUGH = 4, 3
_EVERY = (
    later("Mondays"),
    later("Tuesdays"),
    later("Wednesdays"),
    later("Thursdays"),
    later("Fridays"),
    later("Saturdays"),
    later("Sundays"),
)
_WEEK, _DAY = timedelta(weeks=1), timedelta(days=1)


@dataclass(frozen=True)
class _Helpful:
    """A change of one meeting of a series, and in how many of the next weeks it helps."""

    change: Change
    meeting: Occurrence
    weeks: int


def series_offers(task: Task, changes: Iterable[Change]) -> tuple[SeriesOffer, ...]:
    """Meeting changes of a plan that, made to the whole series, help in three of four weeks.

    A week is helped when the change is allowed there and that day, its holds placed again,
    misses fewer minutes with it. The diary must have been read that far. Series with one time and
    one change are one offer, which names the weekdays.
    """
    alike: dict[str, list[_Helpful]] = {}
    by_id = {each.id: each for each in task.diary.occurrences}
    for change in changes:
        meeting = by_id.get(change.event_id or "")
        if meeting is None or meeting.recurrence_id is None:
            continue
        if change.kind not in (ChangeKind.EVENT_MOVE, ChangeKind.EVENT_SHORTEN):
            continue
        weeks = _weeks_helped(task, change, meeting)
        if weeks >= ENOUGH:
            what = _say_what(task, change, meeting, "")
            alike.setdefault(what, []).append(_Helpful(change, meeting, weeks))
    return tuple(_offer(task, group) for group in alike.values())


def _weeks_helped(task: Task, change: Change, meeting: Occurrence) -> int:
    """In how many of the weeks a change helps; 0 where it is clear that they are too few."""
    members = list(_members(task.diary, meeting))
    helped = 0
    for left, each in zip(range(len(members), 0, -1), members, strict=True):
        if helped + left < ENOUGH:
            return 0
        helped += _helps(task, change, meeting, each)
    return helped


def _offer(task: Task, alike: Sequence[_Helpful]) -> SeriesOffer:
    zone = task.diary.pattern.zone
    first = alike[0]
    days = sorted(local_date(each.meeting.span.start, zone) for each in alike)
    weekdays = list(dict.fromkeys(text(_EVERY[each.weekday()]) for each in days))
    what = _say_what(task, first.change, first.meeting, say_list(weekdays))
    weeks = min(each.weeks for each in alike)
    most = max(each.weeks for each in alike)
    often = f"{weeks}" if weeks == most else text("%(a)s or %(b)s", a=weeks, b=most)
    people = {each.meeting.uid: each.meeting.other_people for each in alike}
    helps = text("It helps in %(often)s of the next %(all)s weeks.", often=often, all=WEEKS)
    message = f"{what} {helps} {_say_edits(len(people))}"
    return SeriesOffer(first.meeting.uid, first.change, weeks, sum(people.values()), message)


def _say_edits(series: int) -> str:
    if series == 1:
        return text("To do it, edit the series in your calendar: 1 mail to each person.")
    return text(
        "To do it, edit the %(count)s series in your calendar: "
        "1 mail to each person for each of them.",
        count=series,
    )


def _say_what(task: Task, change: Change, meeting: Occurrence, weekdays: str) -> str:
    zone = task.diary.pattern.zone
    if change.after is None:
        raise ValueError("a meeting change says where the meeting goes")
    start = say_time(meeting.span.start, zone)
    series = text("%(start)s series", start=start)
    if weekdays:
        series = text("%(start)s series on %(weekdays)s", start=start, weekdays=weekdays)
    cut = say_minutes(meeting.span.minutes - change.after.minutes)
    if change.kind is ChangeKind.EVENT_SHORTEN:
        return text(
            "You could end every meeting of the %(series)s %(time)s early.", series=series, time=cut
        )
    there = say_time(change.after.start, zone)
    said = text(
        "You could move every meeting of the %(series)s to %(time)s.", series=series, time=there
    )
    if change.after.minutes == meeting.span.minutes:
        return said
    return said + " " + text("You could end it %(time)s early too.", time=cut)


def _members(diary: Diary, meeting: Occurrence) -> Iterator[Occurrence]:
    """The member itself and those at the same weekday and time in the three weeks after."""
    zone = diary.pattern.zone
    local = meeting.span.start.astimezone(zone)
    wanted = {(local.date() + week * _WEEK, local.time()) for week in range(WEEKS)}
    for each in diary.occurrences:
        if each.uid == meeting.uid and not each.all_day:
            at = each.span.start.astimezone(zone)
            if (at.date(), at.time()) in wanted and each.span.minutes == meeting.span.minutes:
                yield each


def _helps(task: Task, change: Change, meeting: Occurrence, member: Occurrence) -> bool:
    span = _same_change(task, change, meeting, member)
    day = task.diary.pattern.day_of(member.span.start)
    window = task.diary.pattern.window(day)
    if span is None or window is None or not window.span.contains(span):
        return False
    alone = Diary(task.diary.occurrences, task.diary.pattern, day, day + _DAY)
    if not _allowed(task.rights, alone, member, span, change):
        return False
    edit = Change(change.kind, member.span, span, member.id)
    return _missing(task, after(alone, [edit])) < _missing(task, alone)


def _same_change(
    task: Task, change: Change, meeting: Occurrence, member: Occurrence
) -> Interval | None:
    if change.after is None:
        return None
    zone = task.diary.pattern.zone
    later = change.after.start.astimezone(zone).replace(
        tzinfo=None
    ) - meeting.span.start.astimezone(zone).replace(tzinfo=None)
    start = member.span.start + later
    return Interval(start, start + (change.after.end - change.after.start))


def _allowed(
    rights: Rights, diary: Diary, member: Occurrence, span: Interval, change: Change
) -> bool:
    day = diary.day(diary.start)
    if day.window is None:
        return False
    if change.kind is ChangeKind.EVENT_SHORTEN:
        return rights.cuts(member) * 5 >= member.span.minutes - span.minutes
    others = [
        each
        for each in (*day.appointments, *day.around)
        if each is not member and not rights.is_own_hold(each)
    ]
    free = not any(each.span.overlaps(span) for each in others)
    return free and rights.movable(member, day.window.span)


def _missing(task: Task, diary: Diary) -> int:
    """Minutes of cost that a day misses once its holds are placed."""
    rights = replace(task.rights, tier=Tier.HOLDS)
    found = tuple(each for each in evaluate(diary, task.policy) if each.rule in PLANNED)
    again = replace(task, diary=diary, rights=rights, findings=found)
    if not again.days:
        return sum(
            each.missing
            for each in found
            if each.day == local_date(diary.span.start, diary.pattern.zone)
        )
    return arrange(again, solve_tier(again)).score[0]
