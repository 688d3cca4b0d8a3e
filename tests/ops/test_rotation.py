"""A new key takes over while nothing else changes."""

from datetime import timedelta

import pytest

from app.storage.columns import SealedBytes
from app.storage.mailboxes import see_worker
from app.storage.rotation import rotate
from app.storage.tables import Base, Worker
from app.storage.vault import VaultError, new_key
from tests.ops.conftest import Installed
from tests.ops.rows import a_full_leader, everything

SEALED = {
    table.name
    for table in Base.metadata.sorted_tables
    if any(isinstance(each.type, SealedBytes) for each in table.columns)
}


def test_everything_is_sealed_again_and_reads_the_same(installed: Installed, monkeypatch):
    old = installed.open()
    for _ in range(3):
        a_full_leader(old)
    before, secret = everything(old), old.fingerprints().of("event", "1")
    assert {name for name, rows in before.items() if rows} >= SEALED
    new = new_key()
    monkeypatch.setenv("CLEARWAY_KEYS", f"{new}, {installed.key}")
    ran = installed.run("keys", "rotate", "--json")
    assert ran.status == 0, ran.err
    assert set(ran.json["tables"]) == SEALED
    assert all(each["rows"] == each["sealed_again"] > 0 for each in ran.json["tables"].values())
    after = installed.open(new)
    assert everything(after) == before
    assert after.fingerprints().of("event", "1") == secret
    again = installed.run("keys", "rotate", "--json").json["tables"].values()
    assert sum(each["sealed_again"] for each in again) == 0


@pytest.mark.parametrize("batch", [1, 2, 100])
def test_a_rotation_that_was_interrupted_goes_on(installed: Installed, batch: int, monkeypatch):
    old = installed.open()
    for _ in range(3):
        a_full_leader(old)
    before = everything(old)
    new = new_key()
    both = installed.open(new, installed.key)
    left = 7
    reseal = both.vault.reseal

    def dying(sealed):
        nonlocal left
        left -= 1
        if left < 0:
            raise KeyboardInterrupt
        return reseal(sealed)

    monkeypatch.setattr(both.vault, "reseal", dying)
    with pytest.raises(KeyboardInterrupt):
        rotate(both, batch)
    assert everything(both) == before
    monkeypatch.undo()
    rotate(both, batch)
    assert everything(installed.open(new)) == before


def test_a_value_that_no_key_opens_stops_it_with_a_sentence(installed: Installed, monkeypatch):
    a_full_leader(installed.open())
    monkeypatch.setenv("CLEARWAY_KEYS", new_key())
    ran = installed.run("keys", "rotate")
    assert (ran.status, ran.err.count("\n")) == (2, 1)
    assert "sealed with other keys than CLEARWAY_KEYS has" in ran.err
    with pytest.raises(VaultError):
        rotate(installed.open(new_key()))


def test_on_one_machine_the_keys_are_lines_of_a_file(clearway, tmp_path, monkeypatch):
    monkeypatch.setenv("CLEARWAY_DATA", str(tmp_path))
    assert clearway("migrate").status == 0
    file, new = tmp_path / "keys", new_key()
    file.write_text(f"{new}\n{file.read_text()}")
    assert "1 of 1 row." in clearway("keys", "rotate").out
    file.write_text(new)
    assert "0 of 1 row." in clearway("keys", "rotate").out


def test_nothing_is_sealed_again_while_a_worker_could_not_read_it(
    installed: Installed, monkeypatch
):
    old = installed.open()
    with old.transaction() as session:
        see_worker(session, "old", "0.1.0", old.vault.newest)
    new = new_key()
    monkeypatch.setenv("CLEARWAY_KEYS", f"{new} {installed.key}")
    ran = installed.run("keys", "rotate")
    assert (ran.status, ran.err.count("\n")) == (2, 1), ran
    assert "1 worker started with another first key" in ran.err
    assert old.fingerprints()
    with old.transaction() as session:
        session.get_one(Worker, "old").seen_at -= timedelta(minutes=2)
        see_worker(session, "new", "0.1.0", installed.open(new).vault.newest)
    assert installed.run("keys", "rotate").status == 0


def test_a_new_key_can_be_used_at_once(installed: Installed):
    one, two = installed.run("keys", "new").out, installed.run("keys", "new", "--json").json["key"]
    assert one.strip() != two
    installed.open(one.strip(), two)
