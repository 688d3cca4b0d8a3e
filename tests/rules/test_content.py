"""What leaders read: plain, short, and without the words that must never be said to them."""

import re

import pytest

from rules.catalogue import RULES, evaluate
from rules.example import read_example

NEVER = (
    # Not prescriptive, no scores, no blame.
    r"complian\w*|breach\w*|violat\w*|fail\w*|miss\w*|overdue|target not met|score\w*|rank\w*",
    r"streak\w*|top|bottom|better than|average|badge\w*|should|must|need\w*|mandatory|ought",
    # Neither reward nor chastise long hours; nothing about health.
    r"worked|long day|late finish|well done|extra mile|dedicated|resilien\w*|long hours",
    r"stress\w*|burn\w*|at risk|unhealthy|morale|tired|exhausted",
    # No attendance, no one else looking, no private words, no pressure.
    r"attend\w*|no-shows?|declined|did not come|your manager|intimacy|camera on|explain why",
    r"proven|proves|guarantee\w*|legal\w*|send someone|someone else|delegate\w*|act now",
    r"final reminder|headspace|urgent\w*",
)
MESSAGES = sorted(
    {
        each.message
        for rule in RULES
        for example in rule.examples
        for each in evaluate(*read_example(example.week))
    }
)
LABELS = sorted({text for rule in RULES for text in (rule.title, rule.about)})
SENTENCE = re.compile(r"[^.?]+[.?]")


@pytest.mark.parametrize("text", MESSAGES + LABELS)
def test_no_word_that_is_never_said(text: str) -> None:
    found = [word for words in NEVER for word in re.findall(rf"\b(?:{words})\b", text, re.I)]
    assert found == []


@pytest.mark.parametrize("text", MESSAGES)
def test_sentences_are_short_and_few_and_end_quietly(text: str) -> None:
    sentences = SENTENCE.findall(text)
    assert "".join(sentences) == text
    assert 1 <= len(sentences) <= 3
    assert all(len(sentence.split()) <= 20 for sentence in sentences), text
    assert "!" not in text


@pytest.mark.parametrize("text", MESSAGES)
def test_times_and_days_are_said_the_nhs_way(text: str) -> None:
    assert not re.search(r"\d\d:\d\d(?![ap]m)|\d{4}-\d\d|\bnoon\b|12 ?[ap]m\b|%", text)
    for day in re.findall(r"\b(?!midday)\w+day\b (?:\d+ \w+)?", text):
        assert re.fullmatch(r"[A-Z][a-z]+day \d{1,2} [A-Z][a-z]+", day)


def test_every_rule_speaks() -> None:
    assert len(MESSAGES) >= len(RULES)
    assert {rule.id for rule in RULES} == {
        each.rule
        for rule in RULES
        for example in rule.examples
        for each in evaluate(*read_example(example.week))
    }
