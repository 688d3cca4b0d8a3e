from datetime import date, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from app.bank_holidays import Nation
from app.services.errors import BadInput
from app.services.hours import find_zone, make_pattern
from app.services.policy_file import PolicyFiles, read_nation, read_policy
from app.services.source import Source
from rules.event import Kind
from rules.policy import Policy, Severity

LONDON = ZoneInfo("Europe/London")
EXAMPLE = Path(__file__).resolve().parents[2] / "docs" / "policy.toml"


def policy(*texts: str) -> PolicyFiles:
    return read_policy([Source(f"{n}.toml", text.encode()) for n, text in enumerate(texts, 1)])


def pattern(text: str, first: date = date(2026, 12, 21), **more):
    return make_pattern(LONDON, policy(text), first, date(2027, 1, 4), **more)


def test_without_files_the_defaults_hold():
    assert policy() == PolicyFiles()
    assert policy("").policy == Policy()


def test_the_example_in_the_documents_can_be_used():
    found = read_policy([Source("policy.toml", EXAMPLE.read_bytes())])
    assert found.policy.categories["focus time"] is Kind.PROTECTED
    assert found.nation is Nation.ENGLAND
    assert found.days_off == {date(2026, 12, 24)}
    hours = make_pattern(LONDON, found, date(2026, 11, 23), date(2026, 11, 30))
    friday = hours.window(date(2026, 11, 27))
    assert friday is not None
    assert friday.contracted == 240


def test_every_setting_of_the_example_but_the_choices_is_the_default():
    found = read_policy([Source("policy.toml", EXAMPLE.read_bytes())]).policy
    chosen = {"organisation", "categories", "preferred_from", "preferred_to"}
    chosen |= {"reports", "learning_severity"}
    for name, value in vars(Policy()).items():
        assert name in chosen or getattr(found, name) == value


def test_the_leader_has_the_last_word():
    trust = "protected_minutes = 60\n[leader]\nprotected_minutes = 150"
    assert policy(trust).policy.protected_minutes == 150
    assert policy("protected_minutes = 60", "protected_minutes = 90").policy.protected_minutes == 90


def test_only_the_leader_raises_a_severity():
    lowered = policy('break_severity = "nudge"')
    assert lowered.policy.break_severity is Severity.NUDGE
    with pytest.raises(BadInput, match="raised by the leader only"):
        policy('break_severity = "must"')
    assert policy('[leader]\nbreak_severity = "must"').policy.break_severity is Severity.MUST


def test_hours_exceptions_and_days_off_make_the_working_pattern():
    text = """
        [hours]
        pattern = "Mon-Thu 08:00-16:00"
        [hours.exceptions]
        2026-12-22 = "10:00-14:00"
        2026-12-23 = "off"
        2026-12-25 = "09:00-13:00"
        [holidays]
        days = [2026-12-24]
        leave = [2026-12-29]
    """
    found = pattern(text)
    lengths = {
        day: window.contracted if (window := found.window(date(2026, 12, day))) else None
        for day in range(21, 32)
    }
    assert lengths == {
        21: 450,
        22: 240,
        23: None,
        24: None,
        25: 240,  # a bank holiday that this leader works
        26: None,
        27: None,
        28: None,  # Boxing Day, given back on the Monday
        29: None,
        30: 450,
        31: 450,
    }


def test_a_nation_that_is_asked_for_goes_before_the_file():
    text = '[holidays]\nnation = "none"'
    christmas = date(2026, 12, 25)
    assert pattern(text).window(christmas) is not None
    assert pattern(text, nation=Nation.WALES).window(christmas) is None


def test_outside_the_united_kingdom_there_are_no_bank_holidays_unless_named():
    paris = ZoneInfo("Europe/Paris")
    span = (date(2026, 12, 21), date(2027, 1, 4))
    assert make_pattern(paris, policy(), *span).window(date(2026, 12, 25)) is not None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("gap_minutes = 5", "“gap_minutes” is between 10 and 30"),
        ("gap_minuets = 15", "no setting called “gap_minuets”"),
        ("gap_minutes = '10'", "“gap_minutes” cannot be"),
        ("gap_minutes", "not TOML"),
        ("hours = 3", "“hours” is a table"),
        ("[hours]\npaturn = 'x'", "no setting called “paturn” in [hours]"),
        ("[hours]\npattern = 3", "“pattern” is written in quotation marks"),
        ("[hours]\nanchor = 3", "“anchor” holds dates"),
        ("[hours]\nexceptions = 3", "“exceptions” is a table"),
        ("[holidays]\nnation = 'narnia'", "“nation” is one of england"),
        ("[holidays]\ndays = 2026-12-24", "“days” is a list of dates"),
        ("[holidays]\ndays = ['soon']", "“days” holds dates"),
        ("[leader]\ngap_minutes = 40", "“gap_minutes” is between 10 and 30"),
        ("break_from = '15:00'", "“break_to” is 14:30, which is not after"),
        ("break_from = 12:00:00\nbreak_to = 12:20:00", "leave only 20"),
        ("preferred_from = '12:00'\npreferred_to = '12:00'", "“preferred_to” is 12:00"),
        ("gap_minutes = true", "“gap_minutes” cannot be true; it is a whole number from 10 to 30."),
        (
            "gap_minutes = 2026-01-01",
            "“gap_minutes” cannot be 2026-01-01; it is a whole number from 10 to 30.",
        ),
        ("organisation = ['a', 3]", '“organisation” cannot be ["a", 3]; it is a list of words.'),
        ("[hours]\nanchor = true", "not true."),
        ("[hours]\nanchor = 2026-12-24T10:00:00", "not 2026-12-24T10:00:00."),
        ("[hours]\n[hours.exceptions]\n[hours.exceptions]", "declare “hours.exceptions” twice"),
        ("[hours]\n[hours]", "declare “hours” twice"),
        ("[hours]\npattern = 'Mon 09:00-17:00; Mon off'", "“Mon” is named twice"),
        ("[hours]\npattern = '|'", "The working hours say nothing"),
        ("[categories]\nclinic = 'surgery'", "each protected, gap, break"),
    ],
)
def test_what_cannot_be_used_is_named_with_its_file_in_one_sentence(text: str, said: str):
    with pytest.raises(BadInput) as error:
        policy("", text)
    message = str(error.value)
    assert message.startswith("2.toml: ")
    assert said in message
    assert "\n" not in message


def test_hours_that_cannot_be_read_are_a_sentence_too():
    with pytest.raises(BadInput, match="not working hours"):
        pattern("[hours]\npattern = 'always'")
    with pytest.raises(BadInput):
        pattern("[hours.exceptions]\n2026-12-24 = 'all morning'")
    with pytest.raises(BadInput, match="counted from a Monday"):
        pattern("[hours]\nanchor = 2026-12-24")


@pytest.mark.parametrize(
    "files",
    [
        ("[hours]\npattern = 'Mon 09:00-17:00 | Mon off'\nanchor = 2026-11-30",),
        ("[hours]\npattern = 'Mon 09:00-17:00 | Mon off'", "[hours]\nanchor = 2026-11-30"),
        ("[hours]\nanchor = 2026-11-30", "[hours]\npattern = 'Mon 09:00-17:00 | Mon off'"),
        ("[hours]\npattern = 'Mon 09:00-17:00 | Mon off from 2026-11-30'",),
    ],
)
def test_weeks_take_turns_from_the_anchor_or_the_monday_that_the_pattern_names(
    files: tuple[str, ...],
):
    hours = make_pattern(LONDON, policy(*files), date(2026, 11, 30), date(2026, 12, 21))
    first = [hours.shift(date(2026, 11, 30) + timedelta(weeks=week)) for week in range(3)]
    assert [each is not None for each in first] == [True, False, True]


def test_weeks_that_take_turns_need_a_first_one():
    with pytest.raises(BadInput, match="from 2026-11-23"):
        pattern("[hours]\npattern = 'Mon 09:00-17:00 | Mon off'")


@pytest.mark.parametrize("nothing", ["", " ", "\t", ";"])
def test_hours_that_were_given_empty_are_not_taken_for_the_usual_ones(nothing: str):
    with pytest.raises(BadInput, match="The working hours say nothing"):
        pattern("[hours]\npattern = 'Mon 09:00-17:00'", hours=nothing)


@pytest.mark.parametrize("nothing", ["", " "])
def test_a_nation_that_was_given_empty_is_not_taken_for_the_usual_one(nothing: str):
    with pytest.raises(BadInput, match="“nation” says nothing"):
        read_nation(nothing)


def test_bytes_that_are_no_text_are_a_sentence():
    with pytest.raises(BadInput, match="UTF-8"):
        read_policy([Source("p", b"\xff\xfe\x00")])


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("gap_minutes = " + "9" * 5_000, "too large"),
        ("gap_minutes = " + "9" * 4_000, "gap_minutes"),
        ("gap_minutes = 0x" + "f" * 5_000, "gap_minutes"),
        ("gap_minutes = " + "[" * 300 + "]" * 300, "gap_minutes"),
        ("a = " + "[" * 100_000, "too large"),
        ("[hours]\npattern = ''", "“pattern”"),
        ("[hours]\ntime_zone = ' '", "“time_zone”"),
        ("[holidays]\nnation = ''", "“nation”"),
        ("[hours]\nanchor = 2026-12-24", "“anchor”"),
        ("[hours.exceptions]\n2026-12-24 = 5", "“exceptions” for 2026-12-24"),
        ("[hours.exceptions]\n2026-12-24 = '25:00-26:00'", "“exceptions” for 2026-12-24"),
        ("[hours.exceptions]\n2026-12-24 = '09:00-12:00; Tue 09:00-10:00'", "“exceptions”"),
        ("[hours.exceptions]\n2026-12-24 = '09:00-12:00 | off'", "“exceptions”"),
        ("[hours.exceptions]\n2026-12-24 = '09:00-12:00 from 2026-11-23'", "“exceptions”"),
        ("[hours.exceptions]\n2026-12-24 = 'Tue 09:00-12:00'", "“exceptions” for 2026-12-24"),
        ("[hours.exceptions]\n2026-12-24 = '09:00-12:00 (181)'", "at most 180 paid minutes"),
        ("[hours.exceptions]\n2026-12-24 = ''", "“exceptions” for 2026-12-24"),
    ],
)
def test_a_value_that_cannot_be_is_one_short_sentence_with_its_name(text: str, named: str):
    with pytest.raises(BadInput) as refused:
        policy(text)
    assert str(refused.value).startswith("1.toml: ")
    assert named in str(refused.value)
    assert len(str(refused.value)) < 400


def test_a_zone_that_differs_between_machines_is_none():
    with pytest.raises(BadInput, match="localtime"):
        find_zone("localtime")
