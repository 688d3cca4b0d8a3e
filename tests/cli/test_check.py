import json

import pytest

from tests.cli.conftest import (
    BUSY_MONDAY,
    MONDAY,
    NOW,
    QUIET_POLICY,
    Run,
    calendar,
    meeting,
)


def test_status_is_1_when_something_is_missing_that_comes_first(clearway: Run, diary):
    ran = clearway("check", diary, *MONDAY, *NOW, "--json")
    assert ran.status == 1
    assert {each["id"] for each in ran.json["findings"] if each["severity"] == "must"} == {
        "gap@2026-11-23T10:00:00Z",
        "gap@2026-11-23T11:00:00Z",
        "protected@2026-11-23",
        "pods@2026-11-23",
    }


def test_status_is_0_when_nothing_is(clearway: Run, tmp_path):
    path, policy = tmp_path / "quiet.ics", tmp_path / "policy.toml"
    path.write_bytes(calendar(meeting("20261123T090000Z", "20261123T100000Z")))
    policy.write_text(QUIET_POLICY)
    ran = clearway("check", path, *MONDAY, *NOW, "--policy", policy)
    assert (ran.status, ran.err) == (0, "")
    assert "Your diary has all that your settings ask for." in ran.out


def test_json_is_window_findings_and_a_summary_of_each_rule(clearway: Run, diary):
    found = clearway("check", diary, *MONDAY, *NOW, "--json").json
    assert list(found)[:3] == ["window", "findings", "summary"]
    assert found["window"] == {
        "from": "2026-11-23",
        "to": "2026-11-24",
        "time_zone": "Europe/London",
    }
    assert found["summary"]["gap"] == {"missing": 20, "days_met": 0, "days": 1}
    assert found["summary"]["protected"] == {"missing": 120, "days_met": 0, "days": 1}
    assert found["summary"]["pods"] == {"missing": 20, "days_met": 0, "days": 1}
    assert found["summary"]["break"] == {"missing": 0, "days_met": 1, "days": 1}


def test_the_same_command_gives_the_same_bytes(clearway: Run, diary):
    runs = {clearway("check", diary, *MONDAY, *NOW, "--json").bytes for _ in range(2)}
    assert len(runs) == 1


def test_no_title_place_name_or_address_comes_out_of_any_listing(clearway: Run, diary):
    for command in ("diary", "check", "plan"):
        for json_too in ((), ("--json",)):
            ran = clearway(command, diary, *MONDAY, *NOW, *json_too)
            assert "marker" not in (ran.out + ran.err).lower()
            assert "p0@" not in ran.out + ran.err


def test_without_dates_it_is_this_week_and_next_where_the_leader_is(clearway: Run, diary):
    # Sunday evening in London is Monday morning in Auckland already.
    late = ("--now", "2026-11-22T20:00:00Z", "--json")
    assert clearway("check", diary, *late).json["window"]["from"] == "2026-11-16"
    auckland = clearway("check", diary, *late, "--time-zone", "Pacific/Auckland").json["window"]
    assert auckland == {
        "from": "2026-11-23",
        "to": "2026-12-07",
        "time_zone": "Pacific/Auckland",
    }


def test_the_zone_of_the_file_is_used_unless_another_is_asked_for(clearway: Run, tmp_path):
    path = tmp_path / "new-york.ics"
    path.write_bytes(calendar(*BUSY_MONDAY, zone="America/New_York"))
    window = ("--from", "2026-11-23", "--to", "2026-11-24", "--json")
    assert clearway("check", path, *window).json["window"]["time_zone"] == "America/New_York"
    asked = clearway("check", path, *window, "--time-zone", "UTC").json
    assert asked["window"]["time_zone"] == "UTC"


def test_standard_input_is_read_as_a_file(clearway: Run, diary):
    ran = clearway("check", "-", *MONDAY, *NOW, "--json", stdin=diary.read_bytes())
    assert ran.json == clearway("check", diary, *MONDAY, *NOW, "--json").json


def test_several_files_are_one_diary(clearway: Run, tmp_path):
    halves = [tmp_path / "one.ics", tmp_path / "two.ics"]
    halves[0].write_bytes(calendar(BUSY_MONDAY[0]))
    # The same event again, and another: UIDs count from 1.
    halves[1].write_bytes(calendar(BUSY_MONDAY[0], BUSY_MONDAY[1]))
    found = clearway("diary", *halves, *MONDAY, *NOW, "--json").json
    assert [each["uid"] for each in found] == ["1@trust.example", "2@trust.example"]
    gaps = clearway("check", *halves, *MONDAY, *NOW, "--json").json["findings"]
    assert "gap@2026-11-23T10:00:00Z" in {each["id"] for each in gaps}


def test_a_json_diary_is_checked_like_the_calendar_it_was_listed_from(
    clearway: Run, diary, tmp_path
):
    # A week each way, as rules of the week count more than the window.
    whole = ("--from", "2026-11-16", "--to", "2026-12-07")
    listed = clearway("diary", diary, "--me", "leader@trust.example", *whole, "--json")
    path = tmp_path / "diary.json"
    path.write_bytes(listed.bytes)
    assert (
        clearway("check", path, *MONDAY, *NOW, "--json").json["findings"]
        == clearway("check", diary, *MONDAY, *NOW, "--json").json["findings"]
    )


def test_a_calendar_and_a_json_diary_are_one_diary_too(clearway: Run, diary, tmp_path):
    path = tmp_path / "more.json"
    times = {"start": "2026-11-23T12:00:00Z", "end": "2026-11-23T12:30:00Z"}
    path.write_text(json.dumps([{"uid": "extra", **times}, {"uid": "1@trust.example", **times}]))
    found = clearway("diary", path, diary, *MONDAY, "--json").json
    assert [each["uid"] for each in found if each["start"] == times["start"]] == ["extra"]
    assert len(found) == 5


def test_a_broken_event_is_left_out_and_counted_in_one_warning(clearway: Run, tmp_path):
    path = tmp_path / "broken.ics"
    path.write_bytes(calendar(*BUSY_MONDAY, ["DTSTART:2026", "DTEND:x"], ["SUMMARY:no start"]))
    ran = clearway("check", path, *MONDAY, *NOW, "--json")
    assert ran.status == 1
    assert ran.err.count("\n") == 1
    assert "2 events could not be read" in ran.err
    assert len(ran.json["warnings"]) == 1


def test_a_window_without_events_says_so(clearway: Run, diary):
    ran = clearway("diary", diary, "--from", "2025-01-06", "--to", "2025-01-13", "--json")
    assert ran.json == []
    assert "No event lies between Monday 6 January and Sunday 12 January." in ran.err


def test_hours_and_nation_change_what_a_day_is(clearway: Run, diary):
    short = clearway("check", diary, *MONDAY, "--hours", "Mon 09:00-13:00", "--json").json
    assert short["summary"]["protected"]["missing"] == 65
    off = clearway("check", diary, *MONDAY, "--hours", "Tue 09:00-13:00", "--json").json
    assert off["summary"]["protected"]["days"] == 0
    st_andrew = ("--from", "2026-11-30", "--to", "2026-12-01", "--json")
    assert clearway("check", diary, *st_andrew).json["summary"]["protected"]["days"] == 1
    scots = clearway("check", diary, *st_andrew, "--nation", "scotland").json
    assert scots["summary"]["protected"]["days"] == 0


@pytest.mark.parametrize("command", ["check", "plan"])
def test_own_time_changes_no_finding(clearway: Run, tmp_path, command: str):
    with_own, without = tmp_path / "with.ics", tmp_path / "without.ics"
    with_own.write_bytes(calendar(*BUSY_MONDAY))
    without.write_bytes(calendar(*BUSY_MONDAY[:3]))
    one, two = (
        clearway(command, path, *MONDAY, *NOW, "--json").json for path in (with_own, without)
    )
    assert one["findings"] == two["findings"]
