"""A leader's pages against a page that FastAPI gives by itself, over HTTP from two processes.

The leader has a week of 45 meetings in a mailbox of the fake of Graph, and a plan for it that waits.
Its calendar was read, and its plans were made, before (`tests.bench.remembered`). Requests to all
pages alternate, so that whatever else the machine does falls on all alike.
"""

import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import httpx

from app.config import Settings
from app.deployment import open_deployment
from app.people import leaders, sign_in
from app.people.settings import Mode
from tests.bench.service import agree, coming_monday, environment_of, event, settings_for
from tests.bench.weeks import tell
from tests.fakes.graph import GraphFake
from tests.servers.clearway import start
from tests.servers.processes import Running, free_port

MEETINGS = 45
RUNS = 150
_WARM = 10
_ADDRESS = "leader@trust.example"
_A_DAY, _LENGTH, _APART = 9, 30, timedelta(minutes=45)


@dataclass(frozen=True)
class Page:
    """One page: its median, over that of the bare one, and its bytes as they are sent."""

    name: str
    ratio: float
    size: int


def time_pages(folder: Path, runs: int = RUNS) -> list[Page]:
    """Ask for each page in turn, so many times."""
    tell("pages, over HTTP")
    with GraphFake() as graph:
        often = {"requests_per_minute": 100_000}
        settings = settings_for(graph, data=str(folder / "data"), port=free_port(), **often)
        token = _join(settings, graph)
        with _served(settings, folder) as ours, _bare(folder) as bare:
            ours.headers["Authorization"] = f"Bearer {token}"
            return _compare(ours, bare, runs)


def _join(settings: Settings, graph: GraphFake) -> str:
    """A leader with a full week, whose diary is looked after; what a browser would carry."""
    deployment = open_deployment(settings)
    try:
        signed = sign_in.use_local_link(deployment, sign_in.local_link(deployment))
        leader = leaders.join(deployment, signed.identity)
        leaders.change_mode(deployment, leader.id, Mode.PROPOSE)
        mailbox = graph.mailbox(_ADDRESS)
        for number in range(MEETINGS):
            day, place = divmod(number, _A_DAY)
            first = coming_monday() + timedelta(days=day, hours=9)
            mailbox.put(event(first + place * _APART, _LENGTH))
        agree(deployment, graph, leader.id, _ADDRESS)
    finally:
        deployment.close()
    return signed.token


@contextmanager
def _served(settings: Settings, folder: Path) -> Iterator[httpx.Client]:
    module = [sys.executable, "-m", "tests.bench.remembered"]
    command = start("serve", environment_of(settings), folder, module)
    try:
        with _client(settings.port) as client:
            yield client
    finally:
        command.close()


@contextmanager
def _bare(folder: Path) -> Iterator[httpx.Client]:
    port = free_port()
    module = ["uvicorn", "tests.bench.bare:app", "--port", str(port), "--log-level", "warning"]
    with Running(module, port, folder), _client(port) as client:
        yield client


def _client(port: int) -> httpx.Client:
    return httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=120, trust_env=False)


def _compare(ours: httpx.Client, bare: httpx.Client, runs: int) -> list[Page]:
    made = ours.post("/v1/leaders/me/plans", json={"tier": "holds"})
    made.raise_for_status()
    pages = {
        "your week": f"/you/mine/week?from={coming_monday().date()}",
        "the plan": f"/you/mine/plans/{made.json()['id']}",
        "your diary": "/you/mine",
        "history": "/you/mine/history",
    }
    seconds: dict[str, list[float]] = {name: [] for name in ("", *pages)}
    sizes = {name: _size(ours, path) for name, path in pages.items()}
    for run in range(_WARM + runs):
        for name, client, path in (
            ("", bare, "/"),
            *((each, ours, path) for each, path in pages.items()),
        ):
            began = time.perf_counter()
            client.get(path).raise_for_status()
            if run >= _WARM:
                seconds[name].append(time.perf_counter() - began)
    base = statistics.median(seconds[""])
    return [Page(name, statistics.median(seconds[name]) / base, sizes[name]) for name in pages]


def _size(client: httpx.Client, path: str) -> int:
    """Bytes of a page's body as they travel."""
    with client.stream("GET", path) as answer:
        return sum(len(each) for each in answer.iter_raw())
