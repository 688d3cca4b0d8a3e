"""Look whether this machine has what Clearway needs, in sentences that say what to do."""

import os
import socket
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import timedelta
from importlib.metadata import PackageNotFoundError, version
from time import perf_counter
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from app import clock
from app.config import Settings, SettingsError, read_settings

if TYPE_CHECKING:
    from app.storage.database import Database

_OLDEST = (3, 11)
_APART = 30
"""Seconds by which clocks may differ; leases go by the database's alone."""


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
        _public_url,
        _data_folder,
        _database,
        _clock,
        _planner,
        _port,
    )
    return tuple(look() for look in looks)


def _python() -> Answer:
    here = ".".join(str(part) for part in sys.version_info[:3])
    good = sys.version_info >= _OLDEST
    advice = "" if good else " Clearway needs 3.11 or later."
    return Answer("python", good, f"Python {here} runs Clearway.{advice}")


_PACKAGES = (
    "alembic",
    "click",
    "cryptography",
    "dbos",
    "fastapi",
    "holidays",
    "icalendar",
    "numba",
    "psycopg",
    "pydantic",
    "rich",
    "sqlalchemy",
    "uvicorn",
)


def _packages() -> Answer:
    missing = [name for name in _PACKAGES if not _is_installed(name)]
    if missing:
        return Answer("packages", False, f"Run “make install”: {', '.join(missing)} is missing.")
    return Answer("packages", True, "The packages that Clearway builds on are installed.")


def _is_clearway(port: int) -> bool:
    """Whether what listens there is Clearway's own service."""
    import httpx

    try:
        told = httpx.get(f"http://127.0.0.1:{port}/openapi.json", timeout=5).json()
        return bool(told["info"]["title"] == "Clearway")
    except (httpx.HTTPError, ValueError, KeyError, TypeError):
        return False


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


def _public_url() -> Answer:
    settings = _settings_or_none()
    if settings is None:
        return _unknown("public_url", "The public address")
    if settings.public_url.startswith("https://"):
        return Answer("public_url", True, "People find the service over https.")
    if settings.database or settings.public_url:
        advice = "Set CLEARWAY_PUBLIC_URL to the https address that people use."
        return Answer("public_url", False, advice)
    return Answer("public_url", True, "The service is for this machine only.")


def _data_folder() -> Answer:
    settings = _settings_or_none()
    if settings is None:
        return _unknown("data_folder", "The data folder")
    if settings.database and settings.keys:
        return Answer("data_folder", True, "No data folder is needed: a database is named.")
    from app.deployment import DATABASE, KEYS

    folder = settings.folder
    if not folder.exists():
        return Answer("data_folder", True, "The data folder is made when the service starts.")
    kept = [each for each in (folder / KEYS, folder / DATABASE) if each.exists()]
    if open_ones := [each.name for each in kept if each.stat().st_mode & 0o077]:
        names = ", ".join(open_ones)
        advice = f"Others can read {names} in {folder}; take it from them with chmod 600."
        return Answer("data_folder", False, advice)
    if not os.access(folder, os.W_OK | os.X_OK):
        return Answer("data_folder", False, f"This user cannot write in {folder}; see who owns it.")
    return Answer("data_folder", True, "Only its owner can read what is in the data folder.")


def _database() -> Answer:
    return _look_into("database", _describe_database)


def _clock() -> Answer:
    return _look_into("clock", _compare_clocks)


def _describe_database(settings: Settings, database: "Database") -> Answer:
    from app.deployment import open_fingerprints
    from app.storage.migrations import is_current

    if not is_current(database):
        advice = "The database has not its newest form; run “clearway migrate”."
        return Answer("database", False, advice)
    open_fingerprints(settings, database)
    return Answer("database", True, "The database has its newest form, and these keys open it.")


def _compare_clocks(settings: Settings, database: "Database") -> Answer:
    from app.storage.database import now

    with database.transaction() as session:
        apart = abs((now(session) - clock.now()).total_seconds())
    if apart > _APART:
        advice = f"The clocks of this machine and of the database are {apart:.0f} seconds apart."
        return Answer("clock", False, advice + " Set both by NTP.")
    return Answer("clock", True, "The clocks of this machine and of the database agree.")


def _look_into(name: str, look: "Callable[[Settings, Database], Answer]") -> Answer:
    """What a look into the database finds; an embedded one is not made for it."""
    from app.deployment import DATABASE, find_database, plainly

    settings = _settings_or_none()
    if settings is None:
        return _unknown(name, "The database")
    if not settings.database and not (settings.folder / DATABASE).exists():
        return Answer(name, True, "There is no database yet: it is made with the first start.")
    try:
        database = find_database(settings)
        try:
            with plainly():
                return look(settings, database)
        finally:
            database.close()
    except SettingsError as error:
        return Answer(name, False, str(error))


def _settings_or_none() -> Settings | None:
    try:
        return read_settings()
    except SettingsError:
        return None


def _unknown(name: str, what: str) -> Answer:
    return Answer(name, False, f"{what} is not known while the settings cannot be read.")


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
    settings = _settings_or_none()
    if settings is None:
        return _unknown("port", "The port")
    port = settings.port
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            if _is_clearway(port):
                return Answer("port", True, f"Clearway answers at port {port}.")
            advice = "stop what uses it, or set CLEARWAY_PORT"
            return Answer("port", False, f"Port {port} is taken: {advice}.")
    return Answer("port", True, f"Port {port} is free for “clearway serve”.")
