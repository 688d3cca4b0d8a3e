"""What `plan` says of days that nothing is planned for."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.cli.conftest import Run, calendar, meeting


def plan(clearway: Run, diary, now: str, days: int = 7) -> str:
    """What people read of a plan for some days from a Monday on."""
    end = date(2026, 11, 23) + timedelta(days=days)
    asked = ("--me", "leader@trust.example", "--from", "2026-11-23", "--to", end)
    ran = clearway("plan", diary, *asked, "--now", now)
    assert ran.status == 0
    return " ".join(ran.out.split())


@pytest.mark.parametrize(
    ("now", "days", "sentence"),
    [
        ("2026-11-30T08:00:00Z", 7, "These days are over, so nothing is planned for them."),
        ("2026-11-24T08:00:00Z", 1, "This day is over, so nothing is planned for it."),
        ("2026-11-29T08:00:00Z", 7, "6 of these days are over; nothing is planned for them."),
        (
            "2026-09-01T08:00:00Z",
            7,
            "Plans look 6 weeks ahead, so nothing is planned for these days yet.",
        ),
    ],
)
def test_days_without_a_plan_are_said_in_place_of_a_proof(
    clearway: Run, diary, now: str, days: int, sentence: str
):
    """A proof about no days at all would say too much."""
    out = plan(clearway, diary, now, days)
    assert sentence in out
    for word in ("Proved", "still missing", "nothing to change"):
        assert word not in out


def test_days_that_are_over_are_said_beside_the_proof_of_the_others(clearway: Run, diary):
    """The rest of the week is planned as ever."""
    out = plan(clearway, diary, "2026-11-24T08:00:00Z")
    assert "1 of these days is over; nothing is planned for it." in out
    assert "Proved in" in out


def test_where_every_day_is_planned_nothing_is_said(clearway: Run, diary):
    """The usual week ahead."""
    out = plan(clearway, diary, "2026-11-19T08:00:00Z")
    assert "is planned for" not in out


REPORTS = b'reports = 4\nappreciation_severity = "off"\nface_days_severity = "off"\n'


def test_holds_that_come_back_are_shown_where_nothing_else_is_planned(
    clearway: Run, diary, tmp_path: Path
):
    """Four one-to-ones are placed far ahead: they are shown, and no figure is claimed."""
    policy = tmp_path / "policy.toml"
    policy.write_bytes(REPORTS)
    asked = ("--from", "2027-01-11", "--to", "2027-01-25", "--policy", policy)
    ran = clearway("plan", diary, *asked, "--now", "2026-11-22T08:00:00Z")
    out = " ".join(ran.out.split())
    assert "These days are more than 6 weeks ahead; there, plans place only what comes back" in out
    assert "so nothing is planned" not in out
    assert out.count("one-to-one") >= 4
    for word in ("Proved", "still missing", "nothing to change"):
        assert word not in out


def test_some_days_that_are_too_far_ahead_are_counted(clearway: Run, diary, tmp_path: Path):
    policy = tmp_path / "policy.toml"
    policy.write_bytes(REPORTS)
    asked = ("--from", "2026-11-23", "--to", "2027-01-25", "--policy", policy)
    ran = clearway("plan", diary, *asked, "--now", "2026-11-22T08:00:00Z")
    out = " ".join(ran.out.split())
    assert "21 of these days are more than 6 weeks ahead; there, plans place only" in out
    assert "Proved in" in out


def test_what_finds_no_room_is_said(clearway: Run, tmp_path: Path):
    """Two full weeks have no room for one-to-ones, in words and as JSON."""
    days = [date(2026, 11, 23) + timedelta(days=each) for each in (0, 1, 2, 3, 4, 7, 8, 9, 10, 11)]
    full = [meeting(f"{day:%Y%m%d}T090000Z", f"{day:%Y%m%d}T170000Z") for day in days]
    diary, policy = tmp_path / "full.ics", tmp_path / "policy.toml"
    diary.write_bytes(calendar(*full))
    policy.write_bytes(REPORTS)
    asked = ("--from", "2026-11-23", "--to", "2026-12-07", "--policy", policy)
    ran = clearway("plan", diary, *asked, "--now", "2026-11-22T08:00:00Z")
    said = (
        "One-to-ones: 4 find no room in the 2 weeks from Monday 23 November; "
        "meetings, protected time and breaks come first."
    )
    assert said in " ".join(ran.out.split())
    ran = clearway("plan", diary, *asked, "--now", "2026-11-22T08:00:00Z", "--json")
    assert said in ran.json["warnings"]
