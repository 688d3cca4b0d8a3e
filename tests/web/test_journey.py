"""A leader's whole way through the pages in a real browser: by keyboard alone, without JavaScript."""

import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import uvicorn

from app import sample
from app.main import create_app
from tests.web.conftest import NOW, SMALL

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """The service on a port of this machine."""
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    app = create_app(SMALL, sample=True, now=lambda: NOW)
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    server.should_exit = True
    thread.join()
    listening.close()


@pytest.fixture
def page(browser: "Browser") -> Iterator["Page"]:
    """A laptop's window that runs no scripts; whatever the browser complains of fails the test."""
    context = browser.new_context(
        java_script_enabled=False, viewport={"width": 1280, "height": 900}
    )
    opened = context.new_page()
    complaints: list[str] = []
    asked: list[str] = []
    opened.on("console", lambda message: complaints.append(message.text))
    opened.on("request", lambda request: asked.append(request.url))
    yield opened
    context.close()
    # A page with a status of 400 or more is told as such; ours are pages all the same.
    assert [text for text in complaints if "Failed to load resource" not in text] == []
    assert [url for url in asked if not url.startswith("http://127.0.0.1:")] == []


def _tab_to(page: "Page", selector: str) -> None:
    wanted = page.locator(selector)
    for _ in range(80):
        page.keyboard.press("Tab")
        if wanted.evaluate("each => each === document.activeElement"):
            return
    pytest.fail(f"the Tab key does not reach {selector}")


def _fill(page: "Page", diary: Path) -> None:
    page.locator("#calendar").set_input_files(diary)
    _tab_to(page, "#me")
    page.keyboard.type(sample.LEADER)


@pytest.fixture
def diary(tmp_path: Path) -> Path:
    """A calendar file with plain line ends, which browsers like to change."""
    path = tmp_path / "diary.ics"
    path.write_bytes(sample.calendar(NOW).replace("\r\n", "\n").encode())
    return path


def test_bring_read_take_and_undo_by_keyboard_alone(
    page: "Page", address: str, diary: Path, tmp_path: Path
) -> None:
    """From an empty form to the changed diary, and back to the very bytes."""
    page.goto(address)
    _fill(page, diary)
    _tab_to(page, "form button")
    page.keyboard.press("Enter")
    page.wait_for_url("**/week")
    assert page.locator("h1").inner_text() == "Your week, now and after"
    assert page.locator("svg[role=img]").count() == 4

    _tab_to(page, "#plan-shorten details summary >> nth=0")
    page.keyboard.press("Enter")
    assert page.locator("#plan-shorten .changes li").first.is_visible()

    taken = {}
    for ending in ("ics", "json"):
        _tab_to(page, f"button[value='move.{ending}']")
        with page.expect_download() as download:
            page.keyboard.press("Enter")
        taken[ending] = tmp_path / download.value.suggested_filename
        download.value.save_as(taken[ending])
    assert {path.name for path in taken.values()} == {
        "clearway-move.ics",
        "clearway-move-undo.json",
    }
    assert taken["ics"].read_bytes() != diary.read_bytes()

    page.goto(f"{address}/undo")
    page.locator("#calendar").set_input_files(taken["ics"])
    page.locator("#undo").set_input_files(taken["json"])
    _tab_to(page, "form button")
    with page.expect_download() as download:
        page.keyboard.press("Enter")
    back = tmp_path / "back.ics"
    download.value.save_as(back)
    assert back.read_bytes() == diary.read_bytes()


def test_a_wrong_answer_is_found_and_mended(page: "Page", address: str, diary: Path) -> None:
    """The summary leads to the field, and the file need not be chosen again."""
    page.goto(address)
    page.locator("#calendar").set_input_files(diary)
    _tab_to(page, "form button")
    page.keyboard.press("Enter")
    page.wait_for_url("**/week")
    assert page.title().startswith("Error: ")

    page.locator(".errors a").focus()
    page.keyboard.press("Enter")
    assert page.url.endswith("#me")
    page.locator("#me").focus()
    page.keyboard.type(sample.LEADER)
    _tab_to(page, "form button")
    page.keyboard.press("Enter")
    page.wait_for_selector("svg[role=img]")


@pytest.mark.parametrize("path", ["/", "/sample", "/undo", "/problems", "/nothing"])
@pytest.mark.parametrize("width", [1280, 320])
def test_nothing_is_wider_than_the_window(
    page: "Page", address: str, path: str, width: int
) -> None:
    """At 320 px, which is also 400 % on a laptop; and what can be pressed is 24 px or more."""
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(f"{address}{path}")

    assert page.evaluate("document.documentElement.scrollWidth") <= width
    small = page.evaluate(
        """[...document.querySelectorAll("a, button, input:not([type=hidden]), select, summary")]
           .filter(each => each.checkVisibility() && !each.classList.contains("skip"))
           .filter(each => !each.closest("p, td, th, .errors"))
           .map(each => [each.outerHTML.slice(0, 80), each.getBoundingClientRect()])
           .filter(([, box]) => box.width < 24 || box.height < 24)
           .map(([html]) => html)"""
    )
    assert small == []


def test_focus_can_be_seen(page: "Page", address: str) -> None:
    """Each thing that takes the focus looks different while it has it."""
    page.goto(address)
    seen = 0
    for _ in range(12):
        page.keyboard.press("Tab")
        style = page.evaluate(
            "(each => [getComputedStyle(each).boxShadow, getComputedStyle(each).outlineStyle])"
            "(document.activeElement)"
        )
        if page.evaluate("document.activeElement === document.body"):
            break
        assert style != ["none", "none"]
        seen += 1
    assert seen >= 8
