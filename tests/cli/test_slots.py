"""`clearway slots`: times for several people, from files and from three kinds of servers."""

from datetime import datetime

import pytest

from tests.cli.conftest import Run, calendar, meeting
from tests.cli.test_live import (  # noqa: F401 # its fixtures
    COLLEAGUE,
    WEEK,
    crowded,
    google,
    outlook,
)
from tests.contract.stage import ME, SECRET
from tests.contract.stages.text import calendar as calendar_of
from tests.contract.stages.text import vevents
from tests.contract.words import HOUR, NINE
from tests.contract.words import meeting as planted
from tests.servers.fixtures import PASSWORD, CalDavServer

MONDAY = ("--from", "2026-11-23", "--to", "2026-11-24", "--now", "2026-11-19T09:00:00Z")


@pytest.fixture
def two(tmp_path) -> tuple[str, str]:
    """One is busy until 1pm, the other from 3pm."""
    early = calendar(meeting("20261123T090000Z", "20261123T130000Z"))
    late = calendar(meeting("20261123T150000Z", "20261123T170000Z"))
    for name, content in (("early.ics", early), ("late.ics", late)):
        (tmp_path / name).write_bytes(content)
    return str(tmp_path / "early.ics"), str(tmp_path / "late.ics")


def test_it_finds_where_both_can_meet(clearway: Run, two: tuple[str, str]) -> None:
    ran = clearway("slots", *two, "--minutes", 50, *MONDAY, "--json")
    assert (ran.status, ran.err) == (0, "")
    found = [(each["start"], each["end"]) for each in ran.json["slots"]]
    assert found
    assert all(start >= "2026-11-23T13:00:00Z" for start, _ in found)
    assert all(end <= "2026-11-23T15:00:00Z" for _, end in found)
    assert [each["cost"] for each in ran.json["slots"]] == sorted(
        each["cost"] for each in ran.json["slots"]
    )
    assert all(each["cost"] == sum(each["lost"].values()) for each in ran.json["slots"])
    assert set(ran.json) == {"window", "minutes", "slots", "warnings"}
    text = clearway("slots", *two, "--minutes", 50, *MONDAY)
    assert text.status == 0
    assert all(
        each["message"].split(".")[0] in " ".join(text.out.split()) for each in ran.json["slots"]
    )


def test_nothing_of_a_calendar_is_in_the_answer(clearway: Run, two: tuple[str, str]) -> None:
    ran = clearway("slots", *two, "--minutes", 30, *MONDAY, "--json")
    for word in ("@trust.example", "Title", "leader", "early", "late"):
        assert word not in ran.out


def test_where_nobody_has_time_it_says_so(clearway: Run, two: tuple[str, str]) -> None:
    ran = clearway("slots", *two, "--minutes", 180, *MONDAY)
    assert ran.status == 0
    assert "No time in these days suits everybody." in ran.out
    assert clearway("slots", *two, "--minutes", 180, *MONDAY, "--json").json["slots"] == []


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--minutes", 7), "between 5 and 480 minutes, in steps of 5"),
        (("--minutes", 0), "between 5 and 480 minutes"),
        (("--minutes", 50, "--to", "2027-02-01"), "at most 6 weeks"),
    ],
)
def test_what_cannot_be_asked_is_one_sentence(
    clearway: Run, two: tuple[str, str], arguments: tuple[object, ...], sentence: str
) -> None:
    ran = clearway("slots", *two, *MONDAY, *arguments)
    assert (ran.status, ran.out) == (2, "")
    assert sentence in ran.err


def test_somebody_has_to_be_named(clearway: Run) -> None:
    ran = clearway("slots", "--minutes", 30)
    assert ran.status == 2
    assert "Name the FILES" in ran.err


def test_four_leaders_on_three_providers(  # three calendars have to be there
    clearway: Run,
    outlook,  # noqa: F811 # the fixture
    google,  # noqa: F811 # the fixture
    radicale: CalDavServer,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path,
) -> None:
    """On Monday each is busy for another two hours from 9am on, and a colleague for one more."""
    taken = [planted(NINE + 2 * each * HOUR, 120, people=(COLLEAGUE,)) for each in range(3)]
    outlook.plant(taken[0])
    google.plant(taken[1])
    path = radicale.new_calendar()
    with radicale.client() as client:
        body = calendar_of(vevents("third", taken[2]))
        assert client.put(f"{path}third.ics", content=body).status_code == 201
    monkeypatch.setenv("CLEARWAY_CALDAV_USER", "leader")
    monkeypatch.setenv("CLEARWAY_CALDAV_PASSWORD", PASSWORD)
    monkeypatch.setenv("CLEARWAY_PRIVATE_NETWORKS", "127.0.0.0/8")
    mine = tmp_path / "mine.ics"
    mine.write_bytes(calendar(meeting("20261123T150000Z", "20261123T153000Z")))
    everybody = ("--graph", "me", "--google", "primary", "--caldav", f"{radicale.url}{path}", mine)
    ran = clearway("slots", *everybody, "--minutes", 30, *MONDAY, "--me", ME, "--json")
    assert ran.status == 0, ran.err
    free = datetime.fromisoformat("2026-11-23T15:30:00Z")
    starts = [datetime.fromisoformat(each["start"]) for each in ran.json["slots"]]
    assert starts
    assert all(each >= free for each in starts)
    assert SECRET not in ran.out
    assert COLLEAGUE not in ran.out
    asked = ("--people", COLLEAGUE, "--people", "nobody@elsewhere.example")
    with_others = clearway(
        "slots", *everybody, "--minutes", 30, *MONDAY, *asked, "--me", ME, "--json"
    )
    assert with_others.status == 0, with_others.err
    said = " ".join(with_others.json["warnings"])
    assert "It is not known when 1 person can meet; ask them." in said
