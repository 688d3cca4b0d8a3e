"""The shapes of templates, as tools read them."""

from collections.abc import Sequence

from app.services.templates import Filled
from app.shapes import Minutes, Moment, Shape
from rules.event import Kind, ShowAs
from rules.templates import TEMPLATES, Template


class TemplateItem(Shape):
    """One template. It repeats every `weeks`, `times` in all; null where it does not, or goes on."""

    name: str
    title: str
    about: str
    lines: str
    hold: Kind
    show_as: ShowAs
    summary: str
    text: str
    minutes: Minutes
    weeks: int | None
    times: int | None
    whole_day: bool


class TemplateFile(Shape):
    """A template at its time: `ics` is the calendar text, `file` where it was written."""

    template: TemplateItem
    start: Moment
    end: Moment
    time_zone: str
    file: str | None
    ics: str


def template_items() -> Sequence[TemplateItem]:
    """All templates."""
    return [template_item(each) for each in TEMPLATES]


def template_item(each: Template) -> TemplateItem:
    """One template as tools read it."""
    return TemplateItem(
        name=each.name,
        title=each.title,
        about=each.about,
        lines=each.lines,
        hold=each.kind,
        show_as=ShowAs.FREE if each.free else ShowAs.BUSY,
        summary=each.summary,
        text=each.text,
        minutes=each.minutes,
        weeks=each.weeks or None,
        times=each.times or None,
        whole_day=each.whole_day,
    )


def template_file(filled: Filled, file: str | None) -> TemplateFile:
    """A template at its time as tools read it."""
    return TemplateFile(
        template=template_item(filled.template),
        start=filled.start,
        end=filled.end,
        time_zone=filled.zone.key,
        file=file,
        ics=filled.content.decode("utf-8"),
    )
