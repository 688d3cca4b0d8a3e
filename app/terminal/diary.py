"""What `clearway diary` shows: the drawn week, and each day's occurrences without a title."""

from itertools import groupby
from zoneinfo import ZoneInfo

from rich.text import Text

from app.services.read import OpenDiary
from app.terminal.glyphs import look
from app.terminal.page import Page, draw_legend, draw_week, say_dates
from rules.event import Kind, Occurrence, ScoredAs
from rules.words import say_count, say_day, say_span
from rules.working_pattern import local_date

_KINDS = {
    Kind.PROTECTED: "protected time",
    Kind.GAP: "10 minutes between meetings",
    Kind.BREAK: "break",
    Kind.END_OF_DAY: "end of day",
    Kind.LEARNING: "learning time",
    Kind.POD: "team chat",
    Kind.ONE_TO_ONE: "one-to-one",
    Kind.APPRECIATION: "thank you time",
    Kind.REVIEW: "catch-up",
    Kind.FACE_DAY: "team day in person",
    Kind.CLINICAL: "clinical",
}


def say_kind(kind: Kind | None) -> str:
    """What a kind of hold is called; nothing that is nobody else's business has a name here."""
    return _KINDS.get(kind, "hold") if kind else "meeting"


def show_diary(page: Page, opened: OpenDiary) -> None:
    """The whole page."""
    diary, zone = opened.diary, opened.diary.pattern.zone
    page.line(Text(say_dates(diary.start, diary.end), style="bold"))
    page.console.print()
    used = draw_week(page, diary)
    page.console.print()
    draw_legend(page, used)
    for day, found in groupby(opened.listed, key=lambda each: _date(each, zone)):
        page.head(day)
        page.pairs(_line(page, each, zone) for each in found)
    page.console.print()
    page.say(_count(opened))


def _date(each: Occurrence, zone: ZoneInfo) -> str:
    return say_day(each.start if each.all_day else local_date(each.span.start, zone))


def _line(page: Page, each: Occurrence, zone: ZoneInfo) -> tuple[Text, str]:
    sign, style = look(each, page.glyphs)
    sign, style = (" ", "") if each.scored_as is ScoredAs.NONE else (sign, style)
    when = "all day" if each.all_day else say_span(each.span, zone)
    return Text.assemble((sign, style), f" {when:<19}"), _say(each)


def _say(each: Occurrence) -> str:
    if each.scored_as is ScoredAs.OWN_TIME:
        return "own time"
    if each.scored_as is ScoredAs.NONE:
        return "not counted"
    facts = [say_kind(each.kind)]
    if each.kind is None and each.organizer:
        facts.append("you set it up")
    if each.other_people:
        facts.append(f"{say_count(each.other_people, 'other person')}".replace("persons", "people"))
    facts += [word for word, holds in _flags(each) if holds]
    return ", ".join(facts)


def _flags(each: Occurrence) -> tuple[tuple[str, bool], ...]:
    return (
        ("someone from outside", each.external),
        ("firm", each.firm),
        ("locked", each.locked),
    )


def _count(opened: OpenDiary) -> str:
    classes = [each.scored_as for each in opened.listed]
    meetings = say_count(classes.count(ScoredAs.APPOINTMENT), "appointment")
    return f"{meetings} and {say_count(classes.count(ScoredAs.HOLD), 'hold')}."
