"""Hours and policies that cannot be true end in one sentence; a declined day out is no leave."""

import pytest

from tests.cli.conftest import MONDAY, NOW, Run, calendar


@pytest.mark.parametrize(
    ("hours", "said"),
    [
        ("", "The working hours say nothing"),
        ("   ", "The working hours say nothing"),
        ("Mon 09:00-17:00; Mon 10:00-12:00", "“Mon” is named twice"),
        ("Mon 09:00-17:00 (9999999)", "“09:00-17:00” has at most 480 paid minutes"),
    ],
)
def test_hours_that_cannot_be_true_are_refused(clearway: Run, diary, hours: str, said: str):
    ran = clearway("check", diary, *MONDAY, *NOW, "--hours", hours)
    assert (ran.status, ran.bytes) == (2, b"")
    assert said in ran.err
    assert ran.err.count("\n") == 1


@pytest.mark.parametrize(
    ("policy", "said"),
    [
        ('break_from = "12:00"\nbreak_to = "12:20"', "“break_minutes” is 30. “break_from”"),
        ('break_from = "15:00"', "“break_to” is 14:30, which is not after"),
        ('preferred_from = "15:00"\npreferred_to = "12:00"', "“preferred_to” is 12:00"),
        ("break_from = true", "“break_from” cannot be true; it is a time of day"),
    ],
)
def test_a_policy_that_cannot_be_kept_is_refused(
    clearway: Run, diary, tmp_path, policy: str, said: str
):
    path = tmp_path / "trust.toml"
    path.write_text(policy)
    ran = clearway("plan", diary, *MONDAY, *NOW, "--policy", path)
    assert (ran.status, ran.bytes) == (2, b"")
    assert ran.err.startswith("trust.toml: ")
    assert said in ran.err
    assert ran.err.count("\n") == 1


@pytest.mark.parametrize(("answer", "days"), [("DECLINED", 1), ("ACCEPTED", 0)])
def test_a_day_out_of_office_counts_as_leave_only_where_the_leader_goes(
    clearway: Run, tmp_path, answer: str, days: int
):
    path = tmp_path / "diary.ics"
    away = [
        "DTSTART;VALUE=DATE:20261123",
        "X-MICROSOFT-CDO-BUSYSTATUS:OOF",
        "ORGANIZER:mailto:chair@trust.example",
        f"ATTENDEE;PARTSTAT={answer}:mailto:leader@trust.example",
    ]
    path.write_bytes(calendar(away))
    found = clearway("check", path, *MONDAY, *NOW, "--json").json
    assert found["summary"]["protected"]["days"] == days


def test_a_declined_day_stays_a_working_day_when_the_diary_is_listed_and_read_again(
    clearway: Run, tmp_path
):
    path = tmp_path / "diary.ics"
    away = [
        "DTSTART;VALUE=DATE:20261123",
        "X-MICROSOFT-CDO-BUSYSTATUS:OOF",
        "ORGANIZER:mailto:chair@trust.example",
        "ATTENDEE;PARTSTAT=DECLINED:mailto:leader@trust.example",
    ]
    path.write_bytes(calendar(away))
    listed = clearway("diary", path, *MONDAY, *NOW, "--json").bytes
    found = clearway("check", "-", *MONDAY, *NOW, "--json", stdin=listed).json
    assert found["summary"]["protected"]["days"] == 1
