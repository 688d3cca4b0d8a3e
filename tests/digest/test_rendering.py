"""The mail itself: both parts mean the same, nothing is fetched, and every program can show it."""

import re
from base64 import b64decode
from io import BytesIO

import pytest
from PIL import Image

from app.digest.contents import Place, unseen
from app.digest.previewing import ADDRESSES
from app.digest.rendering import Rendered, render
from tests.digest.weeks import WEEKS, digest_of
from tests.web.lint import Page


def rendered(name: str, **options: bool) -> Rendered:
    return render(digest_of(WEEKS[name]), ADDRESSES, **options)


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text)


@pytest.mark.parametrize("name", WEEKS)
def test_text_and_html_say_the_same(name: str) -> None:
    mail = rendered(name)
    page = Page(re.sub(r"<style>.*?</style>", "", mail.html, flags=re.DOTALL))
    shown = " ".join(page.texts)
    for line in mail.text.splitlines():
        said, _, address = line.removeprefix("- ").partition(": https://")
        assert said in shown, said
        if address:
            assert f'href="https://{address}"' in mail.html
    plain = set(words(mail.text + mail.subject))
    assert set(words(shown)) <= plain


@pytest.mark.parametrize("name", WEEKS)
def test_nothing_is_fetched_and_nothing_tells_that_it_was_read(name: str) -> None:
    page = Page(rendered(name).html)
    assert {tag for tag, _ in page.tags} <= {
        *("html", "head", "meta", "title", "style", "body", "table", "tr", "td", "h1", "h2"),
        *("p", "ul", "li", "a", "img", "br"),
    }
    assert [each["src"] for each in page.all("img")] == ["cid:week"]
    assert "url(" not in page.html
    assert "@import" not in page.html
    assert "@font-face" not in page.html


def test_mail_programs_that_know_no_style_sheets_show_it_all_the_same() -> None:
    page = Page(rendered("usual").html)
    for tag, found in page.tags:
        if tag in ("p", "h1", "h2", "li", "td", "a"):
            assert "style" in found, tag
    assert all(each.get("role") == "presentation" for each in page.all("table"))
    (picture,) = page.all("img")
    assert picture["alt"].startswith("The picture shows your week, with ")
    assert picture["width"] == "560"


@pytest.mark.parametrize("name", WEEKS)
def test_the_picture_is_a_small_png(name: str) -> None:
    mail = rendered(name)
    assert mail.picture is not None
    image = Image.open(BytesIO(mail.picture))
    assert (image.format, image.width) == ("PNG", 1120)
    assert len(mail.picture) < 30_000
    assert rendered(name).picture == mail.picture


def test_alone_it_carries_its_picture() -> None:
    mail = rendered("usual", alone=True)
    (picture,) = Page(mail.html).all("img")
    kind, _, content = picture["src"].partition(",")
    assert kind == "data:image/png;base64"
    assert b64decode(content) == mail.picture


def test_a_link_that_leads_nowhere_is_left_out() -> None:
    few = {Place.SETTINGS: "https://clearway.example/you/mine/settings"}
    mail = render(digest_of(WEEKS["usual"]), few)
    assert re.findall(r"https://\S+", mail.text) == [few[Place.SETTINGS]]
    assert [each["href"] for each in Page(mail.html).all("a")] == [few[Place.SETTINGS]]


def test_whoever_cannot_be_read_gets_words_and_a_way_back() -> None:
    mail = render(unseen(), ADDRESSES)
    assert mail.picture is None
    assert "no summary this week" in mail.text
    assert ADDRESSES[Place.CALENDARS] in mail.text


def test_what_is_in_a_digest_cannot_become_markup() -> None:
    from dataclasses import replace

    digest = replace(unseen(), subject="<b>&", short="<i>")
    assert "<b>" not in render(digest, ADDRESSES).html
