"""A leader with the usual events, on every database."""

from collections.abc import Callable

import pytest
from sqlalchemy import event

from tests.life.worlds import EVENTS, Calendar, World, connect_worlds


@pytest.fixture
def new_world(database, monkeypatch) -> Callable[[], World]:
    """Another leader each time, all in the same database."""
    worlds: list[World] = []
    _hurry(database)

    def make(events=EVENTS) -> World:
        worlds.append(World(database, Calendar(events)))
        connect_worlds(monkeypatch, *worlds)
        return worlds[-1]

    return make


@pytest.fixture
def world(new_world) -> World:
    """One leader with the usual events."""
    return new_world()


def _hurry(database) -> None:
    """Do not wait for the disk: processes die here, machines do not."""
    sqlite = database.engine.dialect.name == "sqlite"

    def set_up(connection, record) -> None:
        cursor = connection.cursor()
        cursor.execute("PRAGMA synchronous = OFF" if sqlite else "SET synchronous_commit = off")
        if not sqlite:
            connection.commit()

    event.listen(database.engine, "connect", set_up)
    database.engine.dispose()
