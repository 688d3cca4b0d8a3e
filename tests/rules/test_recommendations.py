"""The page of recommendations is what the code says, and every test that it names is there."""

import re
from pathlib import Path

from rules.catalogue import RULES
from rules.recommendations import RECOMMENDATIONS, problems, table

ROOT = Path(__file__).resolve().parents[2]


def test_every_rule_and_name_is_accounted_for() -> None:
    assert list(problems()) == []


def test_every_test_that_is_named_is_there() -> None:
    for one in RECOMMENDATIONS:
        for test in one.tests:
            path, _, name = test.partition("::")
            text = (ROOT / path).read_text("utf-8")
            assert re.search(rf"^def {name}\(", text, re.M), test


def test_ids_are_unique_and_lines_are_lines() -> None:
    ids = [one.id for one in RECOMMENDATIONS]
    assert len(ids) == len(set(ids)) == 48
    assert all(re.fullmatch(r"L\d+(-\d+)?", one.lines) for one in RECOMMENDATIONS)
    assert len(RULES) == 21


def test_the_page_is_up_to_date() -> None:
    page = (ROOT / "docs" / "recommendations.md").read_text("utf-8")
    assert page == table(), "run make recommendations"
