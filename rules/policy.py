"""Every parameter once: its type, default, limits, and the line of the report it rests on.

Four layers in order: the report's default, the trust's policy, the leader's choice, today's
override. The last that speaks wins, always inside the published limits.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import Field, dataclass, field, fields, replace
from datetime import date, time
from enum import StrEnum
from functools import cached_property
from hashlib import sha256
from types import MappingProxyType
from typing import Any

from rules.event import Kind


class PolicyError(ValueError):
    """A setting that cannot be used; the message is one sentence that names it and its limits."""


class Layer(StrEnum):
    """Who set a parameter, in the order in which they are heard."""

    REPORT = "report"
    TRUST = "trust"
    LEADER = "leader"
    TODAY = "today"


class Severity(StrEnum):
    """How much a rule asks: placed and shown first, tracked quietly, offered, or not at all."""

    MUST = "must"
    SHOULD = "should"
    NUDGE = "nudge"
    OFF = "off"


class GapHolds(StrEnum):
    """On which free sides of an appointment a gap hold is placed."""

    AFTER = "after"
    BOTH = "both"
    OFF = "off"


_STRENGTH = (Severity.MUST, Severity.SHOULD, Severity.NUDGE, Severity.OFF)


def _setting(
    default: Any,
    about: str,
    *,
    cite: str = "",
    low: int | None = None,
    high: int | None = None,
    unit: str = "minutes",
    step: int = 1,
    least: int = 0,
) -> Any:
    """A parameter. Where it has a `least` it may be 0 as well, for never."""
    metadata = {"about": about, "cite": cite, "low": low, "high": high, "unit": unit, "step": step}
    return field(default=default, metadata={**metadata, "least": least})


def _reminder(default: int, about: str, least: int, high: int) -> Any:
    """In how many weeks a private reminder comes once."""
    return _setting(default, about, cite="ours", low=0, high=high, unit="weeks", least=least)


_CATEGORIES: Mapping[str, Kind] = MappingProxyType(
    {"clinical": Kind.CLINICAL, "on-call": Kind.ON_CALL}
)


@dataclass(frozen=True)
class Policy:
    """The settings in force for one leader. Times of day are local; lengths are minutes."""

    gap_minutes: int = _setting(
        10, "free time between two appointments", cite="L2697-2699", low=10, high=30
    )
    protected_minutes: int = _setting(
        120, "protected time on a day of 7.5 contracted hours", cite="L2693-2695", low=30, high=240
    )
    protected_piece: int = _setting(
        60,
        "the shortest piece of protected time that counts",
        cite="ours",
        low=30,
        high=120,
        step=5,
    )
    pods_per_week: int = _setting(
        1, "team contacts in a week", cite="L2598", low=1, high=5, unit="a week"
    )
    pod_minutes: int = _setting(
        20, "length of a team contact", cite="L1703-1704", low=15, high=30, step=5
    )
    break_minutes: int = _setting(
        30, "one unbroken break on days over six hours", cite="L2643-2644", low=20, high=60
    )
    break_from: time = _setting(time(11, 30), "when a break may begin", cite="ours", unit="time")
    break_to: time = _setting(time(14, 30), "when a break is over", cite="ours", unit="time")
    end_of_day_minutes: int = _setting(
        10, "free of appointments before the day ends", cite="L1718-1721", low=0, high=30
    )
    long_run_minutes: int = _setting(
        90, "meetings in a row without a break", cite="ours", low=60, high=180
    )
    open_minutes: int = _setting(
        60, "neither booked nor protected, where the day allows", cite="ours", low=0, high=120
    )
    long_day_minutes: int = _setting(
        60, "how far meetings may spread a day beyond its hours", cite="ours", low=0, high=240
    )

    reports: int = _setting(
        0, "people who report to the leader; 0 where nobody said", low=0, high=100, unit="people"
    )
    one_to_one_weeks: int = _setting(
        2,
        "a one-to-one with each of them in so many weeks",
        cite="L1111-1116",
        low=1,
        high=4,
        unit="weeks",
    )
    one_to_one_minutes: int = _setting(
        30, "length of a one-to-one", cite="ours", low=15, high=90, step=5
    )
    contact_days: int = _setting(
        5, "working days without team contact, at most", cite="ours", low=1, high=10, unit="days"
    )
    appreciation_weeks: int = _setting(
        4, "time for appreciation in so many weeks", cite="ours", low=1, high=13, unit="weeks"
    )
    appreciation_minutes: int = _setting(
        15, "length of a time for appreciation", cite="ours", low=5, high=60, step=5
    )
    review_weeks: int = _setting(
        26,
        "a talk about circumstances with each report in so many weeks",
        cite="ours",
        low=13,
        high=52,
        unit="weeks",
    )
    review_minutes: int = _setting(
        45, "length of a talk about circumstances", cite="ours", low=15, high=120, step=5
    )
    face_day_weeks: int = _setting(
        13,
        "a day in person in so many weeks; 0 for not now",
        cite="L2661-2664",
        low=0,
        high=26,
        unit="weeks",
    )
    face_day_minutes: int = _setting(
        120, "shortest day in person", cite="ours", low=60, high=480, step=5
    )
    face_day_travel: int = _setting(
        0, "free of meetings before and after a day in person", cite="L676-677", low=0, high=180
    )
    check_in_weeks: int = _setting(
        3,
        "a check-in for the leader in so many weeks; 0 for none",
        cite="L199-204",
        low=0,
        high=6,
        unit="weeks",
    )
    check_in_minutes: int = _setting(
        30, "length of a check-in", cite="L199-204", low=15, high=60, step=5
    )
    learning_weeks: int = _setting(
        4, "time to learn in so many weeks", cite="ours", low=1, high=13, unit="weeks"
    )
    learning_minutes: int = _setting(
        60, "length of a time to learn", cite="ours", low=30, high=240, step=5
    )
    rotation_weeks: int = _setting(
        4, "team contacts take turns over so many weeks", cite="ours", low=2, high=8, unit="weeks"
    )
    reach_out_weeks: int = _reminder(
        4, "a reminder of people not spoken to lately in so many weeks; 0 for never", 2, 8
    )
    tell_team_weeks: int = _reminder(
        8, "a reminder to tell the team of its chats in so many weeks; 0 for never", 4, 26
    )
    talk_about_breaks_weeks: int = _reminder(
        8, "a reminder to talk about breaks and leave in so many weeks; 0 for never", 4, 26
    )
    take_leave_weeks: int = _reminder(0, "a reminder of leave in so many weeks; 0 for never", 4, 26)
    face_rhythm_weeks: int = _reminder(
        26, "a question about days in person in so many weeks; 0 for never", 13, 52
    )
    pattern_changed_weeks: int = _reminder(
        26, "a question about the working pattern in so many weeks; 0 for never", 13, 52
    )
    contracted_minutes: int = _setting(
        0, "a contracted week; 0 for what the working hours say", low=0, high=3600
    )
    programmed_activities: int = _setting(
        0, "of a consultant's week; 0 where there are none", low=0, high=15, unit="a week"
    )
    programmed_activity_minutes: int = _setting(
        240, "length of a programmed activity or session", cite="ours", low=180, high=240, step=5
    )

    gap_severity: Severity = _setting(Severity.MUST, "how much the gap rule asks", unit="severity")
    protected_severity: Severity = _setting(
        Severity.MUST, "how much the protected time rule asks", unit="severity"
    )
    pods_severity: Severity = _setting(
        Severity.MUST, "how much the team contact rule asks", unit="severity"
    )
    break_severity: Severity = _setting(
        Severity.SHOULD, "how much the break rule asks", unit="severity"
    )
    end_of_day_severity: Severity = _setting(
        Severity.SHOULD, "how much the end of day rule asks", unit="severity"
    )
    overlap_severity: Severity = _setting(
        Severity.NUDGE, "how much meetings that share time are told of", unit="severity"
    )
    after_hours_severity: Severity = _setting(
        Severity.SHOULD, "how much meetings outside the hours are told of", unit="severity"
    )
    leave_severity: Severity = _setting(
        Severity.SHOULD, "how much meetings on leave are told of", unit="severity"
    )
    capacity_severity: Severity = _setting(
        Severity.SHOULD, "how much the workload rule asks", unit="severity"
    )
    no_pause_severity: Severity = _setting(
        Severity.NUDGE, "how much days without a pause are told of", unit="severity"
    )
    long_run_severity: Severity = _setting(
        Severity.NUDGE, "how much long runs of meetings are told of", unit="severity"
    )
    open_time_severity: Severity = _setting(
        Severity.SHOULD, "how much time for the team to call is told of", unit="severity"
    )
    long_days_severity: Severity = _setting(
        Severity.NUDGE, "how much long days are told of", unit="severity"
    )
    pod_apart_severity: Severity = _setting(
        Severity.SHOULD, "how much team time at the tail of a meeting is told of", unit="severity"
    )
    pod_rotation_severity: Severity = _setting(
        Severity.OFF, "how much team time at ever the same time is told of", unit="severity"
    )
    contact_severity: Severity = _setting(
        Severity.SHOULD, "how much days without team contact are told of", unit="severity"
    )
    one_to_ones_severity: Severity = _setting(
        Severity.SHOULD, "how much missing one-to-ones are told of", unit="severity"
    )
    appreciation_severity: Severity = _setting(
        Severity.SHOULD, "how much missing appreciation is told of", unit="severity"
    )
    reviews_severity: Severity = _setting(
        Severity.SHOULD, "how much missing talks about circumstances are told of", unit="severity"
    )
    face_days_severity: Severity = _setting(
        Severity.SHOULD, "how much missing days in person are told of", unit="severity"
    )
    learning_severity: Severity = _setting(
        Severity.OFF, "how much missing time to learn is told of", unit="severity"
    )

    price_person: int = _setting(
        1, "minutes that telling one person costs", cite="ours", low=0, high=30
    )
    price_meeting: int = _setting(
        5, "minutes that changing one meeting costs", cite="ours", low=0, high=60
    )
    freeze_hours: int = _setting(
        24, "how close to now a meeting is left alone", cite="ours", low=0, high=336, unit="hours"
    )
    shortest_meeting: int = _setting(
        15, "no meeting is cut below this", cite="ours", low=15, high=60
    )
    rest_days: int = _setting(
        28, "how long a changed meeting is left alone", cite="ours", low=0, high=91, unit="days"
    )
    mails_per_week: int = _setting(
        40, "how many mails the plans of a week send", cite="ours", low=0, high=400, unit="mails"
    )
    requests_per_week: int = _setting(
        5, "how often a week somebody is asked to move", cite="ours", low=0, high=5, unit="requests"
    )
    gap_holds: GapHolds = _setting(
        GapHolds.AFTER, "which free sides of an appointment get a hold", cite="L2697", unit="choice"
    )
    gap_weeks: int = _setting(
        2, "how far ahead gap holds are placed", cite="ours", low=0, high=6, unit="weeks"
    )
    protected_weeks: int = _setting(
        6, "how far ahead protected time is placed", cite="ours", low=2, high=12, unit="weeks"
    )
    preferred_from: time | None = _setting(
        None, "protected time is best after this", cite="L2765-2775", unit="time"
    )
    preferred_to: time | None = _setting(
        None, "protected time is best before this", cite="L2765-2775", unit="time"
    )
    organisation: tuple[str, ...] = _setting(
        (), "mail domains of the organisation; the leader's own when empty", unit="domains"
    )
    categories: Mapping[str, Kind] = field(
        default_factory=lambda: _CATEGORIES,
        metadata={"about": "categories that name a kind of event", "unit": "categories"},
    )
    locked_categories: tuple[str, ...] = _setting(
        ("locked",), "categories of meetings that are never changed", unit="categories"
    )

    def __post_init__(self) -> None:
        for parameter in fields(self):
            _check(parameter, getattr(self, parameter.name))
        _refuse_contradictions(self)

    @cached_property
    def version(self) -> str:
        """A short fingerprint of every setting, quoted by each finding."""
        names = sorted(each.name for each in fields(self))
        text = "\n".join(f"{name}={getattr(self, name)!r}" for name in names)
        return sha256(text.encode()).hexdigest()[:12]

    def protected_target(self, contracted: int) -> int:
        """Minutes of protected time asked for on a day of that many paid minutes, rounded to 5."""
        exact = self.protected_minutes * contracted
        return 5 * ((2 * exact + 5 * 450) // (10 * 450))

    def severity(self, rule: str) -> Severity:
        """How much a rule asks, by its id."""
        found: Severity = getattr(self, f"{rule}_severity")
        return found


def override(policy: Policy, values: Mapping[str, object], layer: Layer) -> Policy:
    """The policy with one layer's values laid over it.

    Values are as a TOML file has them: numbers, words, `"11:30"` or a TOML time, lists.
    A trust may ask less of a rule than the report does; only a leader may ask more.
    Raises PolicyError for a name that does not exist or a value outside its limits.
    """
    known = {parameter.name: parameter for parameter in fields(Policy)}
    changes: dict[str, Any] = {}
    for name, value in values.items():
        if name not in known:
            raise PolicyError(f"There is no setting called “{name}”.")
        changes[name] = _read(known[name], value)
        if layer is Layer.TRUST and isinstance(changes[name], Severity):
            _check_trust_severity(policy, name, changes[name])
    return replace(policy, **changes)


def _check_trust_severity(policy: Policy, name: str, wanted: Severity) -> None:
    if _STRENGTH.index(wanted) < _STRENGTH.index(getattr(policy, name)):
        raise PolicyError(f"“{name}” can be raised by the leader only, not by a trust.")


def _refuse_contradictions(policy: Policy) -> None:
    """Raise PolicyError for settings inside their limits that cannot be kept together.

    The others give way to each other: a piece of protected time is never longer than the day's
    target, and a window that does not hold the hours of the break has it in its middle.
    """
    _refuse_backwards("break", policy.break_from, policy.break_to)
    _refuse_backwards("preferred", policy.preferred_from, policy.preferred_to)
    room = _second_of(policy.break_to) - _second_of(policy.break_from)
    if room < policy.break_minutes * 60:
        raise PolicyError(
            f"“break_minutes” is {policy.break_minutes}. “break_from”, "
            f"{_clock(policy.break_from)}, and “break_to”, {_clock(policy.break_to)}, "
            f"leave only {room // 60}."
        )


def _refuse_backwards(name: str, start: time | None, end: time | None) -> None:
    if start is not None and end is not None and end <= start:
        raise PolicyError(
            f"“{name}_to” is {_clock(end)}, which is not after “{name}_from”, {_clock(start)}."
        )


def _second_of(clock: time) -> int:
    return (clock.hour * 60 + clock.minute) * 60 + clock.second


def _clock(clock: time) -> str:
    return clock.isoformat().removesuffix(":00")


def _check(parameter: Field[Any], value: object) -> None:
    low, high = parameter.metadata.get("low"), parameter.metadata.get("high")
    if low is None or high is None or not isinstance(value, int):
        return
    if not low <= value <= high:
        unit = parameter.metadata["unit"]
        given = as_written(value)
        raise PolicyError(f"“{parameter.name}” is between {low} and {high} {unit}, not {given}.")
    least = parameter.metadata["least"]
    if 0 < value < least:
        unit = parameter.metadata["unit"]
        raise PolicyError(
            f"“{parameter.name}” is 0, or between {least} and {high} {unit}, not {value}."
        )
    step = parameter.metadata["step"]
    if value % step:
        # holds begin and end on the five-minute grid of a plan
        raise PolicyError(f"“{parameter.name}” goes by {step} minutes, so it cannot be {value}.")


def _read(parameter: Field[Any], value: object) -> object:
    readers: dict[str, Callable[[], object]] = {
        "severity": lambda: Severity(str(value)),
        "choice": lambda: GapHolds(str(value)),
        "time": lambda: _read_time(parameter, value),
        "domains": lambda: tuple(domain.lower() for domain in _read_words(value)),
        "categories": lambda: _read_categories(parameter, value),
    }
    reader = readers.get(parameter.metadata["unit"], lambda: _read_number(value))
    try:
        return reader()
    except (ValueError, TypeError) as error:
        given, what = as_written(value), _what_it_is(parameter)
        raise PolicyError(f"“{parameter.name}” cannot be {given}; it is {what}.") from error


def _what_it_is(parameter: Field[Any]) -> str:
    """What a setting may be, for somebody who wrote something else."""
    words: Mapping[str, str] = {
        "severity": _one_of(Severity),
        "choice": _one_of(GapHolds),
        "time": "a time of day such as 13:00",
        "domains": "a list of words",
        "categories": "a list of words"
        if parameter.name == "locked_categories"
        else f"a table of categories, each {_one_of(Kind)}",
    }
    low, high = parameter.metadata.get("low"), parameter.metadata.get("high")
    return words.get(parameter.metadata["unit"], f"a whole number from {low} to {high}")


def _one_of(words: Iterable[StrEnum]) -> str:
    *first, last = (each.value for each in words)
    return f"{', '.join(first)} or {last}"


def _read_number(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError("a whole number")
    return value


def _read_time(parameter: Field[Any], value: object) -> time | None:
    if value in ("", None) and parameter.default is None:
        return None
    clock = value if isinstance(value, time) else time.fromisoformat(str(value))
    if clock.tzinfo is not None:
        raise ValueError("a local time of day")
    return clock


def _read_words(value: object) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or not all(_is_word(each) for each in value):
        raise TypeError("a list of words")
    return tuple(value)


def _is_word(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _read_categories(parameter: Field[Any], value: object) -> object:
    if parameter.name == "locked_categories":
        return tuple(word.lower() for word in _read_words(value))
    if not isinstance(value, Mapping):
        raise TypeError("a table of category and kind")
    return MappingProxyType(_read_kinds(value))


def _read_kinds(table: Mapping[object, Any]) -> dict[str, Kind]:
    kinds: dict[str, Kind] = {}
    for category, kind in table.items():
        name = str(category).lower()
        if not _is_word(category) or name in kinds:
            raise ValueError("each category is a word of its own, in capitals or not")
        kinds[name] = Kind(kind)
    return kinds


_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_LONGEST_NUMBER = 200
"""Binary digits. More would fill a sentence, and Python writes no number of thousands of them."""
_LONGEST_WRITTEN = 80
"""Characters."""


def as_written(value: object) -> str:
    """A value as a policy file has it: `true`, `"noon"`, `2026-12-24`, `[1, 2]`, `{ a = 1 }`.

    Lists and tables inside so many others are left out, and the end of what would fill a sentence.
    """
    written = _as_written(value, 3)
    return written if len(written) <= _LONGEST_WRITTEN else f"{written[:_LONGEST_WRITTEN]}…"


def _as_written(value: object, levels: int) -> str:
    if isinstance(value, Mapping):
        return _table_as_written(value, levels - 1)
    if isinstance(value, list | tuple):
        inside = ", ".join(_as_written(each, levels - 1) for each in value) if levels else "…"
        return f"[{inside}]"
    if value is None or isinstance(value, bool | str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, int) and value.bit_length() > _LONGEST_NUMBER:
        return "so long a number"
    return value.isoformat() if isinstance(value, date | time) else str(value)


def _table_as_written(table: Mapping[Any, object], levels: int) -> str:
    if levels < 0:
        return "{ … }"
    pairs = (f"{_key_as_written(key)} = {_as_written(each, levels)}" for key, each in table.items())
    return f"{{ {', '.join(pairs)} }}"


def _key_as_written(key: object) -> str:
    name = str(key)
    return name if _BARE_KEY.fullmatch(name) else json.dumps(name, ensure_ascii=False)
