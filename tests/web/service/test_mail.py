"""Weekly mail on the pages: an address and its code, a look at the mail, and what its links do."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from email.message import EmailMessage

import pytest

from app import clock
from app.config import Settings
from app.deployment import Deployment
from app.digest.contents import Place
from app.digest.sending import Kind, stop_link
from app.life import acting_mail, records, weekly
from app.life.states import PlanState
from app.people import leaders, links, postbox
from app.people.links import Purpose
from app.storage.tables import Leader, Plan, Postbox
from tests.servers.mail import Inbox, receiving
from tests.web import lint
from tests.web.lint import Page
from tests.web.service.conftest import Account, Browser, Clock, act_for

Make = Callable[..., Browser]


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
def settings(settings: Settings, inbox: Inbox) -> Iterator[Settings]:
    with receiving(inbox) as relay:
        yield replace(
            settings,
            mail_from="clearway@trust.example",
            smtp_host=relay.host,
            smtp_port=relay.port,
            smtp_security="none",
        )


@pytest.fixture
def leader(new_browser: Make, account: Account) -> Browser:
    browser = new_browser("leader")
    browser.send("/you/start")
    browser.send("/you/mine/connect/caldav", 200, **account.form)
    browser.send("/you/mine/hours", version="1", hours="Mon-Fri 09:00-17:00")
    browser.send("/you/mine/mode", mode="propose")
    return browser


def code_in(inbox: Inbox) -> str:
    (found,) = re.findall(r"\b\d{6}\b", inbox.letters[-1][1].get_content())
    return found


def the_leader(deployment: Deployment) -> leaders.Leader:
    with deployment.database.transaction() as session:
        (row,) = session.query(Leader).all()
        found = row.id
    return leaders.get(deployment, found)


def local(address: str) -> str:
    return "/" + address.partition("://")[2].partition("/")[2]


def test_a_leader_switches_the_mail_on_and_off(
    leader: Browser, inbox: Inbox, deployment: Deployment
) -> None:
    assert "Your week by mail" in leader.see("/you/mine/settings")
    html = leader.see("/you/mine/mail")
    assert "never on leave or outside your hours" in html
    html = leader.send("/you/mine/mail", address="leader@trust.example")
    assert "We mailed six digits to leader@trust.example" in html
    html = leader.send("/you/mine/mail/code", 422, code="12345")
    assert "This is not the code" in html
    html = leader.send("/you/mine/mail/code", code=code_in(inbox))
    assert "It goes to leader@trust.example" in html
    html = leader.send("/you/mine/mail/stop")
    assert "No more of this mail is sent." in html
    assert "It goes to" not in html
    assert postbox.find(deployment, the_leader(deployment).identity) == postbox.Mailed()


def test_a_wrong_address_is_said_at_its_field(leader: Browser, inbox: Inbox) -> None:
    html = leader.send("/you/mine/mail", 422, address="leader at trust")
    assert "A mail address looks like name@trust.example." in html
    assert 'value="leader at trust"' in html
    assert inbox.letters == []


def test_an_installation_without_mail_says_so(
    new_browser: Make, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postbox, "is_set_up", lambda settings: False)
    browser = new_browser("somebody")
    browser.send("/you/start")
    assert "This installation sends no mail" in browser.see("/you/mine/mail")


def test_this_weeks_mail_is_shown_as_mail_programs_show_it(leader: Browser) -> None:
    answer = leader.client.get("/you/mine/mail/preview")
    assert answer.status_code == 200
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'unsafe-inline'; img-src data:;")
    assert "sandbox" in policy and "script" not in policy
    if "fewer than 2 working days" not in answer.text:
        assert "Only you get this email." in answer.text
        assert "data:image/png;base64," in answer.text


def waiting_plan(leader: Browser, deployment: Deployment) -> tuple[str, str]:
    """The address of a plan in a mail, and the plan's id."""
    leader.send("/you/mine/plans", tier="holds")
    person = the_leader(deployment)
    waiting = (PlanState.PROPOSED,)
    kept = records.newest(deployment, person.id, 1, own=False, states=waiting)[0]
    return local(weekly.addresses(deployment, person, kept)[Place.PLAN]), kept.id


def state_of(deployment: Deployment, plan_id: str) -> str:
    with deployment.database.transaction() as session:
        return session.get_one(Plan, plan_id).state


def test_a_link_to_a_plan_shows_it_and_its_button_accepts_it_once(
    leader: Browser, new_browser: Make, deployment: Deployment
) -> None:
    path, plan_id = waiting_plan(leader, deployment)
    reader = new_browser()
    html = reader.see(path)
    for _ in range(3):
        assert reader.client.head(path).status_code in (200, 405)
        reader.see(path)
    assert state_of(deployment, plan_id) == "proposed"
    assert "MarkerTitle" not in html
    (hidden,) = [each for each in Page(html).all("input") if each.get("name") == "hash"]
    html = reader.send(path, hash=hidden["value"])
    assert "You said yes to this plan." in html
    assert state_of(deployment, plan_id) != "proposed"
    assert 'name="hash"' not in reader.see(path)
    done = state_of(deployment, plan_id)
    reader.send(path, hash=hidden["value"])
    assert state_of(deployment, plan_id) == done


def test_a_link_that_is_changed_or_too_old_or_for_something_else_shows_nothing(
    leader: Browser, new_browser: Make, deployment: Deployment, clock_hand: Clock
) -> None:
    path, _ = waiting_plan(leader, deployment)
    reader = new_browser()
    head, _, token = path.rpartition("/")
    subject, ends, signature = token.split("-")
    person = the_leader(deployment)
    stop = local(stop_link(deployment, Kind.DIGEST, person.identity)).rpartition("/")[2]
    other = f"{person.id}.{'0' * 32}"
    for wrong in (
        f"{subject}-{ends}-{'0' * 40}",
        f"{subject}-{int(ends, 16) + 1000:x}-{signature}",
        f"{other}-{ends}-{signature}",
        f"{subject}-{ends}",
        f"{subject}-zz-{signature}",
        stop,
        "-".join("x" * 200 for _ in range(3)),
        "%00-é-1",
    ):
        reader.see(f"{head}/{wrong}", 404)
    reader.see(f"/you/mail/stop/{token}", 404)
    clock_hand.pass_by(days=8)
    reader.see(path, 404)


def test_mail_is_stopped_by_a_button_or_in_one_step_by_a_mail_program(
    leader: Browser, new_browser: Make, inbox: Inbox, deployment: Deployment
) -> None:
    person = the_leader(deployment)
    path = local(stop_link(deployment, Kind.DIGEST, person.identity))
    reader = new_browser()
    for send in (
        lambda: reader.client.post(path, data={"List-Unsubscribe": "One-Click"}),
        lambda: reader.client.post(path, files={"List-Unsubscribe": (None, "One-Click")}),
    ):
        leader.send("/you/mine/mail", address="leader@trust.example")
        leader.send("/you/mine/mail/code", code=code_in(inbox))
        reader.see(path)
        assert postbox.find(deployment, person.identity).digest
        assert send().status_code == 200
        assert not postbox.find(deployment, person.identity).digest
    other = links.sign(deployment, Purpose.STOP, "digest.other", deployment.now())
    assert reader.client.post(f"/you/mail/stop/{other}").status_code == 404


def test_before_and_after_says_how_far_it_is(leader: Browser, deployment: Deployment) -> None:
    html = leader.see("/you/mine/evidence")
    assert "There is nothing to compare yet." in html


def test_whoever_acts_for_leaders_hears_how_many_plans_wait(
    leader: Browser,
    new_browser: Make,
    inbox: Inbox,
    deployment: Deployment,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Once, in usual hours; a plan of check-ins is not counted, and no name is said."""
    pa = new_browser("pa")
    act_for(leader, pa, name="Doctor MarkerName")
    leader.send("/you/mine/plans", tier="holds")
    pa.see("/you/acting/mail")
    pa.send("/you/acting/mail", 422, address="pa at trust")
    pa.send("/you/acting/mail", address="pa@trust.example")
    pa.send("/you/acting/mail/code", 422, code="1")
    assert "It goes to pa@trust.example." in pa.send("/you/acting/mail/code", code=code_in(inbox))
    inbox.letters.clear()
    at_ten = clock_at_ten()
    with deployment.database.transaction() as session:
        for plan in session.query(Plan):
            plan.expires_at = at_ten + timedelta(days=1)
    for moment in (at_ten - timedelta(days=1), at_ten, at_ten, at_ten + timedelta(hours=3)):
        monkeypatch.setattr(deployment.now, "at", moment)
        for _ in range(2):
            acting_mail.send_due(deployment)
            with deployment.database.transaction() as session:
                for row in session.query(Postbox):
                    row.acting_at = moment
    ((envelope, message),) = inbox.letters
    assert envelope.rcpt_tos == ["pa@trust.example"]
    plain = message.get_body(("plain",))
    assert isinstance(plain, EmailMessage)
    said = plain.get_content()
    assert "1 plan waits for an answer, in 1 diary that you act for." in said
    assert "/you/acting" in said
    assert "Marker" not in str(message)
    assert list(lint.words(said.partition("See them")[0].splitlines())) == []


def clock_at_ten() -> datetime:
    """Ten on a Monday that is no holiday, soon enough for the plan to wait still."""
    today = clock.now().replace(hour=10, minute=0, second=0, microsecond=0)
    return today + timedelta(days=-today.weekday() % 7)
