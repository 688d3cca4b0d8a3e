"""What an occurrence counts as: one test for each row of the contract's table, and their order."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from rules.event import (
    HOLD_CLASS,
    TEAM_KINDS,
    Kind,
    Occurrence,
    ScoredAs,
    ShowAs,
    Status,
    classified,
    classify,
    occurrence_id,
)

NINE = datetime(2026, 11, 23, 9, tzinfo=UTC)
TEN = NINE + timedelta(hours=1)
ALL_DAY = {"start": date(2026, 11, 23), "end": date(2026, 11, 24)}
LONG = {"start": NINE, "end": NINE + timedelta(hours=24)}
TEAM_AND_CLINICAL = sorted(TEAM_KINDS | {Kind.CLINICAL})
ALONE = {"organizer": True, "with_others": False}


def scored(**facts: Any) -> ScoredAs:
    """The class of somebody else's meeting, but for the facts given."""
    usual: dict[str, Any] = {
        "start": NINE,
        "end": TEN,
        "show_as": ShowAs.BUSY,
        "status": Status.CONFIRMED,
        "private": False,
        "declined": False,
        "organizer": False,
        "with_others": True,
        "kind": None,
    }
    return classify(**(usual | facts))


NONE_ROW = [
    pytest.param({"status": Status.CANCELLED}, id="cancelled"),
    pytest.param({"declined": True}, id="declined by the leader"),
    pytest.param({"show_as": ShowAs.FREE}, id="shown free"),
    pytest.param({"show_as": ShowAs.WORKING_ELSEWHERE}, id="working elsewhere"),
    pytest.param(ALL_DAY, id="all day"),
    pytest.param(LONG, id="24 hours"),
    pytest.param({"kind": Kind.ON_CALL}, id="on call"),
    pytest.param({"kind": Kind.VIRTUAL_OFFICE}, id="virtual office"),
    pytest.param({**ALL_DAY, "show_as": ShowAs.OOF}, id="leave"),
]


@pytest.mark.parametrize("facts", NONE_ROW)
def test_row_1_counts_as_nothing(facts: dict[str, Any]) -> None:
    assert scored(**facts) is ScoredAs.NONE


@pytest.mark.parametrize("show_as", ShowAs)
def test_what_the_leader_declined_takes_no_time_however_it_was_sent(show_as: ShowAs) -> None:
    sent = Occurrence("u", NINE, TEN, ScoredAs.NONE, show_as=show_as)
    declined = classified(sent, declined=True, with_others=True)
    assert (declined.show_as, declined.scored_as) == (ShowAs.FREE, ScoredAs.NONE)
    assert classified(sent, declined=False, with_others=True).show_as is show_as


@pytest.mark.parametrize("facts", NONE_ROW)
@pytest.mark.parametrize(
    "kind", [*sorted(HOLD_CLASS), *TEAM_AND_CLINICAL, Kind.TRAVEL, Kind.CHECK_IN]
)
def test_row_1_comes_before_every_other(facts: dict[str, Any], kind: Kind) -> None:
    assert scored(**({"kind": kind, "private": True} | facts)) is ScoredAs.NONE


def test_just_under_24_hours_still_counts() -> None:
    assert scored(end=NINE + timedelta(hours=23, minutes=59)) is ScoredAs.APPOINTMENT


@pytest.mark.parametrize("kind", sorted(HOLD_CLASS))
def test_row_2_a_hold_is_a_hold_even_when_private(kind: Kind) -> None:
    assert scored(kind=kind) is ScoredAs.HOLD
    assert scored(kind=kind, private=True, show_as=ShowAs.OOF, **ALONE) is ScoredAs.HOLD


@pytest.mark.parametrize("kind", TEAM_AND_CLINICAL)
def test_row_3_team_and_clinical_time_is_an_appointment_even_when_private(kind: Kind) -> None:
    assert scored(kind=kind) is ScoredAs.APPOINTMENT
    assert scored(kind=kind, private=True, show_as=ShowAs.OOF, **ALONE) is ScoredAs.APPOINTMENT


@pytest.mark.parametrize(
    "facts",
    [
        pytest.param({"kind": Kind.CHECK_IN}, id="check-in"),
        pytest.param({"kind": Kind.TRAVEL}, id="travel"),
        pytest.param({"private": True}, id="private"),
        pytest.param({"show_as": ShowAs.OOF}, id="timed out of office"),
        pytest.param(ALONE, id="set up by the leader with nobody else"),
    ],
)
def test_row_4_own_time(facts: dict[str, Any]) -> None:
    assert scored(**facts) is ScoredAs.OWN_TIME


@pytest.mark.parametrize(
    "facts",
    [
        pytest.param({}, id="somebody else's meeting"),
        pytest.param({"organizer": True}, id="the leader's meeting"),
        pytest.param({"with_others": False}, id="nobody named, set up by somebody else"),
        pytest.param({"show_as": ShowAs.TENTATIVE, "status": Status.TENTATIVE}, id="tentative"),
        pytest.param({"show_as": ShowAs.UNKNOWN}, id="shown as something unknown"),
        pytest.param({"end": NINE}, id="no length"),
    ],
)
def test_row_5_the_rest_is_an_appointment(facts: dict[str, Any]) -> None:
    assert scored(**facts) is ScoredAs.APPOINTMENT


def test_every_kind_has_a_class() -> None:
    expected = dict.fromkeys(HOLD_CLASS, ScoredAs.HOLD)
    expected |= dict.fromkeys(TEAM_AND_CLINICAL, ScoredAs.APPOINTMENT)
    expected |= dict.fromkeys((Kind.CHECK_IN, Kind.TRAVEL), ScoredAs.OWN_TIME)
    expected |= dict.fromkeys((Kind.ON_CALL, Kind.VIRTUAL_OFFICE), ScoredAs.NONE)
    assert {kind: scored(kind=kind) for kind in Kind} == expected


def make(**facts: Any) -> Occurrence:
    usual: dict[str, Any] = {
        "uid": "a@x",
        "start": NINE,
        "end": TEN,
        "scored_as": ScoredAs.APPOINTMENT,
    }
    return Occurrence(**(usual | facts))


def test_the_id_of_a_member_of_a_series_names_its_original_start() -> None:
    assert make().id == "a@x"
    assert make(recurrence_id=NINE).id == "a@x/20261123T090000Z"
    assert make(recurrence_id=date(2026, 11, 23)).id == occurrence_id("a@x", date(2026, 11, 23))
    assert occurrence_id("a@x", date(2026, 11, 23)) == "a@x/20261123"


def test_times_are_two_utc_instants_or_two_dates_that_run_forward() -> None:
    with pytest.raises(ValueError, match="two instants or two dates"):
        make(end=date(2026, 11, 23))
    with pytest.raises(ValueError, match="UTC"):
        make(start=NINE.astimezone(ZoneInfo("Europe/London")))
    with pytest.raises(ValueError, match="at or after"):
        make(start=TEN, end=NINE)
    with pytest.raises(ValueError, match="at or after"):
        make(start=date(2026, 11, 24), end=date(2026, 11, 23))


def test_an_all_day_occurrence_has_no_instants() -> None:
    away = make(**ALL_DAY)
    assert away.all_day
    with pytest.raises(TypeError, match="dates"):
        _ = away.span


def test_kinds_that_describe_an_event_are_no_holds() -> None:
    assert make(kind=Kind.CLINICAL).hold is None
    assert make(kind=Kind.TRAVEL).hold is None
    assert make(kind=Kind.POD).hold is Kind.POD
    assert make(kind=Kind.GAP).hold is Kind.GAP
