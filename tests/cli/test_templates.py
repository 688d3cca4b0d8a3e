"""Templates as files: what is in them, who is not, and what they count as once in a diary."""

import json

import icalendar
import pytest

from rules.templates import NAMES, TEMPLATES
from tests.cli.conftest import Run

WEEKS = ("--me", "leader@trust.example", "--from", "2026-11-23", "--to", "2026-12-21")
NOW = ("--now", "2026-11-19T09:00:00Z")
WHEN = ("--from", "2026-11-25", "--at", "10:00")
SCORED = {
    "team-chat": ("pod", "appointment"),
    "welcome": ("pod", "appointment"),
    "virtual-office": ("virtual_office", "none"),
    "listening": ("pod", "appointment"),
    "quiet-hours": ("protected", "none"),
}


@pytest.mark.parametrize("name", NAMES)
def test_a_template_counts_as_its_kind_once_it_is_in_a_diary(
    clearway: Run, tmp_path, name: str
) -> None:
    """Read back by the connector for files. It is firm: it is the leader's, so no plan moves it."""
    path = tmp_path / "one.ics"
    assert clearway("template", name, *WHEN, "--out", path).status == 0
    seen = clearway("diary", path, *WEEKS, "--json").json
    assert {(each["hold"], each["scored_as"]) for each in seen} == {SCORED[name]}
    assert all(each["firm"] and not each["private"] for each in seen)
    assert [each["other_people"] for each in seen] == [0] * len(seen)
    assert seen[0]["start"] == "2026-11-25T10:00:00Z"
    plan = clearway("plan", path, *WEEKS, *NOW, "--json").json
    ids = {each["id"] for each in seen}
    assert not [each for each in plan["changes"] if each.get("event_id") in ids]


def test_team_chats_are_the_team_time_that_check_looks_for(clearway: Run, tmp_path) -> None:
    path = tmp_path / "chat.ics"
    clearway("template", "team-chat", *WHEN, "--out", path)
    rules = {
        each["rule"] for each in clearway("check", path, *WEEKS, *NOW, "--json").json["findings"]
    }
    assert "pods" not in rules and "contact" not in rules

    office = tmp_path / "office.ics"
    clearway("template", "virtual-office", "--from", "2026-11-25", "--out", office)
    week = ("--from", "2026-11-23", "--to", "2026-11-28", "--now", "2026-11-19T09:00:00Z")
    found = clearway("check", office, *week, "--json").json["findings"]
    assert {"pods"} <= {each["rule"] for each in found}, "an open room is not a chat"


def test_the_welcome_series_ends_and_keeps_its_hour(clearway: Run, tmp_path) -> None:
    """Six times, over a change of the clocks."""
    path = tmp_path / "welcome.ics"
    clearway("template", "welcome", "--from", "2026-10-20", "--at", "10:00", "--out", path)
    dates = ("--from", "2026-10-01", "--to", "2026-12-31")
    starts = [each["start"] for each in clearway("diary", path, *dates, "--json").json]
    assert starts == [
        *("2026-10-20T09:00:00Z", "2026-10-27T10:00:00Z", "2026-11-03T10:00:00Z"),
        *("2026-11-10T10:00:00Z", "2026-11-17T10:00:00Z", "2026-11-24T10:00:00Z"),
    ]


def test_the_listening_session_comes_every_13_weeks(clearway: Run, tmp_path) -> None:
    path = tmp_path / "listening.ics"
    clearway("template", "listening", *WHEN, "--out", path)
    dates = ("--from", "2026-11-01", "--to", "2027-06-01")
    days = [each["start"][:10] for each in clearway("diary", path, *dates, "--json").json]
    assert days == ["2026-11-25", "2027-02-24", "2027-05-26"]


@pytest.mark.parametrize("each", TEMPLATES, ids=lambda each: each.name)
def test_nobody_is_in_a_template_and_no_reply_is_asked_for(clearway: Run, each) -> None:
    ran = clearway("template", each.name, *WHEN)
    event = icalendar.Calendar.from_ical(ran.bytes).walk("VEVENT")[0]
    assert not {"ATTENDEE", "ORGANIZER", "LOCATION", "URL"} & set(event)
    assert event["SUMMARY"] == each.summary and event["DESCRIPTION"] == each.text
    assert event["TRANSP"] == ("TRANSPARENT" if each.free else "OPAQUE")
    assert b"METHOD" not in ran.bytes


def test_a_virtual_office_is_all_day_or_for_a_stretch(clearway: Run) -> None:
    shape = clearway("template", "virtual-office", "--from", "2026-11-25", "--json").json
    assert (shape["start"], shape["end"]) == ("2026-11-25", "2026-11-26")
    assert shape["template"]["show_as"] == "free" and shape["file"] is None
    shape = clearway("template", "virtual-office", *WHEN, "--minutes", "90", "--json").json
    assert shape["end"] == "2026-11-25T11:30:00Z"
    assert "X-CLEARWAY-KIND:virtual_office" in shape["ics"]


def test_two_leaders_who_take_one_template_have_two_meetings(clearway: Run) -> None:
    taken = [clearway("template", "team-chat", *WHEN).out for _ in range(2)]
    uids = {str(icalendar.Calendar.from_ical(each).walk("VEVENT")[0]["UID"]) for each in taken}
    assert len(uids) == 2


def test_without_a_name_it_lists_what_there_is(clearway: Run) -> None:
    out = clearway("template").out
    assert [name for name in NAMES if f"  {name} " not in out] == []
    listed = json.loads(clearway("template", "--json").out)
    assert [each["name"] for each in listed] == list(NAMES)
    chat, welcome = listed[0], listed[1]
    assert (chat["weeks"], chat["times"], welcome["times"]) == (1, None, 6)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("lunch", *WHEN), "There is no template called “lunch”; there are team-chat, welcome"),
        (("team-chat",), "Say on which day it begins"),
        (("team-chat", "--from", "soon"), "is not a date"),
        (("team-chat", "--from", "2026-11-25"), "Team chat has a time of day, such as 10:00."),
        (("team-chat", "--from", "2026-11-25", "--at", "ten"), "is not a time such as 10:00"),
        (("team-chat", *WHEN, "--minutes", "2"), "has 5 to 720 minutes"),
        (("team-chat", *WHEN, "--time-zone", "Mars"), "is not a time zone"),
        (("team-chat", "--from", "1900-01-01", "--at", "10:00"), "between 2000 and 2100"),
        (("virtual-office", "--from", "2026-11-25", "--minutes", "9"), "lasts all day"),
        (("listening", "--from", "2026-10-25", "--at", "01:30"), "The clocks change during that"),
    ],
)
def test_what_cannot_be_is_one_sentence(clearway: Run, arguments: tuple, told: str) -> None:
    ran = clearway("template", *arguments)
    assert (ran.status, ran.out) == (2, "")
    assert told in ran.err


def test_a_file_that_is_there_stays_unless_it_may_go(clearway: Run, tmp_path) -> None:
    path = tmp_path / "chat.ics"
    path.write_text("mine")
    assert "is there already" in clearway("template", "team-chat", *WHEN, "--out", path).err
    assert path.read_text() == "mine"
    assert clearway("template", "team-chat", *WHEN, "--out", path, "--force").status == 0
    assert path.read_text().startswith("BEGIN:VCALENDAR")
