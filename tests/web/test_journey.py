"""A leader's whole way through the pages in a real browser: by keyboard alone, without JavaScript."""

import socket
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import icalendar
import pytest
import uvicorn

from app import sample
from app.main import create_app
from app.services.read import Ask, read
from app.services.source import Source
from rules.catalogue import RULES, evaluate
from rules.words import say_minutes
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
    page.keyboard.press("Enter")
    page.wait_for_selector("form[action='/undone']")
    assert page.locator("h1").inner_text() == "What was undone"
    _tab_to(page, "form button")
    with page.expect_download() as download:
        page.keyboard.press("Enter")
    back = tmp_path / "back.ics"
    download.value.save_as(back)
    assert back.read_bytes() == diary.read_bytes()


def _tick(page: "Page", said: str) -> None:
    """With the keyboard: to the tick beside the one line of the furthest plan that says this."""
    line = page.locator("#plan-move .changes li", has_text=said)
    _tab_to(page, f"#{line.locator('input').get_attribute('id')}")
    page.keyboard.press("Space")


def _events(calendar: bytes) -> dict[str, Any]:
    """The events of a file by UID, as another reader than ours sees them."""
    return {str(each["UID"]): each for each in icalendar.Calendar.from_ical(calendar).events}


def _times(calendar: bytes) -> dict[str, tuple[datetime, datetime]]:
    events = _events(calendar).items()
    return {uid: (each["DTSTART"].dt, each["DTEND"].dt) for uid, each in events}


def _at(day: int, hour: int, minute: int) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=sample.ZONE)


def _people(calendar: bytes) -> dict[str, int]:
    """How many are invited to each event, without the leader."""
    invited = {uid: each.get("ATTENDEE", []) for uid, each in _events(calendar).items()}
    return {uid: sum(sample.LEADER not in each for each in who) for uid, who in invited.items()}


def _still_to_find(calendar: bytes) -> str:
    """What a week misses, read from its file alone."""
    first, end = sample.week(NOW)
    ask = Ask(now=NOW, me=(sample.LEADER,), start=first, end=end - timedelta(days=2))
    opened = read([Source("taken", calendar)], ask)
    planned = {rule.id for rule in RULES if rule.planned}
    found = evaluate(opened.diary, opened.policy)
    return say_minutes(sum(each.missing for each in found if each.rule in planned))


def test_leave_two_changes_out_and_take_the_file(
    page: "Page", address: str, diary: Path, tmp_path: Path
) -> None:
    """One meeting stays, one new hold is not made, and the rest of the plan is in the file."""
    page.goto(address)
    _fill(page, diary)
    _tab_to(page, "form button")
    page.keyboard.press("Enter")
    page.wait_for_url("**/week")
    _tick(page, "Move the meeting at 12:30pm")
    _tick(page, "Keep 2:50pm to 4:40pm for protected time.")
    _tab_to(page, "#plan-move .again button")
    page.keyboard.press("Enter")
    page.wait_for_selector("#left-out")
    assert page.locator(".left-out li strong").all_inner_texts() == [
        "The meeting at 12:30pm on Tuesday 24 November stays as it is.",
        "No new protected time from 2:50pm to 4:40pm on Thursday 26 November.",
    ]

    figures = page.locator("tr", has=page.locator("a[href='#plan-move']")).locator("td")
    told, changed, missing = (figures.nth(number).inner_text() for number in (1, 2, 3))
    with page.expect_download() as download:
        page.locator("button[value='move.ics']").click()
    taken = tmp_path / "taken.ics"
    download.value.save_as(taken)

    before, after = _times(diary.read_bytes()), _times(taken.read_bytes())
    meeting = next(uid for uid, (start, _) in before.items() if start == _at(24, 12, 30))
    assert after[meeting] == before[meeting] == (_at(24, 12, 30), _at(24, 13, 30))
    protected = [
        (start, end)
        for uid, (start, end) in after.items()
        if uid not in before and end - start >= timedelta(hours=1)
    ]
    assert not any(start < _at(26, 16, 40) and _at(26, 14, 50) < end for start, end in protected)
    assert {start.day for start, _ in protected} >= {23, 25, 27}

    moved = [uid for uid, span in before.items() if after[uid] != span]
    people = _people(diary.read_bytes())
    assert (len(moved), sum(people[uid] for uid in moved)) == (int(changed), int(told))
    assert _still_to_find(taken.read_bytes()) == missing

    page.locator(".left-out input").first.check()
    page.locator(".left-out button").click()
    page.wait_for_selector("#left-out")
    assert page.locator(".left-out li").count() == 1


def test_enter_on_a_tick_plans_again(page: "Page", address: str) -> None:
    """As in any form, and never by taking a file."""
    page.goto(f"{address}/sample")
    page.locator("#plan-move .tick input").first.check()
    page.keyboard.press("Enter")
    page.wait_for_url("**/week")
    assert page.locator(".left-out li").count() == 1


@pytest.mark.parametrize("width", [1280, 320])
def test_what_is_left_out_fits_the_window(page: "Page", address: str, width: int) -> None:
    """Nothing is wider than the window, and each tick is large enough."""
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(f"{address}/sample")
    ticks = page.locator("#plan-move .tick input")
    for number in range(8):
        ticks.nth(number).check()
    page.locator("#plan-move .again button").click()
    page.wait_for_selector("#left-out")

    assert page.evaluate("document.documentElement.scrollWidth") <= width
    boxes = [each.bounding_box() for each in page.locator(".tick input:visible").all()]
    assert len(boxes) > 8
    assert all(box and box["width"] >= 24 and box["height"] >= 24 for box in boxes)


def test_a_wrong_answer_is_found_and_mended(page: "Page", address: str, diary: Path) -> None:
    """The summary leads to the field, and the file need not be chosen again."""
    page.goto(address)
    page.locator("#calendar").set_input_files(diary)
    _tab_to(page, "form button")
    page.keyboard.press("Enter")
    page.wait_for_url("**/week")
    assert page.title().startswith("Error: ")

    page.locator(".nhsuk-error-summary a").focus()
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
           .filter(each => each.checkVisibility() && !each.classList.contains("nhsuk-skip-link"))
           .filter(each => !each.closest("p, td, th, .nhsuk-error-summary"))
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
