"""What `plan` says of days that nothing is planned for."""

from datetime import date, timedelta

import pytest

from tests.cli.conftest import Run


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
