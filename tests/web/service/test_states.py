"""Whatever state things are in, a page says what happened and what to do next."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from app import clock, sample
from app.deployment import Deployment
from app.life import proposing
from app.life.reasons import Reason
from app.life.states import PlanState
from app.storage.tables import Connection as ConnectionRow
from app.storage.tables import Plan, SignIn, Step
from tests.web.lint import Page
from tests.web.service.conftest import Account, Browser, Clock, act_for
from tests.web.service.test_week import carried, coming

Make = Callable[..., Browser]


@pytest.fixture
def leader(new_browser: Make, account: Account) -> Browser:
    """A leader with a calendar of two days, who is asked first."""
    browser = new_browser("leader")
    browser.send("/you/start")
    browser.send("/you/mine/connect/caldav", 200, **account.form)
    browser.send("/you/mine/hours", version="1", hours="Mon,Tue 09:00-17:00")
    browser.send("/you/mine/mode", mode="propose")
    return browser


def ways_on(html: str) -> list[str]:
    """Where the main part of a page leads: its links and buttons that look like one."""
    main = Page(html.partition("<main")[2].partition("</main>")[0])
    links = [str(each["href"]) for each in main.all("a") if "nhsuk-button" in each.get("class", "")]
    forms = [str(each["action"]) for each in main.all("form") if each.get("action")]
    return links + forms


def planned(browser: Browser) -> str:
    """The page of a new plan of holds."""
    html = browser.send("/you/mine/plans", tier="holds")
    found = re.search(r'action="(/you/mine/plans/[0-9a-f]+)/accept"', html)
    assert found
    return found[1]


def accepted(browser: Browser) -> str:
    """A plan of the coming week that was put into the calendar."""
    html = browser.send("/you/mine/week", 200, **carried(browser.see(coming())), take="holds")
    found = re.search(r'action="(/you/mine/plans/[0-9a-f]+)/undo"', html)
    assert found
    return found[1]


def set_state(deployment: Deployment, path: str, state: PlanState, reason: Reason) -> None:
    """Have a plan stand as if something had come in its way."""
    with deployment.database.transaction() as session:
        mine = Plan.id == path.rpartition("/")[2]
        session.execute(update(Plan).where(mine).values(state=state.value, reason=reason.value))


# --- nothing there --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "said", "way"),
    [
        ("", "No calendar is connected yet", "/you/mine/connect"),
        ("/plans", "There are no plans yet", "/you/mine/week"),
        ("/holds", "There are no holds", "/you/mine/week"),
        ("/delegates", "Invite somebody", "/you/mine/delegates"),
        ("/connect", "Connect", "/you/mine/connect/caldav"),
    ],
)
def test_an_empty_page_says_how_to_begin(new_browser: Make, path: str, said: str, way: str) -> None:
    browser = new_browser("leader")
    browser.send("/you/start")
    html = browser.see(f"/you/mine{path}")
    assert said in html and way in ways_on(html)


def test_a_week_without_a_calendar_leads_to_connecting_one(new_browser: Make) -> None:
    browser = new_browser("leader")
    browser.send("/you/start")
    for path in ("/week", "/workload", "/locks"):
        html = browser.client.get(f"/you/mine{path}").text
        assert "/you/mine/connect" in html, path


def test_a_week_that_lacks_nothing_says_so(leader: Browser) -> None:
    accepted(leader)
    html = leader.see(coming())
    assert "Nothing to change" in html or "nothing to change" in html
    assert 'name="take"' not in html


def test_asking_for_a_plan_where_there_is_none_to_make(leader: Browser) -> None:
    accepted(leader)
    for _ in range(4):
        html = leader.send("/you/mine/plans", tier="holds")
        found = re.search(r'action="(/you/mine/plans/[0-9a-f]+)/accept"', html)
        if found is None:
            break
        digest = re.search('name="hash" value="([^"]+)"', html)
        assert digest
        leader.send(f"{found[1]}/accept", hash=digest[1])
    assert "There is nothing to change" in html
    assert ways_on(html)


def test_a_day_without_room_says_what_stays_missing_and_why(
    new_browser: Make, account: Account
) -> None:
    """Nine hours of meetings that nobody may move leave no place for anything."""
    monday = sample.week(clock.now())[0]
    start = clock.now().replace(
        year=monday.year, month=monday.month, day=monday.day, hour=8, minute=0, second=0
    )
    account.put("all", start.replace(microsecond=0), 600, "ATTENDEE:mailto:a@trust.example")
    browser = new_browser("leader")
    browser.send("/you/start")
    browser.send("/you/mine/connect/caldav", 200, **account.form)
    browser.send("/you/mine/hours", version="1", hours="Mon 09:00-17:00")
    browser.send("/you/mine/mode", mode="propose")
    html = browser.see(coming())
    assert "Protected time" in html and 'name="take"' not in html
    assert "no room" in html.lower() or "Nothing to change" in html


# --- plans that did not end as they were meant to -------------------------------------------------


def test_a_plan_that_nobody_answered(leader: Browser, deployment: Deployment) -> None:
    path = planned(leader)
    with deployment.database.transaction() as session:
        past = deployment.now() - timedelta(minutes=1)
        session.execute(update(Plan).values(expires_at=past))
    proposing.expire(deployment)
    html = leader.see(path)
    assert "Ran out" in html and "nothing was written" in html
    assert any(each.startswith("/you/mine/week") for each in ways_on(html))


def test_a_plan_that_no_longer_fits(leader: Browser) -> None:
    path = planned(leader)
    digest = re.search('name="hash" value="([^"]+)"', leader.see(path))
    assert digest
    leader.send("/you/mine/hours", version="2", hours="Mon,Tue 10:00-15:00")
    html = leader.send(f"{path}/accept", hash=digest[1])
    assert "Out of date" in html and "Your settings have changed" in html
    assert ways_on(html) == ["/you/mine/week"]


def test_a_plan_that_was_declined(leader: Browser) -> None:
    path = planned(leader)
    leader.send(f"{path}/decline")
    html = leader.see(path)
    assert "Declined" in html and "The week shows other plans" in html
    assert any(each.startswith("/you/mine/week") for each in ways_on(html))


def test_a_plan_that_is_half_done(leader: Browser, deployment: Deployment) -> None:
    path = accepted(leader)
    set_state(deployment, path, PlanState.PARTLY_APPLIED, Reason.UNREACHABLE)
    with deployment.database.transaction() as session:
        mine = Step.plan_id == path.rpartition("/")[2]
        number = session.scalars(select(Step.number).where(mine)).first()
        skipped = {"state": "skipped", "reason": Reason.UNREACHABLE.value}
        session.execute(update(Step).where(mine, Step.number == number).values(skipped))
    html = leader.see(path)
    assert "Partly done" in html and "Left out" in html
    assert f"{path}/undo" in ways_on(html)
    assert any(each.startswith("/you/mine/week") for each in ways_on(html))


@pytest.mark.parametrize("state", [PlanState.CONFLICTED, PlanState.PARTLY_UNDONE])
def test_a_plan_that_somebody_changed_since(
    leader: Browser, deployment: Deployment, state: PlanState
) -> None:
    path = accepted(leader)
    set_state(deployment, path, state, Reason.CHANGED)
    html = leader.see(path)
    assert "Below is what" in html
    assert any(each.startswith("/you/mine/week") for each in ways_on(html))


# --- ways in that ended ---------------------------------------------------------------------------


def test_a_calendar_that_was_taken_back(leader: Browser, deployment: Deployment) -> None:
    with deployment.database.transaction() as session:
        session.execute(update(ConnectionRow).values(state="revoked"))
    html = leader.see("/you/mine")
    assert "Connect it again" in html
    html = leader.see(coming(), 409)
    assert any("/connect" in each for each in ways_on(html))


def test_a_sign_in_that_ended_leads_back_to_where_one_was(
    leader: Browser, deployment: Deployment
) -> None:
    with deployment.database.transaction() as session:
        session.execute(update(SignIn).values(expires_at=deployment.now() - timedelta(hours=1)))
    html = leader.see("/you/mine/holds")
    assert "ended" in html and "to=%2Fyou%2Fmine%2Fholds" in html


def test_a_grant_that_ended(leader: Browser, new_browser: Make) -> None:
    other = new_browser("assistant")
    home = act_for(leader, other)
    revoke = re.search("/you/mine/delegates/[0-9a-f]+/revoke", leader.see("/you/mine/delegates"))
    assert revoke
    leader.send(revoke[0])
    for path in ("", "/week", "/holds"):
        html = other.see(f"{home}{path}", 404)
        assert "There is nothing here that you can see" in html and ways_on(html) == ["/you"]


def test_an_invitation_that_is_too_old(
    leader: Browser, new_browser: Make, clock_hand: Clock
) -> None:
    html = leader.send("/you/mine/delegates", label="PA", days="30")
    link = re.search(r"/you/invitation/[\w-]+", html)
    assert link
    other = new_browser("assistant")
    leader.send("/you/mine/delegates/" + _grant(leader) + "/revoke")
    html = other.send(link[0], 422, name="Ward 4")
    assert "can no longer be used" in html and ways_on(html) == ["/you"]


def _grant(browser: Browser) -> str:
    found = re.search("/you/mine/delegates/([0-9a-f]+)/revoke", browser.see("/you/mine/delegates"))
    assert found
    return found[1]
