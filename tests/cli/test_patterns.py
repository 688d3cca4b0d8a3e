"""Twelve made-up leaders of the NHS, a fortnight of each: what a person would say of the diary.

`tests/fixtures/nhs` has one folder for each: calendars, the leader's settings, and `about.toml`
with what somebody who read the calendar by eye expects. Here the gaps are counted a second time
from the raw calendar, with a library that the product does not use, and holds are laid over it.
"""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import recurring_ical_events  # type: ignore[import-untyped]  # it has no types
from icalendar import Calendar, Event
from starlette.testclient import TestClient

from app.config import Settings
from app.main import create_app
from app.services.plan import plan
from tests.cli.conftest import Run
from tests.oracle.score import score
from tests.patterns import FOLDERS, Leader, Span, load, page, picture, utc

TEAM = {"pod", "one_to_one", "appreciation", "review", "face_day"}
MUST_BY_DAY = ("gap", "protected")
GAP, PIECE = 10, 60


@dataclass(frozen=True)
class Entry:
    """One instance of an event, as the raw calendar has it."""

    span: Span
    kind: str | None
    counts: bool
    blocks: bool


def _entries(leader: Leader) -> list[Entry]:
    """What takes time in the weeks of a leader, the same meeting in two calendars once."""
    first, last = leader.about["from"], leader.about["to"]
    seen: dict[tuple[str, Span], Entry] = {}
    for path in leader.files:
        calendar = Calendar.from_ical(path.read_bytes())
        for event in recurring_ical_events.of(calendar).between(first, last + timedelta(days=1)):
            if isinstance(event.start, datetime):
                span = (utc(event.start), utc(event.end))
                seen[str(event["UID"]), span] = _entry(event, span, leader)
    return list(seen.values())


def _entry(event: Event, span: Span, leader: Leader) -> Entry:
    kinds = {"clinical": "clinical", "on-call": "on_call"} | leader.settings.get("categories", {})
    names = [str(name) for line in _list(event.get("CATEGORIES")) for name in line.cats]
    kind = next((kinds[name] for name in names if name in kinds), None)
    gone = (
        str(event.get("STATUS")) == "CANCELLED"
        or str(event.get("TRANSP")) == "TRANSPARENT"
        or any(
            each.params.get("PARTSTAT") == "DECLINED"
            for each in _list(event.get("ATTENDEE"))
            if str(each).removeprefix("mailto:") in leader.about["me"]
        )
    )
    private = "CLASS" in event
    alone = "ATTENDEE" not in event
    hold, on_call = kind == "protected", kind == "on_call"
    long = on_call and span[1] - span[0] >= timedelta(days=1)
    own = private or kind == "travel" or (alone and kind not in TEAM | {"clinical"})
    return Entry(
        span, kind, not (gone or own or hold or on_call), blocks=not (gone or hold or long)
    )


def _list(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _gaps(leader: Leader) -> dict[date, int]:
    """Minutes that are missing between meetings, day by day, counted from the raw calendar."""
    by_day: dict[date, list[Span]] = defaultdict(list)
    for each in _entries(leader):
        if each.counts:
            by_day[leader.day_of(each.span[0])].append(each.span)
    return {
        day: sum(max(0, GAP - free) for free in _between(sorted(spans)))
        for day, spans in by_day.items()
        if day in leader.days
    }


def _between(spans: list[Span]) -> Iterator[int]:
    until = spans[0][1]
    for start, end in spans[1:]:
        if start >= until:
            yield int((start - until).total_seconds()) // 60
        until = max(until, end)


@pytest.fixture(params=FOLDERS, ids=lambda folder: folder.name)
def leader(request: pytest.FixtureRequest) -> Leader:
    return load(request.param)


def test_there_are_twelve() -> None:
    assert len(FOLDERS) == 12


def test_the_days_of_the_role_are_its_working_days(leader: Leader, clearway: Run) -> None:
    """Nobody has protected time yet, so each working day lacks its share of two hours."""
    found = clearway("check", *leader.arguments).json
    targets = {day: words["protected"] - words.get("had", 0) for day, words in leader.days.items()}
    assert _by_day(found, "protected") == {day: want for day, want in targets.items() if want}
    assert {found["summary"][rule]["days"] for rule in MUST_BY_DAY} == {len(leader.days)}
    weeks = {day - timedelta(days=day.weekday()) for day in leader.days}
    assert found["summary"]["pods"]["days"] == len(weeks)
    assert not set(leader.days) & {date.fromisoformat(day) for day in leader.about.get("off", {})}
    assert found["warnings"] == []


def test_targets_are_two_hours_on_a_full_day_and_less_on_a_shorter_one(leader: Leader) -> None:
    """120 minutes of 450 paid ones; a shift of more than 6 hours has half an hour unpaid."""
    for day, words in leader.days.items():
        paid = words.get("paid")
        if paid is None:
            start, end = (time.fromisoformat(words[word]) for word in ("from", "to"))
            wall = (end.hour * 60 + end.minute - start.hour * 60 - start.minute) % (24 * 60)
            paid = wall - 30 if wall > 360 else wall
        assert abs(words["protected"] - 120 * paid / 450) <= 2.5, day
        assert words["protected"] % 5 == 0


def test_the_gaps_are_those_that_a_reader_counts(leader: Leader, clearway: Run) -> None:
    found = _by_day(clearway("check", *leader.arguments).json, "gap")
    by_eye = {day: words["gap"] for day, words in leader.days.items()}
    assert found == {day: minutes for day, minutes in by_eye.items() if minutes}
    assert _gaps(leader) == {day: by_eye[day] for day in _gaps(leader)}
    assert {day for day, minutes in by_eye.items() if minutes} <= set(_gaps(leader))


def _by_day(found: Mapping[str, Any], rule: str) -> dict[date, int]:
    missing: dict[date, int] = defaultdict(int)
    for each in found["findings"]:
        if each["rule"] == rule:
            missing[date.fromisoformat(each["day"])] += each["missing"]
    return dict(missing)


def test_new_holds_lie_in_the_hours_and_on_nothing_else(leader: Leader, clearway: Run) -> None:
    made = clearway("plan", *leader.arguments).json
    taken = [each.span for each in _entries(leader) if each.blocks]
    places = [_hold(each) for each in made["changes"]]
    for kind, start, end in places:
        day = leader.day_of(start)
        assert day in leader.days, kind
        opens, closes = leader.hours(day)
        assert opens <= start < end <= closes, kind
        assert [span for span in taken if span[0] < end and start < span[1]] == [], kind
    ordered = sorted((start, end) for _, start, end in places)
    assert all(one[1] <= two[0] for one, two in pairwise(ordered))


def _hold(change: Mapping[str, Any]) -> tuple[str, datetime, datetime]:
    assert change["kind"] == "hold.create"
    after = change["after"]
    return (
        change["hold"],
        datetime.fromisoformat(after["start"]),
        datetime.fromisoformat(after["end"]),
    )


def test_what_is_still_missing_is_what_the_day_has_no_room_for(
    leader: Leader, clearway: Run
) -> None:
    """At most two pieces a day; `left` in about.toml is what a person sees no room for."""
    made = clearway("plan", *leader.arguments).json
    assert made["proof"]["optimal"]
    assert made["objective"]["people_told"] == 0
    pieces: dict[date, list[int]] = defaultdict(list)
    pods: dict[date, int] = defaultdict(int)
    for kind, start, end in map(_hold, made["changes"]):
        day = leader.day_of(start)
        if kind == "protected":
            pieces[day].append(int((end - start).total_seconds()) // 60)
        pods[day - timedelta(days=day.weekday())] += kind == "pod"
    left = {
        date.fromisoformat(each["day"]): each["missing"]
        for each in made["remaining"]
        if each["finding"].startswith("protected@")
    }
    for day, words in leader.days.items():
        target = words["protected"] - words.get("had", 0)
        assert len(pieces[day]) <= 2
        assert all(each >= min(PIECE, words["protected"]) for each in pieces[day])
        assert target - sum(pieces[day]) == left.get(day, 0) == words.get("left", 0), day
    assert not any(each["finding"].startswith("pods@") for each in made["remaining"])
    assert set(pods.values()) <= {0, 1}


def test_the_pictures_are_what_the_code_draws(leader: Leader) -> None:
    """`make patterns` draws them again."""
    pictures = Path(__file__).parents[2] / "docs" / "patterns"
    drawn = pictures / f"{leader.folder.name}.svg"
    assert drawn.read_text("utf-8") == picture(leader)
    assert drawn.stat().st_size < 40_000
    leaders = [load(folder) for folder in FOLDERS]
    assert pictures.with_suffix(".md").read_text("utf-8") == page(leaders)


def test_rest_counts_the_same(leader: Leader, clearway: Run) -> None:
    """Weeks that take turns and nations are asked for there in the same words."""
    options = dict(zip(leader.about["options"][::2], leader.about["options"][1::2], strict=True))
    # JSON has no dates
    settings = json.loads(json.dumps(leader.settings, default=str))
    body = {
        "calendars": [path.read_bytes().decode() for path in leader.files],
        "me": leader.about["me"],
        "from": str(leader.about["from"]),
        "to": str(leader.about["to"]),
        "now": utc(leader.about["now"]).isoformat().replace("+00:00", "Z"),
        "hours": options.get("--hours"),
        "nation": options.get("--nation"),
        "policy": settings,
    }
    with TestClient(create_app(Settings())) as client:
        answer = client.post("/v1/check", json=body)
    assert answer.status_code == 200, answer.text
    assert answer.json()["summary"] == clearway("check", *leader.arguments).json["summary"]


def test_the_judge_of_the_planner_counts_the_same(leader: Leader, clearway: Run) -> None:
    """`tests.oracle.score` counts each minute for itself, now and once the holds are there."""
    opened = leader.open()
    found = clearway("check", *leader.arguments).json
    before = score(opened.diary, opened.policy, opened.now)
    for rule in ("gap", "protected", "pods", "break", "end_of_day"):
        assert before.of(rule) == found["summary"][rule]["missing"], rule
    planned = plan(opened)
    after = score(planned.after, opened.policy, opened.now)
    numbers = planned.plan.objective.numbers
    assert (after.must, after.must + after.should) == (numbers.must_missing, numbers.cost)
