"""Words come from translation files: a language is a file, and every page speaks it.

The Welsh here is none: each sentence stands between brackets, so that one without them is one
that no translator was ever shown.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.pofile import read_po, write_po
from starlette.testclient import TestClient

from app.config import Settings, SettingsError
from app.main import create_app

ROOT = Path(__file__).resolve().parents[2]
NOW = datetime(2026, 11, 19, 9, tzinfo=UTC)
WELSH = {"Accept-Language": "cy, en-GB;q=0.7"}


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
