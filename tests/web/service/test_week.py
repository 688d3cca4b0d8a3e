"""One week of a diary on its page: plans side by side, what is left out, and one that is accepted."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from app import clock, sample
from rules.working_pattern import monday
from tests.web.lint import Page
from tests.web.service.conftest import Account, Browser, Clock, act_for

Make = Callable[..., Browser]


@pytest.fixture
def leader(new_browser: Make, account: Account) -> Browser:
    """A leader with a connected calendar, who is asked first."""
    browser = new_browser("leader")
    browser.send("/you/start")
    browser.send("/you/mine/connect/caldav", 200, **account.form)
    browser.send("/you/mine/hours", version="1", hours="Mon 09:00-17:00")
    browser.send("/you/mine/mode", mode="propose")
    return browser


def coming() -> str:
    """The address of the week with meetings in it."""
    first, _ = sample.week(clock.now())
    return f"/you/mine/week?from={first.isoformat()}"


def carried(html: str) -> dict[str, str | list[str]]:
    """The form that the page carries, as a browser sends it."""
    found: dict[str, str | list[str]] = {}
    for each in Page(html).all("input"):
        if each.get("type") == "hidden" and each["name"] == "left":
            found.setdefault("left", []).append(each["value"])  # type: ignore[union-attr]  # a list
        elif each.get("type") == "hidden":
            found[each["name"]] = each["value"]
    return found


def figures(html: str) -> dict[str, list[str]]:
    """The cells of each plan's row."""
    table = html.partition('aria-labelledby="numbers"')[2].partition("</table>")[0]
    rows = re.findall(r'<th scope="row">(?:<a[^>]*>)?(.*?)(?:</a>)?</th>(.*?)</tr>', table)
    return {name: re.findall("<td>(.*?)</td>", cells) for name, cells in rows}


def test_a_week_shows_what_is_missing_and_its_plans(leader: Browser) -> None:
    html = leader.see(coming())
    # this server tells nobody of a change, so meetings are not changed there
    assert set(figures(html)) == {"Now", "Holds only"}
    assert html.count('<svg class="week" ') == 2 and "this plan is for holds only" in html
    assert "10 minutes between meetings" in html and "Protected time" in html
    after = re.search(r'href="(/you/mine/week\?from=[^"]+)">The week after', html)
    assert after
    assert "The week before" in leader.see(after[1])
    this = monday(clock.now().date())
    last = leader.see(f"/you/mine/week?from={this + timedelta(weeks=26)}")
    assert "The week after" not in last
    for wrong in ("soon", "2020-01-01", "9999-12-31"):
        leader.see(f"/you/mine/week?from={wrong}", 422)


def test_a_plan_is_accepted_as_it_was_shown_and_taken_back(
    leader: Browser, account: Account
) -> None:
    before = account.names()
    html = leader.see(coming())
    done = leader.send("/you/mine/week", 200, **carried(html), take="holds")
    assert "<strong>Done.</strong>" in done
    new = account.names() - before
    assert len(new) >= 3
    path = re.search("/you/mine/plans/[0-9a-f]+", done)
    assert path
    leader.send(f"{path[0]}/undo")
    assert account.names() == before


def test_pressing_twice_is_saying_yes_once(leader: Browser) -> None:
    form = carried(leader.see(coming()))
    leader.send("/you/mine/week", 200, **form, take="holds")
    paths = {*re.findall("/you/mine/plans/[0-9a-f]+", leader.see("/you/mine/plans"))}
    html = leader.send("/you/mine/week", 200, **form, take="holds")
    assert "no longer fits the diary" in html, "what is written is not there to be accepted"
    assert {*re.findall("/you/mine/plans/[0-9a-f]+", leader.see("/you/mine/plans"))} == paths


def test_a_page_that_somebody_reads_slowly_is_what_they_accept(
    leader: Browser, clock_hand: Clock
) -> None:
    html = leader.see(coming())
    clock_hand.pass_by(minutes=20)
    assert "<strong>Done.</strong>" in leader.send(
        "/you/mine/week", 200, **carried(html), take="holds"
    )


def test_what_is_left_out_changes_the_figures_and_is_not_written(
    leader: Browser, account: Account
) -> None:
    html = leader.see(coming())
    words = re.findall(r'name="leave" value="(new-protected[^"]+)"', html)
    assert words
    again = leader.send("/you/mine/week", 200, **carried(html), leave=words, take="holds")
    assert "Nothing is accepted yet" in again and "What you left out" in again
    assert figures(again)["Holds only"][0] != figures(html)["Holds only"][0]
    before = account.names()
    assert "<strong>Done.</strong>" in leader.send(
        "/you/mine/week", 200, **carried(again), take="holds"
    )
    assert len(account.names()) > len(before)
    assert "rotected time" not in leader.see("/you/mine/holds").partition("<h2>")[2]


def test_a_diary_that_changed_meanwhile_is_shown_again(leader: Browser, account: Account) -> None:
    html = leader.see(coming())
    found = re.search(r'value="new-protected-(\w+)-', html)
    assert found
    start = datetime.strptime(found[1], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    account.put("late", start, 60)
    before = account.names()
    again = leader.send("/you/mine/week", 200, **carried(html), take="holds")
    assert "no longer fits the diary" in again
    assert account.names() == before
    assert "Choose one of the plans" in leader.send(
        "/you/mine/week", 422, **carried(again), take="everything"
    )
    assert "Nothing was ticked" in leader.send(
        "/you/mine/week", 200, **carried(again), again="holds"
    )


def test_yes_to_a_plan_starts_what_only_looked_so_far(leader: Browser, account: Account) -> None:
    leader.send("/you/mine/mode", mode="observe")
    html = leader.see(coming())
    assert "It starts once you say yes" in html and "Start now with this plan" in html
    form, before = carried(html), account.names()
    assert "no longer fits the diary" in leader.send(
        "/you/mine/week", 200, **{**form, "hash-holds": "sha256:0"}, take="holds"
    )
    assert "only looks" in leader.see("/you/mine"), "what was not accepted starts nothing"
    assert "<strong>Done.</strong>" in leader.send("/you/mine/week", 200, **form, take="holds")
    assert len(account.names()) > len(before)
    assert "only looks" not in leader.see("/you/mine")


def test_while_clearway_is_paused_nothing_is_accepted(leader: Browser) -> None:
    leader.send("/you/mine/mode", mode="observe")
    leader.send("/you/mine/pause", until="week")
    html = leader.see(coming())
    assert "Clearway is paused, so" in html and 'name="take"' not in html
    waiting = re.findall("/you/mine/plans/[0-9a-f]+", leader.see("/you/mine/plans"))
    leader.send("/you/mine/week", 409, **carried(html), take="holds")
    assert re.findall("/you/mine/plans/[0-9a-f]+", leader.see("/you/mine/plans")) == waiting
    leader.send("/you/mine/resume")
    assert "only looks" in leader.see("/you/mine")


def test_a_delegate_sees_the_week_without_check_ins(leader: Browser, new_browser: Make) -> None:
    other = new_browser("assistant")
    home = act_for(leader, other)
    leader.send("/you/mine/mode", mode="observe")
    theirs = other.see(coming().replace("/you/mine", home))
    assert "only looks at the diary so far" in theirs and 'name="take"' not in theirs
    other.send(f"{home}/week", 409, **carried(theirs), take="holds")
    leader.send("/you/mine/mode", mode="propose")
    theirs = other.see(coming().replace("/you/mine", home))
    assert "check-in" not in theirs.lower() and "check-in" not in leader.see(coming()).lower()
    assert "<strong>Done.</strong>" in other.send(
        f"{home}/week", 200, **carried(theirs), take="holds"
    )


def test_a_calendar_whose_meetings_stay_has_nothing_to_offer_for_a_series(
    leader: Browser, new_browser: Make
) -> None:
    html = leader.see(coming().replace("/week", "/series"))
    assert "No change to a series would help" in html
    delegate = new_browser("delegate")
    home = act_for(leader, delegate)
    assert "Once for a whole series" in delegate.see(f"{home}/series")
    leader.see("/you/mine/series?from=never", 422)
