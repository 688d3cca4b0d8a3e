"""Every parameter once: limits, layers, and one clear sentence for what cannot be."""

from dataclasses import Field, fields
from datetime import time
from typing import Any

import pytest

from rules.event import Kind
from rules.policy import GapHolds, Layer, Policy, PolicyError, Severity, override

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
        ("locked_categories", "locked"),
        ("categories", ["clinical"]),
        ("categories", {"clinic": "clinic"}),
    ],
)
def test_a_value_of_the_wrong_sort_is_refused_in_one_sentence(name: str, value: object) -> None:
    with pytest.raises(PolicyError) as refused:
        leader(**{name: value})
    assert str(refused.value).startswith(f"“{name}” cannot be ")
    assert str(refused.value).endswith(".")


def test_break_hours_run_forward() -> None:
    with pytest.raises(PolicyError, match="later than"):
        leader(break_from="14:30")


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
