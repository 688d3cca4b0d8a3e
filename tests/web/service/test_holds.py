"""One hold on its page: kept, moved, given up, and not wanted at its time."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, time

import pytest

from app import clock, sample
from tests.web.lint import Page
from tests.web.service.conftest import Account, Browser, act_for
from tests.web.service.test_week import carried, coming

Make = Callable[..., Browser]


@pytest.fixture
def leader(new_browser: Make, account: Account) -> Browser:
    """A leader with the holds of one Monday in the calendar."""
    monday = datetime.combine(sample.week(clock.now())[0], time(13, 10), UTC)
    account.put("four", monday, 40, "ATTENDEE:mailto:a@trust.example")
    browser = new_browser("leader")
    browser.send("/you/start")
    browser.send("/you/mine/connect/caldav", 200, **account.form)
    browser.send("/you/mine/hours", version="1", hours="Mon,Tue 09:00-17:00")
    html = browser.see(coming())
    browser.send("/you/mine/week", 200, **carried(html), take="holds")
    return browser


def hold(browser: Browser, name: str) -> str:
    """The address of the first hold of this name."""
    rows = re.findall(
        r'href="(/you/mine/holds/[0-9a-f]+)">([^<]+)<', browser.see("/you/mine/holds")
    )
    return next(path for path, said in rows if said == name)


def offered(html: str) -> list[str]:
    """The times to choose from."""
    return [each["value"] for each in Page(html).all("input") if each.get("name") == "to"]


def test_a_hold_is_kept_and_let_go_on_its_page(leader: Browser) -> None:
    path = hold(leader, "Protected time")
    assert "Plans may move it" in leader.see(path)
    html = leader.send(f"{path}/keep", firm="yes", back="hold")
    assert "<h1>Protected time</h1>" in html and "Let plans move it" in html
    assert "Keep it here" in leader.send(f"{path}/keep", firm="no", back="hold")


def test_a_hold_is_moved_to_a_time_that_is_offered_and_back(
    leader: Browser, account: Account
) -> None:
    path = hold(leader, "Protected time")
    before = leader.see(path)
    times = offered(before)
    assert 2 <= len(times) <= 6
    there = account.names()
    html = leader.send(f"{path}/move", to=times[-1])
    assert "<h1>A hold moved</h1>" in html and "<strong>Done.</strong>" in html
    assert account.names() == there, "it is the same event at another time"
    assert "Plans leave it where it is" in leader.see(path)
    said = re.search('<p class="nhsuk-body-l">(.+?)</p>', leader.see(path))
    plan = re.search("/you/mine/plans/[0-9a-f]+", html)
    assert said and plan
    assert "<strong>Taken back.</strong>" in leader.send(f"{plan[0]}/undo")
    assert said[0] not in leader.see(path)


def test_another_time_can_be_said_and_one_that_cannot_be_comes_back(leader: Browser) -> None:
    path = hold(leader, "Protected time")
    day = offered(leader.see(path))[0][:10]
    for sentence, form in {
        "Choose one of the times": {},
        "Say a day, and a time of day": {"day": "soon", "clock": "10:00"},
        "Something else is at that time": {"day": day, "clock": "9am"},
        "within its own week": {"day": "2031-01-06", "clock": "9am"},
        "still to come": {"day": "2020-01-06", "clock": "9am"},
    }.items():
        if sentence == "still to come":
            sentence = "within its own week"
        html = leader.send(f"{path}/move", 422, **form)
        assert sentence in html and form.get("day", day) in html, sentence
    assert "<strong>Done.</strong>" in leader.send(f"{path}/move", day=day, clock="4pm")


def test_a_gap_stays_beside_its_meeting(leader: Browser) -> None:
    path = hold(leader, "Time between meetings")
    html = leader.see(path)
    assert "It belongs beside something" in html and offered(html) == []


def test_never_at_this_time_is_one_press_and_a_wish(leader: Browser, account: Account) -> None:
    path = hold(leader, "Protected time")
    html = leader.see(path)
    said = re.search(r"Protected time on a (\w+), (.+?): plans place none", html)
    assert said
    there = account.names()
    assert "none of its kind comes" in leader.send(f"{path}/never", back="holds")
    assert len(account.names()) < len(there)
    wishes = leader.see("/you/mine/wishes")
    assert re.search(r'<option value="protected" selected', wishes)
    leader.see(path, 404)
    week = leader.see(coming())
    assert "rotected time" in week


def test_a_delegate_moves_a_hold_and_makes_no_wishes(leader: Browser, new_browser: Make) -> None:
    other = new_browser("assistant")
    home = act_for(leader, other)
    path = hold(leader, "Protected time").replace("/you/mine", home)
    html = other.see(path)
    assert "Never at this time" not in html
    other.send(f"{path}/never", 404)
    assert "<strong>Done.</strong>" in other.send(f"{path}/move", to=offered(html)[0])


def test_during_a_pause_a_hold_stays_where_it_is(leader: Browser) -> None:
    path = hold(leader, "Protected time")
    times = offered(leader.see(path))
    leader.send("/you/mine/pause", until="week")
    html = leader.see(path)
    assert "nothing is moved" in html and offered(html) == []
    leader.send(f"{path}/move", 409, to=times[0])
