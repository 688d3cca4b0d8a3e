"""Every recommendation of the report that bears on a diary, and where it works here.

`make recommendations` writes docs/recommendations.md. The ids are ours. Lines are those of
the report; its words are not repeated. What is not built says why.
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from enum import StrEnum

from rules.catalogue import RULES
from rules.policy import Policy


class How(StrEnum):
    """In which form a recommendation is there."""

    RULE = "rule"
    SETTING = "setting"
    FEATURE = "feature"
    PROMISE = "promise"


@dataclass(frozen=True, slots=True)
class Recommendation:
    """One recommendation.

    `where` are the ids of rules and the names of settings that it lives in, `tests` are tests by file
    and name. `note` says what else there is, or why there is nothing.
    """

    id: str
    title: str
    lines: str
    how: How
    where: tuple[str, ...] = ()
    tests: tuple[str, ...] = ()
    note: str = ""


_ROOM = "tests/cli/test_patterns.py::test_what_is_still_missing_is_what_the_day_has_no_room_for"
_NOTHING_ELSE = "tests/cli/test_patterns.py::test_new_holds_lie_in_the_hours_and_on_nothing_else"
_EXAMPLES = "tests/rules/test_catalogue.py::test_a_rule_finds_what_its_examples_say"
_REMINDED = "tests/rules/test_reminders.py::test_each_falls_due_exactly_once_in_its_weeks_and_never_where_it_is_off"
_TEMPLATE = "tests/cli/test_templates.py::test_a_template_counts_as_its_kind_once_it_is_in_a_diary"
_OWN_TIME = "tests/rules/test_grid.py::test_own_time_changes_no_finding"


def _rule(
    id_: str, title: str, lines: str, *where: str, note: str = "", also: tuple[str, ...] = ()
) -> Recommendation:
    return Recommendation(id_, title, lines, How.RULE, where, (_EXAMPLES, *also), note)


def _set(
    id_: str,
    title: str,
    lines: str,
    test: str,
    *where: str,
    note: str = "",
    also: tuple[str, ...] = (),
) -> Recommendation:
    return Recommendation(id_, title, lines, How.SETTING, where, (test, *also), note)


def _done(
    id_: str,
    title: str,
    lines: str,
    test: str,
    note: str,
    *where: str,
    how: How = How.FEATURE,
    also: tuple[str, ...] = (),
) -> Recommendation:
    return Recommendation(id_, title, lines, how, where, (test, *also), note)


RECOMMENDATIONS: tuple[Recommendation, ...] = (
    _rule("GAP-1", "Time between appointments", "L2697-2699", "gap", "gap_minutes"),
    _set(
        "GAP-2",
        "Holds beside appointments",
        "L2697",
        "tests/planner/test_gaps.py::test_one_after_each_appointment_that_has_room",
        "gap_holds",
        "gap_weeks",
        note="tier `shorten` ends the leader's own meetings early",
    ),
    _done(
        "GAP-3",
        "Shorter meetings at source",
        "L900-903",
        "tests/cli/test_outlook.py::test_the_commands_are_exact",
        "`clearway doctor outlook` prints the organisation's settings, and looks whether they are set",
    ),
    _rule("GAP-4", "Days without a pause", "L1735-1738", "no_pause"),
    _rule("GAP-5", "Long stretches", "L2698-2699", "long_run", "long_run_minutes"),
    _done(
        "GAP-6",
        "Travel is thinking time",
        "L1726-1729",
        _EXAMPLES,
        "travel takes nothing from a gap; no nudge for it, since own time may change no finding",
        "gap",
        how=How.PROMISE,
    ),
    _rule("END-1", "The end of the day", "L1718-1721", "end_of_day", "end_of_day_minutes"),
    _rule(
        "NMT-1",
        "Time without meetings",
        "L2693-2695",
        "protected",
        "protected_minutes",
        "protected_piece",
        also=(_ROOM,),
    ),
    _set(
        "NMT-2",
        "Held ahead",
        "L2693",
        "tests/life/test_propose.py::test_holds_are_placed_as_far_ahead_as_their_kind_goes",
        "protected_weeks",
    ),
    _done(
        "NMT-3",
        "Invitations that land on a hold",
        "L2694",
        "tests/life/test_reacting.py::test_the_leader_chooses_what_happens",
        "the hold moves, or the leader is asked, or another time is proposed",
        "requests_per_week",
    ),
    _rule(
        "NMT-4",
        "Reachable all the same",
        "L2014-2017",
        "open_time",
        "open_minutes",
        note="protected time is never placed over anything else",
        also=(_NOTHING_ELSE,),
    ),
    _done(
        "NMT-5",
        "Quiet hours for the team",
        "L188-189",
        _TEMPLATE,
        "the template `quiet-hours`: shown as free, in the leader's own diary",
    ),
    _rule(
        "POD-1",
        "Regular team contact",
        "L2598",
        "pods",
        "pods_per_week",
        note="plans place it",
        also=(_ROOM,),
    ),
    _done(
        "POD-2",
        "Optional, without an agenda",
        "L1297-1299",
        "tests/cli/test_templates.py::test_nobody_is_in_a_template_and_no_reply_is_asked_for",
        "the template `team-chat`; the leader asks people, as optional guests",
    ),
    _set(
        "POD-3",
        "Short",
        "L1703-1704",
        "tests/rules/test_policy.py::test_limits_are_inside_and_one_further_is_refused",
        "pod_minutes",
    ),
    _rule("POD-4", "Of its own", "L2595-2597", "pod_apart"),
    _done(
        "POD-5",
        "By chat or by phone",
        "L2592-2593",
        _EXAMPLES,
        "a chat counts by its kind; no link is looked for",
        "pods",
        how=How.PROMISE,
    ),
    _done(
        "POD-6",
        "For new people",
        "L2589-2592",
        "tests/cli/test_templates.py::test_the_welcome_series_ends_and_keeps_its_hour",
        "the template `welcome`, 6 weeks long; no names are held",
    ),
    _rule(
        "POD-7",
        "A virtual office",
        "L1299-1305",
        "contact",
        note="it is contact, and otherwise scored nowhere; the template `virtual-office` makes one",
    ),
    _rule(
        "POD-8",
        "At changing times",
        "L2609-2614",
        "pod_rotation",
        "rotation_weeks",
        note="off unless asked for; then plans give each new team chat another half of a day",
        also=("tests/planner/test_pods.py::test_they_take_turns",),
    ),
    _set(
        "POD-9",
        "Whom you have not spoken to",
        "L2598-2600",
        _REMINDED,
        "reach_out_weeks",
        note="a private reminder, no register",
    ),
    _set(
        "POD-10",
        "Telling the team that it helps",
        "L2600-2602",
        _REMINDED,
        "tell_team_weeks",
        note="a private reminder with a text to share",
    ),
    _rule(
        "ONE-1",
        "One-to-ones",
        "L2594",
        "one_to_ones",
        "reports",
        "one_to_one_weeks",
        "one_to_one_minutes",
    ),
    _rule(
        "ONE-2",
        "No long silence",
        "L2102-2109",
        "contact",
        "contact_days",
        note="a plan places its team chats so, and offers one more where that is not enough",
        also=(
            "tests/planner/test_pods.py::test_a_silence_of_more_than_five_working_days_is_offered_a_chat",
        ),
    ),
    _rule(
        "APP-1",
        "Appreciation",
        "L2607-2609",
        "appreciation",
        "appreciation_weeks",
        "appreciation_minutes",
    ),
    _done(
        "APP-2",
        "Listening across patterns",
        "L2609-2617",
        "tests/cli/test_templates.py::test_the_listening_session_comes_every_13_weeks",
        "the template `listening`",
    ),
    _rule(
        "CIR-1",
        "Circumstances",
        "L2624-2636",
        "reviews",
        "review_weeks",
        "review_minutes",
        note="words for such a talk are on the leader's page",
    ),
    _rule(
        "FACE-1",
        "Days in person",
        "L2661-2664",
        "face_days",
        "face_day_weeks",
        "face_day_minutes",
    ),
    _set(
        "FACE-2",
        "Is it still the right rhythm?",
        "L2665-2667",
        _REMINDED,
        "face_rhythm_weeks",
        note="a private reminder, and words that leave room to say no",
    ),
    _rule("SELF-1", "A break", "L2643-2644", "break", "break_minutes", "break_from", "break_to"),
    _rule("SELF-2", "Logging off", "L2644", "after_hours", note="told, and asked for by nobody"),
    _rule("SELF-3", "Long days are the exception", "L2644-2645", "long_days", "long_day_minutes"),
    _rule(
        "SELF-4",
        "Leave",
        "L2643-2644",
        "leave",
        "take_leave_weeks",
        note="the reminder is off unless asked for, and looks at days off in the settings",
        also=("tests/rules/test_reminders.py::test_leave_that_is_told_of_is_not_asked_for",),
    ),
    _done(
        "SELF-5",
        "Time of one's own",
        "L924-937",
        _OWN_TIME,
        "never scored, moved or described",
        how=How.PROMISE,
    ),
    _set(
        "SELF-6",
        "Talking about breaks and leave",
        "L2643-2645",
        _REMINDED,
        "talk_about_breaks_weeks",
        note="a private reminder with a way to begin",
    ),
    _set(
        "CHK-1",
        "Check-ins for the leader",
        "L2704-2711",
        "tests/planner/test_cadences.py::test_a_check_in_is_in_no_finding_and_names_none",
        "check_in_weeks",
        "check_in_minutes",
        note="plans place them; they are own time, in no figure, and no delegate's to see",
        also=(
            "tests/api/service/test_diary.py::test_check_ins_have_a_plan_of_their_own_of_which_a_delegate_knows_nothing",
        ),
    ),
    _rule(
        "LRN-1",
        "Time to learn",
        "L2722-2734",
        "learning",
        "learning_weeks",
        "learning_minutes",
        note="off unless asked for",
    ),
    _rule("LRN-2", "Time to try something new", "L2747-2749", "learning", note="the same hold"),
    _done(
        "WRK-1",
        "Team time is work",
        "L2689-2691",
        "tests/cli/test_workload.py::test_a_quarter_adds_up",
        "`clearway workload`: hours a week for the team, against the contract",
        "contracted_minutes",
        "programmed_activities",
        "programmed_activity_minutes",
        also=(
            "tests/app/test_workload_counts.py::test_each_line_equals_a_count_from_the_raw_calendar",
            "tests/rules/test_workload.py::test_a_contract_is_what_somebody_said",
        ),
    ),
    _rule("WRK-2", "More than a week can hold", "L1691-1696", "capacity"),
    _done(
        "WRK-3",
        "Part of the objectives",
        "L2690-2691",
        "tests/cli/test_workload.py::test_a_quarter_adds_up",
        "a line for a job plan and one for an appraisal, to copy",
    ),
    _done(
        "WRK-4",
        "Nothing is put on others",
        "L2646-2647",
        "tests/rules/test_catalogue.py::test_capacity_offers_what_would_be_enough_and_could_give_way",
        "what is offered is to shorten, swap or drop",
        "capacity",
        how=How.PROMISE,
    ),
    _done(
        "PAT-1",
        "Working patterns",
        "L674-679",
        "tests/cli/test_patterns.py::test_the_days_of_the_role_are_its_working_days",
        "hours of each weekday, up to 8 weeks that take turns, shifts over midnight, exceptions, days "
        "off, bank holidays; 12 made-up leaders show them",
    ),
    _set(
        "PAT-2",
        "Has your pattern changed?",
        "L2634-2636",
        _REMINDED,
        "pattern_changed_weeks",
        note="a private reminder",
    ),
    _done(
        "PAT-3",
        "Clinical and on-call time",
        "L956-960",
        "tests/rules/test_event.py::test_row_3_team_and_clinical_time_is_an_appointment_even_when_private",
        "never moved, and no hold is laid over them; on-call time is scored nowhere",
        "categories",
        how=How.PROMISE,
        also=(
            "tests/planner/test_rights.py::test_clinical_time_is_never_changed_nor_covered",
            "tests/planner/test_rights.py::test_on_call_time_is_scored_nowhere_and_never_covered",
        ),
    ),
    _done(
        "LOC-1",
        "Local judgement",
        "L2554-2560",
        "tests/life/test_overrides.py::test_three_times_at_one_time_of_the_week_are_a_habit",
        "report, trust, leader, today; a hold that somebody removes stays away that day",
        also=("tests/planner/test_unwanted.py::test_nothing_is_put_back",),
    ),
    _done(
        "NEG-1",
        "Firm, or able to move",
        "L2765-2774",
        "tests/life/test_noticing.py::test_a_dragged_hold_is_firm_where_it_is",
        "a hold that somebody put or kept somewhere stays there",
    ),
    _done(
        "EVD-1",
        "Watching first",
        "L2652-2655",
        "tests/web/service/test_pages.py::test_watching_first_is_what_joining_means",
        "four weeks of looking before anything is offered; comparing before and after is to come",
    ),
)

_HEAD = """# What the report asks for, and where it is

The report's recommendations that bear on a diary, by the lines that they rest on.
A rule finds what a diary has no room for; a setting can be changed within limits; a feature is something that Clearway does; a promise is something that it never does.
This page is written by `make recommendations`.

"""


def table() -> str:
    """The page, from the recommendations and what the catalogue and the policy say of them."""
    rows = ["| id | what | lines | form | where, and its default | tested by |"]
    rows += ["| --- | --- | --- | --- | --- | --- |", *map(_row, RECOMMENDATIONS)]
    return _HEAD + "\n".join(rows) + "\n"


def _row(one: Recommendation) -> str:
    places = [_place(each) for each in one.where]
    where = ", ".join(places) + ("; " if places and one.note else "") + one.note
    tests = ", ".join(f"`{each.rpartition('::')[2]}`" for each in one.tests)
    return f"| {one.id} | {one.title} | {one.lines} | {one.how} | {where} | {tests} |"


def _place(name: str) -> str:
    rules = {rule.id: rule for rule in RULES}
    if name in rules:
        return f"`{name}` ({rules[name].severity(Policy()).value})"
    value = getattr(Policy(), name)
    shown = "" if isinstance(value, dict) or not isinstance(value, int | str) else f" {value}"
    return f"`{name}`{shown}"


def problems() -> Iterator[str]:
    """What is wrong with the table itself: a rule without a line of it, an unknown name."""
    named = {each for one in RECOMMENDATIONS for each in one.where}
    known = {rule.id for rule in RULES} | {each.name for each in fields(Policy)}
    for rule in RULES:
        if rule.id not in named and rule.id not in _FACTS:
            yield f"The rule “{rule.id}” has no recommendation."
        if not rule.cite or not rule.lines:
            yield f"The rule “{rule.id}” does not say where it comes from."
    for name in sorted(named - known):
        yield f"There is no rule or setting “{name}”."
    for one in RECOMMENDATIONS:
        if not one.tests:
            yield f"{one.id} has no test."


_FACTS = frozenset({"overlap"})
"""Rules that state a fact and recommend nothing."""
