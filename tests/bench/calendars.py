"""What calendars on servers cost: requests, as the fakes count them, and mapping of bodies."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import cycle, islice
from statistics import median
from time import perf_counter
from typing import Any
from zoneinfo import ZoneInfo

from connectors.google import mapping as google
from connectors.graph import mapping as graph
from connectors.lens import Lens
from rules.interval import Interval
from tests.connectors.google_events import recorded as google_bodies
from tests.connectors.test_graph_mapping import recorded as graph_bodies
from tests.contract.stage import ME
from tests.contract.stages.google import GoogleStage
from tests.contract.stages.graph import GraphStage
from tests.contract.words import HOUR, NINE, WEEK, meeting, span
from tests.fakes.official import PROTOCOLS

FOUR_WEEKS = Interval(WEEK.start, WEEK.start + timedelta(weeks=4))
EVENTS = 120
ROUNDS = 40
LENS = Lens.of([ME], [], {}, [])


@dataclass(frozen=True)
class Requests:
    """How many requests each way of looking took, and how many it may take."""

    provider: str
    whole: int
    quiet: int
    changed: int


@dataclass(frozen=True)
class Mapped:
    """Bodies to values against parsing the same bytes: how many times as long."""

    provider: str
    bodies: int
    ratio: float


def count_requests() -> list[Requests]:
    """Four weeks of 120 events read whole, then with nothing new, then with one change."""
    return [_count(GraphStage), _count(GoogleStage)]


def _count(make: Callable[[Callable[[Callable[[], None]], None]], Any]) -> Requests:
    closing: list[Callable[[], None]] = []
    stage = make(closing.append)
    try:
        first = ""
        for number in range(EVENTS // 6):
            day = timedelta(days=7 * (number // 5) + number % 5)
            for place in range(6):
                planted = stage.plant(meeting(NINE + day + place * HOUR, 45, people=()))
                first = first or planted
        whole, synced = _asked(stage, lambda: stage.diary.sync(FOUR_WEEKS))
        quiet, again = _asked(stage, lambda: stage.diary.sync(FOUR_WEEKS, synced.state))
        stage.retime(first, span(NINE, 30))
        changed, _ = _asked(stage, lambda: stage.diary.sync(FOUR_WEEKS, again.state))
        return Requests(stage.name, whole, quiet, changed)
    finally:
        for each in closing:
            each()


def _asked(stage: Any, call: Callable[[], Any]) -> tuple[int, Any]:
    before = len(stage.fake.requests)
    answer = call()
    return len(stage.fake.requests) - before, answer


def time_mapping() -> list[Mapped]:
    """The recorded bodies of ../shared, repeated to 120; nothing where they are not at hand."""
    corpus = PROTOCOLS.parent / "corpus"
    if not corpus.is_dir():
        return []
    view = graph.View(LENS, ZoneInfo("Europe/London"))
    outlook = [body for _, body in graph_bodies(corpus)]
    calendar = [body for _, body in google_bodies(corpus / "google-json")]
    return [
        _mapped("graph", outlook, lambda body: graph.occurrence(body, view)),
        _mapped("google", calendar, lambda body: google.occurrence(body, LENS)),
    ]


def _mapped(provider: str, bodies: Sequence[Any], read: Callable[[Any], object]) -> Mapped:
    known = [body for body in bodies if _is_read(read, body)]
    many = list(islice(cycle(known), EVENTS))
    texts = [json.dumps(each).encode() for each in many]
    ratios = []
    for _ in range(ROUNDS):
        began = perf_counter()
        for text in texts:
            json.loads(text)
        parsed = perf_counter()
        for each in many:
            read(each)
        ratios.append((perf_counter() - parsed) / (parsed - began))
    return Mapped(provider, len(known), median(ratios))


def _is_read(read: Callable[[Any], object], body: Any) -> bool:
    try:
        read(body)
    except ValueError:
        return False
    return True
