"""Words come from translation files: a language is a file, and every page speaks it.

The Welsh here is none: each sentence stands between brackets, so that one without them is one
that no translator was ever shown.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.pofile import read_po, write_po
from jinja2 import Environment, nodes
from starlette.testclient import TestClient

from app.config import Settings, SettingsError
from app.main import create_app

ROOT = Path(__file__).resolve().parents[2]
NOW = datetime(2026, 11, 19, 9, tzinfo=UTC)
WELSH = {"Accept-Language": "cy, en-GB;q=0.7"}

TEMPLATES = ROOT / "app/web/templates"
TRANSLATED = {"_", "gettext", "ngettext"}
SENTENCE = re.compile(r"\b[A-Z]|(?:^|\s)[a-z]+\s")
LETTER = re.compile(r"[^\W\d_]")
SAID_BY = {
    "button": (0, 2),
    "field": (2, 4),
    "more": (0, 1),
    "nav_item": (1,),
    "press": (1, 4),
    "radios": (2,),
    "select": (2, 6),
    "tick": (3, 7),
    "ticks": (2, 5),
    "way": (1,),
}
"""Which arguments of our macros people read."""
SAID_AS = {"about", "heading", "hint", "label", "legend", "more", "summary", "text", "title"}
"""By which names they are given, to our macros and to those of the design system."""


def bracketed() -> bytes:
    """A translation of everything, in which each sentence is the English one in brackets."""
    with (ROOT / "app/translations/clearway.pot").open("rb") as file:
        catalog = read_po(file, locale="cy")
    for each in catalog:
        if each.id:
            forms = each.id if isinstance(each.id, tuple) else (each.id,)
            said = [f"[{forms[min(n, len(forms) - 1)]}]" for n in range(catalog.num_plurals)]
            each.string = tuple(said) if len(forms) > 1 else f"[{forms[0]}]"
    catalog.fuzzy = False
    written = BytesIO()
    write_po(written, catalog)
    return written.getvalue()


@pytest.fixture(scope="module")
def welsh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A service with that translation."""
    folder = tmp_path_factory.mktemp("translations")
    (folder / "cy.po").write_bytes(bracketed())
    settings = Settings(translations=str(folder))
    with TestClient(create_app(settings, sample=True, now=lambda: NOW)) as running:
        yield running


def test_a_page_is_in_the_language_that_the_browser_asks_for(welsh: TestClient) -> None:
    for wanted, lang, word in (
        ("cy", "cy", "[Skip to main content]"),
        ("cy-GB, en;q=0.5", "cy", "[Skip to main content]"),
        ("en, cy;q=0.5", "en-GB", "Skip to main content"),
        ("de", "en-GB", "Skip to main content"),
        ("", "en-GB", "Skip to main content"),
        (";q=x,,\x7f" * 90, "en-GB", "Skip to main content"),
    ):
        answer = welsh.get("/", headers={"Accept-Language": wanted})
        assert f'<html lang="{lang}">' in answer.text and f">{word}<" in answer.text
        assert "Accept-Language" in answer.headers["vary"]


def test_what_is_said_of_a_diary_is_in_that_language_too(
    welsh: TestClient, calendar: bytes, answers: dict[str, str]
) -> None:
    """Also what a thread of its own finds out, such as an answer that does not fit."""
    files = [("calendar", ("diary.ics", calendar, "text/calendar"))]
    page = welsh.post("/week", data=answers, files=files, headers=WELSH).text
    for said in (
        "[Holds only]",
        "[Puts holds into free time. Nobody is told.]",
        "[Leave this one out]",
        "[Leave this one as it is]",
        "[We proved this in ",
        "[T: time with the team]",
        "[Diamond: time still to find]",
    ):
        plain = said.strip("[]")
        assert page.count(plain) == page.count(f"[{plain}") > 0

    wrong = welsh.post("/week", data=answers | {"last": "?"}, files=files, headers=WELSH).text
    for said in ("[Enter the last day as a date.]", "[Northern Ireland]"):
        assert said in wrong


def test_nothing_that_is_said_of_a_week_is_left_in_english(welsh: TestClient) -> None:
    page = welsh.get("/sample", headers=WELSH).text
    read = [*re.findall(r'(?:aria-label|title|alt)="([^"]*)"', page), re.sub(r"<[^>]*>", " ", page)]
    said = " ".join(read)
    while said != (outer := re.sub(r"\[[^\[\]]*\]", "", said)):
        said = outer
    assert set(re.findall(r"[^\W\d_]{2,}", said)) == {"Clearway"}


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("cy.po", b"This is a letter.", "cy.po"),
        ("xx-nowhere.po", b'msgid "Menu"\nmsgstr "M"\n', "xx-nowhere.po"),
        ("cy.po", b'#, python-format\nmsgid "%(day)s"\nmsgstr "%(dydd)s"\n', "line"),
    ],
)
def test_a_file_that_is_no_translation_is_refused_at_the_start(
    tmp_path: Path, name: str, content: bytes, said: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(SettingsError, match=said):
        create_app(Settings(translations=str(tmp_path)))


def test_a_folder_that_is_not_there_is_refused_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no folder"):
        create_app(Settings(translations=str(tmp_path / "none")))


class Shown(HTMLParser):
    """Gathers what people read of a template's own HTML."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.code = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if not self.code and (tag == "code" or "code" in given.get("class", "").split()):
            self.code = tag
        read = (given.get(name, "") for name in ("aria-label", "title", "alt", "placeholder"))
        self.words += [each for each in read if LETTER.search(each)]

    def handle_endtag(self, tag: str) -> None:
        if tag == self.code:
            self.code = ""

    def handle_data(self, data: str) -> None:
        said = data.strip(" \n–\ufffc")
        if not self.code and said != "Clearway" and LETTER.search(said):
            self.words.append(said)


def literals(node: nodes.Node) -> Iterator[str]:
    """The strings within an expression that no translator sees."""
    if isinstance(node, nodes.Const) and isinstance(node.value, str):
        yield node.value
    own = isinstance(node, nodes.Call) and getattr(node.node, "name", "") in TRANSLATED
    for each in node.iter_child_nodes(exclude=("args",) if own else None):
        yield from literals(each)


def parts(node: nodes.Node) -> Iterator[str]:
    """The strings that an expression puts together or chooses from."""
    if isinstance(node, nodes.Const) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, nodes.Concat | nodes.CondExpr | nodes.BinExpr | nodes.Filter):
        for each in node.iter_child_nodes(exclude=("test", "args")):
            yield from parts(each)


def labels(tree: nodes.Node) -> Iterator[nodes.Node]:
    """The expressions whose value people read, whatever it looks like."""
    for call in tree.find_all(nodes.Call):
        places = SAID_BY.get(getattr(call.node, "name", ""), ())
        yield from (call.args[place] for place in places if place < len(call.args))
        if places:
            yield from (each.value for each in call.kwargs if each.key in SAID_AS)
    for pair in tree.find_all(nodes.Pair):
        if isinstance(pair.key, nodes.Const) and pair.key.value in SAID_AS:
            yield pair.value


def untranslated(template: str) -> list[str]:
    """The words of a template that no translator sees."""
    tree = Environment(extensions=["jinja2.ext.do", "jinja2.ext.i18n"]).parse(template)
    for block in tree.find_all(nodes.Block):
        if block.name == "wide":  # stands in a class
            block.body = []
    shown = Shown()
    for output in tree.find_all(nodes.Output):
        for each in output.nodes:
            shown.feed(each.data if isinstance(each, nodes.TemplateData) else "\ufffc")
    shown.close()
    plain = (each for each in literals(tree) if SENTENCE.search(each))
    given = (each for label in labels(tree) for each in parts(label) if LETTER.search(each))
    return [*shown.words, *plain, *given]


@pytest.mark.parametrize(
    "name", sorted(each.relative_to(TEMPLATES).as_posix() for each in TEMPLATES.rglob("*.html"))
)
def test_every_word_of_a_page_is_shown_to_translators(name: str) -> None:
    assert not untranslated((TEMPLATES / name).read_text(encoding="utf-8"))
