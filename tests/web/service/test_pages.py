"""The pages of the service without a browser: each thing that can be done, and each way it can go wrong."""

import io
import json
import re
import zipfile
from collections.abc import Callable
from dataclasses import fields
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update
from starlette.testclient import TestClient

from app import clock, sample
from app.config import Settings
from app.deployment import Deployment, open_deployment
from app.main import create_app
from app.people import leaders, reminding, sign_in
from app.people.settings import LeaderSettings, Reaction
from app.storage.tables import Connection as ConnectionRow
from app.storage.tables import Leader as LeaderRow
from app.web.service import routes
from app.web.service.offers import Offers
from app.web.service.topics import TOPICS, Topic
from rules.event import Kind
from rules.policy import Policy
from rules.reminders import Reminder
from tests.web.lint import Page
from tests.web.service.conftest import SITE, Account, Browser, Clock, act_for

Make = Callable[..., Browser]


@pytest.fixture
def leader(new_browser: Make, account: Account) -> Browser:
    """A leader with a connected calendar, three working days, and plans that are asked first."""
    browser = new_browser("leader")
    browser.send("/you/start")
    browser.send("/you/mine/connect/caldav", 200, **account.form)
    browser.send(
        "/you/mine/hours",
        version="1",
        hours="Mon 09:00-17:00",
        time_zone="Europe/London",
        days_off=", ".join(each.isoformat() for each in _far_mondays()),
    )
    browser.send("/you/mine/mode", mode="propose")
    return browser


def _far_mondays() -> list[date]:
    """The Mondays after this week's and the next two, as far ahead as holds are placed."""
    first, _ = sample.week(clock.now())
    return [first + timedelta(weeks=number) for number in range(2, 15)]


def planned(browser: Browser, diary: str = "mine") -> tuple[str, str]:
    """A new plan: its address and its hash."""
    html = browser.send(f"/you/{diary}/plans", tier="shorten")
    found = re.search(f'action="(/you/{diary}/plans/[0-9a-f]+)/accept"', html)
    digest = re.search('name="hash" value="([^"]+)"', html)
    assert found and digest, html
    return found[1], digest[1]


def test_whoever_is_not_signed_in_is_sent_to_sign_in(new_browser: Make) -> None:
    """Nobody sees a page of anybody without a sign-in."""
    browser = new_browser()
    for path in ("", "/mine", "/mine/plans", "/mine/held", "/start", f"/{'0' * 32}"):
        assert "Sign in with your organisation" in browser.see(f"/you{path}")
    assert "Sign in" in browser.send("/you/mine/leave")


def test_signing_in_elsewhere_and_out_again(new_browser: Make) -> None:
    browser = new_browser("leader")
    cookie = next(each for each in browser.client.cookies.jar if each.name == "__Host-clearway")
    assert cookie.secure and cookie.has_nonstandard_attr("HttpOnly")
    assert cookie.get_nonstandard_attr("SameSite") == "lax"
    assert "Join Clearway" in browser.see("/you")
    assert "You are signed out" in browser.send("/you/sign-out")
    assert "Sign in with your organisation" in browser.see("/you")


def test_what_goes_wrong_with_a_sign_in_is_a_page(new_browser: Make, clock_hand: Clock) -> None:
    """A lost errand, a refusal at the provider, and a sign-in that has run out."""
    browser = new_browser()
    assert "please begin again" in browser.see("/you/sign-in/back?state=x&code=y", 422)
    left = browser.client.get("/you/sign-in/go", follow_redirects=False)
    state = re.search("state=([^&]+)", left.headers["location"])
    assert state
    stopped = browser.see(f"/you/sign-in/back?state={state[1]}&error=access_denied", 422)
    assert "you can begin again" in stopped
    assert "no local link" in browser.see("/you/link/nothing", 422)

    browser.sign_in("leader")
    clock_hand.pass_by(hours=13)
    assert "Your sign-in has ended" in browser.see("/you")


def test_a_sign_in_leads_nowhere_else(new_browser: Make) -> None:
    html = new_browser().see("/you/sign-in?to=//other.example/")
    assert "other.example" not in html


def test_a_form_of_another_site_is_refused(leader: Browser) -> None:
    away = {"sec-fetch-site": "cross-site"}
    for path in ("/you/mine/leave", "/you/sign-out", "/you/mine/plans"):
        answer = leader.client.post(path, files={"x": (None, "")}, headers=away)
        assert answer.status_code == 403
    assert "You are leaving" not in leader.see("/you")


def test_a_password_that_is_wrong_and_an_address_that_is_refused(
    leader: Browser, account: Account
) -> None:
    """The form comes back with one sentence, and without the password."""
    html = leader.send(
        "/you/mine/connect/caldav", 409, **{**account.form, "password": "wrong-password"}
    )
    assert "There is a problem" in html and "wrong-password" not in html
    assert account.path in html
    html = leader.send("/you/mine/connect/feed", 422, address="http://10.0.0.1/x.ics")
    assert "There is a problem" in html
    html = leader.send("/you/mine/connect/caldav", 422, url="", user="", password="")
    assert "A CalDAV account has an https:// address" in html


def test_consent_that_cannot_be_given_here(leader: Browser) -> None:
    assert "Connect another way" in leader.see("/you/mine/connect/microsoft", 409)
    assert "is not connected by consent" in leader.see("/you/mine/connect/caldav", 422)
    assert "please begin again" in leader.see("/connections/back?state=x&code=y", 422)


def test_a_provider_may_send_a_form_from_its_own_site(leader: Browser) -> None:
    """It comes without a cookie, changes nothing, and leads on to where the cookie is sent."""
    back = leader.client.post(
        "/connections/back",
        data={"state": "a", "code": "b"},
        headers={"sec-fetch-site": "cross-site"},
        follow_redirects=False,
    )
    assert back.status_code == 303
    assert back.headers["location"].startswith("/connections/back?set_aside=")


def test_every_page_of_a_diary_is_well_made(leader: Browser, deployment) -> None:
    planned(leader)
    for name in (
        *("", "/connect", "/settings", "/hours", "/mode", "/plans", "/holds", "/locks", "/pause"),
        *("/history", "/held", "/delegates", "/leave", "/wishes", "/templates", "/workload"),
    ):
        leader.see(f"/you/mine{name}")
    html = leader.see("/you/mine/connect")
    one = re.search("/you/mine/calendars/[0-9a-f]+", html)
    assert one
    assert "Holds are written to" in leader.see(one[0])
    assert "There is nothing here" in leader.see("/you/mine/nothing", 404)


def test_no_page_is_kept_by_a_browser(leader: Browser) -> None:
    """Every address of these pages says so, whatever it answers."""
    nobody = "0" * 32
    names = ("plan_id", "hold_id", "lock_id", "connection_id", "delegation_id", "leader_id")
    values = {**dict.fromkeys(names, nobody), "diary": "mine", "token": "t", "provider": "google"}
    values["topic"] = "breaks"
    known = [each for group in routes.GROUPS for each in group.routes]
    pages = [each for each in known if "GET" in getattr(each, "methods", ())]
    assert len(pages) > 20
    for each in pages:
        path = getattr(each, "path", "").format(**values)
        answer = leader.client.get(path, follow_redirects=False)
        assert answer.headers["cache-control"] == "no-store", path


def test_a_printed_link_signs_in_once(tmp_path: Path) -> None:
    """On a machine of one's own. Another link is printed on request."""
    printed: list[str] = []
    opened = open_deployment(Settings(data=str(tmp_path / "own")))
    offers = Offers(print_link=lambda: printed.append(sign_in.local_link(opened)))
    here = {"sec-fetch-site": "same-origin"}
    with TestClient(
        create_app(deployment=opened, offers=offers), base_url="http://127.0.0.1:8000", headers=here
    ) as client:
        page = client.post("/you/sign-in/link", files={"x": (None, "")})
        assert "A new link was printed" in page.text
        assert "Join Clearway" in client.get(f"/you/link/{printed[0]}").text
        again = client.get(f"/you/link/{printed[0]}")
        assert again.status_code == 422 and "This link was used before" in again.text
        number = client.get("http://localhost:8000/connections/back?code=x", follow_redirects=False)
        assert number.headers["location"] == "http://127.0.0.1:8000/connections/back?code=x"
    opened.close()


def test_a_plan_is_accepted_and_taken_back(leader: Browser, account: Account) -> None:
    before = account.names()
    path, digest = planned(leader)
    html = leader.send(f"{path}/accept", hash=digest)
    assert "<strong>Done.</strong>" in html
    assert len(account.names()) > len(before)
    back = leader.send(f"{path}/undo")
    assert "<strong>Taken back.</strong>" in back and "Undo this plan" not in back
    assert account.names() == before


def test_a_plan_that_was_not_shown_or_is_past_that_is_a_page(leader: Browser) -> None:
    path, digest = planned(leader)
    assert "not the plan that you were shown" in leader.send(f"{path}/accept", 409, hash="sha256:0")
    assert "You said no" in leader.send(f"{path}/decline")
    assert "cannot become accepted" in leader.send(f"{path}/accept", 409, hash=digest)
    assert "cannot become undoing" in leader.send(f"{path}/undo", 409)
    assert "There is no such plan" in leader.see(f"/you/mine/plans/{'0' * 32}", 404)


def test_nothing_is_accepted_while_clearway_only_looks_or_is_paused(leader: Browser) -> None:
    path, digest = planned(leader)
    html = leader.send("/you/mine/pause", 422, until="date", day="2020-01-01")
    assert "after today" in html and 'href="#day"' in html and 'value="2020-01-01"' in html
    assert "or the first day back" in leader.send("/you/mine/pause", 422, until="date", day="")
    leader.send("/you/mine/pause", until="day")
    assert "Make a plan" not in leader.see("/you/mine")
    assert "See the pause" in leader.send(f"{path}/accept", 409, hash=digest)
    assert "See the pause" in leader.send("/you/mine/plans", 409, tier="holds")
    assert "Clearway goes on" in leader.send("/you/mine/resume")
    leader.send("/you/mine/mode", mode="observe")
    assert "Choose how much Clearway does" in leader.send(f"{path}/accept", 409, hash=digest)
    assert "Start now" in leader.see(path)


def test_holds_are_kept_and_given_up_in_one_press(leader: Browser, account: Account) -> None:
    path, digest = planned(leader)
    leader.send(f"{path}/accept", hash=digest)
    there = account.names()
    hold = re.search("/you/mine/holds/[0-9a-f]+", leader.see("/you/mine/holds"))
    assert hold
    html = leader.send(f"{hold[0]}/keep", firm="yes", back="holds")
    assert "Plans leave this hold" in html and "<h1>Holds ahead</h1>" in html
    assert "Plans leave it where it is" in leader.see("/you/mine/holds")
    assert "The hold is given up" in leader.send(f"{hold[0]}/lift")
    assert len(account.names()) == len(there) - 1
    assert "There is no such hold" in leader.send(f"/you/mine/holds/{'0' * 32}/lift", 404)
    while "There are no holds today" not in leader.see("/you"):
        assert "The hold is given up" in leader.send("/you/mine/holds/now/lift")
    assert "There is no such hold" in leader.send("/you/mine/holds/now/lift", 404)


def lock_by_program(leader: Browser, event_id: str) -> None:
    """As a program does, which may lock any event."""
    made = leader.client.post("/v1/leaders/me/locks", json={"event_id": event_id})
    assert made.status_code == 201, made.text


def test_a_locked_meeting_is_told_by_its_time_whether_or_not_plans_may_change_it(
    leader: Browser, account: Account, new_browser: Make
) -> None:
    """`three` is private; no plan may change it, and a program may lock it all the same."""
    for each in ("one", "three"):
        lock_by_program(leader, each)
    html = leader.see("/you/mine/locks")
    assert "A meeting: Monday" in html and ", 2pm." in html
    assert "not in the next two weeks" not in html

    other = new_browser("assistant")
    html = other.see(f"{act_for(leader, other)}/locks")
    assert "that only the leader sees" in html and "2pm" not in html


def test_a_hold_that_was_given_up_is_no_plan_that_adds_one(
    leader: Browser, account: Account
) -> None:
    """Neither its page, nor the list, nor the history; and undoing the plan before says why."""
    path, digest = planned(leader)
    leader.send(f"{path}/accept", hash=digest)
    holds = len(account.names())
    hold = re.search("/you/mine/holds/[0-9a-f]+", leader.see("/you/mine/holds"))
    assert hold
    leader.send(f"{hold[0]}/lift")
    assert len(account.names()) == holds - 1

    html = leader.see("/you/mine/history")
    assert "Took the hold out of the calendar." in html
    assert html.count("<div>Put a plan into the calendar") == 1
    assert "The leader" not in html and ", by you" in html

    html = leader.see("/you/mine/plans")
    lift = re.search('<a href="([^"]+)">Give up [^<]+</a>', html)
    assert lift and "The hold is no longer in the calendar." in html
    html = leader.see(lift[1])
    assert "<h1>A hold given up</h1>" in html and "How far it may go" not in html
    assert "Put the hold back" in html

    html = leader.send(f"{path}/undo")
    assert "<strong>Taken back.</strong>" in html
    assert "<strong>Given up.</strong>" in html
    assert "Not taken back" not in html and "Somebody has removed" not in html


def test_a_plan_that_ended_unwritten_promises_nothing(leader: Browser) -> None:
    path, _ = planned(leader)
    assert "How far it may go: End meetings early." in leader.see(path)
    leader.send(f"{path}/decline")
    html = leader.see(path)
    assert "What it would have changed" in html and "Not yet" not in html


def test_steps_that_no_calendar_takes_are_not_offered(leader: Browser, deployment) -> None:
    """This server tells nobody of changes. Where nothing is known, all steps are offered."""
    html = leader.see("/you/mine")
    assert "Your calendar cannot change meetings" in html
    assert 'value="holds"' in html and 'value="shorten"' not in html
    assert "Protected time and team time reach 6 weeks ahead." in html
    assert "Plans that change meetings" not in html
    with deployment.database.transaction() as session:
        session.execute(update(ConnectionRow).values(meetings=None))
    html = leader.see("/you/mine")
    assert 'value="move"' in html and "Plans that change meetings look 2 weeks ahead." in html


def test_what_is_ticked_is_placed_at_once(leader: Browser, account: Account) -> None:
    before = account.names()
    html = leader.send("/you/mine/mode", 422, mode="auto")
    assert "Tick what Clearway may place" in html and 'href="#auto"' in html
    html = leader.send("/you/mine/mode", mode="propose", auto="protected")
    assert "What you ticked is kept" in html
    inputs = Page(leader.see("/you/mine/mode")).all("input")
    assert {each["value"] for each in inputs if "checked" in each} == {"propose", "protected"}
    assert account.names() == before
    html = leader.send("/you/mine/mode", mode="auto", auto="protected")
    assert "Clearway makes a plan now, and places what you ticked" in html
    assert len(account.names()) > len(before)


def test_settings_that_cannot_be_used_come_back(leader: Browser) -> None:
    form = {"version": "2", "hours": "Mon 09:00-17:00", "time_zone": "Europe/London"}
    for name, value in (("hours", "never"), ("time_zone", "Mars"), ("days_off", "soon")):
        html = leader.send("/you/mine/hours", 422, **{**form, name: value})
        assert f'href="#{name}"' in html
    assert "changed meanwhile" in leader.send("/you/mine/hours", 412, **{**form, "version": "1"})


WISHES: dict[str, str | list[str]] = {
    "version": "2",
    "reaction": "move-hold",
    "never-kind": ["protected", ""],
    "never-day": ["fri", ""],
    "never-from": ["15:00", ""],
    "never-to": ["17:00", ""],
}


def wish(leader: Browser, other: dict[str, str | list[str]], status: int = 200) -> str:
    """The form, with some answers of its own."""
    return leader.send("/you/mine/wishes", status, **(WISHES | other))


def settings_of(deployment: Deployment) -> LeaderSettings:
    """What the only leader chose."""
    with deployment.database.transaction() as session:
        leader_id = session.scalars(select(LeaderRow.id)).one()
    return leaders.get(deployment, leader_id).settings


def test_wishes_are_kept_beside_what_the_page_does_not_show(
    leader: Browser, deployment: Deployment
) -> None:
    leader.send("/you/mine/settings/breaks", version="2", break_minutes="45")
    html = wish(leader, {"version": "3"})
    assert "Your settings are saved" in html
    settings = settings_of(deployment)
    assert settings.reaction is Reaction.MOVE_HOLD
    assert {str(each) for each in settings.never} == {"protected fri 15:00-17:00"}
    assert (settings.policy, settings.hours) == ({"break_minutes": 45}, "Mon 09:00-17:00")

    wish(leader, {"version": "4", "never-out": "1"})
    assert settings_of(deployment).never == frozenset()
    assert "changed meanwhile" in wish(leader, {}, 412)


@pytest.mark.parametrize("topic", TOPICS, ids=lambda each: each.id)
def test_every_setting_is_shown_with_its_limits_and_where_it_comes_from(
    leader: Browser, topic: Topic
) -> None:
    html = leader.see(f"/you/mine/settings/{topic.id}")
    page = Page(html)
    named = [each["name"] for each in [*page.all("input"), *page.all("select")]]
    assert set(topic.labels) <= set(named)
    for name in topic.labels:
        about = next(each for each in fields(Policy) if each.name == name)
        hint = html.partition(f'id="{name}-hint"')[2].partition("</div>")[0]
        assert "Usually" in hint
        assert ("(ours)" in hint) is (about.metadata.get("cite", "") in ("", "ours"))
        if about.metadata.get("low") is not None:
            least = about.metadata["least"] or about.metadata["low"]
            assert f"{least} to {about.metadata['high']}" in hint


def test_every_setting_has_one_place() -> None:
    names = [name for each in TOPICS for name in each.labels]
    assert sorted(names) == sorted(each.name for each in fields(Policy))
    assert len({each.id for each in TOPICS}) == len(TOPICS)


def test_a_setting_is_changed_and_left_to_what_is_usual(
    leader: Browser, deployment: Deployment
) -> None:
    form = {"gap_minutes": "15", "gap_holds": "both", "gap_severity": "should"}
    html = leader.send("/you/mine/settings/time-between", 200, version="2", **form)
    assert "Your settings are saved" in html and 'value="15"' in html
    assert "3 of 8 set by you" in leader.see("/you/mine/settings")
    changed = {
        "organisation": "trust.example, more.example",
        "categories": "Ward round = clinical, Rota = on_call",
    }
    html = leader.send("/you/mine/settings/changes", 200, version="3", **changed)
    for each in changed.values():
        assert f'value="{each}"' in html
    assert settings_of(deployment).policy == {
        "gap_minutes": 15,
        "gap_holds": "both",
        "gap_severity": "should",
        "organisation": ["trust.example", "more.example"],
        "categories": {"Ward round": "clinical", "Rota": "on_call"},
    }
    leader.send("/you/mine/settings/time-between", version="4")
    assert "gap_minutes" not in settings_of(deployment).policy
    assert "changed meanwhile" in leader.send("/you/mine/settings/breaks", 412, version="2")
    leader.see("/you/mine/settings/nothing", 404)


def test_what_comes_back_may_go_by_itself(leader: Browser, deployment) -> None:
    leader.send("/you/mine/mode", mode="auto", auto=["one_to_one", "check_in"])
    with deployment.database.transaction() as session:
        leader_id = session.scalars(select(LeaderRow.id)).one()
    assert leaders.get(deployment, leader_id).settings.auto == {Kind.ONE_TO_ONE, Kind.CHECK_IN}


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        (
            "never-kind",
            ["", ""],
            "Each time without holds has a kind, a day, and two times of day.",
        ),
        ("never-to", ["later", ""], "Each time without holds has a kind, a day, and two times of"),
        ("reaction", "shout", "is one of"),
    ],
)
def test_wishes_that_cannot_be_kept_come_back(
    leader: Browser, name: str, value: str | list[str], told: str
) -> None:
    html = wish(leader, {name: value}, 422)
    assert told in html
    assert f'href="#{name.partition("-")[0]}"' in html
    assert 'value="15:00"' in html, "nothing that was written is lost"


@pytest.mark.parametrize(
    ("topic", "name", "value", "told"),
    [
        ("time-between", "gap_minutes", "5", "is between 10 and 30 minutes, not 5."),
        ("time-between", "gap_minutes", "a lot", "it is a whole number from 10 to 30."),
        ("time-between", "gap_severity", "shout", "it is must, should, nudge or off."),
        ("people", "face_day_weeks", "27", "is between 0 and 26 weeks"),
        ("protected-time", "preferred_from", "noon", "a time of day such as 13:00"),
        ("breaks", "break_minutes", "60", "leave only 30"),
        ("reminders", "reach_out_weeks", "1", "is 0, or between 2 and 8 weeks"),
        ("changes", "categories", "Ward round = lunch", "Each category has a kind"),
    ],
)
def test_a_setting_outside_its_limits_comes_back(
    leader: Browser, topic: str, name: str, value: str, told: str
) -> None:
    # two that do not go together are told as well
    form = {name: value, **({"break_to": "12:00"} if topic == "breaks" else {})}
    html = leader.send(f"/you/mine/settings/{topic}", 422, version="2", **form)
    assert told in html and f'href="#{name}"' in html and f"“{name}”" not in html
    if not name.endswith("severity"):
        assert f'value="{value}"' in html, "nothing that was written is lost"


def test_every_setting_that_cannot_be_kept_is_told_at_once(leader: Browser) -> None:
    form = {"break_minutes": "5", "break_from": "later", "long_day_minutes": "many"}
    html = leader.send("/you/mine/settings/breaks", 422, version="2", **form)
    for name in form:
        assert f'href="#{name}"' in html


def join_earlier(deployment: Deployment) -> Reminder:
    """Have the leader joined so many weeks ago that a reminder is due; the first of them."""
    with deployment.database.transaction() as session:
        leader_id = session.scalars(select(LeaderRow.id)).one()
    while not (found := reminding.due_now(deployment, leader_id)):
        earlier = leaders.get(deployment, leader_id).joined_at - timedelta(weeks=1)
        with deployment.database.transaction() as session:
            session.execute(update(LeaderRow).values(joined_at=earlier))
    return found[0]


def test_one_reminder_is_the_leaders_own_and_says_where_it_ends(
    leader: Browser, new_browser: Make, deployment: Deployment
) -> None:
    """Nobody else sees it, and with its setting at 0 it does not come."""
    section = '<section class="one" aria-labelledby="reminder">'
    assert section not in leader.see("/you/mine"), "not in the first week"
    other = new_browser("assistant")
    home = act_for(leader, other)
    first = join_earlier(deployment)
    html = leader.see("/you/mine")
    assert html.count(section) == 1 and first.title in html
    assert 'href="/you/mine/settings/reminders"' in html
    assert section not in other.see(home)

    leader.send("/you/mine/settings/reminders", 200, version="2", **{first.setting: "0"})
    assert first.title not in leader.see("/you/mine")


def test_nobody_is_reminded_during_a_pause(leader: Browser, deployment: Deployment) -> None:
    first = join_earlier(deployment)
    leader.send("/you/mine/pause", until="week")
    assert first.title not in leader.see("/you/mine")
    leader.send("/you/mine/resume")
    assert first.title in leader.see("/you/mine")


def test_a_template_is_taken_as_a_file(leader: Browser) -> None:
    form = {"template": "team-chat", "day": "2026-11-25", "at": "2pm", "minutes": ""}
    parts = [(name, (None, each)) for name, each in form.items()]
    answer = leader.client.post("/you/mine/templates", files=parts)
    assert answer.status_code == 200 and answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    assert 'filename="team-chat.ics"' in answer.headers["content-disposition"]
    assert "DTSTART;TZID=Europe/London:20261125T140000" in answer.text
    assert "X-CLEARWAY-KIND:pod" in answer.text and "ATTENDEE" not in answer.text


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("template", "lunch", "Choose one of the templates."),
        ("day", "soon", "The day is a date"),
        ("day", "1066-10-14", "between 2000 and 2100"),
        ("at", "later", "The time is one of the day"),
        ("at", "", "has a time of day"),
        ("minutes", "many", "The length is a number of minutes"),
        ("minutes", "2", "has 5 to 720 minutes"),
    ],
)
def test_a_template_that_cannot_be_comes_back(
    leader: Browser, name: str, value: str, told: str
) -> None:
    form = {"template": "team-chat", "day": "2026-11-25", "at": "10:00", "minutes": "25"}
    html = leader.send("/you/mine/templates", 422, **(form | {name: value}))
    assert told in html and f'href="#{name}"' in html


def test_times_are_taken_as_people_write_them(leader: Browser) -> None:
    times: dict[str, str | list[str]] = {
        "never-from": ["3pm", ""],
        "never-to": ["17.30", ""],
    }
    html = wish(leader, times)
    assert 'value="15:00"' in html and 'value="17:30"' in html
    form = {"preferred_from": "9:30am", "preferred_to": "12 pm"}
    html = leader.send("/you/mine/settings/protected-time", 200, version="3", **form)
    assert 'value="09:30"' in html and 'value="12:00"' in html


def test_an_account_is_connected_once_and_named_for_its_leader(
    leader: Browser, account: Account
) -> None:
    html = leader.send("/you/mine/connect/caldav", 422, **account.form)
    assert "This calendar is connected already" in html
    for path in ("", "/connect"):
        assert "A CalDAV account: leader at 127.0.0.1" in leader.see(f"/you/mine{path}")


def test_where_the_hours_go_is_the_leaders_own(leader: Browser, new_browser: Make) -> None:
    html = leader.see("/you/mine/workload")
    assert "Only you see this page." in html
    assert "no time for your team yet" in html and "For a job plan" not in html
    taken = leader.client.post("/you/mine/workload", files={"kind": (None, "csv")})
    assert taken.headers["content-type"] == "text/csv; charset=utf-8"
    assert taken.headers["cache-control"] == "no-store"
    assert taken.text.splitlines()[0] == "week,work,held_minutes,planned_minutes,minutes"
    assert len({line.partition(",")[0] for line in taken.text.splitlines()[1:]}) == 13


def test_team_time_is_counted_for_the_job_plan(leader: Browser) -> None:
    path, digest = planned(leader)
    leader.send(f"{path}/accept", hash=digest)
    html = leader.see("/you/mine/workload")
    assert "for your team" in html and "For a job plan" in html


def test_what_is_held_has_headings_in_words(leader: Browser) -> None:
    html = leader.see("/you/mine/held")
    assert "<h2>Connected calendars</h2>" in html and "<h2>Sign in</h2>" not in html


def test_what_is_held_can_be_taken_along(leader: Browser) -> None:
    taken = leader.client.post("/you/mine/held", files={"kind": (None, "json")})
    assert taken.headers["cache-control"] == "no-store"
    assert "leader" in json.loads(taken.content)["tables"]
    packed = leader.client.post("/you/mine/held", files={"kind": (None, "zip")})
    assert "leader.csv" in zipfile.ZipFile(io.BytesIO(packed.content)).namelist()
    assert "Took the data along" in leader.see("/you/mine/history")


def test_a_delegate_acts_and_sees_no_more_than_that(leader: Browser, new_browser: Make) -> None:
    """The invitation is shown once. The delegate may not do what only a leader may."""
    html = leader.send("/you/mine/delegates", label="PA", days="30")
    link = re.search(f"{SITE}(/you/invitation/[\\w-]+)", html)
    assert link
    assert link[1] not in leader.see("/you/mine/delegates")
    leader.send("/you/mine/settings/yourself", version="2", check_in_weeks="1")

    other = new_browser("assistant")
    other.see(link[1])
    assert "Say what you call this diary" in other.send(link[1], 422)
    assert "begins with a letter" in other.send(link[1], 422, name="=Ward")
    html = other.send(link[1], name="Ward 4")
    assert "You can act on this diary now" in html and "The diary: Ward 4" in html
    assert "can no longer be used" in other.send(link[1], 422, name="Ward 4")
    home = re.search("/you/[0-9a-f]{32}", html)
    assert home
    diary = home[0].removeprefix("/you/")
    alone = (
        "connect",
        "settings",
        "hours",
        "settings/yourself",
        "wishes",
        "mode",
        "history",
        "held",
        "delegates",
        "leave",
    )
    for name in (*alone, "templates"):
        other.see(f"{home[0]}/{name}", 404)
    path, digest = planned(other, diary)
    # the check-in has a plan of its own
    assert "check-in" in leader.see("/you/mine/plans").lower() or "check-in" in leader.see(
        "/you/mine"
    )
    assert "check-in" not in other.see(path)
    html = other.send(f"{path}/accept", hash=digest)
    assert "<strong>Done.</strong>" in html and "check-in" not in html
    for name in ("", "/holds", "/locks", "/plans", "/pause"):
        other.see(f"{home[0]}{name}")
    assert "Ward 4" in other.see("/you")

    grant = re.search("/you/mine/delegates/[0-9a-f]+/revoke", leader.see("/you/mine/delegates"))
    assert grant
    leader.send(grant[0])
    assert "There is nothing here that you can see" in other.see(home[0], 404)


def test_another_leader_sees_nothing(leader: Browser, new_browser: Make, deployment) -> None:
    path, digest = planned(leader)
    other = new_browser("other")
    other.send("/you/start")
    plan = path.rpartition("/")[2]
    assert "There is no such plan" in other.see(f"/you/mine/plans/{plan}", 404)
    found = re.search("/you/mine/calendars/([0-9a-f]+)", leader.see("/you/mine/connect"))
    assert found
    other.see(f"/you/mine/calendars/{found[1]}", 404)
    other.send(f"/you/mine/calendars/{found[1]}/disconnect", 404)
    other.send(f"/you/mine/plans/{plan}/accept", 404, hash=digest)


def test_leaving_takes_the_holds_and_everything_that_is_held(
    leader: Browser, account: Account, deployment
) -> None:
    before = account.names()
    path, digest = planned(leader)
    leader.send(f"{path}/accept", hash=digest)
    holds = account.names() - before
    assert holds
    # one of them somebody dragged elsewhere, so it is theirs
    dragged = min(holds)
    account.drag(dragged)
    page = leader.see("/you/mine/leave")
    assert "Leave, and delete everything" in page and "edited since stays" in page
    html = leader.send("/you/mine/leave")
    assert "We have removed your holds and deleted your data." in html
    assert account.names() == before | {dragged}
    assert "Sign in with your organisation" in leader.see("/you/left/" + "0" * 32)
    leader.sign_in("leader")
    assert "Join Clearway" in leader.see("/you")


def test_holds_of_a_calendar_that_is_rightly_empty_were_removed_by_somebody(
    leader: Browser, account: Account
) -> None:
    path, digest = planned(leader)
    leader.send(f"{path}/accept", hash=digest)
    with account.server.client() as client:
        for each in account.names():
            if each.endswith(".ics"):
                assert client.delete(each).status_code in (200, 204)
    found = re.search("/you/mine/calendars/[0-9a-f]+", leader.see("/you/mine/connect"))
    assert found
    html = leader.send(f"{found[0]}/try", 409)
    html = leader.see("/you/mine")
    assert "reads empty now" in html and "Yes, it is empty" in html
    assert "Give it up" in leader.see("/you/mine/holds"), "nothing is concluded yet"
    leader.send(f"{found[0]}/empty")
    assert "reads empty now" not in leader.see(found[0])
    assert "Give it up" not in leader.see("/you/mine/holds")
    assert "Saw that somebody moved or removed" in leader.see("/you/mine/history")


def test_watching_first_is_what_joining_means(new_browser: Make, deployment) -> None:
    browser = new_browser("new")
    html = browser.send("/you/start")
    assert "You have joined" in html
    assert "Clearway only looks so far" in browser.see("/you")
    assert "Connect a calendar" in browser.send("/you/mine/plans", 409, tier="holds")
