"""Databases with something in every table, the command line as if typed, and the log."""

import io
import logging
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from app.config import Settings
from app.logs import set_up
from app.storage.database import Database, open_database
from app.storage.migrations import migrate
from app.storage.vault import Vault, new_key
from tests.cli.conftest import Run, clearway
from tests.servers.postgresql import Postgresql

__all__ = ["clearway"]


@dataclass(frozen=True)
class Installed:
    """A database that the command line finds by the environment, and its key."""

    url: str
    key: str
    run: Run
    open: Callable[..., Database]


@pytest.fixture
def installed(
    database_url: str,
    clearway: Run,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
    tmp_path: Path,
) -> Iterator[Installed]:
    """A migrated database, once of each kind, named by the environment."""
    key = new_key()
    monkeypatch.setenv("CLEARWAY_DATABASE", database_url)
    monkeypatch.setenv("CLEARWAY_KEYS", key)
    monkeypatch.setenv("CLEARWAY_DATA", str(tmp_path / "data"))
    if not database_url.startswith("sqlite"):
        server: Postgresql = request.getfixturevalue("postgresql")
        monkeypatch.setenv("PATH", f"{server.programs}:{Path('/usr/bin')}:{Path('/bin')}")
    opened: list[Database] = []

    def open_it(*keys: str, url: str = database_url) -> Database:
        opened.append(open_database(url, Vault(keys or [key])))
        return opened[-1]

    migrate(open_it())
    yield Installed(database_url, key, clearway, open_it)
    for each in opened:
        each.close()


@pytest.fixture
def log() -> Iterator[Callable[..., Any]]:
    """The log of the service is set up; `with log() as written` collects its lines."""
    root = logging.getLogger()
    names = [name for name, each in root.manager.loggerDict.items() if hasattr(each, "handlers")]
    loggers = [root, *(logging.getLogger(name) for name in names)]
    before = [(each, each.handlers[:], each.level, each.propagate) for each in loggers]
    hooks = sys.excepthook, sys.unraisablehook, threading.excepthook, warnings.showwarning
    set_up(Settings())
    yield lambda: redirect_stdout(io.StringIO())
    logging.captureWarnings(False)
    for logger, handlers, level, propagate in before:
        logger.handlers[:] = handlers
        logger.setLevel(level)
        logger.propagate = propagate
    sys.excepthook, sys.unraisablehook, threading.excepthook, warnings.showwarning = hooks
