"""Before and after, on its page: from nothing to a verdict, with what has worsened beside it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest

from app.deployment import Deployment
from app.storage.tables import Leader, WeekResult
from rules.example import read_example
from rules.figures import figures
from tests.web.service.conftest import Browser, Clock

Make = Callable[..., Browser]
FIRST = date(2026, 6, 1)
BEFORE = "Mon-Fri 10:00-11:00 meeting; Mon-Fri 11:00-12:00 mine; Wed 14:00-14:20 pod"
AFTER = f"{BEFORE}; Mon-Thu 15:00-17:00 protected"
EVENINGS = f"{AFTER}; Mon-Wed 18:00-19:00 meeting"


@pytest.fixture
def leader(new_browser: Make) -> Browser:
    browser = new_browser("leader")
    browser.send("/you/start")
    return browser


def keep(deployment: Deployment, before: int, after: list[str], clock: Clock) -> None:
    """Weeks before, the one in which it began, and weeks after; a little different each."""
    texts = [BEFORE] * before + [BEFORE] + after
    with deployment.database.transaction() as session:
        (row,) = session.query(Leader).all()
        if after:
            row.started_at = clock.at.replace(year=2026, month=6, day=2) + timedelta(weeks=before)
        for number, text in enumerate(texts):
            (week,) = figures(*read_example(text))
            first = FIRST + timedelta(weeks=number)
            protected = week.protected + 5 * (number % 3)
            kept = {"figures": replace(week, first=first, protected=protected).to_json(), "told": 0}
            sealed = deployment.database.vault.seal(kept)
            session.add(
                WeekResult(leader_id=row.id, week=first, at=clock.at, counts=True, contents=sealed)
            )


def test_weeks_before_are_counted_first(
    leader: Browser, deployment: Deployment, clock_hand: Clock
) -> None:
    keep(deployment, 2, [], clock_hand)
    html = leader.see("/you/mine/evidence")
    assert "Clearway only looks so far. It has 3 weeks to compare with; 4 are enough." in html
    assert "<td>–</td>" in html


def test_nothing_is_claimed_before_eight_weeks(
    leader: Browser, deployment: Deployment, clock_hand: Clock
) -> None:
    keep(deployment, 4, [AFTER] * 7, clock_hand)
    html = leader.see("/you/mine/evidence")
    assert "There are 4 weeks from before and 7 weeks after. It is compared after 8 weeks." in html
    assert " more to " not in html


def test_after_eight_weeks_it_says_what_has_changed(
    leader: Browser, deployment: Deployment, clock_hand: Clock
) -> None:
    keep(deployment, 4, [AFTER] * 9, clock_hand)
    html = leader.see("/you/mine/evidence")
    assert "Your days have more protected time than before: between 1 hour 3" in html
    assert "This compares 4 weeks from before with the first 8 weeks after." in html
    assert "no change" in html
    assert "Would you like to protect less time" not in html


def test_where_nothing_has_changed_nothing_is_claimed(
    leader: Browser, deployment: Deployment, clock_hand: Clock
) -> None:
    keep(deployment, 4, [BEFORE] * 8, clock_hand)
    assert "about as much protected time as before" in leader.see("/you/mine/evidence")


def test_what_has_worsened_is_told_with_a_way_to_ease_off(
    leader: Browser, deployment: Deployment, clock_hand: Clock
) -> None:
    keep(deployment, 4, [AFTER] * 4 + [EVENINGS] * 4, clock_hand)
    html = leader.see("/you/mine/evidence")
    assert "More meetings now lie outside your hours than before." in html
    assert "Would you like to protect less time, or a different time?" in html
    assert 'href="/you/mine/settings/protected-time"' in html
