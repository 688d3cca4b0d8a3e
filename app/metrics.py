"""What the service counts, for Prometheus. No label tells who anybody is.

Every process counts for itself. A label is a word of the code or the template of an address,
never an id: a series of its own for each leader would be a record of that leader.
"""

from collections.abc import Callable, Mapping
from enum import Enum

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
    start_http_server,
)

MEDIA_TYPE = CONTENT_TYPE_LATEST
_REGISTRY = CollectorRegistry()
"""What this process counts."""
_INSTALLATION = CollectorRegistry()
"""How things stand for all processes together: only who has just looked may tell."""
_UNKNOWN = "unknown"
"""The route of a request that no route takes: its own address could be anything."""

_requests = Counter(
    "clearway_requests", "Requests answered.", ("route", "status"), registry=_REGISTRY
)
_request_seconds = Histogram(
    "clearway_request_seconds", "Seconds to answer a request.", ("route",), registry=_REGISTRY
)
_calls = Counter(
    "clearway_provider_calls",
    "Calls to calendars.",
    ("provider", "outcome"),
    registry=_REGISTRY,
)
_plans = Counter("clearway_plans", "Plans that came into a state.", ("state",), registry=_REGISTRY)
_jobs = Counter("clearway_jobs", "Jobs done.", ("kind", "outcome"), registry=_REGISTRY)
_verdicts = Histogram(
    "clearway_verdict_seconds",
    "Seconds from a notification to the verdict on the diary.",
    buckets=(0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 900),
    registry=_REGISTRY,
)
_due = Gauge("clearway_mailboxes_due", "Diaries that wait for a worker.", registry=_INSTALLATION)
_connections = Gauge(
    "clearway_connections", "Connected accounts by state.", ("state",), registry=_INSTALLATION
)
_lag = Gauge(
    "clearway_sync_lag_seconds",
    "Seconds since the diary that was looked at longest ago was read.",
    registry=_INSTALLATION,
)
_workers = Gauge("clearway_workers", "Workers seen in the last minute.", registry=_INSTALLATION)


def request(route: str | None, status: int, seconds: float) -> None:
    """A request was answered. `route` is the template of its address, None where there is none."""
    _requests.labels(route or _UNKNOWN, str(status)).inc()
    _request_seconds.labels(route or _UNKNOWN).observe(seconds)


def provider_call(provider: Enum | str, outcome: Enum | str) -> None:
    """A calendar was asked something; both are words of the code."""
    _calls.labels(_word(provider), _word(outcome)).inc()


def plan(state: Enum | str) -> None:
    """A plan came into a state."""
    _plans.labels(_word(state)).inc()


def job(kind: Enum | str, outcome: Enum | str) -> None:
    """A job ended."""
    _jobs.labels(_word(kind), _word(outcome)).inc()


def verdict(seconds: float) -> None:
    """A diary was judged so many seconds after the news about it."""
    _verdicts.observe(seconds)


def standing(due: int, connections: Mapping[str, int], lag: float, workers: int) -> None:
    """How things stand in the database: diaries due, connections by state, seconds, workers."""
    _due.set(due)
    _connections.clear()
    for state, number in connections.items():
        _connections.labels(state).set(number)
    _lag.set(lag)
    _workers.set(workers)


def exposition(*, whole: bool = False) -> bytes:
    """What this process counts, as Prometheus reads it (`MEDIA_TYPE`).

    `whole` adds how things stand for the installation, of which `standing` was told just now.
    """
    counted = generate_latest(_REGISTRY)
    return counted + generate_latest(_INSTALLATION) if whole else counted


def publish(port: int) -> Callable[[], None]:
    """Serve what this process counts on this machine, for a worker; what is returned ends that.

    How things stand for the installation, the service tells. Raises OSError where the port is taken.
    """
    server, thread = start_http_server(port, addr="127.0.0.1", registry=_REGISTRY)

    def stop() -> None:
        server.shutdown()
        server.server_close()
        thread.join()

    return stop


def _word(value: Enum | str) -> str:
    return str(value.value) if isinstance(value, Enum) else value
