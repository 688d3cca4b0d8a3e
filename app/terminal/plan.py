"""What `clearway plan` shows: each changed day before and after, every change and why, the proof."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from rich.text import Text

from app.services.ahead import look_ahead
from app.services.curve import Point
from app.services.plan import Planned
from app.terminal.check import title_of, under_day
from app.terminal.diary import say_kind
from app.terminal.glyphs import FINDING, HOLD, MEETING, QUIET, Glyphs
from app.terminal.page import LABEL, Page, draw_legend, draw_row, say_dates, short_day
from app.terminal.week import Mark, choose_scale, draw_hours, draw_marks
from rules.change import Agreement, Change, ChangeKind
from rules.event import Kind
from rules.planner.plan import Plan, Remaining, Tier, Unnamed
from rules.policy import Policy
from rules.words import say_count, say_day, say_minutes, say_span, say_time
from rules.working_pattern import local_date

_TIERS = {
    Tier.HOLDS: "Holds only",
    Tier.SHORTEN: "Holds, and your meetings may end early",
    Tier.MOVE: "Holds, and your meetings may end early or move",
}


_COUNTED = "gaps, protected time, chats, breaks, ends of day"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the list: a change with its number, or the gap holds of a day without one."""

    number: str
    changes: tuple[Change, ...]

    @property
    def first(self) -> Change:
        """The change that stands for all."""
        return self.changes[0]


def show_plan(page: Page, planned: Planned) -> None:
    """The whole page."""
    diary, plan = planned.opened.diary, planned.plan
    page.line(Text(say_dates(diary.start, diary.end), style="bold"))
    page.say(f"{_TIERS[plan.tier]}. {_who_is_told(plan)}")
    page.say("Nothing has been written.")
    ahead = look_ahead(planned.opened)
    for sentence in ahead.sentences:
        page.say(sentence)
    if ahead.is_empty:
        return
    entries = _entries(planned)
    if entries:
        used = _draw_days(page, planned, entries)
        page.console.print()
        draw_legend(page, used)
    else:
        page.console.print()
        page.say("There is nothing to change.")
    _show_series(page, planned)
    _show_remaining(page, planned)
    if ahead.is_uncounted:
        return
    _show_numbers(page, planned)
    page.console.print()
    page.say(say_proof(planned))


def show_tiers(page: Page, made: Sequence[Planned]) -> None:
    """The tiers one after the other, then side by side: minutes regained against people told."""
    for planned in made:
        show_plan(page, planned)
        page.console.print()
        page.line(Text(page.glyphs.rule * page.width, style=QUIET))
        page.console.print()
    page.line(Text("Side by side", style="bold"))
    page.pairs((each.plan.tier.value, _in_short(each)) for each in made)


def show_curve(page: Page, points: Sequence[Point]) -> None:
    """One line for each plan of the curve, with a bar of the minutes it regains."""
    if not points:
        return
    page.head("What more minutes would cost")
    most = max(*(each.minutes_regained for each in points), 1)
    room = max(min(page.width - 50, 40), 8)
    alike = {(each.people_told, each.minutes_regained): each for each in points}
    for _, each in sorted(alike.items()):
        bar = page.glyphs.meeting * max(round(room * each.minutes_regained / most), 0)
        told = f"{_people(each.people_told)} told"
        page.line(
            Text.assemble(
                f"  {told:>16}  ", (bar, MEETING), f" {say_minutes(each.minutes_regained)} regained"
            )
        )


def _in_short(planned: Planned) -> str:
    numbers = planned.plan.objective.numbers
    return (
        f"{say_minutes(planned.minutes_regained)} regained, "
        f"{say_count(numbers.meetings_changed, 'meeting')} changed, {_people(numbers.people_told)} told"
    )


def _people(count: int) -> str:
    return "1 person" if count == 1 else f"{count} people"


def _who_is_told(plan: Plan) -> str:
    told = plan.objective.numbers.people_told
    if not told:
        return "Nobody is told anything."
    return f"{_people(told)} {'is' if told == 1 else 'are'} told."


def day_of(change: Change, planned: Planned) -> date:
    """The day that a change belongs to."""
    return planned.opened.diary.pattern.day_of(change.starts)


def _entries(planned: Planned) -> Mapping[date, list[Entry]]:
    """The changes of each day, numbered, with the new gap holds of a day as one entry at its end."""
    by_day: dict[date, list[Change]] = defaultdict(list)
    for change in sorted(planned.plan.changes, key=lambda each: each.starts):
        by_day[day_of(change, planned)].append(change)
    return {day: _number_them(changes) for day, changes in sorted(by_day.items())}


def _number_them(changes: Sequence[Change]) -> list[Entry]:
    singles = [each for each in changes if not _is_gap(each)]
    gaps = tuple(each for each in changes if _is_gap(each))
    entries = [Entry(str(number), (each,)) for number, each in enumerate(singles, start=1)]
    return [*entries, Entry("", gaps)] if gaps else entries


def _is_gap(change: Change) -> bool:
    return change.kind is ChangeKind.HOLD_CREATE and change.hold is Kind.GAP


def _draw_days(page: Page, planned: Planned, entries: Mapping[date, Sequence[Entry]]) -> str:
    before, after = planned.opened.diary, planned.after
    zone = before.pattern.zone
    scale = choose_scale([before, after], page.room)
    used: list[str] = []
    for day, listed in sorted(entries.items()):
        page.head(say_day(day))
        # The clock between the two rows keeps them apart and belongs to both.
        used.append(draw_row(page, before, before.day(day), scale, label="  now"))
        page.line(Text(" " * LABEL).append_text(draw_hours(scale)))
        used.append(draw_row(page, after, after.day(day), scale, label="  plan"))
        signs = draw_marks(day, zone, scale, _marks(listed))
        page.line(Text(" " * LABEL).append_text(signs))
        page.pairs((_lead(each, page.glyphs), _say_entry(each, day, zone)) for each in listed)
    return "".join(used)


def _marks(entries: Sequence[Entry]) -> Iterator[Mark]:
    for entry in entries:
        if entry.number:
            yield Mark(entry.first.starts, entry.number, FINDING)


def _lead(entry: Entry, glyphs: Glyphs) -> Text:
    sign = (entry.number, FINDING) if entry.number else (glyphs.hold, HOLD)
    return Text.assemble(" " * (2 - len(sign[0])), sign)


def _say_entry(entry: Entry, day: date, zone: ZoneInfo) -> Text:
    if len(entry.changes) > 1:
        times = [say_time(each.starts, zone) for each in entry.changes]
        listed = f"{', '.join(times[:-1])} and {times[-1]}"
        return Text(f"Keep the gap after {len(times)} meetings: at {listed}.")
    change = entry.first
    said = Text(under_day(change.message or say_change(change, zone), day))
    if change.agreement is Agreement.UNKNOWN:
        said.append(" Whether everyone is free then is not known.")
    for other in change.considered:
        said.append(f" {under_day(other, day)}")
    return said


def say_change(change: Change, zone: ZoneInfo) -> str:
    """What one change does, in a sentence."""
    what = say_kind(change.hold) if change.hold else "meeting"
    day = say_day(local_date(change.starts, zone))
    if change.before is None or change.after is None:
        span = change.after or change.before
        when = f"{say_span(span, zone)} on {day}" if span else day
        return f"Keep {when} for {what}." if change.before is None else f"Remove {what}, {when}."
    started = say_time(change.before.start, zone)
    if change.kind is ChangeKind.EVENT_SHORTEN:
        return f"End the meeting at {started} on {day} at {say_time(change.after.end, zone)}."
    noun = what if change.kind is ChangeKind.EVENT_MOVE else f"hold ({what})"
    return f"Move the {noun} at {started} on {day} to {say_span(change.after, zone)}."


def _show_series(page: Page, planned: Planned) -> None:
    if planned.plan.series:
        page.head("Once for a whole series")
        page.pairs((page.glyphs.bullet, each.message) for each in planned.plan.series)


def _show_remaining(page: Page, planned: Planned) -> None:
    if not planned.plan.remaining and not planned.plan.notes:
        return
    page.head("What stays, and which meetings are in the way of it")
    occurrences = planned.opened.diary.occurrences
    starts = {each.id: each.span.start for each in occurrences if not each.all_day}
    zone = planned.opened.diary.pattern.zone
    page.pairs(
        (f"{short_day(each.day)}  {each.missing:>3} min", _say_stays(each, starts, zone))
        for each in planned.plan.remaining
    )
    page.pairs((page.glyphs.bullet, each) for each in planned.plan.notes)


def _say_stays(each: Remaining, starts: Mapping[str, datetime], zone: ZoneInfo) -> str:
    title = title_of(each.finding.partition("@")[0])
    if each.blocked_by is Unnamed.MANY:
        return f"{title}: more than 3"
    if each.blocked_by is Unnamed.UNKNOWN:
        return f"{title}: not looked for, as time was up"
    known = [say_time(starts[one], zone) for one in each.blocked_by if one in starts]
    return f"{title}: at {' and '.join(known)}" if known else title


def _show_numbers(page: Page, planned: Planned) -> None:
    numbers, objective = planned.plan.objective.numbers, planned.plan.objective
    page.head("What it comes to")
    page.pairs(
        (
            (f"{planned.minutes_regained:>5}", f"minutes regained of {_COUNTED}"),
            (f"{numbers.must_missing:>5}", "minutes of these still missing (must)"),
            (f"{objective.should_missing:>5}", "minutes of these still missing (should)"),
            (f"{numbers.people_told:>5}", "people told"),
            (f"{numbers.meetings_changed:>5}", "meetings changed"),
            (f"{numbers.minutes_shifted:>5}", "minutes by which meetings move or end early"),
            (f"{numbers.holds_disturbed:>5}", "existing holds moved or removed"),
            (f"{numbers.cost:>5}", _say_cost(planned.opened.policy)),
        )
    )


def _say_cost(policy: Policy) -> str:
    return (
        f"cost: minutes missing, {policy.price_person} for each person told, "
        f"{policy.price_meeting} for each meeting changed"
    )


def say_proof(planned: Planned) -> str:
    """How good the plan is, in a sentence or two."""
    proof, took = planned.plan.proof, f"{planned.seconds:.2f} seconds"
    if proof.optimal:
        return f"Proved in {took}: by these numbers, in this order, no plan is better."
    return (
        f"Not proved in {took}: this is the best plan found. No plan costs less than "
        f"{proof.bound.cost}, which is {say_minutes(proof.gap)} below it."
    )
