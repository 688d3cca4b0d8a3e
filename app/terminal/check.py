"""What `clearway check` shows: the drawn week, each rule in a line, and what was found day by day."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from itertools import groupby
from zoneinfo import ZoneInfo

from rich.text import Text

from app.services.check import Checked
from app.terminal.glyphs import FINDING, Glyphs
from app.terminal.page import Page, draw_legend, draw_week, say_dates
from app.terminal.week import Mark
from rules.catalogue import RULES
from rules.finding import Finding, Scope, working_days
from rules.policy import Policy, Severity
from rules.summary import RuleSummary
from rules.words import say_count, say_day, say_minutes, say_time

_TITLES = {rule.id: rule.title for rule in RULES}
_PLANNED = frozenset(rule.id for rule in RULES if rule.planned)
_ORDER = tuple(Severity)
_SCOPES = {rule.id: rule.scope for rule in RULES}
_WEEKLY = frozenset(rule.id for rule in RULES if rule.scope is Scope.WEEK)
_LONGER = frozenset(rule.id for rule in RULES if rule.scope is Scope.WEEKS)


def show_check(page: Page, checked: Checked) -> None:
    """The whole page."""
    diary = checked.opened.diary
    page.line(Text(say_dates(diary.start, diary.end), style="bold"))
    page.console.print()
    findings = checked.findings
    used = draw_week(page, diary, _marks(findings, page.glyphs), _signs(findings, page.glyphs))
    page.console.print()
    draw_legend(page, used, _legend(page.glyphs))
    _show_summary(page, checked.summary)
    _show_findings(page, checked)
    page.console.print()
    page.say(_closing(checked))


_NOUNS = dict.fromkeys(_WEEKLY, "week") | {
    rule.id: "period" for rule in RULES if rule.id in _LONGER and rule.places is not working_days
}
"""What a rule judges, where that is no day."""


def _legend(glyphs: Glyphs) -> tuple[tuple[str, str, str], ...]:
    return ((glyphs.must, FINDING, "look here first"), (glyphs.should, FINDING, "then here"))


def sign_of(finding: Finding, glyphs: Glyphs) -> str:
    """The sign of a finding: filled for what is asked first, hollow for the rest."""
    return {Severity.MUST: glyphs.must, Severity.SHOULD: glyphs.should}.get(
        finding.severity, glyphs.bullet
    )


def _marks(findings: Iterable[Finding], glyphs: Glyphs) -> dict[date, list[Mark]]:
    marks: dict[date, list[Mark]] = defaultdict(list)
    for each in findings:
        if _SCOPES[each.rule] is Scope.MOMENT:
            marks[each.day].append(Mark(each.start, sign_of(each, glyphs), FINDING))
    return marks


def _signs(findings: Iterable[Finding], glyphs: Glyphs) -> dict[date, tuple[str, str]]:
    """The sign of what is about a whole day, to stand beside its date."""
    whole = [each for each in findings if _SCOPES[each.rule] is Scope.DAY]
    return {each.day: (sign_of(each, glyphs), FINDING) for each in whole}


def title_of(rule: str) -> str:
    """What a rule is called."""
    return _TITLES.get(rule, rule)


def _show_summary(page: Page, summary: Sequence[RuleSummary]) -> None:
    page.head("What your diary has")
    rows = [(title_of(each.rule), _kept(each), _missing(each)) for each in summary if each.days]
    widest = max((len(kept) for _, kept, _ in rows), default=0)
    page.pairs(
        (title, Text.assemble(f"{kept:<{widest}}", f"  {missing}")) if missing else (title, kept)
        for title, kept, missing in rows
    )


def _kept(line: RuleSummary) -> str:
    return f"{line.days_met} out of {say_count(line.days, _NOUNS.get(line.rule, 'day'))}"


def _missing(line: RuleSummary) -> str:
    if not line.missing:
        return ""
    return f"{say_minutes(line.missing)}{' missing' if line.rule in _PLANNED else ''}"


def _show_findings(page: Page, checked: Checked) -> None:
    zone = checked.opened.diary.pattern.zone
    longer = [each for each in checked.findings if each.rule in _LONGER]
    if longer:
        page.head("Over these weeks")
        page.pairs(_lines(longer, checked.opened.policy, zone, page.glyphs))
    rest = [each for each in checked.findings if each.rule not in _LONGER]
    by_day = sorted(rest, key=lambda each: (each.rule not in _WEEKLY, each.day))
    for (weekly, day), found in groupby(by_day, key=lambda each: (each.rule in _WEEKLY, each.day)):
        page.head(f"The week of {say_day(day)}" if weekly else say_day(day))
        page.pairs(_lines(list(found), checked.opened.policy, zone, page.glyphs))


def _lines(
    found: Sequence[Finding], policy: Policy, zone: ZoneInfo, glyphs: Glyphs
) -> list[tuple[Text, str]]:
    """One line for each finding, but one for all gaps of a day: they differ in their times only."""
    gaps = [each for each in found if each.rule == "gap"]
    rest = [each for each in found if each.rule != "gap" or len(gaps) == 1]
    lines = [(each, each.missing, _under_head(each)) for each in rest]
    if len(gaps) > 1:
        together = sum(each.missing for each in gaps)
        lines.insert(0, (gaps[0], together, _say_gaps(gaps, policy, zone)))
    lines.sort(key=lambda line: _ORDER.index(line[0].severity))
    return [(_lead(finding, missing, glyphs), said) for finding, missing, said in lines]


def _under_head(finding: Finding) -> str:
    if finding.rule in _LONGER:
        return finding.message
    return under_day(finding.message, finding.day, weekly=finding.rule in _WEEKLY)


def under_day(message: str, day: date, *, weekly: bool = False) -> str:
    """A message without the day or the week that it stands under."""
    name = say_day(day)
    if weekly:
        week = message.replace(f"The week of {name}", "This week")
        return week.replace(f"the week of {name}", "the week")
    if message.startswith(f"On {name} "):
        rest = message.removeprefix(f"On {name} ")
        return rest[:1].upper() + rest[1:]
    return message.replace(f" on {name}", "").replace(name, "This day", 1)


def _lead(finding: Finding, missing: int, glyphs: Glyphs) -> Text:
    minutes = f" {missing:>3} min" if missing else " " * 8
    return Text.assemble((sign_of(finding, glyphs), FINDING), minutes)


def _say_gaps(gaps: Sequence[Finding], policy: Policy, zone: ZoneInfo) -> str:
    *first, last = (say_time(each.start, zone) for each in gaps)
    asked = say_minutes(policy.gap_minutes)
    return (
        f"{len(gaps)} times there are fewer than {asked} between 2 meetings: "
        f"at {', '.join(first)} and {last}."
    )


def _closing(checked: Checked) -> str:
    if not checked.findings:
        return "Your diary has all that your settings ask for."
    return "To see what could be done: clearway plan, with the same calendars and options."
