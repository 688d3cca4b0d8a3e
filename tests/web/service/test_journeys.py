"""What leaders and their PAs do, by keyboard alone: on 320 pixels (a laptop at 400 %), in forced
colours, and without scripts, all at once.
"""

import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import uvicorn

from app import clock, sample
from app.config import Settings
from app.deployment import Deployment, open_deployment
from app.jobs import attending
from app.main import _listen, create_app
from tests.servers.openid import OpenIdServer
from tests.servers.processes import free_port
from tests.web.service.conftest import Account
from tests.web.service.hands import Hands
from tests.web.service.running import PATIENCE

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser
MONDAY = sample.week(clock.now())[0]


@pytest.fixture
def site(settings: Settings, tmp_path: Path) -> Iterator[str]:
    """The service on a port of its own; a worker attends to a diary at once."""
    port = free_port()
    told = replace(settings, public_url=f"http://127.0.0.1:{port}", port=port)
    deployment = open_deployment(told)
    with _served(deployment, port):
        yield told.public_url
    deployment.close()


@contextmanager
def _served(deployment: Deployment, port: int) -> Iterator[None]:
    def attend(leader_id: str) -> None:
        attending.attend(deployment, "test", leader_id)

    app = create_app(deployment=deployment, put=attend)
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical", access_log=False))
    thread = threading.Thread(target=server.run, args=([_listen(port)],))
    thread.start()
    end = time.monotonic() + PATIENCE
    while not server.started and time.monotonic() < end:
        time.sleep(0.05)
    yield
    server.should_exit = True
    thread.join()


@pytest.fixture
def new_hands(browser: "Browser", site: str, openid: OpenIdServer) -> Iterator[object]:
    """Somebody else each time, signed in."""
    contexts = []

    def make(user: str) -> Hands:
        context = browser.new_context(
            java_script_enabled=False,
            viewport={"width": 320, "height": 640},
            forced_colors="active",
        )
        context.set_default_timeout(1000 * PATIENCE)
        contexts.append(context)
        hands = Hands(context.new_page())
        openid.act_as(user)
        hands.page.goto(f"{site}/you")
        hands.press("Sign in with your organisation")
        return hands

    yield make
    for each in contexts:
        each.close()


@pytest.fixture
def leader(new_hands, account: Account) -> Hands:
    """A leader whose calendar is connected, and whose holds are in it."""
    hands: Hands = new_hands("leader")
    hands.press("Join")
    for name, value in (
        ("Address of the server", account.form["url"]),
        ("User name", account.form["user"]),
        ("App password", account.form["password"]),
    ):
        hands.fill(name, value)
    hands.press("Connect this account")
    hands.press("Save and go on")
    hands.press("Save and go on")
    hands.press("Start now with this plan", exact=False)
    hands.wait_for("Done.")
    return hands


def _menu(hands: Hands, name: str) -> None:
    """To a page of the menu, from wherever the last page ended."""
    hands.page.evaluate("() => document.activeElement.blur()")
    hands.press(name)


def test_a_plan_is_left_in_part_accepted_and_undone(leader: Hands, account: Account) -> None:
    there = account.names()
    leader.press("Undo this plan")
    leader.wait_for("Taken back.")
    without = account.names()
    assert without < there

    _menu(leader, "Your week")
    leader.press("The week after")
    before = _regained(leader)
    leader.open("What changes, and why")
    leader.tick("Leave")
    leader.press("Plan again without these", exact=False)
    assert 0 < _regained(leader) < before
    leader.press("Accept this plan", exact=False)
    leader.wait_for("Done.")
    assert len(account.names()) > len(without)


def _regained(hands: Hands) -> int:
    """Minutes that the plan of holds wins, as its section says."""
    said = re.search(r"(?:(\d+) hours?)? ?(?:(\d+) minutes?)? regained,", hands.said())
    assert said
    return 60 * int(said[1] or 0) + int(said[2] or 0)


def test_a_hold_is_kept_moved_and_given_up(leader: Hands, account: Account) -> None:
    _menu(leader, "Holds")
    leader.press("Protected time", exact=False)
    leader.press("Keep it here")
    leader.press("Let plans move it")
    times = leader.page.locator("input[name=to] + label").all_inner_texts()
    assert len(times) > 1
    leader.choose(times[-1])
    leader.press("Move it")
    leader.wait_for("Done.")

    there = account.names()
    _menu(leader, "Holds")
    leader.press("Protected time", exact=False)
    leader.press("Never at this time")
    assert "none of its kind comes at that time" in leader.said()
    assert len(account.names()) == len(there) - 1


def test_settings_are_read_and_changed(leader: Hands) -> None:
    _menu(leader, "Settings")
    leader.press("Time between meetings")
    assert "The report, lines" in leader.said()
    label = leader.page.locator("label[for=gap_minutes]").inner_text()
    leader.fill(label, "15")
    leader.press("Save")
    assert "Your settings are saved" in leader.said()
    leader.fill(label, "soon")
    leader.press("Save")
    assert "There is a problem" in leader.said() and leader.page.title().startswith("Error")


def test_a_pause_begins_and_ends_and_a_lock_is_set(leader: Hands) -> None:
    leader.press("Back to your diary")
    leader.press("Pause")
    leader.choose("The rest of this week")
    leader.press("Pause")
    assert "Clearway is paused until" in leader.said()
    leader.press("Go on now")
    assert "Clearway goes on" in leader.said()


def test_what_is_held_is_seen_and_somebody_leaves(leader: Hands, account: Account) -> None:
    _menu(leader, "Settings")
    leader.press("What we hold about you")
    assert "Changes that were written" in leader.said()
    _menu(leader, "Settings")
    leader.press("Leave Clearway")
    leader.press("Leave, and delete everything")
    leader.wait_for("You have left")
    left = {each for each in account.names() if each.endswith(".ics")}
    assert {each.rpartition("/")[2] for each in left} == {"one.ics", "two.ics", "three.ics"}


def test_a_pa_accepts_looks_side_by_side_finds_a_time_and_pauses(
    leader: Hands, new_hands, site: str
) -> None:
    _menu(leader, "Settings")
    leader.press("Delegates")
    leader.fill("What you call them", "PA")
    leader.press("Make an invitation")
    link = leader.page.locator(".code").inner_text()

    pa: Hands = new_hands("assistant")
    pa.page.goto(link)
    pa.arrive()
    pa.fill("What you call this diary", "Ward 4")
    pa.press("Accept")
    _menu(pa, "Diaries you act for")
    pa.press("The week after")
    assert "Can move" in pa.said() and "Ward 4" in pa.said()
    pa.press("Protected time", exact=False)
    pa.press("Keep it here")
    _menu(pa, "Diaries you act for")
    pa.press("Find a time to meet")
    pa.fill("How many minutes?", "25")
    pa.press("Find times")
    assert "Times, the best first" in pa.said() and "Nothing is booked" in pa.said()
    pa.press("Back to the diaries")
    pa.press("Pause several")
    pa.tick("Ward 4")
    pa.press("Pause them")
    assert "Paused until" in pa.said()
    leader.page.goto(f"{site}/you/mine")
    assert "Clearway is paused until" in leader.said()
