"""Somebody acts for two leaders: their diaries side by side, and no more of each than its own pages."""

import html as markup
import re
from collections.abc import Callable
from datetime import timedelta

import pytest

from app import clock, sample
from tests.servers.fixtures import CalDavServer
from tests.web.lint import Page
from tests.web.service.conftest import TITLE, Account, Browser, act_for
from tests.web.service.test_week import carried, coming

Make = Callable[..., Browser]
ACTING = "/you/acting"
MONDAY = sample.week(clock.now())[0]


def joined(browser: Browser, account: Account) -> Browser:
    """Somebody with a calendar, whose hours are known and whose plans wait for an answer."""
    browser.send("/you/start")
    browser.send("/you/mine/connect/caldav", 200, **account.form)
    browser.send("/you/mine/hours", version="1", hours="Mon,Tue 09:00-17:00")
    browser.send("/you/mine/mode", mode="propose")
    return browser


@pytest.fixture
def first(new_browser: Make, account: Account) -> Browser:
    """A leader whose holds are in the calendar."""
    browser = joined(new_browser("leader"), account)
    browser.send("/you/mine/week", 200, **carried(browser.see(coming())), take="holds")
    return browser


@pytest.fixture
def second(new_browser: Make, radicale: CalDavServer) -> Browser:
    """Another, for whom a plan waits."""
    return joined(new_browser("other"), Account(radicale, radicale.new_calendar()))


@pytest.fixture
def pa(new_browser: Make, first: Browser, second: Browser) -> tuple[Browser, str, str]:
    """Who acts for both, and where their diaries are."""
    browser = new_browser("assistant")
    return browser, act_for(first, browser, "Ward 4"), act_for(second, browser, "Estates")


def words(html: str) -> str:
    """What stands on a page, on one line."""
    return " ".join(markup.unescape(re.sub("<[^>]+>", " ", html)).split())


def test_diaries_stand_side_by_side_with_their_plans_and_holds(
    pa: tuple[Browser, str, str], first: Browser, second: Browser
) -> None:
    browser, ward, estates = pa
    second.send("/you/mine/plans", tier="holds")
    html = browser.see(f"{ACTING}?from={MONDAY}")
    said = words(html)
    assert "Diaries you act for" in said and "You may act until" in said
    assert [each.strip() for each in re.findall(r'scope="col">([^<]+)', html)] == [
        "Day",
        "Ward 4",
        "Estates",
    ]
    # firm or not, in words; and only the second has a plan to answer
    assert "Can move" in said and "Firm" not in said
    assert re.search(f'href="{estates}/plans/[0-9a-f]+">Estates: ', html)
    assert not re.search(f'href="{ward}/plans/[0-9a-f]+">', html)
    # the rows are the leader's own
    hold = re.search(f"{ward}/holds/([0-9a-f]+)", html)
    assert hold and hold[1] in first.see("/you/mine/holds")
    browser.send(f"{hold[0]}/keep", firm="yes")
    assert "Firm" in words(browser.see(f"{ACTING}?from={MONDAY}"))
    # each leader can see that somebody looked
    for leader in (first, second):
        assert "Looked at: several diaries." in words(leader.see("/you/mine/history"))


def test_no_title_and_nothing_private_stands_there(
    pa: tuple[Browser, str, str], first: Browser
) -> None:
    browser, _, _ = pa
    first.send("/you/mine/settings/yourself", version="2", check_in_weeks="1")
    first.send("/you/mine/plans", tier="holds")
    for path in (f"{ACTING}?from={MONDAY}", f"{ACTING}/times", f"{ACTING}/pause"):
        html = browser.see(path)
        assert TITLE not in html and "check-in" not in html.lower()


def test_a_week_that_cannot_be_is_refused(pa: tuple[Browser, str, str]) -> None:
    browser, _, _ = pa
    assert "named by one of its days" in browser.see(f"{ACTING}?from=soon", 422)
    assert "from this one on" in browser.see(f"{ACTING}?from=2020-01-01", 422)
    last = MONDAY + timedelta(weeks=25)
    links = Page(browser.see(f"{ACTING}?from={last}")).all("a")
    for each in (str(link.get("href", "")) for link in links):
        if "?from=" in each:
            browser.see(each)


def test_a_time_for_both_and_somebody_else_is_found(
    pa: tuple[Browser, str, str], first: Browser, account: Account
) -> None:
    browser, ward, estates = pa
    asked: dict[str, str | list[str]] = {
        "diary": [ward.removeprefix("/you/"), estates.removeprefix("/you/")],
        "minutes": "50",
        "first": str(MONDAY),
        "last": str(MONDAY + timedelta(days=1)),
    }
    before = account.names()
    html = browser.send(f"{ACTING}/times", 200, **asked, people="a@trust.example")
    said = words(html)
    assert "Times, the best first" in said and "Nothing is booked" in said
    assert account.names() == before
    starts = re.findall(r"<strong>(\w+ \d+ \w+), (\d+(?::\d+)?[ap]m|midday) to", html)
    assert len(starts) >= 3
    # the leader's meetings are at 9, 10 and 2 on Monday: no time is over them
    day = f"Monday {MONDAY.day} {MONDAY:%B}"
    assert not {(day, "9am"), (day, "9:30am"), (day, "10am"), (day, "2pm")} & set(starts)
    # what was asked stays in the form
    assert 'value="50"' in html and "a@trust.example" in html
    assert "Looked at: times to meet." in words(first.see("/you/mine/history"))


def test_what_does_not_fit_is_said_where_it_is(pa: tuple[Browser, str, str]) -> None:
    browser, ward, _ = pa
    good: dict[str, str | list[str]] = {
        "diary": ward.removeprefix("/you/"),
        "minutes": "50",
        "first": str(MONDAY),
        "last": str(MONDAY),
    }
    wrongs: tuple[tuple[dict[str, str | list[str]], str], ...] = (
        ({"minutes": "soon"}, "Say the minutes, from 5 to 480."),
        ({"minutes": "7"}, "in steps of 5"),
        ({"diary": []}, "Tick at least one diary."),
        ({"first": "x"}, "Say the first and the last day"),
        ({"last": str(MONDAY - timedelta(days=9))}, "not after its start"),
        ({"last": str(MONDAY + timedelta(weeks=9))}, "at most 6 weeks"),
        ({"people": "nobody"}, "is no mail address"),
    )
    for wrong, sentence in wrongs:
        html = browser.send(f"{ACTING}/times", 422, **(good | wrong))
        assert sentence in words(html), sentence
    browser.send(f"{ACTING}/times", 404, **(good | {"diary": "0" * 32}))
    # of a leader who never asked them, nobody learns that there is one
    browser.send(f"{ACTING}/pause", 404, diary="mine", until="day")


def test_several_diaries_are_paused_and_go_on(
    pa: tuple[Browser, str, str], first: Browser, second: Browser
) -> None:
    browser, ward, estates = pa
    both = [ward.removeprefix("/you/"), estates.removeprefix("/you/")]
    assert "Tick at least one diary." in browser.send(f"{ACTING}/pause", 422, until="day")
    assert "first day back" in browser.send(f"{ACTING}/pause", 422, diary=both, until="date")
    html = browser.send(f"{ACTING}/pause", diary=both, until="week")
    assert "Clearway is paused" in html and words(html).count("Paused until") == 2
    for leader in (first, second):
        assert "Clearway is paused until" in leader.see("/you/mine")
        assert "by PA" in words(leader.see("/you/mine/history"))
    assert "Tick at least one" in browser.send(f"{ACTING}/resume", 422)
    html = browser.send(f"{ACTING}/resume", diary=both[:1])
    assert words(html).count("Paused until") == 1
    assert "Clearway is paused until" not in first.see("/you/mine")


def test_a_diary_has_the_name_that_the_delegate_gives_it(
    pa: tuple[Browser, str, str], first: Browser
) -> None:
    browser, ward, _ = pa
    html = browser.see(ACTING)
    rename = re.search(f"{ACTING}/[0-9a-f]+/name", html)
    assert rename
    html = browser.send(rename[0], name="Women’s health")
    assert "Women’s health" in html and "Ward 4" not in html
    assert "<h1>The diary: Women’s health</h1>" in browser.see(ward)
    assert "1 to 60 characters" in browser.send(rename[0], 422, name=" ")
    # the leader sees what is held of it, and cannot be fooled into renaming for somebody else
    assert "Women’s health" in first.see("/you/mine/held")
    first.send(rename[0], 404, name="Mine")


def test_whoever_stops_acting_sees_it_no_more(pa: tuple[Browser, str, str]) -> None:
    browser, ward, estates = pa
    for path in sorted(set(re.findall(f"{ACTING}/[0-9a-f]+/end", browser.see(ACTING)))):
        html = browser.send(path)
    assert "You no longer act for that diary" in html
    browser.see(ward, 404)
    browser.see(estates, 404)
    # with nothing to show, these lead to the first page
    for path in (ACTING, f"{ACTING}/times", f"{ACTING}/pause"):
        assert "<h1>" in browser.see(path) and "Ward 4" not in browser.see(path)


def test_a_leader_finds_times_in_the_own_diary(first: Browser) -> None:
    html = first.see("/you/mine")
    assert f'href="{ACTING}/times"' in html
    html = first.send(
        f"{ACTING}/times", diary="mine", minutes="25", first=str(MONDAY), last=str(MONDAY)
    )
    assert "Times, the best first" in html
