"""From the first sign-in to an accepted plan, by keyboard alone, on a telephone, without scripts."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from app import clock, sample
from tests.servers.processes import free_port, missing
from tests.web.service.hands import Hands
from tests.web.service.running import PATIENCE, Client, Service

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(bool(missing("radicale")), reason=missing("radicale") or "it is there"),
]

SCREENS, ACTIONS, QUESTIONS = 8, 15, 3
"""What a first run may ask for at most, the questions of each page."""


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    """The service as `make run` starts it."""
    made = Service(tmp_path / "data", free_port())
    made.start()
    yield made
    made.stop()


@pytest.fixture
def hands(browser: "Browser") -> Iterator[Hands]:
    """A small window that runs no scripts and takes keys."""
    context = browser.new_context(java_script_enabled=False, viewport={"width": 320, "height": 640})
    context.set_default_timeout(1000 * PATIENCE)
    yield Hands(context.new_page())
    context.close()


def _wait_for_the_sample(hands: Hands) -> None:
    """Its calendar server begins with the service, and a quick browser is there before it."""
    end = time.monotonic() + PATIENCE
    while not hands.page.get_by_role("button", name="Connect the sample account").count():
        assert time.monotonic() < end, "the sample account is not there"
        hands.page.wait_for_timeout(200)
        hands.page.reload()


def test_a_first_run_ends_with_a_plan_in_the_calendar(hands: Hands, service: Service) -> None:
    page = hands.page
    page.goto(service.link)
    hands.arrive()
    hands.press("Join")
    _wait_for_the_sample(hands)
    client = Client(*page.locator(".pairs dd").all_text_contents())
    hands.press("Connect the sample account")
    hands.press("Save and go on")
    assert "fit the meetings" in page.locator("main").inner_text()
    assert page.get_by_label("Working hours").input_value() == "Mon-Fri 09:00-17:00"
    before = set(client.events())
    hands.press("Save and go on")

    first, _ = sample.week(clock.now())
    told = page.locator("main").inner_text()
    assert f"from={first.isoformat()}" in page.url and "Nothing is written yet" in told
    assert page.locator("svg.week").count() >= 2, "the week as it is, and as it could be"
    assert set(client.events()) == before
    hands.press("Start now with this plan", exact=False)
    while "Done." not in page.locator("main").inner_text():
        page.wait_for_timeout(300)
        page.reload()
    assert len(client.events()) > len(before)

    assert len(hands.screens) <= SCREENS, hands.screens
    assert hands.actions <= ACTIONS
    assert hands.most_questions <= QUESTIONS
