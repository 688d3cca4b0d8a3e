"""How much each rule's findings come to, and at how many places the diary had what it asks."""

from dataclasses import replace
from datetime import timedelta

from rules.catalogue import RULES, evaluate
from rules.example import read_example
from rules.summary import RuleSummary, summarise


def summary(text: str) -> dict[str, tuple[int, int, int]]:
    """Minutes missing, places kept, places judged, for each rule."""
    diary, policy = read_example(text)
    lines = summarise(diary, policy, evaluate(diary, policy))
    return {line.rule: (line.missing, line.days_met, line.days) for line in lines}


def test_every_rule_in_force_has_a_line_in_the_catalogues_order() -> None:
    asked_for = "set learning_severity should; set pod_rotation_severity should"
    assert list(summary(asked_for)) == [rule.id for rule in RULES]
    assert "gap" not in summary("set gap_severity off")
    assert {rule.id for rule in RULES} - set(summary("")) == {"learning", "pod_rotation"}


def test_a_usual_week() -> None:
    assert summary(
        "Mon 09:00-10:00 mine; Mon 10:00-11:00 mine; Mon 11:05-12:00 mine; Mon 11:30-13:00 mine;"
        "Tue-Fri 13:00-15:00 protected; Tue 10:00-10:20 pod; Wed 16:00-17:30 mine"
    ) == {
        "gap": (15, 4, 5),
        "long_run": (20, 4, 5),
        "no_pause": (10, 4, 5),
        "overlap": (0, 4, 5),
        "protected": (120, 4, 5),
        "open_time": (0, 5, 5),
        "pods": (0, 1, 1),
        "pod_apart": (0, 5, 5),
        "one_to_ones": (0, 0, 0),
        "contact": (0, 5, 5),
        "appreciation": (0, 0, 0),
        "reviews": (0, 0, 0),
        "face_days": (0, 0, 0),
        "break": (0, 5, 5),
        "end_of_day": (10, 4, 5),
        "after_hours": (30, 4, 5),
        "long_days": (0, 1, 1),
        "leave": (0, 0, 0),
        "capacity": (0, 1, 1),
    }


def test_places_are_days_over_six_hours_days_of_leave_or_weeks() -> None:
    found = summary(
        "hours Mon-Tue 09:00-17:00; hours Wed 09:00-13:00; Tue leave; Tue 09:00-10:00 mine"
    )
    assert found["gap"] == (0, 2, 2)
    assert found["break"] == (0, 1, 1)
    assert found["leave"] == (60, 0, 1)
    assert found["pods"] == (20, 0, 1)
    assert found["protected"] == (185, 0, 2)


def test_weeks_without_a_working_day_are_not_judged() -> None:
    diary, policy = read_example("Mon-Fri leave")
    two = replace(diary, end=diary.end + timedelta(days=7))
    lines = summarise(two, policy, evaluate(two, policy))
    assert RuleSummary("pods", missing=20, days_met=0, days=1) in lines
    assert RuleSummary("protected", missing=600, days_met=0, days=5) in lines
