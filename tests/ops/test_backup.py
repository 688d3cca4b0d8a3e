"""A backup is really restored and compared, and brings nobody back who has left."""

import json
import stat
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, make_url, select, update

from app import clock, logs
from app.life import reasons, states
from app.life.states import PlanState
from app.people.settings import Mode
from app.storage import connections, rows, since
from app.storage.backup import BackupError, back_up, restore
from app.storage.mailboxes import see_worker
from app.storage.postgresql import dump
from app.storage.retention import purge
from app.storage.sealed_file import NoSealedFile, read_sealed, write_sealed
from app.storage.tables import (
    Delegation,
    Disturbance,
    HistoryEntry,
    Hold,
    Leader,
    Lock,
    Mailbox,
    Override,
    Plan,
    Postbox,
    Step,
)
from app.storage.vault import Vault, new_key
from tests.ops.conftest import Installed
from tests.ops.rows import (
    a_connection,
    a_disturbance,
    a_full_leader,
    a_hold,
    a_leader,
    a_lock,
    a_mailing,
    a_plan,
    an_override,
    everything,
)

FLEETING = ("sign_in", "errand", "answered", "worker", "departed", "mailbox")
"""What a restore does not bring back as it was."""


def lasting(found: dict) -> dict:
    return {table: rows for table, rows in found.items() if table not in FLEETING}


@pytest.fixture
def saved(installed: Installed, tmp_path: Path) -> Path:
    """A backup of a database with two leaders."""
    database = installed.open()
    a_full_leader(database)
    a_full_leader(database)
    path = tmp_path / "saved.backup"
    made = installed.run("backup", path, "--json")
    assert made.status == 0, made.err
    assert made.json == {"file": str(path), "bytes": path.stat().st_size, "removed": []}
    return path


def test_what_was_backed_up_is_restored(installed: Installed, saved: Path):
    before = everything(installed.open())
    with installed.open().transaction() as session:
        session.execute(update(HistoryEntry).values(what="another"))
    ran = installed.run("restore", saved, "--force", "--json")
    told = {name: ran.json[name] for name in ("leaders", "departed", "looked_at")}
    assert (ran.status, told) == (0, {"leaders": 2, "departed": 0, "looked_at": 0}), ran.err
    after = everything(installed.open())
    assert lasting(after) == lasting(before)
    assert [after[table] for table in ("sign_in", "errand", "answered")] == [[], [], []]
    free = [(row["holder"], row["leased_until"], row["attempts"]) for row in after["mailbox"]]
    assert free == [(None, None, 0)] * 2
    assert all(row["dirty_at"] for row in after["mailbox"])


def test_a_backup_is_restored_into_a_new_database(
    installed: Installed, saved: Path, request, monkeypatch, tmp_path
):
    before = everything(installed.open())
    url = f"sqlite:///{tmp_path}/new.db"
    if not installed.url.startswith("sqlite"):
        url = request.getfixturevalue("postgresql").new_database()
    monkeypatch.setenv("CLEARWAY_DATABASE", url)
    ran = installed.run("restore", saved)
    assert ran.status == 0, ran.err
    assert "with 2 leaders" in ran.out
    assert "Only looked at, until they say how far Clearway may go: 2 leaders." in ran.out
    after = everything(installed.open(url=url))
    assert [row["mode"] for row in before["leader"]] == ["propose"] * 2
    assert [row["mode"] for row in after["leader"]] == ["observe"] * 2
    for row in after["leader"]:
        row["mode"] = "propose"
    told = [(row["goes_to"], row["digest"], row["acting"]) for row in after["postbox"]]
    assert told == [(None, False, False)] * 2
    after["postbox"] = before["postbox"]
    assert lasting(after) == lasting(before)


def test_mail_is_neither_sent_again_nor_where_it_was_stopped(installed: Installed, saved: Path):
    database = installed.open()
    with database.transaction() as session:
        one, other = session.scalars(select(Postbox).order_by(Postbox.identity)).all()
        one.goes_to, one.digest = None, False
        a_mailing(session, other.identity, clock.now()).week = date(2026, 11, 23)
    before = everything(database)
    assert installed.run("restore", saved, "--force").status == 0
    after = everything(installed.open())
    assert after["postbox"] == before["postbox"]
    assert after["mailing"] == before["mailing"]


def test_what_leaders_chose_since_holds(installed: Installed, saved: Path):
    """A pause, less that Clearway may do, and an invitation that may have been used."""
    database = installed.open()
    until = clock.now() + timedelta(days=3)
    with database.transaction() as session:
        session.execute(update(Delegation).values(invitation=Delegation.id))
    assert installed.run("backup", saved.with_name("open")).status == 0
    with database.transaction() as session:
        session.execute(update(Leader).values(mode="observe", paused_until=until))
    assert installed.run("restore", saved.with_name("open"), "--force").status == 0
    after = everything(installed.open())
    chosen = [(row["mode"], row["paused_until"]) for row in after["leader"]]
    assert chosen == [("observe", until)] * 2
    assert [row["invitation"] for row in after["delegation"]] == [None] * len(after["delegation"])
    assert after["delegation"]


def test_settings_since_go_with_the_mode(installed: Installed, saved: Path):
    """What was chosen to be done by itself is what it is done by."""
    database = installed.open()
    with database.transaction() as session:
        fewer = {"settings": database.vault.seal({"auto": ["gap"]}), "version": 2, "mode": "auto"}
        session.execute(update(Leader).values(fewer))
    before = everything(database)["leader"]
    assert installed.run("restore", saved, "--force").status == 0
    assert everything(installed.open())["leader"] == before


def test_nothing_is_done_by_itself_where_its_settings_cannot_be_read(
    installed: Installed, saved: Path
):
    """They are as the backup has them; what else our keys do not open stays behind as well."""
    before = everything(installed.open())
    lost = Vault([new_key()])
    by_itself, only_looked_at = (row["id"] for row in before["leader"])
    with installed.open().transaction() as session:
        for leader_id, mode in ((by_itself, "auto"), (only_looked_at, "observe")):
            chosen = {"settings": lost.seal({}), "version": 7, "mode": mode}
            session.execute(update(Leader).where(Leader.id == leader_id).values(chosen))
        unread = {"contents": lost.seal({})}
        a_lock(session, by_itself, clock.now(), **unread)
        declined = {"state": "declined", "state_since": clock.now()}
        session.execute(update(Plan).values(declined | unread))
        a_plan(installed.open(), session, by_itself, **declined, **unread)
    assert installed.run("restore", saved, "--force").status == 0
    after = everything(installed.open())
    found = {row["id"]: (row["mode"], row["version"]) for row in after["leader"]}
    assert found == {by_itself: ("propose", 1), only_looked_at: ("observe", 1)}
    assert [row["state"] for row in after["plan"]] == ["declined"] * 2
    same = ("plan", "contents"), ("lock", "contents"), ("leader", "settings")
    for table, column in same:
        assert [row[column] for row in after[table]] == [row[column] for row in before[table]]


def _live_on(installed: Installed, leader_id: str, connection_id: str) -> None:
    """A plan with its journal and hold, and a row of everything that people did or heard of."""
    database, moment = installed.open(), clock.now()
    with database.transaction() as session:
        plan_id = a_plan(database, session, leader_id, made_at=moment, state_since=moment)
        a_hold(database, session, leader_id, connection_id, moment).plan_id = plan_id
        an_override(session, leader_id, moment)
        a_disturbance(session, leader_id, moment).plan_id = plan_id
        a_lock(session, leader_id, moment, contents=database.vault.seal({}))


def test_what_was_done_since_is_carried_for_those_who_stay(
    installed: Installed, saved: Path, tmp_path, log
):
    database = installed.open()
    connections_of = {row["leader_id"]: row["id"] for row in everything(database)["connection"]}
    leaver, stayer = (row["id"] for row in everything(database)["leader"])
    _live_on(installed, stayer, connections_of[stayer])
    before = lasting(everything(database))
    _live_on(installed, leaver, connections_of[leaver])
    with database.transaction() as session:
        newcomer = a_leader(database, session)
        connection = a_connection(database, session, newcomer)
    _live_on(installed, newcomer, connection)
    lines = tmp_path / "log"
    with log() as written:
        logs.note(logs.Event.LEFT, leader=leaver)
    lines.write_text(written.getvalue())
    ran = installed.run("restore", saved, "--force", "--departed", lines)
    assert ran.status == 0, ran.err
    after = lasting(everything(installed.open()))
    theirs = {
        table: [row for row in rows if _is_of(row, stayer)]
        for table, rows in before.items()
        if table not in ("step", "installation")
    }
    assert {table: after[table] for table in theirs} == theirs
    assert after["step"] == [row for row in before["step"] if row["leader_id"] == stayer]


def _is_of(row: Mapping[str, Any], leader_id: str) -> bool:
    named = (row.get("id"), row.get("leader_id"), row.get("identity", "").removeprefix("identity-"))
    return leader_id in named


def test_what_changed_since_takes_the_place_of_what_it_was(installed: Installed, saved: Path):
    """A letter that went out, a time that was given back, a lock that was taken and set again."""
    database = installed.open()
    with database.transaction() as session:
        session.execute(update(Override).values(owed_until=clock.now()))
    assert installed.run("backup", saved.with_name("open")).status == 0
    with database.transaction() as session:
        session.execute(update(Override).values(owed_until=None))
        session.execute(update(Disturbance).values(kind="letter", mails=1, at=clock.now()))
        session.execute(update(Lock).values(id=Lock.leader_id, scope="series", at=clock.now()))
    before = everything(database)
    assert installed.run("restore", saved.with_name("open"), "--force").status == 0
    assert lasting(everything(installed.open())) == lasting(before)


@pytest.fixture
def planned(installed: Installed, tmp_path: Path) -> tuple[Path, dict[str, str]]:
    """A backup with a plan in each state, and their ids by state."""
    database = installed.open()
    long_ago = clock.now() - timedelta(days=2)
    with database.transaction() as session:
        leader = a_leader(database, session)
        connection = a_connection(database, session, leader)
        ids = {
            state.value: a_plan(database, session, leader, state=state, state_since=long_ago)
            for state in PlanState
        }
        for state, plan_id in ids.items():
            if state in ("partly_applied", "partly_undone"):
                session.execute(update(Plan).where(Plan.id == plan_id).values(reason="sign-in"))
            if state in ("proposed", "accepted"):
                session.execute(delete(Step).where(Step.plan_id == plan_id))
        a_hold(database, session, leader, connection, long_ago).plan_id = ids["applied"]
    assert installed.run("backup", tmp_path / "planned.backup").status == 0
    return tmp_path / "planned.backup", ids


def _plans(found: dict, ids: dict[str, str]) -> dict[str, tuple[str, str | None]]:
    """State and reason of each plan, by the state that the backup has."""
    rows = {row["id"]: (row["state"], row["reason"]) for row in found["plan"]}
    return {state: rows[plan_id] for state, plan_id in ids.items()}


def test_plans_stand_as_the_replaced_database_has_them(installed: Installed, planned):
    """With their journals and holds, so that they can be undone; what waited is given up."""
    path, ids = planned
    database = installed.open()
    turns = {"proposed": "declined", "accepted": "applied", "applied": "undone"}
    with database.transaction() as session:
        for state, later in turns.items():
            changed = update(Plan).where(Plan.id == ids[state])
            session.execute(changed.values(state=later, state_since=clock.now()))
        held = session.scalars(select(Hold)).one()
        session.execute(delete(Hold))
        written = a_hold(database, session, held.leader_id, held.connection_id, clock.now())
        written.plan_id = ids["accepted"]
        for number, plan in enumerate(("accepted", "accepted", "applying"), 1):
            sealed = database.vault.seal(plan)
            values = {"leader_id": held.leader_id, "at": clock.now(), "contents": sealed}
            values |= {"direction": "apply", "number": number, "state": "intent"}
            session.add(Step(plan_id=ids[plan], **values))
    before = everything(database)
    ran = installed.run("restore", path, "--force")
    assert ran.status == 0, ran.err
    after = everything(installed.open())
    assert after["step"] == before["step"]
    assert after["hold"] == before["hold"]
    assert _plans(after, ids) == _plans(before, ids)


def test_what_waited_is_given_up_though_it_waited_to_the_end(installed: Installed, planned):
    path, ids = planned
    before = _plans(everything(installed.open()), ids)
    assert installed.run("restore", path, "--force").status == 0
    given_up = dict.fromkeys(("proposed", "accepted"), ("stale", "settings"))
    assert _plans(everything(installed.open()), ids) == before | given_up


def test_no_plan_goes_on_where_the_old_database_is_lost(
    installed: Installed, planned, request, monkeypatch, tmp_path
):
    """They may have been declined or taken back since, so a person has to ask again."""
    path, ids = planned
    before = _plans(everything(installed.open()), ids)
    url = f"sqlite:///{tmp_path}/new.db"
    if not installed.url.startswith("sqlite"):
        url = request.getfixturevalue("postgresql").new_database()
    monkeypatch.setenv("CLEARWAY_DATABASE", url)
    assert installed.run("restore", path).status == 0
    after = _plans(everything(installed.open(url=url)), ids)
    assert after == before | {
        "proposed": ("stale", "settings"),
        "accepted": ("stale", "settings"),
        "applying": ("partly_applied", "settings"),
        "partly_applied": ("partly_applied", "settings"),
        "undoing": ("partly_undone", "settings"),
        "partly_undone": ("partly_undone", "settings"),
    }


def test_the_words_of_plans_are_those_of_their_life():
    assert {each.value for each in Mode} == {since.LOOKS_ONLY, since.ASKS, since.BY_ITSELF}
    assert {state.value for state in states.WAITING} == set(since.WAITING)
    working = {state.value for state in states.WORKING}
    assert working == {*since.AT_WORK, "accepted"}
    for state, stopped in since.AT_WORK.items():
        assert PlanState(stopped) in states.MOVES[PlanState(state)]
    assert {reason.value for reason in reasons.RESUMABLE} == set(since.GOES_ON)
    assert PlanState(since.RESTS_ON_OTHER["state"]) is PlanState.STALE
    assert reasons.Reason(since.RESTS_ON_OTHER["reason"]) not in reasons.RESUMABLE


def test_who_left_since_is_not_brought_back(installed: Installed, saved: Path):
    database = installed.open()
    leaver, stayer = (row["id"] for row in everything(database)["leader"])
    connection = next(
        row["id"] for row in everything(database)["connection"] if row["leader_id"] == stayer
    )
    with database.transaction() as session:
        rows.delete_all(session, leaver)
        connections.remove(session, stayer, connection)
        session.execute(update(Delegation).values(revoked_at=clock.now()))
    ran = installed.run("restore", saved, "--force")
    assert "having left since: 1." in ran.out
    after = everything(installed.open())
    assert [row["id"] for row in after["leader"]] == [stayer]
    whose = {row.get("leader_id", stayer) for found in after.values() for row in found}
    assert whose == {stayer}
    assert after["connection"] == []
    assert all(row["revoked_at"] for row in after["delegation"])
    # and again, from the same backup: it is still known
    assert installed.run("restore", saved, "--force").status == 0
    assert [row["id"] for row in everything(installed.open())["leader"]] == [stayer]


def test_the_log_knows_who_left_where_the_old_database_is_lost(
    installed: Installed, saved: Path, request, monkeypatch, tmp_path, log
):
    leaver = everything(installed.open())["leader"][0]["id"]
    with log() as written:
        logs.note(logs.Event.STARTED)
        logs.note(logs.Event.LEFT, leader=leaver)
    lines = tmp_path / "log"
    lines.write_text("starting\n" + written.getvalue())
    url = f"sqlite:///{tmp_path}/new.db"
    if not installed.url.startswith("sqlite"):
        url = request.getfixturevalue("postgresql").new_database()
    monkeypatch.setenv("CLEARWAY_DATABASE", url)
    ran = installed.run("restore", saved, "--departed", lines, "--json")
    assert (ran.status, ran.json["leaders"], ran.json["departed"]) == (0, 1, 1), ran.err
    assert leaver not in [row["id"] for row in everything(installed.open(url=url))["leader"]]
    lines.write_text(json.dumps({"event": "leader.left", "leader": "'; drop table"}))
    assert installed.run("restore", saved, "--departed", lines).status == 2


def test_a_leader_who_came_back_by_another_way_is_deleted_when_things_are_tidied(
    installed: Installed,
):
    database = installed.open()
    leaver = a_full_leader(database)
    before = everything(database)["leader"][0]
    with database.transaction() as session:
        rows.delete_all(session, leaver)
        session.add(Leader(**before | {"settings": database.vault.seal({})}))
    with database.transaction() as session:
        assert purge(session, clock.now())["leaders who left"] == 1
    assert everything(database)["leader"] == []


def test_restoring_is_all_or_nothing(installed: Installed, saved: Path, monkeypatch):
    from app.storage import backup as module

    before = everything(installed.open())

    def failing(since):
        yield update(Mailbox).values(attempts=7)
        yield update(Mailbox).values(leader_id="nobody")

    monkeypatch.setattr(module, "settle", failing)
    ran = installed.run("restore", saved, "--force")
    assert (ran.status, ran.err.count("\n")) == (2, 1)
    assert everything(installed.open()) == before


def test_the_file_shows_nothing_and_is_its_owners(installed: Installed, saved: Path):
    content = saved.read_bytes()
    assert stat.S_IMODE(saved.stat().st_mode) == 0o600
    assert not [word for word in (b"SQLite", b"PGDMP", b"propose", b"secret-") if word in content]
    assert [each.name for each in saved.parent.iterdir() if ".backup-" in each.name] == []


def test_what_cannot_be_restored_is_one_sentence(installed: Installed, saved: Path, monkeypatch):
    def refused(*arguments: object) -> str:
        ran = installed.run("restore", *arguments)
        assert (ran.status, ran.bytes, ran.err.count("\n")) == (2, b"", 1), ran
        return ran.err

    before = everything(installed.open())
    assert "--force replaces all of it" in refused(saved)
    with installed.open().transaction() as session:
        see_worker(session, "worker", "0.1.0")
    assert "stop the service and its workers" in refused(saved, "--force")
    whole = saved.read_bytes()
    lines = whole.splitlines(keepends=True)
    for damaged in (whole[:-100], b"".join(lines[:-1]), b"".join([lines[0], *lines[2:]]), b"x"):
        saved.write_bytes(damaged)
        assert "file" in refused(saved, "--force")
    saved.write_bytes(whole)
    monkeypatch.setenv("CLEARWAY_KEYS", new_key())
    assert "Other keys sealed this backup" in refused(saved, "--force")
    after = everything(installed.open())
    assert lasting(after) == lasting(before)


def test_an_old_backup_and_one_of_the_other_kind_are_refused(installed: Installed, tmp_path):
    database = installed.open()
    path, moment = tmp_path / "b", clock.now()
    for days, told in ((35, ""), (36, "older than 35 days")):
        with path.open("wb") as file:
            back_up(database, file, moment - timedelta(days=days))
        with path.open("rb") as file:
            if told:
                with pytest.raises(BackupError, match=told):
                    restore(database, file, moment)
            else:
                restore(database, file, moment)
    here = database.engine.dialect.name
    other = {"sqlite": "postgresql", "postgresql": "sqlite"}[here]
    for head, told in (
        ({"kind": other, "revision": "0001"}, "This is a backup of"),
        ({"kind": here, "revision": "9999"}, "A newer Clearway"),
    ):
        with path.open("wb") as file:
            made = {"made_at": moment.isoformat()}
            write_sealed(database.vault, [json.dumps(head | made).encode()], file)
        with path.open("rb") as file, pytest.raises(BackupError, match=told):
            restore(database, file, clock.now())


def test_a_backup_made_with_an_older_key_is_restored_while_that_key_is_there(
    installed: Installed, saved: Path, monkeypatch
):
    new = new_key()
    before = everything(installed.open())
    monkeypatch.setenv("CLEARWAY_KEYS", f"{new} {installed.key}")
    assert installed.run("restore", saved, "--force").status == 0
    assert installed.run("keys", "rotate").status == 0
    assert lasting(everything(installed.open(new))) == lasting(before)


def test_in_a_folder_backups_are_named_by_their_time_and_old_ones_go(
    installed: Installed, tmp_path, monkeypatch
):
    folder = tmp_path / "backups"
    folder.mkdir()
    (folder / "notes.txt").write_text("mine")
    old, kept = "clearway-20200101T000000Z.backup", "clearway-99990101T000000Z.backup"
    for name in (old, kept, "clearway-99999999T999999Z.backup"):
        (folder / name).write_text("")
    ran = installed.run("backup", folder, "--json")
    assert ran.status == 0, ran.err
    made = Path(ran.json["file"])
    assert made.parent == folder and made.name.startswith("clearway-2")
    assert ran.json["removed"] == [str(folder / old)]
    assert (folder / kept).exists() and (folder / "notes.txt").exists()


def test_a_name_that_ends_in_a_slash_is_a_folder(installed: Installed, tmp_path):
    ran = installed.run("backup", f"{tmp_path}/new/backups/", "--json")
    assert ran.status == 0, ran.err
    made = Path(ran.json["file"])
    assert made.parent == tmp_path / "new" / "backups" and made.is_file()
    assert stat.S_IMODE(made.parent.stat().st_mode) == 0o700


def test_a_backup_takes_the_place_of_no_file(installed: Installed, tmp_path):
    path = tmp_path / "mine"
    path.write_text("mine")
    ran = installed.run("backup", path)
    assert ran.status == 2 and "already" in ran.err
    assert path.read_text() == "mine"
    assert "cannot be written" in installed.run("backup", tmp_path / "nowhere" / "b").err


def test_without_the_programs_of_postgresql_a_sentence_says_so(
    installed: Installed, tmp_path, monkeypatch
):
    monkeypatch.setenv("PATH", str(tmp_path))
    ran = installed.run("backup", tmp_path / "b")
    if installed.url.startswith("sqlite"):
        assert ran.status == 0
    else:
        assert ran.status == 2 and "pg_dump is missing" in ran.err
        assert not (tmp_path / "b").exists()


def test_pieces_cannot_be_exchanged_or_left_out(tmp_path):
    vault = Vault([new_key()])

    def sealed(*parts: bytes) -> list[bytes]:
        path = tmp_path / "sealed"
        with path.open("wb") as file:
            write_sealed(vault, parts, file)
        return path.read_bytes().splitlines(keepends=True)

    def read(lines: list[bytes]) -> bytes:
        path = tmp_path / "sealed"
        path.write_bytes(b"".join(lines))
        with path.open("rb") as file:
            return b"".join(read_sealed(vault, file))

    one, two = sealed(b"head", b"a", b"b", b"c"), sealed(b"head", b"a", b"b", b"c")
    assert read(one) == b"headabc"
    assert read(sealed(b"")) == b""
    large = bytes(3_000_000)
    assert read(sealed(b"head", large)) == b"head" + large
    for wrong in (
        one[:-1],
        [*one, one[-1]],
        [*one[:2], one[3], one[2], one[4]],
        [*one[:3], two[3], one[4]],
        [one[0], *one[2:]],
        [*one[:2], b"\n", *one[2:]],
        one[:1],
    ):
        with pytest.raises(NoSealedFile):
            read(wrong)


@pytest.mark.parametrize("url", ["postgresql://a:s3cret@h/b", "postgresql://a@h/b?password=s3cret"])
def test_a_password_is_in_no_programs_arguments(url, monkeypatch, tmp_path):
    """Everybody on a machine can read the arguments of what runs there."""
    program = tmp_path / "pg_dump"
    program.write_text('#!/bin/sh\necho "$@"\necho "$PGPASSWORD"\n')
    program.chmod(0o700)
    monkeypatch.setenv("PATH", str(tmp_path))
    arguments, password = b"".join(dump(make_url(url), ["plan"])).splitlines()
    assert arguments.endswith(b"--dbname=postgresql://a@h/b")
    assert password == b"s3cret"
