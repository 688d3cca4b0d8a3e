import json

import pytest

from tests.cli.conftest import BUSY_MONDAY, MONDAY, NOW, Run, calendar, meeting

MOVE = (*MONDAY, *NOW, "--tier", "move")


def without_seconds(content: bytes) -> dict:
    found = json.loads(content)
    assert found["proof"].pop("seconds") >= 0
    return found


def test_the_shape_is_the_contract_s(clearway: Run, diary):
    ran = clearway("plan", diary, *MOVE, "--json")
    assert ran.status == 0
    found = ran.json
    assert list(found)[:10] == [
        *("window", "tier", "now", "plan_hash", "findings", "changes", "proposals"),
        *("remaining", "objective", "proof"),
    ]
    assert (found["tier"], found["now"]) == ("move", "2026-11-19T09:00:00Z")
    assert found["proof"]["optimal"] is True
    assert found["proof"]["gap"] == 0
    numbers = found["objective"]
    assert found["proof"]["bound"] == [
        numbers[name]
        for name in (
            "cost",
            "must_missing",
            "people_told",
            "meetings_changed",
            "minutes_shifted",
            "holds_disturbed",
        )
    ]
    assert numbers["cost"] == (
        numbers["must_missing"]
        + numbers["should_missing"]
        + numbers["people_told"]
        + 5 * numbers["meetings_changed"]
    )


def test_the_same_command_gives_the_same_bytes_but_for_seconds(clearway: Run, diary):
    one, two = (without_seconds(clearway("plan", diary, *MOVE, "--json").bytes) for _ in range(2))
    assert json.dumps(one) == json.dumps(two)


def test_without_a_tier_only_holds_change_and_nobody_is_told(clearway: Run, diary):
    found = clearway("plan", diary, *MONDAY, *NOW, "--json").json
    assert found["tier"] == "holds"
    assert {each["kind"] for each in found["changes"]} <= {
        "hold.create",
        "hold.move",
        "hold.delete",
    }
    assert found["objective"]["people_told"] == 0
    assert not any("people_told" in each for each in found["changes"])


def test_a_meeting_that_must_stay_stays(clearway: Run, diary):
    def touched(*options: str) -> set[str]:
        found = clearway("plan", diary, *MOVE, *options, "--json").json
        return {each["event_id"] for each in found["changes"] if "event_id" in each}

    # Ten minutes of gap each, for two people and one meeting: 10 against 2 + 5.
    assert touched() == {"1@trust.example", "3@trust.example"}
    assert touched("--keep", "1@trust.example") == {"3@trust.example"}


def test_an_identifier_that_names_nothing_is_said(clearway: Run, diary):
    ran = clearway("plan", diary, *MOVE, "--keep", "typo", "--json")
    assert "“typo”" in ran.err
    assert ran.json["warnings"] == [ran.err.removeprefix("Note: ").strip()]


def test_a_json_diary_gets_the_plan_of_the_calendar_it_was_listed_from(
    clearway: Run, diary, tmp_path
):
    listed = clearway(
        "diary", diary, *MONDAY[:2], "--from", "2026-11-16", "--to", "2026-12-07", "--json"
    )
    path = tmp_path / "diary.json"
    path.write_bytes(listed.bytes)
    one, two = (
        without_seconds(clearway("plan", each, *MOVE, "--json").bytes) for each in (diary, path)
    )
    # Versions are the file's own, and the hash covers them.
    assert one.pop("plan_hash") != two.pop("plan_hash")
    assert one == two


def test_people_read_before_and_after_the_reasons_the_numbers_and_the_proof(clearway: Run, diary):
    out = clearway("plan", diary, *MOVE).out
    assert "Nothing has been written." in out
    assert "\n  now        ██████▐█████▐██" in out
    assert "\n  plan       █████░██████" in out
    for words in ("minutes regained", "people told", "meetings changed", "Proved in"):
        assert words in out
    assert "4 people are told." in out


def test_all_tiers_stand_side_by_side_at_the_end(clearway: Run, diary):
    out = clearway("plan", diary, *MONDAY, *NOW, "--all-tiers").out
    last = out.rpartition("Side by side")[2]
    assert last.count(" regained, ") == 3
    found = clearway("plan", diary, *MONDAY, *NOW, "--all-tiers", "--json").json
    assert [each["tier"] for each in found] == ["holds", "shorten", "move"]
    costs = [each["objective"]["cost"] for each in found]
    assert costs == sorted(costs, reverse=True)


def test_the_curve_goes_from_nobody_told_upwards(clearway: Run, diary):
    found = clearway("plan", diary, *MOVE, "--curve", "--json").json["curve"]
    assert all(each["optimal"] for each in found)
    told = sorted((each["people_told"], each["minutes_regained"]) for each in found)
    assert told[0][0] == 0
    assert [regained for _, regained in told] == sorted(regained for _, regained in told)
    assert "What more minutes would cost" in clearway("plan", diary, *MOVE, "--curve").out
    assert "curve" not in clearway("plan", diary, *MOVE, "--json").json


def test_a_quiet_week_needs_no_change(clearway: Run, tmp_path):
    path, policy = tmp_path / "quiet.ics", tmp_path / "policy.toml"
    path.write_bytes(calendar(meeting("20261123T090000Z", "20261123T100000Z")))
    policy.write_text('protected_severity = "off"\npods_severity = "off"\ngap_holds = "off"\n')
    ran = clearway("plan", path, *MOVE, "--policy", policy)
    assert ran.status == 0
    assert "There is nothing to change." in ran.out


@pytest.mark.parametrize(
    "options",
    [
        ("--tier", "everything"),
        ("--budget", "-1"),
        ("--budget", "soon"),
        ("--all-tiers", "--tier", "move"),
        ("--all-tiers", "--curve"),
    ],
)
def test_options_that_cannot_be(clearway: Run, diary, options: tuple[str, ...]):
    ran = clearway("plan", diary, *options)
    assert (ran.status, ran.bytes, ran.err.count("\n")) == (2, b"", 1)


def test_the_busy_monday_is_what_these_tests_think_it_is():
    assert len(BUSY_MONDAY) == 4
