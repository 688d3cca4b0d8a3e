"""What a digest says in every case: praise first, one step, and nothing that is never said."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.digest.contents import Digest, GivenUp, Place, compose, unseen
from app.digest.making import preview, week
from app.digest.rendering import closing
from app.drawing.layout import Look
from rules.guardrails import GUARDRAILS
from tests.digest.weeks import FIRST, KEPT, WEEKS, diary_of, digest_of, facts_of, lines_of
from tests.rules.worlds import CLASSES, OWN, Fact, World, facts, worlds
from tests.web import lint


def section(digest: Digest, title: str) -> tuple[str, ...]:
    return next((each.lines for each in digest.sections if each.title == title), ())


def test_a_usual_week() -> None:
    found = digest_of(WEEKS["usual"])
    assert found.subject == "Your week: protected time on 4 out of 5 days"
    assert section(found, "What went well last week") == (
        "You had protected time on 4 out of 5 days.",
        "1 out of 2 meetings had at least 10 minutes before the next one.",
        "You had 2 team chats in the diary.",
        "There was room for a break on 5 out of 5 days.",
    )
    assert section(found, "This week") == (
        "Your diary has room for 2 hours of protected time every day except Wednesday.",
        "Wednesday has 2 meetings.",
    )
    assert section(found, "One thing you could do") == (
        "The easiest place to make room is Monday, 10:30am to 12:30pm.",
    )
    assert section(found, "Team time") == (
        "Your team time was 40 minutes out of 37 hours 30 minutes.",
    )


def test_all_kept_is_thanked_for_without_superlatives() -> None:
    found = digest_of(WEEKS["all kept"])
    assert found.subject == "Your week: protected time on all 5 days"
    assert section(found, "What went well last week")[0] == (
        "All 5 days had protected time. Thank you for showing your team that this matters."
    )


def test_a_full_week_is_not_counted_out() -> None:
    found = digest_of(WEEKS["full"])
    assert found.subject == "Your week: a quieter plan for the days ahead"
    assert section(found, "What went well last week") == ()
    assert section(found, "This week")[0] == "Last week was full."
    said = " ".join(lines_of(found)[:-2])
    assert " 0 " not in said
    assert section(found, "One thing you could do") == (
        "The easiest place to make room is Friday, 3pm to 5pm.",
    )


def test_an_easy_week_without_holds_was_not_full() -> None:
    found = digest_of(WEEKS["nights"])
    assert found.subject == "Your week: the days ahead"
    assert "Last week was full." not in lines_of(found)


@pytest.mark.parametrize("text", [WEEKS["the first"], "Mon-Fri+3 leave", "Mon+3 09:00-10:00 own"])
def test_a_week_that_does_not_count_is_not_spoken_of(text: str) -> None:
    found = digest_of(text)
    assert found.subject == "Your week: the days ahead"
    assert section(found, "What went well last week") == ()
    assert "Last week" not in " ".join(lines_of(found))


def test_a_week_of_one_working_day_has_no_digest() -> None:
    diary, policy = diary_of("Mon-Thu+4 leave")
    assert preview(diary, policy, FIRST) is None


def test_given_up_holds_are_told_plainly() -> None:
    day = FIRST - timedelta(days=7)
    facts = facts_of(KEPT)
    given_up = (
        GivenUp("protected time", day),
        GivenUp("team time", day + timedelta(days=1)),
    )
    found = compose(replace(facts, given_up=given_up))
    assert section(found, "What you changed") == (
        "You gave up protected time on Monday.",
        "You gave up team time on Tuesday.",
    )


@pytest.mark.parametrize("guardrail", GUARDRAILS, ids=lambda each: each.id)
def test_what_has_worsened_comes_before_any_other_step(guardrail) -> None:
    facts = facts_of(WEEKS["usual"])
    found = compose(replace(facts, worsened=(guardrail,), plan="Keep 9am to 10am on Monday."))
    (step,) = (each for each in found.sections if each.title == "One thing you could do")
    assert step.lines == (
        guardrail.message,
        "Would you like to protect less time, or a different time?",
    )
    assert step.link is not None
    assert step.link.place is Place.SETTINGS


def test_there_is_one_step_at_most_and_a_waiting_plan_comes_first() -> None:
    facts = replace(
        facts_of(WEEKS["full"]), plan="Move the hold.", reach_out="Is there anyone? Call."
    )
    found = compose(facts)
    assert section(found, "One thing you could do") == ("Move the hold.",)
    assert sum(each.title == "One thing you could do" for each in found.sections) == 1


def test_time_with_the_team_that_is_far_off_is_offered_sooner() -> None:
    kept = "Mon-Fri+4 13:00-15:00 protected; Mon-Fri+5 13:00-15:00 protected"
    found = digest_of(f"{KEPT}; {kept}; Wed+6 10:00-10:20 pod")
    assert section(found, "One thing you could do") == (
        "Your next team time is in 12 working days.",
        "Would you like to add a team chat of 20 minutes sooner?",
    )
    found = digest_of(f"{KEPT}; {kept}")
    assert section(found, "One thing you could do")[0] == (
        "The next 4 weeks have no team time yet."
    )


def test_a_week_that_holds_too_much_says_what_can_be_done() -> None:
    found = digest_of(
        "set protected_severity off; Mon-Fri+3 09:00-17:00 meeting; Wed+4 10:00-10:20 pod;"
        "Mon-Fri+4 08:00-12:00 meeting; Mon-Fri+4 12:00-18:00 mine"
    )
    assert section(found, "One thing you could do")[0] == (
        "There is more in your diary than your week can hold."
    )


def test_a_rule_that_is_off_is_not_spoken_of() -> None:
    text = f"{KEPT}; set protected_severity off; set pods_severity off"
    digest = replace(digest_of(f"{text}; set contact_severity off"), short="")
    said = " ".join(lines_of(digest))
    assert "protected time" not in said
    assert "team chat" not in said


def test_own_time_and_check_ins_are_not_in_the_picture() -> None:
    drawn = digest_of(f"{KEPT}; Mon+4 11:00-12:00 own; Tue+4 09:00-10:00 check_in").picture
    assert drawn is not None
    looks = {block.look for column in drawn.columns for block in column.blocks}
    assert Look.OWN_TIME not in looks


@given(worlds(tuple(set(CLASSES) - set(OWN))), st.lists(facts(OWN), min_size=1, max_size=6))
def test_own_time_changes_nothing_that_is_said_of_the_past(world: World, own: list[Fact]) -> None:
    world = replace(world, weeks=8)
    with_own = replace(world, facts=(*world.facts, *own))
    first = world.first + timedelta(weeks=4)
    told = []
    for each in (world, with_own):
        diary = each.diary
        seen = week(diary, each.policy, first, diary.span.start).facts
        told.append(compose(seen))
    plain, other = told
    assert plain.subject == other.subject
    for title in ("What went well last week", "Team time"):
        assert section(plain, title) == section(other, title)
    assert plain.short == other.short
    assert plain.picture == other.picture


@given(worlds())
def test_nothing_is_said_that_is_never_said(world: World) -> None:
    world = replace(world, weeks=8)
    diary, first = world.diary, world.first + timedelta(weeks=4)
    found = compose(week(diary, world.policy, first, diary.span.start).facts)
    assert list(lint.words(lines_of(found))) == []


@pytest.mark.parametrize("name", WEEKS)
def test_typical_weeks_say_nothing_that_is_never_said(name: str) -> None:
    assert list(lint.words(lines_of(digest_of(WEEKS[name])))) == []


def test_whatever_else_is_sent_keeps_to_the_same_words() -> None:
    lines = [*lines_of(unseen()), *closing(unseen()), *(each.message for each in GUARDRAILS)]
    assert list(lint.words(lines)) == []
    assert "no summary this week" in " ".join(lines)
