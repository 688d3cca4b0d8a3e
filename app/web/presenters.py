"""Values of the core as the words and pictures of a page. Templates decide nothing."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from zoneinfo import ZoneInfo

from app.drawing import layout
from app.drawing.svg import draw
from app.drawing.words import NAMES, DayWords, describe, summarise
from app.services.ahead import Ahead, look_ahead
from app.services.curve import Point
from app.services.plan import Planned
from app.services.read import OpenDiary
from app.web.left_out import LeftOut, NewHold, event_word, word_of
from app.web.trimming import Shown
from rules.catalogue import RULES
from rules.change import Agreement, Change, ChangeKind
from rules.diary import Diary
from rules.event import Kind, Occurrence, ScoredAs
from rules.finding import Finding
from rules.language import counted, later, text
from rules.outcome import new_hold
from rules.planner.plan import Remaining, Tier, Unnamed
from rules.words import say_day, say_list, say_minutes, say_span, say_time
from rules.working_pattern import local_date

_RULES = {rule.id: rule for rule in RULES}

TIERS = {
    Tier.HOLDS: (later("Holds only"), later("Puts holds into free time. Nobody is told.")),
    Tier.SHORTEN: (
        later("End meetings early"),
        later("Also ends meetings that you organise 5 or 10 minutes early."),
    ),
    Tier.MOVE: (
        later("Move meetings"),
        later("Also moves meetings that you organise, within the same day."),
    ),
}


@dataclass(frozen=True, slots=True)
class Picture:
    """One week: its drawing, and the same in words."""

    heading: str
    svg: str
    days: tuple[DayWords, ...]
    team: str


@dataclass(frozen=True, slots=True)
class Fact:
    """One rule: its name and what the diary has of it, in words."""

    title: str
    about: str
    missing: str
    told: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ChangeWords:
    """One change: what it is and who is told, which rules ask for it, what else was looked at.

    `leave` offers to leave it out, and `word` is what the page carries then.
    """

    what: str
    rest: str
    why: str
    considered: tuple[str, ...]
    leave: str
    word: str


@dataclass(frozen=True, slots=True)
class ChangeDay:
    """The changes of one day."""

    heading: str
    changes: tuple[ChangeWords, ...]


@dataclass(frozen=True, slots=True)
class Stay:
    """What stays to find, and what is in the way."""

    what: str
    why: str


@dataclass(frozen=True, slots=True)
class TierView:
    """One of the three plans, ready to be shown."""

    id: str
    heading: str
    about: str
    regained: str
    told: int
    mails: int
    meetings: int
    missing: str
    pictures: tuple[Picture, ...]
    days: tuple[ChangeDay, ...]
    stays: tuple[Stay, ...]
    rest: str
    series: tuple[str, ...]
    proof: str
    hash: str
    unknown: bool
    same_as: str
    returned: str

    @property
    def has_changes(self) -> bool:
        """Whether there is anything to take."""
        return bool(self.days)


@dataclass(frozen=True, slots=True)
class CurveRow:
    """One plan of the curve: what it tells and regains, and for which price it is the best.

    `share` is its time out of the most that any of them regains, in percent.
    """

    told: int
    regained: str
    share: int
    meetings: int
    price: str
    proved: bool
    same_as: str


@dataclass(frozen=True, slots=True)
class Overview:
    """The diary as it is: pictures, facts, what is not planned, and what could not be read."""

    when: str
    lead: str
    unplanned: tuple[str, ...]
    missing: str
    pictures: tuple[Picture, ...]
    facts: tuple[Fact, ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LeftWords:
    """One thing that is left out: its word, and what it means."""

    word: str
    what: str


@dataclass(frozen=True, slots=True)
class LeftView:
    """Everything that is left out, and a sentence on what could not be found."""

    each: tuple[LeftWords, ...]
    unknown: str


def overview(opened: OpenDiary, found: Sequence[Finding]) -> Overview:
    """The first part of the page: the diary as it was brought, and what is found in it."""
    ahead = look_ahead(opened)
    total = _missing(found, ahead)
    return Overview(
        when=_say_window(opened.diary),
        lead=_lead(total, ahead, others=_has_others(found)),
        unplanned=() if ahead.is_uncounted else ahead.sentences,
        missing=_say_missing(total, ahead),
        pictures=pictures(opened, opened.diary, _in_play(found, ahead), "now", text("Now")),
        facts=tuple(_facts(found, ahead)),
        warnings=opened.warnings,
    )


def _missing(findings: Iterable[Finding], ahead: Ahead) -> int:
    """Minutes of the planned rules, on the days that the plans beside them are made for."""
    return sum(
        each.missing for each in findings if _RULES[each.rule].planned and ahead.counts(each)
    )


def _in_play(findings: Iterable[Finding], ahead: Ahead) -> tuple[Finding, ...]:
    """What a picture points at: nothing stays to find on a day that is not planned."""
    return tuple(each for each in findings if not _RULES[each.rule].planned or ahead.counts(each))


def _has_others(findings: Iterable[Finding]) -> bool:
    """Whether something is missing that no figure of a plan counts."""
    return any(each.missing and not _RULES[each.rule].planned for each in findings)


def _lead(minutes: int, ahead: Ahead, *, others: bool) -> str:
    if ahead.is_uncounted:
        return " ".join(ahead.sentences)
    if minutes:
        return text("Your diary has %(time)s still to find.", time=say_minutes(minutes))
    if ahead.is_whole and others:
        return text(
            "Your diary has the gaps, protected time, team time and breaks"
            " that your settings ask for."
        )
    if ahead.is_whole:
        return text("Your diary has all that your settings ask for.")
    if others:
        return text(
            "The days that are planned have the gaps, protected time, team time and breaks"
            " that your settings ask for."
        )
    return text("The days that are planned have all that your settings ask for.")


def _say_missing(minutes: int, ahead: Ahead) -> str:
    return "–" if ahead.is_uncounted else say_minutes(minutes)


def _say_rest(ahead: Ahead) -> str:
    """What stands where nothing stays to find."""
    if ahead.is_uncounted:
        return ""
    if ahead.is_whole:
        return text("Nothing stays to find.")
    return text("Nothing stays to find on the days that are planned.")


def left_view(left: LeftOut, opened: OpenDiary) -> LeftView:
    """What is left out of the plans, so that it can be allowed again."""
    zone = opened.diary.pattern.zone
    found = [
        *((each.span.start, event_word(each.id), _stays(each, zone)) for each in left.events),
        *((each.span.start, each.word, _not_made(each, zone)) for each in left.holds),
    ]
    each = tuple(LeftWords(word, what) for _, word, what in sorted(found))
    return LeftView(each, _say_unknown(left.unknown))


def _say_unknown(things: int) -> str:
    if not things:
        return ""
    return counted(
        "%(number)s thing that you ticked is not in these weeks, so nothing is left out for it.",
        "%(number)s things that you ticked are not in these weeks,"
        " so nothing is left out for them.",
        things,
    )


def _stays(occurrence: Occurrence, zone: ZoneInfo) -> str:
    day = say_day(local_date(occurrence.span.start, zone))
    name = _name(occurrence)
    return text(
        "%(meeting)s at %(time)s on %(day)s stays as it is.",
        meeting=name[0].upper() + name[1:],
        time=say_time(occurrence.span.start, zone),
        day=day,
    )


def _not_made(hold: NewHold, zone: ZoneInfo) -> str:
    name = _name(new_hold(hold.kind, hold.span))
    day = say_day(local_date(hold.span.start, zone))
    if hold.kind is Kind.POD:
        return text("No new team chat in the week of %(day)s.", day=day)
    if hold.kind is Kind.GAP:
        return text("No new %(hold)s on %(day)s.", hold=name, day=day)
    span = say_span(hold.span, zone)
    return text("No new %(hold)s from %(span)s on %(day)s.", hold=name, span=span, day=day)


def tier_views(plans: Sequence[Shown]) -> tuple[TierView, ...]:
    """The plans side by side, each naming the first one that is the same as it."""
    seen: dict[str, str] = {}
    views = []
    for each in plans:
        planned = each.planned
        same = seen.get(planned.hash, "")
        seen.setdefault(planned.hash, text(TIERS[planned.plan.tier][0]))
        views.append(_tier(each, same))
    return tuple(views)


def curve_rows(points: Sequence[Point], furthest: Planned) -> tuple[CurveRow, ...]:
    """The curve from the plan that tells the fewest people on; `furthest` is the plan shown above."""
    most = max((each.minutes_regained for each in points), default=0)
    ordered = sorted(points, key=lambda each: (each.people_told, each.minutes_regained))
    return tuple(_curve_row(each, most, furthest) for each in ordered)


def _curve_row(point: Point, most: int, furthest: Planned) -> CurveRow:
    best = point.best
    same = _edits(best.changes) == _edits(furthest.plan.changes)
    return CurveRow(
        told=point.people_told,
        regained=_say_gain(point.minutes_regained),
        share=round(100 * max(point.minutes_regained, 0) / most) if most else 0,
        meetings=best.objective.numbers.meetings_changed,
        price=_say_price(best.price),
        proved=best.proof.optimal,
        same_as=text(TIERS[furthest.plan.tier][0]) if same else "",
    )


def _say_price(price: int | None) -> str:
    if price is None:
        return text("Nobody is told")
    return text("From %(time)s", time=say_minutes(price))


def _edits(changes: Iterable[Change]) -> set[tuple[object, ...]]:
    """What changes do, without why: those of a curve carry no reasons."""
    return {(each.kind, each.hold, each.event_id, each.before, each.after) for each in changes}


def _tier(shown: Shown, same: str) -> TierView:
    planned = shown.planned
    plan, after = planned.plan, planned.after
    heading, about = map(text, TIERS[plan.tier])
    numbers = plan.objective.numbers
    ahead = look_ahead(planned.opened)
    found = _in_play(planned.left, ahead)
    left = numbers.must_missing + plan.objective.should_missing
    name = plan.tier.value
    return TierView(
        id=name,
        heading=heading,
        about=about,
        regained=_say_gain(planned.minutes_regained),
        told=numbers.people_told,
        mails=sum(each.mails for each in plan.changes),
        meetings=numbers.meetings_changed,
        missing=_say_missing(left, ahead),
        pictures=pictures(planned.opened, after, found, name, heading, plan.changes),
        days=tuple(change_days(plan.changes, planned.opened.diary.pattern.zone)),
        stays=(
            *(_stay(each, planned) for each in plan.remaining),
            *(Stay(each.removesuffix("."), "") for each in plan.notes),
        ),
        rest=_say_rest(ahead),
        series=tuple(each.message for each in plan.series),
        proof=" ".join(ahead.sentences) if ahead.is_uncounted else _proof(shown),
        hash=planned.hash,
        unknown=any(each.agreement is Agreement.UNKNOWN for each in plan.changes),
        same_as=same,
        returned=_say_returned(shown.returned),
    )


def _say_gain(minutes: int) -> str:
    """Without some of its holds, a plan can leave less than there is now."""
    return say_minutes(minutes) if minutes >= 0 else f"−{say_minutes(-minutes)}"


def _say_returned(meetings: int) -> str:
    if not meetings:
        return ""
    return counted(
        "%(number)s meeting stays as it is: changing it made room for what you left out.",
        "%(number)s meetings stay as they are: changing them made room for what you left out.",
        meetings,
    )


def pictures(
    opened: OpenDiary,
    diary: Diary,
    findings: Iterable[Finding],
    name: str,
    heading: str,
    changes: Sequence[Change] = (),
) -> tuple[Picture, ...]:
    """The weeks of a diary. `name` is unique on the page, and `findings` get a mark."""
    weeks = layout.weeks(diary, findings, opened.policy, changes)
    return tuple(
        Picture(
            heading=text("Week of %(day)s", day=say_day(week.first)),
            svg=draw(
                week, f"{name}-{number}", f"{heading}: {say_day(week.first)}", summarise(week)
            ),
            days=describe(week),
            team=text("Team time: %(time)s to find", time=say_minutes(week.team_missing))
            if week.team_missing
            else "",
        )
        for number, week in enumerate(weeks, start=1)
    )


def _facts(findings: Sequence[Finding], ahead: Ahead) -> Iterator[Fact]:
    for rule in RULES:
        mine = [each for each in findings if each.rule == rule.id]
        missing = _missing(mine, ahead)
        if mine:
            told = tuple(each.message for each in mine)
            yield Fact(
                text(rule.title), text(rule.about), say_minutes(missing) if missing else "", told
            )


def _say_window(diary: Diary) -> str:
    first, last = diary.start, diary.days[-1].date
    if last <= first:
        return say_day(last)
    return text("%(start)s to %(end)s", start=say_day(first), end=say_day(last))


def change_days(changes: Sequence[Change], zone: ZoneInfo) -> Iterator[ChangeDay]:
    """Changes in words, by the day on which they start."""
    ordered = sorted(changes, key=lambda each: each.starts)
    for day, group in groupby(ordered, key=lambda each: local_date(each.starts, zone)):
        yield ChangeDay(say_day(day), tuple(_changes(list(group), day, zone)))


def _changes(changes: Sequence[Change], day: date, zone: ZoneInfo) -> Iterator[ChangeWords]:
    """Each change, but the many small holds between meetings of one day as one."""
    small = [each for each in changes if _is_small(each)]
    for each in changes:
        if len(small) < 2 or each not in small:
            yield _change(each, day, zone)
    if len(small) > 1:
        yield _together(small, zone)


def _is_small(change: Change) -> bool:
    return change.kind is ChangeKind.HOLD_CREATE and change.hold is Kind.GAP


def _together(changes: Sequence[Change], zone: ZoneInfo) -> ChangeWords:
    places = [each.after for each in changes if each.after]
    times = [say_time(place.start, zone) for place in places]
    return ChangeWords(
        what=counted(
            "Keep %(number)s time free between meetings.",
            "Keep %(number)s times free between meetings.",
            len(places),
        ),
        rest=text("They start at %(times)s.", times=say_list(times)),
        why=_why(changes),
        considered=(),
        leave=text("Leave these out"),
        word=word_of(changes[0], zone),
    )


def _change(change: Change, day: date, zone: ZoneInfo) -> ChangeWords:
    # The day stands in the heading above.
    first, _, rest = change.message.replace(f" on {say_day(day)}", "").partition(". ")
    if change.agreement is Agreement.UNKNOWN:
        unknown = text("We cannot see whether everyone is free then.")
        rest = f"{rest} {unknown}".strip()
    return ChangeWords(
        what=f"{first.rstrip('.')}.",
        rest=rest,
        why=_why([change]),
        considered=change.considered,
        leave=text("Leave this one as it is") if change.event_id else text("Leave this one out"),
        word=word_of(change, zone),
    )


def _why(changes: Iterable[Change]) -> str:
    names = dict.fromkeys(each.partition("@")[0] for change in changes for each in change.because)
    rules = [_RULES[name] for name in names if name in _RULES]
    return "; ".join(
        text("%(rule)s (report, %(lines)s)", rule=text(rule.title), lines=rule.cite)
        for rule in rules
    )


def _stay(remaining: Remaining, planned: Planned) -> Stay:
    rule = _RULES[remaining.finding.partition("@")[0]]
    day, time = say_day(remaining.day), say_minutes(remaining.missing)
    if rule.id == "pods":
        what = text(
            "%(rule)s, week of %(day)s: %(time)s", rule=text(rule.title), day=day, time=time
        )
    else:
        what = text("%(rule)s, %(day)s: %(time)s", rule=text(rule.title), day=day, time=time)
    return Stay(what, _blockers(remaining.blocked_by, planned))


def _blockers(blocked_by: tuple[str, ...] | Unnamed, planned: Planned) -> str:
    if blocked_by == ():
        return text("You left out what would make room for it.")
    if blocked_by is Unnamed.MANY:
        return text("More than 3 things are in the way.")
    if blocked_by is Unnamed.UNKNOWN:
        return text("There was no time to look for what is in the way.")
    by_id = {each.id: each for each in planned.opened.diary.occurrences}
    known = [by_id[each] for each in blocked_by if each in by_id]
    if not known:
        return ""
    zone = planned.opened.diary.pattern.zone
    names = [
        text("%(meeting)s at %(time)s", meeting=_name(each), time=say_time(each.span.start, zone))
        for each in known
    ]
    return text("In the way: %(meetings)s.", meetings=say_list(names))


def _name(occurrence: Occurrence) -> str:
    if occurrence.scored_as is ScoredAs.OWN_TIME:
        return text("your own time")
    if occurrence.on_call:
        return text("your on-call time")
    look = layout.look_of(occurrence)
    return text("the meeting") if look is layout.Look.MEETING else text(NAMES[look])


def _proof(shown: Shown) -> str:
    planned = shown.planned
    proof = planned.plan.proof
    seconds = f"{planned.seconds:.1f}"
    if proof.optimal:
        return text(
            "We proved this in %(seconds)s seconds: no allowed plan regains more for less.",
            seconds=seconds,
        )
    within = text("No allowed plan is better by more than %(time)s.", time=say_minutes(proof.gap))
    if shown.trimmed:
        ours = text("This is our plan without the new holds that you left out.")
        return f"{ours} {within}"
    found = text("This is the best plan we found in %(seconds)s seconds.", seconds=seconds)
    return f"{found} {within}"
