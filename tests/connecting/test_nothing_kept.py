"""What calendars and sign-ins say is in no column in the clear, and mostly in none at all."""

import logging
from datetime import timedelta

import httpx
from sqlalchemy import text

from app.connecting import calendars, changes, watching
from app.connecting.caldav import connect_caldav
from app.connecting.connections import connections
from app.storage.tables import Base
from tests.connecting.steps import (
    connect_google,
    connect_outlook,
    count,
    kept,
    put_event,
    sealed_in,
)
from tests.contract.stage import ME
from tests.servers.fixtures import PASSWORD

MARKER = "Zweifelhaft-4711"


def dumped(database) -> str:
    """Every column of every row, as the database has it."""
    found = []
    with database.engine.connect() as connection:
        for table in Base.metadata.sorted_tables:
            for row in connection.execute(text(f'select * from "{table.name}"')):
                found += [bytes(each) if isinstance(each, memoryview) else each for each in row]
    return "\n".join(
        each.decode("latin-1") if isinstance(each, bytes) else str(each) for each in found
    )


def test_the_database_tells_nothing(
    outlook, workspace, leader, graph, google, radicale, database, clock_hand, caplog
):
    caplog.set_level(logging.DEBUG)
    soon = clock_hand.at + timedelta(days=1)
    path = radicale.new_calendar(name=f"{MARKER}-{database.engine.name}")
    put_event(radicale, path, soon, MARKER)
    at_outlook = {"subject": MARKER, "location": {"displayName": MARKER}, **_times(soon)}
    httpx.post(
        f"{graph.url}/me/events",
        json=at_outlook,
        headers={"Authorization": f"Bearer {graph.token(ME)}"},
    ).raise_for_status()
    google.account(ME).add_calendar(MARKER)
    google.account(ME).put({"summary": MARKER, "location": MARKER, **_times(soon)})
    caplog.clear()  # what was said until here, the test said
    made = [
        connect_caldav(outlook, leader, radicale.url + path, "leader", PASSWORD),
        connect_outlook(outlook, leader, graph.login),
        connect_google(workspace, leader),
    ]
    accounts = []
    for each in made:
        deployment = workspace if each.provider == "google" else outlook
        accounts.append(calendars.look(deployment, leader, each.id))
        seen = changes.look(deployment, leader, each.id)
        assert count(seen) == 1
        kept(deployment, seen)
        watching.watch(deployment, leader, each.id)
    secrets = [str(sealed_in(outlook, each)[name]) for each, name in zip(made, NAMES, strict=True)]
    said = "".join(each.getMessage() for each in caplog.records)
    shown = repr(made) + repr(connections(outlook, leader)) + repr(accounts)
    for marker in (MARKER, ME, PASSWORD, *secrets):
        assert marker not in dumped(database) + said + shown, marker[:8]


NAMES = ("password", "cache", "refresh")


def _times(start):
    times = (start, start + timedelta(hours=1))
    begin, end = ({"dateTime": f"{each:%Y-%m-%dT%H:%M:%S}", "timeZone": "UTC"} for each in times)
    return {"start": begin, "end": end}
