"""Settings: read, checked, kept and read again."""

import json
from datetime import date, time
from types import MappingProxyType

import pytest

from app.people.choices import checked, files_of, read_settings, zone_of
from app.people.errors import BadChoice
from app.people.settings import LeaderSettings
from app.services.hours import make_pattern
from rules.policy import Severity
from rules.working_pattern import dates
from tests.people.test_leaders import CHOSEN


def test_settings_come_back_from_json_as_they_were():
    kept = json.loads(json.dumps(CHOSEN.to_json()))
    assert LeaderSettings.from_json(kept) == CHOSEN
    assert read_settings(kept) == CHOSEN
    usual = LeaderSettings().to_json()
    assert not [name for name, value in kept.items() if value == usual[name]], "all are tried"


def test_what_is_left_out_has_its_default():
    assert read_settings({}) == LeaderSettings() == LeaderSettings.from_json({})


def test_settings_are_taken_in_the_form_that_services_read():
    files = files_of(CHOSEN)
    assert (files.hours, files.time_zone, files.nation) == (
        "Mon-Thu 08:00-16:00", "Europe/London", "scotland",
    )  # fmt: skip
    assert files.policy.protected_minutes == 90
    assert files.days_off == {date(2026, 12, 24)}
    assert zone_of(LeaderSettings()).key == "Europe/London"


def test_weeks_that_take_turns_are_kept_with_the_monday_they_begin_on():
    words = "Mon-Thu 20:00-07:30 | Mon-Sun off | Tue 09:00-17:00 from 2026-11-23"
    kept = LeaderSettings.from_json(read_settings({"hours": words}).to_json())
    first, end = date(2026, 11, 23), date(2026, 12, 21)
    pattern = make_pattern(zone_of(kept), files_of(kept), first, end)
    worked = [day.isoformat() for day in dates(first, end) if pattern.window(day)]
    assert worked == [
        "2026-11-23", "2026-11-24", "2026-11-25", "2026-11-26",
        "2026-12-08",
        "2026-12-14", "2026-12-15", "2026-12-16", "2026-12-17",
    ]  # fmt: skip


def test_a_leader_may_ask_more_of_a_rule_than_a_trust_could():
    settings = read_settings({"policy": {"break_severity": "must"}})
    assert files_of(settings).policy.break_severity is Severity.MUST


def test_addresses_are_the_same_in_capitals_and_twice():
    settings = read_settings({"addresses": ["Leader@Trust.example", "leader@trust.example"]})
    assert settings.addresses == ("leader@trust.example",)
    assert "leader@" not in repr(settings)


def test_a_nation_is_kept_as_the_word_that_there_is():
    assert read_settings({"nation": "Northern Ireland"}).nation == "northern-ireland"


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"colour": "red"}, "no setting called “colour”"),
        ({"addresses": "leader@trust.example"}, "“addresses” is a list"),
        ({"addresses": ["Leader <leader@trust.example>"]}, "is a mail address such as"),
        ({"addresses": ["mailto:leader@trust.example"]}, "is a mail address such as"),
        ({"addresses": ["a@b@c.example"]}, "is a mail address such as"),
        ({"addresses": ["leader@trust.example\n"]}, "is a mail address such as"),
        ({"addresses": ["leader\x00@trust.example"]}, "is a mail address such as"),
        ({"addresses": [f"{n}@trust.example" for n in range(21)]}, "at most 20"),
        ({"time_zone": "London"}, "not a time zone"),
        ({"time_zone": ""}, "not a time zone"),
        ({"time_zone": 1}, "“time_zone” is text"),
        ({"hours": "always"}, "not working hours"),
        ({"hours": " "}, "say nothing"),
        ({"hours": "Mon 09:00-17:00 | Tue off from 2026-11-24"}, "counted from a Monday"),
        ({"hours": "Mon 09:00-17:00;" * 200}, "at most 1000 characters"),
        ({"nation": "france"}, "“nation” is one of"),
        ({"days_off": ["24 December"]}, "dates such as 2026-12-24"),
        ({"days_off": [1]}, "“days_off” is a list"),
        ({"policy": []}, "“policy” is a table"),
        ({"policy": {"gap_minutes": 5}}, "“gap_minutes” is between 10 and 30"),
        ({"policy": {"gap": 5}}, "no setting called “gap”"),
        ({"policy": {"gap_minutes": 10.0}}, "“gap_minutes” cannot be"),
        ({"policy": {"locked_categories": ["x" * 20_000]}}, "at most 10000"),
        ({"auto": ["clinical"]}, "“auto” names kinds of holds"),
        ({"auto": ["lunch"]}, "“auto” is one of"),
        ({"reaction": "shout"}, "“reaction” is one of move-hold, ask, propose-time"),
        ({"titles": "yes"}, "either true or false"),
    ],
)
def test_what_cannot_be_used_is_refused_in_one_sentence(given, sentence):
    with pytest.raises(BadChoice, match=sentence) as caught:
        read_settings(given)
    assert str(caught.value).endswith(".")
    assert len(str(caught.value)) < 400


def test_too_many_days_off_are_refused():
    days = frozenset(date.fromordinal(740_000 + n) for n in range(401))
    with pytest.raises(BadChoice, match="at most 400"):
        checked(LeaderSettings(days_off=days))


def test_a_policy_that_json_cannot_hold_is_refused():
    with pytest.raises(BadChoice, match="numbers, words"):
        checked(LeaderSettings(policy=MappingProxyType({"preferred_from": time(13)})))
