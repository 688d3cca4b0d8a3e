"""A week whose every word is a marker goes through all that there is, and no marker stays.

Real processes on a real database and a real calendar server: the calendar is read, planned, changed
and changed back over REST, and then everything that was written anywhere is looked through.
"""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from app.people import leaders
from app.storage.columns import SealedBytes
from app.storage.tables import Base
from app.storage.vault import Sealed
from tests.api.service.conftest import signed_in
from tests.jobs.conftest import Diary, Site, next_monday, until
from tests.servers.fixtures import on_postgresql
from tests.servers.mail import Inbox, receiving
from tests.servers.processes import free_port

LEADER = "leader@trust.example"
MARKER = "Zweifelhaft"
WORDS = (
    "SUMMARY:Zweifelhaft-title",
    "DESCRIPTION:Zweifelhaft-body",
    "LOCATION:Zweifelhaft-place",
    "CATEGORIES:Zweifelhaft-category",
    "COMMENT:Zweifelhaft-comment",
    "CONTACT:Zweifelhaft-contact",
    "ORGANIZER;CN=Zweifelhaft-name:mailto:zweifelhaft.organizer@trust.example",
    "ATTENDEE;CN=Zweifelhaft-guest:mailto:zweifelhaft.guest@trust.example",
    "ATTACH:https://trust.example/Zweifelhaft-file",
    "X-SOMETHING:Zweifelhaft-else",
)
MINE = (f"ORGANIZER:mailto:{LEADER}", *(line for line in WORDS if "ORGANIZER" not in line))
HOUR = 60
ME = "/v1/leaders/me"


@pytest.fixture
def marked(site: Site, new_diary: Any) -> Diary:
    """Back to back: meetings of the leader's own, and of others."""
    diary: Diary = new_diary("leader")
    known = leaders.get(site.deployment, diary.leader_id)
    chosen = replace(known.settings, addresses=(LEADER,))
    leaders.change_settings(site.deployment, diary.leader_id, chosen, known.version)
    for number in range(5):
        start = next_monday() + timedelta(days=number, hours=9)
        diary.add(f"own-{number}", start, HOUR, *MINE)
        diary.add(f"next-{number}", start + timedelta(hours=1), HOUR, *MINE)
        diary.add(f"other-{number}", start + timedelta(hours=2), HOUR, *WORDS)
        diary.add(f"private-{number}", start + timedelta(hours=4), HOUR, "CLASS:PRIVATE", *WORDS)
    return diary


@on_postgresql
def test_no_word_of_a_calendar_is_anywhere(site: Site, marked: Diary) -> None:
    """But in the letters to the people invited, who know it."""
    inbox, said, port = Inbox(), list[str](), free_port()
    metrics = {"Authorization": "Bearer metrics"}
    headers = signed_in(site.deployment, "leader")
    with receiving(inbox) as relay:
        site.environment |= _environment(relay.port, port)
        with httpx.Client(base_url=site.serve(), headers=headers, timeout=60) as client:
            site.worker()
            _live(client, marked, said)
            said.append(client.get("/metrics", headers=metrics).raise_for_status().text)
        said.append(httpx.get(f"http://127.0.0.1:{port}/metrics").raise_for_status().text)
    assert inbox.letters
    said += [each.output.read_text() for each in site.started]
    said += _rows(site)
    said.append(_backup(site))
    assert len("".join(said)) > 100_000, "there was something to look through"
    for each in said:
        place = each.lower().find(MARKER.lower())
        assert place < 0, each[max(0, place - 200) : place + 100]


def _environment(relay: int, metrics: int) -> dict[str, str]:
    return {
        "CLEARWAY_METRICS_TOKEN": "metrics",
        "CLEARWAY_METRICS_PORT": str(metrics),
        "CLEARWAY_SMTP_HOST": "127.0.0.1",
        "CLEARWAY_SMTP_PORT": str(relay),
        "CLEARWAY_SMTP_SECURITY": "none",
    }


def _live(client: httpx.Client, diary: Diary, said: list[str]) -> None:
    """Look, plan, apply, undo, look again and take everything along; `said` gets each answer."""

    def ask(method: str, path: str, **body: Any) -> Any:
        answer = client.request(method, ME + path, json=body or None)
        assert answer.status_code < 300, answer.text
        said.append(answer.text)
        return answer.json()

    def is_in(state: str) -> bool:
        return bool(ask("GET", plan_path)["state"] == state)

    said += [client.get(f"/you/mine{path}").text for path in ("", "/held", "/history")]
    assert len(ask("GET", "/diary")) >= 20
    ask("GET", "/check")
    first = next_monday().date()
    week = {"from": first.isoformat(), "to": (first + timedelta(days=5)).isoformat()}
    plan = ask("POST", "/plans", tier="move", **week)
    kinds = {each["kind"] for each in plan["fates"]}
    assert {"hold.create", "event.move"} <= kinds, kinds
    plan_path = f"/plans/{plan['id']}"
    yes = {"plan_hash": plan["plan_hash"], "despite_unknown": True}
    ask("POST", f"{plan_path}/apply", **yes, dry_run=True)
    for step, state, body in (("apply", "applied", yes), ("undo", "undone", {})):
        ask("POST", f"{plan_path}/{step}", **body)
        until(partial(is_in, state), state)
        assert bool(diary.holds()) is (step == "apply")
    for path in ("/history", "/holds", "/connections", "/settings"):
        ask("GET", path)
    said.append(client.get(f"{ME}/export").raise_for_status().text)


def _rows(site: Site) -> Iterator[str]:
    """Every column of every row, as it is and opened."""
    vault = site.deployment.database.vault
    sealed = {
        (table.name, each.name)
        for table in Base.metadata.sorted_tables
        for each in table.c
        if isinstance(each.type, SealedBytes)
    }
    seen = set()
    with site.deployment.database.engine.connect() as connection:
        for table in Base.metadata.sorted_tables:
            for row in connection.execute(text(f'select * from "{table.name}"')).mappings():
                for name, value in row.items():
                    seen.add((table.name, name))
                    yield str(value)
                    if (table.name, name) in sealed and value is not None:
                        yield repr(vault.open(Sealed(bytes(value))))
    assert sealed & seen, "no sealed column was opened"


def _backup(site: Site) -> str:
    file: Path = site.folder / "backup"
    command = [str(Path(sys.executable).with_name("clearway")), "backup", str(file)]
    subprocess.run(command, env=site.environment, check=True, capture_output=True)
    return file.read_bytes().decode("latin-1")
