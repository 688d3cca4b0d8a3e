"""Policy files: a few lines of TOML laid over the report's defaults. docs/policy.toml is an example.

The first file is the trust's, each further one the leader's; a `[leader]` table in any of them
is the leader's too. What stands outside the three tables below is a parameter of rules.policy.

    [hours]      pattern, time_zone, exceptions, anchor (the Monday from which rotating weeks are
                 counted, where the pattern does not say it)
    [holidays]   nation, days (the trust's own), leave (the leader's)
    [leader]     parameters that the leader chose
"""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from app.bank_holidays import Nation
from app.services.errors import BadInput
from app.services.source import Source
from rules.policy import Layer, Policy, PolicyError, as_written, override
from rules.working_pattern import PatternError, parse_hours

_TABLES = ("hours", "holidays", "leader")
_LONGEST_SENTENCE = 300
_ONE_SHIFT = re.compile(r"\s*(?:\d(?!.*\bfrom\b)[^;|\n]*|off\s*)", re.IGNORECASE)
"""Exceptions are hours of one date, so days of the week and what parts them have no place there."""
_TABLE_NAME = re.compile(r"\('(.*?)',?\)")
_QUOTED = re.compile(r"'(.*?)'")
_ANY_MONDAY = date(2026, 11, 23)


@dataclass(frozen=True, slots=True)
class PolicyFiles:
    """What the policy files of one leader say together. What none of them says is None or empty.

    `exceptions` are the hours of single dates, in words (`09:00-12:00` or `off`).
    """

    policy: Policy = field(default_factory=Policy)
    hours: str | None = None
    anchor: date | None = None
    time_zone: str | None = None
    exceptions: Mapping[date, str] = field(default_factory=dict)
    nation: Nation | None = None
    days_off: frozenset[date] = frozenset()


def read_policy(files: Sequence[Source]) -> PolicyFiles:
    """The settings in force after every file, in the order given.

    Raises BadInput with one sentence that names the file for what is not TOML, a setting that
    does not exist, or a value outside its limits.
    """
    found = PolicyFiles()
    with_hours = ""
    for index, file in enumerate(files):
        layer = Layer.LEADER if index else Layer.TRUST
        before = found.hours
        with _named(file.name):
            found = _lay(found, _parse(file.content), layer)
        with_hours = file.name if found.hours != before else with_hours
    if found.hours is not None:
        with _named(with_hours):
            # the first of weeks that take turns may be said in another file
            parse_hours(found.hours, ZoneInfo("UTC"), found.anchor)
    return found


@contextmanager
def _named(name: str) -> Iterator[None]:
    """What cannot be used is said with the name of the file that it stands in."""
    try:
        yield
    except (BadInput, PolicyError, PatternError) as error:
        raise BadInput(f"{name}: {_shortened(str(error))}") from error


def _shortened(sentence: str) -> str:
    """A sentence that quotes a value, without the middle of a value that goes on and on."""
    if len(sentence) <= _LONGEST_SENTENCE:
        return sentence
    half = _LONGEST_SENTENCE // 2
    return f"{sentence[:half]} … {sentence[-half:]}"


def _parse(content: bytes) -> dict[str, object]:
    try:
        return tomllib.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise BadInput("A policy file is TOML in UTF-8.") from error
    except tomllib.TOMLDecodeError as error:
        raise BadInput(f"This is not TOML that can be read: {_say(error)}.") from error
    except (ValueError, RecursionError) as error:
        # A number of thousands of digits, or tables in tables in tables.
        raise BadInput("This is not TOML that can be read: a value is too large.") from error


def _say(error: tomllib.TOMLDecodeError) -> str:
    """The parser's reason, with the name of a table as the file has it: `hours.exceptions`."""
    reason = f"{str(error)[:1].lower()}{str(error)[1:]}"
    named = _TABLE_NAME.sub(lambda name: f"'{name[1]}'".replace("', '", "."), reason)
    return _QUOTED.sub(r"“\1”", named)


def _lay(before: PolicyFiles, values: Mapping[str, object], layer: Layer) -> PolicyFiles:
    plain = {name: value for name, value in values.items() if name not in _TABLES}
    policy = override(before.policy, plain, layer)
    policy = override(policy, _table(values, "leader"), Layer.LEADER)
    with_hours = _lay_hours(replace(before, policy=policy), _table(values, "hours"))
    return _lay_holidays(with_hours, _table(values, "holidays"))


def _table(values: Mapping[str, object], name: str) -> Mapping[str, object]:
    table = values.get(name, {})
    if not isinstance(table, Mapping):
        raise BadInput(f"“{name}” is a table, written as [{name}].")
    return table


def _lay_hours(before: PolicyFiles, table: Mapping[str, object]) -> PolicyFiles:
    _refuse_unknown(table, "hours", ("pattern", "anchor", "time_zone", "exceptions"))
    exceptions = table.get("exceptions", {})
    if not isinstance(exceptions, Mapping):
        raise BadInput("“exceptions” is a table of dates, written as [hours.exceptions].")
    anchor = _anchor(table["anchor"]) if "anchor" in table else before.anchor
    return replace(
        before,
        hours=_pattern(table) or before.hours,
        anchor=anchor,
        time_zone=_words(table, "time_zone") or before.time_zone,
        exceptions={**before.exceptions}
        | {_date(day, "exceptions"): _day_hours(day, hours) for day, hours in exceptions.items()},
    )


def _pattern(table: Mapping[str, object]) -> str | None:
    """The words of a working pattern, whichever week is the first. Raises PatternError."""
    words = _words(table, "pattern")
    if words is not None:
        parse_hours(words, ZoneInfo("UTC"), _ANY_MONDAY)
    return words


def _anchor(value: object) -> date:
    found = _date(value, "anchor")
    if found.weekday():
        raise BadInput(f"“anchor”: a rotation is counted from a Monday, which {found} is not.")
    return found


def _day_hours(day: str, value: object) -> str:
    """The hours of one date, in words. Raises BadInput."""
    if not isinstance(value, str) or not _ONE_SHIFT.fullmatch(value):
        raise BadInput(f"“exceptions” for {day} are hours such as “09:00-12:00”, or “off”.")
    try:
        parse_hours(f"mon {value}", ZoneInfo("UTC"))
    except PatternError as error:
        raise BadInput(f"“exceptions” for {day}: {error}") from error
    return value


def _lay_holidays(before: PolicyFiles, table: Mapping[str, object]) -> PolicyFiles:
    _refuse_unknown(table, "holidays", ("nation", "days", "leave"))
    nation = _words(table, "nation")
    days = _dates(table, "days") | _dates(table, "leave")
    return replace(
        before,
        nation=read_nation(nation) if nation else before.nation,
        days_off=before.days_off | days,
    )


def read_nation(word: str) -> Nation:
    """A nation by its name. Raises BadInput with the names that there are."""
    names = ", ".join(Nation)
    if not word.strip():
        raise BadInput(f"“nation” says nothing; leave it out, or choose one of {names}.")
    try:
        return Nation(word.strip().lower().replace(" ", "-").replace("_", "-"))
    except ValueError as error:
        raise BadInput(f"“nation” is one of {names}, not “{word}”.") from error


def _refuse_unknown(table: Mapping[str, object], name: str, known: Iterable[str]) -> None:
    for key in table:
        if key not in known:
            raise BadInput(f"There is no setting called “{key}” in [{name}].")


def _words(table: Mapping[str, object], name: str) -> str | None:
    value = table.get(name)
    if value is not None and not isinstance(value, str):
        raise BadInput(f"“{name}” is written in quotation marks.")
    if value is not None and not value.strip():
        raise BadInput(f"“{name}” says nothing; leave the line out.")
    return value


def _dates(table: Mapping[str, object], name: str) -> frozenset[date]:
    value = table.get(name, [])
    if not isinstance(value, list):
        raise BadInput(f"“{name}” is a list of dates, such as [2026-12-24].")
    return frozenset(_date(each, name) for each in value)


def _date(value: object, name: str) -> date:
    try:
        if isinstance(value, date) and not isinstance(value, datetime):
            return value
        return date.fromisoformat(str(value))
    except ValueError as error:
        given = as_written(value)
        raise BadInput(f"“{name}” holds dates such as 2026-12-24, not {given}.") from error
