"""Every parameter once: limits, layers, and one clear sentence for what cannot be."""

import tomllib
from dataclasses import Field, fields
from datetime import UTC, date, datetime, time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.event import Kind
from rules.policy import GapHolds, Layer, Policy, PolicyError, Severity, as_written, override

PARAMETERS = {parameter.name: parameter for parameter in fields(Policy)}
LIMITED = [
    pytest.param(parameter, id=name)
    for name, parameter in PARAMETERS.items()
    if parameter.metadata.get("low") is not None
]
PLANNED = ("gap", "protected", "pods", "break", "end_of_day")


def leader(**values: object) -> Policy:
    return override(Policy(), values, Layer.LEADER)


@pytest.mark.parametrize("name", PARAMETERS)
def test_every_parameter_says_what_it_is_for_and_in_what_unit(name: str) -> None:
    metadata = PARAMETERS[name].metadata
    assert metadata["about"]
    assert metadata["unit"]


@pytest.mark.parametrize("parameter", LIMITED)
def test_limits_are_inside_and_one_further_is_refused(parameter: Field[Any]) -> None:
    low, high = parameter.metadata["low"], parameter.metadata["high"]
    assert low <= parameter.default <= high
    for value in (low, high):
        assert getattr(leader(**{parameter.name: value}), parameter.name) == value
    for value in (low - 1, high + 1):
        with pytest.raises(PolicyError) as refused:
            leader(**{parameter.name: value})
        message = str(refused.value)
        assert parameter.name in message
        assert f"between {low} and {high}" in message
        assert message.endswith(f"not {value}.")


def test_defaults_are_the_reports() -> None:
    policy = Policy()
    assert (policy.gap_minutes, policy.protected_minutes, policy.pods_per_week) == (10, 120, 1)
    assert (policy.price_person, policy.price_meeting, policy.freeze_hours) == (1, 5, 24)
    strengths = [policy.severity(rule) for rule in PLANNED]
    assert strengths == [Severity.MUST] * 3 + [Severity.SHOULD] * 2


@pytest.mark.parametrize(
    ("contracted", "target"), [(450, 120), (240, 65), (690, 185), (120, 30), (150, 40), (131, 35)]
)
def test_the_protected_target_is_pro_rata_rounded_to_5(contracted: int, target: int) -> None:
    assert Policy().protected_target(contracted) == target


def test_layers_are_laid_over_each_other_and_the_last_that_speaks_wins() -> None:
    trust = override(Policy(), {"gap_minutes": 15, "pods_per_week": 2}, Layer.TRUST)
    mine = override(trust, {"pods_per_week": 5}, Layer.LEADER)
    today = override(mine, {"protected_minutes": 60}, Layer.TODAY)
    assert (today.gap_minutes, today.pods_per_week, today.protected_minutes) == (15, 5, 60)
    assert Policy().gap_minutes == 10


@pytest.mark.parametrize("rule", PLANNED)
def test_a_trust_may_ask_less_and_only_the_leader_more(rule: str) -> None:
    name = f"{rule}_severity"
    lowered = override(Policy(), {name: "nudge"}, Layer.TRUST)
    assert lowered.severity(rule) is Severity.NUDGE
    with pytest.raises(PolicyError, match="by the leader only"):
        override(lowered, {name: "should"}, Layer.TRUST)
    assert override(lowered, {name: "must"}, Layer.LEADER).severity(rule) is Severity.MUST


@pytest.mark.parametrize("layer", [Layer.TRUST, Layer.LEADER, Layer.TODAY])
def test_a_name_that_does_not_exist_is_refused(layer: Layer) -> None:
    with pytest.raises(PolicyError, match="There is no setting called “gap_minute”"):
        override(Policy(), {"gap_minute": 10}, layer)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("gap_minutes", "10"),
        ("gap_minutes", 10.5),
        ("gap_minutes", True),
        ("gap_minutes", None),
        ("gap_severity", "always"),
        ("gap_holds", "before"),
        ("break_from", "noon"),
        ("break_from", ""),
        ("break_to", "14:30+01:00"),
        ("preferred_from", "half nine"),
        ("organisation", "trust.example"),
        ("organisation", [1]),
        ("organisation", ["trust.example", " "]),
        ("locked_categories", "locked"),
        ("locked_categories", [""]),
        ("categories", ["clinical"]),
        ("categories", {"clinic": "clinic"}),
        ("categories", {"": "clinical"}),
        ("categories", {"Theatre": "clinical", "theatre": "travel"}),
    ],
)
def test_a_value_of_the_wrong_sort_is_refused_in_one_sentence(name: str, value: object) -> None:
    with pytest.raises(PolicyError) as refused:
        leader(**{name: value})
    assert str(refused.value).startswith(f"“{name}” cannot be ")
    assert str(refused.value).endswith(".")


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        (
            {"break_from": "15:00"},
            "“break_to” is 14:30, which is not after “break_from”, 15:00.",
        ),
        (
            {"break_from": "14:30"},
            "“break_to” is 14:30, which is not after “break_from”, 14:30.",
        ),
        (
            {"break_from": "12:00", "break_to": "12:20"},
            "“break_minutes” is 30. “break_from”, 12:00, and “break_to”, 12:20, leave only 20.",
        ),
        (
            {"break_minutes": 60, "break_from": "13:45"},
            "“break_minutes” is 60. “break_from”, 13:45, and “break_to”, 14:30, leave only 45.",
        ),
        (
            {"preferred_from": "15:00", "preferred_to": "12:00"},
            "“preferred_to” is 12:00, which is not after “preferred_from”, 15:00.",
        ),
    ],
)
def test_settings_that_cannot_both_be_kept_are_refused_in_one_sentence(
    values: dict[str, object], sentence: str
) -> None:
    with pytest.raises(PolicyError) as refused:
        leader(**values)
    assert str(refused.value) == sentence
    assert len(sentence.split()) <= 20


def test_what_one_layer_says_must_go_with_what_the_layers_before_it_said() -> None:
    trust = override(Policy(), {"break_from": "12:00", "break_to": "12:45"}, Layer.TRUST)
    assert override(trust, {"break_minutes": 45}, Layer.LEADER).break_minutes == 45
    with pytest.raises(PolicyError, match="leave only 45"):
        override(trust, {"break_minutes": 60}, Layer.LEADER)


def test_a_break_as_long_as_its_hours_and_one_preferred_time_alone_can_be_kept() -> None:
    assert leader(break_from="12:00", break_to="12:30").break_minutes == 30
    assert leader(preferred_from="17:00").preferred_to is None


def test_a_piece_longer_than_the_target_gives_way_to_it() -> None:
    assert leader(protected_minutes=30, protected_piece=120).protected_target(450) == 30


def test_values_are_read_as_a_toml_file_has_them() -> None:
    policy = leader(
        break_from="12:00",
        break_to=time(14),
        preferred_from="09:30",
        preferred_to="",
        gap_holds="both",
        organisation=["Trust.Example"],
        categories={"Theatre": "clinical"},
        locked_categories=["Fixed"],
    )
    assert (policy.break_from, policy.break_to) == (time(12), time(14))
    assert (policy.preferred_from, policy.preferred_to) == (time(9, 30), None)
    assert policy.gap_holds is GapHolds.BOTH
    assert policy.organisation == ("trust.example",)
    assert dict(policy.categories) == {"theatre": Kind.CLINICAL}
    assert policy.locked_categories == ("fixed",)


def test_the_version_changes_with_any_setting_and_only_then() -> None:
    assert Policy().version == Policy().version == leader(gap_minutes=10).version
    changed = [
        leader(gap_minutes=11),
        leader(gap_severity="off"),
        leader(preferred_from="09:00"),
        leader(categories={"theatre": "clinical"}),
    ]
    assert len({policy.version for policy in changed} | {Policy().version}) == 5


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (True, "true"),
        (None, "null"),
        ("noon", '"noon"'),
        ("mañana\n", '"mañana\\n"'),
        (1.5, "1.5"),
        (float("inf"), "inf"),
        (date(2026, 1, 1), "2026-01-01"),
        (datetime(2026, 1, 1, 9, 30, tzinfo=UTC), "2026-01-01T09:30:00+00:00"),
        (time(9, 30), "09:30:00"),
        ([1, "a", False], '[1, "a", false]'),
        ({"a": 1, "on call": [True]}, '{ a = 1, "on call" = [true] }'),
        ([[[[1]]]], "[[[[…]]]]"),
        pytest.param(10**5000, "so long a number", id="thousands of digits"),
        pytest.param("9" * 5000, '"' + "9" * 79 + "…", id="thousands of characters"),
    ],
)
def test_a_sentence_shows_a_value_as_it_was_written(value: object, written: str) -> None:
    assert as_written(value) == written
    with pytest.raises(PolicyError) as refused:
        leader(organisation=value)
    assert str(refused.value) == f"“organisation” cannot be {written}; it is a list of words."


TEXTS = st.text("aé “.=#'\"\\\n\t", max_size=8)
PLAIN = st.one_of(st.booleans(), st.integers(-(10**9), 10**9), st.dates(), TEXTS)
VALUES = st.one_of(PLAIN, st.lists(PLAIN, max_size=3), st.dictionaries(TEXTS, PLAIN, max_size=3))


@given(VALUES)
def test_what_a_sentence_shows_can_be_typed_again(value: object) -> None:
    assert tomllib.loads(f"a = {as_written(value)}") == {"a": value}


@pytest.mark.parametrize("name", ["pod_minutes", "protected_piece"])
def test_what_lies_on_the_grid_of_a_plan_goes_by_five_minutes(name: str) -> None:
    """Else a plan could be called the best that leaves it out."""
    assert getattr(leader(**{name: 30}), name) == 30
    value = 31 if name == "protected_piece" else 21
    with pytest.raises(PolicyError, match=f"“{name}” goes by 5 minutes, so it cannot be {value}"):
        leader(**{name: value})
