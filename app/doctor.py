"""Look whether this machine has what Clearway needs, in sentences that say what to do."""

import socket
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import timedelta
from importlib.metadata import PackageNotFoundError, version
from time import perf_counter
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from app.config import SettingsError, read_settings

_OLDEST = (3, 11)


@dataclass(frozen=True, slots=True)
class Answer:
    """One thing that was looked at: whether it is as it has to be, and a sentence about it."""

    name: str
    good: bool
    message: str

    def plain(self) -> dict[str, Any]:
        """The answer as JSON has it."""
        return asdict(self)


def examine() -> tuple[Answer, ...]:
    """Look at everything, in the order in which things would fail."""
    looks: tuple[Callable[[], Answer], ...] = (
        _python,
        _packages,
        _zones,
        _settings,
        _planner,
        _port,
    )
    return tuple(look() for look in looks)


def _python() -> Answer:
    here = ".".join(str(part) for part in sys.version_info[:3])
    good = sys.version_info >= _OLDEST
    advice = "" if good else " Clearway needs 3.11 or later."
    return Answer("python", good, f"Python {here} runs Clearway.{advice}")


_PACKAGES = ("click", "fastapi", "holidays", "icalendar", "numba", "pydantic", "rich", "uvicorn")


def _packages() -> Answer:
    missing = [name for name in _PACKAGES if not _is_installed(name)]
    if missing:
        return Answer("packages", False, f"Run “make install”: {', '.join(missing)} is missing.")
    return Answer("packages", True, "The packages that Clearway builds on are installed.")


def _is_installed(name: str) -> bool:
    try:
        return bool(version(name))
    except PackageNotFoundError:
        return False


def _zones() -> Answer:
    try:
        ZoneInfo("Europe/London")
        ZoneInfo("America/New_York")
    except ZoneInfoNotFoundError:
        return Answer("time_zones", False, "Install tzdata: the time zones are missing.")
    return Answer("time_zones", True, "Time zones are known.")


def _settings() -> Answer:
    try:
        settings = read_settings()
    except SettingsError as error:
        return Answer("settings", False, str(error))
    size = f"{settings.max_bytes:,} bytes and {settings.max_components:,} components"
    return Answer("settings", True, f"Calendars of up to {size} are read.")


def _planner() -> Answer:
    from rules import planner
    from rules.example import read_example
    from rules.planner.plan import Tier

    diary, policy = read_example("Mon 09:00-10:00 mine; Mon 10:00-11:00 mine")
    began = perf_counter()
    try:
        made = planner.plan(diary, policy, diary.span.start - timedelta(days=7), Tier.MOVE)
    except ImportError as error:
        return Answer("planner", False, f"Run “make install”: the planner cannot start ({error}).")
    took = perf_counter() - began
    if not made.proof.optimal:
        return Answer("planner", False, "The planner could not prove the plan of an easy day.")
    return Answer("planner", True, f"The planner is ready: an easy week took {took:.1f} seconds.")


def _port() -> Answer:
    try:
        port = read_settings().port
    except SettingsError:
        return Answer("port", False, "The port is not known while the settings cannot be read.")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            advice = "stop what uses it, or set CLEARWAY_PORT"
            return Answer("port", False, f"Port {port} is taken: {advice}.")
    return Answer("port", True, f"Port {port} is free for “clearway serve”.")
