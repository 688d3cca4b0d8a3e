"""Reads and checks what a leader chose: every value has its limits, and one sentence when outside."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from app.bank_holidays import Nation
from app.people.errors import BadChoice
from app.people.settings import BY_ITSELF, LeaderSettings, Reaction, Slot
from app.services.errors import BadInput
from app.services.hours import USUAL_ZONE, find_zone
from app.services.policy_file import PolicyFiles, read_nation
from rules.event import Kind
from rules.policy import Layer, Policy, PolicyError, override
from rules.working_pattern import PatternError, parse_hours

MOST_ADDRESSES = 20
MOST_DAYS_OFF = 400
MOST_SLOTS = 100
_LONGEST_WORDS = 1_000
_LARGEST_POLICY = 10_000
_ADDRESS = re.compile(
    r"[^\s@<>()\[\]\\,;:\"]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])?"
)
_Word = TypeVar("_Word", bound=StrEnum)


def read_settings(value: Mapping[str, Any]) -> LeaderSettings:
    """Settings from JSON, checked; what is left out has its default.

    Raises BadChoice with one sentence.
    """
    for name in value:
        if name not in _READERS:
            raise BadChoice(f"There is no setting called “{_shortened(name)}”.")
    return checked(LeaderSettings(**{name: _READERS[name](value[name]) for name in value}))


def checked(settings: LeaderSettings) -> LeaderSettings:
    """The settings in the form that they are kept in. Raises BadChoice with one sentence."""
    try:
        zone = find_zone(USUAL_ZONE if settings.time_zone is None else settings.time_zone)
        if settings.hours is not None:
            parse_hours(_words("hours", settings.hours), zone)
        nation = None if settings.nation is None else read_nation(settings.nation)
        policy_of(settings)
    except (BadInput, PatternError, PolicyError) as error:
        raise BadChoice(_shortened(str(error))) from error
    _check_policy_size(settings.policy)
    _check_days(settings.days_off)
    if not settings.auto <= BY_ITSELF:
        raise BadChoice(f"“auto” names kinds of holds: {', '.join(sorted(BY_ITSELF))}.")
    return replace(settings, nation=nation, addresses=_checked_addresses(settings.addresses))


def zone_of(settings: LeaderSettings) -> ZoneInfo:
    """The zone of the leader's days, of settings that have been checked."""
    return find_zone(settings.time_zone or USUAL_ZONE)


def policy_of(settings: LeaderSettings) -> Policy:
    """The policy in force for the leader. Raises PolicyError for a value outside its limits."""
    return override(Policy(), settings.policy, Layer.LEADER)


def files_of(settings: LeaderSettings) -> PolicyFiles:
    """The settings in the form in which services take policy files. They have been checked."""
    return PolicyFiles(
        policy=policy_of(settings),
        hours=settings.hours,
        time_zone=settings.time_zone,
        nation=None if settings.nation is None else Nation(settings.nation),
        days_off=settings.days_off,
    )


def _checked_addresses(addresses: tuple[str, ...]) -> tuple[str, ...]:
    if len(addresses) > MOST_ADDRESSES:
        raise BadChoice(f"“addresses” has at most {MOST_ADDRESSES} addresses.")
    for each in addresses:
        # it is not said again: it may be anything that somebody typed
        if not _ADDRESS.fullmatch(each) or not each.isprintable():
            raise BadChoice("Each of “addresses” is a mail address such as leader@trust.example.")
    return tuple(dict.fromkeys(each.lower() for each in addresses))


def _check_policy_size(policy: Mapping[str, Any]) -> None:
    try:
        size = len(json.dumps(dict(policy)))
    except (TypeError, ValueError) as error:
        raise BadChoice("“policy” holds numbers, words, lists and tables.") from error
    if size > _LARGEST_POLICY:
        raise BadChoice(f"“policy” has at most {_LARGEST_POLICY} characters.")


def _check_days(days: frozenset[date]) -> None:
    if len(days) > MOST_DAYS_OFF:
        raise BadChoice(f"“days_off” has at most {MOST_DAYS_OFF} days.")


def _shortened(sentence: str) -> str:
    return sentence if len(sentence) <= 300 else f"{sentence[:150]} … {sentence[-149:]}"


def _words(name: str, value: object) -> str:
    if not isinstance(value, str) or len(value) > _LONGEST_WORDS:
        raise BadChoice(f"“{name}” is text of at most {_LONGEST_WORDS} characters.")
    return value


def _maybe_words(name: str) -> Callable[[object], str | None]:
    return lambda value: None if value is None else _words(name, value)


def _list(name: str, value: object) -> list[str]:
    if not isinstance(value, list | tuple) or not all(isinstance(each, str) for each in value):
        raise BadChoice(f"“{name}” is a list of words.")
    return list(value)


def _word(name: str, choices: type[_Word], value: object) -> _Word:
    try:
        return choices(str(value))
    except ValueError as error:
        raise BadChoice(f"“{name}” is one of {', '.join(choices)}.") from error


def _days_off(value: object) -> frozenset[date]:
    try:
        return frozenset(date.fromisoformat(each) for each in _list("days_off", value))
    except ValueError as error:
        raise BadChoice("“days_off” holds dates such as 2026-12-24.") from error


def _never(value: object) -> frozenset[Slot]:
    words = _list("never", value)
    if len(words) > MOST_SLOTS:
        raise BadChoice(f"“never” has at most {MOST_SLOTS} times of the week.")
    try:
        return frozenset(Slot.read(each) for each in words)
    except ValueError as error:
        raise BadChoice("“never” holds times such as “protected fri 15:00-17:00”.") from error


def _policy(value: object) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise BadChoice("“policy” is a table of settings and their values.")
    return MappingProxyType(dict(value))


def _titles(value: object) -> bool:
    if not isinstance(value, bool):
        raise BadChoice("“titles” is either true or false.")
    return value


_READERS: Mapping[str, Callable[[Any], Any]] = {
    "addresses": lambda value: tuple(_list("addresses", value)),
    "time_zone": _maybe_words("time_zone"),
    "hours": _maybe_words("hours"),
    "nation": _maybe_words("nation"),
    "days_off": _days_off,
    "policy": _policy,
    "never": _never,
    "auto": lambda value: frozenset(_word("auto", Kind, each) for each in _list("auto", value)),
    "reaction": lambda value: _word("reaction", Reaction, value),
    "titles": _titles,
}
