"""A leader's first day with the service, in a real browser and on a real calendar server.

No page runs a script. What is in the calendar is seen by another calendar program.
"""

import re
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from app import clock, sample
from rules.working_pattern import dates
from tests.servers.processes import free_port, missing
from tests.web.service.running import PATIENCE, Client, Cluster, Service

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(bool(missing("radicale")), reason=missing("radicale") or "it is there"),
]


TITLES = re.findall("SUMMARY:(.+)\r\n", sample.calendar(clock.now()))


@pytest.fixture(params=["embedded", "two workers"])
def service(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Service]:
    """The service on an empty data folder, and on PostgreSQL as the page for operators says."""
    if request.param == "embedded":
        made = Service(tmp_path / "data", free_port())
    else:
        url = request.getfixturevalue("postgresql").new_database()
        made = Cluster(tmp_path / "data", free_port(), url=url)
    made.start()
    yield made
    made.stop()


@pytest.fixture
def page(browser: "Browser") -> Iterator["Page"]:
    """A telephone's window that runs no scripts; what the browser complains of fails the test."""
    context = browser.new_context(java_script_enabled=False, viewport={"width": 320, "height": 800})
    context.set_default_timeout(1000 * PATIENCE)
    opened = context.new_page()
    complaints: list[str] = []
    opened.on("console", lambda message: complaints.append(message.text))
    yield opened
    told = opened.locator("main").inner_text() if complaints else ""
    context.close()
    assert complaints == [], told


def _press(page: "Page", name: str) -> None:
    """Press a button of a page that is no wider than its window and holds no title."""
    assert page.evaluate("document.documentElement.scrollWidth") <= 320, page.url
    html = page.content()
    assert [each for each in TITLES if each in html] == []
    page.get_by_role("button", name=name, exact=True).click()


def _told(page: "Page") -> str:
    return page.locator("main").inner_text()


def _begin(page: "Page", service: Service) -> Client:
    """From the printed link to a connected sample account that is asked first."""
    page.goto(service.link)
    _press(page, "Join")
    for _ in range(100):
        if page.get_by_role("button", name="Connect the sample account").count():
            break
        page.reload()
        page.wait_for_timeout(200)
    page.get_by_text("Look at it with another calendar program").click()
    client = Client(*page.locator(".pairs dd").all_inner_texts())
    _press(page, "Connect the sample account")
    assert page.get_by_label("Sample diary").is_checked()
    _press(page, "Save and go on")
    # two working days make a short plan
    first, _ = sample.week(clock.now())
    off = [
        *dates(first - timedelta(days=7), first),
        *dates(first + timedelta(days=2), first + timedelta(weeks=15)),
    ]
    page.get_by_label("Days off").fill(", ".join(each.isoformat() for each in off))
    _press(page, "Save and go on")
    assert "Nothing is written yet" in _told(page)
    page.get_by_role("link", name="Keep watching for now").click()
    page.get_by_role("link", name="Start now", exact=True).click()
    page.get_by_label("Start now, and ask me first").check()
    _press(page, "Save")
    return client


def _make_plan(page: "Page") -> None:
    """The one that was begun with the choice, asked for again."""
    while not page.get_by_role("link", name="Look at the plan").count():
        page.wait_for_timeout(300)
        page.reload()
    assert not page.get_by_label("End meetings early").count(), "this server tells nobody"
    page.get_by_text("Make a plan now").click()
    page.get_by_label("Holds only").check()
    _press(page, "Make a plan")
    assert "Waits for an answer" in _told(page)
    assert page.locator("svg[role=img]").count() >= 1


def _until(page: "Page", state: str) -> None:
    """Look again and again, as somebody would."""
    end = time.monotonic() + PATIENCE
    while _state(page) != f"{state}.":
        assert time.monotonic() < end, _state(page)
        page.wait_for_timeout(300)
        page.reload()


def _state(page: "Page") -> str:
    return page.locator(".nhsuk-body-l strong").inner_text()


def _spans(client: Client, paths: set[str]) -> set[tuple[datetime, datetime]]:
    events = client.events()
    return {(events[path]["DTSTART"].dt, events[path]["DTEND"].dt) for path in paths}


def test_a_plan_is_accepted_seen_elsewhere_and_undone_whatever_dies(
    page: "Page", service: Service
) -> None:
    client = _begin(page, service)
    before = set(client.events())
    _make_plan(page)
    with service.silent_calendar():
        _press(page, "Yes, do this")
        assert _state(page) in ("Accepted.", "In hand.")
        plan = page.url.partition("?")[0]
        service.kill()
    service.go_on()

    page.goto(plan)
    _until(page, "Done")
    holds = page.locator(".changes li").count()
    new = set(client.events()) - before
    assert len(new) == holds == len(_spans(client, new)) > 3
    first, _ = sample.week(clock.now())
    gap = datetime.combine(first, datetime.min.time(), sample.ZONE) + timedelta(
        hours=11, minutes=15
    )
    assert (gap, gap + timedelta(minutes=10)) in _spans(client, new)

    page.get_by_role("link", name="Back to your diary").click()
    page.get_by_role("link", name=re.compile("holds ahead")).click()
    page.get_by_role("button", name=re.compile("Give it up.*Protected time")).first.click()
    assert "The hold is given up" in _told(page)
    page.get_by_role("link", name="Back to your diary").click()
    page.get_by_role("link", name="All plans").click()
    page.locator(".rows a").last.click()
    _press(page, "Undo this plan")
    _until(page, "Taken back")
    assert set(client.events()) == before

    page.get_by_role("link", name="Back to your diary").click()
    page.get_by_role("navigation", name="Menu").get_by_role("link", name="History").click()
    told = _told(page)
    assert "Put a plan into the calendar" in told and "Took a plan back" in told
